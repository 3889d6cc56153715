/* SPDX-License-Identifier: BSD-3-Clause */
/* Which ethdevs the program uses, and in which role. port_setup.c configures them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>

#include "ports.h"
#include "report.h"

static void
report_ethdevs(const struct program *program)
{
	char list[512] = "";
	uint16_t id;

	RTE_ETH_FOREACH_DEV(id)
	{
		char name[RTE_ETH_NAME_MAX_LEN] = "?";
		size_t used = strlen(list);

		rte_eth_dev_get_name_by_port(id, name);
		snprintf(list + used, sizeof(list) - used, "%s%u (%s)", used ? ", " : "", id, name);
	}
	if (list[0] != '\0')
		report_hint(program, "There are these ports: %s", list);
	else
		report_hint(program,
		        "There are no ports. Bind a NIC to a driver of DPDK, or add a virtual one "
		        "before `--`: --vdev net_null0,no-rx=1");
}

/* An ethdev by number or device name; -1 and said when there is none. */
static int
ethdev_find(const struct program *program, const char *text, uint16_t *ethdev)
{

	if (text[0] != '\0' && text[strspn(text, "0123456789")] == '\0') {
		unsigned long number = strtoul(text, NULL, 10);

		if (number < RTE_MAX_ETHPORTS && rte_eth_dev_is_valid_port((uint16_t)number)) {
			*ethdev = (uint16_t)number;
			return 0;
		}
	} else if (rte_eth_dev_get_port_by_name(text, ethdev) == 0) {
		return 0;
	}
	report_error(program, "port '%s' does not exist", text);
	report_ethdevs(program);
	return -1;
}

static int
port_add(struct program *program, uint16_t ethdev, uint8_t role)
{
	struct toe_shared *shared = &program->shared;
	struct toe_port *port;

	for (uint32_t i = 0; i < shared->port_count; i++)
		if (shared->ports[i].ethdev == ethdev)
			return report_error(program, "port %u (%s) is given twice", ethdev,
			        program->ports[i].device);
	port = &shared->ports[shared->port_count];
	port->ethdev = ethdev;
	port->role = role;
	port->peer = UINT8_MAX;
	rte_eth_dev_get_name_by_port(ethdev, program->ports[shared->port_count].device);
	shared->port_count++;
	return 0;
}

static int
ports_choose(struct program *program, const struct chimney_target_params *wanted)
{
	uint16_t id;

	program->shared.port_count = 0;
	for (uint32_t i = 0; i < wanted->port_count; i++) {
		if (ethdev_find(program, wanted->ports[i].device, &id) != 0 ||
		        port_add(program, id, wanted->ports[i].role) != 0)
			return -1;
	}
	if (wanted->port_count == 0) {
		RTE_ETH_FOREACH_DEV(id)
		{
			if (program->shared.port_count < TOE_MAX_PORTS &&
			        port_add(program, id, TOE_PORT_WIRE) != 0)
				return -1;
		}
	}
	if (program->shared.port_count != 0)
		return 0;
	report_error(program, "no port to work on");
	report_ethdevs(program);
	return -1;
}

/* Both sides of a bump know each other; a wire and a host port, each with one peer at most. */
static int
port_pair(struct program *program, uint32_t index, const char *peer)
{
	struct toe_port *ports = program->shared.ports;
	uint32_t other;
	uint16_t id;

	if (ethdev_find(program, peer, &id) != 0)
		return -1;
	for (other = 0; other < program->shared.port_count; other++)
		if (ports[other].ethdev == id)
			break;
	if (other == program->shared.port_count)
		return report_error(program,
		        "peer=%s is not one of the ports in use; add --port %s=...", peer, peer);
	if (ports[other].role == ports[index].role)
		return report_error(program,
		        "port %s and its peer %s are both %s ports; one must be wire, "
		        "the other host",
		        program->ports[index].device, program->ports[other].device,
		        port_role_name(ports[index].role));
	if ((ports[index].peer != UINT8_MAX && ports[index].peer != other) ||
	        (ports[other].peer != UINT8_MAX && ports[other].peer != index))
		return report_error(program, "port %s or %s has another peer already",
		        program->ports[index].device, program->ports[other].device);
	ports[index].peer = (uint8_t)other;
	ports[other].peer = (uint8_t)index;
	return 0;
}

static int
ports_pair(struct program *program, const struct chimney_target_params *wanted)
{
	for (uint32_t i = 0; i < wanted->port_count; i++)
		if (wanted->ports[i].peer[0] != '\0' &&
		        port_pair(program, i, wanted->ports[i].peer) != 0)
			return -1;
	for (uint32_t i = 0; i < program->shared.port_count; i++) {
		if (program->shared.ports[i].role != TOE_PORT_HOST ||
		        program->shared.ports[i].peer != UINT8_MAX)
			continue;
		report_error(program, "host port %s has no wire port", program->ports[i].device);
		report_hint(program, "Name it: --port %s=host,peer=WIRE-PORT",
		        program->ports[i].device);
		return -1;
	}
	return 0;
}

/* How to get more transmit queues out of a driver. */
static const char *
queue_advice(const char *driver)
{
	if (strcmp(driver, "net_pcap") == 0)
		return "repeat tx_pcap=FILE (or tx_iface=IF) in its --vdev once for each worker";
	if (strcmp(driver, "net_af_packet") == 0)
		return "add qpairs=N to its --vdev";
	if (strcmp(driver, "net_af_xdp") == 0)
		return "add queue_count=N to its --vdev";
	if (strcmp(driver, "net_virtio_user") == 0)
		return "add queues=N to its --vdev";
	return "see the driver's documentation for its number of queues";
}

/* One TX queue for each worker: a shared ring would break the drain's proof (design.md, State). */
static int
port_check_queues(struct program *program, uint32_t index)
{
	struct program_port *port = &program->ports[index];
	struct toe_port *shared = &program->shared.ports[index];
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(shared->ethdev, &info) != 0)
		return report_error(program, "port %s does not tell what it can do", port->device);
	snprintf(port->driver, sizeof(port->driver), "%s", info.driver_name);
	if (info.max_tx_queues < program->worker_count) {
		report_error(program, "port %u (%s) has %u TX queue%s, %u workers need one each",
		        shared->ethdev, port->device, info.max_tx_queues,
		        info.max_tx_queues == 1 ? "" : "s", program->worker_count);
		report_hint(program,
		        "Either %s, or give fewer lcores (main, control and %u worker%s).",
		        queue_advice(port->driver), info.max_tx_queues,
		        info.max_tx_queues == 1 ? "" : "s");
		return -1;
	}
	if (info.max_rx_queues == 0)
		return report_error(
		        program, "port %u (%s) has no RX queue", shared->ethdev, port->device);
	if (program_port_is(port, "net_af_packet") && info.max_rx_queues > program->worker_count) {
		report_error(program,
		        "port %u (%s) has %u queues, and nobody for more than %u: the kernel "
		        "would put frames into the others, too",
		        shared->ethdev, port->device, info.max_rx_queues, program->worker_count);
		report_hint(program, "Give qpairs=%u in its --vdev, or more lcores.",
		        program->worker_count);
		return -1;
	}
	port->tx_queues = (uint16_t)program->worker_count;
	shared->rx_queues = (uint16_t)RTE_MIN(program->worker_count, info.max_rx_queues);
	return 0;
}

int
ports_find(struct program *program, const struct chimney_target_params *wanted)
{
	if (ports_choose(program, wanted) != 0 || ports_pair(program, wanted) != 0)
		return -1;
	for (uint32_t i = 0; i < program->shared.port_count; i++)
		if (port_check_queues(program, i) != 0)
			return -1;
	return 0;
}

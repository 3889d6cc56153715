/* SPDX-License-Identifier: BSD-3-Clause */
/* What a port takes: by its driver, and by the kernel's device behind it. */
#include "port_mtu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_devargs.h>

#include "report.h"

/* net_af_packet: what a frame of its rings is long, unless its argument says so, and what of it is not the frame's */
#define RING_FRAME 2048u
#define RING_FRAME_HEADERS 32u
#define FRAME_HEADERS 22u /* Ethernet and two tags */

/* "port 0 (net_af_packet0, veth0)" */
const char *
port_full_name(const struct program *program, uint32_t index, char to[96])
{
	const struct program_port *port = &program->ports[index];

	snprintf(to, 96, "port %u (%s%s%s)", index, port->device, port->netdev ? ", " : "",
	        port->netdev_name);
	return to;
}

/* The longest IP packet that fits into a frame of net_af_packet's rings. */
static uint32_t
ring_mtu(const struct rte_eth_dev_info *info)
{
	const struct rte_devargs *devargs = rte_dev_devargs(info->device);
	const char *word = devargs && devargs->args ? strstr(devargs->args, "framesz=") : NULL;
	uint64_t size = word ? strtoul(word + strlen("framesz="), NULL, 10) : RING_FRAME;

	return (uint32_t)RTE_MIN(
	        size - RTE_MIN(size, RING_FRAME_HEADERS + FRAME_HEADERS), (uint64_t)UINT16_MAX);
}

/*
 * What the kernel's device takes, and its driver: net_af_packet's does not ask the kernel; net_tap's takes no more than it
 * was told, unless it is told again.
 */
uint32_t
port_mtu_read(const struct program *program, uint32_t index, const struct netdev *netdev)
{
	const struct program_port *port = &program->ports[index];
	uint16_t ethdev = program->shared.ports[index].ethdev, own = RTE_ETHER_MTU;

	rte_eth_dev_get_mtu(ethdev, &own);
	if (netdev == NULL)
		return own;
	if (program_port_is(port, "net_af_packet"))
		return RTE_MIN(netdev->mtu, port->mtu_max);
	if (!program_port_is(port, "net_tap"))
		return own;
	if (netdev->mtu > own && netdev->mtu <= UINT16_MAX &&
	        rte_eth_dev_set_mtu(ethdev, (uint16_t)netdev->mtu) == 0)
		own = (uint16_t)netdev->mtu;
	return RTE_MIN(netdev->mtu, own);
}

/* The kernel's device takes more than its driver: once for each MTU. */
void
port_mtu_tell(struct program *program, uint32_t index, uint32_t mtu, uint32_t kernel)
{
	struct program_port *port = &program->ports[index];
	char name[96];

	if (kernel <= mtu || kernel == port->mtu_told)
		return;
	port->mtu_told = kernel;
	report_news(program,
	        "warning: %s: the MTU of %s is %u, but its driver takes no more than %u: make it "
	        "%u%s",
	        port_full_name(program, index, name), port->netdev_name, kernel, mtu, mtu,
	        program_port_is(port, "net_af_packet")
	                ? ", or its frames longer (framesz= and blocksz= in its --vdev)"
	                : "");
}

void
port_mtu_first(struct program *program, uint32_t index, const struct rte_eth_dev_info *info)
{
	struct program_port *port = &program->ports[index];
	struct netdev netdev;
	bool known = info->if_index != 0 && netdev_by_index(info->if_index, &netdev) == 0;
	uint32_t mtu;

	if (known) {
		port->netdev = netdev.index;
		memcpy(port->netdev_name, netdev.name, sizeof(port->netdev_name));
		port->mtu_max = ring_mtu(info);
	}
	mtu = port_mtu_read(program, index, known ? &netdev : NULL);
	atomic_store(&program->shared.ports[index].mtu, (uint16_t)mtu);
	if (known)
		port_mtu_tell(program, index, mtu, netdev.mtu);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuring, starting and stopping the ports: queues, RSS, checksum offloads, ring depths. */
#include <errno.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ethdev.h>

#include "port_mtu.h"
#include "port_setup.h"
#include "report.h"

#define WANTED_RX_OFFLOADS                                                                         \
	(RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_RSS_HASH)
#define WANTED_TX_OFFLOADS (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM)
/* What a port must offer to cut frames into segments itself (TCP-3). */
#define TSO_TX_OFFLOADS                                                                            \
	(WANTED_TX_OFFLOADS | RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MULTI_SEGS)
#define TSO_BUFFERS 20u /* of a frame of 32 KiB of text and its headers */
#define TSO_SEGMENT_BUFFERS                                                                        \
	3u /* of a segment that is cut from it: its headers', and two that its text lies in */
#define WANTED_RSS                                                                                 \
	(RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_NONFRAG_IPV4_TCP |                      \
	        RTE_ETH_RSS_NONFRAG_IPV6_TCP)

/*
 * Can the port cut frames as TCP's output makes them (TCP-3)? net_tap does so in software, without gain, and counts the
 * Ethernet header to the MTU: it refuses segments of full size.
 */
static bool
port_cuts(const struct rte_eth_dev_info *info)
{
	const struct rte_eth_desc_lim *limit = &info->tx_desc_lim;

	return (info->tx_offload_capa & TSO_TX_OFFLOADS) == TSO_TX_OFFLOADS &&
	       (limit->nb_seg_max == 0 || limit->nb_seg_max >= TSO_BUFFERS) &&
	       (limit->nb_mtu_seg_max == 0 || limit->nb_mtu_seg_max >= TSO_SEGMENT_BUFFERS) &&
	       strcmp(info->driver_name, "net_tap") != 0;
}

static void
port_choose_offloads(struct program *program, uint32_t index, const struct rte_eth_dev_info *info,
        struct rte_eth_conf *conf)
{
	struct toe_port *shared = &program->shared.ports[index];
	uint64_t rss = info->flow_type_rss_offloads & WANTED_RSS;

	shared->rx_offloads = info->rx_offload_capa & WANTED_RX_OFFLOADS;
	shared->tx_offloads = info->tx_offload_capa & WANTED_TX_OFFLOADS;
	if (port_cuts(info))
		shared->tx_offloads |= TSO_TX_OFFLOADS;
	program->ports[index].rss =
	        shared->rx_queues > 1 && rss != 0 &&
	        (info->hash_key_size == 0 || info->hash_key_size == sizeof(toe_rss_key));
	if (program->ports[index].rss) {
		conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf->rx_adv_conf.rss_conf.rss_key = (uint8_t *)(uintptr_t)toe_rss_key;
		conf->rx_adv_conf.rss_conf.rss_key_len = sizeof(toe_rss_key);
		conf->rx_adv_conf.rss_conf.rss_hf = rss;
	} else {
		shared->rx_offloads &= ~RTE_ETH_RX_OFFLOAD_RSS_HASH;
	}
	conf->rxmode.offloads = shared->rx_offloads;
	conf->txmode.offloads = shared->tx_offloads;
}

static int
port_setup_queues(struct program *program, const struct chimney_target_params *wanted,
        uint32_t index, const struct rte_eth_dev_info *info)
{
	struct program_port *port = &program->ports[index];
	struct toe_port *shared = &program->shared.ports[index];
	struct rte_eth_rxconf rx = info->default_rxconf;
	struct rte_eth_txconf tx = info->default_txconf;
	int socket = rte_eth_dev_socket_id(shared->ethdev);
	int result;

	rx.offloads = shared->rx_offloads;
	tx.offloads = shared->tx_offloads;
	port->rx_depth = (uint16_t)wanted->rx_ring;
	port->tx_depth = (uint16_t)wanted->tx_ring;
	result = rte_eth_dev_adjust_nb_rx_tx_desc(shared->ethdev, &port->rx_depth, &port->tx_depth);
	if (result != 0)
		return report_error(
		        program, "port %s: ring depths: %s", port->device, rte_strerror(-result));
	for (uint16_t q = 0; q < shared->rx_queues; q++) {
		result = rte_eth_rx_queue_setup(shared->ethdev, q, port->rx_depth,
		        socket < 0 ? 0 : (unsigned int)socket, &rx, program->pool);
		if (result != 0) {
			report_error(program, "port %s: RX queue %u: %s", port->device, q,
			        rte_strerror(-result));
			if (result == -ENOMEM && strcmp(port->driver, "net_af_packet") == 0)
				report_hint(program,
				        "Its framesz must not be longer than a packet buffer: "
				        "give --mbuf-size at least as much (%u now).",
				        wanted->mbuf_size);
			return -1;
		}
	}
	for (uint16_t q = 0; q < port->tx_queues; q++) {
		result = rte_eth_tx_queue_setup(shared->ethdev, q, port->tx_depth,
		        socket < 0 ? 0 : (unsigned int)socket, &tx);
		if (result != 0)
			return report_error(program, "port %s: TX queue %u: %s", port->device, q,
			        rte_strerror(-result));
	}
	return 0;
}

/* The port's table must send a hash where toe_owner sends it; else software steering does the work. */
static void
port_setup_reta(struct program *program, uint32_t index, const struct rte_eth_dev_info *info)
{
	struct rte_eth_rss_reta_entry64 reta[RTE_ETH_RSS_RETA_SIZE_512 / RTE_ETH_RETA_GROUP_SIZE];

	if (!program->ports[index].rss || info->reta_size < RTE_ETH_RSS_RETA_SIZE_128 ||
	        info->reta_size > RTE_ETH_RSS_RETA_SIZE_512)
		return;
	memset(reta, 0, sizeof(reta));
	for (uint16_t i = 0; i < info->reta_size; i++) {
		struct rte_eth_rss_reta_entry64 *group = &reta[i / RTE_ETH_RETA_GROUP_SIZE];

		group->mask = UINT64_MAX;
		group->reta[i % RTE_ETH_RETA_GROUP_SIZE] =
		        (uint16_t)(toe_owner(i, program->worker_count) %
		                   program->shared.ports[index].rx_queues);
	}
	if (rte_eth_dev_rss_reta_update(
	            program->shared.ports[index].ethdev, reta, info->reta_size) != 0)
		program->ports[index].rss = false;
}

static int
port_configure(struct program *program, const struct chimney_target_params *wanted, uint32_t index)
{
	struct program_port *port = &program->ports[index];
	struct toe_port *shared = &program->shared.ports[index];
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	struct rte_ether_addr mac;
	int result;

	if (rte_eth_dev_info_get(shared->ethdev, &info) != 0)
		return report_error(program, "port %s does not tell what it can do", port->device);
	port_choose_offloads(program, index, &info, &conf);
	result = rte_eth_dev_configure(shared->ethdev, shared->rx_queues, port->tx_queues, &conf);
	if (result != 0)
		return report_error(program, "port %s: configuring %u RX and %u TX queues: %s",
		        port->device, shared->rx_queues, port->tx_queues, rte_strerror(-result));
	if (port_setup_queues(program, wanted, index, &info) != 0)
		return -1;
	port_mtu_first(program, index, &info);
	if (rte_eth_macaddr_get(shared->ethdev, &mac) == 0)
		memcpy(shared->mac, mac.addr_bytes, sizeof(shared->mac));
	atomic_store(&shared->hold, wanted->hold_ports ? 1 : 0);
	return 0;
}

int
ports_configure(struct program *program, const struct chimney_target_params *wanted)
{
	for (uint32_t i = 0; i < program->shared.port_count; i++)
		if (port_configure(program, wanted, i) != 0)
			return -1;
	return 0;
}

static int
port_start(struct program *program, uint32_t index)
{
	struct program_port *port = &program->ports[index];
	struct toe_port *shared = &program->shared.ports[index];
	struct rte_eth_dev_info info;
	int result = rte_eth_dev_start(shared->ethdev);

	if (result != 0)
		return report_error(
		        program, "port %s: starting: %s", port->device, rte_strerror(-result));
	port->started = true;
	if (rte_eth_dev_info_get(shared->ethdev, &info) == 0)
		port_setup_reta(program, index, &info);
	/* A bump in the wire sees what is addressed to others; ports without the notion have no filter. */
	rte_eth_promiscuous_enable(shared->ethdev);
	report_news(program, "port %u: %s (%s), %s%s, %u RX and %u TX queues, rings %u and %u%s",
	        index, port->device, port->driver, port_role_name(shared->role),
	        atomic_load(&shared->hold) ? ", held" : "", shared->rx_queues, port->tx_queues,
	        port->rx_depth, port->tx_depth, port->rss ? ", RSS" : "");
	return 0;
}

int
ports_start(struct program *program)
{
	for (uint32_t i = 0; i < program->shared.port_count; i++) {
		if (port_start(program, i) == 0)
			continue;
		ports_stop(program);
		return -1;
	}
	return 0;
}

void
ports_stop(struct program *program)
{
	if (program->lcores_stuck)
		return; /* an lcore still polls them */
	for (uint32_t i = 0; i < program->shared.port_count; i++) {
		if (!program->ports[i].started)
			continue;
		rte_eth_dev_stop(program->shared.ports[i].ethdev);
		rte_eth_dev_close(program->shared.ports[i].ethdev);
		program->ports[i].started = false;
	}
}

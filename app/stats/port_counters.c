/* SPDX-License-Identifier: BSD-3-Clause */
/* What became of the frames at the ports. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_packet.h>

#include "netdev.h"
#include "port_counters.h"

#define NAME(name) #name,

static const char *const names[] = {PORT_COUNTERS_LIST(NAME)};

_Static_assert(sizeof(names) / sizeof(names[0]) == PORT_COUNTERS, "every member is a counter");
_Static_assert(PORT_COUNTERS <= PORT_COUNTED, "the program has room for all of them");

const char *
port_counter_name(unsigned int i)
{
	return names[i];
}

static bool
is_ring_of(int fd, uint32_t netdev)
{
	struct sockaddr_ll address;
	socklen_t size = sizeof(address);

	return getsockname(fd, (struct sockaddr *)(void *)&address, &size) == 0 &&
	       address.sll_family == AF_PACKET && (uint32_t)address.sll_ifindex == netdev;
}

/*
 * The kernel counts what found a packet socket's ring full, but tells nobody else than the holder of the socket. The driver
 * does not ask. Its sockets are ours: they are found among the descriptors of this process.
 */
static void
find_rings(struct program_port *port)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (folder == NULL)
		return;
	while ((entry = readdir(folder)) != NULL && port->rings < RTE_DIM(port->ring)) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && is_ring_of(fd, port->netdev))
			port->ring[port->rings++] = fd;
	}
	closedir(folder);
}

void
port_counters_open(struct program_port *port)
{
	struct netdev netdev;

	if (port->netdev == 0)
		return;
	if (program_port_is(port, "net_af_packet"))
		find_rings(port);
	if (netdev_by_index(port->netdev, &netdev) != 0)
		return;
	port->rx_dropped_before = netdev.rx_dropped;
	port->tx_dropped_before = netdev.tx_dropped;
}

static uint64_t
rings_missed(const struct program_port *port)
{
	uint64_t missed = 0;

	for (uint32_t i = 0; i < port->rings; i++) {
		struct tpacket_stats stats;
		socklen_t size = sizeof(stats);

		if (getsockopt(port->ring[i], SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0)
			missed += stats.tp_drops;
	}
	return missed;
}

/* What goes out of a TAP's kernel comes in here. */
static void
add_kernel(struct program_port *port, struct port_counters *counters)
{
	bool tap = program_port_is(port, "net_tap");
	struct netdev netdev;

	if (port->netdev != 0 && netdev_by_index(port->netdev, &netdev) == 0) {
		port->rx_dropped = netdev.rx_dropped - port->rx_dropped_before;
		port->tx_dropped = netdev.tx_dropped - port->tx_dropped_before;
	}
	counters->tx_dropped = tap ? port->rx_dropped : port->tx_dropped;
	if (tap)
		counters->rx_missed += port->tx_dropped;
	else
		counters->rx_dropped = port->rx_dropped;
}

void
port_counters_update(struct program *program, uint32_t index)
{
	struct program_port *port = &program->ports[index];
	struct rte_eth_stats stats = {0};
	struct port_counters counters;
	uint64_t values[PORT_COUNTERS];

	rte_eth_stats_get(program->shared.ports[index].ethdev, &stats);
	port->ring_missed += rings_missed(port);
	counters = (struct port_counters){
	        .rx_packets = stats.ipackets,
	        .rx_missed = stats.imissed + port->ring_missed,
	        .rx_errors = stats.ierrors,
	        .rx_no_buffer = stats.rx_nombuf,
	        .tx_packets = stats.opackets,
	        .tx_errors = stats.oerrors,
	};
	add_kernel(port, &counters);
	memcpy(values, &counters, sizeof(values));
	for (unsigned int i = 0; i < PORT_COUNTERS; i++)
		atomic_store_explicit(&port->counted[i], values[i], memory_order_relaxed);
}

uint64_t
port_counter_read(const struct program *program, uint32_t index, unsigned int i)
{
	return atomic_load_explicit(&program->ports[index].counted[i], memory_order_relaxed);
}

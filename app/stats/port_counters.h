/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What became of the frames at the ports, as far as drivers and the kernel know it. A frame that came is in one of the
 * counters that begin with rx, one that a worker handed over in one that begins with tx. One list yields members and names.
 */
#ifndef APP_PORT_COUNTERS_H
#define APP_PORT_COUNTERS_H

#include <stdint.h>

#include <rte_ethdev.h>

#include "program.h"

/* What a driver does not count is 0. */
#define PORT_COUNTERS_LIST(X)                                                                      \
	X(rx_packets) /* workers got them */                                                       \
	X(rx_missed) /* found the port's ring full */                                              \
	X(rx_dropped) /* lost by the kernel before that ring */                                    \
	X(rx_errors) /* damaged, or longer than a buffer */                                        \
	X(rx_no_buffer) /* found the packet pool empty */                                          \
	X(tx_packets) /* the port sent them */                                                     \
	X(tx_errors) /* refused or lost by the driver */                                           \
	X(tx_dropped) /* lost by the kernel behind the driver */

struct port_counters {
#define PORT_COUNTERS_MEMBER(name) uint64_t name;
	PORT_COUNTERS_LIST(PORT_COUNTERS_MEMBER)
#undef PORT_COUNTERS_MEMBER
};

#define PORT_COUNTERS (sizeof(struct port_counters) / sizeof(uint64_t))

const char *port_counter_name(unsigned int i);

/* Begin to count, before the port starts; port->driver and port->netdev are known. Main only. */
void port_counters_open(struct program_port *port);
/*
 * Ask driver and kernel, and remember what they say. Main only: what the kernel tells of a ring is gone with the telling. As
 * its numbers have 32 bits, to be called more often than 4,000,000,000 frames can come.
 */
void port_counters_update(struct program *program, uint32_t index);
/* Counter i as of the last update. Any thread. */
uint64_t port_counter_read(const struct program *program, uint32_t index, unsigned int i);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports: which ethdevs the program uses, in which role, how they are set up, and hold and release. The index
 * of a port is its place among the --port options; the CLI and struct toe_shared use it.
 */
#ifndef APP_PORTS_H
#define APP_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

struct app;

struct app_port {
	char device[RTE_ETH_NAME_MAX_LEN];
	char driver[32];
	uint16_t tx_queues;
	uint16_t rx_depth; /* descriptors per queue, as the driver adjusted them */
	uint16_t tx_depth;
	bool rss; /* the port spreads frames as toe_owner does */
	bool started;
};

/* Resolve --port options and check every port's queues; nothing is configured. 0 or -1 (said). */
int ports_find(struct app *app);
/* Configure and start them all; held when the options say so. 0 or -1 (said). */
int ports_start(struct app *app);
void ports_stop(struct app *app);

const char *port_role_name(uint8_t role);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queries of neighbors' reachability (EVT-2): a worker was about to send over a neighbor that nobody has known to be reachable for
 * longer than its host allows. The host is asked, once in that time; its answer is an update. A full ring delays the query
 * (EVT-4); a terminate of the neighbor ends it.
 */
#ifndef CONTROL_REACHABILITY_H
#define CONTROL_REACHABILITY_H

#include "workers.h"

#define REACHABILITY_ASKED 32u /* of a worker in a turn */

struct reachability {
	struct workers *workers;
	struct list_node due[TOE_MAX_HOSTS]; /* neighbors whose query waits for room, by host */
};

void reachability_init(struct reachability *reachability, struct workers *workers);
/* hosts: bit per host in use. Returns the number of questions and queries. */
uint32_t reachability_turn(struct reachability *reachability, uint32_t hosts);

#endif

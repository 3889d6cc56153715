/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose turn it is (C4). In each lane the hosts have turns, and in a host's turn one of its requests that can go on and one
 * of its new roots, if it may be started, get a slice each: SCHEDULE_SLICE events of walks. So nobody waits for
 * another's tree to end, however many blocks it has, nor for another host's requests.
 *
 * Of a host, the ordinary lane keeps the order: one request is in CHECK to DRAIN at a time. In the urgent lane any number
 * are. A root that is a lone block, and a tree that names one object, start and end whatever else their host has in
 * progress; other trees wait for a number for their claims (slots.h), and beyond LANE_TREES of them for a record, in the
 * order in which they came.
 *
 * The bounds are in docs/design.md.
 */
#ifndef CONTROL_SCHEDULE_H
#define CONTROL_SCHEDULE_H

#include "request.h"

#define SCHEDULE_SLICE 32u /* events of walks */
#define SCHEDULE_URGENT 256u /* events of walks in a turn of the lane */
#define SCHEDULE_ORDINARY 64u

/* One turn of both lanes; hosts: bit per host in use. Returns the number of events walked and requests handled; 0: there is nothing to do. */
uint32_t requests_turn(struct requests *requests, uint32_t hosts);
/* No root of this host waits anywhere. */
bool requests_idle(struct requests *requests, struct chimney_host *host);

#endif

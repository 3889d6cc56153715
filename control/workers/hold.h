/* SPDX-License-Identifier: BSD-3-Clause */
/* Holds and releases of tuples on their way from hosts to the worker that owns the tuple, and back. */
#ifndef CONTROL_HOLD_H
#define CONTROL_HOLD_H

#include "chimney.h"
#include "host.h"
#include "message.h"

struct workers;

#define HOLD_RECORDS 64u /* of all hosts */
#define HOLD_SHARE                                                                                 \
	(HOLD_RECORDS / TOE_MAX_HOSTS) /* of one: holds that its workers know of at once */

struct hold_record {
	struct toe_hold_request request; /* what the worker reads */
	struct chimney_hold *hold; /* NULL: free */
	uint64_t id; /* in the message and its reply: every use of a record has its own */
	uint32_t worker;
	bool release;
	bool sent;
};

struct holds {
	struct hold_record record[HOLD_RECORDS]; /* first those of host 0 */
	uint8_t used[TOE_MAX_HOSTS]; /* records */
	uint8_t unsent[TOE_MAX_HOSTS]; /* of these: still to be sent */
	uint64_t sequence; /* of the last one taken */
};

/* Control: take new ones of this host, send what waits. Returns the number handled. */
uint32_t holds_turn(struct workers *workers, struct chimney_host *host);
/* Control: the worker has answered. */
void hold_answered(struct workers *workers, uint64_t id, uint32_t status);
/* Control: the worker is lost; what it owes fails. */
void holds_lost(struct workers *workers, uint32_t worker);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A look at a connection's context without a request, for show commands and for what a query does not
 * carry (bytes delivered, digest). The worker goes on writing while we read: single members are right, two
 * members may be of different moments, and a digest is right only while nothing arrives. No harm can come of
 * it: contexts and attached blocks are never unmapped while the workers run.
 */
#ifndef APP_LOOK_H
#define APP_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "conn.h"
#include "program.h"

struct conn_look {
	struct toe_conn conn; /* a copy */
	uint32_t worker;
	uint64_t digest; /* XXH64 of what a sink has received */
	bool may_send; /* neither it nor its path or neighbor is stopped */
};

/* The connection of this handle of the target. False when there is none (any more). */
bool conn_look(const struct program *program, uint64_t handle, struct conn_look *look);
/* What a query does not carry, as members of `row`. */
void conn_look_json(json_t *row, const struct conn_look *look);

#endif

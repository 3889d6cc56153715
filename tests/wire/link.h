/* SPDX-License-Identifier: BSD-3-Clause */
/* A bad wire (medium.h) between two ends in virtual time. Every frame sent is audited. */
#ifndef TESTS_WIRE_LINK_H
#define TESTS_WIRE_LINK_H

#include "audit.h"
#include "invariant.h"
#include "medium.h"
#include "pattern.h"

#define LINK_KEPT 64u

struct link {
	struct link_params params;
	struct end *end[2];
	struct audit audit[2]; /* of what end i sends */
	struct invariant invariant[2];
	uint64_t received_bytes
	        [2]; /* that end i has accepted; every frame's text is audited when it is sent */
	struct medium medium;
	struct rte_mempool *pool;
	uint64_t now_us, began_us;
	uint64_t wake_us; /* a step ends then, too; UINT64_MAX: no need */
	uint64_t trace; /* hash of every frame sent, from its IP header on, and of when */
	const char *wrong; /* first fault found, NULL: none */
	struct rte_mbuf *kept[LINK_KEPT]; /* oldest first */
	uint32_t kept_count;
};

/* Both ends are open. The clock goes on from now_us. */
void link_init(struct link *link, struct end *first, struct end *second,
        const struct link_params *params, struct rte_mempool *pool, uint64_t now_us);
/* Frees the frames under way. */
void link_fini(struct link *link);

/* The ports give back the buffers that they still have. */
void link_give_back(struct link *link);
/* When the next frame arrives; UINT64_MAX: none is under way. */
uint64_t link_next_due(const struct link *link);
/* Hand over the frames that are due: the first part of a step. */
void link_deliver(struct link *link);
/*
 * One step: what is due now happens, then time goes on to the next frame or timer. False when
 * nothing will happen any more, or a fault was found.
 */
bool link_step(struct link *link);
/* Steps until the virtual time, or until nothing happens. False when a fault was found. */
bool link_run(struct link *link, uint64_t until_us);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CLI's host stack with a target that is played here: it takes roots, and completes them when the test says so. Time:
 * each step of a job is a slice, or nothing ever takes any.
 */
#ifndef TESTS_HOST_BED_H
#define TESTS_HOST_BED_H

#include "bulk.h"
#include "host_requests.h"
#include "reference.h"
#include "rng.h"
#include "unit.h"

#define IN_FLIGHT 64u
#define HANDLES (1u << 16)

/* The target: roots that it has; by handle, which objects live, what they depend on, and how many on them. */
struct played_target {
	struct offload_block_list *root[IN_FLIGHT];
	unsigned int count;
	bool alive[HANDLES];
	uint64_t parent[HANDLES];
	uint32_t children[HANDLES];
	uint64_t last;
	bool never_fails;
	uint32_t blocks; /* of the tree that was walked last */
	bool relinks; /* objects may hang elsewhere than their tree says */
	struct chimney_stats stats;
};

extern struct played_target target;
extern struct program program;
extern struct turns turns;
extern struct object_table objects;
extern struct host_request_table requests;
extern struct rng rng;

void bed_start(bool steps);
void bed_end(void);
/* A turn of the event loop. */
void bed_turn(void);
/* Until every request has ended; the target completes all. */
void bed_settle(void);
/* Root number i of the target comes back. */
void bed_complete(unsigned int i);
/* Begin a bulk add of group g<number>; NULL: it did not begin. */
struct host_request *bed_add_bulk(
        uint32_t number, uint32_t neighbors, uint32_t paths, uint32_t connections);
/* Begin a request of this spec. */
int bed_refer(enum chimney_request kind, struct reference_spec *spec, uint32_t limit);

#endif

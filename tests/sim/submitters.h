/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that submit for a host beside the one that reads its records (INV-1, C7): more than a queue has rings, so that some
 * share one. Each has one request under way at a time, a query or an invalidate by turns, and checks that it completes once.
 */
#ifndef TESTS_SUBMITTERS_H
#define TESTS_SUBMITTERS_H

#include <pthread.h>

#include "submit.h"
#include "tree.h"
#include "world.h"

#define SUBMITTERS (SUBMIT_RINGS + 1)

struct submitter {
	pthread_t thread;
	struct world *world;
	uint32_t host;
	struct tree tree;
	struct offload_block_list *root; /* a placeholder */
	_Atomic uint64_t submitted, completed;
	_Atomic bool *stop;
	bool wrong;
};

struct submitters {
	struct submitter each[SUBMITTERS];
	_Atomic bool stop;
};

bool submitters_start(struct submitters *submitters, struct world *world, uint32_t host);
/* The reader: is this completion one of theirs? */
bool submitters_completed(struct submitters *submitters, const struct chimney_record *record);
/* No more is submitted; the reader goes on until nothing is under way. */
void submitters_stop(struct submitters *submitters);
bool submitters_under_way(const struct submitters *submitters);
/* Free. Requests that they have had completed; 0 when something was wrong. */
uint64_t submitters_end(struct submitters *submitters);

#endif

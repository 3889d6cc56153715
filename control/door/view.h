/* SPDX-License-Identifier: BSD-3-Clause */
/* What anyone may see of a target while it runs, without a request: counters, workers, objects. */
#ifndef CONTROL_VIEW_H
#define CONTROL_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "chimney.h"

CHIMNEY_DECLARATIONS

/* For statistics; single words, written by the control lcore, read by anyone. */
struct chimney_stats {
	uint64_t requests[CHIMNEY_REQUEST_COUNT]; /* accepted */
	uint64_t completed[CHIMNEY_REQUEST_COUNT]; /* completions posted */
	uint64_t blocks; /* blocks walked */
	uint64_t refused; /* blocks refused by TREE-8 */
	uint64_t drains; /* drain messages sent */
	uint64_t frames_discarded; /* by drains */
	uint64_t starved_workers; /* times that a worker was found to wait for a CPU */
	uint64_t lost_workers; /* times that one was declared lost */
	uint64_t returned_workers; /* times that a lost one came back */
	uint64_t mailbox_full; /* times that a message had to wait */
	uint64_t completions_waiting;
	uint64_t neighbors, paths, connections; /* offloaded now */
	uint64_t invalidate_last_ns; /* control dequeue to completion of the last invalidate */
	uint64_t invalidate_max_ns;
};

const struct chimney_stats *chimney_stats(const struct chimney *target);

enum chimney_worker_condition {
	CHIMNEY_WORKER_RUNNING = 0,
	CHIMNEY_WORKER_STARVED, /* it does not answer, and its thread waits for a CPU */
	CHIMNEY_WORKER_LOST, /* it did not answer: its connections are lost (INV-14) */
};

/* What has become of a worker. Whoever counts how often has missed nothing. */
struct chimney_worker_view {
	uint32_t condition; /* enum chimney_worker_condition */
	uint32_t starved, lost, returned; /* how often so far */
};

/* Any thread. When something of it changes, the doorbells of all hosts are rung. */
void chimney_worker_look(
        const struct chimney *target, uint32_t worker, struct chimney_worker_view *view);

/* State of one object for show commands, read without a request: racy by nature, single words. */
struct chimney_object_view {
	uint8_t layer;
	uint8_t state; /* 0 free, else live */
	bool valid;
	uint32_t dependents;
};
bool chimney_object_look(
        const struct chimney *target, uint64_t handle, struct chimney_object_view *view);

CHIMNEY_DECLARATIONS_END

#endif

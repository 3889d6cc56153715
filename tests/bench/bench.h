/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The benchmark of invalidate: a target with its control lcore and the host stack on one CPU,
 * stepped by the main thread, and one worker with the wire's peer on another.
 *
 * Groups of connections, each over a neighbor of its own: group 0 is never invalidated and keeps
 * the worker busy; the others are stopped, 1 to 1,000,000 connections at a time, all in one target,
 * so that every size meets the same surroundings.
 */
#ifndef BENCH_H
#define BENCH_H

#include "bench_fail.h"
#include "bench_yardstick.h"
#include "samples.h"
#include "worker_loop.h"
#include "world.h"

#define BENCH_GROUP_PATHS 16u
#define BENCH_NS_PER_MS UINT64_C(1000000)

struct group {
	uint32_t number; /* in bench.group and in the wire's peer */
	uint32_t conns, first_conn;
	uint32_t paths, first_path;
	uint64_t neighbor_cell[2]; /* the present neighbor, and the one before or after it */
	uint32_t present;
	uint64_t path_cell[BENCH_GROUP_PATHS];
	struct offload_block_list
	        stop_block; /* the invalidate: one block that names the neighbor */

	struct samples completion_us, request_us, stop_us, naive_us;
	struct samples retrieve_ns; /* per dependent, unpaced */
	struct samples paced_ms, goodput_ratio;
	struct samples goodput_gbps; /* of the unaffected connections, without a walk beside them */
	uint64_t frames_discarded, frames_after;
};

/* One invalidate. */
struct stop {
	uint64_t completed_ns; /* time that control was given in the turn that completed it */
	uint32_t position; /* of the TX ring when the completion had been read */
};

struct bench {
	struct world world;
	struct bench_clock clock;
	struct wire_peer peer;
	struct worker_loop loop;
	struct yardstick yardstick;
	struct group *group; /* group 0: the unaffected connections */
	uint32_t groups;
	uint32_t conns; /* of all groups */
	uint32_t path_count;
	uint64_t *cell; /* of each connection */
	uint32_t *order; /* scratch: connections in shuffled order */
	uint8_t *seen; /* scratch: RETRIEVE read for each connection */
	void *arena; /* blocks of the requests under way */
	uint32_t neighbors_made;
	uint32_t changes; /* of cached values */
	uint64_t turn_ns; /* time of the control lcore's last turn */
	uint64_t resident_before; /* bytes, before the target was created */
	/* connections are offloaded with a closed window: they send nothing, and wait for minutes */
	bool closed;
};

/* Bytes per connection. */
struct bench_memory {
	double idle; /* none has ever sent */
	double busy; /* all have data in flight */
	double after; /* all of that acknowledged, and some time gone by */
	double estimate; /* what the target says before it takes it, idle */
};

/* bench_setup.c: EAL on two CPUs, the target, the worker's lcore. Groups and their sizes are set.
 */
void bench_start(struct bench *bench);
void bench_stop(struct bench *bench);
/* Bytes of memory that the process holds now. */
uint64_t bench_resident(void);
/* What creating the target says that it takes, for so many connections. */
uint64_t bench_estimate(const struct bench *bench, uint32_t conns);

/* bench_load.c: one turn of control and host; the number of records read. */
unsigned int bench_turn(struct bench *bench, struct chimney_record *records, unsigned int n);
/* At least one turn, and until so many ns have passed. */
void bench_wait(struct bench *bench, uint64_t ns);
/* Offload neighbor and paths; connections are offloaded and terminated in a new random order each
 * time. */
void group_offload(struct bench *bench, struct group *group);
void group_connect(struct bench *bench, struct group *group);
void group_disconnect(struct bench *bench, struct group *group);
/* The group's connections in bench->order, shuffled. */
void group_shuffle(struct bench *bench, const struct group *group);
/*
 * One request for `n` of them, from bench->order[first]: at most BENCH_TREE_CONNS. The ns from the call until its completion was
 * read; the tree was built before. The second is for any request but initiate, `type` that of its blocks.
 */
double group_connect_some(struct bench *bench, struct group *group, uint32_t first, uint32_t n);
double group_request_some(
        struct bench *bench, enum chimney_request kind, uint8_t type, uint32_t first, uint32_t n);
/* Offload a new neighbor, relink all paths to it, terminate the old one. */
void group_relink(struct bench *bench, struct group *group);

/* bench_rounds.c */
/* Let all traffic run dry, until the worker is idle, with data in flight; and go on. */
void bench_silence(struct bench *bench);
void bench_speak(struct bench *bench);
/* Nobody has anything more to send; until all is acknowledged and the worker is idle. */
void bench_fall_idle(struct bench *bench);
void bench_await_idle(struct bench *bench);
/* One round each, results into the group's samples. */
void round_stop(struct bench *bench, struct group *group);
void round_naive(struct bench *bench, struct group *group);
void round_retrieve(struct bench *bench, struct group *group, bool paced);
/* Share of dependents next to each other in the order of the walk that are so in memory, too. */
double group_adjacent(struct bench *bench, struct group *group);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Creating, stepping and stopping the target: for the program that embeds it (app/, tests), not for host
 * stacks.
 */
#ifndef CONTROL_TARGET_H
#define CONTROL_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "chimney.h"
#include "shared.h"
#include "view.h"
#include "worker_control.h"

/* What the operating system says of a worker's thread: ns since the thread began. */
struct chimney_cpu_time {
	uint64_t ran; /* on a CPU */
	uint64_t waited; /* for a CPU, up to when it got one last */
	bool ready; /* now: it runs, or waits for a CPU */
};

/*
 * Was that thread starved between these two moments, at least three quarters of a deadline apart: it had next to nothing of
 * a CPU, and wanted more? One that had a CPU all the same, or slept, or was blocked, is silent for another reason.
 */
bool chimney_starved(const struct chimney_cpu_time *then, const struct chimney_cpu_time *now,
        uint64_t deadline_ns);

struct chimney_params {
	struct toe_shared *shared; /* worker_count, ports and tables are set; outlives the target */
	struct toe_worker_control **workers; /* shared->worker_count of them, initialised; copied */
	uint32_t conn_capacity; /* per worker, as given to toe_worker_init */
	uint32_t drain_deadline_ms; /* of control's own running time (INV-14); default 1000 */
	uint32_t retrieve_delay_ms; /* D2; default 200 */
	uint8_t retrieve_policy; /* enum chimney_retrieve_policy */
	/*
	 * Asked by the control lcore for a worker that owes an answer, about once a deadline: did its thread wait for a CPU
	 * (INV-14)? False: not known. NULL: nobody knows, and whoever is silent for a deadline is lost.
	 */
	bool (*cpu_time)(void *context, uint32_t worker, struct chimney_cpu_time *time);
	void *cpu_time_context;
	uint32_t max_tree_blocks; /* longest tree accepted; 0: 64 Mi */
	uint64_t salt; /* generations and nonces start here: random per start, fixed in tests */
	const uint16_t *vlans; /* non-zero VLAN ids configured per interface (INIT-11), or NULL */
	uint32_t vlan_count;
	uint64_t memory; /* bytes set aside for target and workers, told to hosts; 0: not known */
};

/* Sane defaults, then the caller sets shared, workers and conn_capacity. */
void chimney_params_default(struct chimney_params *params);

/* 0, -EINVAL, -ENOMEM. now: ns. */
int chimney_create(const struct chimney_params *params, uint64_t now, struct chimney **target);
/* Bytes that chimney_create will take. */
uint64_t chimney_estimate(const struct chimney_params *params);
/*
 * Free. The control lcore must not poll any more; hosts that are still registered are dropped. The workers still
 * exist, and do not poll any more either: they have ways to the hosts' rings.
 */
void chimney_destroy(struct chimney *target);

/*
 * One bounded turn of the control lcore: replies, new requests, walks, deadlines, RETRIEVE when due. Never
 * blocks. now: ns, never going back. Returns the amount of work found, 0 when idle: then it may sleep, but for
 * a bounded time, since what is due later (RETRIEVE) does not ring. Never 0 while a worker owes an answer.
 */
uint32_t chimney_control_poll(struct chimney *target, uint64_t now);

/*
 * Shutdown (INV-15), from any thread: requests accepted so far complete, and so do later ones; initiates that
 * have not been started complete with FAILURE, so that nothing new rises. chimney_stopped is true while none is
 * left. Workers and control must be polled on, and hosts must go on reading.
 */
void chimney_stop(struct chimney *target);
bool chimney_stopped(const struct chimney *target);

/*
 * The operator's side of EVT-3 and TERM-7. By one thread at a time, beside everything else; each takes effect, and is
 * indicated, in the next turns of the control lcore.
 *
 * Pause: every host is told OFFLOAD_PAUSE, and its initiates wait in order. 0, or -EALREADY: it is paused.
 * Resume: OFFLOAD_RESUME, and they are carried out. limits: how many objects may be offloaded from now on; what is there
 * already stays. NULL: as before. 0, -EALREADY (it is not paused), -EINVAL (a limit is more than the tables hold).
 * Upload all: UPLOAD_ALL to every host that is registered. Calls that follow faster than a host is told count as one.
 */
struct chimney_limits {
	uint32_t neighbors, paths, connections; /* 0: as many as the tables hold */
};

int chimney_offload_pause(struct chimney *target);
int chimney_offload_resume(struct chimney *target, const struct chimney_limits *limits);
void chimney_upload_all(struct chimney *target);
/*
 * Ask its host for one connection back: RETRIEVE(UPLOAD_REQUESTED), after which it transmits nothing any more (TERM-7, D9).
 * Nothing comes of it where the connection is gone by then, has been asked back before, or is in FIN_WAIT_1, FIN_WAIT_2 or
 * CLOSE_WAIT, where the target starts no upload. 0; -EAGAIN: too many wait, call again; -EINVAL: not the handle of a connection.
 */
int chimney_upload(struct chimney *target, uint64_t handle);

/*
 * From what on a connection is offered to its host by an optional RETRIEVE (TERM-7), measured over a second or more, and for shares
 * over 16 segments or more; 0: never, which is how it begins. By the operator's thread, at any time. A host may ignore it: the connection goes on
 * as before, and the next one comes after 1, 2, 4 .. 64 seconds. No share above 1000: -EINVAL, nothing has changed.
 */
struct chimney_thresholds {
	uint32_t high_drop_rate; /* segments sent again, in thousandths of those sent */
	uint32_t high_out_of_order; /* segments out of order, in thousandths of those received */
	uint32_t low_activity; /* fewer segments than this in a window, both ways */
	uint32_t small_io; /* fewer bytes of text than this in a segment, both ways, on average */
};

int chimney_thresholds_set(struct chimney *target, const struct chimney_thresholds *thresholds);
void chimney_thresholds_get(const struct chimney *target, struct chimney_thresholds *thresholds);

/* Hosts that are registered. By the thread that registers them. */
uint32_t chimney_hosts(const struct chimney *target);

/* The doorbell that wakes a sleeping control lcore; for its lcore loop. */
struct toe_doorbell *chimney_control_bell(struct chimney *target);

/*
 * Measuring hook for benchmarks: the TSC at which the last invalidate was dequeued, its objects were marked,
 * and it was completed. Written by the control lcore.
 */
struct chimney_invalidate_times {
	uint64_t dequeued_tsc, marked_tsc, completed_tsc;
};
const struct chimney_invalidate_times *chimney_invalidate_times(const struct chimney *target);

#endif

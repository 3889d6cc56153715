/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A registered host stack: its ways in (submission) and out (events).
 *
 * Out: one ring per producer, control and each worker. What control cannot post for lack of room waits on a
 * list linked through the scratch space of the roots, in order, without limit and without allocation.
 */
#ifndef CONTROL_HOST_H
#define CONTROL_HOST_H

#include "chimney.h"
#include "event.h"
#include "handle.h"
#include "lane.h"
#include "submit.h"
#include "worker_control.h"

enum host_state {
	HOST_FREE = 0,
	HOST_USED,
	HOST_LEAVING, /* unregistered; control frees it in its next turn */
};

struct chimney_host {
	_Atomic uint32_t state; /* enum host_state */
	uint8_t index;
	uint8_t tick_ms;
	int64_t stale; /* ns: NceStaleTicks (EVT-2); 0: never */
	char name[32];
	struct chimney *target;
	struct submit_queue submit[LANE_COUNT]; /* roots */
	struct submit_queue holds; /* struct chimney_hold, and to release them (hold.h) */
	struct toe_doorbell bell; /* rung when records arrive */
	struct toe_event_port control; /* control -> host */
	struct rte_ring *workers[TOE_MAX_WORKERS]; /* worker -> host */
	/*
	 * What a lost worker posted is not read (TERM-2). When it comes back, its ring is read from `skip` on: control: w, the
	 * polling thread: r, behind toe_worker_control.lost.
	 */
	uint32_t skip[TOE_MAX_WORKERS];

	_Atomic uint64_t submitted __rte_cache_aligned; /* requests accepted; any thread */
	_Atomic uint64_t returned; /* completions read; the polling thread */
	_Atomic uint64_t holding; /* holds and releases that are not done; any thread */
	_Atomic uint32_t channels; /* that are open; any thread */
	/* it wants to unregister: initiates that wait for a resume complete; the polling thread sets, control clears */
	_Atomic uint32_t leaves;
	/* the polling thread's */
	uint32_t next_worker; /* whose turn it is to be read first */
	uint32_t life[TOE_MAX_WORKERS]; /* toe_worker_control.lost, as its ring is read */

	/* control's */
	_Atomic uint64_t objects __rte_cache_aligned; /* slots in use; unregister reads */
	uint32_t pauses_told, uploads_told; /* of those of the target (door.h) */
	uint32_t settling; /* initiates in FINISH: their objects come alive before the completion */
	struct completion *waiting_first, *waiting_last; /* completions that found the ring full */
	_Atomic uint32_t waiting; /* how many; the polling thread reads */
	_Atomic uint32_t
	        completed; /* completions counted, waiting ones too; workers read (event.h) */
} __rte_cache_aligned;

/* What a root's scratch holds while its completion waits for room: not the nonce word, which is its claim. */
struct completion {
	struct completion *next;
	uint64_t detail; /* of its event */
	uint64_t discarded;
};

/* Where a root waits to be taken. */
static inline struct submit_node *
root_node(struct offload_block_list *root)
{
	return (struct submit_node *)(void *)root->target_scratch;
}

_Static_assert(sizeof(struct completion) <= offsetof(struct toe_item, nonce),
        "a waiting completion keeps its root's claim");

#define HOLD_RING 64u /* places of a ring for holds */

/* Control: the next root of a lane; false: none now. *busy: as submit_take. */
bool host_take(struct chimney_host *host, enum control_lane lane, struct offload_block_list **root,
        uint32_t *kind, bool *busy);
/*
 * Control: post a completion, behind those that wait; the root is the host's from now on. detail: the kind of request, and
 * TOE_COMPLETION_UNSETTLED.
 */
void host_complete(struct chimney_host *host, struct offload_block_list *root, uint8_t detail,
        uint32_t discarded);
/* Control: post indications, all n or none: false when there is no room or completions wait. */
bool host_indicate(struct chimney_host *host, const struct toe_event *events, uint32_t n);
#define HOST_POSTED 64u /* of the completions that wait, in a turn */

/* Control: post what waits, a part; free a host that leaves. Returns the number posted. */
uint32_t host_turn(struct chimney_host *host);
/* Control: this worker has parked and is about to come back; what is in its ring is not for the host any more. */
void host_skip(struct chimney_host *host, uint32_t worker);
/* The polling thread: is there anything on the rings? */
bool host_has_records(struct chimney_host *host);
/* Free everything that a host holds. */
void host_fini(struct chimney_host *host);

#endif

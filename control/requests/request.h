/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A request in progress, and the one mechanism of fan-out, counting and completion that all five kinds share.
 *
 *   CHECK   every block is checked and every object claimed, nothing is changed (TREE-8)
 *   ACT     in TREE-4 order: changes of control's own, items for workers into chains (fanout.h)
 *   UNCLAIM where an object is named twice: what the check claimed and the act pass could not give back
 *   FLUSH   the last chains are sent
 *   DRAIN   and behind them the drains (INV-7)
 *   ANSWERS every message that was sent is answered, or its worker is lost (INV-14)
 *   UNLINK  terminate only, a pass per layer: objects leave the structure, leaves first (TERM-6)
 *   BARRIER terminate only: what was started before completes before (TERM-2)
 *   FINISH  every block's status is written, bottom up (INIT-4), and the completion is posted
 *
 * All passes walk in bounded steps. In each lane one request at a time is in CHECK to DRAIN; the later stages
 * of many overlap. Everything here belongs to the control lcore.
 */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include "chimney.h"
#include "handle.h"
#include "lane.h"
#include "list.h"
#include "tree_walk.h"

enum request_stage {
	STAGE_CHECK = 0,
	STAGE_ACT,
	STAGE_UNCLAIM,
	STAGE_FLUSH,
	STAGE_DRAIN,
	STAGE_ANSWERS,
	STAGE_UNLINK,
	STAGE_BARRIER,
	STAGE_FINISH,
};

struct request {
	struct offload_block_list *root;
	struct chimney_host *host;
	uint64_t nonce;
	uint64_t sequence; /* of its start: requests are numbered as they are taken */
	uint64_t id; /* in messages and replies: sequence and record, never 0; 0 in a free record */
	uint32_t owed; /* answers that workers owe it */
	uint32_t discarded; /* frames, by its drains */
	uint64_t drain; /* workers to which its drain is still to be sent */
	uint64_t hit; /* workers that it needed and that are lost */
	uint64_t loss_counted; /* of these: in worker_link.loss_pending */
	struct tree_walk walk;
	uint32_t blocks; /* entered by the check pass */
	uint32_t batch; /* invalidate of connections: its stop id (retrieve.h) */
	uint8_t kind; /* enum chimney_request */
	uint8_t lane; /* enum control_lane */
	uint8_t stage; /* enum request_stage */
	uint8_t root_layer; /* OFFLOAD_LAYER_NONE: no block has told yet */
	uint8_t pass_layer; /* UNLINK: the layer of this pass */
	uint8_t layers; /* bit per layer in which the tree names objects */
	bool single; /* a lone block: nothing can be named twice */
	bool twice; /* an object is named twice: its claim is still to be taken back */
	bool named; /* it has a stop id */
	bool stopped; /* initiate: no more is attempted (INIT-3) */
	struct list_node
	        queue; /* free records, requests ready to go on, or waiting at the barrier */
	struct list_node active; /* by sequence; terminates are not in it */
	struct list_node
	        stops; /* entries that RETRIEVE or RESUME after the completion (retrieve.h) */
	uint64_t barrier; /* terminate: requests up to this sequence complete before */
	uint64_t dequeued_tsc;
	uint32_t owed_by[TOE_MAX_WORKERS]; /* of `owed`; all 0 in a free record */
};

/* What a kind of request does in the passes. `layer` is that of the walk's present block, an object's block. */
struct request_kind {
	uint8_t states; /* bit per slot_state in which it may name an object */
	/* ACT: called once for each block that is neither placeholder nor refused; sets item.status */
	enum control_step (*act)(struct chimney *target, struct request *request,
	        struct offload_block_list *block, enum offload_layer layer);
	/* UNLINK, or NULL */
	void (*unlink)(struct chimney *target, struct request *request,
	        struct offload_block_list *block, enum offload_layer layer);
	/* FINISH: the status of the block, dependents first; undoes what failed */
	enum offload_status (*finish)(struct chimney *target, struct request *request,
	        struct offload_block_list *block, enum offload_layer layer);
};

extern const struct request_kind *const request_kinds[CHIMNEY_REQUEST_COUNT];
extern const struct request_kind initiate_kind, query_kind, update_kind, invalidate_kind,
        terminate_kind;

struct request_pool {
	struct request *records; /* CONTROL_RECORDS, half of them for each lane */
	struct list_node free[LANE_COUNT];
	struct list_node ready[LANE_COUNT]; /* all answers are in: go on */
	struct list_node barred; /* in BARRIER */
	struct list_node active;
	struct request *walking[LANE_COUNT]; /* in CHECK to DRAIN */
	uint64_t sequence; /* of the last one started */
	uint32_t in_progress;
};

/* 0 or -ENOMEM. */
int requests_init(struct request_pool *pool);
void requests_fini(struct request_pool *pool);

/* A record for a root just taken from its host; NULL when all of the lane are in use. */
struct request *request_start(struct chimney *target, struct chimney_host *host, uint32_t kind,
        struct offload_block_list *root);
/* The request that a reply names; NULL when there is none any more. */
struct request *request_find(struct chimney *target, uint64_t id);
/* One answer of a worker came in, or `answers` of them never will. */
void request_answered(
        struct chimney *target, struct request *request, uint32_t worker, uint32_t answers);
/* Take the request as far as it goes now, within *budget events of walks. True: it is complete or waits. */
bool request_run(struct chimney *target, struct request *request, uint32_t *budget);
/* Post the completion and free the record. */
void request_complete(struct chimney *target, struct request *request);
/* One turn of a lane. Returns the number of events walked and requests handled. */
uint32_t requests_turn(struct chimney *target, enum control_lane lane, uint32_t budget);

/* check.c: the pass that changes nothing. Called for each event of the walk. */
void check_block(struct chimney *target, struct request *request);

/* The layer of the walk's present block; above OFFLOAD_LAYER_TCP in a tree that is too deep. */
static inline uint32_t
request_layer(const struct request *request)
{
	return request->root_layer + request->walk.depth;
}

#endif

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
 * All passes walk in bounded steps, in turn with those of other requests (schedule.h). Everything here belongs to
 * the control lcore.
 */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include "door.h"
#include "fanout.h"
#include "lost.h"
#include "stops.h"
#include "tree_walk.h"
#include "workers.h"

struct requests;

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
	uint64_t nonce;
	struct fanout fanout; /* its id: sequence and record, never 0; 0 in a free record */
	struct tree_walk walk;
	uint32_t blocks; /* entered by the check pass */
	uint8_t stage; /* enum request_stage */
	uint8_t root_layer; /* OFFLOAD_LAYER_NONE: no block has told yet */
	uint8_t pass_layer; /* UNLINK: the layer of this pass */
	uint8_t layers; /* bit per layer in which the tree names objects */
	uint8_t claim; /* number of its claims; SLOT_CLAIM_NONE: it has named one object at most */
	bool tree; /* its root has links */
	bool twice; /* an object is named twice: its claim is still to be taken back */
	bool named; /* it has a stop id (fanout.batch) */
	struct list_node
	        queue; /* free records, requests ready to go on, or waiting at the barrier */
	struct list_node active; /* by sequence; terminates are not in it */
	struct list_node stops; /* entries that RETRIEVE or RESUME after the completion (stops.h) */
	uint64_t barrier; /* terminate: requests up to this sequence complete before */
	uint64_t dequeued_tsc;
	struct slot *
	        first; /* the first object that its tree has named; not claimed while it is the only one */
};

/* What a kind of request does in the passes. `layer` is that of the walk's present block, an object's block. */
struct request_kind {
	uint8_t states; /* bit per slot_state in which it may name an object */
	/* ACT: called once for each block that is neither placeholder nor refused; sets item.status */
	enum control_step (*act)(struct requests *requests, struct request *request,
	        struct offload_block_list *block, enum offload_layer layer);
	/* UNLINK, or NULL */
	void (*unlink)(struct requests *requests, struct request *request,
	        struct offload_block_list *block, enum offload_layer layer);
	/* FINISH: the status of the block, dependents first; undoes what failed */
	enum offload_status (*finish)(struct requests *requests, struct request *request,
	        struct offload_block_list *block, enum offload_layer layer);
};

extern const struct request_kind *const request_kinds[CHIMNEY_REQUEST_COUNT];
extern const struct request_kind initiate_kind, query_kind, update_kind, invalidate_kind,
        terminate_kind;

/* Records of one host in one lane, and how many of them requests with more than one block may have. */
#define LANE_RECORDS (CONTROL_RECORDS / TOE_MAX_HOSTS / LANE_COUNT)
#define LANE_TREES (LANE_RECORDS / 2)

/* Roots that wait, in order. */
struct root_list {
	struct submit_node *first, *last; /* first: NULL: none */
};

/* One host's share of a lane: records, and whose turn it is among its requests (schedule.h). */
struct request_lane {
	struct list_node free;
	struct list_node run; /* requests that can go on, in turn */
	/* URGENT: trees that wait for a record; ORDINARY: initiates that wait for a resume (EVT-3) */
	struct root_list parked;
	uint32_t trees; /* records in use for requests with more than one block */
	uint32_t walking; /* requests in CHECK to DRAIN */
};

/* The requests of one host. */
struct request_host {
	struct request_lane lane[LANE_COUNT];
	struct list_node active; /* by sequence; terminates are not in it */
	struct list_node barred; /* in BARRIER, by sequence of their barriers */
	uint32_t claims; /* bit per claim number in use */
};

struct requests {
	struct chimney *target;
	struct toe_shared *shared;
	struct slots *slots;
	struct stops *stops;
	struct workers *workers;
	uint64_t ns_per_tsc; /* times 2^20 */
	struct request *records; /* CONTROL_RECORDS */
	struct fanout_share *shares; /* of all records, one for each worker */
	struct request_host host[TOE_MAX_HOSTS];
	uint32_t next_host[LANE_COUNT]; /* whose turn it is */
	uint64_t sequence; /* of the last one started */
	uint32_t in_progress;
};

/* 0 or -ENOMEM. */
int requests_init(struct requests *requests, struct chimney *target, struct workers *workers,
        struct stops *stops);
/* Also of what was never initialised, and is 0. */
void requests_fini(struct requests *requests);
uint64_t requests_estimate(uint32_t workers);

static inline struct request_lane *
request_lane_of(struct requests *requests, const struct request *request)
{
	return &requests->host[request->fanout.host->index].lane[request->fanout.lane];
}

/* A record for a root just taken from its host; there is a free one. */
struct request *request_start(struct requests *requests, struct chimney_host *host, uint32_t kind,
        struct offload_block_list *root);
/* A reply of this worker to a request came in; to one that is over: nothing happens. */
void request_reply(struct requests *requests, uint32_t worker, const struct toe_reply *reply);
/* This worker is lost (workers/lost.h): what requests in progress need of it fails. */
void requests_lost(struct requests *requests, uint32_t worker);
/* The sequence of the oldest request in progress, terminates apart; UINT64_MAX: there is none. */
uint64_t requests_oldest(const struct requests *requests);
/* Give back the number of its claims, when it has none any more. */
void request_unclaim(struct requests *requests, struct request *request);
/* Take the request as far as it goes now, within *budget events of walks. True: it is complete or waits. */
bool request_run(struct requests *requests, struct request *request, uint32_t *budget);
/* Post the completion and free the record. */
void request_complete(struct requests *requests, struct request *request);

/*
 * check.c: the pass that changes nothing. Called for each event of the walk. PAUSE: its host has no number left for the
 * claims that it needs now.
 */
enum control_step check_block(struct requests *requests, struct request *request);

/* The layer of the walk's present block; above OFFLOAD_LAYER_TCP in a tree that is too deep. */
static inline uint32_t
request_layer(const struct request *request)
{
	return request->root_layer + request->walk.depth;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of requests: start, answers, completion. */
#include "request.h"

#include <errno.h>

#include <rte_cycles.h>

#include "control.h"

#define LANE_RECORDS (CONTROL_RECORDS / LANE_COUNT)

int
requests_init(struct request_pool *pool)
{
	pool->records = toe_table_alloc(CONTROL_RECORDS, sizeof(*pool->records));
	if (pool->records == NULL)
		return -ENOMEM;
	list_init(&pool->barred);
	list_init(&pool->active);
	for (uint32_t lane = 0; lane < LANE_COUNT; lane++) {
		list_init(&pool->free[lane]);
		list_init(&pool->ready[lane]);
	}
	for (uint32_t i = 0; i < CONTROL_RECORDS; i++)
		list_add_tail(&pool->free[i / LANE_RECORDS], &pool->records[i].queue);
	return 0;
}

void
requests_fini(struct request_pool *pool)
{
	toe_table_free(pool->records, CONTROL_RECORDS, sizeof(*pool->records));
	pool->records = NULL;
}

struct request *
request_start(struct chimney *target, struct chimney_host *host, uint32_t kind,
        struct offload_block_list *root)
{
	struct request_pool *pool = &target->requests;
	enum control_lane lane = kind == CHIMNEY_INVALIDATE ? LANE_URGENT : LANE_ORDINARY;
	struct request *request = LIST_OWNER(list_take(&pool->free[lane]), struct request, queue);
	uint32_t slot = (uint32_t)(request - pool->records);

	request->dequeued_tsc = rte_rdtsc();
	request->sequence = ++pool->sequence;
	request->root = root;
	request->host = host;
	request->kind = (uint8_t)kind;
	request->lane = (uint8_t)lane;
	request->id = request->sequence * CONTROL_RECORDS + slot;
	request->nonce = nonce_make(&target->nonces, request->id);
	request->owed = request->discarded = 0;
	request->drain = request->hit = request->loss_counted = 0;
	request->blocks = 0;
	request->batch = 0;
	request->named = false;
	request->twice = false;
	request->stage = STAGE_CHECK;
	request->root_layer = OFFLOAD_LAYER_NONE;
	request->layers = 0;
	/* INV-15: on shutdown nothing new is offloaded. */
	request->stopped = atomic_load_explicit(&target->stopping, memory_order_relaxed) != 0;
	list_init(&request->stops);
	walk_start(&request->walk, root);
	atomic_store_explicit(&target->nonces.active[slot], request->nonce, memory_order_relaxed);
	if (kind == CHIMNEY_INITIATE)
		atomic_store_explicit(&target->initiating[slot], request->id, memory_order_relaxed);
	if (kind != CHIMNEY_TERMINATE)
		list_add_tail(&pool->active, &request->active);
	pool->in_progress++;
	stat_add(&target->stats.requests[kind], 1);
	return request;
}

struct request *
request_find(struct chimney *target, uint64_t id)
{
	struct request *request = &target->requests.records[id % CONTROL_RECORDS];

	return request->id == id ? request : NULL;
}

void
request_answered(struct chimney *target, struct request *request, uint32_t worker, uint32_t answers)
{
	if (request->owed_by[worker] < answers)
		return;
	request->owed_by[worker] -= answers;
	request->owed -= answers;
	if (request->owed == 0 && request->stage == STAGE_ANSWERS && !list_linked(&request->queue))
		list_add_tail(&target->requests.ready[request->lane], &request->queue);
}

/* Terminates whose barrier the oldest request in progress has passed go on (TERM-2). */
static void
barrier_open(struct request_pool *pool)
{
	uint64_t oldest = UINT64_MAX;
	struct list_node *node, *next;

	if (!list_empty(&pool->active))
		oldest = LIST_OWNER(pool->active.next, struct request, active)->sequence;
	for (node = pool->barred.next; node != &pool->barred; node = next) {
		struct request *request = LIST_OWNER(node, struct request, queue);

		next = node->next;
		if (request->barrier >= oldest)
			continue;
		list_remove(node);
		list_add_tail(&pool->ready[request->lane], node);
	}
}

static void
note_invalidate(struct chimney *target, const struct request *request)
{
	uint64_t tsc = rte_rdtsc();
	uint64_t ns = ((tsc - request->dequeued_tsc) * target->ns_per_tsc) >> 20;

	target->times.completed_tsc = tsc;
	target->stats.invalidate_last_ns = ns;
	if (ns > target->stats.invalidate_max_ns)
		target->stats.invalidate_max_ns = ns;
}

void
request_complete(struct chimney *target, struct request *request)
{
	struct request_pool *pool = &target->requests;
	uint32_t slot = (uint32_t)(request - pool->records);

	atomic_store_explicit(&target->nonces.active[slot], 0, memory_order_relaxed);
	if (request->kind == CHIMNEY_INVALIDATE)
		note_invalidate(target, request);
	stat_add(&target->stats.frames_discarded, request->discarded);
	host_complete(request->host, request->root,
	        request->kind | (lost_holds(target, request) ? TOE_COMPLETION_UNSETTLED : 0),
	        request->discarded);
	/* Behind the count of the completion: what is indicated from now on comes after it (event.h). */
	if (request->kind == CHIMNEY_INITIATE) {
		atomic_store_explicit(&target->initiating[slot], 0, memory_order_release);
		request->host->settling--;
	}
	retrieve_posted(target, request);
	if (request->loss_counted != 0)
		lost_posted(target, request);
	request->id = 0;
	request->root = NULL;
	list_remove(&request->active);
	list_remove(&request->queue);
	/* Newest first: a record just used is in the cache. */
	list_add_tail(pool->free[request->lane].next, &request->queue);
	pool->in_progress--;
	if (!list_empty(&pool->barred))
		barrier_open(pool);
}

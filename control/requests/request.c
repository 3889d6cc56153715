/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of requests: start, answers, completion. */
#include "request.h"

#include <errno.h>

#include <rte_cycles.h>

#include "control.h"

uint64_t
requests_estimate(uint32_t workers)
{
	return CONTROL_RECORDS * (sizeof(struct request) + workers * sizeof(struct request_share));
}

static void
host_init_requests(struct request_host *host)
{
	list_init(&host->active);
	list_init(&host->barred);
	for (uint32_t lane = 0; lane < LANE_COUNT; lane++) {
		list_init(&host->lane[lane].free);
		list_init(&host->lane[lane].run);
	}
}

int
requests_init(struct request_pool *pool, uint32_t workers)
{
	pool->workers = workers;
	pool->records = toe_table_alloc(CONTROL_RECORDS, sizeof(*pool->records));
	pool->shares = toe_table_alloc(CONTROL_RECORDS, workers * sizeof(*pool->shares));
	if (pool->records == NULL || pool->shares == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++)
		host_init_requests(&pool->host[i]);
	for (uint32_t i = 0; i < CONTROL_RECORDS; i++) {
		struct request_host *host = &pool->host[i / (CONTROL_RECORDS / TOE_MAX_HOSTS)];
		struct request *request = &pool->records[i];

		request->share = &pool->shares[i * workers];
		list_add_tail(&host->lane[i / LANE_RECORDS % LANE_COUNT].free, &request->queue);
	}
	return 0;
}

void
requests_fini(struct request_pool *pool)
{
	toe_table_free(pool->records, CONTROL_RECORDS, sizeof(*pool->records));
	toe_table_free(pool->shares, CONTROL_RECORDS, pool->workers * sizeof(*pool->shares));
	pool->records = NULL;
	pool->shares = NULL;
}

struct request *
request_start(struct chimney *target, struct chimney_host *host, uint32_t kind,
        struct offload_block_list *root)
{
	struct request_pool *pool = &target->requests;
	enum control_lane lane = kind == CHIMNEY_INVALIDATE ? LANE_URGENT : LANE_ORDINARY;
	struct request_host *share = &pool->host[host->index];
	struct request *request =
	        LIST_OWNER(list_take(&share->lane[lane].free), struct request, queue);
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
	request->drain = request->hit = request->loss_counted = request->chains = 0;
	request->blocks = 0;
	request->batch = 0;
	request->named = false;
	request->twice = false;
	request->first = NULL;
	request->claim = SLOT_CLAIM_NONE;
	request->tree = root->next_block != NULL || root->dependent_block_list != NULL;
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
		list_add_tail(&share->active, &request->active);
	share->lane[lane].trees += request->tree;
	share->lane[lane].walking++;
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
	struct request_share *share = &request->share[worker];

	if (share->owed < answers)
		return;
	share->owed -= answers;
	request->owed -= answers;
	if (request->owed == 0 && request->stage == STAGE_ANSWERS && !list_linked(&request->queue))
		list_add_tail(&request_lane_of(&target->requests, request)->run, &request->queue);
}

void
request_unclaim(struct request_pool *pool, struct request *request)
{
	if (request->claim != SLOT_CLAIM_NONE)
		pool->host[request->host->index].claims &= ~(1u << request->claim);
	request->claim = SLOT_CLAIM_NONE;
}

/* Terminates whose barrier the oldest request of their host in progress has passed go on (TERM-2). */
static void
barrier_open(struct request_pool *pool, struct request_host *host)
{
	while (!list_empty(&host->barred)) {
		struct request *request = LIST_OWNER(host->barred.next, struct request, queue);

		if (!list_empty(&host->active) &&
		        LIST_OWNER(host->active.next, struct request, active)->sequence <=
		                request->barrier)
			return;
		list_remove(&request->queue);
		list_add_tail(&request_lane_of(pool, request)->run, &request->queue);
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
	struct request_host *host = &pool->host[request->host->index];
	struct request_lane *lane = request_lane_of(pool, request);
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
	list_add_tail(lane->free.next, &request->queue);
	lane->trees -= request->tree;
	pool->in_progress--;
	barrier_open(pool, host);
}

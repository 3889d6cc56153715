/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of requests: start, answers, completion. */
#include "request.h"

#include <errno.h>

#include <rte_cycles.h>

uint64_t
requests_estimate(uint32_t workers)
{
	return CONTROL_RECORDS * (sizeof(struct request) + workers * sizeof(struct fanout_share));
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
requests_init(struct requests *requests, struct chimney *target, struct workers *workers,
        struct stops *stops)
{
	uint64_t hz = rte_get_tsc_hz();

	requests->target = target;
	requests->shared = target->shared;
	requests->slots = workers->slots;
	requests->stops = stops;
	requests->workers = workers;
	requests->ns_per_tsc = hz == 0 ? 0 : (UINT64_C(1000000000) << 20) / hz;
	requests->records = toe_table_alloc(CONTROL_RECORDS, sizeof(*requests->records));
	requests->shares =
	        toe_table_alloc(CONTROL_RECORDS, workers->count * sizeof(*requests->shares));
	if (requests->records == NULL || requests->shares == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++)
		host_init_requests(&requests->host[i]);
	for (uint32_t i = 0; i < CONTROL_RECORDS; i++) {
		struct request_host *host = &requests->host[i / (CONTROL_RECORDS / TOE_MAX_HOSTS)];
		struct request *request = &requests->records[i];

		request->fanout.share = &requests->shares[i * workers->count];
		list_add_tail(&host->lane[i / LANE_RECORDS % LANE_COUNT].free, &request->queue);
	}
	return 0;
}

void
requests_fini(struct requests *requests)
{
	if (requests->workers == NULL)
		return;
	toe_table_free(requests->records, CONTROL_RECORDS, sizeof(*requests->records));
	toe_table_free(requests->shares, CONTROL_RECORDS,
	        requests->workers->count * sizeof(*requests->shares));
	requests->records = NULL;
	requests->shares = NULL;
}

struct request *
request_start(struct requests *requests, struct chimney_host *host, uint32_t kind,
        struct offload_block_list *root)
{
	enum control_lane lane = kind == CHIMNEY_INVALIDATE ? LANE_URGENT : LANE_ORDINARY;
	struct request_host *share = &requests->host[host->index];
	struct request *request =
	        LIST_OWNER(list_take(&share->lane[lane].free), struct request, queue);
	struct chimney *target = requests->target;
	uint32_t slot = (uint32_t)(request - requests->records);
	uint64_t id = ++requests->sequence * CONTROL_RECORDS + slot;

	request->dequeued_tsc = rte_rdtsc();
	fanout_start(&request->fanout, host, kind, requests->sequence, id);
	request->root = root;
	request->nonce = nonce_make(&target->nonces, id);
	request->blocks = 0;
	request->named = false;
	request->twice = false;
	request->first = NULL;
	request->claim = SLOT_CLAIM_NONE;
	request->tree = root->next_block != NULL || root->dependent_block_list != NULL;
	request->stage = STAGE_CHECK;
	request->root_layer = OFFLOAD_LAYER_NONE;
	request->layers = 0;
	/* INV-15: on shutdown nothing new is offloaded, nor for a host that leaves. */
	request->fanout.stopped =
	        atomic_load_explicit(&target->stopping, memory_order_relaxed) != 0 ||
	        atomic_load_explicit(&host->leaves, memory_order_relaxed) != 0;
	list_init(&request->stops);
	walk_start(&request->walk, root);
	atomic_store_explicit(&target->nonces.active[slot], request->nonce, memory_order_relaxed);
	if (kind == CHIMNEY_INITIATE)
		atomic_store_explicit(&target->initiating[slot], id, memory_order_relaxed);
	if (kind != CHIMNEY_TERMINATE)
		list_add_tail(&share->active, &request->active);
	share->lane[lane].trees += request->tree;
	share->lane[lane].walking++;
	requests->in_progress++;
	stat_add(&target->stats.requests[kind], 1);
	return request;
}

/* One answer of a worker came in, or `answers` of them never will. */
static void
request_answered(
        struct requests *requests, struct request *request, uint32_t worker, uint32_t answers)
{
	struct fanout_share *share = &request->fanout.share[worker];

	if (share->owed < answers)
		return;
	share->owed -= answers;
	request->fanout.owed -= answers;
	if (request->fanout.owed == 0 && request->stage == STAGE_ANSWERS &&
	        !list_linked(&request->queue))
		list_add_tail(&request_lane_of(requests, request)->run, &request->queue);
}

void
request_reply(struct requests *requests, uint32_t worker, const struct toe_reply *reply)
{
	struct request *request = &requests->records[reply->request % CONTROL_RECORDS];

	if (request->fanout.id != reply->request)
		return;
	fanout_reply(requests->workers, &request->fanout, worker, reply);
	request_answered(requests, request, worker, 1);
}

void
requests_lost(struct requests *requests, uint32_t worker)
{
	for (uint32_t i = 0; i < CONTROL_RECORDS; i++) {
		struct request *request = &requests->records[i];
		uint32_t owed;

		if (request->fanout.id == 0 || !lost_needed(&request->fanout, worker))
			continue;
		owed = lost_hit(requests->workers, &request->fanout, worker);
		if (owed > 0)
			request_answered(requests, request, worker, owed);
	}
}

uint64_t
requests_oldest(const struct requests *requests)
{
	uint64_t oldest = UINT64_MAX;

	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++) {
		const struct list_node *active = &requests->host[i].active;

		if (!list_empty(active))
			oldest = RTE_MIN(oldest,
			        LIST_OWNER(active->next, struct request, active)->fanout.sequence);
	}
	return oldest;
}

void
request_unclaim(struct requests *requests, struct request *request)
{
	if (request->claim != SLOT_CLAIM_NONE)
		requests->host[request->fanout.host->index].claims &= ~(1u << request->claim);
	request->claim = SLOT_CLAIM_NONE;
}

/* Terminates whose barrier the oldest request of their host in progress has passed go on (TERM-2). */
static void
barrier_open(struct requests *requests, struct request_host *host)
{
	while (!list_empty(&host->barred)) {
		struct request *request = LIST_OWNER(host->barred.next, struct request, queue);

		if (!list_empty(&host->active) &&
		        LIST_OWNER(host->active.next, struct request, active)->fanout.sequence <=
		                request->barrier)
			return;
		list_remove(&request->queue);
		list_add_tail(&request_lane_of(requests, request)->run, &request->queue);
	}
}

static void
note_invalidate(struct requests *requests, const struct request *request)
{
	uint64_t tsc = rte_rdtsc();
	uint64_t ns = ((tsc - request->dequeued_tsc) * requests->ns_per_tsc) >> 20;

	requests->target->times.completed_tsc = tsc;
	requests->target->stats.invalidate_last_ns = ns;
	if (ns > requests->target->stats.invalidate_max_ns)
		requests->target->stats.invalidate_max_ns = ns;
}

/* What follows from the completion of a request, behind it. */
static void
completion_follow(struct requests *requests, struct request *request)
{
	uint64_t now = requests->workers->awake.time;
	struct chimney_host *host = request->fanout.host;

	stops_post(requests->stops, host->index, &request->stops,
	        request->fanout.kind == CHIMNEY_INVALIDATE, now);
	if (request->named)
		batch_posted(requests->stops, host->index, request->fanout.batch, now);
	if (request->fanout.loss_counted != 0)
		lost_posted(requests->workers, &request->fanout);
}

void
request_complete(struct requests *requests, struct request *request)
{
	bool at_large = lost_holds(requests->workers, &request->fanout);
	struct chimney_host *host = request->fanout.host;
	struct request_lane *lane = request_lane_of(requests, request);
	struct chimney *target = requests->target;
	uint32_t slot = (uint32_t)(request - requests->records);

	atomic_store_explicit(&target->nonces.active[slot], 0, memory_order_relaxed);
	if (request->fanout.kind == CHIMNEY_INVALIDATE)
		note_invalidate(requests, request);
	stat_add(&target->stats.frames_discarded, request->fanout.discarded);
	host_complete(host, request->root,
	        request->fanout.kind | (at_large ? TOE_COMPLETION_UNSETTLED : 0),
	        request->fanout.discarded);
	/* Behind the count of the completion: what is indicated from now on comes after it (event.h). */
	if (request->fanout.kind == CHIMNEY_INITIATE) {
		atomic_store_explicit(&target->initiating[slot], 0, memory_order_release);
		host->settling--;
	}
	completion_follow(requests, request);
	request->fanout.id = 0;
	request->root = NULL;
	list_remove(&request->active);
	list_remove(&request->queue);
	/* Newest first: a record just used is in the cache. */
	list_add_tail(lane->free.next, &request->queue);
	lane->trees -= request->tree;
	requests->in_progress--;
	barrier_open(requests, &requests->host[host->index]);
}

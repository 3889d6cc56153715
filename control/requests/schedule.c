/* SPDX-License-Identifier: BSD-3-Clause */
/* Which request goes on. */
#include "schedule.h"

/* Put a root that has to wait behind those that wait already. */
static void
root_park(struct root_list *list, struct offload_block_list *root)
{
	struct submit_node *node = root_node(root);

	node->next = NULL;
	node->entry = (uintptr_t)root;
	if (list->first == NULL)
		list->first = node;
	else
		list->last->next = node;
	list->last = node;
}

static bool
root_is_tree(const struct offload_block_list *root)
{
	return root->next_block != NULL || root->dependent_block_list != NULL;
}

static struct offload_block_list *
root_unpark(struct root_list *list)
{
	struct submit_node *node = list->first;

	list->first = node->next;
	return (struct offload_block_list *)(uintptr_t)node->entry;
}

/* May a root of this kind be started now? */
static bool
lane_has_room(const struct request_lane *lane, bool tree)
{
	return !list_empty(&lane->free) && (!tree || lane->trees < LANE_TREES);
}

/* The oldest root that waited and can be started now: a tree of an invalidate, an initiate that is not paused any more. */
static struct request *
parked_start(struct requests *requests, struct chimney_host *host, enum control_lane lane_index,
        bool paused)
{
	struct request_lane *lane = &requests->host[host->index].lane[lane_index];
	bool urgent = lane_index == LANE_URGENT;

	if (lane->parked.first == NULL || paused || !lane_has_room(lane, urgent))
		return NULL;
	return request_start(requests, host, urgent ? CHIMNEY_INVALIDATE : CHIMNEY_INITIATE,
	        root_unpark(&lane->parked));
}

/* Has a root of this kind that is taken now to wait? Those that wait already are older than it. */
static bool
root_waits(const struct request_lane *lane, enum control_lane lane_index, uint32_t kind,
        const struct offload_block_list *root, bool paused)
{
	if (lane_index == LANE_ORDINARY)
		return kind == CHIMNEY_INITIATE && paused; /* EVT-3 */
	return root_is_tree(root) && (lane->parked.first != NULL || !lane_has_room(lane, true));
}

/*
 * The next root of a host that can be started; NULL: there is none. What is done to find it counts: a long list behind a
 * full ring is turned round, trees and paused initiates are put aside.
 */
static struct request *
root_start(struct requests *requests, struct chimney_host *host, enum control_lane lane_index,
        uint32_t *budget)
{
	struct request_lane *lane = &requests->host[host->index].lane[lane_index];
	bool busy = false,
	     paused = lane_index == LANE_ORDINARY && host_is_paused(requests->target, host);
	struct offload_block_list *root;
	struct request *request;
	uint32_t kind;

	if (*budget == 0 || (lane_index == LANE_ORDINARY && lane->walking > 0))
		return NULL;
	request = parked_start(requests, host, lane_index, paused);
	if (request != NULL)
		return request;
	while (*budget > 0 && lane_has_room(lane, false) &&
	        host_take(host, lane_index, &root, &kind, &busy)) {
		if (!root_waits(lane, lane_index, kind, root, paused))
			return request_start(requests, host, kind, root);
		root_park(&lane->parked, root);
		(*budget)--;
	}
	if (busy)
		*budget -= RTE_MIN(*budget, SCHEDULE_SLICE);
	else if (lane_index == LANE_ORDINARY && *budget > 0 && lane_has_room(lane, false))
		atomic_store_explicit(
		        &host->leaves, 0, memory_order_relaxed); /* nothing waits any more */
	return NULL;
}

/* A slice for one request. True: it went on. */
static bool
request_slice(struct requests *requests, struct request *request, uint32_t *budget)
{
	struct request_lane *lane = request_lane_of(requests, request);
	uint32_t slice = RTE_MIN(*budget, SCHEDULE_SLICE), left = slice;
	bool waits = request_run(requests, request, &left);

	if (!waits)
		list_add_tail(&lane->run, &request->queue);
	*budget -= RTE_MIN(*budget, RTE_MAX(slice - left, 1u));
	return waits || left < slice;
}

/* The first of a host's requests that can go on does; those that cannot (a full mailbox) keep nobody from it. */
static bool
one_goes_on(struct requests *requests, struct request_lane *lane, uint32_t *budget)
{
	struct list_node todo, *node;
	bool went_on = false;

	if (list_empty(&lane->run))
		return false;
	list_init(&todo);
	list_splice_tail(&todo, &lane->run);
	while (!went_on && *budget > 0 && (node = list_take(&todo)) != NULL)
		went_on = request_slice(requests, LIST_OWNER(node, struct request, queue), budget);
	/* What was not reached keeps its place before what was. */
	list_splice_tail(&todo, &lane->run);
	list_splice_tail(&lane->run, &todo);
	return went_on;
}

/* A host's turn in a lane: one of its requests, and a new root. Returns 0 when there was nothing to do. */
static uint32_t
host_visit(struct requests *requests, struct chimney_host *host, enum control_lane lane,
        uint32_t *budget)
{
	uint32_t before, count;
	struct request *fresh;

	count = one_goes_on(requests, &requests->host[host->index].lane[lane], budget);
	before = *budget;
	fresh = root_start(requests, host, lane, budget);
	count += *budget < before;
	if (fresh != NULL)
		count += request_slice(requests, fresh, budget);
	return count;
}

static uint32_t
lane_turn(struct requests *requests, enum control_lane lane, uint32_t hosts, uint32_t budget)
{
	struct chimney *target = requests->target;
	uint32_t *next = &requests->next_host[lane];
	uint32_t count = 0, idle = 0;

	while (budget > 0 && idle < TOE_MAX_HOSTS) {
		uint32_t i = (*next)++ % TOE_MAX_HOSTS, n = 0;
		struct chimney_host *host = &target->hosts[i];

		if ((hosts & 1u << i) &&
		        atomic_load_explicit(&host->state, memory_order_acquire) == HOST_USED)
			n = host_visit(requests, host, lane, &budget);
		idle = n == 0 ? idle + 1 : 0;
		count += n;
	}
	return count;
}

uint32_t
requests_turn(struct requests *requests, uint32_t hosts)
{
	return lane_turn(requests, LANE_URGENT, hosts, SCHEDULE_URGENT) +
	       lane_turn(requests, LANE_ORDINARY, hosts, SCHEDULE_ORDINARY);
}

bool
requests_idle(struct requests *requests, struct chimney_host *host)
{
	const struct request_lane *lane = requests->host[host->index].lane;

	for (uint32_t i = 0; i < LANE_COUNT; i++)
		if (lane[i].parked.first != NULL || !submit_empty(&host->submit[i]))
			return false;
	return true;
}

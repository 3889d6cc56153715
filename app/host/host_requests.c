/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests of the CLI's host stack: from the tree that a command has built to the report of its completion. */
#include <stdlib.h>
#include <string.h>

#include "host_requests.h"
#include "request_rows.h"

void
host_requests_init(struct host_request_table *table, const struct program *program,
        struct object_table *objects)
{
	memset(table, 0, sizeof(*table));
	table->program = program;
	table->objects = objects;
	TAILQ_INIT(&table->running);
	TAILQ_INIT(&table->done);
}

struct kept_tree {
	struct kept_tree *next;
	struct tree tree;
};

/* Without memory to remember it, the tree is never freed: that is what is safe. */
static void
tree_keep(struct host_request_table *table, struct tree *tree)
{
	struct kept_tree *kept = malloc(sizeof(*kept));

	if (kept != NULL) {
		*kept = (struct kept_tree){table->kept, *tree};
		table->kept = kept;
	}
	memset(tree, 0, sizeof(*tree));
}

void
host_requests_settled(struct host_request_table *table)
{
	struct kept_tree *kept;

	while ((kept = table->kept) != NULL) {
		table->kept = kept->next;
		tree_free(&kept->tree);
		free(kept);
	}
}

static void
host_request_free(struct host_request *request)
{
	tree_free(&request->tree);
	json_decref(request->rows);
	free(request);
}

static void
list_free(struct host_request_list *list)
{
	struct host_request *request;

	while ((request = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, request, link);
		host_request_free(request);
	}
}

void
host_requests_fini(struct host_request_table *table)
{
	list_free(&table->running);
	list_free(&table->done);
	host_requests_settled(table);
}

struct host_request *
host_request_new(const char *command, enum chimney_request kind, uint32_t limit)
{
	struct host_request *request = calloc(1, sizeof(*request));

	if (request == NULL)
		return NULL;
	request->command = command;
	request->kind = (uint8_t)kind;
	request->limit = limit;
	return request;
}

/* Let go of the groups that the tree's blocks held; those of which nothing is left are freed. */
static void
groups_let_go(struct host_request_table *table, const struct host_request *request)
{
	struct offload_block_list *block;

	for (block = tree_first(&request->tree); block != NULL;
	        block = tree_next(&request->tree, block)) {
		const struct object *object = tree_object(block);

		if (object == NULL)
			continue;
		object->group->references--;
		group_release(table->objects, object->group);
	}
}

/*
 * Forget the oldest. Done only before a new request starts: until then whoever has just submitted or
 * completed one may look at it.
 */
static void
forget_oldest(struct host_request_table *table)
{
	while (table->done_count > REQUESTS_KEPT) {
		struct host_request *oldest = TAILQ_LAST(&table->done, host_request_list);

		TAILQ_REMOVE(&table->done, oldest, link);
		table->done_count--;
		host_request_free(oldest);
	}
}

void
host_request_start(struct host_request_table *table, struct host_request *request)
{
	struct offload_block_list *block;

	forget_oldest(table);
	request->id = ++table->last_id;
	request->blocks = request->tree.blocks;
	request->live_before = table->objects->live[OFFLOAD_LAYER_TCP];
	for (block = tree_first(&request->tree); block != NULL;
	        block = tree_next(&request->tree, block)) {
		block->host_reserved[1] = request;
		if (tree_object(block) == NULL)
			continue;
		tree_object(block)->group->references++;
		tree_object(block)->leaving =
		        request->kind == CHIMNEY_TERMINATE && tree_object(block)->lost;
	}
	TAILQ_INSERT_TAIL(&table->running, request, link);
	table->running_count++;
}

void
host_request_discard(struct host_request_table *table, struct host_request *request)
{
	struct offload_block_list *block;

	for (block = tree_first(&request->tree); block != NULL;
	        block = tree_next(&request->tree, block))
		if (tree_object(block) != NULL && tree_object(block)->state == OBJECT_RISING)
			object_drop(table->objects, tree_object(block));
	if (request->id != 0) {
		TAILQ_REMOVE(&table->running, request, link);
		table->running_count--;
		groups_let_go(table, request);
	} else if (request->tree.made != NULL) {
		group_release(table->objects, request->tree.made);
	}
	host_request_free(request);
}

/* What an update asks for once (UPD-3) is not asked for again by the next one. */
static void
apply_tcp_update(const struct tcp_cached *cached, struct object *object)
{
	object->tcp.cached = *cached;
	object->tcp.cached.flags &= ~(TCP_CACHED_KEEPALIVE_RESTART | TCP_CACHED_MAX_RT_RESTART |
	                              TCP_CACHED_UPDATE_RCV_WND);
}

/* A cached update that succeeded is what the host now holds to be true (UPD-1, UPD-5). */
static void
apply_update(const struct host_request *request, const struct offload_block_list *block,
        struct object *object)
{
	const void *cached = offload_block_cached(block);

	if (object->layer == OFFLOAD_LAYER_PATH && request->relink_to != NULL)
		object_move(object, request->relink_to);
	if (cached == NULL)
		return;
	if (object->layer == OFFLOAD_LAYER_NEIGHBOR)
		memcpy(&object->neighbor.cached, cached, sizeof(object->neighbor.cached));
	else if (object->layer == OFFLOAD_LAYER_PATH)
		memcpy(&object->path.cached, cached, sizeof(object->path.cached));
	else
		apply_tcp_update(cached, object);
}

static void
apply_block(struct host_request_table *table, const struct host_request *request,
        const struct offload_block_list *block, struct object *object)
{
	bool success = block->status == OFFLOAD_SUCCESS;

	switch (request->kind) {
	case CHIMNEY_INITIATE:
		if (object->state != OBJECT_RISING)
			break; /* a linker */
		if (success || block->status == OFFLOAD_PARTIAL_SUCCESS)
			object_land(table->objects, object);
		else
			object_drop(table->objects, object);
		break;
	case CHIMNEY_UPDATE:
		if (success)
			apply_update(request, block, object);
		break;
	case CHIMNEY_INVALIDATE:
		if (success)
			object->invalid = true;
		break;
	case CHIMNEY_TERMINATE:
		if (success || object->leaving)
			object_drop(table->objects, object);
		break;
	default:
		break;
	}
}

void
host_request_complete(struct host_request_table *table, struct host_request *request,
        const struct chimney_record *record)
{
	struct offload_block_list *block;

	request->completed = program_now(table->program);
	request->frames_discarded = record->frames_discarded;
	request->done = true;
	request->rows = json_array();
	for (block = tree_first(&request->tree); block != NULL;
	        block = tree_next(&request->tree, block)) {
		uint32_t status =
		        block->status < OFFLOAD_STATUS_COUNT ? block->status : OFFLOAD_PENDING;

		request->status[status]++;
		host_request_row_add(table->program, request, block);
	}
	for (block = tree_first(&request->tree); block != NULL;
	        block = tree_next(&request->tree, block))
		if (tree_object(block) != NULL)
			apply_block(table, request, block, tree_object(block));
	groups_let_go(table, request);
	if (record->unsettled)
		tree_keep(table, &request->tree);
	tree_free(&request->tree);
	request->relink_to = NULL;
	TAILQ_REMOVE(&table->running, request, link);
	table->running_count--;
	TAILQ_INSERT_HEAD(&table->done, request, link);
	table->done_count++;
}

struct host_request *
host_request_find(const struct host_request_table *table, uint32_t id)
{
	struct host_request *request;

	TAILQ_FOREACH(request, &table->running, link)
	{
		if (request->id == id)
			return request;
	}
	TAILQ_FOREACH(request, &table->done, link)
	{
		if (request->id == id)
			return request;
	}
	return NULL;
}

json_t *
host_request_progress(const struct host_request_table *table, const struct host_request *request)
{
	uint64_t now = chimney_stats(table->program->target)->connections;
	double seconds = (double)(program_now(table->program) - request->submitted) / 1e9;
	uint64_t moved = 0;

	if (request->kind == CHIMNEY_INITIATE && now > request->live_before)
		moved = now - request->live_before;
	else if (request->kind == CHIMNEY_TERMINATE && now < request->live_before)
		moved = request->live_before - now;
	return json_pack("{s:o}", "progress",
	        json_sprintf("request %u (%s): %llu connections so far, %u blocks, %.1f s",
	                request->id, request->command, (unsigned long long)moved, request->blocks,
	                seconds));
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests of the CLI's host stack: making, submitting, what happens at the completion. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "host_requests.h"
#include "request_apply.h"

#define APPLY_AT_ONCE 16u /* blocks of a completion; more take turns */

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
		tree_free(&kept->tree, table->objects->turns);
		free(kept);
	}
}

/* What the making of its tree needed. */
static void
making_end(struct host_request *request)
{
	if (request->making != NULL)
		request->making_free(request);
	request->making = NULL;
}

static void
host_request_free(struct host_request *request, struct turns *turns)
{
	making_end(request);
	tree_free(&request->tree, turns);
	rows_free(&request->rows);
	free(request->groups);
	free(request);
}

static void
list_free(struct host_request_table *table, struct host_request_list *list)
{
	struct host_request *request;

	while ((request = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, request, link);
		job_cancel(table->objects->turns, &request->job);
		host_request_free(request, NULL);
	}
}

void
host_requests_fini(struct host_request_table *table)
{
	list_free(table, &table->running);
	list_free(table, &table->done);
	host_requests_settled(table);
}

struct host_request *
host_request_new(struct host_request_table *table, const char *command, enum chimney_request kind,
        uint32_t limit, uint32_t lane)
{
	struct host_request *request = calloc(1, sizeof(*request));

	if (request == NULL)
		return NULL;
	request->table = table;
	request->command = command;
	request->kind = (uint8_t)kind;
	request->limit = limit;
	request->job.lane = lane;
	return request;
}

/* Groups in turn; false when the slice is over before the last. */
static bool
groups_let_go(struct host_request *request, const struct slice *slice)
{
	while (request->group_count != 0) {
		group_let_go(request->table->objects, request->groups[--request->group_count]);
		if (slice != NULL && slice_over(slice))
			return request->group_count == 0;
	}
	return true;
}

void
host_request_discard(struct host_request *request)
{
	struct host_request_table *table = request->table;

	making_end(request);
	request_drop_rising(request);
	if (request->made != NULL && request->group_count == 0)
		group_release(table->objects, request->made);
	groups_let_go(request, NULL);
	host_request_free(request, table->objects->turns);
}

static void
rows_trim(struct host_request_table *table)
{
	struct host_request *request;

	TAILQ_FOREACH_REVERSE(request, &table->done, host_request_list, link)
	{
		if (table->rows_kept <= ROWS_KEPT)
			return;
		if (request->readers != 0 || request->rows.count == 0)
			continue;
		table->rows_kept -= request->rows.room;
		request->rows_dropped = request->rows.count;
		rows_free(&request->rows);
	}
}

/*
 * Forget the oldest. Done only before a new request begins: until then whoever has just submitted or
 * completed one may look at it.
 */
static void
forget_oldest(struct host_request_table *table)
{
	struct host_request *request, *previous;

	for (request = TAILQ_LAST(&table->done, host_request_list);
	        request != NULL && table->done_count > REQUESTS_KEPT; request = previous) {
		previous = TAILQ_PREV(request, host_request_list, link);
		if (request->readers != 0)
			continue;
		TAILQ_REMOVE(&table->done, request, link);
		table->done_count--;
		table->rows_kept -= request->rows.room;
		host_request_free(request, table->objects->turns);
	}
}

static void
tell(struct host_request *request)
{
	struct host_request_table *table = request->table;

	if (table->told != NULL)
		table->told(table->context, request);
}

static int
call_target(struct chimney_host *host, const struct host_request *request)
{
	struct offload_block_list *root = request->tree.root;

	switch (request->kind) {
	case CHIMNEY_INITIATE:
		return chimney_initiate_offload(host, root);
	case CHIMNEY_QUERY:
		return chimney_query_offload(host, root);
	case CHIMNEY_UPDATE:
		return chimney_update_offload(host, root);
	case CHIMNEY_INVALIDATE:
		return chimney_invalidate_offload(host, root);
	case CHIMNEY_TERMINATE:
		return chimney_terminate_offload(host, root);
	default:
		return -EINVAL;
	}
}

/* The blocks are gone through next; error: it was never submitted. */
static enum job_result
apply(struct host_request *request, int error)
{
	request->error = error;
	request->phase = REQUEST_APPLYING;
	request->at = tree_first(&request->tree);
	return JOB_MORE;
}

static enum job_result
submit(struct host_request *request)
{
	struct host_request_table *table = request->table;
	int result;

	making_end(request);
	request->blocks = request->tree.blocks;
	request->live_before = table->objects->live[OFFLOAD_LAYER_TCP];
	request->phase = REQUEST_SUBMITTED;
	/* From here on the tree is the target's. The time is taken last, so that it is the target's alone. */
	request->submitted = program_now(table->program);
	result = call_target(table->host, request);
	if (result != 0)
		return apply(request, result);
	tell(request);
	return JOB_DONE;
}

static void
end(struct host_request *request)
{
	struct host_request_table *table = request->table;

	if (request->unsettled)
		tree_keep(table, &request->tree);
	tree_free(&request->tree, table->objects->turns);
	free(request->groups);
	request->groups = NULL;
	TAILQ_REMOVE(&table->running, request, link);
	table->running_count--;
	if (request->error != 0) {
		request->phase = REQUEST_FAILED;
		tell(request);
		if (request->readers == 0)
			host_request_free(request, table->objects->turns);
		return;
	}
	request->phase = REQUEST_DONE;
	rows_shrink(&request->rows);
	TAILQ_INSERT_HEAD(&table->done, request, link);
	table->done_count++;
	table->rows_kept += request->rows.room;
	tell(request);
	rows_trim(table);
}

static enum job_result
request_slice(struct job *job, struct slice *slice)
{
	struct host_request *request =
	        (struct host_request *)((char *)job - offsetof(struct host_request, job));

	if (request->phase == REQUEST_MAKING) {
		int result = request->make != NULL ? request->make(request, slice) : 0;

		if (result == -EAGAIN)
			return JOB_MORE;
		return result == 0 ? submit(request) : apply(request, result);
	}
	if (!request_apply(request, slice) || !groups_let_go(request, slice))
		return JOB_MORE;
	end(request);
	return JOB_DONE;
}

int
host_request_begin(struct host_request *request)
{
	struct host_request_table *table = request->table;
	int error;

	forget_oldest(table);
	request->id = ++table->last_id;
	request->begun = program_now(table->program);
	job_init(&request->job, request->job.lane, request_slice);
	TAILQ_INSERT_TAIL(&table->running, request, link);
	table->running_count++;
	/* it stays, whatever becomes of it now */
	request->readers++;
	job_run_first(table->objects->turns, &request->job);
	request->readers--;
	error = request->error;
	if (request->phase == REQUEST_FAILED)
		host_request_free(request, table->objects->turns);
	return error;
}

void
host_request_back(struct host_request *request, const struct chimney_record *record)
{
	struct turns *turns = request->table->objects->turns;

	request->completed = program_now(request->table->program);
	request->frames_discarded = record->frames_discarded;
	request->unsettled = record->unsettled;
	request->order = ++request->table->completions;
	apply(request, 0);
	if (request->blocks <= APPLY_AT_ONCE)
		job_run_first(turns, &request->job);
	else
		job_start(turns, &request->job);
}

void
host_request_read(struct host_request *request)
{
	if (request->readers++ == 0)
		request->table->rows_kept -= request->rows.room;
}

void
host_request_read_end(struct host_request *request)
{
	if (--request->readers != 0)
		return;
	request->table->rows_kept += request->rows.room;
	rows_trim(request->table);
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
host_request_progress(const struct host_request *request)
{
	const struct host_request_table *table = request->table;
	uint64_t now = chimney_stats(table->program->target)->connections;
	double seconds = (double)(program_now(table->program) - request->begun) / 1e9;
	uint64_t moved = 0;

	if (request->phase == REQUEST_MAKING)
		return json_pack("{s:o}", "progress",
		        json_sprintf("request %u (%s): %u blocks so far, %.1f s", request->id,
		                request->command, request->tree.blocks, seconds));
	if (request->kind == CHIMNEY_INITIATE && now > request->live_before)
		moved = now - request->live_before;
	else if (request->kind == CHIMNEY_TERMINATE && now < request->live_before)
		moved = request->live_before - now;
	return json_pack("{s:o}", "progress",
	        json_sprintf("request %u (%s): %llu connections so far, %u blocks, %.1f s",
	                request->id, request->command, (unsigned long long)moved, request->blocks,
	                seconds));
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* A tree that came back: what it means for the objects, and the rows of the report. */
#include <string.h>

#include "host_requests.h"
#include "request_apply.h"
#include "request_failure.h"
#include "request_rows.h"

/* What an update asks for once (UPD-3) is not asked for again by the next one. */
static void
apply_tcp_update(const struct tcp_cached *cached, struct object *object)
{
	object->tcp.cached = *cached;
	object->tcp.cached.flags &= ~(TCP_CACHED_KEEPALIVE_RESTART | TCP_CACHED_MAX_RT_RESTART |
	                              TCP_CACHED_UPDATE_RCV_WND);
}

/*
 * A cached update that succeeded is what the host now holds to be true (UPD-1, UPD-5): the one that completed last, of
 * objects that are not gone.
 */
static void
apply_update(const struct host_request *request, const struct offload_block_list *block,
        struct object *object)
{
	const void *cached = offload_block_cached(block);

	if (object->state != OBJECT_LIVE || object->updated > request->order)
		return;
	object->updated = request->order;
	if (object->layer == OFFLOAD_LAYER_PATH && request->relink_to != NULL)
		object_move(request->table->objects, object, request->relink_to);
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
apply_block(const struct host_request *request, const struct offload_block_list *block,
        struct object *object)
{
	struct object_table *objects = request->table->objects;
	bool success = block->status == OFFLOAD_SUCCESS;

	switch (request->kind) {
	case CHIMNEY_INITIATE:
		if (object->state != OBJECT_RISING)
			break; /* a linker */
		if (success || block->status == OFFLOAD_PARTIAL_SUCCESS)
			object_land(objects, object);
		else
			object_drop(objects, object);
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
			object_drop(objects, object);
		break;
	default:
		break;
	}
}

void
request_drop_rising(struct host_request *request)
{
	const struct offload_block_list *block;

	for (block = tree_first(&request->tree); block != NULL;
	        block = tree_next(&request->tree, block))
		if (tree_object(block) != NULL && tree_object(block)->state == OBJECT_RISING)
			object_drop(request->table->objects, tree_object(block));
}

/* The row comes first: it says what the block found, not what becomes of the object. */
static void
apply_one(struct host_request *request, const struct offload_block_list *block)
{
	uint32_t status = block->status < OFFLOAD_STATUS_COUNT ? block->status : OFFLOAD_PENDING;

	request->status[status]++;
	request_failure_note(request, block);
	if (request->error == 0)
		host_request_row_add(request, block);
	if (tree_object(block) != NULL)
		apply_block(request, block, tree_object(block));
}

bool
request_apply(struct host_request *request, const struct slice *slice)
{
	while (request->at != NULL) {
		apply_one(request, request->at);
		request->at = tree_next(&request->tree, request->at);
		if (slice_over(slice))
			return false;
	}
	if (request->made != NULL)
		group_rise(request->table->objects, request->made);
	request->made = NULL;
	return true;
}

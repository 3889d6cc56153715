/* SPDX-License-Identifier: BSD-3-Clause */
/* What the message about a failed request says of its blocks. */
#include <stdio.h>

#include "host_requests.h"
#include "request_failure.h"

/* Why an object was not offloaded; NULL: its status does not say. */
static const char *
initiate_reason(uint32_t status)
{
	switch (status) {
	case OFFLOAD_TCP_ENTRIES:
		return "no room for more connections: --connections";
	case OFFLOAD_PATH_ENTRIES:
		return "no room for more paths: --paths";
	case OFFLOAD_NEIGHBOR_ENTRIES:
		return "no room for more neighbors: --neighbors";
	case OFFLOAD_TCP_RCV_BUFFER:
		return "no room for more sinks and echoes: --services";
	case OFFLOAD_VLAN_MISMATCH:
		return "its VLAN is none of --vlan";
	case OFFLOAD_PATH_MTU:
		return "the MTU does not fit the port, or the IP version";
	case OFFLOAD_CONNECTION_REJECTED:
		return "another connection has these addresses and ports";
	default:
		return NULL;
	}
}

/* The first of the new objects that failed: those behind it may just not have been attempted (INIT-3). */
static bool
is_first(const struct host_request *request)
{
	for (uint32_t status = 0; status < OFFLOAD_STATUS_COUNT; status++)
		if (request->failures[status].rising)
			return false;
	return true;
}

static const char *
refusal_reason(const struct host_request *request, const struct object *object)
{
	if (object->state != OBJECT_RISING || !is_first(request))
		return NULL;
	for (const struct object *at = object->parent; at != NULL; at = at->parent)
		if (at->invalid)
			return "what it is to depend on is invalid";
	return object->layer == OFFLOAD_LAYER_TCP
	               ? "its state does not fit, see help tcp add; or its worker is lost"
	               : NULL;
}

static const char *
reason(const struct host_request *request, const struct object *object, uint32_t status)
{
	switch (request->kind) {
	case CHIMNEY_INITIATE:
		return status == OFFLOAD_FAILURE ? refusal_reason(request, object)
		                                 : initiate_reason(status);
	case CHIMNEY_UPDATE:
		if (request->relink_to != NULL && request->relink_to->invalid)
			return "the neighbor to go to is invalid";
		if (status == OFFLOAD_PATH_MTU)
			return initiate_reason(status);
		return object->invalid ? "it is invalid: it can only be terminated" : NULL;
	case CHIMNEY_TERMINATE:
		return object->children != 0 ? "others depend on it: terminate them first" : NULL;
	default:
		return NULL;
	}
}

void
request_failure_note(struct host_request *request, const struct offload_block_list *block)
{
	const struct object *object = tree_object(block);
	struct request_failure *failure;

	if (object == NULL || block->status == OFFLOAD_SUCCESS ||
	        block->status >= OFFLOAD_STATUS_COUNT)
		return;
	/* what was to be offloaded tells more than what it was to hang from */
	failure = &request->failures[block->status];
	if (failure->object[0] != '\0' && (failure->rising || object->state != OBJECT_RISING))
		return;
	failure->reason = reason(request, object, block->status);
	failure->rising = object->state == OBJECT_RISING;
	object_name(object, failure->object);
}

/* How much a status tells of what is wrong: those that name a lack come first, what follows from others last. */
static unsigned int
rank(uint32_t status)
{
	return status == OFFLOAD_PARTIAL_SUCCESS ? 2 : status == OFFLOAD_FAILURE;
}

void
request_failure_text(const struct host_request *request, char *to, size_t room)
{
	size_t used = 0;

	to[0] = '\0';
	for (uint32_t i = 0; i < 3 * OFFLOAD_STATUS_COUNT && used < room; i++) {
		uint32_t status = i % OFFLOAD_STATUS_COUNT, count = request->status[status];
		const struct request_failure *failure = &request->failures[status];
		char more[32] = "";

		if (rank(status) != i / OFFLOAD_STATUS_COUNT || failure->object[0] == '\0')
			continue;
		if (count > 1)
			snprintf(more, sizeof(more), " and %u more", count - 1);
		used += (size_t)snprintf(to + used, room - used, "%s%s%s %s%s%s%s",
		        used != 0 ? "; " : "", failure->object, more, offload_status_name(status),
		        failure->reason != NULL ? " (" : "",
		        failure->reason != NULL ? failure->reason : "",
		        failure->reason != NULL ? ")" : "");
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What a reply says of a request. */
#include <stdlib.h>

#include "host_request.h"

bool
host_request_hold(struct host_request *request, struct object_group *group)
{
	/* objects come by group: the same one again is the rule */
	if (request->group_count != 0 && request->groups[request->group_count - 1] == group)
		return true;
	if (request->group_count == request->group_room) {
		size_t room = request->group_room != 0 ? request->group_room * 2 : 4;
		struct object_group **groups =
		        realloc(request->groups, room * sizeof(struct object_group *));

		if (groups == NULL)
			return false;
		request->groups = groups;
		request->group_room = room;
	}
	group_hold(group);
	request->groups[request->group_count++] = group;
	return true;
}

bool
host_request_ended(const struct host_request *request)
{
	return request->phase >= REQUEST_DONE;
}

uint32_t
host_request_failures(const struct host_request *request)
{
	return request->phase == REQUEST_DONE ? request->blocks - request->status[OFFLOAD_SUCCESS]
	                                      : 0;
}

json_t *
host_request_report(const struct host_request *request)
{
	json_t *report = json_pack("{s:I, s:s, s:s, s:b, s:I}", "request", (json_int_t)request->id,
	        "kind", chimney_request_name(request->kind), "by", request->command, "done",
	        request->phase == REQUEST_DONE, "blocks",
	        (json_int_t)(request->phase == REQUEST_MAKING ? request->tree.blocks
	                                                      : request->blocks));
	json_t *status;

	if (request->phase != REQUEST_DONE)
		return report;
	status = json_object();
	for (uint32_t i = 0; i < OFFLOAD_STATUS_COUNT; i++)
		if (request->status[i] != 0)
			json_object_set_new(
			        status, offload_status_name(i), json_integer(request->status[i]));
	json_object_set_new(report, "status", status);
	json_object_set_new(report, "completion_us",
	        json_real((double)(request->completed - request->submitted) / 1000.0));
	if (request->kind == CHIMNEY_INVALIDATE || request->kind == CHIMNEY_UPDATE)
		json_object_set_new(
		        report, "frames_discarded", json_integer(request->frames_discarded));
	return report;
}

json_t *
host_request_rest(const struct host_request *request)
{
	json_t *rest = json_object();

	if (request->rows.left_out != 0)
		json_object_set_new(rest, "objects_not_listed",
		        json_integer((json_int_t)request->rows.left_out));
	if (request->rows_dropped != 0)
		json_object_set_new(
		        rest, "objects_not_kept", json_integer((json_int_t)request->rows_dropped));
	return rest;
}

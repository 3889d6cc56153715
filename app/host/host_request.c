/* SPDX-License-Identifier: BSD-3-Clause */
/* What a reply says of a request. */
#include "host_request.h"

uint32_t
host_request_failures(const struct host_request *request)
{
	return request->done ? request->blocks - request->status[OFFLOAD_SUCCESS] : 0;
}

json_t *
host_request_report(const struct host_request *request, bool full)
{
	json_t *report = json_pack("{s:I, s:s, s:s, s:b, s:I}", "request", (json_int_t)request->id,
	        "kind", chimney_request_name(request->kind), "by", request->command, "done",
	        request->done, "blocks", (json_int_t)request->blocks);
	json_t *status;

	if (!request->done)
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
	if (full && json_array_size(request->rows) != 0)
		json_object_set(report, "objects", request->rows);
	if (full && request->rows_left_out != 0)
		json_object_set_new(report, "objects_not_listed",
		        json_integer((json_int_t)request->rows_left_out));
	return report;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows of a request's report: objects by name, with the state that came back or the status that failed. */
#ifndef APP_REQUEST_ROWS_H
#define APP_REQUEST_ROWS_H

#include "host_request.h"

/*
 * Add a row for a block of a completed request when its kind asks for one: every object of a query, what a
 * terminate hands back, else only blocks without SUCCESS. Never more rows than the request's limit.
 */
void host_request_row_add(struct host_request *request, const struct offload_block_list *block);

#endif

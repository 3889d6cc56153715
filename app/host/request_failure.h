/* SPDX-License-Identifier: BSD-3-Clause */
/* What the message about a failed request says of its blocks: which, with what status, and why where that is known. */
#ifndef APP_REQUEST_FAILURE_H
#define APP_REQUEST_FAILURE_H

#include "host_request.h"

/* A block of a tree that came back, before it is applied to its object. */
void request_failure_note(struct host_request *request, const struct offload_block_list *block);
/* "c1 TCP_ENTRIES (all --connections are in use); p1 and 1 more FAILURE", cut to the room. */
void request_failure_text(const struct host_request *request, char *to, size_t room);

#endif

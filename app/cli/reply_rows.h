/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Replies with many rows: written in turns, as far as the other side reads. What is not read yet is bounded
 * (SESSION_OUTPUT_MAX and a row); the rows themselves wait as struct rows.
 */
#ifndef APP_REPLY_ROWS_H
#define APP_REPLY_ROWS_H

#include "rows.h"
#include "session.h"

struct reply_rows_spec {
	/* what stands before the rows, and after them; taken over; NULL: nothing */
	json_t *head, *rest;
	/* the rows of a request that is done ... */
	struct host_request *request;
	/* ... or these, which are taken over */
	struct rows rows;
	/* as JSON, "objects" is there even when there are no rows */
	bool always;
	/* members that text leaves out when there are several rows; NULL at the end; may be NULL */
	const char *const *hidden;
};

/* End the reply to the command that runs with a list "objects". format NULL: ok, else an error. */
void reply_rows(struct session *session, struct reply_rows_spec *spec, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

#endif

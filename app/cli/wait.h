/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands that wait for a request. Nobody blocks: a waiting session is busy, and its reply is made when the request
 * has come so far, or its time is up.
 */
#ifndef APP_WAIT_H
#define APP_WAIT_H

#include "session.h"

/* The session replies with the request's report when that is done; at once when it is. */
void wait_request(struct session *session, struct host_request *request, uint64_t timeout_ms);
/* The session replies with the request's number when it has been submitted; at once when it has. */
void wait_submitted(struct session *session, struct host_request *request, uint64_t timeout_ms);
/* A request was submitted, or has ended: reply to those who wait for it. */
void wait_told(struct cli *cli, struct host_request *request);
/* A request that failed to begin: an error reply. */
void wait_failed(struct session *session, int error);

/* For others that wait: the times of the session's wait, and whether a line of progress is due. */
void wait_times(struct session *session, uint64_t timeout_ms);
bool wait_late(const struct session *session);
bool wait_progress_due(struct session *session);
/* Seconds so far. */
double wait_seconds(const struct session *session);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands that wait: for a request's completion, or for indications of objects. Nobody blocks: a waiting
 * session is busy, and its reply is made when what it waits for has come, or its time is up.
 */
#ifndef APP_WAIT_H
#define APP_WAIT_H

#include "session.h"

/* The session replies with the request's report when that completes; at once when it has. */
void wait_request(struct session *session, struct host_request *request, uint64_t timeout_ms);
/* The session replies when every object selected has been indicated. Takes the selection over. */
void wait_indications(struct session *session, enum wait_kind kind, struct selection *selection,
        uint64_t timeout_ms);

/* A request completed: reply to those who wait for it. */
void waits_completed(struct cli *cli, struct host_request *request);
/* Time has passed: indications, progress, timeouts. Call every few ms while anybody waits. */
void waits_tick(struct cli *cli);

#endif

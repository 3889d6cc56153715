/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events, streamed to the sessions that follow them. A follower that reads too slowly, or whose long reply is going out,
 * is as far behind as the log of events reaches; beyond that it misses events and is told how many. Nobody waits for it.
 */
#ifndef APP_FOLLOW_H
#define APP_FOLLOW_H

#include "session.h"

#define FOLLOW_QUEUE_MAX (256u * 1024u) /* bytes not yet read: no event is written then */

/* From now on, after this many of the last events; or no longer. Ends the command with its reply. */
void follow_begin(struct session *session, uint64_t past);
void follow_end(struct session *session);
/* There are new ones: stream them to all followers. */
void follow_events(struct cli *cli);
/* A follower has read, or its reply is out: go on where it is. */
void follow_catch_up(struct session *session);

#endif

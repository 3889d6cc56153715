/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events, streamed to the sessions that follow them. A follower that reads too slowly misses events and is told how
 * many; nobody waits for it.
 */
#ifndef APP_FOLLOW_H
#define APP_FOLLOW_H

#include "session.h"

#define FOLLOW_QUEUE_MAX (256u * 1024u) /* bytes a follower may be behind before it misses events */

/* From now on, or no longer. */
void follow_set(struct session *session, bool follows);
/* Stream a new event to all followers. */
void follow_event(struct cli *cli, const struct event_entry *entry);
/* A follower has read: tell it what it missed. */
void follow_catch_up(struct session *session);

#endif

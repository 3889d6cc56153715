/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a host receives (RCV-1 to RCV-3): text goes into the buffers that were posted; what these do not hold is queued in the buffers
 * that it came in and indicated, one indication at a time. A connection has this only while there is any of it.
 */
#ifndef TOE_HOST_RECEIVE_H
#define TOE_HOST_RECEIVE_H

#include <rte_branch_prediction.h>

#include "host_io.h"

#define TOE_PUSH_MS 500u /* TMR-1 */

/* Lists of a worker are empty. */
void toe_host_receive_init(struct toe_engine *engine);

/* A buffer is posted, behind those before it. */
void toe_host_post(struct toe_engine *engine, uint32_t index, struct chimney_io *io);
/* Push timers that have expired, and windows that may open: a bounded number of each. */
void toe_host_receive_tick(struct toe_engine *engine);

/* In every turn. */
static inline void
toe_host_receive(struct toe_engine *engine)
{
	if (unlikely((engine->pushing.first & engine->starved.first) != TOE_INDEX_NONE) &&
	        engine->receives_ms != engine->now_ms)
		toe_host_receive_tick(engine);
}

/* The functions of tcp/user.h, for a host. */
bool host_deliver(struct toe_engine *engine, uint32_t index, struct rte_mbuf *mbuf,
        const uint8_t *data, uint32_t length, bool push);
bool host_fin(struct toe_engine *engine, uint32_t index);
bool host_accepts(const struct toe_engine *engine, const struct toe_conn *conn);
void host_refused(struct toe_engine *engine, uint32_t index);
uint32_t host_window(const struct toe_engine *engine, const struct toe_conn *conn);

/*
 * TERM-2, TERM-4: a terminate finds text that is indicated and not answered: it waits for the answer, in the list engine->closing from
 * then on, and nothing is indicated any more. False: there is none. job: the chain that the item came with.
 */
bool host_close(struct toe_engine *engine, uint32_t index, struct toe_item *item, uint64_t job,
        uint8_t tick_ms);
/* Does a terminate other than this one (NULL: any) wait for this connection's answer? */
bool host_is_closing(const struct toe_engine *engine, uint32_t index, const struct toe_item *item);
/* One whose answer has come goes on: its item, and what it came with; NULL: none. */
struct toe_item *host_closing(struct toe_engine *engine, uint64_t *job, uint8_t *tick_ms);
/* An indication was answered. */
void host_receives_answered(struct toe_engine *engine, uint32_t index);
/* Receives go back with this status. */
void host_receives_end(struct toe_engine *engine, uint32_t index, enum offload_status status);

#endif

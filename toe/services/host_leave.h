/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Outstanding sends of a connection that comes, and of one that leaves. They come in as a chain of descriptors (INIT-6), taken as
 * it is, however long; and go up as one (TERM-2, TERM-4): what is completed is returned first, as ever; what has something that is not
 * acknowledged, and is in nobody's hands any more, is the chain.
 *
 * A terminate whose connection has more than one burst of them, or frames in a port's ring, waits (TOE_SENDS_LEAVING): its queue is
 * moved on a bounded part in a turn, in turn with others. The connection itself is gone by then, and blocks nobody.
 */
#ifndef TOE_HOST_LEAVE_H
#define TOE_HOST_LEAVE_H

#include "host_io.h"
#include "message.h"

#define TOE_LEAVING_TURN 2u /* queues in a turn, a burst of each */

/* The chain of a connection that has been loaded; false: its channel is not there, or another host's. Nothing of it is touched. */
bool host_arrive(struct toe_engine *engine, uint32_t index, const struct tcp_delegated *delegated);
/*
 * The connection leaves by this item: true: its chain is in the item, and in the state that it names; false: it will be, when
 * host_leaving returns the item. job: what it came with.
 */
bool host_leave(struct toe_engine *engine, uint32_t index, struct toe_item *item, uint64_t job);
/* One of those that wait has its turn: its item, when it is done; *job: what it came with; *work: something was done. */
struct toe_item *host_leaving(struct toe_engine *engine, uint64_t *job, bool *work);
/* Lost: the items are their host's again, and what was in the queues is not touched. */
void host_leaving_forget(struct toe_engine *engine);

static inline bool
host_is_leaving(const struct toe_engine *engine)
{
	return engine->sends_first[TOE_SENDS_LEAVING] != TOE_INDEX_NONE;
}

#endif

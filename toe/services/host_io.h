/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host stack as the user of a connection: what its threads submit to be sent (SND-1, SND-2), and disconnects, which stand in line
 * with it (DSC-1, DSC-2, DSC-4). A connection has a queue of sends only while there are any.
 *
 * Whatever happens to a queue at once, an ACK of all of it or a reset, completions are made in bounded parts: TOE_SENDS_BURST by the
 * event itself, the rest by toe_host_settle, connections by turns.
 */
#ifndef TOE_HOST_IO_H
#define TOE_HOST_IO_H

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

#include "channel_port.h"
#include "host_block.h"
#include "text_copy.h"

#define TOE_SENDS_BURST 32u /* descriptors of a queue that are moved on at once */
#define TOE_SENDS_TURN 64u /* descriptors of all queues in a turn, but for those that events move */

/* CHN-3: does nobody else have its buffers any more? */
static inline bool
toe_io_is_back(const struct chimney_io *io)
{
	if (!(io->marks & TOE_IO_ATTACHED))
		return true;
	for (const struct rte_mbuf *at = io->mbuf; at != NULL; at = at->next)
		if (rte_mbuf_refcnt_read(at) != 1)
			return false;
	return true;
}

/* Bytes of the stream that a descriptor is. */
static inline uint32_t
toe_io_bytes(const struct chimney_io *io)
{
	return io->marks & TOE_IO_LATE ? 0 : io->length;
}

/* A send or a disconnect of this connection, behind those before it. */
void toe_host_submit(struct toe_engine *engine, uint32_t index, struct chimney_io *io);
/* A tick has passed, and sends wait for their buffers: some of these are looked at. */
void toe_host_buffers_tick(struct toe_engine *engine);
/* Connections have more to complete: some of it. How many descriptors were moved on. */
uint32_t toe_host_settle_turn(struct toe_engine *engine);

/* In every turn. */
static inline void
toe_host_buffers(struct toe_engine *engine)
{
	if (unlikely((engine->sends_first[TOE_SENDS_BUFFERS] &
	                     engine->sends_first[TOE_SENDS_LEAVING]) != TOE_INDEX_NONE) &&
	        engine->buffers_ms != engine->now_ms)
		toe_host_buffers_tick(engine);
}

/* In every turn. */
static inline uint32_t
toe_host_settle(struct toe_engine *engine)
{
	if (likely(engine->sends_first[TOE_SENDS_SETTLE] == TOE_INDEX_NONE))
		return 0;
	return toe_host_settle_turn(engine);
}

/* The functions of tcp/user.h, for a host. */
void host_copy(struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        struct text_copy *copy, uint32_t length);
bool host_attach(struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        uint32_t length, uint32_t pieces, struct rte_mbuf *frame);
void host_acked(struct toe_engine *engine, uint32_t index, uint32_t bytes);
/*
 * The connection has ended: what is outstanding completes, what is not acknowledged with this status. reset: the host itself
 * has reset it, which is what it wanted.
 */
void host_end(struct toe_engine *engine, uint32_t index, enum offload_status status, bool reset);
/* Out of the line in which its connection stands, if it does. */
void host_stand_out(struct toe_engine *engine, struct toe_sends *sends);
/* Complete a part of what can be. True: there may be more; else what is left of that waits for its buffers. */
bool host_part(struct toe_engine *engine, struct toe_sends *sends);
/* Give up the queue; what is in it is not touched any more: its host thread knows of it (CHN-4). */
void host_forget(struct toe_engine *engine, struct toe_conn *conn);

#endif

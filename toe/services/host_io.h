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

#include "channel_port.h"
#include "engine.h"
#include "text_copy.h"

/* Marks of a descriptor */
#define TOE_IO_COPY (1u << 0) /* its buffers cannot be attached to a frame */
#define TOE_IO_ATTACHED (1u << 1) /* frames have had buffers of it */
/* It came behind our FIN, or an abortive disconnect, and is nothing but a place in the queue */
#define TOE_IO_LATE (1u << 2)
#define TOE_IO_ENDED (1u << 3) /* `status` and `done` say how it completes */

#define TOE_SENDS_BURST 32u /* descriptors of a queue that are moved on at once */
#define TOE_SENDS_TURN 64u /* descriptors of all queues in a turn, but for those that events move */

/* Why a connection is in line */
enum toe_sends_line {
	TOE_SENDS_NONE = 0,
	TOE_SENDS_BUFFERS, /* its sends are acknowledged and wait for their buffers */
	TOE_SENDS_SETTLE, /* there is more to complete than one burst */
	TOE_SENDS_LINES
};

_Static_assert(TOE_SENDS_LINES == TOE_SENDS_LINE_COUNT, "as the engine has them");

/*
 * Sends and disconnects of a connection, in order, linked by chimney_io.next. Positions in the stream are modulo 2^32: what is looked
 * at lies between snd_una and snd_max, or a descriptor before that.
 */
struct toe_sends {
	struct chimney_io *first, *last; /* that are not completed */
	/* First that is not known to have ended, NULL: none. Those before it wait for their buffers, or their turn. */
	struct chimney_io *unacked;
	struct chimney_io *at; /* where text was read last, NULL: nowhere */
	struct rte_mbuf *at_mbuf; /* and of its buffers the one */
	uint32_t at_begin; /* position of the first byte of `at` */
	uint32_t at_start; /* position of the first byte of `at_mbuf` */
	uint32_t
	        acked; /* bytes from the beginning of `unacked` on that are acknowledged; a FIN counts as one */
	/* The connections in the same line, TOE_INDEX_NONE at the ends */
	uint32_t waiting_next, waiting_previous;
	uint8_t line; /* enum toe_sends_line */
	uint8_t end; /* what is not acknowledged ends with this status; OFFLOAD_SUCCESS: it goes on */
	bool reset; /* it was the host itself who ended it */
} __rte_cache_aligned;

_Static_assert(sizeof(struct toe_sends) == 64, "a cache line");

/* Of a connection that has one. */
static inline struct toe_sends *
toe_sends_of(const struct toe_engine *engine, const struct toe_conn *conn)
{
	return toe_pool_at(&engine->sends, conn->attached);
}

/* Bytes of the stream that a descriptor is. */
static inline uint32_t
toe_io_bytes(const struct chimney_io *io)
{
	return io->marks & TOE_IO_LATE ? 0 : io->length;
}

/* A send or a disconnect of this connection, behind those before it. */
void toe_host_submit(struct toe_engine *engine, uint32_t index, struct chimney_io *io);
/*
 * A descriptor goes back to its host thread, behind those that have left before it: with what was outstanding on a connection that
 * ended, or was not there.
 */
void toe_io_return(struct toe_engine *engine, struct chimney_io *io, enum offload_status status,
        uint32_t done);
/* Those of a channel that have left and wait for their buffers: which are back goes back. How many. */
uint32_t toe_io_left_turn(struct toe_engine *engine, struct toe_channel_port *port);
/* A tick has passed, and sends wait for their buffers: some of these are looked at. */
void toe_host_buffers_tick(struct toe_engine *engine);
/* Connections have more to complete: some of it. How many descriptors were moved on. */
uint32_t toe_host_settle_turn(struct toe_engine *engine);

/* In every turn. */
static inline void
toe_host_buffers(struct toe_engine *engine)
{
	if (unlikely(engine->sends_first[TOE_SENDS_BUFFERS] != TOE_INDEX_NONE) &&
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
/* What is outstanding goes back at once: what is not acknowledged with this status. */
void host_close(struct toe_engine *engine, uint32_t index, enum offload_status status);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host stack as the user of a connection: what its threads submit (SND-1, SND-2). A connection has a queue of sends only while
 * there are any.
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
#define TOE_IO_LATE (1u << 2) /* it came behind our FIN, and is nothing but a place in the queue */

/*
 * Sends of a connection, in order, linked by chimney_io.next. Positions in the stream are modulo 2^32: what is looked at lies between
 * snd_una and snd_max, or a descriptor before that.
 */
struct toe_sends {
	struct chimney_io *first, *last; /* that are not completed */
	/* First with a byte that is not acknowledged, NULL: none. Those before it wait for their buffers. */
	struct chimney_io *unacked;
	struct chimney_io *at; /* where text was read last, NULL: nowhere */
	struct rte_mbuf *at_mbuf; /* and of its buffers the one */
	uint32_t at_begin; /* position of the first byte of `at` */
	uint32_t at_start; /* position of the first byte of `at_mbuf` */
	uint32_t acked; /* bytes of `unacked` that are acknowledged */
	/* The connections whose sends wait for their buffers, TOE_INDEX_NONE at the ends */
	uint32_t waiting_next, waiting_previous;
	bool waits; /* it is among these */
} __rte_cache_aligned;

_Static_assert(sizeof(struct toe_sends) == 64, "a cache line");

/* A send of this connection, behind those before it. */
void toe_host_send(struct toe_engine *engine, uint32_t index, struct chimney_io *io);
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

/* In every turn. */
static inline void
toe_host_buffers(struct toe_engine *engine)
{
	if (unlikely(engine->buffers_first != TOE_INDEX_NONE) &&
	        engine->buffers_ms != engine->now_ms)
		toe_host_buffers_tick(engine);
}

/* The functions of tcp/user.h, for a host. */
void host_copy(struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        struct text_copy *copy, uint32_t length);
bool host_attach(struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        uint32_t length, uint32_t pieces, struct rte_mbuf *frame);
void host_acked(struct toe_engine *engine, uint32_t index, uint32_t bytes);
/* What is outstanding goes back: what is not acknowledged with this status. */
void host_close(struct toe_engine *engine, uint32_t index, enum offload_status status);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends of hosts: from their submission to their completion. */
#include "host_io.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "tcp_facts.h"

#define CHAIN_MAX 64u /* buffers of a send that are looked at: what has more is copied */
#define TICK_CONNS 64u /* looked at in a tick */

static struct toe_sends *
sends_of(const struct toe_engine *engine, const struct toe_conn *conn)
{
	return toe_pool_at(&engine->sends, conn->attached);
}

static struct toe_channel_port *
port_of(const struct toe_engine *engine, const struct chimney_io *io)
{
	return atomic_load_explicit(&engine->channels->port[io->channel], memory_order_relaxed);
}

/* Bytes of the stream that a send is. */
static inline uint32_t
io_bytes(const struct chimney_io *io)
{
	return io->marks & TOE_IO_LATE ? 0 : io->length;
}

/* How a send ends of which every byte is acknowledged. */
static inline enum offload_status
io_end(const struct chimney_io *io)
{
	return io->marks & TOE_IO_LATE ? OFFLOAD_INVALID_STATE : OFFLOAD_SUCCESS;
}

/* May its buffers be attached to frames: is each of them whole, and the host's alone? */
static bool
is_attachable(const struct chimney_io *io)
{
	uint32_t n = 0;

	for (const struct rte_mbuf *at = io->mbuf; at != NULL; at = at->next)
		if (++n > CHAIN_MAX || !RTE_MBUF_DIRECT(at) || rte_mbuf_refcnt_read(at) != 1)
			return false;
	return true;
}

/* CHN-3: does nobody else have its buffers any more? */
static bool
is_back(const struct chimney_io *io)
{
	if (!(io->marks & TOE_IO_ATTACHED))
		return true;
	for (const struct rte_mbuf *at = io->mbuf; at != NULL; at = at->next)
		if (rte_mbuf_refcnt_read(at) != 1)
			return false;
	return true;
}

void
toe_io_complete(
        struct toe_engine *engine, struct chimney_io *io, enum offload_status status, uint32_t done)
{
	engine->channels_busy |= 1u << io->channel;
	toe_channel_complete(port_of(engine, io), io, status, done, engine->life);
}

void
toe_io_return(
        struct toe_engine *engine, struct chimney_io *io, enum offload_status status, uint32_t done)
{
	struct toe_channel_port *port = port_of(engine, io);

	if (port->left.first == NULL && is_back(io)) {
		toe_io_complete(engine, io, status, done);
		return;
	}
	io->status = (uint8_t)status;
	io->done = done;
	toe_io_append(&port->left, io);
	engine->channels_busy |= 1u << io->channel;
}

uint32_t
toe_io_left_turn(struct toe_engine *engine, struct toe_channel_port *port)
{
	uint32_t n = 0;

	while (n < TOE_CHANNEL_BURST && port->left.first != NULL && is_back(port->left.first)) {
		struct chimney_io *io = toe_io_pop(&port->left);

		toe_io_complete(engine, io, io->status, io->done);
		n++;
	}
	return n;
}

static void
waiting_add(struct toe_engine *engine, uint32_t index, struct toe_sends *sends)
{
	sends->waits = true;
	sends->waiting_next = TOE_INDEX_NONE;
	sends->waiting_previous = engine->buffers_last;
	if (engine->buffers_last == TOE_INDEX_NONE)
		engine->buffers_first = index;
	else
		sends_of(engine, &engine->conns[engine->buffers_last])->waiting_next = index;
	engine->buffers_last = index;
}

static void
waiting_remove(struct toe_engine *engine, struct toe_sends *sends)
{
	uint32_t next = sends->waiting_next, previous = sends->waiting_previous;

	if (!sends->waits)
		return;
	sends->waits = false;
	if (previous == TOE_INDEX_NONE)
		engine->buffers_first = next;
	else
		sends_of(engine, &engine->conns[previous])->waiting_next = next;
	if (next == TOE_INDEX_NONE)
		engine->buffers_last = previous;
	else
		sends_of(engine, &engine->conns[next])->waiting_previous = previous;
}

struct toe_host_block *
toe_host_get(struct toe_engine *engine, struct toe_conn *conn)
{
	struct toe_host_block *block;

	if (conn->attached != TOE_INDEX_NONE)
		return toe_pool_at(&engine->sends, conn->attached);
	conn->attached = toe_pool_take(&engine->sends);
	block = toe_pool_at(&engine->sends, conn->attached);
	*block = (struct toe_host_block){0};
	/* No PSH lately. */
	block->receives.push_end = (uint32_t)conn->rcv_bytes - INT32_MAX / 2;
	return block;
}

void
toe_host_release(struct toe_engine *engine, struct toe_conn *conn)
{
	const struct toe_host_block *block;

	if (conn->attached == TOE_INDEX_NONE)
		return;
	block = toe_pool_at(&engine->sends, conn->attached);
	if (block->sends.first != NULL || !toe_receives_idle(&block->receives))
		return;
	toe_pool_give(&engine->sends, conn->attached);
	conn->attached = TOE_INDEX_NONE;
}

/* No sends are left. */
static void
sends_end(struct toe_engine *engine, struct toe_conn *conn)
{
	waiting_remove(engine, sends_of(engine, conn));
	toe_host_release(engine, conn);
}

/* What is acknowledged leaves the queue, in order, as far as its buffers are back (SND-1, SND-2). */
static void
settle(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_sends *sends = sends_of(engine, conn);

	while (sends->unacked != NULL && sends->acked >= io_bytes(sends->unacked)) {
		sends->acked -= io_bytes(sends->unacked);
		if (sends->at == sends->unacked)
			sends->at = NULL;
		sends->unacked = sends->unacked->next;
	}
	while (sends->first != sends->unacked && is_back(sends->first)) {
		struct chimney_io *io = sends->first;

		sends->first = io->next;
		toe_io_complete(engine, io, io_end(io), io_bytes(io));
	}
	if (sends->first == NULL)
		sends_end(engine, conn);
	else if (sends->first != sends->unacked && !sends->waits)
		waiting_add(engine, index, sends);
	else if (sends->first == sends->unacked)
		waiting_remove(engine, sends);
}

void
toe_host_send(struct toe_engine *engine, uint32_t index, struct chimney_io *io)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_sends *sends;

	if (conn->flags & TOE_CONN_ABORTED) {
		toe_io_return(engine, io, OFFLOAD_REQUEST_ABORTED, 0);
		return;
	}
	sends = &toe_host_get(engine, conn)->sends;
	if (conn->flags & TOE_CONN_FIN_QUEUED)
		io->marks = TOE_IO_LATE;
	else if (!is_attachable(io))
		io->marks = TOE_IO_COPY;
	io->next = NULL;
	if (sends->first == NULL)
		sends->first = io;
	else
		sends->last->next = io;
	sends->last = io;
	if (sends->unacked == NULL) {
		sends->unacked = io;
		sends->acked = 0;
	}
	if (io_bytes(io) == 0) {
		settle(engine, index);
		return;
	}
	conn->snd_limit += io->length;
	toe_conn_ready(engine, index);
}

/*
 * Where the text at this offset lies: at_mbuf, `*skip` bytes behind its beginning; returns how much of it lies there. Sending goes
 * forward, so the search goes on from where the last one ended; for what is sent again it starts anew.
 */
static uint32_t
seek(struct toe_sends *sends, const struct toe_conn *conn, uint32_t offset, uint32_t length,
        uint32_t *skip)
{
	uint32_t left;

	if (sends->at == NULL || seq_lt(offset, sends->at_start) ||
	        seq_lt(offset, sends->at_begin)) {
		sends->at = sends->unacked;
		sends->at_begin = (uint32_t)conn->snd_offset - sends->acked;
		sends->at_mbuf = sends->at->mbuf;
		sends->at_start = sends->at_begin - sends->at->offset;
	}
	while (offset - sends->at_begin >= io_bytes(sends->at)) {
		sends->at_begin += io_bytes(sends->at);
		sends->at = sends->at->next;
		sends->at_mbuf = sends->at->mbuf;
		sends->at_start = sends->at_begin - sends->at->offset;
	}
	while (offset - sends->at_start >= sends->at_mbuf->data_len) {
		sends->at_start += sends->at_mbuf->data_len;
		sends->at_mbuf = sends->at_mbuf->next;
	}
	*skip = offset - sends->at_start;
	left = io_bytes(sends->at) - (offset - sends->at_begin);
	return RTE_MIN(length, RTE_MIN(left, sends->at_mbuf->data_len - *skip));
}

void
host_copy(struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        struct text_copy *copy, uint32_t length)
{
	struct toe_sends *sends = sends_of(engine, conn);

	engine->stats.tx_text_copied_bytes += length;
	while (length > 0) {
		uint32_t skip, part = seek(sends, conn, (uint32_t)offset, length, &skip);

		text_copy_part(
		        copy, rte_pktmbuf_mtod_offset(sends->at_mbuf, uint8_t *, skip), part);
		offset += part;
		length -= part;
	}
}

bool
host_attach(struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        uint32_t length, uint32_t pieces, struct rte_mbuf *frame)
{
	struct toe_sends *sends = sends_of(engine, conn);
	struct rte_mbuf *last = frame;

	while (length > 0) {
		uint32_t skip, part = seek(sends, conn, (uint32_t)offset, length, &skip);
		struct rte_mbuf *piece = NULL;

		if (pieces-- > 0 && !(sends->at->marks & TOE_IO_COPY))
			piece = rte_pktmbuf_alloc(engine->mbuf_pool);
		if (piece == NULL) {
			rte_pktmbuf_free(frame->next);
			frame->next = NULL;
			frame->nb_segs = 1;
			return false;
		}
		rte_pktmbuf_attach(piece, sends->at_mbuf);
		sends->at->marks |= TOE_IO_ATTACHED;
		piece->data_off = (uint16_t)(piece->data_off + skip);
		piece->data_len = (uint16_t)part;
		last->next = piece;
		last = piece;
		frame->nb_segs++;
		offset += part;
		length -= part;
	}
	return true;
}

void
host_acked(struct toe_engine *engine, uint32_t index, uint32_t bytes)
{
	sends_of(engine, &engine->conns[index])->acked += bytes;
	settle(engine, index);
}

void
host_close(struct toe_engine *engine, uint32_t index, enum offload_status status)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_sends *sends = sends_of(engine, conn);
	struct chimney_io *io = sends->first, *next;

	for (; engine->channels != NULL && io != NULL; io = next) {
		next = io->next;
		if (io == sends->unacked) {
			toe_io_return(engine, io, status, sends->acked);
			sends->unacked = next;
			sends->acked = 0;
		} else {
			toe_io_return(engine, io, io_end(io), io_bytes(io));
		}
	}
	sends->first = sends->unacked = sends->at = NULL;
	sends_end(engine, conn);
}

/* A driver frees what it has sent when it needs the room, which may be never: it is asked to. Some cannot, and have no need. */
static void
ports_clean(struct toe_engine *engine)
{
	for (uint32_t i = 0; i < engine->shared->port_count; i++)
		if (rte_eth_dev_is_valid_port(engine->txq[i].ethdev))
			rte_eth_tx_done_cleanup(engine->txq[i].ethdev, engine->txq[i].queue, 0);
}

void
toe_host_buffers_tick(struct toe_engine *engine)
{
	uint32_t last = engine->buffers_last;

	engine->buffers_ms = engine->now_ms;
	ports_clean(engine);
	for (uint32_t n = 0; n < TICK_CONNS && engine->buffers_first != TOE_INDEX_NONE; n++) {
		uint32_t index = engine->buffers_first;
		struct toe_sends *sends = sends_of(engine, &engine->conns[index]);

		/* To the end of the line; whose buffers are back goes out of it. */
		waiting_remove(engine, sends);
		settle(engine, index);
		if (index == last)
			break;
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends and disconnects of hosts: from their submission to their completion. */
#include "host_io.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "host_receive.h"
#include "tcp_facts.h"

#define TICK_CONNS 64u /* looked at in a tick */
#define NO_END UINT32_MAX /* bytes that are never acknowledged */

/* Acknowledged bytes with which a descriptor is done. */
static inline uint32_t
io_span(const struct chimney_io *io)
{
	if (io->op == CHIMNEY_IO_SEND || (io->marks & TOE_IO_LATE))
		return toe_io_bytes(io);
	return io->op == CHIMNEY_IO_DISCONNECT ? io->length + 1 : NO_END;
}

/* How a descriptor ends of which everything is acknowledged. */
static inline enum offload_status
io_end(const struct chimney_io *io)
{
	return io->marks & TOE_IO_LATE ? OFFLOAD_INVALID_STATE : OFFLOAD_SUCCESS;
}

void
host_stand_out(struct toe_engine *engine, struct toe_sends *sends)
{
	uint32_t next = sends->waiting_next, previous = sends->waiting_previous;

	if (sends->line == TOE_SENDS_NONE)
		return;
	if (previous == TOE_INDEX_NONE)
		engine->sends_first[sends->line] = next;
	else
		toe_sends_of(engine, &engine->conns[previous])->waiting_next = next;
	if (next == TOE_INDEX_NONE)
		engine->sends_last[sends->line] = previous;
	else
		toe_sends_of(engine, &engine->conns[next])->waiting_previous = previous;
	sends->line = TOE_SENDS_NONE;
}

/* To the end of this line, unless it is in it. */
static void
line_join(struct toe_engine *engine, uint32_t index, enum toe_sends_line line)
{
	struct toe_sends *sends = toe_sends_of(engine, &engine->conns[index]);
	uint32_t last = engine->sends_last[line];

	if (sends->line == line)
		return;
	host_stand_out(engine, sends);
	sends->line = (uint8_t)line;
	sends->waiting_next = TOE_INDEX_NONE;
	sends->waiting_previous = last;
	if (last == TOE_INDEX_NONE)
		engine->sends_first[line] = index;
	else
		toe_sends_of(engine, &engine->conns[last])->waiting_next = index;
	engine->sends_last[line] = index;
}

/* No sends are left. */
static void
sends_end(struct toe_engine *engine, struct toe_conn *conn)
{
	host_stand_out(engine, toe_sends_of(engine, conn));
	toe_host_release(engine, conn);
}

void
host_forget(struct toe_engine *engine, struct toe_conn *conn)
{
	struct toe_sends *sends = toe_sends_of(engine, conn);

	sends->first = sends->unacked = sends->at = NULL;
	sends_end(engine, conn);
}

/* The first one that is not acknowledged ends all the same: how. */
static void
unacked_end(struct toe_sends *sends)
{
	struct chimney_io *io = sends->unacked;
	bool wanted = sends->reset && io->op == CHIMNEY_IO_ABORT && !(io->marks & TOE_IO_LATE);

	io->marks |= TOE_IO_ENDED;
	io->status = wanted ? OFFLOAD_SUCCESS : sends->end;
	io->done = RTE_MIN(sends->acked, toe_io_bytes(io));
	sends->acked = 0;
}

/* What is acknowledged, or will not be, is known to have ended. True: there may be more. */
static bool
ended_move(struct toe_sends *sends)
{
	for (uint32_t n = 0; n < TOE_SENDS_BURST && sends->unacked != NULL; n++) {
		uint32_t span = io_span(sends->unacked);
		bool late = sends->unacked->marks & TOE_IO_LATE;

		if (sends->end != OFFLOAD_SUCCESS && (late || sends->acked < span))
			unacked_end(sends);
		else if (sends->acked >= span)
			sends->acked -= span;
		else
			return false;
		if (sends->at == sends->unacked)
			sends->at = NULL;
		sends->unacked = sends->unacked->next;
	}
	return sends->unacked != NULL;
}

/* What has ended leaves the queue, in order, as far as its buffers are back. True: there may be more. */
static bool
ended_complete(struct toe_engine *engine, struct toe_sends *sends)
{
	for (uint32_t n = 0; n < TOE_SENDS_BURST; n++) {
		struct chimney_io *io = sends->first;

		if (io == sends->unacked || !toe_io_is_back(io))
			return false;
		sends->first = io->next;
		if (io->marks & TOE_IO_ENDED)
			toe_io_complete(engine, io, io->status, io->done);
		else
			toe_io_complete(engine, io, io_end(io), toe_io_bytes(io));
	}
	return sends->first != sends->unacked;
}

bool
host_part(struct toe_engine *engine, struct toe_sends *sends)
{
	bool more = ended_move(sends);

	return ended_complete(engine, sends) || more;
}

/* SND-1, SND-2: a part of what can be completed is. What remains waits in line: for its turn, or for buffers. */
static void
settle(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_sends *sends = toe_sends_of(engine, conn);
	bool more = host_part(engine, sends);

	if (sends->first == NULL)
		sends_end(engine, conn);
	else if (more)
		line_join(engine, index, TOE_SENDS_SETTLE);
	else if (sends->first != sends->unacked)
		line_join(engine, index, TOE_SENDS_BUFFERS);
	else
		host_stand_out(engine, sends);
}

static void
queue_put(struct toe_sends *sends, struct chimney_io *io)
{
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
}

/* What the queue's new end asks of the connection. */
static void
start(struct toe_engine *engine, struct toe_conn *conn, const struct chimney_io *io)
{
	conn->snd_limit += toe_io_bytes(io);
	if (io->op == CHIMNEY_IO_DISCONNECT)
		conn->flags |= TOE_CONN_FIN_QUEUED;
	else if (io->op == CHIMNEY_IO_ABORT)
		conn->flags |= TOE_CONN_RESET_DUE;
	toe_conn_ready(engine, (uint32_t)(conn - engine->conns));
}

/* Nobody is there any more who could be told: an abortive disconnect is done at once. */
static void
end_ended(struct toe_engine *engine, uint32_t index)
{
	engine->conns[index].flags |= TOE_CONN_ABORTED;
	host_receives_end(engine, index, OFFLOAD_REQUEST_ABORTED);
	host_end(engine, index, OFFLOAD_REQUEST_ABORTED, true);
}

void
toe_host_submit(struct toe_engine *engine, uint32_t index, struct chimney_io *io)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_sends *sends;

	if ((conn->flags & TOE_CONN_ABORTED) && conn->attached == TOE_INDEX_NONE) {
		toe_io_complete(engine, io, OFFLOAD_REQUEST_ABORTED, 0);
		return;
	}
	sends = &toe_host_get(engine, conn)->sends;
	if (conn->flags & (TOE_CONN_RESET_DUE | TOE_CONN_ABORTED))
		io->marks = TOE_IO_LATE;
	else if ((conn->flags & TOE_CONN_FIN_QUEUED) && io->op != CHIMNEY_IO_ABORT)
		io->marks = TOE_IO_LATE;
	else if (!toe_io_is_attachable(io))
		io->marks = TOE_IO_COPY;
	queue_put(sends, io);
	if (io_span(io) == 0)
		settle(engine, index);
	else if (io->op != CHIMNEY_IO_ABORT || !(conn->flags & TOE_CONN_ENDED))
		start(engine, conn, io);
	else
		end_ended(engine, index);
}

void
host_acked(struct toe_engine *engine, uint32_t index, uint32_t bytes)
{
	toe_sends_of(engine, &engine->conns[index])->acked += bytes;
	settle(engine, index);
}

void
host_end(struct toe_engine *engine, uint32_t index, enum offload_status status, bool reset)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_sends *sends = toe_sends_of(engine, conn);

	sends->end = (uint8_t)status;
	sends->reset = reset;
	conn->snd_limit = conn->snd_offset; /* nothing is outstanding any more */
	settle(engine, index);
}

/* A driver frees what it has sent when it needs the room, which may be never: it is asked to. Some cannot, and have no need. */
static void
ports_clean(struct toe_engine *engine)
{
	for (uint32_t i = 0; i < engine->shared->port_count; i++)
		if (rte_eth_dev_is_valid_port(engine->txq[i].ethdev))
			rte_eth_tx_done_cleanup(engine->txq[i].ethdev, engine->txq[i].queue, 0);
}

/* The first in this line has its turn: it leaves, or stands behind the others. */
static void
line_step(struct toe_engine *engine, enum toe_sends_line line)
{
	uint32_t index = engine->sends_first[line];

	host_stand_out(engine, toe_sends_of(engine, &engine->conns[index]));
	settle(engine, index);
}

void
toe_host_buffers_tick(struct toe_engine *engine)
{
	const uint32_t *first = &engine->sends_first[TOE_SENDS_BUFFERS];
	uint32_t last = engine->sends_last[TOE_SENDS_BUFFERS], index;

	engine->buffers_ms = engine->now_ms;
	ports_clean(engine);
	for (uint32_t n = 0; n < TICK_CONNS && *first != TOE_INDEX_NONE; n++) {
		index = *first;
		line_step(engine, TOE_SENDS_BUFFERS);
		if (index == last)
			break;
	}
}

uint32_t
toe_host_settle_turn(struct toe_engine *engine)
{
	const uint32_t *first = &engine->sends_first[TOE_SENDS_SETTLE];
	uint32_t n = 0;

	for (; n < TOE_SENDS_TURN && *first != TOE_INDEX_NONE; n += TOE_SENDS_BURST)
		line_step(engine, TOE_SENDS_SETTLE);
	return n;
}

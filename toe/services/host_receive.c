/* SPDX-License-Identifier: BSD-3-Clause */
/* Receiving of hosts: posted buffers, the queue, when a window opens. */
#include "host_receive.h"

#include <string.h>

#include <rte_mbuf.h>

#include "host_queue.h"
#include "indicate.h"
#include "tcp_facts.h"
#include "tcp_limits.h"

#define TICK_CONNS 64u /* of each list, looked at in a tick */

static struct toe_receives *
receives_get(struct toe_engine *engine, struct toe_conn *conn)
{
	return &toe_host_get(engine, conn)->receives;
}

/* Is this buffer filled in part, and to be completed so? */
static bool
is_pushable(const struct chimney_io *io)
{
	return io != NULL && io->op == CHIMNEY_IO_RECEIVE_PUSH && (io->done > 0 || io->offset > 0);
}

/* The push timer runs from now on, if the first buffer is one for it. */
static void
push_restart(struct toe_engine *engine, uint32_t index, struct toe_receives *receives)
{
	toe_list_remove(engine, &engine->pushing, TOE_LIST_PUSHING, index);
	if (!is_pushable(receives->first))
		return;
	receives->push_due = tcp_deadline(engine, TOE_PUSH_MS);
	toe_list_add(engine, &engine->pushing, TOE_LIST_PUSHING, index);
}

/* The first buffer goes back. */
static void
complete_first(struct toe_engine *engine, struct toe_receives *receives, enum offload_status status)
{
	struct chimney_io *io = receives->first;

	receives->first = io->next;
	receives->room -= io->length - io->done;
	toe_io_complete(engine, io, status, io->done);
}

/* Text into the buffers that are posted; how much of it. */
static uint32_t
fill(struct toe_engine *engine, struct toe_receives *receives, const uint8_t *data, uint32_t length)
{
	uint32_t all = 0;

	while (receives->first != NULL && all < length) {
		struct chimney_io *io = receives->first;
		uint32_t part = RTE_MIN(length - all, io->length - io->done);

		memcpy((uint8_t *)io->buffer + io->offset + io->done, data + all, part);
		io->done += part;
		receives->room -= part;
		all += part;
		if (io->done == io->length)
			complete_first(engine, receives, OFFLOAD_SUCCESS);
	}
	engine->stats.rx_text_copied_bytes += all;
	return all;
}

/* And what is queued. */
static uint32_t
fill_from_queue(struct toe_engine *engine, struct toe_conn *conn, struct toe_receives *receives)
{
	uint32_t all = 0;

	while (receives->first != NULL && receives->head != NULL) {
		struct rte_mbuf *head = receives->head;
		uint32_t n = fill(
		        engine, receives, rte_pktmbuf_mtod(head, const uint8_t *), head->data_len);

		head->data_off = (uint16_t)(head->data_off + n);
		head->data_len = (uint16_t)(head->data_len - n);
		receives->bytes -= n;
		all += n;
		if (head->data_len > 0)
			break;
		receives->head = head->next;
		head->next = NULL;
		rte_pktmbuf_free_seg(head);
		toe_text_count(engine, conn, receives, -1);
	}
	return all;
}

/* RCV-1: a buffer that is filled in part goes back when PSH stands in what fills it. */
static void
push_look(struct toe_engine *engine, uint32_t index, struct toe_receives *receives, bool filled)
{
	const struct toe_conn *conn = &engine->conns[index];
	uint32_t end = (uint32_t)conn->rcv_bytes - receives->bytes;

	if (is_pushable(receives->first) &&
	        seq_lt(end - receives->first->done, receives->push_end) &&
	        seq_leq(receives->push_end, end)) {
		complete_first(engine, receives, OFFLOAD_SUCCESS);
		filled = true;
	}
	if (filled)
		push_restart(engine, index, receives);
}

/* EVT-1: everything before the FIN is consumed, nothing will come any more. */
static void
finish(struct toe_engine *engine, uint32_t index, struct toe_receives *receives)
{
	while (receives->first != NULL)
		complete_first(engine, receives,
		        receives->first->done > 0 ? OFFLOAD_SUCCESS : OFFLOAD_INVALID_STATE);
	toe_list_remove(engine, &engine->pushing, TOE_LIST_PUSHING, index);
	if (receives->fin)
		toe_conn_tell(engine, index, TOE_EVENT_DISCONNECT, 0);
	receives->fin = false;
	receives->refused = false;
}

/* What is there meets what was asked for. May give the block back. */
static void
settle(struct toe_engine *engine, uint32_t index, bool filled)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_receives *receives = toe_receives_of(engine, conn);

	if (receives->shown != NULL) {
		/* RCV-3: the push timer of a buffer that comes partly filled does not wait for the answer. */
		if (filled)
			push_restart(engine, index, receives);
		return;
	}
	if (fill_from_queue(engine, conn, receives) > 0)
		filled = true;
	if (receives->bytes == 0 && (conn->flags & TOE_CONN_FIN_RCVD))
		finish(engine, index, receives);
	/* A zero-byte request has done what it is for. */
	for (; receives->first != NULL && receives->first->length == 0; filled = true)
		complete_first(engine, receives, OFFLOAD_SUCCESS);
	push_look(engine, index, receives, filled);
	if (receives->bytes == 0)
		receives->refused = false;
	toe_text_due(engine, index, receives);
	toe_host_release(engine, conn);
}

/*
 * A window update, when the peer may send less than half of what it could and the gain is worth it (RFC 9293 section 3.8.6.2.2).
 */
static void
open_window(struct toe_engine *engine, uint32_t index)
{
	const struct toe_conn *conn = &engine->conns[index];
	uint32_t offered = conn->rcv_adv - conn->rcv_nxt, limit = tcp_window_limit(conn);

	if (tcp_is_receiving(conn) && offered < limit / 2 &&
	        host_window(engine, conn) >= offered + RTE_MIN(tcp_smss(engine, conn), limit / 2))
		tcp_owe_ack(engine, index);
}

void
toe_host_post(struct toe_engine *engine, uint32_t index, struct chimney_io *io)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_receives *receives;

	if (conn->flags & TOE_CONN_ABORTED) {
		toe_io_complete(engine, io, OFFLOAD_REQUEST_ABORTED, 0);
		return;
	}
	receives = receives_get(engine, conn);
	io->next = NULL;
	if (receives->first == NULL)
		receives->first = io;
	else
		receives->last->next = io;
	receives->last = io;
	receives->room += io->length;
	receives->refused = false;
	settle(engine, index, receives->first == io);
	open_window(engine, index);
}

bool
host_deliver(struct toe_engine *engine, uint32_t index, struct rte_mbuf *mbuf, const uint8_t *data,
        uint32_t length, bool push)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_receives *receives = receives_get(engine, conn);
	bool taken = false, filled = false;

	if (push)
		receives->push_end = (uint32_t)conn->rcv_bytes;
	if (receives->first != NULL && receives->bytes == 0) {
		uint32_t n = fill(engine, receives, data, length);

		data += n;
		length -= n;
		filled = true;
	}
	if (length > 0)
		taken = toe_text_queue(engine, conn, receives, mbuf, data, length);
	settle(engine, index, filled);
	return taken;
}

bool
host_fin(struct toe_engine *engine, uint32_t index)
{
	struct toe_receives *receives = toe_receives_of(engine, &engine->conns[index]);

	if (receives == NULL)
		return true;
	receives->fin = true;
	settle(engine, index, false);
	return false;
}

void
host_receives_answered(struct toe_engine *engine, uint32_t index)
{
	settle(engine, index, false);
	open_window(engine, index);
}

uint32_t
host_window(const struct toe_engine *engine, const struct toe_conn *conn)
{
	const struct toe_receives *receives = toe_receives_of(engine, conn);
	uint64_t capacity = RTE_MIN(conn->rcv_space, tcp_window_limit(conn));
	uint64_t room = 0;
	uint32_t left = toe_text_left(engine, conn);

	if (receives != NULL) {
		capacity -= RTE_MIN(capacity, receives->bytes);
		left = RTE_MIN(left,
		        TOE_HOST_MAX_SEGMENTS - RTE_MIN(receives->buffers, TOE_HOST_MAX_SEGMENTS));
		if (receives->bytes == 0)
			room = receives->room;
	}
	room += (uint64_t)left * TOE_HOST_SEGMENT_BYTES;
	return (uint32_t)RTE_MIN(capacity, room);
}

bool
host_accepts(const struct toe_engine *engine, const struct toe_conn *conn)
{
	const struct toe_receives *receives = toe_receives_of(engine, conn);

	if (receives != NULL) {
		if (receives->room > 0 && receives->bytes == 0)
			return true;
		if (receives->buffers >= TOE_HOST_MAX_SEGMENTS)
			return false;
	}
	return toe_text_left(engine, conn) > 0;
}

/* What is short is the worker's or the channel's: it is looked at again. What is the connection's own goes on with an answer. */
void
host_refused(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	if (toe_text_left(engine, conn) > 0)
		return;
	receives_get(engine, conn);
	toe_list_add(engine, &engine->starved, TOE_LIST_STARVED, index);
}

void
host_receives_end(struct toe_engine *engine, uint32_t index, enum offload_status status)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_receives *receives = toe_receives_of(engine, conn);

	while (engine->channels != NULL && receives->first != NULL) {
		struct chimney_io *io = receives->first;

		receives->first = io->next;
		toe_io_complete(engine, io, status, io->done);
	}
	receives->first = NULL;
	receives->room = 0;
	receives->fin = false;
	toe_list_remove(engine, &engine->pushing, TOE_LIST_PUSHING, index);
	toe_list_remove(engine, &engine->starved, TOE_LIST_STARVED, index);
	toe_text_not_due(engine, index);
}

bool
host_close(struct toe_engine *engine, uint32_t index, struct toe_item *item, uint64_t job,
        uint8_t tick_ms)
{
	const struct toe_conn *conn = &engine->conns[index];
	struct toe_receives *receives;

	if (conn->service != OFFLOAD_SERVICE_HOST)
		return false;
	receives = toe_receives_of(engine, conn);
	if (receives == NULL || receives->shown == NULL)
		return false;
	receives->closing = item;
	receives->closing_job = job;
	receives->closing_tick_ms = tick_ms;
	return true;
}

bool
host_is_closing(const struct toe_engine *engine, uint32_t index, const struct toe_item *item)
{
	const struct toe_conn *conn = &engine->conns[index];
	const struct toe_receives *receives;

	if (conn->service != OFFLOAD_SERVICE_HOST)
		return false;
	receives = toe_receives_of(engine, conn);
	return receives != NULL && receives->closing != NULL && receives->closing != item;
}

struct toe_item *
host_closing(struct toe_engine *engine, uint64_t *job, uint8_t *tick_ms)
{
	uint32_t index = engine->closing.first;
	struct toe_receives *receives;

	if (index == TOE_INDEX_NONE)
		return NULL;
	receives = toe_receives_of(engine, &engine->conns[index]);
	toe_list_remove(engine, &engine->closing, TOE_LIST_CLOSING, index);
	*job = receives->closing_job;
	*tick_ms = receives->closing_tick_ms;
	return receives->closing;
}

static void
push_expired(struct toe_engine *engine, uint32_t index)
{
	struct toe_receives *receives = toe_receives_of(engine, &engine->conns[index]);

	complete_first(engine, receives, OFFLOAD_SUCCESS);
	settle(engine, index, true);
}

void
toe_host_receive_tick(struct toe_engine *engine)
{
	uint32_t last = engine->starved.last;

	engine->receives_ms = engine->now_ms;
	for (uint32_t n = 0; n < TICK_CONNS && engine->pushing.first != TOE_INDEX_NONE; n++) {
		uint32_t index = engine->pushing.first;
		const struct toe_receives *receives =
		        toe_receives_of(engine, &engine->conns[index]);

		if (toe_time_before(engine->now_ms, receives->push_due))
			break;
		push_expired(engine, index);
	}
	for (uint32_t n = 0; n < TICK_CONNS && engine->starved.first != TOE_INDEX_NONE; n++) {
		uint32_t index = engine->starved.first;
		struct toe_conn *conn = &engine->conns[index];

		/* To the end of the line; who may receive again goes out of it. */
		toe_list_remove(engine, &engine->starved, TOE_LIST_STARVED, index);
		if (toe_text_left(engine, conn) > 0)
			open_window(engine, index);
		else
			toe_list_add(engine, &engine->starved, TOE_LIST_STARVED, index);
		toe_host_release(engine, conn);
		if (index == last)
			break;
	}
}

void
toe_host_receive_init(struct toe_engine *engine)
{
	engine->pushing.first = engine->pushing.last = TOE_INDEX_NONE;
	engine->starved.first = engine->starved.last = TOE_INDEX_NONE;
	engine->closing.first = engine->closing.last = TOE_INDEX_NONE;
}

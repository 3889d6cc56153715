/* SPDX-License-Identifier: BSD-3-Clause */
/* Text of hosts that no posted buffer holds. */
#include "host_queue.h"

#include <string.h>

#include <rte_mbuf.h>

static struct toe_link *
link_of(const struct toe_engine *engine, uint32_t index, enum toe_host_list which)
{
	return &toe_receives_of(engine, &engine->conns[index])->link[which];
}

void
toe_list_add(struct toe_engine *engine, struct toe_conn_list *list, enum toe_host_list which,
        uint32_t index)
{
	struct toe_receives *receives = toe_receives_of(engine, &engine->conns[index]);

	if (receives->listed & (1u << which))
		return;
	receives->listed = (uint8_t)(receives->listed | 1u << which);
	receives->link[which] = (struct toe_link){TOE_INDEX_NONE, list->last};
	if (list->last == TOE_INDEX_NONE)
		list->first = index;
	else
		link_of(engine, list->last, which)->next = index;
	list->last = index;
}

void
toe_list_remove(struct toe_engine *engine, struct toe_conn_list *list, enum toe_host_list which,
        uint32_t index)
{
	struct toe_receives *receives = toe_receives_of(engine, &engine->conns[index]);
	struct toe_link link = receives->link[which];

	if (!(receives->listed & (1u << which)))
		return;
	receives->listed = (uint8_t)(receives->listed & ~(1u << which));
	if (link.previous == TOE_INDEX_NONE)
		list->first = link.next;
	else
		link_of(engine, link.previous, which)->next = link.next;
	if (link.next == TOE_INDEX_NONE)
		list->last = link.previous;
	else
		link_of(engine, link.next, which)->previous = link.previous;
}

static uint32_t
returned(const struct toe_engine *engine, uint32_t channel)
{
	return atomic_load_explicit(&engine->channels->returned[channel], memory_order_relaxed);
}

void
toe_text_count(struct toe_engine *engine, const struct toe_conn *conn,
        struct toe_receives *receives, int32_t n)
{
	receives->buffers = (uint16_t)(receives->buffers + n);
	engine->host_queued[conn->channel] += (uint32_t)n;
	engine->host_queued_all += (uint32_t)n;
}

/* Buffers of this connection are the host's from now on, until it returns them. */
static void
give(struct toe_engine *engine, const struct toe_conn *conn, struct toe_receives *receives,
        uint32_t channel, uint32_t n)
{
	toe_text_count(engine, conn, receives, -(int32_t)n);
	engine->host_given[channel] += n;
	engine->host_given_all += n;
}

uint32_t
toe_text_left(const struct toe_engine *engine, const struct toe_conn *conn)
{
	uint32_t all = engine->host_queued_all + engine->host_given_all -
	               atomic_load_explicit(&engine->channels->returned_all, memory_order_relaxed);
	uint32_t channel = engine->host_queued[conn->channel] + engine->host_given[conn->channel] -
	                   returned(engine, conn->channel);
	uint32_t left = engine->host_buffers_max;

	left -= RTE_MIN(left, all);
	return left - RTE_MIN(left, channel);
}

/* Small text goes into what is left of the last buffer: a peer of tiny segments does not pin one each. */
static bool
join(struct rte_mbuf *tail, const uint8_t *data, uint32_t length)
{
	uint32_t end;

	if (tail == NULL || !RTE_MBUF_DIRECT(tail) || rte_mbuf_refcnt_read(tail) != 1)
		return false;
	end = tail->data_off + tail->data_len;
	if (length > tail->buf_len - end)
		return false;
	memcpy((uint8_t *)tail->buf_addr + end, data, length);
	tail->data_len = (uint16_t)(tail->data_len + length);
	return true;
}

bool
toe_text_queue(struct toe_engine *engine, struct toe_conn *conn, struct toe_receives *receives,
        struct rte_mbuf *mbuf, const uint8_t *data, uint32_t length)
{
	struct rte_mbuf *tail = receives->head == NULL ? NULL : receives->tail;

	receives->bytes += length;
	if (join(tail, data, length)) {
		engine->stats.rx_text_copied_bytes += length;
		return false;
	}
	mbuf->data_off = (uint16_t)(data - (const uint8_t *)mbuf->buf_addr);
	mbuf->data_len = (uint16_t)length;
	mbuf->next = NULL;
	mbuf->hash.usr = engine->index; /* chimney_buffers_return */
	if (tail == NULL)
		receives->head = mbuf;
	else
		tail->next = mbuf;
	receives->tail = mbuf;
	toe_text_count(engine, conn, receives, 1);
	return true;
}

static struct toe_channel_port *
port_of(const struct toe_engine *engine, const struct toe_conn *conn)
{
	return atomic_load_explicit(
	        &engine->channels->port[conn->channel - 1], memory_order_relaxed);
}

void
toe_text_due(struct toe_engine *engine, uint32_t index, struct toe_receives *receives)
{
	const struct toe_conn *conn = &engine->conns[index];

	if (receives->bytes == 0) {
		toe_text_not_due(engine, index);
		return;
	}
	if (receives->refused || receives->closing != NULL || conn->channel == 0 ||
	        (conn->flags & TOE_CONN_ABORTED))
		return;
	toe_list_add(engine, &port_of(engine, conn)->due, TOE_LIST_DUE, index);
	engine->channels_busy |= 1u << (conn->channel - 1);
}

void
toe_text_not_due(struct toe_engine *engine, uint32_t index)
{
	const struct toe_conn *conn = &engine->conns[index];

	if (conn->channel != 0 && engine->channels != NULL)
		toe_list_remove(engine, &port_of(engine, conn)->due, TOE_LIST_DUE, index);
}

/* A chain for a host: its first buffer says what there is. */
static void
chain_describe(struct rte_mbuf *head, uint32_t bytes, uint32_t buffers)
{
	head->pkt_len = bytes;
	head->nb_segs = (uint16_t)buffers;
}

uint32_t
toe_host_indicate(struct toe_engine *engine, struct toe_channel_port *port)
{
	uint32_t n = 0;

	while (n < TOE_CHANNEL_BURST && port->due.first != TOE_INDEX_NONE) {
		uint32_t index = port->due.first;
		const struct toe_conn *conn = &engine->conns[index];
		struct toe_receives *receives = toe_receives_of(engine, conn);

		chain_describe(receives->head, receives->bytes, receives->buffers);
		if (!toe_channel_indicate(
		            port, conn->host_handle, receives->head, receives->bytes, engine->life))
			break;
		receives->shown = receives->head;
		receives->shown_bytes = receives->bytes;
		receives->shown_buffers = receives->buffers;
		receives->head = receives->tail = NULL;
		toe_list_remove(engine, &port->due, TOE_LIST_DUE, index);
		engine->stats.rx_indicated++;
		n++;
	}
	return n;
}

/* The buffers that hold the first `bytes` of a chain are freed; the rest, and how many they were. */
static struct rte_mbuf *
chain_consume(struct rte_mbuf *at, uint32_t bytes, uint32_t *buffers)
{
	*buffers = 0;
	while (at != NULL && bytes >= at->data_len) {
		struct rte_mbuf *next = at->next;

		bytes -= at->data_len;
		at->next = NULL;
		at->nb_segs = 1;
		rte_pktmbuf_free_seg(at);
		(*buffers)++;
		at = next;
	}
	if (at != NULL) {
		at->data_off = (uint16_t)(at->data_off + bytes);
		at->data_len = (uint16_t)(at->data_len - bytes);
	}
	return at;
}

/* RCV-2: what was not taken is in front of what has come meanwhile. */
void
toe_text_answered(struct toe_engine *engine, struct toe_conn *conn, struct toe_receives *receives,
        const struct chimney_io *io)
{
	struct rte_mbuf *rest, *last;
	uint32_t freed;

	rest = chain_consume(io->mbuf, io->done, &freed);
	give(engine, conn, receives, conn->channel, io->offset);
	toe_text_count(engine, conn, receives, -(int32_t)freed);
	receives->bytes -= io->length;
	receives->refused = io->length < receives->shown_bytes;
	receives->shown = NULL;
	receives->shown_bytes = 0;
	receives->shown_buffers = 0;
	if (rest == NULL)
		return;
	for (last = rest; last->next != NULL; last = last->next)
		;
	last->next = receives->head;
	if (receives->head == NULL)
		receives->tail = last;
	receives->head = rest;
}

void
toe_text_returned(struct toe_engine *engine, uint32_t channel, struct rte_mbuf *rest)
{
	uint32_t n;

	chain_consume(rest, UINT32_MAX, &n);
	engine->host_given[channel] -= n;
	engine->host_given_all -= n;
}

void
toe_text_channel(struct toe_engine *engine, uint32_t index, uint8_t channel)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_receives *receives = toe_receives_of(engine, conn);

	if (receives != NULL) {
		toe_text_not_due(engine, index);
		engine->host_queued[conn->channel] -= receives->buffers;
		engine->host_queued[channel] += receives->buffers;
	}
	conn->channel = channel;
	if (receives != NULL)
		toe_text_due(engine, index, receives);
}

uint32_t
host_backlog(const struct toe_engine *engine, const struct toe_conn *conn)
{
	const struct toe_receives *receives = toe_receives_of(engine, conn);

	return receives == NULL ? 0 : receives->bytes;
}

/* What is indicated, and not answered, is the host's with the connection's end. */
static void
shown_forget(struct toe_engine *engine, const struct toe_conn *conn, struct toe_receives *receives)
{
	if (receives->shown == NULL)
		return;
	receives->bytes -= receives->shown_bytes;
	give(engine, conn, receives, conn->channel, receives->shown_buffers);
	receives->shown = NULL;
}

struct rte_mbuf *
toe_host_take_text(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_receives *receives = toe_receives_of(engine, conn);
	struct rte_mbuf *text;

	if (receives == NULL)
		return NULL;
	shown_forget(engine, conn, receives);
	text = receives->head;
	if (text == NULL)
		return NULL;
	chain_describe(text, receives->bytes, receives->buffers);
	give(engine, conn, receives, 0, receives->buffers);
	receives->head = receives->tail = NULL;
	receives->bytes = 0;
	return text;
}

void
host_text_close(struct toe_engine *engine, uint32_t index)
{
	const struct toe_conn *conn = &engine->conns[index];
	struct toe_receives *receives = toe_receives_of(engine, conn);
	uint32_t freed;

	toe_list_remove(engine, &engine->closing, TOE_LIST_CLOSING, index);
	/* Without channels there is no host any more to return anything. */
	if (engine->channels == NULL)
		rte_pktmbuf_free(receives->shown);
	shown_forget(engine, conn, receives);
	chain_consume(receives->head, UINT32_MAX, &freed);
	toe_text_count(engine, conn, receives, -(int32_t)freed);
	receives->head = NULL;
	receives->bytes = 0;
	receives->refused = false;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending: what the next segment is, and the run over the connections that were marked ready. This
 * is the place where a stop acts (INV-6): the words of the route are read once per run, before any
 * frame is built, and no message is taken until the run is over.
 */
#include <rte_branch_prediction.h>
#include <rte_prefetch.h>
#include <rte_tcp.h>

#include "frame.h"
#include "items.h"
#include "mutant.h"
#include "tcp.h"
#include "tcp_facts.h"

#define FRAMES_PER_RUN 4u /* of one connection, before the next ready one has its turn */
#define TXQ_RESERVE 2u /* frames of room that must be left to build another */

/* The next segment: text and FIN; neither: nothing but an ACK could be sent. */
struct segment_plan {
	uint32_t offset; /* of its first byte from snd_una */
	uint32_t length;
	bool fin;
	bool push; /* ends what there is to send */
};

/* What one run over a connection needs. */
struct output_run {
	struct toe_frame_route route;
	struct toe_txq *txq;
	uint32_t index;
	uint32_t mss; /* most text of a segment */
};

uint32_t
toe_tcp_send_mss(const struct toe_conn *conn, struct toe_route route, uint8_t family)
{
	/* RFC 9293 section 3.7.1: options count against the segment, fixed headers do not. */
	uint32_t headers = (family == 4 ? 20u : 40u) + 20u;
	uint32_t options = conn->options & TCP_OPTION_TIMESTAMPS ? TOE_FRAME_TIMESTAMPS : 0;
	uint32_t mtu = toe_path_word_mtu(route.path_word);
	uint32_t mss = RTE_MIN(tcp_smss(conn), mtu - RTE_MIN(mtu, headers));

	return mss > options ? mss - options : 1;
}

/* The same on this worker, whose frames are one mbuf each. */
static uint32_t
segment_text_max(const struct toe_worker *worker, const struct toe_conn *conn,
        struct toe_route route, uint8_t family)
{
	uint32_t room = rte_pktmbuf_data_room_size(worker->params.mbuf_pool) -
	                RTE_PKTMBUF_HEADROOM - TOE_FRAME_HEADERS_MAX;

	return RTE_MIN(toe_tcp_send_mss(conn, route, family), room);
}

/*
 * Sender's silly window avoidance (RFC 9293 section 3.8.6.2.1) with Nagle's algorithm (section
 * 3.7.4).
 */
static bool
is_worth_sending(
        const struct toe_conn *conn, const struct segment_plan *plan, uint64_t unsent, uint32_t mss)
{
	if (plan->length == mss || plan->offset == 0)
		return true;
	if (plan->length == unsent)
		return !(conn->cached_flags & TCP_CACHED_NAGLE) || tcp_fin_pending(conn) ||
		       conn->snd_nxt != conn->snd_max;
	return plan->length >= conn->max_snd_wnd / 2;
}

static struct segment_plan
plan_next(const struct toe_conn *conn, uint32_t mss)
{
	struct segment_plan plan = {.offset = tcp_flight(conn)};
	uint32_t window = RTE_MIN(conn->snd_wnd, conn->cwnd), usable;
	uint64_t unsent = tcp_unacked(conn);

	if (plan.offset > unsent)
		return plan; /* all is sent, the FIN too */
	unsent -= plan.offset;
	usable = window - RTE_MIN(window, plan.offset);
	/*
	 * What was sent within an earlier, larger window may be sent again (RFC 7323 section 2.4).
	 */
	if (unlikely(plan.offset == 0 && conn->snd_max != conn->snd_una))
		usable = RTE_MAX(usable, RTE_MIN(conn->snd_max - conn->snd_una, mss));
	plan.length = RTE_MIN(usable, mss);
	if (plan.length >= unsent)
		plan.length = (uint32_t)unsent;
	if (plan.length > 0 && !is_worth_sending(conn, &plan, unsent, mss))
		plan.length = 0;
	plan.push = plan.length > 0 && plan.length == unsent;
	plan.fin = plan.length == unsent && tcp_fin_pending(conn);
	return plan;
}

bool
toe_tcp_has_work(const struct toe_worker *worker, const struct toe_conn *conn)
{
	struct segment_plan plan;

	if (conn->flags & TOE_CONN_ACK_NOW)
		return true;
	plan = plan_next(
	        conn, segment_text_max(worker, conn, toe_route_read(worker->shared, conn->path),
	                      worker->shared->paths[conn->path].family));
	return plan.length > 0 || plan.fin;
}

/*
 * The window to announce. The right edge never moves left, neither by shrinking nor by the rounding
 * of the scale (RFC 7323 section 2.3), and moves right in worthwhile steps only (RFC 9293 section
 * 3.8.6.2.2).
 */
static uint16_t
announce_window(struct toe_conn *conn)
{
	uint32_t offered = conn->rcv_adv - conn->rcv_nxt;
	uint32_t window = toe_service_window(conn), field;
	uint32_t step = RTE_MIN(tcp_smss(conn), toe_service_capacity(conn) / 2);

	window = RTE_MIN(window, (uint32_t)UINT16_MAX << conn->rcv_wscale);
	if (window < offered + step)
		window = offered;
	field = window >> conn->rcv_wscale;
	if (field << conn->rcv_wscale < offered)
		field++;
	field = RTE_MIN(field, (uint32_t)UINT16_MAX);
	if (seq_lt(conn->rcv_adv, conn->rcv_nxt + (field << conn->rcv_wscale)))
		conn->rcv_adv = conn->rcv_nxt + (field << conn->rcv_wscale);
	return (uint16_t)field;
}

/* The context after text or FIN has left: what was sent, timed, and the retransmission timer. */
static void
note_sent(struct toe_worker *worker, uint32_t index, uint32_t seq, const struct segment_plan *plan)
{
	struct toe_conn *conn = &worker->conns[index];

	if (seq_lt(seq, conn->snd_max)) {
		worker->stats.tx_retransmitted++;
		/* Karn: what is sent twice is not measured. */
		if (seq_leq(seq, conn->rtt_seq))
			conn->flags &= (uint16_t)~TOE_CONN_RTT_TIMED;
	} else if (!(conn->flags & TOE_CONN_RTT_TIMED)) {
		conn->flags |= TOE_CONN_RTT_TIMED;
		conn->rtt_seq = seq;
		conn->rtt_time = worker->now_ms;
	}
	conn->snd_nxt = seq + plan->length + plan->fin;
	if (seq_lt(conn->snd_max, conn->snd_nxt))
		conn->snd_max = conn->snd_nxt;
	if (plan->fin) {
		conn->flags |= TOE_CONN_FIN_SENT;
		if (conn->state == TCP_ESTABLISHED)
			conn->state = TCP_FIN_WAIT_1;
		else if (conn->state == TCP_CLOSE_WAIT)
			conn->state = TCP_LAST_ACK;
	}
	if (conn->due[TOE_TIMER_RETRANSMIT] == 0) /* RFC 6298 (5.1) */
		toe_wheel_set(&worker->wheel, index, TOE_TIMER_RETRANSMIT,
		        tcp_deadline(worker, toe_rto(conn)));
	worker->stats.tx_bytes += plan->length;
}

/* Build one segment and put it into the transmit buffer. */
static void
emit(struct toe_worker *worker, const struct output_run *run, const struct segment_plan *plan,
        struct rte_mbuf *mbuf)
{
	struct toe_conn *conn = &worker->conns[run->index];
	bool carries = plan->length > 0 || plan->fin;
	struct toe_frame_fields fields = {
	        /* Behind everything sent, an ACK is acceptable to a peer that has received all. */
	        .seq = carries ? conn->snd_una + plan->offset : conn->snd_max,
	        .ack = conn->rcv_nxt,
	        .tsval = worker->now_ms + conn->ts_offset,
	        .tsecr = conn->ts_recent,
	        .length = plan->length,
	        .window = announce_window(conn),
	        .flags = (uint8_t)(RTE_TCP_ACK_FLAG | (plan->fin ? RTE_TCP_FIN_FLAG : 0) |
	                           (plan->push ? RTE_TCP_PSH_FLAG : 0)),
	};
	struct toe_tx_tag tag = {
	        .route = run->route.words,
	        .conn = run->index,
	        .generation = conn->generation,
	        .path = conn->path,
	        .seq = fields.seq,
	        .length = plan->length + plan->fin,
	};
	uint8_t *text = toe_frame_headers(mbuf, &run->route, conn, &fields);

	if (plan->length > 0)
		toe_service_copy(conn, conn->snd_offset + plan->offset, text, plan->length);
	toe_frame_checksums(mbuf, &run->route);
	toe_txq_put(run->txq, mbuf, &tag);
	conn->last_ack_sent = conn->rcv_nxt;
	conn->delack_count = 0;
	conn->flags &= (uint16_t) ~(TOE_CONN_ACK_NOW | TOE_CONN_ACK_DELAYED);
	toe_wheel_clear(&worker->wheel, run->index, TOE_TIMER_DELACK);
	conn->segments_out++;
	worker->stats.tx_segments++;
	if (carries)
		note_sent(worker, run->index, fields.seq, plan);
}

/*
 * A connection that may not transmit: remember that it wanted to, and under policy on-send ask for
 * it (D2). True when the indication found no room: try again.
 */
static __rte_noinline bool
output_stopped(struct toe_worker *worker, struct toe_conn *conn)
{
	if (!(conn->flags & TOE_CONN_BLOCKED) && !toe_tcp_has_work(worker, conn))
		return false;
	conn->flags |= TOE_CONN_BLOCKED;
	if ((conn->flags & (TOE_CONN_RETRIEVE_ON_SEND | TOE_CONN_INDICATED)) !=
	                TOE_CONN_RETRIEVE_ON_SEND ||
	        !toe_retrieve_stands(worker, conn))
		return false;
	if (!toe_worker_indicate(worker, conn, TOE_EVENT_RETRIEVE, RETRIEVE_INVALID_STATE))
		return true;
	conn->flags |= TOE_CONN_INDICATED;
	return false;
}

bool
toe_tcp_output(struct toe_worker *worker, uint32_t index, uint32_t frames)
{
	struct toe_conn *conn = &worker->conns[index];
	const struct toe_shared *shared = worker->shared;
	struct output_run run = {.index = index};

	run.route.words = toe_route_read(shared, conn->path);
	if (unlikely((conn->flags & TOE_CONN_STOPPED) ||
	             !(toe_route_valid(run.route.words) || TOE_MUTANT(STOP_NOT_CHECKED))))
		return output_stopped(worker, conn);
	run.route.path = &shared->paths[conn->path];
	run.route.neighbor = &shared->neighbors[toe_path_word_neighbor(run.route.words.path_word)];
	run.route.offloads = shared->ports[run.route.neighbor->port].tx_offloads;
	run.txq = &worker->txq[run.route.neighbor->port];
	run.mss = segment_text_max(worker, conn, run.route.words, run.route.path->family);
	for (;;) {
		struct segment_plan plan = plan_next(conn, run.mss);
		struct rte_mbuf *mbuf;

		if (plan.length == 0 && !plan.fin && !(conn->flags & TOE_CONN_ACK_NOW))
			return false;
		if (frames-- == 0 || toe_txq_room(run.txq) < TXQ_RESERVE)
			return true;
		mbuf = rte_pktmbuf_alloc(worker->params.mbuf_pool);
		if (unlikely(mbuf == NULL)) {
			worker->stats.tx_no_mbuf++;
			return true;
		}
		emit(worker, &run, &plan, mbuf);
	}
}

static void
prefetch_conn(const struct toe_worker *worker, uint32_t index)
{
	const struct toe_conn *conn = &worker->conns[index];

	if (index == TOE_INDEX_NONE)
		return;
	rte_prefetch0(conn);
	rte_prefetch0(&conn->snd_wl2);
	rte_prefetch0(&conn->due);
	rte_prefetch0(&conn->host_handle);
}

/*
 * A connection that has more to do. When it has sent something, others have their turn first. When
 * there was no room for anything, it waits for room in line: going back to the end of the ready
 * list, it would meet room by chance only, and might never do.
 */
static void
output_again(struct toe_worker *worker, uint32_t index, bool sent)
{
	struct toe_conn *conn = &worker->conns[index];
	struct toe_route route = toe_route_read(worker->shared, conn->path);
	uint32_t neighbor = toe_path_word_neighbor(route.path_word);
	struct toe_txq *txq = &worker->txq[worker->shared->neighbors[neighbor].port];

	if (sent || toe_txq_room(txq) >= TXQ_RESERVE) {
		toe_worker_ready(worker, index);
		return;
	}
	conn->flags |= TOE_CONN_READY;
	conn->ready_next = TOE_INDEX_NONE;
	if (txq->wait_head == TOE_INDEX_NONE)
		txq->wait_head = index;
	else
		worker->conns[txq->wait_tail].ready_next = index;
	txq->wait_tail = index;
}

/* The connections that wait at a transmit buffer come first: their turn was before all others'. */
static void
waiting_first(struct toe_worker *worker, struct toe_txq *txq)
{
	if (txq->wait_head == TOE_INDEX_NONE)
		return;
	worker->conns[txq->wait_tail].ready_next = worker->ready_head;
	if (worker->ready_head == TOE_INDEX_NONE)
		worker->ready_tail = txq->wait_tail;
	worker->ready_head = txq->wait_head;
	txq->wait_head = TOE_INDEX_NONE;
}

void
toe_worker_requeue(struct toe_worker *worker)
{
	for (uint32_t i = 0; i < worker->shared->port_count; i++)
		waiting_first(worker, &worker->txq[i]);
}

uint32_t
toe_worker_output(struct toe_worker *worker, uint32_t budget)
{
	uint64_t built = worker->stats.tx_segments;
	uint32_t last, runs = 0;

	for (uint32_t i = 0; i < worker->shared->port_count; i++)
		if (toe_txq_room(&worker->txq[i]) >= TXQ_RESERVE)
			waiting_first(worker, &worker->txq[i]);
	last = worker->ready_tail;

	/*
	 * The budget counts runs and frames alike: both take time between two looks at the mailbox.
	 */
	while (worker->ready_head != TOE_INDEX_NONE && runs < budget &&
	        worker->stats.tx_segments - built < budget) {
		uint32_t index = worker->ready_head;
		struct toe_conn *conn = &worker->conns[index];
		uint64_t before = worker->stats.tx_segments;

		worker->ready_head = conn->ready_next;
		prefetch_conn(worker, worker->ready_head);
		conn->flags &= (uint16_t)~TOE_CONN_READY;
		runs++;
		/* A slot freed since it was marked ready (toe_conn_unlink) is only dropped here. */
		if (conn->generation != 0 && toe_tcp_output(worker, index, FRAMES_PER_RUN))
			output_again(worker, index, worker->stats.tx_segments != before);
		if (index == last)
			break;
	}
	/* Nobody else is ready: an empty list says that there is nothing to send. */
	if (worker->ready_head == TOE_INDEX_NONE)
		toe_worker_requeue(worker);
	return runs;
}

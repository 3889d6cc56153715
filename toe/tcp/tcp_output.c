/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending: what the next segment is, and the run over the connections that were marked ready. This
 * is the place where a stop acts (INV-6): the words of the route are read once per run, before any
 * frame is built, and no message is taken until the run is over.
 */
#include <rte_branch_prediction.h>
#include <rte_ethdev.h>
#include <rte_prefetch.h>

#include "items.h"
#include "reassembly.h"
#include "tcp.h"
#include "tcp_cc.h"
#include "tcp_emit.h"
#include "tcp_facts.h"
#include "tcp_round.h"

#define TSO_OFFLOADS                                                                               \
	(RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_TCP_CKSUM)
#define TSO_TEXT_MAX                                                                               \
	32768u /* in a frame that the port cuts: bounded, since a drain takes it back as a whole */
#define TXQ_RESERVE 2u /* frames of room that must be left to build another */

uint32_t
toe_tcp_send_mss(const struct toe_conn *conn, struct toe_route route, uint8_t family)
{
	/* RFC 9293 section 3.7.1: options count against the segment, fixed headers do not. */
	uint32_t headers = (family == 4 ? 20u : 40u) + 20u;
	uint32_t options = conn->options & TCP_OPTION_TIMESTAMPS ? TOE_FRAME_TIMESTAMPS : 0;
	uint32_t mtu = toe_path_word_mtu(route.path_word);
	uint32_t mss = RTE_MIN(tcp_peer_mss(conn), mtu - RTE_MIN(mtu, headers));

	return mss > options ? mss - options : 1;
}

/* The same on this worker: a segment lies in one buffer. */
static uint32_t
segment_text_max(const struct toe_worker *worker, const struct toe_conn *conn,
        struct toe_route route, uint8_t family)
{
	return RTE_MIN(toe_tcp_send_mss(conn, route, family), tcp_first_room(worker));
}

bool
toe_tcp_has_work(const struct toe_worker *worker, const struct toe_conn *conn)
{
	struct tcp_plan_limits limits;
	struct tcp_plan plan;

	if ((conn->flags & (TOE_CONN_ACK_NOW | TOE_CONN_KEEPALIVE_DUE)) ||
	        conn->snd_nxt != conn->snd_max)
		return true;
	limits.mss = segment_text_max(worker, conn, toe_route_read(worker->shared, conn->path),
	        worker->shared->paths[conn->path].family);
	limits.frame = limits.mss;
	tcp_plan_next(worker, conn, toe_sender_of(worker, conn), &limits, &plan);
	return tcp_plan_carries(&plan);
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
	tcp_blocked(worker, conn);
	if ((conn->flags & (TOE_CONN_RETRIEVE_ON_SEND | TOE_CONN_INDICATED)) !=
	                TOE_CONN_RETRIEVE_ON_SEND ||
	        !toe_retrieve_stands(worker, conn))
		return false;
	if (!toe_worker_indicate(worker, conn, TOE_EVENT_RETRIEVE, RETRIEVE_INVALID_STATE))
		return true;
	conn->flags |= TOE_CONN_INDICATED;
	return false;
}

/* What all segments of a run have in common; false: the connection may not transmit. */
static bool
run_begin(struct toe_worker *worker, uint32_t index, struct tcp_run *run)
{
	struct toe_conn *conn = &worker->conns[index];
	const struct toe_shared *shared = worker->shared;
	uint32_t mss;

	run->index = index;
	run->open = run->sent_new = false; /* the template needs no zeros */
	run->route.words = toe_route_read(shared, conn->path);
	if (unlikely((conn->flags & TOE_CONN_STOPPED) || !toe_route_valid(run->route.words)))
		return false;
	run->route.path = &shared->paths[conn->path];
	run->route.neighbor =
	        &shared->neighbors[toe_path_word_neighbor(run->route.words.path_word)];
	run->route.offloads = shared->ports[run->route.neighbor->port].tx_offloads;
	run->txq = &worker->txq[run->route.neighbor->port];
	run->sender = toe_sender_of(worker, conn);
	mss = segment_text_max(worker, conn, run->route.words, run->route.path->family);
	if (unlikely(conn->reassembly != TOE_INDEX_NONE))
		mss -= RTE_MIN(mss - 1, toe_reassembly_option_room(worker, conn));
	run->limits.mss = run->limits.frame = mss;
	if ((run->route.offloads & TSO_OFFLOADS) == TSO_OFFLOADS)
		run->limits.frame = TSO_TEXT_MAX / mss * mss;
	if (unlikely(conn->snd_nxt != conn->snd_max)) {
		/* A drain took frames back (INV-7): what they carried is to be sent again. */
		if (run->sender != NULL) {
			toe_sent_take_back(worker, run->sender, conn->snd_nxt);
			tcp_duplicates_clamp(conn, run->sender);
			/* It goes first, and asks whatever a probe that is due by now would ask. */
			conn->flags &= ~TOE_CONN_PROBE;
			run->sender->tlp_out = 0;
		}
		conn->snd_nxt = conn->snd_max;
	}
	/* RFC 5681 section 4.1 */
	if (run->sender != NULL && tcp_outstanding(conn) == 0 &&
	        worker->now_us - run->sender->last_sent > conn->rto * 1000)
		toe_cc_restart(conn, run->sender);
	return true;
}

/* Segments of a run, up to `frames`; true when there is more to do. */
static bool
run_segments(struct toe_worker *worker, struct tcp_run *run, uint32_t frames)
{
	struct toe_conn *conn = &worker->conns[run->index];

	for (;;) {
		struct tcp_plan plan;
		uint32_t n, room;

		tcp_plan_next(worker, conn, run->sender, &run->limits, &plan);
		if (unlikely(conn->flags & TOE_CONN_PACED) && tcp_plan_carries(&plan) &&
		        !tcp_pace(worker, run->index, run->sender))
			plan.length = plan.fin = 0;
		if (!tcp_plan_carries(&plan) &&
		        !(conn->flags & (TOE_CONN_ACK_NOW | TOE_CONN_KEEPALIVE_DUE))) {
			/* Nothing in flight, a closed window, something to send: persist (TMR-1). */
			if (unlikely(conn->snd_wnd == 0 && conn->due[TOE_TIMER_RETRANSMIT] == 0))
				toe_tcp_arm(worker, run->index);
			return false;
		}
		room = toe_txq_room(run->txq);
		if (frames == 0 || room < TXQ_RESERVE)
			return true;
		if (tcp_plan_carries(&plan) && unlikely(!tcp_sender_ready(worker, run, &plan))) {
			worker->stats.tx_no_record++;
			return true;
		}
		n = RTE_MIN(RTE_MIN(plan.count, frames), room - 1);
		if (unlikely(conn->flags & TOE_CONN_PACED))
			n = 1;
		n = RTE_MIN(n, TCP_RUN_MAX);
		if (unlikely(!tcp_emit(worker, run, &plan, n))) {
			worker->stats.tx_no_mbuf++;
			return true;
		}
		/* The end of the stream so far, or nothing but an ACK: there is no more to plan. */
		if ((plan.push && plan.record == TOE_INDEX_NONE) || !tcp_plan_carries(&plan))
			return false;
		frames -= n;
	}
}

bool
toe_tcp_output(struct toe_worker *worker, uint32_t index, uint32_t frames)
{
	struct tcp_run run;
	bool more;

	if (!run_begin(worker, index, &run))
		return output_stopped(worker, &worker->conns[index]);
	more = run_segments(worker, &run, frames);
	tcp_run_end(worker, &run);
	return more;
}

void
toe_tcp_acknowledge(struct toe_worker *worker, uint32_t index)
{
	const struct toe_conn *conn = &worker->conns[index];
	const struct tcp_plan plan = {.record = TOE_INDEX_NONE, .count = 1};
	struct tcp_run run;

	if (!(conn->flags & (TOE_CONN_ACK_NOW | TOE_CONN_ACK_DELAYED)) ||
	        !run_begin(worker, index, &run))
		return;
	if (toe_txq_room(run.txq) == 0)
		toe_txq_flush(run.txq);
	if (toe_txq_room(run.txq) > 0)
		tcp_emit(worker, &run, &plan, 1);
}

static void
prefetch_conn(const struct toe_worker *worker, uint32_t index)
{
	const struct toe_conn *conn = &worker->conns[index];

	if (index == TOE_INDEX_NONE)
		return;
	rte_prefetch0(conn);
	rte_prefetch0(&conn->sender);
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
		conn->flags &= ~TOE_CONN_READY;
		runs++;
		/* A slot freed since it was marked ready (toe_conn_unlink) is only dropped here. */
		if (conn->generation != 0 && toe_tcp_output(worker, index, TCP_RUN_MAX))
			output_again(worker, index, worker->stats.tx_segments != before);
		if (index == last)
			break;
		/* Between two runs no frame is being built. */
		if (runs % TOE_LOOK_RUNS == 0)
			toe_worker_urgent(worker);
	}
	/* Nobody else is ready: an empty list says that there is nothing to send. */
	if (worker->ready_head == TOE_INDEX_NONE)
		toe_worker_requeue(worker);
	return runs;
}

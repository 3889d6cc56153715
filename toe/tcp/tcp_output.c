/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending: what the next segment is, and the run over the connections that were marked ready. This
 * is the place where a stop acts (INV-6): the words of the route are read once per run, before any
 * frame is built, and no message is taken until the run is over.
 */
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_ethdev.h>

#include "conn_mib.h"
#include "reassembly.h"
#include "sender.h"
#include "tcp.h"
#include "tcp_arm.h"
#include "tcp_cc.h"
#include "tcp_close.h"
#include "tcp_emit.h"
#include "tcp_facts.h"
#include "tcp_limits.h"
#include "tcp_round.h"
#include "user.h"

#define TSO_OFFLOADS                                                                               \
	(RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_TCP_CKSUM)
/* Text in a frame that the port cuts: bounded, since a drain takes it back as a whole */
#define TSO_TEXT_MAX 32768u

/* RFC 9293 section 3.10.5: in these states an abort tells the peer; in those behind them both ends have closed. */
#define STATES_RESET                                                                               \
	(TCP_STATE_BIT(TCP_ESTABLISHED) | TCP_STATE_BIT(TCP_CLOSE_WAIT) |                          \
	        TCP_STATE_BIT(TCP_FIN_WAIT_1) | TCP_STATE_BIT(TCP_FIN_WAIT_2))

/*
 * How many SACK blocks go with a segment: no frame is larger than the path takes (UPD-4), and text has at least half of the room
 * that they share. Returns the bytes that they take from text.
 */
static __rte_noinline uint32_t
blocks_fit(const struct toe_engine *engine, const struct toe_conn *conn, uint32_t mss,
        struct tcp_plan_limits *limits)
{
	uint32_t n = toe_reassembly_count(engine, conn);

	limits->bare_blocks = (uint8_t)RTE_MIN(n, toe_sack_blocks(mss));
	limits->blocks = (uint8_t)RTE_MIN(n, toe_sack_blocks(mss / 2));
	return toe_sack_bytes(limits->blocks);
}

/* Where all segments of a run go to; true: there is a way. */
static inline bool
run_route(struct toe_engine *engine, uint32_t index, struct tcp_run *run)
{
	const struct toe_shared *shared = engine->shared;
	uint32_t path = engine->conns[index].path;

	run->index = index;
	run->open = run->rearm = false; /* the template needs no zeros */
	run->route.words = toe_route_read(shared, path);
	if (unlikely(!toe_route_valid(run->route.words)))
		return false;
	run->route.path = &shared->paths[path];
	run->route.neighbor =
	        &shared->neighbors[toe_path_word_neighbor(run->route.words.path_word)];
	run->route.offloads = shared->ports[run->route.neighbor->port].tx_offloads;
	run->txq = &engine->txq[run->route.neighbor->port];
	return true;
}

/* What all segments of a run have in common; false: the connection may not transmit. */
static bool
run_begin(struct toe_engine *engine, uint32_t index, struct tcp_run *run)
{
	struct toe_conn *conn = &engine->conns[index];
	uint32_t mss;

	if (unlikely(conn->flags & TOE_CONN_STOPPED) || !run_route(engine, index, run))
		return false;
	run->sender = toe_sender_of(engine, conn);
	mss = run->smss = tcp_segment_max(engine, conn, run->route.words, run->route.path->family);
	run->limits.blocks = run->limits.bare_blocks = 0;
	if (unlikely(conn->reassembly != TOE_INDEX_NONE))
		mss -= blocks_fit(engine, conn, mss, &run->limits);
	run->limits.mss = run->limits.frame = mss;
	run->limits.copy = tcp_first_room(engine);
	if (unlikely(toe_service_attaches(conn)) &&
	        (run->route.offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS))
		run->limits.copy = TCP_COPY_MAX;
	if ((run->route.offloads & TSO_OFFLOADS) == TSO_OFFLOADS && !run->txq->no_tso)
		run->limits.frame = TSO_TEXT_MAX / mss * mss;
	/* RFC 5681 section 4.1. An ACK by itself does not touch the sender. */
	if (tcp_outstanding(conn) == 0 && tcp_has_unsent(conn) && run->sender != NULL &&
	        engine->now_us - run->sender->last_sent > conn->rto * 1000)
		toe_cc_restart(conn, run->sender, run->smss);
	return true;
}

/* The sender and the record that a segment with text or FIN needs; false: there is no room for the record now. */
static bool
sender_ready(struct toe_engine *engine, struct tcp_run *run, const struct tcp_plan *plan)
{
	if (unlikely(run->sender == NULL))
		run->sender = toe_sender_get(engine, run->index);
	return run->sender != NULL &&
	       (plan->record != TOE_INDEX_NONE || toe_sent_room(engine, run->sender));
}

/* Segments of a run, up to `frames`; true when there is more to do. */
static bool
run_segments(struct toe_engine *engine, struct tcp_run *run, uint32_t frames)
{
	struct toe_conn *conn = &engine->conns[run->index];
	uint32_t room = toe_txq_room(run->txq);

	for (;;) {
		struct tcp_plan plan;
		uint32_t n;

		tcp_plan_next(engine, conn, run->sender, &run->limits, &plan);
		if (unlikely(conn->flags & TOE_CONN_PACED) && tcp_plan_carries(&plan) &&
		        !tcp_pace(engine, run->index, run->sender))
			plan.length = plan.fin = 0;
		if (!tcp_plan_carries(&plan) &&
		        !(conn->flags & (TOE_CONN_ACK_NOW | TOE_CONN_KEEPALIVE_DUE))) {
			/* Nothing in flight, a closed window, something to send: persist (TMR-1). */
			run->rearm |= conn->snd_wnd == 0;
			return false;
		}
		if (frames == 0 || room < TOE_TXQ_RESERVE)
			return true;
		if (tcp_plan_carries(&plan) && unlikely(!sender_ready(engine, run, &plan))) {
			engine->stats.tx_no_record++;
			return true;
		}
		n = RTE_MIN(RTE_MIN(plan.count, frames), room - 1);
		if (unlikely(conn->flags & TOE_CONN_PACED))
			n = 1;
		n = RTE_MIN(n, TCP_RUN_MAX);
		if (unlikely(!tcp_emit(engine, run, &plan, n))) {
			engine->stats.tx_no_mbuf++;
			return true;
		}
		/* The end of the stream so far, or nothing but an ACK: there is no more to plan. */
		if ((plan.push && plan.record == TOE_INDEX_NONE) || !tcp_plan_carries(&plan))
			return false;
		frames -= n;
		room -= n;
	}
}

/*
 * DSC-2: the reset of an abortive disconnect, and the end of the connection. Where a drain took it back after that, it goes
 * again and ends nothing.
 */
static enum toe_output
output_reset(struct toe_engine *engine, struct tcp_run *run)
{
	struct toe_conn *conn = &engine->conns[run->index];
	const struct tcp_plan plan = {.record = TOE_INDEX_NONE, .count = 1, .reset = true};
	bool again = conn->flags & TOE_CONN_ABORTED;

	conn->flags &= ~TOE_CONN_KEEPALIVE_DUE; /* its sequence number is the next one */
	if (again || (TCP_STATE_BIT(conn->state) & STATES_RESET)) {
		memset(&run->limits, 0, sizeof(run->limits));
		run->smss = tcp_smss(engine, conn);
		if (toe_txq_room(run->txq) < TOE_TXQ_RESERVE)
			return TOE_OUTPUT_MORE;
		if (!tcp_emit(engine, run, &plan, 1)) {
			engine->stats.tx_no_mbuf++;
			return TOE_OUTPUT_MORE;
		}
		run->txq->tag[run->txq->count - 1].carries |= TOE_TX_RESET;
		toe_conn_mib(engine, conn)->resets_out++;
	}
	conn->flags &= ~TOE_CONN_RESET_DUE;
	if (again)
		return TOE_OUTPUT_DONE;
	conn->flags |= TOE_CONN_ABORTED;
	toe_tcp_closed(engine, run->index);
	toe_service_reset(engine, run->index);
	return TOE_OUTPUT_DONE;
}

/* A connection that may not transmit: remember that it wanted to. */
static __rte_noinline enum toe_output
output_stopped(struct toe_engine *engine, uint32_t index, struct tcp_run *run)
{
	struct toe_conn *conn = &engine->conns[index];

	if (conn->flags & TOE_CONN_RESET_DUE) {
		if (!(conn->flags & TOE_CONN_HELD_BACK) && run_route(engine, index, run))
			return output_reset(engine, run);
	} else if ((conn->flags & TOE_CONN_ENDED) ||
	           (!(conn->flags & TOE_CONN_BLOCKED) && !toe_tcp_has_work(engine, conn))) {
		return TOE_OUTPUT_DONE;
	}
	tcp_blocked(engine, conn);
	toe_reassembly_unreported(engine, index);
	return TOE_OUTPUT_STOPPED;
}

enum toe_output
toe_tcp_output(struct toe_engine *engine, uint32_t index, uint32_t frames)
{
	struct tcp_run run;
	bool more;

	if (!run_begin(engine, index, &run))
		return output_stopped(engine, index, &run);
	more = run_segments(engine, &run, frames);
	if (run.rearm)
		toe_tcp_arm(engine, index);
	return more ? TOE_OUTPUT_MORE : TOE_OUTPUT_DONE;
}

void
toe_tcp_acknowledge(struct toe_engine *engine, uint32_t index)
{
	const struct toe_conn *conn = &engine->conns[index];
	const struct tcp_plan plan = {.record = TOE_INDEX_NONE, .count = 1};
	struct tcp_run run;

	if (!(conn->flags & (TOE_CONN_ACK_NOW | TOE_CONN_ACK_DELAYED)) ||
	        !run_begin(engine, index, &run))
		return;
	if (toe_txq_room(run.txq) == 0)
		toe_txq_flush(run.txq);
	if (toe_txq_room(run.txq) > 0)
		tcp_emit(engine, &run, &plan, 1);
}

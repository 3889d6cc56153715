/* SPDX-License-Identifier: BSD-3-Clause */
/* INV-7, T11: what is owed after a drain is exactly what the frames carried that never left. */
#include <rte_ethdev.h>

#include "drain.h"
#include "reassembly.h"
#include "script.h"
#include "sender.h"
#include "tcp_facts.h"
#include "test_mutant.h"
#include "unit.h"

static struct script script;

#define TSO_PORT                                                                                   \
	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |                            \
	        RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MULTI_SEGS)

/* A source with round trips of 100 ms, SACK, and a window of `segments`. */
static struct end_params
source(uint32_t segments)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.constant.flags = TCP_OPTION_SACK;
	params.delegated.snd_wnd = params.delegated.cwnd = params.delegated.ssthresh =
	        segments * SCRIPT_MSS;
	params.delegated.srtt = 800;
	params.delegated.rttvar = 200;
	return params;
}

static struct toe_sender *
sender(void)
{
	return toe_sender_of(&script.end.worker.engine, script_conn(&script));
}

static uint64_t
retransmitted(void)
{
	return script.end.worker.engine.stats.tx_retransmitted;
}

/* `segments` leave; then the peer reports all but the first, and the fast retransmission is built. */
static void
lose_first(uint32_t segments)
{
	struct end_params params = source(segments);

	script_open(&script, &params);
	CU_ASSERT_EQUAL(script_waiting(&script), segments);
	script_drop(&script);
	script_pass(&script, 100);
	script_send(&script, (struct script_segment){.window = segments * SCRIPT_MSS,
	                             .sacks = 1,
	                             .sack = {{SCRIPT_MSS, SCRIPT_MSS * 5}}});
	CU_ASSERT_EQUAL(script_waiting(&script), 1);
}

/* A retransmission that never left is all that goes again, and is counted once. */
static void
test_retransmission(void)
{
	lose_first(40);
	CU_ASSERT_EQUAL(end_set_mtu(&script.end, 1400), 1);
	CU_ASSERT_EQUAL(retransmitted(), 0);
	CU_ASSERT_EQUAL(script_conn(&script)->segments_retransmitted, 0);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(retransmitted(), 1);
	CU_ASSERT_EQUAL(script_conn(&script)->segments_retransmitted, 1);
	script_close(&script, NULL);
}

/* Nor does the sender remember it: neither its time, nor that it went twice, nor PRR's share, nor what undoes a reduction. */
static void
test_retransmission_unsent(void)
{
	const struct toe_sent *first;
	uint32_t began;

	lose_first(40);
	began = toe_sent_at(&script.end.worker.engine, sender()->time_head)->time;
	CU_ASSERT_EQUAL(sender()->prr_out, 1000);
	CU_ASSERT_EQUAL(sender()->undo_ranges, 1);
	end_stop(&script.end);
	first = toe_sent_at(&script.end.worker.engine, sender()->head);
	CU_ASSERT_EQUAL(first->end - first->seq, 1000);
	CU_ASSERT_EQUAL(first->flags, TOE_SENT_LOST);
	CU_ASSERT_EQUAL(first->time, began);
	CU_ASSERT_FALSE(first->timed);
	CU_ASSERT_EQUAL(sender()->lost, 1000);
	CU_ASSERT_EQUAL(sender()->again, 0);
	CU_ASSERT_EQUAL(sender()->prr_out, 0);
	CU_ASSERT_EQUAL(sender()->undo_ranges, 0);
	CU_ASSERT(sender()->undo_first);
	CU_ASSERT(sender()->burst);
	script_close(&script, NULL);
}

/* New text that never left goes as new text: not counted as sent twice, ECT, measured. */
static void
test_new_text(void)
{
	struct end_params params = source(10);

	params.constant.flags |= TCP_OPTION_ECN;
	params.delegated.srtt = params.delegated.rttvar = 0;
	script_open(&script, &params);
	for (uint32_t i = 0; i < 4; i++)
		CU_ASSERT(script_took_text(&script, 1000 * (int32_t)i, 1000, 0));
	CU_ASSERT_EQUAL(end_set_mtu(&script.end, 1400), 6);
	CU_ASSERT_EQUAL(toe_pipe(script_conn(&script), sender()), 4000);
	for (uint32_t i = 4; i < 10; i++) {
		CU_ASSERT(script_took_text(&script, 1000 * (int32_t)i, 1000, 0));
		CU_ASSERT_EQUAL(script.got.ecn, 2);
	}
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(retransmitted(), 0);
	script_send(&script, (struct script_segment){.ack = 4000, .window = 1});
	script_pass(&script, 50);
	script_send(&script, (struct script_segment){.ack = 10000, .window = 1});
	CU_ASSERT(script_conn(&script)->srtt >> 3 >= 6000);
	script_drop(&script);
	script_close(&script, NULL);
}

/* What is not in flight is no FlightSize (RFC 5681): a reduction halves what has left. */
static void
test_flight(void)
{
	struct end_params params = source(20);

	params.constant.flags = TCP_OPTION_ECN;
	params.constant.congestion = OFFLOAD_CC_NEWRENO;
	script_open(&script, &params);
	for (uint32_t i = 0; i < 8; i++)
		CU_ASSERT(script_took_text(&script, 1000 * (int32_t)i, 1000, 0));
	CU_ASSERT_EQUAL(end_stop(&script.end), 12);
	script_send(
	        &script, (struct script_segment){
	                         .ack = 1000, .window = 20000, .flags = ACK | RTE_TCP_ECE_FLAG});
	CU_ASSERT_EQUAL(script_conn(&script)->ssthresh, 4000);
	script_close(&script, NULL);
}

/* A tail loss probe that never left is sent again, as one; what it repeats is in flight as before. */
static void
test_tail_probe(void)
{
	struct end_params params = source(3);
	struct toe_sent before;

	script_open(&script, &params);
	for (uint32_t i = 0; i < 3; i++)
		CU_ASSERT(script_took_text(&script, 1000 * (int32_t)i, 1000, 0));
	before = *toe_sent_at(&script.end.worker.engine, sender()->tail);
	for (uint32_t ms = 0; ms < 300 && script_waiting(&script) == 0; ms++)
		script_pass(&script, 1);
	CU_ASSERT_EQUAL(script_waiting(&script), 1);
	CU_ASSERT(sender()->tlp_out);
	end_stop(&script.end);
	CU_ASSERT_FALSE(sender()->tlp_out);
	CU_ASSERT_EQUAL(toe_sent_at(&script.end.worker.engine, sender()->tail)->time, before.time);
	CU_ASSERT_EQUAL(toe_sent_at(&script.end.worker.engine, sender()->tail)->flags, 0);
	CU_ASSERT_EQUAL(retransmitted(), 0);
	end_relink(&script.end);
	CU_ASSERT(script_took_text(&script, 2000, 1000, 0));
	CU_ASSERT(sender()->tlp_out);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

/* Nor is a window probe forgotten; it is no byte of the stream that had left. */
static void
test_window_probe(void)
{
	struct end_params params = source(1);

	script_open(&script, &params);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	script_send(&script, (struct script_segment){.ack = 1000, .no_window = true});
	for (uint32_t ms = 0; ms < 5000 && script_waiting(&script) == 0; ms++)
		script_pass(&script, 1);
	CU_ASSERT_EQUAL(end_stop(&script.end), 1);
	CU_ASSERT_EQUAL(tcp_outstanding(script_conn(&script)), 0);
	end_relink(&script.end);
	CU_ASSERT(script_took_text(&script, 1000, 1, 0));
	CU_ASSERT_EQUAL(retransmitted(), 0);
	/* Where the window has opened meanwhile, none is needed. */
	script_send(&script, (struct script_segment){.ack = 1001, .no_window = true});
	for (uint32_t ms = 0; ms < 5000 && script_waiting(&script) == 0; ms++)
		script_pass(&script, 1);
	CU_ASSERT_EQUAL(end_stop(&script.end), 1);
	script_send(&script, (struct script_segment){.ack = 1001, .window = 1000});
	end_relink(&script.end);
	CU_ASSERT(script_took_text(&script, 1001, 1000, 0));
	script_close(&script, NULL);
}

static void
test_keepalive(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);

	params.cached.flags = TCP_CACHED_KEEPALIVE;
	params.cached.ka_timeout = 5000;
	params.cached.ka_interval = 60000;
	script_open(&script, &params);
	for (uint32_t ms = 0; ms < 6000 && script_waiting(&script) == 0; ms++)
		script_pass(&script, 1);
	CU_ASSERT_EQUAL(end_stop(&script.end), 1);
	end_relink(&script.end);
	CU_ASSERT(script_took_ack(&script, 0));
	CU_ASSERT_EQUAL(script.got.seq, (uint32_t)-1);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(script_conn(&script)->ka_probe_count, 1);
	/* The peer is heard of before the second one can go: it is not needed any more. */
	script_pass(&script, 60000);
	CU_ASSERT_EQUAL(end_stop(&script.end), 1);
	script_send(&script, (struct script_segment){.length = 10});
	end_relink(&script.end);
	script_pass(&script, 100);
	CU_ASSERT(script_took_ack(&script, 10));
	CU_ASSERT_EQUAL(script.got.seq, 0);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

/* RFC 2883: a duplicate is reported once, and that is not the frame that never left. */
static void
test_duplicate(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);

	params.constant.flags = TCP_OPTION_SACK;
	script_open(&script, &params);
	script_send(&script, (struct script_segment){.length = 1000});
	script_pass(&script, 50);
	CU_ASSERT(script_took_ack(&script, 1000));
	script_send(&script, (struct script_segment){.length = 1000});
	CU_ASSERT_EQUAL(script_waiting(&script), 1);
	CU_ASSERT_EQUAL(end_set_mtu(&script.end, 1400), 1);
	CU_ASSERT(script_took_ack(&script, 1000));
	CU_ASSERT_EQUAL_FATAL(script.got.sacks, 1);
	CU_ASSERT_EQUAL(script.got.sack[0].start, 0);
	CU_ASSERT_EQUAL(script.got.sack[0].end, 1000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	/* A stopped connection keeps none (W2). */
	script_send(&script, (struct script_segment){.length = 1000});
	CU_ASSERT_EQUAL(script_waiting(&script), 1);
	CU_ASSERT_EQUAL(end_stop(&script.end), 1);
	CU_ASSERT_EQUAL(script_conn(&script)->reassembly, TOE_INDEX_NONE);
	end_relink(&script.end);
	CU_ASSERT(script_took_ack(&script, 1000));
	CU_ASSERT_EQUAL(script.got.sacks, 0);
	script_close(&script, NULL);
}

/* An ACK that never left is owed, what it acknowledged is not acknowledged, and the peer has not seen its window. */
static void
test_acknowledgment(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);
	struct toe_conn *conn = script_conn(&script);
	struct tcp_delegated state;
	uint32_t edge;

	script_open(&script, &params);
	edge = conn->rcv_adv;
	script_send(&script, (struct script_segment){.length = 1000});
	script_send(&script, (struct script_segment){.seq = 1000, .length = 1000});
	CU_ASSERT_EQUAL(script_waiting(&script), 1);
	CU_ASSERT_EQUAL(conn->last_ack_sent, SCRIPT_PEER + 2000);
	CU_ASSERT(conn->rcv_adv != edge);
	CU_ASSERT_EQUAL(end_stop(&script.end), 1);
	CU_ASSERT_EQUAL(conn->last_ack_sent, SCRIPT_PEER);
	CU_ASSERT_EQUAL(conn->rcv_adv, edge);
	CU_ASSERT(conn->flags & TOE_CONN_ACK_NOW);
	end_relink(&script.end);
	CU_ASSERT(script_took_ack(&script, 2000));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	/* The host takes it over with the window that the peer knows. */
	edge = conn->rcv_adv;
	script_send(&script, (struct script_segment){.seq = 2000, .length = 1000});
	script_send(&script, (struct script_segment){.seq = 3000, .length = 1000});
	CU_ASSERT_EQUAL(script_waiting(&script), 1);
	CU_ASSERT_EQUAL(end_stop(&script.end), 1);
	script_close(&script, &state);
	CU_ASSERT_EQUAL(state.rcv_wnd, edge - SCRIPT_PEER - 4000);
}

/* A delayed ACK that went with text which never left is delayed anew; two of them are owed at once. */
static void
test_delayed(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct toe_conn *conn = script_conn(&script);

	params.delegated.snd_wnd = 1000;
	script_open(&script, &params);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	script_send(&script, (struct script_segment){.length = 10, .window = 1000});
	script_send(&script, (struct script_segment){.seq = 10, .ack = 1000, .window = 1000});
	CU_ASSERT_EQUAL(script_waiting(&script), 1);
	CU_ASSERT_FALSE(conn->flags & TOE_CONN_ACK_DELAYED);
	CU_ASSERT_EQUAL(end_stop(&script.end), 1);
	CU_ASSERT_EQUAL(
	        conn->flags & (TOE_CONN_ACK_DELAYED | TOE_CONN_ACK_NOW), TOE_CONN_ACK_DELAYED);
	CU_ASSERT_EQUAL(conn->delack_count, 1);
	script_send(&script,
	        (struct script_segment){.seq = 10, .ack = 1000, .length = 10, .window = 1000});
	CU_ASSERT(conn->flags & TOE_CONN_ACK_NOW);
	end_relink(&script.end);
	CU_ASSERT(script_took_text(&script, 1000, 1000, 0));
	CU_ASSERT_EQUAL(script.got.ack, 20);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

/* A frame of many segments is taken back as one and cut anew; part of it may be acknowledged by nobody. */
static void
test_tso(void)
{
	struct end_params params = source(30);
	struct rte_mbuf *frame;
	uint32_t text = 0;

	params.offloads = TSO_PORT;
	script_open(&script, &params);
	CU_ASSERT_EQUAL(script_waiting(&script), 1);
	CU_ASSERT_EQUAL(end_set_mtu(&script.end, 540), 1);
	CU_ASSERT_EQUAL(script_conn(&script)->snd_nxt, SCRIPT_OURS);
	CU_ASSERT_EQUAL(script_conn(&script)->snd_max, SCRIPT_OURS + 30000);
	end_work(&script.end);
	while (end_take(&script.end, &frame, 1) > 0) {
		CU_ASSERT_EQUAL(frame->tso_segsz, 500);
		text += frame->pkt_len - frame->l2_len - frame->l3_len - frame->l4_len;
		rte_pktmbuf_free(frame);
	}
	CU_ASSERT_EQUAL(text, 30000);
	CU_ASSERT_EQUAL(retransmitted(), 0);
	script_close(&script, NULL);
}

/* Frames under old words with frames under new ones behind them: the ACK that is owed is that of both. */
static void
test_two_words(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);
	struct toe_conn *conn = script_conn(&script);
	struct toe_neighbor *neighbor;
	uint32_t epoch;

	script_open(&script, &params);
	for (int32_t seq = 0; seq < 20; seq += 10)
		script_send(&script, (struct script_segment){.seq = seq, .length = 10});
	CU_ASSERT_EQUAL(script_waiting(&script), 1);
	/* The words change, and the worker builds an ACK before it sees the message of the drain. */
	neighbor = &script.end.shared.neighbors[script.end.neighbor];
	epoch = toe_word_epoch(atomic_load(&neighbor->word)) + 1;
	atomic_store(&neighbor->word, toe_neighbor_word(script.end.mac, epoch, true));
	for (int32_t seq = 20; seq < 40; seq += 10)
		script_send(&script, (struct script_segment){.seq = seq, .length = 10});
	CU_ASSERT_EQUAL(script_waiting(&script), 2);
	CU_ASSERT_EQUAL(toe_worker_drain(&script.end.worker), 2);
	CU_ASSERT_EQUAL(conn->last_ack_sent, SCRIPT_PEER);
	CU_ASSERT_FALSE(conn->flags & TOE_CONN_DRAINED);
	CU_ASSERT(script_took_ack(&script, 40));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"INV-7 T11 a retransmission", test_retransmission},
	        {"INV-7 T11 a retransmission is no transmission", test_retransmission_unsent},
	        {"INV-7 T11 new text", test_new_text},
	        {"INV-7 T11 FlightSize", test_flight},
	        {"INV-7 T11 a tail loss probe", test_tail_probe},
	        {"INV-7 T11 a window probe", test_window_probe},
	        {"INV-7 T11 a keepalive probe", test_keepalive},
	        {"INV-7 T11 a report of a duplicate", test_duplicate},
	        {"INV-7 T11 an acknowledgment and its window", test_acknowledgment},
	        {"INV-7 T11 a delayed ACK", test_delayed},
	        {"INV-7 T11 a frame of many segments", test_tso},
	        {"INV-7 T11 frames under two words", test_two_words},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_drain", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}

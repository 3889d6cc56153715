/* SPDX-License-Identifier: BSD-3-Clause */
/* A connection that is stopped while it lives, and what becomes of it after a relink. */
#include "drain.h"
#include "items.h"
#include "output_loop.h"
#include "script.h"
#include "service.h"
#include "stop.h"
#include "tcp.h"
#include "tcp_facts.h"
#include "test_mutant.h"
#include "timer_loop.h"
#include "unit.h"

static struct script script;

/* Frames held are taken back: their bytes are unsent again. The ACK has left with the first frame, and is not owed. */
static void
test_drain_takes_back(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct toe_conn *conn = script_conn(&script);

	params.constant.service_bytes = 2500;
	script_open(&script, &params);
	script_send(&script, (struct script_segment){.length = 10});
	script_send(&script, (struct script_segment){.seq = 10, .length = 10});
	CU_ASSERT_EQUAL(script_waiting(&script), 3);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0)); /* this one has gone */
	CU_ASSERT_EQUAL(conn->state, TCP_FIN_WAIT_1);
	CU_ASSERT_EQUAL(end_stop(&script.end), 2);
	CU_ASSERT_EQUAL(conn->snd_nxt, SCRIPT_OURS + 1000);
	CU_ASSERT_EQUAL(conn->snd_max, SCRIPT_OURS + 2501);
	CU_ASSERT_FALSE(conn->flags & (TOE_CONN_ACK_NOW | TOE_CONN_ACK_DELAYED));
	script_pass(&script, 500);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	/* No timeout is waited for after the relink: text and FIN follow at once. */
	end_relink(&script.end);
	CU_ASSERT(script_took_text(&script, 1000, 1000, 0));
	CU_ASSERT_EQUAL(script.got.ack, 20);
	CU_ASSERT(script_took_text(&script, 2000, 500, FIN));
	script_send(&script, (struct script_segment){.seq = 20, .ack = 2501});
	CU_ASSERT_EQUAL(conn->state, TCP_FIN_WAIT_2);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.tx_timeouts, 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.tx_retransmitted, 0);
	script_close(&script, NULL);
}

/* A tail loss probe that falls due between a relink and its turn does not overtake what was taken back. */
static void
test_probe_after_drain(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.constant.flags = TCP_OPTION_SACK;
	params.delegated.cwnd = 10 * SCRIPT_MSS;
	script_open(&script, &params);
	CU_ASSERT_EQUAL(script_waiting(&script), 10);
	end_stop(&script.end);
	/* The peer guesses: a round trip of nothing, so that the probe is due after 2 ms. */
	script_send(&script, (struct script_segment){.ack = 1});
	end_relink(&script.end);
	script.now_us += 3000;
	end_clock(&script.end, script.now_us);
	CU_ASSERT(script_took_text(&script, 1, 1000, 0));
	CU_ASSERT(script_took_text(&script, 1001, 1000, 0));
	script_close(&script, NULL);
}

/* Nor one that falls due while pacing holds back what was taken back. */
static void
test_probe_beside_pacing(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.constant.flags = TCP_OPTION_SACK;
	params.constant.extensions = TCP_EXTENSION_PACING;
	params.delegated.cwnd = 10 * SCRIPT_MSS;
	params.delegated.ssthresh = 5 * SCRIPT_MSS;
	params.delegated.srtt = 8 * 100;
	params.delegated.rttvar = 4 * 50;
	script_open(&script, &params);
	script_pass(&script, 260);
	CU_ASSERT_EQUAL(script_waiting(&script), 10);
	CU_ASSERT_EQUAL(end_set_mtu(&script.end, 1400), 10);
	for (uint32_t ms = 0, next = 0; ms < 100; ms++) {
		script_pass(&script, 1);
		while (script_take(&script)) {
			CU_ASSERT(script.got.seq <= next);
			next = RTE_MAX(next, script.got.seq + script.got.length);
		}
	}
	script_close(&script, NULL);
}

/* What was in flight during a stop says nothing of the round trip. */
static void
test_no_sample_after_stop(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.constant.flags = TCP_OPTION_SACK;
	params.delegated.snd_wnd = 2000;
	script_open(&script, &params);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT(script_took_text(&script, 1000, 1000, 0));
	end_stop(&script.end);
	script_pass(&script, 300);
	end_relink(&script.end);
	script_pass(&script, 1);
	script_send(&script, (struct script_segment){.ack = 2000});
	CU_ASSERT_EQUAL(script_conn(&script)->srtt, 0);
	while (script_take(&script))
		;
	script_close(&script, NULL);
}

/* INV-11: receiving goes on; INV-6: nothing is answered; the ACK follows when it may. */
static void
test_receiving_goes_on(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);
	struct toe_conn *conn = script_conn(&script);

	script_open(&script, &params);
	end_stop(&script.end);
	for (int32_t seq = 0; seq < 5000; seq += 1000)
		script_send(&script, (struct script_segment){.seq = seq, .length = 1000});
	script_send(&script, (struct script_segment){.seq = 9000, .length = 1});
	script_send(&script, (struct script_segment){.seq = 1, .flags = SYN});
	script_pass(&script, 10000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(conn->rcv_bytes, 5000);
	CU_ASSERT(conn->flags & TOE_CONN_BLOCKED);
	end_relink(&script.end);
	CU_ASSERT(script_took_ack(&script, 5000));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_FALSE(conn->flags & TOE_CONN_BLOCKED);
	script_close(&script, NULL);
}

static void
test_acks_free_send_data(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct toe_conn *conn = script_conn(&script);

	params.delegated.snd_wnd = 3000;
	script_open(&script, &params);
	for (int32_t seq = 0; seq < 3000; seq += 1000)
		CU_ASSERT(script_took_text(&script, seq, 1000, 0));
	end_stop(&script.end);
	script_send(&script, (struct script_segment){.ack = 2000, .window = 3000});
	CU_ASSERT_EQUAL(conn->snd_offset, 2000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	end_relink(&script.end);
	CU_ASSERT(script_took_text(&script, 3000, 1000, 0));
	CU_ASSERT(script_took_text(&script, 4000, 1000, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

/* Timers count nothing while stopped, and start anew after the relink. */
static void
test_timers_are_frozen(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct toe_conn *conn = script_conn(&script);
	struct toe_event event;

	params.delegated.snd_wnd = 1000;
	params.max_retransmit = 3;
	script_open(&script, &params);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	script_pass(&script, TCP_RTO_INITIAL_MS);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	end_stop(&script.end);
	script_pass(&script, 600000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(conn->retransmit_count, 1);
	CU_ASSERT_EQUAL(conn->total_rt, TCP_RTO_INITIAL_MS);
	CU_ASSERT_FALSE(end_event(&script.end, &event));
	end_relink(&script.end);
	script_pass(&script, 2 * TCP_RTO_INITIAL_MS - 1);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_pass(&script, 1);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT_EQUAL(conn->retransmit_count, 2);
	script_close(&script, NULL);
}

static void
test_delayed_ack_is_kept(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);

	/* Relinked before the delayed ACK was due: it is delayed anew. */
	script_open(&script, &params);
	script_send(&script, (struct script_segment){.length = 10});
	script_pass(&script, 10);
	end_stop(&script.end);
	script_pass(&script, 10);
	end_relink(&script.end);
	script_pass(&script, TCP_DELACK_MS - 1);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_pass(&script, 1);
	CU_ASSERT(script_took_ack(&script, 10));
	/* Relinked after: it is overdue. */
	script_send(&script, (struct script_segment){.seq = 10, .length = 10});
	end_stop(&script.end);
	script_pass(&script, 100);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	end_relink(&script.end);
	CU_ASSERT(script_took_ack(&script, 20));
	script_close(&script, NULL);
}

/* What the walk of a RETRIEVE does under policy on-send (stop.c). */
static void
mark_on_send(struct script *to_mark)
{
	struct toe_worker *worker = &to_mark->end.worker;
	struct toe_conn *conn = script_conn(to_mark);

	worker->paths[conn->path].route = toe_route_read(worker->engine.shared, conn->path);
	conn->flags |= TOE_CONN_RETRIEVE_ON_SEND;
}

/*
 * D2, policy on-send: one indication when there is something to send, then silence for ever (D3).
 */
static void
test_retrieve_on_send(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);
	struct toe_conn *conn = script_conn(&script);
	struct toe_backlog *backlog = &script.end.worker.engine.backlog[0];
	struct toe_event event;

	script_open(&script, &params);
	end_stop(&script.end);
	mark_on_send(&script);
	script_send(&script, (struct script_segment){.length = 10});
	end_work(&script.end);
	CU_ASSERT_FALSE(end_event(&script.end, &event));
	/* The delayed ACK becomes due; no room for the indication at first. */
	backlog->count = TOE_EVENT_BACKLOG;
	for (uint32_t i = 0; i < TCP_DELACK_MS; i++) {
		script.now_us += 1000;
		end_clock(&script.end, script.now_us);
		toe_worker_timers(&script.end.worker);
		toe_worker_output(&script.end.worker, TOE_OUTPUT_BUDGET);
	}
	CU_ASSERT_FALSE(conn->flags & TOE_CONN_INDICATED);
	CU_ASSERT(conn->flags & TOE_CONN_READY);
	backlog->count = 0;
	end_work(&script.end);
	CU_ASSERT_TRUE_FATAL(end_event(&script.end, &event));
	CU_ASSERT_EQUAL(event.kind, TOE_EVENT_RETRIEVE);
	CU_ASSERT_EQUAL(event.detail, RETRIEVE_INVALID_STATE);
	end_relink(&script.end);
	for (int32_t seq = 10; seq < 5000; seq += 1000)
		script_send(&script, (struct script_segment){.seq = seq, .length = 1000});
	script_pass(&script, 1000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_FALSE(end_event(&script.end, &event));
	CU_ASSERT_EQUAL(conn->rcv_bytes, 5010);
	script_close(&script, NULL);
}

/* The same for data in flight: the timeout is what it would send. */
static void
test_retrieve_on_timeout(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct toe_event event;

	params.delegated.snd_wnd = 1000;
	script_open(&script, &params);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	end_stop(&script.end);
	mark_on_send(&script);
	script_pass(&script, TCP_RTO_INITIAL_MS - 1);
	CU_ASSERT_FALSE(end_event(&script.end, &event));
	script_pass(&script, 1);
	CU_ASSERT_TRUE_FATAL(end_event(&script.end, &event));
	CU_ASSERT_EQUAL(event.detail, RETRIEVE_INVALID_STATE);
	CU_ASSERT_EQUAL(script_conn(&script)->retransmit_count, 0);
	script_close(&script, NULL);
}

/*
 * Marked for a stop of its path, then named by an invalidate, then relinked: the stop of the path is over, and for its own it is asked
 * for when that is due, not before. told: the path's new word has come to the worker.
 */
static void
retrieve_of_named(bool told)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);
	const struct toe_message message = {.op = TOE_OP_INVALIDATE, .argument = 5};
	struct toe_worker *worker = &script.end.worker;
	struct toe_item item = {0};
	struct toe_event event;

	script_open(&script, &params);
	item.generation = script_conn(&script)->generation;
	end_stop(&script.end);
	mark_on_send(&script);
	toe_stop_named(worker, &message, &item);
	end_relink(&script.end);
	if (told)
		worker->paths[0].route = toe_route_read(worker->engine.shared, 0);
	script_send(&script, (struct script_segment){.length = 10});
	script_pass(&script, TCP_DELACK_MS);
	CU_ASSERT_FALSE(end_event(&script.end, &event));
	worker->walks[0].released = 5;
	script_send(&script, (struct script_segment){.seq = 10, .length = 10});
	script_pass(&script, TCP_DELACK_MS);
	CU_ASSERT_TRUE_FATAL(end_event(&script.end, &event));
	CU_ASSERT_EQUAL(event.kind, TOE_EVENT_RETRIEVE);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

static void
test_retrieve_of_named(void)
{
	retrieve_of_named(false);
	retrieve_of_named(true);
}

/* A connection named by an invalidate stays silent over a path that is valid. */
static void
test_named(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_ECHO);

	script_open(&script, &params);
	script_send(&script, (struct script_segment){.length = 1000});
	CU_ASSERT_EQUAL(script_waiting(&script), 1);
	script_conn(&script)->flags |= TOE_CONN_INVALID;
	CU_ASSERT_EQUAL(toe_worker_drain(&script.end.worker), 1);
	script_send(&script, (struct script_segment){.seq = 1000, .length = 1000});
	toe_tcp_resume(&script.end.worker.engine, 0);
	script_pass(&script, 5000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(tcp_unacked(script_conn(&script)), 2000);
	script_close(&script, NULL);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"INV-7 a drain takes back text, FIN and ACK", test_drain_takes_back},
	        {"INV-7 RFC 8985 a probe after a drain", test_probe_after_drain},
	        {"INV-7 RFC 8985 a probe beside pacing", test_probe_beside_pacing},
	        {"TCP-1 no round trip through a stop", test_no_sample_after_stop},
	        {"INV-6 INV-11 receiving goes on in silence", test_receiving_goes_on},
	        {"INV-11 ACKs free send data", test_acks_free_send_data},
	        {"INV-6 INV-10 timers are frozen", test_timers_are_frozen},
	        {"INV-17 D2 D3 on-send, of a connection that is named", test_retrieve_of_named},
	        {"INV-10 the delayed ACK is kept", test_delayed_ack_is_kept},
	        {"INV-9 policy on-send: an ACK", test_retrieve_on_send},
	        {"INV-9 policy on-send: a timeout", test_retrieve_on_timeout},
	        {"INV-6 a named connection", test_named},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_stop", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}

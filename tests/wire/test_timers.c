/* SPDX-License-Identifier: BSD-3-Clause */
/* Keepalive, persist, FIN_WAIT_2, pacing, idle senders: what happens when, to the millisecond. */
#include "invariant.h"
#include "script.h"
#include "sender.h"
#include "tcp.h"
#include "test_mutant.h"
#include "timer_loop.h"
#include "unit.h"

static struct script script;

static bool
told(uint8_t kind, uint8_t detail)
{
	struct toe_event event;

	return end_event(&script.end, &event) && event.kind == kind && event.detail == detail;
}

static struct end_params
with_keepalive(enum offload_service service)
{
	struct end_params params = script_params(service);

	params.cached.flags = TCP_CACHED_KEEPALIVE;
	params.cached.ka_timeout = 5000;
	params.cached.ka_interval = 700;
	params.cached.ka_probe_count = 3;
	return params;
}

/* Nothing for so long, then one frame. */
static bool
silent_until(uint32_t ms)
{
	script_pass(&script, ms - 1);
	if (script_waiting(&script) != 0)
		return false;
	script_pass(&script, 1);
	return script_take(&script);
}

static void
test_keepalive(void)
{
	struct end_params params = with_keepalive(OFFLOAD_SERVICE_SINK);

	script_open(&script, &params);
	CU_ASSERT(silent_until(5000));
	CU_ASSERT_EQUAL(script.got.seq, 0u - 1);
	CU_ASSERT_EQUAL(script.got.length, 0);
	CU_ASSERT_EQUAL(script.got.ack, 0);
	/* An answer: idle from now. */
	script_pass(&script, 100);
	script_send(&script, (struct script_segment){.seq = 0});
	CU_ASSERT_EQUAL(script_conn(&script)->ka_probe_count, 0);
	CU_ASSERT(silent_until(5000));
	CU_ASSERT(silent_until(700));
	CU_ASSERT(silent_until(700));
	CU_ASSERT_EQUAL(script_conn(&script)->ka_probe_count, 3);
	/* TMR-2: the third is not answered either. */
	script_pass(&script, 699);
	CU_ASSERT_FALSE(told(TOE_EVENT_RETRIEVE, RETRIEVE_TIMEOUT_EXPIRATION));
	script_pass(&script, 1);
	CU_ASSERT(told(TOE_EVENT_RETRIEVE, RETRIEVE_TIMEOUT_EXPIRATION));
	script_pass(&script, 60000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

/* What carries text asks as well: no probe besides. */
static void
test_keepalive_and_text(void)
{
	struct end_params params = with_keepalive(OFFLOAD_SERVICE_ECHO);

	script_open(&script, &params);
	script_pass(&script, 5000 - 1);
	script.now_us += 1000;
	end_clock(&script.end, script.now_us);
	/* The timer's turn and the text's are the same one. */
	while (toe_worker_timers(&script.end.worker) > 0)
		;
	CU_ASSERT(script_conn(&script)->flags & TOE_CONN_KEEPALIVE_DUE);
	script_conn(&script)->cached_flags &=
	        (uint16_t)~TCP_CACHED_KEEPALIVE; /* nor is it undone */
	script_send(&script, (struct script_segment){.length = 100});
	CU_ASSERT(script_took_text(&script, 0, 100, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

/* In TIME_WAIT nobody has to answer. */
static void
test_keepalive_ends(void)
{
	struct end_params params = with_keepalive(OFFLOAD_SERVICE_SINK);

	params.delegated.state = TCP_FIN_WAIT_2;
	script_open(&script, &params);
	script_send(&script, (struct script_segment){.flags = ACK | FIN});
	CU_ASSERT(script_took_ack(&script, 1));
	CU_ASSERT(told(TOE_EVENT_DISCONNECT, 0));
	CU_ASSERT(told(TOE_EVENT_RETRIEVE, RETRIEVE_UPLOAD_REQUESTED));
	script_pass(&script, 60000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_FALSE(told(TOE_EVENT_RETRIEVE, RETRIEVE_TIMEOUT_EXPIRATION));
	script_close(&script, NULL);
}

/* TMR-1: RTO << round between answered probes, RTO << count between those that are not. */
static void
test_persist(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct toe_conn *conn = script_conn(&script);
	const struct script_segment closed = {.no_window = true};

	params.delegated.snd_wnd = 0;
	params.delegated.max_snd_wnd = 5000;
	script_open(&script, &params);
	for (uint32_t round = 0; round < 3; round++) {
		CU_ASSERT(silent_until(TCP_RTO_INITIAL_MS << round));
		CU_ASSERT(script.got.seq == 0 && script.got.length == 1);
		script_send(&script, closed);
		CU_ASSERT_EQUAL(conn->snd_wnd_probe_count, round + 1);
		CU_ASSERT_EQUAL(conn->retransmit_count, 0);
	}
	/* Not answered: doubled within the round. */
	CU_ASSERT(silent_until(TCP_RTO_INITIAL_MS << 3));
	for (uint32_t count = 1; count < 4; count++) {
		CU_ASSERT(silent_until(TCP_RTO_INITIAL_MS << count));
		CU_ASSERT(script.got.seq == 0 && script.got.length == 1);
		CU_ASSERT_EQUAL(conn->retransmit_count, count + 1);
	}
	/* It opens: everything counts from the beginning, what was a probe follows at once. */
	script_send(&script, (struct script_segment){.window = 3000});
	CU_ASSERT_EQUAL(conn->snd_wnd_probe_count, 0);
	CU_ASSERT_EQUAL(conn->retransmit_count, 0);
	CU_ASSERT(script_take(&script) && script.got.seq == 0);
	CU_ASSERT_EQUAL(conn->cwnd, 100 * SCRIPT_MSS);
	script_close(&script, NULL);
}

/* A window that closes on data in flight, for longer than the clock of the records goes (71 minutes). */
static void
test_persist_for_long(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct invariant before;

	params.constant.flags = TCP_OPTION_SACK;
	params.delegated.snd_wnd = 4000;
	script_open(&script, &params);
	invariant_init(&before, &script.end);
	while (script_take(&script))
		;
	for (uint32_t second = 0; second < 4300; second++) {
		script_send(&script, (struct script_segment){.ack = 1000, .no_window = true});
		script_pass(&script, 1000);
		while (script_take(&script))
			CU_ASSERT_FATAL(script.got.seq == 1000 && script.got.length == 1000);
		CU_ASSERT_PTR_NULL_FATAL(invariant_check(&before, &script.end));
	}
	script_send(&script, (struct script_segment){.ack = 4000, .window = 4000});
	CU_ASSERT(script_took_text(&script, 4000, 1000, 0));
	CU_ASSERT(script_conn(&script)->srtt >> 3 <= 1000); /* of the first segment */
	script_close(&script, NULL);
}

/* TMR-2: probes that nobody answers end as retransmissions do. */
static void
test_persist_limit(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.delegated.snd_wnd = 0;
	params.max_retransmit = 3;
	script_open(&script, &params);
	script_pass(&script, TCP_RTO_INITIAL_MS * (1 + 2 + 4 + 8) - 1);
	CU_ASSERT_FALSE(told(TOE_EVENT_RETRIEVE, RETRIEVE_TIMEOUT_EXPIRATION));
	script_pass(&script, 2);
	CU_ASSERT(told(TOE_EVENT_RETRIEVE, RETRIEVE_TIMEOUT_EXPIRATION));
	script_close(&script, NULL);
}

/* TMR-3: two minutes from the last acceptable segment. */
static void
test_fin_wait_2(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);

	params.delegated.state = TCP_FIN_WAIT_2;
	script_open(&script, &params);
	script_pass(&script, 100000);
	script_send(&script, (struct script_segment){.length = 10});
	script_pass(&script, TCP_FIN_WAIT_2_MS - 1);
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_FIN_WAIT_2);
	script_pass(&script, 2);
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_CLOSED);
	CU_ASSERT(told(TOE_EVENT_RETRIEVE, RETRIEVE_TIMEOUT_EXPIRATION));
	script_close(&script, NULL);
}

/* SEC-1: a suspicious segment brings keepalive to five minutes from now; the next good one undoes that. */
static void
test_suspicion(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);

	script_open(&script, &params);
	script_send(&script, (struct script_segment){.seq = 5, .flags = RST});
	CU_ASSERT(script_took_ack(&script, 0));
	script_send(&script, (struct script_segment){.seq = 0});
	script_pass(&script, TCP_KEEPALIVE_ARMED_MS + 1000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_send(&script, (struct script_segment){.seq = 5, .flags = SYN});
	CU_ASSERT(script_took_ack(&script, 0));
	CU_ASSERT(silent_until(TCP_KEEPALIVE_ARMED_MS));
	for (uint32_t i = 1; i < TCP_KEEPALIVE_PROBES; i++)
		CU_ASSERT(silent_until(TCP_KEEPALIVE_INTERVAL_MS));
	script_pass(&script, TCP_KEEPALIVE_INTERVAL_MS);
	CU_ASSERT(told(TOE_EVENT_RETRIEVE, RETRIEVE_TIMEOUT_EXPIRATION));
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_CLOSED);
	script_close(&script, NULL);
}

/* An idle connection gives back what sending needs, and begins with the initial window again. */
static void
test_idle_sender(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_ECHO);
	struct toe_worker *worker = &script.end.worker;

	script_open(&script, &params);
	CU_ASSERT_EQUAL(worker->engine.senders.used, 0);
	script_send(&script, (struct script_segment){.length = 100});
	CU_ASSERT(script_took_text(&script, 0, 100, 0));
	CU_ASSERT_EQUAL(worker->engine.senders.used, 1);
	CU_ASSERT_EQUAL(worker->engine.sent.used, 1);
	script_send(&script, (struct script_segment){.seq = 100, .ack = 100});
	CU_ASSERT_EQUAL(worker->engine.sent.used, 0);
	script_pass(&script, TOE_SENDER_IDLE_MS + 1);
	CU_ASSERT_EQUAL(worker->engine.senders.used, 0);
	CU_ASSERT_EQUAL(script_conn(&script)->cwnd, TCP_INITIAL_WINDOW * SCRIPT_MSS);
	script_close(&script, NULL);
}

/* What cwnd allows is spread over the round trip: a few segments at a time, all of them within it. */
static void
test_pacing(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	uint32_t sent = 0, most = 0;

	params.constant.extensions = TCP_EXTENSION_PACING;
	params.delegated.cwnd = 50 * SCRIPT_MSS;
	params.delegated.ssthresh = 40 * SCRIPT_MSS;
	params.delegated.srtt = 8 * 100;
	params.delegated.rttvar = 4 * 50;
	script_open(&script, &params);
	for (uint32_t ms = 0; ms < 100; ms++) {
		uint32_t at_once = 0;

		while (script_take(&script))
			at_once++;
		sent += at_once;
		most = RTE_MAX(most, at_once);
		script_pass(&script, 1);
	}
	CU_ASSERT(most <= 4);
	CU_ASSERT(sent >= 48);
	script_close(&script, NULL);
}

/* The window follows what arrives in a round trip, up to the host's limit. */
static void
test_auto_sizing(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);
	struct toe_conn *conn = script_conn(&script);
	uint32_t seq = 0;

	params.constant.flags = TCP_OPTION_WINDOW_SCALE;
	params.constant.rcv_wnd_scale = 6;
	params.cached.initial_rcv_wnd = 1u << 20;
	script_open(&script, &params);
	CU_ASSERT_EQUAL(conn->rcv_space, SCRIPT_WINDOW);
	/* Little arrives: it stays. */
	for (uint32_t i = 0; i < 50; i++, seq += 100) {
		script_send(&script, (struct script_segment){.seq = (int32_t)seq, .length = 100});
		script_pass(&script, 20);
	}
	CU_ASSERT_EQUAL(conn->rcv_space, SCRIPT_WINDOW);
	/* All that is offered arrives in each round: it grows, to the limit and no further. */
	for (uint32_t i = 0; i < 20; i++) {
		while (conn->rcv_adv - conn->rcv_nxt >= 1000) {
			script_send(&script,
			        (struct script_segment){.seq = (int32_t)seq, .length = 1000});
			seq += 1000;
		}
		script_pass(&script, 110);
		while (script_take(&script))
			;
	}
	CU_ASSERT(conn->rcv_space > 2 * SCRIPT_WINDOW);
	CU_ASSERT(conn->rcv_space <= 1u << 20);
	script_close(&script, NULL);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TMR-1 TMR-2 keepalive", test_keepalive},
	        {"TMR-1 keepalive beside text", test_keepalive_and_text},
	        {"TMR-1 TERM-7 no keepalive in TIME_WAIT", test_keepalive_ends},
	        {"TMR-1 window probes", test_persist},
	        {"TMR-1 a window closed for long", test_persist_for_long},
	        {"TMR-2 window probes that nobody answers", test_persist_limit},
	        {"TMR-3 FIN_WAIT_2", test_fin_wait_2},
	        {"SEC-1 keepalive after a suspicious segment", test_suspicion},
	        {"TCP-1 idle senders are given back", test_idle_sender},
	        {"TCP-1 pacing", test_pacing},
	        {"TCP-1 the window follows what arrives", test_auto_sizing},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_timers", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}

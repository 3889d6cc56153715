/* SPDX-License-Identifier: BSD-3-Clause */
/* What is handed over, read and handed back: the three classes of variables, clock ticks, and I/O while stopped. */
#include <string.h>

#include "conn_state.h"
#include "items.h"
#include "script.h"
#include "tcp.h"
#include "test_mutant.h"
#include "unit.h"

static struct script script;

static void
save(struct tcp_const *constant, struct tcp_cached *cached, struct tcp_delegated *delegated,
        uint32_t tick_ms)
{
	toe_conn_save(&script.end.worker.engine, script_conn(&script), constant, cached, delegated,
	        tick_ms);
}

static struct end_params
full_params(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.constant.flags = TCP_OPTION_TIMESTAMPS | TCP_OPTION_SACK | TCP_OPTION_WINDOW_SCALE;
	params.user_priority = 5;
	params.constant.local_port = END_PORT_LOCAL;
	params.constant.remote_port = END_PORT_REMOTE;
	params.constant.snd_wnd_scale = 3;
	params.constant.rcv_wnd_scale = 5;
	params.constant.service_bytes = 0;
	params.cached = (struct tcp_cached){
	        .flags = TCP_CACHED_KEEPALIVE | TCP_CACHED_NAGLE,
	        .initial_rcv_wnd = 60000,
	        .rcv_indication_size = 4096,
	        .ka_probe_count = 7,
	        .ka_timeout = 7200000,
	        .ka_interval = 75000,
	        .max_rt = 30000,
	        .flow_label = 0x12345,
	        .ttl = 61,
	        .tos = 0x10,
	        .user_priority = 5,
	};
	params.delegated.srtt = 800;
	params.delegated.rttvar = 40;
	params.delegated.ts_recent = 4711;
	params.delegated.ts_recent_age = 500;
	params.delegated.ts_time = 1000000;
	params.delegated.total_rt = 300;
	params.delegated.dup_ack_count = 2;
	params.delegated.snd_wnd_probe_count = 3;
	params.delegated.ka_probe_count = 1;
	params.delegated.ka_time_left = 90000;
	params.delegated.retransmit_time_left = OFFLOAD_TIMER_OFF;
	params.delegated.cwnd = 12345;
	params.delegated.ssthresh = 54321;
	return params;
}

/* What went in comes out again, at 1000 ticks a second. */
static void
test_all_variables(void)
{
	struct end_params params = full_params();
	struct tcp_delegated delegated;
	struct tcp_const constant;
	struct tcp_cached cached;

	script_open(&script, &params);
	save(&constant, &cached, &delegated, 1);
	constant.hash_value = params.constant.hash_value; /* computed when unknown */
	CU_ASSERT_EQUAL(memcmp(&constant, &params.constant, sizeof(constant)), 0);
	CU_ASSERT_EQUAL(memcmp(&cached, &params.cached, sizeof(cached)), 0);
	CU_ASSERT_EQUAL(delegated.state, TCP_ESTABLISHED);
	CU_ASSERT_EQUAL(delegated.snd_una, SCRIPT_OURS);
	CU_ASSERT_EQUAL(delegated.rcv_nxt, SCRIPT_PEER);
	CU_ASSERT_EQUAL(delegated.rcv_wnd, params.delegated.rcv_wnd);
	CU_ASSERT_EQUAL(delegated.srtt, 800);
	CU_ASSERT_EQUAL(delegated.rttvar, 40);
	CU_ASSERT_EQUAL(delegated.ts_recent, 4711);
	CU_ASSERT_EQUAL(delegated.ts_recent_age, 500);
	CU_ASSERT_EQUAL(delegated.ts_time, 1000000);
	CU_ASSERT_EQUAL(delegated.total_rt, 300);
	CU_ASSERT_EQUAL(delegated.dup_ack_count, 2);
	CU_ASSERT_EQUAL(delegated.snd_wnd_probe_count, 3);
	CU_ASSERT_EQUAL(delegated.ka_probe_count, 1);
	CU_ASSERT_EQUAL(delegated.ka_time_left, 90000);
	CU_ASSERT_EQUAL(delegated.retransmit_time_left, OFFLOAD_TIMER_OFF);
	CU_ASSERT_EQUAL(delegated.cwnd, 12345);
	CU_ASSERT_EQUAL(delegated.ssthresh, 54321);
	script_close(&script, NULL);
}

/* Only the cached class changes by an update. */
static void
test_update_is_cached_only(void)
{
	struct end_params params = full_params();
	struct tcp_const const_before, const_after;
	struct tcp_delegated before, after;
	struct tcp_cached cached;

	script_open(&script, &params);
	save(&const_before, NULL, &before, 1);
	params.cached.ttl = 12;
	params.cached.max_rt = UINT32_MAX;
	params.cached.ka_timeout = 100;
	toe_conn_update(&script.end.worker.engine, 0, &params.cached, 1);
	save(&const_after, &cached, &after, 1);
	CU_ASSERT_EQUAL(memcmp(&cached, &params.cached, sizeof(cached)), 0);
	CU_ASSERT_EQUAL(memcmp(&const_before, &const_after, sizeof(const_before)), 0);
	CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof(before)), 0);
	script_close(&script, NULL);
}

/* CTX-6: ticks of 10 and 100 ms; -1 is off, 0 is due. */
static void
test_ticks(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct tcp_delegated delegated;

	params.delegated.retransmit_time_left = OFFLOAD_TIMER_OFF;
	params.delegated.snd_wnd = 1000;
	params.delegated.srtt = 8000;
	script_open(&script, &params);
	save(NULL, NULL, &delegated, 1);
	CU_ASSERT_EQUAL(delegated.retransmit_time_left, OFFLOAD_TIMER_OFF);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	save(NULL, NULL, &delegated, 1);
	CU_ASSERT_EQUAL(delegated.retransmit_time_left, 1001);
	script_pass(&script, 150);
	save(NULL, NULL, &delegated, 10);
	CU_ASSERT_EQUAL(delegated.retransmit_time_left, 85);
	CU_ASSERT_EQUAL(delegated.srtt, 800);
	save(NULL, NULL, &delegated, 100);
	CU_ASSERT_EQUAL(delegated.retransmit_time_left, 8);
	script_pass(&script, 845);
	save(NULL, NULL, &delegated, 10);
	CU_ASSERT_EQUAL(delegated.retransmit_time_left, 0);
	script_close(&script, NULL);
}

/* QRY-2: what is unsent or unacknowledged counts as send backlog. */
static void
test_backlogs(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct tcp_delegated delegated;

	params.constant.service_bytes = 2500;
	script_open(&script, &params);
	save(NULL, NULL, &delegated, 1);
	CU_ASSERT_EQUAL(delegated.send_backlog_size, 2500);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	script_send(&script, (struct script_segment){.ack = 1000});
	save(NULL, NULL, &delegated, 1);
	CU_ASSERT_EQUAL(delegated.send_backlog_size, 1500);
	CU_ASSERT_EQUAL(delegated.receive_backlog_size, 0);
	script_close(&script, NULL);
}

/* INV-16: what a service sends or closes while stopped is taken, transmits nothing, and resumes. */
static void
test_io_while_stopped(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_ECHO);
	struct toe_event event;

	script_open(&script, &params);
	end_stop(&script.end);
	script_send(&script, (struct script_segment){.length = 600});
	script_send(
	        &script, (struct script_segment){.seq = 600, .length = 300, .flags = ACK | FIN});
	script_pass(&script, 60000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT(end_event(&script.end, &event) && event.kind == TOE_EVENT_DISCONNECT);
	CU_ASSERT(script_conn(&script)->flags & TOE_CONN_FIN_QUEUED);
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_CLOSE_WAIT);
	end_relink(&script.end);
	CU_ASSERT(script_took_text(&script, 0, 900, FIN));
	CU_ASSERT_EQUAL(script.got.ack, 901);
	script_close(&script, NULL);
}

/* INV-16, TERM-9: the same, ended by termination: no FIN, no RST, and no buffer is kept or handed up. */
static void
test_terminate_while_stopped(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_ECHO);
	struct tcp_delegated delegated;

	script_open(&script, &params);
	end_stop(&script.end);
	script_send(&script, (struct script_segment){.length = 700});
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	/* script_close fails the test when a buffer is still in use. */
	script_close(&script, &delegated);
	CU_ASSERT_EQUAL(delegated.rcv_nxt, SCRIPT_PEER + 700);
	CU_ASSERT_EQUAL(delegated.snd_nxt, SCRIPT_OURS);
	CU_ASSERT_EQUAL(delegated.send_backlog_size, 700);
	CU_ASSERT_PTR_NULL(delegated.buffered_data);
	CU_ASSERT_PTR_NULL(delegated.send_data_head);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"CTX-4 CTX-5 what went in comes out again", test_all_variables},
	        {"CTX-4 UPD-1 an update changes the cached class only", test_update_is_cached_only},
	        {"CTX-6 QRY-2 clock ticks, timers off and due", test_ticks},
	        {"QRY-2 backlog sizes", test_backlogs},
	        {"INV-16 sending and closing while stopped", test_io_while_stopped},
	        {"INV-16 TERM-9 termination while stopped", test_terminate_while_stopped},
	};
	int status;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	status = unit_run("state exchange", tests, sizeof(tests) / sizeof(tests[0]));
	script_fini(&script);
	return status;
}

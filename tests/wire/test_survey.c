/* SPDX-License-Identifier: BSD-3-Clause */
/* Optional reasons of RETRIEVE behind their thresholds (TERM-7), and SEND_BACKLOG_CHANGE (EVT-1). */
#include "indicate.h"
#include "script.h"
#include "test_mutant.h"
#include "unit.h"

#define WINDOW (TOE_SURVEY_WINDOW_MS + 2 * TOE_SURVEY_PASS_MS) /* in which one ends */

static struct script script;

static void
open_with(enum offload_service service, enum retrieve_reason reason, uint32_t limit)
{
	struct end_params params = script_params(service);

	script_open(&script, &params);
	atomic_store(&script.end.shared.threshold[reason], limit);
	script_pass(&script, 2 * TOE_SURVEY_PASS_MS); /* the window begins */
}

static void
close_all(void)
{
	for (uint32_t reason = 0; reason < RETRIEVE_REASON_COUNT; reason++)
		atomic_store(&script.end.shared.threshold[reason], 0);
	script.end.worker.control.events[0].send_backlog = false;
	script_drop(&script);
	script_close(&script, NULL);
}

/* How often RETRIEVE with this reason was indicated, and nothing else. */
static uint32_t
offered(enum retrieve_reason reason)
{
	struct toe_event event;
	uint32_t n = 0;

	for (; end_event(&script.end, &event); n++) {
		CU_ASSERT_EQUAL(event.kind, TOE_EVENT_RETRIEVE);
		CU_ASSERT_EQUAL(event.detail, reason);
	}
	return n;
}

/* A window of `good` segments in order and `bad` ones behind a gap, which the next one in order fills. */
static void
receive_window(int32_t *seq, uint32_t good, uint32_t bad)
{
	for (uint32_t i = 0; i < good; i++, *seq += 10)
		script_send(&script, (struct script_segment){.seq = *seq, .length = 10});
	for (uint32_t i = 0; i < bad; i++) {
		script_send(&script, (struct script_segment){.seq = *seq + 10, .length = 10});
		script_send(&script, (struct script_segment){.seq = *seq, .length = 10});
		*seq += 20;
	}
	script_drop(&script);
	script_pass(&script, WINDOW);
}

static void
test_out_of_order(void)
{
	int32_t seq = 0;

	open_with(OFFLOAD_SERVICE_SINK, RETRIEVE_HIGH_OUT_OF_ORDER_PACKETS, 100);
	receive_window(&seq, 8, 1); /* one of 10, which is too few to say so */
	CU_ASSERT_EQUAL(offered(RETRIEVE_HIGH_OUT_OF_ORDER_PACKETS), 0);
	receive_window(&seq, 28, 1); /* one of 30 */
	CU_ASSERT_EQUAL(offered(RETRIEVE_HIGH_OUT_OF_ORDER_PACKETS), 0);
	receive_window(&seq, 16, 2); /* two of 20 */
	CU_ASSERT_EQUAL(offered(RETRIEVE_HIGH_OUT_OF_ORDER_PACKETS), 1);
	/* It goes on. */
	script_send(&script, (struct script_segment){.seq = seq, .length = 10});
	script_send(&script, (struct script_segment){.seq = seq + 10, .length = 10});
	while (script_take(&script))
		continue;
	CU_ASSERT_EQUAL((int32_t)script.got.ack, seq + 20);
	close_all();
}

static void
test_small(void)
{
	int32_t seq = 0;

	open_with(OFFLOAD_SERVICE_SINK, RETRIEVE_SMALL_IO, 5);
	receive_window(&seq, 40, 0);
	CU_ASSERT_EQUAL(offered(RETRIEVE_SMALL_IO), 0);
	atomic_store(&script.end.shared.threshold[RETRIEVE_SMALL_IO], 12);
	receive_window(&seq, 40, 0);
	CU_ASSERT_EQUAL(offered(RETRIEVE_SMALL_IO), 1);
	close_all();
}

/* As if so many segments had been sent, and of these so many again. */
static void
send_window(uint32_t segments, uint32_t again)
{
	script_conn(&script)->segments_out += segments;
	script_conn(&script)->segments_retransmitted += again;
	script_pass(&script, WINDOW);
}

static void
test_drops(void)
{
	open_with(OFFLOAD_SERVICE_SINK, RETRIEVE_HIGH_DROP_RATE, 200);
	send_window(10, 9);
	CU_ASSERT_EQUAL(offered(RETRIEVE_HIGH_DROP_RATE), 0);
	send_window(100, 19);
	CU_ASSERT_EQUAL(offered(RETRIEVE_HIGH_DROP_RATE), 0);
	send_window(100, 20);
	CU_ASSERT_EQUAL(offered(RETRIEVE_HIGH_DROP_RATE), 1);
	close_all();
}

/* A host that ignores it is asked again, after longer and longer (damped), until somebody sets the threshold to 0. */
static void
test_damped(void)
{
	uint32_t windows[3] = {0};

	open_with(OFFLOAD_SERVICE_SINK, RETRIEVE_LOW_ACTIVITY, 1);
	for (uint32_t i = 0; i < RTE_DIM(windows); i++)
		while (offered(RETRIEVE_LOW_ACTIVITY) == 0 && windows[i]++ < 20)
			script_pass(&script, TOE_SURVEY_WINDOW_MS + TOE_SURVEY_PASS_MS);
	CU_ASSERT(windows[0] <= 2);
	CU_ASSERT(windows[1] > windows[0]);
	CU_ASSERT(windows[2] > windows[1] && windows[2] < 20);
	CU_ASSERT(!(script_conn(&script)->flags & TOE_CONN_STOPPED));
	atomic_store(&script.end.shared.threshold[RETRIEVE_LOW_ACTIVITY], 0);
	script_pass(&script, 100 * TOE_SURVEY_WINDOW_MS);
	CU_ASSERT_EQUAL(offered(RETRIEVE_LOW_ACTIVITY), 0);
	close_all();
}

/* Nothing of the kind while it is half closed, or was asked back for good. */
static void
test_not_offered(void)
{
	static const enum tcp_state states[] = {TCP_FIN_WAIT_2, TCP_CLOSE_WAIT};

	for (uint32_t i = 0; i < RTE_DIM(states); i++) {
		struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

		params.delegated.state = states[i];
		params.constant.service_bytes = 0;
		script_open(&script, &params);
		script_conn(&script)->flags &= ~TOE_CONN_FIN_QUEUED; /* our FIN is not due */
		atomic_store(&script.end.shared.threshold[RETRIEVE_LOW_ACTIVITY], UINT32_MAX);
		script_pass(&script, 4 * WINDOW);
		CU_ASSERT_EQUAL(script_conn(&script)->state, states[i]);
		CU_ASSERT_EQUAL(offered(RETRIEVE_LOW_ACTIVITY), 0);
		close_all();
	}
	open_with(OFFLOAD_SERVICE_SINK, RETRIEVE_LOW_ACTIVITY, UINT32_MAX);
	script_conn(&script)->flags |= TOE_CONN_INDICATED;
	script_pass(&script, 4 * WINDOW);
	CU_ASSERT_EQUAL(offered(RETRIEVE_LOW_ACTIVITY), 0);
	close_all();
}

/* The bytes of the next SEND_BACKLOG_CHANGE; 0: there is none. */
static uint32_t
backlog(void)
{
	struct toe_event event;

	if (!end_event(&script.end, &event))
		return 0;
	CU_ASSERT_EQUAL(event.kind, TOE_EVENT_SEND_BACKLOG_CHANGE);
	CU_ASSERT_EQUAL(event.object, script_conn(&script)->host_handle);
	return (uint32_t)event.amount << event.detail;
}

/* What is less: what congestion control allows, or what the peer takes; small changes are not told. */
static void
test_backlog(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_HOST);

	script_open(&script, &params);
	script_conn(&script)->cwnd = 40000;
	script_pass(&script, 2 * TOE_SURVEY_PASS_MS);
	CU_ASSERT_EQUAL(backlog(), 0); /* it was not asked for */
	script.end.worker.control.events[0].send_backlog = true;
	script_pass(&script, 2 * TOE_SURVEY_PASS_MS);
	CU_ASSERT_EQUAL(backlog(), 40000);
	script_conn(&script)->cwnd = 45000;
	script_pass(&script, 4 * TOE_SURVEY_PASS_MS);
	CU_ASSERT_EQUAL(backlog(), 0);
	script_conn(&script)->snd_wnd = 20000;
	script_pass(&script, 2 * TOE_SURVEY_PASS_MS);
	CU_ASSERT_EQUAL(backlog(), 20000);
	script_conn(&script)->cwnd = script_conn(&script)->snd_wnd = 3 << 20;
	script_pass(&script, 2 * TOE_SURVEY_PASS_MS);
	CU_ASSERT_EQUAL(backlog(), 3 << 20);
	/* With no room it waits for the next look, and is not lost (EVT-4). */
	script.end.worker.control.backlog[0].count = TOE_EVENT_BACKLOG;
	CU_ASSERT(!toe_conn_tell_backlog(&script.end.worker.engine, 0, 1000));
	script.end.worker.control.backlog[0].count = 0;
	script_conn(&script)->cwnd = 10000;
	script_pass(&script, 2 * TOE_SURVEY_PASS_MS);
	CU_ASSERT_EQUAL(backlog(), 10000);
	CU_ASSERT_EQUAL(backlog(), 0);
	close_all();
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TERM-7 HIGH_OUT_OF_ORDER_PACKETS", test_out_of_order},
	        {"TERM-7 SMALL_IO", test_small},
	        {"TERM-7 HIGH_DROP_RATE", test_drops},
	        {"TERM-7 LOW_ACTIVITY, ignored: damped repeats", test_damped},
	        {"TERM-7 not offered", test_not_offered},
	        {"EVT-1 EVT-4 SEND_BACKLOG_CHANGE", test_backlog},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_survey", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* FIN, RST and SYN in every state of INIT-5, and what the host is told. */
#include <string.h>

#include "indicate.h"
#include "script.h"
#include "service.h"
#include "tcp.h"
#include "test_mutant.h"
#include "unit.h"

static struct script script;

static bool
told(uint8_t kind)
{
	struct toe_event event;

	return end_event(&script.end, &event) && event.kind == kind;
}

/* No indication waits. */
static bool
silent(void)
{
	return !told(0) && rte_ring_empty(script.end.worker.control.events[0].ring);
}

static void
test_sink_answers_fin(void)
{
	script_open_in(&script, TCP_ESTABLISHED, OFFLOAD_SERVICE_SINK);
	script_send(&script, (struct script_segment){.length = 100, .flags = ACK | FIN});
	CU_ASSERT(told(TOE_EVENT_DISCONNECT));
	CU_ASSERT(script_took_text(&script, 0, 0, FIN));
	CU_ASSERT_EQUAL(script.got.ack, 101);
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_LAST_ACK);
	/* The FIN again: our ACK was lost. */
	script_send(&script, (struct script_segment){.seq = 100, .flags = ACK | FIN});
	CU_ASSERT(script_took_ack(&script, 101));
	script_send(&script, (struct script_segment){.seq = 101, .ack = 1});
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_CLOSED);
	script_pass(&script, 200000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT(silent());
	script_close(&script, NULL);
}

static void
test_source_closes_first(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct tcp_delegated state;

	params.constant.service_bytes = 1500;
	script_open(&script, &params);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT(script_took_text(&script, 1000, 500, FIN));
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_FIN_WAIT_1);
	/* All but the FIN, then the FIN again by timeout, then its ACK. */
	script_send(&script, (struct script_segment){.ack = 1500});
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_FIN_WAIT_1);
	script_pass(&script, TCP_RTO_MIN_MS); /* there was a sample of less than a tick */
	CU_ASSERT(script_took_text(&script, 1500, 0, FIN));
	script_send(&script, (struct script_segment){.ack = 1501});
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_FIN_WAIT_2);
	/* Half-closed: the peer goes on sending. */
	script_send(&script, (struct script_segment){.ack = 1501, .length = 700});
	script_send(&script, (struct script_segment){.seq = 700, .ack = 1501, .flags = ACK | FIN});
	CU_ASSERT(script_took_ack(&script, 701));
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_TIME_WAIT);
	CU_ASSERT(told(TOE_EVENT_DISCONNECT));
	CU_ASSERT_EQUAL(script_conn(&script)->rcv_bytes, 700);
	/* TIME_WAIT answers a FIN that comes again. */
	script_send(&script, (struct script_segment){.seq = 700, .ack = 1501, .flags = ACK | FIN});
	CU_ASSERT(script_took_ack(&script, 701));
	CU_ASSERT(silent());
	script_close(&script, &state);
	CU_ASSERT_EQUAL(state.state, TCP_TIME_WAIT);
	CU_ASSERT_EQUAL(state.snd_una, SCRIPT_OURS + 1501);
	CU_ASSERT_EQUAL(state.retransmit_time_left, OFFLOAD_TIMER_OFF);
}

static void
test_simultaneous_close(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.constant.service_bytes = 0;
	script_open(&script, &params);
	CU_ASSERT(script_took_text(&script, 0, 0, FIN));
	script_send(&script, (struct script_segment){.flags = ACK | FIN});
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_CLOSING);
	CU_ASSERT(script_took_ack(&script, 1));
	script_send(&script, (struct script_segment){.seq = 1, .ack = 1});
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_TIME_WAIT);
	script_close(&script, NULL);
}

/*
 * The text was lost on its way back, the FIN on its way there: it follows without another timeout.
 */
static void
test_fin_after_timeout(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.constant.service_bytes = 1500;
	script_open(&script, &params);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT(script_took_text(&script, 1000, 500, FIN));
	script_pass(&script, TCP_RTO_INITIAL_MS);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_send(&script, (struct script_segment){.ack = 1500});
	CU_ASSERT(script_took_text(&script, 1500, 0, FIN));
	script_send(&script, (struct script_segment){.ack = 1501});
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_FIN_WAIT_2);
	script_close(&script, NULL);
}

/* Each state of INIT-5 goes on from where the host was. */
static void
test_states_handed_over(void)
{
	script_open_in(&script, TCP_FIN_WAIT_1, OFFLOAD_SERVICE_SINK);
	script_pass(&script, TCP_RTO_INITIAL_MS);
	CU_ASSERT(script_took_text(&script, 0, 0, FIN)); /* never acknowledged: sent again */
	script_send(&script, (struct script_segment){.ack = 1, .length = 100});
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_FIN_WAIT_2);
	CU_ASSERT_EQUAL(script_conn(&script)->rcv_bytes, 100);
	script_close(&script, NULL);

	script_open_in(&script, TCP_FIN_WAIT_2, OFFLOAD_SERVICE_SINK);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_send(&script, (struct script_segment){.length = 100, .flags = ACK | FIN});
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_TIME_WAIT);
	CU_ASSERT(script_took_ack(&script, 101));
	script_close(&script, NULL);

	script_open_in(&script, TCP_CLOSE_WAIT, OFFLOAD_SERVICE_SINK);
	CU_ASSERT(script_took_text(&script, 0, 0, FIN)); /* the sink answers the FIN */
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_LAST_ACK);
	script_close(&script, NULL);

	script_open_in(&script, TCP_CLOSING, OFFLOAD_SERVICE_SINK);
	script_send(&script, (struct script_segment){.ack = 1});
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_TIME_WAIT);
	script_close(&script, NULL);

	script_open_in(&script, TCP_LAST_ACK, OFFLOAD_SERVICE_SINK);
	script_send(&script, (struct script_segment){.ack = 0});
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_LAST_ACK);
	script_send(&script, (struct script_segment){.ack = 1});
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_CLOSED);
	script_close(&script, NULL);
}

/* The peer's FIN behind text that is missing waits for it; text behind a FIN is nobody's. */
static void
test_fin_in_order(void)
{
	script_open_in(&script, TCP_ESTABLISHED, OFFLOAD_SERVICE_SINK);
	script_send(&script, (struct script_segment){.seq = 100, .flags = ACK | FIN});
	CU_ASSERT(script_took_ack(&script, 0));
	CU_ASSERT(silent());
	script_send(&script, (struct script_segment){.length = 100});
	script_send(&script, (struct script_segment){.seq = 100, .flags = ACK | FIN});
	CU_ASSERT(told(TOE_EVENT_DISCONNECT));
	CU_ASSERT(script_took_text(&script, 0, 0, FIN));
	script_send(&script, (struct script_segment){.seq = 101, .length = 50});
	CU_ASSERT(script_took_ack(&script, 101));
	CU_ASSERT_EQUAL(script_conn(&script)->rcv_bytes, 100);
	script_close(&script, NULL);
}

static void
test_reset(void)
{
	struct tcp_delegated state;

	/* RFC 5961 section 3.2: outside dropped, in the window challenged, at RCV.NXT obeyed. */
	script_open_in(&script, TCP_ESTABLISHED, OFFLOAD_SERVICE_SINK);
	script_send(&script, (struct script_segment){.seq = -1, .flags = RST});
	script_send(&script, (struct script_segment){.seq = SCRIPT_WINDOW, .flags = RST | ACK});
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_send(&script, (struct script_segment){.seq = 1, .flags = RST});
	script_send(&script, (struct script_segment){.seq = SCRIPT_WINDOW - 1, .flags = RST | ACK});
	CU_ASSERT(script_took_ack(&script, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT(silent());
	script_send(&script, (struct script_segment){.length = 10}); /* a delayed ACK is owed */
	script_send(&script, (struct script_segment){.seq = 10, .flags = RST});
	CU_ASSERT(told(TOE_EVENT_ABORT));
	/* EVT-5: nothing more is sent or taken. */
	script_send(&script, (struct script_segment){.seq = 10, .length = 10});
	script_pass(&script, 1000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(script_conn(&script)->rcv_bytes, 10);
	CU_ASSERT(silent());
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.rx_resets, 1);
	script_close(&script, &state);
	CU_ASSERT_EQUAL(state.state, TCP_CLOSED);
}

static void
test_reset_stops_sending(void)
{
	script_open_in(&script, TCP_ESTABLISHED, OFFLOAD_SERVICE_SOURCE);
	CU_ASSERT(script_waiting(&script) > 0);
	while (script_take(&script))
		;
	script_send(&script, (struct script_segment){.flags = RST});
	script_pass(&script, 10000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT(told(TOE_EVENT_ABORT));
	CU_ASSERT(silent());
	script_close(&script, NULL);
}

static void
test_syn(void)
{
	script_open_in(&script, TCP_ESTABLISHED, OFFLOAD_SERVICE_SINK);
	/* RFC 5961 section 4.2: a challenge ACK wherever it is, its text ignored. */
	script_send(&script, (struct script_segment){.seq = 500, .length = 10, .flags = SYN | ACK});
	CU_ASSERT(script_took_ack(&script, 0));
	/* In the window one in 3 s, outside each. */
	script_send(&script, (struct script_segment){.seq = 501, .flags = SYN});
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_send(&script, (struct script_segment){.seq = -500, .flags = SYN});
	CU_ASSERT(script_took_ack(&script, 0));
	CU_ASSERT_EQUAL(script_conn(&script)->rcv_bytes, 0);
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_ESTABLISHED);
	script_pass(&script, TCP_SYN_CHALLENGE_MS + 500);
	script_send(&script, (struct script_segment){.seq = 502, .flags = SYN});
	CU_ASSERT(script_took_ack(&script, 0));
	script_close(&script, NULL);
}

/* The host does not read: its ring and the backlog are full of others' indications. */
static void
host_stops_reading(void)
{
	struct toe_engine *engine = &script.end.worker.engine;
	struct toe_backlog *backlog = &engine->backlog[0];
	const struct toe_event other = {.kind = TOE_EVENT_RETRIEVE};

	while (toe_event_post(&engine->events[0], &other, 1) == 1)
		;
	backlog->first = 0;
	backlog->count = TOE_EVENT_BACKLOG;
	for (uint32_t i = 0; i < backlog->count; i++) {
		backlog->event[i] = other;
		backlog->conn[i] = 1;
	}
}

/* It has read what there was. */
static void
host_reads(void)
{
	struct toe_engine *engine = &script.end.worker.engine;
	struct toe_event event;

	while (rte_ring_sc_dequeue_elem(engine->events[0].ring, &event, sizeof(event)) == 0)
		;
	engine->backlog[0].count = 0;
}

/* EVT-4, EVT-5, T14: what finds no room is told later, in order, though the peer never says it again. */
static void
test_no_room_to_tell(void)
{
	struct toe_event event;

	script_open_in(&script, TCP_ESTABLISHED, OFFLOAD_SERVICE_SINK);
	host_stops_reading();
	script_send(&script, (struct script_segment){.length = 100, .flags = ACK | FIN});
	CU_ASSERT(script_took_text(&script, 0, 0, FIN)); /* with the ACK of the peer's */
	script_send(&script, (struct script_segment){.seq = 101, .flags = RST});
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_CLOSED);
	CU_ASSERT(script_conn(&script)->flags & TOE_CONN_ABORTED);
	CU_ASSERT_EQUAL(toe_indications_count(&script.end.worker.engine), TOE_EVENT_BACKLOG + 1);
	host_reads();
	CU_ASSERT(end_event(&script.end, &event));
	CU_ASSERT_EQUAL(event.kind, TOE_EVENT_DISCONNECT);
	CU_ASSERT(end_event(&script.end, &event));
	CU_ASSERT_EQUAL(event.kind, TOE_EVENT_ABORT);
	CU_ASSERT(!end_event(&script.end, &event));
	CU_ASSERT_EQUAL(toe_indications_count(&script.end.worker.engine), 0);
	script_close(&script, NULL);
}

/* T14: the same for what timers have to tell, once; and a terminate takes back what was not told (TERM-2). */
static void
test_no_room_for_timers(void)
{
	struct toe_event event;

	for (uint32_t terminate = 0; terminate < 2; terminate++) {
		script_open_in(&script, TCP_FIN_WAIT_2, OFFLOAD_SERVICE_SINK);
		host_stops_reading();
		script_pass(&script, TCP_FIN_WAIT_2_MS + 1000);
		CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_CLOSED);
		CU_ASSERT_EQUAL(script.end.worker.engine.untold_count[0], 1);
		if (terminate == 0) {
			host_reads();
			CU_ASSERT(end_event(&script.end, &event));
			CU_ASSERT_EQUAL(event.kind, TOE_EVENT_RETRIEVE);
			CU_ASSERT_EQUAL(event.detail, RETRIEVE_TIMEOUT_EXPIRATION);
			CU_ASSERT(!end_event(&script.end, &event));
		}
		end_terminate(&script.end, NULL, 1);
		CU_ASSERT_EQUAL(script.end.worker.engine.untold_count[0], 0);
		host_reads();
		script_close(&script, NULL);
	}
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TCP-1 EVT-1 a sink answers FIN with FIN", test_sink_answers_fin},
	        {"TCP-1 EVT-1 a source closes first", test_source_closes_first},
	        {"TCP-1 a FIN sent again", test_fin_after_timeout},
	        {"TCP-1 both close at once", test_simultaneous_close},
	        {"INIT-5 TCP-1 states handed over", test_states_handed_over},
	        {"TCP-1 FIN in order", test_fin_in_order},
	        {"SEC-1 EVT-5 reset", test_reset},
	        {"EVT-5 a reset stops sending", test_reset_stops_sending},
	        {"SEC-1 SYN", test_syn},
	        {"EVT-4 EVT-5 T14 no room to tell the host", test_no_room_to_tell},
	        {"EVT-4 TERM-2 T14 no room for what timers tell", test_no_room_for_timers},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_close", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}

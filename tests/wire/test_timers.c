/* SPDX-License-Identifier: BSD-3-Clause */
/* Keepalive, persist, FIN_WAIT_2, pacing, idle senders: what happens when, to the millisecond. */
#include "script.h"
#include "sender.h"
#include "tcp.h"
#include "test_mutant.h"
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

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TMR-1 TMR-2 keepalive", test_keepalive},
	        {"TMR-1 keepalive beside text", test_keepalive_and_text},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_timers", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}

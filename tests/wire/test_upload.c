/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections that the target asks back for reasons of its own (TERM-7). */
#include "ordinary.h"
#include "script.h"
#include "test_mutant.h"
#include "unit.h"

static struct script script;

/* Control asks for the connection of this generation. */
static void
ask(uint32_t generation)
{
	const struct toe_message message = {.op = TOE_OP_UPLOAD,
	        .count = (uint32_t)(script_conn(&script) - script.end.worker.engine.conns),
	        .argument = generation};

	CU_ASSERT(toe_mailbox_send(&script.end.worker.control.ordinary, &message));
	CU_ASSERT_EQUAL(toe_worker_ordinary_take(&script.end.worker), 1);
	script_pass(&script, 1);
}

/* The next indication is RETRIEVE(UPLOAD_REQUESTED), and there is no other. */
static bool
asked_back(void)
{
	struct toe_event event;

	return end_event(&script.end, &event) && event.kind == TOE_EVENT_RETRIEVE &&
	       event.detail == RETRIEVE_UPLOAD_REQUESTED && !end_event(&script.end, &event);
}

static bool
told_nothing(void)
{
	struct toe_event event;

	return !end_event(&script.end, &event);
}

/* It is asked back once, is silent from then on, and goes on receiving what needs no transmission (D9). */
static void
test_asked_back(void)
{
	script_open_in(&script, TCP_ESTABLISHED, OFFLOAD_SERVICE_SINK);
	ask(script_conn(&script)->generation + 1);
	CU_ASSERT(told_nothing());
	ask(script_conn(&script)->generation);
	CU_ASSERT(asked_back());
	ask(script_conn(&script)->generation);
	CU_ASSERT(told_nothing());
	script_send(&script, (struct script_segment){.length = 100});
	script_pass(&script, 1000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(script_conn(&script)->rcv_bytes, 100);
	script_close(&script, NULL);
}

/* The target starts no upload of what is half closed; of what closes from both ends it does. */
static void
test_states(void)
{
	static const struct {
		enum tcp_state state;
		bool asked;
	} cases[] = {
	        {TCP_ESTABLISHED, true},
	        {TCP_FIN_WAIT_1, false},
	        {TCP_FIN_WAIT_2, false},
	        {TCP_CLOSE_WAIT, false},
	        {TCP_CLOSING, true},
	        {TCP_LAST_ACK, true},
	};

	for (uint32_t i = 0; i < RTE_DIM(cases); i++) {
		script_open_in(&script, cases[i].state, OFFLOAD_SERVICE_SOURCE);
		ask(script_conn(&script)->generation);
		CU_ASSERT_EQUAL(asked_back(), cases[i].asked);
		CU_ASSERT_EQUAL(
		        (script_conn(&script)->flags & TOE_CONN_INDICATED) != 0, cases[i].asked);
		script_drop(&script);
		script_close(&script, NULL);
	}
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TERM-7 asked back once, then silent", test_asked_back},
	        {"TERM-7 not while it is half closed", test_states},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_upload", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}

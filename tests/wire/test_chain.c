/* SPDX-License-Identifier: BSD-3-Clause */
/* Outstanding sends come in with a connection and go up with it, against a script. */
#include <stdlib.h>

#include "channels.h"
#include "held.h"
#include "host_end.h"
#include "host_io.h"
#include "script.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "unit.h"

#define MANY 3000u

static struct script script;
static struct host_end host;
static struct rte_mempool *host_pool;

static void
begin(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_HOST);

	script_open(&script, &params);
	host_end_begin(&host);
}

static void
finish(void)
{
	script_close(&script, NULL);
	toe_worker_channels(&script.end.worker);
	while (host_end_read(&host) != NULL)
		;
	CU_ASSERT(host_end_uploaded(&host, script.end.leaving.send_chain, 0));
	CU_ASSERT_EQUAL(host.returned, host.submitted);
	CU_ASSERT_EQUAL(test_pool_in_use(host_pool), 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.sends.used, 0);
}

static bool
came_back(const struct chimney_io *io, enum offload_status status, uint32_t done)
{
	return host_end_read(&host) == io && io->status == status && io->done == done;
}

/* Terminate, and offload again with what came up. */
static struct tcp_delegated
move(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_HOST);

	CU_ASSERT_EQUAL(end_terminate(&script.end, &params.delegated, 1), OFFLOAD_SUCCESS);
	params.timers_given = true;
	host_end_again(&host, &params.delegated);
	CU_ASSERT_EQUAL(end_open(&script.end, &params), OFFLOAD_SUCCESS);
	return params.delegated;
}

/* INIT-6, TERM-4: what is in flight is not sent again, what was taken back is, first, then what was never sent. */
static void
test_again(void)
{
	struct tcp_delegated state;
	struct chimney_io *io[3];

	begin();
	for (uint32_t i = 0; i < 3; i++)
		io[i] = host_end_send(&host, 1000);
	script_conn(&script)->snd_wnd = 2000;
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT(script_took_text(&script, 1000, 1000, 0));
	script_send(&script, (struct script_segment){.ack = 400, .window = 1600});
	state = move();
	CU_ASSERT_EQUAL(state.snd_una, SCRIPT_OURS + 400);
	CU_ASSERT_EQUAL(state.snd_nxt, SCRIPT_OURS + 2000);
	CU_ASSERT_EQUAL(state.send_backlog_size, 2600);
	CU_ASSERT_PTR_EQUAL(state.send_data_head, io[0]);
	CU_ASSERT_PTR_EQUAL(state.send_data_tail, io[2]);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT(!script_take(&script));
	script_send(&script, (struct script_segment){.ack = 1500});
	CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 1000));
	CU_ASSERT(script_took_text(&script, 2000, 1000, 0));
	/* Three duplicates: the head is lost, and is to be sent again when the connection moves. */
	script_fill(&script);
	for (uint32_t i = 0; i < 3; i++)
		script_send(&script,
		        (struct script_segment){
		                .ack = 1500, .sacks = 1, .sack = {{.start = 2000, .end = 3000}}});
	script_drop(&script);
	state = move();
	CU_ASSERT_EQUAL(state.snd_nxt, SCRIPT_OURS + 1500);
	CU_ASSERT_EQUAL(state.snd_max, SCRIPT_OURS + 3000);
	CU_ASSERT(script_took_text(&script, 1500, 1000, 0));
	script_send(&script, (struct script_segment){.ack = 3000});
	CU_ASSERT(came_back(io[1], OFFLOAD_SUCCESS, 1000));
	CU_ASSERT(came_back(io[2], OFFLOAD_SUCCESS, 1000));
	state = move();
	CU_ASSERT_PTR_NULL(state.send_data_head);
	CU_ASSERT_EQUAL(state.send_backlog_size, 0);
	finish();
}

/* TERM-2: a disconnect goes up as a send does, its FIN sent or not; what stood behind it is told in its place. */
static void
test_disconnect(void)
{
	struct tcp_delegated state;
	struct chimney_io *io[3];

	for (uint32_t sent = 0; sent < 2; sent++) {
		begin();
		if (!sent)
			script_conn(&script)->snd_wnd = 700;
		io[0] = host_end_send(&host, 500);
		io[1] = host_end_disconnect(&host, CHIMNEY_IO_DISCONNECT, 300);
		while (script_take(&script))
			;
		state = move();
		CU_ASSERT_EQUAL(state.state, sent ? TCP_FIN_WAIT_1 : TCP_ESTABLISHED);
		CU_ASSERT_EQUAL(state.send_backlog_size, 800);
		CU_ASSERT_EQUAL(script_waiting(&script), 0);
		io[2] = host_end_send(&host, 10);
		if (!sent) {
			script_send(&script, (struct script_segment){.ack = 700});
			CU_ASSERT(script_took_text(&script, 700, 100, FIN));
		} else {
			script_send(&script, (struct script_segment){.ack = 800});
		}
		CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 500));
		/* All of its data is acknowledged, its FIN is not. */
		script_send(&script, (struct script_segment){.ack = 800});
		CU_ASSERT_PTR_NULL(host_end_read(&host));
		state = move();
		CU_ASSERT_EQUAL(io[1]->done, 300);
		CU_ASSERT_PTR_EQUAL(state.send_data_tail, io[1]);
		script_send(&script, (struct script_segment){.ack = 801});
		CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_FIN_WAIT_2);
		host.unordered = true; /* it was told of before the chain went up */
		CU_ASSERT(came_back(io[2], OFFLOAD_INVALID_STATE, 0));
		CU_ASSERT(came_back(io[1], OFFLOAD_SUCCESS, 300));
		host.unordered = false;
		finish();
	}
}

/* Fault kind C4: a bounded part in a turn, and nothing else waits for it. An ACK, and a reset, as well. */
static void
test_many(void)
{
	for (uint32_t how = 0; how < 4; how++) {
		uint32_t most = 0;

		begin();
		for (uint32_t i = 0; i < MANY; i++)
			host_end_send(&host, 10);
		while (how < 3 && script_take(&script))
			;
		script_drop(&script);
		if (how == 0)
			script_send(&script, (struct script_segment){.ack = MANY * 10});
		else if (how == 1)
			script_send(&script, (struct script_segment){.flags = RST});
		else if (how == 2)
			host_end_disconnect(&host, CHIMNEY_IO_ABORT, 0);
		/* The event has made a burst, not all: that would not have found room. */
		CU_ASSERT_PTR_NULL(host.port.waiting.first);
		for (uint32_t i = 0; how < 3 && i < MANY && host.returned < host.submitted; i++) {
			uint32_t before = host.returned;

			script_take(&script);
			toe_channel_post(&host.port, script.end.worker.engine.life);
			while (host_end_read(&host) != NULL)
				;
			most = RTE_MAX(most, host.returned - before);
			CU_ASSERT(toe_host_settle(&script.end.worker.engine) <= TOE_SENDS_TURN);
		}
		CU_ASSERT(most <= 2 * TOE_SENDS_TURN);
		CU_ASSERT_EQUAL(host.returned, how < 3 ? host.submitted : 0);
		for (uint32_t i = 0; how < 3 && i < MANY; i++)
			CU_ASSERT_EQUAL_FATAL(host.io[i].status,
			        how == 0 ? OFFLOAD_SUCCESS : OFFLOAD_REQUEST_ABORTED);
		finish();
		CU_ASSERT(script.end.turns <= 2 || how == 3);
		CU_ASSERT(how < 3 || script.end.turns >= MANY / (2 * TOE_SENDS_BURST));
	}
}

/* TERM-5: in the same step the tuple is held; an initiate takes what waits there. */
static void
test_hold(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_HOST);
	struct toe_worker *worker = &script.end.worker;
	struct toe_segment segment = {0};
	struct chimney_io *io;

	begin();
	io = host_end_send(&host, 1000);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT_EQUAL(end_terminate_held(&script.end, &params.delegated), OFFLOAD_SUCCESS);
	CU_ASSERT(worker->holds[0].used);
	segment.key = worker->holds[0].key;
	CU_ASSERT_EQUAL(toe_flow_lookup(&worker->flows, &segment.key), (int32_t)TOE_FLOW_HELD_BIT);
	script_send(&script, (struct script_segment){.ack = 1000});
	CU_ASSERT_EQUAL(worker->holds[0].count, 1);
	host_end_again(&host, &params.delegated);
	CU_ASSERT_EQUAL(end_open(&script.end, &params), OFFLOAD_SUCCESS);
	CU_ASSERT(!worker->holds[0].used);
	CU_ASSERT(came_back(io, OFFLOAD_SUCCESS, 1000));
	/* No hold is left: nothing has changed. */
	worker->holds[0].used = true;
	CU_ASSERT_EQUAL(end_terminate_held(&script.end, NULL), OFFLOAD_FAILURE);
	worker->holds[0].used = false;
	io = host_end_send(&host, 100);
	CU_ASSERT(script_took_text(&script, 1000, 100, 0));
	script_send(&script, (struct script_segment){.ack = 1100});
	CU_ASSERT(came_back(io, OFFLOAD_SUCCESS, 100));
	finish();
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"INIT-6 TERM-2 TERM-4 sends go up and come in again", test_again},
	        {"TERM-2 INIT-6 DSC-1 disconnects do", test_disconnect},
	        {"CHN-2 TERM-2 many, in bounded parts (C4)", test_many},
	        {"TERM-5 HOLD", test_hold},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0 ||
	        (host_pool = test_pool_create("host", 4095)) == NULL ||
	        host_end_init(&host, &script.end, host_pool) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_chain", tests, RTE_DIM(tests));
	host_end_fini(&host);
	script_fini(&script);
	rte_mempool_free(host_pool);
	return rc;
}

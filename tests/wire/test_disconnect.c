/* SPDX-License-Identifier: BSD-3-Clause */
/* Disconnects of a host against a script, graceful and abortive: what leaves, what completes when and how, stops, drains, bounds. */
#include <stdlib.h>

#include "channels.h"
#include "conn_mib.h"
#include "drain.h"
#include "host_end.h"
#include "host_io.h"
#include "script.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "unit.h"

static struct script script;
static struct host_end host;
static struct rte_mempool *host_pool;

static void
begin_in(enum tcp_state state)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_HOST);

	params.delegated.state = (uint32_t)state;
	script_open(&script, &params);
	script_conn(&script)->cwnd = 1u << 20;
	script_conn(&script)->snd_wnd = SCRIPT_WINDOW;
	host_end_begin(&host);
}

static void
begin(void)
{
	begin_in(TCP_ESTABLISHED);
}

static void
work(void)
{
	toe_host_settle(&script.end.worker.engine);
	toe_worker_channels(&script.end.worker);
}

static void
finish(void)
{
	script_close(&script, NULL);
	for (uint32_t i = 0; i < 100 && host.returned < host.submitted; i++) {
		work();
		while (host_end_read(&host) != NULL)
			;
	}
	CU_ASSERT(!host.wrong);
	CU_ASSERT_EQUAL(host.returned, host.submitted);
	CU_ASSERT_EQUAL(test_pool_in_use(host_pool), 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.sends.used, 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.sends_first[TOE_SENDS_SETTLE], TOE_INDEX_NONE);
}

static bool
came_back(const struct chimney_io *io, enum offload_status status, uint32_t done)
{
	return host_end_read(&host) == io && io->status == status && io->done == done;
}

static uint64_t
resets(void)
{
	return toe_conn_mib(&script.end.worker.engine, script_conn(&script))->resets_out;
}

/* The next frame is a reset at this offset, and nothing else. */
static bool
took_reset(uint32_t offset)
{
	return script_take(&script) && script.got.tcp_flags == (RST | ACK) &&
	       script.got.seq == offset && script.got.ack == 0 && script.got.length == 0;
}

/* DSC-1, DSC-4: data, then FIN; the sends before it complete first, it when its FIN is acknowledged; receiving goes on. */
static void
test_graceful(void)
{
	struct chimney_io *io[3];

	begin();
	io[0] = host_end_send(&host, 1500);
	io[1] = host_end_disconnect(&host, CHIMNEY_IO_DISCONNECT, 300);
	io[2] = host_end_send(&host, 10);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT(script_took_text(&script, 1000, 800, FIN));
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_FIN_WAIT_1);
	script_send(&script, (struct script_segment){.ack = 1800});
	CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 1500));
	CU_ASSERT_PTR_NULL(host_end_read(&host));
	script_send(&script, (struct script_segment){.ack = 1801});
	CU_ASSERT(came_back(io[1], OFFLOAD_SUCCESS, 300));
	CU_ASSERT(came_back(io[2], OFFLOAD_INVALID_STATE, 0));
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_FIN_WAIT_2);
	/* DSC-3: the peer's FIN is received, and acknowledged, as ever. */
	script_send(&script, (struct script_segment){.ack = 1801, .flags = FIN | ACK});
	CU_ASSERT(script_took_ack(&script, 1));
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_TIME_WAIT);
	CU_ASSERT_NOT_EQUAL(script_conn(&script)->generation, 0);
	CU_ASSERT_EQUAL(resets(), 0);
	finish();
}

/* Without data: a FIN alone. Behind another one it is in the wrong place. In CLOSE_WAIT its end is CLOSED. */
static void
test_empty(void)
{
	struct chimney_io *io[2];

	begin();
	script_send(&script, (struct script_segment){.flags = FIN | ACK});
	io[0] = host_end_disconnect(&host, CHIMNEY_IO_DISCONNECT, 0);
	io[1] = host_end_disconnect(&host, CHIMNEY_IO_DISCONNECT, 100);
	CU_ASSERT(script_took_text(&script, 0, 0, FIN));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_LAST_ACK);
	CU_ASSERT_PTR_NULL(host_end_read(&host));
	script_send(&script, (struct script_segment){.seq = 1, .ack = 1});
	CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 0));
	CU_ASSERT(came_back(io[1], OFFLOAD_INVALID_STATE, 0));
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_CLOSED);
	finish();
}

/* DSC-2, DSC-4, STAT-1: one reset; what is outstanding is aborted; nothing is received or acknowledged from then on. */
static void
test_abortive(void)
{
	struct chimney_io *io[6];

	begin();
	io[0] = host_end_send(&host, 1000);
	io[1] = host_end_send(&host, 1000);
	io[2] = host_end_disconnect(&host, CHIMNEY_IO_DISCONNECT, 500);
	while (script_take(&script))
		;
	script_send(&script, (struct script_segment){.ack = 1200});
	io[3] = host_end_disconnect(&host, CHIMNEY_IO_ABORT, 0);
	io[4] = host_end_send(&host, 10);
	CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 1000));
	script_conn(&script)->flags |= TOE_CONN_ACK_NOW;
	CU_ASSERT(took_reset(2501));
	CU_ASSERT(came_back(io[1], OFFLOAD_REQUEST_ABORTED, 200));
	CU_ASSERT(came_back(io[2], OFFLOAD_REQUEST_ABORTED, 0));
	CU_ASSERT(came_back(io[3], OFFLOAD_SUCCESS, 0));
	CU_ASSERT(came_back(io[4], OFFLOAD_REQUEST_ABORTED, 0));
	io[5] = host_end_disconnect(&host, CHIMNEY_IO_ABORT, 0);
	CU_ASSERT(came_back(io[5], OFFLOAD_REQUEST_ABORTED, 0));
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_CLOSED);
	CU_ASSERT_NOT_EQUAL(script_conn(&script)->generation, 0);
	script_send(&script, (struct script_segment){.ack = 2501, .length = 100});
	script_pass(&script, 3000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(resets(), 1);
	finish();
}

/* DSC-4: from its submission on nothing is received, also while there is no room for the reset. A reset of the peer is. */
static void
test_at_once(void)
{
	struct chimney_io *io[2];
	uint64_t before;

	for (uint32_t reset = 0; reset < 2; reset++) {
		begin();
		before = resets();
		io[0] = host_end_send(&host, 1000);
		while (script_take(&script))
			;
		script_fill(&script);
		io[1] = host_end_disconnect(&host, CHIMNEY_IO_ABORT, 0);
		script_send(&script, (struct script_segment){.ack = 1000});
		script_send(&script, (struct script_segment){.ack = 1000, .flags = FIN | ACK});
		CU_ASSERT_EQUAL(script_conn(&script)->snd_una, SCRIPT_OURS);
		CU_ASSERT_EQUAL(script_conn(&script)->rcv_nxt, SCRIPT_PEER);
		CU_ASSERT_PTR_NULL(host_end_read(&host));
		if (reset)
			script_send(&script, (struct script_segment){.flags = RST});
		script_drop(&script);
		CU_ASSERT(reset ? !script_take(&script) : took_reset(1000));
		CU_ASSERT(came_back(io[0], OFFLOAD_REQUEST_ABORTED, 0));
		CU_ASSERT(came_back(io[1], reset ? OFFLOAD_REQUEST_ABORTED : OFFLOAD_SUCCESS, 0));
		CU_ASSERT_EQUAL(resets() - before, !reset);
		finish();
	}
}

/* RFC 9293 section 3.10.5: where both ends have closed there is nobody to tell. */
static void
test_states(void)
{
	static const struct {
		enum tcp_state state;
		bool tells;
	} states[] = {{TCP_ESTABLISHED, true}, {TCP_CLOSE_WAIT, true}, {TCP_FIN_WAIT_2, true},
	        {TCP_FIN_WAIT_1, true}, {TCP_CLOSING, false}, {TCP_LAST_ACK, false}};
	uint64_t before;

	for (uint32_t i = 0; i < RTE_DIM(states); i++) {
		struct chimney_io *io;

		begin_in(states[i].state);
		before = resets();
		io = host_end_disconnect(&host, CHIMNEY_IO_ABORT, 0);
		CU_ASSERT_EQUAL(script_take(&script), states[i].tells);
		CU_ASSERT_EQUAL(resets() - before, states[i].tells);
		CU_ASSERT(came_back(io, OFFLOAD_SUCCESS, 0));
		CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_CLOSED);
		finish();
	}
	/* Closed by a SYN that begins anew: it was the host's already. */
	begin();
	before = resets();
	host_end_send(&host, 100);
	script_send(&script, (struct script_segment){.flags = SYN});
	script_drop(&script);
	host_end_disconnect(&host, CHIMNEY_IO_ABORT, 0);
	CU_ASSERT(came_back(&host.io[0], OFFLOAD_REQUEST_ABORTED, 0));
	CU_ASSERT(came_back(&host.io[1], OFFLOAD_SUCCESS, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(resets(), before);
	finish();
}

/* EVT-5: an acceptable reset completes disconnects too. */
static void
test_reset(void)
{
	struct chimney_io *io[2];

	begin();
	io[0] = host_end_send(&host, 1000);
	io[1] = host_end_disconnect(&host, CHIMNEY_IO_DISCONNECT, 1000);
	while (script_take(&script))
		;
	script_send(&script, (struct script_segment){.ack = 2000});
	CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 1000));
	script_send(&script, (struct script_segment){.flags = RST});
	CU_ASSERT(came_back(io[1], OFFLOAD_REQUEST_ABORTED, 1000));
	finish();
}

/* INV-16: on a stopped connection neither FIN nor reset leaves; it goes on with a relink, or ends with the terminate. */
static void
test_stopped(void)
{
	struct chimney_io *io[2];
	uint64_t before;

	for (uint32_t abort = 0; abort < 2; abort++) {
		for (uint32_t relink = 0; relink < 2; relink++) {
			begin();
			before = resets();
			end_stop(&script.end);
			io[0] = host_end_send(&host, 500);
			io[1] = host_end_disconnect(
			        &host, abort ? CHIMNEY_IO_ABORT : CHIMNEY_IO_DISCONNECT, 0);
			script_pass(&script, 1000);
			CU_ASSERT_EQUAL(script_waiting(&script), 0);
			CU_ASSERT_PTR_NULL(host_end_read(&host));
			if (!relink) {
				script_close(&script, NULL);
				work();
				CU_ASSERT(came_back(io[0], OFFLOAD_UPLOAD_IN_PROGRESS, 0));
				CU_ASSERT(came_back(io[1], OFFLOAD_UPLOAD_IN_PROGRESS, 0));
				begin();
				finish();
				continue;
			}
			end_relink(&script.end);
			if (abort) {
				CU_ASSERT(took_reset(0));
				CU_ASSERT(came_back(io[0], OFFLOAD_REQUEST_ABORTED, 0));
			} else {
				CU_ASSERT(script_took_text(&script, 0, 500, FIN));
				script_send(&script, (struct script_segment){.ack = 501});
				CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 500));
			}
			CU_ASSERT(came_back(io[1], OFFLOAD_SUCCESS, 0));
			CU_ASSERT_EQUAL(resets() - before, abort);
			finish();
		}
	}
}

/* INV-16: nor where the connection itself was named. */
static void
test_named(void)
{
	struct chimney_io *io;
	uint64_t before;

	begin();
	before = resets();
	end_stop_conn(&script.end);
	io = host_end_disconnect(&host, CHIMNEY_IO_ABORT, 0);
	script_pass(&script, 1000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_PTR_NULL(host_end_read(&host));
	CU_ASSERT_EQUAL(resets(), before);
	script_close(&script, NULL);
	work();
	CU_ASSERT(came_back(io, OFFLOAD_UPLOAD_IN_PROGRESS, 0));
	begin();
	finish();
}

/* INV-7: a reset that a drain took has not been sent, and goes once after the relink. A drain of others leaves it alone. */
static void
test_drained(void)
{
	struct chimney_io *io;
	uint64_t before;

	begin();
	before = resets();
	host_end_send(&host, 500);
	end_work(&script.end);
	io = host_end_disconnect(&host, CHIMNEY_IO_ABORT, 0);
	end_work(&script.end);
	CU_ASSERT_EQUAL(script_waiting(&script), 2);
	CU_ASSERT_EQUAL(end_stop(&script.end), 2);
	CU_ASSERT_EQUAL(resets(), before);
	script_pass(&script, 100);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	end_relink(&script.end);
	/* The text before it has not left either. */
	CU_ASSERT(took_reset(0));
	CU_ASSERT_EQUAL(resets(), before + 1);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT(came_back(&host.io[0], OFFLOAD_REQUEST_ABORTED, 0));
	CU_ASSERT(came_back(io, OFFLOAD_SUCCESS, 0));
	finish();
	begin();
	before = resets();
	host_end_disconnect(&host, CHIMNEY_IO_ABORT, 0);
	end_work(&script.end);
	CU_ASSERT_EQUAL(toe_worker_drain(&script.end.worker), 0);
	CU_ASSERT(took_reset(0));
	CU_ASSERT_EQUAL(resets(), before + 1);
	finish();
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"DSC-1 DSC-3 DSC-4 graceful", test_graceful},
	        {"DSC-1 without data, twice, in CLOSE_WAIT", test_empty},
	        {"DSC-2 DSC-3 DSC-4 STAT-1 abortive", test_abortive},
	        {"DSC-4 nothing is received from then on", test_at_once},
	        {"DSC-2 in every state", test_states},
	        {"EVT-5 a reset of the peer", test_reset},
	        {"INV-16 on a stopped connection", test_stopped},
	        {"INV-16 on a named connection", test_named},
	        {"INV-7 DSC-2 a drain takes the reset", test_drained},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0 ||
	        (host_pool = test_pool_create("host", 8191)) == NULL ||
	        host_end_init(&host, &script.end, host_pool) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_disconnect", tests, RTE_DIM(tests));
	host_end_fini(&host);
	script_fini(&script);
	rte_mempool_free(host_pool);
	return rc;
}

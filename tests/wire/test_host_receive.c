/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host receives, against a script: posted buffers, indications and their answers, the push timer, ends. */
#include <stdlib.h>

#include "items.h"
#include "receiving.h"
#include "test_mutant.h"

/* RCV-2: taken whole, in part, not at all; one at a time. */
static void
test_indicated(void)
{
	begin();
	write_text(0, 700, 0);
	CU_ASSERT(indicated(0, 700));
	CU_ASSERT_EQUAL(record.object, script_conn(&script)->host_handle);
	write_text(700, 1000, 0);
	CU_ASSERT(nothing());
	host_end_answer(&host, &record, 700);
	CU_ASSERT(indicated(700, 1000));
	/* In part: the rest waits, and so does what comes behind it, until a receive is posted. */
	host_end_answer(&host, &record, 300);
	CU_ASSERT(nothing());
	write_text(1700, 500, 0);
	CU_ASSERT(nothing());
	host_end_post(&host, RECEIVE, 0, 0);
	CU_ASSERT(received(&host.receive[0], OFFLOAD_SUCCESS, 0, 0));
	CU_ASSERT(indicated(1000, 1200));
	host_end_answer(&host, &record, 0);
	CU_ASSERT(nothing());
	/* What is posted is filled with it; the rest is indicated. */
	host_end_post(&host, RECEIVE, 200, 10);
	CU_ASSERT(received(&host.receive[1], OFFLOAD_SUCCESS, 1000, 200));
	CU_ASSERT(indicated(1200, 1000));
	host_end_answer(&host, &record, 1000);
	CU_ASSERT_EQUAL(script_conn(&script)->attached, TOE_INDEX_NONE);
	finish();
}

/* RCV-1: FIFO; a buffer that does not push waits until it is full. */
static void
test_posted(void)
{
	const struct chimney_io *io[4];

	begin();
	io[0] = host_end_post(&host, RECEIVE, 1000, 0);
	io[1] = host_end_post(&host, PUSH, 500, 0);
	io[2] = host_end_post(&host, RECEIVE, 0, 0);
	io[3] = host_end_post(&host, PUSH, 800, 0);
	write_text(0, 600, PSH);
	script_pass(&script, 2 * TOE_PUSH_MS);
	toe_worker_channels(&script.end.worker);
	CU_ASSERT(nothing());
	write_text(600, 1000, 0);
	CU_ASSERT(received(io[0], OFFLOAD_SUCCESS, 0, 1000));
	CU_ASSERT(received(io[1], OFFLOAD_SUCCESS, 1000, 500));
	CU_ASSERT(received(io[2], OFFLOAD_SUCCESS, 0, 0));
	CU_ASSERT(nothing());
	write_text(1600, 100, PSH);
	CU_ASSERT(received(io[3], OFFLOAD_SUCCESS, 1500, 200));
	/* What no buffer holds is indicated. */
	io[0] = host_end_post(&host, RECEIVE, 50, 0);
	write_text(1700, 70, 0);
	CU_ASSERT(received(io[0], OFFLOAD_SUCCESS, 1700, 50));
	CU_ASSERT(indicated(1750, 20));
	/* Posted while it is not answered: what is not taken comes first. */
	io[1] = host_end_post(&host, RECEIVE, 30, 0);
	write_text(1770, 30, 0);
	CU_ASSERT(nothing());
	host_end_answer(&host, &record, 5);
	CU_ASSERT(received(io[1], OFFLOAD_SUCCESS, 1755, 30));
	CU_ASSERT(nothing()); /* what was refused before the receive was posted is the rest of it */
	io[2] = host_end_post(&host, RECEIVE, 15, 0);
	CU_ASSERT(received(io[2], OFFLOAD_SUCCESS, 1785, 15));
	finish();
}

/* TMR-1, RCV-3: 500 ms from the last text on; at once for a buffer that comes partly filled. */
static void
test_push_timer(void)
{
	const struct chimney_io *io;

	begin();
	io = host_end_post(&host, PUSH, 1000, 0);
	script_pass(&script, 2 * TOE_PUSH_MS); /* nothing is in it */
	write_text(0, 100, 0);
	script_pass(&script, TOE_PUSH_MS - 10);
	write_text(100, 100, 0);
	script_pass(&script, TOE_PUSH_MS - 10);
	toe_worker_channels(&script.end.worker);
	CU_ASSERT(nothing());
	script_pass(&script, 20);
	toe_worker_channels(&script.end.worker);
	CU_ASSERT(received(io, OFFLOAD_SUCCESS, 0, 200));
	io = host_end_post(&host, PUSH, 1000, 40);
	script_pass(&script, TOE_PUSH_MS - 10);
	toe_worker_channels(&script.end.worker);
	CU_ASSERT(nothing());
	script_pass(&script, 20);
	toe_worker_channels(&script.end.worker);
	CU_ASSERT(received(io, OFFLOAD_SUCCESS, 200, 0));
	/* One that was filled from what had been refused, without PSH. */
	write_text(200, 100, 0);
	CU_ASSERT(indicated(200, 100));
	host_end_answer(&host, &record, 0);
	io = host_end_post(&host, PUSH, 1000, 0);
	CU_ASSERT(nothing());
	script_pass(&script, TOE_PUSH_MS + 10);
	toe_worker_channels(&script.end.worker);
	CU_ASSERT(received(io, OFFLOAD_SUCCESS, 200, 100));
	/* And with. */
	write_text(300, 100, PSH);
	CU_ASSERT(indicated(300, 100));
	host_end_answer(&host, &record, 0);
	io = host_end_post(&host, PUSH, 1000, 0);
	CU_ASSERT(received(io, OFFLOAD_SUCCESS, 300, 100));
	finish();
}

/* RCV-3: a buffer that comes partly filled, posted while an indication is not answered, alone and behind one of 0 bytes. */
static void
test_push_timer_indicated(void)
{
	const struct chimney_io *io[2];
	struct chimney_io_record text;

	begin();
	write_text(0, 100, 0);
	CU_ASSERT(indicated(0, 100));
	io[0] = host_end_post(&host, PUSH, 1000, 40);
	text = record;
	CU_ASSERT(nothing());
	script_pass(&script, TOE_PUSH_MS + 10);
	toe_worker_channels(&script.end.worker);
	CU_ASSERT(received(io[0], OFFLOAD_SUCCESS, 0, 0));
	host_end_answer(&host, &text, 100);
	write_text(100, 100, 0);
	CU_ASSERT(indicated(100, 100));
	io[0] = host_end_post(&host, RECEIVE, 0, 0);
	io[1] = host_end_post(&host, PUSH, 1000, 40);
	host_end_answer(&host, &record, 100);
	CU_ASSERT(received(io[0], OFFLOAD_SUCCESS, 0, 0));
	CU_ASSERT(nothing());
	script_pass(&script, TOE_PUSH_MS + 10);
	toe_worker_channels(&script.end.worker);
	CU_ASSERT(received(io[1], OFFLOAD_SUCCESS, 0, 0));
	finish();
}

/* PSH is kept with text that waits out of order. */
static void
test_push_out_of_order(void)
{
	const struct chimney_io *io;

	begin();
	io = host_end_post(&host, PUSH, 5000, 0);
	write_text(1000, 1000, PSH);
	CU_ASSERT(nothing());
	write_text(0, 1000, 0);
	CU_ASSERT(received(io, OFFLOAD_SUCCESS, 0, 2000));
	finish();
}

/* EVT-1, RCV-3: DISCONNECT is behind the text; receives behind it. */
static void
test_fin(void)
{
	const struct chimney_io *io[3];

	begin();
	write_text(0, 100, 0);
	CU_ASSERT(indicated(0, 100));
	write_text(100, 50, FIN);
	CU_ASSERT(told_nothing());
	host_end_answer(&host, &record, 100);
	CU_ASSERT(told_nothing());
	CU_ASSERT(indicated(100, 50));
	host_end_answer(&host, &record, 20);
	CU_ASSERT(told_nothing());
	io[0] = host_end_post(&host, RECEIVE, 500, 0);
	CU_ASSERT(received(io[0], OFFLOAD_SUCCESS, 120, 30));
	CU_ASSERT(told(TOE_EVENT_DISCONNECT));
	io[1] = host_end_post(&host, PUSH, 500, 0);
	CU_ASSERT(received(io[1], OFFLOAD_INVALID_STATE, 0, 0));
	io[2] = host_end_post(&host, RECEIVE, 0, 0);
	CU_ASSERT(received(io[2], OFFLOAD_INVALID_STATE, 0, 0));
	CU_ASSERT(told_nothing());
	finish();
	begin();
	for (uint32_t i = 0; i < 2; i++)
		io[i] = host_end_post(&host, RECEIVE, 500, 0);
	write_text(0, 100, FIN);
	CU_ASSERT(received(io[0], OFFLOAD_SUCCESS, 0, 100));
	CU_ASSERT(received(io[1], OFFLOAD_INVALID_STATE, 0, 0));
	CU_ASSERT(told(TOE_EVENT_DISCONNECT));
	finish();
}

/* EVT-5: all of it comes back after an acceptable RST; what is posted later as well. Text stays for the terminate. */
static void
test_reset(void)
{
	const struct chimney_io *io[3];

	begin();
	io[0] = host_end_post(&host, RECEIVE, 500, 0);
	io[1] = host_end_post(&host, PUSH, 500, 0);
	write_text(0, 100, 0);
	write_text(100, 0, RST);
	CU_ASSERT(received(io[0], OFFLOAD_REQUEST_ABORTED, 0, 100));
	CU_ASSERT(received(io[1], OFFLOAD_REQUEST_ABORTED, 0, 0));
	CU_ASSERT(told(TOE_EVENT_ABORT));
	io[2] = host_end_post(&host, RECEIVE, 500, 0);
	CU_ASSERT(received(io[2], OFFLOAD_REQUEST_ABORTED, 0, 0));
	finish();
}

/* DSC-2, CHN-2: closed by a SYN, then aborted by the host: what was posted ends with that, before what is posted later. */
static void
test_abort_closed(void)
{
	const struct chimney_io *io[2];

	begin();
	io[0] = host_end_post(&host, RECEIVE, 100, 0);
	write_text(0, 0, RTE_TCP_SYN_FLAG);
	script_drop(&script);
	host_end_disconnect(&host, CHIMNEY_IO_ABORT, 0);
	CU_ASSERT(received(io[0], OFFLOAD_REQUEST_ABORTED, 0, 0));
	CU_ASSERT_PTR_EQUAL(host_end_read(&host), &host.io[0]);
	CU_ASSERT_EQUAL(host.io[0].status, OFFLOAD_SUCCESS);
	io[1] = host_end_post(&host, RECEIVE, 100, 0);
	CU_ASSERT(received(io[1], OFFLOAD_REQUEST_ABORTED, 0, 0));
	finish();
}

/* TERM-2, TERM-4: receives complete, with what they have; unread text goes up, in order. */
static void
test_terminate(void)
{
	struct chimney_io_record text = {0};
	struct tcp_delegated delegated;
	const struct chimney_io *io[2];

	begin();
	io[0] = host_end_post(&host, RECEIVE, 500, 0);
	io[1] = host_end_post(&host, RECEIVE, 500, 0);
	write_text(0, 100, 0);
	end_close(&script.end, &delegated);
	toe_worker_channels(&script.end.worker);
	CU_ASSERT(received(io[0], OFFLOAD_UPLOAD_IN_PROGRESS, 0, 100));
	CU_ASSERT(received(io[1], OFFLOAD_UPLOAD_IN_PROGRESS, 0, 0));
	CU_ASSERT_PTR_NULL(delegated.buffered_data);
	/* It is gone: what is under way to it comes back as well. */
	host_end_post(&host, RECEIVE, 10, 0);
	CU_ASSERT(received(&host.receive[2], OFFLOAD_UPLOAD_IN_PROGRESS, 0, 0));
	CU_ASSERT_EQUAL(host_end_say(&host, TOE_FLOW_DETACH), OFFLOAD_SUCCESS);
	begin();
	write_text(0, 1000, 0);
	CU_ASSERT(indicated(0, 1000));
	host_end_answer(&host, &record, 999);
	write_text(1000, 1000, 0);
	write_text(3000, 1000, 0); /* out of order: dropped */
	end_close(&script.end, &delegated);
	CU_ASSERT_EQUAL(delegated.receive_backlog_size, 1001);
	CU_ASSERT_EQUAL(delegated.rcv_nxt, SCRIPT_PEER + 2000);
	text.data = delegated.buffered_data;
	text.value = 1001;
	CU_ASSERT_FATAL(text.data != NULL);
	CU_ASSERT(host_end_shows(&text, 999));
	CU_ASSERT(nothing());
	rte_pktmbuf_free(text.data);
	begin();
	finish();
}

/*
 * TERM-2, TERM-4: an indication is not answered: the terminate waits for that, whatever happens meanwhile, and what is not taken is in front
 * of what goes up.
 */
static void
test_terminate_indicated(void)
{
	struct toe_message message = {.op = TOE_OP_TERMINATE, .tick_ms = 1};
	struct toe_item another = {.index = 0};
	struct tcp_delegated delegated;
	struct chimney_io_record text;

	for (uint32_t reset = 0; reset < 3; reset++) {
		begin();
		write_text(0, 1000, 0);
		CU_ASSERT(indicated(0, 1000));
		text = record;
		end_close(&script.end, &delegated);
		CU_ASSERT_EQUAL(script.end.leaving.status, OFFLOAD_PENDING);
		/* For another one it has left. */
		another.generation = script.end.generation;
		toe_item_terminate(&script.end.worker, &message, &another);
		CU_ASSERT_EQUAL(another.status, OFFLOAD_FAILURE);
		write_text(1000, 1000, 0);
		script_drop(&script);
		if (reset == 1)
			write_text(2000, 0, RST);
		CU_ASSERT(nothing());
		CU_ASSERT_EQUAL(host_end_say(&host, TOE_FLOW_DETACH), OFFLOAD_INVALID_STATE);
		host_end_answer(&host, &text, 400);
		if (reset == 2)
			write_text(2000, 0, RST);
		CU_ASSERT(nothing());
		/* There is no port to hand them to. */
		script_drop(&script);
		script_conn(&script)->flags &= ~(TOE_CONN_ACK_NOW | TOE_CONN_ACK_DELAYED);
		CU_ASSERT_EQUAL(end_leaving(&script.end), OFFLOAD_SUCCESS);
		CU_ASSERT_EQUAL(delegated.receive_backlog_size, 1600);
		text.data = delegated.buffered_data;
		text.value = 1600;
		CU_ASSERT_FATAL(text.data != NULL);
		CU_ASSERT(host_end_shows(&text, 400));
		CU_ASSERT_EQUAL(host_end_say(&host, TOE_FLOW_DETACH), OFFLOAD_SUCCESS);
		rte_pktmbuf_free(text.data);
		CU_ASSERT_EQUAL(test_pool_in_use(script.pool), 0);
	}
	begin();
	finish();
}

/* Text waits for a flow; a flow does not leave an indication behind. */
static void
test_flows(void)
{
	begin();
	write_text(0, 100, 0);
	CU_ASSERT(indicated(0, 100));
	CU_ASSERT_EQUAL(host_end_say(&host, TOE_FLOW_DETACH), OFFLOAD_INVALID_STATE);
	host_end_answer(&host, &record, 100);
	CU_ASSERT_EQUAL(host_end_say(&host, TOE_FLOW_DETACH), OFFLOAD_SUCCESS);
	write_text(100, 100, 0);
	CU_ASSERT(nothing());
	CU_ASSERT_EQUAL(script.end.worker.engine.host_queued[0], 1);
	CU_ASSERT_EQUAL(host_end_say(&host, TOE_FLOW_ATTACH), OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(script.end.worker.engine.host_queued[0], 0);
	CU_ASSERT(indicated(100, 100));
	host_end_answer(&host, &record, 100);
	/* An answer that nobody waits for. */
	host_end_answer(&host, &(struct chimney_io_record){0}, 100);
	/* Another host's. */
	host.port.host = 1;
	CU_ASSERT_EQUAL(host_end_say(&host, TOE_FLOW_DETACH), OFFLOAD_FAILURE);
	host.port.host = 0;
	finish();
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"RCV-2 indications", test_indicated},
	        {"RCV-1 posted buffers", test_posted},
	        {"TMR-1 RCV-3 push timer", test_push_timer},
	        {"RCV-3 push timer and indications", test_push_timer_indicated},
	        {"RCV-1 PSH out of order", test_push_out_of_order},
	        {"EVT-1 RCV-3 FIN", test_fin},
	        {"EVT-5 reset", test_reset},
	        {"DSC-2 CHN-2 abort of what is closed", test_abort_closed},
	        {"TERM-2 TERM-4 terminate", test_terminate},
	        {"TERM-2 TERM-4 terminate, an indication not answered", test_terminate_indicated},
	        {"CHN-1 flows come and go", test_flows},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || test_eal_start(128) != 0 ||
	        script_init(&script) != 0 || host_end_init(&host, &script.end, script.pool) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_host_receive", tests, RTE_DIM(tests));
	host_end_fini(&host);
	script_fini(&script);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends of a host against a script: order, completion, where their text is sent from, buffers that come back late, how connections
 * end.
 */
#include <stdlib.h>

#include <rte_ethdev.h>

#include "channels.h"
#include "host_end.h"
#include "host_io.h"
#include "items.h"
#include "script.h"
#include "service.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "unit.h"

#define MANY 3000u
#define MULTI (RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_TCP_CKSUM)

static struct script script;
static struct host_end host;
static struct rte_mempool *host_pool;

static void
begin(uint64_t offloads)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_HOST);

	params.offloads = offloads;
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
	CU_ASSERT(!host.wrong);
	CU_ASSERT_EQUAL(host.returned, host.submitted);
	CU_ASSERT_EQUAL(test_pool_in_use(host_pool), 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.sends.used, 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.sends_first[TOE_SENDS_BUFFERS], TOE_INDEX_NONE);
	CU_ASSERT_EQUAL(script.end.worker.engine.sends_first[TOE_SENDS_SETTLE], TOE_INDEX_NONE);
}

static bool
came_back(const struct chimney_io *io, enum offload_status status, uint32_t done)
{
	return host_end_read(&host) == io && io->status == status && io->done == done;
}

/* Completed, in order, when every byte is acknowledged, and not before; PSH ends what there is. */
static void
test_fifo(void)
{
	struct chimney_io *io[4];

	begin(0);
	io[0] = host_end_send(&host, 1500);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT(!(script.got.tcp_flags & RTE_TCP_PSH_FLAG));
	CU_ASSERT(script_took_text(&script, 1000, 500, 0));
	CU_ASSERT(script.got.tcp_flags & RTE_TCP_PSH_FLAG);
	io[1] = host_end_send(&host, 0);
	io[2] = host_end_send(&host, 300);
	io[3] = host_end_send(&host, 200);
	CU_ASSERT(script_took_text(&script, 1500, 500, 0));
	CU_ASSERT_PTR_NULL(host_end_read(&host));
	script_send(&script, (struct script_segment){.ack = 1499});
	CU_ASSERT_PTR_NULL(host_end_read(&host));
	script_send(&script, (struct script_segment){.ack = 1900});
	CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 1500));
	CU_ASSERT(came_back(io[1], OFFLOAD_SUCCESS, 0));
	CU_ASSERT(came_back(io[2], OFFLOAD_SUCCESS, 300));
	CU_ASSERT_PTR_NULL(host_end_read(&host));
	script_send(&script, (struct script_segment){.ack = 2000});
	CU_ASSERT(came_back(io[3], OFFLOAD_SUCCESS, 200));
	/* With nothing before it an empty send is done at once. */
	io[0] = host_end_send(&host, 0);
	CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 0));
	finish();
}

/* A send that is completed is the host's again, also where nothing of the next one has been sent yet. */
static void
test_forgotten(void)
{
	struct chimney_io *io[3];

	begin(0);
	io[0] = host_end_send(&host, 500);
	CU_ASSERT(script_took_text(&script, 0, 500, 0));
	script_send(&script, (struct script_segment){.ack = 500, .window = 1000});
	CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 500));
	io[1] = host_end_send(&host, 1000);
	io[2] = host_end_send(&host, 1000);
	CU_ASSERT(script_took_text(&script, 500, 1000, 0));
	script_send(&script, (struct script_segment){.ack = 1500, .no_window = true});
	CU_ASSERT(came_back(io[1], OFFLOAD_SUCCESS, 1000));
	script_send(&script, (struct script_segment){.ack = 1500, .window = 1000});
	CU_ASSERT(script_took_text(&script, 1500, 1000, 0));
	script_send(&script, (struct script_segment){.ack = 2500, .window = 1000});
	CU_ASSERT(came_back(io[2], OFFLOAD_SUCCESS, 1000));
	finish();
}

/* What is not acknowledged comes back with a terminate, and how much of it was (TERM-2, SND-2). */
static void
test_terminate(void)
{
	struct chimney_io *io[4];

	begin(0);
	for (uint32_t i = 0; i < 3; i++)
		io[i] = host_end_send(&host, 1000);
	while (script_take(&script))
		;
	script_send(&script, (struct script_segment){.ack = 1400});
	CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 1000));
	script_close(&script, NULL);
	CU_ASSERT(came_back(io[1], OFFLOAD_UPLOAD_IN_PROGRESS, 400));
	CU_ASSERT(came_back(io[2], OFFLOAD_UPLOAD_IN_PROGRESS, 0));
	/* It is gone: what was under way to it comes back as well. */
	io[3] = host_end_send(&host, 10);
	CU_ASSERT(came_back(io[3], OFFLOAD_UPLOAD_IN_PROGRESS, 0));
	begin(0);
	finish();
}

/* EVT-5, DSC-4: an acceptable RST; what is submitted behind it. */
static void
test_reset(void)
{
	struct chimney_io *io[3];

	begin(0);
	io[0] = host_end_send(&host, 1000);
	io[1] = host_end_send(&host, 1000);
	while (script_take(&script))
		;
	script_send(&script, (struct script_segment){.ack = 1200});
	CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 1000));
	script_send(&script, (struct script_segment){.flags = RST});
	CU_ASSERT(came_back(io[1], OFFLOAD_REQUEST_ABORTED, 200));
	io[2] = host_end_send(&host, 1000);
	CU_ASSERT(came_back(io[2], OFFLOAD_REQUEST_ABORTED, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	finish();
}

/* Behind our FIN nothing can be sent; it says so in its turn. Nor on others' connections, or a service's. */
static void
test_misplaced(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);
	struct chimney_io *io[2];

	begin(0);
	io[0] = host_end_send(&host, 100);
	script_conn(&script)->flags |= TOE_CONN_FIN_QUEUED;
	io[1] = host_end_send(&host, 100);
	CU_ASSERT_PTR_NULL(host_end_read(&host));
	CU_ASSERT(script_took_text(&script, 0, 100, FIN));
	script_send(&script, (struct script_segment){.ack = 101});
	CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 100));
	CU_ASSERT(came_back(io[1], OFFLOAD_INVALID_STATE, 0));
	finish();
	begin(0);
	host.port.host = 1;
	io[0] = host_end_send(&host, 100);
	CU_ASSERT(came_back(io[0], OFFLOAD_FAILURE, 0));
	host.port.host = 0;
	finish();
	script_open(&script, &params);
	io[0] = host_end_send(&host, 100);
	CU_ASSERT(came_back(io[0], OFFLOAD_FAILURE, 0));
	finish();
}

/* The oldest frame is the test's, as if it was in a port's ring; what it carries. */
static struct rte_mbuf *
take_frame(uint32_t *length, bool *lies_there)
{
	struct toe_segment segment;
	struct rte_mbuf *frame, *copy;

	end_work(&script.end);
	CU_ASSERT_FATAL(end_take(&script.end, &frame, 1) == 1);
	*lies_there = frame->nb_segs > 1;
	for (const struct rte_mbuf *at = frame->next; at != NULL; at = at->next)
		*lies_there =
		        *lies_there &&
		        rte_mbuf_from_indirect((struct rte_mbuf *)(uintptr_t)at)->pool == host_pool;
	copy = rte_pktmbuf_copy(frame, script.pool, 0, UINT32_MAX);
	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	copy->port = 0;
	toe_segment_parse(copy, 0, true, !(frame->ol_flags & RTE_MBUF_F_TX_TCP_CKSUM), &segment);
	CU_ASSERT_EQUAL(segment.verdict, TOE_SEGMENT_OK);
	*length = segment.length;
	for (uint32_t i = 0; i < segment.length; i++)
		CU_ASSERT_EQUAL_FATAL(
		        segment.data[i], (segment.seq - SCRIPT_OURS + i) % TOE_PATTERN_PERIOD);
	rte_pktmbuf_free(copy);
	return frame;
}

static void
one_frame(struct chimney_io *io, uint32_t length, bool lies_there)
{
	struct rte_mbuf *frame;
	uint32_t carried;
	bool there;

	CU_ASSERT_FATAL(host_end_submit(&host, io));
	toe_worker_channels(&script.end.worker);
	frame = take_frame(&carried, &there);
	CU_ASSERT_EQUAL(carried, length);
	CU_ASSERT_EQUAL(there, lies_there);
	rte_pktmbuf_free(frame);
	script_send(
	        &script, (struct script_segment){
	                         .ack = (int32_t)(script_conn(&script)->snd_max - SCRIPT_OURS)});
	CU_ASSERT_PTR_EQUAL(host_end_read(&host), io);
}

/* Text is sent from where it lies, where the port can and it pays; else it is copied. The sums are right either way. */
static void
test_attach(void)
{
	const struct toe_stats *stats = &script.end.worker.engine.stats;
	struct chimney_io *io;
	struct rte_mbuf *other;
	uint32_t length;
	bool there;

	for (uint32_t i = 0; i < 2; i++) {
		begin(i == 0 ? MULTI : RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
		one_frame(host_end_make(&host, 1000, 1000, 0), 1000, true);
		one_frame(host_end_make(&host, 1000, 333, 7), 1000, true);
		one_frame(host_end_make(&host, 257, 257, 1), 257, true);
		one_frame(host_end_make(&host, 999, 143, 0), 999, true);
		CU_ASSERT_EQUAL(stats->tx_text_copied_bytes, 0);
		one_frame(host_end_make(&host, 256, 1000, 0), 256, false);
		CU_ASSERT_EQUAL(stats->tx_text_copied_bytes, 256);
		/* More buffers than a driver takes. */
		one_frame(host_end_make(&host, 1000, 100, 50), 1000, false);
		CU_ASSERT_EQUAL(stats->tx_text_copied_bytes, 1256);
		/* A buffer that is not the host's alone: when it is back could not be told. */
		io = host_end_make(&host, 600, 1000, 0);
		other = io->mbuf;
		rte_mbuf_refcnt_update(other, 1);
		CU_ASSERT_FATAL(host_end_submit(&host, io));
		toe_worker_channels(&script.end.worker);
		rte_pktmbuf_free(take_frame(&length, &there));
		CU_ASSERT(length == 600 && !there);
		CU_ASSERT_EQUAL(stats->tx_text_copied_bytes, 1856);
		rte_mbuf_refcnt_update(other, -1);
		script_send(&script, (struct script_segment){.ack = 5112});
		CU_ASSERT(came_back(io, OFFLOAD_SUCCESS, 600));
		finish();
	}
	begin(RTE_ETH_TX_OFFLOAD_TCP_CKSUM);
	one_frame(host_end_make(&host, 1000, 500, 0), 1000, false);
	finish();
}

/* CHN-3: acknowledged, but a copy of the frame is still in a port's ring. Those behind it wait, too. */
static void
test_buffers(void)
{
	struct rte_mbuf *frame[2];
	struct chimney_io *io[3];
	uint32_t length;
	bool there;

	begin(MULTI);
	for (uint32_t i = 0; i < 3; i++)
		io[i] = host_end_send(&host, 1000);
	frame[0] = take_frame(&length, &there);
	rte_pktmbuf_free(take_frame(&length, &there));
	frame[1] = take_frame(&length, &there);
	script_send(&script, (struct script_segment){.ack = 3000});
	script_pass(&script, 5);
	toe_host_buffers(&script.end.worker.engine);
	toe_worker_channels(&script.end.worker);
	CU_ASSERT_PTR_NULL(host_end_read(&host));
	rte_pktmbuf_free(frame[0]);
	script_pass(&script, 1);
	toe_host_buffers(&script.end.worker.engine);
	CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 1000));
	CU_ASSERT(came_back(io[1], OFFLOAD_SUCCESS, 1000));
	CU_ASSERT_PTR_NULL(host_end_read(&host));
	/* The connection leaves, with a send that it never sent; they come back in order. */
	script_conn(&script)->snd_wnd = 0;
	host_end_send(&host, 10);
	end_close(&script.end, NULL);
	io[2] = host_end_send(&host, 10);
	for (uint32_t i = 0; i < 3; i++)
		toe_worker_channels(&script.end.worker);
	CU_ASSERT_PTR_NULL(host_end_read(&host));
	rte_pktmbuf_free(frame[1]);
	toe_worker_channels(&script.end.worker);
	CU_ASSERT(came_back(&host.io[2], OFFLOAD_SUCCESS, 1000));
	CU_ASSERT(came_back(&host.io[3], OFFLOAD_UPLOAD_IN_PROGRESS, 0));
	CU_ASSERT(came_back(io[2], OFFLOAD_UPLOAD_IN_PROGRESS, 0));
	begin(0);
	finish();
}

/* CHN-2, CHN-5: completions that their host does not read wait, in order. */
static void
test_unread(void)
{
	begin(0);
	for (uint32_t i = 0; i < 300; i++)
		host_end_send(&host, 10);
	while (script_take(&script))
		;
	script_send(&script, (struct script_segment){.ack = 3000});
	while (toe_host_settle(&script.end.worker.engine) > 0)
		;
	CU_ASSERT_PTR_NOT_NULL(host.port.waiting.first);
	for (uint32_t i = 0; i < 20 && host.returned < 300; i++) {
		while (host_end_read(&host) != NULL)
			;
		toe_worker_channels(&script.end.worker);
	}
	CU_ASSERT_EQUAL(host.returned, 300);
	CU_ASSERT_PTR_NULL(host.port.waiting.first);
	finish();
}

/* Fault kind C4: one event moves a burst on, each turn another; all of it comes back, in order. */
static void
test_many(void)
{
	for (uint32_t how = 0; how < 3; how++) {
		uint32_t most = 0;

		begin(0);
		for (uint32_t i = 0; i < MANY; i++)
			host_end_send(&host, 10);
		while (script_take(&script))
			;
		if (how == 0)
			script_send(&script, (struct script_segment){.ack = MANY * 10});
		else if (how == 1)
			script_send(&script, (struct script_segment){.flags = RST});
		else
			host_end_disconnect(&host, CHIMNEY_IO_ABORT, 0);
		for (uint32_t i = 0; i < MANY && host.returned < host.submitted; i++) {
			uint32_t before = host.returned;

			script_take(&script);
			toe_channel_post(&host.port, script.end.worker.engine.life);
			while (host_end_read(&host) != NULL)
				;
			most = RTE_MAX(most, host.returned - before);
			CU_ASSERT(toe_host_settle(&script.end.worker.engine) <= TOE_SENDS_TURN);
		}
		CU_ASSERT(most <= 2 * TOE_SENDS_TURN && host.returned == host.submitted);
		for (uint32_t i = 0; i < MANY; i++)
			CU_ASSERT_EQUAL_FATAL(host.io[i].status,
			        how == 0 ? OFFLOAD_SUCCESS : OFFLOAD_REQUEST_ABORTED);
		finish();
	}
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"SND-1 SND-2 CHN-2 in order, when acknowledged", test_fifo},
	        {"CHN-3 what is completed is the host's", test_forgotten},
	        {"SND-2 TERM-2 a terminate", test_terminate},
	        {"SND-2 EVT-5 DSC-4 a reset", test_reset},
	        {"SND-1 CHN-2 where nothing can be sent", test_misplaced},
	        {"SND-1 attached or copied", test_attach},
	        {"CHN-3 buffers that come back late", test_buffers},
	        {"CHN-2 CHN-5 completions that nobody reads", test_unread},
	        {"CHN-2 many complete in bounded parts (C4)", test_many},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0 ||
	        (host_pool = test_pool_create("host", 4095)) == NULL ||
	        host_end_init(&host, &script.end, host_pool) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_host_send", tests, RTE_DIM(tests));
	host_end_fini(&host);
	script_fini(&script);
	rte_mempool_free(host_pool);
	return rc;
}

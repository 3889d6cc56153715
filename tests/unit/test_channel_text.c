/* SPDX-License-Identifier: BSD-3-Clause */
/* Received text over a channel: indications, answers, buffers kept and returned, lost workers. The workers' end is played. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "channel.h"
#include "handle.h"
#include "played_worker.h"
#include "test_eal.h"
#include "test_mutant.h"

#define OBJECT UINT64_C(0xABCDEF)
#define TEXT 100u /* bytes in each buffer */

static struct rte_mempool *pool;
static struct chimney_channel *channel;
static struct chimney_flow flow;
static struct chimney_io_record record[8];

/* The next descriptor of the flow that the worker gets; NULL: none. */
static struct chimney_io *
worker_hears(void)
{
	uintptr_t entry;

	if (toe_channel_take(port_of(1), &entry, 1) == 0)
		return NULL;
	return (struct chimney_io *)(entry & ~TOE_IO_LIFE_MASK);
}

static void
worker_is_told(enum toe_flow_op op, enum offload_status status)
{
	struct chimney_io *own = worker_hears();

	CU_ASSERT_PTR_NOT_NULL_FATAL(own);
	CU_ASSERT_EQUAL(own->op, op);
	toe_flow_done(own, status);
}

static void
start(void)
{
	fake_start(&fake, NULL);
	CU_ASSERT_EQUAL_FATAL(chimney_channel_open(fake.host[0], RING, &channel), 0);
	CU_ASSERT_EQUAL_FATAL(
	        chimney_flow_open(channel, &flow, toe_handle_make(OFFLOAD_LAYER_TCP, 1, 7, 3)), 0);
	worker_is_told(TOE_FLOW_ATTACH, OFFLOAD_SUCCESS);
}

static void
end(void)
{
	int rc = chimney_flow_close(channel, &flow);

	if (rc == -EAGAIN) {
		CU_ASSERT_EQUAL(chimney_flow_close(channel, &flow), -EAGAIN);
		worker_is_told(TOE_FLOW_DETACH, OFFLOAD_SUCCESS);
		rc = chimney_flow_close(channel, &flow);
	}
	CU_ASSERT_EQUAL(rc, 0);
	while (chimney_channel_close(channel) == -EAGAIN)
		for (uint32_t i = 0; i < 2; i++) {
			struct toe_channel_port *port = port_of(i);

			if (port == NULL)
				continue;
			atomic_store(&fake.worker[i]->channels.port[0], NULL);
			atomic_store(&port->leaving, 2);
		}
	CU_ASSERT_EQUAL(test_pool_in_use(pool), 0);
	fake_end(&fake);
}

/* Worker 1 indicates so many buffers of text. */
static struct rte_mbuf *
worker_indicates(uint32_t buffers, uint32_t life)
{
	struct rte_mbuf *head = NULL, **last = &head;

	for (uint32_t i = 0; i < buffers; i++) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

		CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
		mbuf->data_len = TEXT;
		mbuf->hash.usr = 1;
		*last = mbuf;
		last = &mbuf->next;
	}
	head->nb_segs = (uint16_t)buffers;
	head->pkt_len = buffers * TEXT;
	CU_ASSERT(toe_channel_indicate(port_of(1), OBJECT, head, buffers * TEXT, life));
	toe_channel_ring(port_of(1));
	return head;
}

static uint32_t
returned(uint32_t worker, uint32_t channel_plus_1)
{
	return atomic_load(&fake.worker[worker]->channels.returned[channel_plus_1]);
}

/* RCV-2: what the host hears, and what the worker hears of its answer. */
static void
test_answer(void)
{
	struct rte_mbuf *head = worker_indicates(3, 0);
	struct chimney_io *own;

	CU_ASSERT_EQUAL(chimney_channel_poll(channel, record, 8), 1);
	CU_ASSERT_EQUAL(record[0].kind, CHIMNEY_IO_INDICATED);
	CU_ASSERT_EQUAL(record[0].object, OBJECT);
	CU_ASSERT_EQUAL(record[0].value, 3 * TEXT);
	CU_ASSERT_PTR_EQUAL(record[0].data, head);
	CU_ASSERT_EQUAL(chimney_answer(channel, &flow, &record[0], 150, false), 0);
	own = worker_hears();
	CU_ASSERT_PTR_NOT_NULL_FATAL(own);
	CU_ASSERT_EQUAL(own->op, TOE_FLOW_ANSWER);
	CU_ASSERT_PTR_EQUAL(own->mbuf, head);
	CU_ASSERT_EQUAL(own->length, 150);
	CU_ASSERT_EQUAL(own->done, 150);
	CU_ASSERT_EQUAL(own->offset, 0);
	/* The flow says one thing at a time. */
	CU_ASSERT_EQUAL(chimney_flow_close(channel, &flow), -EAGAIN);
	CU_ASSERT_PTR_NULL(worker_hears());
	toe_flow_done(own, OFFLOAD_SUCCESS);
	rte_pktmbuf_free(head);
	/* More than there is. */
	head = worker_indicates(1, 0);
	CU_ASSERT_EQUAL(chimney_channel_poll(channel, record, 8), 1);
	CU_ASSERT_EQUAL(chimney_answer(channel, &flow, &record[0], 1000, false), 0);
	own = worker_hears();
	CU_ASSERT_EQUAL(own->length, TEXT);
	toe_flow_done(own, OFFLOAD_SUCCESS);
	rte_pktmbuf_free(head);
}

/* CHN-3: buffers that are taken whole are kept, and come back later; each counts for its worker and channel. */
static void
test_keep(void)
{
	struct rte_mbuf *head = worker_indicates(3, 0), *third = head->next->next, *last;
	struct chimney_io *own;

	CU_ASSERT_EQUAL(chimney_channel_poll(channel, record, 8), 1);
	CU_ASSERT_EQUAL(chimney_answer(channel, &flow, &record[0], 250, true), 2);
	CU_ASSERT_PTR_EQUAL(record[0].data, head);
	CU_ASSERT_PTR_NULL(head->next->next);
	CU_ASSERT_EQUAL(head->nb_segs, 2);
	CU_ASSERT_EQUAL(head->pkt_len, 200);
	own = worker_hears();
	CU_ASSERT_PTR_EQUAL(own->mbuf, third);
	CU_ASSERT_EQUAL(own->length, 250);
	CU_ASSERT_EQUAL(own->done, 50);
	CU_ASSERT_EQUAL(own->offset, 2);
	toe_flow_done(own, OFFLOAD_SUCCESS);
	rte_pktmbuf_free(third);
	last = rte_pktmbuf_alloc(pool);
	last->hash.usr = 0;
	head->next->next = last;
	chimney_buffers_return(channel, head);
	CU_ASSERT_EQUAL(returned(1, 1), 2);
	CU_ASSERT_EQUAL(returned(0, 1), 1);
	CU_ASSERT_EQUAL(atomic_load(&fake.worker[1]->channels.returned_all), 2);
	/* TERM-9: of what was handed up. */
	head = rte_pktmbuf_alloc(pool);
	head->hash.usr = 1;
	chimney_buffered_return(fake.host[0], head);
	CU_ASSERT_EQUAL(returned(1, 0), 1);
	CU_ASSERT_EQUAL(test_pool_in_use(pool), 0);
	/* Nothing is kept of a buffer that is taken in part. */
	head = worker_indicates(1, 0);
	CU_ASSERT_EQUAL(chimney_channel_poll(channel, record, 8), 1);
	CU_ASSERT_EQUAL(chimney_answer(channel, &flow, &record[0], 99, true), 0);
	CU_ASSERT_PTR_NULL(record[0].data);
	toe_flow_done(worker_hears(), OFFLOAD_SUCCESS);
	rte_pktmbuf_free(head);
}

/* The flow cannot go while an indication is not answered. */
static void
test_close(void)
{
	CU_ASSERT_EQUAL(chimney_flow_close(channel, &flow), -EAGAIN);
	CU_ASSERT_EQUAL(chimney_flow_close(channel, &flow), -EAGAIN);
	worker_is_told(TOE_FLOW_DETACH, OFFLOAD_INVALID_STATE);
	CU_ASSERT_EQUAL(chimney_flow_close(channel, &flow), -EBUSY);
	CU_ASSERT_EQUAL(chimney_flow_close(channel, &flow), -EAGAIN);
	worker_is_told(TOE_FLOW_DETACH, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(chimney_flow_close(channel, &flow), 0);
	CU_ASSERT_EQUAL(chimney_flow_open(channel, (struct chimney_flow *)((uint8_t *)&flow + 8),
	                        flow.handle),
	        -EINVAL);
	CU_ASSERT_EQUAL(
	        chimney_flow_open(channel, &flow, toe_handle_make(OFFLOAD_LAYER_TCP, 1, 7, 3)), 0);
	worker_is_told(TOE_FLOW_ATTACH, OFFLOAD_SUCCESS);
}

/* An indication that was posted before the worker hears that the flow leaves is answered while it leaves. */
static void
test_answer_leaving(void)
{
	struct rte_mbuf *head = worker_indicates(1, 0);
	struct chimney_io *own, *answer;

	CU_ASSERT_EQUAL(chimney_flow_close(channel, &flow), -EAGAIN);
	CU_ASSERT_EQUAL(chimney_channel_poll(channel, record, 8), 1);
	CU_ASSERT_EQUAL(chimney_answer(channel, &flow, &record[0], TEXT, false), 0);
	own = worker_hears();
	answer = worker_hears();
	CU_ASSERT_PTR_NOT_NULL_FATAL(own);
	CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
	CU_ASSERT_EQUAL(own->op, TOE_FLOW_DETACH);
	CU_ASSERT_EQUAL(answer->op, TOE_FLOW_ANSWER);
	CU_ASSERT_PTR_EQUAL(answer->mbuf, head);
	toe_flow_done(own, OFFLOAD_INVALID_STATE);
	CU_ASSERT_EQUAL(chimney_flow_close(channel, &flow), -EAGAIN);
	toe_flow_done(answer, OFFLOAD_SUCCESS);
	rte_pktmbuf_free(head);
	/* The answer has been taken; that the flow leaves has not. */
	CU_ASSERT_EQUAL(chimney_flow_close(channel, &flow), -EBUSY);
}

/* CHN-2: receives of both kinds come back in one order. */
static void
test_receives(void)
{
	static struct chimney_io io[4];
	static uint8_t memory[64];
	struct chimney_io *ios[4];

	for (uint32_t i = 0; i < 4; i++) {
		io[i] = (struct chimney_io){
		        .op = i % 2 ? CHIMNEY_IO_RECEIVE : CHIMNEY_IO_RECEIVE_PUSH,
		        .buffer = memory,
		        .length = 16,
		        .offset = i};
		ios[i] = &io[i];
	}
	CU_ASSERT_EQUAL(chimney_submit(channel, &flow, ios, 4), 0);
	for (uint32_t i = 0; i < 4; i++) {
		CU_ASSERT_PTR_EQUAL(worker_hears(), &io[i]);
		CU_ASSERT_PTR_EQUAL(flow.first[CHIMNEY_IO_RECEIVE], &io[i]);
		CU_ASSERT_EQUAL(chimney_flow_close(channel, &flow), -EBUSY);
		toe_channel_complete(port_of(1), &io[i], OFFLOAD_SUCCESS, 7, 0);
		CU_ASSERT_EQUAL(chimney_channel_poll(channel, record, 8), 1);
		CU_ASSERT_EQUAL(io[i].done, 7);
	}
	CU_ASSERT_PTR_NULL(flow.first[CHIMNEY_IO_RECEIVE]);
	io[0].buffer = NULL;
	CU_ASSERT_EQUAL(chimney_submit(channel, &flow, ios, 1), -EINVAL);
	io[0].buffer = memory;
	io[0].offset = UINT32_MAX;
	CU_ASSERT_EQUAL(chimney_submit(channel, &flow, ios, 1), -EINVAL);
}

/* CHN-4: the buffers of indications that are read, or answered, when the worker is lost go back once. */
static void
test_lost(void)
{
	struct rte_mbuf *head = worker_indicates(2, 0);

	CU_ASSERT_EQUAL(chimney_channel_poll(channel, record, 8), 1);
	worker_indicates(3, 0); /* not read */
	atomic_store(&fake.worker[1]->lost, 1);
	/* One is kept, the other is not. */
	CU_ASSERT_EQUAL(chimney_answer(channel, &flow, &record[0], TEXT, true), 1);
	CU_ASSERT_EQUAL(returned(1, 1), 1);
	CU_ASSERT_PTR_NULL(worker_hears());
	CU_ASSERT_EQUAL(test_pool_in_use(pool), 4);
	chimney_buffers_return(channel, head);
	CU_ASSERT_EQUAL(returned(1, 1), 2);
	atomic_store(&fake.worker[1]->parked, 1);
	CU_ASSERT_EQUAL(chimney_channel_poll(channel, record, 8), 0);
	atomic_store(&fake.worker[1]->lost, 2);
	CU_ASSERT_EQUAL(chimney_channel_poll(channel, record, 8), 0);
	CU_ASSERT_EQUAL(test_pool_in_use(pool), 0);
	CU_ASSERT_EQUAL(returned(1, 1), 5);
}

/* The same for what is not read any more when the channel closes, and for answers that waited for room. */
static void
test_lost_waiting(void)
{
	static struct chimney_io io[2 * RING];
	static uint8_t memory[8];

	worker_indicates(2, 0);
	CU_ASSERT_EQUAL(chimney_channel_poll(channel, record, 8), 1);
	for (uint32_t i = 0; i < 2 * RING; i++) {
		struct chimney_io *one = &io[i];

		io[i] = (struct chimney_io){
		        .op = CHIMNEY_IO_RECEIVE, .buffer = memory, .length = 8};
		CU_ASSERT_EQUAL(chimney_submit(channel, &flow, &one, 1), 0);
	}
	CU_ASSERT_EQUAL(chimney_answer(channel, &flow, &record[0], 2 * TEXT, false), 0);
	worker_indicates(3, 0);
	atomic_store(&fake.worker[1]->lost, 1);
	atomic_store(&fake.worker[1]->parked, 1);
	CU_ASSERT_EQUAL(chimney_channel_poll(channel, record, 8), 0);
	CU_ASSERT_EQUAL(test_pool_in_use(pool), 3);
	CU_ASSERT_EQUAL(chimney_flow_close(channel, &flow), 0);
	for (uint32_t n = 0; n < 2 * RING; n += 8)
		CU_ASSERT_EQUAL(chimney_channel_poll(channel, record, 8), 8);
	CU_ASSERT_EQUAL(chimney_flow_open(channel, &flow, flow.handle), 0);
}

#define WITH_CHANNEL(name)                                                                         \
	static void run_##name(void)                                                               \
	{                                                                                          \
		start();                                                                           \
		test_##name();                                                                     \
		end();                                                                             \
	}

WITH_CHANNEL(answer)
WITH_CHANNEL(keep)
WITH_CHANNEL(close)
WITH_CHANNEL(answer_leaving)
WITH_CHANNEL(receives)
WITH_CHANNEL(lost)
WITH_CHANNEL(lost_waiting)

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"RCV-2 CHN-1 indications and answers", run_answer},
	        {"CHN-3 TERM-9 buffers that the host keeps", run_keep},
	        {"CHN-1 flows close behind their indications", run_close},
	        {"RCV-2 answers of a flow that leaves", run_answer_leaving},
	        {"CHN-2 receives in order", run_receives},
	        {"CHN-3 CHN-4 a lost worker's buffers", run_lost},
	        {"CHN-3 CHN-4 answers that waited for a lost worker", run_lost_waiting},
	};

	if (!test_mutant_arguments(argc, argv) || test_eal_start(128) != 0 ||
	        (pool = test_pool_create("text", 1023)) == NULL)
		return EXIT_FAILURE;
	return unit_run("channel_text", tests, RTE_DIM(tests));
}

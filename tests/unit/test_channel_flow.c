/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows of connections that come and go with outstanding sends: chains in and out, records that overtake them, losses. Workers are played. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <rte_mbuf.h>

#include "channel.h"
#include "channel_port.h"
#include "fake_target.h"
#include "handle.h"
#include "test_mutant.h"

#define RING 64u
#define IOS 8u
#define CLOSES 200000u

static struct fake fake;
static struct chimney_channel *channel;
static struct rte_mbuf text = {.data_len = 100};
static struct chimney_flow flow;
static struct chimney_io io[IOS];
static struct offload_block_list *block;
static struct tcp_delegated *delegated;

static struct toe_channel_port *
port_of(uint32_t worker)
{
	return atomic_load(&fake.worker[worker]->channels.port[0]);
}

/* The worker hears what the flow says for itself. */
static int
flow_close(void)
{
	uintptr_t entry[RING];
	int rc;

	while ((rc = chimney_flow_close(channel, &flow)) == -EAGAIN) {
		uint32_t n;

		CU_ASSERT_EQUAL(
		        chimney_channel_poll(channel, (struct chimney_io_record[1]){0}, 0), 0);
		n = toe_channel_take(port_of(0), entry, RING);
		for (uint32_t i = 0; i < n; i++) {
			struct chimney_io *one =
			        (struct chimney_io *)(entry[i] & ~TOE_IO_LIFE_MASK);

			if (toe_io_is_of_flow(one))
				toe_flow_done(one, OFFLOAD_SUCCESS);
		}
	}
	return rc;
}

/* Descriptors from..to - 1 of 100 bytes, linked. */
static void
chain(uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		io[i] = (struct chimney_io){.op = CHIMNEY_IO_SEND,
		        .mbuf = &text,
		        .length = 100,
		        .next = i + 1 < to ? &io[i + 1] : NULL};
	block->send_chain = &io[from];
}

static void
start(void)
{
	fake_start(&fake, NULL);
	CU_ASSERT_EQUAL_FATAL(chimney_channel_open(fake.host[0], RING, &channel), 0);
	block = fake_tcp(&fake, 0, OFFLOAD_TCP_ALL);
	delegated = offload_block_delegated(block);
	memset(&flow, 0, sizeof(flow));
	chain(0, IOS);
}

static void
end(void)
{
	int rc;

	for (rc = chimney_channel_close(channel); rc == -EAGAIN;
	        rc = chimney_channel_close(channel))
		for (uint32_t i = 0; i < 2; i++) {
			struct toe_channel_port *port = port_of(i);

			if (port == NULL)
				continue;
			atomic_store(&fake.worker[i]->channels.port[0], NULL);
			atomic_store(&port->leaving, 2);
		}
	CU_ASSERT_EQUAL(rc, 0);
	fake_end(&fake);
}

static void
complete(uint32_t i, enum offload_status status)
{
	uint32_t life = atomic_load(&fake.worker[0]->lost) & ~1u;

	toe_channel_complete(port_of(0), &io[i], status, status == OFFLOAD_SUCCESS ? 100 : 0, life);
}

/* All that can be read: how many, each once, with this status. */
static uint32_t
read_all(enum offload_status status)
{
	struct chimney_io_record record[IOS];
	uint32_t n = chimney_channel_poll(channel, record, IOS), seen = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t bit = 1u << (record[i].io - io);

		CU_ASSERT_EQUAL(record[i].io->status, status);
		CU_ASSERT(!(seen & bit));
		seen |= bit;
	}
	return n;
}

static uint64_t
handle(void)
{
	return toe_handle_make(OFFLOAD_LAYER_TCP, 0, 7, 0);
}

/* What is no chain is refused, and nothing has changed. */
static void
test_refused(void)
{
	const struct offload_block_list before = *block;
	struct tcp_delegated state = *delegated;

	for (uint32_t i = 0; i < 7; i++) {
		chain(0, IOS);
		block->header.type = i == 0 ? OFFLOAD_TCP_DELEGATED : OFFLOAD_TCP_ALL;
		if (i == 1)
			io[IOS - 1].next = &io[0];
		if (i == 2)
			io[IOS - 1].next = &io[IOS - 1];
		if (i == 3)
			io[2].op = CHIMNEY_IO_DISCONNECT;
		if (i == 4)
			io[IOS - 1] = (struct chimney_io){.op = CHIMNEY_IO_ABORT};
		if (i == 5)
			io[0].done = 101;
		if (i == 6)
			io[1].done = 1;
		CU_ASSERT_EQUAL(chimney_flow_prepare(channel, &flow, block), -EINVAL);
		CU_ASSERT_EQUAL(io[0].marks, 0);
	}
	block->header.type = before.header.type;
	block->send_chain = before.send_chain;
	CU_ASSERT_EQUAL(memcmp(&before, block, sizeof(before)), 0);
	CU_ASSERT_EQUAL(memcmp(&state, delegated, sizeof(state)), 0);
}

/* INIT-6: the state says what the chain is; a flow that was not started takes nothing; after a failure the chain is as it was. */
static void
test_failed(void)
{
	struct chimney_io *one = &io[IOS - 1];

	chain(0, IOS - 1);
	io[0].done = 30;
	CU_ASSERT_EQUAL_FATAL(chimney_flow_prepare(channel, &flow, block), 0);
	CU_ASSERT_PTR_EQUAL(delegated->send_data_head, &io[0]);
	CU_ASSERT_PTR_EQUAL(delegated->send_data_tail, &io[IOS - 2]);
	CU_ASSERT_EQUAL(delegated->send_backlog_size, (IOS - 1) * 100 - 30);
	for (uint32_t i = 0; i < IOS - 1; i++)
		CU_ASSERT(io[i].marks & TOE_IO_CHAIN);
	*one = (struct chimney_io){.op = CHIMNEY_IO_SEND, .mbuf = &text, .length = 100};
	CU_ASSERT_EQUAL(chimney_submit(channel, &flow, &one, 1), -EINVAL);
	CU_ASSERT_EQUAL(flow_close(), 0);
	CU_ASSERT_EQUAL(read_all(OFFLOAD_SUCCESS), 0);
	for (uint32_t i = 0; i < IOS - 1; i++) {
		CU_ASSERT_EQUAL(io[i].done, i == 0 ? 30 : 0);
		CU_ASSERT_PTR_EQUAL(io[i].next, i + 1 < IOS - 1 ? &io[i + 1] : NULL);
		CU_ASSERT(!(io[i].marks & TOE_IO_CHAIN));
	}
}

/*
 * CHN-2, TERM-4: records before it is started; then two go up as a chain, which what was submitted later overtakes. Each comes back
 * once.
 */
static void
test_uploaded(void)
{
	struct chimney_io *late = &io[IOS - 1];

	for (uint32_t first = 0; first < 2; first++) {
		chain(0, IOS - 1);
		CU_ASSERT_EQUAL_FATAL(chimney_flow_prepare(channel, &flow, block), 0);
		complete(0, OFFLOAD_SUCCESS);
		CU_ASSERT_EQUAL(read_all(OFFLOAD_SUCCESS), 1);
		CU_ASSERT_EQUAL(chimney_flow_start(channel, &flow, 12345), -EINVAL);
		CU_ASSERT_EQUAL(chimney_flow_start(channel, &flow, handle()), 0);
		CU_ASSERT_EQUAL(chimney_flow_start(channel, &flow, handle()), -EINVAL);
		*late = (struct chimney_io){.op = CHIMNEY_IO_SEND, .mbuf = &text, .length = 100};
		CU_ASSERT_EQUAL(chimney_submit(channel, &flow, &late, 1), 0);
		for (uint32_t i = 1; i < IOS - 3; i++)
			complete(i, OFFLOAD_SUCCESS);
		/* IOS - 3 and IOS - 2 are the chain. */
		CU_ASSERT_EQUAL(flow_close(), -EBUSY);
		if (first == 0)
			chimney_flow_uploaded(&flow, &io[IOS - 3]);
		CU_ASSERT_EQUAL(read_all(OFFLOAD_SUCCESS), IOS - 4);
		complete(IOS - 1, OFFLOAD_UPLOAD_IN_PROGRESS);
		CU_ASSERT_EQUAL(read_all(OFFLOAD_UPLOAD_IN_PROGRESS), 1);
		CU_ASSERT_EQUAL(flow_close(), first == 0 ? 0 : -EBUSY);
		if (first == 0)
			continue;
		chimney_flow_uploaded(&flow, &io[IOS - 3]);
		CU_ASSERT_EQUAL(flow_close(), 0);
	}
	CU_ASSERT_EQUAL(read_all(OFFLOAD_SUCCESS), 0);
}

/* CHN-4, INV-17, TERM-8: lost when the connection had left but nobody was told: what was to be its chain is aborted, once. */
static void
test_lost(void)
{
	struct chimney_io *late = &io[IOS - 1];

	chain(0, IOS - 1);
	CU_ASSERT_EQUAL_FATAL(chimney_flow_prepare(channel, &flow, block), 0);
	CU_ASSERT_EQUAL(chimney_flow_start(channel, &flow, handle()), 0);
	*late = (struct chimney_io){.op = CHIMNEY_IO_DISCONNECT};
	CU_ASSERT_EQUAL(chimney_submit(channel, &flow, &late, 1), 0);
	complete(0, OFFLOAD_SUCCESS);
	complete(IOS - 2, OFFLOAD_UPLOAD_IN_PROGRESS);
	CU_ASSERT_EQUAL(chimney_channel_poll(channel, (struct chimney_io_record[8]){0}, 8), 2);
	atomic_store(&fake.worker[0]->lost, 1);
	complete(1, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(read_all(OFFLOAD_SUCCESS), 0);
	CU_ASSERT_EQUAL(flow_close(), 0);
	CU_ASSERT_EQUAL(read_all(OFFLOAD_REQUEST_ABORTED), IOS - 2);
	CU_ASSERT_EQUAL(read_all(OFFLOAD_REQUEST_ABORTED), 0);
	CU_ASSERT_EQUAL(io[0].status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(io[IOS - 2].status, OFFLOAD_UPLOAD_IN_PROGRESS);
	atomic_store(&fake.worker[0]->parked, 1);
}

/* The worker was lost, and is back, between the initiate's completion and the start: the connection is lost. */
static void
test_lost_before_start(void)
{
	CU_ASSERT_EQUAL_FATAL(chimney_flow_prepare(channel, &flow, block), 0);
	atomic_store(&fake.worker[0]->parked, 1);
	atomic_store(&fake.worker[0]->lost, 2);
	CU_ASSERT_EQUAL(chimney_flow_start(channel, &flow, handle()), 0);
	CU_ASSERT_EQUAL(flow_close(), 0);
	CU_ASSERT_EQUAL(read_all(OFFLOAD_REQUEST_ABORTED), IOS);
}

struct seen_slot {
	_Atomic(struct toe_channel_port *) *slot;
	atomic_uint stop, empty;
};

/* What a worker that has not parked finds where the channel is. */
static void *
slot_watch(void *argument)
{
	struct seen_slot *seen = argument;

	while (!atomic_load(&seen->stop))
		if (atomic_load(seen->slot) == NULL)
			atomic_store(&seen->empty, 1);
	return NULL;
}

/* CHN-4: a lost worker that has not parked may still post to a channel that closes. */
static void
test_close_lost(void)
{
	struct seen_slot seen = {.slot = &fake.worker[0]->channels.port[1]};
	struct chimney_channel *other;
	pthread_t watcher;

	CU_ASSERT_EQUAL_FATAL(chimney_channel_open(fake.host[0], RING, &other), 0);
	for (uint32_t i = 0; i < 2; i++)
		atomic_store(&fake.worker[i]->lost, 1);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&watcher, NULL, slot_watch, &seen), 0);
	for (uint32_t i = 0; i < CLOSES && !atomic_load(&seen.empty); i++)
		CU_ASSERT_EQUAL(chimney_channel_close(other), -EAGAIN);
	atomic_store(&seen.stop, 1);
	pthread_join(watcher, NULL);
	CU_ASSERT_EQUAL(atomic_load(&seen.empty), 0);
	for (uint32_t i = 0; i < 2; i++)
		atomic_store(&fake.worker[i]->parked, 1);
	CU_ASSERT_EQUAL(chimney_channel_close(other), 0);
}

#define WITH_CHANNEL(name)                                                                         \
	static void run_##name(void)                                                               \
	{                                                                                          \
		start();                                                                           \
		test_##name();                                                                     \
		end();                                                                             \
	}

WITH_CHANNEL(refused)
WITH_CHANNEL(failed)
WITH_CHANNEL(uploaded)
WITH_CHANNEL(lost)
WITH_CHANNEL(lost_before_start)
WITH_CHANNEL(close_lost)

static const struct unit_test tests[] = {
        {"INIT-6 what is no chain", run_refused},
        {"INIT-6 a failed initiate", run_failed},
        {"CHN-2 TERM-4 what goes up", run_uploaded},
        {"CHN-4 INV-17 TERM-8 a lost worker", run_lost},
        {"CHN-4 lost before the flow is started", run_lost_before_start},
        {"CHN-4 a channel of a lost worker closes", run_close_lost},
};

int
main(int argc, char **argv)
{
	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("channel_flow", tests, RTE_DIM(tests));
}

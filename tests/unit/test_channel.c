/* SPDX-License-Identifier: BSD-3-Clause */
/* Channels: order, exactly once, full rings both ways, lost workers, sleep, opening and closing. The workers' end is played. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <rte_mbuf.h>

#include "channel.h"
#include "fake_target.h"
#include "handle.h"
#include "played_worker.h"
#include "rng.h"
#include "test_mutant.h"

static struct chimney_channel *channel;
static struct rte_mbuf text = {.data_len = 100};
static struct chimney_flow flow[FLOWS];
static struct chimney_io io[FLOWS][IOS];
static uint64_t
a_handle(uint32_t i, uint32_t worker)
{
	return toe_handle_make(OFFLOAD_LAYER_TCP, worker, 7, i);
}

static struct chimney_io *
an_io(uint32_t f, uint32_t i)
{
	io[f][i] = (struct chimney_io){
	        .op = CHIMNEY_IO_SEND, .mbuf = &text, .length = 100, .context = &io[f][i]};
	return &io[f][i];
}

static int
submit(uint32_t f, uint32_t i)
{
	struct chimney_io *one = an_io(f, i);

	return chimney_submit(channel, &flow[f], &one, 1);
}

static void
start(void)
{
	fake_start(&fake, NULL);
	memset(held_first, 0, sizeof(held_first));
	memset(held_count, 0, sizeof(held_count));
	CU_ASSERT_EQUAL_FATAL(chimney_channel_open(fake.host[0], RING, &channel), 0);
	for (uint32_t f = 0; f < FLOWS; f++)
		CU_ASSERT_EQUAL_FATAL(chimney_flow_open(channel, &flow[f], a_handle(f, f % 2)), 0);
	for (uint32_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(toe_channel_look(&fake.worker[i]->channels), 1);
		CU_ASSERT_EQUAL(worker_take(i, RING), 0);
	}
}

/* A flow is closed; the workers hear of it. */
static int
flow_close(struct chimney_flow *one)
{
	struct chimney_io_record record;
	int rc;

	while ((rc = chimney_flow_close(channel, one)) == -EAGAIN) {
		CU_ASSERT_EQUAL(chimney_channel_poll(channel, &record, 0), 0);
		worker_take(0, RING);
		worker_take(1, RING);
	}
	return rc;
}

/* Every worker that is alive lets go when it is asked to. */
static void
end(void)
{
	int rc;

	for (uint32_t f = 0; f < FLOWS; f++)
		CU_ASSERT_EQUAL(flow_close(&flow[f]), 0);
	for (rc = chimney_channel_close(channel); rc == -EAGAIN;
	        rc = chimney_channel_close(channel))
		for (uint32_t i = 0; i < 2; i++) {
			struct toe_channel_port *port = port_of(i);

			if (!(toe_channel_look(&fake.worker[i]->channels) & 1) || port == NULL)
				continue;
			CU_ASSERT_EQUAL(atomic_load(&port->leaving), 1);
			atomic_store(&fake.worker[i]->channels.port[0], NULL);
			atomic_store(&port->leaving, 2);
		}
	CU_ASSERT_EQUAL(rc, 0);
	fake_end(&fake);
}

/* CHN-1, CHN-2: rings are full both ways, again and again; each comes back once, in the order of its flow. */
static void
test_order(void)
{
	uint32_t submitted[FLOWS] = {0}, returned[FLOWS] = {0}, all = 0, most = 0;
	struct chimney_io_record record[16];
	struct rng rng;

	rng_seed(&rng, 1);
	while (all < FLOWS * IOS) {
		uint32_t f = rng_below(&rng, FLOWS), worker = rng_below(&rng, 2);
		bool slow = all < FLOWS * IOS / 2; /* first nobody reads much, then all do */

		for (uint32_t n = rng_below(&rng, slow ? 60 : 10); n > 0 && submitted[f] < IOS; n--)
			CU_ASSERT_EQUAL(submit(f, submitted[f]++), 0);
		if (rng_chance(&rng, slow ? 30 : 90)) {
			worker_take(worker, rng_below(&rng, 64));
			worker_complete(worker, rng_below(&rng, slow ? 200 : 64));
		}
		for (uint32_t i = 0; i < 2; i++)
			toe_channel_post(port_of(i), 0);
		if (!rng_chance(&rng, slow ? 10 : 90))
			continue;
		for (uint32_t n = chimney_channel_poll(channel, record, 16), i = 0; i < n; i++) {
			struct chimney_io *one = record[i].io;

			f = (uint32_t)(one->flow - flow);
			/* Behind the one that was returned before, of what is outstanding the oldest. */
			CU_ASSERT_PTR_EQUAL_FATAL(one, &io[f][returned[f]]);
			CU_ASSERT_EQUAL(record[i].kind, CHIMNEY_IO_COMPLETED);
			CU_ASSERT_EQUAL(one->status, OFFLOAD_SUCCESS);
			CU_ASSERT_EQUAL(one->done, 100);
			CU_ASSERT_PTR_EQUAL(one->context, one);
			most = RTE_MAX(most, submitted[f] - returned[f]);
			returned[f]++;
			all++;
		}
	}
	CU_ASSERT(most > 2 * RING);
	CU_ASSERT_EQUAL(chimney_channel_poll(channel, record, 16), 0);
	for (uint32_t f = 0; f < FLOWS; f++) {
		CU_ASSERT_EQUAL(returned[f], IOS);
		CU_ASSERT_PTR_NULL(flow[f].first[CHIMNEY_IO_SEND]);
	}
	CU_ASSERT_EQUAL(held_count[0] + held_count[1], FLOWS * IOS);
}

/* CHN-1: the bit says "look" before anything else could, and once is enough. */
static void
test_look(void)
{
	CU_ASSERT_EQUAL(toe_channel_look(&fake.worker[0]->channels), 0);
	submit(0, 0);
	submit(0, 1);
	CU_ASSERT_EQUAL(toe_channel_look(&fake.worker[1]->channels), 0);
	CU_ASSERT_EQUAL(toe_channel_look(&fake.worker[0]->channels), 1);
	CU_ASSERT_EQUAL(toe_channel_look(&fake.worker[0]->channels), 0);
	CU_ASSERT_EQUAL(worker_take(0, 32), 2);
	submit(2, 0);
	CU_ASSERT_EQUAL(toe_channel_look(&fake.worker[0]->channels), 1);
	CU_ASSERT_EQUAL(worker_take(0, 32), 1);
	worker_complete(0, 3);
	CU_ASSERT_EQUAL(chimney_channel_poll(channel, (struct chimney_io_record[8]){0}, 8), 3);
}

static void
lose(uint32_t worker)
{
	atomic_store(&fake.worker[worker]->lost, atomic_load(&fake.worker[worker]->lost) | 1);
}

static uint32_t
poll_status(enum offload_status status, bool unsettled)
{
	struct chimney_io_record record[256];
	uint32_t n = chimney_channel_poll(channel, record, 256);

	for (uint32_t i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(record[i].detail, status);
		CU_ASSERT_EQUAL(record[i].unsettled, unsettled);
		CU_ASSERT_EQUAL(record[i].io->status, status);
	}
	return n;
}

/*
 * CHN-4, INV-17: a worker is lost with descriptors in its ring, in its hands, in the ring back and before its ring. They stay until the
 * flow is closed, then each comes back once; what the worker posts later, or had in its rings, is nobody's.
 */
static void
test_lost(void)
{
	for (uint32_t i = 0; i < 200; i++)
		submit(0, i);
	CU_ASSERT_EQUAL(worker_take(0, 30), 30);
	worker_complete(0, 10);
	submit(1, 0);
	lose(0);
	CU_ASSERT_EQUAL(poll_status(OFFLOAD_SUCCESS, false), 0);
	worker_complete(0, 5); /* it does not know yet */
	submit(0, 200);
	CU_ASSERT_EQUAL(poll_status(OFFLOAD_SUCCESS, false), 0);
	CU_ASSERT_EQUAL(flow_close(&flow[1]), -EBUSY);
	CU_ASSERT_EQUAL(flow_close(&flow[0]), 0);
	CU_ASSERT_EQUAL(poll_status(OFFLOAD_REQUEST_ABORTED, true), 201);
	CU_ASSERT_EQUAL(poll_status(OFFLOAD_REQUEST_ABORTED, true), 0);
	/* It parks; a flow of its connections that is closed now is settled. */
	submit(2, 0);
	atomic_store(&fake.worker[0]->parked, 1);
	CU_ASSERT_EQUAL(flow_close(&flow[2]), 0);
	CU_ASSERT_EQUAL(poll_status(OFFLOAD_REQUEST_ABORTED, false), 1);
	/* It comes back: another life. */
	atomic_store(&fake.worker[0]->lost, 2);
	held_first[0] = held_count[0] = 0;
	CU_ASSERT_EQUAL(poll_status(OFFLOAD_SUCCESS, false), 0);
	CU_ASSERT_EQUAL(chimney_flow_open(channel, &flow[0], a_handle(0, 0)), 0);
	CU_ASSERT_EQUAL(chimney_flow_open(channel, &flow[2], a_handle(2, 0)), 0);
	for (uint32_t i = 0; i < 20; i++)
		submit(0, i);
	while (worker_take(0, 32) == 0)
		;
	CU_ASSERT_EQUAL(chimney_channel_poll(channel, (struct chimney_io_record[8]){0}, 8), 0);
	while (held_count[0] < 20)
		CU_ASSERT_FATAL(worker_take(0, 32) > 0);
	CU_ASSERT_PTR_EQUAL(held[0][0], &io[0][0]);
	worker_complete(0, 20);
	CU_ASSERT_EQUAL(poll_status(OFFLOAD_SUCCESS, false), 20);
	CU_ASSERT_EQUAL(worker_take(1, 32), 1);
	worker_complete(1, 1);
	CU_ASSERT_EQUAL(poll_status(OFFLOAD_SUCCESS, false), 1);
}

/* It was lost and back before the host thread has looked: its connections are gone all the same. */
static void
test_lost_unnoticed(void)
{
	for (uint32_t i = 0; i < 10; i++)
		submit(0, i);
	CU_ASSERT_EQUAL(worker_take(0, 4), 4);
	worker_complete(0, 4);
	atomic_store(&fake.worker[0]->parked, 1);
	atomic_store(&fake.worker[0]->lost, 2);
	held_first[0] = held_count[0] = 0;
	submit(0, 10);
	CU_ASSERT_EQUAL(worker_take(0, 32), 0);
	CU_ASSERT_EQUAL(poll_status(OFFLOAD_SUCCESS, false), 0);
	CU_ASSERT_EQUAL(flow_close(&flow[0]), 0);
	CU_ASSERT_EQUAL(poll_status(OFFLOAD_REQUEST_ABORTED, false), 11);
	CU_ASSERT_EQUAL(chimney_flow_open(channel, &flow[0], a_handle(0, 0)), 0);
}

static bool
is_readable(void)
{
	struct pollfd fd = {.fd = chimney_channel_event_fd(channel), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

/* The thread sleeps until something is posted, or there is room for what waits. */
static void
test_sleep(void)
{
	CU_ASSERT(chimney_channel_sleep_prepare(channel));
	CU_ASSERT(!is_readable());
	chimney_channel_sleep_done(channel);
	for (uint32_t i = 0; i < 100; i++)
		submit(0, i);
	CU_ASSERT(chimney_channel_sleep_prepare(channel));
	CU_ASSERT_EQUAL(atomic_load(&port_of(0)->crowded), 1);
	chimney_channel_sleep_done(channel);
	CU_ASSERT_EQUAL(worker_take(0, 32), 32);
	CU_ASSERT(!chimney_channel_sleep_prepare(channel)); /* there is room now */
	CU_ASSERT_EQUAL(chimney_channel_poll(channel, (struct chimney_io_record[8]){0}, 8), 0);
	CU_ASSERT(chimney_channel_sleep_prepare(channel));
	worker_complete(0, 1);
	CU_ASSERT(is_readable());
	chimney_channel_sleep_done(channel);
	CU_ASSERT(!chimney_channel_sleep_prepare(channel)); /* there is a record */
	for (uint32_t turn = 0; turn < 10; turn++) {
		worker_take(0, 32);
		worker_complete(0, 100);
		toe_channel_post(port_of(0), 0);
		chimney_channel_poll(channel, (struct chimney_io_record[64]){0}, 64);
	}
	CU_ASSERT_EQUAL(held_count[0], 100);
	CU_ASSERT_PTR_NULL(flow[0].first[CHIMNEY_IO_SEND]);
}

/* What cannot be is refused at once, and nothing of it was taken. */
static void
test_refused(void)
{
	struct chimney_io *both[2] = {an_io(0, 0), an_io(0, 1)};
	struct chimney_flow other;

	both[1]->length = 101;
	CU_ASSERT_EQUAL(chimney_submit(channel, &flow[0], both, 2), -EINVAL);
	both[1]->length = 51;
	both[1]->offset = 50;
	CU_ASSERT_EQUAL(chimney_submit(channel, &flow[0], both, 2), -EINVAL);
	both[1]->offset = 0;
	both[1]->op = CHIMNEY_IO_NONE;
	CU_ASSERT_EQUAL(chimney_submit(channel, &flow[0], both, 2), -EINVAL);
	both[1] = (struct chimney_io *)(void *)((uint8_t *)&io[0][1] + 8);
	CU_ASSERT_EQUAL(chimney_submit(channel, &flow[0], both, 2), -EINVAL);
	CU_ASSERT_PTR_NULL(flow[0].first[CHIMNEY_IO_SEND]);
	CU_ASSERT_EQUAL(worker_take(0, 32), 0);
	CU_ASSERT_EQUAL(chimney_flow_open(channel, &other, 0), -EINVAL);
	CU_ASSERT_EQUAL(
	        chimney_flow_open(channel, &other, toe_handle_make(OFFLOAD_LAYER_PATH, 0, 7, 1)),
	        -EINVAL);
	CU_ASSERT_EQUAL(chimney_flow_open(channel, &other, a_handle(1, 2)), -EINVAL);
}

/* A host stack does not leave before its channels; there are only so many of these. */
static void
test_open(void)
{
	struct chimney_channel *more[TOE_MAX_CHANNELS];
	uint32_t n = 0;
	int rc;

	CU_ASSERT_EQUAL(chimney_channel_open(fake.host[1], 63, &more[0]), -EINVAL);
	CU_ASSERT_EQUAL(chimney_channel_open(fake.host[1], 32, &more[0]), -EINVAL);
	CU_ASSERT_EQUAL(chimney_channel_open(fake.host[1], 131072, &more[0]), -EINVAL);
	while ((rc = chimney_channel_open(fake.host[1], RING, &more[n])) == 0)
		n++;
	CU_ASSERT_EQUAL(rc, -ENOSPC);
	CU_ASSERT_EQUAL(n, TOE_MAX_CHANNELS - 1);
	CU_ASSERT_EQUAL(chimney_host_unregister(fake.host[1]), -EBUSY);
	CU_ASSERT_EQUAL(chimney_channel_close(channel), -EBUSY); /* flows are open */
	/* A lost worker that has parked needs not be asked; one that has not may still use it. */
	lose(0);
	lose(1);
	atomic_store(&fake.worker[0]->parked, 1);
	for (uint32_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(chimney_channel_close(more[i]), -EAGAIN);
	atomic_store(&fake.worker[1]->parked, 1);
	for (uint32_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(chimney_channel_close(more[i]), 0);
	CU_ASSERT_EQUAL(chimney_host_unregister(fake.host[1]), 0);
}

#define WITH_CHANNEL(name)                                                                         \
	static void run_##name(void)                                                               \
	{                                                                                          \
		start();                                                                           \
		test_##name();                                                                     \
		end();                                                                             \
	}

WITH_CHANNEL(order)
WITH_CHANNEL(look)
WITH_CHANNEL(lost)
WITH_CHANNEL(lost_unnoticed)
WITH_CHANNEL(sleep)
WITH_CHANNEL(refused)
WITH_CHANNEL(open)

static const struct unit_test tests[] = {
        {"CHN-1 CHN-2 CHN-5 full rings both ways: each once, in order", run_order},
        {"CHN-1 a worker is called", run_look},
        {"CHN-4 INV-17 a worker is lost", run_lost},
        {"CHN-4 a worker is lost and back unnoticed", run_lost_unnoticed},
        {"CHN-1 a host thread sleeps", run_sleep},
        {"SND-1 bad descriptors and handles are refused", run_refused},
        {"CHN-1 channels open and close", run_open},
};

int
main(int argc, char **argv)
{
	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("channel", tests, RTE_DIM(tests));
}

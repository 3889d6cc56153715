/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Channels on real threads: several host threads of two hosts, each with a channel of its own, and workers that sleep and wake by their
 * doorbells (CHN-1, CHN-2). Made for ThreadSanitizer. The connections are not there, so that each send comes back from its
 * worker at once: every one once, and in order. Rings are small, and full most of the time.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "channel.h"
#include "handle.h"
#include "lcores.h"
#include "rng.h"
#include "test_eal.h"
#include "world.h"

#define HOSTS 2u
#define WORKERS 2u
#define THREADS 4u /* two of each host */
#define FLOWS 3u
#define IOS 512u
#define WAIT_MS 60000 /* a thread that waits longer has lost a wake-up or a completion */

static struct world world;
static struct lcores lcores = {.world = &world};
static _Atomic uint32_t failed;

struct channel_thread {
	uint32_t index;
	uint64_t count; /* to be sent */
	uint64_t returned, slept;
	struct chimney_channel *channel;
	struct chimney_flow flow[FLOWS];
	uint64_t next[FLOWS]; /* number of the send that comes back next */
	struct rte_mbuf text;
	struct chimney_io io[IOS];
	uint32_t free[IOS], free_count;
	struct rng rng;
};

static void
fail(const char *what, uint64_t value)
{
	printf("FAIL: %s (%lu)\n", what, value);
	atomic_store(&failed, 1);
}

static bool
thread_open(struct channel_thread *thread)
{
	if (chimney_channel_open(world.host[thread->index % HOSTS], CHIMNEY_CHANNEL_RING_MIN,
	            &thread->channel) != 0)
		return false;
	for (uint32_t f = 0; f < FLOWS; f++)
		if (chimney_flow_open(thread->channel, &thread->flow[f],
		            toe_handle_make(OFFLOAD_LAYER_TCP, f % WORKERS, 1, f)) != 0)
			return false;
	thread->text.data_len = 64;
	thread->free_count = IOS;
	for (uint32_t i = 0; i < IOS; i++)
		thread->free[i] = i;
	rng_seed(&thread->rng, thread->index);
	return true;
}

/* What is to be sent, by numbers from 0 on each flow. */
static uint64_t
thread_submit(struct channel_thread *thread, uint64_t *number)
{
	uint32_t f = rng_below(&thread->rng, FLOWS), n = rng_range(&thread->rng, 1, 100);
	struct chimney_io *ios[100];

	n = RTE_MIN(n, thread->free_count);
	for (uint32_t i = 0; i < n; i++) {
		ios[i] = &thread->io[thread->free[--thread->free_count]];
		*ios[i] = (struct chimney_io){.op = CHIMNEY_IO_SEND,
		        .mbuf = &thread->text,
		        .length = 64,
		        .context = (void *)(uintptr_t)number[f]++};
	}
	if (chimney_submit(thread->channel, &thread->flow[f], ios, n) != 0)
		fail("a send was refused", n);
	return n;
}

static uint32_t
thread_read(struct channel_thread *thread)
{
	struct chimney_io_record record[32];
	uint32_t n = chimney_channel_poll(thread->channel, record, RTE_DIM(record));

	for (uint32_t i = 0; i < n; i++) {
		struct chimney_io *io = record[i].io;
		uint32_t f = (uint32_t)(io->flow - thread->flow);

		if ((uintptr_t)io->context != thread->next[f]++)
			fail("not the next one of its flow", (uintptr_t)io->context);
		if (io->status != OFFLOAD_UPLOAD_IN_PROGRESS)
			fail("a status that nothing has caused", io->status);
		thread->free[thread->free_count++] = (uint32_t)(io - thread->io);
	}
	thread->returned += n;
	return n;
}

static void
thread_sleep(struct channel_thread *thread)
{
	struct pollfd fd = {.fd = chimney_channel_event_fd(thread->channel), .events = POLLIN};

	if (chimney_channel_sleep_prepare(thread->channel)) {
		thread->slept++;
		if (poll(&fd, 1, WAIT_MS) == 0)
			fail("a completion or a wake-up was lost", thread->returned);
	}
	chimney_channel_sleep_done(thread->channel);
}

static void *
thread_run(void *argument)
{
	struct channel_thread *thread = argument;
	uint64_t submitted = 0, number[FLOWS] = {0};
	int rc;

	while (thread->returned < thread->count && !atomic_load(&failed)) {
		if (submitted < thread->count && thread->free_count > 0)
			submitted += thread_submit(thread, number);
		if (rng_chance(&thread->rng, 60) && thread_read(thread) == 0 &&
		        (submitted >= thread->count || thread->free_count == 0))
			thread_sleep(thread);
	}
	while (thread->returned < submitted && !atomic_load(&failed))
		if (thread_read(thread) == 0)
			thread_sleep(thread);
	for (uint32_t f = 0; f < FLOWS && !atomic_load(&failed); f++) {
		while ((rc = chimney_flow_close(thread->channel, &thread->flow[f])) == -EAGAIN)
			thread_read(thread);
		if (rc != 0)
			fail("a flow has something outstanding", f);
	}
	do
		rc = chimney_channel_close(thread->channel);
	while (rc == -EAGAIN && !atomic_load(&failed));
	if (rc != 0)
		fail("a channel does not close", thread->index);
	return NULL;
}

static bool
threads_run(uint64_t count)
{
	static struct channel_thread each[THREADS] __rte_cache_aligned;
	pthread_t workers[WORKERS], threads[THREADS];
	bool ok = true;

	for (uint32_t i = 0; ok && i < WORKERS; i++)
		ok = lcores_worker(&lcores, i, &workers[i]) == 0;
	for (uint32_t i = 0; ok && i < THREADS; i++) {
		each[i].index = i;
		each[i].count = count;
		ok = thread_open(&each[i]) &&
		     pthread_create(&threads[i], NULL, thread_run, &each[i]) == 0;
	}
	if (!ok)
		return false;
	for (uint32_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	atomic_store_explicit(&lcores.stop, true, memory_order_release);
	for (uint32_t i = 0; i < WORKERS; i++)
		pthread_join(workers[i], NULL);
	for (uint32_t i = 0; i < THREADS; i++)
		printf("thread %u: %lu sends, slept %lu times\n", i, each[i].returned,
		        each[i].slept);
	if (count >= 10000 && each[0].slept + each[1].slept + each[2].slept + each[3].slept == 0)
		fail("nothing slept: the test tests nothing", 0);
	return true;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	        {"count", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
	uint64_t count = 50000;
	struct world_params params;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'c')
			return fprintf(stderr, "usage: %s [--count N]\n", argv[0]), EXIT_FAILURE;
		count = strtoull(optarg, NULL, 0);
	}
	world_params_default(&params);
	params.workers = WORKERS;
	params.hosts = HOSTS;
	if (test_eal_start(256) != 0 || (params.pool = test_pool_create("channels", 4095)) == NULL)
		return EXIT_FAILURE;
	if (world_create(&world, &params) != 0 || !threads_run(count))
		return EXIT_FAILURE;
	if (world_destroy(&world) != 0)
		fail("mbufs leaked", 0);
	printf("%u passed, %u failed\n", !failed, (unsigned int)failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

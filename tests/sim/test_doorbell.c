/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sleep and wake (toe/doorbell.h, design.md): a consumer that sleeps whenever it finds nothing, and a producer
 * that publishes at every moment of that. A wake-up that is lost leaves the consumer asleep until its time
 * limit, with work waiting: that is what fails. No check depends on how long anything else takes.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "doorbell.h"
#include "mailbox.h"
#include "rng.h"
#include "world.h"

#define SLEEP_LIMIT_US 5000000
#define BURST 4u

struct stress {
	struct toe_doorbell bell;
	struct rte_ring *ring;
	uint64_t rounds;
	uint64_t slept, found_at_second_look;
	_Atomic uint64_t consumed;
	_Atomic uint32_t failed;
};

static uint64_t
clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Take what is there; false when there was nothing. */
static bool
consume(struct stress *stress)
{
	uint64_t value[BURST];
	unsigned int n =
	        rte_ring_sc_dequeue_burst_elem(stress->ring, value, sizeof(value[0]), BURST, NULL);
	uint64_t expected = atomic_load_explicit(&stress->consumed, memory_order_relaxed);

	for (unsigned int i = 0; i < n; i++)
		if (value[i] != expected + i)
			atomic_store(&stress->failed, 1);
	atomic_store_explicit(&stress->consumed, expected + n, memory_order_release);
	return n > 0;
}

/* Wait a random, short while: each side meets the other anywhere on its way to sleep, or to ring. */
static void
dither(struct rng *rng)
{
	uint32_t turns = rng_below(rng, 2000);

	for (uint32_t i = 0; i < turns; i++)
		__asm__ volatile("" ::: "memory");
}

static void *
consumer(void *argument)
{
	struct stress *stress = argument;
	struct rng rng;

	rng_seed(&rng, 2);
	while (atomic_load(&stress->consumed) < stress->rounds && !atomic_load(&stress->failed)) {
		uint64_t before;

		if (consume(stress)) {
			dither(&rng);
			continue;
		}
		toe_doorbell_announce(&stress->bell);
		if (!rte_ring_empty(stress->ring)) {
			stress->found_at_second_look++;
			toe_doorbell_awake(&stress->bell);
			continue;
		}
		before = clock_us();
		toe_doorbell_sleep(&stress->bell, SLEEP_LIMIT_US);
		stress->slept++;
		if (clock_us() - before >= SLEEP_LIMIT_US && !rte_ring_empty(stress->ring)) {
			printf("FAIL: wake-up lost after %lu records\n",
			        (unsigned long)atomic_load(&stress->consumed));
			atomic_store(&stress->failed, 1);
		}
		toe_doorbell_awake(&stress->bell);
	}
	return NULL;
}

static void
producer(struct stress *stress)
{
	struct rng rng;
	uint64_t sent = 0;

	rng_seed(&rng, 1);
	while (sent < stress->rounds && !atomic_load(&stress->failed)) {
		uint32_t n = rng_chance(&rng, 90) ? 1 : BURST;

		for (uint32_t i = 0; i < n && sent < stress->rounds; i++) {
			while (rte_ring_sp_enqueue_elem(stress->ring, &sent, sizeof(sent)) != 0)
				sched_yield();
			sent++;
			toe_doorbell_ring(&stress->bell);
		}
		/* one at a time: nothing but this ring may wake the consumer */
		while (atomic_load_explicit(&stress->consumed, memory_order_acquire) < sent &&
		        !atomic_load(&stress->failed))
			if (rng_chance(&rng, 2))
				sched_yield();
		dither(&rng);
	}
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {{"count", required_argument, NULL, 'c'},
	        {"mutant", required_argument, NULL, 'm'}, {NULL, 0, NULL, 0}};
	static struct stress stress;
	pthread_t thread;
	bool ok;
	int option;

	stress.rounds = 300000;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'c')
			stress.rounds = strtoull(optarg, NULL, 0);
		else if (option != 'm' || !world_mutant(optarg))
			return fprintf(stderr, "usage: %s [--count N] [--mutant NAME]\n", argv[0]),
			       EXIT_FAILURE;
	}
	stress.ring = toe_ring_alloc(64, sizeof(uint64_t), RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (stress.ring == NULL || toe_doorbell_init(&stress.bell) != 0 ||
	        pthread_create(&thread, NULL, consumer, &stress) != 0)
		return EXIT_FAILURE;
	producer(&stress);
	pthread_join(thread, NULL);
	/* the stress must have stressed: both ways to end a look for work have come up */
	ok = !stress.failed && stress.slept > 0 && stress.found_at_second_look > 0;
	printf("%lu records, slept %lu times, found work at the second look %lu times\n",
	        (unsigned long)stress.consumed, (unsigned long)stress.slept,
	        (unsigned long)stress.found_at_second_look);
	printf("%u passed, %u failed\n", ok, !ok);
	toe_doorbell_fini(&stress.bell);
	toe_ring_free(stress.ring);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sleep and wake (toe/base/doorbell.h, design.md): a consumer that sleeps whenever it finds nothing, and a producer
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
#include "rng.h"
#include "test_mutant.h"
#include "world.h"

#define SLEEP_LIMIT_US 5000000
#define ENOUGH_MET 20u
#define MOST_ROUNDS 8u

struct stress {
	struct toe_doorbell bell;
	/* each on a line of its own: who writes one must not slow the other */
	_Atomic uint64_t published __rte_cache_aligned;
	_Atomic uint64_t consumed __rte_cache_aligned;
	_Atomic uint32_t done;
	_Atomic uint32_t failed __rte_cache_aligned;
	uint64_t rounds;
	uint64_t slept;
	_Atomic uint64_t found_at_second_look;
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
	uint64_t consumed = atomic_load_explicit(&stress->consumed, memory_order_relaxed);
	uint64_t published = atomic_load_explicit(&stress->published, memory_order_acquire);

	if (published == consumed)
		return false;
	atomic_store_explicit(&stress->consumed, published, memory_order_release);
	return true;
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
	while (!atomic_load(&stress->done) && !atomic_load(&stress->failed)) {
		uint64_t before;

		if (consume(stress)) {
			dither(&rng);
			continue;
		}
		toe_doorbell_announce(&stress->bell);
		if (consume(stress)) {
			atomic_fetch_add_explicit(
			        &stress->found_at_second_look, 1, memory_order_relaxed);
			toe_doorbell_awake(&stress->bell);
			continue;
		}
		before = clock_us();
		toe_doorbell_sleep(&stress->bell, SLEEP_LIMIT_US);
		stress->slept++;
		if (clock_us() - before >= SLEEP_LIMIT_US && consume(stress)) {
			printf("FAIL: wake-up lost after %lu records\n",
			        (unsigned long)atomic_load(&stress->consumed));
			atomic_store(&stress->failed, 1);
		}
		toe_doorbell_awake(&stress->bell);
	}
	return NULL;
}

/*
 * Enough rounds, and enough of them that met the consumer between announcement and second look; on a busy
 * machine, where the two threads seldom run at once, that takes more of them.
 */
static bool
is_enough(struct stress *stress, uint64_t sent)
{
	return sent >= stress->rounds * MOST_ROUNDS ||
	       (sent >= stress->rounds && atomic_load_explicit(&stress->found_at_second_look,
	                                          memory_order_relaxed) >= ENOUGH_MET);
}

static void
producer(struct stress *stress)
{
	struct rng rng;
	uint64_t sent = 0;

	rng_seed(&rng, 1);
	while (!is_enough(stress, sent) && !atomic_load(&stress->failed)) {
		atomic_store_explicit(&stress->published, ++sent, memory_order_release);
		toe_doorbell_ring(&stress->bell);
		/* one at a time: nothing but this ring may wake the consumer */
		while (atomic_load_explicit(&stress->consumed, memory_order_acquire) < sent &&
		        !atomic_load(&stress->failed))
			if (rng_chance(&rng, 2))
				sched_yield();
		dither(&rng);
	}
	atomic_store(&stress->done, 1);
	toe_doorbell_ring(&stress->bell);
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

	stress.rounds = 200000;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'c')
			stress.rounds = strtoull(optarg, NULL, 0);
		else if (option != 'm' || !test_mutant(optarg))
			return fprintf(stderr, "usage: %s [--count N] [--mutant NAME]\n", argv[0]),
			       EXIT_FAILURE;
	}
	if (toe_doorbell_init(&stress.bell) != 0 ||
	        pthread_create(&thread, NULL, consumer, &stress) != 0)
		return EXIT_FAILURE;
	producer(&stress);
	pthread_join(thread, NULL);
	ok = !stress.failed && stress.slept > 0;
	printf("%lu records, slept %lu times, found work at the second look %lu times\n",
	        (unsigned long)stress.consumed, (unsigned long)stress.slept,
	        (unsigned long)stress.found_at_second_look);
	printf("%u passed, %u failed\n", ok, !ok);
	toe_doorbell_fini(&stress.bell);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

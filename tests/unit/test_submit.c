/* SPDX-License-Identifier: BSD-3-Clause */
/* The way of roots to the control lcore: order, overflow, many producers. */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "chimney.h"
#include "rng.h"
#include "submit.h"
#include "unit.h"

#define ROOTS 1000u
#define PRODUCERS (SUBMIT_RINGS + 2) /* some share a ring */
#define PER_PRODUCER 20000u

static struct offload_block_list roots[ROOTS];

static void
put(struct submit_queue *queue, struct offload_block_list *root, uint32_t kind)
{
	submit_put(
	        queue, (struct submit_node *)(void *)root->target_scratch, (uintptr_t)root | kind);
}

/* The number of the next root, -1: there is none. */
static int
take(struct submit_queue *queue, uint32_t *kind)
{
	uintptr_t entry;
	bool busy;

	do {
		entry = submit_take(queue, &busy);
		*kind = entry & 7;
		if (entry != 0)
			return (int)((struct offload_block_list *)(entry - *kind) - roots);
	} while (busy);
	return -1;
}

static void
test_order_through_overflow(void)
{
	struct submit_queue queue;
	uint32_t kind;

	CU_ASSERT_EQUAL_FATAL(submit_init(&queue, 4), 0);
	for (uint32_t i = 0; i < ROOTS; i++)
		put(&queue, &roots[i], i % 5);
	CU_ASSERT(!submit_empty(&queue));
	for (uint32_t i = 0; i < ROOTS; i++) {
		CU_ASSERT_EQUAL(take(&queue, &kind), (int)i);
		CU_ASSERT_EQUAL(kind, i % 5);
	}
	CU_ASSERT_EQUAL(take(&queue, &kind), -1);
	CU_ASSERT(submit_empty(&queue));
	submit_fini(&queue);
}

static void
test_order_while_taking(void)
{
	struct submit_queue queue;
	uint32_t sent = 0, taken = 0, kind;
	struct rng rng;

	rng_seed(&rng, 5);
	CU_ASSERT_EQUAL_FATAL(submit_init(&queue, 8), 0);
	while (taken < 20000) {
		uint32_t burst = rng_below(&rng, 40);

		for (uint32_t i = 0; i < burst && sent - taken < ROOTS; i++)
			put(&queue, &roots[sent++ % ROOTS], 1);
		burst = rng_below(&rng, 40);
		for (uint32_t i = 0; i < burst && taken < sent; i++)
			CU_ASSERT_EQUAL_FATAL(take(&queue, &kind), (int)(taken++ % ROOTS));
	}
	submit_fini(&queue);
}

static void
test_bounded(void)
{
	struct submit_queue queue;
	uint32_t calls = 0;
	uintptr_t entry;
	bool busy = true;

	CU_ASSERT_EQUAL_FATAL(submit_init(&queue, 2), 0);
	for (uint32_t i = 0; i < ROOTS; i++)
		put(&queue, &roots[i], 0);
	CU_ASSERT_EQUAL(submit_take(&queue, &busy), (uintptr_t)&roots[0]);
	/* a long list is turned round in several calls */
	while ((entry = submit_take(&queue, &busy)) == 0) {
		CU_ASSERT_FATAL(busy);
		calls++;
	}
	CU_ASSERT(calls > 4);
	CU_ASSERT_EQUAL(entry, (uintptr_t)&roots[1]);
	submit_fini(&queue);
}

/* ---- many producers: every producer's roots arrive in its order, none lost, none twice ---- */

struct producer {
	pthread_t thread;
	struct submit_queue *queue;
	struct offload_block_list *blocks; /* port: number, host_reserved[0]: the producer */
};

static void *
produce(void *argument)
{
	struct producer *producer = argument;

	for (uint32_t i = 0; i < PER_PRODUCER; i++)
		put(producer->queue, &producer->blocks[i], 2);
	return NULL;
}

static void
test_many_producers(void)
{
	static struct producer producers[PRODUCERS];
	uint32_t next[PRODUCERS] = {0}, all = 0, wrong = 0;
	struct submit_queue queue;

	CU_ASSERT_EQUAL_FATAL(submit_init(&queue, 64), 0);
	for (uint32_t p = 0; p < PRODUCERS; p++) {
		producers[p].queue = &queue;
		producers[p].blocks = calloc(PER_PRODUCER, sizeof(roots[0]));
		CU_ASSERT_PTR_NOT_NULL_FATAL(producers[p].blocks);
		for (uint32_t i = 0; i < PER_PRODUCER; i++) {
			producers[p].blocks[i].port = i;
			producers[p].blocks[i].host_reserved[0] = (void *)(uintptr_t)p;
		}
		pthread_create(&producers[p].thread, NULL, produce, &producers[p]);
	}
	while (all < PRODUCERS * PER_PRODUCER) {
		struct offload_block_list *root;
		bool busy;
		uintptr_t entry = submit_take(&queue, &busy);

		if (entry == 0) {
			sched_yield();
			continue;
		}
		root = (struct offload_block_list *)(entry & ~(uintptr_t)7);
		all++;
		wrong += root->port != next[(uintptr_t)root->host_reserved[0]]++;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	for (uint32_t p = 0; p < PRODUCERS; p++) {
		pthread_join(producers[p].thread, NULL);
		free(producers[p].blocks);
	}
	CU_ASSERT(submit_empty(&queue));
	submit_fini(&queue);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"INV-1 a full ring refuses nothing and keeps the order",
	                test_order_through_overflow},
	        {"INV-1 order while roots are taken", test_order_while_taking},
	        {"INV-1 a long list is taken over in bounded steps", test_bounded},
	        {"INV-1 many producers, each in its order", test_many_producers},
	};

	return unit_run("submit", tests, sizeof(tests) / sizeof(tests[0]));
}

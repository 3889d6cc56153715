/* SPDX-License-Identifier: BSD-3-Clause */
/* What the machine gives to the same two lcores, in loops that do nothing else. */
#include "bench_yardstick.h"

#include <rte_cycles.h>
#include <rte_ring.h>

#include "bench.h"

#define TRIPS_UNCOUNTED 50u /* until both loops are in their caches */
#define TRIPS 50u
#define GAP_WINDOWS 4u /* of a millisecond */
#define RING_SIZE 64u

struct yardstick_call {
	struct rte_ring *to, *back;
	struct samples *gap_us;
};

static struct rte_ring *
ring_create(const char *name)
{
	struct rte_ring *ring =
	        rte_ring_create(name, RING_SIZE, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);

	if (ring == NULL)
		bench_fail("no memory for a ring of %u messages", RING_SIZE);
	return ring;
}

/* The longest time between two looks at the clock, for each millisecond. */
static void
gaps_measure(struct samples *gap_us)
{
	uint64_t window = rte_get_tsc_hz() / 1000, last = rte_rdtsc();

	for (uint32_t i = 0; i < GAP_WINDOWS; i++) {
		uint64_t end = last + window, longest = 0;

		while (last < end) {
			uint64_t now = rte_rdtsc();

			longest = RTE_MAX(longest, now - last);
			last = now;
		}
		samples_add(gap_us, bench_us(0, longest));
	}
}

/* On the worker's lcore: answer as many messages, then look at the clock. */
static void
call_answer(struct toe_worker *worker, struct wire_peer *peer, void *argument)
{
	struct yardstick_call *call = argument;

	for (uint32_t i = 0; i < TRIPS_UNCOUNTED + TRIPS; i++) {
		void *message;

		while (rte_ring_sc_dequeue(call->to, &message) != 0)
			;
		rte_ring_sp_enqueue(call->back, message);
	}
	gaps_measure(call->gap_us);
}

static void
trips_measure(struct samples *ring_us, const struct yardstick_call *call)
{
	for (uint32_t i = 0; i < TRIPS_UNCOUNTED + TRIPS; i++) {
		uint64_t start = rte_rdtsc();
		void *message;

		rte_ring_sp_enqueue(call->to, ring_us);
		while (rte_ring_sc_dequeue(call->back, &message) != 0)
			;
		if (i >= TRIPS_UNCOUNTED)
			samples_add(ring_us, bench_us(start, rte_rdtsc()));
	}
}

void
yardstick_init(struct yardstick *yardstick)
{
	yardstick->to = ring_create("yardstick_to");
	yardstick->back = ring_create("yardstick_back");
}

void
yardstick_fini(struct yardstick *yardstick)
{
	rte_ring_free(yardstick->to);
	rte_ring_free(yardstick->back);
}

void
yardstick_measure(struct yardstick *yardstick, struct worker_loop *loop)
{
	static struct samples theirs;
	struct yardstick_call call = {yardstick->to, yardstick->back, &theirs};

	theirs.count = 0;
	worker_loop_post(loop, call_answer, &call);
	trips_measure(&yardstick->ring_us, &call);
	gaps_measure(&yardstick->stall_us);
	worker_loop_wait(loop);
	for (uint32_t i = 0; i < theirs.count; i++)
		samples_add(&yardstick->stall_us, theirs.value[i]);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sleep and wake between a producer that never blocks and a consumer that may sleep (EVT, idle policy).
 *
 * Consumer: announce, full fence, look again, then sleep on the eventfd. Producer: publish, full fence, ring
 * only when sleep was announced. Both fences are needed: without either, each side can miss the other.
 *
 * Who has rung says so, to spare the others the system call, but only afterwards: a producer that is stopped on its way
 * leaves it to the next one (C7). Each sleep has a number of its own, so that a late word does not count for the next one.
 */
#ifndef TOE_DOORBELL_H
#define TOE_DOORBELL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>

struct toe_doorbell {
	/* 0: awake; odd: the number of a sleep that was announced; one more: it was rung. Consumer and producers: rw */
	_Atomic uint64_t asleep;
	_Atomic uint64_t sleeps; /* numbers given out; consumer */
	int fd; /* eventfd, non-blocking */
} __rte_cache_aligned;

/* 0 or negative errno of eventfd. */
int toe_doorbell_init(struct toe_doorbell *bell);
void toe_doorbell_fini(struct toe_doorbell *bell);

/* Consumer: announce sleep. The caller must look at its input once more before it sleeps on `fd`. */
void toe_doorbell_announce(struct toe_doorbell *bell);
/* Consumer: awake again (or found work after announcing): withdraws the announcement, empties the eventfd. */
void toe_doorbell_awake(struct toe_doorbell *bell);
/* Consumer: sleep until rung, at most timeout_us (-1: no limit). Call after announce and the second look. */
void toe_doorbell_sleep(struct toe_doorbell *bell, int64_t timeout_us);

/* Take an announced sleep back, for another thread that does the consumer's work. False: it is awake, or was rung. */
bool toe_doorbell_take(struct toe_doorbell *bell);

/* Producer: the slow half of toe_doorbell_ring. */
void toe_doorbell_wake(struct toe_doorbell *bell);

/* Producer: call after the work was published. A system call only when the consumer sleeps. */
static inline void
toe_doorbell_ring(struct toe_doorbell *bell)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&bell->asleep, memory_order_relaxed) & 1)
		toe_doorbell_wake(bell);
}

#endif

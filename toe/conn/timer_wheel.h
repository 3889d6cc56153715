/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hierarchical wheel of one entry per connection, ticks of 1 ms. A connection has several deadlines
 * (toe_conn.due); the wheel knows only the earliest, and hands over connections in bulk, without callbacks.
 * Whoever takes them checks each deadline again and re-arms.
 *
 * Setting a later deadline, or clearing one, does not move the entry: when its slot comes it is filed again for what
 * is the earliest by then, or dropped when there is none. So pushing an RTO ahead with every ACK costs one store.
 *
 * The entries of a slot lie in chunks of a cache line, packed: only the chunk that grows has room. Arming a
 * connection touches that chunk and its own context, and not the contexts of others, which are as cold as they are many.
 */
#ifndef TOE_TIMER_WHEEL_H
#define TOE_TIMER_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "conn.h"

#define TOE_WHEEL_LEVELS 4u
#define TOE_WHEEL_BITS 8u /* 256 slots a level: 2^32 ms in all */
#define TOE_WHEEL_MAX_MS ((1u << 30) - 1) /* how far away a deadline may be */

/*
 * A chunk has 16 words, a cache line. Word 0 is the place of the last entry of the full chunk below it, of a free chunk the
 * next free one; the others are entries. A place is the number of a word in all chunks; chunk 0 is not used, so that 0 is
 * none.
 */
#define TOE_WHEEL_CHUNK_WORDS 16u
#define TOE_WHEEL_CHUNK_ENTRIES (TOE_WHEEL_CHUNK_WORDS - 1)
#define TOE_WHEEL_CHUNK_BYTES (TOE_WHEEL_CHUNK_WORDS * sizeof(uint32_t))

_Static_assert(TOE_WHEEL_CHUNK_BYTES == RTE_CACHE_LINE_SIZE, "a chunk is a cache line");

struct toe_timer_wheel {
	struct toe_conn *conns;
	uint32_t *words; /* of all chunks */
	uint32_t chunk_free; /* word 0 of a chunk that was given back, 0: none */
	uint32_t chunk_fresh; /* word 0 of the first one that was never taken */
	uint32_t now; /* ms up to which slots have been expired */
	uint32_t armed;
	bool settled; /* nothing is due at `now`, nor to be moved down: not before it is later */
	/* Bit set: slot not empty */
	uint64_t occupied[TOE_WHEEL_LEVELS][(1u << TOE_WHEEL_BITS) / 64];
	/* Place of the last entry; valid when occupied */
	uint32_t slot[TOE_WHEEL_LEVELS << TOE_WHEEL_BITS];
};

/*
 * Chunks for so many connections, whatever they do: full ones for all, and one for each slot that is not full. The
 * slots' share is 64 KiB.
 */
static inline uint32_t
toe_wheel_chunks(uint32_t conns)
{
	return 1 + conns / TOE_WHEEL_CHUNK_ENTRIES + (TOE_WHEEL_LEVELS << TOE_WHEEL_BITS);
}

/* conns: the worker's contexts; their wheel_* members are the wheel's from now on. words: of toe_wheel_chunks chunks, aligned. */
void toe_wheel_init(
        struct toe_timer_wheel *wheel, struct toe_conn *conns, uint32_t *words, uint32_t now_ms);
/* A fresh context: not on the wheel, no deadline. */
void toe_wheel_node_init(struct toe_conn *conn);
/*
 * Set a deadline, less than 2^30 ms away (one that has passed fires with the next expire; 0, which would mean
 * none, becomes 1), and put the connection on the wheel if it is due earlier than the wheel knows.
 */
static inline void toe_wheel_set(
        struct toe_timer_wheel *wheel, uint32_t index, enum toe_timer timer, uint32_t due_ms);
/* Clear a deadline. The entry stays and is looked at when its slot comes. */
static inline void toe_wheel_clear(
        struct toe_timer_wheel *wheel, uint32_t index, enum toe_timer timer);
/* Take the connection off the wheel, all deadlines cleared. */
void toe_wheel_remove(struct toe_timer_wheel *wheel, uint32_t index);
/*
 * Advance to now_ms and hand over up to n connections of which a deadline has passed; they are off the wheel.
 * Bounded work per call, however far time has jumped and however many are due: at most n entries are looked at that
 * are due by what the wheel knows, and n moved down between levels; what is left is done by the next calls, and
 * toe_wheel_next returns 0 until then. Call toe_wheel_rearm after looking at a connection's deadlines.
 */
uint32_t toe_wheel_expire(
        struct toe_timer_wheel *wheel, uint32_t now_ms, uint32_t *indexes, uint32_t n);
/*
 * Go to any time at once, however far away. Nothing may be on the wheel: what lies further back than half of the clock's round
 * would be taken for what is to come.
 */
void toe_wheel_jump(struct toe_timer_wheel *wheel, uint32_t now_ms);
/* Put it back for its earliest remaining deadline, if any. */
void toe_wheel_rearm(struct toe_timer_wheel *wheel, uint32_t index);
/* ms until the next expire call with something to do, at most `limit`; 0: now (for idle sleep). */
uint32_t toe_wheel_next(const struct toe_timer_wheel *wheel, uint32_t limit);

/* Put a connection on the wheel for `due_ms`, or move it there. */
void toe_wheel_move(struct toe_timer_wheel *wheel, uint32_t index, uint32_t due_ms);

/* The same, unless the wheel knows something earlier, as it does most often: then nothing moves. */
static inline void
toe_wheel_arm(struct toe_timer_wheel *wheel, uint32_t index, uint32_t due_ms)
{
	const struct toe_conn *conn = &wheel->conns[index];

	if (conn->wheel_at == 0 || seq_lt(due_ms, conn->wheel_due))
		toe_wheel_move(wheel, index, due_ms);
}

static inline void
toe_wheel_set(struct toe_timer_wheel *wheel, uint32_t index, enum toe_timer timer, uint32_t due_ms)
{
	if (due_ms == 0)
		due_ms = 1;
	wheel->conns[index].due[timer] = due_ms;
	toe_wheel_arm(wheel, index, due_ms);
}

static inline void
toe_wheel_clear(struct toe_timer_wheel *wheel, uint32_t index, enum toe_timer timer)
{
	wheel->conns[index].due[timer] = 0;
}

#endif

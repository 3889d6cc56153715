/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The timer wheel. An entry lies at the level of the highest byte in which its deadline differs from the
 * wheel's time, in the slot that this byte names. When the wheel's time enters a slot of a higher level, its
 * entries are moved down one or more levels (cascade). Bitmaps of the slots that are not empty let the wheel
 * jump from event to event, so that hours without timers cost nothing.
 *
 * The current slots, those that the wheel's time lies in, one per level, hold what is to be done now: at
 * level 0 entries that are due, above it entries to move down. They may stay half done when a call has used up
 * its budget. An entry is never placed in a current slot above level 0.
 *
 * A slot's entries are a stack: its last place is taken first, and fills the gap when one within is taken. So all
 * chunks but the last one are full, which bounds how many there are.
 *
 * All comparisons are modulo 2^32; the top level is a circle.
 */
#include <stdbool.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "shared.h"
#include "timer_wheel.h"

#define SLOTS (1u << TOE_WHEEL_BITS)
#define SLOT_MASK (SLOTS - 1)
#define TOP (TOE_WHEEL_LEVELS - 1)

static inline uint32_t
level_shift(uint32_t level)
{
	return level * TOE_WHEEL_BITS;
}

/* The slot of a level in which a time lies: of this level's, and of all. */
static inline uint32_t
slot_of(uint32_t time, uint32_t level)
{
	return time >> level_shift(level) & SLOT_MASK;
}

static inline uint32_t
current_slot(const struct toe_timer_wheel *wheel, uint32_t level)
{
	return level * SLOTS + slot_of(wheel->now, level);
}

static inline bool
is_occupied(const struct toe_timer_wheel *wheel, uint32_t slot)
{
	return wheel->slot[slot] != 0;
}

static inline bool
is_armed(const struct toe_conn *conn)
{
	return conn->wheel_at != 0;
}

static inline uint32_t *
word_at(const struct toe_timer_wheel *wheel, uint32_t place)
{
	return &wheel->words[place];
}

/* The place of a new chunk's word 0. There is always one: see toe_wheel_chunks. */
static inline uint32_t
chunk_take(struct toe_timer_wheel *wheel)
{
	uint32_t chunk = wheel->chunk_free;

	if (unlikely(chunk == 0)) {
		chunk = wheel->chunk_fresh;
		wheel->chunk_fresh += TOE_WHEEL_CHUNK_WORDS;
		return chunk;
	}
	wheel->chunk_free = *word_at(wheel, chunk);
	return chunk;
}

static inline void
chunk_give(struct toe_timer_wheel *wheel, uint32_t first)
{
	*word_at(wheel, first) = wheel->chunk_free;
	wheel->chunk_free = first;
}

/* Append a connection to a slot. */
static inline void
push_entry(struct toe_timer_wheel *wheel, uint32_t slot, uint32_t index)
{
	uint32_t last = wheel->slot[slot], place = last + 1;

	if (last == 0 || place % TOE_WHEEL_CHUNK_WORDS == 0) {
		place = chunk_take(wheel);
		*word_at(wheel, place++) = last;
		wheel->occupied[slot / SLOTS][slot % SLOTS / 64] |= 1ull << (slot % 64);
	}
	*word_at(wheel, place) = index;
	wheel->slot[slot] = place;
	wheel->conns[index].wheel_at = place;
	wheel->conns[index].wheel_slot = (uint16_t)slot;
}

/* Take the last entry of a slot that is not empty: whose it was. */
static inline uint32_t
pop_entry(struct toe_timer_wheel *wheel, uint32_t slot)
{
	uint32_t place = wheel->slot[slot], index = *word_at(wheel, place), last = place - 1;

	if (last % TOE_WHEEL_CHUNK_WORDS == 0) {
		uint32_t first = last;

		last = *word_at(wheel, first);
		chunk_give(wheel, first);
		if (last == 0)
			wheel->occupied[slot / SLOTS][slot % SLOTS / 64] &= ~(1ull << (slot % 64));
	}
	wheel->slot[slot] = last;
	return index;
}

/* Put a connection that is not on the wheel there, for a deadline. */
static void
insert_entry(struct toe_timer_wheel *wheel, uint32_t index, uint32_t due_ms)
{
	uint32_t due = toe_time_before(due_ms, wheel->now) ? wheel->now : due_ms;
	uint32_t difference = due ^ wheel->now;
	uint32_t level =
	        difference ? (31 - (uint32_t)__builtin_clz(difference)) / TOE_WHEEL_BITS : 0;

	wheel->conns[index].wheel_due = due_ms;
	push_entry(wheel, level * SLOTS + slot_of(due, level), index);
	wheel->settled = wheel->settled && difference != 0;
	wheel->armed++;
}

/* The last entry of the slot fills the gap. */
static void
remove_entry(struct toe_timer_wheel *wheel, uint32_t index)
{
	struct toe_conn *conn = &wheel->conns[index];
	uint32_t last = pop_entry(wheel, conn->wheel_slot);

	if (last != index) {
		*word_at(wheel, conn->wheel_at) = last;
		wheel->conns[last].wheel_at = conn->wheel_at;
	}
	conn->wheel_at = 0;
	wheel->armed--;
}

void
toe_wheel_move(struct toe_timer_wheel *wheel, uint32_t index, uint32_t due_ms)
{
	if (is_armed(&wheel->conns[index]))
		remove_entry(wheel, index);
	insert_entry(wheel, index, due_ms);
}

void
toe_wheel_init(
        struct toe_timer_wheel *wheel, struct toe_conn *conns, uint32_t *words, uint32_t now_ms)
{
	memset(wheel, 0, sizeof(*wheel));
	wheel->conns = conns;
	wheel->words = words;
	wheel->chunk_fresh = TOE_WHEEL_CHUNK_WORDS;
	wheel->now = now_ms;
}

void
toe_wheel_node_init(struct toe_conn *conn)
{
	for (uint32_t timer = 0; timer < TOE_TIMER_COUNT; timer++)
		conn->due[timer] = 0;
	conn->wheel_due = 0;
	conn->wheel_at = 0;
	conn->wheel_slot = 0;
}

void
toe_wheel_remove(struct toe_timer_wheel *wheel, uint32_t index)
{
	struct toe_conn *conn = &wheel->conns[index];

	if (is_armed(conn))
		remove_entry(wheel, index);
	toe_wheel_node_init(conn);
}

/* 0: none */
static inline uint32_t
earliest_due(const struct toe_conn *conn)
{
	uint32_t earliest = 0;

	for (uint32_t timer = 0; timer < TOE_TIMER_COUNT; timer++) {
		uint32_t due = conn->due[timer];

		if (due != 0 && (earliest == 0 || toe_time_before(due, earliest)))
			earliest = due;
	}
	return earliest;
}

void
toe_wheel_rearm(struct toe_timer_wheel *wheel, uint32_t index)
{
	uint32_t earliest = earliest_due(&wheel->conns[index]);

	if (earliest != 0)
		toe_wheel_arm(wheel, index, earliest);
}

/* The first slot at `from` or after it that is not empty; SLOTS when there is none. */
static uint32_t
find_occupied(const struct toe_timer_wheel *wheel, uint32_t level, uint32_t from)
{
	for (uint32_t word = from / 64; word < SLOTS / 64; word++) {
		uint64_t bits = wheel->occupied[level][word];

		if (word == from / 64)
			bits &= UINT64_MAX << (from % 64);
		if (bits != 0)
			return word * 64 + (uint32_t)__builtin_ctzll(bits);
	}
	return SLOTS;
}

/* The lowest level above 0 whose current slot is still being moved down; TOE_WHEEL_LEVELS: none. */
static uint32_t
find_draining(const struct toe_timer_wheel *wheel)
{
	uint32_t level = 1;

	while (level < TOE_WHEEL_LEVELS && !is_occupied(wheel, current_slot(wheel, level)))
		level++;
	return level;
}

/*
 * The time at which the wheel enters the next slot that is not empty; a lower level is always earlier. False
 * when there is none.
 */
static bool
find_next(const struct toe_timer_wheel *wheel, uint32_t *time)
{
	for (uint32_t level = 0; level < TOE_WHEEL_LEVELS; level++) {
		uint32_t shift = level_shift(level);
		uint32_t current = slot_of(wheel->now, level);
		uint32_t slot = find_occupied(wheel, level, current + 1);
		uint32_t block = wheel->now >> shift & ~SLOT_MASK;

		if (slot == SLOTS && level == TOP) { /* the circle: deadlines past the wrap */
			slot = find_occupied(wheel, level, 0);
			if (slot == current)
				slot = SLOTS;
		}
		if (slot != SLOTS) {
			*time = (block | slot) << shift;
			return true;
		}
	}
	return false;
}

/*
 * Take the last entry of a slot off the wheel. The contexts of a whole chunk are fetched before the first of them is
 * looked at; `begin`: this may be in the middle of one.
 */
static uint32_t
take_entry(struct toe_timer_wheel *wheel, uint32_t slot, bool begin)
{
	uint32_t last = wheel->slot[slot], index;

	if (begin || last % TOE_WHEEL_CHUNK_WORDS == TOE_WHEEL_CHUNK_ENTRIES) {
		for (; last % TOE_WHEEL_CHUNK_WORDS != 0; last--)
			rte_prefetch0(wheel->conns[*word_at(wheel, last)].due);
		rte_prefetch0(word_at(wheel, *word_at(wheel, last)));
	}
	index = pop_entry(wheel, slot);
	wheel->conns[index].wheel_at = 0;
	wheel->armed--;
	return index;
}

/* Move up to `moves` entries of a level's current slot down, or to where they belong by now. Returns the moves left. */
static uint32_t
cascade(struct toe_timer_wheel *wheel, uint32_t level, uint32_t moves)
{
	uint32_t slot = current_slot(wheel, level);

	for (bool begin = true; moves > 0 && is_occupied(wheel, slot); moves--, begin = false) {
		uint32_t index = take_entry(wheel, slot, begin);
		uint32_t due = earliest_due(&wheel->conns[index]);

		if (due != 0)
			insert_entry(wheel, index, due);
	}
	return moves;
}

/*
 * Look at entries that are due, *looks of them at most: those whose connections have a deadline that has passed are handed
 * over, the others filed again. Returns how many were handed over.
 */
static uint32_t
fire(struct toe_timer_wheel *wheel, uint32_t *indexes, uint32_t *looks)
{
	uint32_t slot = current_slot(wheel, 0), count = 0;

	for (bool begin = true; *looks > 0 && is_occupied(wheel, slot); begin = false) {
		uint32_t index = take_entry(wheel, slot, begin);
		uint32_t due = earliest_due(&wheel->conns[index]);

		--*looks;
		if (due == 0)
			continue;
		if (toe_time_before(wheel->now, due))
			insert_entry(wheel, index, due);
		else
			indexes[count++] = index;
	}
	return count;
}

/*
 * Go to the next event, if there is one until now_ms, or else to now_ms. While a slot is being moved down,
 * time goes on inside it, so that a million entries to move delay nobody else's timers, but does not leave it.
 * True when the wheel has entered a slot that is not empty.
 */
static bool
advance(struct toe_timer_wheel *wheel, uint32_t now_ms)
{
	uint32_t draining = find_draining(wheel), target = now_ms, next;

	if (draining < TOE_WHEEL_LEVELS) {
		uint32_t end = wheel->now | ((1u << level_shift(draining)) - 1);

		if (toe_time_before(end, target))
			target = end;
	}
	if (find_next(wheel, &next) && !toe_time_before(target, next)) {
		wheel->now = next;
		return true;
	}
	if (toe_time_before(wheel->now, target))
		wheel->now = target;
	return false;
}

uint32_t
toe_wheel_expire(struct toe_timer_wheel *wheel, uint32_t now_ms, uint32_t *indexes, uint32_t n)
{
	uint32_t moves = n, looks = n, count = 0;

	/* Most turns are shorter than a tick. */
	if (likely(wheel->settled && now_ms == wheel->now))
		return 0;
	do {
		/* Near ones first; moving down never fills a current slot but that of level 0. */
		for (uint32_t level = 1; level < TOE_WHEEL_LEVELS; level++)
			moves = cascade(wheel, level, moves);
		count += fire(wheel, indexes + count, &looks);
		if (is_occupied(wheel, current_slot(wheel, 0)))
			break;
	} while (advance(wheel, now_ms));
	wheel->settled = !is_occupied(wheel, current_slot(wheel, 0)) &&
	                 find_draining(wheel) == TOE_WHEEL_LEVELS;
	return count;
}

void
toe_wheel_jump(struct toe_timer_wheel *wheel, uint32_t now_ms)
{
	wheel->now = now_ms;
	wheel->settled = false;
}

uint32_t
toe_wheel_next(const struct toe_timer_wheel *wheel, uint32_t limit)
{
	uint32_t next;

	if (is_occupied(wheel, current_slot(wheel, 0)) || find_draining(wheel) < TOE_WHEEL_LEVELS)
		return 0;
	if (!find_next(wheel, &next))
		return limit;
	return RTE_MIN(next - wheel->now, limit);
}

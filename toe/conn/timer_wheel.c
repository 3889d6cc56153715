/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The timer wheel. A node lies at the level of the highest byte in which its deadline differs from the
 * wheel's time, in the slot that this byte names. When the wheel's time enters a slot of a higher level, its
 * nodes are moved down one or more levels (cascade). Bitmaps of the slots that are not empty let the wheel
 * jump from event to event, so that hours without timers cost nothing.
 *
 * The current slots, those that the wheel's time lies in, one per level, hold what is to be done now: at
 * level 0 nodes that are due, above it nodes to move down. They may stay half done when a call has used up
 * its budget. A node is never placed in a current slot above level 0.
 *
 * All comparisons are modulo 2^32; the top level is a circle.
 */
#include <stdbool.h>

#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "shared.h"
#include "timer_wheel.h"

#define SLOTS (1u << TOE_WHEEL_BITS)
#define SLOT_MASK (SLOTS - 1)
#define TOP (TOE_WHEEL_LEVELS - 1)

/* wheel_prev of the first node of a slot names the slot: connections have indexes below this bit. */
#define HEAD_OF_SLOT 0x80000000u

static inline uint32_t
level_shift(uint32_t level)
{
	return level * TOE_WHEEL_BITS;
}

/* The slot of a level in which a time lies. */
static inline uint32_t
slot_of(uint32_t time, uint32_t level)
{
	return time >> level_shift(level) & SLOT_MASK;
}

static inline bool
is_occupied(const struct toe_timer_wheel *wheel, uint32_t level, uint32_t slot)
{
	return wheel->occupied[level][slot / 64] >> (slot % 64) & 1;
}

static inline bool
is_armed(const struct toe_conn *conn)
{
	return conn->wheel_prev != TOE_INDEX_NONE;
}

/* Put a connection that is not on the wheel into the slot of conn->wheel_due. */
static void
insert_node(struct toe_timer_wheel *wheel, uint32_t index)
{
	struct toe_conn *conn = &wheel->conns[index];
	uint32_t due = toe_time_before(conn->wheel_due, wheel->now) ? wheel->now : conn->wheel_due;
	uint32_t difference = due ^ wheel->now;
	uint32_t level =
	        difference ? (31 - (uint32_t)__builtin_clz(difference)) / TOE_WHEEL_BITS : 0;
	uint32_t slot = slot_of(due, level);

	conn->wheel_next = TOE_INDEX_NONE;
	if (is_occupied(wheel, level, slot)) {
		conn->wheel_next = wheel->slot[level][slot];
		wheel->conns[conn->wheel_next].wheel_prev = index;
	}
	conn->wheel_prev = HEAD_OF_SLOT | level * SLOTS | slot;
	wheel->slot[level][slot] = index;
	wheel->occupied[level][slot / 64] |= 1ull << (slot % 64);
	wheel->settled = wheel->settled && difference != 0;
}

static void
remove_node(struct toe_timer_wheel *wheel, uint32_t index)
{
	struct toe_conn *conn = &wheel->conns[index];

	if (conn->wheel_next != TOE_INDEX_NONE)
		wheel->conns[conn->wheel_next].wheel_prev = conn->wheel_prev;
	if (conn->wheel_prev & HEAD_OF_SLOT) {
		uint32_t level = (conn->wheel_prev & ~HEAD_OF_SLOT) / SLOTS;
		uint32_t slot = conn->wheel_prev & SLOT_MASK;

		wheel->slot[level][slot] = conn->wheel_next;
		if (conn->wheel_next == TOE_INDEX_NONE)
			wheel->occupied[level][slot / 64] &= ~(1ull << (slot % 64));
	} else {
		wheel->conns[conn->wheel_prev].wheel_next = conn->wheel_next;
	}
	conn->wheel_prev = TOE_INDEX_NONE;
	conn->wheel_next = TOE_INDEX_NONE;
}

void
toe_wheel_move(struct toe_timer_wheel *wheel, uint32_t index, uint32_t due_ms)
{
	struct toe_conn *conn = &wheel->conns[index];

	if (is_armed(conn)) {
		remove_node(wheel, index);
		wheel->armed--;
	}
	conn->wheel_due = due_ms;
	insert_node(wheel, index);
	wheel->armed++;
}

void
toe_wheel_init(struct toe_timer_wheel *wheel, struct toe_conn *conns, uint32_t now_ms)
{
	wheel->conns = conns;
	wheel->now = now_ms;
	wheel->armed = 0;
	wheel->settled = false;
	for (uint32_t level = 0; level < TOE_WHEEL_LEVELS; level++) {
		for (uint32_t word = 0; word < SLOTS / 64; word++)
			wheel->occupied[level][word] = 0;
		for (uint32_t slot = 0; slot < SLOTS; slot++)
			wheel->slot[level][slot] = TOE_INDEX_NONE;
	}
}

void
toe_wheel_node_init(struct toe_conn *conn)
{
	for (uint32_t timer = 0; timer < TOE_TIMER_COUNT; timer++)
		conn->due[timer] = 0;
	conn->wheel_due = 0;
	conn->wheel_next = TOE_INDEX_NONE;
	conn->wheel_prev = TOE_INDEX_NONE;
}

void
toe_wheel_remove(struct toe_timer_wheel *wheel, uint32_t index)
{
	struct toe_conn *conn = &wheel->conns[index];

	if (is_armed(conn)) {
		remove_node(wheel, index);
		wheel->armed--;
	}
	toe_wheel_node_init(conn);
}

void
toe_wheel_rearm(struct toe_timer_wheel *wheel, uint32_t index)
{
	const struct toe_conn *conn = &wheel->conns[index];
	uint32_t earliest = 0;

	for (uint32_t timer = 0; timer < TOE_TIMER_COUNT; timer++) {
		uint32_t due = conn->due[timer];

		if (due != 0 && (earliest == 0 || toe_time_before(due, earliest)))
			earliest = due;
	}
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

	while (level < TOE_WHEEL_LEVELS && !is_occupied(wheel, level, slot_of(wheel->now, level)))
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

/* Move up to `moves` nodes of a level's current slot down. Returns the moves left. */
static uint32_t
cascade(struct toe_timer_wheel *wheel, uint32_t level, uint32_t moves)
{
	uint32_t slot = slot_of(wheel->now, level);

	for (; moves > 0 && is_occupied(wheel, level, slot); moves--) {
		uint32_t index = wheel->slot[level][slot];
		uint32_t next = wheel->conns[index].wheel_next;

		if (next != TOE_INDEX_NONE)
			rte_prefetch0(&wheel->conns[next].due);
		remove_node(wheel, index);
		insert_node(wheel, index);
	}
	return moves;
}

/* Take up to n nodes that are due off the wheel. */
static uint32_t
fire(struct toe_timer_wheel *wheel, uint32_t *indexes, uint32_t n)
{
	uint32_t slot = slot_of(wheel->now, 0), count = 0;

	for (; count < n && is_occupied(wheel, 0, slot); count++) {
		uint32_t index = wheel->slot[0][slot];
		uint32_t next = wheel->conns[index].wheel_next;

		if (next != TOE_INDEX_NONE)
			rte_prefetch0(&wheel->conns[next].due);
		remove_node(wheel, index);
		indexes[count] = index;
	}
	wheel->armed -= count;
	return count;
}

/*
 * Go to the next event, if there is one until now_ms, or else to now_ms. While a slot is being moved down,
 * time goes on inside it, so that a million nodes to move delay nobody else's timers, but does not leave it.
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
	uint32_t moves = n, count = 0;

	/* Most turns are shorter than a tick. */
	if (likely(wheel->settled && now_ms == wheel->now))
		return 0;
	do {
		/* Near ones first; moving down never fills a current slot but that of level 0. */
		for (uint32_t level = 1; level < TOE_WHEEL_LEVELS; level++)
			moves = cascade(wheel, level, moves);
		count += fire(wheel, indexes + count, n - count);
		if (is_occupied(wheel, 0, slot_of(wheel->now, 0)))
			break;
	} while (advance(wheel, now_ms));
	wheel->settled = !is_occupied(wheel, 0, slot_of(wheel->now, 0)) &&
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

	if (is_occupied(wheel, 0, slot_of(wheel->now, 0)) ||
	        find_draining(wheel) < TOE_WHEEL_LEVELS)
		return 0;
	if (!find_next(wheel, &next))
		return limit;
	return RTE_MIN(next - wheel->now, limit);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* CUBIC (RFC 9438): windows in bytes, time in ms; C = 0.4 segments per s^3, beta = 0.7. */
#include "tcp_cc.h"

#include "tcp_facts.h"

#define BETA_TENTHS 7u
#define FIRST_TICK_MS 4u /* of Linux with its usual 250 ticks a second */
#define TIME_MAX_MS 100000 /* from the plateau, where the cube still fits into 64 bits */

/* The largest x with x^3 <= value. */
static uint32_t
cube_root(uint64_t value)
{
	uint32_t root = 0;

	for (int32_t bit = 20; bit >= 0; bit--) {
		uint64_t x = root | 1u << bit;

		if (x * x * x <= value)
			root = (uint32_t)x;
	}
	return root;
}

/* A new epoch (section 4.2): where the window comes from and when it is back at its plateau. */
static void
epoch_begin(const struct toe_conn *conn, struct toe_cubic *cubic, uint32_t now_us, uint32_t mss)
{
	cubic->running = 1;
	cubic->epoch = now_us;
	cubic->w_est = conn->cwnd;
	cubic->w_est_rest = cubic->cwnd_rest = 0;
	cubic->k = 0;
	cubic->origin = conn->cwnd;
	if (conn->cwnd >= cubic->w_max)
		return;
	cubic->origin = cubic->w_max;
	/* K = cbrt((W_max - cwnd) / C), in ms: the root of 10^9 times as much; 1 / C = 5 / 2 */
	cubic->k = cube_root((uint64_t)(cubic->w_max - conn->cwnd) * 2500000000u / mss);
}

/* W_cubic(t) of (1), t in ms since the epoch began. */
static uint32_t
window_at(const struct toe_cubic *cubic, uint32_t t_ms, uint32_t mss)
{
	int64_t d = (int64_t)t_ms - cubic->k, window;

	d = RTE_MAX(RTE_MIN(d, TIME_MAX_MS), -TIME_MAX_MS);
	/* 0.4 * d^3 segments, d in seconds: 4 / 10^10 of d^3 in ms */
	window = (int64_t)cubic->origin + d * d * d / 10000 * (int64_t)mss / 250000;
	window = RTE_MAX(window, (int64_t)2 * mss);
	return (uint32_t)RTE_MIN(window, (int64_t)TCP_CWND_MAX);
}

/*
 * The window that Reno would have (4.3): alpha segments per window, 9 / 17 until it is back where it came from. Linux looks
 * at its curve once in a tick, and adds a segment per window until then: with round trips of less than a
 * tick alpha is 1 for whole epochs, and whoever did less beside it would get less (docs/conformance.md).
 */
static void
friendly_grow(const struct toe_conn *conn, struct toe_cubic *cubic, uint32_t bytes, uint32_t t_ms,
        uint32_t mss)
{
	uint64_t step = (uint64_t)bytes * mss;

	if (cubic->w_est < cubic->prior && t_ms >= FIRST_TICK_MS)
		step = step * 9 / 17;
	step += cubic->w_est_rest;
	cubic->w_est = (uint32_t)RTE_MIN(cubic->w_est + step / conn->cwnd, (uint64_t)TCP_CWND_MAX);
	cubic->w_est_rest = (uint32_t)(step % conn->cwnd);
}

static void
cubic_avoid(struct toe_conn *conn, struct toe_sender *sender, uint32_t bytes, uint32_t now_us,
        uint32_t mss)
{
	struct toe_cubic *cubic = &sender->cc.cubic;
	uint32_t t_ms, target;
	uint64_t step;

	if (!cubic->running)
		epoch_begin(conn, cubic, now_us, mss);
	t_ms = (now_us - cubic->epoch) / 1000;
	friendly_grow(conn, cubic, bytes, t_ms, mss);
	if (window_at(cubic, t_ms, mss) < cubic->w_est) {
		conn->cwnd = RTE_MAX(conn->cwnd, cubic->w_est);
		return;
	}
	/* (4.4), (4.5): towards where the curve will be a round trip from now */
	target = window_at(cubic, t_ms + (conn->srtt >> 3) / 1000, mss);
	target = RTE_MIN(RTE_MAX(target, conn->cwnd), conn->cwnd + conn->cwnd / 2);
	step = (uint64_t)(target - conn->cwnd) * bytes + cubic->cwnd_rest;
	cubic->cwnd_rest = (uint32_t)(step % conn->cwnd);
	conn->cwnd = (uint32_t)RTE_MIN(conn->cwnd + step / conn->cwnd, (uint64_t)TCP_CWND_MAX);
}

static uint32_t
cubic_lost(struct toe_conn *conn, struct toe_sender *sender, uint32_t flight, uint32_t mss)
{
	struct toe_cubic *cubic = &sender->cc.cubic;
	uint64_t cwnd = conn->cwnd;

	cubic->running = 0;
	cubic->prior = conn->cwnd;
	/* Fast convergence (4.7): whoever did not get as far as last time leaves room for others. */
	cubic->w_max = (uint32_t)(cwnd < cubic->w_max ? cwnd * (10 + BETA_TENTHS) / 20 : cwnd);
	return RTE_MAX((uint32_t)(cwnd * BETA_TENTHS / 10), 2 * mss); /* (4.6) */
}

/* Time in which the window was not in use, or nothing was sent, is no time on the curve (4.2, 5.8). */
static void
cubic_idle(struct toe_sender *sender)
{
	sender->cc.cubic.running = 0;
}

const struct toe_cc toe_cc_cubic = {
        .name = "cubic",
        .avoid = cubic_avoid,
        .lost = cubic_lost,
        .marked = cubic_lost,
        .idle = cubic_idle,
};

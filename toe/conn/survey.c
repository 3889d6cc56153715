/* SPDX-License-Identifier: BSD-3-Clause */
/* What hosts and the operator want to know of connections. */
#include "survey.h"

#include <errno.h>
#include <string.h>

#include <rte_prefetch.h>

#include "engine.h"
#include "indicate.h"
#include "table.h"

#define AHEAD 4u /* contexts that are on their way into the cache */
#define DAMP 4u /* a backlog that changes by less than this part is not told */

int
toe_survey_init(struct toe_engine *engine)
{
	engine->survey.conns =
	        toe_table_reserve(engine->conn_capacity, sizeof(*engine->survey.conns));
	return engine->survey.conns != NULL ? 0 : -ENOMEM;
}

void
toe_survey_fini(struct toe_engine *engine)
{
	toe_table_free(engine->survey.conns, engine->conn_capacity, sizeof(*engine->survey.conns));
}

uint64_t
toe_survey_estimate(uint32_t conn_capacity)
{
	return (uint64_t)conn_capacity * sizeof(struct toe_surveyed);
}

static uint32_t
threshold(const struct toe_engine *engine, enum retrieve_reason reason)
{
	return atomic_load_explicit(
	        (_Atomic uint32_t *)(uintptr_t)&engine->shared->threshold[reason],
	        memory_order_relaxed);
}

static bool
is_wanted(const struct toe_engine *engine)
{
	for (uint32_t host = 0; host < TOE_MAX_HOSTS; host++)
		if (engine->events[host].send_backlog)
			return true;
	for (uint32_t reason = 0; reason < RETRIEVE_REASON_COUNT; reason++)
		if (threshold(engine, reason) != 0)
			return true;
	return false;
}

/* A window begins. */
static void
window_begin(
        const struct toe_engine *engine, const struct toe_conn *conn, struct toe_surveyed *seen)
{
	seen->since = engine->now_ms;
	seen->in = conn->segments_in;
	seen->out = conn->segments_out;
	seen->again = conn->segments_retransmitted;
	seen->bytes = (uint32_t)(conn->rcv_bytes + conn->snd_offset);
	seen->out_of_order = 0;
}

/*
 * What its network holds, or the peer takes, whichever is less (EVT-1). cwnd is what congestion control takes for the product of
 * bandwidth and delay. True: told, or too near to what was told.
 */
static void
backlog_look(struct toe_engine *engine, uint32_t index, struct toe_surveyed *seen)
{
	const struct toe_conn *conn = &engine->conns[index];
	uint32_t now = RTE_MAX(RTE_MIN(conn->cwnd, conn->snd_wnd), 1u);
	uint32_t change = now > seen->backlog ? now - seen->backlog : seen->backlog - now;

	if (!engine->events[conn->host].send_backlog || conn->service != OFFLOAD_SERVICE_HOST ||
	        (conn->flags & (TOE_CONN_FIN_SENT | TOE_CONN_STOPPED)))
		return;
	if (change > seen->backlog / DAMP && toe_conn_tell_backlog(engine, index, now))
		seen->backlog = now;
}

/* n of all reach the threshold, in thousandths, and are enough to say so. */
static bool
share_reaches(uint32_t n, uint32_t all, uint32_t limit)
{
	return limit != 0 && all >= TOE_SURVEY_SAMPLE &&
	       (uint64_t)n * 1000 >= (uint64_t)limit * all;
}

/* The first reason that the window that ends now gives; RETRIEVE_NONE: none. */
static enum retrieve_reason
window_reason(const struct toe_engine *engine, const struct toe_conn *conn,
        const struct toe_surveyed *seen)
{
	uint32_t in = conn->segments_in - seen->in, out = conn->segments_out - seen->out;
	uint32_t bytes = (uint32_t)(conn->rcv_bytes + conn->snd_offset) - seen->bytes;
	uint32_t small = threshold(engine, RETRIEVE_SMALL_IO);

	if (share_reaches(conn->segments_retransmitted - seen->again, out,
	            threshold(engine, RETRIEVE_HIGH_DROP_RATE)))
		return RETRIEVE_HIGH_DROP_RATE;
	if (share_reaches(
	            seen->out_of_order, in, threshold(engine, RETRIEVE_HIGH_OUT_OF_ORDER_PACKETS)))
		return RETRIEVE_HIGH_OUT_OF_ORDER_PACKETS;
	if (in + out < threshold(engine, RETRIEVE_LOW_ACTIVITY))
		return RETRIEVE_LOW_ACTIVITY;
	if (bytes > 0 && in + out >= TOE_SURVEY_SAMPLE && bytes / (in + out) < small)
		return RETRIEVE_SMALL_IO;
	return RETRIEVE_NONE;
}

/* TERM-7: where it has been asked back already, or is half closed, there is nothing to offer. */
static bool
may_offer(const struct toe_conn *conn)
{
	return !(conn->flags & (TOE_CONN_STOPPED | TOE_CONN_OFFERED | TOE_CONN_TELL_DUE)) &&
	       conn->state != TCP_FIN_WAIT_1 && conn->state != TCP_FIN_WAIT_2 &&
	       conn->state != TCP_CLOSE_WAIT;
}

/* The connection goes on whatever its host makes of it. */
static void
window_look(struct toe_engine *engine, uint32_t index, struct toe_surveyed *seen)
{
	struct toe_conn *conn = &engine->conns[index];
	enum retrieve_reason reason;

	if (engine->now_ms - seen->since < TOE_SURVEY_WINDOW_MS)
		return;
	reason = may_offer(conn) ? window_reason(engine, conn, seen) : RETRIEVE_NONE;
	if (reason != RETRIEVE_NONE && seen->quiet == 0) {
		if (!toe_conn_can_indicate(engine, conn, 1))
			return; /* this window goes on */
		toe_conn_tell(engine, index, TOE_EVENT_RETRIEVE, (uint8_t)reason);
		seen->quiet = (uint8_t)(1u << seen->told);
		seen->told += seen->told < TOE_SURVEY_DAMP_MAX;
	} else if (seen->quiet > 0) {
		seen->quiet--;
	}
	window_begin(engine, conn, seen);
}

static void
conn_look(struct toe_engine *engine, uint32_t index)
{
	const struct toe_conn *conn = &engine->conns[index];
	struct toe_surveyed *seen = &engine->survey.conns[index];

	if (conn->generation == 0)
		return;
	if (seen->generation != conn->generation) {
		memset(seen, 0, sizeof(*seen));
		seen->generation = conn->generation;
		window_begin(engine, conn, seen);
	}
	backlog_look(engine, index, seen);
	window_look(engine, index, seen);
}

static void
prefetch(const struct toe_engine *engine, uint32_t index)
{
	const struct toe_conn *conn = &engine->conns[index];

	if (index >= engine->conn_capacity)
		return;
	rte_prefetch0(conn);
	rte_prefetch0(&conn->sender);
	rte_prefetch0(&conn->due);
	rte_prefetch0(&conn->rcv_space);
	rte_prefetch0(&engine->survey.conns[index]);
}

void
toe_survey_step(struct toe_engine *engine)
{
	struct toe_survey *survey = &engine->survey;

	if (survey->next == 0 && engine->now_ms - survey->pass_ms < TOE_SURVEY_PASS_MS)
		return;
	survey->on = is_wanted(engine);
	if (survey->next == 0)
		survey->pass_ms = engine->now_ms;
	if (!survey->on)
		return;
	for (uint32_t n = 0; n < TOE_SURVEY_STEP; n++) {
		prefetch(engine, survey->next + AHEAD);
		conn_look(engine, survey->next);
		if (++survey->next == engine->conn_capacity) {
			survey->next = 0;
			return;
		}
	}
}

void
toe_survey_out_of_order(struct toe_engine *engine, uint32_t index)
{
	struct toe_surveyed *seen = &engine->survey.conns[index];

	if (engine->survey.on && seen->generation == engine->conns[index].generation)
		seen->out_of_order += seen->out_of_order < UINT16_MAX;
}

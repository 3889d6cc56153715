/* SPDX-License-Identifier: BSD-3-Clause */
/* Times that become too old for their clocks. */
#include "refresh.h"

#include <rte_branch_prediction.h>

#include "engine.h"
#include "sender.h"

/* From this step on all deadlines have passed, and the wheel cannot tell what lies before it from what is to come. */
#define WHEEL_STEP_MS (TOE_WHEEL_MAX_MS + UINT64_C(1))
#define ANSWERED_SHIFT 4u /* toe_conn.answered is ms modulo 2^28 */

/* A clock that made a step: times of before it are compared with `before`, and the step is added in 64 bits. */
struct clock {
	uint32_t before, now;
	uint64_t step;
	uint32_t oldest; /* age that no time goes beyond */
};

struct clocks {
	struct clock us, ms;
};

static inline bool
is_older(uint32_t time, const struct clock *clock)
{
	return (int64_t)(int32_t)(clock->before - time) + (int64_t)clock->step > clock->oldest;
}

static inline void
bound(uint32_t *time, const struct clock *clock)
{
	if (unlikely(is_older(*time, clock)))
		*time = clock->now - clock->oldest;
}

/* Records: those on the list by time from the oldest on; the others are few, but when much is lost or reported. */
static void
refresh_records(struct toe_engine *engine, struct toe_sender *sender, const struct clock *us)
{
	bool all = sender->lost != sender->again || sender->sacked > 0;
	uint32_t record = all ? sender->head : sender->time_head;

	while (record != TOE_INDEX_NONE) {
		struct toe_sent *sent = toe_sent_at(engine, record);

		if (!all && !is_older(sent->time, us))
			return;
		bound(&sent->time, us);
		record = all ? sent->next : sent->later;
	}
}

/* Whose congestion control has times of its own? */
static bool
has_epoch(const struct toe_conn *conn)
{
	return conn->congestion == OFFLOAD_CC_DEFAULT || conn->congestion == OFFLOAD_CC_CUBIC;
}

static void
refresh_sender(struct toe_engine *engine, const struct toe_conn *conn, struct toe_sender *sender,
        const struct clocks *clocks)
{
	struct clock tsval = clocks->ms;

	tsval.before += conn->ts_offset;
	tsval.now += conn->ts_offset;
	bound(&sender->last_sent, &clocks->us);
	bound(&sender->rack_time, &clocks->us);
	bound(&sender->pace_next, &clocks->us);
	bound(&sender->rto_due, &clocks->ms);
	bound(&sender->reorder_due, &clocks->ms);
	bound(&sender->min_rtt_ms, &clocks->ms);
	bound(&sender->echo_from, &tsval);
	/* What is echoed of so long ago says nothing. */
	if (sender->eifel_waits && is_older(sender->undo_ts_first, &tsval))
		sender->eifel_waits = false;
	if (has_epoch(conn))
		bound(&sender->cc.cubic.epoch, &clocks->us);
	refresh_records(engine, sender, &clocks->us);
}

/* Of the limits only what still limits is kept. */
static void
refresh_limits(struct toe_conn *conn, const struct clock *ms)
{
	uint32_t answered = (ms->before - conn->answered) << ANSWERED_SHIFT >> ANSWERED_SHIFT;
	uint16_t challenged = (uint16_t)(ms->before / TOE_CHALLENGE_TICK_MS - conn->syn_challenged);

	if (conn->answered != 0 && answered + ms->step >= TOE_REFRESH_LIMIT_MS)
		conn->answered = 0;
	if (conn->syn_challenged != 0 &&
	        challenged * TOE_CHALLENGE_TICK_MS + ms->step >= TOE_REFRESH_LIMIT_MS)
		conn->syn_challenged = 0;
}

static void
refresh_conn(struct toe_engine *engine, uint32_t index, const struct clocks *clocks)
{
	struct toe_conn *conn = &engine->conns[index];
	const struct clock *ms = &clocks->ms;
	struct toe_sender *sender;

	if (conn->generation == 0)
		return;
	/* RFC 7323 section 5.5: from 24 days on expired, which it must not cease to be. */
	if ((ms->before - conn->ts_recent_age) + ms->step > INT32_MAX)
		conn->ts_recent_age = ms->now - INT32_MAX;
	bound(&conn->rcv_round_ms, ms);
	refresh_limits(conn, ms);
	sender = toe_sender_of(engine, conn);
	if (sender != NULL)
		refresh_sender(engine, conn, sender, clocks);
}

/* All that was waited for is due. */
static void
refresh_wheel(struct toe_engine *engine)
{
	uint32_t now = engine->now_ms ? engine->now_ms : 1;

	for (uint32_t i = 0; i < engine->conn_capacity; i++) {
		struct toe_conn *conn = &engine->conns[i];
		uint32_t due[TOE_TIMER_COUNT];

		if (conn->generation == 0)
			continue;
		memcpy(due, conn->due, sizeof(due));
		toe_wheel_remove(&engine->wheel, i);
		for (uint32_t timer = 0; timer < TOE_TIMER_COUNT; timer++)
			conn->due[timer] = due[timer] != 0 ? now : 0;
	}
	toe_wheel_jump(&engine->wheel, engine->now_ms);
	for (uint32_t i = 0; i < engine->conn_capacity; i++)
		if (engine->conns[i].generation != 0)
			toe_wheel_rearm(&engine->wheel, i);
}

/* How many connections a step asks for. */
static uint32_t
share(struct toe_engine *engine, uint64_t step_ms)
{
	uint64_t n;

	if (step_ms >= TOE_REFRESH_PASS_MS)
		return engine->conn_capacity;
	engine->refresh.credit += step_ms * engine->conn_capacity;
	n = engine->refresh.credit / TOE_REFRESH_PASS_MS;
	engine->refresh.credit %= TOE_REFRESH_PASS_MS;
	return (uint32_t)n;
}

void
toe_engine_refresh(struct toe_engine *engine)
{
	struct toe_refresh *refresh = &engine->refresh;
	uint64_t us = (engine->now - engine->start) / 1000, ms = us / 1000;
	const struct clocks clocks = {
	        .us = {.before = (uint32_t)refresh->us,
	                .now = (uint32_t)us,
	                .step = us - refresh->us,
	                .oldest = TOE_REFRESH_AGE_MS * 1000},
	        .ms = {.before = (uint32_t)(refresh->us / 1000) + 1,
	                .now = (uint32_t)ms + 1,
	                .step = ms - refresh->us / 1000,
	                .oldest = TOE_REFRESH_AGE_MS},
	};

	for (uint32_t n = share(engine, clocks.ms.step); n > 0; n--) {
		refresh_conn(engine, refresh->next, &clocks);
		if (++refresh->next == engine->conn_capacity)
			refresh->next = 0;
	}
	if (unlikely(clocks.ms.step >= WHEEL_STEP_MS))
		refresh_wheel(engine);
	refresh->us = ms * 1000;
	toe_survey_step(engine);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clocks that come round (T9): us after 71 minutes, ms after 49.7 days. A worker that stood still, a connection that was stopped
 * and one that was merely idle, each for half a round, a whole one and more: nothing that happened then looks as if it
 * had happened just now, or were still to come.
 */
#include "invariant.h"
#include "rng.h"
#include "script.h"
#include "sender.h"
#include "tcp.h"
#include "tcp_types.h"
#include "test_mutant.h"
#include "timer_loop.h"
#include "unit.h"

#define SECOND UINT64_C(1000000)
#define MINUTE (60 * SECOND)
#define DAY (86400 * SECOND)
#define ROUND_US (UINT64_C(1) << 32)
#define ROUND_MS (ROUND_US * 1000)

static struct script script;

/* The worker stands still for so long. */
static void
stand_still(uint64_t us)
{
	script.now_us += us;
	end_clock(&script.end, script.now_us);
}

/* What is due is taken once, not again and again. */
static void
timers_settle(void)
{
	uint32_t calls = 0;

	while (calls < 100 && toe_worker_timers(&script.end.worker) > 0)
		calls++;
	CU_ASSERT(calls < 100);
	if (calls == 100) /* or nothing here would ever end */
		toe_wheel_remove(&script.end.worker.engine.wheel, 0);
}

/* It goes on working. */
static void
go_on(uint64_t us, uint64_t step)
{
	for (; us > 0; us -= RTE_MIN(us, step)) {
		stand_still(RTE_MIN(us, step));
		timers_settle();
		end_work(&script.end);
	}
}

/* Half a round and more of either clock, whole ones, and what is a little more than a whole one. */
static const uint64_t pauses[] = {36 * MINUTE, 60 * MINUTE, ROUND_US, ROUND_US + 2000, 25 * DAY,
        40 * DAY, ROUND_MS, ROUND_MS + 2000, ROUND_MS + 13 * DAY, 500 * DAY};

static struct end_params
with_timestamps(enum offload_service service)
{
	struct end_params params = script_params(service);

	params.constant.flags |= TCP_OPTION_TIMESTAMPS;
	params.delegated.ts_recent = 5000;
	params.delegated.ts_time = 10000;
	return params;
}

/* PAWS: what is older than 24 days has expired, and does not become young again (RFC 7323 section 5.5). */
static void
test_paws(void)
{
	for (size_t i = 0; i < RTE_DIM(pauses); i++)
		for (uint32_t way = 0; way < 3; way++) {
			struct end_params params = with_timestamps(OFFLOAD_SERVICE_SINK);
			bool expired = pauses[i] > 24 * DAY;

			script_open(&script, &params);
			if (way == 1)
				end_stop(&script.end);
			if (way == 2)
				go_on(pauses[i], pauses[i] / 1000 + 7);
			else
				stand_still(pauses[i]);
			if (way == 1)
				end_relink(&script.end);
			script_send(&script, (struct script_segment){.length = 100,
			                             .tsval = 4000,
			                             .tsecr = 10000,
			                             .timestamps = true});
			CU_ASSERT_EQUAL(
			        script_conn(&script)->rcv_nxt - SCRIPT_PEER, expired ? 100 : 0);
			CU_ASSERT_EQUAL(script_conn(&script)->ts_recent, expired ? 4000 : 5000);
			script_drop(&script);
			script_close(&script, NULL);
		}
}

/* What is reported is no less than it was, however long that is. */
static void
test_age_reported(void)
{
	for (size_t i = 0; i < RTE_DIM(pauses); i++) {
		struct end_params params = with_timestamps(OFFLOAD_SERVICE_SINK);
		struct tcp_delegated state;

		script_open(&script, &params);
		go_on(pauses[i], 300 * SECOND);
		script_close(&script, &state);
		if (pauses[i] / 1000 <= INT32_MAX)
			CU_ASSERT(state.ts_recent_age - pauses[i] / 1000 <= 1);
		if (pauses[i] / 1000 > INT32_MAX) {
			CU_ASSERT(state.ts_recent_age >= INT32_MAX);
			CU_ASSERT(state.ts_recent_age <= UINT32_MAX / 4 * 3);
		}
	}
}

/* Answers to what says nothing, and to SYNs: one in so long, and none is missing because the clock came round. */
static void
test_limits(void)
{
	static const uint64_t rounds[] = {
	        (UINT64_C(1) << 28) * 1000, (UINT64_C(1) << 20) * 1000, ROUND_MS};

	for (size_t i = 0; i < RTE_DIM(rounds); i++)
		for (uint32_t way = 0; way < 2; way++) {
			struct end_params params = script_params(OFFLOAD_SERVICE_SINK);

			script_open(&script, &params);
			for (uint32_t n = 0; n < 3; n++) {
				/* RFC 5961 section 7 */
				script_send(&script, (struct script_segment){.seq = -10});
				CU_ASSERT(script_took_ack(&script, 0));
				stand_still(TCP_ANSWER_MS * 1000 - 1000);
				script_send(&script, (struct script_segment){.seq = -10});
				CU_ASSERT_EQUAL(script_waiting(&script), 0);
				/* SEC-1 */
				script_send(
				        &script, (struct script_segment){.seq = 1, .flags = SYN});
				CU_ASSERT(script_took_ack(&script, 0));
				stand_still(TCP_SYN_CHALLENGE_MS * 1000);
				script_send(
				        &script, (struct script_segment){.seq = 1, .flags = SYN});
				CU_ASSERT_EQUAL(script_waiting(&script), 0);
				/* The same number as of the answer, and as of the challenge */
				stand_still(TOE_CHALLENGE_TICK_MS * UINT64_C(3000));
				script_send(&script, (struct script_segment){.seq = -10});
				CU_ASSERT(script_took_ack(&script, 0));
				script_send(
				        &script, (struct script_segment){.seq = 1, .flags = SYN});
				CU_ASSERT(script_took_ack(&script, 0));
				/* It is alive: no keepalive is brought forward any more. */
				script_send(&script, (struct script_segment){0});
				if (way == 0)
					stand_still(rounds[i]);
				else
					go_on(rounds[i], 250 * SECOND);
			}
			script_close(&script, NULL);
		}
}

static struct end_params
sending(uint32_t flags)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.constant.service_bytes = OFFLOAD_SERVICE_UNLIMITED;
	params.constant.flags |= flags;
	params.delegated.cwnd = 40 * SCRIPT_MSS;
	params.delegated.srtt = 100;
	params.delegated.rttvar = 50;
	params.cached.max_rt = UINT32_MAX;
	return params;
}

static uint32_t
drop_counted(void)
{
	struct rte_mbuf *frame;
	uint32_t n = 0;

	timers_settle();
	for (; script_waiting(&script) > 0; n++) {
		CU_ASSERT_EQUAL_FATAL(end_take(&script.end, &frame, 1), 1);
		rte_pktmbuf_free(frame);
	}
	return n;
}

/* RFC 5681 section 4.1 after a stop, and what its records say of the round trip: nothing. */
static void
test_stopped_sender(void)
{
	for (size_t i = 0; i < RTE_DIM(pauses); i++)
		for (uint32_t acked = 0; acked < 2; acked++) {
			struct end_params params = sending(TCP_OPTION_SACK);
			uint32_t srtt;

			script_open(&script, &params);
			CU_ASSERT_EQUAL(drop_counted(), 40);
			end_stop(&script.end);
			srtt = script_conn(&script)->srtt;
			stand_still(pauses[i]);
			/* Stopped it listens on (D9): if this is a round trip it is a long one. */
			if (acked)
				script_send(&script, (struct script_segment){.ack = 1000});
			CU_ASSERT(acked == 0 || script_conn(&script)->srtt > 10 * srtt);
			timers_settle();
			end_relink(&script.end);
			script_send(&script, (struct script_segment){.ack = 40000});
			/* The restart window, and what the ACK adds to it */
			CU_ASSERT(script_conn(&script)->cwnd <= 18 * SCRIPT_MSS);
			CU_ASSERT(drop_counted() <= 18);
			script_close(&script, NULL);
		}
}

/* The same where nobody stopped it: the worker stood still with an idle connection, and the first it sees is text to echo. */
static void
test_idle_sender(void)
{
	for (size_t i = 0; i < RTE_DIM(pauses); i++) {
		struct end_params params = script_params(OFFLOAD_SERVICE_ECHO);

		params.delegated.cwnd = 40 * SCRIPT_MSS;
		params.delegated.srtt = 100;
		script_open(&script, &params);
		script_send(&script, (struct script_segment){.length = 1000});
		CU_ASSERT(script_took_text(&script, 0, 1000, 0));
		script_send(&script, (struct script_segment){.seq = 1000, .ack = 1000});
		CU_ASSERT(script_conn(&script)->sender != TOE_INDEX_NONE);
		stand_still(pauses[i]);
		for (uint32_t n = 0; n < 20; n++)
			script_send(
			        &script, (struct script_segment){.seq = 1000 + 1000 * (int32_t)n,
			                         .ack = 1000,
			                         .length = 1000});
		CU_ASSERT(drop_counted() <= 11);
		script_close(&script, NULL);
	}
}

/* A worker that stood still does what was due meanwhile when it goes on: the retransmission, not in some weeks. */
static void
test_timers(void)
{
	for (size_t i = 0; i < RTE_DIM(pauses); i++)
		for (uint32_t way = 0; way < 4; way++) {
			struct end_params params = sending(TCP_OPTION_SACK);

			if (way == 1) { /* persist */
				params.delegated.snd_wnd = 0;
			} else if (way == 2) { /* keepalive */
				params = script_params(OFFLOAD_SERVICE_SINK);
				params.cached.flags = TCP_CACHED_KEEPALIVE;
				params.cached.ka_timeout = 7200000;
			} else if (way == 3) { /* FIN_WAIT_2 */
				params = script_params(OFFLOAD_SERVICE_SINK);
				params.delegated.state = TCP_FIN_WAIT_2;
			}
			script_open(&script, &params);
			drop_counted();
			stand_still(RTE_MAX(pauses[i], 121 * MINUTE));
			if (way == 0) /* an ACK of the first, before its timer is looked at */
				script_send(&script, (struct script_segment){.ack = 1000});
			CU_ASSERT(way == 3 || drop_counted() > 0);
			if (way == 3) {
				struct toe_event event;

				end_work(&script.end);
				CU_ASSERT(end_event(&script.end, &event));
				CU_ASSERT_EQUAL(event.detail, RETRIEVE_TIMEOUT_EXPIRATION);
			}
			/* And so on, as often as ever: nothing waits for longer than two minutes. */
			for (uint32_t n = 0; way < 2 && n < 3; n++) {
				go_on(121 * SECOND, SECOND);
				CU_ASSERT(drop_counted() > 0);
			}
			script_close(&script, NULL);
		}
}

/* What times a connection has, and when they were really set. */
enum {
	TIME_RECENT,
	TIME_ROUND,
	TIME_LAST_SENT,
	TIME_RACK,
	TIME_PACE,
	TIME_EPOCH,
	TIME_RECORD,
	TIME_MIN_RTT,
	TIME_RTO,
	TIME_COUNT
};

static uint32_t *
time_at(uint32_t which, bool *ms)
{
	struct toe_engine *engine = &script.end.worker.engine;
	struct toe_conn *conn = script_conn(&script);
	struct toe_sender *sender = toe_sender_of(engine, conn);

	*ms = which == TIME_RECENT || which == TIME_ROUND || which >= TIME_MIN_RTT;
	switch (which) {
	case TIME_RECENT:
		return &conn->ts_recent_age;
	case TIME_ROUND:
		return &conn->rcv_round_ms;
	case TIME_LAST_SENT:
		return &sender->last_sent;
	case TIME_RACK:
		return &sender->rack_time;
	case TIME_PACE:
		return &sender->pace_next;
	case TIME_EPOCH:
		return &sender->cc.cubic.epoch;
	case TIME_RECORD:
		return &toe_sent_at(engine, sender->head)->time;
	case TIME_MIN_RTT:
		return &sender->min_rtt_ms;
	default:
		return &sender->rto_due;
	}
}

/*
 * Every time is what it was, or is older than matters and less than half a round old, whatever steps the clock makes. No
 * worker: it would send again.
 */
static void
test_times(void)
{
	struct end_params params = sending(TCP_OPTION_SACK);
	struct toe_engine *engine = &script.end.worker.engine;
	uint64_t set[TIME_COUNT];
	struct rng rng;

	rng_seed(&rng, 9);
	script_open(&script, &params);
	drop_counted();
	toe_wheel_remove(&engine->wheel, 0);
	memset(set, 0, sizeof(set));
	for (uint32_t round = 0; round < 20000; round++) {
		uint64_t step = rng_below(&rng, 1u << rng_range(&rng, 1, 31));

		/* Most are steps of working hours, some are months. */
		stand_still(rng_chance(&rng, 2) ? step * 4000 : step / 4);
		for (uint32_t which = 0; which < TIME_COUNT; which++) {
			bool ms;
			uint32_t *time = time_at(which, &ms),
			         now = ms ? engine->now_ms : engine->now_us;
			uint64_t true_now = (engine->now - engine->start) / 1000, age = now - *time;
			uint64_t limit = which == TIME_RECENT ? INT32_MAX
			                 : ms                 ? TOE_REFRESH_AGE_MS
			                                      : TOE_REFRESH_AGE_MS * UINT64_C(1000);

			true_now = ms ? true_now / 1000 : true_now;
			if (set[which] != 0 && true_now - set[which] <= limit)
				CU_ASSERT_EQUAL(age, true_now - set[which]);
			if (set[which] != 0 && true_now - set[which] > limit)
				CU_ASSERT(age >= limit &&
				          age <= (uint32_t)INT32_MAX +
				                          (which == TIME_RECENT
				                                          ? 3 * TOE_REFRESH_PASS_MS
				                                          : 0));
			if (rng_chance(&rng, 5)) {
				set[which] = true_now;
				*time = now;
			}
		}
	}
	script_close(&script, NULL);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"T9 TCP-1 PAWS after weeks", test_paws},
	        {"T9 CTX-5 the age of TS.Recent after weeks", test_age_reported},
	        {"T9 SEC-1 limits of answers", test_limits},
	        {"T9 INV-10 a sender that was stopped", test_stopped_sender},
	        {"T9 TCP-1 a sender that was idle", test_idle_sender},
	        {"T9 TMR-1 timers after a worker stood still", test_timers},
	        {"T9 times are bounded", test_times},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_clock", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}

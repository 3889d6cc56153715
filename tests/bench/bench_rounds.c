/* SPDX-License-Identifier: BSD-3-Clause */
/* The rounds that are measured: stop, stop the naive way, RETRIEVE. */
#include "bench.h"

#include <rte_pause.h>
#include <rte_prefetch.h>

#include "drain.h"
#include "items.h"
#include "tcp.h"

#define PATIENCE_NS (UINT64_C(60000) * BENCH_NS_PER_MS)
#define IDLE_TURNS 64u
#define SETTLE_NS UINT64_C(100000) /* for messages under way to be taken */
/* Frames behind the completion that are looked at: more than TX ring and transmit buffer hold. */
#define FRAMES_WATCHED 1024u
#define GOODPUT_MARGIN_NS (10 * BENCH_NS_PER_MS)
#define GOODPUT_WINDOW_NS (5 * BENCH_NS_PER_MS)
#define GOODPUT_AFTER_NS (150 * BENCH_NS_PER_MS)
#define RECORDS 64u

static void
await(struct bench *bench, bool (*condition)(struct bench *, uint32_t), uint32_t argument,
        const char *what)
{
	uint64_t end = bench_now(&bench->clock) + PATIENCE_NS;

	while (!condition(bench, argument)) {
		bench_wait(bench, 1000);
		if (bench->turn_ns > end)
			bench_fail("%s", what);
	}
}

static bool
is_idle(struct bench *bench, uint32_t turns)
{
	return atomic_load_explicit(&bench->loop.idle_turns, memory_order_acquire) >= turns;
}

static bool
is_walked(struct bench *bench, uint32_t unused)
{
	return atomic_load_explicit(&bench->loop.walking, memory_order_acquire) == 0;
}

static bool
is_read(struct bench *bench, uint32_t position)
{
	uint32_t read = atomic_load_explicit(&bench->peer.position, memory_order_acquire);

	return (int32_t)(read - position) >= 0;
}

static void
call_silence(struct toe_worker *worker, struct wire_peer *peer, void *argument)
{
	wire_peer_silence(peer);
}

static void
call_speak(struct toe_worker *worker, struct wire_peer *peer, void *argument)
{
	wire_peer_speak(peer);
}

/* A source ends where its data in flight does. */
static void
call_no_more(struct toe_worker *worker, struct wire_peer *peer, void *argument)
{
	for (uint32_t i = 0; i < worker->engine.conn_capacity; i++) {
		struct toe_conn *conn = &worker->engine.conns[i];

		if (conn->generation != 0)
			conn->snd_limit = conn->snd_offset + (conn->snd_max - conn->snd_una);
	}
}

void
bench_await_idle(struct bench *bench)
{
	await(bench, is_idle, IDLE_TURNS, "the worker does not become idle");
}

void
bench_silence(struct bench *bench)
{
	worker_loop_call(&bench->loop, call_silence, NULL);
	bench_await_idle(bench);
}

void
bench_fall_idle(struct bench *bench)
{
	worker_loop_call(&bench->loop, call_no_more, NULL);
	worker_loop_call(&bench->loop, call_speak, NULL);
	bench_await_idle(bench);
}

void
bench_speak(struct bench *bench)
{
	worker_loop_call(&bench->loop, call_speak, NULL);
	await(bench, is_read, atomic_load(&bench->peer.position) + FRAMES_WATCHED,
	        "traffic does not start again");
}

/* Invalidate the neighbor of a group, with a caller that polls. */
static struct stop
stop(struct bench *bench, struct group *group)
{
	struct offload_block_list *root = &group->stop_block;
	const struct chimney_invalidate_times *times;
	struct chimney_record record;
	struct stop result;
	uint64_t requested, read;

	root->offload_context = &group->neighbor_cell[group->present];
	requested = rte_rdtsc();
	if (chimney_invalidate_offload(bench->world.host[0], root) != 0)
		bench_fail("INVALIDATE was not accepted");
	while (bench_turn(bench, &record, 1) == 0)
		;
	read = rte_rdtsc();
	result.position = wire_position_next(&bench->world.wire[0]);
	result.completed_ns = bench->turn_ns;
	if (record.kind != CHIMNEY_COMPLETION || record.root != root ||
	        root->status != OFFLOAD_SUCCESS)
		bench_fail("INVALIDATE: record %u, status %s", record.kind,
		        offload_status_name(root->status));
	times = chimney_invalidate_times(bench->world.target);
	samples_add(&group->completion_us, bench_us(times->dequeued_tsc, times->completed_tsc));
	samples_add(&group->stop_us, bench_us(times->dequeued_tsc, times->marked_tsc));
	samples_add(&group->request_us, bench_us(requested, read));
	group->frames_discarded += record.frames_discarded;
	return result;
}

struct after {
	const struct group *group;
	uint32_t position;
	uint32_t frames;
};

static void
call_frames_after(struct toe_worker *worker, struct wire_peer *peer, void *argument)
{
	struct after *after = argument;

	after->frames = wire_peer_frames_after(peer, after->group->number, after->position);
}

/* Count the frames of a stopped group that reached the port after the completion was read (INV-7).
 */
static void
check_silence(struct bench *bench, struct group *group, const struct stop *result)
{
	struct after after = {group, result->position, 0};

	worker_loop_call(&bench->loop, call_frames_after, &after);
	group->frames_after += after.frames;
}

void
round_stop(struct bench *bench, struct group *group)
{
	struct stop result = stop(bench, group);

	await(bench, is_read, result.position + FRAMES_WATCHED, "no traffic beside the stop");
	check_silence(bench, group, &result);
	group_relink(bench, group);
	bench_wait(bench, SETTLE_NS);
	/* Resuming many connections is quick when there is no traffic beside it. */
	if (group->conns > 10000)
		bench_silence(bench);
	await(bench, is_walked, 0, "connections are not resumed after a relink");
	bench_speak(bench);
}

/* Call `visit` for every dependent of a group, with prefetch, as the worker's own walks do. */
static void
visit_all(struct toe_worker *worker, const struct group *group,
        void (*visit)(struct toe_worker *, uint32_t))
{
	for (uint32_t i = 0; i < group->paths; i++) {
		struct toe_vector *dependents =
		        &worker->paths[toe_handle_index(group->path_cell[i])].dependents;
		struct toe_vector_cursor cursor = {0};
		uint32_t entries[TOE_WALK_BURST], n;

		while ((n = toe_vector_walk(dependents, &worker->vectors, &cursor, entries,
		                TOE_WALK_BURST)) > 0) {
			for (uint32_t j = 0; j < n; j++)
				rte_prefetch0(&worker->engine.conns[entries[j]]);
			for (uint32_t j = 0; j < n; j++)
				visit(worker, entries[j]);
		}
	}
}

static void
visit_mark(struct toe_worker *worker, uint32_t index)
{
	worker->engine.conns[index].flags |= TOE_CONN_INVALID;
}

static void
visit_unmark(struct toe_worker *worker, uint32_t index)
{
	worker->engine.conns[index].flags &= ~TOE_CONN_INVALID;
	toe_tcp_resume(&worker->engine, index);
}

struct naive {
	const struct group *group;
	_Atomic bool done;
};

static void
call_naive(struct toe_worker *worker, struct wire_peer *peer, void *argument)
{
	struct naive *naive = argument;

	visit_all(worker, naive->group, visit_mark);
	toe_worker_drain(worker);
	atomic_store_explicit(&naive->done, true, memory_order_release);
	visit_all(worker, naive->group, visit_unmark);
}

void
round_naive(struct bench *bench, struct group *group)
{
	struct naive naive = {.group = group};
	struct worker_loop *loop = &bench->loop;
	uint64_t start = rte_rdtsc();

	worker_loop_post(loop, call_naive, &naive);
	while (!atomic_load_explicit(&naive.done, memory_order_acquire))
		rte_pause();
	samples_add(&group->naive_us, bench_us(start, rte_rdtsc()));
	worker_loop_wait(loop);
	bench_wait(bench, BENCH_NS_PER_MS / 5);
}

/* The rate of the unaffected connections in short windows: their median overlooks what the machine
 * does else. */
struct goodput {
	uint64_t start, bytes; /* of the present window */
	struct samples rate; /* bytes per ns */
};

static void
goodput_start(struct bench *bench, struct goodput *goodput)
{
	goodput->bytes = atomic_load_explicit(&bench->peer.goodput, memory_order_relaxed);
	goodput->start = bench_now(&bench->clock);
}

/* Call in every turn: ends a window that has lasted long enough. */
static void
goodput_tick(struct bench *bench, struct goodput *goodput)
{
	struct goodput last = {.start = goodput->start, .bytes = goodput->bytes};

	if (bench->turn_ns < goodput->start + GOODPUT_WINDOW_NS)
		return;
	goodput_start(bench, goodput);
	samples_add(&goodput->rate,
	        (double)(goodput->bytes - last.bytes) / (double)(goodput->start - last.start));
}

/* Read until every dependent was asked for once; the time of the last. */
static uint64_t
retrieve_all(struct bench *bench, const struct group *group, struct goodput *goodput)
{
	uint64_t end = bench_now(&bench->clock) + PATIENCE_NS;
	uint8_t *seen = &bench->seen[group->first_conn];
	uint32_t left = group->conns;

	memset(seen, 0, group->conns);
	while (left > 0) {
		struct chimney_record records[RECORDS];
		unsigned int n = bench_turn(bench, records, RECORDS);

		for (unsigned int i = 0; i < n; i++) {
			uintptr_t conn = (uintptr_t)records[i].handle - 1 - group->first_conn;

			if (records[i].kind != CHIMNEY_RETRIEVE || conn >= group->conns ||
			        seen[conn]++ != 0)
				bench_fail("a record of kind %u that is no RETRIEVE of a stopped "
				           "connection, or is its second",
				        records[i].kind);
		}
		left -= n;
		if (n == 0 && bench->turn_ns > end)
			bench_fail("%u RETRIEVEs were not indicated", left);
		if (goodput != NULL)
			goodput_tick(bench, goodput);
	}
	return bench_now(&bench->clock);
}

/* Turns until `end`, beside which nothing is to be read. */
static void
goodput_until(struct bench *bench, struct goodput *goodput, uint64_t end)
{
	goodput_start(bench, goodput);
	while (bench_now(&bench->clock) < end) {
		bench_wait(bench, 0);
		goodput_tick(bench, goodput);
	}
}

/* RETRIEVE beside traffic, whose rate is taken before, during and after it, the group being silent
 * in all. */
static uint64_t
retrieve_paced(struct bench *bench, struct group *group, uint64_t due)
{
	static struct goodput quiet, walk;
	uint64_t last;

	quiet.rate.count = walk.rate.count = 0;
	bench_wait(bench, GOODPUT_MARGIN_NS);
	goodput_until(bench, &quiet, due - GOODPUT_MARGIN_NS);
	while (bench_now(&bench->clock) < due)
		rte_pause();
	goodput_start(bench, &walk);
	last = retrieve_all(bench, group, &walk);
	if (walk.rate.count == 0)
		goodput_until(bench, &walk, bench_now(&bench->clock) + 2 * GOODPUT_WINDOW_NS);
	bench_wait(bench, GOODPUT_MARGIN_NS);
	goodput_until(bench, &quiet, bench_now(&bench->clock) + GOODPUT_AFTER_NS);
	samples_add(&group->goodput_gbps, samples_percentile(&quiet.rate, 50) * 8);
	samples_add(&group->goodput_ratio,
	        samples_percentile(&walk.rate, 50) / samples_percentile(&quiet.rate, 50));
	return last;
}

void
round_retrieve(struct bench *bench, struct group *group, bool paced)
{
	uint64_t delay = CHIMNEY_RETRIEVE_DELAY_DEFAULT_MS * BENCH_NS_PER_MS, last;
	struct stop result = stop(bench, group);

	if (paced) {
		last = retrieve_paced(bench, group, result.completed_ns + delay);
		samples_add(&group->paced_ms,
		        (double)(last - result.completed_ns - delay) / BENCH_NS_PER_MS);
		check_silence(bench, group, &result);
		bench_silence(bench);
	} else {
		bench_silence(bench);
		last = retrieve_all(bench, group, NULL);
		samples_add(&group->retrieve_ns,
		        (double)(last - result.completed_ns - delay) / group->conns);
		check_silence(bench, group, &result);
	}
	group_disconnect(bench, group);
	group_relink(bench, group);
	group_connect(bench, group);
	bench_speak(bench);
}

struct adjacent {
	const struct group *group;
	uint32_t pairs, near;
};

static void
call_adjacent(struct toe_worker *worker, struct wire_peer *peer, void *argument)
{
	struct adjacent *adjacent = argument;

	for (uint32_t i = 0; i < adjacent->group->paths; i++) {
		struct toe_vector *dependents =
		        &worker->paths[toe_handle_index(adjacent->group->path_cell[i])].dependents;
		struct toe_vector_cursor cursor = {0};
		uint32_t entry, last = TOE_INDEX_NONE;

		while (toe_vector_walk(dependents, &worker->vectors, &cursor, &entry, 1) > 0) {
			uint32_t distance = entry > last ? entry - last : last - entry;

			if (last != TOE_INDEX_NONE) {
				adjacent->pairs++;
				/* within a page or so */
				adjacent->near += distance <= 16;
			}
			last = entry;
		}
	}
}

double
group_adjacent(struct bench *bench, struct group *group)
{
	struct adjacent adjacent = {.group = group};

	worker_loop_call(&bench->loop, call_adjacent, &adjacent);
	return adjacent.pairs ? (double)adjacent.near / adjacent.pairs : 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks over dependents and named connections, a bounded step a turn. */
#include "walk.h"

#include <rte_prefetch.h>

#include "drain.h"
#include "indicate.h"
#include "stop.h"
#include "tcp.h"

#define WALK_CREDIT_BURSTS 8u /* that a walk may be behind its pace and catch up, one a turn */

void
toe_walk_add(struct toe_worker *worker, const struct toe_message *message)
{
	struct toe_path_local *path;

	/*
	 * An update that was undone may have left frames built under words that held in between. They must not
	 * follow the RETRIEVE (INV-7, UPD-5).
	 */
	if (message->op != TOE_OP_RESUME_PATH)
		for (uint32_t i = 0; i < worker->engine.shared->port_count; i++)
			if (worker->engine.txq[i].count > 0)
				toe_drain_port(&worker->engine, i);

	if (message->op == TOE_OP_RETRIEVE_NAMED) {
		worker->named_released = (uint32_t)message->argument;
		worker->named_flags = message->flags;
		worker->named_walk = true;
		worker->named_cursor = (struct toe_vector_cursor){0};
		return;
	}
	worker->walk_fetched = 0;
	path = &worker->paths[message->path];
	if (path->walk_op == TOE_OP_NONE) {
		path->walk_next = TOE_INDEX_NONE;
		if (worker->walk_head == TOE_INDEX_NONE)
			worker->walk_head = message->path;
		else
			worker->paths[worker->walk_tail].walk_next = message->path;
		worker->walk_tail = message->path;
	}
	path->walk_op = message->op;
	path->walk_flags = message->flags;
	path->route.path_word = message->argument;
	path->route.neighbor_word = message->neighbor_word;
	path->cursor = (struct toe_vector_cursor){0};
}

/* Indicate RETRIEVE for one stopped connection, at most once per stop. The caller has checked for room. */
static void
retrieve_one(struct toe_worker *worker, uint32_t index, uint8_t flags)
{
	struct toe_conn *conn = &worker->engine.conns[index];

	if (conn->flags & TOE_CONN_INDICATED)
		return;
	if ((flags & TOE_MSG_ON_SEND) && !(conn->flags & TOE_CONN_BLOCKED) &&
	        conn->snd_una == conn->snd_max && !toe_tcp_has_work(&worker->engine, conn)) {
		conn->flags |= TOE_CONN_RETRIEVE_ON_SEND;
		return;
	}
	conn->flags |= TOE_CONN_INDICATED;
	toe_conn_tell(&worker->engine, index, TOE_EVENT_RETRIEVE, RETRIEVE_INVALID_STATE);
}

/*
 * Contexts on their way into the cache: line 0 holds the flags, line 3 the host's handle that an indication carries, lines 1
 * and 2 what a resume needs to restart the timer.
 */
static void
prefetch_all(const struct toe_worker *worker, const uint32_t *entries, uint32_t n, uint8_t op)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct toe_conn *conn = &worker->engine.conns[entries[i]];

		rte_prefetch0(conn);
		if (op == TOE_OP_RESUME_PATH) {
			rte_prefetch0(&conn->sender);
			rte_prefetch0(&conn->due);
		} else {
			rte_prefetch0(&conn->host_handle);
		}
	}
}

/* As many contexts of the walk's next step, from the last ones prefetched on. */
static void
prefetch_next(struct toe_worker *worker, uint32_t n)
{
	struct toe_path_local *path = &worker->paths[worker->walk_head];
	uint32_t entries[TOE_WALK_BURST];

	if (worker->walk_fetched == 0)
		worker->walk_ahead = path->cursor;
	worker->walk_fetched += n;
	n = toe_vector_walk(&path->dependents, &worker->vectors, &worker->walk_ahead, entries, n);
	prefetch_all(worker, entries, n, path->walk_op);
}

/* All connections of a path belong to one host: how many indications its backlog takes now. */
static uint32_t
walk_room(struct toe_worker *worker, struct toe_path_local *path, uint32_t budget)
{
	uint32_t first;

	if (path->walk_op == TOE_OP_RESUME_PATH || path->dependents.count == 0)
		return budget;
	first = worker->vectors.chunks[path->dependents.last].entry[0];
	return RTE_MIN(budget,
	        TOE_EVENT_BACKLOG - worker->engine.backlog[worker->engine.conns[first].host].count);
}

/*
 * Does a walk still say what is so? A RETRIEVE ends with its stop (D3). A RESUME holds for every valid route, or
 * a change of MAC or MTU on the way would leave connections behind.
 */
static bool
walk_stands(const struct toe_path_local *path, struct toe_route now)
{
	return path->walk_op == TOE_OP_RESUME_PATH ? toe_route_valid(now)
	                                           : toe_stop_stands(path, now);
}

/* One step over the dependents of a path. Returns entries visited; *done: nothing is left to do. */
static uint32_t
walk_path(struct toe_worker *worker, uint32_t index, uint32_t budget, bool *done)
{
	struct toe_path_local *path = &worker->paths[index];
	uint32_t entries[TOE_WALK_BURST];
	uint32_t n;

	worker->walk_fetched = 0;
	if (!walk_stands(path, toe_route_read(worker->engine.shared, index))) {
		*done = true;
		return 0;
	}
	budget = walk_room(worker, path, RTE_MIN(budget, TOE_WALK_BURST));
	n = toe_vector_walk(&path->dependents, &worker->vectors, &path->cursor, entries, budget);
	for (uint32_t i = 0; i < n; i++) {
		if (path->walk_op == TOE_OP_RETRIEVE_PATH)
			retrieve_one(worker, entries[i], path->walk_flags);
		else
			toe_tcp_resume(&worker->engine, entries[i]);
	}
	*done = n < budget;
	return n;
}

/* One step over the connections named by invalidates. */
static uint32_t
walk_named(struct toe_worker *worker, uint32_t budget)
{
	uint32_t entries[TOE_WALK_BURST];
	uint32_t n, taken = 0;

	budget = RTE_MIN(budget, TOE_WALK_BURST);
	n = toe_vector_walk(
	        &worker->named, &worker->vectors, &worker->named_cursor, entries, budget);
	prefetch_all(worker, entries, n, TOE_OP_RETRIEVE_NAMED);
	for (uint32_t i = 0; i < n; i++) {
		struct toe_conn *conn = &worker->engine.conns[entries[i]];

		/* Not due yet, or no room for its host: a later walk, or the same one again, takes it. */
		if ((int32_t)(worker->named_released - conn->stop_id) < 0)
			continue;
		if (!toe_conn_can_indicate(&worker->engine, conn, 1)) {
			worker->named_cursor = (struct toe_vector_cursor){0};
			return taken;
		}
		retrieve_one(worker, entries[i], worker->named_flags);
		toe_conn_unname(worker, entries[i]);
		taken++;
	}
	worker->named_walk = n == budget;
	return n;
}

static void
walk_rotate(struct toe_worker *worker, bool done)
{
	uint32_t index = worker->walk_head;
	struct toe_path_local *path = &worker->paths[index];

	worker->walk_head = path->walk_next;
	path->walk_next = TOE_INDEX_NONE;
	if (done) {
		path->walk_op = TOE_OP_NONE;
		return;
	}
	if (worker->walk_head == TOE_INDEX_NONE)
		worker->walk_head = index;
	else
		worker->paths[worker->walk_tail].walk_next = index;
	worker->walk_tail = index;
}

/*
 * Dependents to visit in this turn. With nothing else to do as many as there are; beside traffic one per
 * TOE_WALK_PACE_NS, so that a million take under a second and cost a few percent (INV-13).
 */
static uint32_t
walk_budget(struct toe_worker *worker, uint64_t elapsed, bool idle)
{
	const uint64_t burst_ns = (uint64_t)TOE_WALK_BURST * TOE_WALK_PACE_NS;

	if (idle)
		return TOE_WALK_BURST;
	worker->walk_credit_ns += elapsed;
	/* Unused credit is bounded, or a long pause would be followed by a long rush. */
	worker->walk_credit_ns = RTE_MIN(worker->walk_credit_ns, WALK_CREDIT_BURSTS * burst_ns);
	/* A whole burst or nothing: posting costs a fence and a line of the host's, however few there are. */
	if (worker->walk_credit_ns < burst_ns)
		return 0;
	worker->walk_credit_ns -= burst_ns;
	return TOE_WALK_BURST;
}

/*
 * The next step finds its contexts in the cache. Beside traffic they are fetched in as many turns as pass until then: all at
 * once, the later ones would wait for the earlier ones, and the traffic with them.
 */
static void
walk_fetch(struct toe_worker *worker, bool idle)
{
	uint32_t wanted = TOE_WALK_BURST;

	if (worker->walk_head == TOE_INDEX_NONE)
		return;
	if (!idle)
		wanted = (uint32_t)RTE_MIN(
		        worker->walk_credit_ns / TOE_WALK_PACE_NS, (uint64_t)TOE_WALK_BURST);
	if (wanted > worker->walk_fetched)
		prefetch_next(worker, wanted - worker->walk_fetched);
}

uint32_t
toe_worker_walk(struct toe_worker *worker, uint64_t elapsed, bool idle)
{
	uint32_t budget, visited = 0;

	if (!worker->named_walk && worker->walk_head == TOE_INDEX_NONE) {
		worker->walk_credit_ns = 0;
		return 0;
	}
	budget = walk_budget(worker, elapsed, idle);
	if (worker->named_walk)
		visited = walk_named(worker, budget);
	while (worker->walk_head != TOE_INDEX_NONE && visited < budget) {
		bool done = false;
		uint32_t n = walk_path(worker, worker->walk_head, budget - visited, &done);

		/* A walk that is over counts, too: what a turn may do is bounded. */
		visited += RTE_MAX(n, 1u);
		/* A walk that cannot go on (its host does not read) must not hold up the others. */
		if (done || n == 0)
			walk_rotate(worker, done);
		if (n == 0 && !done)
			break;
	}
	walk_fetch(worker, idle);
	return visited;
}

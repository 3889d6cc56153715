/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks over dependents and named connections, a bounded step a turn. */
#include "walk.h"

#include <rte_prefetch.h>

#include "drain.h"
#include "indicate.h"
#include "stop.h"
#include "tcp.h"

#define WALK_CREDIT_BURSTS 8u /* that a walk may be behind its pace and catch up, one a turn */

static struct toe_path_list *
walk_list(struct toe_worker *worker, uint32_t host, uint8_t op)
{
	struct toe_host_walks *walks = &worker->walks[host];

	return op == TOE_OP_RESUME_PATH ? &walks->resume : &walks->retrieve;
}

static void
path_link(struct toe_worker *worker, uint32_t index, struct toe_path_list *list)
{
	struct toe_path_local *path = &worker->paths[index];

	path->walk_next = TOE_INDEX_NONE;
	path->walk_previous = list->last;
	if (list->last == TOE_INDEX_NONE)
		list->first = index;
	else
		worker->paths[list->last].walk_next = index;
	list->last = index;
}

/* This path has no walk to do any more. */
static void
path_unlink(struct toe_worker *worker, uint32_t index)
{
	struct toe_path_local *path = &worker->paths[index];
	struct toe_path_list *list = walk_list(worker, path->walk_host, path->walk_op);

	if (path->walk_next == TOE_INDEX_NONE)
		list->last = path->walk_previous;
	else
		worker->paths[path->walk_next].walk_previous = path->walk_previous;
	if (path->walk_previous == TOE_INDEX_NONE)
		list->first = path->walk_next;
	else
		worker->paths[path->walk_previous].walk_next = path->walk_next;
	path->walk_op = TOE_OP_NONE;
}

static void
named_add(struct toe_host_walks *walks, const struct toe_message *message)
{
	walks->released = (uint32_t)message->argument;
	walks->flags = message->flags;
	/* A pass that is under way goes to its end first: one that began anew each time would never come there. */
	walks->again = walks->walking;
	if (!walks->walking)
		walks->cursor = (struct toe_vector_cursor){0};
	walks->walking = true;
}

static void
path_add(struct toe_worker *worker, const struct toe_message *message)
{
	struct toe_path_local *path = &worker->paths[message->path];

	if (path->walk_op != TOE_OP_NONE &&
	        (path->walk_op != message->op || path->walk_host != message->host))
		path_unlink(worker, message->path);
	if (path->walk_op == TOE_OP_NONE)
		path_link(worker, message->path, walk_list(worker, message->host, message->op));
	path->walk_op = message->op;
	path->walk_host = message->host;
	path->walk_flags = message->flags;
	path->route.path_word = message->argument;
	path->route.neighbor_word = message->neighbor_word;
	path->cursor = (struct toe_vector_cursor){0};
}

void
toe_walk_add(struct toe_worker *worker, const struct toe_message *message)
{
	/*
	 * An update that was undone may have left frames built under words that held in between. They must not
	 * follow the RETRIEVE (INV-7, UPD-5).
	 */
	if (message->op != TOE_OP_RESUME_PATH)
		for (uint32_t i = 0; i < worker->engine.shared->port_count; i++)
			if (worker->engine.txq[i].count > 0)
				toe_drain_port(&worker->engine, i);
	if (message->op == TOE_OP_RETRIEVE_NAMED)
		named_add(&worker->walks[message->host], message);
	else
		path_add(worker, message);
	worker->walk_hosts |= 1u << message->host;
}

void
toe_walks_forget(struct toe_worker *worker)
{
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++) {
		struct toe_host_walks *walks = &worker->walks[i];

		walks->walking = walks->again = false;
		while (walks->retrieve.first != TOE_INDEX_NONE)
			path_unlink(worker, walks->retrieve.first);
		while (walks->resume.first != TOE_INDEX_NONE)
			path_unlink(worker, walks->resume.first);
	}
	worker->walk_hosts = 0;
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
 * Contexts on their way into the cache: line 0 holds the flags and what an indication carries, lines 1 and 2 what a resume
 * needs to restart the timer.
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
		}
	}
}

/* As many contexts of a path's next step, from the last ones prefetched on. */
static void
prefetch_next(struct toe_worker *worker, uint32_t index, uint32_t n)
{
	struct toe_path_local *path = &worker->paths[index];
	uint32_t entries[TOE_WALK_BURST];

	if (worker->walk_fetched == 0)
		worker->walk_ahead = path->cursor;
	worker->walk_fetched += n;
	n = toe_vector_walk(&path->dependents, &worker->vectors, &worker->walk_ahead, entries, n);
	prefetch_all(worker, entries, n, path->walk_op);
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
	budget = RTE_MIN(budget, TOE_WALK_BURST);
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

/* Walks of one list, until one is not done or the budget is used up. */
static uint32_t
walk_paths(struct toe_worker *worker, const struct toe_path_list *list, uint32_t budget)
{
	uint32_t visited = 0;

	while (list->first != TOE_INDEX_NONE && visited < budget) {
		uint32_t index = list->first;
		bool done = false;

		/* A walk that is over counts, too: what a turn may do is bounded. */
		visited += RTE_MAX(walk_path(worker, index, budget - visited, &done), 1u);
		if (done)
			path_unlink(worker, index);
	}
	return visited;
}

/* A step over the connections named by invalidates; there is room for as many as the budget. */
static uint32_t
walk_named(struct toe_worker *worker, struct toe_host_walks *walks, uint32_t budget)
{
	uint32_t entries[TOE_WALK_BURST];
	uint32_t n;

	if (!walks->walking || budget == 0)
		return 0;
	budget = RTE_MIN(budget, TOE_WALK_BURST);
	n = toe_vector_walk(&walks->named, &worker->vectors, &walks->cursor, entries, budget);
	prefetch_all(worker, entries, n, TOE_OP_RETRIEVE_NAMED);
	for (uint32_t i = 0; i < n; i++) {
		struct toe_conn *conn = &worker->engine.conns[entries[i]];

		/* Not due yet: a later walk takes it. */
		if (!toe_named_due(walks, conn))
			continue;
		retrieve_one(worker, entries[i], walks->flags);
		toe_conn_unname(worker, entries[i]);
	}
	if (n == budget)
		return n;
	walks->walking = walks->again;
	walks->again = false;
	walks->cursor = (struct toe_vector_cursor){0};
	return RTE_MAX(n, 1u);
}

/* A step of one host's walks: what needs no room first; then as many indications as its backlog takes. */
static uint32_t
walk_host(struct toe_worker *worker, uint32_t host, uint32_t budget)
{
	struct toe_host_walks *walks = &worker->walks[host];
	uint32_t visited = walk_paths(worker, &walks->resume, budget);
	uint32_t room = TOE_EVENT_BACKLOG - worker->engine.backlog[host].count, first;

	budget = RTE_MIN(budget - visited, room);
	walks->paths_first = !walks->paths_first;
	first = walks->paths_first ? walk_paths(worker, &walks->retrieve, budget)
	                           : walk_named(worker, walks, budget);
	visited += first;
	visited += walks->paths_first ? walk_named(worker, walks, budget - first)
	                              : walk_paths(worker, &walks->retrieve, budget - first);
	if (!walks->walking && walks->retrieve.first == TOE_INDEX_NONE &&
	        walks->resume.first == TOE_INDEX_NONE)
		worker->walk_hosts &= ~(1u << host);
	return visited;
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

/* The path that the next step begins with; TOE_INDEX_NONE: with none. */
static uint32_t
walk_next(const struct toe_worker *worker)
{
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++) {
		uint32_t host = (worker->walk_turn + i) % TOE_MAX_HOSTS;
		const struct toe_host_walks *walks = &worker->walks[host];

		if (!(worker->walk_hosts & (1u << host)))
			continue;
		if (walks->resume.first != TOE_INDEX_NONE)
			return walks->resume.first;
		if (worker->engine.backlog[host].count < TOE_EVENT_BACKLOG)
			return walks->retrieve.first;
	}
	return TOE_INDEX_NONE;
}

/*
 * The next step finds its contexts in the cache. Beside traffic they are fetched in as many turns as pass until then: all at
 * once, the later ones would wait for the earlier ones, and the traffic with them.
 */
static void
walk_fetch(struct toe_worker *worker, bool idle)
{
	uint32_t wanted = TOE_WALK_BURST, next = walk_next(worker);

	if (next == TOE_INDEX_NONE)
		return;
	if (next != worker->walk_fetching)
		worker->walk_fetched = 0;
	worker->walk_fetching = next;
	if (!idle)
		wanted = (uint32_t)RTE_MIN(
		        worker->walk_credit_ns / TOE_WALK_PACE_NS, (uint64_t)TOE_WALK_BURST);
	if (wanted > worker->walk_fetched)
		prefetch_next(worker, next, wanted - worker->walk_fetched);
}

uint32_t
toe_worker_walk(struct toe_worker *worker, uint64_t elapsed, bool idle)
{
	uint32_t budget, visited = 0;

	if (worker->walk_hosts == 0) {
		worker->walk_credit_ns = 0;
		return 0;
	}
	budget = walk_budget(worker, elapsed, idle);
	for (uint32_t i = 0; i < TOE_MAX_HOSTS && visited < budget; i++) {
		uint32_t host = (worker->walk_turn + i) % TOE_MAX_HOSTS;

		if (worker->walk_hosts & (1u << host))
			visited += walk_host(worker, host, budget - visited);
	}
	worker->walk_turn += budget > 0;
	walk_fetch(worker, idle);
	return visited;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Indications on their way to the hosts' rings. */
#include "indicate.h"

#include <errno.h>

#include <rte_bitmap.h>

#include "table.h"

/* The kinds in the order in which they are told. */
static const struct {
	uint32_t due;
	uint8_t kind; /* enum toe_event_kind */
} kinds[] = {
        {TOE_CONN_DISCONNECT_DUE, TOE_EVENT_DISCONNECT},
        {TOE_CONN_RETRIEVE_DUE, TOE_EVENT_RETRIEVE},
        {TOE_CONN_ABORT_DUE, TOE_EVENT_ABORT},
};

int
toe_indications_init(struct toe_engine *engine)
{
	uint32_t bytes = rte_bitmap_get_memory_footprint(engine->conn_capacity);

	for (uint32_t host = 0; host < TOE_MAX_HOSTS; host++) {
		uint8_t *memory = toe_table_alloc(1, bytes);

		if (memory == NULL)
			return -ENOMEM;
		engine->untold[host] = rte_bitmap_init(engine->conn_capacity, memory, bytes);
	}
	return 0;
}

void
toe_indications_fini(struct toe_engine *engine)
{
	uint32_t bytes = rte_bitmap_get_memory_footprint(engine->conn_capacity);

	for (uint32_t host = 0; host < TOE_MAX_HOSTS; host++)
		toe_table_free(engine->untold[host], 1, bytes);
}

uint64_t
toe_indications_estimate(uint32_t conn_capacity)
{
	return (uint64_t)TOE_MAX_HOSTS * rte_bitmap_get_memory_footprint(conn_capacity);
}

/* Does this entry still wait for its connection's initiate? When that has completed the indication comes behind it. */
static bool
entry_waits(const struct toe_engine *engine, uint32_t host, uint32_t at)
{
	struct toe_backlog *backlog = &engine->backlog[host];

	if (backlog->initiate[at] == 0)
		return false;
	if (toe_event_initiating(&engine->events[host], backlog->initiate[at]))
		return true;
	backlog->event[at].value = toe_event_completed(&engine->events[host]);
	backlog->initiate[at] = 0;
	backlog->fresh--;
	return false;
}

static void
entry_move(struct toe_backlog *backlog, uint32_t to, uint32_t from)
{
	backlog->event[to] = backlog->event[from];
	backlog->initiate[to] = backlog->initiate[from];
	backlog->conn[to] = backlog->conn[from];
}

/* Post entries past those that wait for an initiate. */
static uint32_t
post_past_fresh(struct toe_engine *engine, uint32_t host)
{
	struct toe_backlog *backlog = &engine->backlog[host];
	uint32_t kept = 0, posted = 0;
	bool full = false;

	for (uint32_t i = 0; i < backlog->count; i++) {
		uint32_t at = (backlog->first + i) % TOE_EVENT_BACKLOG;

		if (!full && !entry_waits(engine, host, at)) {
			full = toe_event_post(&engine->events[host], &backlog->event[at], 1) == 0;
			posted += !full;
			if (!full)
				continue;
		}
		entry_move(backlog, (backlog->first + kept++) % TOE_EVENT_BACKLOG, at);
	}
	backlog->count = kept;
	return posted;
}

static uint32_t
post_all(struct toe_engine *engine, uint32_t host)
{
	struct toe_backlog *backlog = &engine->backlog[host];
	uint32_t all = 0;

	while (backlog->count > 0) {
		uint32_t run = RTE_MIN(backlog->count, TOE_EVENT_BACKLOG - backlog->first);
		uint32_t posted =
		        toe_event_post(&engine->events[host], &backlog->event[backlog->first], run);

		backlog->first = (backlog->first + posted) % TOE_EVENT_BACKLOG;
		backlog->count -= posted;
		all += posted;
		if (posted < run)
			break;
	}
	return all;
}

/* Nothing is indicated of a connection before the completion of its initiate (INIT-9). */
static bool
conn_waits(const struct toe_engine *engine, struct toe_conn *conn)
{
	if (!(conn->flags & TOE_CONN_FRESH))
		return false;
	if (toe_event_initiating(&engine->events[conn->host], conn->initiate))
		return true;
	toe_conn_settled(conn);
	return false;
}

/* False: no room. */
static bool
backlog_put(struct toe_engine *engine, struct toe_conn *conn, uint8_t kind, uint8_t detail,
        uint16_t amount)
{
	struct toe_backlog *backlog = &engine->backlog[conn->host];
	uint32_t at = (backlog->first + backlog->count) % TOE_EVENT_BACKLOG;
	bool waits = conn_waits(engine, conn);

	if (!toe_conn_can_indicate(engine, conn, 1))
		return false;
	backlog->event[at] = (struct toe_event){
	        .object = conn->host_handle,
	        .kind = kind,
	        .detail = detail,
	        .amount = amount,
	        .value = toe_event_completed(&engine->events[conn->host]),
	};
	backlog->initiate[at] = waits ? conn->initiate : 0;
	backlog->fresh += waits;
	backlog->conn[at] = (uint32_t)(conn - engine->conns);
	backlog->count++;
	return true;
}

void
toe_conn_tell(struct toe_engine *engine, uint32_t index, enum toe_event_kind kind, uint8_t detail)
{
	struct toe_conn *conn = &engine->conns[index];

	/* Behind what waits already. */
	if (!(conn->flags & TOE_CONN_TELL_DUE)) {
		if (backlog_put(engine, conn, (uint8_t)kind, detail, 0))
			return;
		rte_bitmap_set(engine->untold[conn->host], index);
		engine->untold_count[conn->host]++;
	}
	for (uint32_t i = 0; i < RTE_DIM(kinds); i++)
		if (kinds[i].kind == kind)
			conn->flags |= kinds[i].due;
	if (kind == TOE_EVENT_RETRIEVE)
		conn->retrieve_due = detail;
}

bool
toe_conn_tell_backlog(struct toe_engine *engine, uint32_t index, uint32_t bytes)
{
	struct toe_conn *conn = &engine->conns[index];
	uint8_t shift = 0;

	for (; bytes > UINT16_MAX; bytes >>= 1)
		shift++;
	return !(conn->flags & TOE_CONN_TELL_DUE) &&
	       backlog_put(engine, conn, TOE_EVENT_SEND_BACKLOG_CHANGE, shift, (uint16_t)bytes);
}

/* It has told everything, or is not to tell it any more. */
static void
untold_clear(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	conn->flags &= ~TOE_CONN_TELL_DUE;
	rte_bitmap_clear(engine->untold[conn->host], index);
	engine->untold_count[conn->host]--;
}

/* What a connection waits to tell; false: the backlog is full again. */
static bool
tell_due(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	for (uint32_t i = 0; i < RTE_DIM(kinds); i++) {
		if (!(conn->flags & kinds[i].due))
			continue;
		if (!backlog_put(engine, conn, kinds[i].kind,
		            kinds[i].kind == TOE_EVENT_RETRIEVE ? conn->retrieve_due : 0, 0))
			return false;
		conn->flags &= ~kinds[i].due;
	}
	untold_clear(engine, index);
	return true;
}

/* Connections that wait have their turn, 64 of a word of the bitmap at once, as far as the backlog has room. */
static void
tell_untold(struct toe_engine *engine, uint32_t host)
{
	uint32_t first = 0;
	uint64_t slab = 0;

	while (engine->untold_count[host] > 0 &&
	        rte_bitmap_scan(engine->untold[host], &first, &slab))
		for (; slab != 0; slab &= slab - 1)
			if (!tell_due(engine, first + (uint32_t)__builtin_ctzll(slab)))
				return;
}

/* As far as its ring has room; those that wait for an initiate let others pass. */
static uint32_t
backlog_post(struct toe_engine *engine, uint32_t host)
{
	struct toe_backlog *backlog = &engine->backlog[host];

	if (backlog->count == 0)
		return 0;
	return backlog->fresh > 0 ? post_past_fresh(engine, host) : post_all(engine, host);
}

uint32_t
toe_indications_post(struct toe_engine *engine)
{
	uint32_t posted = 0;

	for (uint32_t host = 0; host < TOE_MAX_HOSTS; host++) {
		posted += backlog_post(engine, host);
		if (unlikely(engine->untold_count[host] > 0)) {
			tell_untold(engine, host);
			posted += backlog_post(engine, host);
		}
	}
	engine->stats.indications += posted;
	engine->stats.indications_waiting = toe_indications_count(engine);
	return posted;
}

uint32_t
toe_indications_count(const struct toe_engine *engine)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++)
		count += engine->backlog[i].count + engine->untold_count[i];
	return count;
}

void
toe_indications_forget(struct toe_engine *engine, uint32_t index)
{
	struct toe_backlog *backlog = &engine->backlog[engine->conns[index].host];
	uint32_t kept = 0;

	for (uint32_t i = 0; i < backlog->count; i++) {
		uint32_t from = (backlog->first + i) % TOE_EVENT_BACKLOG;

		if (backlog->conn[from] == index) {
			backlog->fresh -= backlog->initiate[from] != 0;
			continue;
		}
		entry_move(backlog, (backlog->first + kept++) % TOE_EVENT_BACKLOG, from);
	}
	backlog->count = kept;
	if (engine->conns[index].flags & TOE_CONN_TELL_DUE)
		untold_clear(engine, index);
}

void
toe_indications_drop(struct toe_engine *engine)
{
	for (uint32_t host = 0; host < TOE_MAX_HOSTS; host++) {
		uint32_t first = 0;
		uint64_t slab = 0;

		engine->backlog[host].count = 0;
		engine->backlog[host].fresh = 0;
		while (engine->untold_count[host] > 0 &&
		        rte_bitmap_scan(engine->untold[host], &first, &slab))
			for (; slab != 0; slab &= slab - 1)
				untold_clear(engine, first + (uint32_t)__builtin_ctzll(slab));
	}
	engine->stats.indications_waiting = 0;
}

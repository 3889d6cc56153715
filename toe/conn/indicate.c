/* SPDX-License-Identifier: BSD-3-Clause */
/* Indications on their way to the hosts' rings. */
#include "indicate.h"

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

uint32_t
toe_indications_post(struct toe_engine *engine)
{
	uint32_t posted = 0, waiting = 0;

	for (uint32_t host = 0; host < TOE_MAX_HOSTS; host++) {
		struct toe_backlog *backlog = &engine->backlog[host];

		if (backlog->count == 0)
			continue;
		posted +=
		        backlog->fresh > 0 ? post_past_fresh(engine, host) : post_all(engine, host);
		waiting += backlog->count;
	}
	engine->stats.indications += posted;
	engine->stats.indications_waiting = waiting;
	return posted;
}

uint32_t
toe_indications_count(const struct toe_engine *engine)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++)
		count += engine->backlog[i].count;
	return count;
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

bool
toe_conn_indicate(
        struct toe_engine *engine, struct toe_conn *conn, enum toe_event_kind kind, uint8_t detail)
{
	struct toe_backlog *backlog = &engine->backlog[conn->host];
	uint32_t at = (backlog->first + backlog->count) % TOE_EVENT_BACKLOG;
	bool waits = conn_waits(engine, conn);

	if (!toe_conn_can_indicate(engine, conn, 1))
		return false;
	backlog->event[at] = (struct toe_event){
	        .object = conn->host_handle,
	        .kind = (uint8_t)kind,
	        .detail = detail,
	        .worker = (uint16_t)engine->index,
	        .value = toe_event_completed(&engine->events[conn->host]),
	};
	backlog->initiate[at] = waits ? conn->initiate : 0;
	backlog->fresh += waits;
	backlog->conn[at] = (uint32_t)(conn - engine->conns);
	backlog->count++;
	return true;
}

void
toe_indications_drop(struct toe_engine *engine)
{
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++)
		engine->backlog[i].count = 0;
	engine->stats.indications_waiting = 0;
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
}

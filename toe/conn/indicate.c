/* SPDX-License-Identifier: BSD-3-Clause */
/* Indications on their way to the hosts' rings. */
#include "indicate.h"

uint32_t
toe_indications_post(struct toe_engine *engine)
{
	uint32_t posted_all = 0, waiting = 0;

	for (uint32_t host = 0; host < TOE_MAX_HOSTS; host++) {
		struct toe_backlog *backlog = &engine->backlog[host];

		while (backlog->count > 0) {
			uint32_t run = RTE_MIN(backlog->count, TOE_EVENT_BACKLOG - backlog->first);
			uint32_t posted = toe_event_post(
			        &engine->events[host], &backlog->event[backlog->first], run);

			backlog->first = (backlog->first + posted) % TOE_EVENT_BACKLOG;
			backlog->count -= posted;
			posted_all += posted;
			if (posted < run)
				break;
		}
		waiting += backlog->count;
	}
	engine->stats.indications += posted_all;
	engine->stats.indications_waiting = waiting;
	return posted_all;
}

uint32_t
toe_indications_count(const struct toe_engine *engine)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++)
		count += engine->backlog[i].count;
	return count;
}

bool
toe_conn_indicate(struct toe_engine *engine, const struct toe_conn *conn, enum toe_event_kind kind,
        uint8_t detail)
{
	struct toe_backlog *backlog = &engine->backlog[conn->host];
	uint32_t at = (backlog->first + backlog->count) % TOE_EVENT_BACKLOG;

	if (backlog->count == TOE_EVENT_BACKLOG)
		return false;
	backlog->event[at] = (struct toe_event){
	        .object = conn->host_handle,
	        .kind = (uint8_t)kind,
	        .detail = detail,
	        .worker = (uint16_t)engine->index,
	        .value = atomic_load_explicit(
	                engine->events[conn->host].completed, memory_order_acquire),
	};
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
		uint32_t to = (backlog->first + kept) % TOE_EVENT_BACKLOG;

		if (backlog->conn[from] == index)
			continue;
		backlog->event[to] = backlog->event[from];
		backlog->conn[to] = backlog->conn[from];
		kept++;
	}
	backlog->count = kept;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Reachability of neighbors. */
#include "tcp_reach.h"

#include <rte_ring_elem.h>

void
tcp_reach_progress(struct toe_engine *engine, const struct toe_conn *conn)
{
	struct toe_route route = toe_route_read(engine->shared, conn->path);
	uint32_t neighbor = toe_path_word_neighbor(route.path_word);

	atomic_store_explicit(&engine->reach->neighbors[neighbor].progress, (int64_t)engine->now,
	        memory_order_relaxed);
}

void
tcp_reach_check(struct toe_engine *engine, const struct toe_conn *conn, uint32_t neighbor)
{
	const struct toe_neighbor *shared = &engine->shared->neighbors[neighbor];
	struct toe_reach *reach = &engine->reach->neighbors[neighbor];
	int64_t now = (int64_t)engine->now, stale = engine->events[conn->host].stale;
	int64_t seen = toe_reach_later(toe_reach_read(&shared->since),
	        toe_reach_read(&shared->handed), toe_reach_read(&reach->progress));

	if (now - seen < stale || now - toe_reach_read(&shared->host_reached) < stale ||
	        (reach->asked >= toe_reach_read(&shared->since) &&
	                now - reach->asked < stale / TOE_REACH_AGAIN))
		return;
	if (rte_ring_sp_enqueue_elem(engine->reach->asked, &neighbor, sizeof(neighbor)) == 0)
		reach->asked = now;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Which counters are those of a connection. */
#include "conn_mib.h"

struct toe_mib *
toe_conn_mib(struct toe_engine *engine, const struct toe_conn *conn)
{
	const struct toe_shared *shared = engine->shared;
	struct toe_route route = toe_route_read(shared, conn->path);
	uint32_t neighbor = toe_path_word_neighbor(route.path_word);

	/* A relink stays within the port, so that it is the same one all the time. */
	return toe_engine_mib(
	        engine, shared->neighbors[neighbor].port, shared->paths[conn->path].family);
}

static bool
is_established(const struct toe_conn *conn)
{
	return conn->state == TCP_ESTABLISHED || conn->state == TCP_CLOSE_WAIT;
}

void
toe_conn_count(struct toe_engine *engine, const struct toe_conn *conn)
{
	if (is_established(conn))
		toe_conn_mib(engine, conn)->established++;
}

bool
toe_conn_uncount(struct toe_engine *engine, const struct toe_conn *conn)
{
	if (!is_established(conn))
		return false;
	toe_conn_mib(engine, conn)->established--;
	return true;
}

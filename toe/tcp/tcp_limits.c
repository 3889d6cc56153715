/* SPDX-License-Identifier: BSD-3-Clause */
/* Is there anything to send? */
#include "tcp_limits.h"

#include "sender.h"
#include "tcp.h"
#include "tcp_plan.h"

bool
toe_tcp_has_work(const struct toe_engine *engine, const struct toe_conn *conn)
{
	struct tcp_plan_limits limits;
	struct tcp_plan plan;

	if (conn->flags & (TOE_CONN_ACK_NOW | TOE_CONN_KEEPALIVE_DUE))
		return true;
	limits.mss = tcp_segment_max(engine, conn, toe_route_read(engine->shared, conn->path),
	        engine->shared->paths[conn->path].family);
	limits.frame = limits.mss;
	tcp_plan_next(engine, conn, toe_sender_of(engine, conn), &limits, &plan);
	return tcp_plan_carries(&plan);
}

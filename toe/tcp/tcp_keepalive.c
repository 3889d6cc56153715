/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keepalive (RFC 9293 section 3.8.4): after an idle time probes that the peer has to answer, and an end when it does
 * not. A suspicious reset or SYN brings it forward, or switches it on, until the next acceptable segment (SEC-1).
 */
#include "tcp_keepalive.h"

#include "tcp_close.h"
#include "tcp_facts.h"
#include "tcp_types.h"

static uint32_t
interval(const struct toe_conn *conn)
{
	return conn->ka_interval ? conn->ka_interval : TCP_KEEPALIVE_INTERVAL_MS;
}

static bool
is_on(const struct toe_conn *conn)
{
	/* In TIME_WAIT there need not be a peer any more. */
	return (conn->cached_flags & TCP_CACHED_KEEPALIVE) && conn->state != TCP_TIME_WAIT &&
	       !(conn->flags & TOE_CONN_ENDED);
}

static void
set_idle(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	uint32_t idle = RTE_MIN(conn->ka_timeout, TOE_WHEEL_MAX_MS);

	/* A peer that answers at once must not be asked again at once for ever (RFC 9293 section 3.8.4, MUST-28). */
	if (conn->ka_burst == TCP_KEEPALIVE_BURST)
		idle = RTE_MAX(idle, TCP_KEEPALIVE_INTERVAL_MS);
	conn->ka_probe_count = 0;
	if (is_on(conn))
		toe_wheel_set(
		        &engine->wheel, index, TOE_TIMER_KEEPALIVE, tcp_deadline(engine, idle));
	else
		toe_wheel_clear(&engine->wheel, index, TOE_TIMER_KEEPALIVE);
}

void
toe_keepalive_start(struct toe_engine *engine, uint32_t index, bool restart)
{
	struct toe_conn *conn = &engine->conns[index];
	uint32_t left = conn->ka_left;

	if (conn->flags & TOE_CONN_KEEPALIVE_ARMED)
		return;
	/* While it is off, what was handed over stays as it is. */
	if (!is_on(conn)) {
		conn->flags &= ~TOE_CONN_KEEPALIVE_DUE;
		toe_wheel_clear(&engine->wheel, index, TOE_TIMER_KEEPALIVE);
		return;
	}
	conn->ka_left = UINT32_MAX;
	if (!restart && left != UINT32_MAX) {
		toe_wheel_set(&engine->wheel, index, TOE_TIMER_KEEPALIVE,
		        tcp_deadline(engine, RTE_MIN(left, TOE_WHEEL_MAX_MS)));
	} else if (restart || conn->due[TOE_TIMER_KEEPALIVE] == 0) {
		set_idle(engine, index);
	}
}

void
toe_keepalive_touch(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	conn->flags &= ~(TOE_CONN_KEEPALIVE_ARMED | TOE_CONN_KEEPALIVE_DUE);
	set_idle(engine, index);
}

void
toe_keepalive_arm(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	uint32_t due = tcp_deadline(engine, TCP_KEEPALIVE_ARMED_MS);

	if (conn->due[TOE_TIMER_KEEPALIVE] != 0 && seq_leq(conn->due[TOE_TIMER_KEEPALIVE], due))
		return;
	conn->flags |= TOE_CONN_KEEPALIVE_ARMED;
	conn->ka_probe_count = 0;
	toe_wheel_set(&engine->wheel, index, TOE_TIMER_KEEPALIVE, due);
}

/* All probes went unanswered (TMR-2). */
static void
exhausted(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	toe_tcp_give_up(engine, index, RETRIEVE_TIMEOUT_EXPIRATION);
	/* SEC-1: the suspicion was right, the peer has gone. */
	if (conn->flags & TOE_CONN_KEEPALIVE_ARMED)
		toe_tcp_closed(engine, index);
}

void
toe_keepalive_expired(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	uint32_t probes = conn->ka_probes ? conn->ka_probes : TCP_KEEPALIVE_PROBES;

	if (!is_on(conn) && !(conn->flags & TOE_CONN_KEEPALIVE_ARMED))
		return;
	/* Data in flight asks the same question: its timeout answers it. */
	if (tcp_outstanding(conn) > 0) {
		toe_wheel_set(&engine->wheel, index, TOE_TIMER_KEEPALIVE,
		        tcp_deadline(engine, RTE_MIN(RTE_MAX(conn->ka_timeout, interval(conn)),
		                                     TOE_WHEEL_MAX_MS)));
		return;
	}
	if (conn->ka_probe_count >= probes) {
		exhausted(engine, index);
		return;
	}
	conn->ka_probe_count += conn->ka_probe_count < UINT8_MAX;
	conn->ka_burst += conn->ka_burst < TCP_KEEPALIVE_BURST &&
	                  conn->ka_timeout < TCP_KEEPALIVE_INTERVAL_MS;
	conn->flags |= TOE_CONN_KEEPALIVE_DUE;
	engine->stats.keepalive_probes++;
	toe_wheel_set(&engine->wheel, index, TOE_TIMER_KEEPALIVE,
	        tcp_deadline(engine, RTE_MIN(interval(conn), TOE_WHEEL_MAX_MS)));
	toe_conn_ready(engine, index);
}

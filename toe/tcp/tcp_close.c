/* SPDX-License-Identifier: BSD-3-Clause */
/* How a connection ends. */
#include "tcp_close.h"

#include "conn_mib.h"
#include "indicate.h"
#include "sender.h"
#include "tcp_facts.h"

void
toe_tcp_end(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	conn->flags |= TOE_CONN_ENDED;
	conn->flags &= ~(TOE_CONN_ACK_NOW | TOE_CONN_ACK_DELAYED | TOE_CONN_PROBE | TOE_CONN_REARM |
	                 TOE_CONN_KEEPALIVE_DUE | TOE_CONN_KEEPALIVE_ARMED | TOE_CONN_BLOCKED |
	                 TOE_CONN_RESET_DUE);
	toe_wheel_remove(&engine->wheel, index);
	toe_sender_drop(engine, index);
}

void
toe_tcp_closed(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	if (toe_conn_uncount(engine, conn))
		toe_conn_mib(engine, conn)->established_resets++;
	conn->state = TCP_CLOSED;
	toe_tcp_end(engine, index);
}

void
toe_tcp_offer(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	if (conn->flags & (TOE_CONN_OFFERED | TOE_CONN_INDICATED))
		return;
	conn->flags |= TOE_CONN_OFFERED;
	toe_conn_tell(engine, index, TOE_EVENT_RETRIEVE, RETRIEVE_UPLOAD_REQUESTED);
}

void
toe_tcp_give_up(struct toe_engine *engine, uint32_t index, enum retrieve_reason reason)
{
	struct toe_conn *conn = &engine->conns[index];

	if (conn->flags & TOE_CONN_INDICATED)
		return;
	conn->flags |= TOE_CONN_INDICATED;
	toe_conn_tell(engine, index, TOE_EVENT_RETRIEVE, (uint8_t)reason);
}

/* TERM-7: what closes from one end is left alone, unless there is no other way. */
static bool
is_half_closed(const struct toe_conn *conn)
{
	return conn->state == TCP_FIN_WAIT_1 || conn->state == TCP_FIN_WAIT_2 ||
	       conn->state == TCP_CLOSE_WAIT;
}

void
toe_tcp_upload(struct toe_engine *engine, uint32_t index, enum retrieve_reason reason)
{
	const struct toe_conn *conn = &engine->conns[index];

	if (!is_half_closed(conn) && !(conn->flags & (TOE_CONN_OFFERED | TOE_CONN_ABORTED)))
		toe_tcp_give_up(engine, index, reason);
}

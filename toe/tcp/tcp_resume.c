/* SPDX-License-Identifier: BSD-3-Clause */
/* What a relink does for a connection that was stopped (INV-10). */
#include "sender.h"
#include "tcp.h"
#include "tcp_arm.h"
#include "tcp_cc.h"
#include "tcp_facts.h"
#include "tcp_keepalive.h"
#include "tcp_limits.h"

void
toe_tcp_resume(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_sender *sender = toe_sender_of(engine, conn);

	if (conn->flags & TOE_CONN_RESET_DUE) {
		conn->flags &= ~(TOE_CONN_BLOCKED | TOE_CONN_RETRIEVE_ON_SEND);
		toe_conn_ready(engine, index);
	}
	if (conn->flags & TOE_CONN_STOPPED)
		return;
	conn->flags &= ~(TOE_CONN_BLOCKED | TOE_CONN_RETRIEVE_ON_SEND);
	if (sender != NULL) {
		/* RFC 5681 section 4.1: after a pause the window that the path took before says nothing any more. */
		if (engine->now_us - sender->last_sent > conn->rto * 1000)
			toe_cc_restart(conn, sender, tcp_smss(engine, conn));
		toe_sent_restamp(engine, sender);
	}
	conn->due[TOE_TIMER_RETRANSMIT] = 0;
	toe_tcp_arm(engine, index);
	toe_keepalive_start(engine, index, false);
	if (conn->flags & TOE_CONN_ACK_DELAYED)
		toe_wheel_set(&engine->wheel, index, TOE_TIMER_DELACK,
		        tcp_deadline(engine, TCP_DELACK_MS));
	if (toe_tcp_has_work(engine, conn))
		toe_conn_ready(engine, index);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Resets and SYNs on a live connection. */
#include "tcp_reset.h"

#include "indicate.h"
#include "tcp_close.h"
#include "tcp_facts.h"
#include "tcp_keepalive.h"

static bool
is_in_window(const struct toe_conn *conn, uint32_t seq)
{
	return seq_leq(conn->rcv_nxt, seq) && seq_lt(seq, conn->rcv_adv);
}

/* RFC 5961 section 3.2: only a reset at RCV.NXT is one; elsewhere in the window it is doubted, once. */
enum toe_input
toe_tcp_reset(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment)
{
	struct toe_conn *conn = &engine->conns[index];

	if (segment->seq != conn->rcv_nxt) {
		engine->stats.rx_unacceptable++;
		if (!is_in_window(conn, segment->seq))
			return TOE_INPUT_DONE;
		toe_keepalive_arm(engine, index);
		if (!(conn->flags & TOE_CONN_CHALLENGED)) {
			conn->flags |= TOE_CONN_CHALLENGED;
			engine->stats.challenge_acks++;
			tcp_owe_ack(engine, index);
		}
		return TOE_INPUT_DONE;
	}
	engine->stats.rx_resets++;
	conn->flags |= TOE_CONN_ABORTED;
	toe_tcp_closed(engine, index);
	toe_conn_tell(engine, index, TOE_EVENT_ABORT, 0); /* EVT-5 */
	return TOE_INPUT_DONE;
}

_Static_assert(TCP_SYN_CHALLENGE_MS < TOE_REFRESH_LIMIT_MS && TCP_ANSWER_MS < TOE_REFRESH_LIMIT_MS,
        "no limit is forgotten while it holds");

/* At most one in TCP_SYN_CHALLENGE_MS; the context holds units of 16 ms, and forgets them in time (refresh.h). */
static bool
may_challenge_syn(struct toe_engine *engine, struct toe_conn *conn)
{
	uint16_t now = (uint16_t)(engine->now_ms / TOE_CHALLENGE_TICK_MS);

	if (conn->syn_challenged != 0 && (uint16_t)(now - conn->syn_challenged) <=
	                                         TCP_SYN_CHALLENGE_MS / TOE_CHALLENGE_TICK_MS + 1)
		return false;
	conn->syn_challenged = now ? now : 1;
	return true;
}

enum toe_input
toe_tcp_syn(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment)
{
	struct toe_conn *conn = &engine->conns[index];

	/* RX-3: the peer begins another connection on the tuple, and the host answers. */
	if (conn->state == TCP_TIME_WAIT) {
		toe_tcp_end(engine, index);
		return TOE_INPUT_TO_HOST;
	}
	if (segment->seq == conn->rcv_nxt) {
		/* RX-3: the peer has started anew; what was here is over. */
		toe_tcp_closed(engine, index);
		toe_tcp_offer(engine, index);
		return TOE_INPUT_TO_HOST;
	}
	engine->stats.rx_unacceptable++;
	if (is_in_window(conn, segment->seq)) {
		toe_keepalive_arm(engine, index);
		if (!may_challenge_syn(engine, conn))
			return TOE_INPUT_DONE;
		tcp_owe_ack(engine, index); /* RFC 5961 section 4.2 */
	} else {
		tcp_answer(engine, index, segment);
	}
	engine->stats.challenge_acks++;
	return TOE_INPUT_DONE;
}

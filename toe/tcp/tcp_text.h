/* SPDX-License-Identifier: BSD-3-Clause */
/* Text and FIN of acceptable segments: in order to the service, out of order into the queue; when to acknowledge. */
#ifndef TOE_TCP_TEXT_H
#define TOE_TCP_TEXT_H

#include "tcp_facts.h"
#include "tcp_types.h"
#include "user.h"

#define TCP_ACK_EVERY 2u /* segments with text (RFC 9293 section 3.8.6.3) */

/* So many more segments with text are to be acknowledged. */
static inline void
tcp_delay_ack(struct toe_engine *engine, uint32_t index, uint8_t segments)
{
	struct toe_conn *conn = &engine->conns[index];

	conn->delack_count = (uint8_t)(conn->delack_count + segments);
	if (conn->delack_count >= TCP_ACK_EVERY) {
		tcp_owe_ack(engine, index);
	} else if (!(conn->flags & (TOE_CONN_ACK_DELAYED | TOE_CONN_ACK_NOW))) {
		conn->flags |= TOE_CONN_ACK_DELAYED;
		toe_wheel_set(&engine->wheel, index, TOE_TIMER_DELACK,
		        tcp_deadline(engine, TCP_DELACK_MS));
	}
}

/* The segment has text or FIN, and something of it lies at rcv_nxt or behind. */
enum toe_input tcp_text_input(struct toe_engine *engine, uint32_t index,
        const struct toe_segment *segment, struct rte_mbuf *mbuf);

/* Text directly behind the last, with the ACK and the window known; false: it needs all the checks of tcp_text_input. */
static inline bool
tcp_text_follows(const struct toe_engine *engine, const struct toe_conn *conn,
        const struct toe_segment *segment)
{
	return conn->rcv_nxt == segment->seq && conn->snd_una == segment->ack &&
	       conn->reassembly == TOE_INDEX_NONE &&
	       conn->snd_wnd == segment->window << conn->snd_wscale &&
	       segment->length <= conn->rcv_adv - conn->rcv_nxt && tcp_is_receiving(conn) &&
	       !(conn->flags & (TOE_CONN_URGENT | TOE_CONN_ABORTED | TOE_CONN_QUICK_ACK |
	                               TOE_CONN_RESET_DUE)) &&
	       toe_service_accepts(engine, conn);
}

/* Such text. */
enum toe_input tcp_text_next(struct toe_engine *engine, uint32_t index,
        const struct toe_segment *segment, struct rte_mbuf *mbuf);

#endif

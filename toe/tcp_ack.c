/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The acknowledgment field: what it frees, what it tells about round-trip time and windows, and the
 * states that follow from our FIN being acknowledged.
 */
#include "tcp.h"
#include "tcp_facts.h"

/*
 * RTT samples come from acknowledgments of new data only (RFC 7323 section 4.1). True when there
 * was one.
 */
static bool
ack_measure(struct toe_worker *worker, struct toe_conn *conn, const struct toe_segment *segment)
{
	if (conn->options & TCP_OPTION_TIMESTAMPS) {
		uint32_t rtt = worker->now_ms + conn->ts_offset - segment->tsecr;

		/* 0 is what a peer sends that has nothing to echo; the future cannot be echoed. */
		if (segment->tsecr == 0 || (int32_t)rtt < 0)
			return false;
		toe_rtt_sample(conn, rtt);
		return true;
	}
	if (!(conn->flags & TOE_CONN_RTT_TIMED) || !seq_lt(conn->rtt_seq, segment->ack))
		return false;
	conn->flags &= (uint16_t)~TOE_CONN_RTT_TIMED;
	toe_rtt_sample(conn, worker->now_ms - conn->rtt_time);
	return true;
}

/* RFC 9293 section 3.10.7.4: what changes when our FIN is acknowledged. */
static void
ack_of_fin(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->conns[index];

	if (conn->state == TCP_FIN_WAIT_1) {
		conn->state = TCP_FIN_WAIT_2;
	} else if (conn->state == TCP_CLOSING) {
		conn->state = TCP_TIME_WAIT;
	} else if (conn->state == TCP_LAST_ACK) {
		conn->state = TCP_CLOSED;
		conn->flags &= (uint16_t) ~(TOE_CONN_ACK_NOW | TOE_CONN_ACK_DELAYED);
		toe_wheel_remove(&worker->wheel, index);
	}
}

/* SND.UNA < SEG.ACK <= SND.MAX */
static void
ack_new(struct toe_worker *worker, uint32_t index, const struct toe_segment *segment)
{
	struct toe_conn *conn = &worker->conns[index];
	uint32_t acked = segment->ack - conn->snd_una;
	uint32_t flight = RTE_MAX(tcp_flight(conn), acked);
	uint64_t unacked = tcp_unacked(conn);
	uint32_t bytes = (uint32_t)RTE_MIN((uint64_t)acked, unacked);
	bool fin_acked = acked > unacked;

	/*
	 * Karn: after a retransmission that could not be measured the backed-off timeout stays in
	 * force until a segment sent once is measured (RFC 6298 section 5, RFC 9293 section 3.8.1).
	 */
	if (!ack_measure(worker, conn, segment) && conn->retransmit_count > 0)
		conn->rto = toe_rto(conn);
	/* A window that was not in use says nothing about the network (RFC 7661). */
	if (flight >= conn->cwnd / 2)
		toe_cc_acked(conn, acked);
	conn->snd_una = segment->ack;
	conn->snd_offset += bytes;
	if (seq_lt(conn->snd_nxt, conn->snd_una))
		conn->snd_nxt = conn->snd_una;
	conn->retransmit_count = 0;
	conn->total_rt = 0;
	conn->dup_ack_count = 0;
	if (conn->snd_una == conn->snd_max)
		toe_wheel_clear(&worker->wheel, index, TOE_TIMER_RETRANSMIT); /* RFC 6298 (5.2) */
	else
		toe_wheel_set(&worker->wheel, index, TOE_TIMER_RETRANSMIT,
		        tcp_deadline(worker, toe_rto(conn))); /* (5.3) */
	if (bytes > 0)
		toe_service_acked(worker, index, bytes);
	if (fin_acked)
		ack_of_fin(worker, index);
}

/*
 * Only a newer segment changes the window (RFC 9293 section 3.10.7.4). One that acknowledges more
 * is newer than all before it, even a retransmission with an old sequence number: without its
 * window the right edge would move on with SND.UNA. Of two that acknowledge the same, the larger
 * window is the newer one, since a right edge does not move left; a smaller one needs a newer
 * sequence number.
 */
static void
update_window(struct toe_conn *conn, const struct toe_segment *segment, bool newer)
{
	uint32_t window = segment->window << conn->snd_wscale;

	if (!newer && window <= conn->snd_wnd && !seq_lt(conn->snd_wl1, segment->seq))
		return;
	conn->snd_wnd = window;
	conn->max_snd_wnd = RTE_MAX(conn->max_snd_wnd, window);
	if (seq_lt(conn->snd_wl1, segment->seq))
		conn->snd_wl1 = segment->seq;
	conn->snd_wl2 = segment->ack;
}

bool
toe_tcp_ack(struct toe_worker *worker, uint32_t index, const struct toe_segment *segment)
{
	struct toe_conn *conn = &worker->conns[index];
	uint32_t ack = segment->ack;
	bool newer;

	/* RFC 5961 section 5.2: SND.UNA - MAX.SND.WND <= SEG.ACK <= SND.MAX */
	if (seq_lt(conn->snd_max, ack) || seq_lt(ack, conn->snd_una - conn->max_snd_wnd)) {
		worker->stats.rx_unacceptable++;
		tcp_owe_ack(worker, index);
		return false;
	}
	if (seq_lt(ack, conn->snd_una))
		return true; /* an old duplicate: its window is old too */
	newer = ack != conn->snd_una;
	if (newer) {
		ack_new(worker, index, segment);
		if (conn->state == TCP_CLOSED)
			return false;
	}
	update_window(conn, segment, newer);
	if (tcp_has_unsent(conn))
		toe_worker_ready(worker, index);
	return true;
}

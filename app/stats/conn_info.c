/* SPDX-License-Identifier: BSD-3-Clause */
/* Everything about one connection that helps to understand its TCP. */
#include "conn_info.h"

#include <string.h>

#include "cli_tcp_args.h"
#include "program.h"
#include "tcp.h"
#include "tcp_rtt.h"

/* Copy record `index` of a pool; false: there is no such record. */
static bool
copy_record(const struct toe_pool *pool, uint32_t index, void *to, size_t size)
{
	if (!toe_pool_has(pool, index))
		return false;
	memcpy(to, toe_pool_at(pool, index), size);
	return true;
}

bool
conn_info_look(
        const struct program *program, uint32_t worker_index, uint32_t slot, struct conn_info *info)
{
	const struct toe_worker *worker;
	const struct toe_conn *conn;

	if (worker_index >= program->worker_count)
		return false;
	worker = program->workers[worker_index];
	if (slot >= worker->engine.conn_capacity)
		return false;
	conn = &worker->engine.conns[slot];
	memcpy(&info->conn, conn, sizeof(*conn));
	if (info->conn.generation == 0 || info->conn.path >= program->shared.path_capacity ||
	        info->conn.state >= TCP_STATE_COUNT || info->conn.congestion >= OFFLOAD_CC_COUNT)
		return false;
	info->worker = worker_index;
	info->slot = slot;
	info->has_sender = copy_record(&worker->engine.senders, info->conn.sender, &info->sender,
	                           sizeof(info->sender)) &&
	                   info->sender.conn == slot;
	info->has_reassembly = copy_record(&worker->engine.reassemblies, info->conn.reassembly,
	        &info->reassembly, sizeof(info->reassembly));
	info->may_send = toe_conn_may_send(&worker->engine, &info->conn);
	info->now_ms = worker->engine.now_ms;
	return true;
}

struct list {
	struct conn_value *value;
	unsigned int n;
};

static void
add(struct list *list, const char *name, enum conn_value_kind kind, uint64_t number,
        const char *word)
{
	if (list->n < CONN_VALUES_MAX)
		list->value[list->n++] = (struct conn_value){name, kind, number, word};
}

static void
number(struct list *list, const char *name, uint64_t value)
{
	add(list, name, CONN_VALUE_NUMBER, value, NULL);
}

/* 0 says that it was never measured. */
static void
measured(struct list *list, const char *name, uint64_t value)
{
	add(list, name, value != 0 ? CONN_VALUE_NUMBER : CONN_VALUE_NONE, value, NULL);
}

static void
flag(struct list *list, const char *name, bool value)
{
	add(list, name, CONN_VALUE_FLAG, value, NULL);
}

static void
word(struct list *list, const char *name, const char *value)
{
	add(list, name, value != NULL ? CONN_VALUE_WORD : CONN_VALUE_NONE, 0, value);
}

static void
timer(struct list *list, const char *name, const struct conn_info *info, enum toe_timer which)
{
	uint32_t due = info->conn.due[which];
	int32_t left = (int32_t)(due - info->now_ms);

	add(list, name, due != 0 ? CONN_VALUE_NUMBER : CONN_VALUE_NONE,
	        left > 0 ? (uint64_t)left : 0, NULL);
}

static void
values_options(const struct conn_info *info, struct list *list)
{
	const struct toe_conn *conn = &info->conn;

	flag(list, "timestamps", conn->options & TCP_OPTION_TIMESTAMPS);
	flag(list, "sack", conn->options & TCP_OPTION_SACK);
	flag(list, "ecn", conn->options & TCP_OPTION_ECN);
	flag(list, "window_scale", conn->options & TCP_OPTION_WINDOW_SCALE);
	number(list, "snd_wscale", conn->snd_wscale);
	number(list, "rcv_wscale", conn->rcv_wscale);
	flag(list, "pacing", conn->flags & TOE_CONN_PACED);
	number(list, "mss", conn->mss);
}

/* Bytes per second that pacing lets go: a window in a round trip, a little more while it grows. */
static uint64_t
pacing_rate(const struct toe_conn *conn)
{
	uint32_t srtt = conn->srtt >> 3;
	uint64_t rate;

	if (!(conn->flags & TOE_CONN_PACED) || srtt == 0)
		return 0;
	rate = (uint64_t)conn->cwnd * 1000000 / srtt;
	return conn->cwnd < conn->ssthresh ? rate * 2 : rate * 6 / 5;
}

static void
values_congestion(const struct conn_info *info, struct list *list)
{
	static const char *const phases[] = {"open", "cwr", "recovery", "loss"};
	const struct toe_conn *conn = &info->conn;
	uint32_t phase = info->has_sender ? info->sender.phase : TOE_PHASE_OPEN;

	word(list, "congestion", cli_congestions[conn->congestion != 0 ? conn->congestion - 1 : 0]);
	word(list, "phase", phase < RTE_DIM(phases) ? phases[phase] : NULL);
	number(list, "cwnd", conn->cwnd);
	number(list, "ssthresh", conn->ssthresh);
	measured(list, "pacing_rate", pacing_rate(conn));
	measured(list, "srtt_us", conn->srtt >> 3);
	measured(list, "rttvar_us", conn->srtt != 0 ? conn->rttvar >> 2 : 0);
	measured(list, "min_rtt_us", info->has_sender ? info->sender.min_rtt : 0);
	number(list, "rto_ms", toe_rto(conn));
	number(list, "backoff", conn->retransmit_count);
}

static void
values_sending(const struct conn_info *info, struct list *list)
{
	static const struct toe_sender idle;
	const struct toe_conn *conn = &info->conn;
	const struct toe_sender *sender = info->has_sender ? &info->sender : &idle;
	uint32_t outstanding = conn->snd_nxt - conn->snd_una;
	int32_t in_flight = (int32_t)toe_pipe(conn, sender);

	number(list, "snd_wnd", conn->snd_wnd);
	number(list, "max_snd_wnd", conn->max_snd_wnd);
	number(list, "unacked", outstanding);
	/* Of different moments, its parts may yield less than nothing. */
	number(list, "in_flight", in_flight > 0 ? (uint64_t)in_flight : 0);
	number(list, "sacked", sender->sacked);
	number(list, "lost", sender->lost);
	number(list, "retransmitted_in_flight", sender->again);
	flag(list, "reordering", sender->reordering);
	number(list, "reordering_window_us", sender->reo_wnd);
	number(list, "dup_acks", conn->dup_ack_count);
	number(list, "window_probes", conn->snd_wnd_probe_count);
	number(list, "acked_bytes", conn->snd_offset);
	number(list, "segments_out", conn->segments_out);
	number(list, "segments_retransmitted", conn->segments_retransmitted);
}

static void
values_receiving(const struct conn_info *info, struct list *list)
{
	static const struct toe_reassembly empty;
	const struct toe_conn *conn = &info->conn;
	const struct toe_reassembly *reassembly = info->has_reassembly ? &info->reassembly : &empty;

	number(list, "rcv_wnd", conn->rcv_adv - conn->rcv_nxt);
	number(list, "rcv_space", conn->rcv_space);
	number(list, "rcv_bytes", conn->rcv_bytes);
	number(list, "segments_in", conn->segments_in);
	number(list, "out_of_order", reassembly->bytes);
	number(list, "out_of_order_pieces", reassembly->pieces);
	number(list, "urgent_frames", reassembly->urgent_frames);
}

/* What the retransmission timer stands for (toe/conn/conn.h). */
static const char *
retransmit_meaning(const struct conn_info *info)
{
	static const char *const meanings[] = {"rto", "tail-loss-probe", "reordering"};
	const struct toe_conn *conn = &info->conn;

	if (conn->due[TOE_TIMER_RETRANSMIT] == 0)
		return NULL;
	if (conn->snd_nxt == conn->snd_una && conn->state == TCP_FIN_WAIT_2)
		return "fin-wait-2";
	if (conn->snd_wnd == 0)
		return "persist";
	return info->has_sender && info->sender.timer < RTE_DIM(meanings)
	               ? meanings[info->sender.timer]
	               : meanings[0];
}

static void
values_timers(const struct conn_info *info, struct list *list)
{
	word(list, "retransmit_timer", retransmit_meaning(info));
	timer(list, "retransmit_left_ms", info, TOE_TIMER_RETRANSMIT);
	timer(list, "delayed_ack_left_ms", info, TOE_TIMER_DELACK);
	timer(list, "keepalive_left_ms", info, TOE_TIMER_KEEPALIVE);
	number(list, "keepalive_probes", info->conn.ka_probe_count);
	/* Pacing while data is in flight, else until the sender's memory is given back. */
	timer(list, "sender_left_ms", info, TOE_TIMER_SENDER);
}

unsigned int
conn_info_values(const struct conn_info *info, struct conn_value values[CONN_VALUES_MAX])
{
	struct list list = {.value = values};

	number(&list, "worker", info->worker);
	number(&list, "slot", info->slot);
	word(&list, "state", tcp_state_name(info->conn.state));
	flag(&list, "stopped", !info->may_send);
	flag(&list, "indicated", info->conn.flags & TOE_CONN_INDICATED);
	values_options(info, &list);
	values_congestion(info, &list);
	values_sending(info, &list);
	values_receiving(info, &list);
	values_timers(info, &list);
	return list.n;
}

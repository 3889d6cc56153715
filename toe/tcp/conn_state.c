/* SPDX-License-Identifier: BSD-3-Clause */
/* Exchange of a connection's state with the host's structures: ticks and ms, offsets and clocks (CTX-5, CTX-6). */
#include "conn_state.h"

#include <string.h>

#include "sender.h"
#include "tcp_arm.h"
#include "tcp_facts.h"
#include "tcp_keepalive.h"
#include "tcp_limits.h"
#include "tcp_rtt.h"
#include "tcp_types.h"
#include "user.h"

#define DEFAULT_TTL 64u
#define WINDOW_DEFAULT 65535u /* when the host names none */
#define RCV_SPACE_FIRST 65535u /* of a window that grows (auto-sizing) */

static uint32_t
ms_from_ticks(uint32_t ticks, uint32_t tick_ms)
{
	uint64_t ms = (uint64_t)ticks * tick_ms;

	return ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

/* srtt and rttvar: what is longer than the longest timeout says no more than that. */
static uint32_t
us_from_ticks(uint32_t ticks, uint32_t tick_ms)
{
	return RTE_MIN(ms_from_ticks(ticks, tick_ms), 8 * TCP_RTO_MAX_MS) * 1000;
}

/* 0 would mean that there is no sample. */
static uint32_t
ticks_from_us(uint32_t us, uint32_t tick_ms)
{
	return us == 0 ? 0 : RTE_MAX((us + tick_ms * 500) / (tick_ms * 1000), 1u);
}

/* Ticks left of a timer: 0 when it is due, OFFLOAD_TIMER_OFF when it does not run (CTX-6). */
static int32_t
ticks_left(const struct toe_engine *engine, uint32_t due, uint32_t tick_ms)
{
	int32_t left;

	if (due == 0)
		return OFFLOAD_TIMER_OFF;
	left = (int32_t)(due - engine->now_ms);
	return left <= 0 ? 0 : left / (int32_t)tick_ms;
}

static void
load_cached(struct toe_conn *conn, const struct tcp_cached *cached, uint32_t tick_ms)
{
	conn->cached_flags = (uint16_t)cached->flags;
	conn->initial_rcv_wnd = cached->initial_rcv_wnd;
	conn->rcv_indication_size = cached->rcv_indication_size;
	conn->ka_probes = (uint8_t)RTE_MIN(cached->ka_probe_count, 255u);
	conn->ka_timeout = ms_from_ticks(cached->ka_timeout, tick_ms);
	conn->ka_burst = 0;
	conn->ka_interval = ms_from_ticks(cached->ka_interval, tick_ms);
	/* TMR-4: both ends of the range have a meaning of their own, which a number of ticks does not reach. */
	conn->max_rt = cached->max_rt == UINT32_MAX
	                       ? UINT32_MAX
	                       : RTE_MIN(ms_from_ticks(cached->max_rt, tick_ms), UINT32_MAX - 1);
	conn->flow_label = cached->flow_label & 0xFFFFF;
	conn->ttl = cached->ttl ? cached->ttl : DEFAULT_TTL;
	conn->tos = cached->tos;
	conn->user_priority = cached->user_priority & 7;
}

static void
load_const(struct toe_conn *conn, const struct tcp_const *constant)
{
	conn->local_port = constant->local_port;
	conn->remote_port = constant->remote_port;
	conn->options = constant->flags;
	if (constant->flags & TCP_OPTION_WINDOW_SCALE) {
		conn->snd_wscale = constant->snd_wnd_scale;
		conn->rcv_wscale = constant->rcv_wnd_scale;
	}
	conn->mss = constant->remote_mss;
	conn->service = constant->service;
	conn->congestion = constant->congestion;
	if (constant->extensions & TCP_EXTENSION_PACING)
		conn->flags |= TOE_CONN_PACED;
	if (constant->service == OFFLOAD_SERVICE_SOURCE) {
		conn->snd_limit = constant->service_bytes;
		/* A FIN that is part of the state already ends the stream. */
		if (constant->service_bytes != OFFLOAD_SERVICE_UNLIMITED)
			conn->flags |= TOE_CONN_FIN_QUEUED;
	}
}

/* Auto-sizing begins to count: before that nobody has looked at the number, nor at the time. */
static void
begin_round(const struct toe_engine *engine, struct toe_conn *conn)
{
	conn->rcv_round_start = conn->rcv_nxt;
	conn->rcv_round_ms = engine->now_ms;
}

/* Where the host sets a limit the window grows up to it; else it is what was handed over. */
static void
load_window(const struct toe_engine *engine, struct toe_conn *conn, uint32_t window)
{
	if (conn->initial_rcv_wnd != 0)
		conn->rcv_space = RTE_MIN(conn->initial_rcv_wnd, RTE_MAX(window, RCV_SPACE_FIRST));
	else
		conn->rcv_space = window ? window : WINDOW_DEFAULT;
	begin_round(engine, conn);
}

/* Which FINs a state implies (RFC 9293 section 3.3.2). */
static void
load_state(struct toe_conn *conn, uint32_t state)
{
	/* What is outstanding with nothing but text: of a host's it is told, of others at least a FIN is part of it. */
	uint64_t text = conn->service == OFFLOAD_SERVICE_HOST ? conn->snd_limit : 0;

	conn->state = (uint8_t)state;
	/* With no more outstanding our FIN is still to be sent: the host closed behind a window that is closed. */
	if (state == TCP_FIN_WAIT_1 || state == TCP_CLOSING || state == TCP_LAST_ACK)
		conn->flags |= conn->snd_max - conn->snd_una <= text
		                       ? TOE_CONN_FIN_QUEUED
		                       : TOE_CONN_FIN_QUEUED | TOE_CONN_FIN_SENT;
	if (state == TCP_FIN_WAIT_2)
		conn->flags |= TOE_CONN_FIN_QUEUED | TOE_CONN_FIN_SENT;
	if (state == TCP_CLOSE_WAIT || state == TCP_CLOSING || state == TCP_LAST_ACK)
		conn->flags |= TOE_CONN_FIN_RCVD;
	/* These services answer a FIN with theirs (RFC 9293 3.6: CLOSE follows). */
	if (state == TCP_CLOSE_WAIT && conn->service != OFFLOAD_SERVICE_HOST)
		conn->flags |= TOE_CONN_FIN_QUEUED;
}

/* Send data in flight and behind it: everything before our FIN, if it was sent, is regenerated. */
static void
load_send_limit(struct toe_conn *conn)
{
	bool fin_outstanding = conn->state == TCP_FIN_WAIT_1 || conn->state == TCP_CLOSING ||
	                       conn->state == TCP_LAST_ACK;
	uint32_t outstanding = conn->snd_max - conn->snd_una;

	if (conn->service == OFFLOAD_SERVICE_HOST)
		return; /* it is told */
	if (conn->state == TCP_FIN_WAIT_2)
		conn->snd_limit = 0;
	else if (fin_outstanding)
		conn->snd_limit = outstanding > 0 ? outstanding - 1 : 0;
}

static void
load_delegated(struct toe_engine *engine, struct toe_conn *conn,
        const struct tcp_delegated *delegated, uint32_t tick_ms)
{
	uint32_t age;

	conn->rcv_nxt = delegated->rcv_nxt;
	conn->last_ack_sent = delegated->rcv_nxt;
	conn->rcv_adv = delegated->rcv_nxt + delegated->rcv_wnd;
	conn->snd_una = delegated->snd_una;
	conn->snd_nxt = delegated->snd_nxt;
	conn->snd_max = delegated->snd_max;
	conn->snd_wnd = delegated->snd_wnd;
	conn->max_snd_wnd = RTE_MAX(delegated->max_snd_wnd, delegated->snd_wnd);
	if (conn->service == OFFLOAD_SERVICE_HOST)
		conn->snd_limit = delegated->send_backlog_size;
	conn->snd_wl1 = delegated->snd_wl1;
	/* Beyond the window it is none of the peer's latest: older than half of the numbers go, and so than all to come. */
	if (seq_lt(conn->rcv_adv, conn->snd_wl1))
		conn->snd_wl1 = conn->rcv_nxt - 1;
	conn->cwnd = delegated->cwnd ? delegated->cwnd : tcp_initial_window(tcp_smss(engine, conn));
	conn->ssthresh = delegated->ssthresh ? delegated->ssthresh : UINT32_MAX;
	conn->srtt = us_from_ticks(delegated->srtt, tick_ms);
	conn->rttvar = us_from_ticks(delegated->rttvar, tick_ms);
	conn->rto = toe_rto_base(conn);
	conn->ts_recent = delegated->ts_recent;
	/* What is older than half the clock's round is as old as that: expired, and far from looking new again. */
	age = RTE_MIN(ms_from_ticks(delegated->ts_recent_age, tick_ms), (uint32_t)INT32_MAX);
	conn->ts_recent_age = engine->now_ms - age;
	conn->ts_offset = delegated->ts_time - engine->now_ms; /* TS-1 */
	conn->total_rt = ms_from_ticks(delegated->total_rt, tick_ms);
	conn->dup_ack_count = delegated->dup_ack_count;
	conn->snd_wnd_probe_count = delegated->snd_wnd_probe_count;
	conn->ka_probe_count = (uint8_t)RTE_MIN(delegated->ka_probe_count, 255u);
	conn->retransmit_count = (uint8_t)RTE_MIN(delegated->retransmit_count, 255u);
}

static void
load_timers(struct toe_engine *engine, struct toe_conn *conn, const struct tcp_delegated *delegated,
        uint32_t tick_ms)
{
	uint32_t index = (uint32_t)(conn - engine->conns);

	toe_wheel_node_init(conn);
	conn->ka_left = UINT32_MAX;
	if (delegated->ka_time_left >= 0)
		conn->ka_left = RTE_MIN(
		        ms_from_ticks((uint32_t)delegated->ka_time_left, tick_ms), UINT32_MAX - 1);
	toe_keepalive_start(engine, index, false);
	toe_tcp_arm(engine, index);
	if (delegated->retransmit_time_left >= 0)
		toe_tcp_arm_left(engine, index,
		        ms_from_ticks((uint32_t)delegated->retransmit_time_left, tick_ms));
}

/*
 * INIT-6: [SndUna, SndNxt) is in flight, [SndNxt, SndMax) is to be sent again first. When that happened is not
 * known: now.
 */
static void
load_sender(struct toe_engine *engine, struct toe_conn *conn)
{
	uint32_t again = conn->snd_nxt;
	struct toe_sender *sender;

	conn->snd_nxt = conn->snd_max;
	if (conn->snd_una == conn->snd_max)
		return;
	/* There is one for every connection, and a first record for every sender. */
	sender = toe_sender_get(engine, (uint32_t)(conn - engine->conns));
	toe_sent_append(engine, sender, conn->snd_una, conn->snd_max);
	toe_sent_at(engine, sender->head)->flags = TOE_SENT_EVER;
	if (again != conn->snd_max)
		toe_sent_take_back(engine, sender, again);
}

/* UPD-3: the keepalive's and the retransmission's time starts anew where the host says so. */
void
toe_conn_update(struct toe_engine *engine, uint32_t index, const struct tcp_cached *cached,
        uint32_t tick_ms)
{
	struct toe_conn *conn = &engine->conns[index], old = *conn;
	bool restart = cached->flags & TCP_CACHED_KEEPALIVE_RESTART, changed;

	load_cached(conn, cached, tick_ms);
	if (conn->flags & TOE_CONN_ENDED)
		return; /* nothing of it acts any more */
	changed = old.ka_probes != conn->ka_probes || old.ka_timeout != conn->ka_timeout ||
	          old.ka_interval != conn->ka_interval || old.max_rt != conn->max_rt;
	if (cached->flags & TCP_CACHED_MAX_RT_RESTART) {
		conn->total_rt = 0;
		if (changed) {
			conn->ka_probe_count = 0;
			restart = true;
		}
	}
	toe_keepalive_start(engine, index,
	        restart || ((old.cached_flags ^ conn->cached_flags) & TCP_CACHED_KEEPALIVE));
	if (old.initial_rcv_wnd != conn->initial_rcv_wnd)
		begin_round(engine, conn);
	if ((cached->flags & TCP_CACHED_UPDATE_RCV_WND) && cached->initial_rcv_wnd != 0) {
		conn->rcv_space = cached->initial_rcv_wnd;
		if (conn->rcv_adv - conn->rcv_nxt != conn->rcv_space)
			tcp_owe_ack(engine, index);
	} else if (conn->initial_rcv_wnd != 0) {
		conn->rcv_space = RTE_MIN(conn->rcv_space, conn->initial_rcv_wnd);
	}
}

void
toe_conn_load(struct toe_engine *engine, struct toe_conn *conn, const struct tcp_const *constant,
        const struct tcp_cached *cached, const struct tcp_delegated *delegated, uint32_t tick_ms)
{
	load_const(conn, constant);
	load_cached(conn, cached, tick_ms);
	load_delegated(engine, conn, delegated, tick_ms);
	load_window(engine, conn, delegated->rcv_wnd);
	load_state(conn, delegated->state);
	load_send_limit(conn);
	load_sender(engine, conn);
	load_timers(engine, conn, delegated, tick_ms);
	/* A window that takes no segment was closed by what the host had not read: nobody but us opens it (RCV-2). */
	if (tcp_is_receiving(conn) &&
	        delegated->rcv_wnd < RTE_MIN(tcp_smss(engine, conn), tcp_window_limit(conn) / 2))
		tcp_owe_ack(engine, (uint32_t)(conn - engine->conns));
}

/* SndNxt of the contract: from where on what was sent is to be sent again first. */
static uint32_t
sent_up_to(const struct toe_engine *engine, const struct toe_conn *conn)
{
	struct toe_sender *sender = toe_sender_of(engine, conn);
	uint32_t retry;

	if (sender == NULL)
		return conn->snd_nxt;
	retry = toe_sent_retry(engine, sender);
	return retry == TOE_INDEX_NONE ? conn->snd_nxt : toe_sent_at(engine, retry)->seq;
}

/*
 * When the retransmission timer is over, 0: it does not run. A probe's time and reordering's are this target's alone: who goes on
 * would take them for a timeout.
 */
static uint32_t
timeout_due(const struct toe_engine *engine, const struct toe_conn *conn)
{
	const struct toe_sender *sender = toe_sender_of(engine, conn);
	uint32_t due = conn->due[TOE_TIMER_RETRANSMIT];

	return due == 0 || sender == NULL || tcp_outstanding(conn) == 0 ||
	                       sender->timer == TOE_SENDER_RTO
	               ? due
	               : sender->rto_due;
}

static void
save_delegated(const struct toe_engine *engine, const struct toe_conn *conn,
        struct tcp_delegated *delegated, uint32_t tick_ms)
{
	memset(delegated, 0, sizeof(*delegated));
	delegated->state = conn->state;
	delegated->rcv_nxt = conn->rcv_nxt;
	/* What may still arrive under the window that the peer was shown. */
	delegated->rcv_wnd = conn->rcv_adv - conn->rcv_nxt;
	delegated->snd_una = conn->snd_una;
	delegated->snd_nxt = sent_up_to(engine, conn);
	delegated->snd_max = conn->snd_max;
	delegated->snd_wnd = conn->snd_wnd;
	delegated->max_snd_wnd = conn->max_snd_wnd;
	delegated->snd_wl1 = conn->snd_wl1;
	delegated->cwnd = conn->cwnd;
	delegated->ssthresh = conn->ssthresh;
	delegated->srtt = ticks_from_us(conn->srtt, tick_ms);
	delegated->rttvar = ticks_from_us(conn->rttvar, tick_ms);
	delegated->ts_recent = conn->ts_recent;
	delegated->ts_recent_age = (engine->now_ms - conn->ts_recent_age) / tick_ms;
	delegated->ts_time = engine->now_ms + conn->ts_offset;
	delegated->total_rt = conn->total_rt / tick_ms;
	delegated->dup_ack_count = conn->dup_ack_count;
	delegated->snd_wnd_probe_count = conn->snd_wnd_probe_count;
	delegated->ka_probe_count = conn->ka_probe_count;
	delegated->ka_time_left =
	        conn->ka_left == UINT32_MAX
	                ? ticks_left(engine, conn->due[TOE_TIMER_KEEPALIVE], tick_ms)
	                : (int32_t)(conn->ka_left / tick_ms);
	delegated->retransmit_count = conn->retransmit_count;
	delegated->retransmit_time_left = ticks_left(engine, timeout_due(engine, conn), tick_ms);
	/* A host's is outstanding whatever has become of the connection. */
	delegated->send_backlog_size = conn->service == OFFLOAD_SERVICE_HOST
	                                       ? conn->snd_limit - conn->snd_offset
	                                       : tcp_unacked(conn);
	delegated->receive_backlog_size = toe_service_backlog(engine, conn);
}

static void
save_cached(const struct toe_conn *conn, struct tcp_cached *cached, uint32_t tick_ms)
{
	memset(cached, 0, sizeof(*cached));
	cached->flags = conn->cached_flags;
	cached->initial_rcv_wnd = conn->initial_rcv_wnd;
	cached->rcv_indication_size = conn->rcv_indication_size;
	cached->ka_probe_count = conn->ka_probes;
	cached->ka_timeout = conn->ka_timeout / tick_ms;
	cached->ka_interval = conn->ka_interval / tick_ms;
	cached->max_rt = conn->max_rt == UINT32_MAX ? UINT32_MAX : conn->max_rt / tick_ms;
	cached->flow_label = conn->flow_label;
	cached->ttl = conn->ttl;
	cached->tos = conn->tos;
	cached->user_priority = conn->user_priority;
}

static uint32_t
conn_hash(const struct toe_engine *engine, const struct toe_conn *conn)
{
	const struct toe_path *path = &engine->shared->paths[conn->path];

	return toe_tuple_hash(path->source, path->destination, path->family == 4 ? 4 : 16,
	        conn->local_port, conn->remote_port);
}

void
toe_conn_save(const struct toe_engine *engine, const struct toe_conn *conn,
        struct tcp_const *constant, struct tcp_cached *cached, struct tcp_delegated *delegated,
        uint32_t tick_ms)
{
	if (constant != NULL)
		*constant = (struct tcp_const){
		        .local_port = conn->local_port,
		        .remote_port = conn->remote_port,
		        .flags = conn->options,
		        .snd_wnd_scale = conn->snd_wscale,
		        .rcv_wnd_scale = conn->rcv_wscale,
		        .service = conn->service,
		        .remote_mss = conn->mss,
		        .congestion = conn->congestion,
		        .extensions = conn->flags & TOE_CONN_PACED ? TCP_EXTENSION_PACING : 0,
		        .hash_value = conn_hash(engine, conn),
		        .service_bytes =
		                conn->service == OFFLOAD_SERVICE_SOURCE ? conn->snd_limit : 0,
		};
	if (cached != NULL)
		save_cached(conn, cached, tick_ms);
	if (delegated != NULL)
		save_delegated(engine, conn, delegated, tick_ms);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of a connection to offload, from the arguments of `tcp add` and `bulk add`. */
#include <string.h>

#include "cli_tcp_state.h"

#define INITIAL_WINDOW_SEGMENTS 10u /* RFC 6928 */
#define SSTHRESH_DEFAULT 1000000000u
#define KA_TIMEOUT_DEFAULT_MS 7200000u /* RFC 1122 4.2.3.6: two hours */
#define KA_INTERVAL_DEFAULT_MS 75000u

static uint64_t
get(const struct cli_line *line, enum cli_arg_id id, uint64_t fallback)
{
	return line->value[id].present ? line->value[id].number : fallback;
}

static bool
given(const struct cli_line *line, enum cli_arg_id id)
{
	return line->value[id].present;
}

static void
template_const(const struct cli_line *line, struct tcp_const *constant)
{
	if (given(line, ARG_TIMESTAMPS))
		constant->flags |= TCP_OPTION_TIMESTAMPS;
	if (given(line, ARG_SACK))
		constant->flags |= TCP_OPTION_SACK;
	if (given(line, ARG_SND_WSCALE) || given(line, ARG_RCV_WSCALE))
		constant->flags |= TCP_OPTION_WINDOW_SCALE;
	if (given(line, ARG_ECN))
		constant->flags |= TCP_OPTION_ECN;
	if (given(line, ARG_CC))
		constant->congestion = (uint8_t)(get(line, ARG_CC, 0) + OFFLOAD_CC_CUBIC);
	if (given(line, ARG_PACING))
		constant->extensions |= TCP_EXTENSION_PACING;
	constant->snd_wnd_scale = (uint8_t)get(line, ARG_SND_WSCALE, 0);
	constant->rcv_wnd_scale = (uint8_t)get(line, ARG_RCV_WSCALE, 0);
	constant->service = (uint8_t)get(line, ARG_SERVICE, 0);
	constant->remote_mss = (uint16_t)get(line, ARG_MSS, 1460);
	constant->service_bytes = get(line, ARG_BYTES, OFFLOAD_SERVICE_UNLIMITED);
}

static void
template_delegated(const struct cli_line *line, uint32_t mss, struct tcp_delegated *delegated)
{
	delegated->state = (uint32_t)get(line, ARG_STATE, TCP_ESTABLISHED);
	delegated->rcv_nxt = (uint32_t)get(line, ARG_RCV_NXT, 1);
	delegated->rcv_wnd = (uint32_t)get(line, ARG_RCV_WND, 65535);
	delegated->snd_una = (uint32_t)get(line, ARG_SND_UNA, 1);
	delegated->snd_nxt = (uint32_t)get(line, ARG_SND_NXT, delegated->snd_una);
	delegated->snd_max = (uint32_t)get(line, ARG_SND_MAX, delegated->snd_nxt);
	delegated->snd_wnd = (uint32_t)get(line, ARG_SND_WND, 65535);
	delegated->max_snd_wnd = (uint32_t)get(line, ARG_MAX_SND_WND, delegated->snd_wnd);
	delegated->snd_wl1 = (uint32_t)get(line, ARG_SND_WL1, delegated->rcv_nxt);
	delegated->cwnd = (uint32_t)get(line, ARG_CWND, INITIAL_WINDOW_SEGMENTS * mss);
	delegated->ssthresh = (uint32_t)get(line, ARG_SSTHRESH, SSTHRESH_DEFAULT);
	delegated->srtt = (uint32_t)get(line, ARG_SRTT, 0) * 8;
	delegated->rttvar = (uint32_t)get(line, ARG_RTTVAR, 0) * 4;
	delegated->ts_recent = (uint32_t)get(line, ARG_TS_RECENT, 0);
	delegated->ts_recent_age = (uint32_t)get(line, ARG_TS_RECENT_AGE, 0);
	delegated->ts_time = (uint32_t)get(line, ARG_TS_VAL, 0);
	delegated->ka_time_left = OFFLOAD_TIMER_OFF;
	delegated->retransmit_time_left = OFFLOAD_TIMER_OFF;
}

static void
apply_flag(const struct cli_line *line, enum cli_arg_id id, uint32_t flag, uint32_t *flags)
{
	if (!given(line, id))
		return;
	*flags &= ~flag;
	if (line->value[id].number != 0)
		*flags |= flag;
}

bool
tcp_cached_apply(const struct cli_line *line, struct tcp_cached *cached)
{
	static const enum cli_arg_id ids[] = {ARG_NAGLE, ARG_KEEPALIVE, ARG_KA_PROBES,
	        ARG_KA_TIMEOUT, ARG_KA_INTERVAL, ARG_MAX_RT, ARG_INITIAL_RCV_WND,
	        ARG_RCV_INDICATION, ARG_FLOW_LABEL, ARG_TTL, ARG_TOS, ARG_PRIORITY,
	        ARG_KEEPALIVE_RESTART, ARG_MAX_RT_RESTART, ARG_UPDATE_RCV_WND};
	bool any = false;

	for (unsigned int i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		any |= given(line, ids[i]);
	apply_flag(line, ARG_NAGLE, TCP_CACHED_NAGLE, &cached->flags);
	apply_flag(line, ARG_KEEPALIVE, TCP_CACHED_KEEPALIVE, &cached->flags);
	apply_flag(line, ARG_KEEPALIVE_RESTART, TCP_CACHED_KEEPALIVE_RESTART, &cached->flags);
	apply_flag(line, ARG_MAX_RT_RESTART, TCP_CACHED_MAX_RT_RESTART, &cached->flags);
	apply_flag(line, ARG_UPDATE_RCV_WND, TCP_CACHED_UPDATE_RCV_WND, &cached->flags);
	cached->ka_probe_count = (uint32_t)get(line, ARG_KA_PROBES, cached->ka_probe_count);
	cached->ka_timeout = (uint32_t)get(line, ARG_KA_TIMEOUT, cached->ka_timeout);
	cached->ka_interval = (uint32_t)get(line, ARG_KA_INTERVAL, cached->ka_interval);
	cached->max_rt = (uint32_t)get(line, ARG_MAX_RT, cached->max_rt);
	cached->initial_rcv_wnd = (uint32_t)get(line, ARG_INITIAL_RCV_WND, cached->initial_rcv_wnd);
	cached->rcv_indication_size =
	        (uint32_t)get(line, ARG_RCV_INDICATION, cached->rcv_indication_size);
	cached->flow_label = (uint32_t)get(line, ARG_FLOW_LABEL, cached->flow_label);
	cached->ttl = (uint8_t)get(line, ARG_TTL, cached->ttl);
	cached->tos = (uint8_t)get(line, ARG_TOS, cached->tos);
	cached->user_priority = (uint8_t)get(line, ARG_PRIORITY, cached->user_priority);
	return any;
}

void
tcp_template_make(const struct cli_line *line, struct tcp_template *tcp)
{
	memset(tcp, 0, sizeof(*tcp));
	template_const(line, &tcp->constant);
	template_delegated(line, tcp->constant.remote_mss, &tcp->delegated);
	tcp->cached.ka_timeout = KA_TIMEOUT_DEFAULT_MS;
	tcp->cached.ka_interval = KA_INTERVAL_DEFAULT_MS;
	tcp->cached.initial_rcv_wnd = tcp->delegated.rcv_wnd;
	tcp->cached.ttl = 64;
	tcp_cached_apply(line, &tcp->cached);
}

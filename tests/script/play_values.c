/* SPDX-License-Identifier: BSD-3-Clause */
/* Playing a script: the variables of the connection. */
#include <stdio.h>
#include <string.h>

#include "conn_state.h"
#include "items.h"
#include "play.h"
#include "service.h"

#define OURS_START 1000u
#define PEER_START 50000u
#define MSS_DEFAULT 1000u
#define WINDOW_DEFAULT 65535u
#define OUR_TS 10000u /* our timestamp clock at the start */
#define PEER_TS 5000u /* and the peer's */

static void
defaults(struct play *play)
{
	play->values = (struct play_values){.ours = OURS_START, .peer = PEER_START, .tick_ms = 1};
	play->params = (struct end_params){
	        .family = 4,
	        .timers_given = true,
	        .constant = {.service = OFFLOAD_SERVICE_SINK, .remote_mss = MSS_DEFAULT},
	        .delegated = {.state = TCP_ESTABLISHED,
	                .rcv_wnd = WINDOW_DEFAULT,
	                .snd_wnd = WINDOW_DEFAULT,
	                .cwnd = 100 * MSS_DEFAULT,
	                .ts_recent = PEER_TS,
	                .ts_time = OUR_TS,
	                .ka_time_left = OFFLOAD_TIMER_OFF,
	                .retransmit_time_left = OFFLOAD_TIMER_OFF},
	};
}

static bool
is_given(const struct statement *statement, const char *name)
{
	for (uint32_t i = 0; i < statement->values; i++)
		if (strcmp(statement->value[i].name->name, name) == 0)
			return true;
	return false;
}

/* Sequence numbers follow the starts, unless the script gives them. */
static void
default_sequence(struct play *play, const struct statement *statement)
{
	struct tcp_delegated *delegated = &play->params.delegated;

	if (!is_given(statement, "rcv-nxt"))
		delegated->rcv_nxt = play->values.peer;
	if (!is_given(statement, "snd-wl1"))
		delegated->snd_wl1 = delegated->rcv_nxt;
	if (!is_given(statement, "snd-una"))
		delegated->snd_una = play->values.ours;
	if (!is_given(statement, "snd-nxt"))
		delegated->snd_nxt = delegated->snd_una;
	if (!is_given(statement, "snd-max"))
		delegated->snd_max = delegated->snd_nxt;
}

static void
set_facts(struct play *play)
{
	const struct tcp_const *constant = &play->params.constant;
	uint16_t priority = play->params.cached.user_priority;

	play->facts = (struct frame_facts){
	        .ours = play->values.ours,
	        .peer = play->values.peer,
	        .family = play->params.family,
	        .timestamps = constant->flags & TCP_OPTION_TIMESTAMPS,
	        .scale_ours = constant->rcv_wnd_scale,
	        .scale_peer = constant->snd_wnd_scale,
	        .tagged = play->params.vlan_id != 0 || priority != 0,
	        .tci = (uint16_t)(priority << 13 | play->params.vlan_id),
	};
	play->snd_wnd = play->params.delegated.snd_wnd;
	play->last_tsval = play->params.delegated.ts_time;
	play->peer_ts = play->params.delegated.ts_recent;
}

bool
play_open(struct play *play, const struct statement *statement)
{
	struct homes homes = {
	        .constant = &play->params.constant,
	        .cached = &play->params.cached,
	        .delegated = &play->params.delegated,
	        .params = &play->params,
	        .play = &play->values,
	};
	enum offload_status status;

	defaults(play);
	/* Twice: sequence numbers count from starts that may be named behind them. */
	for (uint32_t i = 0; i < 2 * statement->values; i++) {
		const struct value *value = &statement->value[i % statement->values];

		name_set(value->name, &homes, value->range);
	}
	if (play->params.family != 4 && play->params.family != 6)
		return complain(play->complaint, statement->line, "family is 4 or 6");
	if (play->values.tick_ms != 1 && play->values.tick_ms != 10 && play->values.tick_ms != 100)
		return complain(play->complaint, statement->line, "tick is 1, 10 or 100");
	play->params.tick_ms = (uint8_t)play->values.tick_ms;
	play->params.user_priority = play->params.cached.user_priority;
	default_sequence(play, statement);
	set_facts(play);
	status = end_open(&play->end, &play->params);
	if (status != OFFLOAD_SUCCESS)
		return complain(play->complaint, statement->line,
		        "the connection is not offloaded: status %u", status);
	memcpy(play->facts.own_mac, play->end.shared.neighbors[play->end.neighbor].source_mac,
	        sizeof(play->facts.own_mac));
	play->open = true;
	return true;
}

bool
play_update(struct play *play, const struct statement *statement)
{
	struct tcp_cached cached;
	struct homes homes = {.cached = &cached, .params = &play->params, .play = &play->values};
	uint32_t mtu = play->params.mtu;
	bool only_mtu = true;

	toe_conn_save(&play->end.worker.engine, end_conn(&play->end), NULL, &cached, NULL,
	        play->params.tick_ms);
	cached.flags &= TCP_CACHED_KEEPALIVE | TCP_CACHED_NAGLE;
	for (uint32_t i = 0; i < statement->values; i++) {
		name_set(statement->value[i].name, &homes, statement->value[i].range);
		only_mtu = only_mtu && statement->value[i].name->home == HOME_PARAMS;
	}
	if (play->params.mtu != mtu)
		end_set_mtu(&play->end, play->params.mtu);
	if (!only_mtu && end_update(&play->end, &cached, play->params.tick_ms) != OFFLOAD_SUCCESS)
		return complain(play->complaint, statement->line, "the update is refused");
	return true;
}

/* The sink's digest tells whether what it got is the pattern. */
static bool
digest_is_good(const struct toe_worker *worker, const struct toe_conn *conn, uint64_t bytes)
{
	uint8_t period[TOE_PATTERN_PERIOD];
	XXH64_state_t state;

	if (conn->service != OFFLOAD_SERVICE_SINK)
		return true;
	for (uint32_t i = 0; i < TOE_PATTERN_PERIOD; i++)
		period[i] = (uint8_t)i;
	XXH64_reset(&state, 0);
	for (; bytes > 0; bytes -= RTE_MIN(bytes, (uint64_t)TOE_PATTERN_PERIOD))
		XXH64_update(&state, period, RTE_MIN(bytes, (uint64_t)TOE_PATTERN_PERIOD));
	return XXH64_digest(&state) == toe_service_digest(&worker->engine, conn);
}

bool
play_expect(struct play *play, const struct statement *statement)
{
	const struct toe_conn *conn = end_conn(&play->end);
	struct tcp_cached cached = {0};
	struct tcp_delegated delegated = play->terminated;
	struct homes homes = {
	        .cached = &cached,
	        .delegated = &delegated,
	        .play = &play->values,
	        .stats = &play->end.worker.engine.stats,
	};

	if (play->open) {
		toe_conn_save(&play->end.worker.engine, conn, NULL, &cached, &delegated,
		        play->params.tick_ms);
		play->values.received = conn->rcv_bytes;
		if (!digest_is_good(&play->end.worker, conn, conn->rcv_bytes))
			return complain(play->complaint, statement->line,
			        "the sink got other text than the peer's pattern");
	}
	for (uint32_t i = 0; i < statement->values; i++) {
		const struct value *value = &statement->value[i];
		int64_t is = name_get(value->name, &homes);
		char text[3][24];

		if (is < value->range[0] || is > value->range[1])
			return complain(play->complaint, statement->line,
			        "%s is %s, expected %s%s%s", value->name->name,
			        name_text(value->name, is, text[0], sizeof(text[0])),
			        name_text(value->name, value->range[0], text[1], sizeof(text[1])),
			        value->range[0] == value->range[1] ? "" : "..",
			        value->range[0] == value->range[1]
			                ? ""
			                : name_text(value->name, value->range[1], text[2],
			                          sizeof(text[2])));
	}
	return true;
}

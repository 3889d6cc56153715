/* SPDX-License-Identifier: BSD-3-Clause */
/* The names of a connection's variables. */
#include "names.h"

#include <stdio.h>
#include <string.h>

#define MEMBER(type, member) sizeof(((struct type *)0)->member), offsetof(struct type, member)
#define CONSTANT(text, kind, member)                                                               \
	{                                                                                          \
		text, IN_OPEN, HOME_CONST, kind, MEMBER(tcp_const, member), 0                      \
	}
#define CACHED(text, kind, member)                                                                 \
	{                                                                                          \
		text, IN_OPEN | IN_UPDATE | IN_EXPECT, HOME_CACHED, kind,                          \
		        MEMBER(tcp_cached, member), 0                                              \
	}
#define DELEGATED(text, kind, member)                                                              \
	{                                                                                          \
		text, IN_OPEN | IN_EXPECT, HOME_DELEGATED, kind, MEMBER(tcp_delegated, member), 0  \
	}
#define REPORTED(text, member)                                                                     \
	{                                                                                          \
		text, IN_EXPECT, HOME_DELEGATED, KIND_NUMBER, MEMBER(tcp_delegated, member), 0     \
	}
#define PARAMS(text, member)                                                                       \
	{                                                                                          \
		text, IN_OPEN, HOME_PARAMS, KIND_NUMBER, MEMBER(end_params, member), 0             \
	}
#define OPTION(text, bit)                                                                          \
	{                                                                                          \
		text, IN_OPEN, HOME_CONST, KIND_FLAG, MEMBER(tcp_const, flags), bit                \
	}
#define CACHED_FLAG(text, in, bit)                                                                 \
	{                                                                                          \
		text, in, HOME_CACHED, KIND_FLAG, MEMBER(tcp_cached, flags), bit                   \
	}

static const struct name names[] = {
        {"state", IN_OPEN | IN_EXPECT, HOME_DELEGATED, KIND_STATE, MEMBER(tcp_delegated, state), 0},
        {"service", IN_OPEN, HOME_CONST, KIND_SERVICE, MEMBER(tcp_const, service), 0},
        {"wscale", IN_OPEN, HOME_CONST, KIND_SCALE, MEMBER(tcp_const, snd_wnd_scale), 0},
        {"isn", IN_OPEN, HOME_PLAY, KIND_ISN, MEMBER(play_values, ours), 0},
        {"tick", IN_OPEN, HOME_PLAY, KIND_NUMBER, MEMBER(play_values, tick_ms), 0},
        {"received", IN_EXPECT, HOME_PLAY, KIND_NUMBER, MEMBER(play_values, received), 0},
        CONSTANT("mss", KIND_NUMBER, remote_mss), OPTION("timestamps", TCP_OPTION_TIMESTAMPS),
        OPTION("sack", TCP_OPTION_SACK), OPTION("ecn", TCP_OPTION_ECN),
        CONSTANT("cc", KIND_CC, congestion),
        {"pacing", IN_OPEN, HOME_CONST, KIND_FLAG, MEMBER(tcp_const, extensions),
                TCP_EXTENSION_PACING},
        PARAMS("family", family), PARAMS("vlan", vlan_id),
        {"mtu", IN_OPEN | IN_UPDATE, HOME_PARAMS, KIND_NUMBER, MEMBER(end_params, mtu), 0},
        PARAMS("max-retransmit", max_retransmit), CACHED("priority", KIND_NUMBER, user_priority),
        CACHED("initial-rcv-wnd", KIND_NUMBER, initial_rcv_wnd),
        CACHED("indication-size", KIND_NUMBER, rcv_indication_size),
        CACHED("ka-probes", KIND_NUMBER, ka_probe_count),
        CACHED("ka-timeout", KIND_NUMBER, ka_timeout),
        CACHED("ka-interval", KIND_NUMBER, ka_interval), CACHED("max-rt", KIND_LIMIT, max_rt),
        CACHED("flow", KIND_NUMBER, flow_label), CACHED("ttl", KIND_NUMBER, ttl),
        CACHED("tos", KIND_NUMBER, tos),
        CACHED_FLAG("keepalive", IN_OPEN | IN_UPDATE | IN_EXPECT, TCP_CACHED_KEEPALIVE),
        CACHED_FLAG("nagle", IN_OPEN | IN_UPDATE | IN_EXPECT, TCP_CACHED_NAGLE),
        CACHED_FLAG("keepalive-restart", IN_UPDATE, TCP_CACHED_KEEPALIVE_RESTART),
        CACHED_FLAG("max-rt-restart", IN_UPDATE, TCP_CACHED_MAX_RT_RESTART),
        CACHED_FLAG("update-rcv-wnd", IN_UPDATE, TCP_CACHED_UPDATE_RCV_WND),
        DELEGATED("rcv-nxt", KIND_PEERS, rcv_nxt), DELEGATED("rcv-wnd", KIND_NUMBER, rcv_wnd),
        DELEGATED("snd-una", KIND_OURS, snd_una), DELEGATED("snd-nxt", KIND_OURS, snd_nxt),
        DELEGATED("snd-max", KIND_OURS, snd_max), DELEGATED("snd-wnd", KIND_NUMBER, snd_wnd),
        DELEGATED("max-snd-wnd", KIND_NUMBER, max_snd_wnd),
        DELEGATED("snd-wl1", KIND_PEERS, snd_wl1), DELEGATED("cwnd", KIND_NUMBER, cwnd),
        DELEGATED("ssthresh", KIND_NUMBER, ssthresh), DELEGATED("srtt", KIND_EIGHTHS, srtt),
        DELEGATED("rttvar", KIND_QUARTERS, rttvar), DELEGATED("ts-recent", KIND_NUMBER, ts_recent),
        DELEGATED("ts-recent-age", KIND_NUMBER, ts_recent_age),
        DELEGATED("ts-time", KIND_NUMBER, ts_time), DELEGATED("total-rt", KIND_NUMBER, total_rt),
        DELEGATED("dup-acks", KIND_NUMBER, dup_ack_count),
        DELEGATED("probe-round", KIND_NUMBER, snd_wnd_probe_count),
        DELEGATED("ka-sent", KIND_NUMBER, ka_probe_count),
        DELEGATED("ka-left", KIND_TICKS, ka_time_left),
        DELEGATED("retransmits", KIND_NUMBER, retransmit_count),
        DELEGATED("retransmit-left", KIND_TICKS, retransmit_time_left),
        REPORTED("send-backlog", send_backlog_size),
        REPORTED("receive-backlog", receive_backlog_size),
#define STAT(member, help)                                                                         \
	{#member, IN_EXPECT, HOME_STATS, KIND_NUMBER, MEMBER(toe_stats, member), 0},
        TOE_STATS_LIST(STAT)
#undef STAT
};

static const char *const services[OFFLOAD_SERVICE_COUNT] = {"host", "sink", "source", "echo"};
static const char *const congestions[] = {"default", "cubic", "newreno", "dctcp"};

/* One of a list of words; its index. */
static bool
choose(struct words *words, const char *wanted, const char *const *list, uint32_t n,
        int64_t range[2])
{
	const char *word = words_need(words, wanted);
	char all[256] = "";

	if (word == NULL)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (strcmp(word, list[i]) == 0) {
			range[0] = range[1] = i;
			return true;
		}
		snprintf(all + strlen(all), sizeof(all) - strlen(all), " %s", list[i]);
	}
	return complain(
	        words->complaint, words->line, "word '%s': %s is one of:%s", word, wanted, all);
}

static bool
two_numbers(struct words *words, const char *name, int64_t high, int64_t range[2])
{
	const char *word = words_need(words, name), *behind;

	if (word == NULL)
		return false;
	return (text_pair(word, '/', range, &behind) && *behind == '\0' && range[0] >= 0 &&
	               range[1] >= 0 && range[0] <= high && range[1] <= high) ||
	       complain(words->complaint, words->line,
	               "word '%s': %s takes two numbers up to %lld, like 7/2", word, name,
	               (long long)high);
}

/* The value behind a name. */
static bool
value_parse(struct words *words, uint8_t in, const struct name *name, int64_t range[2])
{
	int64_t high = name->size == 8 ? INT64_MAX : (int64_t)(UINT64_MAX >> (64 - 8 * name->size));

	range[0] = range[1] = 1;
	switch (name->kind) {
	case KIND_FLAG:
		return true;
	case KIND_STATE:
		return choose(words, "a state", name_states, TCP_STATE_COUNT, range);
	case KIND_CC:
		return choose(
		        words, "congestion control", congestions, RTE_DIM(congestions), range);
	case KIND_SERVICE:
		if (!choose(words, "a service", services, OFFLOAD_SERVICE_COUNT, range))
			return false;
		range[1] = -1; /* unlimited */
		return range[0] != OFFLOAD_SERVICE_SOURCE || words_take(words, "unlimited") ||
		       words_number(words, "bytes of the source", 0, INT64_MAX, &range[1]);
	case KIND_SCALE:
		return two_numbers(words, name->name, 14, range);
	case KIND_ISN:
		return two_numbers(words, name->name, UINT32_MAX, range);
	case KIND_TICKS:
		range[0] = range[1] = OFFLOAD_TIMER_OFF;
		if (words_take(words, "off"))
			return true;
		break;
	case KIND_LIMIT:
		range[0] = range[1] = UINT32_MAX;
		if (words_take(words, "none"))
			return true;
		break;
	default:
		break;
	}
	if (in == IN_EXPECT)
		return words_range(words, name->name, -high, high, range);
	return words_number(words, name->name,
	               name->kind == KIND_OURS || name->kind == KIND_PEERS ? -high : 0, high,
	               &range[0]) &&
	       ((range[1] = range[0]), true);
}

bool
name_parse(struct words *words, uint8_t in, const struct name **found, int64_t range[2])
{
	const char *word = words_need(words, "a name");
	char all[2048] = "";
	bool clear;

	if (word == NULL)
		return false;
	for (uint32_t i = 0; i < RTE_DIM(names); i++) {
		const struct name *name = &names[i];

		if (!(name->in & in))
			continue;
		clear = name->kind == KIND_FLAG && strncmp(word, "no-", 3) == 0;
		if (strcmp(word + (clear ? 3 : 0), name->name) == 0) {
			*found = name;
			if (!value_parse(words, in, name, range))
				return false;
			if (clear)
				range[0] = range[1] = 0;
			return true;
		}
		snprintf(all + strlen(all), sizeof(all) - strlen(all), " %s", name->name);
	}
	return complain(
	        words->complaint, words->line, "word '%s': not a name; there are:%s", word, all);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading what stands behind `<`, `>` and `host`: flags, then fields in any order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_tcp.h>

#include "statement.h"

#define PEER (1u << VERB_PEER)
#define OURS (1u << VERB_OURS)
#define HOST (1u << VERB_HOST)
#define ANY (PEER | OURS | HOST)

static const struct {
	char letter;
	uint8_t flag;
} letters[] = {
        {'F', RTE_TCP_FIN_FLAG},
        {'S', RTE_TCP_SYN_FLAG},
        {'R', RTE_TCP_RST_FLAG},
        {'P', RTE_TCP_PSH_FLAG},
        {'A', RTE_TCP_ACK_FLAG},
        {'U', RTE_TCP_URG_FLAG},
        {'E', RTE_TCP_ECE_FLAG},
        {'C', RTE_TCP_CWR_FLAG},
};

/* "PA", "-" for none; a small p: PSH or not. */
static bool
flags_parse(struct words *words, enum verb verb, struct segment_spec *segment)
{
	const char *word = words_need(words, "flags");

	if (word == NULL)
		return false;
	if (strcmp(word, "-") == 0)
		return true;
	for (const char *at = word; *at != '\0'; at++) {
		uint32_t i = 0;

		if (*at == 'p' && verb == VERB_OURS) {
			segment->push_free = true;
			continue;
		}
		while (i < RTE_DIM(letters) && letters[i].letter != *at)
			i++;
		if (i == RTE_DIM(letters))
			return complain(words->complaint, words->line,
			        "word '%s': flags are letters of FSRPAUEC%s, or - for none", word,
			        verb == VERB_OURS ? ", p for PSH or not" : "");
		segment->flags |= letters[i].flag;
	}
	return true;
}

typedef bool (*field_parser)(struct words *words, enum verb verb, struct segment_spec *segment);

static bool
parse_seq(struct words *words, enum verb verb, struct segment_spec *segment)
{
	segment->listed |= LISTED_SEQ;
	return words_number(words, "seq", -INT64_C(0x80000000), UINT32_MAX, &segment->seq);
}

static bool
parse_ack(struct words *words, enum verb verb, struct segment_spec *segment)
{
	segment->listed |= LISTED_ACK;
	return words_number(words, "ack", -INT64_C(0x80000000), UINT32_MAX, &segment->ack);
}

/* A number of at most `bits` bits into a member. */
static bool
number_into(struct words *words, const char *wanted, uint32_t bits, void *member, uint32_t listed,
        struct segment_spec *segment)
{
	int64_t number;

	if (!words_number(words, wanted, 0, (INT64_C(1) << bits) - 1, &number))
		return false;
	memcpy(member, &number, (bits + 7) / 8); /* little endian */
	segment->listed |= listed;
	return true;
}

static bool
parse_len(struct words *words, enum verb verb, struct segment_spec *segment)
{
	return number_into(words, "len", 16, &segment->length, LISTED_LEN, segment);
}

static bool
parse_win(struct words *words, enum verb verb, struct segment_spec *segment)
{
	return number_into(words, "win", 30, &segment->window, LISTED_WIN, segment);
}

static bool
parse_tag(struct words *words, enum verb verb, struct segment_spec *segment)
{
	return number_into(words, "tag", 12, &segment->tag, LISTED_TAG, segment);
}

static bool
parse_prio(struct words *words, enum verb verb, struct segment_spec *segment)
{
	return number_into(words, "prio", 3, &segment->prio, LISTED_PRIO, segment);
}

static bool
parse_ttl(struct words *words, enum verb verb, struct segment_spec *segment)
{
	return number_into(words, "ttl", 8, &segment->ttl, LISTED_TTL, segment);
}

static bool
parse_tos(struct words *words, enum verb verb, struct segment_spec *segment)
{
	return number_into(words, "tos", 8, &segment->tos, LISTED_TOS, segment);
}

static bool
parse_flow(struct words *words, enum verb verb, struct segment_spec *segment)
{
	return number_into(words, "flow", 20, &segment->flow, LISTED_FLOW, segment);
}

static bool
parse_urgent(struct words *words, enum verb verb, struct segment_spec *segment)
{
	return number_into(words, "urgent", 16, &segment->urgent, 0, segment);
}

static bool
parse_times(struct words *words, enum verb verb, struct segment_spec *segment)
{
	int64_t number = 0;

	if (!words_number(words, "times", 1, 1000, &number))
		return false;
	segment->times = (uint32_t)number;
	return true;
}

static bool
parse_step(struct words *words, enum verb verb, struct segment_spec *segment)
{
	return number_into(words, "step", 16, &segment->step, 0, segment);
}

/* "5/7"; ours may have * for either. */
static bool
parse_ts(struct words *words, enum verb verb, struct segment_spec *segment)
{
	const char *word = words_need(words, "TSval/TSecr"), *at = word;
	uint32_t *value[2] = {&segment->tsval, &segment->tsecr};

	if (word == NULL)
		return false;
	for (uint32_t i = 0; i < 2; i++) {
		char *end;

		if (*at == '*' && verb == VERB_OURS) {
			segment->ts_free[i] = true;
			end = (char *)(uintptr_t)at + 1;
		} else {
			*value[i] = (uint32_t)strtoll(at, &end, 10);
		}
		if (end == at || *end != (i == 0 ? '/' : '\0'))
			return complain(words->complaint, words->line,
			        "word '%s': ts takes TSval/TSecr, like 5/7%s", word,
			        verb == VERB_OURS ? ", * for any" : "");
		at = end + 1;
	}
	segment->listed |= LISTED_TS;
	return true;
}

/* "2000-3000,5000-6000" */
static bool
parse_sack(struct words *words, enum verb verb, struct segment_spec *segment)
{
	const char *word = words_need(words, "blocks"), *at = word;

	if (word == NULL)
		return false;
	if (verb == VERB_OURS && strcmp(word, "any") == 0)
		return segment->sack_free = true;
	while (segment->sacks < SACK_MAX) {
		int64_t pair[2];

		if (!text_pair(at, '-', pair, &at))
			break;
		segment->sack[segment->sacks++] = (struct span){pair[0], pair[1]};
		if (*at == '\0')
			return true;
		if (*at++ != ',')
			break;
	}
	return complain(words->complaint, words->line,
	        "word '%s': sack takes up to %u blocks like 2000-3000,5000-6000%s", word, SACK_MAX,
	        verb == VERB_OURS ? ", or any" : "");
}

#define WORD(name, statement)                                                                      \
	static bool parse_##name(                                                                  \
	        struct words *words, enum verb verb, struct segment_spec *segment)                 \
	{                                                                                          \
		statement;                                                                         \
		return true;                                                                       \
	}

static bool
ecn_is(struct segment_spec *segment, uint8_t bits)
{
	segment->ecn = bits;
	segment->listed |= LISTED_ECN;
	return true;
}

WORD(no_ect, ecn_is(segment, 0))
WORD(ect1, ecn_is(segment, 1))
WORD(ect0, ecn_is(segment, 2))
WORD(ce, ecn_is(segment, 3))
WORD(no_ts, segment->no_ts = true)
WORD(junk, segment->junk = true)
WORD(fragment, segment->fragment = true)
WORD(ip_options, segment->ip_options = true)
WORD(other_port, segment->other_port = true)
WORD(other_mac, segment->other_mac = true)
WORD(bad_sum, segment->damage = DAMAGE_TCP_SUM)
WORD(bad_ip_sum, segment->damage = DAMAGE_IP_SUM)
WORD(bad_offset, segment->damage = DAMAGE_OFFSET)
WORD(long_offset, segment->damage = DAMAGE_LONG_OFFSET)
WORD(short_frame, segment->damage = DAMAGE_SHORT)
WORD(bad_option, segment->damage = DAMAGE_OPTION)
WORD(zero_option, segment->damage = DAMAGE_ZERO_OPTION)

static const struct {
	const char *word;
	uint32_t verbs;
	field_parser parse;
} fields[] = {
        {"seq", ANY, parse_seq},
        {"ack", ANY, parse_ack},
        {"len", ANY, parse_len},
        {"win", ANY, parse_win},
        {"sack", PEER | OURS, parse_sack},
        {"ts", PEER | OURS, parse_ts},
        {"no-ts", PEER, parse_no_ts},
        {"times", PEER | OURS, parse_times},
        {"step", PEER | OURS, parse_step},
        {"no-ect", PEER | OURS, parse_no_ect},
        {"ect0", PEER | OURS, parse_ect0},
        {"ect1", PEER | OURS, parse_ect1},
        {"ce", PEER | OURS, parse_ce},
        {"tag", PEER | OURS, parse_tag},
        {"prio", PEER | OURS, parse_prio},
        {"ttl", PEER | OURS, parse_ttl},
        {"tos", OURS, parse_tos},
        {"flow", OURS, parse_flow},
        {"urgent", PEER, parse_urgent},
        {"junk", PEER, parse_junk},
        {"fragment", PEER, parse_fragment},
        {"ip-options", PEER, parse_ip_options},
        {"other-port", PEER, parse_other_port},
        {"other-mac", PEER, parse_other_mac},
        {"bad-sum", PEER, parse_bad_sum},
        {"bad-ip-sum", PEER, parse_bad_ip_sum},
        {"bad-offset", PEER, parse_bad_offset},
        {"long-offset", PEER, parse_long_offset},
        {"short-frame", PEER, parse_short_frame},
        {"bad-option", PEER, parse_bad_option},
        {"zero-option", PEER, parse_zero_option},
};

static bool
field_parse(struct words *words, enum verb verb, struct segment_spec *segment)
{
	const char *word = words->word[words->at++];
	char all[512] = "";

	for (uint32_t i = 0; i < RTE_DIM(fields); i++) {
		if (!(fields[i].verbs & (1u << verb)))
			continue;
		if (strcmp(word, fields[i].word) == 0)
			return fields[i].parse(words, verb, segment);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), " %s", fields[i].word);
	}
	return complain(words->complaint, words->line,
	        "word '%s': not a field of a segment; there are:%s", word, all);
}

bool
segment_parse(struct words *words, enum verb verb, struct segment_spec *segment)
{
	*segment = (struct segment_spec){.times = 1};
	if (!flags_parse(words, verb, segment))
		return false;
	while (words_peek(words) != NULL)
		if (!field_parse(words, verb, segment))
			return false;
	/* Left out, these would be guesses about what the script means. */
	if (verb == VERB_PEER && !(segment->listed & LISTED_SEQ))
		return complain(words->complaint, words->line, "'seq' is missing");
	if (verb == VERB_PEER && (segment->flags & RTE_TCP_ACK_FLAG) &&
	        !(segment->listed & LISTED_ACK))
		return complain(words->complaint, words->line,
		        "'ack' is missing in a segment with A among its flags");
	if (verb == VERB_OURS && segment->length > 0 && !(segment->listed & LISTED_SEQ))
		return complain(
		        words->complaint, words->line, "'seq' is missing in a segment with text");
	return true;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading a script: statements. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "statement.h"

static const struct {
	const char *word;
	uint8_t kind;
} events[] = {
        {"retrieve", TOE_EVENT_RETRIEVE},
        {"disconnect", TOE_EVENT_DISCONNECT},
        {"abort", TOE_EVENT_ABORT},
};

static const char *const retrieve_words[RETRIEVE_REASON_COUNT] = {
        [RETRIEVE_NONE] = "none",
        [RETRIEVE_HARDWARE_FAILURE] = "hardware-failure",
        [RETRIEVE_INVALID_STATE] = "invalid-state",
        [RETRIEVE_RECEIVED_URGENT_DATA] = "received-urgent-data",
        [RETRIEVE_TIMEOUT_EXPIRATION] = "timeout-expiration",
        [RETRIEVE_UPLOAD_REQUESTED] = "upload-requested",
        [RETRIEVE_HIGH_DROP_RATE] = "high-drop-rate",
        [RETRIEVE_HIGH_FRAGMENTATION] = "high-fragmentation",
        [RETRIEVE_HIGH_OUT_OF_ORDER_PACKETS] = "high-out-of-order-packets",
        [RETRIEVE_LOW_ACTIVITY] = "low-activity",
        [RETRIEVE_NO_BUFFER_PREPOSTING] = "no-buffer-preposting",
        [RETRIEVE_SMALL_IO] = "small-io",
};

const char *
event_text(uint8_t kind, uint8_t detail, char *text, size_t size)
{
	for (uint32_t i = 0; i < RTE_DIM(events); i++)
		if (events[i].kind == kind)
			snprintf(text, size, "event %s%s%s", events[i].word,
			        kind == TOE_EVENT_RETRIEVE ? " " : "",
			        kind == TOE_EVENT_RETRIEVE && detail < RETRIEVE_REASON_COUNT
			                ? retrieve_words[detail]
			                : "");
	return text;
}

static bool
parse_event(struct words *words, struct statement *statement)
{
	const char *word;
	uint32_t i = 0;

	if (words_take(words, "none"))
		return statement->none = true;
	word = words_need(words, "retrieve, disconnect, abort or none");
	if (word == NULL)
		return false;
	while (i < RTE_DIM(events) && strcmp(word, events[i].word) != 0)
		i++;
	if (i == RTE_DIM(events))
		return complain(words->complaint, words->line,
		        "word '%s': an event is one of: retrieve disconnect abort none", word);
	statement->kind = events[i].kind;
	if (statement->kind != TOE_EVENT_RETRIEVE)
		return true;
	word = words_need(words, "the reason of the retrieve");
	for (i = 1; word != NULL && i < RETRIEVE_REASON_COUNT; i++)
		if (strcmp(word, retrieve_words[i]) == 0) {
			statement->detail = (uint8_t)i;
			return true;
		}
	return word != NULL && complain(words->complaint, words->line,
	                               "word '%s': not a reason for a retrieve (TERM-7)", word);
}

static bool
parse_values(struct words *words, uint8_t in, struct statement *statement)
{
	while (words_peek(words) != NULL) {
		struct value *value = &statement->value[statement->values++];

		if (statement->values == VALUES_MAX)
			return complain(words->complaint, words->line, "more than %u values",
			        VALUES_MAX - 1);
		if (!name_parse(words, in, &value->name, value->range))
			return false;
	}
	return statement->values > 0 || words_need(words, "a name") != NULL;
}

static bool
parse_segment(struct words *words, struct statement *statement)
{
	if (statement->verb != VERB_PEER && words_take(words, "none"))
		return statement->none = true;
	return segment_parse(words, statement->verb, &statement->segment);
}

static bool
parse_stop(struct words *words, struct statement *statement)
{
	static const char *const what[] = {"neighbor", "path", "connection"};
	const char *word = words_need(words, "neighbor, path or connection");

	for (uint8_t i = 0; word != NULL && i < RTE_DIM(what); i++)
		if (strcmp(word, what[i]) == 0) {
			statement->stop = i;
			return true;
		}
	return word != NULL &&
	       complain(words->complaint, words->line,
	               "word '%s': stop takes one of: neighbor path connection", word);
}

static const struct {
	const char *word;
	enum verb verb;
} verbs[] = {
        {"open", VERB_OPEN},
        {"<", VERB_PEER},
        {">", VERB_OURS},
        {"host", VERB_HOST},
        {"event", VERB_EVENT},
        {"expect", VERB_EXPECT},
        {"update", VERB_UPDATE},
        {"stop", VERB_STOP},
        {"relink", VERB_RELINK},
        {"terminate", VERB_TERMINATE},
};

static bool
parse_verb(struct words *words, struct statement *statement)
{
	const char *word = words_need(words, "a statement");

	for (uint32_t i = 0; word != NULL && i < RTE_DIM(verbs); i++)
		if (strcmp(word, verbs[i].word) == 0) {
			statement->verb = verbs[i].verb;
			return true;
		}
	return word != NULL && complain(words->complaint, words->line,
	                               "word '%s': a statement begins with one of: open < > host "
	                               "event expect update stop relink terminate",
	                               word);
}

static bool
parse_rest(struct words *words, struct statement *statement)
{
	switch (statement->verb) {
	case VERB_OPEN:
		return parse_values(words, IN_OPEN, statement);
	case VERB_EXPECT:
		return parse_values(words, IN_EXPECT, statement);
	case VERB_UPDATE:
		return parse_values(words, IN_UPDATE, statement);
	case VERB_EVENT:
		return parse_event(words, statement);
	case VERB_STOP:
		return parse_stop(words, statement);
	case VERB_PEER:
	case VERB_OURS:
	case VERB_HOST:
		return parse_segment(words, statement);
	default:
		return true;
	}
}

/* before: the statement before, NULL at the beginning. */
static bool
parse_statement(struct words *words, struct statement *statement, const struct statement *before)
{
	*statement = (struct statement){.line = words->line};
	if (words_take(words, "&")) {
		statement->same_burst = true;
	} else if (words_peek(words)[0] == '+') {
		statement->timed = true;
		if (!words_moment(words, statement->after))
			return false;
	}
	if (!parse_verb(words, statement) || !parse_rest(words, statement) || !words_end(words))
		return false;
	if (statement->same_burst &&
	        (statement->verb != VERB_PEER || before == NULL || before->verb != VERB_PEER))
		return complain(
		        words->complaint, words->line, "word '&': joins a < to the < before it");
	if (statement->after[0] != statement->after[1] &&
	        (statement->none ||
	                (statement->verb != VERB_OURS && statement->verb != VERB_EVENT &&
	                        statement->verb != VERB_HOST)))
		return complain(words->complaint, words->line,
		        "a range of time is for what the end does: > host event");
	if ((statement->verb == VERB_OPEN) != (before == NULL))
		return complain(words->complaint, words->line,
		        before == NULL ? "'open' is missing before this"
		                       : "there is one 'open', at the beginning");
	return true;
}

/* "# TCP-1 ...: what" */
static bool
check_header(const char *text, struct complaint *complaint)
{
	const char *end = strchr(text, '\n');
	const char *at = text + 2;

	if (end == NULL || strncmp(text, "# ", 2) != 0 || !isupper((unsigned char)*at))
		goto bad;
	while (isupper((unsigned char)*at))
		at++;
	if (*at != '-' || !isdigit((unsigned char)at[1]))
		goto bad;
	if (memchr(text, ':', (size_t)(end - text)) != NULL)
		return true;
bad:
	return complain(complaint, 1,
	        "the first line names what the script proves, like '# TCP-1 RFC 5681 3.2: what'");
}

bool
program_parse(struct program *program, const char *text, struct complaint *complaint)
{
	struct words words = {.complaint = complaint};
	uint32_t line = 1;

	program->count = 0;
	if (!check_header(text, complaint))
		return false;
	while (*text != '\0') {
		struct statement *at = &program->statement[program->count];

		if (!words_next(&words, &text, &line))
			return false;
		if (words.count == 0)
			continue;
		if (program->count == STATEMENTS_MAX)
			return complain(
			        complaint, words.line, "more than %u statements", STATEMENTS_MAX);
		if (!parse_statement(&words, at, program->count > 0 ? at - 1 : NULL))
			return false;
		program->count++;
	}
	return program->count > 0 || complain(complaint, line, "the script says nothing");
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* A script as text: words, numbers, times, complaints. */
#include "words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
complain(struct complaint *complaint, uint32_t line, const char *format, ...)
{
	va_list args;
	int used;

	if (complaint->text[0] != '\0')
		return false;
	used = snprintf(complaint->text, COMPLAINT_MAX, "%s:%u: ", complaint->file, line);
	va_start(args, format);
	vsnprintf(complaint->text + used, COMPLAINT_MAX - (size_t)used, format, args);
	va_end(args);
	return false;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* One line of text goes behind what words->text holds already; a comment stays behind. */
static bool
add_line(struct words *words, const char *from, size_t length)
{
	size_t used = strlen(words->text);
	const char *comment = memchr(from, '#', length);

	if (comment != NULL)
		length = (size_t)(comment - from);
	if (used + length + 2 > WORDS_LINE)
		return complain(words->complaint, words->line,
		        "the statement is longer than %u bytes", WORDS_LINE - 2);
	memcpy(words->text + used, from, length);
	words->text[used + length] = ' ';
	words->text[used + length + 1] = '\0';
	return true;
}

static bool
split(struct words *words)
{
	char *at = words->text;

	for (;;) {
		while (is_blank(*at))
			*at++ = '\0';
		if (*at == '\0')
			return true;
		if (words->count == WORDS_MAX)
			return complain(
			        words->complaint, words->line, "more than %u words", WORDS_MAX);
		words->word[words->count++] = at;
		while (*at != '\0' && !is_blank(*at))
			at++;
	}
}

bool
words_next(struct words *words, const char **text, uint32_t *line)
{
	words->count = words->at = 0;
	words->line = *line;
	words->text[0] = '\0';
	do {
		const char *end = strchr(*text, '\n');
		size_t length = end != NULL ? (size_t)(end - *text) : strlen(*text);

		if (!add_line(words, *text, length))
			return false;
		*text += length + (end != NULL);
		(*line)++;
	} while (is_blank(**text));
	return split(words);
}

bool
words_take(struct words *words, const char *word)
{
	const char *next = words_peek(words);

	if (next == NULL || strcmp(next, word) != 0)
		return false;
	words->at++;
	return true;
}

const char *
words_need(struct words *words, const char *wanted)
{
	if (words->at < words->count)
		return words->word[words->at++];
	if (words->count == 0)
		complain(words->complaint, words->line, "%s is missing", wanted);
	else
		complain(words->complaint, words->line, "after '%s': %s is missing",
		        words->word[words->count - 1], wanted);
	return NULL;
}

bool
words_end(struct words *words)
{
	const char *next = words_peek(words);

	return next == NULL ||
	       complain(words->complaint, words->line, "word '%s': nothing may follow here", next);
}

/* "5" or "5..9" */
static bool
range_of(const char *text, int64_t low, int64_t high, int64_t range[2])
{
	char *end;

	range[0] = range[1] = strtoll(text, &end, 10);
	if (end == text)
		return false;
	if (strncmp(end, "..", 2) == 0) {
		text = end + 2;
		range[1] = strtoll(text, &end, 10);
		if (end == text)
			return false;
	}
	return *end == '\0' && low <= range[0] && range[0] <= range[1] && range[1] <= high;
}

bool
words_range(struct words *words, const char *wanted, int64_t low, int64_t high, int64_t range[2])
{
	const char *text = words_need(words, wanted);

	if (text == NULL)
		return false;
	return range_of(text, low, high, range) ||
	       complain(words->complaint, words->line,
	               "word '%s': %s is a number from %lld to %lld, or a range like 5..9", text,
	               wanted, (long long)low, (long long)high);
}

bool
words_number(struct words *words, const char *wanted, int64_t low, int64_t high, int64_t *number)
{
	const char *text = words_need(words, wanted);
	int64_t range[2];

	if (text == NULL)
		return false;
	if (!range_of(text, low, high, range) || range[0] != range[1])
		return complain(words->complaint, words->line,
		        "word '%s': %s is a number from %lld to %lld", text, wanted, (long long)low,
		        (long long)high);
	*number = range[0];
	return true;
}

bool
text_pair(const char *text, char between, int64_t pair[2], const char **behind)
{
	char *end;

	pair[0] = strtoll(text, &end, 10);
	if (end == text || *end != between)
		return false;
	text = end + 1;
	pair[1] = strtoll(text, &end, 10);
	*behind = end;
	return end != text;
}

/* Digits with up to six behind the point, in millionths. */
static bool
millionths(const char **text, uint64_t *value)
{
	const char *at = *text;
	uint64_t unit = 1000000;

	*value = 0;
	while (*at >= '0' && *at <= '9')
		*value = *value * 10 + (uint64_t)(*at++ - '0') * unit;
	if (at == *text)
		return false;
	if (at[0] == '.' && at[1] != '.')
		for (at++; *at >= '0' && *at <= '9' && unit > 1; at++) {
			unit /= 10;
			*value += (uint64_t)(*at - '0') * unit;
		}
	*text = at;
	return true;
}

bool
words_moment(struct words *words, uint64_t range_us[2])
{
	const char *word = words_need(words, "a time");
	const char *at = word != NULL ? word + 1 : NULL;
	bool good;

	if (word == NULL)
		return false;
	good = word[0] == '+' && millionths(&at, &range_us[0]);
	range_us[1] = range_us[0];
	if (good && strncmp(at, "..", 2) == 0) {
		at += 2;
		good = millionths(&at, &range_us[1]);
	}
	if (good && strcmp(at, "ms") == 0) {
		range_us[0] /= 1000;
		range_us[1] /= 1000;
	} else if (good) {
		good = *at == '\0' || strcmp(at, "s") == 0;
	}
	return (good && range_us[0] <= range_us[1]) ||
	       complain(words->complaint, words->line,
	               "word '%s': a time is like +0.2, +40ms or +190..210ms", word);
}

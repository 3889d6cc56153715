/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A script as text: lines become words, words become numbers and times, and what is wrong is said once, with file and
 * line. Every function that can fail returns false after it has said why; the first reason stands.
 */
#ifndef TESTS_SCRIPT_WORDS_H
#define TESTS_SCRIPT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDS_MAX 96u
#define WORDS_LINE 2048u /* bytes of a statement, continuation lines included */
#define COMPLAINT_MAX 4096u

/* What is wrong with a script or with what the end did. */
struct complaint {
	const char *file;
	char text[COMPLAINT_MAX]; /* "file:line: ...", empty: nothing */
};

/* The words of one statement. */
struct words {
	struct complaint *complaint;
	uint32_t line;
	uint32_t count, at; /* at: the next one to be read */
	const char *word[WORDS_MAX];
	char text[WORDS_LINE];
};

/* Always false. */
bool complain(struct complaint *complaint, uint32_t line, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/*
 * Fill *words from *text, and move *text and *line behind the statement: a line and the lines after it that begin with
 * a blank. `#` begins a comment. An empty statement has no words.
 */
bool words_next(struct words *words, const char **text, uint32_t *line);

/* The next word; NULL at the end. */
static inline const char *
words_peek(const struct words *words)
{
	return words->at < words->count ? words->word[words->at] : NULL;
}

/* Take the next word if it is this one. */
bool words_take(struct words *words, const char *word);
/* The next word must be there; `wanted` says what should be. NULL after a complaint. */
const char *words_need(struct words *words, const char *wanted);
/* No word may be left. */
bool words_end(struct words *words);

/* A whole number from low to high. */
bool words_number(
        struct words *words, const char *wanted, int64_t low, int64_t high, int64_t *number);
/* "5", or a range "5..9" where both ends are allowed values. */
bool words_range(
        struct words *words, const char *wanted, int64_t low, int64_t high, int64_t range[2]);
/* "5-9": used for blocks of sequence numbers, each of which may be negative. */
bool text_pair(const char *text, char between, int64_t pair[2], const char **behind);
/* "+0.2", "+40ms", "+190..210ms": us from the moment before. */
bool words_moment(struct words *words, uint64_t range_us[2]);

#endif

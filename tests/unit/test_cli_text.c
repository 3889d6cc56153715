/* SPDX-License-Identifier: BSD-3-Clause */
/* Text from outside, and numbers, as the CLI's language takes them (P7, P9). */
#include <stdio.h>
#include <string.h>

#include "cli_number.h"
#include "cli_parse.h"
#include "cli_text.h"
#include "cli_wrap.h"
#include "unit.h"

static bool
is_clean(const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t bytes = cli_text_character(text, left);

		if (bytes == 0)
			return false;
		text += bytes;
		left -= bytes;
	}
	return true;
}

/* RFC 3629 4, by its table of bytes. */
static void
test_characters(void)
{
	static const char *const good[] = {"a", "~", "\xc2\xa0", "\xdf\xbf", "\xe0\xa0\x80",
	        "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
	        "\xf4\x8f\xbf\xbf"};
	static const char *const bad[] = {"", "\x1b", "\x7f", "\t", "\x80", "\xbf", "\xc0\x80",
	        "\xc1\xbf", "\xc2", "\xc2z", "\xc2\x80", "\xc2\x9b", "\xc2\x9f", "\xe0\x9f\xbf",
	        "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x9f\x98",
	        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CU_ASSERT_EQUAL(cli_text_character(good[i], strlen(good[i])), strlen(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(cli_text_character(bad[i], strlen(bad[i])), 0);
	/* never beyond what was given */
	CU_ASSERT_EQUAL(cli_text_character("\xe2\x82\xac", 2), 0);
}

static void
test_cut(void)
{
	/* two, three and four bytes, each text cut at every place */
	static const char text[] = "x\xc3\xa9y\xe2\x82\xacz\xf0\x9f\x98\x80w";
	char part[sizeof(text)];

	for (size_t length = 0; length < sizeof(text); length++) {
		snprintf(part, sizeof(part), "%.*s", (int)length, text);
		cli_text_cut(part);
		CU_ASSERT_TRUE(is_clean(part));
		CU_ASSERT_TRUE(strlen(part) <= length && length - strlen(part) < 4);
	}
	snprintf(part, sizeof(part), "%s", text);
	cli_text_cut(part);
	CU_ASSERT_STRING_EQUAL(part, text);
}

static void
test_clean(void)
{
	char text[] = "a\tb\x1b[2J\xc2\x9b\xff\xc3\xa9\xe2\x82";

	cli_text_clean(text);
	CU_ASSERT_STRING_EQUAL(text, "a\tb?[2J???\xc3\xa9??");
}

/* Whatever the line, its error can be shown and sent as JSON, and names the word. */
static void
test_errors(void)
{
	static struct cli_line line;
	static struct cli_error error;
	char text[200];

	CU_ASSERT_EQUAL(cli_parse(&line, "query caf\xe9 b", 11, &error), CLI_ERROR);
	CU_ASSERT_EQUAL(error.word, 2);
	CU_ASSERT_STRING_EQUAL(error.got, "caf");
	CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "byte 0xe9 in column 10"));
	CU_ASSERT_EQUAL(cli_parse(&line, "\xff", 1, &error), CLI_ERROR);
	CU_ASSERT_EQUAL(error.word, 1);
	CU_ASSERT_EQUAL(cli_parse(&line, "ping # caf\xe9", 11, &error), CLI_OK);
	CU_ASSERT_EQUAL(cli_parse(&line, "echo caf\xc3\xa9", 10, &error), CLI_OK);
	for (size_t before = 50; before < 64; before++) {
		memset(text, 'x', before);
		snprintf(text + before, sizeof(text) - before,
		        "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
		CU_ASSERT_EQUAL(cli_parse(&line, text, strlen(text), &error), CLI_ERROR);
		CU_ASSERT_EQUAL(error.word, 1);
		CU_ASSERT_TRUE(is_clean(error.got) && is_clean(error.message));
		cli_error_set(&error, &line, UINT32_MAX, "%0150d%s", 0, text);
		CU_ASSERT_TRUE(is_clean(error.message));
	}
}

static void
test_numbers(void)
{
	static const struct {
		const char *text;
		uint64_t number;
	} good[] = {{"0", 0}, {"7", 7}, {"010", 10}, {"1k", 1000}, {"2M", 2000000},
	        {"3G", 3000000000u}, {"0x10", 16}, {"0Xff", 255}, {"0x0", 0},
	        {"18446744073709551615", UINT64_MAX}, {"0xffffffffffffffff", UINT64_MAX},
	        {"18446744073709551k", 18446744073709551000u}};
	static const char *const bad[] = {"", " 1", "1 ", "-1", "+1", "1K", "1m", "1kk", "k", "0x",
	        "0x1k", "1.5", "1e3", "0b1", "ten", "18446744073709551616", "18446744073709552k",
	        "0x10000000000000000"};
	uint64_t number;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CU_ASSERT_TRUE(cli_number_parse(good[i].text, &number));
		CU_ASSERT_EQUAL(number, good[i].number);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_FALSE(cli_number_parse(bad[i], &number));
}

/* Lines of a wrapped text, joined by "|"; none is wider than it may be. */
static void
collect(void *context, const char *text, size_t length)
{
	char *all = context;

	CU_ASSERT_EQUAL(strlen(text), length);
	CU_ASSERT_TRUE(length <= CLI_WRAP_WIDTH);
	strcat(strcat(all, text), "|");
}

static void
test_wrap(void)
{
	char all[2000] = "", text[200], *end = text;
	struct cli_wrap line = {.emit = collect, .context = all};

	for (unsigned int i = 0; i < 12; i++)
		end += sprintf(end, "%sword-%02u-end", i != 0 ? " " : "", i);
	cli_wrap_put(&line, "left", 4, 10, 0, 0);
	cli_wrap_words(&line, text, 0, 10);
	cli_wrap_end(&line, 0);
	CU_ASSERT_STRING_EQUAL(all,
	        "left      word-00-end word-01-end word-02-end word-03-end word-04-end|"
	        "          word-05-end word-06-end word-07-end word-08-end word-09-end|"
	        "          word-10-end word-11-end|");
	/* to the last column, and one beyond */
	all[0] = '\0';
	memset(text, 'x', sizeof(text));
	cli_wrap_put(&line, text, CLI_WRAP_WIDTH - 3, 0, 0, 0);
	cli_wrap_put(&line, "yy", 2, 0, 1, 0);
	cli_wrap_put(&line, "z", 1, 0, 1, 4);
	cli_wrap_end(&line, 0);
	CU_ASSERT_EQUAL(strcspn(all, "|"), CLI_WRAP_WIDTH);
	CU_ASSERT_STRING_EQUAL(strchr(all, '|'), "|    z|");
	/* blanks at the end go, a line that is empty stays */
	all[0] = '\0';
	cli_wrap_put(&line, "a", 1, 20, 0, 0);
	cli_wrap_end(&line, 0);
	cli_wrap_end(&line, 0);
	CU_ASSERT_STRING_EQUAL(all, "a||");
}

static const struct unit_test tests[] = {
        {"P7: characters of UTF-8, and what is none", test_characters},
        {"P7: texts are cut between characters", test_cut},
        {"P7: what must not reach a terminal", test_clean},
        {"P7: errors can be sent, whatever the line", test_errors},
        {"P14: lines of a terminal", test_wrap},
        {"P9: numbers, one form for commands and options", test_numbers},
};

int
main(void)
{
	return unit_run("cli_text", tests, sizeof(tests) / sizeof(tests[0]));
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target of the CLI's line: parser, completion and help. Input: one line as it came from a socket,
 * any bytes. What is accepted must hold together by the grammar's own table, and what is refused must say
 * why.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_help.h"
#include "cli_parse.h"
#include "cli_text.h"

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static bool
points_into(const struct cli_line *line, const char *text)
{
	return (text >= line->raw && text < line->raw + sizeof(line->raw)) ||
	       (text >= line->split && text < line->split + sizeof(line->split));
}

static unsigned int
choices_count(const struct cli_arg *arg)
{
	unsigned int n = 0;

	while (arg->choices[n] != NULL)
		n++;
	return n;
}

static void
check_value(const struct cli_line *line, const struct cli_arg *arg)
{
	const struct cli_value *value = &line->value[arg->id];

	if (!value->present) {
		REQUIRE(!(arg->flags & CLI_REQUIRED));
		return;
	}
	REQUIRE(value->word < line->words);
	switch (arg->type) {
	case CLI_NUMBER:
	case CLI_AMOUNT:
	case CLI_SECONDS:
		REQUIRE(value->number >= arg->min && value->number <= arg->max);
		break;
	case CLI_CHOICE:
		REQUIRE(value->number < choices_count(arg));
		break;
	case CLI_FLAG:
		REQUIRE(value->number <= 1);
		break;
	case CLI_ADDRESS:
		REQUIRE(value->address.family == 4 || value->address.family == 6);
		break;
	case CLI_NEW_NAME:
		REQUIRE(points_into(line, value->text));
		REQUIRE(strlen(value->text) < CLI_NAME_MAX);
		REQUIRE(cli_keyword(line->command, value->text) == NULL);
		break;
	case CLI_OBJECT:
	case CLI_REST:
		REQUIRE(points_into(line, value->text));
		break;
	case CLI_SELECT:
		REQUIRE(line->select_count > 0);
		REQUIRE(line->select_first + line->select_count <= line->words);
		break;
	case CLI_MAC:
		break;
	}
}

/* It goes to terminals and into JSON. */
static void
check_text(const char *text, size_t room)
{
	size_t left = strnlen(text, room);

	REQUIRE(left < room);
	while (left > 0) {
		size_t bytes = *text == '\t' ? 1 : cli_text_character(text, left);

		REQUIRE(bytes != 0);
		text += bytes;
		left -= bytes;
	}
}

static void
check_line(const struct cli_line *line)
{
	const struct cli_arg *arg;
	unsigned int used;

	REQUIRE(line->words > 0 && line->words <= CLI_WORDS_MAX);
	check_text(line->raw, sizeof(line->raw));
	REQUIRE(cli_command_match(line->word, line->words, &used) == line->command);
	for (unsigned int i = 0; i < line->words; i++)
		REQUIRE(points_into(line, line->word[i]) && line->word[i][0] != '\0');
	for (unsigned int i = 0; (arg = cli_arg_at(line->command, i)) != NULL; i++)
		check_value(line, arg);
}

static void
check_error(const struct cli_error *error)
{
	REQUIRE(error->message[0] != '\0');
	check_text(error->message, sizeof(error->message));
	check_text(error->got, sizeof(error->got));
	REQUIRE(error->word == 0 || strstr(error->message, "word ") == error->message ||
	        strstr(error->message, "end of line") == error->message);
}

static void
check_completion(const char *text, size_t size)
{
	static struct cli_completion completion;

	cli_complete(text, size, &completion);
	REQUIRE(completion.count <= CLI_CANDIDATES);
	for (unsigned int i = 0; i < completion.count; i++)
		REQUIRE(strncmp(completion.candidate[i], completion.prefix,
		                strlen(completion.prefix)) == 0);
}

static void
ignore_line(void *context, const char *line, size_t length)
{
	REQUIRE(strlen(line) == length && length <= CLI_WRAP_WIDTH);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	static struct cli_line line;
	struct cli_error error;
	/* a buffer of exactly this size: a read past it is seen */
	char *text = malloc(size != 0 ? size : 1);

	REQUIRE(text != NULL);
	memcpy(text, input, size);
	memset(&error, 0, sizeof(error));
	switch (cli_parse(&line, text, size, &error)) {
	case CLI_OK:
		check_line(&line);
		if (line.command->id == CMD_HELP && line.value[ARG_TEXT].present)
			cli_help_command(line.value[ARG_TEXT].text, ignore_line, NULL);
		break;
	case CLI_ERROR:
		check_error(&error);
		break;
	case CLI_BLANK:
		REQUIRE(line.words == 0);
		break;
	}
	check_completion(text, size);
	free(text);
	return 0;
}

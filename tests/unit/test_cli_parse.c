/* SPDX-License-Identifier: BSD-3-Clause */
/* The CLI's language: every command of the grammar is reachable, values and errors are right. */
#include <stdio.h>
#include <string.h>

#include "cli_help.h"
#include "cli_parse.h"
#include "unit.h"

static struct cli_line line;
static struct cli_error error;

static enum cli_result
parse(const char *text)
{
	return cli_parse(&line, text, strlen(text), &error);
}

/* The line is refused, with this word number and this text in the message. */
static void
refused(const char *text, unsigned int word, const char *part)
{
	CU_ASSERT_EQUAL(parse(text), CLI_ERROR);
	CU_ASSERT_EQUAL(error.word, word);
	CU_ASSERT_PTR_NOT_NULL(strstr(error.message, part));
	if (strstr(error.message, part) == NULL)
		printf("'%s': %s\n", text, error.message);
}

static void
test_values(void)
{
	const struct cli_value *value = line.value;

	CU_ASSERT_EQUAL_FATAL(parse("neighbor add r1 vlan 0x10 mac 02:AB:00:00:00:0f"), CLI_OK);
	CU_ASSERT_EQUAL(line.command->id, CMD_NEIGHBOR_ADD);
	CU_ASSERT_STRING_EQUAL(value[ARG_NAME].text, "r1");
	CU_ASSERT_EQUAL(value[ARG_VLAN].number, 16);
	CU_ASSERT_EQUAL(memcmp(value[ARG_MAC].mac, "\x02\xab\0\0\0\x0f", 6), 0);
	CU_ASSERT_FALSE(value[ARG_PORT].present);
	CU_ASSERT_EQUAL_FATAL(parse("path add p neighbor r src fd00::1 dst fd00::2"), CLI_OK);
	CU_ASSERT_EQUAL(value[ARG_SRC].address.family, 6);
	CU_ASSERT_EQUAL(value[ARG_SRC].address.bytes[15], 1);
	CU_ASSERT_EQUAL_FATAL(
	        parse("tcp add c path p sport 1k dport 2 service echo bytes unlimited"), CLI_OK);
	CU_ASSERT_EQUAL(value[ARG_SPORT].number, 1000);
	CU_ASSERT_EQUAL(value[ARG_SERVICE].number, 3);
	CU_ASSERT_EQUAL(value[ARG_BYTES].number, UINT64_MAX);
	CU_ASSERT_EQUAL_FATAL(parse("wait 7 timeout 1.25"), CLI_OK);
	CU_ASSERT_EQUAL(line.command->id, CMD_WAIT);
	CU_ASSERT_EQUAL(value[ARG_TIMEOUT].number, 1250);
	CU_ASSERT_EQUAL_FATAL(parse("wait retrieved b"), CLI_OK);
	CU_ASSERT_EQUAL(line.command->id, CMD_WAIT_RETRIEVED);
	CU_ASSERT_EQUAL_FATAL(parse("update c nagle off keepalive ttl 3 sack"), CLI_ERROR);
	CU_ASSERT_EQUAL_FATAL(parse("update c nagle off keepalive ttl 3"), CLI_OK);
	CU_ASSERT_TRUE(value[ARG_NAGLE].present && value[ARG_NAGLE].number == 0);
	CU_ASSERT_TRUE(value[ARG_KEEPALIVE].present && value[ARG_KEEPALIVE].number == 1);
}

/* Extensions of a connection's state, what an update asks for once, and the views of both. */
static void
test_tcp_words(void)
{
	const struct cli_value *value = line.value;

	CU_ASSERT_EQUAL_FATAL(
	        parse("tcp add c path p sport 1 dport 2 service echo ecn cc dctcp pacing"), CLI_OK);
	CU_ASSERT_TRUE(value[ARG_ECN].present && value[ARG_PACING].present);
	CU_ASSERT_EQUAL(value[ARG_CC].number, 2);
	CU_ASSERT_EQUAL_FATAL(
	        parse("bulk add b connections 1 service sink cc newreno pacing"), CLI_OK);
	CU_ASSERT_EQUAL(value[ARG_CC].number, 1);
	CU_ASSERT_FALSE(value[ARG_ECN].present);
	refused("bulk add b connections 1 service sink cc", 9, "needs a value");
	refused("bulk add b connections 1 service sink cc reno", 9, "cubic, newreno, dctcp");
	CU_ASSERT_EQUAL_FATAL(
	        parse("update c keepalive-restart max-rt-restart update-rcv-wnd"), CLI_OK);
	CU_ASSERT_TRUE(value[ARG_KEEPALIVE_RESTART].present);
	CU_ASSERT_TRUE(value[ARG_MAX_RT_RESTART].present);
	CU_ASSERT_TRUE(value[ARG_UPDATE_RCV_WND].present);
	/* They are no state: a new connection has none of them. */
	refused("tcp add c path p sport 1 dport 2 service echo update-rcv-wnd", 12, "not known");
	CU_ASSERT_EQUAL_FATAL(parse("show mib port 3 v6"), CLI_OK);
	CU_ASSERT_EQUAL(line.command->id, CMD_SHOW_MIB);
	CU_ASSERT_TRUE(value[ARG_V6].present && !value[ARG_V4].present);
	CU_ASSERT_EQUAL(value[ARG_PORT].number, 3);
	CU_ASSERT_EQUAL_FATAL(parse("show connection b.c0-9 c1 limit 5"), CLI_OK);
	CU_ASSERT_EQUAL(line.command->id, CMD_SHOW_CONNECTION);
	CU_ASSERT_EQUAL(line.select_count, 2);
	refused("show connection", 3, "NAME");
}

static void
test_words(void)
{
	CU_ASSERT_EQUAL(parse(""), CLI_BLANK);
	CU_ASSERT_EQUAL(parse(" \t\r\n"), CLI_BLANK);
	CU_ASSERT_EQUAL(parse("  # only a comment"), CLI_BLANK);
	CU_ASSERT_EQUAL_FATAL(parse("\tquery  a b.c0-9\tb.p* limit 3 # x"), CLI_OK);
	CU_ASSERT_EQUAL(line.select_count, 3);
	CU_ASSERT_STRING_EQUAL(line.word[line.select_first], "a");
	CU_ASSERT_STRING_EQUAL(line.word[line.select_first + 2], "b.p*");
	CU_ASSERT_EQUAL(line.value[ARG_LIMIT].number, 3);
	CU_ASSERT_EQUAL_FATAL(parse("show tcp stopped"), CLI_OK);
	CU_ASSERT_EQUAL(line.select_count, 0);
	CU_ASSERT_TRUE(line.value[ARG_STOPPED].present);
	CU_ASSERT_EQUAL_FATAL(parse("echo  a  b "), CLI_OK);
	CU_ASSERT_STRING_EQUAL(line.value[ARG_TEXT].text, "a  b ");
	CU_ASSERT_EQUAL_FATAL(parse("relink r all to s"), CLI_OK);
	CU_ASSERT_EQUAL(line.select_count, 1);
	CU_ASSERT_TRUE(line.value[ARG_ALL].present);
}

static void
test_errors(void)
{
	char text[2 * CLI_LINE_MAX];

	refused("xyzzy", 1, "there are: neighbor, path");
	refused("port left 1", 2, "hold, release");
	refused("neighbor add r", 4, "'mac' is missing");
	refused("neighbor add r mac 02:00:00:00:00:0g", 5, "MAC");
	refused("neighbor add r mac 02:00:00:00:00:01 port", 7, "needs a value");
	refused("wait 0", 2, "1 to");
	refused("wait 18446744073709551616", 2, "not a number");
	refused("wait 99999999999G", 2, "not a number");
	refused("wait 1 timeout 86401", 4, "86400");
	refused("wait 1 timeout 1.2345", 4, "seconds");
	refused("query", 2, "NAME");
	refused("ping x", 2, "nothing more");
	refused("ping\x1b", 1, "control character 0x1b in column 5");
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	refused(text, 0, "at most 4095");
	for (unsigned int i = 0; i < 2 * (CLI_WORDS_MAX + 1); i++)
		text[i] = i % 2 == 0 ? 'a' : ' ';
	text[2 * (CLI_WORDS_MAX + 1)] = '\0';
	refused(text, 0, "more than 256 words");
}

/* Any two commands differ in their words, and every argument has a help text and a place of its own. */
static void
test_grammar(void)
{
	for (unsigned int i = 0; i < cli_command_count; i++) {
		const struct cli_command *command = &cli_commands[i];
		bool seen[ARG_COUNT] = {false};
		const struct cli_arg *arg;

		CU_ASSERT_EQUAL((unsigned int)command->id, i);
		CU_ASSERT_TRUE(command->help != NULL && command->help[0] != '\0');
		parse(command->words);
		CU_ASSERT_PTR_EQUAL(line.command, command);
		for (unsigned int n = 0; (arg = cli_arg_at(command, n)) != NULL; n++) {
			CU_ASSERT_FALSE(seen[arg->id]);
			seen[arg->id] = true;
			CU_ASSERT_TRUE(arg->help != NULL && arg->help[0] != '\0');
			CU_ASSERT_TRUE(arg->type != CLI_CHOICE || arg->choices != NULL);
			CU_ASSERT_TRUE(arg->type != CLI_NUMBER || arg->max > arg->min);
		}
	}
	CU_ASSERT_EQUAL(cli_command_count, CMD_COUNT);
}

static bool
offered(const struct cli_completion *completion, const char *word)
{
	for (unsigned int i = 0; i < completion->count; i++)
		if (strcmp(completion->candidate[i], word) == 0)
			return true;
	return false;
}

static void
test_completion(void)
{
	static struct cli_completion completion;

	cli_complete("", 0, &completion);
	CU_ASSERT_TRUE(offered(&completion, "invalidate") && offered(&completion, "bulk"));
	cli_complete("show p", 6, &completion);
	CU_ASSERT_TRUE(offered(&completion, "ports") && offered(&completion, "paths"));
	CU_ASSERT_FALSE(offered(&completion, "tcp"));
	cli_complete("neighbor add r mac 02:00:00:00:00:01 ", 37, &completion);
	CU_ASSERT_TRUE(offered(&completion, "vlan"));
	CU_ASSERT_FALSE(offered(&completion, "mac"));
	cli_complete("path add p neighbor ", 20, &completion);
	CU_ASSERT_TRUE(completion.objects && completion.layer == 1);
	cli_complete("tcp add c path p service s", 26, &completion);
	CU_ASSERT_TRUE(offered(&completion, "sink") && !offered(&completion, "echo"));
	cli_complete("query r", 7, &completion);
	CU_ASSERT_TRUE(completion.objects && completion.layer == 0);
}

static const struct unit_test tests[] = {
        {"values of every type", test_values},
        {"congestion control, ECN, pacing, updates that act once", test_tcp_words},
        {"words, comments, selections", test_words},
        {"errors name the word and what would be right", test_errors},
        {"the grammar's table holds together", test_grammar},
        {"completion", test_completion},
};

int
main(void)
{
	return unit_run("cli_parse", tests, sizeof(tests) / sizeof(tests[0]));
}

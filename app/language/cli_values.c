/* SPDX-License-Identifier: BSD-3-Clause */
/* One word as the value of an argument: numbers with units, MAC and IP addresses, names, choices. */
#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli_match.h"
#include "cli_number.h"
#include "cli_values.h"

static enum cli_result
parse_number(const struct cli_line *line, unsigned int word, const struct cli_arg *arg,
        struct cli_value *value, struct cli_error *error)
{
	const char *text = line->word[word];

	if (arg->type == CLI_AMOUNT && strcmp(text, "unlimited") == 0) {
		value->number = arg->max;
		return CLI_OK;
	}
	if (!cli_number_parse(text, &value->number))
		return cli_error_set(error, line, word,
		        "not a number " CLI_NUMBER_FORMS "; expected one from %" PRIu64
		        " to %" PRIu64 "%s for %s (%s)",
		        arg->min, arg->max, arg->type == CLI_AMOUNT ? ", or unlimited," : "",
		        arg->name, arg->help);
	if (value->number < arg->min || value->number > arg->max)
		return cli_error_set(error, line, word,
		        "out of range; expected %" PRIu64 " to %" PRIu64 " for %s (%s)", arg->min,
		        arg->max, arg->name, arg->help);
	return CLI_OK;
}

/* Seconds with up to three decimals, held in ms. */
static enum cli_result
parse_seconds(const struct cli_line *line, unsigned int word, const struct cli_arg *arg,
        struct cli_value *value, struct cli_error *error)
{
	const char *text = line->word[word];
	uint64_t ms = 0, unit = 100;
	unsigned int digits = 0;

	for (; isdigit((unsigned char)*text) && ms <= arg->max; text++, digits++)
		ms = ms * 10 + (uint64_t)(*text - '0') * 1000;
	if (*text == '.')
		for (text++; isdigit((unsigned char)*text) && unit > 0; text++, digits++) {
			ms += (uint64_t)(*text - '0') * unit;
			unit /= 10;
		}
	if (digits == 0 || *text != '\0' || ms < arg->min || ms > arg->max)
		return cli_error_set(error, line, word,
		        "expected seconds from %" PRIu64 ".%03u to %" PRIu64 ", like 2.5",
		        arg->min / 1000, (unsigned int)(arg->min % 1000), arg->max / 1000);
	value->number = ms;
	return CLI_OK;
}

static enum cli_result
parse_mac(const struct cli_line *line, unsigned int word, struct cli_value *value,
        struct cli_error *error)
{
	const char *text = line->word[word];
	bool good = strlen(text) == 17;

	for (unsigned int i = 0; good && i < 17; i++)
		good = i % 3 == 2 ? text[i] == ':' : isxdigit((unsigned char)text[i]) != 0;
	if (!good)
		return cli_error_set(error, line, word,
		        "not a MAC address; expected six bytes in hex, like 02:00:00:00:00:01");
	for (unsigned int i = 0; i < 6; i++) {
		unsigned int byte;

		sscanf(text + 3 * i, "%2x", &byte);
		value->mac[i] = (uint8_t)byte;
	}
	return CLI_OK;
}

static enum cli_result
parse_address(const struct cli_line *line, unsigned int word, struct cli_value *value,
        struct cli_error *error)
{
	const char *text = line->word[word];

	memset(value->address.bytes, 0, sizeof(value->address.bytes));
	if (inet_pton(AF_INET, text, value->address.bytes) == 1)
		value->address.family = 4;
	else if (inet_pton(AF_INET6, text, value->address.bytes) == 1)
		value->address.family = 6;
	else
		return cli_error_set(error, line, word,
		        "not an IP address; expected one like 10.0.0.1 or fd00::1");
	return CLI_OK;
}

static enum cli_result
parse_choice(const struct cli_line *line, unsigned int word, const struct cli_arg *arg,
        struct cli_value *value, struct cli_error *error)
{
	char list[160] = "";

	for (unsigned int i = 0; arg->choices[i] != NULL; i++) {
		size_t used = strlen(list);

		if (strcmp(line->word[word], arg->choices[i]) == 0) {
			value->number = i;
			return CLI_OK;
		}
		snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
		        arg->choices[i]);
	}
	return cli_error_set(error, line, word, "expected one of: %s", list);
}

static bool
is_any_keyword(const char *text)
{
	for (unsigned int i = 0; i < cli_command_count; i++)
		if (cli_keyword(&cli_commands[i], text) != NULL)
			return true;
	return strcmp(text, "all") == 0 || strcmp(text, "lost") == 0;
}

static enum cli_result
parse_new_name(const struct cli_line *line, unsigned int word, struct cli_value *value,
        struct cli_error *error)
{
	const char *text = line->word[word];
	size_t length = strlen(text);

	if (length >= CLI_NAME_MAX)
		return cli_error_set(error, line, word,
		        "name of %zu bytes; at most %u are possible", length, CLI_NAME_MAX - 1);
	if (!isalpha((unsigned char)text[0]))
		return cli_error_set(error, line, word, "a name begins with a letter");
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_' && text[i] != '-')
			return cli_error_set(error, line, word,
			        "'%c' in a name; expected letters, digits, '_' and '-'",
			        isprint((unsigned char)text[i]) ? text[i] : '?');
	if (is_any_keyword(text))
		return cli_error_set(error, line, word, "a keyword cannot be a name");
	value->text = text;
	return CLI_OK;
}

enum cli_result
cli_value_parse(const struct cli_line *line, unsigned int word, const struct cli_arg *arg,
        struct cli_value *value, struct cli_error *error)
{
	switch (arg->type) {
	case CLI_NUMBER:
	case CLI_AMOUNT:
		return parse_number(line, word, arg, value, error);
	case CLI_SECONDS:
		return parse_seconds(line, word, arg, value, error);
	case CLI_CHOICE:
		return parse_choice(line, word, arg, value, error);
	case CLI_MAC:
		return parse_mac(line, word, value, error);
	case CLI_ADDRESS:
		return parse_address(line, word, value, error);
	case CLI_NEW_NAME:
		return parse_new_name(line, word, value, error);
	case CLI_OBJECT:
		value->text = line->word[word];
		return CLI_OK;
	case CLI_REST:
		value->text = line->raw + (line->word[word] - line->split);
		return CLI_OK;
	case CLI_FLAG:
	case CLI_SELECT:
		break;
	}
	return CLI_OK;
}

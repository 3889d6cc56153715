/* SPDX-License-Identifier: BSD-3-Clause */
/* Help text and completion, generated from the grammar's table. */
#ifndef APP_CLI_HELP_H
#define APP_CLI_HELP_H

#include "cli_parse.h"
#include "cli_wrap.h"

/* All commands in one line each. */
void cli_help_all(cli_wrap_emit emit, void *context);
/* The commands that begin with these words, in full. Their number; 0: there is none. */
unsigned int cli_help_command(const char *words, cli_wrap_emit emit, void *context);

#define CLI_CANDIDATES 96u

struct cli_completion {
	/* words that may come next; static strings, or in `line` */
	const char *candidate[CLI_CANDIDATES];
	unsigned int count;
	bool objects; /* names of objects may come too ... */
	unsigned int layer; /* ... of this layer; 0: of any */
	bool one; /* a single object: the name of a group is none, but begins those of its objects */
	char prefix[CLI_NAME_MAX * 2]; /* the unfinished word, which every candidate begins with */
	char store[CLI_CANDIDATES][24]; /* first words of commands */
	struct cli_line line;
};

/* What may come next in an unfinished line. */
void cli_complete(const char *text, size_t length, struct cli_completion *completion);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program's own options: what follows `--` on the command line. EAL's options come before it.
 */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "chimney_target.h"

struct options {
	struct chimney_target_params target;
	const char *cli_socket;
	const char *script; /* NULL: none */
	uint32_t event_ring; /* records per producer */
	uint32_t request_ring;
	bool on_lost_exit;
};

enum options_result { OPTIONS_RUN, OPTIONS_EXIT, OPTIONS_ERROR };

/* argv[0] is skipped. OPTIONS_EXIT: --help or --version was printed. Errors have been said. */
enum options_result options_parse(struct options *options, int argc, char **argv);
/* Is this word one of the options, with or without "=VALUE"? */
bool options_know(const char *word);
/* The help text, made from the table that is parsed. */
void options_help(FILE *to);

#endif

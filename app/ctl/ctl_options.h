/* SPDX-License-Identifier: BSD-3-Clause */
/* chimneyctl's command line. */
#ifndef APP_CTL_OPTIONS_H
#define APP_CTL_OPTIONS_H

#include <stdbool.h>

struct ctl_options {
	const char *socket;
	bool json;
	bool keep_going;
	int words; /* of a command ... */
	char **word; /* ... that follow the options */
};

enum ctl_options_result { CTL_OPTIONS_RUN, CTL_OPTIONS_EXIT, CTL_OPTIONS_ERROR };

/* Options are written out, and end with the first word of the command or with `--`. What is said of them has been said. */
enum ctl_options_result ctl_options_parse(struct ctl_options *options, int argc, char **argv);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CLI's language as a table: commands, their arguments, types, ranges, units and help. The parser, the
 * help text and completion are all driven by it. It holds no code: cli_dispatch.c knows who does the work.
 */
#ifndef APP_CLI_GRAMMAR_H
#define APP_CLI_GRAMMAR_H

#include "cli_argument.h"

enum cli_command_id {
	CMD_NEIGHBOR_ADD,
	CMD_PATH_ADD,
	CMD_TCP_ADD,
	CMD_BULK_ADD,
	CMD_QUERY,
	CMD_UPDATE,
	CMD_RELINK,
	CMD_INVALIDATE,
	CMD_TERMINATE,
	CMD_HOLD,
	CMD_RELEASE,
	CMD_SHOW_NEIGHBORS,
	CMD_SHOW_PATHS,
	CMD_SHOW_TCP,
	CMD_SHOW_CONNECTION,
	CMD_SHOW_REQUESTS,
	CMD_SHOW_WORKERS,
	CMD_SHOW_PORTS,
	CMD_SHOW_COUNTERS,
	CMD_SHOW_MIB,
	CMD_SHOW_EVENTS,
	CMD_SHOW_MEMORY,
	CMD_SHOW_CAPABILITIES,
	CMD_SHOW_VERSION,
	CMD_EVENTS,
	CMD_WAIT_RETRIEVED,
	CMD_WAIT_DISCONNECTED,
	CMD_WAIT_ABORTED,
	CMD_WAIT,
	CMD_PORT_HOLD,
	CMD_PORT_RELEASE,
	CMD_OFFLOAD_PAUSE,
	CMD_OFFLOAD_RESUME,
	CMD_UPLOAD_ALL,
	CMD_UPLOAD_THRESHOLDS,
	CMD_UPLOAD,
	CMD_COUNTERS_RESET,
	CMD_JSON,
	CMD_HELP,
	CMD_COMPLETE,
	CMD_PING,
	CMD_ECHO,
	CMD_QUIT,
	CMD_COUNT
};

#define CLI_ARG_SETS 4u

struct cli_command {
	const char *words; /* one or two words */
	enum cli_command_id id;
	const struct cli_arg *args[CLI_ARG_SETS]; /* arrays, each ended by a NULL name */
	const char *help;
};

extern const struct cli_command cli_commands[];
extern const unsigned int cli_command_count;

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CLI's language as a table: commands, their arguments, types, ranges, units and help. The parser, the
 * help text and completion are all driven by it. It holds no code: cli_dispatch.c knows who does the work.
 */
#ifndef APP_CLI_GRAMMAR_H
#define APP_CLI_GRAMMAR_H

#include <stddef.h>
#include <stdint.h>

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
	CMD_SHOW_VERSION,
	CMD_EVENTS,
	CMD_WAIT_RETRIEVED,
	CMD_WAIT_DISCONNECTED,
	CMD_WAIT_ABORTED,
	CMD_WAIT,
	CMD_PORT_HOLD,
	CMD_PORT_RELEASE,
	CMD_COUNTERS_RESET,
	CMD_JSON,
	CMD_HELP,
	CMD_COMPLETE,
	CMD_PING,
	CMD_ECHO,
	CMD_QUIT,
	CMD_COUNT
};

/* Where the value of an argument is found after parsing (struct cli_line.value). */
enum cli_arg_id {
	ARG_NAME,
	ARG_SELECT,
	ARG_NUMBER,
	ARG_TEXT,
	ARG_MAC,
	ARG_SOURCE_MAC,
	ARG_PORT,
	ARG_VLAN,
	ARG_REACHABLE,
	ARG_NEIGHBOR,
	ARG_PATH,
	ARG_SRC,
	ARG_DST,
	ARG_MTU,
	ARG_SPORT,
	ARG_DPORT,
	ARG_SERVICE,
	ARG_BYTES,
	ARG_STATE,
	ARG_RCV_NXT,
	ARG_RCV_WND,
	ARG_SND_UNA,
	ARG_SND_NXT,
	ARG_SND_MAX,
	ARG_SND_WND,
	ARG_MAX_SND_WND,
	ARG_SND_WL1,
	ARG_CWND,
	ARG_SSTHRESH,
	ARG_SRTT,
	ARG_RTTVAR,
	ARG_MSS,
	ARG_SND_WSCALE,
	ARG_RCV_WSCALE,
	ARG_TIMESTAMPS,
	ARG_TS_RECENT,
	ARG_TS_RECENT_AGE,
	ARG_TS_VAL,
	ARG_SACK,
	ARG_ECN,
	ARG_CC,
	ARG_PACING,
	ARG_NAGLE,
	ARG_KEEPALIVE,
	ARG_KA_PROBES,
	ARG_KA_TIMEOUT,
	ARG_KA_INTERVAL,
	ARG_MAX_RT,
	ARG_INITIAL_RCV_WND,
	ARG_RCV_INDICATION,
	ARG_FLOW_LABEL,
	ARG_TTL,
	ARG_TOS,
	ARG_PRIORITY,
	ARG_KEEPALIVE_RESTART,
	ARG_MAX_RT_RESTART,
	ARG_UPDATE_RCV_WND,
	ARG_CONNECTIONS,
	ARG_PATHS,
	ARG_NEIGHBORS,
	ARG_V4,
	ARG_V6,
	ARG_ALL,
	ARG_TO,
	ARG_LIMIT,
	ARG_OFFSET,
	ARG_STOPPED,
	ARG_INDICATED,
	ARG_INVALID,
	ARG_WORKER,
	ARG_ASYNC,
	ARG_TIMEOUT,
	ARG_MODE,
	ARG_COUNT
};

enum cli_type {
	CLI_FLAG, /* a keyword without a value */
	CLI_NUMBER, /* min..max; decimal or 0x; k, M, G allowed behind */
	CLI_SECONDS, /* decimal fraction allowed; held in ms */
	CLI_AMOUNT, /* a number, or "unlimited" (UINT64_MAX) */
	CLI_CHOICE, /* one of `choices`; held as index */
	CLI_MAC,
	CLI_ADDRESS, /* IPv4 or IPv6 */
	CLI_NEW_NAME, /* name for something new */
	CLI_OBJECT, /* name of one object */
	CLI_SELECT, /* one or more names, ranges or wildcards, up to the next keyword */
	CLI_REST, /* the rest of the line as it is */
};

#define CLI_POSITIONAL 1u /* no keyword in front; in the order of the table, before all keywords */
#define CLI_REQUIRED 2u
#define CLI_SWITCHES_ON 4u /* on or off may follow the keyword (held as 1 or 0; neither: 1) */

struct cli_arg {
	const char *name; /* keyword; of a positional: what help calls it */
	enum cli_arg_id id;
	enum cli_type type;
	unsigned int flags;
	uint64_t min, max; /* CLI_NUMBER; CLI_SECONDS in ms; CLI_OBJECT: layer in min, 0 any */
	const char *const *choices; /* CLI_CHOICE, NULL at the end */
	const char *fallback; /* value when left out, as text for help; NULL: none */
	const char *help; /* with the unit */
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

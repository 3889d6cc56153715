/* SPDX-License-Identifier: BSD-3-Clause */
/* An argument of a command of the CLI: what kind of value it has, its range, unit and help. */
#ifndef APP_CLI_ARGUMENT_H
#define APP_CLI_ARGUMENT_H

#include <stddef.h>
#include <stdint.h>

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
	ARG_HIGH_DROP_RATE,
	ARG_HIGH_OUT_OF_ORDER,
	ARG_LOW_ACTIVITY,
	ARG_SMALL_IO,
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

#endif

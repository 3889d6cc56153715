/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The names that scripts have for the variables of a connection (CTX-5), in open, update and expect: one table, which
 * the parser, the two ways of setting and the comparison use.
 */
#ifndef TESTS_SCRIPT_NAMES_H
#define TESTS_SCRIPT_NAMES_H

#include "end.h"
#include "words.h"

/* Where a value lives. */
enum name_home {
	HOME_CONST, /* struct tcp_const */
	HOME_CACHED, /* struct tcp_cached */
	HOME_DELEGATED, /* struct tcp_delegated */
	HOME_PARAMS, /* struct end_params */
	HOME_PLAY, /* struct play_values */
	HOME_STATS, /* struct toe_stats */
};

/* How it is written. */
enum name_kind {
	KIND_NUMBER,
	KIND_OURS, /* sequence number from our start */
	KIND_PEERS, /* from the peer's start */
	KIND_EIGHTHS, /* kept times 8 */
	KIND_QUARTERS, /* kept times 4 */
	KIND_TICKS, /* signed; `off` is -1 */
	KIND_LIMIT, /* `none` is the largest */
	KIND_FLAG, /* a word alone; `no-` before it clears */
	KIND_STATE,
	KIND_SERVICE, /* sink, echo, source N */
	KIND_SCALE, /* S/R */
	KIND_CC,
	KIND_ISN, /* OURS/PEER */
};

/* In which statements. */
#define IN_OPEN 1u
#define IN_UPDATE 2u
#define IN_EXPECT 4u

struct name {
	const char *name;
	uint8_t in; /* IN_... */
	uint8_t home;
	uint8_t kind;
	uint8_t size; /* bytes of the member */
	uint16_t offset;
	uint32_t bit; /* KIND_FLAG */
};

/* What is not part of the contract's structures. */
struct play_values {
	uint32_t ours, peer; /* sequence numbers of offset 0 */
	uint32_t tick_ms;
	uint64_t received; /* bytes that the service got */
};

/* All that values are read from or written to. Those not wanted may be NULL. */
struct homes {
	struct tcp_const *constant;
	struct tcp_cached *cached;
	struct tcp_delegated *delegated;
	struct end_params *params;
	struct play_values *play;
	const struct toe_stats *stats;
};

extern const char *const name_states[TCP_STATE_COUNT];

/* Read a name and its value. in: the statement's IN_... bit. */
bool name_parse(struct words *words, uint8_t in, const struct name **found, int64_t range[2]);
void name_set(const struct name *name, const struct homes *homes, const int64_t range[2]);
/* As a script would write it. */
int64_t name_get(const struct name *name, const struct homes *homes);
/* A number of this name in words, for messages. */
const char *name_text(const struct name *name, int64_t value, char *text, size_t size);

#endif

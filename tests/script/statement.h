/* SPDX-License-Identifier: BSD-3-Clause */
/* What a script says, statement by statement (docs/scripts.md). */
#ifndef TESTS_SCRIPT_STATEMENT_H
#define TESTS_SCRIPT_STATEMENT_H

#include "names.h"
#include "words.h"

#define STATEMENTS_MAX 256u
#define VALUES_MAX 40u
#define SACK_MAX 4u

enum verb {
	VERB_OPEN,
	VERB_PEER, /* < */
	VERB_OURS, /* > */
	VERB_HOST, /* host */
	VERB_EVENT,
	VERB_EXPECT,
	VERB_UPDATE,
	VERB_STOP,
	VERB_RELINK,
	VERB_TERMINATE,
};

/* segment_spec.listed */
#define LISTED_SEQ (1u << 0)
#define LISTED_ACK (1u << 1)
#define LISTED_WIN (1u << 2)
#define LISTED_TS (1u << 3)
#define LISTED_TAG (1u << 4)
#define LISTED_PRIO (1u << 5)
#define LISTED_TTL (1u << 6)
#define LISTED_TOS (1u << 7)
#define LISTED_FLOW (1u << 8)
#define LISTED_LEN (1u << 9)
#define LISTED_ECN (1u << 10)

/* What is wrong with a segment of the peer, on purpose. */
enum damage {
	DAMAGE_NONE = 0,
	DAMAGE_TCP_SUM,
	DAMAGE_IP_SUM,
	DAMAGE_OFFSET, /* a data offset of less than 20 bytes */
	DAMAGE_LONG_OFFSET, /* a data offset behind the end */
	DAMAGE_SHORT, /* the frame ends before the IP packet does */
	DAMAGE_OPTION, /* an option that is longer than the header */
	DAMAGE_ZERO_OPTION, /* an option of length 0 */
	DAMAGE_COUNT
};

struct span {
	int64_t from, to;
};

/* A segment as a script writes it; sequence numbers count from the two starts. */
struct segment_spec {
	uint32_t listed;
	uint32_t times; /* so many in a row */
	uint32_t
	        step; /* sequence numbers from one to the next; 0: each where the one before it ends */
	uint8_t flags; /* RTE_TCP_..._FLAG */
	bool push_free; /* ours: PSH or not */
	bool sack_free; /* ours: SACK or not */
	bool no_ts; /* the peer's: without the timestamps that were agreed */
	bool ts_free[2]; /* ours: any TSval, any TSecr */
	bool junk; /* the peer's: text that is not the pattern's */
	bool fragment, ip_options, other_port, other_mac;
	uint8_t damage; /* enum damage */
	uint8_t ecn; /* IP's two bits */
	uint8_t prio, ttl, tos;
	uint16_t tag, urgent;
	int64_t seq, ack;
	uint32_t length, window; /* window: in bytes */
	uint32_t tsval, tsecr, flow;
	uint32_t sacks;
	struct span sack[SACK_MAX];
};

struct value {
	const struct name *name;
	int64_t range[2];
};

enum stopped { STOP_NEIGHBOR, STOP_PATH, STOP_CONNECTION };

struct statement {
	uint32_t line;
	enum verb verb;
	bool timed; /* after[] was given */
	bool same_burst; /* VERB_PEER: arrives together with the one before */
	bool none; /* VERB_OURS, VERB_HOST, VERB_EVENT: nothing */
	uint64_t after[2]; /* us: earliest and latest, from the statement before */
	struct segment_spec segment;
	uint8_t kind, detail; /* VERB_EVENT: enum toe_event_kind, enum retrieve_reason */
	uint8_t stop; /* enum stopped */
	uint32_t values; /* VERB_OPEN, VERB_EXPECT, VERB_UPDATE */
	struct value value[VALUES_MAX];
};

struct program {
	uint32_t count;
	struct statement statement[STATEMENTS_MAX];
};

/* Read all of a script. The first line must name what it proves: "# TCP-1 RFC 5681 3.2: text". */
bool program_parse(struct program *program, const char *text, struct complaint *complaint);

/* An event as a script would write it. */
const char *event_text(uint8_t kind, uint8_t detail, char *text, size_t size);

/* What stands behind `<`, `>` or `host`. verb says which fields make sense. */
bool segment_parse(struct words *words, enum verb verb, struct segment_spec *segment);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One end against a script: the test says, in stream offsets, what the peer sends and when, and
 * looks at each frame that comes back. IPv4; the clock moves only when the script says so.
 */
#ifndef TESTS_WIRE_SCRIPT_H
#define TESTS_WIRE_SCRIPT_H

#include <rte_tcp.h>

#include "end.h"

#define SCRIPT_OURS 1000u /* sequence number of offset 0 of what the end sends */
#define SCRIPT_PEER 50000u /* and of what the peer sends */
#define SCRIPT_WINDOW 65535u /* handed over, both ways */
#define SCRIPT_MSS 1000u

#define ACK RTE_TCP_ACK_FLAG
#define FIN RTE_TCP_FIN_FLAG
#define RST RTE_TCP_RST_FLAG
#define SYN RTE_TCP_SYN_FLAG

/* A segment of the peer; seq and ack are offsets from SCRIPT_PEER and SCRIPT_OURS. */
struct script_segment {
	int32_t seq;
	int32_t ack;
	uint32_t length; /* text: the pattern at that offset */
	uint32_t window; /* in the header; 0: SCRIPT_WINDOW, see no_window */
	uint32_t tsval, tsecr;
	uint8_t flags; /* 0: ACK */
	uint8_t ecn; /* of the IP header */
	uint8_t sacks;
	struct toe_sack sack[TOE_SACKS_MAX]; /* offsets from SCRIPT_OURS */
	uint16_t urgent; /* urgent pointer */
	bool timestamps;
	bool no_window;
};

struct script {
	struct end end;
	struct rte_mempool *pool;
	uint64_t now_us;
	struct toe_segment got; /* the last frame taken; seq, ack and blocks as offsets */
	uint8_t text[2048]; /* its text */
};

/* 0 or a negative errno. */
int script_init(struct script *script);
void script_fini(struct script *script);

/* ESTABLISHED, nothing outstanding, windows of SCRIPT_WINDOW, MSS SCRIPT_MSS, cwnd large. */
struct end_params script_params(enum offload_service service);
/* Offload; the test fails when that fails. */
void script_open(struct script *script, const struct end_params *params);
/* The same in this state; our FIN, when it was sent and not acknowledged, is at offset 0. */
void script_open_in(struct script *script, enum tcp_state state, enum offload_service service);
/* Terminate; the test fails when mbufs are still in use. */
void script_close(struct script *script, struct tcp_delegated *delegated);

/* The peer sends. */
void script_send(struct script *script, struct script_segment segment);
/*
 * Time passes in steps of 1 ms, the end works in each; what it sends stays in its transmit buffer.
 */
void script_pass(struct script *script, uint32_t ms);
/* The end works, then its oldest frame is taken into script->got. False: it has none. */
bool script_take(struct script *script);
/* True when the next frame is an ACK without text, of this offset. */
bool script_took_ack(struct script *script, int32_t ack);
/* True when the next frame carries this text (and FIN, if in flags). */
bool script_took_text(struct script *script, int32_t seq, uint32_t length, uint8_t flags);
/* The port takes nothing: frames of others fill the transmit buffer. */
void script_fill(struct script *script);
/* What is in the transmit buffer goes away unseen. */
void script_drop(struct script *script);
/* Frames that the end has sent and that nobody has taken. */
uint32_t script_waiting(struct script *script);

static inline struct toe_conn *
script_conn(struct script *script)
{
	return end_conn(&script->end);
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A slow look at all connections in turn, for what a host or the operator wants to know of them: how much a sender should
 * keep outstanding (SEND_BACKLOG_CHANGE, EVT-1), and whether a connection would be better off with its host (the optional
 * reasons of RETRIEVE, TERM-7). Where nobody has asked it costs one check a millisecond, and nothing on the path of a segment;
 * else TOE_SURVEY_STEP connections a millisecond, each of them once in TOE_SURVEY_PASS_MS at most.
 *
 * Nothing is dropped for want of room in a ring: what is not told now is found again by the next look (EVT-4).
 *
 * Called by the owning worker only.
 */
#ifndef TOE_SURVEY_H
#define TOE_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#define TOE_SURVEY_STEP 64u /* connections a millisecond */
#define TOE_SURVEY_PASS_MS 100u /* a connection is not looked at more often */
#define TOE_SURVEY_WINDOW_MS 1000u /* over which thresholds are measured, at least */
#define TOE_SURVEY_SAMPLE 16u /* segments without which a share says nothing */
/* A host that does not act on an optional RETRIEVE gets the next one after 1, 2, 4 .. windows */
#define TOE_SURVEY_DAMP_MAX 6u

/* What is remembered of a connection, while somebody wants to know; generation: whose it is. */
struct toe_surveyed {
	uint32_t generation;
	uint32_t backlog; /* bytes, told last; 0: nothing was */
	uint32_t since; /* worker ms: the window began, with these counts: */
	uint32_t in, out, again; /* segments */
	uint32_t bytes; /* of text, both ways, modulo 2^32 */
	uint16_t out_of_order; /* segments since then */
	uint8_t told; /* optional RETRIEVEs so far, at most TOE_SURVEY_DAMP_MAX */
	uint8_t quiet; /* windows to go before the next one */
};

_Static_assert(sizeof(struct toe_surveyed) == 32, "two of them in a cache line");

struct toe_survey {
	struct toe_surveyed
	        *conns; /* by connection; its pages are taken when somebody wants to know */
	uint32_t next; /* connection */
	uint32_t pass_ms; /* worker ms when this pass began */
	bool on; /* somebody wants to know */
};

struct toe_engine;

int toe_survey_init(struct toe_engine *engine); /* 0 or -ENOMEM */
void toe_survey_fini(struct toe_engine *engine);
/* Bytes, where somebody wants to know. */
uint64_t toe_survey_estimate(uint32_t conn_capacity);
/* The clock has come to another ms. */
void toe_survey_step(struct toe_engine *engine);
/* A segment of this connection came out of order. */
void toe_survey_out_of_order(struct toe_engine *engine, uint32_t index);

#endif

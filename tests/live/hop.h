/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A link between two interfaces that loses, repeats, reorders, marks, delays and slows down frames on
 * purpose: the only place of a live test where that may happen, so that what an end does about it can be told
 * from what the machine did to it. Parts: rules (what happens to a frame), queue (when it goes on), capture.
 */
#ifndef TESTS_LIVE_HOP_H
#define TESTS_LIVE_HOP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "rng.h"

#define HOP_FRAME_MAX 2032u /* bytes; the links have an MTU of 1500 */
#define HOP_SIDES 2u

/* A frame on its way. */
struct hop_frame {
	struct hop_frame *next_free;
	uint64_t due_ns;
	uint64_t number; /* order of arrival: frames due at the same time keep it */
	uint32_t to; /* side that it goes to */
	uint32_t length;
	uint8_t data[HOP_FRAME_MAX];
};

/* ---- rules: one set for each direction ---- */

struct hop_rules {
	double loss, duplicate, reorder, mark; /* probabilities */
	uint64_t delay_us;
	uint64_t reorder_us; /* what a frame chosen by `reorder` waits beyond the others */
	double rate_mbit; /* 0: no limit */
	uint64_t queue; /* frames that wait for the rate; more are dropped */
};

struct hop_counts {
	uint64_t frames, bytes; /* received */
	uint64_t tcp; /* of those: the rules apply to these only */
	uint64_t lost, duplicated, reordered, marked, overflowed;
	uint64_t sent, too_long, send_errors;
	uint64_t missed; /* frames that the kernel dropped before the hop read them */
};

struct hop_direction {
	struct hop_rules rules;
	struct hop_counts counts;
	struct rng rng;
	uint64_t free_ns; /* when the link has sent what waits for the rate */
};

/* What is to happen to one frame. */
struct hop_fate {
	bool lost;
	bool duplicated;
	uint64_t due_ns;
};

/* 0, or -1: `word` is no rule, or `value` not one of its values. */
int hop_rules_set(struct hop_rules *rules, const char *word, const char *value);
/* Draws for every TCP frame are a function of seed, direction and its place in the order of arrival. */
void hop_rules_seed(struct hop_direction *direction, uint64_t seed, uint32_t from);
/* Decide, count, and mark Congestion Experienced in `frame` when it is to be. */
struct hop_fate hop_rules_apply(
        struct hop_direction *direction, struct hop_frame *frame, uint64_t now_ns);

/* ---- queue: frames by the time at which they are due ---- */

struct hop_queue {
	struct hop_frame **heap;
	uint32_t count, room;
	struct hop_frame *free;
	uint64_t numbers;
};

/* A frame to be filled; ends the program when there is no memory. */
struct hop_frame *hop_queue_take(struct hop_queue *queue);
void hop_queue_give(struct hop_queue *queue, struct hop_frame *frame);
void hop_queue_push(struct hop_queue *queue, struct hop_frame *frame);
/* The next frame due at or before `now_ns`, NULL: none. */
struct hop_frame *hop_queue_pop(struct hop_queue *queue, uint64_t now_ns);
/* Nanoseconds until the next frame is due, -1: the queue is empty. */
int64_t hop_queue_wait(const struct hop_queue *queue, uint64_t now_ns);

/* ---- capture: what one side sent, before any loss, and what it received, after it ---- */

struct hop_capture {
	FILE *file;
	uint32_t side;
};

/* 0, or -1 with errno. */
int hop_capture_open(struct hop_capture *capture, uint32_t side, const char *path);
/* 0, or -1 with errno: the file is not whole. */
int hop_capture_close(struct hop_capture *capture);
/* A frame that `side` sends or receives now. */
void hop_capture_frame(
        struct hop_capture *capture, uint32_t side, const uint8_t *data, uint32_t length);

#endif

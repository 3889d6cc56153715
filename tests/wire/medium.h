/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is bad about a wire, in virtual time: it delays, loses, doubles, reorders, damages and marks frames, has a rate, a queue and
 * an MTU, all from one seed. Who sends and who receives is the caller's.
 */
#ifndef TESTS_WIRE_MEDIUM_H
#define TESTS_WIRE_MEDIUM_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "rng.h"

#define LINK_FRAMES 4096u

struct link_params {
	uint64_t seed;
	uint32_t loss, duplicate, reorder; /* percent of the frames */
	uint32_t split; /* percent of the frames that arrive as a chain of mbufs */
	uint32_t corrupt; /* percent of the frames: some bits of one byte flipped */
	uint32_t delay_us; /* one way */
	uint32_t jitter_us; /* more delay, drawn for each frame; the order stays */
	uint32_t rate; /* bytes per ms, 0: any */
	uint32_t queue; /* bytes that wait for that rate; what does not fit is lost */
	uint32_t mark_above; /* bytes in the queue above which frames are marked (ECN), 0: never */
	uint32_t mark; /* percent of the frames that are marked besides */
	uint32_t
	        mtu; /* longer IP packets vanish, and their sender is told a while later; 0: none do */
	uint32_t take_max; /* frames that the port takes at once; 0: all */
	/* frames sent whose buffers a port still has, LINK_KEPT at most; those of one buffer are not among them */
	uint32_t keeps;
	/* A fault that the engines cannot see: what end 0 sends at this stream offset is another byte, checksum and all. */
	bool tamper;
	uint64_t tamper_at;
};

/* A frame under way. */
struct link_frame {
	uint64_t due_us;
	struct rte_mbuf *frame;
	uint8_t to; /* end that receives it */
	bool corrupt; /* must be refused */
};

/* One direction. */
struct link_way {
	uint64_t busy_until_us; /* when the last byte of the queue has left */
	uint64_t last_due_us; /* of the last frame that was not reordered */
	uint64_t told_us; /* when the sender learns of the path's MTU; 0: not under way */
};

/* Both directions: 0 and 1 send to each other. */
struct medium {
	struct link_params params;
	struct rng rng;
	struct rte_mempool *pool; /* of the copies of what is doubled */
	struct link_frame frame[LINK_FRAMES]; /* in order of sending */
	uint32_t count;
	const char *wrong; /* first fault found, NULL: none */
	struct link_way way[2]; /* of what end i sends */
	uint32_t lost, doubled, reordered, corrupted, overflowed, marked, too_long;
};

void medium_init(struct medium *medium, const struct link_params *params, struct rte_mempool *pool);
/* Frees the frames under way. */
void medium_fini(struct medium *medium);
/* A frame goes onto the wire, or is lost. It is the medium's. */
void medium_transmit(struct medium *medium, uint32_t from, struct rte_mbuf *frame, uint64_t now_us);
/* The next that is due, in order of time, then of sending. False: none is. The frame is the caller's. */
bool medium_deliver(struct medium *medium, uint64_t now_us, struct link_frame *frame);
/* When the next frame arrives; UINT64_MAX: none is under way. */
uint64_t medium_next_due(const struct medium *medium);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A wire between two ends in virtual time: delays, loses, doubles, reorders, damages and marks frames, has a rate, a
 * queue and an MTU, all from one seed. Every frame sent is audited.
 */
#ifndef TESTS_WIRE_LINK_H
#define TESTS_WIRE_LINK_H

#include "audit.h"
#include "invariant.h"
#include "pattern.h"
#include "rng.h"

#define LINK_FRAMES 4096u
#define LINK_KEPT 64u

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

struct link {
	struct link_params params;
	struct end *end[2];
	struct audit audit[2]; /* of what end i sends */
	struct invariant invariant[2];
	uint64_t received_bytes
	        [2]; /* that end i has accepted; every frame's text is audited when it is sent */
	struct rng rng;
	struct rte_mempool *pool;
	uint64_t now_us, began_us;
	uint64_t wake_us; /* a step ends then, too; UINT64_MAX: no need */
	uint64_t trace; /* hash of every frame sent, from its IP header on, and of when */
	struct link_frame frame[LINK_FRAMES];
	uint32_t count;
	const char *wrong; /* first fault found, NULL: none */
	struct link_way way[2]; /* of what end i sends */
	struct rte_mbuf *kept[LINK_KEPT]; /* oldest first */
	uint32_t kept_count;
	uint32_t lost, doubled, reordered, corrupted, overflowed, marked, too_long;
};

/* Both ends are open. The clock goes on from now_us. */
void link_init(struct link *link, struct end *first, struct end *second,
        const struct link_params *params, struct rte_mempool *pool, uint64_t now_us);
/* Frees the frames under way. */
void link_fini(struct link *link);

/* The ports give back the buffers that they still have. */
void link_give_back(struct link *link);
/* When the next frame arrives; UINT64_MAX: none is under way. */
uint64_t link_next_due(const struct link *link);
/* Hand over the frames that are due: the first part of a step. */
void link_deliver(struct link *link);
/*
 * One step: what is due now happens, then time goes on to the next frame or timer. False when
 * nothing will happen any more, or a fault was found.
 */
bool link_step(struct link *link);
/* Steps until the virtual time, or until nothing happens. False when a fault was found. */
bool link_run(struct link *link, uint64_t until_us);

#endif

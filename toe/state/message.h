/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages from the control lcore to a worker, replies, and the items that both pass by pointer.
 *
 * Two mailboxes per worker: the urgent one carries what an invalidate needs (ITEMS of named connections,
 * DRAIN) and overtakes the ordinary one, which carries everything else in order. A worker takes a message
 * only when a reply fits into the reply ring, so a reply is never lost.
 */
#ifndef TOE_MESSAGE_H
#define TOE_MESSAGE_H

#include <stdint.h>

#include "offload_state.h"

/*
 * One object of a request on its way through a worker: lives in the scratch space of its block, 64 bytes.
 * Control fills it, the worker that receives the chain owns it until its reply. The worker writes `status`
 * and, for query and terminate, the delegated state.
 */
struct toe_item {
	struct toe_item *next; /* next item of the same chain; NULL: last */
	void *constant; /* struct tcp_const, or NULL */
	void *cached; /* struct tcp_cached, or NULL */
	void *delegated; /* struct tcp_delegated, or NULL */
	uint32_t index; /* slot of the connection at its owner */
	uint32_t generation;
	uint32_t path; /* initiate: the parent; else unused */
	uint16_t status; /* enum offload_status */
	uint16_t flags; /* control's own */
	uint64_t host_handle; /* initiate: given back in indications */
	uint64_t nonce; /* control's own: which request has visited the block (TREE-8) */
};

_Static_assert(sizeof(struct toe_item) == 64, "an item fits the scratch space of a block");

enum toe_op {
	TOE_OP_NONE = 0,
	/* chains of items: `items`, `count` set; one reply when the last item is done */
	TOE_OP_INITIATE,
	TOE_OP_QUERY,
	TOE_OP_UPDATE,
	TOE_OP_TERMINATE,
	TOE_OP_INVALIDATE, /* urgent; mark named connections invalid, stop_id = argument */
	/* urgent; discard every held frame whose route or connection is no longer valid, then reply (INV-7) */
	TOE_OP_DRAIN,
	/*
	 * Walk the dependents of `path` in the background, no reply: indicate RETRIEVE for each one not yet
	 * indicated, as long as path and neighbor words equal those of the message (INV-9, D2).
	 */
	TOE_OP_RETRIEVE_PATH,
	/*
	 * The same for connections named by invalidates of `host` whose stop id is up to `argument` (serial
	 * arithmetic, 32 bits): sent when all of these have completed and are due.
	 */
	TOE_OP_RETRIEVE_NAMED,
	/* Walk the dependents of `path`: those that may transmit again are made ready (INV-10). No reply. */
	TOE_OP_RESUME_PATH,
	/* Hold frames of a tuple, both ways, or let them go (struct toe_hold_request in `items`). Reply. */
	TOE_OP_HOLD,
	TOE_OP_RELEASE,
	/* Ask for connection `count` of generation `argument` back: RETRIEVE(UPLOAD_REQUESTED) (TERM-7). No reply. */
	TOE_OP_UPLOAD,
	/* No work: proves that the worker answers. Reply. */
	TOE_OP_PING,
	TOE_OP_COUNT
};

/* Message flags */
#define TOE_MSG_ON_SEND (1u << 0) /* RETRIEVE_*: only those with something to send (D2) */

struct toe_message {
	uint8_t op; /* enum toe_op */
	uint8_t flags; /* TOE_MSG_... */
	uint8_t host; /* index of the host stack, for chains and walks */
	uint8_t tick_ms; /* ms per clock tick of the host: 1, 10 or 100 (CTX-6) */
	uint32_t count; /* items in the chain; UPLOAD: connection */
	union {
		uint64_t request; /* what a reply carries back; never the same again */
		uint32_t path; /* RETRIEVE_PATH, RESUME_PATH: no reply */
	};
	uint64_t
	        argument; /* RETRIEVE_PATH, RESUME_PATH: expected path word; *_NAMED: stop id; UPLOAD: generation */
	union {
		struct toe_item *items;
		void *pointer;
		uint64_t neighbor_word; /* RETRIEVE_PATH, RESUME_PATH: expected neighbor word */
	};
};

struct toe_reply {
	uint8_t op;
	uint8_t worker;
	/* HOLD, RELEASE: enum offload_status; INITIATE: FAILURE stops the request (INIT-3) */
	uint16_t status;
	uint32_t discarded; /* DRAIN: frames discarded */
	uint64_t request;
};

_Static_assert(sizeof(struct toe_message) == 32, "two messages a cache line");
_Static_assert(sizeof(struct toe_reply) == 16, "four replies a cache line");

/* Argument of HOLD and RELEASE; owned by control until the reply. */
struct toe_hold_request {
	uint8_t source[16]; /* our address; IPv4 in the first 4 bytes */
	uint8_t destination[16];
	uint16_t local_port; /* network order */
	uint16_t remote_port;
	uint8_t family; /* 4 or 6 */
	uint16_t port; /* index of the wire port */
};

#endif

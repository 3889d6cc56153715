/* SPDX-License-Identifier: BSD-3-Clause */
/* What a connection has that a host uses: its sends, its receives. Attached only while there is any of that. */
#ifndef TOE_HOST_BLOCK_H
#define TOE_HOST_BLOCK_H

#include <stddef.h>

#include "channel_port.h"
#include "engine.h"

/* Why a connection is in line */
enum toe_sends_line {
	TOE_SENDS_NONE = 0,
	TOE_SENDS_BUFFERS, /* its sends are acknowledged and wait for their buffers */
	TOE_SENDS_SETTLE, /* there is more to complete than one burst */
	TOE_SENDS_LEAVING, /* queues, not connections, which are gone: host_leave.c */
	TOE_SENDS_LINES
};

_Static_assert(TOE_SENDS_LINES == TOE_SENDS_LINE_COUNT, "as the engine has them");

/*
 * Sends and disconnects of a connection, in order, linked by chimney_io.next. Positions in the stream are modulo 2^32: what is looked
 * at lies between snd_una and snd_max, or a descriptor before that.
 */
struct toe_sends {
	struct chimney_io *first, *last; /* that are not completed */
	/* First that is not known to have ended, NULL: none. Those before it wait for their buffers, or their turn. */
	struct chimney_io *unacked;
	union {
		struct {
			struct chimney_io *at; /* where text was read last, NULL: nowhere */
			struct rte_mbuf *at_mbuf; /* and of its buffers the one */
			uint32_t at_begin; /* position of the first byte of `at` */
			uint32_t at_start; /* position of the first byte of `at_mbuf` */
		};
		struct { /* its connection has left (host_leave.c) */
			struct toe_item *item; /* of the terminate that waits */
			uint64_t job; /* and the chain that it came with */
			struct chimney_io
			        *seen; /* last one that is ready to be handed up, NULL: none */
		};
	};
	uint32_t
	        acked; /* bytes from the beginning of `unacked` on that are acknowledged; a FIN counts as one */
	/* The connections in the same line, TOE_INDEX_NONE at the ends */
	uint32_t waiting_next, waiting_previous;
	uint8_t line; /* enum toe_sends_line */
	uint8_t end; /* what is not acknowledged ends with this status; OFFLOAD_SUCCESS: it goes on */
	bool reset; /* it was the host itself who ended it */
} __rte_cache_aligned;

_Static_assert(sizeof(struct toe_sends) == 64, "a cache line");

/* Of a connection that has one. */
static inline struct toe_sends *
toe_sends_of(const struct toe_engine *engine, const struct toe_conn *conn)
{
	return toe_pool_at(&engine->sends, conn->attached);
}

/* Lists of connections, see struct toe_receives.link */
enum toe_host_list {
	TOE_LIST_DUE, /* of a channel: text to be indicated */
	TOE_LIST_PUSHING, /* of the worker: the push timer runs */
	TOE_LIST_STARVED, /* of the worker: a window is closed for lack of buffers */
	TOE_LIST_CLOSING, /* of the worker: its terminate has waited for an answer, which has come */
	TOE_LIST_COUNT
};

struct toe_link {
	uint32_t next, previous;
};

struct toe_item;

struct toe_receives {
	struct chimney_io *first, *last; /* posted */
	struct rte_mbuf *head, *tail; /* text that was neither taken nor is indicated, by next */
	struct rte_mbuf *shown; /* the indication that is not answered yet; NULL: none */
	uint32_t bytes; /* of text, what is indicated included */
	uint32_t shown_bytes;
	uint16_t buffers; /* that it lies in */
	uint16_t shown_buffers;
	uint32_t push_end; /* modulo 2^32: bytes received up to the last PSH */
	uint64_t room; /* bytes that the posted buffers have left */

	struct toe_link link[TOE_LIST_COUNT];
	uint32_t push_due; /* ms */
	uint8_t listed; /* bit per list that it is in */
	bool refused; /* not to be indicated before a receive is posted */
	bool fin; /* DISCONNECT is indicated when the text is consumed */
	uint8_t closing_tick_ms;
	/* A terminate waits for the answer of what is shown: its item, NULL: none, and the chain that it came with */
	struct toe_item *closing;
	uint64_t closing_job;
} __rte_cache_aligned;

/* All that a host may have of a connection. */
struct toe_host_block {
	struct toe_sends sends;
	struct toe_receives receives;
};

_Static_assert(offsetof(struct toe_receives, link) == 64, "text that comes touches a line");
_Static_assert(sizeof(struct toe_host_block) == 192, "three cache lines");

/* NULL: there is nothing. */
static inline struct toe_receives *
toe_receives_of(const struct toe_engine *engine, const struct toe_conn *conn)
{
	struct toe_host_block *block;

	if (conn->attached == TOE_INDEX_NONE)
		return NULL;
	block = toe_pool_at(&engine->sends, conn->attached);
	return &block->receives;
}

/* May the block go, as far as receiving is concerned? */
static inline bool
toe_receives_idle(const struct toe_receives *receives)
{
	return receives->first == NULL && receives->bytes == 0 && receives->listed == 0 &&
	       !receives->refused;
}

/* The block of a connection, made where there is none: there is one for every connection. */
struct toe_host_block *toe_host_get(struct toe_engine *engine, struct toe_conn *conn);
/* Given back, if there is one and nothing is in it. */
void toe_host_release(struct toe_engine *engine, struct toe_conn *conn);

/* A descriptor goes back to its host thread; nobody else has its buffers. */
void toe_io_complete(struct toe_engine *engine, struct chimney_io *io, enum offload_status status,
        uint32_t done);

#endif

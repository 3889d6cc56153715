/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a host thread and workers pass each other when data is sent and received: descriptors, and records of what has become of
 * them (CHN-1 to CHN-4). Part of the contract: control/door/channel.h has the calls.
 */
#ifndef TOE_IO_H
#define TOE_IO_H

#include <stddef.h>
#include <stdint.h>

#include "offload_state.h"

struct rte_mbuf;
struct chimney_flow;

enum chimney_io_op {
	CHIMNEY_IO_NONE = 0,
	CHIMNEY_IO_SEND, /* SND-1: `length` bytes of the chain `mbuf`, from `offset` on */
	CHIMNEY_IO_DISCONNECT, /* DSC-1: the same, which may be nothing, then a FIN */
	CHIMNEY_IO_ABORT, /* DSC-2: a RST; `length` is 0 */
	CHIMNEY_IO_RECEIVE, /* RCV-1: fill `length` bytes at `buffer` + `offset`; done when they are full */
	CHIMNEY_IO_RECEIVE_PUSH, /* the same, done on PSH or by the push timer when they are full in part */
	CHIMNEY_IO_OP_COUNT
};

/*
 * One I/O: 64 bytes, the host's. From its submission until its completion was read it is the target's, and so are the buffers
 * that it names; only `op`, `offset`, `length`, `mbuf` or `buffer`, and `context` are the host's to fill in.
 *
 * SEND, and DISCONNECT with data: every mbuf of the chain is direct and its reference count is 1, or it is copied instead of being sent from where it
 * lies. Nothing of the chain is changed, and it is named by one outstanding send at a time. It is the host's again with the
 * completion: then everything was acknowledged, or will not be sent any more, and no port has it. It is best of a pool of the
 * host's own (of many producers): then what the host sends takes nothing from what is received.
 *
 * RECEIVE, RECEIVE_PUSH: `buffer` is plain memory of the host, which the target writes to until the completion. `offset` bytes of it
 * are filled already; so such a buffer "comes partly filled". A length of 0 asks for nothing but to be told again of text that was
 * refused.
 */
struct chimney_io {
	struct chimney_io *next; /* the target's */
	struct chimney_io *outstanding; /* the channel's: the next one of its flow */
	struct chimney_flow *flow; /* set by the submission */
	uint64_t handle; /* of the connection; set by the submission */
	union {
		struct rte_mbuf *mbuf; /* SEND */
		void *buffer; /* RECEIVE, RECEIVE_PUSH */
	};
	void *context; /* the host's; never touched */
	uint32_t length; /* bytes, of all buffers together */
	uint32_t offset; /* bytes of the chain, or the buffer, before the first */
	uint32_t done; /* completed: bytes acknowledged, or received */
	uint8_t op; /* enum chimney_io_op */
	uint8_t status; /* completed: enum offload_status */
	uint8_t channel; /* the target's */
	uint8_t marks; /* the target's */
} __attribute__((aligned(64)));

static_assert(sizeof(struct chimney_io) == 64, "a descriptor is a cache line");

enum chimney_io_kind {
	CHIMNEY_IO_COMPLETED = 1, /* io: its `status` and `done` say how */
	/*
	 * RCV-2: text has arrived on the connection that the host knows by `object`: `value` bytes in the chain `data` (a struct
	 * rte_mbuf). To be answered once (chimney_answer); until then it is the host's to read, and no more of it is indicated.
	 */
	CHIMNEY_IO_INDICATED,
};

/* What is read from a channel, 32 bytes. */
struct chimney_io_record {
	union {
		struct chimney_io *io; /* COMPLETED */
		uint64_t object; /* INDICATED: the host's offload_handle (EVT-1) */
	};
	uint64_t value; /* COMPLETED: bytes done; INDICATED: bytes of text */
	void *data; /* INDICATED: the text */
	uint8_t kind; /* enum chimney_io_kind */
	uint8_t detail; /* COMPLETED: enum offload_status */
	/*
	 * COMPLETED: the worker that had it was lost, and may still be at work on the descriptor. Until chimney_settled: keep its
	 * memory and do not submit it. Its buffers may be freed, but not written to.
	 */
	uint8_t unsettled;
	uint8_t worker; /* that posted it */
	uint32_t stamp; /* the target's: how often that worker had been lost, and was back */
};

static_assert(sizeof(struct chimney_io_record) == 32, "two records a cache line");

#endif

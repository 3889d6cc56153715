/* SPDX-License-Identifier: BSD-3-Clause */
/* A host thread with a channel to the worker of an end: submits sends of the pattern and reads what becomes of them. */
#ifndef TESTS_WIRE_HOST_END_H
#define TESTS_WIRE_HOST_END_H

#include "channel_port.h"
#include "end.h"

#define HOST_END_IOS 4096u
#define HOST_END_RING 64u

struct host_end {
	struct end *end;
	struct rte_mempool *pool; /* of its buffers */
	struct toe_channel_port port;
	struct toe_doorbell bell;
	uint64_t offset; /* of the stream: behind what was submitted */
	struct chimney_io *io; /* HOST_END_IOS, in order of submission */
	uint32_t submitted, returned;
	bool wrong; /* one came back that was not the next */
};

/* 0 or a negative errno. */
int host_end_init(struct host_end *host, struct end *end, struct rte_mempool *pool);
void host_end_fini(struct host_end *host);
/* Another connection: what was submitted before has come back. */
void host_end_begin(struct host_end *host);

/*
 * A descriptor with the next `length` bytes of the pattern in buffers of up to `part` bytes each, behind `offset` bytes that are not
 * part of it. Not submitted yet.
 */
struct chimney_io *host_end_make(
        struct host_end *host, uint32_t length, uint32_t part, uint32_t offset);
/* False: the ring is full. */
bool host_end_submit(struct host_end *host, struct chimney_io *io);
/* Make and submit in buffers of up to 1,000 bytes, and have the worker take it. */
struct chimney_io *host_end_send(struct host_end *host, uint32_t length);
/* A disconnect of this op, with so much data; as host_end_send. */
struct chimney_io *host_end_disconnect(
        struct host_end *host, enum chimney_io_op op, uint32_t length);
/* The next that comes back, its buffers freed; NULL: none does. */
struct chimney_io *host_end_read(struct host_end *host);

#endif

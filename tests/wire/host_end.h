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
	struct chimney_io *own; /* of its flow */
	struct chimney_io *receive; /* HOST_END_IOS, in order of submission */
	uint32_t posted, received; /* of these: submitted, completed */
	uint8_t *memory; /* that they fill, one behind the other */
	uint32_t memory_used;
};

#define HOST_END_MEMORY (1u << 20)

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

/* The next record, whatever it is; false: none. Completed receives are looked at. */
bool host_end_next(struct host_end *host, struct chimney_io_record *record);
/* What the flow says (enum toe_flow_op); its status, when the worker has taken it. */
enum offload_status host_end_say(struct host_end *host, enum toe_flow_op op);
/* An indication is answered: so many bytes are taken, no buffer is kept. */
void host_end_answer(struct host_end *host, const struct chimney_io_record *record, uint32_t taken);
/* A buffer for `length` bytes is posted behind `offset` that it has; and the worker takes it. */
struct chimney_io *host_end_post(
        struct host_end *host, enum chimney_io_op op, uint32_t length, uint32_t offset);
/* Is the text of an indication, or what a receive has, the pattern from this offset of the stream on? */
bool host_end_shows(const struct chimney_io_record *record, uint64_t offset);
bool host_end_holds(const struct chimney_io *io, uint64_t offset);

#endif

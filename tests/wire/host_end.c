/* SPDX-License-Identifier: BSD-3-Clause */
/* A host thread for tests. */
#include "host_end.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "channels.h"
#include "handle.h"
#include "service.h"
#include "unit.h"

int
host_end_init(struct host_end *host, struct end *end, struct rte_mempool *pool)
{
	int rc;

	memset(host, 0, sizeof(*host));
	host->end = end;
	host->pool = pool;
	host->io = aligned_alloc(sizeof(*host->io), HOST_END_IOS * sizeof(*host->io));
	host->own = aligned_alloc(sizeof(*host->io), sizeof(*host->io));
	host->receive = aligned_alloc(sizeof(*host->io), HOST_END_IOS * sizeof(*host->io));
	host->memory = malloc(HOST_END_MEMORY);
	rc = toe_doorbell_init(&host->bell);
	if (rc == 0)
		rc = toe_channel_port_init(&host->port, HOST_END_RING);
	host->port.bell = &host->bell;
	atomic_store(&end->worker.control.channels.port[0], &host->port);
	return host->io == NULL || host->own == NULL || host->receive == NULL ||
	                       host->memory == NULL
	               ? -ENOMEM
	               : rc;
}

void
host_end_fini(struct host_end *host)
{
	atomic_store(&host->end->worker.control.channels.port[0], NULL);
	toe_channel_port_fini(&host->port);
	toe_doorbell_fini(&host->bell);
	free(host->io);
	free(host->own);
	free(host->receive);
	free(host->memory);
}

void
host_end_begin(struct host_end *host)
{
	host->offset = 0;
	host->submitted = host->returned = 0;
	host->posted = host->received = host->memory_used = 0;
	host->wrong = false;
}

struct chimney_io *
host_end_make(struct host_end *host, uint32_t length, uint32_t part, uint32_t offset)
{
	struct chimney_io *io = &host->io[host->submitted++];
	struct rte_mbuf **last = &io->mbuf;

	CU_ASSERT_FATAL(host->submitted <= HOST_END_IOS);
	*io = (struct chimney_io){
	        .op = CHIMNEY_IO_SEND, .length = length, .offset = offset, .context = host};
	io->handle = toe_handle_make(OFFLOAD_LAYER_TCP, 0, host->end->generation, 0);
	for (uint32_t left = offset + length, at = 0, n; left > 0; left -= n, at += n) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(host->pool);

		CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
		n = RTE_MIN(left, part);
		mbuf->data_len = (uint16_t)n;
		for (uint32_t i = 0; i < n; i++)
			rte_pktmbuf_mtod(mbuf, uint8_t *)[i] =
			        at + i < offset ? 0xFF
			                        : (uint8_t)((host->offset + at + i - offset) %
			                                    TOE_PATTERN_PERIOD);
		*last = mbuf;
		last = &mbuf->next;
	}
	host->offset += length;
	return io;
}

bool
host_end_submit(struct host_end *host, struct chimney_io *io)
{
	uintptr_t entry = toe_io_entry(io, host->end->worker.engine.life);

	if (rte_ring_sp_enqueue_elem(host->port.submit, &entry, sizeof(entry)) != 0)
		return false;
	toe_channel_call(&host->end->worker.control.channels, 0);
	return true;
}

struct chimney_io *
host_end_send(struct host_end *host, uint32_t length)
{
	struct chimney_io *io = host_end_make(host, length, 1000, 0);

	CU_ASSERT_FATAL(host_end_submit(host, io));
	toe_worker_channels(&host->end->worker);
	return io;
}

struct chimney_io *
host_end_disconnect(struct host_end *host, enum chimney_io_op op, uint32_t length)
{
	struct chimney_io *io = host_end_make(host, length, 1000, 0);

	io->op = (uint8_t)op;
	CU_ASSERT_FATAL(host_end_submit(host, io));
	toe_worker_channels(&host->end->worker);
	return io;
}

struct chimney_io *
host_end_read(struct host_end *host)
{
	struct chimney_io_record record;

	if (rte_ring_sc_dequeue_elem(host->port.records, &record, sizeof(record)) != 0)
		return NULL;
	host->wrong = host->wrong || record.kind != CHIMNEY_IO_COMPLETED ||
	              record.io != &host->io[host->returned];
	host->returned++;
	record.io->status = record.detail;
	record.io->done = (uint32_t)record.value;
	/* CHN-3: nobody else has its buffers, and they are as they were. */
	for (struct rte_mbuf *at = record.io->mbuf, *next; at != NULL; at = next) {
		next = at->next;
		host->wrong = host->wrong || rte_mbuf_refcnt_read(at) != 1;
		rte_pktmbuf_free_seg(at);
	}
	/* The descriptor is the host's again: whoever looks at it for what comes next finds nothing. */
	record.io->mbuf = NULL;
	record.io->next = NULL;
	return record.io;
}

bool
host_end_next(struct host_end *host, struct chimney_io_record *record)
{
	if (rte_ring_sc_dequeue_elem(host->port.records, record, sizeof(*record)) != 0)
		return false;
	if (record->kind != CHIMNEY_IO_COMPLETED)
		return true;
	host->wrong = host->wrong || record->io != &host->receive[host->received] ||
	              record->io->done != record->value || record->value > record->io->length;
	host->received++;
	record->io->status = record->detail;
	return true;
}

static void
say(struct host_end *host, enum toe_flow_op op)
{
	host->own->op = (uint8_t)op;
	host->own->status = OFFLOAD_PENDING;
	host->own->handle = toe_handle_make(OFFLOAD_LAYER_TCP, 0, host->end->generation, 0);
	host->own->channel = 0;
	CU_ASSERT_FATAL(host_end_submit(host, host->own));
	toe_worker_channels(&host->end->worker);
	CU_ASSERT_NOT_EQUAL(host->own->status, OFFLOAD_PENDING);
}

enum offload_status
host_end_say(struct host_end *host, enum toe_flow_op op)
{
	*host->own = (struct chimney_io){0};
	say(host, op);
	return host->own->status;
}

void
host_end_answer(struct host_end *host, const struct chimney_io_record *record, uint32_t taken)
{
	*host->own = (struct chimney_io){.mbuf = record->data, .length = taken, .done = taken};
	say(host, TOE_FLOW_ANSWER);
}

struct chimney_io *
host_end_post(struct host_end *host, enum chimney_io_op op, uint32_t length, uint32_t offset)
{
	struct chimney_io *io = &host->receive[host->posted++];

	CU_ASSERT_FATAL(host->posted <= HOST_END_IOS);
	CU_ASSERT_FATAL(host->memory_used + length + offset <= HOST_END_MEMORY);
	*io = (struct chimney_io){.op = (uint8_t)op,
	        .buffer = host->memory + host->memory_used,
	        .length = length,
	        .offset = offset,
	        .handle = toe_handle_make(OFFLOAD_LAYER_TCP, 0, host->end->generation, 0)};
	memset(io->buffer, 0xFF, offset);
	host->memory_used += length + offset;
	CU_ASSERT_FATAL(host_end_submit(host, io));
	toe_worker_channels(&host->end->worker);
	return io;
}

static bool
is_pattern(const uint8_t *text, uint32_t length, uint64_t offset)
{
	for (uint32_t i = 0; i < length; i++)
		if (text[i] != (offset + i) % TOE_PATTERN_PERIOD)
			return false;
	return true;
}

bool
host_end_shows(const struct chimney_io_record *record, uint64_t offset)
{
	const struct rte_mbuf *head = record->data;
	uint64_t end = offset + record->value;
	uint32_t buffers = 0;

	for (const struct rte_mbuf *at = head; at != NULL; at = at->next) {
		if (!is_pattern(rte_pktmbuf_mtod(at, const uint8_t *), at->data_len, offset))
			return false;
		offset += at->data_len;
		buffers++;
	}
	return offset == end && head->pkt_len == record->value && head->nb_segs == buffers;
}

bool
host_end_holds(const struct chimney_io *io, uint64_t offset)
{
	const uint8_t *bytes = io->buffer;

	for (uint32_t i = 0; i < io->offset; i++)
		if (bytes[i] != 0xFF)
			return false;
	return is_pattern(bytes + io->offset, io->done, offset);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's end of a channel. */
#include "channel_port.h"

#include <errno.h>

#include "table.h"

#define POST_BURST 32u

int
toe_channel_port_init(struct toe_channel_port *port, uint32_t size)
{
	port->due.first = port->due.last = TOE_INDEX_NONE;
	port->submit = toe_ring_alloc(size, sizeof(uintptr_t), RING_F_SP_ENQ | RING_F_SC_DEQ);
	port->records = toe_ring_alloc(
	        size, sizeof(struct chimney_io_record), RING_F_SP_ENQ | RING_F_SC_DEQ);
	return port->submit == NULL || port->records == NULL ? -ENOMEM : 0;
}

void
toe_channel_port_fini(struct toe_channel_port *port)
{
	toe_ring_free(port->submit);
	toe_ring_free(port->records);
	port->submit = port->records = NULL;
}

static void
record_fill(const struct toe_channel_port *port, struct chimney_io_record *record,
        struct chimney_io *io, enum offload_status status, uint32_t done, uint32_t life)
{
	*record = (struct chimney_io_record){
	        .io = io,
	        .value = done,
	        .kind = CHIMNEY_IO_COMPLETED,
	        .detail = (uint8_t)status,
	        .worker = port->worker,
	        .stamp = life,
	};
}

void
toe_channel_complete(struct toe_channel_port *port, struct chimney_io *io,
        enum offload_status status, uint32_t done, uint32_t life)
{
	struct chimney_io_record record;

	if (likely(port->waiting.first == NULL)) {
		record_fill(port, &record, io, status, done, life);
		if (rte_ring_sp_enqueue_elem(port->records, &record, sizeof(record)) == 0) {
			port->posted = true;
			return;
		}
	}
	io->status = (uint8_t)status;
	io->done = done;
	toe_io_append(&port->waiting, io);
}

bool
toe_channel_indicate(struct toe_channel_port *port, uint64_t host_handle, struct rte_mbuf *text,
        uint32_t bytes, uint32_t life)
{
	struct chimney_io_record record = {
	        .object = host_handle,
	        .value = bytes,
	        .data = text,
	        .kind = CHIMNEY_IO_INDICATED,
	        .worker = port->worker,
	        .stamp = life,
	};

	if (port->waiting.first != NULL ||
	        rte_ring_sp_enqueue_elem(port->records, &record, sizeof(record)) != 0)
		return false;
	port->posted = true;
	return true;
}

uint32_t
toe_channel_post(struct toe_channel_port *port, uint32_t life)
{
	uint32_t all = 0;

	while (port->waiting.first != NULL && all < POST_BURST) {
		struct chimney_io *io = port->waiting.first, *next = io->next;
		struct chimney_io_record record;

		record_fill(port, &record, io, io->status, io->done, life);
		if (rte_ring_sp_enqueue_elem(port->records, &record, sizeof(record)) != 0)
			break;
		/* It is the host's now. */
		port->waiting.first = next;
		port->posted = true;
		all++;
	}
	return all;
}

void
toe_channel_ring(struct toe_channel_port *port)
{
	if (!port->posted)
		return;
	port->posted = false;
	toe_doorbell_ring(port->bell);
}

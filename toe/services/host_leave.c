/* SPDX-License-Identifier: BSD-3-Clause */
/* Outstanding sends of hosts come with their connections, and leave with them. */
#include "host_leave.h"

#include "host_queue.h"
#include "host_receive.h"

bool
host_arrive(struct toe_engine *engine, uint32_t index, const struct tcp_delegated *delegated)
{
	struct chimney_io *first = delegated->send_data_head, *last = delegated->send_data_tail;
	struct toe_conn *conn = &engine->conns[index];
	const struct toe_channel_port *port;
	struct toe_sends *sends;

	if (first == NULL)
		return true;
	if (first->channel >= TOE_MAX_CHANNELS || engine->channels == NULL)
		return false;
	port = atomic_load_explicit(&engine->channels->port[first->channel], memory_order_acquire);
	if (port == NULL || port->host != conn->host)
		return false;
	sends = &toe_host_get(engine, conn)->sends;
	*sends = (struct toe_sends){
	        .first = first,
	        .last = last,
	        .unacked = first,
	        .acked = first->done,
	        .end = OFFLOAD_SUCCESS,
	};
	if (last->op == CHIMNEY_IO_DISCONNECT)
		conn->flags |= TOE_CONN_FIN_QUEUED;
	return true;
}

static void
leaving_append(struct toe_engine *engine, uint32_t queue)
{
	struct toe_sends *sends = toe_pool_at(&engine->sends, queue);
	uint32_t last = engine->sends_last[TOE_SENDS_LEAVING];

	sends->waiting_next = TOE_INDEX_NONE;
	if (!host_is_leaving(engine))
		engine->sends_first[TOE_SENDS_LEAVING] = queue;
	else
		((struct toe_sends *)toe_pool_at(&engine->sends, last))->waiting_next = queue;
	engine->sends_last[TOE_SENDS_LEAVING] = queue;
}

static uint32_t
leaving_take(struct toe_engine *engine)
{
	uint32_t queue = engine->sends_first[TOE_SENDS_LEAVING];
	const struct toe_sends *sends = toe_pool_at(&engine->sends, queue);

	engine->sends_first[TOE_SENDS_LEAVING] = sends->waiting_next;
	return queue;
}

/* What has nothing to do with the stream: a place behind a FIN, or an abortive disconnect that has not happened. */
static bool
is_no_data(const struct chimney_io *io)
{
	return (io->marks & TOE_IO_LATE) || io->op == CHIMNEY_IO_ABORT;
}

static struct chimney_io *
behind_seen(const struct toe_sends *sends)
{
	return sends->seen == NULL ? sends->first : sends->seen->next;
}

/*
 * A part of the chain is made ready, as far as its buffers are back (CHN-3): with this its descriptors are completed, and no record
 * says so. True: it is whole.
 */
static bool
chain_part(struct toe_sends *sends, bool *work)
{
	for (uint32_t n = 0; n < TOE_SENDS_BURST; n++) {
		struct chimney_io *io = behind_seen(sends);

		if (io == NULL || is_no_data(io))
			return true;
		if (!toe_io_is_back(io))
			return false;
		io->status = OFFLOAD_UPLOAD_IN_PROGRESS;
		io->done = sends->seen == NULL ? RTE_MIN(sends->acked, io->length) : 0;
		io->marks = 0;
		sends->seen = io;
		*work = true;
	}
	return false;
}

/* What is no data goes back by records. True: all of it has. */
static bool
rest_part(struct toe_engine *engine, struct toe_sends *sends, bool *work)
{
	for (uint32_t n = 0; n < TOE_SENDS_BURST; n++) {
		struct chimney_io *io = behind_seen(sends);

		if (io == NULL)
			return true;
		if (sends->seen == NULL)
			sends->first = io->next;
		else
			sends->seen->next = io->next;
		toe_io_complete(engine, io,
		        io->marks & TOE_IO_LATE ? OFFLOAD_INVALID_STATE
		                                : OFFLOAD_UPLOAD_IN_PROGRESS,
		        0);
		*work = true;
	}
	return false;
}

/* A part of what a queue that leaves has to do. True: all of it is done. */
static bool
leave_part(struct toe_engine *engine, struct toe_sends *sends, bool *work)
{
	const struct chimney_io *first = sends->first, *unacked = sends->unacked;

	if (sends->seen == NULL && first != NULL) {
		bool more = host_part(engine, sends);

		*work |= sends->first != first || sends->unacked != unacked;
		if (more || sends->first != sends->unacked)
			return false;
	}
	return chain_part(sends, work) && rest_part(engine, sends, work);
}

/* The item says what went up. */
static void
leave_end(struct toe_engine *engine, uint32_t queue)
{
	struct toe_sends *sends = toe_pool_at(&engine->sends, queue);
	struct tcp_delegated *delegated = sends->item->delegated;

	sends->item->send_chain = sends->first;
	sends->item->status = OFFLOAD_SUCCESS;
	if (delegated != NULL) {
		delegated->send_data_head = sends->first;
		delegated->send_data_tail = sends->seen;
	}
	toe_pool_give(&engine->sends, queue);
}

bool
host_leave(struct toe_engine *engine, uint32_t index, struct toe_item *item, uint64_t job)
{
	struct toe_conn *conn = &engine->conns[index];
	uint32_t queue = conn->attached;
	struct toe_sends *sends;
	bool work = false;

	item->send_chain = NULL;
	if (conn->service != OFFLOAD_SERVICE_HOST || queue == TOE_INDEX_NONE ||
	        toe_sends_of(engine, conn)->first == NULL)
		return true;
	/* With its block goes all that the connection has. */
	host_receives_end(engine, index, OFFLOAD_UPLOAD_IN_PROGRESS);
	host_text_close(engine, index);
	sends = toe_sends_of(engine, conn);
	host_stand_out(engine, sends);
	conn->attached = TOE_INDEX_NONE;
	sends->item = item;
	sends->job = job;
	sends->seen = NULL;
	if (leave_part(engine, sends, &work)) {
		leave_end(engine, queue);
		return true;
	}
	leaving_append(engine, queue);
	return false;
}

struct toe_item *
host_leaving(struct toe_engine *engine, uint64_t *job, bool *work)
{
	uint32_t queue = leaving_take(engine);
	struct toe_sends *sends = toe_pool_at(&engine->sends, queue);
	struct toe_item *item = sends->item;

	*job = sends->job;
	if (!leave_part(engine, sends, work)) {
		leaving_append(engine, queue);
		return NULL;
	}
	leave_end(engine, queue);
	return item;
}

void
host_leaving_forget(struct toe_engine *engine)
{
	while (host_is_leaving(engine))
		toe_pool_give(&engine->sends, leaving_take(engine));
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What a connection has that a host uses comes and goes; so do its descriptors. */
#include "host_block.h"

struct toe_host_block *
toe_host_get(struct toe_engine *engine, struct toe_conn *conn)
{
	struct toe_host_block *block;

	if (conn->attached != TOE_INDEX_NONE)
		return toe_pool_at(&engine->sends, conn->attached);
	conn->attached = toe_pool_take(&engine->sends);
	block = toe_pool_at(&engine->sends, conn->attached);
	*block = (struct toe_host_block){.sends = {.end = OFFLOAD_SUCCESS}};
	/* No PSH lately. */
	block->receives.push_end = (uint32_t)conn->rcv_bytes - INT32_MAX / 2;
	return block;
}

void
toe_host_release(struct toe_engine *engine, struct toe_conn *conn)
{
	const struct toe_host_block *block;

	if (conn->attached == TOE_INDEX_NONE)
		return;
	block = toe_pool_at(&engine->sends, conn->attached);
	if (block->sends.first != NULL || !toe_receives_idle(&block->receives))
		return;
	toe_pool_give(&engine->sends, conn->attached);
	conn->attached = TOE_INDEX_NONE;
}

static struct toe_channel_port *
port_of(const struct toe_engine *engine, const struct chimney_io *io)
{
	return atomic_load_explicit(&engine->channels->port[io->channel], memory_order_relaxed);
}

void
toe_io_complete(
        struct toe_engine *engine, struct chimney_io *io, enum offload_status status, uint32_t done)
{
	engine->channels_busy |= 1u << io->channel;
	toe_channel_complete(port_of(engine, io), io, status, done, engine->life);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What flows submit for themselves. */
#include "host_flow.h"

#include "host_queue.h"

/* False: nobody waits for this answer. */
static bool
answered(struct toe_engine *engine, uint32_t index, const struct chimney_io *io)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_receives *receives = toe_receives_of(engine, conn);

	if (receives == NULL || receives->shown == NULL)
		return false;
	toe_text_answered(engine, conn, receives, io);
	return true;
}

static void
answer(struct toe_engine *engine, uint32_t index, const struct chimney_io *io)
{
	if (!answered(engine, index, io))
		return;
	if (host_is_closing(engine, index, NULL))
		toe_list_add(engine, &engine->closing, TOE_LIST_CLOSING, index);
	else
		host_receives_answered(engine, index);
}

void
toe_host_flow(struct toe_engine *engine, uint32_t index, const struct toe_channel_port *port,
        struct chimney_io *io)
{
	const struct toe_receives *receives = toe_receives_of(engine, &engine->conns[index]);
	enum offload_status status = OFFLOAD_SUCCESS;

	if (io->op == TOE_FLOW_ANSWER)
		answer(engine, index, io);
	else if (receives != NULL && receives->shown != NULL)
		status = OFFLOAD_INVALID_STATE;
	else
		toe_text_channel(engine, index,
		        io->op == TOE_FLOW_ATTACH ? (uint8_t)(port->channel + 1) : 0);
	toe_flow_done(io, status);
}

void
toe_host_flow_lost(struct toe_engine *engine, uint32_t index, struct chimney_io *io)
{
	if (io->op == TOE_FLOW_ANSWER)
		answered(engine, index, io);
	toe_flow_done(io, OFFLOAD_SUCCESS);
}

void
toe_host_flow_gone(
        struct toe_engine *engine, const struct toe_channel_port *port, struct chimney_io *io)
{
	/* The text went with the indication: what the host does not keep of it is back. */
	if (io->op == TOE_FLOW_ANSWER && io->mbuf != NULL)
		toe_text_returned(engine, port->channel + 1u, io->mbuf);
	toe_flow_done(io, OFFLOAD_SUCCESS);
}

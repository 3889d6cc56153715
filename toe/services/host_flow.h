/* SPDX-License-Identifier: BSD-3-Clause */
/* What a flow submits for itself (TOE_FLOW_ATTACH and its companions): which channel uses a connection, answers to indications. */
#ifndef TOE_HOST_FLOW_H
#define TOE_HOST_FLOW_H

#include "host_receive.h"

/* By the channel `port`. */
void toe_host_flow(struct toe_engine *engine, uint32_t index, const struct toe_channel_port *port,
        struct chimney_io *io);
/* Its worker was lost: the buffers of an answer are the connection's again, until it is given back; nothing else is done. */
void toe_host_flow_lost(struct toe_engine *engine, uint32_t index, struct chimney_io *io);
/* The same where the connection is gone. */
void toe_host_flow_gone(
        struct toe_engine *engine, const struct toe_channel_port *port, struct chimney_io *io);

#endif

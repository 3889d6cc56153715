/* SPDX-License-Identifier: BSD-3-Clause */
/* Reachability of a connection's neighbor (EVT-2), for connections with TOE_CONN_REACH. */
#ifndef TOE_TCP_REACH_H
#define TOE_TCP_REACH_H

#include "engine.h"

/* Forward progress: new data acknowledged, or new data in order. */
void tcp_reach_progress(struct toe_engine *engine, const struct toe_conn *conn);
/* It is about to send over this neighbor: when nobody has known it to be reachable for long, control is asked to ask the host. */
void tcp_reach_check(struct toe_engine *engine, const struct toe_conn *conn, uint32_t neighbor);

#endif

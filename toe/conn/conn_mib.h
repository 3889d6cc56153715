/* SPDX-License-Identifier: BSD-3-Clause */
/* The counters (toe_mib) of a port, and of a connection. */
#ifndef TOE_CONN_MIB_H
#define TOE_CONN_MIB_H

#include "engine.h"

/* The counters of a port and IP version, 4 or 6. */
static inline struct toe_mib *
toe_engine_mib(struct toe_engine *engine, uint32_t port, uint8_t family)
{
	return &engine->mib[port][family == 6];
}

/* Those of a connection. */
struct toe_mib *toe_conn_mib(struct toe_engine *engine, const struct toe_conn *conn);
/* It has been offloaded; or it leaves its state, which was ESTABLISHED or CLOSE_WAIT: true. */
void toe_conn_count(struct toe_engine *engine, const struct toe_conn *conn);
bool toe_conn_uncount(struct toe_engine *engine, const struct toe_conn *conn);

#endif

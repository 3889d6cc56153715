/* SPDX-License-Identifier: BSD-3-Clause */
/* Exchange of a connection's state with the host's structures: initiate, update, query and terminate (CTX-5, CTX-6). */
#ifndef TOE_CONN_STATE_H
#define TOE_CONN_STATE_H

#include "engine.h"
#include "offload_state.h"

/* Fill a fresh context (tuple, path, generation set) from the host's structures; ticks become ms. */
void toe_conn_load(struct toe_engine *engine, struct toe_conn *conn,
        const struct tcp_const *constant, const struct tcp_cached *cached,
        const struct tcp_delegated *delegated, uint32_t tick_ms);
/* The cached part alone, and what its flags ask for (UPD-1, UPD-3). */
void toe_conn_update(struct toe_engine *engine, uint32_t index, const struct tcp_cached *cached,
        uint32_t tick_ms);
/* Fill the parts of a TCP state that are wanted (NULL: not wanted); ms become ticks (QRY-1, TERM-1). */
void toe_conn_save(const struct toe_engine *engine, const struct toe_conn *conn,
        struct tcp_const *constant, struct tcp_cached *cached, struct tcp_delegated *delegated,
        uint32_t tick_ms);

#endif

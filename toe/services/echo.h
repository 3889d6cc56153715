/* SPDX-License-Identifier: BSD-3-Clause */
/* The echo: what has arrived is queued, in the buffers that it came in, until the peer has acknowledged it on its way back. */
#ifndef TOE_ECHO_H
#define TOE_ECHO_H

#include "attached.h"
#include "text_copy.h"

/* The functions of tcp/user.h, for an echo. */
bool echo_deliver(struct toe_engine *engine, uint32_t index, struct rte_mbuf *mbuf,
        const uint8_t *data, uint32_t length);
bool echo_accepts(const struct toe_engine *engine, const struct toe_conn *conn);
uint32_t echo_window(const struct toe_engine *engine, const struct toe_conn *conn);
void echo_copy(const struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        struct text_copy *copy, uint32_t length);
void echo_acked(struct toe_engine *engine, uint32_t index, uint32_t bytes);
/* Its queue is freed. */
void echo_close(struct toe_engine *engine, struct toe_attached *attached);

#endif

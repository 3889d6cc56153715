/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Services inside the target: who consumes received text and supplies send data of a connection
 * that is not driven by the host stack's own calls: sink, source, echo.
 *
 * The source sends a fixed pattern: the byte at stream offset i is i mod 251. It is computed again
 * for a retransmission, so nothing is stored. Stream offsets count from snd_una at initiate.
 */
#ifndef TOE_SERVICE_H
#define TOE_SERVICE_H

#include <stdint.h>

#include "attached.h"
#include "engine.h"

#define TOE_PATTERN_PERIOD 251u

/*
 * Attach what the service needs at initiate. 0, or -ENOMEM when the pool is exhausted
 * (TCP_RCV_BUFFER).
 */
int toe_service_open(struct toe_engine *engine, uint32_t index);
/* Give back what the service holds. */
void toe_service_close(struct toe_engine *engine, uint32_t index);

/* TERM-4: unread text of a host, and how much that is, goes into its state. */
void toe_service_upload(struct toe_engine *engine, uint32_t index, struct tcp_delegated *delegated);

/* Running digest of the delivered bytes, 0 when the service keeps none. */
uint64_t toe_service_digest(const struct toe_engine *engine, const struct toe_conn *conn);

#endif

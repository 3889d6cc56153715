/* SPDX-License-Identifier: BSD-3-Clause */
/* Keepalive (RFC 9293 section 3.8.4, SEC-1). */
#ifndef TOE_TCP_KEEPALIVE_H
#define TOE_TCP_KEEPALIVE_H

#include "engine.h"

/* Start, stop or go on with keepalive as flags and cached values say; `restart`: idle from now. */
void toe_keepalive_start(struct toe_engine *engine, uint32_t index, bool restart);
/* An acceptable segment has arrived: idle from now. */
void toe_keepalive_touch(struct toe_engine *engine, uint32_t index);
/* Its timer has expired. */
void toe_keepalive_expired(struct toe_engine *engine, uint32_t index);
/* A suspicious segment: keepalive is due in 5 minutes at the latest (SEC-1). */
void toe_keepalive_arm(struct toe_engine *engine, uint32_t index);

#endif

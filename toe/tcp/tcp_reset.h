/* SPDX-License-Identifier: BSD-3-Clause */
/* What tries to end a connection from outside (RFC 5961, SEC-1, RX-3). */
#ifndef TOE_TCP_RESET_H
#define TOE_TCP_RESET_H

#include "engine.h"
#include "segment.h"
#include "tcp_types.h"

/* A RST or SYN (RFC 5961, RX-3). */
enum toe_input toe_tcp_reset(
        struct toe_engine *engine, uint32_t index, const struct toe_segment *segment);
enum toe_input toe_tcp_syn(
        struct toe_engine *engine, uint32_t index, const struct toe_segment *segment);

#endif

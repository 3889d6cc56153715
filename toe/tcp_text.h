/* SPDX-License-Identifier: BSD-3-Clause */
/* Text and FIN of acceptable segments: in order to the service, out of order into the queue; when to acknowledge. */
#ifndef TOE_TCP_TEXT_H
#define TOE_TCP_TEXT_H

#include "tcp.h"

/* The segment has text or FIN, and something of it lies at rcv_nxt or behind. */
enum toe_input tcp_text_input(struct toe_worker *worker, uint32_t index,
        const struct toe_segment *segment, struct rte_mbuf *mbuf);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* The exception path: what is not for an offloaded connection, unchanged (RX-1, RX-2). */
#ifndef TOE_EXCEPTION_H
#define TOE_EXCEPTION_H

#include <rte_mbuf.h>

#include "worker.h"

/*
 * Pass a frame unchanged to the other side of the bump, in order with what this worker sends there; dropped
 * and counted when there is no such side or no room, or when it is longer than the MTU there. Takes over the mbuf. port: index it came from.
 */
void toe_exception_forward(struct toe_worker *worker, struct rte_mbuf *mbuf, uint32_t port);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The drain of an invalidate: held frames whose tag is no longer valid do not go out, and what they carried is owed again
 * (INV-7; toe_tcp_take_back).
 */
#ifndef TOE_DRAIN_H
#define TOE_DRAIN_H

#include "worker.h"

/* Over all transmit buffers; frames discarded. The worker's answer to a drain message. */
uint32_t toe_worker_drain(struct toe_worker *worker);

/* The same over one: route words changed, connection stopped or gone. */
uint32_t toe_drain_port(struct toe_engine *engine, uint32_t port);

/*
 * The connection is about to leave: offer what is held to the ports, then discard what they did not take of
 * it, so that no frame of it goes out after its terminate, when no drain would find it any more.
 */
void toe_drain_conn(struct toe_engine *engine, uint32_t index);

#endif

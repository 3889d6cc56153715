/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP engine's verbs, in the order a segment meets them: input validates and marks connections ready,
 * output runs each ready connection once per burst, timers re-check deadlines and mark ready.
 *
 * Everything here is called by the worker that owns the connection.
 */
#ifndef TOE_TCP_H
#define TOE_TCP_H

#include "engine.h"
#include "segment.h"
#include "tcp_types.h"

/* Process one segment for a live connection. Sets ready and timers; never transmits. */
enum toe_input toe_tcp_input(struct toe_engine *engine, uint32_t index,
        const struct toe_segment *segment, struct rte_mbuf *mbuf);

/*
 * The same for a segment that directly follows the last one processed: same connection, port and burst, its
 * text behind that one's, and nothing else in its headers that is new. Cheaper, since that one's checks hold. False:
 * it needs all of them; nothing has been done.
 */
bool toe_tcp_input_next(struct toe_engine *engine, uint32_t index,
        const struct toe_segment *segment, struct rte_mbuf *mbuf, enum toe_input *input);

/* Send what may be sent of one connection: up to `frames` frames. */
enum toe_output toe_tcp_output(struct toe_engine *engine, uint32_t index, uint32_t frames);

/* Its earliest deadline may have passed: each one that has acts, the rest is armed again. */
void toe_tcp_expired(struct toe_engine *engine, uint32_t index);
/* A connection was resumed after a stop (relink): re-arm what the stop froze, mark ready what waits. */
void toe_tcp_resume(struct toe_engine *engine, uint32_t index);

struct toe_tx_tag;
/*
 * A frame was built and never left: what it carried is owed again, no more and no less (INV-7). Of the frames of a connection
 * the newest comes first, and all that were built behind one that is taken back are taken back too. The caller frees it.
 */
void toe_tcp_take_back(
        struct toe_engine *engine, const struct toe_tx_tag *tag, const struct rte_mbuf *frame);

/* Send an ACK that is owed, delayed or not, and nothing else (TERM-3). A stopped connection sends none. */
void toe_tcp_acknowledge(struct toe_engine *engine, uint32_t index);

/* Would output send anything now, if the route were valid? (ACK owed, data or FIN within the windows) */
bool toe_tcp_has_work(const struct toe_engine *engine, const struct toe_conn *conn);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames whose text does not lie in the buffer of the headers alone (SND-1; several buffers, or longer than one). */
#ifndef TOE_TCP_FRAMES_H
#define TOE_TCP_FRAMES_H

#include "tcp_emit.h"

/*
 * Buffers for `count` frames with more text than is copied into the first one, which begins at `offset` of what there is to send.
 * Text that lies in buffers of its user is attached to them; where that cannot be it is copied, too, behind the headers
 * or into a chain of buffers. False: none are left.
 */
bool tcp_frames_alloc(struct toe_engine *engine, const struct tcp_run *run,
        const struct tcp_plan *plan, uint32_t count, uint64_t offset, struct rte_mbuf **mbuf);

/*
 * Puts `length` bytes of text at `text`, behind the headers of a frame that has more than one buffer, unless they are attached. Returns
 * their sum when that is wanted and they are; a port that takes chains sums copied ones.
 */
uint64_t tcp_frame_text(struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        struct rte_mbuf *frame, uint8_t *text, uint32_t length, bool want_sum);

#endif

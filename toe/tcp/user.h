/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the TCP engine needs of whoever uses a connection: takes its text and has text to send. This is all that it knows of
 * them; toe/services defines it.
 */
#ifndef TOE_USER_H
#define TOE_USER_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "engine.h"

/*
 * Deliver in-order text: `length` bytes at `data`, inside `mbuf`; push: PSH stands at its end. The service may keep the text by
 * taking over the mbuf (returns true: the caller must not free it).
 */
bool toe_service_deliver(struct toe_engine *engine, uint32_t index, struct rte_mbuf *mbuf,
        const uint8_t *data, uint32_t length, bool push);
/*
 * The peer's FIN was received and all text before it delivered. True: it has been consumed, too, and the caller indicates DISCONNECT
 * (EVT-1); false: the service does that when it is.
 */
bool toe_service_fin(struct toe_engine *engine, uint32_t index);
/*
 * Can the service take text now? If not, it is dropped unacknowledged and the peer sends it again.
 */
bool toe_service_accepts(const struct toe_engine *engine, const struct toe_conn *conn);
/* So text was dropped: when the service can take some again, it has a window announced. */
void toe_service_refused(struct toe_engine *engine, uint32_t index);
/* Bytes of receive window that the service can take from rcv_nxt on. */
uint32_t toe_service_window(const struct toe_engine *engine, const struct toe_conn *conn);

/* Bytes of text that it has and that nobody has consumed. */
uint64_t toe_service_backlog(const struct toe_engine *engine, const struct toe_conn *conn);

/*
 * Copy `length` bytes of send data from stream offset `offset` to `to`. Returns their sum (toe_checksum_fold), when that
 * is wanted.
 */
uint64_t toe_service_copy(struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        uint8_t *to, uint32_t length, bool want_sum);
/* May its send data be attached to frames, instead of being copied? */
static inline bool
toe_service_attaches(const struct toe_conn *conn)
{
	return conn->service == OFFLOAD_SERVICE_HOST;
}
/*
 * Then: put such data behind an empty frame, as buffers that refer to it, at most so many `pieces`. False: it cannot be
 * (now), and is to be copied; the frame is as it was.
 */
bool toe_service_attach(struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        uint32_t length, uint32_t pieces, struct rte_mbuf *frame);
/* `bytes` of send data were acknowledged (snd_offset has advanced already). */
void toe_service_acked(struct toe_engine *engine, uint32_t index, uint32_t bytes);

/* Our FIN was acknowledged, and with it all before it. */
void toe_service_fin_acked(struct toe_engine *engine, uint32_t index);

/* An acceptable RST has come (EVT-5): nothing of what is outstanding will be sent or acknowledged. */
void toe_service_abort(struct toe_engine *engine, uint32_t index);
/* The user's own reset has been sent, or the connection is one that needs none (DSC-2): the same. */
void toe_service_reset(struct toe_engine *engine, uint32_t index);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of hosts' sends, on its way into frames. */
#include <rte_mbuf.h>

#include "host_io.h"

/*
 * Where the text at this offset lies: at_mbuf, `*skip` bytes behind its beginning; returns how much of it lies there. Sending goes
 * forward, so the search goes on from where the last one ended; for what is sent again it starts anew.
 */
static uint32_t
seek(struct toe_sends *sends, const struct toe_conn *conn, uint32_t offset, uint32_t length,
        uint32_t *skip)
{
	uint32_t left;

	if (sends->at == NULL || seq_lt(offset, sends->at_start) ||
	        seq_lt(offset, sends->at_begin)) {
		sends->at = sends->unacked;
		sends->at_begin = (uint32_t)conn->snd_offset - sends->acked;
		sends->at_mbuf = sends->at->mbuf;
		sends->at_start = sends->at_begin - sends->at->offset;
	}
	while (offset - sends->at_begin >= toe_io_bytes(sends->at)) {
		sends->at_begin += toe_io_bytes(sends->at);
		sends->at = sends->at->next;
		sends->at_mbuf = sends->at->mbuf;
		sends->at_start = sends->at_begin - sends->at->offset;
	}
	while (offset - sends->at_start >= sends->at_mbuf->data_len) {
		sends->at_start += sends->at_mbuf->data_len;
		sends->at_mbuf = sends->at_mbuf->next;
	}
	*skip = offset - sends->at_start;
	left = toe_io_bytes(sends->at) - (offset - sends->at_begin);
	return RTE_MIN(length, RTE_MIN(left, sends->at_mbuf->data_len - *skip));
}

void
host_copy(struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        struct text_copy *copy, uint32_t length)
{
	struct toe_sends *sends = toe_sends_of(engine, conn);

	engine->stats.tx_text_copied_bytes += length;
	while (length > 0) {
		uint32_t skip, part = seek(sends, conn, (uint32_t)offset, length, &skip);

		text_copy_part(
		        copy, rte_pktmbuf_mtod_offset(sends->at_mbuf, uint8_t *, skip), part);
		offset += part;
		length -= part;
	}
}

bool
host_attach(struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        uint32_t length, uint32_t pieces, struct rte_mbuf *frame)
{
	struct toe_sends *sends = toe_sends_of(engine, conn);
	struct rte_mbuf *last = frame;

	while (length > 0) {
		uint32_t skip, part = seek(sends, conn, (uint32_t)offset, length, &skip);
		struct rte_mbuf *piece = NULL;

		if (pieces-- > 0 && !(sends->at->marks & TOE_IO_COPY))
			piece = rte_pktmbuf_alloc(engine->mbuf_pool);
		if (piece == NULL) {
			rte_pktmbuf_free(frame->next);
			frame->next = NULL;
			frame->nb_segs = 1;
			return false;
		}
		rte_pktmbuf_attach(piece, sends->at_mbuf);
		sends->at->marks |= TOE_IO_ATTACHED;
		piece->data_off = (uint16_t)(piece->data_off + skip);
		piece->data_len = (uint16_t)part;
		last->next = piece;
		last = piece;
		frame->nb_segs++;
		offset += part;
		length -= part;
	}
	return true;
}

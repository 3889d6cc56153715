/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames whose text does not lie in the buffer of the headers alone: it is attached, or goes on in a chain of buffers. */
#include "tcp_frames.h"

#include <rte_ethdev.h>

#include "checksum.h"
#include "tcp_limits.h"
#include "user.h"

/* Buffers behind the headers of a frame, and of one that the port cuts: more than these many drivers do not take. */
#define FRAME_PIECES 7u
#define FRAME_PIECES_TSO 24u

/* Buffers for a frame with so much text; NULL: none are left. */
static struct rte_mbuf *
chain_alloc(struct toe_engine *engine, uint32_t length)
{
	struct rte_mbuf *frame = rte_pktmbuf_alloc(engine->mbuf_pool), *last = frame;
	uint32_t room = tcp_first_room(engine);

	while (length > room && frame != NULL) {
		last->next = rte_pktmbuf_alloc(engine->mbuf_pool);
		if (last->next == NULL) {
			rte_pktmbuf_free(frame);
			return NULL;
		}
		last = last->next;
		frame->nb_segs++;
		length -= room;
		room = tcp_further_room(engine);
	}
	return frame;
}

bool
tcp_frames_alloc(struct toe_engine *engine, const struct tcp_run *run, const struct tcp_plan *plan,
        uint32_t count, uint64_t offset, struct rte_mbuf **mbuf)
{
	const struct toe_conn *conn = &engine->conns[run->index];
	uint32_t pieces = plan->length > run->limits.mss ? FRAME_PIECES_TSO : FRAME_PIECES;

	if (!toe_service_attaches(conn) || !(run->route.offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS)) {
		mbuf[0] = chain_alloc(engine, plan->length);
		return mbuf[0] != NULL;
	}
	if (rte_pktmbuf_alloc_bulk(engine->mbuf_pool, mbuf, count) != 0)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		bool attached =
		        toe_service_attach(engine, conn, offset, plan->length, pieces, mbuf[i]);

		offset += plan->length;
		if (attached || plan->length <= tcp_first_room(engine))
			continue;
		/* Longer than a buffer: there is but one such frame. */
		rte_pktmbuf_free(mbuf[i]);
		mbuf[i] = chain_alloc(engine, plan->length);
		return mbuf[i] != NULL;
	}
	return true;
}

/* The sum of text that is attached to a frame. A part that begins at an odd byte counts with its bytes swapped (RFC 1071). */
static uint64_t
attached_sum(const struct rte_mbuf *frame)
{
	uint64_t sum = 0;
	uint32_t done = 0;

	for (const struct rte_mbuf *at = frame->next; at != NULL; at = at->next) {
		uint64_t part =
		        toe_checksum_add(0, rte_pktmbuf_mtod(at, const uint8_t *), at->data_len);

		sum += (done & 1) ? __builtin_bswap16(toe_checksum_fold(part)) : part;
		done += at->data_len;
	}
	return sum;
}

uint64_t
tcp_frame_text(struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        struct rte_mbuf *frame, uint8_t *text, uint32_t length, bool want_sum)
{
	uint32_t part = tcp_first_room(engine);

	if (RTE_MBUF_CLONED(frame->next)) {
		frame->data_len = (uint16_t)(frame->data_len - length);
		return want_sum ? attached_sum(frame) : 0;
	}

	frame->data_len = (uint16_t)(frame->data_len - length + part);
	for (struct rte_mbuf *at = frame;;) {
		toe_service_copy(engine, conn, offset, text, part, false);
		offset += part;
		length -= part;
		if (length == 0)
			return 0;
		at = at->next;
		part = RTE_MIN(length, tcp_further_room(engine));
		at->data_len = (uint16_t)part;
		text = rte_pktmbuf_mtod(at, uint8_t *);
	}
}

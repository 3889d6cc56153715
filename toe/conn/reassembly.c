/* SPDX-License-Identifier: BSD-3-Clause */
/* Text out of order, and what is reported of it. */
#include "reassembly_parts.h"

#include <rte_branch_prediction.h>
#include <rte_tcp.h>

#include "engine.h"

/* Text of up to so many bytes is copied behind its predecessor rather than kept in a buffer of its own. */
#define SMALL_TEXT 512u

/* The block that holds the text that came last goes to the front; what it swallows is gone. */
static void
note_block(struct toe_reassembly *reassembly, uint32_t start, uint32_t end)
{
	struct toe_sack block = {start, end};

	for (uint32_t i = 0; i < reassembly->blocks;) {
		const struct toe_sack *old = &reassembly->block[i];

		if (seq_lt(end, old->start) || seq_lt(old->end, start)) {
			i++;
			continue;
		}
		if (seq_lt(old->start, block.start))
			block.start = old->start;
		if (seq_lt(block.end, old->end))
			block.end = old->end;
		reassembly_remove_block(reassembly, i);
	}
	if (reassembly->blocks == TOE_SACKS_MAX)
		reassembly->blocks--;
	memmove(&reassembly->block[1], &reassembly->block[0],
	        reassembly->blocks * sizeof(reassembly->block[0]));
	reassembly->block[0] = block;
	reassembly->blocks++;
}

/*
 * Pieces without a gap between them are one block. Not all blocks are remembered, so it is measured in the queue: from the
 * piece `run`, where it begins, over `piece` to its end.
 */
static void
note_run(const struct toe_engine *engine, struct toe_reassembly *reassembly, uint32_t run,
        uint32_t piece)
{
	uint32_t start = piece_at(engine, run)->seq, end;

	for (;;) {
		const struct toe_piece *at = piece_at(engine, piece);

		end = at->seq + at->length + at->fin;
		piece = at->next;
		if (piece == TOE_INDEX_NONE || piece_at(engine, piece)->seq != end)
			break;
	}
	note_block(reassembly, start, end);
}

void
toe_reassembly_duplicate(struct toe_engine *engine, uint32_t index, uint32_t start, uint32_t end)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_reassembly *reassembly;

	/* Who may not send reports nothing, and keeps nothing for it. */
	if (!(conn->options & TCP_OPTION_SACK) || !toe_conn_may_send(engine, conn))
		return;
	reassembly = toe_reassembly_get(engine, conn);
	if (reassembly == NULL)
		return;
	reassembly->duplicate = (struct toe_sack){start, end};
	conn->flags |= TOE_CONN_DSACK;
	/* The block that holds it is reported next to it (RFC 2883 section 4). */
	for (uint32_t i = 1; i < reassembly->blocks; i++) {
		struct toe_sack block = reassembly->block[i];

		if (seq_leq(block.start, start) && seq_leq(end, block.end)) {
			memmove(&reassembly->block[1], &reassembly->block[0],
			        i * sizeof(reassembly->block[0]));
			reassembly->block[0] = block;
			break;
		}
	}
}

static void
frame_free(struct toe_engine *engine, struct rte_mbuf *frame)
{
	engine->reassembly_buffers -= frame->nb_segs;
	rte_pktmbuf_free(frame);
}

static void
unlink_after(
        struct toe_engine *engine, struct toe_reassembly *reassembly, uint32_t prev, uint32_t piece)
{
	const struct toe_piece *at = piece_at(engine, piece);

	if (prev == TOE_INDEX_NONE)
		reassembly->head = at->next;
	else
		piece_at(engine, prev)->next = at->next;
	if (reassembly->tail == piece)
		reassembly->tail = prev;
	reassembly->pieces--;
	reassembly->bytes -= at->length;
	toe_pool_give(&engine->pieces, piece);
}

/* Small text goes behind that of its predecessor, when it continues it and there is room in the buffer. */
static bool
append_small(struct toe_engine *engine, struct toe_reassembly *reassembly, struct toe_piece *prev,
        const struct toe_piece *new)
{
	struct rte_mbuf *to = prev->frame;
	uint32_t end = to->data_off + prev->offset + prev->length;

	if (new->length > SMALL_TEXT || to->nb_segs != 1 || new->frame->nb_segs != 1 || prev->fin ||
	        !RTE_MBUF_DIRECT(to) || rte_mbuf_refcnt_read(to) != 1 ||
	        new->length > to->buf_len - RTE_MIN(end, (uint32_t)to->buf_len))
		return false;
	memcpy((uint8_t *)to->buf_addr + end,
	        rte_pktmbuf_mtod_offset(new->frame, uint8_t *, new->offset), new->length);
	prev->length += new->length;
	prev->fin = new->fin;
	prev->push = new->push;
	to->data_len = to->pkt_len = prev->offset + prev->length;
	reassembly->bytes += new->length;
	return true;
}

/* Where new text belongs, and what is left of it when what is there already is cut off. */
struct place {
	uint32_t prev; /* piece before it */
	uint32_t run; /* first piece of the run without a gap that ends at prev */
	bool touches; /* prev ends where it begins */
};

/* The last piece that begins at or before seq, and the run that it belongs to. */
static struct place
find_place(const struct toe_engine *engine, const struct toe_reassembly *reassembly, uint32_t seq)
{
	struct place place = {.prev = TOE_INDEX_NONE, .run = TOE_INDEX_NONE};
	uint32_t piece = reassembly->head, end = 0;

	/* The usual case: behind everything that is there. Its run is found in the blocks, not by a walk. */
	if (reassembly->tail != TOE_INDEX_NONE) {
		const struct toe_piece *tail = piece_at(engine, reassembly->tail);

		if (seq_leq(tail->seq, seq)) {
			place.prev = place.run = reassembly->tail;
			return place;
		}
	}
	while (piece != TOE_INDEX_NONE && seq_leq(piece_at(engine, piece)->seq, seq)) {
		const struct toe_piece *at = piece_at(engine, piece);

		if (place.prev == TOE_INDEX_NONE || at->seq != end)
			place.run = piece;
		end = at->seq + at->length + at->fin;
		place.prev = piece;
		piece = at->next;
	}
	return place;
}

/* Cut off what the piece before has; false: it has all of it. */
static bool
trim_front(const struct toe_engine *engine, uint32_t prev, struct toe_piece *new,
        struct toe_sack *repeated)
{
	const struct toe_piece *at;
	uint32_t end, cut;

	if (prev == TOE_INDEX_NONE)
		return true;
	at = piece_at(engine, prev);
	end = at->seq + at->length + at->fin;
	if (!seq_lt(new->seq, end))
		return true;
	cut = end - new->seq;
	if (cut >= new->length + new->fin)
		return false;
	cut = RTE_MIN(cut, new->length);
	toe_sack_repeat(repeated, new->seq, new->seq + cut);
	new->seq += cut;
	new->length -= cut;
	new->offset = (uint16_t)(new->offset + cut);
	return true;
}

/* Pieces behind `prev` that new text covers: they give way to it. */
struct covered {
	uint32_t pieces;
	uint32_t buffers;
};

/* What the new piece covers; it is cut where it covers a piece in part. Nothing is changed yet. */
static struct covered
trim_back(const struct toe_engine *engine, const struct toe_reassembly *reassembly, uint32_t prev,
        struct toe_piece *new, struct toe_sack *repeated)
{
	uint32_t next = prev == TOE_INDEX_NONE ? reassembly->head : piece_at(engine, prev)->next;
	struct covered covered = {0, 0};

	while (next != TOE_INDEX_NONE) {
		const struct toe_piece *at = piece_at(engine, next);
		uint32_t end = new->seq + new->length + new->fin;

		if (!seq_lt(at->seq, end))
			break;
		if (seq_lt(end, at->seq + at->length + at->fin)) {
			toe_sack_repeat(repeated, at->seq, end);
			new->length = at->seq - new->seq;
			new->fin = new->push = false;
			break;
		}
		toe_sack_repeat(repeated, at->seq, at->seq + at->length + at->fin);
		covered.pieces++;
		covered.buffers += at->frame->nb_segs;
		next = at->next;
	}
	return covered;
}

static void
free_covered(struct toe_engine *engine, struct toe_reassembly *reassembly, uint32_t prev,
        uint32_t pieces)
{
	for (; pieces > 0; pieces--) {
		uint32_t next =
		        prev == TOE_INDEX_NONE ? reassembly->head : piece_at(engine, prev)->next;

		frame_free(engine, piece_at(engine, next)->frame);
		unlink_after(engine, reassembly, prev, next);
	}
}

static void
insert(struct toe_engine *engine, struct toe_reassembly *reassembly, const struct place *place,
        const struct toe_piece *new)
{
	uint32_t piece = toe_pool_take(&engine->pieces);
	struct toe_piece *at = piece_at(engine, piece);
	bool touches = false;

	*at = *new;
	if (place->prev == TOE_INDEX_NONE) {
		at->next = reassembly->head;
		reassembly->head = piece;
	} else {
		struct toe_piece *prev = piece_at(engine, place->prev);

		at->next = prev->next;
		prev->next = piece;
		touches = prev->seq + prev->length + prev->fin == at->seq;
	}
	if (at->next == TOE_INDEX_NONE)
		reassembly->tail = piece;
	reassembly->pieces++;
	reassembly->bytes += at->length;
	engine->reassembly_buffers += at->frame->nb_segs;
	note_run(engine, reassembly, touches ? place->run : piece, piece);
}

/* Room for a piece, when those that it covers have given way. */
static bool
has_room(const struct toe_engine *engine, const struct toe_reassembly *reassembly,
        const struct covered *covered, const struct rte_mbuf *mbuf)
{
	return reassembly->pieces - covered->pieces < TOE_REASSEMBLY_PIECES &&
	       toe_pool_left(&engine->pieces) + covered->pieces > 0 &&
	       engine->reassembly_buffers - covered->buffers + mbuf->nb_segs <=
	               engine->reassembly_buffers_max;
}

/*
 * Put a piece in its place; true: the frame was taken over. What was reported to the peer is given up for nothing but a piece that
 * has it all (RFC 2018 section 8): whether there is room is known before anything is changed.
 */
static bool
add_piece(struct toe_engine *engine, struct toe_reassembly *reassembly, const struct place *place,
        struct toe_piece *new, struct toe_sack *repeated)
{
	struct covered covered = trim_back(engine, reassembly, place->prev, new, repeated);
	struct toe_piece *prev =
	        place->prev == TOE_INDEX_NONE ? NULL : piece_at(engine, place->prev);

	if (new->length == 0 && !new->fin)
		return false;
	if (prev != NULL && prev->seq + prev->length ==
	                            new->seq &&append_small(engine, reassembly, prev, new)) {
		free_covered(engine, reassembly, place->prev, covered.pieces);
		note_run(engine, reassembly, place->run, place->prev);
		return false;
	}
	if (!has_room(engine, reassembly, &covered, new->frame)) {
		engine->stats.rx_reassembly_full++;
		repeated->end = repeated->start;
		return false;
	}
	free_covered(engine, reassembly, place->prev, covered.pieces);
	insert(engine, reassembly, place, new);
	return true;
}

bool
toe_reassembly_add(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment,
        struct rte_mbuf *mbuf)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_reassembly *reassembly = toe_reassembly_get(engine, conn);
	struct toe_piece new = {
	        .seq = segment->seq,
	        .length = segment->length,
	        .offset = (uint16_t)(segment->data - rte_pktmbuf_mtod(mbuf, const uint8_t *)),
	        .fin = segment->tcp_flags & RTE_TCP_FIN_FLAG,
	        .push = segment->tcp_flags & RTE_TCP_PSH_FLAG,
	        .frame = mbuf,
	};
	struct toe_sack repeated = {0, 0};
	struct place place;
	uint32_t room;
	bool taken;

	if (unlikely(reassembly == NULL))
		return false;
	/* Beyond what was offered there is no room, nor for a FIN behind it. */
	room = conn->rcv_adv - new.seq;
	if (new.length + new.fin > room) {
		new.length = RTE_MIN(new.length, room);
		new.fin = new.push = false;
	}
	place = find_place(engine, reassembly, new.seq);
	if (!trim_front(engine, place.prev, &new, &repeated)) {
		toe_reassembly_duplicate(
		        engine, index, segment->seq, segment->seq + segment->length + new.fin);
		return false;
	}
	taken = add_piece(engine, reassembly, &place, &new, &repeated);
	if (repeated.start != repeated.end)
		toe_reassembly_duplicate(engine, index, repeated.start, repeated.end);
	return taken;
}

struct toe_piece *
toe_reassembly_next(const struct toe_engine *engine, const struct toe_conn *conn)
{
	const struct toe_reassembly *reassembly = reassembly_of(engine, conn);
	struct toe_piece *head;

	if (reassembly->head == TOE_INDEX_NONE)
		return NULL;
	head = piece_at(engine, reassembly->head);
	return seq_leq(head->seq, conn->rcv_nxt) ? head : NULL;
}

void
toe_reassembly_pop(struct toe_engine *engine, uint32_t index)
{
	struct toe_reassembly *reassembly = reassembly_of(engine, &engine->conns[index]);
	uint32_t piece = reassembly->head;

	engine->reassembly_buffers -= piece_at(engine, piece)->frame->nb_segs;
	unlink_after(engine, reassembly, TOE_INDEX_NONE, piece);
}

void
toe_reassembly_drop(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	struct rte_mbuf *frames[TOE_URGENT_FRAMES];
	struct toe_reassembly *reassembly;

	if (conn->reassembly == TOE_INDEX_NONE)
		return;
	rte_pktmbuf_free_bulk(frames, toe_reassembly_take_urgent(engine, index, frames));
	reassembly = reassembly_of(engine, conn);
	while (reassembly->head != TOE_INDEX_NONE) {
		frame_free(engine, piece_at(engine, reassembly->head)->frame);
		unlink_after(engine, reassembly, TOE_INDEX_NONE, reassembly->head);
	}
	conn->flags &= ~TOE_CONN_DSACK;
	toe_pool_give(&engine->reassemblies, conn->reassembly);
	conn->reassembly = TOE_INDEX_NONE;
}

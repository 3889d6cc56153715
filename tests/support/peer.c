/* SPDX-License-Identifier: BSD-3-Clause */
/* The TCP at the other end of one offloaded connection. */
#include "peer.h"

#include <string.h>

#define SOURCE_PERIOD 251u /* contract of the source service (toe/services/service.h) */
#define PEER_MAX_SEGMENT 1400u

static bool
before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

void
peer_init(struct peer *peer, const struct tree_path *path, const struct tree_tcp *tcp)
{
	memset(peer, 0, sizeof(*peer));
	memcpy(peer->our_mac, tree_source_mac, sizeof(peer->our_mac));
	peer->family = path->family;
	memcpy(peer->our_address, path->source, 16);
	memcpy(peer->peer_address, path->destination, 16);
	peer->our_port = tcp->local_port;
	peer->peer_port = tcp->remote_port;
	peer->service = tcp->service;
	peer->timestamps = tcp->flags & TCP_OPTION_TIMESTAMPS;
	peer->rcv_start = peer->rcv_nxt = peer->rcv_max = tcp->snd_una;
	peer->rcv_window = tcp->snd_wnd ? tcp->snd_wnd : 65535;
	peer->rcv_adv = peer->rcv_nxt + peer->rcv_window;
	peer->content_start = peer->rcv_start;
	peer->snd_start = peer->snd_una = peer->snd_nxt = tcp->rcv_nxt;
	peer->snd_edge = tcp->rcv_nxt + (tcp->rcv_wnd ? tcp->rcv_wnd : 65535);
	peer->tsval = 1;
}

bool
peer_owns(const struct peer *peer, const struct peer_frame *frame)
{
	return frame->destination_port == peer->peer_port && frame->source_port == peer->our_port &&
	       frame->family == peer->family && memcmp(frame->source, peer->our_address, 16) == 0 &&
	       memcmp(frame->destination, peer->peer_address, 16) == 0;
}

static const char *
check_ack(struct peer *peer, const struct peer_frame *frame)
{
	uint32_t edge = frame->ack + ((uint32_t)frame->window << peer->our_wscale);

	if (!(frame->flags & PEER_ACK))
		return "segment without ACK";
	if (before(peer->snd_nxt, frame->ack))
		return "acknowledges what the peer has not sent";
	if (before(frame->ack, peer->snd_una))
		return "acknowledgment number goes back";
	if (before(edge, peer->snd_edge))
		return "window shrinks";
	peer->snd_una = frame->ack;
	peer->snd_edge = edge;
	return NULL;
}

static const char *
check_content(const struct peer *peer, const struct peer_frame *frame)
{
	uint32_t offset = frame->seq - peer->content_start;

	if (frame->length == 0 || peer->service == OFFLOAD_SERVICE_HOST)
		return NULL;
	if (peer->service == OFFLOAD_SERVICE_SINK)
		return "a sink sends data";
	if (peer->service == OFFLOAD_SERVICE_ECHO)
		offset += peer->content_offset;
	for (uint32_t i = 0; i < frame->length; i++) {
		uint8_t expected = peer->service == OFFLOAD_SERVICE_SOURCE || peer->sends_pattern
		                           ? (uint8_t)((offset + i) % SOURCE_PERIOD)
		                           : peer_pattern(offset + i);

		if (frame->data[i] != expected)
			return "wrong contents";
	}
	if (peer->service == OFFLOAD_SERVICE_ECHO &&
	        before(peer->snd_nxt - peer->snd_start, offset + frame->length))
		return "echo of bytes that were never sent";
	return NULL;
}

static const char *
check_timestamps(struct peer *peer, const struct peer_frame *frame)
{
	if (frame->has_timestamps != peer->timestamps)
		return peer->timestamps ? "timestamps missing" : "timestamps not agreed";
	if (!peer->timestamps)
		return NULL;
	if (peer->tsval_known && before(frame->tsval, peer->tsval_seen))
		return "timestamp goes back";
	if (before(peer->tsval, frame->tsecr))
		return "echoes a timestamp that was never sent";
	peer->tsval_seen = frame->tsval;
	peer->tsval_known = true;
	return NULL;
}

/* `highest`: behind all that the target may have sent, without a gap. */
static const char *
check_segment(struct peer *peer, const struct peer_frame *frame, uint32_t highest)
{
	uint32_t end = frame->seq + frame->length + ((frame->flags & PEER_FIN) != 0);
	const char *wrong = check_ack(peer, frame);

	if (wrong == NULL)
		wrong = check_timestamps(peer, frame);
	if (wrong == NULL)
		wrong = check_content(peer, frame);
	if (wrong != NULL)
		return wrong;
	if (frame->flags & (PEER_SYN | PEER_RST))
		return "SYN or RST";
	if (before(peer->rcv_adv, frame->seq + frame->length))
		return "data beyond the window";
	/* an ACK alone may be ahead: it was built before the bytes below it were taken back */
	if (end != frame->seq && before(highest, frame->seq))
		return "gap in the sequence space";
	if (peer->rcv_fin && before(highest, end))
		return "data after FIN";
	peer->frames++;
	return NULL;
}

const char *
peer_observe(struct peer *peer, const struct peer_frame *frame)
{
	uint32_t end = frame->seq + frame->length + ((frame->flags & PEER_FIN) != 0);
	const char *wrong = check_segment(peer, frame, peer->rcv_max);

	if (wrong != NULL)
		return wrong;
	if (end != frame->seq && before(peer->rcv_max, end)) {
		peer->data_frames++;
		peer->rcv_max = end;
		peer->rcv_fin = frame->flags & PEER_FIN;
	} else if (end != frame->seq) {
		peer->retransmissions++;
	}
	return NULL;
}

const char *
peer_receive(struct peer *peer, const struct peer_frame *frame)
{
	uint32_t end = frame->seq + frame->length + ((frame->flags & PEER_FIN) != 0);
	const char *wrong = check_segment(peer, frame, peer->rcv_nxt);

	if (wrong != NULL)
		return wrong;
	if (end != frame->seq && before(peer->rcv_nxt, end)) {
		peer->data_frames++;
		peer->rcv_nxt = end;
		peer->rcv_fin = frame->flags & PEER_FIN;
		peer->ack_owed = true;
	} else if (end != frame->seq) {
		peer->retransmissions++;
		peer->ack_owed = true;
	}
	if (end != frame->seq && before(peer->rcv_max, end))
		peer->rcv_max = end;
	return NULL;
}

static void
segment_init(struct peer *peer, struct peer_frame *frame)
{
	memset(frame, 0, sizeof(*frame));
	memcpy(frame->destination_mac, peer->our_mac, 6);
	memset(frame->source_mac, 0x06, 6);
	frame->family = peer->family;
	memcpy(frame->source, peer->peer_address, 16);
	memcpy(frame->destination, peer->our_address, 16);
	frame->source_port = peer->peer_port;
	frame->destination_port = peer->our_port;
	frame->seq = peer->snd_nxt;
	frame->ack = peer->rcv_nxt;
	frame->flags = PEER_ACK;
	frame->window = (uint16_t)peer->rcv_window;
	frame->has_timestamps = peer->timestamps;
	frame->tsval = ++peer->tsval;
	frame->tsecr = peer->tsval_seen;
}

/* What our segment said is now known to the target. */
static struct rte_mbuf *
segment_send(struct peer *peer, const struct peer_frame *frame, struct rte_mempool *pool)
{
	struct rte_mbuf *mbuf = peer_frame_build(pool, frame);

	if (mbuf == NULL)
		return NULL;
	peer->ack_owed = false;
	peer->rcv_adv = peer->rcv_nxt + peer->rcv_window;
	peer->snd_nxt += frame->length + ((frame->flags & PEER_FIN) != 0);
	return mbuf;
}

struct rte_mbuf *
peer_ack(struct peer *peer, struct rte_mempool *pool)
{
	struct peer_frame frame;

	segment_init(peer, &frame);
	return segment_send(peer, &frame, pool);
}

struct rte_mbuf *
peer_data(struct peer *peer, struct rte_mempool *pool, uint32_t length)
{
	uint8_t data[PEER_MAX_SEGMENT];
	uint32_t room = peer->snd_edge - peer->snd_nxt;
	struct peer_frame frame;

	if (peer->fin_sent || before(peer->snd_edge, peer->snd_nxt) || room == 0)
		return NULL;
	if (length > room)
		length = room;
	if (length > PEER_MAX_SEGMENT)
		length = PEER_MAX_SEGMENT;
	for (uint32_t i = 0; i < length; i++)
		data[i] = peer_pattern(peer->snd_nxt - peer->snd_start + i);
	segment_init(peer, &frame);
	frame.flags |= PEER_PSH;
	frame.data = data;
	frame.length = length;
	return segment_send(peer, &frame, pool);
}

struct rte_mbuf *
peer_fin(struct peer *peer, struct rte_mempool *pool)
{
	struct peer_frame frame;
	struct rte_mbuf *mbuf;

	if (peer->fin_sent)
		return NULL;
	segment_init(peer, &frame);
	frame.flags |= PEER_FIN;
	mbuf = segment_send(peer, &frame, pool);
	peer->fin_sent = mbuf != NULL;
	return mbuf;
}

struct rte_mbuf *
peer_reset(struct peer *peer, struct rte_mempool *pool)
{
	struct peer_frame frame;

	segment_init(peer, &frame);
	frame.flags = PEER_RST | PEER_ACK;
	return segment_send(peer, &frame, pool);
}

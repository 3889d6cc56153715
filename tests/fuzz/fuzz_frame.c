/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames of and for a fuzzed connection. */
#include "fuzz_frame.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>

#include "end.h"
#include "service.h"

#define HEADERS_MAX 256u

static uint32_t out;

/* A buffer and what counts its users; the frame lies in a block of its own, of its exact size. */
struct buffer {
	struct rte_mbuf_ext_shared_info info;
	uint8_t *bytes;
};

static void
buffer_free(void *address, void *opaque)
{
	struct buffer *buffer = opaque;

	free(buffer->bytes);
	free(buffer);
	out--;
}

uint32_t
fuzz_frames_out(void)
{
	return out;
}

void
fuzz_peer_init(struct fuzz_peer *peer, const struct toe_conn *conn, uint8_t family)
{
	peer->family = family;
	peer->start = conn->rcv_nxt;
	peer->ours = peer->next = conn->snd_una;
	peer->granted = conn->snd_una + conn->snd_wnd;
	peer->edge = conn->rcv_adv;
	peer->ack = conn->rcv_nxt;
	peer->tsval = 5;
	peer->clock = conn->ts_recent;
	peer->started = false;
	received_init(&peer->received, conn->rcv_nxt);
}

/* The options that were agreed on, blocks as far as they fit; their length. */
static uint32_t
put_options(uint8_t *at, const struct toe_conn *conn, const struct fuzz_segment *segment)
{
	uint32_t length = 0;

	if ((conn->options & TCP_OPTION_TIMESTAMPS) && segment->timestamps) {
		rte_be32_t option[3] = {RTE_BE32(0x0101080A), rte_cpu_to_be_32(segment->tsval),
		        rte_cpu_to_be_32(segment->tsecr)};

		memcpy(at, option, sizeof(option));
		length += sizeof(option);
	}
	if (segment->sacks > 0) {
		uint32_t n = RTE_MIN(segment->sacks, (40u - length - 4) / 8);

		at[length++] = 1;
		at[length++] = 1;
		at[length++] = 5;
		at[length++] = (uint8_t)(2 + 8 * n);
		for (uint32_t i = 0; i < n; i++) {
			rte_be32_t edge[2] = {rte_cpu_to_be_32(segment->sack[i].start),
			        rte_cpu_to_be_32(segment->sack[i].end)};

			memcpy(at + length, edge, sizeof(edge));
			length += sizeof(edge);
		}
	}
	return length;
}

static uint32_t
put_ip(uint8_t *at, const struct fuzz_peer *peer, uint8_t ecn, uint32_t payload)
{
	static const uint8_t source[16] = {0xFD, [15] = 2}, destination[16] = {0xFD, [15] = 1};
	struct rte_ipv4_hdr v4 = {
	        .version_ihl = RTE_IPV4_VHL_DEF,
	        .type_of_service = ecn,
	        .total_length = rte_cpu_to_be_16((uint16_t)(sizeof(v4) + payload)),
	        .time_to_live = 64,
	        .next_proto_id = IPPROTO_TCP,
	        .src_addr = RTE_BE32(RTE_IPV4(10, 0, 0, 2)),
	        .dst_addr = RTE_BE32(RTE_IPV4(10, 0, 0, 1)),
	};
	struct rte_ipv6_hdr v6 = {
	        .vtc_flow = rte_cpu_to_be_32(6u << 28 | (uint32_t)ecn << 20),
	        .payload_len = rte_cpu_to_be_16((uint16_t)payload),
	        .proto = IPPROTO_TCP,
	        .hop_limits = 64,
	};

	if (peer->family == 4) {
		memcpy(at, &v4, sizeof(v4));
		return sizeof(v4);
	}
	memcpy(&v6.src_addr, source, 16);
	memcpy(&v6.dst_addr, destination, 16);
	memcpy(at, &v6, sizeof(v6));
	return sizeof(v6);
}

/* All headers, in front of segment->length bytes of text; their length. */
static uint32_t
put_headers(uint8_t *at, const struct fuzz_peer *peer, const struct toe_conn *conn,
        const struct fuzz_segment *segment)
{
	struct rte_ether_hdr ethernet = {
	        .ether_type = peer->family == 4 ? RTE_BE16(RTE_ETHER_TYPE_IPV4)
	                                        : RTE_BE16(RTE_ETHER_TYPE_IPV6),
	        .dst_addr.addr_bytes = {2, 0, 0, 0, 0, 1},
	        .src_addr.addr_bytes = {2, 0, 0, 0, 0, 2},
	};
	uint8_t options[40];
	uint32_t length = put_options(options, conn, segment), ip;
	struct rte_tcp_hdr tcp = {
	        .src_port = END_PORT_REMOTE,
	        .dst_port = END_PORT_LOCAL,
	        .sent_seq = rte_cpu_to_be_32(segment->seq),
	        .recv_ack = rte_cpu_to_be_32(segment->ack),
	        .data_off = (uint8_t)((sizeof(tcp) + length) / 4 << 4),
	        .tcp_flags = segment->flags,
	        .rx_win = rte_cpu_to_be_16((uint16_t)segment->window),
	};

	memcpy(at, &ethernet, sizeof(ethernet));
	ip = put_ip(at + sizeof(ethernet), peer, segment->ecn,
	        (uint32_t)sizeof(tcp) + length + segment->length);
	at += sizeof(ethernet) + ip;
	memcpy(at, &tcp, sizeof(tcp));
	memcpy(at + sizeof(tcp), options, length);
	return (uint32_t)(sizeof(ethernet) + sizeof(tcp)) + ip + length;
}

/* An mbuf over a copy of these bytes. */
static struct rte_mbuf *
wrap(struct rte_mempool *pool, const uint8_t *bytes, uint32_t length, bool direct)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	struct buffer *buffer;

	if (mbuf == NULL)
		return NULL;
	if (direct) {
		memcpy(rte_pktmbuf_append(mbuf, (uint16_t)length), bytes, length);
		return mbuf;
	}
	buffer = malloc(sizeof(*buffer));
	buffer->bytes = malloc(length);
	memcpy(buffer->bytes, bytes, length);
	buffer->info.free_cb = buffer_free;
	buffer->info.fcb_opaque = buffer;
	rte_mbuf_ext_refcnt_set(&buffer->info, 1);
	rte_pktmbuf_attach_extbuf(mbuf, buffer->bytes, 0, (uint16_t)length, &buffer->info);
	mbuf->data_off = 0;
	mbuf->data_len = (uint16_t)length;
	mbuf->pkt_len = length;
	out++;
	return mbuf;
}

struct rte_mbuf *
fuzz_frame_make(const struct fuzz_peer *peer, const struct toe_conn *conn, struct rte_mempool *pool,
        const struct fuzz_segment *segment)
{
	uint8_t bytes[HEADERS_MAX + 1500];
	uint32_t headers = put_headers(bytes, peer, conn, segment), first;
	struct rte_mbuf *frame, *rest;

	for (uint32_t i = 0; i < segment->length; i++)
		bytes[headers + i] =
		        (uint8_t)((segment->seq - peer->start + i) % TOE_PATTERN_PERIOD);
	/* As if the port had found the checksums to be good: there are none. */
	first = segment->split ? headers + segment->length / 2 : headers + segment->length;
	frame = wrap(pool, bytes, first, segment->direct);
	if (frame == NULL)
		return NULL;
	frame->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	if (first == headers + segment->length)
		return frame;
	rest = wrap(pool, bytes + first, headers + segment->length - first, segment->direct);
	if (rest == NULL) {
		rte_pktmbuf_free(frame);
		return NULL;
	}
	frame->next = rest;
	frame->nb_segs = 2;
	frame->pkt_len += rest->data_len;
	return frame;
}

static void
claim(struct fuzz_peer *peer, const struct toe_conn *conn, uint32_t end)
{
	if (seq_lt(peer->next, end) && seq_leq(end, conn->snd_max))
		peer->next = end;
}

void
fuzz_frame_arrives(
        struct fuzz_peer *peer, const struct toe_conn *conn, const struct fuzz_segment *segment)
{
	uint32_t edge = segment->ack + (segment->window << conn->snd_wscale);

	if (seq_lt(peer->granted, edge))
		peer->granted = edge;
	/* It may acknowledge, in either way, what still waits to be sent, and then is not. */
	claim(peer, conn, segment->ack);
	for (uint32_t i = 0; i < segment->sacks; i++)
		claim(peer, conn, segment->sack[i].end);
	received_add(&peer->received, segment->seq,
	        segment->seq + segment->length + !!(segment->flags & RTE_TCP_FIN_FLAG));
}

static const char *
check_text(struct fuzz_peer *peer, const struct toe_segment *segment)
{
	uint32_t offset = segment->seq - peer->ours, end = segment->seq + segment->length;
	bool fin = segment->tcp_flags & RTE_TCP_FIN_FLAG;

	if (segment->length == 0 && !fin)
		return NULL;
	if (seq_lt(peer->next, segment->seq))
		return "a hole in what is sent";
	if (segment->length > 1 && seq_lt(peer->granted, end))
		return "text outside the peer's window";
	for (uint32_t i = 0; i < segment->length; i++)
		if (segment->data[i] != (offset + i) % TOE_PATTERN_PERIOD)
			return "wrong text is sent";
	end += fin;
	if (seq_lt(peer->next, end))
		peer->next = end;
	return NULL;
}

static const char *
check_blocks(const struct fuzz_peer *peer, const struct toe_segment *segment)
{
	for (uint32_t i = 0; i < segment->sacks; i++) {
		const struct toe_sack *block = &segment->sack[i];

		if (!seq_lt(block->start, block->end))
			return "RFC 2018: an empty block";
		if (!received_all(&peer->received, block->start, block->end))
			return "RFC 2018: a block of what never arrived";
		if (i > 0 && seq_leq(block->start, segment->ack))
			return "RFC 2018: a block of what is acknowledged";
	}
	return NULL;
}

const char *
fuzz_frame_sent(struct fuzz_peer *peer, const struct toe_conn *conn, const struct rte_mbuf *frame)
{
	struct toe_segment segment;
	const char *wrong;
	uint32_t edge;

	toe_segment_parse(frame, 0, true, true, &segment);
	if (segment.verdict != TOE_SEGMENT_OK)
		return "our own parser refuses a frame";
	edge = segment.ack + (segment.window << conn->rcv_wscale);
	if (seq_lt(segment.ack, peer->ack) || seq_lt(conn->rcv_nxt, segment.ack))
		return "the ACK goes back, or is one of what was not received";
	if (peer->started && seq_lt(edge, peer->edge))
		return "the right edge of the window moves left";
	if (segment.sacks > 0 && !(conn->options & TCP_OPTION_SACK))
		return "blocks that were not agreed on";
	peer->started = true;
	peer->edge = edge;
	peer->ack = segment.ack;
	peer->tsval = segment.tsval;
	wrong = check_blocks(peer, &segment);
	return wrong != NULL ? wrong : check_text(peer, &segment);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold for every frame that an end sends. */
#include "audit.h"

#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "service.h"

#define FLAGS (RTE_TCP_FIN_FLAG | RTE_TCP_PSH_FLAG | RTE_TCP_ECE_FLAG | RTE_TCP_CWR_FLAG)

static uint32_t
mss_of(uint32_t remote_mss, uint8_t options, uint8_t family, uint32_t mtu)
{
	uint32_t mss = remote_mss ? remote_mss : 536;

	return RTE_MIN(mss, mtu - (family == 4 ? 40 : 60)) -
	       (options & TCP_OPTION_TIMESTAMPS ? 12 : 0);
}

void
audit_init(struct audit *audit, const struct end_params *params, uint64_t stream)
{
	memset(audit, 0, offsetof(struct audit, received));
	audit->start = audit->next = params->delegated.snd_una;
	audit->edge = params->delegated.rcv_nxt + params->delegated.rcv_wnd;
	audit->ack = params->delegated.rcv_nxt;
	audit->granted = params->delegated.snd_una + params->delegated.snd_wnd;
	audit->mss = mss_of(params->constant.remote_mss, params->constant.flags, params->family,
	        params->mtu ? params->mtu : 1500);
	audit->stream = stream;
	audit->keepalive = params->cached.flags & TCP_CACHED_KEEPALIVE;
	received_init(&audit->received, params->delegated.rcv_nxt);
}

void
audit_set_mtu(struct audit *audit, const struct end *end, uint32_t mtu)
{
	const struct toe_conn *conn = &end->worker.engine.conns[0];

	audit->mss = mss_of(conn->mss, conn->options, end->shared.paths[0].family, mtu);
}

static const char *
check_ethernet(const struct end *end, const uint8_t *frame, uint32_t *offset)
{
	const struct rte_ether_hdr *ethernet = (const struct rte_ether_hdr *)frame;
	bool tagged = end->vlan_id != 0 || end->vlan_priority != 0;
	const struct rte_vlan_hdr *tag = (const struct rte_vlan_hdr *)(ethernet + 1);

	*offset = sizeof(*ethernet) + (tagged ? sizeof(*tag) : 0);
	if (memcmp(&ethernet->dst_addr, end->mac, 6) != 0)
		return "the destination MAC is not the neighbor's";
	if (ethernet->src_addr.addr_bytes[4] != end->second)
		return "the source MAC is not the neighbor's source";
	if ((ethernet->ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN)) != tagged)
		return "RX-6: tagged or not";
	if (tagged && rte_be_to_cpu_16(tag->vlan_tci) !=
	                      (uint32_t)(end->vlan_priority << 13 | end->vlan_id))
		return "RX-6: VLAN id or priority";
	return NULL;
}

static const char *
check_ip(const uint8_t *ip, const struct toe_conn *conn, uint8_t family, uint8_t ecn)
{
	uint8_t tos = conn->options & TCP_OPTION_ECN ? (conn->tos & 0xFC) | ecn : conn->tos;
	const struct rte_ipv4_hdr *v4 = (const struct rte_ipv4_hdr *)ip;
	const struct rte_ipv6_hdr *v6 = (const struct rte_ipv6_hdr *)ip;

	if (family == 4) {
		if (v4->fragment_offset != RTE_BE16(RTE_IPV4_HDR_DF_FLAG))
			return "TCP-3: DF is not set";
		if (!(rte_be_to_cpu_16(v4->packet_id) & 0x8000))
			return "TCP-3: IP id below 0x8000";
		if (v4->time_to_live != conn->ttl || v4->type_of_service != tos)
			return "TTL or TOS is not the cached one";
		if (rte_ipv4_cksum(v4) != 0)
			return "IPv4 header checksum";
		if (rte_ipv4_udptcp_cksum_verify(v4, v4 + 1) != 0)
			return "TCP checksum over IPv4";
		return NULL;
	}
	if (rte_be_to_cpu_32(v6->vtc_flow) != (6u << 28 | (uint32_t)tos << 20 | conn->flow_label))
		return "TCP-3: flow label or traffic class";
	if (v6->hop_limits != conn->ttl)
		return "hop limit is not the cached one";
	if (rte_ipv6_udptcp_cksum_verify(v6, v6 + 1) != 0)
		return "TCP checksum over IPv6";
	return NULL;
}

/* Text and FIN: where they may lie, and what the text says. */
static const char *
check_text(struct audit *audit, const struct toe_conn *conn, const struct toe_segment *segment)
{
	uint32_t offset = segment->seq - audit->start;
	uint32_t end = segment->seq + segment->length;
	bool fin = segment->tcp_flags & RTE_TCP_FIN_FLAG;

	if (segment->length == 0 && !fin) {
		audit->pure_acks++;
		if (audit->keepalive && segment->seq == audit->next - 1) {
			audit->keepalives++; /* RFC 9293 section 3.8.4 */
			return NULL;
		}
		/* After a drain snd_max may lie behind what has really been sent. */
		/* Nor beyond a window that was taken back, or that a probe went beyond. */
		if ((seq_lt(segment->seq, audit->next) &&
		            segment->seq != conn->snd_una + conn->snd_wnd) ||
		        seq_lt(conn->snd_max, segment->seq))
			return "an ACK is not behind all that was sent";
		return NULL;
	}
	if (segment->length > audit->mss)
		return "text longer than the MSS";
	if ((uint64_t)offset + segment->length > audit->stream)
		return "text behind the end of the stream";
	/* But for a window probe (RFC 9293 section 3.8.6.1): the one byte behind it. */
	if (segment->length > 0 && seq_lt(audit->granted, end)) {
		if (segment->length > 1 || segment->seq != audit->granted)
			return "text outside the peer's window";
		audit->probes++;
	}
	if (seq_lt(audit->next, segment->seq))
		return "a hole in the sequence space";
	if (fin && (uint64_t)offset + segment->length != audit->stream)
		return "FIN is not at the end of the stream";
	for (uint32_t i = 0; i < segment->length; i++)
		if (segment->data[i] != (offset + i) % TOE_PATTERN_PERIOD)
			return "wrong text";
	if (seq_lt(segment->seq, audit->next))
		audit->retransmitted++;
	audit->fin |= fin;
	end += fin;
	if (seq_lt(audit->next, end))
		audit->next = end;
	return NULL;
}

/* RFC 2018, RFC 2883: blocks of what has arrived, and is not acknowledged; the first may report a duplicate. */
static const char *
check_blocks(struct audit *audit, const struct toe_conn *conn, const struct toe_segment *segment)
{
	if (segment->sacks > 0 && !(conn->options & TCP_OPTION_SACK))
		return "SACK was not agreed on";
	for (uint32_t i = 0; i < segment->sacks; i++) {
		const struct toe_sack *block = &segment->sack[i];

		if (!seq_lt(block->start, block->end))
			return "RFC 2018: an empty block";
		if (!received_all(&audit->received, block->start, block->end))
			return "RFC 2018: a block of what has not arrived";
		audit->blocks++;
		if (i == 0 && seq_leq(block->start, segment->ack))
			audit->duplicates++;
		else if (seq_leq(block->start, segment->ack))
			return "RFC 2018: a block of what is acknowledged";
		for (uint32_t j = 1; j < i; j++)
			if (seq_lt(block->start, segment->sack[j].end) &&
			        seq_lt(segment->sack[j].start, block->end))
				return "RFC 2018: blocks overlap";
	}
	return NULL;
}

/* RFC 3168 section 6.1: where the marks may be. */
static const char *
check_ecn(struct audit *audit, const struct toe_conn *conn, const struct toe_segment *segment)
{
	bool is_new = segment->length > 0 && segment->seq == audit->next;

	if (!(conn->options & TCP_OPTION_ECN))
		return segment->tcp_flags & (RTE_TCP_ECE_FLAG | RTE_TCP_CWR_FLAG)
		               ? "RFC 3168: ECE or CWR without ECN"
		               : NULL;
	if (segment->ecn != 0 && (segment->ecn != 2 || !is_new))
		return "RFC 3168: ECT on what is not new data";
	if ((segment->tcp_flags & RTE_TCP_ECE_FLAG) && !audit->marked)
		return "RFC 3168: ECE without a mark";
	if ((segment->tcp_flags & RTE_TCP_CWR_FLAG) && !is_new)
		return "RFC 3168: CWR on what is not new data";
	audit->ect += segment->ecn != 0;
	return NULL;
}

static const char *
check_timestamps(struct audit *audit, const struct audit *other, const struct toe_segment *segment)
{
	if (audit->started && seq_lt(segment->tsval, audit->tsval))
		return "TS-1: TSval goes back";
	if (audit->started && seq_lt(segment->tsecr, audit->tsecr))
		return "TSecr goes back";
	if (other->started && seq_lt(other->tsval, segment->tsecr))
		return "TSecr was never sent";
	audit->tsval = segment->tsval;
	audit->tsecr = segment->tsecr;
	return NULL;
}

const char *
audit_sent(struct audit *audit, const struct audit *other, struct end *end,
        const struct rte_mbuf *frame, struct toe_segment *segment)
{
	const struct toe_conn *conn = end_conn(end);
	const uint8_t *bytes = rte_pktmbuf_mtod(frame, const uint8_t *);
	uint8_t family = end->shared.paths[0].family;
	const char *wrong = NULL;
	uint32_t offset, edge;

	audit->frames++;
	if (audit->stopped)
		return "INV-6: a stopped connection transmits";
	wrong = check_ethernet(end, bytes, &offset);
	toe_segment_parse(frame, 0, true, true, segment);
	if (wrong == NULL && segment->verdict != TOE_SEGMENT_OK)
		return "our own parser refuses the frame";
	if (wrong == NULL)
		wrong = check_ip(bytes + offset, conn, family, segment->ecn);
	if (wrong == NULL)
		wrong = check_blocks(audit, conn, segment);
	if (wrong == NULL)
		wrong = check_ecn(audit, conn, segment);
	if (wrong != NULL)
		return wrong;
	if ((segment->tcp_flags & ~FLAGS) != RTE_TCP_ACK_FLAG)
		return "flags other than ACK, PSH, FIN and those of ECN";
	if (segment->has_timestamps != !!(conn->options & TCP_OPTION_TIMESTAMPS))
		return "timestamps sent or missing";
	edge = segment->ack + (segment->window << conn->rcv_wscale);
	if (seq_lt(edge, audit->edge))
		return "the right edge of the window moves left";
	if (seq_lt(segment->ack, audit->ack))
		return "the ACK goes back";
	if (seq_lt(other->next, segment->ack))
		return "an ACK of what was never sent";
	audit->edge = edge;
	audit->ack = segment->ack;
	if (segment->has_timestamps)
		wrong = check_timestamps(audit, other, segment);
	audit->started = true;
	return wrong != NULL ? wrong : check_text(audit, conn, segment);
}

void
audit_reached(struct audit *audit, struct end *end, const struct toe_segment *segment)
{
	uint32_t edge = segment->ack + (segment->window << end_conn(end)->snd_wscale);

	if (seq_lt(audit->granted, edge))
		audit->granted = edge;
	audit->marked = audit->marked || segment->ecn == 3;
	received_add(&audit->received, segment->seq,
	        segment->seq + segment->length + !!(segment->tcp_flags & RTE_TCP_FIN_FLAG));
}

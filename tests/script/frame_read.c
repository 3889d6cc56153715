/* SPDX-License-Identifier: BSD-3-Clause */
/* What the end sends: reading it, comparing it, writing it down. */
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "frames.h"
#include "service.h"

#define OPTION_SACK 5u
#define OPTION_TIMESTAMPS 8u

static uint32_t
read_be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Ethernet and tag: which address, which tag. Returns the length. */
static uint32_t
read_ethernet(
        const struct frame_facts *facts, const uint8_t *bytes, bool from_peer, struct seen *seen)
{
	const struct rte_ether_hdr *ethernet = (const struct rte_ether_hdr *)bytes;
	const struct rte_vlan_hdr *tag = (const struct rte_vlan_hdr *)(ethernet + 1);
	uint32_t length = sizeof(*ethernet);

	seen->tagged = ethernet->ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN);
	if (seen->tagged) {
		seen->tci = rte_be_to_cpu_16(tag->vlan_tci);
		length += (uint32_t)sizeof(*tag);
	}
	if (from_peer)
		return length;
	if (memcmp(&ethernet->dst_addr, facts->mac, sizeof(facts->mac)) != 0)
		seen->broken = "it does not go to the neighbor's MAC address";
	if (seen->tagged != facts->tagged || seen->tci != facts->tci)
		seen->broken = "the VLAN tag is not the neighbor's and the connection's (RX-6)";
	return length;
}

/* Returns the length of the IP header; *payload: bytes behind it. */
static uint32_t
read_ip(const struct frame_facts *facts, const uint8_t *at, bool from_peer, struct seen *seen,
        uint32_t *payload)
{
	const struct rte_ipv4_hdr *v4 = (const struct rte_ipv4_hdr *)at;
	const struct rte_ipv6_hdr *v6 = (const struct rte_ipv6_hdr *)at;
	uint32_t word = rte_be_to_cpu_32(v6->vtc_flow), header;

	if (facts->family == 6) {
		*payload = rte_be_to_cpu_16(v6->payload_len);
		seen->tos = (uint8_t)(word >> 20);
		seen->flow = word & 0xFFFFF;
		seen->ttl = v6->hop_limits;
		if (!from_peer && rte_ipv6_udptcp_cksum_verify(v6, v6 + 1) != 0)
			seen->broken = "the TCP checksum is wrong";
		return sizeof(*v6);
	}
	header = (uint32_t)(v4->version_ihl & 15) * 4;
	*payload = rte_be_to_cpu_16(v4->total_length) - header;
	seen->tos = v4->type_of_service;
	seen->ttl = v4->time_to_live;
	if (from_peer)
		return header;
	if (rte_ipv4_cksum(v4) != 0)
		seen->broken = "the IPv4 header checksum is wrong";
	else if (rte_ipv4_udptcp_cksum_verify(v4, v4 + 1) != 0)
		seen->broken = "the TCP checksum is wrong";
	else if (v4->fragment_offset != RTE_BE16(RTE_IPV4_HDR_DF_FLAG))
		seen->broken = "DF is not set, or it is a fragment (TCP-3)";
	else if (!(rte_be_to_cpu_16(v4->packet_id) & 0x8000))
		seen->broken = "the IP id is below 0x8000 (TCP-3)";
	return header;
}

static void
read_options(const struct frame_facts *facts, const uint8_t *at, uint32_t length, struct seen *seen)
{
	for (uint32_t i = 0, size; i < length && at[i] != 0; i += size) {
		size = at[i] == 1 ? 1 : i + 1 < length ? at[i + 1] : 0;
		if (size == 0 || i + size > length || (at[i] != 1 && size < 2)) {
			seen->broken = "a TCP option has a bad length";
			return;
		}
		if (at[i] == OPTION_TIMESTAMPS && size == 10) {
			seen->timestamps = true;
			seen->tsval = read_be32(at + i + 2);
			seen->tsecr = read_be32(at + i + 6);
		} else if (at[i] == OPTION_SACK) {
			for (uint32_t j = 2; j + 8 <= size && seen->sacks < SACK_MAX; j += 8)
				seen->sack[seen->sacks++] = (struct span){
				        (int32_t)(read_be32(at + i + j) - facts->peer),
				        (int32_t)(read_be32(at + i + j + 4) - facts->peer)};
		} else if (at[i] != 1) {
			seen->broken = "an unknown TCP option is sent";
		}
	}
}

void
frame_read(const struct frame_facts *facts, const struct rte_mbuf *frame, bool from_peer,
        struct seen *seen)
{
	const uint8_t *bytes = rte_pktmbuf_mtod(frame, const uint8_t *), *text;
	uint32_t ours = from_peer ? facts->peer : facts->ours;
	uint32_t theirs = from_peer ? facts->ours : facts->peer;
	uint32_t at, payload = 0, header;
	const struct rte_tcp_hdr *tcp;

	*seen = (struct seen){0};
	at = read_ethernet(facts, bytes, from_peer, seen);
	at += read_ip(facts, bytes + at, from_peer, seen, &payload);
	seen->ecn = seen->tos & 3;
	tcp = (const struct rte_tcp_hdr *)(bytes + at);
	header = (uint32_t)(tcp->data_off >> 4) * 4;
	if (frame->nb_segs != 1 || at + payload > frame->data_len || header < sizeof(*tcp) ||
	        header > payload) {
		seen->broken = "lengths of the frame and its headers do not fit";
		return;
	}
	seen->seq = (int32_t)(rte_be_to_cpu_32(tcp->sent_seq) - ours);
	seen->ack = (int32_t)(rte_be_to_cpu_32(tcp->recv_ack) - theirs);
	seen->flags = tcp->tcp_flags;
	seen->length = payload - header;
	seen->window = (uint32_t)rte_be_to_cpu_16(tcp->rx_win)
	               << (from_peer ? facts->scale_peer : facts->scale_ours);
	if (from_peer)
		return;
	read_options(facts, (const uint8_t *)(tcp + 1), header - (uint32_t)sizeof(*tcp), seen);
	if (seen->timestamps != facts->timestamps)
		seen->broken = "timestamps are sent that were not agreed, or left out";
	text = (const uint8_t *)tcp + header;
	for (uint32_t i = 0; i < seen->length; i++)
		if (text[i] != (uint8_t)((seen->seq + (int64_t)i) % TOE_PATTERN_PERIOD))
			seen->broken = "the text is not that of its sequence numbers";
}

static void
add(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}

const char *
seen_text(const struct seen *seen, char *text, size_t size)
{
	static const char *const ecn[] = {"", " ect1", " ect0", " ce"};
	static const char letters[] = "FSRPAUEC";

	text[0] = '\0';
	for (uint32_t i = 0; i < 8; i++)
		if (seen->flags & (1u << i))
			add(text, size, "%c", letters[i]);
	add(text, size, "%s seq %lld len %u", seen->flags ? "" : "-", (long long)seen->seq,
	        seen->length);
	if (seen->flags & RTE_TCP_ACK_FLAG)
		add(text, size, " ack %lld", (long long)seen->ack);
	add(text, size, " win %u%s", seen->window, ecn[seen->ecn]);
	for (uint32_t i = 0; i < seen->sacks; i++)
		add(text, size, "%s%lld-%lld", i == 0 ? " sack " : ",",
		        (long long)seen->sack[i].from, (long long)seen->sack[i].to);
	if (seen->timestamps)
		add(text, size, " ts %u/%u", seen->tsval, seen->tsecr);
	if (seen->tagged)
		add(text, size, " tag %u prio %u", seen->tci & 0xFFF, seen->tci >> 13);
	return text;
}

static bool
same_sack(const struct seen *seen, const struct segment_spec *expected)
{
	if (seen->sacks != expected->sacks)
		return false;
	for (uint32_t i = 0; i < seen->sacks; i++)
		if (seen->sack[i].from != expected->sack[i].from ||
		        seen->sack[i].to != expected->sack[i].to)
			return false;
	return true;
}

/* Flags, text length and SACK blocks always; the rest where the script lists it. */
const char *
seen_differs(const struct seen *seen, const struct segment_spec *expected)
{
	uint8_t flags =
	        expected->push_free ? seen->flags & (uint8_t)~RTE_TCP_PSH_FLAG : seen->flags;
	uint32_t listed = expected->listed;

	if (flags != expected->flags)
		return "flags";
	if (seen->length != expected->length)
		return "len";
	if ((listed & LISTED_SEQ) && seen->seq != expected->seq)
		return "seq";
	if ((listed & LISTED_ACK) && seen->ack != expected->ack)
		return "ack";
	if (!expected->sack_free && !same_sack(seen, expected))
		return "sack";
	if ((listed & LISTED_WIN) && seen->window != expected->window)
		return "win";
	if ((listed & LISTED_TS) && !expected->ts_free[0] && seen->tsval != expected->tsval)
		return "ts (TSval)";
	if ((listed & LISTED_TS) && !expected->ts_free[1] && seen->tsecr != expected->tsecr)
		return "ts (TSecr)";
	if ((listed & LISTED_ECN) && seen->ecn != expected->ecn)
		return "ect0, ect1, ce or no-ect";
	if ((listed & LISTED_TAG) && (!seen->tagged || (seen->tci & 0xFFF) != expected->tag))
		return "tag";
	if ((listed & LISTED_PRIO) && (!seen->tagged || seen->tci >> 13 != expected->prio))
		return "prio";
	if ((listed & LISTED_TTL) && seen->ttl != expected->ttl)
		return "ttl";
	if ((listed & LISTED_TOS) && seen->tos != expected->tos)
		return "tos";
	if ((listed & LISTED_FLOW) && seen->flow != expected->flow)
		return "flow";
	return NULL;
}

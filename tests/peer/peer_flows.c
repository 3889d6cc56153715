/* SPDX-License-Identifier: BSD-3-Clause */
/* Counting and answering the frames of connections, by destination MAC. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_hash.h>
#include <rte_ip.h>
#include <rte_jhash.h>
#include <rte_tcp.h>

#include "peer_flows.h"

#define MAX_MACS 64u /* one bit each in flow.seen */
#define MAX_FLOWS (1u << 18)

struct count {
	struct rte_ether_addr mac;
	uint64_t frames, bytes, connections, repeated, missing;
};

struct flow_key {
	rte_be32_t source, destination;
	rte_be16_t source_port, destination_port;
};

struct flow {
	uint64_t seen; /* bit per MAC: sent text to it since the reset number `reset` */
	uint32_t reset;
	uint32_t next; /* sequence number expected */
	bool known;
};

struct peer_flows {
	struct rte_hash *table;
	struct flow *flows; /* by position in the table */
	uint32_t reset; /* number of the last reset */
	uint32_t used; /* of counts */
	uint64_t uncounted; /* frames for which there was no room */
	struct count counts[MAX_MACS];
};

/* Headers of a segment that is answered. */
struct headers {
	struct rte_ether_hdr *ether;
	struct rte_ipv4_hdr *ip;
	struct rte_tcp_hdr *tcp;
	uint32_t length; /* bytes of text */
};

struct peer_flows *
peer_flows_create(void)
{
	struct rte_hash_parameters params = {.name = "peer_flows",
	        .entries = MAX_FLOWS,
	        .key_len = sizeof(struct flow_key),
	        .hash_func = rte_jhash,
	        .extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE};
	struct peer_flows *flows = calloc(1, sizeof(*flows));

	if (flows == NULL || (flows->table = rte_hash_create(&params)) == NULL ||
	        (flows->flows = calloc(
	                 rte_hash_max_key_id(flows->table) + 1, sizeof(*flows->flows))) == NULL) {
		fprintf(stderr, "no memory for %u connections: give more with -m\n", MAX_FLOWS);
		peer_flows_destroy(flows);
		return NULL;
	}
	return flows;
}

void
peer_flows_destroy(struct peer_flows *flows)
{
	if (flows == NULL)
		return;
	rte_hash_free(flows->table);
	free(flows->flows);
	free(flows);
}

static struct count *
count_frame(struct peer_flows *flows, const struct rte_mbuf *mbuf)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(mbuf, const struct rte_ether_hdr *);
	uint32_t i = 0;

	while (i < flows->used && !rte_is_same_ether_addr(&flows->counts[i].mac, &ether->dst_addr))
		i++;
	if (i == flows->used) {
		if (i == MAX_MACS) {
			flows->uncounted++;
			return NULL;
		}
		flows->counts[flows->used++] = (struct count){.mac = ether->dst_addr};
	}
	flows->counts[i].frames++;
	flows->counts[i].bytes += mbuf->pkt_len;
	return &flows->counts[i];
}

/* False: not a segment with text that is answered. */
static bool
parse(struct rte_mbuf *mbuf, struct headers *headers)
{
	uint32_t fixed = sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_tcp_hdr), total;

	headers->ether = rte_pktmbuf_mtod(mbuf, struct rte_ether_hdr *);
	headers->ip = (struct rte_ipv4_hdr *)(headers->ether + 1);
	headers->tcp = (struct rte_tcp_hdr *)(headers->ip + 1);
	if (mbuf->data_len < sizeof(*headers->ether) + fixed ||
	        headers->ether->ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
	        headers->ip->version_ihl != 0x45 || headers->ip->next_proto_id != IPPROTO_TCP ||
	        headers->tcp->data_off >> 4 != 5)
		return false;
	total = rte_be_to_cpu_16(headers->ip->total_length);
	if (total <= fixed || total + sizeof(*headers->ether) > mbuf->data_len)
		return false;
	headers->length = total - fixed;
	return true;
}

static struct flow *
flow_find(struct peer_flows *flows, const struct headers *headers)
{
	struct flow_key key = {headers->ip->src_addr, headers->ip->dst_addr, headers->tcp->src_port,
	        headers->tcp->dst_port};
	int32_t position = rte_hash_add_key(flows->table, &key);

	return position < 0 ? NULL : &flows->flows[position];
}

/* Where the segment fits in; flow->next becomes what is to be acknowledged. */
static void
flow_advance(struct flow *flow, uint32_t seq, uint32_t length, struct count *count)
{
	if (!flow->known) {
		flow->known = true;
		flow->next = seq;
	}
	if (seq == flow->next)
		flow->next += length;
	else if ((int32_t)(seq - flow->next) < 0)
		count->repeated++;
	else
		count->missing++;
}

static void
make_ack(struct rte_mbuf *mbuf, const struct headers *headers, uint32_t ack, uint32_t window)
{
	struct rte_ether_addr mac = headers->ether->src_addr;
	struct rte_ipv4_hdr *ip = headers->ip;
	struct rte_tcp_hdr *tcp = headers->tcp;
	rte_be32_t address = ip->src_addr;
	rte_be16_t port = tcp->src_port;

	headers->ether->src_addr = headers->ether->dst_addr;
	headers->ether->dst_addr = mac;
	ip->src_addr = ip->dst_addr;
	ip->dst_addr = address;
	ip->total_length = RTE_BE16(sizeof(*ip) + sizeof(*tcp));
	tcp->src_port = tcp->dst_port;
	tcp->dst_port = port;
	tcp->sent_seq = tcp->recv_ack;
	tcp->recv_ack = rte_cpu_to_be_32(ack);
	tcp->tcp_flags = RTE_TCP_ACK_FLAG;
	tcp->rx_win = rte_cpu_to_be_16((uint16_t)window);
	tcp->cksum = 0;
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	rte_pktmbuf_trim(mbuf,
	        (uint16_t)(mbuf->pkt_len - sizeof(*headers->ether) - sizeof(*ip) - sizeof(*tcp)));
}

bool
peer_flows_take(struct peer_flows *flows, struct rte_mbuf *mbuf, uint32_t window)
{
	struct count *count = count_frame(flows, mbuf);
	struct headers headers;
	struct flow *flow;
	uint64_t bit;

	if (count == NULL || !parse(mbuf, &headers))
		return false;
	flow = flow_find(flows, &headers);
	if (flow == NULL) {
		flows->uncounted++;
		return false;
	}
	bit = 1ull << (count - flows->counts);
	if (flow->reset != flows->reset)
		flow->seen = 0;
	flow->reset = flows->reset;
	count->connections += !(flow->seen & bit);
	flow->seen |= bit;
	flow_advance(flow, rte_be_to_cpu_32(headers.tcp->sent_seq), headers.length, count);
	make_ack(mbuf, &headers, flow->next, window);
	return true;
}

void
peer_flows_reset(struct peer_flows *flows)
{
	flows->reset++;
	flows->used = 0;
	flows->uncounted = 0;
}

void
peer_flows_print(const struct peer_flows *flows, uint32_t taken)
{
	printf("{\"taken\": %u, \"uncounted\": %lu, \"macs\": {", taken,
	        (unsigned long)flows->uncounted);
	for (uint32_t i = 0; i < flows->used; i++) {
		const struct count *count = &flows->counts[i];

		printf("%s\"%02x:%02x:%02x:%02x:%02x:%02x"
		       "\": {\"frames\": %lu, \"bytes\": %lu, \"connections\": %lu, "
		       "\"repeated\": %lu, \"missing\": %lu}",
		        i ? ", " : "", RTE_ETHER_ADDR_BYTES(&count->mac),
		        (unsigned long)count->frames, (unsigned long)count->bytes,
		        (unsigned long)count->connections, (unsigned long)count->repeated,
		        (unsigned long)count->missing);
	}
	printf("}}\n");
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments that nobody asked for. */
#include "tcp_flood.h"

#include <netinet/in.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "bench_fail.h"
#include "rng.h"
#include "tcp_work.h"

struct headers {
	struct rte_ether_hdr ethernet;
	struct rte_ipv4_hdr ip;
	struct rte_tcp_hdr tcp;
};

_Static_assert(sizeof(struct headers) == 54, "headers follow each other without padding");

static struct rng rng = {.state = 4};

/* A bare ACK to end 1, of no connection. */
static void
headers_spoofed(struct headers *headers)
{
	*headers = (struct headers){
	        .ethernet.dst_addr.addr_bytes = {0x02, 0xBB, 0, 0, 0, 1},
	        .ethernet.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4),
	        .ip.version_ihl = RTE_IPV4_VHL_DEF,
	        .ip.total_length = RTE_BE16(sizeof(*headers) - sizeof(headers->ethernet)),
	        .ip.time_to_live = 64,
	        .ip.next_proto_id = IPPROTO_TCP,
	        .ip.src_addr = rte_cpu_to_be_32(RTE_IPV4(172, 16, 0, 0) + rng_below(&rng, 1 << 20)),
	        .ip.dst_addr = rte_cpu_to_be_32(RTE_IPV4(10, 1, 0, rng_below(&rng, 256))),
	        .tcp.src_port = (uint16_t)rng_next(&rng),
	        .tcp.dst_port = (uint16_t)rng_next(&rng),
	        .tcp.sent_seq = (uint32_t)rng_next(&rng),
	        .tcp.recv_ack = (uint32_t)rng_next(&rng),
	        .tcp.data_off = sizeof(headers->tcp) / 4 << 4,
	        .tcp.tcp_flags = RTE_TCP_ACK_FLAG,
	        .tcp.rx_win = RTE_BE16(65535),
	};
}

/* The same of one of the connections, saying what end 1 knows already. */
static void
headers_known(struct pair *pair, struct headers *headers)
{
	const struct toe_conn *conn = pair_conn(pair, 1, rng_below(&rng, pair->params.conns));
	const struct toe_path *path = &pair->end[1].shared.paths[conn->path];

	headers_spoofed(headers);
	memcpy(&headers->ip.src_addr, path->destination, 4);
	memcpy(&headers->ip.dst_addr, path->source, 4);
	headers->tcp.src_port = conn->remote_port;
	headers->tcp.dst_port = conn->local_port;
	headers->tcp.sent_seq = rte_cpu_to_be_32(conn->rcv_nxt);
	headers->tcp.recv_ack = rte_cpu_to_be_32(conn->snd_una);
}

/* The ring is empty, and so what end 1 knows is still true when it reads them. */
static void
put_in(struct pair *pair, enum flood_kind kind, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pair->params.pool);
		struct headers *headers;

		if (mbuf == NULL)
			bench_fail("no packet buffers");
		headers = (struct headers *)rte_pktmbuf_append(mbuf, sizeof(*headers));
		if (kind == FLOOD_KNOWN)
			headers_known(pair, headers);
		else
			headers_spoofed(headers);
		headers->ip.hdr_checksum = rte_ipv4_cksum(&headers->ip);
		headers->tcp.cksum = rte_ipv4_udptcp_cksum(&headers->ip, &headers->tcp);
		if (!test_port_write(&pair->end[1].port, 0, mbuf))
			bench_fail("end 1 does not keep up");
	}
}

void
flood_run(struct pair *pair, enum flood_kind kind, uint32_t runs, struct flood_result *result)
{
	uint64_t bytes = (uint64_t)runs * WORK_RUN * PAIR_MSS;
	const struct toe_stats *stats = &pair->end[1].worker.engine.stats;
	uint64_t sent = pair->end[0].worker.engine.stats.tx_segments, goal = stats->rx_bytes;

	for (uint32_t i = 0; i < pair->params.conns; i++)
		pair_grant(pair, 0, i, bytes);
	result->bytes += bytes * pair->params.conns;
	goal += bytes * pair->params.conns;
	while (stats->rx_bytes < goal) {
		uint64_t start, due = pair->end[0].worker.engine.stats.tx_segments - sent;

		sent += due;
		if (kind != FLOOD_NONE) {
			put_in(pair, kind, (uint32_t)due);
			result->segments += due;
		}
		start = rte_rdtsc();
		pair_turn(pair);
		/* Twice as many segments arrive: what one burst leaves is the next turn's. */
		while (test_port_unread(&pair->end[1].port) > 0)
			toe_worker_poll(&pair->end[1].worker, pair_now(pair));
		result->cycles += rte_rdtsc() - start;
	}
	for (uint32_t i = 0; i < 4; i++)
		pair_turn(pair);
}

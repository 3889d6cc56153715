/* SPDX-License-Identifier: BSD-3-Clause */
/* One end against a script. */
#include "script.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>

#include "service.h"
#include "test_eal.h"
#include "unit.h"

#define SCRIPT_MBUFS 2047u

int
script_init(struct script *script)
{
	int rc = test_eal_start(64);

	if (rc != 0)
		return rc;
	memset(script, 0, sizeof(*script));
	script->pool = test_pool_create("script", SCRIPT_MBUFS);
	if (script->pool == NULL)
		return -ENOMEM;
	return end_init(&script->end, script->pool);
}

void
script_fini(struct script *script)
{
	end_fini(&script->end);
	rte_mempool_free(script->pool);
}

struct end_params
script_params(enum offload_service service)
{
	return (struct end_params){
	        .family = 4,
	        .constant = {.service = (uint8_t)service,
	                .remote_mss = SCRIPT_MSS,
	                .service_bytes = OFFLOAD_SERVICE_UNLIMITED},
	        .delegated = {.state = TCP_ESTABLISHED,
	                .rcv_nxt = SCRIPT_PEER,
	                .rcv_wnd = SCRIPT_WINDOW,
	                .snd_una = SCRIPT_OURS,
	                .snd_nxt = SCRIPT_OURS,
	                .snd_max = SCRIPT_OURS,
	                .snd_wnd = SCRIPT_WINDOW,
	                .snd_wl1 = SCRIPT_PEER,
	                .cwnd = 100 * SCRIPT_MSS},
	};
}

void
script_open(struct script *script, const struct end_params *params)
{
	script->now_us += 1000;
	end_clock(&script->end, script->now_us);
	end_work(&script->end); /* the wheel's time too */
	CU_ASSERT_EQUAL_FATAL(end_open(&script->end, params), OFFLOAD_SUCCESS);
}

void
script_open_in(struct script *script, enum tcp_state state, enum offload_service service)
{
	struct end_params params = script_params(service);
	bool outstanding = state == TCP_FIN_WAIT_1 || state == TCP_CLOSING || state == TCP_LAST_ACK;

	params.delegated.state = state;
	params.delegated.snd_nxt += outstanding;
	params.delegated.snd_max += outstanding;
	script_open(script, &params);
}

void
script_close(struct script *script, struct tcp_delegated *delegated)
{
	end_close(&script->end, delegated);
	CU_ASSERT_EQUAL(test_pool_in_use(script->pool), 0);
}

/* Length of the options. */
static uint32_t
options_length(const struct script_segment *segment)
{
	return (segment->timestamps ? 12 : 0) + (segment->sacks ? 4 + 8u * segment->sacks : 0);
}

static void
fill_sacks(uint8_t *at, const struct script_segment *segment)
{
	const uint8_t prefix[4] = {1, 1, 5, (uint8_t)(2 + 8 * segment->sacks)};

	memcpy(at, prefix, sizeof(prefix));
	for (uint32_t i = 0; i < segment->sacks; i++) {
		uint32_t edge[2] = {rte_cpu_to_be_32(SCRIPT_OURS + segment->sack[i].start),
		        rte_cpu_to_be_32(SCRIPT_OURS + segment->sack[i].end)};

		memcpy(at + 4 + 8 * i, edge, sizeof(edge));
	}
}

static void
fill_tcp(struct rte_tcp_hdr *tcp, const struct script_segment *segment, uint32_t header)
{
	*tcp = (struct rte_tcp_hdr){
	        .src_port = END_PORT_REMOTE,
	        .dst_port = END_PORT_LOCAL,
	        .sent_seq = rte_cpu_to_be_32(SCRIPT_PEER + (uint32_t)segment->seq),
	        .recv_ack = rte_cpu_to_be_32(SCRIPT_OURS + (uint32_t)segment->ack),
	        .data_off = (uint8_t)(header / 4 << 4),
	        .tcp_flags = segment->flags ? segment->flags : ACK,
	        .rx_win = rte_cpu_to_be_16(
	                (uint16_t)(segment->window || segment->no_window ? segment->window
	                                                                 : SCRIPT_WINDOW)),
	        .tcp_urp = rte_cpu_to_be_16(segment->urgent),
	};
	if (segment->timestamps) {
		uint32_t option[3] = {RTE_BE32(0x0101080A), rte_cpu_to_be_32(segment->tsval),
		        rte_cpu_to_be_32(segment->tsecr)};

		memcpy(tcp + 1, option, sizeof(option));
	}
	if (segment->sacks > 0)
		fill_sacks((uint8_t *)(tcp + 1) + (segment->timestamps ? 12 : 0), segment);
}

void
script_send(struct script *script, struct script_segment segment)
{
	uint32_t header = sizeof(struct rte_tcp_hdr) + options_length(&segment);
	struct rte_mbuf *frame = rte_pktmbuf_alloc(script->pool);
	struct rte_ether_hdr *ethernet;
	struct rte_ipv4_hdr *ip;
	struct rte_tcp_hdr *tcp;
	uint8_t *text;

	CU_ASSERT_PTR_NOT_NULL_FATAL(frame);
	ethernet = (struct rte_ether_hdr *)rte_pktmbuf_append(
	        frame, (uint16_t)(sizeof(*ethernet) + sizeof(*ip) + header + segment.length));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ethernet);
	memset(ethernet, 0x02, sizeof(*ethernet));
	ethernet->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	ip = (struct rte_ipv4_hdr *)(ethernet + 1);
	*ip = (struct rte_ipv4_hdr){
	        .version_ihl = RTE_IPV4_VHL_DEF,
	        .type_of_service = segment.ecn,
	        .total_length = rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + header + segment.length)),
	        .time_to_live = 64,
	        .next_proto_id = IPPROTO_TCP,
	        .src_addr = RTE_BE32(RTE_IPV4(10, 0, 0, 2)),
	        .dst_addr = RTE_BE32(RTE_IPV4(10, 0, 0, 1)),
	};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	tcp = (struct rte_tcp_hdr *)(ip + 1);
	fill_tcp(tcp, &segment, header);
	text = (uint8_t *)tcp + header;
	for (uint32_t i = 0; i < segment.length; i++)
		text[i] = (uint8_t)(((uint32_t)segment.seq + i) % TOE_PATTERN_PERIOD);
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
	CU_ASSERT_EQUAL(end_receive(&script->end, frame), TOE_SEGMENT_OK);
}

void
script_pass(struct script *script, uint32_t ms)
{
	for (; ms > 0; ms--) {
		end_work(&script->end);
		script->now_us += 1000;
		end_clock(&script->end, script->now_us);
		end_work(&script->end);
	}
}

bool
script_take(struct script *script)
{
	struct rte_mbuf *frame;

	end_work(&script->end);
	if (end_take(&script->end, &frame, 1) == 0)
		return false;
	toe_segment_parse(frame, 0, true, true, &script->got);
	CU_ASSERT_EQUAL(script->got.verdict, TOE_SEGMENT_OK);
	memcpy(script->text, script->got.data, script->got.length);
	script->got.data = script->text;
	script->got.seq -= SCRIPT_OURS;
	script->got.ack -= SCRIPT_PEER;
	for (uint32_t i = 0; i < script->got.sacks; i++) {
		script->got.sack[i].start -= SCRIPT_PEER;
		script->got.sack[i].end -= SCRIPT_PEER;
	}
	rte_pktmbuf_free(frame);
	return true;
}

bool
script_took_ack(struct script *script, int32_t ack)
{
	return script_take(script) && script->got.length == 0 && script->got.tcp_flags == ACK &&
	       script->got.ack == (uint32_t)ack;
}

bool
script_took_text(struct script *script, int32_t seq, uint32_t length, uint8_t flags)
{
	if (!script_take(script) || script->got.seq != (uint32_t)seq ||
	        script->got.length != length ||
	        (script->got.tcp_flags & (FIN | ACK)) != (flags | ACK))
		return false;
	for (uint32_t i = 0; i < length; i++)
		if (script->text[i] != ((uint32_t)seq + i) % TOE_PATTERN_PERIOD)
			return false;
	return true;
}

void
script_fill(struct script *script)
{
	struct toe_txq *txq = &script->end.worker.engine.txq[0];

	while (toe_txq_room(txq) > 0) {
		struct rte_mbuf *frame = rte_pktmbuf_alloc(script->pool);

		CU_ASSERT_PTR_NOT_NULL_FATAL(frame);
		toe_txq_put(txq, frame);
	}
}

void
script_drop(struct script *script)
{
	struct rte_mbuf *frame;

	while (end_take(&script->end, &frame, 1) > 0)
		rte_pktmbuf_free(frame);
}

uint32_t
script_waiting(struct script *script)
{
	end_work(&script->end);
	return script->end.worker.engine.txq[0].count;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* A wire between two ends in virtual time. */
#include "link.h"

#include <string.h>

#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "service.h"

#define HEADERS_MAX 128u /* of a frame: what stays together when it is split */

void
link_init(struct link *link, struct end *first, struct end *second,
        const struct link_params *params, struct rte_mempool *pool, uint64_t now_us)
{
	link->params = *params;
	link->end[0] = first;
	link->end[1] = second;
	link->pool = pool;
	link->now_us = now_us;
	link->count = 0;
	link->wrong = NULL;
	link->lost = link->doubled = link->reordered = 0;
	rng_seed(&link->rng, params->seed);
	for (uint32_t i = 0; i < 2; i++) {
		link->received_bytes[i] = 0;
		end_clock(link->end[i], now_us);
	}
}

void
link_fini(struct link *link)
{
	for (uint32_t i = 0; i < link->count; i++)
		rte_pktmbuf_free(link->frame[i].frame);
	link->count = 0;
}

static void
fault(struct link *link, const char *wrong)
{
	if (link->wrong == NULL)
		link->wrong = wrong;
}

static void
enqueue(struct link *link, struct rte_mbuf *frame, uint32_t to, uint32_t delay_us)
{
	if (frame == NULL || link->count == LINK_FRAMES) {
		rte_pktmbuf_free(frame);
		fault(link, frame == NULL ? "no mbuf for the link" : "the link is full");
		return;
	}
	link->frame[link->count++] = (struct link_frame){
	        .due_us = link->now_us + delay_us, .frame = frame, .to = (uint8_t)to};
}

/* Do what a port does that was asked for checksums (ol_flags); the pseudo-header is in place. */
static void
port_checksums(struct link *link, struct rte_mbuf *frame)
{
	uint8_t *ip = rte_pktmbuf_mtod_offset(frame, uint8_t *, frame->l2_len);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(ip + frame->l3_len);
	uint32_t length = frame->pkt_len - (uint32_t)frame->l2_len - (uint32_t)frame->l3_len;

	if (frame->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) {
		struct rte_ipv4_hdr *header = (struct rte_ipv4_hdr *)ip;

		if (!(frame->ol_flags & RTE_MBUF_F_TX_IPV4) || header->hdr_checksum != 0)
			fault(link, "offload of the IPv4 checksum is not prepared");
		header->hdr_checksum = rte_ipv4_cksum(header);
	}
	if (frame->ol_flags & RTE_MBUF_F_TX_TCP_CKSUM) {
		if (!(frame->ol_flags & (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6)) ||
		        frame->l4_len != (uint32_t)(tcp->data_off >> 4) * 4)
			fault(link, "offload of the TCP checksum is not prepared");
		tcp->cksum = (uint16_t)~rte_raw_cksum(tcp, length);
	}
	frame->ol_flags = 0;
}

/* What an end has put into its transmit buffer goes onto the wire, or is lost. */
static void
collect(struct link *link, uint32_t from)
{
	struct rte_mbuf *frames[TOE_TXQ_SIZE];
	uint32_t limit = link->params.take_max ? link->params.take_max : TOE_TXQ_SIZE;
	uint32_t n = end_take(link->end[from], frames, limit);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t delay = link->params.delay_us;
		struct toe_segment segment;
		const char *wrong;

		port_checksums(link, frames[i]);
		wrong = audit_sent(&link->audit[from], &link->audit[from ^ 1], link->end[from],
		        frames[i], &segment);
		if (wrong != NULL)
			fault(link, wrong);
		if (rng_chance(&link->rng, link->params.duplicate)) {
			struct rte_mbuf *copy =
			        rte_pktmbuf_copy(frames[i], link->pool, 0, UINT32_MAX);

			enqueue(link, copy, from ^ 1, delay + rng_below(&link->rng, 2000));
			link->doubled++;
		}
		if (rng_chance(&link->rng, link->params.reorder)) {
			delay += rng_below(&link->rng, 3 * link->params.delay_us + 1000);
			link->reordered++;
		}
		if (rng_chance(&link->rng, link->params.loss)) {
			rte_pktmbuf_free(frames[i]);
			link->lost++;
		} else {
			enqueue(link, frames[i], from ^ 1, delay);
		}
	}
}

/* Cut a frame somewhere behind its headers into two mbufs. */
static void
split(struct link *link, struct rte_mbuf *frame)
{
	struct rte_mbuf *rest;
	uint32_t cut;

	if (frame->data_len <= HEADERS_MAX + 1)
		return;
	rest = rte_pktmbuf_alloc(link->pool);
	if (rest == NULL)
		return;
	cut = rng_range(&link->rng, HEADERS_MAX, frame->data_len - 1u);
	rest->data_len = (uint16_t)(frame->data_len - cut);
	memcpy(rte_pktmbuf_mtod(rest, uint8_t *), rte_pktmbuf_mtod_offset(frame, uint8_t *, cut),
	        rest->data_len);
	frame->data_len = (uint16_t)cut;
	frame->next = rest;
	frame->nb_segs = 2;
}

/* A frame arrives: count what the end accepts now, of this frame and of what waited for it. */
static void
arrive(struct link *link, const struct link_frame *at)
{
	struct end *end = link->end[at->to];
	struct toe_conn *conn = end_conn(end);
	struct toe_segment segment;
	uint32_t before = conn->rcv_nxt, accepted;
	bool had_fin = conn->flags & TOE_CONN_FIN_RCVD;

	toe_segment_parse(at->frame, 0, false, false, &segment);
	audit_reached(&link->audit[at->to], end, &segment);
	if (rng_chance(&link->rng, link->params.split))
		split(link, at->frame);
	if (end_receive(end, at->frame) != TOE_SEGMENT_OK)
		fault(link, "a frame arrives that the parser refuses");
	accepted = conn->rcv_nxt - before;
	if (!had_fin && (conn->flags & TOE_CONN_FIN_RCVD))
		accepted--;
	if (seq_lt(link->audit[at->to ^ 1].next, conn->rcv_nxt))
		fault(link, "more text accepted than was sent");
	if (accepted > 0 && !seq_leq(segment.seq, before))
		fault(link, "text accepted behind a gap");
	link->received_bytes[at->to] += accepted;
}

/* In order of time, then of sending. */
void
link_deliver(struct link *link)
{
	for (;;) {
		uint32_t first = LINK_FRAMES;
		struct link_frame frame;

		for (uint32_t i = 0; i < link->count; i++)
			if (link->frame[i].due_us <= link->now_us &&
			        (first == LINK_FRAMES ||
			                link->frame[i].due_us < link->frame[first].due_us))
				first = i;
		if (first == LINK_FRAMES)
			return;
		frame = link->frame[first];
		link->count--;
		memmove(&link->frame[first], &link->frame[first + 1],
		        (link->count - first) * sizeof(frame));
		arrive(link, &frame);
	}
}

/* us until something happens; UINT64_MAX: never. */
static uint64_t
next_event(struct link *link)
{
	uint64_t next = UINT64_MAX;

	for (uint32_t i = 0; i < link->count; i++)
		next = RTE_MIN(next, link->frame[i].due_us - link->now_us);
	for (uint32_t i = 0; i < 2; i++) {
		next = RTE_MIN(next, end_next_timer(link->end[i], link->now_us));
		if (link->end[i]->worker.txq[0].count > 0)
			next = RTE_MIN(next, UINT64_C(20)); /* the port takes more then */
	}
	return next;
}

bool
link_step(struct link *link)
{
	uint64_t next;

	link_deliver(link);
	for (uint32_t i = 0; i < 2; i++) {
		end_work(link->end[i]);
		collect(link, i);
	}
	next = next_event(link);
	if (link->wrong != NULL || next == UINT64_MAX)
		return false;
	link->now_us += next;
	end_clock(link->end[0], link->now_us);
	end_clock(link->end[1], link->now_us);
	return true;
}

bool
link_run(struct link *link, uint64_t until_us)
{
	while (link->now_us < until_us && link_step(link))
		;
	return link->wrong == NULL;
}

uint64_t
link_pattern_hash(uint64_t bytes)
{
	uint8_t period[TOE_PATTERN_PERIOD];
	XXH64_state_t state;

	for (uint32_t i = 0; i < TOE_PATTERN_PERIOD; i++)
		period[i] = (uint8_t)i;
	XXH64_reset(&state, 0);
	for (; bytes > 0; bytes -= RTE_MIN(bytes, (uint64_t)TOE_PATTERN_PERIOD))
		XXH64_update(&state, period, RTE_MIN(bytes, (uint64_t)TOE_PATTERN_PERIOD));
	return XXH64_digest(&state);
}

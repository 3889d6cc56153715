/* SPDX-License-Identifier: BSD-3-Clause */
/* A wire between two ends in virtual time. */
#include "link.h"

#include <string.h>

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "change.h"
#include "service.h"

void
link_init(struct link *link, struct end *first, struct end *second,
        const struct link_params *params, struct rte_mempool *pool, uint64_t now_us)
{
	link->params = *params;
	link->end[0] = first;
	link->end[1] = second;
	link->pool = pool;
	link->now_us = link->began_us = now_us;
	link->trace = 0;
	link->wake_us = UINT64_MAX;
	link->count = 0;
	link->wrong = NULL;
	link->lost = link->doubled = link->reordered = link->corrupted = 0;
	link->overflowed = link->marked = link->too_long = 0;
	memset(link->way, 0, sizeof(link->way));
	rng_seed(&link->rng, params->seed);
	for (uint32_t i = 0; i < 2; i++) {
		link->received_bytes[i] = 0;
		end_clock(link->end[i], now_us);
		invariant_init(&link->invariant[i], link->end[i]);
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
enqueue(struct link *link, struct rte_mbuf *frame, uint32_t to, uint64_t due_us, bool corrupt)
{
	if (frame == NULL || link->count == LINK_FRAMES) {
		rte_pktmbuf_free(frame);
		fault(link, frame == NULL ? "no mbuf for the link" : "the link is full");
		return;
	}
	link->frame[link->count++] = (struct link_frame){
	        .due_us = due_us, .frame = frame, .to = (uint8_t)to, .corrupt = corrupt};
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

/* The rate and its queue: when the frame has left; 0: it found no room. */
static uint64_t
leave(struct link *link, uint32_t from, struct rte_mbuf *frame)
{
	const struct link_params *params = &link->params;
	struct link_way *way = &link->way[from];
	uint64_t waiting;

	if (params->rate == 0)
		return link->now_us;
	way->busy_until_us = RTE_MAX(way->busy_until_us, link->now_us);
	waiting = (way->busy_until_us - link->now_us) * params->rate / 1000;
	if (waiting + frame->pkt_len > params->queue) {
		link->overflowed++;
		return 0;
	}
	if (params->mark_above > 0 && waiting > params->mark_above)
		link->marked += change_mark(frame);
	way->busy_until_us += (uint64_t)frame->pkt_len * 1000 / params->rate + 1;
	return way->busy_until_us;
}

/* Too long for the path: its sender learns of it as a host would that got the ICMP message (UPD-4). */
static bool
is_too_long(struct link *link, uint32_t from, const struct rte_mbuf *frame)
{
	bool is_ipv4;

	if (link->params.mtu == 0 ||
	        frame->pkt_len - change_ip_offset(frame, &is_ipv4) <= link->params.mtu)
		return false;
	link->too_long++;
	if (link->way[from].told_us == 0)
		link->way[from].told_us = link->now_us + 2 * link->params.delay_us + 1;
	return true;
}

static void
tell_mtu(struct link *link)
{
	for (uint32_t i = 0; i < 2; i++) {
		if (link->way[i].told_us == 0 || link->now_us < link->way[i].told_us)
			continue;
		link->way[i].told_us = 0;
		end_set_mtu(link->end[i], link->params.mtu);
		fault(link,
		        invariant_drained(&link->invariant[i], link->end[i], link->audit[i].edge));
		audit_set_mtu(&link->audit[i], link->end[i], link->params.mtu);
	}
}

/* A frame that passed the audit goes onto the wire, or is lost. */
static void
transmit(struct link *link, uint32_t from, struct rte_mbuf *frame)
{
	const struct link_params *params = &link->params;
	struct link_way *way = &link->way[from];
	uint64_t due = is_too_long(link, from, frame) ? 0 : leave(link, from, frame);
	bool damaged = false;

	if (due == 0 || rng_chance(&link->rng, params->loss)) {
		rte_pktmbuf_free(frame);
		link->lost++;
		return;
	}
	if (rng_chance(&link->rng, params->mark))
		link->marked += change_mark(frame);
	due += params->delay_us;
	if (params->jitter_us > 0)
		due += rng_below(&link->rng, params->jitter_us);
	if (rng_chance(&link->rng, params->reorder)) {
		due += rng_below(&link->rng, 3 * params->delay_us + 1000);
		link->reordered++;
	} else {
		due = way->last_due_us = RTE_MAX(due, way->last_due_us);
	}
	if (rng_chance(&link->rng, params->duplicate)) {
		struct rte_mbuf *copy = rte_pktmbuf_copy(frame, link->pool, 0, UINT32_MAX);

		enqueue(link, copy, from ^ 1, due + rng_below(&link->rng, 2000), false);
		link->doubled++;
	}
	if (rng_chance(&link->rng, params->corrupt)) {
		change_corrupt(frame, &link->rng);
		link->corrupted++;
		damaged = true;
	}
	enqueue(link, frame, from ^ 1, due, damaged);
}

static void
note(struct link *link, const struct rte_mbuf *frame)
{
	uint64_t when = link->now_us - link->began_us;
	bool is_ipv4;
	uint32_t at = change_ip_offset(frame, &is_ipv4);

	link->trace = XXH64(rte_pktmbuf_mtod_offset(frame, const uint8_t *, at),
	        frame->data_len - at, link->trace ^ when);
}

/* What an end has put into its transmit buffer. */
static void
collect(struct link *link, uint32_t from)
{
	struct rte_mbuf *frames[TOE_TXQ_SIZE];
	uint32_t limit = link->params.take_max ? link->params.take_max : TOE_TXQ_SIZE;
	uint32_t n = end_take(link->end[from], frames, limit);

	for (uint32_t i = 0; i < n; i++) {
		struct toe_segment segment;
		const char *wrong;

		port_checksums(link, frames[i]);
		wrong = audit_sent(&link->audit[from], &link->audit[from ^ 1], link->end[from],
		        frames[i], &segment);
		if (wrong != NULL)
			fault(link, wrong);
		else if (link->params.tamper && from == 0)
			change_tamper(
			        frames[i], &segment, link->params.tamper_at + link->audit[0].start);
		note(link, frames[i]);
		transmit(link, from, frames[i]);
	}
}

/* A damaged frame changes nothing. */
static void
arrive_corrupt(struct link *link, const struct link_frame *at)
{
	const struct toe_conn *conn = end_conn(link->end[at->to]);
	uint32_t segments = conn->segments_in;

	end_receive(link->end[at->to], at->frame);
	if (conn->segments_in != segments)
		fault(link, "RX-5: a damaged frame is processed");
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
	const char *wrong;

	toe_segment_parse(at->frame, 0, false, false, &segment);
	audit_reached(&link->audit[at->to], end, &segment);
	if (rng_chance(&link->rng, link->params.split))
		change_split(at->frame, link->pool, &link->rng);
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
	wrong = invariant_check(&link->invariant[at->to], end);
	if (wrong != NULL)
		fault(link, wrong);
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
		if (frame.corrupt)
			arrive_corrupt(link, &frame);
		else
			arrive(link, &frame);
	}
}

uint64_t
link_next_due(const struct link *link)
{
	uint64_t due = UINT64_MAX;

	for (uint32_t i = 0; i < link->count; i++)
		due = RTE_MIN(due, link->frame[i].due_us);
	return due;
}

/* us until something happens; UINT64_MAX: never. */
static uint64_t
next_event(struct link *link)
{
	uint64_t next = UINT64_MAX;

	if (link->wake_us > link->now_us && link->wake_us != UINT64_MAX)
		next = link->wake_us - link->now_us;
	if (link->count > 0)
		next = RTE_MIN(next, link_next_due(link) - link->now_us);
	for (uint32_t i = 0; i < 2; i++) {
		if (link->way[i].told_us > 0)
			next = RTE_MIN(
			        next, RTE_MAX(link->way[i].told_us, link->now_us) - link->now_us);
		next = RTE_MIN(next, end_next_timer(link->end[i], link->now_us));
		if (link->end[i]->worker.engine.txq[0].count > 0)
			next = RTE_MIN(next, UINT64_C(20)); /* the port takes more then */
	}
	return next;
}

bool
link_step(struct link *link)
{
	uint64_t next;

	link_deliver(link);
	tell_mtu(link);
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

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
	link->kept_count = 0;
	link->wrong = NULL;
	medium_init(&link->medium, params, pool);
	for (uint32_t i = 0; i < 2; i++) {
		link->received_bytes[i] = 0;
		end_clock(link->end[i], now_us);
		invariant_init(&link->invariant[i], link->end[i]);
	}
}

void
link_fini(struct link *link)
{
	medium_fini(&link->medium);
	link_give_back(link);
}

void
link_give_back(struct link *link)
{
	for (uint32_t i = 0; i < link->kept_count; i++)
		rte_pktmbuf_free(link->kept[i]);
	link->kept_count = 0;
}

static void
fault(struct link *link, const char *wrong)
{
	if (link->wrong == NULL)
		link->wrong = wrong;
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

static void
tell_mtu(struct link *link)
{
	for (uint32_t i = 0; i < 2; i++) {
		if (link->medium.way[i].told_us == 0 || link->now_us < link->medium.way[i].told_us)
			continue;
		link->medium.way[i].told_us = 0;
		end_set_mtu(link->end[i], link->params.mtu);
		fault(link,
		        invariant_drained(&link->invariant[i], link->end[i], link->audit[i].edge));
		audit_set_mtu(&link->audit[i], link->end[i], link->params.mtu);
	}
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

/* A frame that lies in several buffers: a port sends it as one, and gives its buffers back a while later. */
static struct rte_mbuf *
gather(struct link *link, struct rte_mbuf *frame)
{
	struct rte_mbuf *copy = rte_pktmbuf_copy(frame, link->pool, 0, UINT32_MAX);

	if (copy == NULL || copy->nb_segs > 1) {
		rte_pktmbuf_free(copy);
		fault(link, "no mbuf for the link");
		return frame;
	}
	copy->ol_flags = frame->ol_flags;
	copy->tx_offload = frame->tx_offload;
	link->kept[link->kept_count++] = frame;
	while (link->kept_count > link->params.keeps) {
		rte_pktmbuf_free(link->kept[0]);
		link->kept_count--;
		memmove(&link->kept[0], &link->kept[1], link->kept_count * sizeof(link->kept[0]));
	}
	return copy;
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

		if (frames[i]->nb_segs > 1)
			frames[i] = gather(link, frames[i]);
		port_checksums(link, frames[i]);
		wrong = audit_sent(&link->audit[from], &link->audit[from ^ 1], link->end[from],
		        frames[i], &segment);
		if (wrong != NULL)
			fault(link, wrong);
		else if (link->params.tamper && from == 0)
			change_tamper(
			        frames[i], &segment, link->params.tamper_at + link->audit[0].start);
		note(link, frames[i]);
		medium_transmit(&link->medium, from, frames[i], link->now_us);
		if (link->medium.wrong != NULL)
			fault(link, link->medium.wrong);
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
	if (rng_chance(&link->medium.rng, link->params.split))
		change_split(at->frame, link->pool, &link->medium.rng);
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

void
link_deliver(struct link *link)
{
	struct link_frame frame;

	while (medium_deliver(&link->medium, link->now_us, &frame)) {
		if (frame.corrupt)
			arrive_corrupt(link, &frame);
		else
			arrive(link, &frame);
	}
}

uint64_t
link_next_due(const struct link *link)
{
	return medium_next_due(&link->medium);
}

/* us until something happens; UINT64_MAX: never. */
static uint64_t
next_event(struct link *link)
{
	uint64_t next = UINT64_MAX;

	if (link->wake_us > link->now_us && link->wake_us != UINT64_MAX)
		next = link->wake_us - link->now_us;
	if (link->medium.count > 0)
		next = RTE_MIN(next, link_next_due(link) - link->now_us);
	for (uint32_t i = 0; i < 2; i++) {
		if (link->medium.way[i].told_us > 0)
			next = RTE_MIN(next,
			        RTE_MAX(link->medium.way[i].told_us, link->now_us) - link->now_us);
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

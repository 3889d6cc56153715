/* SPDX-License-Identifier: BSD-3-Clause */
/* A bad wire. */
#include "medium.h"

#include <string.h>

#include "change.h"

void
medium_init(struct medium *medium, const struct link_params *params, struct rte_mempool *pool)
{
	medium->params = *params;
	medium->pool = pool;
	medium->count = 0;
	medium->wrong = NULL;
	medium->lost = medium->doubled = medium->reordered = medium->corrupted = 0;
	medium->overflowed = medium->marked = medium->too_long = 0;
	memset(medium->way, 0, sizeof(medium->way));
	rng_seed(&medium->rng, params->seed);
}

void
medium_fini(struct medium *medium)
{
	for (uint32_t i = 0; i < medium->count; i++)
		rte_pktmbuf_free(medium->frame[i].frame);
	medium->count = 0;
}

static void
enqueue(struct medium *medium, struct rte_mbuf *frame, uint32_t to, uint64_t due_us, bool corrupt)
{
	if (frame == NULL || medium->count == LINK_FRAMES) {
		rte_pktmbuf_free(frame);
		if (medium->wrong == NULL)
			medium->wrong = frame == NULL ? "no mbuf for the link" : "the link is full";
		return;
	}
	medium->frame[medium->count++] = (struct link_frame){
	        .due_us = due_us, .frame = frame, .to = (uint8_t)to, .corrupt = corrupt};
}

/* The rate and its queue: when the frame has left; 0: it found no room. */
static uint64_t
leave(struct medium *medium, uint32_t from, struct rte_mbuf *frame, uint64_t now_us)
{
	const struct link_params *params = &medium->params;
	struct link_way *way = &medium->way[from];
	uint64_t waiting;

	if (params->rate == 0)
		return now_us;
	way->busy_until_us = RTE_MAX(way->busy_until_us, now_us);
	waiting = (way->busy_until_us - now_us) * params->rate / 1000;
	if (waiting + frame->pkt_len > params->queue) {
		medium->overflowed++;
		return 0;
	}
	if (params->mark_above > 0 && waiting > params->mark_above)
		medium->marked += change_mark(frame);
	way->busy_until_us += (uint64_t)frame->pkt_len * 1000 / params->rate + 1;
	return way->busy_until_us;
}

/* Too long for the path: its sender learns of it as a host would that got the ICMP message (UPD-4). */
static bool
is_too_long(struct medium *medium, uint32_t from, const struct rte_mbuf *frame, uint64_t now_us)
{
	bool is_ipv4;

	if (medium->params.mtu == 0 ||
	        frame->pkt_len - change_ip_offset(frame, &is_ipv4) <= medium->params.mtu)
		return false;
	medium->too_long++;
	if (medium->way[from].told_us == 0)
		medium->way[from].told_us = now_us + 2 * medium->params.delay_us + 1;
	return true;
}

void
medium_transmit(struct medium *medium, uint32_t from, struct rte_mbuf *frame, uint64_t now_us)
{
	const struct link_params *params = &medium->params;
	struct link_way *way = &medium->way[from];
	uint64_t due =
	        is_too_long(medium, from, frame, now_us) ? 0 : leave(medium, from, frame, now_us);
	bool damaged = false;

	if (due == 0 || rng_chance(&medium->rng, params->loss)) {
		rte_pktmbuf_free(frame);
		medium->lost++;
		return;
	}
	if (rng_chance(&medium->rng, params->mark))
		medium->marked += change_mark(frame);
	due += params->delay_us;
	if (params->jitter_us > 0)
		due += rng_below(&medium->rng, params->jitter_us);
	if (rng_chance(&medium->rng, params->reorder)) {
		due += rng_below(&medium->rng, 3 * params->delay_us + 1000);
		medium->reordered++;
	} else {
		due = way->last_due_us = RTE_MAX(due, way->last_due_us);
	}
	if (rng_chance(&medium->rng, params->duplicate)) {
		struct rte_mbuf *copy = rte_pktmbuf_copy(frame, medium->pool, 0, UINT32_MAX);

		enqueue(medium, copy, from ^ 1, due + rng_below(&medium->rng, 2000), false);
		medium->doubled++;
	}
	if (rng_chance(&medium->rng, params->corrupt)) {
		change_corrupt(frame, &medium->rng);
		medium->corrupted++;
		damaged = true;
	}
	enqueue(medium, frame, from ^ 1, due, damaged);
}

bool
medium_deliver(struct medium *medium, uint64_t now_us, struct link_frame *frame)
{
	uint32_t first = LINK_FRAMES;

	for (uint32_t i = 0; i < medium->count; i++)
		if (medium->frame[i].due_us <= now_us &&
		        (first == LINK_FRAMES ||
		                medium->frame[i].due_us < medium->frame[first].due_us))
			first = i;
	if (first == LINK_FRAMES)
		return false;
	*frame = medium->frame[first];
	medium->count--;
	memmove(&medium->frame[first], &medium->frame[first + 1],
	        (medium->count - first) * sizeof(*frame));
	return true;
}

uint64_t
medium_next_due(const struct medium *medium)
{
	uint64_t due = UINT64_MAX;

	for (uint32_t i = 0; i < medium->count; i++)
		due = RTE_MIN(due, medium->frame[i].due_us);
	return due;
}

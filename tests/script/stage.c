/* SPDX-License-Identifier: BSD-3-Clause */
/* Buffers and ports of the plays, and the collection of what the end does. */
#include "stage.h"

#include "receive.h"
#include <string.h>

#define POOL_MBUFS                                                                                 \
	8191u /* enough that the bound of one connection is met before that of the pool */
#define RING_FRAMES 64u
#define START_US 1000u

int
stage_init(struct stage *stage)
{
	int rc = test_eal_start(64);

	if (rc != 0)
		return rc;
	memset(stage, 0, sizeof(*stage));
	stage->pool = test_pool_create("script", POOL_MBUFS);
	if (stage->pool == NULL)
		return -ENOMEM;
	rc = test_port_create(
	        &stage->wire, "script_wire", 1, RING_FRAMES, RING_FRAMES, stage->pool);
	if (rc == 0)
		rc = test_port_create(
		        &stage->host, "script_host", 1, RING_FRAMES, RING_FRAMES, stage->pool);
	return rc;
}

void
stage_fini(struct stage *stage)
{
	test_port_destroy(&stage->wire);
	test_port_destroy(&stage->host);
	rte_mempool_free(stage->pool);
}

bool
stage_enter(struct play *play)
{
	if (end_init(&play->end, play->stage->pool) != 0)
		return false;
	end_connect_host(&play->end);
	play->end.shared.ports[0].ethdev = play->stage->wire.ethdev;
	play->end.shared.ports[0].rx_queues = 1;
	/* What terminate still hands to the ports comes out of their rings. */
	play->end.worker.engine.txq[0].ethdev = play->stage->wire.ethdev;
	play->end.worker.engine.txq[END_PORT_HOST].ethdev = play->stage->host.ethdev;
	play->start_us = play->now_us = START_US;
	end_clock(&play->end, play->now_us);
	end_work(&play->end);
	return true;
}

void
stage_leave(struct play *play)
{
	struct rte_mbuf *frame;

	while (test_port_unread(&play->stage->wire) > 0)
		toe_worker_receive(&play->end.worker);
	if (play->open)
		end_close(&play->end, NULL);
	while (end_take(&play->end, &frame, 1) > 0 || end_take_host(&play->end, &frame, 1) > 0 ||
	        test_port_read(&play->stage->wire, &frame, 1) > 0 ||
	        test_port_read(&play->stage->host, &frame, 1) > 0)
		rte_pktmbuf_free(frame);
	end_fini(&play->end);
}

static bool
keep(struct play *play, struct seen_queue *queue, struct rte_mbuf *frame)
{
	struct seen *seen;

	if (queue->count == 0)
		queue->first = 0;
	if (queue->first + queue->count == PLAY_SEEN) {
		rte_pktmbuf_free(frame);
		return play_wrong(play, "more than %u frames at once", PLAY_SEEN);
	}
	seen = &queue->seen[queue->first + queue->count++];
	/* After a relink frames go to another neighbor. */
	memcpy(play->facts.mac, play->end.mac, sizeof(play->facts.mac));
	frame_read(&play->facts, frame, queue == &play->host, seen);
	seen->at_us = play->now_us;
	if (queue == &play->ours && seen->timestamps)
		play->last_tsval = seen->tsval;
	rte_pktmbuf_free(frame);
	return true;
}

static bool
keep_event(struct play *play, const struct toe_event *event)
{
	if (play->event_count == 0)
		play->event_first = 0;
	if (play->event_first + play->event_count == PLAY_SEEN)
		return play_wrong(play, "more than %u events at once", PLAY_SEEN);
	play->event[play->event_first + play->event_count++] = (struct play_event){
	        .at_us = play->now_us, .kind = event->kind, .detail = event->detail};
	return true;
}

/* Returns how much there was; *good turns false when it is too much. */
static uint32_t
collect(struct play *play, bool *good)
{
	struct rte_mbuf *frame;
	struct toe_event event;
	uint32_t n = 0;

	for (; *good && (test_port_read(&play->stage->wire, &frame, 1) > 0 ||
	                        end_take(&play->end, &frame, 1) > 0);
	        n++)
		*good = keep(play, &play->ours, frame);
	for (; *good && (test_port_read(&play->stage->host, &frame, 1) > 0 ||
	                        end_take_host(&play->end, &frame, 1) > 0);
	        n++)
		*good = keep(play, &play->host, frame);
	for (; *good && end_event(&play->end, &event); n++)
		*good = keep_event(play, &event);
	return n;
}

bool
stage_arrives(struct play *play, struct rte_mbuf *frame)
{
	if (test_port_write(&play->stage->wire, 0, frame))
		return true;
	rte_pktmbuf_free(frame);
	return false;
}

bool
stage_work(struct play *play)
{
	bool good = true;

	collect(play, &good);
	while (test_port_unread(&play->stage->wire) > 0)
		toe_worker_receive(&play->end.worker);
	do {
		end_work(&play->end);
	} while (collect(play, &good) > 0 && good);
	return good;
}

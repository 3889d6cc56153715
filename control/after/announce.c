/* SPDX-License-Identifier: BSD-3-Clause */
/* The target's status, and what it asks back. */
#include "announce.h"

#include "slots.h"

static bool
host_tell(struct chimney_host *host, enum toe_event_kind kind)
{
	struct toe_event event = {.kind = (uint8_t)kind};

	return host_indicate(host, &event, 1);
}

/* Each change of status that it has not been told of, as far as its ring has room. */
static uint32_t
host_announce(struct chimney *target, struct chimney_host *host)
{
	uint32_t pauses = atomic_load_explicit(&target->pauses, memory_order_acquire);
	uint32_t uploads = atomic_load_explicit(&target->uploads, memory_order_acquire);
	uint32_t told = 0;

	while (host->pauses_told != pauses &&
	        host_tell(host, (host->pauses_told & 1) ? TOE_EVENT_OFFLOAD_RESUME
	                                                : TOE_EVENT_OFFLOAD_PAUSE)) {
		host->pauses_told++;
		told++;
	}
	if (host->uploads_told != uploads && host_tell(host, TOE_EVENT_UPLOAD_ALL)) {
		host->uploads_told = uploads;
		told++;
	}
	return told;
}

/* True: its worker has been asked, or there is nothing to ask it. */
static bool
conn_ask(struct announce *announce, uint64_t handle)
{
	struct workers *workers = announce->workers;
	const struct slot *slot = slots_look(workers->slots, handle);
	uint32_t worker = toe_handle_worker(handle);
	struct toe_message message = {
	        .op = TOE_OP_UPLOAD,
	        .count = toe_handle_index(handle),
	};

	if (slot == NULL || slot->state != SLOT_LIVE ||
	        conn_is_lost(workers, worker, message.count))
		return true;
	message.host = slot->host;
	message.argument = slot->generation;
	return link_send(workers, worker, LANE_ORDINARY, &message, false);
}

static uint32_t
asked_turn(struct announce *announce)
{
	struct chimney *target = announce->workers->target;
	uint32_t n = 0;

	while (n < ANNOUNCE_ASKED &&
	        (announce->asked != 0 || rte_ring_sc_dequeue_elem(target->asked, &announce->asked,
	                                         sizeof(announce->asked)) == 0)) {
		n++;
		if (!conn_ask(announce, announce->asked))
			break;
		announce->asked = 0;
	}
	return n;
}

void
announce_init(struct announce *announce, struct workers *workers)
{
	announce->workers = workers;
}

uint32_t
announce_turn(struct announce *announce, uint32_t hosts)
{
	struct chimney *target = announce->workers->target;
	uint32_t count = asked_turn(announce);

	for (uint32_t left = hosts; left != 0; left &= left - 1) {
		struct chimney_host *host = &target->hosts[__builtin_ctz(left)];

		if (atomic_load_explicit(&host->state, memory_order_acquire) == HOST_USED)
			count += host_announce(target, host);
	}
	return count;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* One end of a connection for tests. */
#include "end.h"

#include <string.h>

#include <rte_ether.h>

#include "drain.h"
#include "exception.h"
#include "host_receive.h"
#include "indicate.h"
#include "items.h"
#include "output_loop.h"
#include "receive.h"
#include "service.h"
#include "stop.h"
#include "tcp.h"
#include "timer_loop.h"

#define END_NEIGHBORS 2u
#define END_HANDLE UINT64_C(0xABCDEF)

int
end_init(struct end *end, struct rte_mempool *pool)
{
	struct toe_worker_params params = {
	        .shared = &end->shared,
	        .conn_capacity = 1,
	        .attached_capacity = 1,
	        .mailbox_size = 8,
	        .hold_capacity = 1,
	        .mbuf_pool = pool,
	        .check_checksums = true,
	        .socket = SOCKET_ID_ANY,
	};
	int rc;

	memset(end, 0, sizeof(*end));
	rc = toe_shared_init(&end->shared, END_NEIGHBORS, 1);
	if (rc == 0) {
		end->shared.worker_count = 1;
		end->shared.port_count = 2;
		end->shared.ports[0].peer = UINT8_MAX;
		end->shared.ports[END_PORT_HOST].role = TOE_PORT_HOST;
		rc = toe_worker_init(&end->worker, &params, 0);
	}
	if (rc == 0)
		rc = toe_doorbell_init(&end->bell);
	if (rc != 0)
		return rc;
	end->worker.control.events[0].bell = &end->bell;
	end->worker.control.events[0].completed = &end->completed;
	end->worker.control.events[0].ring =
	        toe_ring_alloc(END_EVENTS, sizeof(struct toe_event), RING_F_SP_ENQ | RING_F_SC_DEQ);
	return end->worker.control.events[0].ring == NULL ? -ENOMEM : 0;
}

void
end_fini(struct end *end)
{
	toe_ring_free(end->worker.control.events[0].ring);
	toe_doorbell_fini(&end->bell);
	toe_worker_fini(&end->worker);
	toe_shared_fini(&end->shared);
}

/* The neighbor that the path names, made valid, with a MAC that no earlier one had. */
static void
publish_neighbor(struct end *end)
{
	struct toe_neighbor *neighbor = &end->shared.neighbors[end->neighbor];
	uint32_t epoch = toe_word_epoch(atomic_load(&neighbor->word)) + 1;

	end->mac[0] = 0x02;
	end->mac[1] = end->second;
	end->mac[5]++;
	neighbor->source_mac[0] = 0x02;
	neighbor->source_mac[4] = end->second;
	neighbor->vlan_id = end->vlan_id;
	atomic_store(&neighbor->word, toe_neighbor_word(end->mac, epoch, true));
}

static void
publish_path(struct end *end, uint32_t mtu)
{
	struct toe_path *path = &end->shared.paths[0];
	uint32_t epoch = toe_word_epoch(atomic_load(&path->word)) + 1;

	atomic_store(&path->word, toe_path_word(end->neighbor, mtu, epoch, true));
}

static void
set_path(struct end *end, const struct end_params *params)
{
	struct toe_path *path = &end->shared.paths[0];
	uint8_t *ours = params->second ? path->destination : path->source;
	uint8_t *other = params->second ? path->source : path->destination;

	memset(path->source, 0, sizeof(path->source));
	memset(path->destination, 0, sizeof(path->destination));
	path->family = params->family;
	if (params->path != NULL) {
		memcpy(ours, params->path->source, sizeof(path->source));
		memcpy(other, params->path->destination, sizeof(path->destination));
	} else {
		ours[0] = other[0] = params->family == 4 ? 10 : 0xFD;
		ours[params->family == 4 ? 3 : 15] = 1;
		other[params->family == 4 ? 3 : 15] = 2;
	}
	end->second = params->second;
	end->vlan_id = params->vlan_id;
	end->vlan_priority = params->user_priority;
	end->neighbor = 0;
	end->shared.ports[0].tx_offloads = params->offloads;
	publish_neighbor(end);
	publish_path(end, params->mtu ? params->mtu : 1500);
}

void
end_connect_host(struct end *end)
{
	end->shared.ports[0].peer = END_PORT_HOST;
}

enum offload_status
end_open(struct end *end, const struct end_params *params)
{
	struct tcp_const constant = params->constant;
	struct tcp_cached cached = params->cached;
	struct tcp_delegated delegated = params->delegated;
	struct toe_message message = {
	        .op = TOE_OP_INITIATE, .tick_ms = params->tick_ms ? params->tick_ms : 1};
	struct toe_item item = {
	        .constant = &constant,
	        .cached = &cached,
	        .delegated = &delegated,
	        .generation = ++end->generation,
	        .host_handle = END_HANDLE,
	};

	set_path(end, params);
	constant.local_port = params->second ? END_PORT_REMOTE : END_PORT_LOCAL;
	constant.remote_port = params->second ? END_PORT_LOCAL : END_PORT_REMOTE;
	if (params->path != NULL) {
		constant.local_port = params->local_port;
		constant.remote_port = params->remote_port;
	}
	cached.user_priority = params->user_priority;
	if (delegated.state == 0)
		delegated.state = TCP_ESTABLISHED;
	if (delegated.snd_max == 0 && delegated.snd_nxt == 0)
		delegated.snd_max = delegated.snd_nxt = delegated.snd_una;
	if (delegated.retransmit_time_left == 0 && !params->timers_given)
		delegated.retransmit_time_left = OFFLOAD_TIMER_OFF;
	if (delegated.ka_time_left == 0 && !params->timers_given)
		delegated.ka_time_left = OFFLOAD_TIMER_OFF;
	end->worker.engine.max_retransmit = params->max_retransmit ? params->max_retransmit : 15;
	memset(&end->worker.engine.stats, 0, sizeof(end->worker.engine.stats));
	toe_item_initiate(&end->worker, &message, &item);
	return (enum offload_status)item.status;
}

enum offload_status
end_update(struct end *end, struct tcp_cached *cached, uint8_t tick_ms)
{
	struct toe_message message = {.op = TOE_OP_UPDATE, .tick_ms = tick_ms};
	struct toe_item item = {.cached = cached, .generation = end->generation};

	toe_item_update(&end->worker, &message, &item);
	return (enum offload_status)item.status;
}

uint32_t
end_set_mtu(struct end *end, uint32_t mtu)
{
	publish_path(end, mtu);
	return toe_worker_drain(&end->worker);
}

enum offload_status
end_terminate(struct end *end, struct tcp_delegated *delegated, uint8_t tick_ms)
{
	struct toe_message message = {.op = TOE_OP_TERMINATE, .tick_ms = tick_ms};
	struct toe_item item = {.delegated = delegated, .generation = end->generation};

	toe_item_terminate(&end->worker, &message, &item);
	toe_worker_output(&end->worker, 1); /* drops the freed slot from the ready list */
	return (enum offload_status)item.status;
}

void
end_close(struct end *end, struct tcp_delegated *delegated)
{
	struct tcp_delegated state;
	struct toe_event event;

	/* There is no port to hand them to, nor the ACK that is still owed (TERM-3). */
	for (uint32_t i = 0; i < end->shared.port_count; i++)
		toe_txq_drop_all(&end->worker.engine.txq[i]);
	end_conn(end)->flags &= ~(TOE_CONN_ACK_NOW | TOE_CONN_ACK_DELAYED);
	end_terminate(end, delegated != NULL ? delegated : &state, 1);
	while (end_event(end, &event))
		;
}

void
end_clock(struct end *end, uint64_t now_us)
{
	toe_engine_clock(&end->worker.engine, now_us * 1000);
}

void
end_work(struct end *end)
{
	while (toe_worker_timers(&end->worker) > 0)
		;
	toe_host_receive(&end->worker.engine);
	while (end->worker.engine.ready_head != TOE_INDEX_NONE) {
		uint64_t before = end->worker.engine.stats.tx_segments;

		toe_worker_output(&end->worker, TOE_OUTPUT_BUDGET);
		if (end->worker.engine.stats.tx_segments == before)
			break; /* no room, or no mbuf */
	}
	toe_indications_post(&end->worker.engine);
}

uint64_t
end_next_timer(struct end *end, uint64_t now_us)
{
	const struct toe_engine *engine = &end->worker.engine;
	uint32_t ms = toe_wheel_next(&engine->wheel, UINT32_MAX);

	if (engine->pushing.first != TOE_INDEX_NONE) {
		uint32_t due = toe_receives_of(engine, &engine->conns[0])->push_due;

		ms = RTE_MIN(ms, due - RTE_MIN(due, engine->now_ms));
	}
	if (ms == UINT32_MAX)
		return UINT64_MAX;
	return ms == 0 ? 1 : ms * UINT64_C(1000) - now_us % 1000;
}

/* The wire is a router's: what it delivers is addressed to the end, whatever the sender wrote. */
static void
readdress(const struct end *end, struct rte_mbuf *frame)
{
	uint8_t *address = rte_pktmbuf_mtod(frame, uint8_t *);

	if (frame->data_len >= RTE_ETHER_HDR_LEN && !(address[0] & RTE_ETHER_GROUP_ADDR))
		memcpy(address, end->shared.neighbors[end->neighbor].source_mac,
		        RTE_ETHER_ADDR_LEN);
}

enum toe_verdict
end_receive(struct end *end, struct rte_mbuf *frame)
{
	struct toe_segment segment;

	frame->port = 0;
	readdress(end, frame);
	toe_segment_parse(frame, 0, false, true, &segment);
	if (segment.verdict != TOE_SEGMENT_OK ||
	        toe_flow_lookup(&end->worker.flows, &segment.key) != 0)
		toe_exception_forward(&end->worker, frame, 0);
	else if (toe_receive_segment(&end->worker, 0, &segment, frame))
		rte_pktmbuf_free(frame);
	return (enum toe_verdict)segment.verdict;
}

static uint32_t
take_from(struct toe_txq *txq, struct rte_mbuf **frames, uint32_t n)
{
	uint32_t others = txq->others;

	n = RTE_MIN(n, txq->count);
	memcpy(frames, txq->frame, n * sizeof(frames[0]));
	toe_txq_take_out(txq, 0, n);
	*txq->others_sent += others - txq->others;
	return n;
}

uint32_t
end_take(struct end *end, struct rte_mbuf **frames, uint32_t n)
{
	return take_from(&end->worker.engine.txq[0], frames, n);
}

uint32_t
end_take_host(struct end *end, struct rte_mbuf **frames, uint32_t n)
{
	return take_from(&end->worker.engine.txq[END_PORT_HOST], frames, n);
}

uint32_t
end_stop(struct end *end)
{
	struct toe_neighbor *neighbor = &end->shared.neighbors[end->neighbor];
	uint32_t epoch = toe_word_epoch(atomic_load(&neighbor->word)) + 1;

	atomic_store(&neighbor->word, toe_neighbor_word(end->mac, epoch, false));
	return toe_worker_drain(&end->worker);
}

uint32_t
end_stop_path(struct end *end)
{
	struct toe_path *path = &end->shared.paths[0];
	uint64_t word = atomic_load(&path->word);

	atomic_store(&path->word, toe_path_word(end->neighbor, toe_path_word_mtu(word),
	                                  toe_word_epoch(word) + 1, false));
	return toe_worker_drain(&end->worker);
}

uint32_t
end_stop_conn(struct end *end)
{
	struct toe_message message = {.op = TOE_OP_INVALIDATE, .argument = 1};
	struct toe_item item = {.generation = end->generation};

	toe_stop_named(&end->worker, &message, &item);
	return toe_worker_drain(&end->worker);
}

void
end_relink(struct end *end)
{
	uint32_t mtu = toe_path_word_mtu(atomic_load(&end->shared.paths[0].word));

	end->neighbor ^= 1;
	publish_neighbor(end);
	publish_path(end, mtu);
	toe_tcp_resume(&end->worker.engine, 0);
}

bool
end_event(struct end *end, struct toe_event *event)
{
	toe_indications_post(&end->worker.engine);
	return rte_ring_sc_dequeue_elem(
	               end->worker.control.events[0].ring, event, sizeof(*event)) == 0;
}

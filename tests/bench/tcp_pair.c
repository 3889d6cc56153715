/* SPDX-License-Identifier: BSD-3-Clause */
/* Two engines back to back, from nothing to established connections. */
#include "tcp_pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>

#include "bench_fail.h"
#include "items.h"
#include "output_loop.h"
#include "rng.h"
#include "sender.h"
#include "service.h"

#define PATHS 256u /* peers behind one gateway */
#define RING 256u
#define EVENTS 64u
#define PORTS_PER_ADDRESS 50000u
#define FIRST_PORT 10000u
#define PEER_PORT 5000u
#define WINDOW 65535u
#define FIRST_SEQ 1000u /* of end 0; end 1 begins a million higher */
#define SECOND_SEQ 1000000u
#define BATCH_NS UINT64_C(1000000)

static uint32_t
path_count(const struct pair_params *params)
{
	return RTE_MIN(params->conns, PATHS);
}

static void
worker_params_set(const struct pair_params *params, uint32_t number, struct pair_end *end,
        struct toe_worker_params *worker)
{
	enum offload_service service = params->service[number];

	*worker = (struct toe_worker_params){
	        .shared = &end->shared,
	        .conn_capacity = params->conns,
	        .attached_capacity = service == OFFLOAD_SERVICE_SOURCE ? 1 : params->conns,
	        .mailbox_size = 64,
	        .hold_capacity = 1,
	        .mbuf_pool = params->pool,
	        /* Its echoes may take all of it: the pool was made for them. */
	        .kept_capacity = 2 * params->pool->size,
	        .check_checksums = !params->port_checksums,
	        .max_retransmit = 15,
	        .socket = SOCKET_ID_ANY,
	};
}

uint64_t
pair_estimate(const struct pair_params *params)
{
	struct toe_worker_params worker;
	struct pair_end end = {.shared.path_capacity = path_count(params), .shared.port_count = 1};
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < 2; i++) {
		worker_params_set(params, i, &end, &worker);
		bytes += toe_worker_estimate(&worker);
	}
	return bytes;
}

/* Paths 10.0.x.y <-> 10.1.x.y over one neighbor. */
static void
routes_set(const struct pair_params *params, uint32_t number, struct toe_shared *shared)
{
	const uint8_t mac[6] = {0x02, 0xBB, 0, 0, 0, (uint8_t)!number};
	const uint8_t own[6] = {0x02, 0xBB, 0, 0, 0, (uint8_t)number};
	struct toe_neighbor *neighbor = &shared->neighbors[0];

	memcpy(neighbor->source_mac, own, sizeof(own));
	atomic_store(&neighbor->word, toe_neighbor_word(mac, 1, true));
	for (uint32_t i = 0; i < path_count(params); i++) {
		struct toe_path *path = &shared->paths[i];
		const uint8_t ours[4] = {10, (uint8_t)number, (uint8_t)(i >> 8), (uint8_t)i};
		const uint8_t other[4] = {10, (uint8_t)!number, (uint8_t)(i >> 8), (uint8_t)i};

		path->family = 4;
		memcpy(path->source, ours, sizeof(ours));
		memcpy(path->destination, other, sizeof(other));
		atomic_store(&path->word, toe_path_word(0, 1500, 1, true));
	}
}

static void
end_create(struct pair *pair, uint32_t number, uint64_t now)
{
	const struct pair_params *params = &pair->params;
	struct pair_end *end = &pair->end[number];
	static uint32_t ports; /* several pairs live at a time */
	struct toe_worker_params worker;
	int rc = toe_shared_init(&end->shared, 1, path_count(params));
	char name[16];

	snprintf(name, sizeof(name), "bench%u", ports++);
	if (rc == 0 && number == 0)
		rc = test_port_create(&end->port, name, 1, RING, RING, params->pool);
	else if (rc == 0)
		rc = test_port_create_peer(&end->port, name, &pair->end[0].port, params->pool);
	end->shared.worker_count = end->shared.port_count = 1;
	end->shared.ports[0].ethdev = end->port.ethdev;
	end->shared.ports[0].peer = UINT8_MAX;
	end->shared.ports[0].rx_queues = 1;
	if (params->port_checksums)
		end->shared.ports[0].tx_offloads =
		        RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
	worker_params_set(params, number, end, &worker);
	if (rc == 0)
		rc = toe_worker_init(&end->worker, &worker, now);
	if (rc == 0)
		rc = toe_doorbell_init(&end->bell);
	if (rc != 0)
		bench_fail("no end for %u connections: error %d", params->conns, rc);
	routes_set(params, number, &end->shared);
	end->worker.control.events[0].bell = &end->bell;
	end->worker.control.events[0].completed = &end->completed;
	end->worker.control.events[0].ring =
	        toe_ring_alloc(EVENTS, sizeof(struct toe_event), RING_F_SP_ENQ | RING_F_SC_DEQ);
	end->slot = malloc(params->conns * sizeof(end->slot[0]));
	if (end->worker.control.events[0].ring == NULL || end->slot == NULL)
		bench_fail("no memory for %u connections", params->conns);
}

static void
slots_shuffle(struct pair_end *end, uint32_t conns, uint64_t seed)
{
	struct rng rng;

	rng_seed(&rng, seed);
	for (uint32_t i = 0; i < conns; i++) {
		uint32_t j = rng_below(&rng, i + 1);

		end->slot[i] = end->slot[j];
		end->slot[j] = i;
	}
}

static void
connect_one(struct pair *pair, uint32_t number, uint32_t i)
{
	struct pair_end *end = &pair->end[number];
	uint32_t k = i / path_count(&pair->params);
	uint16_t client = rte_cpu_to_be_16((uint16_t)(FIRST_PORT + k % PORTS_PER_ADDRESS));
	uint16_t server = rte_cpu_to_be_16((uint16_t)(PEER_PORT + k / PORTS_PER_ADDRESS));
	uint32_t ours = (number == 0 ? FIRST_SEQ : SECOND_SEQ) + i;
	uint32_t other = (number == 0 ? SECOND_SEQ : FIRST_SEQ) + i;
	struct toe_message message = {.op = TOE_OP_INITIATE, .tick_ms = 1};
	struct tcp_cached cached = {.initial_rcv_wnd = WINDOW};
	struct tcp_const constant = {
	        .local_port = number == 0 ? client : server,
	        .remote_port = number == 0 ? server : client,
	        .flags = TCP_OPTION_SACK,
	        .service = (uint8_t)pair->params.service[number],
	        .remote_mss = PAIR_MSS,
	        .service_bytes = OFFLOAD_SERVICE_UNLIMITED,
	};
	struct tcp_delegated delegated = {
	        .state = TCP_ESTABLISHED,
	        .rcv_nxt = other,
	        .rcv_wnd = WINDOW,
	        .snd_una = ours,
	        .snd_nxt = ours,
	        .snd_max = ours,
	        .snd_wnd = WINDOW,
	        .snd_wl1 = other,
	        .ka_time_left = OFFLOAD_TIMER_OFF,
	        .retransmit_time_left = OFFLOAD_TIMER_OFF,
	};
	struct toe_item item = {
	        .index = end->slot[i],
	        .generation = 1,
	        .path = i % path_count(&pair->params),
	        .constant = &constant,
	        .cached = &cached,
	        .delegated = &delegated,
	};

	toe_item_initiate(&end->worker, &message, &item);
	if (item.status != OFFLOAD_SUCCESS)
		bench_fail("connection %u of %u was not offloaded: status %u", i,
		        pair->params.conns, item.status);
	/* A source that has nothing yet and will never end. */
	if (constant.service == OFFLOAD_SERVICE_SOURCE)
		end->worker.engine.conns[item.index].snd_limit = 0;
}

struct pair *
pair_create(const struct pair_params *params)
{
	struct pair *pair = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*pair));

	if (pair == NULL)
		bench_fail("no memory for a pair of engines");
	memset(pair, 0, sizeof(*pair));
	pair->params = *params;
	bench_clock_start(&pair->clock, BATCH_NS);
	pair->last = BATCH_NS;
	for (uint32_t i = 0; i < 2; i++) {
		end_create(pair, i, BATCH_NS);
		slots_shuffle(&pair->end[i], params->conns, i);
		for (uint32_t j = 0; j < params->conns; j++)
			connect_one(pair, i, j);
	}
	/* Those marked ready by the offload find that there is nothing to send. */
	for (uint32_t i = 0; i < 2; i++)
		while (toe_worker_output(&pair->end[i].worker, TOE_OUTPUT_BUDGET) > 0)
			;
	return pair;
}

void
pair_destroy(struct pair *pair)
{
	for (uint32_t i = 2; i-- > 0;) {
		struct pair_end *end = &pair->end[i];

		if (end->worker.engine.stats.indications != 0)
			bench_fail("%lu connections failed", end->worker.engine.stats.indications);
		toe_ring_free(end->worker.control.events[0].ring);
		toe_worker_fini(&end->worker);
		toe_doorbell_fini(&end->bell);
		test_port_destroy(&end->port);
		toe_shared_fini(&end->shared);
		free(end->slot);
	}
	free(pair);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One or two workers between a wire port and a host port of net_ring, all in one thread: port 0 is the wire,
 * port 1 the host. Connections are offloaded straight at the worker that owns them.
 */
#ifndef TESTS_RECEIVE_BED_H
#define TESTS_RECEIVE_BED_H

#include <rte_ether.h>

#include "items.h"
#include "output_loop.h"
#include "raw_frame.h"
#include "receive.h"
#include "test_eal.h"
#include "test_ports.h"
#include "unit.h"

#define BED_WIRE 0u
#define BED_HOST 1u
#define BED_WORKERS 2u
#ifndef BED_CONNS
#define BED_CONNS 8u
#endif
#define BED_HOLDS 2u
#define BED_VLAN 100u
#define BED_RX_RING 512u
#ifndef BED_TX_RING
#define BED_TX_RING 512u /* what a port takes before it is full */
#endif

/* Paths: both families over a neighbor without VLAN, then IPv4 over one with BED_VLAN. */
enum { BED_PATH4 = 0, BED_PATH6, BED_PATH_VLAN, BED_PATHS };

struct bed {
	struct rte_mempool *pool;
	struct toe_shared shared;
	struct toe_worker worker[BED_WORKERS];
	struct test_port port[2];
	struct tcp_const constant;
	struct tcp_cached cached;
	struct tcp_delegated delegated; /* state 0: ESTABLISHED */
	_Atomic uint32_t completed; /* of the host that is not there: 0 */
	bool fin_outstanding; /* in its sequence numbers */
};

static inline void
bed_paths_init(struct toe_shared *shared)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};

	for (uint32_t i = 0; i < 2; i++) {
		memcpy(shared->neighbors[i].source_mac, raw_mac, sizeof(raw_mac));
		atomic_store(&shared->neighbors[i].word, toe_neighbor_word(mac, 1, true));
	}
	shared->neighbors[1].vlan_id = BED_VLAN;
	for (uint32_t i = 0; i < BED_PATHS; i++) {
		struct toe_path *path = &shared->paths[i];

		path->family = i == BED_PATH6 ? 6 : 4;
		/* Frames from the wire go to us: their destination is our source. */
		memcpy(path->source, i == BED_PATH6 ? raw_destination6 : raw_destination4,
		        i == BED_PATH6 ? 16 : 4);
		memcpy(path->destination, i == BED_PATH6 ? raw_source6 : raw_source4,
		        i == BED_PATH6 ? 16 : 4);
		atomic_store(&path->word, toe_path_word(i == BED_PATH_VLAN, 1500, 1, true));
	}
}

static inline void
bed_open(struct bed *bed, uint32_t workers, bool drop_bad)
{
	static const uint8_t roles[] = {TOE_PORT_WIRE, TOE_PORT_HOST};
	struct toe_worker *list[BED_WORKERS];

	memset(bed, 0, sizeof(*bed));
	bed->pool = test_pool_create("bed", 2048);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bed->pool);
	CU_ASSERT_EQUAL_FATAL(toe_shared_init(&bed->shared, 2, BED_PATHS), 0);
	bed->shared.worker_count = workers;
	bed->shared.port_count = 2;
	for (uint8_t i = 0; i < 2; i++) {
		struct toe_port *port = &bed->shared.ports[i];

		CU_ASSERT_EQUAL_FATAL(
		        test_port_create(&bed->port[i], i ? "bed_host" : "bed_wire",
		                (uint16_t)workers, BED_TX_RING, BED_RX_RING, bed->pool),
		        0);
		port->ethdev = bed->port[i].ethdev;
		port->role = roles[i];
		port->peer = 1 - i;
		port->rx_queues = (uint16_t)workers;
		port->mtu = 1500;
	}
	bed_paths_init(&bed->shared);
	for (uint32_t i = 0; i < workers; i++) {
		struct toe_worker_params params = {
		        .shared = &bed->shared,
		        .index = i,
		        .conn_capacity = BED_CONNS,
		        .attached_capacity = BED_CONNS,
		        .mailbox_size = 8,
		        .hold_capacity = BED_HOLDS,
		        .mbuf_pool = bed->pool,
		        .drop_bad = drop_bad,
		        .check_checksums = true,
		        .max_retransmit = 15,
		        .socket = SOCKET_ID_ANY,
		};

		CU_ASSERT_EQUAL_FATAL(toe_worker_init(&bed->worker[i], &params, 0), 0);
		bed->worker[i].control.events[0].completed = &bed->completed;
		list[i] = &bed->worker[i];
	}
	CU_ASSERT_EQUAL_FATAL(toe_workers_connect(list, workers), 0);
}

/* Nothing may be left of the mbufs. */
static inline void
bed_close(struct bed *bed)
{
	for (uint32_t i = 0; i < bed->shared.worker_count; i++)
		toe_worker_fini(&bed->worker[i]);
	for (uint32_t i = 0; i < 2; i++)
		test_port_destroy(&bed->port[i]);
	toe_shared_fini(&bed->shared);
	CU_ASSERT_EQUAL(test_pool_in_use(bed->pool), 0);
	rte_mempool_free(bed->pool);
}

/* Offload the connection with these ports (host order) at a worker, as slot `index`. */
static inline enum offload_status
bed_offload_as(struct bed *bed, uint32_t worker, uint32_t index, uint32_t path, uint16_t local_port,
        uint16_t remote_port, enum offload_service service)
{
	struct toe_message message = {.op = TOE_OP_INITIATE, .tick_ms = 1};
	struct toe_item item = {
	        .constant = &bed->constant,
	        .cached = &bed->cached,
	        .delegated = &bed->delegated,
	        .index = index,
	        .generation = 1,
	        .path = path,
	};

	bed->constant.local_port = htons(local_port);
	bed->constant.remote_port = htons(remote_port);
	bed->constant.service = (uint8_t)service;
	bed->constant.service_bytes = OFFLOAD_SERVICE_UNLIMITED;
	bed->constant.remote_mss = 1460;
	if (bed->delegated.state == 0)
		bed->delegated.state = TCP_ESTABLISHED;
	bed->delegated.rcv_nxt = RAW_SEQ;
	bed->delegated.rcv_wnd = 65535;
	bed->delegated.snd_una = RAW_ACK;
	bed->delegated.snd_nxt = bed->delegated.snd_max = RAW_ACK + bed->fin_outstanding;
	bed->delegated.snd_wnd = 65535;
	bed->delegated.cwnd = 14600;
	bed->delegated.ka_time_left = OFFLOAD_TIMER_OFF;
	bed->delegated.retransmit_time_left = OFFLOAD_TIMER_OFF;
	toe_item_initiate(&bed->worker[worker], &message, &item);
	return (enum offload_status)item.status;
}

static inline enum offload_status
bed_offload(struct bed *bed, uint32_t worker, uint32_t index, uint32_t path, uint16_t local_port,
        uint16_t remote_port)
{
	return bed_offload_as(
	        bed, worker, index, path, local_port, remote_port, OFFLOAD_SERVICE_SINK);
}

/* The worker that owns the tuple of a frame between the usual addresses. */
static inline uint32_t
bed_owner(const struct bed *bed, uint8_t family, uint16_t local_port, uint16_t remote_port)
{
	return toe_owner(toe_tuple_hash(family == 6 ? raw_destination6 : raw_destination4,
	                         family == 6 ? raw_source6 : raw_source4, family == 6 ? 16 : 4,
	                         htons(local_port), htons(remote_port)),
	        bed->shared.worker_count);
}

/* Put bytes on a port's RX queue. */
static inline void
bed_write_bytes(struct bed *bed, uint32_t port, uint16_t queue, const uint8_t *bytes, size_t length)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(bed->pool);

	CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)length), bytes, length);
	CU_ASSERT_FATAL(test_port_write(&bed->port[port], queue, mbuf));
}

static inline void
bed_write(struct bed *bed, uint32_t port, uint16_t queue, const struct raw_frame *frame)
{
	uint8_t bytes[RAW_FRAME_MAX];

	bed_write_bytes(bed, port, queue, bytes, raw_frame_build(frame, bytes));
}

/* Every worker receives once and transmits. */
static inline void
bed_turn(struct bed *bed)
{
	for (uint32_t i = 0; i < bed->shared.worker_count; i++) {
		toe_worker_receive(&bed->worker[i]);
		toe_worker_flush(&bed->worker[i]);
	}
}

/* The next frame that came out of a port is these bytes. */
static inline bool
bed_read_is(struct bed *bed, uint32_t port, const uint8_t *bytes, size_t length)
{
	struct rte_mbuf *mbuf;
	bool same;

	if (test_port_read(&bed->port[port], &mbuf, 1) == 0)
		return false;
	same = rte_pktmbuf_pkt_len(mbuf) == length && mbuf->nb_segs == 1 &&
	       memcmp(rte_pktmbuf_mtod(mbuf, uint8_t *), bytes, length) == 0;
	rte_pktmbuf_free(mbuf);
	return same;
}

static inline bool
bed_read_frame(struct bed *bed, uint32_t port, const struct raw_frame *frame)
{
	uint8_t bytes[RAW_FRAME_MAX];

	return bed_read_is(bed, port, bytes, raw_frame_build(frame, bytes));
}

#endif

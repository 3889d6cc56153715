/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * W2, CHN-6: what a worker keeps of the packet buffers is bounded, all connections and holds together. Where a bound is
 * reached, others go on, and everybody does when what was kept has gone.
 */
#define BED_CONNS 64u
#include <errno.h>

#include "held.h"
#include "receive_bed.h"
#include "test_mutant.h"

#define ECHOES 50u
#define OURS 2222u
#define PEERS 1000u /* port of the first connection's peer */
#define OTHER 5000u /* of the one beside them */
#define TEXT 1400u
#define TURN_NS 10000u

static struct bed bed;
static struct toe_worker *const worker = &bed.worker[0];
static uint64_t now;
static uint32_t sent[BED_CONNS]; /* by each peer, in order */
static uint32_t received[BED_CONNS]; /* by each peer, in order */

static void
turn(void)
{
	toe_worker_poll(worker, now += TURN_NS);
}

/* Connection `index` of the peer with this port. */
static void
offload(uint32_t index, uint16_t peer, enum offload_service service)
{
	CU_ASSERT_EQUAL_FATAL(
	        bed_offload_as(&bed, 0, index, BED_PATH4, OURS, peer, service), OFFLOAD_SUCCESS);
}

/* A frame of a peer, whose window is closed or not; false: no buffer was left to receive it in. */
static bool
peer_says(uint16_t peer, uint32_t seq, uint32_t ack, uint16_t text, bool closed)
{
	struct raw_frame frame = {.family = 4,
	        .source_port = peer,
	        .destination_port = OURS,
	        .seq = seq,
	        .ack = ack,
	        .text = text,
	        .closed = closed};

	if (rte_mempool_avail_count(bed.pool) == 0)
		return false;
	bed_write(&bed, BED_WIRE, 0, &frame);
	turn();
	return true;
}

static bool
peer_writes(uint16_t peer, uint32_t seq, uint32_t ack, uint16_t text)
{
	return peer_says(peer, seq, ack, text, false);
}

/* What the target sends goes to peers that take it, in order, or to nobody. */
static void
wire_reads(bool take)
{
	struct rte_mbuf *frame;

	while (test_port_read(&bed.port[BED_WIRE], &frame, 1) == 1) {
		const struct rte_ipv4_hdr *ip =
		        rte_pktmbuf_mtod_offset(frame, const struct rte_ipv4_hdr *, 14);
		const struct rte_tcp_hdr *tcp = (const struct rte_tcp_hdr *)(ip + 1);
		uint32_t index = ntohs(tcp->dst_port) - PEERS;
		uint32_t length = ntohs(ip->total_length) - 20u - (tcp->data_off >> 4) * 4u;

		if (take && index < BED_CONNS && ntohl(tcp->sent_seq) == RAW_ACK + received[index])
			received[index] += length;
		rte_pktmbuf_free(frame);
	}
}

static void
start(void)
{
	now = 0;
	memset(sent, 0, sizeof(sent));
	memset(received, 0, sizeof(received));
	bed_open(&bed, 1, false);
}

/* Peers of echoes that send what they may and take nothing: until nothing more is accepted. */
static void
fill_echoes(void)
{
	for (uint32_t i = 0; i < ECHOES; i++)
		offload(i, (uint16_t)(PEERS + i), OFFLOAD_SERVICE_ECHO);
	for (uint32_t round = 0; round < 46; round++)
		for (uint32_t i = 0; i < ECHOES; i++) {
			CU_ASSERT_FATAL(peer_says((uint16_t)(PEERS + i), sent[i], 0, TEXT, true));
			if (worker->engine.conns[i].rcv_nxt == RAW_SEQ + sent[i] + TEXT)
				sent[i] += TEXT;
			wire_reads(false);
		}
}

/* The peers read: what is queued comes back, all of it. */
static void
drain_echoes(void)
{
	for (uint32_t round = 0; round < 400 && worker->engine.echo_buffers > 0; round++)
		for (uint32_t i = 0; i < ECHOES; i++) {
			peer_writes((uint16_t)(PEERS + i), sent[i], received[i], 0);
			now += 10 * 1000000;
			turn();
			wire_reads(true);
		}
	for (uint32_t i = 0; i < ECHOES; i++)
		CU_ASSERT_EQUAL(received[i], sent[i]);
	CU_ASSERT_EQUAL(worker->engine.echo_buffers, 0);
}

static void
test_echoes(void)
{
	uint32_t seq = 0;

	start();
	offload(ECHOES, OTHER, OFFLOAD_SERVICE_SINK);
	fill_echoes();
	CU_ASSERT(worker->engine.echo_buffers > 0);
	CU_ASSERT(worker->engine.echo_buffers <= worker->engine.echo_buffers_max);
	CU_ASSERT(worker->engine.stats.rx_no_room > 0);
	/* A quarter of the pool at least is left to receive in. */
	CU_ASSERT(rte_mempool_avail_count(bed.pool) >= bed.pool->size / 4);
	for (; seq < 100 * TEXT; seq += TEXT) {
		CU_ASSERT(peer_writes(OTHER, seq, 0, TEXT));
		wire_reads(false);
	}
	CU_ASSERT_EQUAL(worker->engine.conns[ECHOES].rcv_nxt, RAW_SEQ + seq);
	drain_echoes();
	/* Everybody goes on. */
	for (uint32_t i = 0; i < ECHOES; i++) {
		CU_ASSERT(peer_writes((uint16_t)(PEERS + i), sent[i], received[i], TEXT));
		CU_ASSERT_EQUAL(worker->engine.conns[i].rcv_nxt, RAW_SEQ + sent[i] + TEXT);
		wire_reads(false);
	}
	bed_close(&bed);
}

/* Peers that do not read take nothing from an echo whose peer does. */
static void
test_reading_echo(void)
{
	uint32_t index = ECHOES, seq = 0;

	start();
	offload(index, (uint16_t)(PEERS + index), OFFLOAD_SERVICE_ECHO);
	fill_echoes();
	for (uint32_t n = 0; n < 100; n++, seq += TEXT) {
		peer_writes((uint16_t)(PEERS + index), seq, received[index], TEXT);
		turn();
		wire_reads(true);
		CU_ASSERT_EQUAL_FATAL(received[index], seq + TEXT);
	}
	bed_close(&bed);
}

static struct toe_hold_request
request_make(uint16_t peer)
{
	struct toe_hold_request request = {
	        .local_port = htons(OURS),
	        .remote_port = htons(peer),
	        .family = 4,
	        .port = BED_WIRE,
	};

	memcpy(request.source, raw_destination4, 4);
	memcpy(request.destination, raw_source4, 4);
	return request;
}

/* Holds: frames beyond the bound are dropped, no hold is added; released, there is room again. */
static void
test_holds(void)
{
	struct toe_hold_request request[2] = {request_make(PEERS), request_make(PEERS + 1)};
	uint32_t max, seq = 0;

	start();
	offload(0, OTHER, OFFLOAD_SERVICE_SINK);
	worker->held_buffers_max = max = TOE_HOLD_FRAMES / 2;
	CU_ASSERT_EQUAL(toe_hold_add(worker, &request[0]), 0);
	for (uint32_t i = 0; i < TOE_HOLD_FRAMES; i++)
		CU_ASSERT(peer_writes(PEERS, i * TEXT, 0, TEXT));
	CU_ASSERT_EQUAL(worker->held_buffers, max);
	CU_ASSERT_EQUAL(worker->engine.stats.held_dropped, TOE_HOLD_FRAMES - max);
	CU_ASSERT_EQUAL(toe_hold_add(worker, &request[1]), -ENOSPC);
	for (; seq < 10 * TEXT; seq += TEXT)
		CU_ASSERT(peer_writes(OTHER, seq, 0, TEXT));
	CU_ASSERT_EQUAL(worker->engine.conns[0].rcv_nxt, RAW_SEQ + seq);
	CU_ASSERT_EQUAL(toe_hold_release(worker, &request[0]), 0);
	CU_ASSERT_EQUAL(worker->held_buffers, 0);
	CU_ASSERT_EQUAL(toe_hold_add(worker, &request[1]), 0);
	CU_ASSERT(peer_writes(PEERS + 1, 0, 0, TEXT));
	CU_ASSERT_EQUAL(worker->held_buffers, 1);
	/* Taken over by a connection */
	offload(1, PEERS + 1, OFFLOAD_SERVICE_SINK);
	CU_ASSERT_EQUAL(worker->held_buffers, 0);
	CU_ASSERT_EQUAL(worker->engine.conns[1].rcv_nxt, RAW_SEQ + TEXT);
	bed_close(&bed);
}

/* The bounds of all kinds together leave a quarter of the pool, for any number of workers and any pool. */
static void
test_shares(void)
{
	for (uint32_t workers = 1; workers <= BED_WORKERS; workers++) {
		uint32_t kept = 0;

		bed_open(&bed, workers, false);
		for (uint32_t i = 0; i < workers; i++) {
			const struct toe_worker *one = &bed.worker[i];

			kept += one->engine.echo_buffers_max + one->engine.reassembly_buffers_max +
			        one->held_buffers_max;
			CU_ASSERT(one->engine.echo_buffers_max > 0 && one->held_buffers_max > 0);
		}
		CU_ASSERT(kept <= bed.pool->size / 4 * 3);
		bed_close(&bed);
	}
}

/* A stopped connection sends no ACK: it keeps no record of what the next one would report as a duplicate. */
static void
test_stopped(void)
{
	const struct toe_conn *conn;

	start();
	conn = &worker->engine.conns[0];
	bed.constant.flags = TCP_OPTION_SACK;
	offload(0, PEERS, OFFLOAD_SERVICE_SINK);
	CU_ASSERT(peer_writes(PEERS, 0, 0, TEXT));
	/* Stopped with one that is owed */
	bed_write(&bed, BED_WIRE, 0,
	        &(struct raw_frame){
	                .family = 4, .source_port = PEERS, .destination_port = OURS, .text = 100});
	toe_worker_receive(worker);
	CU_ASSERT(conn->reassembly != TOE_INDEX_NONE);
	atomic_store(&bed.shared.paths[BED_PATH4].word, toe_path_word(0, 1500, 2, false));
	turn();
	CU_ASSERT_EQUAL(conn->reassembly, TOE_INDEX_NONE);
	/* And those that come later */
	CU_ASSERT(peer_writes(PEERS, 0, 0, 100));
	CU_ASSERT_EQUAL(conn->reassembly, TOE_INDEX_NONE);
	bed_close(&bed);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"W2 CHN-6 echoes whose peers do not read", test_echoes},
	        {"W2 CHN-6 an echo beside them whose peer does", test_reading_echo},
	        {"W2 CHN-6 holds", test_holds},
	        {"W2 CHN-6 what is left of the pool", test_shares},
	        {"W2 stopped connections keep no duplicates", test_stopped},
	};

	if (!test_mutant_arguments(argc, argv) || test_eal_start(128) != 0)
		return EXIT_FAILURE;
	return unit_run("kept", tests, RTE_DIM(tests));
}

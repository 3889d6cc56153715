/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * W3, W4, W5: whose frames go where a port is slower than what there is for it; what comes first after a pause; and which
 * turns are idle.
 */
#define BED_CONNS 64u
#define BED_TX_RING 32u
#include "receive_bed.h"
#include "test_mutant.h"

#define OURS 2222u
#define PEERS 1000u /* port of the first connection's peer */
#define TURN_NS 10000u
#define PLENTY (1u << 28)

static struct bed bed;
static struct toe_worker *const worker = &bed.worker[0];
static uint64_t now;

static void
start(uint32_t conns)
{
	now = 0;
	bed_open(&bed, 1, false);
	for (uint32_t i = 0; i < conns; i++)
		CU_ASSERT_EQUAL(bed_offload_as(&bed, 0, i, BED_PATH4, OURS, (uint16_t)(PEERS + i),
		                        OFFLOAD_SERVICE_SOURCE),
		        OFFLOAD_SUCCESS);
}

static uint32_t
turn(void)
{
	return toe_worker_poll(worker, now += TURN_NS);
}

/* The wire takes so many frames: how many of them are segments, and how many others'. */
static void
wire_takes(uint32_t n, uint32_t *segments, uint32_t *others)
{
	struct rte_mbuf *frame;

	for (; n > 0 && test_port_read(&bed.port[BED_WIRE], &frame, 1) == 1; n--) {
		if (rte_pktmbuf_mtod(frame, uint8_t *)[23] == IPPROTO_TCP)
			(*segments)++;
		else
			(*others)++;
		rte_pktmbuf_free(frame);
	}
}

/* Connections that have more to send than any wire takes. */
static void
start_plenty(void)
{
	start(4);
	for (uint32_t i = 0; i < 4; i++)
		worker->engine.conns[i].cwnd = worker->engine.conns[i].snd_wnd = PLENTY;
}

/* A turn: the host writes so many frames, the wire takes eight. */
static void
share(uint32_t host_frames, uint32_t *segments, uint32_t *others)
{
	struct raw_frame frame = {.family = 4, .protocol = IPPROTO_UDP, .text = 100};

	*segments = *others = 0;
	start_plenty();
	for (uint32_t n = 0; n < 2000; n++) {
		for (uint32_t i = 0; i < host_frames && test_port_unread(&bed.port[BED_HOST]) < 64;
		        i++)
			bed_write(&bed, BED_HOST, 0, &frame);
		turn();
		wire_takes(8, segments, others);
	}
	bed_close(&bed);
}

/* Of 16,000 frames a quarter at least is for whoever is fewer, and nothing of the wire is left unused. */
static void
test_shares(void)
{
	uint32_t segments, others;

	share(0, &segments, &others);
	CU_ASSERT(segments >= 15900);
	for (uint32_t host_frames = 8; host_frames <= 32; host_frames *= 2) {
		share(host_frames, &segments, &others);
		CU_ASSERT(segments >= 4000);
		CU_ASSERT(others >= 4000);
		CU_ASSERT(segments + others >= 15900);
	}
	/* A host that has little gets all of it out. */
	share(1, &segments, &others);
	CU_ASSERT(others >= 1900);
}

/* A host that writes frames at once now and then finds its share and what the wire has just taken, however full that is. */
static void
test_burst(void)
{
	struct raw_frame frame = {.family = 4, .protocol = IPPROTO_UDP, .text = 100};
	uint32_t segments = 0, others = 0;

	start_plenty();
	for (uint32_t n = 1; n <= 2000; n++) {
		for (uint32_t i = 0; n % 20 == 0 && i < TOE_TXQ_OTHERS_MIN + 8; i++)
			bed_write(&bed, BED_HOST, 0, &frame);
		turn();
		wire_takes(8, &segments, &others);
	}
	CU_ASSERT_EQUAL(worker->engine.stats.exception_dropped, 0);
	bed_close(&bed);
}

/*
 * So many connections have sent a segment; while the worker does not run for so long, all the ACKs arrive. It has been
 * there before, so that the deadlines are those of the segments.
 */
static void
pause_for(uint32_t conns, uint32_t ms)
{
	uint32_t segments = 0, others = 0;

	start(conns);
	for (uint32_t i = 0; i < conns; i++)
		worker->engine.conns[i].cwnd = 1460;
	for (uint32_t i = 0; i < 50; i++) {
		turn();
		wire_takes(TOE_TXQ_SIZE, &segments, &others);
	}
	CU_ASSERT_EQUAL(segments, conns);
	for (uint32_t i = 0; i < conns; i++) {
		struct raw_frame frame = {.family = 4,
		        .source_port = (uint16_t)(PEERS + i),
		        .destination_port = OURS,
		        .ack = 1460};

		bed_write(&bed, BED_WIRE, 0, &frame);
	}
	now += (uint64_t)ms * 1000000;
	for (uint32_t i = 0; i < 50; i++) {
		turn();
		wire_takes(TOE_TXQ_SIZE, &segments, &others);
	}
	CU_ASSERT_EQUAL(worker->engine.stats.tx_timeouts, 0);
	CU_ASSERT_EQUAL(worker->engine.stats.tx_retransmitted, 0);
	bed_close(&bed);
}

static void
test_pause(void)
{
	pause_for(20, 60000);
	pause_for(64, 100);
	pause_for(64, 1300);
	pause_for(64, 60000);
}

/* Bounded all the same: a port that never runs dry keeps the worker from nothing. */
static void
test_flood(void)
{
	struct raw_frame frame = {.family = 4, .protocol = IPPROTO_UDP, .text = 10};
	uint32_t segments = 0, others = 0;

	start(1);
	for (uint32_t i = 0; i < BED_RX_RING; i++)
		bed_write(&bed, BED_WIRE, 0, &frame);
	/* Without a gap one burst a turn */
	turn();
	CU_ASSERT_EQUAL(test_port_unread(&bed.port[BED_WIRE]), BED_RX_RING - TOE_RX_BURST);
	now += TOE_GAP_NS;
	turn();
	CU_ASSERT_EQUAL(test_port_unread(&bed.port[BED_WIRE]), 0);
	wire_takes(TOE_TXQ_SIZE, &segments, &others);
	CU_ASSERT(segments > 0);
	bed_close(&bed);
}

/* Frames that a port has not taken are work; when it has, the worker may sleep. */
static void
test_idle(void)
{
	struct raw_frame frame = {.family = 4, .protocol = IPPROTO_UDP, .text = 10};
	uint32_t segments = 0, others = 0;

	start(0);
	for (uint32_t i = 0; i < BED_TX_RING + 8; i++)
		bed_write(&bed, BED_HOST, 0, &frame);
	for (uint32_t i = 0; i < 10; i++)
		CU_ASSERT(turn() > 0);
	CU_ASSERT_EQUAL(worker->engine.txq[BED_WIRE].count, 8);
	wire_takes(8, &segments, &others);
	turn();
	CU_ASSERT_EQUAL(worker->engine.txq[BED_WIRE].count, 0);
	CU_ASSERT_EQUAL(turn(), 0);
	bed_close(&bed);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"W3 shares of a slow wire", test_shares},
	        {"W3 a burst of the host's", test_burst},
	        {"W4 ACKs that came in a pause", test_pause},
	        {"W4 a flood in a pause", test_flood},
	        {"W5 frames that a port refused are work", test_idle},
	};

	if (!test_mutant_arguments(argc, argv) || test_eal_start(128) != 0)
		return EXIT_FAILURE;
	return unit_run("turn", tests, RTE_DIM(tests));
}

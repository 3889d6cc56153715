/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target: a live connection and a peer whose segments, and the time between them, are the input's choice.
 * Sequence and acknowledgment numbers are relative to what the connection expects at that moment, so that most
 * segments get past the first checks; checksums are not looked at. Text is the pattern at its offset: whatever
 * the order, the overlaps and the duplicates, what is delivered is its beginning, and each byte is compared.
 *
 * Input: 7 bytes of options (fuzz_open), then commands: a byte that says which, and what it takes (run_command).
 * Frames lie in buffers of exactly their size, so that AddressSanitizer sees what is read or written beyond.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_frame.h"
#include "invariant.h"
#include "pattern.h"
#include "service.h"
#include "tcp.h"
#include "test_eal.h"
#include "test_mutant.h"

#define COMMANDS_MAX 600u
#define FUZZ_MBUFS 4095u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is left of the input; 0 behind its end. */
struct input {
	const uint8_t *at, *end;
};

static struct end end;
static struct rte_mempool *pool;
static uint64_t now_us;
static struct invariant before;
static struct fuzz_peer peer;
static bool stopped;

static void
violation(const char *what)
{
	fprintf(stderr, "violation: %s\n", what);
	abort();
}

static uint8_t
take8(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

static uint16_t
take16(struct input *input)
{
	uint8_t high = take8(input);

	return (uint16_t)(high << 8 | take8(input));
}

/* LeakSanitizer's, when it is there. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

/*
 * The worker lives as long as the process; its tables are mapped memory, where no leak checker looks. In a build with
 * planted faults MUTANT names one: what finds nothing then proves nothing.
 */
static void
start(void)
{
	const char *mutant = getenv("MUTANT");

	if (mutant != NULL && !test_mutant(mutant))
		violation("no such fault");
	if (__lsan_disable != NULL)
		__lsan_disable();
	if (test_eal_start(128) != 0 || (pool = test_pool_create("fuzz", FUZZ_MBUFS)) == NULL ||
	        end_init(&end, pool) != 0)
		violation("the worker cannot be created");
	end_connect_host(&end);
	if (__lsan_enable != NULL)
		__lsan_enable();
}

static void
check(void)
{
	const char *wrong = invariant_check(&before, &end);
	const struct toe_conn *conn = end_conn(&end);

	if (wrong != NULL)
		violation(wrong);
	if (conn->rcv_bytes != conn->rcv_nxt - peer.start - !!(conn->flags & TOE_CONN_FIN_RCVD))
		violation("bytes delivered are not what RCV.NXT says");
}

/* Everything that was sent; the peer remembers what it has been told. */
static void
collect(uint32_t most)
{
	struct rte_mbuf *frames[TOE_TXQ_SIZE];
	uint32_t n = end_take(&end, frames, RTE_MIN(most, TOE_TXQ_SIZE));

	if (n > 0 && stopped)
		violation("INV-6: a stopped connection transmits");
	for (uint32_t i = 0; i < n; i++) {
		const char *wrong = fuzz_frame_sent(&peer, end_conn(&end), frames[i]);

		if (wrong != NULL)
			violation(wrong);
	}
	rte_pktmbuf_free_bulk(frames, n);
	rte_pktmbuf_free_bulk(frames, end_take_host(&end, frames, TOE_TXQ_SIZE));
}

static void
work(void)
{
	end_work(&end);
	check();
}

/* Time passes, in steps that no timer is overtaken in by much. */
static void
pass(uint64_t us)
{
	for (uint32_t i = 0; us > 0 && i < 64; i++) {
		uint64_t step = end_next_timer(&end, now_us);

		step = RTE_MIN(RTE_MAX(step, UINT64_C(1)), us);
		now_us += step;
		us -= step;
		end_clock(&end, now_us);
		end_work(&end);
	}
	now_us += us;
	end_clock(&end, now_us);
	work();
}

/* Where a number of the peer's segment lies: near what the connection expects, mostly. */
static uint32_t
around(struct input *input, uint8_t choice, uint32_t expected, uint32_t other)
{
	switch (choice & 3) {
	case 0:
		return expected;
	case 1:
		return expected + (uint32_t)(int32_t)(int8_t)take8(input);
	case 2:
		return expected + (uint32_t)(int32_t)(int16_t)take16(input);
	default:
		return other + (uint32_t)(int32_t)(int8_t)take8(input);
	}
}

static void
send_segment(struct input *input, uint8_t command)
{
	const struct toe_conn *conn = end_conn(&end);
	uint8_t numbers = take8(input), extra = take8(input);
	struct fuzz_segment segment = {
	        .window = 0xFFFF,
	        .flags = RTE_TCP_ACK_FLAG,
	        .ecn = (uint8_t)(numbers >> 6),
	        .timestamps = !(extra & 0x80),
	        .direct = extra & 0x40,
	        .split = extra & 0x20,
	        .sacks = (uint8_t)((extra & 7) > TOE_SACKS_MAX ? 0 : extra & 7),
	};
	struct rte_mbuf *frame;

	segment.seq = around(input, numbers, conn->rcv_nxt, conn->rcv_adv);
	segment.ack = around(input, numbers >> 2, conn->snd_max, conn->snd_una);
	if (numbers & 0x10)
		segment.length = take16(input) % 1461;
	if (numbers & 0x20)
		segment.window = take16(input);
	if (command & 0x10)
		segment.flags = take8(input);
	segment.tsval = peer.clock + (extra & 0x10 ? (uint32_t)(int8_t)take8(input) : 0);
	segment.tsecr = peer.tsval - (extra & 0x08 ? take8(input) : 0);
	peer.clock += 1;
	for (uint32_t i = 0; i < segment.sacks; i++) {
		segment.sack[i].start = conn->snd_una + (uint32_t)(int32_t)(int16_t)take16(input);
		segment.sack[i].end = segment.sack[i].start + take16(input);
	}
	frame = fuzz_frame_make(&peer, conn, pool, &segment);
	if (frame == NULL)
		return; /* none left: the connection holds them all */
	fuzz_frame_arrives(&peer, conn, &segment);
	if (end_receive(&end, frame) != TOE_SEGMENT_OK)
		violation("the parser refuses a frame of the peer");
	check();
}

/* Behind a drain: a window that only discarded frames told is not told. */
static void
check_drained(void)
{
	const char *wrong = invariant_drained(
	        &before, &end, peer.started ? peer.edge : end_conn(&end)->rcv_nxt);

	if (wrong != NULL)
		violation(wrong);
	check();
}

static void
stop_or_go(void)
{
	if (end_conn(&end)->flags & TOE_CONN_STOPPED)
		return;
	if (!stopped) {
		end_stop(&end);
		stopped = true;
		if (end.worker.engine.txq[0].count > 0)
			violation("INV-7: frames are left behind by the drain");
	} else {
		stopped = false;
		end_relink(&end);
	}
	check_drained();
}

static void
run_command(struct input *input)
{
	uint8_t command = take8(input);

	switch (command & 0x0F) {
	case 0:
		pass((uint64_t)take16(input) * 10);
		break;
	case 1:
		pass((uint64_t)take16(input) * 10000);
		break;
	case 2:
		collect(take8(input) & 7);
		break;
	case 3:
		end_set_mtu(&end, 1280 + take16(input) % 1000);
		check_drained();
		break;
	case 4:
		stop_or_go();
		break;
	case 5:
		work();
		collect(TOE_TXQ_SIZE);
		break;
	case 6:
		work();
		break;
	default:
		send_segment(input, command);
		break;
	}
}

/* A connection as the first bytes say. */
static bool
fuzz_open(struct input *input)
{
	uint8_t options = take8(input), kind = take8(input), windows = take8(input);
	uint32_t theirs = 0u - take16(input), ours = 0u - take16(input);
	struct end_params params = {
	        .family = options & 0x80 ? 6 : 4,
	        .constant = {.flags = options & 0x0F,
	                .service = (uint8_t)(kind % OFFLOAD_SERVICE_COUNT),
	                .remote_mss = kind & 0x80 ? 1460 : 100,
	                .congestion = (uint8_t)((kind >> 2) % OFFLOAD_CC_COUNT),
	                .extensions = options & 0x10 ? TCP_EXTENSION_PACING : 0,
	                .service_bytes = kind & 0x40 ? 5000 : OFFLOAD_SERVICE_UNLIMITED},
	        .cached = {.flags = (options & 0x20 ? TCP_CACHED_NAGLE : 0) |
	                            (options & 0x40 ? TCP_CACHED_KEEPALIVE : 0),
	                .ka_timeout = 500,
	                .initial_rcv_wnd = windows & 0x80 ? 262144 : 0},
	        .delegated = {.state = TCP_ESTABLISHED,
	                .rcv_nxt = theirs,
	                .snd_una = ours,
	                .rcv_wnd = (windows & 0x0F) * 4000u,
	                .snd_wnd = (windows >> 4 & 7) * 8000u,
	                .ts_recent = 1000,
	                .ts_time = 5},
	};

	if (options & TCP_OPTION_WINDOW_SCALE)
		params.constant.snd_wnd_scale = params.constant.rcv_wnd_scale = windows & 3;
	if (params.constant.congestion == OFFLOAD_CC_DCTCP)
		params.constant.flags |= TCP_OPTION_ECN;
	params.delegated.snd_wl1 = params.delegated.rcv_nxt;
	/* Every input begins at the same time, so that it is replayed alone. */
	now_us = 1;
	end_clock(&end, now_us);
	toe_wheel_init(&end.worker.engine.wheel, end.worker.engine.conns,
	        end.worker.engine.wheel.words, end.worker.engine.now_ms);
	if (end_open(&end, &params) != OFFLOAD_SUCCESS)
		return false;
	fuzz_peer_init(&peer, end_conn(&end), params.family);
	invariant_init(&before, &end);
	stopped = false;
	return true;
}

static void
fuzz_close(void)
{
	struct rte_mbuf *frames[TOE_TXQ_SIZE];
	const struct toe_conn *conn = end_conn(&end);

	if (conn->service == OFFLOAD_SERVICE_SINK &&
	        toe_service_digest(&end.worker.engine, conn) != pattern_hash(conn->rcv_bytes))
		violation("other bytes were delivered than were sent");
	end_close(&end, NULL);
	rte_pktmbuf_free_bulk(frames, end_take_host(&end, frames, TOE_TXQ_SIZE));
	if (test_pool_in_use(pool) != 0)
		violation("mbufs leak");
	if (fuzz_frames_out() != 0)
		violation("buffers leak");
	if (end.worker.engine.sent.used + end.worker.engine.senders.used +
	                end.worker.engine.pieces.used + end.worker.engine.reassemblies.used +
	                end.worker.engine.attached.used !=
	        0)
		violation("the connection has left something behind");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, data + size};

	if (pool == NULL)
		start();
	if (!fuzz_open(&input))
		return 0;
	for (uint32_t i = 0; i < COMMANDS_MAX && input.at < input.end; i++)
		run_command(&input);
	work();
	collect(TOE_TXQ_SIZE);
	fuzz_close();
	return 0;
}

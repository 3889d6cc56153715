/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plays recorded input to one end in virtual time, and prints what it does; tests/captures/replay.py makes the
 * input and reads the output. Usage: replay [--mutant NAME] <INPUT >OUTPUT
 *
 * Input, one item a line, times in us, in order:
 *   open TIME NAME VALUE...       the connection is offloaded (names: fields below)
 *   offer TIME BYTES FIN          what a source has to send now ends after BYTES, and with a FIN when that is 1
 *   frame TIME COVER HEX          a frame arrives; it acknowledges the bytes below COVER (counted from snd_nxt),
 *                                 in the acknowledgment field or in a SACK block
 *   end TIME                      the connection is terminated
 * Output:
 *   sent TIME N HEX               a frame, after the first N frames of the input
 *   held N TIME                   frame N waited until TIME: what it acknowledges was not sent, or not a round
 *                                 trip ago
 *   part N                        frame N waited for a round trip; a copy has acknowledged what was sent
 *   masked N                      frame N waited in vain, and arrived then
 *   state TIME N CWND SSTHRESH OUTSTANDING SRTT   after frame N
 *   received BYTES                in order
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mempool.h>
#include <rte_tcp.h>

#include "end.h"
#include "sender.h"
#include "test_eal.h"
#include "test_mutant.h"

#define FRAME_MAX 2048u
#define LINE_MAX_BYTES (2 * FRAME_MAX + 128)
#define SENT_MAX 4096u
#define MBUFS 4095u

/* What was sent for the first time, when. */
struct first_sent {
	uint32_t end; /* from snd_nxt at the start */
	uint64_t at_us;
};

struct replay {
	struct end end;
	struct rte_mempool *pool;
	uint64_t now_us;
	uint64_t
	        round_us; /* what the recorded conversation's round trip takes at least; 0: nothing is held */
	uint32_t start; /* snd_nxt at the start */
	uint32_t frames; /* that have arrived */
	uint32_t sent_count;
	struct first_sent sent[SENT_MAX];
	bool open;
};

static void
give_up(const char *what)
{
	fprintf(stderr, "replay: %s\n", what);
	exit(2);
}

static uint8_t
nibble(char letter)
{
	if (letter >= '0' && letter <= '9')
		return (uint8_t)(letter - '0');
	if (letter < 'a' || letter > 'f')
		give_up("a frame is no hex text");
	return (uint8_t)(letter - 'a' + 10);
}

static void
print_frame(const struct replay *replay, const struct rte_mbuf *frame)
{
	static const char letters[] = "0123456789abcdef";
	static char text[2 * FRAME_MAX + 1];
	uint8_t copy[FRAME_MAX];
	uint32_t length = RTE_MIN(frame->pkt_len, FRAME_MAX);
	const uint8_t *data = rte_pktmbuf_read(frame, 0, length, copy);

	for (uint32_t i = 0; i < length; i++) {
		text[2 * i] = letters[data[i] >> 4];
		text[2 * i + 1] = letters[data[i] & 15];
	}
	text[2 * length] = '\0';
	printf("sent %ju %u %s\n", (uintmax_t)replay->now_us, replay->frames, text);
}

static void
note_sent(struct replay *replay)
{
	uint32_t end = end_conn(&replay->end)->snd_max - replay->start;

	if (replay->sent_count > 0 && replay->sent[replay->sent_count - 1].end == end)
		return;
	if (replay->sent_count == SENT_MAX)
		give_up("too much is sent");
	replay->sent[replay->sent_count++] =
	        (struct first_sent){.end = end, .at_us = replay->now_us};
}

/* The end works at the present time; what it sends is printed. */
static void
work(struct replay *replay)
{
	struct rte_mbuf *frame;
	bool more;

	do {
		more = false;
		end_work(&replay->end);
		note_sent(replay);
		while (end_take(&replay->end, &frame, 1) > 0) {
			print_frame(replay, frame);
			rte_pktmbuf_free(frame);
			more = true;
		}
	} while (more);
}

/* Time goes on, timer by timer. */
static void
advance(struct replay *replay, uint64_t until_us)
{
	while (replay->now_us < until_us) {
		uint64_t step = until_us - replay->now_us;

		if (replay->open)
			step = RTE_MIN(step, end_next_timer(&replay->end, replay->now_us));
		replay->now_us += step;
		end_clock(&replay->end, replay->now_us);
		work(replay);
	}
}

/* When the bytes below `cover` were sent first; UINT64_MAX: not all of them were. */
static uint64_t
covered_at(const struct replay *replay, uint32_t cover)
{
	if (cover == 0)
		return 0;
	for (uint32_t i = 0; i < replay->sent_count; i++)
		if (replay->sent[i].end >= cover)
			return replay->sent[i].at_us;
	return UINT64_MAX;
}

static void
print_state(struct replay *replay)
{
	const struct toe_conn *conn = end_conn(&replay->end);

	printf("state %ju %u %u %u %u %u\n", (uintmax_t)replay->now_us, replay->frames, conn->cwnd,
	        conn->ssthresh, conn->snd_max - conn->snd_una, conn->srtt >> 3);
}

static struct rte_mbuf *
frame_of(struct replay *replay, const char *text)
{
	size_t length = strcspn(text, "\n");
	struct rte_mbuf *frame = rte_pktmbuf_alloc(replay->pool);
	uint8_t *data;

	if (frame == NULL || length % 2 != 0 || length / 2 > FRAME_MAX)
		give_up("a frame does not fit");
	data = (uint8_t *)rte_pktmbuf_append(frame, (uint16_t)(length / 2));
	if (data == NULL)
		give_up("a frame does not fit into a buffer");
	for (size_t i = 0; i < length / 2; i++)
		data[i] = (uint8_t)(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
	return frame;
}

static void
deliver(struct replay *replay, struct rte_mbuf *frame)
{
	if (end_receive(&replay->end, frame) != TOE_SEGMENT_OK)
		give_up("a frame of the input is bad");
	work(replay);
}

/* A copy of the frame acknowledges what was sent, and no more; false: that would be nothing. */
static bool
deliver_part(struct replay *replay, const char *text)
{
	const struct toe_conn *conn = end_conn(&replay->end);
	struct toe_segment segment;
	struct rte_mbuf *frame;
	struct rte_tcp_hdr *tcp;

	if (conn->snd_una == conn->snd_max)
		return false;
	frame = frame_of(replay, text);
	toe_segment_parse(frame, 0, false, true, &segment);
	if (segment.verdict != TOE_SEGMENT_OK)
		give_up("a frame of the input is bad");
	tcp = rte_pktmbuf_mtod_offset(frame, struct rte_tcp_hdr *, segment.header_offset);
	tcp->recv_ack = rte_cpu_to_be_32(conn->snd_max);
	frame->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD | RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	printf("part %u\n", replay->frames);
	deliver(replay, frame);
	return true;
}

/*
 * Nobody acknowledges what was not sent a round trip ago. What is not sent for a round trip needs an ACK to be sent: it
 * gets one of what was sent.
 */
static void
hold(struct replay *replay, uint32_t cover, const char *text)
{
	uint64_t began = replay->now_us, limit = began + replay->round_us;

	if (replay->round_us == 0)
		return;
	for (;;) {
		uint64_t sent = covered_at(replay, cover), next;

		if (sent != UINT64_MAX && sent + replay->round_us <= replay->now_us)
			break;
		if (sent == UINT64_MAX && replay->now_us >= limit) {
			if (!deliver_part(replay, text)) {
				printf("masked %u\n", replay->frames);
				return;
			}
			limit = replay->now_us + replay->round_us;
			continue;
		}
		next = sent != UINT64_MAX
		               ? sent + replay->round_us
		               : replay->now_us + end_next_timer(&replay->end, replay->now_us);
		advance(replay, sent != UINT64_MAX ? next : RTE_MIN(limit, next));
	}
	if (replay->now_us > began)
		printf("held %u %ju\n", replay->frames, (uintmax_t)replay->now_us);
}

static void
arrive(struct replay *replay, const char *text)
{
	struct rte_mbuf *frame = frame_of(replay, text);

	replay->frames++;
	deliver(replay, frame);
	print_state(replay);
}

/* A field of `open`; false: none of that name. */
static bool
set_field(struct replay *replay, struct end_params *params, const char *name, uint64_t value)
{
	const struct {
		const char *name;
		void *field;
		size_t size;
	} fields[] = {
	        {"family", &params->family, sizeof(params->family)},
	        {"options", &params->constant.flags, sizeof(params->constant.flags)},
	        {"snd-wscale", &params->constant.snd_wnd_scale, 1},
	        {"rcv-wscale", &params->constant.rcv_wnd_scale, 1},
	        {"mss", &params->constant.remote_mss, sizeof(params->constant.remote_mss)},
	        {"congestion", &params->constant.congestion, 1},
	        {"service", &params->constant.service, 1},
	        {"initial-rcv-wnd", &params->cached.initial_rcv_wnd, 4},
	        {"rcv-nxt", &params->delegated.rcv_nxt, 4},
	        {"rcv-wnd", &params->delegated.rcv_wnd, 4},
	        {"snd-nxt", &params->delegated.snd_una, 4},
	        {"snd-wnd", &params->delegated.snd_wnd, 4},
	        {"snd-wl1", &params->delegated.snd_wl1, 4},
	        {"cwnd", &params->delegated.cwnd, 4},
	        {"srtt", &params->delegated.srtt, 4},
	        {"rttvar", &params->delegated.rttvar, 4},
	        {"ts-recent", &params->delegated.ts_recent, 4},
	        {"ts-time", &params->delegated.ts_time, 4},
	        {"round", &replay->round_us, sizeof(replay->round_us)},
	};

	/* Little endian, as all that DPDK runs this on. */
	for (size_t i = 0; i < RTE_DIM(fields); i++)
		if (strcmp(name, fields[i].name) == 0) {
			memcpy(fields[i].field, &value, fields[i].size);
			return true;
		}
	return false;
}

static void
open_end(struct replay *replay, char *words)
{
	struct end_params params = {0};
	char *rest = NULL;

	replay->frames = replay->sent_count = 0;
	replay->round_us = 0;

	for (char *name = strtok_r(words, " \n", &rest); name != NULL;
	        name = strtok_r(NULL, " \n", &rest)) {
		const char *value = strtok_r(NULL, " \n", &rest);

		if (value == NULL || !set_field(replay, &params, name, strtoull(value, NULL, 10)))
			give_up("`open` has a field that is not known, or without a value");
	}
	params.delegated.snd_nxt = params.delegated.snd_max = params.delegated.snd_una;
	replay->start = params.delegated.snd_una;
	if (params.constant.service == OFFLOAD_SERVICE_SOURCE)
		params.constant.service_bytes = OFFLOAD_SERVICE_UNLIMITED; /* its end is offered */
	if (end_open(&replay->end, &params) != OFFLOAD_SUCCESS)
		give_up("the connection is refused");
	replay->open = true;
	if (params.constant.service == OFFLOAD_SERVICE_SOURCE)
		end_conn(&replay->end)->snd_limit = 0;
	work(replay);
}

/*
 * The source has more to send now. It is told so where the recorded sender sent it: the engine can be behind, never
 * ahead, so that what the recorded receiver says fits what the engine has sent.
 */
static void
offer(struct replay *replay, uint64_t bytes, bool fin)
{
	struct toe_conn *conn = end_conn(&replay->end);

	conn->snd_limit = bytes;
	if (fin)
		conn->flags |= TOE_CONN_FIN_QUEUED;
	toe_conn_ready(&replay->end.worker.engine, 0);
	work(replay);
}

static void
end_of_play(struct replay *replay)
{
	struct toe_conn *conn = end_conn(&replay->end);

	printf("received %ju\n", (uintmax_t)conn->rcv_bytes);
	end_close(&replay->end, NULL);
	replay->open = false;
	if (test_pool_in_use(replay->pool) != 0)
		give_up("buffers are lost");
}

static void
run_line(struct replay *replay, char *line)
{
	char *rest = NULL;
	const char *verb = strtok_r(line, " ", &rest), *time = strtok_r(NULL, " ", &rest);

	if (verb == NULL || time == NULL)
		give_up("a line of the input is too short");
	advance(replay, strtoull(time, NULL, 10));
	if (strcmp(verb, "open") == 0) {
		open_end(replay, rest);
	} else if (strcmp(verb, "frame") == 0) {
		uint32_t cover = (uint32_t)strtoul(rest, &rest, 10);

		rest += strspn(rest, " ");
		hold(replay, cover, rest);
		arrive(replay, rest);
	} else if (strcmp(verb, "offer") == 0) {
		uint64_t bytes = strtoull(rest, &rest, 10);

		offer(replay, bytes, strtoul(rest, NULL, 10) != 0);
	} else if (strcmp(verb, "end") == 0) {
		end_of_play(replay);
	} else {
		give_up("a line of the input is not known");
	}
}

int
main(int argc, char **argv)
{
	static struct replay replay;
	static char line[LINE_MAX_BYTES];

	if (!test_mutant_arguments(argc, argv) || test_eal_start(64) != 0)
		return 2;
	replay.pool = test_pool_create("replay", MBUFS);
	if (replay.pool == NULL || end_init(&replay.end, replay.pool) != 0)
		give_up("no memory");
	advance(&replay, 1000);
	while (fgets(line, sizeof(line), stdin) != NULL)
		run_line(&replay, line);
	end_fini(&replay.end);
	rte_mempool_free(replay.pool);
	return 0;
}

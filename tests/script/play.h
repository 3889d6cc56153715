/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Playing a script: one end, the peer's frames as the script says, and everything that the end does compared with it. The
 * clock moves only where the script says so.
 */
#ifndef TESTS_SCRIPT_PLAY_H
#define TESTS_SCRIPT_PLAY_H

#include "frames.h"
#include "test_ports.h"

#define PLAY_SEEN 512u /* frames, and events, that wait for the script */

/* The ports exist once per process: terminate hands frames to them. */
struct stage {
	struct rte_mempool *pool;
	struct test_port wire, host;
};

struct play_event {
	uint64_t at_us;
	uint8_t kind, detail;
};

struct seen_queue {
	uint32_t first, count;
	struct seen seen[PLAY_SEEN];
};

struct play {
	struct stage *stage;
	struct complaint *complaint;
	const struct statement *statement; /* now */
	struct end end;
	struct end_params params;
	struct frame_facts facts;
	struct play_values values;
	struct tcp_delegated terminated; /* what terminate gave back */
	bool open;
	uint64_t start_us, now_us;
	uint32_t snd_wnd; /* what the peer's segments announce unless they say */
	uint32_t last_tsval; /* of the end's frames, for the peer to echo */
	uint32_t peer_ts; /* the peer's clock at the start */
	struct seen_queue ours, host;
	uint32_t event_first, event_count;
	struct play_event event[PLAY_SEEN];
};

int stage_init(struct stage *stage);
void stage_fini(struct stage *stage);

/* True when all went as the script says. */
bool play_run(struct play *play, struct stage *stage, const struct program *program,
        struct complaint *complaint);

/* play_expect.c: set, change and compare variables. */
bool play_open(struct play *play, const struct statement *statement);
bool play_update(struct play *play, const struct statement *statement);
bool play_expect(struct play *play, const struct statement *statement);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Text out of order: what is reported of it, and a random stream against a map of what has arrived. */
#include "invariant.h"
#include "pattern.h"
#include "reassembly.h"
#include "received.h"
#include "rng.h"
#include "script.h"
#include "test_mutant.h"
#include "unit.h"

static struct script script;
static struct received map;

static struct end_params
with_sack(uint8_t more)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);

	params.constant.flags = TCP_OPTION_SACK | more;
	return params;
}

static void
text(int32_t seq, uint32_t length)
{
	script_send(&script,
	        (struct script_segment){.seq = seq,
	                .length = length,
	                .timestamps = script_conn(&script)->options & TCP_OPTION_TIMESTAMPS,
	                .tsval = 1});
}

static bool
took_block(uint32_t i, uint32_t start, uint32_t end)
{
	return i < script.got.sacks && script.got.sack[i].start == start &&
	       script.got.sack[i].end == end;
}

static void
test_blocks(void)
{
	static const int32_t filled[] = {2500, 3500, 4500, 5500, 6500, 9500, 9500};
	struct end_params params = with_sack(0);

	script_open(&script, &params);
	for (int32_t seq = 1000; seq <= 9000; seq += 2000) {
		text(seq, 500);
		CU_ASSERT(script_took_ack(&script, 0));
		CU_ASSERT(took_block(0, (uint32_t)seq, (uint32_t)seq + 500));
	}
	/* RFC 2018 section 4: the most recent first, as many as there is room for. */
	CU_ASSERT_EQUAL(script.got.sacks, 4);
	CU_ASSERT(took_block(1, 7000, 7500) && took_block(3, 3000, 3500));
	/* What joins is one block. */
	text(7500, 1500);
	CU_ASSERT(script_took_ack(&script, 0));
	CU_ASSERT(took_block(0, 7000, 9500));
	/* A gap is filled: acknowledged at once, its block is over. */
	text(0, 1000);
	CU_ASSERT(script_took_ack(&script, 1500));
	for (uint32_t i = 0; i < script.got.sacks; i++)
		CU_ASSERT(script.got.sack[i].start > 1500);
	for (int32_t seq = 1500; seq < 9500; seq += 1000)
		text(seq, 1000);
	/* Each of these is, in the same burst; the last two are old. */
	for (uint32_t i = 0; i < RTE_DIM(filled); i++)
		CU_ASSERT(script_took_ack(&script, filled[i]));
	CU_ASSERT(!script_take(&script));
	CU_ASSERT_EQUAL(script.end.worker.engine.pieces.used, 0);
	CU_ASSERT_EQUAL(script_conn(&script)->rcv_bytes, 9500);
	script_close(&script, NULL);
}

/* Of what is acknowledged there is no block any more. */
static void
test_blocks_end(void)
{
	struct end_params params = with_sack(0);

	script_open(&script, &params);
	text(1000, 500);
	text(3000, 500);
	text(0, 1000);
	CU_ASSERT(script_took_ack(&script, 0) && script.got.sacks == 1);
	CU_ASSERT(script_took_ack(&script, 0) && script.got.sacks == 2);
	CU_ASSERT(script_took_ack(&script, 1500));
	CU_ASSERT(script.got.sacks == 1 && took_block(0, 3000, 3500));
	script_close(&script, NULL);
}

static void
test_blocks_beside_timestamps(void)
{
	struct end_params params = with_sack(TCP_OPTION_TIMESTAMPS);

	script_open(&script, &params);
	for (int32_t seq = 1000; seq <= 9000; seq += 2000)
		text(seq, 500);
	while (script_take(&script))
		CU_ASSERT(script.got.sacks <= 3);
	CU_ASSERT_EQUAL(script.got.sacks, 3);
	script_close(&script, NULL);
}

/* RFC 2883: once, in front, whether it is acknowledged or lies in a block. */
static void
test_duplicates(void)
{
	struct end_params params = with_sack(0);

	script_open(&script, &params);
	text(0, 1000);
	text(200, 300);
	CU_ASSERT(script_took_ack(&script, 1000));
	CU_ASSERT(script.got.sacks == 1 && took_block(0, 200, 500));
	text(3000, 1000);
	CU_ASSERT(script_took_ack(&script, 1000));
	CU_ASSERT(script.got.sacks == 1 && took_block(0, 3000, 4000));
	text(3200, 100);
	CU_ASSERT(script_took_ack(&script, 1000));
	CU_ASSERT(script.got.sacks == 2 && took_block(0, 3200, 3300) && took_block(1, 3000, 4000));
	/* Partly old, partly new. */
	text(500, 1000);
	CU_ASSERT(script_took_ack(&script, 1500));
	CU_ASSERT(took_block(0, 500, 1000) && took_block(1, 3000, 4000));
	text(1500, 1500);
	CU_ASSERT(script_took_ack(&script, 4000));
	CU_ASSERT_EQUAL(script.got.sacks, 0);
	script_close(&script, NULL);
}

static void
test_without_sack(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);

	script_open(&script, &params);
	text(1000, 500);
	CU_ASSERT(script_took_ack(&script, 0));
	CU_ASSERT_EQUAL(script.got.sacks, 0);
	text(1000, 500);
	text(0, 1000);
	while (script_take(&script))
		CU_ASSERT_EQUAL(script.got.sacks, 0);
	CU_ASSERT_EQUAL(script.got.ack, 1500);
	script_close(&script, NULL);
}

/* Text behind a FIN is neither kept nor reported. */
static void
test_text_behind_fin(void)
{
	struct end_params params = with_sack(0);

	script_open(&script, &params);
	text(1, 100);
	text(3000, 500);
	while (script_take(&script))
		;
	script_send(&script, (struct script_segment){.flags = ACK | FIN});
	CU_ASSERT(script_take(&script));
	CU_ASSERT_EQUAL(script.got.ack, 1);
	CU_ASSERT_EQUAL(script.got.sacks, 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.pieces.used, 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.reassembly_buffers, 0);
	CU_ASSERT_EQUAL(script_conn(&script)->rcv_bytes, 0);
	script_close(&script, NULL);
}

/* The first byte that has not arrived. */
static uint32_t
map_next(uint32_t from, uint32_t end)
{
	while (from < end && map.has[from])
		from++;
	return from;
}

/* What is reported is part of what has arrived. */
static bool
blocks_arrived(void)
{
	for (uint32_t i = 0; i < script.got.sacks; i++)
		if (!received_all(&map, script.got.sack[i].start, script.got.sack[i].end))
			return false;
	return true;
}

/* Pieces of all sizes from anywhere in the window: the queue holds all of it, so RCV.NXT is the map's first gap. */
static const char *
run_model(struct rng *rng)
{
	uint32_t stream = rng_range(rng, 1, 40000), next = 0;
	uint32_t longest = rng_chance(rng, 50) ? 100 : 1460;
	struct end_params params = with_sack(0);
	struct invariant before;
	const char *wrong = NULL;

	script_open(&script, &params);
	received_init(&map, 0);
	invariant_init(&before, &script.end);
	while (next < stream && wrong == NULL) {
		uint32_t reach = RTE_MIN(stream - next, 20u * longest);
		uint32_t seq = rng_chance(rng, 30) ? next : next + rng_below(rng, reach);
		uint32_t length = rng_range(rng, 1, longest);

		seq -= RTE_MIN(seq, rng_chance(rng, 20) ? rng_below(rng, 500) : 0);
		length = RTE_MIN(length, stream - seq);
		received_add(&map, seq, seq + length);
		text((int32_t)seq, length);
		next = map_next(next, stream);
		wrong = invariant_check(&before, &script.end);
		if (wrong == NULL && script_conn(&script)->rcv_nxt != SCRIPT_PEER + next)
			wrong = "RCV.NXT is not the first gap";
		while (wrong == NULL && script_take(&script))
			if (!blocks_arrived())
				wrong = "a block of what has not arrived";
	}
	if (wrong == NULL && (script_conn(&script)->reassembly != TOE_INDEX_NONE &&
	                             !(script_conn(&script)->flags & TOE_CONN_DSACK)))
		wrong = "something still waits";
	if (wrong == NULL && toe_service_digest(&script.end.worker.engine, script_conn(&script)) !=
	                             pattern_hash(stream))
		wrong = "other bytes";
	script_close(&script, NULL);
	return wrong;
}

static void
test_model(void)
{
	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct rng rng;
		const char *wrong;

		rng_seed(&rng, seed);
		wrong = run_model(&rng);
		if (wrong == NULL)
			continue;
		printf("\n    seed %lu: %s ", seed, wrong);
		CU_FAIL("a stream does not come together");
		return;
	}
}

/*
 * RFC 2018 section 8, T1: text that was reported stays where there is no room for what would take its place: a frame of three
 * buffers covers a piece, and the worker has room for two.
 */
static void
test_covered_without_room(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);
	struct toe_engine *engine = &script.end.worker.engine;
	uint32_t max = engine->reassembly_buffers_max, left;
	struct toe_segment segment = {
	        .seq = SCRIPT_PEER + 1500, .length = 1800, .tcp_flags = RTE_TCP_ACK_FLAG};
	struct rte_mbuf *part[3];

	params.constant.flags = TCP_OPTION_SACK;
	script_open(&script, &params);
	script_send(&script, (struct script_segment){.seq = 2000, .length = 1000});
	script_send(&script, (struct script_segment){.seq = 5000, .length = 1000});
	engine->reassembly_buffers_max = 2;
	for (uint32_t i = 0; i < RTE_DIM(part); i++) {
		part[i] = rte_pktmbuf_alloc(script.pool);
		CU_ASSERT_PTR_NOT_NULL_FATAL(rte_pktmbuf_append(part[i], 600));
		part[i == 0 ? 0 : i - 1]->next = i == 0 ? NULL : part[i];
	}
	part[0]->nb_segs = 3;
	part[0]->pkt_len = 1800;
	segment.data = rte_pktmbuf_mtod(part[0], const uint8_t *);
	left = toe_pool_left(&engine->pieces);
	CU_ASSERT_FALSE(toe_reassembly_add(engine, 0, &segment, part[0]));
	rte_pktmbuf_free(part[0]);
	CU_ASSERT_EQUAL(toe_pool_left(&engine->pieces), left);
	CU_ASSERT_EQUAL(engine->reassembly_buffers, 2);
	CU_ASSERT_FALSE(script_conn(&script)->flags & TOE_CONN_DSACK);
	engine->reassembly_buffers_max = max;
	while (script_take(&script))
		;
	/* The gap is filled: what was reported is there. */
	script_send(&script, (struct script_segment){.seq = 0, .length = 1000});
	script_send(&script, (struct script_segment){.seq = 1000, .length = 1000});
	while (script_take(&script))
		;
	CU_ASSERT_EQUAL(script_conn(&script)->rcv_nxt, SCRIPT_PEER + 3000);
	script_close(&script, NULL);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"RFC 2018 8 T1 covered text without room", test_covered_without_room},
	        {"TCP-1 RFC 2018 blocks", test_blocks},
	        {"TCP-1 RFC 2018 blocks end", test_blocks_end},
	        {"TCP-1 RFC 2018 blocks beside timestamps", test_blocks_beside_timestamps},
	        {"TCP-1 RFC 2883 duplicates", test_duplicates},
	        {"TCP-1 without SACK", test_without_sack},
	        {"TCP-1 text behind a FIN", test_text_behind_fin},
	        {"TCP-2 random pieces against a map", test_model},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_reassembly", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}

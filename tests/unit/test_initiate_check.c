/* SPDX-License-Identifier: BSD-3-Clause */
/* INIT-4: what a new connection's state may say: options, extensions, windows. */
#include <string.h>

#include "fake_target.h"
#include "initiate_check.h"

#define TS TCP_OPTION_TIMESTAMPS
#define ECN TCP_OPTION_ECN

static struct fake fake;

/* Zero means the usual value, but for flags, congestion and extensions. */
struct state {
	uint8_t flags, congestion, extensions;
	uint8_t snd_scale, rcv_scale;
	uint16_t mss;
	uint32_t snd_wnd, max_snd_wnd, rcv_wnd;
};

static const struct state good[] = {
        {.flags = 0},
        {.flags = TS | TCP_OPTION_SACK | TCP_OPTION_WINDOW_SCALE | ECN},
        {.congestion = OFFLOAD_CC_CUBIC},
        {.congestion = OFFLOAD_CC_NEWRENO},
        {.flags = ECN, .congestion = OFFLOAD_CC_CUBIC},
        {.flags = ECN, .congestion = OFFLOAD_CC_DCTCP},
        {.extensions = TCP_EXTENSION_PACING},
        {.snd_scale = 14, .rcv_scale = 14},
        {.mss = 48},
        {.mss = 65535},
        {.snd_wnd = 1u << 30, .max_snd_wnd = 1u << 30, .rcv_wnd = 1u << 30},
};

static const struct state bad[] = {
        {.flags = 1u << 4}, /* unknown options */
        {.flags = TS | 1u << 7},
        {.congestion = OFFLOAD_CC_COUNT}, /* unknown congestion control */
        {.congestion = 255},
        {.congestion = OFFLOAD_CC_DCTCP}, /* without ECN */
        {.flags = TS, .congestion = OFFLOAD_CC_DCTCP},
        {.extensions = 1u << 1}, /* unknown extensions */
        {.extensions = TCP_EXTENSION_PACING | 1u << 7},
        {.snd_scale = 15},
        {.rcv_scale = 15},
        {.mss = 1},
        {.mss = 47},
        {.snd_wnd = (1u << 30) + 1},
        {.max_snd_wnd = (1u << 30) + 1},
        {.rcv_wnd = UINT32_MAX},
};

static struct offload_block_list *
block_of(const struct state *state, uint32_t i)
{
	struct offload_block_list *block = fake_tcp(&fake, i, OFFLOAD_TCP_ALL);
	struct tcp_const *constant = offload_block_const(block);
	struct tcp_delegated *delegated = offload_block_delegated(block);

	constant->flags = state->flags;
	constant->congestion = state->congestion;
	constant->extensions = state->extensions;
	constant->snd_wnd_scale = state->snd_scale;
	constant->rcv_wnd_scale = state->rcv_scale;
	if (state->mss)
		constant->remote_mss = state->mss;
	if (state->snd_wnd)
		delegated->snd_wnd = state->snd_wnd;
	if (state->max_snd_wnd)
		delegated->max_snd_wnd = state->max_snd_wnd;
	if (state->rcv_wnd)
		delegated->rcv_wnd = state->rcv_wnd;
	return block;
}

static void
test_values(void)
{
	for (uint32_t i = 0; i < RTE_DIM(good); i++)
		CU_ASSERT_EQUAL(initiate_tcp_check(block_of(&good[i], 0)), OFFLOAD_SUCCESS);
	for (uint32_t i = 0; i < RTE_DIM(bad); i++)
		CU_ASSERT_EQUAL(initiate_tcp_check(block_of(&bad[i], 0)), OFFLOAD_FAILURE);
}

/* The peer sent no MSS option. */
static void
test_no_mss(void)
{
	struct offload_block_list *block = block_of(&good[0], 0);

	((struct tcp_const *)offload_block_const(block))->remote_mss = 0;
	CU_ASSERT_EQUAL(initiate_tcp_check(block), OFFLOAD_SUCCESS);
}

/* The block fails as for any other bad state: its cell is left alone, the rest is not tried (INIT-3). */
static void
test_request(void)
{
	struct offload_block_list *linker, *refused, *behind;

	fake_offload(&fake, 1, 1, 1);
	for (uint32_t i = 0; i < RTE_DIM(bad); i++) {
		linker = fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK);
		refused = block_of(&bad[i], 1);
		behind = block_of(&good[0], 2);
		tree_add_dependent(linker, refused);
		tree_add_dependent(linker, behind);
		CU_ASSERT(fake_request(&fake, CHIMNEY_INITIATE, linker));
		CU_ASSERT_EQUAL(refused->status, OFFLOAD_FAILURE);
		CU_ASSERT_EQUAL(behind->status, OFFLOAD_FAILURE);
		CU_ASSERT_EQUAL(fake.conn[1], 0);
	}
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->connections, 1);
}

#define WITH_FAKE(name)                                                                            \
	static void run_##name(void)                                                               \
	{                                                                                          \
		fake_start(&fake, NULL);                                                           \
		test_##name();                                                                     \
		fake_end(&fake);                                                                   \
	}
WITH_FAKE(values)
WITH_FAKE(no_mss)
WITH_FAKE(request)

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"INIT-4 CTX-5 values at and beyond their bounds", run_values},
	        {"INIT-4 no MSS option", run_no_mss},
	        {"INIT-3 INIT-4 a block with such a value fails", run_request},
	};

	return unit_run("initiate_check", tests, RTE_DIM(tests));
}

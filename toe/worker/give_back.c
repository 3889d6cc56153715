/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks of pools that nobody uses go back to the system. */
#include "give_back.h"

#include <rte_common.h>

/* What is looked through, in this order; struct toe_give_back.pool counts it. */
static struct toe_pool *
pool_at(struct toe_worker *worker, uint32_t i)
{
	struct toe_pool *pools[] = {
	        &worker->engine.senders,
	        &worker->engine.sent,
	        &worker->engine.attached,
	        &worker->engine.reassemblies,
	        &worker->engine.pieces,
	        &worker->engine.sends,
	};

	return i < RTE_DIM(pools) ? pools[i] : NULL;
}

static uint32_t
blocks_per_tick(struct toe_worker *worker)
{
	const struct toe_pool *pool;
	uint32_t blocks = 0;

	for (uint32_t i = 0; (pool = pool_at(worker, i)) != NULL; i++)
		blocks += pool->blocks;
	return blocks / TOE_GIVE_BACK_PASS_MS + 1;
}

/* The block that is next; the pool behind the last one is the first. */
static struct toe_pool *
pool_next(struct toe_worker *worker)
{
	struct toe_give_back *state = &worker->give_back;
	struct toe_pool *pool = pool_at(worker, state->pool);

	while (state->block >= pool->blocks) {
		state->block = 0;
		state->pool++;
		pool = pool_at(worker, state->pool);
		if (pool == NULL) {
			state->pool = 0;
			pool = pool_at(worker, 0);
		}
		toe_pool_settle(pool);
	}
	return pool;
}

/* A row of blocks that nobody uses, beginning with the present one. */
static void
withdraw(struct toe_worker *worker, struct toe_pool *pool)
{
	struct toe_pages *pages = &worker->control.pages;
	struct toe_give_back *state = &worker->give_back;
	size_t bytes = toe_pool_block_bytes(pool);
	uint32_t n = 1;

	while (state->block + n < pool->blocks && (n + 1) * bytes <= TOE_POOL_WITHDRAWN_BYTES &&
	        toe_pool_is_stale(pool, state->block + n))
		n++;
	state->out = pool;
	state->out_block = state->block;
	state->out_count = n;
	state->block += n;
	pages->address = toe_pool_withdraw(pool, state->out_block, n);
	atomic_store_explicit(&pages->bytes, n * bytes, memory_order_release);
}

void
toe_give_back_tick(struct toe_worker *worker)
{
	struct toe_give_back *state = &worker->give_back;

	state->ms = worker->engine.now_ms;
	if (atomic_load_explicit(&worker->control.pages.bytes, memory_order_acquire) != 0)
		return;
	if (state->out_count > 0)
		toe_pool_restore(state->out, state->out_block, state->out_count);
	state->out_count = 0;
	for (uint32_t i = blocks_per_tick(worker); i > 0; i--) {
		struct toe_pool *pool = pool_next(worker);

		if (toe_pool_is_stale(pool, state->block)) {
			withdraw(worker, pool);
			return;
		}
		state->block++;
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* A second host of a fake target (fake_target.h), with objects of its own, and turns that are counted. */
#ifndef TESTS_FAKE_OTHER_H
#define TESTS_FAKE_OTHER_H

#include "fake_target.h"

#define FAKE_OTHERS 1000u

/* Cells of host 1. */
struct fake_other {
	uint64_t neighbor, path, conn[FAKE_OTHERS];
};

extern struct fake_other fake_other;

/* Host 1 gets a neighbor, a path and so many connections. */
void fake_other_offload(struct fake *fake, uint32_t conns);
/* Submit for host 1. */
bool fake_other_submit(
        struct fake *fake, enum chimney_request kind, struct offload_block_list *root);

/* The block, its status as it is until its request completes. */
static inline struct offload_block_list *
fake_pending(struct offload_block_list *block)
{
	block->status = OFFLOAD_PENDING;
	return block;
}

/* So many turns of control and workers. */
void fake_turns(struct fake *fake, uint32_t n);
/* Turns until this block has its status; `most` when it takes longer. */
uint32_t fake_turns_until(struct fake *fake, const struct offload_block_list *block, uint32_t most);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writing the words of neighbors and paths: control alone does. Every change has an epoch of its own, through
 * all lives of a slot, so that no frame and no walk of before is ever taken for current (INV-7).
 *
 * Epochs come round after 2^15 changes. By then nobody remembers the word of before: a change of what frames may be held
 * for is followed by a drain, and is done when all have answered; so not more than the requests in progress (request.h)
 * lie between a frame and the word that made it stale.
 */
#ifndef CONTROL_WORDS_H
#define CONTROL_WORDS_H

#include "shared.h"

static inline uint64_t
word_read(const _Atomic uint64_t *word)
{
	return atomic_load_explicit((_Atomic uint64_t *)(uintptr_t)word, memory_order_relaxed);
}

static inline void
neighbor_word_write(struct toe_shared *shared, uint32_t index, const uint8_t mac[6], bool valid)
{
	_Atomic uint64_t *word = &shared->neighbors[index].word;

	atomic_store_explicit(word,
	        toe_neighbor_word(mac, toe_word_epoch(word_read(word)) + 1, valid),
	        memory_order_release);
}

static inline void
path_word_write(
        struct toe_shared *shared, uint32_t index, uint32_t neighbor, uint32_t mtu, bool valid)
{
	_Atomic uint64_t *word = &shared->paths[index].word;

	atomic_store_explicit(word,
	        toe_path_word(neighbor, mtu, toe_word_epoch(word_read(word)) + 1, valid),
	        memory_order_release);
}

/* Take the valid bit away, once. Returns whether it was there. */
static inline bool
word_invalidate(_Atomic uint64_t *word)
{
	const uint64_t valid = UINT64_C(1) << 63;
	const uint64_t epoch = (uint64_t)TOE_EPOCH_MASK << 48;
	uint64_t old = word_read(word);
	uint64_t next = (old & ~epoch) | ((old + (UINT64_C(1) << 48)) & epoch);

	if (!(old & valid))
		return false;
	atomic_store_explicit(word, next & ~valid, memory_order_release);
	return true;
}

/* May a connection on this path transmit, as far as path and neighbor go? */
static inline bool
path_route_valid(const struct toe_shared *shared, uint32_t path)
{
	return toe_route_valid(toe_route_read(shared, path));
}

#endif

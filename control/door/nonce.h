/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the target knows its own blocks (TREE-8, INV-1, D10). The nonce word is the last of a block's scratch
 * space. While a request owns the block it holds:
 *   - for the root, from the call until its completion: the root's claim, a function of its address;
 *   - for every other block, from the check until the completion: the nonce of the request.
 * Scratch arrives with garbage, so both are salted: no garbage is taken for them but by an accident of 2^-64.
 * A word of the target found in a block means that the block belongs to a request in flight.
 */
#ifndef CONTROL_NONCE_H
#define CONTROL_NONCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "item.h"

#define CONTROL_RECORDS TOE_REQUESTS /* of all hosts, both lanes */
#define NONCE_ODD UINT64_C(0x9E3779B97F4A7C15) /* any odd factor mixes and can be undone */
#define NONCE_ODD_INVERSE UINT64_C(0xF1DE83E19937733D)

_Static_assert((uint64_t)(NONCE_ODD *NONCE_ODD_INVERSE) == 1, "factors undo each other");

struct nonce_table {
	uint64_t salt;
	_Atomic uint64_t active[CONTROL_RECORDS]; /* control: rw, submitting threads: r */
};

static inline uint64_t *
nonce_word(struct offload_block_list *block)
{
	return &block_item(block)->nonce;
}

/*
 * The claim of a root: what its nonce word holds while it is with the target. Never 0, whatever the salt: the lowest
 * bits of an address tell nothing.
 */
static inline uint64_t
nonce_claim(const struct nonce_table *table, const struct offload_block_list *root)
{
	return (((uint64_t)(uintptr_t)root ^ table->salt) | 1) * NONCE_ODD;
}

/* The nonce of the request with this id (request.h). Never 0 either: ids do not come to the highest bit. */
static inline uint64_t
nonce_make(const struct nonce_table *table, uint64_t id)
{
	return ((id ^ ~table->salt) | UINT64_C(1) << 63) * NONCE_ODD;
}

/* Does this word, found in `block`, say that the block is with the target? */
static inline bool
nonce_in_flight(
        const struct nonce_table *table, const struct offload_block_list *block, uint64_t word)
{
	uint64_t slot = ((word * NONCE_ODD_INVERSE) ^ ~table->salt) % CONTROL_RECORDS;

	return word == nonce_claim(table, block) ||
	       (word != 0 &&
	               word == atomic_load_explicit(&table->active[slot], memory_order_relaxed));
}

/*
 * Put `word` into the nonce word of a block that is not with the target. False when it is: nothing has
 * changed. Any thread.
 */
static inline bool
nonce_take(const struct nonce_table *table, struct offload_block_list *block, uint64_t word)
{
	uint64_t *place = nonce_word(block);
	uint64_t found = __atomic_load_n(place, __ATOMIC_RELAXED);

	do {
		if (nonce_in_flight(table, block, found))
			return false;
	} while (!__atomic_compare_exchange_n(
	        place, &found, word, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return true;
}

static inline void
nonce_clear(struct offload_block_list *block)
{
	__atomic_store_n(nonce_word(block), 0, __ATOMIC_RELEASE);
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Handles of offloaded objects: 64 bits, opaque to the host, never 0 (CTX-2).
 *
 *   63..62 layer | 61..56 worker | 55..28 generation (28 bits, never 0) | 27..0 index
 *
 * The control lcore alone allocates indexes and generations; a generation is checked on every use, again by
 * the worker that owns the connection, so that a reused slot never answers to an old handle. A slot that has
 * had all its generations is used no more (control/objects/slots.h).
 */
#ifndef TOE_HANDLE_H
#define TOE_HANDLE_H

#include <stdint.h>

#include "offload_state.h"

#define TOE_INDEX_BITS 28u
#define TOE_INDEX_MASK ((1u << TOE_INDEX_BITS) - 1)
#define TOE_GENERATION_MASK 0xFFFFFFFu
#define TOE_MAX_WORKERS 63u

static inline uint64_t
toe_handle_make(enum offload_layer layer, uint32_t worker, uint32_t generation, uint32_t index)
{
	return (uint64_t)layer << 62 | (uint64_t)(worker & 63) << 56 |
	       (uint64_t)(generation & TOE_GENERATION_MASK) << TOE_INDEX_BITS |
	       (index & TOE_INDEX_MASK);
}

static inline enum offload_layer
toe_handle_layer(uint64_t handle)
{
	return (enum offload_layer)(handle >> 62);
}

static inline uint32_t
toe_handle_worker(uint64_t handle)
{
	return (uint32_t)(handle >> 56) & 63;
}

static inline uint32_t
toe_handle_generation(uint64_t handle)
{
	return (uint32_t)(handle >> TOE_INDEX_BITS) & TOE_GENERATION_MASK;
}

static inline uint32_t
toe_handle_index(uint64_t handle)
{
	return (uint32_t)handle & TOE_INDEX_MASK;
}

/* The generation that follows: skips 0, which marks a free slot. */
static inline uint32_t
toe_generation_next(uint32_t generation)
{
	generation = (generation + 1) & TOE_GENERATION_MASK;
	return generation ? generation : 1;
}

#endif

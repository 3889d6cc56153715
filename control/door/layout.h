/* SPDX-License-Identifier: BSD-3-Clause */
/* What the type of a block says: its layer and the structures that follow it (TREE-6). */
#ifndef CONTROL_LAYOUT_H
#define CONTROL_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "chimney.h"

struct block_layout {
	uint8_t layer; /* enum offload_layer; OFFLOAD_LAYER_NONE: no such type */
	uint8_t family; /* paths: 4 or 6; else 0 */
	/* bytes of each part, in the order in which they follow the block; 0: none */
	uint16_t constant, cached, delegated;
	bool all; /* has every part that its layer has: what a new object needs */
};

/* Never NULL. */
const struct block_layout *block_layout(uint8_t type);

#endif

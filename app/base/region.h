/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory in one piece: zeroed, taken from the machine as it is used, and when it is large given back in slices, since
 * giving back a gigabyte takes as long as a hundred commands.
 */
#ifndef APP_REGION_H
#define APP_REGION_H

#include <stddef.h>

#include "turns.h"

struct region {
	void *memory; /* NULL: none */
	size_t size;
};

/* 0 or -ENOMEM. */
int region_open(struct region *region, size_t size);
/* Give it back: a large one in turns of lane TURNS_HOUSE; turns NULL: at once. */
void region_close(struct region *region, struct turns *turns);

#endif

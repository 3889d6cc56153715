/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much memory this process may still use: what the machine has (MemAvailable: page cache that can be dropped is
 * no use), or less where a control group, version 1 or 2, or one of its parents leaves less.
 */
#ifndef LIB_MEMORY_LIMIT_H
#define LIB_MEMORY_LIMIT_H

#include <stdint.h>

struct memory_limit {
	/* 0: unknown */
	uint64_t available;
	/* the folder of the control group that sets it; empty: the machine */
	char group[512];
};

/* root: what stands before /proc and /sys, "" but in tests. */
void memory_limit_read(const char *root, struct memory_limit *limit);

#endif

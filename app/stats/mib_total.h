/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counters by port and IP version (STAT-1), all workers together. As with those of counters.h, reset remembers
 * what they were, and the workers never know.
 */
#ifndef APP_MIB_TOTAL_H
#define APP_MIB_TOTAL_H

#include <stdbool.h>
#include <stdint.h>

#include "worker.h"

struct program;

/* By port, then IPv4 and IPv6. */
struct mib_base {
	struct toe_mib port[TOE_MAX_PORTS][2];
};

/* What all workers have counted for a port and version (4 or 6), not reduced by any base: any thread. */
void mib_read(const struct program *program, uint32_t port, uint8_t version, struct toe_mib *sum);
/* The same since the last reset. */
void mib_since_reset(const struct program *program, const struct mib_base *reset, uint32_t port,
        uint8_t version, struct toe_mib *sum);
/* From here on. */
void mib_reset(const struct program *program, struct mib_base *reset);

/* Number i of what follows from the counters: name, help, value; and how many there are. */
extern const unsigned int mib_count;
const char *mib_name(unsigned int i);
const char *mib_help(unsigned int i);
uint64_t mib_value(const struct toe_mib *mib, unsigned int i);

#endif

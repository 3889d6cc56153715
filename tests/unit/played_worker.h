/* SPDX-License-Identifier: BSD-3-Clause */
/* The workers' end of a channel, played by a test. */
#ifndef TESTS_UNIT_PLAYED_WORKER_H
#define TESTS_UNIT_PLAYED_WORKER_H

#include "channel_port.h"
#include "fake_target.h"

#define RING 64u
#define FLOWS 4u
#define IOS 1000u

static struct fake fake;
/* What a played worker has taken and not completed yet, in order. */
static struct chimney_io *held[FAKE_WORKERS][FLOWS * IOS];
static uint32_t held_first[FAKE_WORKERS], held_count[FAKE_WORKERS];

static inline struct toe_channel_port *
port_of(uint32_t worker)
{
	return atomic_load(&fake.worker[worker]->channels.port[0]);
}

/* As a worker does it: what it is asked to look at, up to n descriptors. */
static inline uint32_t
worker_take(uint32_t worker, uint32_t n)
{
	struct toe_channel_port *port = port_of(worker);
	uint32_t life = atomic_load(&fake.worker[worker]->lost) & ~1u, kept = 0;
	uintptr_t entry[RING];

	n = toe_channel_take(port, entry, RTE_MIN(n, RING));
	for (uint32_t i = 0; i < n; i++) {
		struct chimney_io *one = (struct chimney_io *)(entry[i] & ~TOE_IO_LIFE_MASK);

		if (entry[i] != toe_io_entry(one, life))
			continue;
		if (toe_io_is_of_flow(one)) {
			toe_flow_done(one, OFFLOAD_SUCCESS);
			continue;
		}
		held[worker][held_count[worker]++] = one;
		kept++;
	}
	return kept;
}

static inline void
worker_complete(uint32_t worker, uint32_t n)
{
	uint32_t life = atomic_load(&fake.worker[worker]->lost) & ~1u;

	for (; n > 0 && held_first[worker] < held_count[worker]; n--) {
		struct chimney_io *one = held[worker][held_first[worker]++];

		toe_channel_complete(port_of(worker), one, OFFLOAD_SUCCESS, one->length, life);
	}
	toe_channel_ring(port_of(worker));
}

#endif

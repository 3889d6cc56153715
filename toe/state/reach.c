/* SPDX-License-Identifier: BSD-3-Clause */
/* Times at which neighbors were reachable. */
#include "reach.h"

#include <errno.h>

#include "ring.h"
#include "table.h"

int
toe_reaches_init(struct toe_reaches *reaches, uint32_t neighbors)
{
	reaches->neighbors = toe_table_alloc(neighbors, sizeof(*reaches->neighbors));
	reaches->asked =
	        toe_ring_alloc(TOE_REACH_RING, sizeof(uint32_t), RING_F_SP_ENQ | RING_F_SC_DEQ);
	return reaches->neighbors != NULL && reaches->asked != NULL ? 0 : -ENOMEM;
}

void
toe_reaches_fini(struct toe_reaches *reaches, uint32_t neighbors)
{
	toe_table_free(reaches->neighbors, neighbors, sizeof(*reaches->neighbors));
	toe_ring_free(reaches->asked);
}

uint64_t
toe_reaches_estimate(uint32_t neighbors)
{
	return (uint64_t)neighbors * sizeof(struct toe_reach);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every byte that an end's service is given. The program has the engine's services from here and not from its library: they
 * are the same, but what they are given passes through this file.
 */
#define toe_service_deliver delivered_to_service
#include "service.c" /* NOLINT(bugprone-suspicious-include): that is the point */
#include "user.h"
#undef toe_service_deliver

#include "delivered.h"

bool toe_service_deliver(struct toe_engine *engine, uint32_t index, struct rte_mbuf *mbuf,
        const uint8_t *data, uint32_t length, bool push);

static struct {
	const struct toe_engine *engine;
	struct delivered *delivered;
} watched[2];

void
delivered_watch(uint32_t which, const struct end *end, struct delivered *delivered)
{
	watched[which].engine = delivered != NULL ? &end->worker.engine : NULL;
	watched[which].delivered = delivered;
	if (delivered == NULL)
		return;
	XXH64_reset(&delivered->digest, 0);
	delivered->bytes = 0;
}

bool
toe_service_deliver(struct toe_engine *engine, uint32_t index, struct rte_mbuf *mbuf,
        const uint8_t *data, uint32_t length, bool push)
{
	for (uint32_t i = 0; i < RTE_DIM(watched); i++) {
		if (watched[i].engine != engine)
			continue;
		XXH64_update(&watched[i].delivered->digest, data, length);
		watched[i].delivered->bytes += length;
	}
	return delivered_to_service(engine, index, mbuf, data, length, push);
}

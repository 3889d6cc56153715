/* SPDX-License-Identifier: BSD-3-Clause */
/* The wheel hands over connections whose earliest deadline may have passed; the engine looks at each deadline again. */
#include "timer_loop.h"

#include "fetch.h"
#include "tcp.h"

#define TIMER_BURST 32u

uint32_t
toe_worker_timers(struct toe_worker *worker)
{
	struct toe_engine *engine = &worker->engine;
	uint32_t indexes[TIMER_BURST];
	uint32_t n = toe_wheel_expire(&engine->wheel, engine->now_ms, indexes, TIMER_BURST);

	for (uint32_t i = 0; i < n; i++)
		toe_fetch_conn(engine, indexes[i]);
	for (uint32_t i = 0; n > 1 && i < n; i++)
		toe_fetch_sender(engine, indexes[i]);
	for (uint32_t i = 0; i < n; i++)
		toe_tcp_expired(engine, indexes[i]);
	return n;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Real-time priority. */
#include "bench_priority.h"

#include <pthread.h>
#include <sched.h>

void
bench_prioritise(void)
{
	const struct sched_param param = {.sched_priority = 1};

	pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program: one struct that main.c brings up part by part, in order, and takes down in reverse. It
 * belongs to the main lcore; what other threads may read of it is said at the member.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_lcore.h>
#include <rte_mempool.h>

#include "clock.h"
#include "counters.h"
#include "estimate.h"
#include "host_stack.h"
#include "mib_total.h"
#include "options.h"
#include "ports.h"
#include "server.h"
#include "shutdown.h"
#include "target.h"
#include "worker.h"

struct event_base;

struct app {
	struct options options;
	struct app_clock clock; /* constant after start: any thread */
	uint32_t worker_count;
	uint32_t conn_capacity; /* of each worker */
	struct toe_shared shared;
	struct app_port ports[TOE_MAX_PORTS]; /* by index in shared.ports */
	struct estimate estimate;
	struct rte_mempool *pool;
	struct toe_worker **workers; /* statistics: any thread */
	struct chimney *target; /* statistics: any thread */
	uint32_t control_lcore;
	uint32_t worker_lcore[TOE_MAX_WORKERS];
	_Atomic bool lcores_stop; /* main: w, lcores: r */
	/* longest turn of each lcore, preemption included: the lcore: w, main clears it */
	_Atomic uint64_t longest_turn_ns[RTE_MAX_LCORE];
	bool lcores_stuck; /* an lcore did not return: what it uses must not be freed */
	struct event_base *base;
	struct host_stack host;
	struct server server;
	struct counters_base counters;
	struct mib_base mib_base;
	struct app_shutdown shutdown;
};

/* engine.c: packet pool, tables, workers and the target, sized by the options. 0 or -1 (said). */
int engine_open(struct app *app);
void engine_close(struct app *app);
/* Parameters that the engine will be created with; also for the estimate. */
void engine_worker_params(const struct app *app, uint32_t index, struct toe_worker_params *params);
void engine_target_params(const struct app *app, struct chimney_params *params);
uint32_t engine_mbufs(const struct app *app);

/* lcores.c: run control on the first worker lcore of EAL's list, workers on the rest. 0 or -1 (said). */
int lcores_plan(struct app *app);
int lcores_launch(struct app *app);
/* Stop and join. What does not return within 2 s is left behind (a lost worker), and said. */
void lcores_stop(struct app *app);

#endif

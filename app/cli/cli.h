/* SPDX-License-Identifier: BSD-3-Clause */
/* What all sessions of the CLI share. Belongs to the main lcore. */
#ifndef APP_CLI_H
#define APP_CLI_H

#include <stdbool.h>
#include <sys/queue.h>

#include "awake.h"
#include "counters.h"
#include "host_stack.h"
#include "mib_total.h"
#include "program.h"

struct event;

TAILQ_HEAD(hold_list, held_tuple);
TAILQ_HEAD(session_list, session);

struct cli {
	struct program *program;
	struct host_stack *host;
	/* what takes long */
	struct turns *turns;
	/* sessions that are looked after every few ms */
	struct session_list waiting;
	/* chimney_hold and chimney_release under way */
	struct hold_list holds;
	/* sessions that follow events */
	struct session_list followers;
	/* looks after waits and holds; runs while there are any */
	struct event *tick;
	/* timeouts count while this looks */
	struct toe_awake awake;
	/* what the counters were at the last `counters reset` */
	struct counters_base counters;
	struct mib_base mib;
	/* no command is run any more */
	bool stopping;
	/* what `quit` does */
	void (*quit)(void *context);
	void *context;
};

/* Start the tick: somebody waits for something that no record announces. */
void cli_tick(struct cli *cli);

#endif

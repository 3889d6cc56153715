/* SPDX-License-Identifier: BSD-3-Clause */
/* What all sessions of the CLI share. */
#include <event2/event.h>

#include "cli.h"

#define TICK_US 5000

void
cli_tick(struct cli *cli)
{
	struct timeval every = {0, TICK_US};

	if (!event_pending(cli->tick, EV_TIMEOUT, NULL))
		event_add(cli->tick, &every);
}

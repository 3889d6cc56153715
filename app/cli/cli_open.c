/* SPDX-License-Identifier: BSD-3-Clause */
/* Bringing the CLI up and down. */
#include <string.h>

#include <event2/event.h>

#include "cli_hold.h"
#include "cli_open.h"
#include "follow.h"
#include "say.h"
#include "wait.h"

#define AWAKE_MOST_NS 50000000u /* of a timeout that passes between two looks */

static void
on_tick(evutil_socket_t fd, short what, void *context)
{
	struct cli *cli = context;

	struct session *session, *next;

	cli_holds_tick(cli);
	for (session = TAILQ_FIRST(&cli->waiting); session != NULL; session = next) {
		next = TAILQ_NEXT(session, wait.link);
		session->wait.tick(session);
	}
	if (TAILQ_EMPTY(&cli->waiting) && TAILQ_EMPTY(&cli->holds))
		event_del(cli->tick);
}

static void
on_told(void *context, struct host_request *request)
{
	wait_told(context, request);
}

static void
on_event(void *context)
{
	follow_events(context);
}

int
cli_open(struct cli *cli, struct program *program, struct host_stack *host, struct turns *turns,
        struct event_base *base, void (*quit)(void *context), void *context)
{
	memset(cli, 0, sizeof(*cli));
	cli->program = program;
	cli->host = host;
	cli->turns = turns;
	cli->quit = quit;
	cli->context = context;
	toe_awake_start(&cli->awake, program_now(program), AWAKE_MOST_NS);
	TAILQ_INIT(&cli->waiting);
	TAILQ_INIT(&cli->holds);
	TAILQ_INIT(&cli->followers);
	cli->tick = event_new(base, -1, EV_PERSIST, on_tick, cli);
	if (cli->tick == NULL)
		return say_error("out of memory for the CLI's events");
	host->requests.told = on_told;
	host->requests.context = cli;
	host->log.added = on_event;
	host->log.context = cli;
	return 0;
}

void
cli_close(struct cli *cli)
{
	event_free(cli->tick);
	cli->host->requests.told = NULL;
	cli->host->log.added = NULL;
	if (!cli->program->lcores_stuck)
		cli_holds_fini(cli);
}

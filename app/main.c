/* SPDX-License-Identifier: BSD-3-Clause */
/* dpdk-chimney: brings every part up in order, runs the event loop, and takes them down in reverse. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <event2/event.h>
#include <rte_eal.h>

#include "app.h"
#include "eal.h"
#include "say.h"
#include "script.h"
#include "telemetry.h"

static struct app the_app;

static int
clock_start(struct app *app)
{
	clock_init(&app->clock);
	return 0;
}

/* Capacities: each worker gets its share, and room for an uneven spread of connections. */
static int
capacity_plan(struct app *app)
{
	uint64_t share = (app->options.connections + app->worker_count - 1) / app->worker_count;

	app->shared.worker_count = app->worker_count;
	app->shared.neighbor_capacity = app->options.neighbors;
	app->shared.path_capacity = app->options.paths;
	app->conn_capacity = (uint32_t)(app->worker_count == 1 ? share : share + share / 8 + 64);
	return 0;
}

static int
loop_open(struct app *app)
{
	app->base = event_base_new();
	return app->base != NULL ? 0 : say_error("the event loop does not start");
}

static void
loop_close(struct app *app)
{
	event_base_free(app->base);
}

/* The parts, in the order in which they come up. */
static const struct part {
	int (*up)(struct app *app);
	void (*down)(struct app *app); /* NULL: nothing to undo */
} parts[] = {
        {clock_start, NULL},
        {lcores_plan, NULL},
        {ports_find, NULL},
        {server_bind, server_unbind},
        {capacity_plan, NULL},
        {estimate_check, NULL},
        {engine_open, engine_close},
        {ports_start, ports_stop},
        {loop_open, loop_close},
        /* around the lcores: what the target may still look at is freed when they stand still */
        {host_stack_open, host_stack_close},
        {lcores_launch, lcores_stop},
        {shutdown_open, shutdown_close},
        {telemetry_open, telemetry_close},
        {server_open, server_close},
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static int
app_run(struct app *app)
{
	if (script_run(app) != 0) {
		shutdown_run(app);
		return -1;
	}
	if (!app->shutdown.wanted)
		say("ready: the CLI is at %s", app->options.cli_socket);
	event_base_dispatch(app->base);
	return 0;
}

static int
app_main(struct app *app)
{
	size_t up = 0;
	int result = 0;

	while (up < PARTS && (result = parts[up].up(app)) == 0)
		up++;
	if (result == 0)
		result = app_run(app);
	while (up-- > 0)
		if (parts[up].down != NULL)
			parts[up].down(app);
	if (app->lcores_stuck)
		result = -1;
	return result;
}

int
main(int argc, char **argv)
{
	struct app *app = &the_app;
	int eal_arguments = eal_argument_count(argc, argv);
	/* our options follow `--`, which stands where getopt looks for the program's name */
	int own = argc - eal_arguments;
	int result;

	/* a lone --help or --version is ours; EAL's help comes with `--help --` */
	if (argc == 2 && own == 0 &&
	        (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--version") == 0)) {
		eal_arguments = 0;
		own = argc;
	}
	switch (options_parse(&app->options, own, argv + eal_arguments)) {
	case OPTIONS_EXIT:
		return 0;
	case OPTIONS_ERROR:
		return 1;
	case OPTIONS_RUN:
		break;
	}
	signal(SIGPIPE, SIG_IGN);
	if (eal_start(eal_arguments, argv) != 0)
		return 1;
	result = eal_check_lcores();
	if (result == 0)
		result = app_main(app);
	if (!app->lcores_stuck)
		rte_eal_cleanup();
	if (result == 0)
		say("stopped");
	return result == 0 ? 0 : 1;
}

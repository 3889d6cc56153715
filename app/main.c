/* SPDX-License-Identifier: BSD-3-Clause */
/* dpdk-chimney: brings every part up in order, runs the event loop, and takes them down in reverse. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <rte_eal.h>
#include <rte_lcore.h>

#include "cli_open.h"
#include "cli_text.h"
#include "eal.h"
#include "estimate.h"
#include "lcores.h"
#include "options.h"
#include "port_counters.h"
#include "port_link.h"
#include "port_setup.h"
#include "port_watch.h"
#include "ports.h"
#include "say.h"
#include "script.h"
#include "shutdown.h"
#include "target_setup.h"
#include "telemetry.h"

/* The parts of the program, in the order in which they come up. */
struct app {
	struct options options;
	struct program program;
	struct event_base *base;
	struct turns turns;
	struct host_stack host;
	struct cli cli;
	struct server server;
	struct shutdown shutdown;
	struct port_watch port_watch;
	struct port_links port_links;
	/* a worker was lost, and the program was told to exit then */
	bool lost;
};

#define STATUS_LOST 3

static struct app the_app;

static void
on_report(void *context, enum report_kind kind, const char *text)
{
	(void)context;
	switch (kind) {
	case REPORT_ERROR:
		say_error("%s", text);
		break;
	case REPORT_HINT:
		say_hint("%s", text);
		break;
	case REPORT_NEWS:
		say("%s", text);
		break;
	}
}

static int
lcores_up(struct app *app)
{
	clock_init(&app->program.clock);
	app->program.idle_sleep = app->options.target.idle_sleep;
	app->program.report = (struct report){on_report, NULL};
	return lcores_plan(&app->program);
}

static int
ports_found(struct app *app)
{
	if (ports_find(&app->program, &app->options.target) != 0)
		return -1;
	/* they come from outside */
	for (uint32_t i = 0; i < app->program.shared.port_count; i++)
		cli_text_clean(app->program.ports[i].device);
	return 0;
}

static int
socket_up(struct app *app)
{
	return server_bind(&app->server, app->options.cli_socket);
}

static void
socket_down(struct app *app)
{
	server_unbind(&app->server);
}

static int
target_up(struct app *app)
{
	target_plan(&app->program, &app->options.target);
	if (estimate_check(&app->program, &app->options.target) != 0)
		return -1;
	return target_open(&app->program, &app->options.target);
}

static void
target_down(struct app *app)
{
	target_close(&app->program);
}

static int
ports_up(struct app *app)
{
	if (ports_configure(&app->program, &app->options.target) != 0)
		return -1;
	for (uint32_t i = 0; i < app->program.shared.port_count; i++)
		port_counters_open(&app->program.ports[i]);
	return ports_start(&app->program);
}

static void
ports_down(struct app *app)
{
	ports_stop(&app->program);
}

static int
loop_up(struct app *app)
{
	app->base = event_base_new();
	if (app->base == NULL)
		return say_error("the event loop does not start");
	if (turns_open(&app->turns, app->base, &app->program.clock,
	            &app->program.longest_turn_ns[rte_get_main_lcore()]) == 0)
		return 0;
	event_base_free(app->base);
	return say_error("out of memory for the event loop");
}

static void
loop_down(struct app *app)
{
	turns_close(&app->turns);
	event_base_free(app->base);
}

/* --on-lost exit */
static void
on_lost(void *context, uint32_t worker)
{
	struct app *app = context;
	char why[32];

	app->lost = true;
	snprintf(why, sizeof(why), "worker %u is lost", worker);
	if (!app->shutdown.wanted)
		shutdown_begin(&app->shutdown, why);
}

static int
host_up(struct app *app)
{
	struct host_stack_params params = {app->options.request_ring, app->options.event_ring};

	if (host_stack_open(&app->host, &app->program, app->base, &app->turns, &params) != 0)
		return -1;
	if (app->options.on_lost_exit) {
		app->host.news.lost = on_lost;
		app->host.news.context = app;
	}
	return 0;
}

static void
host_down(struct app *app)
{
	host_stack_close(&app->host);
}

static void
on_quit(void *context)
{
	shutdown_begin(context, "quit");
}

static int
cli_up(struct app *app)
{
	return cli_open(&app->cli, &app->program, &app->host, &app->turns, app->base, on_quit,
	        &app->shutdown);
}

static void
cli_down(struct app *app)
{
	cli_close(&app->cli);
}

static int
running_up(struct app *app)
{
	return lcores_launch(&app->program);
}

static void
running_down(struct app *app)
{
	lcores_stop(&app->program);
}

static int
shutdown_up(struct app *app)
{
	app->shutdown.program = &app->program;
	app->shutdown.host = &app->host;
	app->shutdown.cli = &app->cli;
	app->shutdown.server = &app->server;
	app->shutdown.base = app->base;
	return shutdown_open(&app->shutdown);
}

static void
shutdown_down(struct app *app)
{
	shutdown_close(&app->shutdown);
}

static int
telemetry_up(struct app *app)
{
	return telemetry_open(&app->program, &app->host.log.totals);
}

static void
telemetry_down(struct app *app)
{
	(void)app;
	telemetry_close();
}

static int
watch_up(struct app *app)
{
	return port_watch_open(&app->port_watch, &app->program, app->base);
}

static void
watch_down(struct app *app)
{
	port_watch_close(&app->port_watch);
}

static int
links_up(struct app *app)
{
	return port_links_open(&app->port_links, &app->program, &app->host.log, app->base);
}

static void
links_down(struct app *app)
{
	port_links_close(&app->port_links);
}

static int
server_up(struct app *app)
{
	return server_open(&app->server, &app->cli, app->base);
}

static void
server_down(struct app *app)
{
	server_close(&app->server);
}

static const struct part {
	int (*up)(struct app *app);
	void (*down)(struct app *app); /* NULL: nothing to undo */
} parts[] = {
        {lcores_up, NULL},
        {ports_found, NULL},
        {socket_up, socket_down},
        {target_up, target_down},
        {ports_up, ports_down},
        {loop_up, loop_down},
        /* around the lcores: what the target may still look at is freed when they stand still */
        {host_up, host_down},
        {cli_up, cli_down},
        {running_up, running_down},
        {shutdown_up, shutdown_down},
        {telemetry_up, telemetry_down},
        {watch_up, watch_down},
        {links_up, links_down},
        {server_up, server_down},
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static int
app_run(struct app *app)
{
	const char *script = app->options.script;

	if (script != NULL && script_run(&app->cli, app->base, script) != 0) {
		shutdown_run(&app->shutdown);
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
	if (app->program.lcores_stuck)
		result = -1;
	return result;
}

int
main(int argc, char **argv)
{
	struct app *app = &the_app;
	int eal_arguments = eal_argument_count(argc, argv);
	/* our options follow `--`, which stands where others have the program's name */
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
	if (result == 0)
		say("stopped");
	result = app->lost ? STATUS_LOST : result == 0 ? 0 : 1;
	/* An lcore that is left behind may still wake up: nothing of what it uses may be torn down, not by libraries either. */
	if (app->program.lcores_stuck) {
		fflush(NULL);
		_exit(result);
	}
	rte_eal_cleanup();
	return result;
}

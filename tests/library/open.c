/* SPDX-License-Identifier: BSD-3-Clause */
/* Opens and closes a target by the installed library, with what can be wrong; prints a line for each call. argv[1]: lcore or caller. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>

#include <chimney-target/chimney_target.h>

static char error[512];

static struct chimney_target_params
some_params(const char *who)
{
	struct chimney_target_params params;

	chimney_target_params_default(&params);
	params.connections = 1000;
	params.paths = 100;
	params.services = 100;
	params.control =
	        strcmp(who, "caller") == 0 ? CHIMNEY_CONTROL_CALLER : CHIMNEY_CONTROL_LCORE;
	return params;
}

static void
try_open(const char *what, const struct chimney_target_params *params)
{
	struct chimney_target *target;
	int result = chimney_target_open(params, &target, error, sizeof(error));

	printf("%s: %d, %s: %s\n", what, result, target == NULL ? "none" : "open", error);
}

static int
occupy(void *argument)
{
	const atomic_bool *leave = argument;

	while (!atomic_load(leave))
		rte_pause();
	return 0;
}

/* An lcore that the process itself uses; when it is free again, it may be had. */
static void
occupied(const char *who)
{
	struct chimney_target_params params = some_params(who);
	unsigned int lcore = rte_get_next_lcore((unsigned int)-1, 1, 0);
	atomic_bool leave = false;

	rte_eal_remote_launch(occupy, &leave, lcore);
	try_open("lcore", &params);
	atomic_store(&leave, true);
	rte_eal_wait_lcore(lcore);
}

static void
refused(const char *who)
{
	struct chimney_target_params params = some_params(who);

	params.rx_ring = 100;
	try_open("ring", &params);
	params = some_params(who);
	snprintf(params.ports[0].device, sizeof(params.ports[0].device), "none-such");
	params.port_count = 1;
	try_open("port", &params);
	params = some_params(who);
	params.connections = 1u << 28;
	try_open("memory", &params);
	params = some_params(who);
	params.vlans[0] = 4095;
	params.vlan_count = 1;
	try_open("vlan", &params);
}

int
main(int argc, char **argv)
{
	struct chimney_host_params host_params = {.name = "open",
	        .ticks_per_second = 1000,
	        .request_ring_size = 64,
	        .event_ring_size = 64};
	struct chimney_target_params params;
	struct chimney_target *target;
	struct chimney_host *host;
	const char *who = argv[1];
	int result;

	argv[1] = argv[0];
	if (rte_eal_init(argc - 1, argv + 1) < 0)
		return 1;
	refused(who);
	occupied(who);
	params = some_params(who);
	result = chimney_target_open(&params, &target, error, sizeof(error));
	printf("open: %d\n%s", result, error);
	if (result != 0)
		return 2;
	try_open("second", &params);
	printf("register: %d\n",
	        chimney_host_register(chimney_target_contract(target), &host_params, &host));
	printf("close with a host: %d\n", chimney_target_close(target));
	printf("unregister: %d\n", chimney_host_unregister(host));
	chimney_target_step(target);
	printf("close: %d\n", chimney_target_close(target));
	try_open("no ports any more", &params);
	return rte_eal_cleanup() != 0;
}

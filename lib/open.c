/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening and closing a target: the steps of the program in one call. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "chimney_target.h"
#include "control_turn.h"
#include "estimate.h"
#include "lcores.h"
#include "port_setup.h"
#include "ports.h"
#include "report.h"
#include "target_setup.h"

static_assert(CHIMNEY_TARGET_PORTS == TOE_MAX_PORTS, "as many as the engine has");
static_assert((int)CHIMNEY_PORT_WIRE == TOE_PORT_WIRE && (int)CHIMNEY_PORT_HOST == TOE_PORT_HOST,
        "roles are the engine's");

struct chimney_target {
	struct program program;
	struct chimney_target_params params;
	char *error; /* while it is being opened; NULL: nobody wants to know */
	size_t error_size;
};

/* EAL's lcores belong to one. */
static struct chimney_target *the_target;

void
chimney_target_params_default(struct chimney_target_params *params)
{
	*params = (struct chimney_target_params){
	        .neighbors = 1024,
	        .paths = 65536,
	        .connections = 100000,
	        .services = 16384,
	        .sent_records = 65536,
	        .reassemblies = 4096,
	        .pieces = 16384,
	        .holds = 64,
	        .rx_ring = 512,
	        .tx_ring = 512,
	        .mbuf_size = RTE_MBUF_DEFAULT_DATAROOM,
	        .mailbox = 1024,
	        .drain_deadline_ms = 1000,
	        .retrieve_delay_ms = CHIMNEY_RETRIEVE_DELAY_DEFAULT_MS,
	        .max_retransmit = 15,
	};
}

static void
on_report(void *context, enum report_kind kind, const char *text)
{
	struct chimney_target *target = context;
	size_t used;

	if (kind == REPORT_NEWS || target->error_size == 0)
		return;
	used = strlen(target->error);
	snprintf(target->error + used, target->error_size - used, "%s%s", used != 0 ? "\n" : "",
	        text);
}

struct number_range {
	const char *name;
	size_t offset;
	uint32_t min, max;
	bool power; /* of two */
};

#define RANGE(member, min, max, power)                                                             \
	{                                                                                          \
#member, offsetof(struct chimney_target_params, member), min, max, power           \
	}

static const struct number_range ranges[] = {
        RANGE(port_count, 0, CHIMNEY_TARGET_PORTS, false),
        RANGE(neighbors, 1, 1u << 24, false),
        RANGE(paths, 1, 1u << 24, false),
        RANGE(connections, 1, 1u << 28, false),
        RANGE(services, 0, 1u << 28, false),
        RANGE(sent_records, 1, 1u << 28, false),
        RANGE(reassemblies, 1, 1u << 24, false),
        RANGE(pieces, 1, 1u << 24, false),
        RANGE(holds, 1, 65536, false),
        RANGE(rx_ring, 32, 32768, true),
        RANGE(tx_ring, 32, 32768, true),
        RANGE(mbufs, 0, 1u << 24, false),
        RANGE(mbuf_size, 2048, CHIMNEY_TARGET_MBUF_SIZE_MAX, false),
        RANGE(mailbox, 8, 65536, true),
        RANGE(drain_deadline_ms, 1, 3600000, false),
        RANGE(retrieve_delay_ms, 0, 3600000, false),
        RANGE(max_retransmit, 1, 255, false),
        RANGE(vlan_count, 0, CHIMNEY_TARGET_VLANS, false),
};

static int
check_numbers(const struct chimney_target *target)
{
	const struct program *program = &target->program;

	for (size_t i = 0; i < RTE_DIM(ranges); i++) {
		const struct number_range *range = &ranges[i];
		uint32_t value;

		memcpy(&value, (const char *)&target->params + range->offset, sizeof(value));
		if (value < range->min || value > range->max)
			return report_error(program, "%s = %u: give a number from %u to %u",
			        range->name, value, range->min, range->max);
		if (range->power && (value & (value - 1)) != 0)
			return report_error(
			        program, "%s = %u: give a power of two", range->name, value);
	}
	return 0;
}

static int
check_params(const struct chimney_target *target)
{
	const struct chimney_target_params *params = &target->params;
	const struct program *program = &target->program;

	if (check_numbers(target) != 0)
		return -1;
	for (uint32_t i = 0; i < params->vlan_count; i++)
		if (params->vlans[i] < 1 || params->vlans[i] > 4094)
			return report_error(program, "vlans[%u] = %u: give an id from 1 to 4094", i,
			        params->vlans[i]);
	for (uint32_t i = 0; i < params->port_count; i++) {
		const struct chimney_target_port *port = &params->ports[i];

		if (port->role > CHIMNEY_PORT_HOST)
			return report_error(
			        program, "ports[%u].role = %u: no such role", i, port->role);
		if (memchr(port->device, '\0', sizeof(port->device)) == NULL ||
		        memchr(port->peer, '\0', sizeof(port->peer)) == NULL)
			return report_error(program, "ports[%u]: a name without an end", i);
	}
	if (params->retrieve_policy > CHIMNEY_RETRIEVE_ON_SEND)
		return report_error(
		        program, "retrieve_policy = %u: no such policy", params->retrieve_policy);
	if (params->control > CHIMNEY_CONTROL_CALLER)
		return report_error(program, "control = %u: nobody of that name", params->control);
	return 0;
}

/* Each step undoes what it has done when it fails; those before it are undone here. */
static int
open_steps(struct chimney_target *target)
{
	struct program *program = &target->program;
	const struct chimney_target_params *params = &target->params;

	clock_init(&program->clock);
	program->idle_sleep = params->idle_sleep;
	program->control_by_caller = params->control == CHIMNEY_CONTROL_CALLER;
	if (check_params(target) != 0 || lcores_plan(program) != 0 ||
	        ports_find(program, params) != 0)
		return -1;
	target_plan(program, params);
	if (estimate_check(program, params) != 0 || target_open(program, params) != 0)
		return -1;
	if (ports_configure(program, params) == 0 && ports_start(program) == 0) {
		if (lcores_launch(program) == 0)
			return 0;
		ports_stop(program);
	}
	target_close(program);
	return -1;
}

int
chimney_target_open(const struct chimney_target_params *params, struct chimney_target **target,
        char *error, size_t error_size)
{
	struct chimney_target *opened = NULL;
	int result;

	*target = NULL;
	if (error_size != 0)
		error[0] = '\0';
	if (the_target != NULL) {
		if (error_size != 0)
			snprintf(error, error_size,
			        "there is a target in this process: close it first");
		return -EBUSY;
	}
	if (posix_memalign((void **)&opened, RTE_CACHE_LINE_SIZE, sizeof(*opened)) != 0) {
		if (error_size != 0)
			snprintf(error, error_size, "out of memory for the target");
		return -ENOMEM;
	}
	memset(opened, 0, sizeof(*opened));
	if (params != NULL)
		opened->params = *params;
	else
		chimney_target_params_default(&opened->params);
	opened->error = error;
	opened->error_size = error_size;
	opened->program.report = (struct report){on_report, opened};
	result = open_steps(opened);
	opened->program.report.tell = NULL;
	if (result != 0 && !opened->program.lcores_stuck) {
		free(opened);
		return -EINVAL;
	}
	the_target = opened;
	/* An lcore still runs on it. */
	if (result != 0)
		return -EIO;
	*target = opened;
	return 0;
}

struct chimney *
chimney_target_contract(struct chimney_target *target)
{
	return target->program.target;
}

uint32_t
chimney_target_step(struct chimney_target *target)
{
	uint32_t work;

	control_turn(&target->program, &work);
	return work;
}

void
chimney_target_receive(struct chimney_target *target)
{
	struct toe_shared *shared = &target->program.shared;

	for (uint32_t i = 0; i < shared->port_count; i++)
		atomic_store(&shared->ports[i].hold, 0);
}

int
chimney_target_close(struct chimney_target *target)
{
	struct program *program = &target->program;

	if (chimney_hosts(program->target) != 0)
		return -EBUSY;
	lcores_stop(program);
	if (program->lcores_stuck)
		return -EIO;
	ports_stop(program);
	target_close(program);
	the_target = NULL;
	free(target);
	return 0;
}

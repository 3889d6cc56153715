/* SPDX-License-Identifier: BSD-3-Clause */
/* Read-only endpoints of rte_telemetry under /chimney/. */
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_telemetry.h>
#include <rte_version.h>

#include "conn_info.h"
#include "counters.h"
#include "event_totals.h"
#include "mib_total.h"
#include "port_counters.h"
#include "program.h"
#include "say.h"
#include "telemetry.h"

/* DPDK 23.03 gave these other names. */
#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0)
#define RTE_TEL_UINT_VAL RTE_TEL_U64_VAL
#define rte_tel_data_add_array_uint rte_tel_data_add_array_u64
#define rte_tel_data_add_dict_uint rte_tel_data_add_dict_u64
#endif

/*
 * The callbacks get no context of ours, and cannot be unregistered: they find the program here, under a lock
 * that no lcore ever takes. NULL: it is not up.
 */
static pthread_mutex_t telemetry_lock = PTHREAD_MUTEX_INITIALIZER;
static const struct program *telemetry_program;
static const struct event_totals *telemetry_events;

typedef int (*fill_function)(
        const struct program *program, const char *params, struct rte_tel_data *data);

static int
with_program(fill_function fill, const char *params, struct rte_tel_data *data)
{
	int result = -ENODEV;

	pthread_mutex_lock(&telemetry_lock);
	if (telemetry_program != NULL)
		result = fill(telemetry_program, params, data);
	pthread_mutex_unlock(&telemetry_lock);
	return result;
}

static void
add(struct rte_tel_data *data, const char *name, uint64_t value)
{
	rte_tel_data_add_dict_uint(data, name, value);
}

static int
fill_workers(const struct program *program, const char *params, struct rte_tel_data *data)
{
	rte_tel_data_start_array(data, RTE_TEL_UINT_VAL);
	for (uint32_t i = 0; i < program->worker_count; i++)
		rte_tel_data_add_array_uint(data, i);
	return 0;
}

static void
add_fate(const struct program *program, uint32_t index, struct rte_tel_data *data)
{
	struct chimney_worker_view view;

	chimney_worker_look(program->target, index, &view);
	add(data, "lost", view.condition == CHIMNEY_WORKER_LOST);
	add(data, "times_starved", view.starved);
	add(data, "times_lost", view.lost);
	add(data, "times_returned", view.returned);
}

static int
fill_worker(const struct program *program, const char *params, struct rte_tel_data *data)
{
	char *end = NULL;
	unsigned long index = params != NULL ? strtoul(params, &end, 10) : 0;

	if (params == NULL || end == params || *end != '\0' || index >= program->worker_count)
		return -EINVAL;
	rte_tel_data_start_dict(data);
	add(data, "lcore", program->worker_lcore[index]);
	add(data, "capacity", program->conn_capacity);
	add_fate(program, (uint32_t)index, data);
	for (unsigned int i = 0; i < WORKER_COUNTERS; i++)
		add(data, counter_name(i), counter_read(program, (uint32_t)index, i));
	return 0;
}

static int
fill_counters(const struct program *program, const char *params, struct rte_tel_data *data)
{
	rte_tel_data_start_dict(data);
	for (unsigned int i = 0; i < WORKER_COUNTERS; i++) {
		uint64_t sum = 0;

		for (uint32_t worker = 0; worker < program->worker_count; worker++)
			sum += counter_read(program, worker, i);
		add(data, counter_name(i), sum);
	}
	return 0;
}

/* An unsigned number as a parameter, from *params on, which moves behind it and a comma. */
static bool
take_number(const char **params, uint32_t *number)
{
	unsigned long value;
	char *end = NULL;

	if (*params == NULL || !isdigit((unsigned char)**params))
		return false;
	value = strtoul(*params, &end, 10);
	*number = (uint32_t)value;
	*params = *end == ',' ? end + 1 : end;
	return (*end == ',' || *end == '\0') && value <= UINT32_MAX;
}

static int
add_mib(const struct program *program, uint32_t port, uint8_t version, struct rte_tel_data *data)
{
	struct rte_tel_data *version_data = rte_tel_data_alloc();
	struct toe_mib mib;

	if (version_data == NULL)
		return -ENOMEM;
	rte_tel_data_start_dict(version_data);
	mib_read(program, port, version, &mib);
	for (unsigned int i = 0; i < mib_count; i++)
		add(version_data, mib_name(i), mib_value(&mib, i));
	return rte_tel_data_add_dict_container(data, version == 6 ? "v6" : "v4", version_data, 0);
}

static int
fill_mib(const struct program *program, const char *params, struct rte_tel_data *data)
{
	uint32_t port;
	int result;

	if (!take_number(&params, &port) || *params != '\0' || port >= program->shared.port_count)
		return -EINVAL;
	rte_tel_data_start_dict(data);
	result = add_mib(program, port, 4, data);
	return result != 0 ? result : add_mib(program, port, 6, data);
}

static int
fill_connection(const struct program *program, const char *params, struct rte_tel_data *data)
{
	struct conn_value values[CONN_VALUES_MAX];
	struct conn_info info;
	uint32_t worker, slot;
	unsigned int n;

	if (!take_number(&params, &worker) || !take_number(&params, &slot) || *params != '\0')
		return -EINVAL;
	if (!conn_info_look(program, worker, slot, &info))
		return -ENOENT;
	rte_tel_data_start_dict(data);
	n = conn_info_values(&info, values);
	for (unsigned int i = 0; i < n; i++) {
		if (values[i].kind == CONN_VALUE_WORD)
			rte_tel_data_add_dict_string(data, values[i].name, values[i].word);
		else if (values[i].kind != CONN_VALUE_NONE)
			add(data, values[i].name, values[i].number);
	}
	return 0;
}

static int
fill_requests(const struct program *program, const char *params, struct rte_tel_data *data)
{
	const struct chimney_stats *stats = chimney_stats(program->target);

	rte_tel_data_start_dict(data);
	for (uint32_t kind = 0; kind < CHIMNEY_REQUEST_COUNT; kind++) {
		char name[48];

		snprintf(name, sizeof(name), "%s_accepted", chimney_request_name(kind));
		add(data, name, stats->requests[kind]);
		snprintf(name, sizeof(name), "%s_completed", chimney_request_name(kind));
		add(data, name, stats->completed[kind]);
	}
	add(data, "blocks", stats->blocks);
	add(data, "refused", stats->refused);
	add(data, "drains", stats->drains);
	add(data, "frames_discarded", stats->frames_discarded);
	add(data, "mailbox_full", stats->mailbox_full);
	add(data, "starved_workers", stats->starved_workers);
	add(data, "lost_workers", stats->lost_workers);
	add(data, "returned_workers", stats->returned_workers);
	add(data, "completions_waiting", stats->completions_waiting);
	add(data, "invalidate_last_ns", stats->invalidate_last_ns);
	add(data, "invalidate_max_ns", stats->invalidate_max_ns);
	return 0;
}

static int
fill_objects(const struct program *program, const char *params, struct rte_tel_data *data)
{
	const struct chimney_stats *stats = chimney_stats(program->target);

	rte_tel_data_start_dict(data);
	add(data, "neighbors", stats->neighbors);
	add(data, "neighbor_capacity", program->shared.neighbor_capacity);
	add(data, "paths", stats->paths);
	add(data, "path_capacity", program->shared.path_capacity);
	add(data, "connections", stats->connections);
	add(data, "connection_capacity", (uint64_t)program->conn_capacity * program->worker_count);
	return 0;
}

static int
fill_events(const struct program *program, const char *params, struct rte_tel_data *data)
{
	const struct event_totals *totals = telemetry_events;

	rte_tel_data_start_dict(data);
	for (unsigned int kind = CHIMNEY_COMPLETION; kind < EVENT_KINDS; kind++)
		add(data, event_kind_name(kind), atomic_load(&totals->kind[kind]));
	for (uint32_t reason = 1; reason < RETRIEVE_REASON_COUNT; reason++) {
		char name[64];

		snprintf(name, sizeof(name), "retrieve_%s", retrieve_reason_name(reason));
		add(data, name, atomic_load(&totals->reason[reason]));
	}
	add(data, "unknown_object", atomic_load(&totals->unknown));
	return 0;
}

static int
fill_ports(const struct program *program, const char *params, struct rte_tel_data *data)
{
	rte_tel_data_start_dict(data);
	for (uint32_t i = 0; i < program->shared.port_count; i++) {
		const struct toe_port *shared = &program->shared.ports[i];
		struct rte_tel_data *port = rte_tel_data_alloc();
		char name[16];

		if (port == NULL)
			return -ENOMEM;
		rte_tel_data_start_dict(port);
		rte_tel_data_add_dict_string(port, "device", program->ports[i].device);
		rte_tel_data_add_dict_string(port, "role", port_role_name(shared->role));
		add(port, "held", atomic_load(&shared->hold));
		add(port, "ethdev", shared->ethdev);
		add(port, "rx_queues", shared->rx_queues);
		add(port, "tx_queues", program->ports[i].tx_queues);
		add(port, "tx_ring", program->ports[i].tx_depth);
		add(port, "mtu", atomic_load(&shared->mtu));
		rte_tel_data_add_dict_string(
		        port, "link", port_link_name(atomic_load(&program->ports[i].link)));
		for (unsigned int at = 0; at < PORT_COUNTERS; at++)
			add(port, port_counter_name(at), port_counter_read(program, i, at));
		snprintf(name, sizeof(name), "%u", i);
		rte_tel_data_add_dict_container(data, name, port, 0);
	}
	return 0;
}

#define CALLBACK(name)                                                                             \
	static int on_##name(const char *command, const char *params, struct rte_tel_data *data)   \
	{                                                                                          \
		return with_program(fill_##name, params, data);                                    \
	}

CALLBACK(workers)
CALLBACK(worker)
CALLBACK(counters)
CALLBACK(mib)
CALLBACK(connection)
CALLBACK(requests)
CALLBACK(objects)
CALLBACK(events)
CALLBACK(ports)

static const struct {
	const char *command;
	telemetry_cb callback;
	const char *help;
} endpoints[] = {
        {"/chimney/workers", on_workers, "Indexes of the workers. Takes no parameters"},
        {"/chimney/worker", on_worker, "Counters of a worker. Parameters: int worker"},
        {"/chimney/counters", on_counters, "Counters, all workers together. Takes no parameters"},
        {"/chimney/mib", on_mib,
                "Counters of offloaded connections by IP version. Parameters: int port"},
        {"/chimney/connection", on_connection,
                "A connection. Parameters: int worker, int slot (show connection says them)"},
        {"/chimney/requests", on_requests, "Requests and drains. Takes no parameters"},
        {"/chimney/objects", on_objects, "Objects offloaded, and capacities. Takes no parameters"},
        {"/chimney/events", on_events, "Indications by kind and reason. Takes no parameters"},
        {"/chimney/ports", on_ports, "Ports and their rings. Takes no parameters"},
};

int
telemetry_open(const struct program *program, const struct event_totals *events)
{
	for (size_t i = 0; i < RTE_DIM(endpoints); i++)
		if (rte_telemetry_register_cmd(
		            endpoints[i].command, endpoints[i].callback, endpoints[i].help) != 0)
			return say_error(
			        "telemetry endpoint %s: out of memory", endpoints[i].command);
	pthread_mutex_lock(&telemetry_lock);
	telemetry_program = program;
	telemetry_events = events;
	pthread_mutex_unlock(&telemetry_lock);
	return 0;
}

void
telemetry_close(void)
{
	pthread_mutex_lock(&telemetry_lock);
	telemetry_program = NULL;
	pthread_mutex_unlock(&telemetry_lock);
}

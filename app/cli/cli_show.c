/* SPDX-License-Identifier: BSD-3-Clause */
/* show requests, workers, ports, memory, version. */
#include <stdio.h>
#include <unistd.h>

#include <rte_ethdev.h>
#include <rte_mempool.h>
#include <rte_version.h>

#include "cli_command.h"
#include "cli_commands.h"
#include "cli_socket.h"
#include "port_counters.h"
#include "reply_rows.h"
#include "state_json.h"

static void
show_one_request(struct session *session, uint32_t id)
{
	struct host_request *request = host_request_find(&session->cli->host->requests, id);

	if (request != NULL && request->phase == REQUEST_DONE) {
		struct reply_rows_spec spec = {.head = host_request_report(request),
		        .rest = host_request_rest(request),
		        .request = request};

		reply_rows(session, &spec, NULL);
		return;
	}
	if (request != NULL) {
		reply_ok(session, host_request_report(request));
		return;
	}
	cli_error_set(&session->error, &session->line, session->line.value[ARG_NUMBER].word,
	        "there is no such request (any more)");
	reply_cli_error(session);
}

void
cli_show_requests(struct session *session)
{
	const struct host_request_table *table = &session->cli->host->requests;
	uint64_t limit = cli_number(session, ARG_LIMIT, CLI_LIMIT_DEFAULT);
	const struct host_request *request;
	json_t *rows, *data;

	if (cli_given(session, ARG_NUMBER)) {
		show_one_request(session, (uint32_t)cli_number(session, ARG_NUMBER, 0));
		return;
	}
	rows = json_array();
	TAILQ_FOREACH_REVERSE(request, &table->running, host_request_list, link)
	{
		if (json_array_size(rows) < limit)
			json_array_append_new(rows, host_request_report(request));
	}
	TAILQ_FOREACH(request, &table->done, link)
	{
		if (json_array_size(rows) < limit)
			json_array_append_new(rows, host_request_report(request));
	}
	data = json_pack("{s:I, s:I, s:o}", "running", (json_int_t)table->running_count, "last",
	        (json_int_t)table->last_id, "requests", rows);
	reply_ok(session, data);
}

static double
longest_turn_us(const struct program *program, uint32_t lcore)
{
	return (double)atomic_load_explicit(
	               &program->longest_turn_ns[lcore], memory_order_relaxed) /
	       1000.0;
}

static json_t *
worker_row(const struct program *program, uint32_t index)
{
	struct toe_worker *worker = program->workers[index];
	const struct toe_stats *stats = &worker->engine.stats;
	uint64_t turns = stats->turns, busy = stats->busy_turns;

	return json_pack("{s:I, s:I, s:s, s:I, s:f, s:f, s:I, s:I, s:I, s:I, s:I}", "worker",
	        (json_int_t)index, "lcore", (json_int_t)program->worker_lcore[index], "state",
	        worker_state_name(program, index), "turns", (json_int_t)turns, "busy_percent",
	        turns != 0 ? 100.0 * (double)busy / (double)turns : 0.0, "longest_turn_us",
	        longest_turn_us(program, program->worker_lcore[index]), "connections",
	        (json_int_t)stats->connections, "capacity", (json_int_t)program->conn_capacity,
	        "rx_frames", (json_int_t)stats->rx_frames, "tx_segments",
	        (json_int_t)stats->tx_segments, "indications_waiting",
	        (json_int_t)stats->indications_waiting);
}

void
cli_show_workers(struct session *session)
{
	const struct program *program = session->cli->program;
	json_t *rows = json_array();
	json_t *data = json_pack("{s:I, s:f, s:I, s:f, s:s}", "main_lcore",
	        (json_int_t)rte_get_main_lcore(), "main_longest_turn_us",
	        longest_turn_us(program, rte_get_main_lcore()), "control_lcore",
	        (json_int_t)program->control_lcore, "control_longest_turn_us",
	        longest_turn_us(program, program->control_lcore), "idle",
	        program->idle_sleep ? "sleep" : "poll");

	for (uint32_t i = 0; i < program->worker_count; i++)
		json_array_append_new(rows, worker_row(program, i));
	json_object_set_new(data, "workers", rows);
	reply_ok(session, data);
}

static json_t *
port_row(struct program *program, uint32_t index)
{
	const struct toe_port *shared = &program->shared.ports[index];
	const struct program_port *port = &program->ports[index];
	json_t *row;

	port_counters_update(program, index);
	row = json_pack("{s:I, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:b}", "port",
	        (json_int_t)index, "device", port->device, "driver", port->driver, "role",
	        port_role_name(shared->role), "link", port_link_name(atomic_load(&port->link)),
	        "held", atomic_load(&shared->hold) != 0, "mtu",
	        (json_int_t)atomic_load(&shared->mtu), "rx_queues", (json_int_t)shared->rx_queues,
	        "tx_queues", (json_int_t)port->tx_queues, "rx_ring", (json_int_t)port->rx_depth,
	        "tx_ring", (json_int_t)port->tx_depth, "rss", port->rss);
	json_object_set_new(row, "mac", json_mac(shared->mac));
	if (shared->peer != UINT8_MAX)
		json_object_set_new(row, "peer", json_integer(shared->peer));
	if (port->netdev != 0)
		json_object_set_new(row, "interface", json_string(port->netdev_name));
	for (unsigned int i = 0; i < PORT_COUNTERS; i++)
		json_object_set_new(row, port_counter_name(i),
		        json_integer((json_int_t)port_counter_read(program, index, i)));
	return row;
}

void
cli_show_ports(struct session *session)
{
	struct program *program = session->cli->program;
	json_t *rows = json_array();

	for (uint32_t i = 0; i < program->shared.port_count; i++)
		json_array_append_new(rows, port_row(program, i));
	reply_ok(session, json_pack("{s:o}", "ports", rows));
}

static uint64_t
resident_bytes(void)
{
	unsigned long size, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

void
cli_show_memory(struct session *session)
{
	const struct program *program = session->cli->program;
	const struct program_memory *memory = &program->memory;
	json_t *data = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:I}", "tables_bytes",
	        (json_int_t)memory->tables, "workers_bytes", (json_int_t)memory->workers,
	        "control_bytes", (json_int_t)memory->control, "mbufs_bytes",
	        (json_int_t)memory->mbufs, "total_bytes", (json_int_t)memory->total, "busy_bytes",
	        (json_int_t)memory->busy, "connection_bytes", memory->connection, "service_bytes",
	        (json_int_t)memory->service, "fixed_bytes", (json_int_t)memory->fixed);

	json_object_set_new(data, "eal_bytes", json_integer((json_int_t)memory->eal));
	json_object_set_new(data, "available_at_start_bytes",
	        json_integer((json_int_t)memory->limit.available));
	if (memory->limit.group[0] != '\0')
		json_object_set_new(data, "available_in_group", json_string(memory->limit.group));
	json_object_set_new(data, "resident_bytes", json_integer((json_int_t)resident_bytes()));
	json_object_set_new(data, "mbufs", json_integer((json_int_t)program->mbufs));
	json_object_set_new(data, "mbufs_in_use",
	        json_integer((json_int_t)rte_mempool_in_use_count(program->pool)));
	reply_ok(session, data);
}

void
cli_show_version(struct session *session)
{
	reply_ok(session, json_pack("{s:s, s:i, s:s, s:s}", "program",
	                          "dpdk-chimney " CHIMNEY_VERSION, "protocol", CLI_PROTOCOL, "dpdk",
	                          rte_version(), "jansson", JANSSON_VERSION));
}

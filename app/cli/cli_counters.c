/* SPDX-License-Identifier: BSD-3-Clause */
/* show counters, show mib, counters reset. */
#include <stdio.h>
#include <string.h>

#include "cli_command.h"
#include "cli_commands.h"
#include "counters.h"
#include "mib_total.h"

static uint64_t
counter_since_reset(const struct cli *cli, uint32_t worker, unsigned int i)
{
	uint64_t value = counter_read(cli->program, worker, i);

	return counter_is_level(i) ? value : value - cli->counters.worker[worker][i];
}

/* One row for each counter: in text the help stands beside it. */
static json_t *
counter_rows(const struct cli *cli, uint32_t first, uint32_t last)
{
	json_t *rows = json_array();

	for (unsigned int i = 0; i < WORKER_COUNTERS; i++) {
		uint64_t sum = 0;

		for (uint32_t worker = first; worker <= last; worker++)
			sum += counter_since_reset(cli, worker, i);
		json_array_append_new(
		        rows, json_pack("{s:s, s:I, s:s}", "counter", counter_name(i), "value",
		                      (json_int_t)sum, "help", counter_help(i)));
	}
	return rows;
}

static json_t *
counter_members(const struct cli *cli, uint32_t first, uint32_t last)
{
	json_t *members = json_object();

	for (unsigned int i = 0; i < WORKER_COUNTERS; i++) {
		uint64_t sum = 0;

		for (uint32_t worker = first; worker <= last; worker++)
			sum += counter_since_reset(cli, worker, i);
		json_object_set_new(members, counter_name(i), json_integer((json_int_t)sum));
	}
	return members;
}

void
cli_show_counters(struct session *session)
{
	struct cli *cli = session->cli;
	uint32_t first = 0, last = cli->program->worker_count - 1;
	json_t *data;

	if (cli_given(session, ARG_WORKER)) {
		first = last = (uint32_t)cli_number(session, ARG_WORKER, 0);
		if (last >= cli->program->worker_count) {
			cli_error_set(&session->error, &session->line,
			        session->line.value[ARG_WORKER].word, "there are workers 0 to %u",
			        cli->program->worker_count - 1);
			reply_cli_error(session);
			return;
		}
	}
	data = counters_target(cli->program, &cli->counters.target);
	json_object_set_new(data, "workers",
	        session->json ? counter_members(cli, first, last) : counter_rows(cli, first, last));
	reply_ok(session, data);
}

/* One object for each port and version. */
static json_t *
mib_objects(const struct cli *cli, const uint32_t *ports, const uint8_t *versions, size_t n)
{
	json_t *objects = json_array();

	for (size_t at = 0; at < n; at++) {
		json_t *object = json_pack("{s:I, s:s, s:I}", "port", (json_int_t)ports[at],
		        "device", cli->program->ports[ports[at]].device, "version",
		        (json_int_t)versions[at]);
		struct toe_mib mib;

		mib_since_reset(cli->program, &cli->mib, ports[at], versions[at], &mib);
		for (unsigned int i = 0; i < mib_count; i++)
			json_object_set_new(
			        object, mib_name(i), json_integer((json_int_t)mib_value(&mib, i)));
		json_array_append_new(objects, object);
	}
	return objects;
}

/* One row for each counter, a column for each port and version, the help beside them. */
static json_t *
mib_rows(const struct cli *cli, const uint32_t *ports, const uint8_t *versions, size_t n)
{
	struct toe_mib mib[2 * TOE_MAX_PORTS];
	json_t *rows = json_array();

	for (size_t at = 0; at < n; at++)
		mib_since_reset(cli->program, &cli->mib, ports[at], versions[at], &mib[at]);
	for (unsigned int i = 0; i < mib_count; i++) {
		json_t *row = json_pack("{s:s}", "counter", mib_name(i));

		for (size_t at = 0; at < n; at++) {
			char title[32];

			snprintf(title, sizeof(title), "port %u v%u", ports[at], versions[at]);
			json_object_set_new(
			        row, title, json_integer((json_int_t)mib_value(&mib[at], i)));
		}
		json_object_set_new(row, "help", json_string(mib_help(i)));
		json_array_append_new(rows, row);
	}
	return rows;
}

void
cli_show_mib(struct session *session)
{
	const struct cli *cli = session->cli;
	bool both = cli_given(session, ARG_V4) == cli_given(session, ARG_V6);
	uint32_t ports[2 * TOE_MAX_PORTS], only = UINT32_MAX;
	uint8_t versions[2 * TOE_MAX_PORTS];
	size_t n = 0;

	if (cli_given(session, ARG_PORT) && !cli_wire_port(session, ARG_PORT, &only))
		return;
	for (uint32_t port = 0; port < cli->program->shared.port_count; port++) {
		if (cli->program->shared.ports[port].role != TOE_PORT_WIRE ||
		        (only != UINT32_MAX && port != only))
			continue;
		for (uint8_t version = 4; version <= 6; version += 2) {
			if (!both && !cli_given(session, version == 4 ? ARG_V4 : ARG_V6))
				continue;
			ports[n] = port;
			versions[n++] = version;
		}
	}
	reply_ok(session, json_pack("{s:o}", "interfaces",
	                          session->json ? mib_objects(cli, ports, versions, n)
	                                        : mib_rows(cli, ports, versions, n)));
}

void
cli_counters_reset(struct session *session)
{
	struct cli *cli = session->cli;

	for (uint32_t worker = 0; worker < cli->program->worker_count; worker++)
		for (unsigned int i = 0; i < WORKER_COUNTERS; i++)
			cli->counters.worker[worker][i] = counter_read(cli->program, worker, i);
	mib_reset(cli->program, &cli->mib);
	for (uint32_t lcore = 0; lcore < RTE_MAX_LCORE; lcore++)
		atomic_store_explicit(
		        &cli->program->longest_turn_ns[lcore], 0, memory_order_relaxed);
	memcpy(&cli->counters.target, chimney_stats(cli->program->target),
	        sizeof(cli->counters.target));
	reply_ok(session, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* show counters, counters reset. */
#include <string.h>

#include "app.h"
#include "cli_commands.h"
#include "counters.h"

static uint64_t
counter_since_reset(const struct app *app, uint32_t worker, unsigned int i)
{
	uint64_t value = counter_read(app, worker, i);

	return counter_is_level(i) ? value : value - app->counters.worker[worker][i];
}

/* One row for each counter: in text the help stands beside it. */
static json_t *
counter_rows(const struct app *app, uint32_t first, uint32_t last)
{
	json_t *rows = json_array();

	for (unsigned int i = 0; i < WORKER_COUNTERS; i++) {
		uint64_t sum = 0;

		for (uint32_t worker = first; worker <= last; worker++)
			sum += counter_since_reset(app, worker, i);
		json_array_append_new(
		        rows, json_pack("{s:s, s:I, s:s}", "counter", counter_name(i), "value",
		                      (json_int_t)sum, "help", counter_help(i)));
	}
	return rows;
}

static json_t *
counter_members(const struct app *app, uint32_t first, uint32_t last)
{
	json_t *members = json_object();

	for (unsigned int i = 0; i < WORKER_COUNTERS; i++) {
		uint64_t sum = 0;

		for (uint32_t worker = first; worker <= last; worker++)
			sum += counter_since_reset(app, worker, i);
		json_object_set_new(members, counter_name(i), json_integer((json_int_t)sum));
	}
	return members;
}

void
cli_show_counters(struct session *session)
{
	struct app *app = session->app;
	uint32_t first = 0, last = app->worker_count - 1;
	json_t *data;

	if (cli_given(session, ARG_WORKER)) {
		first = last = (uint32_t)cli_number(session, ARG_WORKER, 0);
		if (last >= app->worker_count) {
			cli_error_set(&session->error, &session->line,
			        session->line.value[ARG_WORKER].word, "there are workers 0 to %u",
			        app->worker_count - 1);
			reply_cli_error(session);
			return;
		}
	}
	data = counters_target(app, &app->counters.target);
	json_object_set_new(data, "workers",
	        session->json ? counter_members(app, first, last) : counter_rows(app, first, last));
	reply_ok(session, data);
}

void
cli_counters_reset(struct session *session)
{
	struct app *app = session->app;

	for (uint32_t worker = 0; worker < app->worker_count; worker++)
		for (unsigned int i = 0; i < WORKER_COUNTERS; i++)
			app->counters.worker[worker][i] = counter_read(app, worker, i);
	for (uint32_t lcore = 0; lcore < RTE_MAX_LCORE; lcore++)
		atomic_store_explicit(&app->longest_turn_ns[lcore], 0, memory_order_relaxed);
	memcpy(&app->counters.target, chimney_stats(app->target), sizeof(app->counters.target));
	reply_ok(session, NULL);
}

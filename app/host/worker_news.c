/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of workers. */
#include "worker_news.h"

#include <string.h>

#include "say.h"

void
worker_news_init(struct worker_news *news, const struct program *program, struct event_log *log)
{
	memset(news, 0, sizeof(*news));
	news->program = program;
	news->log = log;
}

static void
tell_starved(struct worker_news *news, uint32_t worker)
{
	say("worker %u has not answered for %u ms: its thread waits for a CPU, and requests that "
	    "need it wait with it",
	        worker, news->program->drain_deadline_ms);
	events_worker(news->log, worker, EVENT_WORKER_STARVED);
}

static void
tell_lost(struct worker_news *news, uint32_t worker)
{
	say("worker %u is lost: it has not answered for %u ms. Its connections are lost, too: "
	    "'terminate lost' takes them off",
	        worker, news->program->drain_deadline_ms);
	events_worker(news->log, worker, EVENT_WORKER_LOST);
	if (news->lost != NULL)
		news->lost(news->context, worker);
}

static void
tell_back(struct worker_news *news, uint32_t worker)
{
	say("worker %u is back: it takes frames and new connections again", worker);
	events_worker(news->log, worker, EVENT_WORKER_BACK);
}

/* Several things may have happened since the last look: they are told in the order in which they did. */
static void
worker_look(struct worker_news *news, uint32_t worker)
{
	struct chimney_worker_view *told = &news->told[worker], now;

	chimney_worker_look(news->program->target, worker, &now);
	if (now.starved != told->starved)
		tell_starved(news, worker);
	while (told->lost < now.lost || told->returned < now.returned) {
		if (told->lost == told->returned) {
			told->lost++;
			tell_lost(news, worker);
		} else {
			told->returned++;
			tell_back(news, worker);
		}
	}
	if (told->condition == CHIMNEY_WORKER_STARVED && now.condition == CHIMNEY_WORKER_RUNNING) {
		say("worker %u answers again", worker);
		events_worker(news->log, worker, EVENT_WORKER_RUNS);
	}
	told->condition = now.condition;
	told->starved = now.starved;
}

void
worker_news_look(struct worker_news *news)
{
	for (uint32_t i = 0; i < news->program->worker_count; i++)
		worker_look(news, i);
}

const char *
worker_state_name(const struct program *program, uint32_t worker)
{
	const struct toe_worker_control *control = &program->workers[worker]->control;
	struct chimney_worker_view view;

	chimney_worker_look(program->target, worker, &view);
	if (view.condition == CHIMNEY_WORKER_STARVED)
		return "starved";
	if (view.condition != CHIMNEY_WORKER_LOST)
		return "runs";
	return atomic_load(&control->parked) == atomic_load(&control->lost) ? "parked" : "lost";
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of workers: said, and put among the events (INV-14). Main's. */
#ifndef APP_WORKER_NEWS_H
#define APP_WORKER_NEWS_H

#include "events.h"
#include "program.h"

struct worker_news {
	const struct program *program;
	struct event_log *log;
	/* called for each loss; NULL: nobody is */
	void (*lost)(void *context, uint32_t worker);
	void *context;
	struct chimney_worker_view told[TOE_MAX_WORKERS];
};

void worker_news_init(
        struct worker_news *news, const struct program *program, struct event_log *log);
/* Tell what is new. Call when the host's doorbell was rung, and after announcing sleep. */
void worker_news_look(struct worker_news *news);
/* "runs", "starved", "lost", "parked": what the target says of a worker now. Any thread. */
const char *worker_state_name(const struct program *program, uint32_t worker);

#endif

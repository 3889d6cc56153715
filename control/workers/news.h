/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of workers, for whoever runs the program (worker_link.view; target.h: chimney_worker_look). */
#ifndef CONTROL_NEWS_H
#define CONTROL_NEWS_H

#include "workers.h"

/* This worker is in another condition from now on: note it, and wake every host. */
void worker_news(struct workers *workers, uint32_t worker, enum chimney_worker_condition condition);

#endif

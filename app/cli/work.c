/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that take more than a moment. */
#include <stdlib.h>

#include "work.h"

void *
work_new(struct session *session, size_t size)
{
	struct work *work = calloc(1, size);

	if (work == NULL)
		reply_error(session, NULL, "out of memory");
	else
		work->session = session;
	return work;
}

static void
work_end(struct work *work)
{
	/* its last step may have begun another one */
	if (work->session->work == work)
		work->session->work = NULL;
	work->drop(work);
	free(work);
}

static enum job_result
work_slice(struct job *job, struct slice *slice)
{
	struct work *work = (struct work *)job;
	enum job_result result = work->step(work, slice);

	if (result == JOB_DONE)
		work_end(work);
	return result;
}

static void
work_cancel(struct session *session)
{
	job_cancel(session->cli->turns, &session->work->job);
	work_end(session->work);
}

void
work_begin(struct work *work, enum job_result (*step)(struct work *work, struct slice *slice),
        void (*drop)(struct work *work), void (*tick)(struct session *session))
{
	struct session *session = work->session;

	work->step = step;
	work->drop = drop;
	session->work = work;
	session_wait(session, work_cancel, tick);
	job_init(&work->job, session->lane, work_slice);
	job_run_first(session->cli->turns, &work->job);
}

void
work_resume(struct session *session)
{
	if (session->work != NULL)
		job_start(session->cli->turns, &session->work->job);
}

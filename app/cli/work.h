/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A command that takes more than a moment: it runs in slices, in its session's turns. Its state is one piece of memory
 * that begins with a struct work.
 */
#ifndef APP_WORK_H
#define APP_WORK_H

#include "session.h"
#include "turns.h"

struct work {
	struct job job;
	struct session *session;
	/* a slice; with JOB_DONE the reply has been made, or the session waits for something else */
	enum job_result (*step)(struct work *work, struct slice *slice);
	/* give back what it holds, but for its own memory */
	void (*drop)(struct work *work);
};

/* Zeroed memory for a piece of work; NULL: none, an error reply has been made. */
void *work_new(struct session *session, size_t size);
/*
 * Begin, with the first slice now: it may be done and gone when this returns. It is dropped and freed at its end, or when
 * the session goes. tick: as for session_wait.
 */
void work_begin(struct work *work, enum job_result (*step)(struct work *work, struct slice *slice),
        void (*drop)(struct work *work), void (*tick)(struct session *session));
/* What a session's work paused for may have come. */
void work_resume(struct session *session);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that wait for indications: a walk that stands still where something is missing, then one that counts. */
#include "indications.h"
#include "wait.h"
#include "work.h"

struct indications {
	struct work work;
	enum indication_kind kind;
	struct selection selection;
	/* the walk, and the object where it stands; its group is the selection's, or `held` */
	struct selection_cursor cursor;
	struct object *at;
	struct object_group *held;
	uint64_t passed;
	/* the count of the report */
	bool counting;
	uint64_t objects, once, more;
};

static uint32_t
indicated(const struct object *object, enum indication_kind kind)
{
	switch (kind) {
	case INDICATED_RETRIEVE:
		return object->retrieves;
	case INDICATED_DISCONNECT:
		return object->disconnects;
	default:
		return object->aborts;
	}
}

static struct object_table *
objects_of(const struct indications *wait)
{
	return &wait->work.session->cli->host->objects;
}

/* Stand at another object, or at none: its group stays meanwhile. */
static void
stand_at(struct indications *wait, struct object *object)
{
	if (wait->held != NULL)
		group_let_go(objects_of(wait), wait->held);
	wait->at = object;
	wait->held = object != NULL ? object->group : NULL;
	if (wait->held != NULL)
		group_hold(wait->held);
}

/* Go on over what has been indicated, or is gone. False: the slice is over, or something is missing (wait->at). */
static bool
walk(struct indications *wait, const struct slice *slice)
{
	struct object *object = wait->at;

	while (!wait->cursor.end) {
		if (object != NULL) {
			if (object->state == OBJECT_LIVE && indicated(object, wait->kind) == 0) {
				if (object != wait->at)
					stand_at(wait, object);
				return false;
			}
			wait->passed++;
			if (wait->at != NULL)
				stand_at(wait, NULL);
			if (slice_over(slice))
				return false;
		}
		object = selection_next(&wait->selection, objects_of(wait), &wait->cursor, slice);
		if (object == NULL && !wait->cursor.end)
			return false;
	}
	return true;
}

static bool
count(struct indications *wait, const struct slice *slice)
{
	const struct object *object;

	while ((object = selection_next(
	                &wait->selection, objects_of(wait), &wait->cursor, slice)) != NULL) {
		uint32_t times = indicated(object, wait->kind);

		wait->objects++;
		wait->once += times == 1;
		wait->more += times > 1;
		if (slice_over(slice))
			return false;
	}
	return wait->cursor.end;
}

static void
count_begin(struct indications *wait)
{
	stand_at(wait, NULL);
	wait->counting = true;
	wait->cursor = (struct selection_cursor){0};
}

static void
report(struct indications *wait)
{
	struct session *session = wait->work.session;
	uint64_t missing = wait->objects - wait->once - wait->more;
	json_t *data;

	if (wait->objects == 0 && wait->passed == 0) {
		cli_error_set(&session->error, &session->line, session->line.select_first,
		        "names no tcp that is offloaded");
		reply_cli_error(session);
		return;
	}
	data = json_pack("{s:I, s:I, s:I, s:f}", "objects", (json_int_t)wait->objects,
	        "indicated_once", (json_int_t)wait->once, "indicated_more", (json_int_t)wait->more,
	        "waited_ms", wait_seconds(session) * 1e3);
	if (missing == 0)
		reply_ok(session, data);
	else
		reply_error(session, data, "time is up: %llu objects were not indicated",
		        (unsigned long long)missing);
}

static enum job_result
indications_step(struct work *work, struct slice *slice)
{
	struct indications *wait = (struct indications *)work;
	struct session *session = work->session;

	if (!wait->counting) {
		if (!walk(wait, slice) && !wait_late(session)) {
			if (wait_progress_due(session))
				reply_progress(
				        session, json_pack("{s:o}", "progress",
				                         json_sprintf("%llu objects so far, %.1f s",
				                                 (unsigned long long)wait->passed,
				                                 wait_seconds(session))));
			return wait->at != NULL ? JOB_PAUSE : JOB_MORE;
		}
		count_begin(wait);
	}
	if (!count(wait, slice))
		return JOB_MORE;
	report(wait);
	return JOB_DONE;
}

static void
indications_drop(struct work *work)
{
	struct indications *wait = (struct indications *)work;

	stand_at(wait, NULL);
	selection_free(&wait->selection, objects_of(wait));
}

void
wait_indications(struct session *session, enum indication_kind kind, struct selection *selection,
        uint64_t timeout_ms)
{
	struct indications *wait = work_new(session, sizeof(*wait));

	if (wait == NULL) {
		selection_free(selection, &session->cli->host->objects);
		return;
	}
	wait->kind = kind;
	wait->selection = *selection;
	wait_times(session, timeout_ms);
	work_begin(&wait->work, indications_step, indications_drop, work_resume);
}

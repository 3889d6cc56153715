/* SPDX-License-Identifier: BSD-3-Clause */
/* Playing a script: the clock, the peer, and what the end does. */
#include "play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stage.h"

/* What the end has done and the script has not named, for a complaint. */
static void
list_seen(const struct play *play, char *text, size_t size)
{
	const struct seen_queue *queues[] = {&play->ours, &play->host};
	static const char *const words[] = {">", "host"};
	char line[512];

	text[0] = '\0';
	for (uint32_t i = 0; i < 2; i++)
		for (uint32_t j = 0; j < RTE_MIN(queues[i]->count, 12u); j++) {
			const struct seen *seen = &queues[i]->seen[queues[i]->first + j];

			snprintf(text + strlen(text), size - strlen(text), "\n    at %.6f %s %s",
			        (double)(seen->at_us - play->start_us) / 1e6, words[i],
			        seen_text(seen, line, sizeof(line)));
		}
	for (uint32_t j = 0; j < RTE_MIN(play->event_count, 4u); j++) {
		const struct play_event *event = &play->event[play->event_first + j];

		snprintf(text + strlen(text), size - strlen(text), "\n    at %.6f %s",
		        (double)(event->at_us - play->start_us) / 1e6,
		        event_text(event->kind, event->detail, line, sizeof(line)));
	}
}

bool
play_wrong(struct play *play, const char *format, ...)
{
	char reason[512], seen[3000];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	list_seen(play, seen, sizeof(seen));
	return complain(play->complaint, play->statement->line, "at %.6f: %s%s%s",
	        (double)(play->now_us - play->start_us) / 1e6, reason,
	        seen[0] != '\0' ? "; the end has done:" : "", seen);
}

/* Something that the script has not named yet. */
static bool
has_done(const struct play *play)
{
	return play->ours.count > 0 || play->host.count > 0 || play->event_count > 0;
}

static bool
nothing_left(struct play *play)
{
	return !has_done(play) ||
	       play_wrong(play, "the script does not name what comes before this");
}

/* Time goes on to `until`, or until the end does something. */
static bool
advance(struct play *play, uint64_t until_us)
{
	while (play->now_us < until_us && !has_done(play)) {
		uint64_t step = until_us - play->now_us;

		if (play->open)
			step = RTE_MIN(step, end_next_timer(&play->end, play->now_us));
		play->now_us += step;
		end_clock(&play->end, play->now_us);
		if (!stage_work(play))
			return false;
	}
	return true;
}

/* A statement that is not about what the end does: nothing may happen before it. */
static bool
advance_quietly(struct play *play, const struct statement *statement)
{
	return nothing_left(play) && advance(play, play->now_us + statement->after[0]) &&
	       nothing_left(play);
}

/*
 * For what the end does: time goes on until it comes, at most to the latest moment. count, at: of the queue that it
 * comes to, and the time of its first entry.
 */
static bool
wait_for(struct play *play, const uint64_t when[2], const char *what, const uint32_t *count,
        const uint64_t *at)
{
	if (*count == 0 && !has_done(play) && !advance(play, when[1]))
		return false;
	if (*count == 0)
		return play_wrong(play, "%s is expected, and none has come", what);
	return when[0] <= *at || play_wrong(play, "%s is expected later, at %.6f", what,
	                                 (double)(when[0] - play->start_us) / 1e6);
}

static void
moments(const struct play *play, const struct statement *statement, uint64_t when[2])
{
	when[0] = play->now_us + statement->after[0];
	when[1] = play->now_us + statement->after[1];
}

/* > and host */
static bool
run_seen(struct play *play, const struct statement *statement, struct seen_queue *queue,
        const char *what)
{
	struct segment_spec expected = statement->segment;
	uint64_t when[2];

	if (statement->none)
		return advance_quietly(play, statement);
	moments(play, statement, when);
	for (uint32_t i = 0; i < expected.times; i++) {
		const struct seen *seen;
		const char *differs;

		if (queue->count == 0)
			queue->first = 0;
		seen = &queue->seen[queue->first];
		if (!wait_for(play, when, what, &queue->count, &seen->at_us))
			return false;
		if (seen->broken != NULL)
			return play_wrong(play, "%s", seen->broken);
		differs = seen_differs(seen, &expected);
		if (differs != NULL)
			return play_wrong(
			        play, "another '%s' is expected in the first of these", differs);
		queue->first++;
		queue->count--;
		expected.seq += expected.step ? expected.step : expected.length;
		when[0] = 0; /* the others come together with the first */
		when[1] = play->now_us;
	}
	return true;
}

static bool
run_event(struct play *play, const struct statement *statement)
{
	const struct play_event *event;
	uint64_t when[2];
	char text[64];

	if (statement->none)
		return advance_quietly(play, statement);
	moments(play, statement, when);
	if (play->event_count == 0)
		play->event_first = 0;
	event = &play->event[play->event_first];
	if (!wait_for(play, when, "an event", &play->event_count, &event->at_us))
		return false;
	if (event->kind != statement->kind || event->detail != statement->detail)
		return play_wrong(play, "'%s' is expected",
		        event_text(statement->kind, statement->detail, text, sizeof(text)));
	play->event_first++;
	play->event_count--;
	return true;
}

/* What the script leaves out of a segment of the peer. */
static struct segment_spec
complete(const struct play *play, const struct segment_spec *spec)
{
	struct segment_spec segment = *spec;

	if (!(segment.listed & LISTED_WIN))
		segment.window = play->snd_wnd;
	if (!(segment.listed & LISTED_TS) && play->facts.timestamps && !segment.no_ts) {
		segment.listed |= LISTED_TS;
		segment.tsval = play->peer_ts + (uint32_t)((play->now_us - play->start_us) / 1000);
		segment.tsecr = play->last_tsval;
	}
	if (!(segment.listed & (LISTED_TAG | LISTED_PRIO)) && play->params.vlan_id != 0) {
		segment.listed |= LISTED_TAG;
		segment.tag = play->params.vlan_id;
	}
	return segment;
}

static bool
run_peer(struct play *play, const struct statement *statement, bool more)
{
	struct segment_spec segment = complete(play, &statement->segment);

	if ((segment.window >> play->facts.scale_peer) > UINT16_MAX ||
	        (segment.window & ((1u << play->facts.scale_peer) - 1)) != 0)
		return play_wrong(play, "a window of %u bytes cannot be announced with shift %u",
		        segment.window, play->facts.scale_peer);
	for (uint32_t i = 0; i < segment.times; i++) {
		struct rte_mbuf *frame = frame_build(play->stage->pool, &play->facts, &segment);

		if (frame == NULL)
			return play_wrong(play, "the segment is longer than a buffer");
		if (!stage_arrives(play, frame))
			return play_wrong(play, "more segments at once than a port holds");
		if (!more && !stage_work(play))
			return false;
		segment.seq += segment.step ? segment.step : segment.length;
	}
	return true;
}

static bool
run_stop(struct play *play, const struct statement *statement)
{
	if (statement->stop == STOP_NEIGHBOR)
		end_stop(&play->end);
	else if (statement->stop == STOP_PATH)
		end_stop_path(&play->end);
	else
		end_stop_conn(&play->end);
	return stage_work(play);
}

static bool
run_terminate(struct play *play)
{
	enum offload_status status;

	if (!play->open)
		return play_wrong(play, "the connection is terminated already");
	status = end_terminate(&play->end, &play->terminated, play->params.tick_ms);
	play->open = false;
	if (status != OFFLOAD_SUCCESS)
		return play_wrong(play, "terminate fails: status %u", status);
	return stage_work(play);
}

static bool
run_statement(struct play *play, const struct statement *statement, const struct statement *next)
{
	play->statement = statement;
	if (statement->verb == VERB_OURS)
		return run_seen(play, statement, &play->ours, "a frame");
	if (statement->verb == VERB_HOST)
		return run_seen(play, statement, &play->host, "a frame to the host");
	if (statement->verb == VERB_EVENT)
		return run_event(play, statement);
	if (statement->verb == VERB_EXPECT && !statement->timed)
		return play_expect(play, statement);
	if (!statement->same_burst && !advance_quietly(play, statement))
		return false;
	switch (statement->verb) {
	case VERB_OPEN:
		return play_open(play, statement) && stage_work(play);
	case VERB_PEER:
		return run_peer(play, statement, next != NULL && next->same_burst);
	case VERB_EXPECT:
		return play_expect(play, statement);
	case VERB_UPDATE:
		return play_update(play, statement) && stage_work(play);
	case VERB_STOP:
		return run_stop(play, statement);
	case VERB_RELINK:
		end_relink(&play->end);
		return stage_work(play);
	case VERB_TERMINATE:
		return run_terminate(play);
	default:
		return play_wrong(play, "a statement that cannot be played");
	}
}

static bool
run_all(struct play *play, const struct program *program)
{
	for (uint32_t i = 0; i < program->count; i++)
		if (!run_statement(play, &program->statement[i],
		            i + 1 < program->count ? &program->statement[i + 1] : NULL))
			return false;
	return !has_done(play) || play_wrong(play, "the script ends before this");
}

bool
play_run(struct play *play, struct stage *stage, const struct program *program,
        struct complaint *complaint)
{
	bool good;

	memset(play, 0, sizeof(*play));
	play->stage = stage;
	play->complaint = complaint;
	play->statement = &program->statement[0];
	if (!stage_enter(play))
		return complain(complaint, 1, "no memory for an end");
	good = run_all(play, program);
	stage_leave(play);
	if (good && test_pool_in_use(stage->pool) != 0)
		good = play_wrong(play, "%u buffers are lost", test_pool_in_use(stage->pool));
	return good;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* complete: what may come next in an unfinished line, names of objects included. */
#include <stdio.h>
#include <string.h>

#include "cli_commands.h"
#include "cli_help.h"
#include "selection.h"
#include "work.h"

struct names {
	struct work work;
	struct cli_completion completion;
	struct selection everything;
	struct selection_cursor cursor;
	json_t *words;
};

/* Can no name of this group begin with the prefix? */
static bool
foreign(const struct object_group *group, const char *prefix)
{
	size_t length = strcspn(prefix, ".");

	return strncmp(group->name, prefix, length) != 0 ||
	       (prefix[length] == '.' && (!group->bulk || group->name[length] != '\0'));
}

/* Was the group looked at in a lower layer? */
static bool
seen_below(const struct names *names, const struct object *object)
{
	for (unsigned int layer = OFFLOAD_LAYER_NEIGHBOR; layer < object->layer; layer++)
		if (names->everything.layer == 0 && object->group->live[layer] != 0)
			return true;
	return false;
}

static void
add_name(const struct names *names, const char *name)
{
	const char *prefix = names->completion.prefix;

	if (strncmp(name, prefix, strlen(prefix)) == 0)
		json_array_append_new(names->words, json_string(name));
}

/* A prefix of a bulk group is one candidate, not a million; nor are those looked at that cannot match. */
static void
look_at(struct names *names, const struct object *object)
{
	const char *prefix = names->completion.prefix;
	char name[OBJECT_NAME_MAX] = "";

	if (foreign(object->group, prefix)) {
		selection_skip_group(&names->cursor);
		return;
	}
	if (object->group->bulk && strchr(prefix, '.') == NULL) {
		selection_skip_group(&names->cursor);
		if (seen_below(names, object))
			return;
		/* what goes on says so by its dot: whoever completes puts no blank behind it */
		if (!names->completion.one)
			add_name(names, object->group->name);
		snprintf(name, sizeof(name), "%s.", object->group->name);
	} else {
		object_name(object, name);
	}
	add_name(names, name);
}

static enum job_result
names_step(struct work *work, struct slice *slice)
{
	struct names *names = (struct names *)work;
	const struct object_table *objects = &work->session->cli->host->objects;
	const struct object *object;

	while (names->completion.objects && json_array_size(names->words) < CLI_CANDIDATES &&
	        !names->cursor.end) {
		object = selection_next(&names->everything, objects, &names->cursor, slice);
		if (object != NULL)
			look_at(names, object);
		if (slice_over(slice))
			return JOB_MORE;
	}
	reply_ok(work->session, json_pack("{s:O}", "candidates", names->words));
	return JOB_DONE;
}

static void
names_drop(struct work *work)
{
	json_decref(((struct names *)work)->words);
}

void
cli_complete_line(struct session *session)
{
	const struct cli_value *text = &session->line.value[ARG_TEXT];
	const char *partial = text->present ? text->text : "";
	struct names *names = work_new(session, sizeof(*names));

	if (names == NULL)
		return;
	cli_complete(partial, strlen(partial), &names->completion);
	names->words = json_array();
	for (unsigned int i = 0; i < names->completion.count; i++)
		json_array_append_new(names->words, json_string(names->completion.candidate[i]));
	selection_all(&names->everything, &session->cli->host->objects, names->completion.layer);
	work_begin(&names->work, names_step, names_drop, NULL);
}

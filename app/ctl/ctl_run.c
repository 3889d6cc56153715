/* SPDX-License-Identifier: BSD-3-Clause */
/* Running one command. */
#include <stdio.h>

#include "ctl_run.h"

enum ctl_status
ctl_gone(void)
{
	fflush(stdout);
	fprintf(stderr, "chimneyctl: the server has closed the connection\n");
	return CTL_GONE;
}

void
ctl_print_event(const char *text)
{
	/* a JSON object says itself what it is */
	printf("%s%s\n", text[0] == '{' ? "" : "* ", text);
	fflush(stdout);
}

static enum ctl_status
print_reply(struct ctl_link *link)
{
	const char *text;
	bool data = false;

	for (;;) {
		switch (ctl_read(link, true, &text)) {
		case CTL_END:
		case CTL_NONE:
			return ctl_gone();
		case CTL_STOPPED:
			return CTL_LEFT;
		case CTL_DATA:
			puts(text);
			data = true;
			break;
		case CTL_PROGRESS:
			fprintf(stderr, "%s\n", text);
			break;
		case CTL_EVENT:
			ctl_print_event(text);
			break;
		case CTL_OK:
			if (text[0] == '{' || !data)
				puts(text);
			fflush(stdout);
			return CTL_DONE;
		case CTL_ERROR:
			if (text[0] == '{')
				puts(text);
			fflush(stdout);
			if (text[0] != '{')
				fprintf(stderr, "error: %s\n", text);
			return CTL_FAILED;
		}
	}
}

/* Events, until there is nothing more to come. */
static enum ctl_line
print_events(struct ctl_link *link)
{
	const char *text;
	enum ctl_line kind;

	while ((kind = ctl_read(link, true, &text)) != CTL_END && kind != CTL_STOPPED)
		if (kind == CTL_EVENT)
			ctl_print_event(text);
	return kind;
}

enum ctl_status
ctl_follow(struct ctl_link *link)
{
	return print_events(link) == CTL_STOPPED ? CTL_LEFT : ctl_gone();
}

enum ctl_status
ctl_run(struct ctl_link *link, const char *line)
{
	enum ctl_status status;

	if (ctl_send(link, line) != 0)
		return ctl_gone();
	status = print_reply(link);
	if (status == CTL_DONE && ctl_begins(line, "json"))
		link->json = ctl_begins(line, "json on");
	/* the program has ended when it closes the connection */
	if (status == CTL_DONE && ctl_begins(line, "quit") && print_events(link) == CTL_STOPPED)
		status = CTL_LEFT;
	return status;
}

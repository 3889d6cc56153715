/* SPDX-License-Identifier: BSD-3-Clause */
/* The client's side of the CLI socket: lines out, lines in, and what kind of line each is. */
#ifndef APP_CTL_LINK_H
#define APP_CTL_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct ctl_link {
	int fd;
	bool json; /* replies and events are objects; a new connection is asked for it again */
	/* Looked at while the server is waited for: when it is readable, `stop` says whether to wait no longer. */
	int signals; /* -1: none */
	bool (*stop)(void *context);
	void *context;
	char *buffer;
	size_t used; /* bytes in the buffer */
	size_t taken; /* of them handed out already */
	size_t room;
};

enum ctl_line {
	CTL_END, /* the server closed the connection */
	CTL_STOPPED, /* `stop` said so */
	CTL_NONE, /* no whole line is there, and none was waited for */
	CTL_DATA, /* part of a reply (text only) */
	CTL_PROGRESS,
	CTL_EVENT,
	CTL_OK, /* end of a reply */
	CTL_ERROR, /* end of a reply */
};

/* Nothing is open, nothing looked at; text. */
void ctl_init(struct ctl_link *link);
/* Connect, check the greeting, ask for the form of replies. 0, or -1 with a message on stderr. */
int ctl_connect(struct ctl_link *link, const char *path);
void ctl_close(struct ctl_link *link);
/* Send one line (its end is added). 0 or -1. */
int ctl_send(struct ctl_link *link, const char *line);
/* The next line, without its mark and end; valid until the next call. NULL when the kind says that there is none. */
enum ctl_line ctl_read(struct ctl_link *link, bool wait, const char **text);
/* Would the server reply to this line? It is silent on blank lines and comments. */
bool ctl_is_command(const char *line);
/* Are these the first words of the line, whatever the blanks between them? */
bool ctl_begins(const char *line, const char *words);

#endif

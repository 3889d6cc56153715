/* SPDX-License-Identifier: BSD-3-Clause */
/* The client's side of the CLI socket: lines out, lines in, and what kind of line each is. */
#ifndef APP_CTL_LINK_H
#define APP_CTL_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct ctl_link {
	int fd;
	bool json;
	char *buffer;
	size_t used; /* bytes in the buffer */
	size_t taken; /* of them handed out already */
	size_t room;
};

enum ctl_line {
	CTL_END, /* the server closed the connection */
	CTL_DATA, /* part of a reply (text only) */
	CTL_PROGRESS,
	CTL_EVENT,
	CTL_OK, /* end of a reply */
	CTL_ERROR, /* end of a reply */
};

/* Connect and check the greeting. 0, or -1 with a message on stderr. */
int ctl_connect(struct ctl_link *link, const char *path);
void ctl_close(struct ctl_link *link);
/* Send one line (its end is added). 0 or -1. */
int ctl_send(struct ctl_link *link, const char *line);
/*
 * The next line, without its mark and end; valid until the next call. wait false: CTL_END with *text NULL
 * when no whole line has come yet.
 */
enum ctl_line ctl_read(struct ctl_link *link, bool wait, const char **text);
/* Would the server reply to this line? It is silent on blank lines and comments. */
bool ctl_is_command(const char *line);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One conversation in the CLI's language: a client of the socket, or a script. A session runs one command at
 * a time; a command that waits keeps it busy, and its owner feeds no further line until it has replied.
 *
 * How a reply looks on the wire is in docs/cli.md: text lines "  ...", progress "~ ...", events "* ...", and
 * "ok" or "error: ..." at the end; or one JSON object for each of them.
 */
#ifndef APP_SESSION_H
#define APP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <jansson.h>

#include "cli.h"
#include "cli_parse.h"

struct session;
struct work;

/* More than this unread: its next command waits, and replies are written no further. */
#define SESSION_OUTPUT_MAX (64u * 1024u)

struct session_owner {
	void (*write)(struct session *session, const char *text, size_t length);
	/* The reply is complete: the next line may be fed, later (not from here). error NULL: ok. */
	void (*replied)(struct session *session, const char *error);
	/* Bytes written and not yet taken by the other side. */
	size_t (*queued)(const struct session *session);
};

/* What a busy session waits for. */
struct wait {
	TAILQ_ENTRY(session) link; /* in cli->waiting */
	/* forget it, the session is going; NULL: it waits for nothing */
	void (*cancel)(struct session *session);
	/* called every few ms; NULL: it is told otherwise */
	void (*tick)(struct session *session);
	struct host_request *request;
	bool submitted; /* that it is submitted is enough */
	uint64_t started; /* ns */
	uint64_t deadline; /* ns of cli.awake */
	uint64_t progress; /* ns of the next progress line */
};

struct session {
	struct cli *cli;
	/* its turns, and those of its requests (turns.h) */
	uint32_t lane;
	const struct session_owner *owner;
	bool json;
	bool follows; /* events are streamed to it */
	TAILQ_ENTRY(session) follower; /* in cli->followers, while it follows */
	bool may_follow;
	bool busy;
	uint64_t followed; /* number of the last event that was streamed to it, or missed */
	struct wait wait;
	/* what it does in turns */
	struct work *work;
	/* a line of JSON is out in part: no other may come in between */
	bool inside_line;
	struct cli_line line;
	/* what is wrong when the words name nothing, in the end */
	const char *nothing;
	struct cli_error error;
};

void session_init(
        struct session *session, struct cli *cli, uint32_t lane, const struct session_owner *owner);
/* The other side is gone: forget what it waits for. */
void session_fini(struct session *session);
/*
 * The command that runs waits: it replies later. cancel is called instead when the session goes before that; tick, which
 * may be NULL, every few ms until then.
 */
void session_wait(struct session *session, void (*cancel)(struct session *session),
        void (*tick)(struct session *session));
/* Put it on the list of followers, or take it off. */
void session_follow(struct session *session, bool follows);

/* End the reply to the command that runs. `data` (NULL: none) is taken over. */
void reply_ok(struct session *session, json_t *data);
void reply_error(struct session *session, json_t *data, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* The same for session->error, as the parser or a handler set it. */
void reply_cli_error(struct session *session);
/*
 * The reply is out: the session waits for nothing any more, and its owner may feed the next line. For replies that are
 * written in parts. error NULL: ok.
 */
void reply_out(struct session *session, const char *error);
/* A line of progress of a command that goes on. */
void reply_progress(struct session *session, json_t *data);

#endif

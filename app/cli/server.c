/* SPDX-License-Identifier: BSD-3-Clause */
/* The CLI's unix socket: clients, their lines in, their replies out. server_socket.c binds it. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "cli_dispatch.h"
#include "cli_socket.h"
#include "follow.h"
#include "say.h"
#include "server.h"
#include "work.h"

#define ACCEPT_PAUSE_US 100000

static struct client *
client_of(const struct session *session)
{
	return (struct client *)((char *)(uintptr_t)session - offsetof(struct client, session));
}

static void
client_write(struct session *session, const char *text, size_t length)
{
	bufferevent_write(client_of(session)->stream, text, length);
}

static size_t
client_queued(const struct session *session)
{
	return evbuffer_get_length(bufferevent_get_output(client_of(session)->stream));
}

static void
client_close(struct client *client)
{
	struct server *server = client->server;

	session_fini(&client->session);
	TAILQ_REMOVE(&server->clients, client, link);
	server->client_count--;
	server->lanes &= ~(1u << (client->session.lane - 1));
	bufferevent_free(client->stream);
	free(client);
}

/* Is anybody there to read a reply? */
static bool
client_reads(const struct client *client)
{
	struct pollfd look = {bufferevent_getfd(client->stream), 0, 0};

	return poll(&look, 1, 0) == 0;
}

/* The next line will be looked at from the event loop, never from inside a reply. */
static void
client_replied(struct session *session, const char *error)
{
	struct client *client = client_of(session);

	(void)error;
	bufferevent_trigger(
	        client->stream, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

static const struct session_owner client_owner = {client_write, client_replied, client_queued};

/* The next line, to be freed. When no more can come, the rest is one, although it has no end. */
static char *
client_take_line(const struct client *client, size_t *length)
{
	struct evbuffer *input = bufferevent_get_input(client->stream);
	char *line = evbuffer_readln(input, length, EVBUFFER_EOL_LF);

	*length = line != NULL ? *length : evbuffer_get_length(input);
	if (line != NULL || !client->ended || *length == 0 || *length >= CLI_LINE_MAX)
		return line;
	line = malloc(*length);
	if (line != NULL)
		evbuffer_remove(input, line, *length);
	return line;
}

/* Run one complete line when there is one. False: nothing to do now. */
static bool
client_run_line(struct client *client)
{
	struct evbuffer *input = bufferevent_get_input(client->stream);
	struct session *session = &client->session;
	size_t length;
	char *line;

	if (session->busy || client->closing || client_queued(session) > SESSION_OUTPUT_MAX)
		return false;
	line = client_take_line(client, &length);
	if (line == NULL) {
		if (evbuffer_get_length(input) < CLI_LINE_MAX)
			return false;
		session->line.command = NULL;
		session->busy = true;
		reply_error(session, NULL, "line of more than %u bytes; closing", CLI_LINE_MAX - 1);
		client->closing = true;
		bufferevent_disable(client->stream, EV_READ);
		return false;
	}
	session->line.command = NULL;
	cli_run(session, line, length);
	free(line);
	return true;
}

/* One that sends no more is gone with its last reply, or, when it follows events, when nobody reads them. */
static bool
client_finished(const struct client *client)
{
	return client->ended && !client->session.busy && !client->session.follows &&
	       evbuffer_get_length(bufferevent_get_input(client->stream)) == 0;
}

static void
on_read(struct bufferevent *stream, void *context)
{
	struct client *client = context;
	/* one line a turn of the loop: clients and indications take turns */
	bool ran = client_run_line(client);

	if (client_finished(client)) {
		client->closing = true;
		if (client_queued(&client->session) == 0)
			client_close(client);
	} else if (ran && !client->session.busy &&
	           evbuffer_get_length(bufferevent_get_input(stream)) != 0) {
		bufferevent_trigger(
		        stream, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
	}
}

/* Called when the output has drained below the low-water mark. */
static void
on_written(struct bufferevent *stream, void *context)
{
	struct client *client = context;

	follow_catch_up(&client->session);
	work_resume(&client->session);
	if (client->closing && client_queued(&client->session) == 0) {
		client_close(client);
		return;
	}
	if (evbuffer_get_length(bufferevent_get_input(stream)) != 0)
		bufferevent_trigger(
		        stream, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

/* The end of what it sends, or of all. */
static void
on_end(struct bufferevent *stream, short what, void *context)
{
	struct client *client = context;

	if (!(what & BEV_EVENT_EOF) || !client_reads(client)) {
		client_close(client);
		return;
	}
	client->ended = true;
	bufferevent_trigger(stream, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

/* Followers that have ended are not read from, so nothing tells that they are gone. */
static void
clients_sweep(struct server *server)
{
	struct client *client, *next;

	for (client = TAILQ_FIRST(&server->clients); client != NULL; client = next) {
		next = TAILQ_NEXT(client, link);
		if (client->ended && !client_reads(client))
			client_close(client);
	}
}

static void
refuse(evutil_socket_t fd, const char *why)
{
	/* best effort: a client that does not even read this gets nothing */
	if (send(fd, why, strlen(why), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		(void)errno;
	close(fd);
}

/* The client's turns: there are as many lanes as clients, and more. */
static uint32_t
lane_take(struct server *server)
{
	uint32_t lane = 1;

	while (server->lanes & 1u << (lane - 1))
		lane++;
	server->lanes |= 1u << (lane - 1);
	return lane;
}

static void
on_connect(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
        int length, void *context)
{
	struct server *server = context;
	struct client *client;
	char greeting[96];
	int size;

	server->full = false;
	if (server->client_count == SERVER_CLIENTS)
		clients_sweep(server);
	if (server->client_count == SERVER_CLIENTS) {
		refuse(fd, "error: too many clients; close one\n");
		return;
	}
	client = calloc(1, sizeof(*client));
	if (client != NULL)
		client->stream = bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (client == NULL || client->stream == NULL) {
		free(client);
		refuse(fd, "error: out of memory\n");
		return;
	}
	client->server = server;
	session_init(&client->session, server->cli, lane_take(server), &client_owner);
	client->session.may_follow = true;
	TAILQ_INSERT_TAIL(&server->clients, client, link);
	server->client_count++;
	bufferevent_setcb(client->stream, on_read, on_written, on_end, client);
	/* a client that floods us is not read faster than its commands run */
	bufferevent_setwatermark(client->stream, EV_READ, 0, 4 * CLI_LINE_MAX);
	bufferevent_setwatermark(client->stream, EV_WRITE, SESSION_OUTPUT_MAX / 2, 0);
	bufferevent_enable(client->stream, EV_READ | EV_WRITE);
	size = snprintf(greeting, sizeof(greeting), "chimney-cli %d dpdk-chimney %s\n",
	        CLI_PROTOCOL, CHIMNEY_VERSION);
	bufferevent_write(client->stream, greeting, (size_t)size);
}

/* There is no descriptor for a client, for example: it waits, and so do we, or we would be told at once again. */
static void
on_accept_error(struct evconnlistener *listener, void *context)
{
	struct timeval pause = {0, ACCEPT_PAUSE_US};
	struct server *server = context;

	if (!server->full)
		say_error("CLI socket %s: a client has to wait: %s", server->path, strerror(errno));
	server->full = true;
	evconnlistener_disable(listener);
	event_add(server->again, &pause);
}

static void
on_again(evutil_socket_t fd, short what, void *context)
{
	struct server *server = context;

	evconnlistener_enable(server->listener);
}

int
server_open(struct server *server, struct cli *cli, struct event_base *base)
{
	server->cli = cli;
	server->base = base;
	TAILQ_INIT(&server->clients);
	server->listener = evconnlistener_new(base, on_connect, server, 0, 0, server->fd);
	server->again = event_new(base, -1, 0, on_again, server);
	if (server->listener == NULL || server->again == NULL) {
		server_stop_accepting(server);
		return say_error("CLI socket %s: out of memory", server->path);
	}
	evconnlistener_set_error_cb(server->listener, on_accept_error);
	return 0;
}

void
server_stop_accepting(struct server *server)
{
	if (server->listener != NULL)
		evconnlistener_free(server->listener);
	if (server->again != NULL)
		event_free(server->again);
	server->listener = NULL;
	server->again = NULL;
}

bool
server_flushed(const struct server *server)
{
	const struct client *client;

	TAILQ_FOREACH(client, &server->clients, link)
	{
		if (client_queued(&client->session) != 0)
			return false;
	}
	return true;
}

void
server_close(struct server *server)
{
	struct client *client;

	server_stop_accepting(server);
	while ((client = TAILQ_FIRST(&server->clients)) != NULL) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what was freed is off the list */
		evutil_socket_t fd = bufferevent_getfd(client->stream);

		evbuffer_write(bufferevent_get_output(client->stream), fd);
		/* stays open as long as the process lives: its end is what the client sees */
		if (dup(fd) < 0)
			(void)errno;
		client_close(client);
	}
}

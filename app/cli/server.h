/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CLI's unix socket: several clients, each with a session. Lines may come in parts, replies go out in
 * parts. What a client has not read yet is bounded: its next command waits, and events that it follows are
 * missed, when it reads too slowly.
 */
#ifndef APP_SERVER_H
#define APP_SERVER_H

#include <stdbool.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "session.h"

#define SERVER_CLIENTS 32u

struct bufferevent;
struct event;
struct event_base;
struct evconnlistener;

struct client {
	TAILQ_ENTRY(client) link;
	struct server *server;
	struct session session;
	struct bufferevent *stream;
	bool ended; /* it sends no more; what it has sent is run, and answered */
	bool closing; /* no more lines; gone when everything is written */
};

TAILQ_HEAD(client_list, client);

struct server {
	struct cli *cli;
	struct event_base *base;
	int fd; /* bound and listening from server_bind on */
	const char *path;
	/* the file that server_bind made: what has another number is somebody else's */
	dev_t device;
	ino_t inode;
	struct evconnlistener *listener;
	/* accepting failed: tried again after a while, said once */
	bool full;
	struct event *again;
	struct client_list clients;
	unsigned int client_count;
	uint32_t lanes; /* lane n + 1 is a client's: bit n */
};

/*
 * Bind and listen, before anything costly is done: a live server on the socket is an error, a stale file is
 * removed. Clients may connect, and wait. 0 or -1 (said).
 */
int server_bind(struct server *server, const char *path);
/* Serve. 0 or -1 (said). */
int server_open(struct server *server, struct cli *cli, struct event_base *base);
/* Accept nobody any more; clients stay. */
void server_stop_accepting(struct server *server);
/* All that was written has been read. */
bool server_flushed(const struct server *server);
/* Write what can be written, forget all clients. Their connections end with the program, so that they can tell when. */
void server_close(struct server *server);
/* Close the socket, and remove its file unless that is another's by now. */
void server_unbind(struct server *server);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* The client's side of the CLI socket. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "cli_socket.h"
#include "cli_text.h"
#include "ctl_link.h"

#define TEXT(number) #number
#define NUMBER_TEXT(number) TEXT(number)
#define PROTOCOL_GREETING CLI_GREETING " " NUMBER_TEXT(CLI_PROTOCOL) " "
#define READ_SIZE 65536u
#define BLANKS " \t\r\n"

/* What may be wrong, where connecting failed. */
static const char *
connect_advice(const char *path, int error)
{
	struct stat status;

	if (error != ENOENT && error != ECONNREFUSED)
		return "";
	if (error == ECONNREFUSED && stat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
		return "; it is no socket, give the path of dpdk-chimney's --cli (--socket PATH)";
	return "; is dpdk-chimney running, with --cli of this path? (--socket PATH)";
}

static int
connect_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "chimneyctl: %s: path too long for a socket\n", path);
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = errno;
	fprintf(stderr, "chimneyctl: %s: %s%s\n", path, strerror(error),
	        connect_advice(path, error));
	if (fd >= 0)
		close(fd);
	return -1;
}

void
ctl_init(struct ctl_link *link)
{
	memset(link, 0, sizeof(*link));
	link->fd = link->signals = -1;
}

int
ctl_connect(struct ctl_link *link, const char *path)
{
	enum ctl_line kind;
	const char *text;

	link->fd = connect_socket(path);
	if (link->fd < 0)
		return -1;
	/* the greeting is the one line without a mark: it is classified as an error and looked at here */
	kind = ctl_read(link, true, &text);
	if (text != NULL && strncmp(text, PROTOCOL_GREETING, strlen(PROTOCOL_GREETING)) == 0) {
		if (!link->json)
			return 0;
		kind = ctl_send(link, "json on") == 0 ? ctl_read(link, true, &text) : CTL_END;
		if (kind == CTL_OK)
			return 0;
	}
	if (kind != CTL_STOPPED)
		fprintf(stderr, "chimneyctl: %s: %s\n", path,
		        text != NULL ? text : "closed by the server");
	ctl_close(link);
	return -1;
}

void
ctl_close(struct ctl_link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	free(link->buffer);
	link->fd = -1;
	link->buffer = NULL;
	link->used = link->taken = link->room = 0;
}

int
ctl_send(struct ctl_link *link, const char *line)
{
	size_t length = strlen(line), sent = 0;

	while (sent <= length) {
		const char *from = sent < length ? line + sent : "\n";
		ssize_t n = send(link->fd, from, sent < length ? length - sent : 1, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		sent += (size_t)n;
	}
	return 0;
}

/* Until the server has sent something. False: the wait was ended. */
static bool
wait_readable(const struct ctl_link *link)
{
	struct pollfd look[2] = {{link->fd, POLLIN, 0}, {link->signals, POLLIN, 0}};

	do {
		look[0].revents = look[1].revents = 0;
		if (poll(look, 2, -1) < 0 && errno != EINTR)
			return false;
		if (look[1].revents != 0 && link->stop(link->context))
			return false;
	} while (look[0].revents == 0);
	return true;
}

/* More bytes from the server. CTL_DATA: some came. */
static enum ctl_line
read_more(struct ctl_link *link, bool wait)
{
	ssize_t n;

	if (link->taken > 0) {
		memmove(link->buffer, link->buffer + link->taken, link->used - link->taken);
		link->used -= link->taken;
		link->taken = 0;
	}
	if (link->room - link->used < READ_SIZE) {
		size_t room = link->room + 2 * READ_SIZE;
		char *buffer = realloc(link->buffer, room);

		if (buffer == NULL)
			return CTL_END;
		link->buffer = buffer;
		link->room = room;
	}
	do {
		if (wait && !wait_readable(link))
			return CTL_STOPPED;
		n = recv(link->fd, link->buffer + link->used, link->room - link->used - 1,
		        MSG_DONTWAIT);
	} while (n < 0 && (errno == EINTR || (errno == EAGAIN && wait)));
	if (n < 0 && errno == EAGAIN)
		return CTL_NONE;
	if (n <= 0)
		return CTL_END;
	link->used += (size_t)n;
	return CTL_DATA;
}

static enum ctl_line
classify_json(const char *line)
{
	json_t *object = json_loads(line, 0, NULL);
	const char *type = json_string_value(json_object_get(object, "type"));
	enum ctl_line kind = CTL_ERROR;

	if (type != NULL && strcmp(type, "event") == 0)
		kind = CTL_EVENT;
	else if (type != NULL && strcmp(type, "progress") == 0)
		kind = CTL_PROGRESS;
	else if (json_is_true(json_object_get(object, "ok")))
		kind = CTL_OK;
	json_decref(object);
	return kind;
}

static enum ctl_line
classify_text(const char **line)
{
	static const struct {
		const char *mark;
		enum ctl_line kind;
	} marks[] = {
	        {"  ", CTL_DATA}, {"~ ", CTL_PROGRESS}, {"* ", CTL_EVENT}, {"error: ", CTL_ERROR}};

	if (strcmp(*line, "ok") == 0)
		return CTL_OK;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (strncmp(*line, marks[i].mark, strlen(marks[i].mark)) != 0)
			continue;
		*line += strlen(marks[i].mark);
		return marks[i].kind;
	}
	return CTL_ERROR;
}

enum ctl_line
ctl_read(struct ctl_link *link, bool wait, const char **text)
{
	size_t looked = link->taken;

	for (;;) {
		char *start = link->buffer + link->taken;
		char *end = link->used > looked
		                    ? memchr(link->buffer + looked, '\n', link->used - looked)
		                    : NULL;
		enum ctl_line more;

		if (end != NULL) {
			*end = '\0';
			link->taken = (size_t)(end + 1 - link->buffer);
			*text = start;
			/* it goes to a terminal */
			cli_text_clean(start);
			return start[0] == '{' ? classify_json(start) : classify_text(text);
		}
		looked = link->used - link->taken;
		more = read_more(link, wait);
		if (more != CTL_DATA) {
			*text = NULL;
			return more;
		}
	}
}

bool
ctl_is_command(const char *line)
{
	line += strspn(line, BLANKS);
	return *line != '\0' && *line != '#';
}

bool
ctl_begins(const char *line, const char *words)
{
	while (*words != '\0') {
		size_t length = strcspn(words, " ");

		line += strspn(line, BLANKS);
		if (strncmp(line, words, length) != 0 || strchr(BLANKS, line[length]) == NULL)
			return false;
		line += length;
		words += length + strspn(words + length, " ");
	}
	return true;
}

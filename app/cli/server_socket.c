/* SPDX-License-Identifier: BSD-3-Clause */
/* Binding the CLI's unix socket: telling a live server from a stale file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "say.h"
#include "server.h"

#define BACKLOG 16

static int
socket_new(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* A file is in the way: stale when nobody answers on it. 0: it is gone now. */
static int
remove_stale(const char *path, const struct sockaddr_un *address)
{
	struct stat status;
	int fd, result;

	if (lstat(path, &status) == 0 && !S_ISSOCK(status.st_mode)) {
		say_error("CLI socket %s: there is a file of this name, and it is no socket", path);
		say_hint("Choose another path with --cli.");
		return -1;
	}
	fd = socket_new();
	if (fd < 0)
		return say_error("CLI socket %s: %s", path, strerror(errno));
	result = connect(fd, (const struct sockaddr *)address, sizeof(*address));
	if (result == 0 || errno == EAGAIN || errno == EINPROGRESS) {
		close(fd);
		say_error("CLI socket %s: another program serves it", path);
		say_hint("Stop that one ('chimneyctl --socket %s quit'), or choose another path "
		         "with "
		         "--cli.",
		        path);
		return -1;
	}
	close(fd);
	if (unlink(path) != 0 && errno != ENOENT)
		return say_error(
		        "CLI socket %s: removing the stale file: %s", path, strerror(errno));
	say("CLI socket %s was left behind by a program that is gone; removed", path);
	return 0;
}

int
server_bind(struct server *server, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int result;

	server->path = path;
	if (strlen(server->path) >= sizeof(address.sun_path))
		return say_error("CLI socket %s: path of %zu bytes; at most %zu are possible",
		        server->path, strlen(server->path), sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, server->path);
	server->fd = socket_new();
	if (server->fd < 0)
		return say_error("CLI socket %s: %s", server->path, strerror(errno));
	/* who may connect may do everything: the owner only */
	mask = umask(0177);
	result = bind(server->fd, (struct sockaddr *)&address, sizeof(address));
	if (result != 0 && errno == EADDRINUSE) {
		if (remove_stale(server->path, &address) != 0) {
			umask(mask);
			close(server->fd);
			return -1;
		}
		result = bind(server->fd, (struct sockaddr *)&address, sizeof(address));
	}
	umask(mask);
	if (result != 0 || listen(server->fd, BACKLOG) != 0) {
		say_error("CLI socket %s: %s; choose another path with --cli", server->path,
		        strerror(errno));
		close(server->fd);
		return -1;
	}
	return 0;
}

void
server_unbind(struct server *server)
{
	close(server->fd);
	unlink(server->path);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Binding the CLI's unix socket: telling a live server from a stale file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
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

/*
 * One start or end at a time in a folder: between the look at a socket's file and its removal nobody puts another
 * in its place. -1: the folder cannot be locked, which binding will tell more of.
 */
static int
folder_lock(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path) + 1] = ".";
	int fd;

	if (slash != NULL)
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path) + 1, path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
		say("CLI socket %s: waiting for the lock of its folder", path);
		flock(fd, LOCK_EX);
	}
	return fd;
}

static void
folder_unlock(int fd)
{
	if (fd >= 0)
		close(fd);
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

static int
bind_path(struct server *server, const struct sockaddr_un *address)
{
	/* who may connect may do everything: the owner only */
	mode_t mask = umask(0177);
	int result = bind(server->fd, (const struct sockaddr *)address, sizeof(*address));

	if (result != 0 && errno == EADDRINUSE && remove_stale(server->path, address) != 0) {
		umask(mask);
		return -1;
	}
	if (result != 0)
		result = bind(server->fd, (const struct sockaddr *)address, sizeof(*address));
	umask(mask);
	if (result != 0 || listen(server->fd, BACKLOG) != 0)
		return say_error("CLI socket %s: %s; choose another path with --cli", server->path,
		        strerror(errno));
	return 0;
}

int
server_bind(struct server *server, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat status;
	int lock, result;

	server->path = path;
	if (strlen(server->path) >= sizeof(address.sun_path))
		return say_error("CLI socket %s: path of %zu bytes; at most %zu are possible",
		        server->path, strlen(server->path), sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, server->path, strlen(server->path) + 1);
	server->fd = socket_new();
	if (server->fd < 0)
		return say_error("CLI socket %s: %s", server->path, strerror(errno));
	lock = folder_lock(path);
	result = bind_path(server, &address);
	if (result == 0 && lstat(path, &status) == 0) {
		server->device = status.st_dev;
		server->inode = status.st_ino;
	}
	folder_unlock(lock);
	if (result != 0)
		close(server->fd);
	return result;
}

void
server_unbind(struct server *server)
{
	int lock = folder_lock(server->path);
	struct stat status;

	if (lstat(server->path, &status) == 0) {
		if (status.st_dev == server->device && status.st_ino == server->inode)
			unlink(server->path);
		else
			say("CLI socket %s is another program's by now: left as it is",
			        server->path);
	}
	close(server->fd);
	folder_unlock(lock);
}

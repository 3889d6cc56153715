/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rival of an invalidate: how long the kernel takes to revoke established sockets of its own,
 * by `ss -K` and by SOCK_DESTROY over netlink directly.
 *
 * All of it happens in a network namespace without a name, which this process alone holds: it is
 * gone with the process, however that ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sock_destroy.h"

#define ROUNDS 5u
#define MAX_SOCKETS 10000u
#define SERVER_PORT 7000

struct sockets {
	uint32_t count;
	int fd[MAX_SOCKETS];
	struct inet_diag_sockid id[MAX_SOCKETS];
};

struct method {
	const char *name;
	int (*revoke)(const struct sockets *sockets);
};

static double
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/*
 * A namespace of our own, its loopback up, its accept queues long enough to hold the other ends:
 * they need no descriptors then, of which a process may not have twice as many.
 */
static int
namespace_enter(void)
{
	struct rlimit files = {MAX_SOCKETS + 64, MAX_SOCKETS + 64};
	struct ifreq interface = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd, err = 0;

	if (unshare(CLONE_NEWNET) != 0 || setrlimit(RLIMIT_NOFILE, &files) != 0)
		return -errno;
	fd = open("/proc/sys/net/core/somaxconn", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%u\n", 2 * MAX_SOCKETS) < 0)
		err = -errno;
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (err == 0 && ioctl(fd, SIOCSIFFLAGS, &interface) != 0)
		err = -errno;
	close(fd);
	return err;
}

/* A listener that is not accepted from. */
static int
server_open(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(SERVER_PORT)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	        bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	        listen(fd, 2 * MAX_SOCKETS) != 0)
		return -errno;
	return fd;
}

static int
socket_add(struct sockets *sockets)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(SERVER_PORT)};
	struct inet_diag_sockid *id = &sockets->id[sockets->count];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(address);

	if (fd < 0)
		return -errno;
	sockets->fd[sockets->count++] = fd;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		return -errno;
	memset(id, 0, sizeof(*id));
	id->idiag_sport = address.sin_port;
	id->idiag_dport = htons(SERVER_PORT);
	id->idiag_src[0] = htonl(INADDR_LOOPBACK);
	id->idiag_dst[0] = htonl(INADDR_LOOPBACK);
	id->idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	return 0;
}

/* Every socket was aborted: a yardstick that revoked less would look too good. */
static bool
sockets_revoked(const struct sockets *sockets)
{
	for (uint32_t i = 0; i < sockets->count; i++) {
		struct tcp_info info;
		socklen_t size = sizeof(info);

		if (getsockopt(sockets->fd[i], IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
		        info.tcpi_state != TCP_CLOSE)
			return false;
	}
	return true;
}

static int
revoke_directly(const struct sockets *sockets)
{
	int fd = sock_diag_open();
	int err;

	if (fd < 0)
		return fd;
	err = sock_destroy(fd, sockets->id, sockets->count);
	close(fd);
	return err;
}

static int
revoke_with_ss(const struct sockets *sockets)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return -errno;
	if (child == 0) {
		int null = open("/dev/null", O_WRONLY);

		if (null >= 0)
			dup2(null, STDOUT_FILENO);
		execlp("ss", "ss", "-K", "-H", "-t", "-n", "state", "established", "dport", "=",
		        ":7000", NULL);
		_exit(127);
	}
	if (waitpid(child, &status, 0) != child)
		return -errno;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return -ENOENT;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

/* One measurement in us, or a negative errno. */
static double
measure(struct sockets *sockets, const struct method *method, uint32_t count)
{
	int listener = server_open();
	int err = listener < 0 ? listener : 0;
	double start, us;

	while (err == 0 && sockets->count < count)
		err = socket_add(sockets);
	start = now_us();
	if (err == 0)
		err = method->revoke(sockets);
	us = now_us() - start;
	/* ss ends with success when the kernel refuses: only the sockets tell. */
	if (err == 0 && !sockets_revoked(sockets))
		err = -EOPNOTSUPP;
	while (sockets->count > 0)
		close(sockets->fd[--sockets->count]);
	if (listener >= 0)
		close(listener);
	return err ? err : us;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
report(const char *name, uint32_t count, double us[ROUNDS], bool json)
{
	double p50;

	qsort(us, ROUNDS, sizeof(us[0]), by_value);
	p50 = us[ROUNDS / 2];
	if (json)
		printf("{\"bench\":\"kernel_revoke\",\"method\":\"%s\",\"sockets\":%u,"
		       "\"us_total_p50\":%.0f,\"us_total_min\":%.0f,\"us_total_max\":%.0f,"
		       "\"us_per_socket\":%.2f}\n",
		        name, count, p50, us[0], us[ROUNDS - 1], p50 / count);
	else
		printf("%-24s %8u %14.0f %14.0f %14.0f %10.2f\n", name, count, p50, us[0],
		        us[ROUNDS - 1], p50 / count);
	fflush(stdout);
}

static void
report_error(const char *name, uint32_t count, int err, bool json)
{
	const char *text = err == -EOPNOTSUPP
	                           ? "this kernel cannot destroy sockets (INET_DIAG_DESTROY)"
	                           : strerror(-err);

	if (json)
		printf("{\"bench\":\"kernel_revoke\",\"method\":\"%s\",\"sockets\":%u,"
		       "\"error\":\"%s\"}\n",
		        name, count, text);
	else
		printf("%-24s %8u not measured: %s\n", name, count, text);
	fflush(stdout);
}

/* All methods at one size, their rounds interleaved. 0, or the error of one of them. */
static int
compare(struct sockets *sockets, uint32_t count, bool json)
{
	static const struct method methods[] = {
	        {"ss -K", revoke_with_ss}, {"SOCK_DESTROY by netlink", revoke_directly}};
	enum { METHODS = sizeof(methods) / sizeof(methods[0]) };
	double us[METHODS][ROUNDS];
	int error[METHODS] = {0}, err = 0;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < METHODS; i++) {
			if (error[i] != 0)
				continue;
			us[i][round] = measure(sockets, &methods[i], count);
			if (us[i][round] < 0)
				error[i] = (int)us[i][round];
		}
	}
	for (uint32_t i = 0; i < METHODS; i++) {
		if (error[i] != 0) {
			report_error(methods[i].name, count, error[i], json);
			err = error[i];
		} else {
			report(methods[i].name, count, us[i], json);
		}
	}
	return err;
}

int
main(int argc, char **argv)
{
	static struct sockets sockets;
	bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
	int err;

	if (argc > 1 && !json) {
		fprintf(stderr, "usage: %s [--json]\n", argv[0]);
		return 2;
	}
	err = namespace_enter();
	if (err != 0) {
		fprintf(stderr,
		        "kernel_revoke: no network namespace of its own: %s; run it as root\n",
		        strerror(-err));
		return 1;
	}
	if (!json)
		printf("%-24s %8s %14s %14s %14s %10s\n", "kernel's revocation", "sockets",
		        "us total p50", "min", "max", "us each");
	err = compare(&sockets, 1000, json);
	if (err == 0)
		err = compare(&sockets, 10000, json);
	/* A kernel without the feature is a result; anything else is a failure. */
	return err == 0 || err == -EOPNOTSUPP ? 0 : 1;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel says of a thread. */
#include "cpu_time.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool
file_read(pid_t thread, const char *name, char *text, size_t size)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", (int)thread, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, text, size - 1);
	close(fd);
	if (length <= 0)
		return false;
	text[length] = '\0';
	return true;
}

/* The state follows the name of the thread, which stands in parentheses and may hold any character. */
static bool
is_ready(const char *stat)
{
	const char *end = strrchr(stat, ')');

	return end != NULL && strncmp(end, ") R", 3) == 0;
}

bool
cpu_time_read(pid_t thread, struct chimney_cpu_time *time)
{
	char text[512];

	if (!file_read(thread, "schedstat", text, sizeof(text)) ||
	        sscanf(text, "%" SCNu64 " %" SCNu64, &time->ran, &time->waited) != 2 ||
	        /* a kernel without scheduler statistics says 0 of everything */
	        time->ran == 0 || !file_read(thread, "stat", text, sizeof(text)))
		return false;
	time->ready = is_ready(text);
	return true;
}

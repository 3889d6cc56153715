/* SPDX-License-Identifier: BSD-3-Clause */
/* Starting DPDK's environment layer, with a helpful message for every way in which that fails. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "device_claim.h"
#include "eal.h"
#include "eal_memory.h"
#include "options.h"
#include "say.h"

int
eal_argument_count(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--") == 0)
			return i;
	return argc;
}

static bool
argument_given(int argc, char **argv, const char *name)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return false;
}

/* Options of ours before `--`: EAL would answer with all of its own. 0 or -1 (said). */
static int
check_order(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!options_know(argv[i]))
			continue;
		say_error("%s: not one of EAL's options; the program's own stand behind `--`",
		        argv[i]);
		say_hint("usage: dpdk-chimney [EAL OPTION...] -- [OPTION...]; see --help");
		return -1;
	}
	return 0;
}

/* The process that runs with the same file prefix, by the lock that it holds; 0: none. */
static pid_t
prefix_owner(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char *path = NULL;
	pid_t owner = 0;
	int fd;

	if (asprintf(&path, "%s/config", rte_eal_get_runtime_dir()) < 0)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	if (fd < 0)
		return 0;
	if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		owner = lock.l_pid;
	close(fd);
	return owner;
}

static const char *
file_prefix(void)
{
	const char *slash = strrchr(rte_eal_get_runtime_dir(), '/');

	return slash != NULL ? slash + 1 : "rte";
}

static int
say_prefix_taken(pid_t owner)
{
	if (owner != 0)
		say_error("process %d runs with DPDK's file prefix '%s' already", (int)owner,
		        file_prefix());
	else
		say_error(
		        "another process runs with DPDK's file prefix '%s' already", file_prefix());
	say_hint("Give this one a prefix of its own, before `--`: --file-prefix NAME");
	return -1;
}

static int
say_why(int argc, char **argv)
{
	pid_t owner = rte_errno != EINVAL ? prefix_owner() : 0;

	if (owner != 0)
		return say_prefix_taken(owner);
	say_error("DPDK's environment layer did not start (%s); its own messages are above",
	        rte_errno != 0 ? rte_strerror(rte_errno) : "no reason given");
	if (!argument_given(argc, argv, "--no-huge") && eal_hugepages_free() == 0)
		say_hint("There are no free hugepages. Reserve some (echo 512 > " HUGEPAGE_DIRECTORY
		         "/hugepages-2048kB/nr_hugepages), or run without: "
		         "--no-huge -m 512");
	else if (rte_errno == EACCES || rte_errno == EPERM)
		say_hint("Run as root, or with --no-huge --no-pci as an ordinary user.");
	else
		say_hint("Check the options before `--`, for example: --no-huge -m 512 --no-pci "
		         "--vdev net_null0 --lcores '0@0,1@0,2@1'");
	return -1;
}

/* rte_eal_init without the hundred lines that it prints for one wrong option. */
static int
init_in_short(int argc, char **argv)
{
	int out, null, result;

	if (argument_given(argc, argv, "--help") || argument_given(argc, argv, "-h"))
		return rte_eal_init(argc, argv);
	fflush(stdout);
	out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (out >= 0 && null >= 0)
		dup2(null, STDOUT_FILENO);
	result = rte_eal_init(argc, argv);
	fflush(stdout);
	if (out >= 0 && null >= 0)
		dup2(out, STDOUT_FILENO);
	close(null);
	close(out);
	return result;
}

int
eal_start(int argc, char **argv)
{
	/* EAL permutes and keeps its arguments: it gets an array of its own, ours stays as it is */
	char **copy = calloc((size_t)argc + 1, sizeof(*copy));
	int result;

	if (copy == NULL)
		return say_error("out of memory");
	memcpy(copy, argv, (size_t)argc * sizeof(*copy));
	result = check_order(argc, argv) == 0 ? devices_claim(argc, argv) : -1;
	if (result == 0) {
		result = init_in_short(argc, copy);
		if (result < 0)
			say_why(argc, argv);
		else if (result + 1 < argc)
			result = say_error("'%s': not one of EAL's options, which dpdk-chimney "
			                   "--help -- lists",
			        copy[result + 1]);
		else if (rte_eal_process_type() != RTE_PROC_PRIMARY)
			result = say_prefix_taken(0);
	}
	free(copy);
	return result < 0 ? -1 : 0;
}

int
eal_check_lcores(void)
{
	unsigned int lcores = rte_lcore_count();

	if (lcores >= 3)
		return 0;
	say_error("%u lcore%s: the program needs at least 3 (main, control, one worker)", lcores,
	        lcores == 1 ? "" : "s");
	say_hint("Several lcores may share a CPU: --lcores '0@0,1@0,2@1'");
	return -1;
}

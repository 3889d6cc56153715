/* SPDX-License-Identifier: BSD-3-Clause */
/* Starting DPDK's environment layer, with a helpful message for every way in which that fails. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "eal.h"
#include "say.h"

#define HUGEPAGE_DIRECTORY "/sys/kernel/mm/hugepages"

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

/* Free hugepages of all sizes. */
static unsigned long
hugepages_free(void)
{
	DIR *directory = opendir(HUGEPAGE_DIRECTORY);
	unsigned long sum = 0;
	struct dirent *entry;

	if (directory == NULL)
		return 0;
	while ((entry = readdir(directory)) != NULL) {
		char path[sizeof(HUGEPAGE_DIRECTORY) + sizeof(entry->d_name) + 16];
		unsigned long count = 0;
		FILE *file;

		snprintf(
		        path, sizeof(path), HUGEPAGE_DIRECTORY "/%s/free_hugepages", entry->d_name);
		file = fopen(path, "r");
		if (file == NULL)
			continue;
		if (fscanf(file, "%lu", &count) == 1)
			sum += count;
		fclose(file);
	}
	closedir(directory);
	return sum;
}

int
eal_start(int argc, char **argv)
{
	/* EAL permutes and keeps its arguments: it gets an array of its own, ours stays as it is */
	char **copy = calloc((size_t)argc + 1, sizeof(*copy));
	bool huge = !argument_given(argc, argv, "--no-huge");
	int result;

	if (copy == NULL)
		return say_error("out of memory");
	memcpy(copy, argv, (size_t)argc * sizeof(*copy));
	result = rte_eal_init(argc, copy);
	if (result >= 0) {
		free(copy);
		return 0;
	}
	say_error("DPDK's environment layer did not start (%s); its own messages are above",
	        rte_strerror(rte_errno));
	if (huge && hugepages_free() == 0)
		say_hint("There are no free hugepages. Reserve some (echo 512 > " HUGEPAGE_DIRECTORY
		         "/hugepages-2048kB/nr_hugepages), or run without: "
		         "--no-huge -m 512");
	else if (rte_errno == EACCES || rte_errno == EPERM)
		say_hint("Run as root, or with --no-huge --no-pci as an ordinary user.");
	else
		say_hint("Check the options before `--`, for example: --no-huge -m 512 --no-pci "
		         "--vdev net_null0 --lcores '0@0,1@0,2@1'");
	free(copy);
	return -1;
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

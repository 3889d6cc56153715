/* SPDX-License-Identifier: BSD-3-Clause */
/* How much memory this process may still use. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory_limit.h"

#define UNKNOWN UINT64_MAX
/* v1 has a limit without a limit: the largest number of pages */
#define NO_LIMIT ((uint64_t)INT64_MAX / 2)

/* The files of one version of control groups. */
struct group_version {
	const char *fstype;
	/* v1: among the mount's options and the group's controllers; NULL: the one hierarchy */
	const char *controller;
	/* what is in use may not grow beyond any of these */
	const char *limits[2];
	const char *used;
	/* of memory.stat: page cache, which goes when memory is short */
	const char *cache[3];
	/* v1: "0" in here: the group does not count what its children use */
	const char *hierarchy;
};

static const struct group_version versions[] = {
        {"cgroup2", NULL, {"memory.max", "memory.high"}, "memory.current",
                {"inactive_file ", "active_file ", "slab_reclaimable "}, NULL},
        {"cgroup", "memory", {"memory.limit_in_bytes", NULL}, "memory.usage_in_bytes",
                {"total_inactive_file ", "total_active_file ", NULL}, "memory.use_hierarchy"},
};

static FILE *
open_file(const char *root, const char *folder, const char *name)
{
	char *path = NULL;
	FILE *file;

	if (asprintf(&path, "%s%s/%s", root, folder, name) < 0)
		return NULL;
	file = fopen(path, "r");
	free(path);
	return file;
}

/* The number behind a key at the beginning of a line (""): the first one. UNKNOWN: there is none, such as "max". */
static uint64_t
read_number(const char *root, const char *folder, const char *name, const char *key)
{
	FILE *file = open_file(root, folder, name);
	uint64_t number = UNKNOWN;
	char line[256];

	if (file == NULL)
		return UNKNOWN;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		if (sscanf(line + strlen(key), "%" SCNu64, &number) != 1)
			number = UNKNOWN;
		break;
	}
	fclose(file);
	return number;
}

/* Is a word in a list with commas? */
static bool
list_has(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (; list != NULL; list = strchr(list, ',') != NULL ? strchr(list, ',') + 1 : NULL)
		if (strncmp(list, word, length) == 0 && strchr(",\n", list[length]) != NULL)
			return true;
	return false;
}

/* Our group's path, from /proc/self/cgroup: lines "number:controllers:path". */
static bool
group_path(const char *root, const struct group_version *version, char path[256])
{
	FILE *file = open_file(root, "/proc/self", "cgroup");
	bool found = false;
	char line[512];

	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		char *controllers = strchr(line, ':');
		char *at = controllers != NULL ? strchr(controllers + 1, ':') : NULL;

		if (at == NULL)
			continue;
		*at++ = '\0';
		at[strcspn(at, "\n")] = '\0';
		found = version->controller == NULL
		                ? controllers[1] == '\0'
		                : list_has(controllers + 1, version->controller);
		if (found)
			snprintf(path, 256, "%s", at);
	}
	fclose(file);
	return found;
}

/*
 * Where the hierarchy is mounted, and which of its groups is seen there, from /proc/self/mountinfo: "id parent device
 * group folder options ... - fstype source options".
 */
static bool
group_mount(
        const char *root, const struct group_version *version, char group[256], char folder[256])
{
	FILE *file = open_file(root, "/proc/self", "mountinfo");
	bool found = false;
	char line[1024];

	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		char fstype[32], options[256];
		const char *dash = strstr(line, " - ");

		found = dash != NULL && sscanf(dash, " - %31s %*s %255s", fstype, options) == 2 &&
		        strcmp(fstype, version->fstype) == 0 &&
		        (version->controller == NULL || list_has(options, version->controller)) &&
		        sscanf(line, "%*s %*s %*s %255s %255s", group, folder) == 2;
	}
	fclose(file);
	return found;
}

/* What one group leaves. UNKNOWN: it has no limit. */
static uint64_t
group_available(const char *root, const struct group_version *version, const char *folder)
{
	uint64_t limit = UNKNOWN, used = read_number(root, folder, version->used, ""), cache = 0;

	for (size_t i = 0; i < 2 && version->limits[i] != NULL; i++) {
		uint64_t one = read_number(root, folder, version->limits[i], "");

		limit = one < limit && one < NO_LIMIT ? one : limit;
	}
	if (limit == UNKNOWN || used == UNKNOWN)
		return UNKNOWN;
	for (size_t i = 0; i < 3 && version->cache[i] != NULL; i++) {
		uint64_t part = read_number(root, folder, "memory.stat", version->cache[i]);

		cache += part != UNKNOWN ? part : 0;
	}
	used -= cache < used ? cache : used;
	return used < limit ? limit - used : 0;
}

/* Our group and its parents, as far up as they can be seen. */
static void
groups_read(const char *root, const struct group_version *version, struct memory_limit *limit)
{
	char path[256], group[256], top[256], folder[sizeof(limit->group)];
	size_t seen, above;

	if (!group_path(root, version, path) || !group_mount(root, version, group, top))
		return;
	/* within a container the top may be our own group, under the name that it has outside */
	seen = strcmp(group, "/") == 0 ? 0 : strlen(group);
	if (strncmp(path, group, seen) != 0 || strstr(path, "..") != NULL)
		path[seen = 0] = '\0';
	snprintf(folder, sizeof(folder), "%s%s", top, path + seen);
	above = strlen(top);
	for (bool own = true; strlen(folder) >= above; own = false) {
		uint64_t left = group_available(root, version, folder);

		if (!own && version->hierarchy != NULL &&
		        read_number(root, folder, version->hierarchy, "") == 0)
			left = UNKNOWN;
		if (left != UNKNOWN && (limit->available == 0 || left < limit->available)) {
			/* 0 is "unknown" */
			limit->available = left != 0 ? left : 1;
			snprintf(limit->group, sizeof(limit->group), "%s", folder);
		}
		if (strrchr(folder, '/') == NULL || strlen(folder) == above)
			break;
		*strrchr(folder, '/') = '\0';
	}
}

void
memory_limit_read(const char *root, struct memory_limit *limit)
{
	uint64_t machine = read_number(root, "/proc", "meminfo", "MemAvailable:");

	limit->group[0] = '\0';
	limit->available = machine != UNKNOWN ? machine * 1024 : 0;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		groups_read(root, &versions[i], limit);
}

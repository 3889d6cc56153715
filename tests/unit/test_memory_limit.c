/* SPDX-License-Identifier: BSD-3-Clause */
/* How much memory may be used (P5): the machine, control groups of both versions, their parents. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory_limit.h"
#include "unit.h"

#define MIB (1024ull * 1024)
#define V1 "/sys/fs/cgroup/memory"
#define V2 "/sys/fs/cgroup"
#define MOUNT_V1 "35 31 0:32 / " V1 " rw,relatime - cgroup cgroup rw,memory\n"
#define MOUNT_V2 "41 31 0:38 / " V2 " rw,relatime - cgroup2 cgroup2 rw\n"
#define OTHERS                                                                                     \
	"31 23 0:28 / /sys rw - tmpfs tmpfs rw,mode=755\n"                                         \
	"32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,memoryless\n"

static char root[64];

static int
remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	return remove(path);
}

/* A file of the machine that is made up, with all its folders. */
static void
put(const char *path, const char *text)
{
	char full[512];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *slash = strchr(full + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	file = fopen(full, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fputs(text, file);
	fclose(file);
}

static void
put_number(const char *folder, const char *name, unsigned long long number)
{
	char path[256], text[32];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(text, sizeof(text), "%llu\n", number);
	put(path, text);
}

static void
machine(unsigned long long available, const char *groups, const char *mounts)
{
	char text[512];

	strcpy(root, "/tmp/chimney-limit-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(root));
	snprintf(text, sizeof(text),
	        "MemTotal: 99999999 kB\nMemFree: 5 kB\nMemAvailable: %llu kB\n", available / 1024);
	put("/proc/meminfo", text);
	put("/proc/self/cgroup", groups);
	put("/proc/self/mountinfo", mounts);
}

/* A group of version 2; limit 0: none. */
static void
group_v2(const char *folder, unsigned long long limit, unsigned long long used,
        unsigned long long cache)
{
	char path[256], stat[128];

	snprintf(path, sizeof(path), "%s/memory.max", folder);
	put(path, "max\n");
	if (limit != 0)
		put_number(folder, "memory.max", limit);
	put_number(folder, "memory.current", used);
	snprintf(path, sizeof(path), "%s/memory.stat", folder);
	snprintf(stat, sizeof(stat), "anon %llu\nfile 7\ninactive_file %llu\nactive_file %llu\n",
	        used - cache, cache / 2, cache / 2);
	put(path, stat);
}

static void
group_v1(const char *folder, unsigned long long limit, unsigned long long used,
        unsigned long long cache, int hierarchy)
{
	char path[256], stat[160];

	put_number(folder, "memory.limit_in_bytes", limit != 0 ? limit : 9223372036854771712ull);
	put_number(folder, "memory.usage_in_bytes", used);
	put_number(folder, "memory.use_hierarchy", (unsigned long long)hierarchy);
	snprintf(path, sizeof(path), "%s/memory.stat", folder);
	snprintf(stat, sizeof(stat),
	        "cache 1\ninactive_file 1\ntotal_inactive_file %llu\ntotal_active_file %llu\n",
	        cache / 2, cache / 2);
	put(path, stat);
}

/* What is read, in MiB and the group's folder. The machine is gone afterwards. */
static void
found(unsigned long long mib, const char *group)
{
	struct memory_limit limit;

	memory_limit_read(root, &limit);
	CU_ASSERT_EQUAL(limit.available / MIB, mib);
	CU_ASSERT_STRING_EQUAL(limit.group, group);
	if (strcmp(limit.group, group) != 0 || limit.available / MIB != mib)
		printf("%llu MiB in '%s'\n", (unsigned long long)limit.available / MIB,
		        limit.group);
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
test_machine(void)
{
	machine(1000 * MIB, "", "");
	found(1000, "");
	machine(1000 * MIB, "0::/\n", MOUNT_V2);
	found(1000, "");
	/* groups without the files, or without a limit */
	machine(1000 * MIB, "4:memory:/a\n0::/b\n", OTHERS MOUNT_V1 MOUNT_V2);
	group_v1(V1 "/a", 0, 500 * MIB, 0, 1);
	group_v1(V1, 0, 500 * MIB, 0, 1);
	found(1000, "");
	machine(1000 * MIB, "0::/b\n", MOUNT_V2);
	group_v2(V2 "/b", 0, 500 * MIB, 0);
	found(1000, "");
	/* what is not ours does not count */
	machine(1000 * MIB, "0::/b\n", MOUNT_V2);
	group_v2(V2 "/bb", 100 * MIB, 0, 0);
	found(1000, "");
	strcpy(root, "/nonexistent");
	found(0, "");
}

static void
test_v2(void)
{
	/* 600 in use, 400 of that cache */
	machine(1000 * MIB, "0::/b\n", MOUNT_V2);
	group_v2(V2 "/b", 700 * MIB, 600 * MIB, 400 * MIB);
	found(500, V2 "/b");
	/* a parent's limit is the smaller one */
	machine(1000 * MIB, "0::/a/b\n", MOUNT_V2);
	group_v2(V2 "/a/b", 900 * MIB, 100 * MIB, 0);
	group_v2(V2 "/a", 300 * MIB, 250 * MIB, 100 * MIB);
	found(150, V2 "/a");
	/* throttled beyond memory.high */
	machine(1000 * MIB, "0::/b\n", MOUNT_V2);
	group_v2(V2 "/b", 0, 100 * MIB, 0);
	put_number(V2 "/b", "memory.high", 300 * MIB);
	found(200, V2 "/b");
	/* nothing is left */
	machine(1000 * MIB, "0::/b\n", MOUNT_V2);
	group_v2(V2 "/b", 100 * MIB, 101 * MIB, 0);
	found(0, V2 "/b");
	/* a container: its group is at the top, under a name of outside, or of a namespace */
	machine(1000 * MIB, "0::/docker/0123\n",
	        "41 31 0:38 /docker/0123 " V2 " rw,relatime shared:9 - cgroup2 cgroup rw\n");
	group_v2(V2, 200 * MIB, 50 * MIB, 0);
	found(150, V2);
	machine(1000 * MIB, "0::/../../x\n", MOUNT_V2);
	group_v2(V2, 200 * MIB, 50 * MIB, 0);
	found(150, V2);
}

static void
test_v1(void)
{
	machine(1000 * MIB, "5:cpuset,cpu:/c\n4:memory:/a\n0::/\n", OTHERS MOUNT_V1 MOUNT_V2);
	group_v1(V1 "/a", 700 * MIB, 600 * MIB, 400 * MIB, 1);
	group_v1(V1, 0, 800 * MIB, 0, 1);
	found(500, V1 "/a");
	machine(1000 * MIB, "4:memory:/a/b\n", OTHERS MOUNT_V1);
	group_v1(V1 "/a/b", 0, 100 * MIB, 0, 1);
	group_v1(V1 "/a", 300 * MIB, 250 * MIB, 100 * MIB, 1);
	found(150, V1 "/a");
	/* a parent that does not count its children sets them no limit; its own group it does */
	machine(1000 * MIB, "4:memory:/a/b\n", OTHERS MOUNT_V1);
	group_v1(V1 "/a/b", 500 * MIB, 100 * MIB, 0, 0);
	group_v1(V1 "/a", 300 * MIB, 250 * MIB, 0, 0);
	found(400, V1 "/a/b");
	/* both versions have a limit */
	machine(1000 * MIB, "4:memory:/a\n0::/b\n", OTHERS MOUNT_V1 MOUNT_V2);
	group_v1(V1 "/a", 500 * MIB, 100 * MIB, 0, 1);
	group_v2(V2 "/b", 400 * MIB, 100 * MIB, 0);
	found(300, V2 "/b");
}

static const struct unit_test tests[] = {
        {"P5: the machine", test_machine},
        {"P5: control groups, version 2", test_v2},
        {"P5: control groups, version 1", test_v1},
};

int
main(void)
{
	return unit_run("memory_limit", tests, sizeof(tests) / sizeof(tests[0]));
}

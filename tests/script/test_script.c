/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plays all scripts of folders: test_script ROOT FOLDER... Those that ROOT/pending names are expected to fail, and it is
 * noticed when they pass. Scripts whose second line is "# fails: TEXT" must fail with that text: an interpreter that
 * cannot fail proves nothing.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"
#include "test_mutant.h"

#define FAILS "# fails: "

static struct program program;
static struct play play;
static struct stage stage;

/* The whole file, to be freed; NULL when it cannot be read. */
static char *
read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (file == NULL)
		return NULL;
	if (getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

/* Is `name` a line of the list? */
static bool
is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; at != NULL && (at = strstr(at, name)) != NULL; at += length)
		if ((at == list || at[-1] == '\n') && (at[length] == '\n' || at[length] == '\0'))
			return true;
	return false;
}

/* The text that the failure must contain; NULL: the script is to pass. */
static const char *
wanted_failure(const char *text, char *wanted, size_t size)
{
	const char *second = strchr(text, '\n');

	if (second == NULL || strncmp(second + 1, FAILS, strlen(FAILS)) != 0)
		return NULL;
	snprintf(wanted, size, "%s", second + 1 + strlen(FAILS));
	wanted[strcspn(wanted, "\n")] = '\0';
	return wanted;
}

/* True when all is as it should be. A complaint begins with the script's name. */
static bool
judge(const char *name, bool passed, bool pending, const char *wanted, const char *complaint)
{
	bool failed_as_wanted = !passed && wanted != NULL && strstr(complaint, wanted) != NULL;

	if (wanted != NULL && !failed_as_wanted)
		printf("FAIL  %s: should fail with '%s'\n%s\n", name, wanted, complaint);
	else if (pending && passed)
		printf("FAIL  %s: passes; take it off tests/script/pending\n", name);
	else if (pending)
		printf("wait  %s\n", complaint);
	else if (!passed && wanted == NULL)
		printf("FAIL  %s\n", complaint);
	else
		printf("ok    %s\n", name);
	if (wanted != NULL)
		return failed_as_wanted;
	return passed != pending;
}

static bool
run_file(const char *root, const char *name, const char *pending)
{
	static struct complaint complaint;
	char path[1024], wanted[512], *text;
	bool passed, good;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	complaint = (struct complaint){.file = name};
	text = read_file(path);
	if (text == NULL) {
		printf("FAIL  %s: it cannot be read, or is empty\n", name);
		return false;
	}
	passed = program_parse(&program, text, &complaint) &&
	         play_run(&play, &stage, &program, &complaint);
	good = judge(name, passed, is_listed(pending, name),
	        wanted_failure(text, wanted, sizeof(wanted)), complaint.text);
	free(text);
	return good;
}

static int
is_script(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 4 && strcmp(entry->d_name + length - 4, ".tcp") == 0;
}

/* Every script of this folder that is listed as pending must be there: a misspelt name would be noticed by nobody. */
static uint32_t
misspelt(const char *root, const char *folder, const char *pending)
{
	size_t length = strlen(folder);
	uint32_t missing = 0;

	for (const char *at = pending; at != NULL && *at != '\0'; at += strspn(at, "\n")) {
		size_t name = strcspn(at, "\n");
		char path[1024];
		FILE *file;

		snprintf(path, sizeof(path), "%s/%.*s", root, (int)name, at);
		if (strncmp(at, folder, length) == 0 && at[length] == '/') {
			file = fopen(path, "r");
			if (file != NULL) {
				fclose(file);
			} else {
				printf("FAIL  %s: pending, but not there\n", path);
				missing++;
			}
		}
		at += name;
	}
	return missing;
}

static int
run_folder(const char *root, const char *folder)
{
	uint32_t passed = 0, failed;
	char path[1024], *pending;
	struct dirent **entry;
	int n;

	snprintf(path, sizeof(path), "%s/pending", root);
	pending = read_file(path);
	failed = misspelt(root, folder, pending);
	snprintf(path, sizeof(path), "%s/%s", root, folder);
	n = scandir(path, &entry, is_script, alphasort);
	for (int i = 0; i < n; i++) {
		char name[1024];

		snprintf(name, sizeof(name), "%s/%s", folder, entry[i]->d_name);
		if (run_file(root, name, pending))
			passed++;
		else
			failed++;
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	free(pending);
	printf("%u passed, %u failed\n", passed, failed);
	return passed > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A folder, or one script. */
static int
run_name(const char *root, const char *name)
{
	size_t length = strlen(name);

	if (length > 4 && strcmp(name + length - 4, ".tcp") == 0)
		return run_file(root, name, NULL) ? EXIT_SUCCESS : EXIT_FAILURE;
	return run_folder(root, name);
}

int
main(int argc, char **argv)
{
	int rc = EXIT_SUCCESS;

	/* Behind the folders: what the arguments of the other test programs are. */
	if (argc >= 5 && strcmp(argv[argc - 2], "--mutant") == 0) {
		if (!test_mutant_arguments(3, argv + argc - 3))
			return EXIT_FAILURE;
		argc -= 2;
	}
	if (argc < 3) {
		fprintf(stderr, "usage: %s ROOT FOLDER|FILE.tcp... [--mutant NAME]\n", argv[0]);
		return EXIT_FAILURE;
	}
	if (stage_init(&stage) != 0)
		return EXIT_FAILURE;
	for (int i = 2; i < argc; i++)
		if (run_name(argv[1], argv[i]) != EXIT_SUCCESS)
			rc = EXIT_FAILURE;
	stage_fini(&stage);
	return rc;
}

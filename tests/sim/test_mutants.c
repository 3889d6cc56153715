/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Are the checks able to fail? Runs test programs once as they are and once with every planted fault of a group of
 * tests/mutants/, each run in a process of its own: the first must pass, each fault must make one of them fail. Needs
 * a build with -Dmutants=true. The programs of the group "engine" have one thread each: as many of its faults as there
 * are cores are tried at a time.
 *
 * usage: test_mutants GROUP PROGRAM[,ARGUMENT...]...
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_common.h>

#include "test_mutant.h"

#define MAX_ARGUMENTS 32
#define MAX_MUTANTS 256u
#define MAX_JOBS 4
/*
 * A run that takes longer hangs: that counts as a failure of it. The engine's programs wait for nobody: theirs are seconds of
 * the processor, however many others want it.
 */
#define RUN_SECONDS 240u

static bool engine; /* the group's name */

/* In the child: run `program,argument,...` with the fault switched on; stdout goes to the pipe. */
static void
child(const char *program, const char *mutant, int output)
{
	char *copy = strdup(program), *place = NULL;
	char *argv[MAX_ARGUMENTS + 3];
	int argc = 0;

	for (char *word = strtok_r(copy, ",", &place); word != NULL && argc < MAX_ARGUMENTS;
	        word = strtok_r(NULL, ",", &place))
		argv[argc++] = word;
	if (mutant != NULL) {
		argv[argc++] = strdup("--mutant");
		argv[argc++] = strdup(mutant);
	}
	argv[argc] = NULL;
	dup2(output, STDOUT_FILENO);
	/* Both are kept across exec. */
	if (engine)
		setrlimit(RLIMIT_CPU, &(struct rlimit){RUN_SECONDS, RUN_SECONDS});
	else
		alarm(RUN_SECONDS);
	execv(argv[0], argv);
	_exit(127);
}

/* Keep the line that says what was wrong: the first that starts so, or CUnit's. */
static void
read_reason(int input, char *reason, size_t size)
{
	FILE *file = fdopen(input, "r");
	char buffer[512];

	snprintf(reason, size, "no reason given");
	while (file != NULL && fgets(buffer, sizeof(buffer), file) != NULL) {
		char *line = buffer + strspn(buffer, " ");
		char *test = strstr(line, "Test: ");

		line[strcspn(line, "\n")] = '\0';
		if (test != NULL && strstr(line, "...FAILED") != NULL &&
		        strncmp(reason, "no", 2) == 0)
			snprintf(reason, size, "%.300s", test + strlen("Test: "));
		if (strchr(line, ':') != NULL && strncmp(reason, "no", 2) == 0 &&
		        (strncmp(line, "seed", 4) == 0 || strncmp(line, "at the end", 10) == 0 ||
		                strncmp(line, "group", 5) == 0 || strncmp(line, "FAIL", 4) == 0))
			snprintf(reason, size, "%.300s", line);
	}
	if (file != NULL)
		fclose(file);
}

/* True when the program passed. A program that cannot be started ends the test. */
static bool
run(const char *program, const char *mutant, char *reason, size_t size)
{
	int ends[2], status = 0;
	pid_t pid;

	fflush(stdout);
	if (pipe2(ends, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
		perror("cannot start a test program");
		exit(EXIT_FAILURE);
	}
	if (pid == 0)
		child(program, mutant, ends[1]);
	close(ends[1]);
	read_reason(ends[0], reason, size);
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		fprintf(stderr, "cannot run %s\n", program);
		exit(EXIT_FAILURE);
	}
	if (WIFSIGNALED(status))
		snprintf(reason, size, "ended by signal %d", WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Does any of the programs notice the fault? */
static bool
caught(char **programs, int count, const char *mutant)
{
	char reason[512];

	for (int i = 0; i < count; i++) {
		const char *name = strrchr(programs[i], '/');

		if (run(programs[i], mutant, reason, sizeof(reason)))
			continue;
		printf("%-22s caught by %.*s: %s\n", mutant,
		        (int)strcspn(name ? name + 1 : programs[i], ","),
		        name ? name + 1 : programs[i], reason);
		return true;
	}
	return false;
}

/* A fault that is tried in a process of its own. */
struct job {
	const char *mutant, *text;
	FILE *output; /* what it says */
	pid_t pid;
	bool ended, caught;
};

static void
start(struct job *job, char **programs, int count)
{
	job->output = tmpfile();
	fflush(stdout);
	if (job->output == NULL || (job->pid = fork()) < 0) {
		perror("cannot try a fault");
		exit(EXIT_FAILURE);
	}
	if (job->pid > 0)
		return;
	dup2(fileno(job->output), STDOUT_FILENO);
	if (caught(programs, count, job->mutant)) {
		fflush(stdout);
		_exit(EXIT_SUCCESS);
	}
	printf("%-22s NOT CAUGHT (%s)\n", job->mutant, job->text);
	fflush(stdout);
	_exit(EXIT_FAILURE);
}

/* Whichever ends next. */
static void
wait_for_one(struct job *job, unsigned int n)
{
	int status = 0;
	pid_t pid = wait(&status);

	for (unsigned int i = 0; i < n; i++) {
		if (job[i].pid != pid)
			continue;
		job[i].ended = true;
		job[i].caught = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
	}
}

static void
show(struct job *job)
{
	char line[1024];

	rewind(job->output);
	while (fgets(line, sizeof(line), job->output) != NULL)
		fputs(line, stdout);
	fclose(job->output);
}

/* Try all of them, some at a time; they are reported in order. Returns how many were caught. */
static unsigned int
try_all(struct job *job, unsigned int n, unsigned int at_once, char **programs, int count)
{
	unsigned int started = 0, ended = 0, shown = 0, result = 0;

	while (shown < n) {
		if (started < n && started - ended < at_once) {
			start(&job[started++], programs, count);
			continue;
		}
		wait_for_one(job, started);
		ended++;
		for (; shown < started && job[shown].ended; shown++) {
			show(&job[shown]);
			result += job[shown].caught;
		}
	}
	return result;
}

int
main(int argc, char **argv)
{
	static struct job job[MAX_MUTANTS];
	unsigned int passed = 0, failed = 0, jobs = 0, at_once = 1, caught_all;
	const char *only = getenv("MUTANT");
	const char *mutant, *text;
	const char *group;
	char reason[512];

	if (argc < 3 || test_mutant_name(0, NULL, NULL) == NULL) {
		fprintf(stderr,
		        "usage: %s GROUP PROGRAM[,ARGUMENT...]... (in a build with "
		        "-Dmutants=true)\n",
		        argv[0]);
		return EXIT_FAILURE;
	}
	engine = strcmp(argv[1], "engine") == 0;
	for (int i = 2; i < argc; i++) {
		if (run(argv[i], NULL, reason, sizeof(reason))) {
			passed++;
			continue;
		}
		printf("without a fault %s fails: %s\n", argv[i], reason);
		failed++;
	}
	for (unsigned int i = 0; (mutant = test_mutant_name(i, &text, &group)) != NULL; i++) {
		if (strcmp(argv[1], group) != 0)
			continue;
		if (only != NULL && strcmp(only, mutant) != 0)
			continue;
		if (jobs == MAX_MUTANTS)
			return EXIT_FAILURE;
		job[jobs++] = (struct job){.mutant = mutant, .text = text};
	}
	/* Those of stops have two threads: they need the cores. */
	if (engine)
		at_once = (unsigned int)RTE_MIN(RTE_MAX(get_nprocs(), 1), MAX_JOBS);
	caught_all = try_all(job, jobs, at_once, &argv[2], argc - 2);
	passed += caught_all;
	failed += jobs - caught_all;
	printf("%u passed, %u failed\n", passed, failed);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

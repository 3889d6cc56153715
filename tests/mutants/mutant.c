/* SPDX-License-Identifier: BSD-3-Clause */
/* The switch of the planted faults, in a build that has them. */
#include "mutant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mutant_ids.h"
#include "test_mutant.h"

int mutant_on = MUTANT_NONE;

const char *
test_mutant_name(unsigned int i, const char **text, const char **group)
{
	if (text != NULL)
		*text = mutants[i].text;
	if (group != NULL)
		*group = mutants[i].group;
	return mutants[i].name;
}

bool
test_mutant(const char *name)
{
	for (int i = 0; mutants[i].name != NULL; i++) {
		if (strcmp(mutants[i].name, name) == 0) {
			mutant_on = i + 1;
			return true;
		}
	}
	return false;
}

/* The program itself knows of no faults: its tests name one in the environment. */
static void __attribute__((constructor)) from_environment(void)
{
	const char *name = getenv("CHIMNEY_MUTANT");

	if (name == NULL)
		return;
	if (!test_mutant(name)) {
		fprintf(stderr, "CHIMNEY_MUTANT=%s: there is no such planted fault\n", name);
		exit(EXIT_FAILURE);
	}
	fprintf(stderr, "planted fault: %s\n", name);
}

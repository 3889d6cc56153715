/* SPDX-License-Identifier: BSD-3-Clause */
/* Planted faults by name. */
#include "test_mutant.h"

#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "mutant.h"

#ifdef TOE_MUTANTS
static const struct {
	const char *name, *text;
	bool engine;
} list[] = {
#define STOP_ROW(name, text) {#name, text, false},
#define ENGINE_ROW(name, text) {#name, text, true},
        TOE_MUTANT_STOP_LIST(STOP_ROW) TOE_MUTANT_ENGINE_LIST(ENGINE_ROW)
#undef STOP_ROW
#undef ENGINE_ROW
};

const char *
test_mutant_name(unsigned int i, const char **text, bool *engine)
{
	if (i >= RTE_DIM(list))
		return NULL;
	if (text != NULL)
		*text = list[i].text;
	if (engine != NULL)
		*engine = list[i].engine;
	return list[i].name;
}

bool
test_mutant(const char *name)
{
	for (unsigned int i = 0; i < RTE_DIM(list); i++) {
		if (strcmp(list[i].name, name) == 0) {
			toe_mutant = (int)i + 1;
			return true;
		}
	}
	return false;
}
#else
const char *
test_mutant_name(unsigned int i, const char **text, bool *engine)
{
	return NULL;
}

bool
test_mutant(const char *name)
{
	return false;
}
#endif

bool
test_mutant_arguments(int argc, char **argv)
{
	if (argc == 1)
		return true;
	if (argc == 3 && strcmp(argv[1], "--mutant") == 0 && test_mutant(argv[2]))
		return true;
	fprintf(stderr, "usage: %s [--mutant NAME] (in a build with -Dmutants=true)\n", argv[0]);
	return false;
}

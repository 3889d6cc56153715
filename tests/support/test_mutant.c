/* SPDX-License-Identifier: BSD-3-Clause */
/* Planted faults as arguments of test programs. */
#include "test_mutant.h"

#include <stdio.h>
#include <string.h>

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

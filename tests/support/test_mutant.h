/* SPDX-License-Identifier: BSD-3-Clause */
/* Planted faults (tests/mutants/) by name, for test programs that are to fail with one of them. */
#ifndef TESTS_TEST_MUTANT_H
#define TESTS_TEST_MUTANT_H

#include <stdbool.h>

/* Switch on the planted fault of this name ("DRAIN_SKIP"); false: unknown, or a build without mutants. */
bool test_mutant(const char *name);
/*
 * Name and meaning of the i-th planted fault; NULL behind the last one, and in builds without. group: that of
 * its list, "stop" or "engine". `text` and `group` may be NULL.
 */
const char *test_mutant_name(unsigned int i, const char **text, const char **group);
/* The arguments of a program that takes nothing but [--mutant NAME]; false: usage was printed. */
bool test_mutant_arguments(int argc, char **argv);

#endif

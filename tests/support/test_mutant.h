/* SPDX-License-Identifier: BSD-3-Clause */
/* Planted faults (toe/base/mutant.h) by name, for test programs that are to fail with one of them. */
#ifndef TESTS_TEST_MUTANT_H
#define TESTS_TEST_MUTANT_H

#include <stdbool.h>

/* Switch on the planted fault of this name ("DRAIN_SKIP"); false: unknown, or a build without mutants. */
bool test_mutant(const char *name);
/*
 * Name and meaning of the i-th planted fault; NULL behind the last one, and in builds without. engine: is it one of
 * the TCP engine, or one of stops and requests? `text` and `engine` may be NULL.
 */
const char *test_mutant_name(unsigned int i, const char **text, bool *engine);
/* The arguments of a program that takes nothing but [--mutant NAME]; false: usage was printed. */
bool test_mutant_arguments(int argc, char **argv);

#endif

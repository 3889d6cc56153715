/* SPDX-License-Identifier: BSD-3-Clause */
/* One CUnit suite per test program: a table of named tests and a main that runs it. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <stdlib.h>

#include <CUnit/Basic.h>

struct unit_test {
	const char *name; /* starts with the requirement numbers that it proves */
	void (*run)(void);
};

/* Run all tests of a suite and print CUnit's summary; the exit status of the program. */
static inline int
unit_run(const char *suite_name, const struct unit_test *tests, unsigned int count)
{
	unsigned int failures;
	CU_pSuite suite;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return EXIT_FAILURE;
	suite = CU_add_suite(suite_name, NULL, NULL);
	for (unsigned int i = 0; suite != NULL && i < count; i++)
		if (CU_add_test(suite, tests[i].name, tests[i].run) == NULL)
			return EXIT_FAILURE;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures() + (CU_get_number_of_tests_run() != count);
	CU_cleanup_registry();
	return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif

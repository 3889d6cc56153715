/* SPDX-License-Identifier: BSD-3-Clause */
/* A build without planted faults. */
#include <stddef.h>

#include "test_mutant.h"

const char *
test_mutant_name(unsigned int i, const char **text, const char **group)
{
	return NULL;
}

bool
test_mutant(const char *name)
{
	return false;
}

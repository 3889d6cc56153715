/* SPDX-License-Identifier: BSD-3-Clause */
/* Switching on a planted fault in builds that carry them. */
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "mutant.h"
#include "say.h"

#ifdef TOE_MUTANTS

int
fault_from_environment(void)
{
#define FAULT_NAME(name, text) #name,
	static const char *const names[] = {TOE_MUTANT_LIST(FAULT_NAME)};
#undef FAULT_NAME
	const char *wanted = getenv("CHIMNEY_MUTANT");

	if (wanted == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], wanted) != 0)
			continue;
		toe_mutant = (int)i + 1;
		say("planted fault: %s", wanted);
		return 0;
	}
	return say_error("CHIMNEY_MUTANT=%s: there is no such planted fault", wanted);
}

#else

int
fault_from_environment(void)
{
	if (getenv("CHIMNEY_MUTANT") == NULL)
		return 0;
	return say_error(
	        "CHIMNEY_MUTANT is set, but this build has no planted faults; configure with "
	        "-Dmutants=true");
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* The switch of the planted faults; empty in ordinary builds. */
#include "mutant.h"

#ifdef TOE_MUTANTS
int toe_mutant = TOE_MUTANT_NONE;
#else
typedef int toe_mutant_none; /* ISO C forbids an empty translation unit */
#endif

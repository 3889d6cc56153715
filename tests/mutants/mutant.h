/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of all planted faults, which tests/mutants/plant makes from the lists. */
#ifndef MUTANT_H
#define MUTANT_H

struct mutant {
	const char *name, *text, *group;
};
/* In the order of enum mutant_id; a row without a name ends it. */
extern const struct mutant mutants[];

#endif

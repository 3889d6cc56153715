/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Switching on a planted fault (toe/base/mutant.h) in the program itself, so that tests of the whole can show that
 * they catch it. Only builds with the meson option `mutants` have any.
 */
#ifndef APP_FAULT_H
#define APP_FAULT_H

/* The fault that CHIMNEY_MUTANT names in the environment. 0, or -1 (said) when there is none such. */
int fault_from_environment(void);

#endif

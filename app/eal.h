/* SPDX-License-Identifier: BSD-3-Clause */
/* Starting DPDK's environment layer, with a helpful message for every way in which that fails. */
#ifndef APP_EAL_H
#define APP_EAL_H

#include <stdint.h>

/* Number of EAL's arguments in argv (the program's name and what comes before `--`). */
int eal_argument_count(int argc, char **argv);
/* rte_eal_init with those. 0 or -1; the error has been said. */
int eal_start(int argc, char **argv);
/* Enough lcores for main, control and at least one worker? 0 or -1; the error has been said. */
int eal_check_lcores(void);

#endif

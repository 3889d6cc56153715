/* SPDX-License-Identifier: BSD-3-Clause */
/* Starting DPDK's environment layer, with a helpful message for every way in which that fails. */
#ifndef APP_EAL_H
#define APP_EAL_H

#include <stdint.h>

/* Number of EAL's arguments in argv (the program's name and what comes before `--`). */
int eal_argument_count(int argc, char **argv);
/* rte_eal_init with those. 0 or -1; the error has been said. */
int eal_start(int argc, char **argv);
/* Bytes of EAL's memory: taken, and still to be had, from hugepages too that it may take later. */
struct eal_memory {
	uint64_t used;
	uint64_t free;
};

void eal_memory_read(struct eal_memory *memory);
/* Enough lcores for main, control and at least one worker? 0 or -1; the error has been said. */
int eal_check_lcores(void);

#endif

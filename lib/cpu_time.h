/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel says of a thread of this process: did it run, or wait for a CPU? */
#ifndef LIB_CPU_TIME_H
#define LIB_CPU_TIME_H

#include <stdbool.h>
#include <sys/types.h>

#include "target.h"

/* Reads two files of /proc: a few us. False: the kernel does not tell, or there is no such thread. */
bool cpu_time_read(pid_t thread, struct chimney_cpu_time *time);

#endif

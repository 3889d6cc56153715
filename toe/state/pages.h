/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pages that a worker needs no more, on their way back to the system: the worker names them, one range at a time, the control
 * lcore makes the system call, since that can take as long as many frames. Between the two the pages are control's.
 */
#ifndef TOE_PAGES_H
#define TOE_PAGES_H

#include <stdatomic.h>
#include <stddef.h>

struct toe_pages {
	void *address; /* W, while `bytes` is 0 */
	_Atomic size_t bytes; /* W sets, C clears when they are gone */
};

#endif

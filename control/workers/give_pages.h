/* SPDX-License-Identifier: BSD-3-Clause */
/* Pages that workers need no more (toe/state/pages.h). */
#ifndef CONTROL_GIVE_PAGES_H
#define CONTROL_GIVE_PAGES_H

struct workers;

/*
 * Give the range of one worker back to the system, if there is one: 256 KiB at most, which takes in the order of ten
 * microseconds. A worker has one a millisecond at most.
 */
void pages_turn(struct workers *workers);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Turns of control, by its own lcore, or by main when the two have one CPU between them: then nothing is quicker than
 * to do oneself what one waits for. A baton, one atomic flag, sees to it that one of them at a time is in a turn.
 */
#ifndef LIB_CONTROL_TURN_H
#define LIB_CONTROL_TURN_H

#include "program.h"

/* One turn; how much work it found in *work. False: somebody else is in one, *work is 0. */
bool control_turn(struct program *program, uint32_t *work);

/*
 * Main: when the control lcore sleeps, main looks for it from here to control_hand_back, and the doorbell does not wake
 * it; it may wake by itself. False: it does not sleep, and will be quicker than main, which has to share a CPU with it.
 */
bool control_take_over(struct program *program);
void control_hand_back(struct program *program);

#endif

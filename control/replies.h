/* SPDX-License-Identifier: BSD-3-Clause */
/* What workers answer, brought to whom it is for. */
#ifndef CONTROL_REPLIES_H
#define CONTROL_REPLIES_H

#include "control.h"

/* Take the replies of all workers, a bounded amount. Returns how many. */
uint32_t replies_turn(struct control *control);

#endif

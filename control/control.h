/* SPDX-License-Identifier: BSD-3-Clause */
/* All that control has: a structure for each of its folders. It belongs to the control lcore but for what says otherwise. */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "announce.h"
#include "door.h"
#include "reachability.h"
#include "request.h"
#include "retrieve.h"
#include "slots.h"
#include "stops.h"
#include "workers.h"

struct control {
	struct chimney target; /* what its hosts and its program know it by */
	struct slots slots;
	struct stops stops;
	struct workers workers;
	struct requests requests;
	struct retrieve retrieve;
	struct announce announce;
	struct reachability reachability;
	uint16_t *vlans; /* what params.vlans points to */
};

_Static_assert(offsetof(struct control, target) == 0, "control_of");

static inline struct control *
control_of(const struct chimney *target)
{
	return (struct control *)(uintptr_t)target;
}

#endif

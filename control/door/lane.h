/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two lanes of requests that do not wait for each other (INV-1): invalidates over the urgent mailboxes, all
 * others over the ordinary ones. In each of them every host has a share of its own (requests/schedule.h).
 */
#ifndef CONTROL_LANE_H
#define CONTROL_LANE_H

enum control_lane { LANE_ORDINARY = 0, LANE_URGENT, LANE_COUNT };

/* What a bounded piece of work says: PAUSE: no room or no budget, call again with the same arguments. */
enum control_step { STEP_DONE = 0, STEP_PAUSE };

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Holding and releasing tuples for the CLI: chimney_hold and chimney_release, answered when they are done. */
#ifndef APP_CLI_HOLD_H
#define APP_CLI_HOLD_H

#include "session.h"

void cli_hold(struct session *session);
void cli_release(struct session *session);
/* Reply to those that are done. Called while any is under way. */
void cli_holds_tick(struct cli *cli);
void cli_holds_fini(struct cli *cli);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Bringing the CLI up and down. */
#ifndef APP_CLI_OPEN_H
#define APP_CLI_OPEN_H

#include "cli.h"

struct event_base;

/* 0 or -1 (said). `quit` is called by the command of that name. Closed when no lcore runs and no session is left. */
int cli_open(struct cli *cli, struct program *program, struct host_stack *host, struct turns *turns,
        struct event_base *base, void (*quit)(void *context), void *context);
void cli_close(struct cli *cli);

#endif

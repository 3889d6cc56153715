/* SPDX-License-Identifier: BSD-3-Clause */
/* The variables of a connection as arguments of the CLI (CTX-5). */
#ifndef APP_CLI_TCP_ARGS_H
#define APP_CLI_TCP_ARGS_H

#include "cli_argument.h"

extern const char *const cli_services[]; /* by enum offload_service */
extern const char *const cli_congestions[]; /* index + 1 is enum offload_congestion */
extern const char *const cli_tcp_states[]; /* index is enum tcp_state */
extern const struct cli_arg cli_tcp_args[]; /* constant and delegated */
extern const struct cli_arg cli_tcp_cached_args[];

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* What server and client of the CLI agree on before they talk. */
#ifndef APP_CLI_SOCKET_H
#define APP_CLI_SOCKET_H

#define CLI_SOCKET_DEFAULT "/run/dpdk-chimney.sock"
/* The greeting is "chimney-cli 1 dpdk-chimney VERSION". */
#define CLI_GREETING "chimney-cli"
#define CLI_PROTOCOL 1

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Handlers of the CLI's commands, one file for each group of them. Each runs with the parsed line in
 * session->line, and ends with exactly one reply: now, or later by way of wait.h.
 */
#ifndef APP_CLI_COMMANDS_H
#define APP_CLI_COMMANDS_H

#include "session.h"

/* cli_add.c */
void cli_neighbor_add(struct session *session);
void cli_path_add(struct session *session);
void cli_tcp_add(struct session *session);
/* cli_bulk.c */
void cli_bulk_add(struct session *session);
/* cli_requests.c */
void cli_query(struct session *session);
void cli_update(struct session *session);
void cli_relink(struct session *session);
void cli_invalidate(struct session *session);
void cli_terminate(struct session *session);
void cli_wait(struct session *session);
void cli_wait_retrieved(struct session *session);
void cli_wait_disconnected(struct session *session);
void cli_wait_aborted(struct session *session);
/* cli_show_objects.c */
void cli_show_neighbors(struct session *session);
void cli_show_paths(struct session *session);
void cli_show_tcp(struct session *session);
/* cli_show_connection.c */
void cli_show_connection(struct session *session);
/* cli_show.c */
void cli_show_requests(struct session *session);
void cli_show_workers(struct session *session);
void cli_show_ports(struct session *session);
void cli_show_memory(struct session *session);
void cli_show_version(struct session *session);
/* cli_counters.c */
void cli_show_counters(struct session *session);
void cli_show_mib(struct session *session);
void cli_counters_reset(struct session *session);
/* cli_operator.c */
void cli_offload_pause(struct session *session);
void cli_offload_resume(struct session *session);
void cli_upload_all(struct session *session);
void cli_upload_thresholds(struct session *session);
void cli_upload(struct session *session);
void cli_show_capabilities(struct session *session);
/* cli_names.c */
void cli_complete_line(struct session *session);
/* cli_session.c */
void cli_show_events(struct session *session);
void cli_events(struct session *session);
void cli_port_hold(struct session *session);
void cli_port_release(struct session *session);
void cli_json(struct session *session);
void cli_help(struct session *session);
void cli_ping(struct session *session);
void cli_echo(struct session *session);
void cli_quit(struct session *session);

#endif

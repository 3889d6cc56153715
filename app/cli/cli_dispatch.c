/* SPDX-License-Identifier: BSD-3-Clause */
/* Which function runs which command. */
#include "cli_dispatch.h"
#include "cli_commands.h"
#include "cli_hold.h"

static void (*const handlers[CMD_COUNT])(struct session *session) = {
        [CMD_NEIGHBOR_ADD] = cli_neighbor_add,
        [CMD_PATH_ADD] = cli_path_add,
        [CMD_TCP_ADD] = cli_tcp_add,
        [CMD_BULK_ADD] = cli_bulk_add,
        [CMD_QUERY] = cli_query,
        [CMD_UPDATE] = cli_update,
        [CMD_RELINK] = cli_relink,
        [CMD_INVALIDATE] = cli_invalidate,
        [CMD_TERMINATE] = cli_terminate,
        [CMD_HOLD] = cli_hold,
        [CMD_RELEASE] = cli_release,
        [CMD_SHOW_NEIGHBORS] = cli_show_neighbors,
        [CMD_SHOW_PATHS] = cli_show_paths,
        [CMD_SHOW_TCP] = cli_show_tcp,
        [CMD_SHOW_CONNECTION] = cli_show_connection,
        [CMD_SHOW_REQUESTS] = cli_show_requests,
        [CMD_SHOW_WORKERS] = cli_show_workers,
        [CMD_SHOW_PORTS] = cli_show_ports,
        [CMD_SHOW_COUNTERS] = cli_show_counters,
        [CMD_SHOW_MIB] = cli_show_mib,
        [CMD_SHOW_EVENTS] = cli_show_events,
        [CMD_SHOW_MEMORY] = cli_show_memory,
        [CMD_SHOW_VERSION] = cli_show_version,
        [CMD_SHOW_CAPABILITIES] = cli_show_capabilities,
        [CMD_OFFLOAD_PAUSE] = cli_offload_pause,
        [CMD_OFFLOAD_RESUME] = cli_offload_resume,
        [CMD_UPLOAD_ALL] = cli_upload_all,
        [CMD_UPLOAD_THRESHOLDS] = cli_upload_thresholds,
        [CMD_UPLOAD] = cli_upload,
        [CMD_EVENTS] = cli_events,
        [CMD_WAIT_RETRIEVED] = cli_wait_retrieved,
        [CMD_WAIT_DISCONNECTED] = cli_wait_disconnected,
        [CMD_WAIT_ABORTED] = cli_wait_aborted,
        [CMD_WAIT] = cli_wait,
        [CMD_PORT_HOLD] = cli_port_hold,
        [CMD_PORT_RELEASE] = cli_port_release,
        [CMD_COUNTERS_RESET] = cli_counters_reset,
        [CMD_JSON] = cli_json,
        [CMD_HELP] = cli_help,
        [CMD_COMPLETE] = cli_complete_line,
        [CMD_PING] = cli_ping,
        [CMD_ECHO] = cli_echo,
        [CMD_QUIT] = cli_quit,
};

void
cli_run(struct session *session, const char *text, size_t length)
{
	uint64_t begun = program_now(session->cli->program);

	switch (cli_parse(&session->line, text, length, &session->error)) {
	case CLI_BLANK:
		break;
	case CLI_ERROR:
		session->busy = true;
		reply_cli_error(session);
		break;
	case CLI_OK:
		session->busy = true;
		if (session->cli->stopping)
			reply_error(session, NULL, "the program is stopping");
		else
			handlers[session->line.command->id](session);
		break;
	}
	turns_took(session->cli->turns, begun);
}

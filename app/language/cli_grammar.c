/* SPDX-License-Identifier: BSD-3-Clause */
/* The CLI's language as a table. cli_tcp_args.c holds the long list of a connection's variables. */
#include "cli_grammar.h"
#include "cli_tcp_args.h"

#define END                                                                                        \
	{                                                                                          \
		0                                                                                  \
	}
#define PORT_MAX 15u
#define MS_DAY 86400000u

static const char *const on_off[] = {"off", "on", NULL};
static const char *const event_modes[] = {"follow", "unfollow", NULL};

/* Every command that submits a request. */
static const struct cli_arg request_args[] = {
        {"async", ARG_ASYNC, CLI_FLAG, 0, 0, 0, 0, 0, "reply with the request's id at once"},
        {"timeout", ARG_TIMEOUT, CLI_SECONDS, 0, 1, MS_DAY, 0, "60",
                "seconds to wait for the completion; the request goes on afterwards"},
        {"limit", ARG_LIMIT, CLI_NUMBER, 0, 0, 10000, 0, "20", "objects listed in the reply"},
        END,
};

static const struct cli_arg neighbor_add_args[] = {
        {"NAME", ARG_NAME, CLI_NEW_NAME, CLI_POSITIONAL | CLI_REQUIRED, 0, 0, 0, 0,
                "name of the new neighbor"},
        {"mac", ARG_MAC, CLI_MAC, CLI_REQUIRED, 0, 0, 0, 0, "its MAC address"},
        {"port", ARG_PORT, CLI_NUMBER, 0, 0, PORT_MAX, 0, "0", "index of the wire port"},
        {"source-mac", ARG_SOURCE_MAC, CLI_MAC, 0, 0, 0, 0, "the port's own", "our MAC address"},
        {"vlan", ARG_VLAN, CLI_NUMBER, 0, 0, 4094, 0, "0",
                "VLAN id; 0: any is accepted, none is sent"},
        {"reachable", ARG_REACHABLE, CLI_NUMBER, 0, 0, UINT32_MAX, 0, "0",
                "ms since the host last knew it reachable"},
        END,
};

static const struct cli_arg path_add_args[] = {
        {"NAME", ARG_NAME, CLI_NEW_NAME, CLI_POSITIONAL | CLI_REQUIRED, 0, 0, 0, 0,
                "name of the new path"},
        {"neighbor", ARG_NEIGHBOR, CLI_OBJECT, CLI_REQUIRED, 1, 0, 0, 0, "its next hop"},
        {"src", ARG_SRC, CLI_ADDRESS, CLI_REQUIRED, 0, 0, 0, 0, "our address"},
        {"dst", ARG_DST, CLI_ADDRESS, CLI_REQUIRED, 0, 0, 0, 0, "the peer's address"},
        {"mtu", ARG_MTU, CLI_NUMBER, 0, 68, 65535, 0, "1500",
                "bytes of IP packet (IPv6: at least 1280)"},
        END,
};

static const struct cli_arg tcp_add_args[] = {
        {"NAME", ARG_NAME, CLI_NEW_NAME, CLI_POSITIONAL | CLI_REQUIRED, 0, 0, 0, 0,
                "name of the new connection"},
        {"path", ARG_PATH, CLI_OBJECT, CLI_REQUIRED, 2, 0, 0, 0, "its path"},
        {"sport", ARG_SPORT, CLI_NUMBER, CLI_REQUIRED, 1, 65535, 0, 0, "our port"},
        {"dport", ARG_DPORT, CLI_NUMBER, CLI_REQUIRED, 1, 65535, 0, 0, "the peer's port"},
        END,
};

static const struct cli_arg bulk_add_args[] = {
        {"PREFIX", ARG_NAME, CLI_NEW_NAME, CLI_POSITIONAL | CLI_REQUIRED, 0, 0, 0, 0,
                "the objects become PREFIX.n0.., PREFIX.p0.., PREFIX.c0.."},
        {"connections", ARG_CONNECTIONS, CLI_NUMBER, CLI_REQUIRED, 0, 1u << 24, 0, 0,
                "number of connections; connection i is on path i modulo paths"},
        {"paths", ARG_PATHS, CLI_NUMBER, 0, 1, 1u << 22, 0, "1",
                "number of paths; path i is over neighbor i modulo neighbors"},
        {"neighbors", ARG_NEIGHBORS, CLI_NUMBER, 0, 1, 1u << 22, 0, "1", "number of neighbors"},
        {"v6", ARG_V6, CLI_FLAG, 0, 0, 0, 0, 0, "IPv6 paths"},
        {"src", ARG_SRC, CLI_ADDRESS, 0, 0, 0, 0, "10.0.0.1 or fd00::1", "our address"},
        {"dst", ARG_DST, CLI_ADDRESS, 0, 0, 0, 0, "10.128.0.1 or fd01::1",
                "address of path 0's peer; path i adds i"},
        {"mac", ARG_MAC, CLI_MAC, 0, 0, 0, 0, "02:00:00:00:00:00",
                "MAC address of neighbor 0; neighbor i adds i"},
        {"port", ARG_PORT, CLI_NUMBER, 0, 0, PORT_MAX, 0, "0", "index of the wire port"},
        {"vlan", ARG_VLAN, CLI_NUMBER, 0, 0, 4094, 0, "0", "VLAN id of the neighbors"},
        {"mtu", ARG_MTU, CLI_NUMBER, 0, 68, 65535, 0, "1500", "bytes of IP packet"},
        {"sport", ARG_SPORT, CLI_NUMBER, 0, 1, 65535, 0, "1024",
                "our first port; counts up to 65535 within a path"},
        {"dport", ARG_DPORT, CLI_NUMBER, 0, 1, 65535, 0, "5001",
                "the peer's port; counts up when our ports are used up"},
        END,
};

static const struct cli_arg select_args[] = {
        {"NAME...", ARG_SELECT, CLI_SELECT, CLI_POSITIONAL | CLI_REQUIRED, 0, 0, 0, 0,
                "objects: NAME, PREFIX.c7, PREFIX.c0-99, PREFIX.p*, PREFIX, all"},
        END,
};

static const struct cli_arg update_args[] = {
        {"mac", ARG_MAC, CLI_MAC, 0, 0, 0, 0, 0, "neighbors: the new MAC address"},
        {"reachable", ARG_REACHABLE, CLI_NUMBER, 0, 0, UINT32_MAX, 0, 0,
                "neighbors: ms since the host last knew it reachable"},
        {"mtu", ARG_MTU, CLI_NUMBER, 0, 68, 65535, 0, 0, "paths: bytes of IP packet"},
        {"keepalive-restart", ARG_KEEPALIVE_RESTART, CLI_FLAG, 0, 0, 0, 0, 0,
                "connections: idle from now; the next probe follows after ka-timeout"},
        {"max-rt-restart", ARG_MAX_RT_RESTART, CLI_FLAG, 0, 0, 0, 0, 0,
                "connections: the time spent retransmitting counts from now"},
        {"update-rcv-wnd", ARG_UPDATE_RCV_WND, CLI_FLAG, 0, 0, 0, 0, 0,
                "connections: offer a window of initial-rcv-wnd bytes at once"},
        END,
};

static const struct cli_arg relink_args[] = {
        {"all", ARG_ALL, CLI_FLAG, 0, 0, 0, 0, 0, "all paths of the neighbors named"},
        {"to", ARG_TO, CLI_OBJECT, CLI_REQUIRED, 1, 0, 0, 0, "the neighbor to go to"},
        END,
};

static const struct cli_arg hold_args[] = {
        {"src", ARG_SRC, CLI_ADDRESS, CLI_REQUIRED, 0, 0, 0, 0, "our address"},
        {"dst", ARG_DST, CLI_ADDRESS, CLI_REQUIRED, 0, 0, 0, 0, "the peer's address"},
        {"sport", ARG_SPORT, CLI_NUMBER, CLI_REQUIRED, 1, 65535, 0, 0, "our port"},
        {"dport", ARG_DPORT, CLI_NUMBER, CLI_REQUIRED, 1, 65535, 0, 0, "the peer's port"},
        {"port", ARG_PORT, CLI_NUMBER, 0, 0, PORT_MAX, 0, "0", "index of the wire port"},
        END,
};

static const struct cli_arg show_args[] = {
        {"NAME...", ARG_SELECT, CLI_SELECT, CLI_POSITIONAL, 0, 0, 0, "all", "only these"},
        {"limit", ARG_LIMIT, CLI_NUMBER, 0, 0, 10000, 0, "20", "rows shown; 0: only the count"},
        {"offset", ARG_OFFSET, CLI_NUMBER, 0, 0, UINT32_MAX, 0, "0", "matches skipped"},
        {"invalid", ARG_INVALID, CLI_FLAG, 0, 0, 0, 0, 0, "only objects named by an invalidate"},
        END,
};

static const struct cli_arg show_connection_args[] = {
        {"NAME...", ARG_SELECT, CLI_SELECT, CLI_POSITIONAL | CLI_REQUIRED, 0, 0, 0, 0,
                "connections: NAME, PREFIX.c7, PREFIX.c0-99, PREFIX.c*, all"},
        {"limit", ARG_LIMIT, CLI_NUMBER, 0, 0, 10000, 0, "20", "connections shown"},
        END,
};

static const struct cli_arg show_path_args[] = {
        {"neighbor", ARG_NEIGHBOR, CLI_OBJECT, 0, 1, 0, 0, 0, "only those over this neighbor"},
        END,
};

static const struct cli_arg show_tcp_args[] = {
        {"path", ARG_PATH, CLI_OBJECT, 0, 2, 0, 0, 0, "only those on this path"},
        {"state", ARG_STATE, CLI_CHOICE, 0, 0, 0, cli_tcp_states, 0, "only those in this state"},
        {"stopped", ARG_STOPPED, CLI_FLAG, 0, 0, 0, 0, 0, "only those that may not transmit"},
        {"indicated", ARG_INDICATED, CLI_FLAG, 0, 0, 0, 0, 0, "only those asked back (RETRIEVE)"},
        END,
};

static const struct cli_arg requests_args[] = {
        {"ID", ARG_NUMBER, CLI_NUMBER, CLI_POSITIONAL, 1, UINT32_MAX, 0, "the last ones",
                "one request, in full"},
        {"limit", ARG_LIMIT, CLI_NUMBER, 0, 0, 64, 0, "20", "rows shown"},
        END,
};

static const struct cli_arg counters_args[] = {
        {"worker", ARG_WORKER, CLI_NUMBER, 0, 0, 62, 0, "the sum of all", "of one worker"},
        END,
};

static const struct cli_arg mib_args[] = {
        {"port", ARG_PORT, CLI_NUMBER, 0, 0, PORT_MAX, 0, "all wire ports", "of one wire port"},
        {"v4", ARG_V4, CLI_FLAG, 0, 0, 0, 0, 0, "IPv4 only"},
        {"v6", ARG_V6, CLI_FLAG, 0, 0, 0, 0, 0, "IPv6 only"},
        END,
};

static const struct cli_arg events_args[] = {
        {"MODE", ARG_MODE, CLI_CHOICE, CLI_POSITIONAL, 0, 0, event_modes, "the last events",
                "stream events as they happen, or stop that"},
        {"limit", ARG_LIMIT, CLI_NUMBER, 0, 0, 256, 0, "20; follow: 0",
                "rows shown; follow: the last events that come first"},
        END,
};

static const struct cli_arg wait_args[] = {
        {"REQUEST", ARG_NUMBER, CLI_NUMBER, CLI_POSITIONAL | CLI_REQUIRED, 1, UINT32_MAX, 0, 0,
                "id of the request"},
        END,
};

static const struct cli_arg timeout_args[] = {
        {"timeout", ARG_TIMEOUT, CLI_SECONDS, 0, 1, MS_DAY, 0, "60", "seconds to wait"},
        END,
};

static const struct cli_arg port_args[] = {
        {"PORT", ARG_NUMBER, CLI_NUMBER, CLI_POSITIONAL | CLI_REQUIRED, 0, PORT_MAX, 0, 0,
                "index of the port"},
        END,
};

/* As large as --neighbors, --paths and --connections may be. */
static const struct cli_arg resume_args[] = {
        {"neighbors", ARG_NEIGHBORS, CLI_NUMBER, 0, 1, 1u << 24, 0, "as the tables hold",
                "neighbors that may be offloaded from now on"},
        {"paths", ARG_PATHS, CLI_NUMBER, 0, 1, 1u << 24, 0, "as the tables hold",
                "paths, likewise"},
        {"connections", ARG_CONNECTIONS, CLI_NUMBER, 0, 1, 1u << 28, 0, "as the tables hold",
                "connections, likewise"},
        END,
};

static const struct cli_arg threshold_args[] = {
        {"high-drop-rate", ARG_HIGH_DROP_RATE, CLI_NUMBER, 0, 0, 1000, 0, "as before",
                "HIGH_DROP_RATE: segments sent again, in thousandths of those sent; 0: never"},
        {"high-out-of-order", ARG_HIGH_OUT_OF_ORDER, CLI_NUMBER, 0, 0, 1000, 0, "as before",
                "HIGH_OUT_OF_ORDER_PACKETS: in thousandths of the segments received; 0: never"},
        {"low-activity", ARG_LOW_ACTIVITY, CLI_NUMBER, 0, 0, UINT32_MAX, 0, "as before",
                "LOW_ACTIVITY: fewer segments than this in a second, both ways; 0: never"},
        {"small-io", ARG_SMALL_IO, CLI_NUMBER, 0, 0, 65535, 0, "as before",
                "SMALL_IO: fewer bytes of text in a segment than this, on average; 0: never"},
        END,
};

static const struct cli_arg upload_args[] = {
        {"NAME...", ARG_SELECT, CLI_SELECT, CLI_POSITIONAL | CLI_REQUIRED, 0, 0, 0, 0,
                "connections: NAME, PREFIX.c7, PREFIX.c0-99, PREFIX.c*, PREFIX"},
        END,
};

static const struct cli_arg json_args[] = {
        {"MODE", ARG_MODE, CLI_CHOICE, CLI_POSITIONAL | CLI_REQUIRED, 0, 0, on_off, 0,
                "one JSON object for each reply and event, or text"},
        END,
};

static const struct cli_arg rest_args[] = {
        {"TEXT", ARG_TEXT, CLI_REST, CLI_POSITIONAL, 0, 0, 0, "nothing", "any text"},
        END,
};

const struct cli_command cli_commands[] = {
        {"neighbor add", CMD_NEIGHBOR_ADD, {neighbor_add_args, request_args},
                "offload a neighbor: a next hop"},
        {"path add", CMD_PATH_ADD, {path_add_args, request_args},
                "offload a path: a pair of addresses over a neighbor"},
        {"tcp add", CMD_TCP_ADD, {tcp_add_args, cli_tcp_args, cli_tcp_cached_args, request_args},
                "offload a connection"},
        {"bulk add", CMD_BULK_ADD, {bulk_add_args, cli_tcp_args, cli_tcp_cached_args, request_args},
                "offload many connections as one tree"},
        {"query", CMD_QUERY, {select_args, request_args}, "read the state of objects"},
        {"update", CMD_UPDATE, {select_args, update_args, cli_tcp_cached_args, request_args},
                "change cached variables of objects"},
        {"relink", CMD_RELINK, {select_args, relink_args, request_args},
                "move paths to another neighbor"},
        {"invalidate", CMD_INVALIDATE, {select_args, request_args},
                "stop everything that depends on the objects, at once"},
        {"terminate", CMD_TERMINATE, {select_args, request_args}, "take objects back"},
        {"hold", CMD_HOLD, {hold_args}, "queue the frames of a tuple, both ways"},
        {"release", CMD_RELEASE, {hold_args}, "let the frames of a held tuple go"},
        {"show neighbors", CMD_SHOW_NEIGHBORS, {show_args}, "list neighbors"},
        {"show paths", CMD_SHOW_PATHS, {show_args, show_path_args}, "list paths"},
        {"show tcp", CMD_SHOW_TCP, {show_args, show_path_args, show_tcp_args},
                "list connections with their present state (a look without a request)"},
        {"show connection", CMD_SHOW_CONNECTION, {show_connection_args},
                "all about the TCP of connections: windows, round trip, losses, timers"},
        {"show requests", CMD_SHOW_REQUESTS, {requests_args}, "requests, the newest first"},
        {"show workers", CMD_SHOW_WORKERS, {0}, "lcores and their load"},
        {"show ports", CMD_SHOW_PORTS, {0}, "ports, their rings and counters"},
        {"show counters", CMD_SHOW_COUNTERS, {counters_args}, "counters of workers and control"},
        {"show mib", CMD_SHOW_MIB, {mib_args},
                "counters of offloaded connections by port and IP version, in the terms of the "
                "MIBs"},
        {"show events", CMD_SHOW_EVENTS, {0}, "totals of all indications"},
        {"show memory", CMD_SHOW_MEMORY, {0}, "estimate and use of memory"},
        {"show capabilities", CMD_SHOW_CAPABILITIES, {0}, "what host stacks may ask of the target"},
        {"show version", CMD_SHOW_VERSION, {0}, "versions"},
        {"events", CMD_EVENTS, {events_args}, "the last events, or all as they happen"},
        {"wait retrieved", CMD_WAIT_RETRIEVED, {select_args, timeout_args},
                "until all these connections were asked back (RETRIEVE)"},
        {"wait disconnected", CMD_WAIT_DISCONNECTED, {select_args, timeout_args},
                "until all these connections have received the peer's FIN"},
        {"wait aborted", CMD_WAIT_ABORTED, {select_args, timeout_args},
                "until all these connections were aborted"},
        {"wait", CMD_WAIT, {wait_args, timeout_args}, "until a request has completed"},
        {"port hold", CMD_PORT_HOLD, {port_args}, "receive nothing from a port"},
        {"port release", CMD_PORT_RELEASE, {port_args}, "receive from a port that was held"},
        {"offload pause", CMD_OFFLOAD_PAUSE, {0},
                "tell all host stacks that initiates wait from now on (OFFLOAD_PAUSE)"},
        {"offload resume", CMD_OFFLOAD_RESUME, {resume_args},
                "carry out what waited, and tell all host stacks (OFFLOAD_RESUME)"},
        {"upload all", CMD_UPLOAD_ALL, {0},
                "ask all host stacks to take everything back (UPLOAD_ALL)"},
        {"upload thresholds", CMD_UPLOAD_THRESHOLDS, {threshold_args},
                "from what on connections are offered to their host stack (optional RETRIEVE)"},
        {"upload", CMD_UPLOAD, {upload_args},
                "stop connections and ask their host stack to take them back (RETRIEVE, "
                "UPLOAD_REQUESTED)"},
        {"counters reset", CMD_COUNTERS_RESET, {0}, "show counters from here on"},
        {"json", CMD_JSON, {json_args}, "the form of replies and events"},
        {"help", CMD_HELP, {rest_args}, "all commands, or one with its arguments"},
        {"complete", CMD_COMPLETE, {rest_args}, "words that may come next in an unfinished line"},
        {"ping", CMD_PING, {0}, "does the program answer?"},
        {"echo", CMD_ECHO, {rest_args}, "print the text"},
        {"quit", CMD_QUIT, {0}, "terminate everything and stop the program"},
};

const unsigned int cli_command_count = sizeof(cli_commands) / sizeof(cli_commands[0]);

/* SPDX-License-Identifier: BSD-3-Clause */
/* The program's own options: one table yields what is accepted, the ranges, and the help text. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include <rte_common.h>

#include "cli_number.h"
#include "cli_socket.h"
#include "cli_wrap.h"
#include "options.h"
#include "say.h"

enum option_kind { KIND_NUMBER, KIND_POWER, KIND_TEXT, KIND_FLAG, KIND_CALL };

struct option_spec {
	const char *name;
	const char *argument; /* NULL: none */
	const char *help;
	enum option_kind kind;
	size_t offset; /* of the member in struct options */
	uint64_t min, max;
	int (*call)(struct options *options, const char *text);
};

static int
parse_port(struct options *options, const char *text)
{
	struct chimney_target_port *port;
	const char *equals = strchr(text, '=');
	const char *role, *comma;
	size_t length;

	if (options->target.port_count == CHIMNEY_TARGET_PORTS)
		return say_error("--port %s: at most %u ports", text, CHIMNEY_TARGET_PORTS);
	port = &options->target.ports[options->target.port_count];
	memset(port, 0, sizeof(*port));
	if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof(port->device))
		return say_error("--port %s: give ID=wire or ID=host[,peer=ID], for example "
		                 "--port 0=wire --port net_tap0=host,peer=0",
		        text);
	memcpy(port->device, text, equals - text);
	role = equals + 1;
	comma = strchr(role, ',');
	length = comma != NULL ? (size_t)(comma - role) : strlen(role);
	if (length == 4 && memcmp(role, "wire", 4) == 0)
		port->role = CHIMNEY_PORT_WIRE;
	else if (length == 4 && memcmp(role, "host", 4) == 0)
		port->role = CHIMNEY_PORT_HOST;
	else
		return say_error("--port %s: role '%.*s' is neither 'wire' nor 'host'", text,
		        (int)length, role);
	if (comma != NULL) {
		if (strncmp(comma, ",peer=", 6) != 0 || comma[6] == '\0' ||
		        strlen(comma + 6) >= sizeof(port->peer))
			return say_error("--port %s: '%s' is not ',peer=ID'", text, comma);
		memcpy(port->peer, comma + 6, strlen(comma + 6) + 1);
	}
	options->target.port_count++;
	return 0;
}

static int
parse_policy(struct options *options, const char *text)
{
	if (strcmp(text, "delay") == 0)
		options->target.retrieve_policy = CHIMNEY_RETRIEVE_DELAYED;
	else if (strcmp(text, "on-send") == 0)
		options->target.retrieve_policy = CHIMNEY_RETRIEVE_ON_SEND;
	else
		return say_error("--retrieve-policy %s: give 'delay' or 'on-send'", text);
	return 0;
}

static int
parse_idle(struct options *options, const char *text)
{
	if (strcmp(text, "poll") != 0 && strcmp(text, "sleep") != 0)
		return say_error("--idle %s: give 'poll' or 'sleep'", text);
	options->target.idle_sleep = strcmp(text, "sleep") == 0;
	return 0;
}

static int
parse_on_lost(struct options *options, const char *text)
{
	if (strcmp(text, "rejoin") != 0 && strcmp(text, "exit") != 0)
		return say_error("--on-lost %s: give 'rejoin' or 'exit'", text);
	options->on_lost_exit = strcmp(text, "exit") == 0;
	return 0;
}

static int
parse_vlan(struct options *options, const char *text)
{
	uint64_t id;

	if (!cli_number_parse(text, &id) || id < 1 || id > 4094)
		return say_error("--vlan %s: give a VLAN id from 1 to 4094", text);
	if (options->target.vlan_count == CHIMNEY_TARGET_VLANS)
		return say_error("--vlan %s: at most %u VLANs", text, CHIMNEY_TARGET_VLANS);
	options->target.vlans[options->target.vlan_count++] = (uint16_t)id;
	return 0;
}

#define NUMBER(name, member, min, max, help)                                                       \
	{                                                                                          \
		name, "N", help, KIND_NUMBER, offsetof(struct options, member), min, max, NULL     \
	}
#define POWER(name, member, min, max, help)                                                        \
	{                                                                                          \
		name, "N", help, KIND_POWER, offsetof(struct options, member), min, max, NULL      \
	}
#define TEXT(name, argument, member, help)                                                         \
	{                                                                                          \
		name, argument, help, KIND_TEXT, offsetof(struct options, member), 0, 0, NULL      \
	}
#define FLAG(name, member, help)                                                                   \
	{                                                                                          \
		name, NULL, help, KIND_FLAG, offsetof(struct options, member), 0, 0, NULL          \
	}
#define CALL(name, argument, function, help)                                                       \
	{                                                                                          \
		name, argument, help, KIND_CALL, 0, 0, 0, function                                 \
	}

static const struct option_spec specs[] = {
        CALL("port", "ID=ROLE[,peer=ID]", parse_port,
                "use an ethdev (port number or device name) as wire or host port; the order gives "
                "the index that the CLI uses; peer: the port on the other side of the bump "
                "[all ethdevs are wire ports]"),
        FLAG("hold-ports", target.hold_ports, "do not receive until the CLI says 'port release'"),
        TEXT("cli", "PATH", cli_socket, "unix socket of the CLI"),
        TEXT("script", "FILE", script, "CLI commands to run at start"),
        NUMBER("neighbors", target.neighbors, 1, 1u << 24, "capacity for neighbors, 64 bytes each"),
        NUMBER("paths", target.paths, 1, 1u << 24,
                "capacity for paths, about 80 bytes each and worker"),
        NUMBER("connections", target.connections, 1, 1u << 28,
                "capacity for connections, all workers together, about 384 bytes each"),
        NUMBER("services", target.services, 0, 1u << 28,
                "connections that may be sinks or echoes at once, 256 bytes each"),
        NUMBER("sent-records", target.sent_records, 1, 1u << 28,
                "runs of data in flight, per worker, beyond one for each connection, 32 bytes "
                "each when used"),
        NUMBER("reassemblies", target.reassemblies, 1, 1u << 24,
                "connections that may hold data out of order at once, per worker, about 100 bytes "
                "each when used"),
        NUMBER("pieces", target.pieces, 1, 1u << 24,
                "segments out of order, per worker, 24 bytes each when used, and their packet "
                "buffers"),
        NUMBER("holds", target.holds, 1, 65536,
                "tuples held at once, per worker, about 2.5 kB each"),
        POWER("rx-ring", target.rx_ring, 32, 32768, "receive descriptors per queue"),
        POWER("tx-ring", target.tx_ring, 32, 32768,
                "transmit descriptors per queue: frames in there cannot be recalled"),
        NUMBER("mbufs", target.mbufs, 0, 1u << 24,
                "packet buffers, 2.3 kB each, 4 kB without hugepages (0: from rings)"),
        NUMBER("mbuf-size", target.mbuf_size, 2048, CHIMNEY_TARGET_MBUF_SIZE_MAX,
                "bytes of a frame that a packet buffer takes: net_af_packet needs its framesz, for "
                "datagrams that come in fragments"),
        POWER("event-ring", event_ring, 64, 1048576, "indications waiting for the CLI, per worker"),
        POWER("request-ring", request_ring, 2, 65536, "requests in the ring of the CLI"),
        POWER("mailbox", target.mailbox, 8, 65536, "messages between control and a worker"),
        NUMBER("drain-deadline-ms", target.drain_deadline_ms, 1, 3600000,
                "ms after which a worker that does not answer is lost; one that waits for a CPU "
                "has ten times as long"),
        CALL("on-lost", "rejoin|exit", parse_on_lost,
                "what becomes of a lost worker: it may come back, or the program stops, with "
                "status 3 [rejoin]"),
        CALL("retrieve-policy", "delay|on-send", parse_policy,
                "when stopped connections are asked back: a delay after the completion, or when "
                "they have something to send [delay]"),
        NUMBER("retrieve-delay-ms", target.retrieve_delay_ms, 0, 3600000,
                "ms from an invalidate's completion to its RETRIEVE indications (0: at once)"),
        NUMBER("max-retransmit", target.max_retransmit, 1, 255,
                "retransmissions of one segment before a connection is given up"),
        CALL("idle", "poll|sleep", parse_idle,
                "what lcores do when there is no work: sleep saves the CPU and costs up to 0.5 ms "
                "[poll]"),
        CALL("vlan", "ID", parse_vlan, "a VLAN id configured on the wire, 1 to 4094; repeatable"),
        FLAG("drop-bad", target.drop_bad,
                "drop frames with bad checksums or lengths, not pass them on"),
        FLAG("no-check", target.no_check, "do not verify received checksums in software"),
};

#define HELP_COLUMN 28u

/* Set before any option is looked at. */
static struct options defaults = {
        .cli_socket = CLI_SOCKET_DEFAULT,
        .event_ring = 16384,
        .request_ring = 1024,
};

static void
print_line(void *to, const char *line, size_t length)
{
	fprintf(to, "%.*s\n", (int)length, line);
}

static void
print_option(FILE *to, const struct option_spec *spec)
{
	const char *member = (const char *)&defaults + spec->offset;
	char left[64], range[96] = "", text[512];
	struct cli_wrap line = {.emit = print_line, .context = to};

	snprintf(left, sizeof(left), "  --%s%s%s", spec->name, spec->argument ? " " : "",
	        spec->argument ? spec->argument : "");
	if (spec->kind == KIND_NUMBER || spec->kind == KIND_POWER)
		snprintf(range, sizeof(range), " (%s%" PRIu64 "..%" PRIu64 ") [%u]",
		        spec->kind == KIND_POWER ? "power of two, " : "", spec->min, spec->max,
		        *(const uint32_t *)(const void *)member);
	else if (spec->kind == KIND_TEXT)
		snprintf(range, sizeof(range), " [%s]",
		        *(const char *const *)(const void *)member != NULL
		                ? *(const char *const *)(const void *)member
		                : "none");
	snprintf(text, sizeof(text), "%s%s", spec->help, range);
	cli_wrap_put(&line, left, strlen(left), HELP_COLUMN, 0, 0);
	if (strlen(left) >= HELP_COLUMN)
		cli_wrap_end(&line, HELP_COLUMN);
	cli_wrap_words(&line, text, 0, HELP_COLUMN);
	cli_wrap_end(&line, 0);
}

void
options_help(FILE *to)
{
	fprintf(to, "usage: dpdk-chimney [EAL OPTION...] -- [OPTION...]\n\n"
	            "A TCP chimney offload target. Lcores: the main one, one for control, one\n"
	            "or more workers. Option names are written out; numbers may end in k, M or\n"
	            "G, or be hexadecimal. A start without hugepages or NICs, on two CPUs:\n"
	            "  dpdk-chimney --no-huge -m 512 --no-pci --vdev net_null0,no-rx=1 \\\n"
	            "      --lcores '0@0,1@0,2@1' -- --port 0=wire --cli ./chimney.sock\n\n");
	for (size_t i = 0; i < RTE_DIM(specs); i++)
		print_option(to, &specs[i]);
	fprintf(to, "%-*s%s\n%-*s%s\n", (int)HELP_COLUMN, "  --help", "print this",
	        (int)HELP_COLUMN, "  --version", "print the version");
}

static int
parse_number(const struct option_spec *spec, const char *text, uint32_t *number)
{
	uint64_t value;

	if (!cli_number_parse(text, &value))
		return say_error("--%s %s: not a number " CLI_NUMBER_FORMS
		                 "; give one from %" PRIu64 " to %" PRIu64,
		        spec->name, text, spec->min, spec->max);
	if (value < spec->min || value > spec->max)
		return say_error("--%s %s: out of range; give a number from %" PRIu64
		                 " to %" PRIu64,
		        spec->name, text, spec->min, spec->max);
	if (spec->kind == KIND_POWER && (value & (value - 1)) != 0)
		return say_error("--%s %s: not a power of two", spec->name, text);
	*number = (uint32_t)value;
	return 0;
}

static int
option_apply(struct options *options, const struct option_spec *spec, const char *text)
{
	char *member = (char *)options + spec->offset;

	switch (spec->kind) {
	case KIND_NUMBER:
	case KIND_POWER:
		return parse_number(spec, text, (uint32_t *)member);
	case KIND_TEXT:
		if (*text == '\0')
			return say_error("--%s: empty; give a %s", spec->name, spec->argument);
		*(const char **)member = text;
		return 0;
	case KIND_FLAG:
		*(bool *)member = true;
		return 0;
	case KIND_CALL:
		return spec->call(options, text);
	}
	return -1;
}

/* A word names an option when it is that option's name, whole, behind two dashes; "=" and a value may follow. */
static bool
names_option(const char *word, const char *name)
{
	size_t length = strlen(name);

	return strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, length) == 0 &&
	       (word[2 + length] == '\0' || word[2 + length] == '=');
}

static const struct option_spec *
option_find(const char *word)
{
	for (size_t i = 0; i < RTE_DIM(specs); i++)
		if (names_option(word, specs[i].name))
			return &specs[i];
	return NULL;
}

bool
options_know(const char *word)
{
	return option_find(word) != NULL;
}

/* Why a word is no option, and what may be meant. */
static enum options_result
option_unknown(const char *word)
{
	size_t length = strcspn(word, "=");

	if (word[0] != '-') {
		say_error("'%s': not an option; see --help", word);
		return OPTIONS_ERROR;
	}
	say_error("%s: no such option; see --help", word);
	for (size_t i = 0; length > 2 && i < RTE_DIM(specs); i++)
		if (strncmp(word, "--", 2) == 0 &&
		        strncmp(word + 2, specs[i].name, length - 2) == 0)
			say_hint("There is --%s; names are written out.", specs[i].name);
	say_hint("EAL's own options, such as -l and --vdev, stand before `--`.");
	return OPTIONS_ERROR;
}

/* The option at argv[*at], and its value, which may be the next word. */
static enum options_result
option_take(struct options *options, int argc, char **argv, int *at)
{
	const char *word = argv[*at], *value;
	const struct option_spec *spec = option_find(word);

	if (spec == NULL)
		return option_unknown(word);
	value = word[2 + strlen(spec->name)] == '=' ? strchr(word, '=') + 1 : NULL;
	if (spec->argument == NULL && value != NULL) {
		say_error("--%s: takes no value", spec->name);
		return OPTIONS_ERROR;
	}
	if (spec->argument != NULL && value == NULL && (++*at == argc || options_know(argv[*at]))) {
		say_error("--%s: needs an argument, %s; see --help", spec->name, spec->argument);
		return OPTIONS_ERROR;
	}
	if (value == NULL)
		value = spec->argument != NULL ? argv[*at] : "";
	return option_apply(options, spec, value) == 0 ? OPTIONS_RUN : OPTIONS_ERROR;
}

enum options_result
options_parse(struct options *options, int argc, char **argv)
{
	chimney_target_params_default(&defaults.target);
	*options = defaults;
	for (int at = 1; at < argc; at++) {
		if (strcmp(argv[at], "--help") == 0) {
			options_help(stdout);
			return OPTIONS_EXIT;
		}
		if (strcmp(argv[at], "--version") == 0) {
			printf("dpdk-chimney %s\n", CHIMNEY_VERSION);
			return OPTIONS_EXIT;
		}
		if (option_take(options, argc, argv, &at) != OPTIONS_RUN)
			return OPTIONS_ERROR;
	}
	return OPTIONS_RUN;
}

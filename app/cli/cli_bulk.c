/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bulk add: any number of connections over any number of paths and neighbors, one tree, one initiate. Path i
 * is over neighbor i modulo neighbors, connection i on path i modulo paths; so names can be computed.
 */
#include <errno.h>
#include <string.h>

#include "bulk.h"
#include "cli_command.h"
#include "cli_commands.h"
#include "cli_tcp_state.h"

static enum cli_result
bulk_addresses(struct session *session, struct bulk_spec *bulk)
{
	static const uint8_t source4[16] = {10, 0, 0, 1}, destination4[16] = {10, 128, 0, 1};
	static const uint8_t source6[16] = {0xfd, [15] = 1}, destination6[16] = {0xfd, 1, [15] = 1};
	static const uint8_t mac[6] = {2};
	const struct cli_value *value = session->line.value;

	bulk->family = cli_given(session, ARG_V6) ? 6 : 4;
	memcpy(bulk->source, bulk->family == 6 ? source6 : source4, 16);
	memcpy(bulk->destination, bulk->family == 6 ? destination6 : destination4, 16);
	memcpy(bulk->mac, value[ARG_MAC].present ? value[ARG_MAC].mac : mac, 6);
	for (enum cli_arg_id id = ARG_SRC; id <= ARG_DST; id++) {
		if (!value[id].present)
			continue;
		if (value[id].address.family != bulk->family)
			return cli_error_set(&session->error, &session->line, value[id].word,
			        "expected an %s address; v6 chooses the family",
			        bulk->family == 6 ? "IPv6" : "IPv4");
		memcpy(id == ARG_SRC ? bulk->source : bulk->destination, value[id].address.bytes,
		        16);
	}
	return CLI_OK;
}

/* Ports are counted within a path: ours first, then the peer's. */
static enum cli_result
bulk_ports(struct session *session, struct bulk_spec *bulk)
{
	uint32_t paths = bulk->count[OFFLOAD_LAYER_PATH];
	uint32_t per_path = (bulk->count[OFFLOAD_LAYER_TCP] + paths - 1) / paths;
	uint64_t possible;

	bulk->sport = (uint32_t)cli_number(session, ARG_SPORT, 1024);
	bulk->dport = (uint32_t)cli_number(session, ARG_DPORT, 5001);
	possible = (uint64_t)(65536 - bulk->sport) * (65536 - bulk->dport);
	if (per_path > possible)
		return cli_error_set(&session->error, &session->line,
		        session->line.value[ARG_CONNECTIONS].word,
		        "%u connections on a path, but there are ports for %llu; give more paths",
		        per_path, (unsigned long long)possible);
	return CLI_OK;
}

static enum cli_result
bulk_make(struct session *session, struct bulk_spec *bulk)
{
	memset(bulk, 0, sizeof(*bulk));
	bulk->count[OFFLOAD_LAYER_NEIGHBOR] = (uint32_t)cli_number(session, ARG_NEIGHBORS, 1);
	bulk->count[OFFLOAD_LAYER_PATH] = (uint32_t)cli_number(session, ARG_PATHS, 1);
	bulk->count[OFFLOAD_LAYER_TCP] = (uint32_t)cli_number(session, ARG_CONNECTIONS, 0);
	bulk->mtu = (uint32_t)cli_number(session, ARG_MTU, 1500);
	bulk->vlan = (uint16_t)cli_number(session, ARG_VLAN, 0);
	tcp_template_make(&session->line, &bulk->state);
	if (bulk_addresses(session, bulk) != CLI_OK)
		return CLI_ERROR;
	return bulk_ports(session, bulk);
}

void
cli_bulk_add(struct session *session)
{
	const struct cli_value *name = &session->line.value[ARG_NAME];
	struct object_group *group;
	struct host_request *request;
	struct bulk_spec bulk;

	if (bulk_make(session, &bulk) != CLI_OK) {
		reply_cli_error(session);
		return;
	}
	if (!cli_wire_port(session, ARG_PORT, &bulk.port))
		return;
	group = group_add(&session->cli->host->objects, name->text, true, bulk.count);
	if (group == NULL) {
		cli_error_set(&session->error, &session->line, name->word, "%s",
		        errno == EEXIST
		                ? "the name is taken; choose another, or terminate its objects"
		                : strerror(errno));
		reply_cli_error(session);
		return;
	}
	request = cli_request(session, CHIMNEY_INITIATE);
	if (request == NULL) {
		group_release(&session->cli->host->objects, group);
		return;
	}
	if (bulk_prepare(request, &bulk, group) != 0) {
		host_request_discard(request);
		reply_error(
		        session, NULL, "out of memory for a tree of %zu bytes", bulk_bytes(&bulk));
		return;
	}
	cli_submit(session, request);
}

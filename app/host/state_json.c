/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of objects as JSON. */
#include <arpa/inet.h>
#include <stdio.h>

#include <rte_common.h>

#include "chimney.h"
#include "cli_tcp_args.h"
#include "state_json.h"

static void
set(json_t *row, const char *key, uint64_t value)
{
	json_object_set_new(row, key, json_integer((json_int_t)value));
}

/* CTX-6: -1 is a timer that does not run. */
static void
set_timer(json_t *row, const char *key, int32_t left)
{
	json_object_set_new(row, key, left == OFFLOAD_TIMER_OFF ? json_null() : json_integer(left));
}

json_t *
json_mac(const uint8_t mac[6])
{
	return json_sprintf(
	        "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

json_t *
json_address(const uint8_t *address, uint8_t family)
{
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(family == 6 ? AF_INET6 : AF_INET, address, text, sizeof(text)) == NULL)
		return json_null();
	return json_string(text);
}

void
state_neighbor(json_t *row, const struct neighbor_const *constant,
        const struct neighbor_cached *cached, const struct neighbor_delegated *delegated)
{
	if (cached != NULL) {
		json_object_set_new(row, "mac", json_mac(cached->destination_mac));
		set(row, "host_reachable_ms", cached->host_reachability_delta);
	}
	if (constant != NULL) {
		json_object_set_new(row, "source_mac", json_mac(constant->source_mac));
		set(row, "vlan", constant->vlan_id);
	}
	if (delegated != NULL)
		set(row, "target_reachable_ms", delegated->target_reachability_delta);
}

void
state_identity(json_t *row, const struct object *object)
{
	const struct object *path = object->parent;
	char name[OBJECT_NAME_MAX];

	if (object->layer == OFFLOAD_LAYER_NEIGHBOR) {
		set(row, "port", object->neighbor.port);
		return;
	}
	if (object->layer == OFFLOAD_LAYER_PATH) {
		json_object_set_new(row, "src", json_address(object->path.source, object->family));
		json_object_set_new(
		        row, "dst", json_address(object->path.destination, object->family));
		if (object->parent != NULL)
			json_object_set_new(
			        row, "neighbor", json_string(object_name(object->parent, name)));
		return;
	}
	if (path != NULL) {
		json_object_set_new(row, "path", json_string(object_name(path, name)));
		json_object_set_new(row, "src", json_address(path->path.source, path->family));
		json_object_set_new(row, "dst", json_address(path->path.destination, path->family));
	}
	set(row, "sport", object->tcp.local_port);
	set(row, "dport", object->tcp.remote_port);
	json_object_set_new(row, "service", json_string(cli_services[object->tcp.service]));
}

void
state_tcp_const(json_t *row, const struct tcp_const *constant)
{
	json_object_set_new(
	        row, "timestamps", json_boolean(constant->flags & TCP_OPTION_TIMESTAMPS));
	json_object_set_new(row, "sack", json_boolean(constant->flags & TCP_OPTION_SACK));
	json_object_set_new(row, "ecn", json_boolean(constant->flags & TCP_OPTION_ECN));
	if (constant->congestion < OFFLOAD_CC_COUNT)
		json_object_set_new(row, "cc",
		        json_string(cli_congestions[RTE_MAX(constant->congestion, 1u) - 1]));
	json_object_set_new(
	        row, "pacing", json_boolean(constant->extensions & TCP_EXTENSION_PACING));
	json_object_set_new(
	        row, "window_scale", json_boolean(constant->flags & TCP_OPTION_WINDOW_SCALE));
	set(row, "snd_wscale", constant->snd_wnd_scale);
	set(row, "rcv_wscale", constant->rcv_wnd_scale);
	set(row, "mss", constant->remote_mss);
	set(row, "hash", constant->hash_value);
	if (constant->service == OFFLOAD_SERVICE_SOURCE) {
		if (constant->service_bytes == OFFLOAD_SERVICE_UNLIMITED)
			json_object_set_new(row, "bytes", json_string("unlimited"));
		else
			set(row, "bytes", constant->service_bytes);
	}
}

void
state_tcp_cached(json_t *row, const struct tcp_cached *cached)
{
	json_object_set_new(row, "keepalive", json_boolean(cached->flags & TCP_CACHED_KEEPALIVE));
	json_object_set_new(row, "nagle", json_boolean(cached->flags & TCP_CACHED_NAGLE));
	set(row, "initial_rcv_wnd", cached->initial_rcv_wnd);
	set(row, "rcv_indication", cached->rcv_indication_size);
	set(row, "ka_probes", cached->ka_probe_count);
	set(row, "ka_timeout_ms", cached->ka_timeout);
	set(row, "ka_interval_ms", cached->ka_interval);
	set(row, "max_rt_ms", cached->max_rt);
	set(row, "flow_label", cached->flow_label);
	set(row, "ttl", cached->ttl);
	set(row, "tos", cached->tos);
	set(row, "priority", cached->user_priority);
}

void
state_tcp_delegated(json_t *row, const struct tcp_delegated *delegated)
{
	json_object_set_new(row, "state", json_string(tcp_state_name(delegated->state)));
	set(row, "rcv_nxt", delegated->rcv_nxt);
	set(row, "rcv_wnd", delegated->rcv_wnd);
	set(row, "snd_una", delegated->snd_una);
	set(row, "snd_nxt", delegated->snd_nxt);
	set(row, "snd_max", delegated->snd_max);
	set(row, "snd_wnd", delegated->snd_wnd);
	set(row, "max_snd_wnd", delegated->max_snd_wnd);
	set(row, "snd_wl1", delegated->snd_wl1);
	set(row, "cwnd", delegated->cwnd);
	set(row, "ssthresh", delegated->ssthresh);
	json_object_set_new(row, "srtt_ms", json_real(delegated->srtt / 8.0));
	json_object_set_new(row, "rttvar_ms", json_real(delegated->rttvar / 4.0));
	set(row, "ts_recent", delegated->ts_recent);
	set(row, "ts_recent_age_ms", delegated->ts_recent_age);
	set(row, "ts_time", delegated->ts_time);
	set(row, "total_rt_ms", delegated->total_rt);
	set(row, "dup_acks", delegated->dup_ack_count);
	set(row, "snd_wnd_probes", delegated->snd_wnd_probe_count);
	set(row, "ka_probes_sent", delegated->ka_probe_count);
	set_timer(row, "ka_left_ms", delegated->ka_time_left);
	set(row, "retransmits", delegated->retransmit_count);
	set_timer(row, "retransmit_left_ms", delegated->retransmit_time_left);
	if (delegated->send_backlog_size > INT64_MAX)
		json_object_set_new(row, "send_backlog", json_string("unlimited"));
	else
		set(row, "send_backlog", delegated->send_backlog_size);
	set(row, "receive_backlog", delegated->receive_backlog_size);
}

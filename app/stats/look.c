/* SPDX-License-Identifier: BSD-3-Clause */
/* A look at a connection's context without a request. */
#include <string.h>

#include "handle.h"
#include "look.h"
#include "program.h"
#include "service.h"

bool
conn_look(const struct program *program, uint64_t handle, struct conn_look *look)
{
	uint32_t index = toe_handle_index(handle);
	const struct toe_worker *worker;
	const struct toe_conn *conn;

	look->worker = toe_handle_worker(handle);
	if (handle == 0 || look->worker >= program->worker_count)
		return false;
	worker = program->workers[look->worker];
	if (index >= worker->engine.conn_capacity)
		return false;
	conn = &worker->engine.conns[index];
	memcpy(&look->conn, conn, sizeof(*conn));
	if (look->conn.generation != toe_handle_generation(handle) ||
	        look->conn.path >= program->shared.path_capacity)
		return false;
	look->digest = look->conn.service == OFFLOAD_SERVICE_SINK
	                       ? toe_service_digest(&worker->engine, conn)
	                       : 0;
	look->may_send = toe_conn_may_send(&worker->engine, &look->conn);
	return true;
}

void
conn_look_json(json_t *row, const struct conn_look *look)
{
	const struct toe_conn *conn = &look->conn;

	json_object_set_new(row, "worker", json_integer(look->worker));
	json_object_set_new(row, "stopped", json_boolean(!look->may_send));
	json_object_set_new(row, "indicated", json_boolean(conn->flags & TOE_CONN_INDICATED));
	json_object_set_new(row, "rcv_bytes", json_integer((json_int_t)conn->rcv_bytes));
	json_object_set_new(row, "acked_bytes", json_integer((json_int_t)conn->snd_offset));
	json_object_set_new(row, "segments_in", json_integer((json_int_t)conn->segments_in));
	json_object_set_new(row, "segments_out", json_integer((json_int_t)conn->segments_out));
	if (conn->service == OFFLOAD_SERVICE_SINK)
		json_object_set_new(
		        row, "digest", json_sprintf("%016llx", (unsigned long long)look->digest));
}

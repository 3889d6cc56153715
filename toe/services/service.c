/* SPDX-License-Identifier: BSD-3-Clause */
/* Services inside the target: which one a connection's text comes from and goes to. */
#include "service.h"

#include <errno.h>
#include <string.h>

#include "echo.h"
#include "host_queue.h"
#include "host_receive.h"
#include "source.h"
#include "tcp_facts.h"
#include "user.h"

int
toe_service_open(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_attached *attached;

	conn->attached = TOE_INDEX_NONE;
	if (conn->service != OFFLOAD_SERVICE_SINK && conn->service != OFFLOAD_SERVICE_ECHO)
		return 0;
	conn->attached = toe_pool_take(&engine->attached);
	if (conn->attached == TOE_INDEX_NONE)
		return -ENOMEM;
	attached = toe_attached_of(engine, conn);
	memset(attached, 0, sizeof(*attached));
	XXH64_reset(&attached->digest, 0);
	return 0;
}

void
toe_service_close(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	if (conn->attached == TOE_INDEX_NONE)
		return;
	if (conn->service == OFFLOAD_SERVICE_HOST) {
		host_receives_end(engine, index, OFFLOAD_UPLOAD_IN_PROGRESS);
		host_text_close(engine, index);
		host_close(engine, index, OFFLOAD_UPLOAD_IN_PROGRESS);
		return;
	}
	echo_close(engine, toe_attached_of(engine, conn));
	toe_pool_give(&engine->attached, conn->attached);
	conn->attached = TOE_INDEX_NONE;
}

bool
toe_service_deliver(struct toe_engine *engine, uint32_t index, struct rte_mbuf *mbuf,
        const uint8_t *data, uint32_t length, bool push)
{
	struct toe_conn *conn = &engine->conns[index];

	conn->rcv_bytes += length;
	switch (conn->service) {
	case OFFLOAD_SERVICE_SINK:
		XXH64_update(&toe_attached_of(engine, conn)->digest, data, length);
		return false;
	case OFFLOAD_SERVICE_ECHO:
		return echo_deliver(engine, index, mbuf, data, length);
	case OFFLOAD_SERVICE_HOST:
		return host_deliver(engine, index, mbuf, data, length, push);
	default:
		return false;
	}
}

bool
toe_service_fin(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	if (conn->service == OFFLOAD_SERVICE_SINK || conn->service == OFFLOAD_SERVICE_ECHO) {
		conn->flags |= TOE_CONN_FIN_QUEUED;
		toe_conn_ready(engine, index);
	}
	return conn->service != OFFLOAD_SERVICE_HOST || host_fin(engine, index);
}

bool
toe_service_accepts(const struct toe_engine *engine, const struct toe_conn *conn)
{
	switch (conn->service) {
	case OFFLOAD_SERVICE_ECHO:
		return echo_accepts(engine, conn);
	case OFFLOAD_SERVICE_HOST:
		return host_accepts(engine, conn);
	default:
		return true;
	}
}

uint32_t
toe_service_window(const struct toe_engine *engine, const struct toe_conn *conn)
{
	switch (conn->service) {
	case OFFLOAD_SERVICE_ECHO:
		return echo_window(engine, conn);
	case OFFLOAD_SERVICE_HOST:
		return host_window(engine, conn);
	default:
		return RTE_MIN(conn->rcv_space, tcp_window_limit(conn));
	}
}

void
toe_service_refused(struct toe_engine *engine, uint32_t index)
{
	if (engine->conns[index].service == OFFLOAD_SERVICE_HOST)
		host_refused(engine, index);
}

uint64_t
toe_service_backlog(const struct toe_engine *engine, const struct toe_conn *conn)
{
	return conn->service == OFFLOAD_SERVICE_HOST ? host_backlog(engine, conn) : 0;
}

uint64_t
toe_service_copy(struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        uint8_t *to, uint32_t length, bool want_sum)
{
	struct text_copy copy = {.to = to, .want_sum = want_sum};

	if (conn->service == OFFLOAD_SERVICE_SOURCE)
		source_copy(offset, &copy, length);
	else if (conn->service == OFFLOAD_SERVICE_HOST)
		host_copy(engine, conn, offset, &copy, length);
	else
		echo_copy(engine, conn, offset, &copy, length);
	return copy.sum;
}

void
toe_service_acked(struct toe_engine *engine, uint32_t index, uint32_t bytes)
{
	switch (engine->conns[index].service) {
	case OFFLOAD_SERVICE_ECHO:
		echo_acked(engine, index, bytes);
		break;
	case OFFLOAD_SERVICE_HOST:
		host_acked(engine, index, bytes);
		break;
	default:
		break;
	}
}

bool
toe_service_attach(struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        uint32_t length, uint32_t pieces, struct rte_mbuf *frame)
{
	return host_attach(engine, conn, offset, length, pieces, frame);
}

void
toe_service_abort(struct toe_engine *engine, uint32_t index)
{
	const struct toe_conn *conn = &engine->conns[index];

	if (conn->service != OFFLOAD_SERVICE_HOST || conn->attached == TOE_INDEX_NONE)
		return;
	host_receives_end(engine, index, OFFLOAD_REQUEST_ABORTED);
	host_end(engine, index, OFFLOAD_REQUEST_ABORTED, false);
}

void
toe_service_reset(struct toe_engine *engine, uint32_t index)
{
	if (engine->conns[index].attached == TOE_INDEX_NONE)
		return;
	host_receives_end(engine, index, OFFLOAD_REQUEST_ABORTED);
	host_end(engine, index, OFFLOAD_REQUEST_ABORTED, true);
}

void
toe_service_fin_acked(struct toe_engine *engine, uint32_t index)
{
	const struct toe_conn *conn = &engine->conns[index];

	if (conn->service == OFFLOAD_SERVICE_HOST && conn->attached != TOE_INDEX_NONE)
		host_acked(engine, index, 1);
}

void
toe_service_upload(struct toe_engine *engine, uint32_t index, struct tcp_delegated *delegated)
{
	const struct toe_conn *conn = &engine->conns[index];

	if (conn->service != OFFLOAD_SERVICE_HOST || delegated == NULL)
		return;
	delegated->buffered_data = toe_host_take_text(engine, index);
	delegated->receive_backlog_size =
	        delegated->buffered_data == NULL
	                ? 0
	                : ((struct rte_mbuf *)delegated->buffered_data)->pkt_len;
}

uint64_t
toe_service_digest(const struct toe_engine *engine, const struct toe_conn *conn)
{
	return conn->service == OFFLOAD_SERVICE_SINK && conn->attached != TOE_INDEX_NONE
	               ? XXH64_digest(&toe_attached_of(engine, conn)->digest)
	               : 0;
}

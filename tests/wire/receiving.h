/* SPDX-License-Identifier: BSD-3-Clause */
/* A host that receives, against a script: what the tests of it have in common. */
#ifndef TESTS_WIRE_RECEIVING_H
#define TESTS_WIRE_RECEIVING_H

#include "channels.h"
#include "host_end.h"
#include "host_receive.h"
#include "script.h"
#include "test_eal.h"
#include "unit.h"

#define PSH RTE_TCP_PSH_FLAG
#define RECEIVE CHIMNEY_IO_RECEIVE
#define PUSH CHIMNEY_IO_RECEIVE_PUSH

static struct script script;
static struct host_end host;
static struct chimney_io_record record;

static inline void
begin(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_HOST);

	params.cached.initial_rcv_wnd = 60000;
	script_open(&script, &params);
	host_end_begin(&host);
	CU_ASSERT_EQUAL(host_end_say(&host, TOE_FLOW_ATTACH), OFFLOAD_SUCCESS);
}

/* The peer has written; the worker tells the host. */
static inline void
write_text(int32_t seq, uint32_t length, uint8_t flags)
{
	script_send(&script,
	        (struct script_segment){.seq = seq, .length = length, .flags = ACK | flags});
	toe_worker_channels(&script.end.worker);
}

/* The next record indicates this text. */
static inline bool
indicated(uint64_t offset, uint32_t length)
{
	return host_end_next(&host, &record) && record.kind == CHIMNEY_IO_INDICATED &&
	       record.value == length && host_end_shows(&record, offset);
}

/* The next record completes this receive, with this text. */
static inline bool
received(const struct chimney_io *io, enum offload_status status, uint64_t offset, uint32_t done)
{
	return host_end_next(&host, &record) && record.kind == CHIMNEY_IO_COMPLETED &&
	       record.io == io && io->status == status && io->done == done &&
	       host_end_holds(io, offset);
}

static inline bool
nothing(void)
{
	return !host_end_next(&host, &record);
}

static inline bool
told(enum toe_event_kind kind)
{
	struct toe_event event;

	return end_event(&script.end, &event) && event.kind == kind;
}

static inline bool
told_nothing(void)
{
	struct toe_event event;

	return !end_event(&script.end, &event);
}

static inline void
finish(void)
{
	struct toe_engine *engine = &script.end.worker.engine;
	struct tcp_delegated delegated;

	script_drop(&script);
	end_close(&script.end, &delegated);
	rte_pktmbuf_free(delegated.buffered_data);
	atomic_store(&engine->channels->returned[0], engine->host_given[0]);
	atomic_store(&engine->channels->returned_all, engine->host_given[0]);
	CU_ASSERT_EQUAL(test_pool_in_use(script.pool), 0);
	CU_ASSERT_EQUAL(engine->sends.used, 0);
	CU_ASSERT_EQUAL(engine->host_queued_all, 0);
	CU_ASSERT_EQUAL(engine->pushing.first, TOE_INDEX_NONE);
	CU_ASSERT_EQUAL(engine->starved.first, TOE_INDEX_NONE);
	CU_ASSERT_EQUAL(host.port.due.first, TOE_INDEX_NONE);
	while (host_end_next(&host, &record))
		;
	CU_ASSERT_EQUAL(host.received, host.posted);
	CU_ASSERT(!host.wrong);
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Control with fake workers. */
#include "fake_target.h"

#include <stdlib.h>
#include <string.h>

#include "handle.h"

static uint32_t
or_default(uint32_t value, uint32_t usual)
{
	return value != 0 ? value : usual;
}

static void
worker_add(struct fake *fake, uint32_t index, const struct fake_options *options)
{
	struct toe_worker_control *worker = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*worker));
	struct fake_conn *conns =
	        calloc(or_default(options->conns, FAKE_CONNS), sizeof(struct fake_conn));
	uint32_t size = or_default(options->mailbox_size, 16);

	if (worker == NULL || conns == NULL)
		abort();
	memset(worker, 0, sizeof(*worker));
	if (toe_mailbox_init(&worker->urgent, size) != 0 ||
	        toe_mailbox_init(&worker->ordinary, size) != 0 ||
	        toe_reaches_init(&worker->reach, FAKE_NEIGHBORS) != 0 ||
	        toe_doorbell_init(&worker->bell) != 0)
		abort();
	worker->host_handles = &conns->host_handle;
	worker->host_handle_step = sizeof(*conns);
	fake->worker[index] = worker;
	fake->conns[index] = conns;
}

static void
host_add(struct fake *fake, uint32_t i, const struct fake_options *options)
{
	struct chimney_host_params params = {
	        .name = "fake",
	        .ticks_per_second = or_default(options->ticks_per_second, 1000),
	        .request_ring_size = or_default(options->request_ring_size, 16),
	        .event_ring_size = or_default(options->event_ring_size, 64),
	        .nce_stale_ticks = options->nce_stale_ticks,
	};

	CU_ASSERT_EQUAL_FATAL(chimney_host_register(fake->target, &params, &fake->host[i]), 0);
}

static bool
fake_cpu_time(void *context, uint32_t worker, struct chimney_cpu_time *time)
{
	const struct fake *fake = context;

	*time = fake->cpu[worker];
	return fake->cpu_known;
}

void
fake_start(struct fake *fake, const struct fake_options *options)
{
	static const struct fake_options usual;
	struct chimney_params params;

	if (options == NULL)
		options = &usual;
	memset(fake, 0, sizeof(*fake));
	fake->now = 1000 * FAKE_MS;
	CU_ASSERT_EQUAL_FATAL(toe_shared_init(&fake->shared, FAKE_NEIGHBORS, FAKE_PATHS), 0);
	fake->shared.worker_count = or_default(options->workers, 2);
	fake->shared.port_count = 3;
	fake->shared.ports[1].role = TOE_PORT_HOST;
	for (uint32_t i = 0; i < fake->shared.port_count; i++) {
		fake->shared.ports[i].mtu = 1500;
		fake->shared.ports[i].mac[0] = 0x02;
	}
	for (uint32_t i = 0; i < fake->shared.worker_count; i++)
		worker_add(fake, i, options);
	chimney_params_default(&params);
	params.shared = &fake->shared;
	params.workers = fake->worker;
	params.conn_capacity = fake->conn_capacity = or_default(options->conns, FAKE_CONNS);
	if (options->retrieve_delay_ms != 0)
		params.retrieve_delay_ms =
		        options->retrieve_delay_ms + 1 == 0 ? 0 : options->retrieve_delay_ms;
	params.retrieve_policy = options->retrieve_policy;
	params.max_tree_blocks = options->max_tree_blocks;
	params.vlans = options->vlans;
	params.vlan_count = options->vlan_count;
	params.salt = 42;
	params.cpu_time = fake_cpu_time;
	params.cpu_time_context = fake;
	CU_ASSERT_EQUAL_FATAL(chimney_create(&params, fake->now, &fake->target), 0);
	for (uint32_t i = 0; i < FAKE_HOSTS; i++)
		host_add(fake, i, options);
}

void
fake_end(struct fake *fake)
{
	chimney_destroy(fake->target);
	for (uint32_t i = 0; i < fake->shared.worker_count; i++) {
		struct toe_worker_control *worker = fake->worker[i];

		toe_doorbell_fini(&worker->bell);
		toe_mailbox_fini(&worker->urgent);
		toe_mailbox_fini(&worker->ordinary);
		toe_reaches_fini(&worker->reach, FAKE_NEIGHBORS);
		free(fake->conns[i]);
		free(worker);
	}
	toe_shared_fini(&fake->shared);
	tree_free(&fake->tree);
}

uint32_t
fake_control(struct fake *fake)
{
	fake->now += 1000;
	return chimney_control_poll(fake->target, fake->now);
}

/* An item as a worker would do it, as far as control can see. */
static uint16_t
item_run(struct fake *fake, uint32_t worker, const struct toe_message *message,
        const struct toe_item *item)
{
	struct fake_conn *conn = &fake->conns[worker][item->index];

	if (message->op == fake->fail_op) {
		if (fake->fail_after == 0)
			return fake->fail_status;
		fake->fail_after--;
	}
	if (message->op == TOE_OP_INITIATE) {
		CU_ASSERT_EQUAL(conn->generation, 0);
		conn->generation = item->generation;
		conn->host_handle = item->host_handle;
		conn->path = item->path;
		return OFFLOAD_SUCCESS;
	}
	if (conn->generation != item->generation)
		return OFFLOAD_FAILURE;
	if (item->delegated != NULL)
		((struct tcp_delegated *)item->delegated)->snd_una = 1000 + item->index;
	if (message->op == TOE_OP_TERMINATE)
		conn->generation = 0;
	return OFFLOAD_SUCCESS;
}

static void
chain_run(struct fake *fake, uint32_t worker, const struct toe_message *message,
        struct toe_reply *reply)
{
	struct toe_item *item, *next;
	bool failed = false;
	uint32_t n = 0;

	for (item = message->items; item != NULL; item = next) {
		next = item->next;
		item->status = item_run(fake, worker, message, item);
		failed |= item->status == OFFLOAD_CONNECTION_REJECTED;
		n++;
	}
	CU_ASSERT_EQUAL(n, message->count);
	if (message->op == TOE_OP_INITIATE && failed)
		reply->status = OFFLOAD_FAILURE;
}

bool
fake_work_one(struct fake *fake, uint32_t index, bool urgent)
{
	struct toe_worker_control *worker = fake->worker[index];
	struct toe_mailbox *mailbox = urgent ? &worker->urgent : &worker->ordinary;
	struct toe_message message;
	struct toe_reply reply;

	if (!toe_mailbox_take(mailbox, &message))
		return false;
	CU_ASSERT_FATAL(fake->logged < FAKE_LOG);
	fake->log[fake->logged] = (struct fake_logged){.worker = index, .message = message};
	if (message.op == TOE_OP_HOLD || message.op == TOE_OP_RELEASE)
		fake->log[fake->logged].hold_port =
		        ((const struct toe_hold_request *)message.pointer)->local_port;
	fake->logged++;
	reply = (struct toe_reply){
	        .op = message.op, .worker = (uint8_t)index, .request = message.request};
	switch (message.op) {
	case TOE_OP_RETRIEVE_PATH:
	case TOE_OP_RETRIEVE_NAMED:
	case TOE_OP_RESUME_PATH:
		return true;
	case TOE_OP_DRAIN:
		reply.discarded = 10 + index;
		break;
	case TOE_OP_PING:
	case TOE_OP_HOLD:
	case TOE_OP_RELEASE:
		break;
	default:
		chain_run(fake, index, &message, &reply);
		break;
	}
	toe_mailbox_reply(mailbox, &reply);
	return true;
}

uint32_t
fake_work(struct fake *fake)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < fake->shared.worker_count; i++) {
		if (fake->stalled[i] || toe_worker_is_lost(fake->worker[i]))
			continue;
		while (fake_work_one(fake, i, true))
			n++;
		while (!fake->urgent_only[i] && fake_work_one(fake, i, false))
			n++;
	}
	return n;
}

void
fake_wake(struct fake *fake, uint32_t index)
{
	struct toe_worker_control *worker = fake->worker[index];

	toe_mailbox_discard(&worker->urgent);
	toe_mailbox_discard(&worker->ordinary);
	for (uint32_t i = 0; i < fake->conn_capacity; i++)
		fake->conns[index][i].generation = 0;
	fake->stalled[index] = false;
	atomic_store(&worker->parked, atomic_load(&worker->lost));
}

void
fake_settle(struct fake *fake)
{
	for (uint32_t i = 0; i < FAKE_TURNS; i++)
		if (fake_control(fake) + fake_work(fake) == 0)
			return;
}

void
fake_advance_ms(struct fake *fake, uint32_t ms)
{
	for (uint32_t i = 0; i < ms; i++) {
		fake->now += FAKE_MS;
		chimney_control_poll(fake->target, fake->now);
	}
}

void
fake_sleep_ms(struct fake *fake, uint32_t ms)
{
	fake->now += ms * FAKE_MS;
}

void
fake_indicate(struct fake *fake, uint32_t worker, void *handle)
{
	struct toe_event event = {
	        .object = (uintptr_t)handle,
	        .kind = TOE_EVENT_RETRIEVE,
	        .detail = RETRIEVE_INVALID_STATE,
	        .value = atomic_load(fake->worker[worker]->events[0].completed),
	};

	CU_ASSERT_EQUAL(toe_event_post(&fake->worker[worker]->events[0], &event, 1), 1);
}

int
fake_submit(struct fake *fake, enum chimney_request kind, struct offload_block_list *root)
{
	static int (*const submit[CHIMNEY_REQUEST_COUNT])(
	        struct chimney_host *, struct offload_block_list *) = {
	        [CHIMNEY_INITIATE] = chimney_initiate_offload,
	        [CHIMNEY_QUERY] = chimney_query_offload,
	        [CHIMNEY_UPDATE] = chimney_update_offload,
	        [CHIMNEY_INVALIDATE] = chimney_invalidate_offload,
	        [CHIMNEY_TERMINATE] = chimney_terminate_offload,
	};

	return submit[kind](fake->host[0], root);
}

bool
fake_read(struct fake *fake, struct chimney_record *record)
{
	return chimney_poll(fake->host[0], record, 1) == 1;
}

bool
fake_completed(struct fake *fake, struct offload_block_list *root)
{
	struct chimney_record record;

	for (uint32_t i = 0; i < FAKE_TURNS; i++) {
		while (fake_read(fake, &record))
			if (record.kind == CHIMNEY_COMPLETION && record.root == root)
				return true;
		fake_control(fake);
		fake_work(fake);
	}
	return false;
}

bool
fake_request(struct fake *fake, enum chimney_request kind, struct offload_block_list *root)
{
	return fake_submit(fake, kind, root) == 0 && fake_completed(fake, root);
}

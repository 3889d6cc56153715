/* SPDX-License-Identifier: BSD-3-Clause */
/* Terminates whose connections have to wait at their worker: who else goes on, what they hand up, a worker that is lost meanwhile. */
#include "handle.h"
#include "lost_bed.h"
#include "test_mutant.h"

#define WAITING 4u /* more than a worker may have chains of a host */

static struct toe_item *item[WAITING];
static uint64_t request[WAITING];
static struct offload_block_list *block[WAITING];
static uint32_t chain; /* stands for descriptors */

static struct toe_mailbox *
mailbox(void)
{
	return &fake.worker[DEAD]->ordinary;
}

/* The worker takes a terminate of one connection; it waits. */
static void
take(uint32_t i)
{
	struct toe_message message;
	struct toe_reply reply = {.op = TOE_OP_TERMINATE, .worker = DEAD, .count = 1};

	CU_ASSERT_FATAL(toe_mailbox_take(mailbox(), &message));
	CU_ASSERT_EQUAL_FATAL(message.op, TOE_OP_TERMINATE);
	CU_ASSERT_EQUAL(message.count, 1);
	item[i] = message.items;
	item[i]->status = OFFLOAD_PENDING;
	fake.conns[DEAD][item[i]->index].generation = 0;
	request[i] = reply.request = message.request;
	toe_mailbox_reply(mailbox(), &reply);
}

/* It is done. */
static void
leave(uint32_t i)
{
	const struct toe_reply reply = {
	        .op = TOE_OP_LEFT, .worker = DEAD, .count = 1, .request = request[i]};

	item[i]->status = OFFLOAD_SUCCESS;
	item[i]->send_chain = &chain;
	toe_mailbox_reply(mailbox(), &reply);
}

/* WAITING connections of one worker, terminated one by one, all of which wait. */
static void
begin(uint32_t flags)
{
	for (uint32_t i = 0, conn = 0; i < WAITING; conn++) {
		if (fake_owner(&fake, conn) != DEAD)
			continue;
		fake.stalled[DEAD] = true;
		block[i] = fake_tcp(&fake, conn, OFFLOAD_TCP_DELEGATED);
		block[i]->flags = flags;
		CU_ASSERT_EQUAL_FATAL(fake_submit(&fake, CHIMNEY_TERMINATE, block[i]), 0);
		fake_settle(&fake);
		take(i++);
		fake_settle(&fake);
		fake.stalled[DEAD] = false;
	}
	fake_settle(&fake);
}

/* TERM-2, fault kind C4: neither the host's other requests at that worker wait, nor each other. */
static void
test_waits(void)
{
	struct offload_block_list *other =
	        fake_tcp(&fake, a_connection_of(0), OFFLOAD_TCP_DELEGATED);
	struct chimney_record record;

	begin(0);
	CU_ASSERT(fake_request(&fake, CHIMNEY_QUERY, other));
	other = fake_neighbor(&fake, 1, OFFLOAD_NEIGHBOR_BLOCK);
	CU_ASSERT(fake_request(&fake, CHIMNEY_INVALIDATE, other));
	CU_ASSERT_EQUAL(other->status, OFFLOAD_SUCCESS);
	for (uint32_t i = 0; i < WAITING; i++) {
		uint32_t at = (i + 1) % WAITING;

		CU_ASSERT_EQUAL(block[at]->status, OFFLOAD_PENDING);
		leave(at);
		CU_ASSERT(fake_completed(&fake, block[at]));
		CU_ASSERT_EQUAL(block[at]->status, OFFLOAD_SUCCESS);
		CU_ASSERT_PTR_EQUAL(block[at]->send_chain, &chain);
	}
	fake_settle(&fake);
	while (fake_read(&fake, &record))
		CU_ASSERT_NOT_EQUAL(record.kind, CHIMNEY_COMPLETION);
}

/* INV-14: however long they wait, a worker that answers is not lost; and owes nothing more when they are done. */
static void
test_patience(void)
{
	begin(0);
	pass_ms(20000);
	CU_ASSERT_EQUAL(atomic_load(&fake.worker[DEAD]->lost), 0);
	CU_ASSERT_EQUAL(block[0]->status, OFFLOAD_PENDING);
	for (uint32_t i = 0; i < WAITING; i++)
		leave(i);
	for (uint32_t i = 0; i < WAITING; i++)
		CU_ASSERT(fake_completed(&fake, block[i]));
	fake.stalled[DEAD] = true;
	pass_ms(20000);
	CU_ASSERT_EQUAL(atomic_load(&fake.worker[DEAD]->lost), 0);
}

/* TERM-8: it is lost while they wait. No chain comes, whatever the item says by then; the object stays for the next terminate. */
static void
test_lost(void)
{
	struct chimney_object_view view;

	begin(0);
	fake.stalled[DEAD] = true;
	for (uint32_t i = 0; i < WAITING; i++)
		item[i]->send_chain = &chain;
	pass_ms(3000);
	CU_ASSERT_EQUAL(atomic_load(&fake.worker[DEAD]->lost), 1);
	for (uint32_t i = 0; i < WAITING; i++) {
		CU_ASSERT(fake_completed(&fake, block[i]));
		CU_ASSERT_EQUAL(block[i]->status, OFFLOAD_FAILURE);
		CU_ASSERT_PTR_NULL(block[i]->send_chain);
		CU_ASSERT(chimney_object_look(fake.target, *block[i]->offload_context, &view));
	}
	fake_settle(&fake);
	CU_ASSERT(fake_request(&fake, CHIMNEY_TERMINATE, block[0]));
	CU_ASSERT_EQUAL(block[0]->status, OFFLOAD_FAILURE);
	CU_ASSERT(!chimney_object_look(fake.target, *block[0]->offload_context, &view));
}

/* TERM-5: the worker is told of HOLD. */
static void
test_hold(void)
{
	begin(0);
	CU_ASSERT_EQUAL(item[0]->hold, 0);
	for (uint32_t i = 0; i < WAITING; i++) {
		leave(i);
		CU_ASSERT(fake_completed(&fake, block[i]));
	}
	block[0] = fake_tcp(&fake, a_connection_of(0), OFFLOAD_TCP_DELEGATED);
	block[0]->flags = OFFLOAD_BLOCK_HOLD;
	CU_ASSERT(fake_request(&fake, CHIMNEY_TERMINATE, block[0]));
	CU_ASSERT_NOT_EQUAL(((const struct toe_item *)(void *)block[0]->target_scratch)->hold, 0);
}

WITH_LOST_BED(waits)
WITH_LOST_BED(patience)
WITH_LOST_BED(lost)
WITH_LOST_BED(hold)

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TERM-2 TERM-4 others go on (C4)", run_waits},
	        {"INV-14 TERM-2 a worker with those that wait", run_patience},
	        {"TERM-8 INV-17 it is lost", run_lost},
	        {"TERM-5 HOLD", run_hold},
	};

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("leaving", tests, RTE_DIM(tests));
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads that only submit. */
#include "submitters.h"

#include <sched.h>

static void *
submit_loop(void *argument)
{
	struct submitter *submitter = argument;
	uint64_t submitted = 0;

	while (!atomic_load_explicit(submitter->stop, memory_order_acquire)) {
		if (atomic_load_explicit(&submitter->completed, memory_order_acquire) < submitted) {
			sched_yield();
			continue;
		}
		if (submitted > 0 && submitter->root->status != OFFLOAD_SUCCESS)
			submitter->wrong = true;
		submitter->root->status = OFFLOAD_PENDING;
		atomic_store_explicit(&submitter->submitted, ++submitted, memory_order_release);
		if (world_submit(submitter->world, submitter->host,
		            submitted % 2 ? CHIMNEY_QUERY : CHIMNEY_INVALIDATE,
		            submitter->root) != 0)
			submitter->wrong = true;
	}
	return NULL;
}

bool
submitters_start(struct submitters *submitters, struct world *world, uint32_t host)
{
	bool ok = true;

	atomic_init(&submitters->stop, false);
	for (uint32_t i = 0; ok && i < SUBMITTERS; i++) {
		struct submitter *submitter = &submitters->each[i];

		*submitter = (struct submitter){.world = world, .host = host};
		submitter->stop = &submitters->stop;
		submitter->root = tree_block(&submitter->tree, OFFLOAD_TYPE_NONE, NULL);
		ok = pthread_create(&submitter->thread, NULL, submit_loop, submitter) == 0;
	}
	return ok;
}

bool
submitters_completed(struct submitters *submitters, const struct chimney_record *record)
{
	for (uint32_t i = 0; i < SUBMITTERS; i++) {
		struct submitter *submitter = &submitters->each[i];

		if (record->root != submitter->root)
			continue;
		atomic_fetch_add_explicit(&submitter->completed, 1, memory_order_release);
		return true;
	}
	return false;
}

void
submitters_stop(struct submitters *submitters)
{
	atomic_store_explicit(&submitters->stop, true, memory_order_release);
	for (uint32_t i = 0; i < SUBMITTERS; i++)
		pthread_join(submitters->each[i].thread, NULL);
}

bool
submitters_under_way(const struct submitters *submitters)
{
	for (uint32_t i = 0; i < SUBMITTERS; i++)
		if (submitters->each[i].completed < submitters->each[i].submitted)
			return true;
	return false;
}

uint64_t
submitters_end(struct submitters *submitters)
{
	uint64_t completed = 0;
	bool wrong = false;

	for (uint32_t i = 0; i < SUBMITTERS; i++) {
		struct submitter *submitter = &submitters->each[i];

		wrong = wrong || submitter->wrong || submitter->completed != submitter->submitted;
		completed += submitter->completed;
		tree_free(&submitter->tree);
	}
	return wrong ? 0 : completed;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The operator's calls (target.h): what they want is left where control finds it in its next turn. */
#include <errno.h>

#include "door.h"
#include "ring.h"

#define SHARE_MAX 1000u /* thousandths */
#define ASKED_RING 1024u /* connections to ask back that control has not come to */

static uint32_t
capacity(const struct chimney *target, enum offload_layer layer)
{
	const struct toe_shared *shared = target->shared;
	uint64_t connections = (uint64_t)shared->worker_count * target->params.conn_capacity;

	return layer == OFFLOAD_LAYER_NEIGHBOR ? shared->neighbor_capacity
	       : layer == OFFLOAD_LAYER_PATH   ? shared->path_capacity
	                                       : (uint32_t)RTE_MIN(connections, UINT32_MAX);
}

/* limits: NULL: all that the tables hold. False: a limit is more than that, nothing has changed. */
static bool
limits_set(struct chimney *target, const struct chimney_limits *limits)
{
	uint32_t limit[OFFLOAD_LAYER_TCP + 1] = {
	        [OFFLOAD_LAYER_NEIGHBOR] = limits != NULL ? limits->neighbors : 0,
	        [OFFLOAD_LAYER_PATH] = limits != NULL ? limits->paths : 0,
	        [OFFLOAD_LAYER_TCP] = limits != NULL ? limits->connections : 0,
	};

	for (uint32_t layer = OFFLOAD_LAYER_NEIGHBOR; layer <= OFFLOAD_LAYER_TCP; layer++)
		if (limit[layer] > capacity(target, layer))
			return false;
	for (uint32_t layer = OFFLOAD_LAYER_NEIGHBOR; layer <= OFFLOAD_LAYER_TCP; layer++)
		atomic_store_explicit(&target->limit[layer],
		        limit[layer] != 0 ? limit[layer] : capacity(target, layer),
		        memory_order_relaxed);
	return true;
}

int
operator_init(struct chimney *target)
{
	target->asked = toe_ring_alloc(ASKED_RING, sizeof(uint64_t), RING_F_SP_ENQ | RING_F_SC_DEQ);
	limits_set(target, NULL);
	return target->asked != NULL ? 0 : -ENOMEM;
}

void
operator_fini(struct chimney *target)
{
	toe_ring_free(target->asked);
	target->asked = NULL;
}

/* One more change between resumed and paused. */
static void
pauses_add(struct chimney *target)
{
	atomic_fetch_add_explicit(&target->pauses, 1, memory_order_release);
	toe_doorbell_ring(&target->bell);
}

static bool
is_paused(struct chimney *target)
{
	return atomic_load_explicit(&target->pauses, memory_order_relaxed) & 1;
}

int
chimney_offload_pause(struct chimney *target)
{
	if (is_paused(target))
		return -EALREADY;
	pauses_add(target);
	return 0;
}

int
chimney_offload_resume(struct chimney *target, const struct chimney_limits *limits)
{
	if (!is_paused(target))
		return -EALREADY;
	if (limits != NULL && !limits_set(target, limits))
		return -EINVAL;
	pauses_add(target);
	return 0;
}

void
chimney_upload_all(struct chimney *target)
{
	atomic_fetch_add_explicit(&target->uploads, 1, memory_order_release);
	toe_doorbell_ring(&target->bell);
}

int
chimney_upload(struct chimney *target, uint64_t handle)
{
	if (toe_handle_layer(handle) != OFFLOAD_LAYER_TCP)
		return -EINVAL;
	if (rte_ring_sp_enqueue_elem(target->asked, &handle, sizeof(handle)) != 0)
		return -EAGAIN;
	toe_doorbell_ring(&target->bell);
	return 0;
}

static void
threshold_set(struct chimney *target, enum retrieve_reason reason, uint32_t value)
{
	atomic_store_explicit(&target->shared->threshold[reason], value, memory_order_relaxed);
}

static uint32_t
threshold_get(const struct chimney *target, enum retrieve_reason reason)
{
	return atomic_load_explicit(&target->shared->threshold[reason], memory_order_relaxed);
}

int
chimney_thresholds_set(struct chimney *target, const struct chimney_thresholds *thresholds)
{
	if (thresholds->high_drop_rate > SHARE_MAX || thresholds->high_out_of_order > SHARE_MAX)
		return -EINVAL;
	threshold_set(target, RETRIEVE_HIGH_DROP_RATE, thresholds->high_drop_rate);
	threshold_set(target, RETRIEVE_HIGH_OUT_OF_ORDER_PACKETS, thresholds->high_out_of_order);
	threshold_set(target, RETRIEVE_LOW_ACTIVITY, thresholds->low_activity);
	threshold_set(target, RETRIEVE_SMALL_IO, thresholds->small_io);
	return 0;
}

void
chimney_thresholds_get(const struct chimney *target, struct chimney_thresholds *thresholds)
{
	*thresholds = (struct chimney_thresholds){
	        .high_drop_rate = threshold_get(target, RETRIEVE_HIGH_DROP_RATE),
	        .high_out_of_order = threshold_get(target, RETRIEVE_HIGH_OUT_OF_ORDER_PACKETS),
	        .low_activity = threshold_get(target, RETRIEVE_LOW_ACTIVITY),
	        .small_io = threshold_get(target, RETRIEVE_SMALL_IO),
	};
}

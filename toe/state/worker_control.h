/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What control and one worker share: all that control knows of a worker. Each member says who reads and writes it: W the
 * worker, C the control lcore, M the main lcore.
 */
#ifndef TOE_WORKER_CONTROL_H
#define TOE_WORKER_CONTROL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_branch_prediction.h>

#include "channel_port.h"
#include "doorbell.h"
#include "event.h"
#include "mailbox.h"
#include "pages.h"
#include "reach.h"

#define TOE_MAX_HOSTS 8u
#define TOE_EVENT_BACKLOG 64u

/*
 * Indications of one host that wait for room in its ring (EVT-4), FIFO, or for the completion of their connection's
 * initiate (INIT-9): those let others pass. W; `count` is read by C, too.
 */
struct toe_backlog {
	struct toe_event event[TOE_EVENT_BACKLOG];
	uint64_t initiate[TOE_EVENT_BACKLOG]; /* id of the request that it waits for; 0: none */
	uint32_t conn[TOE_EVENT_BACKLOG]; /* whose indication it is */
	uint32_t first, count;
	uint32_t fresh; /* of these: wait for an initiate */
};

struct toe_worker_control {
	struct toe_mailbox urgent; /* C <-> W */
	struct toe_mailbox ordinary; /* C <-> W */
	/*
	 * INV-14. C counts `lost` up when it declares the worker lost, which makes it odd, and again when it lets the
	 * worker go on. W sets `parked` to that odd number when it has given back all it held: before that it may still
	 * be at work on anything that it ever had, and afterwards it has nothing.
	 */
	_Atomic uint32_t lost;
	_Atomic uint32_t parked;
	struct toe_pages pages;
	struct toe_doorbell bell; /* C rings, W sleeps when the idle policy lets it */
	/* C sets before a host has connections, W posts */
	struct toe_event_port events[TOE_MAX_HOSTS];
	struct toe_backlog backlog[TOE_MAX_HOSTS];
	struct toe_reaches reach; /* W -> C */
	struct toe_channel_ports channels; /* host threads <-> W */

	/* Where the host's handle of connection 0 lies, and bytes from one to the next. M before start, then read only. */
	const void *host_handles;
	uint32_t host_handle_step;
};

/*
 * Has it been declared lost? Looked at wherever the worker may have stood still: what it holds must not go out any
 * more, and the trees that it was working on are their hosts' again (INV-14).
 */
static inline bool
toe_worker_is_lost(const struct toe_worker_control *control)
{
	return unlikely(atomic_load_explicit((_Atomic uint32_t *)(uintptr_t)&control->lost,
	                        memory_order_acquire) &
	                1);
}

/* Lost, and not parked: it may still use what it had. For control and hosts, from any thread. */
static inline bool
toe_worker_is_at_large(const struct toe_worker_control *control)
{
	uint32_t lost = atomic_load_explicit(
	        (_Atomic uint32_t *)(uintptr_t)&control->lost, memory_order_acquire);

	return (lost & 1) && atomic_load_explicit((_Atomic uint32_t *)(uintptr_t)&control->parked,
	                             memory_order_acquire) != lost;
}

/*
 * The host's handle of a connection, which is constant while its slot is in use. For control, once it has declared the
 * worker lost (INV-14).
 */
static inline uint64_t
toe_worker_host_handle(const struct toe_worker_control *control, uint32_t index)
{
	uint64_t handle;

	memcpy(&handle,
	        (const uint8_t *)control->host_handles + (size_t)index * control->host_handle_step,
	        sizeof(handle));
	return handle;
}

#endif

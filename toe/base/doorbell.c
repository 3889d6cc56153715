/* SPDX-License-Identifier: BSD-3-Clause */
/* Sleep and wake over an eventfd. */
#include "doorbell.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int
toe_doorbell_init(struct toe_doorbell *bell)
{
	atomic_store_explicit(&bell->asleep, 0, memory_order_relaxed);
	atomic_store_explicit(&bell->sleeps, 0, memory_order_relaxed);
	bell->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return bell->fd < 0 ? -errno : 0;
}

void
toe_doorbell_fini(struct toe_doorbell *bell)
{
	if (bell->fd >= 0)
		close(bell->fd);
	bell->fd = -1;
}

void
toe_doorbell_announce(struct toe_doorbell *bell)
{
	uint64_t number = atomic_fetch_add_explicit(&bell->sleeps, 2, memory_order_relaxed) + 1;

	atomic_store_explicit(&bell->asleep, number, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
}

void
toe_doorbell_awake(struct toe_doorbell *bell)
{
	uint64_t rings;
	ssize_t size;

	atomic_store_explicit(&bell->asleep, 0, memory_order_relaxed);
	/* Always emptied: a producer that rang late would else leave the eventfd readable for ever. */
	do {
		size = read(bell->fd, &rings, sizeof(rings));
	} while (size < 0 && errno == EINTR);
}

void
toe_doorbell_sleep(struct toe_doorbell *bell, int64_t timeout_us)
{
	struct pollfd poll_fd = {.fd = bell->fd, .events = POLLIN};
	struct timespec timeout = {timeout_us / 1000000, timeout_us % 1000000 * 1000};

	ppoll(&poll_fd, 1, timeout_us < 0 ? NULL : &timeout, NULL);
}

bool
toe_doorbell_take(struct toe_doorbell *bell)
{
	uint64_t asleep = atomic_load_explicit(&bell->asleep, memory_order_relaxed);

	return (asleep & 1) && atomic_compare_exchange_strong_explicit(&bell->asleep, &asleep, 0,
	                               memory_order_relaxed, memory_order_relaxed);
}

void
toe_doorbell_wake(struct toe_doorbell *bell)
{
	uint64_t asleep = atomic_load_explicit(&bell->asleep, memory_order_relaxed), one = 1;
	ssize_t size;

	if (!(asleep & 1))
		return;
	do {
		size = write(bell->fd, &one, sizeof(one));
	} while (size < 0 && errno == EINTR);
	atomic_compare_exchange_strong_explicit(
	        &bell->asleep, &asleep, asleep + 1, memory_order_relaxed, memory_order_relaxed);
}

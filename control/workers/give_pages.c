/* SPDX-License-Identifier: BSD-3-Clause */
/* Pages that workers need no more go back to the system. */
#include "give_pages.h"

#include <sys/mman.h>

#include "workers.h"

void
pages_turn(struct workers *workers)
{
	for (uint32_t i = 0; i < workers->count; i++) {
		struct toe_pages *pages = &workers->links[i].worker->pages;
		size_t bytes = atomic_load_explicit(&pages->bytes, memory_order_acquire);

		if (bytes == 0)
			continue;
		/* Should it fail, the memory stays in use, and nothing else is wrong. */
		madvise(pages->address, bytes, MADV_DONTNEED);
		atomic_store_explicit(&pages->bytes, 0, memory_order_release);
		return;
	}
}

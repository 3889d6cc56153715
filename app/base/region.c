/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory in one piece, given back in slices. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "region.h"

/* From here on a region has pages of its own; below, the heap is quicker and packs better. */
#define REGION_PAGES (1u << 20)
/* Unmapped in one step: a thousand pages. */
#define REGION_STEP (4u << 20)

/* A region that is being given back. */
struct leaving {
	struct job job;
	char *memory;
	size_t size;
};

int
region_open(struct region *region, size_t size)
{
	region->size = size;
	if (size < REGION_PAGES) {
		region->memory = calloc(1, size != 0 ? size : 1);
		return region->memory != NULL ? 0 : -ENOMEM;
	}
	region->memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (region->memory == MAP_FAILED) {
		region->memory = NULL;
		return -ENOMEM;
	}
	/* the first touch of a huge page takes milliseconds: it is zeroed, and the machine may have to find it */
	madvise(region->memory, size, MADV_NOHUGEPAGE);
	return 0;
}

static enum job_result
give_back(struct job *job, struct slice *slice)
{
	struct leaving *leaving = (struct leaving *)job;

	while (leaving->size != 0) {
		size_t step = leaving->size < REGION_STEP ? leaving->size : REGION_STEP;

		munmap(leaving->memory, step);
		leaving->memory += step;
		leaving->size -= step;
		if (leaving->size != 0 && slice_over(slice))
			return JOB_MORE;
	}
	free(leaving);
	return JOB_DONE;
}

void
region_close(struct region *region, struct turns *turns)
{
	struct leaving *leaving = NULL;

	if (region->memory == NULL)
		return;
	if (region->size < REGION_PAGES) {
		free(region->memory);
	} else {
		if (turns != NULL && region->size > REGION_STEP)
			leaving = malloc(sizeof(*leaving));
		if (leaving == NULL) {
			munmap(region->memory, region->size);
		} else {
			job_init(&leaving->job, TURNS_HOUSE, give_back);
			leaving->memory = region->memory;
			leaving->size = region->size;
			job_start(turns, &leaving->job);
		}
	}
	region->memory = NULL;
	region->size = 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* From an object to its block: open addressing, never more than half full. */
#include <string.h>

#include "object_map.h"

int
object_map_open(struct object_map *map, uint64_t most)
{
	size_t size = 16;

	while (size < 2 * most)
		size *= 2;
	map->mask = size - 1;
	return region_open(&map->region, size * sizeof(struct object_map_entry));
}

void
object_map_close(struct object_map *map, struct turns *turns)
{
	region_close(&map->region, turns);
	memset(map, 0, sizeof(*map));
}

struct object_map_entry *
object_map_entry(struct object_map *map, const struct object *object)
{
	struct object_map_entry *entries = map->region.memory;
	/* spread: groups that lie side by side in here must not run into each other (Fibonacci hashing) */
	size_t at = (size_t)((uintptr_t)object / 16 * 0x9E3779B97F4A7C15u >> 20);

	for (;; at++) {
		struct object_map_entry *entry = &entries[at & map->mask];

		if (entry->object == NULL)
			entry->object = object;
		if (entry->object == object)
			return entry;
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The objects that the CLI's host stack has offloaded, by name. */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"

/* Handle: 63..52 generation of the group | 51..32 slot of the group | 31..30 layer | 29..0 index */
#define HANDLE_GENERATION 0xFFFu

static const char layer_letters[OBJECT_LAYERS] = {'\0', 'n', 'p', 'c'};

void
objects_init(struct object_table *table, struct turns *turns)
{
	memset(table, 0, sizeof(*table));
	table->turns = turns;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(
	        ((const struct object_group *)a)->name, ((const struct object_group *)b)->name);
}

static void
group_free(struct object_group *group, struct turns *turns)
{
	for (unsigned int layer = OFFLOAD_LAYER_NEIGHBOR; layer < OBJECT_LAYERS; layer++)
		region_close(&group->objects[layer], turns);
	free(group);
}

void
objects_fini(struct object_table *table)
{
	for (uint32_t slot = 0; slot < table->used; slot++) {
		if (table->groups[slot] == NULL)
			continue;
		tdelete(table->groups[slot], &table->names, compare_names);
		group_free(table->groups[slot], NULL);
	}
	free(table->groups);
	memset(table, 0, sizeof(*table));
}

/* A free slot, or UINT32_MAX with errno set. */
static uint32_t
slot_find(struct object_table *table)
{
	uint32_t slots = table->slots != 0 ? table->slots * 2 : 64;
	struct object_group **groups;

	for (; table->first_free < table->used; table->first_free++)
		if (table->groups[table->first_free] == NULL)
			return table->first_free;
	if (table->used < table->slots)
		return table->used++;
	if (table->slots == OBJECT_GROUPS) {
		errno = ENOSPC;
		return UINT32_MAX;
	}
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): it is an array of pointers */
	groups = realloc(table->groups, slots * sizeof(*groups));
	if (groups == NULL)
		return UINT32_MAX;
	table->groups = groups;
	table->slots = slots;
	return table->used++;
}

static int
group_fill(struct object_group *group, const uint32_t count[OBJECT_LAYERS])
{
	for (unsigned int layer = OFFLOAD_LAYER_NEIGHBOR; layer < OBJECT_LAYERS; layer++) {
		group->count[layer] = count[layer];
		if (count[layer] == 0)
			continue;
		if (region_open(&group->objects[layer], count[layer] * sizeof(struct object)) != 0)
			return -1;
	}
	return 0;
}

struct object_group *
group_add(struct object_table *table, const char *name, bool bulk,
        const uint32_t count[OBJECT_LAYERS])
{
	struct object_group *group;

	if (group_find(table, name) != NULL) {
		errno = EEXIST;
		return NULL;
	}
	group = calloc(1, sizeof(*group));
	if (group == NULL)
		return NULL;
	snprintf(group->name, sizeof(group->name), "%s", name);
	group->bulk = bulk;
	group->generation = ++table->generation & HANDLE_GENERATION;
	if (group_fill(group, count) != 0 || (group->slot = slot_find(table)) == UINT32_MAX) {
		int why = errno;

		group_free(group, table->turns);
		errno = why;
		return NULL;
	}
	table->groups[group->slot] = NULL;
	if (tsearch(group, &table->names, compare_names) == NULL) {
		if (group->slot < table->first_free)
			table->first_free = group->slot;
		group_free(group, table->turns);
		errno = ENOMEM;
		return NULL;
	}
	table->groups[group->slot] = group;
	return group;
}

struct object_group *
group_find(const struct object_table *table, const char *name)
{
	struct object_group key;
	void *node;

	if (strlen(name) >= sizeof(key.name))
		return NULL;
	memcpy(key.name, name, strlen(name) + 1);
	node = tfind(&key, &table->names, compare_names);
	return node != NULL ? *(struct object_group **)node : NULL;
}

void
group_release(struct object_table *table, struct object_group *group)
{
	if (group->alive != 0 || group->references != 0)
		return;
	tdelete(group, &table->names, compare_names);
	table->groups[group->slot] = NULL;
	if (group->slot < table->first_free)
		table->first_free = group->slot;
	group_free(group, table->turns);
}

struct object *
group_object(struct object_group *group, unsigned int layer, uint32_t index)
{
	struct object *object = (struct object *)group->objects[layer].memory + index;

	object->group = group;
	object->layer = (uint8_t)layer;
	object->index = index;
	return object;
}

void
group_rise(struct object_table *table, struct object_group *group)
{
	group->risen = ++table->time;
}

void
group_hold(struct object_group *group)
{
	group->references++;
}

void
group_let_go(struct object_table *table, struct object_group *group)
{
	group->references--;
	group_release(table, group);
}

/* A child keeps the memory of its parent's group. */
static void
parent_hold(struct object *parent)
{
	if (parent == NULL)
		return;
	parent->children++;
	parent->group->references++;
}

/* The parent may be gone already: what comes back from the target is gone through in slices, each request in its own. */
static void
parent_let_go(struct object_table *table, struct object *parent)
{
	if (parent == NULL)
		return;
	parent->children--;
	group_let_go(table, parent->group);
}

void
object_raise(struct object *object, struct object *parent)
{
	object->state = OBJECT_RISING;
	object->parent = parent;
	object->group->alive++;
	parent_hold(parent);
}

void
object_land(struct object_table *table, struct object *object)
{
	object->state = OBJECT_LIVE;
	object->group->live[object->layer]++;
	table->live[object->layer]++;
}

void
object_drop(struct object_table *table, struct object *object)
{
	struct object *parent = object->parent;

	if (object->state == OBJECT_GONE)
		return;
	if (object->state == OBJECT_LIVE) {
		object->group->live[object->layer]--;
		table->live[object->layer]--;
	}
	object->state = OBJECT_GONE;
	object->cell = 0;
	object->parent = NULL;
	object->group->alive--;
	parent_let_go(table, parent);
}

void
object_move(struct object_table *table, struct object *path, struct object *neighbor)
{
	struct object *before = path->parent;

	path->parent = neighbor;
	parent_hold(neighbor);
	parent_let_go(table, before);
}

bool
object_named(const struct object *object)
{
	return object->state == OBJECT_LIVE && object->group->risen != 0;
}

uint64_t
object_handle(const struct object *object)
{
	return (uint64_t)object->group->generation << 52 | (uint64_t)object->group->slot << 32 |
	       (uint64_t)object->layer << 30 | object->index;
}

struct object *
object_by_handle(const struct object_table *table, uint64_t handle)
{
	uint32_t slot = (uint32_t)(handle >> 32) & (OBJECT_GROUPS - 1);
	unsigned int layer = (unsigned int)(handle >> 30) & 3;
	uint32_t index = (uint32_t)handle & ((1u << 30) - 1);
	struct object_group *group;

	if (slot >= table->used || table->groups[slot] == NULL)
		return NULL;
	group = table->groups[slot];
	if (group->generation != handle >> 52 || index >= group->count[layer])
		return NULL;
	return (struct object *)group->objects[layer].memory + index;
}

struct object *
object_by_name(const struct object_table *table, const char *name)
{
	const char *dot = strchr(name, '.');
	char group_name[GROUP_NAME_MAX];
	struct object_group *group;
	struct object *object = NULL;
	unsigned int layer;
	unsigned long index;
	char *end;

	if (dot == NULL) {
		group = group_find(table, name);
		for (layer = OFFLOAD_LAYER_NEIGHBOR; group != NULL && layer < OBJECT_LAYERS;
		        layer++)
			if (!group->bulk && group->count[layer] != 0)
				object = group_object(group, layer, 0);
		return object != NULL && object_named(object) ? object : NULL;
	}
	layer = layer_of_letter(dot[1]);
	if (layer == 0 || dot[2] < '0' || dot[2] > '9' ||
	        (size_t)(dot - name) >= sizeof(group_name))
		return NULL;
	memcpy(group_name, name, (size_t)(dot - name));
	group_name[dot - name] = '\0';
	group = group_find(table, group_name);
	errno = 0;
	index = strtoul(dot + 2, &end, 10);
	if (group == NULL || !group->bulk || *end != '\0' || errno != 0 ||
	        index >= group->count[layer])
		return NULL;
	object = group_object(group, layer, (uint32_t)index);
	return object_named(object) ? object : NULL;
}

const char *
object_name(const struct object *object, char to[OBJECT_NAME_MAX])
{
	if (object->group->bulk)
		snprintf(to, OBJECT_NAME_MAX, "%s.%c%u", object->group->name,
		        layer_letters[object->layer], object->index);
	else
		snprintf(to, OBJECT_NAME_MAX, "%s", object->group->name);
	return to;
}

const char *
layer_name(unsigned int layer)
{
	static const char *const names[OBJECT_LAYERS] = {"object", "neighbor", "path", "tcp"};

	return names[layer < OBJECT_LAYERS ? layer : 0];
}

unsigned int
layer_of_letter(char letter)
{
	for (unsigned int layer = OFFLOAD_LAYER_NEIGHBOR; layer < OBJECT_LAYERS; layer++)
		if (layer_letters[layer] == letter)
			return layer;
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The objects that the CLI's host stack has offloaded, by name. An object belongs to a group: `neighbor add`
 * makes a group of one, `bulk add` one with arrays for each layer, so that a million connections cost a few
 * allocations. All of it belongs to the main lcore.
 *
 * The host's own handle for an object (offload_handle) is a number, not a pointer: slot and generation of
 * the group, layer, index. An indication for an object that is gone meanwhile finds nothing.
 */
#ifndef APP_OBJECTS_H
#define APP_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "offload_state.h"
#include "region.h"

#define GROUP_NAME_MAX 32u /* bytes of a name of a group, its end included */
#define OBJECT_NAME_MAX 64u
#define OBJECT_GROUPS (1u << 20)
#define OBJECT_GROUP_SIZE (1u << 28) /* objects of one layer */

enum object_state {
	OBJECT_GONE = 0, /* not offloaded (any more) */
	OBJECT_RISING, /* its initiate is under way */
	OBJECT_LIVE,
};

struct object_group;

struct object {
	uint64_t cell; /* the target's handle: what offload_context points to */
	struct object *parent; /* path of a connection, neighbor of a path */
	struct object_group *group;
	/* the last update that was applied to it, by its completion (host_request.order) */
	uint64_t updated;
	uint32_t index; /* within its layer of the group */
	uint32_t children; /* live and rising objects that have it as parent */
	uint8_t layer; /* enum offload_layer */
	uint8_t state; /* enum object_state */
	uint8_t family; /* path: 4 or 6 */
	bool invalid : 1; /* named by an invalidate that succeeded */
	bool lost : 1; /* connection: RETRIEVE(HARDWARE_FAILURE) was read, its state went with its worker */
	/* connection: a terminate was submitted after that; when it completes the object is gone, whatever its status (TERM-8) */
	bool leaving : 1;
	uint32_t retrieves; /* indications, by kind */
	uint16_t disconnects;
	uint16_t aborts;
	union {
		struct {
			struct neighbor_const constant;
			struct neighbor_cached cached;
			uint32_t port;
		} neighbor;
		struct {
			uint8_t source[16];
			uint8_t destination[16];
			struct path_cached cached;
		} path;
		struct {
			struct tcp_cached cached;
			uint16_t local_port; /* host order */
			uint16_t remote_port;
			uint8_t service; /* enum offload_service */
		} tcp;
	};
};

#define OBJECT_LAYERS (OFFLOAD_LAYER_TCP + 1)

struct object_group {
	char name[GROUP_NAME_MAX];
	bool bulk; /* its objects are called name.n0, name.p0, name.c0, ... */
	uint32_t slot;
	uint32_t generation;
	/* since when its objects can be named, by table->time; 0: not yet, its initiate is under way (INV-12) */
	uint64_t risen;
	uint32_t count[OBJECT_LAYERS];
	struct region objects[OBJECT_LAYERS]; /* of struct object */
	uint32_t live[OBJECT_LAYERS];
	uint32_t alive; /* objects that are not gone */
	uint32_t references; /* requests in progress, selections, children */
};

struct object_table {
	struct turns *turns;
	struct object_group **groups; /* by slot; NULL: free */
	uint32_t slots; /* allocated */
	uint32_t used; /* slots below this were used once */
	uint32_t first_free; /* no free slot below this */
	uint32_t generation;
	uint64_t time; /* counts the groups that have risen */
	void *names; /* tree of groups by name (tsearch) */
	uint64_t live[OBJECT_LAYERS];
};

/* Large memory goes back in turns. */
void objects_init(struct object_table *table, struct turns *turns);
/* Free everything, live or not. */
void objects_fini(struct object_table *table);

/*
 * A new group with room for count[layer] objects of each layer. Its objects become what they are by
 * group_object. NULL: errno is EEXIST (name), ENOSPC or ENOMEM.
 */
struct object_group *group_add(struct object_table *table, const char *name, bool bulk,
        const uint32_t count[OBJECT_LAYERS]);
struct object_group *group_find(const struct object_table *table, const char *name);
/* Free the group when nothing of it is alive and nobody refers to it. */
void group_release(struct object_table *table, struct object_group *group);
/* An object of a group, with group, layer and index set. */
struct object *group_object(struct object_group *group, unsigned int layer, uint32_t index);

/* Its initiate is through: what has landed of it can be named. */
void group_rise(struct object_table *table, struct object_group *group);
/* One more, one less that refers to a group; with the last one it may be freed. */
void group_hold(struct object_group *group);
void group_let_go(struct object_table *table, struct object_group *group);

/* State changes that keep the counts right: GONE -> RISING, RISING -> LIVE, any -> GONE, relinked. */
void object_raise(struct object *object, struct object *parent);
void object_land(struct object_table *table, struct object *object);
void object_drop(struct object_table *table, struct object *object);
void object_move(struct object_table *table, struct object *path, struct object *neighbor);
/* Can be named now. */
bool object_named(const struct object *object);

uint64_t object_handle(const struct object *object);
/* NULL when the handle names nothing (any more). */
struct object *object_by_handle(const struct object_table *table, uint64_t handle);
/* One live object by name; NULL when there is none. */
struct object *object_by_name(const struct object_table *table, const char *name);
/* Its name; returns `to`. */
const char *object_name(const struct object *object, char to[OBJECT_NAME_MAX]);
const char *layer_name(unsigned int layer);
/* Letter of a layer in the names of bulk objects: n, p, c; 0: no such letter. */
unsigned int layer_of_letter(char letter);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Trees that reference the objects of a selection (query, update, invalidate, terminate), built in slices. One layer:
 * a list. Several: neighbors, paths and connections hang from each other, placeholders in between for what is not
 * selected. Relinked paths hang from the neighbor that they move to (UPD-2).
 */
#ifndef APP_REFERENCE_H
#define APP_REFERENCE_H

#include "host_request.h"
#include "selection.h"

struct reference_spec {
	/* taken over */
	struct selection selection;
	enum tree_part part;
	/* not NULL: only paths over these neighbors; taken over, with its memory */
	struct selection *over;
	/* not NULL: the selected paths are relinked to this neighbor */
	struct object *relink_to;
	/* called for each block of an object when it stands; NULL: nothing follows that must be filled */
	void (*fill)(
	        const void *context, struct offload_block_list *block, const struct object *object);
	/* freed with free() when the tree is built; may be NULL */
	void *context;
};

/* Give back what a spec holds that was not prepared. */
void reference_spec_free(struct reference_spec *spec, struct object_table *objects);
/* The request will make its tree so. 0 or -ENOMEM, nothing of the spec is left then. */
int reference_prepare(struct host_request *request, struct reference_spec *spec);

#endif

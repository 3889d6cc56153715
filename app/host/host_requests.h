/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests of the CLI's host stack: from the tree that a command has built to the report of its completion.
 * The last ones stay for `show requests` and `wait`.
 */
#ifndef APP_HOST_REQUESTS_H
#define APP_HOST_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <jansson.h>

#include "host_request.h"
#include "program.h"

#define REQUESTS_KEPT 64u

TAILQ_HEAD(host_request_list, host_request);

struct kept_tree;

struct host_request_table {
	const struct program *program;
	struct object_table *objects;
	struct host_request_list running;
	struct host_request_list done; /* the newest first */
	uint32_t running_count;
	uint32_t done_count;
	uint32_t last_id;
	/* trees that a lost worker may still use */
	struct kept_tree *kept;
};

void host_requests_init(struct host_request_table *table, const struct program *program,
        struct object_table *objects);
void host_requests_fini(struct host_request_table *table);

/* A request with an empty tree; NULL when memory is short. */
struct host_request *host_request_new(
        const char *command, enum chimney_request kind, uint32_t limit);
/* Free a request that was never submitted: groups that its initiate made go with it. */
void host_request_discard(struct host_request_table *table, struct host_request *request);
/* About to be submitted: gets its id, and holds the groups of its objects. */
void host_request_start(struct host_request_table *table, struct host_request *request);
/*
 * The tree came back: apply it to the objects, make the report, free the tree, unless a lost worker may still use it. record:
 * the completion.
 */
void host_request_complete(struct host_request_table *table, struct host_request *request,
        const struct chimney_record *record);
/* No lost worker uses a tree any more. */
void host_requests_settled(struct host_request_table *table);

struct host_request *host_request_find(const struct host_request_table *table, uint32_t id);
/* How far it is; new reference. */
json_t *host_request_progress(
        const struct host_request_table *table, const struct host_request *request);

#endif

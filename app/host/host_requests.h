/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests of the CLI's host stack. The last ones stay for `show requests` and `wait`: REQUESTS_KEPT of them, and
 * ROWS_KEPT bytes of rows in all, those apart that a reply is reading; the oldest lose theirs first.
 */
#ifndef APP_HOST_REQUESTS_H
#define APP_HOST_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "host_request.h"
#include "program.h"

#define REQUESTS_KEPT 64u
#define ROWS_KEPT (32u << 20)

struct kept_tree;

struct host_request_table {
	const struct program *program;
	struct object_table *objects;
	/* whom the target knows */
	struct chimney_host *host;
	/* a request was submitted, or has ended; a FAILED one is gone afterwards. NULL: nobody is told */
	void (*told)(void *context, struct host_request *request);
	void *context;
	struct host_request_list running;
	struct host_request_list done; /* the newest first */
	uint32_t running_count;
	uint32_t done_count;
	uint32_t last_id;
	uint64_t completions;
	size_t rows_kept; /* bytes, of those that are done and that nobody reads */
	/* trees that a lost worker may still use */
	struct kept_tree *kept;
};

void host_requests_init(struct host_request_table *table, const struct program *program,
        struct object_table *objects);
void host_requests_fini(struct host_request_table *table);

/* A request with an empty tree, for the turns of this lane; NULL when memory is short. */
struct host_request *host_request_new(struct host_request_table *table, const char *command,
        enum chimney_request kind, uint32_t limit, uint32_t lane);
/* Free a request that was not begun. */
void host_request_discard(struct host_request *request);
/*
 * It gets its id, its tree is made and submitted: at once when that is quick, else in turns. 0, or a negative errno: it
 * is gone, its objects are as before (-ENOENT: its tree would be empty).
 */
int host_request_begin(struct host_request *request);
/*
 * Its tree came back: apply it to the objects, and make the report; at once when that is quick, else in turns. record: the
 * completion. A tree that a lost worker may still use is kept for a while.
 */
void host_request_back(struct host_request *request, const struct chimney_record *record);
/* No lost worker uses a tree any more. */
void host_requests_settled(struct host_request_table *table);

/* A reply reads the rows of a request that is done: they stay until it is through. */
void host_request_read(struct host_request *request);
void host_request_read_end(struct host_request *request);

struct host_request *host_request_find(const struct host_request_table *table, uint32_t id);
/* How far it is; new reference. */
json_t *host_request_progress(const struct host_request *request);

#endif

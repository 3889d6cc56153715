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

#include "chimney.h"
#include "tree.h"

#define REQUESTS_KEPT 64u

struct app;

struct host_request {
	TAILQ_ENTRY(host_request) link;
	uint32_t id;
	uint8_t kind; /* enum chimney_request */
	bool done;
	const char *command; /* static: the words of the CLI command */
	struct tree tree;
	struct object *relink_to; /* update: the paths go to this neighbor */
	uint64_t submitted; /* ns */
	uint64_t completed; /* ns */
	uint32_t blocks;
	uint32_t limit; /* rows of the report */
	uint32_t status[OFFLOAD_STATUS_COUNT]; /* blocks by status */
	uint32_t frames_discarded;
	uint64_t live_before; /* connections offloaded when it was submitted, for progress */
	json_t *rows; /* after completion: objects by name, with their state or what went wrong */
	uint64_t rows_left_out;
};

TAILQ_HEAD(host_request_list, host_request);

struct host_request_table {
	struct host_request_list running;
	struct host_request_list done; /* the newest first */
	uint32_t running_count;
	uint32_t done_count;
	uint32_t last_id;
};

void host_requests_init(struct host_request_table *table);
void host_requests_fini(struct host_request_table *table);

/* A request with an empty tree; NULL when memory is short. */
struct host_request *host_request_new(
        const char *command, enum chimney_request kind, uint32_t limit);
/* Free a request that was never submitted: groups that its initiate made go with it. */
void host_request_discard(struct app *app, struct host_request *request);
/* About to be submitted: gets its id, and holds the groups of its objects. */
void host_request_start(struct app *app, struct host_request *request);
/* The tree came back: apply it to the objects, make the report, free the tree. */
void host_request_complete(
        struct app *app, struct host_request *request, uint32_t frames_discarded);

struct host_request *host_request_find(const struct host_request_table *table, uint32_t id);
/* Blocks that did not read SUCCESS. */
uint32_t host_request_failures(const struct host_request *request);
/* What a reply says of it; new reference. full: with the rows. */
json_t *host_request_report(const struct host_request *request, bool full);
/* How far it is; new reference. */
json_t *host_request_progress(const struct app *app, const struct host_request *request);

#endif

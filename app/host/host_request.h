/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A request of the CLI's host stack, from its making to the report of its completion. What takes longer than a moment
 * is done in slices: making the tree, and going through it when it is back.
 */
#ifndef APP_HOST_REQUEST_H
#define APP_HOST_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <jansson.h>

#include "chimney.h"
#include "rows.h"
#include "tree.h"
#include "turns.h"

struct host_request_table;

enum request_phase {
	REQUEST_MAKING, /* its tree is being built */
	REQUEST_SUBMITTED, /* the tree is the target's */
	REQUEST_APPLYING, /* it is back, and its blocks are gone through */
	REQUEST_DONE,
	REQUEST_FAILED, /* it was never submitted; gone after it has been told */
};

/* A slice of the making of a tree: 0 when it is built, -EAGAIN when there is more, -ENOENT when it would be empty. */
typedef int (*request_make)(struct host_request *request, struct slice *slice);

/* The first object with a status other than SUCCESS, by status. */
struct request_failure {
	char object[OBJECT_NAME_MAX]; /* "": none */
	bool rising; /* it was to be offloaded */
	const char *reason; /* static; NULL: not known */
};

struct host_request {
	TAILQ_ENTRY(host_request) link;
	struct job job;
	struct host_request_table *table;
	uint32_t id;
	uint8_t kind; /* enum chimney_request */
	uint8_t phase; /* enum request_phase */
	bool unsettled; /* a lost worker may still use its tree */
	int error; /* FAILED: negative errno */
	/* static: the words of the CLI command */
	const char *command;
	struct tree tree;
	/* how the tree is made; NULL: it stands already */
	request_make make;
	/* what `make` works with, and how that is given back */
	void *making;
	void (*making_free)(struct host_request *request);
	/* groups that the tree refers to */
	struct object_group **groups;
	size_t group_count, group_room;
	/* initiate: the group whose objects it offloads; the first that it holds */
	struct object_group *made;
	/* update: the paths go to this neighbor */
	struct object *relink_to;
	uint64_t begun; /* ns */
	uint64_t submitted; /* ns */
	uint64_t completed; /* ns */
	uint32_t blocks;
	uint32_t limit; /* rows of the report */
	uint32_t status[OFFLOAD_STATUS_COUNT]; /* blocks by status */
	struct request_failure failures[OFFLOAD_STATUS_COUNT];
	uint32_t frames_discarded;
	/* connections offloaded when it was submitted, for progress */
	uint64_t live_before;
	/* completions before it, and this one: those that take turns may be applied in another order */
	uint64_t order;
	/* APPLYING: where it stands in the tree */
	const struct offload_block_list *at;
	/* after completion: objects by name, with their state or what went wrong */
	struct rows rows;
	/* rows that were dropped later, to make room for others' */
	uint64_t rows_dropped;
	/* replies that are reading the rows now */
	uint32_t readers;
};

TAILQ_HEAD(host_request_list, host_request);

/* The tree refers to an object of this group. False: out of memory. */
bool host_request_hold(struct host_request *request, struct object_group *group);
/* It will not change any more: DONE or FAILED. */
bool host_request_ended(const struct host_request *request);
/* Blocks that did not read SUCCESS. */
uint32_t host_request_failures(const struct host_request *request);
/* What a reply says of it, but for the rows; new reference. */
json_t *host_request_report(const struct host_request *request);
/* What a reply says after the rows: how many there are beyond; new reference. */
json_t *host_request_rest(const struct host_request *request);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* A request of the CLI's host stack: its tree, and after the completion its report. */
#ifndef APP_HOST_REQUEST_H
#define APP_HOST_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <jansson.h>

#include "chimney.h"
#include "tree.h"

struct host_request {
	TAILQ_ENTRY(host_request) link;
	uint32_t id;
	uint8_t kind; /* enum chimney_request */
	bool done;
	/* static: the words of the CLI command */
	const char *command;
	struct tree tree;
	/* update: the paths go to this neighbor */
	struct object *relink_to;
	uint64_t submitted; /* ns */
	uint64_t completed; /* ns */
	uint32_t blocks;
	uint32_t limit; /* rows of the report */
	uint32_t status[OFFLOAD_STATUS_COUNT]; /* blocks by status */
	uint32_t frames_discarded;
	/* connections offloaded when it was submitted, for progress */
	uint64_t live_before;
	/* after completion: objects by name, with their state or what went wrong */
	json_t *rows;
	uint64_t rows_left_out;
};

/* Blocks that did not read SUCCESS. */
uint32_t host_request_failures(const struct host_request *request);
/* What a reply says of it; new reference. full: with the rows. */
json_t *host_request_report(const struct host_request *request, bool full);

#endif

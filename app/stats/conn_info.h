/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Everything about one connection that helps to understand its TCP, as tcp_info does for a kernel's socket: options,
 * congestion control, round trip, windows, what is in flight, what waits out of order, timers. A look without a
 * request, as in look.h: single values are right, two of them may be of different moments.
 *
 * Attached blocks are records of pools that are never unmapped while the workers run. Their indexes are checked, and so
 * is whose they are; one that is given back meanwhile shows wrong numbers at worst.
 */
#ifndef APP_CONN_INFO_H
#define APP_CONN_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "conn.h"
#include "reassembly.h"
#include "sender.h"

struct program;

struct conn_info {
	struct toe_conn conn; /* copies */
	struct toe_sender sender;
	struct toe_reassembly reassembly;
	bool has_sender, has_reassembly;
	bool may_send; /* neither it nor its path or neighbor is stopped */
	uint32_t worker, slot;
	uint32_t now_ms; /* of the worker's clock */
};

/* The connection in this slot of a worker. False: there is none. Any thread. */
bool conn_info_look(
        const struct program *program, uint32_t worker, uint32_t slot, struct conn_info *info);

enum conn_value_kind { CONN_VALUE_NONE, CONN_VALUE_NUMBER, CONN_VALUE_FLAG, CONN_VALUE_WORD };

struct conn_value {
	const char *name; /* the unit stands behind it; bytes where there is none */
	enum conn_value_kind kind; /* NONE: not known, or a timer that does not run */
	uint64_t number;
	const char *word;
};

#define CONN_VALUES_MAX 64u

/* All of it, in the order in which people read it. Returns how many. */
unsigned int conn_info_values(
        const struct conn_info *info, struct conn_value values[CONN_VALUES_MAX]);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A control lcore with fake workers: they take messages and answer as told (at once, late, never, with a
 * failure), so that the tests of control need no engine, no ports and no EAL. Virtual time.
 */
#ifndef TESTS_FAKE_TARGET_H
#define TESTS_FAKE_TARGET_H

#include "target.h"
#include "tree.h"
#include "unit.h"

#define FAKE_WORKERS 3u
#define FAKE_HOSTS 2u
#define FAKE_NEIGHBORS 8u
#define FAKE_PATHS 16u
#define FAKE_CONNS 64u
#define FAKE_LOG 4096u
#define FAKE_MS UINT64_C(1000000)
#define FAKE_TURNS 2000u /* more than anything here takes */

struct fake_logged {
	uint32_t worker;
	struct toe_message message;
	uint32_t hold_port; /* HOLD, RELEASE: the local port of the tuple */
};

/* What a fake worker keeps of a connection. */
struct fake_conn {
	uint32_t generation; /* 0: free slot */
	uint32_t path;
	uint64_t host_handle;
};

struct fake_options {
	uint32_t workers; /* 0: 2 */
	uint32_t conns; /* per worker; 0: FAKE_CONNS */
	uint32_t mailbox_size; /* 0: 16 */
	uint32_t event_ring_size; /* 0: 64 */
	uint32_t request_ring_size; /* 0: 16 */
	uint32_t retrieve_delay_ms; /* 0: 200; UINT32_MAX: 0 */
	uint8_t retrieve_policy;
	uint32_t max_tree_blocks;
	uint32_t ticks_per_second; /* 0: 1000 */
	uint32_t nce_stale_ticks;
	const uint16_t *vlans;
	uint32_t vlan_count;
};

struct fake {
	struct toe_shared shared;
	struct toe_worker_control *worker[FAKE_WORKERS];
	struct fake_conn *conns[FAKE_WORKERS];
	uint32_t conn_capacity; /* of each */
	struct chimney *target;
	struct chimney_host *host[FAKE_HOSTS];
	uint64_t now;
	struct tree tree; /* every block of the test */
	uint64_t neighbor[FAKE_NEIGHBORS], path[FAKE_PATHS], conn[FAKE_CONNS]; /* cells */

	/* how workers answer */
	bool stalled[FAKE_WORKERS]; /* takes nothing */
	bool urgent_only[FAKE_WORKERS]; /* takes nothing ordinary */
	uint8_t fail_op; /* enum toe_op; the items of such chains ... */
	uint32_t fail_after; /* ... after so many ... */
	uint16_t fail_status; /* ... get this status */

	/* what their threads have done; known: also to control */
	bool cpu_known;
	struct chimney_cpu_time cpu[FAKE_WORKERS];

	/* what they were sent, in order */
	struct fake_logged log[FAKE_LOG];
	uint32_t logged;
};

/* options NULL: the usual. */
void fake_start(struct fake *fake, const struct fake_options *options);
void fake_end(struct fake *fake);

/* One turn of control; 1 us passes. Returns the work found. */
uint32_t fake_control(struct fake *fake);
/* Every worker that is not stalled handles what it has been sent. Returns the messages handled. */
uint32_t fake_work(struct fake *fake);
/* One message of one mailbox of one worker; false: there is none. */
bool fake_work_one(struct fake *fake, uint32_t worker, bool urgent);
/* A lost worker wakes up: it forgets everything and parks. */
void fake_wake(struct fake *fake, uint32_t worker);
/* Turns of control and workers until nobody has anything to do, at most FAKE_TURNS. */
void fake_settle(struct fake *fake);
/* Time passes, and control runs meanwhile; without a turn of control: fake_sleep_ms. */
void fake_advance_ms(struct fake *fake, uint32_t ms);
void fake_sleep_ms(struct fake *fake, uint32_t ms);

/* A worker indicates something of a connection to host 0, behind what it has posted. */
void fake_indicate(struct fake *fake, uint32_t worker, void *handle);

/* Submit for host 0; the result of the call. */
int fake_submit(struct fake *fake, enum chimney_request kind, struct offload_block_list *root);
/* Submit and take turns until the completion is read; other records are dropped. False: it did not come. */
bool fake_request(struct fake *fake, enum chimney_request kind, struct offload_block_list *root);
/* Read one record of host 0. */
bool fake_read(struct fake *fake, struct chimney_record *record);
/* Turns until the completion of this root is read; records before it are dropped. */
bool fake_completed(struct fake *fake, struct offload_block_list *root);

/* Blocks. fake_neighbor and so on: object number i, with its cell and its usual state. */
struct offload_block_list *fake_neighbor(struct fake *fake, uint32_t i, uint8_t type);
struct offload_block_list *fake_path(struct fake *fake, uint32_t i, uint8_t type);
struct offload_block_list *fake_tcp(struct fake *fake, uint32_t i, uint8_t type);
struct offload_block_list *fake_placeholder(struct fake *fake);

/*
 * Offload neighbors, paths and connections from number 0 on: path i hangs from neighbor i % neighbors,
 * connection i from path i % paths. Everything must succeed.
 */
void fake_offload(struct fake *fake, uint32_t neighbors, uint32_t paths, uint32_t conns);

/* Messages of this kind in the log, and the last of them (NULL: none). */
uint32_t fake_count(const struct fake *fake, enum toe_op op);
const struct fake_logged *fake_last(const struct fake *fake, enum toe_op op);
/* The worker that owns connection i. */
uint32_t fake_owner(const struct fake *fake, uint32_t i);
bool fake_neighbor_valid(const struct fake *fake, uint32_t i);
bool fake_path_valid(const struct fake *fake, uint32_t i);

#endif

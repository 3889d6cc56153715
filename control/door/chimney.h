/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The contract between a host stack and the offload target: the only door.
 *
 * A host stack registers, then hands the root of a state tree (struct offload_block_list) to one of five
 * requests. Each call stores the pointer and returns; the control lcore does the work; the completion hands
 * the same root back (TREE-7, INV-1, INV-2). Completions and indications are read with chimney_poll.
 *
 * Names follow Microsoft's chimney contract in this project's C style: docs/ndis-names.md maps each of them.
 *
 * Threading: the five requests and chimney_hold/release may be called from any thread, at any time,
 * concurrently. chimney_poll and the sleep functions of one host belong to one thread at a time.
 *
 * Ownership: from a request to its completion the whole tree, cells included, belongs to the target. It must
 * be readable and, but for what TREE-10 protects, writable. The target checks everything else about it.
 */
#ifndef CONTROL_CHIMNEY_H
#define CONTROL_CHIMNEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "offload_state.h"

CHIMNEY_DECLARATIONS

/*
 * What follows a block in memory (TREE-6). BLOCK: nothing, the only part that an invalidate reads; also
 * right for structure-only blocks and for terminate of a neighbor without delegated state. ALL: constant,
 * cached and delegated, in that order (paths have no delegated part).
 */
enum offload_block_type {
	OFFLOAD_TYPE_NONE = 0, /* placeholder: the type is not looked at */
	OFFLOAD_NEIGHBOR_BLOCK = 0x10,
	OFFLOAD_NEIGHBOR_CONST,
	OFFLOAD_NEIGHBOR_CACHED,
	OFFLOAD_NEIGHBOR_DELEGATED,
	OFFLOAD_NEIGHBOR_ALL,
	OFFLOAD_PATH4_BLOCK = 0x20,
	OFFLOAD_PATH4_CONST,
	OFFLOAD_PATH4_CACHED,
	OFFLOAD_PATH4_ALL = 0x24,
	OFFLOAD_PATH6_BLOCK = 0x28,
	OFFLOAD_PATH6_CONST,
	OFFLOAD_PATH6_CACHED,
	OFFLOAD_PATH6_ALL = 0x2C,
	OFFLOAD_TCP_BLOCK = 0x30,
	OFFLOAD_TCP_CONST,
	OFFLOAD_TCP_CACHED,
	OFFLOAD_TCP_DELEGATED,
	OFFLOAD_TCP_ALL,
};

#define OFFLOAD_BLOCK_REVISION 1u
#define OFFLOAD_BLOCK_ALIGNMENT 8u
#define OFFLOAD_TARGET_SCRATCH 64u

struct offload_header {
	uint8_t type; /* enum offload_block_type */
	uint8_t revision; /* OFFLOAD_BLOCK_REVISION */
	uint16_t size; /* bytes of the block and of the state that follows it */
};

/*
 * Node of a state tree (TREE-1). Aligned to 8 bytes.
 *
 * offload_context: NULL for a placeholder; else points to a host-owned cell. The cell holds a handle that
 * the target wrote at initiate (it references that object), or 0 (initiate: new state follows the block). The
 * cell is a word of its own: neither of this block, but for host_reserved, nor of another block's scratch.
 * offload_handle: the host's own handle for the object, given back in indications; any value.
 * host_reserved: the host's; never touched (TREE-10). target_scratch: the target's while it owns the tree;
 * arrives with any content.
 * status: written on every block before completion (TREE-7).
 * send_chain: outstanding send data, initiate and terminate only (INIT-6, TERM-4).
 */
struct offload_block_list {
	struct offload_header header;
	uint32_t port; /* index of the wire port; read for new neighbors */
	struct offload_block_list *next_block; /* same layer */
	struct offload_block_list *dependent_block_list; /* one layer up */
	uint64_t *offload_context;
	void *offload_handle;
	void *send_chain;
	uint32_t status; /* enum offload_status */
	uint32_t reserved;
	void *host_reserved[2];
	uint64_t target_scratch[OFFLOAD_TARGET_SCRATCH / 8];
};

static_assert(sizeof(struct offload_block_list) == 136, "state follows at offset 136");

struct chimney; /* the target (control/target.h creates it) */
struct chimney_host; /* a registered host stack: the adapter handle of every request (INV-1) */

/* When connections that an invalidate has stopped are asked back. */
enum chimney_retrieve_policy {
	CHIMNEY_RETRIEVE_DELAYED = 0, /* retrieve_delay_ms after the completion (D2) */
	CHIMNEY_RETRIEVE_ON_SEND, /* when a stopped connection has something to send (D2) */
};

#define CHIMNEY_RETRIEVE_AT_ONCE 0u
#define CHIMNEY_RETRIEVE_DELAY_DEFAULT_MS 200u

/* What a host stack registers with. */
struct chimney_host_params {
	const char *name; /* for messages and statistics; copied, at most 31 characters */
	uint32_t ticks_per_second; /* 10, 100 or 1000 (CTX-6) */
	uint32_t
	        request_ring_size; /* power of two, 2..65536; a full ring refuses nothing (INV-1) */
	uint32_t event_ring_size; /* power of two, 64..1048576; per producer */
	/*
	 * Ticks after which a neighbor that neither side has known to be reachable is asked for before something is sent over it (EVT-2);
	 * 0: never, and then nobody looks for forward progress either, so that target_reachability_delta only grows.
	 */
	uint32_t nce_stale_ticks;
	bool send_backlog; /* indicate SEND_BACKLOG_CHANGE (EVT-1) */
};

/*
 * Register a host stack. *host is valid until chimney_host_unregister.
 * 0, -EINVAL (a parameter is out of range), -ENOSPC (too many hosts), -ENOMEM.
 * Any thread, but not concurrently with itself.
 */
int chimney_host_register(struct chimney *target, const struct chimney_host_params *params,
        struct chimney_host **host);

/*
 * Unregister. Every object of the host must have been terminated, every record read, every hold be done and every channel
 * (channel.h) be closed: else -EBUSY, and nothing has changed, but that initiates which wait for OFFLOAD_RESUME complete, with
 * FAILURE where something new would have risen. By the polling thread. The control lcore lets go of the host in its next turn.
 */
int chimney_host_unregister(struct chimney_host *host);

/*
 * What the target takes. What is counted, is counted over all hosts together; what is more fails with the status that names it
 * (INIT-4). A set has bit 1 << value for each value of its enumeration.
 */
struct chimney_capabilities {
	uint32_t neighbors, paths, connections; /* that may be offloaded at the same time */
	uint32_t workers; /* the tuple of a connection decides which worker has it (TCP-4) */
	uint32_t connections_per_worker;
	uint32_t hosts, channels; /* that may be registered, or open */
	uint32_t tree_blocks; /* of a tree */
	uint32_t requests; /* of a host that are worked on at once; more of them wait in order */
	uint32_t receive_window; /* largest of a connection, bytes */
	uint32_t mss_min; /* smallest remote_mss, bytes */
	uint32_t ip_versions; /* set of 4 and 6 */
	uint32_t services; /* set of enum offload_service */
	uint32_t congestion; /* set of enum offload_congestion */
	uint32_t
	        tcp_states; /* set of enum tcp_state in which a connection may be offloaded (INIT-5) */
	uint8_t tcp_options; /* TCP_OPTION_... of struct tcp_const */
	uint8_t tcp_extensions; /* TCP_EXTENSION_... of struct tcp_const */
	uint8_t paused; /* initiates wait for OFFLOAD_RESUME */
	uint64_t memory; /* bytes that the target has set aside for its work; 0: not known */
};

/* Any thread. Constant while the host is registered, but for `paused` and what an OFFLOAD_RESUME may change: the counts of objects. */
void chimney_capabilities(
        const struct chimney_host *host, struct chimney_capabilities *capabilities);

enum chimney_request {
	CHIMNEY_INITIATE = 0,
	CHIMNEY_QUERY,
	CHIMNEY_UPDATE,
	CHIMNEY_INVALIDATE,
	CHIMNEY_TERMINATE,
	CHIMNEY_REQUEST_COUNT
};

/*
 * The five requests. Each stores `root` and returns at once, never blocks, allocates nothing and makes no
 * system call but, when the control lcore sleeps, one eventfd write. The completion comes by chimney_poll,
 * exactly once, never before the call has returned to a caller that polls from the same thread.
 *
 * When a worker does not answer (INV-14): what needs it completes with FAILURE; then RETRIEVE with reason
 * RETRIEVE_HARDWARE_FAILURE and ABORT are indicated for each of its connections. Their state is lost for good, also when
 * the worker comes back. A terminate of one that is submitted after that RETRIEVE was read completes with FAILURE, too, and
 * then the object is gone and its handle void (TERM-8); one submitted earlier may have left it.
 *
 * 0; -EALREADY: this root is already with the target (INV-1), as a root or as a block of another tree; -EINVAL:
 *   root is NULL or not aligned to 8 bytes.
 *   A call that returns an error has not taken the tree and completes nothing.
 * Results are in the `status` of each block: INIT-4 for initiate, else SUCCESS or FAILURE (TREE-9).
 */
int chimney_initiate_offload(struct chimney_host *host, struct offload_block_list *root);
int chimney_query_offload(struct chimney_host *host, struct offload_block_list *root);
int chimney_update_offload(struct chimney_host *host, struct offload_block_list *root);
int chimney_invalidate_offload(struct chimney_host *host, struct offload_block_list *root);
int chimney_terminate_offload(struct chimney_host *host, struct offload_block_list *root);

/* What chimney_poll returns. */
enum chimney_record_kind {
	CHIMNEY_COMPLETION = 1, /* a request completed: root, request, frames_discarded */
	CHIMNEY_RETRIEVE, /* the target asks for a connection back: handle, reason (TERM-7) */
	CHIMNEY_DISCONNECT, /* FIN received, all data before it consumed: handle (EVT-1) */
	CHIMNEY_ABORT, /* acceptable RST received, or state lost: handle (EVT-1, EVT-5) */
	/*
	 * Indications of the target's own status (EVT-3), to every host. PAUSE: initiates that are submitted, or have not been
	 * started, wait in order until RESUME; everything else goes on as ever. A host that registers meanwhile is told at
	 * once. RESUME: they are carried out; what the target takes may have changed (chimney_capabilities).
	 * UPLOAD_ALL: the target asks for everything back, by terminate; until that is done it goes on.
	 */
	CHIMNEY_OFFLOAD_PAUSE,
	CHIMNEY_OFFLOAD_RESUME,
	CHIMNEY_UPLOAD_ALL,
	/*
	 * How much should be outstanding on a connection of service HOST (EVT-1): handle, send_backlog. To hosts that have asked for it, when
	 * it has changed by more than a quarter, ten times a second at most.
	 */
	CHIMNEY_SEND_BACKLOG_CHANGE,
	/*
	 * Is this neighbor reachable (EVT-2)? handle. The host's answer is an update of its host_reachability_delta. Once in
	 * nce_stale_ticks; sending goes on meanwhile.
	 */
	CHIMNEY_NEIGHBOR_REACHABILITY,
	CHIMNEY_RECORD_KINDS
};

struct chimney_record {
	uint8_t kind; /* enum chimney_record_kind */
	uint8_t request; /* COMPLETION: enum chimney_request */
	uint8_t reason; /* RETRIEVE: enum retrieve_reason */
	/*
	 * COMPLETION: a worker was lost that may still be reading the tree, or writing into it. Until chimney_settled: keep
	 * its memory, and do not submit it.
	 */
	uint8_t unsettled;
	union {
		uint32_t frames_discarded; /* COMPLETION of invalidate or update: by the drain */
		/* SEND_BACKLOG_CHANGE: bytes, min(bandwidth-delay product, peer's window), its upper 16 significant bits */
		uint32_t send_backlog;
	};
	union {
		struct offload_block_list *root; /* COMPLETION */
		void *handle; /* else: offload_handle of the object; NULL where there is none */
	};
};

/*
 * Read up to n records, oldest first per producer; an indication that was caused after a completion was
 * posted is never returned before it (INV-17), and none of a connection after the completion of its terminate
 * (TERM-2). Returns the number read.
 */
unsigned int chimney_poll(
        struct chimney_host *host, struct chimney_record *records, unsigned int n);

/*
 * Has every worker that is lost either parked or come back? Then none of them uses any tree any more. True but after a
 * loss. Any thread; what happens meanwhile (a doorbell is rung when a worker comes back) is for the next call.
 */
bool chimney_settled(const struct chimney_host *host);

/*
 * For hosts that sleep: an eventfd that becomes readable when records arrive while sleep is announced.
 * Protocol: chimney_sleep_prepare; if it returns false there are records, poll again; else wait for the fd to
 * be readable; chimney_sleep_done; poll.
 */
int chimney_event_fd(const struct chimney_host *host);
bool chimney_sleep_prepare(struct chimney_host *host);
void chimney_sleep_done(struct chimney_host *host);

/*
 * Hold a tuple: frames of it, both ways, wait in a bounded queue of the target while the host moves the
 * connection. initiate of the same tuple takes the held wire frames over; release passes all on. Completes
 * through `done` on the control lcore's next turns: the caller polls it (0: pending, else 1 + status).
 */
struct chimney_hold {
	uint8_t source[16]; /* our address, IPv4 in the first 4 bytes; network order */
	uint8_t destination[16];
	uint16_t local_port; /* network order */
	uint16_t remote_port;
	uint8_t family; /* 4 or 6 */
	uint16_t port; /* index of the wire port */
	CHIMNEY_ATOMIC(uint32_t) done; /* the target's; set it to 0 before the call */
	CHIMNEY_ATOMIC(uint32_t) under_way; /* the target's; 0 before the first call */
	uint64_t target_scratch[2];
};

/*
 * From the call until `done` the hold is the target's. The calls never block, and are not refused for lack of room.
 * 0, -EINVAL (family, port, NULL), -EALREADY (this hold is with the target).
 */
int chimney_hold(struct chimney_host *host, struct chimney_hold *hold);
int chimney_release(struct chimney_host *host, struct chimney_hold *hold);

/* Names for people: "SUCCESS", "ESTABLISHED", "INVALID_STATE", ...; "?" when unknown. Static strings. */
const char *offload_status_name(uint32_t status);
const char *tcp_state_name(uint32_t state);
const char *retrieve_reason_name(uint32_t reason);
const char *chimney_request_name(uint32_t request);

/*
 * Where the state structures of a block are, by its type: pointers into the memory that follows it, NULL for
 * a part that the type does not have. For blocks built by the host with that type.
 */
void *offload_block_const(const struct offload_block_list *block);
void *offload_block_cached(const struct offload_block_list *block);
void *offload_block_delegated(const struct offload_block_list *block);
/* Bytes of a block with the state that its type asks for; 0 for an unknown type. */
size_t offload_block_size(uint8_t type);

CHIMNEY_DECLARATIONS_END

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A seeded simulation of hosts, target and peers, and beside it an independent model of the contract
 * (requirements TREE, INIT, INV, QRY, UPD, TERM): what each completion, indication and frame may and must be.
 *
 * Several requests are in progress at once, so the model knows three answers: must be, must not be, may be.
 * It derives them from the steps at which requests were submitted and completed, never from the target.
 */
#ifndef TESTS_SIM_H
#define TESTS_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "peer.h"
#include "rng.h"
#include "world.h"

#define SIM_HOSTS 2u
#define SIM_NEIGHBORS 6u
#define SIM_PATHS 12u
#define SIM_CONNS 256u
#define SIM_REQUESTS 192u
#define SIM_FIRST_PORT 10000u /* local port of connection i is this plus i */

enum sim_life {
	SIM_ABSENT = 0, /* not offloaded: never, failed, or terminated */
	SIM_RISING, /* named as new by an initiate in progress */
	SIM_LIVE, /* initiate completed, no terminate has */
};

/* What the model knows of any object. */
struct sim_object {
	uint8_t layer; /* enum offload_layer */
	uint8_t host;
	uint8_t life; /* enum sim_life */
	bool invalid; /* an invalidate that names it has completed with SUCCESS */
	uint64_t cell; /* the host's cell for the target's handle */
	uint64_t stale; /* handle of a former life, 0: none */
	uint64_t live_since; /* step */
	uint64_t invalid_since; /* step */
	uint64_t due; /* ns: no RETRIEVE for its sake may come earlier */
	uint32_t inflight[CHIMNEY_REQUEST_COUNT]; /* requests in progress that name it */
	uint64_t ended[CHIMNEY_REQUEST_COUNT]; /* step at which the last such one completed */
};

/*
 * A value that updates change: candidates while updates are in progress, one value when none is. Requests
 * of one host are carried out in the order of submission, so the last that succeeds wins.
 */
struct sim_value {
	uint32_t possible; /* bit v: version or object v may be in force */
	uint32_t batch; /* updates in progress */
	int32_t last; /* of the successful ones completed in this batch: highest serial */
	uint32_t last_value;
};

struct sim_neighbor {
	struct sim_object object;
	struct tree_neighbor description; /* byte 4 of the destination MAC is the version */
	struct sim_value mac;
	uint32_t next_version;
};

struct sim_path {
	struct sim_object object;
	struct tree_path description;
	struct sim_value link; /* values: neighbors */
};

struct sim_conn {
	struct sim_object object;
	struct tree_tcp description;
	struct peer peer;
	uint32_t path;
	uint32_t life_number; /* how often it was offloaded; a part of its handle */
	bool retrieved; /* RETRIEVE(INVALID_STATE) was read in this life */
	bool maybe_retrieved; /* one may be on its way although a relink has completed */
	bool aborted, disconnected; /* indications read */
	bool reset_sent; /* the peer has sent an RST */
	bool hardware_failure;
	uint32_t progress; /* data frames when the check of progress began */
	bool is_kept; /* it may be offloaded again as it was given back */
	struct tcp_delegated kept;
};

/* Role of a block in a request. */
enum sim_role {
	SIM_PLACEHOLDER = 0,
	SIM_NEW,
	SIM_LINKER, /* initiate */
	SIM_NAMED, /* the other requests */
	SIM_RELINKED, /* update: a path under the neighbor that it moves to */
	SIM_STALE, /* a handle of a former life */
	SIM_FOREIGN, /* an object of another host */
	SIM_EMPTY, /* a cell that holds 0 (INV-18) */
	SIM_BAD, /* initiate: new state that must be refused */
};

struct sim_ref {
	struct offload_block_list *block;
	struct sim_object *object; /* NULL: placeholder, or none of ours */
	uint8_t role; /* enum sim_role */
	bool moves_link; /* SIM_RELINKED, or SIM_NAMED neighbor with a new MAC */
	int16_t parent; /* index of the parent's ref, -1: root layer */
	uint32_t value; /* update: version of the MAC, or the new neighbor */
	uint64_t cell; /* STALE, EMPTY: the cell of this block */
	bool lost; /* NAMED: the host knew at submission that its state is lost */
};

struct sim_request {
	bool used;
	uint8_t kind; /* enum chimney_request */
	uint8_t host;
	bool alone; /* initiate: nothing else could touch it, statuses are known exactly */
	struct tree tree;
	struct offload_block_list *root;
	uint64_t submitted; /* step */
	uint64_t submitted_at; /* ns */
	int32_t serial; /* order of submission */
	struct sim_ref *refs; /* in TREE-4 order */
	uint32_t ref_count;
};

/* Kinds of scenario. */
enum sim_kind {
	SIM_MIXED = 0, /* everything at random */
	SIM_CROWD, /* many connections, a host that does not read: full event rings */
	SIM_LOST, /* a worker stops answering, and comes back */
	SIM_SHUTDOWN, /* chimney_stop in the middle: ends the world */
};

/* What the runs of a program have seen, so that a check which never had anything to check fails. */
struct sim_totals {
	uint64_t runs, steps, requests[CHIMNEY_REQUEST_COUNT];
	uint64_t success, failure, partial, resources;
	uint64_t frames, frames_silent_checked;
	uint64_t discarded, runs_with_discards;
	uint64_t retrieves, relinks, resumed, stale, lost, shutdowns, overflows, terminated_busy;
};

struct sim;

/* Who is at the other end of the connections. */
struct sim_others {
	uint32_t conns_min, conns_max, steps_min, steps_max; /* of a scenario */
	/* what a world is to be for their sake; NULL: any */
	void (*world)(struct sim *, uint64_t seed, struct world_params *);
	void (*begin)(struct sim *, uint64_t seed); /* a scenario begins; NULL: nothing to do */
	/* a new life of a connection begins, as `block` says from now on */
	void (*describe)(struct sim *, struct sim_conn *, struct offload_block_list *block);
	/* a frame of the target, which is theirs from now on; NULL, or what is wrong with it (static string) */
	const char *(*receive)(
	        struct sim *, struct sim_conn *, const struct peer_frame *, struct rte_mbuf *);
	void (*act)(struct sim *); /* one of them, at random */
	void (*serve)(struct sim *); /* all of them, in each turn */
	/* a request that names the object is about to be submitted */
	void (*submitting)(struct sim *, const struct sim_request *, const struct sim_ref *);
	void (*given_back)(struct sim *, struct sim_conn *, const struct tcp_delegated *);
	void (*check_progress)(struct sim *); /* all that nothing stops go on */
	void (*leave)(struct sim *); /* the scenario ends */
};

struct joined; /* joined.h */

struct sim {
	struct world world;
	const struct sim_others *others;
	struct joined *joined; /* NULL: peers that lose nothing */
	struct rng rng;
	uint64_t step;
	enum sim_kind kind;
	bool eager; /* hosts read after every step of the control lcore */
	bool mute; /* hosts do not read at all */
	uint32_t stalled; /* bit per worker */
	uint32_t dead; /* worker that is to be lost, plus 1 */
	bool lenient; /* a worker was lost or shutdown began: requests may fail for that */
	uint32_t neighbors, paths, conns; /* in this scenario */
	struct sim_neighbor neighbor[SIM_NEIGHBORS];
	struct sim_path path[SIM_PATHS];
	struct sim_conn conn[SIM_CONNS];
	struct sim_request request[SIM_REQUESTS];
	bool at_rest; /* the end: peers send no more, all they sent has been processed */
	uint32_t in_progress;
	int32_t serial;
	uint32_t relinks_unsettled; /* relinks completed since the event rings were last empty */
	uint64_t discarded;
	struct sim_totals *totals;
	bool trace; /* print what hosts see */
	char wrong[256]; /* first violation found; empty: none */
};

/* Note a violation (the first is kept). */
void sim_wrong(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline bool
sim_ok(const struct sim *sim)
{
	return sim->wrong[0] == '\0';
}
/* "connection 5" and the like, in a static buffer. */
const char *sim_object_name(const struct sim *sim, const struct sim_object *object);

/* sim_model.c: facts about objects */
bool sim_overlapped(
        const struct sim_object *object, uint32_t kind, const struct sim_request *request);
/* Live from before the request's submission until now, no terminate in between. */
bool sim_surely_live(const struct sim_object *object, const struct sim_request *request);
/* Surely not offloaded at any time of the request. */
bool sim_surely_absent(const struct sim_object *object, const struct sim_request *request);
bool sim_surely_valid(const struct sim_object *object, const struct sim_request *request);
bool sim_surely_invalid(const struct sim_object *object, const struct sim_request *request);
/* No frame of the connection may reach the port now (INV-6, INV-7, D3). */
bool sim_silent(const struct sim *sim, const struct sim_conn *conn);
/* Everything that it needs to transmit is valid, no request in progress can change that. */
bool sim_may_transmit(const struct sim *sim, const struct sim_conn *conn);
/* It is invalid or depends on what is, whatever becomes of the requests in progress. */
bool sim_surely_stopped(const struct sim *sim, const struct sim_conn *conn);
/* A RETRIEVE(INVALID_STATE) for it may be read now (INV-9, D2, D3). */
bool sim_retrieve_allowed(const struct sim *sim, const struct sim_conn *conn);
void sim_value_set(struct sim_value *value, uint32_t v);
void sim_value_begin(struct sim_value *value, uint32_t v);
void sim_value_end(struct sim_value *value, uint32_t v, int32_t serial, bool success);

/* sim_build.c: trees; each returns a request that is not submitted, or NULL when there is nothing to do */
struct sim_request *sim_build_initiate(struct sim *sim, uint32_t host);
struct sim_request *sim_build_reference(struct sim *sim, uint32_t host, enum chimney_request kind);
struct sim_request *sim_build_update(struct sim *sim, uint32_t host);
struct sim_request *sim_build_relink(struct sim *sim, uint32_t path, uint32_t neighbor);
/* True for a block that counts as naming its object, false for placeholders and what must be refused. */
static inline bool
sim_counts(const struct sim_ref *ref)
{
	return ref->role == SIM_NEW || ref->role == SIM_LINKER || ref->role == SIM_NAMED ||
	       ref->role == SIM_RELINKED;
}
/* A query of one object, or NULL. */
struct sim_request *sim_build_lone_query(struct sim *sim, uint32_t host);
/* Terminate most of the connections, nothing else. */
struct sim_request *sim_build_crowd_terminate(struct sim *sim);
/* Terminate everything of a host that is live. */
struct sim_request *sim_build_terminate_all(struct sim *sim, uint32_t host);
struct sim_request *sim_request_new(struct sim *sim, uint32_t host, enum chimney_request kind);
struct sim_ref *sim_ref_add(struct sim *sim, struct sim_request *request, int parent,
        enum sim_role role, struct sim_object *object, enum offload_layer layer, uint8_t family);
void sim_request_drop(struct sim *sim, struct sim_request *request);

/* --trace: one line for a request that is submitted or completed */
void sim_trace_request(const struct sim *sim, const struct sim_request *request, const char *what);

/* The host's handle of a connection in its present life, given back in indications. */
static inline void *
sim_handle(const struct sim *sim, const struct sim_conn *conn)
{
	return (void *)(((uintptr_t)conn->life_number << 16 | (uintptr_t)(conn - sim->conn)) + 1);
}

/* sim_host.c: submitting and reading */
void sim_submit(struct sim *sim, struct sim_request *request);
/* Read up to n records of a host; returns the number read. */
uint32_t sim_host_read(struct sim *sim, uint32_t host, uint32_t n);
void sim_host_read_all(struct sim *sim);

/* sim_complete.c: one request has completed; its statuses are judged */
void sim_completed(struct sim *sim, struct sim_request *request);
/* sim_initiate.c: the same for initiates (INIT-3, INIT-4) */
void sim_completed_initiate(struct sim *sim, struct sim_request *request);

/* sim_wire.c: the ports' peers, of which the first are those of sim_peers.c, behind a wire that loses nothing */
extern const struct sim_others sim_peers;
void sim_wire_read(struct sim *sim, uint32_t frames);
void sim_wire_read_all(struct sim *sim);
/* A terminated connection's segments go to the host port (TERM-5). */
void sim_wire_check_uploaded(struct sim *sim);

/* sim_finish.c */
void sim_check_progress(struct sim *sim);

/* sim_run.c: one scenario in a world that is reused */
bool sim_world_create(struct sim *sim, uint64_t seed, struct rte_mempool *pool, bool big);
void sim_world_destroy(struct sim *sim);
/* False: something was wrong, see sim->wrong. The world can be used again unless the kind ends it. */
bool sim_run(struct sim *sim, uint64_t seed, enum sim_kind kind);
/* One step of somebody: mostly turns of control and workers, sometimes a host, the peer, the clock. */
void sim_step(struct sim *sim);
/* sim_crowd.c: the whole scenario of a crowd, and what its hosts do in a step */
void sim_crowd(struct sim *sim);
void sim_crowd_acts(struct sim *sim);
/* sim_finish.c: let everything come to rest, then check what must hold at rest, and terminate all */
void sim_finish(struct sim *sim);
void sim_terminate_all(struct sim *sim);
void sim_check_nothing_left(struct sim *sim);
void sim_finish_shutdown(struct sim *sim);
/* sim_lost.c: the same after a worker stopped answering (sim->dead) */
void sim_finish_lost(struct sim *sim);
/* Turns of all actors, hosts and peers included, until no request is in progress. */
bool sim_rest(struct sim *sim);
void sim_turn(struct sim *sim);

#endif

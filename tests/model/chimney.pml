/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The request protocol of dpdk-chimney as a Promela model, checked by spin: a host stack, the
 * control lcore, two workers, and the bounded rings between them. What is left out, which faults
 * are planted and how large the searches are: README.md. Numbers like INV-7 are requirements, D
 * numbers are decisions of the design.
 *
 * This file has the objects, the state and the properties; the files included below do the work.
 * Given with -D:
 *   K=n      requests that the host submits, 1 to 6
 *   MENU=n   which requests it chooses from: choose() in host.pml
 *   TX       workers build and transmit frames. Without it every run is finite, so that a deadlock
 *            or a lost indication shows as a state from which nothing goes on
 *   LOSABLE  the deadline of worker 0 may pass, whether it is slow or hangs (INV-14)
 *   HANG     worker 0 may hang for ever
 *   HASTY    the host may ask for shutdown at any time, and calls step by step; else it is patient
 *   FAIR     for the search for cycles: a worker is a sequential poll loop, not a free choice
 *   FAULT_x  plant a fault: faults.pml
 */
#ifndef K
#define K 3
#endif
#ifndef MENU
#define MENU 1
#endif

#define WORKERS 2
#define NBRS 2
#define PATHS 2
#define CONNS 3
#define NONE 255
#define BIT(x) (1 << (x))

/* Connections 0 and 1 use path 0, on workers 0 and 1; connection 2 uses path 1, on worker 0. */
#define OWNER(c) ((c) % 2)
#define PATH(c) ((c) / 2)
#define CONN_AT(p, w) (2 * (p) + (w)) /* the only one of a worker on a path */

/* Kinds of request. An object is the index of a slot in the layer that the kind names. */
#define INV_NBR 1
#define INV_PATH 2
#define INV_CONN 3
#define TERM_NBR 4
#define TERM_PATH 5
#define TERM_CONN 6
#define RELINK 7   /* update: path `obj` to neighbor `arg` (UPD-2) */
#define UPD_PATH 8 /* update: the MTU of path `obj`, a new word with the same neighbor */
#define INIT_NBR 9 /* a new object in a freed slot */
#define INIT_CONN 10
#define IS_INV(r) (kind[r] <= INV_CONN)
#define IS_TERM(r) (kind[r] >= TERM_NBR && kind[r] <= TERM_CONN)
#define IS_UPD(r) (kind[r] == RELINK || kind[r] == UPD_PATH)
#define ON_NBR(r) (kind[r] == INV_NBR || kind[r] == TERM_NBR || kind[r] == INIT_NBR)
#define ON_CONN(r) (kind[r] == INV_CONN || kind[r] == TERM_CONN || kind[r] == INIT_CONN)

/* Life of a request. The host owns it before SUBMITTED and after READ. */
#define UNUSED 0
#define SUBMITTED 1 /* on a request ring or an overflow list */
#define ACTIVE 2    /* messages to send (need) or answers to come (wait) */
#define BARRED 3    /* a terminate that waits for what was older than it (TERM-2) */
#define FINISHED 4  /* completion to post */
#define POSTED 5
#define READ 6

/* Life of a slot, as the control lcore sees it. */
#define FREE 0
#define INITING 1 /* cannot be named before its initiate has completed (INV-12) */
#define LIVE 2
#define CLOSING 3 /* a terminate is under way: only invalidates may name it */
#define GONE 4    /* terminated, but older requests on it have not completed: cannot be named */
#define RETIRED 5 /* terminated, but its owner is lost: never used again */

/* Ordinary messages to a worker. */
#define M_REQUEST 1        /* do your part of request x, then answer */
#define M_RETRIEVE_PATH 2  /* RETRIEVE for connection x while its path's words stand; no answer */
#define M_RETRIEVE_NAMED 3 /* RETRIEVE for the connection that request x named; no answer */

/* Records from control to the host. */
#define E_COMPLETION 1
#define E_RETRIEVE_HW 2 /* RETRIEVE(HARDWARE_FAILURE), by control for a lost worker */
#define E_ABORT 3

/* ---- requests: their trees belong to the target while it works on them ---- */
byte kind[K], obj[K], arg[K];
byte hgen[K];    /* generation in the handle that the host gave */
byte st[K];
byte need[K];    /* workers to which the message is still to be sent, a mask */
byte wait[K];    /* workers whose answer is missing, a mask */
byte barrier[K]; /* terminates: requests to complete before it, a mask */
byte ep[K];      /* updates: epoch of the word that it wrote or found */
byte old[K];     /* updates: the neighbor before; NONE when nothing was changed */
byte busy;       /* mask of requests: taken and not completed */
byte fail;       /* mask of requests: status FAILURE */
byte hit;        /* mask of requests: something about it is lost with a worker */
byte n;          /* submitted so far; requests are numbered as they are submitted */

/*
 * ---- shared words, written by control alone: valid, epoch and the rest are one 64-bit word ----
 */
byte nvalid = 3, nep[NBRS];
byte pvalid = 3, pep[PATHS], nbr_of[PATHS];

/* ---- control's tables ---- */
byte nst[NBRS] = LIVE, pst[PATHS] = LIVE, slot[CONNS] = LIVE;
byte ngen[NBRS], cgen[CONNS];
byte nmask[NBRS], pmask[PATHS]; /* workers that may hold frames for it, until it is terminated */
byte lost;        /* mask of workers declared lost; workers look at it every turn */
byte hw[CONNS];   /* connection of a lost worker: 1 RETRIEVE due, 2 ABORT due, 3 both indicated */
bit stop, quit;   /* shutdown was asked for; control has left */
/*
 * RETRIEVE walks that are owed: 1 + the request after whose completion they are due; 0: none (D2).
 */
byte nstop[NBRS], pstop[PATHS], cstop[CONNS];
byte named;          /* mask of connections: named by an invalidate */
byte telling[PATHS]; /* workers to which the message of a walk that is due is still to be sent */
byte tell_for[PATHS]; /* the request after which they are due */
byte later;          /* mask of paths: the walk waits for initiates under way (INIT-9) */

/* ---- the workers' own tables: connection c is touched by worker OWNER(c) alone ---- */
byte live = 7;       /* mask of connections */
byte stop_id[CONNS]; /* 1 + the invalidate that named it first; 0: not named */
byte indicated;      /* mask: RETRIEVE was indicated, stays stopped until terminated (D3) */
/*
 * A walk of a path comes to connection c: while words pe and ne stand, for request r; r is 0 when
 * there is none.
 */
typedef walk_t { byte r, pe, ne };
walk_t walk[CONNS];
byte named_walk[CONNS]; /* the same for a named connection: 1 + the request that named it */
/* A worker builds one frame and holds one; c is NONE when it does not. */
typedef frame_t { byte c, nbr, pe, ne };
frame_t held[WORKERS], draft[WORKERS];

/* ---- bounded rings ---- */
chan ring[2] = [1] of { byte };              /* host to control: 0 invalidates, 1 all others */
chan list[2] = [K] of { byte };              /* what did not fit, linked through scratch (INV-1) */
chan urgent[WORKERS] = [1] of { byte };      /* control to worker: drains, by request */
chan urgent_reply[WORKERS] = [1] of { byte };
chan ordinary[WORKERS] = [1] of { byte, byte, byte, byte, byte }; /* M_, x, walk_t */
chan ordinary_reply[WORKERS] = [1] of { byte };
chan records = [1] of { byte, byte };        /* control to host: E_, request or connection */
chan events[WORKERS] = [1] of { byte, byte }; /* worker to host: RETRIEVE of c, after request */
byte unread; /* mask of connections: with a RETRIEVE that the host has not read */

/*
 * ---- properties ---- Each is an assertion that carries its name: a variable that is always 0, for
 * spin to print. The variables below exist for them alone; the protocol does not read them.
 */
#define REQUIRE(name, condition) assert(name || (condition))
hidden byte ONE_COMPLETION, COMPLETED, SHUTDOWN_COMPLETES, IN_ORDER, TERM_LAST, NO_DEADLOCK;
hidden byte SILENT, NEW_NEIGHBOR, UPLOADED, INDICATED_SILENT, PARKED_SILENT;
hidden byte ONE_RETRIEVE, RETRIEVE_CAUSE, RETRIEVE_AFTER, RETRIEVE_LATE, RETRIEVE_LOST, LOSS_ORDER;
byte posted, got;               /* masks of requests: completion posted, read by the host */
byte quiet_n, quiet_p, quiet_c; /* objects whose invalidate was completed with SUCCESS */
byte done_n, done_p, done_c;    /* objects whose invalidate was completed at all */
byte promise[PATHS] = NONE;     /* the neighbor that a completed relink has promised */
byte retrieved;                 /* mask of connections: RETRIEVE(INVALID_STATE) was posted */
bit ended;                      /* the host has seen the end */

byte pick, item, each, m_r, m_pe, m_ne; /* scratch of a single atomic step, 0 after it */

/* f(r, a, b) for some request r */
#define ANY1(f, a, b) f(0, a, b)
#define ANY2(f, a, b) (ANY1(f, a, b) || f(1, a, b))
#define ANY3(f, a, b) (ANY2(f, a, b) || f(2, a, b))
#define ANY4(f, a, b) (ANY3(f, a, b) || f(3, a, b))
#define ANY5(f, a, b) (ANY4(f, a, b) || f(4, a, b))
#define ANY6(f, a, b) (ANY5(f, a, b) || f(5, a, b))
#define PASTE(name, k) name##k
#define ANY_OF(k, f, a, b) PASTE(ANY, k)(f, a, b)
#define ANY(f, a, b) ANY_OF(K, f, a, b)

/* A connection on path p may transmit, as far as path and neighbor go (INV-6). */
#define ROUTE_VALID(p) ((pvalid & BIT(p)) && (nvalid & BIT(nbr_of[p])))

#include "faults.pml"
#include "request.pml"
#include "stop.pml"
#include "control.pml"
#include "worker.pml"
#include "host.pml"

#ifdef FAIR
ltl finishes { <> ended }
#endif

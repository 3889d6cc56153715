/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The points of the protocol at which a fault can be planted: each is a macro that holds the right
 * behaviour, or, with -DFAULT_x, the wrong one. run-model demands that the checker finds every one
 * of them, by the property that it breaks. README.md says in words what each one gets wrong.
 */

/* Control sends a message: a full mailbox means "later", never "wait here". */
#ifdef FAULT_CONTROL_BLOCKS
#define HAS_ROOM(box) false /* it waits: see SEND_DRAINS */
#else
#define HAS_ROOM(box) (len(box) == 0)
#endif

/* All answers are in. */
#ifdef FAULT_EARLY_COMPLETION
#define ANSWERED(r) (need[r] == 0 && wait[r] != 3)
#else
#define ANSWERED(r) (need[r] == 0 && wait[r] == 0)
#endif

/* The completion ring is full: the completion is kept. */
#ifdef FAULT_COMPLETION_DROPPED
#define CAN_POST true
#else
#define CAN_POST (len(records) == 0)
#endif

/*
 * A slot is free when the older requests on its object have completed, and the host has read what
 * was indicated.
 */
#ifdef FAULT_FREE_EARLY
#define MUST_WAIT(r) (kind[r] == TERM_CONN && (unread & BIT(obj[r])))
#elif defined(FAULT_FREE_UNREAD)
#define MUST_WAIT(r) (barrier[r] & busy)
#else
#define MUST_WAIT(r) ((barrier[r] & busy) || (kind[r] == TERM_CONN && (unread & BIT(obj[r]))))
#endif

/* A handle answers only for the generation that it was issued for (CTX-2). */
#ifdef FAULT_STALE_HANDLE
#define SAME_GENERATION(r, generation) true
#else
#define SAME_GENERATION(r, generation) (hgen[r] == (generation))
#endif

/* A relink makes the drain round like an invalidate. */
#ifdef FAULT_RELINK_SKIPS_ROUND
#define RELINK_ROUND(workers) 0
#else
#define RELINK_ROUND(workers) (workers)
#endif

/* A relink writes a new epoch, by which tags and walks of before are told from those of after. */
#ifdef FAULT_RELINK_SAME_EPOCH
#define RELINK_EPOCH 0
#else
#define RELINK_EPOCH 1
#endif

/* The neighbor that a path leaves keeps its workers: they may hold frames of before. */
#ifdef FAULT_RELINK_LETS_GO
#define LEAVE_NBR(nb, p) nmask[nb] = (HAS_PATH(nb, 1 - p) -> pmask[1 - p] : 0)
#else
#define LEAVE_NBR(nb, p) skip
#endif

/*
 * A relink to the present neighbor changes nothing, but makes the round: the one that brought it
 * may not be over.
 */
#ifdef FAULT_SAME_RELINK_HASTY
#define SAME_RELINK_ROUND(workers) 0
#else
#define SAME_RELINK_ROUND(workers) (workers)
#endif

/*
 * A walk discards what is stale before it indicates: a relink that was undone may have left frames
 * behind.
 */
#ifdef FAULT_WALK_KEEPS_FRAMES
#define WALK_DISCARDS(w) false
#else
#define WALK_DISCARDS(w) STALE(w)
#endif

/*
 * The words of a walk are compared at every step, so that a relink cancels it (D3). The neighbor of
 * a path that is invalid itself may change as it likes: the path stays stopped.
 */
#ifdef FAULT_RELINK_KEEPS_WALK
#define WALK_STANDS(c) true
#else
#define WALK_STANDS(c) (pep[PATH(c)] == walk[c].pe && \
	((pvalid & BIT(PATH(c))) == 0 || nep[nbr_of[PATH(c)]] == walk[c].ne))
#endif

/*
 * An update that gives a stopped path a new word owes again the walk that the new word has ended;
 * so does one that failed and puts the old neighbor back.
 */
#ifdef FAULT_UPDATE_ENDS_WALK
#define UPDATE_OWES_WALK false
#elif defined(FAULT_UNDO_ENDS_WALK)
#define UPDATE_OWES_WALK !(hit & BIT(job))
#else
#define UPDATE_OWES_WALK true
#endif

/* An indicated connection is never indicated again, however often it is invalidated. */
#ifdef FAULT_RETRIEVE_TWICE
#define FORGET_INDICATED(connections) indicated = indicated & ~(connections)
#else
#define FORGET_INDICATED(connections) skip
#endif

/* An indicated connection stays stopped, relinked or not (D3). */
#ifdef FAULT_INDICATED_RESUMES
#define MAY_RESUME(c) true
#else
#define MAY_RESUME(c) !(indicated & BIT(c))
#endif

/* The event ring is full: the walk pauses. */
#ifdef FAULT_RETRIEVE_DROPPED
#define CAN_INDICATE(w) true
#else
#define CAN_INDICATE(w) (len(events[w]) == 0)
#endif

/* A drain discards the held frame when its tag is stale. */
#ifdef FAULT_NO_DISCARD
#define DISCARDS(w) false
#else
#define DISCARDS(w) STALE(w)
#endif

/* A worker takes a message only when its answer will fit. */
#ifdef FAULT_ANSWER_DROPPED
#define ANSWER_FITS(box) true
#else
#define ANSWER_FITS(box) (len(box) == 0)
#endif

/* The walk of a path waits for initiates under way there: a connection might come behind it. */
#ifdef FAULT_WALK_OVERTAKES
#define WALK_WAITS(p) false
#else
#define WALK_WAITS(p) PATH_STARTS(p)
#endif

/* An initiate of a lost worker fails, even if the worker has answered it. */
#ifdef FAULT_LOSS_MISSES_INITIATE
#define INITIATE_LOST(r) (hit & BIT(r))
#else
#define INITIATE_LOST(r) IS_LOST(OWNER(obj[r]))
#endif

/*
 * A worker that has not answered in time is given up (INV-14): requests and pings have a deadline.
 */
#ifdef FAULT_NO_DEADLINE
#define DEADLINE_PASSES(w) false
#elif defined(FAULT_NO_PING)
#define DEADLINE_PASSES(w) (RUNS(w) && ANY(WAITS_FOR, w, 0))
#else
#define DEADLINE_PASSES(w) RUNS(w)
#endif

/* The loss is indicated after the FAILURE completion (INV-17). */
#ifdef FAULT_LOSS_HASTY
#define LOSS_MAY_BE_TOLD true
#else
#define LOSS_MAY_BE_TOLD !(ANY(HIT_IN_WORK, 0, 0))
#endif

/* The walk that a neighbor owes ends with its terminate. */
#ifdef FAULT_TERMINATE_KEEPS_WALK
#define WALK_OF_GONE(nb) nstop[nb]
#else
#define WALK_OF_GONE(nb) 0
#endif

/* What a lost worker answers counts no more. */
#ifdef FAULT_LATE_ANSWER
#define LATE_ANSWER(r) st[r] = FINISHED
#else
#define LATE_ANSWER(r) skip
#endif

/* What a lost worker may still hold keeps invalidates from promising silence. */
#ifdef FAULT_LOSS_FORGOTTEN
#define FORGET_LOST(w) nmask[0] = nmask[0] & ~BIT(w); pmask[0] = pmask[0] & ~BIT(w)
#else
#define FORGET_LOST(w) skip
#endif

/* A worker that finds itself lost parks. */
#ifdef FAULT_LOST_GOES_ON
#define RUNS(w) true
#else
#define RUNS(w) ((lost & BIT(w)) == 0)
#endif

/*
 * A worker looks at its mailbox between bursts, however much it has to send (only told apart with
 * FAIR).
 */
#ifdef FAULT_NEVER_LOOKS
#define LOOKS_FIRST(w) true
#else
#define LOOKS_FIRST(w) (!(CAN_DRAIN(w)) && !(CAN_TAKE(w)) && !(WALKS_LEFT(w)))
#endif

/* Shutdown looks at the overflow lists too. */
#ifdef FAULT_SHUTDOWN_LOSES
#define NOTHING_QUEUED (empty(ring[0]) && empty(ring[1]))
#else
#define NOTHING_QUEUED (empty(ring[0]) && empty(ring[1]) && empty(list[0]) && empty(list[1]))
#endif

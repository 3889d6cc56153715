/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control's part of every kind of request: taking it, finishing it, posting its completion. Each
 * inline works on request `job`, in one atomic step.
 */
/* The piece of work at hand: for request job, and worker or object wkr; 0 after it. */
byte todo, job, wkr;
#define OBJ obj[job]

#define IN_WORK(r, a, b) ((busy & BIT(r)) != 0)
#define WAITS_FOR(r, w, b) ((need[r] | wait[r]) & BIT(w))
#define HIT_IN_WORK(r, a, b) (busy & hit & BIT(r))
#define LOSS_DUE(c) (hw[c] == 1 || hw[c] == 2)
#define IN_USE(state) ((state) == INITING || (state) == LIVE || (state) == CLOSING)
#define IS_LOST(w) (lost & BIT(w))
#define HAS_CONN(p, c) (PATH(c) == (p) && IN_USE(slot[c]))
#define HAS_PATH(nb, p) (nbr_of[p] == (nb) && (pst[p] == LIVE || pst[p] == CLOSING))

inline refuse()
{
	fail = fail | BIT(job);
	st[job] = FINISHED
}

/* One message to each worker of mask `pick`, except lost ones: they make it a FAILURE (INV-14). */
inline fan_out()
{
	need[job] = pick & ~lost;
	if
	:: pick & lost ->
		fail = fail | BIT(job);
		hit = hit | BIT(job)
	:: else
	fi;
	st[job] = ACTIVE
}

/* A walk is owed for path p after request `job`, unless one is already owed for later. */
inline owe_path_walk(p)
{
	telling[p] = 0; /* who was told the old word has to be told again */
	pstop[p] = (pstop[p] == 0 -> job + 1 : pstop[p])
}

inline take_invalidate()
{
	if
	:: kind[job] == INV_NBR && (nst[OBJ] == LIVE || nst[OBJ] == CLOSING) &&
		SAME_GENERATION(job, ngen[OBJ]) ->
		if
		:: nvalid & BIT(OBJ) ->
			nvalid = nvalid & ~BIT(OBJ);
			nep[OBJ]++;
			nstop[OBJ] = job + 1
		:: else /* invalid already: no new word, but the round is made (INV-12) */
		fi;
		pick = nmask[OBJ];
		fan_out()
	:: kind[job] == INV_PATH && (pst[OBJ] == LIVE || pst[OBJ] == CLOSING) ->
		if
		:: pvalid & BIT(OBJ) ->
			pvalid = pvalid & ~BIT(OBJ);
			pep[OBJ]++;
			owe_path_walk(OBJ)
		:: else
		fi;
		pick = pmask[OBJ];
		fan_out()
	:: kind[job] == INV_CONN && (slot[OBJ] == LIVE || slot[OBJ] == CLOSING) &&
		SAME_GENERATION(job, cgen[OBJ]) ->
		if
		:: !(named & BIT(OBJ)) ->
			named = named | BIT(OBJ);
			cstop[OBJ] = job + 1
		:: else
		fi;
		pick = BIT(OWNER(OBJ));
		fan_out()
	:: else -> refuse()
	fi
}

/*
 * A new word for path p, to neighbor `pick`. A route that is valid now cancels the RETRIEVE of
 * before (D3). One that is not still owes it; the walks that were under way have ended with the old
 * word, but one that the neighbor still owes will read the new word.
 */
inline change_path(p)
{
	LEAVE_NBR(nbr_of[p], p);
	nbr_of[p] = pick;
	nmask[pick] = nmask[pick] | pmask[p];
	pep[p] = pep[p] + (kind[job] == RELINK -> RELINK_EPOCH : 1);
	promise[p] = NONE;
	if
	:: nvalid & BIT(pick) ->
		telling[p] = 0;
		pstop[p] = 0;
		later = later & ~BIT(p)
	:: !(nvalid & BIT(pick)) && nstop[pick] == 0 && UPDATE_OWES_WALK -> owe_path_walk(p)
	:: else -> telling[p] = 0
	fi
}

/* Relink, or another MTU. A path that a lost worker may still use is not changed. */
inline take_update()
{
	pick = (kind[job] == RELINK -> arg[job] : nbr_of[OBJ]);
	if
	:: pst[OBJ] != LIVE || !(pvalid & BIT(OBJ)) || (pmask[OBJ] & lost) -> refuse()
	:: else ->
		if
		:: kind[job] == RELINK && (nst[pick] != LIVE || !(nvalid & BIT(pick)) ||
			!(SAME_GENERATION(job, ngen[pick]))) -> refuse()
		:: else ->
			old[job] = NONE;
			if
			:: kind[job] == UPD_PATH || pick != nbr_of[OBJ] ->
				old[job] = nbr_of[OBJ];
				change_path(OBJ)
			:: else /* no change; but the one that made it may still make its round */
			fi;
			ep[job] = pep[OBJ];
			pick = (old[job] == NONE -> SAME_RELINK_ROUND(pmask[OBJ]) :
				RELINK_ROUND(pmask[OBJ]));
			fan_out()
		fi
	fi
}

/*
 * Of a lost worker the first terminate fails; once the loss is indicated the next one frees
 * (TERM-8).
 */
inline take_terminate()
{
	pick = 0;
	if
	:: kind[job] == TERM_NBR && nst[OBJ] == LIVE && SAME_GENERATION(job, ngen[OBJ]) ->
		nst[OBJ] = CLOSING;
		fan_out()
	:: kind[job] == TERM_PATH && pst[OBJ] == LIVE ->
		pst[OBJ] = CLOSING;
		fan_out()
	:: kind[job] == TERM_CONN && slot[OBJ] == LIVE && SAME_GENERATION(job, cgen[OBJ]) ->
		slot[OBJ] = CLOSING;
		pick = (hw[OBJ] == 3 -> 0 : BIT(OWNER(OBJ)));
		fan_out()
	:: else -> refuse()
	fi
}

inline take_initiate()
{
	if
	:: kind[job] == INIT_NBR && nst[OBJ] == FREE ->
		nst[OBJ] = LIVE;
		nvalid = nvalid | BIT(OBJ);
		nep[OBJ]++; /* epochs go on through all lives of a slot */
		nmask[OBJ] = 0;
		quiet_n = quiet_n & ~BIT(OBJ);
		done_n = done_n & ~BIT(OBJ);
		st[job] = FINISHED
	:: kind[job] == INIT_CONN && slot[OBJ] == FREE && pst[PATH(OBJ)] == LIVE &&
		ROUTE_VALID(PATH(OBJ)) && !(IS_LOST(OWNER(OBJ))) ->
		slot[OBJ] = INITING;
		pick = BIT(OWNER(OBJ));
		pmask[PATH(OBJ)] = pmask[PATH(OBJ)] | pick;
		nmask[nbr_of[PATH(OBJ)]] = nmask[nbr_of[PATH(OBJ)]] | pick;
		named = named & ~BIT(OBJ);
		quiet_c = quiet_c & ~BIT(OBJ);
		done_c = done_c & ~BIT(OBJ);
		retrieved = retrieved & ~BIT(OBJ);
		fan_out()
	:: else -> refuse()
	fi
}

#define OLDER(q, r, b) ((q) < (r) && IS_INV(q) == IS_INV(r) && st[q] == SUBMITTED)
inline take()
{
	REQUIRE(IN_ORDER, !(ANY(OLDER, job, 0)));
	busy = busy | BIT(job);
	if
	:: IS_INV(job) -> take_invalidate()
	:: IS_TERM(job) -> take_terminate()
	:: IS_UPD(job) -> take_update()
	:: else -> take_initiate()
	fi
}

/*
 * An object whose terminate is answered leaves the structure, unless something depends on it
 * (TERM-6).
 */
inline unlink()
{
	if
	:: kind[job] == TERM_NBR && !(HAS_PATH(OBJ, 0)) && !(HAS_PATH(OBJ, 1)) ->
		nst[OBJ] = GONE;
		nvalid = nvalid & ~BIT(OBJ);
		nep[OBJ]++;
		nstop[OBJ] = WALK_OF_GONE(OBJ);
		st[job] = BARRED
	:: kind[job] == TERM_PATH && !(HAS_CONN(OBJ, 0)) && !(HAS_CONN(OBJ, 1)) &&
		!(HAS_CONN(OBJ, 2)) ->
		pst[OBJ] = GONE;
		pvalid = pvalid & ~BIT(OBJ);
		pep[OBJ]++;
		pstop[OBJ] = 0;
		telling[OBJ] = 0;
		later = later & ~BIT(OBJ);
		st[job] = BARRED
	:: kind[job] == TERM_CONN && !(hit & BIT(job)) ->
		slot[OBJ] = GONE;
		cstop[OBJ] = 0;
		st[job] = BARRED
	:: else ->
		if
		:: kind[job] == TERM_NBR -> nst[OBJ] = LIVE
		:: kind[job] == TERM_PATH -> pst[OBJ] = LIVE
		:: kind[job] == TERM_CONN -> slot[OBJ] = LIVE
		fi;
		refuse()
	fi;
	/* other terminates apart: they wait for nobody's sake */
	each = 0;
	do
	:: each < K ->
		barrier[job] = barrier[job] | (!(IS_TERM(each)) -> BIT(each) : 0);
		each++
	:: else -> break
	od;
	barrier[job] = (st[job] == BARRED -> barrier[job] & busy : 0)
}

/* Nobody uses the object any more: its slot is free, its handle answers no longer (CTX-2). */
inline free_slot()
{
	if
	:: kind[job] == TERM_NBR ->
		nst[OBJ] = FREE;
		ngen[OBJ]++
	:: kind[job] == TERM_PATH -> pst[OBJ] = FREE
	:: kind[job] == TERM_CONN ->
		REQUIRE(RETRIEVE_LATE, !(unread & BIT(OBJ))); /* none is under way (TERM-2) */
		slot[OBJ] = (IS_LOST(OWNER(OBJ)) -> RETIRED : FREE);
		cgen[OBJ]++
	fi;
	barrier[job] = 0;
	st[job] = FINISHED
}

/* All answers are in. */
#define STARTS(p, c) (PATH(c) == (p) && slot[c] == INITING)
#define PATH_STARTS(p) (STARTS(p, 0) || STARTS(p, 1) || STARTS(p, 2))
inline finish()
{
	st[job] = FINISHED;
	if
	:: IS_TERM(job) -> unlink()
	:: IS_UPD(job) && (hit & BIT(job)) && old[job] != NONE && pep[OBJ] == ep[job] &&
		(pvalid & BIT(OBJ)) && (nst[old[job]] == LIVE || nst[old[job]] == CLOSING) ->
		/* a failed update leaves the old value (UPD-5) */
		pick = old[job];
		change_path(OBJ)
	:: kind[job] == INIT_CONN && INITIATE_LOST(job) -> /* whether it has answered or not */
		slot[OBJ] = RETIRED;
		fail = fail | BIT(job);
		hit = hit | BIT(job)
	:: kind[job] == INIT_CONN && !(INITIATE_LOST(job)) -> slot[OBJ] = LIVE
	:: else
	fi;
	if
	:: kind[job] == INIT_CONN && (later & BIT(PATH(OBJ))) && !(PATH_STARTS(PATH(OBJ))) ->
		later = later & ~BIT(PATH(OBJ));
		owe_path_walk(PATH(OBJ))
	:: else
	fi
}

/* What a posted completion promises from now on. */
#define REFUSED(r) (fail & ~hit & BIT(r))
#define STARTED_ON(q, r, b) ((q) < (r) && st[q] == ACTIVE && !(IS_TERM(q)) && \
	kind[q] < INIT_NBR && obj[q] == obj[r] && \
	ON_NBR(q) == ON_NBR(r) && ON_CONN(q) == ON_CONN(r))
inline promise_by()
{
	REQUIRE(ONE_COMPLETION, !(posted & BIT(job)));
	posted = posted | BIT(job);
	pick = (fail & BIT(job) -> 0 : BIT(OBJ)); /* the object, if this is a SUCCESS */
	if
	:: !(REFUSED(job)) && IS_TERM(job) ->
		REQUIRE(TERM_LAST, !(ANY(STARTED_ON, job, 0)))
	:: !(REFUSED(job)) && kind[job] == INV_NBR && hgen[job] == ngen[OBJ] ->
		done_n = done_n | BIT(OBJ);
		quiet_n = quiet_n | pick
	:: !(REFUSED(job)) && kind[job] == INV_PATH ->
		done_p = done_p | BIT(OBJ);
		quiet_p = quiet_p | pick
	:: !(REFUSED(job)) && kind[job] == INV_CONN && hgen[job] == cgen[OBJ] ->
		done_c = done_c | BIT(OBJ);
		quiet_c = quiet_c | pick
	:: !(fail & BIT(job)) && kind[job] == RELINK && pep[OBJ] == ep[job] ->
		promise[OBJ] = nbr_of[OBJ]
	:: else
	fi
}

inline post()
{
	if
	:: nfull(records) -> records!E_COMPLETION, job
	:: full(records) /* only with a fault */
	fi;
	st[job] = POSTED;
	busy = busy & ~BIT(job);
	promise_by()
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control's part of every kind of request: taking it, finishing it, posting its completion. Each
 * inline works on request `job`, in one atomic step.
 */
byte todo, job, wkr; /* the piece of work at hand: for request job, worker, queue or object wkr; 0 after it */

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
	:: kind[job] == INV_NBR && (nst[obj[job]] == LIVE || nst[obj[job]] == CLOSING) &&
		SAME_GENERATION(job, ngen[obj[job]]) ->
		if
		:: nvalid & BIT(obj[job]) ->
			nvalid = nvalid & ~BIT(obj[job]);
			nep[obj[job]]++;
			nstop[obj[job]] = job + 1
		:: else /* invalid already: the word stays, the round is made all the same (INV-12) */
		fi;
		pick = nmask[obj[job]];
		fan_out()
	:: kind[job] == INV_PATH && (pst[obj[job]] == LIVE || pst[obj[job]] == CLOSING) ->
		if
		:: pvalid & BIT(obj[job]) ->
			pvalid = pvalid & ~BIT(obj[job]);
			pep[obj[job]]++;
			owe_path_walk(obj[job])
		:: else
		fi;
		pick = pmask[obj[job]];
		fan_out()
	:: kind[job] == INV_CONN && (slot[obj[job]] == LIVE || slot[obj[job]] == CLOSING) &&
		SAME_GENERATION(job, cgen[obj[job]]) ->
		if
		:: !(named & BIT(obj[job])) ->
			named = named | BIT(obj[job]);
			cstop[obj[job]] = job + 1
		:: else
		fi;
		pick = BIT(OWNER(obj[job]));
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
	pick = (kind[job] == RELINK -> arg[job] : nbr_of[obj[job]]);
	if
	:: pst[obj[job]] != LIVE || !(pvalid & BIT(obj[job])) || (pmask[obj[job]] & lost) -> refuse()
	:: else ->
		if
		:: kind[job] == RELINK && (nst[pick] != LIVE || !(nvalid & BIT(pick)) ||
			!(SAME_GENERATION(job, ngen[pick]))) -> refuse()
		:: else ->
			old[job] = NONE;
			if
			:: kind[job] == UPD_PATH || pick != nbr_of[obj[job]] ->
				old[job] = nbr_of[obj[job]];
				change_path(obj[job])
			:: else /* nothing to change; an update that changed it may still make its round */
			fi;
			ep[job] = pep[obj[job]];
			pick = ((kind[job] == RELINK && old[job] == NONE) -> SAME_RELINK_ROUND(pmask[obj[job]]) :
				RELINK_ROUND(pmask[obj[job]]));
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
	:: kind[job] == TERM_NBR && nst[obj[job]] == LIVE && SAME_GENERATION(job, ngen[obj[job]]) ->
		nst[obj[job]] = CLOSING;
		fan_out()
	:: kind[job] == TERM_PATH && pst[obj[job]] == LIVE ->
		pst[obj[job]] = CLOSING;
		fan_out()
	:: kind[job] == TERM_CONN && slot[obj[job]] == LIVE && SAME_GENERATION(job, cgen[obj[job]]) ->
		slot[obj[job]] = CLOSING;
		pick = (hw[obj[job]] == 3 -> 0 : BIT(OWNER(obj[job])));
		fan_out()
	:: else -> refuse()
	fi
}

inline take_initiate()
{
	if
	:: kind[job] == INIT_NBR && nst[obj[job]] == FREE ->
		nst[obj[job]] = LIVE;
		nvalid = nvalid | BIT(obj[job]);
		nep[obj[job]]++; /* epochs go on through all lives of a slot */
		nmask[obj[job]] = 0;
		quiet_n = quiet_n & ~BIT(obj[job]);
		done_n = done_n & ~BIT(obj[job]);
		st[job] = FINISHED
	:: kind[job] == INIT_CONN && slot[obj[job]] == FREE && pst[PATH(obj[job])] == LIVE &&
		ROUTE_VALID(PATH(obj[job])) && !(IS_LOST(OWNER(obj[job]))) ->
		slot[obj[job]] = INITING;
		pick = BIT(OWNER(obj[job]));
		pmask[PATH(obj[job])] = pmask[PATH(obj[job])] | pick;
		nmask[nbr_of[PATH(obj[job])]] = nmask[nbr_of[PATH(obj[job])]] | pick;
		named = named & ~BIT(obj[job]);
		quiet_c = quiet_c & ~BIT(obj[job]);
		done_c = done_c & ~BIT(obj[job]);
		retrieved = retrieved & ~BIT(obj[job]);
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
	:: kind[job] == TERM_NBR && !(HAS_PATH(obj[job], 0)) && !(HAS_PATH(obj[job], 1)) ->
		nst[obj[job]] = GONE;
		nvalid = nvalid & ~BIT(obj[job]);
		nep[obj[job]]++;
		nstop[obj[job]] = WALK_OF_GONE(obj[job]);
		st[job] = BARRED
	:: kind[job] == TERM_PATH && !(HAS_CONN(obj[job], 0)) && !(HAS_CONN(obj[job], 1)) && !(HAS_CONN(obj[job], 2)) ->
		pst[obj[job]] = GONE;
		pvalid = pvalid & ~BIT(obj[job]);
		pep[obj[job]]++;
		pstop[obj[job]] = 0;
		telling[obj[job]] = 0;
		later = later & ~BIT(obj[job]);
		st[job] = BARRED
	:: kind[job] == TERM_CONN && !(hit & BIT(job)) ->
		slot[obj[job]] = GONE;
		cstop[obj[job]] = 0;
		st[job] = BARRED
	:: else ->
		nst[obj[job]] = (kind[job] == TERM_NBR -> LIVE : nst[obj[job]]);
		pst[obj[job]] = (kind[job] == TERM_PATH -> LIVE : pst[obj[job]]);
		slot[obj[job]] = (kind[job] == TERM_CONN -> LIVE : slot[obj[job]]);
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
		nst[obj[job]] = FREE;
		ngen[obj[job]]++
	:: kind[job] == TERM_PATH -> pst[obj[job]] = FREE
	:: kind[job] == TERM_CONN ->
		REQUIRE(RETRIEVE_LATE, !(unread & BIT(obj[job]))); /* none is under way (TERM-2) */
		slot[obj[job]] = (IS_LOST(OWNER(obj[job])) -> RETIRED : FREE);
		cgen[obj[job]]++
	fi;
	barrier[job] = 0;
	st[job] = FINISHED
}

/* All answers are in. */
#define PATH_STARTS(p) ((PATH(0) == (p) && slot[0] == INITING) || (PATH(1) == (p) && slot[1] == INITING) || \
	(PATH(2) == (p) && slot[2] == INITING))
inline finish()
{
	st[job] = FINISHED;
	if
	:: IS_TERM(job) -> unlink()
	:: IS_UPD(job) && (hit & BIT(job)) && old[job] != NONE && pep[obj[job]] == ep[job] &&
		(pvalid & BIT(obj[job])) && (nst[old[job]] == LIVE || nst[old[job]] == CLOSING) ->
		/* a failed update leaves the old value (UPD-5) */
		pick = old[job];
		change_path(obj[job])
	:: kind[job] == INIT_CONN && INITIATE_LOST(job) -> /* whether it has answered or not */
		slot[obj[job]] = RETIRED;
		fail = fail | BIT(job);
		hit = hit | BIT(job)
	:: kind[job] == INIT_CONN && !(INITIATE_LOST(job)) -> slot[obj[job]] = LIVE
	:: else
	fi;
	if
	:: kind[job] == INIT_CONN && (later & BIT(PATH(obj[job]))) && !(PATH_STARTS(PATH(obj[job]))) ->
		later = later & ~BIT(PATH(obj[job]));
		owe_path_walk(PATH(obj[job]))
	:: else
	fi
}

/* What a posted completion promises from now on. */
#define STARTED_ON(q, r, b) ((q) < (r) && !(IS_TERM(q)) && kind[q] < INIT_NBR && st[q] == ACTIVE && \
	obj[q] == obj[r] && ON_NBR(q) == ON_NBR(r) && ON_CONN(q) == ON_CONN(r))
inline promise_by()
{
	REQUIRE(ONE_COMPLETION, !(posted & BIT(job)));
	posted = posted | BIT(job);
	if
	:: IS_TERM(job) && !(fail & BIT(job)) -> REQUIRE(TERM_LAST, !(ANY(STARTED_ON, job, 0)))
	:: kind[job] == INV_NBR && hgen[job] == ngen[obj[job]] ->
		done_n = done_n | BIT(obj[job]);
		quiet_n = quiet_n | (fail & BIT(job) -> 0 : BIT(obj[job]))
	:: kind[job] == INV_PATH ->
		done_p = done_p | BIT(obj[job]);
		quiet_p = quiet_p | (fail & BIT(job) -> 0 : BIT(obj[job]))
	:: kind[job] == INV_CONN && hgen[job] == cgen[obj[job]] ->
		done_c = done_c | BIT(obj[job]);
		quiet_c = quiet_c | (fail & BIT(job) -> 0 : BIT(obj[job]))
	:: kind[job] == RELINK && !(fail & BIT(job)) && pep[obj[job]] == ep[job] ->
		promise[obj[job]] = nbr_of[obj[job]]
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

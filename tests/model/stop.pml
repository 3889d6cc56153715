/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control's part of what follows a stop: RETRIEVE walks that are due, and workers that do not
 * answer.
 */

/*
 * RETRIEVE is due for path p, for request job: tell its workers, or wait for initiates under way
 * (INIT-9).
 */
inline retrieve_path(p)
{
	if
	:: WALK_WAITS(p) -> later = later | BIT(p)
	:: else ->
		telling[p] = pmask[p] & ~lost;
		tell_for[p] = job
	fi
}

/* The walk owed for neighbor or path `wkr` is due (D2). */
inline walk_neighbor()
{
	nstop[wkr] = 0;
	if
	:: HAS_PATH(wkr, 0) -> retrieve_path(0)
	:: else
	fi;
	if
	:: HAS_PATH(wkr, 1) -> retrieve_path(1)
	:: else
	fi
}

inline walk_of_path()
{
	pstop[wkr] = 0;
	if
	:: !(ROUTE_VALID(wkr)) -> retrieve_path(wkr)
	:: else
	fi
}

/* One message of the walk of path job, to worker wkr, with the words as they are now. */
inline tell()
{
	telling[job] = telling[job] & ~BIT(wkr);
	if
	:: !(IS_LOST(wkr)) ->
		pick = CONN_AT(job, wkr);
		ordinary[wkr]!M_RETRIEVE_PATH, pick, tell_for[job] + 1, pep[job], nep[nbr_of[job]]
	:: IS_LOST(wkr)
	fi
}

/* The connection wkr that request job named. */
inline tell_named()
{
	cstop[wkr] = 0;
	if
	:: !(IS_LOST(OWNER(wkr))) -> ordinary[OWNER(wkr)]!M_RETRIEVE_NAMED, job, 0, 0, 0
	:: IS_LOST(OWNER(wkr))
	fi
}

/*
 * Worker wkr has not answered in time: a request, or the ping that control sends while something is
 * under way there, walks included. What waits for it fails; RETRIEVE(HARDWARE_FAILURE) and ABORT
 * become due for its connections.
 */
inline give_up()
{
	lost = BIT(wkr);
	each = 0;
	do
	:: each < K ->
		if
		:: WAITS_FOR(each, wkr, 0) ->
			need[each] = need[each] & ~BIT(wkr);
			wait[each] = wait[each] & ~BIT(wkr);
			fail = fail | BIT(each);
			hit = hit | BIT(each)
		:: else
		fi;
		each++
	:: else -> break
	od;
	each = 0;
	do
	:: each < CONNS ->
		if
		:: OWNER(each) == wkr && (slot[each] == LIVE || slot[each] == CLOSING) ->
			hw[each] = 1
		:: else
		fi;
		each++
	:: else -> break
	od;
	FORGET_LOST(wkr)
}

/* After the FAILURE completions (INV-17). */
inline indicate_loss()
{
	REQUIRE(LOSS_ORDER, !(ANY(HIT_IN_WORK, 0, 0)));
	if
	:: slot[wkr] == LIVE || slot[wkr] == CLOSING ->
		records!(hw[wkr] == 1 -> E_RETRIEVE_HW : E_ABORT), wkr;
		hw[wkr]++
	:: else -> hw[wkr] = 3 /* terminated in the meantime */
	fi
}

/* An answer of worker wkr to request job. */
inline answer()
{
	if
	:: IS_LOST(wkr) -> LATE_ANSWER(job)
	:: else -> wait[job] = wait[job] & ~BIT(wkr)
	fi
}

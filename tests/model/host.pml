/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host stack: submits requests, at any time and without waiting, reads completions and
 * indications, asks for shutdown, and judges. And the start of it all.
 */

/*
 * What the host may ask for: any of a list, in any order, as often as it likes or ONCE; or a
 * script, where AT a step there is one thing to ask for. Either way it does not wait for what it
 * has asked before.
 */
#define ASK(k, o, a) kind[n] = k; obj[n] = o; arg[n] = a
#define ASKED(r, k, a) (st[r] != UNUSED && kind[r] == (k) && arg[r] == (a))
#define ONCE(k, o, a) :: !(ANY(ASKED, k, a)) -> ASK(k, o, a)
#define AT(step, k, o, a) :: n == step -> ASK(k, o, a)
inline choose()
{
	if
#if MENU == 1
	/* invalidates of all layers that overlap and repeat, and a relink */
	:: ASK(INV_NBR, 0, 0)
	ONCE(INV_PATH, 0, 0)
	ONCE(INV_CONN, 0, 0)
	ONCE(RELINK, 0, 1)
#elif MENU == 2
	/* relinks and updates against invalidates of the old neighbor and the new */
	:: ASK(INV_NBR, 0, 0)
	ONCE(INV_NBR, 1, 1)
	ONCE(RELINK, 0, 1)
	ONCE(UPD_PATH, 0, 0)
#if K < 3
	:: ASK(RELINK, 0, 0)
	:: ASK(RELINK, 0, 1)
#endif
#elif MENU == 3
	/* terminates, and slots used again */
	:: ASK(INV_NBR, 0, 0)
	:: ASK(TERM_CONN, 0, 0)
	:: ASK(INIT_CONN, 0, 0)
#ifndef TX
	:: ASK(INV_CONN, 0, 0)
#endif
#elif MENU == 4
	/* connection, path and neighbor go, the neighbor's slot gets a new life and another path */
	AT(0, TERM_CONN, 2, 0)
	AT(1, TERM_PATH, 1, 0)
	AT(2, TERM_NBR, 1, 0)
	AT(2, INV_NBR, 1, 0)
	AT(3, TERM_NBR, 1, 0)
	AT(3, INIT_NBR, 1, 0)
	AT(4, INIT_NBR, 1, 0)
	AT(4, RELINK, 0, 1)
#elif MENU == 5
	/* a neighbor ends its life invalid, and is invalidated in its next one */
	AT(0, INV_NBR, 0, 0)
	AT(1, RELINK, 0, 1)
	AT(2, TERM_NBR, 0, 0)
	AT(3, INIT_NBR, 0, 0)
	AT(4, RELINK, 0, 0)
	AT(5, INV_NBR, 0, 0)
#elif MENU == 6
	/* drains that fill the rings */
	:: ASK(INV_NBR, 0, 0)
#elif MENU == 7
	/* the loss of worker 0 */
	ONCE(INV_NBR, 0, 0)
#ifndef FAIR
	ONCE(RELINK, 0, 1)
	ONCE(TERM_CONN, 0, 0)
#endif
#ifndef TX
	:: ASK(INV_NBR, 0, 0)
	ONCE(INV_CONN, 0, 0)
	ONCE(INIT_CONN, 0, 0)
#endif
#endif
	fi
}

/* Nothing more has to be indicated for connection c. */
#define ROUTE_STOPPED(c) (stop_id[c] != 0 || !(ROUTE_VALID(PATH(c))))
#define CONTENT(c) (slot[c] != LIVE || \
	((lost & BIT(OWNER(c))) -> hw[c] == 3 : (!ROUTE_STOPPED(c) || (retrieved & BIT(c)) != 0)))
#define ALL_CONTENT (CONTENT(0) && CONTENT(1) && CONTENT(2))
#define ALL_COMPLETED (got == BIT(n) - 1)

inline read_record()
{
	records?pick, item;
	if
	:: pick == E_COMPLETION ->
		REQUIRE(ONE_COMPLETION, !(got & BIT(item)));
		got = got | BIT(item);
		st[item] = READ
	:: else
	fi;
	pick = 0;
	item = 0
}

/*
 * Indications are read after the completions that were there before them (INV-17). (Nobody else
 * takes them away, so one look at both rings will do.)
 */
#ifdef FAULT_COMPLETIONS_LOOKED_AT_FIRST
#define READ_EVENTS(w) :: empty(records) -> atomic { nempty(events[w]) -> take_event(w) }
#else
#define READ_EVENTS(w) :: atomic { nempty(events[w]) && empty(records) -> take_event(w) }
#endif

inline take_event(w)
{
	events[w]?item, pick;
	REQUIRE(RETRIEVE_AFTER, got & BIT(pick));
	unread = unread & ~BIT(item);
	item = 0;
	pick = 0
}

/*
 * A request call: never refused, never waits (INV-1). It uses the list for as long as there is one.
 */
inline submit()
{
	atomic {
		choose();
		st[n] = SUBMITTED;
		hgen[n] = (ON_CONN(n) -> cgen[obj[n]] : (ON_NBR(n) -> ngen[obj[n]] :
			(kind[n] == RELINK -> ngen[arg[n]] : 0)));
		q = (IS_INV(n) -> 0 : 1);
		n++;
#ifndef HASTY
		if
		:: nempty(list[q]) || full(ring[q]) -> list[q]!(n - 1)
		:: empty(list[q]) && nfull(ring[q]) -> ring[q]!(n - 1)
		fi;
		q = 0
#endif
	}
#ifdef HASTY
	if
	:: nempty(list[q]) -> list[q]!(n - 1)
	:: empty(list[q]) ->
		if
		:: atomic { nfull(ring[q]) -> ring[q]!(n - 1) }
		:: full(ring[q]) -> list[q]!(n - 1)
		fi
	fi;
	q = 0
#endif
}

proctype host()
{
	byte q;
	do
	:: n < K && !stop -> submit()
	:: d_step { nempty(records) -> read_record() }
	READ_EVENTS(0)
	READ_EVENTS(1)
	:: !stop && n == K && ALL_COMPLETED && ALL_CONTENT -> stop = 1
#ifdef HASTY
	:: !stop -> stop = 1
#endif
	:: quit && empty(records) -> break
#ifndef TX
	/* nobody can do anything any more: what is missing? */
	:: timeout ->
		REQUIRE(COMPLETED, ALL_COMPLETED);
		REQUIRE(RETRIEVE_LOST, ALL_CONTENT);
		REQUIRE(NO_DEADLOCK, false)
#endif
	od;
	REQUIRE(SHUTDOWN_COMPLETES, ALL_COMPLETED);
	ended = 1
}

init {
	d_step {
		nbr_of[1] = 1;
		pmask[0] = 3;
		pmask[1] = 1;
		nmask[0] = 3;
		nmask[1] = 1;
		held[0].c = NONE;
		held[1].c = NONE;
		draft[0].c = NONE;
		draft[1].c = NONE
	}
	atomic {
		run control();
		run worker(0);
		run worker(1);
		run host()
	}
}

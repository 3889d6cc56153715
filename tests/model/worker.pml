/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker: takes messages between bursts, walks for RETRIEVE, builds frames and hands them to its
 * port. Building reads the path word, then the neighbor word, in two steps; between building and
 * transmitting a frame is held, and only the drain and a walk that begins look at it again.
 */

#define CONNS_OF(w) ((w) == 0 -> 5 : 2)
/* The tag of the held frame does not stand any more. */
#define STALE(w) (held[w].c != NONE && (!(live & BIT(held[w].c)) || stop_id[held[w].c] != 0 || \
	(indicated & BIT(held[w].c)) || !(ROUTE_VALID(PATH(held[w].c))) || \
	pep[PATH(held[w].c)] != held[w].pe || nep[held[w].nbr] != held[w].ne))

inline clear_frame(frame)
{
	frame.c = NONE;
	frame.nbr = 0;
	frame.pe = 0;
	frame.ne = 0
}

/*
 * The urgent message of request `item`: mark the connection if it names one, discard what is stale,
 * answer.
 */
inline drain()
{
	if
	:: kind[item] == INV_CONN && (live & BIT(obj[item])) && stop_id[obj[item]] == 0 ->
		stop_id[obj[item]] = item + 1
	:: else /* a connection whose terminate ran ahead is gone */
	fi;
	if
	:: IS_INV(item) -> FORGET_INDICATED(CONNS_OF(w))
	:: else
	fi;
	if
	:: DISCARDS(w) -> clear_frame(held[w])
	:: else
	fi;
	if
	:: nfull(urgent_reply[w]) -> urgent_reply[w]!item
	:: full(urgent_reply[w]) /* only with a fault */
	fi
}

/* The ordinary message `pick` about `item`: a connection comes or goes, or a walk begins. */
inline do_message()
{
	if
	:: pick == M_RETRIEVE_PATH ->
		if
		:: WALK_DISCARDS(w) -> clear_frame(held[w])
		:: else
		fi;
		walk[item].r = m_r;
		walk[item].pe = m_pe;
		walk[item].ne = m_ne
	:: pick == M_RETRIEVE_NAMED -> named_walk[obj[item]] = item + 1
	:: pick == M_REQUEST ->
		if
		:: kind[item] == TERM_CONN ->
			live = live & ~BIT(obj[item]);
			stop_id[obj[item]] = 0;
			named_walk[obj[item]] = 0;
			indicated = indicated & ~BIT(obj[item]);
			if
			:: held[w].c == obj[item] -> clear_frame(held[w]) /* the host's now */
			:: else
			fi
		:: kind[item] == INIT_CONN -> live = live | BIT(obj[item])
		fi;
		ordinary_reply[w]!item
	fi;
	pick = 0;
	item = 0;
	m_r = 0;
	m_pe = 0;
	m_ne = 0
}

/* RETRIEVE(INVALID_STATE) for connection conn, once per stop, due after that request. */
inline retrieve(conn, after)
{
	indicated = indicated | BIT(conn);
	if
	:: nfull(events[w]) ->
		REQUIRE(ONE_RETRIEVE, !(retrieved & BIT(conn)));
		REQUIRE(RETRIEVE_CAUSE, slot[conn] != INITING && (posted & BIT(after)) &&
			((done_c & BIT(conn)) || (done_p & BIT(PATH(conn))) ||
			(done_n & BIT(nbr_of[PATH(conn)]))));
		retrieved = retrieved | BIT(conn);
		unread = unread | BIT(conn);
		events[w]!conn, after
	:: full(events[w]) /* only with a fault */
	fi
}

/* The walk of a path, or of what was named, comes to connection conn. */
inline walk_path(conn)
{
	if
	:: (live & BIT(conn)) && !(indicated & BIT(conn)) && WALK_STANDS(conn) ->
		retrieve(conn, walk[conn].r - 1)
	:: else
	fi;
	walk[conn].r = 0;
	walk[conn].pe = 0;
	walk[conn].ne = 0
}

inline walk_named(conn)
{
	if
	:: stop_id[conn] == named_walk[conn] && !(indicated & BIT(conn)) ->
		retrieve(conn, named_walk[conn] - 1)
	:: else
	fi;
	named_walk[conn] = 0
}

/* The first half of building a frame of connection conn. */
inline read_path(conn)
{
	draft[w].c = conn;
	draft[w].nbr = nbr_of[PATH(conn)];
	draft[w].pe = pep[PATH(conn)]
}

/* The second half of building: the frame is good if the neighbor that the path named is. */
inline read_neighbor()
{
	if
	:: nvalid & BIT(draft[w].nbr) ->
		held[w].c = draft[w].c;
		held[w].nbr = draft[w].nbr;
		held[w].pe = draft[w].pe;
		held[w].ne = nep[draft[w].nbr]
	:: else
	fi;
	clear_frame(draft[w])
}

/* The frame held by w goes to the port: the moment that the wire sees. */
inline transmit()
{
	pick = held[w].c;
	REQUIRE(SILENT, !(quiet_c & BIT(pick)) && !(quiet_p & BIT(PATH(pick))) &&
		!(quiet_n & BIT(held[w].nbr)));
	REQUIRE(NEW_NEIGHBOR, promise[PATH(pick)] == NONE || promise[PATH(pick)] == held[w].nbr);
	REQUIRE(UPLOADED, (lost & BIT(w)) || (slot[pick] != FREE && pst[PATH(pick)] != FREE &&
		nst[held[w].nbr] != FREE));
	REQUIRE(INDICATED_SILENT, !(retrieved & BIT(pick)) || (lost & BIT(w)));
	clear_frame(held[w]);
	pick = 0
}

#define CAN_DRAIN(w) (len(urgent[w]) > 0 && ANSWER_FITS(urgent_reply[w]))
#define CAN_TAKE(w) (len(ordinary[w]) > 0 && len(ordinary_reply[w]) == 0)
#define CAN_WALK(c) (walk[c].r != 0 && CAN_INDICATE(OWNER(c)))
#define CAN_WALK_NAMED(c) (named_walk[c] != 0 && CAN_INDICATE(OWNER(c)))
#define WALK_LEFT(w, c) (OWNER(c) == (w) && (CAN_WALK(c) || CAN_WALK_NAMED(c)))
#define WALKS_LEFT(w) (WALK_LEFT(w, 0) || WALK_LEFT(w, 1) || WALK_LEFT(w, 2))
/*
 * In the search for cycles a worker does what waits before it builds; else it is free to build at
 * any time.
 */
#ifdef FAIR
#define FREE_TO_BUILD(w) LOOKS_FIRST(w)
#else
#define FREE_TO_BUILD(w) true
#endif

#define WALK(conn) \
	:: d_step { OWNER(conn) == w && RUNS(w) && CAN_WALK(conn) -> walk_path(conn) } \
	:: d_step { OWNER(conn) == w && RUNS(w) && CAN_WALK_NAMED(conn) -> walk_named(conn) }
#define BUILD(conn) \
	:: d_step { OWNER(conn) == w && FREE_TO_BUILD(w) && RUNS(w) && held[w].c == NONE && \
		(live & BIT(conn)) && stop_id[conn] == 0 && MAY_RESUME(conn) && \
		(pvalid & BIT(PATH(conn))) -> read_path(conn) } \
	d_step { read_neighbor() }

proctype worker(byte w)
{
	bit late; /* this turn began after the worker had been declared lost */

	do
	:: d_step { RUNS(w) && CAN_DRAIN(w) -> urgent[w]?item; drain(); item = 0 }
	:: d_step { RUNS(w) && CAN_TAKE(w) ->
		ordinary[w]?pick, item, m_r, m_pe, m_ne; do_message() }
	WALK(0)
	WALK(1)
	WALK(2)
#ifdef TX
	BUILD(0)
	BUILD(1)
	BUILD(2)
	:: d_step { FREE_TO_BUILD(w) && RUNS(w) && held[w].c != NONE ->
		late = (lost & BIT(w) -> 1 : 0) } /* it may be declared lost now */
		d_step { REQUIRE(PARKED_SILENT, !late); transmit() }
#endif
	:: d_step { !(RUNS(w)) -> clear_frame(held[w]) } break /* parked */
	:: quit -> break
#ifdef HANG
	:: w == 0 -> goto end_hangs
#endif
	od;
	goto end_parked;
end_hangs:
	false;
end_parked:
	skip
}

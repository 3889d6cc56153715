/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control lcore's loop: takes requests, sends messages, counts answers, posts completions,
 * sends RETRIEVE walks, gives up a lost worker, and leaves at shutdown. Each option of its loop is
 * one bounded piece of a turn, done without waiting for anybody.
 */

/* Pieces of work, with `job` and `wkr`. */
#define A_TAKE 1
#define A_WALK_NBR 2
#define A_WALK_PATH 3
#define A_TELL 4
#define A_NAMED 5
#define A_GIVE_UP 6
#define A_LOSS 7
#define A_SEND 8
#define A_DRAIN_ANSWER 9
#define A_ANSWER 10
#define A_FINISH 11
#define A_FREE 12
#define A_POST 13
#define DO(piece, request, worker) todo = piece; job = request; wkr = worker

inline piece_done()
{
	todo = 0;
	job = 0;
	wkr = 0;
	pick = 0;
	each = 0
}

inline sent()
{
	need[job] = need[job] & ~BIT(wkr);
	wait[job] = wait[job] | BIT(wkr)
}

/*
 * Pieces whose time is open: when a request is taken, when RETRIEVE is due (D2), when a deadline
 * passes. The list is looked at before the ring: what is on the ring then is older than all on the
 * list, since the host uses the ring only while the list is empty. (Control alone empties the list,
 * so one look at both will do.)
 */
#ifdef FAULT_RING_LOOKED_AT_FIRST
bit ring_was_empty[2];
#define TAKE_LIST(q) \
	:: empty(ring[q]) && !ring_was_empty[q] -> ring_was_empty[q] = 1 \
	:: ring_was_empty[q] && nempty(list[q]) -> ring_was_empty[q] = 0; list[q]?job; todo = A_TAKE
#else
#define TAKE_LIST(q) :: nempty(list[q]) && empty(ring[q]) -> list[q]?job; todo = A_TAKE
#endif
#define TAKE(q) :: nempty(ring[q]) -> ring[q]?job; todo = A_TAKE \
	TAKE_LIST(q)
#define DUE(after) ((after) != 0 && st[(after) - 1] >= POSTED)
#define TELL(p, w) :: (telling[p] & BIT(w)) && nfull(ordinary[w]) -> DO(A_TELL, p, w)
#define TELL_NAMED(c) :: DUE(cstop[c]) && nfull(ordinary[OWNER(c)]) -> DO(A_NAMED, cstop[c] - 1, c)
#define SEND_DRAINS(k) \
	:: (need[k] & 1) && IS_URGENT(k) -> urgent[0]!k; DO(A_SEND, k, 0) \
	:: (need[k] & 2) && IS_URGENT(k) -> urgent[1]!k; DO(A_SEND, k, 1)
#define EACH1(options) options(0)
#define EACH2(options) EACH1(options) options(1)
#define EACH3(options) EACH2(options) options(2)
#define EACH4(options) EACH3(options) options(3)
#define EACH5(options) EACH4(options) options(4)
#define EACH6(options) EACH5(options) options(5)
#define EACH_OF(k, options) PASTE(EACH, k)(options)
#define EACH(options) EACH_OF(K, options) /* the options of every request */

inline do_in_time()
{
	if
	:: todo == A_TAKE -> take()
	:: todo == A_WALK_NBR -> walk_neighbor()
	:: todo == A_WALK_PATH -> walk_of_path()
	:: todo == A_TELL -> tell()
	:: todo == A_NAMED -> tell_named()
	:: todo == A_GIVE_UP -> give_up()
	:: todo == A_LOSS -> indicate_loss()
	:: todo == A_SEND -> sent()
	:: todo == 0
	fi;
	piece_done()
}

/*
 * Pieces that control does as soon as it comes to them: the first that is possible, as a code; 0:
 * none.
 */
#define CODE(piece, request, worker) ((piece) * 16 + (request) * 2 + (worker))
#define ANSWERS(w, otherwise) (len(urgent_reply[w]) > 0 -> CODE(A_DRAIN_ANSWER, 0, w) : \
	(len(ordinary_reply[w]) > 0 -> CODE(A_ANSWER, 0, w) : otherwise))
#define ADVANCE(k, otherwise) \
	(st[k] == ACTIVE && ANSWERED(k) -> CODE(A_FINISH, k, 0) : \
	(st[k] == BARRED && !(MUST_WAIT(k)) -> CODE(A_FREE, k, 0) : \
	(st[k] == FINISHED && CAN_POST -> CODE(A_POST, k, 0) : otherwise)))
#define IS_URGENT(k) (IS_INV(k) || IS_UPD(k))
#define CAN_SEND(k, w) ((need[k] & BIT(w)) && ((IS_URGENT(k) && HAS_ROOM(urgent[w])) || \
	(!(IS_URGENT(k)) && len(ordinary[w]) == 0)))
#define SEND_ONE(k, w, otherwise) (CAN_SEND(k, w) -> CODE(A_SEND, k, w) : otherwise)
#define SEND(k, otherwise) SEND_ONE(k, 0, SEND_ONE(k, 1, otherwise))
#define CHAIN1(f, otherwise) f(0, otherwise)
#define CHAIN2(f, otherwise) CHAIN1(f, f(1, otherwise))
#define CHAIN3(f, otherwise) CHAIN2(f, f(2, otherwise))
#define CHAIN4(f, otherwise) CHAIN3(f, f(3, otherwise))
#define CHAIN5(f, otherwise) CHAIN4(f, f(4, otherwise))
#define CHAIN6(f, otherwise) CHAIN5(f, f(5, otherwise))
#define CHAIN_OF(k, f, otherwise) PASTE(CHAIN, k)(f, otherwise)
#define NEXT_ANSWER ANSWERS(0, ANSWERS(1, 0))
#define NEXT_PIECE CHAIN_OF(K, ADVANCE, CHAIN_OF(K, SEND, 0))

inline do_answer()
{
	todo = NEXT_ANSWER;
	wkr = todo % 2;
	todo = todo / 16;
	if
	:: todo == A_DRAIN_ANSWER -> urgent_reply[wkr]?job
	:: todo == A_ANSWER -> ordinary_reply[wkr]?job
	fi;
	answer();
	piece_done()
}

inline do_piece()
{
	todo = NEXT_PIECE;
	job = (todo / 2) % 8;
	wkr = todo % 2;
	todo = todo / 16;
	if
	:: todo == A_FINISH -> finish()
	:: todo == A_FREE -> free_slot()
	:: todo == A_POST -> post()
	:: todo == A_SEND ->
		if
		:: IS_URGENT(job) -> urgent[wkr]!job
		:: !(IS_URGENT(job)) -> ordinary[wkr]!M_REQUEST, job, 0, 0, 0
		fi;
		sent()
	fi;
	piece_done()
}

proctype control()
{
	do
	:: atomic {
		if
		TAKE(0)
		TAKE(1)
		:: DUE(nstop[0]) -> DO(A_WALK_NBR, nstop[0] - 1, 0)
		:: DUE(nstop[1]) -> DO(A_WALK_NBR, nstop[1] - 1, 1)
		:: DUE(pstop[0]) -> DO(A_WALK_PATH, pstop[0] - 1, 0)
		:: DUE(pstop[1]) -> DO(A_WALK_PATH, pstop[1] - 1, 1)
		TELL(0, 0)
		TELL(0, 1)
		TELL(1, 0)
		TELL_NAMED(0)
		TELL_NAMED(1)
		TELL_NAMED(2)
#ifdef LOSABLE
		:: DEADLINE_PASSES(0) -> DO(A_GIVE_UP, 0, 0)
		:: LOSS_DUE(0) && LOSS_MAY_BE_TOLD && nfull(records) -> DO(A_LOSS, 0, 0)
		:: LOSS_DUE(2) && LOSS_MAY_BE_TOLD && nfull(records) -> DO(A_LOSS, 0, 2)
#endif
#ifdef FAULT_CONTROL_BLOCKS
		EACH(SEND_DRAINS)
#endif
		:: stop && NOTHING_QUEUED && busy == 0 -> break
		fi;
		skip;
		d_step { do_in_time() }
	}
	:: d_step { NEXT_ANSWER != 0 -> do_answer() }
	:: d_step { NEXT_PIECE != 0 -> do_piece() }
	od;
	REQUIRE(SHUTDOWN_COMPLETES, posted == BIT(n) - 1);
	quit = 1
}

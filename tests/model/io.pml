/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends that are outstanding when their connection is terminated, as a Promela model: a host thread with a channel and a flow, control, the
 * worker that owns the connection, its port, and frames that arrive. Whatever is slow, and also when the worker is lost at any
 * moment, each send comes back exactly once. README.md says what is modelled; given with -D:
 *   SENDS=n   sends of the host
 *   LOSABLE   the worker may be declared lost, and wake up later
 *   FAULT_x   plant a fault: below, each beside the right behaviour
 */
#ifndef SENDS
#define SENDS 2
#endif
#define BIT(x) (1 << (x))
#define ALL (BIT(SENDS) - 1)

/* How the tuple is known to the worker. */
#define OURS 0
#define HELD 1
#define HOSTS 2

#define REQUIRE(name, condition) assert(name || (condition))
hidden byte ONCE, EVERY, BUFFERS, ORDER, HELD_FRAMES, SILENT, OTHERS;

/* ---- rings ---- */
chan submit = [1] of { byte };         /* host thread to worker */
chan record = [1] of { byte, bit };    /* back: send, it is SUCCESS */
chan request = [1] of { bit };         /* host to control: a terminate, with HOLD or without */
chan message = [1] of { bit };         /* control to worker: 0 terminate, 1 another request */
chan reply = [1] of { byte };          /* R_ */
chan completion = [1] of { bit, byte }; /* control to host: SUCCESS, the chain */
#define R_CHAIN 0   /* the chain of items was run, nothing waits */
#define R_WAITS 1   /* it was run, and the item waits */
#define R_LEFT 2    /* it has left */
#define R_OTHER 3   /* the other request is done */

/* ---- the host thread: masks of sends ---- */
byte submitted;   /* how many; in order */
byte outstanding; /* on its flow */
byte got;         /* have come back */
bit hold;         /* the terminate asks for HOLD */
bit released, over;
bit arrived; /* a frame, after the connection had left and before the release */

/* ---- the worker ---- */
bit live = 1, leaving;
byte tuple = OURS;
byte queue;  /* of the connection, or of what is leaving */
byte sent, again, acked; /* sent, sent again, acknowledged */
byte port;   /* the port has the buffers of these */
byte back;   /* to be returned by record with UPLOAD_IN_PROGRESS: came too late */
byte chain;  /* what the item says */
bit ran;     /* the item's chain is answered */

/* ---- loss ---- */
bit lost, parked;

/* ---- control ---- */
byte terminates, owed; /* asked for so far; answers to the one under way */
bit other_asked, other_done;
bit hw;                /* RETRIEVE(HARDWARE_FAILURE) and ABORT were read */

#define LOWEST(mask) ((mask) & 1 -> 0 : ((mask) & 2 -> 1 : 2))

/* FAULTS */
#ifdef FAULT_CHAIN_EARLY /* the chain goes up while the port has buffers of it */
#define CHAIN_READY true
#else
#define CHAIN_READY ((port & queue) == 0)
#endif
#ifdef FAULT_REPLY_EARLY /* control takes the answer to the chain for that of the item */
#define OWES_MORE 0
#else
#define OWES_MORE 1
#endif
#ifdef FAULT_FLOW_FORGETS /* what a later record goes past is not outstanding any more */
#define TAKEN_OFF(i) (BIT((i) + 1) - 1)
#else
#define TAKEN_OFF(i) BIT(i)
#endif
#ifdef FAULT_RECORDS_OF_LOST /* records of a lost worker are read */
#define READABLE true
#else
#define READABLE !lost
#endif
#ifdef FAULT_CHAIN_OF_LOST /* a terminate that failed hands up what its worker had begun to */
#define CHAIN_OF_FAILURE chain
#else
#define CHAIN_OF_FAILURE 0
#endif
#ifdef FAULT_HOLD_LATE /* the hold is another step */
#define LEFT_TUPLE HOSTS
#else
#define LEFT_TUPLE (hold -> HELD : HOSTS)
#endif
#ifdef FAULT_LEAVING_BLOCKS /* the worker does nothing else before the item has left */
#define FREE_TO_TAKE !leaving
#else
#define FREE_TO_TAKE true
#endif
#ifdef FAULT_LEAVING_SENDS /* what is leaving is still sent */
#define MAY_SEND (live || leaving || ran)
#else
#define MAY_SEND live
#endif

/* Send i comes back to the host thread; clean: by the worker's own word. */
inline come_back(i, clean)
{
	REQUIRE(ONCE, !(got & BIT(i)));
	REQUIRE(BUFFERS, !(clean) || !(port & BIT(i)));
	got = got | BIT(i);
	outstanding = outstanding & ~TAKEN_OFF(i)
}

inline read_record()
{
	record?i, good;
	REQUIRE(ORDER, !good || (got & (BIT(i) - 1)) == BIT(i) - 1);
	come_back(i, true);
	i = 0;
	good = 0
}

/* flow_uploaded: the descriptors of a chain are completed with the terminate. */
inline take_chain(mask)
{
	i = 0;
	do
	:: i < SENDS ->
		if
		:: mask & BIT(i) -> come_back(i, true)
		:: else
		fi;
		i++
	:: else -> break
	od;
	i = 0
}

/* flow_close: what is outstanding on a lost connection. */
inline abort_all()
{
	i = 0;
	do
	:: i < SENDS ->
		if
		:: outstanding & BIT(i) -> come_back(i, false)
		:: else
		fi;
		i++
	:: else -> break
	od;
	i = 0
}

proctype host()
{
	byte i, up;
	bit good, ok, freed;

	do
	:: d_step { submitted < SENDS && !over && nfull(submit) && !lost ->
		submit!submitted; outstanding = outstanding | BIT(submitted); submitted++ }
	:: d_step { nempty(record) && READABLE -> read_record() }
	:: d_step { terminates == 0 && nfull(request) -> terminates = 1; request!0 }
	:: d_step { terminates == 0 && nfull(request) -> terminates = 1; hold = 1; request!1 }
	:: d_step { !other_asked -> other_asked = 1 }
	:: d_step { nempty(completion) -> completion?ok, up;
		if
		:: up != 0 -> take_chain(up)
		:: else
		fi;
		if
		:: ok -> over = 1
		:: !ok && terminates == 1 -> terminates = 2 /* behind the indications: again */
		:: !ok && terminates == 3 -> over = 1; freed = 1; abort_all()
		fi;
		up = 0; ok = 0 }
	:: d_step { terminates == 2 && hw && nfull(request) -> terminates = 3; request!0 }
	:: d_step { over && !released -> released = 1;
		if
		:: tuple == HELD -> tuple = HOSTS
		:: else
		fi }
	/* flow_close: what the worker posted before it was lost, and nobody has read, is aborted with the rest */
	:: d_step { over && lost && outstanding != 0 -> abort_all() }
	:: over && released && got == BIT(submitted) - 1 && empty(submit) -> break
	:: timeout ->
		REQUIRE(OTHERS, !other_asked || other_done);
		REQUIRE(EVERY, false)
	od
}

/* The control lcore. */
proctype control()
{
	bit wants, busy, told;
	byte what;

end:	do
	:: d_step { nempty(request) && (lost || nfull(message)) && !busy ->
		request?wants;
		if
		:: lost -> busy = 1; owed = 0
		:: else -> message!0; busy = 1; owed = 1
		fi; wants = 0 }
	:: d_step { other_asked && !told && nfull(message) && !lost -> told = 1; message!1 }
	:: d_step { nempty(reply) && !lost -> reply?what;
		if
		:: what == R_WAITS -> owed = owed - 1 + OWES_MORE
		:: what == R_CHAIN || what == R_LEFT -> owed = (owed > 0 -> owed - 1 : 0)
		:: what == R_OTHER -> other_done = 1
		fi; what = 0 }
	:: d_step { busy && owed == 0 && nfull(completion) -> busy = 0;
		if
		:: lost -> completion!0, CHAIN_OF_FAILURE
		:: else -> completion!1, chain
		fi }
#ifdef LOSABLE
	/* a deadline passes; what it owes fails */
	:: d_step { !lost && (owed > 0 || (told && !other_done)) ->
		lost = 1; owed = 0; other_done = other_asked }
	:: d_step { lost && !told -> told = 1; other_done = 1 }
	:: d_step { lost && !hw && !busy -> hw = 1;
		if
		:: terminates == 0 -> terminates = 2
		:: else
		fi }
#endif
	od
}

#define RUNS !lost
/* First of the queue: acknowledged, and its buffers are back. */
#define HEAD LOWEST(queue)
#define HEAD_DONE (queue != 0 && (acked & BIT(HEAD)) && !(port & BIT(HEAD)))

proctype worker()
{
	byte i;
	bit what;

end:	do
	:: d_step { RUNS && nempty(submit) -> submit?i;
		if
		:: live -> queue = queue | BIT(i)
		:: else -> back = back | BIT(i)
		fi; i = 0 }
	:: d_step { RUNS && back != 0 && nfull(record) -> i = LOWEST(back);
		back = back & ~BIT(i); record!i, 0; i = 0 }
	:: d_step { RUNS && MAY_SEND && (queue & ~sent) -> i = LOWEST(queue & ~sent);
		REQUIRE(SILENT, !ran);
		sent = sent | BIT(i); port = port | BIT(i); i = 0 }
	/* sent again: an ACK may be on its way */
	:: d_step { RUNS && MAY_SEND && queue != 0 && (sent & ~again & ~acked & BIT(HEAD)) ->
		REQUIRE(SILENT, !ran); again = again | BIT(HEAD); port = port | BIT(HEAD) }
	:: d_step { RUNS && live && queue != 0 && ((queue & sent) & ~acked) ->
		acked = acked | BIT(LOWEST((queue & sent) & ~acked)) }
	:: d_step { RUNS && HEAD_DONE && nfull(record) -> i = HEAD;
		queue = queue & ~BIT(i); record!i, 1; i = 0 }
	:: d_step { RUNS && FREE_TO_TAKE && nempty(message) && empty(reply) -> message?what;
		if
		:: what == 1 -> reply!R_OTHER
		:: what == 0 && (queue != 0) -> live = 0; tuple = LEFT_TUPLE; leaving = 1;
			ran = 1; reply!R_WAITS
		:: what == 0 && queue == 0 -> live = 0; tuple = LEFT_TUPLE; ran = 1; chain = 0;
			reply!R_CHAIN
		fi; what = 0 }
	:: d_step { RUNS && leaving && (queue & acked) == 0 && CHAIN_READY && empty(reply) ->
		leaving = 0; chain = queue; queue = 0; reply!R_LEFT }
#ifdef FAULT_HOLD_LATE
	:: d_step { RUNS && ran && hold && tuple == HOSTS && !released -> tuple = HELD }
#endif
	/* the port gives back what it has sent; not before it has to, so that who waits for it shows */
	:: d_step { port != 0 && (!other_asked || other_done) -> port = port & (port - 1) }
	/* a frame arrives */
	:: d_step { ran && hold && RUNS && !released && !arrived ->
		arrived = 1; REQUIRE(HELD_FRAMES, tuple != HOSTS) }
#ifdef LOSABLE
	/* it wakes up, may end the step that it was in, and parks */
	:: d_step { lost && !parked && HEAD_DONE && nfull(record) -> i = HEAD;
		queue = queue & ~BIT(i); record!i, 1; i = 0 }
	:: d_step { lost && !parked && leaving && (queue & acked) == 0 && CHAIN_READY ->
		leaving = 0; chain = queue; queue = 0 }
	:: d_step { lost && !parked -> parked = 1; queue = 0; back = 0; leaving = 0; port = 0 }
	:: d_step { lost && nempty(submit) -> submit?i; i = 0 }
#endif
	od
}

init {
	atomic {
		run host();
		run control();
		run worker()
	}
}

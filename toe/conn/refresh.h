/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Times of 32 bits and less are read modulo their clock's round, which is 71 minutes for us and 50 days for ms. So none of them may
 * become as old as half of it. All contexts, with their senders, are looked at in turn, each once in a pass; a time that
 * is older than matters anywhere is moved to where it is just too old. Where the clock has made a step as
 * long as a pass, all are looked at before anything is done at the new time. (Numbers that come round, and who
 * forgets them: docs/design.md, Clocks and numbers that come round.)
 *
 * Called by the owning worker only.
 */
#ifndef TOE_REFRESH_H
#define TOE_REFRESH_H

#include <stdint.h>

#define TOE_REFRESH_PASS_MS 300000u
/*
 * The oldest that a time of a sender or of auto-sizing becomes: more than any round trip, timeout (2 minutes) or CUBIC's way
 * back to its plateau, behind which its curve is at its end (5 minutes). With a pass, and a step as long as
 * one, it is less than half of the us clock's round.
 */
#define TOE_REFRESH_AGE_MS 600000u

/* The limits of answers (SEC-1, RFC 5961 section 7) hold for less, and are forgotten behind it. */
#define TOE_REFRESH_LIMIT_MS 10000u
#define TOE_CHALLENGE_TICK_MS 16u /* of toe_conn.syn_challenged */

_Static_assert((TOE_REFRESH_AGE_MS + UINT64_C(3) * TOE_REFRESH_PASS_MS) * 1000 < INT32_MAX,
        "no us time is read after half of its clock's round");
_Static_assert(TOE_REFRESH_LIMIT_MS + 3 * TOE_REFRESH_PASS_MS < TOE_CHALLENGE_TICK_MS << 16,
        "nor a limit of answers after its own");

/* What the look at all connections has come to. */
struct toe_refresh {
	uint64_t us; /* since the start: the ms of the last step began */
	uint64_t credit; /* of the connection that is next, in ms of a pass */
	uint32_t next; /* connection */
};

#endif

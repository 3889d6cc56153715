/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Planted faults: a check that cannot fail proves nothing. A build with the meson option `mutants` carries
 * every fault below, one of which can be switched on at run time; the suite must catch each. Other builds
 * hold none of this: TOE_MUTANT is the constant 0.
 */
#ifndef TOE_MUTANT_H
#define TOE_MUTANT_H

#define TOE_MUTANT_STOP_LIST(X)                                                                    \
	X(DRAIN_SKIP, "the worker answers a drain without discarding held frames")                 \
	X(DRAIN_NO_REWIND, "a discarded frame's bytes are not taken back")                         \
	X(DRAIN_NO_ACK, "a discarded frame's ACK is not owed again")                               \
	X(STOP_NOT_CHECKED, "output does not look at the neighbor word")                           \
	X(NAMED_NOT_MARKED, "a named connection is not marked invalid by its owner")               \
	X(RETRIEVE_TWICE, "a walk indicates connections already indicated")                        \
	X(RETRIEVE_DROPPED, "an indication that finds the event ring full is dropped")             \
	X(RETRIEVE_STALE, "a walk goes on after its path was relinked")                            \
	X(WALK_UPWARDS, "an entry moved into a removed entry's place is missed by a walk")         \
	X(RESUME_SKIPPED, "connections of a relinked path are not made ready")                     \
	X(GENERATION_UNCHECKED, "a worker accepts a stale generation")                             \
	X(GENERATION_REUSED, "a freed slot keeps its generation")                                  \
	X(COMPLETE_EARLY, "a request completes when one worker has answered")                      \
	X(COMPLETE_TWICE, "a completion that found its ring full is posted twice")                 \
	X(COMPLETION_LOST, "a completion that finds its ring full is dropped")                     \
	X(STATUS_MISSING, "placeholders keep the status they came with")                           \
	X(CYCLE_UNCHECKED, "a block visited before is taken for a new one")                        \
	X(DUPLICATE_UNCHECKED, "an object named twice is not noticed")                             \
	X(OVERFLOW_REORDERED, "the list behind a full request ring is taken newest first")         \
	X(DEPENDENT_UNCOUNTED, "a path terminates while a connection outside the tree needs it")   \
	X(LOST_WORKER_WAITED, "control waits for a lost worker for ever")                          \
	X(TERMINATE_KEEPS_FRAMES, "frames held of a terminated connection stay held")              \
	X(DRAIN_OVERTAKEN, "frames built behind discarded ones go out ahead of them")              \
	X(DOORBELL_NO_FENCE, "a consumer looks again before its announced sleep is visible")       \
	X(RELINK_SAME_EPOCH, "a relink does not change the path's epoch")

/* Faults of the TCP engine. */
#define TOE_MUTANT_ENGINE_LIST(X)                                                                  \
	X(CC_NO_REDUCTION, "a loss does not reduce the congestion window")                         \
	X(CWND_IGNORED, "output does not look at the congestion window")                           \
	X(WINDOW_SHRINKS, "the right edge of the window may move left")                            \
	X(WINDOW_UNCHECKED, "segments beyond the window are accepted")                             \
	X(NAGLE_IGNORED, "small segments do not wait")                                             \
	X(SACK_IGNORED, "SACK blocks are not looked at")                                           \
	X(DSACK_NEVER, "duplicates are not reported")                                              \
	X(RACK_BLIND, "nothing is ever deemed lost by time")                                       \
	X(TLP_NEVER, "no tail loss probe is sent")                                                 \
	X(NEWRENO_PARTIAL, "a partial ACK in recovery shows no hole")                              \
	X(FAST_RETRANSMIT_NEVER, "three duplicate ACKs are no loss")                               \
	X(PERSIST_NEVER, "a closed window is not probed")                                          \
	X(RETRANSMIT_FOREVER, "retransmissions have no limit")                                     \
	X(KEEPALIVE_FOREVER, "keepalive probes have no limit")                                     \
	X(PAWS_IGNORED, "old timestamps are accepted")                                             \
	X(ACK_UNCHECKED, "acknowledgments of what was never sent are accepted")                    \
	X(RESET_ANYWHERE, "a reset anywhere in the window is one")                                 \
	X(CHALLENGE_UNLIMITED, "every SYN in the window is challenged")                            \
	X(CE_IGNORED, "congestion marks are not echoed")                                           \
	X(REASSEMBLY_NEVER, "segments out of order are dropped")                                   \
	X(REASSEMBLY_UNBOUNDED, "the out-of-order queue has no bound")                             \
	X(REASSEMBLY_OVERLAP, "text that waits already is queued again")                           \
	X(SACK_STALE, "blocks are reported that are acknowledged")                                 \
	X(ECN_REPEATED, "each echo of a mark reduces the window")                                  \
	X(CWR_NEVER, "the peer does not learn of a reduction")                                     \
	X(ECT_ALWAYS, "what is sent again may be marked")                                          \
	X(KARN_IGNORED, "round trips of what was sent again are measured")                         \
	X(BACKOFF_NEVER, "the timeout does not double")                                            \
	X(DELACK_LOST, "the timer of a delayed ACK does nothing")                                  \
	X(PRR_IGNORED, "recovery begins with the reduced window")                                  \
	X(LIMITED_TRANSMIT_NEVER, "the first duplicates let nothing go")                           \
	X(LIMITED_TRANSMIT_COUNTED, "what limited transmit sent counts in the reduction")          \
	X(UNDO_NEVER, "a recovery for nothing keeps its window")                                   \
	X(EIFEL_NEVER, "an old timestamp in a recovery tells nothing")                             \
	X(DSACK_FOREIGN, "a duplicate made by the network undoes a reduction")                     \
	X(TLP_FIRST_ONLY, "a flight without a probe after its first segment has none")             \
	X(TLP_NEW_ALWAYS, "a probe is new data over short round trips too")                        \
	X(TLP_WIDENS, "a probe that was not needed widens the reordering window")                  \
	X(FIN_WAIT_2_FOREVER, "FIN_WAIT_2 has no end")                                             \
	X(PERSIST_FLAT, "rounds of window probes are not counted")                                 \
	X(PERSIST_DUPLICATES, "answers to window probes are duplicate ACKs")                       \
	X(KEEPALIVE_BESIDES, "a keepalive probe follows text")                                     \
	X(ECHO_NEWEST, "the newest timestamp is echoed")                                           \
	X(SENDER_KEPT, "an idle sender is not given back")                                         \
	X(PACING_NEVER, "paced connections send at once")                                          \
	X(CUBIC_NO_CONVERGENCE, "CUBIC leaves no room for others")                                 \
	X(SLOW_START_UNLIMITED, "slow start grows by whatever is acknowledged")                    \
	X(RESTART_NEVER, "a pause leaves the window as it was")                                    \
	X(RECORDS_UNBOUNDED, "records have no bound")                                              \
	X(FOLD_GAP, "text behind a gap is folded")                                                 \
	X(FOLD_BEYOND, "text beyond the window is folded")                                         \
	X(FOLD_ACK, "text with another acknowledgment is folded")                                  \
	X(FOLD_WINDOW, "text with another window is folded")                                       \
	X(FOLD_FLAGS, "text with other flags is folded")                                           \
	X(FOLD_OLD_TIME, "text with an older timestamp is folded")                                 \
	X(FOLD_SACK, "text with blocks is folded")                                                 \
	X(FOLD_MARK, "text with another congestion mark is folded")                                \
	X(FOLD_VLAN, "text of another VLAN is folded")                                             \
	X(FOLD_STRANGER, "text of another connection is folded")                                   \
	X(FOLD_UNACKED, "text folded is not acknowledged")                                         \
	X(RUN_SEQ, "all segments of a run have the first one's number")                            \
	X(RUN_TEXT, "all segments of a run have the first one's text")                             \
	X(RUN_LENGTH, "a short segment's IP length is that of a full one")                         \
	X(RUN_IDS, "all frames of a connection have the same IP id")                               \
	X(RUN_CWR, "all segments of a run say that the window was reduced")                        \
	X(RUN_ENDS, "the segment that ends the stream is one of a run")                            \
	X(SUM_ODD, "text in parts is summed as if all began at even bytes")                        \
	X(SUM_ID, "the IP checksum of a run's frames lacks their ids")                             \
	X(SUM_FLAGS, "the TCP checksum of a run's frames has the flags of an ACK")                 \
	X(SUM_SACK, "the TCP checksum lacks the blocks")                                           \
	X(TSO_SIZE, "the port cuts segments that have no room for the options")                    \
	X(TSO_IDS, "a frame that is cut takes one IP id")                                          \
	X(IDS_RUN_OVER, "IP ids go on in the host's half")                                         \
	X(TSO_SUM, "the sum for a frame that is cut holds its length")                             \
	X(TSO_UNEVEN, "a frame ends in the middle of a segment")                                   \
	X(TSO_CHAIN, "each buffer of a frame has the first one's text")                            \
	X(TSO_COUNT, "a frame that is cut counts as one segment")

#define TOE_MUTANT_LIST(X) TOE_MUTANT_STOP_LIST(X) TOE_MUTANT_ENGINE_LIST(X)

#ifdef TOE_MUTANTS
enum toe_mutant_id {
	TOE_MUTANT_NONE = 0,
#define TOE_MUTANT_ID(name, text) TOE_MUTANT_##name,
	TOE_MUTANT_LIST(TOE_MUTANT_ID)
#undef TOE_MUTANT_ID
	        TOE_MUTANT_COUNT
};
extern int toe_mutant; /* enum toe_mutant_id; set before any lcore runs */
#define TOE_MUTANT(name) (__builtin_expect(toe_mutant == TOE_MUTANT_##name, 0))
#else
#define TOE_MUTANT(name) 0
#endif

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counters of a worker: written by the worker alone with plain stores, read by others at any time. One list
 * yields the members, their names and their help texts.
 */
#ifndef TOE_STATS_H
#define TOE_STATS_H

#include <stdint.h>

#define TOE_STATS_LIST(X)                                                                          \
	X(turns, "turns of the poll loop")                                                         \
	X(busy_turns, "turns that had work")                                                       \
	X(rx_frames, "frames received on all ports")                                               \
	X(rx_segments, "segments processed for offloaded connections")                             \
	X(rx_folded, "of these, that only continued the segment before them in a burst")           \
	X(rx_bytes, "bytes of text delivered in order")                                            \
	X(rx_out_of_order, "segments beyond rcv_nxt, answered with a duplicate ACK")               \
	X(rx_duplicate, "segments wholly before rcv_nxt")                                          \
	X(rx_unacceptable, "segments outside the window, or failing PAWS or the ACK check")        \
	X(rx_unanswered,                                                                           \
	        "of the unacceptable, empty ones that came too soon after the last answer")        \
	X(rx_resets, "acceptable RST received")                                                    \
	X(rx_bad_checksums,                                                                        \
	        "frames with a wrong IPv4 or TCP checksum, passed on or dropped (RX-5)")           \
	X(rx_bad_dropped, "frames with bad checksum, length or truncation, dropped (RX-5)")        \
	X(tx_segments, "segments built for offloaded connections")                                 \
	X(tx_bytes, "bytes of text sent, retransmissions included")                                \
	X(tx_text_copied_bytes, "bytes of hosts' sends that were copied into frames")              \
	X(rx_text_copied_bytes, "bytes of received text copied for hosts, or joined")              \
	X(rx_indicated, "indications of received text to hosts")                                   \
	X(tx_retransmitted, "segments retransmitted")                                              \
	X(tx_timeouts, "retransmission timeouts")                                                  \
	X(tx_probes, "tail loss and window probes")                                                \
	X(recoveries, "fast recoveries begun")                                                     \
	X(tx_no_record,                                                                            \
	        "segments not built for lack of a record of what is in flight, tried again")       \
	X(keepalive_probes, "keepalive probes")                                                    \
	X(challenge_acks, "challenge ACKs owed to suspicious segments (RFC 5961)")                 \
	X(rx_urgent, "connections that received urgent data (RX-4)")                               \
	X(rx_reassembly_full, "segments out of order that found no room")                          \
	X(rx_no_room, "segments in order that their user had no room for, not acknowledged")       \
	X(tx_no_mbuf, "segments not built for lack of a buffer, tried again")                      \
	X(tx_discarded, "frames discarded by drains")                                              \
	X(tx_too_long, "frames longer than the MTU of the port that they were for, dropped")       \
	X(tx_refused, "frames that a port's driver refused for good, dropped")                     \
	X(tx_stale, "frames that their port did not take for a second, dropped")                   \
	X(tx_link_down, "frames for a port whose link was down, dropped")                          \
	X(joined, "IPv4 datagrams that a driver had joined from fragments, passed on as "          \
	          "fragments again")                                                               \
	X(joined_fragments, "fragments that these became")                                         \
	X(joined_short, "joined datagrams of which a driver delivered only the beginning, "        \
	                "dropped")                                                                 \
	X(joined_dropped,                                                                          \
	        "joined datagrams not cut for lack of buffers, or into more than 64, dropped")     \
	X(exception_to_host, "frames from the wire that the host port took")                       \
	X(exception_to_wire, "frames from the host port that the wire took")                       \
	X(exception_dropped, "frames of the exception path dropped for lack of room or port")      \
	X(exception_tagged_twice,                                                                  \
	        "frames passed on with two tags of 802.1Q; from net_af_packet the outer one may "  \
	        "have been one of 802.1ad")                                                        \
	X(host_filtered, "frames of offloaded tuples from the host port, dropped")                 \
	X(vlan_mismatch, "frames dropped because the VLAN tag did not match")                      \
	X(rx_other_mac, "frames of offloaded tuples to another Ethernet address, passed on")       \
	X(steered, "frames passed to the worker that owns their connection")                       \
	X(steer_dropped, "frames dropped because the owner's steering ring was full")              \
	X(held_frames, "frames queued for held tuples")                                            \
	X(held_dropped, "frames of held tuples dropped: its queue, or all of them, full")          \
	X(parked_dropped, "frames that the worker held when it woke up after having been "         \
	                  "declared lost, dropped")                                                \
	X(connections, "connections offloaded to this worker now")                                 \
	X(indications, "indications posted")                                                       \
	X(indications_waiting, "indications waiting for room in an event ring")                    \
	X(drains, "drain messages answered")

struct toe_stats {
#define TOE_STATS_MEMBER(name, help) uint64_t name;
	TOE_STATS_LIST(TOE_STATS_MEMBER)
#undef TOE_STATS_MEMBER
};

#endif

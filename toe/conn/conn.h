/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The context of an offloaded TCP connection (CTX-1, CTX-5): 256 bytes, four cache lines, grouped by who
 * uses them. One worker owns a context and alone reads and writes it; the control lcore reaches it by
 * message. The exception is `host_handle`, constant while the slot is in use, which control reads after it has declared
 * the owner lost (INV-14).
 *
 * What an idle connection does not need (data in flight, out-of-order text, digest, queued data of an echo) is
 * an attached block: toe/conn/sender.h, toe/conn/reassembly.h, toe/services/service.h.
 */
#ifndef TOE_CONN_H
#define TOE_CONN_H

#include <stddef.h>
#include <stdint.h>

#include <rte_common.h>

#include "offload_state.h"
#include "serial.h"

/* toe_conn.flags */
#define TOE_CONN_INVALID (1u << 0) /* named by an invalidate (INV-5) */
/* RETRIEVE was indicated: stays stopped until terminated (D3) */
#define TOE_CONN_INDICATED (1u << 1)
#define TOE_CONN_ABORTED (1u << 2) /* acceptable RST received */
#define TOE_CONN_READY (1u << 3) /* on the worker's ready list */
#define TOE_CONN_ACK_NOW (1u << 4) /* an ACK is owed and must go out with the next output */
#define TOE_CONN_ACK_DELAYED (1u << 5) /* an ACK is owed, the delayed-ACK timer runs */
#define TOE_CONN_FIN_QUEUED (1u << 6) /* FIN follows the last byte of send data */
#define TOE_CONN_FIN_SENT (1u << 7) /* our FIN occupies the sequence number before snd_nxt */
#define TOE_CONN_FIN_RCVD (1u << 8) /* the peer's FIN is in rcv_nxt */
#define TOE_CONN_BLOCKED (1u << 9) /* had something to send while stopped: resume sends it */
/* Policy on-send: indicate when it has something to send */
#define TOE_CONN_RETRIEVE_ON_SEND (1u << 10)
/* An upload was offered (TERM-7), the connection is not stopped */
#define TOE_CONN_OFFERED (1u << 11)
#define TOE_CONN_DRAINED (1u << 12) /* a drain is taking frames of it: all behind the first */
#define TOE_CONN_URGENT (1u << 13) /* urgent data received: frames queue for the host (RX-4) */
#define TOE_CONN_CHALLENGED (1u << 14) /* a reset was challenged, no progress since (SEC-1) */
/* Keepalive was brought forward by a suspicious segment (SEC-1) */
#define TOE_CONN_KEEPALIVE_ARMED (1u << 15)
#define TOE_CONN_PROBE (1u << 16) /* a window or tail loss probe is to be sent */
#define TOE_CONN_KEEPALIVE_DUE (1u << 17) /* a keepalive probe is to be sent */
#define TOE_CONN_PACED (1u << 18) /* what cwnd releases is spread over the round trip */
#define TOE_CONN_DSACK (1u << 19) /* a duplicate is to be reported (RFC 2883), see toe_reassembly */
/* Explicit congestion notification (RFC 3168, RFC 8257) */
#define TOE_CONN_ECN_ECHO (1u << 20) /* receiver: ECE is set in what we send */
#define TOE_CONN_ECN_CWR (1u << 21) /* sender: CWR goes with the next new data */
/* its initiate had not completed when it was last looked at: see toe_conn.initiate, indicate.h */
#define TOE_CONN_FRESH (1u << 22)

/*
 * The tuple is not the connection's any more (RX-7): it is CLOSED, or a SYN in TIME_WAIT has begun another one (RX-3). It takes
 * and sends nothing, whatever happens to it until it is terminated.
 */
#define TOE_CONN_ENDED (1u << 23)

/* Its host wants to know of neighbors that are stale: progress is noted, and looked at before sending (EVT-2, reach.h) */
#define TOE_CONN_REACH (1u << 30)

/* Text came out of order lately: ACKs do not wait for the end of the burst (toe_conn.quick_acks) */
#define TOE_CONN_QUICK_ACK (1u << 28)

/* Indications that wait for room, told in this order (EVT-4). RETRIEVE: toe_conn.retrieve_due is its reason. */
#define TOE_CONN_DISCONNECT_DUE (1u << 24)
#define TOE_CONN_RETRIEVE_DUE (1u << 25)
#define TOE_CONN_ABORT_DUE (1u << 26)
#define TOE_CONN_TELL_DUE (TOE_CONN_DISCONNECT_DUE | TOE_CONN_RETRIEVE_DUE | TOE_CONN_ABORT_DUE)
/* What the retransmission timer waits for is to be decided again, once the segment has been digested whole */
#define TOE_CONN_REARM (1u << 27)

/* An abortive disconnect was submitted: it sends nothing but its reset, as soon as it may, and takes nothing but a reset (DSC-2) */
#define TOE_CONN_RESET_DUE (1u << 31)

/* Flags that keep this connection itself from transmitting, whatever its path says. */
#define TOE_CONN_STOPPED                                                                           \
	(TOE_CONN_INVALID | TOE_CONN_INDICATED | TOE_CONN_ABORTED | TOE_CONN_ENDED |               \
	        TOE_CONN_RESET_DUE)
/* Those of them under which a reset that is due waits, too (INV-16). */
#define TOE_CONN_HELD_BACK (TOE_CONN_INVALID | TOE_CONN_INDICATED)

/*
 * Timers of a connection, index of toe_conn.due. Deadlines in ms of the worker's clock; 0: not running. The
 * retransmission timer is also that of persist, FIN_WAIT_2, the tail loss probe and RACK's reordering: no two of
 * them run at the same time (TMR-3; toe_sender.timer).
 */
enum toe_timer {
	TOE_TIMER_DELACK = 0,
	TOE_TIMER_RETRANSMIT,
	TOE_TIMER_KEEPALIVE,
	TOE_TIMER_SENDER, /* pacing while data is in flight, else when the sender is given back */
	TOE_TIMER_COUNT
};

struct toe_conn {
	/* line 0: what every received segment reads or writes */
	uint32_t generation; /* 0: free slot */
	uint32_t path; /* index in toe_shared.paths */
	uint32_t flags; /* TOE_CONN_... */
	uint8_t state; /* enum tcp_state */
	uint8_t options; /* TCP_OPTION_... */
	uint8_t service; /* enum offload_service */
	uint8_t delack_count; /* full segments received since the last ACK sent */
	uint32_t rcv_nxt;
	uint32_t rcv_adv; /* right edge already advertised; never moves left */
	uint32_t ts_recent;
	uint32_t ts_recent_age; /* worker ms when ts_recent was set */
	uint32_t snd_una;
	uint32_t snd_nxt; /* behind what has left */
	/* Behind what the host was told of as sent: what lies from snd_nxt on never left, and was discarded (INV-7) */
	uint32_t snd_max;
	uint32_t snd_wnd;
	uint32_t snd_wl1;
	uint8_t snd_wscale;
	uint8_t rcv_wscale;
	uint8_t dup_ack_count;
	uint8_t host; /* index of the host stack */
	/* The host's offload_handle, given back in indications: of a million stopped connections RETRIEVE reads this line alone */
	uint64_t host_handle;

	/* line 1: transmit, congestion control, retransmission */
	uint32_t sender; /* toe_sender while data is in flight or was lately, else TOE_INDEX_NONE */
	uint32_t max_snd_wnd;
	uint32_t cwnd;
	uint32_t ssthresh;
	uint32_t srtt; /* us x 8, 0: no sample */
	uint32_t rttvar; /* us x 4 */
	uint32_t rto; /* ms, without back-off */
	uint32_t ts_offset; /* TSval sent = worker ms + ts_offset (TS-1) */
	uint16_t mss; /* the peer's MSS option */
	uint16_t local_port;
	uint16_t remote_port;
	uint16_t ip_id;
	uint64_t snd_offset; /* stream offset of snd_una: bytes acknowledged since initiate */
	/* Stream offset at which send data ends (source), or what is queued (echo) */
	uint64_t snd_limit;
	uint32_t total_rt; /* ms */
	uint8_t retransmit_count;
	uint8_t snd_wnd_probe_count;
	uint8_t ka_probe_count;
	uint8_t quick_acks; /* TOE_CONN_QUICK_ACK: segments in order until it ends */

	/* line 2: timers, links, receive */
	uint32_t due[TOE_TIMER_COUNT]; /* worker ms */
	uint32_t wheel_due; /* earliest deadline, the one the wheel knows */
	uint32_t wheel_at; /* place of its entry, 0: not on the wheel */
	uint16_t wheel_slot; /* the slot in whose list that place is */
	uint8_t congestion; /* enum offload_congestion */
	uint8_t channel; /* that a host thread uses it by, plus 1; 0: none */
	uint32_t last_ack_sent;
	uint32_t ready_next; /* ready list, TOE_INDEX_NONE at the end */
	uint32_t dep_pos; /* position in the path's dependents vector */
	union {
		struct {
			/* in the worker's vector of named invalid connections, TOE_INDEX_NONE */
			uint32_t inv_pos;
			uint32_t stop_id; /* the invalidate request that named it */
		};
		uint64_t initiate; /* TOE_CONN_FRESH: the request that offloaded it */
	};
	uint64_t rcv_bytes; /* bytes delivered to the service since initiate */
	uint32_t attached; /* toe_attached of the service, or TOE_INDEX_NONE */
	uint32_t reassembly; /* toe_reassembly while text is out of order, or TOE_INDEX_NONE */

	/* line 3: cold: cached state, counters */
	uint32_t rcv_space; /* bytes of window aimed at (auto-sizing), up to the host's limit */
	uint32_t ka_left; /* ms left when the connection was stopped, UINT32_MAX: not running */
	uint8_t ttl;
	uint8_t tos;
	uint8_t ka_probes; /* 0: the default */
	uint32_t flow_label : 20;
	uint32_t user_priority : 3;
	uint32_t ka_burst : 2; /* keepalive probes that followed each other at once */
	uint16_t cached_flags; /* TCP_CACHED_... */
	/* Last challenge ACK to a SYN in the window (SEC-1), in TOE_CHALLENGE_TICK_MS, never 0; 0: none lately (refresh.h) */
	uint16_t syn_challenged;
	uint32_t initial_rcv_wnd;
	uint32_t rcv_indication_size;
	uint32_t ka_timeout; /* ms */
	uint32_t ka_interval; /* ms */
	uint32_t max_rt; /* ms, 0 and UINT32_MAX as in TMR-4 */
	uint32_t rcv_round_start; /* auto-sizing: rcv_nxt and time when the round began */
	uint32_t rcv_round_ms;
	uint32_t segments_in; /* modulo 2^32 */
	uint32_t segments_out;
	uint32_t segments_retransmitted;
	uint32_t retrieve_due : 4; /* enum retrieve_reason, with TOE_CONN_RETRIEVE_DUE */
	/*
	 * Worker ms, modulo 2^28 and never 0, of the last answer to an empty segment that is not acceptable; 0: none lately
	 * (refresh.h)
	 */
	uint32_t answered : 28;
} __rte_cache_aligned;

_Static_assert(sizeof(struct toe_conn) == 256, "an idle connection is four cache lines");
_Static_assert(offsetof(struct toe_conn, sender) == 64,
        "receive group is line 0, and what RETRIEVE reads");
_Static_assert(offsetof(struct toe_conn, due) == 128, "transmit group is line 1");
_Static_assert(offsetof(struct toe_conn, rcv_space) == 192, "timers and receive are line 2");

#endif

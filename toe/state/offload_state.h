/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state of offloaded objects as the host stack and the target exchange it (CTX-4 to CTX-6).
 *
 * Variables come in three classes: constant (never change), cached (owned by the host, changed by update
 * only) and delegated (owned by the target while the object is offloaded, read by query, handed back by
 * terminate). The structures follow a block of the state tree in memory, in that order (TREE-6).
 *
 * Units: sequence numbers and windows in bytes, windows unscaled; times in clock ticks of the host
 * (struct chimney_host_params.ticks_per_second); addresses and ports in network byte order. All
 * structures are multiples of 8 bytes and hold no pointers into the target.
 */
#ifndef TOE_OFFLOAD_STATE_H
#define TOE_OFFLOAD_STATE_H

#include <stdint.h>

#include "declare.h"

/* The three layers of a state tree, bottom first (TREE-2). */
enum offload_layer {
	OFFLOAD_LAYER_NONE = 0,
	OFFLOAD_LAYER_NEIGHBOR = 1,
	OFFLOAD_LAYER_PATH = 2,
	OFFLOAD_LAYER_TCP = 3,
};

/*
 * Status of a block (INIT-4, TREE-9) and of an I/O. PENDING is what a block holds while the target owns
 * it; no completed request leaves it behind.
 */
enum offload_status {
	OFFLOAD_SUCCESS = 0,
	OFFLOAD_PARTIAL_SUCCESS,
	OFFLOAD_FAILURE,
	OFFLOAD_RESOURCES,
	OFFLOAD_TCP_ENTRIES,
	OFFLOAD_PATH_ENTRIES,
	OFFLOAD_NEIGHBOR_ENTRIES,
	OFFLOAD_HW_ADDRESS_ENTRIES,
	OFFLOAD_IP_ADDRESS_ENTRIES,
	OFFLOAD_TCP_XMIT_BUFFER,
	OFFLOAD_TCP_RCV_BUFFER,
	OFFLOAD_TCP_RCV_WINDOW,
	OFFLOAD_VLAN_ENTRIES,
	OFFLOAD_VLAN_MISMATCH,
	OFFLOAD_PATH_MTU,
	OFFLOAD_CONNECTION_REJECTED,
	OFFLOAD_REQUEST_ABORTED,
	OFFLOAD_UPLOAD_IN_PROGRESS,
	OFFLOAD_INVALID_STATE,
	OFFLOAD_PENDING,
	OFFLOAD_STATUS_COUNT
};

/* RFC 9293 section 3.3.2. Offload is possible in ESTABLISHED to LAST_ACK (INIT-5). */
enum tcp_state {
	TCP_CLOSED = 0,
	TCP_LISTEN,
	TCP_SYN_SENT,
	TCP_SYN_RCVD,
	TCP_ESTABLISHED,
	TCP_FIN_WAIT_1,
	TCP_FIN_WAIT_2,
	TCP_CLOSE_WAIT,
	TCP_CLOSING,
	TCP_LAST_ACK,
	TCP_TIME_WAIT,
	TCP_STATE_COUNT
};

/* Why the target asks for a connection back (TERM-7). */
enum retrieve_reason {
	RETRIEVE_NONE = 0,
	RETRIEVE_HARDWARE_FAILURE,
	RETRIEVE_INVALID_STATE,
	RETRIEVE_RECEIVED_URGENT_DATA,
	RETRIEVE_TIMEOUT_EXPIRATION,
	RETRIEVE_UPLOAD_REQUESTED,
	RETRIEVE_HIGH_DROP_RATE,
	RETRIEVE_HIGH_FRAGMENTATION,
	RETRIEVE_HIGH_OUT_OF_ORDER_PACKETS,
	RETRIEVE_LOW_ACTIVITY,
	RETRIEVE_NO_BUFFER_PREPOSTING,
	RETRIEVE_SMALL_IO,
	RETRIEVE_REASON_COUNT
};

/* Who consumes what a connection receives and supplies what it sends, inside the target. */
enum offload_service {
	OFFLOAD_SERVICE_HOST = 0, /* the host stack's own send and receive calls */
	OFFLOAD_SERVICE_SINK, /* receive, count, digest and drop; sends nothing; answers FIN with FIN */
	OFFLOAD_SERVICE_SOURCE, /* send service_bytes of the pattern (toe/services/service.h), then FIN */
	OFFLOAD_SERVICE_ECHO, /* send back what is received; answers FIN with FIN */
	OFFLOAD_SERVICE_COUNT
};

#define OFFLOAD_SERVICE_UNLIMITED UINT64_MAX /* a source that never ends */
#define OFFLOAD_TIMER_OFF (-1) /* CTX-6: a timer that does not run */

/* A neighbor: the next hop. */
struct neighbor_const {
	uint8_t source_mac[6]; /* all zero: none given, the port's own address is used */
	uint16_t vlan_id; /* 0: any tag is accepted and none required (RX-6) */
};

struct neighbor_cached {
	uint8_t destination_mac[6];
	uint16_t reserved;
	uint32_t host_reachability_delta; /* ticks since the host last knew it reachable */
	uint32_t reserved2;
};

struct neighbor_delegated {
	uint32_t target_reachability_delta; /* ticks since the target last saw forward progress */
	uint32_t reserved;
};

/* A path: a pair of addresses over a neighbor. The type of the block tells the family. */
struct path4_const {
	uint8_t source[4]; /* the host's (our) address */
	uint8_t destination[4];
};

struct path6_const {
	uint8_t source[16];
	uint8_t destination[16];
};

struct path_cached {
	uint32_t path_mtu; /* bytes of IP packet, 68..65535 (IPv4) or 1280..65535 (IPv6) */
	uint32_t reserved;
};

/* Flags of struct tcp_const. */
#define TCP_OPTION_TIMESTAMPS (1u << 0)
#define TCP_OPTION_SACK (1u << 1)
#define TCP_OPTION_WINDOW_SCALE (1u << 2)
#define TCP_OPTION_ECN (1u << 3) /* RFC 3168 was agreed on; our extension of the contract */

/* Congestion control of a connection; our extension of the contract. */
enum offload_congestion {
	OFFLOAD_CC_DEFAULT = 0, /* CUBIC */
	OFFLOAD_CC_CUBIC, /* RFC 9438 */
	OFFLOAD_CC_NEWRENO, /* RFC 5681, RFC 6582 */
	OFFLOAD_CC_DCTCP, /* RFC 8257; needs TCP_OPTION_ECN */
	OFFLOAD_CC_COUNT
};

/* Extensions of ours in struct tcp_const. */
#define TCP_EXTENSION_PACING (1u << 0) /* what cwnd releases is spread over the round trip */

struct tcp_const {
	uint16_t local_port; /* network order */
	uint16_t remote_port;
	uint8_t flags; /* TCP_OPTION_... */
	uint8_t snd_wnd_scale; /* shift of windows that the peer advertises, 0..14 */
	uint8_t rcv_wnd_scale; /* shift of windows that we advertise, 0..14 */
	uint8_t service; /* enum offload_service; our extension of the contract */
	uint16_t remote_mss; /* the peer's MSS option, bytes */
	uint8_t congestion; /* enum offload_congestion */
	uint8_t extensions; /* TCP_EXTENSION_... */
	uint32_t hash_value; /* the RSS hash of received segments, 0: unknown */
	uint64_t service_bytes; /* SOURCE: bytes to send, or OFFLOAD_SERVICE_UNLIMITED */
};

/* Flags of struct tcp_cached. */
#define TCP_CACHED_KEEPALIVE (1u << 0)
#define TCP_CACHED_NAGLE (1u << 1)
#define TCP_CACHED_KEEPALIVE_RESTART (1u << 2)
#define TCP_CACHED_MAX_RT_RESTART (1u << 3)
#define TCP_CACHED_UPDATE_RCV_WND (1u << 4)

struct tcp_cached {
	uint32_t flags; /* TCP_CACHED_... */
	uint32_t initial_rcv_wnd;
	uint32_t rcv_indication_size;
	uint32_t ka_probe_count;
	uint32_t ka_timeout; /* ticks */
	uint32_t ka_interval; /* ticks */
	uint32_t max_rt; /* ticks; 0: the configured maximum, 0xFFFFFFFF: no limit (TMR-4) */
	uint32_t flow_label; /* IPv6, 20 bits */
	uint8_t ttl; /* or hop limit; 0: 64 */
	uint8_t tos; /* or traffic class */
	uint8_t user_priority;
	uint8_t reserved[5];
};

struct tcp_delegated {
	uint32_t state; /* enum tcp_state */
	uint32_t rcv_nxt;
	uint32_t rcv_wnd;
	uint32_t snd_una;
	uint32_t snd_nxt;
	uint32_t snd_max;
	uint32_t snd_wnd;
	uint32_t max_snd_wnd;
	uint32_t snd_wl1;
	uint32_t cwnd;
	uint32_t ssthresh;
	uint32_t srtt; /* ticks x 8, 0: no sample yet */
	uint32_t rttvar; /* ticks x 4 */
	uint32_t ts_recent;
	uint32_t ts_recent_age; /* ticks since ts_recent was set */
	uint32_t ts_time; /* the timestamp clock's present value, 1000 Hz (TS-1) */
	uint32_t total_rt; /* ticks spent retransmitting */
	uint8_t dup_ack_count;
	uint8_t snd_wnd_probe_count;
	uint8_t reserved[2];
	uint32_t ka_probe_count;
	int32_t ka_time_left; /* ticks, or OFFLOAD_TIMER_OFF */
	uint32_t retransmit_count;
	int32_t retransmit_time_left; /* ticks, or OFFLOAD_TIMER_OFF */
	void *send_data_head; /* first and last buffer of the outstanding send data */
	void *send_data_tail;
	uint64_t send_backlog_size; /* bytes */
	void *buffered_data;
	uint64_t receive_backlog_size; /* bytes */
};

static_assert(sizeof(struct neighbor_const) == 8, "state structures are multiples of 8 bytes");
static_assert(sizeof(struct neighbor_cached) == 16, "state structures are multiples of 8 bytes");
static_assert(sizeof(struct neighbor_delegated) == 8, "state structures are multiples of 8 bytes");
static_assert(sizeof(struct path4_const) == 8, "state structures are multiples of 8 bytes");
static_assert(sizeof(struct path6_const) == 32, "state structures are multiples of 8 bytes");
static_assert(sizeof(struct path_cached) == 8, "state structures are multiples of 8 bytes");
static_assert(sizeof(struct tcp_const) == 24, "state structures are multiples of 8 bytes");
static_assert(sizeof(struct tcp_cached) == 40, "state structures are multiples of 8 bytes");
static_assert(sizeof(struct tcp_delegated) % 8 == 0, "state structures are multiples of 8 bytes");

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * May this new state be offloaded? Each function says SUCCESS or the status that refuses it (INIT-4). They
 * look at what the host wrote and change nothing.
 */
#ifndef CONTROL_INITIATE_CHECK_H
#define CONTROL_INITIATE_CHECK_H

#include "door.h"

/* What can be offloaded: checked here, and told to hosts (chimney_capabilities). */
#define INITIATE_WINDOW_MAX (1u << 30) /* RFC 7323 section 2.3 */
#define INITIATE_MSS_MIN 48u /* what leaves 8 bytes beside the longest options */
#define INITIATE_OPTIONS                                                                           \
	(TCP_OPTION_TIMESTAMPS | TCP_OPTION_SACK | TCP_OPTION_WINDOW_SCALE | TCP_OPTION_ECN)
#define INITIATE_EXTENSIONS TCP_EXTENSION_PACING
#define INITIATE_STATES                                                                            \
	(1u << TCP_ESTABLISHED | 1u << TCP_FIN_WAIT_1 | 1u << TCP_FIN_WAIT_2 |                     \
	        1u << TCP_CLOSE_WAIT | 1u << TCP_CLOSING | 1u << TCP_LAST_ACK)
#define INITIATE_SERVICES                                                                          \
	(1u << OFFLOAD_SERVICE_HOST | 1u << OFFLOAD_SERVICE_SINK | 1u << OFFLOAD_SERVICE_SOURCE |  \
	        1u << OFFLOAD_SERVICE_ECHO)

/*
 * FAILURE: no such wire port, or no VLAN id (above 4094). VLAN_MISMATCH: the interface has VLANs configured
 * and this is none of them (INIT-11); VLAN_ENTRIES never: a neighbor's VLAN takes no resource of its own.
 */
enum offload_status initiate_neighbor_check(
        const struct chimney *target, const struct offload_block_list *block);

/*
 * A path MTU in bytes: PATH_MTU when it is below what the family guarantees (RFC 791, RFC 8200 section 5), above
 * 65535, or above the MTU of the port, whose frames it sizes (UPD-4). port_mtu 0: unknown.
 */
enum offload_status path_mtu_check(uint32_t mtu, uint8_t family, uint16_t port_mtu);

/*
 * FAILURE: a state that cannot be offloaded (INIT-5), sequence numbers out of order, a window scale above 14
 * or a window above 2^30 (RFC 7323 section 2.3), an MSS of less than 48 bytes, an unknown option, extension, service or
 * congestion control, DCTCP without ECN (RFC 8257 section 3), outstanding send data that nothing can send again (`send_chain`,
 * or unacknowledged bytes without the service SOURCE, which makes them anew: INIT-6), or buffered receive
 * data, which is not taken over (INIT-7).
 */
enum offload_status initiate_tcp_check(const struct offload_block_list *block);

#endif

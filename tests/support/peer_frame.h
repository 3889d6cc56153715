/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP frames as the peer at the other end of the wire reads and writes them: a parser and a builder of the
 * tests' own, so that the engine's are not checked against themselves.
 */
#ifndef TESTS_PEER_FRAME_H
#define TESTS_PEER_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#define PEER_FIN 0x01u
#define PEER_SYN 0x02u
#define PEER_RST 0x04u
#define PEER_PSH 0x08u
#define PEER_ACK 0x10u

/* One TCP segment in its frame; host byte order but for addresses. */
struct peer_frame {
	uint8_t destination_mac[6];
	uint8_t source_mac[6];
	bool tagged;
	uint16_t vlan; /* TCI */
	uint8_t family; /* 4 or 6 */
	uint8_t ttl;
	uint8_t tos;
	bool dont_fragment; /* IPv4 */
	uint16_t ip_id; /* IPv4 */
	uint16_t ip_length; /* bytes of the IP packet */
	uint8_t source[16]; /* IPv4 in the first 4 bytes, the rest zero */
	uint8_t destination[16];
	uint16_t source_port;
	uint16_t destination_port;
	uint32_t seq;
	uint32_t ack;
	uint8_t flags; /* PEER_... */
	uint16_t window; /* as in the header */
	bool has_timestamps;
	uint32_t tsval;
	uint32_t tsecr;
	const uint8_t *data;
	uint32_t length; /* bytes of data */
};

/*
 * Parse and check a frame: lengths, IP and TCP checksums. Returns NULL, or what is wrong (static string).
 * `frame->data` points into the mbuf, which must not be chained.
 */
const char *peer_frame_read(const struct rte_mbuf *mbuf, struct peer_frame *frame);

/* Build a frame with right checksums; data NULL: zeros. NULL when the pool is empty. */
struct rte_mbuf *peer_frame_build(struct rte_mempool *pool, const struct peer_frame *frame);

#endif

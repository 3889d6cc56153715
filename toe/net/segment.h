/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parsing of received frames. All of a burst is parsed first; IPv4, IPv6 and VLAN end here: what follows
 * sees struct toe_segment only. Everything that is not a plain TCP segment has a verdict that sends the
 * frame to the exception path unchanged (RX-1, RX-2, RX-5).
 */
#ifndef TOE_SEGMENT_H
#define TOE_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_mbuf.h>

#include "flow_table.h"

/* SACK blocks (RFC 2018): bytes [start, end). An option holds up to 4. */
#define TOE_SACKS_MAX 4u

struct toe_sack {
	uint32_t start, end;
};

enum toe_verdict {
	TOE_SEGMENT_OK = 0,
	TOE_SEGMENT_OTHER, /* not TCP over IP: ARP, ND, ICMP, UDP, multicast, unknown ethertype (RX-1) */
	TOE_SEGMENT_FRAGMENT, /* IP fragment (RX-2) */
	TOE_SEGMENT_OPTIONS, /* IPv4 options, or IPv6 extension headers that need work (RX-2) */
	TOE_SEGMENT_BAD, /* bad checksum, header length, truncation (RX-5) */
};

/* What is wrong with a BAD frame. */
enum toe_fault {
	TOE_FAULT_HEADER = 0, /* IP: version, header length, checksum */
	TOE_FAULT_TRUNCATED, /* shorter than its headers say */
	TOE_FAULT_TCP, /* TCP: header length, checksum */
};

/*
 * What input needs of one TCP segment. Host byte order unless said. Points into the frame. Complete when the
 * verdict is OK; else only the verdict has a meaning.
 */
struct toe_segment {
	struct toe_flow_key key;
	const uint8_t *data; /* first byte of text, after the headers in the mbuf's first segment */
	uint32_t length; /* bytes of text; in a chained mbuf it goes on in the next segments */
	uint32_t seq;
	uint32_t ack;
	uint32_t window; /* as in the header, not scaled */
	uint32_t tsval;
	uint32_t tsecr;
	uint32_t octets; /* of the IP packet; of a BAD frame: all behind the Ethernet header */
	/* destination address, as toe_mac_word gives it */
	uint64_t destination;
	uint16_t header_offset; /* of the TCP header in the frame */
	uint16_t vlan; /* TCI; 0 when untagged */
	uint8_t tcp_flags; /* RTE_TCP_..._FLAG */
	uint8_t ecn; /* of the IP header (RFC 3168 section 5) */
	uint8_t sacks; /* valid in `sack` */
	bool has_timestamps;
	bool tagged;
	uint8_t verdict; /* enum toe_verdict */
	bool bad_sum; /* of a BAD frame: a checksum is what is wrong */
	uint8_t fault; /* enum toe_fault, when the verdict is BAD; so are key.family (0: not known) and port */
	struct toe_sack sack[TOE_SACKS_MAX];
};

/* An Ethernet address as a number, for comparisons; six bytes are read. */
static inline uint64_t
toe_mac_word(const uint8_t *mac)
{
	uint32_t low;
	uint16_t high;

	memcpy(&low, mac, sizeof(low));
	memcpy(&high, mac + sizeof(low), sizeof(high));
	return (uint64_t)high << 32 | low;
}

/*
 * Parse one frame: any bytes, and any chain of mbuf segments whose first holds the headers (else it is BAD).
 * Whatever follows the IP packet is Ethernet padding. Frames to group addresses are OTHER.
 * port: index of the wire port that it came from or goes to. from_host: it goes to the wire, so its source is
 * local. check: verify IPv4 and TCP checksums in software unless the mbuf says that the port did; a checksum
 * that the port found to be bad is BAD in any case.
 */
void toe_segment_parse(const struct rte_mbuf *mbuf, uint16_t port, bool from_host, bool check,
        struct toe_segment *segment);

#endif

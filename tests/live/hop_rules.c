/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens to a frame in the hop. */
#include "hop.h"

#include <stdlib.h>
#include <string.h>

#define ETHERNET_BYTES 14u
#define IPV4_BYTES 20u
#define IPV6_BYTES 40u
#define PROTOCOL_TCP 6
#define ECN_MASK 3u
#define ECN_CE 3u

/* Probabilities have this resolution. */
#define DRAWS 1000000000u

int
hop_rules_set(struct hop_rules *rules, const char *word, const char *value)
{
	struct {
		const char *word;
		double *real;
		uint64_t *whole;
		double most;
	} known[] = {
	        {"loss", &rules->loss, NULL, 1},
	        {"duplicate", &rules->duplicate, NULL, 1},
	        {"reorder", &rules->reorder, NULL, 1},
	        {"mark", &rules->mark, NULL, 1},
	        {"rate-mbit", &rules->rate_mbit, NULL, 1e6},
	        {"delay-us", NULL, &rules->delay_us, 1e7},
	        {"reorder-us", NULL, &rules->reorder_us, 1e7},
	        {"queue", NULL, &rules->queue, 1e6},
	};
	char *end;
	double number = strtod(value, &end);

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(word, known[i].word) != 0)
			continue;
		if (end == value || *end != '\0' || !(number >= 0 && number <= known[i].most))
			return -1;
		if (known[i].real != NULL)
			*known[i].real = number;
		else
			*known[i].whole = (uint64_t)number;
		return 0;
	}
	return -1;
}

void
hop_rules_seed(struct hop_direction *direction, uint64_t seed, uint32_t from)
{
	rng_seed(&direction->rng, seed * HOP_SIDES + from);
	memset(&direction->counts, 0, sizeof(direction->counts));
}

/* Where the IP header is, 4 or 6 in *version; NULL: the frame is not TCP over IP. */
static uint8_t *
find_ip(struct hop_frame *frame, uint32_t *version)
{
	uint8_t *ip = frame->data + ETHERNET_BYTES;
	uint32_t type;

	if (frame->length < ETHERNET_BYTES + IPV4_BYTES)
		return NULL;
	type = (uint32_t)frame->data[12] << 8 | frame->data[13];
	if (type == 0x0800 && ip[9] == PROTOCOL_TCP) {
		*version = 4;
		return ip;
	}
	if (type == 0x86DD && frame->length >= ETHERNET_BYTES + IPV6_BYTES &&
	        ip[6] == PROTOCOL_TCP) {
		*version = 6;
		return ip;
	}
	return NULL;
}

/* Mark a packet that says it may be marked (RFC 3168 section 5); the IPv4 checksum follows (RFC 1624). */
static bool
mark_packet(uint8_t *ip, uint32_t version)
{
	uint32_t field, sum, before;

	if (version == 6) {
		field = (ip[1] >> 4) & ECN_MASK;
		if (field == 0 || field == ECN_CE)
			return false;
		ip[1] |= ECN_CE << 4;
		return true;
	}
	field = ip[1] & ECN_MASK;
	if (field == 0 || field == ECN_CE)
		return false;
	before = (uint32_t)ip[0] << 8 | ip[1];
	ip[1] |= ECN_CE;
	sum = (~((uint32_t)ip[10] << 8 | ip[11]) & 0xFFFF) + (~before & 0xFFFF) +
	      ((uint32_t)ip[0] << 8 | ip[1]);
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	ip[10] = (uint8_t)(~sum >> 8);
	ip[11] = (uint8_t)~sum;
	return true;
}

static bool
draw(struct hop_direction *direction, double probability)
{
	return rng_below(&direction->rng, DRAWS) < probability * DRAWS;
}

/* When a frame leaves a link of limited rate; false: its queue is full. */
static bool
pass_rate(struct hop_direction *direction, uint32_t length, uint64_t *due_ns)
{
	const struct hop_rules *rules = &direction->rules;
	double frame_ns;

	if (rules->rate_mbit == 0)
		return true;
	frame_ns = length * 8e3 / rules->rate_mbit;
	if (direction->free_ns < *due_ns)
		direction->free_ns = *due_ns;
	if (rules->queue != 0 && (double)(direction->free_ns - *due_ns) > frame_ns * rules->queue)
		return false;
	direction->free_ns += (uint64_t)frame_ns;
	*due_ns = direction->free_ns;
	return true;
}

struct hop_fate
hop_rules_apply(struct hop_direction *direction, struct hop_frame *frame, uint64_t now_ns)
{
	const struct hop_rules *rules = &direction->rules;
	struct hop_counts *counts = &direction->counts;
	struct hop_fate fate = {.due_ns = now_ns};
	bool lost, duplicated, late, marked;
	uint32_t version;
	uint8_t *ip = find_ip(frame, &version);

	counts->frames++;
	counts->bytes += frame->length;
	if (ip == NULL)
		return fate;
	counts->tcp++;
	/* Always the same number of draws: no rule moves the decisions of another. */
	lost = draw(direction, rules->loss);
	duplicated = draw(direction, rules->duplicate);
	late = draw(direction, rules->reorder);
	marked = draw(direction, rules->mark);
	if (lost) {
		counts->lost++;
		fate.lost = true;
		return fate;
	}
	if (!pass_rate(direction, frame->length, &fate.due_ns)) {
		counts->overflowed++;
		fate.lost = true;
		return fate;
	}
	if (marked && mark_packet(ip, version))
		counts->marked++;
	fate.due_ns += rules->delay_us * 1000;
	if (late) {
		counts->reordered++;
		fate.due_ns += rules->reorder_us * 1000;
	}
	fate.duplicated = duplicated;
	counts->duplicated += duplicated;
	return fate;
}

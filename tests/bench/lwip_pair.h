/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The yardstick: two interfaces of one lwIP, Debian's library as it is, connected to each other, raw API under its
 * core lock, IP packets without Ethernet. The wire copies a packet, since the sender keeps its own for
 * retransmission; those cycles are counted apart.
 */
#ifndef BENCH_LWIP_PAIR_H
#define BENCH_LWIP_PAIR_H

#include <stdint.h>

#define LWIP_PAIR_MSS 1460u

struct lwip_pair;

/* So many established connections. Ends the process when it cannot. */
struct lwip_pair *lwip_pair_create(uint32_t conns);
void lwip_pair_destroy(struct lwip_pair *pair);

/*
 * Every connection in turn sends `segments` full segments at once, `runs` times. Cycles, without those of the
 * wire's copies.
 */
uint64_t lwip_pair_bulk(struct lwip_pair *pair, uint32_t runs, uint32_t segments);
/* Every connection: `count` requests of `bytes`, each answered by as many; one outstanding. Cycles likewise. */
uint64_t lwip_pair_rpc(struct lwip_pair *pair, uint32_t count, uint32_t bytes);

#endif

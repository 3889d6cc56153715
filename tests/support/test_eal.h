/* SPDX-License-Identifier: BSD-3-Clause */
/* Starting DPDK inside a test program: no hugepages, no devices, nothing shared with other processes. */
#ifndef TESTS_EAL_H
#define TESTS_EAL_H

/* Is this a build with ThreadSanitizer? */
#ifdef __SANITIZE_THREAD__
#define TEST_UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TEST_UNDER_TSAN 1
#endif
#endif
#ifndef TEST_UNDER_TSAN
#define TEST_UNDER_TSAN 0
#endif

#include <stdint.h>

#include <rte_mempool.h>

/*
 * Start EAL with `megabytes` of memory and one lcore (the caller's thread, free to run on any CPU of the
 * process). Later calls do nothing. 0 or a negative errno, with a message on stderr.
 */
int test_eal_start(uint32_t megabytes);

/*
 * A pool of `count` mbufs without caches, so that rte_mempool_avail_count is exact and a leak of one mbuf
 * shows. NULL with a message on stderr. Free with rte_mempool_free.
 */
struct rte_mempool *test_pool_create(const char *name, uint32_t count);

/* Mbufs of a test pool that are out now. */
uint32_t test_pool_in_use(const struct rte_mempool *pool);

#endif

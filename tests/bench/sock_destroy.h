/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's own revocation without a tool between: SOCK_DESTROY over NETLINK_SOCK_DIAG. */
#ifndef TESTS_SOCK_DESTROY_H
#define TESTS_SOCK_DESTROY_H

#include <stdint.h>

#include <linux/inet_diag.h>

/* A NETLINK_SOCK_DIAG socket in the caller's network namespace, or a negative errno. */
int sock_diag_open(void);

/*
 * Destroy n established TCP sockets over IPv4, named by their tuples. All requests are carried out
 * when the call returns. 0, or the first error that the kernel answered: -EOPNOTSUPP: it was built
 * without INET_DIAG_DESTROY.
 */
int sock_destroy(int fd, const struct inet_diag_sockid *ids, uint32_t n);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Network devices of the kernel, in the namespace of the process: what rtnetlink says of them. Each call asks the kernel
 * by a socket of its own; any thread may call, none of them on the data path.
 */
#ifndef LIB_NETDEV_H
#define LIB_NETDEV_H

#include <stdbool.h>
#include <stdint.h>

#include <net/if.h>

struct netdev {
	uint32_t index;
	char name[IF_NAMESIZE];
	uint32_t mtu;
	/* set up by an administrator, and something is at the other end */
	bool up;
	bool carrier;
	/* a TUN or TAP; descriptors that its programs have open, where it may have several (else 0) */
	bool tun;
	bool tun_several;
	uint32_t tun_open;
	/* frames that the kernel lost on the way in and out, since the device was made */
	uint64_t rx_dropped;
	uint64_t tx_dropped;
};

/* 0, -ENODEV when there is none, or another negative errno. */
int netdev_by_index(uint32_t index, struct netdev *netdev);
int netdev_by_name(const char *name, struct netdev *netdev);

/* Negative errno when the kernel refuses: not every device lets its carrier be set. */
int netdev_set_carrier(uint32_t index, bool carrier);
int netdev_set_up(uint32_t index, bool up);

struct mnl_socket;

/* A socket whose descriptor becomes readable when something about a device has changed; NULL with errno. To be closed. */
struct mnl_socket *netdev_watch(void);
/* Take what has come: whoever was told has to look at all devices, as some of it may have been lost. */
void netdev_watch_read(struct mnl_socket *socket);

#endif

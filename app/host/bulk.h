/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any number of connections over any number of paths and neighbors, one tree, one initiate. Path i is over neighbor i
 * modulo neighbors, connection i on path i modulo paths; so names can be computed.
 */
#ifndef APP_BULK_H
#define APP_BULK_H

#include "block_fill.h"
#include "host_request.h"
#include "objects.h"

struct bulk_spec {
	uint32_t count[OBJECT_LAYERS];
	uint8_t family;
	uint8_t source[16];
	uint8_t destination[16]; /* of path 0 */
	uint8_t mac[6]; /* of neighbor 0 */
	uint32_t port;
	uint32_t mtu;
	uint16_t vlan;
	/* of the first connection of each path: our ports are counted up first, then the peer's */
	uint32_t sport, dport;
	struct tcp_template state;
};

/* The request will make its tree so, of a new group, which goes with it. 0 or -ENOMEM. */
int bulk_prepare(
        struct host_request *request, const struct bulk_spec *spec, struct object_group *group);
/* Bytes of such a tree. */
size_t bulk_bytes(const struct bulk_spec *spec);

#endif

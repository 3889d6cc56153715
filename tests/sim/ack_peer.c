/* SPDX-License-Identifier: BSD-3-Clause */
/* Acknowledging whatever comes. */
#include <string.h>

#include "ack_peer.h"
#include "peer_frame.h"

bool
ack_peer_answer(struct test_port *port, struct rte_mempool *pool, const struct rte_mbuf *mbuf)
{
	struct peer_frame in, out;
	struct rte_mbuf *ack;

	if (peer_frame_read(mbuf, &in) != NULL)
		return false;
	if (in.length == 0)
		return true;
	out = in;
	memcpy(out.source_mac, in.destination_mac, sizeof(out.source_mac));
	memcpy(out.destination_mac, in.source_mac, sizeof(out.destination_mac));
	memcpy(out.source, in.destination, 16);
	memcpy(out.destination, in.source, 16);
	out.source_port = in.destination_port;
	out.destination_port = in.source_port;
	out.seq = in.ack;
	out.ack = in.seq + in.length;
	out.flags = PEER_ACK;
	out.window = 800;
	out.data = NULL;
	out.length = 0;
	ack = peer_frame_build(pool, &out);
	if (ack != NULL && !test_port_write(port, 0, ack))
		rte_pktmbuf_free(ack);
	return true;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies of workers. */
#include "replies.h"

#include "hold.h"

static void
reply_route(struct control *control, uint32_t worker, const struct toe_reply *reply)
{
	switch (reply->op) {
	case TOE_OP_PING:
		break;
	case TOE_OP_HOLD:
	case TOE_OP_RELEASE:
		hold_answered(&control->workers, reply->request, reply->status);
		break;
	default:
		request_reply(&control->requests, worker, reply);
		break;
	}
}

uint32_t
replies_turn(struct control *control)
{
	struct toe_reply replies[2 * WORKER_REPLIES];
	uint32_t all = 0;

	for (uint32_t i = 0; i < control->workers.count; i++) {
		uint32_t n;

		if (control->workers.links[i].lost)
			continue;
		n = link_replies(&control->workers, i, replies);
		for (uint32_t j = 0; j < n; j++)
			reply_route(control, i, &replies[j]);
		all += n;
	}
	return all;
}

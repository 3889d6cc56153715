/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers to messages. */
#ifndef TOE_REPLY_H
#define TOE_REPLY_H

#include "worker.h"

/* The answer to a message without items, or to one whose items are done. count: toe_reply.count. */
static inline void
toe_worker_reply(struct toe_worker *worker, struct toe_mailbox *mailbox,
        const struct toe_message *message, enum offload_status status, uint32_t count)
{
	struct toe_reply reply = {
	        .op = message->op,
	        .worker = (uint8_t)worker->engine.index,
	        .status = (uint16_t)status,
	        .request = message->request,
	        .count = count,
	};

	toe_mailbox_reply(mailbox, &reply);
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Mailboxes. */
#include "mailbox.h"

#include <errno.h>

#include <rte_common.h>

int
toe_mailbox_init(struct toe_mailbox *mailbox, uint32_t size)
{
	if (!rte_is_power_of_2(size))
		return -EINVAL;
	mailbox->messages =
	        toe_ring_alloc(size, sizeof(struct toe_message), RING_F_SP_ENQ | RING_F_SC_DEQ);
	mailbox->replies =
	        toe_ring_alloc(size, sizeof(struct toe_reply), RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (mailbox->messages == NULL || mailbox->replies == NULL) {
		toe_mailbox_fini(mailbox);
		return -ENOMEM;
	}
	return 0;
}

void
toe_mailbox_fini(struct toe_mailbox *mailbox)
{
	toe_ring_free(mailbox->messages);
	toe_ring_free(mailbox->replies);
	mailbox->messages = NULL;
	mailbox->replies = NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* SOCK_DESTROY over NETLINK_SOCK_DIAG, many requests to a system call. */
#include "sock_destroy.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define BATCH 64u /* requests in one send */

struct destroy_message {
	struct nlmsghdr header;
	struct inet_diag_req_v2 request;
};

_Static_assert(sizeof(struct destroy_message) % NLMSG_ALIGNTO == 0, "messages follow each other");

int
sock_diag_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	return fd < 0 ? -errno : fd;
}

/* Read answers until the acknowledgment of request `last`; the first error among them. */
static int
answers_read(int fd, uint32_t last)
{
	char buffer[16384] __attribute__((aligned(NLMSG_ALIGNTO)));
	int first = 0;

	for (;;) {
		ssize_t size = recv(fd, buffer, sizeof(buffer), 0);
		struct nlmsghdr *header = (struct nlmsghdr *)(void *)buffer;

		if (size < 0)
			return -errno;
		for (; NLMSG_OK(header, size); header = NLMSG_NEXT(header, size)) {
			const struct nlmsgerr *error = NLMSG_DATA(header);

			if (header->nlmsg_type != NLMSG_ERROR)
				return -EPROTO;
			if (first == 0)
				first = error->error;
			if (error->msg.nlmsg_seq == last)
				return first;
		}
	}
}

int
sock_destroy(int fd, const struct inet_diag_sockid *ids, uint32_t n)
{
	struct destroy_message batch[BATCH];

	memset(batch, 0, sizeof(batch));
	for (uint32_t i = 0; i < n;) {
		uint32_t count = n - i < BATCH ? n - i : BATCH;
		int err;

		for (uint32_t j = 0; j < count; j++) {
			struct destroy_message *message = &batch[j];

			message->header.nlmsg_len = sizeof(*message);
			message->header.nlmsg_type = SOCK_DESTROY;
			/* The last of a batch is acknowledged: errors of the others come before it.
			 */
			message->header.nlmsg_flags =
			        NLM_F_REQUEST | (j + 1 == count ? NLM_F_ACK : 0);
			message->header.nlmsg_seq = i + j + 1;
			message->request.sdiag_family = AF_INET;
			message->request.sdiag_protocol = IPPROTO_TCP;
			message->request.idiag_states = UINT32_MAX;
			message->request.id = ids[i + j];
		}
		if (send(fd, batch, count * sizeof(batch[0]), 0) < 0)
			return -errno;
		err = answers_read(fd, i + count);
		if (err != 0)
			return err;
		i += count;
	}
	return 0;
}

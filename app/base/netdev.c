/* SPDX-License-Identifier: BSD-3-Clause */
/* Network devices of the kernel, by rtnetlink. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netdev.h"

#define REPLY_MAX 32768u
#define WAIT_SECONDS 5 /* for an answer of the kernel, which is at once */

struct question {
	struct nlmsghdr header;
	struct ifinfomsg info;
	char attributes[64];
};

static struct question
question_make(uint16_t type, uint16_t flags, uint32_t index)
{
	struct question question = {
	        .header = {.nlmsg_type = type,
	                .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
	                .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
	                .nlmsg_seq = 1},
	        .info = {.ifi_family = AF_UNSPEC, .ifi_index = (int)index},
	};

	return question;
}

static void
question_add(struct question *question, uint16_t type, const void *value, size_t size)
{
	struct rtattr *attribute =
	        (struct rtattr *)(void *)((char *)question +
	                                  NLMSG_ALIGN(question->header.nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(size);
	memcpy(RTA_DATA(attribute), value, size);
	question->header.nlmsg_len =
	        (uint32_t)(NLMSG_ALIGN(question->header.nlmsg_len) + RTA_LENGTH(size));
}

/* Bytes of the answer, or negative errno. */
static ssize_t
ask(const struct question *question, void *reply)
{
	const struct timeval wait = {.tv_sec = WAIT_SECONDS};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t size = -1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (send(fd, question, question->header.nlmsg_len, 0) >= 0)
		size = recv(fd, reply, REPLY_MAX, 0);
	if (size < 0)
		size = -errno;
	close(fd);
	return size;
}

static uint32_t
attribute_number(const struct rtattr *attribute)
{
	uint32_t value = 0;
	size_t size = RTA_PAYLOAD(attribute);

	memcpy(&value, RTA_DATA(attribute), size < sizeof(value) ? size : sizeof(value));
	return value;
}

static void
read_tun(const struct rtattr *data, struct netdev *netdev)
{
	const struct rtattr *at = RTA_DATA(data);
	int left = (int)RTA_PAYLOAD(data);

	for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		uint32_t value = attribute_number(at);

		if (at->rta_type == IFLA_TUN_MULTI_QUEUE)
			netdev->tun_several = value != 0;
		else if (at->rta_type == IFLA_TUN_NUM_QUEUES ||
		         at->rta_type == IFLA_TUN_NUM_DISABLED_QUEUES)
			netdev->tun_open += value;
	}
}

static void
read_link_info(const struct rtattr *info, struct netdev *netdev)
{
	const struct rtattr *at = RTA_DATA(info);
	int left = (int)RTA_PAYLOAD(info);

	for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		if (at->rta_type == IFLA_INFO_KIND)
			netdev->tun = strncmp(RTA_DATA(at), "tun", RTA_PAYLOAD(at)) == 0;
		else if (at->rta_type == IFLA_INFO_DATA && netdev->tun)
			read_tun(at, netdev);
	}
}

static void
read_attribute(const struct rtattr *at, struct netdev *netdev)
{
	struct rtnl_link_stats64 stats = {0};
	size_t size = RTA_PAYLOAD(at);

	switch (at->rta_type & NLA_TYPE_MASK) {
	case IFLA_IFNAME:
		memcpy(netdev->name, RTA_DATA(at),
		        size < sizeof(netdev->name) ? size : sizeof(netdev->name) - 1);
		break;
	case IFLA_MTU:
		netdev->mtu = attribute_number(at);
		break;
	case IFLA_CARRIER:
		netdev->carrier = attribute_number(at) != 0;
		break;
	case IFLA_STATS64:
		memcpy(&stats, RTA_DATA(at), size < sizeof(stats) ? size : sizeof(stats));
		netdev->rx_dropped = stats.rx_dropped;
		netdev->tx_dropped = stats.tx_dropped;
		break;
	case IFLA_LINKINFO:
		read_link_info(at, netdev);
		break;
	default:
		break;
	}
}

static int
netdev_ask(const struct question *question, struct netdev *netdev)
{
	union {
		struct nlmsghdr header;
		char bytes[REPLY_MAX];
	} reply;
	ssize_t size = ask(question, &reply);
	const struct ifinfomsg *info;
	const struct rtattr *at;
	int left;

	memset(netdev, 0, sizeof(*netdev));
	if (size < 0)
		return (int)size;
	if (!NLMSG_OK(&reply.header, (size_t)size))
		return -EPROTO;
	info = NLMSG_DATA(&reply.header);
	if (reply.header.nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(&reply.header))->error;
	if (reply.header.nlmsg_type != RTM_NEWLINK)
		return -EPROTO;
	netdev->index = (uint32_t)info->ifi_index;
	netdev->up = info->ifi_flags & IFF_UP;
	at = IFLA_RTA(info);
	left = (int)IFLA_PAYLOAD(&reply.header);
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left))
		read_attribute(at, netdev);
	return 0;
}

int
netdev_by_index(uint32_t index, struct netdev *netdev)
{
	struct question question = question_make(RTM_GETLINK, 0, index);

	return netdev_ask(&question, netdev);
}

int
netdev_by_name(const char *name, struct netdev *netdev)
{
	struct question question = question_make(RTM_GETLINK, 0, 0);
	size_t size = strlen(name) + 1;

	if (size > IF_NAMESIZE)
		return -ENODEV;
	question_add(&question, IFLA_IFNAME, name, size);
	return netdev_ask(&question, netdev);
}

/* A change, and the kernel's answer. */
static int
change(const struct question *question)
{
	union {
		struct nlmsghdr header;
		char bytes[REPLY_MAX];
	} reply;
	ssize_t size = ask(question, &reply);

	if (size < 0)
		return (int)size;
	if (!NLMSG_OK(&reply.header, (size_t)size) || reply.header.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return ((const struct nlmsgerr *)NLMSG_DATA(&reply.header))->error;
}

int
netdev_set_carrier(uint32_t index, bool carrier)
{
	struct question question = question_make(RTM_SETLINK, NLM_F_ACK, index);
	uint8_t value = carrier;

	question_add(&question, IFLA_CARRIER, &value, sizeof(value));
	return change(&question);
}

int
netdev_set_up(uint32_t index, bool up)
{
	struct question question = question_make(RTM_SETLINK, NLM_F_ACK, index);

	question.info.ifi_change = IFF_UP;
	question.info.ifi_flags = up ? IFF_UP : 0;
	return change(&question);
}

int
netdev_watch(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int error;

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

void
netdev_watch_read(int fd)
{
	char bytes[REPLY_MAX];

	/* ENOBUFS: some were lost; the others are still there */
	while (recv(fd, bytes, sizeof(bytes), 0) > 0 || errno == ENOBUFS)
		;
}

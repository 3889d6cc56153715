/* SPDX-License-Identifier: BSD-3-Clause */
/* Network devices of the kernel, by rtnetlink. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netdev.h"

#define BYTES_MAX 32768u /* of an answer */
#define WAIT_SECONDS 5 /* for an answer of the kernel, which is at once */

union message {
	struct nlmsghdr header;
	char bytes[BYTES_MAX];
};

static struct ifinfomsg *
question_begin(union message *message, uint16_t type, uint16_t flags, uint32_t index)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(message->bytes);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(header, sizeof(*info));

	header->nlmsg_type = type;
	header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	header->nlmsg_seq = 1;
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = (int)index;
	return info;
}

/* Asks over a socket of its own, and gives the answer to `take`; negative errno, also that of the kernel. */
static int
ask(union message *message, mnl_cb_t take, void *context)
{
	const struct timeval wait = {.tv_sec = WAIT_SECONDS};
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	ssize_t size = -1;
	int error = 0;

	if (socket == NULL)
		return -errno;
	if (setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ==
	                0 &&
	        mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
	        mnl_socket_sendto(socket, message, message->header.nlmsg_len) >= 0)
		size = mnl_socket_recvfrom(socket, message, sizeof(*message));
	if (size < 0 || mnl_cb_run(message, (size_t)size, 1, mnl_socket_get_portid(socket), take,
	                        context) < 0)
		error = -errno;
	mnl_socket_close(socket);
	return error;
}

static uint32_t
attribute_number(const struct nlattr *attribute)
{
	return mnl_attr_get_payload_len(attribute) < sizeof(uint32_t) ? mnl_attr_get_u8(attribute)
	                                                              : mnl_attr_get_u32(attribute);
}

static void
read_tun(const struct nlattr *data, struct netdev *netdev)
{
	const struct nlattr *at;

	mnl_attr_for_each_nested(at, data)
	{
		uint32_t value = attribute_number(at);

		switch (mnl_attr_get_type(at)) {
		case IFLA_TUN_MULTI_QUEUE:
			netdev->tun_several = value != 0;
			break;
		case IFLA_TUN_NUM_QUEUES:
		case IFLA_TUN_NUM_DISABLED_QUEUES:
			netdev->tun_open += value;
			break;
		default:
			break;
		}
	}
}

static void
read_link_info(const struct nlattr *info, struct netdev *netdev)
{
	const struct nlattr *at;

	mnl_attr_for_each_nested(at, info)
	{
		if (mnl_attr_get_type(at) == IFLA_INFO_KIND)
			netdev->tun = strncmp(mnl_attr_get_str(at), "tun",
			                      mnl_attr_get_payload_len(at)) == 0;
		else if (mnl_attr_get_type(at) == IFLA_INFO_DATA && netdev->tun)
			read_tun(at, netdev);
	}
}

static void
read_stats(const struct nlattr *attribute, struct netdev *netdev)
{
	struct rtnl_link_stats64 stats = {0};
	size_t size = mnl_attr_get_payload_len(attribute);

	/* Newer kernels have more of them. */
	memcpy(&stats, mnl_attr_get_payload(attribute),
	        size < sizeof(stats) ? size : sizeof(stats));
	netdev->rx_dropped = stats.rx_dropped;
	netdev->tx_dropped = stats.tx_dropped;
}

static int
read_link(const struct nlmsghdr *header, void *context)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(header);
	struct netdev *netdev = context;
	const struct nlattr *at;

	if (header->nlmsg_type != RTM_NEWLINK) {
		errno = EPROTO;
		return MNL_CB_ERROR;
	}
	netdev->index = (uint32_t)info->ifi_index;
	netdev->up = info->ifi_flags & IFF_UP;
	mnl_attr_for_each(at, header, sizeof(*info))
	{
		switch (mnl_attr_get_type(at)) {
		case IFLA_IFNAME:
			strncpy(netdev->name, mnl_attr_get_str(at), sizeof(netdev->name) - 1);
			break;
		case IFLA_MTU:
			netdev->mtu = attribute_number(at);
			break;
		case IFLA_CARRIER:
			netdev->carrier = attribute_number(at) != 0;
			break;
		case IFLA_STATS64:
			read_stats(at, netdev);
			break;
		case IFLA_LINKINFO:
			read_link_info(at, netdev);
			break;
		default:
			break;
		}
	}
	return MNL_CB_STOP;
}

int
netdev_by_index(uint32_t index, struct netdev *netdev)
{
	union message message;

	memset(netdev, 0, sizeof(*netdev));
	question_begin(&message, RTM_GETLINK, 0, index);
	return ask(&message, read_link, netdev);
}

int
netdev_by_name(const char *name, struct netdev *netdev)
{
	union message message;

	memset(netdev, 0, sizeof(*netdev));
	if (strlen(name) >= IF_NAMESIZE)
		return -ENODEV;
	question_begin(&message, RTM_GETLINK, 0, 0);
	mnl_attr_put_strz(&message.header, IFLA_IFNAME, name);
	return ask(&message, read_link, netdev);
}

int
netdev_set_carrier(uint32_t index, bool carrier)
{
	union message message;

	question_begin(&message, RTM_SETLINK, NLM_F_ACK, index);
	mnl_attr_put_u8(&message.header, IFLA_CARRIER, carrier);
	return ask(&message, NULL, NULL);
}

int
netdev_set_up(uint32_t index, bool up)
{
	union message message;
	struct ifinfomsg *info = question_begin(&message, RTM_SETLINK, NLM_F_ACK, index);

	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	return ask(&message, NULL, NULL);
}

struct mnl_socket *
netdev_watch(void)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int error;

	if (socket == NULL || mnl_socket_bind(socket, RTMGRP_LINK, MNL_SOCKET_AUTOPID) == 0)
		return socket;
	error = errno;
	mnl_socket_close(socket);
	errno = error;
	return NULL;
}

void
netdev_watch_read(struct mnl_socket *socket)
{
	char bytes[BYTES_MAX];

	/* ENOBUFS: some were lost; the others are still there */
	while (mnl_socket_recvfrom(socket, bytes, sizeof(bytes)) > 0 || errno == ENOBUFS)
		;
}

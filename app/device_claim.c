/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices of the kernel that another program has. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "device_claim.h"
#include "netdev.h"
#include "say.h"

#define VDEV "--vdev"
#define VDEV_LETTERS_MIN 4u /* getopt takes what is left of it when it is cut */
#define IFACE ",iface="

/* The value of argument i when it is a --vdev, else NULL; *i moves on to it. */
static const char *
vdev_value(int argc, char **argv, int *i)
{
	const char *word = argv[*i], *equals = strchr(word, '=');
	size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);

	if (length < VDEV_LETTERS_MIN || length > strlen(VDEV) || strncmp(word, VDEV, length) != 0)
		return NULL;
	if (equals != NULL)
		return equals + 1;
	return *i + 1 < argc ? argv[++*i] : NULL;
}

static bool
begins_with(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Drivers that make a TUN or TAP, or open one that is there. */
static bool
opens_tun(const char *vdev)
{
	return begins_with(vdev, "net_tap") || begins_with(vdev, "eth_tap") ||
	       begins_with(vdev, "net_tun") || begins_with(vdev, "net_virtio_user") ||
	       begins_with(vdev, "virtio_user");
}

/*
 * Two programs that ask at the same moment would both find it free. Names of sockets without a file belong to the network
 * namespace, as devices do; one name is had by one socket, which goes with its process, however that ends.
 */
static int
claim(const char *vdev, const char *iface, uint32_t index)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int length;

	if (fd < 0)
		return say_error("claiming device '%s': %s", iface, strerror(errno));
	if (index != 0)
		length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
		        "dpdk-chimney/device/%u", index);
	else
		length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
		        "dpdk-chimney/device-to-be/%s", iface);
	if (bind(fd, (const struct sockaddr *)(const void *)&address,
	            (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) == 0)
		return 0; /* stays open */
	close(fd);
	say_error(
	        "%.*s: another dpdk-chimney, or another --vdev of this one, has device '%s': each "
	        "would get a part of the other's frames",
	        (int)strcspn(vdev, ","), vdev, iface);
	say_hint("Name another device (iface=NAME), or stop the one that has it.");
	return -1;
}

/* A TAP whose other end is open belongs to whoever opened it; one that waits for somebody does not. */
static int
check_tun(const char *vdev, const char *iface, const struct netdev *netdev)
{
	int name = (int)strcspn(vdev, ",");

	if (!netdev->tun) {
		say_error("%.*s: device '%s' exists and is no TAP", name, vdev, iface);
		say_hint("Name a TAP, or one that does not exist and is to be made: iface=NAME");
		return -1;
	}
	if (netdev->tun_several && netdev->tun_open == 0)
		return 0;
	if (netdev->tun_several)
		say_error("%.*s: another program has TAP '%s' open (%u queues): each would get a "
		          "part of the other's frames",
		        name, vdev, iface, netdev->tun_open);
	else
		say_error("%.*s: TAP '%s' exists, and can be open only once", name, vdev, iface);
	say_hint("Name another (iface=NAME), stop the program that has it, or make it with "
	         "`ip tuntap add dev %s mode tap multi_queue`.",
	        iface);
	return -1;
}

static int
device_claim(const char *vdev)
{
	const char *at = strstr(vdev, IFACE);
	char iface[IF_NAMESIZE + 1];
	struct netdev netdev = {0};
	int result;

	if (at == NULL)
		return 0;
	at += strlen(IFACE);
	/* a name that is too long is the driver's to refuse */
	snprintf(iface, sizeof(iface), "%.*s", (int)strcspn(at, ","), at);
	result = netdev_by_name(iface, &netdev);
	if (result != 0 && result != -ENODEV)
		return say_error("device '%s': %s", iface, strerror(-result));
	if (result == 0 && opens_tun(vdev) && check_tun(vdev, iface, &netdev) != 0)
		return -1;
	return claim(vdev, iface, netdev.index);
}

int
devices_claim(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *vdev = vdev_value(argc, argv, &i);

		if (vdev != NULL && device_claim(vdev) != 0)
			return -1;
	}
	return 0;
}

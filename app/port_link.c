/* SPDX-License-Identifier: BSD-3-Clause */
/* Links and MTUs of the ports. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <rte_dev.h>

#include "netdev.h"
#include "port_link.h"
#include "port_mtu.h"
#include "say.h"

#define LOOK_MS 100
static void
look_mtu(struct port_links *links, uint32_t index, const struct netdev *netdev)
{
	struct toe_port *shared = &links->program->shared.ports[index];
	uint32_t mtu = port_mtu_read(links->program, index, netdev),
	         before = atomic_load(&shared->mtu);
	char name[96];

	if (netdev != NULL)
		port_mtu_tell(links->program, index, mtu, netdev->mtu);
	if (mtu == before)
		return;
	atomic_store(&shared->mtu, (uint16_t)mtu);
	say("%s: its MTU is %u, and was %u", port_full_name(links->program, index, name), mtu,
	        before);
	events_port(links->log, index, EVENT_PORT_MTU, mtu);
}

/* A driver that has never said that there is a link may not know. */
static enum port_link
link_of_driver(uint16_t ethdev, enum port_link before)
{
	struct rte_eth_link link;

	if (rte_eth_dev_is_removed(ethdev) == 1)
		return PORT_LINK_GONE;
	if (rte_eth_link_get_nowait(ethdev, &link) != 0)
		return before;
	if (link.link_status == RTE_ETH_LINK_UP)
		return PORT_LINK_UP;
	return before == PORT_LINK_UNKNOWN ? PORT_LINK_UNKNOWN : PORT_LINK_DOWN;
}

static void
tell_link(struct port_links *links, uint32_t index, enum port_link before, enum port_link now)
{
	static const char *const what[] = {
	        [PORT_LINK_UP] = "its link is up",
	        [PORT_LINK_DOWN] = "its link is down: what is for it is dropped",
	        [PORT_LINK_WITHHELD] = "its link is taken down until its wire has one again",
	        [PORT_LINK_GONE] = "its device is gone: start the program again when it is back",
	};
	char name[96];

	if (before == PORT_LINK_UNKNOWN && now == PORT_LINK_UP)
		return;
	say("%s: %s", port_full_name(links->program, index, name), what[now]);
	events_port(links->log, index, EVENT_PORT_LINK, now);
}

static void
set_link(struct port_links *links, uint32_t index, enum port_link now, bool down)
{
	struct program_port *port = &links->program->ports[index];
	enum port_link before = atomic_load(&port->link);

	atomic_store(&links->program->shared.ports[index].down, down);
	if (now == before)
		return;
	atomic_store(&port->link, (uint8_t)now);
	tell_link(links, index, before, now);
}

/*
 * A packet socket whose device was set down has an error to tell, and the next send gets that instead of what it is for:
 * its frames would wait for the one behind it.
 */
static void
forget_errors(const struct program_port *port)
{
	for (uint32_t i = 0; i < port->rings; i++) {
		int error;
		socklen_t size = sizeof(error);

		getsockopt(port->ring[i], SOL_SOCKET, SO_ERROR, &error, &size);
	}
}

/* Of a TAP only the carrier is withheld: what is on its way to the host still gets there. */
static void
look_kernel(struct port_links *links, uint32_t index)
{
	struct program_port *port = &links->program->ports[index];
	struct netdev netdev;
	bool has_link;
	int result = netdev_by_index(port->netdev, &netdev);

	if (result == -ENODEV)
		set_link(links, index, PORT_LINK_GONE, true);
	if (result != 0)
		return;
	has_link = netdev.up && netdev.carrier;
	if (has_link && atomic_load(&port->link) != PORT_LINK_UP)
		forget_errors(port);
	if (port->withheld)
		set_link(links, index, PORT_LINK_WITHHELD,
		        !(netdev.up && program_port_is(port, "net_tap")));
	else
		set_link(links, index, has_link ? PORT_LINK_UP : PORT_LINK_DOWN, !has_link);
	look_mtu(links, index, &netdev);
}

static void
look(struct port_links *links, uint32_t index)
{
	struct program_port *port = &links->program->ports[index];
	enum port_link now = atomic_load(&port->link);

	if (now == PORT_LINK_GONE)
		return;
	if (port->netdev != 0) {
		look_kernel(links, index);
		return;
	}
	now = link_of_driver(links->program->shared.ports[index].ethdev, now);
	if (port->withheld && now != PORT_LINK_GONE)
		now = PORT_LINK_WITHHELD;
	set_link(links, index, now, now != PORT_LINK_UP && now != PORT_LINK_UNKNOWN);
	if (now != PORT_LINK_GONE)
		look_mtu(links, index, NULL);
}

/*
 * The carrier of a TAP is what its program says; another device of the kernel loses its peer's when it is set down itself,
 * and drivers of DPDK have a call for it. 0 or negative errno.
 */
static int
give_link(const struct program *program, uint32_t index, bool give)
{
	const struct program_port *port = &program->ports[index];
	uint16_t ethdev = program->shared.ports[index].ethdev;

	if (program_port_is(port, "net_tap"))
		return netdev_set_carrier(port->netdev, give);
	if (port->netdev != 0)
		return netdev_set_up(port->netdev, give);
	return give ? rte_eth_dev_set_link_up(ethdev) : rte_eth_dev_set_link_down(ethdev);
}

/* The host behind a wire is to know whether that has a link. */
static void
pass_on(struct port_links *links, uint32_t wire)
{
	struct program *program = links->program;
	uint32_t host = program->shared.ports[wire].peer;
	enum port_link link = atomic_load(&program->ports[wire].link);
	bool withhold = link == PORT_LINK_DOWN || link == PORT_LINK_GONE;
	struct program_port *port;
	char name[96];
	int result;

	if (program->shared.ports[wire].role != TOE_PORT_WIRE || host == UINT8_MAX)
		return;
	port = &program->ports[host];
	if (port->withheld == withhold || atomic_load(&port->link) == PORT_LINK_GONE)
		return;
	result = give_link(program, host, !withhold);
	if (result == 0) {
		port->withheld = withhold;
		look(links, host);
	} else if (!port->refusal_told) {
		port->refusal_told = true;
		say("warning: %s: its link does not follow that of port %u (%s)",
		        port_full_name(program, host, name), wire, strerror(-result));
	}
}

static void
look_at_all(struct port_links *links, bool kernel)
{
	for (uint32_t i = 0; i < links->program->shared.port_count; i++) {
		if ((links->program->ports[i].netdev != 0) != kernel)
			continue;
		look(links, i);
		pass_on(links, i);
	}
}

static void
on_changed(evutil_socket_t fd, short what, void *context)
{
	struct port_links *links = context;

	(void)fd;
	(void)what;
	netdev_watch_read(links->kernel);
	look_at_all(links, true);
}

static void
on_tick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	look_at_all(context, false);
}

/* Events for as many kinds of ports as there are. */
static int
events_make(struct port_links *links, struct event_base *base)
{
	const struct timeval every = {.tv_usec = LOOK_MS * 1000};
	uint32_t kernel = 0, ports = links->program->shared.port_count;

	for (uint32_t i = 0; i < ports; i++)
		kernel += links->program->ports[i].netdev != 0;
	if (kernel < ports) {
		links->tick = event_new(base, -1, EV_PERSIST, on_tick, links);
		if (links->tick == NULL || event_add(links->tick, &every) != 0)
			return say_error("out of memory for the watch over links");
	}
	if (kernel == 0)
		return 0;
	links->kernel = netdev_watch();
	if (links->kernel == NULL)
		return say_error("watching the kernel's devices: %s", strerror(errno));
	links->changed = event_new(
	        base, mnl_socket_get_fd(links->kernel), EV_READ | EV_PERSIST, on_changed, links);
	if (links->changed == NULL || event_add(links->changed, NULL) != 0)
		return say_error("out of memory for the watch over links");
	return 0;
}

int
port_links_open(struct port_links *links, struct program *program, struct event_log *log,
        struct event_base *base)
{
	links->program = program;
	links->log = log;
	links->kernel = NULL;
	if (events_make(links, base) != 0) {
		port_links_close(links);
		return -1;
	}
	look_at_all(links, true);
	look_at_all(links, false);
	return 0;
}

void
port_links_close(struct port_links *links)
{
	for (uint32_t i = 0; i < links->program->shared.port_count; i++) {
		struct program_port *port = &links->program->ports[i];

		if (port->withheld && atomic_load(&port->link) != PORT_LINK_GONE)
			give_link(links->program, i, true);
		port->withheld = false;
	}
	if (links->tick != NULL)
		event_free(links->tick);
	if (links->changed != NULL)
		event_free(links->changed);
	if (links->kernel != NULL)
		mnl_socket_close(links->kernel);
}

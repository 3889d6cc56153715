/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What runs: lcores, ports, workers, the target, and what they cost. The parts of the program fill it in at start-up,
 * in the order of main.c; from then on it is constant, but for the members that say otherwise. Any thread may read it.
 */
#ifndef LIB_PROGRAM_H
#define LIB_PROGRAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <net/if.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mempool.h>

#include "clock.h"
#include "memory_limit.h"
#include "target.h"
#include "worker.h"

/* What is known of a port's link. */
enum port_link {
	PORT_LINK_UNKNOWN = 0, /* its driver has never said that there is one */
	PORT_LINK_UP,
	PORT_LINK_DOWN,
	PORT_LINK_WITHHELD, /* of a host port: taken down, as its wire has none */
	PORT_LINK_GONE, /* the device is not there any more */
};

#define PORT_COUNTED 8u /* counters of a port (port_counters.h) */

/* A port; its index is its place among the --port options, as in struct toe_shared. */
struct program_port {
	char device[RTE_ETH_NAME_MAX_LEN];
	char driver[32];
	uint16_t tx_queues;
	/* descriptors per queue, as the driver adjusted them */
	uint16_t rx_depth;
	uint16_t tx_depth;
	/* the port spreads frames as toe_owner does */
	bool rss;
	bool started;
	/* the kernel's device behind it; 0: none that the driver knows of */
	uint32_t netdev;
	char netdev_name[IF_NAMESIZE];
	uint32_t mtu_max; /* of net_af_packet: what fits into its rings */

	/* main's, others may read (port_link.h) */
	_Atomic uint8_t link; /* enum port_link */
	bool withheld;
	bool refusal_told; /* its link cannot be withheld */
	uint32_t mtu_told; /* of the kernel, that was too much for the driver */

	/* main's (port_counters.h) */
	int ring[TOE_MAX_WORKERS]; /* sockets of net_af_packet */
	uint32_t rings;
	uint64_t ring_missed;
	/* of the kernel: when the port started, and since then */
	uint64_t rx_dropped_before, tx_dropped_before;
	uint64_t rx_dropped, tx_dropped;
	/* as of the last look: any thread may read */
	_Atomic uint64_t counted[PORT_COUNTED];
};

/* Where it goes what there is to tell (report.h). */
enum report_kind { REPORT_ERROR, REPORT_HINT, REPORT_NEWS };

struct report {
	void (*tell)(void *context, enum report_kind kind, const char *text); /* NULL: nowhere */
	void *context;
};

/* Bytes that the capacities cost. */
struct program_memory {
	/* neighbors and paths */
	uint64_t tables;
	/* connections, flow tables, timers, mailboxes: all offloaded, idle */
	uint64_t workers;
	/* handles, requests */
	uint64_t control;
	/* packet buffers */
	uint64_t mbufs;
	/* of all these */
	uint64_t total;
	/* of the total: what one connection takes, one service more, and all that does not grow with them */
	double connection;
	uint64_t service;
	uint64_t fixed;
	/* of the total: in EAL's memory, flow tables and packet buffers */
	uint64_t eal;
	/* beyond the total, at most: all connections with data in flight or out of order */
	uint64_t busy;
	/* what could be used at start */
	struct memory_limit limit;
};

struct program {
	struct report report;
	struct app_clock clock;
	uint32_t worker_count;
	/* as the options say it, and what each worker has room for */
	uint32_t connections;
	uint32_t conn_capacity;
	uint32_t mbufs;
	bool idle_sleep;
	bool control_by_caller; /* no lcore runs control: control_lcore is the main one */
	/* --drain-deadline-ms */
	uint32_t drain_deadline_ms;
	uint32_t control_lcore;
	/* main has a CPU in common with control, and with a worker */
	bool main_beside_control;
	bool main_beside_worker;
	uint32_t worker_lcore[TOE_MAX_WORKERS];
	struct toe_shared shared;
	struct program_port ports[TOE_MAX_PORTS];
	struct program_memory memory;
	struct rte_mempool *pool;
	struct toe_worker **workers;
	struct chimney *target;
	/* longest turn of each lcore, preemption included: the lcore writes, main clears */
	_Atomic uint64_t longest_turn_ns[RTE_MAX_LCORE];
	/* somebody is in a turn of control (control_turn.h) */
	_Atomic bool control_baton;
	/* main's: an lcore did not return; what it uses must not be freed */
	bool lcores_stuck;
};

static inline uint64_t
program_now(const struct program *program)
{
	return clock_now(&program->clock);
}

/* Is it this driver's? */
static inline bool
program_port_is(const struct program_port *port, const char *driver)
{
	return strcmp(port->driver, driver) == 0;
}

/* "wire", "host" */
static inline const char *
port_role_name(uint8_t role)
{
	return role == TOE_PORT_HOST ? "host" : "wire";
}

/* enum port_link */
static inline const char *
port_link_name(unsigned int link)
{
	static const char *const names[] = {"unknown", "up", "down", "wire-down", "gone"};

	return link < RTE_DIM(names) ? names[link] : "?";
}

#endif

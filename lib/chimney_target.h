/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A target in the process of a host stack: one call opens it, one closes it.
 *
 * DPDK is the process's own: rte_eal_init comes before chimney_target_open, rte_eal_cleanup after chimney_target_close. The target
 * takes the worker lcores of EAL (all but the main one), which must be free: the first runs control, unless the caller steps it, each
 * of the others a worker. It configures and starts the ports, and closes them in the end. A process has one target at a time.
 *
 * Threading: the functions here belong to one thread of the process, that of EAL's main lcore. What is opened with them
 * (chimney_host_register in chimney.h, and the rest) has rules of its own.
 *
 * A host stack's life: open the target, register a host, open channels; offload, and work; terminate what is offloaded, close channels,
 * unregister, close the target.
 */
#ifndef CHIMNEY_TARGET_H
#define CHIMNEY_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chimney.h"

CHIMNEY_DECLARATIONS

#define CHIMNEY_TARGET_PORTS 16u
#define CHIMNEY_TARGET_VLANS 64u
#define CHIMNEY_TARGET_MBUF_SIZE_MAX                                                               \
	61440u /* with the headroom, less than 64 KiB; and whole pages */

/* What a port does in the bump in the wire. */
enum chimney_port_role {
	CHIMNEY_PORT_WIRE = 0, /* connections are offloaded on it */
	CHIMNEY_PORT_HOST, /* the other side: what is not offloaded passes between it and its peer */
};

/* A port; its place among the ports is the index that blocks (offload_block_list.port) and holds name it by. */
struct chimney_target_port {
	char device[64]; /* of DPDK: its number or its name */
	char peer
	        [64]; /* of the port on the other side, as `device`; empty: none, or that port names this one */
	uint8_t role; /* enum chimney_port_role */
};

/* Who takes the turns of control. */
enum chimney_control {
	CHIMNEY_CONTROL_LCORE = 0, /* the first of EAL's worker lcores */
	CHIMNEY_CONTROL_CALLER, /* chimney_target_step: requests take as long as the caller takes to come round */
};

/* All but the ports has defaults; ranges are those of the options of the same names, see `dpdk-chimney --help`. */
struct chimney_target_params {
	struct chimney_target_port ports[CHIMNEY_TARGET_PORTS];
	uint32_t port_count; /* 0: every ethdev is a wire port, in DPDK's order */
	/* capacities, all workers together */
	uint32_t neighbors; /* 1024 */
	uint32_t paths; /* 65,536 */
	uint32_t connections; /* 100,000; about 384 bytes each */
	uint32_t
	        services; /* 16,384: connections with I/O of a host, or a service with memory of its own */
	/* capacities of each worker */
	uint32_t sent_records; /* 65,536: runs of data in flight, beyond one for each connection */
	uint32_t reassemblies; /* 4096: connections with text out of order */
	uint32_t pieces; /* 16,384: segments out of order */
	uint32_t holds; /* 64: tuples held at once */
	uint32_t rx_ring, tx_ring; /* 512: descriptors for each queue of a port, a power of two */
	uint32_t mbufs; /* packet buffers; 0: from rings and workers */
	uint32_t mbuf_size; /* 2048: bytes of a frame that one of them takes */
	uint32_t mailbox; /* 1024: records between control and a worker, a power of two */
	uint32_t
	        drain_deadline_ms; /* 1000: after which a worker that does not answer is lost (INV-14) */
	uint32_t
	        retrieve_delay_ms; /* 200: between an invalidate's completion and its RETRIEVE (D2) */
	uint32_t max_retransmit; /* 15: retransmissions of one segment (TMR-4) */
	uint16_t vlans[CHIMNEY_TARGET_VLANS]; /* ids configured on the wire, 1 to 4094 (INIT-11) */
	uint32_t vlan_count;
	uint8_t retrieve_policy; /* enum chimney_retrieve_policy */
	uint8_t control; /* enum chimney_control */
	bool idle_sleep; /* lcores sleep when there is no work; costs up to 0.5 ms */
	bool drop_bad; /* frames with bad checksums or lengths are dropped, not passed on (RX-5) */
	bool no_check; /* received checksums are not verified in software */
	bool hold_ports; /* workers do not receive until chimney_target_receive */
};

struct chimney_target;

/* The defaults: of all ethdevs, no VLAN, control on an lcore. */
void chimney_target_params_default(struct chimney_target_params *params);

/*
 * Open a target: ports, workers, control, all running when this returns. params: copied. NULL: the defaults.
 *
 * 0; or *target NULL and nothing left behind: -EBUSY, there is a target; -ENOMEM, no memory for the target itself; -EINVAL, anything
 * else: a parameter, the memory that the capacities need, ports, lcores. Then `error` has, one line for each piece, what failed, where,
 * and what would be right; what is called --rx-ring there is the member rx_ring. error: text of error_size bytes, cut off at its end;
 * NULL with 0: no text. Empty after success. -EIO: as of chimney_target_close, and *target NULL.
 */
int chimney_target_open(const struct chimney_target_params *params, struct chimney_target **target,
        char *error, size_t error_size);

/* The target as the contract knows it, for chimney_host_register and view.h; until chimney_target_close. */
struct chimney *chimney_target_contract(struct chimney_target *target);

/*
 * A turn of control, with CHIMNEY_CONTROL_CALLER; bounded, never blocks. To be called all the time: completions, drains and deadlines
 * wait for it. With CHIMNEY_CONTROL_LCORE a turn more, unless the lcore is in one. Returns the work that was found, 0: none.
 */
uint32_t chimney_target_step(struct chimney_target *target);

/* Workers receive from held ports (hold_ports) from now on. */
void chimney_target_receive(struct chimney_target *target);

/*
 * Stop the lcores, free everything, close the ports. Every host must be unregistered: else -EBUSY, nothing has changed. 0; -EIO: an
 * lcore does not come back; what it may still use stays as it is, and rte_eal_cleanup must not be called.
 */
int chimney_target_close(struct chimney_target *target);

CHIMNEY_DECLARATIONS_END

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* What a port takes: by its driver, and by the kernel's device behind it. */
#ifndef LIB_PORT_MTU_H
#define LIB_PORT_MTU_H

#include "netdev.h"
#include "program.h"

/* "port 0 (net_af_packet0, veth0)" */
const char *port_full_name(const struct program *program, uint32_t index, char to[96]);
/* What is known of a port before it starts: its device of the kernel, and its MTU. port->driver is known. */
void port_mtu_first(struct program *program, uint32_t index, const struct rte_eth_dev_info *info);
/* Its MTU now. netdev: its device of the kernel, NULL: none. */
uint32_t port_mtu_read(const struct program *program, uint32_t index, const struct netdev *netdev);
/* Says once for each MTU when the kernel's device takes more than the driver. */
void port_mtu_tell(struct program *program, uint32_t index, uint32_t mtu, uint32_t kernel);

#endif

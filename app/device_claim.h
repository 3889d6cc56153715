/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices of the kernel that another program has: seen before a driver touches them. */
#ifndef APP_DEVICE_CLAIM_H
#define APP_DEVICE_CLAIM_H

/*
 * Claim the devices that the --vdev arguments among EAL's name (iface=), until the process ends. Before rte_eal_init: a
 * driver that opens a TAP takes its frames and sets its addresses at once, and sets it down when it leaves. 0, or -1 when
 * another has one of them (said).
 */
int devices_claim(int argc, char **argv);

#endif

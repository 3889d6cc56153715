/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program's own options: what follows `--` on the command line. EAL's options come before it.
 */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "shared.h"

#define OPTIONS_VLANS 64u
#define OPTIONS_MBUF_SIZE_MAX 61440u /* with the headroom, less than 64 KiB; and whole pages */

/* --port ID=ROLE[,peer=ID]: an ethdev by number or by device name. */
struct option_port {
	char device[64];
	char peer[64]; /* empty: none */
	uint8_t role; /* enum toe_port_role */
};

struct options {
	struct option_port ports[TOE_MAX_PORTS];
	uint32_t port_count; /* 0: every ethdev is a wire port */
	const char *cli_socket;
	const char *script; /* NULL: none */
	uint32_t neighbors;
	uint32_t paths;
	uint32_t connections;
	uint32_t services; /* connections that may run a sink or an echo */
	/* per worker: runs of data in flight, beyond one for each connection */
	uint32_t sent_records;
	uint32_t reassemblies; /* per worker: connections with text out of order */
	uint32_t pieces; /* per worker: segments out of order */
	uint32_t holds; /* tuples held at once, per worker */
	uint32_t rx_ring; /* descriptors per queue */
	uint32_t tx_ring;
	uint32_t mbufs; /* 0: computed from rings and workers */
	uint32_t mbuf_size; /* bytes of a frame that one takes */
	uint32_t event_ring; /* records per producer */
	uint32_t request_ring;
	uint32_t mailbox; /* records */
	uint32_t drain_deadline_ms;
	uint32_t retrieve_delay_ms;
	uint32_t max_retransmit;
	uint16_t vlans[OPTIONS_VLANS];
	uint32_t vlan_count;
	uint8_t retrieve_policy; /* enum chimney_retrieve_policy */
	bool idle_sleep;
	bool on_lost_exit;
	bool drop_bad;
	bool no_check; /* do not verify received checksums in software */
	bool hold_ports;
};

enum options_result { OPTIONS_RUN, OPTIONS_EXIT, OPTIONS_ERROR };

/* argv[0] is skipped. OPTIONS_EXIT: --help or --version was printed. Errors have been said. */
enum options_result options_parse(struct options *options, int argc, char **argv);
/* Is this word one of the options, with or without "=VALUE"? */
bool options_know(const char *word);
/* The help text, made from the table that is parsed. */
void options_help(FILE *to);

#endif

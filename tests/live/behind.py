# SPDX-License-Identifier: BSD-3-Clause
"""A Linux kernel behind the host port: dpdk-chimney is a bump in the wire between two kernels.

    peer (Linux) --- hop --- wire port | host port --- host (Linux)

The host port is a TAP, whose kernel end lies in the program's own namespace, or one end of a veth
pair (net_af_packet), whose other end is in a namespace of the host's. The host has the link's far
addresses, and the far MAC address.
"""
import collections
import json

from bed import Bed, until
from world import OFFLOADS, inside, run, write_sysctl

TAP, VETH = "tap", "veth"
HOST_DEVICE = "host0"
WIRE_MAC = "02:00:00:00:00:f0"      # not the host's: its kernel is to leave the wire's frames alone
QUIET = 10                          # looks in a row at which nothing has changed
# Counters of the frames that came and did not go on, and those of the frames that went on.
DROPPED = ("exception_dropped", "tx_too_long", "tx_refused", "tx_stale", "tx_link_down",
           "host_filtered", "vlan_mismatch", "held_dropped", "steer_dropped", "parked_dropped",
           "rx_bad_dropped", "joined_short", "joined_dropped")
PASSED = ("exception_to_host", "exception_to_wire")
TAKEN = ("rx_frames", "rx_segments", "tx_segments", "joined", "joined_fragments")
# Rings whose frames have room for datagrams that came in fragments.
RING = "net_af_packet{},iface={},framesz=16384,blocksz=65536,framecnt=1024,qdisc_bypass=1,qpairs={}"
BUFFERS = ("--mbuf-size", "16384", "--mbufs", "4096")

# Frames: put on the wire and come from it, as the hop sees it; taken from its device by the host and
# given to it; (received, sent) of both ports; the handshake helper's own; counters of the workers.
Counts = collections.namedtuple(
    "Counts", "to_wire from_wire to_host from_host wire host helper workers")


class BehindBed(Bed):
    """A Bed with a Linux kernel behind the host port. kind: TAP or VETH; idle: sleep or poll."""

    def __init__(self, checks, kind, *options, workers=1, idle="sleep"):
        self.kind, self.workers, self.idle = kind, workers, idle
        super().__init__(checks, "--idle", idle, *BUFFERS, *options)
        self.hold_ahead = True      # the host's kernel would answer the peer's SYN-ACK by a reset
        try:
            self._give_host()
        except BaseException:
            self.stack.close()
            raise

    def _daemon(self, *options, **how):
        link = self.link
        run("ip", "-n", link.far_namespace, "link", "set", link.far_device, "address", WIRE_MAC)
        with inside(link.far_namespace):
            write_sysctl(f"net/ipv4/conf/{link.far_device}/arp_ignore", 8)
        if self.kind == TAP:
            self.host = link.far_namespace
            vdev = f"net_tap0,iface={HOST_DEVICE},mac={link.far_mac}"
        else:
            self.host = self.world.add_namespace("host")
            self._add_veth()
            vdev = RING.format(1, "port0", self.workers)
        return super()._daemon(
            *options, "--port", "net_af_packet0=wire", "--port",
            f"{vdev.split(',', 1)[0]}=host,peer=net_af_packet0", vdevs=(vdev,), workers=self.workers,
            wire=RING.format(0, "{}", self.workers), **how)

    def _add_veth(self):
        run("ip", "-n", self.host, "link", "add", HOST_DEVICE, "address", self.link.far_mac,
            "type", "veth", "peer", "name", "port0", "netns", self.link.far_namespace)
        for place, name in ((self.host, HOST_DEVICE), (self.link.far_namespace, "port0")):
            run("ip", "netns", "exec", place, "ethtool", "-K", name,
                *(word for offload in OFFLOADS for word in (offload, "off")))
            run("ip", "-n", place, "link", "set", name, "up")

    def _give_host(self):
        """Addresses for the host; neighbors are to be found, by both."""
        link = self.link
        with inside(self.host):
            write_sysctl(f"net/ipv6/conf/{HOST_DEVICE}/disable_ipv6", 0)
        run("ip", "-n", self.host, "link", "set", HOST_DEVICE, "up")
        run("ip", "-n", self.host, "addr", "add", f"{link.far[4]}/24", "dev", HOST_DEVICE)
        run("ip", "-n", self.host, "addr", "add", f"{link.far[6]}/64", "dev", HOST_DEVICE, "nodad")
        self.forget_neighbors()

    def ends(self):
        """(namespace, device, own addresses, the other's addresses) of the peer and of the host."""
        link = self.link
        return ((link.near_namespace, link.near_device, link.near, link.far),
                (self.host, HOST_DEVICE, link.far, link.near))

    def forget_neighbors(self):
        """Neither kernel knows the other's MAC address any more."""
        for namespace, device, _, _ in self.ends():
            run("ip", "-n", namespace, "neigh", "flush", "dev", device, "nud", "all")

    def neighbors(self):
        """What each kernel has learned: {(who, address): MAC address}."""
        found = {}
        for who, (namespace, device, _, other) in zip(("peer", "host"), self.ends()):
            rows = json.loads(run("ip", "-n", namespace, "-j", "neigh", "show", "dev", device))
            found.update({(who, row["dst"]): row.get("lladdr") for row in rows
                          if row["dst"] in other.values()})
        return found

    def _device_counts(self):
        """Frames that the host's kernel has given to its device, and taken from it."""
        row = json.loads(run("ip", "-n", self.host, "-j", "-s", "link", "show", "dev",
                             HOST_DEVICE))[0]["stats64"]
        return row["tx"]["packets"], row["rx"]["packets"]

    def counts(self):
        """What everybody has counted until now."""
        hop = self.hop.stats()
        ports = self.client.command("show ports")["ports"]
        workers = self.client.command("show counters")["workers"]
        sent, received = self._device_counts()
        return Counts(hop["ab"]["sent"], hop["ba"]["frames"], received, sent,
                      *((port["rx_packets"], port["tx_packets"]) for port in ports),
                      sum(one.setup.sent for one in self.connections),
                      {name: workers[name] for name in (*TAKEN, *PASSED, *DROPPED)})

    def quiet_counts(self):
        """counts() of a time at which no frame is on its way."""
        seen = []

        def is_quiet():
            seen.append(self.counts())
            return len(seen) >= QUIET and all(look == seen[-1] for look in seen[-QUIET:])
        until(is_quiet)
        return seen[-1]

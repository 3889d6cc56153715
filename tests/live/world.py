# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces for live tests: a Linux kernel as the peer, the hop, and what it talks to.

    peer (Linux) --- hop (loses, reorders, ... on purpose) --- target, or another Linux

A World has one peer and any number of links to it, each with a hop of its own. The near end is the
peer's. On a link for the target nobody has the far address: the handshake helper speaks for it
until dpdk-chimney takes over. Everything is gone when the World ends, however it ends.
"""
import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "system"), os.path.join(HERE, "..", "captures")]
from harness import SECONDS, build_folder  # noqa: E402

CLONE_NEWNET = 0x40000000
OFFLOADS = ("rx", "tx", "tso", "gso", "gro")
# One CPU for everything but the far end.
NEAR_CPU = min(os.sched_getaffinity(0))
FAR_CPU = max(os.sched_getaffinity(0))
LIBC = ctypes.CDLL(None, use_errno=True)


class WorldError(Exception):
    """The machine does not allow what the tests need; the message says what."""


def run(*words):
    """A command that must succeed; what it printed."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WorldError(f"'{' '.join(words)}' failed: {done.stderr.strip()}")
    return done.stdout


@contextlib.contextmanager
def inside(namespace):
    """The calling thread is in this network namespace; sockets made there stay there."""
    with open("/proc/thread-self/ns/net", "rb") as before, \
            open(f"/var/run/netns/{namespace}", "rb") as after:
        if LIBC.setns(after.fileno(), CLONE_NEWNET):
            raise WorldError(f"setns: {os.strerror(ctypes.get_errno())}")
        try:
            yield
        finally:
            LIBC.setns(before.fileno(), CLONE_NEWNET)


class Hop:
    """The hop program between two interfaces (tests/live/hop.c has its commands)."""

    def __init__(self, namespace, side_a, side_b):
        program = os.path.join(build_folder(), "tests", "live", "hop")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, program, side_a, side_b],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            preexec_fn=lambda: os.sched_setaffinity(0, {NEAR_CPU}))
        self._answer("start")

    def _answer(self, line):
        if not select.select([self.process.stdout], [], [], SECONDS)[0]:
            raise WorldError(f"the hop does not answer '{line}'")
        text = self.process.stdout.readline()
        if not text:
            raise WorldError(f"the hop ended at '{line}' with {self.process.wait()}")
        answer = json.loads(text)
        if not answer["ok"]:
            raise WorldError(f"the hop refused '{line}'")
        return answer

    def command(self, line):
        """Runs one command; its answer."""
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self._answer(line)

    def rules(self, direction="both", **rules):
        """Sets the rules of a direction: ab is from the peer, ba to it. No rules: a clean link."""
        self.command(" ".join(["set", direction, *(f"{name.replace('_', '-')} {value}"
                                                   for name, value in rules.items())]))

    def stats(self):
        """What was counted, by direction."""
        return self.command("stats")

    def end(self):
        """Ends it, by the end of its stdin."""
        self.process.stdin.close()
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Link:
    """One link of the peer: interfaces, addresses by IP version, and the hop."""

    def __init__(self, world, number, linux, hop):
        self.number = number
        self.near_namespace, self.far_namespace = world.peer, world.add_namespace(f"far{number}")
        self.near_device, self.far_device = f"near{number}", f"far{number}"
        self.near_mac, self.far_mac = f"02:00:00:00:{number:02x}:01", f"02:00:00:00:{number:02x}:02"
        self.near = {4: f"10.77.{number}.1", 6: f"fd00:77:{number}::1"}
        self.far = {4: f"10.77.{number}.2", 6: f"fd00:77:{number}::2"}
        self.hop = None
        self._wire(world)
        self._give(self.near_namespace, self.near_device, self.near, self.far, self.far_mac)
        if linux:
            self._give(self.far_namespace, self.far_device, self.far, self.near, self.near_mac)
        self.hop = hop(world.hop, f"a{number}", f"b{number}")

    def _wire(self, world):
        for namespace, device, mac, inner in (
                (self.near_namespace, self.near_device, self.near_mac, f"a{self.number}"),
                (self.far_namespace, self.far_device, self.far_mac, f"b{self.number}")):
            run("ip", "-n", namespace, "link", "add", device, "address", mac, "type", "veth",
                "peer", "name", inner, "netns", world.hop)
            for place, name in ((namespace, device), (world.hop, inner)):
                # With any of them left on, frames come with unfinished checksums or too large.
                run("ip", "netns", "exec", place, "ethtool", "-K", name,
                    *(word for offload in OFFLOADS for word in (offload, "off")))
                run("ip", "-n", place, "link", "set", name, "up")
            # A Linux end sends from every CPU; its frames are to come in the order of sending.
            run("ip", "netns", "exec", world.hop, "sh", "-c",
                f"echo {1 << NEAR_CPU:x} >/sys/class/net/{inner}/queues/rx-0/rps_cpus")

    @staticmethod
    def _give(namespace, device, own, other, other_mac):
        """Addresses for a Linux end; static neighbors, so that nothing but TCP is on the link."""
        with inside(namespace):
            write_sysctl(f"net/ipv6/conf/{device}/disable_ipv6", 0)
        run("ip", "-n", namespace, "addr", "add", f"{own[4]}/24", "dev", device)
        run("ip", "-n", namespace, "addr", "add", f"{own[6]}/64", "dev", device, "nodad")
        for version in (4, 6):
            run("ip", "-n", namespace, "neigh", "replace", other[version], "lladdr", other_mac,
                "dev", device, "nud", "permanent")


def write_sysctl(name, value):
    """A sysctl of the calling thread's namespace; name with slashes."""
    with open(f"/proc/sys/{name}", "w", encoding="ascii") as handle:
        handle.write(str(value))


def remove_stale(prefix):
    """Removes the namespaces of tests that were killed before they could, and who is in them."""
    for line in run("ip", "netns", "list").splitlines():
        name = line.split()[0]
        words = name.split("-")
        if name.startswith(prefix) and words[1].isdigit() \
                and not os.path.exists(f"/proc/{words[1]}"):
            for process in run("ip", "netns", "pids", name).split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(process), signal.SIGKILL)
            run("ip", "netns", "del", name)


class World:
    """The peer, the hops and the links; a context manager that leaves nothing behind."""

    PREFIX = "chl-"

    def __init__(self):
        if os.getuid() != 0:
            raise WorldError("network namespaces need root")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._interrupted)
        self.namespaces = []
        self.links = []
        remove_stale(self.PREFIX)
        try:
            self.peer = self.add_namespace("peer")
            self.hop = self.add_namespace("hop")
        except BaseException:
            self.end()
            raise

    @staticmethod
    def _interrupted(number, frame):
        sys.exit(128 + number)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.end()

    def add_namespace(self, name):
        """A new network namespace; its whole name."""
        namespace = f"{self.PREFIX}{os.getpid()}-{name}"
        run("ip", "netns", "add", namespace)
        self.namespaces.append(namespace)
        run("ip", "-n", namespace, "link", "set", "lo", "up")
        with inside(namespace):
            for place in ("default", "all"):
                write_sysctl(f"net/ipv6/conf/{place}/disable_ipv6", 1)
                write_sysctl(f"net/ipv6/conf/{place}/accept_ra", 0)
        return namespace

    def add_link(self, linux=False, hop=Hop):
        """A link from the peer to a target, or to another Linux; hop makes what stands between."""
        self.links.append(Link(self, len(self.links) + 1, linux, hop))
        return self.links[-1]

    def end(self):
        """Removes everything; can be called twice."""
        for link in self.links:
            if link.hop is not None:
                link.hop.end()
        for namespace in self.namespaces:
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True, check=False)
        self.links, self.namespaces = [], []

    def tcp_options(self, namespace=None, sack=True, timestamps=True, scale=True, ecn=False):
        """What a Linux end offers from now on."""
        with inside(namespace or self.peer):
            for name, value in (("sack", sack), ("timestamps", timestamps),
                                ("window_scaling", scale), ("ecn", ecn)):
                write_sysctl(f"net/ipv4/tcp_{name}", int(value))


def near_socket(link, version, congestion="cubic", namespace=None):
    """A TCP socket of a Linux end, with its congestion control pinned."""
    with inside(namespace or link.near_namespace):
        sock = socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET,
                             socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, congestion.encode())
    sock.settimeout(SECONDS)
    return sock

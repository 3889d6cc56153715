# SPDX-License-Identifier: BSD-3-Clause
"""What every live test uses: a world with dpdk-chimney on a link, connections, and their audit."""
import contextlib
import os
import select
import tempfile
import threading

import xxhash

from world import FAR_CPU, NEAR_CPU, SECONDS, World, WorldError, near_socket
from handshake import Setup
from harness import Checks, CommandError, Daemon, until
from live_audit import audit_live

PERIOD = bytes(range(251))          # the byte at offset i is i mod 251: toe/services/service.h
BLOCK = PERIOD * 1044               # 256 KiB and a bit: whole periods
WINDOW = 1 << 20                    # receive buffer of the target's connections
FIRST_PORT = 5001
SLOW_MS = 50        # waiting for the CPU beyond this may have led to a retransmission timeout
WIRE = "net_af_packet0,iface={},framecnt=4096,qdisc_bypass=1"


def steal_ms():
    """What the hypervisor has taken from each CPU until now, in ms."""
    with open("/proc/stat", encoding="ascii") as handle:
        for line in handle:
            if line.startswith("cpu") and line[3].isdigit():
                yield int(line.split()[8]) * 1000 / os.sysconf("SC_CLK_TCK")


def pattern_digest(size):
    """The digest of the first bytes of the pattern, as `query` shows it."""
    digest = xxhash.xxh64()
    for _ in range(size // len(BLOCK)):
        digest.update(BLOCK)
    digest.update(BLOCK[:size % len(BLOCK)])
    return digest.hexdigest()


def send_pattern(sock, size, end=True):
    """The peer as a source, and its FIN when it is to end."""
    view = memoryview(BLOCK)
    for _ in range(size // len(BLOCK)):
        sock.sendall(view)
    sock.sendall(view[:size % len(BLOCK)])
    if end:
        sock.shutdown(1)


def receive_all(sock):
    """The peer as a sink: (bytes, digest) of everything up to the FIN."""
    digest, size = xxhash.xxh64(), 0
    buffer = bytearray(1 << 20)
    view = memoryview(buffer)
    while part := sock.recv_into(buffer):
        digest.update(view[:part])
        size += part
    return size, digest.hexdigest()


class Job(threading.Thread):
    """A function of a peer's that runs beside the test."""

    def __init__(self, function, *arguments):
        super().__init__(daemon=True)
        self.function, self.arguments = function, arguments
        self.value = self.error = None
        self.start()

    def run(self):
        try:
            os.sched_setaffinity(0, {NEAR_CPU})
            self.value = self.function(*self.arguments)
        except OSError as error:
            self.error = error

    def result(self, seconds=SECONDS):
        """What the function returned; OSError when it failed, TimeoutError when it still runs."""
        self.join(seconds)
        if self.is_alive():
            raise TimeoutError(f"the peer's {self.function.__name__} does not end")
        if self.error is not None:
            raise self.error
        return self.value


class Connection:
    """An offloaded connection, and the kernel peer's socket."""

    def __init__(self, bed, name, setup, sock):
        self.bed, self.name, self.setup, self.sock = bed, name, setup, sock

    def query(self):
        """The connection's state, by a request."""
        return self.bed.client.command(f"query {self.name}")["objects"][0]

    def row(self):
        """The connection's row of `show tcp`."""
        return self.bed.client.command(f"show tcp {self.name}")["objects"][0]

    def wait(self, what):
        """`wait retrieved|disconnected|aborted`; its reply."""
        seconds = self.bed.deadline
        return self.bed.client.command(f"wait {what} {self.name} timeout {seconds}",
                                       timeout=seconds + 5)

    def until_state(self, *states):
        """Until the connection is in one of these states; the last one seen."""
        until(lambda: self.row()["state"] in states)
        return self.row()["state"]

    def terminate(self):
        """The host takes it back: its last state."""
        return self.bed.client.command(f"terminate {self.name}")["objects"][0]

    def close(self):
        """The peer's socket, and the offload if it still is one."""
        self.sock.close()
        with contextlib.suppress(CommandError):
            self.terminate()


class Bed:
    """A World with one link, and dpdk-chimney at its far end."""

    def __init__(self, checks, *options):
        self.checks = checks
        self.stack = contextlib.ExitStack()
        self.counter = 0
        self.connections = []
        self.hold_ahead = False         # hold a tuple before its SYN goes, if the target connects
        self.after_handshake = None     # called by open(): the link turns bad
        self.capturing = True           # without: only hashes and counters tell
        self.deadline = SECONDS         # of one transfer
        try:
            self.folder = self.stack.enter_context(
                tempfile.TemporaryDirectory(prefix="chimney-live-"))
            self.world = self.stack.enter_context(World())
            self.link = self.world.add_link()
            self.hop = self.link.hop
            self.daemon = self.stack.enter_context(self._daemon(*options))
            self.client = self.daemon.ready().client()
            self._add_paths()
        except BaseException:
            self.stack.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stack.close()

    def _daemon(self, *options, vdevs=(), wire=WIRE, workers=1):
        """A dpdk-chimney on the wire at the link's far end, and on these devices."""
        places = (NEAR_CPU, NEAR_CPU, *[FAR_CPU] * workers)
        return Daemon(
            *options, folder=self.folder, within=("ip", "netns", "exec", self.link.far_namespace),
            ports=[word for vdev in (wire.format(self.link.far_device), *vdevs)
                   for word in ("--vdev", vdev)],
            lcores=",".join(f"{lcore}@{cpu}" for lcore, cpu in enumerate(places)))

    def _add_paths(self):
        self.client.command(f"neighbor add peer mac {self.link.near_mac} "
                            f"source-mac {self.link.far_mac}")
        for version in (4, 6):
            self.client.command(f"path add ip{version} neighbor peer src {self.link.far[version]} "
                                f"dst {self.link.near[version]}")

    def _hold(self, setup):
        self.client.command(f"hold src {setup.our[0]} dst {setup.peer[0]} sport {setup.our[1]} "
                            f"dport {setup.peer[1]}")

    def open(self, service, version=4, active=False, offer=None, congestion="cubic", buffer=None):
        """A connection between the peer and the target, in the target's hands.

        service is its words of `tcp add`, cached ones too. active: the target's host connects.
        buffer is the peer's SO_RCVBUF, so that its window is small.
        """
        self.counter += 1
        name, port = f"c{self.counter}", FIRST_PORT + self.counter
        sock = near_socket(self.link, version, congestion)
        if buffer is not None:
            sock.setsockopt(1, 8, buffer)
        if active:
            sock.bind((self.link.near[version], port))
            sock.listen(1)
            setup = Setup(self.link, version, port, port, offer)
            with contextlib.closing(setup):
                if self.hold_ahead:
                    self._hold(setup)
                setup.connect(lambda _: None if self.hold_ahead else self._hold(setup))
            listener, (sock, _) = sock, sock.accept()
            listener.close()
            sock.settimeout(SECONDS)
        else:
            setup = Setup(self.link, version, port, None, offer)
            with contextlib.closing(setup):
                sock.setblocking(False)
                sock.connect_ex((self.link.far[version], port))
                setup.accept(self._hold)
            select.select([], [sock], [], SECONDS)
            sock.settimeout(SECONDS)
        if self.after_handshake is not None:
            self.after_handshake()
        self.client.command(f"tcp add {name} path ip{version} {setup.tcp_words()} "
                            f"initial-rcv-wnd {WINDOW} service {service}")
        self.connections.append(Connection(self, name, setup, sock))
        return self.connections[-1]

    def clear(self):
        """A clean link and no connections, whatever the test before left behind."""
        self.after_handshake = None
        self.hop.rules()
        self.world.tcp_options()
        for one in self.connections:
            one.close()
        self.connections = []

    def _waited_ms(self):
        """How long hop, target and test have waited for a CPU until now, in ms, all together."""
        threads = [f"/proc/{os.getpid()}/task/{os.getpid()}"]
        for process in (self.daemon.process, self.hop.process):
            folder = f"/proc/{process.pid}/task"
            threads += [f"{folder}/{thread}" for thread in os.listdir(folder)]
        waited = sum(steal_ms())
        for thread in threads:
            with open(f"{thread}/schedstat", encoding="ascii") as handle:
                waited += int(handle.read().split()[1]) / 1e6
        return waited

    @contextlib.contextmanager
    def recorded(self, name, clean=True, ended=True):
        """What goes over the target's end meanwhile is captured, and then checked by the auditor.

        clean: the hop does nothing, so that nothing may be sent again. ended: both streams came
        to their end. What the hop counted is under "hop".
        """
        path = os.path.join(self.folder, f"{self.counter}.pcap")
        found, waited = {}, self._waited_ms()
        self.hop.command("seed 1")
        if self.capturing:
            self.hop.command(f"capture b {path}")
        yield found
        self.hop.rules()
        if self.capturing:
            self.hop.command("capture off")
            slow = self._waited_ms() - waited >= SLOW_MS
            found.update(audit_live(path, self.link.far.values(), clean, slow, ended))
        stats = found["hop"] = self.hop.stats()
        outside = sum(stats[way][what] for way in ("ab", "ba")
                      for what in ("missed", "too_long", "send_errors"))
        self.checks.equal(f"{name}: nothing was lost outside of the rules", outside, 0)
        if not self.capturing:
            return
        self.checks.check(f"{name}: every frame of the target keeps the rules ({found['frames']} "
                          f"frames, {found['retransmitted']} sent again)",
                          not found["errors"], "\n      ".join(found["errors"][:8]))
        if not found["errors"] or os.environ.get("CHIMNEY_KEEP") is None:
            os.unlink(path)
        else:
            os.replace(path, os.path.join(os.environ["CHIMNEY_KEEP"], f"{name}.pcap"))


def main(*tests, options=(), beds=None):
    """Runs the tests of a script on each of its beds; the exit status.

    beds: functions that make one, given the Checks. Without: one Bed with these options.
    """
    checks = Checks()
    os.sched_setaffinity(0, {NEAR_CPU})
    try:
        for make in beds or [lambda given: Bed(given, *options)]:
            with make(checks) as bed:
                for test in tests:
                    try:
                        test(bed, checks)
                    except (OSError, CommandError) as error:
                        checks.check(f"{test.__name__} comes to its end", False, repr(error))
                    bed.clear()
                bed.client.command("terminate all")
                bed.client.command("quit")
                checks.equal("clean end", bed.daemon.end()[0], 0)
    except WorldError as error:
        checks.check("the machine allows network namespaces", False, str(error))
    return checks.end()

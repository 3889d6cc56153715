# SPDX-License-Identifier: BSD-3-Clause
"""The two processes of the quickstart: dpdk-chimney, and the peer of its second port.

Both run without hugepages and NICs, on the CPUs that there are. Whatever happens, they are ended
by their ids and leave nothing behind: Processes is a context manager.
"""
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import time

from chimney_client import Client

RING_LOG2 = 8                    # frames between the program and its peer: 256
RING = 1 << RING_LOG2
PEER_FRAMES_PER_MS = 512
START_SECONDS = 30
STOP_SECONDS = 20
SOCKET_PATH_MAX = 107            # sun_path of unix(7), its end apart
PR_SET_PDEATHSIG = 1             # prctl(2)
PRIORITY = -10                   # nice(2)


class Failure(Exception):
    """Something is not as it should be; the text says what."""


class Cpus:
    """Which CPUs do what. The worker has one of its own if that can be helped.

    Where control shares one with others it sleeps when it is idle: then it runs at once when it is
    needed, while one that polls all the time has to wait for its turn.
    """

    def __init__(self, cpus):
        main, control, worker, peer = {1: (0, 0, 0, 0), 2: (0, 0, 1, 0), 3: (0, 1, 2, 0)}.get(
            len(cpus), (0, 1, 2, 3))
        self.chimney_lcores = f"0@{cpus[main]},1@{cpus[control]},2@{cpus[worker]}"
        self.peer_lcores = f"0@{cpus[peer]}"
        self.idle = "sleep" if control == main else "poll"


def prepare_process():
    """In a new process: go before others, whose work would show as the program's latency; and be
    ended when the process that started it is gone without a word."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    except PermissionError:
        pass                     # an ordinary user's processes wait like all others
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Processes:
    """Starts and ends dpdk-chimney and wire-peer. folder is for sockets, captures and logs."""

    def __init__(self, build, folder):
        self.build = build
        self.folder = folder
        self.prefix = f"quickstart-{os.getpid()}"
        self.cli_path = os.path.join(folder, "cli.sock")
        self.memif_path = os.path.join(folder, "memif.sock")
        self.cpus = Cpus(sorted(os.sched_getaffinity(0)))
        self.chimney = None
        self.peer = None
        if len(self.memif_path) > SOCKET_PATH_MAX:
            raise Failure(f"{folder} is too long a name for unix sockets: set TMPDIR to a "
                          "shorter one")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for process in (self.chimney, self.peer):
            if process is not None and process.poll() is None:
                process.terminate()
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        runtime = "/var/run" if os.getuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp")
        for name in ("chimney", "peer"):     # EAL leaves its files there
            shutil.rmtree(os.path.join(runtime, "dpdk", f"{self.prefix}-{name}"),
                          ignore_errors=True)

    def log_text(self, name, most=20):
        """The last lines that a process has printed."""
        try:
            with open(os.path.join(self.folder, f"{name}.log"), encoding="utf-8",
                      errors="replace") as log:
                return "".join(f"    {line}" for line in log.readlines()[-most:])
        except OSError:
            return ""

    def _spawn(self, name, arguments, **pipes):
        with open(os.path.join(self.folder, f"{name}.log"), "wb") as log:
            try:
                return subprocess.Popen(arguments, stderr=log, start_new_session=True,
                                        preexec_fn=prepare_process, **pipes)
            except OSError as error:
                raise Failure(f"{arguments[0]} does not start: {error}") from error

    def _eal(self, name, lcores, memory):
        return ["--no-huge", "-m", str(memory), "--no-pci", "--no-telemetry",
                "--lcores", lcores, "--file-prefix", f"{self.prefix}-{name}"]

    def start_peer(self, window):
        """Starts wire-peer, which offers a window of so many bytes, and returns it as a Peer.

        To be called before the program is started: the peer is memif's server.
        """
        self.peer = self._spawn("peer", [
            os.path.join(self.build, "tests", "peer", "wire-peer"),
            *self._eal("peer", self.cpus.peer_lcores, 256),
            "--vdev", f"net_memif0,role=server,id=0,socket={self.memif_path},"
                      f"socket-abstract=no,rsize={RING_LOG2}",
            "--", "--ring", str(RING), "--rate", str(PEER_FRAMES_PER_MS),
            "--window", str(window)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return Peer(self, self.peer)

    def start_chimney(self, received, sent, options):
        """Starts dpdk-chimney, its ports held, and returns a Client of it.

        Port 0 receives the frames of the file `received` and writes to `sent`; port 1 leads to the
        peer. options are the program's own, after those about ports.
        """
        self.chimney = self._spawn("chimney", [
            os.path.join(self.build, "app", "dpdk-chimney"),
            *self._eal("chimney", self.cpus.chimney_lcores, 1024),
            "--vdev", f"net_pcap0,rx_pcap={received},tx_pcap={sent}",
            "--vdev", f"net_memif0,role=client,id=0,socket={self.memif_path},"
                      f"socket-abstract=no,rsize={RING_LOG2}",
            "--", "--port", "net_pcap0=wire", "--port", "net_memif0=wire", "--hold-ports",
            "--cli", self.cli_path, "--idle", self.cpus.idle, *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return Client(self.cli_path)
            except OSError:
                pass
            try:
                self.chimney.wait(0.02)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
            raise Failure("dpdk-chimney did not start; it said:\n" + self.log_text("chimney"))

    def end_of(self, name):
        """Waits until a process that was told to stop has ended; Failure unless it did so well."""
        process = getattr(self, name)
        try:
            status = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failure(f"{name} was told to quit and did not in {STOP_SECONDS} s; it said:\n"
                          + self.log_text(name)) from None
        if status != 0:
            raise Failure(f"{name} ended with status {status}; it said:\n" + self.log_text(name))


def counted(report, mac, key="frames"):
    """What a report of the peer says of a MAC address."""
    return report["macs"].get(mac, {}).get(key, 0)


class Peer:
    """wire-peer by its commands; see tests/peer/wire_peer.c."""

    def __init__(self, processes, process):
        self.processes = processes
        self.process = process
        self.buffer = b""
        self._answer(START_SECONDS)

    def _answer(self, seconds):
        deadline = time.monotonic() + seconds
        while b"\n" not in self.buffer:
            wait = deadline - time.monotonic()
            ready = select.select([self.process.stdout], [], [], max(wait, 0))[0]
            part = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not part:
                raise Failure("wire-peer does not answer; it said:\n"
                              + self.processes.log_text("peer"))
            self.buffer += part
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def command(self, word):
        """Runs one command and returns its answer."""
        try:
            self.process.stdin.write(word.encode("ascii") + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            raise Failure(f"wire-peer is gone: {error}; it said:\n"
                          + self.processes.log_text("peer")) from error
        return self._answer(10)

    def count(self, mac, key="frames"):
        """What was counted for a MAC address since the last mark."""
        return counted(self.command("report"), mac, key)

    def quit(self):
        """Ends it."""
        self.process.stdin.write(b"quit\n")
        self.process.stdin.flush()
        self.processes.end_of("peer")

# SPDX-License-Identifier: BSD-3-Clause
"""What the system tests share: starting dpdk-chimney on virtual devices, and counting checks."""
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
from chimney_client import Client, CommandError  # noqa: E402,F401  (re-exported)

SECONDS = 60        # generous: a loaded machine must not fail a test
NULL_PORT = ("--vdev", "net_null0,no-rx=1")
THREE_LCORES = "0@0,1@0,2@0"
SMALL = ("--connections", "30000", "--paths", "1000", "--services", "1000", "--idle", "sleep")


class Checks:
    """Counts checks, prints a line for each; quiet: for those that fail."""

    def __init__(self, quiet=False):
        self.quiet = quiet
        self.passed = 0
        self.failed = 0

    def check(self, name, good, detail=""):
        """One check; detail is shown when it fails."""
        if good:
            self.passed += 1
            if not self.quiet:
                print(f"ok    {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {name}\n      {detail}", flush=True)
        return good

    def equal(self, name, found, expected):
        """One check that two values are equal."""
        return self.check(name, found == expected, f"found {found!r}, expected {expected!r}")

    def refused(self, name, client, line, *words):
        """One check that a command is refused, with all these words in the message."""
        try:
            reply = client.command(line)
        except CommandError as error:
            text = error.reply.get("error", "")
            return self.check(name, all(word in text for word in words),
                              f"'{line}': the message is {text!r}, without one of {words}")
        return self.check(name, False, f"'{line}' was accepted: {reply}")

    def end(self):
        """The closing line; the exit status."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 0 if self.failed == 0 and self.passed > 0 else 1


def build_folder():
    """Where the programs are: the first argument, or build."""
    return os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build"))


def until(condition, seconds=SECONDS):
    """Polls a condition until it holds; its last value."""
    deadline = time.monotonic() + seconds
    wait = select.poll()
    while not (value := condition()) and time.monotonic() < deadline:
        wait.poll(5)
    return value


def started_as(prefix, lcores, ports=NULL_PORT, memory=256, telemetry=False):
    """EAL's arguments for a start without hugepages and NICs."""
    return ["--no-huge", "-m", str(memory), "--no-pci", "--lcores", lcores, "--file-prefix", prefix,
            *([] if telemetry else ["--no-telemetry"]), *ports]


class Daemon:
    """A dpdk-chimney in a folder of its own; a context manager that leaves nothing behind.

    within: a command that starts it somewhere else, such as in a network namespace.
    strict: memory that is given back is overwritten, so that whoever still uses it stumbles.
    """

    number = 0

    def __init__(self, *options, lcores=THREE_LCORES, ports=NULL_PORT, memory=256,
                 telemetry=False, small=True, folder=None, eal=None, within=(), strict=False):
        Daemon.number += 1
        self.own_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="chimney-")
        self.prefix = f"chimney-{os.getpid()}-{Daemon.number}"
        self.socket = os.path.join(self.folder, "cli.sock")
        self.output = ""
        eal = started_as(self.prefix, lcores, ports, memory, telemetry) if eal is None else eal
        self.process = subprocess.Popen(
            [*within, os.path.join(build_folder(), "app", "dpdk-chimney"), *eal, "--",
             "--cli", self.socket, *(SMALL if small else ()), *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, **({"MALLOC_PERTURB_": "165"} if strict else {})})

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        runtime = "/var/run" if os.getuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp")
        shutil.rmtree(os.path.join(runtime, "dpdk", self.prefix), ignore_errors=True)
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def read_until(self, text, errors="replace"):
        """Reads what it prints until `text` comes, or it ends, or time is up. True: it came."""
        deadline = time.monotonic() + SECONDS
        while text not in self.output:
            wait = deadline - time.monotonic()
            if wait <= 0 or not select.select([self.process.stdout], [], [], wait)[0]:
                return False
            part = os.read(self.process.stdout.fileno(), 65536)
            if not part:
                return False
            self.output += part.decode(errors=errors)
        return True

    def ready(self):
        """Until it serves; returns itself."""
        if not self.read_until("ready: the CLI is at"):
            raise SystemExit(f"FAIL  dpdk-chimney does not start:\n{self.output}\n"
                             "0 passed, 1 failed")
        return self

    def end(self, errors="replace"):
        """Waits for its end; (status, everything it printed). errors: what is no UTF-8."""
        deadline = time.monotonic() + SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read_until("\0", errors)
        self.read_until("\0", errors)
        return self.process.poll(), self.output

    def client(self):
        """A conversation in JSON."""
        return Client(self.socket)

    def ctl(self, *words, text=None, json=False):
        """Runs chimneyctl; its completed process."""
        return subprocess.run(
            [os.path.join(build_folder(), "app", "chimneyctl"), "--socket", self.socket,
             *(["--json"] if json else []), *words],
            input=text, stdin=None if text is not None else subprocess.DEVNULL,
            capture_output=True, text=True, timeout=SECONDS, check=False)

    def raw(self):
        """A connected socket, the greeting read; and that greeting."""
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stream.settimeout(SECONDS)
        stream.connect(self.socket)
        greeting = b""
        while not greeting.endswith(b"\n"):
            greeting += stream.recv(1)
        return stream, greeting.decode()

    def signal(self, number=signal.SIGTERM):
        """Sends it a signal."""
        self.process.send_signal(number)

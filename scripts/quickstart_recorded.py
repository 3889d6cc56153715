# SPDX-License-Identifier: BSD-3-Clause
"""First part of the quickstart: recorded conversations of real kernels, taken over and checked."""
import json
import os
import subprocess
import sys
import time

from quickstart_processes import Failure

CAPTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "tests", "captures")
SECONDS = 30
# What a connection may be when it has answered the peer's FIN with its own.
CLOSED_STATES = ("LAST_ACK", "CLOSED")


def one_way_captures():
    """The recorded conversations in which only the client sends; others need a player (README)."""
    names = sorted(name for name in os.listdir(CAPTURES) if name.endswith(".pcap.xz")
                   and not name.endswith("-echo.pcap.xz"))
    if not names:
        raise Failure(f"there are no captures in {os.path.normpath(CAPTURES)}")
    return [os.path.join(CAPTURES, name) for name in names]


def run_tool(name, *arguments):
    """Runs a tool of tests/captures; returns its process, output and all."""
    return subprocess.run([sys.executable, "-B", os.path.join(CAPTURES, name), *arguments],
                          capture_output=True, text=True, check=False)


def mega(number):
    """Bytes as MB, for a sentence."""
    return f"{number / 1e6:.1f} MB"


class Recorded:
    """The recorded conversations, their files in `folder`, and what came of them."""

    def __init__(self, folder, say, summary):
        self.folder = folder
        self.say = say
        self.summary = summary
        self.captures = one_way_captures()
        self.expected = []

    def file(self, name):
        """The path of one of this part's files."""
        return os.path.join(self.folder, name)

    def prepare(self, prepared=None):
        """Makes the files of tests/captures/README.md, or takes those in the folder `prepared`."""
        if prepared is None:
            tool = run_tool("prepare", "--out", self.folder, *self.captures)
            if tool.returncode != 0:
                raise Failure(f"preparing the captures: {tool.stderr.strip()}")
        else:
            for name in ("peer.pcap", "offload.cli", "expect.json"):
                os.symlink(os.path.abspath(os.path.join(prepared, name)), self.file(name))
        with open(self.file("expect.json"), encoding="ascii") as handle:
            self.expected = json.load(handle)["connections"]
        self.say(f"{len(self.captures)} recordings of Linux kernels hold {len(self.expected)} "
                 "connections: IPv4 and IPv6,")
        self.say("timestamps and SACK on and off.")

    def offload(self, client):
        """Takes the connections over as their handshakes left them. The port is still held."""
        with open(self.file("offload.cli"), encoding="ascii") as handle:
            for line in handle:
                if line.strip() and not line.startswith("#"):
                    client.command(line.rstrip("\n"))
        self.say("The server's side of each is offloaded, with the state that its handshake "
                 "shows.")

    def play(self, client):
        """Lets the recorded clients play until every connection is at its end."""
        client.command("port release 0")
        client.command(f"wait disconnected all timeout {SECONDS}", SECONDS + 10)
        deadline = time.monotonic() + SECONDS
        while True:
            rows = {row["name"]: row for row in client.command(
                f"query all limit {3 * len(self.expected)}")["objects"] if row["layer"] == "tcp"}
            open_still = [one["name"] for one in self.expected
                          if rows[one["name"]]["state"] not in CLOSED_STATES]
            if not open_still:
                break
            if time.monotonic() > deadline:
                raise Failure(f"{open_still[0]}, and {len(open_still) - 1} others, did not close "
                              "after the peer's FIN")
        return rows

    def check_delivered(self, rows):
        """Every byte of the captures was delivered: number and digest, and all acknowledged."""
        for one in self.expected:
            row = rows[one["name"]]
            for what, key, expected in (("bytes delivered", "rcv_bytes", one["bytes"]),
                                        ("XXH64 of what was delivered", "digest", one["xxh64"]),
                                        ("RCV.NXT", "rcv_nxt", one["peer_end"])):
                if row[key] != expected:
                    raise Failure(f"{one['name']}: {what} is {row[key]}; the capture says "
                                  f"{expected}")
        verified = sum(one["bytes"] for one in self.expected)
        self.summary["recorded_connections"] = len(self.expected)
        self.summary["bytes_verified"] = verified
        self.say(f"The recorded clients have played: {mega(verified)} were delivered, and each "
                 f"of the {len(self.expected)} streams")
        self.say("has the hash of the recording.")

    def terminate(self, client):
        """Takes the connections back."""
        client.command("terminate all", SECONDS)
        self.say("They are terminated: the host has them back.\n")

    def audit(self):
        """Every frame that was sent is checked against the captures. After the program's end."""
        tool = run_tool("audit", "--json", "--expect", self.file("expect.json"),
                        "--tx", self.file("tx.pcap"), *self.captures)
        try:
            result = json.loads(tool.stdout)
        except ValueError:
            raise Failure(f"the frames sent could not be checked: {tool.stderr.strip()}") from None
        self.summary["frames_audited"] = result["frames"]
        if not result["ok"] or tool.returncode != 0:
            raise Failure(f"{result['error_count']} errors in the frames sent, the first: "
                          + "; ".join(result["errors"][:3]))
        if (result["connections"] != len(self.expected)
                or result["bytes_acked"] != self.summary["bytes_verified"]):
            raise Failure(f"{result['bytes_acked']} bytes of {result['connections']} connections "
                          "were acknowledged")
        self.say(f"All {result['frames']:,} frames that it sent for the recorded clients are "
                 "right: sequence and ACK")
        self.say(f"numbers, windows, timestamps, checksums; all {mega(result['bytes_acked'])} were "
                 "acknowledged.")

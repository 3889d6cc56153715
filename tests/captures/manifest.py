# SPDX-License-Identifier: BSD-3-Clause
"""Checks a fresh capture against what both programs say, and describes it in manifest.json.

A capture is refused unless it is what its name says, complete, in order, with right checksums,
and unless the byte streams in it are those that the two kernels delivered.
"""
import argparse
import hashlib
import json
import os
import re
import sys

from chimcap import FIN, CaptureError
from conversation import Takeover, endpoint_text, load_conversations


def is_complete(path, connections):
    """Whether the (perhaps still growing) capture holds every conversation to its last ACK."""
    try:
        conversations = load_conversations(path)
    except (CaptureError, OSError):
        return False
    return len(conversations) == connections and all(map(is_closed, conversations))


def is_closed(conversation):
    """Whether both sides have sent a FIN, and the other has acknowledged it."""
    for side in (True, False):
        ends = [(segment.seq + segment.length) & 0xFFFFFFFF for segment in
                (packet.segment for packet in conversation.packets if packet.from_client == side)
                if segment.flags & FIN]
        acks = [packet.segment.ack for packet in conversation.packets
                if packet.from_client != side]
        if not ends or ends[-1] not in acks:
            return False
    return True


def check_frames(conversation):
    """CaptureError unless checksums are right and each side sent every byte once, in order."""
    for packet in conversation.packets:
        segment = packet.segment
        if not segment.ip_checksum_ok() or not segment.tcp_checksum_ok():
            raise CaptureError(f"{conversation}: a frame has a wrong checksum; "
                               "offloads must be off on both ends of the veth")
        if len(segment.data) > 1514:
            raise CaptureError(f"{conversation}: a frame has {len(segment.data)} bytes; "
                               "offloads must be off on both ends of the veth")
    for side in ("client", "server"):
        if not Takeover(conversation, side).received.in_order:
            raise CaptureError(f"{conversation}: something was sent again or out of order")


def check_options(conversation, view, name):
    """CaptureError unless the options agreed on are those in the capture's name."""
    words = name.split("-")
    version, timestamps, sack = (6 if "v6" in words else 4), "ts" in words, "sack" in words
    if (conversation.version, view.timestamps, view.sack) != (version, timestamps, sack):
        raise CaptureError(f"{conversation}: IPv{conversation.version}, timestamps "
                           f"{view.timestamps}, SACK {view.sack} is not what '{name}' says")


def stream_entry(stream, report, who):
    """The manifest's entry for one direction; CaptureError when the kernel delivered others."""
    entry = {"bytes": len(stream.data), "sha256": stream.sha256()}
    told = {"bytes": report["bytes"], "sha256": report["sha256"]}
    if entry != told:
        raise CaptureError(f"the capture says {entry}, but the {who}'s kernel delivered {told}")
    return entry


def describe(options):
    """The manifest's entry for one capture."""
    reports = []
    for path in (options.server_report, options.client_report):
        with open(path, encoding="ascii") as handle:
            reports.append({tuple(one["client"]): one for one in json.load(handle)})
    connections = []
    for conversation in load_conversations(options.pcap):
        view = Takeover(conversation, "server")
        check_frames(conversation)
        check_options(conversation, view, options.name)
        if not view.closes_second():
            raise CaptureError(f"{conversation}: the client did not close first")
        if "echo" not in options.name and view.sent.data:
            raise CaptureError(f"{conversation}: the server sent data in a one-way capture")
        connections.append({
            "client": endpoint_text(conversation.client),
            "server": endpoint_text(conversation.server),
            "frames": len(conversation.packets),
            "to_server": stream_entry(view.received, reports[0][conversation.client], "server"),
            "to_client": stream_entry(view.sent, reports[1][conversation.client], "client"),
        })
    if len(connections) != len(reports[0]):
        raise CaptureError(f"{len(connections)} conversations in the capture, but "
                           f"{len(reports[0])} in the server's report")
    with open(options.file, "rb") as handle:
        digest = hashlib.sha256(handle.read()).hexdigest()
    return {"file": os.path.basename(options.file), "sha256": digest,
            "kernel": re.match(r"\d+\.\d+", os.uname().release).group(),
            "ip": 6 if "v6" in options.name else 4,
            "timestamps": view.timestamps, "sack": view.sack, "connections": connections}


def add(options):
    """Puts a capture's entry into the manifest, in place of an older one of that name."""
    manifest = {}
    if os.path.exists(options.manifest):
        with open(options.manifest, encoding="ascii") as handle:
            manifest = json.load(handle)
    manifest[options.name] = describe(options)
    with open(options.manifest, "w", encoding="ascii") as handle:
        json.dump(manifest, handle, indent=1, sort_keys=True)
        handle.write("\n")


def main():
    """Reads the command line and does what it says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    jobs = parser.add_subparsers(dest="job", required=True, metavar="complete|add")
    part = jobs.add_parser("complete", help="exit 0 when the capture holds whole conversations")
    part.add_argument("--pcap", required=True)
    part.add_argument("--connections", type=int, required=True)
    part = jobs.add_parser("add", help="check a capture and put it into the manifest")
    for name, text in (("name", "of the capture, for example v4-ts-sack"),
                       ("pcap", "the capture, not packed"), ("file", "the packed capture"),
                       ("server-report", "what the server's kernel delivered"),
                       ("client-report", "what the client's kernel delivered"),
                       ("manifest", "the file to add to")):
        part.add_argument(f"--{name}", required=True, help=text)
    options = parser.parse_args()
    if options.job == "complete":
        sys.exit(0 if is_complete(options.pcap, options.connections) else 1)
    try:
        add(options)
    except CaptureError as error:
        sys.exit(f"manifest: {options.name}: {error}")


if __name__ == "__main__":
    main()

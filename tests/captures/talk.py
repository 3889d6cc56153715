# SPDX-License-Identifier: BSD-3-Clause
"""The two programs whose conversations are recorded: a client and a server on plain sockets.

In bulk mode the client sends its bytes on every connection at once and closes; the server only
reads, and closes when it has read the end. In echo mode the client sends a message, waits until
the server has sent the same bytes back, and sends the next. Both write a report (JSON) of the
bytes that their kernel delivered to them, for comparison with the capture.
"""
import argparse
import hashlib
import json
import os
import socket
import sys
import threading

WORDS = ("neighbor path segment window timestamp handle worker mailbox drain offload invalidate "
         "retrieve relink terminate query update placeholder linker dependent block status "
         "connection acknowledgment sequence retransmission control lcore indication").split()
DEADLINE_S = 60
# Bounds what is in flight on all connections together to fewer than the 1,000 packets that a
# Linux receiver queues by default (net.core.netdev_max_backlog): the captures are to be lossless.
SEND_BUFFER = 100000


class Random:
    """A linear congruential generator: the same numbers with every version of Python."""

    def __init__(self, seed):
        self.state = (seed * 2654435761 + 12345) & 0xFFFFFFFF

    def below(self, limit):
        """The next number from 0 to limit - 1."""
        self.state = (self.state * 1664525 + 1013904223) & 0xFFFFFFFF
        return (self.state >> 8) % limit


def make_payload(seed, size):
    """size bytes of numbered lines out of 16 sentences: packs well, and no two places are alike."""
    random = Random(seed)
    sentences = [" ".join(WORDS[random.below(len(WORDS))] for _ in range(28))
                 for _ in range(16)]
    lines, length, number = [], 0, 0
    while length < size:
        lines.append(f"{seed} line {number:06d}: {sentences[random.below(16)]}\n")
        length += len(lines[-1])
        number += 1
    return "".join(lines).encode()[:size]


def chunk_sizes(seed, size):
    """Sizes of the client's writes, from 1 byte to 32 KiB, so that segments are not all alike."""
    random = Random(seed + 1)
    while size > 0:
        chunk = min(size, 1 + random.below(random.below(2) and 32768 or 2000))
        yield chunk
        size -= chunk


def new_socket(address):
    """A TCP socket for the address's family, with a congestion control that does not pace."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
    sock.settimeout(DEADLINE_S)
    return sock


def read_all(sock, size):
    """Exactly size bytes; EOFError when the peer closes before."""
    data = bytearray()
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise EOFError(f"connection closed after {len(data)} of {size} bytes")
        data += part
    return bytes(data)


def serve_one(sock, echo, reports):
    """Reads to the end of the stream, sends it back in echo mode, closes."""
    parts = []
    while True:
        part = sock.recv(262144)
        if not part:
            break
        parts.append(part)
        if echo:
            sock.sendall(part)
    peer = sock.getpeername()
    sock.close()
    data = b"".join(parts)
    reports.append({"client": [peer[0], peer[1]], "bytes": len(data),
                    "sha256": hashlib.sha256(data).hexdigest()})


def take_turns(turns, echo):
    """Sends one write of every connection in turn until all are through; closes each at its end.

    A turn is (socket, bytes to send, iterator of write sizes, bytes that came back).
    """
    offsets = dict.fromkeys(range(len(turns)), 0)
    while offsets:
        for number in list(offsets):
            sock, data, sizes, returned = turns[number]
            size = next(sizes, None)
            if size is None:
                sock.shutdown(socket.SHUT_WR)
                del offsets[number]
                continue
            sock.sendall(data[offsets[number]:offsets[number] + size])
            offsets[number] += size
            if echo:
                returned += read_all(sock, size)


def write_report(reports, path):
    """Writes what the kernel delivered on each connection."""
    with open(path, "w", encoding="ascii") as handle:
        json.dump(reports, handle)


def server(options):
    """Accepts as many connections as were asked for, each served by a thread of its own."""
    listener = new_socket(options.address)
    listener.bind((options.address, options.port))
    listener.listen(options.connections)
    print("ready", flush=True)
    reports, threads = [], []
    for _ in range(options.connections):
        sock, _ = listener.accept()
        sock.settimeout(DEADLINE_S)
        threads.append(threading.Thread(target=serve_one, daemon=True,
                                        args=(sock, options.echo, reports)))
        threads[-1].start()
    for thread in threads:
        thread.join(DEADLINE_S)
    if len(reports) != len(threads):
        sys.exit(f"talk: {len(reports)} of {len(threads)} conversations came to their end")
    write_report(reports, options.report)


def client(options):
    """Opens all connections, then sends on all of them at once."""
    turns = []
    for number, size in enumerate(options.sizes):
        sock = new_socket(options.address)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, options.echo)
        sock.bind(("", options.source_port + number))
        sock.connect((options.address, options.port))
        seed = options.seed + number
        turns.append((sock, make_payload(seed, size), chunk_sizes(seed, size), bytearray()))
    take_turns(turns, options.echo)
    reports = []
    for sock, _, _, returned in turns:
        name = sock.getsockname()
        if sock.recv(1):
            raise EOFError("the server sent more than it should")
        sock.close()
        reports.append({"client": [name[0], name[1]], "bytes": len(returned),
                        "sha256": hashlib.sha256(returned).hexdigest()})
    write_report(reports, options.report)


def main():
    """Reads the command line and runs one of the two sides."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--echo", action="store_true", help="the server sends everything back")
    parser.add_argument("--address", required=True, help="the server's address")
    parser.add_argument("--port", type=int, required=True, help="the server's port")
    parser.add_argument("--report", required=True, metavar="FILE", help="where the report goes")
    sides = parser.add_subparsers(required=True, metavar="client|server")
    part = sides.add_parser("server", help="accept, read to the end, close")
    part.add_argument("--connections", type=int, required=True, help="how many to accept")
    part.set_defaults(run=server)
    part = sides.add_parser("client", help="connect, send, close")
    part.add_argument("--source-port", type=int, required=True, help="of the first connection")
    part.add_argument("--seed", type=int, required=True, help="of the first connection's bytes")
    part.add_argument("sizes", type=int, nargs="+", metavar="BYTES", help="one per connection")
    part.set_defaults(run=client)
    options = parser.parse_args()
    # Both sides on one CPU: a veth queues packets for the CPU that sends them, so that two
    # sending CPUs change the order of a conversation's segments.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    options.run(options)


if __name__ == "__main__":
    main()

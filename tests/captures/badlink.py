# SPDX-License-Identifier: BSD-3-Clause
"""A link that does to named segments what a plan says, for recordings whose losses are known.

Stands between two interfaces like tests/live/hop.c, which draws its losses; here a segment is
named by its place in the stream and by how often it was sent, so that a loss can be repeated with
another sender. Used by record_bad.
"""
import contextlib
import heapq
import os
import select
import socket
import struct
import threading
import time

from chimcap import ACK, SYN, CaptureError, Frame, parse_frame, seq_diff

# What the module socket has no names for.
SOL_PACKET, PACKET_STATISTICS, PACKET_IGNORE_OUTGOING, ETH_P_ALL = 263, 6, 23, 3
SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35
FRAME_MAX = 2048


class Plan:
    """What happens to the segments of one conversation whose data goes one way.

    Data is named (k, n): the n-th time that a segment beginning in the k-th segment's place is
    sent, both from 0 and 1. lose, twice: sets of these; late: extra milliseconds by name; what
    is twice comes again right behind itself. acks_lost: places of bare ACKs of the other way,
    counted from the first after the handshake. pause_ms: how long the receiver, with a small
    buffer, reads nothing.
    """

    def __init__(self, lose=(), late=None, twice=(), acks_lost=(), pause_ms=0):
        self.lose, self.twice, self.acks_lost = set(lose), set(twice), set(acks_lost)
        self.late = dict(late or {})
        self.pause_ms = pause_ms

    def events(self):
        """How many things are to happen."""
        return len(self.lose) + len(self.twice) + len(self.acks_lost) + len(self.late)


class Run:
    """A plan in the course of one conversation, with this port of the server."""

    def __init__(self, plan, mss, port):
        self.plan, self.mss, self.port = plan, mss, port
        self.start = {}         # by sender: sequence number of the first byte
        self.sent = {}          # by (sender, k): how often
        self.acks = 0
        self.done = []

    def fate(self, side, segment):
        """(lost, copies, extra ms) of a segment that comes from a side."""
        if self.port not in (segment.sport, segment.dport):
            return False, 1, 0      # what is left of an earlier conversation
        if segment.flags & SYN:
            self.start[side] = (segment.seq + 1) & 0xFFFFFFFF
            return False, 1, 0
        if segment.has_payload:
            return self._fate_of_data(side, segment)
        if segment.flags != ACK or len(self.start) < 2 \
                or seq_diff(segment.ack, self.start[1 - side]) <= 0:
            return False, 1, 0
        place, self.acks = self.acks, self.acks + 1
        if place in self.plan.acks_lost:
            self.done.append(["ack lost", place])
            return True, 0, 0
        return False, 1, 0

    def _fate_of_data(self, side, segment):
        k = seq_diff(segment.seq, self.start[side]) // self.mss
        n = self.sent[side, k] = self.sent.get((side, k), 0) + 1
        if (k, n) in self.plan.lose:
            self.done.append(["lost", k, n])
            return True, 0, 0
        if (k, n) in self.plan.twice:
            self.done.append(["twice", k, n])
            return False, 2, 0
        if (k, n) in self.plan.late:
            self.done.append(["late", k, n])
        return False, 1, self.plan.late.get((k, n), 0)


class BadLink:
    """The link itself: a thread between two packet sockets, with a fixed delay each way."""

    def __init__(self, namespace, side_a, side_b):
        from world import inside    # world.py needs the build's folder, a recording only
        with inside(namespace):
            self.sockets = [self._open(name) for name in (side_a, side_b)]
        self.delay_ns = 0
        self.run = None
        self.waiting, self.number = [], 0
        self.wake_read, self.wake_write = os.pipe()
        self.thread = threading.Thread(target=self._pass, daemon=True)
        self.thread.start()

    @staticmethod
    def _open(name):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        sock.bind((name, ETH_P_ALL))
        sock.setblocking(False)
        return sock

    def begin(self, plan, mss, port, delay_ms):
        """The next conversation."""
        self.delay_ns = int(delay_ms * 1e6)
        self.run = Run(plan, mss, port)
        return self.run

    def _take(self, side, now):
        with contextlib.suppress(BlockingIOError):
            while True:
                data = self.sockets[side].recv(FRAME_MAX)
                segment = parse_frame(data)
                lost, copies, extra = False, 1, 0
                if segment is not None and self.run is not None:
                    lost, copies, extra = self.run.fate(side, segment)
                due = now + self.delay_ns + int(extra * 1e6)
                for _ in range(0 if lost else copies):
                    self.number += 1
                    heapq.heappush(self.waiting, (due, self.number, 1 - side, data))

    def _pass(self):
        poll = select.poll()
        for watched in (*self.sockets, self.wake_read):
            poll.register(watched, select.POLLIN)
        ends = {sock.fileno(): side for side, sock in enumerate(self.sockets)}
        while True:
            wait = None
            if self.waiting:
                wait = max(0, (self.waiting[0][0] - time.monotonic_ns()) / 1e6)
            for descriptor, _ in poll.poll(wait):
                if descriptor == self.wake_read:
                    return
                self._take(ends[descriptor], time.monotonic_ns())
            while self.waiting and self.waiting[0][0] <= time.monotonic_ns():
                _, _, side, data = heapq.heappop(self.waiting)
                self.sockets[side].send(data)

    def end(self):
        """Ends the link; world.py calls this as it does the hop's."""
        os.write(self.wake_write, b".")
        self.thread.join()
        for sock in self.sockets:
            sock.close()


class Tap:
    """Everything that an interface sends and receives, in the order and at the times of its kernel."""

    QUIET_MS = 500

    def __init__(self, namespace, device):
        from world import inside
        self.frames = []
        with inside(namespace):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
        self.sock.bind((device, ETH_P_ALL))

    def __enter__(self):
        return self

    def until_quiet(self):
        """Takes what was seen, until nothing has come for a while."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        while poll.poll(self.QUIET_MS):
            data, ancillary, _, _ = self.sock.recvmsg(FRAME_MAX, 64)
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
            self.frames.append(Frame(seconds * 10**9 + nanoseconds, data))
        dropped = struct.unpack("II", self.sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
        if dropped:
            raise CaptureError(f"{dropped} frames were not captured; record again")

    def __exit__(self, *unused):
        self.sock.close()

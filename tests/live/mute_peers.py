# SPDX-License-Identifier: BSD-3-Clause
"""Peers that send and do not read, more than the packet pool has buffers for; then they read.

All peers are this program, on the other end of a TAP. Each has a connection to the service `echo`, sends one segment to it
and announces a closed window, so that the target has to keep what it accepts. Frames of tuples that are held are
sent until these take no more either. Beside them one connection whose peer reads makes an exchange after the other, and the CLI is
asked. Then the windows open, what was not acknowledged is sent again, and everybody is to get every byte back.
"""
import array
import select
import socket
import struct
import time

from world import SECONDS, inside, run
from frames import ACK, PSH, checksum
from harness import Daemon, until

OURS, PEER = bytes([10, 0, 0, 1]), bytes([10, 128, 0, 1])
OUR_FIRST, PORTS, PEER_FIRST = 1024, 65536 - 1024, 5001     # the connections of `bulk add`
PEER_MAC = bytes([2, 0, 0, 0, 0, 0])
READER_PORT, HELD_PORT = 4000, 3000         # ports of the peer that no bulk group has
TEXT = 512
HELD, HELD_FRAMES = 64, 64
ALONE = 100                 # questions before anything else goes on
AT_ONCE = 128               # frames between two looks at the socket
WINDOW = 60000
PATTERN = bytes(range(251)) * 5
# Of the machine: when the same bytes are sent again.
AGAIN = 0.3                 # s


class Peers:
    """The far ends of all connections, and the socket that they have in common."""

    def __init__(self, namespace, device, count):
        with inside(namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
            self.socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)     # SO_RCVBUFFORCE
            self.socket.bind((device, 0))
        self.socket.setblocking(False)
        self.header = self.socket.getsockname()[4] + PEER_MAC + b"\x08\x00"
        self.sent = bytearray(count)            # has the target acknowledged this one's text?
        self.got = array.array("H", bytes(2 * count))       # bytes that it has got back
        self.wrong = 0                          # frames with other bytes than were sent
        self.reader_sent = self.reader_got = 0
        self.closed = True                      # do they announce no room?

    @staticmethod
    def text(index):
        """What a peer sends."""
        return PATTERN[index % 251:index % 251 + TEXT]

    @staticmethod
    def ports(index):
        """(the peer's, ours) of a connection."""
        return PEER_FIRST + index // PORTS, OUR_FIRST + index % PORTS

    def send(self, ports, seq, ack, window, text=b""):
        """One segment to the target. A full queue of the TAP is waited for."""
        tcp = struct.pack("!HHIIBBHHH", *ports, seq, ack, 5 << 4, ACK | (PSH if text else 0), window, 0, 0)
        pseudo = PEER + OURS + struct.pack("!BBH", 0, 6, len(tcp) + len(text))
        tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp + text)) + tcp[18:]
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(text), 7, 0x4000, 64, 6, 0, PEER, OURS)
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        while True:
            try:
                self.socket.send(self.header + ip + tcp + text)
                return
            except (BlockingIOError, OSError) as error:
                if error.errno not in (11, 105):        # EAGAIN, ENOBUFS
                    raise
                select.select([], [self.socket], [], 0.01)

    def offer(self, index):
        """A peer sends its text as long as that is not acknowledged, then its window."""
        text = b"" if self.sent[index] else self.text(index)
        self.send(self.ports(index), 1 + (0 if text else TEXT), 1 + self.got[index],
                  0 if self.closed else WINDOW, text)

    def receive(self):
        """Everything that has come."""
        while True:
            try:
                frame, address = self.socket.recvfrom(2048)
            except BlockingIOError:
                return
            if address[2] != socket.PACKET_OUTGOING and frame[23] == 6:
                self.take(frame)

    def take(self, frame):
        """One segment of the target's."""
        ours, port, seq, ack = struct.unpack_from("!HHII", frame, 34)
        length = struct.unpack_from("!H", frame, 16)[0]
        text = frame[34 + (frame[46] >> 4) * 4:14 + length]
        if port == READER_PORT:
            if text and seq == 1 + self.reader_got:
                self.reader_got += len(text)
                self.send((READER_PORT, ours), 1 + self.reader_sent, 1 + self.reader_got, WINDOW)
            return
        if port < PEER_FIRST:
            return
        index = (port - PEER_FIRST) * PORTS + ours - OUR_FIRST
        self.sent[index] |= ack == 1 + TEXT
        if not text:
            return
        # What comes into a closed window is a probe: answered, and not taken.
        if not self.closed and seq == 1 + self.got[index]:
            self.wrong += text != self.text(index)[seq - 1:seq - 1 + len(text)]
            self.got[index] += len(text)
        self.offer(index)

    def exchange(self):
        """The reader's next 100 bytes, there and back; False when they do not come."""
        goal = self.reader_got + 100
        start, deadline = self.reader_sent, time.monotonic() + SECONDS
        self.reader_sent += 100
        while self.reader_got < goal:
            if time.monotonic() > deadline:
                return False
            self.send((READER_PORT, 999), 1 + start, 1 + self.reader_got, WINDOW, PATTERN[:100])
            again = time.monotonic() + AGAIN
            while self.reader_got < goal and (left := again - time.monotonic()) > 0:
                select.select([self.socket], [], [], left)
                self.receive()
        return True


class Asked:
    """The CLI, asked again and again, and how long each reply took."""

    def __init__(self, client):
        self.client, self.taken_ms, self.alone_ms = client, [], []
        for _ in range(ALONE):
            self.ask()
        self.alone_ms, self.taken_ms = self.taken_ms, []

    def ask(self):
        """One command of a few rows; the counters."""
        began = time.monotonic()
        counters = self.client.command("show counters")["workers"]
        self.client.command("show tcp limit 10")
        self.taken_ms.append((time.monotonic() - began) * 1000)
        return counters


def exhaust(peers, asked, count):
    """Sends until everything that may be kept is; what the reader saw of it: (exchanges, all came)."""
    exchanges, good = 0, True
    for lap in range(2):
        for index in range(count):
            peers.offer(index)
            if index % AT_ONCE:
                continue
            held = (HELD_PORT, 1 + index // AT_ONCE % HELD)
            for _ in range(HELD_FRAMES if lap == 0 and index // AT_ONCE < HELD else 1):
                peers.send(held, 1, 1, WINDOW, PATTERN[:TEXT])
            peers.receive()
            if index % (8 * AT_ONCE) == 0:
                good = peers.exchange() and good
                exchanges += 1
                asked.ask()
    return exchanges, good


def recover(peers, asked, count):
    """The windows are open: everybody sends until its text is back; is it, of all?"""
    peers.closed = False
    deadline = time.monotonic() + 5 * SECONDS
    while (left := [index for index in range(count) if peers.got[index] < TEXT]):
        if time.monotonic() > deadline:
            return False
        for number, index in enumerate(left):
            peers.offer(index)
            if number % AT_ONCE == 0:
                peers.receive()
            if number % (8 * AT_ONCE) == 0:
                asked.ask()
        settle = time.monotonic() + AGAIN
        while (wait := settle - time.monotonic()) > 0 and \
                select.select([peers.socket], [], [], wait)[0]:
            peers.receive()
    return True


def run_mute(world, count, mbufs, checks):
    """All of it; what was asked of the CLI."""
    namespace, device = world.add_namespace("mute"), "mute"
    options = ("--port", "0=wire", "--mbufs", str(mbufs), "--connections", str(count + 1000),
               "--services", str(count + 1000), "--paths", "16", "--idle", "sleep")
    with Daemon(*options, ports=("--vdev", f"net_tap0,iface={device}"), memory=512, small=False,
                within=("ip", "netns", "exec", namespace)) as daemon:
        client = daemon.ready().client()
        run("ip", "-n", namespace, "link", "set", device, "up")
        closed = "service echo snd-wnd 0 max-snd-wnd 60000"
        client.command(f"bulk add m connections {count} paths 1 neighbors 1 timeout 600 {closed}")
        client.command(f"tcp add reader path m.p0 sport 999 "
                       f"dport {READER_PORT} service echo")
        for number in range(HELD):
            client.command(f"hold src 10.0.0.1 dst 10.128.0.1 sport {1 + number} dport {HELD_PORT}")
        asked = Asked(daemon.client())
        free = client.command("show memory")
        peers = Peers(namespace, device, count)
        checks.check("W2: the reader is served before", peers.exchange())
        exchanges, good = exhaust(peers, asked, count)
        counters = asked.ask()
        checks.check("W2: everything that may be kept was", counters["rx_no_room"] > 0
                     and counters["held_dropped"] > 0, counters)
        checks.check("W2: a connection that is not involved goes on all the while", good, exchanges)
        checks.check("W2: when the peers read, every byte of all comes back",
                     recover(peers, asked, count) and not peers.wrong,
                     f"{sum(got < TEXT for got in peers.got)} not, {peers.wrong} wrong")
        checks.check("the reader still is", peers.exchange())
        for number in range(HELD):
            client.command(f"release src 10.0.0.1 dst 10.128.0.1 sport {1 + number} "
                           f"dport {HELD_PORT}")
        client.command("terminate all timeout 600")
        checks.check("no buffer is kept in the end", until(
            lambda: client.command("show memory").get("mbufs_in_use") ==
            free.get("mbufs_in_use")), client.command("show memory"))
        client.command("quit")
        checks.equal("clean end", daemon.end()[0], 0)
    return asked

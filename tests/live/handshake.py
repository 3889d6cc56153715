# SPDX-License-Identifier: BSD-3-Clause
"""Plays the host stack's part of a connection's set-up, and hands the connection to dpdk-chimney.

The handshake is played by frames of our own on the wire port's interface, where no kernel has the
address. What both sides agreed on becomes the words of `tcp add` (docs/cli.md). From before the
peer knows that it is connected until the connection is offloaded, the program holds its frames,
so that none is lost in between.
"""
import dataclasses
import select
import socket
import struct
import time

from world import inside    # first: it knows where the others are
from chimcap import (ACK, CWR, ECE, FrameError, SYN, fix_checksums, mac_bytes, parse_frame,
                     seq_diff)
from harness import SECONDS

ETH_P_ALL = 3
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23
# Our numbers begin just before they wrap: sequence numbers after 4 KiB, timestamps after 2 s.
FIRST_SEQ = 0xFFFFF000
FIRST_TIME = 0xFFFFF800
HEADERS = {4: 40, 6: 60}


@dataclasses.dataclass
class Offer:
    """What our side offers in its SYN or SYN-ACK."""

    mtu: int = 1500
    sack: bool = True
    timestamps: bool = True
    wscale: int | None = 7
    ecn: bool = False
    window: int = 65535


class TimestampClock:
    """Our timestamp clock, in ms."""

    def __init__(self):
        self.began = time.monotonic()

    def now(self):
        """The TSval of a segment sent now."""
        return FIRST_TIME + int((time.monotonic() - self.began) * 1000) & 0xFFFFFFFF


class Setup:
    """One handshake with the peer. our and peer are (address, port); peer's port may come later."""

    def __init__(self, link, version, our_port, peer_port=None, offer=None):
        self.link, self.version = link, version
        self.our = (link.far[version], our_port)
        self.peer = (link.near[version], peer_port)
        self.offer = offer or Offer()
        self.clock = TimestampClock()
        self.syn = None             # the peer's SYN or SYN-ACK
        self.last = None            # the peer's last segment of the handshake
        self.ecn = False
        self.sent = 0               # frames of ours
        with inside(link.far_namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self.socket.bind((link.far_device, ETH_P_ALL))

    def close(self):
        """Stops listening on the wire."""
        self.socket.close()

    def _receive(self, what, wanted):
        """The next segment from the peer to our port that is wanted."""
        deadline = time.monotonic() + SECONDS
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self.socket], [], [], left)[0]:
                break
            try:
                segment = parse_frame(self.socket.recv(65536))
            except FrameError:
                continue
            if segment is not None and (segment.dst, segment.dport) == self.our \
                    and segment.src == self.peer[0] \
                    and self.peer[1] in (None, segment.sport) and wanted(segment):
                return segment
        raise TimeoutError(f"the handshake of port {self.our[1]}: no {what} from the peer")

    def _options(self, syn):
        """The options of our SYN, of our SYN-ACK (only what the peer offered), or of our ACK."""
        offered, text = self.syn, b""
        if syn:
            text += struct.pack("!BBH", 2, 4, self.offer.mtu - HEADERS[self.version])
            if self.offer.wscale is not None and (offered is None or offered.wscale is not None):
                text += struct.pack("!BBBB", 1, 3, 3, self.offer.wscale)
            if self.offer.sack and (offered is None or offered.sack_permitted):
                text += bytes([1, 1, 4, 2])
        if self.offer.timestamps and (offered is None or offered.timestamps):
            recent = offered.timestamps[0] if offered is not None else 0
            text += struct.pack("!BBBBII", 1, 1, 8, 10, self.clock.now(), recent)
        return text

    def _send(self, flags, seq, ack):
        """One segment to the peer."""
        options = self._options(flags & SYN)
        tcp = struct.pack("!HHIIBBHHH", self.our[1], self.peer[1], seq & 0xFFFFFFFF, ack,
                          (20 + len(options)) // 4 << 4, flags,
                          self.offer.window if flags & SYN else self.window() >> self.rcv_wscale(),
                          0, 0) + options
        addresses = b"".join(socket.inet_pton(
            socket.AF_INET6 if self.version == 6 else socket.AF_INET, address)
            for address in (self.our[0], self.peer[0]))
        if self.version == 4:
            ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0) + addresses
            kind = b"\x08\x00"
        else:
            ip = struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64) + addresses
            kind = b"\x86\xdd"
        self.sent += 1
        self.socket.send(fix_checksums(mac_bytes(self.link.near_mac) + mac_bytes(self.link.far_mac)
                                       + kind + ip + tcp))

    def scaled(self):
        """Whether both sides offered window scaling."""
        return self.offer.wscale is not None and self.syn.wscale is not None

    def rcv_wscale(self):
        """The shift of our windows."""
        return self.offer.wscale if self.scaled() else 0

    def window(self):
        """Our window after the handshake: what can be said, and no more than was offered."""
        return self.offer.window >> self.rcv_wscale() << self.rcv_wscale()

    def accept(self, hold):
        """The peer connects to us, and has sent its SYN or will; hold() holds the tuple."""
        self.syn = self._receive("SYN", lambda one: one.flags & (SYN | ACK) == SYN)
        self.peer = (self.peer[0], self.syn.sport)
        self.ecn = self.offer.ecn and self.syn.flags & (ECE | CWR) == ECE | CWR
        hold(self)
        self._send(SYN | ACK | (ECE if self.ecn else 0), FIRST_SEQ, self.syn.seq + 1 & 0xFFFFFFFF)
        self.last = self._receive("ACK", lambda one: one.flags & (SYN | ACK) == ACK
                                  and one.ack == FIRST_SEQ + 1)
        self.close()

    def connect(self, hold):
        """We connect to a listening peer."""
        self._send(SYN | (ECE | CWR if self.offer.ecn else 0), FIRST_SEQ, 0)
        self.syn = self._receive("SYN-ACK", lambda one: one.flags & (SYN | ACK) == SYN | ACK
                                 and one.ack == FIRST_SEQ + 1)
        self.ecn = self.offer.ecn and self.syn.flags & (ECE | CWR) == ECE
        self.last = self.syn
        hold(self)
        self._send(ACK, FIRST_SEQ + 1, self.syn.seq + 1 & 0xFFFFFFFF)
        self.close()

    def tcp_words(self):
        """The words of `tcp add` that say what was agreed on."""
        first = FIRST_SEQ + 1
        snd_wnd = self.last.window << (0 if self.last.flags & SYN or not self.scaled()
                                       else self.syn.wscale)
        # Of a SYN the window is not scaled: what was promised by ours stands.
        rcv_wnd = self.offer.window if not self.last.flags & SYN else self.window()
        words = (f"sport {self.our[1]} dport {self.peer[1]} state established"
                 f" rcv-nxt {self.syn.seq + 1 & 0xFFFFFFFF} rcv-wnd {rcv_wnd}"
                 f" snd-una {first} snd-nxt {first} snd-wnd {snd_wnd}"
                 f" mss {self.syn.mss or 536}")
        if self.scaled():
            words += f" snd-wscale {self.syn.wscale} rcv-wscale {self.offer.wscale}"
        if self.offer.timestamps and self.syn.timestamps:
            recent = self.last.timestamps[0]
            if seq_diff(recent, self.syn.timestamps[0]) < 0:
                recent = self.syn.timestamps[0]
            words += f" timestamps ts-recent {recent} ts-val {self.clock.now()}"
        if self.offer.sack and self.syn.sack_permitted:
            words += " sack"
        return words + (" ecn" if self.ecn else "")

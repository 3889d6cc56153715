# SPDX-License-Identifier: BSD-3-Clause
"""Sorts a capture into TCP conversations and says what a side that is taken over would know.

A conversation begins with the client's SYN. A Takeover is one conversation as one of its two
sides sees it: the state after the handshake, what the peer sends after it, and both byte streams.
"""
import hashlib

from chimcap import (ACK, CWR, ECE, FIN, SYN, CaptureError, FrameError, parse_frame, read_pcap,
                     seq_diff)

DEFAULT_MSS = {4: 536, 6: 1220}    # without an MSS option: RFC 9293 section 3.7.1


class Packet:
    """A frame of a conversation: the Frame, its Segment, and whether the client sent it."""

    __slots__ = ("frame", "segment", "from_client")

    def __init__(self, frame, segment, from_client):
        self.frame = frame
        self.segment = segment
        self.from_client = from_client


class Conversation:
    """One TCP conversation of a capture: all its packets, and its handshake."""

    def __init__(self, first):
        segment = first.segment
        self.client = (segment.src, segment.sport)
        self.server = (segment.dst, segment.dport)
        self.version = segment.version
        self.packets = [first]
        self.syn = segment
        self.syn_ack = None
        self.handshake_ack = None

    def __str__(self):
        return f"{endpoint_text(self.client)} -> {endpoint_text(self.server)}"

    def add(self, frame, segment):
        """Takes the next packet, in the order of the capture."""
        from_client = (segment.src, segment.sport) == self.client
        packet = Packet(frame, segment, from_client)
        self.packets.append(packet)
        if segment.flags & SYN:
            if from_client or self.syn_ack is not None:
                raise CaptureError(f"{self}: a SYN was sent twice; record again")
            self.syn_ack = segment
        elif from_client and self.handshake_ack is None:
            self.handshake_ack = segment

    def require_handshake(self):
        """CaptureError unless the three segments of the handshake are there and fit together."""
        if self.syn_ack is None or self.handshake_ack is None:
            raise CaptureError(f"{self}: the capture does not hold the whole handshake")
        if (self.syn_ack.ack != (self.syn.seq + 1) & 0xFFFFFFFF
                or self.handshake_ack.ack != (self.syn_ack.seq + 1) & 0xFFFFFFFF
                or self.handshake_ack.seq != (self.syn.seq + 1) & 0xFFFFFFFF):
            raise CaptureError(f"{self}: sequence numbers of the handshake do not fit together")


def endpoint_text(endpoint):
    """An endpoint as 10.0.0.1:80 or [fd00::1]:80."""
    address, port = endpoint
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def load_conversations(path):
    """All conversations of a capture in the order of their SYNs; frames not TCP are left out."""
    found = {}
    for number, frame in enumerate(read_pcap(path), 1):
        if frame.wire_length != len(frame.data):
            raise CaptureError(f"{path}: frame {number} was cut to {len(frame.data)} of "
                               f"{frame.wire_length} bytes; record with a larger snaplen")
        try:
            segment = parse_frame(frame.data)
        except FrameError as error:
            raise CaptureError(f"{path}: frame {number}: {error}") from error
        if segment is None:
            continue
        ends = frozenset(((segment.src, segment.sport), (segment.dst, segment.dport)))
        if ends in found:
            found[ends].add(frame, segment)
        elif segment.flags & (SYN | ACK) == SYN:
            found[ends] = Conversation(Packet(frame, segment, True))
        else:
            raise CaptureError(f"{path}: frame {number} belongs to no conversation whose SYN "
                               "is in the capture")
    if not found:
        raise CaptureError(f"{path}: no TCP conversation in this capture")
    for conversation in found.values():
        conversation.require_handshake()
    return list(found.values())


class Stream:
    """What one side sent after its SYN: its bytes, whether it ended with FIN, and how.

    Sequence numbers are relative: 0 is the first byte. in_order is False when a segment was sent
    again or out of order. end counts the FIN.
    """

    def __init__(self, segments, first_seq):
        self.in_order = True
        self.fin = False
        data = bytearray()
        for segment in segments:
            start = seq_diff(segment.seq, first_seq)
            expected = len(data) + self.fin
            if start > expected:
                raise CaptureError(f"bytes {expected} to {start} of a stream are not in the "
                                   "capture; record again")
            if start < expected:
                self.in_order = False
            if start >= 0 and not self.fin:
                payload = segment.payload
                data[start:start + len(payload)] = payload
                self.fin = bool(segment.flags & FIN)
        self.data = bytes(data)
        self.end = len(data) + self.fin

    def sha256(self):
        """SHA-256 of the bytes, in hex."""
        return hashlib.sha256(self.data).hexdigest()


class Handshake:
    """What the side of a conversation that is taken over knows after the handshake.

    side is "client" or "server". Windows are in bytes; a scale is the shift for windows in that
    direction (snd_: what the peer advertises, rcv_: what this side advertises). ts_recent is the
    peer's last TSval, ts_val this side's; None without timestamps. mss is the peer's option, with
    nothing taken off for options.
    """

    def __init__(self, conversation, side):
        client_side = side == "client"
        self.conversation = conversation
        self.local = conversation.client if client_side else conversation.server
        self.peer = conversation.server if client_side else conversation.client
        syn, syn_ack = conversation.syn, conversation.syn_ack
        own, other = (syn, syn_ack) if client_side else (syn_ack, syn)
        self.local_mac, self.peer_mac = own.eth_src, own.eth_dst
        self.snd_nxt = (own.seq + 1) & 0xFFFFFFFF
        self.rcv_nxt = (other.seq + 1) & 0xFFFFFFFF
        self.mss = other.mss or DEFAULT_MSS[conversation.version]
        self.scaled = own.wscale is not None and other.wscale is not None
        self.snd_wscale = other.wscale if self.scaled else 0
        self.rcv_wscale = own.wscale if self.scaled else 0
        self.timestamps = own.timestamps is not None and other.timestamps is not None
        self.sack = own.sack_permitted and other.sack_permitted
        self.ecn = (syn.flags & (ECE | CWR) == ECE | CWR
                    and syn_ack.flags & (ECE | CWR) == ECE)
        self._set_windows(client_side)

    def _set_windows(self, client_side):
        """Windows and timestamps as the handshake leaves them.

        The window of a SYN or SYN-ACK is never scaled (RFC 7323 section 2.2). A last ACK that
        carries data is left to be received, so the state is that before it.
        """
        syn_ack, last = self.conversation.syn_ack, self.conversation.handshake_ack
        if client_side:
            self.snd_wnd, self.rcv_wnd = syn_ack.window, last.window << self.rcv_wscale
            recent, own = syn_ack, last
        elif last.has_payload:
            self.snd_wnd, self.rcv_wnd = self.conversation.syn.window, syn_ack.window
            recent, own = self.conversation.syn, syn_ack
        else:
            self.snd_wnd, self.rcv_wnd = last.window << self.snd_wscale, syn_ack.window
            recent, own = last, syn_ack
        self.ts_recent = recent.timestamps[0] if self.timestamps else None
        self.ts_val = own.timestamps[0] if self.timestamps else None


class Takeover(Handshake):
    """A whole conversation, recorded before, as the side that is taken over sees it."""

    def __init__(self, conversation, side):
        super().__init__(conversation, side)
        client_side = side == "client"
        after = [packet for packet in conversation.packets if not packet.segment.flags & SYN]
        self.peer_packets = [packet for packet in after if packet.from_client != client_side
                             and not self._is_bare_handshake_ack(packet, client_side)]
        self.local_packets = [packet for packet in after if packet.from_client == client_side]
        self.received = Stream([packet.segment for packet in self.peer_packets], self.rcv_nxt)
        self.sent = Stream([packet.segment for packet in self.local_packets], self.snd_nxt)

    def _is_bare_handshake_ack(self, packet, client_side):
        return (not client_side and packet.segment is self.conversation.handshake_ack
                and not packet.segment.has_payload)

    def acknowledges_fin(self, packet):
        """Whether the peer's packet acknowledges this side's FIN."""
        return self.sent.fin and seq_diff(packet.segment.ack, self.snd_nxt) >= self.sent.end

    def closes_second(self):
        """Whether this side sent its FIN only after it had acknowledged the peer's."""
        for packet in self.local_packets:
            if packet.segment.flags & FIN:
                acked = seq_diff(packet.segment.ack, self.rcv_nxt)
                return self.received.fin and acked >= self.received.end
        return False

# SPDX-License-Identifier: BSD-3-Clause
"""Changes recorded frames: to what a target would have sent, and to what it must not send.

Functions that take a frame's bytes return those of a changed one, with checksums computed anew
unless they say otherwise. Sent is all that the servers of a capture sent, to be changed.
"""
import functools
import os
import struct

from chimcap import fix_checksums, parse_frame
from conversation import Takeover, load_conversations

IP_ID, IP_FRAGMENT, IP_TTL, IP_CHECKSUM = 4, 6, 8, 10       # offsets in the IPv4 header
TCP_SEQ, TCP_ACK, TCP_FLAGS, TCP_WINDOW, TCP_CHECKSUM = 4, 8, 13, 14, 16
TCP_TSVAL, TCP_TSECR = 24, 28       # where Linux puts them: after two NOPs, kind and length


def put(data, offset, layout, value):
    """Writes value at offset from the frame's start; leaves the checksums alone."""
    changed = bytearray(data)
    struct.pack_into(layout, changed, offset, value)
    return bytes(changed)


def put_ip(data, offset, layout, value):
    """Writes value at offset in the IP header."""
    return fix_checksums(put(data, parse_frame(data).ip_offset + offset, layout, value))


def put_tcp(data, offset, layout, value):
    """Writes value at offset in the TCP header."""
    return fix_checksums(put(data, parse_frame(data).tcp_offset + offset, layout, value))


def put_seq(data, value):
    """Another sequence number."""
    return put_tcp(data, TCP_SEQ, "!I", value & 0xFFFFFFFF)


def put_ack(data, value):
    """Another acknowledgment number."""
    return put_tcp(data, TCP_ACK, "!I", value & 0xFFFFFFFF)


def put_flags(data, value):
    """Other flags."""
    return put_tcp(data, TCP_FLAGS, "B", value)


def grow(data, length):
    """Corrects the IP packet's length by so many bytes; leaves the checksums alone."""
    segment = parse_frame(data)
    place = segment.ip_offset + (2 if segment.version == 4 else 4)
    return put(data, place, "!H", struct.unpack_from("!H", data, place)[0] + length)


def insert(data, offset, more):
    """Puts bytes in at offset from the frame's start; leaves the checksums alone."""
    longer = grow(data + more, len(more))
    return longer[:offset] + more + longer[offset:len(data)]


def insert_tcp_options(data, options):
    """Puts options (a multiple of four bytes) before those that are there."""
    start = parse_frame(data).tcp_offset
    changed = insert(data, start + 20, options)
    return fix_checksums(put(changed, start + 12, "B", data[start + 12] + (len(options) << 2)))


def insert_ip_options(data):
    """Puts four bytes of no-operation options into the IPv4 header."""
    start = parse_frame(data).ip_offset
    return fix_checksums(put(insert(data, start + 20, b"\1\1\1\0"), start, "B", 0x46))


def append_payload(data, payload):
    """Puts payload after what is there."""
    return fix_checksums(insert(data, parse_frame(data).ip_end, payload))


def cut_last_byte(data):
    """Takes the last byte of the payload away."""
    return fix_checksums(grow(data, -1)[:-1])


def as_target(data):
    """The frame as a target would have sent it: an IPv4 id in the upper half (TCP-3)."""
    segment = parse_frame(data)
    if segment.version == 6:
        return data
    return put_ip(data, IP_ID, "!H", segment.ip_id | 0x8000)


@functools.lru_cache(maxsize=None)
def load_sent(capture):
    """(Takeover of the first connection, all servers' frames, places of that connection's)."""
    views = [Takeover(one, "server") for one in load_conversations(capture)]
    packets = [(packet, view) for view in views for packet in view.local_packets]
    packets.sort(key=lambda one: one[0].frame.time_ns)
    own = [place for place, one in enumerate(packets) if one[1] is views[0]]
    return views[0], [as_target(packet.frame.data) for packet, _ in packets], own


class Sent:
    """What the servers of a capture sent after the handshake, as frames that can be changed.

    first is the Takeover of the capture's first connection, frames all frames of all servers in
    order, own the places in frames of the first connection's.
    """

    def __init__(self, name):
        self.capture = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                    f"{name}.pcap.xz")
        self.first, frames, self.own = load_sent(self.capture)
        self.frames = list(frames)
        self.end = self.first.rcv_nxt + self.first.received.end

    def place(self, part=0.5):
        """The place in frames of one in the middle of the first connection's."""
        return self.own[int(len(self.own) * part)]

    def segment(self, place):
        """The parsed frame at a place."""
        return parse_frame(self.frames[place])

    def change(self, function, *arguments, place=None):
        """Applies a function of mangle to one frame."""
        place = self.place() if place is None else place
        self.frames[place] = function(self.frames[place], *arguments)

    def change_own(self, function, condition):
        """Applies a function to all of the first connection's frames that meet a condition."""
        places = [place for place in self.own if condition(self.segment(place))]
        for place in places:
            self.frames[place] = function(self.frames[place])
        return len(places)

    def drop_own(self, condition):
        """Takes out all of the first connection's frames that meet a condition."""
        gone = {place for place in self.own if condition(self.segment(place))}
        self.frames = [data for place, data in enumerate(self.frames) if place not in gone]
        return len(gone)

    def before(self, place):
        """The first connection's frame before the one at a place, parsed."""
        return self.segment(self.own[self.own.index(place) - 1])

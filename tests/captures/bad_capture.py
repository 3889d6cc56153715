# SPDX-License-Identifier: BSD-3-Clause
"""Recorded conversations as one end saw them, segments and times, and the description of bad links."""
import os
import re

from chimcap import SYN, CaptureError, seq_diff
from conversation import Handshake, endpoint_text, load_conversations

PERIOD = bytes(range(251))      # the byte at offset i is i mod 251: toe/services/service.h


class Event:
    """A segment: time in us from the SYN, its Segment, whether it was sent from our place.

    Positions are relative: start and end of what it carries (FIN counted) in its own stream, ack
    and sack in the other's; edge is the end of the window that it announces there.
    """

    __slots__ = ("time_us", "segment", "data", "ours", "start", "end", "text", "fin", "ack",
                 "sack", "edge")

    def __init__(self, packet, zero_ns, view, ours):
        segment = packet.segment
        own, other = (view.snd_nxt, view.rcv_nxt) if ours else (view.rcv_nxt, view.snd_nxt)
        self.time_us = (packet.frame.time_ns - zero_ns) // 1000
        self.segment, self.data, self.ours = segment, packet.frame.data, ours
        self.fin = bool(segment.flags & 1)
        self.start = seq_diff(segment.seq, own)
        self.end = self.start + segment.length
        self.text = self.end - self.fin > self.start
        self.ack = seq_diff(segment.ack, other)
        self.sack = [(seq_diff(left, other), seq_diff(right, other))
                     for left, right in segment.sack]
        self.edge = self.ack + (segment.window << (view.rcv_wscale if ours else view.snd_wscale))


class Recording:
    """One conversation as the side saw it whose place the target takes, "server" or "client"."""

    def __init__(self, conversation, side="server"):
        self.conversation = conversation
        self.view = Handshake(conversation, side)
        zero = conversation.packets[0].frame.time_ns
        packets = [packet for packet in conversation.packets if not packet.segment.flags & SYN]
        times = {id(packet.segment): (packet.frame.time_ns - zero) // 1000
                 for packet in conversation.packets}
        self.open_us = times[id(conversation.handshake_ack)]
        begin, end = conversation.syn_ack, conversation.handshake_ack
        if side == "client":
            begin, end = conversation.syn, conversation.syn_ack
        self.round_us = times[id(end)] - times[id(begin)]
        # The handshake's last ACK has done its work before the connection is taken over.
        self.events = [Event(packet, zero, self.view, packet.from_client == (side == "client"))
                       for packet in packets if packet.segment is not conversation.handshake_ack]

    def sent_bytes(self, ours):
        """How many bytes of data one side sent in all."""
        return max((event.end - event.fin for event in self.events
                    if event.ours == ours and event.text), default=0)

    def check(self):
        """CaptureError unless frames are whole, and all data is there and the pattern."""
        for event in self.events:
            segment = event.segment
            if not segment.ip_checksum_ok() or not segment.tcp_checksum_ok() \
                    or len(event.data) > 1514:
                raise CaptureError(f"{self.conversation}: a wrong checksum, or a frame too long; "
                                   "offloads must be off on both ends of the veth")
        for ours in (True, False):
            covered = 0
            for event in sorted((event for event in self.events if event.ours == ours
                                 and event.text), key=lambda event: event.start):
                if event.start > covered:
                    raise CaptureError(f"{self.conversation}: bytes {covered} to {event.start} "
                                       "are missing")
                covered = max(covered, event.end - event.fin)
                skip = event.start % len(PERIOD)
                text = event.segment.payload
                if text != (PERIOD * (len(text) // len(PERIOD) + 2))[skip:skip + len(text)]:
                    raise CaptureError(f"{self.conversation}: bytes at {event.start} are not "
                                       "the pattern")


def load_recordings(path, *sides):
    """All conversations of a capture, as these sides saw them; the server when none is given."""
    return [Recording(conversation, side) for conversation in load_conversations(path)
            for side in sides or ("server",)]


def describe_bad(path, options, names, happened, sends):
    """The manifest's entry for a capture, without file and digest; CaptureError when it is bad."""
    version, timestamps, sack, congestion = options
    conversations = load_recordings(path)
    entries, frames = [], 0
    for name, events, one in zip(names, happened, conversations, strict=True):
        view = one.view
        if (view.conversation.version, view.timestamps, view.sack, view.ecn) \
                != (version, timestamps, sack, False):
            raise CaptureError(f"{view.conversation}: other options were agreed on")
        one.check()
        if one.sent_bytes(not sends) or not one.sent_bytes(sends):
            raise CaptureError(f"{view.conversation}: data went the wrong way")
        frames += len(view.conversation.packets)
        entries.append({"plan": name, "client": endpoint_text(view.conversation.client),
                        "server": endpoint_text(view.conversation.server),
                        "bytes": one.sent_bytes(sends), "happened": events})
    return {"kernel": re.match(r"\d+\.\d+", os.uname().release).group(), "ip": version,
            "timestamps": timestamps, "sack": sack, "congestion": congestion,
            "server_sends": sends, "frames": frames, "connections": entries}

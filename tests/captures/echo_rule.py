# SPDX-License-Identifier: BSD-3-Clause
"""Which TSecr a segment may carry: RFC 7323 section 4.3, without knowing when frames arrived.

The files with what was received and what was sent do not say how the two interleave. But a
segment that acknowledges N tells that the peer's segments up to N had been received, and perhaps
some after them that carry nothing new. This follows all possibilities at once: for every number
of segments that may have been received, the values that TS.Recent may have then.
"""
from chimcap import seq_diff


class EchoRule:
    """Follows TS.Recent of one side of one connection (view: a Takeover).

    Also says whether an acknowledgment number can arise at all, with or without timestamps: it
    must be RCV.NXT after some number of the peer's segments.
    """

    def __init__(self, view):
        self.timestamps = view.timestamps
        self.segments = []
        self.rcv_nxt = [0]
        self.last_ack_sent = 0
        for packet in view.peer_packets:
            segment = packet.segment
            start = seq_diff(segment.seq, view.rcv_nxt)
            value = segment.timestamps[0] if segment.timestamps else None
            end = start + segment.length
            before = self.rcv_nxt[-1]
            self.segments.append((start, end, value))
            self.rcv_nxt.append(max(before, end) if start <= before else before)
        self.states = {0: {view.ts_recent}}

    def _reach(self, ack, echo):
        """The states in which RCV.NXT is ack and TS.Recent is echo; any TS.Recent if echo is None.

        TS.Recent never goes back, so what is beyond echo leads nowhere. Without timestamps the
        first state stands for all: those after it differ in nothing that could matter.
        """
        reached, recents = {}, set()
        position, last = min(self.states), max(self.states)
        while True:
            recents |= self.states.get(position, set())
            if echo is not None:
                recents = {recent for recent in recents if seq_diff(recent, echo) <= 0}
            if self.rcv_nxt[position] == ack:
                here = recents if echo is None else recents & {echo}
                if here:
                    reached[position] = here
            if (position == len(self.segments) or self.rcv_nxt[position] > ack
                    or (reached and not self.timestamps)
                    or (not recents and position >= last)):
                return reached
            recents = {self._updated(position, recent) for recent in recents}
            position += 1

    def _updated(self, number, recent):
        """TS.Recent after the peer's segment of that number: RFC 7323 section 4.3, (2)."""
        start, end, value = self.segments[number]
        acceptable = end > self.rcv_nxt[number] or start == end == self.rcv_nxt[number]
        if value is None or not acceptable or start > self.last_ack_sent:
            return recent
        return value if seq_diff(value, recent) >= 0 else recent

    def step(self, ack, echo):
        """Takes a sent segment with this ACK and TSecr (None without timestamps).

        Returns None when both are right, else the TSecr that would have been right with this ACK:
        an empty list when no TSecr would, since RCV.NXT is never ack. Goes on from what is right.
        """
        right = self._reach(ack, echo if self.timestamps else None)
        reached = right or self._reach(ack, None)
        self.states = reached or self.states
        self.last_ack_sent = max(self.last_ack_sent, ack)
        return None if right else sorted(set().union(*reached.values()))

# SPDX-License-Identifier: BSD-3-Clause
"""What a receiver acknowledged, held against what Linux did on the same segments.

The input does not depend on the receiver here, so everything is compared: for each segment out of
order, filling a gap or received before, the ACK and its SACK blocks in their order; for segments
in order when they are acknowledged at the latest.
"""
from replay_send import Difference

AT_ONCE_US = 1000
DELAYED_US = 41_000     # 40 ms, and the engine's clock
EVERY = 2               # segments in order without an ACK


class Arrived:
    """What has arrived, by reference: in order up to `next`, and islands beyond it."""

    def __init__(self):
        self.next, self.islands = 0, []

    def add(self, start, end):
        """Takes a segment; whether it was "next", "gap", "fill" or "again"."""
        if end <= self.next or any(left <= start and end <= right for left, right in self.islands):
            return "again"
        waiting = bool(self.islands)
        self.islands = sorted(self.islands + [(start, end)])
        kind = "gap" if start > self.next else "fill" if waiting else "next"
        while self.islands and self.islands[0][0] <= self.next:
            self.next = max(self.next, self.islands.pop(0)[1])
        return kind


def content(event):
    """What an ACK says."""
    return event.ack, tuple(event.sack)


class ReceiverComparison:
    """One conversation in which the target's place receives."""

    def __init__(self, replay):
        self.replay = replay
        self.found = []
        self.linux = [event for _, event in replay.linux]
        self.engine = [event for _, event in replay.engine]
        self.by_input = {}
        for inputs, event in replay.engine:
            self.by_input.setdefault(inputs, []).append(event)
        self._compare_delivery()
        self._check_timely()
        self._compare_blocks()
        self._compare_in_order()
        self._compare_end()

    def _note(self, kind, where, what):
        self.found.append(Difference(kind, f"{self.replay.name}, {where}", what))

    def _compare_delivery(self):
        wanted = self.replay.one.sent_bytes(False)
        if self.replay.received != wanted:
            self._note("not-delivered", "end", f"{self.replay.received} of {wanted} bytes")

    def _check_timely(self):
        """Out of order, filling a gap, received before: at once. In order: every second segment."""
        arrived, pending, since = Arrived(), 0, 0
        for number, event in enumerate(self.replay.inputs, 1):
            if any(one.time_us - self.replay.inputs[number - 2].time_us > AT_ONCE_US
                   for one in self.by_input.get(number - 1, [])):
                pending = 0     # a delayed ACK
            if not event.text and not event.fin:
                continue
            kind = arrived.add(event.start, event.end)
            acks = [one for one in self.by_input.get(number, [])
                    if one.time_us - event.time_us <= AT_ONCE_US]
            where = f"input {number} ({kind})"
            if acks and acks[0].ack != arrived.next:
                self._note("wrong-ack", where, f"{acks[0].ack}, not {arrived.next}")
            if acks:
                pending = 0
                continue
            if kind != "next" or event.fin:
                self._note("not-at-once", where, "no ACK")
            pending += 1
            if pending == 1:
                since = event.time_us
            if pending >= EVERY:
                self._note("ack-too-rare", where, f"{pending} segments without an ACK")
            if not any(event.time_us < one.time_us <= since + DELAYED_US for one in self.engine):
                self._note("ack-too-late", where, "no ACK in time")

    def _compare_blocks(self):
        """The same SACK blocks in the same order, with the same echoed timestamps."""
        theirs = [event for event in self.linux if event.sack]
        rest = ours = [event for event in self.engine if event.sack]
        for left in theirs:
            place = next((n for n, right in enumerate(rest) if content(left) == content(right)),
                         None)
            if place is None:
                self._note("blocks", f"ack {left.ack}",
                           f"{left.sack} are Linux's; the engine's next are "
                           f"{[content(one) for one in rest[:1]]}")
                continue
            right, rest = rest[place], rest[place + 1:]
            if self.replay.one.view.timestamps \
                    and left.segment.timestamps[1] != right.segment.timestamps[1]:
                self._note("echo", f"ack {right.ack}", f"{right.segment.timestamps[1]}, Linux "
                                                       f"{left.segment.timestamps[1]}")
        if len(ours) > len(theirs):
            self._note("sack-compressed", "all", f"{len(ours)} ACKs with blocks, Linux "
                                                 f"{len(theirs)}")

    def _compare_in_order(self):
        """Each ACK of the engine is one that Linux sent too; Linux sends more."""
        theirs = {content(event) for event in self.linux}
        ours = {content(event) for event in self.engine}
        elsewhere = sum(not sack for _, sack in ours - theirs)
        if elsewhere:
            self._note("ack-elsewhere", "all", f"{elsewhere} ACKs where Linux sends none")
        more = sum(not sack for _, sack in theirs - ours)
        if more:
            self._note("quick-ack", "all", f"{more} ACKs in order more from Linux")

    def _compare_end(self):
        """FIN acknowledged and sent; the window's right edge."""
        ours = [event for event in self.engine if event.fin]
        if len(ours) < 1:
            self._note("no-fin", "end", "the engine sends none")
        elif len([event for event in self.linux if event.ack == ours[0].ack]) > \
                len([event for event in self.engine if event.ack == ours[0].ack]):
            self._note("fin-with-ack", "end", "Linux acknowledges before its FIN")
        edge = 0
        for event in self.engine:
            if event.edge < edge:
                self._note("window-shrinks", f"ack {event.ack}", f"{event.edge} after {edge}")
            edge = max(edge, event.edge)

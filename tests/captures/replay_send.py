# SPDX-License-Identifier: BSD-3-Clause
"""What a sender did about losses, held against what Linux did on the same acknowledgments.

Data is looked at in units: what a segment of full size carries. The result is a list of
Differences, each of a class; which classes may be there is for docs/conformance.md to say.
"""
import bisect
from collections import namedtuple

Difference = namedtuple("Difference", "kind where what")
Resend = namedtuple("Resend", "time_us inputs by_timer")

SAME_US = 1000          # the clock of the engine, and what Linux itself takes
TIMER_US = 1500         # what comes later than this after an input comes from a timer
SOONER = 0.2            # of the wait: how much sooner the engine's timers may be
PRR_ACKS = 3            # ACKs of the same burst
AHEAD, AHEAD_UNITS = 1.1, 3     # how much larger the engine's window may be: ratio, and segments
NEEDLESS = 1.25         # ratio of what was sent again for nothing, without SACK
AHEAD_ACKS = 6          # in which Linux uses its window, which it does in bursts
BEHIND_UNITS = 3        # that the engine may have sent less, at any time


class Sent:
    """What one side sent: when each unit went first, and when it was sent again.

    order: the place of a transmission among all of them, by unit and how often it was sent before.
    """

    def __init__(self, replay, events, unit):
        self.first, self.again, self.order = {}, {}, {}
        top = 0
        for position, (inputs, event) in enumerate(events):
            begin, end = event.start // unit, -(-(event.end - event.fin) // unit)
            if event.fin and not event.text:
                begin, end = -(-event.start // unit), -(-event.start // unit) + 1
            elif not event.text:
                continue
            after = replay.held.get(inputs - 1, replay.inputs[inputs - 1].time_us) if inputs else 0
            resend = Resend(event.time_us, inputs, event.time_us - after > TIMER_US)
            for number in range(begin, end):
                if event.start < top:
                    self.again.setdefault(number, []).append(resend)
                else:
                    self.first.setdefault(number, event.time_us)
                self.order[number, len(self.again.get(number, []))] = position
            top = max(top, event.end)

    def transmissions(self, number):
        """Times of all transmissions of a unit."""
        return [self.first[number]] + [one.time_us for one in self.again.get(number, [])]


class SenderComparison:
    """One conversation in which the target's place sends.

    happened: what the link did. greedy: Linux had all of its data from the beginning.
    """

    def __init__(self, replay, happened=(), greedy=True):
        view = replay.one.view
        self.replay = replay
        self.unit = view.mss - (12 if view.timestamps else 0)
        self.lost = {(k, n) for what, k, n in (one for one in happened if len(one) == 3)
                     if what == "lost"}
        self.found = []
        (linux, theirs), (engine, ours) = map(self._split, (replay.linux, replay.engine))
        self.linux = Sent(replay, linux, self.unit)
        self.engine = Sent(replay, engine, self.unit)
        self._compare_probes(theirs, ours)
        self._compare_first()
        if greedy:
            self._compare_windows()
        for number in sorted(set(self.linux.again) | set(self.engine.again)):
            self._compare_again(number)

    def _note(self, kind, number, what):
        self.found.append(Difference(kind, f"{self.replay.name}, {number if isinstance(number, str) else f'segment {number}'}", what))

    def _split(self, events):
        """Data, and probes of a closed window: Linux's carry nothing, the engine's a byte."""
        data, probes, edges = [], [], [(0, self.replay.one.view.snd_wnd)]
        for event in self.replay.inputs:
            edges.append((max(edges[-1][0], event.ack), max(edges[-1][1], event.edge)))
        for inputs, event in events:
            acked, edge = edges[inputs]
            beyond = event.end - event.start == 1 and event.text and event.start >= edge
            behind = not event.text and not event.fin and event.start == acked - 1
            (probes if beyond or behind else data).append((inputs, event))
        return data, [event.time_us for _, event in probes]

    def _compare_probes(self, theirs, ours):
        """As many, at the same times: each by what it waited since the one before."""
        if len(theirs) != len(ours):
            self._note("probes", "-", f"{len(ours)} window probes at {ours}, Linux at {theirs}")
        for place, (linux, engine) in enumerate(zip(theirs, ours)):
            after = theirs[place - 1] if place else \
                max(event.time_us for event in self.replay.inputs if event.time_us < linux)
            if engine > linux + TIMER_US:
                self._note("probe-later", f"probe {place}", f"at {engine}, Linux at {linux}")
            elif engine < linux - SOONER * (linux - after) - SAME_US:
                self._note("probe-too-soon", f"probe {place}", f"at {engine}, Linux at {linux}")
            elif engine < linux - SAME_US:
                self._note("probe-sooner", f"probe {place}", f"at {engine}, Linux at {linux}")

    def _compare_first(self):
        """Nothing stays unsent; how far the engine falls behind."""
        for number in sorted(set(self.linux.first) - set(self.engine.first)):
            self._note("unsent", number, "never sent")
        theirs, ours = sorted(self.linux.first.values()), sorted(self.engine.first.values())
        behind = max((place + 1 - bisect.bisect_right(ours, time_us + SAME_US)
                      for place, time_us in enumerate(theirs)), default=0)
        if behind > BEHIND_UNITS:
            self._note("far-behind", "-", f"{behind} segments")
        elif behind > 0:
            self._note("behind", "-", f"{behind} segments")
        if self.replay.parts:
            self._note("part", "-", f"{self.replay.parts} ACKs come in parts")
        for number in self.replay.masked:
            self._note("masked", "-", f"input {number} acknowledges what was not sent")

    def _compare_windows(self):
        """Where nothing is missing and Linux has more to send, its flight is its window, in time."""
        total, edge = self.replay.one.sent_bytes(True), 0
        top, place, last, flights = 0, 0, 0, []
        for number, event in enumerate(self.replay.inputs, 1):
            while place < len(self.replay.linux) and self.replay.linux[place][0] <= number:
                top = max(top, self.replay.linux[place][1].end)
                place += 1
            edge = max(edge, event.edge)
            if top >= total or edge - top < self.unit:
                break       # Linux has no more to send, or its peer no more room
            if not event.sack and event.ack > last:
                flights.append((top - event.ack, self.replay.states[number - 1][0]))
            last = event.ack
        most = max((window - AHEAD * max(flight for flight, _ in flights[at:at + AHEAD_ACKS])
                    for at, (_, window) in enumerate(flights[:-AHEAD_ACKS])), default=0)
        if most > AHEAD_UNITS * self.unit:
            self._note("ahead", "-", f"a window {most / self.unit:.1f} segments larger")

    def _compare_again(self, number):
        linux, engine = self.linux.again.get(number, []), self.engine.again.get(number, [])
        for theirs, ours in zip(linux, engine):
            self._compare_resend(number, theirs, ours)
        for place in range(len(engine), len(linux)):
            if self._needed(number, place):
                self._note("missing", number, f"Linux sends it again at {linux[place].time_us}")
            else:
                self._note("needless-less", number, "only Linux sends it again, for nothing")
        for place in range(len(linux), len(engine)):
            self._classify_extra(number, place, engine[place])

    def _needed(self, number, place):
        """Whether everything before a unit's place-th retransmission was lost."""
        return all((number, n) in self.lost for n in range(1, place + 2))

    def _compare_resend(self, number, theirs, ours):
        sooner = theirs.time_us - ours.time_us
        text = f"at {ours.time_us} after {ours.inputs} inputs; " \
               f"Linux at {theirs.time_us} after {theirs.inputs}"
        if theirs.by_timer and ours.by_timer:
            after = max(time_us for time_us in self.linux.transmissions(number)
                        if time_us < theirs.time_us)
            if sooner < -TIMER_US:
                self._note("timer-later", number, text)
            elif sooner > SOONER * (theirs.time_us - after) + SAME_US:
                self._note("timer-too-soon", number, text)
            elif sooner > SAME_US:
                self._note("timer-sooner", number, text)
        elif ours.by_timer and sooner < SAME_US:
            self._note("timer-for-ack", number, text)
        elif abs(sooner) <= SAME_US:
            if abs(theirs.inputs - ours.inputs) > PRR_ACKS:
                self._note("other-ack", number, text)
            elif theirs.inputs != ours.inputs:
                self._note("prr-rounding", number, text)
        elif sooner < 0:
            self._note("later", number, text)
        else:
            self._note("sooner", number, text)

    def _classify_extra(self, number, place, ours):
        text = f"sent again at {ours.time_us}, which Linux does not"
        if self._needed(number, place):
            self._note("more", number, text)
        elif self._order_differs(number, place):
            self._note("order", number, text)
        elif ours.by_timer and self.replay.one.view.sack and self._was_tail(number, ours.time_us):
            self._note("tail-probe", number, text)
        elif not self.replay.one.view.sack \
                and self._needless(self.engine) <= NEEDLESS * self._needless(self.linux):
            self._note("needless-elsewhere", number, text)
        else:
            self._note("spurious", number, text)

    def _was_tail(self, number, time_us):
        """Whether a unit was in the last segment of the engine's at a time: one may lie in two units."""
        return number >= max(other for other, first in self.engine.first.items()
                             if first < time_us) - 1

    def _needless(self, side):
        """How much was sent again in all for nothing."""
        return sum(not self._needed(number, place)
                   for number, again in side.again.items() for place in range(len(again)))

    def _order_differs(self, number, place):
        """Whether something left behind the transmission before in the engine, before it in Linux.

        Then the recorded receiver reports the one without the other, as if that were lost.
        """
        ours, theirs = self.engine.order, self.linux.order
        before = number, place
        return before in theirs and any(
            position > ours[before] and theirs.get(other, 1 << 62) < theirs[before]
            for other, position in ours.items())

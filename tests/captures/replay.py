# SPDX-License-Identifier: BSD-3-Clause
"""Plays recorded conversations to the engine, in virtual time (tests/wire/replay.c).

A Replay holds what Linux did in the target's place and what the engine did there, on the same
input at the same times, both as lists of Events.
"""
import ipaddress
import struct
import subprocess

from chimcap import Frame, ones_sum, parse_frame, seq_diff
from bad_capture import Event

# Of the peer and of the end in tests/wire/end.c, by whether they are IPv6.
ADDRESSES = [b"".join(ipaddress.ip_address(address).packed for address in pair)
             for pair in (("10.0.0.2", "10.0.0.1"), ("fd00::2", "fd00::1"))]
OUR_PORT, PEER_PORT = 0x1111, 0x2222
GAP_US = 10_000_000         # between conversations
SHORT_US = 1000             # a round trip without a link: what is acknowledged was sent, no more
TAIL_US = 5_000_000         # after the last frame
CUBIC, NEWRENO = 1, 2
SINK, SOURCE = 1, 2
OPTION_TIMESTAMPS, OPTION_SACK, OPTION_SCALE = 1, 2, 4
INITIAL_SEGMENTS = 10
# What the recorded Linux's window grew to is the engine's from the start, so that all of the input
# lies within it.
WINDOW = 2 << 20


class ReplayError(Exception):
    """The replay could not be made; the message says why."""


def adjust(frame, offset, before, after):
    """A checksum in a frame follows what it covers from before to after (RFC 1624)."""
    total = (~int.from_bytes(frame[offset:offset + 2], "big") & 0xFFFF) \
        + (~ones_sum(before) & 0xFFFF) + ones_sum(after)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    struct.pack_into("!H", frame, offset, ~total & 0xFFFF)


def readdressed(segment):
    """A frame of the peer with the addresses and ports of the end in tests/wire."""
    frame = bytearray(segment.data)
    six = segment.version == 6
    begin = segment.ip_offset + (8 if six else 12)
    end, ports = begin + (32 if six else 8), segment.tcp_offset
    before = bytes(frame[begin:end]), bytes(frame[ports:ports + 4])
    frame[begin:end] = ADDRESSES[six]
    struct.pack_into("!HH", frame, ports, PEER_PORT, OUR_PORT)
    if not six:
        adjust(frame, segment.ip_offset + 10, before[0], ADDRESSES[six])
    adjust(frame, ports + 16, before[0] + before[1], ADDRESSES[six] + bytes(frame[ports:ports + 4]))
    return frame


class Packet:
    """What Event takes: a frame with its time, and its segment."""

    def __init__(self, time_ns, data):
        self.frame, self.segment = Frame(time_ns, data), parse_frame(data)


class Replay:
    """One conversation: its input for the program, and its output read back.

    inputs are the peer's segments; linux and engine what came from the target's place, each as
    (number of inputs before it, Event). held, masked: numbers of inputs that the program held
    back; states: (cwnd, ssthresh, outstanding, srtt) after each input.
    """

    def __init__(self, name, one, congestion):
        self.name, self.one, self.congestion = name, one, congestion
        self.sends = one.sent_bytes(True) > 0
        self.inputs = [event for event in one.events if not event.ours]
        self.linux, count = [], 0
        for event in one.events:
            if event.ours:
                self.linux.append((count, event))
            count += not event.ours
        self.engine, self.held, self.masked, self.states = [], {}, [], []
        self.received, self.parts = None, 0

    def open_us(self):
        """When the connection is taken over: as late as possible."""
        first = self.one.events[0]
        return first.time_us if first.ours else self.one.open_us

    def _open_line(self):
        view = self.one.view
        srtt = self.one.round_us
        options = (view.timestamps * OPTION_TIMESTAMPS | view.sack * OPTION_SACK
                   | view.scaled * OPTION_SCALE)
        fields = {
            "family": self.one.conversation.version, "options": options,
            "snd-wscale": view.snd_wscale, "rcv-wscale": view.rcv_wscale, "mss": view.mss,
            "congestion": CUBIC if self.congestion == "cubic" else NEWRENO,
            "service": SOURCE if self.sends else SINK,
            "initial-rcv-wnd": WINDOW, "rcv-nxt": view.rcv_nxt, "rcv-wnd": WINDOW,
            "snd-nxt": view.snd_nxt, "snd-wnd": view.snd_wnd,
            "snd-wl1": view.rcv_nxt, "cwnd": INITIAL_SEGMENTS * self.unit(),
            "srtt": srtt * 8 // 1000, "rttvar": srtt * 2 // 1000,
            "round": self.round_us() if self.sends else 0,
        }
        if view.timestamps:
            fields["ts-recent"] = view.ts_recent
            fields["ts-time"] = (self._first_tsval() + (self.open_us() + self._phase_us()) // 1000) \
                & 0xFFFFFFFF
        return "".join(f" {name} {value}" for name, value in fields.items())

    def _first_tsval(self):
        return self.linux[0][1].segment.timestamps[0]

    def _phase_us(self):
        """What to add to a time so that Linux's timestamp clock, from its first value on, is its ms.

        The engine's clock is to tick at the same moments: the peer echoes what Linux sent.
        """
        return max(seq_diff(event.segment.timestamps[0], self._first_tsval()) * 1000 - event.time_us
                   for _, event in self.linux)

    def unit(self):
        """What a segment of full size carries."""
        return self.one.view.mss - (12 if self.one.view.timestamps else 0)

    def round_us(self):
        """The link's round trip: of the handshake or of the first data, less what kernels may add."""
        first = self.linux[0][1]
        answer = min((event.time_us for event in self.inputs if event.ack >= first.end),
                     default=first.time_us + self.one.round_us)
        least = min(self.one.round_us, answer - first.time_us) * 9 // 10
        return least if least > SHORT_US else 1

    def lines(self, base_us):
        """The program's input; times from base_us on."""
        if self.one.view.timestamps:
            base_us += (self._phase_us() - base_us) % 1000
        self.base_us = base_us
        yield f"open {base_us + self.open_us()}{self._open_line()}\n"
        offered, edge, total = 0, self.one.view.snd_wnd, self.one.sent_bytes(True)
        for event in self.one.events:
            time_us = base_us + event.time_us
            if not event.ours:
                edge = max(edge, event.edge)
                cover = max([event.ack] + [end for _, end in event.sack])
                yield f"frame {time_us} {max(cover, 0)} {readdressed(event.segment).hex()}\n"
            elif self.sends and event.end > offered:
                offered = event.end
                # The window holds the next segment back, not the application.
                more = self.unit() if edge - event.end < self.unit() else 0
                limit = min(event.end - event.fin + more, total)
                yield f"offer {time_us} {limit} {int(event.fin)}\n"
        yield f"end {self.end_us()}\n"

    def end_us(self):
        """When the connection is terminated."""
        return self.base_us + self.one.events[-1].time_us + TAIL_US

    def read(self, lines):
        """Takes the program's output up to this conversation's end."""
        for line in lines:
            words = line.split()
            if words[0] == "sent":
                packet = Packet((int(words[1]) - self.base_us) * 1000, bytes.fromhex(words[3]))
                self.engine.append((int(words[2]), Event(packet, 0, self.one.view, True)))
            elif words[0] == "held":
                self.held[int(words[1])] = int(words[2]) - self.base_us
            elif words[0] == "masked":
                self.masked.append(int(words[1]))
            elif words[0] == "part":
                self.parts += 1
            elif words[0] == "state":
                self.states.append(tuple(map(int, words[3:])))
            else:
                self.received = int(words[1])
                return
        raise ReplayError(f"{self.name}: the program's output ends early")


def play(program, replays):
    """Fills in what the engine does, for all of them in one run of the program (a list of words)."""
    base, text = 1_000_000, []
    for replay in replays:
        text += replay.lines(base)
        base = replay.end_us() + GAP_US
    done = subprocess.run(program, input="".join(text), capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise ReplayError(f"{program[0]} failed with {done.returncode}: {done.stderr.strip()}")
    lines = iter(done.stdout.splitlines())
    for replay in replays:
        replay.read(lines)

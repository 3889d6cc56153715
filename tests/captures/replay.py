# SPDX-License-Identifier: BSD-3-Clause
"""Plays recorded conversations to the engine, in virtual time (tests/wire/replay.c).

A Replay holds what Linux did in the server's place and what the engine did there, on the same
input at the same times, both as lists of Events.
"""
import ipaddress
import struct
import subprocess

from chimcap import Frame, fix_checksums, parse_frame
from bad_capture import Event

OURS, PEER = ("10.0.0.1", "fd00::1"), ("10.0.0.2", "fd00::2")      # tests/wire/end.c
OUR_PORT, PEER_PORT = 0x1111, 0x2222
GAP_US = 10_000_000         # between conversations
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


def readdressed(data):
    """A frame of the client with the addresses and ports of the end in tests/wire."""
    segment = parse_frame(data)
    fixed = bytearray(data)
    six = segment.version == 6
    packed = ipaddress.ip_address(PEER[six]).packed + ipaddress.ip_address(OURS[six]).packed
    place = segment.ip_offset + (8 if six else 12)
    fixed[place:place + len(packed)] = packed
    struct.pack_into("!HH", fixed, segment.tcp_offset, PEER_PORT, OUR_PORT)
    return fix_checksums(bytes(fixed))


class Packet:
    """What Event takes: a frame with its time, and its segment."""

    def __init__(self, time_ns, data):
        self.frame, self.segment = Frame(time_ns, data), parse_frame(data)


class Replay:
    """One conversation: its input for the program, and its output read back.

    inputs are the client's segments; linux and engine what came from the server's place, each as
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
        self.received = None

    def open_us(self):
        """When the connection is taken over: as late as possible."""
        first = self.one.events[0]
        return first.time_us if first.ours else self.one.open_us

    def _open_line(self):
        view, segment = self.one.view, self.one.conversation.handshake_ack
        mss = view.mss - (12 if view.timestamps else 0)
        srtt = self.one.round_us
        options = (view.timestamps * OPTION_TIMESTAMPS | view.sack * OPTION_SACK
                   | view.scaled * OPTION_SCALE)
        fields = {
            "family": self.one.conversation.version, "options": options,
            "snd-wscale": view.snd_wscale, "rcv-wscale": view.rcv_wscale, "mss": view.mss,
            "congestion": CUBIC if self.congestion == "cubic" else NEWRENO,
            "service": SOURCE if self.sends else SINK,
            "initial-rcv-wnd": WINDOW, "rcv-nxt": view.rcv_nxt, "rcv-wnd": WINDOW,
            "snd-nxt": view.snd_nxt, "snd-wnd": segment.window << view.snd_wscale,
            "snd-wl1": view.rcv_nxt, "cwnd": INITIAL_SEGMENTS * mss,
            "srtt": srtt * 8 // 1000, "rttvar": srtt * 2 // 1000,
            # Less what the kernel needed itself: the link's delay alone.
            "round": self.round_us() if self.sends else 0,
        }
        if view.timestamps:
            first = self.linux[0][1]
            fields["ts-recent"] = view.ts_recent
            fields["ts-time"] = (first.segment.timestamps[0]
                                 - (first.time_us - self.open_us()) // 1000) & 0xFFFFFFFF
        return "".join(f" {name} {value}" for name, value in fields.items())

    def round_us(self):
        """The link's round trip."""
        return self.one.round_us * 9 // 10

    def lines(self, base_us):
        """The program's input; times from base_us on."""
        self.base_us = base_us
        yield f"open {base_us + self.open_us()}{self._open_line()}\n"
        offered = 0
        for event in self.one.events:
            time_us = base_us + event.time_us
            if not event.ours:
                cover = max([event.ack] + [end for _, end in event.sack])
                yield f"frame {time_us} {max(cover, 0)} {readdressed(event.data).hex()}\n"
            elif self.sends and event.end > offered:
                offered = event.end
                yield f"offer {time_us} {event.end - event.fin} {int(event.fin)}\n"
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

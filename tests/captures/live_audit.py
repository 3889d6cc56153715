# SPDX-License-Identifier: BSD-3-Clause
"""Audits a live conversation: what one end sent, in the order in which it happened.

The capture was taken at the target's end of the link: what the target sent is there before any
loss, and what the peer sent after it, and before the target had it. So at every frame of the
target it is known what the target can have received, and nothing need be recorded before.
"""
from audit_rules import Auditor
from chimcap import (ACK, CWR, ECE, FIN, RST, SYN, URG, FrameError, mac_text, parse_frame,
                     read_pcap, seq_diff)
from conversation import Conversation, Handshake, Packet, endpoint_text

CE = 3
SILENCE_NS = 150_000_000    # the shortest RTO (200 ms), less what the capture's times may be off
LINGER_NS = 200_000_000     # how long frames may come that were made before a RST was read


class Received:
    """What an end can have received: bytes in order up to edge, and ranges beyond it."""

    def __init__(self):
        self.edge = 0
        self.ranges = []
        self.fin = None

    def add(self, start, end):
        """Takes a segment; whether any of it is new."""
        if end <= self.edge or self.holds(start, end):
            return False
        merged = [(max(start, 0), end)]
        for left, right in self.ranges:
            if right < merged[0][0] or left > merged[0][1]:
                merged.append((left, right))
            else:
                merged[0] = (min(left, merged[0][0]), max(right, merged[0][1]))
        self.ranges = sorted(merged)
        while self.ranges and self.ranges[0][0] <= self.edge:
            self.edge = max(self.edge, self.ranges.pop(0)[1])
        return True

    def holds(self, start, end):
        """Whether all of it was received."""
        return end <= self.edge or any(left <= max(start, self.edge) and end <= right
                                       for left, right in self.ranges)


class LiveAuditor(Auditor):
    """Checks what one end of a live conversation sends, as it happens.

    clean: the link lost and changed nothing, so that nothing need be sent again. slow: the machine
    made somebody wait for the CPU, so that there may be retransmission timeouts all the same.
    ended: both ends were to close, and did.
    """

    def __init__(self, view, clean=True, slow=False, ended=True, linux=False, mtu=1500):
        self.received = Received()
        view.peer_packets = ()
        name = f"{endpoint_text(view.local)} to {endpoint_text(view.peer)}"
        super().__init__(view, {"name": name, "vlan": 0, "local_mac": mac_text(view.local_mac),
                                "mtu": mtu}, linux)
        self.clean, self.slow, self.ended = clean, slow, ended
        self.sent = bytearray()
        self.now = self.heard_at = self.sent_at = 0
        self.peer_max = 0
        self.peer_acked = 0             # furthest acknowledgment that the end can have received
        self.reset_at = None
        self.echoes = {} if view.ts_recent is None else {view.ts_recent: 0}
        self.last_echo = view.ts_recent
        self.marks = []                 # where segments marked CE began that want an ECE
        self.told_congestion = False    # whether any was ever marked
        self.count = dict.fromkeys(("retransmitted", "probes", "keepalives", "sacks", "dsacks",
                                    "eces", "cwrs", "ect", "peer_repeated", "marks",
                                    "window_zero", "peer_eces"), 0)

    def hear(self, number, time_ns, segment):
        """Takes a frame that the peer's end of the link hands over."""
        self.number, self.now, self.heard_at = number, time_ns, time_ns
        if segment.flags & RST:
            self.reset_at = time_ns
            return
        start = seq_diff(segment.seq, self.view.rcv_nxt)
        acked = seq_diff(segment.ack, self.view.snd_nxt)
        if acked <= self.snd_max:
            self.peer_acked = max(self.peer_acked, acked)
        self.peer_edge = max(self.peer_edge, acked + (segment.window << self.view.snd_wscale))
        if segment.timestamps:
            value = segment.timestamps[0]
            self.echoes[value] = min(start, self.echoes.get(value, start))
        self._hear_congestion(start, segment)
        end = start + segment.length
        if segment.length and not self.received.add(start, end):
            self.count["peer_repeated"] += 1
            # The last segment may be a tail loss probe (RFC 8985): a moment's delay causes it.
            if self.clean and self.acked < end < self.peer_max \
                    and not self._timed_out(self.sent_at):
                self.error("peer-repeats", f"on a clean link the peer sent {start} again")
        self.peer_max = max(self.peer_max, end)
        if segment.flags & FIN:
            self.received.fin = end

    def _timed_out(self, last_ns):
        """Whether a slow machine explains that an end waited for the other's next frame in vain."""
        return self.slow and self.now - last_ns >= SILENCE_NS

    def _hear_congestion(self, start, segment):
        if segment.flags & CWR:
            self.marks = []
        if segment.ecn == CE and segment.has_payload:
            self.marks.append(start)
            self.told_congestion = True
            self.count["marks"] += 1
        self.count["peer_eces"] += bool(segment.flags & ECE)

    def take_at(self, number, time_ns, segment):
        """Takes a frame that the end under audit sent."""
        self.now = time_ns
        self.take(number, segment)
        self.sent_at = time_ns
        if self.reset_at is not None and time_ns - self.reset_at > LINGER_NS:
            self.error("after-reset", "a frame after the peer's RST")

    def _check_flags(self, segment):
        if segment.flags & (SYN | RST) or not segment.flags & ACK:
            self.error("flags", f"flags {segment.flag_text()}; only ACK, PSH and FIN, and always "
                       "ACK, fit an established connection")
            return False
        if segment.flags & URG or (segment.flags & (ECE | CWR) and not self.view.ecn):
            self.error("flags", f"flags {segment.flag_text()}; there is no urgent data, and ECN "
                       f"was {'' if self.view.ecn else 'not '}agreed on")
        return True

    def _check_options(self, segment):
        if segment.mss is not None or segment.wscale is not None or segment.sack_permitted:
            self.error("option", "an option that belongs to SYN segments only")
        if not segment.sack:
            return
        if not self.view.sack:
            self.error("sack", "SACK blocks, but SACK was not agreed on")
            return
        blocks = [(seq_diff(left, self.view.rcv_nxt), seq_diff(right, self.view.rcv_nxt))
                  for left, right in segment.sack]
        ack = seq_diff(segment.ack, self.view.rcv_nxt)
        duplicate = blocks[0][1] <= ack or any(
            left <= blocks[0][0] and blocks[0][1] <= right for left, right in blocks[1:])
        self.count["sacks"] += len(blocks) > duplicate
        self.count["dsacks"] += duplicate
        for left, right in blocks:
            if left >= right or not self.received.holds(left, right):
                self.error("sack", f"a SACK block from {left} to {right}, which was not received")
        for left, right in blocks[1 if duplicate else 0:]:
            if left <= ack:
                self.error("sack", f"a SACK block from {left} to {right} with ACK {ack}")

    def _check_sequence(self, segment):
        start = seq_diff(segment.seq, self.view.snd_nxt)
        end = start + segment.length
        if not segment.length and start == self.peer_acked - 1 and start != self.snd_max:
            self.count["keepalives"] += 1
            return
        # Bare ACKs carry SND.NXT, but never lie beyond the peer's window, behind a probe for instance.
        bare = min(self.snd_max, self.peer_edge)
        if start < 0 or start > self.snd_max \
                or (not segment.length and start != bare and self.clean
                    and not self.count["retransmitted"]):
            self.error("seq", f"SEQ {start}, but SND.NXT is {self.snd_max}")
            return
        again = segment.length and start < self.snd_max
        self._check_data(start, segment)
        if again:
            self._check_again(start, end, segment)
        self._check_ecn(again, segment)
        if segment.flags & FIN:
            self.fins += 1
            self.fin_sent = True
        self.snd_max = max(self.snd_max, end)

    def _check_data(self, start, segment):
        """The same bytes whenever sent; nothing beyond the window, but the one byte of a probe."""
        payload = segment.payload
        known = bytes(self.sent[start:start + len(payload)])
        if payload[:len(known)] != known:
            self.error("data", f"bytes at {start} differ from those sent before")
        if payload and self.fin_sent and start + len(payload) > len(self.sent):
            self.error("fin", "data after the FIN")
        self.sent += payload[len(known):]
        end = start + len(payload)
        if end > self.peer_edge:
            if len(payload) == 1 and end == self.peer_edge + 1:
                self.count["probes"] += 1
            else:
                self.error("peer-window", f"{len(payload)} bytes at {start}; the peer's window "
                           f"ends at {self.peer_edge}, and what is beyond it is dropped")

    def _check_again(self, start, end, segment):
        """Something is sent again: on a clean link as a probe, or for the machine's slowness."""
        self.count["retransmitted"] += 1
        probe = end >= self.snd_max or end > self.peer_edge
        if self.clean and not probe and not self._timed_out(self.heard_at):
            self.error("retransmission", f"on a clean link {start} to {end} of {self.snd_max} was "
                       f"sent again, {(self.now - self.heard_at) / 1e6:.1f} ms after the peer's "
                       f"last frame, which acknowledged {self.peer_acked}")

    def _check_ecn(self, again, segment):
        """RFC 3168 sections 6.1.4, 6.1.5: new data may be ECT, and nothing else."""
        ect = segment.ecn != 0
        if ect and (again or not segment.has_payload or not self.view.ecn):
            self.error("ect", f"ECN field {segment.ecn} on a segment that may not have one")
        self.count["ect"] += ect
        self.count["cwrs"] += bool(segment.flags & CWR)

    def _check_ack(self, ack):
        if ack > self.received.edge:
            self.error("ack-beyond", f"ACK {ack}; all that can have been received in order ends "
                       f"at {self.received.edge}")
            return False
        if ack < self.acked:
            self.error("ack-back", f"ACK {ack} after ACK {self.acked}")
            return False
        return True

    def _check_window(self, ack, segment):
        super()._check_window(ack, segment)
        self.count["window_zero"] += segment.window == 0
        if self.view.ecn:
            told = bool(segment.flags & ECE)
            self.count["eces"] += told
            if not told and any(start < ack for start in self.marks):
                self.error("ece", f"ACK {ack} without ECE; a segment marked CE is acknowledged")
            if told and not self.told_congestion:
                self.error("ece", "ECE, but nothing was marked CE")

    def _check_timestamps(self, ack, segment):
        value, echo = segment.timestamps or (None, None)
        if (value is not None) != self.view.timestamps:
            self.error("ts-absent" if value is None else "ts-present",
                       "timestamps must be there when they were agreed on, and only then")
            return
        if value is None:
            return
        # What is echoed was in a segment that began at or before the last acknowledgment sent.
        if echo not in self.echoes or self.echoes[echo] > self.acked \
                or seq_diff(echo, self.last_echo) < 0:
            self.error("ts-echo", f"TSecr {echo} after {self.last_echo} with ACK {ack}")
        else:
            self.last_echo = echo
        if seq_diff(value, self.ts_val) < 0:
            self.error("ts-back", f"TSval {value} after {self.ts_val}")
        else:
            self.ts_val = value

    def finish(self):
        """What must be true at the end, when both ends were to close."""
        if not self.ended:
            return
        if self.received.fin is None or self.acked != self.received.fin:
            self.error("ack-missing", f"the last ACK is {self.acked}; the peer's FIN ends at "
                       f"{self.received.fin}", False)
        if not self.fin_sent:
            self.error("fin-missing", "FIN was never sent", False)


def audit_live(path, local, clean=True, slow=False, ended=True, linux=False):
    """Audits all conversations of a capture whose one end has one of the local addresses.

    A dict: errors (text, the first ones), error_count, frames, connections, and what was counted.
    """
    local, found, auditors = set(local), {}, {}
    result = {"errors": [], "error_count": 0, "frames": 0}
    for number, frame in enumerate(read_pcap(path), 1):
        try:
            segment = parse_frame(frame.data)
        except FrameError as error:
            note(result, f"frame {number}: malformed: {error}")
            continue
        if segment is None:
            continue
        ends = frozenset(((segment.src, segment.sport), (segment.dst, segment.dport)))
        auditor = auditors.get(ends)
        if auditor is None:
            auditor = follow_handshake(found, ends, frame, segment, local,
                                       (clean, slow, ended, linux))
            if auditor is not None:
                auditors[ends] = auditor
            elif ends not in found and segment.src in local:
                own = endpoint_text((segment.src, segment.sport))
                note(result, f"frame {number}: unknown: {own} sends on a connection whose "
                     "beginning is not in the capture")
        if auditor is None:
            continue
        if segment.src not in local:
            if not segment.flags & SYN:
                auditor.hear(number, frame.time_ns, segment)
        elif auditors[ends].view.conversation.handshake_ack is not segment:
            result["frames"] += 1
            auditor.take_at(number, frame.time_ns, segment)
    return summed_up(result, auditors.values())


def note(result, error):
    """Counts an error of no connection."""
    result["errors"].append(error)
    result["error_count"] += 1


def follow_handshake(found, ends, frame, segment, local, how):
    """The auditor of a conversation, once its handshake is complete."""
    if ends not in found:
        if segment.flags & (SYN | ACK) != SYN:
            return None
        found[ends] = Conversation(Packet(frame, segment, True))
        return None
    conversation = found[ends]
    if segment.flags & SYN and (not segment.flags & ACK or conversation.syn_ack is not None):
        return None             # sent again: whoever answers it had to wait for the CPU
    conversation.add(frame, segment)
    if conversation.handshake_ack is None:
        return None
    conversation.require_handshake()
    side = "client" if conversation.client[0] in local else "server"
    return LiveAuditor(Handshake(conversation, side), *how)


def summed_up(result, auditors):
    """The result, with what all auditors found."""
    counts = {}
    for auditor in auditors:
        auditor.finish()
        result["errors"] += auditor.errors
        result["error_count"] += auditor.error_count
        for name, value in auditor.count.items():
            counts[name] = counts.get(name, 0) + value
    result["connections"] = len(auditors)
    result.update(counts)
    return result

# SPDX-License-Identifier: BSD-3-Clause
"""The rules that every frame sent for one taken-over connection must keep.

An Auditor gets the frames that one side of one connection sent, in order, and collects errors.
Sequence and acknowledgment numbers are relative here: 0 is the first byte after the handshake.
"""
from chimcap import ACK, CWR, ECE, FIN, RST, SYN, URG, mac_bytes, seq_diff
from echo_rule import EchoRule

IP_ID_FIRST = 0x8000            # TCP-3: IPv4 ids of offloaded connections
SHORTEST_FRAME = 60             # Ethernet pads to this, without the frame check sequence
ERRORS_KEPT = 20                # per connection, and the first of every rule; the rest is counted


class Auditor:
    """Checks what one side of one connection sends.

    view is the Takeover from the original capture, expected the connection's entry of expect.json.
    A linux side is a recorded Linux kernel's: rules that bind only the target are left out (IP
    ids), and MAC addresses are those of the recording.
    """

    def __init__(self, view, expected, linux=False):
        self.view = view
        self.name = expected["name"]
        self.linux = linux
        self.vlan = 0 if linux else expected["vlan"]
        self.local_mac = view.local_mac if linux else mac_bytes(expected["local_mac"])
        self.echo = EchoRule(view)
        self.mtu = expected["mtu"]
        self.errors = []
        self.error_count = 0
        self.rules_broken = set()
        self.frames = self.bare_acks = self.fins = 0
        self.number = 0
        self.acked = 0
        self.right_edge = view.rcv_wnd
        self.windows = []
        self.ts_val = self.ts_first = view.ts_val
        self.snd_max = 0
        self.fin_sent = False
        self.peer_edge = self._largest_peer_edge()

    def _largest_peer_edge(self):
        """The furthest right edge that the peer ever advertised."""
        edges = [self.view.snd_wnd]
        for packet in self.view.peer_packets:
            segment = packet.segment
            edges.append(seq_diff(segment.ack, self.view.snd_nxt)
                         + (segment.window << self.view.snd_wscale))
        return max(edges)

    def error(self, rule, message, frame=True):
        """Notes that a rule was broken, by the present frame or by all of them together."""
        self.error_count += 1
        if len(self.errors) < ERRORS_KEPT or rule not in self.rules_broken:
            self.rules_broken.add(rule)
            place = f"frame {self.number}: " if frame else ""
            self.errors.append(f"{self.name}: {place}{rule}: {message}")

    def take(self, number, segment):
        """Checks the next frame that was sent; number is its place in the file, from 1."""
        self.number = number
        self.frames += 1
        self._check_ethernet(segment)
        if segment.version == 4:
            self._check_ipv4(segment)
        if segment.ttl == 0:
            self.error("ttl", "TTL or hop limit is 0")
        if not segment.tcp_checksum_ok():
            self.error("tcp-checksum", "the TCP checksum is wrong")
        if not self._check_flags(segment):
            return
        self._check_size(segment)
        self._check_options(segment)
        self._check_sequence(segment)
        ack = seq_diff(segment.ack, self.view.rcv_nxt)
        if self._check_ack(ack):
            self._check_window(ack, segment)
            self._check_timestamps(ack, segment)
            self.acked = max(self.acked, ack)
        self.bare_acks += not segment.length

    def _check_ethernet(self, segment):
        if segment.eth_dst != self.view.peer_mac or segment.eth_src != self.local_mac:
            self.error("mac", f"from {segment.eth_src.hex(':')} to {segment.eth_dst.hex(':')}; "
                       f"should be from {self.local_mac.hex(':')} "
                       f"to {self.view.peer_mac.hex(':')}")
        if (segment.vlan or 0) != self.vlan:
            self.error("vlan", f"VLAN id {segment.vlan or 0}; should be {self.vlan}")
        trailer = len(segment.data) - segment.ip_end
        if trailer and len(segment.data) > SHORTEST_FRAME + (4 if segment.vlan is not None else 0):
            self.error("length", f"{trailer} bytes after the end of the IP packet")

    def _check_ipv4(self, segment):
        if segment.ip_header_length != 20:
            self.error("ip-options", f"an IPv4 header of {segment.ip_header_length} bytes")
        if not segment.ip_checksum_ok():
            self.error("ip-checksum", "the IPv4 header checksum is wrong")
        if not segment.dont_fragment or segment.fragment:
            self.error("ip-df", "TCP-3: DF must be set, MF clear")
        if not self.linux and segment.ip_id < IP_ID_FIRST:
            self.error("ip-id", f"TCP-3: IP id {segment.ip_id:#06x}; should be in 0x8000-0xffff")

    def _check_flags(self, segment):
        """Whether the frame can be looked at any further."""
        if segment.flags & (SYN | RST) or not segment.flags & ACK:
            self.error("flags", f"flags {segment.flag_text()}; only ACK, PSH and FIN, and always "
                       "ACK, fit an established connection")
            return False
        if segment.flags & (URG | ECE | CWR):
            self.error("flags", f"flags {segment.flag_text()}; ECN was not agreed on, and there "
                       "is no urgent data")
        return True

    def _check_size(self, segment):
        """Neither the path's MTU nor the peer's MSS are exceeded (RFC 9293 section 3.7.1)."""
        size = segment.ip_end - segment.ip_offset
        if size > self.mtu:
            self.error("size", f"an IP packet of {size} bytes; the path's MTU is {self.mtu}")
        elif segment.has_payload and segment.ip_end - segment.tcp_offset > self.view.mss + 20:
            self.error("size", f"a segment of {segment.ip_end - segment.tcp_offset} bytes; the "
                       f"peer's MSS is {self.view.mss}, without the header's 20")

    def _check_options(self, segment):
        if segment.mss is not None or segment.wscale is not None or segment.sack_permitted:
            self.error("option", "an option that belongs to SYN segments only")
        if segment.sack and not self.view.sack:
            self.error("sack", "SACK blocks, but SACK was not agreed on")
        for left, right in segment.sack:
            if not 0 <= seq_diff(left, self.view.rcv_nxt) < seq_diff(right, self.view.rcv_nxt) \
                    <= self.view.received.end:
                self.error("sack", f"a SACK block from {left} to {right}, which the peer "
                           "did not send")

    def _check_sequence(self, segment):
        """SEG.SEQ, data and FIN: only what the recorded side sent, nothing skipped."""
        start = seq_diff(segment.seq, self.view.snd_nxt)
        payload = segment.payload
        end = start + len(payload)
        if start < 0 or start > self.snd_max or (not segment.length and start != self.snd_max):
            self.error("seq", f"SEQ {start}, but SND.NXT is {self.snd_max}")
            return
        if payload != self.view.sent.data[start:end]:
            self.error("data", f"{len(payload)} bytes at {start} which are not the recorded ones")
        if end > self.peer_edge:
            self.error("peer-window", f"data up to {end}; the peer's window ends at "
                       f"{self.peer_edge}")
        if segment.flags & FIN:
            self._check_fin(end, segment)
        self.snd_max = max(self.snd_max, start + segment.length)

    def _check_fin(self, end, segment):
        self.fins += 1
        self.fin_sent = True
        if not self.view.sent.fin or end != len(self.view.sent.data):
            self.error("fin", f"FIN after {end} of {len(self.view.sent.data)} bytes")
        if self.view.closes_second() \
                and seq_diff(segment.ack, self.view.rcv_nxt) < self.view.received.end:
            self.error("fin", "FIN before the peer's FIN was acknowledged")

    def _check_ack(self, ack):
        """Whether the acknowledgment number is one that the rules after it can use."""
        if ack > self.view.received.end:
            self.error("ack-beyond", f"ACK {ack}; the peer sent only up to "
                       f"{self.view.received.end}")
            return False
        if ack < self.acked:
            self.error("ack-back", f"ACK {ack} after ACK {self.acked}")
            return False
        return True

    def _check_window(self, ack, segment):
        """The right edge of the window never moves to the left (RFC 9293 section 3.8.6)."""
        window = segment.window << self.view.rcv_wscale
        self.windows.append(window)
        if ack + window < self.right_edge:
            self.error("window", f"the right edge went back from {self.right_edge} to "
                       f"{ack + window} (ACK {ack}, window {window})")
        self.right_edge = max(self.right_edge, ack + window)

    def _check_timestamps(self, ack, segment):
        """Timestamps when agreed on, and only then; TSval does not go back (RFC 7323 3.2, 5.4)."""
        value, echo = segment.timestamps or (None, None)
        right = self.echo.step(ack, echo)
        if right == []:
            self.error("ack-inside", f"ACK {ack} is inside a segment of the peer's")
        if not self.view.timestamps:
            if value is not None:
                self.error("ts-present", "timestamps, but they were not agreed on")
        elif value is None:
            self.error("ts-absent", "no timestamps, but they were agreed on")
        else:
            if right:
                self.error("ts-echo", f"TSecr {echo} with ACK {ack} (the ACK before: "
                           f"{self.acked}); RFC 7323 section 4.3 allows "
                           f"{' or '.join(map(str, right))}")
            if seq_diff(value, self.ts_val) < 0:
                self.error("ts-back", f"TSval {value} after {self.ts_val}")
            else:
                self.ts_val = value

    def finish(self):
        """Checks what must be true when everything was sent; call it once, at the end."""
        end = self.view.received.end
        if self.acked != end:
            self.error("ack-missing", f"the last ACK is {self.acked}; the peer sent up to {end}, "
                       f"FIN {'included' if self.view.received.fin else 'not sent'}", False)
        missing = len(self.view.sent.data) - self.snd_max
        if missing > 0:
            self.error("data-missing", f"{missing} bytes were never sent", False)
        if self.view.sent.fin and not self.fin_sent:
            self.error("fin-missing", "FIN was never sent", False)

    def bytes_acked(self):
        """Bytes acknowledged, without the FIN."""
        return min(self.acked, len(self.view.received.data))

    def summary(self):
        """What was seen, in one line."""
        text = (f"{self.frames} frames, {self.bytes_acked()} of {len(self.view.received.data)} "
                f"bytes acknowledged")
        if self.acked > len(self.view.received.data):
            text += " and the FIN"
        if self.windows:
            text += f", window {min(self.windows)} to {max(self.windows)}"
        if self.view.timestamps:
            text += f", TSval +0 to +{seq_diff(self.ts_val, self.ts_first)}"
        return text + (", FIN sent" if self.fin_sent else "")

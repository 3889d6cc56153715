# SPDX-License-Identifier: BSD-3-Clause
"""Reads and writes pcap files and takes Ethernet/VLAN/IPv4/IPv6/TCP frames apart.

The one place that knows file and frame formats; every tool of this folder uses it. Standard
library only. Formats: pcap (pcap-savefile(5)), RFC 791, RFC 8200, RFC 9293, RFC 7323, RFC 2018.
"""
import array
import functools
import ipaddress
import lzma
import struct
import sys

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))
FLAG_LETTERS = "FSRPAUEC"

ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_VLAN = 0x0800, 0x86DD, 0x8100
PROTOCOL_TCP = 6
LINKTYPE_ETHERNET = 1
XZ_MAGIC = b"\xfd7zXZ\x00"
# A first word of the file, as read in little endian, gives byte order and nanoseconds per unit.
PCAP_MAGICS = {0xA1B2C3D4: ("<", 1000), 0xA1B23C4D: ("<", 1),
               0xD4C3B2A1: (">", 1000), 0x4D3CB2A1: (">", 1)}


class CaptureError(Exception):
    """A capture file is not what it should be; the message says what, where and what would be."""


class FrameError(Exception):
    """A frame claims to be TCP over IP, but cannot be taken apart; the message says why."""


class Frame:
    """One frame of a capture: time_ns since the epoch, data (bytes), wire_length in bytes."""

    __slots__ = ("time_ns", "data", "wire_length")

    def __init__(self, time_ns, data, wire_length=None):
        self.time_ns = time_ns
        self.data = data
        self.wire_length = len(data) if wire_length is None else wire_length


def read_bytes(path):
    """The whole file, unpacked when it is xz (known by its first bytes, not by its name)."""
    with open(path, "rb") as handle:
        data = handle.read()
    if not data.startswith(XZ_MAGIC):
        return data
    try:
        return lzma.decompress(data)
    except (lzma.LZMAError, EOFError) as error:
        raise CaptureError(f"{path}: damaged xz file: {error}") from error


def read_pcap(path):
    """All frames of a pcap file, plain or xz, of either byte order, in us or ns."""
    data = read_bytes(path)
    if len(data) < 24:
        raise CaptureError(f"{path}: {len(data)} bytes; a pcap file has a header of 24")
    magic = struct.unpack_from("<I", data)[0]
    if magic not in PCAP_MAGICS:
        raise CaptureError(f"{path}: starts with {data[:4].hex()}; a pcap file starts with "
                           "d4c3b2a1, 4d3cb2a1, a1b2c3d4 or a1b23c4d (pcapng is not read)")
    order, unit_ns = PCAP_MAGICS[magic]
    linktype = struct.unpack_from(order + "I", data, 20)[0] & 0x0FFFFFFF
    if linktype != LINKTYPE_ETHERNET:
        raise CaptureError(f"{path}: link type {linktype}; only Ethernet (1) is read")
    frames = []
    record = struct.Struct(order + "IIII")
    offset = 24
    while offset < len(data):
        if offset + record.size > len(data):
            raise CaptureError(f"{path}: cut off in the header of frame {len(frames) + 1}")
        seconds, fraction, captured, wire = record.unpack_from(data, offset)
        offset += record.size
        if offset + captured > len(data):
            raise CaptureError(f"{path}: cut off in frame {len(frames) + 1}, which should have "
                               f"{captured} bytes")
        frames.append(Frame(seconds * 10**9 + fraction * unit_ns,
                            data[offset:offset + captured], wire))
        offset += captured
    return frames


def write_pcap(path, frames, nanosecond=False, order="<"):
    """Writes frames as a pcap file; order is "<" or ">", times are cut to us unless nanosecond."""
    unit_ns = 1 if nanosecond else 1000
    with open(path, "wb") as handle:
        handle.write(struct.pack(order + "IHHiIII", 0xA1B23C4D if nanosecond else 0xA1B2C3D4,
                                 2, 4, 0, 0, 262144, LINKTYPE_ETHERNET))
        for frame in frames:
            seconds, rest = divmod(frame.time_ns, 10**9)
            handle.write(struct.pack(order + "IIII", seconds, rest // unit_ns, len(frame.data),
                                     frame.wire_length))
            handle.write(frame.data)


def seq_diff(left, right):
    """left - right in 32-bit sequence space, from -2^31 to 2^31 - 1 (RFC 9293 section 3.4)."""
    return ((left - right + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def ones_sum(data):
    """The one's complement sum of data (RFC 1071), not yet complemented, in network order."""
    if len(data) % 2:
        data = bytes(data) + b"\0"
    words = array.array("H", bytes(data))
    if sys.byteorder == "little":
        words.byteswap()
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


@functools.lru_cache(maxsize=4096)
def address_text(packed):
    """An IPv4 or IPv6 address in its usual text form."""
    return str(ipaddress.ip_address(packed))


def mac_text(packed):
    """A MAC address as 02:00:00:00:00:01."""
    return packed.hex(":")


def mac_bytes(text):
    """The six bytes of a MAC address written as 02:00:00:00:00:01; ValueError if it is not one."""
    words = text.split(":")
    if len(words) != 6 or not all(len(word) == 2 for word in words):
        raise ValueError(f"'{text}' is not a MAC address; write it like 02:00:00:00:00:01")
    return bytes(int(word, 16) for word in words)


class Segment:
    """A TCP segment and the headers around it; offsets are in bytes from the frame's start.

    vlan is None without a tag; timestamps is None or (TSval, TSecr); sack is a list of (left,
    right); ecn is the field of the IP header (RFC 3168: 0 not-ECT, 1 and 2 ECT, 3 CE); ip_id and the flags of fragmentation are None or False for IPv6. checksums_ok() is
    the only costly part, and not done by the parser.
    """

    __slots__ = ("data", "eth_dst", "eth_src", "vlan", "version", "src", "dst", "ip_offset",
                 "ip_header_length", "ip_end", "ttl", "ecn", "ip_id", "dont_fragment", "fragment",
                 "sport", "dport", "seq", "ack", "flags", "window", "urgent", "tcp_offset",
                 "payload_offset", "mss", "wscale", "sack_permitted", "timestamps", "sack")

    @property
    def payload(self):
        """The TCP payload."""
        return self.data[self.payload_offset:self.ip_end]

    @property
    def length(self):
        """Length in sequence space: payload, SYN and FIN (RFC 9293: SEG.LEN)."""
        return (self.ip_end - self.payload_offset + bool(self.flags & SYN)
                + bool(self.flags & FIN))

    @property
    def has_payload(self):
        """Whether the segment carries data."""
        return self.ip_end > self.payload_offset

    def flag_text(self):
        """Flags as letters, "." when there is none."""
        return "".join(letter for bit, letter in enumerate(FLAG_LETTERS)
                       if self.flags & 1 << bit) or "."

    def ip_checksum_ok(self):
        """Whether the IPv4 header checksum is right; IPv6 has none."""
        if self.version == 6:
            return True
        header = self.data[self.ip_offset:self.ip_offset + self.ip_header_length]
        return ones_sum(header) == 0xFFFF

    def tcp_checksum_ok(self):
        """Whether the TCP checksum, with its pseudo-header, is right."""
        return ones_sum(pseudo_header(self.data, self.ip_offset, self.version,
                                      self.ip_end - self.tcp_offset)
                        + self.data[self.tcp_offset:self.ip_end]) == 0xFFFF


def pseudo_header(data, ip_offset, version, tcp_length):
    """The pseudo-header that the TCP checksum covers (RFC 9293 section 3.1, RFC 8200 8.1)."""
    if version == 4:
        return data[ip_offset + 12:ip_offset + 20] + struct.pack("!HH", PROTOCOL_TCP, tcp_length)
    return data[ip_offset + 8:ip_offset + 40] + struct.pack("!II", tcp_length, PROTOCOL_TCP)


def parse_frame(data):
    """The Segment in an Ethernet frame; None when the frame is not TCP over IPv4 or IPv6.

    FrameError when it is TCP, but lengths or options do not fit, or its TCP header is in another
    fragment.
    """
    if len(data) < 14:
        return None
    segment = Segment()
    segment.data = data
    segment.eth_dst, segment.eth_src = data[0:6], data[6:12]
    ethertype = struct.unpack_from("!H", data, 12)[0]
    segment.vlan, segment.ip_offset = None, 14
    if ethertype == ETHERTYPE_VLAN:
        if len(data) < 18:
            return None
        tag, ethertype = struct.unpack_from("!HH", data, 14)
        segment.vlan, segment.ip_offset = tag & 0x0FFF, 18
    parser = {ETHERTYPE_IPV4: parse_ipv4, ETHERTYPE_IPV6: parse_ipv6}.get(ethertype)
    if parser is None or not parser(segment, data):
        return None
    parse_tcp(segment, data)
    return segment


def parse_ipv4(segment, data):
    """Fills in the IPv4 part; False when the packet is not TCP."""
    start = segment.ip_offset
    if len(data) < start + 20:
        return False
    first, service, total, ip_id, fragment, ttl, protocol = struct.unpack_from("!BBHHHBB", data, start)
    if protocol != PROTOCOL_TCP:
        return False
    if fragment & 0x1FFF:
        raise FrameError("a fragment that is not the first: there is no TCP header in it")
    header = (first & 0x0F) * 4
    if first >> 4 != 4 or header < 20:
        raise FrameError(f"first byte of IPv4 header is {first:#04x}")
    if total < header or start + total > len(data):
        raise FrameError(f"IPv4 total length {total} in a frame with {len(data) - start} bytes "
                         "of IP")
    segment.version, segment.ip_header_length, segment.ip_end = 4, header, start + total
    segment.ttl, segment.ecn, segment.ip_id = ttl, service & 3, ip_id
    segment.dont_fragment, segment.fragment = bool(fragment & 0x4000), bool(fragment & 0x2000)
    segment.src = address_text(data[start + 12:start + 16])
    segment.dst = address_text(data[start + 16:start + 20])
    segment.tcp_offset = start + header
    return True


def parse_ipv6(segment, data):
    """Fills in the IPv6 part; False when the packet carries no TCP right after its header."""
    start = segment.ip_offset
    if len(data) < start + 40:
        return False
    first, length, protocol, ttl = struct.unpack_from("!IHBB", data, start)
    if protocol != PROTOCOL_TCP:
        return False
    if first >> 28 != 6:
        raise FrameError(f"first byte of IPv6 header is {first >> 24:#04x}")
    if start + 40 + length > len(data):
        raise FrameError(f"IPv6 payload length {length} in a frame with "
                         f"{len(data) - start - 40} bytes of payload")
    segment.version, segment.ip_header_length, segment.ip_end = 6, 40, start + 40 + length
    segment.ttl, segment.ecn, segment.ip_id = ttl, first >> 20 & 3, None
    segment.dont_fragment = segment.fragment = False
    segment.src = address_text(data[start + 8:start + 24])
    segment.dst = address_text(data[start + 24:start + 40])
    segment.tcp_offset = start + 40
    return True


def parse_tcp(segment, data):
    """Fills in the TCP part; FrameError when the header does not fit."""
    start = segment.tcp_offset
    if segment.ip_end - start < 20:
        raise FrameError(f"{segment.ip_end - start} bytes of TCP; its header alone has 20")
    (segment.sport, segment.dport, segment.seq, segment.ack, offset, segment.flags,
     segment.window, _, segment.urgent) = struct.unpack_from("!HHIIBBHHH", data, start)
    header = (offset >> 4) * 4
    if header < 20 or start + header > segment.ip_end:
        raise FrameError(f"TCP header length {header} in a segment of {segment.ip_end - start}")
    segment.payload_offset = start + header
    parse_options(segment, data[start + 20:start + header])


def parse_options(segment, options):
    """Fills in the TCP options; unknown kinds are passed over, bad lengths are a FrameError."""
    segment.mss = segment.wscale = segment.timestamps = None
    segment.sack_permitted = False
    segment.sack = []
    position = 0
    while position < len(options) and options[position] != 0:
        kind = options[position]
        if kind == 1:
            position += 1
            continue
        size = options[position + 1] if position + 1 < len(options) else 0
        if size < 2 or position + size > len(options):
            raise FrameError(f"TCP option {kind} has length {size} with "
                             f"{len(options) - position} bytes left")
        body = options[position + 2:position + size]
        position += size
        expected = {2: (2,), 3: (1,), 4: (0,), 5: (8, 16, 24, 32), 8: (8,)}.get(kind)
        if expected is None:
            continue
        if len(body) not in expected:
            raise FrameError(f"TCP option {kind} has length {size}")
        if kind == 2:
            segment.mss = struct.unpack("!H", body)[0]
        elif kind == 3:
            segment.wscale = body[0]
        elif kind == 4:
            segment.sack_permitted = True
        elif kind == 5:
            segment.sack = list(struct.iter_unpack("!II", body))
        else:
            segment.timestamps = struct.unpack("!II", body)


def fix_checksums(data):
    """A copy of the frame with the IPv4 and TCP checksums computed anew."""
    segment = parse_frame(bytes(data))
    if segment is None:
        raise FrameError("not a TCP frame: there is no checksum to compute")
    fixed = bytearray(data)
    start = segment.ip_offset
    if segment.version == 4:
        fixed[start + 10:start + 12] = b"\0\0"
        header = fixed[start:start + segment.ip_header_length]
        struct.pack_into("!H", fixed, start + 10, ~ones_sum(header) & 0xFFFF)
    struct.pack_into("!H", fixed, segment.tcp_offset + 16, 0)
    tcp = bytes(fixed[segment.tcp_offset:segment.ip_end])
    total = ones_sum(pseudo_header(bytes(fixed), start, segment.version, len(tcp)) + tcp)
    struct.pack_into("!H", fixed, segment.tcp_offset + 16, ~total & 0xFFFF)
    return bytes(fixed)


def with_ethernet(data, dst=None, vlan=None):
    """A copy of the frame with another destination MAC (bytes) or a VLAN tag put in."""
    head, rest = (dst or data[:6]) + data[6:12], data[12:]
    if vlan is None:
        return head + rest
    if rest[:2] == struct.pack("!H", ETHERTYPE_VLAN):
        rest = rest[4:]
    return head + struct.pack("!HH", ETHERTYPE_VLAN, vlan) + rest

# SPDX-License-Identifier: BSD-3-Clause
"""Frames of a peer, and capture files that hold them."""
import struct

PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
PEER_MAC, OUR_MAC = bytes.fromhex("02000000000a"), bytes.fromhex("02000000000b")
PEER, OURS = bytes([10, 1, 0, 1]), bytes([10, 0, 0, 1])
PEER_PORT, OUR_PORT = 4000, 5001
DATA = bytes(range(256)) * 4
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def checksum(data):
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def segment(seq, ack, flags, text=b"", port=PEER_PORT, our_port=OUR_PORT):
    """A frame from the peer to us."""
    tcp = struct.pack("!HHIIBBHHH", port, our_port, seq, ack, 5 << 4, flags, 60000, 0, 0)
    pseudo = PEER + OURS + struct.pack("!BBH", 0, 6, len(tcp) + len(text))
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp + text)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(text), 7, 0x4000, 64, 6, 0, PEER, OURS)
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return OUR_MAC + PEER_MAC + b"\x08\x00" + ip + tcp + text


def write_pcap(path, frames):
    """A capture file with these frames."""
    with open(path, "wb") as handle:
        handle.write(PCAP_HEADER)
        for number, frame in enumerate(frames):
            handle.write(struct.pack("<IIII", number, 0, len(frame), len(frame)) + frame)


def read_pcap(path):
    """The frames of a capture file."""
    with open(path, "rb") as handle:
        data = handle.read()
    frames, at = [], len(PCAP_HEADER)
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        frames.append(data[at + 16:at + 16 + length])
        at += 16 + length
    return frames

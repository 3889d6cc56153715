# SPDX-License-Identifier: BSD-3-Clause
"""What two kernels say to each other through the bump: pings, streams, datagrams, broadcasts.

An end is a (namespace, device, own addresses, the other's addresses) of BehindBed.ends().
"""
import select
import socket
import struct
import time

from bed import SECONDS, Job, receive_all, send_pattern
from world import inside, near_socket

AT_ONCE = 16        # pings or datagrams on their way
ECHO_REQUEST, ECHO_REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
SO_BINDTODEVICE = 25
IPV6_DONTFRAG, IP_MTU_DISCOVER, IP_PMTUDISC_DO = 62, 10, 2
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}


def text(number, size):
    """Bytes that tell their place in a datagram, and the datagram."""
    return bytes((number + at * 7 + (at >> 8)) & 0xFF for at in range(size))


def checksum(data):
    """The Internet checksum (RFC 1071)."""
    data += bytes(len(data) & 1)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _receive(sock, deadline):
    """The next message, None when time is up."""
    if not select.select([sock], [], [], max(0, deadline - time.monotonic()))[0]:
        return None
    return sock.recv(65536)


def ping(end, version, sizes, whole=False):
    """Echo requests with so many bytes of data; sizes that were not answered, whole and right.

    whole: none of them may be cut into fragments (DF).
    """
    namespace, _, _, other = end
    kind = socket.IPPROTO_ICMP if version == 4 else socket.IPPROTO_ICMPV6
    sizes = list(sizes)
    asked, waiting, right = 0, {}, 0
    with inside(namespace):
        sock = socket.socket(FAMILY[version], socket.SOCK_RAW, kind)
    with sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        if whole and version == 4:
            sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
        elif whole:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_DONTFRAG, 1)
        sock.connect((other[version], 0))
        ident = sock.fileno() << 8 | version
        deadline = time.monotonic() + SECONDS
        while right < len(sizes):
            while asked < len(sizes) and len(waiting) < AT_ONCE:
                message = text(asked, sizes[asked])
                head = struct.pack("!HH", ident, asked)
                sums = checksum(bytes([ECHO_REQUEST[4], 0]) + head + message)
                sock.send(struct.pack("!BBH", ECHO_REQUEST[version], 0,
                                      sums if version == 4 else 0) + head + message)
                waiting[asked] = message
                asked += 1
            answer = _receive(sock, deadline)
            if answer is None:
                break
            if version == 4:
                answer = answer[(answer[0] & 15) * 4:]
            if answer[0] != ECHO_REPLY[version] or answer[4:6] != struct.pack("!H", ident):
                continue
            if waiting.pop(struct.unpack("!H", answer[6:8])[0], None) == answer[8:]:
                right += 1
    return [len(message) for message in waiting.values()] + sizes[asked:]


def stream(client, server, version, size):
    """TCP from a client to a server, and back on the same connection: what each received."""
    listener = near_socket(None, version, namespace=server[0])
    with listener:
        listener.bind((server[2][version], 0))
        listener.listen(1)
        sock = near_socket(None, version, namespace=client[0])
        with sock:
            sock.connect(listener.getsockname()[:2])
            accepted, _ = listener.accept()
            with accepted:
                accepted.settimeout(SECONDS)
                jobs = [Job(send_pattern, one, size) for one in (sock, accepted)]
                hears = Job(receive_all, sock)
                found = receive_all(accepted), hears.result()
                for job in jobs:
                    job.result()
                return found


def datagrams(asker, answerer, version, sizes):
    """UDP datagrams of so many bytes, each sent back; sizes that did not come back, whole and right."""
    sizes = list(sizes)
    socks = []
    for namespace, _, own, _ in (asker, answerer):
        with inside(namespace):
            socks.append(socket.socket(FAMILY[version], socket.SOCK_DGRAM))
        socks[-1].bind((own[version], 0))
        socks[-1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    near, far = socks
    with near, far:
        near.connect(far.getsockname()[:2])
        far.connect(near.getsockname()[:2])
        deadline = time.monotonic() + SECONDS
        sent, waiting = 0, []
        while sent < len(sizes) or waiting:
            while sent < len(sizes) and len(waiting) < AT_ONCE:
                waiting.append(text(sent, sizes[sent]))
                near.send(waiting[-1])
                sent += 1
            ready = select.select([near, far], [], [], max(0, deadline - time.monotonic()))[0]
            if not ready:
                break
            if far in ready:
                far.send(far.recv(65536))
            if near in ready:
                message = near.recv(65536)
                if message in waiting:
                    waiting.remove(message)
    return [len(message) for message in waiting] + sizes[sent:]


def shout(sender, receiver, size):
    """One IPv4 datagram of so many bytes, to nobody who listens."""
    with inside(sender[0]):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sock:
        sock.sendto(text(0, size), (receiver[2][4], 9))


def group_socket(end, version, port, group=None):
    """A UDP socket on a device alone, as DHCP and mDNS have them."""
    namespace, device, _, _ = end
    with inside(namespace):
        sock = socket.socket(FAMILY[version], socket.SOCK_DGRAM)
        index = socket.if_nametoindex(device)
    sock.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, device.encode())
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.settimeout(SECONDS)
    sock.bind(("", port))
    if version == 4:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                        struct.pack("=4s4si", bytes(4), bytes(4), index))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    if group and version == 4:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                        struct.pack("=4s4si", socket.inet_aton(group), bytes(4), index))
    elif group:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                        struct.pack("=16si", socket.inet_pton(FAMILY[6], group), index))
    return sock


def to_group(sender, receiver, version, address, ports):
    """One datagram to a group or to everybody, answered to the group; what each end received.

    ports are the sender's and the receiver's. A frame that comes twice is found out by the answer
    and by a second datagram behind the first.
    """
    group = None if address == "255.255.255.255" else address
    one = group_socket(sender, version, ports[0], group)
    two = group_socket(receiver, version, ports[1], group)
    with one, two:
        found = []
        for number in range(2):
            one.sendto(text(number, 300), (address, ports[1]))
            found.append(two.recv(65536) == text(number, 300))
            two.sendto(text(number + 9, 400), (address, ports[0]))
            found.append(one.recv(65536) == text(number + 9, 400))
        return found

# SPDX-License-Identifier: BSD-3-Clause
"""Whole conversations that several live tests have: one way, the other way, both ways."""
from bed import Job, pattern_digest, receive_all, send_pattern


def sink(bed, checks, name, size, clean=True, **how):
    """The peer sends, the target hears it; both close, the peer first. What the auditor counted."""
    with bed.recorded(name, clean) as found:
        one = bed.open("sink", **how)
        job = Job(send_pattern, one.sock, size)
        one.wait("disconnected")
        job.result()
        row = one.query()
        checks.equal(f"{name}: every byte is there", (row["rcv_bytes"], row["digest"]),
                     (size, pattern_digest(size)))
        checks.equal(f"{name}: the target's FIN comes", one.sock.recv(1), b"")
        checks.equal(f"{name}: closed", one.until_state("CLOSED"), "CLOSED")
        one.close()
    return found


def source(bed, checks, name, size, clean=True, **how):
    """The target sends, and closes first. What the auditor counted."""
    with bed.recorded(name, clean) as found:
        one = bed.open(f"source bytes {size}", **how)
        checks.equal(f"{name}: every byte is there", receive_all(one.sock),
                     (size, pattern_digest(size)))
        one.sock.shutdown(1)
        checks.equal(f"{name}: closed", one.until_state("TIME_WAIT"), "TIME_WAIT")
        one.close()
    return found


def echo(bed, checks, name, size, clean=True, **how):
    """Both directions of one connection at once. What the auditor counted."""
    with bed.recorded(name, clean) as found:
        one = bed.open("echo", **how)
        job = Job(send_pattern, one.sock, size)
        checks.equal(f"{name}: every byte comes back", receive_all(one.sock),
                     (size, pattern_digest(size)))
        job.result()
        checks.equal(f"{name}: closed", one.until_state("CLOSED"), "CLOSED")
        one.close()
    return found

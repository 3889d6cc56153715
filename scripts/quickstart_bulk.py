# SPDX-License-Identifier: BSD-3-Clause
"""Second part of the quickstart: 100,000 connections lose one of their two routers, then the other.

What happens on the wire is told by the port's peer, a process of its own. An invalidate is watched
like this: the peer stops receiving, until the ring between it and the program is full and the
program has to hold frames back; then the neighbor is invalidated; when the completion is read, the
peer takes what is in the ring at that moment, and counts from 0. A frame counted later was handed
to the port after the completion.
"""
import time

from quickstart_processes import RING, Failure, counted

CONNECTIONS = 100_000
PATHS = 16
MSS = 160
# One segment: so each connection sends one frame when it is its turn, and all have it soon.
WINDOW = MSS
MAC_A, MAC_B, MAC_C = (f"02:00:00:00:00:0{digit}" for digit in "abc")
RETRIEVE_DELAY_MS = 1000
SECONDS = 30
POLL_SECONDS = 0.02
# Turns of the worker without a frame, after which it is taken to be stuck at a full ring.
STEADY_TURNS = 1000
# Frames of A in a row, none of B's between them, that show that the turn has come to A.
RUN_OF_A = 2000
# The host's estimate of the round trip, in ms, is that of a very long path: retransmission timeouts
# of seconds, so that a busy machine's pauses are not taken for losses.
SRTT, RTTVAR = 1000, 500
OPTIONS = ["--connections", str(CONNECTIONS + 1000), "--retrieve-delay-ms", str(RETRIEVE_DELAY_MS),
           "--drain-deadline-ms", "5000"]


class Bulk:
    """The bulk tree: load.n0 is neighbor A, load.n1 is B; path i is over neighbor i modulo 2."""

    def __init__(self, client, peer, say, summary):
        self.client = client
        self.peer = peer
        self.say = say
        self.summary = summary
        self.each = 0
        self.silent = {}        # neighbors that are invalidated, by MAC address
        self.relinked_at = 0.0

    def count(self, *filters):
        """How many connections `show tcp` finds with these filters."""
        return self.client.command("show tcp " + " ".join(filters) + " limit 0")["matches"]

    def worker(self, *names):
        """Counters of the worker."""
        counters = self.client.command("show counters")["workers"]
        return [counters[name] for name in names]

    def all_sent(self, mac, whose):
        """Until every connection of a neighbor has sent to this MAC address since the mark."""
        deadline = time.monotonic() + SECONDS
        while (seen := self.peer.count(mac, "connections")) < self.each:
            if time.monotonic() > deadline:
                raise Failure(f"only {seen} of {self.each} connections of {whose} have sent to "
                              f"{mac} in {SECONDS} s")
            time.sleep(POLL_SECONDS)

    def offload(self):
        """The tree, in one request; then every connection sends."""
        self.client.command("port release 1")
        # Nothing gets away during the offload, so that all wait in the order of the tree.
        self.peer.command("hold")
        self.client.command(
            f"bulk add load connections {CONNECTIONS} paths {PATHS} neighbors 2 port 1 "
            f"mac {MAC_A} service source mss {MSS} snd-wnd {WINDOW} "
            f"srtt {SRTT} rttvar {RTTVAR}", SECONDS)
        self.client.command(f"neighbor add c mac {MAC_C} port 1")
        dependents = self.count("neighbor load.n0")
        self.each = self.count("neighbor load.n1")
        if dependents + self.each != CONNECTIONS:
            raise Failure(f"neighbors A and B have {dependents} and {self.each} connections; "
                          f"{CONNECTIONS} were offloaded")
        self.summary["connections"] = CONNECTIONS
        self.summary["dependents"] = dependents
        self.say(f"On a second port {CONNECTIONS:,} connections are offloaded as one tree: "
                 f"{dependents:,} over")
        self.say(f"neighbor A, {self.each:,} over neighbor B. All have data to send.")
        self.peer.command("mark")
        self.all_sent(MAC_A, "neighbor A")
        self.all_sent(MAC_B, "neighbor B")
        self.say("The peer on the wire has heard every one of them.")

    def turn_of_a(self):
        """Until the turn has come to A's connections.

        Connections send in line, and each goes back to its end: so all of A's come one after the
        other, then all of B's. At the beginning of A's turns the frames held back are A's.
        """
        deadline = time.monotonic() + SECONDS
        before, run = self.peer.command("report"), None
        while run is None or run < RUN_OF_A:
            if time.monotonic() > deadline:
                raise Failure(f"it was never the turn of neighbor A in {SECONDS} s")
            time.sleep(POLL_SECONDS / 4)
            report = self.peer.command("report")
            if counted(report, MAC_B) > counted(before, MAC_B):
                run = 0
            elif run is not None:
                run += counted(report, MAC_A) - counted(before, MAC_A)
            before = report

    def hold_frames(self):
        """The peer stops receiving, until the program cannot get rid of any more frames."""
        self.peer.command("hold")
        deadline = time.monotonic() + SECONDS
        segments, turns = self.worker("tx_segments", "turns")
        while time.monotonic() < deadline:
            now_segments, now_turns = self.worker("tx_segments", "turns")
            if now_segments != segments:
                segments, turns = now_segments, now_turns
            elif now_turns - turns >= STEADY_TURNS:
                return
        raise Failure("the program goes on sending although nobody receives")

    def invalidate(self, name):
        """Invalidates a neighbor; the peer counts from the completion on. Returns the reply."""
        reply = self.client.command(f"invalidate {name}")
        mark = self.peer.command("mark")
        if mark["taken"] != RING:
            raise Failure(f"the ring to the peer should have been full at the completion, but "
                          f"held {mark['taken']} of {RING} frames: this proves nothing")
        self.check_silence(mark)
        self.silent[MAC_A if name == "load.n0" else MAC_B] = name
        return reply

    def check_silence(self, report=None):
        """No frame for an invalidated neighbor in a report of the peer (None: in one of now)."""
        report = report or self.peer.command("report")
        late = {mac: counted(report, mac) for mac in self.silent}
        self.summary["frames_after_completion"] = sum(late.values())
        for mac, frames in late.items():
            if frames != 0:
                raise Failure(f"{frames} frames for {self.silent[mac]} ({mac}) reached the port "
                              "after its invalidate had completed")

    def check_discarded(self, reply):
        """There were frames to be discarded: otherwise nothing was put to the test."""
        if reply["frames_discarded"] <= 0:
            raise Failure("no frames were held back at the invalidate: this proves nothing")

    def check_going_on(self, mac, whose, timeouts):
        """The connections that send to a MAC address lost nothing, and never ran into a timeout."""
        for key, what in (("missing", "segments behind a gap"), ("repeated", "segments twice")):
            found = self.peer.count(mac, key)
            if found != 0:
                raise Failure(f"the peer got {found} {what} from connections of {whose}")
        ran_out = self.worker("tx_timeouts")[0] - timeouts
        if ran_out != 0:
            raise Failure(f"connections of {whose} ran into {ran_out} retransmission timeouts")

    def lose_a(self):
        """Invalidates neighbor A: silence, and B undisturbed."""
        self.turn_of_a()
        timeouts = self.worker("tx_timeouts")[0]
        self.hold_frames()
        reply = self.invalidate("load.n0")
        self.summary["completion_us"] = reply["completion_us"]
        self.summary["control_us"] = self.client.command(
            "show counters")["invalidate_last_ns"] / 1000
        self.summary["frames_discarded"] = reply["frames_discarded"]
        self.say("Neighbor A dies. An invalidate request with a single block names it: completed "
                 f"{reply['completion_us']:.0f} us")
        self.say(f"later, {self.summary['control_us']:.1f} us after the control core had taken it; "
                 f"{reply['frames_discarded']} frames that were waiting for")
        self.say("room in the port's ring were discarded.")
        self.all_sent(MAC_B, "neighbor B")
        self.check_silence()
        self.check_discarded(reply)
        self.check_going_on(MAC_B, "neighbor B", timeouts)
        self.say(f"Since the completion the peer got 0 frames for A; all {self.each:,} "
                 "connections of B went on,")
        self.say("without a byte lost or sent twice.")

    def retrieved(self):
        """How many RETRIEVE indications the host has got so far."""
        return self.client.command("show events")["retrieve"]

    def check_retrieved(self):
        """Every dependent of A has its indication, and nobody has two, or one without need."""
        dependents = self.summary["dependents"]
        total, of_a = self.retrieved(), self.count("neighbor load.n0 indicated")
        others = self.count("indicated") - of_a
        self.summary["retrieve_indications"] = total
        # As many as dependents in all, and every dependent has one: so none has two.
        if total != dependents or of_a != dependents or others != 0:
            raise Failure(f"{total} RETRIEVE indications, for {of_a} connections of A and {others} "
                          f"others; there should be one for each of the {dependents} of A")
        self.check_silence()

    def told_a(self):
        """The RETRIEVE indications of A's connections."""
        deadline = time.monotonic() + SECONDS
        while self.retrieved() < self.summary["dependents"] and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        self.check_retrieved()
        stopped = self.count("neighbor load.n1 stopped")
        if stopped != 0:
            raise Failure(f"{stopped} connections of neighbor B are stopped")
        self.summary["unaffected_ok"] = True
        self.say(f"{RETRIEVE_DELAY_MS} ms later the host is asked to take A's connections back: "
                 f"{self.summary['retrieve_indications']:,} RETRIEVE indications,")
        self.say("exactly one for each; none for B's.")

    def lose_b(self):
        """Invalidates neighbor B and relinks its paths to C before RETRIEVE is due."""
        timeouts = self.worker("tx_timeouts")[0]
        self.hold_frames()
        began = time.monotonic()
        reply = self.invalidate("load.n1")
        self.client.command("relink load.n1 all to c")
        took = 1000 * (time.monotonic() - began)
        if took >= RETRIEVE_DELAY_MS:
            raise Failure(f"relinking took {took:.0f} ms: the machine is too busy to do it before "
                          f"RETRIEVE is due ({RETRIEVE_DELAY_MS} ms)")
        self.relinked_at = time.monotonic()
        self.say(f"Neighbor B dies too: completed in {reply['completion_us']:.0f} us, "
                 f"{reply['frames_discarded']} frames discarded. But the host knows a")
        self.say(f"third router, C, and relinks all paths to it: done {took:.1f} ms after the "
                 "invalidate, before")
        self.say("RETRIEVE is due.")
        self.all_sent(MAC_C, "neighbor B, relinked to C,")
        self.summary["relinked"] = self.peer.count(MAC_C, "connections")
        self.check_silence()
        self.check_discarded(reply)
        self.check_going_on(MAC_C, "neighbor B, relinked to C,", timeouts)
        if self.summary["relinked"] != self.each:
            raise Failure(f"{self.summary['relinked']} connections send to C; there should be "
                          f"{self.each}")
        self.say(f"All {self.each:,} connections send again, to C's address, and go on exactly "
                 "where they were cut off.")

    def told_b(self):
        """No RETRIEVE comes for B's connections, though its time is over."""
        due = self.relinked_at + 1.5 * RETRIEVE_DELAY_MS / 1000
        while time.monotonic() < due:
            time.sleep(POLL_SECONDS)
        self.check_retrieved()

    def terminate(self):
        """Takes everything back. After that the wire is silent."""
        self.client.command("terminate all", SECONDS)
        left = self.client.command("show tcp limit 0")["total"]
        if left != 0:
            raise Failure(f"{left} connections are left after everything was terminated")
        self.check_silence()
        counters = self.client.command("show counters")
        if counters["requests"] != counters["completed"]:
            raise Failure(f"requests made: {counters['requests']}, completed: "
                          f"{counters['completed']}")
        self.summary["requests_completed"] = sum(counters["completed"].values())
        self.say(f"All {CONNECTIONS:,} connections, their paths and neighbors are terminated. "
                 f"{self.summary['requests_completed']} requests were")
        self.say("made, and each has completed.")

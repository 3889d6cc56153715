# SPDX-License-Identifier: BSD-3-Clause
"""The main job of dpdk-chimney on real input, told in plain words. ./quickstart runs this."""
import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time

from chimney_client import CommandError
from quickstart_bulk import OPTIONS, WINDOW, Bulk
from quickstart_processes import Failure, Processes
from quickstart_recorded import Recorded

# What the summary must hold when all parts were run, and what kind of value each is.
SUMMARY = {
    "ok": bool, "bytes_verified": int, "dependents": int, "completion_us": (int, float),
    "frames_discarded": int, "frames_after_completion": int, "retrieve_indications": int,
    "relinked": int, "unaffected_ok": bool, "recorded_connections": int, "frames_audited": int,
    "connections": int, "requests_completed": int, "control_us": (int, float),
    "seconds": (int, float),
}
PARTS = ("recorded", "bulk")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def say(text):
    """A line for the one who watches."""
    print(text, flush=True)


def stop_on_signal(number, _frame):
    """Turns a signal into an exception, so that everything is cleaned up on the way out."""
    for other in STOP_SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(128 + number)


def recorded_part(recorded, client):
    """Recorded conversations, up to their end; the frames are audited when the program is gone."""
    recorded.offload(client)
    rows = recorded.play(client)
    recorded.check_delivered(rows)
    recorded.terminate(client)


def bulk_part(bulk):
    """100,000 connections and three neighbors."""
    bulk.offload()
    bulk.lose_a()
    bulk.told_a()
    bulk.lose_b()
    bulk.told_b()
    bulk.terminate()


def run(options, folder, summary):
    """All of it; Failure when something is not as it should be."""
    recorded = Recorded(folder, say, summary)
    recorded.prepare(options.prepared)
    with Processes(options.build, folder) as processes:
        peer = processes.start_peer(WINDOW)
        client = processes.start_chimney(recorded.file("peer.pcap"), recorded.file("tx.pcap"),
                                         OPTIONS)
        say("dpdk-chimney runs. Its first port plays the recordings, its second leads to a peer")
        say("process.")
        try:
            if "recorded" in options.parts:
                recorded_part(recorded, client)
            if "bulk" in options.parts:
                bulk_part(Bulk(client, peer, say, summary))
            client.command("quit")
            processes.end_of("chimney")
            peer.quit()
        except (CommandError, OSError) as error:
            said = processes.log_text("chimney")
            raise Failure(f"{error}" + (f"; dpdk-chimney said:\n{said}" if said else "")) from error
    say("dpdk-chimney has ended cleanly.")
    if "recorded" in options.parts:
        recorded.audit()


def check_summary(summary):
    """The summary is complete, its values are of the right kind and agree with each other."""
    for key, kind in SUMMARY.items():
        value = summary.get(key)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise Failure(f"the summary's {key} is {value!r}, which is no {kind}")
    wanted = {
        "unaffected_ok": summary["unaffected_ok"],
        "frames_after_completion": summary["frames_after_completion"] == 0,
        "frames_discarded": summary["frames_discarded"] > 0,
        "retrieve_indications": summary["retrieve_indications"] == summary["dependents"] > 0,
        "relinked": summary["relinked"] == summary["connections"] - summary["dependents"] > 0,
        "bytes_verified": summary["bytes_verified"] > 0,
        "frames_audited": summary["frames_audited"] > 0,
        "completion_us": summary["completion_us"] > 0,
        "requests_completed": summary["requests_completed"] > 0,
    }
    for key, good in wanted.items():
        if not good:
            raise Failure(f"the summary's {key} should not be {summary[key]}: {summary}")


def conclude(summary):
    """The last words when all went well."""
    say("")
    say(f"Summary: {summary['bytes_verified']:,} recorded bytes delivered and verified; "
        f"{summary['frames_audited']:,} frames audited.")
    say(f"{summary['dependents']:,} connections revoked in {summary['completion_us']:.0f} us: "
        f"{summary['frames_discarded']} held frames discarded, "
        f"{summary['frames_after_completion']} frames after completion,")
    say(f"{summary['retrieve_indications']:,} RETRIEVE indications. {summary['relinked']:,} "
        f"connections relinked to another router. {summary['seconds']:.1f} s.")


def command_line():
    """The parser of the command line."""
    parser = argparse.ArgumentParser(prog="quickstart.py", description=__doc__)
    parser.add_argument("--json", action="store_true",
                        help="the last line is a summary as one JSON object")
    parser.add_argument("--check", action="store_true",
                        help="as --json, and the summary itself is checked")
    parser.add_argument("--build", default="build", metavar="DIR",
                        help="where the programs were built (default: build)")
    parser.add_argument("--prepared", metavar="DIR",
                        help="use the files that tests/captures/prepare wrote there")
    parser.add_argument("--part", dest="parts", choices=PARTS, action="append",
                        help="only this part (default: all)")
    return parser


def main():
    """Runs, cleans up, and tells how it went; returns the exit status."""
    options = command_line().parse_args()
    began = time.monotonic()
    summary = dict.fromkeys(SUMMARY)
    summary["ok"] = summary["unaffected_ok"] = False
    for number in STOP_SIGNALS:
        signal.signal(number, stop_on_signal)
    options.parts = options.parts or PARTS
    error = None
    folder = tempfile.mkdtemp(prefix="quickstart-")
    try:
        run(options, folder, summary)
        summary["seconds"] = round(time.monotonic() - began, 1)
        summary["ok"] = True
        if set(options.parts) == set(PARTS):
            check_summary(summary)
            conclude(summary)
    except Failure as failure:
        summary["ok"] = False
        error = str(failure)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if error is not None:
        summary["error"] = error.split("\n", maxsplit=1)[0]
        print(f"FAILED: {error}", file=sys.stderr, flush=True)
    if options.json or options.check:
        print(json.dumps(summary), flush=True)
    return 0 if summary["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())

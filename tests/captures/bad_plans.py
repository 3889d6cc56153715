# SPDX-License-Identifier: BSD-3-Clause
"""Which bad links are recorded: what happens to which segments, and with which options."""
from badlink import Plan

SEGMENTS = 100      # of full size in every transfer
LAST = SEGMENTS - 1
DELAY_MS = 10       # each way

# The first windows of a sender: segments 0-9, 10-29, 30-69, the rest.
PLANS = {
    "clean": Plan(),
    "one": Plan(lose={(20, 1)}),
    "several": Plan(lose={(31, 1), (34, 1), (35, 1), (41, 1), (52, 1)}),
    "again": Plan(lose={(20, 1), (20, 2)}),
    "tail": Plan(lose={(LAST, 1)}),
    "tail3": Plan(lose={(LAST, 1), (LAST - 1, 1), (LAST - 2, 1)}),
    "silence": Plan(lose={(k, n) for k in range(LAST - 4, LAST + 1) for n in (1, 2)
                          if n == 1 or k == LAST}),
    "late": Plan(late={(20, 1): 3, (40, 1): 3, (41, 1): 3}),
    "verylate": Plan(late={(35, 1): 30}),
    "twice": Plan(twice={(12, 1), (40, 1)}),
    "acks": Plan(acks_lost=range(6, 40, 2)),
    "mixed": Plan(lose={(14, 1), (45, 1), (46, 1), (80, 1)}, late={(33, 1): 4, (60, 1): 4},
                  twice={(25, 1)}, acks_lost={9, 10, 11, 21}),
}

# Of the peer's window: for senders only, since the target's own window never closes here.
WINDOW_PLANS = {
    "closed": Plan(pause_ms=2000),
    "closed-tail": Plan(pause_ms=1000, lose={(LAST, 1)}),
}

# name: (IP version, timestamps, SACK, congestion control)
CAPTURES = {
    "v4-ts-sack-cubic": (4, True, True, "cubic"),
    "v4-ts-sack-reno": (4, True, True, "reno"),
    "v6-nots-sack-cubic": (6, False, True, "cubic"),
    "v6-ts-nosack-reno": (6, True, False, "reno"),
    "v4-nots-nosack-cubic": (4, False, False, "cubic"),
}

# The same, with WINDOW_PLANS. Without SACK: a tail loss probe before the window closes, which only
# one of two senders makes, would leave the other without the report of the duplicate.
WINDOW_CAPTURES = {
    "v4-ts-nosack-window": (4, True, False, "cubic"),
    "v6-nots-nosack-window": (6, False, False, "reno"),
}


def plans_of(name):
    """The plans of a capture, by name."""
    return WINDOW_PLANS if name in WINDOW_CAPTURES else PLANS

#!/usr/bin/env python3
"""stall.py PID SEED: makes processes below PID slow at random, by stopping them for moments, until PID is gone.

A machine that is busy gives a process no processor just when nobody thought of it: between a rename and the line in the
log, between a question and its answer. A test that only passes while nothing of the kind happens is a test of chance, and this
makes it fail here rather than elsewhere. Each process draws a temper when it is first seen and keeps it for its life, so
that in one run the daemon crawls while its test does not, and in the next one it is a worker, or the mail server of the test.
"""

import os
import random
import signal
import sys
import time

TICK_S = 0.01
TICKS_PER_LOOK = 4

# How long one runs between two stops, and how long a stop is; how many have that temper.
TEMPERS = {
    "lively": {"runs": None, "stops": None, "share": 0.45},
    "slow": {"runs": (0.01, 0.05), "stops": (0.1, 0.4), "share": 0.35},
    "absent": {"runs": (0.2, 2.0), "stops": (0.5, 2.5), "share": 0.20},
}
STARVING_LOOKS = 30
YOUNG_LOOKS = 8  # Most commands are over before, and run at full speed against a daemon that does not.


def look_at(pid):
    """(state, parent) of a process; a dead one of nobody where there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            state, parent = file.read().rpartition(")")[2].split()[:2]
    except (OSError, ValueError):
        return "X", 0
    return state, int(parent)


def parents():
    """{pid: parent} of everything that is not stopped already: what a test stopped itself is not to be undone here."""
    table = {}
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        state, parent = look_at(pid)
        if state not in "TtZX":
            table[pid] = parent
    return table


def below(root, table, known):
    """What `root` started, what that started, and `root`: the test with its servers is a process like others."""
    family, more = {root} | known, True
    while more:
        more = {pid for pid, parent in table.items() if parent in family} - family
        family |= more
    return (family & set(table)) - {os.getpid()}


def tell(pid, number):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


class Stalled:
    """One process and when it is stopped or let go next."""

    def __init__(self, pid, chance, now):
        self.pid, self.chance, self.stopped, self.looks = pid, chance, False, 0
        (name,) = chance.choices(list(TEMPERS), [temper["share"] for temper in TEMPERS.values()])
        self.temper = TEMPERS[name]
        self.due = now if self.temper["runs"] else float("inf")

    def turn(self, now):
        """Stops it or lets it go on; whether it is still there."""
        if now < self.due or self.starves():
            return True
        self.stopped = not self.stopped
        self.due = now + self.chance.uniform(*self.temper["stops" if self.stopped else "runs"])
        return tell(self.pid, signal.SIGSTOP if self.stopped else signal.SIGCONT)

    def starves(self):
        """Whether it was let go and waits for a processor still: that is slow enough, and it would never come far."""
        self.looks = self.looks + 1 if not self.stopped and look_at(self.pid)[0] == "R" else 0
        return 0 < self.looks <= STARVING_LOOKS

    def release(self):
        if self.stopped:
            tell(self.pid, signal.SIGCONT)


def main():
    root, chance = int(sys.argv[1]), random.Random(int(sys.argv[2]))
    processes, age, ticks = {}, {}, 0
    while os.path.exists(f"/proc/{root}"):
        now = time.monotonic()
        if ticks % TICKS_PER_LOOK == 0:
            family = below(root, parents(), set(processes)) - set(processes)
            age = {pid: age.get(pid, 0) + 1 for pid in family}
            for pid in sorted(pid for pid in family if age[pid] > YOUNG_LOOKS):
                processes[pid] = Stalled(pid, chance, now)
        processes = {pid: process for pid, process in processes.items() if process.turn(now) and os.path.exists(f"/proc/{pid}")}
        ticks += 1
        time.sleep(TICK_S)
    for process in processes.values():
        process.release()


main()

"""Operators and signals, all at once."""

import os
import signal
import subprocess
import threading
import time

import stage
from suite import case


@case("operators-at-once", "retry, reload, purge, hold and a second daemon from several shells while it delivers, then SIGTERM", "each delivery in exactly one state, 0 lost; the second daemon is refused; ends in time")
def operators_at_once(run):
    t = run.stage()
    t.setup(packet=6, workers=4)
    made = t.make(run.pick(600, 60))
    total = len(made) * len(stage.CHANNELS)
    t.daemon.start()
    over, refused, problems = threading.Event(), [], []

    def shell(*commands):
        while not over.is_set():
            for command in commands:
                answer = t.run(*command)
                # 64: not a verb of this build. 1: nothing to do, or the books are being written.
                if answer.status not in (0, 1, 64, 65, 66, 69, 75):
                    problems.append(f"`{' '.join(command)}` ended with {answer.status}: {answer.err[-200:]}")
                time.sleep(run.dice.uniform(0, 0.02))

    def second_daemon():
        while not over.is_set():
            ended = subprocess.run([stage.lib.DISPATCHER, "run", "--config", t.config_path], capture_output=True, env=t.environment, timeout=stage.lib.COMMAND_LIMIT_S)
            refused.append(ended.returncode)
            if ended.returncode == 0 or b"another" not in ended.stderr:
                problems.append(f"a second daemon ended with {ended.returncode}: {ended.stderr[-200:]!r}")
            time.sleep(0.05)

    def reload():
        while not over.is_set():
            t.daemon.signal(signal.SIGHUP)
            time.sleep(run.dice.uniform(0.02, 0.2))

    shells = [
        threading.Thread(target=shell, args=(("retry", "--state", "failed", "--yes"), ("retry", "--state", "uncertain", "--channel", "email", "--yes"))),
        threading.Thread(target=shell, args=(("queue", "--json"), ("status",), ("reconcile",))),
        threading.Thread(target=shell, args=(("purge", "--older-than", "1d", "--yes"), ("actions",))),
        threading.Thread(target=second_daemon),
        threading.Thread(target=reload),
    ]
    for thread in shells:
        thread.start()
    try:
        for start in range(0, len(made), 30):
            t.hand_over(made[start : start + 30])
        t.settle(120, total)
    finally:
        over.set()
        for thread in shells:
            thread.join()
    began = time.monotonic()
    verdict = t.judge()
    t.end_daemon()
    run.add(verdict, bound=0)
    for problem in problems[:5]:
        run.wrong(problem)
    run.check(refused, "no second daemon was ever tried")
    run.fact(second_daemons=len(refused), stopped_ms=int((time.monotonic() - began) * 1000))


@case("sigterm-often", "SIGTERM at random moments, the next daemon at once behind", "ends well and in time; 0 lost, 0 repeats")
def sigterm_often(run):
    t = run.stage()
    t.setup(packet=6, workers=4)
    turns = run.pick(40, 5)
    made = t.make(turns * run.pick(20, 8))
    portion = len(made) // turns
    slowest = 0
    for turn in range(turns):
        t.daemon.start(wait=False)
        t.hand_over(made[turn * portion : (turn + 1) * portion])
        time.sleep(run.dice.uniform(0, 0.1))
        t.wait(t.daemon.answers, 10, "the daemon to answer")
        began = time.monotonic()
        t.end_daemon()
        slowest = max(slowest, time.monotonic() - began)
    t.daemon.start()
    t.settle(60, len(made) * len(stage.CHANNELS))
    run.add(t.judge(), bound=0)
    run.fact(turns=turns, slowest_end_ms=int(slowest * 1000))
    t.end_daemon()

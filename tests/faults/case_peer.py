"""Receivers that are dead, slow, dripping or reset the connection."""

import time

import stage
from case_clock import follow_schedule, refusals
from suite import case


def stage_with(run, notices, **transports):
    t = run.stage()
    t.setup(packet=4, workers=4, transports={"retry": ["4s"] * 30, **transports})
    made = t.make(notices)
    return t, made, len(made) * len(stage.CHANNELS)


def break_both(t, mode, ms=0):
    t.sink.smtp(mode, ms)
    t.sink.http(mode, ms)


@case("peer-dead", "all receivers are down, come back, again and again", "0 lost, 0 repeats of mail, everything delivered")
def dead(run):
    t, made, total = stage_with(run, run.pick(300, 40))
    t.daemon.start(extra=stage.hurry())
    portion = len(made) // 4
    for turn in range(4):
        break_both(t, "dead")
        t.hand_over(made[turn * portion : (turn + 1) * portion])
        time.sleep(run.dice.uniform(0.1, 0.6))
        break_both(t, "ok")
        time.sleep(run.dice.uniform(0.05, 0.3))
    t.settle(120, total)
    # Connections that were open when they went down: what was in hand may come again, texts are uncertain.
    run.add(t.judge(), bound=4 * 4 * 4)
    t.end_daemon()


@case("peer-resets", "receivers reset the connection instead of saying yes: without and with having accepted", "0 lost; mail and webhooks again with the same id; texts are uncertain, and not sent again")
def resets(run):
    for mode in ("reset", "lost"):
        t, made, total = stage_with(run, run.pick(60, 8))
        t.daemon.start(extra=stage.hurry())
        break_both(t, mode)
        t.hand_over(made)
        t.wait(lambda: len(t.sink.receipts()) > len(made), 20, "some to be reset")
        time.sleep(0.5)
        break_both(t, "ok")
        t.settle(120, total)
        verdict = t.judge()
        run.add(verdict, mode, bound=None)
        run.fact(**{f"uncertain_{mode}": verdict.uncertain})
        run.proves(verdict.uncertain > 0, f"{mode}: no text is uncertain")
        t.end_daemon()


@case("peer-slow", "receivers take their time, some longer than the deadline of an attempt", "0 lost; an attempt ends at its deadline; others are not held up")
def slow(run):
    # One that answers within the deadline, and one that does not.
    for mode, ms in run.pick((("slow", 700), ("drip", 400), ("silent", 0)), (("drip", 400), ("silent", 0))):
        t, made, total = stage_with(run, run.pick(12, 3), deadline="3s", concurrency=2, retry=["100ms"] * 30)
        t.daemon.start()
        break_both(t, mode, ms)
        t.hand_over(made)
        time.sleep(run.pick(7, 4))
        t.check(t.daemon.answers(), "the daemon does not answer while its receivers are slow")
        break_both(t, "ok")
        t.settle(120, total)
        verdict = t.judge()
        run.add(verdict, f"{mode} {ms}", bound=None)
        run.fact(**{f"repeats_{mode}": verdict.repeats})
        t.end_daemon()
        run.drop(t)


@case("peer-refuses", "receivers say \"later\" for a while", "0 lost, 0 repeats, attempts follow the schedule")
def refuses(run):
    t, made, total = stage_with(run, run.pick(100, 20))
    t.daemon.start(extra=stage.hurry())
    break_both(t, "later")
    t.hand_over(made)
    t.wait(lambda: refusals(t) > len(made) // 2, 20, "many to be refused")
    break_both(t, "ok")
    t.settle(120, total)
    again, _ = follow_schedule(run, t, [row for row in t.all_rows() if row["attempts"] > 1])
    run.proves(again, "nobody came a second time")
    run.add(t.judge(), bound=0)
    t.end_daemon()

"""kill -9 at the N-th system call, and at any moment."""

import os
import signal
import time

import stage
from suite import case

REPEATS = "0 lost, 0 unaccounted; only what was in flight comes again, with the same id; no text twice"
RESTARTED = 2.0  # seconds: recovery after a kill


def killer(t, at, role="main", writes=False, after="ledger.db", seed=None, most=None):
    """The command line in front of the daemon, and where it reports."""
    report = os.path.join(t.dir, "killat")
    if os.path.exists(report):
        os.unlink(report)
    command = [stage.tool("killat"), "-r", role, "-a", after, "-o", report]
    command += ["-w"] if writes else []
    command += ["-s", str(seed), "-m", str(most)] if most else []
    return [*command, str(at)], report


def read_report(path):
    with open(path, encoding="ascii") as file:
        words = file.read().split()
    return int(words[1]), int(words[3])


def wait_for_kill_or_quiet(t, total, seconds=30):
    """True if the daemon was killed before all was done."""
    deadline = time.monotonic() + max(seconds, stage.lib.LEAST_WAIT_S) * stage.lib.PATIENCE
    while time.monotonic() < deadline:
        if t.daemon.process.poll() is not None:
            return True
        if t.sink_full(total) and t.is_quiet(total):
            return False
        time.sleep(0.004)
    raise stage.Failure(f"neither killed nor through: {t.counts()}\n{t.daemon.log_tail()}")


def wait_for_orphans(t):
    t.wait(lambda: not t.daemon.members(), 5, "the workers to end with their scheduler")


def finish(run, t, total, where, bound=None):
    """Starts it again without a tool, lets it come to its end, judges."""
    began = time.monotonic()
    t.daemon.start()
    recovery = time.monotonic() - began
    run.facts["recovery_ms"] = max(run.facts.get("recovery_ms", 0), int(recovery * 1000))
    run.in_time(recovery, RESTARTED, f"{where}: ready again")
    t.settle(60, total)
    verdict = t.judge(risky=t.risky)
    good = run.add(verdict, where, bound)
    t.end_daemon()
    return good


def first_notices(t):
    made = t.make(3)
    t.hand_over(made)
    return len(made) * len(stage.CHANNELS)


def die_at_each_call(run, role, writes, prepare=first_notices, bound=4):
    """A fresh spool for every N. How many calls there are is counted first."""
    run.calls = 0
    die_at(run, 0, role, writes, prepare, bound)
    step = max(1, run.calls // 5) if run.short else 1
    first = 1 + (run.dice.randrange(step) if run.short else 0)
    # A few beyond: how many there are differs a little from run to run.
    run.parallel(lambda at: die_at(run, at, role, writes, prepare, bound), range(first, run.calls + 10, step))
    run.fact(calls=run.calls)


def die_at(run, at, role, writes, prepare, bound):
    t = run.stage()
    # A worker that dies may let its transport rest, a reader comes back after a pause: the clock runs fast.
    fast = {} if role == "main" else {"retry": ["4s"] * 30}
    t.setup(workers=1, transports=fast)
    total = prepare(t)
    under, report = killer(t, at, role, writes)
    t.daemon.start(under=under, wait=False, extra=stage.hurry() if fast else None)
    where = f"{role} at call {at}"
    if role == "main":
        if not wait_for_kill_or_quiet(t, total):
            # It may also die while it ends.
            t.daemon.signal(signal.SIGTERM)
            run.check(t.daemon.wait_for_end(15) in (0, 137), f"{where}: the daemon did not end well")
        wait_for_orphans(t)
        t.note_in_flight()
        good = finish(run, t, total, where)
    else:
        t.daemon.wait_for_answer()
        t.settle(60, total)
        # One mail at a time, but webhooks of a packet go out together.
        good = run.add(t.judge(may_hold=1), where, bound)
        t.end_daemon()
    calls, _ = read_report(report)
    if at == 0:
        run.calls = calls
    run.drop(t, keep=not good)


@case("kill-daemon-each-call", "kill -9 of the daemon at every system call of the first notices that anybody could notice", REPEATS)
def kill_daemon_at_each_call(run):
    die_at_each_call(run, "main", writes=True)


@case("kill-worker-each-call", "kill -9 of a worker at every system call of the first notices", "as above, at most the packet in hand comes again")
def kill_worker_at_each_call(run):
    die_at_each_call(run, "worker", writes=False)


@case("kill-daemon-often", "kill -9 of the daemon at 200 random system calls while 10,000 notices come in and go out", REPEATS)
def kill_daemon_often(run):
    notices, kills = run.pick(10000, 300), run.pick(200, 10)
    t = run.stage()
    t.setup(packet=10, workers=4)
    made = t.make(notices // 3)
    total = len(made) * len(stage.CHANNELS)
    t.sink.smtp("slow", 3)
    t.sink.http("slow", 3)
    done, portion = 0, max(1, len(made) // (kills + kills // 4))
    killed = 0
    while killed < kills:
        at = run.dice.randrange(1, 60 if run.dice.random() < 0.2 else 2500)
        under, report = killer(t, at)
        t.daemon.start(under=under, wait=False)
        # What is handed over while the daemon dies is in doubt until somebody says yes.
        t.hand_over(made[done : done + portion])
        done += portion
        ended = t.daemon.wait_for_end(1)
        if ended is None:
            stage.lib.kill_if_there(t.daemon.pid)
            t.daemon.process.wait()
        wait_for_orphans(t)
        t.note_in_flight()
        killed += 1
        if killed % 50 == 0:
            status, text = t.reconcile()
            run.check(status == 0, f"after kill {killed}: reconcile ended with {status}: {text}")
    t.hand_over(made[done:])
    run.fact(kills=killed, notices=total, in_flight=len(t.risky))
    finish(run, t, total, f"{killed} kills", bound=len(t.risky) * 3)
    run.proves(t.risky or run.short, "no kill hit anything in flight")


@case("kill-worker-often", "kill -9 of workers at 200 random system calls while 10,000 notices go out", "as above, at most the packets in hand come again")
def kill_workers_often(run):
    notices, kills = run.pick(10000, 150), run.pick(200, 3)
    t = run.stage()
    t.setup(packet=10, workers=3, transports={"retry": ["20s"] * 30, "deadline": "1h"})
    made = t.make(notices // 3)
    total = len(made) * len(stage.CHANNELS)
    t.hand_over(made)
    # A delivery takes some five calls that anybody could notice: the kills spread over the whole run.
    under, report = killer(t, 0, "worker", writes=True, seed=run.seed, most=2 * total * 5 // kills)
    t.daemon.start(under=under, wait=False, extra=stage.hurry(100))
    t.daemon.wait_for_answer()
    t.settle(300, total)
    calls, killed = read_report(report)
    t.end_daemon()
    # Who was in hand at three kills is held as poison: that is the rule.
    verdict = t.judge(may_hold=killed // 3)
    run.fact(kills=killed, notices=total, held=verdict.held)
    run.add(verdict, f"{killed} kills", bound=killed * 10)
    run.check(killed >= kills // 4, f"only {killed} kills in {calls} calls")
    run.check(verdict.uncertain <= killed, f"{verdict.uncertain} texts are uncertain after {killed} kills")


@case("kill-enqueue-each-call", "kill -9 of `enqueue` at every system call", "what it printed is safe; nothing half is accepted")
def kill_enqueue(run):
    at, step = (1, 1) if not run.short else (1 + run.dice.randrange(20), 20)
    t = run.stage()
    t.setup()
    t.daemon.start()
    number = 0
    while True:
        made = t.make(2, channels=("email",), first=number * 2)
        text = "".join(stage.json.dumps(n) + "\n" for n in made)
        report = os.path.join(t.dir, "killat")
        under = [stage.tool("killat"), "-w", "-o", report, str(at)]
        answer = t.run("enqueue", "-", text=text, under=under)
        t.said_yes(*answer.out.split())
        run.faults += 1
        calls, kills = read_report(report)
        number += 1
        if kills == 0:
            break
        at += step
    t.settle(20)
    t.wait(lambda: t.is_quiet(), 10, "the intake to be done")
    verdict = t.judge()
    run.add(verdict, bound=0)
    run.fact(calls=calls)
    run.check(not os.listdir(os.path.join(t.spool, "corrupt")), "half a notice was accepted")
    t.end_daemon()


@case("kill-session-often", "kill -9 of the daemon and all workers at once, at random moments", REPEATS)
def kill_session(run):
    t = run.stage()
    t.setup(packet=8, workers=4)
    made = t.make(run.pick(1500, 60))
    kills = run.pick(60, 5)
    portion = max(1, len(made) // kills)
    for k in range(kills):
        t.daemon.start(wait=False)
        t.hand_over(made[k * portion : (k + 1) * portion])
        time.sleep(run.dice.uniform(0, 0.08))
        for pid in t.daemon.members():
            stage.lib.kill_if_there(pid)  # a worker dies with its daemon, maybe before its turn
        t.daemon.process.wait()
        t.note_in_flight()
    t.hand_over(made[kills * portion :])
    run.fact(kills=kills, in_flight=len(t.risky))
    finish(run, t, len(made) * len(stage.CHANNELS), f"{kills} kills", bound=len(t.risky) * 3)

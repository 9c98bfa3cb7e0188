"""Batches: killed, cut off, out of room at every point of their way in, and one that is really big."""

import os
import re
import signal
import sqlite3
import threading
import time

import replay
import stage
from suite import case, sibling

kill = sibling("case_kill")
power = sibling("case_power")
errno = sibling("case_errno")

EMAIL = ("email",)


def make_batch(t, lines, name="b1", channels=EMAIL):
    """Published, promised, not taken in yet."""
    path = t.write_lines(lines, channels)
    t.expect_lines(name, lines, channels)
    t.hand_over_batch(name, path, channels)
    t.said_yes(*{identity for identity, _ in t.offered if identity.startswith(name + "_")})
    return lines * len(channels)


@case("kill-batch-daemon-each-call", "kill -9 of the daemon at every noticeable system call while a batch comes in and goes out", kill.REPEATS)
def kill_daemon_with_batch(run):
    kill.die_at_each_call(run, "main", writes=True, prepare=lambda t: make_batch(t, 8, channels=("email", "sms")))


@case("kill-batch-reader-each-call", "kill -9 of the reader of a batch at every system call", "the batch goes on behind the last committed line: 0 lost, 0 repeats")
def kill_reader(run):
    kill.die_at_each_call(run, "reader", writes=False, prepare=lambda t: make_batch(t, 400), bound=0)


@case("kill-batch-often", "kill -9 of the daemon at 200 random moments while a batch of 10,000 comes in and goes out", kill.REPEATS)
def kill_batch_often(run):
    t = run.stage()
    t.setup(packet=20, workers=4)
    lines, kills = run.pick(10000, 400), run.pick(200, 10)
    total = make_batch(t, lines)
    for number in range(kills):
        at = run.dice.randrange(1, 60 if run.dice.random() < 0.3 else 1500)
        under, _ = kill.killer(t, at)
        t.daemon.start(under=under, wait=False)
        if t.daemon.wait_for_end(5) is None:
            stage.lib.kill_if_there(t.daemon.pid)
            t.daemon.process.wait()
        kill.wait_for_orphans(t)
        t.note_in_flight()
        if number % 20 == 0:
            status, text = t.reconcile()
            run.check(status == 0, f"after kill {number}: reconcile ended with {status}: {text}")
        if number % 50 == 49 and t.counts().get("delivered", 0) >= total:
            break
    run.fact(kills=number + 1, recipients=lines, in_flight=len(t.risky))
    kill.finish(run, t, total, f"{number + 1} kills", bound=len(t.risky) * 3)


@case("kill-enqueue-batch-each-call", "kill -9 of `enqueue --batch` at every noticeable system call, then once more", "nothing half is accepted; the second time it is queued or already known; each recipient once")
def kill_enqueue_batch(run):
    t = run.stage()
    t.setup(packet=20)
    t.daemon.start()
    path = t.write_lines(3)
    at, step, number = 1, 1, 0
    if run.short:
        at, step = 1 + run.dice.randrange(15), 15
    while True:
        number += 1
        name = f"b{number}"
        t.expect_lines(name, 3)
        text = t.write(f"{name}.json", t.batch_text(name))
        report = os.path.join(t.dir, "killat")
        under = [stage.tool("killat"), "-w", "-o", report, str(at)]
        answer = t.run("enqueue", "--batch", text, "--jsonl", path, under=under)
        calls, kills = kill.read_report(report)
        if kills:
            again = t.run("enqueue", "--batch", text, "--jsonl", path)
            run.check(again.status == 0, f"call {at}: the second time it ended with {again.status}: {again.err[-300:]}")
        else:
            run.check(answer.status == 0, f"enqueue --batch ended with {answer.status}: {answer.err[-300:]}")
        t.said_yes(*(f"{name}_c{n}" for n in (1, 2, 3)))
        run.faults += 1
        if not kills:
            break
        at += step
    t.settle(60, number * 3)
    run.add(t.judge(), bound=0)
    run.fact(calls=calls)
    run.check(not os.listdir(os.path.join(t.spool, "corrupt")), f"half a batch was published: {os.listdir(os.path.join(t.spool, 'corrupt'))[:3]}")
    t.end_daemon()


@case("power-cut-batch", "power cut after every sync while a batch is handed over, taken in and delivered", "0 lost, 0 unaccounted; repeats at most in flight + 256")
def power_cut_batch(run):
    def work(t, lines):
        path = t.write_lines(lines)
        t.expect_lines("b1", lines)
        text = t.write("b1.json", t.batch_text("b1"))
        t.daemon.start(extra=recording_of[-1].environment)
        answer = t.run("enqueue", "--batch", text, "--jsonl", path, extra=recording_of[-1].environment)
        if answer.status != 0:
            raise stage.Failure(f"enqueue --batch ended with {answer.status}: {answer.err}")
        recording_of[-1].said("b1")
        t.settle(60, lines)
        time.sleep(0.1)
        t.end_daemon()

    recording_of = []

    class BatchRecording(power.Recording):
        def deliver(self, t, lines):
            recording_of.append(self)
            work(t, lines)

        def of_a_batch(self, t):
            stands = any(os.path.exists(os.path.join(t.spool, place, "b1")) for place in ("new", "batches"))
            return len(t.offered) if stands else 0

    recording = power.record(run, run.pick(120, 20), kind=BatchRecording)
    points = power.some(run, power.crash_points(recording.records), run.pick(10**6, 5))
    power.cut_everywhere(run, recording, points, torn=2)
    run.fact(syncs=sum(r.type == replay.SYNC for r in recording.records))


@case("full-disk-batch", "the disk fills at some point while a batch is handed over and taken in", "refused as a whole, or taken in when there is room; each recipient once")
def full_disk_batch(run):
    budgets = [0, 1, 4096, 20000, 60000, 150000, 400000]
    for budget in budgets if not run.short else run.dice.sample(budgets, 2):
        t, faults, _ = errno.begin(run, 0)
        lines = 300
        path = t.write_lines(lines)
        t.expect_lines("b1", lines)
        environment = faults.environment(t)
        t.daemon.start(extra=environment)
        faults.set(budget=budget)
        text = t.write("b1.json", t.batch_text("b1"))
        answer = t.run("enqueue", "--batch", text, "--jsonl", path, extra=environment)
        run.check(answer.status in (0, *errno.LATER), f"{budget} bytes left: enqueue --batch ended with {answer.status}: {answer.err[-300:]}")
        time.sleep(0.5)
        run.check(t.daemon.running(), f"{budget} bytes left: the daemon ended: {t.daemon.log_tail(3)}")
        faults.clear()
        if answer.status != 0:
            t.hand_over_batch("b1", path)
        t.said_yes(*(identity for identity, _ in t.offered))
        t.settle(60, lines)
        run.add(t.judge(), f"{budget} bytes left", bound=0)
        t.end_daemon()
        run.drop(t)


# the big one


class Watcher(threading.Thread):
    """Samples the peak memory of every process of the daemon."""

    def __init__(self, t):
        super().__init__(daemon=True)
        self.t, self.peak, self.over = t, {}, threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.2):
            try:
                for role, kb in self.t.memory().values():
                    self.peak[role] = max(self.peak.get(role, 0), kb)
            except (OSError, IndexError):
                pass

    def stop(self):
        self.over.set()
        self.join()


def recipients_file(t, count):
    path = os.path.join(t.dir, "recipients.jsonl")
    with open(path, "w", encoding="ascii", buffering=1 << 20) as out:
        for n in range(1, count + 1):
            out.write('{"id":"c%d","locale":"%s","to":{"email":"c%d@example.org"}}\n' % (n, ("de", "ko", "en")[n % 3], n))
    return path


def count_receipts(t, count):
    """How often each recipient was told, as bytes; and strangers."""
    times, strangers = bytearray(count + 1), 0
    pattern = re.compile(rb" email b1_c(\d+) ")
    with open(t.sink.path, "rb") as log:
        for line in log:
            if b" email " not in line:
                continue
            found = pattern.search(line)
            if found and 1 <= int(found.group(1)) <= count:
                n = int(found.group(1))
                times[n] = min(255, times[n] + 1)
            else:
                strangers += 1
    return times, strangers


def judge_big(run, t, count, in_flight):
    times, strangers = count_receipts(t, count)
    lost = times[1:].count(0)
    repeats = sum(times) - (count - lost)
    counts = t.counts()
    run.faults += 1
    run.lost += lost
    run.repeats += repeats
    run.unaccounted += strangers + abs(sum(counts.values()) - count)
    run.check(lost == 0, f"{lost} recipients were never told")
    run.check(strangers == 0, f"{strangers} messages to nobody")
    run.check(sum(counts.values()) == count, f"the ledger has {sum(counts.values())} deliveries, {count} were accepted: {counts}")
    run.check(counts.get("delivered") == count, f"not all are delivered: {counts}")
    run.check(repeats <= in_flight, f"{repeats} repeats; {in_flight} deliveries were in flight at the kills")
    check_with_sqlite(run, t, count)


def check_with_sqlite(run, t, count):
    """A second opinion: the rows themselves, without any code of ours."""
    with sqlite3.connect(f"file:{os.path.join(t.spool, 'ledger.db')}?mode=ro", uri=True) as db:
        (rows,) = db.execute("SELECT count(*) FROM delivery").fetchone()
        run.check(rows == count, f"the table of deliveries has {rows} rows, not {count}")


@case("batch-big", "one batch of --count recipients (default 100,000), kill -9 20 times on the way", "0 lost, 0 unaccounted, `reconcile` true after each restart, ready again within 2 s, every process under 256 MB")
def big(run):
    count = run.count or run.pick(100000, 2000)
    kills = run.pick(20, 4)
    t = run.stage()
    t.setup(packet=200, workers=8, transports={"retry": ["1s"] * 30, "jitter": 0, "concurrency": 8}, log={"level": "warn"})
    path = recipients_file(t, count)
    began = time.monotonic()
    t.hand_over_batch("b1", path)
    run.fact(recipients=count, handed_over_s=round(time.monotonic() - began, 1))
    os.unlink(path)
    watcher, in_flight, slowest, slowest_books = Watcher(t), 0, 0.0, 0.0
    began = time.monotonic()
    for number in range(1, kills + 1):
        slowest = max(slowest, start_timed(t))
        # The kills spread over the run: first while it comes in, then by how much is out.
        wait_for_share(t, count, number, kills, run.dice)
        t.daemon.kill()
        t.wait(lambda: not t.daemon.members(), 5, "the workers to end")
        answer = t.run("queue", "--state", "in_flight", "--json")
        in_flight += len(answer.out.splitlines())
        since = time.monotonic()
        status, text = t.reconcile()
        slowest_books = max(slowest_books, time.monotonic() - since)
        run.check(status == 0, f"kill {number}: reconcile ended with {status}: {text}")
    slowest = max(slowest, start_timed(t))
    t.settle(max(300, count / 200), count)
    took = time.monotonic() - began
    watcher.stop()
    status, text = t.reconcile()
    run.check(status == 0, f"at the end: reconcile ended with {status}: {text}")
    t.end_daemon()
    judge_big(run, t, count, in_flight)
    run.in_time(slowest, kill.RESTARTED, "ready again")
    for role, kb in watcher.peak.items():
        run.check(kb < 256 * 1024, f"{role}: {kb / 1024:.0f} MB")
    run.fact(kills=kills, in_flight=in_flight, recovery_ms=int(slowest * 1000), reconcile_s=round(slowest_books, 1), drained_s=round(took),
             **{f"{role}_mb": round(kb / 1024, 1) for role, kb in sorted(watcher.peak.items())})


def start_timed(t):
    """Until it answers."""
    began = time.monotonic()
    t.daemon.start()
    return time.monotonic() - began


def size_of_log(t):
    return os.path.getsize(t.sink.path)


def wait_for_share(t, count, number, kills, dice):
    """Until about number/(kills+1) of all have arrived; a line of the log has some 60 bytes."""
    goal = (number + dice.uniform(-0.4, 0.4)) * count / (kills + 1)
    if number <= 2:
        time.sleep(dice.uniform(0.2, 1.0))
        return
    deadline = time.monotonic() + max(120, count / 50) * stage.lib.PATIENCE
    while size_of_log(t) / 56 < goal:
        if time.monotonic() > deadline:
            raise stage.Failure(f"only {size_of_log(t) // 56} of {goal:.0f} arrived: {t.daemon.log_tail(5)}")
        time.sleep(0.05)

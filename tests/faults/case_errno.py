"""Calls that fail: full disk, no inodes, I/O errors, no descriptors, read-only, by the shim and on real file systems."""

import contextlib
import json
import os
import subprocess
import time

import stage
from suite import case

STOPS = "sending stops and says why, goes on by itself when it works again; 0 lost, 0 repeats"
LATER = (69, 74, 75)  # exit statuses of "not now"
COMMITTED_TOGETHER = 32  # outcomes the scheduler gathers for a commit


def begin(run, notices, channels=stage.CHANNELS, **keys):
    t = run.stage()
    t.setup(packet=4, workers=3, **keys)
    os.makedirs(t.spool, exist_ok=True)
    faults = stage.Faults(os.path.join(t.dir, "faults"))
    return t, faults, t.make(notices, channels=channels)


def told(t, word="ledger.unavailable"):
    return word in t.daemon.log()


def finish(run, t, total, where="", bound=0):
    t.settle(90, total)
    good = run.add(t.judge(), where, bound)
    t.end_daemon()
    return good


AT_REST_S = 3  # a worker of a busy machine may have something in hand for long


def comes_to_rest(t):
    """Waits until nothing has left for a while: what was in the workers' hands has come to its end."""
    since, count = time.monotonic(), t.sink.count()

    def rests():
        nonlocal since, count
        if t.sink.count() != count:
            since, count = time.monotonic(), t.sink.count()
        return time.monotonic() - since > AT_REST_S

    t.wait(rests, 15, "sending to stop while nothing can be recorded")


def break_while_delivering(run, name, what, slow_ms=10):
    """Half way through the fault begins; a second later it goes away. Nothing may leave meanwhile but what was in hand."""
    t, faults, made = begin(run, run.pick(300, 60))
    total = len(made) * len(stage.CHANNELS)
    t.hand_over(made)
    t.sink.smtp("slow", slow_ms)
    t.sink.http("slow", slow_ms)
    t.daemon.start(extra=faults.environment(t))
    t.wait(lambda: t.sink.count() > total // 5, 20, "a fifth to be delivered")
    faults.set(**what)
    t.wait(lambda: told(t) or faults.get("hits") > 0, 10, "the fault to be noticed")
    comes_to_rest(t)
    count = t.sink.count()
    reason = t.run("status")
    time.sleep(1.0)
    more = t.sink.count() - count
    run.check(more == 0, f"{name}: {more} messages left while nothing could be recorded")
    run.proves(count < total, f"{name}: all was delivered before the fault could bite")
    run.check(told(t), f"{name}: the log does not say that the ledger is unavailable")
    run.check(reason.status != 0 or "ledger" in reason.out, f"{name}: `status` does not say why nothing goes: {reason.out[:300]!r}")
    refusal = t.run("enqueue", "-", text=json.dumps(t.notice("refused")), extra=faults.environment(t))
    if refusal.status == 0:
        # The spool may have room although the ledger has none: then it is accepted, and must arrive.
        t.expect("refused", t.notice("refused")["to"]["phone"], ("email",))
        t.said_yes("refused")
        total += 1
    else:
        run.check(refusal.status in LATER and refusal.err.strip(), f"{name}: enqueue ended with {refusal.status} {refusal.err!r}")
    faults.clear()
    t.sink.smtp("ok")
    t.sink.http("ok")
    run.facts["hits"] = run.facts.get("hits", 0) + faults.get("hits")
    finish(run, t, total, name)
    run.check("ledger.available" in t.daemon.log(), f"{name}: the log does not say that it goes on")


@case("full-disk-delivering", "the disk is full while deliveries go on, then there is room again", STOPS)
def full_disk_delivering(run):
    for budget in run.pick((0, 3000, 50000), (3000,)):
        break_while_delivering(run, f"{budget} bytes left", {"budget": budget})


@case("read-only-delivering", "the file system turns read-only while deliveries go on, then writable again", STOPS)
def read_only_delivering(run):
    break_while_delivering(run, "read-only", {"read_only": 1})


@case("disk-dies-delivering", "from some moment on every write and sync fails with EIO, then the disk is back", STOPS)
def disk_dies(run):
    for what in run.pick(({"write_eio": 1}, {"sync_eio": 1}), ({"sync_eio": 1},)):
        break_while_delivering(run, str(what), {**what, "sticky": 1})


@case("full-disk-then-kill", "the disk fills while deliveries go on, then kill -9, then there is room again", "0 lost; only what was in flight or not recorded comes again; no text twice")
def full_disk_then_kill(run):
    for turn in range(run.pick(10, 2)):
        t, faults, made = begin(run, 60)
        total = len(made) * len(stage.CHANNELS)
        t.hand_over(made)
        t.sink.smtp("slow", 5)
        t.daemon.start(extra=faults.environment(t))
        t.wait(lambda: t.sink.count() > 20 + run.dice.randrange(40), 20, "some to be delivered")
        faults.set(budget=run.dice.randrange(20000))
        time.sleep(run.dice.uniform(0.05, 0.5))
        t.daemon.kill()
        t.wait(lambda: not t.daemon.members(), 5, "the workers to end")
        faults.clear()
        t.note_in_flight()
        t.daemon.start()
        t.settle(60, total)
        # What the workers had in hand, and the outcomes that waited for one commit when the disk filled.
        run.add(t.judge(risky=t.risky), f"turn {turn}", bound=3 * 4 + COMMITTED_TOGETHER)
        t.end_daemon()
        run.drop(t)


def refuse_while_accepting(run, name, what):
    """Producers of both kinds come while it fails, and again when it works."""
    t, faults, made = begin(run, 30, channels=("email",))
    environment = faults.environment(t)
    t.daemon.start(extra=environment)
    t.hand_over(made[:10], extra=environment)
    faults.set(**what)
    refused = 0
    for notice in made[10:20]:
        answer = t.run("enqueue", "-", text=json.dumps(notice), extra=environment)
        t.said_yes(*answer.out.split())
        refused += answer.status != 0
        if answer.status != 0:
            run.check(answer.status in LATER, f"{name}: enqueue ended with {answer.status}: {answer.err!r}")
            run.check(answer.err.strip() and not answer.out.strip(), f"{name}: refused, but it says {answer.out!r} {answer.err!r}")
    time.sleep(0.3)
    run.check(t.daemon.running(), f"{name}: the daemon ended: {t.daemon.log_tail(3)}")
    faults.clear()
    t.hand_over(made[10:], extra=environment)
    run.proves(refused or faults.get("hits"), f"{name}: nothing ever failed")
    run.facts["refused"] = run.facts.get("refused", 0) + refused
    finish(run, t, len(made), name)
    leftovers = [n for n in os.listdir(os.path.join(t.spool, "tmp"))]
    run.check(not leftovers, f"{name}: left in tmp/: {leftovers[:5]}")
    run.check(not os.listdir(os.path.join(t.spool, "corrupt")), f"{name}: something half reached corrupt/")
    run.drop(t)


@case("full-disk-accepting", "the disk is full, or full in the middle of a notice, while notices come in", "refused with \"later\"; nothing half is accepted; goes on when there is room")
def full_disk_accepting(run):
    for budget in run.pick((0, 1, 512, 5000, 15000, 40000), (0, 5000)):
        refuse_while_accepting(run, f"{budget} bytes left", {"budget": budget})


@case("no-inodes", "nothing can be created while notices come in", "as above")
def no_inodes(run):
    refuse_while_accepting(run, "no inodes", {"no_inodes": 1})


@case("read-only-accepting", "the file system is read-only while notices come in", "as above")
def read_only_accepting(run):
    refuse_while_accepting(run, "read-only", {"read_only": 1})


def one_error(run, kind, n):
    """The n-th call of a kind fails once with EIO."""
    t, faults, made = begin(run, 4)
    t.daemon.start(extra=faults.environment(t))
    faults.set(**{kind: n})
    t.hand_over(made, extra=faults.environment(t))
    good = finish(run, t, len(made) * len(stage.CHANNELS), f"{kind} {n}")
    hit = faults.get("hits")
    run.drop(t, keep=not good)
    return hit


@case("each-call-eio", "the n-th write, sync or change of a name fails once with EIO, for every n", "0 lost, 0 repeats, goes on by itself")
def each_call_fails_once(run):
    for kind, most in (("write_eio", 160), ("sync_eio", 40), ("name_eio", 30)):
        numbers = range(1, most) if not run.short else sorted(run.dice.sample(range(1, most // 2), 3))
        hits = []
        run.parallel(lambda n: hits.append(one_error(run, kind, n)), numbers)
        run.proves(any(hits), f"{kind}: nothing ever failed")
        run.fact(**{kind: sum(1 for hit in hits if hit)})


@case("no-descriptors", "no file, socket or pipe can be opened for a second, again and again", "0 lost, 0 repeats, the daemon lives")
def no_descriptors(run):
    t, faults, made = begin(run, run.pick(200, 40))
    t.daemon.start(extra=faults.environment(t))
    portion = 20
    for start in range(0, len(made), portion):
        # Some are on their way when it begins, others come while it lasts: those must be opened.
        t.hand_over(made[start : start + portion // 2])
        faults.set(emfile=1)
        for notice in made[start + portion // 2 : start + portion]:
            if t.drop(notice) == 0:
                t.said_yes(notice["id"])
        time.sleep(run.dice.uniform(0.05, run.pick(0.6, 0.3)))
        faults.clear()
        time.sleep(0.05)
    run.fact(hits=faults.get("hits"))
    run.proves(faults.get("hits"), "no call ever failed")
    # A worker that could open nothing may count as one that died: what it had in hand may come again.
    finish(run, t, len(made) * len(stage.CHANNELS), bound=0)


# real file systems: need root


class Mounted:
    def __init__(self, t, options):
        if os.getuid() != 0:
            raise stage.Skip("mounting a small file system needs root")
        os.makedirs(t.spool, exist_ok=True)
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "faults", t.spool], capture_output=True, text=True)
        if made.returncode != 0:
            raise stage.Skip(f"mount does not work here: {made.stderr.strip()}")
        self.path = t.spool

    def remount(self, options):
        subprocess.run(["mount", "-o", f"remount,{options}", self.path], check=True, capture_output=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.path], check=False, capture_output=True)


def fill(path, leave=0):
    """A file that takes all room but `leave` bytes."""
    ballast = os.path.join(path, "ballast")
    with contextlib.suppress(OSError), open(ballast, "wb") as out:
        while True:
            out.write(b"x" * 4096)
            out.flush()
    if leave:
        os.truncate(ballast, max(0, os.path.getsize(ballast) - leave))
    return ballast


@case("tmpfs-full", "a real small file system fills up while notices come in and go out (needs root)", STOPS)
def real_full_disk(run):
    t = run.stage()
    t.setup(packet=4, workers=3, **run_keys())
    with Mounted(t, "size=64m"):
        made = t.make(run.pick(200, 40))
        total = len(made) * len(stage.CHANNELS)
        t.daemon.start()
        t.hand_over(made[: len(made) // 2])
        ballast = fill(t.spool)
        answer = t.run("enqueue", "-", text=json.dumps(made[-1]))
        t.said_yes(*answer.out.split())
        run.check(answer.status in LATER, f"enqueue on a full disk ended with {answer.status}: {answer.err!r}")
        time.sleep(1)
        run.check(t.daemon.running(), "the daemon ended on a full disk")
        os.unlink(ballast)
        t.hand_over(made[len(made) // 2 :])
        finish(run, t, total)


@case("tmpfs-no-inodes", "a real small file system without free inodes while notices come in (needs root)", "as above")
def real_no_inodes(run):
    t = run.stage()
    t.setup(packet=4, workers=3, **run_keys())
    with Mounted(t, "size=64m,nr_inodes=200"):
        made = t.make(30)
        t.daemon.start()
        t.hand_over(made[:10])
        ballast = os.path.join(t.spool, "ballast")
        os.makedirs(ballast)
        with contextlib.suppress(OSError):
            for n in range(1000):
                open(os.path.join(ballast, str(n)), "wb").close()
        answer = t.run("enqueue", "-", text=json.dumps(made[10]))
        t.said_yes(*answer.out.split())
        run.check(answer.status in LATER, f"enqueue without inodes ended with {answer.status}: {answer.err!r}")
        stage.lib.shutil.rmtree(ballast)
        t.hand_over(made[10:])
        finish(run, t, len(made) * len(stage.CHANNELS))


@case("remount-read-only", "a real ext4 that is remounted read-only under the daemon, and back (needs root)", STOPS)
def real_read_only(run):
    t = run.stage()
    t.setup(packet=4, workers=3, **run_keys())
    if os.getuid() != 0:
        raise stage.Skip("mounting a file system needs root")
    image = os.path.join(t.dir, "image")
    os.makedirs(t.spool, exist_ok=True)
    with open(image, "wb") as out:
        out.truncate(64 << 20)
    commands = (["mkfs.ext4", "-q", image], ["mount", "-o", "loop", image, t.spool])
    for command in commands:
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError:
            raise stage.Skip(f"there is no {command[0]}") from None
        if done.returncode != 0:
            raise stage.Skip(f"{command[0]} does not work here: {done.stderr.strip()}")
    mounted = Mounted.__new__(Mounted)
    mounted.path = t.spool
    with mounted:
        made = t.make(60)
        total = len(made) * len(stage.CHANNELS)
        t.daemon.start()
        t.hand_over(made[:30])
        t.settle(30, 30 * len(stage.CHANNELS))
        # Files open for writing forbid an ordinary remount; an emergency one (sysrq) is too much for a test.
        t.end_daemon()
        mounted.remount("ro")
        answer = t.run("enqueue", "-", text=json.dumps(made[30]))
        run.check(answer.status not in (0, 65) and answer.err.strip(), f"enqueue, read-only: {answer.status} {answer.err!r}")
        t.daemon.start(wait=False)
        status = t.daemon.wait_for_end(10)
        run.check(status not in (0, None) and status > 0, f"the daemon on a read-only spool ended with {status}: {t.daemon.log_tail(2)}")
        mounted.remount("rw")
        t.daemon.start()
        t.hand_over(made[30:])
        finish(run, t, total)


def run_keys():
    """Small disks: the room that must be left for anything to be accepted has to fit on them."""
    help_text = subprocess.run([stage.lib.DISPATCHER, "config", "show", "--json"], capture_output=True, text=True, cwd=stage.lib.ROOT).stdout
    return {"min_free": "1MiB"} if "min_free" in help_text else {}

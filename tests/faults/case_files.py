"""Files that are not what they should be: a damaged ledger, and strange things in new/."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import time

import stage
from suite import case


def made_ledger(run, notices):
    """A spool whose deliveries are half done: its directory is the pattern for all damaged ones."""
    t = run.stage()
    t.setup(packet=4, workers=2)
    made = t.make(notices)
    t.hand_over(made[: notices // 2])
    t.daemon.start()
    t.settle(30, (notices // 2) * len(stage.CHANNELS))
    t.hand_over(made[notices // 2 :])
    time.sleep(0.15)
    t.daemon.kill()
    t.wait(lambda: not t.daemon.members(), 5, "the workers to end")
    return t


def damages(run, size, wal_size):
    """(file, sentence, what to do with its bytes)"""
    dice = run.dice

    def flip(at, bit):
        return lambda data: data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :] if at < len(data) else data

    for at in range(0, 100) if not run.short else dice.sample(range(100), 4):
        yield "ledger.db", f"bit flipped in byte {at}", flip(at, dice.randrange(8))
    for _ in range(run.pick(150, 4)):
        at = dice.randrange(size)
        yield "ledger.db", f"bit flipped in byte {at}", flip(at, dice.randrange(8))
    for _ in range(run.pick(60, 3)):
        at = dice.randrange(max(1, wal_size))
        yield "ledger.db-wal", f"bit flipped in byte {at}", flip(at, dice.randrange(8))
    cuts = [0, 1, 16, 100, 511, 512, 4095, 4096, 4097, size // 2, size - 4096, size - 1]
    for at in [c for c in cuts if 0 <= c < size] if not run.short else dice.sample(cuts, 3):
        yield "ledger.db", f"cut at {at}", lambda data, at=at: data[:at]
    for _ in range(run.pick(20, 2)):
        at = dice.randrange(max(1, wal_size))
        yield "ledger.db-wal", f"cut at {at}", lambda data, at=at: data[:at]
    for _ in range(run.pick(20, 2)):
        at = dice.randrange(size)
        yield "ledger.db", f"zeros from {at}", lambda data, at=at: data[:at] + b"\0" * (len(data) - at)
    for _ in range(run.pick(20, 2)):
        at = dice.randrange(size // 4096) * 4096
        yield "ledger.db", f"page at {at} is noise", lambda data, at=at: data[:at] + dice.randbytes(4096) + data[at + 4096 :]
    yield "ledger.db", "text instead", lambda data: b"this is no ledger\n" * 1000
    yield "ledger.db", "empty", lambda data: b""


@case("damaged-ledger", "bits flipped, cut off, zeroed or overwritten in the ledger and its log", "no crash, no hang, no success invented: says that it is damaged, or goes on and balances, or `reconcile` tells")
def damaged_ledger(run):
    pattern = made_ledger(run, 20)
    done = {(r.channel, r.id) for r in pattern.sink.receipts() if r.channel in stage.CHANNELS}
    size = os.path.getsize(os.path.join(pattern.spool, "ledger.db"))
    wal = os.path.join(pattern.spool, "ledger.db-wal")
    wal_size = os.path.getsize(wal) if os.path.exists(wal) else 0
    counts = {"refused": 0, "told": 0, "unharmed": 0}
    run.parallel(lambda damage: one_damage(run, pattern, damage, done, counts), list(damages(run, size, wal_size)), threads=4)
    run.fact(**counts)


def one_damage(run, pattern, damage, done, counts):
    name, what, change = damage
    where = f"{name}: {what}"
    t = run.stage()
    t.setup(packet=4, workers=2, transports={"retry": ["100ms"] * 3})
    shutil.rmtree(t.spool)
    shutil.copytree(pattern.spool, t.spool, ignore=shutil.ignore_patterns("*.sock", "*-shm", "lock"))
    path = os.path.join(t.spool, name)
    if not os.path.exists(path):
        return run.drop(t)
    with open(path, "rb") as file:
        data = file.read()
    with open(path, "wb") as file:
        file.write(change(data))
    problems = len(run.problems)
    t.daemon.start(wait=False)
    run.faults += 1
    ended = wait_until_idle(t)
    if ended is not None:
        counts["refused"] += 1
        run.check(ended > 0 and ended != 134, f"{where}: the daemon ended with {ended}: {t.daemon.log_tail(2)}")
        run.check(t.daemon.log().strip(), f"{where}: the daemon ended with {ended} and said nothing")
    else:
        judge_damaged(run, t, pattern, where, done, counts)
    for verb in (("queue", "--json"), ("reconcile",), ("status",)):
        answer = t.run(*verb)
        run.check(0 <= answer.status < 128, f"{where}: `{verb[0]}` ended with {answer.status}: {answer.err[-300:]}")
    t.daemon.end_whatever_is_left()
    return run.drop(t, keep=len(run.problems) > problems)


def wait_until_idle(t, seconds=3):
    """The exit status; None: it lives, and has had its time."""
    deadline = time.monotonic() + seconds * stage.lib.PATIENCE
    before, since = None, time.monotonic()
    while time.monotonic() < deadline:
        if t.daemon.process.poll() is not None:
            return t.daemon.process.returncode
        now = (t.sink.count(), len(t.daemon.log()))
        if now != before:
            before, since = now, time.monotonic()
        if time.monotonic() - since > 0.4 and t.daemon.log():
            return None
        time.sleep(0.03)
    return None


def judge_damaged(run, t, pattern, where, done, counts):
    """It works on: then what it calls delivered must have arrived, before or now."""
    status = t.daemon.stop()
    run.check(status is not None and status >= 0, f"{where}: the daemon ended with {status}: {t.daemon.log_tail(2)}")
    answer = t.run("queue", "--json")
    books = t.run("reconcile")
    here = {(r.channel, pattern.numbers.get(r.id, r.id)) for r in t.sink.receipts() if r.channel in stage.CHANNELS}
    before = {(channel, pattern.numbers.get(i, i)) for channel, i in done}
    invented = []
    for line in answer.out.splitlines() if answer.status == 0 else []:
        row = json.loads(line)
        key = (row["channel"], row["id"])
        if row["state"] == "delivered" and key not in here | before:
            invented.append(key)
    # A flipped bit in a row may turn one state or name into another: then the books must tell.
    if invented and books.status == 0:
        known = {(c, i) for i, c in pattern.offered}
        run.wrong(f"{where}: {invented[:3]} never arrived and `reconcile` is content" if any(k in known for k in invented) else f"{where}: unknown {invented[:3]} and `reconcile` is content")
    counts["told" if books.status != 0 or answer.status != 0 else "unharmed"] += 1


# strange things in new/


def strange(t, dice, count):
    """Puts `count` things into new/ that are no notices; their names."""
    new = os.path.join(t.spool, "new")
    good = json.dumps(t.notice("template-only"), ensure_ascii=False).encode()
    outside = t.write("outside.txt", "secret\n")

    def put(name, data):
        with open(os.path.join(new, name), "wb") as out:
            out.write(data)

    def batch(name, text, lines=b"", extra=None):
        directory = os.path.join(new, name)
        os.mkdir(directory)
        for part, data in (("batch.json", text), ("notices.jsonl", lines)):
            if data is not None:
                with open(os.path.join(directory, part), "wb") as out:
                    out.write(data)
        if extra:
            extra(directory)

    def sums(lines, **members):
        text = json.loads(t.batch_text("x"))
        text.update(count=lines.count(b"\n"), sha256=hashlib.sha256(lines).hexdigest(), **members)
        return text

    line = json.dumps({"id": "c1", "to": {"email": "a@example.org", "name": "Anna"}}).encode() + b"\n"

    def bad_batch(name, kind):
        text = sums(line)
        text["id"] = name
        if kind == 0:
            batch(name, b"{")
        elif kind == 1:
            batch(name, json.dumps({**text, "count": 5}).encode(), line)
        elif kind == 2:
            batch(name, json.dumps({**text, "sha256": "0" * 64}).encode(), line)
        elif kind == 3:
            batch(name, json.dumps(text).encode(), None)
        elif kind == 4:
            batch(name, None, line)
        elif kind == 5:
            batch(name, json.dumps(text).encode(), None, lambda d: os.symlink(outside, os.path.join(d, "notices.jsonl")))
        elif kind == 6:
            batch(name, json.dumps({**text, "id": "other"}).encode(), line)
        elif kind == 7:
            batch(name, json.dumps(text).encode(), line, lambda d: os.mkdir(os.path.join(d, "more")))
        elif kind == 8:
            bad = line + b"not json at all\n"
            batch(name, json.dumps({**sums(bad), "id": name}).encode(), bad)
        else:
            batch(name, json.dumps({**text, "surprise": 1}).encode(), line)

    kinds = [
        lambda n: put(f"{n}.json", b""),
        lambda n: put(f"{n}.json", good[: dice.randrange(1, len(good) - 1)]),
        lambda n: put(f"{n}.json", dice.randbytes(dice.randrange(1, 5000))),
        lambda n: put(f"{n}.json", b"[" * 100000),
        lambda n: put(f"{n}.json", b'{"version": 1, "id": "' + n.encode() + b'", "x": "' + b"y" * (3 << 20) + b'"}'),
        lambda n: put(f"{n}.json", good),  # the id inside is another
        lambda n: put(f"{n}.json", good.replace(b"template-only", n.encode()).replace(b'"apology"', b'"no-such-letter"')),
        lambda n: put(f"{n}.json", b"\xff\xfe" + good),
        lambda n: put(f"{n}.json", good.replace(b"template-only", n.encode()) + b"\0"),
        lambda n: put(f"{n}.txt", good),
        lambda n: put(f"{n} with spaces.json", good),
        lambda n: os.symlink(outside, os.path.join(new, f"{n}.json")),
        lambda n: os.symlink("/nowhere", os.path.join(new, f"{n}.json")),
        lambda n: os.mkfifo(os.path.join(new, f"{n}.json")),
        lambda n: os.link(t.write(f"elsewhere/{n}", "secret\n"), os.path.join(new, f"{n}.json")),
        lambda n: os.mkdir(os.path.join(new, f"{n}.json")),
        lambda n: os.mkdir(os.path.join(new, f"{n}")),
        *[lambda n, kind=kind: bad_batch(n, kind) for kind in range(10)],
    ]
    names = []
    for number in range(count):
        name = f"bad{number}"
        kinds[number % len(kinds)](name)
        names.append(name)
    return names


def wait_for_corrupt(run, t, names, seconds):
    """All of them in corrupt/, each with a reason."""
    corrupt = os.path.join(t.spool, "corrupt")

    def there():
        return len([n for n in os.listdir(corrupt) if n.endswith(".reason")]) >= len(names) and not [
            n for n in os.listdir(os.path.join(t.spool, "new")) if not n.startswith(".")
        ]

    try:
        t.wait(there, seconds, "everything bad to be in corrupt/")
    except stage.Failure as failure:
        left = sorted(os.listdir(os.path.join(t.spool, "new")))
        reasons = len([n for n in os.listdir(corrupt) if n.endswith(".reason")])
        run.wrong(f"{failure}; {reasons} reasons for {len(names)}; still in new/: {left[:8]}")
    stems = {n.removesuffix(".json").removesuffix(".reason").split(".")[0].split(" ")[0] for n in os.listdir(corrupt)}
    for name in names:
        run.check(name in stems, f"{name} is not in corrupt/")
    for entry in os.listdir(corrupt):
        if not entry.endswith(".reason"):
            continue
        with open(os.path.join(corrupt, entry), encoding="utf-8", errors="replace") as file:
            text = file.read()
        run.check(len(text) > 10 and "secret" not in text, f"{entry} gives no good reason: {text!r}")
        stem = entry.removesuffix(".reason")
        twin = [stem, stem + ".json", stem + ".txt"]
        run.check(any(os.path.lexists(os.path.join(corrupt, x)) for x in twin), f"{entry} stands alone: the file is gone")


@case("strange-files", "1,000 malformed, truncated, linked, huge files and batches in new/ beside good ones", "all in corrupt/ with a reason, none lost, good ones unaffected")
def strange_files(run):
    count = run.pick(1000, 60)
    t = run.stage()
    t.setup(packet=10, workers=3)
    made = t.make(run.pick(60, 20), channels=("email",))
    t.run("queue")
    for name in ("new", "tmp"):
        os.makedirs(os.path.join(t.spool, name), exist_ok=True)
    half = len(made) // 2
    for notice in made[:half]:
        if t.drop(notice) == 0:
            t.said_yes(notice["id"])
    names = strange(t, run.dice, count)
    t.daemon.start()
    began = time.monotonic()
    for notice in made[half:]:
        if t.drop(notice) == 0:
            t.said_yes(notice["id"])
    wait_for_corrupt(run, t, names, 60)
    run.fact(bad=count, good=len(made), seconds_to_corrupt=round(time.monotonic() - began, 1))
    t.settle(30, len(made))
    rows = [row for row in t.all_rows() if not row["id"].startswith("bad")]
    booked = [row["id"] for row in t.all_rows() if row["id"].startswith("bad")]
    run.check(not booked, f"something bad was accepted: {booked[:5]}")
    run.add(t.judge(rows=rows), bound=0)
    t.end_daemon()

"""Power cuts: a crash image after every sync, and the real daemon started on each."""

import json
import os
import random
import subprocess
import threading
import time

import replay
import stage
from suite import case

GROUP = 256  # outcomes between two syncs


def not_recorded(name):
    """Made by calls the shim leaves alone: SQLite's shared memory, locks, the control socket."""
    return name.endswith("-shm") or name in ("lock", "control.sock")


class Recording:
    """One run of the daemon under the recorder: the changes, the promises, and what arrived when."""

    def __init__(self, run, notices, swallow=None, work=None):
        self.t = t = run.stage()
        t.setup(packet=4, workers=3)
        self.log = os.path.join(t.dir, "record")
        self.root = os.path.realpath(t.spool)
        self.root_inode = os.stat(self.root).st_ino
        self.environment = {"LD_PRELOAD": stage.tool("shim.so"), "SHIM_ROOT": self.root, "SHIM_RECORD": self.log}
        if swallow:
            self.environment["SHIM_SWALLOW"] = swallow
        open(self.log, "wb").close()
        (work or self.deliver)(t, notices)
        self.receipts = t.sink.receipts()
        self.records = replay.read_log(self.log)
        self.missing = [] if swallow else self.files_that_differ()

    def deliver(self, t, notices):
        """Notices handed over by both doors before and while the daemon works."""
        made = t.make(notices)
        third = len(made) // 3
        self.enqueue(made[:third])
        t.daemon.start(extra=self.environment)
        for notice in made[third : 2 * third]:
            self.drop(notice)
        for start in range(2 * third, len(made), 4):
            self.enqueue(made[start : start + 4])
        t.settle(60, len(made) * len(stage.CHANNELS))
        time.sleep(0.1)  # the last group is synced
        t.end_daemon()

    def said(self, *ids):
        self.t.said_yes(*ids)
        for identity in ids:
            replay.append_said(self.log, identity, int(time.time() * 1e6))

    def enqueue(self, notices):
        """Every line it prints is a promise, noted when it is read."""
        t = self.t
        text = "".join(json.dumps(notice, ensure_ascii=False) + "\n" for notice in notices)
        with subprocess.Popen(
            [stage.lib.DISPATCHER, "enqueue", "-", "--config", t.config_path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=t.dir, env={**t.environment, **self.environment},
        ) as process:
            writer = threading.Thread(target=lambda: (process.stdin.write(text), process.stdin.close()))
            writer.start()
            for line in process.stdout:
                self.said(line.strip())
            writer.join()
        if process.returncode != 0:
            raise stage.Failure(f"enqueue ended with {process.returncode}")

    def drop(self, notice):
        """The shell client of README.md."""
        t = self.t
        ended = subprocess.run(
            ["sh", "-c", stage.lib.DROP_CLIENT], cwd=t.spool, input=json.dumps(notice, ensure_ascii=False).encode(),
            env={**os.environ, **self.environment, "id": notice["id"]},
        )
        if ended.returncode != 0:
            raise stage.Failure(f"the shell client ended with {ended.returncode}")
        self.said(notice["id"])

    def of_a_batch(self, t):
        """How many deliveries there will be although nobody could say yes any more."""
        return 0

    def files_that_differ(self):
        """All changes replayed must give the spool as it is: otherwise the shim missed a call."""
        disk = replay.Disk(self.root_inode)
        for record in self.records:
            disk.take(record)
        image = os.path.join(self.t.dir, "whole")
        disk.write_image(image, "all")
        return replay.differences(image, self.root, not_recorded)


def record(run, notices, kind=Recording, **how):
    """Two processes that change one name in the same moment may be written down in the other order: then once more."""
    for _ in range(4):
        recording = kind(run, notices, **how)
        if not recording.missing:
            return recording
    run.wrong(f"the record is not whole, these files differ: {recording.missing}")
    return recording


def crash_points(records):
    """Before and after each sync, and after each promise."""
    points = set()
    for n, record in enumerate(records):
        if record.type == replay.SYNC:
            points |= {n, n + 1}
        if record.type == replay.SAID:
            points.add(n + 1)
    return sorted(points)


class Cut:
    """One image and what became of it."""

    def __init__(self, recording, point, mode, seed):
        self.recording, self.point, self.mode, self.seed = recording, point, mode, seed

    def __str__(self):
        return f"cut at {self.point}, {self.mode}, seed {self.seed}"

    def build(self, run, disk):
        """A stage of its own with the image as its spool."""
        t = run.stage()
        t.setup(packet=4, workers=3)
        disk.write_image(t.spool, self.mode, random.Random(self.seed))
        self.t = t

    def judge(self, run, tolerate=False):
        t, recorded = self.t, self.recording.t
        cut_at = self.recording.records[self.point - 1].time_us if self.point else 0
        before = [r for r in self.recording.receipts if r.time_us < cut_at]
        t.numbers, t.offered = recorded.numbers, recorded.offered
        said = {r.name for r in self.recording.records[: self.point] if r.type == replay.SAID}
        t.accepted = {key for key in t.offered if key[0] in said or key[0].split("_")[0] in said}
        t.daemon.start()
        t.settle(30, max(len(t.accepted), self.recording.of_a_batch(t)), give_up=0.5 if tolerate else 3)
        verdict = t.judge(receipts=before + t.sink.receipts())
        t.end_daemon()
        # In flight: at most what three workers had in hand.
        good = not verdict.sentences() if tolerate else run.add(verdict, str(self), bound=GROUP + 3 * 4)
        run.drop(t, keep=not good and not tolerate)
        return good


def cut_everywhere(run, recording, points, torn, tolerate=False):
    """Builds the images in the order of the record and judges them side by side; how many were bad."""
    disk, at, bad, lock = replay.Disk(recording.root_inode), 0, [], threading.Lock()
    room = threading.Semaphore(8)

    def judge(cut):
        try:
            good = cut.judge(run, tolerate)
        except stage.Failure as failure:
            good = False
            if not tolerate:
                run.wrong(f"{cut}: {failure}")
            run.drop(cut.t, keep=not tolerate)
        finally:
            room.release()
        if not good:
            with lock:
                bad.append(cut)

    def cuts():
        nonlocal at
        for point in points:
            while at < point:
                disk.take(recording.records[at])
                at += 1
            for mode in ["safe", "all"] + ["torn"] * torn:
                cut = Cut(recording, point, mode, run.dice.getrandbits(32))
                room.acquire()
                cut.build(run, disk)
                yield cut

    run.parallel(judge, cuts())
    return bad


def some(run, points, count):
    """Evenly spread, beginning anywhere."""
    if len(points) <= count:
        return points
    return sorted(run.dice.sample(points, count))


@case("power-cut", "power cut after every sync, at every promise, with random subsets of what was not synced", "0 lost, 0 unaccounted; repeats at most in flight + 256; no text twice")
def power_cut(run):
    recording = record(run, run.pick(36, 9))
    points = some(run, crash_points(recording.records), run.pick(10**6, 5))
    cut_everywhere(run, recording, points, torn=2)
    run.fact(syncs=sum(r.type == replay.SYNC for r in recording.records), changes=sum(r.type in replay.CHANGES for r in recording.records))


def must_be_found(run, swallow, count):
    """The method proves nothing unless it finds a planted fault."""
    recording = record(run, run.pick(18, 6), swallow=swallow)
    points = some(run, crash_points(recording.records) or list(range(1, len(recording.records))), count)
    bad = cut_everywhere(run, recording, points, torn=1, tolerate=True)
    run.faults = 3 * len(points)
    run.fact(images=3 * len(points), found=len(bad))
    run.check(bad, f"no image of {3 * len(points)} showed that {swallow} is missing")


@case("power-cut-no-dirsync", "planted: syncs of directories are swallowed", "the suite finds it", control=True)
def without_directory_syncs(run):
    must_be_found(run, "dirsync", run.pick(40, 12))


@case("power-cut-no-walsync", "planted: syncs of the ledger's write-ahead log are swallowed", "the suite finds it", control=True)
def without_wal_syncs(run):
    must_be_found(run, "walsync", run.pick(40, 14))


@case("power-cut-no-filesync", "planted: syncs of notices are swallowed", "the suite finds it", control=True)
def without_file_syncs(run):
    must_be_found(run, "filesync", run.pick(40, 10))

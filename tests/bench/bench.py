"""What the measurements share: a daemon with a fast mail server before it, batches, clocks and meters."""

import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "flow"))
import lib

SESSIONS = 16
LETTER_BYTES = 4096

# What all recipients of a batch share; one line per recipient says the rest.
SHARED = {
    "version": 1,
    "template": "notice",
    "locale": "en",
    "routing": {"method": "all", "channels": ["email"]},
    "data": {"day": "2025-09-01", "noticed": "2025-09-01T10:00:00+09:00", "affected": 6500000},
}
PEOPLE = (("de", "Anna Weiß", "Name", "E-Mail-Adresse"), ("ko", "김민준", "이름", "이메일"), ("en", "Ann White", "name", "e-mail address"))
LINE = (
    '{"id":"c%d","locale":"%s","reference":"K-%07d","to":{"name":"%s","email":"u%d@example.org","webhook":"crm"},'
    '"data":{"account":"K-%07d","items":["%s","%s","no. %d"],"points":%d}}\n'
)


def line(index):
    locale, name, one, two = PEOPLE[index % 3]
    return LINE % (index, locale, index, name, index, index, one, two, index % 97, index % 100000)


def people(count):
    """The lines of a batch, a few thousand at a time: 6.5 million take ten seconds."""
    for first in range(0, count, 5000):
        yield "".join(map(line, range(first, min(first + 5000, count)))).encode()


def single(index, prefix="s", **members):
    """One of them as a notice of its own."""
    notice = {**SHARED, **json.loads(line(index)), "id": f"{prefix}{index}"}
    notice["data"] = {**SHARED["data"], **notice["data"]}
    return {**notice, **members}


class Meter:
    """Peak memory of the daemon's processes by role, looked at while they live, in MB."""

    def __init__(self, flow):
        self.flow, self.peak, self.ended = flow, {}, threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.ended.wait(0.1):
            if self.flow.daemon.running():
                for pid in self.flow.daemon.members():
                    self.look(pid)

    def look(self, pid):
        try:
            role = "scheduler" if pid == self.flow.daemon.pid else "reader" if reads_a_batch(pid) else "worker"
            # A child begins as a copy of the scheduler that costs nothing: only what became its own counts.
            peak = lib.peak_kb(pid) if role == "scheduler" else lib.private_kb(pid)
        except OSError:
            return
        self.peak[role] = max(self.peak.get(role, 0), peak / 1024)

    def stop(self):
        self.ended.set()
        self.thread.join()
        return self.peak


def reads_a_batch(pid):
    """Only the process that takes a batch in reads its notices and holds no ledger."""
    files = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    return any(name.endswith("/notices.jsonl") for name in files) and not any("ledger.db" in name for name in files)


class Bench(lib.Flow):
    """Everything on loopback and on the same cores: only ratios of one run mean anything."""

    def __init__(self, **keys):
        super().__init__("bench")
        self.singles = 0
        self.first_receipt = 0
        # No dump directory: the sink shall cost little.
        self.mail = self.sink("-c")
        self.prepare(**keys)

    def prepare(self, pipelining=False, webhook=None, endpoints=None, **keys):
        """Writes the configuration. The daemon must not run."""
        email = self.email_transport(self.mail, tls="none", concurrency=SESSIONS, pipelining=pipelining)
        email.update(keys.pop("email_keys", {}))
        self.configure(
            email=email,
            webhook=webhook,
            endpoints=endpoints,
            templates=os.path.join(HERE, "templates"),
            workers=SESSIONS,
            log={"level": "warn"},
            **keys,
        )

    def write_batch(self, identity, count, **members):
        """A batch ready to be published, beside new/. Seconds it took."""
        begin = time.monotonic()
        directory = os.path.join(self.spool, "tmp", identity)
        for place in (directory, os.path.join(self.spool, "new")):
            os.makedirs(place, exist_ok=True)
        sha256 = hashlib.sha256()
        with open(os.path.join(directory, "notices.jsonl"), "wb") as notices:
            for block in people(count):
                sha256.update(block)
                notices.write(block)
        batch = {**SHARED, "id": identity, "count": count, "sha256": sha256.hexdigest(), **members}
        with open(os.path.join(directory, "batch.json"), "w", encoding="utf-8") as file:
            json.dump(batch, file)
        os.sync()
        return time.monotonic() - begin

    def publish(self, identity):
        os.rename(os.path.join(self.spool, "tmp", identity), os.path.join(self.spool, "new", identity))

    def delivered(self, channel="email"):
        return self.summary(channel).get("delivered", 0)

    def progress(self, identity):
        """Where a batch stands; {} while nobody knows it."""
        _, end = self.ask("progress", batch=identity)
        return end if "end" in end else {}

    def wait_delivered(self, count, channel="email", seconds=3600):
        while self.delivered(channel) < count:
            if not self.daemon.running():
                raise lib.Failure(f"the daemon ended:\n{self.daemon.log_tail()}")
            seconds -= 0.05
            if seconds < 0:
                raise lib.Failure(f"only {self.summary(channel)} of {count}:\n{self.daemon.log_tail()}")
            time.sleep(0.05)

    def run_batch(self, identity, count, channel="email", **members):
        """A batch from the spool to the last receipt: (seconds, processor seconds of the daemon). When the first
        receipt was there stands in `first_receipt`."""
        self.write_batch(identity, count, **members)
        self.daemon.start()
        before = self.delivered(channel)
        begin = time.monotonic()
        self.publish(identity)
        self.wait_delivered(before + 1, channel)
        self.first_receipt = time.monotonic() - begin
        self.wait_delivered(before + count, channel)
        return time.monotonic() - begin, cpu_of(lambda: self.daemon.stop(60))

    def run_singles(self, prefix, count):
        """The same letters, each a notice of its own. They wait in new/ when the clock starts."""
        text = "".join(json.dumps(single(i, prefix)) + "\n" for i in range(count))
        begin = time.monotonic()
        answer = self.command("enqueue", "-", text=text, timeout=600)
        if answer.status != 0:
            raise lib.Failure(answer.err)
        enqueue = time.monotonic() - begin
        self.daemon.start(wait=False)
        begin = time.monotonic()
        self.daemon.wait_for_answer()
        self.singles += count
        self.wait_delivered(self.singles)
        return time.monotonic() - begin, cpu_of(lambda: self.daemon.stop(60)), enqueue

    def run_source(self, count):
        """Postfix's smtp-source with as many constant mails: (seconds, processor seconds)."""
        program = os.path.join(lib.UNPACKED, "usr", "sbin", "smtp-source")
        command = [program, "-d", "-s", str(SESSIONS), "-m", str(count), "-l", str(LETTER_BYTES)]
        command += ["-f", "a@example.org", "-t", "b@example.org", f"127.0.0.1:{self.mail.port}"]
        begin = time.monotonic()
        cpu = cpu_of(lambda: subprocess.run(command, check=True, env=lib.peer_environment()))
        return time.monotonic() - begin, cpu


def cpu_of(act):
    """Processor time of the children that `act` waits for, with all theirs."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    act()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def row(name, values, unit, digits=0):
    """One line of the table: median and span."""
    values = list(values)
    shown = [f"{v:,.{digits}f}" for v in (statistics.median(values), min(values), max(values))]
    print(f"| {name:<52} | {shown[0]:>9} | {shown[1]:>9} | {shown[2]:>9} | {unit:<24} |", flush=True)


def head(text):
    print(f"\n{text}\n\n| {'what':<52} | {'median':>9} | {'least':>9} | {'most':>9} | {'unit':<24} |")
    print(f"| {'-' * 52} | {'-' * 8}: | {'-' * 8}: | {'-' * 8}: | {'-' * 24} |", flush=True)

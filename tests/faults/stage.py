"""The stage of a fault run: one sink for all channels, a daemon that may run under a tool, notices, and the oracle.

A Stage is a Flow (tests/flow/lib.py) with receivers of its own kind: tests/faults/sink.c, whose log is on disk
before it says yes, for mail, texts and webhooks alike.
"""

import contextlib
import json
import mmap
import os
import random
import signal
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "flow"))
import lib
import oracle

TOOLS = os.environ.get("FAULT_TOOLS", os.path.join(lib.ROOT, "build", "faults"))
CHANNELS = ("email", "sms", "webhook")
FINAL = ("delivered", "failed", "suppressed", "expired", "cancelled", "uncertain")
OPEN = ("waiting", "in_flight", "deferred")
# Quick retries: a run shall see many of them.
QUICK = {"retry": ["100ms"] * 30, "jitter": 0}
FAKETIME = [f"/usr/lib/{triplet}/faketime/libfaketime.so.1" for triplet in ("x86_64-linux-gnu", "aarch64-linux-gnu")]

Failure = lib.Failure


class Skip(Exception):
    """Why this fault cannot be made here."""


def tool(name):
    path = os.path.join(TOOLS, name)
    if not os.path.exists(path):
        raise Failure(f"{path} is not built: `make fault-tools`")
    return path


class Sink:
    """sink.c, and what it took."""

    def __init__(self, directory):
        os.makedirs(directory, exist_ok=True)
        self.dir = directory
        self.path = os.path.join(directory, "accepted")
        self.number = 0
        self.process = subprocess.Popen(
            [tool("sink"), self.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        word, smtp, http = self.process.stdout.readline().split()
        self.smtp_port, self.http_port = int(smtp), int(http)

    def say(self, line):
        self.process.stdin.write(line + "\n")
        if self.process.stdout.readline() != "done\n":
            raise Failure(f"the sink did not obey {line!r}")

    def smtp(self, mode, milliseconds=0):
        self.say(f"smtp {mode} {milliseconds}")

    def http(self, mode, milliseconds=0):
        self.say(f"http {mode} {milliseconds}")

    def fresh(self):
        """Goes on in a new, empty log."""
        self.number += 1
        self.path = os.path.join(self.dir, f"accepted.{self.number}")
        self.say(f"log {self.path}")

    def receipts(self, path=None):
        return oracle.read_receipts(path or self.path)

    def count(self):
        return sum(1 for r in self.receipts() if r.channel in CHANNELS)

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.terminate()
        self.process.wait()


class Daemon(lib.Daemon):
    """May run under a tool: then `pid` is the daemon's all the same."""

    def __init__(self, flow):
        super().__init__(flow)
        self.real_pid = None

    def start(self, *arguments, under=(), extra=None, wait=True):
        environment = {**self.flow.environment, **(extra or {})}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*under, lib.DISPATCHER, "run", "--config", self.flow.config_path, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=lib.peer.die_when_parent_dies,
                cwd=self.flow.dir,
                env=environment,
            )
        self.under = bool(under)
        if wait:
            self.wait_for_answer()

    def wait_for_answer(self):
        lib.wait_until(self.answers, 10, "the daemon to answer")

    def answers(self):
        if self.process.poll() is not None:
            raise Failure(f"the daemon ended with {self.process.returncode}: {self.log_tail(2)}")
        return super().answers()

    @property
    def pid(self):
        if self.under:
            children = [pid for pid, parent, _ in lib.processes() if parent == self.process.pid]
            return children[0] if children else self.process.pid
        return self.process.pid

    def workers(self):
        mine = self.pid
        return [pid for pid, parent, _ in lib.processes() if parent == mine]

    def wait_for_end(self, seconds):
        """The exit status, or None if it still runs."""
        try:
            return self.process.wait(seconds * lib.PATIENCE)
        except subprocess.TimeoutExpired:
            return None

    def last_words(self, pattern):
        return [line for line in self.log().splitlines() if pattern in line]


class Faults:
    """The numbers shim.c lets calls fail by; they can be changed at any time."""

    NAMES = ("budget", "write_eio", "sync_eio", "name_eio", "sticky", "emfile", "no_inodes", "read_only", "hits")
    OFF = {"budget": -1, "write_eio": -1, "sync_eio": -1, "name_eio": -1}

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as out:
            out.write(b"\0" * 8 * len(self.NAMES))
        with open(path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 8 * len(self.NAMES))
        self.clear()

    def set(self, **values):
        for name, value in values.items():
            struct.pack_into("=q", self.page, 8 * self.NAMES.index(name), value)

    def get(self, name):
        return struct.unpack_from("=q", self.page, 8 * self.NAMES.index(name))[0]

    def clear(self):
        """Everything works again; the number of hits stays."""
        self.set(**{name: self.OFF.get(name, 0) for name in self.NAMES if name != "hits"})

    def environment(self, stage):
        return {"LD_PRELOAD": tool("shim.so"), "SHIM_ROOT": os.path.realpath(stage.spool), "SHIM_FAIL": self.path}


class Stage(lib.Flow):
    def __init__(self, name, seed, directory=None):
        super().__init__(name, directory)
        self.dir = os.path.realpath(self.dir)
        self.daemon = Daemon(self)
        self.dice = random.Random(seed)
        self.seed = seed
        self.sink = Sink(os.path.join(self.dir, "sink"))
        self.numbers = {}  # telephone number -> notice id
        self.accepted = set()  # (id, channel) somebody said yes to
        self.offered = set()  # handed over; perhaps nobody could say yes any more
        self.risky = set()  # (id, channel) that were in flight when somebody was killed

    # configuration

    def setup(self, packet=4, workers=4, transports=None, **keys):
        """All channels lead to the sink."""
        common = {"packet": packet, **QUICK, **(transports or {})}
        secret = self.secret_file("webhook-secret", lib.WEBHOOK_SECRET)
        self.configure(
            email={"channel": "email", "host": "localhost", "port": self.sink.smtp_port, "tls": "none", **common},
            sms=self.sms_transport(self, **common),
            webhook={"channel": "webhook", **common},
            endpoints={
                "crm": {
                    "url": f"http://localhost:{self.sink.http_port}/hook",
                    "secret": {"file": secret},
                    "allow_private": True,
                    "allow_http": True,
                }
            },
            workers=workers,
            gateways=self.patient_gateways(),
            **keys,
        )

    def patient_gateways(self):
        """Of the sink as a gateway: ten seconds of a clock that runs fast are over before a busy machine answers."""
        with open(os.path.join(lib.ROOT, "config", "gateways", "kannel.yaml"), encoding="utf-8") as file:
            text = file.read()
        if "{timeout: 10s}" not in text:
            raise Failure("kannel.yaml has another limit now")
        return os.path.dirname(self.write("gateways/kannel.yaml", text.replace("{timeout: 10s}", "{timeout: 5m}")))

    def base(self):
        """Of the gateway, as sms_transport() asks for it."""
        return f"http://127.0.0.1:{self.sink.http_port}"

    # notices

    def make(self, count, channels=CHANNELS, first=0, prefix="n"):
        made = self.notices(count, prefix=prefix, first=first, channels=channels)
        for notice in made:
            self.expect(notice["id"], notice["to"]["phone"], channels)
        return made

    def expect(self, identity, phone, channels):
        self.numbers[phone] = identity
        self.offered |= {(identity, channel) for channel in channels}

    def said_yes(self, *ids):
        chosen = set(ids)
        self.accepted |= {(identity, channel) for identity, channel in self.offered if identity in chosen}

    def hand_over(self, notices, tries=50, extra=None):
        """enqueue, again and again while daemons come and go; what was printed is promised."""
        text = "".join(json.dumps(notice, ensure_ascii=False) + "\n" for notice in notices)
        for _ in range(tries if notices else 0):
            answer = self.run("enqueue", "-", text=text, extra=extra)
            self.said_yes(*answer.out.split())
            if answer.status == 0:
                return True
            if answer.status not in (69, 75, 74, 137):
                raise Failure(f"enqueue ended with {answer.status}: {answer.err}")
            time.sleep(0.05)
        return not notices

    def run(self, *arguments, text=None, extra=None, timeout=120, under=()):
        completed = subprocess.run(
            [*under, lib.DISPATCHER, *arguments, "--config", self.config_path],
            input=text.encode() if isinstance(text, str) else text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            cwd=self.dir,
            env={**self.environment, **(extra or {})},
            timeout=max(timeout, lib.COMMAND_LIMIT_S) * lib.PATIENCE,
        )
        return lib.Answer(completed)

    # batches

    def write_lines(self, count, channels=("email",), first=1, locales=("de", "ko", "en"), domains=1):
        """A JSON Lines file of `count` recipients c1, c2 ... at so many mail domains; its path."""
        path = os.path.join(self.dir, f"recipients-{first}.jsonl")
        with open(path, "w", encoding="utf-8") as out:
            for n in range(first, first + count):
                host = "example.org" if domains == 1 else f"d{n % domains}.example.org"
                to = {"name": f"Anna {n}", "email": f"c{n}@{host}", "phone": f"+49151{n:08d}", "webhook": "crm"}
                out.write(json.dumps({"id": f"c{n}", "locale": locales[n % len(locales)], "to": to}, ensure_ascii=False) + "\n")
        return path

    def expect_lines(self, batch, count, channels=("email",), first=1):
        for n in range(first, first + count):
            self.expect(f"{batch}_c{n}", f"+49151{n:08d}", channels)

    def batch_text(self, batch, channels=("email",), **members):
        notice = self.notice(batch, channels=channels)
        for member in ("to", "reference", "locale"):
            notice.pop(member, None)
        notice["id"] = batch
        notice.update(members)
        return json.dumps(notice, ensure_ascii=False)

    def hand_over_batch(self, batch, lines, channels=("email",), tries=50, **members):
        path = self.write(f"{batch}.json", self.batch_text(batch, channels, **members))
        for _ in range(tries):
            answer = self.run("enqueue", "--batch", path, "--jsonl", lines, timeout=600)
            if answer.status == 0:
                return answer
            if answer.status not in (69, 75, 74):
                raise Failure(f"enqueue --batch ended with {answer.status}: {answer.err[-2000:]}")
            time.sleep(0.05)
        raise Failure(f"the batch was refused {tries} times: {answer.err[-2000:]}")

    # what the ledger says

    def all_rows(self):
        """As the command prints them, with a daemon or without."""
        answer = self.run("queue", "--json")
        if answer.status != 0:
            raise Failure(f"queue ended with {answer.status}: {answer.err}")
        return answer.lines()

    def note_in_flight(self):
        """After a kill: what may be repeated."""
        answer = self.run("queue", "--state", "in_flight", "--json")
        if answer.status != 0:
            raise Failure(f"queue without a daemon ended with {answer.status}: {answer.err}")
        found = {(row["id"], row["channel"]) for row in answer.lines()}
        self.risky |= found
        return found

    def counts(self):
        try:
            rows, _ = self.ask("summary")
        except (OSError, Failure):
            rows = self.run("queue", "--summary", "--json").lines()
        total = {}
        for row in rows:
            for state, n in row.items():
                if state in FINAL or state in OPEN or state == "held":
                    total[state] = total.get(state, 0) + n
        return total

    def sink_full(self, total):
        """Cheaper than asking the ledger: have so many arrived?"""
        return self.sink.count() >= total

    def is_quiet(self, expected=None):
        counts = self.counts()
        if any(counts.get(state) for state in OPEN):
            return False
        if [n for n in os.listdir(os.path.join(self.spool, "new")) if not n.startswith(".")]:
            return False
        return expected is None or sum(counts.values()) >= expected

    def settle(self, seconds=60, expected=None, give_up=None):
        """Waits until nothing is left to do. `give_up`: so long nothing to do counts too, whatever was expected."""
        deadline = time.monotonic() + max(seconds, 4 * lib.LEAST_WAIT_S) * lib.PATIENCE
        quiet_since = None
        while not self.is_quiet(expected):
            quiet_since = (quiet_since or time.monotonic()) if give_up and self.is_quiet() else None
            if quiet_since and time.monotonic() - quiet_since > give_up * lib.PATIENCE:
                return
            if time.monotonic() > deadline:
                raise Failure(f"not through after {seconds} s: {self.counts()}, expected {expected}\n{self.daemon.log_tail(5)}")
            if not self.daemon.running():
                raise Failure(f"the daemon ended with {self.daemon.process.returncode}\n{self.daemon.log_tail(5)}")
            time.sleep(0.02)

    def reconcile(self):
        answer = self.run("reconcile", timeout=600)
        return answer.status, (answer.out + answer.err).strip()

    def memory(self):
        """{pid: (role, kB)}: the scheduler's peak; of a worker what is its own, for it begins as a copy of the scheduler
        that costs nothing, however large that has become by then."""
        found = {}
        mine = self.daemon.pid
        for pid in [mine, *self.daemon.workers()]:
            with contextlib.suppress(OSError):
                found[pid] = ("scheduler", lib.peak_kb(pid)) if pid == mine else ("worker", lib.private_kb(pid))
        return found

    def judge(self, receipts=None, rows=None, **how):
        receipts = self.sink.receipts() if receipts is None else receipts
        rows = self.all_rows() if rows is None else rows
        verdict = oracle.judge(self.accepted, self.offered, receipts, rows, self.numbers, **how)
        status, text = self.reconcile()
        if status != 0:
            verdict.wrong.append(f"reconcile ended with {status}: {text}")
        return verdict

    def close(self):
        problems = super().close()
        self.sink.stop()
        return problems

    def end_daemon(self):
        """SIGTERM; Failure unless it ends well."""
        status = self.daemon.stop()
        if status != 0:
            raise Failure(f"the daemon ended with {status}\n{self.daemon.log_tail(5)}")


class Clock:
    """The daemon's clock, by a file that libfaketime reads at every call."""

    def __init__(self, t, monotonic=True):
        self.path = os.path.join(t.dir, "clock")
        self.set("+0")
        self.environment = {
            "LD_PRELOAD": faketime(),
            "FAKETIME_TIMESTAMP_FILE": self.path,
            "FAKETIME_NO_CACHE": "1",
            **({} if monotonic else {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}),
        }

    def set(self, text):
        with open(self.path + ".next", "w", encoding="ascii") as out:
            out.write(text + "\n")
        os.rename(self.path + ".next", self.path)


def hurry(times=20):
    """The environment of a daemon whose clock runs fast, so that rests of half a minute are short."""
    return {"LD_PRELOAD": faketime(), "FAKETIME": f"+0 x{times}"}


def faketime():
    found = [path for path in FAKETIME if os.path.exists(path)]
    if not found:
        raise Skip("libfaketime is not installed (package faketime)")
    return found[0]


def kill_group(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

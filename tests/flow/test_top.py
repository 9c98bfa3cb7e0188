"""The live screen: what one look says, how it begins and ends on a terminal."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import unicodedata

import lib
from test_look import FULL, mail_to, refusing
from test_watch import publish


class Screen:
    """`dispatcher top` on a terminal of its own; what it wrote so far."""

    def __init__(self, t, rows=30, columns=120):
        self.main, self.other = pty.openpty()
        fcntl.ioctl(self.other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(self.other)
        environment = {key: value for key, value in t.environment.items() if key != "COLUMNS"}
        self.process = subprocess.Popen(
            [lib.DISPATCHER, "top", "--config", t.config_path],
            stdin=self.other, stdout=subprocess.PIPE, stderr=self.other, env={**environment, "TERM": "xterm"}, start_new_session=True)
        self.text = ""

    def read(self):
        while select.select([self.main], [], [], 0)[0]:
            self.text += os.read(self.main, 65536).decode("utf-8", "replace")
        return self.text

    def wait_for(self, part, since=0):
        lib.wait_until(lambda: part in self.read()[since:], 20, f"{part!r} on the screen; there is {self.text[since:]!r}")

    def key(self, key):
        at = len(self.read())
        os.write(self.main, key.encode())
        return at

    def end(self):
        lib.wait_until(lambda: self.read() and self.process.poll() is not None, 20, "top to end")
        status = self.process.returncode
        self.read()
        after = termios.tcgetattr(self.other)
        os.close(self.main)
        os.close(self.other)
        return status, after == self.before, self.process.stdout.read()


def width(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def prepare(t):
    server, _ = refusing(t, full=FULL)
    t.configure(email=t.email_transport(server))
    t.daemon.start()
    t.enqueue(mail_to(t, "full", "full@example.org"), mail_to(t, "fine", "fine@example.org"))
    t.wait_for_state("full", "failed")
    t.wait_for_state("fine", "delivered")
    publish(t, "recall", 5, not_before="2099-01-01T00:00:00Z")
    t.wait(lambda: t.row("recall_c5"), 20, "the batch")


def test_one_look_tells_transports_and_batches(t):
    prepare(t)
    look = t.command("top", "--once", "--json").json()
    t.check(look["workers"] == 4 and look["free_bytes"] > 0 and look["uptime_ms"] > 0, "the daemon itself")
    t.equal({k: v for k, v in look["counts"].items() if v and k != "v"}, {"waiting": 5, "delivered": 1, "failed": 1}, "by state")
    pulses = {p["transport"]: p for p in look["pulses"]}
    t.equal((sum(pulses["mail"]["last_60s"]), sum(pulses["texts"]["last_60s"]), len(pulses["mail"]["last_60s"])), (1, 0, 60), "what was sent")
    t.check(pulses["mail"]["p95_ms"] >= pulses["mail"]["p50_ms"] > 0 and pulses["texts"]["p50_ms"] == -1, "how long it took")
    t.equal([(b["batch"], b["waiting"], b["lines"]) for b in look["batches"]], [("recall", 5, 5)], "the batch")

    text = t.command("top", "--once").out
    t.matches(text, r"^dispatcher \S+, up \S+, \d of 4 workers busy, [\d.]+ GB free\n", "the head")
    t.matches(text, r"\nTRANSPORT +CHANNEL +SENT/s +DEFER/s +FAIL/s IN-FLIGHT +P50 +P95 +LAST 60 s\n", "the heads")
    t.matches(text, r"\nmail +email +\d\.\d +0\.0 +\d\.\d +0 +\d+ms +\d+ms +[▁█]", "the transport and its last minute")
    t.matches(text, r"\nrecall .*0%  0/5 .*left 5  failed 0\n", "the batch")
    t.command("pause", "recall", "--reason", "wait")
    t.contains(t.command("top", "--once").out, "paused: wait", "a batch that was paused")


def test_it_fits_into_narrow_terminals(t):
    prepare(t)
    for columns in (40, 60, 80, 120):
        t.environment["COLUMNS"] = str(columns)
        lines = t.command("top", "--once").out.splitlines()
        t.check(all(width(line) < columns for line in lines), f"{columns} columns: {lines}")
        t.check(any(line.startswith("mail ") for line in lines), f"no transport in {columns} columns")
    t.check("CHANNEL" not in t.command("top", "--once").out or columns >= 70, "what has no room is left out")


def test_without_a_daemon_or_a_terminal_it_says_so(t):
    t.configure()
    t.equal(t.command("top").status, 64, "no terminal")
    t.command("queue")
    answer = t.command("top", "--once")
    t.equal(answer.status, 69, f"no daemon: {answer.err}")


def test_the_terminal_is_as_before_whichever_way_it_ends(t):
    prepare(t)
    for how in ("q", signal.SIGINT, signal.SIGTERM):
        screen = Screen(t)
        screen.wait_for("workers busy")
        screen.wait_for("recall")
        if how == "q":
            screen.key("q")
        else:
            screen.process.send_signal(how)
        status, same, out = screen.end()
        t.equal(status, {"q": 0, signal.SIGINT: 130, signal.SIGTERM: 143}[how], f"the status after {how}")
        t.check(same, f"the terminal's setting differs after {how}")
        t.equal(out, b"", "standard output")
        t.check(screen.text.startswith("\x1b[?1049h") and screen.text.endswith("\x1b[?1049l"), f"the other page after {how}: {screen.text[-40:]!r}")
        t.equal((screen.text.count("\x1b[?25l"), screen.text.count("\x1b[?25h")), (1, 1), "the cursor")


def test_keys_change_the_page(t):
    prepare(t)
    screen = Screen(t)
    screen.wait_for("TRANSPORT")
    screen.wait_for("The mailbox is full.", screen.key("f"))
    screen.wait_for("TRANSPORT", screen.key("f"))
    screen.wait_for("stops the display", screen.key("?"))
    screen.wait_for("TRANSPORT", screen.key("?"))
    screen.wait_for("The display is stopped", screen.key("p"))
    at = len(screen.read())
    screen.wait_for("\x1b[J", at)
    shown = screen.text[at:]
    t.contains(shown, "The display is stopped", "it stays stopped")
    screen.key("p")
    screen.key("q")
    status, same, _ = screen.end()
    t.check(status == 0 and same, "it ends")


def test_it_stays_when_the_daemon_goes_and_goes_on_with_the_next(t):
    t.configure()
    t.daemon.start()
    publish(t, "recall", 5, not_before="2099-01-01T00:00:00Z")
    t.wait(lambda: t.row("recall_c5"), 20, "the batch")
    screen = Screen(t)
    screen.wait_for("recall")
    with open(os.path.join(t.dir, "out"), "wb") as out, open(os.path.join(t.dir, "err"), "wb") as err:
        tail = subprocess.Popen([lib.DISPATCHER, "tail", "--config", t.config_path], stdout=out, stderr=err, env=t.environment)

    def told(name):
        with open(os.path.join(t.dir, name), encoding="utf-8") as file:
            return file.read()

    def tail_has_begun():
        t.command("pause", "recall", "--reason", "an event")  # which it tells once it looks
        t.command("resume", "recall")
        return told("out")

    try:
        t.wait(tail_has_begun, 20, "tail to begin")
        t.daemon.stop()
        screen.wait_for("The daemon is gone")
        t.wait(lambda: "The daemon is gone" in told("err"), 20, "tail to say so")
        at = len(screen.read())
        t.daemon.start()
        screen.wait_for("recall", since=at)
        t.wait(lambda: "A daemon is running again" in told("err"), 20, "tail to go on")
        t.wait(lambda: "daemon.ready" in told("out"), 20, "what happened behind it")
        t.equal((tail.poll(), told("err").count("is gone")), (None, 1), "said once, and still there")
    finally:
        tail.terminate()
        tail.wait()
    screen.key("q")
    t.equal(screen.end()[0], 0, "q still ends it")
    t.daemon.stop()
    for words in (("top", "--once"), ("tail", "--no-follow")):
        t.equal(t.command(*words).status, 69, " ".join(words))

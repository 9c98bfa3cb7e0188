"""Batches as operators see them: follow, stop, count again, let go. What a batch does by itself is tested elsewhere."""

import fcntl
import hashlib
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import lib


def publish(t, identity, count, to=None, **members):
    """ID/ in new/, complete at once: batch.json and notices.jsonl."""
    sample = t.notice("sample")
    lines = []
    for i in range(1, count + 1):
        address = to(i) if to else f"c{i}@example.org"
        lines.append(json.dumps({"id": f"c{i}", "to": {**sample["to"], "email": address}}, ensure_ascii=False) + "\n")
    notices = "".join(lines).encode()
    head = {"version": 1, "id": identity, "count": count, "sha256": hashlib.sha256(notices).hexdigest()}
    head.update(template="apology", locale="en", data=sample["data"], routing={"channels": ["email"], "method": "all"})
    head.update(members)
    for name in ("tmp", "new"):
        os.makedirs(os.path.join(t.spool, name), exist_ok=True)
    folder = os.path.join(t.spool, "tmp", identity)
    os.makedirs(folder)
    with open(os.path.join(folder, "notices.jsonl"), "wb") as file:
        file.write(notices)
    with open(os.path.join(folder, "batch.json"), "w", encoding="utf-8") as file:
        json.dump(head, file, ensure_ascii=False)
    os.rename(folder, os.path.join(t.spool, "new", identity))


class Watch:
    """`dispatcher watch` beside the test; what it said so far, by stream."""

    def __init__(self, t, *arguments):
        self.out_path, self.err_path = os.path.join(t.dir, "watch.out"), os.path.join(t.dir, "watch.err")
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            command = [lib.DISPATCHER, "watch", *arguments, "--config", t.config_path]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=t.environment)

    @staticmethod
    def read(path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    @property
    def out(self):
        return self.read(self.out_path)

    @property
    def err(self):
        return self.read(self.err_path)

    def end(self, seconds=20):
        try:
            lib.wait_until(lambda: self.process.poll() is not None, seconds, "watch to end")
        except lib.Failure as failure:
            self.process.kill()
            raise lib.Failure(f"{failure}; it said {self.out!r} and {self.err!r}") from None
        return self.process.returncode


def batch(t, identity):
    return next(row for row in t.command("batches", "--json").lines() if row["batch"] == identity)


def wait_for_batch(t, identity, seconds=10, **members):
    rows = []

    def there():
        rows[:] = [r for r in t.command("batches", "--json").lines() if r["batch"] == identity]
        return rows and all(rows[0][key] == value for key, value in members.items())

    def moving():
        return [(r["lines"], r["open"]) for r in rows]

    t.wait(there, seconds, f"{identity} to be {members}; {t.command('batches').out}", moving)


# watch


def test_watch_follows_a_batch_to_its_end(t):
    t.configure()
    publish(t, "recall", 60)
    t.daemon.start()
    watch = Watch(t, "recall")
    t.equal(watch.end(), 0, f"exit status; {watch.out} {watch.err}")
    lines = watch.out.splitlines()
    t.matches(lines[-1], r"^recall is finished: 60 lines = 60 delivered, in \d+s$", "the last line")
    t.check(all(line.startswith("recall") for line in lines), f"every line names the batch: {lines}")
    t.check("\r" not in watch.out and "\033" not in watch.out, "nothing is drawn over where no terminal is")
    t.equal(watch.err, "", "nothing to say besides")
    once = t.command("watch", "recall", "--once")
    t.equal(once.status, 0, "exit status afterwards")
    t.contains(once.out, "recall: 100%, 60/60, delivered 60", "one look")


def test_watch_ends_with_one_when_somebody_was_not_told(t):
    server = t.faulty("good")
    t.configure(email=t.email_transport(server))
    publish(t, "recall", 20, to=lambda i: f"550.c{i}@example.org" if i % 10 == 0 else f"c{i}@example.org", halt=None)
    t.daemon.start()
    watch = Watch(t, "recall")
    t.equal(watch.end(), 1, f"exit status; {watch.out} {watch.err}")
    t.contains(watch.out, "20 lines = 18 delivered + 2 failed", "the last line")
    t.contains(watch.err, "dispatcher retry --batch recall --state failed", "what to do")
    t.equal(t.command("watch", "recall", "--once").status, 1, "exit status of one look")


def test_watch_speaks_json(t):
    t.configure()
    publish(t, "recall", 10)
    t.daemon.start()
    wait_for_batch(t, "recall", open=0, state="running")
    answer = t.command("watch", "recall", "--json")
    row = answer.lines()[-1]
    t.equal((answer.status, answer.err), (0, ""), "exit status and messages")
    t.equal((row["type"], row["delivered"], row["lines"], row["open"], row["daemon"]), ("summary", 10, 10, 0, True), "the last object")
    t.equal(t.command("watch", "nobody").status, 66, "no such batch")
    t.equal(t.command("watch").status, 64, "no batch named")


def test_watch_draws_a_bar_that_fits_the_terminal(t):
    t.configure()
    publish(t, "recall", 30)
    t.daemon.start()
    wait_for_batch(t, "recall", open=0, state="running")
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 72, 0, 0))
    environment = {**t.environment, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    command = [lib.DISPATCHER, "watch", "recall", "--config", t.config_path]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment) as child:
        os.close(slave)
        said = b""
        while select.select([master], [], [], lib.LEAST_WAIT_S * lib.PATIENCE)[0]:
            try:
                said += os.read(master, 65536)
            except OSError:  # the other side is closed
                break
    os.close(master)
    text = said.decode()
    t.equal(child.returncode, 0, f"exit status; {text!r}")
    bars = re.findall(r"\r([^\r\n\033]+)\033\[K", text)
    t.check(bars, f"a bar was drawn: {text!r}")
    t.contains(bars[-1], "█" * 20, "a full bar")
    t.check(all(len(bar) < 72 for bar in bars), f"bars within 72 columns: {bars}")
    t.contains(text, "recall is finished: 30 lines = 30 delivered", "the last line")


def test_watch_waits_for_a_daemon_and_outlives_it(t):
    t.configure(email={"channel": "email", "type": "outbox", "rate": "20/s"})
    publish(t, "recall", 40)
    t.daemon.start()
    wait_for_batch(t, "recall", state="running", open=0)
    t.daemon.stop()
    t.equal(t.command("watch", "recall", "--once").status, 0, "without a daemon")
    publish(t, "second", 40)
    watch = Watch(t, "second")
    t.wait(lambda: "No daemon is running" in watch.err, 10, "watch to say that no daemon runs")
    t.check(watch.process.poll() is None, "watch waits")
    t.daemon.start()
    t.equal(watch.end(), 0, f"exit status; {watch.out} {watch.err}")
    t.contains(watch.err, "A daemon is running again", "watch to say so")


def test_watch_tells_a_stop_and_the_command_that_ends_it(t):
    outbox = {"channel": "email", "type": "outbox"}
    t.configure(email={**outbox, "rate": "1/s"})
    publish(t, "recall", 300)
    t.daemon.start()
    wait_for_batch(t, "recall", state="running")
    paused = t.command("pause", "recall", "--reason", "typo in the letter")
    t.equal(paused.status, 0, "exit status of pause")
    t.contains(paused.out, "dispatcher resume recall", "how to undo it")
    watch = Watch(t, "recall")
    t.wait(lambda: "PAUSED" in watch.out and "resume recall" in watch.err, 10, "watch to tell the pause")
    t.contains(watch.err, "recall is PAUSED: typo in the letter", "why")
    t.equal(t.command("watch", "recall", "--once").status, 75, "not over yet")
    # The daemon goes and comes while somebody watches: the pause is still there, and the watch too.
    t.daemon.signal(signal.SIGKILL)
    t.daemon.process.wait()
    t.wait(lambda: "The daemon is gone" in watch.err, 10, "watch to miss the daemon")
    t.daemon.start()
    t.wait(lambda: "A daemon is running again" in watch.err, 10, "watch to find it again")
    before = batch(t, "recall")
    t.equal(before["stop"], "paused", "still paused")
    t.wait(lambda: batch(t, "recall")["in_flight"] == 0, 10, "what was in flight to end")
    sent = batch(t, "recall")["delivered"]
    t.configure(email=outbox)  # from here on nothing but the pause holds them up
    t.equal(t.command("reload").status, 0, "exit status of reload")
    time.sleep(1)
    t.equal(batch(t, "recall")["delivered"], sent, "nothing is sent while paused")
    t.equal(t.command("resume", "recall").status, 0, "exit status of resume")
    t.equal(watch.end(30), 0, f"exit status; {watch.out} {watch.err}")
    t.contains(watch.err, "recall goes on", "watch to say that it goes on")
    told = [(row["verb"], row["reason"]) for row in t.command("actions", "--json").lines() if row["verb"] != "reload"]
    t.equal(told, [("pause", "typo in the letter"), ("resume", "")], "what is recorded")


def test_a_batch_that_halted_goes_on_when_told(t):
    server = t.faulty("good")
    t.configure(email=t.email_transport(server, rate="20/s"))
    publish(t, "recall", 120, to=lambda i: f"550.c{i}@example.org", halt={"failures": 10, "share": 0.1})
    t.daemon.start()
    watch = Watch(t, "recall")
    t.wait(lambda: "recall is HALTED" in watch.err, 20, "watch to tell the halt")
    t.contains(watch.err, "dispatcher resume recall", "the command that ends it")
    row = batch(t, "recall")
    t.check(row["open"] > 0, f"something is left: {row}")
    t.contains(t.command("batches").out, "halted", "the list")
    t.equal(t.command("resume", "recall", "--go-on", "--reason", "expected").status, 0, "resume")
    t.equal(watch.end(30), 1, f"exit status; {watch.out} {watch.err}")
    row = batch(t, "recall")
    t.equal((row["failed"], row["go_on"], row["stop"]), (120, True, "goes"), "the end")


def test_a_line_refused_at_intake_is_never_retried(t):
    t.configure()
    # What is wrong within the first thousand refuses the whole batch.
    publish(t, "recall", 1003, to=lambda i: "nobody" if i == 1002 else f"c{i}@example.org")
    t.daemon.start()
    wait_for_batch(t, "recall", 30, open=0, state="running", failed=1)
    again = t.command("retry", "--batch", "recall", "--state", "failed")
    t.contains(again.out, "0 deliveries", "how many")
    t.contains(again.err, "1 was refused when its batch was taken in", "why")
    t.contains(again.err, "a corrected line as a new batch", "what to do")
    t.equal(batch(t, "recall")["failed"], 1, "it stays what it is")
    watch = t.command("watch", "recall")
    t.equal(watch.status, 1, "exit status of watch")
    t.contains(watch.err, "corrected", "what to do")
    t.check("retry" not in watch.err, f"nothing to retry: {watch.err}")


def test_after_a_trial_watch_says_how_the_others_get_it(t):
    t.configure(trial=True, allow=["c1@example.org"])
    publish(t, "recall", 5)
    t.daemon.start()
    watch = Watch(t, "recall")
    t.equal(watch.end(), 1, f"exit status: four were not told; {watch.out} {watch.err}")
    line = "dispatcher retry --batch recall --state suppressed --cause trial_mode"
    t.contains(watch.err, f"4 were held back by trial mode; after dispatcher live on: {line}", "the hint")
    t.contains(t.command("batches").out, "4 suppressed", "the list adds up")
    t.configure()
    t.daemon.stop()
    t.daemon.start()
    t.contains(t.command(*line.split()[1:]).out, "4 deliveries are due now", "the command of the hint")
    wait_for_batch(t, "recall", delivered=5)


def test_whoever_asks_is_told_why_a_batch_waits(t):
    # It opens in two hours in Seoul, where the readers live.
    seoul = time.time() + 9 * 3600
    hours = [time.strftime("%H:%M", time.gmtime(seoul + 3600 * h)) for h in (2, 5)]
    t.configure(email={"channel": "email", "type": "outbox", "window": "-".join(hours)})
    publish(t, "recall", 4)
    row = batch(t, "recall")
    t.equal((row["state"], row["open"]), ("new", 0), "before anybody looked at it")
    t.matches(t.command("batches").out, r"recall +- +in new/ .*no daemon runs", "the list before")
    t.daemon.start()
    wait_for_batch(t, "recall", state="running", waits_for="window")
    opens = batch(t, "recall")["next_attempt_at"]
    t.equal(opens[14:16], hours[0][3:], "the minute of the opening")
    t.matches(t.command("batches").out, r"recall +- +waiting .*until 20.* \(hours\)", "the list")
    t.contains(t.command("watch", "recall", "--once").err, "recall: waiting for the hours", "watch")
    t.contains(t.command("status").out, "recall: waiting for the hours", "status")
    t.contains(t.command("show", "recall_c1").out, "outside the hours", "show")
    t.equal(t.command("pause", "recall", "--reason", "a typo\n").status, 0, "pause")
    t.contains(t.command("show", "recall_c1").out, "paused: a typo; nothing of it is sent until `dispatcher resume recall`", "show of a paused one")
    t.contains(t.command("status").out, "recall: paused", "status of a paused one")
    t.check("\\x0a" not in t.command("batches").out + t.command("actions").out, "a line end in the reason")
    t.contains(t.command("actions").out, "batch recall", "what was paused, in words")
    t.contains(t.command("show", "recall").err, "dispatcher watch recall", "a batch is no notice")
    t.daemon.stop()
    t.contains(t.command("batches").out, "no daemon runs", "the list without a daemon")


# what stands where


def test_reconcile_counts_one_batch_with_and_without_a_daemon(t):
    server = t.faulty("good")
    t.configure(email=t.email_transport(server))
    publish(t, "recall", 20, to=lambda i: f"550.c{i}@example.org" if i % 10 == 0 else f"c{i}@example.org", halt=None)
    t.daemon.start()
    t.enqueue(t.notice("alone"))
    t.wait_for_state("alone", "delivered")
    wait_for_batch(t, "recall", open=0, state="running")
    for when in ("with a daemon", "without one"):
        books = t.command("reconcile", "recall")
        t.equal((books.status, books.err), (0, ""), when)
        t.contains(books.out, "20 lines = 18 delivered + 2 failed\n", when)
        everything = t.command("reconcile", "--json").json()
        t.equal((everything["balanced"], everything["deliveries"]), (True, 21), f"everything, {when}")
        t.equal(t.command("reconcile", "nobody").status, 66, f"an unknown batch, {when}")
        if t.daemon.running():
            t.daemon.stop()


def test_a_batch_is_a_selector(t):
    server = t.faulty("good")
    t.configure(email=t.email_transport(server))
    publish(t, "recall", 10, to=lambda i: "550.x@example.org" if i <= 3 else f"c{i}@example.org", halt=None)
    t.daemon.start()
    t.enqueue(t.notice("alone", to={"email": "550.y@example.org"}))
    t.wait_for_state("alone", "failed")
    wait_for_batch(t, "recall", open=0, state="running")
    rows = t.command("queue", "--batch", "recall", "--state", "failed", "--json").lines()
    t.equal([(r["id"], r["batch"], r["line"]) for r in rows], [(f"recall_c{i}", "recall", i) for i in (1, 2, 3)], "rows")
    summary = t.command("queue", "--summary", "--batch", "recall").out
    t.matches(summary, r"email +delivered +7 ", "summary")
    t.matches(summary, r"TOTAL +- +10 ", "total")
    t.equal(t.command("queue", "--batch", "nobody").status, 66, "an unknown batch")
    t.equal(t.command("retry", "--batch", "recall", "--state", "failed", "--dry-run", "--json").json()["count"], 3, "a dry run")
    t.contains(t.command("retry", "recall").err, "--batch recall", "a batch named as a notice")
    t.contains(t.command("retry", "--batch", "recall", "--state", "failed").out, "3 deliveries are due", "retry")


def test_show_tells_the_story_of_a_line(t):
    t.configure()
    publish(t, "recall", 3, campaign="winter")
    t.daemon.start()
    wait_for_batch(t, "recall", open=0, state="running")
    rows = t.command("show", "recall_c2", "--json").lines()
    t.equal((rows[0]["text"], rows[0]["batch"], rows[0]["line"]), ("there", "recall", 2), "the notice")
    job = rows[0]["job"]
    t.equal((job["id"], job["to"]["email"], job["template"]), ("recall_c2", "c2@example.org", "apology"), "merged")
    t.check(job["data"], "what all share is in it")
    told = t.command("show", "recall_c2").out
    for word in ("recall_c2", "batch        recall", "line         2 of", "delivered by email to c2@example.org", "attempt 1", "sha256"):
        t.contains(told, word, "the story")
    t.equal(t.command("show", "recall_c9").status, 66, "not in the batch")


def test_purge_lets_texts_go_and_keeps_the_evidence(t):
    t.configure()
    publish(t, "recall", 5)
    t.daemon.start()
    t.enqueue(t.notice("alone"))
    t.wait_for_state("alone", "delivered")
    wait_for_batch(t, "recall", open=0, state="running")
    t.equal(t.command("purge", "--older-than", "soon", "--yes").status, 64, "an age without a unit")
    t.equal(t.command("purge", "--older-than", "0s").status, 64, "not confirmed")
    t.equal(t.command("purge", "--older-than", "1h", "--yes", "--json").json()["batches"], 0, "nothing is so old")
    t.equal(t.command("purge", "--older-than", "0s", "--dry-run").out, "recall\n", "a dry run")
    t.check(os.path.isdir(os.path.join(t.spool, "batches", "recall")), "a dry run takes nothing")
    publish(t, "second", 1, to=lambda i: "second@example.org")
    wait_for_batch(t, "second", open=0, state="running")
    done = t.command("purge", "--older-than", "0s", "--yes", "--reason", "privacy", "--json").json()
    t.equal((done["batches"], done["notices"]), (2, 1), "what went")
    t.check(not os.path.exists(os.path.join(t.spool, "batches", "recall")), "the notices are gone")
    publish(t, "third", 1, to=lambda i: "third@example.org")
    wait_for_batch(t, "third", open=0, state="running")
    t.contains(t.command("purge", "--older-than", "0s", "--yes").out, "third\nBatches whose texts are gone: 1, single notices: 0", "its name")
    t.contains(t.command("retry", "alone").err, "1 was delivered", "a delivered one")
    t.daemon.stop()
    for identity in ("recall_c2", "alone"):
        rows = t.command("show", identity, "--json").lines()
        t.equal((rows[0]["job"], rows[0]["text"]), (None, "purged"), f"the text of {identity}")
        t.check(len(rows[2]["rendered_sha256"]) == 64, f"the evidence of {identity}")
    t.contains(t.command("show", "recall_c2").out, "purged after retention", "the story")
    t.contains(t.command("batches").out, "purged", "the list")
    t.equal(t.command("reconcile", "recall").status, 0, "the books")
    t.equal([row["verb"] for row in t.command("actions", "--json").lines()], ["purge", "purge"], "what is recorded")
    t.equal(t.command("purge", "--older-than", "0s", "--yes", "--json").json()["batches"], 0, "again, without a daemon")


def test_watch_says_how_far_it_is_when_a_signal_asks(t):
    t.configure(email={"channel": "email", "type": "outbox", "rate": "1/s"})
    publish(t, "recall", 300)
    t.daemon.start()
    wait_for_batch(t, "recall", state="running")
    t.equal(t.command("pause", "recall", "--reason", "a look").status, 0, "paused")
    wait_for_batch(t, "recall", in_flight=0)
    t.environment["DISPATCHER_PROGRESS_SECONDS"] = "3600"
    watch = Watch(t, "recall")
    t.wait(lambda: "resume recall" in watch.err and watch.out, 20, "the first line, and that it is paused")
    t.holds(lambda: watch.out.count("\n") == 1, 1.5, "nothing changes, nothing is said")
    for asked in (2, 3):
        watch.process.send_signal(signal.SIGUSR1)
        t.wait(lambda: watch.out.count("\n") == asked, 20, f"line {asked}")
    lines = watch.out.splitlines()
    t.equal(lines[2], lines[0], "the same line")
    t.check(watch.process.poll() is None, "it goes on")
    watch.process.terminate()
    watch.process.wait()

"""kill -9 at any moment: nothing is lost, and only what was in flight is repeated, with the same id."""

import collections
import json
import os
import random
import signal
import threading
import time

import lib

NOTICES = 150
QUICK = {"retry": ["100ms"] * 20, "jitter": 0}
CHANNELS = ("email", "sms", "webhook")


def configure(t, mode="brisk", **keys):
    """Receivers that take a moment, so that there is nearly always something in flight."""
    mail, phones, hooks = t.smtp(), t.faulty_gateway(mode), t.https()
    t.configure(
        email=t.email_transport(mail, packet=4, **QUICK),
        sms=t.sms_transport(phones, packet=4, **QUICK),
        webhook=t.webhook_transport(packet=4, **QUICK),
        endpoints={"crm": t.endpoint(hooks, "/slow/0.05")},
        workers=6,
        **keys,
    )
    return mail, phones, hooks


class Producers:
    """Hands notices over while daemons come and go; `accepted` holds the ids for which somebody said yes."""

    def __init__(self, t, notices):
        self.t, self.accepted, self.failure = t, [], None
        half = len(notices) // 2
        self.threads = [threading.Thread(target=self.guard, args=(self.drop, notices[:half]))]
        self.threads.append(threading.Thread(target=self.guard, args=(self.enqueue, notices[half:])))
        for thread in self.threads:
            thread.start()

    def guard(self, function, notices):
        try:
            function(notices)
        except Exception as error:
            self.failure = error

    def drop(self, notices):
        for notice in notices:
            if self.t.drop(notice) != 0:
                raise lib.Failure(f"the shell client refused {notice['id']}")
            self.accepted.append(notice["id"])

    def enqueue(self, notices):
        for start in range(0, len(notices), 15):
            some = notices[start : start + 15]
            text = "".join(json.dumps(notice, ensure_ascii=False) + "\n" for notice in some)
            for _ in range(50):
                answer = self.t.command("enqueue", "-", text=text)
                # Whatever was printed is promised, also when the daemon died half way.
                self.accepted += [i for i in answer.out.split() if i not in self.accepted]
                if answer.status == 0:
                    break
                if answer.status not in (69, 75):
                    raise lib.Failure(f"enqueue ended with {answer.status}: {answer.err}")
                time.sleep(0.05)

    def running(self):
        return any(thread.is_alive() for thread in self.threads)

    def end(self):
        for thread in self.threads:
            thread.join()
        if self.failure:
            raise self.failure


def in_flight(t):
    """(id, channel) the ledger of a dead daemon calls in flight."""
    answer = t.command("queue", "--state", "in_flight", "--json")
    if answer.status != 0:
        raise lib.Failure(f"queue without a daemon ended with {answer.status}: {answer.err}")
    return {(row["id"], row["channel"]) for row in answer.lines()}


def check_session_is_gone(t):
    t.wait(lambda: not t.daemon.members(), 3, "the workers to end with their scheduler")


def check_books(t, total):
    """The summary adds up, as an operator sees it."""
    answer = t.command("queue", "--summary", "--json")
    for row in answer.lines():
        counts = {k: n for k, n in row.items() if k not in ("v", "channel", "oldest")}
        t.equal(sum(counts.values()), total, f"deliveries by {row['channel']}: {counts}")


def seen(mail, phones, hooks):
    """How often each notice arrived, by channel, as the receivers wrote it down."""
    return {
        "email": collections.Counter(r["message_id"].split("@")[0][1:] for r in mail.accepted()),
        "sms": collections.Counter("n%d" % int(r["to"][-6:]) for r in phones.received()),
        "webhook": collections.Counter(r["id"] for r in hooks.received()),
    }


def finish(t, count, seconds=40):
    def over():
        rows = t.rows()
        let_go(t, rows)
        left = [r for r in rows if r["state"] not in ("delivered", "uncertain")]
        return rows if len(rows) == len(CHANNELS) * count and not left else None

    return t.wait(over, seconds, f"{count} notices to be through; now {[t.summary(c) for c in CHANNELS]}")


def let_go(t, rows):
    """What three of our kills happened to hit is taken for poison; the operator knows better."""
    for row in rows:
        if row["state"] == "held":
            t.equal(row["cause"], "poison", f"why {row['id']} by {row['channel']} is held")
            t.command("retry", row["id"], "--state", "held")  # not its text that may have arrived


def judge(t, accepted, rows, counts, risky):
    """Nothing lost, nothing twice that was not in flight when somebody was killed."""
    states = {(row["id"], row["channel"]): row["state"] for row in rows}
    for channel in CHANNELS:
        for identity in accepted:
            times, state = counts[channel][identity], states.get((identity, channel))
            if state == "delivered":
                t.check(times >= 1, f"{identity} by {channel} is called delivered and never arrived")
            else:
                t.check(channel == "sms" and state == "uncertain", f"{identity} by {channel}: {state}")
                t.check((identity, channel) in risky, f"{identity} by {channel} is uncertain but was not in flight")
            if times > 1:
                t.check((identity, channel) in risky, f"{identity} by {channel} came {times} times, but was not in flight")
    t.equal(set(counts["sms"].values()) - {1}, set(), "texts that came more than once")
    for channel in CHANNELS:
        t.equal(set(counts[channel]) - set(accepted), set(), f"strangers by {channel}")


def test_the_daemon_is_killed_again_and_again(t):
    receivers = configure(t)
    t.daemon.start()
    notices = t.notices(NOTICES, channels=CHANNELS)
    producers, risky, kills = Producers(t, notices), set(), 0
    dice = random.Random(os.getpid())
    while producers.running() or kills < 12:
        if kills % 3 == 0:  # sometimes it is let come to its feet, and to its work if any is left
            t.daemon.wait_for_answer()
            wait_for_work(t, receivers[2])
        else:
            time.sleep(dice.uniform(0.0, 0.25))
        t.daemon.kill()
        kills += 1
        check_session_is_gone(t)
        risky |= in_flight(t)
        t.daemon.start(wait=False)
        if kills > 100:
            raise lib.Failure("the producers do not come to an end")
    producers.end()
    t.daemon.wait_for_answer()
    rows = finish(t, NOTICES)
    t.equal(sorted(producers.accepted), sorted(n["id"] for n in notices), "accepted ids")
    judge(t, producers.accepted, rows, seen(*receivers), risky)
    if not risky:
        raise lib.Inconclusive("no kill ever hit anything in flight: this run proved nothing")
    check_books(t, NOTICES)
    check_same_bytes(t, receivers[0])
    t.equal(t.daemon.stop(), 0, "exit status")


def wait_for_work(t, hooks, seconds=1):
    """Until one more webhook came in, whose answer takes its time; or `seconds`, when nothing is left to do."""
    before, deadline = len(hooks.received()), time.monotonic() + seconds
    while len(hooks.received()) == before and time.monotonic() < deadline:
        time.sleep(0.005)


def check_same_bytes(t, mail):
    digests = collections.defaultdict(set)
    for record in mail.accepted():
        digests[record["message_id"]].add(record["sha256"])
    t.equal([i for i, d in digests.items() if len(d) > 1], [], "repeats that differ from the first")


def test_workers_are_killed_again_and_again(t):
    receivers = configure(t)
    t.daemon.start()
    dice, accepted, risky, kills = random.Random(os.getpid()), [], set(), 0
    # How many kills hit something in flight is luck and the machine's speed: more notices until it is enough.
    for turn in range(5):
        kills += kill_workers_during(t, dice, turn, accepted)
        rows = finish(t, len(accepted))
        # Here the scheduler lives and knows what had started: only that is in doubt.
        risky = {(r["id"], r["channel"]) for r in rows if doubted(t, r)}
        if len(risky) >= 3:
            break
    counts = seen(*receivers)
    judge(t, accepted, rows, counts, risky)
    if len(risky) < 3:
        raise lib.Inconclusive(f"{kills} kills hit too little to prove anything: {risky}")
    repeats = sum(counts["email"].values()) - len(accepted)
    t.check(repeats <= kills, f"{repeats} mails were repeated by {kills} kills: more than one in flight per worker")
    t.contains(t.daemon.log(), "worker.died", "log")
    check_books(t, len(accepted))
    t.equal(t.daemon.stop(), 0, "exit status")


def kill_workers_during(t, dice, turn, accepted):
    """Hands NOTICES more over and kills workers until most of them are through; the number of kills."""
    notices = t.notices(NOTICES, channels=CHANNELS, first=turn * NOTICES)
    before, producers, kills = len(t.rows(state="delivered")), Producers(t, notices), 0
    while producers.running() or (kills < 100 and len(t.rows(state="delivered")) - before < len(notices) * len(CHANNELS) * 0.8):
        time.sleep(dice.uniform(0.0, 0.08))
        workers = t.daemon.workers()
        if workers:
            lib.kill_if_there(dice.choice(workers))
            kills += 1
    producers.end()
    t.equal(sorted(producers.accepted), sorted(n["id"] for n in notices), "accepted ids")
    accepted += producers.accepted
    return kills


def doubted(t, row):
    if row["state"] != "uncertain" and row["attempts"] < 2:
        return False
    return any(a["outcome"] == "uncertain" for a in t.attempts(row["id"], row["channel"]))


def test_texts_in_flight_at_a_crash_are_shown_and_not_sent_again(t):
    _, phones, _ = configure(t, mode="wait")
    t.daemon.start()
    t.enqueue(*t.notices(3, channels=["sms"]))
    t.wait(lambda: len(phones.received()) == 3, 5, "three requests")
    t.daemon.kill()
    check_session_is_gone(t)
    t.daemon.start()
    for n in range(3):
        row = t.wait_for_state(f"n{n}", "uncertain", channel="sms")
        t.equal((row["attempts"], row["cause"]), (1, "interrupted"), "the attempt that was interrupted is on record")
        t.contains(row["reply"], "not known", "the row says why")
    t.holds(lambda: len(phones.received()) == 3, 1.0, "a text was sent again")
    shown = t.command("queue", "--state", "uncertain")
    t.equal(shown.out.count("uncertain"), 3, "what the operator sees")
    t.contains(t.daemon.log(), "uncertain=3", "the log of the start")
    t.equal(t.command("retry", "--state", "failed").out.split()[0], "0", "retry --state failed leaves them alone")
    phones_mode(phones, "ok")
    t.equal(t.command("retry", "n1").status, 0, "an operator's word")
    t.wait_for_state("n1", "delivered", channel="sms")
    t.equal(len(phones.received()), 4, "requests")


def phones_mode(phones, mode):
    with open(phones.path("mode"), "w", encoding="ascii") as file:
        file.write(mode)


def test_a_mail_in_flight_at_a_crash_is_repeated_with_the_same_id(t):
    server = t.faulty("end-wait", "--on", "1")
    t.configure(email=t.email_transport(server, packet=1, **QUICK))
    t.daemon.start()
    t.drop(t.notice("one"))
    t.wait(server.accepted, 5, "the server to take the mail")
    t.daemon.kill()
    t.daemon.start()
    t.wait_for_state("one", "delivered")
    first, second = server.accepted()
    t.equal(first["message_id"], "<one@notices.example.org>", "Message-ID")
    t.equal((first["message_id"], first["sha256"]), (second["message_id"], second["sha256"]), "the repeat")


def test_a_worker_killed_in_a_mail_costs_that_mail_one_attempt(t):
    server = t.faulty("end-wait", "--on", "2")
    t.configure(email=t.email_transport(server, **QUICK), workers=1)
    t.enqueue(*t.notices(4))
    t.daemon.start()
    t.wait(lambda: len(server.accepted()) == 2, 5, "the second mail to be taken")
    (worker,) = t.daemon.workers()
    lib.kill_if_there(worker)
    t.wait(lambda: len(t.rows(state="delivered")) == 4, 10, "all to be delivered")
    attempts = sorted(row["attempts"] for row in t.rows())
    t.equal(attempts, [1, 1, 1, 2], "attempts: the innocent pay nothing")
    t.equal(len(server.accepted()), 5, "mails")
    doubtful = [r for r in t.rows() if r["attempts"] == 2][0]["id"]
    t.equal([(a["outcome"], a["cause"]) for a in t.attempts(doubtful)], [("uncertain", "worker_crash"), ("delivered", "accepted")], "its story")


def test_a_worker_that_dies_idle_is_replaced(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail), workers=2)
    t.daemon.start()
    t.wait(lambda: len(t.daemon.workers()) == 2, 5, "two workers")
    before = set(t.daemon.workers())
    for worker in before:
        lib.kill_if_there(worker)
    t.wait(lambda: len(set(t.daemon.workers()) - before) == 2, 5, "two new workers")
    t.drop(t.notice("one"))
    t.wait_for_state("one", "delivered")


def test_an_intake_that_was_killed_between_ledger_and_unlink_takes_nothing_twice(t):
    """The file still stands in new/ although the ledger has it: exactly what such a crash leaves."""
    mail = t.smtp()
    t.configure(email=t.email_transport(mail))
    notice = t.notice("again")
    t.daemon.start()
    t.drop(notice)
    t.wait_for_state("again", "delivered")
    t.daemon.kill()
    t.drop(notice)
    t.daemon.start()
    t.wait(lambda: os.listdir(os.path.join(t.spool, "new")) == [], 5, "new/ to be empty")
    t.holds(lambda: len(mail.accepted()) == 1, 0.5, "it was sent twice")
    t.equal(len(t.rows()), 1, "deliveries")


def test_enqueue_waiting_for_its_input_does_not_keep_the_daemon_from_starting(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail))
    t.command("queue")
    producer = lib.subprocess.Popen(
        [lib.DISPATCHER, "enqueue", "-", "--config", t.config_path], stdin=lib.subprocess.PIPE, stdout=lib.subprocess.PIPE
    )
    try:
        time.sleep(0.3)
        t.daemon.start()
        producer.stdin.write(json.dumps(t.notice("late")).encode() + b"\n")
        out, _ = producer.communicate(timeout=30 * lib.PATIENCE)
        t.equal((producer.returncode, out), (0, b"late\n"), "enqueue")
        t.wait_for_state("late", "delivered")
    finally:
        if producer.poll() is None:
            producer.send_signal(signal.SIGKILL)
        producer.wait()

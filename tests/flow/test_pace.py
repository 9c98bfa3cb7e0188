"""Fairness and pace: rates that delay and never park, small notices that pass campaigns, campaigns that stop themselves,
hours and warm-up days. What an outbox or a server wrote, and when, is the judge."""

import datetime
import glob
import json
import os
import signal
import statistics
import time

import lib
from test_watch import batch, publish, wait_for_batch

OUTBOX = {"channel": "email", "type": "outbox"}


def written(t):
    """(time, notice) of every mail in the outbox, in order."""
    files = glob.glob(os.path.join(t.spool, "outbox", "mail", "new", "*.eml"))
    return sorted((os.stat(name).st_mtime, os.path.basename(name)[:-4]) for name in files)


def excess(times, per_second):
    """The most mails by which any stretch of time is above the rate."""
    most = level = 0.0
    for before, now in zip([times[0], *times], times):
        level = max(level - (now - before) * per_second, 0.0) + 1
        most = max(most, level)
    return most


def check_pace(t, times, per_second):
    """What a second allows may come at once, and once more what a busy disk held up: a file's time is when it was
    written, not when its turn came."""
    most = per_second * (1 + lib.PATIENCE) + 3
    t.check(excess(times, per_second) <= most, f"some stretch of time had {excess(times, per_second):.0f} mails more than {per_second}/s")


LATE_S = 3


def check_took(t, what, times, least, planned):
    """A pace too slow is found like a slow machine: it is so in every round. The last one is due when its turn has come
    by the rate, and not before it was taken in."""
    took = times[-1] - times[0]
    t.check(took >= least, f"{what} took {took:.2f} s, not {least} s at least")
    late = times[-1] - max(times[0] + planned, last_accepted(t))
    if late > LATE_S * lib.PATIENCE:
        raise lib.Inconclusive(f"{what} took {took:.2f} s, {late:.2f} s too long: the pace is too slow, or the machine")


def last_accepted(t):
    """When the last notice was taken in, as the log says."""
    return max(moment(line.split()[0]) for line in t.daemon.log().splitlines() if " event=job.accepted " in line)


def to_domain(t, prefix, count, domain):
    return [t.notice(f"{prefix}{i}", to={"email": f"{prefix}{i}@{domain}"}) for i in range(count)]


def reload(t):
    t.daemon.signal(signal.SIGHUP)
    t.wait(lambda: "config.reloaded" in t.daemon.log(), 10, "the new configuration")


# rates


def test_a_rate_is_kept_and_parks_nobody(t):
    t.configure(email={**OUTBOX, "rate": "50/s"})
    t.daemon.start()
    t.enqueue(*to_domain(t, "n", 300, "example.org"))
    t.wait(lambda: len(written(t)) == 300, 20, "300 mails", lambda: len(written(t)))
    times = [when for when, _ in written(t)]
    # A burst is what one second allows; the 250 behind it take five seconds.
    check_pace(t, times, 50)
    t.wait(lambda: t.summary("email") == {"delivered": 300}, 5, "300 in the books")
    t.equal({row["attempts"] for row in t.rows()}, {1}, "attempts")
    check_took(t, "300 mails at 50/s", times, 3.5, 5)


def test_a_long_text_counts_as_the_parts_it_has(t):
    gateway = t.faulty_gateway()
    t.letter("long", de=("Lang", "x" * 400, "Lang."))
    t.configure(sms=t.sms_transport(gateway, rate="6/s"), templates=os.path.join(t.dir, "templates"))
    t.daemon.start()
    common = {"version": 1, "template": "long", "locale": "de", "routing": {"channels": ["sms"]}}
    t.enqueue(*[{**common, "id": f"n{i}", "to": {"phone": f"+49151000000{i:02}"}} for i in range(12)])
    t.wait(lambda: len(gateway.received()) == 12, 20, "12 texts")
    # 36 parts, of which six may come at once, and the last packet is paid afterwards; as twelve they took one second.
    times = sorted(record["t"] for record in gateway.received())
    took = times[-1] - times[0]
    t.check(took >= 2.0, f"12 texts of three parts at 6/s took {took:.2f} s")
    t.wait(lambda: t.summary("sms") == {"delivered": 12}, 5, "12 in the books")


def test_a_slow_rate_goes_one_by_one(t):
    t.configure(email={**OUTBOX, "rate": "240/min"})
    t.daemon.start()
    t.enqueue(*to_domain(t, "n", 16, "example.org"))
    t.wait(lambda: len(written(t)) == 16, 20, "16 mails")
    times = [when for when, _ in written(t)]
    check_took(t, "16 mails at four a second, four of them at once,", times, 2.0, 3)


def test_a_domain_at_its_rate_slows_nobody_else(t):
    t.configure(email={**OUTBOX, "domains": {"slow.example": "5/s", "default": "1000/s"}})
    t.enqueue(*to_domain(t, "slow", 40, "slow.example"), *to_domain(t, "other", 100, "other.example"))
    t.daemon.start()  # all of them stand there: how fast they come does not matter
    t.wait(lambda: len(written(t)) == 140, 30, "140 mails", lambda: len(written(t)))
    slow = [when for when, name in written(t) if name.startswith("slow")]
    other = [when for when, name in written(t) if name.startswith("other")]
    check_pace(t, slow, 5)
    t.wait(lambda: t.summary("email") == {"delivered": 140}, 5, "140 in the books")
    t.equal({row["attempts"] for row in t.rows()}, {1}, "attempts")
    check_took(t, "40 mails at 5/s", slow, 5, 7)
    if other[-1] > slow[-1] - 0.5:
        raise lib.Inconclusive("the other domain had to wait for the slow one, or for the machine")


def test_whoever_waits_for_a_rate_has_a_time_of_his_own(t):
    t.configure(email={**OUTBOX, "domains": {"slow.example": "1/min"}})
    t.daemon.start()
    t.enqueue(*to_domain(t, "n", 30, "slow.example"))
    t.wait(lambda: len([r for r in t.rows() if r["state"] == "waiting" and r["cause"] == "rate"]) == 29, 10, "29 to wait")
    due = sorted(moment(row["next_attempt_at"]) for row in t.rows() if row["state"] == "waiting")
    gaps = {round(b - a, 1) for a, b in zip(due, due[1:])}
    t.check(gaps <= {59.9, 60.0, 60.1}, f"a minute lies between the times: {sorted(gaps)}")
    t.equal(t.summary("email"), {"waiting": 29, "delivered": 1}, "states")


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


# fairness


class Arrivals:
    """When the server accepted a mail to an address, read as the log grows."""

    def __init__(self, server):
        self.server, self.at, self.files = server, 0, {}

    def when(self, address):
        with open(self.server.path("accepted.jsonl"), "rb") as log:
            log.seek(self.at)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self.at += len(line)
                record = json.loads(line)
                self.files.update({rcpt: record["file"] for rcpt in record["rcpt"]})
        name = self.files.get(address)
        return os.stat(self.server.path(name)).st_mtime if name else None

    def between(self, begin, end):
        """How many mails arrived in that time."""
        times = [os.stat(self.server.path(name)).st_mtime for name in self.files.values()]
        return sum(begin <= when <= end for when in times)


def accepted_at(t, identity):
    """When a notice was taken in, as the log says."""
    return next(moment(line.split()[0]) for line in t.daemon.log().splitlines() if f" event=job.accepted id={identity} " in line)


def test_a_single_notice_passes_a_running_campaign(t):
    server = t.smtp()
    t.configure(email=t.email_transport(server))
    publish(t, "recall", 30000)
    t.daemon.start()
    arrivals, overtaken_by = Arrivals(server), []
    t.wait(lambda: arrivals.when("c100@example.org"), 20, "the campaign to run", lambda: len(server.accepted()))
    for i in range(20):
        address = f"urgent{i}@example.org"
        t.equal(t.drop(t.notice(f"urgent{i}", to={"email": address})), 0, "drop")
        t.wait(lambda: arrivals.when(address), 20, f"urgent{i} to arrive")
        overtaken_by.append(arrivals.between(accepted_at(t, f"urgent{i}"), arrivals.when(address)))
    row = batch(t, "recall")
    if row["open"] <= 1000:
        raise lib.Inconclusive(f"the campaign was over too soon to tell: {row}")
    # Where all is slow, so is the campaign: what counts is how much of it came before one that had been taken in.
    t.check(statistics.median(overtaken_by) < 500, f"behind {overtaken_by} of the campaign")


def test_a_single_notice_passes_a_campaign_that_waits_for_a_rate(t):
    t.configure(email={**OUTBOX, "domains": {"slow.example": "5/s"}})
    publish(t, "recall", 2000, to=lambda i: f"c{i}@slow.example")
    t.daemon.start()
    wait_for_batch(t, "recall", 20, state="running")
    t.wait(lambda: batch(t, "recall")["waiting"] > 1900 and len(written(t)) > 5, 20, "the campaign to wait")
    for i in range(5):
        before = len(written(t))
        t.enqueue(t.notice(f"urgent{i}", to={"email": f"urgent{i}@slow.example"}))
        t.wait_for_state(f"urgent{i}", "delivered")
        position = [name for _, name in written(t)].index(f"urgent{i}")
        t.check(position - before < 20, f"{position - before} of the campaign went before urgent{i}")
    times = [when for when, _ in written(t)]
    check_pace(t, times, 5)


def test_two_campaigns_take_turns(t):
    server = t.smtp()
    t.configure(email=t.email_transport(server))
    for name in ("first", "second"):
        publish(t, name, 3000, to=lambda i, name=name: f"{name}{i}@example.org")
    t.daemon.start()

    def count(name):
        return sum(record["rcpt"][0].startswith(name) for record in server.accepted())

    t.wait(lambda: min(count("first"), count("second")) >= 200, 60, "200 of each", lambda: len(server.accepted()))
    # Whoever came first has what was sent before the other was taken in, and from then on half.
    t.check(max(count("first"), count("second")) < 3000, f"one had to wait for the other: {count('first')}, {count('second')}")


# campaigns that stop themselves


def bad_every(n):
    return lambda i: f"550.c{i}@example.org" if i % n == 0 else f"c{i}@example.org"


def test_a_campaign_halts_itself_when_number_and_share_are_passed(t):
    server = t.faulty("good")
    t.configure(email=t.email_transport(server), halt={"failures": 40, "share": 0.3})
    publish(t, "recall", 6000, to=bad_every(2))
    t.daemon.start()
    wait_for_batch(t, "recall", 30, stop="halted", state="running")  # taken in to its last line
    t.wait(lambda: "in_flight" not in t.summary("email"), 10, "what is under way to end")
    row = batch(t, "recall")
    t.check(row["failed"] >= 40 and row["open"] > 0, f"it stopped behind 40 failures and before the end: {row}")
    t.contains(row["stop_reason"], "mend the cause", "the reason")
    t.holds(lambda: batch(t, "recall")["open"] == row["open"], 1, "a halted campaign went on")
    t.equal(t.drop(t.notice("one", to={"email": "one@example.org"})), 0, "drop")
    t.wait_for_state("one", "delivered")
    t.equal(t.command("resume", "recall").status, 0, "resume")
    t.wait(lambda: batch(t, "recall")["stop"] == "halted" and batch(t, "recall")["open"] < row["open"], 20, "it to halt again")
    t.equal(t.command("resume", "recall", "--go-on").status, 0, "resume --go-on")
    t.wait(lambda: batch(t, "recall")["failed"] > 2 * row["failed"] + 400, 60, "it to go on whatever happens", lambda: batch(t, "recall")["failed"])
    t.equal(batch(t, "recall")["stop"], "goes", "stop")


def test_few_failures_or_a_small_share_halt_nothing(t):
    server = t.faulty("good")
    t.configure(email=t.email_transport(server), halt={"failures": 40, "share": 0.3})
    publish(t, "few", 60, to=bad_every(2))
    publish(t, "small", 600, to=lambda i: "x" + bad_every(10)(i).replace("550.", "") if i % 10 else f"550.x{i}@example.org")
    t.daemon.start()
    for name, failed in (("few", 30), ("small", 60)):
        wait_for_batch(t, name, 40, open=0, state="running")
        t.equal((batch(t, name)["failed"], batch(t, name)["stop"]), (failed, "goes"), f"{name}: failed and stop")


def test_with_null_a_campaign_goes_on_whatever_happens(t):
    server = t.faulty("good")
    t.configure(email=t.email_transport(server), halt={"failures": 5, "share": 0.01})
    publish(t, "stubborn", 300, to=bad_every(1), halt=None)
    t.daemon.start()
    wait_for_batch(t, "stubborn", 40, open=0, state="running")
    t.equal((batch(t, "stubborn")["failed"], batch(t, "stubborn")["stop"]), (300, "goes"), "failed and stop")


# hours and days


def clock(hours):
    """The time of day in UTC, so many hours from now."""
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)).strftime("%H:%M")


def test_outside_its_hours_a_notice_waits_for_the_opening(t):
    # It opens in two hours by a clock in UTC; three hours further east it is open already.
    opens = clock(2)
    t.configure(email={**OUTBOX, "window": f"{opens}-{clock(5)}"})
    t.daemon.start()
    for identity, zone in (("here", "Etc/UTC"), ("east", "Etc/GMT-3")):
        t.equal(t.drop(t.notice(identity, to={"email": f"{identity}@example.org", "timezone": zone})), 0, "drop")
    t.wait_for_state("east", "delivered")
    row = t.wait_for_state("here", "waiting")
    due = moment(row["next_attempt_at"])
    t.equal(datetime.datetime.fromtimestamp(due, datetime.timezone.utc).strftime("%H:%M:%S"), opens + ":00", "when it is due")
    t.check(0 < due - time.time() <= 7200, f"that is within two hours: {row}")
    t.equal(row["attempts"], 0, "attempts")


def test_a_retry_keeps_to_the_hours(t):
    server = t.faulty("good")
    t.configure(email=t.email_transport(server))
    t.daemon.start()
    t.drop(t.notice("one", to={"email": "550.one@example.org", "timezone": "Etc/UTC"}))
    t.wait_for_state("one", "failed")
    t.configure(email=t.email_transport(server, window=f"{clock(2)}-{clock(5)}"))
    reload(t)
    t.equal(t.command("retry", "one").status, 0, "retry")
    t.wait(lambda: t.row("one")["cause"] == "window", 10, "it to wait for the opening")
    t.holds(lambda: len(t.attempts("one")) == 1, 0.5, "it was tried out of hours")


def test_the_hours_of_a_campaign_count_too(t):
    # The readers live in Seoul, as the fixture says.
    t.configure(email={**OUTBOX, "window": f"{clock(9 - 3)}-{clock(9 + 3)}"})
    publish(t, "later", 20, window=f"{clock(9 + 1)}-{clock(9 + 6)}")
    publish(t, "now", 20, window=f"{clock(9 - 1)}-{clock(9 + 6)}", to=lambda i: f"now{i}@example.org")
    t.daemon.start()
    wait_for_batch(t, "now", 20, delivered=20)
    wait_for_batch(t, "later", 20, state="running", waiting=20)
    t.holds(lambda: batch(t, "later")["delivered"] == 0, 1, "a campaign was sent outside its hours")


def wait_over_midnight(minutes=3):
    """What counts by the day begins no test that would end on the next."""
    now = datetime.datetime.now(datetime.timezone.utc)
    if (now + datetime.timedelta(minutes=minutes)).date() != now.date():
        time.sleep(minutes * 60)


def test_a_warm_up_day_has_its_limit_over_restarts(t):
    wait_over_midnight()
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    mail = {**OUTBOX, "warmup": {"start": today, "limits": [5, 100]}}
    t.configure(email=mail, timezone="UTC")
    t.daemon.start()
    t.enqueue(*to_domain(t, "n", 12, "example.org"))
    t.wait(lambda: len(written(t)) == 5, 10, "5 mails")
    t.holds(lambda: len(written(t)) == 5, 0.5, "more than the day allows")
    status = t.command("status", "--json").json()
    t.equal([x["waits_for"] for x in status["transports"] if x["name"] == "mail"], ["warmup"], "what the transport waits for")
    t.equal(t.daemon.stop(), 0, "stop")
    t.daemon.start()
    t.holds(lambda: len(written(t)) == 5, 1, "more than the day allows after a restart")
    t.equal(t.summary("email"), {"waiting": 7, "delivered": 5}, "states")
    t.configure(email={**mail, "warmup": {"start": today, "limits": [8, 100]}}, timezone="UTC")
    reload(t)
    t.wait(lambda: len(written(t)) == 8, 10, "8 mails")
    t.holds(lambda: len(written(t)) == 8, 0.5, "more than the new limit")


def wait_reload(t, before):
    t.daemon.signal(signal.SIGHUP)
    t.wait(lambda: t.daemon.log().count("config.reloaded") > before, 10, "the new configuration")


def test_wider_hours_free_at_once_what_waited_for_them(t):
    t.configure(email={**OUTBOX, "window": f"{clock(2)}-{clock(5)}"}, timezone="Etc/UTC")
    t.daemon.start()
    t.enqueue(*[t.notice(f"n{i}", to={"email": f"n{i}@example.org", "timezone": "Etc/UTC"}) for i in range(5)])
    t.wait(lambda: len([r for r in t.rows() if r["cause"] == "window" and r["id"].startswith("n")]) == 5, 10, "five to wait")
    t.configure(email={**OUTBOX, "window": f"{clock(-2)}-{clock(5)}"}, timezone="Etc/UTC")
    wait_reload(t, 0)
    for i in range(5):
        t.wait_for_state(f"n{i}", "delivered")


def test_a_higher_rate_frees_at_once_what_waited_for_its_turn(t):
    t.configure(email={**OUTBOX, "domains": {"slow.example": "6/h"}})
    t.daemon.start()
    t.enqueue(*to_domain(t, "n", 30, "slow.example"))
    t.wait(lambda: len([r for r in t.rows() if r["state"] == "waiting" and r["cause"] == "rate"]) == 29, 10, "29 to wait")
    t.configure(email={**OUTBOX, "domains": {"slow.example": "10/s"}})
    wait_reload(t, 0)
    t.wait(lambda: len(written(t)) == 30, 15, "30 mails")
    check_pace(t, [when for when, _ in written(t)][1:], 10)


def test_a_configuration_that_changes_no_hours_moves_nobody(t):
    hours = f"{clock(2)}-{clock(5)}"
    t.configure(email={**OUTBOX, "window": hours}, timezone="Etc/UTC")
    t.daemon.start()
    t.enqueue(t.notice("one", to={"email": "one@example.org", "timezone": "Etc/UTC"}))
    t.wait(lambda: t.row("one")["cause"] == "window", 10, "it to wait")
    before = t.row("one")
    t.configure(email={**OUTBOX, "window": hours, "concurrency": 3}, timezone="Etc/UTC")
    wait_reload(t, 0)
    t.holds(lambda: t.row("one")["changed_at"] == before["changed_at"], 1, "it was moved")


def test_a_retry_frees_what_waits_for_its_hours_and_says_if_it_still_must(t):
    t.configure(email={**OUTBOX, "window": f"{clock(2)}-{clock(5)}"}, timezone="Etc/UTC")
    t.daemon.start()
    t.enqueue(*[t.notice(f"n{i}", to={"email": f"n{i}@example.org", "timezone": "Etc/UTC"}) for i in range(3)])
    t.wait(lambda: len([r for r in t.rows() if r["cause"] == "window"]) == 3, 10, "three to wait")
    before = t.row("n0")["changed_at"]
    t.contains(t.command("retry", "--state", "waiting", "--reason", "look again").out, "3 deliveries are due now", "retry")
    t.wait(lambda: t.row("n0")["cause"] == "window" and t.row("n0")["changed_at"] != before, 10, "the gate to send it back")
    t.equal([(row["verb"], row["count"]) for row in t.command("actions", "--json").lines()], [("retry", 3)], "what is recorded")


def test_wider_hours_send_nothing_before_its_time(t):
    later = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(hours=1)
    start = later.strftime("%Y-%m-%dT%H:%M:%SZ")
    t.configure(email={**OUTBOX, "window": f"{clock(2)}-{clock(5)}"}, timezone="Etc/UTC")
    t.daemon.start()
    t.enqueue(t.notice("one", to={"email": "one@example.org", "timezone": "Etc/UTC"}, not_before=start))
    publish(t, "recall", 3, not_before=start, to=lambda i: f"c{i}@example.org")
    wait_for_batch(t, "recall", state="running", waiting=3)
    t.wait(lambda: t.row("one")["cause"] == "window", 10, "it to wait for its hours")
    t.configure(email=OUTBOX, timezone="Etc/UTC")
    wait_reload(t, 0)
    t.wait(lambda: t.row("one")["cause"] == "", 10, "the gates to judge anew")
    t.wait(lambda: batch(t, "recall")["waits_for"] == "not_before", 10, "the batch to wait for its beginning")
    due = [moment(row["next_attempt_at"]) for row in t.rows()]
    t.equal(set(due), {later.timestamp()}, "when they are due")
    t.equal(written(t), [], "what was sent")
    asked = t.command("retry", "one")
    t.contains(asked.out, "0 deliveries", "what somebody asked for by the clock")
    t.contains(asked.err, "1 is on its way already", "why")

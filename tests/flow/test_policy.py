"""Routes, languages, times and what an operator decides."""

import datetime
import signal
import time

import lib

QUICK = {"retry": ["100ms", "100ms"], "jitter": 0}
SOMEWHERE = {"crm": {"url": "https://crm.example.org/", "secret": {"env": "CRM_SECRET"}}}


def at(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def single(t, identity, *channels, **members):
    notice = t.notice(identity, to={"email": "anna@example.org", "phone": "+4915100000001", "webhook": "crm"}, **members)
    notice["routing"] = {"method": "single", "channels": list(channels)}
    return notice


# one channel after the other


def test_the_next_channel_takes_over_after_a_permanent_failure(t):
    server, phones = t.faulty("rcpt-550"), t.faulty_gateway()
    t.configure(email=t.email_transport(server, **QUICK), sms=t.sms_transport(phones), endpoints=SOMEWHERE)
    t.daemon.start()
    t.drop(single(t, "one", "email", "sms", "webhook"))
    t.wait_for_state("one", "delivered", channel="sms")
    t.equal({r["channel"]: r["state"] for r in t.rows(id="one")}, {"email": "failed", "sms": "delivered"}, "deliveries")
    t.equal(len(phones.received()), 1, "texts")


def test_the_next_channel_waits_until_retries_are_used_up(t):
    server, phones = t.faulty("rcpt-451"), t.faulty_gateway()
    t.configure(email=t.email_transport(server, **QUICK), sms=t.sms_transport(phones))
    t.daemon.start()
    t.drop(single(t, "one", "email", "sms"))
    t.wait_for_state("one", "delivered", channel="sms")
    t.equal([a["outcome"] for a in t.attempts("one")], ["transient"] * 3, "attempts by mail")


def test_all_channels_that_fail_leave_a_failed_notice(t):
    server, phones = t.faulty("rcpt-550"), t.faulty_gateway("refused")
    t.configure(email=t.email_transport(server, **QUICK), sms=t.sms_transport(phones, **QUICK))
    t.daemon.start()
    t.drop(single(t, "one", "email", "sms"))
    t.wait_for_state("one", "failed", channel="sms")
    t.equal(len(t.rows()), 2, "deliveries")


def test_a_delivered_notice_goes_no_second_way(t):
    mail, phones = t.smtp(), t.faulty_gateway()
    t.configure(email=t.email_transport(mail), sms=t.sms_transport(phones))
    t.daemon.start()
    t.drop(single(t, "one", "email", "sms"))
    t.wait_for_state("one", "delivered")
    t.holds(lambda: phones.received() == [], 0.5, "a text was sent as well")
    t.equal(len(t.rows()), 1, "deliveries")


def test_a_mail_that_may_have_arrived_passes_nothing_on(t):
    server, phones = t.faulty("end-close"), t.faulty_gateway()
    t.configure(email=t.email_transport(server, **QUICK), sms=t.sms_transport(phones))
    t.daemon.start()
    t.drop(single(t, "one", "email", "sms"))
    t.wait_for_state("one", "uncertain")
    t.holds(lambda: phones.received() == [], 0.5, "a text was sent although the mail may have arrived")


def test_a_channel_without_an_address_is_passed_over(t):
    mail, phones = t.smtp(), t.faulty_gateway()
    t.configure(email=t.email_transport(mail), sms=t.sms_transport(phones))
    t.daemon.start()
    notice = single(t, "one", "sms", "email")
    del notice["to"]["phone"]
    t.drop(notice)
    t.wait_for_state("one", "delivered")
    t.equal(phones.received(), [], "texts")


# gateways


def test_a_gateway_that_is_busy_gets_it_again_and_one_that_forbids_rests(t):
    phones = t.faulty_gateway("busy")
    t.configure(sms=t.sms_transport(phones, **QUICK))
    t.daemon.start()
    t.drop(t.notice("busy", channels=["sms"]))
    t.wait(lambda: len(phones.received()) == 3, 5, "three attempts")
    t.wait_for_state("busy", "failed", channel="sms")
    with open(phones.path("mode"), "w", encoding="ascii") as file:
        file.write("forbidden")
    t.drop(t.notice("locked", channels=["sms"]))
    t.wait(lambda: "transport.paused" in t.daemon.log(), 5, "the transport to rest")
    row = t.wait_for_state("locked", "waiting", channel="sms")
    t.equal((row["attempts"], row["cause"]), (0, "auth"), "attempts and cause")


def test_a_success_nobody_described_is_not_counted_as_sent(t):
    phones = t.faulty_gateway("odd")
    t.configure(sms=t.sms_transport(phones, **QUICK))
    t.daemon.start()
    t.drop(t.notice("odd", channels=["sms"]))
    row = t.wait_for_state("odd", "failed", channel="sms")
    t.equal((row["cause"], len(phones.received())), ("not_accepted", 1), "cause and requests")


def test_a_number_and_a_password_are_nowhere_in_the_log(t):
    phones = t.faulty_gateway("forbidden")
    t.configure(sms=t.sms_transport(phones), log={"level": "debug"})
    t.daemon.start()
    t.drop(t.notice("one", channels=["sms"], to={"phone": "+4915100009876", "email": "secret.person@example.org"}))
    t.wait(lambda: "transport.paused" in t.daemon.log(), 5, "the transport to rest")
    for word in ("4915100009876", "foobar", "secret.person"):
        t.check(word not in t.daemon.log(), f"{word} is in the log")


# languages


def test_a_language_that_is_not_there_holds_a_breach_notice_and_warns_elsewhere(t):
    mail = t.smtp()
    rules = [
        {"name": "breach", "when": {"campaign": "breach-*"}, "then": {"channels": ["email"], "on_fallback": "hold"}},
        {"name": "law", "when": {"campaign": "law-*"}, "then": {"channels": ["email"], "on_fallback": "fail"}},
        {"name": "rest", "then": {"channels": ["email"]}},
    ]
    t.configure(email=t.email_transport(mail), rules=rules)
    t.daemon.start()
    for campaign in ("breach-7", "law-7", "news-7"):
        notice = t.notice(campaign, locale="fr-CA", campaign=campaign)
        del notice["routing"]
        t.drop(notice)
    row = t.wait_for_state("breach-7", "held")
    t.equal((row["cause"], row["locale"]), ("locale_fallback", "en"), "why it is held")
    row = t.wait_for_state("news-7", "delivered")
    t.equal(row["locale"], "en", "language used")
    t.contains(t.daemon.log(), "id=news-7 template=apology locale=en fallback=yes", "the fallback is reported")
    t.matches(t.corrupt("law-7"), r"law-7\.json:\d+:\d+: .*not written in fr-CA.*forbids", "reason")
    t.equal(len(mail.accepted()), 1, "mails")
    # An operator decides.
    t.command("retry", "breach-7")
    t.wait_for_state("breach-7", "delivered")


def test_regions_and_aliases_find_their_language(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail), locale={"fallback": "en", "aliases": {"kr": "ko"}})
    t.daemon.start()
    wanted = {"at": ("de-AT", "de"), "kr": ("kr", "ko"), "hans": ("ko-Kore-KR", "ko"), "caps": ("DE", "de"), "none": (None, "en")}
    for identity, (asked, _) in wanted.items():
        notice = t.notice(identity, locale=asked)
        if asked is None:
            del notice["locale"]
        t.drop(notice)
    for identity, (_, used) in wanted.items():
        t.equal(t.wait_for_state(identity, "delivered")["locale"], used, identity)
    languages = {r["message_id"].split("@")[0][1:]: mail.mail(r)["Content-Language"] for r in mail.accepted()}
    t.equal(languages, {identity: used for identity, (_, used) in wanted.items()}, "Content-Language")


def test_rules_choose_template_and_channels_and_the_notice_wins(t):
    mail, hooks = t.smtp(), t.https()
    rules = [
        {"name": "german", "when": {"campaign": "x-*", "locale": "de"}, "then": {"template": "apology", "channels": ["email", "webhook"], "all_channels": True}},
        {"name": "rest", "then": {"template": "apology", "channels": ["webhook"]}},
    ]
    t.configure(email=t.email_transport(mail), webhook=t.webhook_transport(), endpoints={"crm": t.endpoint(hooks)}, rules=rules)
    t.daemon.start()
    for identity, locale in (("rule-de", "de-DE"), ("rule-ko", "ko")):
        notice = t.notice(identity, locale=locale, campaign="x-1", to={"webhook": "crm"})
        del notice["routing"], notice["template"]
        t.drop(notice)
    t.drop(t.notice("own", locale="ko", channels=["email"], campaign="x-1"))
    for identity, channel in (("rule-de", "email"), ("rule-de", "webhook"), ("rule-ko", "webhook"), ("own", "email")):
        t.wait_for_state(identity, "delivered", channel=channel)
    t.equal(len(t.rows()), 4, "deliveries")


# times


def test_not_before_waits_and_then_goes(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail))
    t.daemon.start()
    seconds = lib.stretched(3)
    due = time.time() + seconds
    with t.within(seconds, "to look before its time"):
        t.drop(t.notice("later", not_before=at(seconds)))
        t.wait(lambda: t.row("later"), 5, "the notice")
        row = t.row("later")
        t.equal(row["state"], "waiting", "state")
        t.check(row["next_attempt_at"] is not None, "the queue says when")
    t.wait(mail.accepted, seconds + 6, "the mail")
    sent = mail.accepted()[0]["t"]
    t.check(sent >= due - 0.02, f"sent {due - sent:.3f} s too early")


def test_not_before_survives_a_restart(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail))
    t.daemon.start()
    due = time.time() + lib.stretched(4)
    t.drop(t.notice("later", not_before=at(lib.stretched(4))))
    t.wait_for_state("later", "waiting")
    t.daemon.kill()
    if time.time() > due - 1:
        raise lib.Inconclusive("it was killed when the time had nearly come")
    t.daemon.start()
    t.wait_for_state("later", "delivered", seconds=lib.stretched(4) + lib.LEAST_WAIT_S)
    sent = mail.accepted()[0]["t"]
    t.check(sent >= due - 0.02, f"sent {due - sent:.3f} s too early")


def test_an_expired_notice_is_expired_and_nothing_is_sent(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail))
    t.drop(t.notice("past", expires_at=at(-5)))
    t.drop(t.notice("soon", expires_at=at(0.5)))
    time.sleep(0.6)
    t.daemon.start()
    for identity in ("past", "soon"):
        row = t.wait_for_state(identity, "expired")
        t.equal((row["cause"], row["attempts"]), ("expired", 0), identity)
    t.equal(mail.accepted(), [], "mails")


def test_retries_stop_at_the_expiry(t):
    server = t.faulty("rcpt-451")
    t.configure(email=t.email_transport(server, retry=["300ms"] * 31, jitter=0))
    t.daemon.start()
    seconds = 1.5 * lib.STRETCH
    expiry = time.time() + seconds
    t.drop(t.notice("one", expires_at=at(seconds)))
    row = t.wait_for_state("one", "expired", seconds=seconds + lib.LEAST_WAIT_S)
    if row["attempts"] == 0:
        raise lib.Inconclusive("no attempt before the expiry")
    connects = lambda: [e["t"] for e in server.events("connect")]
    known = len(connects())
    t.holds(lambda: len(connects()) == known, 1, "another attempt behind the expiry")
    late = max(connects()) - expiry
    if late > 0.02:
        raise lib.Inconclusive(f"the last attempt was seen {late:.2f} s after the expiry: it began then, or it was slow")


def test_waits_grow_and_are_recorded_with_their_jitter(t):
    server = t.faulty("rcpt-451")
    t.configure(email=t.email_transport(server, retry=["200ms", "800ms"], jitter=0.2))
    t.daemon.start()
    t.drop(t.notice("one"))
    t.wait_for_state("one", "failed")
    attempts = t.attempts("one")
    t.equal(len(attempts), 3, "attempts")
    for attempt, base in zip(attempts, (200, 800)):
        t.check(0.8 <= attempt["jitter"] <= 1.2, f"jitter {attempt['jitter']}")
        wait = moment(attempt["next_attempt_at"]) - moment(attempt["at"])
        t.check(abs(wait * 1000 - base * attempt["jitter"]) < 5, f"waited {wait} s, {base} ms with jitter {attempt['jitter']}")
    times = [e["t"] for e in server.events("connect")]
    t.check(times[1] - times[0] >= 0.15 and times[2] - times[1] >= 0.6, f"attempts at {times}")


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


# operators


def test_failed_ones_are_retried_after_the_server_was_mended(t):
    server = t.faulty("rcpt-550", "--on", "1")
    t.configure(email=t.email_transport(server, packet=1, **QUICK), workers=1)
    t.daemon.start()
    t.drop(t.notice("bad"))
    t.wait_for_state("bad", "failed")
    t.drop(t.notice("fine", to={"email": "other@example.com"}))
    t.wait_for_state("fine", "delivered")
    dry = t.command("retry", "--state", "failed", "--dry-run")
    t.equal(dry.out, "1 delivery would be tried again.\n", "dry run")
    t.equal(t.row("bad")["state"], "failed", "a dry run changes nothing")
    answer = t.command("retry", "--state", "failed", "--reason", "mailbox exists now", "--json")
    t.equal((answer.json()["count"], answer.status), (1, 0), "retry")
    t.wait_for_state("bad", "delivered")
    t.equal([a["outcome"] for a in t.attempts("bad")], ["permanent", "delivered"], "its story")
    t.equal(len(server.accepted()), 2, "mails: the delivered one was left alone")


def test_retry_needs_to_know_what_and_asks_before_many(t):
    t.configure(trial=True)
    t.enqueue(*t.notices(101))
    t.daemon.start()
    t.wait(lambda: len(t.rows(state="suppressed")) == 101, 10, "all to be suppressed")
    t.equal(t.command("retry").status, 64, "without anything")
    many = t.command("retry", "--state", "suppressed")
    t.equal(many.status, 64, "many without a yes")
    t.contains(many.err, "101", "the number")
    t.equal(t.command("retry", "--state", "suppressed", "--yes").status, 0, "many with a yes")
    t.equal(t.command("retry", "nobody").status, 66, "an id nobody knows")


def test_an_operators_retry_starts_the_schedule_afresh(t):
    server = t.faulty("rcpt-451")
    t.configure(email=t.email_transport(server, **QUICK))
    t.daemon.start()
    t.drop(t.notice("one"))
    t.wait_for_state("one", "failed")
    t.command("retry", "one")
    t.wait(lambda: len(t.attempts("one")) >= 6, 5, "three attempts more")
    t.wait_for_state("one", "failed")


def test_retry_without_a_daemon_is_done_at_its_start(t):
    server = t.faulty("rcpt-550", "--on", "1")
    t.configure(email=t.email_transport(server, **QUICK))
    t.daemon.start()
    t.drop(t.notice("one"))
    t.wait_for_state("one", "failed")
    t.daemon.stop()
    answer = t.command("retry", "one")
    t.contains(answer.out, "No daemon is running", "what the operator is told")
    t.daemon.start()
    t.wait_for_state("one", "delivered")


def test_a_changed_configuration_reaches_what_waits(t):
    """A transport that was pointed at the wrong port is mended while mail waits."""
    mail = t.smtp()

    class Nobody:
        (port,) = lib.peer.free_ports(1)

    t.configure(email=t.email_transport(Nobody))
    t.daemon.start()
    t.enqueue(*t.notices(5))
    t.wait(lambda: "transport.paused" in t.daemon.log(), 5, "the transport to rest")
    t.configure(email=t.email_transport(mail))
    t.daemon.signal(signal.SIGHUP)
    t.wait(lambda: len(mail.accepted()) == 5, 10, "five mails")
    t.wait(lambda: t.summary("email") == {"delivered": 5}, 5, "all five to be booked")
    t.equal({r["attempts"] for r in t.rows()}, {1}, "attempts")

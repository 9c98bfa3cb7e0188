"""Which way a notice takes when the first one is closed, too slow, or forbidden; and what is reported of it later."""

import base64
import glob
import hashlib
import hmac
import json
import os
import signal
import time

import lib

QUICK = {"retry": ["100ms", "100ms"], "jitter": 0}
NEVER = {"retry": ["1h"], "jitter": 0}


class Nobody:
    """In the place of a gateway that is down."""

    def __init__(self):
        (self.port,) = lib.peer.free_ports(1)

    def base(self):
        return f"http://127.0.0.1:{self.port}"


def two_providers(t, first, second, **keys):
    outbox = {"channel": "email", "type": "outbox"}
    t.configure(
        transports={
            "mail": outbox,
            "texts": t.sms_transport(first, failover=["spare"], **keys),
            "spare": t.sms_transport(second, **QUICK),
        }
    )


def text_notice(t, identity, **members):
    return t.notice(identity, channels=("sms",), to={"phone": "+4915100000001"}, **members)


def ways(t, identity, channel="sms"):
    return [(a["transport"], a["outcome"]) for a in t.attempts(identity, channel)]


def token(t, delivery):
    """As model/token.h has it: what only the spool can make."""
    with open(os.path.join(t.spool, "token.key"), "rb") as file:
        key = file.read()
    mac = hmac.new(key, f"delivery:{delivery}:".encode(), hashlib.sha256).digest()[:10]
    digits, number = "0123456789abcdefghijklmnopqrstuvwxyz", ""
    while delivery:
        delivery, digit = divmod(delivery, 36)
        number = digits[digit] + number
    return number + "-" + base64.b32hexencode(mac).decode().lower()


def report(kind, channel="sms", **members):
    return {"kind": kind, "channel": channel, "source": "gateway", "at_ms": 1790000000000, **members}


def receive(t, *receipts):
    _, end = t.ask("receive", receipts=list(receipts))
    return end


# another transport steps in


def test_a_dead_provider_fails_over_to_the_second(t):
    phones = t.faulty_gateway()
    two_providers(t, Nobody(), phones, **NEVER)
    t.daemon.start()
    t.drop(text_notice(t, "one"))
    t.wait_for_state("one", "delivered", channel="sms", seconds=5)
    t.equal(len(phones.received()), 1, "texts at the second")
    t.equal(ways(t, "one"), [("spare", "delivered")], "attempts: who never was reached cost none")
    shown = t.command("show", "one").out
    t.contains(shown, "delivered over spare", "show")
    t.contains(t.daemon.log(), "event=transport.paused transport=texts", "log")


def test_the_story_says_who_rests_and_why_another_one_carried(t):
    phones = t.faulty_gateway()
    two_providers(t, Nobody(), phones, **NEVER)
    t.daemon.start()
    t.drop(text_notice(t, "one"))
    t.wait_for_state("one", "delivered", channel="sms", seconds=5)
    (attempt,) = t.attempts("one", "sms")
    t.contains(attempt["reply"], "over spare, because texts rests: ", "the reply")
    t.contains(t.command("show", "one").out, "over spare, because texts rests: ", "show")
    t.equal(t.row("one", "sms")["transport"], "texts", "the home")
    # Nobody has a row of notes for it: a campaign of millions may go that way.
    t.check('"receipt"' not in t.command("show", "one", "--json").out, "notes")


def test_a_stand_in_that_is_dead_is_in_the_story_too(t):
    first = t.faulty_gateway("busy")
    two_providers(t, first, Nobody(), retry=["100ms"], jitter=0)
    t.daemon.start()
    t.drop(text_notice(t, "one"))
    t.wait_for_state("one", "failed", channel="sms")
    t.check(any("over texts, because spare rests: " in a["reply"] for a in t.attempts("one", "sms")), "spare's refusal")


def test_what_waits_says_that_its_transport_rests_and_until_when(t):
    t.configure(sms=t.sms_transport(Nobody(), **NEVER))
    t.daemon.start()
    t.drop(text_notice(t, "one"))
    t.wait(lambda: any(x["paused_ms"] for x in t.ask("status")[1]["transports"]), 5, "the rest")
    row = t.wait(lambda: [r for r in [t.row("one", "sms")] if r["waits_for"]], 5, "the cause of waiting")[0]
    t.equal(row["waits_for"], "transport_rest", "waits for")
    t.check(row["rests_because"], "no reason")
    t.check(row["next_attempt_at"] > row["changed_at"], "a next try that is past")
    t.wait(lambda: "waits for    texts rests: " in t.command("show", "one").out, 5, "show to say so")


def test_what_a_provider_cannot_do_now_the_second_does_at_once(t):
    first, second = t.faulty_gateway("busy"), t.faulty_gateway()
    two_providers(t, first, second, **NEVER)
    t.daemon.start()
    t.drop(text_notice(t, "one"))
    t.wait_for_state("one", "delivered", channel="sms", seconds=5)
    t.equal(ways(t, "one"), [("texts", "transient"), ("spare", "delivered")], "attempts")


def test_a_schedule_that_is_used_up_ends_at_no_provider_but_the_last(t):
    first, second = t.faulty_gateway("busy"), t.faulty_gateway("busy")
    two_providers(t, first, second, retry=["100ms"], jitter=0)
    t.daemon.start()
    t.drop(text_notice(t, "one"))
    t.wait_for_state("one", "failed", channel="sms")
    t.equal([way for way, _ in ways(t, "one")], ["texts", "spare", "texts"], "who was asked")


def test_what_may_have_arrived_goes_over_no_second_provider(t):
    first, second = t.faulty_gateway("close"), t.faulty_gateway()
    two_providers(t, first, second, on_uncertain="hold", **QUICK)
    t.daemon.start()
    t.drop(text_notice(t, "one"))
    t.wait_for_state("one", "uncertain", channel="sms")
    t.holds(lambda: second.received() == [], 0.5, "it was sent a second time")


def test_a_refused_number_is_refused_at_every_provider(t):
    first, second = t.faulty_gateway("refused"), t.faulty_gateway()
    two_providers(t, first, second, **QUICK)
    t.daemon.start()
    t.drop(text_notice(t, "one"))
    t.wait_for_state("one", "failed", channel="sms")
    t.equal(second.received(), [], "texts at the second")


def test_a_provider_whose_password_is_wrong_is_stood_in_for(t):
    first, second = t.faulty_gateway("forbidden"), t.faulty_gateway()
    two_providers(t, first, second, **NEVER)
    t.daemon.start()
    t.drop(text_notice(t, "first"))
    t.wait_for_state("first", "delivered", channel="sms")
    for i in range(19):
        t.drop(text_notice(t, f"n{i}"))
    t.wait(lambda: t.summary("sms") == {"delivered": 20}, 10, "all to be delivered")
    t.equal(len(second.received()), 20, "texts at the second")
    rests = t.daemon.log().count("event=transport.paused transport=texts")
    t.check(rests >= 1, "the first never rested")
    t.equal(len(first.received()), rests, "times the first was asked: once for each rest")


def test_a_batch_goes_over_the_second_provider_as_a_whole(t):
    phones = t.faulty_gateway()
    two_providers(t, Nobody(), phones, **NEVER)
    t.daemon.start()
    enqueue_batch(t, text_notice(t, "b"), 60)
    t.wait(lambda: t.summary("sms") == {"delivered": 60}, 20, "all to be delivered")
    t.equal(len({r["to"] for r in phones.received()}), 60, "people told")
    t.equal(len(phones.received()), 60, "texts")


def test_the_home_carries_again_when_it_is_back(t):
    first, second = t.faulty_gateway("forbidden"), t.faulty_gateway()
    two_providers(t, first, second, **QUICK)
    t.daemon.start()
    t.drop(text_notice(t, "one"))
    t.wait_for_state("one", "delivered", channel="sms")
    with open(first.path("mode"), "w", encoding="ascii") as mode:
        mode.write("ok")
    t.wait(lambda: not any(x["paused_ms"] for x in t.ask("status")[1]["transports"]), 15, "its rest to be over")
    t.drop(text_notice(t, "two"))
    t.wait_for_state("two", "delivered", channel="sms")
    t.equal(ways(t, "two"), [("texts", "delivered")], "attempts")


def test_a_kill_between_two_providers_sends_nothing_twice(t):
    second = t.faulty_gateway("wait")
    two_providers(t, Nobody(), second, on_uncertain="hold", **QUICK)
    t.daemon.start()
    t.drop(text_notice(t, "one"))
    t.wait(second.received, 5, "the second to be asked")
    t.daemon.kill()
    t.daemon.start()
    t.wait_for_state("one", "uncertain", channel="sms")
    t.equal(len(second.received()), 1, "texts")


# the next channel's turn


def escalating(t, server, phones, then, **members):
    rules = [{"name": "quick", "then": {"channels": ["email", "sms"], "method": "single", **then}}]
    t.configure(email=t.email_transport(server, **NEVER), sms=t.sms_transport(phones), rules=rules, **members)


def single(t, identity, **members):
    notice = t.notice(identity, to={"email": "anna@example.org", "phone": "+4915100000001"}, **members)
    del notice["routing"]
    return notice


def test_a_text_follows_a_mail_that_is_not_delivered_in_time(t):
    server, phones = t.faulty("rcpt-451"), t.faulty_gateway()
    patience_s = lib.stretched(4)
    escalating(t, server, phones, {"after": {"email": f"{patience_s}s"}})
    t.daemon.start()
    dropped = time.time()
    with t.within(patience_s, "to look before the text"):
        t.drop(single(t, "one"))
        t.wait_for_state("one", "deferred")
        row = t.row("one")
        t.equal((row["next_channel"], bool(row["next_channel_at"])), ("sms", True), "what comes next")
        shown = t.command("show", "one").out
        t.contains(shown, "sms follows at ", "show before")
        t.contains(shown, "if this has not told the person", "show before")
    t.wait_for_state("one", "delivered", channel="sms")
    waited = phones.received()[0]["t"] - dropped
    t.check(waited >= patience_s, f"the text came {waited:.2f} s after its notice: before its time")
    row = t.row("one")
    t.equal((row["state"], row["cause"], row["next_channel_at"]), ("cancelled", "escalated", None), "the mail")
    shown = t.command("show", "one").out
    t.contains(shown, f"begun because email was not delivered within {patience_s} s", "why there is a text")
    t.contains(shown, f"email was not delivered within {patience_s} s, so it was the next channel's turn", "why there is no mail")
    t.contains(t.command("show", "one").out, "the next channel has the turn", "show")
    t.equal(t.command("reconcile").status, 0, "reconcile")


def test_a_mail_that_arrived_in_time_is_followed_by_nothing(t):
    mail, phones = t.smtp(), t.faulty_gateway()
    patience_s = lib.stretched(3)
    escalating(t, mail, phones, {"after": {"email": f"{patience_s}s"}})
    t.daemon.start()
    began = time.monotonic()
    t.drop(single(t, "one"))
    t.wait_for_state("one", "delivered")
    if time.monotonic() - began > patience_s:
        raise lib.Inconclusive("the mail itself was too late")
    t.holds(lambda: phones.received() == [], began + patience_s + 1.5 - time.monotonic(), "a text followed")


def test_where_only_a_confirmation_counts_a_text_follows_without_one(t):
    mail, phones = t.smtp(), t.faulty_gateway()
    patience_s = lib.stretched(4)
    escalating(t, mail, phones, {"after": {"email": f"{patience_s}s"}, "confirm": ["email"]})
    t.daemon.start()
    began = time.monotonic()
    t.drop(single(t, "confirmed"))
    row = t.wait_for_state("confirmed", "delivered")
    end = receive(t, report("confirmed", "email", token=token(t, row["delivery"])))
    if time.monotonic() - began > patience_s:
        raise lib.Inconclusive("it was confirmed too late")
    t.equal(end["booked"], 1, "booked")
    t.drop(single(t, "silent"))
    t.wait_for_state("silent", "delivered", channel="sms", seconds=patience_s + lib.LEAST_WAIT_S)
    t.equal(t.row("silent")["state"], "delivered", "the mail")
    t.contains(t.command("show", "silent").out, f"begun because email was not confirmed within {patience_s} s", "why there is a text")
    t.equal(t.row("confirmed", "sms"), None, "a text to who confirmed")


def test_patience_outlives_a_restart(t):
    server, phones = t.faulty("rcpt-451"), t.faulty_gateway()
    escalating(t, server, phones, {"after": {"email": "2s"}})
    t.daemon.start()
    t.drop(single(t, "one"))
    t.wait_for_state("one", "deferred")
    t.daemon.kill()
    t.daemon.start()
    t.wait_for_state("one", "delivered", channel="sms")


def enqueue_batch(t, notice, count=1):
    """The notice as batch "b", to so many people."""
    shared = {**notice, "id": "b"}
    to = shared.pop("to")
    people = [{"to": {**to, "email": f"p{i}@example.org", "phone": f"+4915100{i:06d}"}} for i in range(count)]
    t.write("people.jsonl", "".join(json.dumps(person) + "\n" for person in people))
    answer = t.command("enqueue", "--batch", t.write("batch.json", json.dumps(shared)), "--jsonl", "people.jsonl")
    t.equal(answer.status, 0, f"enqueue: {answer.err}")


def test_a_line_of_a_batch_escalates_too(t):
    server, phones = t.faulty("rcpt-451"), t.faulty_gateway()
    escalating(t, server, phones, {"after": {"email": "1s"}})
    t.daemon.start()
    enqueue_batch(t, single(t, "b"))
    t.wait_for_state("b_1", "delivered", channel="sms", seconds=20)
    t.equal(t.row("b_1")["cause"], "escalated", "the mail")


def test_what_waits_for_a_confirmation_is_neither_finished_nor_purged(t):
    mail, phones = t.smtp(), t.faulty_gateway()
    patience_s = lib.stretched(15)
    escalating(t, mail, phones, {"after": {"email": f"{patience_s}s"}, "confirm": ["email"]}, retention="1s")
    t.daemon.start()
    with t.within(patience_s, "to look while both wait"):
        enqueue_batch(t, single(t, "b"), 2)
        t.drop(single(t, "one"))
        for identity in ("b_1", "b_2", "one"):
            t.wait_for_state(identity, "delivered")
        (row,) = t.command("batches", "--json").lines()
        seen = [row[key] for key in ("open", "delivered", "awaiting", "waits_for", "finished_at")]
        t.equal(seen, [0, 2, 2, "confirmation", None], "the batch")
        t.check(row["next_channel_at"] and row["next_channel_at"] <= row["last_channel_at"], f"{row}")
        table = t.command("batches").out
        t.contains(table, "to confirm", "batches")
        t.contains(table, "2 until ", "batches")
        once = t.command("watch", "b", "--once")
        t.equal(once.status, 75, "watch --once")
        t.contains(once.out, "to be confirmed 2", "watch --once")
        left = t.command("watch", "b", "--handed-over")
        t.equal(left.status, 0, "watch --handed-over")
        t.contains(left.out, "b is handed over: 2 lines = 2 delivered; 2 wait for a confirmation", "watch --handed-over")
        t.command("pause", "b", "--reason", "looking")
        t.contains(t.command("batches").out, "looking; 2 wait for a confirmation", "a batch that is paused")
        t.command("resume", "b")
        purged = t.command("purge", "--older-than", "0s", "--yes")
        t.contains(purged.out, "Batches whose texts are gone: 0, single notices: 0", "purge")
        t.contains(purged.err, "Batches that stay: 1, single notices: 1", "purge")
        would = t.command("purge", "--older-than", "0s", "--dry-run", "--json").lines()[-1]
        t.equal((would["batches"], would["awaiting_batches"], would["awaiting_notices"]), (0, 1, 1), "purge --dry-run")
    t.daemon.stop()
    t.daemon.start()  # retention looks
    for identity in ("b_1", "b_2", "one"):
        t.wait_for_state(identity, "delivered", channel="sms", seconds=patience_s + lib.LEAST_WAIT_S)
    end = t.command("watch", "b")
    t.equal(end.status, 0, "watch")
    t.contains(end.out, "b is finished: 2 lines, 4 deliveries = 4 delivered", "watch")
    t.equal(t.command("reconcile").status, 0, "reconcile")


def test_check_warns_of_a_patience_longer_than_retention(t):
    server, phones = t.smtp(), t.faulty_gateway()
    escalating(t, server, phones, {"after": {"email": "20s"}}, retention="3s")
    answer = t.command("check")
    t.matches(answer.out, r"rules\.yaml:\d+.*warning.*`after: \{email: 20s\}` .*longer than `retention` \(3s\)", "check")
    escalating(t, server, phones, {"after": {"email": "20s"}}, retention="30d")
    t.check("retention" not in t.command("check").out, "a warning without a reason")
    escalating(t, server, phones, {"after": {"email": "20s"}}, retention="0s")
    t.check("retention" not in t.command("check").out, "texts are kept for good")


def test_notices_that_cannot_be_read_keep_no_other_report_from_being_booked(t):
    mail, phones = t.smtp(), t.faulty_gateway()
    escalating(t, mail, phones, {})
    t.daemon.start()
    enqueue_batch(t, single(t, "b"))
    t.drop(single(t, "one"))
    lost = token(t, t.wait_for_state("b_1", "delivered")["delivery"])
    other = token(t, t.wait_for_state("one", "delivered")["delivery"])
    (path,) = glob.glob(os.path.join(t.spool, "batches", "*", "notices.jsonl"))
    t.daemon.stop()  # it holds the file open
    os.rename(path, path + ".away")
    t.daemon.start()
    end = receive(t, report("failed", "email", token=lost), report("confirmed", "email", token=other))
    t.equal(end.get("booked"), 2, f"booked: {end}")
    t.equal((t.row("b_1")["state"], t.row("b_1", "sms")), ("failed", None), "the mail that came back")
    os.rename(path + ".away", path)
    t.wait_for_state("b_1", "delivered", channel="sms", seconds=30)
    t.equal(t.command("reconcile").status, 0, "reconcile")


# addresses nobody writes to any more


def suppress(t, channel, address, **members):
    return t.ask("suppress", entries=[{"channel": channel, "address": address, **members}], reason="test")[1]


def test_a_suppressed_address_is_shown_and_its_next_channel_told(t):
    mail, phones = t.smtp(), t.faulty_gateway()
    escalating(t, mail, phones, {})
    t.daemon.start()
    t.equal(suppress(t, "email", "Anna@Example.org", cause="bad_recipient", reason="550 no such user")["count"], 1, "entries")
    t.drop(single(t, "one"))
    row = t.wait_for_state("one", "suppressed")
    t.equal(row["cause"], "bad_recipient", "cause")
    t.contains(row["reply"], "550 no such user", "why")
    t.wait_for_state("one", "delivered", channel="sms")
    t.equal(mail.accepted(), [], "mails")
    rows, end = t.ask("suppressions")
    t.equal([r["address"] for r in rows], ["anna@example.org"], "the list")
    t.equal(t.ask("unsuppress", channel="email", address="anna@example.org")[1]["found"], True, "removed")
    t.drop(single(t, "two"))
    t.wait_for_state("two", "delivered")


def test_what_was_suppressed_and_went_later_keeps_both_in_its_story(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail))
    t.daemon.start()
    suppress(t, "email", "anna@example.org", cause="bad_recipient", reason="550 no such user")
    t.drop(t.notice("one", to={"email": "anna@example.org"}))
    t.wait_for_state("one", "suppressed")
    t.ask("unsuppress", channel="email", address="anna@example.org")
    t.ask("retry", selector={"id": "one"})
    t.wait_for_state("one", "delivered")
    t.contains(t.command("show", "one").out, "was suppressed (bad_recipient): ", "show")


def test_a_notice_the_law_asks_for_overrides_the_list_and_says_so(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail), suppression={"override": ["breach_notice"]})
    t.daemon.start()
    suppress(t, "email", "anna@example.org", cause="opted_out")
    t.drop(t.notice("advertised", to={"email": "anna@example.org"}, category="newsletter"))
    t.drop(t.notice("needed", to={"email": "anna@example.org"}, category="breach_notice"))
    t.wait_for_state("needed", "delivered")
    t.equal(t.wait_for_state("advertised", "suppressed")["cause"], "opted_out", "cause")
    t.contains(t.command("show", "needed").out, "override the list", "show")


def of_category(t, category):
    """A letter whose template.yaml says what kind of notice it is: where the templates are."""
    folder = t.letter("told", en=("Told", "Told.", "Told."))
    with open(os.path.join(folder, "told", "template.yaml"), "a", encoding="utf-8") as out:
        out.write(f"category: {category}\n")
    return folder


def plain(identity, **members):
    return {
        "version": 1, "id": identity, "template": "told", "locale": "en", "data": {},
        "to": {"name": "Anna", "email": "anna@example.org"}, "routing": {"method": "all", "channels": ["email"]}, **members,
    }


def test_the_category_of_the_letter_overrides_the_list_and_the_notices_own_wins(t):
    templates = of_category(t, "breach_notice")
    t.configure(templates=templates, suppression={"override": ["breach_notice"]})
    t.daemon.start()
    suppress(t, "email", "anna@example.org", cause="opted_out")
    t.drop(plain("letters"))
    t.drop(plain("own", category="newsletter"))
    t.wait_for_state("letters", "delivered")
    t.equal(t.wait_for_state("own", "suppressed")["cause"], "opted_out", "cause")
    t.contains(t.command("show", "letters").out, "category breach_notice override the list", "show")
    t.write("job.json", json.dumps(plain("three")))
    steps = t.command("route", "explain", "job.json").out
    t.contains(steps, "the category breach_notice overrides that", "explain: the list")
    t.matches(steps, r"told/template\.yaml +category +breach_notice", "explain: whose category")


def test_rules_and_the_offer_to_unsubscribe_see_the_category_of_the_letter(t):
    rules = [
        {"name": "news", "when": {"category": "newsletter"}, "then": {"channels": ["email"]}},
        {"name": "rest", "then": {"channels": ["sms"]}},
    ]
    t.configure(templates=of_category(t, "newsletter"), rules=rules, unsubscribe={"mail": "leave@example.org", "categories": ["newsletter"]})
    t.daemon.start()
    notice = plain("one")
    notice.pop("routing")
    t.drop(notice)
    t.wait_for_state("one", "delivered", channel="email")
    t.check(b"List-Unsubscribe" in t.outbox("mail", "one"), "the mail offers to unsubscribe")
    t.write("job.json", json.dumps(notice))
    t.contains(t.command("route", "explain", "job.json").out, "`news` matches", "explain")


def test_a_hard_refusal_keeps_the_address_off_next_time(t):
    server = t.faulty("rcpt-550")
    t.configure(email=t.email_transport(server, **QUICK))
    t.daemon.start()
    t.drop(t.notice("one", to={"email": "anna@example.org"}))
    row = t.wait_for_state("one", "failed")
    t.equal(row["cause"], "bad_recipient", "cause of the refusal")
    t.contains(t.command("show", "one").out, "The address does not exist there. Ask the person for another one.", "what that means")
    t.drop(t.notice("two", to={"email": "anna@example.org"}))
    t.equal(t.wait_for_state("two", "suppressed")["cause"], "bad_recipient", "cause")
    (entry,), _ = t.ask("suppressions")
    t.equal((entry["source"], bool(entry["expires_at"])), ("reply", True), "who said it, and that it ends some day")


# endpoints


def test_an_endpoint_that_is_gone_is_disabled_until_somebody_enables_it(t):
    receiver = t.https()
    t.configure(webhook=t.webhook_transport(**QUICK), endpoints={"crm": t.endpoint(receiver, "/gone")})
    t.daemon.start()
    t.drop(t.notice("one", channels=("webhook",), to={"webhook": "crm"}))
    t.equal(t.wait_for_state("one", "held", channel="webhook")["cause"], "endpoint_disabled", "cause")
    t.contains(t.daemon.log(), "event=endpoint.disabled endpoint=crm", "log")
    t.drop(t.notice("two", channels=("webhook",), to={"webhook": "crm"}))
    t.equal(t.wait_for_state("two", "held", channel="webhook")["cause"], "endpoint_disabled", "cause")
    (row,), _ = t.ask("endpoints")
    t.equal((row["name"], row["disabled"]), ("crm", True), "the endpoint")
    # It is remembered, and goes on elsewhere once somebody says so.
    t.daemon.stop()
    t.configure(webhook=t.webhook_transport(**QUICK), endpoints={"crm": t.endpoint(receiver, "/ok")})
    t.daemon.start()
    t.drop(t.notice("three", channels=("webhook",), to={"webhook": "crm"}))
    t.wait_for_state("three", "held", channel="webhook")
    _, end = t.ask("endpoint", name="crm", action="enable", reason="moved")
    t.equal((end.get("changed"), end.get("freed")), (True, 3), f"what enabling does: {end}")
    for identity in ("one", "two", "three"):
        t.wait_for_state(identity, "delivered", channel="webhook")


def test_an_endpoint_has_a_schedule_of_its_own_and_is_disabled_after_nothing_but_failures(t):
    receiver = t.https()
    endpoint = t.endpoint(receiver, "/error", retry=["100ms", "100ms", "100ms"], disable_after="1s")
    t.configure(webhook=t.webhook_transport(**NEVER), endpoints={"crm": endpoint})
    t.daemon.start()
    t.drop(t.notice("one", channels=("webhook",), to={"webhook": "crm"}))
    t.wait_for_state("one", "failed", channel="webhook")
    t.equal(len(t.attempts("one", "webhook")), 4, "attempts")
    t.wait(lambda: t.ask("endpoints")[0][0]["failing_since"], 5, "the failures to be remembered")
    # What comes later fails, too, until its time is over: then nothing is sent there, and the next ones are held.
    for turn in range(200):
        t.drop(t.notice(f"more{turn}", channels=("webhook",), to={"webhook": "crm"}))
        row = t.wait_for_state(f"more{turn}", "failed", "held", channel="webhook", seconds=60)
        if row["state"] == "held":
            break
    t.equal((row["state"], row["cause"]), ("held", "endpoint_disabled"), "what comes behind its time")
    t.contains(t.daemon.log(), "nothing but failures", "log")


# what is reported later


def delivered_text(t, identity="one"):
    phones = t.faulty_gateway()
    t.configure(sms=t.sms_transport(phones))
    t.daemon.start()
    t.drop(text_notice(t, identity))
    return t.wait_for_state(identity, "delivered", channel="sms")


def test_a_proven_report_moves_a_delivery_once(t):
    row = delivered_text(t)
    mine = token(t, row["delivery"])
    t.equal(receive(t, report("failed", token=mine, cause="undelivered", text="absent")).get("booked"), 1, "booked")
    row = t.row("one", "sms")
    t.equal((row["state"], row["cause"], row["reported"]), ("failed", "undelivered", "failed"), "the row")
    receive(t, report("confirmed", token=mine), report("failed", token=mine))
    t.equal(t.row("one", "sms")["state"], "failed", "state after a late contradiction: the first end wins")
    shown = t.command("show", "one").out
    t.contains(shown, "failed by gateway, undelivered: absent", "show")
    t.contains(shown, "confirmed by gateway (after the end, changes nothing)", "show")
    t.equal(t.command("reconcile").status, 0, "reconcile")


def test_a_forged_report_changes_nothing(t):
    row = delivered_text(t)
    mine = token(t, row["delivery"])
    forged = mine[:-1] + ("0" if mine[-1] != "0" else "1")
    end = receive(t, report("failed", token=forged, lasting=True), report("failed", notice_id="one", opted_out=True))
    t.equal((end["booked"], end["parked"], end["refused"]), (0, 0, 2), "the answer")
    t.equal(t.row("one", "sms")["state"], "delivered", "state")
    t.equal(t.ask("suppressions")[0], [], "the list")
    t.contains(t.command("show", "one").out, "not proven, changes nothing", "show")
    t.check("+4915100000001" not in t.daemon.log(), "an address stands in the log")


def test_an_address_that_will_never_work_is_kept_off_for_a_while(t):
    row = delivered_text(t)
    mine = token(t, row["delivery"])
    receive(t, report("failed", token=mine, lasting=True, cause="bad_recipient", text="unknown subscriber"))
    (entry,), _ = t.ask("suppressions")
    t.equal((entry["address"], entry["cause"], bool(entry["expires_at"])), ("+4915100000001", "bad_recipient", True), "entry")
    t.drop(text_notice(t, "two"))
    t.wait_for_state("two", "suppressed", channel="sms")


def kept_off(after, dead_for_good):
    def test(t):
        """What is reported of three mails, and how long their addresses are kept off."""
        t.configure(suppression={"after_bounce": after})
        t.daemon.start()
        reports = {
            "dead": report("failed", "email", lasting=True, cause="bad_recipient"),
            "left": report("confirmed", "email", opted_out=True),
            "angry": report("confirmed", "email", opted_out=True, cause="complaint"),
        }
        for name, what in reports.items():
            t.drop(t.notice(name, to={"email": f"{name}@example.org"}))
            row = t.wait_for_state(name, "delivered")
            t.equal(receive(t, {**what, "token": token(t, row["delivery"])})["booked"], 1, f"{name}: booked")
        got = {e["address"].split("@")[0]: (e["cause"], not e["expires_at"]) for e in t.ask("suppressions")[0]}
        expected = {"dead": ("bad_recipient", dead_for_good), "left": ("opted_out", True), "angry": ("complaint", True)}
        t.equal(got, expected, "cause, and whether for good")

    return test


test_who_says_no_is_kept_off_for_good_and_a_dead_mailbox_for_a_while = kept_off("90d", False)
test_a_dead_mailbox_is_kept_off_for_good_where_that_is_wanted = kept_off("0s", True)


def test_a_report_on_what_is_on_its_way_waits_for_it(t):
    phones = t.faulty_gateway("wait")
    t.configure(sms=t.sms_transport(phones))
    t.daemon.start()
    t.drop(text_notice(t, "one"))
    t.wait(phones.received, 5, "the gateway to be asked")
    row = t.row("one", "sms")
    t.equal(row["state"], "in_flight", "state")
    end = receive(t, report("failed", token=token(t, row["delivery"]), cause="undelivered"))
    t.equal(end.get("parked"), 1, f"parked: {end}")
    phones.go()
    t.wait_for_state("one", "failed", channel="sms")


def test_a_report_that_is_not_proven_does_not_wait_for_what_is_on_its_way(t):
    phones = t.faulty_gateway("wait")
    t.configure(sms=t.sms_transport(phones))
    t.daemon.start()
    t.drop(text_notice(t, "one"))
    t.wait(phones.received, 5, "the gateway to be asked")
    end = receive(t, report("failed", notice_id="one", cause="undelivered", opted_out=True))
    t.equal((end["booked"], end["parked"], end["refused"]), (0, 0, 1), "the answer")
    phones.go()
    t.wait_for_state("one", "delivered", channel="sms")
    t.holds(lambda: t.row("one", "sms")["state"] == "delivered", 1, "it moved later")
    t.equal(t.ask("suppressions")[0], [], "the list")


def test_a_gateway_is_believed_only_of_what_it_carried(t):
    first, second = t.faulty_gateway(), t.faulty_gateway()
    two_providers(t, first, second, **QUICK)
    t.daemon.start()
    t.drop(text_notice(t, "one"))
    t.wait_for_state("one", "delivered", channel="sms")
    told = {"notice_id": "one", "proven": True, "cause": "undelivered", "lasting": True}
    t.equal(receive(t, report("failed", transport="spare", **told))["refused"], 1, "of the one that did not carry it")
    t.equal((t.row("one", "sms")["state"], t.ask("suppressions")[0]), ("delivered", []), "state and list")
    t.equal(receive(t, report("failed", transport="texts", **told))["booked"], 1, "of the one that did")
    t.equal((t.row("one", "sms")["state"], len(t.ask("suppressions")[0])), ("failed", 1), "state and list")


def test_an_old_report_keeps_no_address_off_that_was_reached_since(t):
    first, second = t.faulty_gateway("busy"), t.faulty_gateway()
    two_providers(t, first, second, **NEVER)
    t.daemon.start()
    t.drop(text_notice(t, "one"))
    t.wait_for_state("one", "delivered", channel="sms")
    t.equal(ways(t, "one"), [("texts", "transient"), ("spare", "delivered")], "attempts")
    told = report("failed", transport="texts", notice_id="one", proven=True, cause="bad_recipient", lasting=True)
    receive(t, told)
    t.equal((t.row("one", "sms")["state"], t.ask("suppressions")[0]), ("delivered", []), "state and list")
    t.contains(t.command("show", "one").out, "failed by gateway", "the story")


def test_a_report_of_failure_gives_the_turn_to_the_next_channel(t):
    mail, phones = t.smtp(), t.faulty_gateway()
    escalating(t, mail, phones, {})
    t.daemon.start()
    t.drop(single(t, "one"))
    row = t.wait_for_state("one", "delivered")
    receive(t, report("failed", "email", token=token(t, row["delivery"]), cause="mailbox_full"))
    t.wait_for_state("one", "delivered", channel="sms")
    t.equal(t.row("one")["state"], "failed", "the mail")


def test_a_report_on_a_line_of_a_batch_gives_its_turn_away_too(t):
    mail, phones = t.smtp(), t.faulty_gateway()
    escalating(t, mail, phones, {})
    t.daemon.start()
    enqueue_batch(t, single(t, "b"), 3)
    t.wait(lambda: t.summary("email") == {"delivered": 3}, 20, "the mails")
    row = t.row("b_2")
    end = receive(t, report("failed", "email", token=token(t, row["delivery"]), cause="mailbox_full"))
    t.equal(end.get("booked"), 1, f"booked: {end}")
    t.wait_for_state("b_2", "delivered", channel="sms")
    t.equal((len(phones.received()), t.row("b_1", "sms")), (1, None), "texts, to nobody else")
    t.equal(t.command("reconcile").status, 0, "reconcile")


def test_thousands_of_reports_in_any_order(t):
    phones = t.faulty_gateway()
    t.configure(sms=t.sms_transport(phones))
    t.daemon.start()
    count = 300
    t.enqueue(*[text_notice(t, f"n{i}") for i in range(count)])
    t.wait(lambda: t.summary("sms") == {"delivered": count}, 60, "all to be delivered")
    tokens = [token(t, row["delivery"]) for row in t.rows()]
    reports = [report(kind, token=mine) for kind in ("confirmed", "accepted", "buffered", "failed") for mine in tokens]
    counts = [receive(t, *reports[i : i + 200]) for i in range(0, len(reports), 200)]
    t.equal(sum(c.get("booked", 0) for c in counts), 4 * count, f"booked: {counts}")
    t.equal(t.summary("sms"), {"delivered": count}, "states: what was confirmed stays")
    t.equal(t.command("reconcile").status, 0, "reconcile")


def test_the_key_of_the_tokens_is_the_owners_alone_and_stays(t):
    t.configure()
    t.daemon.start()
    path = os.path.join(t.spool, "token.key")
    t.equal(os.stat(path).st_mode & 0o777, 0o600, "mode")
    with open(path, "rb") as file:
        key = file.read()
    t.equal(len(key), 32, "bytes")
    t.daemon.stop()
    t.daemon.start()
    with open(path, "rb") as file:
        t.equal(file.read(), key, "the key after a restart")
    t.daemon.stop()
    os.chmod(path, 0o644)
    t.daemon.start(wait=False)
    t.equal(t.daemon.wait_for_end(), 78, "exit status with a key others may read")
    t.contains(t.daemon.log(), "chmod 600", "log")


# for whoever watches


def test_metrics_and_health_say_what_happened(t):
    row = delivered_text(t)
    receive(t, report("confirmed", token=token(t, row["delivery"])))
    rows, _ = t.ask("metrics")
    values = {(r["metric"], tuple(sorted(r["labels"].items()))): r["value"] for r in rows}
    t.equal(len(values), len(rows), "no sample twice")
    t.equal(values.get(("delivery_attempts_total", (("channel", "sms"), ("result", "delivered")))), 1, "attempts")
    t.equal(values.get(("receipts_total", (("kind", "confirmed"),))), 1, "receipts")
    t.equal(values.get(("jobs", (("channel", "sms"), ("state", "delivered")))), 1, "jobs")
    t.equal(values.get(("jobs_accepted_total", (("source", "spool"),))), 1, "accepted")
    _, health = t.ask("health")
    t.equal([c["name"] for c in health["checks"] if not c["ok"]], [], "what is not well")
    t.daemon.signal(signal.SIGHUP)
    t.wait(lambda: "config.reloaded" in t.daemon.log(), 5, "the reload")
    with open(t.config_path, encoding="utf-8") as file:
        good = file.read()
    with open(t.config_path, "a", encoding="utf-8") as file:
        file.write("\nnonsense: 1\n")
    t.daemon.signal(signal.SIGHUP)
    t.wait(lambda: "config.kept" in t.daemon.log(), 5, "the refusal")
    (check,) = [c for c in t.ask("health")[1]["checks"] if c["name"] == "config"]
    t.equal(check["ok"], False, "the configuration that was refused")
    t.contains(check["detail"], "nonsense", "why")
    with open(t.config_path, "w", encoding="utf-8") as file:
        file.write(good)
    t.daemon.signal(signal.SIGHUP)
    t.wait(lambda: all(c["ok"] for c in t.ask("health")[1]["checks"]), 5, "all to be well again")


# before anything is sent


def test_route_explain_names_the_line_that_decides_each_step(t):
    phones = Nobody()
    rules = [
        {"name": "korean", "when": {"locale": "ko"}, "then": {"channels": ["sms"]}},
        {"name": "rest", "then": {"channels": ["email", "webhook", "sms"], "method": "single", "after": {"email": "24h"}}},
    ]
    mail = {"channel": "email", "type": "outbox", "windows": {"DE": "08:00-21:00"}}
    t.configure(
        transports={"mail": mail, "texts": t.sms_transport(phones, failover=["spare"]), "spare": t.sms_transport(phones)},
        rules=rules,
        trial=True,
        allow=["*@example.org"],
    )
    t.daemon.start()
    suppress(t, "sms", "+4915100000001", cause="opted_out")
    notice = single(t, "one", locale="de")
    notice["to"].update(timezone="Europe/Berlin")
    notice["to"].pop("webhook", None)
    t.write("job.json", json.dumps(notice, indent=1))
    answer = t.command("route", "explain", "job.json", "--json", "--at", "2026-11-24T23:30:00+01:00")
    t.equal(answer.status, 0, f"exit status: {answer.err}")
    steps = [(s["where"], s["step"], s["text"]) for s in answer.lines()]

    def says(step, part, file=None):
        found = [where for where, name, text in steps if name == step and part in text]
        t.check(found, f"no step {step} says {part!r}: {steps}")
        if found and file:
            with open(os.path.join(t.dir, file), encoding="utf-8") as lines:
                name, number = found[0].split(":")
                t.equal(name, file, f"where {step} says {part!r}")
                return lines.read().splitlines()[int(number) - 1]
        return ""

    t.contains(says("rule", "`korean` does not match: it wants locale ko, the notice has de", "rules.yaml"), "korean", "the line")
    t.contains(says("rule", "`rest` matches", "rules.yaml"), "rest", "the line")
    t.contains(says("template", "apology", "job.json"), "template", "the line")
    says("channels", "webhook is left out: the notice has no to.webhook")
    t.contains(says("email", "over mail", "dispatcher.yaml"), "mail:", "the line")
    t.contains(says("email", "only from 08:00 to 21:00 in Europe/Berlin (DE)", "dispatcher.yaml"), "windows", "the line")
    says("email", "if it has not been delivered by then, or fails: sms")
    says("email", "leaves at 2026-11-25")
    says("sms", "after 1 try over it: spare")
    says("sms", "trial mode, and the address is not on the allow list")
    says("sms", "the address is suppressed (opted_out")
    t.equal(t.rows(), [], "nothing is queued")
    notice["template"] = "nope"
    t.write("job.json", json.dumps(notice))
    refused = t.command("route", "explain", "job.json")
    t.equal(refused.status, 65, "a notice that would be refused")
    t.contains(refused.out, "`rest` matches", "the steps up to there")
    t.contains(refused.err, 'there is no template "nope"', "the reason")
    t.contains(t.command("route", "explain", "one").err, "not an id", "an id in the place of a file")


def test_explain_says_by_its_exit_status_whether_a_notice_goes_as_somebody_expects(t):
    rules = [
        {"name": "korean", "when": {"locale": "ko"}, "then": {"channels": ["sms"]}},
        {"name": "rest", "then": {"channels": ["email", "sms"]}},
    ]
    t.configure(rules=rules, transports={"mail": {"channel": "email", "type": "outbox"}, "texts": t.sms_transport(Nobody())})
    notice = t.notice("one", locale="de-AT", to={"email": "anna@example.org", "phone": "+4915100000001"})
    notice.pop("routing", None)
    t.write("job.json", json.dumps(notice, indent=1))

    def expect(*words):
        return t.command("route", "explain", "job.json", *(part for word in words for part in ("--expect", word)))

    met = expect("rule=rest", "template=apology", "locale=de", "fallback=no", "channels=email, sms", "method=single",
                 "transport=texts", "transport.email=mail", "transport.sms=texts", "category=breach_notice")  # fmt: skip
    t.equal(met.status, 0, f"all of it is so: {met.err}")
    t.equal(met.err, "", "and nothing is said of it")
    for word, told in (
        ("rule=korean", "expected rule=korean, but it is rest: rules.yaml:"),
        ("locale=ko", "expected locale=ko, but it is de: job.json:"),
        ("channels=sms", "expected channels=sms, but it is email, sms: rules.yaml:"),
        ("transport.sms=mail", "expected transport.sms=mail, but it is texts: dispatcher.yaml:"),
        ("transport=spare", "expected transport=spare, but it is mail: dispatcher.yaml:"),
        ("transport.webhook=x", "expected transport.webhook=x, but nothing of this kind is decided"),
        ("fallback=yes", "expected fallback=yes, but it is no"),
    ):
        other = expect("template=apology", word)
        t.equal(other.status, 1, f"exit status of {word}")
        t.contains(other.err, told, f"who decided otherwise, of {word}")
        t.contains(other.out, "leaves at once", f"the steps, of {word}")
    both = t.command("route", "explain", "job.json", "--json", "--expect", "locale=de", "--expect", "rule=korean")
    t.equal([(s["text"], s["met"], s["is"]) for s in both.lines() if s["step"] == "expect"],
            [("locale=de", True, "de"), ("rule=korean", False, "rest")], "as JSON")  # fmt: skip
    t.equal(both.status, 1, "one of two is not so")
    for wrong in ("locale", "locale=", "speed=high", "=de"):
        t.equal(expect(wrong).status, 64, f"--expect {wrong}")
        t.equal(expect(wrong).out, "", f"--expect {wrong}: nothing is explained")

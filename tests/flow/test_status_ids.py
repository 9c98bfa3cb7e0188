"""`dispatcher status ID`: what a system learns of what it handed over, and by which exit status."""

import json


def test_waits_for_what_is_open_and_no_longer_than_it_was_told(t):
    server = t.faulty("good")
    t.configure(email=t.email_transport(server, retry=["1s", "1h"]))
    t.enqueue(t.notice("early"))
    waiting = t.command("status", "early", "--json")
    t.equal((waiting.status, waiting.json()["state"]), (75, "waiting"), "before a daemon runs")
    timed = t.command("status", "early", "--wait", "--timeout", "1s", "--json")
    t.equal((timed.status, timed.json()["open"]), (75, True), "when the time is over")
    t.daemon.start()
    done = t.command("status", "early", "--wait", "--timeout", "60s", "--json")
    t.equal((done.status, done.json()["state"]), (0, "delivered"), "when it has left")


def test_says_by_its_status_that_somebody_was_not_told(t):
    t.configure(email=t.email_transport(t.faulty("rcpt-550"), retry=["1s"]), sms=None)
    t.enqueue(t.notice("refused"), t.notice("other", channels=("sms",)))
    t.daemon.start()
    answer = t.command("status", "refused", "other", "--wait", "--timeout", "60s", "--json")
    states = [line["state"] for line in answer.lines()]
    t.equal((answer.status, states), (1, ["failed", "delivered"]), "one was told, one was not")
    email = answer.lines()[0]["channels"]["email"]
    t.equal((email["state"], email["attempts"]), ("failed", 1), "the channel that failed")


def test_names_an_id_nobody_handed_over(t):
    t.configure()
    t.daemon.start()
    answer = t.command("status", "nobody")
    t.equal(answer.status, 66, "exit status")
    t.contains(answer.err, '"nobody"', "which one")


def test_says_that_a_time_limit_needs_something_to_wait_for(t):
    t.configure()
    t.equal(t.command("status", "a", "--timeout", "5s").status, 64, "--timeout without --wait")
    t.equal(t.command("status", "--wait").status, 64, "--wait without an id")


def test_says_of_a_batch_and_of_a_campaign_what_to_ask_instead(t):
    t.configure()
    t.daemon.start()
    shared = t.notice("x")
    t.write("batch.json", json.dumps({"version": 1, "id": "b4", **{key: shared[key] for key in ("template", "locale", "data")}}))
    t.write("people.jsonl", json.dumps({"id": "c17", "to": {"name": "Anna", "email": "anna@example.org"}}) + "\n")
    t.equal(t.command("enqueue", "--batch", "batch.json", "--jsonl", "people.jsonl").status, 0, "a batch")
    for words in (("b4",), ("b4", "--wait", "--timeout", "60s")):
        answer = t.command("status", *words)  # without ending by its time, which is 75
        t.equal(answer.status, 66, f"status {words}")
        t.contains(answer.err, "is a batch, not a notice", f"status {words}")
        t.contains(answer.err, "dispatcher watch b4", f"what next, status {words}")
    plan = {"cohorts": [{"name": "all", "batch": "b4", "people": 1}]}
    manifest = [{"part": part, "name": part, "sha256": "a" * 64} for part in ("campaign", "letter")]
    t.check(t.ask("start", campaign="spring", kind="confirmed", manifest=manifest, roles=[], plan=plan, reason="test")[1].get("started"), "a campaign")
    answer = t.command("status", "spring", "--wait", "--timeout", "60s")
    t.equal(answer.status, 66, "a campaign")
    t.contains(answer.err, "`dispatcher campaign show spring`", "what next, of a campaign")
    t.contains(t.command("show", "spring").err, "is a campaign, not a notice", "show says so too")

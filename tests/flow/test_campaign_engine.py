"""Campaigns in the engine: the first ones and the waves to the person, a letter to the byte, all batches at a word."""

import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import time

import lib

LETTER = "0" * 64


def hand_over(t, identity, people, campaign="outage", template="apology", **members):
    """A batch as a system hands it over: notices first, batch.json last, renamed into new/."""
    fixture = t.notice("x", template=template)
    lines = "".join(
        json.dumps({"id": f"c{i}", "locale": ("de", "ko", "en")[i % 3], "to": {"name": f"N {i}", "email": f"{identity}-{i}@example.org"}}) + "\n"
        for i in range(people)
    )
    batch = {
        "version": 1,
        "id": identity,
        "campaign": campaign,
        "template": template,
        "locale": "en",
        "routing": {"method": "single", "channels": ["email"]},
        "data": fixture["data"],
        "count": people,
        "sha256": hashlib.sha256(lines.encode()).hexdigest(),
        **members,
    }
    for name in ("tmp", "new"):
        os.makedirs(os.path.join(t.spool, name), exist_ok=True)
    directory = os.path.join(t.spool, "tmp", identity)
    os.makedirs(directory)
    for name, text in (("notices.jsonl", lines), ("batch.json", json.dumps(batch))):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as out:
            out.write(text)
    os.rename(directory, os.path.join(t.spool, "new", identity))


def start(t, batches, name="outage", **pace):
    plan = {"cohorts": [{"name": name, "batch": name, "people": 1} for name in batches], **pace}
    manifest = [
        {"part": "campaign", "name": "outage.yaml", "sha256": "a" * 64},
        {"part": "letter", "name": "apology/de.md", "sha256": "b" * 64},
    ]
    answer = t.ask("start", campaign=name, kind="confirmed", manifest=manifest, roles=[], plan=plan, reason="test")[1]
    t.check(answer.get("started"), f"the campaign is started: {answer}")


def campaign(t):
    return t.ask("campaign", campaign="outage")[1]


def batch(t, identity):
    return t.ask("progress", batch=identity)[1]


def wait_loaded(t, *identities):
    t.wait(lambda: all(batch(t, name).get("state") in ("running", "purged") for name in identities), 20, "the batches to be taken in")


def people(server):
    """Everybody who got a mail."""
    return {address for record in server.accepted() for address in record["rcpt"]}


def keeps(t, condition, seconds, what):
    t.holds(condition, seconds, what)


def reload(t):
    before = t.daemon.log().count("event=config.reloaded")
    t.daemon.signal(signal.SIGHUP)
    t.wait(lambda: t.daemon.log().count("event=config.reloaded") > before, 10, "the reload")


def balanced(t):
    answer = t.command("reconcile", "--json")
    t.equal(answer.status, 0, f"the books: {answer.out} {answer.err}")


def test_only_the_first_ones_go_before_the_look_whatever_is_killed(t):
    server = t.smtp()
    t.configure(email=t.email_transport(server, packet=3, retry=["200ms"] * 30, jitter=0), workers=3)
    t.daemon.start()
    start(t, ["outage-a", "outage-b"], canary={"first": 7, "then": "look"})
    hand_over(t, "outage-a", 30)
    hand_over(t, "outage-b", 30)
    for _ in range(6):
        time.sleep(0.15)
        t.check(len(people(server)) <= 7, f"{len(people(server))} people before the look")
        t.daemon.kill()
        t.daemon.start()
    wait_loaded(t, "outage-a", "outage-b")
    t.wait(lambda: len(people(server)) == 7, 15, "the first seven")
    keeps(t, lambda: len(people(server)) == 7, 2, "somebody else went before the look")
    t.equal(campaign(t)["state"], "canary", "state")
    t.equal(campaign(t)["canary"]["taken"], 7, "people taken")
    waiting = [row for row in t.rows(campaign="outage", state="waiting")]
    t.equal({row["waits_for"] for row in waiting}, {"canary"}, "what the others wait for")
    t.equal(batch(t, "outage-b")["waits_for"], "canary", "what the batch waits for")
    t.ask("campaign_pass", campaign="outage", reason="looked")
    t.wait(lambda: campaign(t)["state"] == "finished", 30, "all to be sent")
    t.equal(len(people(server)), 60, "people")
    t.contains(json.dumps(campaign(t)["decisions"]), "canary passed", "the decisions")
    balanced(t)


def test_few_failures_let_a_campaign_go_on_by_itself(t):
    server = t.smtp()
    t.configure(email=t.email_transport(server), workers=2)
    t.daemon.start()
    start(t, ["outage-a"], canary={"first": 5, "then": "go_on", "share": 0.1})
    hand_over(t, "outage-a", 20)
    t.wait(lambda: campaign(t)["state"] == "finished", 30, "the campaign to go on by itself")
    t.equal(len(people(server)), 20, "people")
    decision = [d for d in campaign(t)["decisions"] if d["verb"] == "canary passed"]
    t.equal([d["who"] for d in decision], ["dispatcher"], "who passed it")


def test_many_failures_wait_for_a_look(t):
    server = t.faulty("rcpt-550")
    t.configure(email=t.email_transport(server), workers=2)
    t.daemon.start()
    start(t, ["outage-a"], canary={"first": 5, "then": "go_on", "share": 0.1})
    hand_over(t, "outage-a", 20)
    t.wait(lambda: "event=campaign.look" in t.daemon.log(), 20, "the log to ask for a look")
    t.equal(campaign(t)["failed"], 5, "failures")
    keeps(t, lambda: campaign(t)["failed"] == 5, 2, "others were tried before the look")
    t.equal(campaign(t)["state"], "canary", "state")


def test_a_wave_is_never_more_than_its_people_whatever_is_killed(t):
    server = t.smtp()
    t.configure(email=t.email_transport(server, packet=2, retry=["200ms"] * 30, jitter=0), workers=2)
    t.daemon.start()
    start(t, ["outage-a", "outage-b"], waves={"people": 6, "every_ms": 3600000})
    hand_over(t, "outage-a", 20)
    hand_over(t, "outage-b", 20)
    for _ in range(4):
        time.sleep(0.2)
        t.daemon.kill()
        t.daemon.start()
    wait_loaded(t, "outage-a", "outage-b")
    t.wait(lambda: len(people(server)) == 6, 15, "the first wave")
    keeps(t, lambda: len(people(server)) == 6, 2, "more than a wave")
    row = campaign(t)
    t.equal(row["wave"]["taken"], 6, "of the wave")
    t.check(row["wave"]["next_at"], f"the next wave has a time: {row['wave']}")
    t.equal({r["waits_for"] for r in t.rows(campaign="outage", state="waiting")}, {"wave"}, "what the others wait for")
    t.equal(batch(t, "outage-a")["next_attempt_at"], row["wave"]["next_at"], "when the batch goes on")


def test_the_next_wave_goes_by_itself(t):
    server = t.smtp()
    t.configure(email=t.email_transport(server), workers=2)
    t.daemon.start()
    start(t, ["outage-a"], waves={"people": 4, "every_ms": 2000})
    hand_over(t, "outage-a", 10)
    t.wait(lambda: campaign(t)["state"] == "finished", 30, "three waves")
    t.equal(len(people(server)), 10, "people")


def test_what_was_begun_is_tried_again_while_nobody_else_may_begin(t):
    server = t.faulty("rcpt-451", "--on", "1")
    t.configure(email=t.email_transport(server, packet=1, retry=["300ms"] * 20, jitter=0), workers=2)
    t.daemon.start()
    start(t, ["outage-a"], canary={"first": 3, "then": "look"})
    hand_over(t, "outage-a", 50)
    t.wait(lambda: campaign(t)["delivered"] == 3, 20, "the first three, some of them again")
    t.equal(campaign(t)["waiting"], 47, "those who wait")


def test_pause_holds_all_batches_within_a_second_and_those_to_come(t):
    server = t.smtp()
    t.configure(email=t.email_transport(server, packet=1, rate="20/s"), workers=1)
    t.daemon.start()
    start(t, ["outage-a", "outage-b", "outage-c"])
    hand_over(t, "outage-a", 600)
    hand_over(t, "outage-b", 600)
    t.wait(lambda: len(server.accepted()) > 5, 15, "the sending to begin")
    t.ask("campaign_stop", campaign="outage", reason="wrong number in it")
    told = len(server.accepted())
    t.wait(lambda: campaign(t)["in_flight"] == 0, 15, "what is under way to end")
    before = len(server.accepted())
    t.check(before <= told + 1, f"one worker sent {before - told} mails after the pause")
    hand_over(t, "outage-c", 5)
    wait_loaded(t, "outage-c")
    keeps(t, lambda: len(server.accepted()) == before, 2, "mails left after the pause")
    t.equal(campaign(t)["state"], "paused", "state")
    t.equal(campaign(t)["stop_reason"], "wrong number in it", "reason")
    t.equal(batch(t, "outage-c")["stop"], "paused", "a batch that came later")
    for verb in ("why", "show"):
        said = t.command(verb, "outage-c_c1").out
        t.contains(said, "dispatcher campaign resume outage", f"{verb}: what lets it go on")
        t.contains(said, "wrong number in it", f"{verb}: the reason of the pause")
        t.check("dispatcher resume" not in said, f"{verb}: the batch itself was not stopped: {said}")
    t.daemon.kill()
    t.daemon.start()
    keeps(t, lambda: len(server.accepted()) <= before, 1, "mails left after a restart")
    t.ask("campaign_go", campaign="outage")
    t.wait(lambda: len(server.accepted()) > before + 5, 15, "the sending to go on")


def test_of_a_cancelled_campaign_nothing_new_waits(t):
    server = t.smtp()
    t.configure(email=t.email_transport(server), workers=1)
    t.daemon.start()
    start(t, ["outage-a"])
    t.ask("campaign_cancel", campaign="outage", reason="it was wrong")
    hand_over(t, "outage-a", 30)
    wait_loaded(t, "outage-a")
    row = campaign(t)
    t.equal((row["cancelled"], row["waiting"], row["state"]), (30, 0, "cancelled"), "the campaign")
    t.equal(server.accepted(), [], "mails")
    balanced(t)


def test_a_campaign_is_cancelled_before_anything_of_it_is_taken_in(t):
    server = t.smtp()
    t.configure(email=t.email_transport(server), workers=1)
    t.daemon.start()
    start(t, ["outage-a"])
    answer = t.command("campaign", "cancel", "outage", "--confirm", "outage", "--reason", "it was wrong")
    t.equal(answer.status, 0, f"the cancelling: {answer.out} {answer.err}")
    hand_over(t, "outage-a", 5)
    wait_loaded(t, "outage-a")
    t.equal(campaign(t)["cancelled"], 5, "people who were not told")
    t.equal(server.accepted(), [], "mails")


def approved_letter(t):
    """What the daemon says the letter is: of a batch somebody let go as it is."""
    hand_over(t, "probe", 1, campaign="probe", letter_sha256=LETTER)
    t.wait(lambda: batch(t, "probe").get("stop") == "paused", 10, "the batch to be paused")
    t.contains(batch(t, "probe")["stop_reason"], "the letter apology has changed since it was approved", "reason")
    t.ask("go", batch="probe", go_on=True, reason="let it go")
    t.wait(lambda: batch(t, "probe").get("delivered") == 1, 10, "it to be sent")
    with sqlite3.connect(f"file:{t.spool}/ledger.db?mode=ro", uri=True) as db:
        return db.execute("SELECT letter_allowed FROM batch WHERE id = 'probe'").fetchone()[0]


def test_a_letter_that_changed_by_a_byte_sends_nothing_until_it_is_back(t):
    server = t.smtp()
    folder = os.path.join(t.dir, "templates")
    shutil.copytree(os.path.join(lib.ROOT, "templates"), folder)
    t.configure(email=t.email_transport(server, packet=1, rate="4/s"), templates=folder, workers=1)
    t.daemon.start()
    letter = approved_letter(t)
    hand_over(t, "outage-a", 120, letter_sha256=letter)
    t.wait(lambda: len(server.accepted()) > 5, 15, "the sending to begin")
    path = os.path.join(folder, "_partials", "contact.de.md")
    with open(os.path.join(folder, "apology", "de.md"), encoding="utf-8") as file:
        if "{{> contact" not in file.read():
            path = os.path.join(folder, "apology", "de.md")
    with open(path, "rb") as file:
        was = file.read()
    with open(path, "ab") as file:
        file.write(b"\n")
    reload(t)
    t.equal(batch(t, "outage-a")["stop"], "paused", "the batch")
    t.contains(batch(t, "outage-a")["stop_reason"], "the letter apology has changed", "reason")
    t.wait(lambda: batch(t, "outage-a")["in_flight"] == 0, 15, "what is under way to end")
    before = len(server.accepted())
    keeps(t, lambda: len(server.accepted()) == before, 2, "mails of a letter nobody approved")
    t.daemon.stop()
    t.configure(email=t.email_transport(server, packet=1), templates=folder, workers=1)  # nothing else holds them up
    t.daemon.start()
    keeps(t, lambda: len(server.accepted()) == before, 1, "mails of a letter nobody approved, after a restart")
    with open(path, "wb") as file:
        file.write(was)
    reload(t)
    t.equal(batch(t, "outage-a")["stop"], "goes", "the batch with its letter back")
    t.wait(lambda: batch(t, "outage-a").get("delivered") == 120, 60, "all to be sent", lambda: len(server.accepted()))
    verbs = [(a["who"], a["verb"]) for a in t.ask("actions")[0] if a["selector"] == "--batch outage-a"]
    t.equal(verbs, [("dispatcher", "pause"), ("dispatcher", "resume")], "what is recorded")


def refusal(t, identity):
    path = os.path.join(t.spool, "corrupt", f"{identity}.reason")
    t.wait(lambda: os.path.exists(path), 15, f"{identity} to be refused")
    with open(path, encoding="utf-8") as file:
        return file.read()


def test_a_batch_that_was_not_planned_does_not_go_with_a_campaign(t):
    server = t.smtp()
    t.configure(email=t.email_transport(server), workers=1)
    t.daemon.start()
    manifest = [{"part": part, "name": "x", "sha256": "c" * 64} for part in ("campaign", "letter")]
    t.ask("approve", campaign="draft", role="legal", manifest=manifest, reason="read")
    hand_over(t, "draft-a", 2, campaign="draft")
    t.contains(refusal(t, "draft-a"), "which is approved before it is sent", "of a draft")
    start(t, ["outage-a"])
    hand_over(t, "outage-b", 2)
    t.contains(refusal(t, "outage-b"), "which was sent without this batch", "of one that was sent")
    hand_over(t, "outage-a", 2)
    t.wait(lambda: campaign(t)["state"] == "finished", 20, "the planned one to be sent")
    t.equal(len(people(server)), 2, "people")


def test_what_may_have_arrived_is_never_called_cancelled_whatever_is_killed(t):
    server = t.faulty("end-slow", "--delay", "0.15")
    t.configure(email=t.email_transport(server, packet=3, retry=["200ms"] * 30, jitter=0), workers=4)
    t.daemon.start()
    dice = random.Random(20270131)
    doubtful = 0
    for number in range(7):
        name = f"outage-{number}"
        before = len(people(server))
        start(t, [f"{name}-a"], name=name)
        hand_over(t, f"{name}-a", 30, campaign=name)
        t.wait(lambda: len(people(server)) > before + 2, 30, "the sending to begin")
        if number % 2 == 0:  # some go on after a crash, and may have arrived before they are cancelled
            t.daemon.kill()
            t.daemon.start()
        t.ask("campaign_cancel", campaign=name, reason="over")
        if number % 3 != 2:
            time.sleep(dice.random() * 0.3)
            t.daemon.kill()
            t.daemon.start()
        step = {"more": True}
        while step.get("more"):
            rest = {key: step[key] for key in ("after", "until", "group", "at", "action") if key in step}
            step = t.ask("act", what="cancel", selector={"campaign": name}, reason="over", **rest)[1]
        t.wait(lambda: not [row for row in t.rows(campaign=name) if row["state"] in ("waiting", "deferred", "in_flight", "held")], 30, "its end")
        rows = t.rows(campaign=name)
        told = people(server)
        lies = [row["id"] for row in rows if row["state"] == "cancelled" and f"{name}-a-{row['id'].rsplit('_c', 1)[1]}@example.org" in told]
        t.equal(lies, [], f"{name}: cancelled in the books, and told")
        t.check(any(row["state"] == "cancelled" for row in rows), f"{name}: who waited is cancelled: {[row['state'] for row in rows]}")
        for row in rows:
            if row["state"] == "uncertain":
                doubtful += 1
                shown = t.command("show", row["id"])
                t.contains(shown.out, "uncertain", f"{row['id']}, shown")
                t.contains(t.command("why", row["id"]).out, "may have arrived", f"{row['id']}, why")
        balanced(t)
    t.check(doubtful > 0, "nothing was in flight when it was killed: this shows nothing")
    sent = len(server.accepted())
    t.holds(lambda: len(server.accepted()) == sent, 1, "what was cancelled is not sent again")

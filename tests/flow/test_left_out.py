"""One letter with a mistake stops nobody else: it is left out, named, and what waits for it goes on when it is mended."""

import hashlib
import os

import lib
import test_campaign

GOOD = {"en": ("Good", "Good", "{{salutation}}\n\nGood.")}
# Each of them breaks one letter and no other, in its own way.
BROKEN = {
    "syntax": ("draft/de.md", lambda text: text + "\n{{never_closed\n", r"draft/de\.md:\d+:\d+: "),
    "part": ("draft/ko.md", lambda text: text.replace("subject:", "preheader:"), r"draft/ko\.md:1:1: .*no subject"),
    "variable": ("draft/en.md", lambda text: text + "\n{{nobody_declared_this}}\n", r"draft/en\.md:\d+:\d+: .*nobody_declared_this"),
    "description": ("draft/template.yaml", lambda text: "schema: [1\n", r"draft/template\.yaml:\d+"),
}


def lay(t, **keys):
    """Two letters, both in order."""
    for name in ("draft", "good"):
        folder = t.letter(name, **GOOD)
    t.configure(templates=folder, **keys)


def read(t, name):
    with open(os.path.join(t.dir, name), encoding="utf-8") as file:
        return file.read()


def spoil(t, how="syntax"):
    """The letter `draft` gets a mistake; what a message says of it, as a pattern."""
    file, change, pattern = BROKEN[how]
    t.write(f"templates/{file}", change(read(t, f"templates/{file}")))
    return pattern


def mend(t):
    t.letter("draft", **GOOD)


def notice(identity, template, **members):
    return {"version": 1, "id": identity, "template": template, "locale": "en", "to": {"email": f"{identity}@example.org"},
            "routing": {"method": "all", "channels": ["email"]}, **members}


def hand_over(t, *notices):
    return t.command("enqueue", "-", "--json", text="".join(lib.json.dumps(n) + "\n" for n in notices))


# the door


def test_what_names_a_sound_letter_is_handed_over_beside_one_with_a_mistake(t):
    lay(t)
    for how in BROKEN:
        mend(t)
        pattern = spoil(t, how)
        answer = hand_over(t, notice(f"good-{how}", "good"))
        t.equal((answer.status, [r["status"] for r in answer.lines()]), (0, ["queued"]), f"{how}: {answer.err}")
        both = hand_over(t, notice(f"draft-{how}", "draft"), notice(f"other-{how}", "good"))
        t.equal((both.status, [r["status"] for r in both.lines()]), (65, ["rejected", "queued"]), f"{how}: both: {both.err}")
        t.matches(both.out, pattern, f"{how}: the finding")
        check = t.command("check")
        t.equal(check.status, 65, f"{how}: check is as strict as ever")
        t.matches(check.out, pattern, f"{how}: and names it")
    t.equal(t.in_new([f"draft-{how}" for how in BROKEN]), [], "nothing of the letter with the mistake is queued")


def test_batches_of_a_sound_letter_are_handed_over_beside_one_with_a_mistake(t):
    lay(t)
    pattern = spoil(t)
    t.write("people.csv", "id,email,locale\r\n1,a@example.org,en\r\n")
    good = t.command("enqueue", "--template", "good", "--csv", "people.csv", "--id", "b-good")
    t.equal(good.status, 0, f"the sound one: {good.err}")
    draft = t.command("enqueue", "--template", "draft", "--csv", "people.csv", "--id", "b-draft")
    t.equal(draft.status, 65, "the other one")
    t.matches(draft.err, pattern, "the finding")
    t.check(not os.path.exists(os.path.join(t.spool, "new", "b-draft")), "nothing of it is queued")


def test_a_campaign_goes_its_way_beside_a_letter_with_a_mistake(t):
    file = test_campaign.prepare(t, people=3)
    neighbour = "templates/status-update/de.md"
    t.write(neighbour, test_campaign.read(t, neighbour) + "\n{{never_closed\n")
    for verb in (["campaign", "show", file], ["send", file, "--dry-run"], ["send", file, "--confirm", test_campaign.NAME]):
        answer = t.command(*verb)
        t.equal(answer.status, 0, f"{verb}: {answer.out}{answer.err}")
        t.check("status-update" not in answer.err, f"{verb}: what is not its own is not told: {answer.err}")
    own = "templates/service-restored/de.md"
    t.write(own, test_campaign.read(t, own) + "\n{{never_closed\n")
    checked = t.command("check", file)
    t.matches(checked.out + checked.err, r"service-restored/de\.md:\d+:\d+: ", "check names the mistake")
    t.check("there is no letter" not in checked.out + checked.err, f"the letter is there: {checked.out}{checked.err}")
    answer = t.command("send", file, "--dry-run")
    t.equal(answer.status, 65, "its own letter")
    t.matches(answer.err, r"service-restored/de\.md:\d+:\d+: ", "the finding")


def test_a_mistake_in_what_all_letters_share_stops_as_before(t):
    lay(t, locales=os.path.join(t.dir, "nowhere"))
    answer = hand_over(t, notice("n1", "good"))
    t.equal(answer.status, 78, "no locales")
    lay(t)
    for name in ("draft", "good"):
        t.write(f"templates/{name}/de.md", "{{")
    answer = hand_over(t, notice("n2", "good"))
    t.equal(answer.status, 78, "no letter at all")
    t.matches(answer.err, r"draft/de\.md:\d+:\d+: ", "the finding")


# the daemon


def run(t, **keys):
    """Letters of the test's own, and the daemon beside a broken one; the pattern of its mistake."""
    lay(t, **keys)
    pattern = spoil(t)
    t.daemon.start()
    return pattern


def reload(t):
    answer = t.command("reload", "--json")
    t.equal(answer.status, 0, f"reload: {answer.err}")
    return answer


def is_delivered(t, identity):
    return (t.row(identity) or {}).get("state") == "delivered"


def faults(t):
    return t.command("status", "--json").json()["letters_with_mistakes"]


def test_the_daemon_starts_beside_a_letter_with_a_mistake_and_names_it(t):
    pattern = run(t)
    t.drop(notice("n1", "good"))
    t.wait_for_state("n1", "delivered")
    t.matches(t.daemon.log(), r"letter\.left_out letter=draft .*" + pattern, "the log")
    (fault,) = faults(t)
    t.equal((fault["name"], fault["kept"]), ("draft", False), "status")
    t.matches(fault["reason"], pattern, "why")
    status = t.command("status")
    t.matches(status.out, "draft.*left out.*" + pattern, "status for people")
    ready = t.command("ready")
    t.equal(ready.status, 0, "a letter with a mistake is no reason to give it no work")
    t.matches(ready.err, pattern, "but it is said")
    t.matches(t.command("top", "--once").out, "draft", "top")
    metrics = [row["value"] for row in t.ask("metrics")[0] if row["metric"] == "letters_with_mistakes"]
    t.equal(metrics, [1], "metrics")
    mend(t)
    reload(t)
    t.equal(faults(t), [], "mended")
    t.equal(t.command("ready").err, "", "and nothing is said any more")


def test_it_does_not_start_where_no_letter_can_be_read(t):
    lay(t)
    for name in ("draft", "good"):
        t.write(f"templates/{name}/de.md", "{{")
    answer = t.command("run")
    t.equal(answer.status, 78, "run")
    t.matches(answer.err, r"draft/de\.md:\d+:\d+: ", "the finding")


def test_a_notice_waits_for_its_letter_and_goes_by_itself(t):
    pattern = run(t)
    t.drop(notice("n1", "draft"))
    t.wait(lambda: "job.waits" in t.daemon.log(), 10, "it to be met")
    t.drop(notice("n2", "good"))
    t.wait_for_state("n2", "delivered")
    for verb in ("why", "show"):
        answer = t.command(verb, "n1")
        t.equal(answer.status, 75, f"{verb}: {answer.out}")
        t.matches(answer.err, pattern, f"{verb} says what it waits for")
    status = t.command("status", "n1")
    t.equal(status.status, 75, "status: open")
    t.matches(status.err, pattern, "status says why")
    t.equal(t.in_new(["n1"]), ["n1"], "it stands where it stood")
    mend(t)
    reload(t)
    t.wait_for_state("n1", "delivered")
    t.equal(os.listdir(os.path.join(t.spool, "corrupt")) if os.path.isdir(os.path.join(t.spool, "corrupt")) else [], [], "nothing was refused")


def test_a_notice_that_waits_survives_a_kill(t):
    run(t)
    t.drop(notice("n1", "draft"))
    t.wait(lambda: "job.waits" in t.daemon.log(), 10, "it to be met")
    t.daemon.kill()
    mend(t)
    t.daemon.start()
    t.wait_for_state("n1", "delivered")


def test_many_that_wait_are_read_once(t):
    run(t)
    for i in range(40):
        t.drop(notice(f"w{i}", "draft"))
    t.wait(lambda: t.daemon.log().count("job.waits") >= 40, 20, "all to be met")
    for i in range(5):
        t.drop(notice(f"g{i}", "good"))
        t.wait_for_state(f"g{i}", "delivered")
    t.equal(t.daemon.log().count("job.waits"), 40, "each was read once")


def test_a_reload_keeps_the_version_of_before_and_takes_the_others(t):
    lay(t)
    t.daemon.start()
    pattern = spoil(t)
    t.letter("good", en=("Better", "Better", "{{salutation}}\n\nBetter."))
    answer = reload(t)
    t.matches(answer.out, pattern, "reload says so")
    t.matches(t.daemon.log(), r"letter\.kept letter=draft .*" + pattern, "the log")
    t.equal([(f["name"], f["kept"]) for f in faults(t)], [("draft", True)], "status")
    t.drop(notice("n1", "draft"))
    t.drop(notice("n2", "good"))
    t.wait_for_state("n1", "delivered")
    t.wait_for_state("n2", "delivered")
    t.contains(t.outbox("mail", "n1").decode(), "Subject: Good", "as it was")
    t.contains(t.outbox("mail", "n2").decode(), "Subject: Better", "as it is")
    for _ in range(3):
        reload(t)
    t.drop(notice("n3", "draft"))
    t.wait_for_state("n3", "delivered")
    t.letter("draft", en=("Mended", "Mended", "{{salutation}}\n\nMended."))
    reload(t)
    t.drop(notice("n4", "draft"))
    t.wait_for_state("n4", "delivered")
    t.contains(t.outbox("mail", "n4").decode(), "Subject: Mended", "mended")


def test_a_reload_is_refused_where_a_letter_could_not_stay_as_it_was(t):
    lay(t, locales=lib.shutil.copytree(os.path.join(lib.ROOT, "locales"), os.path.join(t.dir, "locales")))
    t.daemon.start()
    pattern = spoil(t)
    t.write("locales/de.yaml", read(t, "locales/de.yaml") + "\n# another one\n")
    answer = t.command("reload")
    t.equal(answer.status, 78, "what all letters share has changed")
    t.matches(answer.err, pattern, "why")
    t.drop(notice("n1", "draft"))
    t.wait_for_state("n1", "delivered")


def test_what_was_accepted_before_a_restart_waits_for_its_letter(t):
    lay(t)
    t.daemon.start()
    t.command("transport", "pause", "mail", "--reason", "test")
    for name in ("draft", "good"):
        t.drop(notice(f"n-{name}", name))
    t.wait(lambda: t.row("n-draft") and t.row("n-good"), 10, "both to be accepted")
    t.daemon.stop()
    pattern = spoil(t)
    t.daemon.start()
    t.command("transport", "resume", "mail", "--reason", "test")
    t.wait_for_state("n-good", "delivered")
    t.wait(lambda: t.row("n-draft")["cause"] == "letter", 10, "the gate")
    t.equal((t.row("n-draft")["state"], t.row("n-draft")["waits_for"]), ("waiting", "letter"), "it waits")
    for verb in ("why", "show"):
        t.matches(t.command(verb, "n-draft", "--json").out, pattern, f"{verb} says why")
    t.daemon.kill()
    t.daemon.start()
    t.equal(t.row("n-draft")["state"], "waiting", "after a kill")
    mend(t)
    reload(t)
    t.wait_for_state("n-draft", "delivered")


def test_what_waits_for_its_letter_goes_by_itself_at_the_next_start(t):
    lay(t)
    t.daemon.start()
    t.command("transport", "pause", "mail", "--reason", "test")
    t.drop(notice("n1", "draft"))
    t.wait(lambda: t.row("n1"), 10, "it to be accepted")
    t.daemon.stop()
    spoil(t)
    t.daemon.start()
    t.command("transport", "resume", "mail", "--reason", "test")
    t.wait(lambda: t.row("n1")["cause"] == "letter", 10, "the gate")
    t.daemon.kill()
    mend(t)
    t.daemon.start()
    t.wait_for_state("n1", "delivered")


def test_a_letter_that_became_a_draft_keeps_what_was_accepted_waiting(t):
    lay(t)
    t.daemon.start()
    t.command("transport", "pause", "mail", "--reason", "test")
    t.drop(notice("n1", "draft"))
    t.wait(lambda: t.row("n1"), 10, "it to be accepted")
    t.write("templates/draft/template.yaml", read(t, "templates/draft/template.yaml") + "draft: true\n")
    reload(t)
    t.command("transport", "resume", "mail", "--reason", "test")
    t.wait(lambda: t.row("n1")["cause"] == "letter", 10, "the gate")
    mend(t)
    reload(t)
    t.wait_for_state("n1", "delivered")


# batches


def drop_batch(t, identity, template, count=3, each=lambda i: {}):
    """By hand, as a system does that knows nothing of letters."""
    lines = "".join(lib.json.dumps({"id": str(i), "to": {"email": f"{identity}{i}@example.org"}, **each(i)}) + "\n" for i in range(count))
    shared = {"version": 1, "id": identity, "template": template, "locale": "en", "routing": {"method": "all", "channels": ["email"]},
              "count": count, "sha256": hashlib.sha256(lines.encode()).hexdigest()}
    if template is None:
        del shared["template"]
    for name in ("tmp", "new"):
        os.makedirs(os.path.join(t.spool, name), exist_ok=True)
    folder = os.path.join(t.spool, "tmp", identity)
    os.makedirs(folder)
    for name, text in (("batch.json", lib.json.dumps(shared)), ("notices.jsonl", lines)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            out.write(text)
    os.rename(folder, os.path.join(t.spool, "new", identity))


def batch(t, identity):
    return next((row for row in t.ask("batches")[0] if row["batch"] == identity), None)


def test_a_batch_waits_for_its_letter_and_goes_by_itself(t):
    pattern = run(t)
    drop_batch(t, "b1", "draft")
    t.wait(lambda: "batch.waits" in t.daemon.log(), 20, "it to be met")
    drop_batch(t, "b2", "good")
    for i in range(3):
        t.wait_for_state(f"b2_{i}", "delivered")
    waiting = batch(t, "b1")
    t.equal((waiting["state"], waiting["waits_for"]), ("new", "letter"), "where it stands")
    t.matches(waiting["rests_because"], pattern, "why")
    t.matches(t.command("status").out, "b1: .*letter.*" + pattern, "for people")
    t.daemon.kill()
    t.daemon.start()
    t.wait(lambda: t.daemon.log().count("batch.waits") > 1, 20, "it to be met again")
    mend(t)
    reload(t)
    for i in range(3):
        t.wait_for_state(f"b1_{i}", "delivered")


def test_a_batch_waits_at_the_line_whose_letter_has_a_mistake(t):
    """Behind its first thousand lines, which are looked at before it is taken: so it is half loaded."""
    count = 1003
    rules = [{"name": "late", "when": {"locale": "ko"}, "then": {"template": "draft", "channels": ["email"]}},
             {"name": "rest", "then": {"template": "good", "channels": ["email"]}}]
    pattern = run(t, rules=rules)
    drop_batch(t, "b1", None, count, lambda i: {"locale": "ko"} if i == count - 2 else {})
    t.wait(lambda: "batch.waits" in t.daemon.log(), 60, "it to be met")
    t.wait_for_state("b1_0", "delivered")
    waiting = batch(t, "b1")
    t.equal((waiting["state"], waiting["waits_for"]), ("loading", "letter"), "where it stands")
    t.matches(waiting["rests_because"], pattern, "why")
    t.daemon.kill()
    mend(t)
    t.daemon.start()
    for i in (count - 3, count - 2, count - 1):
        t.wait_for_state(f"b1_{i}", "delivered", seconds=60)
    t.equal(batch(t, "b1")["failed"], 0, "none has failed")


def test_a_campaign_waits_for_its_letter_over_a_restart(t):
    file = test_campaign.prepare(t, people=3)
    t.daemon.start()
    t.command("transport", "pause", "mail", "--reason", "test")
    sent = test_campaign.send(t, file)
    t.equal(sent.status, 0, f"sent: {sent.err}")
    t.daemon.stop()
    own = "templates/service-restored/de.md"
    good = test_campaign.read(t, own)
    t.write(own, good + "\n{{never_closed\n")
    t.daemon.start()
    t.command("transport", "resume", "mail", "--reason", "test")
    t.wait(lambda: "letter.left_out" in t.daemon.log(), 10, "it to be left out")
    t.equal(test_campaign.mails(t), 0, "nothing is sent")
    t.write(own, good)
    reload(t)
    t.wait(lambda: test_campaign.mails(t) > 0, 30, "it to go on by itself")
    t.wait(lambda: test_campaign.state(t)["state"] == "finished", 30, "it to end; " + t.command("campaign", "show", test_campaign.NAME).out)

"""A campaign from its first draft to its last letter: what a communications team types, and a second person who agrees."""

import hashlib
import json
import os
import shutil
import subprocess
import threading

import lib
from test_campaign_engine import hand_over

OUTAGE = os.path.join(lib.ROOT, "docs", "incidents", "outage")
SECOND, THIRD = 2024, 2025
NAME = "outage-restored"


def not_root():
    if os.geteuid() == 0:
        return False
    print("not root: a second person cannot be played, nothing was tried")
    return True


def command_as(t, uid, *arguments):
    """Somebody else of the group that may use the control socket."""
    completed = subprocess.run(
        ["setpriv", f"--reuid={uid}", "--regid=0", "--clear-groups", lib.DISPATCHER, *arguments, "--config", t.config_path],
        stdin=subprocess.DEVNULL, capture_output=True, cwd=t.dir, env=t.environment, timeout=lib.COMMAND_LIMIT_S * lib.PATIENCE)
    return lib.Answer(completed)


def prepare(t, extra="", people=None, **keys):
    """The campaign of the outage, with letters and words of its own that a test may change."""
    os.chmod(t.dir, 0o755)
    for name in ("templates", "locales"):
        shutil.copytree(os.path.join(lib.ROOT, name), os.path.join(t.dir, name))
    shutil.copytree(OUTAGE, os.path.join(t.dir, "outage"))
    t.configure(templates="templates", locales="locales", locale={"fallback": "en"}, **keys)
    edit(t, "outage/campaign-1-restored.yaml", "send_at: 2026-11-09T18:00:00+01:00\n", extra)
    if people is not None:
        lines = read(t, "outage/customers.csv").splitlines(keepends=True)
        t.write("outage/customers.csv", "".join(lines[: people + 1]))
        edit(t, "outage/facts-1.yaml", "people: 48", f"people: {people}")
    return "outage/campaign-1-restored.yaml"


def read(t, name):
    with open(os.path.join(t.dir, name), encoding="utf-8", newline="") as file:
        return file.read()


def edit(t, name, old, new):
    text = read(t, name)
    if old not in text:
        raise lib.Failure(f"{name} has no {old!r}")
    with open(os.path.join(t.dir, name), "w", encoding="utf-8", newline="") as file:
        file.write(text.replace(old, new, 1))


def send(t, file, *arguments):
    return t.command("send", file, "--confirm", NAME, *arguments)


def state(t):
    return t.command("campaign", "show", NAME, "--json").json()


def wait_for(t, **members):
    def there():
        row = state(t)
        return all(row.get(k) == v for k, v in members.items())

    t.wait(there, 20, f"the campaign to be {members}; {t.command('campaign', 'show', NAME).out}", lambda: mails(t))


def mails(t):
    try:
        return len(os.listdir(os.path.join(t.spool, "outbox", "mail", "new")))
    except FileNotFoundError:
        return 0


# beginning


def test_a_new_campaign_says_what_is_still_to_be_written(t):
    t.configure()
    refused = t.command("campaign", "new", "x1")
    t.equal(refused.status, 64, "without a letter")
    t.contains(refused.err, "service-restored", "the letters there are")
    made = t.command("campaign", "new", "x1", "--template", "service-restored")
    t.equal(made.status, 0, f"made: {made.err}")
    check = t.command("check", "campaigns/x1/campaign.yaml")
    t.equal(check.status, 65, "not finished")
    t.contains(check.out, '"TODO" is still to be written', "what is left")
    t.check("campaign.yaml:" not in check.out, f"nothing is wrong with the campaign itself: {check.out}")
    t.equal(t.command("send", "campaigns/x1/campaign.yaml", "--confirm", "x1").status, 65, "and nothing is sent")
    t.equal(t.command("campaign", "new", "x1", "--template", "service-restored").status, 65, "nothing is overwritten")


def test_a_misspelt_key_is_named_with_what_was_meant(t):
    file = prepare(t, "aprovals: [comms]\ncanary: {frist: 5, then: look}\n")
    answer = t.command("check", file)
    t.equal(answer.status, 65, "refused")
    t.matches(answer.out, r'campaign-1-restored\.yaml:\d+:1: error: "aprovals" is no key of a campaign; did you mean "approvals"\?', "the key")
    t.contains(answer.out, 'did you mean "first"?', "the key below")
    edit(t, file, "aprovals: [comms]\ncanary: {frist: 5, then: look}\n", "waves: {people: 5, every: 1h, zone: Europe/Berln}\n")
    t.matches(t.command("check", file).out, r'yaml:\d+:\d+: error: there is no time zone "Europe/Berln"', "a zone nobody knows")


# a test to oneself


def test_a_test_is_marked_goes_to_the_allowed_and_counts_nowhere(t):
    mail, sms = t.smtp(), t.faulty_gateway()
    file = prepare(t, allow=["jana@example.org", "+4915100000001", "*@example.com"], testers=["jana=jana@example.org", "jana=+4915100000001"],
                   email=t.email_transport(mail), sms=t.sms_transport(sms))
    answer = t.command("test-send", file, "--to", "jana", "--locale", "de,ko", "--json")
    t.equal(answer.status, 0, f"taken: {answer.out}{answer.err}")
    t.equal([(r["locale"], r["channel"], r["outcome"]) for r in answer.lines()],
            [("de", "email", "delivered"), ("ko", "email", "delivered"), ("de", "sms", "delivered"), ("ko", "sms", "delivered")], "each")
    t.check(all(r["reply"] for r in answer.lines() if r["channel"] == "email"), "with the server's reply")
    subjects = sorted(mail.mail(r)["Subject"] for r in mail.accepted())
    t.check(subjects[0].startswith("[Test \u00b7 de] ") and subjects[1].startswith("[Test \u00b7 ko] "), f"the subjects: {subjects}")
    t.equal([r["rcpt"] for r in mail.accepted()], [["jana@example.org"]] * 2, "who got it")
    t.equal([r["text"].split(") ")[0] for r in sms.received()], ["(Test de", "(Test ko"], "the SMS")
    t.equal(t.command("campaign", "list", "--json").out, "", "no campaign was told")
    denied = t.command("test-send", file, "--to", "stranger@example.net")
    t.equal((denied.status, denied.out), (77, ""), "not on the list")
    t.contains(denied.err, "`allow`", "what to do")
    row = t.command("test-send", file, "--to", "jana@example.org", "--row", "3", "--json").lines()
    t.equal([r["locale"] for r in row], ["ko"], "a person reads their own language")
    unknown = t.command("test-send", file, "--to", "janna")
    t.equal(unknown.status, 64, "nobody")
    t.contains(unknown.err, "did you mean jana?", "who is meant")


def test_a_test_reaches_an_endpoint_and_says_that_it_is_one(t):
    crm = t.https()
    prepare(t, allow=["crm", "kim@example.org"], webhook=t.webhook_transport(), endpoints={"crm": t.endpoint(crm)})
    answer = t.command("test-send", "service-restored", "--to", "crm", "--locale", "en", "--json")
    t.equal((answer.status, answer.json()["channel"], answer.json()["code"]), (0, "webhook", 204), f"taken: {answer.err}")
    (arrived,) = crm.received()
    t.equal(crm.json(arrived)["test"], True, "marked")
    me = t.command("test-send", "service-restored", "--to", "me", "--locale", "en", "--json")
    t.equal(me.json()["to"], "kim@example.org", "me: the one mailbox of the allow list")


def test_a_test_without_a_server_says_that_it_is_down(t):
    mail = t.smtp()
    prepare(t, allow=["jana@example.org"], email=t.email_transport(mail))
    mail.stop()
    answer = t.command("test-send", "service-restored", "--to", "jana@example.org", "--locale", "en")
    t.equal(answer.status, 69, f"down: {answer.out}")
    t.contains(answer.out, "could not be reached", "why")


# looking first


def test_a_dry_run_counts_who_gets_what_and_sends_nothing(t):
    file = prepare(t, "approvals: [comms]\nwindow: 08:00-21:00\nwaves: {people: 20, every: 1h}\n")
    answer = t.command("send", file, "--dry-run", "--json")
    t.equal(answer.status, 77, f"not approved: {answer.err}")
    row = answer.json()
    t.equal((row["rows"], row["people"], row["wrong"]), (48, 48, 0), "people")
    t.equal(row["channels"], {"email": 48, "sms": 0, "webhook": 0}, "where they begin")
    t.equal(row["later_channels"]["sms"], 48, "if that fails")
    t.equal(row["locales"], {"de": 34, "ko": 8, "en": 6}, "languages")
    t.equal(row["about_ms"], 7200000, "three waves, an hour from each to the next")
    text = t.command("send", file, "-n")
    t.contains(text.out, "comms: MISSING", "approvals")
    t.contains(text.out, "20 people every 1h", "waves")
    t.equal(os.path.exists(os.path.join(t.spool, "new", f"{NAME}-customers")), False, "nothing is queued")
    t.equal(t.command("campaign", "list", "--json").out, "", "nothing is recorded")


def test_rows_with_problems_keep_all_others_back_unless_told_otherwise(t):
    file = prepare(t)
    edit(t, "outage/customers.csv", "customer03@example.org", "customer02@example.org")
    edit(t, "outage/facts-1.yaml", "    people: 48\n", "")
    dry = t.command("send", file, "--dry-run", "--json", "--skip-problems")
    t.equal(dry.status, 0, f"the others can be sent: {dry.err}")
    row = dry.lines()[-1]
    t.equal((row["rows"], row["people"], row["wrong"], row["problems"]["twice"]), (48, 47, 1, 1), "one stands there twice")
    answer = send(t, file)
    t.equal(answer.status, 65, f"nobody is sent anything: {answer.err}")
    t.equal(os.path.exists(os.path.join(t.spool, "new", f"{NAME}-customers")), False, "nothing is queued")


def test_the_good_rows_can_go_without_the_others(t):
    file = prepare(t)
    edit(t, "outage/customers.csv", "customer03@example.org", "customer02@example.org")
    t.equal(send(t, file, "--skip-problems").status, 0, "sent")
    t.daemon.start()
    wait_for(t, state="finished", delivered=47)
    t.equal(mails(t), 47, "mails")
    t.contains(read(t, "problems.csv"), "the same e-mail address", "who was left out, and why")


def test_a_dry_run_says_what_sms_cost(t):
    gateway = t.faulty_gateway()
    file = prepare(t, sms=t.sms_transport(gateway, prices={"default": "0.09"}, currency="EUR", rate="10/s"))
    edit(t, file, "channels: [email, sms]", "channels: [sms]")
    row = t.command("send", file, "--dry-run", "--json").json()
    t.equal((row["channels"]["sms"], row["sms"]["people"]), (48, 48), "by SMS")
    t.equal(row["sms"]["cost_micros"], row["sms"]["parts"] * 90000, "what it costs")
    t.equal(row["about_ms"], 4800, "how long it takes")
    t.contains(t.command("send", file, "-n").out, "EUR", "for people")


def test_a_dry_run_names_what_is_slowest(t):
    mail = {"channel": "email", "type": "outbox", "rate": "48/s", "domains": {"slow.example": "1/s", "default": "1000/s"}}
    file = prepare(t, email=mail)
    t.contains(t.command("send", file, "-n").out, "Speed      48/s over mail, about 1s", "the transport")
    for number in ("03", "04", "05"):
        edit(t, "outage/customers.csv", f"customer{number}@example.org", f"customer{number}@{'Slow' if number == '04' else 'slow'}.example")
    t.contains(t.command("send", file, "-n").out, "Speed      1/s to slow.example over mail, about 3s for its 3 people", "a domain")
    edit(t, file, "reference:", "waves: {people: 20, every: 1h}\nreference:")
    t.contains(t.command("send", file, "-n").out, "Speed      about 2h00m until the last wave begins", "the waves")


# approving


def approve(t, file, uid, role):
    return command_as(t, uid, "campaign", "approve", file, "--as", role)


def test_two_people_agree_and_a_third_sends(t):
    if not_root():
        return
    file = prepare(t, "approvals: [comms, legal]\n")
    t.daemon.start()
    refused = send(t, file)
    t.equal(refused.status, 77, "without approvals")
    t.contains(refused.err, "comms: MISSING", "who is missing")
    t.contains(t.command("enqueue", "--campaign", file, "--cohort", "customers").err, "dispatcher send", "no other door")
    t.equal(t.command("enqueue", "--campaign", file, "--cohort", "customers").status, 77, "no other door")
    t.equal(approve(t, file, SECOND, "comms").status, 0, "the first")
    same = approve(t, file, SECOND, "legal")
    t.equal(same.status, 77, "one person, one role")
    wrong = approve(t, file, THIRD, "leegal")
    t.equal(wrong.status, 65, "no such role")
    t.contains(wrong.err, "--as legal", "the role that is meant")
    t.equal(send(t, file).status, 77, "with one of two")
    second = approve(t, file, THIRD, "legal")
    t.equal(second.status, 0, f"the second: {second.err}")
    t.equal(t.command("send", file, "--confirm", "another").status, 64, "without its name")
    t.equal(t.command("send", file).status, 64, "nobody to type it")
    sent = send(t, file, "--wait")
    t.equal(sent.status, 0, f"sent: {sent.out}{sent.err}")
    t.equal(mails(t), 48, "mails")
    row = state(t)
    t.equal((row["state"], row["delivered"], row["people"]), ("finished", 48, 48), "how it ended")
    t.equal([d["verb"] for d in row["decisions"]], ["approve", "approve", "send"], "who decided what")
    t.check(all(a["valid"] for a in row["approvals"]), "the approvals")
    again = send(t, file)
    t.equal(again.status, 0, f"once more: {again.err}")
    t.contains(again.out, "handed over before", "nobody twice")
    t.holds(lambda: mails(t) == 48, 1, "nobody is sent it twice")


def test_an_approval_that_is_taken_back_keeps_all_back_and_stays_on_record(t):
    if not_root():
        return
    file = prepare(t, "approvals: [legal]\n", people=3)
    t.daemon.start()
    t.equal(approve(t, file, SECOND, "legal").status, 0, "approved")
    os.mkdir(os.path.join(t.dir, NAME))  # is no file of a campaign
    t.equal(command_as(t, SECOND, "campaign", "disapprove", NAME).status, 64, "not without a reason")
    answer = command_as(t, SECOND, "campaign", "disapprove", NAME, "--reason", "the number is wrong")
    t.equal(answer.status, 0, f"taken back: {answer.err}")
    t.contains(answer.out, f"legal, which uid {SECOND}", "whose")
    t.contains(answer.err, f"dispatcher campaign approve {os.path.join(t.dir, file)} --as legal", "what to do then")
    refused = send(t, file)
    t.equal(refused.status, 77, f"nothing leaves: {refused.out}")
    for words in ("legal: TAKEN BACK", f"uid {SECOND}", 'the number is wrong"', f"Next: dispatcher campaign approve {file} --as legal"):
        t.contains(refused.err, words, "who took it back, why, and what is next")
    shown = t.command("campaign", "show", NAME)
    t.contains(shown.out, "legal: TAKEN BACK", "a draft is found by its name")
    t.matches(shown.out, r"disapprove --as legal +the number is wrong", "what was decided")
    t.contains(shown.err, "--as legal", "what is next")
    none = command_as(t, THIRD, "campaign", "disapprove", file, "--as", "legal", "--reason", "x")
    t.equal(none.status, 66, f"once is enough: {none.err}")
    t.equal(approve(t, file, THIRD, "legal").status, 0, "anew")
    t.equal(send(t, file, "--wait").status, 0, "sent")
    late = command_as(t, THIRD, "campaign", "disapprove", file, "--reason", "too late")
    t.equal(late.status, 65, "it was sent")
    t.contains(late.err, f"dispatcher campaign pause {NAME}", "what to do instead")
    t.command("campaign", "report", NAME, "--html", "report.html")
    t.contains(read(t, "report.html"), "the number is wrong", "the report")
    t.equal(t.command("evidence", NAME, "--out", "proof").status, 0, "evidence")
    rows = [json.loads(line) for line in read(t, "proof/approvals.jsonl").splitlines()]
    t.equal([row["who"].split()[1] for row in rows], [str(SECOND), str(THIRD)], "both are kept")
    t.equal([row["withdrawn"] and row["withdrawn"]["reason"] for row in rows], ["the number is wrong", None], "and what became of them")
    t.equal(t.command("evidence", "verify", "proof").status, 0, "it can be checked")
    edit(t, "proof/approvals.jsonl", "the number is wrong", "the number is right")
    tampered = t.command("evidence", "verify", "proof")
    t.equal(tampered.status, 1, "another reason")
    t.contains(tampered.out, "approvals.jsonl", "where")


def test_a_second_person_of_a_role_is_said_to_take_the_place_of_the_first(t):
    if not_root():
        return
    file = prepare(t, "approvals: [comms, legal]\n", people=3)
    t.daemon.start()
    first = approve(t, file, SECOND, "legal")
    t.check("takes the place" not in first.out, f"the first of all: {first.out}")
    second = approve(t, file, THIRD, "legal")
    t.matches(second.out, rf"takes the place of the approval of uid {SECOND} .* of 20", "the second")
    t.contains(second.err, f"Next, by another person than uid {THIRD}", "who is next")
    t.contains(second.err, "--as comms", "and as what")
    shown = t.command("campaign", "show", file)
    t.equal(shown.out.count("approve --as legal"), 2, f"both stay: {shown.out}")
    same = approve(t, file, THIRD, "comms")
    t.equal(same.status, 77, f"one person in two roles: {same.out}")
    t.contains(same.err, "another person must approve it as comms", "what is wanted")
    t.equal(approve(t, file, SECOND, "comms").status, 0, "whose approval was replaced may")


def test_an_approval_taken_back_twice_takes_nobody_elses(t):
    if not_root():
        return
    file = prepare(t, "approvals: [comms, legal]\n", people=3)
    t.daemon.start()
    t.equal((approve(t, file, SECOND, "legal").status, approve(t, file, THIRD, "comms").status), (0, 0), "approved")
    back = ("campaign", "disapprove", NAME, "--reason", "the number is wrong")
    t.equal(command_as(t, SECOND, *back).status, 0, "taken back")
    for words in (back, (*back, "--as", "legal")):
        again = command_as(t, SECOND, *words)
        t.equal(again.status, 66, f"once more: {again.out}")
        t.contains(again.err, f"your approval of {NAME} as legal is taken back already", "whose it was")
        t.check("--as comms" not in again.err, f"the colleague's is not offered: {again.err}")


def test_the_next_step_of_a_dry_run_is_the_true_one(t):
    if not_root():
        return
    file = prepare(t, "approvals: [comms, legal]\n", people=3, campaigns={"roles": {"comms": {"users": ["root"]}, "legal": {"groups": ["daemon"], "users": ["nobody"]}}})
    t.daemon.start()
    dry = t.command("send", file, "--dry-run")
    t.equal(dry.status, 77, "nobody has agreed")
    t.contains(dry.err, f"Next, by root: dispatcher campaign approve {file} --as comms", "who first")
    t.contains(dry.err, f"Next, by nobody, the group daemon: dispatcher campaign approve {file} --as legal", "who then")
    t.equal(t.command("campaign", "approve", file, "--as", "comms").status, 0, "one")
    dry = t.command("send", file, "--dry-run")
    t.check("--as comms" not in dry.err and "but not by uid 0" in dry.err, f"the other: {dry.err}")
    edit(t, file, "approvals: [comms, legal]", "approvals: [comms]")
    t.equal(t.command("campaign", "approve", file, "--as", "comms").status, 0, "the only one")
    for words in (("send", file, "--dry-run"), ("send", file, "--confirm", NAME)):
        answer = t.command(*words)
        t.equal(answer.status, 77, f"{words}: who alone approved does not send: {answer.err}")
        t.contains(answer.err, "nobody but uid 0", "why")
        t.contains(answer.err, f"Next, by another person than uid 0 (root): dispatcher send {file}", "who does")
    row = t.command("send", file, "--dry-run", "--json").json()
    t.equal((row["sender"]["may"], row["sender"]["because"]), (False, "only_approver"), "for programs")
    other = command_as(t, THIRD, "send", file, "--dry-run")
    t.equal(other.status, 0, f"somebody else: {other.err}")
    t.contains(other.err, f"Next: dispatcher send {file}", "may")


def test_rows_that_cannot_be_sent_are_not_approved(t):
    file = prepare(t, "approvals: [legal]\n")
    edit(t, "outage/customers.csv", "customer03@example.org", "customer03 at example.org")
    t.daemon.start()
    check = t.command("check", file)
    answer = t.command("campaign", "approve", file, "--as", "legal")
    t.equal((check.status, answer.status), (65, 65), f"{answer.out}{answer.err}")
    t.contains(answer.err, "customers.csv:4", "the row")
    t.contains(answer.err, f"dispatcher check {file}", "where to see them")
    edit(t, "outage/customers.csv", "customer03 at example.org", "customer03@example.org")
    t.equal(t.command("campaign", "approve", file, "--as", "legal").status, 0, "mended")


CHANGES = [
    ("templates/service-restored/de.md", "\n", "\n\n"), ("templates/service-restored/ko.md", "\n", "\n\n"),
    ("templates/service-restored/en.md", "\n", "\n\n"), ("templates/_partials/contact.ko.md", "\n", "\n\n"),
    ("templates/_layouts/letter.html", "<", " <"), ("locales/de.yaml", "\n", "\n\n"),
    ("templates/service-restored/template.yaml", "\n", "\n\n"), ("outage/facts-1.yaml", "\n", "\n\n"),
    ("outage/customers.csv", "Björn", "Bjørn"), ("outage/campaign-1-restored.yaml", "\n", "\n\n"),
]


def one_byte_makes_it_void(t, changes):
    if not_root():
        return
    file = prepare(t, "approvals: [legal]\n")
    t.daemon.start()
    t.equal(approve(t, file, SECOND, "legal").status, 0, "approved")
    for name, old, new in changes:
        before = read(t, name)
        edit(t, name, old, new)
        answer = send(t, file)
        t.equal(answer.status, 77, f"{name}: {answer.err}")
        t.contains(answer.err, "legal: VOID", name)
        t.contains(answer.err, os.path.basename(name), f"the name of {name}")
        with open(os.path.join(t.dir, name), "w", encoding="utf-8", newline="") as out:
            out.write(before)
    t.equal(t.command("campaign", "list", "--json").lines()[0]["state"], "draft", "nothing was sent")
    t.equal(send(t, file).status, 0, "as it was approved")


def test_one_byte_in_a_language_or_a_partial_makes_an_approval_void(t):
    one_byte_makes_it_void(t, CHANGES[:4])


def test_one_byte_in_a_layout_a_locale_or_what_a_letter_needs_makes_an_approval_void(t):
    one_byte_makes_it_void(t, CHANGES[4:7])


def test_one_byte_in_facts_people_or_the_campaign_makes_an_approval_void(t):
    one_byte_makes_it_void(t, CHANGES[7:])


def test_nobody_lets_another_letter_go_in_the_place_of_the_approved_one(t):
    if not_root():
        return
    file = prepare(t, "approvals: [legal]\n", email=t.email_transport(t.smtp(), rate="1/s", packet=1))
    t.daemon.start()
    answer = approve(t, file, SECOND, "legal")
    t.equal(answer.status, 0, "approved")
    t.contains(answer.err, "Next, by another person than", "who alone approved does not send")
    t.equal(send(t, file).status, 0, "sent")
    t.wait(lambda: state(t)["delivered"] > 2, 20, "the sending to begin")
    before = read(t, "templates/service-restored/en.md")
    edit(t, "templates/service-restored/en.md", "\n", "\n\n")
    t.equal(t.command("reload").status, 0, "read again")
    wait_for(t, state="paused")
    for words in (
        ("campaign", "resume", NAME, "--yes", "--go-on"),
        ("campaign", "resume", NAME, "--yes"),
        ("campaign", "pause", NAME),  # and then the same
        ("campaign", "resume", NAME, "--yes"),
        ("resume", f"{NAME}-customers", "--go-on"),
        ("resume", f"{NAME}-customers"),
    ):
        if words[1] == "pause":
            t.equal(t.command(*words).status, 0, "paused by hand as well")
            continue
        answer = t.command(*words)
        t.equal(answer.status, 77, f"{words}: {answer.out}{answer.err}")
        t.contains(answer.err, "is not the one that was approved", "why")
    t.equal((state(t)["state"], state(t)["stopped_by"]), ("paused", "letter"), "nothing goes on")
    shown = t.command("campaign", "show", NAME).err
    t.contains(shown, "dispatcher campaign people", "what to do")
    t.check("campaign resume" not in shown, f"what would not help: {shown}")
    t.contains(t.command("status").out, "put it back and `dispatcher reload`", "the status")
    with open(os.path.join(t.dir, "templates/service-restored/en.md"), "w", encoding="utf-8", newline="") as out:
        out.write(before)
    t.equal(t.command("campaign", "resume", NAME, "--yes").status, 77, "put back, and not read again")
    edit(t, "dispatcher.yaml", '"1/s"', '"1000/s"')
    t.equal(t.command("reload").status, 0, "as it was")
    t.equal(t.command("campaign", "resume", NAME, "--yes").status, 0, "paused by hand until then")
    wait_for(t, delivered=48)


def test_whoever_takes_the_approvals_out_of_the_file_sends_nothing(t):
    if not_root():
        return
    file = prepare(t, "approvals: [comms, legal]\n", people=5)
    t.daemon.start()
    approve(t, file, SECOND, "comms")
    t.equal(approve(t, file, THIRD, "legal").status, 0, "approved by both")
    edit(t, file, "approvals: [comms, legal]\n", "")
    answer = send(t, file)
    t.equal(answer.status, 77, f"without the line: {answer.out}")
    t.contains(answer.err, "`approvals`", "what to do")
    for roles in ({"legal": True}, "legal", [None], None):
        answer = t.ask("start", campaign="another", kind="confirmed", roles=roles, plan={"cohorts": [{"name": "a", "people": 1}]},
                       manifest=[{"part": p, "name": p, "sha256": "a" * 64} for p in ("campaign", "letter")])[1]
        t.equal(answer.get("code"), -9, f"roles {roles}: {answer}")
    t.equal((mails(t), state(t)["state"]), (0, "draft"), "nothing was sent")


def test_people_nobody_approved_do_not_get_into_a_campaign_by_the_spool(t):
    if not_root():
        return
    file = prepare(t, "approvals: [legal]\n", people=5)
    t.daemon.start()
    t.equal(approve(t, file, SECOND, "legal").status, 0, "approved")
    hand_over(t, f"{NAME}-customers", 3, campaign=NAME)
    t.contains(t.corrupt(f"{NAME}-customers"), "which is approved before it is sent", "before it is sent")
    t.equal(send(t, file, "--wait").status, 0, "sent, by its own name")
    hand_over(t, "others", 3, campaign=NAME)
    t.contains(t.corrupt("others"), "What belongs to that campaign is sent with `dispatcher send`", "when it was sent")
    t.write("rows.csv", "id,email,locale\nr1,r1@example.org,en\n")
    t.write("batch.json", json.dumps({"version": 1, "id": "rest", "template": "service-restored", "campaign": NAME}))
    for what in (("--batch", "batch.json"), ("--template", "service-restored", "--campaign", NAME, "--id", "rest")):
        for daemon in (True, False):
            if not daemon:
                t.daemon.stop()
            answer = t.command("enqueue", *what, "--csv", "rows.csv", "--facts", "outage/facts-1.yaml", "--partial")
            t.equal((answer.status, answer.out), (77, ""), f"{what}, a daemon: {daemon}: {answer.err}")
            t.contains(answer.err, "take a name that no campaign has", "what to do")
        t.daemon.start()
    hand_over(t, "stranger", 3, campaign="not-approved-by-anybody")
    t.wait(lambda: mails(t) == 8, 20, "those of the campaign, and those of another one")
    t.equal(state(t)["delivered"], 5, "who was approved")


def test_an_interrupted_send_is_finished_by_the_same_command(t):
    file = prepare(t)
    t.equal(send(t, file).status, 0, "sent")
    folder = os.path.join(t.spool, "new", f"{NAME}-customers")
    with open(os.path.join(folder, "batch.json"), encoding="utf-8") as text:
        first = text.read()
    shutil.rmtree(folder)  # as if it had been killed between the record and the batch
    again = send(t, file)
    t.equal(again.status, 0, f"again: {again.err}")
    with open(os.path.join(folder, "batch.json"), encoding="utf-8") as text:
        t.equal(text.read(), first, "the same batch")
    t.equal([d["verb"] for d in state(t)["decisions"]], ["send"], "recorded once")
    t.daemon.start()
    wait_for(t, state="finished", delivered=48)
    t.equal(mails(t), 48, "mails")
    edit(t, "outage/facts-1.yaml", "\n", "\n\n")
    other = send(t, file)
    t.equal(other.status, 65, f"another campaign of the same name: {other.err}")


def test_a_send_that_is_killed_anywhere_is_finished_by_the_next(t):
    file = prepare(t)
    t.daemon.start()
    for attempt in range(1, 9):
        command = [lib.DISPATCHER, "send", file, "--confirm", NAME, "--config", t.config_path]
        sender = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=t.dir, env=t.environment)
        try:
            sender.wait(0.15 * attempt)
        except subprocess.TimeoutExpired:
            sender.kill()
            sender.wait()
    t.equal(send(t, file).status, 0, "the last one")
    wait_for(t, state="finished", delivered=48)
    t.equal(mails(t), 48, "nobody twice, nobody left out")
    t.equal([d["verb"] for d in state(t)["decisions"]], ["send"], "recorded once")


# while it goes


def test_the_first_ones_wait_for_a_look(t):
    file = prepare(t, "canary: {first: 5, then: look}\n")
    t.daemon.start()
    t.equal(send(t, file).status, 0, "sent")
    t.wait(lambda: mails(t) == 5, 20, "the first five")
    wait_for(t, state="canary", delivered=5)
    t.holds(lambda: mails(t) == 5, 1, "the others wait")
    once = t.command("watch", NAME, "--once")
    t.equal(once.status, 75, "not over")
    t.contains(once.err, f"dispatcher campaign go-on {NAME}", "what it waits for")
    t.contains(once.out, f"WAITS FOR A LOOK (dispatcher campaign go-on {NAME})", "and in the line itself")
    t.contains(t.command("campaign", "show", NAME).err, "campaign go-on", "what to do next")
    t.equal(t.command("campaign", "go-on", NAME, "--reason", "looked at two").status, 0, "looked at")
    watch = t.command("watch", NAME)
    t.equal(watch.status, 0, f"to the end: {watch.err}")
    t.contains(watch.out, "48 lines = 48 delivered", "all of them")
    t.check(any(d["reason"] == "looked at two" for d in state(t)["decisions"]), "who looked, and why")


def test_waves_leave_one_after_the_other(t):
    file = prepare(t, "waves: {people: 20, every: 2s}\n")
    t.daemon.start()
    t.equal(send(t, file).status, 0, "sent")
    watch = t.command("watch", NAME)
    t.equal(watch.status, 0, f"to the end: {watch.err}")
    t.equal(mails(t), 48, "mails")
    t.contains(watch.err, "the next one begins", "what it waited for")


def test_a_pause_holds_all_and_a_resume_lets_go(t):
    file = prepare(t, "canary: {first: 5, then: look}\n")
    t.daemon.start()
    t.equal(send(t, file).status, 0, "sent")
    wait_for(t, delivered=5)
    pause = t.command("campaign", "pause", NAME, "--reason", "wrong number")
    t.contains(pause.out, f"Undo: dispatcher campaign resume {NAME}", "the way back")
    looked = t.command("campaign", "go-on", NAME)
    t.equal(looked.status, 0, "looked at")
    t.contains(looked.out, f"it is paused and nothing leaves. Let it go on: dispatcher campaign resume {NAME}", "what stops it")
    t.holds(lambda: mails(t) == 5, 1, "nothing leaves")
    mine = next(r["id"] for r in t.command("queue", "--campaign", NAME, "--json").lines() if r["state"] == "waiting")
    for words in (("why", mine), ("why", mine, "--json")):
        t.contains(t.command(*words).out, f"dispatcher campaign resume {NAME}", f"what would help: {words}")
    t.equal((state(t)["state"], state(t)["stop_reason"]), ("paused", "wrong number"), "state")
    t.equal(t.command("campaign", "resume", NAME).status, 0, "resumed")
    wait_for(t, state="finished", delivered=48)


def test_a_cancelled_campaign_ends_where_it_was(t):
    file = prepare(t, "canary: {first: 5, then: look}\n")
    t.daemon.start()
    t.equal(send(t, file).status, 0, "sent")
    wait_for(t, delivered=5)
    t.equal(t.command("campaign", "cancel", NAME).status, 64, "not without its name")
    answer = t.command("campaign", "cancel", NAME, "--confirm", NAME, "--reason", "over")
    t.equal(answer.status, 0, f"cancelled: {answer.err}")
    wait_for(t, state="cancelled")
    row = state(t)
    t.equal((row["delivered"], row["waiting"], row["cancelled"]), (5, 0, 43), "who was told")
    t.equal(mails(t), 5, "mails")
    t.equal(send(t, file).status, 65, "that is for good")
    if not_root():
        return
    edit(t, file, "canary: {first: 5, then: look}\n", "approvals: [legal]\n")
    refused = approve(t, file, SECOND, "legal")
    t.equal(refused.status, 65, f"nor is it approved: {refused.err}")
    t.contains(refused.err, "give it another name", "what to do")


def test_who_was_not_told_is_said_at_the_end(t):
    mail = t.faulty("good")
    file = prepare(t, email=t.email_transport(mail))
    edit(t, file, "channels: [email, sms]", "channels: [email]")
    edit(t, "outage/customers.csv", "customer07@example.org", "550.customer07@example.org")
    t.daemon.start()
    sent = send(t, file, "--wait")
    t.equal(sent.status, 1, f"one was not told: {sent.out}{sent.err}")
    t.equal(state(t)["state"], "completed_with_failures", "state")
    t.contains(t.command("campaign", "show", NAME).err, f"dispatcher failures --campaign {NAME}", "what to do next")
    t.equal(t.command("watch", NAME, "--once").status, 1, "watch says it too")


def test_what_nobody_knows_is_said(t):
    t.configure()
    for words in (("show", "nix"), ("pause", "nix"), ("resume", "nix"), ("go-on", "nix"), ("cancel", "nix")):
        answer = t.command("campaign", *words)
        t.equal(answer.status, 66, f"{words}: {answer.err}")
        t.contains(answer.err, "dispatcher campaign list", f"what to do about {words}")
    t.equal(t.command("watch", "nix").status, 66, "watch")
    t.equal(t.command("campaign", "list").status, 0, "an empty list")


# what it still owes


def owing(t):
    """A notice of a possible leak of which everybody is told, and the people trimmed to five."""
    folder = os.path.join(t.dir, "leak")
    os.makedirs(folder)
    t.configure()
    for name in ("campaign-1-possibility.yaml", "facts-1.yaml", "everybody.csv"):
        shutil.copy(os.path.join(lib.ROOT, "docs", "incidents", "card-leak", name), folder)
    t.write("leak/everybody.csv", "".join(read(t, "leak/everybody.csv").splitlines(keepends=True)[:6]))
    for number in ("affected_possible: 960", "total_count: 960", "affected: 960"):
        edit(t, "leak/facts-1.yaml", number, number.replace("960", "5"))
    edit(t, "leak/campaign-1-possibility.yaml", "send_at: 2026-10-04T10:00:00+09:00\n", "")
    return "leak/campaign-1-possibility.yaml"


def duties(t):
    """What the text, the page and the row say."""
    shown = t.command("campaign", "show", "card-leak-possibility")
    report = t.command("campaign", "report", "card-leak-possibility", "--html", "r.html").out
    return shown.out, report, read(t, "r.html")


def test_a_duty_stays_whatever_becomes_of_the_files(t):
    file = owing(t)
    t.daemon.start()
    sent = t.command("send", file, "--confirm", "card-leak-possibility", "--wait")
    t.equal(sent.status, 0, f"sent: {sent.out}{sent.err}")
    for text in duties(t):
        t.contains(text, "confirm the leak to the same people", "what is owed at first")
    t.write("leak/facts-2.yaml", read(t, "leak/facts-1.yaml").replace("version: 1\n", "version: 2\nsupersedes: facts-1.yaml\n", 1))
    t.write("leak/campaign-2.yaml", read(t, file).replace("card-leak-possibility", "card-leak-2").replace("facts-1", "facts-2") + "supersedes: campaign-1-possibility.yaml\n")
    edit(t, file, "template: leak-possibility", "template: leak-posibility")
    shown, report, page = duties(t)
    t.contains(shown, "Still owed:", "the next one lies beside it, unsent, and a letter is not there")
    t.contains(report, "Not final: still open is", "nor is the report final")
    t.contains(page, "This report is not final.", "nor the page")
    edit(t, file, "languages:", "langwidges:")
    shown, report, page = duties(t)
    t.contains(shown, "What is still owed could not be looked at: ", "why")
    t.contains(shown, '"langwidges"', "and where")
    t.contains(report, "Not final: the duties could not be looked at:", "the report says so")
    t.check("is final" not in report and "This report is not final." in page, f"not final: {report}")
    t.contains(page, "Could not be looked at:", "and the page says why")


def test_a_report_says_that_an_outbox_reaches_nobody(t):
    file = prepare(t)
    t.daemon.start()
    t.equal(send(t, file, "--wait").status, 0, "sent")
    answer = t.command("campaign", "report", NAME)
    t.contains(answer.out, "48 of the delivered went to an outbox: nothing really left.", answer.out)
    t.equal(t.command("campaign", "report", NAME, "--json").lines()[-1]["outbox"], 48, "for programs")
    words = {"en": "nothing really left", "de": "wirklich gesendet wurde nichts", "ko": "실제로 발송되지 않"}
    nobody = {"en": "Everybody was reached.", "de": "Alle wurden erreicht.", "ko": "모든 대상자에게 전달되었습니다."}
    for language, said in words.items():
        t.command("campaign", "report", NAME, "--html", "report.html", "--lang", language)
        page = read(t, "report.html")
        t.contains(page, said, language)
        t.check(nobody[language] not in page, f"{language}: not that they were reached")

# who was not told


def test_a_campaign_of_which_some_are_held_is_not_finished(t):
    file = prepare(t, "canary: {first: 5, then: look}\n", people=9)
    t.daemon.start()
    t.equal(send(t, file).status, 0, "sent")
    wait_for(t, state="canary", delivered=5)
    t.matches(t.command("batches").out, rf"waiting .*the first ones are out: dispatcher campaign go-on {NAME}", "why it waits")
    waiting = t.command("queue", "--campaign", NAME, "--state", "waiting", "--json").lines()[0]["id"]
    t.contains(t.command("show", waiting).out, "a look at the first ones of its campaign", "one of those who wait")
    t.equal(t.command("hold", "--campaign", NAME, "--yes").status, 0, "held")
    t.equal(t.command("campaign", "go-on", NAME).status, 0, "looked at")
    wait_for(t, state="running", held=4, finished_at=None)
    t.contains(t.command("campaign", "show", NAME).out, f"4 wait for somebody: dispatcher release --campaign {NAME}", "what to do")
    batches = t.command("batches").out
    t.matches(batches, rf"to release .* 55% .*4 held: dispatcher release --batch {NAME}", "its batch")
    watch = t.command("watch", NAME, "--once")
    t.equal(watch.status, 1, f"nothing moves, and four were not told: {watch.out}")
    t.contains(watch.out, f"{NAME} is not finished, some are held", "nor is it finished")
    t.contains(watch.err, f"let go with `dispatcher release --campaign {NAME}`", "not with retry")
    t.equal(t.command("release", "--campaign", NAME, "--yes").status, 0, "released")
    wait_for(t, state="finished", delivered=9)
    t.equal(t.command("watch", NAME, "--once").status, 0, "everybody was told")


def test_a_campaign_in_trial_mode_has_failures_and_a_list_has_none(t):
    file = prepare(t, people=3, trial=True, allow=["customer01@example.org"])
    edit(t, file, "channels: [email, sms]", "channels: [email]")
    t.daemon.start()
    t.equal(send(t, file, "--wait").status, 1, "two were not told")
    t.equal(state(t)["state"], "completed_with_failures", "state")
    t.daemon.stop()
    t.configure(templates="templates", locales="locales", locale={"fallback": "en"})
    t.daemon.start()
    other = file.replace("restored", "again")
    t.write(other, read(t, file).replace(f"campaign: {NAME}", "campaign: again"))
    t.command("suppress", "add", "customer02@example.org", "--reason", "asked")
    t.command("suppress", "add", "customer03@example.org", "--reason", "asked")
    t.equal(t.command("send", other, "--confirm", "again", "--wait").status, 0, "on purpose")
    t.equal(t.command("campaign", "show", "again", "--json").json()["state"], "finished", "on purpose")


def test_a_campaign_says_that_its_transport_is_paused(t):
    file = prepare(t, people=3)
    t.daemon.start()
    t.equal(t.command("transport", "pause", "mail").status, 0, "paused")
    t.equal(send(t, file).status, 0, "sent")
    wait_for(t, state="running", waiting=3)
    t.contains(t.command("campaign", "show", NAME).out, "Waits      waiting for `dispatcher transport resume`", "why nothing leaves")


def test_what_the_configuration_wants_no_door_leaves_out(t):
    if not_root():
        return
    file = prepare(t, people=5, campaigns={"approvals": ["comms", "legal"], "sender_approves": False})
    t.daemon.start()
    check = t.command("check", file)
    t.equal(check.status, 0, f"check: {check.out}{check.err}")
    t.contains(check.out, "somebody must also approve it as legal", "check tells it")
    dry = t.command("send", file, "--dry-run")
    t.equal(dry.status, 77, "the dry run")
    t.contains(dry.out, "comms: MISSING · legal: MISSING", "who is missing")
    t.contains(t.command("campaign", "show", file).out, "legal: MISSING", "show")
    refused = send(t, file)
    t.equal(refused.status, 77, f"a file that asks nobody: {refused.out}")
    queued = t.command("enqueue", "--campaign", file, "--cohort", "customers")
    t.equal(queued.status, 77, f"enqueue --campaign: {queued.out}{queued.err}")
    t.contains(queued.err, "dispatcher send", "what to do instead")
    asked = t.ask("start", campaign=NAME, kind="confirmed", roles=[], plan={"cohorts": [{"name": "a", "people": 1}]},
                  manifest=[{"part": p, "name": p, "sha256": "a" * 64} for p in ("campaign", "letter")])[1]
    t.equal(asked.get("code"), -7, f"the daemon asks as well: {asked}")
    hand_over(t, "dropped", 3, campaign="a-name-nobody-knows")
    t.contains(t.corrupt("dropped"), "wants every campaign approved", "a batch dropped by hand")
    single = {**t.notice("single"), "campaign": "one-by-one"}
    t.write("single.json", json.dumps(single))
    answer = t.command("enqueue", "single.json")
    t.equal(answer.status, 65, f"a single notice: {answer.out}{answer.err}")
    t.contains(answer.err, "campaigns.approvals", "why")
    t.drop({**single, "id": "dropped-single"})
    t.contains(t.corrupt("dropped-single"), "wants every campaign approved", "a notice dropped by hand")
    t.equal(approve(t, file, SECOND, "comms").status, 0, "the first")
    t.equal(t.command("campaign", "approve", file, "--as", "legal").status, 0, "the second, who sends")
    own = send(t, file)
    t.equal(own.status, 77, f"who approved does not send: {own.out}")
    t.contains(own.err, "somebody else sends it", "why")
    t.equal(mails(t), 0, "nothing has left")
    t.equal(command_as(t, THIRD, "send", file, "--confirm", NAME).status, 0, "a third sends")
    wait_for(t, state="finished", delivered=5)


def test_a_batch_in_the_place_of_an_approved_one_has_its_letter(t):
    file = prepare(t, people=5)
    t.equal(send(t, file).status, 0, "sent")
    shutil.rmtree(os.path.join(t.spool, "new", f"{NAME}-customers"))
    t.daemon.start()
    hand_over(t, f"{NAME}-customers", 3, campaign=NAME)
    t.contains(t.corrupt(f"{NAME}-customers"), "which was sent with another letter", "another letter under its name")
    t.equal(send(t, file, "--wait").status, 0, "the same command again")
    t.equal(mails(t), 5, "who was meant")


def test_facts_that_are_swapped_while_they_are_read_are_named_as_they_were_read(t):
    file = prepare(t, people=5)
    text, known = read(t, "outage/facts-1.yaml"), {}
    place, ended = os.path.join(t.dir, "outage"), threading.Event()
    for name, words in (("one", "Online banking and the app"), ("two", "Online banking, and the app")):
        version = text.replace('en: "Online banking and the app"', f'en: "{words}"')
        known[hashlib.sha256(version.encode()).hexdigest()] = words
        t.write(f"outage/{name}", version)
    t.equal(len(known), 2, "two versions")

    def swap():
        at = 0
        while not ended.is_set():
            at = 1 - at
            os.link(os.path.join(place, ("one", "two")[at]), os.path.join(place, "swap"))
            os.rename(os.path.join(place, "swap"), os.path.join(place, "facts-1.yaml"))
            if os.path.exists(os.path.join(place, "swap")):
                os.unlink(os.path.join(place, "swap"))

    swapping = threading.Thread(target=swap)
    swapping.start()
    handed = 0
    try:
        for _ in range(6):
            answer = t.command("enqueue", "--campaign", file, "--cohort", "customers")
            t.check(answer.status in (0, 65, 75), f"taken, or said why not: {answer.status} {answer.err}")
            folder = os.path.join(t.spool, "new", f"{NAME}-customers")
            if answer.status == 0:
                with open(os.path.join(folder, "batch.json"), encoding="utf-8") as batch:
                    words = batch.read()
                sums = [sum for sum in known if sum in words]
                t.equal(len(sums), 1, "the sheet is named")
                t.check(f'"{known[sums[0]]}"' in words or known[sums[0]] in words, f"named as {known[sums[0]]!r}, and reads: {words}")
                handed += 1
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        ended.set()
        swapping.join()
    t.check(handed > 0, "nothing was handed over: this shows nothing")

"""A batch that takes its facts from the sheet that `check` was given: what is sent is what was proved."""

import email
import email.policy
import json
import os
import shutil

import lib

INCIDENT = os.path.join(lib.ROOT, "docs", "incidents", "card-leak")
SHEET = os.path.join(INCIDENT, "facts-2.yaml")
PEOPLE = "id,name,email,phone,locale,reference\nm1,안태원,m1@example.com,+821000000075,ko,CL-0075\nm2,Anna Weiß,m2@example.com,,de,CL-0076\n"


def prepare(t, **members):
    t.configure(locale={"fallback": "ko"})
    batch = {"version": 1, "id": "cl-a", "template": "leak-confirmed", "locale": "ko", "category": "breach_notice", **members}
    t.write("batch.json", json.dumps(batch, ensure_ascii=False))
    t.write("people.csv", PEOPLE)


def enqueue(t, *arguments, sheet=SHEET):
    """Two of the people of a group: the sheet counts more."""
    return t.command("enqueue", "--batch", "batch.json", "--csv", "people.csv", "--facts", sheet, "--partial", *arguments)


def published(t):
    path = os.path.join(t.spool, "new", "cl-a", "batch.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def test_what_is_sent_says_what_the_check_has_proved(t):
    prepare(t)
    facts = t.command("facts", "show", "--json", SHEET, "--cohort", "a").json()["data"]
    answer = enqueue(t, "--cohort", "a")
    t.equal((answer.status, answer.out), (0, "cl-a 2\n"), f"queued: {answer.err}")
    batch = published(t)
    for name, value in batch["data"].items():
        t.equal(value, facts[name], f"fact {name}")
    t.check("data_items" in batch["data"] and "summary" not in batch["data"], "the letter's facts, and no others")
    origin = batch["facts"]
    t.equal((origin["incident"], origin["version"], origin["cohort"], len(origin["sha256"])), ("card-leak", 2, "a", 64), "where they are from")

    t.daemon.start()
    t.wait(lambda: t.outbox("mail", "cl-a_m1") and t.outbox("mail", "cl-a_m2"), 20, "both letters")
    checked = t.command("preview", "leak-confirmed", "--facts", SHEET, "--cohort", "a", "--locale", "ko", "--part", "text").out
    text = email.message_from_bytes(t.outbox("mail", "cl-a_m1"), policy=email.policy.default).get_body(("plain",)).get_content()
    sent = {line.strip() for line in text.splitlines() if len(line.strip()) > 20}
    proved = {line.strip() for line in checked.splitlines() if len(line.strip()) > 20}
    t.check(len(sent) > 15 and len(sent - proved) <= 3, f"lines nobody has checked: {sorted(sent - proved)}")
    t.contains(text, "297", "how many are affected")


def test_a_cohort_gets_its_own_facts(t):
    prepare(t)
    t.equal(enqueue(t, "--cohort", "b").status, 0, "queued")
    items = t.command("facts", "show", "--json", SHEET, "--cohort", "b").json()["data"]["data_items"]
    t.equal(published(t)["data"]["data_items"], items, "data of cohort b")


def must_refuse(t, answer, status, words):
    t.equal(answer.status, status, f"refused: {answer.err}")
    t.contains(answer.err, words, "why")
    t.equal(published(t), None, "nothing is queued")


def test_two_answers_to_one_question_are_refused(t):
    prepare(t, data={"affected_count": 298})
    must_refuse(t, enqueue(t, "--cohort", "a"), 65, '"affected_count" is in the fact sheet too')
    t.matches(enqueue(t, "--cohort", "a").err, r"batch\.json:1:\d+: .*facts-2\.yaml:30", "both places")


def test_sheets_cohorts_and_options_that_do_not_fit_are_refused(t):
    prepare(t)
    must_refuse(t, enqueue(t, "--cohort", "aa"), 65, 'knows no cohort "aa"')
    with open(SHEET, encoding="utf-8") as file:
        t.write("broken.yaml", file.read().replace("affected_count: 297", "affected_count: many").replace("facts-1.yaml", SHEET))
    must_refuse(t, enqueue(t, "--cohort", "a", sheet="broken.yaml"), 65, "broken.yaml cannot be used")
    must_refuse(t, t.command("enqueue", "--batch", "batch.json", "--csv", "people.csv", "--cohort", "a"), 64, "--cohort goes with --facts")
    must_refuse(t, t.command("enqueue", "--facts", SHEET), 64, "or --batch batch.json")
    must_refuse(t, enqueue(t), 65, "say --cohort a, b or c")


def test_a_table_of_other_people_than_the_sheet_counts_is_refused(t):
    prepare(t)
    few = t.command("enqueue", "--batch", "batch.json", "--csv", "people.csv", "--facts", SHEET, "--cohort", "a")
    must_refuse(t, few, 65, "people.csv has 2 recipients, but the cohort a has 28 by ")
    t.contains(few.err, "--partial", "what to do if it is meant")
    end = t.command("enqueue", "--batch", "batch.json", "--csv", "people.csv", "--facts", SHEET, "--cohort", "a", "--json").json()
    t.equal((end["end"], end["id"], end["status"]), (True, "cl-a", "rejected"), f"for programs: {end}")
    t.contains(end["errors"][0]["detail"], "people.csv has 2 recipients", "for programs")
    with open(os.path.join(INCIDENT, "a.csv"), encoding="utf-8") as file:
        t.write("people.csv", file.read())
    whole = t.command("enqueue", "--batch", "batch.json", "--csv", "people.csv", "--facts", SHEET, "--cohort", "a")
    t.equal((whole.status, whole.out), (0, "cl-a 28\n"), f"all of them: {whole.err}")


def readme_commands(word):
    """The commands that README shows with this word, as arguments."""
    with open(os.path.join(lib.ROOT, "README.md"), encoding="utf-8") as file:
        lines = [line.split() for line in file if line.startswith("$ build/dispatcher ") and word in line]
    return [[os.path.join(lib.ROOT, a) if a.startswith("docs/") else a for a in line[2:]] for line in lines]


def test_a_table_that_nobody_counts_against_the_sheet_is_said_to_be_so(t):
    t.configure()
    folder = os.path.join(lib.ROOT, "docs", "incidents", "outage")
    row = ("enqueue", "--csv", os.path.join(folder, "customers.csv"), "--template", "service-restored", "--facts", os.path.join(folder, "facts-1.yaml"), "--locale", "en")
    answer = t.command(*row, "--id", "one")
    t.equal(answer.status, 0, f"queued: {answer.err}")
    t.contains(answer.err, "were not counted against the sheet; --cohort customers does it", "that nobody has counted")
    for more in (("--cohort", "customers", "--id", "two"), ("--partial", "--id", "three"), ("--json", "--id", "four")):
        answer = t.command(*row, *more)
        t.check(answer.status == 0 and "counted" not in answer.err, f"{more}: {answer.err}")


def test_a_checked_campaign_becomes_batches_as_readme_shows(t):
    t.configure(locale={"fallback": "ko"})
    commands = readme_commands("campaign-2-confirmed.yaml")
    t.equal([c[0] for c in commands], ["enqueue", "enqueue"], "the commands")
    answers = [t.command(*c) for c in commands]
    t.equal([a.status for a in answers], [0, 0], [a.err for a in answers])
    t.equal([a.out for a in answers], ["card-leak-confirmed-a 28\n", "card-leak-confirmed-b 269\n"], "queued")
    with open(os.path.join(t.spool, "new", "card-leak-confirmed-b", "batch.json"), encoding="utf-8") as file:
        batch = json.load(file)
    t.equal((batch["template"], batch["category"], batch["campaign"], batch["facts"]["cohort"], batch["facts"]["version"], batch["routing"]["channels"]),
            ("leak-confirmed", "breach_notice", "card-leak-confirmed", "b", 2, ["email", "sms"]), "all from the campaign")
    t.check(batch["not_before"].startswith("2026-10-18T01:00:00"), "not before its time")
    t.daemon.start()
    t.wait(lambda: t.outbox("mail", "card-leak-confirmed-a_card-0075"), 20, "a letter")
    again = t.command(*commands[0])
    t.equal(again.status, 0, f"the same once more: {again.err}")


def test_a_campaign_with_mistakes_or_without_its_people_is_not_queued(t):
    t.configure(locale={"fallback": "ko"})
    folder = os.path.join(t.dir, "incident")
    shutil.copytree(INCIDENT, folder)
    campaign = os.path.join(folder, "campaign-2-confirmed.yaml")
    with open(campaign, encoding="utf-8") as file:
        text = file.read()
    cases = [
        (("--cohort", "x"), text, 65, "say --cohort a or b"), ((), text, 65, "say --cohort a or b"),
        (("--cohort", "a", "--csv", "people.csv"), text, 64, "leave one of the two out"),
        (("--cohort", "a"), text.replace("{a: a.csv,", "{a: null,"), 65, "no file with its people yet"),
        (("--cohort", "a"), text.replace("{a: a.csv, b: b.csv}", "{a: b.csv, b: a.csv}"), 65, "mistakes: dispatcher check"),
    ]
    for arguments, content, status, sentence in cases:
        t.write(campaign, content)
        answer = t.command("enqueue", "--campaign", campaign, *arguments)
        t.equal((answer.status, answer.out), (status, ""), f"{arguments}: {answer.err}")
        t.contains(answer.err, sentence, f"why not {arguments}")
    t.equal(os.path.exists(os.path.join(t.spool, "new")) and os.listdir(os.path.join(t.spool, "new")), [], "nothing is queued")


def test_a_sheet_with_something_left_to_write_is_not_sent(t):
    with open(SHEET, encoding="utf-8") as file:
        sheet = file.read()
    good = '"We investigate the payment."'
    for text, rule in (("TODO ask legal", "placeholder-text"), ("{{nmae}}", "tag-in-text"), ("bit.ly/3abc", "link-shortener"),
                       ("https://www.evil.test", "link-host")):
        prepare(t)
        path = t.write("facts.yaml", sheet.replace(good, f'"{text}"').replace("facts-1.yaml", os.path.join(INCIDENT, "facts-1.yaml")))
        answer = enqueue(t, "--cohort", "a", sheet=path)
        must_refuse(t, answer, 65, "facts.yaml cannot be used; nothing was queued")
        t.matches(answer.err, rf"facts\.yaml:\d+:\d+: error: .*\[{rule}\]", text)
    prepare(t)
    path = t.write("facts.yaml", sheet.replace(good, '"We **investigate** it."').replace("facts-1.yaml", os.path.join(INCIDENT, "facts-1.yaml")))
    t.equal(enqueue(t, "--cohort", "a", sheet=path).status, 0, "a warning is for check")


def test_the_data_of_a_batch_keeps_the_same_rules(t):
    prepare(t, data={"nature": {"ko": "TODO 확인"}})
    answer = t.command("enqueue", "--batch", "batch.json", "--csv", "people.csv")
    must_refuse(t, answer, 65, "batch.json cannot be used; nothing was queued")
    t.matches(answer.err, r"batch\.json:1:\d+: error: .*\[placeholder-text\]", "its place")

"""What comes around and after a campaign: numbers people quote, reports, telephone lists, the next issue, conditions."""

import csv
import datetime
import hashlib
import json
import os
import re

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NUMBER = rf"[{ALPHABET}]{{5}}-[{ALPHABET}]{{5}}"
NUMBERED = "News{{#reference}} {{reference}}{{/reference}}"
QUOTING = "Dear {{to.name}},\n\n{{#reference}}\nPlease quote {{reference}} when you call.\n{{/reference}}\nBye."


def people(count, prefix="p", **members):
    return [{"id": f"{prefix}{i}", "to": {"name": f"Person {i}", "email": f"{prefix}{i}@example.org", "phone": f"+4915100{i:06d}"}, **members} for i in range(1, count + 1)]


def hand_over(t, batch, lines):
    """By the drop protocol, as a producer does it."""
    folder = os.path.join(t.spool, "tmp", batch["id"])
    os.makedirs(folder)
    os.makedirs(os.path.join(t.spool, "new"), exist_ok=True)
    data = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
    shared = {"version": 1, **batch, "count": len(lines), "sha256": hashlib.sha256(data).hexdigest()}
    with open(os.path.join(folder, "notices.jsonl"), "wb") as file:
        file.write(data)
    with open(os.path.join(folder, "batch.json"), "w", encoding="utf-8") as file:
        json.dump(shared, file)
    os.rename(folder, os.path.join(t.spool, "new", batch["id"]))


def finished(t, batch, sent=True):
    rows = [row for row in t.command("batches", "--json").lines() if row.get("batch") == batch]
    return bool(rows) and rows[0].get("state") == "running" and (rows[0].get("open") == 0 or not sent)


def begin(t, batch, lines, sent=True, **keys):
    folder = t.letter("probe", en=(NUMBERED, NUMBERED, QUOTING))
    t.configure(templates=folder, **keys)
    t.daemon.start()
    hand_over(t, batch, lines)
    t.wait(lambda: finished(t, batch["id"], sent), 30, "the batch to be sent")


AUTO = {"id": "b", "template": "probe", "locale": "en", "reference": "auto", "routing": {"method": "single", "channels": ["email"]}}

# reference numbers


def test_each_person_gets_a_number_the_letter_the_queue_and_show_agree_on(t):
    begin(t, AUTO, people(40))
    rows = t.command("queue", "--batch", "b", "--json", "--limit", "100").lines()
    numbers = {row["id"]: row["reference"] for row in rows if "id" in row}
    t.equal(len(set(numbers.values())), 40, "numbers of 40 people")
    for identity, number in numbers.items():
        t.matches(number, f"^{NUMBER}$", identity)
        mail = t.outbox("mail", identity).decode()
        t.contains(mail, number, f"the mail to {identity}")
    shown = t.command("show", "b_p7", "--json").lines()
    t.equal(shown[0]["job"]["reference"], numbers["b_p7"], "show")


def test_a_number_stays_the_same_over_restarts_and_channels(t):
    begin(t, {**AUTO, "routing": {"method": "all", "channels": ["email", "sms", "webhook"]}}, [{**p, "to": {**p["to"], "webhook": "crm"}} for p in people(3)], endpoints={"crm": {"url": "https://localhost/x", "secret": {"env": "CRM_SECRET"}}})
    number = re.search(NUMBER, t.outbox("texts", "b_p2").decode()).group(0)
    t.contains(t.outbox("mail", "b_p2").decode(), number, "mail and SMS")
    t.equal(json.loads(t.outbox("hooks", "b_p2"))["data"]["reference"], number, "webhook")
    before = [row for row in t.command("show", "b_p2", "--json").lines() if "rendered_sha256" in row]
    t.daemon.stop()
    t.daemon.start()
    t.command("retry", "b_p2")
    t.equal([row["reference"] for row in t.command("queue", "--batch", "b", "--json").lines() if row.get("id") == "b_p2"], [number] * 3, "after a restart")
    t.equal([row["rendered_sha256"] for row in before], [row["rendered_sha256"] for row in t.command("show", "b_p2", "--json").lines() if "rendered_sha256" in row], "evidence")


def test_a_number_of_ones_own_and_a_given_one_exclude_each_other(t):
    folder = t.letter("probe", en=("News", "News", QUOTING))
    t.configure(templates=folder)
    t.write("batch.json", json.dumps({"version": 1, **AUTO}))
    t.write("people.jsonl", json.dumps({**people(1)[0], "reference": "K-1"}) + "\n")
    answer = t.command("enqueue", "--batch", "batch.json", "--jsonl", "people.jsonl")
    t.equal(answer.status, 65, "a line with a number of its own")
    t.contains(answer.err, "batch.json gives each recipient a number", "why")
    single = {"version": 1, "id": "n", "template": "probe", "reference": "auto", "to": {"email": "a@example.org"}}
    answer = t.command("enqueue", "-", text=json.dumps(single))
    t.equal(answer.status, 65, "a single notice")
    t.contains(answer.err, "numbers the recipients of a batch", "why")


def test_check_tells_of_a_letter_that_quotes_no_number(t):
    folder = t.letter("probe", en=("News", "News", "Dear {{to.name}},\n\nnews."), de=("Neues", "Neues", QUOTING))
    t.configure(templates=folder)
    t.write("people.csv", "id,email,locale\n1,a@example.org,en\n2,b@example.org,de\n")
    head = "schema: 1\ncampaign: c\ntemplate: probe\nkind: none\ncategory: service_notice\nlanguages: [en, de]\nchannels: [email]\ncohorts: {all: people.csv}\n"
    for reference, expected in (("", 0), ("reference: auto\n", 1)):
        path = t.write("campaign.yaml", head + reference)
        found = [row for row in t.command("check", "--json", path).lines() if row.get("rule") == "campaign-reference"]
        t.equal(len(found), expected, f"warnings with {reference!r}: {found}")
    t.contains(json.dumps(found), "probe in en quotes none", "the language")


def look_up(t, reference):
    """All rows of the request, and the end of its first answer."""
    rows, first, position = [], None, {}
    while True:
        some, end = t.ask("reference", reference=reference, **position)
        rows += some
        first = first or end
        if not end["more"]:
            return rows, first
        position = {"position": end["position"]}


def test_a_number_leads_to_its_person_and_a_mistyped_one_to_the_mistake(t):
    begin(t, AUTO, people(300))
    rows = t.command("queue", "--batch", "b", "--json", "--limit", "400").lines()
    numbers = {row["id"]: row["reference"] for row in rows if "id" in row}
    for identity in ("b_p1", "b_p2", "b_p150", "b_p299", "b_p300"):
        t.equal([row["id"] for row in look_up(t, numbers[identity].lower().replace("-", " "))[0]], [identity], f"whose is {numbers[identity]}")
    number = numbers["b_p42"]
    wrong = number[:2] + ("7" if number[2] != "7" else "8") + number[3:]
    found, end = look_up(t, wrong)
    t.equal(end["fault"], "check", "a wrong character")
    t.equal([(row["id"], row["at"], row["right"], row["guess"]) for row in found], [("b_p42", 3, number[2], True)], "what was meant")
    i = next(i for i in range(4) if number[i] != number[i + 1])
    found, end = look_up(t, number[:i] + number[i + 1] + number[i] + number[i + 2 :])
    t.check(("b_p42", i + 1, True) in [(row["id"], row["at"], row["swapped"]) for row in found], f"swapped: {found}")
    found, end = look_up(t, "U" + number[1:])
    t.equal((end["fault"], end["at"], [row["id"] for row in found]), ("character", 1, ["b_p42"]), "a character that stands in no number")
    t.equal(look_up(t, "4711")[1]["fault"], "length", "none of ours")


def test_numbers_of_producers_are_found_in_notices_and_among_many_lines(t):
    count = 40000  # more than one step looks at
    lines = [{**person, "reference": f"K/{i}-ü"} for i, person in enumerate(people(count), 1)]
    del lines[8999]["id"]  # found by its line
    lines[500]["to"]["name"] = "K/3-ü"
    begin(t, {**{k: v for k, v in AUTO.items() if k != "reference"}, "not_before": "2099-01-01T00:00:00Z"}, lines, sent=False)
    t.enqueue({"version": 1, "id": "single", "template": "probe", "locale": "en", "to": {"email": "a@example.org"}, "reference": "K/3-ü"})
    t.equal(sorted(row["id"] for row in look_up(t, "K/3-ü")[0]), ["b_p3", "single"], "in a notice and in a line")
    t.equal([row["id"] for row in look_up(t, f"K/{count}-ü")[0]], [f"b_p{count}"], "in the last line")
    t.equal([row["id"] for row in look_up(t, "K/9000-ü")[0]], ["b_9000"], "in a line without an id")
    t.equal(look_up(t, "K/0-ü")[0], [], "nobody's")


# the report


def groups(t, *arguments):
    *rows, summary = t.command("campaign", "report", *arguments, "--json").lines()
    return rows, summary


def mixed(t, count=60):
    """People in two languages, some without a letter in theirs, some only by SMS, some wrong."""
    lines = people(count)
    for i, line in enumerate(lines):
        line["locale"] = ("en", "de", "fr")[i % 3]
        if i % 10 == 0:
            del line["to"]["email"]
    return lines


def test_the_groups_of_a_report_add_up_to_everybody(t):
    folder = t.letter("probe", en=(NUMBERED, NUMBERED, QUOTING))
    t.configure(templates=folder)
    t.daemon.start()
    single = {"routing": {"method": "single", "channels": ["email", "sms"]}}
    for cohort, size in (("a", 60), ("b", 30)):
        hand_over(t, {**AUTO, **single, "id": f"leak-{cohort}", "campaign": "leak"}, mixed(t, size))
    t.wait(lambda: finished(t, "leak-a") and finished(t, "leak-b"), 30, "both to be sent")
    rows, summary = groups(t, "leak")
    t.equal((sum(row["people"] for row in rows), summary["people"], summary["expected"]), (90, 90, 90), "everybody once")
    t.equal(summary["final"], True, "final")
    t.equal({row["cohort"] for row in rows}, {"a", "b"}, "cohorts")
    t.equal(sum(row["people"] for row in rows if row["channel"] == "sms"), 9, "people without a mailbox")
    t.equal(sum(row["people"] for row in rows if row["language_fallback"]), 30, "French people get English letters")
    t.check(summary["first_at"] <= summary["median_at"] <= summary["last_at"], f"times: {summary}")
    t.daemon.stop()
    t.equal(groups(t, "leak")[0], rows, "without a daemon")


def test_a_report_is_a_page_in_three_languages_and_a_table_for_spreadsheets(t):
    begin(t, {**AUTO, "id": "leak-a", "campaign": "leak"}, people(5))
    for language, words in (("de", "Versandbericht"), ("ko", "발송 결과 보고서"), ("en", "Delivery report")):
        answer = t.command("campaign", "report", "leak", "--html", "r.html", "--csv", "r.csv", "--lang", language)
        t.equal(answer.status, 0, answer.err)
        with open(os.path.join(t.dir, "r.html"), encoding="utf-8") as file:
            page = file.read()
        t.contains(page, f'lang="{language}"', "its language")
        t.contains(page, f"<h1>{words}: leak</h1>", "its title")
        t.contains(page, {"de": "Nicht geprüft", "ko": "확인하지 못했습니다", "en": "Not looked at"}[language], "duties of nobody's file")
        t.check("<script" not in page and "http" not in page, "nothing is fetched or run")
    with open(os.path.join(t.dir, "r.csv"), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    t.equal([(row["cohort"], row["channel"], row["state"], row["people"]) for row in rows], [("a", "email", "delivered", "5")], "the table")
    t.equal(t.command("campaign", "report", "none").status, 66, "nobody's campaign")


def test_a_report_is_not_final_while_somebody_waits(t):
    begin(t, {**AUTO, "id": "leak-a", "campaign": "leak", "not_before": "2099-01-01T00:00:00Z"}, people(5), sent=False)
    _, summary = groups(t, "leak")
    t.equal((summary["final"], summary["open"]), (False, 5), "five wait")
    t.contains(t.command("campaign", "report", "leak").out, "Not final: 5 people are still open.", "it says so")


def test_who_was_told_on_a_second_way_counts_once_as_told(t):
    folder = t.letter("probe", en=(NUMBERED, NUMBERED, QUOTING))
    refusing = t.faulty("rcpt-550")
    t.configure(templates=folder, email=t.email_transport(refusing))
    t.daemon.start()
    hand_over(t, {**AUTO, "id": "leak-a", "campaign": "leak", "routing": {"method": "single", "channels": ["email", "sms"]}}, people(4))
    t.wait(lambda: finished(t, "leak-a"), 30, "all to be sent")
    rows, summary = groups(t, "leak")
    t.equal([(row["channel"], row["channel_fallback"], row["state"], row["people"]) for row in rows], [("sms", True, "delivered", 4)], "told by SMS")


# the telephone


def call_list(t, *arguments):
    answer = t.command("call-list", "leak", *arguments, "--out", "calls.csv")
    t.equal(answer.status, 0, answer.err)
    with open(os.path.join(t.dir, "calls.csv"), "rb") as file:
        data = file.read()
    t.check(data.startswith(b"\xef\xbb\xbf"), "a byte order mark for spreadsheets")
    return list(csv.DictReader(data.decode("utf-8-sig").splitlines()))


CALLED_AT = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9))).replace(microsecond=0)


def fill_in(t, rows, at=CALLED_AT, **outcomes):
    """The list as the phone team saves it: semicolons, and an outcome for some."""
    with open(os.path.join(t.dir, "filled.csv"), "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        for row in rows:
            outcome, note = outcomes.get(row["id"].split("_")[1], ("", ""))
            writer.writerow({**row, "outcome": outcome, "note": note, "at": at.isoformat() if outcome else ""})
    return t.command("call-import", "filled.csv", "--json")


def unreached(t, **cohorts):
    """A campaign of which nobody has a mailbox that works."""
    folder = t.letter("probe", en=(NUMBERED, NUMBERED, QUOTING))
    t.configure(templates=folder, email=t.email_transport(t.faulty("rcpt-550")))
    t.daemon.start()
    for cohort, lines in cohorts.items():
        hand_over(t, {**AUTO, "id": f"leak-{cohort}", "campaign": "leak"}, lines)
        t.wait(lambda: finished(t, f"leak-{cohort}"), 30, "all to be refused")


def test_a_call_list_has_whom_nothing_reached_and_no_formulas(t):
    lines = people(3)
    lines[0]["to"]["name"] = '=HYPERLINK("http://evil.example")'
    lines[1]["to"]["name"] = "@SUM(1)"
    unreached(t, a=lines)
    rows = call_list(t, "--lang", "ko")
    t.equal([row["id"] for row in rows], ["leak-a_p1", "leak-a_p2", "leak-a_p3"], "all three")
    for row in rows:
        for column, cell in row.items():
            t.check(cell[:1] not in ("=", "+", "-", "@"), f"{column} is a formula: {cell!r}")
    t.contains(rows[2]["phone"], "+4915100000003", "the number")
    t.contains(rows[2]["cause"], "실패: 존재하지 않는 주소입니다.", "the cause in words")
    t.contains(rows[2]["best_time"], "09:00-18:00 Europe/Berlin", "the time")
    shown = t.command("show", "leak-a_p3", "--json").lines()[0]["job"]["reference"]
    t.equal(rows[2]["reference"], shown, "the number in the letter")


def test_outcomes_come_back_once_and_are_shown(t):
    unreached(t, a=people(4), b=people(2))
    rows = call_list(t)
    t.equal(len(rows), 6, "both cohorts")
    answer = fill_in(t, rows, p1=("reached", "Danke; ruft an"), p2=("No answer", ""), p3=("call_back", "=1+1"))
    t.equal((answer.status, answer.json()), (0, {"v": 1, "new": 5, "known": 0, "empty": 1, "wrong": 0}), f"noted: {answer.err}")
    answer = fill_in(t, rows, p1=("reached", "Danke; ruft an"), p2=("No answer", ""), p3=("call_back", "=1+1"))
    t.equal(answer.json(), {"v": 1, "new": 0, "known": 5, "empty": 1, "wrong": 0}, "the same file again")
    shown = [row for row in t.command("show", "leak-a_p1", "--json").lines() if "call" in row]
    called = CALLED_AT.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    t.equal([(row["call"], row["note"], row["at"]) for row in shown], [("reached", "Danke; ruft an", called)], "in the story")
    t.contains(t.command("show", "leak-a_p1").out, "reached: Danke; ruft an", "for people")
    actions = [row for row in t.command("actions", "--json").lines() if row.get("verb") == "call import"]
    t.equal([row["count"] for row in actions], [5], "one action")
    t.equal([row["id"] for row in call_list(t)], ["leak-a_p2", "leak-a_p3", "leak-a_p4", "leak-b_p2"], "who was reached is left out")
    for addresses, kept in (("masked", [None]), ("full", ["Danke; ruft an"])):
        taken = t.command("evidence", "leak", "--out", addresses, "--addresses", addresses)
        t.equal(taken.status, 0, f"evidence: {taken.err}")
        with open(os.path.join(t.dir, addresses, "calls.jsonl"), encoding="utf-8") as file:
            calls = [json.loads(line) for line in file]
        t.equal([row["note"] for row in calls if row["id"] == "leak-a_p1"], kept, f"the note, with addresses {addresses}")
        forgotten = t.command("evidence", "forget", addresses, "--id", "p2")
        if addresses == "full":
            t.matches(forgotten.err, r"did you mean --id leak-[ab]_p2\?", "the id of the table")
    t.command("campaign", "report", "leak", "--html", "r.html", "--lang", "de")
    with open(os.path.join(t.dir, "r.html"), encoding="utf-8") as file:
        t.matches(file.read(), r'erreicht</th><td class="n">2</td>', "in the report")
    t.daemon.stop()
    t.equal(fill_in(t, rows, p4=("refused", "")).json()["new"], 1, "without a daemon")


def test_rows_nobody_has_are_named_and_the_others_taken(t):
    unreached(t, a=people(2))
    rows = call_list(t)
    strange = {**rows[0], "id": "leak-a_p9"}
    answer = fill_in(t, [*rows, strange], p1=("reached", ""), p2=("maybe", ""), p9=("reached", ""))
    t.equal((answer.status, answer.json()["new"], answer.json()["wrong"]), (65, 1, 2), "one of three")
    t.contains(answer.err, "filled.csv:3: the outcome is one of", "which row is no outcome")
    t.contains(answer.err, "filled.csv:4: nobody in the books has this id", "which row is nobody's")
    t.equal(t.command("call-import", "dispatcher.yaml").status, 65, "no list")


def test_a_call_is_neither_to_come_nor_older_than_the_notice(t):
    unreached(t, a=people(1))
    rows = call_list(t)
    for days, part in ((366, "dated in the future"), (-1, "dated before the notice was accepted")):
        answer = fill_in(t, rows, at=CALLED_AT + datetime.timedelta(days=days), p1=("reached", ""))
        t.equal((answer.status, answer.json()), (65, {"v": 1, "new": 0, "known": 0, "empty": 0, "wrong": 1}), "refused")
        t.contains(answer.err, f"filled.csv:2: the call is {part}", "why")
    t.equal(fill_in(t, rows, p1=("reached", "")).json()["new"], 1, "when it was")


def test_cohorts_that_are_phoned_are_on_the_list_whatever_arrived(t):
    folder = t.letter("probe", en=(NUMBERED, NUMBERED, QUOTING))
    t.configure(templates=folder)
    t.daemon.start()
    for cohort in ("a", "b"):
        hand_over(t, {**AUTO, "id": f"leak-{cohort}", "campaign": "leak"}, people(3))
        t.wait(lambda: finished(t, f"leak-{cohort}"), 30, "all to be sent")
    t.write("campaign.yaml", "schema: 1\ncampaign: leak\ntemplate: probe\nkind: none\ncategory: service_notice\nlanguages: [en]\nchannels: [email]\ncohorts: {a: a.csv, b: b.csv}\nphoned: [a]\n")
    t.equal([row["id"] for row in call_list(t, "--file", "campaign.yaml")], ["leak-a_p1", "leak-a_p2", "leak-a_p3"], "only a")
    t.equal(call_list(t), [], "without the file")
    t.equal(len(call_list(t, "--everybody", "--cohort", "b")), 3, "a cohort")


# conditions


def asked(t, path="/say", say=None, count=3, **keys):
    """A batch whose messages are asked about; the system that is asked, and what it was asked."""
    receiver = t.https()
    if say is not None:
        with open(receiver.path("say"), "w", encoding="utf-8") as file:
            file.write(say)
    folder = t.letter("probe", en=(NUMBERED, NUMBERED, QUOTING))
    t.configure(templates=folder, webhook=t.webhook_transport(), endpoints={"crm": t.endpoint(receiver, path, **keys)})
    t.daemon.start()
    hand_over(t, {**AUTO, "condition": {"endpoint": "crm"}}, people(count))
    return receiver


def test_who_may_still_be_written_to_is_asked_about_each(t):
    receiver = asked(t, say='{"send": true}')
    t.wait(lambda: finished(t, "b"), 30, "all to be sent")
    t.equal({row["state"] for row in t.rows(batch="b")}, {"delivered"}, "all leave")
    questions = sorted((receiver.json(record) for record in receiver.received()), key=lambda q: q["id"])
    t.equal([q["id"] for q in questions], ["b_p1", "b_p2", "b_p3"], "asked and signed, once each")
    t.matches(questions[0]["reference"], NUMBER, "the number of the letter")
    t.equal((questions[0]["channel"], questions[0]["template"], questions[0]["campaign"]), ("email", "probe", "b"), "what it is about")


def test_a_no_keeps_it_from_leaving_and_says_why(t):
    asked(t, say='{"send": false, "reason": "card was re-issued"}')
    t.wait(lambda: finished(t, "b"), 30, "all to be decided")
    rows = t.rows(batch="b")
    t.equal({(row["state"], row["cause"]) for row in rows}, {("suppressed", "condition")}, "suppressed")
    t.contains(rows[0]["reply"], "card was re-issued", "the reason")
    t.equal(t.outbox("mail", "b_p1"), None, "nothing left")
    t.equal(t.ask("suppressions")[0], [], "nobody is on the suppression list for it")


def test_without_a_yes_nothing_leaves(t):
    lies = ("", "yes", '{"send": "true"}', '{"send": 1}', "[true]", '{"sent": true}', '{"send": true', '{"send":true}{"send":true}')
    receiver = asked(t, say=lies[0], count=1)
    for number, lie in enumerate(lies):
        with open(receiver.path("say"), "w", encoding="utf-8") as file:
            file.write(lie)
        if number > 0:
            hand_over(t, {**AUTO, "id": f"b{number}", "condition": {"endpoint": "crm"}}, people(1))
        identity = f"b{number or ''}_p1"
        row = t.wait_for_state(identity, "deferred", "delivered")
        t.equal((row["state"], row["cause"], row["attempts"]), ("deferred", "condition_wait", 0), f"{lie!r} is no yes")
        t.equal(t.outbox("mail", identity), None, f"nothing left after {lie!r}")


def test_a_silent_or_strange_system_is_asked_again_until_it_answers(t):
    for path, word in (("/hang", "did not say"), ("/status/404", "404"), ("/error", "500"), ("/redirect", "302"), ("/close", "did not say"), ("/big", "did not say")):
        inner = type(t)(t.name)
        try:
            asked(inner, path, count=1, timeout="1s")
            row = inner.wait_for_state("b_p1", "deferred", "delivered", "failed", "suppressed", seconds=20)
            t.equal((row["state"], row["cause"]), ("deferred", "condition_wait"), path)
            t.contains(row["reply"], word, path)
        finally:
            t.problems += inner.close()
            inner.remove()


def test_a_yes_after_a_silence_lets_it_go(t):
    receiver = asked(t, say="?", count=2)
    t.wait(lambda: all(row["state"] == "deferred" for row in t.rows(batch="b")) and len(t.rows(batch="b")) == 2, 20, "both to wait")
    with open(receiver.path("say"), "w", encoding="utf-8") as file:
        file.write('{"send": true}')
    t.command("retry", "--batch", "b", "--cause", "condition_wait")
    t.wait(lambda: finished(t, "b"), 30, "both to be sent")
    t.equal({row["state"] for row in t.rows(batch="b")}, {"delivered"}, "asked again")


def test_an_unknown_endpoint_lets_nothing_leave_and_check_says_so(t):
    folder = t.letter("probe", en=(NUMBERED, NUMBERED, QUOTING))
    t.configure(templates=folder)
    t.daemon.start()
    hand_over(t, {**AUTO, "condition": {"endpoint": "nobody"}}, people(1))
    row = t.wait_for_state("b_p1", "deferred", "delivered")
    t.equal(row["cause"], "condition_wait", "it waits")
    t.write("people.csv", "id,email,locale\n1,a@example.org,en\n")
    path = t.write("campaign.yaml", "schema: 1\ncampaign: c\ntemplate: probe\nkind: none\ncategory: service_notice\nlanguages: [en]\nchannels: [email]\ncohorts: {all: people.csv}\ncondition: {endpoint: nobody}\n")
    found = [row for row in t.command("check", "--json", path).lines() if row.get("rule") == "campaign-condition"]
    t.equal(len(found), 1, "check tells")


# what follows

NEXT = """# The third issue.
schema: 1
campaign: weekly-3
template: probe
kind: none
category: service_notice
facts: facts-3.yaml   # of Monday
languages: [en, de]
channels: [email]
cohorts: {all: people.csv}
send_at: 2026-10-24T10:00:00+09:00
"""


def test_the_next_issue_takes_the_last_one_as_its_draft(t):
    folder = t.letter("probe", "  issue: {type: integer}\n  summary: {type: localized}\n", en=("News", "News", "Dear {{to.name}},\n\n{{#summary}}{{summary}}{{/summary}} {{#issue}}{{issue}}{{/issue}}"))
    t.configure(templates=folder)
    t.write("people.csv", "id,email,locale\n1,a@example.org,en\n")
    sheet = "schema: 1\nincident: line\nversion: 1\nvalid_from: 2026-10-20T10:00:00+09:00\nkind: none\ncertainty: confirmed\n# Comment.\nfacts:\n  issue: 3\n  summary:\n    en: Nothing new.\n    de: Nichts Neues.\n    ko: 새로운 소식이 없습니다.\n"
    t.write("facts-3.yaml", sheet)
    path = t.write("weekly-3.yaml", NEXT)
    answer = t.command("campaign", "next", path)
    t.equal((answer.status, [os.path.basename(line) for line in answer.out.split()]), (0, ["weekly-4.yaml", "facts-4.yaml"]), f"two files: {answer.err}")
    with open(os.path.join(t.dir, "weekly-4.yaml"), encoding="utf-8") as file:
        made = file.read()
    for line in ("# The third issue.", "campaign: weekly-4", "facts: facts-4.yaml", "# send_at: 2026-10-24T10:00:00+09:00", "supersedes: weekly-3.yaml"):
        t.contains(made.splitlines(), line, "the campaign")
    with open(os.path.join(t.dir, "facts-4.yaml"), encoding="utf-8") as file:
        made = file.read()
    for line in ("version: 2", "supersedes: facts-3.yaml", "  issue: 4", "# Comment.", "    en: Nothing new."):
        t.contains(made.splitlines(), line, "the sheet")
    t.equal(t.command("campaign", "next", path).status != 0, True, "nothing is overwritten")
    found = [row for row in t.command("check", "--json", os.path.join(t.dir, "weekly-4.yaml")).lines() if row.get("rule") == "same-as-last-issue"]
    texts = [row.get("text") or row.get("message") or json.dumps(row) for row in found]
    t.equal([text.split(":")[0] for text in texts], ["en, de"], f"the languages it is sent in: {found}")
    t.write("facts-4.yaml", made.replace("Nothing new.", "The line works again."))
    found = [row for row in t.command("check", "--json", os.path.join(t.dir, "weekly-4.yaml")).lines() if row.get("rule") == "same-as-last-issue"]
    t.equal([row["text"].split(":")[0] for row in found], ["de"], "only the German one is left")


def series(t, name):
    """What check says of an issue beside the last one."""
    rows = t.command("check", "--json", os.path.join(t.dir, name)).lines()
    return sorted((row["rule"], row["text"].split(": ")[0] if ": a paragraph" in row["text"] else row["text"]) for row in rows
                  if row.get("rule") in ("same-as-last-issue", "same-exemption", "campaign-series"))


def paragraphs(t, variables, facts):
    """A weekly letter of one's own, and its first issue."""
    folder = t.letter("probe", variables, en=("News", "News", "Dear {{to.name}},\n\n{{highlights}}\n\n{{outlook}}\n\n{{sms_action}}"))
    t.configure(templates=folder)
    t.write("people.csv", "id,email,locale\n1,a@example.org,en\n")
    t.write("facts-3.yaml", "schema: 1\nincident: line\nversion: 1\nvalid_from: 2026-10-20T10:00:00+09:00\nkind: none\ncertainty: confirmed\nfacts:\n" + facts)
    return t.write("weekly-3.yaml", NEXT.replace("languages: [en, de]", "languages: [en]"))


def test_an_issue_that_repeats_the_last_one_is_told_whatever_its_facts_are_called(t):
    variables = "  highlights: {type: localized}\n  outlook: {type: localized}\n  sms_action: {type: localized}\n"
    path = paragraphs(t, variables, "  highlights: {en: All is well.}\n  outlook: {en: It will be.}\n  sms_action: {en: Wait.}\n")
    t.equal(t.command("campaign", "next", path).status, 0, "the next issue")
    told = series(t, "weekly-4.yaml")
    t.equal([rule for rule, _ in told], ["same-as-last-issue"] * 2, f"both paragraphs: {told}")
    with open(os.path.join(t.dir, "facts-4.yaml"), encoding="utf-8") as file:
        made = file.read()
    t.write("facts-4.yaml", made.replace("All is well.", "Much has changed."))
    t.equal(len(series(t, "weekly-4.yaml")), 1, "one is left")
    t.write("facts-4.yaml", made.replace("All is well.", "Much has changed.").replace("It will be.", "Who knows."))
    t.equal(series(t, "weekly-4.yaml"), [], "what the reader can do may stay")


def test_an_issue_of_standing_words_alone_is_told_to_be_nothing_new(t):
    path = paragraphs(t, "  sms_action: {type: localized}\n", "  sms_action: {en: Wait.}\n").replace("weekly-3", "weekly-4")
    t.letter("probe", "  sms_action: {type: localized}\n", en=("News", "News", "Dear {{to.name}},\n\n{{sms_action}}"))
    t.equal(t.command("campaign", "next", path.replace("weekly-4", "weekly-3")).status, 0, "the next issue")
    (told,) = series(t, "weekly-4.yaml")
    t.contains(told[1], "nothing in this issue is new", "all of it")


def test_a_numbered_issue_begun_by_hand_is_told_to_name_the_last_one(t):
    variables = "  issue: {type: integer}\n  highlights: {type: localized}\n"
    paragraphs(t, variables, "  issue: 2\n  highlights: {en: All is well.}\n")
    t.letter("probe", variables, en=("News", "News", "Dear {{to.name}},\n\n{{highlights}} {{#issue}}{{issue}}{{/issue}}"))
    (told,) = series(t, "weekly-3.yaml")
    t.contains(told[1], "supersedes", "what to write")
    with open(os.path.join(t.dir, "facts-3.yaml"), encoding="utf-8") as file:
        sheet = file.read()
    t.write("facts-4.yaml", sheet.replace("version: 1", "version: 2\nsupersedes: facts-3.yaml").replace("issue: 2", "issue: 3"))
    t.write("by-hand.yaml", NEXT.replace("weekly-3", "by-hand").replace("facts-3", "facts-4").replace("[en, de]", "[en]"))
    t.equal([rule for rule, _ in series(t, "by-hand.yaml")], ["same-as-last-issue"], "found by its facts")


EXEMPT = """exemptions:
  - rule: "kr-pipa-34-1:KR14"   # the authority
    reason: "reported"
    by: ["Kim Minjun", "Lee Seoyeon"]
"""


def test_an_exemption_of_the_last_issue_does_not_hold_for_the_next_without_a_word(t):
    path = paragraphs(t, "  highlights: {type: localized}\n  outlook: {type: localized}\n  sms_action: {type: localized}\n", "  highlights: {en: All is well.}\n")
    with open(path, "a", encoding="utf-8") as file:
        file.write(EXEMPT + "reference: W-3\n")
    answer = t.command("campaign", "next", path)
    t.equal(answer.status, 0, f"made: {answer.err}")
    for words in ("kr-pipa-34-1:KR14", "Kim Minjun, Lee Seoyeon", "granted anew"):
        t.contains(answer.err, words, "who granted what")
    with open(os.path.join(t.dir, "weekly-4.yaml"), encoding="utf-8") as file:
        made = file.read()
    t.contains(made, "".join(f"# {line}\n" for line in EXEMPT.splitlines()), "it stands there as a comment")
    t.contains(made, "\nreference: W-4\n", "and what comes behind it as ever")
    t.check(("same-exemption") not in [rule for rule, _ in series(t, "weekly-4.yaml")], "nothing is set aside")
    t.write("weekly-4.yaml", made.replace("".join(f"# {line}\n" for line in EXEMPT.splitlines()), EXEMPT))
    (told,) = [text for rule, text in series(t, "weekly-4.yaml") if rule == "same-exemption"]
    t.contains(told, "Kim Minjun, Lee Seoyeon", "who granted it, where somebody takes it over by hand")


def test_those_whom_nothing_reached_are_the_audience_of_another_campaign(t):
    lines = people(3)
    lines[1]["to"]["name"] = "=1+1"
    lines[2]["to"]["given_name"] = "민준"
    unreached(t, a=lines)
    answer = t.command("campaign", "people", "leak", "--state", "failed", "--out", "again.csv")
    t.equal(answer.status, 0, answer.err)
    with open(os.path.join(t.dir, "again.csv"), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    t.equal([(row["id"], row["email"], row["locale"]) for row in rows], [(f"p{i}", f"p{i}@example.org", "en") for i in (1, 2, 3)], "their ids and addresses")
    t.equal((rows[1]["name"], rows[2]["given_name"]), ("=1+1", "민준"), "names as they were")
    t.equal(t.command("campaign", "people", "leak", "--state", "delivered").out.count("\n"), 1, "nobody was reached")
    t.equal(t.command("campaign", "people", "leak", "--state", "lost").status, 64, "no state")
    t.write("again.yaml", "schema: 1\ncampaign: again\ntemplate: probe\nkind: none\ncategory: service_notice\nlanguages: [en]\nchannels: [sms]\ncohorts: {all: again.csv}\n")
    sent = t.command("send", "again.yaml", "--to-those", "failed", "--of", "leak", "--confirm", "again")
    t.equal(sent.status, 0, f"sent: {sent.out}{sent.err}")
    t.wait(lambda: finished(t, "again-all"), 30, "all to be sent")
    t.equal(sorted(row["id"] for row in t.rows(batch="again-all")), ["again-all_p1", "again-all_p2", "again-all_p3"], "to the same people")


def test_a_table_that_does_not_hold_any_more_is_not_sent_to(t):
    unreached(t, a=people(3))
    t.command("campaign", "people", "leak", "--state", "failed", "--out", "again.csv")
    t.write("again.yaml", "schema: 1\ncampaign: again\ntemplate: probe\nkind: none\ncategory: service_notice\nlanguages: [en]\nchannels: [sms]\ncohorts: {all: again.csv}\n")
    hand_over(t, {**AUTO, "id": "leak-b", "campaign": "leak"}, people(1, prefix="q"))
    t.wait(lambda: finished(t, "leak-b"), 30, "one more to be refused")
    answer = t.command("send", "again.yaml", "--to-those", "failed", "--of", "leak", "--confirm", "again")
    t.check(answer.status != 0, "it is refused")
    t.contains(answer.err, "is not the table of the 4 people of leak who are failed now", "why")
    t.equal(t.command("send", "again.yaml", "--to-those", "failed").status, 64, "of whom?")

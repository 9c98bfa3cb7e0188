"""Fact sheets and campaigns: every mistake is told with its place, and what is right is silent.

The examples of docs/incidents are copied, one thing in them is broken, and the check must name exactly that.
"""

import json
import os
import re
import shutil
import unicodedata

import lib

INCIDENTS = os.path.join(lib.ROOT, "docs", "incidents")


def copy(t, incident="card-leak"):
    t.configure()
    folder = os.path.join(t.dir, incident)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(os.path.join(INCIDENTS, incident), folder)
    return folder


def edit(folder, name, old, new, count=1):
    path = os.path.join(folder, name)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert old in text, f"{old!r} is not in {name}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new, count))
    return path


def findings(t, *arguments):
    """(severity, place in the file, rule, text) of each problem."""
    rows = t.command("check", "--json", *arguments).lines()
    return [(r["severity"], os.path.basename(r["position"]), r["rule"], r["text"]) for r in rows]


def rules(found, severities=("error", "warning")):
    return [rule for severity, _, rule, _ in found if severity in severities and not rule.startswith("legal-")]


# fact sheets


def test_the_fact_sheets_of_the_examples_are_sound(t):
    t.configure()
    for incident in sorted(os.listdir(INCIDENTS)):
        for name in sorted(os.listdir(os.path.join(INCIDENTS, incident))):
            if name.startswith("facts-"):
                answer = t.command("facts", "check", "--strict", os.path.join(INCIDENTS, incident, name))
                t.equal((answer.status, answer.out), (0, "0 errors, 0 warnings, 1 fact sheet\n"), f"{incident}/{name}")


BROKEN_SHEETS = [
    # (file, what stands there, what is written instead, severity, place, rule)
    ("facts-2.yaml", "certainty: confirmed", "certaintly: confirmed", "error", "8:1", "yaml-unknown-key"),
    ("facts-2.yaml", "kind: leak", "kind: leek", "error", "7:7", "yaml-type"),
    ("facts-2.yaml", "valid_from: 2026-10-18T10:00:00+09:00", "valid_from: 2026-10-18T10:00:00", "error", "6:13", "yaml-type"),
    ("facts-2.yaml", "affected_count: 297", "affected_count: 2.970", "error", "30:19", "yaml-type"),
    ("facts-2.yaml", "affected_count: 297", "affected_count: 296", "error", "30:3", "facts-sum"),
    ("facts-2.yaml", "  nature:", "  natur:", "warning", "22:3", "facts-unknown"),
    ("facts-2.yaml", "not_affected: [name, account_number]", "not_affected: [name, card_number]", "error", None, "facts-contradiction"),
    ("facts-2.yaml", "jurisdictions: [KR]", "jurisdictions: [DE]", "warning", "9:17", "facts-jurisdiction"),
    ("facts-2.yaml", 'supersedes: facts-1.yaml\n', "", "error", "facts-2.yaml", "facts-version"),
    ("facts-2.yaml", "version: 2", "version: 3", "error", "facts-2.yaml", "facts-version"),
    ("facts-2.yaml", "from: 2026-10-18, until: 2026-11-20", "from: 2026-10-18, until: 2026-10-10", "error", "15:42", "yaml-type"),
    ("facts-2.yaml", "  notice: {from: 2026-10-18, until: 2026-11-20}", "  notice: {from: 2026-10-18, until: 2026-12-20}", "error", None, "facts-notice"),
    ("facts-3.yaml", "    share: 43", "    share: 34", "error", None, "facts-share"),
    ("facts-3.yaml", "    total: 297", "    total: 97", "error", None, "facts-sum"),
    ("facts-5.yaml", "  not_affected: \"the authority found", "  nothing: \"the authority found", "error", None, "facts-reason"),
]


def test_every_mistake_in_a_fact_sheet_is_told_where_it_is(t):
    for name, old, new, severity, place, rule in BROKEN_SHEETS:
        path = edit(copy(t), name, old, new)
        found = [row for row in findings(t, path) if row[2] == rule]
        t.check(found, f"{new!r}: nothing of the rule {rule}")
        for row in found[:1]:
            t.equal(row[0], severity, f"{new!r}: severity")
            expected = name if place == name else f"{name}:{place}"
            if place is not None:
                t.equal(row[1], expected, f"{new!r}: place")
            else:
                t.matches(row[1], rf"^{re.escape(name)}:\d+:\d+$", f"{new!r}: place")


# What a text of a sheet may not be: (language, the text as YAML, the words the place is of, severity, rule).
BROKEN_TEXTS = [
    ("ko", '"TODO 법무팀 확인"', "TODO", "error", "placeholder-text"),
    ("ko", "서버를\n          차단했습니다. TODO", "TODO", "error", "placeholder-text"),
    ("en", "|\n          One line.\n          TODO", "TODO", "error", "placeholder-text"),
    ("de", '"Guten Tag, {{nmae}}."', "{{nmae", "error", "tag-in-text"),
    ("de", '"Guten Tag, {nmae}."', "{nmae", "warning", "tag-in-text"),
    ("en", "bit.ly/3abc", "bit.ly", "error", "link-shortener"),
    ("en", '"See https://bit.ly/3abc."', "https", "error", "link-shortener"),
    ("en", '"See https://www.evil.test/x."', "https", "error", "link-host"),
    ("ko", "<b>차단</b>했습니다.", "<b>", "warning", "markup-in-text"),
    ("en", '"We **blocked** it."', "**blocked", "warning", "markup-in-text"),
    ("ko", "차단했다.", "다.", "warning", "ko-formality"),
    ("ko", "차단했어요.", "어요", "warning", "ko-formality"),
    ("ko", "노출", "노출", "warning", "tone-minimising"),
    ("de", "Wir haben dein Konto gesperrt.", "dein", "warning", "de-formality"),
    ("de", "We have blocked the access and we will tell you if it was used.", "We have", "warning", "untranslated"),
    ("de", unicodedata.normalize("NFD", "Größe"), unicodedata.normalize("NFD", "Größe"), "error", "unicode-nfd"),
]


def broken_text(folder, language, text):
    """One step of the compensation, in all languages; facts-2.yaml with it."""
    texts = {"de": '"Wir prüfen die Zahlung."', "ko": '"저희가 해당 거래를 조사합니다."', "en": '"We investigate the payment."'}
    own = texts[language]
    return edit(folder, "facts-2.yaml", f"{language}: {own}", f"{language}: {text}")


def test_the_texts_of_a_sheet_keep_the_rules_of_letters(t):
    for language, text, words, severity, rule in BROKEN_TEXTS:
        folder = copy(t)
        path = broken_text(folder, language, text)
        with open(path, encoding="utf-8") as file:
            whole = file.read()
        before = whole[: whole.index(text) + text.index(words)]
        place = f"facts-2.yaml:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
        expected = [(severity, place, rule)]
        t.equal([row[:3] for row in findings(t, path)], expected, f"check SHEET, {text!r}")
        rows = [json.loads(line) for line in t.command("facts", "check", "--json", path).out.splitlines()]
        t.equal([(r["severity"], os.path.basename(r["position"]), r["rule"]) for r in rows], expected, f"facts check, {text!r}")
    found = [row[:3] for row in findings(t, os.path.join(folder, "campaign-2-confirmed.yaml")) if row[2] == rule]
    t.equal(found, expected, "check CAMPAIGN")


def test_what_is_confirmed_is_not_left_open_in_the_nature(t):
    path = edit(copy(t), "facts-2.yaml", "and copied about 200", "and may have copied about 200")
    t.equal([row[:3] for row in findings(t, path)], [("warning", "facts-2.yaml:25:62", "tone-hedge")], "confirmed")
    path = os.path.join(copy(t), "facts-1.yaml")
    t.equal([row for row in findings(t, path) if row[2] == "tone-hedge"], [], "possible: it must")


def test_the_law_points_at_the_word_in_the_letter(t):
    folder = os.path.join(t.dir, "templates")
    shutil.copytree(os.path.join(lib.ROOT, "templates"), folder)
    edit(folder, "leak-initial/de.md", "{{salutation}}\n", "{{salutation}}\n\nSichere dein Konto mit unserem Gutschein.\n")
    t.configure(templates=folder)
    found = [(place, rule) for _, place, rule, _ in findings(t, os.path.join(folder, "leak-initial"))]
    t.equal(sorted(found), [("de.md:10:32", "legal-eu-gdpr-34:EU6"), ("de.md:10:32", "promo-words"), ("de.md:10:9", "de-formality"), ("de.md:10:9", "legal-eu-gdpr-34:DE1")], "found")


def test_a_term_nobody_has_a_word_for_is_told_once_with_the_one_that_is_meant(t):
    for wrong, meant in (("credit_card", "card_number"), ("카드번호", "card_number"), ("card_numbr", "card_number"), ("zzz", None)):
        folder = copy(t)
        path = edit(folder, "facts-2.yaml", "- card_number\n", f"- {wrong}\n")
        for arguments in (("facts", "check", "--json", path), ("check", "--json", os.path.join(folder, "campaign-2-confirmed.yaml"))):
            rows = [row for row in t.command(*arguments).lines() if row["severity"] == "error"]
            t.equal([(os.path.basename(r["position"]), r["rule"]) for r in rows], [("facts-2.yaml:113:11", "facts-term")], f"{wrong}, {arguments[0]}: {rows}")
            t.contains(rows[0]["text"], f'did you mean "{meant}"?' if meant else "`dispatcher facts terms` lists them", wrong)
    rows = {row["term"]: row for row in t.command("facts", "terms", "--json").lines()}
    t.equal((rows["card_number"]["de"], rows["card_number"]["ko"]), ("Kartennummer", "카드번호"), "the list")
    t.matches(t.command("facts", "terms").out, r"card_number +Kartennummer", "the table")


def test_an_empty_text_names_its_language(t):
    path = edit(copy(t), "facts-2.yaml", 'ko: "24시간, 연중무휴"', 'ko: ""')
    t.equal(findings(t, path), [("error", "facts-2.yaml:61:11", "yaml-type", '"contact.hours" (the hours of the phone) is empty in ko: write the text')], "empty")


def test_a_mistake_is_shown_with_a_stretch_of_its_line(t):
    path = edit(copy(t), "facts-2.yaml", "affected_count: 297", "affected_count: 29.7.0")
    lines = t.command("facts", "check", path).out.splitlines()
    at = next(i for i, line in enumerate(lines) if "facts-2.yaml:30:19" in line)
    t.equal(lines[at + 2].index("^"), lines[at + 1].index("29.7.0"), "caret")


def test_a_difference_says_what_is_legal_and_who_must_hear(t):
    folder = copy(t)
    both = [os.path.join(folder, f"facts-{version}.yaml") for version in (4, 5)]
    rows = t.command("facts", "diff", "--json", *both).lines()
    legal = [(row["cohort"], row["fact"]) for row in rows if row["type"] == "change" and row["legal"]]
    t.equal(legal, [("d", "data_items"), ("d", "not_affected")], "legal changes")
    concerned = [(row["cohort"], row["people"], row["languages"]) for row in rows if row["type"] == "concerned"]
    t.equal(concerned, [("d", 45, ["de", "en", "ko"])], "concerned")
    out = t.command("facts", "diff", *both).out
    t.contains(out, "a supplement must tell cohort d (45) in de, en, ko.", "for people")
    both = [os.path.join(folder, f"facts-{version}.yaml") for version in (2, 3)]
    t.contains(t.command("facts", "diff", *both).out, "No legal fact changed", "progress")


def test_those_who_turn_out_not_to_be_affected_are_to_be_given_an_all_clear(t):
    folder = copy(t)
    both = [os.path.join(folder, f"facts-{version}.yaml") for version in (1, 2)]
    out = t.command("facts", "diff", *both).out
    t.contains(out, "the confirmed notice must tell cohort a (28), cohort b (269); an all-clear must tell cohort c (663) in de, en, ko.", "who hears what")
    path = edit(folder, "facts-3.yaml", "      not_affected:\n        - card_number\n", "      not_affected:\n")
    out = t.command("facts", "diff", both[1], path).out
    t.contains(out, "a supplement must tell cohort c (663) in de", "and if what they were told no longer holds")


TIMES = [
    ("facts-2.yaml", "    start: 2026-09-14", "    start: 2026-09-27", "incident.start (2026-09-27) is after incident.discovered (2026-09-26)"),
    ("facts-2.yaml", "    start: 2026-09-14", "    start: 2027-09-14", "incident.start (2027-09-14) is after valid_from"),
    ("facts-2.yaml", "    discovered: 2026-09-26", "    discovered: 2026-10-20", "incident.discovered (2026-10-20) is after valid_from"),
    ("campaign-2-confirmed.yaml", "send_at: 2026-10-18", "send_at: 2026-10-01", "this leaves before the notice it supersedes"),
    ("campaign-2-confirmed.yaml", "send_at: 2026-10-18", "send_at: 2026-10-15", "this leaves before the organisation was aware"),
]


def test_a_day_that_does_not_exist_is_said_not_to(t):
    for old, new in (("valid_from: 2026-10-18", "valid_from: 2026-11-31"), ("    start: 2026-09-14", "    start: 2026-13-14")):
        path = edit(copy(t), "facts-2.yaml", old, new)
        found = [row[3] for row in findings(t, path) if "there is no such day or hour: 2026-1" in row[3]]
        t.equal(len(found), 1, f"{new}: {findings(t, path)}")


def test_times_that_cannot_be_are_errors(t):
    for name, old, new, sentence in TIMES:
        folder = copy(t)
        path = edit(folder, name, old, new)
        found = [row for row in findings(t, path) if sentence in row[3]]
        t.check(found and found[0][0] == "error" and len(found) == 1, f"{new}: {findings(t, path)}")
        t.matches(found[0][1] if found else "", rf"^{name}:\d+:\d+$", f"{new}: place")


def test_the_facts_of_a_cohort_are_those_of_its_letters(t):
    sheet = os.path.join(copy(t), "facts-2.yaml")
    everybody = t.command("facts", "show", "--json", sheet).json()["data"]
    a = t.command("facts", "show", "--json", sheet, "--cohort", "a").json()["data"]
    t.check("data_items" not in everybody and "card_cvc" in a["data_items"], "data of cohort a")
    t.equal(a["law"], {"kr": True, "eu": False, "uk": False}, "legal blocks")
    t.equal(t.command("facts", "show", sheet, "--cohort", "nobody").status, 66, "an unknown cohort")


# campaigns


def test_the_people_of_the_examples_are_told_apart_and_counted(t):
    for incident, name in (("card-leak", "campaign-2-confirmed.yaml"), ("members-leak", "campaign-3-confirmed.yaml"), ("outage", "campaign-1-restored.yaml")):
        answer = t.command("check", os.path.join(copy(t, incident), name))
        t.contains(answer.out, "everybody is in one cohort only", f"{incident}: {answer.err}")
        t.equal(rules(findings(t, os.path.join(copy(t, incident), name))), [], incident)


def test_the_examples_are_silent_under_strict(t):
    for incident in sorted(os.listdir(INCIDENTS)):
        for name in sorted(os.listdir(copy(t, incident))):
            if name.startswith("campaign-"):
                answer = t.command("check", "--strict", "--at", "2026-11-22T10:00:00+09:00", os.path.join(t.dir, incident, name))
                t.check(answer.status == 0, f"{incident}/{name}: {answer.out}")


def append(folder, name, line):
    with open(os.path.join(folder, name), "a", encoding="utf-8") as file:
        file.write(line)


def first_row(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read().splitlines()[1]


def test_people_in_two_cohorts_or_in_none_are_told_with_their_line(t):
    folder = copy(t)
    campaign = os.path.join(folder, "campaign-2-confirmed.yaml")
    append(folder, "b.csv", first_row(folder, "a.csv") + "\n")
    found = findings(t, campaign)
    t.equal([row[:3] for row in found if row[2] == "audience-overlap"], [("error", "b.csv:271:1", "audience-overlap")], "twice")
    t.check(any(row[2] == "audience-count" and "cohort b has 269 people by the fact sheet" in row[3] for row in found), "the count is told")
    shown = t.command("check", campaign).out
    t.check(first_row(folder, "a.csv").split(",")[2] not in shown, "a row with somebody's address was printed")

    folder = copy(t)
    append(folder, "everybody.csv", "card-9999,New Person,new@example.com,,en,CL-9999\n")
    edit(folder, "campaign-1-possibility.yaml", "cohorts: {all: everybody.csv}", "cohorts: {all: b.csv}")
    found = findings(t, os.path.join(folder, "campaign-1-possibility.yaml"))
    missing = [row for row in found if row[2] == "audience-missing"]
    t.equal(len(missing), 21, "twenty are listed, then how many there are")
    t.contains(missing[-1][3], "692 people of the population are in no cohort", "the rest")


BROKEN_CAMPAIGNS = [
    # (campaign, what stands there, what is written instead, place, rule)
    ("campaign-2-confirmed.yaml", "template: leak-confirmed", "template: leak-confirmd", "4:11", "campaign-template"),
    ("campaign-2-confirmed.yaml", "languages: [ko, de, en]", "languages: [ko, de, fr]", "8:1", "locale-missing"),
    ("campaign-2-confirmed.yaml", "{a: a.csv, b: b.csv}", "{a: a.csv, z: b.csv}", "10:21", "campaign-cohort"),
    ("campaign-2-confirmed.yaml", "kind: confirmed", "kind: possibility", "5:7", "campaign-kind"),
    ("campaign-4-progress.yaml", "facts: facts-3.yaml", "facts: facts-5.yaml", "5:7", "campaign-supplement"),
    ("campaign-5-supplement.yaml", "supersedes: campaign-4-progress.yaml\n", "", "5:7", "campaign-chain"),
]


def test_every_mistake_in_a_campaign_is_told_where_it_is(t):
    for name, old, new, place, rule in BROKEN_CAMPAIGNS:
        path = edit(copy(t), name, old, new)
        found = [row for row in findings(t, path) if row[2] == rule]
        t.equal([row[1] for row in found][:1], [f"{name}:{place}"], f"{new!r}: {rule}")


def test_a_campaign_that_is_not_sent_must_use_the_newest_facts(t):
    path = os.path.join(copy(t), "campaign-4-progress.yaml")
    before = findings(t, path, "--at", "2026-10-24T09:30:00+09:00")
    outdated = [row for row in before if row[2] == "campaign-outdated"]
    t.equal([row[:2] for row in outdated], [("error", "campaign-4-progress.yaml:7:8")], "before it is sent")
    t.contains(outdated[0][3], "cohort a2 (3), cohort d (45)", "who must hear of it")
    after = findings(t, path, "--at", "2026-11-13T09:30:00+09:00")
    t.equal([row for row in after if row[2] == "campaign-outdated"], [], "sent, and followed by others")


def test_a_fact_a_letter_needs_is_missed_once_with_its_name(t):
    folder = copy(t)
    edit(folder, "facts-2.yaml", "  course:", "  course_note:")
    found = findings(t, os.path.join(folder, "campaign-2-confirmed.yaml"))
    missing = [row[3] for row in found if row[2] == "facts-missing"]
    t.check(len(missing) == 2 and all('needs the fact "course"' in text for text in missing), f"of cohorts a and b: {missing}")


# who can be reached


def test_people_whom_no_channel_reaches_are_named_by_their_row(t):
    folder = copy(t)
    campaign = os.path.join(folder, "campaign-2-confirmed.yaml")
    edit(folder, "a.csv", "card0112@example.com,+821000000112", ",")
    found = [row for row in findings(t, campaign) if row[2] == "audience-contact"]
    t.equal([row[:2] for row in found], [("warning", "a.csv:3:1")], f"row: {found}")
    t.contains(found[0][3], "no e-mail address or phone number", "what is missing")
    edit(copy(t), "a.csv", "id,name,email,phone", "id,name,email2,phone2")
    found = [row for row in findings(t, campaign) if row[2] == "audience-contact"]
    t.equal([row[:2] for row in found], [("warning", "a.csv:1:1")], f"no such columns: {found}")


def test_columns_in_other_words_are_told_as_enqueue_does(t):
    folder = copy(t)
    edit(folder, "a.csv", "id,name,email,phone", "id,Vorname,이메일,phone")
    found = [row for row in findings(t, os.path.join(folder, "campaign-2-confirmed.yaml")) if row[2].startswith("audience-co")]
    t.equal([row[:3] for row in found], [("error", "a.csv:1:1", "audience-column")] * 2, f"two columns: {found}")
    t.contains(found[0][3], '"Vorname" is neither part of a recipient nor a variable of the letter; rename it to given_name', "the first")
    t.contains(found[1][3], '"이메일"', "the second")


# the longest SMS


def letter_with_names(t, sms):
    return t.letter("probe", en=("Hello", sms, "{{salutation}}"), ko=("안녕", sms, "{{salutation}}"))


def longest(t, folder):
    """What is said of the SMS: the letter itself is a poor one."""
    people = ("--facts", os.path.join(t.dir, "facts.yaml"), "--audience", os.path.join(t.dir, "people.csv"))
    return [row for row in findings(t, os.path.join(folder, "probe"), *people) if row[2].startswith("sms-")]


SMALLEST_SHEET = "schema: 1\nincident: i\nversion: 1\nvalid_from: 2026-10-18T10:00:00+09:00\nkind: none\ncertainty: confirmed\nfacts: {}\n"


def sms_findings(t, rows, text="Dear {{to.name}}, your data was leaked.", **transport):
    folder = letter_with_names(t, text)
    t.configure(templates=folder, **transport)
    t.write("people.csv", "id,name,locale\n" + "".join(f"{i},{name},{locale}\n" for i, (name, locale) in enumerate(rows)))
    t.write("facts.yaml", SMALLEST_SHEET)
    return longest(t, folder)


def test_the_longest_reader_is_found_and_what_costs_is_named(t):
    rows = [("Kim", "en")] * 50
    t.equal(sms_findings(t, rows), [], "short names")
    rows[30] = ("K" * 140, "en")
    found = sms_findings(t, rows)
    t.equal([row[:3] for row in found], [("warning", "people.csv:32:1", "sms-parts")], "one long name")
    t.contains(found[0][3], "the longest of 50 people", "of how many")
    rows[30] = ("Łucja " + "K" * 60, "en")
    found = [row for row in sms_findings(t, rows) if row[2] == "sms-unicode"]
    t.equal([row[1] for row in found], ["people.csv:32:1"], "a name that makes it Unicode")
    t.contains(found[0][3] if found else "", "has 2 parts; removing Ł (U+0141) makes it 1", "what to remove")


def korean_gateway(t):
    """A transport whose gateway counts bytes of EUC-KR."""
    return {"sms": {"channel": "sms", "gateway": "aligo", "sender": "15880000", "vars": {"user": "u", "key": {"file": t.secret_file("sms", "p")}}}}


def test_a_name_that_a_korean_gateway_cannot_send_is_an_error(t):
    gateway = korean_gateway(t)
    rows = [("김민준", "ko")] * 5 + [("Jürgen", "ko")]
    found = sms_findings(t, rows, text="{{to.name}} 고객님 개인정보 유출 안내", **gateway)
    t.equal([row[:3] for row in found], [("error", "people.csv:7:1", "sms-euckr")], "Jürgen")
    t.contains(found[0][3] if found else "", "ü (U+00FC)", "the character")
    rows = [("김민준", "ko")] * 5 + [("김" * 40, "ko")]
    found = sms_findings(t, rows, text="{{to.name}} 고객님 개인정보 유출 안내", **gateway)
    t.equal([row[:3] for row in found], [("hint", "people.csv:7:1", "sms-parts")], "an LMS")


def gateways_that_count(t, **texts):
    """The shipped descriptions, some with another `text` block."""
    folder = os.path.join(t.dir, "gateways")
    shutil.copytree(os.path.join(lib.ROOT, "config", "gateways"), folder, dirs_exist_ok=True)
    for name, text in texts.items():
        with open(os.path.join(folder, name + ".yaml"), encoding="utf-8") as file:
            changed, count = re.subn(r"(?m)^text: .*$", f"text: {text}", file.read())
        t.equal(count, 1, f"{name} has a text block")
        t.write(f"gateways/{name}.yaml", changed)
    return folder


def test_the_gateway_of_the_transport_decides_what_a_text_becomes(t):
    gateway, kannel = korean_gateway(t), {"sms": {"channel": "sms", "gateway": "kannel", "sender": "15880000", "vars": {"user": "u", "password": {"file": t.secret_file("sms", "p")}}}}
    said = lambda text, **transport: [(row[0], row[2], row[3].split(", the same for all 2 people of cohort everybody, ")[-1]) for row in sms_findings(t, [("Kim", "ko")] * 2, text=text, **transport)]
    text = "개인정보 유출 안내를 드립니다"
    t.equal(said(text, **gateway), [], "an SMS as aligo is shipped")
    narrow = gateways_that_count(t, aligo="{profile: kr, sms_bytes: 20, lms_bytes: 100}", kannel="{profile: gsm, max_segments: 1, transliterate: off}")
    t.equal(said(text, gateways=narrow, **gateway), [("hint", "sms-parts", "becomes an LMS over texts (aligo): 29 bytes of euc-kr, an SMS holds 20")], "an LMS")
    refused = "cannot be sent over texts (aligo): the SMS has 120 bytes of euc-kr, an LMS holds 100; shorten it"
    t.equal(said((text + " ") * 4, gateways=narrow, **gateway), [("error", "sms-refused", refused)], "too long for it")
    t.equal(said("x" * 160, gateways=narrow, **kannel), [], "one part")
    refused = "cannot be sent over texts (kannel): the SMS takes 2 segments of gsm7, the gateway allows 1; shorten it"
    t.equal(said("x" * 161, gateways=narrow, **kannel), [("error", "sms-refused", refused)], "two are too many")
    found = said("–" + "x" * 80, gateways=narrow, **kannel)
    t.check(found and "2 segments of ucs2" in found[0][2], f"nothing is replaced there: {found}")


def test_a_transport_that_steps_in_is_measured_too_and_one_that_never_sends_is_not(t):
    kannel = {"channel": "sms", "gateway": "kannel", "sender": "15880000", "vars": {"user": "u", "password": {"file": t.secret_file("kannel", "p")}}}
    aligo = korean_gateway(t)["sms"]
    text = "Jürgen 고객님 개인정보 유출 안내"
    outbox = {name: {"channel": channel, "type": "outbox"} for name, channel in (("mail", "email"), ("hooks", "webhook"))}
    rules = lambda **keys: [(row[2], "over spare (aligo), if it steps in: ü (U+00FC)" in row[3]) for row in sms_findings(t, [("Kim", "ko")], text=text, transports={**outbox, "texts": {**kannel, **keys}, "spare": aligo})]
    t.equal(rules(), [], "nothing leaves over spare")
    t.check(("sms-euckr", True) in rules(failover=["spare"]), "over the one that steps in")


def test_a_text_that_is_the_same_for_all_is_measured_once(t):
    found = sms_findings(t, [("Kim", "en")] * 5, text="x" * 200)
    t.equal([row[1:3] for row in found], [("en.md", "sms-parts")], "in the letter, not in a row")
    t.contains(found[0][3], "the same for all 5 people", "for whom")


def test_the_longest_is_found_behind_the_rows_that_are_all_rendered(t):
    rows = [("Kim", "en")] * 120000
    rows[3] = ("Kim,en," + "R" * 200, "")  # a long reference, of which the SMS says nothing
    rows[110000] = ("K" * 140, "en")
    rows[115000] = ("K" * 139, "en")
    folder = letter_with_names(t, "Dear {{to.name}}, your data was leaked.")
    t.configure(templates=folder)
    t.write("people.csv", "id,name,locale,reference\n" + "".join(f"{i},{name}{',' if locale else ''}{locale}{',x' if locale else ''}\n" for i, (name, locale) in enumerate(rows)))
    t.write("facts.yaml", SMALLEST_SHEET)
    found = longest(t, folder)
    t.equal([row[:3] for row in found], [("warning", "people.csv:110002:1", "sms-parts")], "row 110,000")


def test_columns_that_are_facts_of_the_letter_are_taken_by_check_and_by_enqueue(t):
    variables = "  compensation.amount: {type: money, required: true}\n  case.number: {type: text, required: true}\n"
    folder = t.letter("probe", variables, en=("Case {{case.number}}", "Case {{case.number}}: we pay {{compensation.amount | currency}}.", "{{salutation}}\n\n{{compensation.amount | currency}}"))
    t.configure(templates=folder)
    t.write("facts.yaml", SMALLEST_SHEET)
    t.write("campaign.yaml", "schema: 1\ncampaign: c\ntemplate: probe\nkind: none\ncategory: service_notice\nfacts: facts.yaml\nlanguages: [en]\nchannels: [email, sms]\ncohorts: {all: people.csv}\n")
    rows = ["id,email,locale,Case.Number,compensation.amount"] + [f"{i},p{i}@example.org,en,C-{i},{i}000 KRW" for i in range(1, 6)]
    t.write("people.csv", "\n".join(rows) + "\n")
    campaign = os.path.join(t.dir, "campaign.yaml")
    t.equal([row for row in findings(t, campaign) if row[2].startswith(("facts-", "sms-", "render"))], [], "every fact is there")
    t.write("people.csv", "\n".join(rows + ["6,p6@example.org,en,C-" + "9" * 150 + ",9000 KRW"]) + "\n")
    found = [row[:3] for row in findings(t, campaign) if row[2] == "sms-parts"]
    t.equal(found, [("warning", "people.csv:7:1", "sms-parts")], "the longest number")
    t.write("people.csv", "\n".join(row.rsplit(",", 1)[0] for row in rows) + "\n")
    found = [row[3] for row in findings(t, campaign) if row[2] == "facts-missing"]
    t.check(found and all('"compensation.amount"' in text for text in found), f"without the column: {found}")

    t.write("batch.json", '{"version": 1, "id": "b", "template": "probe", "locale": "en"}')
    t.write("people.csv", "\n".join(rows) + "\n")
    answer = t.command("enqueue", "--batch", "batch.json", "--csv", "people.csv")
    t.equal((answer.status, answer.out), (0, "b 5\n"), f"queued: {answer.err}")
    with open(os.path.join(t.spool, "new", "b", "notices.jsonl"), encoding="utf-8") as file:
        t.contains(file.readline(), '"compensation":{"amount":{"amount":1000,"currency":"KRW"}}', "the amount")
    t.write("batch.json", '{"version": 1, "id": "d", "template": "probe", "locale": "en"}')
    t.write("people.csv", rows[0] + "\n1,p1@example.org,en,C-1,1000 won\n")
    t.contains(t.command("enqueue", "--batch", "batch.json", "--csv", "people.csv").err, "write number and currency, like 50000 KRW", "no currency")


# chains


def test_what_a_notice_leaves_open_is_told_until_others_close_it(t):
    folder = copy(t)
    later = [name for name in os.listdir(folder) if re.match(r"(campaign|facts)-[2-6]", name)]
    alone = os.path.join(t.dir, "alone")
    shutil.copytree(folder, alone)
    for name in later:
        os.remove(os.path.join(alone, name))
    possibility = "campaign-1-possibility.yaml"
    when = ("--at", "2026-10-08T10:00:00+09:00")
    found = findings(t, os.path.join(alone, possibility), *when)
    levels = {rule: severity for severity, _, rule, text in found if text.startswith("still open")}
    t.equal(levels, {"legal-kr-pipa-34-2:KP6": "hint", "legal-notice-chain:CH3": "warning"}, "alone, a day after news was promised")
    found = findings(t, os.path.join(folder, "campaign-3-all-clear.yaml"), "--at", "2026-10-20T10:00:00+09:00")
    t.equal([row for row in found if row[2].endswith(":KP6")], [], "two groups had the confirmed notice, one the all-clear")


def test_a_promise_outside_of_breach_notices_is_kept_in_mind_too(t):
    folder = copy(t, "outage")
    edit(folder, "facts-1.yaml", "\nfacts:\n", "\nfacts:\n  next_update:\n    at: 2026-11-10T12:00:00+01:00\n")
    campaign = os.path.join(folder, "campaign-1-restored.yaml")
    found = findings(t, campaign, "--at", "2026-11-12T13:00:00+01:00")
    t.check(any(row[2] == "campaign-promise" and "2 days ago" in row[3] for row in found), f"overdue: {found}")
    found = findings(t, campaign, "--at", "2026-11-10T11:00:00+01:00")
    t.equal([row for row in found if row[2] == "campaign-promise"], [], "an hour before")


# paths


def test_each_path_is_checked_as_what_it_is(t):
    folder = t.letter("probe", en=("Hello", "Hello", "{{salutation}}\n\n{{nobdy}}"))
    t.configure(templates=folder)
    shutil.copytree(os.path.join(folder, "probe"), os.path.join(folder, "other"))
    found = findings(t, os.path.join(folder, "probe"))
    t.equal({row[1].split(":")[0] for row in found}, {"de.md", "en.md", "ko.md"}, "one template")
    positions = [row["position"] for row in t.command("check", "--json", os.path.join(folder, "probe") + "/").lines()]
    t.check(positions and all("/probe/" in p for p in positions), f"not its neighbours: {positions}")
    t.configure()
    for path in (os.path.join(lib.ROOT, "locales", "ko.yaml"), os.path.join(lib.ROOT, "config", "law", "us.yaml")):
        t.equal(t.command("check", path).status, 0, path)
    t.write("law/us.yaml", open(os.path.join(lib.ROOT, "config", "law", "us.yaml"), encoding="utf-8").read().replace("require:", "requires:"))
    t.equal(t.command("check", os.path.join(t.dir, "law", "us.yaml")).status, 65, "a broken rule set")
    t.equal(t.command("check", "/nonexistent").status, 66, "nothing there")
    t.write("people.csv", "id\n1\n")
    t.equal(t.command("check", os.path.join(t.dir, "people.csv")).status, 65, "nothing check knows")
    t.equal(t.command("check", "--at", "tomorrow").status, 64, "no time")


def test_a_mistyped_kind_or_category_of_a_template_is_told_with_its_place(t):
    templates = os.path.join(t.dir, "templates")
    shutil.copytree(os.path.join(lib.ROOT, "templates"), templates)
    t.configure(templates=templates)
    edit(os.path.join(templates, "leak-confirmed"), "template.yaml", "kind: confirmed", "kind: confirmd")
    edit(os.path.join(templates, "leak-confirmed"), "template.yaml", "category: breach_notice", "category: breech_notice")
    found = [row for row in findings(t, os.path.join(templates, "leak-confirmed")) if row[2] == "template-kind"]
    t.equal([row[:2] for row in found], [("error", "template.yaml:4:7"), ("error", "template.yaml:5:11")], "places")
    t.contains(found[0][3] if found else "", 'did you mean confirmed', "kind")
    t.contains(found[1][3] if found else "", 'did you mean breach_notice: breach_notice, service_notice, ad, newsletter', "category")


PARTICLE = "{{to.name | josa:은/는}} 안내를 확인해 주십시오."


def test_a_value_whose_particle_nobody_knows_is_named(t):
    folder = t.letter("probe", "  place: {type: text}\n", en=("Hi", "Hi", "{{salutation}}\n\n{{place}}"), ko=("안녕", PARTICLE + " 아이콘은(는) 무시합니다.", "{{salutation}}\n\n{{place | josa:으로/로}} 와 주십시오. 버튼은(는) 그대로 둡니다."))
    t.configure(templates=folder)
    t.write("facts.yaml", SMALLEST_SHEET.replace("facts: {}", 'facts: {place: "café Ω"}'))
    t.write("people.csv", "id,name,locale\n1,김민준,ko\n2,Ω,ko\n3,김\u200b서연,ko\n")
    arguments = (os.path.join(folder, "probe"), "--facts", os.path.join(t.dir, "facts.yaml"), "--audience", os.path.join(t.dir, "people.csv"))
    found = [row for row in findings(t, *arguments) if row[2] in ("ko-josa-unknown", "audience-josa", "audience-name")]
    places = {(rule, place, severity) for severity, place, rule, _ in found}
    t.equal(places, {("ko-josa-unknown", "facts.yaml:7:9", "warning"), ("audience-josa", "people.csv:3:1", "warning"), ("audience-name", "people.csv:4:1", "warning")}, f"what is told: {found}")
    for _, _, rule, text in found:
        t.check("Ω" not in text or rule == "ko-josa-unknown", f"a person's name is printed: {text}")
    t.check(any("column name" in text for _, _, rule, text in found if rule == "audience-name"), "the column")


def test_a_template_that_breaks_a_rule_it_names_is_told(t):
    templates = os.path.join(t.dir, "templates")
    shutil.copytree(os.path.join(lib.ROOT, "templates"), templates)
    edit(os.path.join(templates, "leak-confirmed"), "template.yaml", "legal: [kr-pipa-34-1,", "legal: [kr-pipa-34-11,")
    t.configure(templates=templates)
    found = findings(t, os.path.join(templates, "leak-confirmed"))
    t.check(any(row[2] == "template-legal" and 'did you mean "kr-pipa-34-1"?' in row[3] for row in found), f"a rule set nobody has: {found}")
    edit(os.path.join(templates, "leak-confirmed"), "template.yaml", "legal: [kr-pipa-34-11,", "legal: [kr-pipa-34-1,")
    shutil.rmtree(os.path.join(templates, "_partials"))
    shutil.copytree(os.path.join(lib.ROOT, "templates", "_partials"), os.path.join(templates, "_partials"))
    for name in os.listdir(os.path.join(templates, "_partials")):
        path = os.path.join(templates, "_partials", name)
        text = open(path, encoding="utf-8").read()
        if "분쟁조정" in text:
            t.write(path, text.replace("분쟁조정", "조정"))
    found = findings(t, os.path.join(templates, "leak-confirmed"))
    t.check(any(row[2] == "legal-kr-pipa-34-1:KR6" for row in found), f"a right that is not named: {found}")
    before = findings(t, os.path.join(templates, "leak-confirmed"), "--at", "2026-09-01T00:00:00+09:00")
    t.equal([row for row in before if row[2].endswith(":KR6")], [], "before that rule was in force")

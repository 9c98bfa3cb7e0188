"""The lint of letters: for each rule an example that breaks it and nothing else, with its place; repaired it is silent.

Every case changes the sample below, which is silent itself. `at` says where the caret must stand: a file and the words
that begin there. A rule of the sources without a case fails the last test.
"""

import glob
import json
import os
import re
import shutil
import unicodedata

import lib

# ---- the sample: one letter in three languages, with nothing to complain about ----

TEMPLATE = """schema: 1
version: 1
source: en
kind: confirmed
category: breach_notice
channels: [email, sms, webhook]
variables:
  incident.start: {type: date, required: true}
  affected_count: {type: integer, required: true}
  contact.phone: {type: text, required: true}
  issue: {type: integer}
  summary: {type: localized}
  measures: {type: localized_list}
links_allowed: [www.example.org]
"""

EN = """---
subject: "{{org.name}}: your data was leaked"
preheader: "What happened and what you can do now."
sms: "{{org.name}}: your data was leaked. We are sorry. Call {{contact.phone}}"
title: "Your data was leaked"
---
{{salutation}}

Your data was leaked on {{incident.start | date}}. We are sorry that we did not protect it.

## What happened {#nature}

Somebody copied the data of {{affected_count | number}} people from one of our servers.

{{#summary}}
{{summary}}
{{/summary}}

## What we do {#measures}

{{#measures}}
- {{.}}
{{/measures}}

We keep the copies of our records for 30 days and look at [what we publish](https://www.example.org/en/leak) each day.

## What you can do {#self_help}

- Change your password today and use it nowhere else.
- Call us on {{contact.phone}} if anything looks wrong to you.{{#issue}} This is issue {{issue}}.{{/issue}}

{{closing}}
"""

DE = """---
subject: "{{org.name}}: Ihre Daten wurden gestohlen"
preheader: "Was passiert ist und was Sie jetzt tun können."
sms: "{{org.name}}: Ihre Daten wurden gestohlen. Wir bitten um Entschuldigung. Tel. {{contact.phone}}"
title: "Ihre Daten wurden gestohlen"
---
{{salutation}}

am {{incident.start | date}} wurden Ihre Daten gestohlen. Wir bitten Sie um Entschuldigung, dass wir sie nicht geschützt haben.

## Was passiert ist {#nature}

Jemand hat die Daten von {{affected_count | number}} Personen von einem unserer Server kopiert.

{{#summary}}
{{summary}}
{{/summary}}

## Was wir tun {#measures}

{{#measures}}
- {{.}}
{{/measures}}

Wir bewahren die Kopien unserer Aufzeichnungen 30 Tage auf und prüfen täglich, [was wir veröffentlichen](https://www.example.org/de/leak).

## Was Sie tun können {#self_help}

- Ändern Sie noch heute Ihr Passwort und verwenden Sie es nirgendwo sonst.
- Rufen Sie uns unter {{contact.phone}} an, wenn Ihnen etwas auffällt.{{#issue}} Dies ist Ausgabe {{issue}}.{{/issue}}

{{closing}}
"""

KO = """---
subject: "[{{org.name}}] 고객님의 개인정보가 유출되었습니다"
preheader: "유출 사실과 지금 하실 수 있는 일을 알려 드립니다."
sms: "[{{org.name}}] 개인정보 유출을 사과드립니다. {{contact.phone}}"
title: "개인정보 유출 안내"
---
{{salutation}}

{{incident.start | date}}에 고객님의 개인정보가 유출되었습니다. 지키지 못한 점 깊이 사과드립니다.

## 사고 내용 {#nature}

외부인이 저희 서버에서 {{affected_count | number}}명의 정보를 복사하였습니다.

{{#summary}}
{{summary}}
{{/summary}}

## 저희의 조치 {#measures}

{{#measures}}
- {{.}}
{{/measures}}

접속 기록의 사본을 30일 동안 보관하고 [공개하는 내용](https://www.example.org/ko/leak)을 매일 확인합니다.

## 하실 수 있는 일 {#self_help}

- 오늘 비밀번호를 바꾸시고 다른 곳에서는 쓰지 마십시오.
- 이상한 점이 있으면 {{contact.phone | josa:으로/로}} 전화해 주십시오.{{#issue}} {{issue}}차 안내입니다.{{/issue}}

{{closing}}
"""

WEBHOOK = """{
  "type": "leak",
  {{#issue}}
  "issue": {{issue}},
  {{/issue}}
  "phone": "{{contact.phone}}"
}
"""


def fixture(issue, measure):
    texts = {tag: f"{measure} ({tag})." for tag in ("de", "ko", "en")}
    return json.dumps(
        {
            "locale": "ko",
            "to": {"name": "김민준", "email": "minjun.kim@example.com"},
            "campaign": f"leak-{issue}",
            "data": {
                "incident": {"start": "2025-09-01"},
                "affected_count": 297,
                "contact": {"phone": "1588-0000"},
                "issue": issue,
                "measures": [texts],
            },
        },
        ensure_ascii=False,
        indent=2,
    )


SAMPLE = {
    "template.yaml": TEMPLATE,
    "en.md": EN,
    "de.md": DE,
    "ko.md": KO,
    "webhook.json": WEBHOOK,
    "fixtures/first.json": fixture(1, "We closed the gap"),
    "fixtures/second.json": fixture(2, "We asked two experts"),
}

# ---- the cases: rule, [(file, old words, new words)], where the caret stands ----

ALL = object()  # instead of old words: the whole file; instead of new words: no file


def everywhere(en, de, ko):
    """The same change in all languages, so that they still say the same."""
    return [("en.md", *en), ("de.md", *de), ("ko.md", *ko)]


SAME = "We will tell you if the data was used, and what you can do."

CASES = [
    # languages, sections, parts
    ("locale-missing", [("de.md", ALL, None)], ("template.yaml", "schema")),
    ("section-missing", [("ko.md", "## 저희의 조치 {#measures}\n", "")], ("ko.md", "## 하실")),
    ("section-duplicate", [("en.md", "{#self_help}", "{#nature}"), ("de.md", "{#self_help}", "{#nature}"),
                           ("ko.md", "{#self_help}", "{#nature}")], ("en.md", "## What you"), {}, 3),
    ("part-missing", [("ko.md", 'title: "개인정보 유출 안내"\n', "")], ("ko.md", "---")),
    # variables
    ("var-unknown", [("en.md", "{{affected_count", "{{affectd_count")], ("en.md", "{{affectd_count")),
    ("var-missing-in-locale", [("de.md", "{{closing}}", "{{words.probe}}\n\n{{closing}}")], ("de.md", "{{words.probe}}"),
     {"ko": "  words: {probe: 시험}\n"}),
    ("var-unused", [("template.yaml", "links_allowed", "  spare: {type: text}\nlinks_allowed")], ("template.yaml", "spare")),
    ("var-optional", [("en.md", "{{#issue}} This is issue {{issue}}.{{/issue}}", " This is issue {{issue}}.")], ("en.md", "{{issue}}")),
    ("var-type", [("en.md", "{{summary}}\n", "{{incident}}\n")], ("en.md", "{{incident}}")),
    ("parity-fact", [("de.md", "von {{affected_count | number}} Personen", "von Personen")], ("en.md", "{{affected_count")),
    ("var-reserved", [("template.yaml", "links_allowed", "  salutation: {type: text}\nlinks_allowed")], ("template.yaml", "salutation")),
    ("var-group", [("template.yaml", "links_allowed", "  incident: {type: text}\nlinks_allowed")], ("template.yaml", "incident.start")),
    ("layout-missing", [("template.yaml", "channels", "layout: lettre\nchannels")], ("template.yaml", "lettre")),
    # YAML
    ("yaml-syntax", [("en.md", 'preheader: "What', 'preheader: "What" "')], ("en.md", '" happened and')),
    ("yaml-duplicate-key", [("en.md", "preheader:", 'subject: "Again"\npreheader:')], ("en.md", 'subject: "Again"')),
    ("yaml-quote", [("en.md", '"Your data was leaked"\n---', "Your data was leaked by {{org.name}}\n---")], ("en.md", "Your data was leaked by")),
    ("yaml-quote", [("en.md", '"Your data was leaked"\n---', "Your data was leaked # again\n---")], ("en.md", "Your data was leaked #")),
    ("yaml-quote", [("en.md", '"Your data was leaked"\n---', "{{org.name}} lost it\n---")], ("en.md", "{org.name}} lost")),
    ("yaml-unknown-key", [("en.md", "title:", "titel:")], ("en.md", "titel")),
    ("yaml-missing-key", [("template.yaml", "version: 1\n", "")], ("template.yaml", "schema")),
    ("yaml-type", [("template.yaml", "version: 1", "version: one")], ("template.yaml", "one")),
    ("front-matter", [("en.md", "---\nsubject", "subject")], ("en.md", "subject")),
    # JSON
    ("json-syntax", [("fixtures/first.json", '"locale": "ko",', '"locale": "ko"')], ("fixtures/first.json", '"to"')),
    ("json-duplicate-key", [("fixtures/first.json", '"locale": "ko",', '"locale": "ko",\n  "locale": "de",')], ("fixtures/first.json", '"locale": "de"')),
    ("json-syntax", [("webhook.json", '"leak",', '"leak"')], ("webhook.json", '"issue"')),
    ("json-duplicate-key", [("webhook.json", '"phone"', '"type": "x",\n  "phone"')], ("webhook.json", '"type": "x"')),
    ("fixture", [("fixtures/first.json", '"affected_count": 297', '"affected_count": "many"')], ("fixtures/first.json", '"many"')),
    # the languages against each other
    ("untranslated", [("ko.md", "외부인이 저희 서버에서 {{affected_count | number}}명의 정보를 복사하였습니다.",
                       "Somebody copied the data of {{affected_count | number}} people from one of our servers.")], ("ko.md", "Somebody")),
    ("untranslated", [("de.md", "Ändern Sie noch heute Ihr Passwort und verwenden Sie es nirgendwo sonst.",
                       "Please change your password today and do not use it for any other account.")], ("de.md", "Please")),
    ("parity-number", [("de.md", "30 Tage", "40 Tage")], ("en.md", "30 days"), {}, 2),
    ("parity-link", [("ko.md", "example.org/ko/leak", "example.org/ko/other")], ("en.md", "https://www.example.org/en/leak"), {}, 2),
    # the same in two languages: the one it is not in is told, not the one it is in
    ("untranslated", [("de.md", "Jemand hat", SAME + "\n\nJemand hat"), ("en.md", "Somebody copied", SAME + "\n\nSomebody copied"),
                      ("ko.md", "외부인이 저희", "이 자료를 누가 썼는지 알려 드리겠습니다.\n\n외부인이 저희")], ("de.md", "We will")),
    ("untranslated", [("ko.md", "외부인이 저희", SAME + "\n\n외부인이 저희"), ("en.md", "Somebody copied", SAME + "\n\nSomebody copied"),
                      ("de.md", "Jemand hat", "Wir teilen Ihnen mit, ob die Daten benutzt wurden.\n\nJemand hat"), ("template.yaml", "source: en", "source: ko")], ("ko.md", "We will")),
    # Korean
    ("ko-josa", [("ko.md", "{{contact.phone | josa:으로/로}}", "{{contact.phone}}로")], ("ko.md", "{{contact.phone}}로")),
    ("josa-language", [("en.md", "{{contact.phone}} if", "{{contact.phone | josa:으로/로}} if")], ("en.md", "{{contact.phone | josa")),
    ("ko-bold", [("ko.md", "오늘 비밀번호를", '오늘 **"비밀번호"**를')], ("ko.md", '오늘 **"비')),
    ("ko-formality", [("ko.md", "쓰지 마십시오.", "쓰지 마세요.")], ("ko.md", "세요.")),
    ("ko-formality", [("ko.md", "복사하였습니다.", "복사하였다.")], ("ko.md", "다.\n\n{{#summary")),
    ("unicode-nfd", [("ko.md", "하실 수 있는 일 {", unicodedata.normalize("NFD", "하실") + " 수 있는 일 {")], ("ko.md", unicodedata.normalize("NFD", "하실"))),
    ("ko-josa", [("ko.md", "외부인이 저희", "‘{{contact.phone}}’을 쓰는 외부인이 저희")], ("ko.md", "{{contact.phone}}’을")),
    ("ko-formality", [("ko.md", "쓰지 마십시오.", "쓰지 마십시오. 끝까지 읽어 줘.")], ("ko.md", "줘.")),
    # German
    ("de-formality", [("de.md", "Ändern Sie noch heute", "Lest Ihr das? Ändern Sie noch heute")], ("de.md", "Lest")),
    ("de-formality", [("de.md", "Ändern Sie noch heute Ihr Passwort", "Ändern Sie noch heute dein Passwort")], ("de.md", "dein")),
    # facts by hand
    ("hard-date", everywhere(("today and", "by 12 October and"), ("noch heute", "bis zum 12. Oktober"), ("오늘 비밀", "10월 12일까지 비밀")), ("en.md", "12 October"), {}, 3),
    ("hard-number", everywhere(("Somebody copied", "Of 6.5 million, somebody copied"), ("Jemand hat", "Von 6,5 Millionen: Jemand hat"),
                               ("외부인이 저희", "650만 명 가운데 외부인이 저희")), ("en.md", "6.5 million"), {}, 3),
    ("hard-number", [("en.md", "on {{contact.phone}} if", "on {{contact.phone}} or 030 1234 5678 if"), ("de.md", "unter {{contact.phone}} an", "unter {{contact.phone}} oder 030 1234 5678 an"),
                     ("ko.md", "있으면 {{", "있으면 030-1234-5678 또는 {{")], ("en.md", "030 1234"), {}, 3),
    # the subject
    ("subject-length", [("en.md", "your data was leaked\"\npreheader", "your data was leaked" + " and we want to tell you about it" * 2 + '"\npreheader')], ("en.md", "{{org.name}}: your")),
    ("subject-personal-data", [("en.md", 'subject: "{{org.name}}: your', 'subject: "{{to.name}}: your')], ("en.md", "{{to.name}}")),
    # links
    ("link-host", everywhere(("www.example.org/en", "example.com/en"), ("www.example.org/de", "example.com/de"), ("www.example.org/ko", "example.com/ko")), ("en.md", "[what we publish]"), {}, 3),
    ("link-http", everywhere(("https://www", "http://www"), ("https://www", "http://www"), ("https://www", "http://www")), ("en.md", "[what we publish]"), {}, 3),
    ("link-scheme", everywhere(("https://www.example.org/en", "ftp:"), ("https://www.example.org/de", "ftp:"), ("https://www.example.org/ko", "ftp:")), ("en.md", "[what we publish]"), {}, 3),
    ("link-text", [("en.md", "[what we publish]", "[click here]")], ("en.md", "click here")),
    ("link-text", [("de.md", "[was wir veröffentlichen]", "[hier klicken]")], ("de.md", "hier klicken")),
    ("link-text", [("ko.md", "[공개하는 내용]", "[여기를 클릭]")], ("ko.md", "여기를")),
    ("link-shortener", everywhere(("www.example.org/en", "bit.ly"), ("www.example.org/de", "bit.ly"), ("www.example.org/ko", "bit.ly")), ("en.md", "[what we publish]"), {}, 3),
    ("link-title", [("en.md", "en/leak)", 'en/leak "The list")')], ("en.md", "[what we publish]")),
    ("link-section", [("en.md", "en/leak)", "en/leak{{#issue}}x{{/issue}})")], ("en.md", "{{#issue}}x")),
    # unfinished words, forbidden Markdown
    ("placeholder-text", [("en.md", "Somebody copied", "TODO copied")], ("en.md", "TODO")),
    ("placeholder-text", [("ko.md", "외부인이", "[이름]이")], ("ko.md", "[이름]")),
    ("placeholder-text", [("de.md", "Jemand hat", "Am [Datum einfügen]: Jemand hat")], ("de.md", "[Datum")),
    ("placeholder-text", [("ko.md", "외부인이", "외부인이 (작성 예정)")], ("ko.md", "(작성")),
    ("placeholder-text", [("ko.md", "외부인이", "OOO님, 외부인이")], ("ko.md", "OOO")),
    ("link-shortener", [("en.md", "Somebody copied", "See bit.ly/3abc. Somebody copied")], ("en.md", "bit.ly")),
    ("bold", [("en.md", "Change your", "**Change** your")], ("en.md", "**Change")),
    ("html", [("en.md", "Change your", "<b>Change</b> your")], ("en.md", "<b>"), {}, 2),
    ("image", [("en.md", "Change your", "![Change](https://www.example.org/en/leak) your")], ("en.md", "![Change")),
    ("code", [("en.md", "Change your", "`Change` your")], ("en.md", "Change` your")),
    ("table", [("en.md", "Somebody copied", "| a | b |\n| --- | --- |\n\nSomebody copied")], ("en.md", "| --- |")),
    ("section-id", [("en.md", " {#nature}", "")], ("en.md", "## What happened")),
    ("section-crossing", [("en.md", "{{#issue}} This", "This {{#issue}} is\n\nThis")], ("en.md", "{{/issue}}")),
    ("characters", [("en.md", "Somebody", "Some\x07body")], ("en.md", "\x07")),
    ("tag", [("en.md", "{{/summary}}", "{{/sumary}}")], ("en.md", "{{/sumary}}")),
    ("tag-lost", [("en.md", "{{closing}}", "{{closing}}\n\n[x]: tel:{{contact.phone}}")], ("en.md", "{{contact.phone}}\n")),
    # tone
    ("promo-words", [("en.md", "Change your", "Use our voucher. Change your")], ("en.md", "voucher")),
    ("promo-words", [("de.md", "Ändern Sie", "Mit Ihrem Gutscheincode: Ändern Sie")], ("de.md", "Gutschein")),
    ("promo-words", [("ko.md", "오늘 비밀", "특별할인과 함께 오늘 비밀")], ("ko.md", "할인")),
    ("tone-minimising", [("en.md", "Somebody copied", "Somebody merely copied")], ("en.md", "merely")),
    ("tone-minimising", [("de.md", "Jemand hat", "Jemand hat lediglich")], ("de.md", "lediglich")),
    ("tone-minimising", [("ko.md", "외부인이", "정보가 노출되어 외부인이")], ("ko.md", "노출")),
    ("tone-minimising", [("de.md", "Jemand hat", "Unannehmlichkeiten: Jemand hat")], ("de.md", "Unannehm")),
    ("tone-blame", [("de.md", "Jemand hat", "Leider kam es zu Folgendem: Jemand hat")], ("de.md", "kam es zu")),
    ("tone-blame", [("en.md", "Somebody copied", "Mistakes were made: somebody copied")], ("en.md", "Mistakes")),
    ("tone-blame", [("ko.md", "외부인이", "불미스러운 일로 외부인이")], ("ko.md", "불미")),
    ("tone-marketing", [("en.md", "Somebody copied", "Our industry-leading team saw that somebody copied")], ("en.md", "industry")),
    ("tone-hedge", [("en.md", "Your data was leaked on", "Your data may have been leaked on")], ("en.md", "may have been")),
    ("tone-hedge", [("de.md", "wurden Ihre Daten gestohlen. Wir", "wurden Ihre Daten möglicherweise gestohlen. Wir")], ("de.md", "möglicherweise")),
    ("tone-attachment", [("de.md", "Jemand hat", "Die Liste finden Sie im Anhang. Jemand hat")], ("de.md", "im Anhang")),
    ("tone-apology", [("en.md", " We are sorry that we did not protect it.", "")], ("en.md", "{{salutation}}")),
    ("tone-date", [("en.md", " on {{incident.start | date}}", ""), ("de.md", "am {{incident.start | date}}", "jetzt"), ("ko.md", "{{incident.start | date}}에 ", ""),
                   ("template.yaml", "  incident.start: {type: date, required: true}\n", ""),
                   ("fixtures/first.json", '"incident": {\n      "start": "2025-09-01"\n    },', ""),
                   ("fixtures/second.json", '"incident": {\n      "start": "2025-09-01"\n    },', "")], ("en.md", "---"), {}, 3),
    ("tone-calls", everywhere(("Change your password", "See https://www.example.org/en/help and change your password"),
                              ("Ändern Sie", "Lesen Sie https://www.example.org/de/help und ändern Sie"),
                              ("오늘 비밀", "https://www.example.org/ko/help 도움말을 보시고 오늘 비밀")), ("en.md", "https://www.example.org/en/help"), {}, 3),
    # hints
    ("reading-level", [("en.md", "Change your password today and", "Change your password" + " and then do it once more" * 6 + " and")], ("en.md", "Change your")),
    # series
    ("same-as-last-issue", [("fixtures/second.json", "We asked two experts", "We closed the gap")], ("fixtures/second.json", '"We closed')),
    # texts that are values
    ("tag-in-text", [("fixtures/first.json", "We closed the gap (de)", "Wir haben {{gap}} (de)")], ("fixtures/first.json", "{{gap}}")),
    ("markup-in-text", [("fixtures/first.json", "We closed the gap (ko)", "**gap** (ko)")], ("fixtures/first.json", "**gap**")),
    # translations.yaml
    ("translations", [("translations.yaml", ALL, "schema: 1\nlanguages:\n  ko:\n    subject: abc\n")], ("translations.yaml", "abc")),
]

HINTS = {"reading-level"}

# Rules that other tests break: of whole checkouts, of the configuration, or of what only values bring to light.
BELOW = {"stale-translation"}  # its file is written by the program
ELSEWHERE = {"changed", "file", "locale", "locale-name", "template-name", "rule-template", "zone", "markdown", "layout", "letters"}


def write_sample(t, changes=(), locales=None):
    """The sample with changes, below DIR/templates; returns what was written by file."""
    files = dict(SAMPLE)
    for name, old, new in changes:
        if old is ALL:
            files[name] = new
        else:
            t.check(old in files[name], f"{name} has no {old!r}")
            files[name] = files[name].replace(old, new, 1)
    shutil.rmtree(os.path.join(t.dir, "templates"), ignore_errors=True)
    shutil.rmtree(os.path.join(t.dir, "locales"), ignore_errors=True)
    shutil.copytree(os.path.join(lib.ROOT, "templates", "_layouts"), os.path.join(t.dir, "templates", "_layouts"))
    os.makedirs(os.path.join(t.dir, "locales"))
    for tag in ("de", "en", "ko"):
        with open(os.path.join(lib.ROOT, "locales", f"{tag}.yaml"), encoding="utf-8") as file:
            text = file.read()
        for line in ((locales or {}).get(tag) or "").splitlines():
            key = line.strip().split(": {")[0]
            text = text.replace(f"  {key}:\n", f"  {key}:\n    " + line.split("{")[1].rstrip("}") + "\n", 1)
        t.write(f"locales/{tag}.yaml", text)
    for name, text in files.items():
        if text is not None:
            t.write(f"templates/leak/{name}", text)
    t.configure(templates=os.path.join(t.dir, "templates"), locales=os.path.join(t.dir, "locales"))
    return files


def position_of(text, words):
    before = text[: text.index(words)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def findings(t, *options):
    """What `check` says, and that it exits as it should."""
    answer = t.command("check", "--json", *options)
    return [row for row in answer.lines() if "rule" in row], answer.status


def test_the_sample_is_silent(t):
    write_sample(t)
    t.equal(findings(t, "--strict"), ([], 0), "the sample")


def break_rule(t, rule, changes, at, locales=None, count=1):
    """What is wrong with the answer to one broken example."""
    files = write_sample(t, changes, locales)
    rows, status = findings(t)
    name, words = at
    told = [f"{r['position'].rsplit('templates/leak/', 1)[-1]} {r['rule']}" for r in rows]
    if [r["rule"] for r in rows] != [rule] * count:
        return f"told {told}: {[r['text'] for r in rows]}"
    if status != (65 if any(r["severity"] == "error" for r in rows) else 0):
        return f"exit status {status}"
    if all(r["severity"] == "hint" for r in rows) != (rule in HINTS):
        return "a hint"
    if not all(re.search(r":[1-9]\d*:[1-9]\d* ", place) for place in told):
        return f"without line and column: {told}"
    if words not in files[name]:
        return f"{name} has no {words!r} to point at"
    line, column = position_of(files[name], words)
    if f"{name}:{line}:{column} {rule}" not in told:
        return f"at {told}, not at {name}:{line}:{column}"
    return None


def test_each_rule_is_broken_alone_and_at_its_place(t):
    wrong = []
    for rule, changes, *rest in CASES:
        answer = break_rule(t, rule, changes, *rest)
        if answer is not None:
            wrong.append(f"{rule} by {changes[0][2]!r:.60}: {answer}")
    t.check(not wrong, "\n".join(wrong))


SAYS = [
    # what is written instead of what, and what the problem says
    ("en.md", "Change your password today", "Change your password by 1 September", "use {{incident.start | date}}"),
    ("en.md", "Change your password today", "Change your password by 2 September", "use a fact, {{name | date}}"),
    ("en.md", "Somebody copied", "20% more: somebody copied", "use a fact, {{name | number}}"),
    ("en.md", "Somebody copied", "Of 297,000 somebody copied", "use a fact, {{name | number}}"),
    ("en.md", "Somebody copied", "2%: somebody copied", "use {{issue | number}}"),
    ("ko.md", "외부인이", "정보가 노출되어 외부인이", '"노출" plays the incident down: write 유출'),
    ("en.md", "{{salutation}}\n", "{{salutation}\n", "en.md:7:1: error: this tag is closed by one brace only: write }}"),
]


def test_an_emoji_in_a_korean_text_message_is_told(t):
    files = write_sample(t, [("ko.md", 'sms: "[', 'sms: "\U0001f600 ['), ("en.md", "Call {{", "\U0001f600 Call {{")])
    rows, _ = findings(t)
    line, column = position_of(files["ko.md"], "\U0001f600")
    t.equal([(r["rule"], r["position"].rsplit("/", 1)[-1]) for r in rows], [("sms-euckr", f"ko.md:{line}:{column}")], "only where a Korean gateway sends it")


def test_a_problem_says_what_is_meant(t):
    for name, old, new, says in SAYS:
        write_sample(t, [(name, old, new)])
        t.contains(t.command("check").out, says, new)


def test_a_caret_stands_under_its_word_behind_hangul(t):
    write_sample(t, [("ko.md", "외부인이", "정보가 노출되어 외부인이")])
    lines = t.command("check").out.splitlines()
    at = next(i for i, line in enumerate(lines) if "tone-minimising" in line)
    # "정보가 " is three syllables of two columns and a blank
    t.equal(lines[at + 2].index("^") - lines[at + 1].index("정"), 7, "the caret")


def test_findings_are_annotations_for_the_pages_of_a_review(t):
    write_sample(t, [("en.md", "Somebody copied", "Somebody merely copied")])
    (row,) = findings(t)[0]
    file, line, column = row["position"].rsplit(":", 2)
    shown = t.command("check", "--format", "github")
    t.equal(shown.status, 0, shown.err)
    text = row["text"].replace("%", "%25")
    t.equal(shown.out.splitlines()[0], f"::warning file={file},line={line},col={column},title={row['rule']}::{text}", "the line")
    t.equal(t.command("check", "--format", "xml").status, 64, "another format")


def test_strict_turns_warnings_into_a_refusal_but_not_hints(t):
    write_sample(t, [("en.md", "Somebody copied", "Somebody merely copied")])
    t.equal((findings(t)[1], findings(t, "--strict")[1]), (0, 65), "a warning")
    write_sample(t, next(case[1] for case in CASES if case[0] == "reading-level"))
    t.equal(findings(t, "--strict")[1], 0, "a hint")


def test_the_shipped_letters_have_nothing_to_complain_about(t):
    t.configure()
    rows, _ = findings(t, "--strict")
    t.equal([f"{r['position']} {r['rule']}" for r in rows], [], "shipped letters")


# ---- check --fix ----


def read(t, name):
    with open(os.path.join(t.dir, "templates", "leak", name), "rb") as file:
        return file.read()


def put(t, name, raw):
    with open(os.path.join(t.dir, "templates", "leak", name), "wb") as file:
        file.write(raw)


def fixed(t, *arguments):
    return [row for row in t.command("check", "--fix", "--json", *arguments).lines() if "fixed" in row]


def test_fix_mends_what_cannot_change_a_meaning(t):
    write_sample(t)
    put(t, "ko.md", unicodedata.normalize("NFD", KO).encode())
    put(t, "de.md", b"\xef\xbb\xbf" + DE.replace("\n", "\r\n").encode())
    put(t, "en.md", EN.replace('title: "Your data was leaked"', "title: Your data, {{org.name}}").encode())
    put(t, "fixtures/first.json", unicodedata.normalize("NFD", SAMPLE["fixtures/first.json"]).encode())
    names = sorted({os.path.basename(row["fixed"]) for row in fixed(t)})
    t.equal(names, ["de.md", "en.md", "first.json", "ko.md"], "files that were mended")
    t.equal(read(t, "ko.md").decode(), KO, "NFC")
    t.equal(read(t, "de.md").decode(), DE, "line ends and the mark")
    t.contains(read(t, "en.md").decode(), 'title: "Your data, {{org.name}}"\n', "quotes")
    t.equal((fixed(t), findings(t, "--strict")), ([], ([], 0)), "a second time")


def test_fix_makes_a_text_message_what_is_sent_anyway(t):
    write_sample(t, [("de.md", "wurden gestohlen. Wir bitten um", "wurden \u201egestohlen\u201c\u00a0\u2013 wir\u200b bitten um"),
                     ("ko.md", "유출을 사과드립니다.", "\u201c유출\u201d을\u00a0사과\u200b드립니다.")])
    t.equal([os.path.basename(row["fixed"]) for row in fixed(t)], ["de.md", "ko.md"], "files that were mended")
    t.contains(read(t, "de.md").decode(), 'Ihre Daten wurden \\"gestohlen\\" - wir bitten um Entschuldigung. Tel.', "German fits GSM-7")
    # Korean gateways take these quotation marks.
    t.contains(read(t, "ko.md").decode(), 'sms: "[{{org.name}}] 개인정보 \u201c유출\u201d을 사과드립니다.', "Korean")


def test_fix_leaves_a_note_behind_a_number_sign_and_files_it_may_not_write(t):
    write_sample(t, [("en.md", '"Your data was leaked"\n---', "Your {{org.name}} # not for readers\n---")])
    t.equal((fixed(t), "# not for readers\n" in read(t, "en.md").decode()), ([], True), "a note stays a note")
    write_sample(t)
    put(t, "ko.md", unicodedata.normalize("NFD", KO).encode())
    outside = t.write("outside.md", unicodedata.normalize("NFD", KO))
    os.unlink(os.path.join(t.dir, "templates", "leak", "de.md"))
    os.symlink(outside, os.path.join(t.dir, "templates", "leak", "de.md"))
    fixed(t, os.path.join(t.dir, "templates", "leak", "de.md"))
    with open(outside, encoding="utf-8") as file:
        t.equal(file.read(), unicodedata.normalize("NFD", KO), "what a link leads to")
    t.equal(unicodedata.is_normalized("NFC", read(t, "ko.md").decode()), False, "other files than those named")


def test_fix_keeps_the_mode_and_leaves_nothing_behind(t):
    write_sample(t)
    put(t, "ko.md", unicodedata.normalize("NFD", KO).encode())
    path = os.path.join(t.dir, "templates", "leak", "ko.md")
    os.chmod(path, 0o664)
    before = sorted(os.listdir(os.path.dirname(path)))
    out = t.command("check", "--fix").out
    t.matches(out, r"ko\.md: fixed: composed", "what was done is printed")
    t.equal((os.stat(path).st_mode & 0o777, sorted(os.listdir(os.path.dirname(path)))), (0o664, before), "mode and files")


# ---- the catalogue is complete ----


def rules_in_sources():
    """Every rule that stands in a call that tells a problem, or in a table of rules, of render/."""
    found = set()
    for path in glob.glob(os.path.join(lib.ROOT, "dispatcher", "render", "*.c")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        calls = re.findall(r'(?:problems_add\w*|refuse|fail_at|lint_json_failure|tell_written)\(([^;{]*?)"([a-z]+(?:-[a-z]+)*)"', text)
        found |= {rule for before, rule in calls if '"' not in before and rule not in ("date", "number")}
        found |= set(re.findall(r'\{\s*"[^"]*",\s*"([a-z]+-[a-z-]+)"', text))
        found |= set(re.findall(r'\{CMARK_NODE_\w+,\s*"([a-z-]+)"', text))
        found |= set(re.findall(r'\?\s*"(json-[a-z-]+)"', text))
        found |= set(re.findall(r'"((?:tone|hard|link|json|yaml|parity|var)-[a-z-]+)"', text))
    return found


def test_every_rule_of_the_sources_has_a_case(t):
    rules = rules_in_sources()
    t.check({"tone-blame", "ko-josa", "html", "json-syntax", "hard-date", "reading-level"} <= rules, f"the sources are read: {sorted(rules)}")
    t.equal(sorted(rules - {case[0] for case in CASES} - ELSEWHERE - BELOW), [], "rules without a case")
    t.equal(sorted({case[0] for case in CASES} - rules), [], "cases without a rule")

"""Letters to translators and back: export, import, status, and the rule that tells what is older than its source."""

import os
import shutil
import subprocess

import lib
from test_lint import DE, EN, KO, findings, write_sample


def export(t, language, template="leak"):
    answer = t.command("translate", "export", template, language)
    t.equal(answer.status, 0, f"export to {language}: {answer.err}")
    return answer.out


def bring_in(t, text, status=0):
    answer = t.command("translate", "import", t.write("back.po", text))
    t.equal(answer.status, status, f"import: {answer.err}")
    return answer


def letter(t, name):
    with open(os.path.join(t.dir, "templates", "leak", name), encoding="utf-8") as file:
        return file.read()


def entry(po, context):
    """The lines of one entry."""
    return next(e for e in po.split("\n\n") if f'msgctxt "{context}"' in e)


def test_export_tells_translators_all_they_need(t):
    write_sample(t)
    po = export(t, "ko")
    t.contains(po, "Plural-Forms: nplurals=1; plural=0;", "Korean has one form")
    t.contains(export(t, "de"), "nplurals=2; plural=(n != 1);", "German has two")
    subject = entry(po, "subject")
    t.contains(subject, 'msgid "{{org.name}}: your data was leaked"', "front matter")
    t.contains(subject, 'msgstr "[{{org.name}}] 고객님의 개인정보가 유출되었습니다"', "what is translated already")
    t.matches(entry(po, "nature/1"), r"(?m)^#: .*templates/leak/en\.md:13$", "where it stands")
    t.matches(entry(po, "nature/1"), r"(?m)^#\. source [0-9a-f]{16}$", "the state of the source")
    t.contains(entry(po, "nature/0"), 'msgid "What happened"\n', "headings without their ids")
    t.check('msgid "{{salutation}}"' not in po, "what is no text is left out")


def test_gettext_accepts_every_shipped_letter(t):
    t.configure()
    if shutil.which("msgfmt") is None:
        raise lib.Failure("msgfmt is missing: make deps")
    for template in ("apology", "leak-confirmed", "status-update", "public-notice"):
        if not os.path.isdir(os.path.join(lib.ROOT, "templates", template)):
            continue
        for language in ("de", "en", "ko", "fr"):
            answer = t.command("translate", "export", template, language)
            if answer.status == 65 and "was written in" in answer.err:
                continue
            path = t.write("letter.po", answer.out)
            check = subprocess.run(["msgfmt", "--check", "-o", os.devnull, path], capture_output=True, text=True)
            t.equal((check.returncode, check.stderr), (0, ""), f"msgfmt --check, {template} {language}")


def test_a_round_trip_changes_nothing(t):
    write_sample(t)
    for language, text in (("de", DE), ("ko", KO)):
        bring_in(t, export(t, language))
        t.equal(letter(t, f"{language}.md"), text, f"{language}.md")
    t.equal(findings(t, "--strict"), ([], 0), "check")


def test_a_new_language_gets_its_letter(t):
    write_sample(t)
    po = export(t, "fr").replace('msgid "What happened"\nmsgstr ""', 'msgid "What happened"\nmsgstr "Ce qui s’est passé"')
    po = po.replace('msgid "Your data was leaked"\nmsgstr ""', 'msgid "Your data was leaked"\nmsgstr "Dites \\"non\\""')
    t.contains(bring_in(t, po).out, "2 used; not used: 0 fuzzy", "two entries")
    french = letter(t, "fr.md")
    t.contains(french, "## Ce qui s’est passé {#nature}\n", "heading")
    t.contains(french, 'title: "Dites \\"non\\""\n', "front matter")
    t.contains(french, "{{#measures}}\n- {{.}}\n{{/measures}}\n", "the frame of the source")


def test_a_section_with_other_paragraphs_is_neither_guessed_nor_lost(t):
    write_sample(t, [("ko.md", "외부인이", "둘로 나눈 문단입니다.\n\n외부인이")])
    before = letter(t, "ko.md")
    po = export(t, "ko")
    t.equal([c for c in ("subject", "/2", "nature/0", "nature/1", "self_help/1") if "#, fuzzy" in entry(po, c)], ["nature/0", "nature/1"], "fuzzy entries")
    answer = bring_in(t, po, 65)
    t.matches(answer.err, r"templates/leak/en\.md:11:4: in this section .*ko\.md has other paragraphs", "the refusal")
    t.equal(letter(t, "ko.md"), before, "the letter")
    bring_in(t, po.replace("#, fuzzy\n", "").replace("둘로 나눈 문단입니다.", "한 문단입니다."))
    write_sample(t, [("ko.md", "{{closing}}", "## 더 {#extra}\n\n덧붙입니다.\n\n{{closing}}")])
    t.contains(bring_in(t, po.replace("#, fuzzy\n", ""), 65).err, '"extra" is not in', "a section of its own")
    write_sample(t)
    bring_in(t, po.replace("#, fuzzy\n", "").replace("둘로 나눈 문단입니다.", "한 문단입니다."))
    t.contains(letter(t, "ko.md"), "{#nature}\n\n한 문단입니다.\n\n{{#summary}}", "laid out like the source")


def test_fuzzy_empty_and_outdated_entries_are_not_used(t):
    write_sample(t)
    po = export(t, "ko")
    changed = entry(po, "nature/0").replace("사고 내용", "바뀐 제목")
    for kind, text in (("fuzzy", changed.replace("msgctxt", "#, fuzzy\nmsgctxt")),
                       ("untranslated", changed.replace("바뀐 제목", "")),
                       ("older source", changed.replace("What happened", "What occurred"))):
        out = bring_in(t, po.replace(entry(po, "nature/0"), text)).out
        t.check(kind in out and f"0 {kind}" not in out, f"{kind}: {out}")
        t.equal(letter(t, "ko.md"), KO, f"{kind}: the letter")
    bring_in(t, po.replace(entry(po, "nature/0"), changed))
    t.equal(letter(t, "ko.md"), KO.replace("사고 내용", "바뀐 제목"), "a good one")


def test_what_cannot_be_read_is_named_with_its_place(t):
    write_sample(t)
    po = export(t, "ko")
    for old, new, place, word in (
        ('msgstr "사고 내용"', 'msgstr "사고 내용', r"back\.po:\d+:\d+: ", "quotation mark"),
        ('msgstr "사고 내용"', 'msgstr "사고 \\x내용"', r"back\.po:\d+:12: ", "backslash"),
        ('msgstr "사고 내용"', 'msgstr[0] "사고 내용"', r"back\.po:\d+:1: ", "plural"),
        ('msgstr "사고 내용"', 'mgstr "사고 내용"', r"back\.po:\d+:1: ", "a line begins with"),
        ('msgstr "사고 내용"', '', r"back\.po:\d+:", "no msgid or no msgstr"),
        ('msgctxt "nature/1"', 'msgctxt "nature/1"\nmsgctxt "nature/1"', r"back\.po:\d+:", "no msgid or no msgstr"),
        ("charset=UTF-8", "charset=EUC-KR", r"back\.po:1:1: ", "UTF-8"),
        ("X-Dispatcher-Template: leak", "X-Dispatcher-Template: ../leak", "", "there is no template"),
        ('msgstr "사고 내용"', 'msgstr "사고\\n내용"', r"back\.po:\d+:1: ", "one line"),
    ):
        t.contains(po, old, "the export")
        answer = t.command("translate", "import", t.write("back.po", po.replace(old, new, 1)))
        t.check(answer.status in (65, 66), f"{new!r}: exit status {answer.status}")
        t.matches(answer.err, place, f"{new!r}: place")
        t.contains(answer.err, word, f"{new!r}: sentence")
        t.equal(letter(t, "ko.md"), KO, f"{new!r}: the letter is untouched")


def test_a_translation_older_than_its_source_is_told_until_it_is_adapted(t):
    write_sample(t)
    bring_in(t, export(t, "ko"))
    t.equal(findings(t), ([], 0), "as long as nothing changed")
    path = os.path.join("templates", "leak", "en.md")
    t.write(path, EN.replace("Somebody copied the data", "Intruders copied the data"))
    rows, status = findings(t)
    t.equal(([r["rule"] for r in rows], status), (["stale-translation"], 0), "a warning")
    line = KO[: KO.index("외부인이")].count("\n") + 1
    t.check(rows[0]["position"].endswith(f"ko.md:{line}:1"), f"at the Korean paragraph: {rows[0]['position']}")
    t.contains(rows[0]["text"], "the English paragraph changed, the Korean one is older", "sentence")
    out = t.command("translate", "status", "leak").out
    t.contains(out, "nature/1 is older than its source", "status")
    t.contains(entry(export(t, "ko"), "nature/1"), "#, fuzzy\n", "translators see it")
    t.equal(t.command("translate", "status", "--accept", "--language", "ko", "leak").status, 0, "accept")
    t.equal(findings(t), ([], 0), "accepted")
    # A paragraph that only moves is as old as before.
    t.write(path, letter(t, "en.md").replace("{{#summary}}", "Two words.\n\n{{#summary}}"))
    t.equal([r["rule"] for r in findings(t)[0]], [], "moved")


def test_status_counts_what_is_translated(t):
    write_sample(t, [("de.md", "Was passiert ist {", "What happened {")])
    rows = {r["language"]: r for r in t.command("translate", "status", "--json").lines()}
    t.equal(sorted(rows), ["de", "ko"], "all languages but the source")
    t.equal((rows["ko"]["translated"], rows["ko"]["paragraphs"]), (rows["ko"]["paragraphs"],) * 2, "all of it")
    t.equal(rows["de"]["translated"], rows["de"]["paragraphs"] - 1, "one heading is missing")
    t.matches(t.command("translate", "status").out, r"(?m)^leak +de +\d\d %", "for people")
    t.equal(t.command("translate", "export", "leak", "en").status, 65, "not into the source")
    t.equal(t.command("translate", "export", "laek", "ko").status, 66, "no such letter")

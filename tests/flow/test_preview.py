"""Letters before anybody receives them: looked at, begun, and kept to what they said."""

import html.parser
import json
import os
import re
import shutil
import unicodedata

import lib

SHIPPED = os.path.join(lib.ROOT, "config", "dispatcher.yaml")
CARD_LEAK = os.path.join(lib.ROOT, "docs", "incidents", "card-leak")
SECTION = "{{{{salutation}}}}\n\n## Heading {{#nature}}\n\nWords in {0}.\n\n{1}{{{{closing}}}}\n"
MORE = "## More {#more}\n\nMore words.\n\n"


def width(text):
    """Columns on a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text if not unicodedata.combining(c))


def preview(t, *arguments, **options):
    answer = t.command("preview", *arguments, **options)
    t.equal(answer.status, 0, f"status of {arguments}: {answer.err}")
    return answer.out


def lay_letters(t, *names):
    """A few of the shipped letters, where the test may change them."""
    folder = os.path.join(t.dir, "templates")
    for name in ("_layouts", "_partials", "_skeleton", *names):
        shutil.copytree(os.path.join(lib.ROOT, "templates", name), os.path.join(folder, name))
    t.configure(templates=folder, law=os.path.join(lib.ROOT, "config", "law"))
    return folder


# beside each other


def test_languages_stand_beside_each_other_section_by_section(t):
    t.configure()
    out = preview(t, "apology", "--side-by-side", "--locale", "de,ko,en")
    lines = out.splitlines()
    rows = [line for line in lines if "│" in line]
    t.check(len(rows) > 40, "rows of three columns")
    t.equal({width(line.split("│")[0]) for line in rows}, {39}, "the first bar, in columns")
    t.equal({width("│".join(line.split("│")[:2])) for line in rows}, {80}, "the second bar")
    t.check(max(map(width, lines[1:])) <= 120, "no line is wider than 120 columns without a terminal")
    t.contains(out, "── {#data} ──", "the id of a section")
    t.check("\x1b" not in out, "no escape sequences without a terminal")
    heads = [lines[i + 1] for i, line in enumerate(lines) if "{#data}" in line]
    t.equal([cell.strip() for cell in heads[0].split("│")],
            ["Welche Ihrer Daten betroffen sind", "유출된 고객님의 개인정보", "Which of your data was taken"], "headings")


def test_too_narrow_for_columns_they_stand_below_each_other(t):
    t.configure()
    out = preview(t, "apology", "--side-by-side", "--width", "70", "--part", "sms")
    t.check("│" not in out and max(map(width, out.splitlines()[1:])) <= 70, "no columns, and within the width")
    t.equal([out.index(f"[{tag}]") for tag in ("de", "en", "ko")], sorted(out.index(f"[{tag}]") for tag in ("de", "en", "ko")), "order")
    t.equal(t.command("preview", "apology", "--side-by-side", "--width", "7").status, 64, "a width nobody can read")
    t.equal(t.command("preview", "apology", "--side-by-side", "--part", "email").status, 64, "a part without sections")


def test_a_section_that_a_language_lacks_is_a_gap(t):
    t.letter("gap", de=("Betreff", "SMS", SECTION.format("de", MORE)), en=("Subject", "SMS", SECTION.format("en", MORE)),
             ko=("제목", "문자", SECTION.format("ko", "")))
    t.configure(templates=os.path.join(t.dir, "templates"))
    sample = t.write("sample.json", json.dumps({"to": {"email": "a@example.org"}, "locale": "de"}))
    shown = t.command("preview", "gap", "--fixture", sample, "--side-by-side")
    t.contains(shown.out, "(no {#more} in ko)", "the gap")
    t.contains(shown.err, "mistake", "a letter with errors is not taken for finished")
    pages = os.path.join(t.dir, "pages")
    preview(t, "gap", "--fixture", sample, "--html", pages)
    page = read(pages, "index.html")
    t.matches(page, r'(?s)<article lang="ko" class="gap">.*no section \{#more\} in ko', "the gap in the page")
    t.contains(page, "[section-missing]", "what the check says of it")


# facts and readers


def test_facts_come_from_a_fact_sheet_and_readers_from_a_table(t):
    t.configure()
    facts = ("--facts", os.path.join(CARD_LEAK, "facts-3.yaml"))
    people = ("--audience", os.path.join(CARD_LEAK, "a.csv"))
    table = open(people[1], encoding="utf-8").read().splitlines()
    name = table[2].split(",")[table[0].split(",").index("name")]
    a = preview(t, "leak-confirmed", *facts, "--cohort", "a", "--locale", "en", "--part", "text")
    b = preview(t, "leak-confirmed", *facts, "--cohort", "b", "--locale", "en", "--part", "text")
    t.check("- card number\n" in a and "- card number\n" not in b, "each cohort is told its own")
    text = preview(t, "leak-confirmed", *facts, "--cohort", "a", *people, "--row", "3", "--locale", "ko", "--part", "text")
    t.contains(text, f"{name} 고객님께", "the person in row 3")
    failures = [
        ((*facts, "--cohort", "x"), 66, "it has a, b"),
        ((*facts, "--cohort", "a", *people, "--row", "9999"), 66, "nobody in row 9999"),
        (("--cohort", "a"), 64, "--cohort needs --facts"),
        (("--row", "2"), 64, "--row needs --audience"),
        ((*people, "--row", "1"), 64, "--row must be"),
    ]
    for arguments, status, sentence in failures:
        answer = t.command("preview", "leak-confirmed", *arguments)
        t.equal(answer.status, status, f"status of {arguments}: {answer.err}")
        t.contains(answer.err, sentence, f"what is wrong with {arguments}")


def test_whose_greeting_it_is_is_said_where_nobody_named_the_reader(t):
    t.configure()
    folder = os.path.join(lib.ROOT, "docs", "incidents", "outage")
    sheet, people = os.path.join(folder, "facts-1.yaml"), os.path.join(folder, "customers.csv")
    answer = t.command("preview", "service-restored", "--facts", sheet, "--cohort", "customers", "--side-by-side")
    t.contains(answer.err, "The greeting is that of the sample card-app.json", "with facts alone")
    t.contains(answer.out.split("\n")[0], "reader of the sample card-app.json", "the first line")
    answer = t.command("preview", "service-restored", "--facts", sheet, "--cohort", "customers", "--side-by-side", "--audience", people, "--row", "3")
    t.check("sample" not in answer.err + answer.out.split("\n")[0], f"as somebody of the table: {answer.err}")
    t.check("sample" not in t.command("preview", "service-restored").err, "a sample that was asked for")


def test_a_row_that_cannot_be_sent_is_explained_as_enqueue_does(t):
    t.configure()
    table = t.write("people.csv", "id,email,locale\na,anna.example.org,de\nb,ben@example.org,de\n")
    answer = t.command("preview", "apology", "--audience", table, "--row", "2")
    t.equal(answer.status, 65, "status")
    t.contains(answer.err, 'row 2, email "anna.example.org": the e-mail address has no @', "row and column")
    t.equal(t.command("preview", "apology", "--audience", table, "--row", "3", "--locale", "de").status, 0, "the next row")
    wrong = t.write("wrong.csv", "id,email,Vorname\na,a@example.org,Anna\n")
    t.contains(t.command("preview", "apology", "--audience", wrong).err, "rename it to given_name", "a column in other words")


def test_a_person_of_an_audience_reads_their_own_language(t):
    t.configure()
    table = t.write("people.csv", "id,email,locale\na,a@example.org,ko\nb,b@example.org,\n")
    korean = preview(t, "apology", "--audience", table, "--row", "2")
    t.check("고객님" in korean and "Sehr geehrte" not in korean and "Dear " not in korean, "Korean alone")
    fallback = preview(t, "apology", "--audience", table, "--row", "3")
    t.check("Sehr geehrte" not in fallback and "고객님께" not in fallback, "without a language that of the rules")
    both = preview(t, "apology", "--audience", table, "--row", "2", "--locale", "de,ko")
    t.check("고객님" in both and "Sehr geehrte" in both, "or those that are asked for")


def test_a_region_that_is_asked_for_has_its_dates(t):
    folder = t.letter("dated", "  when: {type: date, required: true}\n", de=("Am {{when | date}}", "Am {{when | date}}", "{{salutation}}\n\nAm {{when | date}}."))
    t.configure(templates=folder)
    sample = t.write("sample.json", json.dumps({"to": {"email": "a@example.org"}, "locale": "de", "data": {"when": "2026-01-05"}}))
    for tag, month in (("de-AT", "5. Jänner 2026"), ("de", "5. Januar 2026")):
        for how in ((), ("--side-by-side",)):
            t.contains(preview(t, "dated", "--fixture", sample, "--locale", tag, *how), month, f"{tag} {how}")


# pages


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


class Page(html.parser.HTMLParser):
    """What a page loads, runs and says."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.urls, self.languages, self.marks, self.open = [], [], set(), [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        self.urls += [value for name, value in attrs.items() if name in ("src", "href", "action", "background")]
        if tag == "article":
            self.languages.add(attrs.get("lang"))
        if "data-fact" in attrs:
            self.marks.append(attrs["data-fact"])
        if tag not in ("meta", "br", "hr", "link", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()


def test_pages_work_from_a_disk_without_scripts_and_load_nothing(t):
    t.configure()
    pages = os.path.join(t.dir, "pages")
    out = preview(t, "leak-confirmed", "--html", pages)
    t.equal(out.strip(), os.path.join(pages, "index.html"), "where to look")
    names = sorted(os.listdir(pages))
    t.equal(names, ["email.html", "index.html", "mail.de.html", "mail.en.html", "mail.ko.html", "sms.html", "text.html", "webhook.html"], "files")
    for name in names:
        text = read(pages, name)
        page = Page(text)
        t.equal(page.open, [], f"{name}: every element is closed")
        t.check("script" not in page.tags and not re.search(r"\son\w+=", text), f"{name} runs nothing")
        t.check(all(url in names for url in page.urls), f"{name} leads nowhere else: {page.urls}")
        t.check("url(" not in text and "@import" not in text, f"{name}: nothing in its styles is loaded")
        if not name.startswith("mail."):
            t.equal(page.languages, {"de", "en", "ko"}, f"{name}: a lang on each column")
    marks = Page(read(pages, "index.html")).marks
    t.check({"nature", "incident.start", "data_items", "salutation"} <= set(marks), f"facts are marked: {set(marks)}")
    sms = read(pages, "sms.html")
    t.contains(sms, "ucs2, ", "units of the Korean message by GSM")
    t.contains(sms, "(LMS)", "and by a Korean gateway")
    t.matches(sms, r"CANNOT BE SENT: [äöüß] \(U\+00[DEF]", "what a Korean gateway cannot send")
    t.contains(read(pages, "webhook.html"), "&quot;data&quot;: {\n", "the webhook, laid out")


def test_pages_show_what_the_law_finds_beside_the_section(t):
    folder = lay_letters(t, "leak-confirmed")
    for tag in ("de", "ko", "en"):
        path = os.path.join(folder, "leak-confirmed", f"{tag}.md")
        t.write(path, re.sub(r"(?s)\{\{#measures\}\}.*?\{\{/measures\}\}", "...", read(path)))
    pages = os.path.join(t.dir, "pages")
    preview(t, "leak-confirmed", "--html", pages)
    page = read(pages, "index.html")
    t.matches(page, r'(?s)\{#measures\}</code></h2>.{0,900}\[legal-[a-z0-9-]+:[A-Z0-9]+\]', "a finding below the heading")


def test_pages_of_somebody_else_are_not_overwritten(t):
    t.configure()
    t.write("site/index.html", "<h1>Mine</h1>")
    answer = t.command("preview", "apology", "--html", os.path.join(t.dir, "site"))
    t.equal(answer.status, 65, "status")
    t.equal(read(t.dir, "site", "index.html"), "<h1>Mine</h1>", "the page")
    t.equal(os.listdir(os.path.join(t.dir, "site")), ["index.html"], "files")


def test_hostile_values_stay_text_in_the_pages(t):
    t.configure()
    sample = json.loads(read(lib.ROOT, "templates", "apology", "fixtures", "card-leak-a.json"))
    sample["data"]["nature"] = dict.fromkeys(("de", "ko", "en"), '<script>alert(1)</script> "><img src=x onerror=y> \u202e {{x}}')
    pages = os.path.join(t.dir, "pages")
    preview(t, "apology", "--fixture", t.write("hostile.json", json.dumps(sample)), "--html", pages)
    for name in os.listdir(pages):
        page = Page(read(pages, name))
        t.check("script" not in page.tags and "img" not in page.tags, f"{name} has no element of a value")
        t.check("\u202e" not in read(pages, name) or name == "webhook.html", f"{name}: nothing turns the direction")


# new letters

PROFILES = [
    (), ("--profile", "kr-pipa-34-1,eu-gdpr-34,uk-gdpr-34"), ("--profile", "kr-pipa-34-2"), ("--profile", "us-ca"), ("--profile", "us"),
    ("--profile", "kr-pipa-34-1,eu-gdpr-34", "--kind", "initial"), ("--profile", "eu-gdpr-34,notice-chain", "--kind", "supplement"),
    ("--profile", "kr-pipa-34-2", "--kind", "all_clear"), ("--from", "leak-confirmed"),
]


def rules_of(answer):
    return {row["rule"] for row in answer.lines() if "rule" in row and row["severity"] != "hint"}


def test_a_new_letter_lacks_only_words_and_then_passes_its_law(t):
    folder = lay_letters(t, "leak-confirmed")
    for arguments in PROFILES:
        answer = t.command("new", "fresh", *arguments)
        path = os.path.join(folder, "fresh")
        t.equal((answer.status, answer.out.strip()), (0, path), f"new {arguments}: {answer.err}")
        unfinished = t.command("check", path, "--json")
        t.equal((unfinished.status, rules_of(unfinished)), (65, {"placeholder-text"}), f"{arguments}: what is wrong with it")
        for tag in ("de", "ko", "en"):
            letter = os.path.join(path, f"{tag}.md")
            t.write(letter, read(letter).replace("TODO ", ""))
        finished = t.command("check", path, "--strict", "--json")
        t.equal((finished.status, rules_of(finished)), (0, set()), f"{arguments}: when all is written")
        t.equal(t.command("preview", "fresh", "--side-by-side").status, 0, f"{arguments}: it can be looked at")
        shutil.rmtree(path)


def test_a_new_letter_has_every_section_its_rules_ask_for_and_says_which(t):
    folder = lay_letters(t)
    t.command("new", "fresh", "--profile", "kr-pipa-34-1")
    for tag in ("de", "ko", "en"):
        text = read(folder, "fresh", f"{tag}.md")
        ids = re.findall(r"^## .*\{#(\w+)\}$", text, re.M)
        t.equal(len(ids), len(set(ids)), f"{tag}: each section once")
        t.check({"data", "course", "self_help", "measures", "remedy", "rights", "contact"} <= set(ids), f"{tag}: {ids}")
        t.contains(text, "{{! kr-pipa-34-1 KR6: the legal rights", f"{tag}: the rule that asks for it")
        t.check("only:" not in text and "{{! end }}" not in text, f"{tag}: nothing of the pattern is left")


def test_a_new_letter_overwrites_nothing(t):
    folder = lay_letters(t, "apology")
    before = {name: read(folder, "apology", name) for name in ("de.md", "template.yaml")}
    cases = [
        (("new", "apology"), 65, "is there already"), (("new", "apology", "--from", "apology"), 65, "is there already"),
        (("new", "../out"), 64, "use a-z"), (("new", "Ä"), 64, "use a-z"), (("new", "x", "--profile", "kr-pipa-34"), 66, "did you mean"),
        (("new", "x", "--profile", "kr-pipa-34-2", "--kind", "confirmed"), 64, "not every rule set"),
        (("new", "x", "--kind", "letter"), 64, "--kind is"), (("new", "x", "--from", "nobody"), 66, "there is no letter"),
    ]
    for arguments, status, sentence in cases:
        answer = t.command(*arguments)
        t.equal(answer.status, status, f"status of {arguments}: {answer.err}")
        t.contains(answer.err, sentence, f"what is wrong with {arguments}")
    t.equal({name: read(folder, "apology", name) for name in before}, before, "the letter that was there")
    t.equal(sorted(os.listdir(folder)), ["_layouts", "_partials", "_skeleton", "apology"], "folders")


def test_pages_with_facts_show_what_the_check_with_facts_finds(t):
    folder = lay_letters(t, "leak-confirmed")
    facts = ("--facts", os.path.join(CARD_LEAK, "facts-2.yaml"), "--cohort", "a")
    rows = t.command("check", "--json", os.path.join(folder, "leak-confirmed"), *facts).lines()
    told = {row["rule"] for row in rows if row["severity"] in ("error", "warning")}
    t.check("legal-kr-pipa-34-1:KR10" in told, f"the check finds what the times of the sheet mean: {told}")
    pages = os.path.join(t.dir, "pages")
    preview(t, "leak-confirmed", *facts, "--html", pages)
    page = read(pages, "index.html")
    t.equal({rule for rule in told if f"[{rule}]" not in page}, set(), "what the page does not say")


# drafts


def test_a_draft_stops_nobody_and_is_not_sent(t):
    folder = lay_letters(t, "status-update", "leak-confirmed")
    t.equal(t.command("new", "shop-outage").status, 0, "a letter is begun")
    batch = os.path.join(lib.ROOT, "docs", "batch")
    queued = t.command("enqueue", "--batch", os.path.join(batch, "batch.json"), "--csv", os.path.join(batch, "people.csv"))
    t.equal((queued.status, queued.out), (0, "update-4 6\n"), f"another letter: {queued.err}")
    t.daemon.start()
    t.wait(lambda: t.outbox("mail", "update-4_m-0001") or t.outbox("texts", "update-4_m-0001"), 20, "and it is sent")
    sentence = 'the letter "shop-outage" is a draft: remove draft: true when check finds nothing'
    notice = t.write("notice.json", json.dumps({"version": 1, "id": "n1", "template": "shop-outage", "locale": "de", "to": {"email": "a@example.org"}}))
    refused = t.command("enqueue", notice)
    t.equal(refused.status, 65, "a notice that names the draft")
    t.contains(refused.err, sentence, "why")
    t.write("batch.json", json.dumps({"version": 1, "id": "b1", "template": "shop-outage", "locale": "de", "data": {}}))
    t.contains(t.command("enqueue", "--batch", "batch.json", "--csv", os.path.join(batch, "people.csv")).err, sentence, "a batch that does")
    everything = t.command("check")
    t.matches(everything.out, r"shop-outage: hint: shop-outage is a draft with \d+ mistakes \[draft\]", "one line in a check of everything")
    t.equal((everything.status, everything.out.count("shop-outage")), (0, 2), everything.out)
    t.equal(t.command("check", os.path.join(folder, "shop-outage")).status, 65, "asked by its name")
    letter = os.path.join(folder, "shop-outage", "de.md")
    t.write(letter, read(letter) + "\n{{nobody\n")
    t.equal(t.command("enqueue", "--batch", os.path.join(batch, "batch.json"), "--csv", os.path.join(batch, "people.csv")).status, 0, "broken")
    t.configure(templates=folder, rules=[{"name": "shop", "when": {"campaign": "x"}, "then": {"template": "shop-outage"}}, {"name": "rest", "then": {"channels": ["email"]}}])
    t.contains(t.command("enqueue", notice).err, sentence, "a rule that names the draft")


def test_a_half_written_letter_can_be_looked_at(t):
    folder = lay_letters(t, "apology")
    t.command("new", "fresh")
    shown = t.command("preview", "fresh", "--locale", "de")
    t.equal(shown.status, 0, f"preview: {shown.err}")
    t.contains(shown.out, "TODO", "what is still to be written")
    t.contains(shown.err, "is still to be written [placeholder-text]", "and said")
    t.command("new", "copy", "--from", "apology")
    t.contains(read(folder, "copy", "template.yaml"), "\ndraft: true\n", "a copy is a draft too")
    t.contains(t.command("golden", "write", "copy").err, 'the draft "copy" has mistakes', "not to be kept yet")
    for tag in ("de", "ko", "en"):
        letter = os.path.join(folder, "copy", f"{tag}.md")
        t.write(letter, read(letter).replace("TODO ", ""))
    t.equal(t.command("golden", "write", "copy").status, 0, "kept when it is right")


# golden files


def test_golden_files_find_a_changed_word(t):
    folder = lay_letters(t, "apology", "status-update")
    for name in ("apology", "status-update"):
        shutil.rmtree(os.path.join(folder, name, "golden"), ignore_errors=True)
    none = t.command("check", "--golden")
    t.equal((none.status, none.out.count("[golden]")), (65, 1), f"without golden files one line: {none.out}")
    t.contains(none.out, "there are no golden files yet: dispatcher golden write [golden]", "and what to do")
    t.equal(t.command("golden", "write").status, 0, "golden write")
    t.equal(t.command("check", "--golden", "--strict").status, 0, "what was just written")
    letter = os.path.join(folder, "apology", "ko.md")
    front, body = read(letter).split("{{salutation}}")
    t.write(letter, front + "{{salutation}}" + body.replace("사과드립니다", "사과합니다", 1))
    answer = t.command("check", "--golden", "--json")
    found = [row for row in answer.lines() if row.get("rule") == "golden"]
    t.equal((answer.status, len(found)), (65, 3), "each sample of the letter differs")
    t.matches(found[0]["position"], r"apology/golden/card-leak-a\.ko\.txt:\d+:\d+$", "file, line and column")
    t.contains(found[0]["text"], "사과합니다", "what it says now")
    t.equal(t.command("check", os.path.join(folder, "status-update"), "--golden").status, 0, "another letter")
    t.equal(len(t.command("golden", "write", "apology").out.splitlines()), 3, "files written again")
    t.equal(t.command("check", "--golden").status, 0, "then")
    os.remove(os.path.join(folder, "apology", "fixtures", "card-leak-b.json"))
    t.contains(t.command("check", "--golden").out, "no fixture and language belong to this file", "a file that is left over")
    t.contains(t.command("golden", "write").out, "removed ", "and removed")
    t.equal(t.command("golden", "write", "apologi").status, 66, "no such letter")


def test_shipped_letters_say_what_their_golden_files_do(t):
    """All of them have some, or none does yet."""
    letters = [name for name in sorted(os.listdir(os.path.join(lib.ROOT, "templates"))) if name[0] not in "_." and "." not in name]
    if any(os.path.isdir(os.path.join(lib.ROOT, "templates", name, "golden")) for name in letters):
        command = [lib.DISPATCHER, "check", "--golden", "--no-environment", "-c", SHIPPED]  # they name its organisation
        answer = lib.Answer(lib.subprocess.run(command, capture_output=True, cwd=lib.ROOT))
        t.equal(answer.status, 0, answer.out + answer.err)

"""What operators and communications teams read most, in German and Korean: nothing English is left, and columns stand below each other."""

import json
import re
import unicodedata

import worlds

ENGLISH = re.compile(r"\b(?:the|is|are|were|not|there|nothing|with|and|what|would|has|must|that|of)\b")
SPOKEN = {"de": "de_DE.UTF-8", "ko": "ko_KR.UTF-8"}


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def said(t, language, *arguments):
    t.environment = {**t.environment, "LC_ALL": SPOKEN[language]}
    answer = t.command(*arguments)
    for line in (answer.out + answer.err).splitlines():
        plain = re.sub(r"\b\d{3} \d\.\d\.\d.*|`[^`]*`", "", line)
        t.check(not ENGLISH.search(plain), f"{language}: {arguments}: English is left: {line}")
    return answer


def test_the_screens_of_a_night_are_in_the_language_of_who_reads_them(t):
    worlds.engine_room(t)
    for language in SPOKEN:
        table = said(t, language, "failures").out.splitlines()
        first = table[1 : table.index("")] if "" in table else table[1:]
        ends = {width(line[: line.index("email")]) for line in first}
        t.equal(len(ends), 1, f"{language}: the channel stands below its head")
        t.equal(ends, {width(table[0][: re.match(r"\S+\s+", table[0]).end()])}, f"{language}: and under it")
        said(t, language, "why", "outage_c009")
        said(t, language, "status")
        said(t, language, "retry", "--cause", "mailbox_full", "--dry-run")
        said(t, language, "retry")
        said(t, language, "queue", "--state", "nonsense")


def test_a_configuration_is_refused_in_the_language_of_who_wrote_it(t):
    broken = {
        "bogus: 3\n": "bogus",
        "workers: many\n": "many",
        "endpoints: {shop: {url: 'https://a b', secret: {file: none}}}\n": "endpoints.shop.url",
        "transports:\n  mail: {channel: email, type: smtp, port: 99999, failover: mail}\n": "99999",
        "rules: none.yaml\n": "none.yaml",
        "spool: [a\n": "3:8",
    }
    for text, named in broken.items():
        t.configure()
        with open(t.config_path, "w", encoding="utf-8") as file:
            file.write(f"# once more\nspool: {t.spool}\n{text}" if not text.startswith("spool") else f"\n\n{text}")
        for language in SPOKEN:
            answer = said(t, language, "queue")
            t.equal(answer.status, 78, f"{language}: {text!r}")
            t.contains(answer.err, named, f"{language}: what is wrong")


def test_why_a_notice_goes_its_way_is_said_in_the_language_of_who_asks(t):
    t.configure()
    t.write("job.json", json.dumps({**t.notice("r", "service-restored", locale="fr-FR"), "expires_at": "2020-01-01T00:00:00Z"}))
    for language in SPOKEN:
        steps = said(t, language, "route", "explain", "job.json").out
        t.check("2020-01-01T" not in steps, f"{language}: a time of the reader's zone: {steps}")
        said(t, language, "route", "explain", "missing")
        said(t, language, "route", "explain", "job.json", "--at", "noon")


def test_states_and_what_people_did_are_words_of_the_reader(t):
    worlds.engine_room(t)
    t.command("mark-delivered", "outage_c008", "--reason", "phoned", "--yes")
    spoken = {"de": ("zugestellt", "fehlgeschlagen", "verbucht von"), "ko": ("전달됨", "실패", "기록한 사람")}
    for language, (delivered, failed, marked) in spoken.items():
        t.contains(said(t, language, "queue", "--limit", "30").out, failed, "queue")
        t.contains(said(t, language, "queue", "--summary").out, delivered, "summary")
        t.contains(said(t, language, "status", "outage_c001").out, delivered, "status")
        t.contains(said(t, language, "status", "outage_c008").out, marked, "what a person did")
        t.contains(said(t, language, "show", "outage_c009").out, failed, "show")
        t.contains(said(t, language, "watch", "outage", "--once").out, delivered, "watch")
        answer = t.command("queue", "--json", "--limit", "1").out
        t.equal(json.loads(answer)["state"], "delivered", "JSON is for programs")


def test_what_stands_in_corrupt_is_explained_in_the_language_of_who_looks(t):
    t.configure()
    t.daemon.start()
    broken = {"a": "", "b": '{"version": 1}', "c": '{"version": 1, "id": "d"}', "d": "[1", "e": '{"version": 1, "id": "e", "bogus": 1}'}
    for name, text in broken.items():
        t.drop(text, name)
    for name in broken:
        t.corrupt(name)
    for language in SPOKEN:
        said(t, language, "corrupt", "list")
        for name in broken:
            said(t, language, "corrupt", "explain", f"{name}.json")


def test_what_is_wrong_with_a_table_is_told_in_the_language_of_who_made_it(t):
    t.configure()
    head = {"version": 1, "id": "u", "template": "service-restored", "locale": "de", "data": t.notice("s", "service-restored")["data"]}
    t.write("batch.json", json.dumps(head))
    tables = (
        "id,Vorname,email\n1,A,x@example.org\n",
        "id\n1\n",
        "id,email,email\n1,a@b.example,\n",
        "id,email,nature.de\n1,a@b..example,x\n2,a@-b.example,x\n3,a@1.2.3.4,\n4,a@[1.2.3.4],x,y\n",
        "id,phone\n1,+1\n2,+49 0151 123\n3,0049151\n4,abc\n5,010-1234-5678\n",
    )
    for language in SPOKEN:
        for table in tables:
            t.write("people.csv", table)
            t.equal(said(t, language, "enqueue", "--batch", "batch.json", "--csv", "people.csv").status, 65, table)


def test_every_command_is_explained_in_the_language_of_who_asks(t):
    names = [row["command"] for row in map(json.loads, t.command("help", "--json").out.splitlines())]
    t.check(len(names) > 80, f"all commands: {names}")
    for language in SPOKEN:
        t.environment = {**t.environment, "LC_ALL": SPOKEN[language]}
        for name in names:
            text = t.command("help", *name.split()).out
            told = text.partition("\n\n")[2]
            for paragraph in told.split("\n\n"):
                plain = re.sub(r"`[^`]*`", "", paragraph)
                own = plain.startswith(("JSON", "  ", "Beispiele", "예:")) or "$schema" in plain
                found = [] if own else ENGLISH.findall(plain)
                t.check(len(found) < 2, f"{language}: help {name}: English is left: {paragraph}")

"""`enqueue --batch`: spreadsheets as people save them, every mistake named before anything is queued."""

import csv
import email
import email.policy
import fcntl
import io
import json
import os
import pty
import re
import resource
import shlex
import shutil
import signal
import struct
import subprocess
import termios
import time
import unicodedata

import lib

VARIABLES = """
  order.number: {type: integer, required: true}
  order.placed: {type: date}
  amount: {type: number}
  premium: {type: boolean}
  note: {type: localized}
  items: {type: list}
"""
BODY = """{{salutation}}

Order {{order.number}}{{#order.placed}} of {{order.placed}}{{/order.placed}}.

{{#amount}}{{amount}}{{/amount}} {{#premium}}premium{{/premium}} {{#note}}{{note}}{{/note}} {{#items}}{{.}} {{/items}}"""


def prepare(t, batch=None, **keys):
    folder = t.letter("recall", VARIABLES, en=("Order {{order.number}}", "Order {{order.number}}", BODY))
    t.configure(templates=folder, **keys)
    shared = {"version": 1, "id": "recall-1", "template": "recall", "locale": "en"}
    t.write("batch.json", json.dumps({**shared, **(batch or {})}, ensure_ascii=False))


def enqueue(t, text, *arguments, kind="csv", name=None):
    name = name or f"people.{kind}"
    data = text.encode() if isinstance(text, str) else text
    with open(os.path.join(t.dir, name), "wb") as file:
        file.write(data)
    return t.command("enqueue", "--batch", "batch.json", f"--{kind}", name, *arguments)


def published(t, identity="recall-1"):
    """batch.json and the lines, None if there is no such batch."""
    folder = os.path.join(t.spool, "new", identity)
    if not os.path.isdir(folder):
        return None
    with open(os.path.join(folder, "batch.json"), encoding="utf-8") as file:
        shared = json.load(file)
    with open(os.path.join(folder, "notices.jsonl"), encoding="utf-8", newline="\n") as file:
        return shared, [json.loads(line) for line in file]


def problems(t, name="problems.csv"):
    """The rows of problems.csv, as Python's own reader sees them."""
    with open(os.path.join(t.dir, name), encoding="utf-8-sig", newline="") as file:
        text = file.read()
    delimiter = text[len("row")]
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def must_refuse(t, answer, *expected):
    """65, nothing queued, nothing left in tmp/, and exactly these (row, column, words) in problems.csv."""
    t.equal((answer.status, answer.out), (65, ""), f"refused: {answer.err}")
    t.equal(published(t), None, "nothing is queued")
    t.equal(os.listdir(os.path.join(t.spool, "tmp")), [], "nothing is left in tmp/")
    found = problems(t)
    t.equal([(p["row"], p["column"]) for p in found], [(str(row), column) for row, column, _ in expected], "problems")
    for problem, (row, column, words) in zip(found, expected):
        t.contains(f"{problem['problem']}; {problem['how to mend it']}", words, f"row {row}, {column}")
        t.check(problem["how to mend it"], f"row {row}, {column} says how to mend it")


# what works


def test_a_german_spreadsheet_becomes_a_batch(t):
    prepare(t, {"data": {"order": {"placed": "2020-01-01"}}})
    text = (
        "\ufeffID;E-Mail;Given Name;FAMILY_NAME;gender;Order.Number;amount;Premium;note.de;items;Locale\r\n"
        'c1;anna@example.org;Anna;Schmidt;female;17;1234,50;WAHR;"Zeile eins;\r\nsagt ""zwei""";a|b;de\r\n'
        "c2;jo@example.org;Jo;;;18;;FALSCH;;;\r\n"
        ";;;;;;;;;;\r\n"
        "\r\n"
        "c3;max@example.org;Max;;;19;2;;;;de-AT;;\r\n"
    )
    answer = enqueue(t, text)
    t.equal((answer.status, answer.out), (0, "recall-1 3\n"), f"the answer: {answer.err}")
    t.contains(answer.err, "3 recipients are queued as batch recall-1", "for people")
    shared, lines = published(t)
    t.equal((shared["count"], shared["template"]), (3, "recall"), "batch.json")
    expected = {
        "id": "c1",
        "locale": "de",
        "to": {"email": "anna@example.org", "given_name": "Anna", "family_name": "Schmidt", "gender": "female"},
        "data": {
            "order": {"number": 17, "placed": "2020-01-01"},  # a line's group replaces the batch's
            "amount": 1234.5,
            "premium": True,
            "note": {"de": 'Zeile eins;\nsagt "zwei"'},
            "items": ["a", "b"],
        },
    }
    t.equal(lines[0], expected, "the first line")
    expected = {
        "id": "c2",
        "to": {"email": "jo@example.org", "given_name": "Jo"},
        "data": {"order": {"number": 18, "placed": "2020-01-01"}, "premium": False},
    }
    t.equal(lines[1], expected, "an empty cell is left out")
    t.equal(not os.path.exists(os.path.join(t.dir, "problems.csv")), True, "no problems, no file")


def test_the_batch_says_what_its_file_holds(t):
    prepare(t)
    enqueue(t, "email,order.number\na@example.org,1\nb@example.org,2\n")
    shared, _ = published(t)
    path = os.path.join(t.spool, "new", "recall-1", "notices.jsonl")
    summed = subprocess.run(["sha256sum", path], check=True, capture_output=True, text=True).stdout.split()[0]
    t.equal((shared["sha256"], shared["count"]), (summed, 2), "sum and count")


def test_headers_match_whatever_their_case_spaces_and_hyphens(t):
    prepare(t)
    answer = enqueue(t, "Given-Name,FAMILYNAME,e_mail,Order. Number,Time Zone\nAnna,Kim,a@example.org,1,Asia/Seoul\n")
    t.equal(answer.status, 0, f"the answer: {answer.err}")
    to = published(t)[1][0]["to"]
    expected = {"given_name": "Anna", "family_name": "Kim", "email": "a@example.org", "timezone": "Asia/Seoul"}
    t.equal(to, expected, "members")


def test_text_is_brought_to_nfc_and_what_nobody_sees_is_gone(t):
    prepare(t)
    name = unicodedata.normalize("NFD", "김민준 Müller")
    text = f"name,email,order.number,note.ko,locale\n\u00a0{name}\u200b,\u202akim@example.org\u202c\u00a0,1,두\u00a0줄\ufeff,ko\n"
    answer = enqueue(t, text)
    t.equal(answer.status, 0, f"the answer: {answer.err}")
    line = published(t)[1][0]
    t.equal(line["to"], {"name": "김민준 Müller", "email": "kim@example.org"}, "recipient")
    t.equal(line["data"]["note"], {"ko": "두 줄"}, "data")


def test_dates_are_read_where_they_can_mean_one_day_only(t):
    prepare(t)
    rows = [("24.11.2026", 1), ("2026. 11. 24.", 2), ("2026-11-24", 3)]
    text = "email,order.number,order.placed\n" + "".join(f"a{n}@example.org,{n},{date}\n" for date, n in rows)
    t.equal(enqueue(t, text).status, 0, "exit status")
    t.equal({line["data"]["order"]["placed"] for line in published(t)[1]}, {"2026-11-24"}, "dates")
    shutil.rmtree(os.path.join(t.spool, "new", "recall-1"))
    must_refuse(t, enqueue(t, "email,order.number,order.placed\na@example.org,1,11/24/2026\n"), (2, "order.placed", "2026-11-24"))


def test_json_lines_are_taken_as_they_stand(t):
    prepare(t)
    people = [{"id": f"c{i}", "to": {"email": f"c{i}@example.org"}, "data": {"order": {"number": i}}} for i in range(200)]
    text = "".join(json.dumps(p, ensure_ascii=False) + "\r\n" for p in people) + "\n"
    answer = enqueue(t, text, kind="jsonl")
    t.equal((answer.status, answer.out), (0, "recall-1 200\n"), f"the answer: {answer.err}")
    t.equal(published(t)[1], people, "lines")


def test_the_same_again_is_known_and_other_content_is_a_conflict(t):
    prepare(t)
    rows = "id,email,order.number\nc1,a@example.org,1\n"
    t.equal(enqueue(t, rows).status, 0, "first")
    again = enqueue(t, rows)
    t.equal((again.status, again.out), (0, "recall-1 1\n"), "again")
    t.contains(again.err, "already known", "again")
    t.equal(enqueue(t, rows, "--json").json()["status"], "duplicate", "again, for programs")
    other = enqueue(t, rows.replace(",1\n", ",2\n"))
    t.equal((other.status, other.out), (65, ""), "other content")
    t.contains(other.err, "an id of its own", "other content")
    told = enqueue(t, rows.replace(",1\n", ",2\n"), "--json")
    end = told.json()
    t.equal((told.status, end["v"], end["end"], end["id"], end["status"]), (65, 1, True, "recall-1", "conflict"), f"for programs: {end}")
    t.contains(end["errors"][0]["detail"], "an id of its own", "for programs")
    t.equal(published(t)[1][0]["data"]["order"]["number"], 1, "what stands there")
    t.equal(os.listdir(os.path.join(t.spool, "tmp")), [], "tmp/")


def test_a_daemon_delivers_what_was_handed_over(t):
    mail = t.smtp()
    prepare(t, {"data": {"order": {"placed": "2026-11-20"}}}, email=t.email_transport(mail))
    rows = "".join(f"c{i};c{i}@example.org;김민준;{i};{('ko', 'de', 'en')[i % 3]}\r\n" for i in range(30))
    enqueued = enqueue(t, "\ufeffid;email;name;order.number;locale\r\n" + rows)
    t.equal(enqueued.status, 0, f"enqueue: {enqueued.err}")
    t.daemon.start()
    t.wait(lambda: len(mail.accepted()) == 30, 30, "30 mails")
    t.equal({r["message_id"].split("@")[0] for r in mail.accepted()}, {f"<recall-1_c{i}" for i in range(30)}, "ids")
    t.equal(str(mail.mail_to("c17@example.org")["Subject"]), "Order 17", "a letter")
    again = enqueue(t, "\ufeffid;email;name;order.number;locale\r\n" + rows)
    t.equal(again.status, 0, f"again: {again.err}")
    t.contains(again.err, "already known", "again")
    t.equal(len(mail.accepted()), 30, "mails")


# what is wrong with the columns


def test_columns_are_judged_before_any_row(t):
    prepare(t)
    answer = enqueue(t, "ID,E-Mail,Order.Numbr,e mail,colour,note,items\nc1,not an address,x,,,,\n")
    must_refuse(
        t,
        answer,
        (1, "Order.Numbr", 'did you mean "order.number"?'),
        (1, "e mail", "the same as column 2 (E-Mail)"),
        (1, "colour", "remove the column"),
        (1, "note", "one column for each language, like note.en"),
        (1, "order.number", "no such column"),
    )
    t.contains(answer.err, "The columns must be mended first", "for people")


def test_columns_in_the_words_of_others_are_explained(t):
    prepare(t)
    answer = enqueue(t, "Sprache;Vorname;Nachname;Anrede;E-Mail;Telefon;Name;Order.Number\nde;Anna;Kim;Frau;a@example.org;0151;Kim;1\n")
    must_refuse(
        t,
        answer,
        (1, "Sprache", "rename it to locale, and write de, ko, en"),
        (1, "Vorname", "rename it to given_name; if Name holds the family name alone"),
        (1, "Nachname", "rename it to family_name"),
        (1, "Anrede", "rename it to gender, and write female (Frau"),
        (1, "Telefon", "rename it to phone"),
    )
    t.contains(answer.err, "\nColumns there can be: id, locale, reference, name, title, given_name,", "the list")
    t.contains(answer.err, "; of the letter: order.number, order.placed, amount, premium, note.LANGUAGE, items\n", "the list")
    must_refuse(
        t,
        enqueue(t, "이름,이메일,전화번호,휴대폰,언어,성,Handy,phone,order.number\n민준,a@example.org,,,ko,김,,,1\n"),
        (1, "이름", "rename it to name, or to given_name if another column holds the family name"),
        (1, "이메일", "rename it to email"),
        (1, "전화번호", "phone, which is there already: keep one of the two"),
        (1, "휴대폰", "phone, which is there already"),
        (1, "언어", "rename it to locale"),
        (1, "성", "rename it to family_name"),
        (1, "Handy", "phone, which is there already"),
    )
    answer = enqueue(t, "Sprache;email;Order.Number\n", "--json")
    t.equal([line.get("column") for line in answer.lines()], ["Sprache", None], "for programs")
    # Another word for an address is not a missing address.
    t.check("no column holds an address" not in enqueue(t, "이메일,order.number\n").err, "an address")


def test_what_batch_json_says_needs_no_column(t):
    prepare(t, {"data": {"order": {"number": 5}}})
    t.equal(enqueue(t, "email\na@example.org\n").status, 0, "exit status")
    t.equal(published(t)[1], [{"to": {"email": "a@example.org"}}], "lines")


def test_a_file_without_an_address_is_refused(t):
    prepare(t)
    must_refuse(t, enqueue(t, "name,order.number\nAnna,1\n"), (1, "", "no column holds an address"))
    # A file whose first row is a person already: every name is unknown.
    t.contains(enqueue(t, "anna@example.org,1\nbert@example.org,2\n").err, "the names of the columns", "no header")


def test_empty_files_are_refused(t):
    prepare(t)
    for text in ("", "\ufeff", "email,order.number\n", "email,order.number\n,\n\n"):
        answer = enqueue(t, text)
        t.equal((answer.status, answer.out, published(t)), (65, "", None), f"{text!r}: {answer.err}")
    t.equal(enqueue(t, "\n\n", kind="jsonl").status, 65, "JSON Lines")


# what is wrong with the rows


def test_every_bad_row_is_named_with_column_and_remedy(t):
    prepare(t)
    text = (
        "id,email,phone,order.number,order.placed,locale,timezone,gender,premium\n"
        "c1,a@b@c,0151 1234567,1,,,,,\n"
        "c2,b@example.org,,abc,,,,,maybe\n"
        "c3,c@example.org,,3,,ko_KR,Mars/Base,,\n"
        "c4,d@example.org,,,,,,,\n"
        "c5,e@example.org,,5,31.02.2026,,,woman,\n"
        "c 6,f@example.org,,6,,,,,\n"
        "c7,,,7,,,,,\n"
        "c8,g@example.org,,8,,,,,\n"
    )
    answer = enqueue(t, text)
    must_refuse(
        t,
        answer,
        (2, "email", "not allowed"),
        (2, "phone", "write +49"),
        (3, "order.number", "digits only"),
        (3, "premium", "write true or false"),
        (4, "locale", "use ko-KR"),
        (4, "timezone", "Asia/Seoul"),
        (5, "order.number", "missing or empty"),
        (6, "gender", "female, male or neutral"),
        (6, "order.placed", "2026-11-24"),
        (7, "id", "letters, digits"),
        (8, "", "this row has neither email nor phone; fill one of these cells"),
    )
    t.contains(answer.err, 'row 2, phone "0151 1234567"', "for people")
    t.contains(answer.err, "7 of 8 rows are wrong; nothing was queued", "the sum")


def test_all_that_is_wrong_with_a_row_is_told_at_once(t):
    prepare(t)
    must_refuse(
        t,
        enqueue(t, "id,email,order.number,order.placed,amount\nc1,a@b@c,abc,31.02.2026,1\nc2,b@@c,,,viel\n"),
        (2, "order.number", "digits only"),
        (2, "email", "not allowed"),
        (2, "order.placed", "2026-11-24"),
        (3, "amount", "number"),
        (3, "email", "not allowed"),
        (3, "order.number", "missing or empty"),
    )


def test_a_language_without_its_text_is_named_as_a_column(t):
    prepare(t)
    rows = "id,email,order.number,locale,note.de,note.ko\nc1,a@example.org,1,ko,Eins,\nc2,b@example.org,2,en,Zwei,둘\nc3,c@example.org,3,de,Drei,\n"
    answer = enqueue(t, rows)
    must_refuse(t, answer, (2, "note.ko", "fill this cell"), (3, "note.en", "add a column note.en"))
    t.check("/data/" not in answer.err, f"no word of the inside: {answer.err}")
    wrong = enqueue(t, "id,email,order.number,locale,note.de,order.placed\nc1,a@example.org,1,ko,Eins,\nc2,b@example.org,x,xx_,Zwei,never\n")
    t.check("note.en" not in wrong.err, f"whose language is wrong misses no text yet: {wrong.err}")


def test_malformed_csv_is_named_where_it_stands(t):
    prepare(t)
    text = (
        b"id,name,email,order.number\n"
        b'c1,"Anna "Mia" Kim",a@example.org,1\n'
        b'c2,An"na,b@example.org,2\n'
        b"c3,Jo,c@example.org,3\n"
        b"c4,Jo,d@example.org,4\n"
        b"c5,Jo,e@example.org\n"
        b"c6,Jo,f@example.org,6,7\n"
        b"c7,J\0o,g@example.org,7\n"
        b'c8,"two\nlines",h@example.org,x\n'
        b'c9,"open,i@example.org,9\n'
    )
    must_refuse(
        t,
        enqueue(t, text),
        (2, "name", "twice"),
        (3, "name", "quotes"),
        (6, "", "3 cells"),
        (7, "", "5 cells"),
        (8, "name", "NUL"),
        (9, "order.number", "whole number"),
        (9, "name", "line break"),
        (10, "name", "never closed"),
    )
    utf16 = enqueue(t, "id;email\n".encode("utf-16"))
    t.equal(utf16.status, 65, "UTF-16")
    t.contains(utf16.err, "CSV UTF-8", "UTF-16")


def test_another_charset_is_one_finding(t):
    prepare(t)
    for charset, name, words in (("cp1252", "Größe Müller", "Windows-1252"), ("euc-kr", "김민준", "CP949"), ("cp949", "김민준", "CP949")):
        rows = "".join(f"c{i},{name},c{i}@example.org,x\n" for i in range(50))
        answer = enqueue(t, ("id,name,email,order.number\nc,Jo,c@example.org,1\n" + rows).encode(charset))
        must_refuse(t, answer, (3, "name", f"the file is not UTF-8, it looks like {words}"))
        t.contains(answer.err, 'save it as "CSV UTF-8"', "what to do")
        t.contains(answer.err, "The file must be saved anew first; nothing was queued", "the sum")
    answer = enqueue(t, "이름,email,order.number\n김,a@example.org,1\n".encode("cp949"))
    must_refuse(t, answer, (1, "", "it looks like CP949"))
    t.contains(answer.err, "saved anew first", "the sum")


def test_what_spreadsheets_and_people_write_is_explained(t):
    prepare(t)
    text = (
        "id;email;phone;order.number;gender\n"
        "c1;a@example.org;4,91511E+12;1;Frau\n"
        "c2;;+4,9151E+12;2;Firma\n"
        "c3;;;3;\n"
        "c4;b@example.org;;1,5E+05;Male\n"
    )
    must_refuse(
        t,
        enqueue(t, text),
        (2, "phone", "into a power of ten, and its digits are lost; give the column the format Text"),
        (2, "gender", "must be female, male or neutral; write female"),
        (3, "phone", "power of ten"),
        (3, "gender", "write female for Frau or Ms, male for Herr or Mr"),
        (4, "", "this row has neither email nor phone"),
        (5, "order.number", "power of ten"),
        (5, "gender", "write male"),
    )
    must_refuse(t, enqueue(t, "id,email,order.number\nc1,,1\n"), (2, "", "this row has no email; fill this cell"))


def test_what_is_wrong_in_batch_json_is_told_once(t):
    prepare(t, {"data": {"amount": "viel", "order": {"number": 5}}})
    rows = "".join(f"c{i},c{i}@example.org,{i}\n" for i in range(50))
    answer = enqueue(t, "id,email,order.number\n" + rows + "d,d@@x,\n")
    must_refuse(t, answer, ("", "batch.json:1:91", "/data/amount must be a number"), (52, "email", "not allowed"))
    t.contains(answer.err, "\nWhat all share must be mended first, and 1 of 51 rows is wrong; nothing was queued", "the sum")
    t.contains(answer.err, "batch.json:1:91: /data/amount must be", "for people")
    lines = enqueue(t, "id,email,order.number\n" + rows, "--json").lines()
    t.equal([(line.get("row"), line.get("wrong"), line.get("problems")) for line in lines], [(None, None, None), (None, 0, 1)], "for programs")
    people = "".join(json.dumps({"to": {"email": f"c{i}@example.org"}}) + "\n" for i in range(50))
    own = json.dumps({"to": {"email": "d@example.org"}, "data": {"amount": "wenig"}}) + "\n"
    must_refuse(t, enqueue(t, people + own, kind="jsonl"), ("", "batch.json:1:91", "/data/amount must be"), (51, "", "/data/amount must be"))
    prepare(t)
    must_refuse(t, enqueue(t, people, kind="jsonl"), ("", "batch.json:1:1", "/data/order/number is missing or empty: the template requires it"))
    prepare(t, {"data": {"amuont": 1, "order": {"number": 1}}})
    for text, kind in ((people, "jsonl"), ("email\na@example.org\nb@example.org\n", "csv")):
        must_refuse(t, enqueue(t, text, kind=kind), ("", "batch.json:1:91", 'did you mean "amount"?'))
    prepare(t, {"data": {"ordr": {"number": 1}}})
    answer = enqueue(t, "email\na@example.org\n")
    must_refuse(t, answer, ("", "batch.json:1:89", "/data/ordr is not a variable"), (1, "order.number", "no such column"))
    t.contains(answer.err, "\nWhat all share must be mended first; nothing was queued", "the sum")
    # A text that is missing in some languages only.
    prepare(t, {"data": {"note": {"en": "One"}}})
    rows = "".join(f"c{i},c{i}@example.org,{i},{('en', 'ko', 'de')[i % 3]}\n" for i in range(9))
    must_refuse(
        t,
        enqueue(t, "id,email,order.number,locale\n" + rows),
        ("", "batch.json:1:89", '/data/note has no text in "ko"'),
        ("", "batch.json:1:89", '/data/note has no text in "de"'),
    )


def test_who_gets_another_language_is_named(t):
    prepare(t)
    rows = "".join(f"c{i},c{i}@example.org,{i},{'fr' if i % 2 else 'en'}\n" for i in range(14))
    answer = enqueue(t, "id,email,order.number,locale\n" + rows)
    t.equal(answer.status, 0, f"exit status: {answer.err}")
    t.contains(answer.err, "7 recipients get a language nobody asked for: row 3 gets en (the letter is not written in fr), row 5 gets", "rows")
    t.contains(answer.err, ", and 2 more\n14 recipients are queued", "and before they are queued")


def test_what_is_no_language_is_refused_with_what_is_meant(t):
    prepare(t)
    wrong = {"german": "write de", "Deutsch": "write de", "deu": "write de", "한국어": "write ko", "kor": "write ko", "영어": "write en", "kor_KR": "write ko-KR"}
    rows = "".join(f"c{i}@example.org,{i},{word}\n" for i, word in enumerate(wrong))
    answer = enqueue(t, "email,order.number,locale\n" + rows)
    must_refuse(t, answer, *((2 + i, "locale", "is not a language tag") for i in range(len(wrong))))
    for word, mend in wrong.items():
        t.contains(answer.err, f'locale "{word}": the locale is not a language tag; {mend}, not "{word}"', word)
    notice = {"version": 1, "id": "n1", "template": "recall", "locale": "german", "to": {"email": "n@example.org"}, "data": {"order": {"number": 1}}}
    one = t.command("enqueue", "-", text=json.dumps(notice))
    t.equal(one.status, 65, one.err)
    t.contains(one.err, 'the locale is not a language tag: write de, not "german"', "a notice")
    t.matches(one.err, r"standard input:1:\d\d: ", "where")
    explained = t.command("route", "explain", t.write("german.json", json.dumps(notice)))
    t.contains(explained.out + explained.err, 'write de, not "german"', "route explain")
    french = t.command("enqueue", "-", text=json.dumps({**notice, "id": "n2", "locale": "fr"}))
    t.equal((french.status, french.out), (0, "n2\n"), french.err)
    t.contains(french.err, "1 recipient gets a language nobody asked for: line 1 gets en (the letter is not written in fr)", "at once")
    told = t.command("enqueue", "-", "--json", text=json.dumps({**notice, "id": "n3", "locale": "fr"}))
    t.equal(told.json()["locale_fallback"], "en", "for programs")
    prepare(t, batch={"locale": "german"})
    for table in ("email,order.number\na@example.org,1\nb@example.org,2\n", "email,order.number,locale\na@example.org,1,de\n"):
        shared = enqueue(t, table)
        must_refuse(t, shared, ("", "batch.json:1:66", "is not a language tag"))
        t.contains(shared.err, 'write de, not "german"', "told once")


def test_a_text_that_is_missing_in_a_language_nobody_asked_for_says_so(t):
    prepare(t)
    notice = {"version": 1, "id": "n1", "template": "recall", "locale": "fr", "to": {"email": "n@example.org"}, "data": {"order": {"number": 1}, "note": {"fr": "Bonjour"}}}
    answer = t.command("enqueue", "-", text=json.dumps(notice))
    t.equal(answer.status, 65, answer.err)
    t.contains(answer.err, 'has no text in "en"', "which")
    t.contains(answer.err, "(it gets en, as the letter is not written in fr)", "and why")


def test_a_workbook_is_told_from_a_table(t):
    prepare(t)
    answer = enqueue(t, b"PK\x03\x04\x14\x00\x06\x00")
    t.equal(answer.status, 65, answer.err)
    t.contains(answer.err, 'is a workbook, not a CSV; save it as "CSV UTF-8"', "what to do")


def test_one_is_no_plural(t):
    prepare(t)
    t.contains(enqueue(t, "email,order.number\nbad,1\n").err, "1 of 1 row is wrong;", "refused")
    t.contains(enqueue(t, "email,order.number\na@example.org\n").err, "this row has 1 cell, the first one has 2;", "cells")
    answer = enqueue(t, "email,order.number,locale\na@example.org,1,fr\n")
    t.contains(answer.err, "1 recipient is queued as batch recall-1.", "queued")
    t.contains(answer.err, "1 recipient gets a language nobody asked for: row 2 gets en", "language")
    t.contains(enqueue(t, "email,order.number,locale\na@example.org,1,fr\n").err, "1 recipient is already known", "known")


def test_trial_mode_is_said_when_something_is_handed_over(t):
    prepare(t, trial=True, allow=["*@example.org"])
    answer = enqueue(t, "email,order.number\na@example.org,1\nb@example.com,2\n")
    t.contains(answer.err, "Trial mode is on: only recipients on the allow list get it.", "a batch")
    t.contains(answer.err, "dispatcher live on, then dispatcher retry --batch recall-1 --state suppressed --cause trial_mode\n", "a batch")
    notice = {"version": 1, "id": "n1", "template": "recall", "locale": "en", "to": {"email": "n@example.org"}, "data": {"order": {"number": 1}}}
    answer = t.command("enqueue", "-", text=json.dumps(notice))
    t.equal(answer.out, "n1\n", "a notice")
    t.contains(answer.err, "then dispatcher retry --state suppressed --cause trial_mode\n", "a notice")
    t.equal(t.command("enqueue", "-", "--json", text=json.dumps({**notice, "id": "n2"})).err, "", "for programs")


def test_recipients_who_stand_there_twice_are_found(t):
    prepare(t)
    filler = "".join(f"x{i},x{i}@example.org,+4915200{i:06d},1\n" for i in range(3000))
    text = (
        "id,email,phone,order.number\n"
        "c1,anna@example.org,+4915112345678,1\n"
        + filler
        + "c1,other@example.org,,1\n"
        + "c2,Anna@Example.org,,1\n"
        + "c3,third@example.org,+4915112345678,1\n"
        + "c4,fourth@example.org,+4915200002999,1\n"
        + "c5,bad,+4915112345678,1\n"
    )
    must_refuse(
        t,
        enqueue(t, text),
        (3003, "id", "the same id as in row 2"),
        (3004, "email", "the same e-mail address as in row 2"),
        (3005, "phone", "the same telephone number as in row 2"),
        (3006, "phone", "the same telephone number as in row 3002"),
        (3007, "phone", "the same telephone number as in row 2"),
        (3007, "email", "no @"),
    )


def test_an_own_id_can_be_the_number_of_another_row(t):
    prepare(t)
    must_refuse(
        t,
        enqueue(t, "id,email,order.number\n2,a@example.org,1\n,b@example.org,1\n"),
        (3, "id", "the same id as in row 2"),
    )


def test_families_may_share_an_address_if_that_is_meant(t):
    prepare(t)
    rows = "id,email,order.number\nc1,home@example.org,1\nc2,home@example.org,2\n"
    must_refuse(t, enqueue(t, rows), (3, "email", "--shared-addresses"))
    t.equal(enqueue(t, rows, "--shared-addresses").status, 0, "meant")
    t.equal(len(published(t)[1]), 2, "recipients")


def test_twins_are_found_in_json_lines_too(t):
    prepare(t)
    person = {"id": "c1", "to": {"email": "a@example.org"}, "data": {"order": {"number": 1}}}
    lines = [person, {**person, "id": "c2"}, {**person, "to": {"email": "b@example.org"}}, {"id": "c3"}, {**person, "x": 1}]
    must_refuse(
        t,
        enqueue(t, "\n".join(json.dumps(p) for p in lines) + "\n{broken\n", kind="jsonl"),
        (2, "to/email", "as in row 1"),
        (3, "id", "as in row 1"),
        (4, "", "recipient"),
        (5, "id", "as in row 1"),
        (5, "to/email", "as in row 1"),
        (5, "", "x"),
        (6, "", "JSON"),
    )


def test_twenty_are_shown_and_all_are_kept(t):
    prepare(t)
    answer = enqueue(t, "email,order.number\n" + "bad,1\n" * 500, "--problems", "out/mine.csv")
    t.equal(answer.status, 74, f"a file that cannot be written: {answer.err}")
    answer = enqueue(t, "email,order.number\n" + "bad,1\n" * 500, "--problems", "mine.csv", "--shared-addresses")
    t.equal(answer.status, 65, "exit status")
    t.equal(answer.err.count("\nrow") + answer.err.startswith("row"), 20, "shown")
    t.contains(answer.err, "500 of 500 rows are wrong", "the sum")
    t.equal(len(problems(t, "mine.csv")), 500, "kept")
    rows = enqueue(t, "email,order.number\n" + "bad,1\n" * 30, "--json", "--shared-addresses").lines()
    t.equal([row["status"] for row in rows], ["rejected"] * 21, "for programs")
    t.equal((rows[0]["row"], rows[0]["column"], rows[0]["value"]), (2, "email", "bad"), "the first")
    t.equal((rows[-1]["end"], rows[-1]["wrong"], rows[-1]["problems"]), (True, 30, 30), "the end")


def test_problems_never_overwrite_what_is_read(t):
    prepare(t)
    rows = "email,order.number\nbad,1\n"
    answer = enqueue(t, rows, name="problems.csv")
    t.equal(answer.status, 64, "the recipients are called problems.csv")
    t.equal(enqueue(t, rows, "--problems", "batch.json").status, 64, "batch.json")
    with open(os.path.join(t.dir, "problems.csv"), encoding="utf-8") as file:
        t.equal(file.read(), rows, "the file")


def test_formulas_in_problems_are_defused(t):
    prepare(t)
    enqueue(t, "email,order.number\n=HYPERLINK(A1),1\n")
    t.equal(problems(t)[0]["value"], "'=HYPERLINK(A1)", "value")


# what README.md shows


# As config/dispatcher.yaml has it.
SHIPPED = {"trial": True, "allow": ["*@example.org", "*@example.com", "*@example.net", "+4915100000*", "+8210000000*", "+447700900*"]}


def shown_blocks(title):
    """(language, text) of the blocks of a section of README.md."""
    with open(os.path.join(lib.ROOT, "README.md"), encoding="utf-8") as readme:
        section = re.search(rf"^## {title}$(.*?)^## ", readme.read(), re.M | re.S)[1]
    return re.findall(r"^```(\w*)\n(.*?)^```$", section, re.M | re.S)


def shown_commands(title):
    """(command, lines of its answer) of a section of README.md."""
    for language, block in shown_blocks(title):
        for shown in re.split(r"^\$ ", block, flags=re.M)[1:] if not language else ():
            command, _, answer = shown.partition("\n")
            yield command, answer.splitlines()


def test_what_the_readme_shows_is_what_happens(t):
    t.configure(**SHIPPED)
    os.symlink(os.path.join(lib.ROOT, "docs"), os.path.join(t.dir, "docs"))
    seen = []
    for command, expected in shown_commands("Many people at once"):
        arguments = shlex.split(command.removeprefix("build/dispatcher "))
        seen.append(arguments[0])
        if arguments[0] == "watch":
            t.daemon.start()
            t.wait(lambda: t.command(*arguments, "--once").status == 0, 15, "the end of the batch")
        answer = t.command(*arguments)
        lines = re.sub(r", in \d+\S*$", ", in 0s", answer.out + answer.err, flags=re.M).splitlines()
        t.equal(sorted(lines), sorted(expected), command)
    t.equal(seen, ["enqueue", "enqueue", "watch", "enqueue", "enqueue"], "commands")
    letters = [t.outbox("mail", f"update-4_m-000{i}") or t.outbox("texts", f"update-4_m-000{i}") for i in range(1, 7)]
    t.check(all(letters), "everybody was written to")


def test_the_notice_of_the_readme_can_be_handed_over(t):
    t.configure(**SHIPPED)
    os.symlink(os.path.join(lib.ROOT, "docs"), os.path.join(t.dir, "docs"))
    shown = next(text for language, text in shown_blocks("Handing over notices") if language == "json")
    with open(os.path.join(lib.ROOT, "docs", "notice.json"), encoding="utf-8") as file:
        t.equal(shown, file.read(), "what README.md shows is docs/notice.json")
    commands = list(shown_commands("Handing over notices"))
    t.equal(len(commands), 1, "commands")
    command, expected = commands[0]
    answer = t.command(*shlex.split(command.removeprefix("build/dispatcher ")))
    t.equal((answer.status, answer.out.splitlines(), answer.err), (0, expected, ""), command)
    t.daemon.start()
    t.wait_for_state("status-12_c17", "delivered")
    mail = email.message_from_bytes(t.outbox("mail", "status-12_c17"), policy=email.policy.default)
    t.contains(str(mail["Subject"]), "12차 안내", "the letter")


# around it


def test_usage_is_explained(t):
    prepare(t)
    t.write("a.csv", "email,order.number\na@example.org,1\n")
    for arguments, words in (
        (("--csv", "a.csv"), "--batch"),
        (("--batch", "batch.json"), "--csv FILE or --jsonl FILE"),
        (("--batch", "batch.json", "--csv", "a.csv", "--jsonl", "a.csv"), "either"),
        (("--batch", "batch.json", "--csv", "a.csv", "other"), "FILE"),
        (("--problems", "x.csv"), "--batch"),
    ):
        answer = t.command("enqueue", *arguments)
        t.equal((answer.status, answer.out), (64, ""), f"{arguments}")
        t.contains(answer.err, words, f"{arguments}")
    t.equal(t.command("enqueue", "--batch", "no.json", "--csv", "a.csv").status, 66, "no batch.json")
    t.equal(t.command("enqueue", "--batch", "batch.json", "--csv", "no.csv").status, 66, "no CSV")
    t.write("batch.json", json.dumps({"version": 1, "id": "recall-1", "template": "recal"}))
    answer = t.command("enqueue", "--batch", "batch.json", "--csv", "a.csv")
    t.equal(answer.status, 65, "an unknown letter")
    t.contains(answer.err, 'did you mean "recall"?', "an unknown letter")
    t.equal(published(t), None, "nothing is queued")


def test_a_full_disk_is_a_matter_for_later(t):
    prepare(t)
    t.write("a.csv", "email,order.number\na@example.org,1\n")
    answer = t.command("enqueue", "--batch", "batch.json", "--csv", "a.csv", "--set", "min_free=9000TB")
    if answer.status == 78:  # the largest size the configuration takes
        answer = t.command("enqueue", "--batch", "batch.json", "--csv", "a.csv", "--set", "min_free=900TB")
    t.equal((answer.status, published(t)), (75, None), f"a batch: {answer.err}")
    # The disk fills in the middle: a limit on the size of files stands for it.
    rows = "".join(f"c{i},{i}@example.org,{i}\n" for i in range(40000))
    t.write("large.csv", "id,email,order.number\n" + rows)

    def fill():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500000, 1500000))

    ended = subprocess.run(
        [lib.DISPATCHER, "enqueue", "--batch", "batch.json", "--csv", "large.csv", "--config", t.config_path],
        cwd=t.dir,
        env=t.environment,
        capture_output=True,
        preexec_fn=fill,
    )
    t.check(ended.returncode in (74, 75), f"in the middle: {ended.returncode} {ended.stderr!r}")
    t.equal((published(t), os.listdir(os.path.join(t.spool, "tmp"))), (None, []), "nothing is left")


# What `enqueue` says on a disk of these sizes, mounted where nobody else sees it.
SMALL_DISK = """
mount -t tmpfs -o "$disk" tmpfs "$spool" || exit 99
exec "$dispatcher" enqueue --batch batch.json --csv a.csv --config "$config"
"""


def test_a_disk_without_room_or_inodes_is_a_matter_for_later(t):
    prepare(t)
    t.write("a.csv", "email,order.number\na@example.org,1\n")
    for disk, words in (("size=32m", "must keep 61 MiB"), ("size=200m,nr_inodes=40", "inodes left and must keep")):
        ended = subprocess.run(
            ["unshare", "--mount", "sh", "-c", SMALL_DISK],
            cwd=t.dir,
            env={**t.environment, "disk": disk, "spool": t.spool, "dispatcher": lib.DISPATCHER, "config": t.config_path},
            capture_output=True,
            text=True,
        )
        if ended.returncode == 99 or "unshare failed" in ended.stderr:
            print("     not tested: who may not mount a file system has no small disk to try")
            return
        t.equal((ended.returncode, ended.stdout), (75, ""), f"{disk}: {ended.stderr}")
        t.contains(ended.stderr, words, disk)


def test_a_daemon_that_cannot_write_its_ledger_is_a_matter_for_later(t):
    prepare(t)
    t.daemon.start()
    soft, hard = resource.prlimit(t.daemon.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(t.daemon.pid, resource.RLIMIT_FSIZE, (0, hard))  # it writes no file any more
    rows = "email,order.number\na@example.org,1\n"
    t.drop({"version": 1, "id": "n1", "template": "recall", "locale": "en", "to": {"email": "n@example.org"}, "data": {"order": {"number": 1}}})
    t.wait(lambda: enqueue(t, rows).status == 75, 10, "the daemon to say that its ledger takes nothing")
    answer = enqueue(t, rows)
    t.equal((answer.status, answer.out), (75, ""), f"refused: {answer.err}")
    t.contains(answer.err, "try again later", "for people")
    shutil.rmtree(os.path.join(t.spool, "new", "recall-1"), ignore_errors=True)
    resource.prlimit(t.daemon.pid, resource.RLIMIT_FSIZE, (soft, hard))
    t.wait(lambda: enqueue(t, rows).status == 0, 20, "it to be taken")


def test_what_was_purged_is_still_known(t):
    prepare(t)
    rows = "id,email,order.number\nc1,a@example.org,1\n"
    t.equal(enqueue(t, rows).status, 0, "first")
    t.daemon.start()
    t.wait(lambda: t.outbox("mail", "recall-1_c1"), 15, "a letter")
    t.wait(lambda: t.command("watch", "recall-1", "--once").status == 0, 10, "the end of the batch")
    purged = t.command("purge", "--older-than", "0s", "--yes")
    t.equal(purged.status, 0, f"purge: {purged.err}")
    t.equal(os.path.exists(os.path.join(t.spool, "batches", "recall-1")), False, "its files are gone")
    for daemon in (True, False):
        again = enqueue(t, rows)
        t.equal((again.status, again.out), (0, "recall-1 1\n"), f"again, daemon {daemon}: {again.err}")
        t.contains(again.err, "already known", f"again, daemon {daemon}")
        other = enqueue(t, rows.replace(",1\n", ",2\n"))
        t.equal(other.status, 65, f"other content, daemon {daemon}: {other.err}")
        t.contains(other.err, "an id of its own", f"other content, daemon {daemon}")
        t.equal(published(t), None, f"new/, daemon {daemon}")
        if daemon:
            t.daemon.stop()


def test_an_interrupted_enqueue_leaves_nothing(t):
    prepare(t)
    rows = "".join(f"c{i},c{i}@example.org,{i}\n" for i in range(500000))
    path = t.write("many.csv", "id,email,order.number\n" + rows)
    tmp = os.path.join(t.spool, "tmp")
    os.makedirs(tmp, exist_ok=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        running = subprocess.Popen(
            [lib.DISPATCHER, "enqueue", "--batch", "batch.json", "--csv", path, "--config", t.config_path],
            cwd=t.dir,
            env=t.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Who starts us in the background of a shell script has us ignore it, and our children too.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        while not os.listdir(tmp) and running.poll() is None:
            pass  # at once, or it is through
        running.send_signal(number)
        out, err = running.communicate()
        if running.returncode == 0:
            raise lib.Inconclusive("it was through before anybody could interrupt it")
        t.equal((running.returncode, out), (-number, ""), f"it ends by {number.name}: {err}")
        t.contains(err, "nothing was queued", number.name)
        t.equal(os.listdir(tmp) + os.listdir(os.path.join(t.spool, "new")), [], f"{number.name} leaves nothing")


def test_a_batch_that_is_copied_slowly_is_taken_when_it_has_settled(t):
    prepare(t)
    enqueue(t, "id,email,order.number\n" + "".join(f"c{i},c{i}@example.org,{i}\n" for i in range(20)))
    whole, new = os.path.join(t.dir, "whole"), os.path.join(t.spool, "new", "recall-1")
    shutil.move(new, whole)
    t.daemon.start()
    os.mkdir(new)
    longest = 0
    for name in ("batch.json", "notices.jsonl"):
        with open(os.path.join(whole, name), "rb") as file:
            data = file.read()
        with open(os.path.join(new, name), "wb", buffering=0) as file:
            for at in range(0, len(data), len(data) // 4 + 1):  # as a slow `cp -r` writes
                began = time.monotonic()
                file.write(data[at : at + len(data) // 4 + 1])
                time.sleep(0.4)
                longest = max(longest, time.monotonic() - began)
    if longest > 1.5:
        raise lib.Inconclusive(f"the copy paused for {longest:.1f} s: two seconds of that are given up")
    t.wait(lambda: t.outbox("mail", "recall-1_c19"), 20, "the letters")
    t.wait(lambda: t.command("watch", "recall-1", "--once").status == 0, 10, "the end of the batch")
    t.equal(os.listdir(os.path.join(t.spool, "corrupt")), [], "corrupt/")


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere(t):
    prepare(t)
    rows = "".join(f"c{i},c{i}@example.org,{i}\n" for i in range(60000))
    path = t.write("many.csv", "id,email,order.number\n" + rows)
    command = [lib.DISPATCHER, "enqueue", "--batch", "batch.json", "--csv", path, "--config", t.config_path]
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    ended = subprocess.run(
        command, cwd=t.dir, env={**t.environment, "TERM": "xterm"}, stdout=subprocess.PIPE, stderr=inside
    )
    os.close(inside)
    seen = b""
    try:
        while chunk := os.read(terminal, 65536):
            seen += chunk
    except OSError:
        pass  # the end of a terminal
    os.close(terminal)
    t.equal((ended.returncode, ended.stdout), (0, b"recall-1 60000\n"), "the answer")
    shown = seen.decode("utf-8", "replace")
    t.contains(shown, "█" * 20, "a full bar")
    t.contains(shown, "100%", "the end")
    quiet = t.command("enqueue", "--batch", "batch.json", "--csv", path)
    t.check("█" not in quiet.err and "\r" not in quiet.err, f"no bar without a terminal: {quiet.err!r}")


def test_memory_stays_small_for_many_rows(t):
    prepare(t)
    rows = "".join(f"c{i},c{i}@example.org,+4915{i:09d},{i}\n" for i in range(200000))
    path = t.write("many.csv", "id,email,phone,order.number\n" + rows)
    answer = t.command("enqueue", "--batch", "batch.json", "--csv", path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    t.equal(answer.out, "recall-1 200000\n", f"the answer: {answer.err}")
    if lib.PATIENCE == 1:  # sanitizers need memory of their own
        t.check(after < 120 * 1024, f"the largest process so far: {after // 1024} MiB")


# what all share, said by options


def test_a_table_and_the_name_of_a_letter_are_enough(t):
    prepare(t)
    os.remove(os.path.join(t.dir, "batch.json"))
    t.write("customers.csv", "id,email,order.number,locale\nc17,anna@example.org,1,\nc18,bo@example.org,2,en\n")

    def hand_over(*words):
        return t.command("enqueue", "--csv", "customers.csv", "--template", "recall", *words)

    answer = hand_over("--locale", "en", "--expires-at", "2126-01-01T00:00:00Z", "--priority", "high")
    t.equal((answer.status, answer.out), (0, "recall-customers 2\n"), answer.err)
    shared, lines = published(t, "recall-customers")
    t.equal({k: shared[k] for k in ("template", "locale", "priority", "expires_at")},
            {"template": "recall", "locale": "en", "priority": "high", "expires_at": "2126-01-01T00:00:00Z"}, "what all share")  # fmt: skip
    t.equal([line["id"] for line in lines], ["c17", "c18"], "each row has its id")
    again = hand_over("--locale", "en", "--expires-at", "2126-01-01T00:00:00Z", "--priority", "high", "--json")
    t.equal((again.status, again.lines()[-1]["status"]), (0, "duplicate"), "the same table again")
    named = hand_over("--campaign", "breach-2026-11", "--json")
    t.equal(named.lines()[-1]["id"], "breach-2026-11", "the id is that of the campaign")
    t.equal(published(t, "breach-2026-11")[0]["campaign"], "breach-2026-11", "and its name stands there")
    own = hand_over("--campaign", "breach-2026-11", "--id", "second-list", "--json")
    t.equal(own.lines()[-1]["id"], "second-list", "--id decides")


def test_a_table_that_was_mended_is_not_sent_again_under_another_name(t):
    prepare(t)
    first = t.write("customers.csv", "id,email,order.number\nc17,anna@example.org,1\n")
    words = ("enqueue", "--csv", first, "--template", "recall", "--locale", "en")
    t.equal(t.command(*words).status, 0, "the first time")
    t.write("customers.csv", "id,email,order.number\nc17,anna@example.org,1\nc18,bo@example.org,2\n")
    other = t.command(*words)
    t.equal(other.status, 65, "one row more: who got it already would get it twice")
    t.contains(other.err, '"recall-customers"', "which id")
    t.equal(len(published(t, "recall-customers")[1]), 1, "the first stands as it was")
    t.daemon.start()
    t.wait_for_state("recall-customers_c17", "delivered")
    t.equal(t.command(*words).status, 65, "nor when the first is delivered")
    t.write("customers.csv", "id,email,order.number\nc17,anna@example.org,1\n")
    t.equal(t.command(*words, "--json").lines()[-1]["status"], "duplicate", "the first table is known for good")
    t.equal(len(t.rows()), 1, "one delivery")


def test_one_wrong_row_keeps_a_table_from_being_queued_and_is_told_as_json(t):
    prepare(t)
    t.write("customers.csv", "id,email,order.number\nc17,anna@example.org,1\nc19,nobody,2\n")
    answer = t.command("enqueue", "--csv", "customers.csv", "--template", "recall", "--locale", "en", "--json")
    t.equal(answer.status, 65, "exit status")
    row, end = answer.lines()
    t.equal((row["row"], row["status"]), (3, "rejected"), "the row")
    t.contains(json.dumps(row), "email", "which of its cells")
    t.equal((end["status"], end["wrong"], end["rows"]), ("rejected", 1, 2), "none of them is queued")
    t.equal(published(t, "recall-customers"), None, "nothing is queued")


def test_options_in_the_place_of_batch_json_are_explained_by_their_names(t):
    prepare(t)
    t.write("people.csv", "email,order.number\nanna@example.org,1\n")
    t.write("고객.csv", "email,order.number\nanna@example.org,1\n")
    table = ("--csv", "people.csv")
    for words, status, told in (
        ((*table, "--template", "recal"), 65, '--template: there is no letter "recal"; did you mean "recall"?'),
        ((*table, "--template", "recall", "--not-before", "tomorrow"), 64, "--not-before must be a time with its offset"),
        ((*table, "--template", "recall", "--id", "a b"), 64, "--id must be 1 to 96 letters"),
        ((*table, "--template", "recall", "--category", "Ad"), 64, "--category may only hold small letters"),
        ((*table, "--template", "recall", "--priority", "urgent"), 64, "--priority does not know"),
        ((*table, "--template", "recall", "--campaign", "plan.yaml"), 64, "leave --template out"),
        ((*table, "--template", "recall", "--batch", "batch.json"), 64, "leave --template or --batch out"),
        ((*table, "--batch", "batch.json", "--locale", "de"), 64, "--locale goes with --template only; else it stands in batch.json"),
        ((*table,), 64, "add --template NAME, or --batch batch.json"),
        (("--template", "recall"), 64, "--template needs its recipients: either --csv FILE or --jsonl FILE"),
        (("--csv", "고객.csv", "--template", "recall"), 64, "say one with --id"),
        (("notice.json", "--id", "x"), 64, "--id goes with --template only"),
    ):
        answer = t.command("enqueue", *words)
        t.equal(answer.status, status, f"{words}: {answer.err}")
        t.contains(answer.err, told, f"{words}")
    t.equal(os.listdir(os.path.join(t.spool, "new")) if os.path.isdir(os.path.join(t.spool, "new")) else [], [], "nothing is queued")

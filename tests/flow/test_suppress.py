"""The list of addresses that are not written to any more, as operators keep it."""

import csv
import io
import json
import os
import re

import lib


def listed(t, *options):
    return {row["address"]: row for row in t.command("suppress", "list", "--json", *options).lines()}


def test_an_address_is_kept_off_until_it_is_removed(t):
    t.configure()
    t.daemon.start()
    added = t.command("suppress", "add", "Anna.Schmidt@EXAMPLE.org", "+821012345678", "--reason", "asked by telephone")
    t.equal(added.status, 0, added.err)
    t.contains(added.out, "2 addresses", "what changed")
    t.equal(sorted(listed(t)), ["+821012345678", "anna.schmidt@example.org"], "the list")
    t.equal(sorted(listed(t, "--channel", "sms")), ["+821012345678"], "--channel")
    checked = t.command("suppress", "check", "anna.schmidt@Example.ORG")
    t.equal(checked.status, 1, "it is suppressed: " + checked.out)
    t.contains(checked.out, "operator", "cause")
    t.contains(checked.out, "asked by telephone", "reason")
    other = t.command("suppress", "check", "kim@example.org")
    t.equal((other.status, other.out), (0, "not suppressed\n"), "another")
    to = {"email": "anna.schmidt@example.org", "phone": "+82 10-1234-5678".replace(" ", "").replace("-", "")}
    t.drop(t.notice("one", channels=("email", "sms"), to=to))
    for channel in ("email", "sms"):
        t.equal(t.wait_for_state("one", "suppressed", channel=channel)["cause"], "operator", channel)
    t.contains(t.command("show", "one").out, "asked by telephone", "the story")
    removed = t.command("suppress", "remove", "anna.schmidt@example.org", "nobody@example.org", "--reason", "back")
    t.equal(removed.status, 1, "one was not there")
    t.contains(removed.err, "nobody@example.org was not suppressed", "which")
    t.equal(t.command("suppress", "check", "anna.schmidt@example.org").status, 0, "written to again")
    t.equal(t.command("retry", "one", "--state", "suppressed", "--channel", "email").status, 0, "retry")
    t.wait_for_state("one", "delivered")
    actions = [(row["verb"], row["reason"]) for row in t.command("actions", "--json").lines()]
    t.check(("suppress", "asked by telephone") in actions and ("unsuppress", "back") in actions, f"recorded: {actions}")
    t.check("schmidt" not in t.command("actions").out, "no address in what is kept for good")


def test_it_ends_by_itself(t):
    t.configure()
    t.equal(t.command("suppress", "add", "a@example.org", "--for", "1s").status, 0, "added without a daemon")
    t.equal(t.command("suppress", "add", "b@example.org", "--for", "90d").status, 0, "added without a daemon")
    t.wait(lambda: sorted(listed(t)) == ["b@example.org"], 10, "the end of the first")
    t.equal(t.command("suppress", "check", "a@example.org").status, 0, "written to again")
    t.contains(t.command("suppress", "list").err, "1 more is over", "told")


def test_what_is_no_address_changes_nothing(t):
    t.configure()
    for wrong in (["not an address"], ["0101234567"], ["a@example.org", "b@"], ["crm", "--channel", "webhook"]):
        answer = t.command("suppress", "add", *wrong)
        t.check(answer.status in (64, 65), f"{wrong}: {answer.status} {answer.err}")
    t.equal(t.command("suppress", "add", "a@example.org", "--for", "ever").status, 64, "--for")
    t.equal(t.command("suppress", "add").status, 64, "no address")
    t.equal(listed(t), {}, "the list")


def test_what_is_exported_can_be_imported(t):
    t.configure()
    t.daemon.start()
    reason = 'said "no", twice; =cmd\nin two lines'
    t.command("suppress", "add", "o'neill@example.org", "--reason", reason, "--for", "90d")
    t.command("suppress", "add", "+821012345678", "--reason", "=1+1")
    exported = t.command("suppress", "export")
    t.equal(exported.status, 0, exported.err)
    rows = list(csv.DictReader(io.StringIO(exported.out, newline="")))
    t.equal([r["address"] for r in rows], ["o'neill@example.org", "+821012345678"], "addresses")
    t.equal([r["reason"] for r in rows], [reason, "'=1+1"], "reasons: no formula for a spreadsheet")
    before = listed(t)
    path = os.path.join(t.dir, "list.csv")
    with open(path, "w", newline="") as out:
        out.write(exported.out)
    for address in before:
        t.command("suppress", "remove", address)
    t.equal(t.command("suppress", "import", path, "--dry-run").out, "2 addresses would be suppressed.\n", "dry run")
    t.equal(listed(t), {}, "nothing changed")
    imported = t.command("suppress", "import", path)
    t.equal((imported.status, imported.out), (0, "2 addresses suppressed, 2 of them new.\n"), imported.err)
    after = listed(t)
    for key in ("channel", "cause", "reason", "source", "since", "expires_at"):
        t.equal({a: r[key] for a, r in after.items()}, {a: r[key] for a, r in before.items()}, key)
    t.command("suppress", "remove", "+821012345678")
    again = t.command("suppress", "import", path, "--json").json()
    t.equal((again["count"], again["new"]), (2, 1), "how many were new")


def test_a_row_with_a_mailbox_and_a_number_keeps_both_off(t):
    t.configure()
    path = t.write("list.csv", "email,phone,reason\nanna@example.org,+4915112345678,left\n,+4915112345679,left\nkim@example.org,,left\n,,left\n")
    answer = t.command("suppress", "import", path)
    t.equal((answer.status, answer.out), (0, "4 addresses suppressed, 4 of them new.\n"), answer.err)
    t.contains(answer.err, "1 row has no address", "told")
    t.equal(sorted(listed(t)), ["+4915112345678", "+4915112345679", "anna@example.org", "kim@example.org"], "the list")
    t.equal(listed(t)["+4915112345678"]["channel"], "sms", "channel")
    wrong = t.command("suppress", "import", t.write("wrong.csv", "email,phone\nlee@example.org,0101234567\n"))
    t.equal(wrong.status, 65, wrong.err)
    t.check("lee@example.org" not in listed(t), "all or nothing")


def test_an_import_does_not_shorten_what_somebody_decided(t):
    t.configure()
    t.command("suppress", "add", "a@example.org", "--reason", "for good")
    row = "email,a@example.org,operator,short,operator,2026-01-01T00:00:00Z,2099-01-01T00:00:00Z"
    path = t.write("list.csv", f"channel,address,cause,reason,source,since,expires_at\n{row}\n")
    t.equal(t.command("suppress", "import", path, "--json").json()["new"], 0, "it was there")
    t.equal(listed(t)["a@example.org"]["reason"], "for good", "reason")


def test_a_word_that_is_wrong_is_named_with_what_was_meant(t):
    t.configure()
    answer = t.command("suppress", "import", t.write("list.csv", "address,cause\na@example.org,optedout\n"))
    t.equal(answer.status, 65, answer.err)
    t.contains(answer.err, "did you mean opted_out?", "cause")
    answer = t.command("suppress", "add", "foo")
    t.equal(answer.status, 65, answer.err)
    t.contains(answer.err, "no @", "what is missing")
    t.equal(listed(t), {}, "the list")


def test_letting_go_names_only_what_this_entry_kept_back(t):
    t.configure(trial=True, allow=["*@example.org"])
    t.daemon.start()
    t.command("suppress", "add", "anna@example.org", "kim@example.org")
    t.drop(t.notice("mine", to={"email": "anna@example.org"}))
    t.drop(t.notice("other", to={"email": "kim@example.org"}))
    t.drop(t.notice("trial", to={"email": "lee@example.com"}))
    for identity in ("mine", "other", "trial"):
        t.wait_for_state(identity, "suppressed")
    hint = t.command("suppress", "remove", "anna@example.org").out
    found = re.search(r"dispatcher (queue .*) \| grep -iF '(.*)'", hint)
    t.check(found, f"a command that finds it: {hint}")
    if found:
        rows = t.command(*found[1].split()).out.splitlines()
        t.equal([json.loads(row)["id"] for row in rows if found[2] in row], ["mine"], "what it finds")


def test_a_list_with_mistakes_changes_nothing_and_names_them(t):
    t.configure()
    path = t.write("list.csv", "email;channel;expires_at\na@example.org;;\nb@;;\nc@example.org;fax;\nd@example.org;;tomorrow\n")
    answer = t.command("suppress", "import", path)
    t.equal(answer.status, 65, answer.err)
    for row in ('row 3, email "b@"', 'row 4, channel "fax"', 'row 5, expires_at "tomorrow"', "3 of 4 rows are wrong; nothing was changed"):
        t.contains(answer.err, row, "mistakes")
    t.equal(listed(t), {}, "the list")
    t.equal(t.command("suppress", "import", os.path.join(t.dir, "none.csv")).status, 66, "no file")


def must_refuse(t, text, *words):
    answer = t.command("suppress", "import", t.write("list.csv", text))
    t.equal(answer.status, 65, f"{text!r}: {answer.out}{answer.err}")
    for word in words:
        t.contains(answer.err, word, repr(text))
    t.equal(listed(t), {}, f"nothing is changed by {text!r}")
    return answer


def test_no_column_is_dropped_in_silence(t):
    t.configure()
    must_refuse(t, "E-Mail,Telefon\nkim@example.org,+821000000077\n", "row 1, Telefon: this column is not part of the list; rename it to phone")
    must_refuse(t, "email,casue,expire_at\nkim@example.org,opted_out,\n", 'casue: this column is not part of the list; did you mean "cause"?', 'did you mean "expires_at"?')
    must_refuse(t, "이메일\nkim@example.org\n", "rename it to email")
    must_refuse(t, "email,Vorname\nkim@example.org,Kim\n", "Vorname", "--ignore-column", "Columns there can be: channel, address, email, phone, cause")
    must_refuse(t, "Kunde;Ort\nKim;Ulm\n", 'no column holds an address; the first row says "Kunde", "Ort"; add a column email, phone or address')
    must_refuse(t, "cause,Cause,email\n,,kim@example.org\n", "means the same as column 1 (cause)")
    must_refuse(t, "kim@example.org\nlee@example.org\n", 'the first row says "kim@example.org"')
    must_refuse(t, "", "is empty")


def test_names_are_spelled_as_for_enqueue_and_each_address_counts(t):
    t.configure()
    path = t.write("list.csv", "E-Mail;Phone;e_mail;Expires At\nkim@example.org;+821000000077;kim@example.com;2099-01-31\n")
    answer = t.command("suppress", "import", path)
    t.equal((answer.status, answer.out), (0, "3 addresses suppressed, 3 of them new.\n"), answer.err)
    t.equal(sorted(listed(t)), ["+821000000077", "kim@example.com", "kim@example.org"], "the list")
    t.equal(listed(t)["kim@example.org"]["expires_at"], "2099-02-01T00:00:00.000Z", "the whole day")


def test_a_column_is_left_aside_if_somebody_says_so(t):
    t.configure()
    path = t.write("list.csv", "email,Vorname,Kunden-Nr.\nkim@example.org,Kim,17\n")
    t.equal(t.command("suppress", "import", path, "--ignore-column", "vorname").status, 65, "one is left")
    answer = t.command("suppress", "import", path, "--ignore-column", "vorname, Kunden-Nr.")
    t.equal((answer.status, answer.out), (0, "1 address suppressed, 1 of them new.\n"), answer.err)


def test_days_are_times_too(t):
    t.configure()
    rows = "a@example.org,2026-11-02\nb@example.org,02.11.2026\nc@example.org,2026. 11. 2.\nd@example.org,2026-11-02T00:00:00Z\n"
    answer = t.command("suppress", "import", t.write("list.csv", "email,since\n" + rows))
    t.equal(answer.status, 0, answer.err)
    t.equal({row["since"] for row in listed(t).values()}, {"2026-11-02T00:00:00.000Z"}, "since")


def test_all_that_is_wrong_with_a_row_is_told(t):
    t.configure()
    text = "email,phone,cause,since\nkim,0101234567,optedout,11/02/2026\nlee@example.org\na@example.org,,,,x\nb@example,,,\nc@example.org,4.91511E+12,,\n"
    answer = must_refuse(
        t,
        text,
        'row 2, email "kim": the e-mail address has no @',
        'row 2, phone "0101234567": ',
        'row 2, cause "optedout": ',
        'row 2, since "11/02/2026": this is no date and no time; write 2027-01-31, 31.01.2027 or',
        "row 3: this row has 1 cell, the first one has 4",
        "row 4: this row has 5 cells, the first one has 4",
        "row 6, phone \"4.91511E+12\": the spreadsheet has turned",
        "4 of 5 rows are wrong; nothing was changed. All that is wrong: problems.csv",
    )
    t.check("row 5" not in answer.err, "b@example is an address within a house, as for enqueue")
    with open(os.path.join(t.dir, "problems.csv"), encoding="utf-8-sig", newline="") as file:
        kept = list(csv.reader(file))
    t.equal([(row[0], row[1]) for row in kept[1:]], [("2", "cause"), ("2", "since"), ("2", "email"), ("2", "phone"), ("3", ""), ("4", ""), ("6", "phone")], "kept")
    lines = must_refuse(t, "email\n" + "x\n" * 50, "50 of 50 rows are wrong").err.splitlines()
    t.equal(sum(line.startswith("row ") for line in lines), 20, "shown")
    shown = t.command("suppress", "import", t.write("list.csv", "email\nx\n"), "--json").out
    t.equal(json.loads(shown)["column"], "email", "for programs")
    path = t.write("list.csv", "email\nx\n")
    t.equal(t.command("suppress", "import", path, "--problems", path).status, 64, "never over what is read")


def test_a_workbook_is_no_list(t):
    t.configure()
    must_refuse(t, "PK\x03\x04\x14", "is a workbook, not a CSV; save it as \"CSV UTF-8\"")


def test_many_at_once_want_a_yes(t):
    t.configure()
    t.daemon.start()
    path = t.write("list.csv", "address\n" + "".join(f"p{i}@example.org\n" for i in range(5000)))
    refused = t.command("suppress", "import", path)
    t.equal(refused.status, 64, refused.err)
    t.contains(refused.err, "5000 addresses", "how many")
    t.equal(listed(t), {}, "the list")
    done = t.command("suppress", "import", path, "--yes", "--json", "--reason", "old system")
    t.equal((done.status, done.json()["count"]), (0, 5000), done.err)
    t.equal(len(listed(t)), 5000, "the list, page after page")
    many = [f"p{i}@example.org" for i in range(101)]
    t.equal(t.command("suppress", "remove", *many).status, 64, "and so does letting go")
    t.equal(t.command("suppress", "remove", *many, "--yes").status, 0, "--yes")
    t.equal(len(listed(t)), 4899, "the list")
    t.equal(sum("old system" == row["reason"] for row in t.command("actions", "--json").lines()) > 0, True, "recorded")

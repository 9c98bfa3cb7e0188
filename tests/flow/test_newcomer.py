"""What somebody who writes their first campaign gets wrong, and must be told before it is sent."""

import os

import lib

CAMPAIGN = "campaigns/x1/campaign.yaml"
HEADER = "id,name,email,locale\n"
PEOPLE = HEADER + "1,Anna Schmidt,anna@example.org,de\n2,김민준,minjun@example.org,ko\n"


def read(t, name):
    with open(os.path.join(t.dir, name), encoding="utf-8") as file:
        return file.read()


def edit(t, name, old, new, count=1):
    text = read(t, name)
    t.check(old in text, f"{name} has no {old!r}")
    t.write(name, text.replace(old, new, count))


def begin(t, people=PEOPLE, **keys):
    """A campaign as `campaign new` makes it, with everything written that is marked TODO."""
    t.configure(**keys)
    made = t.command("campaign", "new", "x1", "--template", "service-restored")
    t.equal(made.status, 0, f"made: {made.err}")
    facts = read(t, "campaigns/x1/facts.yaml")
    for line in [one for one in facts.splitlines() if '"TODO 2' in one]:
        facts = facts.replace(line, line.replace('"TODO ', "").rstrip('"'))
    t.write("campaigns/x1/facts.yaml", facts.replace("TODO ", ""))
    edit(t, CAMPAIGN, "approvals: [comms, legal]", "# approvals: [comms, legal]")
    t.write("campaigns/x1/people.csv", people)


def check(t, status, *arguments):
    answer = t.command("check", CAMPAIGN, *arguments)
    t.equal(answer.status, status, f"check: {answer.out}{answer.err}")
    return answer.out


# what is left to write


def test_no_todo_is_sent_wherever_it_stands(t):
    begin(t)
    check(t, 0)
    for name, old, new in (
        ("campaigns/x1/facts.yaml", "phone: ", "phone: TODO "),
        ("campaigns/x1/facts.yaml", "email: ", "email: TODO "),
        ("campaigns/x1/facts.yaml", "kind: none", "jurisdictions: [TODO]\nkind: none"),
        (CAMPAIGN, "# reference: auto", "reference: TODO-1"),
    ):
        whole = read(t, name)
        edit(t, name, old, new)
        t.matches(check(t, 65), name + r':\d+:\d+: error: "TODO" is still to be written \[placeholder-text\]', f"{new!r}")
        sent = t.command("send", CAMPAIGN, "--confirm", "x1")
        t.equal(sent.status, 65, f"nothing is sent: {sent.err}")
        t.write(name, whole)
    t.write("campaigns/x1/people.csv", HEADER + "1,TODO,anna@example.org,de\n")
    t.matches(check(t, 65), r"people\.csv:2:1: error: name: this cell is still to be written", "the table")
    t.equal(t.command("send", CAMPAIGN, "--confirm", "x1").status, 65, "the row is wrong")


# the table


def test_empty_rows_of_a_spreadsheet_are_nobody(t):
    rows = "id;name;email;locale\n1;Anna Schmidt;anna@example.org;de\n;;;\n ; ;;\n2;김민준;wrong;ko\n;;;\n"
    begin(t, rows)
    out = check(t, 65)
    t.contains(out, "2 people in 1 cohort", "who is counted")
    t.contains(out, "1 error, 0 warnings", "nothing else is wrong")
    t.contains(out, "people.csv:5:1: error: email:", "in the row the spreadsheet shows")
    t.write("campaigns/x1/people.csv", rows.replace("wrong", "minjun@example.org"))
    check(t, 0)
    plan = t.command("send", CAMPAIGN, "--dry-run", "--json").json()
    t.equal((plan["rows"], plan["people"], plan["wrong"]), (2, 2, 0), "and sent to")


def test_a_file_in_another_charset_is_told_once_with_what_to_do(t):
    begin(t)
    table = HEADER + "1,§ · 뷁,a@example.org,ko\n2,김민준,b@example.org,ko\n3,이서연,c@example.org,ko\n"
    with open(os.path.join(t.dir, "campaigns/x1/people.csv"), "wb") as file:
        file.write(table.encode("cp949"))
    out = check(t, 65)
    t.contains(out, "1 error, 0 warnings", "once")
    t.contains(out, "it looks like CP949 (EUC-KR); save it as \"CSV UTF-8\": in Excel under Save As", "what to do")


def test_names_that_were_saved_in_the_wrong_charset_are_named(t):
    begin(t, HEADER + "1,JÃ¼rgen GroÃŸ,j@example.org,de\n2,???,m@example.org,ko\n3,Mu\ufffdller,k@example.org,de\n4,Zoë Köhler,z@example.org,de\n")
    out = check(t, 0)
    t.equal(out.count("[audience-charset]"), 3, f"three of them: {out}")
    t.contains(out, "choose UTF-8", "what to do")


def test_a_gender_without_a_family_name_is_told(t):
    table = "id,name,family_name,gender,email,locale\n1,Anna Schmidt,,female,anna@example.org,de\n2,Kim,,male,minjun@example.org,ko\n"
    begin(t, table)
    t.contains(check(t, 0), "1 person of cohort everybody has a gender but no family_name", "only German greets by it")
    t.write("campaigns/x1/people.csv", table.replace("Schmidt,,", "Schmidt,Schmidt,"))
    t.contains(check(t, 0), "0 errors, 0 warnings", "it is there")


# who writes


def test_the_sample_organisation_is_told_before_anything_is_sent(t):
    begin(t)
    t.contains(check(t, 0), "0 errors, 0 warnings", "a name of our own")
    own = dict(lib.ORGANISATION, ko={"name": "예시은행"})
    t.configure(organisation=own)
    t.contains(check(t, 0), 'warning: the letters say that "예시은행" writes', "one language is enough")
    t.contains(t.command("send", CAMPAIGN, "--dry-run").out, 'Sender     "예시은행" is the sample', "and send says it")
    t.configure(organisation=own, trial=True, allow=["*@example.org"])
    t.check("organisation-sample" not in t.command("check").out, "in trial mode nobody is misled by the configuration alone")
    t.configure(organisation=own, trial=False)
    t.contains(t.command("check").out, "[organisation-sample]", "live")


# times


def test_times_that_cannot_be_meant_are_told(t):
    begin(t)
    facts = read(t, "campaigns/x1/facts.yaml")
    t.write("campaigns/x1/facts.yaml", facts.replace("2025-09-18T10:40", "2062-09-18T10:40").replace("2025-09-18T16:25", "2062-09-18T16:25"))
    t.contains(check(t, 0), "service.down_from (2062-09-18T10:40:00+09:00) is more than a year after valid_from: is the year right?", "far away")
    t.write("campaigns/x1/facts.yaml", facts)
    edit(t, CAMPAIGN, "# send_at: 2027-01-31T09:00:00+01:00", "send_at: 2025-01-31T09:00:00+01:00")
    t.contains(check(t, 0), "warning: this leaves before its facts were known (valid_from in", "a send_at that is over")
    t.matches(t.command("send", CAMPAIGN, "--dry-run").out, "Starts     as soon as it is sent: its time, 2025-01-31.*, is over", "and so says send")


# the next one


def test_the_next_campaign_counts_on_but_not_its_date(t):
    begin(t)
    for name, following in (("2026-12-parcels", "2026-12-parcels-2"), ("update-4", "update-5"), ("2026-12-parcels-2", "2026-12-parcels-3"),
                            ("outage-2026-12-24", "outage-2026-12-24-2"), ("news", "news-2")):
        text = read(t, CAMPAIGN)
        edit(t, CAMPAIGN, text[text.index("campaign: "):text.index("\ntemplate:")], f"campaign: {name}")
        made = t.command("campaign", "next", CAMPAIGN, "--json")
        t.equal(made.status, 0, f"{name}: {made.err}")
        t.equal(made.json()["campaign"], following, name)
        for made_file in ("campaign-2.yaml", "facts-2.yaml"):
            os.unlink(os.path.join(t.dir, "campaigns/x1", made_file))


def test_a_campaign_that_has_left_is_not_outdated_by_the_next(t):
    begin(t)
    t.daemon.start()
    sent = t.command("send", CAMPAIGN, "--confirm", "x1", "--wait")
    t.equal(sent.status, 0, f"sent: {sent.out}{sent.err}")
    t.equal(t.command("campaign", "next", CAMPAIGN).status, 0, "the next one")
    out = check(t, 0)
    t.check("campaign-outdated" not in out, f"it has left: {out}")
    again = t.command("send", CAMPAIGN, "--confirm", "x1")
    t.equal(again.status, 0, f"nor does send say so, which finishes what was interrupted: {again.out}{again.err}")


def test_a_finished_campaign_is_not_announced_again(t):
    begin(t)
    edit(t, CAMPAIGN, "campaign: x1\n", "campaign: x1\ncanary: {first: 1, then: look}\n")
    t.daemon.start()
    t.contains(t.command("send", CAMPAIGN, "--confirm", "x1").out, "Started.", "at first")
    t.wait(lambda: t.command("campaign", "show", "x1", "--json").json()["state"] == "canary", 20, "the first one")
    t.equal(t.command("campaign", "go-on", "x1").status, 0, "looked at")
    t.equal(t.command("watch", "x1").status, 0, "to the end")
    for again in (t.command("send", CAMPAIGN, "--confirm", "x1"), t.command("send", CAMPAIGN, "--dry-run")):
        t.equal(again.status, 0, f"typed again: {again.err}")
        t.contains(again.out + again.err, "x1 is finished since ", "what it is")
        t.check("can be sent" not in again.out and "First " not in again.out, f"nobody is sent anything: {again.out}")


def test_send_tells_the_warnings_of_check_before_it_asks(t):
    begin(t)
    t.daemon.start()
    first = t.command("send", CAMPAIGN, "--confirm", "x1", "--wait")
    t.check("Warnings" not in first.out, f"there are none: {first.out}")
    made = t.command("campaign", "next", CAMPAIGN, "--json").json()
    again = "campaigns/x1/campaign-2.yaml"
    told = [row["rule"] for row in t.command("check", again, "--json").lines() if row.get("severity") == "warning"]
    t.check("same-as-last-issue" in told, f"nothing was changed: {told}")
    kinds = t.command("send", again, "--dry-run", "--json").json()["warnings"]
    t.equal(kinds, {rule: told.count(rule) for rule in told}, "as check counts them")
    for asked in (t.command("send", again, "--dry-run"), t.command("send", again, "--confirm", "no such name")):
        t.matches(asked.out, rf"Warnings   .*{kinds['same-as-last-issue']} same-as-last-issue.* dispatcher check {again}", f"before {made['campaign']} is sent")


def test_send_says_that_no_daemon_runs(t):
    begin(t)
    for _ in range(2):  # and when it is typed again
        sent = t.command("send", CAMPAIGN, "--confirm", "x1")
        t.equal(sent.status, 0, f"handed over: {sent.err}")
        t.contains(sent.out, "nothing leaves yet: no daemon is running", "and waits")
    t.daemon.start()
    t.check("no daemon" not in t.command("send", CAMPAIGN, "--confirm", "x1").out, "now one does")


def test_the_folder_of_a_campaign_may_be_checked(t):
    begin(t)
    for folder in ("campaigns/x1", "campaigns/x1/"):
        out = t.command("check", folder)
        t.equal(out.status, 0, f"{folder}: {out.out}{out.err}")
        t.contains(out.out, "2 people in 1 cohort", folder)


# somebody calls


def test_a_person_is_found_by_the_address_or_number_they_call_from(t):
    table = "id,name,email,phone,locale\n1,Anna Schmidt,Anna@example.org,+4915100000001,de\n2,김민준,minjun@example.org,,ko\n"
    begin(t, table)
    t.daemon.start()
    sent = t.command("send", CAMPAIGN, "--confirm", "x1", "--wait")
    t.equal(sent.status, 0, f"sent: {sent.out}{sent.err}")
    for arguments in (("--email", "anna@EXAMPLE.org"), ("--email", "minjun@example.org")):
        shown = t.command("show", *arguments)
        t.equal(shown.status, 0, f"{arguments}: {shown.err}")
        t.equal(shown.out.count("delivered by email"), 1, f"their notice and nobody else's: {shown.out}")
    nobody = t.command("show", "--email", "nobody@example.org")
    t.equal(nobody.status, 66, f"nobody: {nobody.err}")
    t.contains(nobody.err, "no notice went to nobody@example.org", "said")
    t.equal(t.command("show", "--phone", "+49 151 9999").status, 66, "a number that is nobody's")
    t.equal(t.command("show", "x", "--email", "a@example.org").status, 64, "one way is enough")
    part = t.command("show", "--email", "minjun@example.org", "--body", "--part", "sms")
    t.contains(part.out, "It has no part sms.", "a mail has none")
    empty = t.command("call-list", "x1")
    t.contains(empty.err, "`phoned`", "why nobody is to be called")


def test_words_that_are_nearly_right_are_understood(t):
    begin(t)
    answer = t.command("evidence", "verfy", "somewhere")
    t.equal(answer.status, 64, "no such command")
    t.contains(answer.err, 'did you mean "evidence verify"?', "what was meant")
    t.daemon.start()
    edit(t, CAMPAIGN, "# send_at: 2027-01-31T09:00:00+01:00", "send_at: 2090-01-31T09:00:00+01:00")
    t.equal(t.command("send", CAMPAIGN, "--confirm", "x1").status, 0, "for later")
    watched = t.command("watch", "x1", "--timeout", "1s")
    t.equal(watched.status, 75, f"not over: {watched.out}{watched.err}")
    t.equal(t.command("watch", "x1", "--timeout", "soon").status, 64, "no time")

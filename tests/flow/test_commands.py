"""The commands as people and scripts use them: what they print, where, and how they end."""

import email
import email.policy
import glob
import json
import os
import select
import shutil
import subprocess

import lib


def start(t, **keys):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail), **keys)
    t.daemon.start()
    return mail


# enqueue


def test_enqueue_takes_one_object_or_many_lines(t):
    mail = start(t)
    one = json.dumps(t.notice("one", locale="de"), indent=2, ensure_ascii=False)
    answer = t.command("enqueue", "-", text=one)
    t.equal((answer.status, answer.out, answer.err), (0, "one\n", ""), "one object on several lines")
    path = t.write("many.jsonl", "".join(json.dumps(n) + "\n" for n in t.notices(3)) + "\n")
    answer = t.command("enqueue", path)
    t.equal((answer.status, answer.out), (0, "n0\nn1\nn2\n"), "JSON Lines in a file")
    t.contains(answer.err, "3 queued", "a count for people, not among the data")
    answer = t.command("enqueue", text=json.dumps(t.notice("stdin")))
    t.equal((answer.status, answer.out), (0, "stdin\n"), "without a file name: standard input")
    t.wait(lambda: len(mail.accepted()) == 5, 10, "five mails")
    t.equal({r["message_id"].split("@")[0] for r in mail.accepted()}, {"<one", "<n0", "<n1", "<n2", "<stdin"}, "mails")


def test_enqueue_answers_programs_in_json(t):
    start(t)
    first, second = t.notice("a"), t.notice("b")
    t.command("enqueue", "-", text=json.dumps(first))
    t.wait_for_state("a", "delivered")
    lines = [json.dumps(first), json.dumps(second), '{"version": 1,', json.dumps({**first, "locale": "de"}), json.dumps(t.notice("c d"))]
    answer = t.command("enqueue", "-", "--json", text="\n".join(lines) + "\n")
    t.equal(answer.status, 65, "exit status: some were rejected")
    rows = answer.lines()
    t.equal([row["status"] for row in rows], ["duplicate", "queued", "rejected", "conflict", "rejected"], "statuses")
    t.equal([row.get("id") for row in rows], ["a", "b", None, "a", "c d"], "ids, as far as they can be read")
    t.equal([row["line"] for row in rows], [1, 2, 3, 4, 5], "lines")
    t.contains(rows[3]["errors"][0]["detail"], "other content", "a conflict")
    t.wait_for_state("b", "delivered")


def test_enqueue_answers_each_line_before_the_next_one_is_written(t):
    start(t)
    command = [lib.DISPATCHER, "enqueue", "-", "--json", "--config", t.config_path]
    asked = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=t.dir, env=t.environment, bufsize=0)
    try:
        for i in range(3):
            asked.stdin.write(json.dumps(t.notice(f"n{i}")).encode() + b"\n")
            t.check(select.select([asked.stdout], [], [], 20 * lib.PATIENCE)[0], f"no answer to line {i + 1}")
            row = json.loads(asked.stdout.readline())
            t.equal((row["line"], row["id"], row["status"]), (i + 1, f"n{i}", "queued"), "the answer")
        asked.stdin.close()
        t.equal(asked.wait(20 * lib.PATIENCE), 0, "exit status")
    finally:
        asked.kill()
        asked.wait()
    for i in range(3):
        t.wait_for_state(f"n{i}", "delivered")


def test_the_same_id_is_known_while_it_waits_and_after_it_was_delivered_without_a_daemon_too(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail))
    notice = t.notice("a")
    other = json.dumps({**notice, "locale": "de"})
    for when in ("in new/ without a daemon", "delivered, with a daemon", "delivered, without a daemon"):
        answer = t.command("enqueue", "-", text=json.dumps(notice))
        t.equal((answer.status, answer.out), (0, "a\n"), when)
        answer = t.command("enqueue", "-", text=other)
        t.equal((answer.status, answer.out), (65, ""), f"other content: {when}")
        t.matches(answer.err, "id \"?a\"?|a.json", f"the sentence: {when}")
        if not t.daemon.running():
            t.daemon.start()
            t.wait_for_state("a", "delivered")
        elif when.startswith("delivered"):
            t.daemon.stop()
    t.equal(len(mail.accepted()), 1, "mails")


def test_an_idempotency_key_is_an_identity_too(t):
    mail = start(t)
    t.drop(t.notice("a", idempotency_key="campaign:c17"))
    t.wait_for_state("a", "delivered")
    t.drop(t.notice("b", idempotency_key="campaign:c17", locale="de"))
    t.contains(t.corrupt("b"), "idempotency_key", "reason")
    t.equal(len(mail.accepted()), 1, "mails")


def test_no_id_is_queued_twice_with_different_content_however_fast_the_daemon_takes_the_first(t):
    mail = start(t)
    pairs = [{**notice, "locale": locale} for notice in t.notices(150) for locale in ("de", "ko")]
    answer = t.command("enqueue", "-", "--json", text="".join(json.dumps(n) + "\n" for n in pairs))
    t.equal(answer.status, 65, "some were rejected")
    queued = [row["id"] for row in answer.lines() if row["status"] == "queued"]
    t.equal(sorted(queued), sorted(f"n{i}" for i in range(150)), "each once")
    t.wait(lambda: len(mail.accepted()) == 150, 30, "what was queued is sent")
    told = t.daemon.log().count("event=job.conflict")
    t.equal(told, len(glob.glob(os.path.join(t.spool, "corrupt", "*.reason"))), "a conflict is told once, when it is set aside")


def test_enqueue_refuses_an_idempotency_key_that_was_used_for_other_content(t):
    mail = start(t)
    first = t.notice("a", idempotency_key="campaign:c17")
    t.enqueue(first)
    t.wait_for_state("a", "delivered")
    t.equal(t.enqueue({**first, "id": "b"}), ["b"], "the same under another id is a repeat")
    answer = t.command("enqueue", "-", text=json.dumps({**first, "id": "c", "locale": "de"}))
    t.equal((answer.status, answer.out), (65, ""), "other content")
    t.contains(answer.err, 'idempotency_key "campaign:c17"', "the sentence")
    t.equal(len(mail.accepted()), 1, "mails")


def test_a_disk_without_room_is_told_by_status_and_not_over_and_over_by_the_log(t):
    start(t, min_free="900TB")
    t.drop(t.notice("a"))
    t.wait(lambda: "event=spool.full" in t.daemon.log(), 20, "the log to tell it")
    for i in range(5):
        t.drop(t.notice(f"b{i}"))  # each wakes the intake
        t.contains(t.command("status").out, "TAKING NOTHING IN: ", "status")
        t.matches(t.command("top", "--once").out, r"\nNothing is taken in: the disk of the spool ", "top")
    t.equal(t.daemon.log().count("event=spool.full"), 1, "told once a minute")


def test_enqueue_ends_with_what_is_wrong(t):
    t.configure()
    cases = [
        (("enqueue", "/no/such/file"), None, 66),
        (("enqueue", "-"), "", 65),
        (("enqueue", "-"), "not json", 65),
        (("enqueue", "a", "b"), None, 64),
        (("enqueue", "--frobnicate"), None, 64),
    ]
    for arguments, text, status in cases:
        answer = t.command(*arguments, text=text)
        t.equal((answer.status, answer.out), (status, ""), f"{arguments} {text!r}")
        t.check(answer.err.startswith("dispatcher: ") and answer.err.count("\n") == 1, f"one sentence: {answer.err!r}")


# queue, show, status


def test_queue_shows_rows_for_people_and_for_programs(t):
    server = t.faulty("good")
    t.configure(email=t.email_transport(server, retry=["1h"]))
    t.daemon.start()
    t.drop(t.notice("fine", locale="ko", campaign="c-1"))
    t.drop(t.notice("bad", to={"email": "550.x@example.org"}))
    t.drop(t.notice("later", to={"email": "450.x@example.org"}))
    for identity, state in (("fine", "delivered"), ("bad", "failed"), ("later", "deferred")):
        t.wait_for_state(identity, state)
    lines = t.command("queue").out.splitlines()
    t.equal(lines[0].split()[:3], ["ID", "CHANNEL", "STATE"], "heads")
    t.equal(len(lines), 4, "rows and a head")
    t.equal(len({len(line.split("email")[0]) for line in lines[1:]}), 1, "columns are aligned")
    t.equal([r["id"] for r in t.command("queue", "--state", "failed", "--json").lines()], ["bad"], "--state")
    t.equal([r["id"] for r in t.command("queue", "--campaign", "c-1", "--json").lines()], ["fine"], "--campaign")
    t.equal([r["id"] for r in t.command("queue", "--cause", "bad_recipient", "--state", "failed", "--json").lines()], ["bad"], "--cause")
    t.equal([r["id"] for r in t.command("queue", "later", "--json").lines()], ["later"], "one id")
    t.equal(len(t.command("queue", "--limit", "2", "--json").lines()), 2, "--limit")
    t.equal(t.command("queue", "--state", "lost").status, 64, "an unknown state")
    nothing = t.command("queue", "--state", "held")
    t.equal((nothing.status, nothing.out), (0, ""), "nothing is no error, and no output")
    summary = {r["channel"]: r for r in t.command("queue", "--summary", "--json").lines()}
    counts = {k: n for k, n in summary["email"].items() if n and k not in ("v", "channel", "oldest")}
    t.equal(counts, {"delivered": 1, "failed": 1, "deferred": 1}, "summary")
    accepted = {r["state"]: r["accepted_at"] for r in t.command("queue", "--json").lines()}
    t.equal(summary["email"]["oldest"]["deferred"], accepted["deferred"], "since when the oldest is there")
    t.check("oldest" not in summary["sms"], "nothing is there, nothing is old")
    told = t.command("queue", "--summary").out.splitlines()
    t.equal(told[0].split(), ["CHANNEL", "STATE", "DELIVERIES", "OLDEST"], "summary for people")
    t.equal(told[-1].split()[:3], ["TOTAL", "-", "3"], "the total")
    t.matches(told[1], r"^email +deferred +1 +\d+s$", "an age")
    t.equal(t.command("queue", "--summary", "--state", "failed").status, 64, "a part that would look like the whole")


def test_queue_pages_through_many(t):
    t.configure()
    t.enqueue(*t.notices(1203))
    t.daemon.start()
    t.wait(lambda: t.summary("email").get("delivered") == 1203, 20, "all to be delivered")
    rows = t.command("queue", "--json").lines()
    t.equal((len(rows), len({r["id"] for r in rows})), (1203, 1203), "rows and ids")
    t.equal(len(t.command("queue").out.splitlines()), 101, "people get a hundred")
    t.contains(t.command("queue").err, "more", "and are told that there are more")


def test_show_tells_the_story_of_one_notice(t):
    server = t.faulty("rcpt-450", "--on", "1")
    t.configure(email=t.email_transport(server, retry=["100ms"]))
    t.daemon.start()
    t.drop(t.notice("one", locale="ko"))
    t.wait_for_state("one", "delivered")
    told = t.command("show", "one").out
    for word in ("one", "delivered by email to", "attempt 1", "greylisted", "attempt 2", "apology (ko)", "sha256"):
        t.contains(told, word, "the story")
    rows = t.command("show", "one", "--json").lines()
    t.equal(rows[0]["job"]["id"], "one", "the notice as accepted")
    t.equal([r.get("attempt") for r in rows if "attempt" in r], [1, 2], "attempts")
    unknown = t.command("show", "nobody")
    t.equal((unknown.status, unknown.out), (66, ""), "an unknown id")
    t.equal(t.command("show").status, 64, "no id")


def test_status_with_and_without_a_daemon(t):
    start(t)
    told = t.command("status")
    t.equal(told.status, 0, "exit status")
    t.contains(told.out, f"pid {t.daemon.pid}", "status")
    status = t.command("status", "--json").json()
    t.equal((status["daemon"], status["ledger_available"], status["trial"]), (True, True, False), "for programs")
    t.equal({x["name"] for x in status["transports"]}, {"mail", "texts", "hooks"}, "transports")
    t.daemon.stop()
    told = t.command("status")
    t.equal(told.status, 69, "exit status without a daemon")
    t.contains(told.out, "no daemon", "status without a daemon")


def test_commands_see_the_same_with_and_without_a_daemon(t):
    start(t)
    t.enqueue(*t.notices(5))
    t.wait(lambda: len(t.rows(state="delivered")) == 5, 10, "all to be delivered")
    questions = (("queue", "--json"), ("queue", "--summary", "--json"), ("show", "n3", "--json"), ("queue",), ("show", "n3"))
    running = [t.command(*q).out for q in questions]
    t.daemon.stop()
    t.equal([t.command(*q).out for q in questions], running, "answers")


# preview, render, sms-length, check, config


def test_preview_shows_what_would_be_sent(t):
    t.configure()
    overview = t.command("preview", "apology", "--locale", "de,ko,en")
    t.equal(overview.status, 0, "exit status")
    for word in ("===== de =====", "===== ko =====", "===== en =====", "Subject:", "[SMS: gsm7", "[SMS: ucs2"):
        t.contains(overview.out, word, "overview")
    raw = t.command("preview", "apology", "--locale", "ko", "--part", "email", "--fixture", "card-leak-b").out
    message = email.message_from_string(raw, policy=email.policy.default)
    t.equal(message["To"].addresses[0].display_name, "이서연", "the fixture's recipient")
    t.contains(message.get_body(("plain",)).get_content(), "이서연 고객님께", "text")
    hook = t.command("preview", "status-update", "--locale", "de", "--part", "webhook").json()
    t.equal((hook["type"], hook["data"]["locale"]), ("status_update", "de"), "webhook")
    t.check(hook["timestamp"] != hook["data"]["as_of"], "its time is that of the notice, not of the facts")
    page = t.command("preview", "apology", "--locale", "en", "--part", "html").out
    t.check(page.lstrip().lower().startswith("<!doctype html>"), "HTML")
    for arguments, status in (
        (("preview", "apologi"), 66),
        (("preview", "apology", "--locale", "fr"), 66),
        (("preview", "apology", "--part", "fax"), 64),
        (("preview", "apology", "--fixture", "nobody"), 66),
        (("preview",), 64),
    ):
        t.equal(t.command(*arguments).status, status, str(arguments))
    t.contains(t.command("preview", "apologi").err, 'did you mean "apology"', "a hint")


def test_every_fixture_can_be_previewed_in_every_language_and_part(t):
    t.configure()
    for template in ("apology", "status-update"):
        for name in os.listdir(os.path.join(lib.ROOT, "templates", template, "fixtures")):
            for part in ("email", "text", "html", "sms", "webhook"):
                answer = t.command("preview", template, "--fixture", name, "--part", part, "--locale", "de,ko,en")
                t.equal(answer.status, 0, f"{template} {name} {part}: {answer.err}")
                t.check("{{" not in answer.out, f"{template} {name} {part}: a tag is left")


def test_render_fills_a_bare_template(t):
    t.configure()
    template = t.write("a.mustache", "Hi {{name}}!{{#items}}\n- {{.}}{{/items}}{{^none}} none{{/none}} {{> part}}{{! gone }}\n")
    data = t.write("a.json", '{"name": "<Kim>", "items": ["가", "나"]}')
    t.write("partials/part.mustache", "[{{name}}]")
    base = ("render", "--template", template, "--data", data, "--partials", os.path.join(t.dir, "partials"))
    t.equal(t.command(*base).out, "Hi &lt;Kim&gt;!\n- 가\n- 나 none [&lt;Kim&gt;]\n", "escaped")
    t.equal(t.command(*base, "--escape", "none").out, "Hi <Kim>!\n- 가\n- 나 none [<Kim>]\n", "not escaped")
    hole = t.write("b.mustache", "{{nobody}}")
    t.equal(t.command("render", "--template", hole, "--data", data).out, "", "missing is empty, as Mustache says")
    answer = t.command("render", "--template", hole, "--data", data, "--missing", "error")
    t.equal((answer.status, answer.out), (65, ""), "or an error")
    t.contains(answer.err, "nobody", "that names it")
    t.equal(t.command("render", "--template", hole).status, 64, "no data")
    t.equal(t.command("render", "--template", "/none", "--data", data).status, 66, "no file")


def measure(t, text, *arguments):
    return t.command("sms-length", *arguments, text=text).json()


def test_sms_length_counts_and_names_what_costs(t):
    t.configure()
    plain = measure(t, "Grüße €")
    t.equal((plain["encoding"], plain["units"], plain["segments"], plain["offending"]), ("gsm7", 8, 1, []), "umlauts and the euro")
    t.equal([measure(t, "a" * n)["segments"] for n in (160, 161, 306, 307)], [1, 2, 2, 3], "GSM-7")
    t.equal([measure(t, "가" * n)["segments"] for n in (70, 71, 134, 135)], [1, 2, 2, 3], "UCS-2")
    quoted = measure(t, "Er sagt „ja“ – gut")
    found = {o["character"]: (o["position"], o["replacement"]) for o in quoted["offending"]}
    t.equal(found, {"„": (8, '"'), "“": (11, '"'), "–": (13, "-")}, "offending characters")
    emoji = measure(t, "ok 👍")
    t.equal((emoji["encoding"], emoji["units"]), ("ucs2", 5), "an emoji is two units")
    korean = measure(t, "안녕하세요", "--gateway-profile", "euc-kr")
    t.equal((korean["units"], korean["type"], korean["sendable"]), (10, "SMS", True), "EUC-KR")
    long = measure(t, "가" * 46, "--gateway-profile", "euc-kr")
    t.equal((long["units"], long["type"]), (92, "LMS"), "a long one")
    rare = measure(t, "뷁 똠 ü", "--gateway-profile", "euc-kr")
    t.equal((rare["sendable"], [o["character"] for o in rare["offending"]]), (False, ["뷁", "똠", "ü"]), "not in EUC-KR")
    t.equal([o["character"] for o in measure(t, "뷁 똠 ü", "--gateway-profile", "cp949")["offending"]], ["ü"], "in windows-949")
    t.equal(t.command("sms-length", text=b"\xff\xfe").status, 65, "no UTF-8")
    t.equal(t.command("sms-length", "--gateway-profile", "fax", text="x").status, 64, "an unknown profile")
    aligo = {"channel": "sms", "gateway": "aligo", "sender": "15880000", "vars": {"user": "u", "key": {"file": t.secret_file("sms", "p")}}}
    t.configure(sms=aligo)
    sent = measure(t, "„유출“ 안내", "--transport", "texts")
    t.equal((sent["encoding"], sent["units"], sent["replaced"], sent["type"], sent["refusal"]), ("euc-kr", 13, 1, "SMS", None), "as the transport sends it")
    t.contains(measure(t, "ü", "--transport", "texts")["refusal"], "ü (U+00FC)", "what it does not take")
    t.equal(t.command("sms-length", "--transport", "texts", "--gateway-profile", "gsm", text="x").status, 64, "one of the two")
    t.equal(t.command("sms-length", "--transport", "nope", text="x").status, 66, "no such transport")


def test_check_points_at_the_line_and_column(t):
    t.configure()
    good = t.command("check")
    letters = len(glob.glob(os.path.join(lib.ROOT, "templates", "[a-z]*", "template.yaml")))
    t.equal((good.status, good.out.splitlines()[-1]), (0, f"0 errors, 0 warnings, {letters} letters"), "a good configuration")
    t.matches(good.out, r"^\d+ rule sets \(.*\), rules as of 2\d{3}-\d\d-\d\d; not legal advice\n", "and by which rules")
    folder = t.letter("probe", en=("Hello", "Hello", "{{salutation}}\n\n가나다 {{nobdy}} here."))
    t.configure(templates=folder)
    bad = t.command("check")
    t.equal(bad.status, 65, "exit status")
    t.matches(bad.out, r"probe/en\.md:7:\d+: error: .*nobdy", "position")
    row = next(r for r in t.command("check", "--json").lines() if "en.md" in r["position"])
    t.equal((row["severity"], row["v"]), ("error", 1), "for programs")
    lines = bad.out.splitlines()
    at = next(i for i, line in enumerate(lines) if "en.md:7" in line)
    # Three Hangul syllables and a space are seven columns: there the caret stands.
    t.contains(lines[at + 1], "가나다 {{nobdy}} here.", "source line")
    t.equal(lines[at + 2].index("^") - lines[at + 1].index("가"), 7, "caret under the tag, Hangul being two columns wide")


def test_a_configuration_with_mistakes_names_them_all(t):
    t.configure(workers="many", rescan="soon", allow=["*"])
    text = open(t.config_path, encoding="utf-8").read()
    t.write("dispatcher.yaml", text + "wrokers: 3\nspool: /tmp/twice\n")
    answer = t.command("check")
    t.equal(answer.status, 65, "exit status")
    t.matches(answer.out, r"dispatcher\.yaml:\d+:\d+: error", "positions")
    t.write("dispatcher.yaml", text + "wrokers: 3\n")
    out = t.command("check").out
    for word in ("many", "soon", "trial: false", "did you mean `workers`"):
        t.contains(out, word, "all mistakes at once")


def test_check_never_prints_a_secret_it_stumbles_over(t):
    """A password written into the configuration is an error; saying so must not carry it into a terminal or a CI log."""
    for server in ({"user": "notices", "password": "hunter2"}, {"user": "notices", "password": {"fiel": "hunter2"}}):
        t.configure(email={"channel": "email", "host": "localhost", "ca_file": f"{lib.certificates()}/ca.pem", **server})
        answer = t.command("check")
        t.equal(answer.status, 65, "exit status of check")
        t.matches(answer.out, r"dispatcher\.yaml:\d+:\d+: error: ", "the place")
        t.check("hunter2" not in answer.out + answer.err, f"the secret is printed: {answer.out}")
    t.configure(endpoints={"crm": {"url": "https://user:hunter2@crm.example.org/", "secret": {"env": "HOME"}}})
    answer = t.command("check")
    t.equal(answer.status, 65, "exit status of check, URL with a password")
    t.check("hunter2" not in answer.out + answer.err, f"the URL's password is printed: {answer.out}")


def test_a_readable_secret_is_refused(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail))
    os.chmod(os.path.join(t.dir, "smtp-password"), 0o644)
    for verb in ("run", "check"):
        answer = t.command(verb)
        t.check(answer.status in (65, 78), f"{verb} ended with {answer.status}")
        t.contains(answer.out + answer.err, "chmod 0600", f"{verb} says what to do")
    t.equal(t.command("check", "--no-environment").status, 0, "a check on another machine")
    t.equal(t.command("queue").status, 0, "looking needs no passwords")
    t.configure(email={**t.email_transport(mail), "password": "literal"})
    t.equal(t.command("check").status, 65, "a literal secret")


def test_check_counts_each_mistake_of_the_configuration(t):
    t.configure(wrokers=3, recan="3s")
    result = t.command("check")
    t.contains(result.out, "unknown key `wrokers`", "the first")
    t.contains(result.out, "2 errors, 0 warnings", "each counts")


def test_check_tells_what_cannot_work_and_a_start_only_warns(t):
    t.configure(email={**t.email_transport(t.smtp()), "ca_file": "nowhere.pem"})
    result = t.command("check")
    t.equal(result.status, 65, "an error")
    t.contains(result.out, "nothing can be sent without its `ca_file`", "which key")
    t.contains(result.out, "dispatcher.yaml:", "which line")
    for path in (os.path.join(lib.ROOT, "templates", "apology"), os.path.join(lib.ROOT, "config", "gateways", "kannel.yaml")):
        one = t.command("check", path)
        t.check(one.status == 65 and "nothing can be sent without its `ca_file`" in one.out, f"the same for {path}: {one.out}")
    t.equal(t.command("check", "--no-environment").status, 0, "a check on another machine")
    t.equal(t.command("config", "show").status, 0, "it can be read")
    t.daemon.start()
    t.contains(t.daemon.log(), "config.remark", "a start warns")


def test_check_opens_a_file_of_authorities_as_sending_does(t):
    """A key file has -----BEGIN, too."""
    t.configure(email={**t.email_transport(t.smtp()), "ca_file": f"{lib.certificates()}/server.key"})
    answer = t.command("check")
    t.equal(answer.status, 65, "exit status")
    t.matches(answer.out, r"dispatcher\.yaml:\d+:\d+: error: .*holds no certificate.*private key", "the place")


def test_check_warns_of_a_category_nobody_has(t):
    t.configure(suppression={"override": ["breach_notice", "breach-notice"]}, unsubscribe={"mail": "u@example.org", "categories": ["newsletter", "offers"]})
    answer = t.command("check")
    t.matches(answer.out, r"dispatcher\.yaml:\d+:\d+: warning: `suppression.override`: .*`breach-notice`; did you mean `breach_notice`", "a slip")
    t.matches(answer.out, r"warning: `unsubscribe.categories`: .*`offers`: it is for notices", "a word of one's own")
    t.contains(answer.out, "0 errors, 2 warnings", "nothing else")


def test_check_warns_of_a_gateway_whose_every_200_is_a_yes(t):
    folder = os.path.join(t.dir, "gateways")
    shutil.copytree(os.path.join(lib.ROOT, "config", "gateways"), folder)
    text = 'gateway: own\nrequest: {method: POST, url: "https://x.example/", form: {t: "{{text}}", to: "{{to.e164}}"}}\nresponse:\n  answers:\n'
    t.configure(gateways=folder)
    for lines, warned in (
        (("{status: 2xx, class: accepted}",), True),
        (("{status: 400, body_regex: no, class: permanent}", "{status: 200, class: accepted}"), True),
        (("{status: 200, json: /error, exists: true, class: permanent}", "{status: 2xx, class: accepted}"), False),
        (("{status: 202, class: accepted}",), False),
    ):
        t.write("gateways/own.yaml", text + "".join(f"    - {line}\n" for line in lines))
        answer = t.command("check")
        t.equal(answer.status, 0, f"exit status: {answer.out}")
        t.equal(f"own.yaml:{4 + len(lines)}:1: warning: this takes any answer" in answer.out, warned, f"a warning for {lines}: {answer.out}")
        t.contains(answer.out, f"0 errors, {int(warned)} warning", "and no other")


def test_config_show_tells_origins_and_hides_secrets(t):
    mail, hooks = t.smtp(), t.https()
    t.configure(email=t.email_transport(mail), webhook=t.webhook_transport(), endpoints={"crm": t.endpoint(hooks)})
    t.environment["DISPATCHER_LOG_LEVEL"] = "debug"
    answer = t.command("config", "show", "--json", "--set", "workers=5")
    rows = {row["key"]: row for row in answer.lines()}
    t.equal((rows["workers"]["value"], rows["workers"]["origin"]), (5, "command line"), "--set wins")
    t.contains(rows["log.level"]["origin"], "DISPATCHER_LOG_LEVEL", "environment")
    t.matches(rows["transports.mail.host"]["origin"], r"dispatcher\.yaml:\d+", "file")
    t.equal(rows["shutdown"]["origin"], "default", "default")
    t.equal(rows["transports.mail.password"]["value"], "***", "a password")
    t.equal(rows["endpoints.crm.secret"]["value"], "***", "a signing secret")
    t.check("secret\n" not in answer.out and lib.WEBHOOK_SECRET not in answer.out, "a secret is shown")
    t.equal(t.command("config", "show", "--set", "nonsense").status, 64, "--set without =")
    t.check(t.command("config", "show", "--set", "wrokers=5").status != 0, "--set of an unknown key")


# help and manners


def test_help_is_there_for_everything(t):
    t.configure()
    overview = lib.Answer(lib.subprocess.run([lib.DISPATCHER, "help"], capture_output=True))
    t.equal((overview.status, overview.err), (0, ""), "help")
    commands = [line.split("  ")[1] for line in overview.out.splitlines() if line.startswith("  ") and "  " in line.strip()]
    t.check({"run", "enqueue", "queue", "batches", "watch", "config show", "sms-length"} <= set(commands), f"commands: {commands}")
    for name in commands:
        answer = t.command(*name.split(), "--help")
        t.equal((answer.status, answer.err), (0, ""), f"{name} --help")
        t.contains(answer.out, f"Usage: dispatcher {name}", f"{name} --help")
        t.check(max(map(len, answer.out.splitlines())) <= 140, f"{name} --help fits a terminal")
    bare = lib.Answer(lib.subprocess.run([lib.DISPATCHER], capture_output=True))
    t.equal((bare.status, bare.out), (64, ""), "without a command")
    t.contains(bare.err, "Usage", "without a command")
    unknown = t.command("quue")
    t.equal((unknown.status, unknown.out), (64, ""), "an unknown command")
    t.contains(unknown.err, 'did you mean "queue"', "a hint")
    t.contains(t.command("queue", "--sate", "x").err, "did you mean --state", "a hint")
    t.contains(t.command("help", "exit-codes").out, "75", "exit codes")
    for version in (("version",), ("--version",)):
        t.matches(lib.subprocess.run([lib.DISPATCHER, *version], capture_output=True, text=True).stdout, r"^dispatcher \d+\.\d+\.\d+\n$", "version")


def test_without_a_configuration_it_says_where_it_looked(t):
    answer = lib.Answer(lib.subprocess.run([lib.DISPATCHER, "queue"], capture_output=True, cwd=t.dir, env={"PATH": os.environ["PATH"]}))
    if not os.path.exists("/etc/dispatcher/dispatcher.yaml"):
        t.equal(answer.status, 66, "exit status")
        t.contains(answer.err, "--config", "the sentence")


def test_output_that_nobody_reads_ends_it(t):
    t.configure()
    with open("/dev/full", "w") as full:
        ended = lib.subprocess.run([lib.DISPATCHER, "config", "show", "--config", t.config_path], stdout=full, stderr=lib.subprocess.PIPE)
    t.equal(ended.returncode, 74, "a full disk behind standard output")
    t.contains(ended.stderr.decode(), "cannot write", "the sentence")


def test_the_first_word_of_two_lists_what_may_follow(t):
    for word, follow in (("facts", ("facts check", "facts diff", "facts show", "facts terms")), ("golden", ("golden write",)),
                         ("translate", ("translate export", "translate import", "translate status"))):
        answer = t.command(word)
        t.equal(answer.status, 64, f"status of {word}")
        for name in follow:
            t.contains(answer.err, name, f"after {word}")
        t.check("there is no command" not in answer.err, f"{word} is one")

"""What operators see: causes in plain words, age by destination, why one does not go, what lies in corrupt/."""

import glob
import json
import os
import re
import subprocess

import lib
from test_watch import publish

MISSING, FULL, POLICY = "550 5.1.1 User unknown", "552 5.2.2 Over quota", "550 5.7.1 Message refused"


def refusing(t, **replies):
    """A mail server that refuses these people (name=reply) at example.org, and its file of refusals."""
    path = t.write("refuse", "".join(f"{name}@example.org {reply}\n" for name, reply in replies.items()))
    server = t.faulty("good", "--refuse", path)
    return server, path


def mail_to(t, identity, address, **members):
    return t.notice(identity, to={"email": address}, **members)


def failures(t, *arguments):
    return {(r["channel"], r["state"], r["cause"]): r for r in t.command("failures", "--json", *arguments).lines()}


def test_failures_are_grouped_by_cause_with_the_command_to_try(t):
    replies = {f"m{i}": MISSING for i in range(3)} | {f"f{i}": FULL for i in range(2)} | {"p": POLICY, "g": "450 4.2.0 greylisted"}
    server, _ = refusing(t, **replies)
    t.configure(email=t.email_transport(server, retry=["1h"]))
    t.daemon.start()
    t.enqueue(*[mail_to(t, name, f"{name}@example.org") for name in [*replies, "good"]])
    t.wait(lambda: sum(t.summary("email").get(s, 0) for s in ("failed", "deferred", "delivered")) == len(replies) + 1, 20, "all tried")

    rows = t.command("failures", "--json").lines()
    t.equal([r["count"] for r in rows], sorted((r["count"] for r in rows), reverse=True), "the most frequent first")
    found = failures(t)
    t.equal({key: row["count"] for key, row in found.items()},
            {("email", "failed", "bad_recipient"): 3, ("email", "failed", "mailbox_full"): 2,
             ("email", "failed", "policy"): 1, ("email", "deferred", "greylisted"): 1}, "groups")
    missing = found["email", "failed", "bad_recipient"]
    t.equal((missing["sample"], missing["command"], missing["cure"]), (MISSING, None, "remove the address from the list"), "no retry helps")
    t.equal(missing["meaning"], "The address does not exist there.", "in plain words")
    t.equal(found["email", "failed", "mailbox_full"]["command"], "dispatcher retry --cause mailbox_full", "the command")
    t.contains(found["email", "failed", "policy"]["cure"], "SPF", "what comes before the retry")
    t.equal(found["email", "deferred", "greylisted"]["command"], None, "what is tried again by itself")
    table = t.command("failures").out
    for part in ("COUNT", "The mailbox is full.", "dispatcher retry --cause mailbox_full", FULL):
        t.contains(table, part, "the table")

    t.equal(list(failures(t, "--state", "deferred")), [("email", "deferred", "greylisted")], "by state")
    t.equal(list(failures(t, "--cause", "policy")), [("email", "failed", "policy")], "by cause")
    t.equal(t.command("failures", "--limit", "1", "--json").out.count("\n"), 1, "as many as asked for")
    t.equal(t.command("failures", "--state", "delivered").status, 64, "no trouble")
    t.daemon.stop()
    t.equal(failures(t).keys(), found.keys(), "without a daemon")


def test_the_command_to_try_means_its_own_row_only(t):
    server, _ = refusing(t, a="452 4.2.2 Over quota", b=FULL)
    t.configure(email=t.email_transport(server, retry=["1h"]))
    t.daemon.start()
    t.enqueue(mail_to(t, "a", "a@example.org", campaign="it's spring"), mail_to(t, "b", "b@example.org", campaign="it's spring"))
    t.wait_for_state("a", "deferred")
    t.wait_for_state("b", "failed")
    command = failures(t)["email", "failed", "mailbox_full"]["command"]
    t.equal(command, "dispatcher retry --state failed --cause mailbox_full", "the deferred one is not meant")
    command = failures(t, "--campaign", "it's spring")["email", "failed", "mailbox_full"]["command"]
    t.equal(command, "dispatcher retry --state failed --cause mailbox_full --campaign 'it'\\''s spring'", "for the shell")


def test_replies_cannot_write_to_the_terminal(t):
    server = t.faulty("end-escape")
    t.configure(email=t.email_transport(server, retry=["1h"]))
    t.daemon.start()
    t.enqueue(mail_to(t, "n1", "a@example.org"))
    t.wait_for_state("n1", "deferred")
    answer = t.command("failures")
    t.check("\x1b" not in answer.out, f"an escape reached the terminal: {answer.out!r}")
    t.contains(answer.out, "\\x1b[31mred", "it is shown")


def test_shape_is_age_by_destination(t):
    server, _ = refusing(t)
    t.configure(email=t.email_transport(server), endpoints={}, rules=lib.REST)
    far = {"not_before": "2099-01-01T00:00:00Z"}
    t.enqueue(*[mail_to(t, f"x{i}", f"x{i}@Example.org", **far) for i in range(3)], mail_to(t, "y", "y@other.example", **far),
              t.notice("s", channels=["sms"], to={"phone": "+4915112345678"}, **far))
    t.daemon.start()
    t.wait(lambda: sum(sum(t.summary(c).values()) for c in ("email", "sms")) == 5 if t.rows(id="s") else False, 20, "all accepted")
    total, *rows = t.command("shape", "--json").lines()
    t.equal((total["channel"], total["destination"], total["total"], total["ages"]["5"]), (None, None, 5, 5), "the sum")
    t.equal([(r["channel"], r["destination"], r["total"]) for r in rows],
            [("email", "example.org", 3), ("email", "other.example", 1), ("sms", "texts", 1)], "the destinations")
    t.equal(list(total["ages"]), ["5", "10", "20", "40", "80", "160", "320", "640", "1280", "older"], "the columns")
    table = t.command("shape", "--limit", "1")
    t.matches(table.out.splitlines()[0], r"^DESTINATION +TOTAL +5 +10 +20 .*1280\+$", "the heads")
    t.matches(table.out.splitlines()[2], r"^example\.org +3 +3 +0", "the first row")
    t.contains(table.err, "2 destinations are not shown", "the others")
    t.equal(t.command("shape", "--state", "failed").err, "Nothing matches.\n", "nothing")
    t.daemon.stop()
    t.equal(t.command("shape", "--channel", "sms", "--json").lines()[0]["total"], 1, "without a daemon")


def why(t, identity):
    answer = t.command("why", identity)
    return answer.out


def test_why_says_what_happened_what_is_next_and_what_to_do(t):
    server, _ = refusing(t, gone=MISSING, full=FULL, grey="450 4.2.0 greylisted")
    t.configure(email=t.email_transport(server, retry=["1h"]))
    t.daemon.start()
    t.enqueue(*[mail_to(t, name, f"{name}@example.org") for name in ("gone", "full", "grey", "fine")],
              mail_to(t, "later", "later@example.org", not_before="2099-01-01T00:00:00Z"))
    for name, state in (("gone", "failed"), ("full", "failed"), ("grey", "deferred"), ("fine", "delivered")):
        t.wait_for_state(name, state)
    said = {name: why(t, name) for name in ("gone", "full", "grey", "fine", "later")}
    for name, parts in {
        "gone": ["gone has failed by email for good", "The address does not exist there.", "5.1.1 User unknown", "remove the address from the list"],
        "full": ["The mailbox is full.", "What to do: dispatcher retry full\n"],
        "grey": ["is not through yet", "It is tried again by itself at 20", "Who does not want to wait: dispatcher retry grey\n"],
        "fine": ["fine was delivered by email", "There is nothing to do."],
        "later": ["has not been tried by email yet", "not before 20", "There is nothing to do."],
    }.items():
        for part in parts:
            t.contains(said[name], part, f"why {name}")
        t.equal(said[name].count("\n"), 1, f"one paragraph for {name}")
    row = t.command("why", "full", "--json").json()
    t.equal((row["state"], row["cause"], row["command"], row["cure"]), ("failed", "mailbox_full", "dispatcher retry full", ""), "for programs")
    t.equal(t.command("why", "nobody").status, 66, "nobody")
    t.daemon.stop()
    answer = t.command("why", "grey")
    t.contains(answer.out, "is not through yet", "without a daemon")


def test_whoever_may_have_it_already_is_said_to_be_told_twice(t):
    t.configure(email=t.email_transport(t.faulty("end-close-accepted"), retry=["1h"]))
    t.daemon.start()
    t.enqueue(mail_to(t, "cut", "cut@example.org"))
    t.wait_for_state("cut", "deferred")
    t.contains(why(t, "cut"), "The person may have it already: another try may then tell them twice.", "why")
    t.contains(failures(t)["email", "deferred", "connection_lost"]["cure"], "if it has arrived already, the person gets it twice", "failures")
    for lang, parts in (("de_DE.UTF-8", ("möglicherweise schon", "doppelt")), ("ko_KR.UTF-8", ("이미 받았을 수 있으며", "두 번"))):
        t.environment["LC_ALL"] = lang
        t.contains(t.command("why", "cut").out, parts[0], lang)
        t.contains(t.command("failures").out, parts[1], lang)


def test_a_finished_batch_says_what_it_left(t):
    server, _ = refusing(t, c1=MISSING, c2=MISSING)
    t.configure(email=t.email_transport(server))
    t.daemon.start()
    publish(t, "recall", 3)
    line = t.wait(lambda: next((x for x in t.command("batches").out.splitlines() if "finished" in x), None), 20, "the end")
    t.contains(line, "2 failed: dispatcher failures --batch recall", "the reason")


def test_why_knows_stopped_batches_and_daemons_that_do_not_run(t):
    server, _ = refusing(t)
    t.configure(email=t.email_transport(server))
    t.enqueue(mail_to(t, "n1", "n1@example.org", not_before="2099-01-01T00:00:00Z"), mail_to(t, "n2", "n2@example.org"))
    publish(t, "b", 2, not_before="2099-01-01T00:00:00Z")
    t.daemon.start()
    t.wait(lambda: t.row("b_c2"), 20, "the batch to be taken in")
    t.equal(t.command("pause", "b", "--reason", "the number is wrong").status, 0, "paused")
    said = why(t, "b_c2")
    for part in ("Nothing of its batch b is sent", "the number is wrong", "What to do: dispatcher resume b\n"):
        t.contains(said, part, "of a paused batch")
    t.equal(t.command("hold", "--batch", "b").status, 0, "held")
    t.contains(t.command("status").out, "b: 2 held until somebody lets them go: dispatcher queue --batch b --state held", "status")
    t.daemon.stop()


def test_why_tells_when_the_next_channel_begins(t):
    server, _ = refusing(t)
    then = {"channels": ["email", "sms"], "method": "single", "after": {"email": "1h"}, "confirm": ["email"]}
    t.configure(email=t.email_transport(server), rules=[{"name": "one", "then": then}])
    t.daemon.start()
    notice = mail_to(t, "n1", "n1@example.org")
    notice["to"]["phone"] = "+4915112345678"
    del notice["routing"]
    t.enqueue(notice)
    t.wait_for_state("n1", "delivered")
    t.matches(why(t, "n1"), r"If it has not told the person by 20\d\d-.*, sms takes its turn\.", "the next channel")


def events(t, *arguments):
    answer = t.command("tail", "--since", "1h", "--no-follow", "--json", *arguments)
    t.equal(answer.status, 0, f"tail: {answer.err}")
    return answer.lines()


def test_tail_tells_what_happened_to_whom(t):
    server, _ = refusing(t, full=FULL)
    t.configure(email=t.email_transport(server), log={"level": "warn"})
    t.daemon.start()
    t.enqueue(mail_to(t, "full", "full@example.org", campaign="spring"), mail_to(t, "fine", "fine@example.org", locale="ko"))
    t.wait_for_state("full", "failed")
    t.wait_for_state("fine", "delivered")
    publish(t, "b", 2, not_before="2099-01-01T00:00:00Z")
    t.wait(lambda: t.row("b_c2"), 20, "the batch")
    t.command("pause", "b", "--reason", "look first")
    found = events(t)
    t.equal([e["number"] for e in found], sorted(e["number"] for e in found), "in order")
    attempts = {e["id"]: e for e in found if e["event"] == "attempt"}
    full = attempts["full"]
    t.equal([full[k] for k in ("channel", "campaign", "template", "locale", "transport", "state", "cause", "code", "reply")],
            ["email", "spring", "apology", "en", "mail", "failed", "mailbox_full", 552, FULL[4:]], "the attempt")
    t.equal(full["address"], "f…l@example.org", "the address is masked")
    t.check(full["duration_ms"] >= 0 and attempts["fine"]["locale"] == "ko", "duration and language")
    t.equal(sorted(e["id"] for e in found if e["event"] == "accepted"), ["fine", "full"], "what was accepted")
    t.contains([e["event"] for e in found if e.get("batch") == "b"], "batch.accepted", "the batch, though the log is silent")
    action = [e for e in found if e["event"] == "action"]
    t.equal(len(action), 1, "one action")
    t.contains(action[0]["text"], "look first", "its reason")
    t.contains(action[0]["who"], "uid ", "who did it")
    t.equal({e.get("id") for e in events(t, "--cause", "mailbox_full")}, {"full"}, "by cause")
    t.equal({e.get("batch") for e in events(t, "--batch", "b")}, {"b"}, "by batch")
    t.equal({e.get("id") for e in events(t, "--state", "delivered")}, {"fine"}, "by state")
    after = t.command("tail", "--since", str(full["number"]), "--no-follow", "--json").lines()
    t.equal([e["number"] for e in after], [e["number"] for e in found if e["number"] > full["number"]], "behind a number")
    line = next(line for line in t.command("tail", "--since", "1h", "--no-follow").out.splitlines() if " full " in line and "attempt" in line)
    t.matches(line, r"^\d\d:\d\d:\d\d\.\d{3}  attempt   full email apology en failed, mailbox_full over mail in \d+ ms: 5\.2\.2 Over quota$", "for people")
    t.daemon.stop()
    t.equal(t.command("tail", "--no-follow").status, 69, "without a daemon")


def test_tail_follows_until_it_is_ended(t):
    t.configure()
    t.daemon.start()
    with open(os.path.join(t.dir, "tail.out"), "wb") as out:
        follower = subprocess.Popen([lib.DISPATCHER, "tail", "--json", "--config", t.config_path], stdout=out, env=t.environment)
    t.enqueue(mail_to(t, "n0", "n0@example.org"))
    t.wait_for_state("n0", "delivered")
    sent = 1

    def one_more():
        nonlocal sent  # it may not have asked for the first time when the one before went
        t.enqueue(mail_to(t, f"n{sent}", f"n{sent}@example.org"))
        t.wait_for_state(f"n{sent}", "delivered")
        sent += 1
        return any(e["event"] == "attempt" for e in lib.json_lines(os.path.join(t.dir, "tail.out")))

    t.wait(one_more, 20, "an attempt in the stream")
    follower.terminate()
    follower.wait()
    t.check(follower.returncode != 0, "it ended by itself")


def causes_in_the_sources():
    """Every word the program or a description of ours gives as a cause, with the file."""
    patterns = (
        r'\bdisposition_set\(\s*[^,]+,\s*[^,]+,\s*[^,]+,\s*"([a-z_]+)"',
        r'\.cause\s*=\s*"([a-z_]+)"',
        r'->cause\s*=\s*"([a-z_]+)"',
        r"\bcause\s*=\s*'([a-z_]+)'",
        r'\bOUTCOME_[A-Z_]+,\s*(?:-?\d+,\s*)?"([a-z_]+)"',
        r'"([a-z_]+)",\s*OUTCOME_[A-Z_]+\b',
        r'\b(?:stop|send_back|refuse_item)\([^;"]*"([a-z_]+)"',
        r'\[PACKET_[A-Z]+\] = "([a-z_]+)"',
        r'\.cause = \w+ *\?\s*"([a-z_]+)"',
    )
    found = {}
    for folder, _, names in os.walk(os.path.join(lib.ROOT, "dispatcher")):
        for name in names:
            if not name.endswith(".c"):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read()
            tables = [r'",\s*"([a-z_]+)"\}'] if name in ("bounce_text.c", "bounce_status.c") else []
            for pattern in [*patterns, *tables]:
                for word in re.findall(pattern, text):
                    found.setdefault(word, name)
    for path in glob.glob(os.path.join(lib.ROOT, "config", "gateways", "*.yaml")):
        with open(path, encoding="utf-8") as file:
            for word in re.findall(r"\bcause: *([a-z_]+)", file.read()):
                found.setdefault(word, os.path.basename(path))
    return found


def test_every_cause_that_is_used_has_a_meaning():
    with open(os.path.join(lib.ROOT, "dispatcher", "model", "cause.c"), encoding="utf-8") as file:
        known = set(re.findall(r'\{"([a-z_]+)", SAYS\(', file.read()))
    outcomes = {"delivered", "not_tried", "throttle", "transient", "permanent", "config", "suppress", "uncertain"}
    used = {word: name for word, name in causes_in_the_sources().items() if word not in outcomes}
    assert len(used) > 60, f"only {sorted(used)} were found: the search is broken"
    unknown = {word: name for word, name in used.items() if word not in known}
    assert not unknown, f"no meaning and no advice in model/cause.c: {unknown}"


def test_a_spool_that_is_mounted_read_only_is_said_to_be(t):
    t.configure()
    t.daemon.start()
    t.daemon.stop()
    look = [lib.DISPATCHER, "queue", "--config", t.config_path]
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" || exit 99; exec "$@"'
    done = subprocess.run(["unshare", "-m", "sh", "-c", script, t.spool, *look], capture_output=True, text=True, env=t.environment)
    if done.returncode in (1, 99):
        print(f"skipped: nothing may be mounted here: {done.stderr}")
        return
    t.equal(done.returncode, 74, done.stderr)
    t.contains(done.stderr, "mounted read-only", "what it is")

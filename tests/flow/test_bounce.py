"""Returned mails: a thousand of many makers, each for the delivery it is of; forged, foreign and repeated ones."""

import base64
import glob
import hashlib
import hmac
import json
import os
import random
import subprocess

import lib

import bounces

VERP = {**lib.ORGANISATION, "domain": "example.org", "bounce": "bounces@example.org", "verp": True}
SAMPLES = os.path.join(lib.ROOT, "tests", "peers", "bounces")


def token_of(t, delivery):
    with open(os.path.join(t.spool, "token.key"), "rb") as file:
        key = file.read()
    mac = hmac.new(key, f"delivery:{delivery}:".encode(), hashlib.sha256).digest()
    return bounces.number36(delivery) + "-" + base64.b32hexencode(mac[:10]).decode().lower()


def maildir(t, mails):
    box = os.path.join(t.dir, "box")
    for name in ("new", "cur", "tmp"):
        os.makedirs(os.path.join(box, name), exist_ok=True)
    for number, raw in enumerate(mails):
        with open(os.path.join(box, "new", f"1790000000.{number:05d}.mx"), "wb") as out:
            out.write(raw)
    return box


def deliver(t, count):
    """`count` letters of ours, delivered: the rows."""
    t.configure(organisation=VERP)
    t.daemon.start()
    t.enqueue(*t.notices(count))
    t.wait(lambda: t.summary("email").get("delivered") == count, 60, f"{count} letters")
    return t.rows()


def returned(t, rows, seed):
    """One returned mail for each row."""
    left = iter(rows)

    def letter(dice):
        row = next(left)
        return bounces.Letter(dice, token_of(t, row["delivery"]), row["address"], row["id"])

    return list(bounces.variants(len(rows), seed, letter))


def outcome(meaning):
    """State and cause that follow, None: nothing does; and whether the address is kept off."""
    if meaning["named"] != "token":
        return None, False
    failed = [r for r in meaning["receipts"] if r["kind"] == "failed"]
    kept = any(r["lasting"] or r["opted_out"] for r in meaning["receipts"])
    return ("failed", failed[0]["cause"]) if failed else None, kept


def states(t):
    return {row["id"]: (row["state"], row["cause"]) for row in t.rows()}


def suppressed(t):
    return {row["address"]: row["cause"] for row in t.command("suppress", "list", "--json").lines()}


def test_a_thousand_returned_mails_each_move_their_delivery_and_no_other(t):
    rows = deliver(t, 1000)
    mails = returned(t, rows, 7)
    box = maildir(t, [raw for raw, _ in mails])
    answer = t.command("bounce", "--maildir", box, "--json")
    t.equal(answer.status, 0, answer.err)
    counts = answer.json()
    proven = sum(len(m["receipts"]) for _, m in mails if m["named"] == "token")
    t.equal((counts["mails"], counts["booked"], counts["parked"]), (1000, proven, 0), "counts")
    t.equal(counts["refused"], sum(len(m["receipts"]) for _, m in mails if m["named"] == "notice"), "not proven")
    got = states(t)
    wrong = []
    for row, (_, meaning) in zip(rows, mails):
        expected, _ = outcome(meaning)
        if got[row["id"]] != (expected or (row["state"], row["cause"])):
            wrong.append((row["id"], meaning["shape"], expected, got[row["id"]]))
    t.equal(wrong, [], "deliveries")
    kept = {row["address"] for row, (_, meaning) in zip(rows, mails) if outcome(meaning)[1]}
    t.equal(set(suppressed(t)), kept, "addresses kept off")
    t.check(len(kept) > 100, "some are")
    t.equal(os.listdir(os.path.join(box, "new")), [], "what is left in new/")
    t.equal(len(glob.glob(os.path.join(box, "cur", "*:2,S"))), 1000, "what is seen")
    t.check(t.command("reconcile").status == 0, "the books balance")
    # all of them again: nothing moves
    before = states(t), suppressed(t)
    again = t.command("bounce", *sorted(glob.glob(os.path.join(box, "cur", "*"))), "--json")
    t.equal(again.status, 0, again.err)
    t.equal((states(t), suppressed(t)), before, "after a replay")


def forge(raw, token, dice):
    """The same mail with another token everywhere."""
    at = dice.randrange(len(token) - 16, len(token))
    other = token[:at] + dice.choice([c for c in bounces.MAC if c != token[at]]) + token[at + 1 :]
    return raw.replace(token.encode(), other.encode()).replace(token.upper().encode(), other.upper().encode())


def test_a_forged_token_moves_nothing(t):
    rows = deliver(t, 120)
    before = states(t)
    dice = random.Random(3)
    mails = []
    for raw, meaning in returned(t, rows, 11):
        plain = meaning["named"] == "token" and b"base64" not in raw
        mails += [forge(raw, meaning["token"], dice)] if plain else []
    t.check(len(mails) > 40, "there are some")
    # and the token of a delivery that does not exist, and one of another spool
    answer = t.command("bounce", "--maildir", maildir(t, mails), "--json")
    t.equal((answer.status, answer.json()["booked"]), (0, 0), answer.err)
    t.equal(states(t), before, "deliveries")
    t.equal(suppressed(t), {}, "addresses kept off")
    t.check(t.daemon.log().count("event=receipt.refused") in (1, 2), "any stranger can make one: told once a minute")


def test_a_mail_server_may_pipe_it_and_is_told_to_keep_it_while_nobody_listens(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail), organisation=VERP)
    t.daemon.start()
    t.drop(t.notice("one", to={"email": "kim@example.com"}))
    t.wait_for_state("one", "delivered")
    sender = mail.accepted()[0]["from"]
    t.matches(sender, r"^bounces\+[0-9a-z]+-[0-9a-v]{16}@example\.org$", "envelope sender")
    text = (
        "From: MAILER-DAEMON@example.com\r\nSubject: failure notice\r\n\r\nHi. This is the qmail-send program at example.com.\r\n\r\n"
        "<kim@example.com>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n"
    )
    t.daemon.stop()
    kept = t.command("bounce", "--to", sender, text=text)
    t.equal(kept.status, 75, "without a daemon: " + kept.err)
    t.daemon.start()
    for _ in range(2):
        taken = t.command("bounce", "--to", sender, text=text)
        t.equal((taken.status, taken.out), (0, ""), taken.err)
    row = t.row("one")
    t.equal((row["state"], row["cause"]), ("failed", "bad_recipient"), "the delivery")
    t.equal(suppressed(t), {"kim@example.com": "bad_recipient"}, "kept off")
    t.contains(t.command("show", "one").out, "no mailbox here", "the story")


def test_mails_of_a_maildir_wait_for_the_daemon_and_the_next_channel_begins(t):
    t.configure(organisation=VERP)
    t.daemon.start()
    t.drop(t.notice("one", routing={"method": "single", "channels": ["email", "sms"]}))
    row = t.wait_for_state("one", "delivered")
    mail = bounces.postfix_no_host(bounces.Letter(random.Random(1), token_of(t, row["delivery"]), row["address"], "one"))
    t.daemon.kill()
    box = maildir(t, [mail.bytes()])
    down = t.command("bounce", "--maildir", box)
    t.check(down.status != 0, "without a daemon: " + down.err)
    t.equal(len(os.listdir(os.path.join(box, "new"))), 1, "it stays")
    t.daemon.start()
    taken = t.command("bounce", "--maildir", box)
    t.equal(taken.status, 0, taken.err)
    t.contains(taken.out, "1 mail read: 1 report booked", "what was done")
    t.equal(t.wait_for_state("one", "failed")["cause"], "domain_unknown", "the mail")
    t.wait_for_state("one", "delivered", channel="sms")


def test_what_is_not_proven_stands_in_the_story_and_moves_nothing(t):
    (row,) = deliver(t, 1)
    mail = bounces.only_message_id(bounces.Letter(random.Random(1), "1-0000000000000000", row["address"], row["id"]))
    answer = t.command("bounce", "--json", "--maildir", maildir(t, [mail.bytes()])).json()
    t.equal((answer["booked"], answer["refused"]), (0, 1), "counts")
    t.equal(states(t)[row["id"]][0], "delivered", "state")
    t.contains(t.command("show", row["id"]).out, mail.receipts[0]["cause"], "the story")


def test_what_changed_nothing_is_named_with_the_letter_and_the_reason(t):
    a, b, c = deliver(t, 3)
    dice = random.Random(5)

    def of(row, shape, token=None, address=None):
        return shape(bounces.Letter(dice, token or token_of(t, row["delivery"]), address or row["address"], row["id"])).bytes()

    def arrived(letter):
        return bounces.dsn(letter, "postfix", "delivered", (250, "2.0.0", "Ok: queued", "", False), "It arrived.\n")

    forged = token_of(t, a["delivery"])
    forged = forged[:-1] + ("0" if forged[-1] != "0" else "1")
    mails = [
        of(a, bounces.postfix_no_host, token=forged),
        of(a, bounces.postfix_no_host, address=b["address"]),
        of(b, arrived),
        of(b, bounces.postfix_failed),
        of(c, bounces.postfix_no_host),
        of(c, bounces.postfix_no_host),
        bounces.only_message_id(bounces.Letter(dice, "1-0000000000000000", c["address"], c["id"])).bytes(),
        bounces.only_message_id(bounces.Letter(dice, "1-0000000000000000", c["address"], "never-was")).bytes(),
    ]
    files = sorted(glob.glob(os.path.join(maildir(t, mails), "new", "*")))
    answer = t.command("bounce", "--json", *files)
    t.equal(answer.status, 0, answer.err)
    seen = [(row["mail"][-8:-3], row["reason"], row.get("id")) for row in answer.json()["unmoved"]]
    expected = [
        ("00000", "forged", None),
        ("00001", "foreign", a["id"]),
        ("00003", "late", b["id"]),
        ("00005", "known", c["id"]),
        ("00006", "unproven", c["id"]),
        ("00007", "unknown", None),
    ]
    t.equal(seen, expected, "mail, reason and letter")
    t.equal([states(t)[row["id"]][0] for row in (a, b, c)], ["delivered", "delivered", "failed"], "states")
    # the same for people: a line each, and how many there are
    with open(files[3], "wb") as other:
        other.write(of(b, bounces.postfix_gave_up))
    said = t.command("bounce", *files).out.splitlines()
    t.contains(said[0], "8 mails read: 4 reports booked, 0 waiting, 4 refused", "what was done")
    t.equal(said[1], "8 reports changed nothing:", "counted")
    t.equal(len(said), 10, "a line each")
    t.matches(said[2], r"00000.*: its token was not made by this spool", "forged")
    t.matches(said[5], rf"00003.*letter {b['id']}: it came too late: its delivery is delivered already", "late")
    t.matches(said[7], rf"00005.*letter {c['id']}: the same was reported before", "known")
    # and in the log, where a mail server pipes it and reads nothing
    piped = t.command("bounce", text=of(b, bounces.postfix_no_host).decode())
    t.equal((piped.status, piped.out), (0, ""), piped.err)
    t.matches(piped.err, rf"event=bounce.unmoved id={b['id']} .*reason=late", "the log")


def test_more_than_a_screen_of_them_is_cut(t):
    rows = deliver(t, 30)
    dice = random.Random(5)
    mails = [bounces.only_message_id(bounces.Letter(dice, "1-0000000000000000", row["address"], row["id"])).bytes() for row in rows]
    said = t.command("bounce", "--maildir", maildir(t, mails)).out.splitlines()
    t.equal((len(said), said[1], said[-1]), (23, "30 reports changed nothing:", "and 10 more; all of them: --json"), "the lines")


def test_what_is_no_returned_mail_is_read_and_done_with(t):
    t.configure(organisation=VERP)
    t.daemon.start()
    for text in ("", "hello", "From: a@example.org\nAuto-Submitted: auto-replied\n\nI am away", "\0" * 1000, "x" * (12 << 20)):
        answer = t.command("bounce", text=text)
        t.equal((answer.status, answer.out), (0, ""), answer.err)
        t.contains(answer.err, "bounce.ignored", "log")


def test_a_mail_without_end_is_read_over_in_a_bounded_room(t):
    """Whatever stands behind the first 10 MiB is neither kept nor in the way."""
    t.configure(organisation=VERP)
    raw, meaning = next(iter(bounces.variants(1, 5)))
    command = [lib.DISPATCHER, "bounce", "--dry-run", "--config", t.config_path]
    reader = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    reader.stdin.write(raw)
    for _ in range(150):
        reader.stdin.write(b"x" * ((1 << 20) - 1) + b"\n")
    # It has read all but what stands in the pipe, and waits for more.
    peak = lib.peak_kb(reader.pid)
    out, err = reader.communicate(timeout=lib.COMMAND_LIMIT_S)
    t.equal((reader.returncode, err), (0, b""), "bounce")
    t.equal(json.loads(out.splitlines()[0])["kind"], meaning["kind"], "what it says")
    if "ASAN_OPTIONS" not in os.environ:  # which keeps what was freed
        t.check(peak < 80_000, f"{peak} kB for one mail")


def test_an_odd_file_in_a_maildir_stays_and_the_others_are_taken(t):
    t.configure(organisation=VERP)
    t.daemon.start()
    box = maildir(t, [b"From: a@example.org\n\nhello\n", b"From: b@example.org\n\nhello\n"])
    os.symlink("/etc/passwd", os.path.join(box, "new", "link"))
    os.mkfifo(os.path.join(box, "new", "pipe"))
    answer = t.command("bounce", "--maildir", box)
    t.equal(answer.status, 65, answer.err)
    t.equal(sorted(os.listdir(os.path.join(box, "new"))), ["link", "pipe"], "what stays")
    t.equal(len(os.listdir(os.path.join(box, "cur"))), 2, "what is taken")
    t.equal(t.command("bounce", "--maildir", t.dir).status, 66, "no Maildir")


def test_looking_changes_nothing_and_needs_no_daemon(t):
    t.configure(organisation=VERP)
    mails = list(bounces.variants(len(bounces.SHAPES), 5))
    box = maildir(t, [raw for raw, _ in mails])
    answer = t.command("bounce", "--dry-run", "--maildir", box)
    t.equal(answer.status, 0, answer.err)
    seen = {os.path.basename(line["mail"]): line for line in answer.lines()}
    for number, (_, meaning) in enumerate(mails):
        line = seen[f"1790000000.{number:05d}.mx"]
        named = meaning["named"] != "nobody"
        t.equal(line["kind"], meaning["kind"], meaning["shape"])
        t.equal([r["kind"] for r in line["receipts"]], [r["kind"] for r in meaning["receipts"] if named], meaning["shape"])
    t.equal(len(os.listdir(os.path.join(box, "new"))), len(mails), "all stay")


def test_looking_says_what_is_proven_and_why_it_cannot_be_told(t):
    rows = deliver(t, 30)
    mails = [raw for raw, meaning in returned(t, rows, 11) if meaning["named"] == "token" and meaning["receipts"]]
    box = maildir(t, mails)

    def proofs():
        lines = t.command("bounce", "--dry-run", "--maildir", box).lines()
        return {r["proven"] for line in lines for r in line["receipts"]}, lines[0].get("unverified", "")

    t.equal(proofs(), ({True}, ""), "with the key of the spool")
    os.rename(os.path.join(t.spool, "token.key"), os.path.join(t.spool, "token.away"))
    seen, why = proofs()
    os.rename(os.path.join(t.spool, "token.away"), os.path.join(t.spool, "token.key"))
    t.equal(seen, {None}, "without it")
    t.contains(why, "token.key", "why")


def mutate(raw, dice):
    raw = bytearray(raw)
    for _ in range(dice.randrange(1, 8)):
        at = dice.randrange(len(raw))
        way = dice.randrange(5)
        if way == 0:
            raw[at] = dice.choice(b"\n\r\0-:;<>@=\"(.,a5+\xff\xe0\x80")
        elif way == 1:
            del raw[at : at + dice.randrange(1, 200)]
        elif way == 2:
            raw[at:at] = raw[dice.randrange(len(raw)) :][:300]
        elif way == 3:
            raw[at:at] = bytes([raw[at]]) * dice.randrange(1, 3000)
        else:
            del raw[at:]
        raw = raw or bytearray(b"x")
    return bytes(raw)


def test_two_thousand_broken_mails_break_nothing(t):
    t.configure(organisation=VERP)
    dice = random.Random(17)
    mails = [mutate(raw, dice) for raw, _ in bounces.variants(2000, 17)]
    answer = t.command("bounce", "--dry-run", "--maildir", maildir(t, mails))
    t.equal((answer.status, len(answer.lines())), (0, 2000), answer.err[-2000:])


def test_what_mail_servers_really_sent_is_understood(t):
    """Returned mails of Postfix, Exim and OpenSMTPD as they came, tests/peers/bounces."""
    t.configure(organisation=VERP)
    with open(os.path.join(SAMPLES, "expected.jsonl"), encoding="utf-8") as file:
        expected = [json.loads(line) for line in file]
    answer = t.command("bounce", "--dry-run", *[os.path.join(SAMPLES, e["file"]) for e in expected])
    t.equal((answer.status, len(answer.lines())), (0, len(expected)), answer.err)
    for line, meaning in zip(answer.lines(), expected):
        got = [[r["kind"], r.get("cause"), r["lasting"], r.get("token")] for r in line["receipts"]]
        t.equal(got, meaning["receipts"], meaning["file"])

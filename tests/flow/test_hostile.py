"""What strangers may put into the spool: nothing of it leaves, a reason says why, and the daemon goes on."""

import json
import os
import socket
import stat
import time
import unicodedata

import lib

ESC = "\x1b[2J"


def start(t, templates=None, **keys):
    mail = t.smtp()
    if templates:
        keys["templates"] = templates
    t.configure(email=t.email_transport(mail, retry=["1h"]), **keys)
    t.daemon.start()
    return mail


def new(t, name):
    return os.path.join(t.spool, "new", name)


def put(t, name, data):
    """A plain cp into new/, against the protocol; names are bytes to the kernel."""
    path = os.path.join(os.fsencode(t.spool), b"new", os.fsencode(name))
    with open(path, "wb") as out:
        out.write(data if isinstance(data, bytes) else data.encode())


def reasons(t):
    """Everything corrupt/ says, by stem."""
    found = {}
    for name in os.listdir(os.path.join(t.spool, "corrupt")):
        if name.endswith(".reason"):
            with open(os.path.join(t.spool, "corrupt", name), encoding="utf-8") as file:
                found[name.removesuffix(".reason")] = file.read()
    return found


def check_alive(t, mail, identity="good"):
    """The daemon still delivers, and quickly."""
    t.drop(t.notice(identity, to={"email": f"{identity}@example.org"}))
    t.wait_for_state(identity, "delivered", seconds=5)
    t.equal([r["rcpt"] for r in mail.accepted()], [[f"{identity}@example.org"]], "mails: the good one alone")


def valid(t, identity, **members):
    return json.dumps(t.notice(identity, **members))


# files that are no notices


def test_strange_files_are_set_aside_with_a_reason_and_stop_nobody(t):
    mail = start(t)
    secret = t.write("outside/secret.json", valid(t, "linked"))
    os.symlink(secret, new(t, "linked.json"))
    os.symlink("/dev/zero", new(t, "endless.json"))
    os.symlink("/nowhere/at/all", new(t, "dangling.json"))
    os.mkfifo(new(t, "fifo.json"))
    os.mkdir(new(t, "folder.json"))
    os.link(t.write("outside/hard.json", valid(t, "hard")), new(t, "hard.json"))
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(new(t, "socket.json"))
    if os.getuid() == 0:
        os.mknod(new(t, "device.json"), 0o600 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero
    check_alive(t, mail)
    expected = {
        "linked": "symbolic link",
        "endless": "symbolic link",
        "dangling": "symbolic link",
        "fifo": "FIFO",
        "folder": "directory",
        "hard": "hard link",
        "socket": "socket",
        **({"device": "device"} if os.getuid() == 0 else {}),
    }
    for stem, word in expected.items():
        t.contains(t.corrupt(stem), word, stem)
    with open(secret, encoding="utf-8") as file:
        t.equal(file.read(), valid(t, "linked"), "the file behind the link is untouched")
    t.wait(lambda: os.listdir(os.path.join(t.spool, "new")) == [], 5, "new/ to be empty")
    t.equal(len(mail.accepted()), 1, "mails")


def test_files_of_a_wrong_size_or_mode(t):
    mail = start(t)
    put(t, "empty.json", b"")
    with open(new(t, "huge.json"), "wb") as out:
        out.truncate(5 * 1024**3)
    # At once: whatever stands there half written may be a whole notice, too.
    t.drop(valid(t, "limit", metadata={"x": "y"}).encode() + b" " * 300_000, "limit")
    check_alive(t, mail)
    t.contains(t.corrupt("empty"), "empty", "empty")
    t.contains(t.corrupt("huge"), "262144", "huge: says the limit")
    t.contains(t.corrupt("limit"), "262144", "a little too large")
    t.equal(os.path.getsize(os.path.join(t.spool, "corrupt", "huge.json")), 5 * 1024**3, "kept whole")


def test_the_limit_of_a_file_is_the_limit(t):
    mail = start(t)
    for identity, size in (("most", 256 * 1024), ("more", 256 * 1024 + 1)):
        text = valid(t, identity).encode()
        t.drop(text + b" " * (size - len(text)), identity)
    t.wait_for_state("most", "delivered")
    t.contains(t.corrupt("more"), "262144", "one byte more")
    t.equal(len(mail.accepted()), 1, "mails")


def test_a_writer_that_died_before_its_last_step_has_dropped(t):
    """tmp/x is linked to new/ID.json and still there: a second name, and no foreign one."""
    mail = start(t)
    os.makedirs(os.path.join(t.spool, "tmp"), exist_ok=True)
    path = t.write("spool/tmp/left", valid(t, "linked"))
    os.link(path, new(t, "linked.json"))
    t.wait_for_state("linked", "delivered")
    t.equal((len(mail.accepted()), os.path.exists(path)), (1, True), "mails, and the writer's file")


def test_names_that_are_no_ids(t):
    mail = start(t)
    names = ["a\nb.json", f"esc{ESC}.json", "dot.dot.json", "-dash.json", "a b.json", "x" * 129 + ".json", "noending", "ümlaut.json", b"\xff\xfe.json", "$(id).json"]
    for name in names:
        put(t, name, valid(t, "a"))
    put(t, ".hidden.json", valid(t, "hidden"))
    put(t, "other.json", valid(t, "name-and-id-differ"))
    put(t, "up.json", valid(t, "../../up"))
    check_alive(t, mail)
    t.wait(lambda: len(reasons(t)) == len(names) + 2, 8, "reasons for all")
    for stem, reason in reasons(t).items():
        t.check("\x1b" not in stem + reason and "\n" not in stem, f"a control character in {stem!r} or its reason")
        if stem not in ("other", "up"):
            t.contains(reason, "named like", stem)
    t.contains(reasons(t)["up"], '"id"', "an id that climbs")
    t.contains(reasons(t)["other"], "name-and-id-differ", "a name that is not the id")
    # A reason is written before its file is moved.
    t.wait(lambda: os.listdir(os.path.join(t.spool, "new")) == [".hidden.json"], 8, "all but the hidden one to leave new/")
    t.check("\x1b" not in t.daemon.log(), "an escape reached the log")
    t.equal(len(mail.accepted()), 1, "mails")


def test_a_half_written_file_is_waited_for(t):
    mail = start(t)
    text, longest = valid(t, "slow").encode(), 0
    with open(new(t, "slow.json"), "wb") as out:
        for start_at in range(0, len(text), len(text) // 5 + 1):
            began = time.monotonic()
            out.write(text[start_at : start_at + len(text) // 5 + 1])
            out.flush()
            time.sleep(0.5)
            longest = max(longest, time.monotonic() - began)
    if longest > 1.5:
        raise lib.Inconclusive(f"the writer paused for {longest:.1f} s: that is given up")
    t.wait_for_state("slow", "delivered")
    t.equal((len(mail.accepted()), reasons(t)), (1, {}), "mails and reasons")


def test_a_file_that_stays_half_written_is_set_aside(t):
    mail = start(t)
    put(t, "half.json", valid(t, "half").encode()[:700])
    check_alive(t, mail)
    t.matches(t.corrupt("half"), r"^new/half\.json:\d+:\d+: ", "reason")


def test_a_file_mended_under_the_same_name_is_taken(t):
    mail = start(t)
    put(t, "mended.json", "{")
    t.corrupt("mended")
    t.drop(t.notice("mended"))
    t.wait_for_state("mended", "delivered")
    t.equal(len(mail.accepted()), 1, "mails")


def test_leftovers_of_writers_in_tmp_are_no_notices(t):
    mail = start(t)
    t.write("spool/tmp/leftover.json", valid(t, "leftover"))
    check_alive(t, mail)
    t.check(os.path.exists(os.path.join(t.spool, "tmp", "leftover.json")), "a fresh file in tmp/ is its writer's")


# JSON that is none


def deep(depth):
    return '{"version":1,"id":"deep","template":"apology","to":{"email":"a@example.org"},"data":' + '{"a":' * depth + "1" + "}" * depth + "}"


BAD_JSON = {
    "garbage": "this is not JSON",
    "trailing": '{"version": 1} {"version": 1}',
    "array": "[]",
    "scalar": "42",
    "bom": "\ufeff{}",
    "nul": '{"version": 1, "id": "nul", "template": "apol\\u0000ogy"}',
    "rawnul": b'{"version": 1, "id": "raw\x00nul"}',
    "utf8": b'{"version": 1, "id": "utf8", "campaign": "\xff\xfe"}',
    "overlong": b'{"version": 1, "id": "overlong", "campaign": "\xc0\xaf"}',
    "surrogate": '{"version": 1, "id": "surrogate", "campaign": "\\ud800"}',
    "infinite": '{"version": 1, "id": "infinite", "data": {"x": 1e999}}',
    "nan": '{"version": 1, "id": "nan", "data": {"x": NaN}}',
    "double": '{"version": 1, "id": "double", "id": "double"}',
    "deep": deep(5_000),
    "deeper": deep(40),
    "brackets": "[" * 100_000,
    "digits": '{"version": 1, "id": "digits", "data": {"x": ' + "9" * 200_000 + "}}",
}


def test_json_that_is_none_is_set_aside_with_line_and_column(t):
    mail = start(t)
    for stem, text in BAD_JSON.items():
        put(t, stem + ".json", text)
    check_alive(t, mail)
    for stem in BAD_JSON:
        t.matches(t.corrupt(stem), rf"^new/{stem}\.json:\d+:\d+: ", stem)
        t.check(len(t.corrupt(stem)) < 2000, f"{stem}: the reason is short")
    t.equal(t.rows(state="waiting"), [], "nothing of it was accepted")


def spoil(t, identity, path, value):
    """A good notice with one member replaced ("to.email"); a value of ... removes it."""
    notice = t.notice(identity)
    *parents, last = path.split(".")
    at = notice
    for parent in parents:
        at = at.setdefault(parent, {})
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return notice


# identity: (member, value, what the reason names)
SPOILT = {
    "rcpt": ("to.email", "b@example.org>\r\nRCPT TO:<evil@example.org", "to/email"),
    "rcpt2": ("to.email", "b@example.org\nevil@example.org", "to/email"),
    "two": ("to.email", "b@example.org, evil@example.org", "to/email"),
    "quoted": ("to.email", '"b evil"@example.org', "to/email"),
    "route": ("to.email", "@evil.example:b@example.org", "to/email"),
    "angle": ("to.email", "<b@example.org>", "to/email"),
    "space": ("to.email", "b @example.org", "to/email"),
    "param": ("to.email", "b@example.org> SIZE=1", "to/email"),
    "utf8local": ("to.email", "뷰@example.org", "to/email"),
    "longlocal": ("to.email", "x" * 65 + "@example.org", "to/email"),
    "name": ("to.name", "hi\r\nBcc: evil@example.org", "to/name"),
    "name-lf": ("to.name", "hi\nBcc: evil@example.org", "to/name"),
    "name-cr": ("to.name", "hi\rBcc: evil@example.org", "to/name"),
    "name-2028": ("to.name", "hi\u2028Bcc: evil@example.org", "to/name"),
    "name-85": ("to.name", "hi\u0085Bcc: evil@example.org", "to/name"),
    "name-vt": ("to.name", "hi\u000bBcc: evil@example.org", "to/name"),
    "name-esc": ("to.name", "hi\u001b[2J", "to/name"),
    "phone": ("to.phone", "+1;DROP", "to/phone"),
    "phone2": ("to.phone", "tel:+4915100000001", "to/phone"),
    "phone3": ("to.phone", "+4915100000001 +4915100000002", "to/phone"),
    "phone4": ("to.phone", "+4915100000001&coding=2", "to/phone"),
    "webhook": ("to.webhook", "https://127.0.0.1/", "to/webhook"),
    "webhook2": ("to.webhook", "../crm", "to/webhook"),
    "locale": ("locale", "ko_KR", "ko-KR"),
    "locale2": ("locale", "../../etc/passwd", "locale"),
    "template": ("template", "../../etc/passwd", "template"),
    "template2": ("template", "apologi", "apology"),
    "campaign": ("campaign", "a\r\nb", "campaign"),
    "reference": ("reference", "a\nb", "reference"),
    "category": ("category", "a b", "category"),
    "zone": ("to.timezone", "../../etc/passwd", "to/timezone"),
    "zone2": ("to.timezone", "Mars/Olympus", "to/timezone"),
    "date": ("expires_at", "2026-11-24T09:00:00", "expires_at"),
    "date2": ("not_before", "tomorrow", "not_before"),
    "unknown": ("idempotencyKey", "x", "idempotency_key"),
    "version": ("version", 2, "version"),
    "noversion": ("version", ..., "version"),
    "noto": ("to", ..., "to"),
    "channels": ("routing.channels", ["fax"], "email"),
    "twice": ("routing.channels", ["email", "email"], "routing/channels"),
    "method": ("routing.method", "some", "routing/method"),
    "missing": ("data.as_of", ..., "as_of"),
    "type": ("data.incident.start", "yesterday", "incident"),
    "extra": ("data.surprise", "x", "surprise"),
    "number": ("data.affected_count", "many", "affected_count"),
    "language": ("data.nature", {"de": "nur Deutsch"}, "nature"),
    "term": ("data.data_items", ["soul"], "soul"),
}


def test_notices_with_a_member_that_is_wrong_name_it_and_send_nothing(t):
    mail = start(t)
    for identity, (path, value, _) in SPOILT.items():
        put(t, identity + ".json", json.dumps(spoil(t, identity, path, value), ensure_ascii=False))
    check_alive(t, mail)
    for identity, (_, value, named) in SPOILT.items():
        try:
            reason = t.corrupt(identity, seconds=6)
        except lib.Failure:
            t.check(False, f"{identity}: {value!r} was not refused; it is {t.row(identity)}")
            continue
        t.matches(reason, rf"^new/{identity}\.json:\d+:\d+: ", identity)
        t.contains(reason, named, identity)
        t.check(all(c == "\n" or c.isprintable() for c in reason), f"{identity}: a control character in {reason!r}")
    sent = mail.raw(mail.accepted()[0]) if mail.accepted() else b""
    t.check(b"evil" not in sent, "something evil was sent")
    t.check("\x1b" not in t.daemon.log() and "\r" not in t.daemon.log(), "a control character reached the log")


def test_enqueue_refuses_the_same_and_names_the_line(t):
    t.configure()
    lines = [json.dumps(spoil(t, identity, path, value)) for identity, (path, value, _) in SPOILT.items()]
    lines.insert(3, valid(t, "good"))
    answer = t.command("enqueue", "-", "--json", text="\n".join(lines) + "\n")
    t.equal(answer.status, 65, "exit status")
    results = answer.lines()
    t.equal(len(results), len(lines), "one result per line")
    for result in results:
        if result["status"] == "rejected":
            t.matches(result["errors"][0]["detail"], rf"^standard input:{result['line']}:\d+: ", "position")
    t.equal([r.get("id") for r in results if r["status"] != "rejected"], ["good"], "accepted")
    t.equal(os.listdir(os.path.join(t.spool, "new")), ["good.json"], "in the spool")


# values that try to become something else

EVIL = [
    "a\n.\r\nMAIL FROM:<x@example.org>\r\n",
    "\r.\r",
    "\n.\n",
    "\n.\r\n",
    ".",
    "..",
    "From here",
    "\n\nFrom here on\n",
    "x" * 10_000,
    "{{word}}{{> contact}}{{#x}}{{/x}}",
    "<script>alert(1)</script><img src=x onerror=y>",
    "[link](https://evil.example) <https://evil.example> https://evil.example",
    "# heading\n- list\n1. one\n> quote\n```code```",
    '"}],"evil":"',
    "\\\"\\u0000\\n",
    "%n%s%d",
    "=?utf-8?q?evil?= =?utf-8?b?ZXZpbA==?=",
    "\u202eright to left\u202c",
    "zero\u200bwidth",
    "🙂 emoji",
]


def evil_letter(t):
    """The value in every part that takes text; the subject has its own variable."""
    return t.letter(
        "evil",
        '  word: {type: text, required: true, about: "x"}\n  line: {type: text, required: true, about: "x"}\n',
        webhook='{"type": "evil", "timestamp": "2026-01-01T00:00:00Z", "data": {"word": "{{word}}"}}',
        en=("About {{line}}", "Text {{line}}", "{{salutation}}\n\n{{word}}\n\n- {{word}}\n\nEnd."),
    )


def evil_notice(identity, word, line="x", channels=("email",)):
    notice = {"version": 1, "id": identity, "template": "evil", "locale": "en", "data": {"word": word, "line": line}}
    notice["routing"] = {"method": "all", "channels": list(channels)}
    return {**notice, "to": {"name": "Anna", "email": f"{identity}@example.org", "webhook": "crm", "phone": "+4915100000001"}}


def test_values_in_a_body_stay_values(t):
    mail, hooks = t.smtp(), t.https()
    templates = evil_letter(t)
    t.configure(
        email=t.email_transport(mail, retry=["1h"]),
        webhook=t.webhook_transport(),
        endpoints={"crm": t.endpoint(hooks)},
        templates=templates,
    )
    t.daemon.start()
    for n, word in enumerate(EVIL):
        t.drop(evil_notice(f"evil{n}", word, channels=("email", "webhook")))
    t.wait(lambda: not t.rows(state="waiting") and not t.rows(state="in_flight") and len(t.rows()) == 2 * len(EVIL), 15, "all settled")
    t.equal({row["state"] for row in t.rows()}, {"delivered"}, "states")
    t.equal(len(mail.accepted()), len(EVIL), "mails: one each, none injected")
    for n, word in enumerate(EVIL):
        check_evil_mail(t, mail, f"evil{n}", word)
        (record,) = [r for r in hooks.received() if r["id"] == f"evil{n}"]
        t.equal(hooks.json(record)["data"], {"word": word}, "webhook data")


def squeezed(text):
    return "".join(text.split())


def without_marks(text):
    """What letters take from a value: marks that turn the direction of what follows them."""
    return "".join(c for c in text if unicodedata.bidirectional(c) not in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))


def check_evil_mail(t, mail, identity, word):
    (record,) = [r for r in mail.accepted() if r["rcpt"] == [f"{identity}@example.org"]]
    raw, message = mail.raw(record), mail.mail(record)
    t.equal(raw.count(b"\n"), raw.count(b"\r\n"), f"{word!r}: lone LF")
    t.equal(raw.count(b"\r"), raw.count(b"\r\n"), f"{word!r}: lone CR")
    t.check(max(map(len, raw.split(b"\r\n"))) <= 998, f"{word!r}: long line")
    t.check(not any(line.startswith(b".") for line in raw.split(b"\r\n")), f"{word!r}: a line starts with a dot")
    t.equal((len(message.get_all("Subject")), message["Bcc"]), (1, None), f"{word!r}: headers")
    text = message.get_body(("plain",)).get_content()
    page = message.get_body(("html",)).get_content()
    t.contains(squeezed(text), squeezed(without_marks(word)), "text")
    t.check("<script" not in page and "<img" not in page and "<a " not in page, f"{word!r} became markup")
    t.equal((page.count("<li>"), page.count("<h1")), (1, 0), f"{word!r}: structure of the HTML")
    t.check(text.rstrip().endswith(("End.", "Street")) or "End." in text, f"{word!r}: the end of the letter is there")


def test_a_line_break_in_a_subject_never_becomes_a_header(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail, retry=["1h"]), templates=evil_letter(t))
    t.daemon.start()
    breaks = ["\r\n", "\n", "\r", "\u2028", "\u0085", "\u000b", "\u000c", "\u2029"]
    for n, kind in enumerate(breaks):
        t.drop(evil_notice(f"line{n}", "x", line=f"hi{kind}Bcc: evil@example.org{kind}X-Evil: 1"))
    check = []

    def settled():
        check[:] = [t.row(f"line{n}") or os.path.exists(os.path.join(t.spool, "corrupt", f"line{n}.reason")) for n in range(len(breaks))]
        return all(c is True or (c and c["state"] in ("delivered", "failed")) for c in check)

    t.wait(settled, 10, "all to be refused, failed or harmless")
    for record in mail.accepted():
        message = mail.mail(record)
        t.equal((message["Bcc"], message["X-Evil"], len(message.get_all("Subject"))), (None, None, 1), "headers")
        t.check(b"\r\nBcc" not in mail.raw(record), "a header was injected")
        t.equal(len(record["rcpt"]), 1, "recipients")


def test_values_in_a_text_message_stay_values(t):
    phones = t.faulty_gateway()
    t.configure(sms=t.sms_transport(phones, retry=["1h"]), templates=evil_letter(t))
    t.daemon.start()
    words = ["a&to=+4915199999999&x=", "a b+c%20d#e?f=g", '"\'<>{}', "한글 & more", "line one / two"]
    for n, word in enumerate(words):
        t.drop(evil_notice(f"text{n}", "x", line=word, channels=("sms",)))
    for n in range(len(words)):
        t.wait_for_state(f"text{n}", "delivered", channel="sms")
    t.equal(sorted(r["text"] for r in phones.received()), sorted(f"Text {word}" for word in words), "texts")
    t.equal({r["to"] for r in phones.received()}, {"+4915100000001"}, "numbers")


def test_one_poisonous_notice_does_not_starve_a_hundred(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail))
    for n in range(60):
        t.drop(f'{{"version": 1, "id": "bad{n}"', f"bad{n}")
    t.enqueue(*t.notices(40, prefix="ok"))
    t.daemon.start()
    t.wait(lambda: len(mail.accepted()) == 40, 8, "the good ones")
    t.wait(lambda: len(reasons(t)) == 60, 8, "reasons for the bad ones")

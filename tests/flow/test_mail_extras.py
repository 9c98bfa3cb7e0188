"""What mails carry besides the letter: files, a way to unsubscribe, a signature; judged by readers that are not ours."""

import base64
import email
import email.policy
import hashlib
import json
import os
import re
import subprocess
import time

import lib

PDF = b"%PDF-1.4\n" + bytes(range(256)) * 40
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 600


def directory(t):
    """Files that letters may bring along."""
    folder = os.path.join(t.dir, "attachments")
    os.makedirs(os.path.join(folder, "de"), exist_ok=True)
    for name, content in {"terms.pdf": PDF, "logo.png": PNG, "de/Übersicht für Kunden.pdf": PDF + b"1"}.items():
        put(folder, name, content)
    return folder


def put(folder, name, content):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(content)


def read(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


def tree(part):
    return (part.get_content_type(), [tree(p) for p in part.iter_parts()]) if part.is_multipart() else part.get_content_type()


def sent(t, identity):
    t.wait_for_state(identity, "delivered")
    return t.outbox("mail", identity)


def refused(t, notice):
    answer = t.command("enqueue", "-", text=json.dumps(notice))
    t.equal(answer.status, 65, f"exit status of a notice with {notice['attachments']}")
    return answer.err


# files

LETTER = ("multipart/alternative", ["text/plain", "text/html"])


def test_a_mail_brings_its_files_along_in_the_structure_readers_expect(t):
    t.configure(attachments=directory(t))
    t.daemon.start()
    t.enqueue(
        t.notice("files", attachments=["terms.pdf", "de/Übersicht für Kunden.pdf", {"file": "logo.png", "inline": "logo"}]),
        t.notice("image", attachments=[{"file": "logo.png", "inline": "logo"}]),
        t.notice("plain"),
    )
    mail = read(sent(t, "files"))
    related = ("multipart/related", [LETTER, "image/png"])
    t.equal(tree(mail), ("multipart/mixed", [related, "application/pdf", "application/pdf"]), "the structure")
    t.equal([p.get_filename() for p in mail.iter_attachments()], ["terms.pdf", "Übersicht für Kunden.pdf"], "names")
    t.check([p.get_content() for p in mail.iter_attachments()] == [PDF, PDF + b"1"], "the contents are others")
    image = [p for p in mail.walk() if p.get_content_type() == "image/png"][0]
    t.equal((image["Content-ID"], image.get_content_disposition()), ("<logo>", "inline"), "image")
    t.check(image.get_content() == PNG, "the image is another")
    t.equal(tree(read(sent(t, "image"))), related, "an image alone")
    t.equal(tree(read(sent(t, "plain"))), LETTER, "a mail without files")
    for part in mail.walk():
        t.equal(part.defects, [], "defects")


def test_the_layout_of_letters_shows_an_image_that_comes_along(t):
    folder = t.letter("hello", en=("Hello", "Hello", "Hello, here we are."))
    layout = os.path.join(folder, "_layouts", "letter.html")
    with open(layout, encoding="utf-8") as file:
        text = file.read()
    with open(layout, "w", encoding="utf-8") as file:
        file.write(text.replace("</body>", '<img src="cid:logo" alt="Example Bank"></body>'))
    t.configure(attachments=directory(t), templates=folder)
    t.daemon.start()
    t.enqueue({"version": 1, "id": "one", "template": "hello", "locale": "en", "to": {"email": "a@example.org"},
               "routing": {"channels": ["email"]}, "attachments": [{"file": "logo.png", "inline": "logo"}]})
    mail = read(sent(t, "one"))
    t.contains(mail.get_body(("html",)).get_content(), 'src="cid:logo"', "the HTML")
    t.equal([p["Content-ID"] for p in mail.walk() if p["Content-ID"]], ["<logo>"], "what it refers to")


def test_a_line_of_a_batch_brings_its_own_file_instead_of_the_common_one(t):
    t.configure(attachments=directory(t))
    t.daemon.start()
    base = t.notice("b")
    shared = {k: base[k] for k in ("template", "locale", "routing", "data")}
    people = [{"id": "a", "to": {"email": "a@example.org"}},
              {"id": "b", "to": {"email": "b@example.org"}, "attachments": ["de/Übersicht für Kunden.pdf"]},
              {"id": "c", "to": {"email": "c@example.org"}, "attachments": []}]
    head = t.write("batch.json", json.dumps({"version": 1, "id": "b", "attachments": ["terms.pdf"], **shared}))
    lines = t.write("people.jsonl", "".join(json.dumps(p) + "\n" for p in people))
    answer = t.command("enqueue", "--batch", head, "--jsonl", lines)
    t.equal(answer.status, 0, f"exit status, {answer.err}")
    names = {i: [p.get_filename() for p in read(sent(t, f"b_{i}")).iter_attachments()] for i in "abc"}
    t.equal(names["a"], ["terms.pdf"], "the common file")
    t.equal(names["b"], ["Übersicht für Kunden.pdf"], "a file of one's own")
    t.equal(tree(read(sent(t, "b_c"))), LETTER, "none")


def test_files_that_cannot_be_sent_are_refused_at_the_door(t):
    folder = directory(t)
    t.configure(attachments=folder)
    os.symlink("/etc/passwd", os.path.join(folder, "link.pdf"))
    os.symlink("/etc", os.path.join(folder, "etc"))
    os.mkfifo(os.path.join(folder, "pipe.pdf"))
    put(folder, "empty.pdf", b"")
    put(folder, "logo.svg", b"<svg/>")
    os.truncate(os.open(os.path.join(folder, "huge.pdf"), os.O_CREAT | os.O_RDWR), 10 * 1024 * 1024 + 1)
    os.truncate(os.open(os.path.join(folder, "most.pdf"), os.O_CREAT | os.O_RDWR), 10 * 1024 * 1024)
    t.daemon.start()
    for files, sentence in (
        (["../../etc/passwd"], "cannot lead out"),
        (["/etc/passwd"], "cannot lead out"),
        (["de/../terms.pdf"], "cannot lead out"),
        (["..\\terms.pdf"], "cannot lead out"),
        (["a\u202efdp.exe"], "direction"),
        (["terms\n.pdf"], "control character"),
        (["link.pdf"], "symbolic link"),
        (["etc/terms.pdf"], "symbolic link"),
        (["pipe.pdf"], "FIFO"),
        (["de.pdf/terms.pdf"], "does not exist"),
        (["gone.pdf"], "does not exist"),
        (["empty.pdf"], "is empty"),
        (["logo.svg"], "ending that is not sent"),
        ([{"file": "terms.pdf", "inline": "x"}], "no image"),
        (["huge.pdf"], "at most 10485760"),
        (["most.pdf", "terms.pdf"], "at most 10485760"),
        (["terms.pdf", "terms.pdf"], "listed twice"),
        ([f"{n}.pdf" for n in range(11)], "at most 10 files"),
        ([{"inline": "x"}], "names no file"),
    ):
        t.contains(refused(t, t.notice("x", attachments=files)), sentence, f"the sentence about {files}")
    t.enqueue(t.notice("most", attachments=["most.pdf"]))
    t.equal(len(list(read(sent(t, "most")).iter_attachments())[0].get_content()), 10 * 1024 * 1024, "the largest file")


def test_without_a_directory_there_are_no_files(t):
    t.configure()
    t.daemon.start()
    t.contains(refused(t, t.notice("x", attachments=["terms.pdf"])), "set `attachments`", "the sentence")


def test_a_file_that_went_away_fails_its_mails_for_good(t):
    folder = directory(t)
    t.configure(attachments=folder)
    t.daemon.start()
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + lib.stretched(6)))
    t.enqueue(t.notice("late", attachments=["terms.pdf"], not_before=later), t.notice("now", attachments=["terms.pdf"]))
    sent(t, "now")
    os.remove(os.path.join(folder, "terms.pdf"))
    if t.row("late")["state"] != "waiting":
        raise lib.Inconclusive("the second mail left before its file went away")
    row = t.wait_for_state("late", "failed", seconds=lib.stretched(6) + lib.LEAST_WAIT_S)
    t.equal(row["cause"], "compose", "the cause")
    (attempt,) = t.attempts("late")
    t.contains(attempt["reply"], "the attachment terms.pdf does not exist", "the sentence")


def test_a_packet_of_large_mails_does_not_stand_in_memory_as_a_whole(t):
    folder = directory(t)
    put(folder, "large.zip", os.urandom(9 << 20))
    t.configure(attachments=folder, workers=1)
    t.enqueue(*t.notices(30, attachments=["large.zip"]))
    t.daemon.start()
    (worker,) = lib.wait_until(t.daemon.workers, 10, "a worker")
    t.wait(lambda: t.summary("email") == {"delivered": 30}, 60, "30 mails")
    # 30 such mails as a whole are 380 MB. The address sanitizer keeps what was freed, so there it proves nothing.
    bound = (200 << 10) if "ASAN_OPTIONS" not in os.environ else (1 << 30)
    t.check(lib.peak_kb(worker) < bound, f"the worker took {lib.peak_kb(worker)} kB for mails of 12 MB")


def test_large_mails_over_a_silent_server_end_before_their_worker_is_killed(t):
    folder = directory(t)
    put(folder, "large.zip", os.urandom(9 << 20))
    server = t.faulty("end-none", tls=False, auth=False)
    t.configure(email=t.email_transport(server, tls="none", deadline=f"{lib.stretched(16)}s", retry=["1h"]), attachments=folder, workers=1)
    t.enqueue(*t.notices(6, attachments=["large.zip"]))
    t.daemon.start()
    # Of each portion the first is waited for: half of what is left of the time of the packet.
    t.wait(lambda: t.daemon.log().count("event=delivery.attempt") >= 6, lib.stretched(40), "a word about every mail")
    if "killed at its deadline" in t.daemon.log():  # at the last moment by a slow machine, or in every round
        raise lib.Inconclusive("the worker was killed")


def test_a_changed_file_is_read_again(t):
    folder = directory(t)
    t.configure(attachments=folder, workers=1)
    t.daemon.start()
    t.enqueue(t.notice("one", attachments=["terms.pdf"]))
    sent(t, "one")
    put(folder, "terms.pdf", PDF + b"new")
    t.enqueue(t.notice("two", attachments=["terms.pdf"]))
    t.check(list(read(sent(t, "two")).iter_attachments())[0].get_content() == PDF + b"new", "the second mail has the old file")


# to unsubscribe

UNSUBSCRIBE = {"url": "https://www.example.org/u/{token}", "mail": "leave@example.org", "categories": ["newsletter"]}


def test_only_the_categories_that_ask_for_it_offer_to_unsubscribe(t):
    t.configure(unsubscribe=UNSUBSCRIBE)
    t.daemon.start()
    t.enqueue(
        t.notice("news", category="newsletter"),
        t.notice("breach", category="breach_notice"),
        t.notice("none"),
        t.notice("own", unsubscribe_url="https://shop.example.org/u?x=1&y=2"),
    )
    news = sent(t, "news")
    t.matches(news.decode(), r"\r\nList-Unsubscribe: <https://www\.example\.org/u/[0-9a-z]+-[0-9a-v]{16}>,\r\n"
              r" <mailto:leave@example\.org\?subject=unsubscribe%20[0-9a-z]+-[0-9a-v]{16}>\r\n"
              r"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", "RFC 8058")
    for identity in ("breach", "none"):
        t.check(b"List-Unsubscribe" not in sent(t, identity), f"{identity} offers to unsubscribe")
    own = read(sent(t, "own"))
    t.equal(own["List-Unsubscribe"], "<https://shop.example.org/u?x=1&y=2>", "the notice's own")
    t.equal(own["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click", "one click")
    for identity in ("news", "breach", "none", "own"):
        t.equal(read(sent(t, identity))["Auto-Submitted"], "auto-generated", f"{identity}: RFC 3834")


def test_one_click_needs_https_and_answers_go_where_the_notice_says(t):
    t.configure()
    t.daemon.start()
    for url in ("http://x.example.org/u", "https://", "https://x.example.org/a b", "mailto:a@example.org", "https://x/\u00fc"):
        answer = t.command("enqueue", "-", text=json.dumps(t.notice("x", unsubscribe_url=url)))
        t.equal(answer.status, 65, f"exit status for {url}")
        t.contains(answer.err, "unsubscribe_url", url)
    t.enqueue(t.notice("answers", reply_to="desk@example.net"))
    t.equal(read(sent(t, "answers"))["Reply-To"], "desk@example.net", "Reply-To")


# signatures

KEYS = {
    "rsa-sha256": ["genrsa", "2048"],
    "ed25519-sha256": ["genpkey", "-algorithm", "ed25519"],
}


def key(t, algorithm):
    """The configuration of a new key, and what DNS says about it."""
    pem = subprocess.run(["openssl", *KEYS[algorithm]], check=True, capture_output=True, text=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubout", "-outform", "DER"], input=pem.encode(), check=True, capture_output=True).stdout
    public = base64.b64encode(der if algorithm.startswith("rsa") else der[-32:]).decode()
    record = f"v=DKIM1; k={algorithm.split('-')[0]}; p={public}"
    keys = {"domain": "example.org", "selector": "s1", "key": {"file": t.secret_file("dkim.pem", pem)}}
    return keys, record


def is_signed(raw, record):
    """Says dkimpy."""
    judge = [os.path.join(lib.PEERS, "dkim_verify.py"), "s1._domainkey.example.org", record]
    return subprocess.run(judge, input=raw, stderr=subprocess.DEVNULL).returncode == 0


def signature(raw):
    value = "".join(line.strip() for line in read(raw)["DKIM-Signature"].splitlines())
    return dict(part.strip().split("=", 1) for part in value.split(";") if part.strip())


def survives(algorithm, engine):
    def test(t):
        server = t.smtp()
        keys, record = key(t, algorithm)
        t.configure(email=t.email_transport(server, engine=engine), dkim=keys, unsubscribe=UNSUBSCRIBE, attachments=directory(t))
        t.daemon.start()
        t.enqueue(t.notice("ko", locale="ko", category="newsletter", attachments=["terms.pdf"]))
        t.wait_for_state("ko", "delivered")
        (arrived,) = server.accepted()
        raw = server.raw(arrived)
        t.check(is_signed(raw, record), f"{algorithm} over {engine}: dkimpy does not accept the signature")
        fields = signature(raw)
        t.equal((fields["a"], fields["c"], fields["d"], fields["s"]), (algorithm, "relaxed/relaxed", "example.org", "s1"), "fields")
        covered = "".join(fields["h"].split()).lower().split(":")
        written = [name.lower() for name, _ in read(raw).items() if name not in ("DKIM-Signature", "Received", "X-Peer", "X-MailFrom", "X-RcptTo")]
        t.equal(set(covered), set(written), "headers under the signature")
        t.equal(covered.count("from"), 2, "From, once more than there is one")
        t.check(not is_signed(raw.replace(b"/u/", b"/v/", 1), record), "another List-Unsubscribe was accepted")
        t.check(not is_signed(raw + b"x\r\n", record), "a longer body was accepted")
        t.check(not is_signed(b"From: evil@example.org\r\n" + raw, record), "a second From was accepted")

    return test


for word in KEYS:
    for name in ("esmtp", "curl"):
        globals()[f"test_{word.split('-')[0]}_signature_arrives_by_{name}"] = survives(word, name)


def test_the_evidence_is_of_the_signed_mail_whose_time_is_that_of_the_notice(t):
    keys, record = key(t, "rsa-sha256")
    server = t.faulty("end-451", "--on", "1")
    t.configure(email=t.email_transport(server, retry=["100ms"], jitter=0), dkim=keys)
    t.daemon.start()
    t.enqueue(t.notice("one"))
    t.wait_for_state("one", "delivered")
    rows, _ = t.ask("show", id="one")
    (arrived,) = server.accepted()
    raw = server.raw(arrived)
    t.check(is_signed(raw, record), "dkimpy does not accept the signature")
    t.contains(json.dumps(rows), hashlib.sha256(raw).hexdigest(), "the evidence")
    t.equal(len(t.attempts("one")), 2, "attempts")
    t.equal(int(signature(raw)["t"]), int(read(raw)["Date"].datetime.timestamp()), "the time of the signature")


def test_a_key_that_cannot_sign_is_found_when_the_configuration_is_read(t):
    keys, _ = key(t, "rsa-sha256")
    t.secret_file("dkim.pem", "-----BEGIN PRIVATE KEY-----\nMIIBVQ==\n-----END PRIVATE KEY-----\n")
    t.configure(dkim=keys)
    answer = t.command("run")
    t.check(answer.status != 0, "the daemon runs with a broken key")
    t.contains(answer.err + answer.out, "`dkim`: mails cannot be signed", "the sentence")


def test_a_key_too_small_is_found_by_check_at_its_line(t):
    """What a daemon refuses at SIGHUP, check must not pass."""
    keys, _ = key(t, "rsa-sha256")
    pem = subprocess.run(["openssl", "genrsa", "512"], check=True, capture_output=True, text=True).stdout
    t.secret_file("dkim.pem", pem)
    t.configure(dkim=keys)
    for arguments in ((), (os.path.join(lib.ROOT, "templates", "apology"),)):
        answer = t.command("check", *arguments)
        t.equal(answer.status, 65, f"exit status of check {arguments}")
        t.matches(answer.out, r"dispatcher\.yaml:\d+:\d+: error: `dkim`: mails cannot be signed.*512 bits", "the place")
    t.equal(t.command("check", "--no-environment").status, 0, "a check on another machine")
    t.matches(t.command("run").err, r"dispatcher\.yaml:\d+:\d+: `dkim`", "the daemon says the same place")


def record_that_verifies(algorithm):
    def test(t):
        server = t.smtp()
        keys, record = key(t, algorithm)
        t.configure(email=t.email_transport(server), dkim=keys)
        told = t.command("dkim", "--json").json()
        t.equal((told["name"], told["value"]), ("s1._domainkey.example.org", record), "as openssl makes it of the private key")
        zone = t.command("dkim").out.split("zone file  ")[1]
        pieces = re.findall('"([^"]*)"', zone)
        t.equal(("".join(pieces), max(map(len, pieces)) <= 255), (record, True), "the pieces of the zone file")
        t.check(zone.startswith("s1._domainkey.example.org. IN TXT ("), f"zone file: {zone}")
        t.daemon.start()
        t.enqueue(t.notice("one"))
        t.wait_for_state("one", "delivered")
        (arrived,) = server.accepted()
        t.check(is_signed(server.raw(arrived), told["value"]), "dkimpy does not accept the signature with this record")

    return test


for word in KEYS:
    globals()[f"test_the_record_for_dns_verifies_{word.split('-')[0]}"] = record_that_verifies(word)


def test_without_dkim_there_is_no_record(t):
    t.configure()
    answer = t.command("dkim")
    t.equal((answer.status, answer.out), (66, ""), "exit status, output")
    t.contains(answer.err, "has no `dkim`", "why")

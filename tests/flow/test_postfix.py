"""A real Postfix takes our mail, by both engines. It starts as root only: for anybody else there is nothing to see."""

import glob
import hashlib
import os
import re

import lib

ENGINES = ("esmtp", "curl")


def postfix(t):
    os.chmod(t.dir, 0o711)  # its programs run as other users
    directory = t.peer_dir("postfix")
    command = [os.path.join(lib.PEERS, "postfix.py"), "--dir", directory, "--root", lib.UNPACKED, *t.certificate()]
    return t.add(lib.Peer("postfix", directory, command, lib.peer_environment()))


def mails(server):
    texts = []
    for path in glob.glob(server.path("mail", "all", "new", "*")):
        with open(path, "rb") as file:
            texts.append(file.read())
    return texts


def as_sent(text):
    """Without the lines Postfix put in front, and with the line ends of the wire."""
    ours = re.search(rb"(?m)^(Date|From|Message-ID|MIME-Version|DKIM-Signature|List-Unsubscribe|Subject|To):", text)
    return re.sub(rb"(?<!\r)\n", b"\r\n", text[ours.start() :])


def by_both(test):
    if os.getuid() == 0:
        for engine in ENGINES:
            globals()[f"{test.__name__}_by_{engine}"] = lambda t, engine=engine: test(t, engine)


def transport(t, server, engine, **keys):
    transport = {**t.email_transport(server, auth=False), "engine": engine, "retry": ["1h"], "jitter": 0}
    return {**transport, **keys}


@by_both
def test_mail_arrives_byte_by_byte(t, engine):
    server = postfix(t)
    t.configure(email=transport(t, server, engine, dsn=True), workers=2)
    t.enqueue(*t.notices(9))
    t.daemon.start()
    t.wait(lambda: len(t.rows(state="delivered")) == 9, 30, "all to be delivered")
    t.wait(lambda: len(mails(server)) == 9, 30, "all to be in the mailbox")
    said = {t.attempts(f"n{n}")[0]["rendered_sha256"] for n in range(9)}
    got = {hashlib.sha256(as_sent(text)).hexdigest() for text in mails(server)}
    t.equal(got, said, "digests of what left and what came")


@by_both
def test_each_recipient_gets_the_answer_that_is_his(t, engine):
    server = postfix(t)
    t.configure(email=transport(t, server, engine), workers=1)
    addresses = ["a@example.org", "bad@example.org", "later@example.org", "b@example.org", "c@elsewhere.example"]
    t.enqueue(*(t.notice(f"p{n}", to={"email": address}) for n, address in enumerate(addresses)))
    t.daemon.start()
    t.wait(lambda: not t.rows(state="waiting") and not t.rows(state="in_flight"), 20, "all to be settled")
    found = {row["address"]: (row["state"], row["cause"]) for row in t.rows()}
    t.equal(found["bad@example.org"], ("failed", "bad_recipient"), "bad@")
    t.equal(found["later@example.org"], ("deferred", "greylisted"), "later@")
    t.equal([found[a][0] for a in ("a@example.org", "b@example.org")], ["delivered", "delivered"], "the others")
    t.wait(lambda: len(mails(server)) == 2, 20, "two mails in the mailbox")


def test_postfix_reports_to_the_sender_that_names_the_delivery(t):
    """The whole way of a returned mail's address, as far as Postfix shows it."""
    if os.getuid() != 0:
        return
    server = postfix(t)
    organisation = {**lib.ORGANISATION, "verp": True}
    t.configure(email=transport(t, server, "esmtp", dsn=True), workers=1, organisation=organisation)
    t.enqueue(t.notice("one", to={"email": "a@example.org"}))
    t.daemon.start()
    t.wait_for_state("one", "delivered", seconds=20)
    t.wait(lambda: mails(server), 20, "the mail")
    t.matches(mails(server)[0].decode("latin-1"), r"Return-Path: <bounce\+[0-9a-z]+-[0-9a-v]{16}@example\.org>", "mail")

"""`transport test` by both engines: what it sends, what it says of the server, and what to do where it fails."""

import json
import os
import re

import lib
import test_postfix
import test_smtp_engines

transport = test_smtp_engines.transport


def by_both(test):
    for engine in test_smtp_engines.ENGINES:
        globals()[f"{test.__name__}_by_{engine}"] = lambda t, engine=engine: test(t, engine)


def tried(t, *arguments):
    return t.command("transport", "test", "mail", "--to", "anna@example.org", *arguments)


def told(t, *arguments):
    answer = tried(t, "--json", *arguments)
    return answer.status, [json.loads(line) for line in answer.out.splitlines()]


# it arrives


@by_both
def test_it_sends_one_mail_and_says_how_it_was_met(t, engine):
    server = t.smtp()
    t.configure(email=transport(t, server, engine))
    answer = tried(t)
    t.equal((answer.status, answer.err), (0, ""), "status and what went to standard error")
    (record,) = server.accepted()
    t.equal(record["rcpt"], ["anna@example.org"], "recipients")
    mail = server.mail(record)
    t.equal(mail["Subject"], "Test message", "subject")
    t.contains(mail.get_content(), "You need not do anything.", "text")
    t.contains(answer.out, f"delivered (accepted) over mail to anna@example.org, by localhost:{server.port}, after", "head")
    t.matches(answer.out, r"(?m)^  connected to  (127\.0\.0\.1|::1)$", "address")
    version = "TLSv1.2" if engine == "esmtp" else "TLSv1.[23]"
    t.matches(answer.out, rf"(?m)^  TLS +{version}, certificate of localhost, issued by Test authority, until \d{{4}}-\d\d-\d\d$", "TLS")
    t.matches(answer.out, r"(?m)^  login +done as tester \((PLAIN|LOGIN)\)$", "login")
    t.matches(answer.out, r"(?m)^  answer +250 ", "answer")
    t.check("what to do" not in answer.out, "advice although it was taken")
    t.check("secret" not in answer.out, "the password is shown")
    t.check(not os.path.exists(os.path.join(t.spool, "ledger.db")), "it made a ledger")


@by_both
def test_the_mail_is_written_in_the_language_asked_for(t, engine):
    server = t.smtp()
    t.configure(email=transport(t, server, engine), locale={"fallback": "ko"})
    for arguments, subject in (((), "시험 메일"), (("--locale", "de-AT"), "Testnachricht"), (("--locale", "en"), "Test message")):
        t.equal(tried(t, *arguments).status, 0, f"status {arguments}")
        mail = server.mail(server.accepted()[-1])
        t.equal(mail["Subject"], subject, f"subject {arguments}")
    refused = tried(t, "--locale", "fr")
    t.equal(refused.status, 64, "status for a language it is not written in")
    t.contains(refused.err, "de, ko and en", "sentence")


def test_tls_from_the_first_byte_and_a_bearer_token_are_seen(t):
    server = t.faulty("auth-xoauth2", "--token", "ya29.good", "--implicit", "--tls", "1.3")
    keys = test_smtp_engines.bearer(t, server, "ya29.good")
    t.configure(email={**keys, "tls": "implicit", "ca_file": f"{lib.certificates()}/ca.pem", "user": "tester"})
    status, (row,) = told(t)
    t.equal((status, row["tls"], row["login"], row["logged_in"]), (0, "TLSv1.3", "XOAUTH2", True), "what was seen")


@by_both
def test_a_server_without_tls_and_login_is_said_to_be_one(t, engine):
    server = t.faulty("good", tls=False, auth=False)
    t.configure(email=transport(t, server, engine, tls="none"))
    answer = tried(t)
    t.equal(answer.status, 0, "status")
    t.matches(answer.out, r"(?m)^  TLS +none \(tls: none\)$", "TLS")
    t.matches(answer.out, r"(?m)^  login +none \(no user\)$", "login")


if os.getuid() == 0:

    @by_both
    def test_a_real_postfix_takes_it(t, engine):
        server = test_postfix.postfix(t)
        t.configure(email=test_postfix.transport(t, server, engine))
        status, (row,) = told(t)
        t.equal((status, row["outcome"], row["code"]), (0, "delivered", 250), "what was said")
        t.contains(row["certificate"], "localhost", "certificate")
        t.wait(lambda: test_postfix.mails(server), 30, "the mail to be in the mailbox")
        t.contains(test_postfix.mails(server)[0], b"Test message", "the mail")


# it fails


def fails(t, engine, server, cause, outcome, advice, **keys):
    t.configure(email=transport(t, server, engine, **keys))
    answer = tried(t)
    t.equal(answer.status, 1, f"status; it said {answer.out}{answer.err}")
    t.contains(answer.out, f"{outcome} ({cause}) over mail", "head")
    t.matches(answer.out, rf"(?m)^  what to do +.*{advice}", "what to do")
    return answer.out


@by_both
def test_a_wrong_password_is_named(t, engine):
    server = t.faulty("auth-535")
    out = fails(t, engine, server, "auth", "config", "Check user and password")
    t.matches(out, r"(?m)^  login +refused as tester \((PLAIN|LOGIN)\)$", "login")
    t.contains(out, "535", "the answer")
    t.equal(server.accepted(), [], "mails")


@by_both
def test_a_certificate_of_another_name_is_shown(t, engine):
    server = t.smtp(certificate="wrong-name")
    out = fails(t, engine, server, "tls", "not_tried", "Write `host` as the certificate names it")
    t.matches(out, r"(?m)^  TLS +refused: certificate of mail\.example\.net, issued by Test authority", "TLS")
    t.equal(server.accepted(), [], "mails")


@by_both
def test_a_certificate_of_an_unknown_authority_is_shown(t, engine):
    server = t.smtp(certificate="self-signed")
    out = fails(t, engine, server, "tls", "not_tried", "ca_file")
    t.matches(out, r"(?m)^  TLS +refused: certificate of localhost, issued by self-signed", "TLS")


@by_both
def test_a_refused_recipient_shows_the_answer(t, engine):
    server = t.faulty("rcpt-550")
    out = fails(t, engine, server, "bad_recipient", "permanent", "The address does not exist")
    t.matches(out, r"(?m)^  answer +550 5\.1\.1 no such user|^  answer +550 no such user", "answer")
    t.matches(out, r"(?m)^  login +done as tester", "login")


@by_both
def test_a_port_where_nothing_listens_is_said_to_be_one(t, engine):
    server = t.smtp()
    server.stop()
    out = fails(t, engine, server, "connect", "not_tried", "Is the server running")
    t.matches(out, r"(?m)^  connected to  nobody$", "address")
    t.matches(out, r"(?m)^  TLS +not begun$", "TLS")


@by_both
def test_a_server_that_never_speaks_ends_in_time(t, engine):
    server = t.faulty("greeting-none")
    out = fails(t, engine, server, "timeout", "not_tried", "accepts the connection and does not answer", deadline="6s")
    took = int(re.search(r"after (\d+) ms", out).group(1))
    t.check(took < 6000, f"it took {took} ms of 6 s")


@by_both
def test_a_mail_in_doubt_is_not_said_to_have_failed(t, engine):
    server = t.faulty("end-close-accepted")
    fails(t, engine, server, "connection_lost", "uncertain", "It may have arrived")


# each server


@by_both
def test_each_server_gets_one_and_is_shown(t, engine):
    good, wrong, gone = t.smtp(), t.smtp(certificate="wrong-name"), t.smtp()
    gone.stop()
    test_smtp_engines.configure_yaml(t, test_smtp_engines.several(t, [(good, 1), (wrong, 1000), (gone, 1)], engine))
    status, rows = told(t, "--each")
    t.equal(status, 1, "status")
    t.equal([row["port"] for row in rows], [good.port, wrong.port, gone.port], "ports, in the order of the file")
    t.equal([row["cause"] for row in rows], ["accepted", "tls", "connect"], "causes")
    t.equal(len({row["id"] for row in rows}), 3, "ids")
    t.contains(rows[1]["certificate"], "mail.example.net", "certificate of the second")
    t.equal([bool(row["advice"]) for row in rows], [False, True, True], "advice")
    t.equal(len(good.accepted()), 1, "mails")


@by_both
def test_without_each_another_server_steps_in(t, engine):
    good, gone = t.smtp(), t.smtp()
    gone.stop()
    test_smtp_engines.configure_yaml(t, test_smtp_engines.several(t, [(good, 1), (gone, 1000)], engine))
    status, (row,) = told(t)
    t.equal((status, row["port"]), (0, good.port), "who took it")
    t.contains(row["reply"], f"before: localhost:{gone.port}", "who did not")


# who may be tested


def test_trial_mode_lets_it_go_to_the_allow_list_only(t):
    server = t.smtp()
    t.configure(email=transport(t, server, "esmtp"), trial=True, allow=["kim@example.org"])
    refused = tried(t)
    t.equal(refused.status, 77, "status")
    t.contains(refused.err, "anna@example.org is not on the allow list", "sentence")
    t.equal(server.accepted(), [], "mails")
    allowed = t.command("transport", "test", "mail", "--to", "kim@example.org")
    t.equal(allowed.status, 0, "status of one on the list")
    t.contains(allowed.out, "trial mode is on", "a word about it")


def test_an_outbox_is_said_to_be_one(t):
    t.configure()
    answer = tried(t)
    t.equal(answer.status, 0, "status")
    t.contains(answer.out, "it is an outbox: nothing was sent", "sentence")
    t.check("TLS" not in answer.out, "it speaks of TLS")


def test_other_channels_are_pointed_to_their_own_command(t):
    hooks = t.https()
    t.configure(webhook=t.webhook_transport(), endpoints={"crm": t.endpoint(hooks)})
    expected = {
        "texts": (64, "dispatcher gateway test texts --to NUMBER"),
        "hooks": (64, "dispatcher endpoint test ENDPOINT"),
        "crm": (64, "dispatcher endpoint test crm"),
        "nobody": (66, "there is mail"),
    }
    for name, (status, sentence) in expected.items():
        answer = t.command("transport", "test", name, "--to", "anna@example.org")
        t.equal(answer.status, status, name)
        t.contains(answer.err, sentence, name)


def test_an_address_is_needed_and_checked(t):
    t.configure()
    for arguments, sentence in (((), "--to ADDRESS is missing"), (("--to", "anna.example.org"), "no @")):
        answer = t.command("transport", "test", "mail", *arguments)
        t.equal(answer.status, 64, f"status {arguments}")
        t.contains(answer.err, sentence, f"sentence {arguments}")

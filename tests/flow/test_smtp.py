"""Mail servers that refuse, lie, break off or cannot be trusted: what is sent, what is said about it, what follows."""

import re

import lib

QUICK = {"retry": ["100ms", "100ms", "100ms"], "jitter": 0}


def send_one(t, server, identity="one", **keys):
    """One notice to that server, by a daemon that tries again soon."""
    t.configure(email=t.email_transport(server, **{**QUICK, "deadline": "30s", **keys}), workers=1)
    t.daemon.start()
    t.drop(t.notice(identity, to={"email": "anna@example.org"}))


def said_in_the_clear(server):
    lines = [line for line in server.log("transcript.jsonl") if line["who"] == "C" and not line["tls"]]
    return "".join(line["bytes"] for line in lines)


def outcomes(t, identity="one"):
    return [attempt["outcome"] for attempt in t.attempts(identity)]


# refusals of one message

TEMPORARY = {
    "mail-452": (452, "server_full"),
    "rcpt-450": (450, "greylisted"),
    "rcpt-451": (451, "server"),
    "data-451": (451, "server"),
    "end-450": (450, "greylisted"),
    "end-451": (451, "server"),
    "end-452": (452, "server_full"),
    "end-long-451": (451, "server"),
    "end-escape": (451, "server"),
    "end-nul": (451, "server"),
    "rcpt-421": (421, "rate_limited"),
    "mail-421": (421, "rate_limited"),
    "data-421": (421, "server"),
    "end-421": (421, "server"),
}


def temporary(mode, code, cause):
    def test(t):
        server = t.faulty(mode, "--on", "1")
        send_one(t, server)
        t.wait_for_state("one", "delivered")
        t.equal(len(server.accepted()), 1, f"{mode}: mails accepted")
        t.contains(t.daemon.log(), f"state=deferred code={code} cause={cause}", f"{mode}: the refused attempt")
        # "Too many" is a word about our speed: it costs the recipient no attempt.
        expected = ["delivered"] if cause == "rate_limited" else ["transient", "delivered"]
        t.equal(outcomes(t), expected, f"{mode}: attempts")

    return test


for word, (code, cause) in TEMPORARY.items():
    globals()[f"test_tries_again_after_{word.replace('-', '_')}"] = temporary(word, code, cause)

PERMANENT = {
    "mail-550": (550, "sender_refused"),
    "rcpt-550": (550, "bad_recipient"),
    "rcpt-552": (552, "mailbox_full"),
    "data-554": (554, "protocol"),
    "end-550": (550, "policy"),
    "end-552": (552, "too_large"),
    "end-554": (554, "content"),
}


def permanent(mode, code, cause):
    def test(t):
        server = t.faulty(mode)
        send_one(t, server)
        row = t.wait_for_state("one", "failed")
        (attempt,) = t.attempts("one")
        t.equal((attempt["code"], attempt["cause"], row["cause"]), (code, cause, cause), f"{mode}: the attempt")
        t.contains(attempt["reply"], attempt["enhanced"], f"{mode}: the reply names its enhanced code")
        t.equal(server.accepted(), [], f"{mode}: mails accepted")

    return test


for word, (code, cause) in PERMANENT.items():
    globals()[f"test_gives_up_after_{word.replace('-', '_')}"] = permanent(word, code, cause)


def test_one_refused_recipient_leaves_the_others_of_the_session_alone(t):
    server = t.faulty("good")
    t.configure(email=t.email_transport(server, retry=["1h"]), workers=1)
    addresses = ["a@example.org", "550.b@example.org", "c@example.org", "450.d@example.org", "e@example.org"]
    t.enqueue(*(t.notice(f"r{n}", to={"email": address}) for n, address in enumerate(addresses)))
    t.daemon.start()
    t.wait(lambda: not t.rows(state="waiting") and not t.rows(state="in_flight"), 10, "all to be settled")
    states = {row["address"]: row["state"] for row in t.rows()}
    expected = ["delivered", "failed", "delivered", "deferred", "delivered"]
    t.equal([states[address] for address in addresses], expected, "states")
    t.equal(sorted(r["rcpt"][0] for r in server.accepted()), ["a@example.org", "c@example.org", "e@example.org"], "mails")
    t.equal(len(server.events("connect")), 1, "sessions")


# connections that break

BROKEN = {
    # mode: (first outcome, mails the server took in all)
    "mail-close": ("not_tried", 1),
    "rcpt-close": ("transient", 1),
    # Short enough to be handed to the kernel as a whole, mostly before the end is seen.
    "data-close": ("uncertain|transient", 1),
    "data-reset": ("uncertain|transient", 1),
    "end-close": ("uncertain", 1),
    "end-close-accepted": ("uncertain", 2),
    "end-reset-accepted": ("uncertain", 2),
    "end-999": ("uncertain", 1),
    "end-garbage": ("uncertain", 2),
}


def broken(mode, outcome, mails):
    def test(t):
        server = t.faulty(mode, "--on", "1")
        send_one(t, server)
        t.wait_for_state("one", "delivered", seconds=15)
        said = outcomes(t)
        if outcome != "not_tried":
            t.contains(outcome.split("|"), said[0], f"{mode}: first outcome")
        t.equal(said.count("delivered"), 1, f"{mode}: delivered attempts in {said}")
        accepted = server.accepted()
        t.equal(len(accepted), mails, f"{mode}: mails accepted")
        t.equal(len({r["sha256"] for r in accepted}), 1, f"{mode}: a repeat is the same mail, byte for byte")
        t.equal({r["message_id"] for r in accepted}, {"<one@notices.example.org>"}, f"{mode}: Message-ID")

    return test


for word, (first, number) in BROKEN.items():
    globals()[f"test_neither_loses_nor_claims_after_{word.replace('-', '_')}"] = broken(word, first, number)


def together(server):
    """How often RCPT and DATA came in one packet."""
    packets = [line["bytes"] for line in server.log("transcript.jsonl") if line["who"] == "C"]
    return sum(1 for p in packets if p.startswith("RCPT TO:") and p.endswith("\r\nDATA\r\n"))


def a_broken_session(t, pipelining):
    server = t.faulty("end-close-accepted", "--on", "2")
    t.configure(email=t.email_transport(server, pipelining=pipelining, **QUICK), workers=1)
    t.enqueue(*(t.notice(f"p{n}", to={"email": f"p{n}@example.org"}) for n in range(5)))
    t.daemon.start()
    t.wait(lambda: len(t.rows(state="delivered")) == 5, 20, "all to be delivered")
    ids = sorted(r["message_id"] for r in server.accepted())
    t.equal(len(set(ids)), 5, "different mails")
    # The second was accepted without an answer: it, and nothing else, came twice.
    t.equal(len(ids), 6, f"mails: {ids}")
    t.equal(together(server) > 0, pipelining, f"RCPT and DATA together {together(server)} times")


def test_a_broken_session_sends_the_rest_of_its_packet_once(t):
    a_broken_session(t, pipelining=False)


def test_a_broken_session_that_pipelines_leaves_no_more_in_doubt(t):
    a_broken_session(t, pipelining=True)


def test_a_refused_recipient_costs_nobody_else_anything_with_pipelining(t):
    server = t.faulty("good")
    t.configure(email=t.email_transport(server, retry=["1h"], pipelining=True), workers=1)
    addresses = ["a@example.org", "550.b@example.org", "c@example.org", "450.d@example.org", "e@example.org"]
    t.enqueue(*(t.notice(f"r{n}", to={"email": address}) for n, address in enumerate(addresses)))
    t.daemon.start()
    t.wait(lambda: not t.rows(state="waiting") and not t.rows(state="in_flight"), 10, "all to be settled")
    states = {row["address"]: row["state"] for row in t.rows()}
    expected = ["delivered", "failed", "delivered", "deferred", "delivered"]
    t.equal([states[address] for address in addresses], expected, "states")
    t.equal(sorted(r["rcpt"][0] for r in server.accepted()), ["a@example.org", "c@example.org", "e@example.org"], "mails")
    t.equal(len(server.events("connect")), 1, "sessions")


def test_a_mail_that_may_have_arrived_is_held_where_the_transport_says_so(t):
    server = t.faulty("end-close-accepted", "--on", "1")
    send_one(t, server, on_uncertain="hold")
    t.wait_for_state("one", "uncertain")
    t.equal(len(server.accepted()), 1, "mails")
    t.equal(t.command("retry", "one").status, 0, "an operator's retry")
    t.wait_for_state("one", "delivered")
    t.equal(len(server.accepted()), 2, "mails after the operator's word")


# answers that are odd, and yes

ACCEPTED = ("greeting-multi", "ehlo-plain", "ehlo-chunking", "ehlo-split", "rcpt-multi", "end-multi", "end-long", "end-escape-250", "quit-close", "data-slow")


def accepted(mode):
    def test(t):
        server = t.faulty(mode)
        send_one(t, server)
        t.wait_for_state("one", "delivered", seconds=15)
        t.equal(outcomes(t), ["delivered"], f"{mode}: attempts")
        t.equal(len(server.accepted()), 1, f"{mode}: mails")
        t.check("\x1b" not in t.command("show", "one").out, f"{mode}: an escape reached the terminal")
        t.check("\x1b" not in t.daemon.log(), f"{mode}: an escape reached the log")

    return test


for word in ACCEPTED:
    globals()[f"test_takes_a_yes_for_a_yes_{word.replace('-', '_')}"] = accepted(word)


def bounded(mode):
    """Too long to be read to the end: the mail was taken, so it may come twice, and is never lost or called failed."""

    def test(t):
        server = t.faulty(mode, "--on", "1")
        send_one(t, server)
        t.wait_for_state("one", "delivered", seconds=25)
        t.check(1 <= len(server.accepted()) <= 2, f"{mode}: {len(server.accepted())} mails")
        t.equal(len({r["message_id"] for r in server.accepted()}), 1, f"{mode}: Message-IDs")
        t.check(len(t.attempts("one")[0]["reply"]) < 5000, f"{mode}: the reply is kept within bounds")

    return test


test_an_answer_of_a_megabyte_is_bounded = bounded("end-megabyte")
test_an_answer_of_a_million_lines_is_bounded = bounded("end-endless")


def test_an_escape_in_a_refusal_is_shown_harmless(t):
    server = t.faulty("end-escape", "--on", "1")
    send_one(t, server, retry=["1h"])
    t.wait_for_state("one", "deferred")
    for command in (("show", "one"), ("show", "one", "--json"), ("queue",), ("status",)):
        answer = t.command(*command)
        t.check("\x1b" not in answer.out + answer.err and "\x07" not in answer.out, f"{command}: a control character")
    t.check("\x1b" not in t.daemon.log(), "an escape reached the log")


# servers that get nothing: no trust, no login

CLOSED = {
    # mode: (cause, part of the sentence)
    "greeting-554": ("greeting", "no service here"),
    "greeting-421": ("greeting", "too busy"),
    "greeting-close": ("connection_lost", ""),
    "starttls-none": ("tls", "does not offer STARTTLS"),
    "starttls-454": ("tls", "TLS not available now"),
    "starttls-inject": ("tls", ""),
    "starttls-garbage": ("tls", ""),
    "auth-none": ("auth", "AUTH"),
    "auth-xoauth2": ("auth", "PLAIN, LOGIN"),
    "auth-535": ("auth", "authentication failed"),
    "auth-454": ("auth", "temporary authentication failure"),
    "auth-535-530": ("auth", "authentication failed"),
    "auth-454-530": ("auth", "temporary authentication failure"),
    "mail-530": ("auth", "authentication required"),
}


def check_nothing_left(t, server, mode):
    t.equal(server.accepted(), [], f"{mode}: mails accepted")
    clear = said_in_the_clear(server)
    t.check("AUTH" not in clear and "MAIL" not in clear, f"{mode}: said in the clear: {clear!r}")
    said = server.transcript("C").decode("latin-1")
    if mode != "mail-530":
        t.check("MAIL FROM" not in said, f"{mode}: went on without trust or login: {said!r}")
    t.check("Subject:" not in said and "DATA\r\n" not in said, f"{mode}: parts of the mail left: {said!r}")


def closed(mode, cause, sentence):
    def test(t):
        server = t.faulty(mode)
        send_one(t, server)
        t.wait(lambda: "transport.paused" in t.daemon.log(), 10, "the transport to rest")
        row = t.wait_for_state("one", "waiting")
        t.equal(row["attempts"], 0, f"{mode}: attempts of the recipient")
        t.contains(row["reply"], sentence, f"{mode}: the sentence")
        t.equal(row["cause"], cause, f"{mode}: the cause")
        check_nothing_left(t, server, mode)
        words = rf"resting .*{re.escape(sentence)}"
        t.wait(lambda: re.search(words, t.command("status").out), 10, f"{mode}: status to say so")
        if mode.startswith("auth-5") or mode.startswith("auth-4"):
            rests = lambda: t.daemon.log().count("event=transport.paused ")
            t.wait(lambda: len(server.events("auth")) == rests(), 10, f"{mode}: one login per attempt")

    return test


for word, (cause, sentence) in CLOSED.items():
    globals()[f"test_sends_nothing_after_{word.replace('-', '_')}"] = closed(word, cause, sentence)


def distrusted(certificate, words):
    def test(t):
        server = t.smtp(certificate=certificate)
        send_one(t, server)
        t.wait(lambda: "transport.paused" in t.daemon.log(), 10, "the transport to rest")
        row = t.wait_for_state("one", "waiting")
        t.equal(row["cause"], "tls", f"{certificate}: cause")
        t.matches(row["reply"], words, f"{certificate}: the sentence")
        t.equal(server.accepted(), [], f"{certificate}: mails")
        t.equal([e for e in server.events() if e["event"] in ("auth", "mail")], [], f"{certificate}: commands after TLS")

    return test


test_sends_nothing_to_a_certificate_for_another_name = distrusted("wrong-name", "(?i)name|host")
test_sends_nothing_to_a_certificate_nobody_signed = distrusted("self-signed", "(?i)self|issuer|trust|verif")
test_sends_nothing_to_a_certificate_that_ended = distrusted("expired", "(?i)expired")


def test_a_wrong_password_sends_nothing_and_a_right_one_mends_it(t):
    server = t.smtp()
    t.configure(email=t.email_transport(server, **QUICK), workers=1)
    t.secret_file("smtp-password", "wrong")
    t.daemon.start()
    t.drop(t.notice("one"))
    t.wait(lambda: "transport.paused" in t.daemon.log(), 10, "the transport to rest")
    t.equal((t.row("one")["state"], t.row("one")["cause"]), ("waiting", "auth"), "state and cause")
    t.equal({e["good"] for e in server.events("auth")}, {False}, "logins")
    t.equal(server.events("mail"), [], "MAIL commands")
    t.check("wrong" not in t.daemon.log().replace("wrong user or password", ""), "the password is in the log")
    t.secret_file("smtp-password", "secret")
    t.daemon.signal(lib.signal.SIGHUP)
    t.wait_for_state("one", "delivered", seconds=10)
    t.equal(server.accepted()[0]["authenticated"], True, "logged in")


def test_a_server_that_comes_back_gets_what_waited(t):
    server = t.smtp()
    t.configure(email=t.email_transport(server, **QUICK), workers=1)
    server.stop()
    t.daemon.start()
    t.drop(t.notice("one"))
    t.wait(lambda: "transport.paused" in t.daemon.log(), 10, "the transport to rest")
    t.equal((t.row("one")["attempts"], t.row("one")["cause"]), (0, "connect"), "attempts and cause")
    server.start()
    t.wait_for_state("one", "delivered", seconds=12)
    t.equal(len(server.accepted()), 1, "mails")
    t.contains(t.daemon.log(), "transport.recovered", "log")


# Postfix's smtp-sink, which nobody here has written


def sunk(options, state, outcome):
    def test(t):
        sink = t.sink(*options)
        send_one(t, sink, tls="none", retry=["1h"])
        t.wait_for_state("one", state, seconds=10)
        t.equal(outcomes(t), [outcome], f"smtp-sink {' '.join(options)}")

    return test


test_sink_takes_a_mail = sunk((), "delivered", "delivered")
test_sink_refuses_recipients_for_now = sunk(("-r", "RCPT"), "deferred", "transient")
test_sink_refuses_recipients_for_good = sunk(("-f", "RCPT"), "failed", "permanent")
test_sink_refuses_data_for_now = sunk(("-r", "DATA"), "deferred", "transient")
test_sink_refuses_the_message_for_good = sunk(("-f", "."), "failed", "permanent")
test_sink_refuses_the_message_for_now = sunk(("-r", "."), "deferred", "transient")
test_sink_says_421_at_recipients = sunk(("-Q", "RCPT"), "deferred", "transient")
test_sink_hangs_up_before_the_data = sunk(("-q", "DATA"), "deferred", "transient")
test_sink_hangs_up_after_the_final_dot = sunk(("-q", "."), "deferred", "uncertain")


def test_what_the_sink_took_is_a_whole_mail(t):
    sink = t.sink()
    send_one(t, sink, tls="none")
    t.wait_for_state("one", "delivered")
    (dump,) = t.wait(sink.dumps, 5, "a dump")
    with open(dump, "rb") as file:
        content = file.read()
    t.contains(content.decode("latin-1"), "Message-ID: <one@notices.example.org>", "dump")
    t.contains(content.decode("latin-1"), "X-Rcpt-Args: <anna@example.org>", "dump")


def test_the_login_is_nowhere_in_logs_or_answers(t):
    server = t.faulty("auth-535")
    t.secret_file("smtp-password", "hunter2-secret")
    t.configure(email={**t.email_transport(server, **QUICK)}, workers=1, log={"level": "debug"})
    t.secret_file("smtp-password", "hunter2-secret")
    t.daemon.start()
    t.drop(t.notice("one"))
    t.wait(lambda: "transport.paused" in t.daemon.log(), 10, "the transport to rest")
    shown = t.daemon.log() + "".join(t.command(*c).out for c in (("show", "one", "--json"), ("status",), ("config", "show")))
    for secret in ("hunter2-secret", "aHVudGVyMi1zZWNyZXQ", "AHRlc3RlcgBodW50ZXIyLXNlY3JldA"):
        t.check(secret not in shown, f"{secret} is shown somewhere")

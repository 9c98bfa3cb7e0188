"""Both engines of mail: every test of test_smtp.py by libcurl, too, and what is asked of both."""

import re

import lib
import test_smtp

ENGINES = ("esmtp", "curl")
QUICK = {**test_smtp.QUICK, "deadline": "30s"}

# What only libesmtp does, or says in other words: it sends several commands at once, and keeps its session behind a
# refused recipient.
OF_ESMTP = {
    "test_a_broken_session_that_pipelines_leaves_no_more_in_doubt",
    "test_a_refused_recipient_costs_nobody_else_anything_with_pipelining",
    "test_one_refused_recipient_leaves_the_others_of_the_session_alone",
}


def by_curl(test):
    def run(t):
        plain = t.email_transport
        t.email_transport = lambda server, **keys: plain(server, **{"engine": "curl", **keys})
        test(t)

    return run


for word, function in list(vars(test_smtp).items()):
    if word.startswith("test_") and word not in OF_ESMTP:
        globals()[word + "_by_curl"] = by_curl(function)


def by_both(test):
    """test_X(t, engine) becomes test_X_by_esmtp(t) and test_X_by_curl(t)."""
    for engine in ENGINES:
        globals()[f"{test.__name__}_by_{engine}"] = lambda t, engine=engine: test(t, engine)


def transport(t, server, engine, **keys):
    return t.email_transport(server, **{**QUICK, "engine": engine, **keys})


def settle(t):
    t.wait(lambda: not t.rows(state="waiting") and not t.rows(state="in_flight"), 20, "all to be settled")
    return {row["address"]: row["state"] for row in t.rows()}


@by_both
def test_one_refused_recipient_leaves_the_others_of_the_packet_alone(t, engine):
    server = t.faulty("good")
    t.configure(email=transport(t, server, engine, retry=["1h"]), workers=1)
    addresses = ["a@example.org", "550.b@example.org", "c@example.org", "450.d@example.org", "e@example.org"]
    t.enqueue(*(t.notice(f"r{n}", to={"email": address}) for n, address in enumerate(addresses)))
    t.daemon.start()
    states = settle(t)
    t.equal([states[a] for a in addresses], ["delivered", "failed", "delivered", "deferred", "delivered"], "states")
    t.equal(sorted(r["rcpt"][0] for r in server.accepted()), ["a@example.org", "c@example.org", "e@example.org"], "mails")


# several servers


def several(t, servers, engine, **keys):
    """One transport with (server, weight) pairs."""
    first = transport(t, servers[0][0], engine, **keys)
    hosts = [{"host": "localhost", "port": server.port, "weight": weight} for server, weight in servers]
    del first["host"], first["port"]
    return {**first, "hosts": hosts}


@by_both
def test_another_server_steps_in_for_one_that_is_gone(t, engine):
    gone, good = t.smtp(), t.smtp()
    gone.stop()
    configure_yaml(t, several(t, [(gone, 1000), (good, 1)], engine))
    t.daemon.start()
    t.enqueue(*t.notices(5))
    t.wait(lambda: len(t.rows(state="delivered")) == 5, 20, "all to be delivered")
    t.equal(len(good.accepted()), 5, "mails")
    t.equal([a["outcome"] for a in t.attempts("n0")], ["delivered"], "the first attempt was enough")
    t.contains(t.attempts("n0")[0]["reply"], f"localhost:{good.port}: ", "who took it")
    t.check("transport.paused" not in t.daemon.log(), "the transport rested although a server was there")


@by_both
def test_another_server_steps_in_for_one_that_does_not_know_the_password(t, engine):
    strict, good = t.faulty("auth-535"), t.smtp()
    configure_yaml(t, several(t, [(strict, 1000), (good, 1)], engine))
    t.daemon.start()
    t.enqueue(*t.notices(5))
    t.wait(lambda: len(t.rows(state="delivered")) == 5, 20, "all to be delivered")
    t.equal((len(strict.accepted()), len(good.accepted())), (0, 5), "mails")
    t.contains(t.attempts("n0")[0]["reply"], f"localhost:{good.port}: ", "who took it")
    t.matches(t.daemon.log(), f"event=host.resting .*host=localhost:{strict.port} .*535", "whose turn it is")
    t.check("transport.paused" not in t.daemon.log(), "the transport rested although a server let it in")


@by_both
def test_the_transport_rests_when_no_server_knows_the_password(t, engine):
    servers = [t.faulty("auth-535"), t.faulty("auth-535")]
    configure_yaml(t, several(t, [(server, 1) for server in servers], engine))
    t.daemon.start()
    t.enqueue(t.notice("n0"))
    t.wait(lambda: "transport.paused" in t.daemon.log(), 20, "the transport to rest")
    t.matches(t.daemon.log(), "event=transport.paused .*cause=auth", "why")
    row = t.row("n0")
    t.equal((row["state"], row["attempts"]), ("waiting", 0), "the mail pays nothing")
    for server in servers:
        t.contains(row["reply"] or "", f"localhost:{server.port}: ", "who refused")


@by_both
def test_what_one_server_takes_the_next_does_not_get(t, engine):
    breaking, good = t.faulty("mail-421", "--on", "2"), t.smtp()
    configure_yaml(t, several(t, [(breaking, 1000), (good, 1)], engine))
    t.enqueue(*t.notices(5))
    t.daemon.start()
    t.wait(lambda: len(t.rows(state="delivered")) == 5, 20, "all to be delivered")
    taken = [r["message_id"] for r in breaking.accepted() + good.accepted()]
    t.equal(len(taken), len(set(taken)), "mails that came twice")
    t.equal(len(taken), 5, "mails")
    t.check(len(breaking.accepted()) >= 1 and len(good.accepted()) >= 3, "both had a part")


@by_both
def test_no_server_gets_a_mail_that_may_have_been_accepted(t, engine):
    breaking, good = t.faulty("end-close-accepted", "--on", "1"), t.smtp()
    configure_yaml(t, several(t, [(breaking, 1000), (good, 1)], engine, on_uncertain="hold"))
    t.enqueue(*t.notices(3))
    t.daemon.start()
    t.wait(lambda: len(t.rows(state="delivered")) == 2 and len(t.rows(state="uncertain")) == 1, 20, "two and one")
    taken = [r["message_id"] for r in breaking.accepted() + good.accepted()]
    t.equal(len(taken), 3, "mails")
    t.equal(len(set(taken)), 3, "different mails")


def test_servers_share_the_work_by_weight(t):
    servers = [t.smtp(), t.smtp()]
    configure_yaml(t, several(t, [(server, 1) for server in servers], "esmtp", packet=1), workers=2)
    t.enqueue(*t.notices(30))
    t.daemon.start()
    t.wait(lambda: len(t.rows(state="delivered")) == 30, 30, "all to be delivered")
    shares = [len(server.accepted()) for server in servers]
    t.equal(sum(shares), 30, "mails")
    t.check(min(shares) >= 5, f"shares {shares}")


# the sender names the delivery


def senders(server):
    return [re.search("<(.*?)>", e["line"]).group(1) for e in server.events("command") if e["line"].startswith("MAIL")]


@by_both
def test_the_envelope_sender_names_the_delivery(t, engine):
    server = t.faulty("end-451", "--on", "1")
    t.configure(
        email=transport(t, server, engine), workers=1, organisation={**lib.ORGANISATION, "verp": True}
    )
    t.daemon.start()
    t.enqueue(*t.notices(2))
    t.wait(lambda: len(t.rows(state="delivered")) == 2, 15, "both to be delivered")
    seen = senders(server)
    t.equal(len(seen), 3, f"MAIL commands {seen}")
    t.equal(len(set(seen)), 2, "one sender per delivery, the same in every attempt")
    for sender in seen:
        t.matches(sender, r"^bounce\+[0-9a-z]+-[0-9a-v]{16}@example\.org$", "sender")
        t.check(len(sender.split("@")[0]) <= 64, "the part in front of the @ is too long")
    for record in server.accepted():
        t.equal(server.mail(record)["From"].addresses[0].addr_spec, "notice@example.org", "From")


def test_reports_are_asked_for_where_the_server_offers_them(t):
    server = t.faulty("good")
    t.configure(email=transport(t, server, "esmtp", dsn=True), workers=1)
    t.daemon.start()
    t.enqueue(t.notice("one", to={"email": "anna+news@example.org"}))
    t.wait_for_state("one", "delivered")
    lines = [e["line"] for e in server.events("command")]
    (mail,) = [line for line in lines if line.startswith("MAIL")]
    (rcpt,) = [line for line in lines if line.startswith("RCPT")]
    t.matches(mail, r"RET=HDRS", "MAIL")
    t.matches(mail, r"ENVID=[0-9a-z]+-[0-9a-v]{16}\b", "MAIL")
    t.matches(rcpt, r"NOTIFY=(FAILURE,DELAY|DELAY,FAILURE)", "RCPT")
    t.contains(rcpt, "ORCPT=rfc822;anna+2Bnews@example.org", "RCPT")


@by_both
def test_no_reports_are_asked_for_where_nobody_knows_them(t, engine):
    server = t.faulty("ehlo-plain")
    t.configure(email=transport(t, server, engine, dsn=True), workers=1)
    t.daemon.start()
    t.enqueue(t.notice("one"))
    t.wait_for_state("one", "delivered")
    said = server.transcript("C").decode("latin-1")
    for word in ("ENVID", "NOTIFY", "ORCPT", "RET="):
        t.check(word not in said, f"{word} was said")


# addresses


@by_both
def test_a_domain_in_other_letters_is_sent_in_ascii(t, engine):
    server = t.faulty("good")
    t.configure(email=transport(t, server, engine), workers=1)
    t.daemon.start()
    t.enqueue(t.notice("one", to={"email": "anna@bücher.example"}), t.notice("two", to={"email": "kim@한국.example"}))
    t.wait(lambda: len(t.rows(state="delivered")) == 2, 10, "both to be delivered")
    recipients = sorted(r["rcpt"][0] for r in server.accepted())
    t.equal(recipients, ["anna@xn--bcher-kva.example", "kim@xn--3e0b707e.example"], "recipients")


def test_a_mailbox_in_other_letters_is_refused_with_advice(t):
    t.configure()
    t.daemon.start()
    notice = lib.json.dumps(t.notice("one", to={"email": "müller@example.org"}), ensure_ascii=False)
    answer = t.command("enqueue", "-", text=notice + "\n")
    t.check(answer.status != 0, "it was taken")
    t.contains(answer.err, "use an ASCII address", "the sentence")


# our right to send


@by_both
def test_a_server_that_does_not_relay_for_us_stops_the_transport(t, engine):
    server = t.faulty("rcpt-relay")
    t.configure(email=transport(t, server, engine), workers=1)
    t.daemon.start()
    t.enqueue(t.notice("one"))
    t.wait(lambda: "transport.paused" in t.daemon.log(), 10, "the transport to rest")
    row = t.wait_for_state("one", "waiting")
    t.equal((row["attempts"], row["cause"]), (0, "relay_denied"), "attempts and cause")


@by_both
def test_a_server_that_relays_for_others_is_believed_about_one(t, engine):
    server = t.faulty("rcpt-relay", "--on", "2")
    t.configure(email=transport(t, server, engine), workers=1)
    t.enqueue(*t.notices(3))
    t.daemon.start()
    t.wait(lambda: len(t.rows(state="delivered")) == 2 and len(t.rows(state="failed")) == 1, 15, "two and one")
    t.equal(t.rows(state="failed")[0]["cause"], "relay_denied", "cause")
    t.check("transport.paused" not in t.daemon.log(), "the transport rested")


# what only libcurl can


def test_tls_from_the_first_byte(t):
    server = t.faulty("good", "--implicit", "--tls", "1.3")
    login = {"user": "tester", "password": {"file": t.secret_file("smtp-password", "secret")}}
    keys = {"tls": "implicit", "ca_file": f"{lib.certificates()}/ca.pem", **login}
    t.configure(email=transport(t, server, "curl", **keys), workers=1)
    t.daemon.start()
    t.enqueue(*t.notices(3))
    t.wait(lambda: len(t.rows(state="delivered")) == 3, 10, "all to be delivered")
    t.equal({e["version"] for e in server.events("tls")}, {"TLSv1.3"}, "TLS")
    t.equal(test_smtp.said_in_the_clear(server), "", "said in the clear")


def bearer(t, server, token):
    keys = transport(t, server, "curl")
    del keys["password"]
    return {**keys, "oauth_token": {"file": t.secret_file("token", token)}}


def test_a_bearer_token_logs_in(t):
    server = t.faulty("auth-xoauth2", "--token", "ya29.good")
    t.configure(email=bearer(t, server, "ya29.good"), workers=1)
    t.daemon.start()
    t.enqueue(t.notice("one"))
    t.wait_for_state("one", "delivered")
    t.equal([e["mechanism"] for e in server.events("auth")], ["XOAUTH2"], "logins")


def test_an_old_token_stops_the_transport_and_shows_nothing(t):
    server = t.faulty("auth-xoauth2", "--token", "ya29.new")
    t.configure(email=bearer(t, server, "ya29.old-secret"), workers=1, log={"level": "debug"})
    t.daemon.start()
    t.enqueue(t.notice("one"))
    t.wait(lambda: "transport.paused" in t.daemon.log(), 10, "the transport to rest")
    row = t.wait_for_state("one", "waiting")
    t.equal((row["attempts"], row["cause"]), (0, "auth"), "attempts and cause")
    t.equal(server.events("mail"), [], "MAIL commands")
    shown = t.daemon.log() + t.command("show", "one", "--json").out + t.command("config", "show").out
    t.check("ya29.old-secret" not in shown, "the token is shown somewhere")


def configure_yaml(t, email, **keys):
    """lib's writer of YAML has no list of maps: JSON is YAML, too."""
    hosts = email.pop("hosts")
    t.configure(email=email, **{"workers": 1, **keys})
    with open(t.config_path, encoding="utf-8") as file:
        text = file.read()
    text = text.replace("  mail:\n", f"  mail:\n    hosts: {lib.json.dumps(hosts)}\n", 1)
    t.write("dispatcher.yaml", text)

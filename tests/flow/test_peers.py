"""The peers and the helpers do what the flow tests rely on."""

import smtplib
import ssl
import urllib.parse
import urllib.request

import lib

MAIL = b"From: a@example.org\r\nMessage-ID: <m1@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n.dot\r\n"


def client(server):
    context = ssl.create_default_context(cafile=lib.certificates() + "/ca.pem")
    smtp = smtplib.SMTP("localhost", server.port, timeout=lib.LEAST_WAIT_S)
    smtp.starttls(context=context)
    smtp.login("tester", "secret")
    return smtp


def test_a_real_server_keeps_what_it_accepted(t):
    server = t.smtp()
    with client(server) as smtp:
        smtp.sendmail("a@example.org", ["b@example.org"], MAIL)
    (record,) = server.accepted()
    t.equal(record["message_id"], "<m1@example.org>", "Message-ID")
    t.equal(server.raw(record), MAIL, "the mail")
    t.equal(server.mail_to("b@example.org")["Subject"], "Grüße", "subject")


def test_a_server_may_accept_and_say_nothing(t):
    server = t.faulty("end-close-accepted", "--on", "2")
    smtp = client(server)
    smtp.sendmail("a@example.org", ["b@example.org"], MAIL)
    try:
        smtp.sendmail("a@example.org", ["b@example.org"], MAIL)
        t.check(False, "the second mail was answered")
    except smtplib.SMTPServerDisconnected:
        pass
    t.equal(len(server.accepted()), 2, "accepted")


def test_a_certificate_for_another_name_is_refused_by_a_client_that_looks(t):
    for name in ("wrong-name", "self-signed", "expired"):
        server = t.smtp(certificate=name)
        try:
            client(server)
            t.check(False, f"{name} was accepted")
        except ssl.SSLCertVerificationError:
            pass


def test_the_sink_answers_as_told(t):
    server = t.sink("-r", "RCPT")
    smtp = smtplib.SMTP("127.0.0.1", server.port, timeout=lib.LEAST_WAIT_S)
    smtp.ehlo()
    smtp.mail("a@example.org")
    t.equal(smtp.rcpt("b@example.org")[0], 450, "RCPT")


def test_the_gateway_delivers_korean_in_parts(t):
    gateway = t.kannel()
    text = "불편을 드려 죄송합니다. " * 12
    query = {"username": "tester", "password": "foobar", "from": "1234", "to": "+821012345678", "coding": 2}
    query["text"] = text.encode("utf-16-be")
    urllib.request.urlopen(gateway.url() + "?" + urllib.parse.urlencode(query), timeout=lib.LEAST_WAIT_S).close()
    t.wait(lambda: [m for m in gateway.received() if m["complete"]], 5, "the message")
    (message,) = gateway.received()
    t.equal((message["text"], message["encoding"], message["parts"]), (text, "ucs2", 3), "the message")


def test_the_receiver_refuses_what_is_not_signed(t):
    receiver = t.https()
    request = urllib.request.Request(receiver.url(), b"{}", {"webhook-id": "x"})
    context = ssl.create_default_context(cafile=lib.certificates() + "/ca.pem")
    try:
        urllib.request.urlopen(request, timeout=lib.LEAST_WAIT_S, context=context)
        t.check(False, "an unsigned request was accepted")
    except urllib.error.HTTPError as error:
        t.equal(error.code, 401, "status")
    t.equal(len(receiver.received()), 0, "verified requests")

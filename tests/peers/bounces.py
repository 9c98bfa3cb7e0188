#!/usr/bin/env python3
"""Returned mails of many makers, with what each of them means: an oracle for `dispatcher bounce`.

`variants(count, seed)` makes them, in shapes that mail servers and providers are known for, told in words of our own:
reports for programs in every encoding, letters for people in English, German and Korean, complaints, answers by
machines, challenges. Every value in them varies. Addresses are those of examples.

    bounces.py COUNT [SEED] DIR     writes DIR/NNNN.eml and DIR/expected.jsonl
"""

import base64
import email.header
import json
import os
import quopri
import random
import sys

NUMBERS = "0123456789abcdefghijklmnopqrstuvwxyz"
MAC = "0123456789abcdefghijklmnopqrstuv"

# What servers say, and what it means: code, enhanced code, words, cause, never again
ANSWERS = [
    (550, "5.1.1", "<{to}>: Recipient address rejected: User unknown in virtual mailbox table", "bad_recipient", True),
    (550, "5.1.1", "The email account that you tried to reach does not exist. Please try double-checking", "bad_recipient", True),
    (550, "5.1.10", "RESOLVER.ADR.RecipientNotFound; Recipient {to} not found by SMTP address lookup", "bad_recipient", True),
    (550, "5.1.1", "<{to}>... User unknown", "bad_recipient", True),
    (550, "", "No such recipient here", "bad_recipient", True),
    (554, "", "delivery error: dd This user doesn't have a mail account", "bad_recipient", True),
    (550, "5.2.1", "The email account that you tried to reach is disabled", "mailbox_disabled", True),
    (554, "5.2.1", "Mailbox disabled, not accepting messages", "mailbox_disabled", True),
    (552, "5.2.2", "The recipient's inbox is out of storage space", "mailbox_full", False),
    (554, "5.2.2", "mailbox full; Quota exceeded", "mailbox_full", False),
    (550, "5.7.1", "Message rejected as spam by content filtering", "spam_suspected", False),
    (550, "5.7.1", "Service unavailable; client [192.0.2.7] blocked using zen.example", "blocklisted", False),
    (550, "5.7.26", "Unauthenticated email is not accepted due to the domain's DMARC policy", "sender_unverified", False),
    (552, "5.3.4", "Message size exceeds fixed limit", "too_large", False),
    (451, "4.7.1", "Greylisting in action, please come back later", "greylisted", False),
    (452, "4.2.2", "Mailbox full", "mailbox_full", False),
    (421, "4.7.0", "Too many messages from your network, try again later", "rate_limited", False),
]
LASTING = [a for a in ANSWERS if a[4]]
PERMANENT = [a for a in ANSWERS if a[0] >= 500]
TEMPORARY = [a for a in ANSWERS if a[0] < 500]

PEOPLE = ["anna.schmidt", "kim.minjun", "joern_mueller", "a", "o'neill", "sales+de", "lee-seoyeon", "first.last", "X.Y-Z"]
DOMAINS = ["example.org", "example.com", "mail.example.net", "xn--bcher-kva.example", "postfach.example", "naver.example"]


class Letter:
    """A mail of ours that went out, and what anybody may know of it."""

    def __init__(self, dice, token=None, to=None, notice=None, home="example.org"):
        self.dice = dice
        self.number = dice.randrange(1, 36 ** dice.choice([1, 3, 5, 9]))
        self.token = token or number36(self.number) + "-" + "".join(dice.choice(MAC) for _ in range(16))
        self.to = to or f"{dice.choice(PEOPLE)}{dice.randrange(1000)}@{dice.choice(DOMAINS)}"
        self.notice = notice or f"breach-{dice.randrange(99)}_c{dice.randrange(10**6)}"
        self.home = home
        self.subject = dice.choice(["Outage on 20 Nov", "Störung am 20.11.", "서비스 장애에 대해 사과드립니다"])

    @property
    def sender(self):
        return f"bounces+{self.token}@{self.home}"

    def headers(self, return_path=True):
        lines = [f"Return-Path: <{self.sender}>"] if return_path else []
        lines += [
            f"Received: from news.{self.home} (news.{self.home} [192.0.2.1])\n\tby mx.example.net (Some) with ESMTPS id 4Xy;"
            "\n\tFri, 20 Nov 2026 02:11:00 +0000",
            f"From: Example Bank <service@{self.home}>",
            f"To: {self.dice.choice(['', 'Anna Schmidt ', encoded('김민준') + ' '])}<{self.to}>",
            f"Subject: {encoded(self.subject)}",
            f"Message-ID: <{self.notice}@{self.home}>",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
        ]
        return "\n".join(lines) + "\n"

    def whole(self):
        return self.headers() + "\nDear Anna Schmidt,\n\nsomething went wrong. 죄송합니다.\n-- \nExample Bank\n"


def number36(number):
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = NUMBERS[digit] + digits
        if number == 0:
            return digits


def encoded(text):
    return email.header.Header(text, "utf-8" if not text.isascii() else "us-ascii").encode(linesep="\n")


def encode(text, how, charset="utf-8"):
    raw = text.encode(charset, "replace")
    if how == "base64":
        return base64.encodebytes(raw)
    if how == "quoted-printable":
        return quopri.encodestring(raw)
    return raw


class Mail:
    """A returned mail being made, and what it means."""

    def __init__(self, letter, shape):
        self.letter, self.shape, self.dice = letter, shape, letter.dice
        self.head, self.body = [], b""
        self.kind, self.receipts = "status", []
        self.named = "token"

    def field(self, name, value):
        self.head.append(f"{name}: {value}")

    def means(self, kind, cause, lasting=False, opted_out=False):
        self.receipts.append({"kind": kind, "cause": cause, "lasting": lasting, "opted_out": opted_out})

    def text(self, text, charset="utf-8", how=None, html=False):
        how = how or self.dice.choice(["8bit", "base64", "quoted-printable"])
        self.field("Content-Type", f"text/{'html' if html else 'plain'}; charset={charset}")
        self.field("Content-Transfer-Encoding", how)
        self.body = encode(text, how, charset)

    def parts(self, subtype, parts, parameters=""):
        mark = f"{self.dice.randrange(10**12):012d}/mx.example"
        quote = self.dice.choice(['"{}"', '"{}"'])
        self.field("Content-Type", f"multipart/{subtype};{parameters}\n\tboundary={quote.format(mark)}")
        self.body = multipart(mark, parts)

    def bytes(self):
        return ("\n".join(self.head) + "\n\n").encode("utf-8", "surrogateescape") + self.body


def multipart(mark, parts):
    out = b"This is a MIME-encapsulated message.\n\n"
    for head, body in parts:
        out += f"--{mark}\n{head}\n\n".encode() + body + b"\n"
    return out + f"--{mark}--\n".encode()


def envelope(mail, sender="MAILER-DAEMON@mx.example.net", name="Mail Delivery System", subject="Undelivered Mail Returned to Sender"):
    """The top of a returned mail: where the token stands differs from server to server."""
    letter, dice = mail.letter, mail.dice
    where = dice.choice(["Delivered-To", "X-Original-To", "To", "To", "Envelope-to", "none"])
    mail.field("Return-Path", "<>")
    if where in ("Delivered-To", "X-Original-To", "Envelope-to"):
        mail.field(where, dice.choice([letter.sender, f"<{letter.sender}>", letter.sender.upper().replace("EXAMPLE.ORG", "example.org")]))
    mail.field("Date", "Fri, 20 Nov 2026 02:12:00 +0000 (UTC)")
    mail.field("From", f"{name} <{sender}>" if name else sender)
    mail.field("To", letter.sender if where == "To" else f"bounces@{letter.home}")
    mail.field("Subject", subject)
    mail.field("MIME-Version", "1.0")
    return where


SHAPES = []


def shape(function):
    SHAPES.append(function)
    return function


def returned(letter, dice, whole=None):
    whole = dice.random() < 0.5 if whole is None else whole
    if whole:
        return ("Content-Description: Undelivered Message\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 8bit", letter.whole().encode())
    return ("Content-Type: text/rfc822-headers", letter.headers().encode())


def status_part(text, how):
    encoding = "" if how == "7bit" else f"\nContent-Transfer-Encoding: {how}"
    return ("Content-Description: Delivery report\nContent-Type: message/delivery-status" + encoding, encode(text, how))


def dsn(letter, maker, action, answer, human, diagnostic=None, status=None, original=True, envid=True, how=None, wrap=False, **top):
    """RFC 3464 with one recipient."""
    mail, dice = Mail(letter, maker), letter.dice
    where = envelope(mail, **top)
    code, enhanced, words, cause, lasting = answer
    words = words.format(to=letter.to)
    envid = envid or where == "none"
    text = f"Reporting-MTA: dns; mx.example.net\nArrival-Date: Fri, 20 Nov 2026 02:11:00 +0000\n"
    if envid:
        text += f"Original-Envelope-Id: {letter.token}\n"
    text += "\n"
    if original:
        text += f"Original-Recipient: rfc822;{letter.to}\n"
    text += f"Final-Recipient: {dice.choice(['rfc822', 'RFC822'])}; {letter.to}\nAction: {action}\n"
    text += f"Status: {status or enhanced or ('5.0.0' if code >= 500 else '4.0.0')}\n"
    if diagnostic is None:
        said = f"{code} {enhanced} {words}" if enhanced else f"{code} {words}"
        diagnostic = f"smtp; {said}"
    if dice.random() < 0.5:  # folded
        diagnostic = diagnostic.replace(" ", "\n    ", 2)
    text += f"Diagnostic-Code: {diagnostic}\nRemote-MTA: dns; mx.{letter.to.split('@')[1]}\n"
    how = how or dice.choice(["7bit", "7bit", "quoted-printable", "base64"])
    parts = [
        ("Content-Type: text/plain; charset=us-ascii", human.format(to=letter.to, words=words, code=code, enhanced=enhanced).encode()),
        status_part(text, how),
    ]
    if dice.random() < 0.9 or where == "none":
        parts.append(returned(letter, dice))
    if wrap:
        mark = f"in{dice.randrange(10**9)}"
        inner = multipart(mark, parts)
        mail.parts("mixed", [(f'Content-Type: multipart/report; report-type=delivery-status; boundary="{mark}"', inner),
                             ("Content-Type: text/plain", b"-- \nThis mail was checked by a filter.\n")])
    else:
        mail.parts("report", parts, " report-type=delivery-status;")
    kinds = {"failed": "failed", "delayed": "buffered", "delivered": "confirmed", "relayed": "accepted", "expanded": "accepted"}
    kind = kinds[action.split()[0].lower()]
    if kind in ("failed", "buffered"):
        mail.means(kind, cause, lasting and kind == "failed")
    else:
        mail.means(kind, "confirmed" if kind == "confirmed" else "accepted")
    return mail


@shape
def postfix_failed(letter):
    human = "This is the mail system at host mx.example.net.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n<{to}>: host mx said: {code} {enhanced} {words} (in reply to RCPT TO command)\n"
    return dsn(letter, "postfix", "failed", letter.dice.choice(PERMANENT), human)


@shape
def postfix_delayed(letter):
    human = "This is the mail system at host mx.example.net.\n\n# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #\n\n<{to}>: {words}\n"
    return dsn(letter, "postfix", "delayed", letter.dice.choice(TEMPORARY), human, subject="Delayed Mail (still being retried)")


@shape
def postfix_gave_up(letter):
    """Tried for days: the address may be good."""
    diagnostic = "X-Postfix; connect to mx.example.net[192.0.2.9]:25: Connection timed out"
    return dsn(letter, "postfix", "failed", (451, "4.4.1", "", "connect", False), "It could not be delivered.\n", diagnostic)


@shape
def postfix_no_host(letter):
    diagnostic = "X-Postfix; Host or domain name not found. Name service error for name=nowhere.example type=AAAA: Host not found"
    return dsn(letter, "postfix", "failed", (550, "5.4.4", "", "domain_unknown", False), "It could not be delivered.\n", diagnostic)


@shape
def postfix_delivered(letter):
    return dsn(letter, "postfix", letter.dice.choice(["delivered", "relayed", "expanded"]), (250, "2.0.0", "Ok: queued", "", False),
               "This is the mail system at host mx.example.net.\n\nYour message was successfully delivered.\n", subject="Successful Mail Delivery Report")


@shape
def gmail(letter):
    return dsn(letter, "gmail", "failed", letter.dice.choice(LASTING), "** Address not found **\n\nYour message wasn't delivered to {to} because the address couldn't be found.\n",
               sender="mailer-daemon@googlemail.example", name="Mail Delivery Subsystem", subject="Delivery Status Notification (Failure)", original=False)


@shape
def exchange_online(letter):
    return dsn(letter, "exchange", "failed", letter.dice.choice(PERMANENT), "Delivery has failed to these recipients or groups:\n\n{to}\n",
               sender="postmaster@example.onmicrosoft.example", name="", subject="Undeliverable: Outage", how="base64")


@shape
def exchange_quoted(letter):
    """The answer stands in quotes within a sentence."""
    code, enhanced, words, cause, lasting = answer = letter.dice.choice(PERMANENT)
    said = f"{code} {enhanced} {words.format(to=letter.to)}".replace("  ", " ")
    return dsn(letter, "exchange", "failed", answer, "Delivery has failed.\n", f"smtp;Remote server returned '{said}'",
               sender="postmaster@example.com", name="", status=None if enhanced else "5.0.0")


@shape
def sendmail_report(letter):
    return dsn(letter, "sendmail", "failed", letter.dice.choice(PERMANENT), "The original message was received at Fri, 20 Nov 2026\n\n   ----- The following addresses had permanent fatal errors -----\n<{to}>\n",
               name="Mail Delivery Subsystem", subject="Returned mail: see transcript for details", original=False)


@shape
def exim_report(letter):
    mail = dsn(letter, "exim", "failed", letter.dice.choice(PERMANENT), "This message was created automatically by mail delivery software.\n\n  {to}\n    {code} {words}\n",
               sender="Mailer-Daemon@mx.example.net", subject="Mail delivery failed: returning message to sender")
    mail.field("X-Failed-Recipients", letter.to)
    mail.field("Auto-Submitted", "auto-replied")
    return mail


@shape
def opensmtpd(letter):
    """The report for programs says nothing; the answer is in the part for people."""
    mail, dice = Mail(letter, "opensmtpd"), letter.dice
    envelope(mail)
    code, enhanced, words, cause, lasting = dice.choice(PERMANENT)
    human = f"    Hi!\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\n{letter.to}: {code} {enhanced} {words.format(to=letter.to)}\n\n    Below is a copy of the original message:\n"
    text = f"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; {letter.to}\nAction: failed\nStatus: 5.0.0\n"
    mail.parts("mixed", [("Content-Type: text/plain; charset=us-ascii", human.encode()), status_part(text, "7bit"), returned(letter, dice)])
    mail.means("failed", cause, lasting)
    return mail


@shape
def nested(letter):
    """A filter in between put the report into a mail of its own."""
    return dsn(letter, "nested", "failed", letter.dice.choice(PERMANENT), "It could not be delivered to {to}.\n", wrap=True)


@shape
def bare_status(letter):
    """Sent as multipart/mixed, and Action with a comment."""
    mail = dsn(letter, "bare", "Failed (no retry)", letter.dice.choice(PERMANENT), "Sorry.\n")
    mail.head = [line.replace("multipart/report; report-type=delivery-status;", "multipart/mixed;") for line in mail.head]
    return mail


@shape
def several_recipients(letter):
    """The address was a list; each of its members has an answer."""
    mail, dice = Mail(letter, "several"), letter.dice
    envelope(mail)
    text = f"Reporting-MTA: dns; mx\nOriginal-Envelope-Id: {letter.token}\n"
    for number in range(dice.randrange(2, 6)):
        action, (code, enhanced, words, cause, lasting) = dice.choice([("failed", dice.choice(PERMANENT)), ("delayed", dice.choice(TEMPORARY))])
        text += f"\nFinal-Recipient: rfc822; member{number}@example.net\nAction: {action}\nStatus: {enhanced or '5.0.0'}\n"
        text += f"Diagnostic-Code: smtp; {code} {enhanced} {words.format(to='member')}\n"
        mail.means("failed" if action == "failed" else "buffered", cause, False)
    mail.parts("report", [("Content-Type: text/plain", b"see below\n"), status_part(text, "7bit"), returned(letter, dice)], " report-type=delivery-status;")
    return mail


@shape
def passed_on(letter):
    """The mailbox passes mail on to one that is gone: the address we wrote to may be good."""
    mail, dice = Mail(letter, "passed-on"), letter.dice
    envelope(mail)
    text = f"Reporting-MTA: dns; mx\nOriginal-Envelope-Id: {letter.token}\n\nOriginal-Recipient: rfc822;{letter.to}\nFinal-Recipient: rfc822;elsewhere@example.net\n"
    text += "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n"
    mail.parts("report", [("Content-Type: text/plain", b"see below\n"), status_part(text, "7bit"), returned(letter, dice)], " report-type=delivery-status;")
    mail.means("failed", "bad_recipient", False)
    return mail


@shape
def international(letter):
    """RFC 6533."""
    mail, dice = Mail(letter, "international"), letter.dice
    envelope(mail)
    text = f"Reporting-MTA: dns; mx\nOriginal-Envelope-Id: {letter.token}\n\nFinal-Recipient: utf-8; {letter.to}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 수신자가 없음 user unknown\n"
    part = ("Content-Type: message/global-delivery-status\nContent-Transfer-Encoding: base64", encode(text, "base64"))
    mail.parts("report", [("Content-Type: text/plain; charset=utf-8", "실패\n".encode()), part,
                          ("Content-Type: message/global-headers", letter.headers().encode())], " report-type=global-delivery-status;")
    mail.means("failed", "bad_recipient", True)
    return mail


@shape
def only_message_id(letter):
    """No token anywhere: everybody can write that."""
    mail = dsn(letter, "only-message-id", "failed", letter.dice.choice(PERMANENT), "no\n", envid=False, how="7bit")
    copy = ("Content-Type: text/rfc822-headers", letter.headers(return_path=False).encode())
    code, enhanced, words, cause, lasting = letter.dice.choice(PERMANENT)
    mail.head, mail.receipts, mail.named = [], [], "notice"
    mail.field("From", "MAILER-DAEMON@mx.example.net")
    mail.field("To", f"bounces@{letter.home}")
    text = f"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; {letter.to}\nAction: failed\nStatus: {enhanced or '5.0.0'}\nDiagnostic-Code: smtp; {code} {words}\n"
    mail.parts("report", [("Content-Type: text/plain", b"no\n"), status_part(text, "7bit"), copy])
    mail.means("failed", cause, lasting)
    return mail


@shape
def foreign(letter):
    """Somebody else's mail came back to us."""
    other = Letter(letter.dice, home="other.example")
    mail = dsn(letter, "foreign", "failed", letter.dice.choice(PERMANENT), "no\n", envid=False)
    mail.head, mail.receipts, mail.named = [], [], "nobody"
    mail.field("From", "MAILER-DAEMON@mx.example.net")
    mail.field("To", f"bounces@{letter.home}")
    text = "Reporting-MTA: dns; mx\nOriginal-Envelope-Id: QQ314159\n\nFinal-Recipient: rfc822; x@example.net\nAction: failed\nStatus: 5.1.1\n"
    copy = ("Content-Type: text/rfc822-headers", other.headers(return_path=False).encode())
    mail.parts("report", [("Content-Type: text/plain", b"no\n"), status_part(text, "7bit"), copy])
    return mail


# for people


def letter_mail(letter, maker, text, answer, kind="failed", charset="utf-8", html=False, copy=True, **top):
    mail = Mail(letter, maker)
    mail.kind = "letter"
    where = envelope(mail, **top)
    code, enhanced, words, cause, lasting = answer
    text = text.format(to=letter.to, code=code, enhanced=enhanced, hash=f"(#{enhanced})" if enhanced else "", words=words.format(to=letter.to))
    if where == "none" and not copy:
        mail.field("Delivered-To", letter.sender)
    mail.text(text + (letter.whole() if copy else ""), charset, html=html)
    mail.means(kind, cause, lasting and kind == "failed")
    return mail


@shape
def qmail(letter):
    text = ("Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n"
            "This is a permanent error; I've given up. Sorry it didn't work out.\n\n<{to}>:\n192.0.2.7 does not like recipient.\nRemote host said: {code} {enhanced} {words}\nGiving up on 192.0.2.7.\n\n"
            "--- Below this line is a copy of the message.\n\n")
    return letter_mail(letter, "qmail", text, letter.dice.choice(PERMANENT), name="", subject="failure notice")


@shape
def qmail_local(letter):
    text = ("Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n"
            "This is a permanent error; I've given up. Sorry it didn't work out.\n\n<{to}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n")
    return letter_mail(letter, "qmail", text, (550, "5.1.1", "", "bad_recipient", True), name="", subject="failure notice")


@shape
def qmail_gave_up(letter):
    text = ("Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n"
            "This is a permanent error; I've given up. Sorry it didn't work out.\n\n<{to}>:\nSorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n"
            "I'm not going to try again; this message has been in the queue too long.\n\n--- Below this line is a copy of the message.\n\n")
    return letter_mail(letter, "qmail", text, (450, "4.4.1", "", "expired", False), name="", subject="failure notice")


@shape
def exim_text(letter):
    text = ("This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n"
            "  {to}\n    SMTP error from remote mail server after RCPT TO:<{to}>:\n    host mx.example.net [192.0.2.7]: {code} {enhanced} {words}\n\n------ This is a copy of the message, including all the headers. ------\n\n")
    mail = letter_mail(letter, "exim", text, letter.dice.choice(PERMANENT), subject="Mail delivery failed: returning message to sender")
    mail.head.insert(1, f"X-Failed-Recipients: {letter.to}")
    mail.head.insert(1, "Auto-Submitted: auto-replied")
    return mail


@shape
def exim_delay(letter):
    text = ("This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue.\n\n"
            "The address to which the message has not yet been delivered is:\n\n  {to}\n    Delay reason: {code} {enhanced} {words}\n\nNo action is required on your part. Delivery attempts will continue for\nsome time.\n\n")
    return letter_mail(letter, "exim", text, letter.dice.choice(TEMPORARY), kind="buffered", copy=False, subject="Warning: message delayed 24 hours")


@shape
def exchange_old(letter):
    text = ("Your message did not reach some or all of the intended recipients.\n\n      Subject:\tOutage\n      Sent:\t20.11.2026 02:11\n\nThe following recipient(s) could not be reached:\n\n"
            "      '{to}' on 20.11.2026 02:12\n            The e-mail account does not exist at the organization this message was sent to.\n            <mx.example.net #5.1.1>\n\n")
    return letter_mail(letter, "exchange-old", text, (550, "5.1.1", "", "bad_recipient", True), copy=False, name="System Administrator", sender="postmaster@example.com", subject="Undeliverable: Outage")


@shape
def yahoo_old(letter):
    text = "Message from mail server.\nUnable to deliver message to the following address(es).\n\n<{to}>:\n{code} {words}\n\n--- Original message follows.\n\n"
    return letter_mail(letter, "yahoo", text, letter.dice.choice(PERMANENT), sender="MAILER-DAEMON@yahoo.example", name="", subject="Failure Notice")


@shape
def gmail_old(letter):
    text = ("Delivery to the following recipient failed permanently:\n\n     {to}\n\nTechnical details of permanent failure:\nThe server for the recipient's domain refused the message. We recommend\ncontacting the other provider.\n\n"
            "The error that the other server returned was:\n{code} {enhanced} {words}\n\n----- Original message -----\n\n")
    mail = letter_mail(letter, "gmail-old", text, letter.dice.choice(PERMANENT), sender="mailer-daemon@googlemail.example", name="Mail Delivery Subsystem", subject="Delivery Status Notification (Failure)")
    mail.head.insert(1, f"X-Failed-Recipients: {letter.to}")
    return mail


GERMAN = [
    ("Das Postfach des Empfängers ist voll.", "mailbox_full", False),
    ("Empfänger unbekannt.", "bad_recipient", True),
    ("Diese E-Mail-Adresse existiert nicht.", "bad_recipient", True),
    ("Das Postfach ist gesperrt.", "mailbox_disabled", True),
    ("Der Speicherplatz des Empfängers reicht nicht aus.", "mailbox_full", False),
    ("Aus technischen Gründen war das nicht möglich.", "undelivered", False),
]


@shape
def german(letter):
    sentence, cause, lasting = letter.dice.choice(GERMAN)
    text = letter.dice.choice([
        "Guten Tag,\n\nIhre E-Mail konnte leider nicht zugestellt werden.\n\nEmpfänger: {to}\nGrund: " + sentence + "\n\n",
        "Diese Nachricht wurde automatisch erstellt.\n\nDie folgende Adresse ist unzustellbar:\n\n<{to}>\n" + sentence + "\n\n",
    ])
    return letter_mail(letter, "german", text, (0, "", "", cause, lasting), charset=letter.dice.choice(["utf-8", "iso-8859-1", "windows-1252"]),
                       copy=False, subject=encoded("Unzustellbare Nachricht"))


@shape
def german_code(letter):
    text = ("Diese E-Mail wurde automatisch von der Mailserver-Software erzeugt.\n\nBei der Zustellung an folgende Adresse ist ein Fehler aufgetreten, sie wurde nicht zugestellt:\n\n{to}:\n"
            "SMTP-Fehler nach RCPT TO: host mx.example.net[192.0.2.7]: {code} {enhanced} {words}\n\n--- Ursprüngliche Nachricht ---\n")
    return letter_mail(letter, "gmx", text, letter.dice.choice(PERMANENT), subject="Mail delivery failed: returning message to sender")


KOREAN = [
    ("존재하지 않는 메일 주소입니다.", "bad_recipient", True),
    ("수신자 계정이 존재하지 않습니다.", "bad_recipient", True),
    ("받는 사람이 휴면 상태인 계정입니다.", "mailbox_disabled", True),
    ("받는 사람의 메일 용량이 초과되었습니다.", "mailbox_full", False),
    ("메일함이 가득 찼습니다.", "mailbox_full", False),
    ("스팸 메일로 분류되었습니다.", "spam_suspected", False),
    ("일시적인 오류가 발생하였습니다.", "undelivered", False),
    ("주소가 존재하지 않거나 메일 용량이 초과된 경우일 수 있습니다.", "undelivered", False),
]


@shape
def korean_text(letter):
    sentence, cause, lasting = letter.dice.choice(KOREAN)
    text = "안녕하세요.\n\n보내신 메일이 아래 수신자에게 전달되지 못하였습니다.\n\n받는 사람: {to}\n사유: " + sentence + "\n\n다시 확인하신 후 보내 주시기 바랍니다.\n"
    charset = letter.dice.choice(["utf-8", "euc-kr", "ks_c_5601-1987"])
    return letter_mail(letter, "korean", text, (0, "", "", cause, lasting), charset=charset, copy=False, sender="postmaster@naver.example", name="", subject=encoded("[발송 실패 안내] 메일이 전송되지 않았습니다."))


@shape
def korean_html(letter):
    sentence, cause, lasting = letter.dice.choice(KOREAN)
    text = ("<html><head><title>메일</title><style>td {{ color: #550 }}</style></head><body><!-- 존재하지 않는 도메인 --><table><tr><td>메일 전송에 실패하였습니다.</td></tr>"
            "<tr><td>받는사람</td><td>&lt;<b>{to}</b>&gt;</td></tr><tr><td>실패 원인</td><td>" + sentence + "</td></tr></table>&nbsp;<br></body></html>\n")
    return letter_mail(letter, "korean-html", text, (0, "", "", cause, lasting), charset=letter.dice.choice(["utf-8", "euc-kr"]), html=True, copy=False,
                       sender="mailer-daemon@daum.example", name="", subject=encoded("메일 발송 실패 안내"))


@shape
def korean_both(letter):
    """The plain text is empty, all is said in HTML."""
    mail = korean_html(letter)
    html = ("\n".join(line for line in mail.head if line.startswith("Content-")), mail.body)
    mail.head = [line for line in mail.head if not line.startswith("Content-")]
    mail.parts("alternative", [("Content-Type: text/plain", b" \n\n"), html])
    mail.shape = "korean-both"
    return mail


@shape
def korean_code(letter):
    text = "메일을 발송하지 못했습니다.\n\n받는사람 : {to}\n오류내용 : {code} {enhanced} {words}\n\n"
    return letter_mail(letter, "korean-code", text, letter.dice.choice(PERMANENT), charset=letter.dice.choice(["utf-8", "euc-kr"]), copy=False, sender="mailer-daemon@hanmail.example", name="")


# complaints


@shape
def complaint(letter):
    mail, dice = Mail(letter, "complaint"), letter.dice
    mail.kind = "complaint"
    mail.field("From", "feedback@isp.example")
    mail.field("To", f"abuse@{letter.home}")
    mail.field("Subject", "FW: Outage")
    feedback, cause = dice.choice([("abuse", "complaint"), ("fraud", "complaint"), ("opt-out", "opted_out")])
    text = f"Feedback-Type: {feedback}\nUser-Agent: SomeGenerator/1.0\nVersion: 1\n"
    named = dice.random() < 0.5
    if named:
        text += f"Original-Mail-From: <{letter.sender}>\n"
    text += dice.choice(["", f"Original-Rcpt-To: <{letter.to}>\n", f"Original-Rcpt-To: rfc822; {letter.to}\n"])
    part = ("Content-Type: message/feedback-report", text.encode())
    mail.parts("report", [("Content-Type: text/plain", b"This is an email abuse report.\n"), part, ("Content-Type: message/rfc822", letter.headers(not named).encode() + b"\nx\n")],
               " report-type=feedback-report;")
    mail.means("confirmed", cause, False, True)
    return mail


@shape
def no_complaint(letter):
    mail = complaint(letter)
    mail.body = mail.body.replace(b"Feedback-Type: abuse", b"Feedback-Type: not-spam").replace(b"Feedback-Type: fraud", b"Feedback-Type: auth-failure").replace(b"Feedback-Type: opt-out", b"Feedback-Type: virus")
    mail.kind, mail.receipts, mail.shape = "none", [], "no-complaint"
    return mail


# what reports nothing


def silent(letter, maker, text, kind="automatic", fields=(), sender=None, subject="Re: Outage"):
    mail = Mail(letter, maker)
    mail.kind = kind
    mail.field("Return-Path", letter.dice.choice(["<>", f"<{letter.to}>"]))
    mail.field("Delivered-To", letter.sender)
    mail.field("From", sender or f"Anna Schmidt <{letter.to}>")
    mail.field("To", letter.sender)
    mail.field("Subject", encoded(subject))
    for key, value in fields:
        mail.field(key, value)
    mail.text(text)
    return mail


@shape
def holiday(letter):
    text = letter.dice.choice([
        "I am out of the office until 1 December. Your mail will not be delivered to anybody else.\n",
        "Ich bin bis 1. Dezember nicht im Büro. Ihre Nachricht wird nicht weitergeleitet und wurde niemandem zugestellt.\n",
        "휴가 중입니다. 메일이 다른 사람에게 전달되지 못합니다.\n",
        "Anna Schmidt has left the company. The mailbox is disabled, no such user here: 550 5.1.1 user unknown.\n",
    ])
    fields = [letter.dice.choice([("Auto-Submitted", "auto-replied"), ("Auto-Submitted", "auto-replied; owner-email=\"x@example.org\""), ("X-Autoreply", "yes"), ("Precedence", "auto_reply")])]
    return silent(letter, "holiday", text, fields=fields, subject="Automatic reply: Outage")


@shape
def challenge(letter):
    text = ("This message was created automatically by mail delivery software (TMDA).\n\nYour message attached below is being held because the address has not been verified.\n"
            "To release it, please answer this mail. It could not be delivered yet.\n\n" + letter.headers())
    return silent(letter, "challenge", text, fields=[("Auto-Submitted", "auto-replied")], subject="Please confirm your message")


@shape
def person(letter):
    text = "Dear bank,\n\nthank you. By the way I got this from you last week:\n\n> Hi. This is the qmail-send program at mx.example.net.\n> <someone@example.org>:\n> 550 5.1.1 user unknown\n\nAnna\n"
    return silent(letter, "person", text, kind="none")


@shape
def read_receipt(letter):
    """RFC 8098: it was displayed; that is no delivery report."""
    mail = silent(letter, "read-receipt", "", kind="none")
    mail.head = [line for line in mail.head if not line.startswith("Content-")]
    text = f"Reporting-UA: some; mailer\nFinal-Recipient: rfc822;{letter.to}\nOriginal-Message-ID: <{letter.notice}@{letter.home}>\nDisposition: manual-action/MDN-sent-manually; displayed\n"
    mail.parts("report", [("Content-Type: text/plain", b"displayed\n"), ("Content-Type: message/disposition-notification", text.encode())], " report-type=disposition-notification;")
    return mail


def line_ends(raw, dice):
    way = dice.random()
    if way < 0.4:
        return raw.replace(b"\n", b"\r\n")
    if way < 0.45:
        return raw.replace(b"\n", b"\r")
    return raw


def variants(count, seed=1, letters=None):
    """`count` times (bytes, expected): {"shape", "kind", "named", "token", "notice", "to", "receipts"}. `letters(dice)` makes
    what went out; else it is invented."""
    dice = random.Random(seed)
    for number in range(count):
        letter = letters(dice) if letters else Letter(dice)
        mail = SHAPES[number % len(SHAPES)](letter)
        raw = mail.bytes()
        if dice.random() < 0.1:
            raw = b"From MAILER-DAEMON Fri Nov 20 02:12:00 2026\n" + raw
        yield line_ends(raw, dice), {
            "shape": mail.shape,
            "kind": mail.kind,
            "named": mail.named,
            "token": letter.token,
            "notice": letter.notice,
            "to": letter.to,
            "receipts": mail.receipts,
        }


def main(arguments):
    count, directory = int(arguments[0]), arguments[-1]
    seed = int(arguments[1]) if len(arguments) > 2 else 1
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "expected.jsonl"), "w", encoding="utf-8") as expected:
        for number, (raw, meaning) in enumerate(variants(count, seed)):
            name = f"{number:04d}.eml"
            with open(os.path.join(directory, name), "wb") as out:
                out.write(raw)
            expected.write(json.dumps({"file": name, **meaning}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])

#!/usr/bin/env python3
"""faulty_smtp.py: an SMTP server that misbehaves in one chosen way, and knows what it accepted.

In DIR:

  mail/000001.eml    mails it accepted, also those whose acceptance the client never heard of
  accepted.jsonl     one line per accepted mail, on disk before any answer: the oracle
  transcript.jsonl   every read and write: {"conn", "who": "C"|"S", "tls", "bytes"} (bytes as Latin-1: exact)
  events.jsonl       connections, commands and faults in order

STARTTLS is offered with --cert and --key, AUTH with --user and --password, so that faults behind both can be
reached; with --token also XOAUTH2, and with --implicit TLS begins with the first byte. With --on N a mode strikes at the N-th MAIL of this server only (stages from MAIL on); without it, always.
Recipients whose local part starts with three digits get that reply in every mode: 550.anna@example.org. --refuse FILE
has lines "ADDRESS REPLY" for others, and is read again when it has changed. --light keeps nothing but who got a mail
(accepted.jsonl): for tens of thousands.
"""

import argparse
import base64
import hashlib
import os
import re
import signal
import socket
import ssl
import struct
import sys
import threading
import time

import peer

# Replies that replace the good one at a stage; long ones are made when they are said. "close" behind a reply ends the
# connection.
REPLIES = {
    "greeting-554": ("greeting", "554 5.3.2 no service here", "close"),
    "greeting-421": ("greeting", "421 4.3.2 too busy", "close"),
    "greeting-multi": ("greeting", "220-mail.test.example\r\n220-be patient\r\n220 ready", None),
    "starttls-454": ("starttls", "454 4.7.0 TLS not available now", None),
    "auth-535": ("auth", "535 5.7.8 authentication failed", None),
    "auth-454": ("auth", "454 4.7.0 temporary authentication failure", None),
    "mail-421": ("mail", "421 4.7.0 too many mails", "close"),
    "mail-452": ("mail", "452 4.3.1 out of space", None),
    "mail-530": ("mail", "530 5.7.0 authentication required", None),
    "mail-550": ("mail", "550 5.7.1 sender refused", None),
    "rcpt-421": ("rcpt", "421 4.7.0 too many recipients", "close"),
    "rcpt-450": ("rcpt", "450 4.2.0 greylisted", None),
    "rcpt-451": ("rcpt", "451 4.3.0 try later", None),
    "rcpt-550": ("rcpt", "550 5.1.1 no such user", None),
    "rcpt-relay": ("rcpt", "554 5.7.1 Relay access denied", None),
    "rcpt-552": ("rcpt", "552 5.2.2 mailbox full", None),
    "rcpt-multi": ("rcpt", "250-2.1.5 first line\r\n250 2.1.5 second line", None),
    "data-421": ("data", "421 4.3.0 going down", "close"),
    "data-451": ("data", "451 4.3.0 no data now", None),
    "data-554": ("data", "554 5.5.1 no valid recipients", None),
    "end-421": ("end", "421 4.3.0 going down", "close"),
    "end-450": ("end", "450 4.7.1 try again", None),
    "end-451": ("end", "451 4.3.0 error in processing", None),
    "end-452": ("end", "452 4.3.1 out of space", None),
    "end-550": ("end", "550 5.7.1 content refused", None),
    "end-552": ("end", "552 5.3.4 message too big", None),
    "end-554": ("end", "554 5.6.0 message refused", None),
    "end-multi": ("end", "250-2.0.0 stored\r\n250-2.6.0 twice\r\n250 2.1.5 and passed on", None),
    "end-long": ("end", "\r\n".join("250-2.0.0 " + "x" * 890 for _ in range(5)) + "\r\n250 2.0.0 " + "y" * 889, None),
    "end-long-451": ("end", "\r\n".join("451-4.3.0 " + "x" * 890 for _ in range(5)) + "\r\n451 4.3.0 " + "y" * 889, None),
    "end-escape": ("end", "451 4.3.0 \x1b[31mred\x1b[0m and \x07 bell", None),
    "end-escape-250": ("end", "250 2.0.0 \x1b[31mred\x1b[0m and \x07 bell", None),
    "end-nul": ("end", "451 4.3.0 a NUL \x00 in the text", None),
    "end-999": ("end", "999 9.9.9 what is this", None),
    "end-garbage": ("end", "2 0", None),
    "end-megabyte": ("end", lambda: "250 2.0.0 " + "x" * 1_000_000, None),
    "end-endless": ("end", lambda: "250-2.0.0 on and on\r\n" * 1_000_000 + "250 2.0.0 done", None),
}

# What no server should say, at every stage: greeting-odd-999, rcpt-odd-endless ...
ODD = {
    "999": "999 9.9.9 what is this",
    "garbage": "2 0",
    "nul": "451 4.3.0 a NUL \x00 in the text",
    "escape": "451 4.3.0 \x1b[31mred\x1b[0m and \x07 bell",
    "megabyte": lambda: "451 4.3.0 " + "x" * 1_000_000,
    "endless": lambda: "451-4.3.0 on and on\r\n" * 1_000_000 + "451 4.3.0 done",
}
for _stage in ("greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data"):
    for _word, _text in ODD.items():
        REPLIES[f"{_stage}-odd-{_word}"] = (_stage, _text, None)

# Everything a reply cannot express; the word before the dash is the stage where it strikes.
DEEDS = {
    "good": "no fault",
    "greeting-none": "accepts the connection and never says a word",
    "greeting-drip": "one byte of the greeting a second, for ever",
    "greeting-close": "closes instead of greeting",
    "ehlo-plain": "offers nothing but STARTTLS and AUTH: no PIPELINING, no enhanced codes",
    "ehlo-chunking": "offers PIPELINING and CHUNKING, and takes BDAT",
    "ehlo-split": "sends the EHLO answer in two packets, cut inside a keyword",
    "ehlo-none": "never answers EHLO",
    "starttls-none": "does not offer STARTTLS",
    "starttls-inject": "injects an EHLO answer in plain text behind the 220 of STARTTLS",
    "starttls-garbage": "answers the TLS handshake with text",
    "starttls-hang": "never answers the TLS handshake",
    "auth-none": "does not offer AUTH",
    "auth-xoauth2": "offers AUTH XOAUTH2 only",
    "auth-scram": "offers AUTH SCRAM-SHA-256 only",
    "auth-cram": "offers AUTH CRAM-MD5 before PLAIN and LOGIN, and refuses it",
    "auth-535-530": "535 at AUTH, then 530 at MAIL",
    "auth-454-530": "454 at AUTH, then 530 at MAIL",
    "mail-close": "closes at MAIL",
    "rcpt-close": "closes at RCPT",
    "rcpt-none": "never answers RCPT",
    "data-close": "closes after 2000 bytes of the message",
    "data-reset": "resets the connection after 2000 bytes of the message",
    "data-half": "says 354 and with it its last word, then only listens",
    "data-never-reads": "says 354 and never reads again",
    "data-slow": "says 354 and reads after --delay seconds",
    "end-close-accepted": "accepts the message, then closes without an answer",
    "end-close": "closes without an answer and without accepting",
    "end-reset-accepted": "accepts the message, then resets the connection",
    "end-none": "accepts the message and never answers",
    "end-slow": "accepts the message and answers after --delay seconds",
    "end-wait": "accepts the message and answers once there is a file DIR/go",
    "end-drip": "accepts the message and answers one byte a second",
    "quit-none": "never answers QUIT",
    "quit-close": "closes at QUIT without an answer",
}

# Here a client that goes on without a login, or in the clear, is served: a careless one shall be seen.
CARELESS = {"auth-535", "auth-454", "auth-none", "auth-xoauth2", "auth-scram"}
MECHANISMS = {"auth-xoauth2": "XOAUTH2", "auth-scram": "SCRAM-SHA-256", "auth-cram": "CRAM-MD5 PLAIN LOGIN"}
IN_THE_CLEAR = {"starttls-none", "starttls-454", "starttls-inject"}


def said(reply):
    return reply() if callable(reply) else reply


class Hangup(Exception):
    """The connection is over."""


class Refusals:
    """What --refuse says now."""

    def __init__(self, path):
        self.path, self.stamp, self.replies = path, None, {}

    def find(self, recipient):
        if not self.path:
            return None
        stat = os.stat(self.path)
        if (stat.st_ino, stat.st_mtime_ns, stat.st_size) != self.stamp:
            with open(self.path, encoding="utf-8") as file:
                self.replies = dict(line.rstrip("\n").split(" ", 1) for line in file if " " in line)
            self.stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        return self.replies.get(recipient)


class LightStore:
    """Who got a mail, and nothing else."""

    class Nothing:
        def append(self, **fields):
            pass

    def __init__(self, directory):
        self.accepted = peer.Log(os.path.join(directory, "accepted.jsonl"), durable=False)
        self.transcript = self.events = LightStore.Nothing()
        self.messages = peer.Counter()
        self.connections = peer.Counter()

    def keep(self, sender, recipients, content):
        self.accepted.append(rcpt=recipients, bytes=len(content), **{"from": sender})


class Store:
    def __init__(self, directory):
        self.mail = os.path.join(directory, "mail")
        os.makedirs(self.mail, exist_ok=True)
        self.accepted = peer.Log(os.path.join(directory, "accepted.jsonl"))
        self.transcript = peer.Log(os.path.join(directory, "transcript.jsonl"), durable=False)
        self.events = peer.Log(os.path.join(directory, "events.jsonl"), durable=False)
        self.number = peer.counter_after(self.mail, ".eml")
        self.messages = peer.Counter()
        self.connections = peer.Counter()

    def keep(self, sender, recipients, content):
        name = f"{self.number.next():06d}"
        found = re.search(rb"^Message-ID:[ \t]*(?:\r\n[ \t]+)?(\S+)", content, re.I | re.M)
        peer.store(self.mail, name + ".eml", content)
        self.accepted.append(
            file=f"mail/{name}.eml",
            rcpt=recipients,
            message_id=found.group(1).decode("latin-1") if found else "",
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            **{"from": sender},
        )


class Session:
    """One connection. Commands are methods named do_VERB; fault() tells whether the mode strikes here."""

    def __init__(self, server, sock):
        self.server = server
        self.args = server.args
        self.store = server.store
        self.sock = sock
        self.number = self.store.connections.next()
        self.pending = b""
        self.tls = False
        self.user = None
        self.message = 0
        self.reset()

    def reset(self):
        self.sender = None
        self.recipients = []
        self.chunks = []

    # wire

    def note(self, who, data):
        self.store.transcript.append(conn=self.number, who=who, tls=self.tls, bytes=data.decode("latin-1"))

    def event(self, name, **fields):
        self.store.events.append(conn=self.number, event=name, tls=self.tls, **fields)

    def receive(self):
        data = self.sock.recv(65536)
        if not data:
            raise Hangup
        self.note("C", data)
        self.pending += data

    def line(self):
        while b"\r\n" not in self.pending:
            if len(self.pending) > 100_000:
                self.reply("500 5.5.2 line too long")
                raise Hangup
            self.receive()
        line, self.pending = self.pending.split(b"\r\n", 1)
        return line.decode("utf-8", "replace")

    def send(self, data):
        self.note("S", data if len(data) < 100_000 else data[:1000] + b"...")
        self.sock.sendall(data)

    def reply(self, text):
        self.send(text.encode("latin-1") + b"\r\n")

    def drip(self, data, rest=b""):
        for byte in data:
            self.send(bytes([byte]))
            time.sleep(1)
        while rest:
            self.send(rest)
            time.sleep(1)

    def hang(self):
        while True:
            self.receive()

    def abort(self):
        """RST instead of FIN: linger with a time of zero."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Hangup

    # faults

    def fault(self, mode):
        if self.args.mode != mode or self.args.on not in (0, self.message):
            return False
        self.event("fault", mode=mode)
        return True

    def answer(self, stage, good):
        """The reply of a stage: the good one unless the mode has another. True if it was the good one."""
        planned = REPLIES.get(self.args.mode)
        if not planned or planned[0] != stage or not self.fault(self.args.mode):
            self.reply(good)
            return True
        text = said(planned[1])
        self.reply(text)
        if planned[2] == "close":
            raise Hangup
        return text.startswith("2")

    # the session

    def run(self):
        self.event("connect")
        self.greet()
        while True:
            line = self.line()
            verb = line[:4].upper() if line[:8].upper() != "STARTTLS" else "STARTTLS"
            self.event("command", line=line if verb != "AUTH" else "AUTH ...")
            command = getattr(self, "do_" + verb.strip(), None)
            if command:
                command(line)
            else:
                self.reply("500 5.5.1 unknown command")

    def greet(self):
        if self.fault("greeting-none"):
            self.hang()
        if self.fault("greeting-close"):
            raise Hangup
        if self.fault("greeting-drip"):
            self.drip(b"220 ", rest=b"x")
        self.answer("greeting", "220 mail.test.example ESMTP")

    def offers(self):
        mode = self.args.mode
        words = ["mail.test.example"]
        if mode != "ehlo-plain":
            words += ["PIPELINING", "SIZE 33554432", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN"]
        if mode == "ehlo-chunking" or self.args.chunking:
            words.append("CHUNKING")
        if self.server.tls and not self.tls and mode != "starttls-none":
            words.append("STARTTLS")
        exposed = not self.server.tls or mode in IN_THE_CLEAR
        if self.args.user and mode != "auth-none" and (self.tls or exposed):
            words.append("AUTH " + MECHANISMS.get(mode, "PLAIN LOGIN XOAUTH2" if self.args.token else "PLAIN LOGIN"))
        return words

    def do_EHLO(self, line):
        self.reset()
        if self.fault("ehlo-none"):
            self.hang()
        if REPLIES.get(self.args.mode, ("",))[0] == "ehlo":
            return self.answer("ehlo", None)
        words = self.offers()
        lines = [f"250-{word}" for word in words[:-1]] + [f"250 {words[-1]}"]
        data = ("\r\n".join(lines) + "\r\n").encode()
        if self.fault("ehlo-split"):
            cut = data.index(b"PIPELINING") + 4
            self.send(data[:cut])
            time.sleep(0.2)
            data = data[cut:]
        return self.send(data)

    def do_HELO(self, line):
        self.reset()
        self.reply("250 mail.test.example")

    def do_STARTTLS(self, line):
        if not self.server.tls or self.args.mode == "starttls-none":
            return self.reply("502 5.5.1 not offered")
        if self.fault("starttls-inject"):
            # Sent together with the 220: a client that keeps its buffer takes this for an answer inside TLS.
            self.reply("220 2.0.0 go ahead\r\n250-mail.test.example\r\n250 AUTH PLAIN LOGIN")
        elif not self.answer("starttls", "220 2.0.0 go ahead"):
            return None
        if self.fault("starttls-garbage"):
            self.receive()
            self.reply("this is not TLS, not at all, by no means")
            raise Hangup
        if self.fault("starttls-hang"):
            self.hang()
        self.start_tls()
        return None

    def start_tls(self):
        self.pending = b""
        self.sock = self.server.tls.wrap_socket(self.sock, server_side=True)
        self.tls = True
        self.event("tls", version=self.sock.version())

    def do_AUTH(self, line):
        if not self.args.user or self.args.mode == "auth-none":
            return self.reply("502 5.5.1 not offered")
        words = line.split()
        mechanism = words[1].upper() if len(words) > 1 else ""
        if mechanism == "PLAIN":
            user, password = self.login_plain(words[2] if len(words) > 2 else None)
        elif mechanism == "LOGIN":
            user, password = self.login_login(words[2] if len(words) > 2 else None)
        elif mechanism == "XOAUTH2" and self.args.token:
            user, password = self.login_xoauth2(words[2] if len(words) > 2 else None)
        else:
            return self.reply("504 5.5.4 unknown mechanism")
        good = (user, password) == (self.args.user, self.args.password)
        self.event("auth", mechanism=mechanism, good=good)
        if self.fault("auth-535-530"):
            return self.reply("535 5.7.8 authentication failed")
        if self.fault("auth-454-530"):
            return self.reply("454 4.7.0 temporary authentication failure")
        if not good:
            return self.reply("535 5.7.8 wrong user or password")
        if self.answer("auth", "235 2.7.0 welcome"):
            self.user = user
        return None

    def login_plain(self, initial):
        if initial is None:
            self.reply("334 ")
            initial = self.line()
        parts = base64.b64decode(initial).decode("utf-8", "replace").split("\0")
        return (parts[1], parts[2]) if len(parts) == 3 else (None, None)

    def login_login(self, initial):
        if initial is None:
            self.reply("334 VXNlcm5hbWU6")
            initial = self.line()
        self.reply("334 UGFzc3dvcmQ6")
        return [base64.b64decode(text).decode("utf-8", "replace") for text in (initial, self.line())]

    def login_xoauth2(self, initial):
        """A bad token is answered by a challenge with the reason, to which the client says nothing."""
        if initial is None:
            self.reply("334 ")
            initial = self.line()
        shown = base64.b64decode(initial).decode("utf-8", "replace")
        if shown == f"user={self.args.user}\x01auth=Bearer {self.args.token}\x01\x01":
            return self.args.user, self.args.password
        self.reply("334 " + base64.b64encode(b'{"status":"401","schemes":"bearer"}').decode())
        self.line()
        return None, None

    def do_MAIL(self, line):
        self.reset()
        self.message = self.store.messages.next()
        if self.fault("mail-close"):
            raise Hangup
        if self.args.user and not self.user and self.args.mode not in CARELESS:
            return self.reply("530 5.7.0 authentication required")
        if self.answer("mail", "250 2.1.0 OK"):
            self.sender = address(line)
        return None

    def do_RCPT(self, line):
        if self.sender is None:
            return self.reply("503 5.5.1 MAIL first")
        if self.fault("rcpt-close"):
            raise Hangup
        if self.fault("rcpt-none"):
            self.hang()
        recipient = address(line)
        asked = re.match(r"([245])\d\d", recipient)
        if asked and not recipient.startswith("250"):
            return self.reply(f"{recipient[:3]} {asked.group(1)}.1.1 as you asked")
        refusal = self.server.refusals.find(recipient)
        if refusal:
            return self.reply(refusal)
        if self.answer("rcpt", "250 2.1.5 OK"):
            self.recipients.append(recipient)
        return None

    def do_DATA(self, line):
        if not self.recipients:
            return self.reply("554 5.5.1 no valid recipients")
        half = self.fault("data-half")
        if half:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        if not self.answer("data", "354 go ahead"):
            return self.reset()
        if half:
            self.listen_only()
        if self.fault("data-never-reads"):
            self.sleep_without_reading()
        if self.fault("data-slow"):
            time.sleep(self.args.delay)
        if self.args.mode in ("data-close", "data-reset"):
            self.break_in_data()
        self.pending, looked = b"\r\n" + self.pending, 0
        while self.pending.find(b"\r\n.\r\n", max(0, looked - 4)) < 0:
            looked = len(self.pending)
            self.receive()
        content, self.pending = self.pending.split(b"\r\n.\r\n", 1)
        content = re.sub(rb"(?m)^\.", b"", content[2:] + b"\r\n")
        return self.end_of_data(content)

    def do_BDAT(self, line):
        words = line.split()
        size, last = int(words[1]), len(words) > 2 and words[2].upper() == "LAST"
        while len(self.pending) < size:
            self.receive()
        chunk, self.pending = self.pending[:size], self.pending[size:]
        self.chunks.append(chunk)
        if not last:
            return self.answer("bdat", f"250 2.0.0 {size} bytes")
        if not self.recipients:
            return self.reply("554 5.5.1 no valid recipients")
        return self.end_of_data(b"".join(self.chunks))

    def listen_only(self):
        """Corked, the end of what we say travels with the reply: who has that knows this, too."""
        self.sock.shutdown(socket.SHUT_WR)
        while self.sock.recv(65536):
            pass
        raise Hangup

    def sleep_without_reading(self):
        while True:
            time.sleep(1)

    def break_in_data(self):
        while len(self.pending) < 2000 and b"\r\n.\r\n" not in self.pending:
            self.receive()
        if self.fault("data-close"):
            raise Hangup
        if self.fault("data-reset"):
            self.abort()

    def end_of_data(self, content):
        if self.fault("end-close"):
            raise Hangup
        if not self.refuses_at_end():
            self.store.keep(self.sender, self.recipients, content)
        if self.fault("end-close-accepted"):
            raise Hangup
        if self.fault("end-reset-accepted"):
            self.abort()
        if self.fault("end-none"):
            self.hang()
        if self.fault("end-slow"):
            time.sleep(self.args.delay)
        if self.fault("end-wait"):
            peer.wait_for_go(self.args.dir)
        if self.fault("end-drip"):
            self.drip(b"250 2.0.0 OK\r\n")
        else:
            self.answer("end", "250 2.0.0 OK")
        return self.reset()

    def refuses_at_end(self):
        stage, reply, _ = REPLIES.get(self.args.mode, ("", "-", None))
        return stage == "end" and said(reply)[0] in "3456789" and self.args.on in (0, self.message)

    def do_RSET(self, line):
        self.reset()
        self.reply("250 2.0.0 OK")

    def do_NOOP(self, line):
        self.reply("250 2.0.0 OK")

    def do_QUIT(self, line):
        if self.fault("quit-none"):
            self.hang()
        if not self.fault("quit-close"):
            self.reply("221 2.0.0 bye")
        raise Hangup


def address(line):
    found = re.search(r"<([^>]*)>", line)
    return found.group(1) if found else ""


class Server:
    def __init__(self, args):
        self.args = args
        self.store = (LightStore if args.light else Store)(args.dir)
        self.refusals = Refusals(args.refuse)
        self.tls = tls_context(args)

    def serve(self, listener):
        while True:
            sock, _ = listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.session, args=(sock,), daemon=True).start()

    def session(self, sock):
        session = Session(self, sock)
        try:
            if self.args.implicit:
                session.start_tls()
            session.run()
        except Hangup:
            session.event("close")
        except (OSError, ValueError) as error:
            session.event("lost", why=str(error))
        finally:
            session.sock.close()


def tls_context(args):
    if not args.cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(args.cert, args.key)
    if args.tls:
        version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[args.tls]
        context.minimum_version = context.maximum_version = version
    if args.tickets is not None:
        context.num_tickets = args.tickets
    return context


def modes():
    lines = [f"  {name:20s} {text}" for name, text in DEEDS.items()]
    for name, (stage, text, end) in REPLIES.items():
        short = said(text).split("\r\n")[0][:40].encode("unicode_escape").decode()
        lines.append(f"  {name:20s} at {stage}: {short}{', then closes' if end else ''}")
    return "modes:\n" + "\n".join(lines)


def arguments():
    # Listing the modes makes every reply, also those of 20 MB: only for who asks.
    epilog = modes() if {"-h", "--help"} & set(sys.argv) else None
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dir", required=True)
    parser.add_argument("--mode", default="good", choices=[*DEEDS, *REPLIES], metavar="MODE")
    parser.add_argument("--on", type=int, default=0, metavar="N")
    parser.add_argument("--delay", type=float, default=3)
    parser.add_argument("--refuse", metavar="FILE")
    parser.add_argument("--light", action="store_true")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--tls", choices=["1.2", "1.3"])
    parser.add_argument("--tickets", type=int, help="TLS 1.3 session tickets sent (default 2)")
    parser.add_argument("--implicit", action="store_true", help="TLS from the first byte")
    parser.add_argument("--chunking", action="store_true", help="offers CHUNKING in every mode")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen: ::1 for IPv6")
    parser.add_argument("--token", default="", help="what XOAUTH2 takes for --user")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    return parser.parse_args()


def main():
    args = arguments()
    os.makedirs(args.dir, exist_ok=True)
    # Threads may sit in a read for ever: ending must not wait for them.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    peer.end_with_parent()
    server = Server(args)
    listener = peer.listen(args.port, host=args.host)
    if args.mode == "data-never-reads":
        # What it does not read shall not disappear in the kernel either.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    peer.announce(listener.getsockname()[1])
    server.serve(listener)


if __name__ == "__main__":
    main()

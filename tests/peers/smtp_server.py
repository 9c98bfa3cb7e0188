#!/usr/bin/env python3
"""smtp_server.py: a real SMTP server (aiosmtpd) that keeps every mail it accepts.

STARTTLS and AUTH PLAIN/LOGIN are required unless told otherwise. In DIR:

  mail/000001.eml    the message as it came, dots unstuffed
  mail/000001.json   its envelope
  accepted.jsonl     one line per accepted mail, on disk before the 250: the oracle for lost and repeated mails
  events.jsonl       connections, STARTTLS, logins, senders and recipients, in order
"""

import argparse
import asyncio
import email.parser
import hashlib
import json
import os
import signal
import ssl
import sys

try:
    from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
except ImportError:
    sys.exit(
        "smtp_server.py: there is no aiosmtpd here. Unpack it with `tests/tools/peers.sh build/peers`, then set "
        "PYTHONPATH as `tests/tools/peers.sh --env build/peers` prints it."
    )

import peer


def message_id(content):
    headers = email.parser.BytesHeaderParser().parsebytes(content)
    return (headers.get("Message-ID") or "").strip()


class Keeper:
    """Handler and authenticator of aiosmtpd: stores mails, writes the logs."""

    def __init__(self, directory, user, password):
        self.mail = os.path.join(directory, "mail")
        os.makedirs(self.mail, exist_ok=True)
        self.accepted = peer.Log(os.path.join(directory, "accepted.jsonl"))
        self.events = peer.Log(os.path.join(directory, "events.jsonl"), durable=False)
        self.number = peer.counter_after(self.mail, ".eml")
        self.login = (user.encode(), password.encode())

    def authenticate(self, server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and (data.login, data.password) == self.login
        self.events.append(event="auth", mechanism=mechanism, good=good, tls=session.ssl is not None)
        # handled=False lets aiosmtpd write the 535; otherwise the client would wait for ever.
        return AuthResult(success=good, handled=False, auth_data=data)

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        self.events.append(event="ehlo", name=hostname, tls=session.ssl is not None)
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        self.events.append(event="mail", address=address, options=options)
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        envelope.rcpt_tos.append(address)
        self.events.append(event="rcpt", address=address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        content = envelope.original_content
        name = f"{self.number.next():06d}"
        record = {
            "file": f"mail/{name}.eml",
            "from": envelope.mail_from,
            "rcpt": list(envelope.rcpt_tos),
            "message_id": message_id(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "tls": session.ssl is not None,
            "authenticated": session.authenticated,
        }
        peer.store(self.mail, name + ".eml", content)
        peer.store(self.mail, name + ".json", json.dumps(record, ensure_ascii=False).encode())
        self.accepted.append(**record)
        return f"250 2.0.0 OK queued as {name}"

    async def handle_QUIT(self, server, session, envelope):
        self.events.append(event="quit")
        return "221 2.0.0 Bye"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--user", default="tester")
    parser.add_argument("--password", default="secret")
    parser.add_argument("--no-starttls", action="store_true", help="offer no STARTTLS (and AUTH without it)")
    parser.add_argument("--no-auth", action="store_true", help="accept mail without a login")
    args = parser.parse_args()
    if not args.no_starttls and not (args.cert and args.key):
        parser.error("--cert and --key are needed for STARTTLS")
    return args


def tls_context(args):
    if args.no_starttls:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(args.cert, args.key)
    return context


async def serve(args):
    keeper = Keeper(args.dir, args.user, args.password)
    context = tls_context(args)
    loop = asyncio.get_running_loop()

    def session():
        return SMTP(
            keeper,
            hostname="mail.test.example",
            ident="test server",
            data_size_limit=33554432,
            tls_context=context,
            require_starttls=context is not None,
            auth_required=not args.no_auth,
            auth_require_tls=context is not None,
            authenticator=keeper.authenticate,
            loop=loop,
        )

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(session, sock=peer.listen(args.port))
    peer.announce(server.sockets[0].getsockname()[1])
    await stop.wait()
    server.close()


def main():
    args = arguments()
    os.makedirs(args.dir, exist_ok=True)
    peer.end_with_parent()
    asyncio.run(serve(args))
    # Sessions still open must not delay the end.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""https_receiver.py: receives webhooks and verifies their Standard Webhooks signatures by its own means.

Every request with a good signature is stored and logged before it is answered; one without gets 401, one whose time
is too far from this machine's gets 400. In DIR:

  body/000001.body   the body as it came       body/000001.json   request line and headers
  received.jsonl     one line per request, on disk before the answer: {"n", "path", "id", "timestamp",
                     "verified", "why", "status", "sha256", "file"}; status is what is about to be answered
  clock              by how many seconds the clock here is wrong, read for every request; missing: it is right

What is answered depends on the path:

  /ok                204                         /status/CODE      that status, empty body
  /gone              410                         /throttle         429, Retry-After: 2 (/throttle/VALUE: that)
  /error             500                         /busy             503, Retry-After: 1
  /redirect          302 to /ok (/redirect/URL)  /fail/N           500 the first N times an id comes, then 204
  /endless           200, a body without end     /big              200, 2 MB with a length
  /drip              200, one byte a second      /headers          200, headers without end
  /cut               200, half the body it said  /hang             reads the request, never answers
  /close             stored, then closes         /reset            stored, then resets the connection
  /slow/SECONDS      204 after that time        /say              200, what stands in the file DIR/say

What follows is ignored, so /ok/anna is /ok too. --plain serves HTTP, --only-tls 1.1 nothing newer than that.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import socket
import ssl
import struct
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler

import peer

TOLERANCE_S = 300
MAX_BODY = 64 * 1024 * 1024
TOO_FAR = "webhook-timestamp is too far from now"
OLD_TLS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1}


def decode_secret(text):
    text = text.removeprefix("whsec_")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def verify(headers, body, secrets, now):
    """None if one of the signatures is good, else why not."""
    identity, stamp, signatures = (
        headers.get(name) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    )
    if not identity or not stamp or not signatures:
        return "a webhook-* header is missing"
    if not (stamp.isascii() and stamp.isdigit()):
        return "webhook-timestamp is not a number"
    if abs(now - int(stamp)) > TOLERANCE_S:
        return TOO_FAR
    signed = f"{identity}.{stamp}.".encode() + body
    good = [hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets]
    for candidate in signatures.split(" "):
        version, _, value = candidate.partition(",")
        if version != "v1":
            continue
        try:
            given = base64.b64decode(value, validate=True)
        except ValueError:
            continue
        if any(hmac.compare_digest(given, expected) for expected in good):
            return None
    return "no signature matches"


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "receiver"
    sys_version = ""
    disable_nagle_algorithm = True

    def setup(self):
        # Here, in the thread of the connection, a slow handshake holds nobody up.
        if self.server.tls:
            self.request.settimeout(30)
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        self.request.settimeout(600)
        super().setup()

    def do_POST(self):
        body = self.read_body()
        why = verify(self.headers, body, self.server.secrets, self.server.now())
        words = [urllib.parse.unquote(word) for word in self.path.split("?")[0].split("/")[1:]]
        name = words[0] if why is None else "unverified"
        action = getattr(self, "answer_" + name.replace("-", "_"), None)
        if action is None:
            return self.finish_with(body, why, 404)
        return action(body, why, words[1] if len(words) > 1 else "")

    def do_GET(self):
        self.finish_with(b"", "not a POST", 405)

    do_PUT = do_HEAD = do_DELETE = do_GET

    def read_body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(self.chunks())
        return self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MAX_BODY))

    def chunks(self):
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            chunk = self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                return
            yield chunk

    def record(self, body, why, status):
        """Makes the request durable; from here on the oracle has it."""
        server = self.server
        number = server.number.next()
        name = f"{number:06d}"
        head = {"method": self.command, "path": self.path, "headers": self.headers.items()}
        peer.store(server.bodies, name + ".body", body)
        peer.store(server.bodies, name + ".json", json.dumps(head, ensure_ascii=False).encode())
        server.log.append(
            n=number,
            path=self.path,
            id=self.headers.get("webhook-id"),
            timestamp=self.headers.get("webhook-timestamp"),
            verified=why is None,
            why=why,
            status=status,
            sha256=hashlib.sha256(body).hexdigest(),
            file=f"body/{name}.body",
        )

    def finish_with(self, body, why, status, content=b"", **headers):
        self.record(body, why, status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def start_200(self, body, why, **headers):
        self.record(body, why, 200)
        self.close_connection = True
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    # answers, one per path

    def answer_unverified(self, body, why, word):
        self.finish_with(body, why, 400 if why == TOO_FAR else 401, why.encode() + b"\n")

    def answer_ok(self, body, why, word):
        self.finish_with(body, why, 204)

    def answer_say(self, body, why, word):
        with open(os.path.join(os.path.dirname(self.server.bodies), "say"), "rb") as file:
            self.finish_with(body, why, 200, file.read())

    def answer_status(self, body, why, word):
        self.finish_with(body, why, int(word))

    def answer_gone(self, body, why, word):
        self.finish_with(body, why, 410, b"gone\n")

    def answer_throttle(self, body, why, word):
        self.finish_with(body, why, 429, b"slow down\n", Retry_After=word or "2")

    def answer_busy(self, body, why, word):
        self.finish_with(body, why, 503, b"busy\n", Retry_After="1")

    def answer_error(self, body, why, word):
        self.finish_with(body, why, 500, b"error\n")

    def answer_redirect(self, body, why, word):
        self.finish_with(body, why, 302, Location=word or "/ok/redirected")

    def answer_fail(self, body, why, word):
        seen = self.server.seen(self.headers.get("webhook-id"))
        self.finish_with(body, why, 500 if seen <= int(word or 1) else 204)

    def answer_slow(self, body, why, word):
        time.sleep(float(word or 3))
        self.finish_with(body, why, 204)

    def answer_endless(self, body, why, word):
        self.start_200(body, why, Content_Type="text/plain")
        while True:
            self.wfile.write(b"and so on " * 6000)

    def answer_big(self, body, why, word):
        self.finish_with(body, why, 200, b"x" * 2_000_000)

    def answer_drip(self, body, why, word):
        self.start_200(body, why, Content_Length="100000")
        while True:
            self.wfile.write(b"x")
            time.sleep(1)

    def answer_headers(self, body, why, word):
        self.record(body, why, 200)
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.wfile.write(b"X-More: and more\r\n" * 1000)

    def answer_cut(self, body, why, word):
        self.start_200(body, why, Content_Length="1000")
        self.wfile.write(b"x" * 500)

    def answer_hang(self, body, why, word):
        self.record(body, why, 0)
        self.rfile.read(1)
        self.close_connection = True

    def answer_close(self, body, why, word):
        self.record(body, why, 0)
        self.close_connection = True

    def answer_reset(self, body, why, word):
        self.record(body, why, 0)
        self.close_connection = True
        # The TLS layer would say goodbye politely: take the descriptor away from under it.
        raw = socket.socket(fileno=self.connection.detach())
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()

    def log_message(self, *_):
        pass


class Server(peer.HttpServer):
    def __init__(self, args):
        super().__init__(args.host, args.port, Receiver)
        self.secrets = [decode_secret(secret) for secret in args.secret]
        self.bodies = os.path.join(args.dir, "body")
        os.makedirs(self.bodies, exist_ok=True)
        self.log = peer.Log(os.path.join(args.dir, "received.jsonl"))
        self.number = peer.counter_after(self.bodies, ".body")
        self.clock = os.path.join(args.dir, "clock")
        self.tls = None if args.plain else tls_context(args)
        self._seen = {}
        self._lock = threading.Lock()

    def now(self):
        try:
            with open(self.clock, encoding="ascii") as file:
                return time.time() + float(file.read())
        except FileNotFoundError:
            return time.time()

    def seen(self, identity):
        """How often this id came, this time included."""
        with self._lock:
            self._seen[identity] = self._seen.get(identity, 0) + 1
            return self._seen[identity]

    def shutdown_request(self, request):
        try:
            super().shutdown_request(request)
        except (OSError, ValueError):
            pass


def tls_context(args):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(args.cert, args.key)
    if args.only_tls:
        # What the library would refuse by itself: its own rules are not what a test is about.
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = OLD_TLS[args.only_tls]
    return context


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--secret", action="append", required=True, help="whsec_...; may be given several times")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--only-tls", choices=OLD_TLS)
    args = parser.parse_args()
    if not args.plain and not (args.cert and args.key):
        parser.error("--cert and --key, or --plain")
    return args


def main():
    args = arguments()
    os.makedirs(args.dir, exist_ok=True)
    peer.serve(Server(args))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""sms_gateway.py: speaks Kannel's sendsms and misbehaves in one chosen way.

Every request is logged before it is answered. In DIR:

  received.jsonl     one line per request, on disk before the answer: {"to", "from", "text", "coding"}

modes:
  ok                 202, as Kannel says it
  hang               never answers
  wait               202 once there is a file DIR/go
  brisk              202 after 50 ms
  close              closes without an answer
  drip               the status, then one byte of a header a second
  odd                200 and a page in HTML: a success nobody has described
  busy               503
  forbidden          403
  refused            400

The mode is read from DIR/mode, when that file exists, for every request.
"""

import argparse
import os
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler

import peer

ANSWERS = {
    "ok": (202, b"0: Accepted for delivery"),
    "wait": (202, b"0: Accepted for delivery"),
    "brisk": (202, b"0: Accepted for delivery"),
    "odd": (200, b"<html>Welcome</html>"),
    "busy": (503, b"Temporal failure, try again later."),
    "forbidden": (403, b"Authorization failed for sendsms"),
    "refused": (400, b"Sender missing and no global set, rejected"),
}
BRISK_S = 0.05
MODES = [*ANSWERS, "hang", "close", "drip"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query, encoding="latin-1")
        first = {name: values[0] for name, values in query.items()}
        raw = first.get("text", "").encode("latin-1")
        text = raw.decode("utf-16-be" if first.get("coding") == "2" else "utf-8", "replace")
        mode = self.server.mode()
        self.server.log.append(to=first.get("to"), sender=first.get("from"), coding=first.get("coding"), text=text, mode=mode)
        self.answer(mode)

    def answer(self, mode):
        if mode == "close":
            self.close_connection = True
            return
        if mode == "hang":
            self.rfile.read(1)
            return
        if mode == "drip":
            self.wfile.write(b"HTTP/1.1 202 Accepted\r\nX: ")
            while True:
                self.wfile.write(b"x")
                time.sleep(1)
        if mode == "wait":
            peer.wait_for_go(self.server.args.dir)
        if mode == "brisk":
            time.sleep(BRISK_S)
        status, body = ANSWERS[mode]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(peer.HttpServer):
    def __init__(self, args):
        super().__init__("127.0.0.1", args.port, Handler)
        self.args = args
        self.log = peer.Log(os.path.join(args.dir, "received.jsonl"))

    def mode(self):
        try:
            with open(os.path.join(self.args.dir, "mode"), encoding="ascii") as file:
                return file.read().strip()
        except FileNotFoundError:
            return self.args.mode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--mode", default="ok", choices=MODES)
    parser.add_argument("--port", type=int, default=0)
    args = parser.parse_args()
    os.makedirs(args.dir, exist_ok=True)
    peer.serve(Server(args))


if __name__ == "__main__":
    main()

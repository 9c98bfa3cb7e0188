#!/usr/bin/env python3
"""kannel.py: a real Kannel SMS gateway with its fake SMSC, on free ports, without root.

  kannel.py --dir DIR           starts bearerbox, fakesmsc and smsbox; prints `ready PORT` once the SMSC is online,
                                PORT being the one of http://127.0.0.1:PORT/cgi-bin/sendsms; ends all three when
                                it is ended
  kannel.py --received DIR      prints what arrived at the fake SMSC, one JSON object per message

User tester, password foobar. The binaries are those of build/peers, or installed ones. DIR holds kannel.conf,
the logs of the three programs, and fakesmsc.log: what arrived.
"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

import peer

HERE = os.path.dirname(os.path.abspath(__file__))

CONF = """\
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = adminpw
status-password = statuspw
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
store-type = file
store-location = "{dir}/kannel.store"
log-file = "{dir}/bearerbox.log"
log-level = 1
dlr-storage = internal
sms-resend-freq = 1
sms-resend-retry = 3

group = smsc
smsc = fake
smsc-id = FAKE1
host = 127.0.0.1
port = {smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
smsbox-id = box1
bearerbox-host = 127.0.0.1
bearerbox-port = {box}
sendsms-interface = 127.0.0.1
sendsms-port = {sendsms}
log-file = "{dir}/smsbox.log"
log-level = 1
http-request-retry = 3
http-queue-delay = 2

group = sendsms-user
username = tester
password = foobar
user-deny-ip = "*.*.*.*"
user-allow-ip = "127.0.0.1"
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
text = ""
"""


class Gateway:
    def __init__(self, directory):
        self.directory = os.path.abspath(directory)
        self.children = []
        names = ("admin", "box", "smsc", "sendsms")
        self.ports = dict(zip(names, peer.free_ports(len(names))))

    def start(self):
        conf = os.path.join(self.directory, "kannel.conf")
        with open(conf, "w") as out:
            out.write(CONF.format(dir=self.directory, **self.ports))
        self.run("bearerbox", program("usr/sbin/bearerbox"), "-v", "4", conf)
        self.wait_for_port("box")
        # The fake SMSC listens in bearerbox; -m 0 only receives. The text is never sent.
        fake = program("usr/lib/kannel/test/fakesmsc")
        self.run("fakesmsc", fake, "-H", "127.0.0.1", "-r", str(self.ports["smsc"]), "-m", "0", "x x text x")
        self.run("smsbox", program("usr/sbin/smsbox"), "-v", "4", conf)
        self.wait_for_port("sendsms")
        self.wait_until_online()

    def run(self, name, *command):
        log = "fakesmsc.log" if name == "fakesmsc" else name + ".out"
        with open(os.path.join(self.directory, log), "ab") as out:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=environment(),
                preexec_fn=peer.die_when_parent_dies,
            )
        self.children.append((name, child))

    def wait_for_port(self, name):
        self.wait(lambda: is_open(self.ports[name]), f"port {name} to open")

    def wait_until_online(self):
        url = f"http://127.0.0.1:{self.ports['admin']}/status.txt?password=statuspw"

        def online():
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:
                    return re.search(rb"FAKE1.*\(online", answer.read())
            except OSError:
                return False

        self.wait(online, "the SMSC to be online")

    def wait(self, condition, what):
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            for name, child in self.children:
                if child.poll() is not None:
                    raise RuntimeError(f"{name} ended with {child.returncode}")
            if condition():
                return
            time.sleep(0.03)
        raise RuntimeError(f"waited in vain for {what}")

    def stop(self):
        # Nothing here is worth a polite end: bearerbox takes a second for it.
        for _, child in self.children:
            child.kill()
        for _, child in self.children:
            child.wait()
        self.children = []


def root():
    return os.path.normpath(os.path.join(HERE, "..", "..", "build", "peers"))


def program(path):
    unpacked = os.path.join(root(), path)
    return unpacked if os.path.exists(unpacked) else "/" + path


def environment():
    if not os.path.exists(root()):
        return os.environ
    lines = subprocess.run(
        ["sh", os.path.join(HERE, "..", "tools", "peers.sh"), "--env", root()],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return {**os.environ, **dict(line.split("=", 1) for line in lines)}


def is_open(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


# What arrived.
#
#   Got message 1: <1234 +821000001 text Hello world>                      GSM-7: plain, in UTF-8
#   Got message 2: <1234 +821000002 ucs-2 %BD%88%00+>                      UCS-2: URL encoded
#   Got message 3: <1234 +821000003 udh %05%00%03%2A%02%01 data Guten+Tag> one part of a long message: URL
#                                                                          encoded, and the coding is not said
#
# The fake SMSC's protocol has one message per line: a newline in a GSM-7 text breaks it.

GOT = re.compile(r"Got message (\d+): <(\S+) (\S+) (text|ucs-2|data|udh) (.*)>$")


def unquote(text):
    return urllib.parse.unquote_to_bytes(text.replace("+", " "))


def is_ucs2(data):
    """Parts do not say their coding: text is UTF-8 without NUL, and 16-bit text in our languages never is."""
    if b"\0" in data:
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def parse_line(line):
    found = GOT.search(line.rstrip("\n"))
    if not found:
        return None
    number, sender, to, kind, rest = found.groups()
    part = {"n": int(number), "from": sender, "to": to, "kind": kind, "part": 1, "parts": 1, "reference": None}
    if kind == "udh":
        header, _, data = rest.partition(" data ")
        header = unquote(header)
        # Concatenation, 8-bit reference: length, 00, 03, reference, parts, part.
        if len(header) == 6 and header[1:3] == b"\0\3":
            part.update(reference=header[3], parts=header[4], part=header[5])
        part["data"] = unquote(data)
    else:
        part["data"] = rest.encode() if kind == "text" else unquote(rest)
    return part


def join(parts):
    data = b"".join(part["data"] for part in sorted(parts, key=lambda part: part["part"]))
    ucs2 = parts[0]["kind"] == "ucs-2" or (parts[0]["kind"] == "udh" and is_ucs2(data))
    text = data.decode("utf-16-be" if ucs2 else "utf-8", "replace")
    return {
        "from": parts[0]["from"],
        "to": parts[0]["to"],
        "encoding": "ucs2" if ucs2 else "gsm7",
        "parts": parts[0]["parts"],
        "complete": len(parts) == parts[0]["parts"],
        "text": text,
    }


def received(directory):
    """The messages in DIR/fakesmsc.log in the order of their first part, long ones put together again."""
    groups, order = {}, []
    with open(os.path.join(directory, "fakesmsc.log"), encoding="utf-8", errors="replace") as log:
        for line in log:
            part = parse_line(line)
            if part is None:
                continue
            key = (part["to"], part["reference"]) if part["parts"] > 1 else (part["n"],)
            group = groups.get(key)
            # References wrap after 256 messages: a part seen before begins a new message.
            if group is None or any(other["part"] == part["part"] for other in group):
                group = groups[key] = []
                order.append(group)
            group.append(part)
    return [join(group) for group in order]


def start(directory):
    """Ports are free only until somebody takes them, so a failed start is tried again with others."""
    for attempt in range(3):
        gateway = Gateway(directory)
        try:
            gateway.start()
            return gateway
        except RuntimeError as error:
            gateway.stop()
            print(f"kannel: {error}", file=sys.stderr)
    return peer.fail(f"kannel: could not be started, see {directory}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir")
    parser.add_argument("--received", metavar="DIR")
    args = parser.parse_args()
    if args.received:
        for message in received(args.received):
            print(json.dumps(message, ensure_ascii=False))
        return
    if not args.dir:
        parser.error("--dir or --received is needed")
    os.makedirs(args.dir, exist_ok=True)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    gateway = start(args.dir)
    peer.end_with_parent()
    peer.announce(gateway.ports["sendsms"])
    over.wait()
    gateway.stop()


if __name__ == "__main__":
    main()

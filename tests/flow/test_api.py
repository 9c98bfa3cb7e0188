"""The API process: reports of gateways, health, metrics; and what becomes of sending when it crashes."""

import asyncio
import hashlib
import hmac
import http.client
import http.server
import json
import os
import re
import resource
import signal
import socket
import subprocess
import threading
import time

import lib
import peer

# A gateway whose reports carry a signature, and one list for many.
SIGNED = """\
gateway: signed
vars:
  base: http://127.0.0.1:1
  key: {required: secret}
request:
  method: POST
  url: "{{base}}/send"
  json: {to: "{{to.e164}}", text: "{{text}}", id: "{{id}}"}
response:
  id: {json: /message}
  answers:
    - {status: 202, class: accepted, cause: accepted}
dlr:
  source: json
  verify: {kind: hmac-sha256, name: X-Signature, key: "{{key}}"}
  each: /reports
  correlate: {by: key, from: /id}
  status: {from: /state, map: {DELIVRD: confirmed, UNDELIV: failed, BUFFERED: buffered}}
  detail: /code
  reply: {status: 202, body: noted}
"""


class Api:
    """What a gateway, a proxy or Prometheus sees of it."""

    def __init__(self, t):
        self.t = t
        (self.port,) = peer.free_ports(1)
        self.keys = {"listen": f"127.0.0.1:{self.port}"}

    def token(self, transport):
        with open(os.path.join(self.t.spool, "token.key"), "rb") as file:
            key = file.read()
        mac = hmac.new(key, f"callback:0:{transport}".encode(), hashlib.sha256).digest()
        bits = int.from_bytes(mac[:10], "big")
        return "0-" + "".join("0123456789abcdefghijklmnopqrstuv"[bits >> (75 - 5 * i) & 31] for i in range(16))

    def path(self, transport="texts", query=""):
        return f"/reports/{transport}/{self.token(transport)}{query}"

    def ask(self, path, method="GET", body=None, headers=None):
        """(status, headers, body)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=lib.LEAST_WAIT_S * lib.PATIENCE)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def status(self, *arguments, **more):
        return self.ask(*arguments, **more)[0]

    def there(self):
        try:
            return self.status("/healthz") == 200
        except OSError:
            return False

    def report(self, identity, word, transport="texts"):
        return self.status(self.path(transport, f"?key={identity}&d={word}"))

    def many(self, paths, timeout=240):
        """All of them at once, each on a connection of its own: the statuses."""

        async def one(path):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
            return int(answer.split(b" ", 2)[1])

        async def all_of_them():
            return await asyncio.wait_for(asyncio.gather(*(one(path) for path in paths)), timeout * lib.PATIENCE)

        return asyncio.run(all_of_them())

    def process(self):
        """The pid of the process that serves; None while there is none."""
        for pid, parent, _ in lib.processes():
            if parent != self.t.daemon.pid:
                continue
            with open(f"/proc/{pid}/cmdline", "rb") as line:
                if line.read().split(b"\0")[1:2] == [b"api"]:
                    return pid
        return None


def start(t, sms=None, **keys):
    api = Api(t)
    t.configure(sms=sms or t.sms_transport(t.faulty_gateway()), api=api.keys, **keys)
    t.daemon.start()
    t.wait(api.there, 10, "the API to answer")
    return api


def text(identity, number=1, **members):
    return {"template": "apology", "channels": ("sms",), "to": {"phone": f"+4915100{number:06d}"}, **members}


def send(t, *identities):
    """SMS that the gateway has taken."""
    t.enqueue(*(t.notice(identity, **text(identity, n)) for n, identity in enumerate(identities)))
    for identity in identities:
        t.wait_for_state(identity, "delivered", channel="sms")


# the process


def test_it_holds_no_ledger_and_no_secret_in_sight(t):
    api = start(t)
    pid = api.process()
    if not t.check(pid, "no process serves the API"):
        return
    names = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    t.check(not [n for n in names if "ledger" in n or "lock" in n], f"open files: {names}")
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        t.check("ledger.db" not in maps.read(), "the ledger is in its memory")
    with open(f"/proc/{pid}/cmdline", "rb") as line:
        t.check(b"foobar" not in line.read(), "a secret is in the arguments")
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        t.matches(status.read(), r"NoNewPrivs:\s1", "its rights")


def test_a_crash_of_it_disturbs_nobody(t):
    mail = t.smtp()
    api = start(t, email=t.email_transport(mail))
    for _ in range(3):
        os.kill(api.process(), signal.SIGKILL)
        t.enqueue(*t.notices(20, prefix=f"c{time.monotonic_ns()}-"))
        # Who comes meanwhile waits for the next one.
        t.equal(api.status("/healthz"), 200, "the answer after a crash")
    t.wait(lambda: len(mail.accepted()) == 60, 20, "all mails")
    t.contains(t.daemon.log(), 'event=api.died how="signal KILL"', "the log")
    t.wait(lambda: t.summary("email") == {"delivered": 60}, 20, "all to be booked")
    t.equal({row["attempts"] for row in t.rows(channel="email")}, {1}, "attempts")


def test_it_follows_a_reload_without_turning_anybody_away(t):
    api = start(t)
    before, port = api.process(), api.port
    t.daemon.signal(signal.SIGHUP)
    t.wait(lambda: api.process() not in (None, before), 10, "another process")
    t.equal(api.status("/healthz"), 200, "after the reload")
    api.keys["listen"] = f"127.0.0.1:{peer.free_ports(1)[0]}"
    api.port = int(api.keys["listen"].split(":")[1])
    t.configure(sms=t.sms_transport(t.faulty_gateway()), api=api.keys)
    t.daemon.signal(signal.SIGHUP)
    t.wait(api.there, 10, "the API at its new port")
    t.wait(lambda: socket.socket().connect_ex(("127.0.0.1", port)) != 0, 10, "the old port to be closed")
    # A port that is taken: the old configuration stays, and so does the API.
    taken = peer.listen()
    t.configure(sms=t.sms_transport(t.faulty_gateway()), api={"listen": f"127.0.0.1:{taken.getsockname()[1]}"})
    t.daemon.signal(signal.SIGHUP)
    t.wait(lambda: "event=config.kept" in t.daemon.log(), 10, "the refusal")
    t.check(api.there(), "the API is gone after a refused reload")
    t.equal(t.daemon.stop(), 0, "exit status")
    t.check(not api.there(), "the API outlived the daemon")


def test_who_listens_to_more_than_this_machine_is_warned(t):
    api = Api(t)
    for host, level in (("127.0.0.1", "info"), ("0.0.0.0", "warn")):
        t.configure(sms=t.sms_transport(t.faulty_gateway()), api={"listen": f"{host}:{api.port}"})
        t.daemon.start()
        t.wait(api.there, 10, "the API to answer")
        t.daemon.stop()
        t.matches(t.daemon.log(), rf" {level} .*event=api\.listens listen={re.escape(host)}", "the log")


def test_by_hand_it_serves_whatever_daemon_comes(t):
    api = start(t)
    t.daemon.stop()
    t.equal(t.command("api", "--set", "api.listen=elsewhere").status, 78, "exit status with a bad address")
    with open(t.daemon.log_path, "ab") as log:
        made = subprocess.Popen(
            [lib.DISPATCHER, "api", "--config", t.config_path], stdout=log, stderr=log, preexec_fn=peer.die_when_parent_dies
        )
    try:
        t.wait(api.there, 10, "the API by hand")
        status, _, body = api.ask("/readyz")
        t.equal((status, json.loads(body)["ready"]), (503, False), "readiness without a daemon")
        status, headers, _ = api.ask(api.path(query="?key=n1&d=1"))
        t.equal((status, headers.get("Retry-After")), (503, "5"), "a report without a daemon")
        t.contains(api.ask("/metrics")[2], "\ndispatcher_scheduler_up 0\n", "metrics")
    finally:
        made.terminate()
        t.equal(made.wait(20 * lib.PATIENCE), 0, "exit status of the API")


# strangers


def test_strangers_learn_nothing_and_leave_no_trace(t):
    api = start(t)
    token = api.token("texts")
    for path in (
        "/", "/reports/", "/reports/texts", "/reports/texts/", f"/reports/texts/{token[:-1]}", f"/reports/texts/{token}x",
        f"/reports/mail/{token}", f"/reports/nobody/{token}", "/reports/texts/0-aaaaaaaaaaaaaaaa", f"/reports/texts/{token}/x",
    ):  # fmt: skip
        status, _, body = api.ask(path + "?key=n1&d=1")
        t.equal((status, body), (404, ""), path)
    t.equal(api.status(api.path(), method="DELETE"), 405, "DELETE")
    t.check(token not in t.daemon.log() and "reports/" not in t.daemon.log(), "the log tells the secret address")


def test_a_report_with_a_wrong_signature_is_refused(t):
    t.write("gateways/signed.yaml", SIGNED)
    key = {"file": t.secret_file("hook", "hook-key")}
    api = Api(t)
    transport = {"channel": "sms", "gateway": "signed", "sender": "Bank", "vars": {"key": key}}
    t.configure(sms=transport, api=api.keys, gateways=os.path.join(t.dir, "gateways"))
    t.daemon.start()
    t.wait(api.there, 10, "the API to answer")
    body = json.dumps({"reports": [{"id": "nobody", "state": "DELIVRD", "to": "+4915100000001"}]})
    good = hmac.new(b"hook-key", body.encode(), hashlib.sha256).hexdigest()
    path = api.path()
    for signature, expected in ((None, 403), ("", 403), ("0" * 64, 403), (good[:-1], 403), (good, 202)):
        headers = {} if signature is None else {"X-Signature": signature}
        t.equal(api.status(path, "POST", body, headers), expected, f"signature {signature!r}")
    t.equal(api.status(path, "POST", body + " ", {"X-Signature": good}), 403, "another body")
    log = t.daemon.log()
    t.contains(log, "event=report.denied transport=texts", "the log")
    for secret in ("hook-key", good, "4915100000001", api.token("texts")):
        t.check(secret not in log, f"the log holds {secret}")


def test_the_size_of_a_report_is_bounded(t):
    api = start(t)
    path = api.path()
    t.equal(api.status(path, "POST", b"a" * 256 * 1024), 400, "256 KiB, of nothing")
    with socket.create_connection(("127.0.0.1", api.port), timeout=lib.LEAST_WAIT_S * lib.PATIENCE) as sock:
        sock.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 262145\r\n\r\n".encode())
        t.contains(sock.recv(100).decode(), " 413 ", "one byte more")
    with socket.create_connection(("127.0.0.1", api.port), timeout=lib.LEAST_WAIT_S * lib.PATIENCE) as sock:
        sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20000)
        t.contains(sock.recv(100).decode(), " 431 ", "a long header")


def test_a_slow_client_is_put_out_and_keeps_nobody_waiting(t):
    api = start(t)
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", api.port), timeout=1) as slow:
        ended = None
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")
        while ended is None and time.monotonic() - began < lib.LEAST_WAIT_S * lib.PATIENCE:
            try:
                slow.sendall(b"a")
                if slow.recv(100) == b"":
                    ended = time.monotonic() - began
            except TimeoutError:
                t.equal(api.status("/healthz"), 200, "a quick client beside a slow one")
            except OSError:
                ended = time.monotonic() - began
    t.check(ended is not None and ended > 5, f"a byte each second kept the connection for {ended} s")


def test_two_thousand_connections_are_open_at_once(t):
    api = start(t)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    socks = []
    try:
        for _ in range(2000):
            socks.append(socket.create_connection(("127.0.0.1", api.port), timeout=lib.LEAST_WAIT_S * lib.PATIENCE))
        t.equal(api.status("/healthz"), 200, "one more")
        metrics = api.ask("/metrics")[2]
        (seen,) = re.findall(r"^dispatcher_api_connections (\d+)$", metrics, re.M)
        t.check(int(seen) >= 2000, f"it sees {seen} connections")
        for sock in socks[:50]:
            sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        t.check(all(b" 200 " in sock.recv(100) for sock in socks[:50]), "one of the first was not served")
    finally:
        for sock in socks:
            sock.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# reports


def receipts(t, identity):
    """The kinds of the reports on an SMS, in the order of its story."""
    rows, _ = t.ask("show", id=identity)
    return [row["receipt"] for row in rows if "receipt" in row]


def test_reports_come_in_any_order_and_twice(t):
    api = start(t)
    send(t, "r1", "r2", "r3")
    for word in ("8", "8", "1", "8", "1"):
        t.equal(api.report("r1", word), 200, f"report {word}")
    for word in ("1", "8"):
        t.equal(api.report("r2", word), 200, f"report {word}")
    for word in ("2", "1"):
        t.equal(api.report("r3", word), 200, f"report {word}")
    t.contains(receipts(t, "r1"), "confirmed", "the story of r1")
    t.contains(receipts(t, "r2"), "confirmed", "the story of r2")
    t.equal(t.row("r1", "sms")["state"], "delivered", "r1")
    t.equal(t.row("r2", "sms")["state"], "delivered", "r2")
    t.equal(t.row("r3", "sms")["state"], "failed", "r3: the first end wins")
    shown = t.command("show", "r2", "--json")
    t.contains(shown.out, '"confirmed"', "show --json")
    t.contains(t.command("reconcile").out, "balance", "the books")
    log = t.daemon.log()
    t.check(api.token("texts") not in log and "+4915100" not in log, "the log tells more than it may")


class HastyGateway(http.server.ThreadingHTTPServer):
    """Reports that a message has arrived before it says that it takes it."""

    def __init__(self, report):
        super().__init__(("127.0.0.1", 0), HastyHandler)
        self.report, self.answers = report, []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class HastyHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.answers.append(self.server.report(message))
        self.send_response(202)
        self.end_headers()
        self.wfile.write(json.dumps({"message": "M-" + message["id"]}).encode())

    def log_message(self, *_):
        pass


def test_a_report_that_is_early_waits_for_its_message(t):
    for by, name in (("key", "/id"), ("id", "/message")):
        text_of = SIGNED.replace("{by: key, from: /id}", f"{{by: {by}, from: {name}}}")
        t.write(f"gateways/{by}.yaml", text_of.replace("gateway: signed", f"gateway: {by}"))
    api = Api(t)

    def report(message):
        """Of this message, and of one that nobody ever sends."""
        both = [{"id": i, "message": "M-" + i, "state": "DELIVRD"} for i in (message["id"], "nobody")]
        body = json.dumps({"reports": both})
        signature = hmac.new(b"hook-key", body.encode(), hashlib.sha256).hexdigest()
        return api.status(api.path(), "POST", body, {"X-Signature": signature})

    gateway = HastyGateway(report)
    key = {"file": t.secret_file("hook", "hook-key")}
    for by in ("key", "id"):
        base = f"http://127.0.0.1:{gateway.server_port}"
        transport = {"channel": "sms", "gateway": by, "sender": "Bank", "allow_private": True, "vars": {"key": key, "base": base}}
        t.configure(sms=transport, api=api.keys, gateways=os.path.join(t.dir, "gateways"))
        if by == "key":
            t.daemon.start()
        else:
            t.daemon.signal(signal.SIGHUP)
            t.wait(lambda: "event=config.reloaded" in t.daemon.log(), 10, "the reload")
        t.wait(api.there, 10, "the API to answer")
        names = [f"{by}{n}" for n in range(5)]
        send(t, *names)
        for name in names:
            t.wait(lambda: "confirmed" in receipts(t, name), 20, f"the report on {name} to find its message")
    gateway.shutdown()
    t.equal(gateway.answers, [202] * 10, "answers to reports")
    t.check(all("confirmed" in receipts(t, f"{by}{n}") for by in ("key", "id") for n in range(5)), "a report is missing")


def test_five_hundred_and_twelve_report_at_once(t):
    api = start(t)
    names = [f"m{n}" for n in range(64)]
    send(t, *names)
    paths = [api.path(query=f"?key={name}&d={word}") for name in names for word in ("1", "8", "4", "8", "1", "8", "4", "1")]
    t.equal(len(paths), 512, "reports")
    statuses = api.many(paths)
    t.equal(statuses.count(200), 512, f"yes, of {sorted(set(statuses))}")
    t.check(all("confirmed" in receipts(t, name) for name in names), "a report is missing")


def test_what_the_scheduler_does_not_book_is_reported_again(t):
    api = start(t)
    send(t, "s1", "s2")
    t.daemon.signal(signal.SIGSTOP)
    try:
        status, headers, _ = api.ask(api.path(query="?key=s1&d=1"))
        t.equal((status, headers.get("Retry-After")), (503, "5"), "the answer")
        t.equal(api.status("/healthz"), 200, "the API itself")
    finally:
        t.daemon.signal(signal.SIGCONT)
    t.wait(lambda: api.report("s1", "1") == 200, 20, "yes")
    t.contains(receipts(t, "s1"), "confirmed", "the story of s1")
    # kill -9 of both: what was said yes to stands in the ledger.
    t.equal(api.report("s2", "1"), 200, "report")
    t.daemon.kill()
    t.wait(lambda: not t.daemon.members(), 10, "everything to end")
    t.daemon.start()
    t.contains(receipts(t, "s2"), "confirmed", "the story of s2 after kill -9")


def test_a_real_gateway_reports(t):
    gateway = t.kannel()
    api = start(t, sms=t.sms_transport(gateway))
    names = [f"k{n}" for n in range(60)]
    t.enqueue(*(t.notice(name, **text(name, n), locale=("de", "ko", "en")[n % 3]) for n, name in enumerate(names)))
    t.wait(lambda: all("confirmed" in receipts(t, name) for name in names), 60, "every message to be confirmed")
    for name in names:
        t.equal(t.row(name, "sms")["state"], "delivered", name)
    t.equal(len(gateway.received()), 60, "messages at the SMSC")


def test_metrics_are_what_prometheus_reads(t):
    api = start(t)
    send(t, "p1")
    t.equal(api.report("p1", "1"), 200, "report")
    status, headers, body = api.ask("/metrics")
    t.equal(status, 200, "status")
    t.contains(headers["Content-Type"], "version=0.0.4", "type")
    for line in (
        "dispatcher_scheduler_up 1",
        'dispatcher_api_receipts_total{result="booked"} 1',
        'dispatcher_jobs{channel="sms",state="delivered"} 1',
        'dispatcher_delivery_attempts_total{channel="sms",result="delivered"} 1',
    ):
        t.contains(body, line + "\n", "metrics")
    t.check("+4915" not in body and "p1" not in body, "a recipient stands in the metrics")
    t.check("dispatcher_endpoint_disabled" not in body, "there is no endpoint")
    status, _, body = api.ask("/readyz")
    t.equal((status, json.loads(body)["ready"]), (200, True), f"readiness: {body}")


def test_a_disabled_endpoint_stands_in_the_metrics_and_disturbs_nobody_else(t):
    endpoint = {"url": "https://receiver.example/", "secret": {"file": t.secret_file("webhook-secret", lib.WEBHOOK_SECRET)}}
    api = start(t, webhook=t.webhook_transport(), endpoints={"shop": endpoint, "crm": endpoint})
    t.equal(t.command("endpoint", "disable", "shop").status, 0, "disable")
    body = api.ask("/metrics")[2]
    for name, disabled in (("shop", 1), ("crm", 0)):
        t.contains(body, f'dispatcher_endpoint_disabled{{endpoint="{name}"}} {disabled}\n', "metrics")
    t.equal(api.ask("/readyz")[0], 200, "readiness")

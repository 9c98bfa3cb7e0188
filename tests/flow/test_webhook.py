"""Webhook receivers that refuse, throttle, redirect, stall or stand where nobody may look."""

import base64
import datetime
import email.utils
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

import https_receiver
import lib

QUICK = {"retry": ["150ms", "150ms", "150ms"], "jitter": 0}


def configure(t, endpoints, start=True, **keys):
    t.configure(webhook=t.webhook_transport(**{**QUICK, **keys}), endpoints=endpoints)
    if start:
        t.daemon.start()


def hook(t, identity="one", to="crm", **members):
    return t.notice(identity, channels=["webhook"], to={"webhook": to}, **members)


def outcomes(t, identity="one"):
    return [(a["outcome"], a["code"]) for a in t.attempts(identity, "webhook")]


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def run_one(t, path, *states, endpoint=None, **keys):
    """One webhook to a path of the receiver; the receiver and the row in one of the states."""
    receiver = t.https()
    configure(t, {"crm": t.endpoint(receiver, path, **(endpoint or {}))}, **keys)
    t.drop(hook(t))
    row = t.wait_for_state("one", *states, channel="webhook")
    return receiver, row


def test_a_server_error_is_tried_again_with_the_same_id_and_a_new_signature(t):
    receiver, _ = run_one(t, "/fail/2", "delivered", retry=["1100ms", "150ms"])
    requests = receiver.received()
    t.equal(outcomes(t), [("transient", 500), ("transient", 500), ("delivered", 204)], "attempts")
    t.equal([r["id"] for r in requests], ["one"] * 3, "ids")
    t.equal(len({r["sha256"] for r in requests}), 1, "the body is the same")
    t.check(requests[0]["timestamp"] != requests[1]["timestamp"], "signed again at the second attempt")
    t.equal(receiver.received(verified=False), [], "requests with a wrong signature")


def test_a_receiver_whose_clock_is_wrong_gets_fresh_signatures_until_it_is_right(t):
    receiver = t.https()
    with open(receiver.path("clock"), "w", encoding="ascii") as file:
        file.write("600")
    configure(t, {"crm": t.endpoint(receiver)}, retry=["1100ms"] + ["200ms"] * 31)
    t.drop(hook(t))
    t.wait(lambda: len(receiver.received(verified=False)) >= 2, 15, "two refusals")
    os.unlink(receiver.path("clock"))
    t.wait_for_state("one", "delivered", channel="webhook")
    requests = receiver.received(verified=None)
    t.equal([r["status"] for r in requests], [400] * (len(requests) - 1) + [204], "answers")
    t.equal(outcomes(t), [("transient", 400)] * (len(requests) - 1) + [("delivered", 204)], "attempts")
    for record in requests:
        body, headers = receiver.body(record), receiver.headers(record)
        secrets = [https_receiver.decode_secret(lib.WEBHOOK_SECRET)]
        t.equal(https_receiver.verify(headers, body, secrets, int(record["timestamp"])), None, "the signature was good in its time")
    t.check(int(requests[0]["timestamp"]) < int(requests[1]["timestamp"]), "the second has a time of its own")
    t.equal(len({receiver.headers(r)["webhook-signature"] for r in requests[:2]}), 2, "and a signature")


def test_a_gone_receiver_gets_nothing_more(t):
    receiver, row = run_one(t, "/gone", "held")
    t.equal((row["cause"], outcomes(t)), ("endpoint_disabled", [("permanent", 410)]), "cause and attempts")
    t.holds(lambda: len(receiver.received()) == 1, 0.6, "it was asked again")


def test_a_schedule_that_is_used_up_fails(t):
    receiver, row = run_one(t, "/error", "failed")
    t.equal(outcomes(t), [("transient", 500)] * 4, "attempts")
    t.equal((row["cause"], len(receiver.received())), ("server_error", 4), "cause and requests")


def throttled(path, status, advice_s):
    def test(t):
        receiver, row = run_one(t, path, "deferred")
        t.equal(row["attempts"], 0, "a throttle costs no attempt")
        t.wait(lambda: len(receiver.received()) >= 2, advice_s + 4, "the next request")
        first, second = receiver.received()[:2]
        gap = second["t"] - first["t"]
        t.check(gap >= advice_s, f"asked again after {gap:.2f} s, told to wait {advice_s} s")
        planned = moment(row["next_attempt_at"]) - moment(row["changed_at"])
        t.check(planned < advice_s + 1, f"planned only {planned:.2f} s later, told to wait {advice_s} s")
        t.contains(t.daemon.log(), f"outcome=throttle state=deferred code={status}", "log")

    return test


test_too_many_requests_wait_as_long_as_told = throttled("/throttle/2", 429, 2)
test_a_busy_receiver_is_left_alone_as_long_as_told = throttled("/busy", 503, 1)


def test_advice_never_hurries(t):
    receiver, row = run_one(t, "/throttle/1", "deferred", retry=["1h"])
    t.holds(lambda: len(receiver.received()) == 1, 2.0, "asked again before its own schedule")
    planned = moment(row["next_attempt_at"]) - moment(row["changed_at"])
    t.check(planned > 3500, f"planned {planned:.0f} s later, by the schedule an hour")


def test_nonsense_advice_is_ignored(t):
    receiver, _ = run_one(t, "/throttle/soon", "deferred")
    t.wait(lambda: len(receiver.received()) >= 2, 5, "the next request, by our own schedule")


def test_a_redirect_is_not_followed(t):
    receiver, row = run_one(t, "/redirect", "failed")
    t.equal(row["cause"], "moved", "cause")
    t.contains(row["reply"], "/ok/redirected", "the reply says where to")
    t.equal({r["path"] for r in receiver.received()}, {"/redirect"}, "paths asked for")


def test_a_redirect_inwards_is_not_followed_either(t):
    inside = t.https("--plain")
    target = urllib.parse.quote(inside.url("/ok"), safe="")
    receiver, row = run_one(t, f"/redirect/{target}", "failed")
    t.contains(row["reply"], f"localhost:{inside.port}/ok", "the reply says where to")
    t.equal(inside.received(verified=None), [], "requests at the other receiver")


ANSWERS = {"/status/400": 400, "/status/401": 401, "/status/403": 403, "/status/404": 404, "/status/408": 408, "/status/502": 502}


def test_refusals_are_tried_again_because_receivers_deploy_broken_code(t):
    receiver = t.https()
    endpoints = {f"e{status}": t.endpoint(receiver, path) for path, status in ANSWERS.items()}
    configure(t, endpoints, retry=["1h"])
    t.enqueue(*(hook(t, name, to=name) for name in endpoints))
    for name in endpoints:
        t.wait_for_state(name, "deferred", channel="webhook")
        t.equal(outcomes(t, name), [("transient", int(name[1:]))], name)


def test_a_body_too_large_for_the_receiver_fails(t):
    _, row = run_one(t, "/status/413", "failed")
    t.equal(row["cause"], "too_large", "cause")


def test_an_endless_body_is_cut_and_its_status_counts(t):
    receiver, row = run_one(t, "/endless", "delivered")  # read to its end it were a timeout, and uncertain
    t.check(len(row["reply"]) < 2000, "the reply is kept within bounds")
    t.equal(len(receiver.received()), 1, "requests")


def test_endless_headers_end(t):
    receiver, row = run_one(t, "/headers", "deferred", retry=["1h"], deadline="5s", endpoint={"timeout": "2s"})
    t.equal(outcomes(t)[0][0], "uncertain", "outcome")
    t.equal(len(receiver.received()), 1, "requests")


def overtaken(t, others):
    """Those that hang are still under way: whoever arrived meanwhile did not wait for them."""
    if any(t.row(name, "webhook")["state"] != "in_flight" for name in others):
        raise lib.Inconclusive("the good ones came when it was over: they waited, or the machine is slow")


def hanging(path, outcome, holds=False):
    def test(t):
        receiver = t.https()
        endpoints = {"crm": t.endpoint(receiver, path, timeout=f"{lib.stretched(4)}s"), "good": t.endpoint(receiver, "/ok")}
        configure(t, endpoints, retry=["1h"], deadline="60s")
        t.drop(hook(t))
        t.wait(receiver.received, 5, "the request")
        t.enqueue(*(hook(t, f"g{n}", to="good") for n in range(5)))
        t.wait(lambda: len([r for r in receiver.received() if r["status"] == 204]) == 5, 5, "the others")
        if holds:
            overtaken(t, ["one"])
        t.wait_for_state("one", "deferred", channel="webhook")
        t.equal([o for o, _ in outcomes(t)], [outcome], f"{path}: outcome")

    return test


test_a_receiver_that_hangs_may_have_got_it = hanging("/hang", "uncertain", holds=True)
test_a_receiver_that_drips_may_have_got_it = hanging("/drip", "uncertain", holds=True)
test_a_receiver_that_resets_may_have_got_it = hanging("/reset", "uncertain")
test_a_receiver_that_closes_may_have_got_it = hanging("/close", "uncertain")
test_a_receiver_that_cuts_its_answer_may_have_got_it = hanging("/cut", "uncertain")


def test_one_packet_with_good_and_hanging_receivers_keeps_them_apart(t):
    receiver = t.https()
    endpoints = {"bad": t.endpoint(receiver, "/hang", timeout=f"{lib.stretched(5)}s"), "good": t.endpoint(receiver, "/ok")}
    configure(t, endpoints, start=False, retry=["1h"])
    t.enqueue(*(hook(t, f"h{n}", to="bad" if n % 2 else "good") for n in range(8)))
    t.daemon.start()
    t.wait(lambda: len(t.rows(state="delivered")) == 4, 5, "the good ones")
    overtaken(t, [f"h{n}" for n in (1, 3, 5, 7)])
    t.wait(lambda: len(t.rows(state="deferred")) == 4, 5, "the hanging ones to be deferred")


def test_what_may_have_arrived_is_sent_again_with_the_same_id(t):
    receiver = t.https()
    configure(t, {"crm": t.endpoint(receiver, "/close")})
    t.drop(hook(t))
    t.wait_for_state("one", "uncertain", channel="webhook")
    t.equal([r["id"] for r in receiver.received()], ["one"] * 4, "ids")
    t.equal(outcomes(t), [("uncertain", 0)] * 4, "attempts: never called failed, never delivered")


def test_a_held_transport_does_not_repeat(t):
    receiver, _ = run_one(t, "/close", "uncertain", on_uncertain="hold")
    t.holds(lambda: len(receiver.received()) == 1, 0.6, "sent again")


# where nothing may go


class Listener:
    """Counts connections to a port; anything that reaches it is a fault."""

    def __init__(self, family=socket.AF_INET, address="127.0.0.1"):
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.bind((address, 0))
        self.sock.listen(16)
        self.port = self.sock.getsockname()[1]
        self.seen = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self):
        while True:
            try:
                connection, _ = self.sock.accept()
            except OSError:
                return
            self.seen += 1
            connection.close()


def test_private_addresses_are_refused_in_every_spelling(t):
    listener = Listener()
    hosts = ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "127.1", "0177.0.0.1", "0", "[::ffff:127.0.0.1]", "[::1]"]
    secret = {"file": t.secret_file("webhook-secret", lib.WEBHOOK_SECRET)}
    endpoints = {f"e{n}": {"url": f"https://{host}:{listener.port}/", "secret": secret} for n, host in enumerate(hosts)}
    configure(t, endpoints, retry=["1h"])
    t.enqueue(*(hook(t, name, to=name) for name in endpoints))
    for name, host in zip(endpoints, hosts):
        row = t.wait_for_state(name, "failed", "deferred", channel="webhook")
        t.equal((row["state"], row["cause"]), ("failed", "blocked_address"), host)
        t.contains(row["reply"], "allow_private", "the sentence says what would permit it")
    t.equal(listener.seen, 0, "connections made")
    listener.sock.close()


def test_a_private_address_is_reached_where_the_endpoint_allows_it(t):
    receiver = t.https()
    configure(t, {"crm": t.endpoint(receiver), "closed": {k: v for k, v in t.endpoint(receiver).items() if k != "allow_private"}})
    t.drop(hook(t))
    t.wait_for_state("one", "delivered", channel="webhook")
    # A connection opened for one endpoint must not carry the other's requests.
    t.drop(hook(t, "two", to="closed"))
    row = t.wait_for_state("two", "failed", "delivered", channel="webhook")
    t.equal(row["cause"], "blocked_address", "cause")
    t.equal([r["id"] for r in receiver.received()], ["one"], "requests")


def test_a_proxy_of_the_environment_is_not_used(t):
    proxy, receiver = Listener(), t.https()
    for name in ("http_proxy", "https_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        t.environment[name] = f"http://127.0.0.1:{proxy.port}"
    configure(t, {"crm": t.endpoint(receiver)})
    t.drop(hook(t))
    t.wait_for_state("one", "delivered", channel="webhook")
    t.equal(proxy.seen, 0, "connections to the proxy")
    proxy.sock.close()


def test_plain_http_is_refused_unless_allowed(t):
    receiver = t.https("--plain")
    endpoint = t.endpoint(receiver)
    configure(t, {"crm": endpoint}, start=False)
    answer = t.command("check")
    t.equal(answer.status, 65, "check")
    t.matches(answer.out, r"dispatcher\.yaml:\d+:\d+: error: .*allow_http", "check")
    t.equal(t.command("run").status, 78, "run")
    configure(t, {"crm": {**endpoint, "allow_http": True}})
    t.drop(hook(t))
    t.wait_for_state("one", "delivered", channel="webhook")
    t.equal(len(receiver.received()), 1, "requests")


def test_schemes_and_headers_that_make_no_webhook_are_refused(t):
    receiver = t.https()
    good = t.endpoint(receiver)
    bad = [
        {**good, "url": "file:///etc/passwd"},
        {**good, "url": "gopher://example.org/"},
        {**good, "url": "https://user:pw@example.org/"},
        {**good, "headers": {"x-a": "b\r\nX-Evil: 1"}},
        {**good, "headers": {"a b": "c"}},
        {**good, "headers": {"Content-Length": "0"}},
        {**good, "headers": {"Host": "evil"}},
        {**good, "headers": {"webhook-id": "mine"}},
        {**good, "secret": {"file": t.secret_file("short", "whsec_YWJj")}},
    ]
    for endpoint in bad:
        configure(t, {"crm": endpoint}, start=False)
        answer = t.command("check")
        t.equal(answer.status, 65, json.dumps(endpoint))
        # The daemon says the same, and does not start to find out at the first notice.
        run = t.command("run")
        t.equal(run.status, 78, f"run with {json.dumps(endpoint)}")
        t.check("user:pw" not in run.err, "a password of a URL is repeated in the log")


def untrusted(certificate):
    def test(t):
        receiver = t.https(certificate=certificate)
        configure(t, {"crm": t.endpoint(receiver)}, retry=["1h"])
        t.drop(hook(t))
        row = t.wait_for_state("one", "deferred", channel="webhook")
        t.equal((row["cause"], receiver.received(verified=None)), ("tls", []), certificate)

    return test


test_a_receiver_with_a_foreign_certificate_gets_nothing = untrusted("wrong-name")
test_a_receiver_with_its_own_certificate_gets_nothing = untrusted("self-signed")
test_a_receiver_with_an_expired_certificate_gets_nothing = untrusted("expired")
test_a_receiver_with_a_certificate_of_the_future_gets_nothing = untrusted("not-yet")


def old_client():
    """A client that takes every TLS there ever was."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    return context


def refused_for_old_tls(version):
    def test(t):
        receiver = t.https("--only-tls", version)
        with socket.create_connection(("127.0.0.1", receiver.port)) as raw, old_client().wrap_socket(raw) as tls:
            t.equal(tls.version(), {"1.0": "TLSv1", "1.1": "TLSv1.1"}[version], "what it speaks")
        configure(t, {"crm": t.endpoint(receiver)}, retry=["1h"])
        t.drop(hook(t))
        row = t.wait_for_state("one", "deferred", channel="webhook")
        t.equal((row["cause"], receiver.received(verified=None)), ("tls", []), f"TLS {version}")
        t.contains(row["reply"], "it speaks no TLS 1.2 or newer", "what it lacks")

    return test


test_a_receiver_that_knows_only_tls_1_0_gets_nothing = refused_for_old_tls("1.0")
test_a_receiver_that_knows_only_tls_1_1_gets_nothing = refused_for_old_tls("1.1")


def has_ipv6():
    """Many containers have no ::1."""
    try:
        lib.peer.listen(host="::1").close()
    except OSError:
        print("no IPv6 here: nothing was tried")
        return False
    return True


def test_an_address_in_brackets_must_stand_in_the_certificate(t):
    if not has_ipv6():
        return
    named, other = t.https("--host", "::1", certificate="ipv6"), t.https("--host", "::1", certificate="server")
    endpoints = {name: {**t.endpoint(peer), "url": f"https://[::1]:{peer.port}/ok"} for name, peer in (("named", named), ("other", other))}
    configure(t, endpoints, retry=["1h"])
    t.enqueue(hook(t, "good", to="named"), hook(t, "bad", to="other"))
    t.wait_for_state("good", "delivered", channel="webhook")
    t.equal([r["id"] for r in named.received()], ["good"], "the certificate names ::1")
    row = t.wait_for_state("bad", "deferred", channel="webhook")
    t.equal((row["cause"], other.received(verified=None)), ("tls", []), "the certificate names localhost only")


def test_an_unknown_endpoint_is_refused_at_intake(t):
    receiver = t.https()
    configure(t, {"crm": t.endpoint(receiver)})
    t.drop(hook(t, "lost", to="crn"))
    reason = t.corrupt("lost")
    t.matches(reason, r"new/lost\.json:\d+:\d+: .*no endpoint \"crn\"; did you mean \"crm\"\?", "reason")
    answer = t.command("enqueue", "-", text=json.dumps(hook(t, "lost2", to="https://evil.example.org/")))
    t.equal(answer.status, 65, "a URL instead of a name")
    t.equal(receiver.received(verified=None), [], "requests")


def test_own_headers_reach_the_receiver(t):
    receiver = t.https()
    token = {"file": t.secret_file("token", "Bearer t0ps3cret")}
    configure(t, {"crm": t.endpoint(receiver, headers={"authorization": token, "x-team": "notices"})})
    t.drop(hook(t))
    t.wait_for_state("one", "delivered", channel="webhook")
    headers = receiver.headers(receiver.received()[0])
    t.equal((headers["authorization"], headers["x-team"]), ("Bearer t0ps3cret", "notices"), "headers")
    t.check("t0ps3cret" not in t.daemon.log() + t.command("config", "show").out, "the token is shown")


# who signs, and with what


def day(offset):
    """A date so many days from now, in UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + offset * 86400))


def rotated(until):
    """(accepted by who knows the old secret, accepted by who knows the new one)"""

    def run(t):
        keys = {"old_secret": {"file": t.secret_file("old-secret", OLD_SECRET)}, "retry": ["1h"]}
        if until is not None:
            keys["old_secret_until"] = until
        old, new = t.https(secret=OLD_SECRET), t.https()
        configure(t, {"old": t.endpoint(old, **keys), "new": t.endpoint(new, **keys)})
        t.enqueue(hook(t, "one", to="old"), hook(t, "two", to="new"))
        rows = [t.wait_for_state(name, "delivered", "deferred", channel="webhook") for name in ("one", "two")]
        return tuple(row["state"] == "delivered" for row in rows)

    return run


OLD_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def test_while_a_secret_is_replaced_receivers_with_either_accept(t):
    t.equal(rotated(None)(t), (True, True), "accepted by the old and the new")


def test_an_old_secret_signs_on_its_last_day(t):
    t.equal(rotated(day(1))(t), (True, True), "accepted by the old and the new")


def test_an_old_secret_whose_last_day_is_over_signs_no_more(t):
    t.equal(rotated(day(-1))(t), (False, True), "accepted by the old and the new")


def openssl_accepts(t, public_key, request, body):
    """Whether OpenSSL's program finds the v1a signature of a request right."""
    (signature,) = [s for s in request["webhook-signature"].split(" ") if s.startswith("v1a,")]
    raw = base64.b64decode(public_key.removeprefix("whpk_"))
    files = {
        "key.der": bytes.fromhex("302a300506032b6570032100") + raw,
        "signature": base64.b64decode(signature.removeprefix("v1a,")),
        "signed": f"{request['webhook-id']}.{request['webhook-timestamp']}.".encode() + body,
    }
    for name, content in files.items():
        with open(os.path.join(t.dir, name), "wb") as file:
            file.write(content)
    command = "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key.der -sigfile signature -in signed"
    return subprocess.run(command.split(), cwd=t.dir, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def test_a_signing_key_signs_what_everybody_can_verify(t):
    receiver = t.https()
    made = t.command("endpoint", "secret", "new", "--ed25519", "--json").json()
    key = {"file": t.secret_file("signing-key", made["signing_key"])}
    configure(t, {"crm": t.endpoint(receiver, signing_key=key)})
    shown = t.command("endpoint", "secret", "show-public", "crm")
    t.equal((shown.status, shown.out.strip()), (0, made["public_key"]), "show-public")
    t.drop(hook(t))
    t.wait_for_state("one", "delivered", channel="webhook")
    (record,) = receiver.received()
    headers, body = receiver.headers(record), receiver.body(record)
    t.check(openssl_accepts(t, made["public_key"], headers, body), "OpenSSL refuses the signature")
    t.check(not openssl_accepts(t, made["public_key"], headers, body + b" "), "OpenSSL accepts another body")
    t.check(made["signing_key"] not in t.daemon.log() + t.command("config", "show").out, "the key is shown")


def test_the_commands_of_the_guide_make_secrets_the_daemon_takes(t):
    with open(os.path.join(lib.ROOT, "docs", "webhooks.md"), encoding="utf-8") as guide:
        (words,) = re.findall(r"^\$ dispatcher (endpoint secret new [^#]*?) +#", guide.read(), re.M)
    path = os.path.join(t.dir, "shop.secret")
    words = words.replace("/etc/dispatcher/shop.secret", path).split()
    t.equal(t.command(*words).status, 0, " ".join(words))
    t.equal(os.stat(path).st_mode & 0o777, 0o600, "mode")
    with open(path, encoding="ascii") as file:
        secret = file.read().strip()
    receiver = t.https(secret=secret)
    configure(t, {"crm": {**t.endpoint(receiver), "secret": {"file": path}}})
    t.equal(t.command("endpoint", "test", "crm").status, 0, "it works")
    again = t.command(*words)
    t.check(again.status != 0 and "already there" in again.err, f"it is overwritten: {again.err}")
    with open(path, encoding="ascii") as file:
        t.equal(file.read().strip(), secret, "the secret")
    key = os.path.join(t.dir, "shop.key")
    made = t.command("endpoint", "secret", "new", "--ed25519", "--out", key, "--json").json()
    t.equal((made["file"], made["public_key"][:5], "signing_key" in made), (key, "whpk_", False), "a key")


def test_a_new_secret_is_one_that_works(t):
    secret = t.command("endpoint", "secret", "new").out.strip()
    t.matches(secret, r"^whsec_[A-Za-z0-9+/]{43}=$", "secret")
    t.check(secret != t.command("endpoint", "secret", "new").out.strip(), "the same secret twice")
    receiver = t.https(secret=secret)
    configure(t, {"crm": {**t.endpoint(receiver), "secret": {"file": t.secret_file("made", secret)}}})
    t.drop(hook(t))
    t.wait_for_state("one", "delivered", channel="webhook")


# CloudEvents


def test_an_endpoint_may_ask_for_cloudevents(t):
    receiver = t.https()
    configure(t, {"crm": t.endpoint(receiver, format="cloudevents"), "other": t.endpoint(receiver)})
    t.enqueue(hook(t), hook(t, "two", to="other"))
    for name in ("one", "two"):
        t.wait_for_state(name, "delivered", channel="webhook")
    event, plain = sorted(receiver.received(), key=lambda r: r["id"])
    headers, body = receiver.headers(event), receiver.json(event)
    t.equal(headers["content-type"], "application/json", "content type")
    t.equal((headers["ce-specversion"], headers["ce-id"]), ("1.0", "one"), "version and id")
    t.equal((headers["ce-type"], headers["ce-time"]), (body["type"], body["timestamp"]), "type and time")
    t.equal(headers["ce-source"], "https://notices.example.org", "source")
    t.check(not any(name.startswith("ce-") for name in receiver.headers(plain)), "the other endpoint got them too")


# HTTP/2


def through_a_front(t, *options, http2=True, count=40):
    """Webhooks through nginx; what it logged of each request."""
    receiver = t.https("--plain")
    front = t.http2_front(receiver, *options)
    configure(t, {"crm": t.endpoint(front, http2=http2)}, concurrency=1)
    t.enqueue(*(hook(t, f"n{i}") for i in range(count)))
    t.wait(lambda: len(t.rows(state="delivered")) == count, 15, "all to be delivered")
    t.equal(sorted(r["id"] for r in receiver.received()), sorted(f"n{i}" for i in range(count)), "ids, all verified")
    return front.requests()


def test_http2_is_spoken_where_it_is_wanted_and_offered_and_one_connection_carries_all(t):
    requests = through_a_front(t)
    t.equal({protocol for protocol, *_ in requests}, {"HTTP/2.0"}, "protocols")
    t.equal(len({connection for _, connection, *_ in requests}), 1, "connections of one worker")


def test_http2_is_not_spoken_unless_somebody_wants_it(t):
    requests = through_a_front(t, http2=False)
    t.equal({protocol for protocol, *_ in requests}, {"HTTP/1.1"}, "protocols")


def test_http_1_keeps_a_few_connections_for_all(t):
    requests = through_a_front(t, "--http1")
    t.equal({protocol for protocol, *_ in requests}, {"HTTP/1.1"}, "protocols")
    connections = len({connection for _, connection, *_ in requests})
    t.check(connections <= 8, f"{connections} connections for 40 webhooks of one worker")


# names


ALLOWED = ["1.1.1.1", "8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"]
REFUSED = """
    10.254.0.0 192.168.10.65 172.16.10.65 0.1.2.3 0.0.0.0 127.0.0.1 127.0.0.254 127.254.254.254 169.254.45.1
    255.255.255.255 224.1.2.3 233.252.0.16 192.0.0.0 192.0.0.255 192.0.2.255 198.51.100.65 203.0.113.6 100.100.0.0
    192.88.99.3 198.18.0.0 240.240.240.240 ::0 ::1 ::ffff:127.0.0.1 ::ffff:0.0.0.1 2001:db8::1 3fff::dead:beef
    fe80::dead:beef febf:ffff::dead:beef fdee:3A45:9057::0001 fd7a:115c:a1e0::1 2002:c000:0204::dead:beef
    2002:c0a8:0001::dead:beef 64:ff9b::c0a8:0 64:ff9b::808:808 64:ff9b::c0a8:0000 64:ff9b:1::dead:beef
    5f00::dead:beef 100::1:2:3:4
""".split()


class FakeNames:
    """Names of the test's own, and a wall around the machine: see tests/peers/resolver.c."""

    def __init__(self, t, answers):
        self.dir = t.dir
        library = os.path.join(t.dir, "resolver.so")
        source = os.path.join(lib.PEERS, "resolver.c")
        subprocess.run(["cc", "-O2", "-fPIC", "-shared", "-o", library, source, "-ldl"], check=True)
        hosts = t.write("hosts", "".join(f"{name} {' '.join(words)}\n" for name, words in answers.items()))
        t.environment.update(FAKE_HOSTS=hosts, FAKE_LOOKUPS=self.path("lookups"), FAKE_CALLS=self.path("calls"))
        t.environment["LD_PRELOAD"] = library
        # A sanitized program wants its own runtime to come first.
        t.environment["ASAN_OPTIONS"] = t.environment.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"

    def path(self, name):
        return os.path.join(self.dir, name)

    def lines(self, name):
        try:
            with open(self.path(name), encoding="ascii") as file:
                return file.read().split()
        except FileNotFoundError:
            return []


def named_endpoint(t, host, port=443):
    return {"url": f"https://{host}:{port}/", "secret": {"file": t.secret_file("webhook-secret", lib.WEBHOOK_SECRET)}}


def test_a_name_may_lead_to_public_addresses_only(t):
    addresses = ALLOWED + REFUSED
    t.equal(len(addresses), 43, "cases")
    names = FakeNames(t, {f"e{i}.test": [address] for i, address in enumerate(addresses)})
    configure(t, {f"e{i}": named_endpoint(t, f"e{i}.test") for i in range(43)}, retry=["1h"])
    t.enqueue(*(hook(t, f"e{i}", to=f"e{i}") for i in range(43)))
    for i, address in enumerate(addresses):
        row = t.wait_for_state(f"e{i}", "failed", "deferred", channel="webhook")
        expected = ("deferred", "connect") if address in ALLOWED else ("failed", "blocked_address")
        t.equal((row["state"], row["cause"]), expected, address)
    t.equal(sorted(names.lines("calls")), sorted(ALLOWED), "addresses that were called")


def test_of_several_addresses_only_the_public_ones_are_tried(t):
    listener = Listener()
    names = FakeNames(t, {"mixed.test": ["10.0.0.1,127.0.0.1,8.8.8.8,::1"]})
    configure(t, {"crm": named_endpoint(t, "mixed.test", listener.port)}, retry=["1h"])
    t.drop(hook(t))
    row = t.wait_for_state("one", "failed", "deferred", channel="webhook")
    t.equal((row["state"], row["cause"]), ("deferred", "connect"), "row")
    t.equal((names.lines("calls"), listener.seen), (["8.8.8.8"], 0), "calls")


def test_a_name_that_changes_gains_nothing(t):
    """Public when it is looked at, private when it is connected: it is looked up once, and what was checked is called."""
    listener = Listener()
    names = FakeNames(t, {"turn.test": ["8.8.8.8", "127.0.0.1"]})
    # A new worker for each attempt: none may remember what the name was.
    configure(t, {"crm": named_endpoint(t, "turn.test", listener.port)}, start=False, retry=["100ms"])
    with open(t.config_path, "a", encoding="ascii") as configuration:
        configuration.write("worker_jobs_max: 1\n")
    t.daemon.start()
    t.drop(hook(t))
    row = t.wait_for_state("one", "failed", channel="webhook")
    t.equal([(a["outcome"], a["cause"]) for a in t.attempts("one", "webhook")], [("transient", "connect"), ("permanent", "blocked_address")], "attempts")
    t.equal(names.lines("lookups"), ["turn.test"] * 2, "lookups: one for each attempt")
    t.equal((names.lines("calls"), listener.seen, row["cause"]), (["8.8.8.8"], 0, "blocked_address"), "calls")


# endpoint test


def test_one_test_webhook_tells_what_the_receiver_answers_and_how_to_verify(t):
    receiver = t.https()
    configure(t, {"crm": t.endpoint(receiver), "closed": t.endpoint(receiver, "/status/403")}, start=False)
    answer = t.command("endpoint", "test", "crm", "--json")
    said = answer.json()
    (record,) = receiver.received()
    t.equal((answer.status, said["outcome"], said["code"], said["id"]), (0, "delivered", 204, record["id"]), "said")
    t.equal(receiver.json(record)["type"], "dispatcher.test", "type")
    t.equal(receiver.headers(record)["webhook-signature"], said["signature"], "the signature that was sent is shown")
    t.equal(said["body"].encode(), receiver.body(record), "body")
    answer = t.command("endpoint", "test", "closed")
    t.equal(answer.status, 1, "exit status of a refusal")
    t.matches(answer.out, r"^transient \(auth\) by closed at localhost:\d+, status 403, after \d+ ms", "for people")
    t.check(lib.WEBHOOK_SECRET not in answer.out, "the secret is shown")
    t.equal(t.command("endpoint", "test", "nobody").status, 66, "an unknown endpoint")


def test_in_trial_mode_only_an_endpoint_of_the_allow_list_is_tested(t):
    receiver = t.https()
    endpoints = {"crm": t.endpoint(receiver), "other": t.endpoint(receiver)}
    t.configure(webhook=t.webhook_transport(), endpoints=endpoints, trial=True, allow=["crm"])
    t.contains(t.command("endpoint", "test", "crm").out, "Trial mode is on", "it says so")
    answer = t.command("endpoint", "test", "other")
    t.equal(answer.status, 77, "not allowed")
    t.contains(answer.err, "allow list", "the sentence")
    t.equal(len(receiver.received(verified=None)), 1, "requests")


def code_of_the_guide(language):
    with open(os.path.join(lib.ROOT, "docs", "webhooks.md"), encoding="utf-8") as guide:
        return guide.read().split(f"```{language}\n")[1].split("```")[0]


def test_what_the_guide_tells_receivers_verifies(t):
    receiver = t.https()
    configure(t, {"crm": t.endpoint(receiver)})
    t.drop(hook(t, locale="ko"))
    t.wait_for_state("one", "delivered", channel="webhook")
    (record,) = receiver.received()
    headers, body, guide = receiver.headers(record), receiver.body(record), {}
    exec(code_of_the_guide("python"), guide)
    verify = guide["verify"]
    t.check(verify(lib.WEBHOOK_SECRET, headers, body), "refused")
    t.check(not verify(OLD_SECRET, headers, body), "another secret is accepted")
    t.check(not verify(lib.WEBHOOK_SECRET, headers, body + b" "), "another body is accepted")
    late = {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 301)}
    t.check(not verify(lib.WEBHOOK_SECRET, late, body), "an old one is accepted")


def test_who_asks_to_wait_gets_nothing_else_meanwhile_and_the_others_do(t):
    receiver = t.https()
    configure(t, {"crm": t.endpoint(receiver, "/throttle/60"), "other": t.endpoint(receiver)})
    t.drop(hook(t))
    t.wait_for_state("one", "deferred", channel="webhook")
    t.enqueue(hook(t, "two"), hook(t, "three", to="other"))
    t.wait_for_state("three", "delivered", channel="webhook")
    t.holds(lambda: len([r for r in receiver.received() if r["status"] == 429]) == 1, 1.5, "another request was sent")
    row = t.row("two", "webhook")
    t.equal((row["cause"], row["attempts"]), ("destination_rest", 0), "what waits, and why")


def test_advice_as_a_date_is_obeyed(t):
    told = int(time.time()) + 90
    when = email.utils.formatdate(told, usegmt=True)
    _, row = run_one(t, "/throttle/" + urllib.parse.quote(when), "deferred")
    due = moment(row["next_attempt_at"])
    t.check(told - 1 <= due < told + 30, f"due {due - told:.0f} s after what was told")


# how endpoints are


def known(t, name):
    (row,) = [row for row in t.command("endpoint", "list", "--json").lines() if row["endpoint"] == name]
    return row


def test_a_list_tells_how_each_endpoint_is(t):
    receiver = t.https()
    old, until = {"file": t.secret_file("old-secret", OLD_SECRET)}, day(3)
    endpoints = {
        "good": t.endpoint(receiver, "/ok/t0ken", old_secret=old, old_secret_until=until),
        "bad": t.endpoint(receiver, "/error", format="cloudevents"),
        "new": t.endpoint(receiver),
    }
    configure(t, endpoints, retry=["1h"])
    t.enqueue(hook(t, "one", to="good"), hook(t, "two", to="bad"))
    t.wait_for_state("one", "delivered", channel="webhook")
    t.wait_for_state("two", "deferred", channel="webhook")
    t.wait(lambda: known(t, "good")["last_ok_at"] and known(t, "bad")["failing_since"], 5, "both to be known")
    good, bad, new = (known(t, name) for name in ("good", "bad", "new"))
    t.equal((good["state"], bad["state"], new["state"]), ("enabled", "failing", "enabled"), "states")
    t.equal((good["old_secret"], good["old_secret_until"], bad["format"]), (True, until, "cloudevents"), "settings")
    t.equal((new["last_ok_at"], bad["last_ok_at"], good["failing_since"]), (None, None, None), "what never was")
    text = t.command("endpoint", "list").out
    t.matches(text, rf"good +localhost:{receiver.port} +enabled .*old secret until {until}", "for people")
    t.check("t0ken" not in text + json.dumps(good) + t.command("endpoint", "show", "good").out, "the path is shown")
    t.contains(t.command("endpoint", "show", "bad").out, "failing", "one of them")
    t.equal(t.command("endpoint", "show", "nobody").status, 66, "an unknown one")


def test_a_gone_endpoint_is_disabled_until_somebody_enables_it(t):
    receiver = t.https()
    configure(t, {"crm": t.endpoint(receiver, "/gone")})
    t.drop(hook(t))
    t.wait(lambda: known(t, "crm")["state"] == "disabled", 10, "the endpoint to be disabled")
    t.drop(hook(t, "two"))
    row = t.wait_for_state("two", "held", channel="webhook")
    t.equal(row["cause"], "endpoint_disabled", "cause")
    t.matches(t.command("endpoint", "show", "crm").out, r"(?s)disabled since 20.*gone", "what is shown")
    configure(t, {"crm": t.endpoint(receiver)}, start=False)
    t.daemon.signal(signal.SIGHUP)
    t.wait(lambda: "event=config.reloaded" in t.daemon.log(), 5, "the reload")
    answer = t.command("endpoint", "enable", "crm", "--reason", "they are back")
    t.equal(answer.status, 0, answer.err)
    t.contains(answer.out, "2 webhooks that were held are free: one asks first", "what it says")
    for identity in ("one", "two"):
        t.wait_for_state(identity, "delivered", channel="webhook")
    t.equal(known(t, "crm")["state"], "enabled", "state")
    t.contains(t.command("endpoint", "enable", "crm").out, "before", "once more")
    t.contains(t.command("actions").out, "they are back", "the record")


def test_what_a_gone_endpoint_was_told_waits_and_only_one_asks_whether_it_is_back(t):
    receiver, count = t.https(), 30
    names = [f"n{i}" for i in range(count)]
    held = lambda: [t.row(n, "webhook") for n in names if t.row(n, "webhook")["state"] == "held"]
    configure(t, {"crm": t.endpoint(receiver, "/gone")})
    t.enqueue(*(hook(t, name) for name in names))
    t.wait(lambda: len(held()) == count, 20, "all to be held")
    t.equal({row["cause"] for row in held()}, {"endpoint_disabled"}, "causes")
    told = len(receiver.received())
    for again in (1, 2):
        t.command("endpoint", "enable", "crm")
        t.wait(lambda: len(receiver.received()) == told + again, 10, "the endpoint to be asked")
        t.wait(lambda: len(held()) == count, 20, "all to be held again")
        t.equal((len(receiver.received()), known(t, "crm")["state"]), (told + again, "disabled"), "requests and state")
    t.equal(t.command("endpoint", "test", "crm").status, 1, "a disabled one is asked all the same")
    configure(t, {"crm": t.endpoint(receiver)}, start=False)
    t.daemon.signal(signal.SIGHUP)
    t.wait(lambda: "event=config.reloaded" in t.daemon.log(), 5, "the reload")
    t.equal(t.command("endpoint", "test", "crm").status, 0, "it is back")
    t.command("endpoint", "enable", "crm")
    for name in names:
        t.wait_for_state(name, "delivered", channel="webhook")
    told = [r["id"] for r in receiver.received() if r["status"] < 300 and not r["id"].startswith("test-")]
    t.equal(sorted(told), sorted(names), "each once")


def test_an_endpoint_that_was_enabled_while_no_daemon_ran_is_asked_by_one(t):
    receiver = t.https()
    names = [f"n{i}" for i in range(12)]
    configure(t, {"crm": t.endpoint(receiver, "/gone")})
    t.command("endpoint", "disable", "crm")
    t.enqueue(*(hook(t, name) for name in names))
    for name in names:
        t.wait_for_state(name, "held", channel="webhook")
    t.daemon.stop()
    t.contains(t.command("endpoint", "enable", "crm").out, "12 webhooks that were held are free", "what it says")
    t.equal(known(t, "crm")["state"], "probing", "state")
    t.daemon.start()
    for name in names:
        t.wait_for_state(name, "held", channel="webhook")
    t.equal(len(receiver.received()), 1, "requests")


def test_a_disabled_endpoint_is_seen_and_a_retry_says_what_holds_its_webhooks(t):
    receiver = t.https()
    configure(t, {"crm": t.endpoint(receiver), "other": t.endpoint(receiver)})
    t.equal(t.command("status", "--json").json()["endpoints_disabled"], [], "at first")
    for name in ("crm", "other"):
        t.command("endpoint", "disable", name, "--reason", "moving")
    t.enqueue(hook(t), hook(t, "two", to="other"))
    for identity in ("one", "two"):
        t.wait_for_state(identity, "held", channel="webhook")
    seen = t.command("status", "--json").json()["endpoints_disabled"]
    t.equal([(e["name"], e["reason"]) for e in seen], [("crm", "moving"), ("other", "moving")], "for programs")
    t.contains(t.command("status").out, "endpoint crm is disabled since", "for people")
    t.contains(t.command("show", "one").out, "dispatcher endpoint enable crm", "the way out")
    answer = t.command("retry", "one")
    t.contains(answer.out, "0 deliveries", "a retry")
    t.contains(answer.err, "is for a disabled endpoint and stays held", "why")
    t.equal(t.command("retry", "one", "--json").json()["left"], {"endpoint_disabled": 1}, "for programs")
    t.equal(t.command("endpoint", "enable", "crm", "--json").json()["freed"], 1, "freed: none of the others'")
    t.wait_for_state("one", "delivered", channel="webhook")
    t.equal(t.row("two", "webhook")["state"], "held", "of the other")


def test_an_endpoint_can_be_disabled_by_hand(t):
    receiver = t.https()
    configure(t, {"crm": t.endpoint(receiver)})
    answer = t.command("endpoint", "disable", "crm", "--reason", "moving", "--json")
    t.equal((answer.status, answer.json()["state"], answer.json()["changed"]), (0, "disabled", True), "disable")
    t.drop(hook(t))
    t.wait_for_state("one", "held", channel="webhook")
    t.equal(t.command("endpoint", "enable", "crm", "--json").json()["freed"], 1, "freed")
    t.wait_for_state("one", "delivered", channel="webhook")
    t.equal(t.command("endpoint", "disable", "nobody").status, 66, "an unknown one")

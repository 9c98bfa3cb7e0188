"""Helpers of the flow tests and the demo: a directory, peers, a daemon, notices, and questions to all of them.

A flow test is a function `test_*(t)` in tests/flow/test_*.py; `t` is a Flow. Whatever the test started ends with it.

    def test_reaches_a_mailbox(t):
        mail = t.smtp()
        t.configure(email=t.email_transport(mail))
        t.daemon.start()
        t.drop(t.notice("n1", locale="ko"))
        t.wait(lambda: mail.accepted(), 10, "one mail")
        t.equal(len(mail.accepted()), 1, "mails accepted")
"""

import base64
import contextlib
import email
import email.policy
import fcntl
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
PEERS = os.path.join(ROOT, "tests", "peers")
UNPACKED = os.path.join(ROOT, "build", "peers")
DISPATCHER = os.environ.get("DISPATCHER", os.path.join(ROOT, "build", "dispatcher"))
# Sanitized builds are slow: every wait is this much longer.
PATIENCE = float(os.environ.get("PATIENCE", "1"))
# Sanitized builds are slow: where only the number of people makes a test long, so many times fewer take the same way.
FEWER = int(os.environ.get("FEWER", "1"))
# How much longer than on a free machine that takes which has to be over before some time is: more in every round.
STRETCH = 1
# What a test waits for may take this long on a busy machine, however soon it comes on a free one.
LEAST_WAIT_S = 60
# Of a look and the pause behind it no more than this counts as waiting.
LONGEST_TURN_S = 0.1
# Only a command that hangs needs as long.
COMMAND_LIMIT_S = 240
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

sys.path.insert(0, PEERS)
import kannel
import peer


def leave_surroundings():
    """What a terminal, a build farm or nohup hands down shall decide no test: variables, mask, signals ignored."""
    told = re.compile(r"LANG|LANGUAGE|LC_.*|TZ|TERM|COLUMNS|LINES|(NO|FORCE)_COLOR|CLICOLOR.*|.*_proxy|.*_PROXY|DISPATCHER_.*"
                      r"|CREDENTIALS_DIRECTORY|LISTEN_.*|NOTIFY_SOCKET|SUDO_.*|MAKE.*|MFLAGS|CDPATH|ENV|BASH_ENV")  # fmt: skip
    for name in filter(told.fullmatch, list(os.environ)):
        del os.environ[name]
    os.environ.update(LC_ALL="C.UTF-8", TZ="UTC")
    os.umask(0o022)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGCHLD):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


class Failure(Exception):
    """What a test found wrong, in sentences."""


class Inconclusive(Failure):
    """Chance, or a slow machine, kept away what the test is about: nothing was found wrong and nothing was proven."""


def stretched(seconds):
    """A time in a configuration before whose end the test has to be somewhere: as a whole number of seconds."""
    return int(seconds * STRETCH)


def wait_until(condition, seconds, what, moving=lambda: None):
    """The first true answer of `condition`; Failure when the time is over. That it came soon is proven by what had not
    happened yet, never by this limit. While what `moving` says changes, time does not count: many take long. Nor does
    what a machine takes that gives us no processor, as it takes it from those we wait for as well."""
    limit = max(seconds, LEAST_WAIT_S) * PATIENCE
    waited, seen, last = 0, moving(), time.monotonic()
    while True:
        answer = condition()
        if answer:
            return answer
        now, time_now = moving(), time.monotonic()
        waited = waited + min(time_now - last, LONGEST_TURN_S) if now == seen else 0
        if waited > limit:
            raise Failure(f"waited {limit:g} s in vain for {what}")
        seen, last = now, time_now
        time.sleep(0.03)


def json_lines(path):
    """The complete lines of a log that may be growing."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as log:
            return [json.loads(line) for line in log if line.endswith("\n")]
    except FileNotFoundError:
        return []


def proc_kb(pid, name, keys):
    """The sum of some fields of a file in /proc/PID, in kB; 0 for a process that is gone."""
    with open(f"/proc/{pid}/{name}", encoding="ascii", errors="replace") as lines:
        fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return sum(int(fields.get(key, "0 kB").split()[0]) for key in keys)


def peak_kb(pid):
    """The most memory the process ever had, with what it shares."""
    return proc_kb(pid, "status", ["VmHWM"])


def private_kb(pid):
    """The memory that only this process has."""
    return proc_kb(pid, "smaps_rollup", ["Private_Clean", "Private_Dirty"])


def peer_environment():
    """Where the unpacked programs find their libraries and modules."""
    command = ["sh", os.path.join(ROOT, "tests", "tools", "peers.sh"), "--env", UNPACKED]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {**os.environ, **dict(line.split("=", 1) for line in lines), "PYTHONDONTWRITEBYTECODE": "1"}


def certificates():
    """The directory of the test authority, made once per checkout, by whoever comes first."""
    directory = os.path.join(ROOT, "build", "tests", "ca")
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "lock"), "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(["sh", os.path.join(PEERS, "ca.sh"), directory], check=True)
    return directory


class Peer:
    """A running peer: `port`, which is its own also while it is stopped, `dir`, and what its logs say."""

    def __init__(self, name, directory, command, environment):
        os.makedirs(directory, exist_ok=True)
        self.name, self.dir, self._command, self._environment = name, directory, command, environment
        self.port = None if "--host" in command or name == "kannel" else peer.free_ports(1)[0]
        self.start()

    def start(self):
        """Also after stop(): on the port it had."""
        command = self._command + (["--port", str(self.port)] if self.port else [])
        with open(os.path.join(self.dir, "peer.err"), "ab") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=self._environment
            )
        line = self.process.stdout.readline().split()
        if len(line) != 2 or line[0] != b"ready":
            with open(os.path.join(self.dir, "peer.err"), errors="replace") as errors:
                raise Failure(f"the peer {self.name} did not start: {errors.read()}")
        self.port = int(line[1])

    def stop(self):
        # Again and again: a thread of the peer that takes the signal does not wake the one that serves.
        while self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(1)
        self.process.stdin.close()
        self.process.stdout.close()

    def log(self, name):
        return json_lines(os.path.join(self.dir, name))

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def go(self):
        """Lets those go on that were told to wait."""
        with open(self.path("go"), "w", encoding="ascii"):
            pass


class SmtpPeer(Peer):
    def accepted(self):
        """One record per mail the server took responsibility for."""
        return self.log("accepted.jsonl")

    def events(self, event=None):
        return [e for e in self.log("events.jsonl") if event is None or e["event"] == event]

    def raw(self, record):
        with open(self.path(record["file"]), "rb") as file:
            return file.read()

    def mail(self, record):
        """The mail as Python's email package reads it."""
        return email.message_from_bytes(self.raw(record), policy=email.policy.default)

    def mail_to(self, address):
        found = [record for record in self.accepted() if address in record["rcpt"]]
        if not found:
            raise Failure(f"no mail to {address} was accepted")
        return self.mail(found[0])

    def transcript(self, who="C"):
        """Every byte that side sent, all connections one after the other."""
        text = "".join(line["bytes"] for line in self.log("transcript.jsonl") if line["who"] == who)
        return text.encode("latin-1")


class HttpsPeer(Peer):
    scheme = "https"

    def received(self, verified=True):
        return [r for r in self.log("received.jsonl") if verified is None or r["verified"] == verified]

    def body(self, record):
        with open(self.path(record["file"]), "rb") as file:
            return file.read()

    def json(self, record):
        return json.loads(self.body(record))

    def headers(self, record):
        with open(self.path(record["file"].replace(".body", ".json")), encoding="utf-8") as file:
            return {name.lower(): value for name, value in json.load(file)["headers"]}

    def url(self, path="/ok"):
        return f"{self.scheme}://localhost:{self.port}{path}"


class FrontPeer(HttpsPeer):
    """nginx before a receiver, see http2_front.py; what arrived is known to the receiver behind it."""

    def requests(self):
        """(protocol, connection, number of the request on it, status) of each, in order of their ends."""
        with open(self.path("requests.log"), encoding="ascii") as log:
            return [tuple(line.split()) for line in log]


class GatewayPeer(Peer):
    """Something that speaks Kannel's sendsms."""

    def base(self):
        return f"http://127.0.0.1:{self.port}"

    def url(self):
        return self.base() + "/cgi-bin/sendsms"


class FaultyGatewayPeer(GatewayPeer):
    def received(self):
        """One record per request, written before anything was answered, see sms_gateway.py."""
        return self.log("received.jsonl")


class KannelPeer(GatewayPeer):

    def received(self):
        """Messages at the fake SMSC, long ones put together again, see kannel.py."""
        return kannel.received(self.dir)


class SinkPeer:
    """Postfix's smtp-sink. It has neither TLS nor a log of its own: dumps hold what it accepted."""

    def __init__(self, directory, options, environment):
        os.makedirs(directory, exist_ok=True)
        self.dir = directory
        (self.port,) = peer.free_ports(1)
        program = os.path.join(UNPACKED, "usr", "sbin", "smtp-sink")
        # Root must name a user to become; the dump directory has to be his.
        become = ["-u", "nobody"] if os.getuid() == 0 else []
        if become:
            shutil.chown(directory, "nobody")
        self.process = subprocess.Popen(
            [program, *become, "-d", "%H%M%S.", *options, f"127.0.0.1:{self.port}", "100"],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=open(os.path.join(directory, "peer.err"), "ab"),
            env=environment,
            preexec_fn=peer.die_when_parent_dies,
        )
        wait_until(lambda: kannel.is_open(self.port), 5, "smtp-sink to listen")

    def dumps(self):
        return [name for name in sorted(glob.glob(os.path.join(self.dir, "*.*"))) if not name.endswith("peer.err")]

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Daemon:
    """`dispatcher run`, in a session of its own so that no worker can be overlooked."""

    def __init__(self, flow):
        self.flow = flow
        self.process = None
        self.log_path = os.path.join(flow.dir, "daemon.log")

    def start(self, *arguments, wait=True):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [DISPATCHER, "run", "--config", self.flow.config_path, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=peer.die_when_parent_dies,
                cwd=self.flow.dir,
                env=self.flow.environment,
            )
        if wait:
            self.wait_for_answer()

    def wait_for_answer(self):
        try:
            wait_until(self.answers, 10, "the daemon to answer")
        except Failure as failure:
            with open(f"/proc/{self.pid}/stat", encoding="utf-8") as stat, open(f"/proc/{self.pid}/wchan") as where:
                raise Failure(f"{failure}; it waits in {where.read()!r}: {stat.read()}\n{self.log_tail()}") from None

    def answers(self):
        if self.process.poll() is not None:
            raise Failure(f"the daemon ended with {self.process.returncode}:\n{self.log_tail()}")
        with socket.socket(socket.AF_UNIX) as control:
            return control.connect_ex(self.flow.control_socket) == 0

    def log_size(self):
        return os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, seconds=15):
        """SIGTERM and its exit status; Failure if it or a worker stays."""
        self.signal(signal.SIGTERM)
        return self.wait_for_end(seconds)

    def wait_for_end(self, seconds=15):
        """Its exit status, once it and its workers are gone."""
        wait_until(lambda: self.process.poll() is not None, seconds, "the daemon to end")
        wait_until(lambda: not self.members(), 3, "the workers to end with the daemon")
        return self.process.returncode

    def kill(self):
        """kill -9 of the scheduler alone; what becomes of its workers is its affair."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def members(self):
        """Processes of the daemon's session: it and its workers."""
        return [pid for pid, _, session in processes() if session == self.process.pid]

    def workers(self):
        return [pid for pid, parent, _ in processes() if parent == self.process.pid]

    def end_whatever_is_left(self):
        if self.process is None:
            return
        for pid in self.members():
            kill_if_there(pid)
        self.process.wait()

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def log_tail(self, lines=40):
        return "\n".join(self.log().splitlines()[-lines:])


def processes():
    """(pid, parent, session) of every living process; zombies are dead."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            yield int(entry), int(fields[1]), int(fields[3])


def signal_if_there(pid, number):
    """To a process that may be gone already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def kill_if_there(pid):
    signal_if_there(pid, signal.SIGKILL)


class Answer:
    """What a command said: `status`, `out`, `err`."""

    def __init__(self, completed):
        self.status = completed.returncode
        self.out = completed.stdout.decode("utf-8", "replace")
        self.err = completed.stderr.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.out)

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


class Flow:
    def __init__(self, name, directory=None):
        self.name = name
        # Short, because a UNIX socket's path has about a hundred bytes.
        self.dir = directory or tempfile.mkdtemp(prefix="dispatcher-")
        self.spool = os.path.join(self.dir, "spool")
        self.config_path = os.path.join(self.dir, "dispatcher.yaml")
        self.control_socket = os.path.join(self.spool, "control.sock")
        self.environment = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": self.dir, "CRM_SECRET": WEBHOOK_SECRET}
        self.daemon = Daemon(self)
        self.peers = []
        self.problems = []

    # checks: they collect, so that one run shows everything that is wrong

    def check(self, condition, sentence):
        if not condition:
            self.problems.append(sentence)
        return bool(condition)

    def equal(self, got, expected, what):
        return self.check(got == expected, f"{what}: expected {expected!r}, got {got!r}")

    def contains(self, text, part, what):
        shown = text if len(text) < 800 else text[:400] + " ... " + text[-400:]
        return self.check(part in text, f"{what}: {part!r} is not in {shown!r}")

    def matches(self, text, pattern, what):
        return self.check(re.search(pattern, text), f"{what}: {text!r} does not match {pattern!r}")

    def wait(self, condition, seconds, what, moving=lambda: None):
        """wait_until, where a daemon that writes to its log is on its way."""
        return wait_until(condition, seconds, what, lambda: (moving(), self.daemon.log_size()))

    @contextlib.contextmanager
    def within(self, seconds, what):
        """For what is true only so long: found wrong later, it proves nothing."""
        began, before = time.monotonic(), len(self.problems)
        failure = None
        try:
            yield
        except (Failure, AssertionError) as error:
            failure = error
        found = [problem for problem in self.problems[before:] if not problem.startswith("sanitizer:")]
        took = time.monotonic() - began
        if (failure or found) and took > seconds:
            self.problems = [problem for problem in self.problems if problem not in found]
            raise Inconclusive(f"{what}: it took {took:.1f} s, not {seconds:g} s at most; wrong was {failure or found}")
        if failure:
            raise failure

    def holds(self, condition, seconds, sentence):
        """True for the whole time: for what must not happen."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.check(condition(), sentence):
                return False
            time.sleep(0.05)
        return True

    # peers

    def peer_dir(self, kind):
        count = sum(1 for p in self.peers if os.path.basename(p.dir).startswith(kind))
        return os.path.join(self.dir, f"{kind}{count + 1}")

    def add(self, made):
        self.peers.append(made)
        return made

    @staticmethod
    def certificate(name="server"):
        directory = certificates()
        return ["--cert", f"{directory}/{name}.pem", "--key", f"{directory}/{name}.key"]

    def smtp(self, *options, certificate="server"):
        """A good server: STARTTLS, user tester, password secret."""
        directory = self.peer_dir("smtp")
        command = [os.path.join(PEERS, "smtp_server.py"), "--dir", directory, *self.certificate(certificate), *options]
        return self.add(SmtpPeer("smtp", directory, command, peer_environment()))

    def faulty(self, mode, *options, tls=True, auth=True):
        """A server with a fault, see faulty_smtp.py; same user and password."""
        directory = self.peer_dir("faulty")
        command = [os.path.join(PEERS, "faulty_smtp.py"), "--dir", directory, "--mode", mode, *options]
        if tls:
            command += self.certificate()
        if auth:
            command += ["--user", "tester", "--password", "secret"]
        return self.add(SmtpPeer(mode, directory, command, peer_environment()))

    def sink(self, *options):
        return self.add(SinkPeer(self.peer_dir("sink"), options, peer_environment()))

    def https(self, *options, certificate="server", secret=WEBHOOK_SECRET):
        directory = self.peer_dir("https")
        command = [os.path.join(PEERS, "https_receiver.py"), "--dir", directory, "--secret", secret]
        command += [*self.certificate(certificate), *options]
        made = HttpsPeer("https", directory, command, peer_environment())
        made.scheme = "http" if "--plain" in options else "https"
        return self.add(made)

    def http2_front(self, receiver, *options):
        """A front door that speaks HTTP/2 before a plain receiver."""
        directory = self.peer_dir("front")
        program = os.path.join(UNPACKED, "usr", "sbin", "nginx")
        command = [os.path.join(PEERS, "http2_front.py"), "--dir", directory, "--program", program]
        command += ["--upstream", str(receiver.port), *self.certificate(), *options]
        return self.add(FrontPeer("front", directory, command, peer_environment()))

    def kannel(self):
        directory = self.peer_dir("kannel")
        command = [os.path.join(PEERS, "kannel.py"), "--dir", directory]
        return self.add(KannelPeer("kannel", directory, command, peer_environment()))

    def faulty_gateway(self, mode="ok"):
        directory = self.peer_dir("gateway")
        command = [os.path.join(PEERS, "sms_gateway.py"), "--dir", directory, "--mode", mode]
        return self.add(FaultyGatewayPeer("gateway", directory, command, peer_environment()))

    # configuration: the one place that knows its keys

    def email_transport(self, server, **keys):
        tls = keys.pop("tls", "required")
        transport = {"channel": "email", "host": "localhost", "port": server.port, "tls": tls}
        if tls == "required":
            transport["ca_file"] = f"{certificates()}/ca.pem"
            if keys.pop("auth", True):
                transport.update(user="tester", password={"file": self.secret_file("smtp-password", "secret")})
        return {**transport, **keys}

    def sms_transport(self, gateway, **keys):
        password = {"file": self.secret_file("sms-password", "foobar")}
        transport = {
            "channel": "sms",
            "gateway": "kannel",
            "sender": "+49301234567",
            "allow_private": True,
            "vars": {"base": gateway.base(), "user": "tester", "password": password},
        }
        return {**transport, **keys}

    def webhook_transport(self, **keys):
        return {"channel": "webhook", "ca_file": f"{certificates()}/ca.pem", **keys}

    def endpoint(self, receiver, path="/ok", **keys):
        secret = {"file": self.secret_file("webhook-secret", WEBHOOK_SECRET)}
        return {"url": receiver.url(path), "secret": secret, "allow_private": True, **keys}

    def secret_file(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", opener=lambda p, f: os.open(p, f, 0o600)) as out:
            out.write(text)
        return path

    def configure(self, email=None, sms=None, webhook=None, endpoints=None, rules=None, locale=None, **keys):
        """Writes dispatcher.yaml and rules.yaml. Channels left out go to an outbox; `keys` are top-level keys."""
        outbox = {channel: {"channel": channel, "type": "outbox"} for channel in ("email", "sms", "webhook")}
        config = {
            "spool": self.spool,
            "templates": os.path.join(ROOT, "templates"),
            "locales": os.path.join(ROOT, "locales"),
            "gateways": os.path.join(ROOT, "config", "gateways"),
            "law": os.path.join(ROOT, "config", "law"),
            "workers": 4,
            "trial": False,
            "organisation": ORGANISATION,
            "transports": {
                "mail": email or outbox["email"],
                "texts": sms or outbox["sms"],
                "hooks": webhook or outbox["webhook"],
            },
            "endpoints": endpoints or {},
            **keys,
        }
        self.write("dispatcher.yaml", yaml({key: value for key, value in config.items() if value != {}}))
        self.write("rules.yaml", yaml({"schema": 1, "locale": locale or {"fallback": "en"}, "rules": rules or REST}))
        os.makedirs(self.spool, exist_ok=True)

    def outbox(self, transport, identity):
        """The bytes an outbox holds for a notice; None if nothing is there."""
        folder, ending = {"mail": ("new/", ".eml"), "texts": ("", ".txt"), "hooks": ("", ".json")}[transport]
        try:
            with open(os.path.join(self.spool, "outbox", transport, folder + identity + ending), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def letter(self, name, variables="", webhook=None, **languages):
        """A letter of the test's own, below DIR/templates: tag=(subject, sms, body); the first for tags left out."""
        languages = {**{tag: next(iter(languages.values())) for tag in ("de", "ko", "en")}, **languages}
        folder = os.path.join(self.dir, "templates")
        for shared in ("_layouts", "_partials"):
            if not os.path.exists(os.path.join(folder, shared)):
                shutil.copytree(os.path.join(ROOT, "templates", shared), os.path.join(folder, shared))
        head = f"schema: 1\nversion: 1\nsource: {next(iter(languages))}\nchannels: [email, sms, webhook]\n"
        self.write(f"templates/{name}/template.yaml", head + (f"variables:\n{variables}" if variables else ""))
        for tag, (subject, sms, body) in languages.items():
            front = "".join(f"{k}: {json.dumps(v, ensure_ascii=False)}\n" for k, v in (("subject", subject), ("sms", sms)))
            self.write(f"templates/{name}/{tag}.md", f"---\n{front}---\n{body}\n")
        if webhook:
            self.write(f"templates/{name}/webhook.json", webhook)
        return folder

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    # notices

    def notice(self, identity, template="apology", locale="en", channels=("email",), fixture=None, to=None, **members):
        """A notice from a fixture of the template; `to` and further members replace its own."""
        fixtures = sorted(glob.glob(os.path.join(ROOT, "templates", template, "fixtures", "*.json")))
        chosen = [name for name in fixtures if fixture and os.path.basename(name) == fixture + ".json"] or fixtures
        with open(chosen[0], encoding="utf-8") as file:
            notice = json.load(file)
        notice.update(version=1, id=identity, template=template, locale=locale)
        notice["routing"] = {"method": "all", "channels": list(channels)}
        notice["to"] = {**notice["to"], **(to or {})}
        notice.update(members)
        return notice

    def notices(self, count, prefix="n", first=0, **members):
        """Many, numbered from `first`, each to a mailbox and a number of its own."""
        return [
            self.notice(
                f"{prefix}{i}",
                locale=("de", "ko", "en")[i % 3],
                to={"email": f"{prefix}{i}@example.org", "phone": f"+4915100{i:06d}", "webhook": "crm"},
                **members,
            )
            for i in range(first, first + count)
        ]

    def drop(self, notice, identity=None):
        """The shell client of the drop protocol, run inside the spool: 0 queued or the same, 65 conflict, 75 later."""
        text = notice if isinstance(notice, (bytes, str)) else json.dumps(notice, ensure_ascii=False)
        data = text.encode() if isinstance(text, str) else text
        identity = identity or notice["id"]
        for name in ("tmp", "new"):
            os.makedirs(os.path.join(self.spool, name), exist_ok=True)
        return subprocess.run(
            ["sh", "-c", DROP_CLIENT], cwd=self.spool, input=data, env={**os.environ, "id": identity}
        ).returncode

    def command(self, *arguments, text=None, timeout=COMMAND_LIMIT_S):
        """Runs `dispatcher VERB ...` with this test's configuration."""
        answer = Answer(
            subprocess.run(
                [DISPATCHER, *arguments, "--config", self.config_path],
                input=text.encode() if isinstance(text, str) else text,
                stdin=subprocess.DEVNULL if text is None else None,
                capture_output=True,
                cwd=self.dir,
                env=self.environment,
                timeout=max(timeout, COMMAND_LIMIT_S) * PATIENCE,
            )
        )
        self.problems += sanitizer_reports(answer.err)
        return answer

    def enqueue(self, *notices):
        """Hands them over as JSON Lines and expects success; the ids. A daemon that runs has taken them in by then."""
        answer = self.command("enqueue", "-", text="".join(json.dumps(n, ensure_ascii=False) + "\n" for n in notices))
        if answer.status != 0:
            raise Failure(f"enqueue ended with {answer.status}: {answer.err}")
        if self.daemon.running():
            wait_until(lambda: not self.in_new(answer.out.split()), 10, "the daemon to take in what was handed over")
        return answer.out.split()

    def in_new(self, identities):
        """Those that stand in new/ still."""
        return [i for i in identities if os.path.exists(os.path.join(self.spool, "new", f"{i}.json"))]

    # what the ledger says, asked over the control socket: quicker than a process per question

    def ask(self, verb, **members):
        """The rows of the answer and its last line."""
        request = json.dumps({"v": 1, "verb": verb, **members}) + "\n"
        answer = b""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(LEAST_WAIT_S * PATIENCE)
            control.connect(self.control_socket)
            control.sendall(request.encode())
            while True:
                chunk = control.recv(65536)
                if not chunk:
                    raise Failure(f"the daemon closed the socket at {verb}; it had said {answer!r}")
                answer += chunk
                lines = answer.split(b"\n")
                if lines[-1] == b"" and len(lines) > 1:
                    last = json.loads(lines[-2])
                    if "end" in last or "error" in last:
                        return [json.loads(line) for line in lines[:-2]], last

    def rows(self, **selector):
        """Deliveries as `queue --json` has them."""
        rows, after = [], 0
        while True:
            page, end = self.ask("queue", selector=selector, after=after, limit=1000)
            rows += page
            if not end.get("more"):
                return rows
            after = end["last"]

    def row(self, identity, channel="email"):
        found = self.rows(id=identity, channel=channel)
        return found[0] if found else None

    def attempts(self, identity, channel="email"):
        rows, _ = self.ask("show", id=identity)
        mine, attempts = False, []
        for row in rows:
            if "channel" in row:
                mine = row["channel"] == channel
            elif mine and "attempt" in row:
                attempts.append(row)
        return attempts

    def summary(self, channel):
        rows, _ = self.ask("summary")
        return next({k: v for k, v in row.items() if k not in ("v", "channel", "oldest") and v} for row in rows if row["channel"] == channel)

    def wait_for_state(self, identity, *states, channel="email", seconds=10):
        """The row once it is in one of the states."""

        def there():
            row = self.row(identity, channel)
            return row if row and row["state"] in states else None

        try:
            return self.wait(there, seconds, f"{identity} to be {' or '.join(states)}")
        except Failure as failure:
            raise Failure(f"{failure}; it is {self.row(identity, channel)}") from None

    def corrupt(self, stem, seconds=8):
        """The reason corrupt/ gives, once it is there."""
        path = os.path.join(self.spool, "corrupt", stem + ".reason")
        wait_until(lambda: os.path.exists(path), seconds, f"corrupt/{stem}.reason")
        with open(path, encoding="utf-8") as file:
            return file.read()

    # end

    def close(self):
        """Ends everything; returns what was found wrong meanwhile."""
        self.daemon.end_whatever_is_left()
        for made in reversed(self.peers):
            made.stop()
        self.problems += sanitizer_reports(self.daemon.log())
        return self.problems

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)


REST = [{"name": "rest", "then": {"channels": ["email"]}}]
ORGANISATION = {
    "domain": "notices.example.org",
    "from": "notice@example.org",
    "reply_to": "service@example.org",
    "bounce": "bounce@example.org",
    "website": "www.example.org",
    "email": "service@example.org",
    "phone": "+49 30 0000 0000",
    "en": {"name": "Harbour Bank", "street": "1 Example Street"},
    "de": {"name": "Bürgerbank Süd", "street": "Musterstraße 1"},
    "ko": {"name": "보기은행", "street": "서울특별시 중구 예시로 1"},
}


def drop_client():
    """The shell client that README.md shows to producers: what it promises there is tested here."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as readme:
        (client,) = re.findall(r"^```sh\n(.*?)^```$", readme.read(), re.M | re.S)
    return client


DROP_CLIENT = drop_client()


def sanitizer_reports(log):
    marks = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:")
    return [f"sanitizer: {line}" for line in log.splitlines() if any(mark in line for mark in marks)]


def yaml(value, indent=""):
    """Block YAML with every string quoted: nothing is guessed on reading."""
    if isinstance(value, dict) and value:
        return "".join(
            f"{indent}{key}:{yaml(item, indent + '  ')}" if is_flat(item) else f"{indent}{key}:\n{yaml(item, indent + '  ')}"
            for key, item in value.items()
        )
    if isinstance(value, list) and value:
        return "".join(f"{indent}- {json.dumps(item, ensure_ascii=False)}\n" for item in value)
    return " " + json.dumps(value, ensure_ascii=False) + "\n"


def is_flat(value):
    return not isinstance(value, (dict, list)) or not value


def secret_key(secret=WEBHOOK_SECRET):
    return base64.b64decode(secret.removeprefix("whsec_"))

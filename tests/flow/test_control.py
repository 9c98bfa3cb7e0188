"""The control socket: who may ask what, what operators stop and let go, and commands that meet a daemon in trouble."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

import lib

# Groups every Debian has, so that no account has to be made: their numbers stand for people.
GROUPS = {"operate": "operator", "approve": "staff", "enqueue": "users"}
STRANGER, PRODUCER, OPERATOR, APPROVER = "stranger", "producer", "operator", "approver"
IN = {STRANGER: None, PRODUCER: "enqueue", OPERATOR: "operate", APPROVER: "approve"}
MAY = {
    STRANGER: set(),
    PRODUCER: {"ENQUEUE"},
    OPERATOR: {"LOOK", "ENQUEUE", "OPERATE"},
    APPROVER: {"LOOK", "APPROVE"},
}
UID = 2024
NO_GROUP = 2024


def not_root():
    if os.geteuid() == 0:
        return False
    print("not root: other users cannot be played, nothing was tried")
    return True


def gid_of(who):
    import grp

    return grp.getgrnam(GROUPS[IN[who]]).gr_gid if IN[who] else None


def as_user(who):
    """A command line that runs the rest as somebody of that kind."""
    group = ["--clear-groups"] if IN[who] is None else [f"--groups={gid_of(who)}"]
    return ["setpriv", f"--reuid={UID}", f"--regid={NO_GROUP}", *group]


def open_way(t):
    """Others come as far as the spool, which has the mode that the daemon itself gives one."""
    os.chmod(t.dir, 0o755)
    os.chmod(t.spool, 0o750)


def command_as(t, who, *arguments, text=None):
    completed = subprocess.run(
        [*as_user(who), lib.DISPATCHER, *arguments, "--config", t.config_path],
        input=text.encode() if text else None,
        stdin=None if text else subprocess.DEVNULL,
        capture_output=True,
        cwd=t.dir,
        env=t.environment,
        timeout=60 * lib.PATIENCE,
    )
    return lib.Answer(completed)


def ask_as(t, who, verb, **members):
    """One request in a child that has become somebody of that kind; the last line of the answer."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([gid_of(who)] if IN[who] else [])
            os.setresgid(NO_GROUP, NO_GROUP, NO_GROUP)
            os.setresuid(UID, UID, UID)
            answer = json.dumps(t.ask(verb, **members)[1])
        except BaseException as wrong:  # pylint: disable=broad-except
            answer = json.dumps({"broken": repr(wrong)})
        os.write(write, answer.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        answer = json.loads(pipe.read())
    os.waitpid(pid, 0)
    return answer


def documented():
    """Verb to classes, from the table of docs/control.md."""
    with open(os.path.join(lib.ROOT, "docs", "control.md"), encoding="utf-8") as page:
        rows = re.findall(r"^\| `(\w+)` \| ([A-Z, ]+) \|", page.read(), re.M)
    return {verb: set(classes.split(", ")) for verb, classes in rows}


def in_the_table():
    with open(os.path.join(lib.ROOT, "dispatcher", "engine", "requests.c"), encoding="utf-8") as source:
        text = source.read()
    table = re.search(r"verbs\[\] = \{(.*?)\n\};", text, re.S).group(1)
    return {
        verb: set(re.findall(r"LOOK|ENQUEUE|OPERATE|APPROVE", classes.replace("ANYBODY", "LOOK ENQUEUE")))
        for verb, classes in re.findall(r'\{"(\w+)",\s*([^,]+),', table)
    }


# who may what


def test_the_document_names_every_verb_with_its_class():
    described, there = documented(), in_the_table()
    if described != there:
        wrong = {v: (described.get(v), there.get(v)) for v in {*described, *there} if described.get(v) != there.get(v)}
        raise lib.Failure(f"docs/control.md and the table of verbs differ (document, table): {wrong}")


def test_each_class_of_requests_is_for_its_group(t):
    if not_root():
        return
    t.configure(control=GROUPS)
    open_way(t)
    t.daemon.start()
    for who, may in MAY.items():
        for verb, classes in in_the_table().items():
            if verb in ("reload", "purge"):  # the same class as others, and they would do something
                continue
            answer = ask_as(t, who, verb)
            denied = answer.get("code") == -7 and "join the group" in answer.get("error", "")
            t.equal(denied, not classes & may, f"{who}: {verb} is refused ({answer})")
    answer = ask_as(t, APPROVER, "stop", batch="b")
    t.contains(answer["error"], '"operator" (control.operate: ', "the group to join and where it stands")
    t.contains(answer["error"], "dispatcher.yaml:", "the place of the key")
    t.contains(ask_as(t, STRANGER, "queue")["error"], "daemon's group", "a stranger is told whose group it is")
    t.contains(answer["error"], f"uid {UID} ", "who is refused")


def test_a_producer_hands_in_and_sees_nothing_of_others(t):
    if not_root():
        return
    t.configure(control=GROUPS)
    open_way(t)
    t.daemon.start()
    notice = json.dumps(t.notice("first", to={"email": "anna@example.org"}))
    answer = command_as(t, PRODUCER, "enqueue", "-", text=notice)
    t.equal((answer.status, answer.out), (0, "first\n"), f"enqueue ({answer.err})")
    t.wait_for_state("first", "delivered")
    again = command_as(t, PRODUCER, "enqueue", "-", text=notice)
    t.equal(again.status, 0, f"the same once more ({again.err})")
    for arguments in (("queue",), ("show", "first"), ("actions",)):
        answer = command_as(t, PRODUCER, *arguments)
        t.equal(answer.status, 77, f"{arguments[0]} ({answer.out}{answer.err})")
    answer = command_as(t, PRODUCER, "retry", "--state", "failed")
    t.equal(answer.status, 77, f"retry ({answer.out}{answer.err})")
    t.contains(answer.err, 'the group "operator"', "retry says whom it is for")
    for name in ("ledger.db", "ledger.db-wal", "batches", "corrupt"):
        path = os.path.join(t.spool, name)
        tried = subprocess.run([*as_user(PRODUCER), "test", "-r", path], check=False)
        t.equal((os.path.exists(path), tried.returncode), (True, 1), f"a producer reads {name}")
    t.equal(subprocess.run([*as_user(PRODUCER), "ls", t.spool], capture_output=True).returncode != 0, True, "ls")
    dropped = subprocess.run(
        [*as_user(PRODUCER), "sh", "-c", lib.DROP_CLIENT],
        cwd=t.spool,
        input=json.dumps(t.notice("second", to={"email": "kim@example.org"})).encode(),
        env={**os.environ, "id": "second"},
    )
    t.equal(dropped.returncode, 0, "the drop protocol")
    t.wait_for_state("second", "delivered")
    stranger = subprocess.run([*as_user(STRANGER), "test", "-w", os.path.join(t.spool, "new")], check=False)
    t.equal(stranger.returncode, 1, "a stranger writes into new/")


def test_an_operator_operates_and_is_named(t):
    if not_root():
        return
    t.configure(control=GROUPS)
    open_way(t)
    t.daemon.start()
    answer = command_as(t, OPERATOR, "transport", "pause", "mail", "--reason", "new relay")
    t.equal(answer.status, 0, f"transport pause ({answer.err})")
    actions = t.command("actions", "--json").lines()
    t.equal(
        [(a["verb"], a["who"], a["reason"]) for a in actions],
        [("transport pause", f"uid {UID} (unknown)", "new relay")],
        "the chain of actions",
    )
    t.equal(command_as(t, OPERATOR, "queue").status, 0, "queue")
    t.equal(command_as(t, APPROVER, "transport", "resume", "mail").status, 77, "an approver resumes")


def test_without_groups_the_file_of_the_socket_decides(t):
    if not_root():
        return
    t.configure()
    open_way(t)
    os.chmod(t.spool, 0o755)
    t.daemon.start()
    t.equal(os.stat(t.control_socket).st_mode & 0o777, 0o660, "mode of the socket")
    answer = command_as(t, OPERATOR, "queue", "--socket", t.control_socket)
    t.equal(answer.status, 77, f"who may not open the socket ({answer.err})")
    t.contains(answer.err, t.control_socket, "which socket")


def test_without_a_daemon_the_groups_of_the_command_count(t):
    if not_root():
        return
    t.configure(control=GROUPS)
    open_way(t)
    t.daemon.start()
    t.daemon.stop()
    answer = command_as(t, PRODUCER, "transport", "pause", "mail")
    t.equal(answer.status, 77, f"who may not touch the ledger ({answer.err})")
    t.contains(answer.err, "no daemon answers", "why")
    t.equal(command_as(t, PRODUCER, "queue").status, 77, "who may not read it")
    for path, _, names in os.walk(t.spool):
        for name in [".", *names]:
            os.chmod(os.path.join(path, name), 0o777)
    answer = command_as(t, PRODUCER, "transport", "pause", "mail")
    t.equal(answer.status, 77, f"files that everybody may write are no permission ({answer.out}{answer.err})")
    answer = command_as(t, OPERATOR, "transport", "pause", "mail")
    t.equal(answer.status, 0, f"an operator ({answer.err})")


def test_a_group_that_does_not_exist_is_a_mistake_of_the_configuration(t):
    t.configure(control={"operate": "no-such-group"})
    t.daemon.start(wait=False)
    t.equal(t.daemon.wait_for_end(), 78, "exit status")
    t.contains(t.daemon.log(), 'no group \\"no-such-group\\"' if '\\"no-such' in t.daemon.log() else 'no group "no-such-group"', "log")
    t.configure()
    t.daemon.start()
    t.configure(campaigns={"roles": {"legal": {"groups": ["no-such-group"]}}})
    answer = t.command("reload")
    t.equal(answer.status, 78, f"a reload with such a role ({answer.out}{answer.err})")
    t.contains(answer.err, "no-such-group", "reload")


# transports


def three_ways(t):
    t.configure(
        transports={
            "mail": {"channel": "email", "type": "outbox", "failover": ["spare"]},
            "spare": {"channel": "email", "type": "outbox"},
            "texts": {"channel": "sms", "type": "outbox"},
            "hooks": {"channel": "webhook", "type": "outbox"},
        }
    )


def carried_by(t, transport):
    folder = os.path.join(t.spool, "outbox", transport, "new")
    return os.path.isdir(folder) and os.listdir(folder)


def test_a_paused_transport_waits_also_after_a_restart_and_says_why(t):
    three_ways(t)
    t.daemon.start()
    answer = t.command("transport", "pause", "mail", "--reason", "relay moves")
    t.equal(answer.status, 0, answer.err)
    t.contains(answer.out, "Undo: dispatcher transport resume mail", "the undo")
    t.enqueue(t.notice("one", to={"email": "anna@example.org"}))
    t.wait(lambda: t.row("one"), 5, "the notice")
    t.daemon.stop()
    t.daemon.start()
    t.holds(lambda: t.row("one")["state"] == "waiting" and not carried_by(t, "spare"), 0.5, "it left, or its failover stepped in")
    row = t.row("one")
    t.equal((row["waits_for"], row["next_attempt_at"]), ("transport_paused", None), "queue")
    t.matches(row["rests_because"], r"paused since \S+ by uid \d+ \(.*\): relay moves", "since when, by whom, why")
    t.contains(t.command("show", "one").out, "relay moves", "show")
    t.contains(t.command("queue").out, "one", "queue for people")
    status = t.command("status")
    t.contains(status.out, "transport mail is paused since", "status")
    t.contains(status.out, "single notices: ", "what waits")
    listed = {row["transport"]: row for row in t.command("transport", "list", "--json").lines()}
    t.equal((listed["mail"]["state"], listed["mail"]["reason"]), ("paused", "relay moves"), "transport list")
    t.equal(listed["spare"]["state"], "goes", "the other")
    # Without a daemon it is told as well.
    t.daemon.stop()
    waiting = [r["waits_for"] for r in t.command("queue", "--json").lines() if r.get("id") == "one"]
    t.equal(waiting, ["transport_paused"], "queue without a daemon")
    t.daemon.start()
    t.equal(t.command("transport", "resume", "mail").status, 0, "resume")
    t.wait_for_state("one", "delivered")
    t.check(t.outbox("mail", "one"), "it went over the transport it had waited for")
    t.equal([a["verb"] for a in t.command("actions", "--json").lines()], ["transport pause", "transport resume"], "actions")


def test_with_over_the_failover_carries_and_a_paused_failover_does_not(t):
    three_ways(t)
    t.daemon.start()
    t.equal(t.command("transport", "pause", "mail", "--over").status, 0, "pause")
    t.enqueue(t.notice("one", to={"email": "anna@example.org"}))
    t.wait_for_state("one", "delivered")
    t.equal((bool(t.outbox("mail", "one")), t.attempts("one")[0]["transport"]), (False, "spare"), "who carried it")
    t.equal(t.command("transport", "pause", "spare").status, 0, "pause the failover")
    t.enqueue(t.notice("two", to={"email": "anna@example.org"}))
    t.wait(lambda: t.row("two"), 5, "the notice")
    t.holds(lambda: t.row("two")["state"] == "waiting", 0.4, "it left over a paused transport")
    t.equal(t.row("two")["waits_for"], "transport_paused", "waits for")
    answer = t.command("transport", "pause", "mial")
    t.equal(answer.status, 66, f"an unknown one ({answer.err})")
    t.contains(answer.err, "mail, spare", "those there are")


# trial mode


def test_live_goes_before_the_configuration_and_is_remembered(t):
    """nobody said: the configuration; on: live; off: trial."""
    t.configure(trial=True, allow=["nobody@example.org"])
    t.daemon.start()

    def tried(identity):
        t.enqueue(t.notice(identity, to={"email": "anna@example.org"}))
        return t.wait_for_state(identity, "delivered", "suppressed")["state"]

    t.equal(tried("unsaid"), "suppressed", "the configuration says trial")
    refused = t.command("live", "on")
    t.equal(refused.status, 64, "a script that does not confirm")
    t.contains(refused.err, "--confirm live", "what is missing")
    t.equal(tried("refused"), "suppressed", "nothing was changed")
    answer = t.command("live", "on", "--confirm", "live", "--reason", "released")
    t.equal(answer.status, 0, answer.err)
    t.contains(answer.out, "Undo: dispatcher live off", "the undo")
    t.contains(answer.out, "still says `trial: true`", "what the configuration says")
    t.equal(tried("on"), "delivered", "live")
    t.equal(t.command("reload").status, 0, "reload")
    t.equal(tried("reloaded"), "delivered", "live after a reload")
    t.daemon.stop()
    t.daemon.start()
    t.equal(tried("restarted"), "delivered", "live after a restart")
    status = t.command("status", "--json").json()
    t.equal((status["trial"], status["trial_configured"], status["live"]), (False, True, "on"), "status")
    t.contains(t.command("status").out, "the configuration says trial: true", "status for people")

    t.configure(trial=False, allow=["nobody@example.org"])
    off = t.command("live", "off")
    t.equal(off.status, 0, f"off is mild ({off.err})")
    t.contains(off.out, "Undo: dispatcher live on", "the undo")
    t.equal(t.command("reload").status, 0, "reload")
    t.equal(tried("off"), "suppressed", "off goes before trial: false")
    t.daemon.stop()
    enqueued = t.command("enqueue", "-", text=json.dumps(t.notice("hint", to={"email": "anna@example.org"})))
    t.contains(enqueued.err, "Trial mode is on", "enqueue knows without a daemon")
    tested = t.command("transport", "test", "mail", "--to", "anna@example.org")
    t.equal(tested.status, 77, f"transport test ({tested.err})")
    t.equal([a["verb"] for a in t.command("actions", "--json").lines() if a["verb"] != "reload"], ["live on", "live off"], "actions")


# reload, ready, log-level


class Beside(threading.Thread):
    """A command that runs meanwhile. The daemon itself is started by the main thread: it ends with who started it."""

    def __init__(self, run):
        super().__init__(daemon=True)
        self.run_it = run
        self.answer = None
        self.start()

    def run(self):
        self.answer = self.run_it()

    def result(self):
        self.join()
        return self.answer


def test_reload_says_what_changed_or_why_the_old_one_stays(t):
    t.configure(workers=4)
    t.daemon.start()
    t.configure(workers=2, rescan="5s")
    answer = t.command("reload", "--json")
    rows = answer.lines()
    t.equal(answer.status, 0, answer.err)
    t.equal({r["key"]: (r["was"], r["now"]) for r in rows[:-1]}, {"workers": ("4", "2"), "rescan": ("30s", "5s")}, "keys")
    t.contains(t.command("reload").out, "No key of the configuration has changed", "once more")
    t.configure(workers=0)
    answer = t.command("reload")
    t.equal(answer.status, 78, f"a mistake ({answer.err})")
    t.contains(answer.err, "workers", "which key")
    t.contains(answer.err, "goes on with the configuration it has", "what holds now")
    t.equal(t.command("ready").status, 75, "ready with a refused configuration")
    t.configure(workers=0, rescan="soon")
    for verb in (("reload",), ("config", "diff")):
        answer = t.command(*verb)
        lines = [[key for key in ("workers", "rescan") if key in line] for line in answer.err.splitlines()]
        t.equal([keys for keys in lines if keys], [["workers"], ["rescan"]], f"a line each ({answer.err})")
    spool, t.spool = t.spool, os.path.join(t.dir, "other")
    t.configure(control_socket=t.control_socket)
    answer = t.command("reload")
    t.spool = spool
    t.equal(answer.status, 78, f"another spool ({answer.err})")
    t.contains(answer.err, "`spool` only changes with a restart", "the key that needs a restart")
    t.configure(workers=2)
    t.equal(t.command("reload").status, 0, "mended")
    t.equal(t.command("ready").status, 0, "ready again")


def test_who_hands_over_by_broken_files_hears_that_the_daemon_runs_on(t):
    t.configure(workers=4)
    t.daemon.start()
    t.configure(workers=0, rescan="soon")
    answer = t.command("enqueue", "-", text=json.dumps(t.notice("a")))
    t.equal(answer.status, 78, "refused")
    for part in ("The daemon runs on with the configuration it has", "`dispatcher config diff`", "`workers` must be", "`rescan` must be"):
        t.contains(answer.err, part, "what holds there, and what is wrong here")
    t.daemon.stop()
    t.check("runs on" not in t.command("enqueue", "-", text="{}").err, "without a daemon")


def test_ready_waits_for_a_daemon_that_is_about_to_start(t):
    t.configure()
    answer = t.command("ready")
    t.equal(answer.status, 69, f"no daemon ({answer.err})")
    begun = time.monotonic()
    t.equal(t.command("ready", "--wait", "--timeout", "500ms").status, 69, "none in time")
    t.check(time.monotonic() - begun >= 0.5, "it did not wait")
    asked = Beside(lambda: t.command("ready", "--wait"))
    time.sleep(0.5)
    t.check(asked.is_alive(), "it did not wait for the daemon")
    t.daemon.start()
    t.equal(asked.result().status, 0, "ready --wait")
    t.equal(t.command("ready", "--json").json()["checks"][0]["ok"], True, "the checks")


def test_the_log_is_louder_for_a_while(t):
    t.configure()
    t.daemon.start()
    answer = t.command("log-level", "error", "--for", "1s", "--json")
    t.equal((answer.status, answer.json()["level"], answer.json()["was"]), (0, "error", "info"), answer.err)

    def quiet():
        before = t.daemon.log()
        t.daemon.signal(signal.SIGUSR1)
        time.sleep(0.2)
        return "daemon.status" not in t.daemon.log()[len(before) :]

    t.wait(lambda: not quiet(), 10, "the configured level to come back by itself")
    t.equal(t.command("log-level", "loud").status, 64, "an unknown level")
    t.command("log-level", "error", "--for", "10m")
    t.command("reload")
    t.wait(lambda: not quiet(), 10, "the configured level to be back after a reload")
    t.check("log-level" in [a["verb"] for a in t.command("actions", "--json").lines()], "recorded")


def test_a_named_socket_needs_no_configuration(t):
    t.configure()
    t.daemon.start()
    t.enqueue(t.notice("one", to={"email": "anna@example.org"}))
    t.wait_for_state("one", "delivered")
    t.config_path = os.path.join(t.dir, "nothing.yaml")
    answer = t.command("queue", "--socket", t.control_socket, "--state", "delivered", "--json")
    t.equal((answer.status, [r.get("id") for r in answer.lines()][:1]), (0, ["one"]), answer.err)
    answer = t.command("queue", "--socket", os.path.join(t.dir, "none.sock"))
    t.equal(answer.status, 69, f"nobody there ({answer.err})")


# a daemon in trouble


def test_a_stopped_daemon_is_told_within_the_time(t):
    t.configure()
    t.daemon.start()
    t.daemon.signal(signal.SIGSTOP)
    try:
        with t.within(10, "ready, which was given one second"):
            begun = time.monotonic()
            answer = t.command("ready", "--wait", "--timeout", "1s")
            t.equal(answer.status, 69, f"ready ({answer.err})")
            t.check(time.monotonic() - begun <= 10, "ready kept its time")
        answer = t.command("transport", "pause", "mail")
        t.equal(answer.status, 69, f"a change ({answer.err})")
        t.contains(answer.err, "did not answer within 30 s", "what is wrong")
        t.contains(answer.err, "dispatcher actions", "how to find out whether it was done")
    finally:
        t.daemon.signal(signal.SIGCONT)
    t.equal(t.command("ready", "--wait").status, 0, "when it goes on")


class Impostor:
    """Listens where the daemon should, and answers every request with the same line."""

    def __init__(self, path, line):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(8)
        self.line = line
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(self.line)


def test_who_is_stopped_while_it_waits_keeps_its_limit(t):
    t.configure()
    t.daemon.start()
    t.daemon.signal(signal.SIGSTOP)
    command = [lib.DISPATCHER, "ready", "--wait", "--timeout", "1s", "--config", t.config_path]
    waiting = lib.subprocess.Popen(command, stdin=lib.subprocess.DEVNULL, stderr=lib.subprocess.DEVNULL, env=t.environment)

    def ended():
        waiting.send_signal(signal.SIGSTOP)
        time.sleep(0.02)
        waiting.send_signal(signal.SIGCONT)
        time.sleep(0.1)
        return waiting.poll() is not None

    try:
        t.wait(ended, 10, "a command that is stopped and goes on to end")
    finally:
        t.daemon.signal(signal.SIGCONT)
        waiting.kill()
    t.equal(waiting.wait(), 69, "ready")


def test_a_daemon_of_another_protocol_is_told_as_such(t):
    t.configure()
    path = os.path.join(t.dir, "old.sock")
    impostor = Impostor(path, b'{"v":2,"end":true}\n')
    answer = t.command("queue", "--socket", path)
    impostor.listener.close()
    t.equal(answer.status, 69, f"exit status ({answer.err})")
    t.contains(answer.err, "speaks version 2 of the control protocol", "the sentence")
    t.daemon.start()
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(t.control_socket)
        control.sendall(b'{"v":7,"verb":"queue"}\n')
        said = json.loads(control.recv(65536))
    t.equal((said["v"], said["code"]), (1, -9), "what a request of another version is told")
    t.contains(said["error"], "version 1", "which it speaks")


def test_a_change_that_meets_a_starting_daemon_reaches_it(t):
    """The lock of the spool is taken before the socket answers: played by somebody who holds the lock meanwhile."""
    t.configure()
    t.daemon.start()
    t.daemon.stop()
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl,os,sys,time\n"
            "f=open(sys.argv[1],'r+'); fcntl.flock(f,fcntl.LOCK_EX); f.truncate(0); f.write('%d\\n'%os.getpid()); f.flush()\n"
            "print('held',flush=True); time.sleep(1.5)",
            os.path.join(t.spool, "lock"),
        ],
        stdout=subprocess.PIPE,
    )
    holder.stdout.readline()
    asked = Beside(lambda: t.command("transport", "pause", "mail", "--reason", "race"))
    holder.wait()
    t.daemon.start()
    answer = asked.result()
    t.equal(answer.status, 0, f"it got through ({answer.err})")
    t.equal([r["transport"] for r in t.ask("status")[1]["transports_paused"]], ["mail"], "and it counts")


def test_commands_during_a_reload_and_a_restart_get_through(t):
    t.configure()
    t.daemon.start()
    for _ in range(5):
        t.daemon.signal(signal.SIGHUP)
        answer = t.command("transport", "pause", "mail")
        t.equal(answer.status, 0, f"during a reload ({answer.err})")
        t.command("transport", "resume", "mail")
    t.daemon.stop()
    t.daemon.start(wait=False)
    answer = t.command("transport", "pause", "mail")
    t.equal(answer.status, 0, f"during the start ({answer.err})")
    t.daemon.wait_for_answer()
    t.equal(t.ask("status")[1]["transports_paused"][0]["transport"], "mail", "it counts")


def test_a_ledger_that_takes_nothing_refuses_with_a_sentence(t):
    t.configure()
    t.daemon.start()
    _, hard = resource.prlimit(t.daemon.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(t.daemon.pid, resource.RLIMIT_FSIZE, (1, hard))  # as on a full disk
    try:
        answer = t.command("transport", "pause", "mail")
        t.check(answer.status in (74, 75), f"exit status {answer.status} ({answer.err})")
        t.check(len(answer.err) > 20, f"a sentence ({answer.err})")
        t.equal(t.command("reload").status, 0, "a reload needs no ledger: it may be what mends it")
        t.equal(t.command("status").status, 0, "status answers")
    finally:
        resource.prlimit(t.daemon.pid, resource.RLIMIT_FSIZE, (hard, hard))
    t.wait(lambda: t.command("transport", "pause", "mail").status == 0, 10, "it works again")

"""What people do to a spool that nobody runs: killed at each call that anybody could notice, and calls that fail.

A verb is a row of VERBS. Its scene is made once; before each fault the spool is laid back as it was. Then the verb is done
or it is not; only what says so itself goes in steps. The books balance, and the same words again finish it.
"""

import contextlib
import dataclasses
import glob
import json
import os
import shutil
import socket
import sqlite3
import threading

import stage
import test_campaign
from suite import case, sibling

HOLDS = "done or not done, never half; the books balance; the same words again finish it"
LATER = (74, 75)  # exit statuses of "not now"
FAR = "2099-01-01T00:00:00Z"


@dataclasses.dataclass
class Verb:
    scene: object  # what is there before
    words: tuple  # what is typed
    look: object  # what there is to see of it; None: nobody can look before it is done
    steps: bool = False  # more than one commit: there are states between
    says: int = 0  # its status without a fault
    beside: object = contextlib.nullcontext  # while the words are said
    check: object = None  # what else must hold: fn(run, t, where, done)
    changes: bool = True  # without a fault there is something else to see afterwards
    heavy: bool = False  # takes seconds: fewer calls are tried


# ---- scenes: each leaves a spool that nobody runs ----


def waiting(t, count):
    """So many in the ledger, for a time that does not come."""
    t.configure()
    t.daemon.start()
    notices = t.notices(count, not_before=FAR)
    for notice in notices:
        t.expect(notice["id"], notice["to"]["phone"], ("email",))
    t.hand_over(notices)
    t.wait(lambda: t.counts().get("waiting", 0) == count, 20, "all to be taken in")


def held(t):
    waiting(t, 8)
    t.run("hold", "n0", "--reason", "another one")
    t.run("hold", "--everything", "--reason", "their server rests")
    t.end_daemon()


def let_go_in_vain(t):
    waiting(t, 8)
    t.run("cancel", "--everything", "--yes", "--reason", "a mistake")
    t.end_daemon()


def mended(t):
    """A notice and a batch that were refused lie corrected in corrupt/."""
    t.configure()
    t.daemon.start()
    t.drop(json.dumps(t.notice("n1", priority="urgent")), "n1")
    t.wait(lambda: os.path.exists(os.path.join(t.spool, "corrupt", "n1.json")), 20, "the notice to be refused")
    folder = os.path.join(t.spool, "tmp", "b1")
    os.mkdir(folder)
    with open(os.path.join(folder, "batch.json"), "w", encoding="utf-8") as out:
        out.write(t.batch_text("b1", priority="urgent"))
    shutil.copy(t.write_lines(5), os.path.join(folder, "notices.jsonl"))
    os.rename(folder, os.path.join(t.spool, "new", "b1"))
    t.wait(lambda: os.path.exists(os.path.join(t.spool, "corrupt", "b1.reason")), 20, "the batch to be refused")
    t.end_daemon()
    for name in ("n1.json", "b1/batch.json"):
        path = os.path.join(t.spool, "corrupt", name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as out:
            out.write(text.replace('"urgent"', '"high"'))


def finished(t):
    """Two batches and some notices, all of them over."""
    t.configure()
    t.daemon.start()
    for first in (1, 11):
        t.hand_over_batch(f"b{first}", t.write_lines(10, first=first))
        t.expect_lines(f"b{first}", 10, first=first)
    notices = t.notices(5, campaign="storm")
    for notice in notices:
        t.expect(notice["id"], notice["to"]["phone"], ("email",))
    t.hand_over(notices)
    t.settle(60, 25)
    t.end_daemon()


def outage(t):
    t.file = test_campaign.prepare(t, people=4)


def outage_to_approve(t):
    t.file = test_campaign.prepare(t, "approvals: [comms]\n", people=4)


def sent(t):
    """A campaign that has left, with its documents."""
    outage(t)
    answer = t.run("send", t.file, "--confirm", test_campaign.NAME)
    if answer.status != 0:
        raise stage.Failure(f"send ended with {answer.status}: {answer.err}")
    t.daemon.start()
    t.settle(60, 4)
    t.end_daemon()


def taken_id(t):
    """n1 is in the ledger; whoever hands over another n1 now does not know it yet."""
    waiting(t, 2)
    t.end_daemon()
    t.other = json.dumps(t.notice("n1", locale="ko", not_before=FAR))


def old_ledger(version):
    """As the program before left it, `version` being that of its tables."""

    def scene(t):
        t.configure()
        t.daemon.start()
        t.hand_over_batch("b", t.write_lines(600), not_before=FAR)
        t.expect_lines("b", 600)
        t.wait(lambda: sum(t.counts().values()) == 600, 60, "the batch to be taken in")
        t.run("hold", "b_c7")
        t.end_daemon()
        t.tables = tables(t)
        undo_steps(os.path.join(t.spool, "ledger.db"), version)

    return scene


# What the later steps made, newest first. A new step needs its row.
UNDONE = {
    12: "DROP TABLE withdrawal;",
    11: "DROP INDEX delivery_cause; DROP INDEX action_campaign; DROP TABLE sketch; DROP INDEX delivery_due;"
    "CREATE INDEX delivery_due ON delivery (lane, due_ms) WHERE state IN (0, 2); DROP INDEX delivery_trouble;"
    "CREATE INDEX delivery_trouble ON delivery (state) WHERE state = 2 OR state = 3 OR state = 5 OR state = 6"
    " OR state = 7 OR state = 8 OR state = 9;",
    10: "DROP TABLE acted;",
    9: "DROP TABLE call; DROP INDEX notice_letter; DROP INDEX notice_campaign;",
}


def undo_steps(path, version):
    with contextlib.closing(sqlite3.connect(path)) as db:
        (newest,) = db.execute("PRAGMA user_version").fetchone()
        if newest != max(UNDONE):
            raise stage.Failure(f"the ledger has version {newest} now: UNDONE wants a row for each step since {max(UNDONE)}")
        db.executescript("PRAGMA foreign_keys = OFF;" + "".join(UNDONE[step] for step in range(newest, version, -1)) + f"PRAGMA user_version = {version};")


def tables(t):
    """All tables and indices, and the sketches, of a ledger; read from a copy."""
    with contextlib.ExitStack() as stack:
        copy = os.path.join(t.dir, "look")
        stack.callback(shutil.rmtree, copy, ignore_errors=True)
        os.makedirs(copy)
        for path in glob.glob(os.path.join(t.spool, "ledger.db*")):
            shutil.copy(path, copy)
        db = stack.enter_context(contextlib.closing(sqlite3.connect(os.path.join(copy, "ledger.db"))))
        made = sorted(row for row in db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        has = any(name == "sketch" for name, _ in made)
        return made, db.execute("SELECT block, bits FROM sketch ORDER BY block").fetchall() if has else None


# ---- what there is to see ----


def rows(t):
    return sorted((row["id"], row["channel"], row["state"], row["cause"]) for row in t.all_rows())


def actions(t):
    return [(row["verb"], row["count"]) for row in t.run("actions", "--json").lines()]


def files(t):
    """What stands in the spool, but for what a kill may leave in tmp/, and for the reason of what is in corrupt/ no more."""
    found = []
    for folder in ("new", "corrupt", "batches"):
        for path, _, names in os.walk(os.path.join(t.spool, folder)):
            names = [os.path.join(path, name) for name in names if not name.endswith(".reason")]
            found += [(os.path.relpath(name, t.spool), os.path.getsize(name)) for name in names]
    return sorted(found)


def books(t):
    return rows(t), actions(t), files(t)


def let_in(t):
    """A try that failed between its record and the move is recorded, too: one that moves unrecorded there is not."""
    return rows(t), sorted(set(actions(t))), files(t)


def approvals(t):
    """Who says the same twice is recorded twice."""
    answer = t.run("campaign", "show", test_campaign.NAME, "--json")
    return answer.status == 0 and [(a["role"], a["who"]) for a in answer.json()["approvals"]]


def handed_over(t):
    """The time at which it began is another one in each run."""
    return [verb for verb, _ in actions(t)], [name for name, _ in files(t)]


# ---- what may lie there afterwards ----


def new_tables_or_old(run, t, where, done):
    """`done`: the words were said once more and ended well."""
    if done:
        run.check(tables(t) == t.tables, f"{where}: the ledger has not the tables, indices and sketches of a new one")


def whole_or_no_evidence(run, t, where, done):
    """Evidence that can be verified is whole, and what is half is none."""
    folder = os.path.join(t.dir, "proof")
    whole = os.path.exists(os.path.join(folder, "manifest.json"))
    status = t.run("evidence", "verify", "proof").status
    run.check(status == (0 if whole else 66), f"{where}: verify ended with {status}, a manifest is {'there' if whole else 'missing'}")
    run.check(whole or not done, f"{where}: there is no evidence after it ended well")
    shutil.rmtree(folder, ignore_errors=True)


def nothing_half_in_new(run, t, where, done):
    """What stands in new/ is what was handed over, to the byte."""
    with contextlib.suppress(FileNotFoundError), open(os.path.join(t.spool, "new", "n1.json"), encoding="utf-8") as file:
        run.check(file.read() == t.other, f"{where}: half a notice stands in new/")


# ---- an id that is taken while a notice is handed over ----


class Liar(threading.Thread):
    """The daemon as `enqueue` meets it then: at first it knows nothing of the id, then another notice of it."""

    def __init__(self, t):
        super().__init__(daemon=True)
        self.path, self.asked = t.control_socket, 0
        self.door = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.door.bind(self.path)
        self.door.listen(8)

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self.door.accept()
                self.serve(caller)

    def serve(self, caller):
        with contextlib.suppress(OSError), caller, caller.makefile("rw", encoding="utf-8") as lines:
            for line in lines:
                lines.write(json.dumps({"v": 1, "end": True, **self.answer(json.loads(line))}) + "\n")
                lines.flush()

    def answer(self, request):
        if request["verb"] != "known":
            return {}
        self.asked += 1
        return {"known": self.asked > 1, "sha256": "0" * 64}


@contextlib.contextmanager
def liar(t):
    made = Liar(t)
    made.start()
    try:
        yield
    finally:
        made.door.shutdown(socket.SHUT_RDWR)
        made.door.close()
        made.join()
        os.unlink(made.path)


# ---- the verbs ----

PURGE = ("purge", "--older-than", "9999d", "--yes")
VERBS = {
    "upgrade-10": Verb(old_ledger(10), PURGE, None, check=new_tables_or_old),
    "upgrade-8": Verb(old_ledger(8), PURGE, None, check=new_tables_or_old),
    "undo-hold": Verb(held, ("release", "--action", "2"), books),
    "undo-cancel": Verb(let_go_in_vain, ("retry", "--action", "1", "--state", "cancelled", "--yes"), books),
    "release-notice": Verb(mended, ("corrupt", "release", "n1.json"), let_in, steps=True),
    "release-batch": Verb(mended, ("corrupt", "release", "b1"), let_in, steps=True),
    "purge": Verb(finished, ("purge", "--older-than", "0s", "--yes"), books, steps=True),
    "withdraw": Verb(taken_id, ("enqueue", "-"), books, steps=True, says=65, changes=False, beside=liar, check=nothing_half_in_new),
    "evidence": Verb(finished, ("evidence", "storm", "--out", "proof", "--addresses", "full"), None, check=whole_or_no_evidence),
    "evidence-documents": Verb(sent, ("evidence", test_campaign.NAME, "--out", "proof"), None, check=whole_or_no_evidence, heavy=True),
    "approve": Verb(outage_to_approve, ("campaign", "approve", "FILE", "--as", "comms"), approvals, heavy=True),
    "send": Verb(outage, ("send", "FILE", "--confirm", test_campaign.NAME), handed_over, steps=True, heavy=True),
}
SHORT = 2  # verbs of a short cut
POINTS, HEAVY_POINTS = 60, 20  # calls that are tried at most


class Play:
    """A verb on its stage, and what it comes to when nothing is in its way."""

    def __init__(self, run, name):
        self.run, self.name, self.verb, self.t = run, name, VERBS[name], run.stage()
        self.saved = os.path.join(self.t.dir, "saved")
        self.verb.scene(self.t)
        shutil.copytree(self.t.spool, self.saved, ignore=shutil.ignore_patterns("*.sock"))
        self.faults = stage.Faults(os.path.join(self.t.dir, "faults"))
        self.before = self.verb.look and self.verb.look(self.t)

    def lay_back(self):
        shutil.rmtree(self.t.spool)
        shutil.rmtree(os.path.join(self.t.dir, "proof"), ignore_errors=True)
        shutil.copytree(self.saved, self.t.spool)

    def say(self, under=(), extra=None):
        words = [getattr(self.t, "file", word) if word == "FILE" else word for word in self.verb.words]
        text = getattr(self.t, "other", "")
        with self.verb.beside(self.t):
            return self.t.run(*words, text=text, under=under, extra=extra)

    def undisturbed(self, **how):
        """Its answer, and what it comes to."""
        self.lay_back()
        answer = self.say(**how)
        if answer.status != self.verb.says:
            raise stage.Failure(f"{self.name} ended with {answer.status} without any fault: {answer.out}{answer.err}")
        self.after = self.verb.look and self.verb.look(self.t)
        if self.verb.look:
            self.run.check((self.after != self.before) == self.verb.changes, f"{self.name} led from {self.before} to {self.after}")
        return answer

    def balance(self, where):
        status, text = self.t.reconcile()
        self.run.check(status == 0, f"{where}: reconcile ended with {status}: {text}")

    def check(self, where, done):
        if self.verb.check:
            self.verb.check(self.run, self.t, where, done)

    def judge(self, where, said_yes):
        """Behind a fault: what there is to see, and that the same words finish it."""
        verb, seen = self.verb, None
        with self.run.lock:
            self.run.faults += 1
        self.check(where, False)
        if verb.look:
            self.balance(where)
            seen = verb.look(self.t)
            self.run.check(verb.steps or seen in (self.before, self.after), f"{where}: it is done by half: {seen}")
            self.run.check(not said_yes or seen == self.after, f"{where}: it said yes, and there is {seen}")
            if seen == self.after:
                return
        answer = self.say()
        self.run.check(answer.status == verb.says, f"{where}: the same words then ended with {answer.status}: {answer.out}{answer.err}")
        self.check(where, True)
        self.balance(where)
        seen = verb.look and verb.look(self.t)
        self.run.check(seen == self.after, f"{where}: after the same words there is {seen}, not {self.after}")

    def points(self, count):
        """Which of so many calls are tried."""
        most = self.run.pick(HEAVY_POINTS if self.verb.heavy else POINTS, 3)
        every = range(1, count + 1)
        return every if count <= most else sorted(self.run.dice.sample(every, most))


def each_verb(run, function, what="calls", of=tuple(VERBS)):
    names = of if not run.short else run.dice.sample(of, min(SHORT, len(of)))
    played = {}

    def play(name):
        made = Play(run, name)
        played[name] = function(made)
        run.drop(made.t, keep=bool(run.problems))

    run.parallel(play, names)
    run.fact(verbs=len(names), **{what: sum(played.values())})


# ---- kills ----


def kill_at(play, at):
    report = os.path.join(play.t.dir, "killat")
    under = [stage.tool("killat"), "-w", "-o", report, str(at)]
    if at == 0:
        play.undisturbed(under=under)
    else:
        play.lay_back()
        answer = play.say(under=under)
    calls, kills = sibling("case_kill").read_report(report)
    if kills:
        play.judge(f"{play.name}, killed at call {at}", said_yes=answer.status == play.verb.says)
    return calls


def kill_everywhere(play):
    calls = kill_at(play, 0)
    for at in play.points(calls):
        kill_at(play, at)
    return calls


@case("kill-verb-each-call", "kill -9 of upgrade, undo, `corrupt release`, `purge`, evidence, approval, `send` and a notice taken back, at noticeable calls, 60 of each at most", HOLDS)
def kill_verbs(run):
    each_verb(run, kill_everywhere)


# ---- calls that fail ----

MANY = 10**9
CALLS = ("write_eio", "sync_eio", "name_eio")
FROM_THEN_ON = 0.3  # of them fail so, too


def count_calls(play):
    """How many of each kind there are when none fails, and the bytes that are written."""
    play.faults.set(budget=MANY, **dict.fromkeys(CALLS, MANY))
    play.undisturbed(extra=environment(play))
    counts = {name: MANY - play.faults.get(name) for name in (*CALLS, "budget")}
    play.faults.clear()
    return counts


def environment(play):
    """Evidence is written beside the spool."""
    return {**play.faults.environment(play.t), "SHIM_ROOT": play.t.dir}


def fail(play, **what):
    where = f"{play.name}, {' '.join(f'{name}={value}' for name, value in what.items())}"
    play.lay_back()
    hits = play.faults.get("hits")
    play.faults.set(**what)
    answer = play.say(extra=environment(play))
    play.faults.clear()
    said_yes = answer.status == play.verb.says
    if play.faults.get("hits") > hits and not said_yes:
        play.run.check(answer.status in LATER, f"{where}: it ended with {answer.status}: {answer.err!r}")
        play.run.check(answer.err.strip() and "Success" not in answer.err, f"{where}: it does not say why: {answer.err!r}")
    play.judge(where, said_yes)


def fail_everywhere(play):
    counts = count_calls(play)
    for name in CALLS:
        for at in play.points(counts[name]):
            fail(play, **{name: at})
            if play.run.dice.random() < FROM_THEN_ON:
                fail(play, **{name: at}, sticky=1)
    return sum(counts[name] for name in CALLS)


@case("fail-verb-each-call", "each write, sync or change of a name of the same verbs fails with EIO, once or from then on", HOLDS + "; it says why and ends with 74 or 75")
def fail_verbs(run):
    each_verb(run, fail_everywhere)


# ---- calls that fail in the daemon, whose memory then has to agree with the file ----

WITH_DAEMON = ("undo-hold", "undo-cancel")


def ask_daemon(play, what):
    """Starts it on what is laid back, lets its calls fail while it does what is asked; its answer, the daemon running."""
    play.lay_back()
    play.t.daemon.start(extra=environment(play))
    play.faults.set(**what)
    return play.say()


def look_twice(play, where):
    """Through the daemon, and without it, when nothing is in a worker's hands."""
    play.t.wait(lambda: not play.t.counts().get("in_flight"), 20, f"{where}: what is in flight to land")
    play.balance(where)
    through = play.verb.look(play.t)
    play.t.end_daemon()
    play.balance(where)
    seen = play.verb.look(play.t)
    play.run.check(through == seen, f"{where}: the daemon says {through}, the file {seen}")
    return seen


def fail_in_daemon(play, what):
    where = f"{play.name} by a daemon, {' '.join(f'{name}={value}' for name, value in what.items())}"
    answer = ask_daemon(play, what)
    play.faults.clear()
    said_yes = answer.status == play.verb.says
    play.run.check(said_yes or answer.status in LATER, f"{where}: it ended with {answer.status}: {answer.err!r}")
    again = None if said_yes else play.say()
    seen = look_twice(play, where)
    with play.run.lock:
        play.run.faults += 1
    play.run.check(again is None or again.status == play.verb.says, f"{where}: the same words then ended with {again and again.status}")
    play.run.check(seen == play.after, f"{where}: there is {seen}, not {play.after}")


def fail_everywhere_in_daemon(play):
    play.undisturbed()
    ask_daemon(play, dict.fromkeys(CALLS, MANY))
    counts = {name: MANY - play.faults.get(name) for name in CALLS}
    play.faults.clear()
    look_twice(play, f"{play.name} by a daemon")
    for name in CALLS:
        for at in play.points(counts[name]):
            fail_in_daemon(play, {name: at})
    return sum(counts.values())


@case("fail-undo-in-daemon", "the same while a daemon undoes what was held and cancelled, and goes on", HOLDS + "; what the daemon says is what the file says")
def fail_daemon(run):
    each_verb(run, fail_everywhere_in_daemon, of=WITH_DAEMON)


# ---- a full disk ----


def fill_up(play):
    """Nothing is left at once, and at some further bytes."""
    written = count_calls(play)["budget"]
    for left in [0] + sorted(play.run.dice.randrange(written) for _ in range(play.run.pick(12, 2))):
        fail(play, budget=left)
    return written


@case("full-disk-verb", "the disk is full when the same verbs begin, or fills while they write", HOLDS + "; it says why and ends with 74 or 75")
def fill_verbs(run):
    each_verb(run, fill_up, "bytes")

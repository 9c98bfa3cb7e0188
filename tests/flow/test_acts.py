"""What operators do to deliveries: hold, release, expire, cancel, mark-delivered, retry; who is meant, who is asked."""

import json
import random
import re
import threading
import time
from collections import Counter

import lib
from test_watch import publish

FAR = "2099-01-01T00:00:00Z"
VERBS = ("retry", "hold", "release", "expire", "cancel", "mark-delivered")


def states(t, **selector):
    return Counter(row["state"] for row in t.rows(**selector))


def wait_for_states(t, expected, seconds=20, **selector):
    t.wait(lambda: states(t, **selector) == expected, seconds, f"{selector} to be {expected}; it is {states(t, **selector)}")


def test_a_verb_without_a_selector_does_nothing(t):
    t.configure()
    t.daemon.start()
    t.enqueue(t.notice("n1", not_before=FAR))
    for verb in VERBS:
        answer = t.command(verb, "--yes")
        t.equal(answer.status, 64, f"{verb} without a selector")
        t.contains(answer.err, "--everything", f"{verb} says how to mean all")
        t.equal(t.command(verb, "-", text="").status, 0, f"{verb} of an empty list is no mistake")
    t.equal(states(t), {"waiting": 1}, "nothing moved")
    t.daemon.stop()
    t.equal(t.command("hold").status, 64, "without a daemon")


def test_what_does_not_exist_is_answered_with_what_does(t):
    t.configure()
    t.daemon.start()
    t.enqueue(t.notice("n1", not_before=FAR, campaign="spring", locale="ko"))
    for options, status, part in (
        (("--locale", "fr"), 66, "ko"),
        (("--campaign", "autumn"), 66, "spring"),
        (("--template", "nothing"), 66, "apology"),
        (("--state", "lost"), 64, "uncertain"),
        (("--cause", "mailbx_full"), 64, "mailbox_full"),
        (("--channel", "fax"), 64, "webhook"),
        (("--older-than", "soon"), 64, "2h"),
        (("--batch", "b"), 66, "b"),
    ):
        for verb in ("queue", "hold"):
            answer = t.command(verb, *options)
            t.equal(answer.status, status, f"{verb} {options}")
            t.contains(answer.err, part, f"{verb} {options}")
    t.equal(len(t.command("queue", "--json", "--locale", "ko", "--template", "apology", "--campaign", "spring").lines()), 1, "what exists")
    t.equal(t.command("queue", "--json", "--older-than", "1h").lines(), [], "too young")


def undo_of(answer):
    """The command that is printed behind "Undo:"."""
    return re.search(r"Undo: dispatcher (.*?)(?: \(.*\))?   ", answer.out)[1].split()


def test_what_is_undone_is_what_was_done_and_nothing_else(t):
    t.configure()
    t.daemon.start()
    t.enqueue(*(t.notice(f"n{i}", not_before=FAR) for i in range(5)))
    t.command("hold", "n0", "--reason", "A: legal says never")
    held = t.command("hold", "--everything", "--reason", "B: their server rests")
    t.equal(states(t), {"held": 5}, "all are held")
    t.contains(t.command("live", "on", "--yes").err, "--confirm", "what a script says where a name is wanted")
    looked = t.command(*re.search(r"Look: dispatcher (.*)", held.out)[1].split(), "--json").lines()
    t.equal(sorted(row["id"] for row in looked), ["n1", "n2", "n3", "n4"], "what B holds can be looked at")
    let_go = t.command(*undo_of(held))
    t.contains(let_go.out, "Let go: 4", "what B held")
    t.equal(states(t, id="n0"), {"held": 1}, "what A holds stays")
    again = t.command(*undo_of(let_go))
    t.contains(again.out, "Held: 4", "and back again")
    several = t.command("release", "n1", "n2", "--json").json()
    t.equal((several["count"], several["actions"]), (2, "5-6"), "one action for each that is named")
    t.contains(t.command("hold", "--action", several["actions"]).out, "Held: 2", "several actions are undone at once")
    ended = t.command("cancel", "--action", "7", "--yes")
    begun = t.command(*undo_of(ended))
    t.contains(begun.out, "2", "cancelled by mistake")
    t.equal(states(t), {"held": 3, "waiting": 2}, "and begun again")
    looked = t.command(*re.search(r"Look: dispatcher (.*)", begun.out)[1].split(), "--json").lines()
    t.equal(sorted(row["id"] for row in looked), ["n1", "n2"], "what a retry began again can be looked at")
    back = t.command(*re.search(r"has not left: dispatcher (.*?)   ", begun.out)[1].split())
    t.contains(back.out, "Held: 2", "and is held back")
    t.equal(t.command(*undo_of(back)).status, 0, "let go")
    t.contains(t.command("actions").out, "actions 7", "the record says which")
    for wrong in ("first", "3;4", "-1"):
        answer = t.command("release", f"--action={wrong}")
        t.equal(answer.status, 64, f"--action {wrong}")
        t.contains(answer.err, "dispatcher actions", "where the numbers are")
    t.equal(t.command("tail", "--action", "1").status, 64, "events do not know")


def test_what_is_held_stays_until_it_is_let_go(t):
    people = [f"n{i}@example.org" for i in range(4)]
    server = t.faulty("good", "--refuse", t.write("refuse", "".join(f"{p} 450 4.2.0 greylisted\n" for p in people)))
    t.configure(email=t.email_transport(server, retry=["1h"]))
    t.daemon.start()
    t.enqueue(*[t.notice(f"n{i}", locale=("de", "ko")[i % 2], to={"email": p}) for i, p in enumerate(people)])
    wait_for_states(t, {"deferred": 4})
    t.write("refuse", "")
    answer = t.command("hold", "--locale", "ko", "--reason", "a word is wrong")
    t.equal(answer.status, 0, f"hold: {answer.err}")
    t.contains(answer.out, "email 2; ko 2", "by channel and language")
    t.contains(answer.out, "dispatcher release --action 1 ", "how to undo it")
    row = t.row("n1")
    t.equal((row["state"], row["cause"]), ("held", "operator"), "held by an operator")
    t.contains(row["reply"], "a word is wrong", "the reason")
    t.contains(row["reply"], "before that: ", "the cause it had")
    answer = t.command("release", "n1", "--json")
    t.equal(answer.json()["by"], {"channel": {"email": 1}, "locale": {"ko": 1}}, "what went")
    t.wait_for_state("n1", "delivered")
    t.equal(t.row("n3")["state"], "held", "not meant")
    t.equal(len(server.accepted()), 1, "mails")
    answer = t.command("cancel", "n3")
    t.equal(answer.status, 0, "one is cancelled without asking")
    t.contains(answer.out, "retry --action 3 --state cancelled", "how to undo it")
    t.command("expire", "n0", "--reason", "over")
    t.command("mark-delivered", "n2", "--reason", "by phone")
    t.equal([t.row(f"n{i}")["state"] for i in range(4)], ["expired", "delivered", "delivered", "cancelled"], "states")
    t.equal((t.row("n2")["attempts"], t.row("n2")["cause"]), (1, "operator"), "nobody tried again")
    marked = t.command("why", "n2").out
    t.contains(marked, "counts as delivered", "why of what a person marked")
    t.check("answered:" not in marked and "next server" not in marked, f"a server is said to have answered: {marked}")
    verbs = [(a["verb"], a["count"]) for a in t.ask("actions")[0]]
    t.equal(verbs, [("hold", 2), ("release", 1), ("cancel", 1), ("expire", 1), ("mark-delivered", 1)], "the record")
    t.equal(t.command("retry", "n3").status, 0, "undone")
    t.wait_for_state("n3", "delivered")
    t.equal(t.command("reconcile").status, 0, "the books")


def test_ids_come_from_the_list_of_another_command(t):
    refuse = t.write("refuse", "a@example.org 552 5.2.2 Over quota\nb@example.org 550 5.1.1 User unknown\n")
    server = t.faulty("good", "--refuse", refuse)
    t.configure(email=t.email_transport(server))
    t.daemon.start()
    t.enqueue(*[t.notice(name, to={"email": f"{name}@example.org"}) for name in "abc"])
    wait_for_states(t, {"failed": 2, "delivered": 1})
    t.write("refuse", "")
    listed = t.command("queue", "--cause", "mailbox_full", "--json").out
    t.equal(listed.count("\n"), 1, "the full one")
    answer = t.command("retry", "-", text=listed)
    t.equal(answer.status, 0, f"retry -: {answer.err}")
    t.wait_for_state("a", "delivered")
    t.equal((t.row("b")["state"], t.row("b")["attempts"]), ("failed", 1), "the other one")
    answer = t.command("retry", "-", text="b\n\n b \n")
    t.contains(answer.out, "1 delivery", "plain ids, each once")
    t.wait_for_state("b", "delivered")
    t.equal(t.command("retry", "-", text="nobody\n").status, 66, "an unknown one")
    t.equal(t.command("retry", "-", text='{"channel":"email"}\n').status, 65, "a line without an id")
    t.equal(Counter(rcpt for m in server.accepted() for rcpt in m["rcpt"]), {f"{n}@example.org": 1 for n in "abc"}, "mails")


def test_a_line_of_the_list_means_its_own_channel(t):
    t.configure()
    t.daemon.start()
    t.enqueue(t.notice("n1", channels=("email", "sms"), to={"email": "a@example.org", "phone": "+4915112345678"}, not_before=FAR))
    listed = t.command("queue", "--channel", "sms", "--json").out
    t.command("hold", "-", text=listed)
    t.equal((t.row("n1", "sms")["state"], t.row("n1")["state"]), ("held", "waiting"), "only the SMS")


def test_many_want_a_yes_and_a_script_is_told_how_to_say_it(t):
    t.configure()
    t.daemon.start()
    publish(t, "b", 101, not_before=FAR, campaign="spring")
    wait_for_states(t, {"waiting": 101}, batch="b")
    for arguments, flag in (
        (("expire", "--batch", "b"), "--yes"),
        (("cancel", "b_c1", "b_c2"), "--yes"),
        (("mark-delivered", "--batch", "b"), "--yes"),
        (("cancel", "--campaign", "spring"), "--confirm spring"),
        (("cancel", "--campaign", "spring", "--yes"), "--confirm spring"),
    ):
        answer = t.command(*arguments)
        t.equal(answer.status, 64, f"{arguments}")
        t.contains(answer.err, flag, f"{arguments} names the flag")
    t.equal(t.command("cancel", "--campaign", "spring", "--confirm", "autumn").status, 64, "another name")
    t.equal(states(t, batch="b"), {"waiting": 101}, "nothing moved")
    t.equal(t.command("hold", "--batch", "b").status, 0, "what one word undoes is not asked")
    for verb in ("release", "retry"):
        answer = t.command(verb, "--state", "held")
        t.equal(answer.status, 64, f"{verb} of 101")
        t.contains(answer.err, "--yes", f"{verb} of 101 names the flag")
    answer = t.command("release", "--batch", "b", "--dry-run")
    t.contains(answer.out, "101 (email 101; en 101)", "what would be let go")
    t.equal(states(t, batch="b"), {"held": 101}, "held")
    t.equal(t.command("cancel", "--campaign", "spring", "--confirm", "spring").status, 0, "its name")
    t.equal(states(t, batch="b"), {"cancelled": 101}, "cancelled")
    t.wait(lambda: t.ask("progress", batch="b")[1].get("finished_at"), 5, "the batch to be finished")


# ---- four shells at once ----

PEOPLE = 3000
VERBS_TYPED = ("retry", "hold", "release", "cancel", "expire", "pause", "resume")


class Shell(threading.Thread):
    """Types commands of an operator who knows no rest; what none of them may answer is a problem."""

    def __init__(self, t, seed, until):
        super().__init__()
        self.t, self.dice, self.until, self.count = t, random.Random(seed), until, Counter()
        self.last = time.monotonic() + 4 * lib.LEAST_WAIT_S  # where every command takes seconds

    def selector(self):
        some = [f"b_c{self.dice.randrange(1, PEOPLE + 1)}" for _ in range(3)]
        return self.dice.choice(
            [
                ["--batch", "b"],
                ["--campaign", "spring"],
                ["--domain", f"d{self.dice.randrange(5)}.example"],
                ["--locale", "en"],
                ["--state", self.dice.choice(["waiting", "deferred", "failed", "held", "cancelled", "expired"])],
                ["--cause", self.dice.choice(["greylisted", "bad_recipient", "operator"])],
                ["--template", "apology", "--channel", "email"],
                some,
                some,
            ]
        )

    def one(self):
        verb = self.dice.choice(["retry", "retry", "hold", "hold", "release", "release", "cancel", "expire", "pause", "resume"])
        if verb in ("pause", "resume"):
            arguments = [verb, "b"]
        else:
            arguments = [verb, *self.selector(), "--yes", "--reason", "four shells"]
        if verb == "cancel" and "--campaign" in arguments:
            arguments += ["--confirm", "spring"]
        answer = self.t.command(*arguments)
        self.count[verb] += 1
        self.t.check(answer.status == 0, f"{arguments} ended with {answer.status}: {answer.err}")

    def run(self):
        while time.monotonic() < self.until or (len(self.count) < len(VERBS_TYPED) and time.monotonic() < self.last):
            self.one()


class Auditor(threading.Thread):
    """Counts again all the time."""

    def __init__(self, t):
        super().__init__()
        self.t, self.done, self.count = t, False, 0

    def run(self):
        while not self.done:
            answer = self.t.command("reconcile")
            self.count += 1
            self.t.check(answer.status == 0, f"the books do not balance: {answer.out}{answer.err}")


def publish_people(t):
    """Every tenth is greylisted for a while, every twentieth unknown; five domains, two languages."""

    def address(i):
        return f"c{i}@d{i % 5}.example"

    publish(t, "b", PEOPLE, to=address, campaign="spring")
    return {f"b_c{i}": address(i) for i in range(1, PEOPLE + 1)}


def refuse_some(t, grey=True):
    lines = [f"c{i}@d{i % 5}.example 550 5.1.1 User unknown\n" for i in range(20, PEOPLE + 1, 20)]
    if grey:
        lines += [f"c{i}@d{i % 5}.example 450 4.2.0 greylisted\n" for i in range(10, PEOPLE + 1, 20)]
    return t.write("refuse", "".join(lines))


def settle_down(t):
    """Everybody who is left goes; until nothing moves any more."""
    t.command("resume", "b")
    t.command("release", "--everything", "--yes")

    def over():
        left = states(t, batch="b")
        return left and not any(left[s] for s in ("waiting", "deferred", "held", "in_flight"))

    t.wait(over, 60, "all to be final", lambda: states(t, batch="b"))


def test_four_shells_at_once_lose_and_repeat_nothing(t):
    server = t.faulty("good", "--light", "--refuse", refuse_some(t), tls=False, auth=False)
    t.configure(
        email=t.email_transport(server, tls="none", rate="200/s", retry=["1s", "1s", "2s", "2s", "3s", "3s"]),
        locale={"fallback": "ko"},
    )
    t.daemon.start()
    addresses = publish_people(t)
    t.wait(lambda: sum(t.summary("email").values()) == PEOPLE and server.accepted(), 20, "all to be known, and the first mail")
    until = time.monotonic() + 12 * lib.PATIENCE
    shells, auditor = [Shell(t, seed, until) for seed in range(4)], Auditor(t)
    for thread in (auditor, *shells):
        thread.start()
    for shell in shells:
        shell.join()
    refuse_some(t, grey=False)
    settle_down(t)
    auditor.done = True
    auditor.join()
    t.check(auditor.count > 1, "nobody counted")
    done = sum((shell.count for shell in shells), Counter())
    for verb in VERBS_TYPED:
        t.check(done[verb] > 0, f"nobody typed {verb}: {done}")

    rows = t.rows(batch="b")
    t.equal(len(rows), PEOPLE, "one delivery for each")
    t.equal(len({row["id"] for row in rows}), PEOPLE, "each once")
    got = Counter(rcpt for mail in server.accepted() for rcpt in mail["rcpt"])
    t.equal([a for a, n in got.items() if n > 1], [], "nobody was told twice")
    told = {addresses[row["id"]] for row in rows if row["state"] == "delivered"}
    t.equal(set(got) ^ told, set(), "what the books call delivered is what arrived")
    t.equal(sum(a["count"] for a in t.ask("actions")[0]) > 0, True, "recorded")
    t.equal(t.command("reconcile", "b").status, 0, "the books at the end")

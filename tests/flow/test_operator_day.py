"""Fifty thousand people, 51 of whom were not told: found by their causes, and only the full mailboxes tried again."""

import json
import os

import lib
from test_watch import publish

COUNT = 50_000 // lib.FEWER
REPLIES = {"missing": (31, "550 5.1.1 User unknown"), "full": (12, "552 5.2.2 Over quota"), "policy": (8, "550 5.7.1 Message refused")}


def people():
    """Who is refused, spread over the whole batch: number of the line -> (kind, reply)."""
    kinds = [(kind, reply) for kind, (count, reply) in REPLIES.items() for _ in range(count)]
    step = COUNT // len(kinds)
    return {7 + i * step: kinds[i * 20 % len(kinds)] for i in range(len(kinds))}


def address(i):
    return f"c{i}@mail{i % 97}.example"


def write_refusals(t, refused):
    text = "".join(f"{address(i)} {reply}\n" for i, (_, reply) in refused.items())
    path = os.path.join(t.dir, "refuse")
    t.write("refuse.new", text)
    os.replace(os.path.join(t.dir, "refuse.new"), path)
    return path


def queue(t):
    return {row["id"]: row for row in t.command("queue", "--json").lines()}


def failures(t):
    rows = t.command("failures", "--batch", "recall", "--json").lines()
    return {(row["state"], row["cause"]): row for row in rows}


def wait_until_all_is_tried(t):
    def tried():
        counts = t.summary("email")
        return sum(counts.values()) == COUNT and counts.get("waiting", 0) + counts.get("in_flight", 0) + counts.get("deferred", 0) == 0

    lib.wait_until(tried, 110, "fifty thousand mails to be sent", lambda: t.summary("email"))


def test_only_the_full_mailboxes_are_tried_again(t):
    refused = people()
    server = t.faulty("good", "--light", "--refuse", write_refusals(t, refused), tls=False, auth=False)
    t.letter("short", en=("Recall", "Recall", "Please bring it back."))
    # Six workers wait for one server; a text of one line, because the books are what is tried here.
    transport = t.email_transport(server, tls="none", concurrency=6)
    t.configure(email=transport, workers=6, templates=os.path.join(t.dir, "templates"), log={"level": "error"})
    publish(t, "recall", COUNT, to=address, template="short", data={})
    t.daemon.start()
    wait_until_all_is_tried(t)

    # The operator looks, and is told what to do.
    found = failures(t)
    t.equal({key: row["count"] for key, row in found.items()},
            {("failed", "bad_recipient"): 31, ("failed", "mailbox_full"): 12, ("failed", "policy"): 8}, "what failed")
    t.equal(found["failed", "bad_recipient"]["cure"], "remove the address from the list", "of the wrong addresses")
    command = found["failed", "mailbox_full"]["command"]
    t.equal(command, "dispatcher retry --cause mailbox_full --batch recall", "of the full mailboxes")
    before = queue(t)
    t.equal(len(before), COUNT, "everybody is in the books")

    # The mailboxes were emptied; the others are as they were.
    full = {f"recall_c{i}" for i, (kind, _) in refused.items() if kind == "full"}
    write_refusals(t, {i: who for i, who in refused.items() if who[0] != "full"})
    accepted = len(server.accepted())
    t.equal(accepted, COUNT - len(refused), "mails that arrived")
    answer = t.command(*command.split()[1:], "--yes", "--reason", "second try, ticket 4711")
    t.equal(answer.status, 0, f"the command as it was shown: {answer.err}")
    lib.wait_until(lambda: len(server.accepted()) == accepted + 12, 30, "the twelve to arrive")
    for identity in full:
        t.wait_for_state(identity, "delivered")

    after = queue(t)
    moved = {identity for identity in before if before[identity] != after.get(identity)}
    t.equal(moved, full, "what moved")
    t.equal(len(after), COUNT, "everybody is still in the books")
    t.equal({m["rcpt"][0] for m in server.accepted()[accepted:]}, {address(int(i.removeprefix("recall_c"))) for i in full}, "who got a second mail")
    t.equal({key: row["count"] for key, row in failures(t).items()}, {("failed", "bad_recipient"): 31, ("failed", "policy"): 8}, "what is left")

    # Every step is on record.
    actions = t.command("actions", "--json").lines()
    t.equal([(a["verb"], a["count"], a["reason"]) for a in actions if a["verb"].startswith("retry")],
            [("retry", 12, "second try, ticket 4711")], "the retry in the record")
    retried = next(a for a in actions if a["verb"] == "retry")
    t.equal(json.loads(retried["selector"]), {"cause": "mailbox_full", "batch": "recall"}, "what was meant")
    t.contains(retried["who"], "uid ", "who did it")
    books = t.command("reconcile", "recall", "--json")
    t.equal((books.status, books.json()["balanced"], books.json()["delivered"], books.json()["failed"]), (0, True, COUNT - 39, 39), "the books")

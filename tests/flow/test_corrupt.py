"""What could not be taken in: listed, explained with the line it is about, corrected and let in again."""

import json
import os

import lib
from test_watch import publish


def lying(t):
    return {row["name"]: row for row in t.command("corrupt", "list", "--json").lines()}


def corrupt_path(t, name):
    return os.path.join(t.spool, "corrupt", name)


def drop_wrong(t, identity="n1"):
    """A notice whose priority is none, over several lines."""
    text = json.dumps(t.notice(identity, priority="urgent"), ensure_ascii=False, indent=1)
    t.equal(t.drop(text, identity), 0, "dropped")
    t.corrupt(identity)
    return text


def correct(t, name):
    with open(corrupt_path(t, name), encoding="utf-8") as file:
        text = file.read()
    with open(corrupt_path(t, name), "w", encoding="utf-8") as file:
        file.write(text.replace('"priority": "urgent"', '"priority": "high"'))


def test_what_was_refused_is_listed_and_explained(t):
    t.configure()
    t.daemon.start()
    text = drop_wrong(t)
    os.mkdir(os.path.join(t.spool, "new", "strange"))
    t.wait(lambda: len(lying(t)) == 2, 20, "both set aside")
    found = lying(t)
    t.equal(sorted((row["name"], row["kind"], row["id"]) for row in found.values()), [("n1.json", "notice", "n1"), ("strange", "other", "strange")], "what lies there")
    t.equal(found["n1.json"]["bytes"], len(text.encode()), "its bytes")
    t.contains(found["n1.json"]["reason"], '"priority" must be low, normal or high', "its reason")
    t.check(found["n1.json"]["since"].endswith("Z"), "since when")
    table = t.command("corrupt", "list")
    t.matches(table.out.splitlines()[0], r"^NAME +KIND +BYTES +SINCE +REASON$", "the heads")
    t.contains(table.err, "dispatcher corrupt explain NAME", "what comes next")

    said = t.command("corrupt", "explain", "n1.json").out.splitlines()
    number = next(i for i, line in enumerate(text.splitlines(), 1) if "priority" in line)
    shown = next((i for i, line in enumerate(said) if line.strip().startswith(f"{number} |")), None)
    if t.check(shown is not None, f"the line it is about: {said}"):
        t.contains(said[shown], '"priority": "urgent"', "the line")
        t.equal(said[shown + 1].index("^"), said[shown].index('"priority"') + len('"priority": '), "the mark below the value")
    t.contains(said[-1], "dispatcher corrupt release n1.json", "the command")
    t.contains(t.command("corrupt", "explain", "strange").out, "neither a notice nor a batch", "what nobody can take in")
    t.equal(t.command("corrupt", "explain", "nothing").status, 66, "nothing of that name")
    t.equal(t.command("corrupt", "release", "strange").status, 65, "nothing to release")
    t.daemon.stop()
    t.equal(lying(t).keys(), found.keys(), "without a daemon")


def test_a_corrected_notice_is_let_in_and_recorded(t):
    t.configure()
    t.daemon.start()
    drop_wrong(t)
    again = t.command("corrupt", "release", "n1.json")
    t.equal(again.status, 0, f"as it is: {again.err}")
    t.wait(lambda: os.path.exists(corrupt_path(t, "n1.json")), 20, "what is still wrong to come back")
    correct(t, "n1.json")
    t.equal(t.command("corrupt", "release", "n1.json", "--reason", "priority corrected").status, 0, "released")
    t.wait_for_state("n1", "delivered")
    t.equal(os.listdir(os.path.join(t.spool, "corrupt")), [], "neither file nor reason is left")
    last = t.command("actions", "--json").lines()[-1]
    t.equal((last["verb"], json.loads(last["selector"]), last["reason"]), ("release corrupt", {"corrupt": "n1.json"}, "priority corrected"), "the record")
    t.equal(t.command("reconcile").status, 0, "the chain")


def test_an_id_in_use_is_not_let_in(t):
    t.configure()
    t.daemon.start()
    drop_wrong(t)
    t.enqueue(t.notice("n1"))
    t.wait_for_state("n1", "delivered")
    correct(t, "n1.json")
    answer = t.command("corrupt", "release", "n1.json")
    t.check(answer.status != 0, "it was released")
    t.contains(answer.err, 'the id "n1" is in use', "why")
    t.check(os.path.exists(corrupt_path(t, "n1.json")), "it went away")
    t.equal([a for a in t.command("actions", "--json").lines() if a["verb"] == "release corrupt"], [], "nothing happened, nothing is recorded")


def test_who_gives_a_refused_notice_a_new_id_as_explained_gets_it_in(t):
    t.configure()
    t.daemon.start()
    t.enqueue(t.notice("n1"))
    t.wait_for_state("n1", "delivered")
    t.drop(t.notice("n1", locale="ko"))
    t.corrupt("n1")
    t.contains(t.command("corrupt", "explain", "n1.json").out, "give the file that name (ID.json)", "how")
    with open(corrupt_path(t, "n1.json"), encoding="utf-8") as file:
        text = file.read()
    with open(corrupt_path(t, "n1.json"), "w", encoding="utf-8") as file:
        file.write(text.replace('"n1"', '"n2"'))
    os.rename(corrupt_path(t, "n1.json"), corrupt_path(t, "n2.json"))
    t.equal(t.command("corrupt", "release", "n2.json").status, 0, "released")
    t.wait_for_state("n2", "delivered")


def test_a_corrected_batch_is_let_in_without_a_daemon(t):
    t.configure()
    publish(t, "b", 3, priority="urgent")
    t.daemon.start()
    t.corrupt("b")
    t.daemon.stop()
    t.equal({(r["name"], r["kind"], r["id"]) for r in lying(t).values()}, {("b", "batch", "b")}, "the batch")
    t.contains(t.command("corrupt", "explain", "b").out, "dispatcher corrupt release b", "the command")
    correct(t, os.path.join("b", "batch.json"))
    answer = t.command("corrupt", "release", "b", "--json")
    t.equal((answer.status, answer.json() if answer.status == 0 else answer.err), (0, {"v": 1, "name": "b", "kind": "batch", "id": "b"}), "released")
    t.equal(os.listdir(os.path.join(t.spool, "corrupt")), [], "nothing is left")
    t.daemon.start()
    t.wait(lambda: t.summary("email").get("delivered") == 3 if t.rows(batch="b") else False, 20, "all three to be sent")


def test_whoever_asks_for_what_was_refused_is_told_where_it_lies(t):
    t.configure()
    t.daemon.start()
    drop_wrong(t)
    for daemon in (True, False):
        for words in (("why", "n1"), ("status", "n1")):
            answer = t.command(*words)
            t.equal(answer.status, 66, f"{words}, daemon {daemon}")
            t.contains(answer.err, "dispatcher corrupt explain n1", f"{words}, daemon {daemon}")
            t.contains(t.command(words[0], "n2").err, "there is no notice", f"{words[0]} of what is nowhere")
        t.daemon.stop() if daemon else None

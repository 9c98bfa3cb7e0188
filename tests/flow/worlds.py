"""The worlds in which the sessions of the manuals happen (sessions.py). Each is made in the directory of a Flow."""

import json
import os
import shutil

import lib


def open_to_colleagues(flow):
    """The tests' own directory is closed to others; a colleague works beside us."""
    os.chmod(flow.dir, 0o755)


def empty(flow):
    """The program is installed and configured, and nothing ran yet."""
    open_to_colleagues(flow)
    flow.configure()


def desk(flow):
    """A communications team: letters of its own to change, a daemon, a real mail server."""
    open_to_colleagues(flow)
    server = flow.smtp()
    shutil.copytree(os.path.join(lib.ROOT, "templates"), os.path.join(flow.dir, "templates"))
    flow.mail = server
    shutil.copytree(os.path.join(lib.ROOT, "docs", "incidents"), os.path.join(flow.dir, "incidents"))
    flow.configure(
        email=flow.email_transport(server),
        templates=os.path.join(flow.dir, "templates"),
        trial=False,
        allow=["anna@example.org", "jana@example.org"],
    )
    flow.daemon.start()


def systems(flow):
    """A machine on which systems hand over notices: a daemon, a real mail server, the examples of docs/."""
    open_to_colleagues(flow)
    server = flow.smtp()
    flow.configure(email=flow.email_transport(server, retry=["1s", "2s"]))
    shutil.copytree(os.path.join(lib.ROOT, "docs", "batch"), os.path.join(flow.dir, "batch"))
    shutil.copy(os.path.join(lib.ROOT, "docs", "notice.json"), flow.dir)
    shutil.copytree(os.path.join(lib.ROOT, "docs", "incidents", "outage"), os.path.join(flow.dir, "outage"))
    flow.daemon.start()


ROOM = 500
MISSING, FULL, POLICY, GREY = ("550 5.1.1 User unknown", "552 5.2.2 Over quota", "550 5.7.1 Message refused", "450 4.2.0 Greylisted")


def people(count):
    """(id, language, address) of recipients who live in three countries."""
    for i in range(1, count + 1):
        locale = ("de", "de", "ko", "en")[i % 4]
        host = {"de": "gmx.example", "ko": "naver.example", "en": "post.example"}[locale]
        yield f"c{i:03}", locale, f"c{i:03}@{host}"


def refusals(count):
    """Who is refused: 31 wrong addresses, 12 full mailboxes, 8 by policy, 5 for the time being."""
    addresses = [address for _, _, address in people(count)]
    groups = [(MISSING, 31), (FULL, 12), (POLICY, 8), (GREY, 5)]
    start, found = 7, {}
    for reply, size in groups:
        for i in range(size):
            found[addresses[start + i * 8 % (count - 7)]] = reply
        start += 1
    return found


def write_refusals(flow, replies):
    path = os.path.join(flow.dir, "refuse")
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        file.writelines(f"{address} {reply}\n" for address, reply in replies.items())
    os.rename(path + ".tmp", path)
    return path


def engine_room(flow):
    """An operator: a campaign of 500 that has gone out, of which 51 could not be delivered and 5 not yet."""
    open_to_colleagues(flow)
    flow.mail = flow.faulty("good", "--refuse", write_refusals(flow, refusals(ROOM)))
    flow.configure(email=flow.email_transport(flow.mail, retry=["1h", "4h"]), workers=3)
    hand_over(flow)
    flow.daemon.start()
    flow.wait(lambda: flow.summary("email").get("delivered", 0) == ROOM - len(refusals(ROOM)), 60, "all were tried")


def hand_over(flow):
    sample = flow.notice("sample", "service-restored")
    head = {"version": 1, "id": "outage", "campaign": "2026-11-outage", "template": "service-restored", "locale": "en"}
    head.update(routing=sample["routing"], data=sample["data"])
    flow.write("batch.json", json.dumps(head, ensure_ascii=False))
    rows = [{"id": identity, "locale": locale, "to": {"email": address}} for identity, locale, address in people(ROOM)]
    flow.write("people.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    answer = flow.command("enqueue", "--batch", "batch.json", "--jsonl", "people.jsonl")
    if answer.status != 0:
        raise lib.Failure(f"the batch is refused: {answer.err}")


def mailboxes_have_room(flow):
    """The provider tells people to clean up, and they do."""
    write_refusals(flow, {address: reply for address, reply in refusals(ROOM).items() if reply != FULL})


def retried_have_left(flow):
    left = ROOM - len([1 for reply in refusals(ROOM).values() if reply != FULL])
    flow.wait(lambda: flow.summary("email").get("delivered", 0) == left, 60, "the retried ones")


def they_were_tried_again(flow):
    """What was let go has met the same answer."""
    flow.wait(lambda: flow.summary("email").get("deferred", 0) == 5, 60, "the greylisted ones")


def somebody_dropped_a_broken_notice(flow):
    """By hand, without the checks of `enqueue`."""
    flow.drop('{"version": 1, "id": "broken", "template": "apology", "locale": "de",\n "to": {"email": "anna.example.org"}}\n', "broken")
    flow.corrupt("broken")


def it_was_mended(flow):
    notice = flow.notice("broken", locale="de", to={"email": "anna@gmx.example"})
    with open(os.path.join(flow.spool, "corrupt", "broken.json"), "w", encoding="utf-8") as file:
        json.dump(notice, file, ensure_ascii=False)


def sent(flow):
    """A campaign of 48 people that has left, each with a reference number of their own."""
    desk(flow)
    path = os.path.join(flow.dir, "incidents", "outage", "campaign-1-restored.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("reference: OUT-2026-1", "reference: auto"))
    table = os.path.join(flow.dir, "incidents", "outage", "customers.csv")
    with open(table, encoding="utf-8") as file:
        rows = [line.rsplit(",", 1)[0] for line in file.read().splitlines()]
    with open(table, "w", encoding="utf-8") as file:
        file.write("\n".join(rows) + "\n")
    answer = flow.command("send", path, "--confirm", "outage-restored", "--wait")
    if answer.status != 0:
        raise lib.Failure(f"the campaign was not sent: {answer.err}")

"""docs/json.md against what commands really print: every member is there, in both directions, with its types."""

import json
import os
import re

import lib

PAGE = os.path.join(lib.ROOT, "docs", "json.md")
TYPES = {str: "text", bool: "yes or no", int: "number", float: "number", type(None): "null", list: "list", dict: "object"}


def documented():
    """{command: {member: (types, always)}} of the tables of the page."""
    shapes, command = {}, None
    for line in open(PAGE, encoding="utf-8"):
        if line.startswith("## "):
            command = line[3:].strip().strip("`")
            shapes[command] = {}
        row = re.match(r"\| `([a-z_0-9]+)` \| ([a-z, ]+?)( \(sometimes\))? \|", line)
        if row and command:
            shapes[command][row.group(1)] = (set(row.group(2).split(", ")), row.group(3) is None)
    return shapes


def seen(answer):
    """{member: types} over all lines of an answer."""
    members = {}
    for line in answer.out.splitlines():
        for name, value in json.loads(line).items():
            members.setdefault(name, set()).add(TYPES[type(value)])
    return members


def populate(t):
    """A daemon with some of everything: delivered, failed, suppressed, a batch, an action, an entry of the suppression list."""
    mail = t.smtp()
    t.configure(email=t.email_transport(mail), endpoints={"crm": {"url": "https://crm.example.org/hook", "secret": {"env": "CRM_SECRET"}}})
    t.daemon.start()
    t.command("suppress", "add", "nobody@example.org", "--reason", "asked by telephone", "--yes")
    t.enqueue(*t.notices(3))
    t.enqueue(t.notice("apart", to={"name": "Nobody", "email": "nobody@example.org"}))
    t.wait_for_state("n2", "delivered")
    t.wait_for_state("apart", "suppressed")
    t.command("retry", "apart", "--reason", "once more", "--yes")
    t.wait_for_state("apart", "suppressed")


# What is asked of the populated ledger: the heading of the page, and the words of the command.
ASKED = {
    "actions": ("actions",),
    "config show": ("config", "show"),
    "endpoint list": ("endpoint", "list"),
    "endpoint show": ("endpoint", "show", "crm"),
    "enqueue": ("enqueue", "-"),
    "facts terms": ("facts", "terms"),
    "gateway list": ("gateway", "list"),
    "help": ("help",),
    "queue": ("queue",),
    "reconcile": ("reconcile",),
    "retry": ("retry", "apart", "--reason", "again", "--yes"),
    **{verb: (verb, "apart", "--reason", "again") for verb in ("hold", "release", "expire", "cancel", "mark-delivered")},
    "show": ("show", "apart"),
    "status": ("status",),
    "suppress add": ("suppress", "add", "other@example.org", "--reason", "x", "--yes"),
    "suppress check": ("suppress", "check", "nobody@example.org"),
    "suppress list": ("suppress", "list"),
    "suppress remove": ("suppress", "remove", "other@example.org", "--reason", "x"),
    "transport list": ("transport", "list"),
    "version": ("version",),
}


# Of a notice that was tried, and of one that was not.
SECOND = {"show": ("show", "n0")}


def ask(t, name):
    text = json.dumps(t.notice("one-more")) if name == "enqueue" else None
    answer = t.command(*ASKED[name], "--json", text=text)
    if name in SECOND:
        answer.out += t.command(*SECOND[name], "--json").out
    return answer


def test_the_page_has_what_commands_print(t):
    populate(t)
    shapes = documented()
    t.equal(sorted(shapes), sorted(ASKED), "commands of docs/json.md")
    for name in ASKED:
        members, shape = seen(ask(t, name)), shapes.get(name, {})
        for member, types in members.items():
            t.check(member in shape, f"{name}: docs/json.md does not name {member}: {sorted(types)}")
            t.check(member not in shape or types <= shape[member][0], f"{name}: {member} is {sorted(types)}, not {sorted(shape.get(member, [()])[0])}")
        for member, (_, always) in shape.items():
            t.check(not always or member in members, f"{name} does not print {member}")


def test_every_object_begins_with_its_version(t):
    populate(t)
    for name in ASKED:
        for line in ask(t, name).out.splitlines():
            t.check(line.startswith('{"v":1,'), f"{name}: {line[:60]}")

"""docs/json.md against what commands really print: every member is there, in both directions, with its types."""

import json
import os
import re
import shutil
import subprocess

import lib
import peer

PAGE = os.path.join(lib.ROOT, "docs", "json.md")
TYPES = {str: "text", bool: "yes or no", int: "number", float: "number", type(None): "null", list: "list", dict: "object"}
CAMPAIGN = "outage-restored"
FILE = "outage/campaign-1-restored.yaml"
BATCH = "outage-restored-customers"
# Of commands that print no JSON: how many arguments they want.
ARGUMENTS = {"completion": 1, "schema": 1, "translate export": 2, "campaign people": 1}


# the page


def documented():
    """{command: {member: (types, always)}} of the tables of the page."""
    shapes, command = {}, None
    with open(PAGE, encoding="utf-8") as page:
        for line in page:
            if line.startswith("## "):
                command = line[3:].strip().strip("`")
                shapes[command] = {}
            row = re.match(r"\| `([a-zA-Z_0-9.\[\]]+)` \| ([a-z, ]+?)( \(sometimes\))? \|", line)
            if row and command:
                shapes[command][row.group(1)] = (set(row.group(2).split(", ")), row.group(3) is None)
    return shapes


def without_json():
    """Commands of which the page says that they print none."""
    with open(PAGE, encoding="utf-8") as page:
        said = re.search(r"^None print(.*?)\n\n", page.read(), re.M | re.S)
    return set(re.findall(r"`([a-z -]+)`", said.group(1))) if said else set()


# what is printed


def add_members(found, prefix, value, shape):
    """The members of an object, of what is below it, and of the objects of its lists; not of maps: their keys are names."""
    for name, member in value.items():
        path = prefix + name
        is_map = isinstance(member, dict) and "map" in shape.get(path, (set(),))[0]
        found.setdefault(path, set()).add("map" if is_map else TYPES[type(member)])
        if isinstance(member, dict) and not is_map:
            add_members(found, path + ".", member, shape)
        for one in member if isinstance(member, list) else ():
            if isinstance(one, dict):
                add_members(found, path + "[].", one, shape)


def compare(t, name, lines, shape):
    """Every member of every line is on the page with its type, and every member of the page is printed."""
    seen, always = {}, None
    for line in lines:
        found = {}
        add_members(found, "", line, shape)
        for member, types in found.items():
            seen.setdefault(member, set()).update(types)
        top = {member for member in found if "." not in member}
        always = top if always is None else always & top
    for member, types in seen.items():
        t.check(member in shape, f"{name}: docs/json.md does not name {member}: {sorted(types)}")
        t.check(member not in shape or types <= shape[member][0], f"{name}: {member} is {sorted(types)}, not {sorted(shape.get(member, [()])[0])}")
    for member, (_, said_always) in shape.items():
        t.check(member in seen or not said_always, f"{name} does not print {member}")
        t.check("." in member or not said_always or member in (always or ()), f"{name} prints {member} only sometimes")


TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(.*)$")


def check_times(t, name, member, value):
    """RFC 3339 in UTC, wherever a time stands alone."""
    if isinstance(value, dict):
        for key, below in value.items():
            check_times(t, name, key, below)
    elif isinstance(value, list):
        for below in value:
            check_times(t, name, member, below)
    elif isinstance(value, str) and TIME.match(value):
        t.equal(TIME.match(value).group(2), "Z", f"{name}: the zone of {member}")


# the world


def ask(t, asked, name, *words, text=None, status=0, empty=False):
    """One command with --json; its lines are kept below the heading `name`."""
    answer = t.command(*words, "--json", text=text)
    t.check(answer.status in (status if isinstance(status, tuple) else (status,)), f"{words} ended with {answer.status}: {answer.err}")
    t.check(answer.out or empty, f"{words} prints nothing: {answer.err}")
    lines = []
    for line in answer.out.splitlines():
        if not t.check(line.startswith('{"v":1,'), f"{words}: {line[:80]}"):
            break
        lines.append(json.loads(line))
    for line in lines:
        # What a producer or a fact sheet wrote stays as it was written.
        check_times(t, name, name, {key: value for key, value in line.items() if key not in ("job", "data")})
    asked.setdefault(name, []).extend(lines)
    return lines


def prepare(t):
    """A campaign that may be changed, with a second sheet of facts, letters and words of its own."""
    os.chmod(t.dir, 0o755)
    for name in ("templates", "locales"):
        shutil.copytree(os.path.join(lib.ROOT, name), os.path.join(t.dir, name))
    shutil.copytree(os.path.join(lib.ROOT, "docs", "incidents", "outage"), os.path.join(t.dir, "outage"))
    edit(t, FILE, "send_at: 2026-11-09T18:00:00+01:00\n", "canary: {first: 3, then: look}\nwaves: {people: 20, every: 1s}\n")
    facts = read(t, "outage/facts-1.yaml")
    t.write("newer/facts-2.yaml", facts.replace("version: 1", "version: 2\nsupersedes: ../outage/facts-1.yaml", 1).replace("valid_from: 2026-11-09T17", "valid_from: 2026-11-09T18").replace("15:10", "15:20"))


def read(t, name):
    with open(os.path.join(t.dir, name), encoding="utf-8", newline="") as file:
        return file.read()


def edit(t, name, old, new):
    text = read(t, name)
    if old not in text:
        raise lib.Failure(f"{name} has no {old!r}")
    t.write(name, text.replace(old, new, 1))


def configure(t):
    """Real servers for all channels; the mail server refuses some."""
    t.write("refuse", "n1@example.org 550 5.1.1 User unknown\nn2@example.org 450 4.2.0 Greylisted\n")
    t.mail = t.faulty("good", "--refuse", os.path.join(t.dir, "refuse"))
    pem = subprocess.run(["openssl", "genrsa", "2048"], check=True, capture_output=True, text=True).stdout
    t.configure(
        templates="templates", locales="locales", email=t.email_transport(t.mail, retry=["1h"]), sms=t.sms_transport(t.faulty_gateway(), prices={"default": "0.09"}, currency="EUR"),
        webhook=t.webhook_transport(), endpoints={"crm": t.endpoint(t.https())}, dkim={"domain": "example.org", "selector": "s1", "key": {"file": t.secret_file("dkim.pem", pem)}},
        api={"listen": f"127.0.0.1:{peer.free_ports(1)[0]}", "public_url": "https://reports.example.org"}, allow=["jana@example.org", "+4915100000001"], testers=["jana=jana@example.org", "jana=+4915100000001"])


def letters(t, asked):
    """Without a daemon, and before anything was sent."""
    ask(t, asked, "help", "help")
    ask(t, asked, "version", "version")
    ask(t, asked, "config show", "config", "show")
    ask(t, asked, "new", "new", "storm")
    ask(t, asked, "preview", "preview", "apology")
    ask(t, asked, "check", "check", "templates/storm", status=65)
    ask(t, asked, "check", "check", "templates/apology", empty=True)
    ask(t, asked, "golden write", "golden", "write", "apology")
    ask(t, asked, "sms-length", "sms-length", text="Ihre Karte \u201cneu\u201d \U0001f642")
    ask(t, asked, "sms-length", "sms-length", "--transport", "texts", text="Hello")
    ask(t, asked, "translate status", "translate", "status", "apology")
    t.write("ko.po", t.command("translate", "export", "apology", "ko").out)
    ask(t, asked, "translate import", "translate", "import", "ko.po")
    ask(t, asked, "facts terms", "facts", "terms")
    t.write("wrong.yaml", read(t, "outage/facts-1.yaml").replace("kind: none", "kind: nome"))
    ask(t, asked, "facts check", "facts", "check", "wrong.yaml", status=65)
    ask(t, asked, "facts check", "facts", "check", "outage/facts-1.yaml", empty=True)
    ask(t, asked, "facts diff", "facts", "diff", "outage/facts-1.yaml", "newer/facts-2.yaml", status=(0, 65))
    ask(t, asked, "facts show", "facts", "show", "outage/facts-1.yaml")
    t.write("notice.json", json.dumps(t.notice("explained")))
    ask(t, asked, "route explain", "route", "explain", "notice.json")
    ask(t, asked, "route explain", "route", "explain", "notice.json", "--expect", "locale=xx", "--expect", "transport.webhook=x", status=1)
    ask(t, asked, "dkim", "dkim")


def systems_outside(t, asked):
    """What is asked of servers and gateways, and what would be."""
    ask(t, asked, "gateway list", "gateway", "list")
    t.write("answer.txt", "0: Accepted for delivery")
    ask(t, asked, "gateway explain", "gateway", "explain", "texts", "--answer", "answer.txt", "--status", "202")
    ask(t, asked, "gateway estimate", "gateway", "estimate", "texts", "--to", "+4915112345678", "--text", "-", text="Hello")
    ask(t, asked, "gateway test", "gateway", "test", "texts", "--to", "+4915112345678")
    ask(t, asked, "gateway url", "gateway", "url", "texts")
    ask(t, asked, "endpoint secret", "endpoint", "secret", "new")
    ask(t, asked, "endpoint secret", "endpoint", "secret", "new", "--ed25519", "--out", "key")
    ask(t, asked, "endpoint test", "endpoint", "test", "crm")
    ask(t, asked, "endpoint list", "endpoint", "list")
    ask(t, asked, "endpoint show", "endpoint", "show", "crm")
    ask(t, asked, "transport test", "transport", "test", "mail", "--to", "anna@example.org")
    ask(t, asked, "test-send", "test-send", FILE, "--to", "jana", "--locale", "de")


def suppressions(t, asked):
    ask(t, asked, "suppress add", "suppress", "add", "nobody@example.org", "other@example.org", "--reason", "asked by telephone")
    ask(t, asked, "suppress list", "suppress", "list")
    ask(t, asked, "suppress check", "suppress", "check", "nobody@example.org", status=1)
    ask(t, asked, "suppress check", "suppress", "check", "free@example.org")
    ask(t, asked, "suppress remove", "suppress", "remove", "other@example.org", "--reason", "x")
    t.write("old.csv", "email\nold@example.org\n")
    ask(t, asked, "suppress import", "suppress", "import", "old.csv", "--reason", "old system", "--dry-run")
    ask(t, asked, "suppress import", "suppress", "import", "old.csv", "--reason", "old system")


def notices(t, asked):
    """One is delivered, one refused, one deferred, one suppressed; one file is wrong."""
    made = t.notices(3) + [t.notice("apart", to={"name": "Nobody", "email": "nobody@example.org"})]
    ask(t, asked, "enqueue", "enqueue", "-", text="".join(json.dumps(notice) + "\n" for notice in made))
    ask(t, asked, "enqueue", "enqueue", "-", text=json.dumps({**made[0], "id": "bad id"}), status=65)
    t.write("few.csv", "id,email,locale\n")  # nobody
    t.write("batch.json", json.dumps({"version": 1, "id": "shape", "template": "no-such-letter", "colour": "red"}))
    ask(t, asked, "enqueue", "enqueue", "--batch", "batch.json", "--csv", "few.csv", status=65)
    ask(t, asked, "enqueue", "enqueue", "--template", "service-restored", "--csv", "few.csv", status=65)
    for identity, state in (("n0", "delivered"), ("n1", "failed"), ("n2", "deferred"), ("apart", "suppressed")):
        t.wait_for_state(identity, state)
    for name in ("broken", "kept"):
        t.drop(json.dumps(t.notice(name, priority="urgent"), indent=1), name)
        t.corrupt(name)
    ask(t, asked, "corrupt list", "corrupt", "list")
    ask(t, asked, "corrupt explain", "corrupt", "explain", "broken.json")
    edit(t, "spool/corrupt/broken.json", '"urgent"', '"high"')
    ask(t, asked, "corrupt release", "corrupt", "release", "broken.json", "--reason", "corrected")
    ask(t, asked, "status ID", "status", "n0", "n1", status=(0, 1))
    for words in (("n0",), ("n1",), ("apart",)):
        ask(t, asked, "show", "show", *words)
    ask(t, asked, "show --body", "show", "n0", "--body")
    for identity in ("n0", "n1", "n2", "apart"):
        ask(t, asked, "why", "why", identity)
    ask(t, asked, "queue", "queue")
    ask(t, asked, "queue --summary", "queue", "--summary")
    ask(t, asked, "failures", "failures")
    ask(t, asked, "shape", "shape")
    ask(t, asked, "reconcile", "reconcile")
    ask(t, asked, "tail", "tail", "--since", "5m", "--no-follow")
    t.write("mail.eml", "From: anna@example.org\nTo: bounce@example.org\nSubject: Hello\n\nHow are you?\n")
    ask(t, asked, "bounce --dry-run", "bounce", "--dry-run", "mail.eml")
    ask(t, asked, "bounce", "bounce", "mail.eml", status=(0, 1, 65))


def acts(t, asked):
    ask(t, asked, "retry", "retry", "n2", "--reason", "again", "--dry-run")
    for verb in ("hold", "release", "expire", "cancel", "mark-delivered", "retry"):
        ask(t, asked, verb, verb, "n2", "apart", "--reason", "again")
    ask(t, asked, "transport pause", "transport", "pause", "texts", "--reason", "x")
    ask(t, asked, "transport list", "transport", "list")
    ask(t, asked, "transport resume", "transport", "resume", "texts", "--reason", "x")
    ask(t, asked, "endpoint disable", "endpoint", "disable", "crm", "--reason", "x")
    ask(t, asked, "endpoint enable", "endpoint", "enable", "crm", "--reason", "x")


def daemon(t, asked):
    ask(t, asked, "status", "status")
    ask(t, asked, "ready", "ready")
    ask(t, asked, "top", "top", "--once")
    ask(t, asked, "log-level", "log-level", "debug", "--for", "1m", "--reason", "x")
    edit(t, "dispatcher.yaml", "workers: 4", "workers: 3")
    ask(t, asked, "config diff", "config", "diff", status=1)
    ask(t, asked, "reload", "reload", "--reason", "x")
    ask(t, asked, "live off", "live", "off", "--reason", "x")
    ask(t, asked, "live on", "live", "on", "--confirm", "live", "--reason", "x")
    ask(t, asked, "purge", "purge", "--older-than", "30d", "--dry-run", "--reason", "x")
    ask(t, asked, "purge", "purge", "--older-than", "30d", "--yes", "--reason", "x")


def campaign(t, asked):
    """From its beginning to its report."""
    ask(t, asked, "campaign new", "campaign", "new", "x1", "--template", "service-restored")
    ask(t, asked, "campaign show", "campaign", "show", FILE)
    t.write("outage/agreed.yaml", read(t, FILE).replace("campaign: outage-restored", "campaign: agreed\napprovals: [comms]"))
    ask(t, asked, "campaign approve", "campaign", "approve", "outage/agreed.yaml", "--as", "comms")
    ask(t, asked, "campaign show", "campaign", "show", "outage/agreed.yaml")
    ask(t, asked, "campaign disapprove", "campaign", "disapprove", "agreed", "--reason", "x")
    ask(t, asked, "campaign show", "campaign", "show", "agreed")
    ask(t, asked, "send --dry-run", "send", "outage/agreed.yaml", "--dry-run", status=(0, 77))
    ask(t, asked, "send --dry-run", "send", FILE, "--dry-run")
    ask(t, asked, "send", "send", FILE, "--confirm", CAMPAIGN)
    t.wait(lambda: t.command("campaign", "show", CAMPAIGN, "--json").json().get("delivered") == 3, 30, "the first ones")
    ask(t, asked, "campaign list", "campaign", "list")
    ask(t, asked, "campaign pause", "campaign", "pause", CAMPAIGN, "--reason", "x")
    ask(t, asked, "campaign resume", "campaign", "resume", CAMPAIGN, "--reason", "x")
    ask(t, asked, "campaign go-on", "campaign", "go-on", CAMPAIGN, "--reason", "x")
    ask(t, asked, "pause", "pause", BATCH, "--reason", "x")
    ask(t, asked, "batches", "batches")
    ask(t, asked, "resume", "resume", BATCH, "--reason", "x")
    ask(t, asked, "watch", "watch", BATCH, "--once", status=(0, 1, 75))
    ask(t, asked, "watch", "watch", CAMPAIGN, "--once", status=(0, 1, 75))
    ask(t, asked, "show --reference", "show", "--reference", "CL-A-000417")
    ask(t, asked, "queue", "queue", "--batch", BATCH)
    first = asked["queue"][-1]["id"]
    ask(t, asked, "show", "show", first)
    ask(t, asked, "reconcile", "reconcile", BATCH)
    ask(t, asked, "campaign cancel", "campaign", "cancel", CAMPAIGN, "--confirm", CAMPAIGN, "--reason", "x")
    ask(t, asked, "call-list", "call-list", CAMPAIGN, "--everybody")
    t.command("call-list", CAMPAIGN, "--everybody", "--out", "calls.csv")
    ask(t, asked, "call-import", "call-import", "calls.csv")
    ask(t, asked, "campaign report", "campaign", "report", CAMPAIGN)
    ask(t, asked, "campaign show", "campaign", "show", CAMPAIGN)
    ask(t, asked, "evidence", "evidence", CAMPAIGN, "--out", "proof", "--addresses", "full")
    ask(t, asked, "evidence forget", "evidence", "forget", "proof", "--id", f"{BATCH}_customer-01")
    ask(t, asked, "evidence verify", "evidence", "verify", "proof")
    edit(t, "proof/README.txt", "e", "E")
    ask(t, asked, "evidence verify", "evidence", "verify", "proof", status=1)
    ask(t, asked, "campaign next", "campaign", "next", FILE)
    ask(t, asked, "actions", "actions")


SCENES = (letters, suppressions, systems_outside, notices, acts, daemon, campaign)


def test_the_page_has_what_commands_print(t):
    prepare(t)
    configure(t)
    asked, shapes = {}, documented()
    t.daemon.start()
    for scene in SCENES:
        scene(t, asked)
    if "SHAPES" in os.environ:
        with open(os.environ["SHAPES"], "w", encoding="utf-8") as file:
            json.dump(asked, file)
    t.equal(sorted(shapes), sorted(asked), "headings of docs/json.md")
    for name, lines in asked.items():
        compare(t, name, lines, shapes.get(name, {}))


def test_every_command_has_a_section_or_says_that_it_prints_no_json(t):
    t.configure()
    sections, none = {name.split(" ID")[0].split(" --")[0] for name in documented()}, without_json()
    for row in t.command("help", "--json").lines():
        name = row["command"]
        t.check((name in sections) != (name in none), f"{name}: a section of docs/json.md, or in its sentence about those without JSON")
        if name in none:
            answer = t.command(*name.split(), *["x"] * ARGUMENTS.get(name, 0), "--json")
            t.equal((answer.status, answer.out), (64, ""), f"{name} --json")
            t.contains(answer.err, "has no JSON", f"{name} --json")

"""The manual pages: made of the tables, complete, and without a word from mandoc."""

import json
import os
import re
import shutil
import subprocess

import lib

PAGES = {"dispatcher.1": None, "dispatcher.yaml.5": None, "dispatcher-template.5": "docs/man", "dispatcher-spool.7": "docs/man"}


def pages(t):
    """Where they lie as installed, so that their references find each other."""
    root = os.path.join(t.dir, "man")
    for name, source in PAGES.items():
        folder = os.path.join(root, "man" + name[-1])
        os.makedirs(folder, exist_ok=True)
        if source:
            shutil.copy(os.path.join(lib.ROOT, source, name), folder)
            continue
        made = subprocess.run([lib.DISPATCHER, "manual", name], capture_output=True, check=True).stdout
        with open(os.path.join(folder, name), "wb") as page:
            page.write(made)
    return root


def read(root, name):
    """The page as text, without what makes letters bold, and in one line."""
    path = os.path.join(root, "man" + name[-1], name)
    text = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=300", path], capture_output=True, text=True, check=True).stdout
    return re.sub(r"\s+", " ", re.sub(".\b", "", text))


def test_mandoc_has_nothing_to_say(t):
    root = pages(t)
    for name in PAGES:
        path = os.path.join(root, "man" + name[-1], name)
        lint = subprocess.run(["mandoc", "-T", "lint", path], capture_output=True, text=True)
        # Whether a page is installed on this machine says nothing about it; that it is one of ours does.
        t.equal([line for line in lint.stdout.splitlines() if "referenced manual not found" not in line], [], name)
        for page, section in re.findall(r"^\.Xr (\S+) (\d)", open(path, encoding="utf-8").read(), re.M):
            t.check(f"{page}.{section}" in PAGES or (page, section) == ("rename", "2"), f"{name} refers to {page}({section})")


def test_the_page_of_the_program_names_every_command_and_option(t):
    t.configure()
    page = read(pages(t), "dispatcher.1")
    for row in t.command("help", "--json").lines():
        t.contains(page, f" {row['command']} ", "commands")
        t.contains(page, re.sub(r"\s+", " ", row["summary"]), f"summary of {row['command']}")
        for option in row["options"]:
            t.contains(page, f"--{option['name']}", f"options of {row['command']}")
    for word in ("--config", "--json", "--no-input", "--color", "NO_COLOR", "DISPATCHER_CONFIG", "EXIT STATUS", "75"):
        t.contains(page, word, "what all commands share")


def test_the_page_of_the_configuration_names_every_key(t):
    t.configure(email=t.email_transport(t.smtp()))
    page = read(pages(t), "dispatcher.yaml.5")
    keys = [row["key"] for row in t.command("config", "show", "--json").lines()]
    t.check(len(keys) > 60, f"{len(keys)} keys")
    for key in keys:
        parts = key.split(".")
        name = ".".join(parts[2:]) if parts[0] in ("transports", "endpoints") and len(parts) > 2 else key
        maps = "|".join(re.escape(part) for part in {parts[0], name.split(".")[0]})
        t.check(f" {name} " in page or re.search(rf" ({maps})(\.[A-Z]+)? ", page), f"{key} is not in dispatcher.yaml(5)")


# every key, both ways

OWN_NAMES = {"organisation.*": "organisation.NAME", "campaigns.roles.*": "campaigns.roles.ROLE", "transports.*": "transports.NAME", "endpoints.*": "endpoints.NAME",
             "domains.*": "domains.DOMAIN", "windows.*": "windows.COUNTRY", "vars.*": "vars.NAME", "senders.*": "senders.PREFIX", "prices.*": "prices.PREFIX", "headers.*": "headers.HEADER"}
SECTIONS = {"top": "Top level", "transport": "transports.NAME", "host": "transports.NAME.hosts", "domain": "transports.NAME.domains.DOMAIN",
            "price": "transports.NAME.prices.PREFIX", "endpoint": "endpoints.NAME", "role": "campaigns.roles.ROLE"}


def page_rows(t):
    """[(section, key, what is said of it)] of dispatcher.yaml(5)."""
    page = subprocess.run([lib.DISPATCHER, "manual", "dispatcher.yaml.5"], capture_output=True, check=True).stdout.decode()
    rows = []
    for part in re.split(r"^\.Ss ", page.split(".Sh FILES")[0], flags=re.M)[1:]:
        name, body = part.split("\n", 1)
        for item in re.split(r"^\.It Cm ", body, flags=re.M)[1:]:
            key, said = item.split("\n", 1)
            rows.append((name.strip('"'), key.strip('"'), re.sub(r"\\s+", " ", said.replace("\\&", "").replace("\n", " "))))
    return sorted(rows, key=lambda row: row[0])


def table_rows():
    """The same of the table: [(section, key, kind, range)]."""
    with open(os.path.join(lib.ROOT, "dispatcher", "config", "params.c"), encoding="utf-8") as file:
        source = file.read()
    rows = []
    for table, body in re.findall(r"^static const struct param (\w+)\[\] = \{(.*?)^\};", source, re.S | re.M):
        for kind, key, rest in re.findall(r'^    \{([A-Z]+)\("([^"]+)"([^\n]*)', body, re.M):
            rows.append((SECTIONS[table], OWN_NAMES.get(key, key), kind, rest))
    return sorted(rows, key=lambda row: row[0])


def test_the_page_of_the_configuration_says_of_each_key_what_may_stand_there(t):
    page, table = page_rows(t), table_rows()
    t.equal([row[:2] for row in page], [row[:2] for row in table], "keys of the page and of the table")
    for (section, key, said), (_, _, kind, rest) in zip(page, table):
        t.matches(said, r"^\S.*[.:)]\s+It is \w", f"a sentence and what may stand there: {section} {key}")
        bounds = re.match(r", (?:NULL|\"[^\"]*\"), (-?\d+), (\d+)\)", rest)
        if kind in ("INTEGER", "NUMBER") and bounds:
            t.contains(said, f"from {bounds[1]} to {bounds[2]}", f"range of {section} {key}")
        if kind in ("DURATION", "FRACTION", "SCHEDULE"):
            t.matches(said, r"from \S+ to \S+[.;]", f"range of {section} {key}")
        default = re.match(r', "([^"]+)"', rest)
        if default:
            t.contains(said, f"unless set: {default[1]}", f"default of {section} {key}")


def places_of(section, key, said):
    """Where this key stands in a file: paths of names."""
    names = [{"DOMAIN": "example.org", "COUNTRY": "KR", "PREFIX": "+49", "HEADER": "X-Own", "NAME": "own", "ROLE": "legal"}.get(name, name) for name in key.split(".")]
    channels = {"email": "smtp", "sms": "gateway", "webhook": "webhook"}
    bits = re.search(r"Only with (channel|type): ([a-z, ]+)", said)
    fits = [name for name, kind in channels.items() if not bits or {"channel": name, "type": kind}[bits[1]] in bits[2].split(", ")]
    if section == "transports.NAME":
        return [["transports", name, *names] for name in fits]
    inner = {"transports.NAME.hosts": ["email", "hosts", 0], "transports.NAME.domains.DOMAIN": ["email", "domains", "example.org"], "transports.NAME.prices.PREFIX": ["sms", "prices", "+49"]}
    if section in inner:
        return [["transports", *inner[section], *names]]
    outer = {"Top level": [], "endpoints.NAME": ["endpoints", "crm"], "campaigns.roles.ROLE": ["campaigns", "roles", "legal"]}
    return [outer[section] + names]


def put_at(tree, path, value):
    for at, following in zip(path, path[1:]):
        empty = [{}] if following == 0 else {}
        tree = tree[at] if isinstance(tree, list) else tree.setdefault(at, empty)
    tree[path[-1]] = value


def test_each_key_of_the_page_is_one_the_program_reads(t):
    """What can stand nowhere stands at each of them in turn: the program finds fault with it there, and knows the key."""
    asked = 0
    for section, key, said in page_rows(t):
        for path in places_of(section, key, said) if key != "vars.NAME" else ():  # the description of a gateway names them
            tree = {}
            if path[0] == "transports" and len(path) > 2:
                put_at(tree, ["transports", path[1], "channel"], path[1])
            put_at(tree, path, "x" if key == "hosts" else [[["x"]]])
            t.write("dispatcher.yaml", json.dumps(tree))
            answer = t.command("config", "show")
            name = ".".join("1" if part == 0 else part for part in path)
            at = [line for line in answer.err.splitlines() if f"`{name}`" in line or f"`{name}." in line]
            t.check(answer.status == 78 and at and "unknown key" not in answer.err, f"{name}: {answer.status} {answer.err[:300]}")
            asked += 1
    t.check(asked > 110, f"{asked} keys")


def test_the_page_of_letters_has_every_key_of_template_yaml(t):
    with open(os.path.join(lib.ROOT, "dispatcher", "render", "template.c"), encoding="utf-8") as file:
        (table,) = re.findall(r"^\} keys\[\] = \{(.*?)^\};", file.read(), re.S | re.M)
    keys = {key: required == "true" for key, required in re.findall(r'^    \{"(\w+)", (true|false), read_', table, re.M)}
    with open(os.path.join(lib.ROOT, "docs", "man", "dispatcher-template.5"), encoding="utf-8") as file:
        section = file.read().split(".Ss Keys of template.yaml\n")[1].split(".El")[0]
    said = dict(re.findall(r"^\.It Cm (\w+)\n(.*)", section, re.M))
    t.equal(sorted(said), sorted(keys), "keys of the page and of the program")
    for key, required in keys.items():
        t.equal("must be there" in said[key], required, f"{key}: must it be there")

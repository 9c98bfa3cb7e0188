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


# what is written by hand, against the tables of the program


def source_of(*parts):
    with open(os.path.join(lib.ROOT, "dispatcher", *parts), encoding="utf-8") as file:
        return file.read()


def hand_written(name):
    with open(os.path.join(lib.ROOT, "docs", "man", name), encoding="utf-8") as file:
        return file.read()


def items_of(page, section, macro="Cm"):
    """{name: what is said of it} of the lists of a section of a page."""
    body = re.split(r"^\.S[sh] ", page.split(f"\n{section}\n")[1], flags=re.M)[0]
    return {name: said for name, said in re.findall(rf"^\.It {macro} (\S+)[^\n]*\n((?:(?!\.It|\.El).*\n)*)", body, re.M)}


def words_of(source, start):
    """The words in quotes of a table, up to its end."""
    return re.findall(r'"([^"]+)"', re.search(re.escape(start) + r".*?\{(.*?)\};", source, re.S)[1])


def test_the_page_of_letters_has_every_key_of_template_yaml(t):
    (table,) = re.findall(r"^\} keys\[\] = \{(.*?)^\};", source_of("render", "template.c"), re.S | re.M)
    keys = {key: required == "true" for key, required in re.findall(r'^    \{"(\w+)", (true|false), read_', table, re.M)}
    said = items_of(hand_written("dispatcher-template.5"), ".Ss Keys of template.yaml")
    t.equal(sorted(said), sorted(keys), "keys of the page and of the program")
    for key, required in keys.items():
        t.equal("must be there" in said[key], required, f"{key}: must it be there")


def test_the_page_of_letters_has_every_key_type_and_name_of_facts(t):
    page, source = hand_written("dispatcher-template.5"), source_of("render", "variable.c")
    t.equal(list(items_of(page, ".Ss Facts")), words_of(source, "known[] ="), "keys of a fact")
    t.equal(list(items_of(page, ".Ss Types of facts")), re.findall(r'\.name = "(\w+)"', source), "types of facts")
    reserved = re.search(r"no fact can be called so:\n(.*?) \.\n", page, re.S)[1].replace(".Cm", "").replace("\n", " ")
    t.equal(re.findall(r"\w+", reserved), words_of(source, "reserved[] ="), "names that are taken")
    fronts = words_of(source_of("render", "letter.c"), "front_keys[] =")
    said = page.split(".Ss The wording\n")[1].split("double quotes")[0]
    t.equal(re.findall(r"^\.Cm (\w+)", said, re.M), fronts, "what stands between the lines ---")


def test_the_page_of_letters_has_every_filter_and_every_word_behind_one(t):
    said, table = items_of(hand_written("dispatcher-template.5"), ".Ss Filters"), re.search(r"filters\[\] = \{(.*?)^\};", source_of("render", "filter.c"), re.S | re.M)[1]
    rows = re.findall(r'^    \{"([\w-]+)", (true|false),.*\n((?:     .*\n)+)', table, re.M)
    t.equal(list(said), [name for name, *_ in rows], "filters")
    for name, argument, about in rows:
        t.equal(f".It Cm {name} : Ns Ar" in hand_written("dispatcher-template.5"), argument == "true", f"{name}: must something stand behind it")
        for word in re.findall(rf"\b{name}:([a-z0-9-]+)\b", re.sub(r'"\n\s*"', "", about)) if argument == "false" else ():
            t.contains(said[name], f"{name}:{word}", f"what may stand behind {name}")


# the spool


def number_of(source, name):
    """The value of a constant, as the compiler has it."""
    text = re.search(rf"^#define {name}\s+(.*?)(?:/\*.*)?$", source, re.M)[1]
    return eval(re.sub(r"\((?:size_t|int64_t)\)|INT64_C|(?<=\d)u\b", "", text), {})


def test_the_page_of_the_spool_has_the_limits_and_states_of_the_program(t):
    page = hand_written("dispatcher-spool.7")
    limits = {size: said.split("\n")[0] for size, said in re.findall(r"^\.It Cm ([\w ]+)\n(.*\n(?:\.Pa.*\n)?)", page.split(".Ss Limits")[1].split(".El")[0], re.M)}
    job, batch = source_of("model", "job.h"), source_of("model", "batch.h")
    t.equal(
        list(limits),
        [str(number_of(source_of("base", "id.h"), "ID_MAX")), str(number_of(batch, "BATCH_ID_MAX")), f"{number_of(job, 'JOB_TEXT_MAX') // 1024} KiB",
         f"{number_of(source_of('spool', 'spool.h'), 'BATCH_TEXT_MAX') // 2**20} MiB", f"{number_of(batch, 'BATCH_LINE_MAX') // 1024} KiB", str(number_of(job, "JOB_DEPTH_MAX"))],
        "limits",
    )  # fmt: skip
    t.contains(page, f"for {number_of(source_of('spool', 'spool.c'), 'TMP_MAX_AGE_MS') // 3600000} hours", "how long something may lie in tmp/")
    t.equal(number_of(source_of("engine", "reader.h"), "READER_SAMPLE"), 1000, "the first thousand lines")
    t.equal(list(items_of(page, ".Ss States")), words_of(source_of("model", "delivery.c"), "state_names[DELIVERY_STATES] ="), "states")


def test_the_page_of_the_spool_names_all_that_stands_there_and_nothing_else(t):
    t.configure(email={"channel": "email", "type": "outbox"})
    t.daemon.start()
    t.write("batch.json", json.dumps({"version": 1, "id": "b", **{key: value for key, value in t.notice("x").items() if key in ("template", "locale", "data")}}))
    t.write("people.jsonl", json.dumps({"id": "c17", "to": {"name": "Anna", "email": "anna@example.org"}}) + "\n")
    t.equal(t.command("enqueue", "--batch", "batch.json", "--jsonl", "people.jsonl").status, 0, "a batch")
    t.equal(t.drop("no JSON", "broken"), 0, "what is no notice, dropped")
    lib.wait_until(lambda: os.path.exists(os.path.join(t.spool, "corrupt", "broken.reason")) and os.path.exists(os.path.join(t.spool, "outbox", "mail", "new")), 30, "a refusal and an outbox")
    lib.wait_until(lambda: t.command("show", "b_c17").status == 0, 30, "b_c17 to be known")
    pages = [name.rstrip("/") for row in re.findall(r"^\.It Pa (.*)", hand_written("dispatcher-spool.7"), re.M) for name in row.split(" , ")]
    t.equal(sorted(pages), sorted(os.listdir(t.spool)), "what the page names, and what is there")
    t.check(os.path.isdir(os.path.join(t.spool, "batches", "b")), "an accepted batch")
    t.equal(sorted(os.listdir(os.path.join(t.spool, "corrupt"))), ["broken.json", "broken.reason"], "what was refused")
    t.equal(os.listdir(os.path.join(t.spool, "outbox")), ["mail"], "outboxes")


def test_the_client_on_the_page_of_the_spool_does_what_the_page_says(t):
    client = re.search(r"^\.Bd -literal -offset indent\n(.*?)^\.Ed", hand_written("dispatcher-spool.7"), re.S | re.M)[1]
    for name in ("tmp", "new"):
        os.makedirs(os.path.join(t.spool, name))

    def hand_over(text):
        return subprocess.run(["sh", "-c", client], cwd=t.spool, input=text.encode(), env={**os.environ, "id": "one"}).returncode

    t.equal([hand_over("a"), hand_over("a"), hand_over("b")], [0, 0, 65], "handed over, the same again, another of this id")
    t.equal(os.listdir(os.path.join(t.spool, "tmp")), [], "nothing is left in tmp/")
    shutil.rmtree(os.path.join(t.spool, "tmp"))
    t.equal(hand_over("c"), 75, "no room to write")

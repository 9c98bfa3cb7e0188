"""The pages of docs/ and the READMEs against the program: each command, option, key, event, metric, path and link they name is there."""

import glob
import os
import re

import lib
import test_config_schema
import test_manual
import test_schema

# Files the reader is to make.
INVENTED = ("config/gateways/example-telecom.yaml", "templates/our-outage/template.yaml", "locales/de-LU.yaml")
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def pages():
    found = sorted(glob.glob(os.path.join(lib.ROOT, "docs", "*.md"))) + [os.path.join(lib.ROOT, *name) for name in (("README.md",), ("templates", "README.md"), ("dispatcher", "README.md"))]
    for path in found:
        with open(path, encoding="utf-8") as file:
            yield os.path.relpath(path, lib.ROOT), file.read()


def prose_of(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)


def spans_of(text):
    """What stands between ` and `, outside of blocks."""
    return [span.replace("\\|", "|") for span in CODE.findall(prose_of(text))]


# commands


def commands(t):
    return {row["command"]: {option["name"] for option in row["options"]} for row in t.command("help", "--json").lines()}


def said_commands(text):
    """What the page tells people to type: spans and lines of blocks that begin with the program."""
    for block in re.findall(r"^```(?:console|sh|)\n(.*?)^```", text, re.S | re.M):
        for line in re.sub(r"\\\n", " ", block).splitlines():
            found = re.match(r"^(?:[$#] )?(?:build/)?dispatcher ([a-z].*)", line.strip())
            if found and (line.startswith(("$ ", "# ")) or "$ " not in block):
                yield re.split(r" {2,}[a-zäö#]|  #| \| | >|; | && ", found[1])[0]
    for span in spans_of(text):
        if re.match(r"^(build/)?dispatcher [a-z]", span):
            yield span.split("dispatcher ", 1)[1]


def test_the_pages_name_commands_and_options_that_there_are(t):
    t.configure()
    table, seen = commands(t), 0
    everywhere = {"config", "socket", "json", "quiet", "verbose", "color", "no-input", "dry-run", "yes", "confirm", "reason", "limit", "help", "version", "set"}
    for page, text in pages():
        for said in said_commands(text):
            words = said.split()
            name = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in table), None)
            outer = words[0] in {command.split()[0] for command in table}
            t.check(name or (outer and (len(words) == 1 or not re.match(r"^[a-z-]+$", words[1]))), f"{page}: there is no command `dispatcher {said}`")
            options = re.findall(r"(?<![\w-])--([a-z][a-z0-9-]*)", said)
            known = everywhere | (table[name] if name else set().union(*(options for command, options in table.items() if command.split()[0] == words[0])))
            for option in options:
                t.check(option in known, f"{page}: `dispatcher {said}`: there is no --{option}")
            seen += 1
    t.check(seen > 150, f"{seen} commands")


# links and paths


def slug(heading):
    """As the anchors of a forge are made."""
    return re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).strip().lower()).replace(" ", "-")


def test_the_links_of_the_pages_lead_somewhere(t):
    anchors = {page: {slug(line.lstrip("#")) for line in text.splitlines() if line.startswith("#")} for page, text in pages()}
    for page, text in pages():
        for target in re.findall(r"\]\(([^)\s]+)\)", prose_of(text)):
            if re.match(r"https?:|mailto:", target):
                continue
            path, _, anchor = target.partition("#")
            full = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            t.check(os.path.exists(os.path.join(lib.ROOT, full)), f"{page}: {target} does not exist")
            if anchor and full in anchors:
                t.check(anchor in anchors[full], f"{page}: {full} has no heading #{anchor}")


def test_the_files_the_pages_name_are_there(t):
    seen = 0
    for page, text in pages():
        for span in spans_of(text):
            if re.fullmatch(r"(config|docs|dispatcher|locales|templates|tests)/[a-zA-Z0-9_./-]+", span) and not re.search(r"[A-Z]{4}", span.replace("README", "")):
                homes = [lib.ROOT, os.path.join(lib.ROOT, "dispatcher")][: 2 if page.startswith("dispatcher") else 1]
                t.check(span in INVENTED or any(os.path.exists(os.path.join(home, span)) for home in homes), f"{page}: `{span}` does not exist")
                seen += 1
    t.check(seen > 40, f"{seen} files")


# keys and events


def test_the_keys_and_events_the_pages_name_are_there(t):
    """A word with a point: a key of a file that is read, an event of the log, a fact, a member, a file."""
    t.configure()
    keys = {".".join(part for part in path if part != "*") for path in test_config_schema.page_paths()}
    sections = {key.split(".")[0] for key in keys}
    sources = "".join(test_manual.source_of(*os.path.relpath(path, os.path.join(lib.ROOT, "dispatcher")).split(os.sep)) for path in glob.glob(os.path.join(lib.ROOT, "dispatcher", "*", "*.c")))
    events = set(re.findall(r'"([a-z]+\.[a-z_]+)"', sources))
    seen = {"keys": 0, "events": 0}
    for page, text in pages():
        for event in re.findall(r"event=([a-z]+\.[a-z_]+)", text):
            t.check(event in events, f"{page}: nothing logs event={event}")
            seen["events"] += 1
        for line in prose_of(text).splitlines() if page != "dispatcher/README.md" else ():
            for span in CODE.findall(line) if re.search(r"\blogs?\b|\blogged\b", line) else ():
                if re.fullmatch(r"[a-z]+\.[a-z_]+", span) and span not in keys and not span.endswith((".yaml", ".json", ".key", ".db", ".c")):
                    t.check(span in events, f"{page}: nothing logs `{span}`")
                    seen["events"] += 1
        for span in spans_of(text):
            words = span.split(".")
            if not re.fullmatch(r"[a-z_]+\.[a-z_]+(\.[a-z_]+)?", span) or words[0] not in sections or words[-1] in ("yaml", "json", "md", "c", "h", "txt", "csv"):
                continue
            seen["keys"] += 1
            known = span in keys or span in events or any(key.startswith(span + ".") for key in keys) or f'"{span}"' in sources
            t.check(known, f"{page}: `{span}` is no key of the configuration, and no event")
    t.check(min(seen.values()) > 5, f"{seen}")


def test_the_page_of_the_http_interface_has_every_metric(t):
    with open(os.path.join(lib.ROOT, "docs", "api.md"), encoding="utf-8") as file:
        table = file.read().split("## Metrics")[1].split("What is worth")[0]
    said = {re.sub(r"\{.*", "", span) for row in re.findall(r"^\| (`.*?) \|", table, re.M) for span in CODE.findall(row)}
    source = test_manual.source_of("api", "metrics.c")
    made = set(re.findall(r'\{"([a-z_]+)",\s+METRIC_', source))
    t.check(len(made) > 20, f"metrics in the table: {sorted(made)}")
    t.equal(sorted(said), sorted(made), "metrics of the page, and of the program")
    told = "".join(test_manual.source_of("engine", os.path.basename(path)) for path in glob.glob(os.path.join(lib.ROOT, "dispatcher", "engine", "*.c")))
    for name in made:
        t.check(f'"{name}"' in told or name.startswith("api_") or name == "scheduler_up", f"{name}: no scheduler tells it")


# tables written by hand


def page_of(*parts):
    with open(os.path.join(lib.ROOT, *parts), encoding="utf-8") as file:
        return file.read()


def first_cells(text):
    return re.findall(r"^\| `([^`]+)`", text, re.M)


def stems(*parts):
    return {os.path.basename(path)[:-5] for path in glob.glob(os.path.join(lib.ROOT, *parts, "*.yaml"))}


def test_the_page_of_gateways_has_every_cause_with_its_words(t):
    table = page_of("docs", "gateways.md").split("### Causes")[1].split("\n## ")[0]
    said = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|$", table, re.M))
    known = {name: (means + advice).replace('\\"', '"') for name, means, advice in re.findall(r'\{"(\w+)", SAYS\("((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\)', test_manual.source_of("model", "cause.c"))}
    t.check(len(known) > 90, f"{len(known)} causes")
    t.equal(said, known, "causes and what they mean")
    words = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
    count = re.search(r"(\w+) are described, `dispatcher gateway list` names them", page_of("README.md"))[1]
    t.equal(words.index(count.lower()), len(stems("config", "gateways")), "how many gateways README says there are")


def test_the_page_of_the_law_has_every_set_of_rules_and_every_rule(t):
    page = page_of("docs", "law.md")
    t.equal(set(first_cells(page.split("## Which rules are asked")[1].split("\n## ")[0])), stems("config", "law"), "sets of rules")
    rules = {rule for path in glob.glob(os.path.join(lib.ROOT, "config", "law", "*.yaml")) for rule in re.findall(r"^\s*- id: (\w+)", page_of(path), re.M)}
    said = set()
    for cell in re.findall(r"^\| ([A-Z][A-Z0-9, to]+) \|", page.split("## What is checked")[1].split("\n## ")[0], re.M):
        for part in cell.split(", "):
            span = re.fullmatch(r"([A-Z]+)(\d+) to \1(\d+)", part)
            said |= {f"{span[1]}{number}" for number in range(int(span[2]), int(span[3]) + 1)} if span else {part}
    said |= set(re.findall(r"\b([A-Z]{2}\d+): ", page.split("## Chains, obligations")[1].split("\n## ")[0]))
    t.equal(sorted(said), sorted(rules), "rules")


def test_the_page_of_letters_has_every_letter_kind_of_fact_and_filter(t):
    page = page_of("templates", "README.md")
    shipped = {name for name in os.listdir(os.path.join(lib.ROOT, "templates")) if re.match(r"[a-z]", name)}
    t.equal({name for name in first_cells(page.split("## Changing a letter")[0]) if re.fullmatch(r"[a-z-]+", name)}, shipped, "letters")
    kinds = [name for name in first_cells(page.split("## A new letter")[1].split("\n## ")[0]) if re.fullmatch(r"[a-z_]+", name)]
    t.equal(sorted(kinds), sorted(re.findall(r'\.name = "(\w+)"', test_manual.source_of("render", "variable.c"))), "kinds of facts")
    filters = set(re.findall(r'^    \{"([\w-]+)", (?:true|false),', test_manual.source_of("render", "filter.c"), re.M))
    said = {re.split(r"[:} ]", word)[0] for row in re.findall(r"^\| (`\{\{.*?\}\}`)", page.split("## Filters")[1].split("\n## ")[0], re.M) for word in re.findall(r"\\\| ([^\\]+)", row)}
    t.equal(sorted(said), sorted(filters), "filters")

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


# numbers

# Page, what it says around the number, where the constant stands, and how much of it the page's unit is.
NUMBERS = (
    ("docs/api.md", "{} KiB for a body", "api/server.h", "CALL_BODY_MAX", 1024),
    ("docs/api.md", "{} MiB for all that are being read", "api/server.h", "BODIES_MAX", 2**20),
    ("docs/api.md", "{} reports in one;", "channel/gateway_report.h", "GATEWAY_REPORTS_MAX", 1),
    ("docs/api.md", "{} KiB and 100 lines for headers", "api/server.c", "HEADERS_MAX", 1024),
    ("docs/api.md", "16 KiB and {} lines for headers", "api/server.c", "HEADER_COUNT_MAX", 1),
    ("docs/api.md", "{} s for each step of a connection", "api/server.c", "STEP_MS", 1000),
    ("docs/api.md", "{} connections, as far as", "api/server.c", "CONNECTIONS_MAX", 1),
    ("docs/api.md", "{} that wait, as far as", "engine/listen_socket.c", "BACKLOG", 1),
    ("docs/api.md", "waits for it, up to {} hours", "ledger/parked.c", "WAIT_MS", 3600000),
    ("docs/bounces.md", "A mail is read up to {} MiB", "channel/bounce_report.h", "BOUNCE_SIZE_MAX", 2**20),
    ("docs/bounces.md", "the first {} mistakes are shown", "people/findings.h", "FINDINGS_SHOWN", 1),
    ("docs/campaigns-after.md", "campaigns of more than {} people", "engine/requests_report.c", "IN_DAEMON_MAX", 1),
    ("README.md", "the first {} mistakes are shown", "people/findings.h", "FINDINGS_SHOWN", 1),
    ("README.md", "at most ten and {} MiB in all", "channel/attachment.h", "ATTACHMENTS_SIZE_MAX", 2**20),
    ("README.md", "(here on two), at most {} KiB each", "model/batch.h", "BATCH_LINE_MAX", 1024),
    ("README.md", "ID being its id: 1 to {} letters", "model/batch.h", "BATCH_ID_MAX", 1),
    ("README.md", "one commit group: {} outcomes or 50 ms", "engine/recorder.c", "SYNC_OUTCOMES", 1),
    ("README.md", "one commit group: 256 outcomes or {} ms", "engine/recorder.c", "SYNC_MS", 1),
    ("dispatcher/README.md", "when {} have come or 5 ms are over", "engine/recorder.c", "COMMIT_OUTCOMES", 1),
    ("dispatcher/README.md", "when 32 have come or {} ms are over", "engine/recorder.c", "COMMIT_MS", 1),
    ("dispatcher/README.md", "it is parked (`ledger/parked.c`) and booked when that is settled, also after a crash; {} h later", "ledger/parked.c", "WAIT_MS", 3600000),
)
# The same of what the configuration has unless somebody says otherwise: the key, and its default.
DEFAULTS = (
    ("README.md", "30 days after all of it is over", "retention", "30d"),
    ("README.md", "at 500 failures that are also 5 %", "halt.failures", "500"),
    ("README.md", "at 500 failures that are also 5 %", "halt.share", "0.05"),
    ("docs/bounces.md", "`suppression.after_bounce`, 90 days", "suppression.after_bounce", "90d"),
    ("docs/webhooks.md", "for 120 h (`disable_after`)", "endpoints.*.disable_after", "120h"),
    ("docs/webhooks.md", "(`concurrency` of the transport: 4 packets unless set)", "transports.*.concurrency", "4"),
    ("docs/systemd.md", "what is in flight, 30 s at most (`shutdown`)", "shutdown", "30s"),
    ("dispatcher/README.md", "the rescan finds me within 30 s", "rescan", "30s"),
)  # fmt: skip


def flat(*parts):
    return re.sub(r"\s+", " ", page_of(*parts))


def test_the_numbers_of_the_pages_are_those_of_the_program(t):
    for page, words, source, name, unit in NUMBERS:
        number, rest = divmod(test_manual.number_of(test_manual.source_of(*source.split("/")), name), unit)
        t.equal(rest, 0, f"{name} in the unit of {page}")
        t.contains(flat(page), words.replace("{}", f"{number:,}"), f"{page}: {name} of {source}")
    said = test_config_schema.page_paths()
    for page, words, key, default in DEFAULTS:
        t.contains(flat(page), words, f"{page}: what it says of {key}")
        t.check(any(f"unless set: {default}." in text for text in said[tuple(key.split("."))]), f"{page} says {words!r}, and {key} is {said[tuple(key.split('.'))]}")

"""`dispatcher schema` against every file that is shipped, and against the program's own refusals, by a validator of others."""

import copy
import glob
import json
import os
import re
import shutil
import sys

import lib

for _module in ("jsonschema", "yaml"):
    try:
        __import__(_module)
    except ImportError:
        sys.path.append("/usr/lib/python3/dist-packages")  # Debian's, for a Python of one's own
import jsonschema
import yaml

KINDS = ("job", "batch", "recipient", "campaign", "facts", "template", "config", "rules", "law")


class Core(yaml.SafeLoader):
    """Scalars by the core schema of YAML 1.2: 08:00 and 2026-11-24 are texts, and yes is no truth."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)
# 09 is no octal number.
Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node), 10))


def read(path):
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, Core) if path.endswith(".yaml") else json.load(file)


def validator(t, kind):
    answer = t.command("schema", kind)
    t.equal(answer.status, 0, f"schema {kind}: {answer.err}")
    schema = json.loads(answer.out)
    t.equal(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", f"the draft of {kind}")
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def faults(check, document):
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in check.iter_errors(document)]


def shipped():
    """{kind: [paths]} of all that comes with the program."""
    found = {kind: [] for kind in KINDS}
    under = lambda *parts: sorted(glob.glob(os.path.join(lib.ROOT, *parts), recursive=True))
    found["template"] = under("templates", "[a-z]*", "template.yaml")
    found["config"] = under("config", "dispatcher.yaml")
    found["rules"] = under("config", "rules.yaml")
    found["law"] = under("config", "law", "*.yaml")
    for path in under("docs", "**", "*.yaml"):
        document = read(path)
        kind = "campaign" if "campaign" in document else "facts" if "incident" in document else None
        if kind:
            found[kind].append(path)
    found["job"] = under("docs", "notice.json")
    found["batch"] = under("docs", "**", "batch.json")
    return found


def test_every_file_that_is_shipped_is_taken_by_its_schema(t):
    t.configure()
    files = shipped()
    for kind in KINDS:
        check = validator(t, kind)
        t.check(files[kind] or kind == "recipient", f"there is a {kind} to try")
        for path in files[kind]:
            t.equal(faults(check, read(path)), [], os.path.relpath(path, lib.ROOT))


def test_the_blocks_of_the_manuals_are_taken_by_their_schema(t):
    t.configure()
    check = {kind: validator(t, kind) for kind in ("job", "batch", "recipient", "campaign", "facts", "template")}
    tried = 0
    for path in sorted(glob.glob(os.path.join(lib.ROOT, "docs", "*.md"))) + [os.path.join(lib.ROOT, "README.md")]:
        with open(path, encoding="utf-8") as page:
            blocks = re.findall(r"^```(json|yaml)\n(.*?)^```", page.read(), re.M | re.S)
        for language, text in blocks:
            try:
                document = json.loads(text) if language == "json" else yaml.load(text, Core)
            except (ValueError, yaml.YAMLError):
                continue
            kind = kind_of(document)
            if kind:
                t.equal(faults(check[kind], document), [], f"{os.path.basename(path)}, a {kind}: {text[:60]}")
                tried += 1
    t.check(tried >= 2, f"blocks that are whole files: {tried}")


def kind_of(document):
    """Of what is whole: an excerpt says nothing."""
    if not isinstance(document, dict):
        return None
    if {"version", "id", "to"} <= set(document):
        return "job"
    for kind, keys in (("campaign", {"schema", "campaign", "template", "kind"}), ("facts", {"schema", "incident", "facts"})):
        if keys <= set(document):
            return kind
    return None


# what the program refuses


WRONG = ([{"x": []}], "", -1)


def replaced(document, pointer, value):
    """A copy with another value there; without one the member is taken away."""
    changed = copy.deepcopy(document)
    at = changed
    for name in pointer[:-1]:
        at = at[name]
    if value is None:
        del at[pointer[-1]]
    else:
        at[pointer[-1]] = value
    return changed


def refuses(answer):
    return answer.status == 65


def judge_all(t, kind, document, pointers, ask, values=WRONG):
    """No wrong value may be taken by the program and refused by the schema; what the types alone forbid both refuse."""
    check, both = validator(t, kind), 0
    t.equal(faults(check, document), [], f"a good {kind}, by the schema")
    good = ask(document)
    t.equal(good.status, 0, f"a good {kind}, by the program: {good.err}{good.out}")
    for pointer in pointers:
        for value in values:
            changed = replaced(document, pointer, value)
            refused, found = refuses(ask(changed)), faults(check, changed)
            t.check(refused or not found, f"{kind} {'/'.join(map(str, pointer))} = {value!r}: only the schema refuses it: {found}")
            both += refused and bool(found)
            if isinstance(value, (list, dict)) and pointer[-1] not in ("data",) and refused:
                t.check(found, f"{kind} {'/'.join(map(str, pointer))} = {value!r}: only the program refuses it")
    for where in [()] + [p for p in pointers if isinstance(at(document, p), dict) and p[-1] not in ("data", "facts", "metadata", "cohorts")]:
        unknown = replaced(document, (*where, "uknown"), "x")
        t.check(refuses(ask(unknown)), f"{kind}: an unknown member of {where or 'all'} is refused by the program")
        t.check(faults(check, unknown), f"{kind}: an unknown member of {where or 'all'} is refused by the schema")
    return both


def at(document, pointer):
    for name in pointer:
        document = document[name]
    return document


def pointers_of(document, depth=2):
    for name, value in document.items():
        yield (name,)
        if isinstance(value, dict) and depth > 1 and name not in ("data", "facts", "metadata"):
            for below in pointers_of(value, depth - 1):
                yield (name, *below)


JOB = {
    "version": 1, "id": "one", "idempotency_key": "k", "template": "recall", "template_version": 1, "locale": "en",
    "to": {"recipient_id": "r", "name": "Anna", "title": "Dr.", "given_name": "Anna", "family_name": "Schmidt", "gender": "female",
           "second": {"name": "Bo"}, "email": "anna@example.org", "phone": "+4915100000001", "timezone": "Europe/Berlin"},
    "routing": {"method": "all", "channels": ["email"]}, "data": {"amount": 3}, "priority": "high", "category": "service_notice",
    "campaign": "c", "reference": "R-1", "reply_to": "us@example.org", "unsubscribe_url": "https://example.org/u",
    "created_at": "2026-11-20T10:00:00+09:00", "not_before": "2026-11-20T10:00:00Z", "expires_at": "2126-11-20T10:00:00Z",
    "metadata": {"a": "b"}, "overrides": {"webhook": {"event_type": "a.b"}},
}  # fmt: skip


def letter(t):
    t.configure(templates=t.letter("recall", "\n  amount: {type: integer, required: true}\n", en=("Subject", "Title", "{{salutation}}\n\n{{amount}}")))


def test_what_is_no_notice_is_none_by_the_schema_either(t):
    letter(t)

    def ask(document):
        return t.command("route", "explain", "-", text=json.dumps(document))

    both = judge_all(t, "job", JOB, list(pointers_of(JOB, 3)), ask)
    t.check(both > 50, f"wrong values that both refuse: {both}")
    check = validator(t, "job")
    for name in ("version", "id", "to"):
        t.check(faults(check, replaced(JOB, (name,), None)), f"without {name}")


def test_what_is_no_batch_is_none_by_the_schema_either(t):
    letter(t)
    batch = {k: v for k, v in JOB.items() if k in ("version", "template", "locale", "routing", "priority", "category", "campaign", "created_at", "not_before", "expires_at", "data")}
    batch.update(id="b", window="08:00-21:00", halt={"failures": 3, "share": 0.5}, facts={"incident": "x", "version": 1, "sha256": "a"})
    line = {"id": "c1", "to": JOB["to"], "data": {"amount": 1}, "locale": "en", "reference": "R", "unsubscribe_url": "https://example.org/u"}
    number = [0]

    def hand_over(shared, row):
        number[0] += 1
        t.write("batch.json", json.dumps({**shared, **({"id": f"b{number[0]}"} if shared.get("id") == "b" else {})}))
        t.write("people.jsonl", json.dumps(row) + "\n")
        return t.command("enqueue", "--batch", "batch.json", "--jsonl", "people.jsonl")

    both = judge_all(t, "batch", batch, list(pointers_of(batch)), lambda document: hand_over(document, line))
    t.check(both > 25, f"wrong values that both refuse, of batches: {both}")
    both = judge_all(t, "recipient", line, list(pointers_of(line, 3)), lambda document: hand_over(batch, document))
    t.check(both > 25, f"wrong values that both refuse, of lines: {both}")


# YAML


def yaml_text(document):
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


def checker(t, path):
    """Asks `check` about a file in the place of one of a copy of the whole."""

    def ask(document):
        with open(path, "w", encoding="utf-8") as file:
            file.write(yaml_text(document))
        return t.command("check", path, "--no-environment")

    return ask




def judge_yaml(t, kind, path):
    """Every key with a list of maps in its place: both refuse it, and an unknown key too."""
    document, check = read(path), validator(t, kind)
    ask = checker(t, path)
    good = ask(document)
    t.equal(good.status, 0, f"{kind} as it is, through another writer of YAML: {good.out}{good.err}")
    both = 0
    for pointer in pointers_of(document, 1):
        changed = replaced(document, pointer, [{"x": 1}])
        answer, found = ask(changed), faults(check, changed)
        t.check(answer.status != 0, f"{kind} {pointer}: only the schema refuses it: {found}")
        t.check(found, f"{kind} {pointer}: only the program refuses it: {answer.out}{answer.err}")
        both += bool(found)
    unknown = replaced(document, ("uknown",), "x")
    t.check(faults(check, unknown), f"{kind}: an unknown key, by the schema")
    t.check(ask(unknown).status != 0, f"{kind}: an unknown key, by the program")
    with open(path, "w", encoding="utf-8") as file:
        file.write(yaml_text(document))
    return both


def world(t):
    shutil.copytree(os.path.join(lib.ROOT, "locales"), os.path.join(t.dir, "locales"))
    for name in ("_layouts", "_partials", "service-restored"):
        shutil.copytree(os.path.join(lib.ROOT, "templates", name), os.path.join(t.dir, "templates", name))
    shutil.copytree(os.path.join(lib.ROOT, "docs", "incidents", "outage"), os.path.join(t.dir, "outage"))
    t.configure(templates=os.path.join(t.dir, "templates"), locales=os.path.join(t.dir, "locales"))


def test_what_is_no_campaign_fact_sheet_or_template_is_none_by_the_schema_either(t):
    world(t)
    folder = os.path.join(t.dir, "outage")
    t.check(judge_yaml(t, "campaign", os.path.join(folder, "campaign-1-restored.yaml")) > 10, "campaigns")
    t.check(judge_yaml(t, "facts", os.path.join(folder, "facts-1.yaml")) > 5, "sheets")
    t.check(judge_yaml(t, "template", os.path.join(t.dir, "templates", "service-restored", "template.yaml")) > 5, "templates")


def test_what_is_no_configuration_is_none_by_the_schema_either(t):
    t.configure(halt={"failures": 3, "share": 0.5}, min_free="1MB", workers=2, rescan="1s", log={"level": "info"}, allow=["*@example.org"])
    path = os.path.join(t.dir, "dispatcher.yaml")
    document, check = read(path), validator(t, "config")
    t.equal(faults(check, document), [], "the configuration of a test")
    wrong = (
        ("workers", "many"), ("workers", 0), ("workers", ["x"]), ("halt", {"failure": 3}), ("halt", 3), ("halt/failures", "some"),
        ("min_free", "1 MB"), ("rescan", 30), ("rescan", "30 s"), ("trial", "yes"), ("allow", "x"), ("log", "info"), ("log/level", "loud"),
        ("worker", 3), ("log/levels", "info"), ("transports/mail", "smtp"), ("transports/mail/chanel", "email"),
        ("transports/mail/channel", "mail"), ("transports/mail/concurrency", "x"), ("transports/mail/rate", "10"),
        ("transports/mail/retry", "1m"), ("transports/mail/window", "8-21"), ("transports/mail/domains", {"x": {"speed": 1}}),
        ("endpoints", {"crm": {"url": "https://example.org", "secret": "whsec_x"}}), ("endpoints", {"crm": {"secret": {"file": "x"}}}),
        ("endpoints", {"crm": {"url": "https://example.org", "secret": {"vault": "x"}}}), ("campaigns", {"roles": {"legal": {"user": ["x"]}}}),
    )  # fmt: skip
    for pointer, value in wrong:
        changed = replaced(document, tuple(pointer.split("/")), value)
        t.check(faults(check, changed), f"{pointer} = {value!r}, by the schema")
        with open(path, "w", encoding="utf-8") as file:
            file.write(yaml_text(changed))
        t.equal(t.command("config", "show").status, 78, f"{pointer} = {value!r}, by the program")
    for pointer, value in (("halt", None), ("workers", "2"), ("trial", "true"), ("transports/mail/domains", {"default": "10/s", "x.example": {"rate": "1/s"}})):
        changed = replaced(document, tuple(pointer.split("/")), value)
        t.equal(faults(check, changed), [], f"{pointer} = {value!r}, by the schema")
        with open(path, "w", encoding="utf-8") as file:
            file.write(yaml_text(changed))
        t.equal(t.command("config", "show").status, 0, f"{pointer} = {value!r}, by the program")


def test_what_is_no_rule_of_law_is_none_by_the_schema_either(t):
    law = os.path.join(t.dir, "law")
    shutil.copytree(os.path.join(lib.ROOT, "config", "law"), law)
    t.configure(law=law)
    path = sorted(glob.glob(os.path.join(law, "*.yaml")))[0]
    document, check = read(path), validator(t, "law")
    first = next(name for name in ("require", "forbid", "remind") if document.get(name))
    for pointer, value in (
        (("rules",), []), (("ruleset",), "x"), (("ruleset", "id"), None), (("ruleset", "name"), "x"), ((first,), {"a": 1}),
        ((first, 0, "level"), "loud"), ((first, 0, "levle"), "error"), ((first, 0, "id"), None), ((first, 0, "about"), ["x"]),
    ):  # fmt: skip
        changed = replaced(document, pointer, value)
        t.check(faults(check, changed), f"{pointer} = {value!r}, by the schema")
        with open(path, "w", encoding="utf-8") as file:
            file.write(yaml_text(changed))
        t.check(t.command("check", path, "--no-environment").status != 0, f"{pointer} = {value!r}, by the program")


def test_what_there_is_no_schema_of_is_named(t):
    t.configure()
    t.contains(t.command("schema").out, "campaign", "which there are")
    wrong = t.command("schema", "jobs")
    t.equal(wrong.status, 64, "exit status")
    t.contains(wrong.err, 'did you mean "job"?', "what was meant")
    t.equal(t.command("schema", "job", "--json").status, 64, "it is JSON already")

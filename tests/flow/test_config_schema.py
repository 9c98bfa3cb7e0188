"""The schema of the configuration against what reads it: the same keys, types and bounds, and the same verdict on values by chance."""

import os
import random
import re

import lib
import test_manual
import test_schema

# Names of one's own, as a test of a value writes them.
OWN = {"transports": ("mail", "texts", "hooks", "folder"), "endpoints": ("crm",), "roles": ("legal",), "domains": ("default", "x.example"), "windows": ("KR",),
       "senders": ("+49",), "prices": ("+49",), "headers": ("X-Own",), "vars": ("base",), "organisation": ("motto", "ko"), "ko": ("motto",), "aliases": ("german",), "after": ("email",)}  # fmt: skip


def options_of(piece):
    """The piece itself, or what it lets choose from; what it refers to."""
    piece = piece if isinstance(piece, dict) else {}
    return [option for inner in piece["anyOf"] for option in options_of(inner)] if "anyOf" in piece else [piece]


def paths_of(piece, path=()):
    """[(path, piece)] of all that may stand somewhere; a name of one's own is *, an item of a list too."""
    found = [(path, piece)] if path else []
    for option in options_of(piece):
        for name, inner in option.get("properties", {}).items():
            found += paths_of(inner, (*path, name))
        for inner in (option.get("additionalProperties"), option.get("items")):
            if isinstance(inner, dict):
                found += paths_of(inner, (*path, "*"))
    return found


def page_paths():
    """{path: what the manual says of it}, and it says what the table says."""
    said = {}
    for section, key, text in test_manual.page_rows(None):
        names = ([] if section == "Top level" else section.split(".")) + key.split(".")
        path = tuple("*" if name.isupper() else name for name in names)
        if section == "transports.NAME.hosts":
            path = (*path[:-1], "*", path[-1])
        said.setdefault(path, []).append(text)
    return said


def test_the_schema_has_the_keys_of_the_table_and_no_others(t):
    t.configure()
    schema = test_schema.validator(t, "config").schema
    in_schema, in_table = {}, page_paths()
    for path, piece in paths_of(schema):
        in_schema.setdefault(path, []).append(piece)
    t.equal([path for path in in_table if path not in in_schema], [], "keys that the schema lacks")
    groups = {path[:n] for path in in_table for n in range(len(path))}
    more = {("organisation", "*", "*")}  # the same in one language
    for path, pieces in in_schema.items():
        last = [option.get("type") for option in options_of(pieces[0])]
        t.check(path in in_table or path in groups or path in more or (path[:-1] in in_table and path[-1] == "*"), f"{'.'.join(path)}: in the schema only ({last})")
        t.check(pieces[0] is not True and pieces[0] != {}, f"{'.'.join(path)}: anything may stand there")


# what the manual says of a value, and what the schema must have of it
def whole(piece, said):
    low, high = map(int, re.search(r"from (-?\d+) to (\d+)", said).groups())
    return "integer" in piece["type"] and (piece["minimum"], piece["maximum"]) == (low, high)


def fraction(piece, said):
    low, high = map(float, re.search(r"from ([\d.]+) to ([\d.]+)[.;]", said).groups())
    return "number" in piece["type"] and (piece["minimum"], piece["maximum"]) == (low, high)


def like(*good):
    return lambda piece, _: all(re.search(piece.get("pattern", "^$"), text) for text in good) and piece["type"] in ("string", ["number", "string"])


FORMS = {
    "a text of one line": lambda piece, _: "string" in piece["type"] and "pattern" in piece,
    "a path": lambda piece, _: "string" in piece["type"] and "pattern" in piece,
    "a whole number": whole, "a number": fraction, "a span of time": like("500ms", "14d"), "true or false": lambda piece, _: set(piece["enum"]) == {True, False, "true", "false"},
    "a list of spans": lambda piece, said: like("5m")(piece["items"], said), "a list of whole": lambda piece, said: whole(piece["items"], said),
    "a list of maps": lambda piece, _: "properties" in piece["items"], "a list": lambda piece, _: "pattern" in piece["items"], "a pace": like("50/s", "unlimited"),
    "a size": like("64MB", "2GiB"), "hours": like("08:00-21:00", "always"), "an amount": like("0.075"), "a day": like("2027-01-31"), "null": lambda piece, _: piece == {"type": "null"},
    "a secret": lambda piece, _: piece["$ref"] == "#/$defs/secret", "a private key": lambda piece, _: piece["$ref"] == "#/$defs/secret",
    "a map": lambda piece, _: piece["type"] == "object" and ("properties" in piece or "additionalProperties" in piece),
    "one of": lambda piece, said: all(f" {word}" in said.split("one of")[1] for word in piece["enum"]),
}  # fmt: skip


def test_each_key_of_the_schema_has_the_type_the_bounds_and_the_sentence_of_its_row(t):
    t.configure()
    pieces = {}
    for path, piece in paths_of(test_schema.validator(t, "config").schema):
        pieces.setdefault(path, piece)
    for path, rows in page_paths().items():
        key, piece = ".".join(path), pieces[path]
        for said in rows:
            form = re.search(r" It is (.*)", said)[1]
            rule = next(rule for word, rule in FORMS.items() if form.startswith(word))
            t.check(any(rule(option, form) for option in options_of(piece)), f"{key} is {form[:80]}, and in the schema {str(piece)[:300]}")
            if path == ("halt",) or path[-1] == "*":
                continue
            about = re.sub(r"\s+", " ", said.split(" It is ")[0]).strip()
            t.contains(piece["description"], about.replace("\\(aq", "'").replace("\\(ga", "`"), f"the sentence of {key}")
            bounds, default = re.search(r"from (\S+) to (\S+?)[.;]", form), re.search(r"unless set: (.*?)\.(?: |$)", form)
            if bounds:
                t.contains(piece["description"], f"From {bounds[1]} to {bounds[2]}.", f"the bounds of {key}")
            if default:
                t.contains(piece["description"], f"Unless set: {default[1]}.", f"the default of {key}")


# by chance

VALUES = (None, True, False, "true", "null", "", " ", "x", "X", "many", -1, 0, 1, 2, 7, 64, 600, 4000, 70000, 10**10, "1", "0x10", "08", 0.5, 0.9, 0.95, 1.5, "0.25", "1.2.3", "1e3", [], [[]], ["x"], ["legal"],
          ["a", None], [1, 2], [{}], {}, {"x": 1}, {"file": "secret"}, {"vault": "x"}, {"file": "a", "env": "B"}, "30s", "30 s", "1d", "500ms", "9999999999s", "-3s", ["1s", "2m"], ["1s", 2], "64MB", "1 GB",
          "1/s", "0/s", "unlimited", "3/week", "08:00-21:00", "24:00-08:00", "8-21", "always", "2027-01-31", "31.1.2027", "0.075", "0.0000001", "EUR", "a@example.org", "*@example.org", "anna=anna@example.org",
          "mail.example.org", "https://example.org/u/{token}", "http://127.0.0.1:8", "127.0.0.1:8025", "+49", ["+49"], "Europe/Berlin", "smtp", "outbox", "email", "sms", "info", "de", "curl", "hold", "cloudevents",
          "two\nlines", "a\tb", "Beispielbank", "\u0001", [["x"]] * 3, ["1s"] * 33, [1] * 91, {"rate": "1/s"}, {"users": ["anna"]}, {"sms": 1, "lms": "2"}, [{"host": "a.example.org"}])  # fmt: skip

# What only the types decide (the bounds of a number in quotes are none of a pattern): where the schema takes a value, the program may not complain of it so.
OF_TYPES = ("unknown key", "must be a map", "must be a list", "must be a single value", "has no value", "must be a whole number", "must be true or false", "must be a duration",
            "must be so many in so long", "must be a size", "must be hours", "must be an amount", "must be a date", "one line without control", "must not stand in this file", "is no reference to a secret",
            "is no place for a secret", "a channel is email", "must be 1, the only one", "steps; at most", "days; at most", "is no currency")  # fmt: skip


def basis(t):
    t.write("secret", "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=")
    os.chmod(os.path.join(t.dir, "secret"), 0o600)
    secret = {"file": "secret"}
    t.configure(
        email={"channel": "email", "type": "smtp", "host": "mail.example.org", "retry": ["1m"]},
        sms={"channel": "sms", "type": "gateway", "gateway": "kannel", "sender": "Bank", "currency": "EUR", "allow_private": True, "vars": {"base": "http://127.0.0.1:1", "user": "u", "password": secret}},
        endpoints={"crm": {"url": "https://example.org/in", "secret": secret}},
        halt={"failures": 3, "share": 0.5}, allow=["*@example.org"], campaigns={"roles": {"legal": {"users": ["anna"]}}, "approvals": ["legal"]},
    )  # fmt: skip
    document = test_schema.read(os.path.join(t.dir, "dispatcher.yaml"))
    document["transports"]["folder"] = {"channel": "email", "type": "outbox"}
    return document


def named(dice, path):
    """A path with names of one's own in the place of its stars; an item of a list is the first one."""
    names = []
    for name in path:
        names.append(name if name != "*" else 0 if names[-1] in ("hosts", "rules") else dice.choice(OWN.get(names[-1], ("x",))))
    return names


def with_value(document, names, value):
    changed = test_schema.copy.deepcopy(document)
    at = changed
    for name, following in zip(names, names[1:]):
        if isinstance(at, list):
            at.extend([{}] if not at else [])
            at = at[0] if isinstance(at[0], dict) else {}
        else:
            if not isinstance(at.get(name), list if following == 0 else dict):
                at[name] = [] if following == 0 else {}
            at = at[name]
    if isinstance(at, list):
        at[:] = [value]
    else:
        at[names[-1]] = value
    return changed


def edges_of(piece):
    """Just within the bounds, and just without."""
    found = []
    for option in options_of(piece) + [inner for option in options_of(piece) for inner in options_of(option.get("items", {})) if isinstance(inner, dict)]:
        if "integer" in option.get("type", ()):
            edges = [option["minimum"] - 1, option["minimum"], option["maximum"], option["maximum"] + 1]
            found += [*edges, *map(str, edges), *([edge] for edge in edges)]
        found += option.get("enum", [])
    return found


def judge_by_chance(t, kind, document, path, trials):
    """SCHEMA_SEED=N for another chance, SCHEMA_TRIALS=N for more of them."""
    check = test_schema.validator(t, kind)
    dice = random.Random(int(os.environ.get("SCHEMA_SEED", "1")))
    places = [pair for pair in paths_of(check.schema) if not (pair[0][-1] == "*" and pair[0][-2] in ("allow", "testers"))]
    places += [((*way, "uknown"), {}) for way in sorted({way[:-1] for way, _ in places}) if way[-1:] != ("*",)]
    seen = {"both take": 0, "both refuse": 0, "refused for more than its type": 0}

    def judge(what, changed):
        found = test_schema.faults(check, changed)
        with open(path, "w", encoding="utf-8") as file:
            file.write(test_schema.yaml_text(changed))
        answer = t.command("config", "show")
        t.check(answer.status in (0, 78), f"{what}: exit status {answer.status}: {answer.err}")
        if answer.status == 0:
            t.equal(found, [], f"{what}: the program takes it, the schema does not")
        elif not found:
            said = [line for line in answer.err.splitlines() if "(a field of your own needs a name" not in line]
            t.equal([word for word in OF_TYPES if any(word in line for line in said)], [], f"{what}: the schema takes it, the program says: {answer.err}")
        seen["both take" if answer.status == 0 else "both refuse" if found else "refused for more than its type"] += 1

    judge("the basis", document)
    t.equal(seen["both take"], 1, "the basis is taken")
    for number in range(int(os.environ.get("SCHEMA_TRIALS", trials))):
        way, piece = places[number % len(places)] if number < len(places) else dice.choice(places)
        names = named(dice, way)
        tried = [*VALUES, *edges_of(piece) * 4]
        if dice.random() < 0.6:
            tried = [value for value in tried if check.evolve(schema={**piece, "$defs": check.schema["$defs"]}).is_valid(value)] or tried
        value = dice.choice(tried)
        judge(f"{'.'.join(map(str, names))} = {value!r}", with_value(document, names, value))
    t.check(min(seen["both take"], seen["both refuse"]) > trials / 6, f"the chances were worth it: {seen}")


def test_schema_and_program_judge_values_by_chance_alike(t):
    judge_by_chance(t, "config", basis(t), os.path.join(t.dir, "dispatcher.yaml"), 300)


def test_schema_and_program_judge_rules_by_chance_alike(t):
    basis(t)
    rules = {"schema": 1, "locale": {"fallback": "en", "aliases": {"german": "de"}, "on_fallback": "hold"},
             "rules": [{"name": "first", "when": {"campaign": "recall-*"}, "then": {"channels": ["email", "sms"], "after": {"email": "24h"}, "confirm": ["email"]}}]}  # fmt: skip
    judge_by_chance(t, "rules", rules, os.path.join(t.dir, "rules.yaml"), 80)


def campaign_of(t):
    test_schema.world(t)
    return os.path.join(t.dir, "outage", "campaign-1-restored.yaml"), lambda path: ("check", path, "--no-environment")


def facts_of(t):
    test_schema.world(t)
    return os.path.join(t.dir, "outage", "facts-1.yaml"), lambda path: ("facts", "check", path)


def template_of(t):
    t.configure(templates=t.letter("recall", "\n  amount: {type: integer, required: false, about: x}\n", en=("Subject", "", "{{salutation}}\n\nHello.")))
    return os.path.join(t.dir, "templates", "recall", "template.yaml"), lambda path: ("check", os.path.dirname(path), "--no-environment")


# Of what stands elsewhere, or of nothing at all.
NOT_OF_TYPES = ("to phone; write it under", "there is nothing here")


def test_schema_and_check_judge_campaigns_sheets_and_templates_by_chance_alike(t):
    for kind, begin in (("campaign", campaign_of), ("facts", facts_of), ("template", template_of)):
        flow = lib.Flow(kind)
        try:
            path, words = begin(flow)
            document, check, dice = test_schema.read(path), test_schema.validator(flow, kind), random.Random(int(os.environ.get("SCHEMA_SEED", "1")))
            places, seen = paths_of(check.schema), {True: 0, False: 0}
            for number in range(-1, int(os.environ.get("SCHEMA_TRIALS", "60"))):
                way, value = places[number % len(places)][0], dice.choice(VALUES)
                names = [0 if name == "*" else name for name in way]
                changed = with_value(document, names, value) if number >= 0 else document
                with open(path, "w", encoding="utf-8") as file:
                    file.write(test_schema.yaml_text(changed))
                answer, found = flow.command(*words(path)), test_schema.faults(check, changed)
                what = f"{kind} {'.'.join(map(str, names))} = {value!r}" if number >= 0 else kind
                typed = [line for line in answer.out.splitlines() if "[yaml-" in line and not any(word in line for word in NOT_OF_TYPES)]
                t.check(answer.status in (0, 65, 66), f"{what}: exit status {answer.status}: {answer.err}")
                t.check(answer.status != 0 or not found, f"{what}: the program takes it, the schema does not: {found}")
                t.check(found or not typed, f"{what}: the schema takes it, the program says: {typed[:1]}")
                seen[not found] += 1
            t.check(min(seen.values()) > 3, f"{kind}: the chances were worth it: {seen}")
        finally:
            flow.close()
            flow.remove()

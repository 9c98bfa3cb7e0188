"""What the sources say to people, and what the catalogues make of it.

Every translation of locales/messages/*.yaml must have the holes of its sentence, every sentence that is said must be
translated, and every key must still be a sentence of the sources. With --missing the last two are only listed.
"""

import os
import re
import sys

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
LANGUAGES = ("de", "ko")
LITERAL = r'"(?:[^"\\\n]|\\.)*"'
LITERALS = rf"{LITERAL}(?:\s*{LITERAL})*"
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "0": "\0", "a": "\a", "b": "\b", "r": "\r", "f": "\f", "v": "\v", "?": "?", "'": "'"}
HOLE = re.compile(r"%(?:(\d+)\$)?[-0]*\d*(?:\.\d+)?(lld|llu|ld|lu|zu|[scdiufgXo])|%%|%")

TWO_WORDS = r'"[^";]* [^";]* '

# Where a sentence stands that must be translated: a call, or a member of a table.
SAID = (
    rf"\bsay\(\s*\w+(?:->\w+)*,\s*\w+(?:->\w+)*,\s*({LITERALS})",
    rf"\bsay_put\(\s*\w+(?:->\w+)*,\s*&?\w+(?:->\w+)*,\s*({LITERALS})",
    rf"\bsay_word\(\s*\w+(?:->\w+)*,\s*({LITERALS})",
    rf"\bSAID\(\s*({LITERALS})",
    rf"\bSAYS\(\s*({LITERALS})",  # model/cause.c: what a cause means, and what to do
    rf"\bSAYS\(\s*{LITERALS},\s*{LITERALS}\),\s*({LITERALS})",
    rf"\bfinding_add(?:_as|_late)?\([^;\"]*?({LITERALS})",
    rf"\b(?:problems|finding)_add\w*\([^;]*?\?\s*(?={TWO_WORDS})({LITERALS})\s*:",
    rf"\b(?:problems|finding)_add\w*\([^;]*?\?\s*{LITERALS}\s*:\s*(?={TWO_WORDS})({LITERALS})",
    rf"\bproblems_add(?:_error|_warning)?\([^;\"]*?(?:\"[a-z-]+\",\s*)?(?!\"[a-z-]+\")({LITERALS})",
    rf"\.summary\s*=\s*({LITERALS})",
    rf"\[SELECTOR_\w+\] = (?!\"SELECT)({LITERALS})",
    rf"\[FALLBACK_\w+\] = ({LITERALS})",
    rf"\{{parse_\w+, put_\w+,\s*({LITERALS})\}}",
    rf"\{{\"[+0-9]+\",\s*(?={TWO_WORDS})({LITERALS})\}}",
    rf"\bREQUIRED,[^;{{}}]*?ABOUT\(\s*({LITERALS})",
    rf"\.required = true,[^;{{}}]*?\.about = ({LITERALS})",
    rf"\bsnprintf\(text, sizeof\(text\), (?={TWO_WORDS})({LITERALS})",
    rf"\{{{LITERAL}, (?:0|'.'), (?:NULL|{LITERAL}|[A-Z_]+),\s*({LITERALS})\}}",
    rf"\bCHAPTER\(\s*({LITERALS})",
    rf"\bprint_(?:title|value)\(\s*\w+(?:->\w+)*,\s*({LITERALS})",
    rf"\{{(?:EX_\w+|[01]),\s*({LITERALS})\}}",
    rf'\{{"[a-z-]+",\s*({LITERALS}),\s*"',
)
# Who writes sentences for people on the floors that do not speak (base to engine), and which argument the sentence is. What
# they write is found again by its words when it is shown (cli/say.h, say_put_error()).
WRITERS = {
    "error_set": 2,
    "error_errno": 2,
    "yaml_fail": 3,
    "yaml_fail_key": 3,
    "yaml_fail_at": 3,
    "place_fail": 3,
    "locale_fail": 3,
    "load_problem": 2,
    "load_remark": 3,
    "schema_wrong": 2,
    "reading_wrong": 2,
    "member_fail_with": 2,
    "member_fail": 2,
    "value_complain": 2,
    "route_step": 3,
}
# What they write here nobody reads on a terminal, and it stays English: the log is English, and so is what one of our
# processes tells another or a program that speaks the control protocol wrongly.
UNSEEN = {
    "dispatcher/api/link.c": "what the daemon or the engine said, for programs: JSON",
    "dispatcher/engine/batch_loading.c": "what a reader of batches sent wrongly: log",
    "dispatcher/engine/reader_frame.c": "the same, of its frames: log",
    "dispatcher/engine/reader_process.c": "a reader that could not be started: log",
    "dispatcher/model/packet.c": "what a worker was handed: log",
    "dispatcher/model/receipt.c": "receipts in the control protocol: the commands build them",
    "dispatcher/channel/report_fields.c": "reports of gateways: log, and an answer to a machine",
    "dispatcher/channel/smtp_selftest.c": "a build that must not run: whoever builds it reads it",
}
# What the system says behind a sentence, as error_errno() has it: the ones people meet.
SYSTEM = (
    "No such file or directory",
    "Permission denied",
    "Operation not permitted",
    "File exists",
    "Is a directory",
    "Not a directory",
    "Directory not empty",
    "No space left on device",
    "Disk quota exceeded",
    "Read-only file system",
    "Input/output error",
    "File too large",
    "File name too long",
    "Too many levels of symbolic links",
    "Too many open files",
    "Too many open files in system",
    "Device or resource busy",
    "Invalid argument",
    "Invalid cross-device link",
    "Resource temporarily unavailable",
    "Address already in use",
    "Cannot assign requested address",
    "Connection refused",
    "Connection reset by peer",
    "Connection timed out",
    "No route to host",
    "Network is unreachable",
    "Broken pipe",
)
# What jansson and libyaml say of a file that is neither.
JSON = (
    "did not find expected node content",
    "%s expected near %s",
    "end of file",
    "end of file expected near %s",
    "invalid token near %s",
    "unexpected token near %s",
    "unexpected newline near %s",
    "invalid escape near %s",
    "premature end of input near %s",
    "duplicate object key near %s",
    "control character %s near %s",
)
# Ends of sentences that the sources put together piece by piece, and words that stand in tables of lower floors.
UNKNOWN = ("key", "value", "state", "name in {{ }}", "map", "filter", "variable", "transport", "key of `campaigns`")
PIECEWISE = (
    '%s; did you mean "%s"?',
    "%s; did you mean `%s`?",
    "%s; did you mean %s?",
    "%s, issued by %s, until %s",  # of a certificate
    "Columns there can be: %s",
    "Columns there can be: %s; of the letter: %s",
    "no column holds an address",
    "the first row says %s",
    "the telephone number is not in international form",
    "the e-mail address ends with a number",
    "use a domain name, not a network address",
    '"%s" is written twice (line %s and line %s)',
    'there is no template "%s" below the templates directory',
    "%s is missing or empty: the template requires it (%s) (it gets %s, as the letter is not written in %s)",
    *(f"{done} by %s" for done in ("held", "released", "given up", "cancelled", "marked as delivered")),  # what a person did to a delivery
    "held by %s; before that: %s",
    *(f"unknown {what} `%s`{end}" for what in UNKNOWN for end in ("", "; did you mean `%s`?")),  # load_unknown()
)
WORDS = tuple(
    "waiting in_flight deferred held delivered failed suppressed expired cancelled uncertain open goes paused halted purged new loading running "
    "permanent transient throttle not_tried config suppress rests probing draft scheduled canary notice batch finished completed_with_failures error warning hint mon tue wed thu fri sat sun".split()
)
# In these files all that the last two of them find is said.
TABLES = ("help.c", "help_topics.c")


def unescape(literals):
    def one(match):
        text = match.group(0)[1:]
        if text[0] == "x":
            return bytes([int(text[1:], 16)]).decode("latin-1")
        return chr(int(text[1:], 16)) if text[0] in "uU" else ESCAPES.get(text[0], text)

    pieces = re.findall(LITERAL, literals)
    return "".join(re.sub(r"\\(?:x[0-9a-fA-F]+|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", one, piece[1:-1]) for piece in pieces)


def uncommented(text):
    text = re.sub(rf"({LITERAL})|/\*.*?\*/|//[^\n]*", lambda m: m.group(1) or " ", text, flags=re.S)
    return text.replace("PRId64", '"ld"').replace("PRIu64", '"lu"')


def sources(root):
    for folder, _, names in sorted(os.walk(os.path.join(root, "dispatcher"))):
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                with open(os.path.join(folder, name), encoding="utf-8") as source:
                    yield os.path.relpath(os.path.join(folder, name), root), uncommented(source.read())


MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+([A-Z_0-9]+)[ \t]+((?:.*\\\n)*.*)$", re.M)


def macros(root):
    """Names of texts that stand between the pieces of a sentence, with the texts."""
    found = {"PRIu32": '"u"', "PRId32": '"d"', "PRIx32": '"x"'}
    for _, text in sources(root):
        for name, value in MACRO.findall(text):
            if re.fullmatch(rf"\s*{LITERALS}\s*", value.replace("\\\n", " ")):
                found[name] = value.replace("\\\n", " ").strip()
    return found


def arguments(text, at):
    """What stands between the brackets that open before `at`, at the commas of the outermost level."""
    found, start, depth = [], at, 0
    for token in re.compile(rf"{LITERAL}|'(?:\\.|[^'\\])+'|[][(){{}},]").finditer(text, at):
        mark = token.group(0)
        if depth == 0 and mark in ",)":
            found.append(text[start : token.start()].strip())
            start = token.end()
            if mark == ")":
                break
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(mark, 0)
    return found


def written(text, names):
    """The sentences of WRITERS in one file: a text, or one of two with a question before them."""
    for call in re.finditer(rf"\b({'|'.join(WRITERS)})\(", text):
        given = arguments(text, call.end())
        if len(given) <= WRITERS[call.group(1)]:
            continue
        sentence = re.sub(rf"{LITERAL}|\b[A-Z_0-9]+\b", lambda word: names.get(word.group(0), word.group(0)), given[WRITERS[call.group(1)]])
        for literals in re.findall(LITERALS, sentence.partition("?")[2] if re.match(r"[^\"]*\?", sentence) else sentence):
            yield unescape(literals)


def prose(text, names):
    """What `help COMMAND` says, paragraph by paragraph, and whether it must be translated: examples are commands, and what
    programs read of their JSON is for who writes them."""
    for row in re.finditer(rf"\.details\s*=\s*((?:{LITERAL}|[A-Z_]+|\s)+)", text):
        whole = unescape(re.sub(rf"{LITERAL}|\b[A-Z_]+\b", lambda word: names.get(word.group(0), word.group(0)), row.group(1)))
        for paragraph in whole.split("\n\n"):
            is_example = all(line.startswith("  ") for line in paragraph.splitlines())
            yield paragraph, not is_example and not paragraph.startswith("JSON")


def is_said(sentence):
    """A word at least: what has none is the same in every language."""
    return re.search(r"[A-Za-z]{2}", HOLE.sub("", sentence)) is not None


def gather(root):
    """(what must be translated, with its file; everything that stands in the sources)."""
    said, known, names = {}, set(), macros(root)
    for name, text in sources(root):
        for sentence in (each.replace("%.*s", "%s") for each in written(text, names)):
            known.add(sentence)
            if is_said(sentence) and name not in UNSEEN:
                said.setdefault(sentence, name)
        for paragraph, wanted in prose(text, names):
            known.add(paragraph)
            if wanted:
                said.setdefault(paragraph, name)
        text = text.replace("\\\n", " \n")  # tables of macros
        for pattern in SAID if name.endswith(TABLES) else SAID[:-2]:
            for match in re.finditer(pattern, text):
                sentence = unescape(match.group(1)).replace("%.*s", "%s")
                if is_said(sentence):
                    said.setdefault(sentence, name)
        known.update(unescape(literals) for literals in re.findall(LITERALS, text))
    known.update(sentence.removeprefix("; ") for sentence in list(known))  # what is said behind another sentence
    known.update(sentence.partition(":")[0] for sentence in list(known))  # where a word of the letter's language follows
    said.update((word, "lower floors") for word in WORDS if word in known)
    said.update((meaning, "a library") for meaning in SYSTEM + JSON)
    return said, known.union(PIECEWISE, SYSTEM, JSON, (sentence.replace("%.*s", "%s") for sentence in known))


def holes(sentence):
    """Type of each value, by its number; None if it cannot be read."""
    found, following = {}, 0
    for match in HOLE.finditer(sentence):
        if match.group(0) == "%%":
            continue
        if match.group(2) is None:
            return None
        number = int(match.group(1)) - 1 if match.group(1) else following
        following += 1
        found[number] = "d" if match.group(2) == "i" else match.group(2)
    return found


def catalogue(path):
    """Keys and translations: one pair of JSON-like quoted texts a line, so that a diff shows one sentence."""
    pairs, faults = {}, []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            match = re.fullmatch(rf"({LITERAL}): ({LITERAL})", line)
            if match is None:
                faults.append(f"{path}:{number}: a line is \"English\": \"translation\"")
                continue
            english, translation = unescape(match.group(1)), unescape(match.group(2))
            if english in pairs:
                faults.append(f"{path}:{number}: stands here twice: {english!r}")
            pairs[english] = (number, translation)
    return pairs, faults


def nouns(sentence):
    """Numbers of the holes that may say "row" or "rows" behind a number: other languages need not fill them."""
    found = [match for match in HOLE.finditer(sentence) if match.group(0) != "%%"]
    return {
        at
        for at, (before, match) in enumerate(zip(found, found[1:]), 1)
        if match.group(0) == "%s" and sentence[before.end() : match.start()] == " "
    }


def stale(pairs, known):
    """What is said of a word in quotes is said by itself in the tables of the linter."""
    return [english for english in pairs if english not in known and english.removeprefix('"%s" ') not in known]


def faults_of(path):
    pairs, faults = catalogue(path)
    for english, (number, translation) in pairs.items():
        wanted, has = holes(english), holes(translation)
        where = f"{path}:{number}"
        if wanted is None or has is None:
            faults.append(f"{where}: a hole nobody can fill: {english!r}")
        elif any(wanted.get(at) != kind for at, kind in has.items()):
            faults.append(f"{where}: holes {has} do not fit {wanted}: {english!r}")
        elif set(wanted) - nouns(english) != set(has) - nouns(english):
            faults.append(f"{where}: a value is lost: {english!r}")
        if english.endswith("\n") != translation.endswith("\n") or english.startswith("\n") != translation.startswith("\n"):
            faults.append(f"{where}: begins or ends another line than {english!r}")
    return pairs, faults


def main(arguments):
    root = next((a for a in arguments if not a.startswith("-")), ROOT)
    said, known = gather(root)
    faults, open_ends = [], []
    for language in LANGUAGES:
        pairs, wrong = faults_of(os.path.join(root, "locales", "messages", f"{language}.yaml"))
        faults += wrong
        open_ends += [f"{language}: {name}: not translated: {sentence!r}" for sentence, name in said.items() if sentence not in pairs]
        open_ends += [f"{language}: the sources do not say {english!r}" for english in stale(pairs, known)]
    if "--missing" in arguments:
        print("\n".join(open_ends))
    else:
        faults += open_ends
    for fault in faults:
        print(fault)
    print(f"messages: {len(faults)} faults; {len(said)} sentences, {len(open_ends)} missing or left over (--missing lists them)")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

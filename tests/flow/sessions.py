"""Manuals as tests: what a page shows in a terminal is typed into one, and must come out.

A page is Markdown. Its ```console blocks hold commands behind "$ " and what they show. Comments say what a reader need not know:

    <!-- session NAME -->   from here on a fresh world, made by worlds.NAME(flow)
    <!-- write FILE -->     the next block is typed into this file, as with an editor
    <!-- type "TEXT" -->    the next command asks, and this is the answer; once for each question
    <!-- do NAME -->        before the next block, worlds.NAME(flow) is called: it waits for something
    <!-- colleague -->      the next block is typed by somebody else, in a terminal of his own (needs root)
    <!-- not run -->        the next block is only shown

    <!-- edit FILE -->      like write, but the block is a list of lines "- old" and "+ new": what is changed in the file

`sessions.py PAGE` writes what really came out into the page, where it differs: read it before you commit it.
Numbers that differ from day to day count as equal: times, spans, rates, ports, hashes. A line "..." stands for any number of lines.
"""

import os
import re
import sys

import lib
import terminal

COLLEAGUE = 65534  # nobody: somebody who is not the one that runs the tests

SAME = [
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[+-]\d\d:?\d\d| ?Z)?"), "TIME"),
    (re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? \d{1,2} [A-Z][a-z]{2} \d{4}(?: \d\d:\d\d(?::\d\d)?)?(?: ?[+-]\d\d:?\d\d)?"), "TIME"),
    (re.compile(r"\b\d\d:\d\d:\d\d(?:\.\d+)?\b"), "TIME"),
    (re.compile(r"\b\d+d\d+h\b|\b\d+h\d+m\b|\b\d+m\d+s\b|\b\d+(?:\.\d+)? ?(?:ms|s|seconds?|min|minutes?)\b"), "SPAN"),
    (re.compile(r"[\d,.]+/s\b"), "RATE"),
    (re.compile(r"\b[0-9a-f]{8,64}(?:…|\.\.\.)?"), "HASH"),
    (re.compile(r"(?:127\.0\.0\.1|localhost):\d+|\bport \d+"), "PORT"),
    (re.compile(r"\bpid \d+"), "pid N"),
    (re.compile(r"[▁▂▃▄▅▆▇█]+(?=$|\s)"), "BAR"),
    (re.compile(r"\b\d+\.\d\b"), "NUMBER"),
    (re.compile(r"queued as \w+"), "queued as N"),
    (re.compile(r"uid \d+ \([^)]*\)"), "WHO"),
    (re.compile(r"[█▉▊▋▌▍▎▏░▒▓#.]{6,}"), "BAR"),
    (re.compile(r" {2,}"), "  "),
    (re.compile(r"─{3,}"), "─"),
]


def same(line, flow):
    line = line.replace(flow.dir + "/", "").replace(flow.dir, ".").rstrip()
    for pattern, word in SAME:
        line = pattern.sub(word, line)
    return line.strip()


def matches(expected, shown):
    """Line by line; "..." is any number of lines."""
    if not expected:
        return not shown
    if expected[0] == "...":
        return any(matches(expected[1:], shown[i:]) for i in range(len(shown) + 1))
    return bool(shown) and expected[0] == shown[0] and matches(expected[1:], shown[1:])


class Block:
    def __init__(self, kind, lines, line, before):
        self.kind, self.lines, self.line, self.before = kind, lines, line, before

    def commands(self):
        """(command, expected lines); a command goes on behind a backslash."""
        found = []
        for line in self.lines:
            if line.startswith("$ "):
                found.append([line[2:], []])
            elif found and found[-1][0].endswith("\\"):
                found[-1][0] = found[-1][0][:-1] + line.strip()
            elif found:
                found[-1][1].append(line)
        return found


def blocks(path):
    """The fenced blocks of a page, each with the comments before it."""
    found, before, inside = [], [], None
    with open(path, encoding="utf-8") as page:
        for number, line in enumerate(page, 1):
            line = line.rstrip("\n")
            fence = re.match(r"```(\S*)", line)
            comment = re.match(r"<!-- (session|write|edit|type|do|colleague|not run) ?(.*?) ?-->", line)
            if inside is not None and line.startswith("```"):
                found.append(inside)
                inside = None
            elif inside is not None:
                inside.lines.append(line)
            elif fence:
                inside, before = Block(fence[1], [], number, before), []
            elif comment:
                before.append((comment[1], comment[2]))
    return found


class Session:
    """One world, and the terminals of those who work in it."""

    def __init__(self, flow, page, worlds):
        self.flow, self.page, self.worlds, self.ran = flow, page, worlds, 0
        self.terminals = {}
        self.corrections = []

    def terminal(self, who):
        if who not in self.terminals:
            self.terminals[who] = terminal.Terminal(self.flow.dir, surroundings(self.flow), user=who)
        return self.terminals[who]

    def play(self, block):
        told = dict(block.before)
        for kind, value in block.before:
            if kind == "do":
                getattr(self.worlds, value)(self.flow)
        if "write" in told:
            self.flow.write(told["write"], "\n".join(block.lines) + "\n")
        elif "edit" in told:
            self.edit(told["edit"], block)
        elif block.kind == "console" and "not run" not in told:
            self.run(block, COLLEAGUE if "colleague" in told else None)

    def edit(self, name, block):
        path = os.path.join(self.flow.dir, name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for old, new in changes(block.lines):
            if text.count(old) != 1:
                raise lib.Failure(f"{self.page}:{block.line}: {old!r} stands {text.count(old)} times in {name}")
            text = text.replace(old, new)
        self.flow.write(name, text)

    def run(self, block, who):
        answers = [value.strip('"') for kind, value in block.before if kind == "type"]
        for index, (command, expected) in enumerate(block.commands()):
            asked = [(question_before(expected, answer), answer) for answer in answers]
            answers = []
            shown = self.terminal(who).run(command, asked, 120)
            self.ran += 1
            self.compare(block, index, command, expected, shown)

    def compare(self, block, index, command, expected, shown):
        wanted = [same(line, self.flow) for line in expected if line.strip()]
        got = [same(line, self.flow) for line in shown if line.strip()]
        if not matches(wanted, got):
            self.corrections.append((block, index, [line.replace(self.flow.dir + "/", "") for line in shown]))
            self.flow.check(
                False,
                f"{self.page}:{block.line}: $ {command}\n--- the page shows\n"
                + "\n".join(expected)
                + "\n--- the terminal shows\n"
                + "\n".join(line.replace(self.flow.dir + "/", "") for line in shown),
            )

    def close(self):
        for made in self.terminals.values():
            made.close()


def changes(lines):
    """[(old, new)] of a block of lines "- old" and "+ new"; a line without its sign goes on."""
    found = []
    for line in lines:
        if line.startswith("- "):
            found.append([line[2:], ""])
        elif line.startswith("+ "):
            found[-1][1] += ("\n" if found[-1][1] else "") + line[2:]
    return found


def question_before(expected, answer):
    """What stands before the answer in its line: the end of the question."""
    for line in expected:
        if line.rstrip().endswith(answer):
            return line.rstrip()[: -len(answer)].rstrip()[-30:]
    raise lib.Failure(f"the page shows no line that ends with the answer {answer!r}")


def of_page(path):
    """[(world, blocks)] of a page."""
    found = []
    for block in blocks(path):
        for kind, value in block.before:
            if kind == "session":
                found.append((value, []))
        if found:
            found[-1][1].append(block)
    return found


def surroundings(flow):
    """What the shell of a reader knows: where the program is and where its configuration."""
    bin_directory = os.path.join(flow.dir, ".bin")
    os.makedirs(bin_directory, exist_ok=True)
    link = os.path.join(bin_directory, "dispatcher")
    if not os.path.lexists(link):
        os.symlink(lib.DISPATCHER, link)
    return {
        **flow.environment,
        "PATH": bin_directory + ":" + os.environ["PATH"],
        "DISPATCHER_CONFIG": flow.config_path,
        "TZ": "Europe/Berlin",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
    }


def play(flow, page, worlds, name, parts):
    """Plays one session of a page in a world made from `flow`; how many commands ran."""
    session = Session(flow, os.path.basename(page), worlds)
    try:
        getattr(worlds, name)(flow)
        for block in parts:
            session.play(block)
    finally:
        session.close()
    return session.ran


def correct(page, session):
    """Writes what came out over what the page shows."""
    with open(page, encoding="utf-8") as file:
        lines = file.read().split("\n")
    for block, index, shown in reversed(session.corrections):
        start = block.line - 1
        for _ in range(index + 1):
            start += 1
            while not lines[start].startswith("$ "):
                start += 1
        while lines[start].endswith("\\"):
            start += 1
        end = start + 1
        while not lines[end].startswith(("$ ", "```")):
            end += 1
        lines[start + 1 : end] = [line for line in shown if line.strip()]
    with open(page, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


def main(page):
    import worlds

    for index in range(len(of_page(page))):
        name, parts = of_page(page)[index]  # read again: the one before may have moved the lines
        flow = lib.Flow(name)
        session = Session(flow, os.path.basename(page), worlds)
        try:
            getattr(worlds, name)(flow)
            for block in parts:
                session.play(block)
        except lib.Failure as stop:
            print(stop)
        finally:
            session.close()
            flow.close()
            flow.remove()
        correct(page, session)
        print(f"{name}: {session.ran} commands, {len(session.corrections)} corrected")


if __name__ == "__main__":
    main(sys.argv[1])

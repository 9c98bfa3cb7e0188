"""The rules of the house that a machine can keep: floors, cycles, third-party headers, banned functions.

Each check_* takes a House and yields violations as (path, line, sentence); CHECKS lists them. They work on a
directory, so the self-test can hand them a house with a planted fault.
"""

import os
import re
import subprocess

FLOORS = [
    ["base"],
    ["model"],
    ["config", "policy", "spool", "ledger", "render", "channel", "campaign", "law"],
    ["engine"],
    ["cli", "api"],
    ["people"],
    ["letters"],
    ["desk", "operator"],
    ["."],  # main.c
]
APART = "api"  # commands and the HTTP server do not know each other, whatever floor a command is on; main.c lists both
FLOOR = {folder: number for number, folders in enumerate(FLOORS, 1) for folder in folders}

TOP_LEVEL = {"dispatcher", "templates", "locales", "config", "tests", "docs", "Makefile", "README.md", "LICENSE", "build"}
HOUSE_TOP = {"main.c", "README.md"}

# Headers of the C library, POSIX, glibc and Linux: everything else in angle brackets is a third party's.
SYSTEM = set(
    """assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg
    stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath time uchar wchar wctype
    aio dirent dlfcn fcntl fnmatch ftw getopt glob grp iconv ifaddrs langinfo libgen monetary mqueue netdb poll
    pwd regex sched search semaphore spawn strings syslog termios unistd utime wordexp
    endian byteswap err error execinfo fts mntent paths resolv sysexits""".split()
)
SYSTEM_FOLDERS = ("sys/", "net/", "netinet/", "arpa/", "linux/", "bits/", "asm/")

# A third-party header belongs to one source file. Jansson is the language of these two folders; libcurl speaks two
# protocols that have nothing in common but its name.
SHARED_HEADERS = {"jansson.h": ("model", "render"), "curl/curl.h": ("channel/http.c", "channel/smtp_curl.c")}

BANNED = """strcpy strcat sprintf vsprintf strncpy strncat gets strtok strtok_r atoi atol atoll atof strerror
    localtime gmtime asctime ctime rand srand random srandom system popen alloca pthread_create thrd_create""".split()

COMMANDS = ("cli/", "people/", "letters/", "desk/", "operator/")

# Functions that belong to one place, because a promise hangs on them.
RESERVED = {
    "fsync": ("base/file.c", "spool/"),
    "fdatasync": ("base/file.c", "spool/"),
    "rename": ("base/file.c", "spool/"),
    "renameat": ("base/file.c", "spool/"),
    "renameat2": ("base/file.c", "spool/"),
    "time": ("base/clock.c",),
    "gettimeofday": ("base/clock.c",),
    "clock_gettime": ("base/clock.c",),
    "getrandom": ("base/id.c",),
    "clock_wall_ms": ("base/clock", "base/log.c", "engine/", *COMMANDS, "api/", "main.c"),
    "clock_mono_ms": ("base/clock", "engine/", *COMMANDS, "api/", "main.c"),
    "random_bits": ("base/id", "engine/", *COMMANDS, "api/", "main.c"),
    "id_random": ("base/id", "engine/", *COMMANDS, "api/", "main.c"),
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
CALL = re.compile(r"(?<![\w.>])([A-Za-z_]\w*)\s*\(")
TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""",
    re.S,
)


class Function:
    def __init__(self, name, start, end, body_start):
        self.name, self.start, self.end, self.body_start = name, start, end, body_start


class Source:
    def __init__(self, path, text):
        self.path = path  # relative to dispatcher/
        self.folder = os.path.dirname(path) or "."
        self.text = text
        self.code = blank(text)
        self.includes = [
            (text.count("\n", 0, found.start()) + 1, found.group(1) == "<", found.group(2))
            for found in INCLUDE.finditer(blank(text, strings=False))
        ]
        self.functions = list(functions(self.code))

    def line(self, offset):
        return self.text.count("\n", 0, offset) + 1


class House:
    def __init__(self, root):
        self.root = root
        self.sources = []
        base = os.path.join(root, "dispatcher")
        for folder, folders, names in os.walk(base):
            folders.sort()
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8", errors="replace") as file:
                        self.sources.append(Source(os.path.relpath(path, base), file.read()))
        self.paths = {source.path for source in self.sources}


def blank(text, strings=True):
    """The text with comments, and strings unless told otherwise, blanked out; offsets and lines stay."""

    def spaces(found):
        token = found.group(0)
        if token[0] in "\"'":
            return token[0] + " " * (len(token) - 2) + token[-1] if strings else token
        return re.sub(r"[^\n]", " ", token)

    return TOKEN.sub(spaces, text)


def functions(code):
    """Bodies at depth 0 whose brace follows a parameter list. Preprocessor lines do not count as code."""
    plain = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda found: re.sub(r"[^\n]", " ", found.group(0)), code, flags=re.M)
    depth, head, opened = 0, 0, None
    for found in re.finditer(r"[{};]", plain):
        mark, at = found.group(0), found.start()
        if mark == "{":
            if depth == 0:
                before = plain[head:at]
                named = re.search(r"(\w+)\s*\(", before)
                if named and before.rstrip().endswith(")") and "=" not in before:
                    start = head + len(before) - len(before.lstrip())
                    opened = (named.group(1), start, at)
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth == 0:
                if opened:
                    yield Function(opened[0], opened[1], at, opened[2])
                opened, head = None, at + 1
        elif depth == 0:
            head = at + 1


def is_system(header):
    return header.startswith(SYSTEM_FOLDERS) or header.removesuffix(".h") in SYSTEM


def check_includes_go_downwards(house):
    for source in house.sources:
        own = FLOOR.get(source.folder)
        if own is None:
            yield source.path, 1, f"the folder {source.folder}/ stands on no floor: give it one in tests/lint/floors.py"
            continue
        for line, angle, header in source.includes:
            folder = os.path.dirname(header) or "."
            if angle or folder == source.folder:
                continue
            if header not in house.paths:
                yield source.path, line, f'"{header}" does not exist: include by the full path from dispatcher/'
            elif folder not in FLOOR:
                continue
            elif FLOOR[folder] > own:
                yield source.path, line, f"upward include of {header}: floor {own} must not know floor {FLOOR[folder]}"
            elif FLOOR[folder] == own:
                yield source.path, line, f"{source.folder}/ must not know {folder}/: folders of one floor are blind to each other"
            elif folder == APART and source.folder != ".":
                yield source.path, line, f"{source.folder}/ must not know {folder}/: commands and the HTTP server are blind to each other"


def check_no_file_cycle(house):
    """No header includes itself by a detour, and no two modules call each other: what a.c includes, a needs.

    A header may name another module's types and still be included by it (ledger_backend.h, for those who implement
    ledger.h): only what .c files include makes one module need another.
    """
    headers, modules = {}, {}
    for source in house.sources:
        module = source.path.endswith(".c")
        own = source.path[:-2] if module else source.path
        edges = (modules if module else headers).setdefault(own, {})
        for line, angle, header in source.includes:
            needed = header[:-2] if module else header
            if not angle and header in house.paths and needed != own:
                edges.setdefault(needed, (source.path, line))
    for graph in (headers, modules):
        for cycle in cycles(graph):
            path, line = graph[cycle[0]][cycle[1]]
            yield path, line, "file cycle: " + " -> ".join(cycle)


def cycles(graph):
    """One cycle for each file that can reach itself through files not yet reported."""
    reported = set()
    for start in sorted(graph):
        if start in reported:
            continue
        trail = path_back(graph, start)
        if trail:
            reported.update(trail)
            yield trail


def path_back(graph, start):
    came_from, queue = {}, [start]
    for node in queue:
        for follower in graph.get(node, ()):
            if follower == start:
                trail = [node]
                while trail[-1] != start:
                    trail.append(came_from[trail[-1]])
                return trail[::-1] + [start]
            if follower not in came_from:
                came_from[follower] = node
                queue.append(follower)
    return None


def check_third_party_headers_have_one_file(house):
    users = {}
    for source in house.sources:
        for line, angle, header in source.includes:
            if not angle or is_system(header):
                continue
            if source.path.endswith(".h"):
                yield source.path, line, f"<{header}> in a header: no third-party type leaves its .c file"
            elif {source.folder, source.path}.isdisjoint(SHARED_HEADERS.get(header, ())):
                users.setdefault(header, []).append((source.path, line))
    for header, places in sorted(users.items()):
        allowed = SHARED_HEADERS.get(header)
        if allowed:
            for path, line in places:
                yield path, line, f"<{header}> belongs to {' and '.join(name if name.endswith('.c') else name + '/' for name in allowed)}"
        else:
            for path, line in places[1:]:
                yield path, line, f"<{header}> is already included by {places[0][0]}: one file per third-party header"


def calls(source):
    for found in CALL.finditer(source.code):
        yield found.group(1), source.line(found.start())


def check_no_banned_function(house):
    for source in house.sources:
        for name, line in calls(source):
            if name in BANNED:
                yield source.path, line, f"{name}() is banned (see the style rules)"


def check_reserved_functions_stay_home(house):
    """Durability, clock and dice each live in one place; below engine/ time and draws are parameters."""
    for source in house.sources:
        for name, line in calls(source):
            homes = RESERVED.get(name)
            if homes and not source.path.startswith(homes):
                yield source.path, line, f"{name}() belongs to {', '.join(homes)}"


def check_no_backward_goto(house):
    for source in house.sources:
        for function in source.functions:
            body = source.code[function.body_start : function.end]
            labels = {found.group(1): found.start() for found in re.finditer(r"^[ \t]*(\w+):(?!:)", body, re.M)}
            for found in re.finditer(r"\bgoto\s+(\w+)\s*;", body):
                if labels.get(found.group(1), len(body)) < found.start():
                    line = source.line(function.body_start + found.start())
                    yield source.path, line, f"goto {found.group(1)} jumps backwards: use a loop"


def check_no_conditional_compilation_in_functions(house):
    for source in house.sources:
        for found in re.finditer(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else)\b", source.code, re.M):
            if any(f.body_start < found.start() < f.end for f in source.functions):
                yield source.path, source.line(found.start()), f"#{found.group(1)} inside a function"


def top_level(root):
    """What git tracks, because a user's own folder is his affair; without git everything there is."""
    if os.path.exists(os.path.join(root, ".git")):
        try:
            listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=True)
            return {name.partition("/")[0] for name in os.fsdecode(listed.stdout).split("\0") if name}
        except (OSError, subprocess.CalledProcessError):
            pass
    return os.listdir(root)


def check_top_level_is_tidy(house):
    for name in sorted(top_level(house.root)):
        if not name.startswith(".") and name not in TOP_LEVEL:
            yield name, 1, "does not belong at the top level"
    inside = os.path.join(house.root, "dispatcher")
    for name in sorted(os.listdir(inside)):
        if name not in HOUSE_TOP and name not in FLOOR:
            yield "dispatcher/" + name, 1, "does not belong into dispatcher/: it stands on no floor"


# dispatcher/README.md, the tour: which of its tables name every file of which folders, under which heading. Where
# there are several folders the first cell of a row says which; the files stand in the cell behind what they are for.
TOURS = {
    "## The rooms of commands": ("cli", "people", "letters", "desk", "operator"),
    "## engine/, by what it is for": ("engine",),
    "## render/, in the order a letter travels": ("render",),
}
NAMED = re.compile(r"`([^`]+)`")


def read_tour(house):
    with open(os.path.join(house.root, "dispatcher", "README.md"), encoding="utf-8") as file:
        return file.read().split("\n")


def tour_rows(house):
    """(line number, folder, words) of the tables of TOURS."""
    heading = None
    for number, line in enumerate(read_tour(house), 1):
        heading = line if line.startswith("## ") else heading
        folders, cells = TOURS.get(heading, ()), line.split("|")
        if len(cells) < 4 or not folders:
            continue
        folder, files = (folders[0], cells[2]) if len(folders) == 1 else (cells[1].strip("`/ "), cells[3])
        if folder in folders:
            yield number, folder, NAMED.findall(files)


def files_named(word, stems):
    """The files that a word of the tour names: `send`, `test-send`, `check_sms*` (check_sms and check_sms_...)."""
    name = word.replace("-", "_")
    if not name.endswith("*"):
        return {name} & stems
    return {stem for stem in stems if stem == name[:-1] or stem.startswith(name[:-1] + "_")}


def check_tour_names_every_file(house):
    left, line_of = {}, {}
    for source in house.sources:
        if source.path.endswith(".c"):
            left.setdefault(source.folder, set()).add(os.path.basename(source.path)[:-2])
    stems = {folder: frozenset(names) for folder, names in left.items()}
    for number, folder, words in tour_rows(house):
        line_of.setdefault(folder, number)
        for word in words:
            if not re.fullmatch(r"\w[\w-]*\*?", word):
                continue  # a path, an option, a command with its words
            found = files_named(word, stems.get(folder, frozenset()))
            left.setdefault(folder, set()).difference_update(found)
            if not found:
                yield "dispatcher/README.md", number, f"`{word}`: there is no such file in {folder}/"
    for folder in sorted(folder for folders in TOURS.values() for folder in folders):
        for stem in sorted(left.get(folder, ())):
            yield "dispatcher/README.md", line_of.get(folder, 1), f"{folder}/{stem}.c is not named: say what it is for"


def check_tour_names_what_is_there(house):
    stems = {source.path[:-2] for source in house.sources}
    for number, line in enumerate(read_tour(house), 1):
        for word in NAMED.findall(line):
            folder, _, name = word.partition("/")
            if folder in FLOOR and re.fullmatch(r"[a-z_0-9]+(\.[ch]|\*)?", name) and not (
                word in house.paths or word in stems or (word.endswith("*") and any(stem.startswith(word[:-1]) for stem in stems))
            ):
                yield "dispatcher/README.md", number, f"`{word}` does not exist"


CHECKS = [value for name, value in list(globals().items()) if name.startswith("check_")]


def longest(house, count=10):
    """(lines, what) of the longest functions and files: for information, there is no limit."""
    lengths, files = [], []
    for source in house.sources:
        files.append((source.text.count("\n"), source.path))
        for function in source.functions:
            lines = source.line(function.end) - source.line(function.start) + 1
            lengths.append((lines, f"{function.name} ({source.path}:{source.line(function.start)})"))
    return sorted(lengths, reverse=True)[:count], sorted(files, reverse=True)[:count]

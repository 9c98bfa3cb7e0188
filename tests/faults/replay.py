"""What a power cut may leave: rebuilt from the changes and syncs that shim.c wrote down.

The model is weaker than any file system we know, so whoever passes here relies on nothing but syncs:

  - what was written to a file is safe once that file was synced; before, every page of every write (512 or 4096
    bytes) may be there or not, and the file may already be longer with nothing in it
  - a name is safe once its directory was synced; before, it may be missing. Changes of one directory are kept in
    order; a rename touches two directories and happens in both or in none
"""

import os
import struct

HEADER = struct.Struct("=IIIIqQQQ")
CREATE, WRITE, TRUNCATE, LINK, RENAME, UNLINK, SYNC, SAID = range(1, 9)
CHANGES = (CREATE, WRITE, TRUNCATE, LINK, RENAME, UNLINK)


class Record:
    __slots__ = ("type", "time_us", "inode", "a", "b", "name", "data")

    def __init__(self, type, time_us, inode, a, b, name, data):
        self.type, self.time_us, self.inode, self.a, self.b, self.name, self.data = type, time_us, inode, a, b, name, data


def read_log(path):
    with open(path, "rb") as file:
        log = file.read()
    records, at = [], 0
    while at + HEADER.size <= len(log):
        kind, name_len, data_len, _, time_us, inode, a, b = HEADER.unpack_from(log, at)
        at += HEADER.size
        name = log[at : at + name_len].decode("utf-8", "surrogateescape")
        at += name_len
        records.append(Record(kind, time_us, inode, a, b, name, log[at : at + data_len]))
        at += data_len
    return records


def append_said(path, identity, time_us):
    """The producer's promise, in its place between the changes."""
    name = identity.encode()
    fd = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(fd, HEADER.pack(SAID, len(name), 0, 0, time_us, 0, 0, 0) + name)
    finally:
        os.close(fd)


class File:
    def __init__(self):
        self.safe = bytearray()
        self.pending = []  # (WRITE, offset, data) or (TRUNCATE, length, None)

    def sync(self):
        for change in self.pending:
            apply(self.safe, change)
        self.pending = []

    def whole(self):
        content = bytearray(self.safe)
        for change in self.pending:
            apply(content, change)
        return content

    def torn(self, dice):
        """The safe content and some of the rest."""
        content = bytearray(self.safe)
        page, keep = dice.choice((512, 4096)), dice.choice((0.1, 0.5, 0.9))
        longest = len(content)
        for kind, at, data in self.pending:
            if kind == TRUNCATE:
                if dice.random() < keep:
                    apply(content, (kind, at, None))
                continue
            longest = max(longest, at + len(data))
            for start, part in pages(at, data, page):
                if dice.random() < keep:
                    apply(content, (WRITE, start, part))
        if dice.random() < 0.3 and longest > len(content):
            content.extend(b"\0" * (longest - len(content)))
        return content


class Directory:
    def __init__(self):
        self.names = {}


def apply(content, change):
    kind, at, data = change
    if kind == TRUNCATE:
        if at < len(content):
            del content[at:]
        else:
            content.extend(b"\0" * (at - len(content)))
        return
    if len(content) < at:
        content.extend(b"\0" * (at - len(content)))
    content[at : at + len(data)] = data


def pages(at, data, size):
    """A write in pieces that end at page borders."""
    start = at
    while start < at + len(data):
        end = min((start // size + 1) * size, at + len(data))
        yield start, data[start - at : end - at]
        start = end


class Disk:
    """The tree as programs see it, and how much of it is safe."""

    def __init__(self, root_inode):
        self.root = Directory()
        self.nodes = {root_inode: self.root}
        self.safe = {self.root: {}}  # directory -> names that are durable
        self.pending = []  # changes of names, in order: (directories, [(directory, name, node or None)])

    def take(self, record):
        getattr(self, "take_" + {CREATE: "create", WRITE: "write", TRUNCATE: "truncate", LINK: "link", RENAME: "rename",
                                 UNLINK: "unlink", SYNC: "sync", SAID: "said"}[record.type])(record)

    def take_said(self, record):
        pass

    def take_create(self, record):
        node = Directory() if record.b else File()
        self.nodes[record.inode] = node
        if record.b:
            self.safe[node] = {}
        self.change([(self.nodes[record.a], record.name, node)])

    def take_write(self, record):
        if record.inode in self.nodes:  # else: a lock or a log made before
            self.nodes[record.inode].pending.append((WRITE, record.a, record.data))

    def take_truncate(self, record):
        if record.inode in self.nodes:
            self.nodes[record.inode].pending.append((TRUNCATE, record.a, None))

    def take_link(self, record):
        if record.inode in self.nodes:
            self.change([(self.nodes[record.a], record.name, self.nodes[record.inode])])

    def take_rename(self, record):
        old, new = record.name.split("\0")
        if record.inode in self.nodes:
            self.change([(self.nodes[record.a], old, None), (self.nodes[record.b], new, self.nodes[record.inode])])

    def take_unlink(self, record):
        self.change([(self.nodes[record.a], record.name, None)])

    def take_sync(self, record):
        node = self.nodes.get(record.inode)
        if isinstance(node, File):
            node.sync()
        elif node is not None:
            self.sync_names(node)

    def change(self, steps):
        for directory, name, node in steps:
            put_name(directory.names, name, node)
        self.pending.append(steps)

    def sync_names(self, directory):
        """Its changes, and whatever came before them in the other directories they touch."""
        wanted = {directory}
        kept = []
        for steps in reversed(self.pending):
            touched = {step[0] for step in steps}
            if touched & wanted:
                wanted |= touched
                kept.append(steps)
        for steps in reversed(kept):
            self.make_safe(self.safe, steps)
            self.pending.remove(steps)

    @staticmethod
    def make_safe(trees, steps):
        for directory, name, node in steps:
            put_name(trees.setdefault(directory, {}), name, node)

    def names(self, mode, dice):
        """directory -> names after the cut."""
        trees = {directory: dict(names) for directory, names in self.safe.items()}
        stuck, keep = set(), dice.choice((0.2, 0.5, 0.9)) if dice else 0
        for steps in self.pending:
            touched = {step[0] for step in steps}
            if mode == "all" or (mode == "torn" and not touched & stuck and dice.random() < keep):
                self.make_safe(trees, steps)
            else:
                stuck |= touched
        return trees

    def write_image(self, path, mode, dice=None):
        """`mode`: safe (nothing but what was synced), all, torn."""
        trees = self.names(mode, dice)
        self.write_directory(path, self.root, trees, mode, dice, {})

    def write_directory(self, path, directory, trees, mode, dice, written):
        os.makedirs(path, exist_ok=True)
        for name, node in sorted(trees.get(directory, {}).items()):
            below = os.path.join(path, name)
            if isinstance(node, Directory):
                self.write_directory(below, node, trees, mode, dice, written)
            elif node in written:
                os.link(written[node], below)
            else:
                content = node.safe if mode == "safe" else node.whole() if mode == "all" else node.torn(dice)
                # Modes are not part of the model; all that stands in a spool may be its owner's alone.
                with open(below, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
                    out.write(content)
                written[node] = below


def put_name(names, name, node):
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node


def differences(image, real, ignore):
    """Files in which the replayed tree differs from the real one: then the record is not whole."""
    found = []
    for top, other in ((image, real), (real, image)):
        for directory, _, names in os.walk(top):
            for name in names:
                path = os.path.join(directory, name)
                twin = os.path.join(other, os.path.relpath(path, top))
                if ignore(name):
                    continue
                if not os.path.isfile(twin) or content(path) != content(twin):
                    found.append(os.path.relpath(path, top))
    return sorted(set(found))


def content(path):
    with open(path, "rb") as file:
        return file.read()

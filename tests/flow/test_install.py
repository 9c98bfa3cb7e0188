"""make install and uninstall: what somebody changed stays, and the installed program finds its configuration."""

import atexit
import os
import re
import shutil
import subprocess
import tempfile

import lib

GERMAN = os.path.join("templates", "apology", "de.md")
KOREAN = os.path.join("templates", "apology", "ko.md")


def read(*names):
    with open(os.path.join(*names), encoding="utf-8") as file:
        return file.read()


def write(text, *names):
    with open(os.path.join(*names), "w", encoding="utf-8") as file:
        file.write(text)


def files(directory):
    return sorted(os.path.relpath(os.path.join(d, name), directory) for d, _, names in os.walk(directory) for name in names)


class Letters:
    """A checkout's templates/ and locales/, and where they are installed."""

    def __init__(self, t):
        self.t, self.source, self.installed = t, os.path.join(t.dir, "source"), os.path.join(t.dir, "installed")
        for folder in ("templates", "locales"):
            # The sentences of commands are part of the program and not installed.
            shutil.copytree(os.path.join(lib.ROOT, folder), os.path.join(self.source, folder), ignore=shutil.ignore_patterns("messages"))

    def run(self, verb):
        command = ["sh", os.path.join(lib.ROOT, "tests", "tools", "letters.sh"), verb, self.installed]
        ended = subprocess.run(command, cwd=self.source, capture_output=True, text=True)
        self.t.equal(ended.returncode, 0, f"exit status of {verb}")
        return ended.stdout + ended.stderr


def test_installs_all_letters_and_takes_all_of_them_away(t):
    letters = Letters(t)
    for turn in ("first", "second"):
        t.equal(letters.run("install"), "", f"output of the {turn} install")
        t.equal(files(letters.installed), [".installed", *files(letters.source)], f"files after the {turn} install")
    t.equal(letters.run("uninstall"), "", "output of uninstall")
    t.check(not os.path.exists(letters.installed), f"uninstall left {files(letters.installed)}")


def test_keeps_a_letter_that_somebody_changed(t):
    letters = Letters(t)
    letters.run("install")
    write("my own words\n", letters.installed, GERMAN)
    write("better words\n", letters.source, GERMAN)
    write("better words\n", letters.source, KOREAN)
    t.contains(letters.run("install"), f"kept {letters.installed}/{GERMAN}; the new one is", "output")
    t.equal(read(letters.installed, GERMAN), "my own words\n", "the changed letter")
    t.equal(read(letters.installed, GERMAN + ".new"), "better words\n", "the new letter beside it")
    t.equal(read(letters.installed, KOREAN), "better words\n", "a letter nobody had changed")
    letters.run("install")
    t.equal(read(letters.installed, GERMAN), "my own words\n", "the changed letter after one more install")
    t.contains(letters.run("uninstall"), f"kept {letters.installed}/{GERMAN}", "output of uninstall")
    t.equal(files(letters.installed), [GERMAN], "what uninstall leaves")


def test_forgets_the_new_letter_once_somebody_took_it(t):
    letters = Letters(t)
    letters.run("install")
    write("my own words\n", letters.installed, GERMAN)
    letters.run("install")
    shutil.copy(os.path.join(letters.source, GERMAN), os.path.join(letters.installed, GERMAN))
    t.equal(letters.run("install"), "", "output")
    t.equal(files(letters.installed), [".installed", *files(letters.source)], "files")


def test_removes_letters_that_are_no_longer_shipped_unless_changed(t):
    letters = Letters(t)
    letters.run("install")
    write("my own words\n", letters.installed, GERMAN)
    os.remove(os.path.join(letters.source, GERMAN))
    os.remove(os.path.join(letters.source, KOREAN))
    letters.run("install")
    t.check(os.path.exists(os.path.join(letters.installed, GERMAN)), "a changed letter was removed")
    t.check(not os.path.exists(os.path.join(letters.installed, KOREAN)), "a letter that is not shipped any more is still there")


def test_keeps_letters_it_knows_nothing_about(t):
    """As an installation without a record leaves them."""
    letters = Letters(t)
    letters.run("install")
    os.remove(os.path.join(letters.installed, ".installed"))
    write("my own words\n", letters.installed, GERMAN)
    letters.run("install")
    t.equal(read(letters.installed, GERMAN), "my own words\n", "a letter of unknown origin")


def copy_build(source, copy):
    os.makedirs(copy)
    for name in ("obj", "lib", "flags", "paths", "dispatcher"):
        subprocess.run(["cp", "-a", os.path.join(source, name), copy], check=True)
    # The dependencies name their targets.
    for name in files(copy):
        if name.endswith(".d"):
            text = read(copy, name).replace(os.path.relpath(source, lib.ROOT) + "/obj/", copy + "/obj/")
            write(text, copy, name)


class Place:
    """Where the tests of this file build and install, one after the other: another prefix makes another program, which
    takes as long as all these tests."""

    directory = owner = None


def place(t, *names):
    """A path there; nothing is installed when a test comes first."""
    if Place.directory is None:
        Place.directory = tempfile.mkdtemp(prefix="dispatcher-install-")
        atexit.register(shutil.rmtree, Place.directory, ignore_errors=True)
    if Place.owner is not t:
        Place.owner = t
        shutil.rmtree(os.path.join(Place.directory, "prefix"), ignore_errors=True)
    return os.path.join(Place.directory, *names)


def make(t, target):
    """make in a copy of the build: another prefix links another program, and the one under test must stay."""
    build, copy = os.path.dirname(lib.DISPATCHER), place(t, "build")
    if not os.path.exists(copy):
        copy_build(build, copy)
    sanitized = ["SAN=1"] if os.path.basename(build) == "asan" else []
    command = ["make", "-s", target, f"prefix={place(t, 'prefix')}", f"BUILD={copy}", *sanitized]
    # Nothing from the make that may have started this test.
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "SAN")}
    ended = subprocess.run(command, cwd=lib.ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    t.equal(ended.returncode, 0, f"exit status of make {target}: {ended.stderr}")
    return ended.stdout + ended.stderr


def installed_program(t, *arguments):
    """Run in an empty directory, without a word about the configuration."""
    program, elsewhere = place(t, "prefix", "bin", "dispatcher"), os.path.join(t.dir, "elsewhere")
    os.makedirs(elsewhere, exist_ok=True)
    environment = {k: v for k, v in t.environment.items() if k != "DISPATCHER_CONFIG"}
    return lib.Answer(subprocess.run([program, *arguments], cwd=elsewhere, env=environment, capture_output=True))


def test_the_installed_program_finds_its_configuration_and_letters(t):
    make(t, "install")
    config = place(t, "prefix", "etc", "dispatcher", "dispatcher.yaml")
    answer = installed_program(t, "check")
    t.equal((answer.status, answer.err), (0, ""), "check")
    t.contains(answer.out, "0 errors", "check")
    t.contains(installed_program(t, "config", "show").out, config + ":", "where the values come from")

    write(read(config) + "# mine\n", config)
    letter = place(t, "prefix", "share", "dispatcher", GERMAN)
    write(read(letter) + "\nMine.\n", letter)
    said = make(t, "install")
    for kept in (config, letter):
        t.contains(said, f"kept {kept}", "what the second install says")
        t.check(read(kept).rstrip().lower().endswith(("# mine", "mine.")), f"{kept} was overwritten")
    answer = installed_program(t, "check")
    t.equal((answer.status, answer.err), (0, ""), "check with a new letter beside the changed one")

    make(t, "uninstall")
    t.check(os.path.exists(config) and os.path.exists(letter), "uninstall removed what somebody had changed")
    t.equal(files(place(t, "prefix", "share")), [f"dispatcher/{GERMAN}"], "what uninstall leaves of the letters")
    t.equal(os.listdir(place(t, "prefix", "bin")), [], "bin/ after uninstall")


def test_the_pages_that_messages_cite_are_installed(t):
    make(t, "install")
    pages = place(t, "prefix", "share", "doc", "dispatcher")
    shown = [name for name in files(os.path.join(lib.ROOT, "docs")) if not name.startswith("man/")]
    t.equal(files(os.path.join(pages, "docs")), shown, "the pages")
    t.equal(read(pages, "README.md"), read(lib.ROOT, "README.md"), "the first page")


def test_systemd_takes_the_unit(t):
    make(t, "install")
    unit = place(t, "prefix", "lib", "systemd", "system", "dispatcher.service")
    text = read(unit)
    t.check(not re.search("@[a-z]+dir@", text), "a path was not filled in")
    program = re.search("^ExecStart=(.*)$", text, re.M).group(1).split()
    t.equal(program[0], place(t, "prefix/bin/dispatcher"), "the program")
    daemon = subprocess.Popen(program, cwd="/", stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        t.wait(lambda: os.path.exists(place(t, "prefix/var/spool/dispatcher/control.sock")), 20, "the program of the unit to run")
        daemon.terminate()
        t.equal(daemon.wait(30), 0, "its exit status when it is told to end")
    finally:
        daemon.kill()
    t.contains(text, f"ReadWritePaths={place(t, 'prefix/var/spool/dispatcher')}\n", "what it may write")
    if shutil.which("systemd-analyze") is None:
        print("skipped: there is no systemd-analyze here to judge the unit")
    else:
        said = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
        t.equal((said.returncode, [line for line in said.stderr.splitlines() if "dispatcher.service" in line]), (0, []), "what systemd-analyze says")
    make(t, "uninstall")
    t.check(not os.path.exists(unit), "uninstall left the unit")


def test_without_a_configuration_the_program_says_where_it_looked(t):
    make(t, "install")
    config = place(t, "prefix", "etc", "dispatcher", "dispatcher.yaml")
    os.remove(config)
    answer = installed_program(t, "check")
    t.check(answer.status != 0, "check without a configuration succeeded")
    t.contains(answer.err, config, "what check says")

"""Completion in the real shells: what they offer is what the table of commands has."""

import os
import shutil
import subprocess

import lib

BASH = """
source "$1"; shift
COMP_WORDS=(dispatcher "$@"); COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
_dispatcher
printf '%s\\n' "${COMPREPLY[@]}"
"""
# What zsh itself would do with the answer is replaced by printing it.
ZSH = """
compdef() { : }
_files() { print -r -- "files${1:+ $1}" }
_describe() { local a=$2; print -rl -- "${(@P)a}" }
source "$1"; shift
words=(dispatcher "$@"); CURRENT=$#words
_dispatcher
"""
FISH = 'source $argv[1]; complete -C $argv[2]'


class Shell:
    def __init__(self, t, name):
        self.name, self.dir = name, t.dir
        self.script = t.write(f"completion.{name}", lib.subprocess.run([lib.DISPATCHER, "completion", name], capture_output=True, text=True, check=True).stdout)
        os.makedirs(os.path.join(t.dir, "bin"), exist_ok=True)
        program = os.path.join(t.dir, "bin", "dispatcher")
        if not os.path.exists(program):
            os.symlink(lib.DISPATCHER, program)
        self.environment = {"PATH": os.path.dirname(program) + ":" + os.environ["PATH"], "HOME": t.dir, "DISPATCHER_CONFIG": t.config_path, "LC_ALL": "C.UTF-8"}

    def offers(self, *words):
        """What stands there after Tab; the last word is being typed."""
        if self.name == "fish":
            command = ["fish", "--no-config", "-c", FISH, "-", self.script, " ".join(("dispatcher", *words))]
            command.remove("-")
        else:
            flags = ["--norc", "--noprofile"] if self.name == "bash" else ["-f"]
            command = [self.name, *flags, "-c", BASH if self.name == "bash" else ZSH, self.name, self.script, *words]
        answer = subprocess.run(command, capture_output=True, text=True, env=self.environment, cwd=self.dir, timeout=lib.COMMAND_LIMIT_S)
        if answer.returncode not in (0, 1) or answer.stderr:
            raise lib.Failure(f"{self.name}: {answer.returncode}: {answer.stderr}")
        # zsh has the description behind a colon, fish behind a tab.
        return [line.split("\t")[0].split(":")[0] for line in answer.stdout.splitlines() if line]


def shells(t):
    found = [name for name in ("bash", "zsh", "fish") if shutil.which(name)]
    t.check(found == ["bash", "zsh", "fish"], f"only {found} are installed: tests/tools/deps.sh test")
    return [Shell(t, name) for name in found]


def test_completes_commands_options_and_values(t):
    t.configure()
    for shell in shells(t):
        for words, wanted in ((("qu",), ["queue"]), (("endpoint", "te"), ["test"]), (("queue", "--st"), ["--state"]), (("queue", "--state", "fa"), ["failed"]),
                              (("queue", "--channel", "s"), ["sms"]), (("completion", "z"), ["zsh"]), (("queue", "--color", "al"), ["always"]),
                              (("queue", "--cause", "mailbox_f"), ["mailbox_full"])):
            t.equal(sorted(shell.offers(*words)), wanted, f"{shell.name} {words}")
        everything = shell.offers("")
        t.check({"queue", "endpoint", "help", "run"} <= set(everything), f"{shell.name}: {everything}")
        t.check("complete" not in everything, f"{shell.name} shows what is hidden")


def test_completes_names_of_the_configuration_and_files(t):
    t.configure()
    t.write("facts-1.yaml", "")
    for shell in shells(t):
        t.equal(shell.offers("preview", "apolo"), ["apology"], f"{shell.name}: letters")
        t.check("texts" in shell.offers("transport", "test", "te") or "mail" in shell.offers("transport", "test", "ma"), f"{shell.name}: transports")
        files = shell.offers("facts", "check", "facts-")
        t.check(files in (["facts-1.yaml"], ["files"]), f"{shell.name}: files: {files}")


def test_a_slip_in_the_configuration_does_not_break_a_shell(t):
    t.configure(workers="many")
    for shell in shells(t):
        t.equal(shell.offers("queue", "--state", "fa"), ["failed"], shell.name)
        shell.offers("preview", "a")


def test_every_command_is_completed_with_its_own_options_and_no_others(t):
    """Asked as the shells ask, of every row of the table that `help` prints."""
    t.configure()

    def offers(*words):
        answer = subprocess.run([lib.DISPATCHER, "complete", "--", *words], capture_output=True, text=True, check=True, env={**os.environ, "DISPATCHER_CONFIG": t.config_path})
        return [line.split("\t")[0] for line in answer.stdout.splitlines()]

    rows = t.command("help", "--json").lines()
    common = set(offers("version", "--")) - {f"--{option['name']}" for row in rows if row["command"] == "version" for option in row["options"]}
    t.check({"--json", "--help", "--config"} <= common, f"what all commands take: {sorted(common)}")
    for row in rows:
        words = row["command"].split()
        t.equal(set(offers(*words, "--")), common | {f"--{option['name']}" for option in row["options"]}, f"options of {row['command']}")
        t.check(words[-1] in offers(*words[:-1], words[-1][:2]), f"{row['command']} is offered after two letters")
    first = {row["command"].split()[0] for row in rows}
    t.equal({word for word in offers("") if not word.startswith(":")}, first, "first words")

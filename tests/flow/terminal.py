"""A real terminal (tmux) in which a test types like a person and reads the screen."""

import os
import re
import shutil
import subprocess
import tempfile
import time

import lib

PROMPT = re.compile(r"^\[(\d+)\]\$ ?(.*)$")


class Terminal:
    """A shell in a terminal of `columns`; every prompt has a number, so that its end is seen exactly."""

    def __init__(self, directory, environment, columns=120, rows=50, user=None):
        self.home = tempfile.mkdtemp(prefix="terminal-")
        self.socket = os.path.join(self.home, "tmux")
        # tmux takes PATH from whoever asks it for a pane, the rest from whoever started it.
        self.shell = shell = {
            **environment,
            "LANG": environment.get("LANG", "C.UTF-8"),
            "TERM": "screen-256color",
            "HISTFILE": "",
        }
        for name in ("TMUX", "TMUX_PANE", "PROMPT_COMMAND", "BASH_ENV", "ENV"):
            shell.pop(name, None)
        os.chmod(self.home, 0o755)
        with open(os.path.join(self.home, "rc"), "w", encoding="utf-8") as file:
            file.write("PS1='[\\#]$ '\n")
        command = f"exec bash --noprofile --rcfile {self.home}/rc"
        if user is not None:
            command = f"exec setpriv --reuid={user} --regid={os.getgid()} --clear-groups {command[5:]}"
        subprocess.run(
            ["tmux", "-u", "-S", self.socket, "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
             "-c", directory, command],
            env=shell, check=True, timeout=lib.COMMAND_LIMIT_S,
        )  # fmt: skip
        self.tmux("set-option", "-g", "history-limit", "50000")
        # The limit is taken by panes made after it.
        self.tmux("respawn-pane", "-k", "-c", directory, command)
        self.ready(1)

    def tmux(self, *arguments):
        return subprocess.run(
            ["tmux", "-u", "-S", self.socket, *arguments],
            env=self.shell, capture_output=True, text=True, timeout=lib.COMMAND_LIMIT_S,
        ).stdout

    def screen(self):
        """All that was shown, a line that was folded as one."""
        return [line.rstrip() for line in self.tmux("capture-pane", "-p", "-J", "-S", "-", "-t", "0").rstrip("\n").split("\n")]

    def number(self):
        """Of the prompt that waits at the end; 0 while something runs."""
        lines = [line for line in self.screen() if line]
        last = PROMPT.match(lines[-1]) if lines else None
        return int(last[1]) if last and last[2] == "" else 0

    def ready(self, number, seconds=60):
        try:
            lib.wait_until(lambda: self.number() >= number, seconds, f"the prompt {number}")
        except lib.Failure:
            raise lib.Failure("the terminal does not come back; it shows:\n" + "\n".join(self.screen()[-40:])) from None

    def type(self, text):
        self.tmux("send-keys", "-t", "0", "-l", text)
        self.tmux("send-keys", "-t", "0", "Enter")

    def key(self, name):
        self.tmux("send-keys", "-t", "0", name)

    def run(self, command, answers=(), seconds=60):
        """Types a command; each answer is typed when its question stands at the end of the screen. The lines it showed."""
        number = self.number()
        self.type(command)
        for question, answer in answers:
            self.wait_for(question, seconds)
            self.type(answer)
        self.ready(number + 1, seconds)
        return self.answer(number)

    def wait_for(self, text, seconds=60):
        def shown():
            lines = [line for line in self.screen() if line]
            return lines and text in lines[-1]

        try:
            lib.wait_until(shown, seconds, text)
        except lib.Failure:
            raise lib.Failure(f"{text!r} is not asked; the screen shows:\n" + "\n".join(self.screen()[-30:])) from None

    def answer(self, number):
        """What stands between a prompt and the next one."""
        lines, found = self.screen(), []
        inside = False
        for line in lines:
            prompt = PROMPT.match(line)
            if prompt and int(prompt[1]) == number:
                inside, found = True, []
            elif prompt and int(prompt[1]) > number:
                break
            elif inside:
                found.append(line)
        return found

    def close(self):
        self.tmux("kill-server")
        time.sleep(0.05)
        shutil.rmtree(self.home, ignore_errors=True)

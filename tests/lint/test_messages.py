"""The catalogues fit what the sources say, and the check finds what it is for: each fault is planted once."""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import messages

SOURCE = '#define HERE \\\n    "here"\nvoid f(void)\n{\n    say(inv, stdout, "%d people, %s\\n", n, name);\n    error_set(err, ERR_IO, n > 0 ? "no \\"%s\\" "\n              HERE : "none", g("a", 1));\n}\n'


def faults(line):
    """What is said of one line of a catalogue."""
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, "dispatcher", "cli"))
        with open(os.path.join(root, "dispatcher", "cli", "a.c"), "w", encoding="utf-8") as source:
            source.write(SOURCE)
        path = os.path.join(root, "de.yaml")
        with open(path, "w", encoding="utf-8") as catalogue:
            catalogue.write(f"# Kopf\n{line}\n")
        said, known = messages.gather(root)
        assert set(said) - set(messages.SYSTEM + messages.JSON) == {"%d people, %s\n", 'no "%s" here', "none"}, said
        pairs, found = messages.faults_of(path)
        return found + [f"the sources do not say {english!r}" for english in messages.stale(pairs, known)]


GOOD = (r'"%d people, %s\n": "%2$s: %1$d Menschen\n"', r'"no \"%s\" here": "hier ist kein „%s“"')
WRONG = {
    r'"%d persons\n": "%d Menschen\n"': "the sources do not say",
    r'"%d people, %s\n": "%s, %d Menschen\n"': "do not fit",
    r'"%d people, %s\n": "%d Menschen\n"': "a value is lost",
    r'"%d people, %s\n": "%d Menschen, %s"': "begins or ends another line",
    r'"%d people, %s\n": "%d Menschen, %s, 5 %\n"': "a hole nobody can fill",
    r'"%d people, %s\n" : Menschen': "a line is",
    '"no \\"%s\\" here": "a %s"\n"no \\"%s\\" here": "b %s"': "stands here twice",
}


def test_finds_what_does_not_fit():
    for line in GOOD:
        assert not faults(line), faults(line)
    for line, sentence in WRONG.items():
        assert any(sentence in fault for fault in faults(line)), f"{line}: {sentence!r} is not among {faults(line)}"


def test_the_catalogues_fit_the_sources():
    run = subprocess.run([sys.executable, messages.__file__], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr

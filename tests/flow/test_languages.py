"""What operators and communications teams read most, in German and Korean: nothing English is left, and columns stand below each other."""

import re
import unicodedata

import worlds

ENGLISH = re.compile(r"\b(?:the|is|are|was|were|not|there|nothing|with|and|what|would|has)\b")
SPOKEN = {"de": "de_DE.UTF-8", "ko": "ko_KR.UTF-8"}


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def said(t, language, *arguments):
    t.environment = {**t.environment, "LC_ALL": SPOKEN[language]}
    answer = t.command(*arguments)
    for line in (answer.out + answer.err).splitlines():
        plain = re.sub(r"\b\d{3} \d\.\d\.\d.*|`[^`]*`", "", line)
        t.check(not ENGLISH.search(plain), f"{language}: {arguments}: English is left: {line}")
    return answer


def test_the_screens_of_a_night_are_in_the_language_of_who_reads_them(t):
    worlds.engine_room(t)
    for language in SPOKEN:
        table = said(t, language, "failures").out.splitlines()
        first = table[1 : table.index("")] if "" in table else table[1:]
        ends = {width(line[: line.index("email")]) for line in first}
        t.equal(len(ends), 1, f"{language}: the channel stands below its head")
        t.equal(ends, {width(table[0][: re.match(r"\S+\s+", table[0]).end()])}, f"{language}: and under it")
        said(t, language, "why", "outage_c009")
        said(t, language, "status")
        said(t, language, "retry", "--cause", "mailbox_full", "--dry-run")
        said(t, language, "retry")
        said(t, language, "queue", "--state", "nonsense")

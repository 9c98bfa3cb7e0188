"""What the manuals show in a terminal is what happens: their sessions are typed into a real one (sessions.py)."""

import os

import lib
import sessions
import worlds

PAGES = ["letters.md", "operators.md", "systems.md", "evidence.md"]


def test_a_page_that_shows_something_else_is_found(t):
    page = t.write(
        "page.md",
        "<!-- session empty -->\n```console\n$ dispatcher version\ndispatcher 99.9\n```\n"
        "```console\n$ echo one; echo two; echo three\none\n...\nthree\n$ false || echo no\nyes\n```\n",
    )
    other = lib.Flow("page")
    try:
        for name, parts in sessions.of_page(page):
            t.equal(sessions.play(other, page, worlds, name, parts), 3, "commands that were typed")
        t.equal(len(other.problems), 2, "lines of the page that are not true")
        t.contains(other.problems[0], "page.md:2: $ dispatcher version", "where the page is wrong")
        t.contains(other.problems[1], "echo no", "the second")
    finally:
        other.close()
        other.remove()


def test_an_answer_is_typed_when_it_is_asked_for(t):
    page = t.write(
        "page.md",
        '<!-- session empty -->\n<!-- type "blue" -->\n```console\n'
        '$ read -p "Which colour? " c; echo "You like $c."\nWhich colour? blue\nYou like blue.\n```\n',
    )
    for name, parts in sessions.of_page(page):
        sessions.play(t, page, worlds, name, parts)


def session_test(page, index, name, parts):
    def play(t):
        t.check(sessions.play(t, page, worlds, name, parts) > 0, "nothing of the session was typed")

    play.__name__ = f"test_{os.path.basename(page)[:-3]}_{index + 1}_{name}"
    return play


for path in (os.path.join(lib.ROOT, "docs", name) for name in PAGES):
    if os.path.exists(path):
        for number, (world, blocks) in enumerate(sessions.of_page(path)):
            made = session_test(path, number, world, blocks)
            globals()[made.__name__] = made

"""The public notice: a whole page for a homepage or a wall, not a mail to somebody."""

import email
import email.policy
import html.parser
import json
import os
import shutil

import lib

# What each language says of the last day, and where the mail's frame would show itself.
UNTIL = {
    "ko": {"card-leak": "2025년 10월 20일까지", "members-leak": "2025년 10월 31일까지"},
    "de": {"card-leak": "bis zum 20. Oktober 2025", "members-leak": "bis zum 31. Oktober 2025"},
    "en": {"card-leak": "until 20 October 2025", "members-leak": "until 31 October 2025"},
}
MAIL_FRAME = ('class="letter"', 'role="banner"', "mso-hide", "열람 여부", "keine Werbung", "not to advertise")
GREETINGS = ("고객님께\n", "고객님께<", "Sehr geehrte", "Guten Tag", "Dear ")


class Page(html.parser.HTMLParser):
    """The language, the headings and whatever the page would fetch from elsewhere."""

    def __init__(self, text):
        super().__init__()
        self.lang, self.h1, self.h2, self.fetched, self._in = None, [], [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "html":
            self.lang = given.get("lang")
        if tag in ("h1", "h2"):
            self._in = tag
        self.fetched += [f"{tag} {name}" for name in ("src", "href", "srcset") if name in given]
        self.fetched += [tag] if tag in ("script", "link", "iframe", "img") else []

    def handle_endtag(self, tag):
        self._in = None if tag == self._in else self._in

    def handle_data(self, data):
        if self._in is not None:
            getattr(self, self._in).append(data)


def preview(t, *arguments):
    answer = t.command("preview", "public-notice", *arguments)
    t.equal((answer.status, answer.err), (0, ""), f"preview {arguments}")
    return answer.out


def test_the_notice_is_a_page_in_every_language(t):
    t.configure()
    for locale, dates in UNTIL.items():
        for fixture, until in dates.items():
            what = f"{fixture} in {locale}"
            text = preview(t, "--fixture", fixture, "--locale", locale, "--part", "html")
            t.check(text.startswith("<!DOCTYPE html>"), f"{what}: a whole page")
            page = Page(text)
            t.equal(page.lang, locale, f"{what}: lang")
            t.equal(len(page.h1), 1, f"{what}: one title")
            t.check(len(page.h2) >= 14, f"{what}: {len(page.h2)} headings")
            t.equal(page.fetched, [], f"{what}: nothing from elsewhere")
            t.contains(text, until, f"{what}: its last day")
            t.contains(text, "@page", f"{what}: can be printed")
            t.check("url(" not in text and "@import" not in text, f"{what}: no file from elsewhere")
            for mark in MAIL_FRAME:
                t.check(mark not in text, f"{what}: {mark} belongs to the frame of a mail")


def test_it_speaks_to_nobody_in_particular(t):
    t.configure()
    for locale in UNTIL:
        text = preview(t, "--locale", locale, "--part", "text")
        for greeting in GREETINGS:
            t.check(greeting not in text, f"{locale}: no {greeting.strip()}")


def test_everybody_else_still_gets_the_frame_of_a_mail(t):
    t.configure()
    answer = t.command("preview", "leak-confirmed", "--locale", "ko", "--part", "html")
    t.contains(answer.out, 'class="letter"', "the frame of a mail")
    t.check("@page" not in answer.out and "<h1" not in answer.out, "no page")


def test_a_press_office_gets_the_page_by_email_and_the_facts_by_webhook(t):
    t.configure()
    raw = preview(t, "--locale", "de", "--part", "email")
    message = email.message_from_string(raw, policy=email.policy.default)
    t.contains(message.get_body(("html",)).get_content(), "<h1>", "the page")
    t.contains(message.get_body(("plain",)).get_content(), UNTIL["de"]["card-leak"], "the same as text")
    hook = json.loads(preview(t, "--locale", "de", "--part", "webhook"))
    t.equal(hook["type"], "public_notice", "its type")
    t.equal(hook["data"]["notice"], {"from": "2025-09-18", "until": "2025-10-20"}, "how long to show it")
    t.equal(hook["data"]["locale"], "de", "its language")


def test_a_layout_that_is_not_there_is_an_error_in_its_line(t):
    templates = os.path.join(t.dir, "templates")
    shutil.copytree(os.path.join(lib.ROOT, "templates"), templates)
    description = os.path.join(templates, "public-notice", "template.yaml")
    with open(description, encoding="utf-8") as file:
        lines = file.read().split("\n")
    line = lines.index("layout: page") + 1
    lines[line - 1] = "layout: pgae"
    t.write("templates/public-notice/template.yaml", "\n".join(lines))
    t.configure(templates=templates)
    answer = t.command("check")
    t.equal(answer.status, 65, "exit status")
    said = answer.out + answer.err
    t.contains(said, f"{description}:{line}:9: error:", "where")
    t.contains(said, 'there is no layout "pgae" in _layouts; did you mean "page"?', "what")

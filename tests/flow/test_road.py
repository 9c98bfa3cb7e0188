"""One straight road: a notice dropped in the spool reaches a mailbox, a phone gateway and a webhook."""

import email
import email.policy
import glob
import html.parser
import json
import os
import re
import ssl
import urllib.error
import urllib.request

import lib

ALL = ("email", "sms", "webhook")
SUBJECTS = {
    "de": "Bürgerbank Süd: Unbefugter Zugriff auf Ihre Daten",
    "ko": "[보기은행] 개인정보 유출 사실을 알려 드리며 깊이 사과드립니다",
    "en": "Harbour Bank: unauthorised access to your data",
}
NAMES = {"de": "Dr. Jürgen Weiß-Großmüller", "ko": "김민준", "en": 'Aoife "Fee" O\'Neill, Esq.'}
SENDERS = {"de": "Bürgerbank Süd", "ko": "보기은행", "en": "Harbour Bank"}
SALUTATIONS = {"de": "Sehr geehrter Herr Dr. Weiß-Großmüller,", "ko": "김민준 고객님께", "en": "Aoife \"Fee\" O'Neill, Esq."}


def configure_all(t, **keys):
    """A real mail server, a real Kannel and a verifying receiver, and a daemon that sends to them."""
    mail, phones, hooks = t.smtp(), t.kannel(), t.https()
    t.configure(
        email=t.email_transport(mail, **keys),
        sms=t.sms_transport(phones),
        webhook=t.webhook_transport(),
        endpoints={"crm": t.endpoint(hooks, "/ok")},
    )
    return mail, phones, hooks


def recipient(locale, number):
    people = {
        "de": {"title": "Dr.", "given_name": "Jürgen", "family_name": "Weiß-Großmüller", "gender": "male"},
        "ko": {"given_name": "민준", "family_name": "김"},
        "en": {"given_name": "Aoife", "family_name": "O'Neill"},
    }
    return {
        "recipient_id": "r-" + locale,
        "name": NAMES[locale],
        "email": f"{locale}@example.org",
        "phone": f"+49151000{number:05d}",
        "webhook": "crm",
        "timezone": "Asia/Seoul" if locale == "ko" else "Europe/Berlin",
        **people[locale],
    }


def plain_notice(t, identity, locale, number, template="apology", **members):
    """Everything in `to` replaced, so that nothing of a fixture's person shines through."""
    notice = t.notice(identity, template=template, locale=locale, channels=ALL, **members)
    notice["to"] = recipient(locale, number)
    return notice


def squeeze(text):
    return re.sub(r"\s+", "", text)


class Words(html.parser.HTMLParser):
    """What a reader of the HTML sees; CSS is not read."""

    def __init__(self):
        super().__init__()
        self.text, self._silent, self.tags = "", False, []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self._silent = tag in ("style", "title")

    def handle_endtag(self, tag):
        self._silent = False

    def handle_data(self, data):
        self.text += "" if self._silent else data


def fixed_sentences(template, locale):
    """The lines of a letter without a tag and outside of sections: they must stand in the mail word by word."""
    with open(os.path.join(lib.ROOT, "templates", template, locale + ".md"), encoding="utf-8") as file:
        body = file.read().split("---\n", 2)[2]
    lines, depth = [], 0
    for line in body.splitlines():
        depth += len(re.findall(r"\{\{[#^]", line)) - line.count("{{/")
        if line and "{{" not in line and depth == 0:
            lines.append(re.sub(r"^#+ | \{#\w+\}$", "", line))
    return lines


def check_bytes(t, raw, who):
    """7-bit, CRLF, no long line: looked at as bytes, before any reader is kind to them."""
    t.check(raw.endswith(b"\r\n"), f"{who}: does not end with CRLF")
    t.check(all(byte < 128 for byte in raw), f"{who}: not 7-bit clean")
    t.check(b"\0" not in raw, f"{who}: holds NUL")
    t.equal(raw.count(b"\n"), raw.count(b"\r\n"), f"{who}: LF without CR")
    t.equal(raw.count(b"\r"), raw.count(b"\r\n"), f"{who}: CR without LF")
    longest = max(len(line) for line in raw.split(b"\r\n"))
    t.check(longest <= 998, f"{who}: a line of {longest} bytes")
    t.check(longest <= 78, f"{who}: a line of {longest} bytes, more than the 78 of RFC 5322's advice")


def defects(message):
    found = list(message.defects)
    for part in message.walk():
        found += part.defects
        for name, value in part.items():
            found += [(name, defect) for defect in getattr(value, "defects", [])]
    return found


def check_mail(t, mail, notice, locale):
    record = next(r for r in mail.accepted() if r["rcpt"] == [notice["to"]["email"]])
    raw = mail.raw(record)
    check_bytes(t, raw, f"mail in {locale}")
    message = mail.mail(record)
    t.equal(defects(message), [], f"defects in {locale}")
    t.equal(message["Subject"], SUBJECTS[locale], "subject")
    t.equal(message["Message-ID"], f"<{notice['id']}@notices.example.org>", "Message-ID")
    t.equal(record["from"], "bounce@example.org", "envelope sender")
    t.check(record["tls"] and record["authenticated"], "the mail came over TLS, logged in")
    (to,) = message["To"].addresses
    t.equal((to.display_name, to.addr_spec), (NAMES[locale], notice["to"]["email"]), "To")
    (sender,) = message["From"].addresses
    t.equal((sender.display_name, sender.addr_spec), (SENDERS[locale], "notice@example.org"), "From")
    t.equal(message["Reply-To"], "service@example.org", "Reply-To")
    for name in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"):
        t.equal(len(message.get_all(name, [])), 1, f"headers {name}")
    check_body(t, message, notice, locale)


def check_body(t, message, notice, locale):
    t.equal(message.get_content_type(), "multipart/alternative", "type")
    text, page = message.iter_parts()
    t.equal((text.get_content_type(), page.get_content_type()), ("text/plain", "text/html"), "parts in order")
    plain, words = text.get_content(), Words()
    words.feed(page.get_content())
    sentences = fixed_sentences(notice["template"], locale)
    t.check(len(sentences) >= 12, "the letter has sentences to look for")
    data = notice["data"]
    sentences += [SALUTATIONS[locale], data["nature"][locale], data["contact"]["phone"]]
    sentences += [one[locale] for one in data["advice"] + data["measures"]]
    for sentence in sentences:
        t.contains(squeeze(plain), squeeze(sentence), f"text in {locale}")
        t.contains(squeeze(words.text), squeeze(sentence), f"HTML in {locale}")
    t.check("{{" not in plain + words.text, f"a tag is left in {locale}")
    t.check("<" not in plain, f"markup in the text in {locale}")
    t.check("img" not in words.tags and "script" not in words.tags, "the HTML loads nothing and runs nothing")


def test_drops_one_notice_per_language_and_all_three_channels_deliver(t):
    mail, phones, hooks = configure_all(t)
    t.daemon.start()
    notices = {lang: plain_notice(t, f"road-{lang}", lang, n) for n, lang in enumerate(("de", "ko", "en"))}
    for notice in notices.values():
        t.equal(t.drop(notice), 0, "the shell client")
    for lang, notice in notices.items():
        for channel in ALL:
            t.wait_for_state(notice["id"], "delivered", channel=channel, seconds=15)
        check_mail(t, mail, notice, lang)
    t.equal(len(mail.accepted()), 3, "mails")
    t.wait(lambda: len([m for m in phones.received() if m["complete"]]) == 3, 10, "three messages at the SMSC")
    received = {m["to"]: m for m in phones.received()}
    for lang, notice in notices.items():
        message = received[notice["to"]["phone"]]
        t.equal(message["encoding"], "ucs2" if lang == "ko" else "gsm7", f"SMS in {lang}")
        t.contains(message["text"], SENDERS[lang], f"SMS in {lang}")
        t.contains(message["text"], notice["data"]["contact"]["phone"], f"SMS in {lang}")
    t.equal(sorted(r["id"] for r in hooks.received()), ["road-de", "road-en", "road-ko"], "verified webhooks")
    t.equal(hooks.received(verified=False), [], "webhooks with a wrong signature")
    for record in hooks.received():
        check_webhook(t, hooks, record, notices[record["id"].removeprefix("road-")])
    t.equal(os.listdir(os.path.join(t.spool, "new")), [], "new/ is empty")
    t.equal(glob.glob(os.path.join(t.spool, "corrupt", "*")), [], "corrupt/ is empty")
    t.equal(t.daemon.stop(), 0, "exit status")


def check_webhook(t, hooks, record, notice):
    headers, body = hooks.headers(record), hooks.json(record)
    t.equal(headers["content-type"], "application/json", "content type")
    t.equal(headers["webhook-id"], notice["id"], "webhook-id")
    t.equal(body["type"], "apology", "type")
    t.equal(body["data"]["nature"], notice["data"]["nature"], "data in every language")


def post(hooks, headers, body):
    context = ssl.create_default_context(cafile=lib.certificates() + "/ca.pem")
    request = urllib.request.Request(hooks.url(), body, headers)
    try:
        with urllib.request.urlopen(request, timeout=lib.LEAST_WAIT_S, context=context) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_webhook_that_was_tampered_with_is_refused(t):
    """What arrived is sent once more as it was, and then with one letter changed."""
    hooks = t.https()
    t.configure(webhook=t.webhook_transport(), endpoints={"crm": t.endpoint(hooks)})
    t.daemon.start()
    for number, locale in enumerate(("de", "ko")):
        t.drop({**plain_notice(t, locale, locale, number), "routing": {"method": "all", "channels": ["webhook"]}})
        t.wait_for_state(locale, "delivered", channel="webhook")
        record = next(r for r in hooks.received() if r["id"] == locale)
        body = hooks.body(record)
        headers = {k: v for k, v in hooks.headers(record).items() if k.startswith("webhook-")}
        t.equal(post(hooks, headers, body), 204, "as it was")
        t.equal(post(hooks, headers, body.replace(b"a", b"e", 1)), 401, "one letter changed")
        t.equal(post(hooks, {**headers, "webhook-id": "other"}, body), 401, "another id")
        t.equal(post(hooks, {**headers, "webhook-timestamp": "1"}, body), 400, "another time")


def test_the_evidence_is_the_digest_of_the_bytes_that_arrived(t):
    mail, _, hooks = configure_all(t)
    t.daemon.start()
    t.drop(plain_notice(t, "proof", "ko", 7))
    for channel in ALL:
        t.wait_for_state("proof", "delivered", channel=channel)
    (attempt,) = t.attempts("proof", "email")
    t.equal(attempt["rendered_sha256"], mail.accepted()[0]["sha256"], "SHA-256 of the mail")
    (attempt,) = t.attempts("proof", "webhook")
    t.equal(attempt["rendered_sha256"], hooks.received()[0]["sha256"], "SHA-256 of the webhook")


def test_a_status_update_comes_in_the_readers_zone_and_numbers(t):
    mail, _, hooks = configure_all(t)
    t.daemon.start()
    for n, locale in enumerate(("de", "ko")):
        t.drop(plain_notice(t, f"update-{locale}", locale, n, template="status-update", fixture="card-progress"))
        t.wait_for_state(f"update-{locale}", "delivered", channel="webhook")
        t.wait_for_state(f"update-{locale}", "delivered")
    german = mail.mail_to("de@example.org").get_body(("plain",)).get_content()
    korean = mail.mail_to("ko@example.org").get_body(("plain",)).get_content()
    # 2025-09-24T09:00:00+09:00 is two in the morning in Berlin.
    t.contains(german, "24. September 2025", "German date")
    t.contains(german, "02:00", "German time")
    t.contains(german, "1.280.000", "German number")
    t.contains(korean, "2025년 9월 24일", "Korean date")
    t.contains(korean, "오전 9시", "Korean time")
    t.contains(korean, "1,280,000", "Korean number")
    (one,) = [r for r in hooks.received() if r["id"] == "update-ko"]
    body = hooks.json(one)
    t.equal((body["type"], body["data"]["figures"]["done"]), ("status_update", 1280000), "webhook.json")


# letters of the test's own: the expected bytes are written here, not computed by the program

GERMAN_SMS = "Grüße aus Köln: „Straße“ – 5 € für {{word}}"
KOREAN_SMS = "[예시] 불편을 드려 죄송합니다. {{word}}"
LETTER = {
    "de": ("Über {{word | upper-first}}", GERMAN_SMS, "{{salutation}}\n\nfür {{word}} gilt: keine Überraschung & kein Fett."),
    "ko": ("{{word}} 안내", KOREAN_SMS, "{{salutation}}\n\n{{word | josa:은/는}} 무사합니다."),
    "en": ("About {{word}}", "Hello {{word}}", "{{salutation}}\n\nThis is about {{word}}."),
}


def own_letter(t, **keys):
    return t.letter("probe", '  word: {type: text, required: true, about: "x"}\n', **LETTER, **keys)


def probe(t, identity, locale, word, number=1, channels=ALL):
    notice = {"version": 1, "id": identity, "template": "probe", "locale": locale, "data": {"word": word}}
    notice["routing"] = {"method": "all", "channels": list(channels)}
    notice["to"] = recipient(locale, number)
    return notice


def configure_sms(t, templates):
    phones = t.kannel()
    t.configure(sms=t.sms_transport(phones), templates=templates)
    t.daemon.start()
    return phones


def one_message(t, phones, notice):
    t.drop(notice)
    t.wait_for_state(notice["id"], "delivered", channel="sms")
    number = notice["to"]["phone"]
    t.wait(lambda: [m for m in phones.received() if m["to"] == number and m["complete"]], 10, f"the SMS to {number}")
    (message,) = [m for m in phones.received() if m["to"] == number]
    return message


def test_sms_texts_arrive_unharmed_in_the_right_number_of_parts(t):
    phones = configure_sms(t, own_letter(t))
    german = one_message(t, phones, probe(t, "s-de", "de", "Sie", 1, ["sms"]))
    t.equal(
        (german["encoding"], german["parts"], german["text"]),
        ("gsm7", 1, 'Grüße aus Köln: "Straße" - 5 € für Sie'),
        "umlauts and the euro as GSM-7, quotes and the dash replaced",
    )
    # 22 characters before the word: 70 fit into one part, 67 into each of several.
    head = KOREAN_SMS.replace("{{word}}", "")
    for length, parts in ((70, 1), (71, 2), (134, 2), (135, 3)):
        word = "한글" * 70
        text = (head + word)[:length]
        message = one_message(t, phones, probe(t, f"s-ko-{length}", "ko", text[len(head):], length, ["sms"]))
        t.equal((message["encoding"], message["parts"], message["text"]), ("ucs2", parts, text), f"{length} characters")
    t.equal(len({m["to"] for m in phones.received()}), 5, "messages at the SMSC")


def test_a_text_too_long_for_the_gateway_fails_before_it_is_cut(t):
    phones = configure_sms(t, own_letter(t))
    t.drop(probe(t, "too-long", "ko", "가" * 500, 3, ["sms"]))
    row = t.wait_for_state("too-long", "failed", channel="sms")
    t.contains(row["reply"], "segments", "reply")
    t.equal(phones.received(), [], "messages at the SMSC")


def test_text_and_html_of_an_own_letter_are_exact(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail), templates=own_letter(t))
    t.daemon.start()
    for word in ("은행", "서울"):
        t.drop({**probe(t, f"josa-{ord(word[0])}", "ko", word, channels=["email"])})
    t.drop(probe(t, "markup", "de", "a<b> & *c* [d](e) `f` #1 {{word}}", channels=["email"]))
    t.wait(lambda: len(mail.accepted()) == 3, 10, "three mails")
    texts = {}
    for record in mail.accepted():
        message = mail.mail(record)
        texts[record["message_id"].split("@")[0][1:]] = (
            message["Subject"],
            message.get_body(("plain",)).get_content(),
            message.get_body(("html",)).get_content(),
        )
    t.equal(texts[f"josa-{ord('은')}"][0], "은행 안내", "subject")
    t.contains(texts[f"josa-{ord('은')}"][1], "은행은 무사합니다.", "particle after a consonant")
    t.contains(texts[f"josa-{ord('서')}"][1], "서울은 무사합니다.", "particle after ㄹ")
    subject, text, page = texts["markup"]
    t.equal(subject, "Über A<b> & *c* [d](e) `f` #1 {{word}}", "a value is never expanded or read as markup: subject")
    t.contains(text, "für a<b> & *c* [d](e) `f` #1 {{word}} gilt:", "text")
    t.contains(page, "a&lt;b&gt; &amp; *c* [d](e) `f` #1 {{word}}", "HTML")
    t.check("<em>c" not in page and "<code>" not in page, "the value became markup")


def test_the_same_id_again_is_quiet_and_other_content_is_refused(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail))
    t.daemon.start()
    notice = t.notice("twice", locale="de")
    t.equal(t.drop(notice), 0, "first drop")
    t.wait_for_state("twice", "delivered")
    t.equal(t.drop(notice), 0, "second drop")
    # The client compares bytes with what stands in new/ still: only once the second is taken in does it have nothing to say.
    t.wait(lambda: t.daemon.log().count("job.duplicate") >= 1 and not t.in_new(["twice"]), 5, "the second to be taken in")
    # Other order, other white space: the same notice.
    t.equal(t.drop(json.dumps(dict(reversed(notice.items())), indent=2), "twice"), 0, "third drop")
    t.wait(lambda: not os.listdir(os.path.join(t.spool, "new")), 5, "new/ to be empty")
    t.wait(lambda: t.daemon.log().count("job.duplicate") >= 2, 5, "two quiet duplicates in the log")
    t.drop({**notice, "locale": "en"})
    reason = t.corrupt("twice")
    t.contains(reason, "already used for other content", "reason")
    t.equal(len(mail.accepted()), 1, "mails")


def test_a_delivery_that_finds_no_daemon_waits_for_one(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail))
    t.equal(t.drop(t.notice("early")), 0, "dropped before the daemon ever ran")
    t.daemon.start()
    t.wait_for_state("early", "delivered")
    t.daemon.stop()
    t.drop(t.notice("late"))
    t.daemon.start()
    t.wait_for_state("late", "delivered")
    t.equal(len(mail.accepted()), 2, "mails")

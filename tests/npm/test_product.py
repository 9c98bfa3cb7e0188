"""What the daemon really delivered, judged by npm packages that have never seen our code."""

import base64
import json
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
import oracle

LOCALES = ("de", "ko", "en")
NAMES = {"de": "Dr. Jürgen Weiß", "ko": "김민준", "en": "Aoife O'Neill"}
GREETINGS = {"de": "Guten Tag Dr. Jürgen Weiß,", "ko": "김민준 고객님께", "en": "Dear Aoife O'Neill,"}


def deliver(t):
    """One apology per language by mail and webhook; returns the peers once all have arrived."""
    mail, hooks = t.smtp(), t.https()
    t.configure(
        email=t.email_transport(mail), webhook=t.webhook_transport(), endpoints={"crm": t.endpoint(hooks)}
    )
    t.daemon.start()
    for locale in LOCALES:
        notice = t.notice(f"n-{locale}", locale=locale, channels=("email", "webhook"))
        notice["to"] = {"name": NAMES[locale], "email": f"{locale}@example.org", "webhook": "crm"}
        t.equal(t.drop(notice), 0, f"exit status of the drop of {locale}")
    t.wait(lambda: len(mail.accepted()) == 3 and len(hooks.received()) == 3, 20, "three mails and three webhooks")
    return mail, hooks


def test_mailparser_reads_every_language_without_a_defect(t):
    mail, _ = deliver(t)
    for record in mail.accepted():
        locale = record["rcpt"][0][:2]
        raw = mail.raw(record)
        expected = mail.mail(record)
        read = oracle.ask("mail", raw)
        t.equal(read["subject"], str(expected["Subject"]), f"{locale} subject, mailparser against Python")
        t.equal(read["to"][0]["name"], NAMES[locale], f"{locale} name")
        t.equal(read["to"][0]["address"], f"{locale}@example.org", f"{locale} address")
        t.equal(read["messageId"], f"<n-{locale}@notices.example.org>", f"{locale} Message-ID")
        t.contains(read["text"], GREETINGS[locale], f"{locale} text")
        t.contains(read["html"], f'lang="{locale}"', f"{locale} html")
        python_text = expected.get_body(("plain",)).get_content()
        t.equal(read["text"].split(), python_text.split(), f"{locale} words of the text, mailparser against Python")
        t.equal(read["attachments"], 0, f"{locale} attachments")


def test_mailparser_reads_the_files_a_mail_brings_along(t):
    folder = os.path.join(t.dir, "attachments")
    os.makedirs(folder)
    names = ["약관 및 개인정보 처리방침 안내문 (2026년 11월 개정판).pdf", "Übersicht für Kundinnen und Kunden.pdf", "terms.pdf"]
    for name in [*names, "logo.png"]:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(name.encode())
    t.configure(attachments=folder)
    t.daemon.start()
    t.enqueue(t.notice("files", attachments=[*names, {"file": "logo.png", "inline": "logo"}]))
    t.wait_for_state("files", "delivered")
    read = oracle.ask("mail", t.outbox("mail", "files"))
    files = {file["name"]: file for file in read["files"]}
    t.equal(sorted(files), sorted([*names, "logo.png"]), "names")
    for name, file in files.items():
        t.equal(base64.b64decode(file["content"]).decode(), name, f"content of {name}")
    t.equal((files["logo.png"]["cid"], files["logo.png"]["shown"]), ("logo", "inline"), "the image")


def test_standardwebhooks_accepts_what_arrived_and_nothing_tampered(t):
    _, hooks = deliver(t)
    for record in hooks.received():
        headers, body = hooks.headers(record), hooks.body(record)
        answer = oracle.verdict(lib.WEBHOOK_SECRET, headers, body)
        t.check(answer["accepted"], f"{record['id']}: refused: {answer['why']}")
        json.loads(body)
        for tampered in (body + b" ", body[:-1], body.replace(b"a", b"b", 1)):
            answer = oracle.verdict(lib.WEBHOOK_SECRET, headers, tampered)
            t.check(not answer["accepted"], f"{record['id']}: a tampered body was accepted")
        forged = {**headers, "webhook-id": "n-other"}
        t.check(not oracle.verdict(lib.WEBHOOK_SECRET, forged, body)["accepted"], "another id was accepted")


OLD_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def test_both_secrets_and_the_signing_key_are_accepted_while_one_is_replaced(t):
    made = t.command("endpoint", "secret", "new", "--ed25519", "--json").json()
    hooks = t.https()
    files = {"old_secret": OLD_SECRET, "signing_key": made["signing_key"]}
    keys = {name: {"file": t.secret_file(name, text)} for name, text in files.items()}
    t.configure(webhook=t.webhook_transport(), endpoints={"crm": t.endpoint(hooks, **keys)})
    t.daemon.start()
    t.drop(t.notice("n1", locale="ko", channels=("webhook",), to={"webhook": "crm"}))
    t.wait(lambda: len(hooks.received()) == 1, 20, "the webhook")
    (record,) = hooks.received()
    headers, body = hooks.headers(record), hooks.body(record)
    for secret in (lib.WEBHOOK_SECRET, OLD_SECRET):
        answer = oracle.verdict(secret, headers, body)
        t.check(answer["accepted"], f"refused: {answer['why']}")
    other = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    t.check(not oracle.verdict(other, headers, body)["accepted"], "a third secret was accepted")
    answer = oracle.ask("ed25519", oracle.request(headers, body), made["public_key"])
    t.check(answer["accepted"], answer["why"])
    answer = oracle.ask("ed25519", oracle.request(headers, body + b" "), made["public_key"])
    t.check(not answer["accepted"], "Ed25519 accepts another body")


def test_the_cloudevents_sdk_reads_what_arrived(t):
    hooks = t.https()
    t.configure(webhook=t.webhook_transport(), endpoints={"crm": t.endpoint(hooks, format="cloudevents")})
    t.daemon.start()
    for locale in LOCALES:
        t.drop(t.notice(f"n-{locale}", locale=locale, channels=("webhook",), to={"webhook": "crm"}))
    t.wait(lambda: len(hooks.received()) == 3, 20, "three webhooks")
    for record in hooks.received():
        headers, body = hooks.headers(record), hooks.body(record)
        event, sent = oracle.ask("cloudevent", oracle.request(headers, body)), json.loads(body)
        t.equal((event["id"], event["specversion"]), (record["id"], "1.0"), "id and version")
        t.equal((event["source"], event["type"]), ("https://notices.example.org", sent["type"]), "source and type")
        t.equal(event["time"][:19], sent["timestamp"][:19], "time")
        t.equal(event["data"], sent, "data")
        t.check(oracle.verdict(lib.WEBHOOK_SECRET, headers, body)["accepted"], "the signature is refused")


def sms_length(t, text):
    t.configure()
    return t.command("sms-length", "--gateway-profile", "gsm", text=text).json()


def test_twilios_calculator_counts_the_same_segments(t):
    """Random German, English, Korean and symbol texts around the boundaries; emoji clusters are counted apart elsewhere."""
    dice = random.Random(20261122)
    alphabets = ("abc ÄÖÜäöüß.,-", "abc€[]{}\\~^|", "가나다라 마바사.", "abc „“–…’")
    texts = ["a" * n for n in (160, 161, 306, 307)] + ["€" * n for n in (80, 81, 153)] + ["가" * n for n in (70, 71, 134, 135)]
    texts += ["".join(dice.choice(alphabet) for _ in range(dice.randint(1, 330))) for alphabet in alphabets for _ in range(12)]
    expected = oracle.ask("segments", texts)
    for text, other in zip(texts, expected):
        ours = sms_length(t, text)
        t.equal(ours["segments"], other["segments"], f"segments of {text!r}")
        t.equal(ours["encoding"], {"GSM-7": "gsm7", "UCS-2": "ucs2"}[other["encoding"]], f"encoding of {text!r}")


def test_mustache_renders_the_same(t):
    cases = [
        {"template": "Hello {{name}}, {{#items}}<{{.}}>{{/items}}{{^none}}nothing{{/none}}", "data": {"name": "A & B", "items": [1, 2]}},
        {"template": "{{#a}}\n  {{b.c}}\n{{/a}}\n{{! comment }}\n{{{raw}}}|{{&raw}}|{{missing}}", "data": {"a": {"b": {"c": "x"}}, "raw": "<b>"}},
        {"template": "{{=<% %>=}}<% x %> {{x}}", "data": {"x": "값"}},
    ]
    t.configure()
    for number, case in enumerate(cases):
        template = t.write(f"case{number}.mustache", case["template"])
        data = t.write(f"case{number}.json", json.dumps(case["data"]))
        ours = t.command("render", "--template", template, "--data", data)
        t.equal(ours.status, 0, f"exit status of case {number}: {ours.err}")
        t.equal(ours.out, oracle.ask("mustache", case)["text"], f"case {number}")

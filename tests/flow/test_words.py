"""`show --body`: the words one person received, and whether they are, byte by byte, what was sent."""

import json
import os
import shutil

import lib

CHANNELS = ("email", "sms", "webhook")


def own_letters(t, text="Guten Tag {{name.full}}"):
    return t.letter("note", de=("Ihre Karte", "Ihre Karte ist gesperrt.", "{{salutation}}\n\nIhre Karte ist gesperrt."),
                    ko=("카드 안내", "카드가 정지되었습니다.", "{{salutation}}\n\n카드가 정지되었습니다."),
                    en=("Your card", "Your card is blocked.", "{{salutation}}\n\nYour card is blocked."),
                    webhook='{"text": "{{salutation}}"}')


def configure(t, **keys):
    endpoints = {"crm": {"url": "https://localhost:1/", "secret": {"file": t.secret_file("s", lib.WEBHOOK_SECRET)}}}
    t.configure(templates=own_letters(t), endpoints=endpoints, **keys)


def note(t, identity, **members):
    to = {"name": "김민준", "email": "minjun@example.org", "phone": "+821012345678", "webhook": "crm"}
    return {"version": 1, "id": identity, "template": "note", "locale": "ko", "to": to,
            "routing": {"method": "all", "channels": list(CHANNELS)}, **members}


def words(t, *arguments):
    answer = t.command("show", *arguments, "--body", "--json")
    return answer, {row["channel"]: row for row in answer.lines() if "words" in row} if answer.status < 2 else {}


def test_gives_the_bytes_that_were_sent(t):
    configure(t)
    t.daemon.start()
    t.drop(note(t, "n1", reference="REF-1"))
    for channel in CHANNELS:
        t.wait_for_state("n1", "delivered", channel=channel)
    answer, found = words(t, "n1")
    t.equal((answer.status, {row["words"] for row in found.values()}), (0, {"sent"}), f"verdicts {answer.out} {answer.err}")
    t.equal(found["email"]["subject"], "카드 안내", "subject")
    t.contains(found["sms"]["sms"], "카드가 정지되었습니다.", "text")
    t.contains(found["webhook"]["webhook"], "김민준", "webhook")
    for channel, transport in zip(CHANNELS, ("mail", "texts", "hooks")):
        raw = t.command("show", "n1", "--raw", "--channel", channel)
        t.equal(raw.out.encode(), t.outbox(transport, "n1"), f"{channel} --raw")
    shown = t.command("show", "n1", "--body")
    t.contains(shown.out, "These are the bytes that were sent", "verdict")
    t.contains(shown.out, "카드가 정지되었습니다.", "the words")
    actions = [row for row in t.command("actions", "--json").lines() if row["verb"] == "read"]
    t.equal(len(actions), 5, "every opening is recorded")
    t.equal((json.loads(actions[0]["selector"]), actions[0]["count"]), ({"id": "n1"}, 1), "as what")
    # Without a daemon it is the same.
    t.daemon.stop()
    answer, found = words(t, "n1")
    t.equal((answer.status, {row["words"] for row in found.values()}), (0, {"sent"}), "without a daemon")
    t.equal(t.command("show", "--reference", "REF-1", "--body").status, 0, "by reference")
    t.contains(t.command("show", "--reference", "REF-1", "--body", "--part", "subject").out, "카드 안내", "by reference")
    t.equal(t.command("show", "--reference", "REF-9").status, 66, "a reference nobody has")


def test_says_so_where_it_is_not_what_was_sent(t):
    configure(t)
    t.daemon.start()
    t.drop(note(t, "n1"))
    t.drop(note(t, "later", not_before="2099-01-01T00:00:00Z"))
    for channel in CHANNELS:
        t.wait_for_state("n1", "delivered", channel=channel)
    t.wait_for_state("later", "waiting")
    t.daemon.stop()
    path = os.path.join(t.dir, "templates", "note", "ko.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    t.write("templates/note/ko.md", text.replace("정지되었습니다", "정지되었습니다!"))
    answer, found = words(t, "n1")
    t.equal((answer.status, [found[c]["words"] for c in CHANNELS]), (1, ["differ", "differ", "sent"]), "after a change by one byte")
    t.contains(t.command("show", "n1", "--body").out, "NOT the bytes that were sent", "plainly")
    answer, found = words(t, "later")
    t.equal((answer.status, {row["words"] for row in found.values()}), (0, {"not_sent"}), "what was not sent yet")
    shutil.rmtree(os.path.join(t.dir, "templates", "note"))
    answer, found = words(t, "n1")
    t.equal((answer.status, {row["words"] for row in found.values()}), (1, {"unmade"}), "the letter is gone")
    t.equal(t.command("purge", "--older-than", "0s", "--yes").status, 0, "purge")
    answer, found = words(t, "n1")
    t.equal((answer.status, {row["words"] for row in found.values()}), (1, {"gone"}), "the text is gone")


def test_a_signed_mail_with_a_token_is_made_again(t):
    """DKIM, List-Unsubscribe with the token of the delivery, a file: all of it is in the sum."""
    import subprocess

    key = os.path.join(t.dir, "dkim.pem")
    subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-out", key], check=True, capture_output=True)
    os.chmod(key, 0o600)
    mail = t.smtp()
    os.makedirs(os.path.join(t.dir, "files"))
    t.write("files/info.txt", "Telefon 0800 000000\n")
    configure(
        t,
        email=t.email_transport(mail),
        attachments=os.path.join(t.dir, "files"),
        unsubscribe={"url": "https://example.org/u/{token}", "categories": ["marketing"]},
        dkim={"domain": "example.org", "selector": "s1", "key": {"file": key}},
    )
    t.daemon.start()
    signed = note(t, "n1", category="marketing", attachments=[{"file": "info.txt"}])
    signed["routing"]["channels"] = ["email"]
    t.drop(signed)
    t.wait_for_state("n1", "delivered")
    raw = t.command("show", "n1", "--raw")
    t.equal((raw.status, raw.err), (0, ""), "raw")
    t.equal(raw.out.encode(), mail.raw(mail.accepted()[0]), "the mail as the server has it")
    for part in ("DKIM-Signature", "List-Unsubscribe", "info.txt"):
        t.contains(raw.out, part, "the mail")

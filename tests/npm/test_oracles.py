"""The oracles are installed and know what they are asked for."""

import base64
import email.message
import email.policy
import hashlib
import hmac
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
import oracle

BODIES = ['{"text":"Störung in München – wir bitten um Entschuldigung"}', '{"text":"불편을 드려 죄송합니다."}', ""]


def signed(body):
    digest = hmac.new(lib.secret_key(), b"m1.1614265330." + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": "m1", "webhook-timestamp": "1614265330", "webhook-signature": signature}


def test_the_verifier_accepts_german_korean_and_empty_bodies():
    for text in BODIES:
        body = text.encode()
        answer = oracle.verdict(lib.WEBHOOK_SECRET, signed(body), body)
        assert answer["accepted"], (text, answer)


def test_the_verifier_refuses_a_tampered_body():
    for text in BODIES:
        body = text.encode()
        assert not oracle.verdict(lib.WEBHOOK_SECRET, signed(body), body + b" ")["accepted"], text


def test_the_mail_parser_reads_korean():
    mail = email.message.EmailMessage(policy=email.policy.SMTP.clone(cte_type="7bit"))
    mail["From"] = "예시은행 <notice@example.org>"
    mail["To"] = "김민준 <kim@example.org>"
    mail["Subject"] = "서비스 장애에 대해 사과드립니다"
    mail.set_content("안녕하세요.\n")
    mail.add_alternative("<p>안녕하세요.</p>\n", subtype="html")
    answer = oracle.ask("mail", mail.as_bytes())
    assert answer["subject"] == "서비스 장애에 대해 사과드립니다", answer
    assert answer["from"][0]["name"] == "예시은행", answer
    assert answer["to"][0]["name"] == "김민준", answer
    assert answer["text"].strip() == "안녕하세요.", answer
    assert answer["html"].strip() == "<p>안녕하세요.</p>", answer


def test_particles_segments_and_templates_have_an_oracle():
    assert oracle.ask("josa", [["은행", "은/는"], ["서울", "으로/로"]]) == ["은행은", "서울로"]
    counts = oracle.ask("segments", ["Hallo", "가" * 71])
    assert [c["segments"] for c in counts] == [1, 2], counts
    assert oracle.ask("mustache", {"template": "{{a}}!", "data": {"a": "<b>"}}) == {"text": "&lt;b&gt;!"}

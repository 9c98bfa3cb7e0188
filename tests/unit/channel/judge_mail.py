#!/usr/bin/env python3
"""judge_mail.py DIR: reads every NAME.eml of DIR as a stranger would, and compares it with NAME.json.

The reader is Python's email package with its default policy. A mail must have no defect anywhere, say exactly what
NAME.json says, be 7-bit with CRLF line ends, and have no line over 76 characters (headers: 78).
"""

import email
import email.policy
import json
import pathlib
import sys


def complaints(raw, expected):
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    for part in mail.walk():
        yield from (f"defect: {defect!r}" for defect in part.defects)
        for name, value in part.items():
            yield from (f"{name}: {defect!r}" for defect in value.defects)
    text, html = mail.get_body(["plain"]), mail.get_body(["html"])
    seen = {
        "subject": mail["Subject"],
        "from_name": mail["From"].addresses[0].display_name,
        "from": mail["From"].addresses[0].addr_spec,
        "to_name": mail["To"].addresses[0].display_name,
        "to": mail["To"].addresses[0].addr_spec,
        "message_id": mail["Message-ID"],
        "language": mail["Content-Language"],
        "date": mail["Date"].datetime.isoformat(),
        "text": text.get_content().replace("\r\n", "\n"),
        "html": html.get_content().replace("\r\n", "\n"),
    }
    for key, value in expected.items():
        if seen[key] != value:
            yield f"{key} is {seen[key]!r}, not {value!r}"
    if [part.get_content_type() for part in mail.iter_parts()] != ["text/plain", "text/html"]:
        yield f"parts: {[part.get_content_type() for part in mail.iter_parts()]}"
    if mail.get_content_type() != "multipart/alternative":
        yield mail.get_content_type()


def form(raw):
    if not raw.isascii() or b"\0" in raw:
        yield "not 7-bit"
    if raw.replace(b"\r\n", b"").count(b"\n") + raw.replace(b"\r\n", b"").count(b"\r"):
        yield "a bare CR or LF"
    head, body = raw.split(b"\r\n\r\n", 1)
    yield from (f"header line of {len(line)}" for line in head.split(b"\r\n") if len(line) > 78)
    yield from (f"body line of {len(line)}" for line in body.split(b"\r\n") if len(line) > 76)
    yield from (f"line starts with a dot: {line!r}" for line in body.split(b"\r\n") if line.startswith(b"."))


def main():
    bad = 0
    files = sorted(pathlib.Path(sys.argv[1]).glob("*.eml"))
    for path in files:
        raw = path.read_bytes()
        expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
        for complaint in [*form(raw), *complaints(raw, expected)]:
            print(f"{path.name}: {complaint}")
            bad += 1
    sys.exit(0 if files and not bad else 1)


main()

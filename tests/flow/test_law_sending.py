"""What the law asks of the people and the ways of a campaign: consents, nights, numbers, who cannot be reached."""

import json
import os

import lib

AD = {
    "subject": "(광고) 감사 행사 안내",
    "sms": "(광고)[{{org.name}}] 감사 쿠폰을 드립니다. 문의 {{org.phone}}\n무료수신거부 080-123-4567",
}
SHEET = """schema: 1
incident: thanks
version: 1
valid_from: 2026-11-18T10:00:00+09:00
kind: none
certainty: confirmed
jurisdictions: [KR]
facts: {}
"""
CAMPAIGN = """schema: 1
campaign: thanks
template: thanks
kind: none
category: ad
facts: facts.yaml
languages: [ko]
channels: [sms]
cohorts: {all: people.csv}
send_at: 2026-11-23T14:00:00+09:00
"""
PEOPLE = "id,name,phone,locale,consent_at,night_consent\n1,김민준,+821000000001,ko,2026-03-01,true\n2,이서연,+821000000002,ko,2026-10-05T09:00:00+09:00,2026-10-05\n"


def prepare(t, people=PEOPLE, campaign=CAMPAIGN, certified=True, registered=("15880000",)):
    front = "".join(f"{k}: {json.dumps(v, ensure_ascii=False)}\n" for k, v in AD.items())
    folder = t.letter("thanks", ko=("x", "x", "x"))
    for tag in ("de", "en"):
        os.remove(os.path.join(folder, "thanks", tag + ".md"))
    t.write("templates/thanks/ko.md", f"---\n{front}---\n{{{{salutation}}}}\n\n{{{{org.name}}}}에서 알려 드립니다. 문의: {{{{org.phone}}}}, {{{{org.email}}}}\n")
    with open(os.path.join(lib.ROOT, "config", "gateways", "kannel.yaml"), encoding="utf-8") as file:
        description = file.read().replace("\ngateway: kannel", "\ngateway: korean" + ("\ncertified: true" if certified else ""))
    t.write("gateways/korean.yaml", description)
    sms = {"channel": "sms", "gateway": "korean", "sender": "15880000", "vars": {"base": "https://localhost", "user": "u", "password": {"file": t.secret_file("sms", "p")}}}
    t.configure(templates=folder, gateways=os.path.join(t.dir, "gateways"), sms=sms, registered_senders=list(registered))
    t.write("facts.yaml", SHEET)
    t.write("people.csv", people)
    t.write("campaign.yaml", campaign)


def found(t):
    rows = t.command("check", "--json", "campaign.yaml").lines()
    return {(row["rule"].replace("legal-kr-network-50:", ""), row["severity"]): row["text"] for row in rows if "legal-" in row["rule"]}


BROKEN = [
    # (rule, severity, what is changed, what must be said)
    ("AD1", "error", {"people": PEOPLE.replace(",2026-03-01,", ",,")}, "1 recipient has not consented (column consent_at"),
    ("AD1", "error", {"people": PEOPLE.replace(",2026-03-01,", ",2026-12-24,")}, "1 recipient has not consented"),
    ("AD1", "error", {"people": PEOPLE.replace("consent_at", "note")}, "2 recipients have not consented"),
    ("AD1", "error", {"campaign": CAMPAIGN.replace("people.csv", "null")}, "nobody has looked"),
    ("AD2", "error", {"campaign": CAMPAIGN.replace("T14:00", "T21:30"), "people": PEOPLE.replace("ko,2026-03-01,true", "ko,2026-03-01,")}, "planned for 21:30 there"),
    ("AD6", "warning", {"people": PEOPLE.replace(",2026-03-01,", ",2024-03-01,")}, "the oldest consent is 997 days old"),
    ("AD8", "hint", {"certified": False}, "not marked as certified"),
    ("AD9", "error", {"registered": ("15881111",)}, "the sender 15880000 is not among the registered numbers"),
]


def test_an_advertisement_is_judged_by_its_people_and_ways(t):
    prepare(t)
    t.equal(found(t), {}, "in order")
    t.contains(t.command("check", "campaign.yaml").out, "1 rule set (kr-network-50)", "it was judged")
    prepare(t, campaign=CAMPAIGN.replace("T14:00", "T21:30"))
    t.equal(found(t), {}, "at night, and all have consented to that")
    for rule, severity, change, words in BROKEN:
        prepare(t, **change)
        said = found(t)
        t.equal(list(said), [(rule, severity)], f"{rule}: {change}")
        t.contains(said.get((rule, severity), ""), words, rule)


def test_who_can_be_reached_by_no_channel_is_told_in_public(t):
    folder = os.path.join(lib.ROOT, "docs", "incidents", "card-leak")
    t.configure()
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            t.write(name, file.read())
    campaign = os.path.join(t.dir, "campaign-2-confirmed.yaml")
    rows = t.command("check", "--json", campaign).lines()
    t.equal([row for row in rows if row["rule"].endswith("KR11")], [], "all have an address")
    with open(os.path.join(t.dir, "a.csv"), encoding="utf-8") as file:
        people = file.read()
    t.write("a.csv", people.replace("card0075@example.com,+821000000075", ",").replace("card0112@example.com,+821000000112", ","))
    with open(os.path.join(t.dir, "facts-2.yaml"), encoding="utf-8") as file:
        sheet = file.read()
    t.write("facts-2.yaml", "".join(line for line in sheet.splitlines(True) if not line.startswith("public_notice:")))
    rows = [row for row in t.command("check", "--json", campaign).lines() if row["rule"].endswith("KR11")]
    t.check(rows and rows[0]["severity"] == "error" and "2 people can be reached by no channel" in rows[0]["text"], f"two without contact: {rows}")

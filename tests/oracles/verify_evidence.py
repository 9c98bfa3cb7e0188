#!/usr/bin/env python3
"""verify_evidence.py DIR [SEAL]: checks an export of evidence by its README alone. Prints what is wrong, or what it has verified; status 0 or 1."""

import hashlib
import json
import os
import sys

ZEROS, TAIL = "0" * 64, len(',"hash":"') + 64 + len('"}')
folder, seal = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
wrong = []


def path(*names):
    return os.path.join(folder, *names)


def sha256(data):
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def read(name, number, line):
    """The object of a line if it gives its hash."""
    good = sha256(line[:-TAIL] + b"}") == line[-66:-2].decode("latin-1") and line[-TAIL:-66] == b',"hash":"' and line[-2:] == b'"}'
    return json.loads(line) if good else wrong.append(f"{name} {number}")


def chain(name, rows, head):
    previous, found = ZEROS, []
    with open(path(name), "rb") as lines:
        *whole, rest = lines.read().split(b"\n")
        if rest:
            wrong.append(f"{name} end")
        for number, line in enumerate(whole, 1):
            row = read(name, number, line)
            if row and (row["row"], row["previous"]) != (number, previous):
                wrong.append(f"{name} {number}")
            previous = row["hash"] if row else previous
            found.append(row)
    if (len(found), previous) != (rows, head):
        wrong.append(f"{name} end")
    return {row["row"]: row for row in found if row}


manifest = read("manifest.json", 1, open(path("manifest.json"), "rb").read().rstrip(b"\n"))
if not manifest or (seal and manifest["hash"] != seal):
    sys.exit("manifest.json")
rows = {name: chain(name, **part) for name, part in manifest["files"].items()}
link = ZEROS
for number, row in rows["decisions.jsonl"].items():
    names = ("action", "at_ms", "verb", "who", "selector", "count", "reason", "ledger_previous")
    if not row["withheld"]:
        text = json.dumps([row[n] for n in names], separators=(",", ":"), ensure_ascii=False).replace("\x7f", "\\u007f")
        if sha256(text) != row["ledger_hash"]:
            wrong.append(f"decisions.jsonl {number}")
    if row["ledger_previous"] != link:
        wrong.append(f"decisions.jsonl {number}")
    link = row["ledger_hash"]
full, seen = manifest["addresses"] == "full", 0
for line in open(path("addresses.jsonl"), "rb") if full and os.path.exists(path("addresses.jsonl")) else ():
    number = seen + 1
    try:
        entry = json.loads(line)
        number = entry["row"]
        plain = json.dumps({n: entry[n] for n in ("address", "id", "row", "salt")}, separators=(",", ":"), ensure_ascii=False)
        good = type(number) is int and number > seen and plain.replace("\x7f", "\\u007f").encode() == line.rstrip(b"\n")
        delivery = rows["deliveries.jsonl"].get(number)
        if delivery:
            commitment = sha256(entry["salt"] + ":" + entry["address"])
            good = good and (commitment, entry["id"]) == (delivery["address_commitment"], delivery["id"])
        good = good and number <= manifest["files"]["deliveries.jsonl"]["rows"]
        seen = max(seen, number)
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        wrong.append(f"addresses.jsonl {number}")
listed = {document["file"]: document["sha256"] for document in manifest["documents"]}
there = set(os.listdir(path("letters"))) if listed and os.path.isdir(path("letters")) else set()
wrong += [f"letters/{name}" for name in there ^ set(listed)]
wrong += [f"letters/{n}" for n in there & set(listed) if sha256(open(path("letters", n), "rb").read()) != listed[n]]
if sha256(open(path("README.txt"), "rb").read()) != manifest["readme_sha256"]:
    wrong.append("README.txt")
known = {"manifest.json", "README.txt", *manifest["files"]} | ({"letters"} if listed else set()) | ({"addresses.jsonl"} if full else set())
wrong += sorted(set(os.listdir(folder)) - known)
if wrong:
    print("\n".join(wrong))
else:
    rows_of = ", ".join(f"{name} {about['rows']}" for name, about in manifest["files"].items())
    print(f"good: every row, chain and file ({rows_of}), {seen} addresses, {len(listed)} documents", file=sys.stderr)
    print("good: the seal" if seal else "not checked: the seal (give it as the second argument)", file=sys.stderr)
sys.exit(1 if wrong else 0)

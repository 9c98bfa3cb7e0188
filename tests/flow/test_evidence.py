"""Evidence: an export that anybody can check, and that names the row of every tampering."""

import email
import email.policy
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import lib

ORACLE = os.path.join(lib.ROOT, "tests", "oracles", "verify_evidence.py")
CHANNELS = ("email", "sms", "webhook")
PEOPLE = 12


def send(t, campaign="storm", count=PEOPLE, **keys):
    """A campaign of single notices over three channels into the outbox, and one notice of another campaign."""
    t.configure(endpoints={"crm": {"url": "https://localhost:1/", "secret": {"file": t.secret_file("s", lib.WEBHOOK_SECRET)}}}, **keys)
    t.daemon.start()
    for notice in t.notices(count, channels=CHANNELS, campaign=campaign):
        t.drop(notice)
    t.drop(t.notice("stranger", campaign="secret-merger"))
    t.wait(lambda: sum(row["delivered"] for row in t.command("queue", "--summary", "--json").lines()) == 3 * count + 1, 30, "all")
    for i in range(3):
        t.command("suppress", "add", f"somebody{i}@example.org", "--reason", "asked us")
        t.command("endpoint", "disable", "crm", "--reason", f"maintenance \x7f \"{i}\"")
        t.command("endpoint", "enable", "crm")


def export(t, *arguments, name="proof", campaign="storm", addresses="full"):
    answer = t.command("evidence", campaign, "--out", name, "--addresses", addresses, "--json", *arguments)
    if answer.status != 0:
        raise lib.Failure(f"evidence ended with {answer.status}: {answer.err}")
    return os.path.join(t.dir, name), answer.json()


def verify(t, folder, *arguments):
    """(exit status, findings, end) of the command, which must agree with the independent script."""
    answer = t.command("evidence", "verify", folder, "--json", *arguments)
    lines = answer.lines()
    oracle = subprocess.run([sys.executable, ORACLE, folder, *arguments[1:]], capture_output=True, text=True)
    t.equal(oracle.returncode != 0, answer.status != 0, f"verdict of {oracle.stdout!r} {oracle.stderr!r} and {lines}")
    return answer.status, [line for line in lines if "end" not in line], lines[-1] if lines else {}


def rows_of(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def write(folder, name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def test_holds_what_was_sent_and_what_was_decided(t):
    send(t)
    folder, answer = export(t)
    t.equal(verify(t, folder, "--seal", answer["seal"])[0], 0, "verdict")
    rows = rows_of(folder, "deliveries.jsonl")
    t.equal(len(rows), 3 * PEOPLE, "rows")
    for row in rows:
        channel = {"email": "mail", "sms": "texts", "webhook": "hooks"}[row["channel"]]
        sent = t.outbox(channel, row["id"])
        t.equal(row["rendered_sha256"], hashlib.sha256(sent).hexdigest(), f"hash of {row['id']}")
        t.equal((row["state"], len(row["attempts"])), ("delivered", 1), row["id"])
    t.check(all("@" not in row["address"] or "…" in row["address"] for row in rows), "addresses are masked in the rows")
    text = read(folder, "deliveries.jsonl").decode()
    t.check("n1@example.org" not in text, "no full address in the rows")
    t.equal({a["address"] for a in rows_of(folder, "addresses.jsonl")} >= {"n1@example.org", "+4915100000001"}, True, "addresses")
    decisions = read(folder, "decisions.jsonl").decode()
    t.check("stranger" not in decisions and "asked us" not in decisions, "another campaign's decisions are withheld")
    manifest = json.loads(read(folder, "manifest.json"))
    t.equal((manifest["states"]["delivered"], manifest["hash"]), (3 * PEOPLE, answer["seal"]), "manifest")
    t.contains(read(folder, "README.txt").decode(), "storm", "README")
    action = t.command("actions", "--json").lines()[-1]
    t.equal((action["verb"], json.loads(action["selector"])["seal"]), ("evidence", answer["seal"]), "the action")
    # The next export has that action in its decisions, and its chain holds.
    again, _ = export(t, name="again", addresses="masked")
    t.equal(verify(t, again)[0], 0, "second verdict")
    verbs = [row.get("verb") for row in rows_of(again, "decisions.jsonl")]
    t.equal((verbs[0], verbs[-1], verbs.count(None)), (None, "evidence", 3), f"decisions {verbs}")
    t.check(not os.path.exists(os.path.join(again, "addresses.jsonl")), "masked: no file of addresses")
    # What was committed to is the same: an address shown later opens the row of today.
    pairs = [{row["id"] + row["channel"]: row["address_commitment"] for row in rows_of(f, "deliveries.jsonl")} for f in (folder, again)]
    t.equal(pairs[0], pairs[1], "commitments")


def test_refuses_what_is_there_and_names_what_is_not(t):
    send(t, count=2)
    export(t)
    again = t.command("evidence", "storm", "--out", "proof")
    t.equal(again.status, 65, "a folder that is there")
    t.contains(again.err, "never overwritten", "why")
    nothing = t.command("evidence", "nobody", "--out", "empty")
    t.equal((nothing.status, os.path.exists(os.path.join(t.dir, "empty"))), (66, False), "an unknown campaign")
    t.equal(t.command("evidence", "storm").status, 64, "no folder")
    os.unlink(os.path.join(t.dir, "proof", "manifest.json"))
    partial = t.command("evidence", "verify", "proof")
    t.equal(partial.status, 66, "without a manifest")
    t.contains(partial.err, "interrupted", "why")


def test_what_a_kill_leaves_is_no_evidence(t):
    send(t, count=60)
    chance = random.Random(7)
    for i in range(25):
        folder = os.path.join(t.dir, f"k{i}")
        process = subprocess.Popen(
            [lib.DISPATCHER, "evidence", "storm", "--out", folder, "--config", t.config_path],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=t.environment,
        )
        time.sleep(chance.uniform(0.0, 0.08))
        process.send_signal(signal.SIGKILL)
        process.wait()
        whole = os.path.exists(os.path.join(folder, "manifest.json"))
        t.equal(t.command("evidence", "verify", folder).status, 0 if whole else 66, f"kill {i}, manifest {whole}")


# tampering


def lines_of(folder, name):
    return read(folder, name).splitlines(keepends=True)


def put_lines(folder, name, lines):
    write(folder, name, b"".join(lines))


def change_byte(folder, name, chance):
    lines = lines_of(folder, name)
    row = chance.randrange(len(lines))
    at = chance.randrange(len(lines[row]) - 1)
    lines[row] = lines[row][:at] + bytes([lines[row][at] ^ (1 << chance.randrange(7))]) + lines[row][at + 1 :]
    put_lines(folder, name, lines)
    return {row + 1}


def remove_row(folder, name, chance):
    lines = lines_of(folder, name)
    row = chance.randrange(len(lines))
    put_lines(folder, name, lines[:row] + lines[row + 1 :])
    return {row + 1}


def add_row(folder, name, chance):
    lines = lines_of(folder, name)
    at, copied = chance.randrange(len(lines) + 1), chance.randrange(len(lines))
    put_lines(folder, name, lines[:at] + [lines[copied]] + lines[at:])
    return {at + 1} if copied not in (at, at - 1) else {copied + 2}


def swap_rows(folder, name, chance):
    lines = lines_of(folder, name)
    a, b = sorted(chance.sample(range(len(lines)), 2))
    lines[a], lines[b] = lines[b], lines[a]
    put_lines(folder, name, lines)
    return {a + 1, b + 1}


def cut_end(folder, name, chance):
    lines = lines_of(folder, name)
    kept = chance.randrange(len(lines))
    put_lines(folder, name, lines[:kept])
    return {kept + 1}


def rewrite_row(folder, name, chance):
    """Whoever knows the algorithm, but not how to make every later row anew."""
    lines = lines_of(folder, name)
    row = chance.randrange(len(lines))
    entry = json.loads(lines[row])
    entry.pop("hash")
    entry["state" if name == "deliveries.jsonl" else "at"] = "failed"
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    lines[row] = (text[:-1] + ',"hash":"' + hashlib.sha256(text.encode()).hexdigest() + '"}\n').encode()
    put_lines(folder, name, lines)
    return {row + 1}


TAMPERINGS = (change_byte, remove_row, add_row, swap_rows, cut_end, rewrite_row)


def named_rows(found, name):
    rows = set()
    for finding in found:
        if finding["file"] == name:
            rows.add(finding.get("row"))
            if finding["what"] in ("swapped", "moved"):
                rows.add(finding["to"])
    return rows


def test_every_tampering_is_named_with_its_row(t):
    send(t)
    original, _ = export(t)
    chance = random.Random(5)
    for name in ("deliveries.jsonl", "decisions.jsonl"):
        for tamper in TAMPERINGS:
            for i in range(12 if name == "deliveries.jsonl" else 3):
                folder = os.path.join(t.dir, "copy")
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(original, folder)
                expected = tamper(folder, name, chance)
                if read(folder, name) == read(original, name):
                    continue  # a copy swapped with itself
                status, found, end = verify(t, folder)
                what = f"{tamper.__name__} {i} of {name}"
                t.equal((status, end.get("valid")), (1, False), what)
                t.equal(named_rows(found, name), expected, f"{what}: {found}")


def test_no_byte_of_the_manifest_and_the_readme_can_be_changed(t):
    send(t, count=2)
    folder, answer = export(t)
    chance = random.Random(3)
    for name in ("manifest.json", "README.txt"):
        good = read(folder, name)
        for _ in range(25):
            at = chance.randrange(len(good) - 1)
            write(folder, name, good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
            status, found, _ = verify(t, folder)
            t.equal((status, [f["file"] for f in found]), (1, [name]), f"byte {at} of {name}: {found}")
        write(folder, name, good)
    t.equal(verify(t, folder, "--seal", answer["seal"])[0], 0, "as it was")
    wrong = ("0" if answer["seal"][0] != "0" else "1") + answer["seal"][1:]
    status, found, _ = verify(t, folder, "--seal", wrong)
    t.equal((status, [f["what"] for f in found]), (1, ["seal"]), "another seal")
    for name in ("README.txt", "decisions.jsonl", "approvals.jsonl"):
        good = read(folder, name)
        os.unlink(os.path.join(folder, name))
        answer = t.command("evidence", "verify", folder, "--json")
        t.equal((answer.status, [(f["file"], f["what"]) for f in answer.lines()[:-1]]), (1, [(name, "missing")]), name)
        write(folder, name, good)


def test_addresses_may_go_but_not_change(t):
    send(t)
    folder, answer = export(t)
    seal = ("--seal", answer["seal"])
    t.equal(verify(t, folder, *seal)[2]["removed_addresses"], 0, "nothing removed")
    gone = t.command("evidence", "forget", folder, "--id", "n3", "--json")
    t.equal((gone.status, gone.json()["removed"]), (0, 3), "forget")
    t.check(b"n3@example.org" not in read(folder, "addresses.jsonl"), "the address is gone")
    status, _, end = verify(t, folder, *seal)
    t.equal((status, end["removed_addresses"]), (0, 3), "after forget")
    t.equal(t.command("evidence", "forget", folder, "--id", "n3").status, 66, "twice")
    good = lines_of(folder, "addresses.jsonl")
    rows = [json.loads(line)["row"] for line in good]
    chance = random.Random(11)
    for _ in range(20):
        place = chance.randrange(len(good))
        lines = list(good)
        entry = json.loads(lines[place])
        key = chance.choice(("address", "salt"))
        entry[key] = entry[key][:-1] + ("x" if entry[key][-1] != "x" else "y")
        lines[place] = (json.dumps(entry) + "\n").encode()
        put_lines(folder, "addresses.jsonl", lines)
        status, found, _ = verify(t, folder)
        t.equal((status, [(f["file"], f["row"], f["what"]) for f in found]), (1, [("addresses.jsonl", rows[place], "changed")]), f"{entry}")
    put_lines(folder, "addresses.jsonl", good[:5] + [good[4]] + good[5:])
    status, found, _ = verify(t, folder)
    t.equal((status, [(f["row"], f["what"]) for f in found]), (1, [(rows[4], "added")]), "an address twice")
    os.unlink(os.path.join(folder, "addresses.jsonl"))
    status, _, end = verify(t, folder, *seal)
    t.equal((status, end["removed_addresses"]), (0, 3 * PEOPLE), "all addresses gone")


def named(found):
    return [(f["file"], f.get("row"), f["what"]) for f in found]


def test_whatever_was_added_to_the_folder_is_named(t):
    send(t, count=2)
    folder, answer = export(t)
    write(folder, "complaints.jsonl", b"{}\n")
    write(folder, "extra.txt", b"a note")
    os.mkdir(os.path.join(folder, "more"))
    os.mkdir(os.path.join(folder, "letters"))  # this export has none
    status, found, _ = verify(t, folder, "--seal", answer["seal"])
    expected = [(name, None, "added") for name in ("complaints.jsonl", "extra.txt", "letters", "more")]
    t.equal((status, named(found)), (1, expected), "added")
    masked, _ = export(t, name="masked", addresses="masked")
    write(masked, "addresses.jsonl", read(folder, "addresses.jsonl"))
    status, found, _ = verify(t, masked)
    t.equal((status, named(found)), (1, [("addresses.jsonl", None, "added")]), "addresses that were not exported")


def test_an_address_says_nothing_but_what_was_exported(t):
    send(t, count=4)
    folder, _ = export(t)
    good = lines_of(folder, "addresses.jsonl")
    entry = json.loads(good[4])
    others = (
        {**entry, "id": "somebody"},
        {**entry, "name": "Kim"},
        {key: entry[key] for key in ("address", "row", "salt")},
        {**entry, "row": 5.0},
    )
    for other in others:
        text = json.dumps(other, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        put_lines(folder, "addresses.jsonl", good[:4] + [text.encode() + b"\n"] + good[5:])
        status, found, _ = verify(t, folder)
        t.equal((status, named(found)), (1, [("addresses.jsonl", 5, "changed")]), text)
        oracle = subprocess.run([sys.executable, ORACLE, folder], capture_output=True, text=True)
        t.contains(oracle.stdout, "addresses.jsonl 5", text)
    put_lines(folder, "addresses.jsonl", good + [good[4].replace(b'"row":5', b'"row":500')])
    t.equal(named(verify(t, folder)[1]), [("addresses.jsonl", 500, "stranger")], "of no delivery")


def test_a_wrong_delivery_says_nothing_of_addresses(t):
    send(t, count=4)
    folder, _ = export(t)
    good = read(folder, "deliveries.jsonl")
    lines = lines_of(folder, "deliveries.jsonl")
    put_lines(folder, "deliveries.jsonl", lines[:6] + [lines[6].replace(b"delivered", b"failed", 1)] + lines[7:])
    status, found, end = verify(t, folder)
    t.equal((status, named(found), end["removed_addresses"]), (1, [("deliveries.jsonl", 7, "changed")], 0), "row 7")
    write(folder, "deliveries.jsonl", good[:-1])
    status, found, end = verify(t, folder)
    t.equal((status, named(found), end["removed_addresses"]), (1, [("deliveries.jsonl", 12, "changed")], 0), "no line end")


def test_half_a_seal_is_no_tampering(t):
    send(t, count=1)
    folder, answer = export(t)
    for seal in (answer["seal"][:40], answer["seal"] + "0", "", "g" * 64):
        half = t.command("evidence", "verify", folder, "--seal", seal)
        t.equal((half.status, half.out), (64, ""), seal)
        t.contains(half.err, "no whole seal (64 digits", seal)
    t.equal(t.command("evidence", "verify", folder, "--seal", answer["seal"].upper()).status, 0, "upper case")


def test_what_is_no_file_is_not_waited_for(t):
    send(t, count=1)
    folder, _ = export(t)
    for name in ("deliveries.jsonl", "decisions.jsonl", "addresses.jsonl", "README.txt"):
        good = read(folder, name)
        os.unlink(os.path.join(folder, name))
        os.mkfifo(os.path.join(folder, name))
        answer = t.command("evidence", "verify", folder)
        t.check(answer.status in (1, 65), f"{name}: {answer.status}")
        t.check("regular file" in answer.err or f"{name}: was changed" in answer.out, f"{name}: {answer.out}{answer.err}")
        os.unlink(os.path.join(folder, name))
        write(folder, name, good)
    t.equal(verify(t, folder)[0], 0, "as it was")
    write(folder, "deliveries.jsonl", read(folder, "deliveries.jsonl") + b"x" * 100)
    t.equal(verify(t, folder)[0], 1, "a line that never ends")


def test_evidence_outlives_the_texts(t):
    send(t, count=3)
    before, answer = export(t)
    t.daemon.stop()
    purged = t.command("purge", "--older-than", "0s", "--yes", "--reason", "privacy", "--json")
    t.equal(purged.status, 0, f"purge: {purged.err}")
    after, _ = export(t, name="after")
    t.equal(verify(t, before, "--seal", answer["seal"])[0], 0, "taken before")
    t.equal(verify(t, after)[0], 0, "taken after")
    old, new = rows_of(before, "deliveries.jsonl"), rows_of(after, "deliveries.jsonl")
    t.equal({row["text"] for row in old}, {"there"}, "texts before")
    t.equal({row["text"] for row in new}, {"purged"}, "texts after")
    t.equal([r["rendered_sha256"] for r in new], [r["rendered_sha256"] for r in old], "hashes stay")


# a campaign from its file


def colleague(t, *arguments):
    """The same as somebody else, who may reach the daemon; None if this test may not become somebody else."""
    if os.geteuid() != 0:
        return None
    own = ["setpriv", "--reuid=65534", f"--regid={os.getgid()}", "--clear-groups"]
    command = [*own, lib.DISPATCHER, *arguments, "--config", t.config_path]
    return lib.Answer(subprocess.run(command, capture_output=True, cwd=t.dir, env=t.environment, stdin=subprocess.DEVNULL))


def run_campaign(t):
    """The outage of the documentation, approved by a second person where there may be one, and sent."""
    os.chmod(t.dir, 0o755)
    for name, source in (("templates", "templates"), ("outage", "docs/incidents/outage")):
        shutil.copytree(os.path.join(lib.ROOT, source), os.path.join(t.dir, name))
    t.configure(templates=os.path.join(t.dir, "templates"))
    people = read(t.dir, "outage/customers.csv").decode().splitlines()
    t.write("outage/customers.csv", "\n".join(line.rsplit(",", 1)[0] for line in people) + "\n")
    lines = read(t.dir, "outage/campaign-1-restored.yaml").decode().splitlines()
    kept = [line for line in lines if not line.startswith(("send_at", "reference"))]
    approvals = ["approvals: [legal]"] if os.geteuid() == 0 else []
    path = t.write("outage/campaign.yaml", "\n".join(kept + ["reference: auto"] + approvals) + "\n")
    t.daemon.start()
    approved = colleague(t, "campaign", "approve", path, "--as", "legal", "--reason", "read it")
    if approved:
        t.equal(approved.status, 0, f"approval: {approved.err}")
    sent = t.command("send", path, "--confirm", "outage-restored", "--skip-problems")
    if sent.status != 0:
        raise lib.Failure(f"send ended with {sent.status}: {sent.err}")
    t.wait(lambda: sum(row["delivered"] for row in t.command("queue", "--summary", "--json").lines()) == 48, 30, "48 mails")


def test_a_campaign_brings_its_documents_and_approvals(t):
    run_campaign(t)
    folder, answer = export(t, campaign="outage-restored", addresses="none")
    t.equal(verify(t, folder, "--seal", answer["seal"])[0], 0, "verdict")
    manifest = json.loads(read(folder, "manifest.json"))
    names = {document["name"] for document in manifest["documents"]}
    t.check({"service-restored/ko.md", "campaign.yaml", "facts-1.yaml"} <= names, f"documents {names}")
    with open(os.path.join(t.dir, "templates/service-restored/ko.md"), "rb") as letter:
        sums = {document["sha256"] for document in manifest["documents"]}
        t.check(hashlib.sha256(letter.read()).hexdigest() in sums, "the letter's bytes")
    t.check(not any("customers" in document["name"] for document in manifest["documents"]), "people are no document")
    t.equal(manifest["about"]["people"], 48, "about the campaign")
    verbs = [row.get("verb") for row in rows_of(folder, "decisions.jsonl")]
    t.check("send" in verbs, f"decisions {verbs}")
    approvals = rows_of(folder, "approvals.jsonl")
    if os.geteuid() == 0:
        t.equal([(row["role"], row["digest"]) for row in approvals], [("legal", manifest["about"]["digest"])], "approvals")
        t.check("approve" in " ".join(filter(None, verbs)), f"the approval is a decision: {verbs}")
    rows = rows_of(folder, "deliveries.jsonl")
    t.equal((len(rows), {row["address"] for row in rows}), (48, {None}), "no address at all")
    for row in rows:
        mail = email.message_from_bytes(t.outbox("mail", row["id"]), policy=email.policy.default)
        t.contains(mail.get_body(("plain",)).get_content(), row["reference"], f"the letter to {row['id']}")
    # Tampering with documents.
    files = sorted(os.listdir(os.path.join(folder, "letters")))
    chance = random.Random(2)
    for name in chance.sample(files, 6):
        path = os.path.join("letters", name)
        good = read(folder, path)
        at = chance.randrange(len(good))
        write(folder, path, good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :])
        status, found, _ = verify(t, folder)
        t.equal((status, [(f["file"], f["what"]) for f in found]), (1, [(path, "changed")]), f"replaced {name}")
        os.unlink(os.path.join(folder, path))
        status, found, _ = verify(t, folder)
        t.equal((status, [(f["file"], f["what"]) for f in found]), (1, [(path, "missing")]), f"without {name}")
        write(folder, path, good)
    write(folder, "letters/another.md", b"never sent")
    status, found, _ = verify(t, folder)
    t.equal((status, [(f["file"], f["what"]) for f in found]), (1, [("letters/another.md", "added")]), "a letter more")


def test_the_words_of_a_campaign_are_found_after_its_letters_changed(t):
    run_campaign(t)
    row = next(row for row in t.command("queue", "--json").lines() if row.get("locale") == "ko")
    for language in ("de", "ko", "en"):
        name = f"templates/service-restored/{language}.md"
        t.write(name, read(t.dir, name).decode() + "\nP.S.\n")
    found = t.command("show", "--reference", row["reference"].lower(), "--body", "--json")
    words = found.lines()[-1]
    t.equal((found.status, words["words"], words["kept"], words["id"]), (0, "sent", True, row["id"]), f"the words {found.err}")
    t.check("P.S." not in words["text"], "not the letter of today")
    raw = t.command("show", row["id"], "--raw", "--channel", "email")
    t.equal(raw.out.encode(), t.outbox("mail", row["id"]), "the bytes")
    left = [name for name in os.listdir("/tmp") if name.startswith("dispatcher-") and os.path.isdir(f"/tmp/{name}/templates/service-restored") and f"/tmp/{name}" != t.dir]
    t.equal([name for name in left if not os.path.exists(f"/tmp/{name}/dispatcher.yaml")], [], "folders left behind")
    mistyped = row["reference"][:1] + ("7" if row["reference"][1] != "7" else "8") + row["reference"][2:]
    answer = t.command("show", "--reference", mistyped)
    t.equal(answer.status, 66, "a mistyped number")
    t.contains(answer.err, row["reference"], "what it may have been")


# the clock of the law


def ago(hours):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - hours * 3600))


def edit(t, name, *pairs):
    text = read(t.dir, name).decode()
    for old, new in pairs:
        t.contains(text, old, name)
        text = text.replace(old, new)
    t.write(name, text)


LATER = ("facts-2.yaml", "campaign-2-confirmed.yaml")


def leak(t):
    """The leak of the documentation: possible since 80 hours, certain since 10."""
    os.chmod(t.dir, 0o755)
    shutil.copytree(os.path.join(lib.ROOT, "docs", "incidents", "card-leak"), os.path.join(t.dir, "leak"))
    for name in os.listdir(os.path.join(t.dir, "leak")):
        if name.startswith("campaign-") and not name.startswith(("campaign-1", "campaign-2")):
            os.unlink(os.path.join(t.dir, "leak", name))
    for number in (3, 4, 5):
        os.unlink(os.path.join(t.dir, "leak", f"facts-{number}.yaml"))
    for name in ("leak/facts-1.yaml", "leak/facts-2.yaml"):
        edit(t, name, ("trigger_at: {at: 2026-10-02T12:00:00+09:00", f"trigger_at: {{at: {ago(80)}"))
    edit(t, "leak/facts-2.yaml", ("aware_at: {at: 2026-10-16T12:00:00+09:00", f"aware_at: {{at: {ago(10)}"))
    edit(t, "leak/campaign-1-possibility.yaml", ("send_at: 2026-10-04T10:00:00+09:00\n", 'exemptions: [{rule: "kr-pipa-34-2:KP72", reason: "가족 연락처 확인이 늦어짐", by: [Kim Minjun, Lee Seoyeon]}]\n'))
    edit(t, "leak/campaign-2-confirmed.yaml", ("send_at: 2026-10-18T10:00:00+09:00\n", ""))
    for name, people in (("everybody", 15), ("a", 5), ("b", 5)):
        t.write(f"leak/{name}.csv", "".join(read(t.dir, f"leak/{name}.csv").decode().splitlines(keepends=True)[: people + 1]))
    edit(t, "leak/facts-1.yaml", ("960", "15"))
    edit(t, "leak/facts-2.yaml", ("960", "15"), ("297", "10"), ("269", "5"), ("affected: 28", "affected: 5"), ("people: 663", "people: 5"))
    for name in LATER:
        os.rename(os.path.join(t.dir, "leak", name), os.path.join(t.dir, name))
    t.configure()
    t.daemon.start()


def hand_over(t, name, campaign):
    sent = t.command("send", f"leak/{name}.yaml", "--confirm", campaign, "--skip-problems", "--wait", timeout=120)
    t.equal(sent.status, 0, f"{campaign}: {sent.out}{sent.err}")


def duties_of(folder):
    return {(row["rule"], row["campaign"]): row for row in rows_of(folder, "duties.jsonl")}


def test_the_clock_of_the_law_and_what_was_set_aside_are_evidence(t):
    leak(t)
    hand_over(t, "campaign-1-possibility", "card-leak-possibility")
    first, answer = export(t, name="first", campaign="card-leak-possibility")
    t.equal(verify(t, first, "--seal", answer["seal"])[0], 0, "verdict")
    rows = duties_of(first)
    clock = rows["kr-pipa-34-2:KP72", "card-leak-possibility"]
    t.equal((clock["state"], clock["kind"], clock["met_by"], clock["within_hours"]), ("late", "clock", "card-leak-possibility", 72), f"{clock}")
    t.equal((clock["from"]["name"], clock["from"]["source"][:12]), ("trigger_at", "first report"), "since when, and who says so")
    t.contains(clock["source"], "Decree 39", "the law itself")
    t.equal(clock["exemption"]["by"], ["Kim Minjun", "Lee Seoyeon"], "who set it aside")
    t.equal(clock["exemption"]["as_sent"], True, "by the campaign's file as it was sent")
    facts = hashlib.sha256(read(t.dir, "leak/facts-1.yaml")).hexdigest()
    t.equal((clock["facts"]["version"], clock["facts"]["sha256"], clock["facts"]["as_sent"]), (1, facts, True), "by which facts")
    t.check(any(facts in name for name in os.listdir(os.path.join(first, "letters"))), "the facts themselves")
    owed = rows["kr-pipa-34-2:KP6", "card-leak-possibility"]
    t.equal((owed["state"], owed["kind"], "met_at" in owed), ("open", "follow", False), "what is still owed")
    started = json.loads(read(first, "manifest.json"))["about"]["started_at"]
    t.equal(clock["met_at"], started, "met when its sending began")
    exemptions = rows_of(first, "exemptions.jsonl")
    t.equal([(e["rule"], e["reason"], e["by"], e["as_sent"]) for e in exemptions], [("kr-pipa-34-2:KP72", "가족 연락처 확인이 늦어짐", ["Kim Minjun", "Lee Seoyeon"], True)], "exemptions")
    # What lies there later changes neither what was sent nor what is told of it.
    edit(t, "leak/campaign-1-possibility.yaml", ("가족 연락처 확인이 늦어짐", "another reason"))
    for name in LATER:
        os.rename(os.path.join(t.dir, name), os.path.join(t.dir, "leak", name))
    hand_over(t, "campaign-2-confirmed", "card-leak-confirmed")
    second, answer = export(t, name="second", campaign="card-leak-possibility")
    t.equal(rows_of(second, "exemptions.jsonl")[0]["reason"], "가족 연락처 확인이 늦어짐", "the reason as it was sent")
    rows = duties_of(second)
    t.equal(rows["kr-pipa-34-2:KP72", "card-leak-possibility"]["exemption"]["as_sent"], False, "the file is another one today")
    confirmed = rows["kr-pipa-34-1:KR10", "card-leak-confirmed"]
    t.equal((confirmed["state"], confirmed["met_by"], "as_sent" in confirmed["facts"]), ("met", "card-leak-confirmed", False), "the next notice was in time")
    t.equal(rows["kr-pipa-34-1:KR14", "card-leak-confirmed"]["state"], "unseen", "whether an authority was told")
    edit(t, "leak/facts-1.yaml", ("first report", "some report"))
    t.equal(duties_of(export(t, name="third", campaign="card-leak-possibility")[0])["kr-pipa-34-2:KP72", "card-leak-possibility"]["facts"]["as_sent"], False, "other facts")
    # In words, and for programs.
    for telling in (t.command("evidence", "card-leak-possibility", "--out", "fourth"), t.command("evidence", "verify", "second")):
        t.matches(telling.out, r"Duties of the law at the export: 1 met in time, 2 met too late, 1 still open, 1 overdue", "told")
    t.equal(verify(t, first)[2]["duties"]["states"]["late"], 1, "counted")
    os.rename(os.path.join(t.dir, "leak"), os.path.join(t.dir, "moved"))
    gone = t.command("evidence", "card-leak-possibility", "--out", "fifth")
    t.contains(gone.out, "Duties of the law were not looked at:", "why there are none")
    t.equal(rows_of(os.path.join(t.dir, "fifth"), "exemptions.jsonl")[0]["by"], ["Kim Minjun", "Lee Seoyeon"], "what was kept is there")
    found = t.command("evidence", "card-leak-possibility", "--out", "sixth", "--file", "moved/campaign-1-possibility.yaml")
    t.contains(found.out, "2 met too late", f"where it lies now {found.err}")
    # Tampering.
    chance = random.Random(9)
    for name in ("duties.jsonl", "exemptions.jsonl"):
        for tamper in TAMPERINGS:
            if tamper is swap_rows and len(lines_of(second, name)) < 2:
                continue
            folder = os.path.join(t.dir, "copy")
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(second, folder)
            expected = tamper(folder, name, chance)
            status, found, _ = verify(t, folder)
            t.equal((status, named_rows(found, name)), (1, expected), f"{tamper.__name__} of {name}: {found}")


def test_what_told_nobody_does_no_duty(t):
    leak(t)
    for row in t.ask("status")[1]["transports"]:
        t.equal(t.command("transport", "pause", row["name"], "--reason", "rain").status, 0, f"pause {row}")
    for name, campaign in (("campaign-1-possibility", "card-leak-possibility"), ("campaign-2-confirmed", "card-leak-confirmed")):
        sent = t.command("send", f"leak/{name}.yaml", "--confirm", campaign, "--skip-problems")
        t.equal(sent.status, 0, f"{campaign}: {sent.out}{sent.err}")
        cancelled = t.command("campaign", "cancel", campaign, "--confirm", campaign, "--reason", "rain")
        t.equal(cancelled.status, 0, f"{campaign}: {cancelled.out}{cancelled.err}")
        for later in LATER:
            if not os.path.exists(os.path.join(t.dir, "leak", later)):
                os.rename(os.path.join(t.dir, later), os.path.join(t.dir, "leak", later))
    folder, _ = export(t, campaign="card-leak-possibility")
    rows = duties_of(folder)
    clock = rows["kr-pipa-34-2:KP72", "card-leak-possibility"]
    t.equal((clock["state"], "met_at" in clock, "met_by" in clock), ("missed", False, False), f"{clock}")
    t.equal({row["state"] for row in rows.values() if "met_by" in row}, set(), f"what the second one closed: {rows}")
    folder, _ = export(t, name="second", campaign="card-leak-confirmed")
    clock = duties_of(folder)["kr-pipa-34-1:KR10", "card-leak-confirmed"]
    t.equal((clock["state"], "met_at" in clock), ("open", False), f"{clock}")


def sealed(entry):
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return (text[:-1] + ',"hash":"' + hashlib.sha256(text.encode()).hexdigest() + '"}\n').encode()


def test_evidence_of_the_former_version_is_read(t):
    send(t, count=2)
    folder, _ = export(t)
    manifest = json.loads(read(folder, "manifest.json"))
    for name in ("duties.jsonl", "exemptions.jsonl"):
        os.unlink(os.path.join(folder, name))
        del manifest["files"][name]
    del manifest["duties"], manifest["hash"]
    manifest["format"] = "dispatcher evidence, version 1"
    write(folder, "manifest.json", sealed(manifest))
    t.equal(verify(t, folder)[0], 0, "as it was exported then")
    write(folder, "duties.jsonl", b"")
    t.equal(named(verify(t, folder)[1]), [("duties.jsonl", None, "added")], "it had none")


def test_full_addresses_need_the_right_to_operate(t):
    if os.geteuid() != 0:
        print("skipped: only root can become somebody else")
        return
    send(t, count=1, control={"operate": "nogroup"})
    os.chmod(t.dir, 0o777)
    for root, _, files in os.walk(t.spool):
        os.chmod(root, 0o755)
        for name in files:
            if not name.endswith(".sock"):
                os.chmod(os.path.join(root, name), 0o644)
    answer = colleague(t, "evidence", "storm", "--out", "proof", "--addresses", "full")
    t.equal((answer.status, os.path.exists(os.path.join(t.dir, "proof"))), (77, False), f"full: {answer.out} {answer.err}")
    answer = colleague(t, "show", "n0", "--body")
    t.check("n0@example.org" not in answer.out.split("sent 20")[-1], "masked in the words")
    t.equal(colleague(t, "show", "n0", "--raw", "--channel", "email").status, 77, "raw bytes")

"""Gateway descriptions: each shipped one against a strict mock of its provider (tests/peers/sms_providers.py), an
invented one by YAML alone, and what commands say about them."""

import datetime
import json
import os
import re
import shutil
import urllib.error
import urllib.request

import lib
import sms_providers

GSM_TEXTS = ['안녕 {{to}} "quoted" \\ & = +', "Grüße, 5 € & {100 %} = a+b; it's [fine] ~ ok?"]
KOREAN_TEXTS = ['안녕 {{to}} "quoted" \\ & = +', "[예시상점] 배송이 하루 늦어져 죄송합니다. 새 도착일은 11월 12일이며, 기다려 주셔서 감사드립니다. 문의 02-123-4567 & = + %"]

# No JSON where JSON is looked for, or none of the texts that are looked for.
UNREADABLE = ("unreadable_answer", "unexpected_answer")
# What each kind of answer must become. Of every provider first, then what is its own.
EVERYWHERE = {
    "ok": ("delivered", "accepted"),
    "server_error": ("transient", "server_error"),
    "welcome_page": ("uncertain", UNREADABLE),
    "cut_off": ("uncertain", "connection_lost"),
    "truncated": ("uncertain", UNREADABLE),
    "lost_id": ("uncertain", "unexpected_answer"),
    "throttled": ("throttle", "rate_limited"),
    "opted_out": ("suppress", "opted_out"),
    "lying_charset": ("delivered", "accepted"),
    "internal": ("transient", "server_error"),
    "bad_number": ("permanent", "bad_recipient"),
    "no_money": ("config", "balance"),
    "bad_key": ("config", "auth"),
    "bad_sender": ("config", "bad_sender"),
}
REFUSED = ("permanent", "refused")
AUTH = ("config", "auth")
OWN = {
    "jasmin": {"throughput": ("throttle", "rate_limited"), "bad_number": REFUSED, "no_route": ("config", "no_route"), "bad_password": AUTH},
    "twilio": {
        "queue_full": ("throttle", "rate_limited"),
        "bad_number": ("permanent", "bad_address"),
        "no_mobile": ("permanent", "bad_address"),
        "landline": ("permanent", "bad_recipient"),
        "no_route": ("permanent", "no_route"),
        "bad_token": AUTH,
        "error_in_200": ("permanent", "bad_address"),
    },
    "vonage": {"bad_number": REFUSED, "barred": ("permanent", "policy"), "deactivated": ("permanent", "bad_recipient"), "bad_secret": AUTH},
    "sipgate": {"bad_number": REFUSED, "bad_token": AUTH, "no_scope": ("config", "not_allowed")},
    "seven": {
        "bad_number": ("permanent", "bad_address"),
        "repeated": ("permanent", "duplicate"),
        "ours_failed": REFUSED,
        "as_a_number": ("permanent", "bad_text"),
        "bare_number": REFUSED,
        "bare_bad_key": AUTH,
    },
    "messagebird": {"bad_number": REFUSED, "not_found": REFUSED, "error_in_200": REFUSED},
    "linkmobility": {"bad_number": REFUSED, "bad_password": AUTH},
    "aws-sns": {"throttled_429": ("throttle", "rate_limited"), "bad_number": REFUSED, "no_right": AUTH, "error_in_200": REFUSED},
    "nhncloud": {
        "system_error": ("transient", "server_error"),
        "bad_number": REFUSED,
        "emoji": ("permanent", "bad_text"),
        "opted_out_there": ("suppress", "opted_out"),
        "refused_there": REFUSED,
        "lost_id": ("uncertain", "lost_id"),
    },
    "solapi": {
        "signature_used": ("transient", "signature_used"),
        "later": ("transient", "server_error"),
        "bad_text": ("permanent", "bad_text"),
        "refused": REFUSED,
        "bad_clock": AUTH,
        "lost_id": ("uncertain", "lost_id"),
    },
    "aligo": {"as_a_number": ("delivered", "accepted"), "refused": REFUSED, "bad_key_in_euc_kr": AUTH, "lost_id": ("uncertain", "lost_id")},
    "example-telecom": {},
    "naver-sens": {
        "bad_request": REFUSED,
        "bad_signature": AUTH,
        "forbidden": ("config", "not_allowed"),
        "no_service": ("config", "no_service"),
        "error_in_202": REFUSED,
        "lost_id": ("uncertain", "lost_id"),
    },
}
STATES = {
    "delivered": "delivered",
    "transient": "deferred",
    "throttle": "deferred",
    "permanent": "failed",
    "config": "waiting",
    "suppress": "suppressed",
    "uncertain": "uncertain",
}
WAITS_S = {"twilio": 120, "sipgate": 60, "messagebird": 30, "solapi": 40, "naver-sens": 50, "example-telecom": 25}


# Of whom a provider says that no message will ever reach them, or that they want none.
SUPPRESSED = {
    "twilio": {"landline", "opted_out"},
    "vonage": {"deactivated"},
    "aws-sns": {"opted_out"},
    "nhncloud": {"opted_out", "opted_out_there"},
    "solapi": {"opted_out"},
    "example-telecom": {"bad_number"},
}


# a provider


def mock(t, name):
    directory = t.peer_dir("provider")
    command = [os.path.join(lib.PEERS, "sms_providers.py"), "--dir", directory, "--provider", name]
    return t.add(lib.GatewayPeer(name, directory, command, lib.peer_environment()))


def transport(t, gateway, provider, **keys):
    """A transport with the variables that the mock expects."""
    set_here = {name: {"file": t.secret_file(f"{provider.name}-{name}", value["secret"])} if isinstance(value, dict) else value for name, value in provider.vars.items()}
    sender = provider.sender or "Example"
    return {"channel": "sms", "gateway": provider.name, "allow_private": True, "retry": ["20s", "1h"], "sender": sender, "vars": {"base": gateway.base(), **set_here}, **keys}


def letter(t, category=None):
    return t.letter("probe", '  line: {type: text, required: true, about: "x"}\n', en=("Notice", "{{line}}", "{{line}}"))


def notice(identity, to, text, **members):
    routing = {"method": "all", "channels": ["sms"]}
    return {**members, "version": 1, "id": identity, "template": "probe", "locale": "en", "data": {"line": text}, "routing": routing, "to": {"name": "Anna", "phone": to}}


def expected(name, kind):
    return OWN[name].get(kind) or EVERYWHERE[kind]


def described(t):
    """The shipped descriptions, and the one that docs/gateways.md writes from nothing."""
    with open(os.path.join(lib.ROOT, "docs", "gateways.md"), encoding="utf-8") as guide:
        (found,) = re.findall(r"^    (gateway: example-telecom\n(?:    .*\n|\n)*)", guide.read(), re.M)
    folder = os.path.join(t.dir, "gateways")
    if not os.path.exists(folder):
        shutil.copytree(os.path.join(lib.ROOT, "config", "gateways"), folder)
        t.write("gateways/example-telecom.yaml", re.sub("^    ", "", found, flags=re.M))
    return folder


def begin(t, word):
    """A daemon of its own: a wrong key makes the whole transport rest."""
    t.spool = os.path.join(t.dir, f"spool-{word}")
    t.control_socket = os.path.join(t.spool, "control.sock")
    os.makedirs(t.spool, exist_ok=True)


def send(t, word, texts, notices):
    begin(t, word)
    t.configure(sms=texts, templates=letter(t), gateways=described(t))
    t.daemon.start()
    t.enqueue(*notices)


def tried(t, identity):
    """The delivery as `show` tells it, once it was tried: a try that does not count leaves its cause only."""
    row = lambda: t.row(identity, channel="sms")
    lib.wait_until(lambda: row() and row()["cause"], 15, f"{identity} to be tried")
    lines = t.command("show", identity, "--json").lines()
    return next(line for line in lines if "state" in line and "attempt" not in line), [line for line in lines if "attempt" in line]


def check_kind(t, name, kind):
    outcome, cause = expected(name, kind)
    delivery, attempts = tried(t, kind)
    causes = cause if isinstance(cause, tuple) else (cause,)
    t.check(delivery["cause"] in causes, f"{name}, {kind}: expected {cause}, got {delivery['cause']} ({delivery['reply']})")
    t.equal(delivery["state"], STATES[outcome], f"{name}, {kind}: the state ({delivery['reply']})")
    if outcome not in ("throttle", "config"):
        t.equal([line["outcome"] for line in attempts], [outcome], f"{name}, {kind}: the outcome")


def send_one_each(t, word, provider, texts, kinds):
    send(t, word, texts, [notice(kind, provider.number(kind), "Text") for kind in kinds])
    for kind in kinds:
        check_kind(t, provider.name, kind)


def check_texts(t, gateway, provider, texts):
    """Success with every text: what came is what was meant."""
    korean = isinstance(provider, sms_providers.KoreanProvider)
    for n, text in enumerate(KOREAN_TEXTS if korean else GSM_TEXTS):
        send(t, f"text{n}", texts, [notice(f"text{n}", provider.number("ok"), text)])
        t.wait_for_state(f"text{n}", "delivered", channel="sms")
        t.daemon.stop()
        got = gateway.log("received.jsonl")[-1]
        t.equal((got["to"], got["text"]), (provider.number("ok"), text), f"{provider.name}: what arrived")
        t.equal(got["sender"], provider.sender, f"{provider.name}: the sender")


def check_provider(t, name):
    provider, gateway = sms_providers.PROVIDERS[name], mock(t, name)
    texts = transport(t, gateway, provider)
    check_texts(t, gateway, provider, texts)
    kinds = list(provider.kinds())
    faults = [kind for kind in kinds if expected(name, kind)[0] == "config"]
    send_one_each(t, "answers", provider, texts, [kind for kind in kinds if kind not in faults])
    check_waiting(t, name)
    kept_off = {row["address"] for row in t.command("suppress", "list", "--json").lines()}
    t.equal(kept_off, {provider.number(kind) for kind in SUPPRESSED.get(name, ())}, f"{name}: who is not written to again")
    t.daemon.stop()
    for kind in faults:
        send_one_each(t, kind, provider, texts, [kind])
        t.daemon.kill()
        t.daemon.end_whatever_is_left()
    t.equal([line for line in gateway.log("received.jsonl") if line["wrong"]], [], f"{name}: requests that its documents do not allow")


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def check_waiting(t, name):
    """Retry-After delays what would be tried again sooner."""
    if name in WAITS_S:
        delivery, _ = tried(t, "throttled")
        waits = seconds(delivery["next_attempt_at"]) - seconds(delivery["changed_at"])
        t.check(waits >= WAITS_S[name] - 1, f"{name}: Retry-After of {WAITS_S[name]} s, and the next try comes after {waits:g} s")


def test_jasmin(t):
    check_provider(t, "jasmin")


def test_twilio(t):
    check_provider(t, "twilio")


def test_vonage(t):
    check_provider(t, "vonage")


def test_sipgate(t):
    check_provider(t, "sipgate")


def test_seven(t):
    check_provider(t, "seven")


def test_messagebird(t):
    check_provider(t, "messagebird")


def test_linkmobility(t):
    check_provider(t, "linkmobility")


def test_aws_sns(t):
    check_provider(t, "aws-sns")


def test_nhncloud(t):
    check_provider(t, "nhncloud")


def test_solapi(t):
    check_provider(t, "solapi")


def test_aligo(t):
    check_provider(t, "aligo")


def test_naver_sens(t):
    check_provider(t, "naver-sens")


def test_a_provider_that_is_only_a_file(t):
    check_provider(t, "example-telecom")


def test_advertising_and_codes_are_called_so(t):
    words = {
        "aws-sns": ("type", {"ad": "Promotional", "newsletter": "Promotional", "otp": "Transactional", None: "Transactional"}),
        "nhncloud": ("path", {"ad": "ad-sms", "newsletter": "ad-sms", "otp": "auth/sms", None: "sms"}),
        "naver-sens": ("content", {"ad": "AD", "newsletter": "AD", "otp": "COMM", None: "COMM"}),
    }
    for name, (member, meanings) in words.items():
        provider, gateway = sms_providers.PROVIDERS[name], mock(t, name)
        notices = [notice(f"n{n}", provider.number("ok"), f"Text {n}", **({"category": category} if category else {})) for n, category in enumerate(meanings)]
        send(t, name, transport(t, gateway, provider), notices)
        for n in range(len(meanings)):
            t.wait_for_state(f"n{n}", "delivered", channel="sms")
        t.daemon.stop()
        said = {int(line["text"][-1]): line["extra"][member] for line in gateway.log("received.jsonl")}
        t.equal([said[n] for n in range(len(meanings))], list(meanings.values()), f"{name}: {list(meanings)}")


def test_a_long_korean_text_has_a_title(t):
    provider, gateway = sms_providers.PROVIDERS["nhncloud"], mock(t, "nhncloud")
    texts = transport(t, gateway, provider)
    send(t, "none", texts, [notice("none", provider.number("ok"), KOREAN_TEXTS[1])])
    t.wait_for_state("none", "delivered", channel="sms")
    t.daemon.stop()
    letter(t)
    for tag in ("de", "ko", "en"):
        t.write(f"templates/probe/{tag}.md", '---\nsubject: "Notice"\nsms: "{{line}}"\ntitle: "배송 안내"\n---\n{{line}}\n')
    begin(t, "own")
    t.configure(sms=texts, templates=os.path.join(t.dir, "templates"), gateways=described(t))
    t.daemon.start()
    t.enqueue(notice("own", provider.number("ok"), KOREAN_TEXTS[1]))
    t.wait_for_state("own", "delivered", channel="sms")
    got = [(line["extra"]["path"], line["extra"]["title"]) for line in gateway.log("received.jsonl")]
    t.equal(got, [("mms", "안내"), ("mms", "배송 안내")], "of the description, and of the letter")


# what it costs


PRICES = {"prices": {"+49": 0.075, "+82": {"sms": 0.012, "lms": 0.03}, "default": 0.09}, "currency": "EUR"}


def priced(t, **keys):
    gateway = t.faulty_gateway()
    return t.sms_transport(gateway, **PRICES, **keys)


def estimate(t, to, text, *arguments):
    return t.command("gateway", "estimate", "texts", "--to", to, "--text", "-", *arguments, text=text)


def test_an_estimate_names_what_costs(t):
    t.configure(sms=priced(t))
    short = estimate(t, "+4915112345678", "Wartung Mo–Fr 8–18 Uhr", "--json").json()
    t.equal((short["encoding"], short["segments"], short["replaced"], short["price_micros"], short["currency"]), ("gsm7", 1, 2, 75000, "EUR"), "a dash is replaced")
    long = estimate(t, "+15005550006", "ç" + "x" * 100, "--json").json()
    t.equal((long["encoding"], long["segments"], long["price_micros"]), ("ucs2", 2, 180000), "two parts by the default price")
    t.equal([(o["character"], o["position"]) for o in long["offending"]], [("ç", 0)], "what makes it Unicode")
    shown = estimate(t, "+15005550006", "ç" + "x" * 100).out
    t.contains(shown, "ucs2, 101 units, 2 parts", "for people")
    t.contains(shown, "ç (U+00E7) as character 1", "the character")
    t.contains(shown, "0.18 EUR", "the price")
    t.equal(estimate(t, "0151 1234567", "x").status, 64, "a national number")
    refused = estimate(t, "+4915112345678", "x" * 1000)
    t.equal(refused.status, 1, "seven parts")
    t.contains(refused.out, "the gateway allows 6", "why")


def test_an_estimate_names_what_is_replaced(t):
    t.configure(sms=priced(t))
    shown = estimate(t, "+4915112345678", "Wartung Mo–Fr 8–18 Uhr, “jetzt”").out
    t.contains(shown, "– (U+2013) becomes -", "the dash")
    t.equal(shown.count("U+2013"), 1, "once")
    t.contains(shown, '“ (U+201C) becomes "', "the quote")
    kept = estimate(t, "+4915112345678", "ç").out
    t.check("becomes" not in kept, "nothing is said of what stays")


def test_an_estimate_has_no_price_for_numbers_the_transport_refuses(t):
    t.configure(sms=priced(t, allow_prefixes=["+49"]))
    refused = estimate(t, "+15005550006", "x", "--json")
    t.equal((refused.status, refused.json()["sendable"], refused.json()["price_micros"]), (1, False, None), "not of this country")
    t.contains(refused.json()["refusal"], "allow_prefixes", "why")
    t.check("price" not in estimate(t, "+15005550006", "x").out, "nothing is said of a price")


def test_an_override_of_a_variable_reaches_the_gateway(t):
    t.configure(sms=priced(t))
    shown = t.command("config", "show", "--json", "--set", "transports.texts.vars.base=http://127.0.0.1:9").lines()
    row = next(line for line in shown if line["key"] == "transports.texts.vars.base")
    t.equal((row["value"], row["origin"]), ("http://127.0.0.1:9", "command line"), "what is used")


def test_an_estimate_knows_sms_and_lms(t):
    provider, gateway = sms_providers.PROVIDERS["solapi"], mock(t, "solapi")
    t.configure(sms=transport(t, gateway, provider, **PRICES))
    short, long = (estimate(t, "+821012345678", text, "--json").json() for text in KOREAN_TEXTS)
    t.equal((short["encoding"], short["type"], short["price_micros"]), ("euc-kr", "SMS", 12000), "an SMS")
    t.equal((long["encoding"], long["type"], long["price_micros"]), ("euc-kr", "LMS", 30000), "an LMS")
    refused = estimate(t, "+821012345678", "Jürgen 님", "--json")
    t.equal((refused.status, refused.json()["sendable"], refused.json()["offending"][0]["character"]), (1, False, "ü"), "a name EUC-KR does not know")


def test_check_adds_up_what_the_sms_of_a_campaign_cost(t):
    t.configure(sms=priced(t), templates=t.letter("probe", en=("Notice", "x" * 200, "{{salutation}}")))
    t.write("facts.yaml", "schema: 1\nincident: i\nversion: 1\nvalid_from: 2026-10-18T10:00:00+09:00\nkind: none\ncertainty: confirmed\nfacts: {}\n")
    campaign = t.write("campaign.yaml", "schema: 1\ncampaign: c\ntemplate: probe\nkind: none\ncategory: service_notice\nfacts: facts.yaml\nlanguages: [en]\nchannels: [email, sms]\ncohorts: {all: people.csv}\n")
    t.write("people.csv", "id,locale,email,phone\n1,en,a@example.org,+4915112345678\n2,en,b@example.org,\n3,en,c@example.org,+15005550006\n")
    said = [line["text"] for line in t.command("check", campaign, "--json").lines() if line["rule"] == "sms-cost"]
    t.equal(said, ["the SMS over texts take 4 parts and cost 0.33 EUR for 2 people"], "two of three have a number")


# what commands say of a description


def explain(t, gateway, body, *arguments):
    return t.command("gateway", "explain", gateway, "--answer", "-", *arguments, text=body)


def test_explain_says_which_line_decides_and_why_not_the_ones_before(t):
    t.configure()
    answer = explain(t, "twilio", '{"code": 21610, "message": "unsubscribed"}', "--status", "400", "--json").json()
    t.equal((answer["outcome"], answer["cause"]), ("suppress", "opted_out"), "an opt-out")
    t.equal([line["holds"] for line in answer["answers"]], [False, False, False, True], "the lines before it")
    t.equal(answer["answers"][0]["why"], "the status is 400, not 201", "the first")
    t.equal(answer["answers"][2]["why"], "/code is 21610, not one of 20429, 21611, 30001", "the third")
    with open(answer["file"], encoding="utf-8") as file:
        t.contains(file.read().splitlines()[answer["line"] - 1], "21610", "the line it names")
    accepted = explain(t, "nhncloud", json.dumps({"header": {"isSuccessful": True}, "body": {"data": {"requestId": "r", "sendResultList": [{"resultCode": 0, "recipientSeq": 1}]}}}), "--json").json()
    t.equal((accepted["outcome"], accepted["message_id"]), ("delivered", "r#1"), "an id of two parts")
    shown = explain(t, "vonage", '{"messages": [{"status": "1"}]}', "--retry-after", "30").out
    t.matches(shown, r'vonage\.yaml:\d+: no: /messages/0/status is "1", not "0"\n.*vonage\.yaml:\d+: yes', "for people")
    t.contains(shown, "wait      30 s", "how long")


def test_explain_says_when_an_answer_cannot_be_judged(t):
    t.configure()
    cut = explain(t, "twilio", '{"sid": "SM', "--status", "201", "--json").json()
    t.equal((cut["outcome"], cut["line"]), ("uncertain", None), "half an answer")
    none = explain(t, "sipgate", "", "--status", "418", "--json").json()
    t.equal((none["outcome"], none["line"], len(none["answers"])), ("permanent", None, 6), "what holds for every gateway")
    t.equal(explain(t, "twillio", "x").status, 66, "an unknown name")
    t.equal(explain(t, "twilio", "x", "--status", "42").status, 64, "no status")


def test_check_reads_every_description_also_those_nobody_uses(t):
    t.configure(gateways=described(t))
    t.equal(t.command("check").status, 0, "the shipped ones and the one of the guide")
    broken = t.write("gateways/broken.yaml", "gateway: broken\nrequest: {method: POST, url: \"https://x.example/\", json: {to: \"{{to.e614}}\"}}\nresponse:\n  answers:\n    - {status: 200, class: acepted}\n")
    for arguments in ((), (broken,)):
        answer = t.command("check", *arguments)
        t.equal(answer.status, 65, "mistakes are an error")
        t.matches(answer.out, r"gateways/broken\.yaml:2:63: error: .*to\.e614.*did you mean .to\.e164", "a name")
        t.matches(answer.out, r"gateways/broken\.yaml:5:28: error: .*acepted", "a class")
    (row,) = [row for row in t.command("gateway", "list", "--json").lines() if row["gateway"] == "broken"]
    t.equal(row["valid"], False, "in the list")


def test_list_says_who_uses_a_gateway_and_how_it_was_verified(t):
    t.configure(sms=t.sms_transport(t.faulty_gateway()))
    rows = {row["gateway"]: row for row in t.command("gateway", "list", "--json").lines()}
    t.equal({name for name, row in rows.items() if not row["valid"] or not row["verified"] or not row["unverified"]}, set(), "each says both")
    t.equal(set(rows), {"kannel", *(set(sms_providers.PROVIDERS) - {"example-telecom"})}, "names")
    t.equal((rows["kannel"]["transports"], rows["twilio"]["transports"]), ("texts", None), "who uses them")
    t.equal((rows["twilio"]["reports"], rows["aligo"]["reports"], rows["solapi"]["profile"]), (True, False, "kr"), "what they can")


def test_a_message_to_try_a_gateway_really_leaves(t):
    provider, gateway = sms_providers.PROVIDERS["solapi"], mock(t, "solapi")
    t.configure(sms=transport(t, gateway, provider))
    answer = t.command("gateway", "test", "texts", "--to", provider.number("ok"), "--text", "안녕 {{to}}", "--json").json()
    (got,) = gateway.log("received.jsonl")
    t.equal((got["text"], got["to"], got["wrong"]), ("안녕 {{to}}", provider.number("ok"), None), "what arrived")
    t.equal((answer["outcome"], answer["message_id"]), ("delivered", got["id"]), "what is told")
    refused = t.command("gateway", "test", "solapi", "--to", provider.number("no_money"))
    t.equal(refused.status, 1, "it was not taken")
    t.contains(refused.out, "config (balance) over texts", "by its name as gateway")


def test_a_gateway_that_reports_is_tried_before_the_first_run(t):
    provider, gateway = sms_providers.PROVIDERS["nhncloud"], mock(t, "nhncloud")
    t.configure(sms=transport(t, gateway, provider), api={"listen": "127.0.0.1:8025"})
    answer = t.command("gateway", "test", "texts", "--to", provider.number("ok"))
    t.equal(answer.status, 0, f"exit status: {answer.err}")
    t.contains(answer.err, "will be refused", "that its report is lost")
    t.equal(len(gateway.log("received.jsonl")), 1, "messages that arrived")
    t.check(not os.path.exists(os.path.join(t.spool, "token.key")), "it made the key of the spool")


def test_in_trial_mode_only_allowed_numbers_get_a_message(t):
    phones = t.faulty_gateway()
    t.configure(sms=t.sms_transport(phones), trial=True, allow=["+4915112345678"])
    denied = t.command("gateway", "test", "texts", "--to", "+4915112345679")
    t.equal((denied.status, phones.received()), (77, []), "nothing left")
    t.contains(denied.err, "not on the allow list", "why")
    allowed = t.command("gateway", "test", "texts", "--to", "+4915112345678")
    t.equal((allowed.status, [r["to"] for r in phones.received()]), (0, ["+4915112345678"]), "the one that is allowed")
    t.contains(allowed.out, "trial mode is on", "and it is said")


# reports


def start_with_api(t, sms, **keys):
    """A daemon that hears reports; the address by which the world knows its API, signed by some gateways."""
    (port,) = lib.peer.free_ports(1)
    begin(t, "reports")
    api = {"listen": f"127.0.0.1:{port}", "public_url": f"http://localhost:{port}"}
    t.configure(sms=sms, templates=letter(t), gateways=described(t), api=api, **keys)
    t.daemon.start()
    t.wait(lambda: lib.kannel.is_open(port), 10, "the API to listen")
    return api["public_url"]


def hear(request):
    """Sends a report as the provider would: status and body of the answer."""
    method, url, headers, body = request
    made = urllib.request.Request(url, data=body if method == "POST" else None, headers=headers, method=method)
    try:
        with urllib.request.urlopen(made, timeout=lib.LEAST_WAIT_S * lib.PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def receipts(t, identity):
    return [line["receipt"] for line in t.command("show", identity, "--json").lines() if "receipt" in line]


REPLIES = {"jasmin": (200, "ACK/Jasmin"), "twilio": (204, ""), "messagebird": (200, "OK"), "linkmobility": (200, "{}")}
SIGNED = {"twilio": "X-Twilio-Signature", "messagebird": "MessageBird-Signature-JWT", "nhncloud": "X-Toast-Webhook-Signature"}


def send_three(t, gateway, provider):
    """Their ids of the messages n0 to n2."""
    t.enqueue(*[notice(f"n{n}", provider.number("ok"), f"Text {n}") for n in range(3)])
    for n in range(3):
        t.wait_for_state(f"n{n}", "delivered", channel="sms")
    log = {line["text"][-1]: line for line in gateway.log("received.jsonl")}
    t.equal([line for line in gateway.log("received.jsonl") if line["wrong"]], [], f"{provider.name}: requests that its documents do not allow")
    return [log[str(n)] for n in range(3)]


def forged(provider, request):
    """The same request, as a stranger would make it who knows the address."""
    method, url, headers, body = request
    if provider.name in SIGNED:
        return (method, url, {**headers, SIGNED[provider.name]: headers[SIGNED[provider.name]][:-2] + "xx"}, body)
    if provider.name == "vonage":
        return (method, url, headers, body.replace(b'"failed"', b'"rejected"'))
    return (method, url[:-1] + ("a" if url[-1] != "a" else "b"), headers, body)  # who does not know it


def check_reports(t, name):
    provider, gateway = sms_providers.PROVIDERS[name], mock(t, name)
    public = start_with_api(t, transport(t, gateway, provider))
    sent = send_three(t, gateway, provider)
    url = t.command("gateway", "url", "texts").out.strip()
    t.matches(url, "^" + re.escape(public) + "/reports/texts/[0-9a-v-]+$", "the address")
    t.check(all(line["callback"] in (None, url) for line in sent), f"{name}: callbacks {[line['callback'] for line in sent]}")
    reply = REPLIES.get(name, (200, ""))
    failed = provider.report(sent[0]["id"], "n0", "failed", url)
    t.equal(hear(failed), reply, f"{name}: what it hears")
    t.equal(t.row("n0", channel="sms")["state"], "failed", f"{name}: n0 was reported as failed")
    t.equal(hear(failed), reply, f"{name}: what it hears the second time")
    t.equal(hear(provider.report(sent[1]["id"], "n1", "delivered", url)), reply, f"{name}: what it hears of n1")
    t.equal(t.row("n1", channel="sms")["state"], "delivered", f"{name}: n1 was reported as delivered")
    status, _ = hear(forged(provider, provider.report(sent[2]["id"], "n2", "failed", url)))
    t.check(status in (403, 404), f"{name}: a forged report is answered with {status}")
    t.equal(t.row("n2", channel="sms")["state"], "delivered", f"{name}: n2 does not move")


def test_reports_of_jasmin(t):
    check_reports(t, "jasmin")


def test_reports_of_twilio(t):
    check_reports(t, "twilio")


def test_reports_of_vonage(t):
    check_reports(t, "vonage")


def test_reports_of_seven(t):
    check_reports(t, "seven")


def test_reports_of_messagebird(t):
    check_reports(t, "messagebird")


def test_reports_of_linkmobility(t):
    check_reports(t, "linkmobility")


def test_reports_of_nhncloud(t):
    check_reports(t, "nhncloud")


def test_reports_of_solapi(t):
    check_reports(t, "solapi")


def test_a_real_kannel_sends_and_reports(t):
    phones = t.kannel()
    texts = [*GSM_TEXTS, "x" * 300, "가" * 130]
    start_with_api(t, t.sms_transport(phones))
    t.enqueue(*[notice(f"k{n}", f"+4915100000{n:02d}", text) for n, text in enumerate(texts)])
    for n, text in enumerate(texts):
        t.wait_for_state(f"k{n}", "delivered", channel="sms")
        t.wait(lambda: "confirmed" in receipts(t, f"k{n}"), 15, f"Kannel to report k{n}")
    got = {message["to"]: (message["text"], message["parts"]) for message in phones.received()}
    t.equal(got, {f"+4915100000{n:02d}": (text, 2 if n > 1 else 1) for n, text in enumerate(texts)}, "what arrived")


def test_the_key_of_the_address_is_made_by_the_daemon_alone(t):
    """Made by root it would be a file the daemon's user cannot open."""
    provider, gateway = sms_providers.PROVIDERS["nhncloud"], mock(t, "nhncloud")
    start_with_api(t, transport(t, gateway, provider))
    t.equal(t.daemon.stop(), 0, "exit status")
    os.unlink(os.path.join(t.spool, "token.key"))
    answer = t.command("gateway", "url", "texts")
    t.equal((answer.status, answer.out), (66, ""), "without a key")
    t.contains(answer.err, "start the daemon once", "what to do")
    t.check(not os.path.exists(os.path.join(t.spool, "token.key")), "it made a key")
    t.daemon.start()
    t.contains(t.command("gateway", "url", "texts").out, "/reports/texts/", "the address")


def test_a_report_clears_up_what_was_uncertain(t):
    provider, gateway = sms_providers.PROVIDERS["nhncloud"], mock(t, "nhncloud")
    start_with_api(t, transport(t, gateway, provider))
    t.enqueue(*[notice(f"n{n}", provider.number("lost_id"), f"Text {n}") for n in range(2)])
    for n in range(2):
        t.wait_for_state(f"n{n}", "uncertain", channel="sms")
    url = t.command("gateway", "url", "texts").out.strip()
    for n, kind in enumerate(("delivered", "failed")):
        t.equal(hear(provider.report("unknown", f"n{n}", kind, url))[0], 200, f"n{n}: what it hears")
        t.equal(t.row(f"n{n}", channel="sms")["state"], kind, f"n{n}: by our own key")


def test_who_said_no_in_a_report_gets_nothing_more(t):
    provider, gateway = sms_providers.PROVIDERS["twilio"], mock(t, "twilio")
    start_with_api(t, transport(t, gateway, provider))
    sent = send_three(t, gateway, provider)
    url = t.command("gateway", "url", "texts").out.strip()
    t.equal(hear(provider.report(sent[0]["id"], "n0", "optout", url))[0], 204, "what it hears")
    t.enqueue(notice("later", provider.number("ok"), "Text"))
    row = t.wait_for_state("later", "suppressed", channel="sms")
    t.equal((row["cause"], len(gateway.log("received.jsonl"))), ("opted_out", 3), "nothing more was sent")


def test_only_a_number_that_is_gone_is_kept_off_by_a_report(t):
    provider, gateway = sms_providers.PROVIDERS["twilio"], mock(t, "twilio")
    start_with_api(t, transport(t, gateway, provider))
    url = t.command("gateway", "url", "texts").out.strip()
    kinds = {"failed": "+4915100001000", "unknown_handset": "+4915100002000", "landline_or_carrier": "+4915100003000"}
    for kind, number in kinds.items():
        t.enqueue(notice(kind, number, "Text"))
        t.wait_for_state(kind, "delivered", channel="sms")
        sent = gateway.log("received.jsonl")[-1]
        t.equal(hear(provider.report(sent["id"], kind, kind, url))[0], 204, f"{kind}: what it hears")
        t.equal(t.row(kind, channel="sms")["state"], "failed", kind)
    listed = t.command("suppress", "list", "--json").lines()
    t.equal([(row["address"], row["cause"]) for row in listed], [(kinds["unknown_handset"], "bad_recipient")], "who is not written to again")


def test_reports_of_a_provider_that_is_only_a_file(t):
    check_reports(t, "example-telecom")


def test_a_cause_nobody_knows_is_told_with_the_one_that_was_meant(t):
    folder = os.path.join(t.dir, "gateways")
    shutil.copytree(os.path.join(lib.ROOT, "config", "gateways"), folder)
    t.configure(gateways=folder)
    t.check("gateway-cause" not in t.command("check").out, "our own descriptions have known causes only")
    path = os.path.join(folder, "twilio.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as out:
        out.write(text.replace("cause: bad_recipient", "cause: bad_recipent", 1))
    answer = t.command("check")
    t.contains(answer.out + answer.err, "did you mean bad_recipient?", "what was meant")

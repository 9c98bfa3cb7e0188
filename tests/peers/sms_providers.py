#!/usr/bin/env python3
"""sms_providers.py: SMS providers as their own documents describe them, and nothing that these do not describe.

  sms_providers.py --dir DIR --provider NAME

Every request is held to the documents: method, path, authentication or signature (computed here, by other code than
the dispatcher's), type of the body, names and types of its fields, charset. What they do not allow is answered with
400 and stands in the log as `wrong`: a test then fails. Which answer a good request gets follows from the last two
digits of the recipient: the place of a kind in PROVIDERS[NAME].kinds, 00 being `ok`.

In DIR: received.jsonl, one line per request, on disk before the answer:
  {"wrong": null or a sentence, "kind", "to", "text", "sender", "callback", "id", "extra"}

PROVIDERS[NAME].report() makes a delivery report as the provider would send it.
"""

import argparse
import base64
import calendar
import collections
import hashlib
import hmac
import json
import os
import re
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler

import peer

GSM7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
HTML = "<!DOCTYPE html><html><body><h1>Welcome to the guest network</h1></body></html>"
KOREAN_WORDS = "정상 처리되었습니다".encode("euc-kr")

Message = collections.namedtuple("Message", "to text sender callback extra", defaults=(None, None, None))
# What a kind of answer is on the wire. `cut`: fewer bytes than Content-Length says.
Answer = collections.namedtuple("Answer", "status body headers cut", defaults=({}, False))


class Wrong(Exception):
    """What the documents of the provider do not allow."""


def need(condition, sentence):
    if not condition:
        raise Wrong(sentence)


def is_gsm7(text):
    return all(character in GSM7 for character in text)


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.body = method, target, body
        self.path, _, self.query = target.partition("?")
        self.headers = {name.lower(): value for name, value in headers}

    def line(self, method, path):
        need(self.method == method, f"the method is {self.method}, not {method}")
        need(urllib.parse.unquote(self.path) == path, f"the path is {self.path}, not {path}")
        need(self.query == "", f"there is a query: {self.query}")

    def header(self, name, value):
        need(self.headers.get(name.lower()) == value, f"the header {name} is {self.headers.get(name.lower())!r}")

    def basic(self, user, password):
        self.header("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())

    def form(self, required, optional=()):
        """The fields by name: UTF-8, each once, all of `required`, none but those and `optional`."""
        kind = self.headers.get("content-type", "")
        need(kind.split(";")[0] == "application/x-www-form-urlencoded", f"the body is {kind}, not a form")
        need(re.fullmatch(rb"[A-Za-z0-9._~*+&=%-]*", self.body), f"the form is not encoded: {self.body!r}")
        pairs = urllib.parse.parse_qsl(self.body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
        fields = dict(pairs)
        need(len(fields) == len(pairs), f"a field is there twice: {pairs}")
        return only(fields, required, optional)

    def json(self, required, optional=()):
        kind = self.headers.get("content-type", "").lower().replace(" ", "")
        need(kind in ("application/json", "application/json;charset=utf-8"), f"the body is {kind}, not JSON")
        return only(json.loads(self.body.decode("utf-8"), object_pairs_hook=unique), required, optional)


def unique(pairs):
    need(len(dict(pairs)) == len(pairs), f"a member is there twice: {pairs}")
    return dict(pairs)


def only(fields, required, optional=()):
    need(set(required) <= set(fields), f"missing: {sorted(set(required) - set(fields))}")
    need(set(fields) <= set(required) | set(optional), f"unknown: {sorted(set(fields) - set(required) - set(optional))}")
    return fields


def texts(fields, *names):
    for name in names:
        need(isinstance(fields[name], str) and fields[name] != "", f"{name} is no text: {fields[name]!r}")


def e164(number):
    need(re.fullmatch(r"\+[1-9][0-9]{6,14}", number), f"{number!r} is no +number")
    return number


def digits(number):
    need(re.fullmatch(r"[1-9][0-9]{6,14}", number), f"{number!r} is no number of digits")
    return "+" + number


def korean(number):
    need(re.fullmatch(r"01[016789][0-9]{7,8}", number), f"{number!r} is no Korean mobile number")
    return "+82" + number[1:]


def korean_sender(number):
    need(re.fullmatch(r"[0-9]{8,11}", number), f"{number!r} is no registered sender")
    return number


def korean_text(text, kind, lms_bytes=2000):
    """EUC-KR bytes decide between SMS and LMS."""
    size = len(text.encode("euc-kr"))
    need(kind == ("SMS" if size <= 90 else "LMS"), f"{size} bytes are called {kind}")
    need(size <= lms_bytes, f"{size} bytes are too many")
    return text


def sender(text):
    need(re.fullmatch(r"\+?[0-9]{5,16}|[A-Za-z0-9 ]{1,11}", text), f"{text!r} is no sender")
    return text


def callback(url):
    need(url is None or re.fullmatch(r"https?://[^/?#]+/reports/[^/?#]+/[a-z0-9-]+(\?.*)?", url), f"{url!r} is no callback")
    return url


def hex_hmac(key, data, algorithm=hashlib.sha256):
    return hmac.new(key.encode(), data.encode(), algorithm).hexdigest()


def base64_hmac(key, data, algorithm=hashlib.sha256):
    return base64.b64encode(hmac.new(key.encode(), data.encode(), algorithm).digest()).decode()


class Provider:
    """`name` is the gateway description; `vars` what the transport sets, {"secret": ...} being secrets."""

    name = None
    vars = {}
    sender = "+15005550006"
    prefix = "+4915100000"  # two digits follow
    ok_type = "application/json"

    def read(self, request):
        """The Message; Wrong."""
        raise NotImplementedError

    def ok(self, message_id):
        raise NotImplementedError

    def errors(self):
        """{kind: Answer}, what the documents say."""
        return {}

    def kinds(self):
        """Every answer there is: theirs, and what goes wrong on the way. The order gives the numbers."""
        good = self.ok("m-0")
        kinds = {"ok": None, **self.errors(), "server_error": Answer(503, HTML, {"Content-Type": "text/html"}), "welcome_page": Answer(200, HTML, {"Content-Type": "text/html"})}
        if good.body:
            kinds["cut_off"] = good._replace(cut=True)
            kinds["truncated"] = good._replace(body=good.body[: len(good.body) // 2])
        return kinds

    def number(self, kind):
        return f"{self.prefix}{list(self.kinds()).index(kind):02d}"

    def kind_of(self, to):
        return list(self.kinds())[int(to[-2:])]

    def report(self, message_id, key, kind, url):
        """(method, url, headers, body) of a report; kind is delivered, failed or optout. None: it has none."""
        return None


def as_json(status, value, **headers):
    return Answer(status, json.dumps(value), {"Content-Type": "application/json", **headers})


def get(url, **fields):
    return ("GET", url + ("&" if "?" in url else "?") + urllib.parse.urlencode(fields), {}, b"")


def post_form(url, fields, **headers):
    return ("POST", url, {"Content-Type": "application/x-www-form-urlencoded", **headers}, urllib.parse.urlencode(fields).encode())


def post_json(url, value, **headers):
    return ("POST", url, {"Content-Type": "application/json", **headers}, json.dumps(value).encode())


class Jasmin(Provider):
    name = "jasmin"
    vars = {"user": "tester", "password": {"secret": "foobar"}}
    sender = "Example"

    def read(self, request):
        request.line("POST", "/send")
        report = ("dlr", "dlr-url", "dlr-level", "dlr-method")
        f = request.form(("username", "password", "to", "from", "coding"), ("content", "hex-content", *report))
        need((f["username"], f["password"]) == ("tester", "foobar"), "wrong user or password")
        need(("content" in f) != ("hex-content" in f), "content or hex-content, one of them")
        need({name in f for name in report} != {True, False}, "half a request for reports")
        need("dlr" not in f or (f["dlr"], f["dlr-level"], f["dlr-method"]) == ("yes", "3", "POST"), "wrong dlr")
        return Message(digits(f["to"]), self.text(f), sender(f["from"]), callback(f.get("dlr-url")))

    @staticmethod
    def text(f):
        if f["coding"] == "0":
            need(is_gsm7(f.get("content", "한")), "coding 0 needs content in GSM-7")
            return f["content"]
        need(f["coding"] == "8" and re.fullmatch("([0-9A-Fa-f]{4})+", f.get("hex-content", "")), "coding 8 needs hex-content")
        return bytes.fromhex(f["hex-content"]).decode("utf-16-be")

    def ok(self, message_id):
        return Answer(200, f'Success "{message_id}"')

    def errors(self):
        return {
            "throughput": Answer(403, 'Error "User throughput exceeded"'),
            "bad_number": Answer(400, 'Error "Argument [to] has an invalid value: [0]."'),
            "no_route": Answer(412, 'Error "No route found"'),
            "bad_password": Answer(403, 'Error "Authentication failure for username:tester"'),
            "lost_id": Answer(200, 'Success ""'),
        }

    def report(self, message_id, key, kind, url):
        word = {"delivered": "DELIVRD", "failed": "UNDELIV"}[kind]
        return post_form(url, {"id": message_id, "message_status": word, "level": "2", "id_smsc": "77", "subdate": "2611220900", "donedate": "2611220901", "sub": "001", "dlvrd": "001", "err": "000", "text": "-"})


class Twilio(Provider):
    name = "twilio"
    vars = {"account": "AC00000000000000000000000000000000", "token": {"secret": "12345"}}

    def read(self, request):
        request.line("POST", f"/2010-04-01/Accounts/{self.vars['account']}/Messages.json")
        request.basic(self.vars["account"], "12345")
        f = request.form(("To", "From", "Body"), ("StatusCallback",))
        need(1 <= len(f["Body"]) <= 1600, f"the body has {len(f['Body'])} characters")
        return Message(e164(f["To"]), f["Body"], sender(f["From"]), callback(f.get("StatusCallback")))

    def ok(self, message_id):
        return as_json(201, {"sid": message_id, "status": "queued", "num_segments": "1", "error_code": None, "error_message": None})

    @staticmethod
    def error(status, code, message="", **headers):
        return as_json(status, {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}, **headers)

    def errors(self):
        return {
            "throttled": self.error(429, 20429, "Too Many Requests", **{"Retry-After": "120"}),
            "queue_full": self.error(400, 21611, "This 'From' number has exceeded the maximum number of queued messages"),
            "bad_number": self.error(400, 21211, "Invalid 'To' Phone Number"),
            "no_mobile": self.error(400, 21614, "'To' number is not a valid mobile number"),
            "landline": self.error(400, 21635, "'To' number cannot be a landline"),
            "no_route": self.error(400, 21612, "Message cannot be sent with the current combination of 'To' and/or 'From' parameters"),
            "opted_out": self.error(400, 21610, "Attempt to send to unsubscribed recipient"),
            "bad_token": self.error(401, 20003, "Authenticate"),
            "bad_sender": self.error(400, 21606, "The 'From' phone number is not a valid, SMS-capable number"),
            "error_in_200": self.error(200, 21211, "Invalid 'To' Phone Number"),
            "lost_id": as_json(201, {"status": "queued", "num_segments": "1"}),
        }

    def report(self, message_id, key, kind, url):
        codes = {"failed": "30003", "optout": "21610", "unknown_handset": "30005", "landline_or_carrier": "30006"}
        f = {"MessageSid": message_id, "MessageStatus": "delivered" if kind == "delivered" else "undelivered", "AccountSid": self.vars["account"], "To": "+4915100000000", "From": "+15005550006", "ApiVersion": "2010-04-01"}
        if kind != "delivered":
            f["ErrorCode"] = codes[kind]
        data = url + "".join(name + f[name] for name in sorted(f))
        return post_form(url, f, **{"X-Twilio-Signature": base64_hmac("12345", data, hashlib.sha1)})


class Vonage(Provider):
    name = "vonage"
    vars = {"key": "abcd1234", "secret": {"secret": "s3cret"}, "signature_secret": {"secret": "sign-me"}}
    sender = "Example"

    def read(self, request):
        request.line("POST", "/sms/json")
        f = request.form(("api_key", "api_secret", "from", "to", "text"), ("type", "callback"))
        need((f["api_key"], f["api_secret"]) == ("abcd1234", "s3cret"), "wrong key or secret")
        need(f.get("type") == (None if is_gsm7(f["text"]) else "unicode"), f"type is {f.get('type')}")
        return Message(digits(f["to"]), f["text"], sender(f["from"]), callback(f.get("callback")))

    def ok(self, message_id):
        one = {"to": "4915100000000", "message-id": message_id, "status": "0", "remaining-balance": "3.14", "message-price": "0.0333", "network": "26201"}
        return as_json(200, {"message-count": "1", "messages": [one]})

    @staticmethod
    def error(status, text):
        return as_json(200, {"message-count": "1", "messages": [{"status": str(status), "error-text": text}]})

    def errors(self):
        return {
            "throttled": self.error(1, "Throughput Rate Exceeded - please wait [ 250 ] and retry"),
            "internal": self.error(5, "Internal Error"),
            "bad_number": self.error(3, "Invalid to address"),
            "barred": self.error(7, "Number barred"),
            "deactivated": self.error(33, "Number De-activated"),
            "bad_secret": self.error(4, "Bad Credentials"),
            "no_money": self.error(9, "Partner quota exceeded"),
            "bad_sender": self.error(15, "Illegal Sender Address - rejected"),
            "lost_id": as_json(200, {"message-count": "1", "messages": [{"status": "0"}]}),
        }

    def report(self, message_id, key, kind, url):
        words = {"delivered": ("delivered", "0"), "failed": ("failed", "1"), "optout": ("rejected", "9")}
        state, code = words[kind]
        f = {"msisdn": "4915100000000", "to": "Example", "network-code": "26201", "messageId": message_id, "price": "0.0333", "status": state, "err-code": code, "message-timestamp": "2026-11-22 09:00:00", "timestamp": str(int(time.time()))}
        data = "".join(f"&{name}={re.sub('[&=]', '_', f[name])}" for name in sorted(f))
        return post_json(url, {**f, "sig": hex_hmac("sign-me", data)})


class Sipgate(Provider):
    name = "sipgate"
    vars = {"token_id": "token-ABCDEF", "token": {"secret": "t0ken"}}
    sender = None

    def read(self, request):
        request.line("POST", "/v2/sessions/sms")
        request.basic("token-ABCDEF", "t0ken")
        f = request.json(("smsId", "recipient", "message"), ("sendAt",))
        texts(f, "smsId", "recipient", "message")
        need(f["smsId"] == "s0", f"smsId is {f['smsId']}")
        return Message(e164(f["recipient"]), f["message"])

    def ok(self, message_id):
        return Answer(204, "")

    def errors(self):
        return {
            "throttled": Answer(429, "", {"Retry-After": "60"}),
            "bad_number": as_json(400, {"message": "Bad Request"}),
            "no_money": as_json(402, {"message": "Payment Required"}),
            "bad_token": Answer(401, ""),
            "no_scope": as_json(403, {"message": "Forbidden"}),
        }


class Seven(Provider):
    name = "seven"
    vars = {"key": {"secret": "k3y"}}
    sender = "Example"

    def read(self, request):
        request.line("POST", "/api/sms")
        request.header("X-Api-Key", "k3y")
        request.header("Accept", "application/json")
        f = request.json(("to", "text", "json"), ("from", "foreign_id", "label", "flash", "delay"))
        texts(f, "to", "text", "from", "foreign_id")
        need(f["json"] == 1 and f["json"] is not True, f"json is {f['json']!r}")
        need(len(f["text"]) <= 1520, "the text is too long")
        return Message(e164(f["to"]), f["text"], sender(f["from"]), extra={"key": f["foreign_id"]})

    @staticmethod
    def answer(code, **message):
        one = {"id": None, "sender": "Example", "recipient": "4915100000000", "encoding": "gsm", "parts": 1, "price": 0.075, "success": False, "error": code, "error_text": "no", **message}
        return as_json(200, {"success": code, "total_price": 0.075, "balance": 3.218, "debug": "false", "sms_type": "direct", "messages": [one]})

    def ok(self, message_id):
        return self.answer("100", id=message_id, success=True, error=None, error_text=None)

    def errors(self):
        return {
            "internal": self.answer("600"),
            "bad_number": self.answer("202"),
            "repeated": self.answer("402"),
            "ours_failed": self.answer("101", id="m-1"),
            "as_a_number": self.answer(305),
            "bare_number": Answer(200, "202", {"Content-Type": "text/plain"}),
            "bad_key": self.answer("900"),
            "bare_bad_key": Answer(200, "900", {"Content-Type": "text/plain"}),
            "no_money": self.answer("500"),
            "bad_sender": self.answer("201"),
            "lost_id": self.answer("100", success=True),
        }

    def report(self, message_id, key, kind, url):
        word = {"delivered": "DELIVERED", "failed": "NOTDELIVERED"}[kind]
        data = {"msg_id": message_id, "status": word, "timestamp": "2026-11-22 09:00:00", "foreign_id": key}
        return post_json(url, {"webhook_event": "dlr", "webhook_timestamp": "2026-11-22 09:00:01", "data": data})


class MessageBird(Provider):
    name = "messagebird"
    vars = {"key": {"secret": "k3y"}, "signing_key": {"secret": "sign-me"}}
    sender = "Example"

    def read(self, request):
        request.line("POST", "/messages")
        request.header("Authorization", "AccessKey k3y")
        f = request.json(("recipients", "originator", "body"), ("datacoding", "reference", "reportUrl"))
        texts(f, "originator", "body", "reference")
        need(isinstance(f["recipients"], list) and len(f["recipients"]) == 1, "one recipient, in an array")
        need(f["datacoding"] in ("auto", "plain", "unicode"), f"datacoding is {f['datacoding']}")
        need(len(f["body"]) <= 1377, "the text is too long")
        return Message(digits(f["recipients"][0]), f["body"], sender(f["originator"]), callback(f.get("reportUrl")), {"key": f["reference"]})

    def ok(self, message_id):
        items = [{"recipient": 4915100000000, "status": "sent", "messagePartCount": 1}]
        return as_json(201, {"id": message_id, "href": "https://rest.messagebird.com/messages/x", "reference": "r", "recipients": {"totalCount": 1, "totalSentCount": 1, "items": items}})

    @staticmethod
    def error(status, code, text, **headers):
        return as_json(status, {"errors": [{"code": code, "description": text, "parameter": None}]}, **headers)

    def errors(self):
        return {
            "throttled": self.error(429, 101, "too many requests", **{"Retry-After": "30"}),
            "internal": self.error(500, 99, "internal error"),
            "bad_number": self.error(422, 10, "no (correct) recipients found"),
            "not_found": self.error(404, 20, "not found"),
            "bad_key": self.error(401, 2, "Request not allowed (incorrect access_key)"),
            "no_money": self.error(402, 25, "Not enough balance"),
            "error_in_200": self.error(200, 9, "no (correct) recipients found"),
            "lost_id": as_json(201, {"href": None, "recipients": {"totalCount": 1}}),
        }

    def report(self, message_id, key, kind, url):
        word = {"delivered": "delivered", "failed": "delivery_failed"}[kind]
        method, target, headers, body = get(url, id=message_id, reference=key, recipient="4915100000000", status=word, statusDatetime="2026-11-22T09:00:00+00:00", statusErrorCode="0" if kind == "delivered" else "1")
        now = int(time.time())
        claims = {"iss": "MessageBird", "nbf": now - 5, "exp": now + 60, "jti": f"j-{message_id}", "url_hash": hashlib.sha256(target.encode()).hexdigest()}
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
        mac = hmac.new(b"sign-me", ".".join(parts).encode(), hashlib.sha256).digest()
        return (method, target, {**headers, "MessageBird-Signature-JWT": ".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=").decode()])}, body)


class LinkMobility(Provider):
    name = "linkmobility"
    vars = {"user": "tester", "password": {"secret": "foobar"}, "platform": "COMMON_API", "partner": "12345", "gate": "g1"}
    sender = "Example"

    def read(self, request):
        request.line("POST", "/sms/send")
        request.basic("tester", "foobar")
        f = request.json(("source", "sourceTON", "destination", "userData", "platformId", "platformPartnerId"), ("refId", "useDeliveryReport", "deliveryReportGates"))
        texts(f, "source", "sourceTON", "destination", "userData", "platformId", "platformPartnerId", "refId")
        need((f["platformId"], f["platformPartnerId"]) == ("COMMON_API", "12345"), "wrong platform or partner")
        need(f["sourceTON"] == ("MSISDN" if f["source"].startswith("+") else "ALPHANUMERIC"), f"sourceTON is {f['sourceTON']}")
        need(f["useDeliveryReport"] is True and f["deliveryReportGates"] == ["g1"], "wrong request for reports")
        return Message(e164(f["destination"]), f["userData"], sender(f["source"]), extra={"key": f["refId"]})

    def ok(self, message_id):
        return as_json(200, {"messageId": message_id, "resultCode": 1005, "description": "Queued"})

    def errors(self):
        return {
            "bad_number": as_json(400, {"resultCode": 106204, "description": "Invalid or missing destination"}),
            "bad_password": as_json(401, {"resultCode": 106100, "description": "Invalid authentication"}),
            "internal": as_json(500, {"resultCode": 106000, "description": "Unknown error"}),
            "lost_id": as_json(200, {"resultCode": 1005, "description": "Queued"}),
        }

    def report(self, message_id, key, kind, url):
        code = {"delivered": 1001, "failed": 2104}[kind]
        return post_json(url, {"refId": key, "id": message_id, "operator": "op", "sentTimestamp": "2026-11-22T09:00:00Z", "timestamp": "2026-11-22T09:00:01Z", "resultCode": code, "operatorResultCode": "0", "segments": 1, "gateCustomParameters": {}, "customParameters": {}})


class AwsSns(Provider):
    name = "aws-sns"
    vars = {"region": "eu-central-1", "access_key": "AKIDEXAMPLE", "secret_key": {"secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}}
    sender = "Example"
    ok_type = "text/xml"

    def read(self, request):
        request.line("POST", "/")
        self.check_signature(request)
        number = [f"MessageAttributes.entry.{n}.{part}" for n in (1, 2) for part in ("Name", "Value.DataType", "Value.StringValue")]
        f = request.form(("Action", "Version", "PhoneNumber", "Message", *number))
        need((f["Action"], f["Version"]) == ("Publish", "2010-03-31"), "wrong action or version")
        need(f[number[1]] == f[number[4]] == "String", "attributes are strings")
        need(f[number[0]] == "AWS.SNS.SMS.SMSType" and f[number[2]] in ("Transactional", "Promotional"), "wrong SMSType")
        name = "AWS.MM.SMS.OriginationNumber" if f[number[5]].startswith("+") else "AWS.SNS.SMS.SenderID"
        need(f[number[3]] == name, f"the sender is called {f[number[3]]}")
        return Message(e164(f["PhoneNumber"]), f["Message"], sender(f[number[5]]), extra={"type": f[number[2]]})

    @staticmethod
    def check_signature(request):
        """Signature Version 4, as Amazon describes it: task 1 to 3."""
        found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/(\d{8})/eu-central-1/sns/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})", request.headers.get("authorization", ""))
        need(found, f"Authorization is {request.headers.get('authorization')!r}")
        day, names, signature = found.groups()
        moment = request.headers.get("x-amz-date", "")
        need(re.fullmatch(day + r"T\d{6}Z", moment), f"x-amz-date is {moment!r}")
        age = time.time() - calendar.timegm(time.strptime(moment, "%Y%m%dT%H%M%SZ"))
        need(abs(age) < 300, f"signed {age:g} s ago")
        need({"host", "x-amz-date"} <= set(names.split(";")), f"only {names} are signed")
        lines = "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in names.split(";"))
        canonical = "\n".join(["POST", "/", "", lines, names, hashlib.sha256(request.body).hexdigest()])
        scope = f"{day}/eu-central-1/sns/aws4_request"
        data = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = b"AWS4" + AwsSns.vars["secret_key"]["secret"].encode()
        for part in (day, "eu-central-1", "sns", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        need(hmac.new(key, data.encode(), hashlib.sha256).hexdigest() == signature, "the signature is wrong")

    def ok(self, message_id):
        return Answer(200, f'<PublishResponse xmlns="https://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>{message_id}</MessageId></PublishResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>', {"Content-Type": "text/xml"})

    @staticmethod
    def error(status, code, text):
        return Answer(status, f'<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message></Error><RequestId>r</RequestId></ErrorResponse>', {"Content-Type": "text/xml"})

    def errors(self):
        return {
            "throttled": self.error(400, "Throttling", "Rate exceeded"),
            "throttled_429": self.error(429, "Throttled", "Rate exceeded"),
            "internal": self.error(500, "InternalError", "internal"),
            "bad_number": self.error(400, "InvalidParameter", "Invalid parameter: PhoneNumber"),
            "opted_out": self.error(400, "OptedOut", "the number is opted out"),
            "bad_key": self.error(403, "SignatureDoesNotMatch", "wrong key"),
            "no_right": self.error(403, "AuthorizationError", "not authorized to perform: SNS:Publish"),
            "error_in_200": self.error(200, "InvalidParameter", "Invalid parameter: PhoneNumber"),
            "lost_id": Answer(200, "<PublishResponse><PublishResult></PublishResult></PublishResponse>", {"Content-Type": "text/xml"}),
        }


class KoreanProvider(Provider):
    sender = "0212345678"
    prefix = "+8210000000"

    def kinds(self):
        kinds = super().kinds()
        good = self.ok("m-0")
        # They say UTF-8 and send EUC-KR: nothing of what was said in ASCII is lost by that.
        kinds["lying_charset"] = good._replace(body=good.body.encode().replace(b"WORDS", KOREAN_WORDS), headers={"Content-Type": "application/json; charset=utf-8"})
        return kinds


class NhnCloud(KoreanProvider):
    name = "nhncloud"
    vars = {"appkey": "appk", "secret": {"secret": "s3cret"}, "webhook_secret": {"secret": "sign-me"}}
    PATHS = {"sms": "SMS", "mms": "LMS", "auth/sms": "SMS", "ad-sms": "SMS", "ad-mms": "LMS"}

    def read(self, request):
        found = re.fullmatch(r"/sms/v3\.0/appKeys/appk/sender/(.+)", request.path)
        need(found and found.group(1) in self.PATHS, f"the path is {request.path}")
        kind = self.PATHS[found.group(1)]
        request.line("POST", request.path)
        request.header("X-Secret-Key", "s3cret")
        f = request.json(("body", "sendNo", "recipientList") + (("title",) if kind == "LMS" else ()), ("senderGroupingKey",))
        texts(f, "body", "sendNo", *(("title",) if kind == "LMS" else ()))
        need(isinstance(f["recipientList"], list) and len(f["recipientList"]) == 1, "one recipient, in an array")
        one = only(f["recipientList"][0], ("internationalRecipientNo",), ("recipientGroupingKey",))
        korean_text(f["body"], kind)
        need(len(f.get("title", "").encode("euc-kr")) <= 40, "the title is too long")
        return Message(digits(one["internationalRecipientNo"]), f["body"], korean_sender(f["sendNo"]), extra={"key": one["recipientGroupingKey"], "path": found.group(1), "title": f.get("title")})

    @staticmethod
    def answer(result=0, header=0, **more):
        one = {"recipientNo": "01000000000", "resultCode": result, "resultMessage": "WORDS", "recipientSeq": 1, "recipientGroupingKey": "k"}
        body = {"data": {"requestId": "m-0", "statusCode": "2", "senderGroupingKey": "s", "sendResultList": [one], **more}}
        return as_json(200, {"header": {"isSuccessful": header == 0, "resultCode": header, "resultMessage": "WORDS"}, "body": body if header == 0 else None})

    def ok(self, message_id):
        return self.answer(requestId=message_id)

    def errors(self):
        lost = json.loads(self.answer().body)
        del lost["body"]["data"]["requestId"]
        return {
            "system_error": self.answer(header=-9999),
            "bad_number": self.answer(header=-2019),
            "emoji": self.answer(header=-2023),
            "opted_out": self.answer(header=-6001),
            "opted_out_there": self.answer(result=-6001),
            "refused_there": self.answer(result=-2019),
            "bad_key": self.answer(header=-1001),
            "bad_sender": self.answer(header=-2312),
            "lost_id": as_json(200, lost),
        }

    def report(self, message_id, key, kind, url):
        word = {"delivered": "COMPLETED", "failed": "FAILED"}[kind]
        hook = {"hookId": "h", "recipientGroupingKey": key, "requestId": message_id.split("#")[0], "recipientSeq": 1, "messageStatus": word, "resultCode": "1000" if kind == "delivered" else "E001"}
        return post_json(url, {"hooksId": "hs", "webhookConfigId": "w", "productName": "SMS", "event": "MESSAGE_RESULT_UPDATE", "hooks": [hook]}, **{"X-Toast-Webhook-Signature": "sign-me"})


class Solapi(KoreanProvider):
    name = "solapi"
    vars = {"key": "NCSAYU7YDBXYORXC", "secret": {"secret": "DUMMYSECRETDUMMYSECRETDUMMYSECRE"}}
    used = set()

    def read(self, request):
        request.line("POST", "/messages/v4/send")
        self.check_signature(request.headers.get("authorization", ""))
        m = only(request.json(("message",))["message"], ("to", "from", "text", "type"), ("country", "subject", "customFields"))
        texts(m, "to", "from", "text", "type", "country")
        need(m["country"] == "82", f"country is {m['country']}")
        need("subject" not in m or (m["type"] == "LMS" and m["subject"] != ""), "a subject belongs to an LMS")
        korean_text(m["text"], m["type"])
        return Message(korean(m["to"]), m["text"], korean_sender(m["from"]), extra={"key": m["customFields"]["key"], "type": m["type"]})

    @classmethod
    def check_signature(cls, text):
        found = re.fullmatch(r"HMAC-SHA256 apiKey=NCSAYU7YDBXYORXC, date=([^,]+), salt=([^,]+), signature=([0-9a-f]{64})", text)
        need(found, f"Authorization is {text!r}")
        date, salt, signature = found.groups()
        need(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z", date), f"date is {date!r}")
        need(12 <= len(salt) <= 64, f"the salt has {len(salt)} characters")
        age = time.time() - calendar.timegm(time.strptime(date[:19], "%Y-%m-%dT%H:%M:%S"))
        need(abs(age) < 900, f"signed {age:g} s ago")
        need(hex_hmac(cls.vars["secret"]["secret"], date + salt) == signature, "the signature is wrong")
        need(signature not in cls.used, "the signature was used before")
        cls.used.add(signature)

    def ok(self, message_id):
        return as_json(200, {"groupId": "g", "to": "01000000000", "from": "0212345678", "type": "SMS", "statusMessage": "WORDS", "country": "82", "messageId": message_id, "statusCode": "2000", "accountId": "a"})

    @staticmethod
    def code(code):
        return as_json(200, {"groupId": "g", "statusMessage": "no", "messageId": "m-1", "statusCode": code})

    @staticmethod
    def error(status, code):
        return as_json(status, {"errorCode": code, "errorMessage": "no"})

    def errors(self):
        return {
            "signature_used": self.error(400, "DuplicatedSignature"),
            "later": self.code("1024"),
            "bad_text": self.code("1029"),
            "refused": self.code("1011"),
            "opted_out": self.code("1061"),
            "throttled": Answer(429, "", {"Retry-After": "40"}),
            "bad_key": self.error(403, "InvalidAPIKey"),
            "bad_clock": self.error(403, "RequestTimeTooSkewed"),
            "bad_sender": self.code("1062"),
            "no_money": self.error(402, "NotEnoughBalance"),
            "lost_id": as_json(200, {"groupId": "g", "statusCode": "2000"}),
        }

    def report(self, message_id, key, kind, url):
        code = {"delivered": "4000", "failed": "3059"}[kind]
        return post_json(url, [{"messageId": message_id, "statusCode": code, "to": "01000000000", "type": "SMS", "customFields": {"key": key}}])


class Aligo(KoreanProvider):
    name = "aligo"
    vars = {"user": "tester", "key": {"secret": "k3y"}}

    def read(self, request):
        request.line("POST", "/send/")
        f = request.form(("key", "user_id", "sender", "receiver", "msg", "msg_type"), ("title",))
        need((f["key"], f["user_id"]) == ("k3y", "tester"), "wrong key or user")
        need("title" not in f or (f["msg_type"] == "LMS" and f["title"] != ""), "a title belongs to an LMS")
        need(len(f.get("title", "").encode("euc-kr")) <= 44, "the title is too long")
        return Message(korean(f["receiver"]), korean_text(f["msg"], f["msg_type"]), korean_sender(f["sender"]), extra={"type": f["msg_type"], "title": f.get("title")})

    def ok(self, message_id):
        return as_json(200, {"result_code": "1", "message": "WORDS", "msg_id": message_id, "success_cnt": 1, "error_cnt": 0, "msg_type": "SMS"})

    @staticmethod
    def error(code, text="no"):
        return as_json(200, {"result_code": code, "message": text})

    def errors(self):
        lying = self.error(-101, "WORDS")
        return {
            "as_a_number": as_json(200, {"result_code": 1, "message": "success", "msg_id": 123456789}),
            "refused": self.error("-109"),
            "bad_key": self.error(-101),
            "bad_key_in_euc_kr": lying._replace(body=lying.body.encode().replace(b"WORDS", KOREAN_WORDS)),
            "lost_id": self.error("1", "success"),
        }


class NaverSens(KoreanProvider):
    name = "naver-sens"
    vars = {"service": "ncp:sms:kr:000000000000:test", "access_key": "DUMMYACCESSKEY", "secret_key": {"secret": "DUMMYSECRETKEY"}}

    def read(self, request):
        path = f"/sms/v2/services/{self.vars['service']}/messages"
        request.line("POST", path)
        moment = request.headers.get("x-ncp-apigw-timestamp", "")
        need(re.fullmatch(r"\d{13}", moment) and abs(time.time() - int(moment) / 1000) < 300, f"the timestamp is {moment!r}")
        request.header("x-ncp-iam-access-key", "DUMMYACCESSKEY")
        request.header("x-ncp-apigw-signature-v2", base64_hmac("DUMMYSECRETKEY", f"POST {request.target}\n{moment}\nDUMMYACCESSKEY"))
        f = request.json(("type", "from", "content", "messages"), ("contentType", "countryCode", "subject"))
        texts(f, "type", "from", "content", "contentType", "countryCode")
        need(f["contentType"] in ("COMM", "AD") and f["countryCode"] == "82", "wrong contentType or countryCode")
        need("subject" not in f or (f["type"] == "LMS" and f["subject"] != ""), "a subject belongs to an LMS")
        need(isinstance(f["messages"], list) and len(f["messages"]) == 1, "one recipient, in an array")
        to = only(f["messages"][0], ("to",))["to"]
        return Message(korean(to), korean_text(f["content"], f["type"]), korean_sender(f["from"]), extra={"type": f["type"], "content": f["contentType"]})

    def ok(self, message_id):
        return as_json(202, {"requestId": message_id, "requestTime": "2026-11-22T09:00:00.000", "statusCode": "202", "statusName": "success WORDS"})

    @staticmethod
    def error(status, text):
        return as_json(status, {"status": status, "errorMessage": text})

    def errors(self):
        return {
            "throttled": Answer(429, "", {"Retry-After": "50"}),
            "bad_request": self.error(400, "Bad Request Exception"),
            "bad_signature": self.error(401, "Permission Denied"),
            "forbidden": self.error(403, "Forbidden"),
            "no_service": self.error(404, "Not Found"),
            "error_in_202": as_json(202, {"requestId": "m-1", "statusCode": "404", "statusName": "fail"}),
            "lost_id": as_json(202, {"statusCode": "202", "statusName": "success"}),
        }


class ExampleTelecom(Provider):
    """Nobody's: the one that docs/gateways.md describes from nothing."""

    name = "example-telecom"
    vars = {"token": {"secret": "t0ken"}}
    sender = None

    def read(self, request):
        request.line("POST", "/v1/messages")
        request.header("X-Token", "t0ken")
        f = request.json(("to", "text", "priority"), ("hook",))
        texts(f, "to", "text")
        need(f["priority"] is False, f"priority is {f['priority']!r}")
        return Message(e164(f["to"]), f["text"], callback=callback(f.get("hook")))

    def ok(self, message_id):
        return as_json(200, {"ok": True, "id": message_id})

    def errors(self):
        return {
            "throttled": Answer(429, "", {"Retry-After": "25"}),
            "bad_number": as_json(200, {"ok": False, "error": "unknown_number"}),
            "bad_key": as_json(200, {"ok": False, "error": "bad_token"}),
            "lost_id": as_json(200, {"ok": True}),
        }

    def report(self, message_id, key, kind, url):
        return post_json(url, {"id": message_id, "state": {"delivered": "arrived", "failed": "lost"}[kind]})


PROVIDERS = {
    made.name: made()
    for made in (Jasmin, Twilio, Vonage, Sipgate, Seven, MessageBird, LinkMobility, AwsSns, NhnCloud, Solapi, Aligo, NaverSens, ExampleTelecom)
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.take()

    def do_POST(self):
        self.take()

    def take(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        request = Request(self.command, self.path, self.headers.items(), body)
        try:
            message = self.server.provider.read(request)
            kind = self.server.provider.kind_of(message.to)
        except (Wrong, ValueError, KeyError, TypeError, IndexError) as wrong:
            self.server.log.append(wrong=f"{type(wrong).__name__}: {wrong}", target=self.path, body=body.decode("utf-8", "replace"))
            self.answer(Answer(400, "not as documented"))
            return
        message_id = f"id-{self.server.numbers.next()}" if kind == "ok" else None
        self.server.log.append(wrong=None, kind=kind, id=message_id, **message._asdict())
        self.answer(self.server.provider.ok(message_id) if kind == "ok" else self.server.kinds[kind])

    def answer(self, answer):
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if answer.cut:
            body, self.close_connection = body[: len(body) // 2], True
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(peer.HttpServer):
    def __init__(self, args):
        super().__init__("127.0.0.1", args.port, Handler)
        self.provider = PROVIDERS[args.provider]
        self.kinds = self.provider.kinds()
        self.log = peer.Log(os.path.join(args.dir, "received.jsonl"))
        self.numbers = peer.Counter()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--provider", required=True, choices=sorted(PROVIDERS))
    parser.add_argument("--port", type=int, default=0)
    args = parser.parse_args()
    os.makedirs(args.dir, exist_ok=True)
    peer.serve(Server(args))


if __name__ == "__main__":
    main()

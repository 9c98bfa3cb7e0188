"""Asking oracle.js from Python."""

import base64
import json
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def ask(what, question, *arguments):
    data = question if isinstance(question, bytes) else json.dumps(question, ensure_ascii=False).encode()
    command = ["node", os.path.join(HERE, "oracle.js"), what, *arguments]
    answer = subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(answer)


def request(headers, body):
    return {"headers": headers, "body": base64.b64encode(body).decode()}


def verdict(secret, headers, body):
    """What npm standardwebhooks says about a request: {"accepted", "why"}."""
    return ask("webhook", request(headers, body), secret)

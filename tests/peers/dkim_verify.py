#!/usr/bin/python3
"""dkim_verify.py NAME RECORD: is the mail on standard input signed well? Status 0 or 1; asks no DNS.

The judge is dkimpy (Debian: python3-dkim, for Debian's own Python). NAME is s1._domainkey.example.org, RECORD its
TXT record.
"""

import sys

import dkim


def main():
    name, record = (word.encode() for word in sys.argv[1:3])
    raw = sys.stdin.buffer.read()
    sys.exit(0 if dkim.verify(raw, dnsfunc=lambda asked, timeout=5: record if asked.rstrip(b".") == name else None) else 1)


main()

"""Short cuts of case_verbs.py."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from suite import run_short


def test_what_people_do_is_killed_at_some_calls():
    run_short("kill-verb-each-call")


def test_what_people_do_meets_a_disk_that_fails():
    run_short("fail-verb-each-call")


def test_an_undo_of_a_daemon_meets_a_disk_that_fails():
    run_short("fail-undo-in-daemon")


def test_what_people_do_meets_a_full_disk():
    run_short("full-disk-verb")

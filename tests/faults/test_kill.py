"""Short cuts of case_kill.py."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from suite import run_short


def test_the_daemon_is_killed_at_some_of_its_first_calls():
    run_short("kill-daemon-each-call")


def test_the_daemon_is_killed_at_random_calls():
    run_short("kill-daemon-often")


def test_a_worker_is_killed_at_some_of_its_first_calls():
    run_short("kill-worker-each-call")


def test_workers_are_killed_at_random_calls():
    run_short("kill-worker-often")


def test_enqueue_is_killed_at_some_of_its_calls():
    run_short("kill-enqueue-each-call")


def test_all_processes_are_killed_at_once():
    run_short("kill-session-often")

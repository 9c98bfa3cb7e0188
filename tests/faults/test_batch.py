"""Short cuts of case_batch.py."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from suite import run_short


def test_the_daemon_is_killed_while_a_batch_comes_in():
    run_short("kill-batch-daemon-each-call")


def test_the_reader_of_a_batch_is_killed():
    run_short("kill-batch-reader-each-call")


def test_the_daemon_is_killed_again_and_again_with_a_batch():
    run_short("kill-batch-often")


def test_enqueue_of_a_batch_is_killed():
    run_short("kill-enqueue-batch-each-call")


def test_power_cuts_lose_nothing_of_a_batch():
    run_short("power-cut-batch")


def test_a_full_disk_refuses_a_batch_or_takes_it_later():
    run_short("full-disk-batch")


def test_a_bigger_batch_with_kills():
    run_short("batch-big")

"""Short cuts of case_clock.py, case_operator.py and case_peer.py."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from suite import run_short


def test_operators_come_all_at_once():
    run_short("operators-at-once")


def test_it_is_stopped_and_started():
    run_short("sigterm-often")


def test_receivers_are_down_for_a_while():
    run_short("peer-dead")


def test_receivers_reset_connections():
    run_short("peer-resets")


def test_receivers_are_slow():
    run_short("peer-slow")


def test_receivers_say_later():
    run_short("peer-refuses")


def test_the_clock_jumps_forward():
    run_short("clock-forward")


def test_the_clock_jumps_back():
    run_short("clock-back")


def test_the_clock_jumps_forward_and_no_text_is_early():
    run_short("patience-forward")


def test_the_clock_jumps_back_and_no_text_is_late():
    run_short("patience-back")


def test_the_clock_jumps_forward_under_a_campaign():
    run_short("campaign-forward")


def test_the_clock_jumps_back_under_a_campaign():
    run_short("campaign-back")


def test_the_clock_runs_a_hundred_times_as_fast():
    run_short("clock-fast")


def test_an_hour_without_a_smarthost():
    run_short("hour-without-smarthost")

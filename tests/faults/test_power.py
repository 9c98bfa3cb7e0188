"""Short cuts of case_power.py."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from suite import run_short


def test_power_cuts_lose_nothing_that_was_accepted():
    run_short("power-cut")


def test_a_missing_sync_of_a_directory_is_found():
    run_short("power-cut-no-dirsync")


def test_a_missing_sync_of_the_ledger_is_found():
    run_short("power-cut-no-walsync")


def test_a_missing_sync_of_a_file_is_found():
    run_short("power-cut-no-filesync")

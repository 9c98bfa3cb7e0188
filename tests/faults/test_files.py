"""Short cuts of case_files.py."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from suite import run_short


def test_a_damaged_ledger_invents_nothing():
    run_short("damaged-ledger")


def test_strange_files_are_set_aside_with_a_reason():
    run_short("strange-files")

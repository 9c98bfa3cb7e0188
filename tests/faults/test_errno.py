"""Short cuts of case_errno.py."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from suite import run_short


def test_a_full_disk_refuses():
    run_short("full-disk-accepting")


def test_a_full_disk_stops_sending_until_there_is_room():
    run_short("full-disk-delivering")


def test_a_full_disk_and_a_kill_repeat_only_what_was_in_flight():
    run_short("full-disk-then-kill")


def test_nothing_can_be_created():
    run_short("no-inodes")


def test_a_read_only_disk_refuses():
    run_short("read-only-accepting")


def test_a_read_only_disk_stops_sending():
    run_short("read-only-delivering")


def test_a_dead_disk_stops_sending():
    run_short("disk-dies-delivering")


def test_single_calls_fail():
    run_short("each-call-eio")


def test_no_descriptor_is_left():
    run_short("no-descriptors")


def test_a_real_file_system_fills_up():
    run_short("tmpfs-full")


def test_a_real_file_system_has_no_inodes():
    run_short("tmpfs-no-inodes")


def test_a_real_file_system_is_read_only():
    run_short("remount-read-only")

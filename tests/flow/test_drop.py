"""The shell client of README.md: its yes means that the notice is on the disk, its no that nothing is in new/."""

import os
import subprocess

import lib

# Far more than the room the tests below leave.
NOTICE = b'{"version": 1, "id": "n1"' + b" " * 200_000 + b"}"
# `spool` with 64 kB of room in it; ends with what the client said and what then lies in new/.
FULL_DISK = """
mount -t tmpfs -o size=64k tmpfs spool && cd spool && mkdir tmp new || exit 99
sh -c "$client" 2>/dev/null
echo "$? $(ls new | wc -l)"
"""


def spool(t):
    for name in ("tmp", "new"):
        os.makedirs(os.path.join(t.spool, name))


def client(t, text, before=""):
    """Its exit status."""
    command = ["sh", "-c", before + lib.DROP_CLIENT]
    environment = {**os.environ, "id": "n1"}
    return subprocess.run(command, cwd=t.spool, input=text, env=environment, stderr=subprocess.DEVNULL).returncode


def new(t):
    return os.listdir(os.path.join(t.spool, "new"))


def test_a_dropped_notice_is_there_whole(t):
    spool(t)
    t.equal(client(t, NOTICE), 0, "exit status")
    with open(os.path.join(t.spool, "new", "n1.json"), "rb") as file:
        t.check(file.read() == NOTICE, "the notice arrived altered")
    t.equal(client(t, NOTICE), 0, "exit status of the same again")
    t.equal(client(t, b"{}"), 65, "exit status of other content under that id")
    t.equal(os.listdir(os.path.join(t.spool, "tmp")), [], "leftovers in tmp/")


def test_a_notice_that_cannot_be_written_whole_is_refused(t):
    spool(t)
    t.equal(client(t, NOTICE, before="ulimit -f 8\n"), 75, "exit status beyond the limit of a file's size")
    t.equal(new(t), [], "new/")


def test_a_notice_that_does_not_fit_on_the_disk_is_refused(t):
    os.makedirs(t.spool)
    # A mount of its own goes away with the shell. Who may not mount has the test above.
    command = ["unshare", "--mount", "sh", "-c", FULL_DISK]
    environment = {**os.environ, "id": "n1", "client": lib.DROP_CLIENT}
    try:
        ended = subprocess.run(command, cwd=t.dir, input=NOTICE, env=environment, capture_output=True)
    except FileNotFoundError:
        return
    if ended.stdout:
        t.equal(ended.stdout.decode(), "75 0\n", "exit status and files in new/")


def test_without_a_spool_nothing_is_promised(t):
    os.makedirs(t.spool)
    t.equal(client(t, NOTICE), 75, "exit status")


def test_a_notice_whose_name_may_not_be_on_the_disk_is_refused(t):
    """Linked, but the folder could not be synced: a power cut might take the name."""
    spool(t)
    failing = 'sync() { [ "$1" != new ]; }\n'
    t.equal(client(t, NOTICE, before=failing), 75, "exit status")
    t.equal(client(t, NOTICE, before=failing), 75, "exit status of the same again")
    t.equal(client(t, NOTICE), 0, "exit status once the disk works")

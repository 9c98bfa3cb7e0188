"""The worlds in which the sessions of the manuals happen (sessions.py). Each is made in the directory of a Flow."""

import os
import shutil

import lib


def open_to_colleagues(flow):
    """The tests' own directory is closed to others; a colleague works beside us."""
    os.chmod(flow.dir, 0o755)


def empty(flow):
    """The program is installed and configured, and nothing ran yet."""
    open_to_colleagues(flow)
    flow.configure()


def desk(flow):
    """A communications team: letters of its own to change, a daemon, a real mail server."""
    open_to_colleagues(flow)
    server = flow.smtp()
    shutil.copytree(os.path.join(lib.ROOT, "templates"), os.path.join(flow.dir, "templates"))
    flow.mail = server
    flow.configure(
        email=flow.email_transport(server),
        templates=os.path.join(flow.dir, "templates"),
        trial=False,
        allow=["anna@example.org", "jana@example.org"],
    )
    flow.daemon.start()


def systems(flow):
    """A machine on which systems hand over notices: a daemon, a real mail server, the examples of docs/."""
    open_to_colleagues(flow)
    server = flow.smtp()
    flow.configure(email=flow.email_transport(server, retry=["1s", "2s"]))
    shutil.copytree(os.path.join(lib.ROOT, "docs", "batch"), os.path.join(flow.dir, "batch"))
    shutil.copy(os.path.join(lib.ROOT, "docs", "notice.json"), flow.dir)
    flow.daemon.start()

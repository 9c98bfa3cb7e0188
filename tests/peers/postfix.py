#!/usr/bin/env python3
"""postfix.py: a real Postfix in a directory of its own, with STARTTLS, CHUNKING and DSN. Needs root.

Takes mail for example.org into DIR/mail/all/new, refuses bad@example.org for good and later@example.org for now, and
passes nothing on. It uses the users daemon and nobody and the group mail, and touches nothing outside DIR, which
everybody must be able to pass through.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time

import peer

MAIN = """
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
daemon_directory = {root}/usr/lib/postfix/sbin
command_directory = {root}/usr/sbin
meta_directory = {root}/etc/postfix
shlib_directory = {root}/usr/lib/postfix
mail_owner = daemon
setgid_group = mail
default_privs = nobody
import_environment = MAIL_CONFIG POSTLOG_SERVICE POSTLOG_HOSTNAME TZ LANG=C LD_LIBRARY_PATH={libraries}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
virtual_mailbox_domains = example.org
virtual_mailbox_base = {dir}/mail
virtual_mailbox_maps = static:all/
virtual_minimum_uid = 1
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
default_transport = error:no outbound
relay_transport = error:no outbound
smtpd_tls_security_level = may
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
maillog_file = {dir}/log
maillog_file_prefixes = {dir}
smtpd_client_connection_count_limit = 0
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{bad@example.org = 550 5.1.1 no such user}}, {{later@example.org = 450 4.2.0 greylisted}} }}, permit_mynetworks, reject
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

OF_DAEMON = "active bounce corrupt defer deferred flush hold incoming private saved trace public maildrop".split()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def prepare(directory, port, cert, key, root):
    for name in ("config", "queue/pid", "data", "mail", *("queue/" + word for word in OF_DAEMON)):
        os.makedirs(os.path.join(directory, name), exist_ok=True)
    for name in ("data", *("queue/" + word for word in OF_DAEMON)):
        shutil.chown(os.path.join(directory, name), "daemon", "mail")
    shutil.chown(os.path.join(directory, "mail"), "nobody")
    libraries = os.environ.get("LD_LIBRARY_PATH", "")
    fields = {"dir": directory, "root": root, "libraries": libraries, "cert": cert, "key": key, "port": port}
    write(os.path.join(directory, "config", "main.cf"), MAIN.format(**fields))
    write(os.path.join(directory, "config", "master.cf"), MASTER.format(**fields))


def wait_until_open(port):
    import socket

    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    peer.fail("postfix.py: Postfix does not listen")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--root", required=True, help="where the package postfix is unpacked")
    args = parser.parse_args()
    if os.getuid() != 0:
        peer.fail("postfix.py: Postfix starts as root only")
    port = args.port or peer.free_ports(1)[0]
    directory = os.path.abspath(args.dir)
    prepare(directory, port, args.cert, args.key, os.path.abspath(args.root))
    config = os.path.join(directory, "config")
    master = subprocess.Popen(
        [os.path.join(args.root, "usr/lib/postfix/sbin/master"), "-c", config, "-d"],
        env={**os.environ, "MAIL_CONFIG": config},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=peer.die_when_parent_dies,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: master.terminate())
    peer.end_with_parent()
    wait_until_open(port)
    peer.announce(port)
    master.wait()


if __name__ == "__main__":
    sys.exit(main())

"""What must not be seen: secrets beside the processes that need them, and people in the log."""

import os
import resource
import signal
import subprocess

import lib

# What secrets are here; the server's login is fixed (user tester, password secret).
MAIL_PASSWORD = "secret"
TEXT_PASSWORD = "foobar"


def start(t):
    """All three channels for real, every secret out of the environment."""
    mail, gateway, receiver = t.smtp(), t.faulty_gateway(), t.https()
    t.environment.update(MAIL_PASSWORD=MAIL_PASSWORD, TEXT_PASSWORD=TEXT_PASSWORD, HOOK_SECRET=lib.WEBHOOK_SECRET)
    texts = t.sms_transport(gateway)
    texts["vars"]["password"] = {"env": "TEXT_PASSWORD"}
    t.configure(
        email=t.email_transport(mail, password={"env": "MAIL_PASSWORD"}),
        sms=texts,
        webhook=t.webhook_transport(),
        endpoints={"crm": {**t.endpoint(receiver), "secret": {"env": "HOOK_SECRET"}}},
        api={"listen": f"127.0.0.1:{lib.peer.free_ports(1)[0]}"},
    )
    t.daemon.start()
    return mail, gateway, receiver


def look_into(pid, name):
    with open(f"/proc/{pid}/{name}", "rb") as file:
        return file.read().split(b"\0")


def send_some(t):
    notices = t.notices(12, channels=["email", "sms", "webhook"])
    for notice in notices:
        t.drop(notice)
    t.wait(lambda: len([row for row in t.rows() if row["state"] == "delivered"]) == 36, 20, "all to arrive")
    return notices


def test_no_secret_in_arguments_or_in_the_environment_of_children(t):
    start(t)
    send_some(t)
    secrets = [f"{name}={t.environment[name]}".encode() for name in ("MAIL_PASSWORD", "TEXT_PASSWORD", "HOOK_SECRET")]
    words = [secret.split(b"=", 1)[1] for secret in secrets]
    t.check(all(secret in look_into(t.daemon.pid, "environ") for secret in secrets), "the daemon was given none: nothing is tested")
    children = t.daemon.workers()
    t.check(len(children) >= 5, f"four workers and the API process were expected, not {len(children)}")
    for pid in children:
        given = look_into(pid, "environ")
        t.equal([s for s in secrets if s in given], [], f"secrets in the environment of {look_into(pid, 'cmdline')}")
    for pid in t.daemon.members():
        t.equal([w for w in words if w in look_into(pid, "cmdline")], [], "secrets in arguments")


def test_no_secret_in_what_commands_print(t):
    start(t)
    send_some(t)
    for command in (["config", "show"], ["config", "show", "--json"], ["check"], ["status"], ["queue"], ["endpoint", "list"], ["gateway", "list"]):
        answer = t.command(*command)
        for secret in (f"{MAIL_PASSWORD}\n", f'"{MAIL_PASSWORD}"', TEXT_PASSWORD, lib.WEBHOOK_SECRET):
            t.check(secret not in answer.out + answer.err, f"{command} shows a secret")


def test_nobody_and_nothing_of_a_letter_in_the_log(t):
    mail, _, _ = start(t)
    notices = send_some(t)
    log = t.daemon.log()
    t.contains(log, "event=delivery.attempt", "the log")
    for notice in notices:
        to = notice["to"]
        for private in (to["email"], to["phone"], to["phone"][1:], to.get("name", "")):
            t.check(not private or private not in log, f"{private} is in the log")
    t.check(mail.mail(mail.accepted()[0])["Subject"] not in log, "a subject is in the log")
    for secret in (TEXT_PASSWORD, lib.WEBHOOK_SECRET):
        t.check(secret not in log, "a secret is in the log")


def leaves_core(directory, command):
    """Does a process that is made to crash here leave a core file?"""
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL)
    process.send_signal(signal.SIGABRT)
    process.wait()
    return [name for name in os.listdir(directory) if name.startswith("core")]


def test_no_core_file_of_what_holds_letters_and_secrets(t):
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except (ValueError, OSError):
        return  # nothing here may leave one
    cores = leaves_core(t.dir, ["sleep", "600"])
    if not cores:
        return  # they are sent elsewhere on this machine
    for core in cores:
        os.unlink(os.path.join(t.dir, core))
    start(t)
    victims = [*t.daemon.workers(), t.daemon.pid]
    for pid in victims:
        lib.signal_if_there(pid, signal.SIGABRT)
    t.daemon.process.wait()
    t.equal([name for name in os.listdir(t.dir) if name.startswith("core")], [], "core files")

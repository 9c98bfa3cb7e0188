"""Peers that drip, hang or never read: the attempt ends by its deadline, and nobody else waits for it."""

import os
import signal

import lib

DEADLINE_S = 6
# Who does not greet is given up after a quarter of it.
TO_GREET_S = 20


def overtaken(t, identity, channel="email"):
    """Is that one still under way? Then whoever arrived meanwhile did not wait for it."""
    if t.row(identity, channel)["state"] != "in_flight":
        raise lib.Inconclusive("the others came when it was over: they waited for it, or the machine is slow")


def stall(t, server, deadline_s=DEADLINE_S, others=4):
    """A mail to the stalling server, then texts and webhooks, which must not notice."""
    phones, hooks = t.faulty_gateway(), t.https()
    t.configure(
        email=t.email_transport(server, deadline=f"{lib.stretched(deadline_s)}s", retry=["1h"]),
        sms=t.sms_transport(phones),
        webhook=t.webhook_transport(),
        endpoints={"crm": t.endpoint(hooks)},
        workers=2,
    )
    t.daemon.start()
    t.drop(t.notice("stuck"))
    t.wait_for_state("stuck", "in_flight", "waiting", "deferred", seconds=3)
    t.enqueue(*t.notices(others, prefix="o", channels=("sms", "webhook")))
    t.wait(lambda: len(hooks.received()) == others and len(phones.received()) == others, 8, "the others")


def check_end(t, *outcomes, deadline_s=DEADLINE_S):
    """The attempt is over soon after its deadline, and nobody called it delivered."""

    def settled():
        row = t.row("stuck")
        return row if row["state"] != "in_flight" else None

    row = t.wait(settled, lib.stretched(deadline_s) + lib.LEAST_WAIT_S, "the attempt to end by its deadline")
    t.check(row["state"] in ("waiting", "deferred", "uncertain"), f"state {row['state']}")
    t.matches(t.daemon.log(), f"id=stuck channel=email .*outcome=({'|'.join(outcomes)}) ", "the outcome")
    t.check("id=stuck channel=email transport=mail try=1 outcome=delivered" not in t.daemon.log(), "called delivered")


def stalled(mode, *outcomes, mails=0, holds=True, deadline_s=DEADLINE_S):
    def test(t):
        server = t.faulty(mode)
        stall(t, server, deadline_s)
        if holds:
            overtaken(t, "stuck")
        check_end(t, *outcomes, deadline_s=deadline_s)
        t.equal(len(server.accepted()), mails, f"{mode}: mails accepted")

    return test


test_a_greeting_dripped_byte_by_byte = stalled("greeting-drip", "not_tried", deadline_s=TO_GREET_S)
test_a_server_that_never_speaks = stalled("greeting-none", "not_tried", deadline_s=TO_GREET_S)
test_a_server_that_hangs_in_the_handshake = stalled("starttls-hang", "not_tried", deadline_s=TO_GREET_S)
test_a_server_that_never_answers_the_recipient = stalled("rcpt-none", "transient")
test_a_server_that_never_reads = stalled("data-never-reads", "transient", "uncertain")
test_a_server_that_accepts_and_is_silent = stalled("end-none", "uncertain", mails=1)
test_a_server_that_accepts_and_drips_its_answer = stalled("end-drip", "uncertain", mails=1)
test_a_server_that_accepts_and_closes = stalled("end-close-accepted", "uncertain", mails=1, holds=False)


def test_a_large_mail_to_a_server_that_never_reads_has_no_hole(t):
    """Larger than every socket buffer: the end cannot have been sent, so it is tried again, not in doubt."""
    server = t.faulty("data-never-reads")
    body = "{{salutation}}\n\n" + "- {{item}}\n" * 40
    templates = t.letter("long", '  item: {type: text, required: true, about: "x"}\n', en=("s", "s", body))
    t.configure(email=t.email_transport(server, deadline="3s", retry=["1h"]), templates=templates)
    t.daemon.start()
    notice = {"version": 1, "id": "large", "template": "long", "locale": "en", "to": {"email": "a@example.org"}}
    t.drop({**notice, "routing": {"method": "all", "channels": ["email"]}, "data": {"item": "word " * 12000}})
    row = t.wait_for_state("large", "deferred", seconds=8)
    t.equal(t.attempts("large")[0]["outcome"], "transient", "outcome")
    t.equal((row["attempts"], server.accepted()), (1, []), "attempts and mails")


def test_many_mails_to_a_hanging_server_leave_a_worker_for_the_others(t):
    """As many sessions as there are workers could hang at once; texts and webhooks still need one."""
    server = t.faulty("rcpt-none")
    hooks = t.https()
    t.configure(
        email=t.email_transport(server, deadline="20m", retry=["1h"], packet=1, concurrency=4),
        webhook=t.webhook_transport(),
        endpoints={"crm": t.endpoint(hooks)},
        workers=3,
    )
    t.daemon.start()
    t.enqueue(*t.notices(8, prefix="m"))
    t.wait(lambda: len(server.events("fault")) >= 2, 5, "several sessions to hang")
    t.enqueue(*t.notices(3, prefix="o", channels=["webhook"]))
    t.wait(lambda: len(hooks.received()) == 3, 8, "the webhooks")
    t.check(all(r["attempts"] == 0 for r in t.rows(channel="email")), "the webhooks waited for the mail server")


def test_a_server_that_hangs_at_quit_has_delivered(t):
    server = t.faulty("quit-none")
    t.configure(email=t.email_transport(server, deadline="3s", retry=["1h"]))
    t.daemon.start()
    t.drop(t.notice("done"))
    t.wait_for_state("done", "delivered", seconds=6)
    t.equal(len(server.accepted()), 1, "mails")
    t.drop(t.notice("next"))
    t.wait_for_state("next", "delivered", seconds=8)


def test_a_slow_answer_within_the_deadline_counts(t):
    server = t.faulty("end-slow", "--delay", "2")
    t.configure(email=t.email_transport(server, deadline="60s"))
    t.daemon.start()
    t.drop(t.notice("slow"))
    t.wait_for_state("slow", "delivered", seconds=8)
    t.equal(len(server.accepted()), 1, "mails")


def test_a_worker_that_hangs_is_killed_at_its_deadline(t):
    """Stopped in the middle of a mail: no limit of its own can end it, only its scheduler."""
    server = t.faulty("end-wait", "--on", "1")
    t.configure(email=t.email_transport(server, deadline=f"{lib.stretched(6)}s", retry=["200ms"], packet=1))
    t.daemon.start()
    t.drop(t.notice("stuck"))
    t.wait(server.accepted, 5, "the mail to be taken")
    sending = [pid for pid in t.daemon.workers() if has_peer(pid, server.port)]
    stopped = sending or t.daemon.workers()  # without root nobody can see which one it is
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    if sending:
        t.drop(t.notice("other"))
        t.wait_for_state("other", "delivered")
        overtaken(t, "stuck")
    t.wait(lambda: "killed at its deadline" in t.daemon.log(), lib.stretched(6) + lib.LEAST_WAIT_S, "the worker to be killed")
    for pid in set(t.daemon.workers()) & set(stopped):
        os.kill(pid, signal.SIGCONT)
    t.wait_for_state("stuck", "delivered", seconds=4)
    said = [(a["outcome"], a["cause"]) for a in t.attempts("stuck")]
    t.equal(said, [("uncertain", "deadline"), ("delivered", "accepted")], "attempts")


def has_peer(pid, port):
    """Does this process hold a connection to that port of ours?"""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    inodes = {f"socket:[{row[9]}]" for row in rows if int(row[2].split(":")[1], 16) == port}
    try:
        return any(os.readlink(f"/proc/{pid}/fd/{name}") in inodes for name in os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        return False


def gateway_stall(mode, holds=True):
    def test(t):
        phones, mail = t.faulty_gateway(mode), t.smtp()
        t.configure(email=t.email_transport(mail), sms=t.sms_transport(phones, deadline=f"{lib.stretched(DEADLINE_S)}s", retry=["200ms"]))
        t.daemon.start()
        t.drop(t.notice("text", channels=["sms"]))
        t.wait(phones.received, 5, "the request")
        t.enqueue(*t.notices(5, prefix="m"))
        t.wait(lambda: len(mail.accepted()) == 5, 6, "the mails")
        if holds:
            overtaken(t, "text", "sms")
        t.wait_for_state("text", "uncertain", channel="sms", seconds=lib.stretched(DEADLINE_S) + lib.LEAST_WAIT_S)
        # Paid for, perhaps: it is shown, and not sent again by itself.
        t.holds(lambda: len(phones.received()) == 1, 1.0, "the text was sent again")
        t.equal(t.row("text", "sms")["state"], "uncertain", "state")

    return test


test_a_gateway_that_never_answers = gateway_stall("hang")
test_a_gateway_that_drips = gateway_stall("drip")
test_a_gateway_that_closes = gateway_stall("close", holds=False)


def test_a_mail_server_nobody_reaches_does_not_hold_up_the_rest(t):
    """A listener whose queue is full: connecting never ends."""
    import socket

    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())

        class Server:
            port = full.getsockname()[1]

        stall(t, Server, TO_GREET_S)
        overtaken(t, "stuck")
        check_end(t, "not_tried", deadline_s=TO_GREET_S)
        for one in waiting:
            one.close()


def test_one_stalling_mail_server_leaves_room_for_other_letters_of_its_transport(t):
    """Eight sessions may run at once: one that hangs at its recipient costs one of them."""
    server = t.faulty("rcpt-none", "--on", "1")
    t.configure(email=t.email_transport(server, deadline=f"{lib.stretched(DEADLINE_S)}s", retry=["200ms"], packet=1, concurrency=4), workers=4)
    t.daemon.start()
    t.drop(t.notice("stuck"))
    t.wait(lambda: server.events("fault"), 5, "the first one to hang")
    t.enqueue(*t.notices(6, prefix="m"))
    t.wait(lambda: len(server.accepted()) >= 6, 6, "the other mails")
    overtaken(t, "stuck")
    t.wait_for_state("stuck", "delivered", seconds=lib.stretched(DEADLINE_S) + lib.LEAST_WAIT_S)
    t.equal(len(server.accepted()), 7, "mails")

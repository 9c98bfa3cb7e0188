"""The daemon as a process: signals, reloads, one per spool, and what its workers can reach."""

import os
import signal
import threading
import time

import lib

QUICK = {"retry": ["100ms"] * 5, "jitter": 0}


def test_sigterm_finishes_what_is_in_flight_and_takes_nothing_new(t):
    server = t.faulty("end-wait", "--on", "1")
    t.configure(email=t.email_transport(server, packet=1, **QUICK), workers=1, shutdown="5m")
    t.daemon.start()
    t.drop(t.notice("flying"))
    t.wait(server.accepted, 5, "the first mail to be taken")
    t.drop(t.notice("waiting"))
    t.wait(lambda: t.row("waiting"), 5, "the second notice to be accepted")
    t.daemon.signal(signal.SIGTERM)
    t.wait(lambda: "daemon.stopping" in t.daemon.log(), 3, "the daemon to know")
    t.drop(t.notice("too-late"))
    server.go()
    t.equal(t.daemon.wait_for_end(), 0, "exit status")
    t.equal(os.listdir(os.path.join(t.spool, "new")), ["too-late.json"], "left in new/")
    t.check(not os.path.exists(t.control_socket), "the socket is gone")
    states = {row["id"]: row["state"] for row in t.command("queue", "--json").lines()}
    t.equal(states, {"flying": "delivered", "waiting": "waiting"}, "states")
    t.daemon.start()
    t.wait_for_state("too-late", "delivered")
    t.equal(sorted(r["message_id"].split("@")[0] for r in server.accepted()), ["<flying", "<too-late", "<waiting"], "mails")


def test_sigterm_does_not_wait_for_ever(t):
    server = t.faulty("end-none", "--on", "1")
    t.configure(email=t.email_transport(server, **QUICK), shutdown="1s")
    t.daemon.start()
    t.drop(t.notice("stuck"))
    t.wait(server.accepted, 5, "the mail to be taken")
    began = time.monotonic()
    t.equal(t.daemon.stop(), 0, "exit status")
    took = time.monotonic() - began
    t.check(took > 0.8, f"it took {took:.1f} s")
    t.contains(t.daemon.log(), "daemon.timeout", "log")
    t.daemon.start()
    t.wait_for_state("stuck", "delivered")
    t.equal({r["message_id"] for r in server.accepted()}, {"<stuck@notices.example.org>"}, "the repeat has the same id")


def test_a_second_signal_ends_at_once(t):
    server = t.faulty("end-none")
    t.configure(email=t.email_transport(server, deadline="30m", **QUICK), shutdown="30m")
    t.daemon.start()
    t.drop(t.notice("stuck"))
    t.wait(server.accepted, 5, "the mail to be taken")
    t.daemon.signal(signal.SIGTERM)
    t.wait(lambda: "daemon.stopping" in t.daemon.log(), 3, "the daemon to know")
    t.daemon.signal(signal.SIGINT)
    t.daemon.wait_for_end()


def test_an_idle_daemon_ends_quickly_and_quietly(t):
    t.configure()
    t.daemon.start()
    with t.within(5, "to end"):
        began = time.monotonic()
        t.equal(t.daemon.stop(), 0, "exit status")
        t.check(time.monotonic() - began <= 5, "an idle daemon took long to end")
    t.check(" warn " not in t.daemon.log() and " error " not in t.daemon.log(), "an orderly end warns of nothing")


def sighup(t, event):
    before = t.daemon.log().count(event)
    t.daemon.signal(signal.SIGHUP)
    t.wait(lambda: t.daemon.log().count(event) > before, 5, f"{event} in the log")


def sender_of(mail, identity):
    (record,) = [r for r in mail.accepted() if r["message_id"].startswith(f"<{identity}@")]
    return mail.mail(record)["From"].addresses[0].display_name


def configure_named(t, mail, name, **keys):
    organisation = {**lib.ORGANISATION, "en": {"name": name, "street": "1 Example Street"}}
    t.configure(email=t.email_transport(mail, **QUICK), organisation=organisation, **keys)


def test_sighup_swaps_a_good_configuration_and_keeps_the_old_one_over_a_bad_one(t):
    mail = t.smtp()
    configure_named(t, mail, "First Bank")
    t.daemon.start()
    t.drop(t.notice("first"))
    t.wait_for_state("first", "delivered")
    workers = set(t.daemon.workers())

    good = open(t.config_path, encoding="utf-8").read()
    t.write("dispatcher.yaml", good.replace("workers: 4", "workers: 0"))
    sighup(t, "config.kept")
    t.matches(t.daemon.log(), r"config\.kept .*dispatcher\.yaml:\d+:\d+: .*workers", "why")
    t.write("dispatcher.yaml", good + "worker: 3\n")
    sighup(t, "config.kept")
    t.contains(t.daemon.log(), "did you mean `workers`", "a hint")
    t.drop(t.notice("second"))
    t.wait_for_state("second", "delivered")
    t.equal(set(t.daemon.workers()), workers, "workers over a bad configuration")

    configure_named(t, mail, "Second Bank", workers=3)
    sighup(t, "config.reloaded")
    t.drop(t.notice("third"))
    t.wait_for_state("third", "delivered")
    t.wait(lambda: len(set(t.daemon.workers())) == 3 and not set(t.daemon.workers()) & workers, 5, "new workers for old")
    senders = {identity: sender_of(mail, identity) for identity in ("first", "second", "third")}
    t.equal(senders, {"first": "First Bank", "second": "First Bank", "third": "Second Bank"}, "From")


def test_sighup_keeps_the_old_letters_over_broken_ones(t):
    mail = t.smtp()
    good = {"en": ("One", "One", "{{salutation}}\n\nOne.")}
    templates = t.letter("probe", **good)
    t.configure(email=t.email_transport(mail, **QUICK), templates=templates)
    t.daemon.start()
    notice = {"version": 1, "template": "probe", "locale": "en", "to": {"email": "a@example.org"}}
    notice["routing"] = {"method": "all", "channels": ["email"]}
    t.letter("probe", en=("Two", "Two", "{{salutation}}\n\n{{nobody_declared_this}}"))
    sighup(t, "config.kept")
    t.matches(t.daemon.log(), r"config\.kept .*\.md:\d+:\d+: .*nobody_declared_this", "why")
    t.drop({**notice, "id": "kept"})
    t.wait_for_state("kept", "delivered")
    t.letter("probe", en=("Three", "Three", "{{salutation}}\n\nThree."))
    sighup(t, "config.reloaded")
    t.drop({**notice, "id": "swapped"})
    t.wait_for_state("swapped", "delivered")
    t.equal([mail.mail(r)["Subject"] for r in mail.accepted()], ["One", "Three"], "subjects")


def test_reloads_without_end_do_not_keep_it_from_its_work(t):
    server = t.faulty("good")
    t.configure(email=t.email_transport(server, **QUICK))
    t.daemon.start()
    over = threading.Event()

    def reload():
        while not over.wait(0.001):
            t.daemon.signal(signal.SIGHUP)

    storm = threading.Thread(target=reload)
    storm.start()
    try:
        t.wait(lambda: t.daemon.log().count("config.reloaded") > 1, 20, "the storm")
        for i in range(5):
            t.drop(t.notice(f"n{i}"))
        t.wait(lambda: len(server.accepted()) == 5, 20, "all to arrive")
    finally:
        over.set()
        storm.join()
    t.wait(lambda: t.summary("email") == {"delivered": 5}, 20, "all to be booked")
    t.equal(len(server.accepted()), 5, "mails")


def test_sighup_leaves_what_is_in_flight_alone(t):
    server = t.faulty("end-wait", "--on", "1")
    t.configure(email=t.email_transport(server, **QUICK))
    t.daemon.start()
    t.drop(t.notice("flying"))
    t.wait(server.accepted, 5, "the mail to be taken")
    for _ in range(3):
        sighup(t, "config.reloaded")
    server.go()
    t.wait_for_state("flying", "delivered")
    t.equal(len(server.accepted()), 1, "mails")
    t.equal(t.row("flying")["attempts"], 1, "attempts")


def test_what_a_reload_would_change_is_told_before_it_is_done(t):
    t.configure(workers=2)
    t.daemon.start()
    same = t.command("config", "diff")
    t.equal((same.status, same.out), (0, "The files say what the daemon goes by: a reload changes no key.\n"), same.err)
    t.configure(workers=3, rescan="7s")
    for _ in range(2):  # asking changes nothing
        other = t.command("config", "diff")
        t.equal(other.status, 1, f"something would change: {other.err}")
        t.contains(other.out, "  workers: 2 -> 3\n", "what")
        t.contains(other.out, "dispatcher reload", "how to let it")
    answer = t.command("config", "diff", "--json")
    rows = {line["key"]: (line["was"], line["now"]) for line in answer.lines() if "key" in line}
    t.equal(rows.get("workers"), ("2", "3"), "as JSON")
    t.equal(answer.lines()[-1]["changes"], len(rows), "how many")
    told = {line["key"]: (line["was"], line["now"]) for line in t.command("reload", "--json").lines() if "key" in line}
    t.equal(told, rows, "what the reload then changed")
    t.equal(t.command("config", "diff").status, 0, "and now nothing would change")
    t.configure(spool=os.path.join(t.dir, "elsewhere"), control_socket=os.path.join(t.spool, "control.sock"))
    refused = t.command("config", "diff", "--socket", os.path.join(t.spool, "control.sock"))
    t.equal(refused.status, 78, f"a reload would be refused: {refused.err}")
    t.contains(refused.err, "only changes with a restart", "why")
    t.daemon.stop()
    t.equal(t.command("config", "diff", "--socket", os.path.join(t.spool, "control.sock")).status, 69, "nobody to ask")


def test_a_reload_cannot_move_the_spool(t):
    t.configure()
    t.daemon.start()
    t.write("dispatcher.yaml", open(t.config_path, encoding="utf-8").read().replace(t.spool, t.spool + "2"))
    sighup(t, "config.kept")
    t.contains(t.daemon.log(), "restart", "what to do")


def test_a_second_daemon_on_the_spool_refuses(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail))
    t.daemon.start()
    second = t.command("run")
    t.equal((second.status, second.out), (75, ""), "exit status and output")
    t.contains(second.err, f"process {t.daemon.pid}", "the sentence names the first")
    t.contains(second.err, "one per spool", "the sentence")
    # The first one is unharmed: its socket answers, it delivers, once.
    t.drop(t.notice("one"))
    t.wait_for_state("one", "delivered")
    t.equal((len(mail.accepted()), t.command("status").status), (1, 0), "mails and status")


def test_a_daemon_after_a_killed_one_takes_the_spool_over(t):
    t.configure()
    t.daemon.start()
    t.daemon.kill()
    t.check(os.path.exists(t.control_socket), "a killed daemon leaves its socket")
    t.equal(t.command("status").status, 69, "status without a daemon")
    t.daemon.start()
    t.equal(t.command("status").status, 0, "status")


def descriptors(pid):
    """What every descriptor of a process leads to; None where only root may look (workers cannot be dumped)."""
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except PermissionError:
        return None
    found = {}
    for name in names:
        try:
            found[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            pass
    return found


def test_workers_reach_neither_ledger_nor_spool(t):
    mail, phones, hooks = t.smtp(), t.faulty_gateway(), t.https()
    t.configure(
        email=t.email_transport(mail),
        sms=t.sms_transport(phones),
        webhook=t.webhook_transport(),
        endpoints={"crm": t.endpoint(hooks)},
        workers=3,
    )
    t.daemon.start()
    t.enqueue(*t.notices(12, channels=("email", "sms", "webhook")))
    t.wait(lambda: len(t.rows(state="delivered")) == 36, 10, "everything to be delivered")
    # Replaced ones are born of a scheduler that has the ledger, the socket and clients open.
    before = set(t.daemon.workers())
    for worker in before:
        lib.kill_if_there(worker)
    t.wait(lambda: len(set(t.daemon.workers()) - before) == 3, 5, "new workers")
    workers = t.daemon.workers()
    if descriptors(workers[0]) is None:
        return  # not root
    # In the first moment of its life a worker still has everything: it is about to let go.
    t.wait(lambda: all(len(descriptors(worker)) <= 4 for worker in workers), 2, "workers to let go of what they inherited")
    opened = [descriptors(worker) for worker in workers]
    t.check(any("ledger.db" in target for target in descriptors(t.daemon.pid).values()), "the scheduler has the ledger open")
    for worker, targets in zip(workers, opened):
        for number, target in targets.items():
            t.check(t.spool not in target, f"descriptor {number} of a worker is {target}")
            t.check("inotify" not in target and "signalfd" not in target, f"descriptor {number} of a worker is {target}")
        t.equal(sorted(targets), [0, 1, 2, 3], "standard streams and one socket")
    pages = [shared_pages(t, worker) for worker in workers]
    t.equal([len(page) for page in pages], [1, 1, 1], "shared with the scheduler: one page each")
    t.equal(len(set().union(*pages)), 3, "and no worker has another one's")


def shared_pages(t, pid):
    """The inodes of the writable memory a worker shares; none of it may be a file of the spool."""
    found = set()
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        for line in maps:
            place, rights, _, _, inode, *name = line.split()
            begin, end = (int(number, 16) for number in place.split("-"))
            t.check(t.spool not in line, f"mapped into a worker: {line}")
            if rights[3] == "s":
                found.add(inode)
                t.equal((name[0], end - begin), ("/dev/zero", 4096), "shared memory of a worker")
    return found


def test_workers_that_work_hold_their_own_connections_only(t):
    """While mails are in flight: sockets to the peer, nothing of the scheduler's."""
    server = t.faulty("end-wait")
    t.configure(email=t.email_transport(server, packet=1))
    t.daemon.start()
    t.enqueue(*t.notices(2))
    t.wait(lambda: len(server.accepted()) == 2, 5, "two mails in flight")
    sockets = []
    for worker in t.daemon.workers():
        targets = descriptors(worker)
        if targets is None:
            return
        t.check(not any(t.spool in target for target in targets.values()), f"descriptors {targets}")
        sockets.append(len([target for target in targets.values() if target.startswith("socket:")]))
    t.equal(sorted(sockets), [1, 1, 2, 2], "sockets of workers: the scheduler, and the peer of those that send")


def test_the_control_socket_is_for_owner_and_group(t):
    t.configure()
    t.daemon.start()
    t.equal(os.stat(t.control_socket).st_mode & 0o777, 0o660, "mode")


def test_nonsense_on_the_control_socket_harms_nobody(t):
    t.configure()
    t.daemon.start()
    for line in (b"\n", b"{}\n", b"nonsense\n", b"[" * 50_000 + b"\n", b'{"v":2,"verb":"queue"}\n', b'{"v":1,"verb":"quuue"}\n', b"\xff\xfe\n"):
        with lib.socket.socket(lib.socket.AF_UNIX) as control:
            control.settimeout(20 * lib.PATIENCE)
            control.connect(t.control_socket)
            control.sendall(line)
            t.contains(control.recv(65536).decode("utf-8", "replace"), '"error"', f"answer to {line[:20]}")
    with lib.socket.socket(lib.socket.AF_UNIX) as control:
        control.settimeout(20 * lib.PATIENCE)
        control.connect(t.control_socket)
        try:
            for _ in range(400):
                control.sendall(b"x" * 10_000)
        except OSError:
            pass
        else:
            t.check(False, "a request of 4 MB without an end was read")
    crowd = [lib.socket.socket(lib.socket.AF_UNIX) for _ in range(200)]
    for one in crowd:
        one.setblocking(False)
        one.connect_ex(t.control_socket)
    for one in crowd:
        one.close()
    t.equal(t.command("status").status, 0, "status afterwards")


def test_a_failing_start_says_why_and_leaves_nothing(t):
    t.configure(templates="/nowhere")
    run = t.command("run")
    t.equal(run.status, 78, "exit status")
    t.contains(run.err, "/nowhere", "the sentence")
    t.configure(workers=0)
    run = t.command("run")
    t.equal(run.status, 78, "exit status")
    t.matches(run.err, r"dispatcher\.yaml:\d+:\d+: .*workers", "the sentence")
    t.check(not os.path.exists(t.control_socket), "no socket is left")


def test_a_socket_in_the_way_of_a_long_path_is_explained(t):
    t.configure(control_socket="/tmp/" + "x" * 120)
    run = t.command("run")
    t.equal(run.status, 78, "exit status")
    t.contains(run.err, "shorter", "what to do")


def test_sigusr1_tells_the_state(t):
    t.configure()
    t.daemon.start()
    t.daemon.signal(signal.SIGUSR1)
    t.wait(lambda: "daemon.status" in t.daemon.log(), 3, "a line in the log")

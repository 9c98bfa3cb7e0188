"""The scheduler under strain: it rests when there is nothing to do, and keeps its word when the disk does not."""

import json
import os
import resource
import signal
import socket
import subprocess
import time

import lib

QUICK = {"retry": ["100ms"] * 5, "jitter": 0}
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def check_rests(t, seconds, what):
    """A process that only waits uses next to no CPU; one that spins uses all it gets."""
    before = cpu_seconds(t.daemon.pid)
    time.sleep(seconds)
    used = cpu_seconds(t.daemon.pid) - before
    t.check(used < seconds * 0.25, f"{what}: {used:.2f} s of CPU in {seconds} s")


def fill_disk(t):
    """From now on the scheduler cannot write a byte to any file, as on a full disk."""
    before = resource.prlimit(t.daemon.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    return lambda: resource.prlimit(t.daemon.pid, resource.RLIMIT_FSIZE, before)


def status(t):
    return t.ask("status")[1]


def test_an_outcome_that_cannot_be_recorded_stops_sending_and_is_recorded_later(t):
    server = t.faulty("end-wait", "--on", "1")
    t.configure(email=t.email_transport(server, packet=1, **QUICK), workers=2, rescan="100ms")
    t.daemon.start()
    t.drop(t.notice("first"))
    t.wait(server.accepted, 5, "the mail to be taken")
    empty_disk = fill_disk(t)
    server.go()
    t.wait(lambda: not status(t)["ledger_available"], 6, "the daemon to say that it cannot record")
    t.drop(t.notice("second"))
    check_rests(t, 2, "while outcomes cannot be recorded")
    t.equal(len(server.accepted()), 1, "mails sent meanwhile")
    t.check(not status(t)["ledger_available"], "health still says so")
    empty_disk()
    t.wait_for_state("first", "delivered")
    t.wait_for_state("second", "delivered")
    t.check(status(t)["ledger_available"], "health says that it is over")
    t.equal(len(server.accepted()), 2, "mails in all")
    log = t.daemon.log()
    t.equal(log.count("event=ledger.available"), 1, "times the log says that it is over")


def test_sigterm_waits_for_outcomes_that_are_not_recorded_yet(t):
    server = t.faulty("end-wait", "--on", "1")
    t.configure(email=t.email_transport(server, packet=1, **QUICK), workers=1)
    t.daemon.start()
    t.drop(t.notice("told"))
    t.wait(server.accepted, 5, "the mail to be taken")
    empty_disk = fill_disk(t)
    server.go()
    t.wait(lambda: not status(t)["ledger_available"], 6, "the daemon to say that it cannot record")
    t.daemon.signal(signal.SIGTERM)
    t.holds(t.daemon.running, 1, "the daemon ended with an outcome in its memory only")
    empty_disk()
    t.equal(t.daemon.wait_for_end(), 0, "exit status")
    t.daemon.start()
    t.equal(t.row("told")["state"], "delivered", "state")
    t.equal(len(server.accepted()), 1, "mails")


def test_a_stopping_daemon_rests_while_other_deliveries_become_due(t):
    server = t.faulty("end-none", "--on", "1")
    t.configure(email=t.email_transport(server, **QUICK), shutdown="30s", workers=2)
    t.daemon.start()
    t.drop(t.notice("stuck"))
    t.wait(server.accepted, 5, "the mail to be taken")
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    t.drop(t.notice("soon", channels=["sms"], to={"phone": "+4915112345678"}, not_before=soon))
    t.wait(lambda: t.row("soon", "sms"), 5, "the second notice to be accepted")
    t.daemon.signal(signal.SIGTERM)
    time.sleep(2)
    check_rests(t, 1.5, "while stopping")


def test_a_status_line_costs_no_worker(t):
    """`pkill -USR1 dispatcher` reaches the workers too."""
    t.configure(workers=3)
    t.daemon.start()
    t.wait(lambda: len(t.daemon.workers()) == 3, 5, "the workers")
    before = sorted(t.daemon.workers())
    for pid in t.daemon.members():
        lib.signal_if_there(pid, signal.SIGUSR1)
    t.wait(lambda: "daemon.status" in t.daemon.log(), 3, "the status line")
    t.holds(lambda: sorted(t.daemon.workers()) == before, 0.5, "a worker died of a status line")


def connections(t, count):
    made = [socket.socket(socket.AF_UNIX) for _ in range(count)]
    for one in made:
        one.connect(t.control_socket)
    return made


def test_idle_connections_lock_nobody_out(t):
    t.configure()
    t.daemon.start()
    idle = connections(t, 64)
    for one in idle:
        one.send(b'{"v":1,')
    t.equal(t.command("status").status, 0, "exit status of a command behind 64 idle connections")
    more = connections(t, 10)
    t.equal(t.command("status").status, 0, "and behind more of them")
    for one in idle + more:
        one.close()


def test_a_request_that_is_too_long_gets_a_sentence(t):
    t.configure()
    t.daemon.start()
    answer = t.command("pause", "recall", "--reason", "x" * 70000)
    t.equal(answer.status, 64, "exit status")
    t.contains(answer.err, "65536", "the limit is named")


def test_a_file_in_the_place_of_the_control_socket_is_not_removed(t):
    precious = t.write("precious", "do not lose me")
    t.configure(control_socket=precious)
    answer = t.command("run")
    t.equal(answer.status, 78, "exit status")
    t.check(os.path.exists(precious), "the file is gone")


def test_enqueue_takes_the_good_lines_behind_a_broken_first_one(t):
    t.configure()
    good = [json.dumps(n, ensure_ascii=False) for n in t.notices(3)]
    answer = t.command("enqueue", "-", text="\n".join(['{"version": 1, "id": "n', *good]) + "\n")
    t.equal((answer.status, answer.out.split()), (65, ["n0", "n1", "n2"]), "status and ids")
    t.contains(answer.err, "standard input:1:", "the broken line")
    answer = t.command("enqueue", "-", text="\n\n" + "\n".join(good) + "\n")
    t.equal((answer.status, answer.out.split()), (0, ["n0", "n1", "n2"]), "behind empty lines")
    pretty = json.dumps(t.notice("pretty"), indent=2, ensure_ascii=False)
    answer = t.command("enqueue", "-", text=pretty)
    t.equal((answer.status, answer.out.split()), (0, ["pretty"]), "one notice over many lines")
    answer = t.command("enqueue", "-", text=pretty[:-1])
    t.equal((answer.status, len(answer.err.splitlines())), (65, 1), "the same without its end: one error")


def test_an_option_that_is_not_known_is_named(t):
    t.configure()
    cases = {
        ("queue", "some-id", "--bogus"): '"--bogus"',
        ("retry", "some-id", "-nx"): '"-x"',
        ("queue", "--json=1"): "--json takes no value",
        ("queue", "--limt", "3"): "did you mean --limit?",
        ("queue", "-c"): "-c wants a value",
    }
    for arguments, part in cases.items():
        answer = t.command(*arguments) if arguments[-1] != "-c" else bare(t, *arguments)
        t.equal(answer.status, 64, f"exit status of {arguments}")
        t.contains(answer.err, part, f"{arguments}")
    t.contains(bare(t, "--json", "queue").err, "options stand behind the command", "an option in front")


def bare(t, *arguments):
    """Without the --config every command gets."""
    done = subprocess.run([lib.DISPATCHER, *arguments], capture_output=True, env=t.environment, cwd=t.dir)
    return lib.Answer(done)


def test_a_retry_says_beforehand_what_it_will_do(t):
    """One delivered, one failed: a dry run counts the one that would move."""
    hooks = t.https()
    t.configure(
        webhook=t.webhook_transport(retry=[]), endpoints={"ill": t.endpoint(hooks, "/status/500"), "crm": t.endpoint(hooks)}
    )
    t.daemon.start()
    t.drop(t.notice("bad", channels=["webhook"], to={"webhook": "ill"}, campaign="c"))
    t.drop(t.notice("good", channels=["webhook"], to={"webhook": "crm"}, campaign="c"))
    t.wait_for_state("bad", "failed", channel="webhook")
    t.wait_for_state("good", "delivered", channel="webhook")
    dry = t.command("retry", "--campaign", "c", "--dry-run", "--json").json()
    t.equal(dry["count"], 1, "deliveries a retry would move")
    t.equal(t.command("retry", "--campaign", "c", "--json").json()["count"], 1, "deliveries it moved")


def test_a_full_page_is_not_more(t):
    t.configure()
    t.daemon.start()
    t.enqueue(*t.notices(4))
    t.wait(lambda: len(t.rows()) == 4, 5, "the notices")
    t.check("There are more" not in t.command("queue", "--limit", "4").err, "four of four")
    t.contains(t.command("queue", "--limit", "3").err, "There are more", "three of four")
    t.equal(len(t.command("queue", "--json").lines()), 4, "rows")


def test_a_sentence_cut_within_a_character_is_still_an_answer(t):
    """A sentence has a limit, and what it quotes may not end at a character there."""
    t.configure()
    t.daemon.start()
    answer = t.command("retry", "가" * 700)
    t.equal(answer.status, 66, "exit status")
    t.contains(answer.err, "there is no notice with the id", "the sentence")
    notice = t.notice("n")
    notice["data"] = {"한" * 900: 1}
    notice["\x1b]0;owned\x07" + "한" * 900] = 1
    lines = t.command("enqueue", "-", "--json", text=json.dumps(notice, ensure_ascii=False)).lines()
    t.equal(lines[0]["status"], "rejected", "status")
    t.check("\x1b" not in t.command("enqueue", "-", text=json.dumps(notice, ensure_ascii=False)).err, "an escape reached the terminal")


def test_every_problem_of_a_configuration_has_its_line(t):
    t.configure(worker=3, shutdwn="1s")
    answer = t.command("queue")
    t.equal(answer.status, 78, "exit status")
    t.check(len(answer.err.splitlines()) >= 2 and "\\x" not in answer.err, f"lines: {answer.err!r}")


def test_a_mistake_in_the_configuration_keeps_nobody_from_a_running_daemon(t):
    t.configure()
    with open(t.config_path, encoding="utf-8") as file:
        good = file.read()
    t.daemon.start()
    t.drop(t.notice("one"))
    t.wait_for_state("one", "delivered")
    commands = (("status",), ("queue",), ("show", "one"), ("pause", "none"), ("batches",), ("reconcile",), ("actions",), ("retry", "one"))
    before = {command: t.command(*command) for command in commands}
    for broken in (good + "worker: 3\n", good + "log: [\n\tnothing of YAML", good.replace("workers: 4", "workers: 0")):
        t.write("dispatcher.yaml", broken)
        for command in commands:
            answer = t.command(*command)
            t.equal(answer.status, before[command].status, f"{command}: {answer.err}")
            warning, _, rest = answer.err.partition("\n")
            t.matches(warning, r"dispatcher\.yaml:\d+:\d+: .*the running daemon goes on", f"{command}: the warning")
            t.equal(rest, before[command].err, f"{command}: the warning is one line")
        for command in (("check",), ("config", "show"), ("enqueue", "-"), ("run",)):
            answer = t.command(*command, text="{}")
            t.check(answer.status in (65, 78) and "goes on" not in answer.err, f"{command}: {answer.status} {answer.err}")
    t.equal(t.command("status", "--set", "workers=no").status, 78, "a mistake on the command line")
    t.daemon.stop()
    for command in commands:
        t.equal(t.command(*command).status, 78, f"{command} without a daemon")

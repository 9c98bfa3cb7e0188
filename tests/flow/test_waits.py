"""What rests, and what waits because of it: `queue` beside the daemon, `status` about servers and destinations."""

import json
import os
import re

import lib
import test_smtp_engines
import test_watch


def queue(t, *arguments):
    answer = t.command("queue", "--json", *arguments)
    if answer.status != 0:
        raise lib.Failure(f"queue ended with {answer.status}: {answer.err}")
    return [json.loads(line) for line in answer.out.splitlines()]


def status(t):
    return t.ask("status")[1]


def gone(t):
    server = t.smtp()
    server.stop()
    return server


def test_queue_says_what_the_daemon_knows_while_it_runs(t):
    t.configure(email=t.email_transport(gone(t)))
    t.daemon.start()
    t.enqueue(*t.notices(2))
    t.wait(lambda: "transport.paused" in t.daemon.log(), 10, "the rest")
    (row,) = t.wait(lambda: [r for r in queue(t, "n0") if r["waits_for"]], 10, "the cause of waiting")
    t.equal((row["state"], row["waits_for"]), ("waiting", "transport_rest"), "state and what it waits for")
    t.contains(row["rests_because"], "cannot be reached", "why")
    t.check(row["next_attempt_at"] > row["changed_at"], f"a next try that is past: {row}")
    t.wait(lambda: "transport_rest" in t.command("queue").out, 10, "the table to say so")


def test_a_batch_says_that_its_transport_rests(t):
    t.configure(email=t.email_transport(gone(t)), sms=t.sms_transport(t.faulty_gateway()))
    test_watch.publish(t, "recall", 30)
    t.daemon.start()

    def told():
        """Once what was on its way when the rest began has come back."""
        return [r for r in t.command("batches", "--json").lines() if r["waits_for"] and r["in_flight"] == 0]

    (row,) = t.wait(told, 20, "the cause, and nothing on its way")
    t.equal(row["waits_for"], "transport_rest", "what it waits for")
    t.contains(row["rests_because"], "cannot be reached", "why")
    t.check(row["next_attempt_at"] > row["at"], f"a time that is past: {row}")
    # Between two rests it is tried, and then nothing of this is so.
    t.wait(lambda: re.search(r"recall .*waiting .*until .*\(its transport rests\)", t.command("batches").out), 10, "the table to say so")
    words = r"recall: waiting for a transport that rests after faults \(.*cannot be reached"
    t.wait(lambda: re.search(words, t.command("watch", "recall", "--once").err), 10, "watch to name the cause")


def test_single_notices_behind_a_rest_were_not_asked_to_wait(t):
    t.configure(email=t.email_transport(gone(t)))
    t.daemon.start()
    t.enqueue(*t.notices(3))
    told = t.wait(lambda: status(t)["waits_for"] and status(t), 20, "the cause")
    t.equal(told["waits_for"], "transport_rest", "what they wait for")
    t.wait(lambda: "a transport that rests after faults" in t.command("status").out, 10, "status to say so")


def test_queue_says_that_no_daemon_runs(t):
    t.configure(email=t.email_transport(gone(t)))
    t.daemon.start()
    t.enqueue(t.notice("one"))
    t.wait(lambda: "transport.paused" in t.daemon.log(), 10, "the rest")
    t.daemon.stop()
    (row,) = t.wait(lambda: [r for r in queue(t, "one") if r["waits_for"] == "daemon"], 20, "its time to come")
    t.equal((row["state"], row["rests_because"]), ("waiting", None), "what it waits for")


def test_queue_says_which_pace_and_which_hour_something_waits_for(t):
    server = t.smtp()
    t.configure(email=t.email_transport(server, rate="1/h", packet=1))
    t.daemon.start()
    t.enqueue(*t.notices(2), t.notice("later", not_before="2099-01-01T00:00:00Z"))
    t.wait(lambda: t.rows(state="delivered"), 10, "one to be delivered")
    words = {row["id"]: row["waits_for"] for row in queue(t) if row["state"] == "waiting"}
    t.equal(sorted(words.values()), ["not_before", "transport_rate"], f"what they wait for {words}")
    t.equal(words["later"], "not_before", "the one with a time")


def test_status_names_a_server_that_rests_beside_one_that_goes(t):
    first, good = gone(t), t.smtp()
    test_smtp_engines.configure_yaml(t, test_smtp_engines.several(t, [(first, 1000), (good, 1)], "esmtp"))
    t.daemon.start()
    t.enqueue(*t.notices(5))
    t.wait(lambda: len(t.rows(state="delivered")) == 5, 20, "all to be delivered")
    (rest,) = t.wait(lambda: status(t)["resting"], 10, "the server to rest")
    t.equal((rest["kind"], rest["transport"], rest["name"]), ("host", "mail", f"localhost:{first.port}"), "who")
    t.contains(rest["reason"], "cannot be reached", "why")
    t.check(rest["since"] < rest["until"], f"since and until: {rest}")
    words = rf"(?m)^server localhost:{first.port} of mail rests since .* until .*: .*cannot be reached"
    t.wait(lambda: re.search(words, t.command("status").out), 10, "status to say so")


def test_status_names_an_endpoint_that_rests(t):
    hooks = t.https()
    t.configure(webhook=t.webhook_transport(retry=["1h"], jitter=0), endpoints={"crm": t.endpoint(hooks, "/status/503")})
    t.daemon.start()
    t.enqueue(*t.notices(8, channels=("webhook",)))
    t.wait(lambda: "destination.resting" in t.daemon.log(), 15, "the endpoint to rest")
    (rest,) = t.wait(lambda: status(t)["resting"], 10, "the endpoint to rest")
    t.equal((rest["kind"], rest["transport"], rest["name"]), ("destination", "hooks", "crm"), "who")
    t.check(rest["reason"], "no reason")
    t.wait(lambda: "destination crm of hooks rests since" in t.command("status").out, 10, "status to say so")


def test_status_says_since_when_a_transport_rests(t):
    t.configure(email=t.email_transport(gone(t)))
    t.daemon.start()
    t.enqueue(t.notice("one"))
    (mail,) = t.wait(lambda: [x for x in status(t)["transports"] if x["paused_ms"]], 10, "the rest")
    t.equal(mail["name"], "mail", "who")
    t.check(mail["since"] and mail["until"] and mail["since"] < mail["until"], f"since and until: {mail}")
    t.check(all(x["since"] is None for x in status(t)["transports"] if x["name"] != "mail"), "others rest, too")
    words = r"mail .*resting for .* s since \d{4}-.*: .*cannot be reached"
    t.wait(lambda: re.search(words, t.command("status").out), 10, "status to say so")


def test_transport_list_tells_what_is_configured_before_the_first_start(t):
    t.configure(email=t.email_transport(gone(t)), webhook=t.webhook_transport())
    answer = t.command("transport", "list", "--json")
    t.equal((answer.status, answer.err), (0, ""), "exit status and complaints")
    t.equal([(row["transport"], row["state"]) for row in answer.lines()], [(name, None) for name in ("mail", "texts", "hooks")], "transports")
    os.unlink(t.config_path)
    t.equal(t.command("transport", "list").status, 66, "a configuration that is not there")


def test_transport_list_names_servers_and_who_rests(t):
    server = gone(t)
    t.configure(email=t.email_transport(server))

    def listed():
        answer = t.command("transport", "list", "--json")
        return {row["transport"]: row for row in map(json.loads, answer.out.splitlines())}

    t.equal(listed()["mail"]["state"], None, "state without a daemon")
    t.daemon.start()
    t.enqueue(t.notice("one"))
    rows = t.wait(lambda: [rows for rows in [listed()] if rows["mail"]["state"] == "rests"], 10, "the rest")[0]
    t.equal((rows["mail"]["way"], rows["texts"]["state"]), (f"localhost:{server.port}", "goes"), "server, and another one")
    t.check(rows["mail"]["until"], "no end of the rest")
    t.contains(rows["mail"]["reason"], "cannot be reached", "why")

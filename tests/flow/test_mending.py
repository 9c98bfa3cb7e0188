"""What rests after faults, and an operator who says that it is mended."""

import re

import lib

MANY = 12


def hook(t, identity):
    return t.notice(identity, channels=["webhook"], to={"webhook": "crm"})


def answer_of(t, *arguments):
    answer = t.command(*arguments)
    t.equal(answer.status, 0, f"status of {arguments}: {answer.err}")
    return answer.out


def actions(t):
    return [(row["verb"], row["count"]) for row in t.command("actions", "--json").lines()]


def rest_an_endpoint(t):
    """MANY webhooks wait for an endpoint that rests, and the receiver is there again."""
    receiver = t.https()
    receiver.stop()
    t.configure(webhook=t.webhook_transport(retry=[f"{lib.stretched(1)}s"] * 9, jitter=0), endpoints={"crm": t.endpoint(receiver)})
    t.daemon.start()
    t.enqueue(*(hook(t, f"n{i}") for i in range(MANY)))
    t.wait(lambda: "event=destination.resting" in t.daemon.log(), 20, "the endpoint to rest")
    t.wait(lambda: len([r for r in t.rows() if r["cause"] == "destination_rest"]) == MANY, 20, "all to wait for it")
    receiver.start()
    return receiver


def wait_for_recovery(t, event):
    t.wait(lambda: not t.rows(state="waiting") and not t.rows(state="in_flight") and not t.rows(state="deferred"), 20, "all")
    t.equal({r["state"] for r in t.rows()}, {"delivered"}, "states")
    t.contains(t.daemon.log(), f"event={event}", "log")


def test_a_retry_of_what_waits_for_a_transport_ends_its_rest_with_one_try(t):
    server = t.smtp()
    server.stop()
    t.configure(email=t.email_transport(server))
    t.daemon.start()
    t.enqueue(*(t.notice(f"n{i}") for i in range(MANY)))
    # The third rest lasts twenty seconds at least.
    t.wait(lambda: t.daemon.log().count("event=transport.paused") == 3, 40, "a rest that is long enough")
    server.start()
    t.wait(lambda: not t.rows(state="in_flight"), 5, "the probe to be back")
    answer = t.command("retry", "--state", "waiting", "--reason", "relay mended", "--json").json()
    t.equal((answer["count"], answer["left"]), (MANY, {}), "what is tried")
    (rest,) = answer["rests"]
    t.equal((rest["kind"], rest["name"], rest["count"]), ("transport", "mail", MANY), "what rested")
    wait_for_recovery(t, "transport.recovered")
    paused = int(re.findall(r"transport.paused .*for_ms=(\d+)", t.daemon.log())[-1])
    t.check(paused >= 20000, f"the last rest was to last {paused} ms")
    t.equal((t.daemon.log().count("event=transport.paused"), actions(t)), (3, [("retry", MANY)]), "rests and the record")


def test_a_retry_in_vain_says_what_is_tried_and_the_rest_goes_on_growing(t):
    server = t.smtp()
    server.stop()
    t.configure(email=t.email_transport(server))
    t.daemon.start()
    t.enqueue(t.notice("one"))
    t.wait(lambda: t.daemon.log().count("event=transport.paused") == 2, 30, "a second rest")
    said = answer_of(t, "retry", "one", "--reason", "look")
    t.matches(said, r"^The transport mail rests until .*\. The one delivery that waits for it is tried now\.\nHold back what has not left: .*\n$", "what it says")
    t.wait(lambda: t.daemon.log().count("event=transport.paused") == 3, 10, "the try")
    t.equal(actions(t), [("retry", 1)], "the record")


def test_a_retry_of_what_waits_for_an_endpoint_ends_its_rest_with_one_try(t):
    receiver = rest_an_endpoint(t)
    said = answer_of(t, "retry", "--channel", "webhook", "--cause", "destination_rest", "--reason", "they are back")
    t.matches(said, rf"^The endpoint crm rests until .*\. Of the {MANY} deliveries that wait for it one is tried now, "
              r"the others follow if it is taken\.\nHold back what has not left: .*\n$", "what it says")
    wait_for_recovery(t, "destination.recovered")
    t.equal((len(receiver.received()), actions(t)), (MANY, [("retry", MANY)]), "requests and the record")
    requests = sorted(receiver.received(), key=lambda r: r["t"])
    t.check(requests[1]["t"] > requests[0]["t"], "one asked first")


def test_enabling_an_endpoint_that_rests_ends_that(t):
    receiver = rest_an_endpoint(t)
    t.contains(t.command("endpoint", "list").out, " resting ", "the list")
    t.matches(answer_of(t, "endpoint", "test", "crm"), r"crm still rests until .* dispatcher endpoint enable crm\n$", "the hint")
    said = answer_of(t, "endpoint", "enable", "crm", "--reason", "they are back")
    t.contains(said, "crm was enabled, but rested after faults until ", "what it says")
    t.contains(said, f"of the {MANY} webhooks that wait for it one asks first", "how many")
    wait_for_recovery(t, "destination.recovered")
    t.equal(len(receiver.received()), MANY + 1, "requests, with the test")
    t.equal(actions(t), [("endpoint enable", 0), ("retry", MANY)], "the record")
    t.contains(t.command("actions").out, "they are back", "the reason")
    t.contains(answer_of(t, "endpoint", "enable", "crm"), "was enabled before, and does not rest", "once more")
    t.check("still" not in answer_of(t, "endpoint", "test", "crm"), "a hint without a cause")


def test_an_endpoint_disabled_again_takes_the_later_reason(t):
    t.configure(webhook=t.webhook_transport(), endpoints={"crm": t.endpoint(t.https())})
    t.daemon.start()
    answer_of(t, "endpoint", "disable", "crm")
    t.contains(t.command("status").out, "what is for it is held: no reason was given", "without a reason")
    since = t.command("endpoint", "show", "crm", "--json").json()["disabled_since"]
    t.contains(answer_of(t, "endpoint", "disable", "crm", "--reason", "they move"), "crm is disabled", "a reason")
    t.contains(t.command("status").out, "what is for it is held: they move", "the reason")
    t.contains(answer_of(t, "endpoint", "disable", "crm"), "was disabled before", "nothing new")
    row = t.command("endpoint", "show", "crm", "--json").json()
    t.equal((row["reason"], row["disabled_since"]), ("they move", since), "what is kept")


def test_one_failure_long_after_a_rest_is_no_new_one(t):
    receiver = rest_an_endpoint(t)
    answer_of(t, "endpoint", "enable", "crm")
    wait_for_recovery(t, "destination.recovered")
    resting = t.daemon.log().count("event=destination.resting")
    receiver.stop()
    t.enqueue(hook(t, "unlucky"))
    t.wait(lambda: t.attempts("unlucky", "webhook"), 10, "a failure")
    receiver.start()
    t.wait_for_state("unlucky", "delivered", channel="webhook")
    failures = [a for a in t.attempts("unlucky", "webhook") if a["outcome"] != "delivered"]
    if len(failures) > 1:
        raise lib.Inconclusive(f"{len(failures)} failures before the receiver was back")
    t.equal(t.daemon.log().count("event=destination.resting"), resting, "rests")


def over(t, *servers):
    first = t.email_transport(servers[0])
    del first["host"], first["port"]
    return {**first, "hosts": [{"host": "localhost", "port": server.port} for server in servers]}


def test_a_server_that_rests_is_told_once(t):
    good, gone = t.smtp(), t.smtp()
    gone.stop()
    t.configure(email=over(t, good, gone), workers=3)
    t.daemon.start()
    for i in range(40):  # one packet each, so that every worker finds out
        t.enqueue(t.notice(f"n{i}"))
    t.wait(lambda: len(t.rows(state="delivered")) == 40, 30, "all mails")
    t.equal(len(re.findall(rf"event=host.resting transport=mail host=localhost:{gone.port} ", t.daemon.log())), 1, "told")


def test_what_no_server_took_names_all_that_were_asked(t):
    servers = t.smtp(), t.smtp()
    for server in servers:
        server.stop()
    t.configure(email=over(t, *servers), workers=1)
    t.daemon.start()
    t.enqueue(t.notice("one"))
    reply = t.wait(lambda: t.row("one")["reply"], 10, "a reply")
    for server in servers:
        t.contains(reply, f"localhost:{server.port}: ", "who was asked")
        server.start()
    t.command("retry", "one", "--reason", "both are back")
    t.wait_for_state("one", "delivered")
    t.contains(t.daemon.log(), "event=host.recovered transport=mail host=localhost:", "who is back")

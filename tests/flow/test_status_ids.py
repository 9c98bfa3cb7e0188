"""`dispatcher status ID`: what a system learns of what it handed over, and by which exit status."""


def test_waits_for_what_is_open_and_no_longer_than_it_was_told(t):
    server = t.faulty("good")
    t.configure(email=t.email_transport(server, retry=["1s", "1h"]))
    t.enqueue(t.notice("early"))
    waiting = t.command("status", "early", "--json")
    t.equal((waiting.status, waiting.json()["state"]), (75, "waiting"), "before a daemon runs")
    timed = t.command("status", "early", "--wait", "--timeout", "1s", "--json")
    t.equal((timed.status, timed.json()["open"]), (75, True), "when the time is over")
    t.daemon.start()
    done = t.command("status", "early", "--wait", "--timeout", "60s", "--json")
    t.equal((done.status, done.json()["state"]), (0, "delivered"), "when it has left")


def test_says_by_its_status_that_somebody_was_not_told(t):
    t.configure(email=t.email_transport(t.faulty("rcpt-550"), retry=["1s"]), sms=None)
    t.enqueue(t.notice("refused"), t.notice("other", channels=("sms",)))
    t.daemon.start()
    answer = t.command("status", "refused", "other", "--wait", "--timeout", "60s", "--json")
    states = [line["state"] for line in answer.lines()]
    t.equal((answer.status, states), (1, ["failed", "delivered"]), "one was told, one was not")
    email = answer.lines()[0]["channels"]["email"]
    t.equal((email["state"], email["attempts"]), ("failed", 1), "the channel that failed")


def test_names_an_id_nobody_handed_over(t):
    t.configure()
    t.daemon.start()
    answer = t.command("status", "nobody")
    t.equal(answer.status, 66, "exit status")
    t.contains(answer.err, '"nobody"', "which one")


def test_says_that_a_time_limit_needs_something_to_wait_for(t):
    t.configure()
    t.equal(t.command("status", "a", "--timeout", "5s").status, 64, "--timeout without --wait")
    t.equal(t.command("status", "--wait").status, 64, "--wait without an id")

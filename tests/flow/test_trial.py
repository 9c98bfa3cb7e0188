"""Trial mode: whoever is not on the allow list gets nothing, and the ledger says why."""

import signal

import lib

CHANNELS = ("email", "sms", "webhook")


def configure(t, **keys):
    mail, phones, hooks = t.smtp(), t.faulty_gateway(), t.https()
    t.configure(
        email=t.email_transport(mail),
        sms=t.sms_transport(phones),
        webhook=t.webhook_transport(),
        endpoints={"crm": t.endpoint(hooks), "other": t.endpoint(hooks)},
        **keys,
    )
    return mail, phones, hooks


def without_trial_key(t):
    """The file as an operator has it who never thought about it."""
    text = open(t.config_path, encoding="utf-8").read()
    t.write("dispatcher.yaml", "".join(line + "\n" for line in text.splitlines() if not line.startswith("trial:")))


def person(t, identity, email, phone, webhook):
    return t.notice(identity, channels=CHANNELS, to={"email": email, "phone": phone, "webhook": webhook})


def test_trial_mode_is_the_default_and_an_empty_list_allows_nobody(t):
    mail, phones, hooks = configure(t)
    without_trial_key(t)
    t.daemon.start()
    t.drop(person(t, "one", "anna@example.org", "+4915100000001", "crm"))
    for channel in CHANNELS:
        row = t.wait_for_state("one", "suppressed", channel=channel)
        t.equal((row["cause"], row["attempts"]), ("trial_mode", 0), channel)
    t.equal((mail.events(), phones.received(), hooks.received(verified=None)), ([], [], []), "what left the machine")
    t.contains(t.command("show", "one").out, "trial_mode", "show")
    t.contains(t.command("status").out, "trial mode", "status")
    t.contains(t.daemon.log(), "trial=yes", "log")


def test_only_who_is_on_the_list_gets_something(t):
    allow = ["Anna@example.org", "*@allowed.example.com", "+49151*", "crm"]
    mail, phones, hooks = configure(t, trial=True, allow=allow)
    t.daemon.start()
    people = {
        "exact": ("anna@EXAMPLE.org", "+4915100000001", "crm"),
        "domain": ("kim@allowed.example.com", "+4915200000001", "other"),
        "outside": ("anna@example.org.evil.example", "+821000000001", "other"),
        "sub": ("x@sub.allowed.example.com", "+4415100000001", "other"),
    }
    for identity, addresses in people.items():
        t.drop(person(t, identity, *addresses))
    expected = {
        "exact": ("delivered", "delivered", "delivered"),
        "domain": ("delivered", "suppressed", "suppressed"),
        "outside": ("suppressed",) * 3,
        "sub": ("suppressed",) * 3,
    }
    for identity, states in expected.items():
        for channel, state in zip(CHANNELS, states):
            t.wait_for_state(identity, state, channel=channel)
    t.equal(sorted(r["rcpt"][0].lower() for r in mail.accepted()), ["anna@example.org", "kim@allowed.example.com"], "mails")
    t.equal([r["to"] for r in phones.received()], ["+4915100000001"], "texts")
    t.equal([r["id"] for r in hooks.received()], ["exact"], "webhooks")


def test_what_was_suppressed_is_delivered_once_trial_ends_and_somebody_retries(t):
    mail, _, _ = configure(t, trial=True, allow=["nobody@example.org"])
    t.daemon.start()
    t.drop(t.notice("later", to={"email": "anna@example.org"}))
    t.wait_for_state("later", "suppressed")
    # Still in trial mode: trying again changes nothing.
    t.command("retry", "later")
    t.wait(lambda: t.daemon.log().count("cause=trial_mode") == 2, 5, "the second refusal")
    text = open(t.config_path, encoding="utf-8").read()
    t.write("dispatcher.yaml", text.replace("trial: true", "trial: false"))
    t.daemon.signal(signal.SIGHUP)
    t.wait(lambda: "config.reloaded" in t.daemon.log(), 5, "the new configuration")
    t.holds(lambda: mail.accepted() == [], 0.4, "ending trial mode alone sent something")
    answer = t.command("retry", "--state", "suppressed", "--reason", "trial ended")
    t.equal((answer.status, answer.out[:22]), (0, "1 delivery is due now."), "retry")
    t.wait_for_state("later", "delivered")
    t.equal(len(mail.accepted()), 1, "mails")


def test_a_list_that_allows_everybody_is_refused(t):
    configure(t, trial=True, allow=["*"])
    answer = t.command("check")
    t.equal(answer.status, 65, "check")
    t.contains(answer.out, "trial: false", "what to write instead")


def test_the_shipped_configuration_sends_nothing_to_strangers(t):
    """config/dispatcher.yaml as it is, but for the spool."""
    t.config_path = lib.os.path.join(lib.ROOT, "config", "dispatcher.yaml")
    t.environment["DISPATCHER_SPOOL"] = t.spool
    t.daemon.start()
    t.drop(t.notice("allowed", to={"email": "anna@example.org"}))
    t.drop(t.notice("stranger", to={"email": "anna@real-company.com"}))
    t.wait_for_state("allowed", "delivered")
    t.wait_for_state("stranger", "suppressed")
    t.check(t.outbox("mail", "allowed"), "the letter is in the outbox")
    t.equal(t.outbox("mail", "stranger"), None, "a letter to the stranger")

"""Reports of a real Kannel: the road from its callback to the story of a delivery."""

import peer


def configure(t):
    phones = t.kannel()
    (port,) = peer.free_ports(1)
    t.configure(sms=t.sms_transport(phones), api={"listen": f"127.0.0.1:{port}"})
    t.daemon.start()
    return phones


def reports(t, identity):
    """The kinds of what was reported of a notice, in the order in which it came."""
    rows, _ = t.ask("show", id=identity)
    return [row["receipt"] for row in rows if row.get("receipt") not in (None, "note")]


def test_what_kannel_reports_confirms_each_text(t):
    configure(t)
    notices = [
        ("de", t.notice("r-de", template="apology", locale="de", channels=("sms",), to={"phone": "+4915100000001"})),
        ("ko", t.notice("r-ko", template="apology", locale="ko", channels=("sms",), to={"phone": "+821012345678"})),
    ]
    t.enqueue(*(notice for _, notice in notices))
    for locale, notice in notices:
        identity = notice["id"]
        t.wait_for_state(identity, "delivered", channel="sms")
        t.wait(lambda: "confirmed" in reports(t, identity), 20, f"the report of {identity}")
        t.check(set(reports(t, identity)) <= {"accepted", "confirmed"}, f"{locale}: {reports(t, identity)}")
        t.equal(len(t.attempts(identity, "sms")), 1, "attempts")

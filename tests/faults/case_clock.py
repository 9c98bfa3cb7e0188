"""Clocks that jump or run, and an hour without a smarthost. Needs libfaketime."""

import collections
import datetime
import json
import time

import stage
import test_campaign
from suite import case


def refusals(t):
    return sum(r.channel == "refused" for r in t.sink.receipts())


def jump(run, by):
    """Some wait for their next attempt when the wall clock jumps, some come afterwards."""
    t = run.stage()
    t.setup(packet=4, workers=2, transports={"retry": ["2s"] * 20})
    clock = stage.Clock(t, monotonic=False)
    t.daemon.start(extra=clock.environment)
    t.sink.smtp("later")
    early = t.make(3, channels=("email",))
    t.hand_over(early)
    t.wait(lambda: refusals(t) >= 3, 10, "three refusals")
    t.sink.smtp("ok")
    clock.set(by)
    t.wait(lambda: "clock.stepped" in t.daemon.log(), 5, f"the log to say that the clock jumped by {by}")
    began = time.monotonic()
    late = t.make(run.pick(200, 20), first=10)
    t.hand_over(late)
    t.wait(lambda: t.sink.count() >= len(late) * len(stage.CHANNELS), 30, f"what came after a jump by {by} to be delivered")
    run.facts[f"after_{by}_s"] = round(time.monotonic() - began, 1)
    t.settle(30, len(early) + len(late) * len(stage.CHANNELS))
    run.add(t.judge(), f"jump by {by}", bound=0)
    t.end_daemon()


@case("clock-forward", "the wall clock jumps one day forward while some wait for their next attempt", "said in the log; 0 lost, 0 repeats, nothing expires that need not")
def forward(run):
    jump(run, "+1d")


@case("clock-back", "the wall clock jumps one day back while some wait for their next attempt", "said in the log; new ones go at once, and what was waiting does not wait a day")
def back(run):
    jump(run, "-1d")


PATIENCE = 6  # seconds a mail has before a text follows


def patience(run, by):
    """No mail gets through, so each is followed by a text: when its time is over, whatever the clock says."""
    t = run.stage()
    rules = [{"name": "patient", "then": {"channels": ["email", "sms"], "method": "single", "after": {"email": f"{PATIENCE}s"}}}]
    t.setup(packet=4, workers=2, transports={"retry": ["1h"] * 9}, rules=rules)
    clock = stage.Clock(t, monotonic=False)
    t.daemon.start(extra=clock.environment)
    t.sink.smtp("later")
    made = t.make(5, channels=("email", "sms"))
    for notice in made:
        del notice["routing"]
    began = time.monotonic()
    t.hand_over(made)
    t.wait(lambda: t.counts().get("deferred", 0) == len(made), 5, "the mails to be deferred")
    clock.set(by)
    t.wait(lambda: "clock.stepped" in t.daemon.log(), 5, f"the log to say that the clock jumped by {by}")
    jumped = time.monotonic()

    def texts():
        return sum(r.channel == "sms" for r in t.sink.receipts())

    looked = 0
    while looked < PATIENCE - 1:
        early, looked = texts(), time.monotonic() - began
        run.check(early == 0 or looked >= PATIENCE, f"a text left {looked:.1f} s after its mail, which has {PATIENCE} s")
        time.sleep(0.1)
    run.proves(jumped < began + PATIENCE - 2, "the clock jumped so late that it could change nothing")
    t.wait(lambda: texts() == len(made), 30, "the texts")
    run.fact(**{f"texts_after_{by}_s": round(time.monotonic() - began, 1)})
    expected = {"cancelled": len(made), "delivered": len(made)}
    t.wait(lambda: {s: n for s, n in t.counts().items() if n} == expected, 10, f"{expected}, but {t.counts()}")
    t.end_daemon()


@case("patience-forward", "the wall clock jumps one year forward while mails have some seconds left before a text follows", "no text is early, all of them follow")
def patience_forward(run):
    patience(run, "+365d")


@case("patience-back", "the wall clock jumps one hour back while mails have some seconds left before a text follows", "no text is an hour late, all of them follow once")
def patience_back(run):
    patience(run, "-1h")


FIRST, WAVE, EVERY, PEOPLE = 3, 3, 5, 12  # the first ones, people of a wave, seconds between waves, all


def typed(t, clock, *words):
    """What people type under the same clock."""
    answer = t.run(*words, extra=clock.environment)
    if answer.status != 0:
        raise stage.Failure(f"`{' '.join(words)}` ended with {answer.status}: {answer.out}{answer.err}")
    return answer


def jump_and_look(run, t, clock, by, what):
    """The clock jumps; nobody more leaves because of that."""
    before = test_campaign.mails(t)
    steps = t.daemon.log().count("clock.stepped")
    clock.set(by)
    t.wait(lambda: t.daemon.log().count("clock.stepped") > steps, 10, f"the log to say that the clock jumped to {by}")
    t.holds(lambda: test_campaign.mails(t) == before, 2, f"{what}: somebody left because the clock jumped to {by}")


def campaign(run, by):
    """Approved, then the clock jumps; hours closed, and it is set right; the first ones are out, between two waves."""
    t = run.stage()
    hour = datetime.datetime.now(datetime.timezone.utc).hour
    hours = f"{(hour + 2) % 24:02}:00-{(hour + 6) % 24:02}:00"
    extra = f"approvals: [comms]\ncanary: {{first: {FIRST}, then: look}}\nwaves: {{people: {WAVE}, every: {EVERY}s, hours: \"{hours}\", zone: UTC}}\n"
    file = test_campaign.prepare(t, extra, people=PEOPLE)
    clock = stage.Clock(t, monotonic=False)
    t.daemon.start(extra=clock.environment)
    approved = test_campaign.approve(t, file, test_campaign.SECOND, "comms")
    run.check(approved.status == 0, f"approval: {approved.err}")
    jump_and_look(run, t, clock, by, "approved")
    typed(t, clock, "send", file, "--confirm", test_campaign.NAME)
    t.wait(lambda: t.counts().get("waiting", 0) == PEOPLE, 20, "the people to be taken in")
    run.check(test_campaign.mails(t) == 0, "somebody left before the hours")
    jump_and_look(run, t, clock, "+0", "hours are closed")
    clock.set("+3h")
    t.wait(lambda: test_campaign.mails(t) == FIRST, 20, "the first ones to leave when the hours open")
    jumped = {"+365d": "+8763h", "-1h": "+2h"}[by]
    jump_and_look(run, t, clock, jumped, "the first ones wait for a look")
    clock.set("+3h")
    typed(t, clock, "campaign", "go-on", test_campaign.NAME)
    t.wait(lambda: test_campaign.mails(t) >= FIRST + WAVE, 30, "the first wave")
    clock.set(jumped)
    t.wait(lambda: test_campaign.mails(t) >= FIRST + 2 * WAVE, 30, f"the second wave, the clock having jumped to {jumped}")
    clock.set("+3h")
    t.wait(lambda: test_campaign.mails(t) == PEOPLE, 30, "the last wave, the clock having been set right")
    t.wait(lambda: t.is_quiet(PEOPLE), 20, "all to be booked")
    for problem in t.problems:
        run.wrong(problem)
    t.problems.clear()
    state = json.loads(typed(t, clock, "campaign", "show", test_campaign.NAME, "--json").out)
    run.check((state["state"], state["delivered"]) == ("finished", PEOPLE), f"it ended as {state['state']} with {state['delivered']} of {PEOPLE}")
    run.check(all(a["valid"] for a in state["approvals"]), f"the approvals: {state['approvals']}")
    status, text = t.reconcile()
    run.check(status == 0, f"reconcile ended with {status}: {text}")
    run.faults += 6
    run.fact(people=PEOPLE)
    t.end_daemon()


def campaign_where_two_may_play(run, by):
    if test_campaign.not_root():
        raise stage.Skip("not root: a second person cannot be played")
    campaign(run, by)


CAMPAIGN = "who waits for hours or a look goes on waiting, no wave waits for the wrong clock, the approval stays, all are told once"


@case("campaign-forward", "the wall clock jumps one year forward and is set right again while a campaign is approved, waits for its hours, for a look at its first ones, for its next wave", CAMPAIGN)
def campaign_forward(run):
    campaign_where_two_may_play(run, "+365d")


@case("campaign-back", "the wall clock jumps one hour back and is set right again while a campaign is approved, waits for its hours, for a look at its first ones, for its next wave", CAMPAIGN)
def campaign_back(run):
    campaign_where_two_may_play(run, "-1h")


@case("clock-fast", "the clock runs 100 times as fast, receivers say \"later\" for a while", "0 lost, 0 repeats")
def fast(run):
    t = run.stage()
    t.setup(packet=4, workers=3, transports={"retry": ["1m", "5m", "15m", "1h", "4h"], "jitter": 0.2})
    clock = stage.Clock(t)
    clock.set("+0 x100")
    t.daemon.start(extra=clock.environment)
    t.sink.smtp("later")
    made = t.make(run.pick(100, 20))
    t.hand_over(made)
    t.wait(lambda: refusals(t) > 0, 20, "some to be refused")
    t.sink.smtp("ok")
    t.settle(120, len(made) * len(stage.CHANNELS))
    run.add(t.judge(), bound=0)
    t.end_daemon()


# an hour without a smarthost

RATE = 1500  # per second: what the sink and two cores can nearly do
STEPS = 12  # of five minutes each


def parse(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").timestamp()


def follow_schedule(run, t, sample):
    """Each further attempt began no earlier than the one before had said."""
    tried_again = jitters = 0
    for row in sample:
        attempts = t.attempts(row["id"])
        for before, after in zip(attempts, attempts[1:]):
            tried_again += 1
            if not before["next_attempt_at"]:
                continue
            began = parse(after["at"]) - after["duration_ms"] / 1000
            early = parse(before["next_attempt_at"]) - began
            run.check(early < 0.1, f"{row['id']}: attempt {after['attempt']} came {early:.1f} s before its time")
            jitters += before["jitter"] != 1
    return tried_again, jitters


def most_in_a_second(times_us):
    """The fullest window of one second."""
    most, window = 0, collections.deque()
    for at in times_us:
        window.append(at)
        while window[0] <= at - 1_000_000:
            window.popleft()
        most = max(most, len(window))
    return most


@case("hour-without-smarthost", "the smarthost refuses every connection for an hour (faked clock) while 100,000 wait, then it is back", "no herd: connections and mails per second bounded; everything delivered once; attempts follow the recorded schedule")
def hour_without_smarthost(run):
    count = run.count or run.pick(100000, 600)
    t = run.stage()
    t.setup(packet=50, workers=4, log={"level": "warn"}, transports={"retry": ["1m", "5m", "15m", "1h", "4h"], "jitter": 0.2, "rate": f"{RATE}/s"})
    clock = stage.Clock(t)
    # At first it only says "later": each of the mail domains has some deliveries with a second attempt to come.
    t.sink.smtp("later")
    path = t.write_lines(count, domains=run.pick(200, 20))
    t.expect_lines("b1", count)
    t.daemon.start(extra=clock.environment)
    t.hand_over_batch("b1", path)
    t.said_yes(*(identity for identity, _ in t.offered))
    t.wait(lambda: sum(t.counts().values()) >= count, max(60, count / 1000), "the batch to be taken in")
    t.wait(lambda: t.counts().get("deferred", 0) >= run.pick(200, 20), 60, "some to be deferred")
    t.sink.smtp("refuse")
    time.sleep(1)
    greeted = sum(r.channel == "connect" for r in t.sink.receipts())
    for step in range(1, STEPS + 1):
        clock.set(f"+{step * 5}m")
        time.sleep(run.pick(1.5, 0.3))
    knocks = sum(r.channel == "connect" for r in t.sink.receipts()) - greeted
    connected = len(t.sink.receipts())
    t.sink.smtp("ok")
    began = time.time()
    # The rest of a breaker that had just closed its eyes is slept in jumps too.
    minutes = STEPS * 5
    while t.sink.count() == 0 and time.time() - began < 30:
        minutes += 1
        clock.set(f"+{minutes}m")
        time.sleep(0.5)
    t.settle(max(120, count / 100), count)
    receipts = t.sink.receipts()
    mails = [r.time_us for r in receipts if r.channel == "email"]
    connects = [r.time_us for r in receipts[connected:] if r.channel == "connect"]
    rows = t.all_rows()
    again = [row for row in rows if row["attempts"] > 1]
    sample = again if len(again) <= 300 else run.dice.sample(again, 300)
    tried_again, jitters = follow_schedule(run, t, sample)
    run.add(t.judge(receipts=receipts, rows=rows), bound=0)
    t.end_daemon()
    per_second, knocks_per_second = most_in_a_second(mails), most_in_a_second(connects)
    first = sum(1 for at in mails if at < mails[0] + 1_000_000)
    run.fact(recipients=count, knocks_in_the_hour=knocks, mails_in_first_s=first, most_mails_per_s=per_second, most_connects_per_s=knocks_per_second,
             tried_again=len(again), checked=tried_again, with_jitter=jitters)
    run.proves(tried_again and jitters, "no second attempt was ever seen")
    run.check(knocks <= STEPS * 60, f"{knocks} connections while the smarthost was down: the breaker does not hold")
    run.check(per_second <= 2 * RATE, f"{per_second} mails in one second at a rate of {RATE}/s")
    run.check(knocks_per_second <= 200, f"{knocks_per_second} connections in one second when it came back")

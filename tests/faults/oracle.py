"""The oracle: what the receivers wrote down, against what was accepted, against what the ledger says.

  lost         accepted, and neither with its receiver nor visible in the ledger as anything but delivered
  invented     the ledger calls it delivered, and no receiver has it (counted as lost)
  unaccounted  a row or a receipt nobody ordered, an accepted delivery without a row, books that do not balance
  repeated     receipts beyond the first; whether they are allowed the case decides
  paid         repeated texts: never allowed
"""

import collections
import dataclasses

Receipt = collections.namedtuple("Receipt", "time_us channel id hash connection")

PAID = ("sms",)


def read_receipts(path):
    """The complete lines of the sink's log."""
    receipts = []
    with open(path, encoding="utf-8", errors="surrogateescape") as log:
        for line in log:
            if line.endswith("\n"):
                time_us, channel, identity, digest, connection = line.split()
                receipts.append(Receipt(int(time_us), channel, identity, digest, int(connection)))
    return receipts


@dataclasses.dataclass
class Verdict:
    lost: list = dataclasses.field(default_factory=list)
    unaccounted: list = dataclasses.field(default_factory=list)
    repeated: dict = dataclasses.field(default_factory=dict)  # (id, channel) -> receipts beyond the first
    paid: list = dataclasses.field(default_factory=list)
    wrong: list = dataclasses.field(default_factory=list)  # sentences: other promises that were broken
    uncertain: int = 0
    held: int = 0
    deliveries: int = 0

    @property
    def repeats(self):
        return sum(self.repeated.values())

    def sentences(self):
        def some(what, items):
            shown = ", ".join(str(item) for item in items[:5])
            return [f"{len(items)} {what}: {shown}"] if items else []

        return some("lost", self.lost) + some("unaccounted", self.unaccounted) + some("paid and repeated", self.paid) + self.wrong


def received(receipts, numbers):
    """{(id, channel): [receipt, ...]}; a text is known by its number."""
    found = collections.defaultdict(list)
    for receipt in receipts:
        if receipt.channel == "sms":
            found[(numbers.get(receipt.id, receipt.id), "sms")].append(receipt)
        elif receipt.channel in ("email", "webhook"):
            found[(receipt.id, receipt.channel)].append(receipt)
    return found


def judge(accepted, offered, receipts, rows, numbers, risky=None, finished=True, may_hold=0):
    """`risky`: only these may come twice (None: the caller counts). `may_hold`: so many may be held as poison."""
    verdict = Verdict(deliveries=len(rows))
    arrived = received(receipts, numbers)
    states = {}
    for row in rows:
        key = (row["id"], row["channel"])
        if key in states:
            verdict.unaccounted.append(f"{key} stands twice in the ledger")
        states[key] = row["state"]
    for key in sorted(accepted):
        judge_accepted(verdict, key, states.get(key), len(arrived.get(key, ())), finished)
    if verdict.held > may_hold:
        verdict.wrong.append(f"{verdict.held} deliveries are held, at most {may_hold} may be")
    for key in sorted(set(states) - offered):
        verdict.unaccounted.append(f"{key} is in the ledger and nobody ordered it")
    for key in sorted(set(arrived) - offered):
        verdict.unaccounted.append(f"{key} arrived and nobody ordered it")
    for key in sorted(set(arrived) - set(states)):
        verdict.unaccounted.append(f"{key} arrived and is not in the ledger")
    for key, state in states.items():
        if state == "delivered" and not arrived.get(key) and key not in accepted:
            verdict.lost.append(f"{key} is called delivered and never arrived")
    for key, those in arrived.items():
        judge_repeats(verdict, key, those, risky)
    return verdict


def judge_accepted(verdict, key, state, times, finished):
    if state is None:
        verdict.lost.append(f"{key} was accepted and is not in the ledger (arrived {times} times)")
    elif state == "delivered":
        if times == 0:
            verdict.lost.append(f"{key} is called delivered and never arrived")
    elif state == "uncertain":
        verdict.uncertain += 1
        if key[1] not in PAID:
            verdict.wrong.append(f"{key} is uncertain, and its transport resends")
    elif state in ("waiting", "in_flight", "deferred"):
        if finished:
            verdict.wrong.append(f"{key} is still {state}")
    elif state == "held":
        verdict.held += 1
    else:
        verdict.wrong.append(f"{key} is {state}")


def judge_repeats(verdict, key, receipts, risky):
    if len(receipts) < 2:
        return
    verdict.repeated[key] = len(receipts) - 1
    if key[1] in PAID:
        verdict.paid.append(f"{key} came {len(receipts)} times")
    if risky is not None and key not in risky:
        verdict.wrong.append(f"{key} came {len(receipts)} times and was not in flight when anybody was killed")
    if key[1] == "email" and len({receipt.hash for receipt in receipts}) > 1:
        verdict.wrong.append(f"{key}: the repeat differs from the first")

"""Cases of the fault suite: a table of them, and what a run of one collects.

A case is a function of a Run in tests/faults/case_*.py. It breaks something on purpose and hands verdicts of the
oracle to run.add(), other broken promises to run.wrong(), figures for the table to run.fact().
"""

import concurrent.futures
import glob
import importlib.util
import os
import random
import sys
import threading
import time
import traceback

import stage

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = {}
TOLD = 12  # problems of a run that are printed
ROUNDS = 3  # of a case that proves nothing, each with a seed of its own


class Case:
    def __init__(self, name, fault, holds, function, control, big):
        self.name, self.fault, self.holds, self.function, self.control, self.big = name, fault, holds, function, control, big


def case(name, fault, holds, control=False, big=False):
    """`control`: the planted fault must be found, or the method proves nothing. `big`: only when asked for."""

    def register(function):
        CASES[name] = Case(name, fault, holds, function, control, big)
        return function

    return register


def load():
    """All cases by name, in the order of the files."""
    for path in sorted(glob.glob(os.path.join(HERE, "case_*.py"))):
        sibling(os.path.basename(path)[:-3])
    return CASES


def sibling(name):
    """Another file of cases, loaded once."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, os.path.join(HERE, name + ".py"))
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


class Run:
    """One run of a case: short or whole, everything random in it drawn from `seed`."""

    def __init__(self, chosen, seed, short=False, count=None, turn=0):
        self.case, self.seed, self.short, self.count, self.turn = chosen, seed, short, count, turn
        self.dice = random.Random(seed)
        self.problems, self.unproven, self.facts, self.stages = [], [], {}, []
        self.lost = self.unaccounted = self.repeats = self.paid = self.uncertain = self.deliveries = self.faults = 0
        self.skipped = None
        self.lock = threading.Lock()
        self.began = time.monotonic()

    def pick(self, whole, short):
        """How much of it."""
        return short if self.short else whole

    def seconds(self):
        return time.monotonic() - self.began

    def stage(self):
        with self.lock:
            made = stage.Stage(self.case.name, self.dice.getrandbits(32))
            self.stages.append(made)
        return made

    def drop(self, made, keep=False):
        """This stage is done; what it found goes into the run. `keep`: it is worth a look."""
        with self.lock:
            self.stages.remove(made)
        for problem in made.close():
            self.wrong(problem)
        if keep and os.environ.get("KEEP"):
            self.wrong(f"kept: {made.dir}")
        else:
            made.remove()

    def parallel(self, function, items, threads=3):
        """Most of the time of a fault is waiting. Gives up when too much is wrong."""

        def guarded(item):
            if len(self.problems) < 4 * TOLD:
                function(item)

        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            for future in [pool.submit(guarded, item) for item in items]:
                future.result()

    def fact(self, **figures):
        self.facts.update(figures)

    def wrong(self, sentence):
        self.problems.append(sentence)

    def check(self, condition, sentence):
        if not condition:
            self.wrong(sentence)
        return bool(condition)

    def proves(self, condition, sentence):
        """False when the fault never bit, by chance or a slow machine: nothing is wrong, and nothing was shown."""
        if not condition:
            self.unproven.append(sentence + ": this run proved nothing")
        return bool(condition)

    def in_time(self, seconds, limit, sentence):
        """A promise of speed. One that is broken is like a slow machine: it is so in every round; of a short cut, which
        runs on any machine, the later rounds ask less."""
        allowed = limit * stage.lib.PATIENCE * (3**self.turn if self.short else 1)
        return self.proves(seconds < allowed, f"{sentence} only after {seconds:.1f} s, not {allowed:g} s at most")

    def add(self, verdict, where="", bound=None):
        """The oracle's verdict of one fault; `bound`: how many repeats are allowed."""
        with self.lock:
            self.faults += 1
            self.lost += len(verdict.lost)
            self.unaccounted += len(verdict.unaccounted)
            self.repeats += verdict.repeats
            self.paid += len(verdict.paid)
            self.uncertain += verdict.uncertain
            self.deliveries += verdict.deliveries
        sentences = verdict.sentences()
        if bound is not None and verdict.repeats > bound:
            sentences.append(f"{verdict.repeats} repeats, at most {bound} are allowed: {list(verdict.repeated)[:5]}")
        self.problems += [f"{where}: {sentence}" if where else sentence for sentence in sentences]
        return not sentences

    def execute(self):
        try:
            self.case.function(self)
        except stage.Skip as skip:
            self.skipped = str(skip)
        except (stage.Failure, AssertionError) as error:
            self.wrong(str(error) or traceback.format_exc())
        except Exception:
            self.wrong(traceback.format_exc())
        if self.problems and self.stages:
            self.problems.append("the end of a daemon's log:\n" + self.stages[-1].daemon.log_tail(6))
        for made in self.stages[:]:
            self.end_stage(made)
        return self

    def end_stage(self, made):
        keep = os.environ.get("KEEP") and self.problems
        if keep:
            self.problems.append(f"kept: {made.dir}")
            made.remove = lambda: None
        try:
            self.drop(made)
        except Exception:
            self.wrong(traceback.format_exc())

    @property
    def verdict(self):
        if self.skipped:
            return "skip"
        return "FAIL" if self.problems or self.unproven else "ok"

    def figures(self):
        shown = {"lost": self.lost, "unaccounted": self.unaccounted, "repeats": self.repeats, "paid": self.paid}
        if self.case.control:
            shown = {}
        shown = {"faults": self.faults, **shown, **self.facts}
        return " ".join(f"{name}={value}" for name, value in shown.items())

    def line(self):
        what = self.skipped or self.figures()
        return f"{self.verdict:4s} {self.case.name} seed={self.seed} {what} ({self.seconds():.1f} s)"

    def told(self):
        every = self.problems + self.unproven
        more = len(every) - TOLD
        return every[:TOLD] + ([f"... and {more} more"] if more > 0 else [])

    def result(self):
        return {
            "case": self.case.name,
            "verdict": self.verdict,
            "seed": self.seed,
            "short": self.short,
            "figures": self.skipped or self.figures(),
            "seconds": round(self.seconds(), 1),
            "problems": self.told(),
        }


def rounds(name, seed, short=False, count=None):
    """The run of a case that decides: the first one that shows something, or the last."""
    chosen, dice = load()[name], random.Random(seed)
    for turn in range(ROUNDS):
        run = Run(chosen, seed, short, count, turn).execute()
        if run.problems or not run.unproven:
            break
        seed = dice.getrandbits(31)
    return run


def run_short(name, flow=None):
    """A case as a test of `make test`."""
    run = rounds(name, int(os.environ.get("SEED", random.SystemRandom().getrandbits(31))), short=True)
    if run.problems or run.unproven:
        raise stage.Failure(run.line() + "\n" + "\n".join(run.told()))
    print(run.line())

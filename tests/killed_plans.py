"""Tries plans that are killed at random: ``python -m tests.killed_plans``, or ``… 10`` for so many of each kind.

``… 10 move`` tries those alone whose name has this. Each is applied by processes of their own, to a sandbox whose
answers are lost, whose changes have no effect, that refuses, limits, and lets somebody else change things
meanwhile. The processes are killed at random and go on with the same journal, until it is at its end. Then

- what the report says of each row is what the sandbox has, which is read without omnipd's readers, and nothing
  else in the whole organization has changed;
- nothing was asked for more often than it may be, and nothing was made twice;
- undoing it, killed as often, brings the whole organization back to where it was, but for what somebody else did.
"""

import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parent))

from killed_scenarios import SCENARIOS
from whole_organization import WholeOrganization

import omnipd
from omnipd.changes.plan import Plan
from omnipd.client.client import Client
from omnipd.client.settings import resolve
from omnipd.clock import Clock
from omnipd_sandbox.server import Server

KILLS = 3
#: So often may one change be sent that is only set.
MOST_TRIES = 3
#: What its callers may see, and go on after.
GOES_ON, DONE = 3, 0
#: What goes wrong, and how often for each kind of call.
_FAULTS = (
    ({"kind": "lost"}, 6),
    ({"kind": "lost", "code": 502}, 3),
    ({"kind": "reset"}, 6),
    ({"kind": "no_effect"}, 3),
    ({"kind": "status", "code": 429}, 4),
    ({"kind": "status", "code": 429, "count": 12}, 1),
    ({"kind": "status", "code": 400}, 3),
    ({"kind": "status", "code": 401}, 2),
    ({"kind": "status", "code": 500}, 3),
)


#: Journals are written through to the disk at each step. No machine is killed here, so that memory will do.
_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@dataclass(frozen=True)
class Tried:
    """What came of trials: kills by what they interrupted, states of the changes, and faults by their kind."""

    killed: Counter
    states: Counter
    faults: Counter

    def and_of(self, other):
        return Tried(
            self.killed + other.killed, self.states + other.states, self.faults + other.faults
        )

    def __str__(self):
        told = []
        for what, counts in (
            ("kills", self.killed),
            ("faults", self.faults),
            ("rows", self.states),
        ):
            each = ", ".join(f"{count:,} {one}" for one, count in counts.most_common())
            told.append(f"{counts.total():,} {what} ({each})")
        return "; ".join(told)


def faults_of(scenario, plan, chance):
    """Return what goes wrong while a plan is applied, and the rows of what somebody else does something to."""
    faults = []
    for (method, path), calls in scenario.calls.items():
        of_change = {"method": method, "path": path}
        for kind, times in _FAULTS:
            # Of few calls, each of many changes, not all are to go wrong.
            faults += [
                {**kind, **of_change, "after": chance.randrange(calls)}
                for _ in range(times if calls > 10 else 1)
            ]
    rows = plan.frame.astype(object).to_dict("records")
    touched = [row for row in rows if scenario.somebody(row) is not None]
    somebodys = chance.sample(touched, 3)
    for row in somebodys:
        does, (method, path) = scenario.somebody(row), next(iter(scenario.calls))
        after = chance.randrange(scenario.calls[method, path] // 2)
        faults.append(
            {"kind": "meanwhile", "method": method, "path": path, "after": after, "does": does}
        )
    chance.shuffle(faults)
    return faults, {row["item"].casefold() for row in somebodys}


def _client(server):
    return Client(
        resolve(server.url, server.api_key),
        requests_per_minute=None,
        cache=False,
        progress=False,
        clock=Clock(sleep=lambda seconds: time.sleep(min(seconds, 0.01))),
    )


def _apply(url, key, csv, journal):
    """Apply a plan in this process, which somebody may kill, and end with how it went."""
    with _client(SimpleNamespace(url=url, api_key=key)):
        try:
            plan = Plan.from_csv(csv)
            plan.apply(journal=journal, confirm=True, destructive=True)
        except (omnipd.NetworkError, omnipd.APIError):
            os._exit(GOES_ON)
    os._exit(DONE)


def apply_and_kill(server, csv, journal, moments):
    """Apply a plan until it is at its end, killed after so many more requests each time.

    Returns
    -------
    Counter
        How often it was killed while ``sending``, and while ``verifying``.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["omnipd", "omnipd.changes.plan"])
    killed, moments = Counter(), list(moments)
    for _ in range(len(moments) + 30):
        child = context.Process(target=_apply, args=(server.url, server.api_key, csv, journal))
        end = _asked(server) + moments.pop() if moments else None
        child.start()
        while child.is_alive():
            if end is not None and _asked(server) >= end:
                os.kill(child.pid, signal.SIGKILL)
                child.join()
                break
            child.join(0.004)
        if child.exitcode == DONE:
            return killed
        assert child.exitcode in {GOES_ON, -signal.SIGKILL}, child.exitcode
        if child.exitcode != GOES_ON:
            killed[_what_was_done(journal)] += 1
    raise AssertionError("it never came to its end")


def _asked(server):
    return server._own.log.count  # without a list of all of them


def _what_was_done(journal):
    try:
        states = set(omnipd.open_journal(journal).report()["state"])
    except omnipd.ArgumentError:  # it was not yet begun
        return "sending"
    return "sending" if states & {"pending", "sent"} else "verifying"


def compare(scenario, report, had, has, somebodys):
    """Raise where an organization has something else than a report says, or than it had.

    What the report does not know may be either, and what somebody else changed anything.
    """
    expected, either, left = dict(had), {}, []
    for row in report.astype(object).where(report.notna(), None).to_dict("records"):
        assert row["state"] not in {"pending", "sent"}, row
        old, new = (scenario.facts(had, row, is_new) for is_new in (False, True))
        if row["state"] in {"ok", "already"}:
            expected |= new
            left.append(row)
        elif row["state"] in {"unknown", "conflict"}:
            for fact in new:
                either[fact] = {repr(old.get(fact)), repr(new[fact])}
            left.append(row)
    differing = [one for one in {**expected, **has} if expected.get(one) != has.get(one)]
    wrong = [
        fact
        for fact in differing
        if not somebodys & {part.casefold() for part in fact}
        and repr(has.get(fact)) not in either.get(fact, ())
        and not any(scenario.follows(row, fact) for row in left)
    ]
    assert not wrong, [(one, expected.get(one), has.get(one)) for one in wrong[:5]]


def trial(name, number):
    """Apply one plan and take it back, both killed again and again, and compare; return what came of it.

    Returns
    -------
    Tried
    """
    scenario, chance = SCENARIOS[name], random.Random(f"{name} {number}")
    with tempfile.TemporaryDirectory(dir=_MEMORY) as place, warnings.catch_warnings():
        warnings.simplefilter("ignore", omnipd.OmniWarning)
        folder = Path(place)
        with Server(**scenario.organization) as server, _client(server) as client:
            planned = scenario.plan(client, chance, folder)
        faults, somebodys = faults_of(scenario, planned, chance)
        calls = max(scenario.calls.values())
        with Server(**scenario.organization, faults=faults) as server, _client(server):
            had = WholeOrganization(server).facts
            Plan(planned.changes, server.url).to_csv(folder / "plan.csv")
            journal = folder / "journal"
            moments = [chance.randrange(1, calls) for _ in range(KILLS)]
            killed = apply_and_kill(server, folder / "plan.csv", journal, moments)
            sent = [one for one in server.requests if one.method != "GET"]
            report = omnipd.open_journal(journal).report()
            compare(scenario, report, had, WholeOrganization(server).facts, somebodys)
            _sent_as_often_as_may_be(sent, report, somebodys)
            # What is wrong with the sandbox still is, so that undoing takes more than one plan, too.
            for round_ in range(8):
                path = folder / f"back {round_}"
                omnipd.undo(journal).to_csv(folder / f"{path.name}.csv")
                moments = [chance.randrange(1, calls) for _ in range(KILLS if round_ == 0 else 0)]
                back = apply_and_kill(server, folder / f"{path.name}.csv", path, moments)
                killed += Counter({f"{one} back": count for one, count in back.items()})
                undone = omnipd.open_journal(path).report()
                if set(undone["state"]) <= {"already", "conflict", "refused"}:
                    break
            assert set(undone["state"]) <= {"already", "conflict"}, Counter(undone["state"])
            now = WholeOrganization(server).facts
            differing = [one for one in {**had, **now} if had.get(one) != now.get(one)]
            wrong = [one for one in differing if not {str(p).casefold() for p in one} & somebodys]
            assert not wrong, [(one, had.get(one), now.get(one)) for one in wrong[:5]]
            assert server.failures == []
            faulty = Counter(one.fault for one in server.requests if one.fault is not None)
    return Tried(killed, Counter(report["state"]), faulty)


def _sent_as_often_as_may_be(sent, report, somebodys):
    """Raise where something was asked for more often than it may be, or made twice."""
    reached = [one for one in sent if one.status not in {401, 429}]
    # A call for many changes of a group comes once for each hundred of them, and alone once more.
    often = Counter(one.path for one in reached if one.path.startswith("/api/v1/documents/"))
    assert max(often.values(), default=0) <= MOST_TRIES, often.most_common(3)
    made = [one for one in reached if one.path == "/api/scim/v2/Users"]
    assert sum(one.status == 409 for one in made) <= len(somebodys)
    took = sum(one.status == 201 or one.fault == "lost" for one in made)
    rows = report[(report["column"] == "exists") & report["state"].isin(["ok", "unverified"])]
    assert (
        len(rows)
        <= took
        <= len(rows) + sum(one["state"] == "unknown" for one in report.to_dict("records"))
    ), (len(rows), took)


def main():
    """Try so many plans of each kind."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    is_right = True
    chosen = [one for one in SCENARIOS if " ".join(sys.argv[2:]) in one]
    for name in chosen:
        began, total = time.monotonic(), Tried(Counter(), Counter(), Counter())
        for number in range(times):
            try:
                total = total.and_of(trial(name, number))
            except AssertionError as error:
                is_right = False
                print(f"{name} {number}: {error}"[:1500], flush=True)
        took = time.monotonic() - began
        print(f"{name}: {times:,} plans in {took:,.0f} s; {total}", flush=True)
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()

"""Tries plans that are killed at random: ``python -m tests.killed_plans``, or ``… 10`` for so many of each kind.

``… 10 move`` tries those alone whose name has this. Each is applied by processes of their own, to a sandbox whose
answers are lost, whose changes have no effect, that refuses, limits, and lets somebody else change things
meanwhile. The processes are killed at random and go on with the same journal, until it is at its end. Then

- what the report says of each row is what the sandbox has, which is read without omnipd's readers, and nothing
  else in the whole organization has changed;
- nothing was asked for more often than it may be, and nothing was made twice;
- undoing it, killed as often, brings the whole organization back to where it was, but for what somebody else did.
"""

import math
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
#: What makes a thing of each kind.
_MADE_BY = {
    "user": "/api/scim/v2/Users",
    "group": "/api/scim/v2/Groups",
    "folder": "/api/v1/folders",
}
#: Of what was not made, such as a user, no part is changed.
_NOT_THERE = "It is not there."
#: What goes wrong, and how often for so many calls of a kind, or more.
_CALLS = 50
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
    faults, meanwhile = [], []
    for (method, path), calls in scenario.calls.items():
        of_change = {"method": method, "path": path}
        for kind, times in _FAULTS:
            faults += [
                {**kind, **of_change, "after": first + chance.randrange(calls)}
                for first in (0, calls)  # while it is applied, and while it is taken back
                for _ in range(math.ceil(times * min(1, calls / _CALLS)))
            ]
    rows = plan.frame.astype(object).to_dict("records")
    touched = [row for row in rows if scenario.somebody(row) is not None]
    # One of them comes to be changed afterwards at the soonest; of the others nobody knows.
    somebodys = [chance.choice(touched[-2:]), *chance.sample(touched[:-2], 2)]
    for row in somebodys:
        does, (method, path) = scenario.somebody(row), next(iter(scenario.calls))
        after = chance.randrange(scenario.calls[method, path] // 2)
        meanwhile.append(
            {"kind": "meanwhile", "method": method, "path": path, "after": after, "does": does}
        )
    chance.shuffle(faults)
    # Of several that meet one call the first does: none of these waits until all is taken back.
    return meanwhile + faults, {row["item"].casefold() for row in somebodys}


def _client(server, progress=False):
    return Client(
        resolve(server.url, server.api_key),
        requests_per_minute=None,
        cache=False,
        progress=progress,
        clock=Clock(sleep=lambda seconds: time.sleep(min(seconds, 0.01))),
    )


class _KilledInVerifying:
    """Hears how far applying a plan is, and kills its process after so many steps of reading back."""

    def __init__(self, steps):
        self._left, self._verifies = steps, False

    def __call__(self, name, done, total):
        self._verifies = self._verifies or name == "verifying"
        if self._verifies:
            self._left -= 1
            if self._left < 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _apply(url, key, csv, journal, verified_steps):
    """Apply a plan in this process, which somebody may kill, and end with how it went."""
    progress = verified_steps is not None and _KilledInVerifying(verified_steps)
    with _client(SimpleNamespace(url=url, api_key=key), progress):
        try:
            plan = Plan.from_csv(csv)
            plan.apply(journal=journal, confirm=True, destructive=True)
        except (omnipd.NetworkError, omnipd.APIError):
            os._exit(GOES_ON)
    os._exit(DONE)


def apply_and_kill(server, csv, journal, moments, verified_steps=None):
    """Apply a plan until it is at its end, killed after so many more requests each time.

    Parameters
    ----------
    verified_steps : int, optional
        After how many steps of reading back it is killed once more; not at all without.

    Returns
    -------
    Counter
        How often it was killed while ``sending``, and while ``verifying``.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["omnipd.changes.plan", "omnipd_sandbox.server"])
    killed, moments = Counter(), list(moments)
    for _ in range(len(moments) + 30):
        steps = verified_steps if not killed["verifying"] else None
        child = context.Process(
            target=_apply, args=(server.url, server.api_key, csv, journal, steps)
        )
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

    What the report does not know may be either. What somebody else changed may be anything, but of a conflict
    neither what it was nor what the plan makes of it.
    """
    expected, either, left = dict(had), {}, []
    for row in report.astype(object).where(report.notna(), None).to_dict("records"):
        assert row["state"] not in {"pending", "sent"}, row
        old, new = (scenario.facts(had, row, is_new) for is_new in (False, True))
        if row["state"] in {"ok", "already"}:
            expected |= new
            left.append(row)
        elif row["state"] == "unknown":
            for fact in new:
                either[fact] = {repr(old.get(fact)), repr(new[fact])}
            left.append(row)
        elif row["state"] == "conflict" and row["detail"] != _NOT_THERE:
            assert any(_is_of(somebodys, fact) for fact in new), row
            for one in (old, new):
                assert any(has.get(fact) != one.get(fact) for fact in new), (row, one)
    differing = [one for one in {**expected, **has} if expected.get(one) != has.get(one)]
    wrong = [
        fact
        for fact in differing
        if not _is_of(somebodys, fact)
        and repr(has.get(fact)) not in either.get(fact, ())
        and not any(scenario.follows(row, fact) for row in left)
    ]
    assert not wrong, [(one, expected.get(one), has.get(one)) for one in wrong[:5]]


def compare_undone(had, applied, now, somebodys):
    """Raise where an organization is not as it was before a plan; what somebody changed may be as after it."""
    wrong = [
        one
        for one in {**had, **applied, **now}
        if now.get(one) != had.get(one)
        and not (_is_of(somebodys, one) and now.get(one) == applied.get(one))
    ]
    assert not wrong, [(one, had.get(one), now.get(one)) for one in wrong[:5]]


def _is_of(somebodys, fact):
    return any(str(part).casefold() in somebodys for part in fact)


def trial(name, number, part=1):
    """Apply one plan and take it back, both killed again and again, and compare; return what came of it.

    Parameters
    ----------
    name : str
        Of a scenario.
    number : int
        Whatever is random follows from it.
    part : int
        Which part of the changes, as ``8`` is an eighth.

    Returns
    -------
    Tried
    """
    scenario, chance = SCENARIOS[name].smaller(part), random.Random(f"{name} {number}")
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
            steps = chance.randrange(2)
            killed = apply_and_kill(server, folder / "plan.csv", journal, moments, steps)
            sent = [one for one in server.requests if one.method != "GET"]
            report = omnipd.open_journal(journal).report()
            applied = WholeOrganization(server).facts
            compare(scenario, report, had, applied, somebodys)
            _sent_as_often_as_may_be(sent, report, somebodys)
            # What is wrong with the sandbox still is, so that undoing takes more than one plan, too.
            for round_ in range(20):
                path = folder / f"back {round_}"
                omnipd.undo(journal).to_csv(folder / f"{path.name}.csv")
                # The first is killed as often as the plan was.
                moments = [chance.randrange(1, calls) for _ in range(KILLS if round_ == 0 else 0)]
                steps = chance.randrange(2) if round_ == 0 else None
                back = apply_and_kill(server, folder / f"{path.name}.csv", path, moments, steps)
                killed += Counter({f"{one} back": count for one, count in back.items()})
                undone = omnipd.open_journal(path).report()
                if set(undone["state"]) <= {"already", "conflict", "refused"}:
                    break
            assert set(undone["state"]) <= {"already", "conflict"}, Counter(undone["state"])
            compare_undone(had, applied, WholeOrganization(server).facts, somebodys)
            assert server.failures == []
            faulty = Counter(one.fault for one in server.requests if one.fault is not None)
    return Tried(killed, Counter(report["state"]), faulty)


def _sent_as_often_as_may_be(sent, report, somebodys):
    """Raise where something was asked for more often than it may be, or made twice."""
    reached = [one for one in sent if one.status not in {401, 429}]
    # A call for many changes of a group comes once for each hundred of them, and alone once more.
    often = Counter(one.path for one in reached if one.path.startswith("/api/v1/documents/"))
    assert max(often.values(), default=0) <= MOST_TRIES, often.most_common(3)
    for kind, path in _MADE_BY.items():
        made = [one for one in reached if (one.method, one.path) == ("POST", path)]
        assert sum(one.status == 409 for one in made) <= len(somebodys)
        # What had no effect may have come to somebody who was killed, and was made once more then.
        took = sum(
            one.fault == "lost" or (one.status in {200, 201} and one.fault != "no_effect")
            for one in made
        )
        rows = report[(report["kind"] == kind) & (report["column"] == "exists")]
        least = int((rows["state"] == "ok").sum())
        most = least + int(rows["state"].isin(["unverified", "unknown"]).sum())
        assert least <= took <= most, (kind, least, took, most)


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

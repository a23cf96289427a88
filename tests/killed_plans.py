"""Tries plans that are killed at random: ``python -m tests.killed_plans``, or ``… 10`` for so many of each kind.

Each is applied by processes of their own, to a sandbox whose answers are lost, whose changes have no effect,
that refuses, limits, and lets somebody else change things meanwhile. The processes are killed at random and go
on with the same journal, until it is at its end. Then

- what the report says of each row is what the sandbox has, which is read without omnipd's readers;
- nothing was asked for more often than it may be;
- undoing it brings the whole organization back to where it was, but for what somebody else did.
"""

import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
import urllib.request
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import omnipd
from omnipd.changes.plan import Plan
from omnipd.changes.values import NAMES
from omnipd.client.client import Client
from omnipd.client.settings import resolve
from omnipd.clock import Clock
from omnipd_sandbox.server import Server

KILLS = 6
#: So often may one change be sent that is only set.
MOST_TRIES = 3
#: What its callers may see, and go on after.
GOES_ON, DONE = 3, 0
#: Of a list: when it was changed, and what follows from the others.
_OF_NO_MATTER = {"updatedAt", "meta", "usage_count"}


@dataclass(frozen=True)
class Scenario:
    """One kind of plan.

    Attributes
    ----------
    organization : dict
        What the sandbox has.
    plan : callable
        Of a client and random numbers, the plan.
    calls : str
        The path of what makes one change, with * where its id stands.
    method : str
        Its method.
    value : callable
        Of the organization and an id, what it has now.
    said : callable
        Of a text of the report, the same.
    somebody : callable
        What somebody else does to the item of a row.
    """

    organization: dict[str, Any]
    plan: Callable[[Client, random.Random], omnipd.Plan]
    calls: str
    method: str
    value: Callable[[dict[str, Any], str], Any]
    said: Callable[[Any], Any]
    somebody: Callable[[str], dict[str, Any]]


def _plan_of_labels(client, chance):
    documents = omnipd.read_documents(include="labels", client=client)
    labels = omnipd.read_labels(client=client)["label"].tolist()
    edited = documents.copy()
    edited["labels"] = [
        ",".join(f'"{one}"' if "," in one else one for one in chance.sample(labels, 2))
        for _ in range(len(edited))
    ]
    return omnipd.plan(documents, edited, client=client)[:60]


def _document(organization, item):
    (document,) = [one for one in organization["/api/v1/documents"] if one["identifier"] == item]
    return document


def _labels_of(organization, item):
    return frozenset(_document(organization, item)["labels"])


def _label_from_somebody(item):
    path = f"/api/v1/documents/{quote(item, safe='')}/labels/deprecated"
    return {"method": "PUT", "path": path}


def _plan_of_moves(client, chance):
    documents = omnipd.read_documents(client=client)
    return omnipd.plan_move(documents, "/finance", client=client)[:50]


def _place_of(organization, item):
    document = _document(organization, item)
    path = (document["folder"] or {}).get("path", "")
    return f"/{path} ({document['scope']})"


def _move_by_somebody(item):
    path = f"/api/v1/documents/{quote(item, safe='')}/move"
    return {"method": "POST", "path": path, "body": {"folderPath": "flights"}}


SCENARIOS = {
    "relabel 60 documents": Scenario(
        {"documents": 70},
        _plan_of_labels,
        "/api/v1/documents/*/labels",
        "PATCH",
        _labels_of,
        lambda text: frozenset(NAMES.of(text)),
        _label_from_somebody,
    ),
    "move 50 documents": Scenario(
        {"documents": 70},
        _plan_of_moves,
        "/api/v1/documents/*/move",
        "POST",
        _place_of,
        str,
        _move_by_somebody,
    ),
}


def whole(server):
    """Return all of an organization that plans change, page by page, without omnipd."""

    def ask(path, **params):
        query = "&".join(f"{name}={quote(str(value))}" for name, value in params.items())
        request = urllib.request.Request(f"{server.url}{path}?{query}")
        request.add_header("Authorization", f"Bearer {server.api_key}")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def without(value):
        if isinstance(value, dict):
            kept = {name: without(one) for name, one in value.items() if name not in _OF_NO_MATTER}
            if isinstance(kept.get("labels"), list):
                kept["labels"] = sorted(kept["labels"], key=str)
            return kept
        return [without(one) for one in value] if isinstance(value, list) else value

    held = {}
    for path in ("/api/v1/documents", "/api/v1/folders", "/api/v1/labels", "/api/v1/schedules"):
        records, cursor = [], None
        while True:
            more = {"cursor": cursor} if cursor else {}
            more |= {"include": "labels"} if path.endswith(("documents", "folders")) else {}
            page = ask(path, **more)
            records += page.get("records", page.get("labels", []))
            cursor = page.get("pageInfo", {}).get("nextCursor")
            if not cursor:
                break
        held[path] = without(records)
    for path in ("/api/scim/v2/Users", "/api/scim/v2/Groups"):
        records = []
        while page := ask(path, startIndex=len(records) + 1, count=100)["Resources"]:
            records += page
        held[path] = without(records)
    return held


def faults_of(scenario, plan, chance):
    """Return what goes wrong while a plan is applied, and to which items somebody else does something."""
    of_change = {"path": scenario.calls, "method": scenario.method}
    faults = []
    for kind, times in (
        ({"kind": "lost"}, 6),
        ({"kind": "lost", "code": 502}, 3),
        ({"kind": "reset"}, 6),
        ({"kind": "no_effect"}, 3),
        ({"kind": "status", "code": 429}, 4),
        ({"kind": "status", "code": 400}, 3),
        ({"kind": "status", "code": 401}, 2),
        ({"kind": "status", "code": 500}, 3),
    ):
        faults += [
            {**kind, **of_change, "after": chance.randrange(len(plan))} for _ in range(times)
        ]
    somebodys = chance.sample(plan["item"].tolist(), 3)
    for item in somebodys:
        after = chance.randrange(len(plan))
        does = scenario.somebody(item)
        faults.append({"kind": "meanwhile", **of_change, "after": after, "does": does})
    chance.shuffle(faults)
    return faults, set(somebodys)


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


def apply_and_kill(server, csv, journal, kills, chance, seconds):
    """Apply a plan, killed so often at random, until it is at its end; return how often it was killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["omnipd", "omnipd.changes.plan"]
    ) if os.name == "posix" else None
    killed = 0
    for _ in range(kills + 20):
        child = context.Process(target=_apply, args=(server.url, server.api_key, csv, journal))
        child.start()
        # From before the journal is begun until behind its end.
        child.join(chance.uniform(0.02, seconds) if killed < kills else 120)
        if child.is_alive():
            os.kill(child.pid, signal.SIGKILL)
            killed += 1
        child.join()
        if child.exitcode == DONE:
            return killed
        assert child.exitcode in {GOES_ON, -signal.SIGKILL}, child.exitcode
    raise AssertionError("it never came to its end")


def compare(scenario, report, organization, somebodys):
    """Raise where a report says something else than the organization has."""
    for row in report.to_dict("records"):
        if row["item"] in somebodys:
            assert row["state"] not in {"pending", "sent"}
            continue
        has = scenario.value(organization, row["item"])
        old, new = scenario.said(row["old"]), scenario.said(row["new"])
        expected = {
            "ok": {new},
            "already": {new},
            "failed": {old},
            "refused": {old},
            "unverified": {old},
            "unknown": {old, new},
        }.get(row["state"], set())
        assert has in expected, (row, has)


def trial(name, number, kills=KILLS, seconds=2.0):
    """Apply one plan, killed so often, compare and undo it; return what came of it."""
    scenario, chance = SCENARIOS[name], random.Random(f"{name} {number}")
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        warnings.simplefilter("ignore", omnipd.OmniWarning)
        folder = Path(place)
        with Server(**scenario.organization) as server, _client(server) as client:
            planned = scenario.plan(client, chance)
        faults, somebodys = faults_of(scenario, planned, chance)
        with Server(**scenario.organization, faults=faults) as server, _client(server):
            before = whole(server)
            Plan(planned.changes, server.url).to_csv(folder / "plan.csv")
            journal = folder / "journal"
            killed = apply_and_kill(server, folder / "plan.csv", journal, kills, chance, seconds)
            report = omnipd.open_journal(journal).report()
            compare(scenario, report, whole(server), somebodys)
            sent = Counter(
                one.path
                for one in server.requests
                if one.method == scenario.method and one.status not in {401, 429}
            )
            assert max(sent.values()) <= MOST_TRIES, sent.most_common(3)
            # What is wrong with the sandbox still is, so that undoing takes more than one plan, too.
            for round_ in range(5):
                back = omnipd.undo(journal)
                path = folder / f"back {round_}"
                undone = back.apply(confirm=True, destructive=True, journal=path)
                if set(undone["state"]) <= {"already", "conflict"}:
                    break
            assert set(undone["state"]) <= {"already", "conflict"}, Counter(undone["state"])
            assert set(undone["item"][undone["state"] == "conflict"]) <= somebodys
            for path, records in whole(server).items():
                for one, other in zip(before[path], records, strict=True):
                    assert one == other or one.get("identifier") in somebodys, (one, other)
            assert server.failures == []
    return killed, Counter(report["state"])


def main():
    """Try so many plans of each kind."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for name in SCENARIOS:
        kills, states = 0, Counter()
        for number in range(times):
            killed, became = trial(name, number)
            kills, states = kills + killed, states + became
        told = ", ".join(f"{count:,} {state}" for state, count in states.most_common())
        print(f"{name}: {times:,} plans, {kills:,} kills; {told}")


if __name__ == "__main__":
    main()

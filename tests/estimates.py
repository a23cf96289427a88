"""Estimates against the calls that are made: ``python -m tests.estimates 50 500 5000``.

It prints a line for each inventory, export and reader, with the tables whose calls are not those that
were estimated, and fails where an estimate is off by more than 5 %. One that says "at least" may be less
than what was made, and never more.
"""

from __future__ import annotations

import argparse
import contextlib
import inspect
import json
import os
import re
import sys
import tempfile
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

import omnipd
from omnipd.admin.inventory_parts import ALL_PARTS, names_of, with_needed
from omnipd_sandbox.server import Server

#: How far an estimate may be off.
ALLOWED = 0.05
INCLUDES = (
    *(None, "all", "people", "access", "ai"),
    *("content:all", "schedules:all", "connections:all", "models:all"),
)
#: Servers that count, cut and spell their lists in other ways.
SERVERS: Mapping[str, Mapping[str, Any]] = {
    "usual": {},
    "remaining": {"total_records": "remaining"},
    "small pages": {"scim_count_at_most": 40},
    "newer": {"removed_routes": True},
    "other owners": {"owner_ids": "other"},
}


@dataclass(frozen=True)
class Outcome:
    """What was estimated of a read, and what it took.

    Attributes
    ----------
    estimated : DataFrame
        As :func:`omnipd.estimate` gives it.
    asked : int
        How many requests the estimate took.
    made : int
        How many the read took, by the server's own count.
    tables : mapping of str to int
        How many each table took.
    """

    estimated: pd.DataFrame
    asked: int
    made: int
    tables: Mapping[str, int]

    @property
    def calls(self) -> int:
        return int(self.estimated["calls"].sum())

    @property
    def at_least(self) -> bool:
        return bool(self.estimated["at_least"].any())

    def faults(self) -> list[str]:
        """Return what is wrong with the estimate, in all and of each table."""
        parts = self.estimated.set_index("name")
        found = [
            f"{name}: {_said(parts.loc[name])}, made {made}"
            for name, made in self.tables.items()
            if _is_off(parts.loc[name, "calls"], made, at_least=bool(parts.loc[name, "at_least"]))
        ]
        if _is_off(self.calls, self.made, at_least=self.at_least):
            found.append(f"in all: {self.calls}, made {self.made}")
        return found

    def lines(self, what: str) -> Iterator[str]:
        """Yield the outcome as a line of a table, and below it the tables of which it is not the same."""
        share = self.calls / self.made if self.made else float(self.calls == 0)
        at_least = "at least" if self.at_least else ""
        yield f"{what:32} {at_least:8} {self.calls:>7,} {self.made:>7,} {share:>6.1%} {self.asked:>5}"
        for name, row in self.estimated.set_index("name").iterrows():
            made = self.tables.get(str(name))
            if made is not None and (pd.isna(row["calls"]) or made != row["calls"]):
                yield f"    {name}: {_said(row)}, made {made:,}"


def _said(row: Any) -> str:
    why = "" if pd.isna(row["why_more"]) else f" ({row['why_more']})"
    return f"{'at least ' if row['at_least'] else ''}{row['calls']}{why}"


def _is_off(calls: Any, made: int, *, at_least: bool) -> bool:
    if pd.isna(calls):
        return not at_least
    below = made - int(calls)
    return below < -ALLOWED * made or (below > ALLOWED * made and not at_least)


def requests_of(server: Server) -> int:
    """Return how many requests a server has had, by its own count."""
    with urllib.request.urlopen(f"{server.url}/_sandbox/stats") as answer:
        return int(json.load(answer)["requests"])


def of_inventory(server: Server, include: str | list[str] | None, *, cache: bool) -> Outcome:
    """Estimate an inventory, and read it."""
    with _connected(server, cache=cache) as client:
        before = requests_of(server)
        estimated = omnipd.estimate("inventory", include=include, client=client)
        between = requests_of(server)
        inventory = omnipd.read_inventory(
            include=_with_needed(include), errors="collect", client=client
        )
        made = requests_of(server) - between
    tables = {name: frame.attrs["omni"]["requests"] for name, frame in inventory.items()}
    return Outcome(estimated, between - before, made, tables)


def of_export(server: Server, include: str | list[str] | None) -> Outcome:
    """Estimate an export, and make it."""
    with _connected(server, cache=True) as client, tempfile.TemporaryDirectory() as folder:
        before = requests_of(server)
        estimated = omnipd.estimate(omnipd.export_inventory, folder, include=include, client=client)
        between = requests_of(server)
        export = omnipd.export_inventory(
            folder, include=_with_needed(include), errors="collect", client=client
        )
        made = requests_of(server) - between
        tables = json.loads((Path(export) / "manifest.json").read_text("utf-8"))["tables"]
    requests = {name: table["requests"] for name, table in tables.items()}
    return Outcome(estimated, between - before, made, requests)


def of_reader(server: Server, name: str, *arguments: Any, **options: Any) -> Outcome:
    """Estimate a reader, and read."""
    read: Callable[..., pd.DataFrame] = getattr(omnipd, f"read_{name}")
    if "errors" in inspect.signature(read).parameters and (arguments or "scope" in options):
        options["errors"] = "collect"
    with _connected(server, cache=True) as client:
        before = requests_of(server)
        estimated = omnipd.estimate(read, *arguments, **options, client=client)
        between = requests_of(server)
        read(*arguments, **options, client=client)
        made = requests_of(server) - between
    return Outcome(estimated, between - before, made, {})


def _with_needed(include: str | list[str] | None) -> list[str]:
    """Return all tables that are read, of which their facts then say what they took."""
    return with_needed(names_of(include), "all")


@contextlib.contextmanager
def _connected(server: Server, *, cache: bool) -> Iterator[omnipd.Client]:
    """Connect with an empty cache."""
    with omnipd.connect(
        server.url, server.api_key, requests_per_minute=None, cache="1d" if cache else False
    ) as client:
        if cache:
            omnipd.clear_cache(client)
        yield client


def reads(server: Server) -> Iterator[tuple[str, Callable[[], Outcome]]]:
    """Yield every inventory, export and reader, by what it is called in the table."""
    for include in INCLUDES:
        name = include or "by default"
        yield f"inventory {name}", partial(of_inventory, server, include, cache=True)
        yield f"inventory {name}, no cache", partial(of_inventory, server, include, cache=False)
        yield f"export {name}", partial(of_export, server, include)
    for name, part in ALL_PARTS.items():
        yield f"reader {name}", partial(_of_reader_below, server, name)
        if part.personal:
            yield f"reader {name} of all", partial(of_reader, server, name, scope="all")
    yield "reader document_permissions", partial(_of_permissions, server)
    yield "reader records", partial(of_reader, server, "records", "/api/v1/content")
    yield "reader documents limit", partial(of_reader, server, "documents", limit=120)
    yield "reader users limit", partial(of_reader, server, "users", limit=2)
    yield "reader topics by name", partial(of_reader, server, "topics", "flights")
    yield "reader uploads by model", partial(of_reader, server, "uploads", model="flights")


def _of_reader_below(server: Server, name: str) -> Outcome:
    """Estimate a reader, for all parents where it is below some."""
    part = ALL_PARTS[name]
    if part.below is None:
        return of_reader(server, name)
    with _connected(server, cache=True) as client:
        parents = omnipd.read_inventory(include=part.below, errors="collect", client=client)
    return of_reader(server, name, parents[part.below])


def _of_permissions(server: Server) -> Outcome:
    with _connected(server, cache=True) as client:
        documents = omnipd.read_documents(limit=200, client=client)
        person = omnipd.whoami(client=client).user_id
    return of_reader(server, "document_permissions", documents, user_id=person)


def main() -> int:
    """Compare all of them at some numbers of documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", nargs="+", type=int)
    parser.add_argument("--server", choices=list(SERVERS), default="usual")
    parser.add_argument("--only", default=".", help="A regular expression: what to compare.")
    asked = parser.parse_args()
    warnings.simplefilter("ignore", omnipd.OmniWarning)
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(OMNIPD_CACHE_DIR=f"{folder}/cache", OMNIPD_STATE_DIR=f"{folder}/state")
        for number in asked.documents:
            print(f"{f'{number:,} documents':41} {'said':>7} {'made':>7} {'share':>6} asked")
            with Server(documents=number, control=True, **SERVERS[asked.server]) as server:
                for what, compare in reads(server):
                    if re.search(asked.only, what):
                        outcome = compare()
                        print(*outcome.lines(what), sep="\n", flush=True)
                        faults += [f"{number:,}, {what}: {one}" for one in outcome.faults()]
    print("Off by more than 5 %:" if faults else "None is off by more than 5 %.", *faults, sep="\n")
    return len(faults) > 0


if __name__ == "__main__":
    sys.exit(main())

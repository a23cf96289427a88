"""Folders that documents of another Omni lie in, made where they are lacking."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from omnipd.changes.actions.folder_paths import above, own
from omnipd.changes.change import Change, Key
from omnipd.changes.folders_now import folders_now
from omnipd.changes.now import Now
from omnipd.changes.planned import planned
from omnipd.client.client import Client
from omnipd.display import listed


def missing_folders(paths: Collection[str], client: Client) -> set[str]:
    """Return the paths that no folder of the organization has."""
    return set(paths) - folders_now(Now(client), paths).keys() if paths else set()


def make_folders(paths: Collection[str], source: Client, target: Client) -> dict[str, str]:
    """Make folders and those above them, with the names of the source's; say of which it was in vain."""
    every = sorted({one for path in paths for one in _with_those_above(path)})
    lacking = missing_folders(every, target)
    if not lacking:
        return {}
    names = folders_now(Now(source), lacking)
    plan = planned(
        (_new(path, names.get(path, {}).get("name")) for path in sorted(lacking)), Now(target)
    )
    report = plan.apply(client=target)
    failed = {
        row["item"]: f"Its folder {row['item']} could not be made: {row['detail']}"
        for row in report.to_dict("records")
        if row["state"] not in {"ok", "already"}
    }
    found = {
        path: [failed[one] for one in _with_those_above(path) if one in failed] for path in paths
    }
    return {path: listed(whys, 1) for path, whys in found.items() if whys}


def _new(path: str, name: str | None) -> Change:
    record = {"name": name or own(path), "path": path}
    return Change(Key("folder", path, None, "exists"), None, record, record["name"])


def _with_those_above(path: str) -> Iterator[str]:
    while path:
        yield path
        path = above(path)

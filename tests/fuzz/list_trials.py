"""One list at a time, with an answer that was damaged: what comes is whole, or an error that is documented."""

import json
import random
import warnings

import pandas as pd
from fake_time import FakeTime
from faults.given import client_of
from scripted_server import ScriptedServer, answer

import omnipd
from fuzz.damage import (
    bytes_of,
    json_of,
    soundly_sent,
    strictly_parsed,
    unsoundly_sent,
    written,
    written_otherwise,
)
from fuzz.list_samples import samples

JSON = "application/json"


class Pages(ScriptedServer):
    """Hands out the pages of a list, one of which is damaged each time that it is asked for.

    Attributes
    ----------
    said : list
        For each answer what it says as JSON, or None for what says nothing.
    """

    def __init__(self):
        super().__init__()
        self.pages, self.damaged, self.said = {}, {}, []

    def serve(self, pages, place, sent, content):
        self.pages, self.damaged, self.said = pages, {place: (sent, content)}, []

    def step(self, target, body):
        query = dict(one.partition("=")[::2] for one in target.partition("?")[2].split("&") if one)
        begins = "1" if "1" in self.pages else ""
        place = query.get("startIndex", query.get("cursor", begins))
        if place in self.damaged:
            sent, content = self.damaged[place]
            self.said.append((place, content))
            return sent
        if place in self.pages:
            self.said.append((place, self.pages[place]))
            return answer(self.pages[place])
        self.said.append((place, None))
        return answer({"error": "no such page"}, 400)


def rows_said(sample, content):
    """Return the records that an answer says, or None where it says none."""
    rows = sample.endpoint.rows
    if isinstance(content, list):
        return content
    if not isinstance(content, dict):
        return None
    names = (rows,) if isinstance(rows, str) else rows or ()
    for name in names:
        if name in content:
            return content[name]
    if sample.family == "scim":
        return content.get("Resources")
    lists = [one for one in content.values() if isinstance(one, list)]
    return content.get("records", lists[0] if len(lists) == 1 else None)


def trial(seed: int, server: Pages) -> str:
    """Try one list with one damaged answer; return what came of it, and raise where that is wrong."""
    chance = random.Random(seed)
    known = [one for one in samples().values() if "CREDIT_USAGE" not in one.name]  # asked by month
    sample = chance.choice(known)
    place = chance.choice(list(sample.pages))
    page = sample.pages[place]
    body, sound = json.dumps(page).encode(), False
    kind = chance.choice(("same", "bytes", "json", "json", "json", "sent", "fewer"))
    if kind == "same":
        body, sound = written_otherwise(page, chance), True
    elif kind == "bytes":
        body = bytes_of(body, chance)
    elif kind == "json":
        body = json_of(page, chance)
    elif kind == "fewer" and isinstance(rows := rows_said(sample, page), list) and rows:
        fewer = json.loads(json.dumps(page))
        rows_said(sample, fewer).pop(chance.randrange(len(rows)))
        body = written(fewer)
    if kind == "sent":
        sent, unpacked = unsoundly_sent(body, chance, JSON)
    else:
        sent, unpacked = soundly_sent(body, chance, JSON), body
    try:
        content = None if unpacked is None else strictly_parsed(unpacked)
    except (ValueError, RecursionError):
        content = None
    server.serve(sample.pages, place, sent, content)
    strict = chance.random() < 0.8
    try:
        with (
            warnings.catch_warnings(record=True),
            client_of(server, FakeTime(), cache=False) as client,
        ):
            warnings.simplefilter("always")
            frame = sample.read(client, strict=strict)
    except omnipd.OmniError as raised:
        error = raised
    else:
        error = None
    if error is not None:
        assert not sound, f"a sound answer was refused: {error!r}"
        assert error.partial is None or isinstance(error.partial, pd.DataFrame)
        return f"{kind}: {type(error).__name__}"
    assert isinstance(frame, pd.DataFrame)
    if not frame.attrs["omni"]["complete"]:
        assert not sound
        return f"{kind}: incomplete"
    check_whole(sample, server, frame)
    return f"{kind}: whole"


def check_whole(sample, server, frame):
    """Raise unless a frame that calls itself whole has all that its answers said."""
    begins = "1" if sample.family == "scim" else ""
    start = max((n for n, (place, _) in enumerate(server.said) if place in {begins, ""}), default=0)
    came, totals = 0, []
    for place, content in server.said[start:]:
        assert content is not None, f"an answer that says nothing was taken: {place!r}"
        if sample.family in {"single", "other"}:
            came += 1
            continue
        rows = rows_said(sample, content)
        assert isinstance(rows, list), f"no list of rows was taken for one: {place!r}"
        came += len(rows)
        if isinstance(content, dict):
            info = content.get("pageInfo")
            total = info.get("totalRecords") if isinstance(info, dict) else None
            total = content.get("totalResults") if sample.family == "scim" else total
            totals.append(total if type(total) is int else None)
    if sample.record_is_row and sample.family != "other":
        assert len(frame) == came, f"{len(frame)} rows of {came} records"
        if totals and totals[0] is not None and sample.family in {"cursor", "scim"}:
            assert totals[0] == len(frame), f"{len(frame)} rows of {totals[0]} that were counted"

"""What the doctor found: rows of text that hold no name, no id and no secret."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Literal

import pandas as pd
import pyarrow as pa

from omnipd import display
from omnipd.display import counted
from omnipd.frames.columns import TEXT

Result = Literal["ok", "note", "problem", "unknown"]


@dataclass(frozen=True)
class Finding:
    """One row of a report.

    Attributes
    ----------
    area : str
        What it is about: ``local``, ``connection``, ``readers``, ``register`` or ``specification``.
    check : str
        What was looked at.
    result : {"ok", "note", "problem", "unknown"}
        A note is a way in which this Omni differs that omnipd copes with; unknown could not be told.
    detail : str
        What was found.
    what_to_do : str
        What to do about it; empty where there is nothing to do.
    """

    area: str
    check: str
    result: Result
    detail: str
    what_to_do: str = ""


class Checkup:
    """What :func:`omnipd.doctor` found.

    Attributes
    ----------
    findings : list of Finding
        In the order in which they were looked at.
    calls : int
        How many requests were sent.
    allowed : int
        How many it would have sent at most.
    """

    def __init__(self, findings: Sequence[Finding], *, calls: int, allowed: int) -> None:
        self.findings = list(findings)
        self.calls = calls
        self.allowed = allowed

    @property
    def problems(self) -> list[Finding]:
        """What is wrong."""
        return [one for one in self.findings if one.result == "problem"]

    def to_frame(self) -> pd.DataFrame:
        """Return the findings as a frame, a row each."""
        names = [field.name for field in fields(Finding)]
        rows = [asdict(one) for one in self.findings]
        table = pa.table({name: pa.array([row[name] for row in rows], TEXT) for name in names})
        frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
        return frame

    def to_json(self) -> str:
        """Return the report as JSON: ``calls``, ``allowed`` and ``findings``."""
        told = {"calls": self.calls, "allowed": self.allowed}
        return json.dumps(told | {"findings": [asdict(one) for one in self.findings]}, indent=1)

    def to_markdown(self) -> str:
        """Return the report as a block for a bug report."""
        lines = [f"**omnipd doctor**: {self.summary()}", ""]
        lines += ["| Area | Check | Result | Detail |", "|---|---|---|---|"]
        lines += [
            "| " + " | ".join(map(_cell, (one.area, one.check, one.result, one.detail))) + " |"
            for one in self.findings
        ]
        return "\n".join(lines) + "\n"

    def summary(self) -> str:
        """Say in one line how many calls were sent, and how many findings are of which kind."""
        kinds = Counter(one.result for one in self.findings)
        found = [
            f"{kinds['ok']} ok",
            counted(kinds["note"], "note"),
            counted(kinds["problem"], "problem"),
            f"{kinds['unknown']} unknown",
        ]
        return f"{counted(self.calls, 'call')} of at most {self.allowed}; {', '.join(found)}"

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __repr__(self) -> str:
        return display.text("omnipd.Checkup", self._rows())

    def _repr_html_(self) -> str:
        return display.page("omnipd.Checkup", display.table(self._rows()))

    def _rows(self) -> list[display.Row]:
        shown = [one for one in self.findings if one.result != "ok"]
        lines = [f"{one.result}: {one.check}: {one.detail}" for one in shown]
        return [("summary", [self.summary()]), ("not ok", lines or ["nothing"])]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")

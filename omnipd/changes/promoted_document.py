"""One document on its way from one Omni to another, and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omnipd.admin.import_notes import MADE, Note, imported_before, note_import
from omnipd.arguments import argument
from omnipd.changes.documents_now import Row
from omnipd.client.client import Client
from omnipd.frames.labels import split_names

#: What the outcome of an import is here.
_STATUS = {"ok": "made", "ok_with_issues": "made", "skipped": "unknown"}


def as_before(promoted: Sequence[Promoted], target: Client) -> dict[Path, Note]:
    """Return what the notes beside the files say of earlier calls."""
    return imported_before([one.file for one in promoted if one.file is not None], target)


@dataclass
class Promoted:
    """A document that is to be in another Omni.

    Parameters
    ----------
    identifier : str
    row : mapping, optional
        What the source says of it; None where it is not there.
    """

    identifier: str
    row: Row | None
    file: Path | None = None
    model: str | None = None
    model_id: str | None = None
    status: str = "pending"
    _said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.row is None:
            self.refuse("The source has no such document.")
        elif self.row["scope"] == "restricted":
            self.refuse("It is personal: share it first, or everybody would see it there.")

    @property
    def name(self) -> str | None:
        """What it is called."""
        return None if self.row is None else self.row["name"]

    @property
    def folder(self) -> str | None:
        """The path of its folder."""
        return None if self.row is None else self.row["folder_path"]

    @property
    def labels(self) -> list[str]:
        """Its labels."""
        return [] if self.row is None else split_names(self.row["labels"])

    @property
    def detail(self) -> str | None:
        """What else there is to know of it."""
        return " ".join(self._said) or None

    def say(self, text: str) -> None:
        """Add to what there is to know of it."""
        self._said.append(text)

    def refuse(self, why: str) -> None:
        """Leave it where it is."""
        self.status = "refused"
        self.say(why)

    def find_in(
        self, there: Mapping[str, Row], before: Mapping[Path, Note], *, again: bool
    ) -> None:
        """Find it in the target: what is there is not made."""
        note = before.get(self.file) if self.file is not None else None
        row = there.get(self.identifier)
        if row is not None and row["deleted"]:
            self.status = "conflict"
            self.say("The target has it in its trash, where it keeps its identifier.")
        elif row is not None and note is None:
            self.status = "conflict"
            self.say(
                f"The target has a document of this identifier, {row['name']!r}, that was not made from here: "
                "it is not changed."
            )
        elif row is not None:
            self.status = "already"
        elif note is not None and not again:
            self._is_gone(note)

    def _is_gone(self, note: Note) -> None:
        """Say that it was made, or may have been, and is not there."""
        self.status = "unknown"
        what = "was made" if note.get("status") in MADE else "was sent, and the answer was lost"
        self.say(
            f"It {what} before, and the target does not list it: if it is not there, "
            + argument("again", True)
            + " makes it."
        )

    def take(self, outcome: Mapping[str, Any]) -> None:
        """Take what became of its import."""
        self.status = _STATUS.get(outcome["status"], outcome["status"])
        if outcome["error"]:
            self.say(outcome["error"])
        made = outcome["document_identifier"]
        if self.status == "made" and made not in (None, self.identifier):
            self.say(f"The target calls it {made}.")
            self.identifier = made

    def is_found(self, target: Client) -> None:
        """Note that what was sent and not answered is there."""
        self.status = "made"
        self._said = ["The answer was lost, and it is there."]
        if self.file is not None:
            row = {"status": "ok", "document_identifier": self.identifier}
            note_import(self.file, row, target, set())

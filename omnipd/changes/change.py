"""One change: what of which thing in Omni becomes what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from omnipd.changes.values import Value


class Key(NamedTuple):
    """What a change is of. No two changes of a plan have the same.

    Attributes
    ----------
    kind : str
        The kind of thing, such as ``document`` or ``group``.
    item : str
        Its id; its identifier for a document, its name for a label.
    part : str or None
        Which part of it: the person or group of a permission, the member of a group, the attribute of
        a user. None where the whole is meant.
    column : str
        What of it, as the columns of the readers are called.
    """

    kind: str
    item: str
    part: str | None
    column: str


@dataclass(frozen=True)
class Change:
    """One row of a plan.

    Attributes
    ----------
    key : Key
    old, new : Value
        What Omni had when it was planned, and what it is to have.
    name : str, optional
        What people call the thing.
    refused : str, optional
        Why it is not made, where that is known beforehand.
    part_name, old_name, new_name : str, optional
        What people call what the part and the values are the ids of.
    """

    key: Key
    old: Value
    new: Value
    name: str | None = None
    refused: str | None = None
    part_name: str | None = None
    old_name: str | None = None
    new_name: str | None = None

    @property
    def swapped(self) -> Change:
        """The change that takes this one back."""
        return replace(
            self,
            old=self.new,
            new=self.old,
            refused=None,
            old_name=self.new_name,
            new_name=self.old_name,
        )

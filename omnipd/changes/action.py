"""What there is to know of all changes of one kind: how they are made, and how they are seen."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.now import Now
from omnipd.changes.values import Value, ValueType

#: What Omni has now; a thing that is not there has no entry.
Present = Mapping[Key, Value]


def _none(change: Change) -> None:  # noqa: ARG001 - one of those that say why
    return None


def _level(change: Change) -> int:  # noqa: ARG001 - one of those that say how deep
    return 0


@dataclass(frozen=True)
class Action:
    """How one column of one kind of thing is changed.

    Attributes
    ----------
    kind, column : str
        What it changes: those of a :class:`Key`.
    values : ValueType
        What its old and new values are.
    calls : callable
        The calls that make some changes, in their order. Several changes only where ``together`` says
        that they go together.
    present : callable
        What Omni has now of what some changes are of, read anew: as few calls as possible, one for
        one change. What is not there is left out; what is only not set is null.
    repeat : {"set", "key", "never"}
        Whether a call whose answer was lost may be made again once it shows that it had no effect. A
        "set" sets what is given and may be made three times in all. What is made by a "key", such as a
        label by its name, may be made once more. "never" is for what could be there twice; it is taken
        away as by a "key".
    makes : bool
        Whether it makes or deletes the thing itself, so that one that is not there is no conflict.
    together : callable, optional
        Changes for which it returns the same are made by the same calls, as many as ``max_together``.
        By default each is by itself.
    max_together : int
        How many changes go together.
    depth : callable
        Which of several changes come first: those for which it returns less, and of deletions those for
        which it returns more. A folder is made before those in it, and deleted after them.
    check : callable
        Why a change cannot be made, as far as that is known without asking; None if it can.
    preflight : callable, optional
        Of some changes, why those cannot be made that Omni would refuse by what it has: a label that is not
        defined, a folder or a group that is not there. It is asked when they are planned. A change in
        place of a reason says the same more fully, such as with the scope that a document has where it is.
    irreversible : callable
        Why a change cannot be taken back, wholly or at all; None if it can.
    remark : callable
        What else to know of a change before it is made; None for nothing.
    send : callable, optional
        Makes the changes, where it takes more than ``calls``: what Omni answers decides which.
    candidates : callable, optional
        Of a change whose answer was lost and that is not sent again: the ids of what may be what was made.
    inverse : callable, optional
        The change that takes one back, where it is not the one with old and new swapped.
    """

    kind: str
    column: str
    values: ValueType
    calls: Callable[[Sequence[Change]], Sequence[ApiCall]]
    present: Callable[[Now, Sequence[Change]], Present]
    repeat: Literal["set", "key", "never"] = "set"
    makes: bool = False
    together: Callable[[Change], Hashable] | None = None
    max_together: int = 1
    depth: Callable[[Change], int] = _level
    check: Callable[[Change], str | None] = _none
    preflight: Callable[[Now, Sequence[Change]], Mapping[Key, str | Change]] | None = None
    irreversible: Callable[[Change], str | None] = _none
    remark: Callable[[Change], str | None] = _none
    send: Callable[[Now, Sequence[Change]], None] | None = None
    candidates: Callable[[Now, Change], Sequence[str]] | None = None
    inverse: Callable[[Change], Change] | None = None

"""What is wrong with a file, each thing with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cattrs import (
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)

from omnipd_sandbox.folder.form import key_of, keys_of
from omnipd_sandbox.near_matches import near

#: How deeply a file may be nested: deeper than bodies of requests, parts of which stand in it.
DEEPEST = 300
_AT_MOST = 10


class BadOrganization(ValueError):
    """Say what is wrong with an organization's folder, by name and place."""

    def __init__(self, place: str, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        shown = self.problems[:_AT_MOST]
        more = len(self.problems) - len(shown)
        lines = [*shown, *([f"and {more} more"] if more else [])]
        super().__init__(f"{place} cannot be used:\n" + "\n".join(f"  {each}" for each in lines))


def problems_of(error: BaseException, place: str) -> Iterator[str]:
    """List what a failed reading says, with the keys of the file."""
    match error:
        case ClassValidationError() | IterableValidationError():
            inside, others = error.group_exceptions()
            for each, note in inside:
                if isinstance(note, IterableValidationNote):
                    yield from problems_of(each, f"{place}[{note.index}]")
                else:
                    yield from problems_of(each, f"{place}.{key_of(error.cl, note.name)}")
            for each in others:
                yield from problems_of(each, place)
        case ForbiddenExtraKeysError():
            known = keys_of(error.cl)
            for key in sorted(error.extra_fields):
                yield f"{place}: unknown key {key!r}{near(key, known)}"
        case KeyError():
            yield f"{place}: this is missing"
        case _:
            yield f"{place}: {error}"

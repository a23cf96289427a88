"""How the frames of the readers join, as docs/joins.md says it: its tables are the only source.

The drawing on that page is made from them, and a test holds them against the sandbox.
"""

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).with_name("joins.md")

#: Frames that have the key of another one under the same name.
_ON_ONE_NAME = re.compile(
    r"\| (?P<key>`[^|]+`) \| `(?P<to>\w+)` \| (?P<frames>`[^|]+`)"
    r" \| (?P<mark>documented|observed|assumed) \|"
)
_ROW = re.compile(
    r"\| (?P<each>each of )?(?P<left>`[^|]+?`)(?: where `(?P<name>\w+)` is `(?P<value>\w+)`)?"
    r" \| (?P<right>`[^|]+`) \| [^|`]+ \| (?P<mark>documented|observed|assumed) \|"
)


@dataclass(frozen=True)
class Join:
    """One way from a frame to another.

    Attributes
    ----------
    frame, columns : str, tuple of str
        The reader on the left and its columns; several make one key together.
    to, key : str, tuple of str
        The reader on the right and its columns, as many.
    mark : str
        How sure it is: ``documented``, ``observed`` or ``assumed``.
    listed : bool
        Whether a cell on the left holds several values, comma-joined.
    where : tuple of (str, str), optional
        A column on the left and what it holds in the rows that join.
    """

    frame: str
    columns: tuple[str, ...]
    to: str
    key: tuple[str, ...]
    mark: str
    listed: bool
    where: tuple[str, str] | None


def _side(cell: str) -> tuple[str, tuple[str, ...]]:
    """Return reader and columns of a cell such as ```views.model_id`, `view```."""
    first, *others = re.findall(r"`([\w.]+)`", cell)
    frame, _, column = first.partition(".")
    return f"read_{frame}", (column, *others)


def read_joins(page: str) -> list[Join]:
    """Return the joins of the tables in a page.

    Examples
    --------
    >>> [join] = read_joins("| `content.owner_id` | `users.user_id` | Owner | documented |")
    >>> join.frame, join.columns, join.to, join.key
    ('read_content', ('owner_id',), 'read_users', ('user_id',))
    >>> [join] = read_joins("| `folder_id` | `folders` | `content` | documented |")
    >>> join.frame, join.columns, join.to, join.key
    ('read_content', ('folder_id',), 'read_folders', ('folder_id',))
    """
    joins = []
    for line in page.splitlines():
        if not line.startswith("|") or line.startswith(("| From ", "| On ", "|---")):
            continue
        if (found := _ON_ONE_NAME.fullmatch(line)) is not None:
            key = tuple(re.findall(r"`(\w+)`", found["key"]))
            joins += [
                Join(f"read_{frame}", key, f"read_{found['to']}", key, found["mark"], False, None)
                for frame in re.findall(r"`(\w+)`", found["frames"])
            ]
            continue
        row = _ROW.fullmatch(line)
        if row is None:
            raise ValueError(f"not a join: {line}")
        joins.append(
            Join(
                *_side(row["left"]),
                *_side(row["right"]),
                row["mark"],
                row["each"] is not None,
                (row["name"], row["value"]) if row["name"] else None,
            )
        )
    return joins


def all_joins() -> list[Join]:
    """Return the joins of the page."""
    return read_joins(PAGE.read_text(encoding="utf-8"))

"""How the frames of the readers join, as docs/joins.md says it: its tables are the only source.

The drawing on that page is made from them, and a test holds them against the sandbox.
"""

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).with_name("joins.md")

_ROW = re.compile(
    r"\| (?P<each>each of )?(?P<left>`[^|]+?`)(?: where `(?P<name>\w+)` is `(?P<value>\w+)`)?"
    r" \| (?P<right>`[^|]+`) \| (?P<means>[^|`]+) \| (?P<mark>documented|observed|assumed) \|"
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
    means : str
        What the right row is for the left one.
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
    means: str
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
    >>> [join] = read_joins("| `content.folder_id` | `folders.id` | Folder | documented |")
    >>> join.frame, join.columns, join.to, join.key
    ('read_content', ('folder_id',), 'read_folders', ('id',))
    """
    joins = []
    for line in page.splitlines():
        if not line.startswith("|") or line.startswith(("| From ", "|---")):
            continue
        row = _ROW.fullmatch(line)
        if row is None:
            raise ValueError(f"not a join: {line}")
        joins.append(
            Join(
                *_side(row["left"]),
                *_side(row["right"]),
                row["means"],
                row["mark"],
                row["each"] is not None,
                (row["name"], row["value"]) if row["name"] else None,
            )
        )
    return joins


def all_joins() -> list[Join]:
    """Return the joins of the page."""
    return read_joins(PAGE.read_text(encoding="utf-8"))

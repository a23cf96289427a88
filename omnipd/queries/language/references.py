"""The fields that SQL over the model refers to, as ``${view.field}``."""

from __future__ import annotations

import re

# What is no code: texts, quoted names, comments. Databases differ on whether a backslash takes the
# quote behind it into the text, and which kind this one is nothing tells: both readings are looked at.
NO_CODE = tuple(
    re.compile(rf"{text}|--[^\n]*|/\*.*?\*/", re.DOTALL)
    for text in (
        r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`""",
        r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`""",
    )
)
#: A name, and its timeframe in brackets.
REFERENCE = re.compile(r"\$\{\s*([^\s\[\]{}]+?)\s*(\[[^\]]*\])?\s*\}")
_COMMENTS = ("--", "/*")


def references(sql: str) -> list[str]:
    """Return what SQL refers to, each once, with its timeframe; what is in a comment is not meant.

    A text in quotes may be filled in by Omni, and counts.

    Examples
    --------
    >>> references("SELECT ${a.b[month]}, ${ c } -- not ${a.x}")
    ['a.b[month]', 'c']
    """
    found: dict[str, None] = {}
    for no_code in NO_CODE:
        code = no_code.sub(_without_comment, sql)
        found |= dict.fromkeys(name + timeframe for name, timeframe in REFERENCE.findall(code))
    return list(found)


def _without_comment(match: re.Match[str]) -> str:
    return " " if match[0].startswith(_COMMENTS) else match[0]

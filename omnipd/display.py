"""Objects as people read them: aligned text of 80 columns, and small HTML for notebooks.

The HTML is plain tables of the class that pandas gives its own, so that a notebook colors both alike,
in the dark, too.
"""

from __future__ import annotations

import html
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

from omnipd.key_texts import hide_keys
from omnipd.locks import NO_FORK

WIDTH = 80
_LONGEST_NAME = 40
_LONGEST_ITEM = 200
#: A name, and the lines of what it stands for.
Row = tuple[str, Sequence[str]]


def printable(text: object) -> str:
    r"""Return a text as one line without a key: a name must not be able to write to the terminal.

    Examples
    --------
    >>> print(printable("red:\x1b[31m\n"), end="|")
    red:\x1b[31m |
    """
    return "".join(
        " " if letter.isspace() else letter if letter.isprintable() else repr(letter)[1:-1]
        for letter in hide_keys(str(text))
    )


def printable_lines(text: str) -> str:
    """Return a text of several lines without a key, and without what moves the cursor."""
    return "\n".join(map(printable, text.splitlines()))


def shortened(text: str, longest: int) -> str:
    """Return a text as one line that is not too long.

    Examples
    --------
    >>> shortened("no such  field", 10)
    'no such f…'
    """
    line = " ".join(printable(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def places(text: str) -> int:
    """Return how many places a terminal gives a text: two for wide letters, none for combining ones.

    Examples
    --------
    >>> places("長い"), places("abc")
    (4, 3)
    """
    return sum(
        0
        if unicodedata.combining(letter)
        else 1 + (unicodedata.east_asian_width(letter) in {"W", "F"})
        for letter in text
    )


def cut_to(text: str, widest: int) -> str:
    """Return a text that takes no more places of a terminal than so many.

    Examples
    --------
    >>> cut_to("長い名前", 5)
    '長い…'
    """
    if places(text) <= widest:
        return text
    end = next(end for end in range(widest, -1, -1) if places(text[:end]) <= widest - 1)
    return text[:end] + "…"


def listed(items: Iterable[object], max_items: int = 10) -> str:
    """Return the first of many things, and how many more there are.

    Examples
    --------
    >>> listed("abcdef", 2)
    'a, b … and 4 more'
    """
    all_items = list(items)
    shown = [shortened(str(one), _LONGEST_ITEM) for one in all_items[:max_items]]
    more = f" … and {len(all_items) - max_items:,} more" if len(all_items) > max_items else ""
    return ", ".join(shown) + more


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, which has an s where there is not just one.

    Examples
    --------
    >>> counted(1, "view"), counted(2000, "view")
    ('1 view', '2,000 views')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def first_lines(lines: Sequence[str], max_lines: int) -> list[str]:
    """Return the first of many lines, and a line that says how many more there are.

    Examples
    --------
    >>> first_lines(["a", "b", "c"], 2)
    ['a', 'b', '… and 1 more']
    """
    more = len(lines) - max_lines
    return [*lines[:max_lines], f"… and {more:,} more"] if more > 0 else list(lines)


def text(title: str, rows: Iterable[Row]) -> str:
    """Return a title and named values, aligned, each within 80 columns.

    Examples
    --------
    >>> print(text("Query", [("topic", ["flights"]), ("sorts", ["a.b up", "a.c down"])]))
    Query
      topic  flights
      sorts  a.b up
             a.c down
    """
    shown = [(shortened(name, _LONGEST_NAME), values) for name, values in rows]
    indent = max((len(name) for name, _ in shown), default=0) + 4
    lines = [printable(title)]
    for name, values in shown:
        wrapped = [
            part
            for value in values
            for part in textwrap.wrap(printable(value), WIDTH - indent, break_on_hyphens=False)
            or [""]
        ]
        lines.append(f"  {name:{indent - 4}}  {wrapped[0] if wrapped else ''}".rstrip())
        lines += [" " * indent + part for part in wrapped[1:]]
    return "\n".join(lines)


def page(title: str, *parts: str) -> str:
    """Return a title above parts that are HTML already."""
    return hide_keys(f"<div><p><b>{_escaped(title)}</b></p>{''.join(parts)}</div>")


def table(rows: Iterable[Row]) -> str:
    """Return named values as a table.

    Examples
    --------
    >>> "a &lt; b<br>c" in table([("where", ["a < b", "c"])])
    True
    """
    body = "".join(
        f'<tr><th>{html.escape(shortened(name, _LONGEST_NAME))}</th><td style="text-align: left; overflow-wrap: anywhere">'
        f"{'<br>'.join(map(_escaped, lines))}</td></tr>"
        for name, lines in rows
    )
    return f'<table border="1" class="dataframe"><tbody>{body}</tbody></table>'


def _escaped(text: str) -> str:
    """Return a text as HTML; a key is hidden before its letters are written otherwise."""
    return html.escape(printable(text))


def sql(code: str) -> str:
    """Return SQL as HTML, its words marked where Pygments is installed, as it is beside IPython."""
    code = printable_lines(code)
    try:
        with NO_FORK:
            import pygments.formatters.html  # noqa: PLC0415 - no dependency of ours
            import pygments.lexers.sql  # noqa: PLC0415
    except ImportError:
        return f"<pre>{html.escape(code)}</pre>"
    marked = pygments.highlight(
        code,
        pygments.lexers.sql.SqlLexer(stripnl=False),
        pygments.formatters.html.HtmlFormatter(cssclass="highlight omnipd-sql"),
    )
    return f"<style>{_COLORS}</style>{marked}"


#: JupyterLab's own colors, light or dark; pages that color code themselves come first.
_COLORS = "".join(
    f":where(.omnipd-sql) .{kind} {{color: var(--jp-mirror-editor-{name}-color)}}"
    for kind, name in {
        "k": "keyword",
        "s1": "string",
        "mi": "number",
        "mf": "number",
        "c1": "comment",
    }.items()
)

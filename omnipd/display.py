"""Objects as people read them: aligned text of 80 columns, and small HTML for notebooks.

The HTML is plain tables of the class that pandas gives its own, so that a notebook colors both alike,
in the dark, too.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Sequence

from omnipd.key_texts import hide_keys
from omnipd.locks import NO_FORK

WIDTH = 80
#: A name, and the lines of what it stands for.
Row = tuple[str, Sequence[str]]


def shortened(text: str, longest: int) -> str:
    """Return a text as one line that is not too long.

    Examples
    --------
    >>> shortened("no such  field", 10)
    'no such f…'
    """
    line = " ".join(hide_keys(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def listed(items: Iterable[object], max_items: int = 10) -> str:
    """Return the first of many things, and how many more there are.

    Examples
    --------
    >>> listed("abcdef", 2)
    'a, b … and 4 more'
    """
    texts = list(map(str, items))
    more = f" … and {len(texts) - max_items:,} more" if len(texts) > max_items else ""
    return ", ".join(texts[:max_items]) + more


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
    shown = [(hide_keys(name), values) for name, values in rows]
    indent = max((len(name) for name, _ in shown), default=0) + 4
    lines = [hide_keys(title)]
    for name, values in shown:
        wrapped = [
            part
            for value in values
            for part in textwrap.wrap(hide_keys(value), WIDTH - indent, break_on_hyphens=False)
            or [""]
        ]
        lines.append(f"  {name:{indent - 4}}  {wrapped[0] if wrapped else ''}".rstrip())
        lines += [" " * indent + part for part in wrapped[1:]]
    return "\n".join(lines)


def page(title: str, *parts: str) -> str:
    """Return a title above parts that are HTML already."""
    return hide_keys(f"<div><p><b>{html.escape(title)}</b></p>{''.join(parts)}</div>")


def table(rows: Iterable[Row]) -> str:
    """Return named values as a table.

    Examples
    --------
    >>> "a &lt; b<br>c" in table([("where", ["a < b", "c"])])
    True
    """
    body = "".join(
        f'<tr><th>{html.escape(name)}</th><td style="text-align: left; overflow-wrap: anywhere">'
        f"{'<br>'.join(map(html.escape, lines))}</td></tr>"
        for name, lines in rows
    )
    return f'<table border="1" class="dataframe"><tbody>{body}</tbody></table>'


def sql(code: str) -> str:
    """Return SQL as HTML, its words marked where Pygments is installed, as it is beside IPython."""
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

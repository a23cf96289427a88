"""The drawing of docs/joins.md: a line for each key, a row for each frame, a dot where they meet."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from join_table import Join


class Line(NamedTuple):
    """A key that several frames share."""

    name: str
    #: The readers that hold it.
    holders: tuple[str, ...]
    #: What the others mostly call it; not written beside their dots.
    usual: str
    #: Room for what is written beside a dot, up to the next line.
    width: int


LINES = (
    Line("person", ("read_users", "read_email_only_users"), "user_id", 84),
    Line("group", ("read_groups",), "group_id", 80),
    Line("document", ("read_documents",), "document_identifier", 84),
    Line("folder", ("read_folders",), "folder_id", 78),
    Line("label", ("read_labels",), "labels", 56),
    Line("connection", ("read_connections",), "connection_id", 84),
    Line("model", ("read_models",), "model_id", 66),
    Line("topic", ("read_topics",), "topic", 66),
    Line("view", ("read_views", "read_topic_fields"), "view", 68),
    Line("schedule", ("read_schedules",), "schedule_id", 68),
    Line("attribute", ("read_user_attributes",), "attribute_name", 76),
    Line("conversation", ("read_ai_conversations",), "conversation_id", 66),
    Line("job", ("read_ai_jobs",), "job_id", 52),
    Line("prompts", ("read_ai_prompt_sets",), "prompt_set_id", 62),
    Line("entity", ("read_embed_users",), "embed_entity", 44),
)

REFERENCE = Path(__file__).with_name("reference.md")
_LEFT, _TOP, _ROW = 200, 46, 25
_WIDTH = _LEFT + sum(line.width for line in LINES)
_LONGEST = 17
_MOST_NAMES = 2

# The colors are those of the theme, light or dark.
_STYLE = """
.joins text { fill: var(--pst-color-text-base, #222); font: 11.5px var(--pst-font-family-base, sans-serif); }
.joins .chapter, .joins .key { font-weight: 600; }
.joins .key { text-anchor: middle; }
.joins .name { font-family: var(--pst-font-family-monospace, monospace); font-size: 11px; }
.joins a { text-decoration: none; }
.joins a .name { fill: var(--pst-color-link, #0a7d91); }
.joins .column { font-size: 9.5px; fill: var(--pst-color-text-muted, #555); paint-order: stroke;
  stroke: var(--pst-color-background, #fff); stroke-width: 4px; stroke-linejoin: round; }
.joins line { stroke: var(--pst-color-border, #ccc); stroke-width: 1; }
.joins .row { stroke-dasharray: 1 4; }
.joins .sure { fill: var(--pst-color-primary, #0a7d91); stroke: var(--pst-color-primary, #0a7d91); }
.joins .likely { fill: var(--pst-color-background, #fff); stroke: var(--pst-color-primary, #0a7d91);
  stroke-width: 2; }
.joins .own { fill: var(--pst-color-secondary, #8045e5); }
""".strip()


def draw(joins: Sequence[Join]) -> str:
    """Return the drawing as SVG, to stand inside an HTML page."""
    parts: list[str] = []
    y = _TOP
    for chapter, readers in _chapters(joins):
        y += _ROW
        parts.append(f'<text class="chapter" x="4" y="{y + 4}">{escape(chapter)}</text>')
        for reader in readers:
            y += _ROW
            parts += _row(reader, y, joins)
    height = y + 2 * _ROW
    lines = [
        f'<line x1="{x}" x2="{x}" y1="{_TOP}" y2="{height - 26}"/>'
        f'<text class="key" x="{x}" y="{_TOP - 8}">{line.name}</text>'
        f'<text class="key" x="{x}" y="{height - 10}">{line.name}</text>'
        for line, x in _placed()
    ]
    return (
        f'<svg class="joins" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="How the frames join: the tables below say the same in words.">'
        f"<style>{_STYLE}</style>{_legend()}{''.join(lines)}{''.join(parts)}</svg>"
    )


def _placed() -> Iterator[tuple[Line, int]]:
    x = _LEFT
    for line in LINES:
        yield line, x
        x += line.width


def _chapters(joins: Sequence[Join]) -> Iterator[tuple[str, list[str]]]:
    """Yield the chapters of the reference with those of their readers that join at all."""
    joined = {frame for join in joins for frame in (join.frame, join.to)}
    for section in REFERENCE.read_text(encoding="utf-8").split("\n## ")[1:]:
        readers = [name for name in re.findall(r"^ +(read_\w+)$", section, re.M) if name in joined]
        if readers:
            yield section.partition("\n")[0], readers


def _row(reader: str, y: int, joins: Sequence[Join]) -> Iterator[str]:
    yield f'<line class="row" x1="{_LEFT - 22}" x2="{_WIDTH}" y1="{y}" y2="{y}"/>'
    yield (
        f'<a href="api/omnipd.{reader}.html"><text class="name" x="14" y="{y + 4}">'
        f"{reader.removeprefix('read_')}</text></a>"
    )
    for line, x in _placed():
        found = [join for join in joins if join.frame == reader and join.to in line.holders]
        if reader in line.holders:
            yield f'<rect class="own" x="{x - 6}" y="{y - 6}" width="12" height="12" rx="2"/>'
        elif found:
            kind = "likely" if all(join.mark == "assumed" for join in found) else "sure"
            told = escape("\n".join(_told(join) for join in found))
            yield f'<circle class="{kind}" cx="{x}" cy="{y}" r="5"><title>{told}</title></circle>'
        columns = list(dict.fromkeys(join.columns[-1] for join in found))
        # A path or a name beside an id says the same.
        names = [one for one in columns if not one.endswith(("path", "_name"))] or columns
        if names != [line.usual]:
            yield from _names(names, x + 10, y)


def _names(names: list[str], x: int, y: int) -> Iterator[str]:
    shown = names[:_MOST_NAMES]
    for place, name in enumerate(shown):
        short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        more = " …" if len(names) > len(shown) and place == len(shown) - 1 else ""
        at = y + 3 + (place - (len(shown) - 1) / 2) * 10
        yield f'<text class="column" x="{x}" y="{at}">{short}{more}</text>'


def _told(join: Join) -> str:
    left, right = (
        f"{frame.removeprefix('read_')}.{', '.join(columns)}"
        for frame, columns in ((join.frame, join.columns), (join.to, join.key))
    )
    return f"{left} → {right} ({join.mark})"


def _legend() -> str:
    return (
        '<rect class="own" x="6" y="4" width="12" height="12" rx="2"/>'
        '<text x="26" y="14">holds the key</text>'
        '<circle class="sure" cx="132" cy="10" r="5"/><text x="144" y="14">refers to it</text>'
        '<circle class="likely" cx="236" cy="10" r="5"/>'
        '<text x="248" y="14">most likely does; no source of Omni\'s says so</text>'
    )

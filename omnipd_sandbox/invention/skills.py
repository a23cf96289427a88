"""Instructions for the AI, and the colors of charts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import instant, stable_uuid
from omnipd_sandbox.organization.records import User
from omnipd_sandbox.organization.tables import ColorPalette, Skill

_SKILLS = (
    ("monthly-review", "Monthly review", "What to look at when a month is over."),
    ("plain-words", "Plain words", None),
    ("triage", "Triage", "Which question goes to whom."),
)
_PALETTES = (
    ("House colors", "categorical", ["#123a5c", "#d9822b", "#4c9f70", "#8e4162"], True),
    ("From light to dark", "sequential", ["#f2f2f2", "#9fb8ad", "#1d3b34"], False),
)


def invent_skills(users: Sequence[User]) -> list[Skill]:
    """Invent skills of the administrator, and one of the token's holder."""
    return [
        {
            "id": stable_uuid("skill", identifier),
            "identifier": identifier,
            "name": name,
            "description": description,
            "body": f"# {name}\n\nSay which numbers you used.",
            "creatorId": (users[1] if place == 1 else users[0]).membership_id,
            "createdAt": written(instant("skill", place)),
            "updatedAt": written(instant("skill", place) + timedelta(days=3)),
        }
        for place, (identifier, name, description) in enumerate(_SKILLS)
    ]


def invent_color_palettes() -> list[ColorPalette]:
    """Invent palettes."""
    return [
        {
            "id": stable_uuid("palette", name),
            "name": name,
            "type": kind,
            "colors": colors,
            "isDefault": is_default,
            "createdAt": written(instant("palette", name)),
            "updatedAt": written(instant("palette", name) + timedelta(days=30)),
        }
        for name, kind, colors, is_default in _PALETTES
    ]

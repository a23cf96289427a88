"""A tree of folders, five levels deep at most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from omnipd_sandbox.invention import chance
from omnipd_sandbox.invention.labels import LABELS
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import instant, number, stable_uuid
from omnipd_sandbox.organization.folders import slug
from omnipd_sandbox.organization.records import Folder, Scope, User

_SHARED: Mapping[str, Any] = {
    "Flights": {
        "Delays": {
            "By airline": {"2013": {"Q1": {}, "Q2": {}, "Q3": {}, "Q4": {}}, "Archive": {}},
            "By airport": {"New York": {}, "Destinations": {}},
        },
        "Weather": {"Snow & ice": {}, "Wind": {}},
        "Fleet": {"Age": {}, "Manufacturers": {}},
    },
    "Orders": {
        "Revenue": {"Daily": {}, "Monthly": {"By region": {}, "By product": {}}},
        "Customers": {"Retention": {}, "New": {}},
        "Products": {},
        "Returns": {},
    },
    "Finance": {
        "Board pack": {"2024": {}, "2025": {"Q1": {}, "Q2": {}}},
        "Forecast": {},
        "Month end": {},
    },
    "Marketing": {"Campaigns": {"Spring": {}, "Black Friday 50%": {}}, "SEO / SEM": {}},
    "Équipe données": {"Qualité": {}, "Modèles": {}},
    "営業": {"東京": {}, "大阪": {}},
    "تقارير": {},
    "Team 🚀": {},
    "Reports": {},
    "Empty": {"Emptier": {"Emptiest": {}}},
}
# The folders of one person: the name, the person's place in the list of members, what is inside.
_RESTRICTED: Sequence[tuple[str, int, Mapping[str, Any]]] = (
    ("Ada's drafts", 0, {"Private board": {}}),
    ("Priya's drafts", 1, {"Scratch": {}}),
    ("Alex's drafts", 2, {}),
    ("José privado", 4, {}),
)


def invent_folders(users: Sequence[User], count: int) -> list[Folder]:
    """Invent the first `count` folders, every parent before its children."""
    owners = users[:-1]  # the last member owns nothing
    personal: list[Folder] = []
    for name, place, children in _RESTRICTED:
        personal += _grow(name, children, None, "restricted", [users[place]])
    shared: list[Folder] = []
    for name, children in _SHARED.items():
        shared += _grow(name, children, None, "organization", owners)
    # A few folders of one person among the first ones, so that small trees have some too.
    folders = shared[:6] + personal[:2] + shared[6:] + personal[2:]
    known = len(folders)
    roots = [folder for folder in shared if folder.parent_id is None]
    for extra in range(max(0, count - known)):
        parent = roots[extra % len(roots)]
        folders += _grow(f"Project {extra + 1}", {}, parent, "organization", owners)
    return folders[:count]


def _grow(
    name: str,
    children: Mapping[str, Any],
    parent: Folder | None,
    scope: Scope,
    owners: Sequence[User],
) -> Iterator[Folder]:
    path = f"{parent.path}/{slug(name)}" if parent else slug(name)
    owner = chance.pick(owners, "folder owner", path)
    folder_id = stable_uuid("folder", path)
    folder = Folder(
        id=folder_id,
        name=name,
        path=path,
        parent_id=parent.id if parent else None,
        owner_id=owner.membership_id,
        scope=scope,
        labels=tuple(label.name for label in chance.some(LABELS, 8, "folder label", path)),
        favorited_by=(
            tuple(
                user.membership_id
                for user in chance.some(
                    owners, number(40, "folder favorites", path), "folder favorite", path
                )
            )
        ),
        created_at=written(instant("folder created", folder_id)),
        updated_at=written(instant("folder updated", folder_id)),
    )
    yield folder
    for child, grandchildren in children.items():
        yield from _grow(child, grandchildren, folder, scope, owners)

"""Documents, in folders and out of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from omnipd_sandbox.invention import chance
from omnipd_sandbox.invention.labels import LABELS
from omnipd_sandbox.invention.names import document_name, is_troublesome
from omnipd_sandbox.invention.queries import invent_queries
from omnipd_sandbox.organization.dates import EPOCH, written
from omnipd_sandbox.organization.derived import base62, number
from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.records import ABSENT, Absent, Document, Folder, Scope, User


def invent_documents(
    users: Sequence[User],
    folders: Sequence[Folder],
    models: Sequence[ModelReference],
    count: int,
) -> list[Document]:
    """Invent documents; the one at a place is the same however many follow it."""
    # "Empty" keeps its word.
    filled = [folder for folder in folders if folder.path.split("/")[0] != "empty"]
    shared = [folder for folder in filled if folder.scope != "restricted"]
    return [
        # A name that breaks things is shown to everybody.
        _invent(place, users, shared if is_troublesome(place) else filled, models)
        for place in range(count)
    ]


def _invent(
    place: int,
    users: Sequence[User],
    folders: Sequence[Folder],
    models: Sequence[ModelReference],
) -> Document:
    folder = _folder(place, folders)
    scope: Scope = folder.scope if folder else "organization"
    # The last member owns nothing, so that "no documents" can be asked for by creator.
    owner_id = chance.pick(users[:-1], "owner", place).membership_id
    if folder and folder.scope == "restricted":
        owner_id = folder.owner_id
    elif not is_troublesome(place) and chance.one_in(12, "restricted", place):
        folder, scope = None, "restricted"
    has_dashboard = number(10, "dashboard", place) < 7
    model = chance.pick(models, "model", place)
    updated_on = EPOCH + timedelta(
        minutes=number(1_500_000, "updated", place),
        microseconds=number(1_000_000, "fraction", place),
    )
    updated_at = _written(updated_on, place)
    fans = number(45, "document popularity", place)
    return Document(
        identifier=_identifier(place),
        name=document_name(place),
        owner_id=owner_id,
        folder_id=folder.id if folder else None,
        scope=scope,
        model_id=model.id,
        connection_id=model.connection_id,
        deleted=not is_troublesome(place) and chance.one_in(30, "deleted", place),
        has_dashboard=has_dashboard,
        has_app=chance.one_in(25, "app", place),
        updated_at=updated_at,
        views=number(2000, "views", place) if has_dashboard else 0,
        description=_description(place),
        last_viewed_at=_last_viewed(place, updated_on) if has_dashboard else ABSENT,
        visits=_visits(place) if has_dashboard else ABSENT,
        labels=tuple(label.name for label in chance.some(LABELS, 9, "document label", place)),
        favorited_by=tuple(
            user.membership_id for user in chance.some(users, fans, "document favorite", place)
        ),
        queries=invent_queries(place, model),
    )


def _folder(place: int, open_to: Sequence[Folder]) -> Folder | None:
    if not open_to or chance.one_in(8, "no folder", place):
        return None
    return chance.pick(open_to, "folder", place)


def _identifier(place: int) -> str:
    # Slugs of 2 to 48 characters: most are given by the server, some chosen by people.
    if place % 9 == 4:
        return f"report-{place}"
    if place % 97 == 7:
        return f"{'a-very-long-identifier-' * 2}{place}"[:48]
    return base62(8, "identifier", place).lower() + f"{place:x}"


def _written(instant: datetime, place: int) -> str | None:
    form = number(20, "timestamp form", place)
    if form == 0:
        return None
    if form < 4:
        return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
    if form < 5:
        return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return written(instant)


def _description(place: int) -> str | Absent | None:
    form = number(4, "description form", place)
    if form == 0:
        return ABSENT
    if form == 1:
        return None
    if form == 2:
        return ""
    return f"What this shows, and for whom.\nNumber {place}, “kept” by hand; 100% déjà vu."


def _last_viewed(place: int, updated_on: datetime) -> str | None:
    if chance.one_in(6, "never viewed", place):
        return None
    return written(updated_on + timedelta(minutes=number(90_000, "viewed", place)))


def _visits(place: int) -> int | None:
    return number(5000, "visits", place) if number(6, "visited", place) else None

"""Users who only exist inside an embedding application."""

from __future__ import annotations

from datetime import timedelta

from omnipd_sandbox.organization.dates import EPOCH, written
from omnipd_sandbox.organization.derived import base62, stable_uuid
from omnipd_sandbox.organization.embed import EmbedUser

_ENTITIES = ("acme", "globex", None)


def invent_embed_users() -> list[EmbedUser]:
    """Invent a few, two of whose external ids differ by case only."""
    external_ids = [f"customer-{number}" for number in range(1, 9)] + ["Customer-1", "顧客-9"]
    return [_user(place, external_id) for place, external_id in enumerate(external_ids)]


def _user(place: int, external_id: str) -> EmbedUser:
    created = EPOCH + timedelta(days=30 * place + 11)
    word = base62(10, "embed", external_id).lower()
    return EmbedUser(
        membership_id=stable_uuid("embed user", external_id),
        external_id=external_id,
        entity=_ENTITIES[place % len(_ENTITIES)],
        email=f"{word}@customer.example" if place % 4 else None,
        name=f"Customer {place + 1}",
        user_name=f"embed-user-{word}@sandbox.embed-exploreomni.co",
        created_at=written(created),
        updated_at=written(created + timedelta(days=2)),
    )

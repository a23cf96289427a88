"""Users who only exist inside an embedding application."""

from __future__ import annotations

from dataclasses import dataclass

_ENTITIES = ("acme", "globex", None)


@dataclass(frozen=True)
class EmbedUser:
    """A user of an embedding application; external ids mind their case."""

    membership_id: str
    external_id: str
    entity: str | None
    email: str | None
    name: str
    user_name: str
    created_at: str
    updated_at: str
    group_ids: tuple[str, ...] = ()

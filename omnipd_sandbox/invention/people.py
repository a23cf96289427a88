"""The people: members, users of embedding applications, and those who only get mail."""

from __future__ import annotations

from datetime import timedelta

from omnipd_sandbox.invention import chance
from omnipd_sandbox.invention.attributes import invent_values
from omnipd_sandbox.organization.dates import EPOCH, written
from omnipd_sandbox.organization.derived import base62, number, stable_uuid
from omnipd_sandbox.organization.email_only import EmailOnlyUser
from omnipd_sandbox.organization.embed import EmbedUser
from omnipd_sandbox.organization.records import OrganizationRole, User

# name, e-mail, role on every model, region. The first is the administrator whose
# organization key the sandbox gives out, the second the member with a personal token.
_MEMBERS = (
    ("Ada Byrne", "ada", "CONNECTION_ADMIN", "north"),
    ("Priya Nair", "priya", "QUERIER", "south"),
    ("Alex Kim", "alex.kim", "MODELER", "north"),
    ("Alex Kim", "alex.kim2", "QUERIER", "east"),
    ("José Álvarez", "jose", "QUERIER", "west"),
    ("Zoë Krüger", "zoe", "MODELER", "north"),
    ("王芳", "fang.wang", "QUERIER", "east"),
    ("نور الهدى", "nour", "VIEWER", "south"),
    ("Søren Kjær", "soren", "QUERY_TOPICS", "north"),
    ("O'Neil, Fiona", "fiona", "VIEWER", "west"),
    ("Łukasz Żak", "lukasz", "QUERIER", "east"),
    ("Mei Tanaka 田中", "mei", "QUERY_TOPICS", "east"),
    ("Sam Smith", "sam", "VIEWER", "south"),
    ("Sam Smith", "sam.smith", "QUERIER", "west"),
    ("Ngozi Okafor", "ngozi", "MODELER", "south"),
    ("Ivan Petrov", "ivan", "QUERIER", "north"),
    ("Chloé Dubois", "chloe", "QUERIER", "west"),
    ("Tariq Aziz", "tariq", "VIEWER", "east"),
    ("Grace Lee", "grace", "QUERIER", "north"),
    ('Bob "Bobby" Tables', "bobby", "QUERIER", "south"),
    ("Aroha Ngata", "aroha", "QUERY_TOPICS", "west"),
    ("Lena Weiß", "lena", "QUERIER", "north"),
    ("Viewer Only", "viewer", "VIEWER", "south"),
    ("No Access", "nobody", "NO_ACCESS", "south"),
)
_ADMINISTRATORS = frozenset({"ada", "ngozi"})

_NEWCOMERS = 106
_GIVEN_NAMES = ("Anna", "Bilal", "Carmen", "Dewi", "Emre", "Freja", "Goran", "Hana", "Ines", "Jun")
_FAMILY_NAMES = ("Adeyemi", "Berg", "Costa", "Đỗ", "Estévez", "Fischer", "Gómez", "Haddad", "Ito")
# The applications that embed Omni.
_ENTITIES = ("acme", "globex", None)
_ROLES = ("VIEWER", "QUERY_TOPICS", "QUERIER", "MODELER")
_REGIONS = ("north", "south", "east", "west")


def invent_users() -> list[User]:
    """Invent the members who own things, the administrator first, the token's holder second."""
    return [
        _user(
            place,
            name,
            mailbox,
            "ORG_ADMIN" if mailbox in _ADMINISTRATORS else "MEMBER",
            model_role,
            region,
        )
        for place, (name, mailbox, model_role, region) in enumerate(_MEMBERS)
    ]


def invent_newcomers() -> list[User]:
    """Invent members who own nothing and like nothing yet; some of them are gone again."""
    return [
        _user(
            len(_MEMBERS) + place,
            f"{chance.pick(_GIVEN_NAMES, 'given name', place)}"
            f" {chance.pick(_FAMILY_NAMES, 'family name', place)}",
            f"newcomer.{place + 1}",
            "MEMBER",
            chance.pick(_ROLES, "newcomer role", place),
            chance.pick(_REGIONS, "newcomer region", place),
            active=place % 17 != 3,
        )
        for place in range(_NEWCOMERS)
    ]


def _user(
    place: int,
    name: str,
    mailbox: str,
    organization_role: OrganizationRole,
    model_role: str,
    region: str,
    *,
    active: bool = True,
) -> User:
    created = EPOCH + timedelta(days=5 * place, minutes=number(1440, "joined", mailbox))
    updated = created + timedelta(minutes=number(500_000, "changed", mailbox))
    login = updated + timedelta(minutes=number(100_000, "login", mailbox))
    return User(
        membership_id=stable_uuid("membership", mailbox),
        user_id=stable_uuid("user", mailbox),
        name=name,
        email=f"{mailbox}@sandbox.example",
        organization_role=organization_role,
        model_role=model_role,
        attributes=invent_values(mailbox, region),
        created_at=written(created),
        updated_at=written(updated),
        last_login=None if chance.one_in(9, "never", mailbox) else written(login),
        active=active,
    )


def invent_embed_users() -> list[EmbedUser]:
    """Invent a few, two of whose external ids differ by case only."""
    external_ids = [f"customer-{number}" for number in range(1, 9)] + ["Customer-1", "顧客-9"]
    return [_embed_user(place, external_id) for place, external_id in enumerate(external_ids)]


def _embed_user(place: int, external_id: str) -> EmbedUser:
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


def invent_email_only_users() -> list[EmailOnlyUser]:
    """Invent somewhat more than a page of them, which holds twenty."""
    return [_email_only_user(place) for place in range(43)]


def _email_only_user(place: int) -> EmailOnlyUser:
    email = f"{'Board' if place % 5 == 0 else 'partner'}.{place}@outside.example"
    return EmailOnlyUser(
        membership_id=stable_uuid("email-only membership", email),
        user_id=stable_uuid("email-only user", email),
        email=email,
        name=f"Partner {place}",
        region=chance.pick(("north", "south", None), "email-only region", place),
    )

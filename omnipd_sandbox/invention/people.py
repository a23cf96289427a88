"""Members, groups and labels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from omnipd_sandbox.invention import chance
from omnipd_sandbox.invention.attributes import invent_values
from omnipd_sandbox.organization.dates import EPOCH, written
from omnipd_sandbox.organization.derived import base62, number, stable_uuid
from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.records import Group, Label, OrganizationRole, User

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

_GROUPS = (
    ("Analysts", 40),
    ("Finance & Accounting", 25),
    ("Everyone", 100),
    ("Données – équipe", 20),
    ("Empty group", 0),
)

LABELS = (
    Label("finance", verified=True, color="#1a7f37", description="Checked by finance."),
    Label("marketing", color="#bf3989"),
    Label("operations"),
    Label("Verified", verified=True, homepage=True, description="Looked over by the data team."),
    Label("work in progress", color="#9a6700", description=""),
    Label("deprecated", color="#cf222e", description="Kept for reference."),
    Label("équipe données"),
    Label("重要", verified=True),
    Label("🚀 launch"),
    Label("a/b test"),
    Label("50% off", color="#0969da"),
    Label("Q3 2025"),
)


_NEWCOMERS = 106
_GIVEN_NAMES = ("Anna", "Bilal", "Carmen", "Dewi", "Emre", "Freja", "Goran", "Hana", "Ines", "Jun")
_FAMILY_NAMES = ("Adeyemi", "Berg", "Costa", "Đỗ", "Estévez", "Fischer", "Gómez", "Haddad", "Ito")
_ROLES = ("VIEWER", "QUERY_TOPICS", "QUERIER", "MODELER")
_GROUP_ROLES = ("VIEWER", "QUERY_TOPICS", "QUERIER")
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
        last_login=None if number(9, "never", mailbox) == 0 else written(login),
        active=active,
    )


def invent_groups(users: list[User]) -> list[Group]:
    """Invent groups of members, among them everybody and nobody."""
    return [
        Group(
            id=base62(8, "group", name),
            name=name,
            member_ids=tuple(
                user.membership_id for user in chance.some(users, percent, "group", name)
            ),
            created_at=written(EPOCH + timedelta(days=3 * place)),
            updated_at=written(EPOCH + timedelta(days=400 + 3 * place)),
        )
        for place, (name, percent) in enumerate(_GROUPS)
    ]


def invent_group_roles(
    groups: Sequence[Group], models: Sequence[ModelReference]
) -> dict[tuple[str, str], str]:
    """Invent the roles that some groups give their members on some models."""
    return {
        (group.id, model.name): chance.pick(_GROUP_ROLES, "which role", group.id, model.subject)
        for group in groups
        for model in models
        if number(2, "group role", group.id, model.subject) == 0
    }

"""Keys, the callers behind them, and the user a call acts as."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from zlib import crc32

from omnipd.sandbox.behaviour import Behaviour, KeyScope, Token
from omnipd.sandbox.nearest import near
from omnipd.sandbox.organisation import chance
from omnipd.sandbox.organisation.organisation import Organisation
from omnipd.sandbox.organisation.records import User
from omnipd.sandbox.refusals import Forbidden, Unauthenticated, user_not_found

Audience = Literal["everybody", "administrators", "organization keys"]

_VIEWER = frozenset({"RUN_CONTENT_QUERIES", "DOWNLOAD_CONTENT_QUERY", "SCHEDULE", "USE_AI"})
_RESTRICTED_QUERIER = _VIEWER | {"QUERY_TOPICS", "USE_WORKBOOKS", "SAVE_SPREADSHEETS", "VIEW_SQL"}
_QUERIER = _RESTRICTED_QUERIER | {"QUERY_FULL_MODEL", "QUERY_SQL", "UPLOAD_CSV"}
_MODELER = _QUERIER | {"UPDATE", "USE_IDE"}
# Each role may do all that the one before it may (docs/wire.md); QUERY_TOPICS is the wire's
# name of the restricted querier. Which permission comes with which role is assumed in part.
PERMISSIONS: Mapping[str, frozenset[str]] = {
    "NO_ACCESS": frozenset(),
    "VIEWER": _VIEWER,
    "QUERY_TOPICS": _RESTRICTED_QUERIER,
    "QUERIER": _QUERIER,
    "MODELER": _MODELER,
    "CONNECTION_ADMIN": _MODELER | {"UPDATE_RESTRICTED"},
}


@dataclass(frozen=True)
class Caller:
    """Say whose key was shown, and of which kind it is."""

    user: User
    key_scope: KeyScope


def make_key() -> str:
    """Make a key of the shape Omni gives: prefix, 50 letters and digits, 6 of checksum."""
    secret = "".join(secrets.choice(chance.BASE62) for _ in range(50))
    checksum = crc32(secret.encode())
    letters = ""
    for _ in range(6):
        checksum, digit = divmod(checksum, 62)
        letters = chance.BASE62[digit] + letters
    return f"omni_osk_{secret}{letters}"


class Keyring:
    """Know the keys of an organization: its own, a member's, and those that were asked for.

    They are new for each sandbox: what a program has kept under the key of one must not be taken
    for an answer of the next, which may stand at the same address with other content.
    """

    def __init__(self, organisation: Organisation, behaviour: Behaviour) -> None:
        self.personal_key = make_key()
        holder = organisation.token_holder.membership_id
        # Whose each is, and which of the keys that are listed: those can be disabled and revoked.
        self._holders: dict[str, tuple[str, KeyScope, str | None]] = {
            self.personal_key: (holder, "user", _listed(holder, organisation))
        }
        self.tokens = {
            token.name: self._cut(token, organisation)
            for token in (Token("main", key_scope=behaviour.key_scope), *behaviour.tokens)
        }
        self.api_key = self.tokens.pop("main")

    def _cut(self, token: Token, organisation: Organisation) -> str:
        key = token.token or make_key()
        if key in self._holders:
            msg = f"tokens: the token of {token.name!r} is given twice"
            raise ValueError(msg)
        if token.user is None:
            of_members = token.key_scope == "user"
            user = organisation.token_holder if of_members else organisation.administrator
        else:
            user = _member(token.user, organisation)
        owner = user.membership_id if token.key_scope == "user" else None
        # Further keys that were asked for are in no list.
        listed = _listed(owner, organisation) if token.name == "main" else None
        self._holders[key] = (user.membership_id, token.key_scope, listed)
        return key

    def caller(self, authorization: str | None, organisation: Organisation) -> Caller:
        """Give the caller behind an ``Authorization`` header, as the organization is now.

        Raises
        ------
        Unauthenticated
            400 for a header that is missing or badly formed, 403 for a key nobody has; never
            401 (docs/wire.md).
        """
        match = re.fullmatch(r"Bearer (\S+)", authorization or "")
        if match is None:
            raise Unauthenticated(
                400, "Bad authorization header, must be formatted as Bearer <token>"
            )
        user_id, scope, listed = self._holders.get(match[1], ("", "user", None))
        user = organisation.users.get(user_id)
        key = organisation.api_keys.get(listed or "")
        revoked = listed is not None and (key is None or not key.enabled)
        # A key goes with the person it acts as: assumed to be refused as one that is unknown.
        if user is None or not user.active or revoked:
            raise Unauthenticated(403, "Invalid bearer token")
        return Caller(user, scope)


def _listed(membership_id: str | None, organisation: Organisation) -> str | None:
    """Find the first key of a member, or of the organization, that is in use."""
    wanted = "organization" if membership_id is None else "personal"
    for key in organisation.api_keys.values():
        if key.type == wanted and key.membership_id == membership_id and key.enabled:
            return key.id
    return None


def _member(named: str, organisation: Organisation) -> User:
    for user in organisation.users.values():
        if named in {user.membership_id, user.email}:
            return user
    emails = [user.email for user in organisation.users.values()]
    msg = f"tokens: no member has the id or e-mail {named!r}{near(named, emails)}"
    raise ValueError(msg)


def admit(caller: Caller, audience: Audience) -> None:
    """Refuse a caller whose key, or whose user, an endpoint is not for."""
    if audience == "organization keys" and caller.key_scope == "user":
        raise Forbidden("User-scoped API keys are not allowed to access the SCIM API")
    if audience == "administrators" and caller.user.organization_role != "ORG_ADMIN":
        raise Forbidden


def acting_user(caller: Caller, user_id: str | None, organisation: Organisation) -> User:
    """Give the user a call acts as: the key's own, or the member named by `user_id`."""
    if user_id is None:
        return caller.user
    if caller.key_scope == "user" and user_id != caller.user.membership_id:
        raise Forbidden(
            "User-scoped API keys can only be used to act on behalf of the authenticated user."
        )
    user = organisation.users.get(user_id)
    if user is None:
        raise user_not_found(user_id)
    return user


def permissions_on(
    connection_id: str | None, user: User, organisation: Organisation, behaviour: Behaviour
) -> frozenset[str]:
    """Give what a member may do with the models on a connection."""
    model = organisation.shared_models.get(connection_id or "")
    role = organisation.role_of(user, model) if model else user.model_role
    permissions = PERMISSIONS[role or "NO_ACCESS"]
    if permissions and behaviour.permissions is not None:
        permissions = behaviour.permissions
    return permissions - {"VIEW_SQL"} if behaviour.redact_sql else permissions

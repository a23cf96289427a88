"""Keys, the callers behind them, and the user a call acts as."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Final, Literal
from zlib import crc32

from omnipd_sandbox.http.refusals import Forbidden, Unauthenticated, not_found
from omnipd_sandbox.moods.behavior import Behavior, KeyScope, Token
from omnipd_sandbox.near_matches import near
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import User

Audience = Literal["everybody", "administrators", "organization keys"]
ADMINISTRATORS: Final = "administrators"
ORGANIZATION_KEYS: Final = "organization keys"


@dataclass(frozen=True)
class Caller:
    """Say whose key was shown, and of which kind it is."""

    user: User
    key_scope: KeyScope


def make_key() -> str:
    """Make a key of the shape Omni gives: prefix, 50 letters and digits, 6 of checksum."""
    secret = "".join(secrets.choice(derived.BASE62) for _ in range(50))
    checksum = crc32(secret.encode())
    letters = ""
    for _ in range(6):
        checksum, digit = divmod(checksum, 62)
        letters = derived.BASE62[digit] + letters
    return f"omni_osk_{secret}{letters}"


class Keyring:
    """Know the keys of an organization: its own, a member's, and those that were asked for.

    They are new for each sandbox: what a program has kept under the key of one must not be taken
    for an answer of the next, which may stand at the same address with other content.
    """

    def __init__(self, organization: Organization, behavior: Behavior) -> None:
        self.personal_key = make_key()
        self.embed_secret = "".join(secrets.choice(derived.BASE62) for _ in range(32))
        holder = organization.token_holder.membership_id
        # Whose each is, and which of the keys that are listed: those can be disabled and revoked.
        self._holders: dict[str, tuple[str, KeyScope, str | None]] = {
            self.personal_key: (holder, "user", _listed(holder, organization))
        }
        self.tokens = {
            token.name: self._cut(token, organization)
            for token in (Token("main", key_scope=behavior.key_scope), *behavior.tokens)
        }
        self.api_key = self.tokens.pop("main")

    def _cut(self, token: Token, organization: Organization) -> str:
        key = token.token or make_key()
        if key in self._holders:
            msg = f"tokens: the token of {token.name!r} is given twice"
            raise ValueError(msg)
        if token.user is None:
            of_members = token.key_scope == "user"
            user = organization.token_holder if of_members else organization.administrator
        else:
            user = _member(token.user, organization)
        owner = user.membership_id if token.key_scope == "user" else None
        # Further keys that were asked for are in no list.
        listed = _listed(owner, organization) if token.name == "main" else None
        self._holders[key] = (user.membership_id, token.key_scope, listed)
        return key

    def caller(self, authorization: str | None, organization: Organization) -> Caller:
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
        user = organization.users.get(user_id)
        key = organization.api_keys.get(listed or "")
        revoked = listed is not None and (key is None or not key.enabled)
        # A key goes with the person it acts as: assumed to be refused as one that is unknown.
        if user is None or not user.active or revoked:
            raise Unauthenticated(403, "Invalid bearer token")
        return Caller(user, scope)


def _listed(membership_id: str | None, organization: Organization) -> str | None:
    """Find the first key of a member, or of the organization, that is in use."""
    wanted = "organization" if membership_id is None else "personal"
    for key in organization.api_keys.values():
        if key.type == wanted and key.membership_id == membership_id and key.enabled:
            return key.id
    return None


def _member(named: str, organization: Organization) -> User:
    for user in organization.users.values():
        if named in {user.membership_id, user.email}:
            return user
    emails = [user.email for user in organization.users.values()]
    msg = f"tokens: no member has the id or e-mail {named!r}{near(named, emails)}"
    raise ValueError(msg)


def admit(caller: Caller, audience: Audience) -> None:
    """Refuse a caller whose key, or whose user, an endpoint is not for."""
    if audience == ORGANIZATION_KEYS and caller.key_scope == "user":
        raise Forbidden("User-scoped API keys are not allowed to access the SCIM API")
    if audience == ADMINISTRATORS and caller.user.organization_role != "ORG_ADMIN":
        raise Forbidden


def acting_user(caller: Caller, user_id: str | None, organization: Organization) -> User:
    """Give the user a call acts as: the key's own, or the member named by `user_id`."""
    if user_id is None:
        return caller.user
    if caller.key_scope == "user" and user_id != caller.user.membership_id:
        raise Forbidden(
            "User-scoped API keys can only be used to act on behalf of the authenticated user."
        )
    return member_with_id(user_id, organization)


def member_with_id(user_id: str, organization: Organization) -> User:
    """Give the member with an id; 404 for one that nobody has."""
    user = organization.users.get(user_id)
    if user is None:
        raise not_found("User", user_id)
    return user

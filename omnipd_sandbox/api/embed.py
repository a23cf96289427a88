"""Signing in at an address that somebody signed: ``GET /embed/login``, without a key."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64encode
from html import escape

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Check, Key, one_of, text
from omnipd_sandbox.calls.parameters import flag
from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.http.refusals import BadRequest, Forbidden
from omnipd_sandbox.http.reply import Document, Reply

# What JavaScript's \s is.
_BLANK = r"[\t\n\v\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"
_AT_LEAST_ONE = text(minimum=1)
_FIRST = ("contentPath", "externalId", "name", "nonce")
_ROLE = one_of("MANAGER", "EDITOR", "VIEWER", "NO_ACCESS")


def embed_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [
        Endpoint(
            "GET",
            "/embed/login",
            sign_in,
            {
                "contentPath": Key(_path, required=True),
                "externalId": Key(_AT_LEAST_ONE, required=True),
                "name": Key(_AT_LEAST_ONE, required=True),
                "nonce": Key(_nonce, required=True),
                "signature": Key(_AT_LEAST_ONE, required=True),
                "accessBoost": Key(_kept(flag)),
                "branch": Key(_AT_LEAST_ONE),
                "connectionRoles": Key(_json_of(dict)),
                "customTheme": Key(_json_of(dict)),
                "customThemeId": Key(_AT_LEAST_ONE),
                "email": Key(_AT_LEAST_ONE),
                "entity": Key(_AT_LEAST_ONE),
                "entityFolderContentRole": Key(_ROLE),
                "entityFolderGroupContentRole": Key(_ROLE),
                "entityFolderLabel": Key(_AT_LEAST_ONE),
                "entityGroupLabel": Key(_AT_LEAST_ONE),
                "filterSearchParam": Key(_AT_LEAST_ONE),
                "groups": Key(_json_of(list)),
                "linkAccess": Key(_AT_LEAST_ONE),
                "mode": Key(one_of("APPLICATION", "SINGLE_CONTENT")),
                "modelRoles": Key(_json_of(dict)),
                "prefersDark": Key(one_of("true", "false", "system")),
                "preserveEntityFolderContentRole": Key(_kept(flag)),
                "theme": Key(_AT_LEAST_ONE),
                "uiSettings": Key(_json_of(dict)),
                "userAttributes": Key(_json_of(dict)),
            },
            needs_key=False,
        )
    ]


def sign_in(call: Call) -> Reply:
    """Answer with a page that says who is signed in and what is shown; 403 for a wrong signature."""
    given = {name: value for name, value in call.parameters.items() if value is not None}
    signed = _signature(
        f"http://{call.request.headers.get('Host', '')}{call.request.path}",
        given,
        call.world.keyring.embed_secret,
    )
    if not hmac.compare_digest(signed.encode(), given["signature"].encode()):
        raise Forbidden(
            "Invalid signature: it is not that of this address and these values with the embed secret"
        )
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in given.items()
        if name not in {"nonce", "signature"}
    )
    page = (
        "<!doctype html><html><head><meta charset='utf-8'><title>Embedded in a sandbox</title></head>"
        f"<body><h1>Signed in as {escape(given['name'])}</h1><table>{rows}</table></body></html>\n"
    )
    return Document(
        page.encode(errors="replace"),
        content_type="text/html; charset=utf-8",
        headers={
            "Content-Security-Policy": "default-src 'none'; base-uri 'none'",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _signature(address: str, given: dict[str, str], secret: str) -> str:
    """Sign the address and the values, one to a line: the needed ones, then the others by name."""
    others = sorted(given.keys() - {*_FIRST, "signature"})
    lines = [address, *(given[name] for name in (*_FIRST, *others))]
    signed = re.sub(rf"^{_BLANK}+|{_BLANK}+$", "", re.sub(rf"\n{_BLANK}+", "\n", "\n".join(lines)))
    digest = hmac.digest(secret.encode(), signed.encode(errors="replace"), hashlib.sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")


def _path(value: str) -> str:
    if not _AT_LEAST_ONE(value).startswith("/"):
        raise BadRequest("Must start with /")
    return value


def _nonce(value: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z]{32}", value):
        raise BadRequest("Must be 32 letters and digits")
    return value


def _kept(check: Check) -> Check:
    """Check a text, and keep it as it is: the text is what is signed."""

    def checked(value: str) -> str:
        check(value)
        return value

    return checked


def _json_of(kind: type) -> Check:
    def check(value: str) -> str:
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            raise BadRequest("Invalid JSON") from None
        if not isinstance(found, kind):
            raise BadRequest(f"Expected {'array' if kind is list else 'object'}")
        return value

    return check

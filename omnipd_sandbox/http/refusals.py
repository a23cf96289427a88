"""Refusals of a whole request, each in the error form the wire gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omnipd_sandbox.http.reply import Document, json_reply
from omnipd_sandbox.http.request import is_scim


class RefusedRequest(Exception):
    """Answer a request with an error, in form E1: ``{"detail", "status"}``."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})

    def body(self) -> Any:
        """Give the JSON body of the answer."""
        return {"detail": self.detail, "status": self.status}

    def reply(self, path: str = "") -> Document:
        """Give the answer, in the form of the path's part of the API."""
        body = self.scim_body() if is_scim(path) else self.body()
        return json_reply(body, status=self.status, headers=self.headers)

    def scim_body(self) -> Any:
        """Give the JSON body of the answer on a SCIM path, form E4."""
        return {
            "detail": self.detail,
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": self.status,
        }


class BadRequest(RefusedRequest):
    """Refuse a request that breaks a rule: 400, ``Bad Request: <path>: <reason>``."""

    def __init__(self, reason: str, at: str = "") -> None:
        super().__init__(400, f"Bad Request: {at}: {reason}" if at else f"Bad Request: {reason}")
        self.reason = reason
        self.at = at

    def inside(self, *path: str | int) -> BadRequest:
        """Give the same refusal of a value that is part of a larger one."""
        return type(self)(
            self.reason, ".".join(str(each) for each in (*path, self.at) if each != "")
        )


class Forbidden(RefusedRequest):
    """Refuse what the caller may not do: 403."""

    def __init__(self, detail: str = "Permission denied") -> None:
        super().__init__(403, detail)


class NotFound(RefusedRequest):
    """Refuse what is not there, or not visible: 404."""

    def __init__(self, detail: str = "Not Found") -> None:
        super().__init__(404, detail)


class Unauthenticated(RefusedRequest):
    """Refuse a caller, in form E2: ``{"error": {"code", "message"}}``."""

    def body(self) -> Any:
        """Give the JSON body of the answer."""
        return {"error": {"code": self.status, "message": self.detail}}

    def scim_body(self) -> Any:
        """Give the same: authentication comes before the path is looked at."""
        return self.body()


class BadListCursor(RefusedRequest):
    """Refuse a cursor, in form E3: ``{"error", "success": false}``."""

    def __init__(self) -> None:
        super().__init__(400, "Invalid cursor")

    def body(self) -> Any:
        """Give the JSON body of the answer."""
        return {"error": self.detail, "success": False}


def not_found(kind: str, named: str, by: str = "id") -> NotFound:
    """Give the 404 for what nothing of its kind has as its id, or other name."""
    return NotFound(f"{kind} with {by} {named} does not exist")

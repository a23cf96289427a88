"""The control plane: organizations on demand, for the tests of other programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

from omnipd_sandbox.calls.body import read_object
from omnipd_sandbox.http.loopback import check_loopback, is_of_another_page
from omnipd_sandbox.http.refusals import BadRequest, Forbidden, NotFound, RefusedRequest
from omnipd_sandbox.http.reply import Document, Reply, json_reply
from omnipd_sandbox.http.request import Request
from omnipd_sandbox.tenant import Tenant

_PREFIX = "/_sandbox/"


class Tenancy(Protocol):
    """Who opens organizations and closes them."""

    @property
    def tenants(self) -> Mapping[str, Tenant]:
        """Give the open organizations, by id."""

    @property
    def closed_requests(self) -> tuple[int, Counter[str]]:
        """Count the requests to organizations that are closed, in all and by path."""

    def open_tenant(self, /, **knobs: Any) -> Tenant:
        """Open an organization of its own."""

    def close_tenant(self, tenant_id: str) -> None:
        """Close it."""


def is_control(request: Request) -> bool:
    """Tell whether a request is about the sandbox, and not to an organization in it."""
    return request.path.startswith(_PREFIX)


def control(request: Request, tenancy: Tenancy, own: Tenant) -> Reply:
    """Answer a request to the control plane. It needs no key, but must come from this machine."""
    try:
        check_loopback(request)
        if "Sec-Fetch-Site" in request.headers and is_of_another_page(request):
            raise Forbidden("This is not for pages in a browser")
        return _answer(request, tenancy, own)
    except RefusedRequest as refusal:
        return refusal.reply()


def _answer(request: Request, tenancy: Tenancy, own: Tenant) -> Reply:
    match request.path.removeprefix(_PREFIX).split("/"):
        case ["tenants"]:
            _allow(request, "POST")
            return _open(request, tenancy)
        case ["tenants", tenant_id] if tenant_id in tenancy.tenants:
            _allow(request, "DELETE")
            tenancy.close_tenant(tenant_id)
            return Document(b"", 204)
        case ["tenants", tenant_id] if tenant_id:
            raise NotFound(f"There is no tenant {tenant_id}")
        case ["stats"]:
            _allow(request, "GET")
            return _stats([own, *tenancy.tenants.values()], *tenancy.closed_requests)
        case _:
            raise NotFound


def _allow(request: Request, method: str) -> None:
    if request.method != method:
        raise RefusedRequest(405, "Method Not Allowed", {"Allow": method})


def _open(request: Request, tenancy: Tenancy) -> Reply:
    knobs = read_object(request.body or b"{}")
    try:
        tenant = tenancy.open_tenant(**knobs)
    except ValueError as error:
        raise BadRequest(str(error)) from None
    except OSError as error:
        raise RefusedRequest(503, f"no tenant could be opened: {error}") from None
    answer: dict[str, Any] = {
        "id": tenant.id,
        "base_url": tenant.url,
        "token": tenant.api_key,
        "tokens": dict(tenant.tokens),
        "embed_secret": tenant.embed_secret,
        "models": tenant.models,
    }
    return json_reply(answer, status=201)


def _stats(tenants: list[Tenant], before: int, paths_before: Counter[str]) -> Reply:
    by_path = Counter(paths_before)
    for tenant in tenants:
        by_path += tenant.log.by_path
    return json_reply(
        {
            "requests": before + sum(tenant.log.count for tenant in tenants),
            "by_path": dict(by_path.most_common()),
            # The sandbox's own organization is none of them.
            "tenants": len(tenants) - 1,
        }
    )

"""The document that a path names, for those who may see or change it."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from omnipd_sandbox.api.items.roles import require_role
from omnipd_sandbox.api.items.visible import caller_sees
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import NotFound, RefusedRequest, not_found
from omnipd_sandbox.organization.records import Document


def find_document(call: Call) -> Document:
    """Give the document that the path names; 404 also for what the caller may not see."""
    identifier = call.segments["identifier"]
    organization = call.world.organization
    if identifier not in organization.documents and identifier in organization.moved:
        raise _moved_permanently(call, organization.moved[identifier])
    document = organization.documents.get(identifier)
    # What is in the Trash is not found: assumed.
    if document is None or document.deleted or not caller_sees(document, call):
        raise not_found("Document", identifier, by="identifier")
    return document


def _moved_permanently(call: Call, identifier: str) -> RefusedRequest:
    """Send who asks for an identifier that was changed to the one it is now."""
    parts = call.request.path.split("/")
    # As in /api/v1/documents/{identifier}/queries.
    parts[4] = quote(identifier, safe="")
    query = f"?{urlencode(call.request.query)}" if call.request.query else ""
    # A status that keeps the method; which one Omni sends is not known.
    return RefusedRequest(308, "Permanent Redirect", {"Location": "/".join(parts) + query})


def find_dashboard(call: Call) -> Document:
    """Give the document that the path names, if it has a dashboard."""
    document = find_document(call)
    if not document.has_dashboard:
        raise NotFound(f"Document with identifier {document.identifier} does not have a dashboard")
    return document


def document_to_change(call: Call, least: str) -> Document:
    """Give the document that the path names to somebody with such a role on it, or a higher."""
    document = find_document(call)
    require_role(least, document, call)
    return document

"""Find dashboards by what is written on them: ``GET /content/search``."""

from __future__ import annotations

from omnipd_sandbox.api.documents.record import document_record
from omnipd_sandbox.api.items.visible import caller_sees
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.records import Document


def search_content(call: Call) -> Reply:
    """Answer with the dashboards that hold all the words, those with most of them in their names first."""
    words = call.parameters["q"].casefold().split()
    found = [
        (-sum(word in document.name.casefold() for word in words), document.name, document)
        for document in call.organization.documents.values()
        if document.has_dashboard and not document.deleted and caller_sees(document, call)
        if all(word in _written_on(document, call) for word in words)
    ]
    best = [document for *_, document in sorted(found, key=lambda each: each[:2])]
    some = best[: call.parameters["limit"]]
    records = [document_record(each, call.world) | {"labels": list(each.labels)} for each in some]
    return json_reply({"records": records})


def _written_on(document: Document, call: Call) -> str:
    """Give all the text that is looked at, in lower case."""
    organization = call.organization
    folder = organization.folders[document.folder_id] if document.folder_id else None
    texts = [
        document.name,
        document.description if isinstance(document.description, str) else "",
        *(query.name for query in document.queries),
        folder.path if folder else "",
        *document.labels,
        organization.person(document.owner_id).name,
    ]
    return "\n".join(texts).casefold()

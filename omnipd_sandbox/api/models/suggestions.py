"""What an AI would change in a model."""

from __future__ import annotations

from omnipd_sandbox.api.models.record import find_shared
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import cut_page_after_id
from omnipd_sandbox.calls.tables import rows_of, show_page
from omnipd_sandbox.http.reply import Reply


def list_suggestions(call: Call) -> Reply:
    """Answer with one page of what an AI would change, the most pressing first."""
    record = find_shared(call)
    wanted = call.parameters["status"]
    found = [
        row
        for row in rows_of(call, "suggestions", modelId=record.id)
        if wanted in {"all", "ignored" if row["ignoredAt"] else "active"}
    ]
    return show_page(
        call,
        found,
        lambda row: f"{row['priority']:03d} {row['createdAt']}",
        hidden=("modelId",),
        cut=cut_page_after_id,
    )

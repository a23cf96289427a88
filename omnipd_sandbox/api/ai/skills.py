"""Instructions that members have written for the AI."""

from __future__ import annotations

from operator import itemgetter

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.tables import rows_of, show_page
from omnipd_sandbox.http.reply import Reply


def list_skills(call: Call) -> Reply:
    """Answer with one page of the skills, without their text; others than administrators see their own."""
    asked, user = call.parameters, call.caller.user
    rows = rows_of(call, "skills")
    if user.organization_role != "ORG_ADMIN":
        rows = [row for row in rows if row["creatorId"] == user.membership_id]
    if asked["creatorId"] is not None:
        rows = [row for row in rows if row["creatorId"] == asked["creatorId"]]
    if asked["identifier"] is not None:
        rows = [row for row in rows if row["identifier"] == asked["identifier"]]
    if asked["q"]:
        words = asked["q"].casefold()
        shown = ("identifier", "name", "description")
        rows = [row for row in rows if any(words in (row[key] or "").casefold() for key in shown)]
    return show_page(call, rows, itemgetter("identifier"), hidden=("body",))

"""What hangs on a model: git, dbt exposures, suggestions, refresh jobs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from omnipd_sandbox.api.content.records import document_address
from omnipd_sandbox.api.models.find import find_branch, find_shared
from omnipd_sandbox.api.tables import rows_of, show_page
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Order, cut_page, cut_page_after_id
from omnipd_sandbox.http.refusals import BadRequest, NotFound
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.git import GitSettings
from omnipd_sandbox.organization.records import Document


def show_git(call: Call) -> Reply:
    """Answer with how a model is tied to a git repository; 404 when it is not."""
    record = find_shared(call)
    settings = call.world.organization.git.get(record.name or "")
    if settings is None or record.id not in call.world.engine.models:
        raise NotFound("Git is not configured for this model")
    answer = _git(settings, record.id)
    if call.parameters["include"]:
        answer["webhookSecret"] = settings.webhook_secret
    return json_reply(answer)


def _git(settings: GitSettings, model_id: str) -> dict[str, Any]:
    return {
        "authMethod": "ssh",
        "baseBranch": settings.base_branch,
        "branchPerPullRequest": True,
        "cloneUrl": settings.clone_url,
        "gitFollower": False,
        "gitServiceProvider": "github",
        "modelPath": settings.model_path,
        "publicKey": settings.public_key,
        "requirePullRequest": "users-only",
        "sshUrl": settings.clone_url,
        "webUrl": settings.web_url,
        "webhookUrl": f"https://sandbox.omni.example/webhooks/git/{model_id}",
    }


def list_exposures(call: Call) -> Reply:
    """Answer with one page of the dashboards on a model, as dbt would call them."""
    record = find_shared(call)
    find_branch(call, record)
    organization = call.world.organization

    def dashboards() -> Iterable[Document]:
        return (
            document
            for document in organization.documents.values()
            if document.has_dashboard
            and not document.deleted
            and document.scope == "organization"
            and document.connection_id == record.connection_id
            and record.id in call.world.engine.models
        )

    order: Order[Document] = Order(
        rank=_deduplication_name,
        identity=lambda document: document.identifier,
        descending=call.parameters["sortDirection"] == "desc",
    )
    page, info = cut_page(call, dashboards, order)
    has_dbt = bool(rows_of(call, "dbt_projects", connectionId=record.connection_id))
    records = [
        {
            "dashboard_identifier": document.identifier,
            "deduplication_name": _deduplication_name(document),
            "exposure": _exposure(document, call) if has_dbt and document.queries else None,
        }
        for document in page
    ]
    return json_reply({"records": records, "pageInfo": info})


def _deduplication_name(document: Document) -> str:
    return f"dashboard_{document.identifier.replace('-', '_')}"


def _exposure(document: Document, call: Call) -> dict[str, Any]:
    owner = call.world.organization.person(document.owner_id)
    views = {name.partition(".")[0] for each in document.queries for name in each.query["fields"]}
    return {
        "name": _deduplication_name(document),
        "type": "dashboard",
        "label": document.name,
        "url": document_address(document),
        "depends_on": [f"ref('{view}')" for view in sorted(views)],
        "owner": {"name": owner.name, "email": owner.email},
    }


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


def show_job(call: Call) -> Reply:
    """Answer with how far a schema refresh is; 400 for a job of another kind."""
    job_id = call.segments["jobId"]
    status = call.world.organization.refresh_jobs.get(job_id)
    if status is None:
        if call.world.jobs.is_known(job_id):
            raise BadRequest("Only schema refresh jobs have a status", at="jobId")
        raise NotFound(f"Job with id {job_id} does not exist")
    if call.world.behavior.old_shapes and status == "IN_PROGRESS":
        status = "RUNNING"
    return json_reply({"job_id": job_id, "job_type": "SCHEMA_REFRESH", "status": status})

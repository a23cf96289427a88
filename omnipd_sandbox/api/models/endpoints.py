"""The endpoints of models, and what each lets itself be asked."""

from __future__ import annotations

from omnipd_sandbox.api.models.actions import list_actions
from omnipd_sandbox.api.models.changes import create_model, write_file
from omnipd_sandbox.api.models.content_validator import validate_content
from omnipd_sandbox.api.models.dbt_exposures import list_exposures
from omnipd_sandbox.api.models.files import show_files, validate_model
from omnipd_sandbox.api.models.git import show_git
from omnipd_sandbox.api.models.listing import list_models
from omnipd_sandbox.api.models.refresh_jobs import show_job
from omnipd_sandbox.api.models.suggestions import list_suggestions
from omnipd_sandbox.api.models.topics import list_topics, show_topic
from omnipd_sandbox.api.models.views import list_schemas, list_views
from omnipd_sandbox.calls.parameters import (
    Parameter,
    boolean,
    boolean_or_digit,
    comma_separated,
    one_of,
    page_size,
    text,
    uuid,
    words,
)
from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.moods.behavior import Behavior

_DIRECTION = one_of("asc", "desc")
_KINDS = ("SCHEMA", "SHARED", "SHARED_EXTENSION", "BRANCH", "WORKBOOK", "QUERY")
_OLDER_KINDS = (*_KINDS, "TOPIC", "FIELD_PICKER_TOPIC")
_BRANCH = {"branch_id": Parameter(uuid)}
_MODEL = "/api/v1/models/{modelId}"


def model_endpoints(behavior: Behavior) -> list[Endpoint]:
    """Write out the table."""
    kinds = _OLDER_KINDS if behavior.old_shapes else _KINDS
    return [
        Endpoint(
            "GET",
            "/api/v1/models",
            list_models,
            {
                "cursor": Parameter(text),
                "pageSize": Parameter(page_size(100), 20),
                "modelId": Parameter(uuid),
                "name": Parameter(text),
                "modelKind": Parameter(one_of(*kinds)),
                "baseModelId": Parameter(uuid),
                "connectionId": Parameter(uuid),
                "include": Parameter(words("activeBranches"), frozenset()),
                "includeDeleted": Parameter(boolean_or_digit, False),
                "sortField": Parameter(
                    one_of(
                        "name", "modelKind", "connectionId", "baseModelId", "createdAt", "updatedAt"
                    ),
                    "updatedAt",
                ),
                "sortDirection": Parameter(_DIRECTION, "desc"),
            },
        ),
        Endpoint("POST", "/api/v1/models", create_model, writes=True),
        Endpoint("POST", f"{_MODEL}/yaml", write_file, writes=True),
        Endpoint("GET", f"{_MODEL}/topic", list_topics, _BRANCH),
        Endpoint("GET", f"{_MODEL}/topic/{{topicName}}", show_topic, _BRANCH),
        Endpoint("GET", f"{_MODEL}/view", list_views, _BRANCH),
        Endpoint("GET", f"{_MODEL}/schemas", list_schemas, _BRANCH),
        Endpoint(
            "GET",
            f"{_MODEL}/yaml",
            show_files,
            {
                "branchId": Parameter(uuid),
                "fileName": Parameter(text),
                "mode": Parameter(
                    one_of("combined", "extension", "staged", "merged", "history"), "combined"
                ),
                "fullyResolved": Parameter(boolean, False),
                "includeChecksums": Parameter(boolean, False),
                "includeSchemas": Parameter(text),
            },
        ),
        Endpoint(
            "GET",
            f"{_MODEL}/validate",
            validate_model,
            {"branchId": Parameter(uuid), "limit": Parameter(page_size(None))},
        ),
        Endpoint(
            "GET",
            f"{_MODEL}/content-validator",
            validate_content,
            {
                "branch_id": Parameter(uuid),
                "content_filter_mode": Parameter(one_of("ALL", "WITH_ISSUES", "NO_ISSUES"), "ALL"),
                "find": Parameter(text),
                "find_type": Parameter(one_of("FIELD", "TOPIC", "VIEW")),
                # An array in the specification, so that it may come several times.
                "folder_paths": Parameter(text, many=True),
                "include_personal_folders": Parameter(boolean, False),
                "labels": Parameter(comma_separated),
                "userId": Parameter(uuid),
            },
        ),
        Endpoint("GET", f"{_MODEL}/git", show_git, {"include": Parameter(words("webhookSecret"))}),
        Endpoint(
            "GET",
            f"{_MODEL}/dbt-exposures",
            list_exposures,
            {
                "cursor": Parameter(text),
                "pageSize": Parameter(page_size(100), 20),
                "branch_id": Parameter(uuid),
                "sortField": Parameter(one_of("deduplication_name"), "deduplication_name"),
                "sortDirection": Parameter(_DIRECTION, "desc"),
            },
        ),
        Endpoint(
            "GET",
            f"{_MODEL}/suggestions",
            list_suggestions,
            {
                "cursor": Parameter(uuid),
                "pageSize": Parameter(page_size(100), 20),
                "status": Parameter(one_of("active", "ignored", "all"), "active"),
            },
            "administrators",
        ),
        Endpoint("GET", f"{_MODEL}/ai-agent-actions", list_actions),
        Endpoint("GET", "/api/v1/jobs/{jobId}/status", show_job),
    ]

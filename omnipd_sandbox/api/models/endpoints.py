"""The endpoints of models, and what each lets itself be asked."""

from __future__ import annotations

from omnipd_sandbox.api.models.actions import list_actions
from omnipd_sandbox.api.models.changes import create_model
from omnipd_sandbox.api.models.content_validator import validate_content
from omnipd_sandbox.api.models.dbt_exposures import list_exposures
from omnipd_sandbox.api.models.files import show_files, write_file
from omnipd_sandbox.api.models.git import show_git
from omnipd_sandbox.api.models.list import list_models
from omnipd_sandbox.api.models.refresh_jobs import show_job
from omnipd_sandbox.api.models.suggestions import list_suggestions
from omnipd_sandbox.api.models.topics import list_topics, show_topic
from omnipd_sandbox.api.models.validate import validate_model
from omnipd_sandbox.api.models.views import list_schemas, list_views
from omnipd_sandbox.calls.checks import Key, one_of, text, uuid
from omnipd_sandbox.calls.identity import ADMINISTRATORS
from omnipd_sandbox.calls.parameters import (
    comma_separated,
    flag,
    flag_or_digit,
    page_size,
    pages,
    sorting,
    words,
)
from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.moods.behavior import Behavior

_KINDS = ("SCHEMA", "SHARED", "SHARED_EXTENSION", "BRANCH", "WORKBOOK", "QUERY")
_OLDER_KINDS = (*_KINDS, "TOPIC", "FIELD_PICKER_TOPIC")
_MODES = ("combined", "extension", "staged", "merged", "history")
_FIELDS = ("name", "modelKind", "connectionId", "baseModelId", "createdAt", "updatedAt")
_BRANCH = {"branch_id": Key(uuid)}
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
                **pages(),
                "modelId": Key(uuid),
                "name": Key(text()),
                "modelKind": Key(one_of(*kinds)),
                "baseModelId": Key(uuid),
                "connectionId": Key(uuid),
                "include": Key(words("activeBranches"), frozenset()),
                "includeDeleted": Key(flag_or_digit, False),
                **sorting(*_FIELDS, by="updatedAt", direction="desc"),
            },
        ),
        Endpoint("POST", "/api/v1/models", create_model),
        Endpoint("POST", f"{_MODEL}/yaml", write_file),
        Endpoint("GET", f"{_MODEL}/topic", list_topics, _BRANCH),
        Endpoint("GET", f"{_MODEL}/topic/{{topicName}}", show_topic, _BRANCH),
        Endpoint("GET", f"{_MODEL}/view", list_views, _BRANCH),
        Endpoint("GET", f"{_MODEL}/schemas", list_schemas, _BRANCH),
        Endpoint(
            "GET",
            f"{_MODEL}/yaml",
            show_files,
            {
                "branchId": Key(uuid),
                "fileName": Key(text()),
                "mode": Key(one_of(*_MODES), "combined"),
                "fullyResolved": Key(flag, False),
                "includeChecksums": Key(flag, False),
                "includeSchemas": Key(text()),
            },
        ),
        Endpoint(
            "GET",
            f"{_MODEL}/validate",
            validate_model,
            {"branchId": Key(uuid), "limit": Key(page_size(None))},
        ),
        Endpoint(
            "GET",
            f"{_MODEL}/content-validator",
            validate_content,
            {
                "branch_id": Key(uuid),
                "content_filter_mode": Key(one_of("ALL", "WITH_ISSUES", "NO_ISSUES"), "ALL"),
                "find": Key(text()),
                "find_type": Key(one_of("FIELD", "TOPIC", "VIEW")),
                # An array in the specification, so that it may come several times.
                "folder_paths": Key(text(), many=True),
                "include_personal_folders": Key(flag, False),
                "labels": Key(comma_separated),
                "userId": Key(uuid),
            },
        ),
        Endpoint("GET", f"{_MODEL}/git", show_git, {"include": Key(words("webhookSecret"))}),
        Endpoint(
            "GET",
            f"{_MODEL}/dbt-exposures",
            list_exposures,
            {
                **pages(),
                **_BRANCH,
                **sorting("deduplication_name", by="deduplication_name", direction="desc"),
            },
        ),
        Endpoint(
            "GET",
            f"{_MODEL}/suggestions",
            list_suggestions,
            {
                **pages(),
                "cursor": Key(uuid),
                "status": Key(one_of("active", "ignored", "all"), "active"),
            },
            ADMINISTRATORS,
        ),
        Endpoint("GET", f"{_MODEL}/ai-agent-actions", list_actions),
        Endpoint("GET", "/api/v1/jobs/{jobId}/status", show_job),
    ]

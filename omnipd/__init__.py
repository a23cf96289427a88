"""pandas for Omni: every list and every governed query is a DataFrame with Arrow types."""

import importlib
from typing import TYPE_CHECKING, Any

from omnipd.version import __version__ as __version__

if TYPE_CHECKING:
    from omnipd.ai import read_ai_agent_actions as read_ai_agent_actions
    from omnipd.ai import read_ai_conversations as read_ai_conversations
    from omnipd.ai import read_ai_jobs as read_ai_jobs
    from omnipd.ai import read_ai_messages as read_ai_messages
    from omnipd.ai import read_ai_routines as read_ai_routines
    from omnipd.batches import iter_batches as iter_batches
    from omnipd.batches import query_to_parquet as query_to_parquet
    from omnipd.client import Client as Client
    from omnipd.client import clear_cache as clear_cache
    from omnipd.client import connect as connect
    from omnipd.comparisons import Field as Field
    from omnipd.comparisons import field as field
    from omnipd.conditions import Condition as Condition
    from omnipd.connections import read_connection_environments as read_connection_environments
    from omnipd.connections import read_connection_schedules as read_connection_schedules
    from omnipd.connections import read_connections as read_connections
    from omnipd.connections import read_dbt as read_dbt
    from omnipd.connections import read_dbt_environments as read_dbt_environments
    from omnipd.content import flatten_content as flatten_content
    from omnipd.content import read_content as read_content
    from omnipd.content import read_labels as read_labels
    from omnipd.credits import read_ai_credit_controls as read_ai_credit_controls
    from omnipd.credits import read_ai_group_credit_limits as read_ai_group_credit_limits
    from omnipd.credits import read_ai_user_credit_limits as read_ai_user_credit_limits
    from omnipd.documents import read_dashboard_filters as read_dashboard_filters
    from omnipd.documents import read_document_abilities as read_document_abilities
    from omnipd.documents import read_document_access as read_document_access
    from omnipd.documents import read_document_details as read_document_details
    from omnipd.documents import read_document_drafts as read_document_drafts
    from omnipd.documents import read_document_favorites as read_document_favorites
    from omnipd.documents import read_document_permissions as read_document_permissions
    from omnipd.documents import read_document_queries as read_document_queries
    from omnipd.documents import read_documents as read_documents
    from omnipd.errors import APIError as APIError
    from omnipd.errors import ArgumentError as ArgumentError
    from omnipd.errors import AuthenticationError as AuthenticationError
    from omnipd.errors import BadRequestError as BadRequestError
    from omnipd.errors import ConflictError as ConflictError
    from omnipd.errors import DeadlineError as DeadlineError
    from omnipd.errors import ExportError as ExportError
    from omnipd.errors import ExportIncompleteError as ExportIncompleteError
    from omnipd.errors import ForbiddenError as ForbiddenError
    from omnipd.errors import IncompleteReadError as IncompleteReadError
    from omnipd.errors import MissingFieldsError as MissingFieldsError
    from omnipd.errors import NetworkError as NetworkError
    from omnipd.errors import NotFoundError as NotFoundError
    from omnipd.errors import OmniError as OmniError
    from omnipd.errors import OmniWarning as OmniWarning
    from omnipd.errors import OutcomeUnknownError as OutcomeUnknownError
    from omnipd.errors import PlanError as PlanError
    from omnipd.errors import QueryError as QueryError
    from omnipd.errors import QueryTimeoutError as QueryTimeoutError
    from omnipd.errors import RateLimitError as RateLimitError
    from omnipd.errors import ResponseError as ResponseError
    from omnipd.errors import ServerError as ServerError
    from omnipd.errors import SettingsError as SettingsError
    from omnipd.evals import read_ai_eval_results as read_ai_eval_results
    from omnipd.evals import read_ai_eval_runs as read_ai_eval_runs
    from omnipd.evals import read_ai_prompt_sets as read_ai_prompt_sets
    from omnipd.evals import read_ai_prompts as read_ai_prompts
    from omnipd.export import to_csv as to_csv
    from omnipd.export import to_jsonl as to_jsonl
    from omnipd.export import to_parquet as to_parquet
    from omnipd.folders import folder_tree as folder_tree
    from omnipd.folders import read_folder_permissions as read_folder_permissions
    from omnipd.folders import read_folders as read_folders
    from omnipd.inventory import Inventory as Inventory
    from omnipd.inventory import estimate_inventory as estimate_inventory
    from omnipd.inventory import read_inventory as read_inventory
    from omnipd.labels import explode_labels as explode_labels
    from omnipd.launch import Sandbox as Sandbox
    from omnipd.launch import sandbox as sandbox
    from omnipd.lists import read_records as read_records
    from omnipd.many import run_queries as run_queries
    from omnipd.migration import export_documents as export_documents
    from omnipd.migration import import_documents as import_documents
    from omnipd.models import read_content_issues as read_content_issues
    from omnipd.models import read_dbt_exposures as read_dbt_exposures
    from omnipd.models import read_model_files as read_model_files
    from omnipd.models import read_model_git as read_model_git
    from omnipd.models import read_model_issues as read_model_issues
    from omnipd.models import read_model_suggestions as read_model_suggestions
    from omnipd.models import read_models as read_models
    from omnipd.models import read_relationships as read_relationships
    from omnipd.models import read_schemas as read_schemas
    from omnipd.models import read_topic_fields as read_topic_fields
    from omnipd.models import read_topics as read_topics
    from omnipd.models import read_views as read_views
    from omnipd.people import Identity as Identity
    from omnipd.people import read_api_keys as read_api_keys
    from omnipd.people import read_email_only_users as read_email_only_users
    from omnipd.people import read_embed_users as read_embed_users
    from omnipd.people import read_group_members as read_group_members
    from omnipd.people import read_groups as read_groups
    from omnipd.people import read_model_roles as read_model_roles
    from omnipd.people import read_user_attribute_values as read_user_attribute_values
    from omnipd.people import read_user_attributes as read_user_attributes
    from omnipd.people import read_user_groups as read_user_groups
    from omnipd.people import read_users as read_users
    from omnipd.people import read_whoami_roles as read_whoami_roles
    from omnipd.people import whoami as whoami
    from omnipd.pieces import run_query_in_pieces as run_query_in_pieces
    from omnipd.plans import Plan as Plan
    from omnipd.plans import explain as explain
    from omnipd.plans import schema as schema
    from omnipd.queries import run_query as run_query
    from omnipd.queries import run_query_arrow as run_query_arrow
    from omnipd.query import Query as Query
    from omnipd.questions import Answer as Answer
    from omnipd.questions import ask as ask
    from omnipd.schedules import read_schedule_details as read_schedule_details
    from omnipd.schedules import read_schedule_recipients as read_schedule_recipients
    from omnipd.schedules import read_schedules as read_schedules
    from omnipd.sql import run_sql as run_sql
    from omnipd.tiles import run_document as run_document
    from omnipd.tiles import run_document_query as run_document_query
    from omnipd.uploads import read_uploads as read_uploads

# Where each public name lives. It is loaded when it is first used, so that `omnipd --help` and
# programs that need one name do not wait for pandas and all the rest.
_HOMES = {
    "ai": (
        "read_ai_agent_actions",
        "read_ai_conversations",
        "read_ai_jobs",
        "read_ai_messages",
        "read_ai_routines",
    ),
    "batches": ("iter_batches", "query_to_parquet"),
    "client": ("Client", "clear_cache", "connect"),
    "comparisons": ("Field", "field"),
    "conditions": ("Condition",),
    "connections": (
        "read_connection_environments",
        "read_connection_schedules",
        "read_connections",
        "read_dbt",
        "read_dbt_environments",
    ),
    "content": ("flatten_content", "read_content", "read_labels"),
    "credits": (
        "read_ai_credit_controls",
        "read_ai_group_credit_limits",
        "read_ai_user_credit_limits",
    ),
    "documents": (
        "read_dashboard_filters",
        "read_document_abilities",
        "read_document_access",
        "read_document_details",
        "read_document_drafts",
        "read_document_favorites",
        "read_document_permissions",
        "read_document_queries",
        "read_documents",
    ),
    "errors": (
        "APIError",
        "ArgumentError",
        "AuthenticationError",
        "BadRequestError",
        "ConflictError",
        "DeadlineError",
        "ExportError",
        "ExportIncompleteError",
        "ForbiddenError",
        "IncompleteReadError",
        "MissingFieldsError",
        "NetworkError",
        "NotFoundError",
        "OmniError",
        "OmniWarning",
        "OutcomeUnknownError",
        "PlanError",
        "QueryError",
        "QueryTimeoutError",
        "RateLimitError",
        "ResponseError",
        "ServerError",
        "SettingsError",
    ),
    "evals": (
        "read_ai_eval_results",
        "read_ai_eval_runs",
        "read_ai_prompt_sets",
        "read_ai_prompts",
    ),
    "export": ("to_csv", "to_jsonl", "to_parquet"),
    "folders": ("folder_tree", "read_folder_permissions", "read_folders"),
    "inventory": ("Inventory", "estimate_inventory", "read_inventory"),
    "labels": ("explode_labels",),
    "launch": ("Sandbox", "sandbox"),
    "lists": ("read_records",),
    "many": ("run_queries",),
    "migration": ("export_documents", "import_documents"),
    "models": (
        "read_content_issues",
        "read_dbt_exposures",
        "read_model_files",
        "read_model_git",
        "read_model_issues",
        "read_model_suggestions",
        "read_models",
        "read_relationships",
        "read_schemas",
        "read_topic_fields",
        "read_topics",
        "read_views",
    ),
    "people": (
        "Identity",
        "read_api_keys",
        "read_email_only_users",
        "read_embed_users",
        "read_group_members",
        "read_groups",
        "read_model_roles",
        "read_user_attribute_values",
        "read_user_attributes",
        "read_user_groups",
        "read_users",
        "read_whoami_roles",
        "whoami",
    ),
    "plans": ("Plan", "explain", "schema"),
    "pieces": ("run_query_in_pieces",),
    "queries": ("run_query", "run_query_arrow"),
    "questions": ("Answer", "ask"),
    "query": ("Query",),
    "schedules": ("read_schedule_details", "read_schedule_recipients", "read_schedules"),
    "sql": ("run_sql",),
    "tiles": ("run_document", "run_document_query"),
    "uploads": ("read_uploads",),
}
_MODULE_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 - a list, made from the table above

# The folder sandbox/ has the name of its function. A module takes its name in the package when it is
# loaded; loaded now and let go, it leaves it to the function.
importlib.import_module("omnipd.sandbox")
del globals()["sandbox"]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'omnipd' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"omnipd.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

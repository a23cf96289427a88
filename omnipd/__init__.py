"""pandas for Omni: every list and every governed query is a DataFrame with Arrow types."""

__version__ = "0.1.0"

# The folder of the same name is loaded first, so that the function below keeps the name.
from omnipd import sandbox as _sandbox_folder  # noqa: F401
from omnipd.client import Client, clear_cache, connect
from omnipd.content import flatten_content, read_content
from omnipd.errors import (
    APIError,
    ArgumentError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    DeadlineError,
    ExportError,
    ExportIncompleteError,
    ForbiddenError,
    IncompleteReadError,
    MissingFieldsError,
    NetworkError,
    NotFoundError,
    OmniError,
    OmniWarning,
    OutcomeUnknownError,
    PlanError,
    QueryError,
    QueryTimeoutError,
    RateLimitError,
    ResponseError,
    ServerError,
    SettingsError,
)
from omnipd.export import to_csv, to_parquet
from omnipd.folder_tree import folder_tree
from omnipd.labels import explode_labels
from omnipd.launch import Sandbox, sandbox
from omnipd.lists import read_records
from omnipd.people import Identity, whoami
from omnipd.queries import run_query, run_query_arrow

__all__ = [
    "APIError",
    "ArgumentError",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "ConflictError",
    "DeadlineError",
    "ExportError",
    "ExportIncompleteError",
    "ForbiddenError",
    "Identity",
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
    "Sandbox",
    "ServerError",
    "SettingsError",
    "clear_cache",
    "connect",
    "explode_labels",
    "flatten_content",
    "folder_tree",
    "read_content",
    "read_records",
    "run_query",
    "run_query_arrow",
    "sandbox",
    "to_csv",
    "to_parquet",
    "whoami",
]

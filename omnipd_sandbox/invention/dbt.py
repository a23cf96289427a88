"""dbt projects, and their environments."""

from __future__ import annotations

from collections.abc import Sequence

from omnipd_sandbox.organization.derived import stable_uuid
from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.tables import DbtEnvironment, DbtProject, DbtVariable


def invent_dbt_projects(models: Sequence[ModelReference]) -> list[DbtProject]:
    """Invent a dbt project on the last model's connection."""
    return [
        {
            "connectionId": model.connection_id,
            "supportsDbt": True,
            "branch": "main",
            "dbtVersion": "1.9",
            "sshUrl": "git@git.example:sandbox/dbt.git",
            "projectRootPath": "warehouse",
            "autogenRelationships": True,
            "enableSemanticLayer": False,
            "enableVirtualSchemas": True,
        }
        for model in models[-1:]
    ]


def invent_dbt_environments(projects: Sequence[DbtProject], owner_id: str) -> list[DbtEnvironment]:
    """Invent environments of each project."""
    return [
        {
            "id": stable_uuid("dbt environment", project["connectionId"], name),
            "connectionId": project["connectionId"],
            "name": name,
            "isDefaultEnvironment": name == "Production",
            "ownerId": owner_id if name == "Development" else None,
            "targetSchema": name.lower(),
            "targetDatabase": None if name == "Staging" else "orders",
            "targetName": name[:4].lower() if name != "Staging" else None,
            "targetRole": None,
            "variables": _variables(name) if name == "Production" else [],
        }
        for project in projects
        for name in ("Production", "Staging", "Development")
    ]


def _variables(name: str) -> list[DbtVariable]:
    return [
        {
            "id": stable_uuid("dbt variable", name, place),
            "name": variable,
            "isSecret": value is None,
            "value": value,
        }
        for place, (variable, value) in enumerate(
            (("DBT_START_DATE", "2020-01-01"), ("DBT_TOKEN", None)), start=1
        )
    ]

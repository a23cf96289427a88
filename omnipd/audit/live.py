"""What a question needs, read now from an Omni."""

from __future__ import annotations

from typing import Any

from omnipd.admin.inventory import read_inventory
from omnipd.admin.inventory_frames import Inventory
from omnipd.arguments import argument, function
from omnipd.audit.tables import Question
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.readers.models import read_models
from omnipd.readers.validation import read_content_issues, read_model_issues


def as_inventory(given: Inventory | Client, asked: Question[..., Any]) -> Inventory:
    """Return an inventory as it is; of a client, what a question needs, with gaps for what is refused."""
    if not isinstance(given, Client):
        return given
    return read_inventory(include=[*asked.needs, *asked.also], errors="collect", client=given)


def issues_on(branch: str, client: Inventory | Client) -> Inventory:
    """Return the issues of the content and the model of a branch, with the people that may own it.

    Raises
    ------
    ArgumentError
        If no shared model has the branch, or nobody can be asked for it.
    """
    if not isinstance(client, Client):
        raise ArgumentError(
            argument("branch", branch) + " has to be asked for, and an inventory is read already.",
            hint="Give a client in its place.",
        )
    models = read_models(model_kind="SHARED", client=client)
    ids = models["branch_ids"].str.split(",").tolist()
    based = models[[isinstance(one, list) and branch in one for one in ids]]
    if based.empty:
        raise ArgumentError(
            argument("branch", branch) + " is no branch of a shared model.",
            hint="Their ids are in branch_ids of " + function("read_models") + ".",
        )
    return Inventory(
        {
            "content_issues": read_content_issues(based, branch_id=branch, client=client),
            "model_issues": read_model_issues(based, branch_id=branch, client=client),
            **read_inventory(include=["documents", "users"], client=client),
        }
    )

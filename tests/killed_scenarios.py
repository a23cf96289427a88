"""The plans that are tried while they are killed: what each plans, what it leads to, and what somebody else does."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pandas as pd

import omnipd
from omnipd.changes.plan import Plan
from omnipd.changes.values import NAMES
from omnipd.client.client import Client

#: A kind of fact, what it is of, and what of it.
Fact = tuple[str, str, str]
Facts = Mapping[Fact, Any]
_ATTRIBUTES = "urn:omni:params:1.0:UserAttribute"


@dataclass(frozen=True)
class Scenario:
    """One kind of plan.

    Attributes
    ----------
    organization : dict
        What the sandbox has.
    plan : callable
        Of a client, random numbers, a folder for files, and which part of all to plan, as ``8`` is an eighth.
    calls : mapping of tuple to int
        The method and path of what makes changes, and takes them back, with the number of such calls.
    facts : callable
        Of what the organization had, a row of a report, and whether it is as new: the facts that are then;
        None for one that is not.
    follows : callable
        Which other facts may be others where a row was made.
    somebody : callable
        Of a row, what somebody else does to what it is of; None where nothing is done.
    """

    organization: dict[str, Any]
    plan: Callable[[Client, Random, Path, int], Plan]
    calls: Mapping[tuple[str, str], int]
    facts: Callable[[Facts, dict[str, Any], bool], dict[Fact, Any]]
    follows: Callable[[dict[str, Any], Fact], bool]
    somebody: Callable[[dict[str, Any]], dict[str, Any] | None]

    def smaller(self, part):
        """Return the same with a part of the documents and of the changes."""
        return replace(
            self,
            organization={"documents": max(20, self.organization["documents"] // part)},
            plan=lambda *of: self.plan(*of, part),
            calls={call: max(1, number // part) for call, number in self.calls.items()},
        )


# Relabel documents from a spreadsheet.


def _plan_of_labels(client, chance, folder, part):
    documents = omnipd.read_documents(include="labels", client=client)
    labels = omnipd.read_labels(client=client)["label"].tolist()
    sheet = pd.DataFrame({"document_identifier": documents["document_identifier"]})
    sheet["labels"] = [
        NAMES.write(tuple(chance.sample(labels, chance.randrange(4)))) for _ in range(len(sheet))
    ]
    sheet.to_csv(folder / "labels.csv", index=False)
    edited = pd.read_csv(folder / "labels.csv")
    return omnipd.plan(edited, reader="documents", client=client)[: 200 // part]


def _labels(had, row, is_new):
    cell = row["new"] if is_new else row["old"]
    return {("document", row["item"], "labels"): sorted(NAMES.of(cell))}


def _label_from_somebody(row):
    return {"method": "PUT", "path": f"{_document(row)}/labels/deprecated"}


def _document(row):
    return f"/api/v1/documents/{quote(row['item'], safe='')}"


# Move documents.


def _plan_of_moves(client, chance, folder, part):
    documents = omnipd.read_documents(client=client)
    return omnipd.plan_move(documents, "/finance", client=client)[: 50 // part]


def _place(had, row, is_new):
    facts = {("document", row["item"], name): None for name in ("folder", "scope")}
    if not is_new:
        return {fact: had[fact] for fact in facts}
    values = had["folder", "/finance", "id"], "organization"
    return dict(zip(facts, values, strict=True))


def _move_by_somebody(row):
    body = {"folderPath": "flights"}
    return {"method": "POST", "path": f"{_document(row)}/move", "body": body}


def _of_a_place(row, fact):
    # Who has a role on the folder has it on what is in it.
    return fact == ("document", row["item"], "access")


# Hand over what somebody leaves behind.

_LEAVER, _TAKING = "zoe@sandbox.example", "priya@sandbox.example"


def _plan_of_a_leaver(client, chance, folder, part):
    return omnipd.plan_transfer(_LEAVER, _TAKING, client=client)


def _owner(had, row, is_new):
    cell, kind, item = row["new"] if is_new else row["old"], row["kind"], row["item"]
    if row["column"] == "recipient":
        return {("recipient", item, row["part"]): True if cell == "true" else None}
    if row["state"] == "refused":
        return {}
    return {(kind, item, "owner" if kind == "document" else "ownerId"): cell}


def _of_an_owner(row, fact):
    named = {
        "document": ("document", row["item"], "access"),
        "schedule": ("schedule", row["item"], "ownerName"),
    }
    return fact == named.get(row["kind"])


def _give_by_somebody(row):
    if row["column"] != "owner_id" or row["refused"] is not None:
        return None
    what = _document(row) if row["kind"] == "document" else f"/api/v1/schedules/{row['item']}"
    body = {"userId": "80f08ea4-fd90-4014-9856-615170f593c4"}  # Grace
    return {"method": "PUT", "path": f"{what}/transfer-ownership", "body": body}


# Bring users into groups, most of whom are yet to be made.

_USERS = 600


def _plan_of_users(client, chance, folder, part):
    groups = omnipd.read_groups(client=client)["display_name"].tolist()
    there = omnipd.read_users(client=client)["user_name"].tolist()
    here = [{"email": one, "group": chance.choice(groups)} for one in there[::part]]
    new = [
        {
            "email": f"P{number}@people.example",
            "display_name": f"Person {number}",
            "region": f"{number:05}",
            "groups": NAMES.write((chance.choice(groups),)),
        }
        for number in range(_USERS // part - len(here))
    ]
    pd.DataFrame(new).to_csv(folder / "new.csv", index=False)
    pd.DataFrame(here).to_csv(folder / "here.csv", index=False)
    made = omnipd.plan_users(pd.read_csv(folder / "new.csv", dtype=str), client=client)
    joined = omnipd.plan_members(pd.read_csv(folder / "here.csv", dtype=str), client=client)
    return Plan([*made.changes, *joined.changes], made.instance)


def _person(had, row, is_new):
    if row["column"] == "member":
        part = row["part"].casefold()
        names = {one: key[1] for key, one in had.items() if key[0] == "user" and key[2] == "id"}
        return {("member", row["item"], names.get(part, part)): True if is_new else None}
    address = row["item"].casefold()
    number = address[1:].partition("@")[0]
    made = {
        "displayName": f"Person {number}",
        "active": True,
        _ATTRIBUTES: {"region": f"{int(number):05}"},
    }
    return {("user", address, name): one if is_new else None for name, one in made.items()}


def _of_a_person(row, fact):
    # What Omni says of whoever is made, beside what was asked for.
    is_theirs = fact[:2] == ("user", row["item"].casefold())
    return is_theirs and fact[2] not in {"displayName", "active", _ATTRIBUTES}


def _made_by_somebody(row):
    if row["column"] != "exists":
        return None
    schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
    body = {"schemas": schemas, "userName": row["item"], "displayName": "Made by somebody"}
    return {"method": "POST", "path": "/api/scim/v2/Users", "body": body}


# Make folders, some of them in others, and groups.


def _plan_of_new(client, chance, folder, part):
    folders = omnipd.read_folders(client=client)
    paths = [f"/team-{number}" for number in range(20 // part)]
    paths += [f"/late-{number}" for number in range(8 // part)]
    paths += [f"{chance.choice(paths)}/inner-{number}" for number in range(12 // part)]
    made = pd.DataFrame({"path": paths, "name": [path.rpartition("/")[2] for path in paths]})
    edited = pd.concat([folders, made])
    groups = omnipd.read_groups(client=client)
    more = pd.DataFrame({"display_name": [f"Group {number}" for number in range(20 // part)]})
    with_more = pd.concat([groups, more])
    changes = [
        *omnipd.plan(folders, edited, client=client).changes,
        *omnipd.plan(groups, with_more, client=client).changes,
    ]
    return Plan(changes, client.base_url)


def _made(had, row, is_new):
    kind, item = row["kind"], row["item"]
    if kind == "group":
        return {(kind, item, "displayName"): item if is_new else None}
    values = {"path": item[1:], "name": item.rpartition("/")[2]}
    return {(kind, item, name): one if is_new else None for name, one in values.items()}


def _of_what_is_made(row, fact):
    # What Omni says of it, beside what was asked for.
    return fact[:2] == (row["kind"], row["item"]) and fact[2] not in {"displayName", "path", "name"}


def _folder_of_somebody(row):
    # Of two that are made at the same moment nobody could tell whose is whose: these come later.
    if row["kind"] != "folder" or not re.fullmatch(r"/late-\d+", row["item"]):
        return None
    body = {"name": row["name"], "scope": "organization"}
    return {"method": "POST", "path": "/api/v1/folders", "body": body}


SCENARIOS = {
    "relabel 200 documents": Scenario(
        {"documents": 260},
        _plan_of_labels,
        {("PATCH", "/api/v1/documents/*/labels"): 200},
        _labels,
        lambda row, fact: False,
        _label_from_somebody,
    ),
    "move 50 documents": Scenario(
        {"documents": 70},
        _plan_of_moves,
        {("POST", "/api/v1/documents/*/move"): 50},
        _place,
        _of_a_place,
        _move_by_somebody,
    ),
    "hand over what a leaver has": Scenario(
        {"documents": 400},
        _plan_of_a_leaver,
        {
            ("PUT", "/api/v1/documents/*/transfer-ownership"): 30,
            ("PUT", "/api/v1/schedules/*"): 15,
        },
        _owner,
        _of_an_owner,
        _give_by_somebody,
    ),
    "bring 600 users into groups": Scenario(
        {"documents": 20},
        _plan_of_users,
        {
            ("POST", "/api/scim/v2/Users"): 400,
            ("PATCH", "/api/scim/v2/Groups/*"): 8,
            ("DELETE", "/api/scim/v2/Users/*"): 400,
        },
        _person,
        _of_a_person,
        _made_by_somebody,
    ),
    "make 40 folders and 20 groups": Scenario(
        {"documents": 20},
        _plan_of_new,
        {
            ("POST", "/api/v1/folders"): 40,
            ("POST", "/api/scim/v2/Groups"): 20,
            ("DELETE", "/api/v1/folders/*"): 40,
            ("DELETE", "/api/scim/v2/Groups/*"): 20,
        },
        _made,
        _of_what_is_made,
        _folder_of_somebody,
    ),
}

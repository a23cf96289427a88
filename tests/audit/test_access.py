"""Who can see what in the demo organization, against a table of truth and against the sandbox itself."""

import csv
import json
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

import omnipd
from omnipd import audit
from omnipd_sandbox.folder.writing import write_organization
from omnipd_sandbox.server import Server

HERE = Path(__file__).parent
WIDE = "organization"
TRUTH = HERE / "access_truth.csv"


@pytest.fixture(scope="module")
def inventory(server, truth):
    """What an inventory of scope all has of all content, without what costs hundreds of calls.

    Whose folders are personal is known here, and of what everybody sees only that which stands in the
    table of truth is asked about.
    """
    organization = server.organization
    owners = {each.owner_id for each in organization.folders.values() if each.scope != WIDE}
    with omnipd.connect(server.url, server.api_key, cache=False, requests_per_minute=None):
        users, documents = omnipd.read_users(), omnipd.read_documents()
        personal = [omnipd.read_folders(scope="restricted", owner_id=each) for each in owners]
        folders = pd.concat([omnipd.read_folders(), *personal], ignore_index=True)
        asked = documents["document_identifier"].isin([row["item"] for row in truth])
        asked |= documents["scope"] != WIDE
        people = users[users["email"].isin([row["email"] for row in truth])]
        return omnipd.Inventory(
            {
                "content": omnipd.read_content(),
                "documents": documents,
                "folders": folders.assign(
                    scope=[organization.folders[each].scope for each in folders["folder_id"]]
                ).astype({"scope": pd.ArrowDtype(pa.string())}),
                "users": users,
                "groups": omnipd.read_groups(),
                "group_members": omnipd.read_group_members(),
                "document_access": omnipd.read_document_access(documents[asked]),
                "folder_permissions": omnipd.read_folder_permissions(folders),
                "model_roles": omnipd.read_model_roles(people),
            }
        )


@pytest.fixture(scope="module")
def truth():
    lines = TRUTH.read_text(encoding="utf-8").splitlines()
    return [
        {name: value or None for name, value in row.items()} for row in csv.DictReader(lines[1:])
    ]


def rows(answer):
    return pa.Table.from_pandas(answer).to_pylist()


def test_access_equals_the_table_of_truth(inventory, truth):
    people = sorted({row["email"] for row in truth})
    items = {(row["type"], row["item"]) for row in truth}
    assert (len(people), len(truth) >= 200) == (10, True)
    asked = [f"/{item}" if kind == "folder" else item for kind, item in items]
    answer = audit.access(inventory, people=people, content=asked)
    paths = {row["folder_id"]: row["path"] for row in rows(inventory["folders"])}
    found = sorted(
        (
            row["email"],
            row["type"],
            row["document_identifier"] or paths[row["id"]].removeprefix("/"),
            row["access_source"],
            row["group_name"] or "",
            (row["folder_path"] or "").removeprefix("/"),
            row["role"] or "",
            bool(row["access_boost"]),
            row["model_role"] or "",
            row["resulting_role"] or "",
            "" if row["can_see"] is None else str(row["can_see"]),
        )
        for row in rows(answer)
        if row["user_id"] is not None
    )
    expected = sorted(
        (
            *(row[name] or "" for name in ("email", "type", "item", "source", "group", "folder")),
            row["role"] or "",
            row["boost"] == "True",
            row["model_role"] or "",
            row["resulting_role"] or "",
            row["can_see"] or "",
        )
        for row in truth
    )
    assert found == expected
    rest = [row for row in rows(answer) if row["user_id"] is None]
    assert [(row["access_source"], row["name"]) for row in rest] == [("administrator", None)]


@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
def test_roles_in_lower_case_are_the_same_roles(inventory):
    frames = dict(inventory.items())
    for name in ("document_access", "folder_permissions"):
        frames[name] = frames[name].assign(role=frames[name]["role"].str.lower())
    lower = omnipd.Inventory(frames)
    assert rows(audit.access(lower)) == rows(audit.access(inventory))
    assert rows(audit.orphans(lower)) == rows(audit.orphans(inventory))


def test_the_table_of_truth_is_what_the_records_come_to(server, tmp_path):
    # As `omnipd sandbox init` does.
    records = tmp_path / "organization.json"
    records.write_text(json.dumps(write_organization(server.organization)), encoding="utf-8")
    with duckdb.connect() as database:
        database.execute("set variable organization = $records", {"records": str(records)})
        sql = (HERE / "access_truth.sql").read_text(encoding="utf-8")
        found = database.sql(sql).fetchall()
    lines = TRUTH.read_text(encoding="utf-8").splitlines()
    assert [["" if one is None else str(one) for one in row] for row in found] == [
        *csv.reader(lines[2:])
    ]


def test_access_agrees_with_what_the_sandbox_lets_people_read(server, inventory, truth):
    people = sorted({row["email"] for row in truth})
    answer = audit.access(inventory, people=people, organization_role="VIEWER")
    documents = answer[answer["document_identifier"].notna()]
    active = dict(zip(inventory["users"]["email"], inventory["users"]["active"], strict=True))
    ids = dict(zip(inventory["users"]["email"], inventory["users"]["user_id"], strict=True))
    personal = set()
    with omnipd.connect(
        server.url, server.api_key, cache=False, requests_per_minute=None
    ) as client:
        for person in people:
            theirs = documents[documents["email"] == person]
            seen = {*theirs.loc[theirs["can_see"], "document_identifier"]}
            if active[person]:
                read = omnipd.read_documents(user_id=ids[person], client=client)
                assert seen == {*read["document_identifier"]}, person
                others = read["scope"] == "restricted"
                others &= read["owner_id"] != ids[person]
                personal |= {*read.loc[others, "document_identifier"]}
            else:
                assert seen == set()
    # People do see personal content of others, so that the comparison tells something.
    assert len(personal) >= 10


def test_who_is_deactivated_reads_nothing():
    with Server(
        tokens=[{"name": "gone", "key_scope": "user", "user": "newcomer.4@sandbox.example"}]
    ) as server:
        [key] = server.tokens.values()
        with (
            omnipd.connect(server.url, key, cache=False) as client,
            pytest.raises(omnipd.AuthenticationError),
        ):
            omnipd.read_documents(client=client)


@pytest.fixture(scope="module")
def tiny():
    """A small Omni whose owners have other ids than its users."""
    with Server(size="tiny", owner_ids="other") as server:
        yield server


def test_owners_of_other_ids_are_known_where_the_list_of_who_sees_it_names_them(tiny, tmp_path):
    with omnipd.connect(tiny.url, tiny.api_key, cache=False, requests_per_minute=None):
        inventory = omnipd.read_inventory(scope="organization")
        omnipd.export_inventory(tmp_path / "export", scope="organization")
    answer = audit.access(inventory)
    owners = answer[answer["access_source"] == "owner"]
    documents = owners[owners["type"] == "document"]
    held = tiny.organization.documents.values()
    of = {each.identifier: each.owner_id for each in held if not each.deleted}
    assert dict(zip(documents["document_identifier"], documents["user_id"], strict=True)) == of
    folders = owners[owners["type"] == "folder"]
    # Of a folder's owner the name is all that is told, and two people may share it.
    assert folders["user_id"].isna().all()
    assert folders["unknown"].unique().tolist() == ["the owner is not among the users"]
    assert len(folders) == len(inventory["folders"])
    # An export answers as the inventory does.
    pd.testing.assert_frame_equal(audit.access(omnipd.open_export(tmp_path / "export")), answer)

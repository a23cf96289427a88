"""What dev and prod have of the same documents, each row worked out by hand."""

import pandas as pd
import pytest
from changes.two_omnis import two_omnis

import omnipd

INCLUDE = ["documents", "users", "document_queries"]
#: What is in prod from the beginning, and in dev, too.
FOUR = {"dop4rbem2", "hce5n3vc1", "mjxqsk1f3", "report-4"}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with two_omnis(tmp_path_factory.mktemp("two")) as two:
        prod = two.fleet["prod"]
        # Brought without their identifiers, and changed in one thing each.
        folder = tmp_path_factory.mktemp("out")
        omnipd.export_documents(["report-22", "rcaz779c20"], folder, client=two.fleet["dev"])
        omnipd.import_documents([folder / "report-22.json"], model="orders", client=prod)
        made = omnipd.import_documents(
            [folder / "rcaz779c20.json"],
            model="flights",
            folder_path="/flights/delays",
            client=prod,
        )
        two.elsewhere = made["document_identifier"].item()
        omnipd.plan_move("report-4", "/flights", client=prod).apply(confirm=True, client=prod)
        omnipd.plan_labels("dop4rbem2", add="finance", client=prod).apply(client=prod)
        yield two


def by_left(compared):
    there = compared[compared["document_identifier_left"].notna()]
    return there.set_index("document_identifier_left")


def test_documents_are_matched_by_identifier_then_path_then_queries(two):
    compared = omnipd.compare(two.fleet["dev"], two.fleet["prod"], queries=True)
    rows = by_left(compared)
    told = rows[["status", "matched_by", "differs"]].astype(object)
    assert told.loc["report-4"].tolist() == ["moved", "identifier", "folder"]
    assert told.loc["dop4rbem2"].tolist() == ["changed", "identifier", "labels"]
    assert told.loc["hce5n3vc1"].tolist() == ["same", "identifier", ""]
    assert told.loc["report-22"].tolist() == ["changed", "path", "labels,owner"]
    # Its folder is another, and prod has neither its labels nor its description.
    differs = "folder,labels,owner,description"
    assert told.loc["rcaz779c20"].tolist() == ["changed", "queries", differs]
    assert rows.loc["rcaz779c20", "document_identifier_right"] == two.elsewhere
    assert rows.loc["report-4", "folder_path_left"] == "/flights/delays/by-airline"
    assert rows.loc["report-4", "folder_path_right"] == "/flights"
    matched = compared["matched_by"].notna()
    assert set(compared.loc[~matched, "status"]) == {"left_only"}
    assert (
        compared.loc[~matched, [name for name in compared if name.endswith("_right")]]
        .isna()
        .all(axis=None)
    )
    # Truth: every document that either Omni lists, once.
    lists = {
        name: [
            one["identifier"] for one in two.ask(name, "/api/v1/documents?pageSize=100")["records"]
        ]
        for name in ("dev", "prod")
    }
    assert sorted(compared["document_identifier_left"].dropna()) == sorted(lists["dev"])
    assert sorted(compared["document_identifier_right"].dropna()) == sorted(lists["prod"])


def test_the_other_way_round_left_and_right_change_places(two):
    one = omnipd.compare(two.fleet["dev"], two.fleet["prod"])
    other = omnipd.compare(two.fleet["prod"], two.fleet["dev"])
    keys = ["document_identifier_left", "document_identifier_right"]
    pairs = one[keys].apply(tuple, axis=1)
    assert set(pairs) == set(other[keys[::-1]].apply(tuple, axis=1))
    assert (other["status"] == "right_only").sum() == (one["status"] == "left_only").sum() == 34


def test_without_queries_nothing_is_asked_of_each_document(two):
    before = len(two.dev.requests), len(two.prod.requests)
    compared = omnipd.compare(two.fleet["dev"], two.fleet["prod"])
    assert "queries" not in set(compared["matched_by"].dropna())
    assert by_left(compared).loc["rcaz779c20", "status"] == "left_only"
    asked = [one.path for one in (*two.dev.requests[before[0] :], *two.prod.requests[before[1] :])]
    assert not [path for path in asked if path.endswith("/queries")]


def test_inventories_that_were_read_are_compared_without_a_request(two):
    inventories = [omnipd.read_inventory(include=INCLUDE, client=one) for one in two.fleet.values()]
    before = len(two.dev.requests), len(two.prod.requests)
    compared = omnipd.compare(*inventories, queries=True)
    assert (len(two.dev.requests), len(two.prod.requests)) == before
    live = omnipd.compare(two.fleet["dev"], two.fleet["prod"], queries=True)
    pd.testing.assert_frame_equal(compared, live)


def test_nothing_on_either_side_has_the_same_columns_and_dtypes(two):
    live = omnipd.compare(two.fleet["dev"], two.fleet["prod"])
    documents = omnipd.read_documents(client=two.fleet["dev"]).iloc[:0]
    empty = omnipd.Inventory({"documents": documents})
    compared = omnipd.compare(empty, empty)
    assert compared.empty
    pd.testing.assert_series_equal(compared.dtypes, live.dtypes)


def test_what_cannot_be_compared_is_refused_by_name(two):
    dev = two.fleet["dev"]
    of_both = omnipd.read_inventory(include=["documents"], client=two.fleet)
    only_labels = omnipd.read_inventory(include=["labels"], client=dev)
    for side, said in (
        (two.fleet, "left= is a fleet of dev, prod, and takes one Omni"),
        (of_both, "left= is an inventory of several Omnis"),
        (only_labels, "The inventory left has no documents"),
        ("dev", "left= is str, not a Client"),
        (None, "left= is NoneType, not a Client"),
    ):
        with pytest.raises(omnipd.ArgumentError, match=said):
            omnipd.compare(side, dev)
    some = omnipd.read_inventory(include=["documents"], client=dev)
    some["documents"].attrs["omni"]["complete"] = False
    with pytest.raises(omnipd.ExportIncompleteError, match="left is incomplete"):
        omnipd.compare(some, dev)


def test_owners_are_names_where_users_may_not_be_listed(two, tmp_path):
    personal = omnipd.connect(
        two.dev.url, two.dev.personal_key, requests_per_minute=None, cache_dir=tmp_path
    )
    with personal:
        compared = omnipd.compare(personal, two.fleet["prod"])
    assert compared.attrs["omni"]["owners_by"] == "name"
    assert by_left(compared).loc["report-4", "owner_right"] == "Alex Kim"

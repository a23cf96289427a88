"""A frame that is not whole says so, in whatever omnipd makes of it, and is not written as if it were."""

import pandas as pd
import pytest
from faults.given import client_of
from scripted_server import answer, document, page

import omnipd
from omnipd.admin.inventory_parts import PARTS
from omnipd.frames.to_pandas import is_whole

LOSES = {
    "merge": lambda one, other: one.merge(other, on="document_identifier"),
    "join": lambda one, other: one.set_index("name")[["type"]].join(
        other.set_index("name")[["document_identifier"]]
    ),
    "concat": lambda one, other: pd.concat([one, other]),
    "a frame made of it": lambda one, _: pd.DataFrame(one),
    "crosstab": lambda one, _: pd.crosstab(one["type"], one["name"]),
    "count": lambda one, _: one.groupby("type").count(),
    "size": lambda one, _: one.groupby("type").size(),
    "nunique": lambda one, _: one.groupby("type").nunique(),
    "named aggregations": lambda one, _: one.groupby("type").agg(n=("name", "size")),
    "value_counts": lambda one, _: one[["type"]].value_counts(),
}
KEEPS = {
    "filter": lambda one: one[one["document_identifier"].notna()],
    "sort": lambda one: one.sort_values("document_identifier"),
    "columns": lambda one: one[["document_identifier", "name"]],
    "assign": lambda one: one.assign(more=1),
    "copy": lambda one: one.copy(),
    "sums by group": lambda one: one.groupby("type")[["count_views"]].sum(),
    "concat of frames marked alike": lambda one: pd.concat([one, one]),
}


@pytest.fixture
def incomplete(scripted, fake_time):
    """Three records of which the server counts four."""
    pages = [page(*map(document, "abc"), total=4)] * 2
    scripted.script(*pages)
    with (
        client_of(scripted, fake_time) as client,
        pytest.warns(omnipd.OmniWarning, match="does not add up"),
    ):
        return omnipd.read_content(strict=False, client=client)


@pytest.fixture
def whole(scripted, fake_time):
    scripted.script(page(*map(document, "abc")))
    with client_of(scripted, fake_time) as client:
        return omnipd.read_content(client=client)


@pytest.mark.parametrize("how", KEEPS.values(), ids=KEEPS)
def test_pandas_passes_the_mark_on(incomplete, tmp_path, how):
    assert not is_whole(how(incomplete))
    with pytest.raises(omnipd.ExportIncompleteError):
        omnipd.to_parquet(how(incomplete), tmp_path / "a.parquet")
    assert list(tmp_path.glob("*.parquet")) == []


@pytest.mark.parametrize("how", LOSES.values(), ids=LOSES)
def test_the_page_on_failures_names_what_loses_the_mark(incomplete, whole, how):
    # Should pandas keep it one day, the page is to be changed.
    assert is_whole(how(incomplete, whole))


def test_what_omnipd_makes_of_an_incomplete_frame_is_marked(scripted, fake_time, incomplete, whole):
    labeled = incomplete.assign(labels="a")
    assert not is_whole(omnipd.explode_labels(labeled))
    assert not is_whole(omnipd.folder_tree(incomplete))
    assert is_whole(omnipd.explode_labels(whole.assign(labels="a")))
    assert is_whole(omnipd.folder_tree(whole))
    principals = {"principals": [], "pageInfo": {"hasNextPage": False, "totalRecords": 0}}
    scripted.script(answer(principals))
    with client_of(scripted, fake_time) as client:
        for parents in (incomplete, incomplete["document_identifier"]):
            assert not is_whole(omnipd.read_document_access(parents, client=client))
        assert is_whole(omnipd.read_document_access(whole, client=client))


def test_an_export_of_an_incomplete_list_is_marked(scripted, fake_time, tmp_path, incomplete):
    scripted.script(answer({"document": {"name": "A"}, "exportVersion": "0.1", "queryModels": {}}))
    with client_of(scripted, fake_time) as client:
        manifest = omnipd.export_documents(incomplete, tmp_path / "out", client=client)
    assert manifest["error"].isna().all()
    assert not is_whole(manifest)


def test_permits_of_an_incomplete_list_of_documents_are_marked(scripted, fake_time, incomplete):
    scripted.script(answer({"permits": [], "pageInfo": {"hasNextPage": False}}))
    user = "123e4567-e89b-42d3-a456-426614174000"
    with client_of(scripted, fake_time) as client:
        asked = {"user_id": user, "client": client, "errors": "collect"}
        assert not is_whole(omnipd.read_document_permissions(incomplete, **asked))
        assert is_whole(omnipd.read_document_permissions(["a"], **asked))


def test_an_inventory_knows_of_its_frames_what_they_were_when_they_came(
    incomplete, whole, tmp_path
):
    inventory = omnipd.Inventory({"content": incomplete, "labels": whole})
    assert not inventory.complete
    inventory["content"].attrs.clear()
    assert is_whole(inventory["content"])
    assert not inventory.complete
    assert "incomplete" in repr(inventory).splitlines()[1]
    for write in (inventory.to_parquet, inventory.to_csv):
        with pytest.raises(omnipd.ExportIncompleteError, match=r"incomplete: content\."):
            write(tmp_path / "out")
    with pytest.raises(omnipd.ExportIncompleteError, match=r"incomplete: content\."):
        inventory.to_excel(tmp_path / "out.xlsx")
    files = inventory.to_parquet(tmp_path / "out", allow_incomplete=True)
    assert [is_whole(pd.read_parquet(file)) for file in files] == [False, True]


def test_a_frame_below_two_lists_of_an_inventory_is_marked_when_one_is(incomplete, whole):
    parents = {name: one.parents for name, one in PARTS.items() if one.parents is not None}
    for documents, content in ((incomplete, whole), (whole, incomplete)):
        asked = parents["document_access"]({"documents": documents, "content": content})
        assert asked["document_identifier"].tolist() == [
            *documents["document_identifier"],
            *content["document_identifier"],
        ]
        assert not is_whole(asked)
    assert is_whole(parents["document_access"]({"documents": whole, "content": whole}))


@pytest.mark.parametrize("backend", ["pyarrow", "numpy_nullable"])
@pytest.mark.parametrize("more", [{}, {"listed": [[1], [2], [3]]}], ids=["scalars", "lists"])
def test_a_file_of_an_incomplete_frame_says_so_when_it_is_read(incomplete, tmp_path, backend, more):
    frame = incomplete.assign(**more)
    frame.attrs["odd"] = object()
    omnipd.to_parquet(frame, tmp_path / "a.parquet", allow_incomplete=True)
    read = pd.read_parquet(tmp_path / "a.parquet", dtype_backend=backend)
    assert read.attrs["omni"] == incomplete.attrs["omni"]
    with pytest.raises(omnipd.ExportIncompleteError):
        omnipd.to_csv(read, tmp_path / "a.csv")

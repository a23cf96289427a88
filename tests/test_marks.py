"""A frame that is not whole says so, in whatever omnipd makes of it, and is not written as if it were."""

import pandas as pd
import pytest
from faults.given import client_of
from scripted_server import answer, document, page

import omnipd
from omnipd.frames.to_pandas import is_whole

LOSES = {
    "merge": lambda one, other: one.merge(other, on="identifier"),
    "join": lambda one, other: one.set_index("name")[["type"]].join(
        other.set_index("name")[["identifier"]]
    ),
    "concat": lambda one, other: pd.concat([one, other]),
}
KEEPS = {
    "filter": lambda one: one[one["identifier"].notna()],
    "sort": lambda one: one.sort_values("identifier"),
    "columns": lambda one: one[["identifier", "name"]],
    "assign": lambda one: one.assign(more=1),
    "copy": lambda one: one.copy(),
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
        for parents in (incomplete, incomplete["identifier"]):
            assert not is_whole(omnipd.read_document_access(parents, client=client))
        assert is_whole(omnipd.read_document_access(whole, client=client))


def test_an_export_of_an_incomplete_list_is_marked(scripted, fake_time, tmp_path, incomplete):
    scripted.script(answer({"document": {"name": "A"}, "exportVersion": "0.1", "queryModels": {}}))
    with client_of(scripted, fake_time) as client:
        manifest = omnipd.export_documents(incomplete, tmp_path / "out", client=client)
    assert manifest["error"].isna().all()
    assert not is_whole(manifest)

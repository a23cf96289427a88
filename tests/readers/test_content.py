"""read_content against the sandbox, over real HTTP."""

import json
import urllib.parse
import urllib.request

import pandas as pd
import pyarrow as pa
import pytest
from scripted_server import answer

import omnipd
from omnipd.readers.content import COLUMNS
from omnipd_sandbox.server import Server

USER = "123e4567-e89b-12d3-a456-426614174000"


def raw_records(server, **params):
    """Walk the list with the standard library: what the client is compared with."""
    records, cursor = [], None
    while True:
        asked = {"pageSize": "37", "include": "_count,labels", **params} | (
            {"cursor": cursor} if cursor else {}
        )
        query = urllib.parse.urlencode(asked)
        request = urllib.request.Request(
            f"{server.url}/api/v1/content?{query}",
            headers={"Authorization": f"Bearer {server.api_key}"},
        )
        with urllib.request.urlopen(request) as response:
            page = json.load(response)
        records += page["records"]
        cursor = page["pageInfo"]["nextCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return records


@pytest.fixture(scope="module")
def records(server):
    return raw_records(server, sortField="name", sortDirection="asc")


def identities(df):
    return [
        str(a) if pd.notna(a) else str(b)
        for a, b in zip(df["document_identifier"], df["id"], strict=True)
    ]


def asked_for(server, since=0):
    return [one for one in server.requests[since:] if one.path.endswith("/content")]


def test_every_record_is_a_row_with_its_values(omni, records):
    df = omnipd.read_content()
    assert identities(df) == [one.get("identifier", one.get("id")) for one in records]
    assert df["name"].tolist() == [one["name"] for one in records]
    assert df["owner_id"].tolist() == [one["owner"]["id"] for one in records]
    assert df["owner_name"].tolist() == [one["owner"]["name"] for one in records]
    folders = [one["folder"]["id"] if one.get("folder") else None for one in records]
    assert [None if pd.isna(value) else value for value in df["folder_id"]] == folders
    assert df["labels"].tolist() == [",".join(one["labels"]) for one in records]
    views = [one["_count"].get("views") for one in records]
    assert [None if pd.isna(value) else value for value in df["count_views"]] == views
    assert df["extra"].isna().all()


def test_the_columns_are_those_declared_and_all_are_arrow_scalars(omni):
    df = omnipd.read_content(limit=1)
    assert list(df.columns) == [*COLUMNS, "extra"]
    for dtype in df.dtypes:
        assert isinstance(dtype, pd.ArrowDtype)
        assert not pa.types.is_nested(dtype.pyarrow_dtype)


@pytest.mark.parametrize("size", [0, 1, 100, 101, 250])
def test_a_walk_makes_as_many_requests_as_there_are_hundreds(tmp_path, size):
    with Server(documents=size, folders=0) as server:
        client = omnipd.connect(
            server.url, server.api_key, requests_per_minute=None, cache_dir=tmp_path
        )
        visible = len(raw_records(server))
        before = len(server.requests)
        df = omnipd.read_content(client=client)
        assert len(df) == visible
        assert len(server.requests) - before == max(1, -(-visible // 100))
        assert all(
            "pageSize=100" in str(one.query) or "100" in str(one.query)
            for one in asked_for(server, before)
        )
        client.close()


def test_the_same_call_within_the_cache_life_asks_nothing(omni, server):
    first = omnipd.read_content()
    before = len(server.requests)
    again = omnipd.read_content()
    assert len(server.requests) == before
    pd.testing.assert_frame_equal(first, again)
    assert first.attrs["omni"]["requests"] == 6
    assert again.attrs["omni"]["from_cache"] is True


def test_refresh_asks_for_every_page_again(omni, server):
    omnipd.read_content()
    before = len(server.requests)
    omnipd.read_content(refresh=True)
    assert len(server.requests) - before == 6


def test_another_process_start_finds_the_cache_and_another_key_does_not(server):
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None):
        omnipd.read_content()
    before = len(server.requests)
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None):
        assert omnipd.read_content().attrs["omni"]["from_cache"] is True
    assert len(server.requests) == before
    with omnipd.connect(server.url, server.personal_key, requests_per_minute=None):
        assert omnipd.read_content().attrs["omni"]["from_cache"] is False
    assert len(server.requests) > before


def test_without_cache_every_call_asks(server):
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None, cache=False):
        omnipd.read_content()
        before = len(server.requests)
        omnipd.read_content()
    assert len(server.requests) - before == 6


def test_clear_cache_forgets(omni, server):
    omnipd.read_content()
    assert omnipd.clear_cache(omni) == 6
    before = len(server.requests)
    omnipd.read_content()
    assert len(server.requests) - before == 6
    assert omnipd.clear_cache() == 6


def test_limit_is_the_number_of_rows_and_asks_no_more_than_it_needs(omni, server):
    before = len(server.requests)
    df = omnipd.read_content(limit=150)
    assert len(df) == 150
    assert len(server.requests) - before == 2
    pd.testing.assert_frame_equal(df, omnipd.read_content(refresh=True).head(150))


@pytest.mark.parametrize("path_end", ["", "/*"])
def test_a_path_means_the_same_as_a_loop_over_everything(omni, records, path_end):
    folder = next(
        one["path"] for one in records if one["type"] == "folder" and one["path"].count("/") == 1
    )
    df = omnipd.read_content(path=f"/{folder}{path_end}")
    below = raw_paths(records, folder, deep=bool(path_end))
    assert sorted(identities(df)) == sorted(below)
    assert len(below) > 1


def raw_paths(records, folder, *, deep):
    found = []
    for one in records:
        home = one["path"] if one["type"] == "folder" else (one["folder"] or {}).get("path", "")
        if one["type"] == "folder":
            parent = home.rpartition("/")[0]
            inside = home.startswith(folder + "/") if deep else folder in {home, parent}
        else:
            inside = home == folder or (deep and home.startswith(folder + "/"))
        if inside:
            found.append(one.get("identifier", one.get("id")))
    return found


def test_a_folder_and_a_creator_narrow_the_list(omni, records):
    home = next(one["folder"]["id"] for one in records if one.get("folder"))
    df = omnipd.read_content(folder_id=home)
    assert set(df.loc[df["type"] == "document", "folder_id"]) == {home}
    owner = records[0]["owner"]["id"]
    df = omnipd.read_content(creator_id=owner)
    assert sorted(identities(df)) == sorted(
        one.get("identifier", one.get("id")) for one in records if one["owner"]["id"] == owner
    )


def test_restricted_content_shows_for_its_creator_only(omni, server):
    creators = {one["owner"]["id"] for one in raw_records(server)}
    frames = [omnipd.read_content(scope="restricted", creator_id=one) for one in sorted(creators)]
    assert sum(map(len, frames)) > 0
    for creator, df in zip(sorted(creators), frames, strict=True):
        assert set(df["owner_id"]) <= {creator}
        assert set(df["scope"]) <= {"restricted"}


def test_labels_are_filtered_here_where_the_server_refuses_them_and_it_is_said_once(
    omni, server, records
):
    with pytest.warns(omnipd.OmniWarning, match="does not take labels="):
        df = omnipd.read_content(labels=["finance", "重要"])
    wanted = [
        one.get("identifier", one.get("id"))
        for one in records
        if {"finance", "重要"} & set(one["labels"])
    ]
    assert identities(df) == wanted
    before = len(server.requests)
    assert len(omnipd.read_content(labels="finance", include="labels", limit=3)) == 3
    asked = asked_for(server, before)
    assert [one.status for one in asked] == [200] * 6


def test_labels_and_time_are_left_to_a_server_that_takes_them(tmp_path):
    with Server(accepts_labels_filter=True, accepts_sort_by_updated_at=True) as server:
        client = omnipd.connect(
            server.url, server.api_key, requests_per_minute=None, cache_dir=tmp_path
        )
        served = omnipd.read_content(
            labels=["finance"], sort="updated_at", direction="desc", client=client
        )
        assert server.requests[-1].status == 200
        assert "labels" in str(server.requests[-1].query)
        client.close()
    with Server() as server:
        client = omnipd.connect(
            server.url, server.api_key, requests_per_minute=None, cache_dir=tmp_path
        )
        with pytest.warns(omnipd.OmniWarning):
            here = omnipd.read_content(
                labels=["finance"], sort="updated_at", direction="desc", client=client
            )
        client.close()
    moments = here["updated_at"].dropna().tolist()
    assert moments == sorted(moments, reverse=True)
    assert set(identities(served)) == set(identities(here))
    assert served["updated_at"].dropna().tolist() == moments


def test_both_label_shapes_give_the_same_frame_but_for_what_is_verified(tmp_path, records):
    with Server(labels_as_objects=True) as server:
        client = omnipd.connect(
            server.url, server.api_key, requests_per_minute=None, cache_dir=tmp_path
        )
        df = omnipd.read_content(client=client)
        objects = raw_records(server, sortField="name", sortDirection="asc")
        client.close()
    assert df["labels"].tolist() == [",".join(one["labels"]) for one in records]
    verified = [
        ",".join(label["name"] for label in one["labels"] if label["verified"]) for one in objects
    ]
    assert df["labels_verified"].tolist() == verified
    assert any(verified)


def test_what_was_not_asked_for_is_null_and_not_zero(omni):
    df = omnipd.read_content(include=None, limit=50)
    for name in ("labels", "labels_verified", "count_documents", "count_favorites", "count_views"):
        assert df[name].isna().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scope": "restrictd"}, "Did you mean 'restricted'"),
        ({"scope": "restricted"}, "needs creator_id"),
        ({"sort": "updatedAt"}, "Did you mean 'updated_at'"),
        ({"direction": "descending"}, "Did you mean 'desc'"),
        ({"include": ["label"]}, "Did you mean 'labels'"),
        ({"folder_id": USER, "path": "/a"}, "exclude each other"),
        ({"path": ""}, "path='' is empty"),
        ({"labels": []}, "labels=\\[\\] is empty"),
        ({"labels": [" "]}, "is empty"),
        ({"labels": "a,b"}, "holds a comma"),
        ({"creator_id": "."}, "is not an id"),
        ({"creator_id": "a\tb"}, "is not an id"),
        ({"folder_id": 7}, "must be text"),
        ({"include": 5}, "include=5 must be text or several"),
        ({"labels": b"ab"}, "labels=b'ab' must be text or several"),
        ({"labels": "a", "include": 5}, "include=5 must be text or several"),
        ({"path": "/a\ud83d"}, "not valid Unicode"),
        ({"refresh": "false"}, "refresh='false' must be True or False"),
        ({"strict": None}, "strict=None must be True or False"),
        ({"scope": "all", "refresh": "false"}, "refresh='false' must be True or False"),
        ({"scope": "all", "strict": 0}, "strict=0 must be True or False"),
        ({"limit": 0}, "1 or more"),
        ({"limit": True}, "1 or more"),
    ],
)
def test_bad_arguments_are_refused_by_name_before_anything_is_sent(
    omni, server, arguments, message
):
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match=message) as caught:
        omnipd.read_content(**arguments)
    assert isinstance(caught.value, ValueError)
    assert len(server.requests) == before


def test_what_to_include_may_come_one_by_one(omni):
    df = omnipd.read_content(include=(name for name in ["labels"]), limit=5)
    assert df["labels"].notna().all()


def test_sorting_here_goes_without_a_direction(omni):
    with pytest.warns(omnipd.OmniWarning, match="does not take sort="):
        df = omnipd.read_content(sort="updated_at", direction=None)
    moments = df["updated_at"].dropna().tolist()
    assert moments == sorted(moments)
    assert len(moments) > 0


def test_unknown_names_are_a_type_error_as_for_any_function(omni):
    with pytest.raises(TypeError, match="labelz"):
        omnipd.read_content(labelz=["finance"])


def test_an_unknown_creator_is_omnis_own_404(omni):
    with pytest.raises(omnipd.NotFoundError, match="does not exist"):
        omnipd.read_content(creator_id=USER)


def test_acting_for_somebody_is_said_to_be_impossible_here(server):
    with (
        omnipd.connect(server.url, server.api_key, requests_per_minute=None, user_id=USER),
        pytest.warns(omnipd.OmniWarning, match="cannot act for user_id="),
    ):
        omnipd.read_content(limit=1)


def test_hostile_names_arrive_as_they_are(omni, records):
    names = set(omnipd.read_content()["name"])
    assert {"../x", "' OR '1'='1", "CON"} & names
    assert names == {one["name"] for one in records}


def test_a_frame_goes_to_parquet_and_comes_back_with_plain_pandas(omni, tmp_path):
    df = omnipd.read_content()
    df.to_parquet(tmp_path / "content.parquet")
    back = pd.read_parquet(tmp_path / "content.parquet")
    assert back.shape == df.shape
    assert back["name"].tolist() == df["name"].tolist()
    assert back["updated_at"].equals(df["updated_at"])
    assert len(df.drop_duplicates()) == len(df)
    assert df.groupby("owner_id")["count_views"].sum().sum() == df["count_views"].sum()


def test_any_list_can_be_read_with_and_without_columns(omni, records):
    df = omnipd.read_records(
        "/api/v1/content", params={"pageSize": 100, "sortField": "name", "sortDirection": "asc"}
    )
    assert df["name"].tolist() == [one["name"] for one in records]
    assert df["owner_name"].tolist() == [one["owner"]["name"] for one in records]
    declared = omnipd.read_records(
        "/api/v1/content",
        params={"sortField": "name", "sortDirection": "asc"},
        columns={"who": "owner.name", "when": ("updatedAt", pa.timestamp("us", tz="UTC"))},
        limit=5,
    )
    assert list(declared.columns) == ["who", "when", "extra"]
    assert declared["who"].tolist() == df["owner_name"].tolist()[:5]
    assert json.loads(declared["extra"][0])["name"] == df["name"][0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"params": [("a", "b")]}, "params="),
        ({"params": {5: "b"}}, "name 5"),
        ({"params": {"a": {"b": 1}}}, "no form in an address"),
        ({"params": {"a": [["b"]]}}, "no form in an address"),
        ({"params": {"a": "\ud83d"}}, "no form in an address"),
        ({"columns": ["id"]}, "columns="),
        ({"columns": {5: "id"}}, "name 5"),
        ({"rows": 5}, "rows=5"),
    ],
)
def test_arguments_for_any_list_are_refused_by_name(scripted, arguments, message):
    with (
        omnipd.connect(scripted.url, "key", requests_per_minute=None),
        pytest.raises(omnipd.ArgumentError, match=message),
    ):
        omnipd.read_records("/api/v1/x", **arguments)
    assert scripted.requests == []


def test_several_values_of_a_parameter_are_joined(scripted):
    scripted.script(answer({"records": []}))
    with omnipd.connect(scripted.url, "key", requests_per_minute=None):
        omnipd.read_records("/api/v1/x", params={"ids": [1, True], "one": 0})
    assert scripted.requests[0][1] == "/api/v1/x?ids=1%2Ctrue&one=0"


@pytest.mark.parametrize(
    ("owner", "extra"),
    [
        ({"id": "x", "y": {"z": 1}}, {"owner.id": "x"}),
        ({"id": "x", "y": {"z": 1, "more": 2}}, {"owner.id": "x", "owner.y.more": 2}),
        ({"y": 7}, {"owner.y": 7}),
        ("Jane", {"owner": "Jane"}),
    ],
)
def test_what_is_beside_a_declared_path_is_kept_at_any_depth(scripted, owner, extra):
    scripted.script(answer({"records": [{"owner": {"y": {"z": 1}}}, {"owner": owner}]}))
    with omnipd.connect(scripted.url, "key", requests_per_minute=None):
        df = omnipd.read_records("/api/v1/x", columns={"z": "owner.y.z"})
    assert pd.isna(df["extra"][0])
    assert json.loads(df["extra"][1]) == extra


@pytest.mark.parametrize(
    "path",
    [
        "v1/content",
        "/api/../x",
        "/api/v1/content?x=1",
        "https://x/api/v1",
        "/api/v1/a b",
        "/api/v1/\ud83d",
    ],
)
def test_what_is_not_an_api_path_is_refused(omni, path):
    with pytest.raises(omnipd.ArgumentError, match="API path"):
        omnipd.read_records(path)


def test_whoami_says_who_the_key_is(server):
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None):
        admin = omnipd.whoami()
        one_model = omnipd.whoami(model=next(iter(admin.roles)))
    assert (admin.key_scope, admin.org_role) == ("organization", "ORG_ADMIN")
    assert admin.user_id == server.organization.administrator.membership_id
    assert admin.base_user_id not in {None, admin.user_id}
    assert set(one_model.roles) == {next(iter(admin.roles))}
    with omnipd.connect(server.url, server.personal_key, requests_per_minute=None):
        assert omnipd.whoami().key_scope == "user"


def test_max_calls_holds_for_one_list_too():
    with omnipd.sandbox(documents=250) as omni:
        # 250 documents are 265 rows of content: three pages.
        with pytest.raises(omnipd.ArgumentError, match="needs 3 requests, more than max_calls=2"):
            omnipd.read_content(max_calls=2)
        assert omni.requests_sent == 1  # the page that it is counted by
        with pytest.raises(omnipd.ArgumentError, match="max_calls=0 must be a whole number"):
            omnipd.read_folders(max_calls=0)
        before = omni.requests_sent
        assert len(omnipd.read_content(max_calls=3, refresh=True)) == 265
        assert omni.requests_sent - before == 3

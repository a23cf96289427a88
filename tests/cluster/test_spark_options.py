"""Options of Spark's data source: checked by name before anything is sent, and no key is one."""

import json
import pickle
import sys

import pytest
from queries.query_cases import flights

import omnipd
from omnipd import ArgumentError, SettingsError
from omnipd.cluster.spark_options import read_options

FIELDS = ["flights.date[date]", "flights.origin", "flights.count"]
OPTIONS = {
    "query": json.dumps(flights(FIELDS)),
    "split_on": "flights.date",
    "start": "2013",
    "end": "2014",
    "requests_per_minute": "none",
}
KEY = "omni_osk_0123456789abcdef0123456789abcdef"


@pytest.fixture
def environment(server, monkeypatch):
    monkeypatch.setenv("OMNI_BASE_URL", server.url)
    monkeypatch.setenv("OMNI_API_KEY", server.api_key)
    return server


def test_options_make_what_reads_the_pieces_and_no_key_is_in_it(environment):
    read = read_options(OPTIONS | {"BY": "quarter", "decimals": "float64", "timeout": "30"})
    assert (read.decimals, read.timeout) == ("float64", 30.0)
    assert read.columns.names == FIELDS
    pieces = read.pieces()
    assert [piece["left_side"][:10] for piece in pieces] == [
        "2013-01-01",
        "2013-04-01",
        "2013-07-01",
        "2013-10-01",
    ]
    sent = pickle.dumps((read, pieces))
    assert b"flights.count" in sent
    assert environment.api_key.encode() not in sent
    assert environment.api_key[9:].encode() not in sent
    table, _ = pickle.loads(sent)[0].table(pieces[0])
    assert table.num_rows == 3 * (31 + 28 + 31)


@pytest.mark.parametrize(
    "name",
    ["api_key", "apiKey", "OMNI_API_KEY", "key", "token", "api-token", "password", "Authorization"],
)
def test_an_option_that_looks_like_a_key_is_refused_by_name_and_not_shown(environment, name):
    before = len(environment.requests)
    with pytest.raises(ArgumentError, match=f"The option '{name}' is refused") as caught:
        read_options(OPTIONS | {name: "sesame"})
    assert "sesame" not in str(caught.value)
    assert len(environment.requests) == before


@pytest.mark.parametrize("key", [KEY, None])
def test_a_key_in_an_option_that_takes_none_is_refused_and_not_shown(environment, key):
    key = key or environment.api_key
    before = len(environment.requests)
    for name in ("model", "split_on", "limiter", "query"):
        value = json.dumps(flights([*FIELDS, key])) if name == "query" else key
        with pytest.raises(ArgumentError, match="holds an API key") as caught:
            read_options(OPTIONS | {name: value})
        assert key not in str(caught.value)
    assert len(environment.requests) == before


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"splitt_on": "flights.date"}, r"(?s)option='splitt_on' is not known.*'split_on'"),
        ({"base_url": "https://acme.omniapp.co"}, "option='base_url' is not known"),
        ({"path": "flights.json"}, "option='path' is not known"),
        ({"query": ""}, "The option query is missing"),
        ({"split_on": ""}, "The option split_on is missing"),
        ({"query": "flights.json"}, "The option query is not the JSON of a query object"),
        ({"limiter": "redis://:sesame@host"}, "The option limiter has a user or a password in it"),
        ({"by": "week"}, "by='week' is not known"),
        ({"timeout": "soon"}, "The option timeout is 'soon', and no number"),
        ({"requests_per_minute": "many"}, "The option requests_per_minute is 'many'"),
        ({"check": "perhaps"}, "check='perhaps' is not known"),
        ({"decimals": "float"}, "decimals='float' is not known"),
        ({"start": "2014"}, "no row lies between them"),
        ({"start": "yesterday"}, "start='yesterday' is not a date"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_sent(environment, change, why):
    before = len(environment.requests)
    with pytest.raises(ArgumentError, match=why) as caught:
        read_options(OPTIONS | change)
    assert "sesame" not in str(caught.value)
    assert len(environment.requests) == before


@pytest.mark.parametrize(
    "query",
    [
        flights(["flights.origin", "flights.count"]),
        flights(FIELDS, pivots=["flights.origin"]),
        flights(FIELDS, sorts=[{"column_name": "flights.count", "sort_descending": True}]),
    ],
)
def test_what_cannot_be_joined_is_refused_as_for_pieces(environment, query):
    said = []
    for run in (
        lambda: omnipd.run_query_in_pieces(query, split_on="flights.date"),
        lambda: read_options(OPTIONS | {"query": json.dumps(query)}),
    ):
        with pytest.raises(ArgumentError) as caught:
            run()
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_a_profile_is_found_and_another_omni_is_refused(server, monkeypatch, tmp_path):
    profile = {"apiEndpoint": server.url, "authMethod": "apiKey", "apiKey": server.api_key}
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"profiles": {"work": profile}}), encoding="utf-8")
    monkeypatch.setenv("OMNI_CONFIG_PATH", str(path))
    with pytest.raises(SettingsError, match="'works'"):
        read_options(OPTIONS | {"profile": "works"})
    read = read_options(
        {name: OPTIONS[name] for name in ("query", "split_on")} | {"profile": "work"}
    )
    assert len(read.pieces()) == 13  # twelve months, and what has no time
    monkeypatch.setenv("OMNI_BASE_URL", "https://other.example")
    monkeypatch.setenv("OMNI_API_KEY", KEY)
    assert read.theirs.client().base_url == server.url  # the profile wins


def test_a_worker_without_a_key_or_with_another_omni_says_so(environment, monkeypatch):
    read = read_options({name: OPTIONS[name] for name in ("query", "split_on", "start", "end")})
    monkeypatch.setenv("OMNI_BASE_URL", "https://other.example")
    with pytest.raises(SettingsError, match=r"would ask https://other\.example, and the pieces"):
        read.pieces()
    monkeypatch.delenv("OMNI_API_KEY")
    with pytest.raises(SettingsError, match="No API key is set"):
        read.table({})


def test_without_spark_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql.datasource", None)
    with pytest.raises(SettingsError, match="Spark's data sources need") as caught:
        omnipd.spark_source()
    assert caught.value.hint == 'pip install "omnipd[spark]"'

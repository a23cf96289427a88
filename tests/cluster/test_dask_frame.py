"""A Dask DataFrame of a query has the rows of the one query, and no task has a key in it."""

import json
import sys
from datetime import date

import cloudpickle
import dask
import pandas as pd
import pyarrow as pa
import pytest
from faults.given import QUERY, arrow, whole_answer
from queries.query_cases import flights, orders, sort
from scripted_server import answer

import omnipd
from omnipd import ArgumentError, ResponseError, SettingsError
from omnipd_sandbox.engine.data.warehouse import warehouse

DAY, ORIGIN, COUNT = "flights.date[date]", "flights.origin", "flights.count"
FIELDS = [DAY, ORIGIN, COUNT, "flights.average_dep_delay"]
YEARS = ("2013-01", "2015-01")
QUERIES = "/api/v1/query/run"


@pytest.fixture(autouse=True)
def one_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.fixture
def environment(server, monkeypatch):
    """The environment of workers that ask the sandbox."""
    monkeypatch.setenv("OMNI_BASE_URL", server.url)
    monkeypatch.setenv("OMNI_API_KEY", server.api_key)
    return server


def unpaced():
    return omnipd.connect(requests_per_minute=None)


MADE = []


def counted():
    MADE.append(unpaced())
    return MADE[-1]


def of_flights(fields=FIELDS, **options):
    options = {"split_on": "flights.date", "between": YEARS, "connect": unpaced} | options
    return omnipd.dask_frame(flights(fields, sorts=[sort(DAY), sort(ORIGIN)]), **options)


def asked(server):
    return sum(one.path == QUERIES for one in server.requests)


def test_a_partition_for_each_month_and_together_the_one_query(environment):
    frame = of_flights()
    whole = omnipd.run_query(flights(FIELDS, sorts=[sort(DAY), sort(ORIGIN)]), limit="all")
    assert frame.npartitions == 24
    assert frame.dtypes.equals(whole.dtypes)
    lengths = frame.map_partitions(len).compute().tolist()
    # Three airports on each day of 2013, and none after it.
    assert lengths == [93, 84, 93, 90, 93, 90, 93, 93, 90, 93, 90, 93] + [0] * 12
    for scheduler in ("synchronous", "threads"):
        got = frame.compute(scheduler=scheduler).reset_index(drop=True)
        pd.testing.assert_frame_equal(got, whole)
    assert frame[COUNT].sum().compute() == 336_776


def test_pieces_are_read_when_they_are_asked_for_and_not_before(environment):
    before = asked(environment)
    frame = of_flights(by="quarter")
    assert asked(environment) - before == 1  # for its columns
    assert frame.npartitions == 8
    frame.partitions[2].compute()
    assert asked(environment) - before == 2
    kept = frame.persist()
    assert asked(environment) - before == 10
    assert kept[COUNT].sum().compute() == 336_776
    assert asked(environment) - before == 10
    assert frame[COUNT].sum().compute() == 336_776
    assert asked(environment) - before == 18


def test_a_partition_without_rows_has_the_same_columns_and_says_which_run_it_is_of(environment):
    empty = of_flights(by="year").partitions[1].compute()
    assert len(empty) == 0
    assert empty.dtypes.tolist() == of_flights().dtypes.tolist()
    assert empty.attrs["omni"]["complete"] is True


def test_rows_without_a_time_are_a_partition_of_their_own(environment):
    shipped = "order_items.shipped_on"
    query = orders([f"{shipped}[date]", "order_items.count"])
    frame = omnipd.dask_frame(query, split_on=shipped, by="quarter", connect=unpaced)
    [[without]] = (
        warehouse("orders")
        .run("SELECT count(*) FROM order_items WHERE shipped_on IS NULL")
        .to_pydict()
        .values()
    )
    last = frame.partitions[frame.npartitions - 1].compute()
    assert last["order_items.count"].tolist() == [without]
    assert last[f"{shipped}[date]"].isna().all()
    assert frame["order_items.count"].sum().compute() == 240


def test_names_and_decimals_are_those_of_run_query(environment):
    fields = ["order_items.shipped_on[date]", "order_items.total_sale_price"]
    options = {"names": "label", "decimals": "float64"}
    frame = omnipd.dask_frame(
        orders(fields),
        split_on="order_items.shipped_on",
        by="year",
        between=("2024", "2025"),
        connect=unpaced,
        **options,
    )
    whole = omnipd.run_query(orders(fields), limit="all", **options)
    assert frame.dtypes.equals(whole.dtypes)
    in_2024 = whole[pd.to_datetime(whole.iloc[:, 0]).dt.year == 2024]
    assert frame.compute().iloc[:, 1].tolist() == in_2024.iloc[:, 1].tolist()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"fields": [ORIGIN, COUNT]}, "may lie in two pieces"),
        ({"offset": 5}, "has offset"),
        ({"sorts": [sort(COUNT)]}, f"sorts by {COUNT} first"),
    ],
)
def test_what_cannot_be_joined_is_refused_as_for_pieces(environment, change, why):
    query = flights(FIELDS) | change
    before = asked(environment)
    said = []
    for run in (omnipd.run_query_in_pieces, omnipd.dask_frame):
        with pytest.raises(ArgumentError, match=why) as caught:
            run(query, split_on="flights.date")
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert asked(environment) == before


@pytest.mark.parametrize(
    ("between", "why"),
    [
        ("2013", "is not a pair of times"),
        (("2013",), "is not a pair of times"),
        (("2013-05", "2013-05"), "no row lies between them"),
        (("2013-05", "yesterday"), "between='yesterday' is not a date"),
    ],
)
def test_bounds_that_are_none_are_refused_by_name(environment, between, why):
    with pytest.raises(ArgumentError, match=why):
        of_flights(between=between)


# --- keys


def test_neither_the_frame_nor_its_tasks_hold_a_key(environment):
    """The whole of it is scanned, and so is what workers get of it."""
    for options in ({}, {"connect": lambda: omnipd.connect(requests_per_minute=None)}):
        frame = of_flights(**options)
        key = environment.api_key.encode()
        for sent in (frame, frame.__dask_graph__(), frame.optimize().__dask_graph__()):
            pickled = cloudpickle.dumps(sent)
            assert b"flights.count" in pickled
            assert key not in pickled
            assert key[9:] not in pickled
        assert environment.api_key not in repr(frame.__dask_graph__())


def test_what_holds_a_key_is_refused_before_it_is_sent_anywhere(environment):
    key, url, client = environment.api_key, environment.url, unpaced()
    before = len(environment.requests)
    for connect, why in (
        (client, r"connect= is a Client\. It holds an API key"),
        (lambda: client, "cannot be sent to a worker: a Client holds a key and cannot be pickled"),
        (lambda: omnipd.connect(url, key), "holds an API key"),
        ("work", "connect='work' is not a function that returns a Client"),
        (lambda: "client", "connect= returned str, and no Client"),
    ):
        with pytest.raises(ArgumentError, match=why) as caught:
            of_flights(connect=connect)
        assert key not in str(caught.value)
    with pytest.raises(ArgumentError, match="do not go together"):
        of_flights(profile="work")
    assert len(environment.requests) == before


def test_the_client_around_is_taken_only_if_workers_can_make_it_again(server, monkeypatch):
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None):
        with pytest.raises(
            ArgumentError, match="it cannot be sent to workers: it holds an API key"
        ):
            of_flights(connect=None)
        monkeypatch.setenv("OMNI_BASE_URL", server.url)
        monkeypatch.setenv("OMNI_API_KEY", server.personal_key)
        with pytest.raises(ArgumentError, match="does not lead to the same Omni and key"):
            of_flights(connect=None)
        monkeypatch.setenv("OMNI_API_KEY", server.api_key)
        frame = of_flights(connect=None, by="year")
        assert frame[COUNT].sum().compute(scheduler="threads") == 336_776


def test_a_worker_without_a_key_or_with_another_omni_says_so(environment, monkeypatch):
    frame = of_flights(connect=None, by="year")
    monkeypatch.setenv("OMNI_BASE_URL", "https://other.example")
    with pytest.raises(SettingsError, match=r"would ask https://other\.example, and the pieces"):
        frame.compute()
    monkeypatch.delenv("OMNI_API_KEY")
    with pytest.raises(SettingsError, match="No API key is set"):
        frame.compute()


def test_a_profile_is_found_by_each_worker(server, monkeypatch, tmp_path):
    profile = {"apiEndpoint": server.url, "authMethod": "apiKey", "apiKey": server.api_key}
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"profiles": {"work": profile}}), encoding="utf-8")
    monkeypatch.setenv("OMNI_CONFIG_PATH", str(path))
    frame = of_flights(connect=None, profile="work", by="year")
    assert server.api_key.encode() not in cloudpickle.dumps(frame)
    assert frame[COUNT].sum().compute() == 336_776


def test_a_process_makes_one_client_for_all_its_pieces(environment):
    MADE.clear()
    frame = of_flights(connect=counted)
    assert frame[COUNT].sum().compute(scheduler="threads") == 336_776
    assert len(MADE) == 1


# --- pieces that fail


def scripted_frame(scripted, monkeypatch, *pieces):
    monkeypatch.setenv("OMNI_BASE_URL", scripted.url)
    monkeypatch.setenv("OMNI_API_KEY", "k" * 40)
    first = pa.table({"t.at[month]": pa.array([date(2024, 1, 1)]), "t.sum": [1]})
    scripted.script(*[answer(whole_answer(arrow(one))) for one in (first, *pieces)])
    query = QUERY | {"table": "t", "fields": first.column_names}
    return omnipd.dask_frame(
        query, split_on="t.at", between=("2024-01", "2024-03"), connect=unpaced
    )


def test_a_piece_of_another_type_is_cast_exactly_or_refused(scripted, monkeypatch):
    january, february = (pa.array([date(2024, month, 1)]) for month in (1, 2))
    whole = pa.array(["7.00"]).cast(pa.decimal128(10, 2))
    part = pa.array(["7.25"]).cast(pa.decimal128(10, 2))
    frame = scripted_frame(
        scripted,
        monkeypatch,
        pa.table({"t.at[month]": january, "t.sum": whole}),
        pa.table({"t.at[month]": february, "t.sum": part}),
    )
    assert frame.partitions[0].compute()["t.sum"].tolist() == [7]
    with pytest.raises(ResponseError, match=r"t\.sum was to be int64, and a piece has decimal128"):
        frame.partitions[1].compute()


def test_rows_outside_their_piece_are_an_error(scripted, monkeypatch):
    stray = pa.table({"t.at[month]": pa.array([date(2024, 5, 1)]), "t.sum": [1]})
    frame = scripted_frame(scripted, monkeypatch, stray)
    with pytest.raises(ResponseError, match=r"2024-05-01 .*in the piece from 2024-01-01"):
        frame.partitions[0].compute()


def test_without_dask_the_extra_is_named(environment, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.dataframe", None)
    with pytest.raises(SettingsError, match="Dask DataFrames need") as caught:
        of_flights()
    assert caught.value.hint == 'pip install "omnipd[dask]"'

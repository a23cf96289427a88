"""A dataset of pieces is read by any engine, and a call that was broken off goes on with the next."""

import warnings

import dask
import dask.dataframe
import duckdb
import killed_datasets
import pandas as pd
import polars
import pyarrow.parquet
import pytest
from queries.query_cases import flights, orders

import omnipd
from omnipd import ArgumentError, ExportError
from omnipd.addresses import Address
from omnipd_sandbox.engine.data.warehouse import warehouse
from omnipd_sandbox.server import Server

DAY, COUNT, DELAY = "flights.date[date]", "flights.count", "flights.average_dep_delay"
FIELDS = [DAY, "flights.origin", COUNT, DELAY]
YEARS = ("2013-01", "2014-03")
NAMES = [f"2013-{month:02}.parquet" for month in range(1, 13)] + [
    "2014-01.parquet",
    "2014-02.parquet",
]
QUERIES = "/api/v1/query/run"


def written(folder, fields=FIELDS, **options):
    options = {"split_on": "flights.date", "between": YEARS} | options
    return omnipd.query_to_dataset(flights(fields), folder, **options)


def asked(server):
    return sum(one.path == QUERIES for one in server.requests)


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_every_engine_reads_the_same_sums(omni, tmp_path):
    folder = tmp_path / "new" / "flights"
    assert written(folder) == 1095
    assert sorted(contents(folder)) == NAMES
    counts = {
        "pandas": pd.read_parquet(folder)[COUNT].sum(),
        "duckdb": duckdb.sql(f"""SELECT sum("{COUNT}") FROM '{folder}/*.parquet'""").fetchall()[0][
            0
        ],
        "polars": polars.read_parquet(folder)[COUNT].sum(),
        "polars, lazily": polars.scan_parquet(f"{folder}/*.parquet").collect()[COUNT].sum(),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas, for how Dask itself calls it
        read = dask.dataframe.read_parquet(folder)
        counts["dask"] = read[COUNT].sum().compute(scheduler="synchronous")
    assert set(counts.values()) == {336_776}, counts
    whole = omnipd.run_query(flights(FIELDS), limit="all")
    came = pd.read_parquet(folder, dtype_backend="pyarrow")
    keys = [DAY, "flights.origin"]
    pd.testing.assert_frame_equal(
        came.sort_values(keys).reset_index(drop=True),
        whole.sort_values(keys).reset_index(drop=True),
    )


def test_every_file_has_the_same_columns_those_without_rows_too(omni, tmp_path):
    written(tmp_path / "flights")
    schemas = [pyarrow.parquet.read_schema(tmp_path / "flights" / name) for name in NAMES]
    assert {str(one.remove_metadata()) for one in schemas} == {str(schemas[0].remove_metadata())}
    empty = pyarrow.parquet.read_table(tmp_path / "flights" / "2014-02.parquet")
    assert empty.num_rows == 0
    assert [str(kind) for kind in empty.schema.types] == [
        "timestamp[us]",
        "string",
        "int64",
        "double",
    ]


def test_decimals_stay_exact_and_rows_without_a_time_have_their_file(omni, tmp_path):
    shipped, price = "order_items.shipped_on", "order_items.total_sale_price"
    folder = tmp_path / "orders"
    rows = omnipd.query_to_dataset(
        orders([f"{shipped}[date]", "order_items.id", price]),
        folder,
        split_on=shipped,
        by="quarter",
    )
    assert rows == 240
    assert "without-time.parquet" in contents(folder)
    [[total]] = (
        warehouse("orders").run("SELECT sum(sale_price) FROM order_items").to_pydict().values()
    )
    [[written_total]] = (
        duckdb.sql(f"""SELECT sum("{price}") FROM '{folder}/*.parquet'""").fetchall(),
    )
    assert written_total[0] == total
    assert pyarrow.types.is_decimal(
        pyarrow.parquet.read_schema(folder / "2024Q1.parquet").field(price).type
    )


# --- broken off, and gone on with


class Stop(Exception):
    """What a caller's own function raises in the midst of a call."""


def broken_off(client, folder, after, **options):
    """Break a call off after some pieces; return where those are that were written."""

    def stop(_, count, __):
        if count >= after:
            raise Stop

    client.progress = stop
    with pytest.raises(Stop):
        written(folder, **options)
    client.progress = True
    return folder.with_name(f".{folder.name}.omnipd-pieces")


def test_nothing_is_under_the_name_before_all_is_and_the_same_call_goes_on(omni, server, tmp_path):
    written(tmp_path / "undisturbed")
    folder = tmp_path / "flights"
    beside = broken_off(omni, folder, 5, max_workers=1)
    assert not folder.exists()
    had = contents(beside)
    assert sorted(had) == NAMES[:5]
    (beside / ".2013-06.parquet.omnipd-0123abcd.part").write_bytes(b"half")
    before = asked(server)
    assert written(folder) == 1095
    assert asked(server) - before == len(NAMES) - 5
    assert not beside.exists()
    assert contents(folder) == contents(tmp_path / "undisturbed")
    before = len(server.requests)
    assert written(folder) == 1095
    assert len(server.requests) == before


def test_where_it_was_cut_is_not_asked_again(omni, server, tmp_path):
    folder = tmp_path / "flights"
    before = asked(server)
    beside = broken_off(omni, folder, 3, max_workers=1, between=None, by="quarter")
    # The columns, where the times begin and end, and three pieces.
    assert asked(server) - before == 6
    assert sorted(contents(beside)) == ["2013Q1.parquet", "2013Q2.parquet", "2013Q3.parquet"]
    assert written(folder, between=None, by="quarter") == 1095
    assert asked(server) - before == 8


@pytest.mark.parametrize("damage", ["a byte of a page", "cut", "empty", "no rows", "gone"])
def test_a_piece_is_checked_and_one_that_is_not_whole_is_asked_for_again(
    omni, server, tmp_path, damage
):
    folder = tmp_path / "flights"
    written(folder)
    whole = contents(folder)
    file = folder / "2013-03.parquet"
    content = bytearray(whole[file.name])
    if damage == "a byte of a page":
        place = content.find(b"EWR")
        assert place > 0
        content[place] ^= 1
    elif damage == "cut":
        del content[-100:]
    elif damage == "empty":
        content.clear()
    elif damage == "no rows":
        table = pyarrow.parquet.read_table(file)
        pyarrow.parquet.write_table(table.slice(0, 0), file)
        content = file.read_bytes()
    file.write_bytes(content)
    if damage == "gone":
        file.unlink()
    before = asked(server)
    assert written(folder) == 1095
    assert asked(server) - before == 1
    assert contents(folder) == whole


def test_pieces_of_another_query_and_strangers_are_refused(omni, server, tmp_path):
    folder = tmp_path / "flights"
    written(folder)
    whole = contents(folder)
    before = asked(server)
    with pytest.raises(ExportError, match=r"2013-01\.parquet, which is of another query"):
        written(folder, fields=[DAY, COUNT])
    with pytest.raises(ExportError, match="of another query"):
        written(folder, between=("2013-01", "2014-02"))
    with pytest.raises(ExportError, match="of another query"):
        written(folder, decimals="float64")
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ExportError, match=r"notes\.txt, which is no piece"):
        written(folder)
    (folder / "notes.txt").unlink()
    (folder / "2013-01 (copy).parquet").write_bytes(whole["2013-01.parquet"])
    with pytest.raises(ExportError, match=r"2013-01 \(copy\)\.parquet, which is no piece of it"):
        written(folder)
    with pytest.raises(ExportError, match="is a file, not a folder"):
        written(folder / "2013-01.parquet")
    assert asked(server) == before
    (folder / "2013-01 (copy).parquet").unlink()
    assert contents(folder) == whole


def test_an_error_says_how_far_it_was_and_what_goes_on(tmp_path):
    fault = {"kind": "status", "code": 403, "path": QUERIES, "after": 4}
    with Server(faults=[fault]) as server:
        client = omnipd.connect(server.url, server.api_key, requests_per_minute=None)
        with pytest.raises(omnipd.ForbiddenError) as caught:
            written(tmp_path / "flights", client=client, max_workers=1)
    assert caught.value.__notes__ == [
        f"3 of 14 pieces are in {tmp_path}/.flights.omnipd-pieces; the same call goes on with the rest."
    ]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"between": "2013"}, "is not a pair of times"),
        ({"max_workers": 0}, "max_workers=0 must be a whole number from 1 to 16"),
        ({"by": "week"}, "by='week' is not known"),
        ({"decimals": "float"}, "decimals='float' is not known"),
        ({"fields": [COUNT]}, "may lie in two pieces"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_sent_or_made(
    omni, server, tmp_path, options, why
):
    before = len(server.requests)
    with pytest.raises(ArgumentError, match=why):
        written(tmp_path / "flights", **options)
    assert len(server.requests) == before
    assert list(tmp_path.iterdir()) == []


# --- in a store


def test_a_store_gets_each_piece_whole_and_the_same_call_goes_on(omni, server, tmp_path):
    written(tmp_path / "local")
    there = "memory://warehouse/flights"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert written(there) == 1095
    files = {one.name: one for one in Address(there).iterdir()}
    assert {name: one.read_bytes() for name, one in files.items()} == contents(tmp_path / "local")
    assert pd.read_parquet(f"{there}/2013-02.parquet")[COUNT].sum() == 24_951
    files["2013-05.parquet"].unlink()
    before = asked(server)
    assert written(there) == 1095
    assert asked(server) - before == 1
    with pytest.raises(ExportError, match="of another query"):
        written(there, fields=[DAY, COUNT])


@pytest.mark.thorough
def test_what_is_killed_at_random_ends_the_same(tmp_path):
    assert killed_datasets.run(5, tmp_path) == 0

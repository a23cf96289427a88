"""Decimals as they came or as floats: one type for a column, however many rows, in every way to have them."""

import json
import random
from decimal import Decimal, localcontext
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from faults.given import MODEL, arrow, client_of, whole_answer
from scripted_server import answer

import omnipd
from omnipd.shell.cli import main
from omnipd_sandbox.server import Server

TOTAL = "order_items.total_sale_price"
QUERY = {"modelId": MODEL, "table": "o", "fields": ["o.s", "o.d", "o.w", "o.n"]}
SENT = pa.table(
    {
        "o.s": ["a", "b", "c"],
        "o.d": pa.array([Decimal("741.18"), None, Decimal("-0.05")], pa.decimal128(38, 2)),
        "o.w": pa.array([Decimal(10**60), None, Decimal(1)], pa.decimal256(70, 4)),
        "o.n": [1, 2, 3],
    }
)
WAYS = {
    "run_query": lambda client, **how: pa.Table.from_pandas(
        omnipd.run_query(QUERY, client=client, **how), preserve_index=False
    ),
    "run_query_arrow": lambda client, **how: omnipd.run_query_arrow(QUERY, client=client, **how),
    "iter_batches": lambda client, **how: pa.Table.from_batches(
        omnipd.iter_batches(QUERY, client=client, **how)
    ),
    "run_queries": lambda client, **how: pa.Table.from_pandas(
        omnipd.run_queries([QUERY], client=client, **how)[0], preserve_index=False
    ),
    "run_sql": lambda client, **how: pa.Table.from_pandas(
        omnipd.run_sql("select 1", model=MODEL, verbatim=True, client=client, **how),
        preserve_index=False,
    ),
    "schema": lambda client, **how: pa.Table.from_pandas(
        omnipd.schema(QUERY, client=client, **how), preserve_index=False
    ),
}


def in_file(path):
    def way(client, **how):
        omnipd.query_to_parquet(QUERY, path, client=client, **how)
        return pq.read_table(path)

    return way


@pytest.fixture(params=[*WAYS, "query_to_parquet"])
def way(request, tmp_path):
    return WAYS.get(request.param) or in_file(tmp_path / "rows.parquet")


@pytest.mark.parametrize("rows", [3, 1, 0])
def test_decimals_are_floats_where_that_is_asked_for_and_else_as_they_came(scripted, way, rows):
    scripted.script(answer(whole_answer(arrow(SENT.slice(0, rows)))))
    with client_of(scripted) as client:
        exact, floats = way(client), way(client, decimals="float64")
    with client_of(scripted, decimals="float64") as client:
        by_default, one_exact = way(client), way(client, decimals="exact")
    for table in (exact, one_exact):
        assert table.schema.types == SENT.schema.types
    for table in (floats, by_default):
        assert table.schema.types == [pa.string(), pa.float64(), pa.float64(), pa.int64()]
        assert table.num_rows in {rows, 0}  # a schema has no rows
        if table.num_rows == 3:
            assert table["o.d"].to_pylist() == [741.18, None, -0.05]
            assert table["o.w"].to_pylist() == [1e60, None, 1.0]


def test_a_stored_result_is_not_taken_for_the_other_kind(scripted):
    scripted.script(answer(whole_answer(arrow(SENT))))
    with client_of(scripted) as client:
        for _ in range(2):
            exact = omnipd.run_query(QUERY, ttl="1h", client=client)
            floats = omnipd.run_query(QUERY, ttl="1h", decimals="float64", client=client)
    assert str(exact.dtypes["o.d"]) == "decimal128(38, 2)[pyarrow]"
    assert str(floats.dtypes["o.d"]) == "double[pyarrow]"
    assert len(scripted.requests) == 2


def test_another_word_is_refused_with_a_near_match(scripted):
    with (
        client_of(scripted) as client,
        pytest.raises(omnipd.ArgumentError, match="decimals='float'") as caught,
    ):
        omnipd.run_query(QUERY, decimals="float", client=client)
    assert "float64" in caught.value.hint
    assert scripted.requests == []
    with pytest.raises(omnipd.ArgumentError, match="decimals='float'"):
        omnipd.connect("https://x.example", "k" * 20, decimals="float")


def test_pieces_and_builders_take_it_too(omni):
    query = (
        omnipd.Query(omni_model(omni), "orders")
        .select("order_items.created_at[month]", TOTAL)
        .limit("all")
    )
    whole = query.run(decimals="float64")
    parts = omnipd.run_query_in_pieces(
        query, split_on="order_items.created_at", by="year", decimals="float64"
    )
    for frame in (whole, parts):
        assert str(frame.dtypes[TOTAL]) == "double[pyarrow]"
    assert parts[TOTAL].sum() == pytest.approx(whole[TOTAL].sum())
    assert Decimal(str(round(whole[TOTAL].sum(), 2))) == query.run()[TOTAL].sum()


def omni_model(client):
    models = omnipd.read_models(model_kind="SHARED", client=client)
    return models.loc[models["name"] == "orders", "model_id"].iloc[0]


def test_a_sandbox_takes_it_as_a_client_does():
    with omnipd.sandbox(documents=0, decimals="float64") as omni:
        query = omnipd.Query(omni.models["orders"], "orders").select(TOTAL)
        assert str(query.run().dtypes[TOTAL]) == "double[pyarrow]"


#: What the page on queries says works on decimals and on floats.
WORKS = {
    "s.sum()": lambda s: s.sum(),
    "s + s": lambda s: s + s,
    "s.round(1)": lambda s: s.round(1),
    "s / s.sum()": lambda s: s / s.sum(),
    "s * 2": lambda s: s * 2,
    "s.diff()": lambda s: s.diff(),
    "s.pct_change()": lambda s: s.pct_change(fill_method=None),
    "s.cumsum()": lambda s: s.cumsum(),
    "s.nlargest(2)": lambda s: s.nlargest(2),
    "s.describe()": lambda s: s.describe(),
    "s.to_frame().hist()": lambda s: s.to_frame().hist(),
    "s == 741.18": lambda s: (s == 741.18).sum() == 1 or 1 / 0,
    's == Decimal("741.18")': lambda s: (s == Decimal("741.18")).sum() == 1 or 1 / 0,
}


def test_the_page_on_queries_is_true_about_what_works(scripted, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    page = (Path(omnipd.__file__).parent.parent / "docs" / "queries" / "types.md").read_text(
        "utf-8"
    )
    told = {}
    for line in page.partition("| With a column `s` of money |")[2].splitlines()[2:]:
        if not line.startswith("|"):
            break
        words, exact, floats = (cell.strip() for cell in line.strip("|").split("|"))
        told[words.strip("`")] = (exact == "yes", floats == "yes")
    seen = {}
    scripted.script(answer(whole_answer(arrow(SENT))))
    with client_of(scripted) as client:
        kinds = [
            omnipd.run_query(QUERY, decimals=how, client=client)["o.d"]
            for how in ("exact", "float64")
        ]
    for words, work in WORKS.items():
        seen[words] = tuple(_works(work, s) for s in kinds)
    assert told == seen
    assert all(floats for words, (_, floats) in seen.items() if "Decimal" not in words)


def _works(work, s):
    try:
        work(s)
    except Exception:
        return False
    return True


def test_the_database_is_never_asked_twice_for_it():
    with (
        Server(documents=0) as server,
        omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client,
    ):
        asked = {
            "modelId": server.models["orders"],
            "join_paths_from_topic_name": "orders",
            "fields": [TOTAL],
        }
        before = len(server.requests)
        omnipd.run_query(asked, decimals="float64", client=client)
        assert len(server.requests) - before == 1


def test_decimals_within_other_types_are_floats_too_and_all_else_is_left_alone(scripted):
    money = pa.decimal128(10, 2)
    some = [Decimal("741.18"), None]
    sent = pa.table(
        {
            "o.s": pa.array([some, None], pa.list_(money)),
            "o.d": pa.array(
                [{"a": some[0], "b": 1}, None], pa.struct([("a", money), ("b", pa.int8())])
            ),
            "o.w": pa.array(some, money).dictionary_encode(),
            "o.n": pa.array([2**60 + 1, None]),
        }
    )
    scripted.script(answer(whole_answer(arrow(sent))))
    with client_of(scripted, decimals="float64") as client:
        df = omnipd.run_query(QUERY, client=client)
        table = omnipd.run_query_arrow(QUERY, client=client)
    assert df["o.s"].tolist()[0] == "[741.18,null]"
    assert str(df.dtypes["o.w"]) == "double[pyarrow]"
    assert table["o.s"].to_pylist() == [[741.18, None], None]
    assert table["o.d"].to_pylist() == [{"a": 741.18, "b": 1}, None]
    assert table["o.w"].to_pylist() == [741.18, None]
    assert table["o.n"].to_pylist() == [2**60 + 1, None]


@pytest.mark.parametrize(
    "kind", [pa.decimal128(38, 2), pa.decimal128(38, 10), pa.decimal256(76, 9)]
)
def test_each_float_is_the_nearest_one(scripted, kind):
    """Arrow's own cast is not: of amounts with two decimals one in seven is off by the last bit."""
    chance = random.Random(7)
    with localcontext(prec=90):
        exact = [
            Decimal(chance.randrange(-(10**size), 10**size)).scaleb(-kind.scale)
            for size in [*range(1, kind.precision - 12), *[12] * 2000]
        ]
    sent = pa.table({name: pa.array(exact, kind) for name in QUERY["fields"]})
    scripted.script(answer(whole_answer(arrow(sent))))
    with client_of(scripted) as client:
        df = omnipd.run_query(QUERY, limit="all", decimals="float64", client=client)
    assert df["o.d"].tolist() == [float(value) for value in exact]


def test_pieces_are_joined_before_they_become_floats(scripted):
    """A database may type a sum by its values: whole numbers in one piece, decimals in the next."""
    query = {"modelId": MODEL, "table": "o", "fields": ["o.t[month]", "o.d"]}

    def month(number, values):
        when = pa.array([pd.Timestamp(2024, number, 1)], pa.timestamp("us"))
        return answer(whole_answer(arrow(pa.table({"o.t[month]": when, "o.d": values}))))

    months = [
        month(1, pa.array([2**60 + 1])),
        month(2, pa.array([Decimal("0.10")], pa.decimal128(10, 2))),
    ]
    scripted.script(*months, *months)
    with client_of(scripted) as client:
        asked = {"split_on": "o.t", "start": "2024-01", "end": "2024-03", "client": client}
        exact = omnipd.run_query_in_pieces(query, **asked)
        floats = omnipd.run_query_in_pieces(query, decimals="float64", **asked)
    assert exact["o.d"].tolist() == [Decimal(2**60 + 1), Decimal("0.10")]
    assert floats["o.d"].tolist() == [float(2**60 + 1), 0.1]


def test_tiles_and_questions_take_it_too(omni, scripted):
    price = "order_items.sale_price"
    documents = omnipd.read_documents()
    tiles = omnipd.read_document_queries(
        documents.loc[documents["has_dashboard"], "document_identifier"]
    )
    tile = tiles[tiles["query"].str.contains(price, regex=False)].iloc[0]
    of_tile = (tile["document_identifier"], tile["name"])
    asked = {"filters": None, "limit": "all"}
    one = omnipd.run_document_query(*of_tile, decimals="float64", **asked)
    all_of_it = omnipd.run_document(of_tile[0], decimals="float64", **asked)
    assert str(one.dtypes[price]) == str(all_of_it[of_tile[1]].dtypes[price]) == "double[pyarrow]"
    exact = omnipd.run_document_query(*of_tile, **asked)
    assert "decimal" in str(exact.dtypes[price])
    scripted.script(answer({"query": QUERY, "topic": "o"}), answer(whole_answer(arrow(SENT))))
    with client_of(scripted) as client:
        df = omnipd.ask("How much?", model=MODEL, decimals="float64", client=client).df
    assert df["o.d"].tolist()[0] == 741.18


def test_the_shell_takes_it_too(server, tmp_path, monkeypatch):
    monkeypatch.setenv("OMNI_BASE_URL", server.url)
    monkeypatch.setenv("OMNI_API_KEY", server.api_key)
    query = {"modelId": server.models["orders"], "join_paths_from_topic_name": "orders"}
    (tmp_path / "sales.json").write_text(json.dumps(query | {"fields": [TOTAL]}))
    command = ["query", str(tmp_path / "sales.json"), "--requests-per-minute", "100000"]
    for decimals, kind in (("exact", pa.decimal128(38, 2)), ("float64", pa.float64())):
        file = tmp_path / f"{decimals}.parquet"
        done = CliRunner().invoke(main, [*command, "--decimals", decimals, "-o", str(file)])
        assert done.exit_code == 0, done.output
        assert pq.read_table(file).schema.types == [kind]


@pytest.mark.parametrize(
    "call",
    [
        lambda **how: omnipd.run_query_in_pieces(QUERY, split_on="o.t", **how),
        lambda **how: omnipd.run_document("d", **how),
        lambda **how: omnipd.ask("what?", model=MODEL, **how),
        lambda **how: omnipd.iter_batches(QUERY, **how),
    ],
)
def test_another_word_is_refused_before_anything_is_sent(scripted, call):
    with (
        client_of(scripted) as client,
        pytest.raises(omnipd.ArgumentError, match="decimals='float'"),
    ):
        call(decimals="float", client=client)
    assert scripted.requests == []

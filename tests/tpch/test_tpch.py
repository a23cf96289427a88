"""The sandbox on a model as an analytics engineer brings it, held to SQL by hand on the same data."""

import re
import shutil
from collections import Counter
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from tpch.__main__ import main
from tpch.case import CUSTOMERS, NOW, SALES, SUPPLY, Case
from tpch.cases import CASES
from tpch.compare import ORGANIZATION, TABLES, answered, by_hand, difference, open_files, serve
from tpch.run import run_all

import omnipd
from omnipd import field

pytestmark = pytest.mark.thorough

MODEL_FILES = ORGANIZATION / "models" / "tpch"


@pytest.fixture(scope="module")
def tpch():
    with serve() as omni:
        yield omni
        assert omni.server.failures == []


@pytest.fixture(scope="module")
def files():
    with open_files() as connection:
        yield connection


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_query_answers_as_sql_by_hand_does(case, tpch, files):
    wanted = by_hand(case, files)
    assert wanted, "SQL by hand has no rows, so that anything empty would pass"
    assert difference(case, answered(case, tpch), wanted) is None


def test_the_model_has_no_issues(tpch):
    assert len(omnipd.read_model_issues(tpch.models["tpch"], client=tpch)) == 0


def test_the_model_is_ten_views_and_three_topics(tpch):
    kinds = Counter(path.name.split(".")[1] for path in MODEL_FILES.glob("*.*.yaml"))
    assert kinds == {"view": 10, "topic": 3}
    topics = omnipd.read_topics(tpch.models["tpch"], client=tpch)
    assert sorted(topics["topic"]) == ["customers", "european_supply", "sales"]


def test_the_cases_have_names_of_their_own():
    assert len(CASES) == len({case.name for case in CASES}) == 46


def test_the_keys_of_the_model_are_keys_in_the_data(files):
    keys = {
        "customer": "c_custkey",
        "lineitem": "(l_orderkey, l_linenumber)",
        "nation": "n_nationkey",
        "orders": "o_orderkey",
        "part": "p_partkey",
        "partsupp": "(ps_partkey, ps_suppkey)",
        "region": "r_regionkey",
        "supplier": "s_suppkey",
    }
    assert tuple(keys) == TABLES
    for table, key in keys.items():
        [(rows, distinct)] = files.sql(
            f"SELECT count(*), count(DISTINCT {key}) FROM {table}"
        ).fetchall()
        assert rows == distinct > 0, table


def measures():
    """What each measure of the model's files is, by view."""
    for path in sorted(MODEL_FILES.glob("*.view.yaml")):
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, measure in (body.get("measures") or {}).items():
            yield path.name.partition(".")[0], name, measure


def asked():
    """Every name that a case asks for, without its view's role and its timeframe."""
    return {
        name.partition("[")[0].rpartition(".")[2]
        for case in CASES
        for name in [*case.wire["fields"], *case.wire.get("filters", {})]
    }


def test_all_types_of_aggregate_are_asked_for():
    names = asked()
    types = {
        measure["aggregate_type"]
        for _, name, measure in measures()
        if "aggregate_type" in measure and name in names
    }
    assert types == {
        *("count", "count_distinct", "sum", "average", "min", "max", "median", "percentile"),
        *("sum_distinct_on", "average_distinct_on", "median_distinct_on"),
        "percentile_distinct_on",
    }


def test_no_measure_is_left_out():
    names = asked()
    sql = " ".join(str(measure.get("sql")) for *_, measure in measures())
    assert not [
        f"{view}.{name}"
        for view, name, _ in measures()
        if name not in names and f"${{{name}}}" not in sql
    ]


def test_every_timeframe_is_asked_for():
    default = yaml.safe_load((MODEL_FILES / "model.yaml").read_text(encoding="utf-8"))
    brackets = {
        match
        for case in CASES
        for name in [*case.wire["fields"], *case.wire.get("filters", {})]
        for match in re.findall(r"\[(\w+)\]", name)
    }
    durations = {"hours", "days", "weeks", "months", "quarters", "years"}
    assert brackets == {*default["default_timeframes"], *durations}


def conditions(filter_):
    yield filter_
    for each in filter_.get("filters", ()):
        yield from conditions(each)


def test_every_type_of_filter_is_asked_by():
    found = [
        condition
        for case in CASES
        for filter_ in case.wire.get("filters", {}).values()
        for condition in conditions(filter_)
    ]
    assert {each["type"] for each in found} == {
        *("string", "number", "date", "boolean", "null", "composite", "query"),
    }
    kinds = {each.get("kind") for each in found}
    assert {"EQUALS", "CONTAINS", "STARTS_WITH", "ENDS_WITH", "SQL_LIKE"} < kinds
    assert {"BETWEEN", "BEFORE", "ON_OR_AFTER", "TIME_FOR_UNIT_DURATION"} < kinds
    assert {"TIME_FOR_INTERVAL_DURATION", "GREATER_THAN", "LESS_THAN"} < kinds
    assert {"IS_ON_DAY_OF_WEEK", "IS_ON_DAY_OF_MONTH", "IS_IN_MONTH_OF_YEAR"} < kinds
    assert {each.get("conjunction") for each in found} == {None, "AND", "OR"}


def test_who_has_no_country_gets_an_error_and_no_rows(tpch):
    case = Case("", SUPPLY.select("partsupp.count"), "", user="nobody@tpch.example")
    with pytest.raises(omnipd.PlanError, match='needs the user attribute "country"'):
        answered(case, tpch)


def test_the_sandbox_has_a_day_of_its_own(tpch):
    last = SALES.select("lineitem.last_shipped").where(field("lineitem.l_shipdate").in_the("today"))
    assert [tuple(row) for row in answered(Case("", last, ""), tpch)] == [(NOW.date(),)]


# --- what compares


ROW = ("a", 1, Decimal("1.50"), 0.1, None)
UNSORTED = Case("", CUSTOMERS.select("customer.count"), "")
SORTED = Case("", CUSTOMERS.select("customer.count").sort("customer.count"), "")


@pytest.mark.parametrize(
    "other",
    [
        ("b", 1, Decimal("1.50"), 0.1, None),
        ("a", 2, Decimal("1.50"), 0.1, None),
        ("a", 1.0, Decimal("1.50"), 0.1, None),
        ("a", 1, Decimal("1.51"), 0.1, None),
        ("a", 1, 1.5, 0.1, None),
        ("a", 1, Decimal("1.50"), 0.1000000001, None),
        ("a", 1, Decimal("1.50"), None, None),
        ("a", 1, Decimal("1.50"), 0.1, ""),
        ("a", 1, Decimal("1.50"), 0.1),
    ],
)
def test_a_value_that_differs_is_seen(other):
    assert difference(UNSORTED, [other], [ROW]) is not None
    assert difference(UNSORTED, [ROW], [other]) is not None


def test_rows_that_are_missing_or_too_many_are_seen():
    assert difference(UNSORTED, [ROW], [ROW, ROW]) == "1 rows, and by hand 2"
    assert difference(UNSORTED, [ROW], []) == "1 rows, and by hand 0"


def test_the_order_counts_where_the_query_sorts():
    rows = [(2,), (1,)]
    assert difference(UNSORTED, rows, rows[::-1]) is None
    assert difference(SORTED, rows, rows[::-1]) is not None


def test_the_last_digits_of_doubles_do_not_count():
    nearly = ("a", 1, Decimal("1.50"), 0.1 + 1e-17, None)
    assert difference(UNSORTED, [nearly], [ROW]) is None


def test_a_run_says_which_query_differs(tpch, capsys):
    with open_files() as altered:
        altered.execute(
            "CREATE OR REPLACE VIEW lineitem AS"
            f" FROM '{ORGANIZATION / 'data' / 'lineitem.parquet'}' WHERE l_quantity < 50"
        )
        of_suppliers = next(case for case in CASES if case.name.startswith("Q16"))
        assert run_all([CASES[0], of_suppliers], tpch, altered) == 1
    _, first, wrong, second = capsys.readouterr().out.splitlines()
    assert "Q1, " in first
    assert wrong.strip().startswith("DIFFERENT: row 1: ('A', 'F', ")
    assert "Q16, " in second


def test_the_command_ends_with_one_when_an_answer_differs(tmp_path, capsys):
    for table in TABLES:
        shutil.copy(ORGANIZATION / "data" / f"{table}.parquet", tmp_path)
    only = ["--data", str(tmp_path), "--only", "many to many: customers"]
    assert main(only) == 0
    assert "1 of 1 queries answer as SQL by hand does." in capsys.readouterr().out
    # Suppliers twice: the model says that their keys are keys, and SQL by hand counts rows.
    supplier = tmp_path / "supplier.parquet"
    rows = pq.read_table(supplier)
    pq.write_table(pa.concat_tables([rows, rows]), supplier)
    assert main(only) == 1
    out = capsys.readouterr().out
    assert "DIFFERENT: row 1: " in out
    assert "0 of 1 queries answer as SQL by hand does." in out


def test_the_command_refuses_a_query_that_is_not_there(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--only", "Q23"])
    assert ended.value.code == 2
    assert "no query has 'Q23' in its name" in capsys.readouterr().err

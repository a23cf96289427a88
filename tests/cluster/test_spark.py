"""Spark reads a query in pieces, exactly as one query has its rows, and no key is in what it keeps."""

import contextlib
import json
import os
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from faults.given import QUERY, arrow, whole_answer
from queries.query_cases import flights, orders, sort
from scripted_server import answer

import omnipd
from omnipd import ArgumentError, ResponseError

pyspark = pytest.importorskip(
    "pyspark", reason='Spark is not installed: pip install "omnipd[spark]"'
)

from pyspark import cloudpickle  # noqa: E402
from pyspark.errors import AnalysisException, PythonException  # noqa: E402
from pyspark.sql import SparkSession, functions, types  # noqa: E402

from omnipd.cluster.spark_reader import as_spark_takes_them, sparks_types  # noqa: E402

# Spark 4.0 leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

DAY, ORIGIN, COUNT = "flights.date[date]", "flights.origin", "flights.count"
FIELDS = [DAY, ORIGIN, COUNT, "flights.average_dep_delay"]
# Spark's own shows warnings alone, whatever the level of all is.
LOGGING = """
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
logger.spark.name = org.apache.spark
logger.spark.level = info
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %p %c: %m%n%ex
"""
YEARS = {"split_on": "flights.date", "start": "2013-01", "end": "2015-01"}


def profile(url, key):
    return {"apiEndpoint": url, "authMethod": "apiKey", "apiKey": key}


def end_java():
    """End Java: Spark keeps it when a session is stopped, and with it the environment of its beginning."""
    context = pyspark.SparkContext
    if context._gateway is not None:
        context._gateway.shutdown()
        context._gateway.proc.stdin.close()
        context._gateway.proc.wait()
        context._gateway = context._jvm = None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("spark")


@contextlib.contextmanager
def standard_error_to(path):
    """Have what is started inside write its standard error to a file."""
    before = os.dup(2)
    try:
        with path.open("wb") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)


@pytest.fixture(scope="module")
def spark(server, folder):
    """Three workers that find Omni in the environment that Java was started with."""
    (folder / "events").mkdir()
    logging = folder / "log4j2.properties"
    logging.write_text(LOGGING, encoding="utf-8")
    end_java()
    with pytest.MonkeyPatch.context() as environment, standard_error_to(folder / "log"):
        for name, value in {
            "OMNI_BASE_URL": server.url,
            "OMNI_API_KEY": server.api_key,
            "OMNI_CONFIG_PATH": folder / "profiles.json",
            "OMNIPD_STATE_DIR": folder / "state",
            "OMNIPD_CACHE_DIR": folder / "cache",
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }.items():
            environment.setenv(name, str(value))
        session = (
            SparkSession.builder.master("local[3]")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.shuffle.partitions", "1")
            .config("spark.driver.extraJavaOptions", f"-Dlog4j2.configurationFile={logging}")
            .config("spark.eventLog.enabled", "true")
            .config("spark.eventLog.compress", "false")
            .config("spark.eventLog.dir", (folder / "events").as_uri())
            .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
            .getOrCreate()
        )
    session.dataSource.register(omnipd.spark_source())
    yield session
    session.stop()
    end_java()


def read(spark, query, **options):
    options = {"requests_per_minute": "none"} | options
    reader = spark.read.format("omni").option("query", json.dumps(query))
    return reader.options(**options).load()


def of_flights(spark, **options):
    return read(spark, flights(FIELDS, sorts=[sort(DAY), sort(ORIGIN)]), **YEARS | options)


def test_three_workers_read_24_months_and_together_the_one_query(spark, omni):
    frame = of_flights(spark)
    whole = omnipd.run_query_arrow(flights(FIELDS, sorts=[sort(DAY), sort(ORIGIN)]), limit="all")
    assert frame.rdd.getNumPartitions() == 24
    got = frame.toArrow()
    assert got.schema.names == FIELDS
    assert got.cast(whole.schema).to_pylist() == whole.to_pylist()
    assert sum(got[COUNT].to_pylist()) == 336_776
    # Three airports on each day of 2013, and none after it.
    by_piece = frame.groupBy(functions.spark_partition_id().alias("piece")).count().collect()
    lengths = dict(enumerate([93, 84, 93, 90, 93, 90, 93, 93, 90, 93, 90, 93]))
    assert {row["piece"]: row["count"] for row in by_piece} == lengths


def test_types_are_those_of_spark_that_hold_the_values_exactly(spark):
    fields = [DAY, "flights.first_departure", "flights.last_date", COUNT]
    frame = read(
        spark,
        flights(fields, sorts=[sort(DAY)]),
        split_on="flights.date",
        start="2013-01-01",
        end="2013-01-03",
        by="date",
    )
    assert [kind for _, kind in frame.dtypes] == ["timestamp_ntz", "timestamp", "date", "bigint"]
    # Flights of 5 in the morning in New York, where it is five hours earlier.
    assert frame.toArrow().to_pylist()[0] == {
        DAY: datetime.fromisoformat("2013-01-01"),
        "flights.first_departure": datetime(2013, 1, 1, 10, tzinfo=UTC),
        "flights.last_date": date(2013, 1, 1),
        COUNT: 842,
    }


def test_decimals_stay_exact_and_rows_without_a_time_are_a_partition(spark, omni):
    shipped, total = "order_items.shipped_on", "order_items.total_sale_price"
    query = orders([f"{shipped}[date]", total, "order_items.count"])
    frame = read(spark, query, split_on=shipped, by="quarter")
    assert dict(frame.dtypes)[total] == "decimal(38,2)"
    whole = omnipd.run_query_arrow(query, limit="all")
    summed = frame.agg(functions.sum(f"`{total}`"), functions.sum("`order_items.count`")).first()
    assert summed[0] == sum(whole[total].to_pylist())
    assert isinstance(summed[0], Decimal)
    assert summed[1] == 240
    [[without]] = frame.filter(f"`{shipped}[date]` IS NULL").select("`order_items.count`").collect()
    [expected] = [
        row["order_items.count"] for row in whole.to_pylist() if row[f"{shipped}[date]"] is None
    ]
    assert without == expected
    floats = read(spark, query, split_on=shipped, by="year", decimals="float64")
    assert dict(floats.dtypes)[total] == "double"


def test_a_filter_of_the_frame_is_computed_by_spark(spark):
    frame = of_flights(spark, by="year").filter(f"`{ORIGIN}` = 'JFK'")
    assert frame.agg(functions.sum(f"`{COUNT}`")).first()[0] == 111_279


def test_columns_that_are_not_those_of_the_query_are_refused(spark):
    reader = spark.read.format("omni").schema("a INT").options(requests_per_minute="none", **YEARS)
    with pytest.raises(Exception, match="names other columns or types than the query has"):
        reader.option("query", json.dumps(flights(FIELDS))).load().collect()


def test_what_is_refused_is_said_when_the_frame_is_loaded(spark, server):
    before = len(server.requests)
    for options, why in (
        ({"api_key": "sesame"}, "The option 'api_key' is refused"),
        ({"by": "week"}, "by='week' is not known"),
    ):
        with pytest.raises(AnalysisException, match=why) as caught:
            of_flights(spark, **options)
        assert "sesame" not in str(caught.value)
    with pytest.raises(AnalysisException, match="may lie in two pieces"):
        read(spark, flights([ORIGIN, COUNT]), **YEARS)
    assert len(server.requests) == before


# --- keys


def test_no_key_is_in_a_plan_a_log_or_what_is_sent(spark, server, folder, monkeypatch):
    frame = of_flights(spark, by="quarter")
    assert frame.count() == 1095
    monkeypatch.setenv("OMNI_BASE_URL", server.url)
    monkeypatch.setenv("OMNI_API_KEY", server.api_key)
    source = omnipd.spark_source()(
        {"query": json.dumps(flights(FIELDS)), "requests_per_minute": "none"} | YEARS
    )
    reader = source.reader(source.schema())
    plan = frame._jdf.queryExecution().toString()
    seen = {
        "source": cloudpickle.dumps((type(source), source)),
        "reader": cloudpickle.dumps((reader, reader.partitions())),
        "plan": plan.encode() + frame._jdf.queryExecution().logical().toJSON().encode(),
        "log": (folder / "log").read_bytes(),
        "events": b"".join(
            file.read_bytes() for file in (folder / "events").rglob("*") if file.is_file()
        ),
    }
    for name, text in seen.items():
        # Or this would look in vain: the log tells of each task, and all else of the query.
        assert (b"Finished task" if name == "log" else b"flights.count") in text, name
        for key in (server.api_key, server.personal_key):
            assert key.encode() not in text, name
            assert key[9:].encode() not in text, name


def test_the_limit_is_one_over_all_workers(spark, server, folder, monkeypatch):
    path = folder / "profiles.json"
    path.write_text(
        json.dumps({"profiles": {"paced": profile(server.url, server.personal_key)}}),
        encoding="utf-8",
    )
    before = len(server.requests)
    frame = of_flights(spark, profile="paced", requests_per_minute="40")
    assert frame.agg(functions.sum(f"`{COUNT}`")).first()[0] == 336_776
    sent = len(server.requests) - before
    assert sent >= 25  # the columns, and 24 pieces
    monkeypatch.setenv("OMNIPD_STATE_DIR", str(folder / "state"))
    with omnipd.connect(server.url, server.personal_key, requests_per_minute=40) as client:
        left = 0
        while client._limiter.try_acquire() == 0:
            left += 1
    assert left == 38 - sent  # 95 % of 40


def test_an_error_of_a_piece_says_what_omnipd_says(spark, scripted, folder):
    path = folder / "profiles.json"
    path.write_text(
        json.dumps({"profiles": {"scripted": profile(scripted.url, "k" * 40)}}), encoding="utf-8"
    )
    first = pa.table({"t.at[month]": pa.array([date(2024, 1, 1)]), "t.sum": [1]})
    stray = pa.table({"t.at[month]": pa.array([date(2024, 5, 1)]), "t.sum": [1]})
    scripted.script(*[answer(whole_answer(arrow(one))) for one in (first, stray)])
    query = QUERY | {"table": "t", "fields": first.column_names}
    frame = read(spark, query, split_on="t.at", start="2024-01", end="2024-02", profile="scripted")
    with pytest.raises(
        PythonException, match=r"2024-05-01 .*in the piece from 2024-01-01"
    ) as caught:
        frame.collect()
    assert "omnipd.errors.ResponseError" in str(caught.value)
    assert "k" * 40 not in str(caught.value)


# --- types, without Java


@pytest.mark.parametrize(
    ("kind", "expected", "taken"),
    [
        (pa.null(), "void", pa.null()),
        (pa.uint8(), "smallint", pa.int16()),
        (pa.uint64(), "decimal(20,0)", pa.decimal128(20, 0)),
        (pa.float16(), "float", pa.float32()),
        (pa.large_string(), "string", pa.string()),
        (pa.date64(), "date", pa.date32()),
        (pa.timestamp("ns", "America/New_York"), "timestamp", pa.timestamp("us", "UTC")),
        (pa.timestamp("s"), "timestamp_ntz", pa.timestamp("us")),
        (pa.decimal256(20, 4), "decimal(20,4)", pa.decimal128(20, 4)),
        (pa.decimal128(3, -2), "decimal(5,0)", pa.decimal128(5, 0)),
        (pa.decimal128(2, 4), "decimal(4,4)", pa.decimal128(4, 4)),
    ],
)
def test_each_type_of_arrow_has_one_of_spark(kind, expected, taken):
    spark_type, arrow_type = sparks_types("a", kind)
    assert isinstance(spark_type, types.DataType)
    assert (spark_type.simpleString(), arrow_type) == (expected, taken)


@pytest.mark.parametrize("kind", [pa.decimal256(39, 2), pa.time64("us"), pa.duration("us")])
def test_a_type_that_spark_does_not_have_is_refused_by_name(kind):
    with pytest.raises(
        ArgumentError, match=r"t\.a is .*and Spark has no type that holds it exactly"
    ):
        sparks_types("t.a", kind)


def test_values_are_never_rounded():
    largest = 2**64 - 1
    table = pa.table(
        {
            "a": pa.array([largest], pa.uint64()),
            "b": pa.array([1_000_000_000], pa.timestamp("ns", "UTC")),
            "c": pa.array([Decimal("1e4")], pa.decimal128(3, -2)),
        }
    )
    assert as_spark_takes_them(table).to_pylist() == [
        {
            "a": Decimal(largest),
            "b": datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
            "c": Decimal(10_000),
        }
    ]
    finer = pa.table({"t.b": pa.array([1_000_000_001], pa.timestamp("ns"))})
    with pytest.raises(
        ResponseError, match=r"t\.b is timestamp\[us\] in Spark, and has other values"
    ):
        as_spark_takes_them(finer)

"""What has changed: exactly what was planted, whatever the order, the dtypes and the keys."""

import tempfile
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from export.test_any_frame import SETTINGS, any_frame, from_csv
from hypothesis import given, settings
from hypothesis import strategies as st

import omnipd
from omnipd.audit import diff, diff_summary

COLUMNS = ["table", "change", "key", "name", "column", "old", "new", "same_as", "note"]


def told(found, *columns):
    """What is said, row by row, as Python has it."""
    rows = found[list(columns or ("change", "key", "column", "old", "new"))]
    return [tuple(None if pd.isna(one) else one for one in row) for row in rows.to_numpy()]


BEFORE = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "owner": ["Ann", "Ann", None, "Bob"],
        "views": [1, 2, None, 4],
        "seen": pd.to_datetime(["2026-01-01", None, "2026-01-03", None], utc=True),
        "live": [True, None, False, True],
    }
)


@pytest.mark.filterwarnings("ignore:The behavior of DataFrame concatenation:FutureWarning")
def test_exactly_what_was_planted_is_found():
    after = BEFORE.replace({"owner": {"Ann": "Anne"}})
    after.loc[2, "owner"] = ""
    after.loc[3, "views"] = 5
    after.loc[3, "seen"] = pd.Timestamp("2026-01-04 06:00", tz="UTC")
    after = after.drop(index=1)
    after.loc[9] = ["e", None, None, pd.NaT, None]
    after = after.sample(frac=1, random_state=3)[["live", "seen", "id", "owner", "views"]]
    after["owner"] = after["owner"].astype("category")
    after["views"] = after["views"].astype("Int32")
    after["seen"] = after["seen"].dt.tz_convert("Asia/Tokyo").astype("datetime64[us, Asia/Tokyo]")
    after["live"] = after["live"].astype("boolean")
    found = diff(BEFORE, after, key="id")
    assert told(found) == [
        ("added", "e", None, None, None),
        ("removed", "b", None, None, None),
        ("changed", "a", "owner", "Ann", "Anne"),
        ("changed", "c", "owner", None, ""),
        ("changed", "d", "seen", None, "2026-01-04 06:00:00.000000Z"),
        ("changed", "d", "views", "4", "5"),
    ]
    assert list(found.columns) == COLUMNS
    assert set(found.dtypes) == {pd.ArrowDtype(pa.string())}
    assert found.attrs["omni"]["complete"] is True


def test_no_change_has_the_same_columns():
    found = diff(BEFORE, BEFORE[::-1], key="id")
    assert (len(found), list(found.columns)) == (0, COLUMNS)
    assert set(found.dtypes) == {pd.ArrowDtype(pa.string())}


def test_the_order_of_rows_does_not_matter_to_what_is_said():
    after = BEFORE.assign(owner="Eve", views=[9, 8, 7, 6])
    once = diff(BEFORE, after, key="id")
    again = diff(BEFORE[::-1], after.sample(frac=1, random_state=1), key="id")
    assert told(again) == told(once)
    assert len(once) == 8


ARROW = pd.ArrowDtype


def in_microseconds(time):
    """Hold a time in the unit that pandas 3 would, and pandas 2 does not."""
    return pd.Series([time]).dt.as_unit("us")


INSTANT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NAIVE = INSTANT.replace(tzinfo=None)
MIDNIGHT = datetime.combine(date(2026, 1, 2), time())
BIG = 2**53 + 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (pd.Series([1]), pd.Series([1.0])),
        (pd.Series([BIG]), pd.Series([BIG], dtype="uint64")),
        (pd.Series([1]), pd.Series([Decimal("1.00")])),
        (pd.Series([0.5]), pd.Series([Decimal("0.50")])),
        (pd.Series([Decimal("1.5")]), pd.Series([Decimal("1.500")])),
        (pd.Series([0.0]), pd.Series([-0.0])),
        (pd.Series([0.5], dtype="float32"), pd.Series([0.5])),
        (pd.Series([float("inf")]), pd.Series([float("inf")], dtype="Float64")),
        (pd.Series([5]), pd.Series(["5"])),
        (pd.Series([5.0]), pd.Series(["5.0"])),
        (pd.Series([0.0]), pd.Series(["-0"])),
        (pd.Series([102961408.0], dtype="float32"), pd.Series(["102961410"])),
        (pd.Series([5.0]), pd.Series(["5"])),
        (pd.Series([Decimal("1.50")]), pd.Series(["1.5"])),
        (pd.Series([True]), pd.Series(["True"])),
        (pd.Series([True]), pd.Series([True], dtype="boolean")),
        (pd.Series(["x"]), pd.Series(["x"], dtype="category")),
        (pd.Series(["x"], dtype=object), pd.Series(["x"], dtype=ARROW(pa.large_string()))),
        (pd.Series([INSTANT]), pd.Series([pd.Timestamp(INSTANT).tz_convert("Asia/Tokyo")])),
        (pd.Series([INSTANT]), pd.Series([INSTANT], dtype=ARROW(pa.timestamp("s", "UTC")))),
        (pd.Series([INSTANT]), pd.Series(["2026-01-02 03:04:05Z"])),
        (pd.Series([INSTANT]), pd.Series(["2026-01-02T04:04:05.000+01:00"])),
        (pd.Series([NAIVE]), pd.Series(["2026-01-02 03:04:05"])),
        (pd.Series([date(2026, 1, 2)]), pd.Series([MIDNIGHT])),
        (pd.Series([date(2026, 1, 2)]), pd.Series(["2026-01-02"])),
        (pd.Series([time(3, 4)]), pd.Series([time(3, 4)], dtype=ARROW(pa.time32("s")))),
        (
            pd.Series([timedelta(days=1)], dtype="timedelta64[ns]"),
            pd.Series([timedelta(days=1)], dtype="timedelta64[s]"),
        ),
        (pd.Series([timedelta(days=1, hours=2)]), pd.Series(["P1DT2H"])),
        (pd.Series([time(3, 4)]), pd.Series(["03:04:00.000"])),
        (pd.Series([b"omni"]), pd.Series(["b21uaQ=="])),
        (pd.Series([None]), pd.Series([float("nan")])),
        (pd.Series([pd.NaT]), pd.Series([pd.NA], dtype="string")),
        (pd.Series([None], dtype=object), pd.Series([None], dtype="Int64")),
        (
            pd.Series(pd.arrays.ArrowExtensionArray(pa.array([float("nan")]))),
            pd.Series([None], dtype="Float64"),
        ),
        (
            pd.Series([MIDNIGHT.replace(year=9000)], dtype=ARROW(pa.timestamp("s"))),
            pd.Series(["9000-01-02 00:00:00"]),
        ),
    ],
)
def test_what_means_the_same_is_no_change(old, new):
    before, after = pd.DataFrame({"id": [1], "x": old}), pd.DataFrame({"id": [1], "x": new})
    assert told(diff(before, after, key="id")) == []
    assert told(diff(after, before, key="id")) == []
    assert told(diff(before, after, key=[])) == []
    # And as a key, unless there is none.
    if old.notna().all() and new.notna().all():
        assert told(diff(before, after, key="x")) == []


@pytest.mark.parametrize(
    ("old", "new", "spelled"),
    [
        ([BIG], [float(BIG)], (str(BIG), "9.007199254740992e+15")),
        ([0.1], [np.nextafter(0.1, 1)], ("0.1", "0.10000000000000002")),
        (pd.Series([0.1], dtype="float32"), [0.1], ("0.10000000149011612", "0.1")),
        ([7], ["007"], ("7", "007")),
        ([None], [""], (None, "")),
        ([None], ["None"], (None, "None")),
        ([0], [None], ("0", None)),
        ([False], [None], ("false", None)),
        ([True], [1], ("true", "1")),
        ([True], ["1"], ("true", "1")),
        (["x"], ["X"], ("x", "X")),
        (["é"], ["e\u0301"], ("é", "e\u0301")),
        (['{"a":1}'], ['{"a": 1}'], ('{"a":1}', '{"a": 1}')),
        (
            in_microseconds(INSTANT),
            in_microseconds(NAIVE),
            ("2026-01-02 03:04:05.000000Z", "2026-01-02 03:04:05.000000"),
        ),
        (
            in_microseconds(pd.Timestamp("2026-01-01", tz="UTC")),
            in_microseconds(pd.Timestamp("2026-01-01", tz="Asia/Tokyo")),
            ("2026-01-01 00:00:00.000000Z", "2025-12-31 15:00:00.000000Z"),
        ),
        (
            [date(2026, 1, 2)],
            in_microseconds(NAIVE),
            ("2026-01-02", "2026-01-02 03:04:05.000000"),
        ),
        ([b""], [None], ("", None)),
        ([Decimal("1.5")], [1.25], ("1.5", "1.25")),
    ],
)
def test_what_does_not_mean_the_same_is_one_change(old, new, spelled):
    before, after = pd.DataFrame({"id": [1], "x": old}), pd.DataFrame({"id": [1], "x": new})
    assert told(diff(before, after, key="id")) == [("changed", "1", "x", *spelled)]
    assert len(diff(before, after, key=[])) == 2


def test_texts_that_no_time_can_be_do_not_keep_others_from_being_read():
    before = pd.DataFrame({"id": [1, 2, 3, 4], "x": [NAIVE, NAIVE, NAIVE, None]})
    texts = ["2026-01-02T03:04:05", "soon", "2026-02-31", None]
    after = pd.DataFrame({"id": [1, 2, 3, 4], "x": texts})
    assert told(diff(before, after, key="id"), "key", "new") == [("2", "soon"), ("3", "2026-02-31")]


def test_rows_without_a_key_and_with_that_of_another_are_counted():
    before = pd.DataFrame({"id": ["a", "a", None, None, "b", "c"], "x": [1, 1, 2, 2, 3, 4]})
    after = pd.DataFrame({"id": ["a", None, None, "b", "c", "c"], "x": [1, 2, 5, 6, 4, 4]})
    found = diff(before, after, key="id")
    assert told(found, "change", "key", "column", "old", "new") == [
        ("added", "id=c, x=4", None, None, None),
        ("added", "x=5", None, None, None),
        ("removed", "id=a, x=1", None, None, None),
        ("removed", "x=2", None, None, None),
        ("changed", "b", "x", "3", "6"),
    ]
    assert set(found["note"].dropna()) == {"compared by all columns: the key is null or not unique"}


def test_a_key_of_several_columns_is_readable_and_may_be_null_in_part():
    before = pd.DataFrame({"a": ["x", "x", None], "b": [1, None, 1], "v": [1, 2, 3]})
    after = pd.DataFrame({"v": [3, 9, 5], "b": [1, None, 2], "a": [None, "x", "x"]})
    assert told(diff(before, after, key=["a", "b"])) == [
        ("added", "a=x, b=2", None, None, None),
        ("removed", "a=x, b=1", None, None, None),
        ("changed", "a=x", "v", "2", "9"),
    ]


def test_without_a_key_the_index_tells_unless_it_only_numbers():
    before = pd.DataFrame({"v": [1, 2]}, index=["x", "y"])
    after = pd.DataFrame({"v": [3, 1]}, index=["z", "x"])
    expected = [("added", "z", None, None, None), ("removed", "y", None, None, None)]
    assert told(diff(before, after)) == expected
    assert told(diff(before.rename_axis("id"), after.rename_axis("id"))) == expected
    for unclear in (pd.DataFrame({"v": [1, 2]}), pd.DataFrame({"v": [1, 2]}, index=[4, 7])):
        with pytest.raises(omnipd.ArgumentError, match="index of before only numbers") as error:
            diff(unclear, unclear)
        assert "key=…" in error.value.hint
    with pytest.raises(omnipd.ArgumentError, match=r"before is \['id'\], that of after \['no'\]"):
        diff(before.rename_axis("id"), after.rename_axis("no"))
    # With a key, an index without a name says nothing, and one with a name is a column.
    left, right = before.assign(id=[1, 2]), after.assign(id=[2, 1], v=[2, 1])
    assert told(diff(left, right, key="id")) == []
    named = diff(left.rename_axis("at"), right.rename_axis("at"), key="id")
    assert told(named) == [("changed", "2", "at", "y", "z")]


def test_levels_of_an_index_are_a_key_together():
    index = pd.MultiIndex.from_tuples([("a", 1), ("a", 2)], names=["x", "n"])
    before = pd.DataFrame({"v": [1, 2]}, index=index)
    assert told(diff(before, before[::-1].assign(v=[2, 5]))) == [
        ("changed", "x=a, n=1", "v", "1", "5")
    ]
    assert told(diff(before, before.reset_index(), key=["n", "x"])) == []


def test_a_column_of_one_side_is_said_once():
    before = BEFORE.rename(columns={"live": "old"})
    assert told(diff(before, BEFORE, key="id")) == [
        ("column added", None, "live", None, None),
        ("column removed", None, "old", None, None),
    ]


def test_what_is_ignored_is_not_compared():
    after = BEFORE.assign(views=0, more=1)
    assert told(diff(BEFORE, after, key="id", ignore=["views", "more"])) == []
    assert len(diff(BEFORE, after, key=[], ignore=("views", "more"))) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"key": "ib"}, r"key='ib' is not known.\nDid you mean 'id'"),
        ({"key": "id", "ignore": "view"}, r"ignore='view' is not known.\nDid you mean 'views'"),
        ({"key": "id", "ignore": "id"}, "ignore='id' is in the key"),
        ({"key": "id", "include": "users"}, "include= and a key= for each table"),
        ({"key": {"users": "id"}}, "include= and a key= for each table"),
        ({"key": "id", "allow_incomplete": "no"}, "must be True or False"),
    ],
)
def test_what_is_unclear_is_refused_by_name(options, message):
    with pytest.raises(omnipd.ArgumentError, match=message):
        diff(BEFORE, BEFORE, **options)


def test_only_two_of_a_kind_are_compared():
    one = omnipd.Inventory({"mine": BEFORE})
    for pair in [(one, one["mine"]), ({"mine": BEFORE}, one), (BEFORE["id"], BEFORE["id"])]:
        with pytest.raises(omnipd.ArgumentError, match="Expected two inventories or two frames"):
            diff(*pair)
    with pytest.raises(omnipd.ArgumentError, match="does not say of which table"):
        diff(one, one, key="label")
    double = pd.DataFrame([[1, 2]], columns=["id", "id"])
    with pytest.raises(omnipd.ArgumentError, match="after cannot be compared: Several columns"):
        diff(double[["id"]].iloc[:, :1], double, key="id")


POOLS = {
    "text": ["", "a", "b", "ü", "NA", "1", "1.0", '{"a":1}'],
    "whole": [0, 1, -7, 40, 2**40],
    "real": [0.5, -1.25, 1e300, 3.0],
    "instant": [INSTANT, INSTANT + timedelta(hours=1), INSTANT.replace(year=1999)],
    "flag": [True, False],
}
DTYPES = {
    "text": [object, "string", "category", ARROW(pa.string()), ARROW(pa.large_string())],
    "whole": ["Int64", "float64", object, ARROW(pa.int64()), ARROW(pa.float64())],
    "real": ["float64", "Float64", object, ARROW(pa.float64())],
    "instant": [
        "datetime64[ns, UTC]",
        "datetime64[us, America/New_York]",
        ARROW(pa.timestamp("s", "Asia/Tokyo")),
    ],
    "flag": ["boolean", object, ARROW(pa.bool_())],
}
KINDS = list(POOLS)


def series_of(kind, values, dtype):
    held = pd.Series(values, dtype=object)
    if kind == "whole" and dtype == "float64":
        return pd.Series([np.nan if one is None else float(one) for one in values], dtype=dtype)
    if kind == "instant":
        held = pd.to_datetime(held, utc=True)
    return held.astype(dtype)


@st.composite
def planted(draw):
    """A frame, one after random changes, and what these were."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    names = [f"{kind}{place}" for place, kind in enumerate(kinds)]
    keys = draw(st.lists(st.integers(0, 60), unique=True, max_size=12))

    def value(kind):
        return st.one_of(st.none(), st.sampled_from(POOLS[kind]))

    rows = {key: [draw(value(kind)) for kind in kinds] for key in keys}
    after, expected = {}, Counter()
    for key, row in rows.items():
        if draw(st.integers(0, 4)) == 0:
            expected["removed", str(key), None] += 1
            continue
        after[key] = list(row)
        for place, kind in enumerate(kinds):
            new = draw(value(kind)) if draw(st.booleans()) else row[place]
            if new != row[place]:
                after[key][place] = new
                expected["changed", str(key), names[place]] += 1
    for key in draw(st.lists(st.integers(61, 90), unique=True, max_size=4)):
        after[key] = [draw(value(kind)) for kind in kinds]
        expected["added", str(key), None] += 1

    def frame(rows, order):
        columns = {
            name: series_of(
                kind, [rows[key][place] for key in order], draw(st.sampled_from(DTYPES[kind]))
            )
            for place, (name, kind) in enumerate(zip(names, kinds, strict=True))
        }
        held = pd.DataFrame({"key": pd.Series(order, dtype="int64"), **columns})
        return held[draw(st.permutations(list(held.columns)))]

    return (
        frame(rows, list(rows)),
        frame(after, draw(st.permutations(list(after)))),
        expected,
        (rows, after, names),
    )


@settings(max_examples=20, deadline=None)
@given(planted())
def test_random_changes_are_found_again(case):
    check(case)


def check(case):
    before, after, expected, (rows, now, names) = case
    found = diff(before, after, key="key")
    assert Counter(told(found, "change", "key", "column")) == expected
    for change, key, column, old, new in told(found):
        if change == "changed":
            place = names.index(column)
            assert (old is None) == (rows[int(key)][place] is None)
            assert (new is None) == (now[int(key)][place] is None)
            assert old != new
    summary = diff_summary(found).iloc[0]
    assert summary["removed"] == sum(kind == "removed" for kind, _, _ in expected)
    assert summary["changed"] == len({key for kind, key, _ in expected if kind == "changed"})


@settings(max_examples=20, deadline=None)
@given(
    *[
        st.lists(
            st.tuples(st.sampled_from(["a", None, ""]), st.sampled_from([1, None, 2])), max_size=12
        )
    ]
    * 2
)
def test_rows_without_a_key_are_a_multiset(before, after):
    left, right = (pd.DataFrame(rows, columns=["t", "n"], dtype=object) for rows in (before, after))
    found = diff(left, right, key=[])
    said = Counter(found["change"])
    assert said["removed"] == (Counter(before) - Counter(after)).total()
    assert said["added"] == (Counter(after) - Counter(before)).total()


@settings(max_examples=8, **SETTINGS)
@given(any_frame())
def test_any_frame_is_the_same_as_its_texts(drawn):
    check_texts(drawn)


def check_texts(drawn):
    """Any frame that pandas can hold is what CSV makes of it, in whatever order its columns are."""
    frame, columns = drawn
    if set(frame.index.names) == {None}:
        columns, frame = columns[-frame.shape[1] :], frame.reset_index(drop=True)
    names = [name for name, _, _ in columns]
    if len(set(names)) < len(names):
        with pytest.raises(omnipd.ArgumentError, match="before cannot be compared: Several"):
            diff(frame, frame, key=[])
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.csv"
        omnipd.to_csv(frame, path, raw=True)
        held = from_csv(path, raw=True)
    texts = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in held[::-1]})
    assert told(diff(frame, texts, key=[])) == []

"""Views in a window: differences of counters by hand, and null for all that the counters do not tell."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest

import omnipd
from omnipd.audit import usage
from omnipd.frames.to_pandas import marked_incomplete, to_frame
from omnipd.lists.manual import list_of

START = datetime(2026, 5, 1, 2, tzinfo=UTC)
END = START + timedelta(days=30)
CONTENT = list_of("read_content").schema.remove_metadata()
QUERIES = list_of("read_document_queries").schema.remove_metadata()

ANN = {"owner_id": "u1", "owner_name": "Ann"}
BOB = {"owner_id": "u2", "owner_name": "Bob"}


def document(identifier, views, visits=None, **rest):
    return {
        "type": "document",
        "document_identifier": identifier,
        "count_views": views,
        "visits": visits,
        **ANN,
        **rest,
    }


def content(*rows, instance="https://omni.example", **facts):
    table = pa.Table.from_pylist(list(rows), schema=CONTENT)
    return to_frame(table, {"instance": instance, "complete": True, **facts})


def inventory(*rows, **facts):
    return omnipd.Inventory({"content": content(*rows, **facts)})


def incomplete(*rows):
    return omnipd.Inventory({"content": marked_incomplete(content(*rows))})


def told(frame, *columns):
    """Return columns by document, owner or folder, with None for null."""
    held = frame[[frame.columns[0], *columns]].astype(object)
    rows = held.where(held.notna(), None).itertuples(index=False)
    return {row[0]: row[1] if len(columns) == 1 else tuple(row[1:]) for row in rows}


def between(before, after, **given):
    return usage([(START, before), (END, after)], **given)


# One document


def test_views_are_how_much_the_counter_has_grown():
    frame = between(inventory(document("a", 10, 3)), inventory(document("a", 14, 5, name="A")))
    row = frame.iloc[0]
    assert (row["views"], row["visits"], row["count_views_before"], row["count_views"]) == (
        4,
        2,
        10,
        14,
    )
    assert (row["measured_from"], row["measured_to"]) == (START, END)
    assert row["name"] == "A"
    assert row[["change", "renamed_from", "unknown"]].isna().all()
    assert frame.attrs["omni"]["complete"] is True


def test_zero_is_said_where_it_is_known():
    assert told(between(*[inventory(document("a", 7, 0))] * 2), "views", "visits") == {"a": (0, 0)}


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (10, 9, "its counter fell"),
        (10, 0, "its counter fell"),
        (None, 9, "it has no counter at the start"),
        (-1, 9, "it has no counter at the start"),
        (10, None, "it has no counter at the end"),
        (None, None, "it has no counter at the start"),
    ],
)
def test_what_a_counter_does_not_tell_is_null(before, after, why):
    frame = between(inventory(document("a", before, 4)), inventory(document("a", after, 6)))
    assert told(frame, "views", "visits", "unknown") == {"a": (None, 2, why)}


def test_visits_may_be_unknown_alone():
    frame = between(inventory(document("a", 1, 9)), inventory(document("a", 3, 2)))
    assert told(frame, "views", "visits", "unknown") == {"a": (2, None, None)}


def test_a_new_document_may_have_been_restored_and_its_views_are_not_known():
    frame = between(inventory(document("a", 1)), inventory(document("a", 1), document("b", 5)))
    columns = ("views", "count_views", "change", "unknown")
    assert told(frame, *columns)["b"] == (None, 5, "added", "it is not listed at the start")
    assert frame["measured_from"].isna().tolist() == [False, True]


def test_a_document_that_is_gone_is_told_with_what_it_had():
    before = inventory(document("a", 1), document("b", 5, name="B"))
    frame = between(before, inventory(document("a", 1)))
    columns = ("views", "count_views_before", "count_views", "change", "unknown", "name")
    assert told(frame, *columns)["b"] == (
        None,
        5,
        None,
        "removed",
        "it is not listed at the end",
        "B",
    )
    assert frame["measured_to"].isna().tolist() == [False, True]


def test_folders_have_no_views():
    folder = {"type": "folder", "id": "f1", "path": "/a"}
    assert told(between(*[inventory(folder, document("a", 1))] * 2), "views") == {"a": 0}


def test_odd_rows_are_not_guessed_at():
    twice = [document("a", 1), document("a", 2)]
    nameless = {"type": "document", "count_views": 3}
    frame = between(inventory(*twice, nameless), inventory(*twice, nameless, document("b", 1)))
    assert frame["views"].isna().all()
    assert frame["unknown"].tolist() == [
        "its identifier is listed more than once",
        "its identifier is listed more than once",
        "it has no identifier",
        "it is not listed at the start",
    ]
    largest = 2**63 - 1
    rows = [document("a", 0), document("b", 0)], [document("a", largest), document("b", largest)]
    frame = between(inventory(*rows[0]), inventory(*rows[1]), by="owner")
    assert told(frame, "views", "known_views") == {"u1": (None, None)}


# Renamed documents


def with_queries(identifier, views):
    held = [{"document_identifier": identifier, "query_id": "q1"}]
    queries = to_frame(pa.Table.from_pylist(held, schema=QUERIES), {})
    documents = content(document(identifier, views), document("b", 1))
    return omnipd.Inventory({"content": documents, "document_queries": queries})


def test_a_renamed_document_is_found_by_what_stays_with_it():
    frame = between(with_queries("old", 5), with_queries("new", 8))
    columns = ("views", "change", "renamed_from")
    assert told(frame, *columns) == {"new": (3, "renamed", "old"), "b": (0, None, None)}


def test_without_that_it_is_another_document():
    frame = between(inventory(document("old", 5)), inventory(document("new", 8)))
    assert told(frame, "views", "change") == {"new": (None, "added"), "old": (None, "removed")}


def test_an_incomplete_list_shows_no_new_identifier():
    before = with_queries("old", 5)
    after = with_queries("new", 8)
    frames = {**after, "content": marked_incomplete(after["content"])}
    with pytest.warns(omnipd.OmniWarning, match="incomplete"):
        frame = between(before, omnipd.Inventory(frames))
    assert told(frame, "views", "change") == {
        "new": (None, "added"),
        "b": (0, None),
        "old": (None, None),
    }


# Which two


def at(days, views):
    return (END - timedelta(days=days), inventory(document("a", views)))


@pytest.mark.parametrize(
    ("history", "views"),
    [
        ([at(30, 10), at(0, 14)], 4),
        ([at(0, 14), at(30, 10)], 4),  # in any order
        ([at(31, 9), at(30, 10), at(29, 12), at(0, 14)], 4),
        ([at(31, 9), at(29.99, 12), at(0, 14)], 5),
        ([at(29.99, 12), at(0, 14)], None),
        ([at(0, 14)], None),
    ],
)
def test_a_window_begins_with_the_last_export_at_or_before_its_start(history, views):
    if views is None:
        with pytest.warns(omnipd.OmniWarning, match="there is no export at or before 2026-05-01"):
            frame = usage(history)
        assert frame.attrs["omni"]["complete"] is False
        assert frame["measured_from"].isna().all()
        assert told(frame, "unknown") == {
            "a": "there is no export at or before 2026-05-01 02:00:00+00:00"
        }
    else:
        frame = usage(history)
    assert told(frame, "views") == {"a": views}


@pytest.mark.parametrize("window", ["30d", timedelta(days=30), 30 * 86_400])
def test_a_window_is_a_time(window):
    assert told(usage([at(30, 10), at(10, 12), at(0, 14)], window), "views") == {"a": 4}


def test_a_gap_in_the_history_is_told():
    with pytest.warns(
        omnipd.OmniWarning,
        match=r"from 2026-04-14 .* to 2026-05-31 .* longer than 30 days: no export .* between",
    ):
        frame = usage([at(47, 10), at(0, 14)])
    assert frame["measured_to"][0] - frame["measured_from"][0] == timedelta(days=47)
    # A tenth is nothing to speak of.
    assert len(usage([at(33, 10), at(0, 14)])) == 1


def test_inventories_say_themselves_when_they_were_read():
    times = [START.isoformat(), END.isoformat()]
    history = [
        inventory(document("a", views), fetched_at=time)
        for views, time in zip((3, 9), times, strict=True)
    ]
    frame = usage(history)
    assert told(frame, "views") == {"a": 6}
    assert (frame["measured_from"][0], frame["measured_to"][0]) == (START, END)
    assert told(usage([(times[0], history[0]), ("2026-05-31", history[1])]), "views") == {"a": 6}
    with pytest.raises(omnipd.ArgumentError, match="does not say when it was read"):
        usage([inventory(document("a", 1))])


# What is not known whole


def test_nothing_is_said_to_be_new_or_gone_that_an_incomplete_list_may_hold():
    with pytest.warns(omnipd.OmniWarning, match=r"content at the start \(incomplete\)"):
        frame = between(incomplete(document("a", 1)), inventory(document("a", 2), document("b", 5)))
    assert told(frame, "views", "change", "unknown") == {
        "a": (1, None, None),
        "b": (None, None, "it is not listed at the start, which is incomplete"),
    }
    with pytest.warns(omnipd.OmniWarning, match=r"Not all is known: content \(incomplete\)"):
        frame = between(inventory(document("a", 1), document("b", 5)), incomplete(document("a", 2)))
    assert told(frame, "views", "change", "unknown") == {
        "a": (1, None, None),
        "b": (None, None, "it is not listed at the end, which is incomplete"),
    }
    assert frame.attrs["omni"]["complete"] is False


@pytest.mark.parametrize(("first", "last"), [(incomplete, inventory), (inventory, incomplete)])
def test_no_sum_is_known_of_an_incomplete_list(first, last):
    with pytest.warns(omnipd.OmniWarning):
        frame = between(first(document("a", 1)), last(document("a", 2)), by="owner")
    assert told(frame, "views", "known_views") == {"u1": (None, 1)}
    which = "start" if first is incomplete else "end"
    assert frame["unknown"][0] == f"content is incomplete at the {which}"


@pytest.mark.parametrize("failures", [{}, {"content": "403 refused"}])
def test_what_has_no_content_is_passed_over_and_named(failures):
    labels = omnipd.Inventory({"labels": pd.DataFrame()}, failures)
    later = END + timedelta(days=1)
    with pytest.warns(omnipd.OmniWarning, match=r"Passed over, without content: 2026-06-01"):
        frame = usage([at(30, 10), at(0, 14), (later, labels)])
    assert told(frame, "views") == {"a": 4}
    with pytest.raises(omnipd.ArgumentError, match="exports= have no content"):
        usage([(later, labels)])


# Sums


def test_a_sum_with_an_unknown_part_is_null_beside_what_is_known():
    one, two = {"folder_id": "f1", "folder_path": "/a"}, {"folder_id": "f2", "folder_path": "/b"}
    before = inventory(
        document("a", 10, 1, **one),
        document("b", 20, 1, **two),
        document("c", 30, 1, **two),
        document("gone", 1, 1, **BOB),
    )
    after = inventory(
        document("a", 11, 2, **one),
        document("b", 25, 3, **one),  # moved
        document("c", 0, 4, **two),
        document("new", 9, 1, **BOB),
    )
    owners = between(before, after, by="owner")
    columns = ("documents", "documents_unknown", "views", "known_views", "visits", "known_visits")
    assert told(owners, *columns) == {
        "u1": (3, 1, None, 6, 6, 6),
        "u2": (2, 2, None, None, None, None),
    }
    assert told(owners, "unknown") == {
        "u1": "its counter fell (1)",
        "u2": "it is not listed at the start (1); it is not listed at the end (1)",
    }
    folders = between(before, after, by="folder")
    assert told(folders, *columns) == {
        "f1": (2, 0, 6, 6, 3, 3),
        "f2": (1, 1, None, None, 3, 3),
        None: (2, 2, None, None, None, None),
    }
    assert folders["folder_path"].tolist()[:2] == ["/a", "/b"]
    assert folders["measured_from"].isna().tolist() == [False, True, True]


@pytest.mark.parametrize("by", ["document", "owner", "folder"])
def test_an_answer_of_no_rows_has_the_same_columns(by):
    none = between(inventory(), inventory(), by=by)
    assert len(none) == 0
    some = between(inventory(document("a", 1)), inventory(document("a", 1)), by=by)
    assert none.dtypes.equals(some.dtypes)


# What is refused


def test_two_omnis_have_no_history_together():
    other = inventory(document("a", 14), instance="https://other.example")
    with pytest.raises(
        omnipd.ArgumentError,
        match=r"2026-05-01 02:00:00\+00:00 is of another Omni than 2026-05-31 .*https://omni\.example, "
        r"not https://other\.example",
    ):
        between(inventory(document("a", 10)), other)


@pytest.mark.parametrize(
    ("exports", "message"),
    [
        ([], "is no history, but of the type list"),
        (7, "is no history, but of the type int"),
        (inventory(), "is no history, but of the type Inventory"),
        (["2026-05-01"], "Expected an Inventory"),
        ([(START, inventory(), 3)], "Expected an Inventory"),
        ([("soon", inventory())], "exports='soon' is neither"),
        ("no-such-folder", "There is no export in"),
    ],
)
def test_what_is_no_history_is_refused(exports, message):
    with pytest.raises(omnipd.ArgumentError, match=message):
        usage(exports)


@pytest.mark.parametrize(
    "given",
    [
        *({"window": window} for window in ("off", True, False, None, "soon", 0)),
        {"by": "x"},
    ],
)
def test_arguments_are_checked(given):
    with pytest.raises(omnipd.ArgumentError, match=next(iter(given))):
        between(inventory(), inventory(), **given)


def test_what_is_personal_is_neither_new_nor_gone_where_one_side_need_not_have_it():
    both, one = [document("a", 1), document("p", 2)], [document("a", 4)]
    for before, after, which in ((both, one, "end"), (one, both, "start")):
        held = [
            inventory(*rows, **({"public_rows": 1} if rows is both else {}))
            for rows in (before, after)
        ]
        with pytest.warns(omnipd.OmniWarning, match=f"content at the {which} .what is personal"):
            frame = between(*held)
        assert told(frame, "change")["p"] is None
        assert pd.isna(frame.set_index("document_identifier").loc["p", "views"])
    held = [inventory(*rows, public_rows=1) for rows in (both, one)]
    assert told(between(*held), "change") == {"a": None, "p": "removed"}


def test_a_window_that_is_no_time_is_not_said_to_be_off_either():
    with pytest.raises(omnipd.ArgumentError, match="such as '30s', '10m', '2h' or '1d'") as error:
        between(inventory(), inventory(), window="30")
    assert "off" not in str(error.value)

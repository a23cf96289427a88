"""Bars for the months in which documents were last viewed and changed; what is not known is counted."""

from itertools import pairwise

import pytest
from audit.pictures import axes, content, documents, draw, legend, texts

import omnipd
from omnipd import audit

DF = content(
    documents(2, lastViewedAt="2024-01-31T23:59:59Z", updatedAt="2023-11-02T00:00:00Z"),
    documents(1, lastViewedAt="2024-02-01T00:00:00Z", updatedAt="2024-01-05T00:00:00Z"),
    documents(3, updatedAt="2023-10-05T00:00:00Z"),
    documents(1, lastViewedAt="2022-12-05T00:00:00Z"),
)


def heights(ax):
    return [[int(bar.get_height()) for bar in bars] for bars in ax.containers]


def test_each_document_counts_in_one_month_of_each_kind():
    ax = audit.plot_activity(DF, months=5, ax=axes())
    # October to February.
    assert heights(ax) == [[0, 0, 0, 2, 1], [3, 2, 0, 1, 0]]
    assert legend(ax) == ["Last viewed", "Last changed"]
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels == ["2023-10", "2023-11", "2023-12", "2024-01", "2024-02"]
    assert ax.get_ylabel() == "Documents"
    assert ax.get_xlabel() == (
        "Month (UTC)\n"
        "Last viewed: 1 earlier and 3 not known, of 7 documents.\n"
        "Last changed: 1 not known, of 7 documents."
    )
    draw(ax)


def test_months_before_the_first_are_not_drawn():
    ax = audit.plot_activity(DF, ax=axes())
    # December 2022 to February 2024.
    assert [len(bars) for bars in ax.containers] == [15, 15]
    assert [sum(each) for each in heights(ax)] == [4, 6]
    assert "earlier" not in ax.get_xlabel()


@pytest.mark.parametrize(("months", "width"), [(24, 9), (24, 3), (240, 3)])
def test_names_of_months_do_not_meet(months, width):
    df = content(
        documents(1, updatedAt="0400-01-01T00:00:00Z", lastViewedAt="2024-05-05T00:00:00Z")
    )
    ax = audit.plot_activity(df, months=months, ax=axes(width, 4))
    draw(ax)
    boxes = [label.get_window_extent() for label in ax.get_xticklabels()]
    assert boxes
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


def test_more_months_than_can_be_told_apart_are_refused():
    with pytest.raises(omnipd.ArgumentError, match="from 1 to 240"):
        audit.plot_activity(DF, months=241, ax=axes())


def test_no_times_no_rows_and_one_row():
    ax = audit.plot_activity(DF.head(0), ax=axes())
    assert (texts(ax), ax.containers) == (["No documents"], [])
    ax = audit.plot_activity(content(documents(2)), ax=axes())
    assert texts(ax) == ["No times are known"]
    assert "Last viewed: 2 not known, of 2 documents." in ax.get_xlabel()
    ax = audit.plot_activity(content(documents(1, updatedAt="2024-05-01T00:00:00Z")), ax=axes())
    assert heights(ax) == [[0], [1]]
    draw(ax)

"""What the sandbox sends beside what SQL written by hand answers: every column, in order."""

from queries.query_answers import by_hand, rows_of


def assert_sent(table, case):
    """The columns, the rows and their order, the helpers among them."""
    expected = by_hand(case)
    assert table.column_names == expected.column_names
    assert rows_of(table) == rows_of(expected)

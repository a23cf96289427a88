"""Table calculations: columns computed from the rows of a result, after its limit."""

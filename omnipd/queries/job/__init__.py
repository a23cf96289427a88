"""One run of a query on the wire."""

"""Governed queries: put together, run, explained, split, and those of dashboards."""

"""Queries that are read by the workers of a Dask cluster."""

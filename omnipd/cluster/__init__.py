"""Queries that are read by the workers of Dask or Spark."""

"""The semantic layer: models in Omni's YAML, planned into SQL, run on DuckDB."""

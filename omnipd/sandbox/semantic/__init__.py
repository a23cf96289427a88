"""The semantic layer of the sandbox: models in Omni's YAML, planned into SQL, run on DuckDB."""

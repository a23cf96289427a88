"""A query over a model, planned."""

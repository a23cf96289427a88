"""pandas for Omni: every list and every governed query is a DataFrame with Arrow types."""

__version__ = "0.1.0"

"""The database behind a connection."""

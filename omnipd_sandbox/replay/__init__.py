"""A recording, answered again."""
